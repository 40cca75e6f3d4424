#pragma once
// How the sheets and columns of the schema stand in the database: tables, names, affinities, row addresses. Not
// installed.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <zmig/result.h>
#include <zmig/schema.h>

#include "base/sqlite.h"

namespace zmig::sqlite_workbook {

/// What SQLite turns a value into that is stored in a column (sqlite.org/datatype3.html 3.1).
enum class Affinity { none, text, integer, real, numeric };
Affinity affinity_of(std::string_view declared, bool strict);

struct TableColumn {
  std::string name, declared;
  int cid = 0;
  Affinity affinity = Affinity::none;
  bool primary_key = false;
  std::string generated;  ///< expression of a generated column, empty: an ordinary one
  bool operator==(const TableColumn&) const = default;
};

struct Table {
  std::string name, sql;
  bool view = false, without_rowid = false, strict = false;
  bool owned = false;                ///< made by zmig: its declared types may change
  bool placeholder = false;          ///< holds kPlaceholder, since SQLite has no table without columns
  std::string rowid;                 ///< how a row is addressed ("rowid", "oid", ...), as SQL; empty: it cannot be
  std::string key;                   ///< name of the INTEGER PRIMARY KEY column, which *is* the rowid; empty: none
  std::vector<std::string> order;    ///< key columns of a WITHOUT ROWID table
  std::vector<TableColumn> columns;  ///< in the order of the sheet's columns

  [[nodiscard]] std::string quoted_name() const { return sqlite::identifier(name); }
  /// " ORDER BY rowid", or by the key.
  [[nodiscard]] std::string order_by() const;
};

/// `tables[i]` is the sheet `schema.sheets[i]`, and their columns run in parallel.
struct Layout {
  Schema schema;
  std::vector<Table> tables;

  [[nodiscard]] std::size_t index_of(std::string_view sheet_id) const;  ///< tables.size() when it is not there
  [[nodiscard]] Table* table(std::string_view sheet_id);
  [[nodiscard]] const Table* table(std::string_view sheet_id) const;
  [[nodiscard]] TableColumn* column(std::string_view sheet_id, std::string_view column_id);
};

inline constexpr std::string_view kOwnPrefix = "_zmig_";
inline constexpr std::string_view kPlaceholder = "_zmig_no_column";

/// Equal but for ASCII case: how SQLite compares names.
bool same_name(std::string_view a, std::string_view b);
/// Equal for two names exactly when same_name() says so.
std::string folded_name(std::string_view name);
/// The tables and views that may be sheets, in the order in which they were made, columns in physical order.
Result<std::vector<Table>> read_tables(sqlite::Database& db);
/// Columns and addressing of one table anew (after its definition changed), physical order.
Status read_columns(sqlite::Database& db, Table& table);

/// The columns, tables or whatever whose place is recorded stand there; the others fill the gaps in their own order.
template <class Thing>
std::vector<Thing> in_recorded_order(std::vector<std::pair<std::optional<std::int64_t>, Thing>> things);

}  // namespace zmig::sqlite_workbook

#include <algorithm>
#include <utility>

template <class Thing>
std::vector<Thing> zmig::sqlite_workbook::in_recorded_order(
    std::vector<std::pair<std::optional<std::int64_t>, Thing>> things) {
  const auto foreign =
      std::stable_partition(things.begin(), things.end(), [](const auto& one) { return one.first.has_value(); });
  std::stable_sort(things.begin(), foreign, [](const auto& a, const auto& b) { return *a.first < *b.first; });
  std::vector<Thing> ordered;
  auto placed = things.begin();
  auto other = foreign;
  while (placed != foreign || other != things.end()) {
    const bool due =
        placed != foreign && (other == things.end() || *placed->first <= static_cast<std::int64_t>(ordered.size()));
    ordered.push_back(std::move(due ? (placed++)->second : (other++)->second));
  }
  return ordered;
}
