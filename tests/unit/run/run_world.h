#pragma once
// A project, a workbook in memory, a ledger and everything a Migrator wants, for the tests of the run floor.

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <zmig/dsl.h>
#include <zmig/migrator.h>

#include "support/catch.h"
#include "support/fake_ports.h"
#include "support/faulty_target.h"
#include "support/temp_folder.h"
#include "targets/memory/memory_target.h"

namespace zmig::test {

template <class T>
T must(Result<T> result) {
  if (!result.has_value()) FAIL(result.error().zm + " " + result.error().message);
  return std::move(result).value();
}

inline Cell text(std::string utf8) { return utf8.empty() ? Cell{} : Cell{Text{std::move(utf8)}, {}, {}}; }
inline Cell number(double value) { return Cell{Number{value}, {}, {}}; }
inline Cell date(int year, int month, int day) { return Cell{Date{*from_civil(year, month, day)}, {}, {}}; }

/// A sheet that nobody manages yet: headers, and cells by row.
inline void add_sheet(Workbook& book, const std::string& title, const std::vector<std::string>& headers,
                      const std::vector<std::vector<Cell>>& rows) {
  Sheet sheet;
  sheet.title = title;
  sheet.id = "~" + title;
  sheet.managed = false;
  SheetCells cells;
  for (std::size_t r = 0; r < rows.size(); ++r) cells.add_row(static_cast<std::int64_t>(r) + 1);
  for (std::size_t c = 0; c < headers.size(); ++c) {
    Column column;
    column.header = headers[c];
    column.id = "~" + headers[c];
    column.managed = false;
    sheet.columns.push_back(column);
    for (std::size_t r = 0; r < rows.size(); ++r) {
      if (c < rows[r].size()) cells.put(column.id, r, rows[r][c]);
    }
  }
  book.cells[sheet.id] = std::move(cells);
  book.schema.sheets.push_back(std::move(sheet));
}

/// Operaciones: three data rows with a blank one between, two blank rows at the end. Metadata: two rows.
inline Workbook small_workbook() {
  Workbook book;
  add_sheet(book, "Operaciones", {"TAG_SPOOL", "Peso", "Nota"},
            {{text("A-1"), number(10), text("first")},
             {text("A-2"), number(20.5), {}},
             {},
             {text("A-4"), {}, text("=looks like a formula")},
             {},
             {}});
  add_sheet(book, "Metadata", {"evento_tipo", "fecha"},
            {{text("INICIAR"), date(2026, 1, 26)}, {text("COMPLETAR"), date(2026, 1, 27)}});
  return book;
}

inline const std::string kFounding = R"(zmig 1

description "v2.1 to v3.0"
keep undo data for 7 days

require backup of workbook
require column "TAG_SPOOL" of "Operaciones" exists

in sheet "Operaciones" {
  add column "Ocupado_Por" text
  add column "Fecha_Ocupacion" date format "DD-MM-YYYY"
  add column "version" integer default 0 note "Optimistic-lock token"
}

ensure sheet "Operaciones" gained 3 columns
ensure sheet "Operaciones" is otherwise unchanged
ensure no row of "Operaciones" has [version] is blank
)";

inline const std::string kDrop = R"(zmig 1

description "The notes go"

in sheet "Operaciones" {
  drop column "Nota"
  set column "Peso" to [Peso] + 1 where [Peso] is not blank
}

ensure column "Nota" of "Operaciones" is missing
)";

struct Recorder final : Observer {
  std::vector<Event> events;
  void on(const Event& event) override { events.push_back(event); }
  [[nodiscard]] std::vector<std::string> stages() const {
    std::vector<std::string> out;
    for (const Event& event : events) {
      const auto* end = std::get_if<event::StageFinished>(&event);
      if (end == nullptr) continue;
      out.push_back(std::to_string(end->index) + "/" + std::to_string(end->total) + " " + end->name +
                    (end->migration.empty() ? "" : " " + end->migration) + " " + end->outcome);
    }
    return out;
  }
};

struct World {
  TempFolder folder;
  FakePorts fakes;
  std::unique_ptr<ScriptCodec> codec = dsl::make_codec();
  SourceMap sources;
  History history;
  std::vector<Replayed> replayed;
  MemoryTarget target;
  std::unique_ptr<Ledger> ledger;
  Recorder recorder;
  RunOptions options;
  Fuse fuse;

