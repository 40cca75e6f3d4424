#pragma once
// A small project for the tests of the plan floor: a sheet "Operaciones", migrations made of operations, a stamp.

#include <map>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <zmig/history.h>
#include <zmig/plan.h>

#include "plan/lock.h"
#include "support/fake_codec.h"
#include "support/table_cells.h"

namespace zmig::test {

inline Type type_of(TypeKind kind) {
  Type type;
  type.kind = kind;
  return type;
}
inline Column column(std::string id, std::string header, TypeKind kind = TypeKind::text) {
  Column out;
  out.id = std::move(id);
  out.header = std::move(header);
  out.type = type_of(kind);
  return out;
}
inline Value text(std::string utf8) { return Text{std::move(utf8)}; }
inline Value number(double value) { return Number{value}; }
inline Cell cell(Value value) { return Cell{std::move(value), {}, {}}; }
inline Expr lit(Value value) { return Expr{expr::Literal{std::move(value)}}; }
inline Expr col(std::string id, std::string header) { return Expr{expr::CellRef{std::move(id), std::move(header)}}; }
inline Expr binary(Expr left, BinaryOp op, Expr right) {
  return Expr{expr::Binary{op, std::move(left), std::move(right)}};
}
inline Expr call(std::string name, std::vector<Expr> arguments) {
  return Expr{expr::Call{std::move(name), std::vector<ExprBox>(arguments.begin(), arguments.end())}};
}

inline const SheetRef kOps{"s1", "Operaciones"};
inline ColumnRef at(std::string id, std::string header) { return {kOps, std::move(id), std::move(header)}; }

/// Operaciones: TAG, Peso (number), Estado.
inline Schema baseline() {
  Schema schema;
  Sheet sheet;
  sheet.id = kOps.id;
  sheet.title = kOps.title;
  sheet.columns = {column("tag", "TAG"), column("peso", "Peso", TypeKind::number), column("estado", "Estado")};
  schema.sheets.push_back(std::move(sheet));
  return schema;
}

/// Four rows, the third one blank.
inline TableCells workbook(Schema schema = baseline()) {
  TableCells cells(std::move(schema));
  cells.column("s1", "tag", {text("A-1"), text("A-2"), Blank{}, text("A-4")});
  cells.column("s1", "peso", {number(10), Blank{}, Blank{}, number(30)});
  cells.column("s1", "estado", {text("DISPONIBLE"), text("OCUPADO"), Blank{}, Blank{}});
  return cells;
}

inline CheckLine line(Check check, std::string text = {}) {
  CheckLine out;
  out.check = std::move(check);
  out.text = std::move(text);
  return out;
}

inline op::AddColumn add(Column column) { return op::AddColumn{kOps, std::move(column), {}}; }

inline UtcTime some_time() { return UtcTime{std::chrono::milliseconds(1769451300000)}; }  // 2026-01-26T18:15:00Z

/// Captures of earlier runs, by migration.
struct StoredCaptures final : CaptureSource {
  std::map<std::string, std::vector<Capture>> stored;
  Result<std::vector<Capture>> captures_of(const std::string& migration) override { return stored[migration]; }
};

inline Capabilities atomic_target() {
  Capabilities caps;
  caps.kind = "memory";
  caps.atomic_batch = true;
  caps.carries_stamp = true;
  caps.max_changes_per_batch = static_cast<std::size_t>(-1);
  return caps;
}

/// Files, replay and stamp of one project on one workbook.
struct Project {
  FakeCodec codec;
  SourceMap sources;
  History history;
  std::vector<Replayed> replayed;
  Capabilities caps = atomic_target();
  StampEntry stamp;
  bool stamped = true;
  StoredCaptures captures;

  explicit Project(std::optional<Schema> start = baseline()) {
    history.baseline = std::move(start);
    stamp.event = "baseline";
    stamp.number = 1;
    stamp.chain_hash = empty_chain();
  }

  /// Adds the next file; its text is its name.
  Migration& file(const std::string& slug, Script script, std::optional<Script> down = {}) {
    const auto count = static_cast<std::uint32_t>(history.files.size() + 1);
    MigrationFile file;
    file.number = count;
    file.slug = slug;
    file.name = migration_name(count, slug);
    file.source = {"migrations/" + file.name + ".zmig", "text of " + file.name};
    file.file_number = sources.add(file.source);
    Migration migration;
    migration.name = file.name;
    migration.script = std::move(script);
    migration.down = std::move(down);
    migration.script.spans.resize(migration.script.operations.size(), Span{file.file_number, 1, 2});
    codec.know(file.source.text, migration);
    Diagnostics none;
    file.checksum = codec.checksum(file.source, file.file_number, none);
    history.files.push_back(file);
    bind();
    return replayed.back().migration;
  }
  void bind() {
    Diagnostics found;
    replayed = replay_history(history, codec, {}, found);
    if (replayed.size() != history.files.size())
      throw std::runtime_error(found.empty() ? "unbound" : found.all().front().message);
  }
  /// As if the first `count` files had been applied.
  void applied(std::size_t count) {
    stamp.applied.clear();
    stamp.chain_hash = empty_chain();
    for (std::size_t i = 0; i < count; ++i) {
      AppliedMigration one;
      one.number = history.files[i].number;
      one.slug = history.files[i].slug;
      one.hash = history.files[i].checksum;
      one.at = some_time();
      stamp.chain_hash = chain_hash(stamp.chain_hash, one.number, one.slug, one.hash);
      stamp.position = one.number;
      stamp.applied.push_back(std::move(one));
    }
  }
  PlanInput input(CellView& live) {
    PlanInput out{history, replayed, codec, live, caps, {}, {}, some_time(), &captures};
    if (stamped) out.stamps.push_back({stamp.number, stamp_to_json(stamp)});
    return out;
  }
};

/// "ZM0304 this `require` is false" of every finding that is not information.
inline std::vector<std::string> told(const Diagnostics& diagnostics) {
  std::vector<std::string> out;
  for (const Diagnostic& one : diagnostics.all()) {
    if (one.severity != Severity::info) out.push_back(one.code + " " + one.message);
  }
  return out;
}

/// Runs the steps of a plan on the real cells, as a target would; keeps the captures.
inline void run_on(TableCells& cells, const Plan& plan, Project& project) {
  for (const PlannedMigration& migration : plan.migrations) {
    for (const Step& step : migration.steps) {
      const Status done = cells.take(step.change);
      if (!done) throw std::runtime_error(done.error().message);
    }
    project.captures.stored[migration.name] = migration.captures;
  }
}

}  // namespace zmig::test
