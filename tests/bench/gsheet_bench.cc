// What migrations of a live spreadsheet cost in calls and time, against the test server in this process (without
// network and TLS).
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <fmt/format.h>
#include <unistd.h>
#include <zmig/dsl.h>
#include <zmig/migrator.h>
#include <zmig/stamp.h>

#include "support/sheets_in_process.h"
#include "targets/gsheet/gsheet_target.h"

using namespace zmig;
using Steady = std::chrono::steady_clock;

namespace {

struct Quiet final : Observer {
  void on(const Event&) override {}
};

[[noreturn]] void give_up(const std::string& why) {
  fmt::print(stderr, "bench_gsheet: {}\n", why);
  std::exit(1);
}
template <class T>
T must(Result<T> result) {
  if (!result) give_up(result.error().zm + " " + result.error().message + " " + result.error().place);
  return std::move(*result);
}

double ms_since(Steady::time_point begun) {
  return std::chrono::duration<double, std::milli>(Steady::now() - begun).count();
}

/// A spreadsheet with tabs of so many columns and rows, a project with so many migrations, and `up`.
void measure(const std::string& name, std::size_t tabs, std::size_t columns, std::size_t rows, std::size_t migrations) {
  std::string folder = (std::filesystem::temp_directory_path() / "bench-gsheet-XXXXXX").string();
  if (::mkdtemp(folder.data()) == nullptr) give_up("no temporary folder");
  const auto clock = make_system_clock();
  const auto random = make_system_random();
  const auto files = make_system_files();
  Ports ports{*clock, *random, *files};
  test::SheetsInProcess service;
  const std::string id = service.create("bench");
  Workbook book;
  for (std::size_t t = 0; t < tabs; ++t) {
    Sheet sheet;
    sheet.id = fmt::format("s{:011}", t);
    sheet.title = fmt::format("Hoja {}", t + 1);
    for (std::size_t c = 0; c < columns; ++c) {
      Column column;
      column.id = fmt::format("c{:05}{:06}", t, c);
      column.header = fmt::format("Columna {}", c + 1);
      sheet.columns.push_back(column);
    }
    SheetCells& cells = book.cells[sheet.id];
    for (std::size_t r = 0; r < rows; ++r) {
      cells.add_row(static_cast<std::int64_t>(r) + 2);
      for (const Column& column : std::as_const(sheet).columns)
        cells.put(column.id, r, Cell{Text{fmt::format("v{}", r % 97)}, {}, {}});
    }
    book.schema.sheets.push_back(std::move(sheet));
  }
  MemoryTarget from(std::move(book));
  GsheetTarget target(id, {}, ports, service.connect());
  StampEntry entry;
  entry.number = 1;
  entry.event = "baseline";
  entry.target_id = "t-bench";
  entry.lineage = "original";
  entry.run = "bench";
  entry.at = clock->now();
  entry.chain_hash = empty_chain();
  entry.schema_digest = schema_digest(from.snapshot().schema);
  const std::vector<Stamp> stamps{{1, stamp_to_json(entry)}};
  must(fill_gsheet(target, from, {}, stamps));
  for (const char* one : {"migrations", "schemas", "backups"}) std::filesystem::create_directories(folder + "/" + one);
  for (std::size_t m = 1; m <= migrations; ++m) {
    std::ofstream out(fmt::format("{}/migrations/{:04}_m.zmig", folder, m));
    out << "zmig 1\n\ndescription \"bench\"\n\n";
    for (std::size_t t = 0; t < tabs; ++t) {
      out << fmt::format("in sheet \"Hoja {}\" {{\n  add column \"version {}\" integer default 0\n}}\n", t + 1, m);
    }
  }
  Schema baseline = must(target.inspect());
  std::ofstream(folder + "/schemas/0000_baseline.json") << schema_to_json(baseline);
  const auto codec = dsl::make_codec();
  SourceMap sources;
  Diagnostics found;
  const History history =
      must(load_history(*files, {folder + "/migrations", folder + "/schemas"}, *codec, sources, found));
  const auto replayed = replay_history(history, *codec, {}, found);
  for (const Diagnostic& one : found.all())
    if (one.severity == Severity::error) give_up(one.message);
  const auto ledger = must(open_ledger(folder + "/ledger.db", true, 50, ports));
  if (!ledger->know_target("t-bench", target.url(), "original")) give_up("the ledger does not take the target");
  Quiet quiet;
  RunOptions options;
  options.actor = "bench";
  options.backup_folder = folder + "/backups";
  options.lock_files = {folder + "/lock"};
  const auto begun = Steady::now();
  GsheetTarget live(id, {}, ports, service.connect());
  must(live.inspect());
  const double first_read = ms_since(begun);
  Migrator migrator(history, replayed, live, *ledger, *codec, ports, quiet, options);
  const Report report = must(migrator.execute({}));
  if (report.exit_code != 0) give_up(report.error ? report.error->zm + " " + report.error->message : "not applied");
  const gsheet::Calls calls = live.calls();
  fmt::print("{:<34} {:>6} {:>7} {:>9.0f} {:>9.0f} {:>10}\n", name, calls.reads, calls.writes, first_read,
             ms_since(begun), calls.bytes_in);
  if (calls.reads > 3 || calls.writes > 1) give_up("more calls than 3 readings and 1 write");
  std::error_code ignored;
  std::filesystem::remove_all(folder, ignored);
}

}  // namespace

int main() {
  std::setbuf(stdout, nullptr);
  fmt::print("{:<34} {:>6} {:>7} {:>9} {:>9} {:>10}\n", "up", "reads", "writes", "1st ms", "all ms", "bytes in");
  measure("founding kind, two tabs of 63 x 30", 2, 63, 30, 1);
  measure("100 pending, together", 1, 10, 50, 100);
  measure("63 x 2,556", 1, 63, 2'556, 1);
  return 0;
}