  explicit World(Workbook book = small_workbook()) : target(std::move(book), "taller") {
    ledger = must(open_memory_ledger(fakes.ports));
    options.actor = "ana";
    options.host = "ops-1";
    options.tool_version = "0.1.0";
    options.backup_folder = folder.at("backups");
  }

  void load() {
    Diagnostics found;
    sources = SourceMap();
    history = must(load_history(*fakes.files, ProjectPaths{folder.at("migrations"), folder.at("schemas")}, *codec,
                                sources, found));
    replayed = replay_history(history, *codec, options.protected_sheets, found);
    for (const Diagnostic& diagnostic : found.all()) {
      if (diagnostic.severity == Severity::error) FAIL(render(diagnostic, sources));
    }
  }

  void write_migration(const std::string& name, const std::string& text) {
    std::filesystem::create_directories(folder.at("migrations"));
    folder.write("migrations/" + name + ".zmig", text);
  }

  Migrator migrator() { return Migrator(history, replayed, target, *ledger, *codec, fakes.ports, recorder, options); }

  /// Takes the workbook over and stores the baseline, as the command line does.
  BaselineReport take_over(const BaselineOptions& how = {}) {
    load();
    BaselineReport report = must(migrator().baseline(how));
    if (report.proved && report.exit_code == 0) {
      std::filesystem::create_directories(folder.at("schemas"));
      folder.write("schemas/0000_baseline.json", schema_to_json(report.schema));
    }
    return report;
  }

  Report up(const Goal& goal = {}) { return must(migrator().execute(goal)); }
  Report down(std::optional<std::uint32_t> to = std::nullopt) {
    Goal goal;
    goal.direction = Direction::down;
    goal.to = to;
    return must(migrator().execute(goal));
  }

  /// With every call behind the fuse.
  Report behind_fuse(const Goal& goal) {
    FaultyTarget faulty_target(target, fuse);
    FaultyLedger faulty_ledger(*ledger, fuse);
    Migrator faulty(history, replayed, faulty_target, faulty_ledger, *codec, fakes.ports, recorder, options);
    return must(faulty.execute(goal));
  }

  /// The cells of one column from the first row below the header.
  std::vector<Cell> column(const std::string& title, const std::string& header) {
    const Sheet* sheet = target.schema().sheet_titled(title, true);
    REQUIRE(sheet != nullptr);
    const Column* found = column_by_header(*sheet, header, true);
    REQUIRE(found != nullptr);
    std::vector<Cell> cells;
    const std::vector<std::string> ids{found->id};
    const Status done = target.scan(sheet->id, ids, [&](const RowView& row) {
      cells.push_back(row.cells[0]);
      return ok();
    });
    REQUIRE(done.has_value());
    return cells;
  }
  std::vector<std::string> headers(const std::string& title) {
    std::vector<std::string> out;
    const Sheet* sheet = target.schema().sheet_titled(title, true);
    REQUIRE(sheet != nullptr);
    for (const Column& one : sheet->columns) out.push_back(one.header);
    return out;
  }
  std::vector<Run> runs() { return must(ledger->runs({})); }
};

/// Dies at the first call of that name.
inline void die_at(World& world, const std::string& call, Blow blow, const std::function<void()>& work) {
  world.fuse = Fuse();
  bool met = false;
  world.fuse.between = [&](std::string_view name) {
    if (name != call || met) return;
    met = true;
    world.fuse.at = world.fuse.calls + 1;
    world.fuse.blow = blow;
    world.fuse.lasting = Lasting::for_good;
  };
  work();
  INFO(call);
  REQUIRE(world.fuse.dead);
  world.fuse = Fuse();
}
/// Everything that a person sees in a workbook: not the stamp.
inline std::pair<Schema, std::map<std::string, SheetCells>> visible(const MemoryTarget& target) {
  Workbook book = target.snapshot();
  // Trailing blanks may or may not be stored.
  for (auto& [id, cells] : book.cells) {
    for (auto& [column, values] : cells.columns) {
      while (!values.empty() && values.back() == Cell{}) values.pop_back();
    }
    std::erase_if(cells.columns, [](const auto& entry) { return entry.second.empty(); });
  }
  return {std::move(book.schema), std::move(book.cells)};
}

inline std::vector<std::string> failed_ids(const std::vector<CheckResult>& checks) {
  std::vector<std::string> out;
  for (const CheckResult& check : checks) {
    if (check.outcome == Outcome::passed) continue;
    if (out.empty() || out.back() != check.id) out.push_back(check.id);
  }
  return out;
}

}  // namespace zmig::test
