// What migrations of a live spreadsheet cost in calls and time: the wire that ships, against the test server on
// loopback, which is a thread of this process. No TLS, no pace.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>
#include <zmig/dsl.h>
#include <zmig/migrator.h>
#include <zmig/stamp.h>

#include "http_front.h"
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

/// Time that passed, and what the processor spent: zmig is the thread that asks, the server is the rest.
struct Spent {
  double wall = 0, client = 0, all = 0;  // milliseconds
  static Spent now() {
    const auto ms = [](int who) {
      rusage usage{};
      ::getrusage(who, &usage);
      const auto of = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_usec) / 1e3;
      };
      return of(usage.ru_utime) + of(usage.ru_stime);
    };
    const auto wall = std::chrono::duration<double, std::milli>(Steady::now().time_since_epoch()).count();
    return {wall, ms(RUSAGE_THREAD), ms(RUSAGE_SELF)};
  }
  [[nodiscard]] Spent since(const Spent& begun) const {
    return {wall - begun.wall, client - begun.client, all - begun.all};
  }
};

/// The server of the tool, on loopback, and how it is reached.
class Service {
 public:
  Service() : runtime_({}), front_(runtime_, options()) {
    runtime_.service().quota().mode = sheets_server::QuotaMode::off;
    if (const std::string why = front_.start(); !why.empty()) give_up(why);
    target.gsheet.endpoint = fmt::format("http://127.0.0.1:{}", front_.port());
    target.gsheet.reads_per_minute = target.gsheet.writes_per_minute = 0;
    target.gsheet.variable = [](const std::string& name) {
      return name == "GOOGLE_OAUTH_ACCESS_TOKEN" ? std::optional<std::string>("any:bench@example.com") : std::nullopt;
    };
  }
  std::string create() {
    return runtime_.service().world().create("bench", sheets_server::kSpreadsheetMime, "bench@example.com").id;
  }
  TargetOptions target;

 private:
  static sheets_server::FrontOptions options() {
    sheets_server::FrontOptions out;
    out.port = 0;
    out.control_port = -1;
    return out;
  }
  sheets_server::Runtime runtime_;
  sheets_server::Front front_;
};

/// Tabs of so many columns and rows: texts, numbers, dates and blanks, as in a sheet that people fill.
Workbook filled(std::size_t tabs, std::size_t columns, std::size_t rows) {
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
      for (std::size_t c = 0; c < columns; ++c) {
        const std::string& id = std::as_const(sheet).columns[c].id;
        if (c % 4 == 0) cells.put(id, r, Cell{Text{fmt::format("Operación {}", r % 97)}, {}, {}});
        if (c % 4 == 1) cells.put(id, r, Cell{Text{fmt::format("L-{:05}", r)}, {}, {}});
        if (c % 4 == 2) cells.put(id, r, Cell{Number{static_cast<double>(r * c) / 8}, {}, {}});
      }
    }
    book.schema.sheets.push_back(std::move(sheet));
  }
  return book;
}

void write_project(const std::string& folder, std::size_t tabs, std::size_t migrations, const Schema& baseline) {
  for (const char* one : {"migrations", "schemas", "backups"}) std::filesystem::create_directories(folder + "/" + one);
  for (std::size_t m = 1; m <= migrations; ++m) {
    std::ofstream out(fmt::format("{}/migrations/{:04}_m.zmig", folder, m));
    out << "zmig 1\n\ndescription \"bench\"\n\n";
    for (std::size_t t = 0; t < tabs; ++t) {
      out << fmt::format("in sheet \"Hoja {}\" {{\n  add column \"version {}\" integer default 0\n}}\n", t + 1, m);
    }
  }
  std::ofstream(folder + "/schemas/0000_baseline.json") << schema_to_json(baseline);
}

/// A spreadsheet with tabs of so many columns and rows, a project with so many migrations, and `up`.
void measure(const std::string& name, std::size_t tabs, std::size_t columns, std::size_t rows, std::size_t migrations) {
  std::string folder = (std::filesystem::temp_directory_path() / "bench-gsheet-XXXXXX").string();
  if (::mkdtemp(folder.data()) == nullptr) give_up("no temporary folder");
  const auto clock = make_system_clock();
  const auto random = make_system_random();
  const auto files = make_system_files();
  Ports ports{*clock, *random, *files};
  Service service;
  const std::string id = service.create();
  {
    MemoryTarget from(filled(tabs, columns, rows));
    const auto target = must(GsheetTarget::open(id, service.target, ports));
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
    must(fill_gsheet(*target, from, {}, stamps));
    write_project(folder, tabs, migrations, must(target->inspect()));
  }
  const auto codec = dsl::make_codec();
  SourceMap sources;
  Diagnostics found;
  const History history =
      must(load_history(*files, {folder + "/migrations", folder + "/schemas"}, *codec, sources, found));
  const auto replayed = replay_history(history, *codec, {}, found);
  for (const Diagnostic& one : found.all())
    if (one.severity == Severity::error) give_up(one.message);
  const auto ledger = must(open_ledger(folder + "/ledger.db", true, 50, ports));
  if (!ledger->know_target("t-bench", "gsheet:" + id, "original")) give_up("the ledger does not take the target");
  Quiet quiet;
  RunOptions options;
  options.actor = "bench";
  options.backup_folder = folder + "/backups";
  options.lock_files = {folder + "/lock"};
  const Spent begun = Spent::now();
  const auto live = must(GsheetTarget::open(id, service.target, ports));
  must(live->inspect());
  const Spent first = Spent::now().since(begun);
  Migrator migrator(history, replayed, *live, *ledger, *codec, ports, quiet, options);
  const Report report = must(migrator.execute({}));
  const Spent whole = Spent::now().since(begun);
  if (report.exit_code != 0) give_up(report.error ? report.error->zm + " " + report.error->message : "not applied");
  const gsheet::Calls calls = live->calls();
  fmt::print("{:<34} {:>6} {:>7} {:>9.0f} {:>9.0f} {:>9.0f} {:>9.0f} {:>10}\n", name, calls.reads, calls.writes,
             first.wall, whole.wall, whole.client, whole.all - whole.client, calls.bytes_in);
  if (calls.reads > 3 || calls.writes > 1) give_up("more calls than 3 readings and 1 write");
  std::error_code ignored;
  std::filesystem::remove_all(folder, ignored);
}

}  // namespace

int main() {
  std::setbuf(stdout, nullptr);
  fmt::print("{:<34} {:>6} {:>7} {:>9} {:>9} {:>9} {:>9} {:>10}\n", "up", "reads", "writes", "1st ms", "all ms",
             "zmig cpu", "srv cpu", "bytes in");
  measure("founding kind, two tabs of 63 x 30", 2, 63, 30, 1);
  measure("100 pending, together", 1, 10, 50, 100);
  measure("63 x 2,556", 1, 63, 2'556, 1);
  return 0;
}
