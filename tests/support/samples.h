#pragma once
// One sample of every operation, over a small shop workbook, and random valid sequences of them. The laws run over
// both.

#include <cstdint>
#include <string>
#include <vector>

#include <zmig/operations.h>

namespace zmig::test {

struct Sample {
  std::string name;  // "add_column: default and place"
  Schema before;     // the operation is valid on it
  Operation operation;
  /// Canonical lines of the language that bind to the operation at the top level of a file (of a down text for `restore
  /// …`). The binder derives ids of new things from the name of the file, so a bound operation may carry another id
  /// than `operation`; everything else is equal.
  std::string text;
};

/// At least one of every alternative of Operation; checked when they are made.
const std::vector<Sample>& samples();

/// Orders and customers: sheets Pedidos, Clientes, Borrador; enums Estado (used, with one retired value) and Prioridad
/// (unused).
Schema shop();
/// Ids of the shop: `shop_id("Pedidos")`, `shop_id("Pedidos", "Estado")`.
std::string shop_id(const std::string& title);
std::string shop_id(const std::string& title, const std::string& header);
SheetRef shop_sheet(const std::string& title);
ColumnRef shop_column(const std::string& title, const std::string& header);

/// `n` operations that are valid one after another from `before` on: renames, drops, re-adds under old headers, moves,
/// fills, enums, ... The same seed gives the same sequence. Shorter than `n` only when nothing is left to do.
std::vector<Operation> random_operations(std::uint64_t seed, Schema before, std::size_t n);

/// Folds lower and apply_to: the schema after the operations. The first failure is returned.
Result<Schema> replayed(const std::vector<Operation>& operations, Schema before);

/// A schema as law L2 compares it: the managed part (what was adopted and forgotten again stays known as foreign),
/// enums by name and by what they offer.
Schema by_offer(Schema schema);

}  // namespace zmig::test
