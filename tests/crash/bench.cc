#include "crash/bench.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>

#include "base/sqlite.h"
#include "fault/lab.h"
#include "support/catch.h"
#include "support/fake_ports.h"
#include "support/sheets_process.h"
#include "targets/gsheet/snapshot.h"
#include "unit/sheets_server/wire.h"

namespace fs = std::filesystem;

namespace zmig::test {
namespace {

std::string bytes_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::string shown(const sqlite::Datum& datum) {
  struct Shower {
    std::string operator()(std::monostate) const { return "NULL"; }
    std::string operator()(std::int64_t value) const { return std::to_string(value); }
    std::string operator()(double value) const {
      std::ostringstream out;
      out << value;
      return out.str();
    }
    std::string operator()(const std::string& value) const { return "'" + value + "'"; }
    std::string operator()(const sqlite::Blob& value) const { return "x'" + value.bytes + "'"; }
  };
  return std::visit(Shower{}, datum);
}

bool another(sqlite::Statement& statement) {
  const auto there = statement.step();
  return there.has_value() && there.value();
}

/// The tables that people made, with definitions and rows, and how many stamp entries there are.
std::string rows_of(const fs::path& path) {
  auto db = sqlite::Database::open(path.string(), sqlite::Mode::read_write, 1000);
  if (!db) return "cannot be opened: " + db.error().message;
  auto tables = db->prepare(
      "SELECT name, sql FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE '\\_zmig%' "
      "ESCAPE '\\' AND name NOT LIKE 'sqlite%' ORDER BY name");
  if (!tables) return "cannot be read: " + tables.error().message;
  std::string out;
  std::vector<std::string> names;
  while (another(*tables)) {
    names.emplace_back(tables->text(0));
    out += std::string(tables->text(1)) + "\n";
  }
  for (const std::string& name : names) {
    auto rows = db->prepare("SELECT * FROM " + sqlite::identifier(name) + " ORDER BY rowid");
    if (!rows) return "cannot be read: " + rows.error().message;
    while (another(*rows)) {
      for (int i = 0; i < rows->columns(); ++i) out += shown(rows->datum(i)) + "|";
      out += "\n";
    }
  }
  return out;
}

bool differs_in_every_run(const std::string& path) {
  return path.starts_with(".zmig/") || path.find("/.zmig/") != std::string::npos || path.ends_with("-journal") ||
         path.ends_with("-wal") || path.ends_with("-shm");
}

/// An Excel workbook as zmig reads it: sheets, headers, cells, stamp entries.
std::string cells_of(const fs::path& path) {
  FakePorts ports;
  auto opened = open_target({"xlsx", path.string()}, {}, ports.ports);
  if (!opened) return "cannot be opened: " + opened.error().message;
  if (auto looked = opened.value()->inspect(); !looked) return "cannot be read: " + looked.error().message;
  const Seen seen = seen_in(*opened.value());
  std::string out;
  for (const auto& [column, cells] : seen.cells) {
    out += column + ": ";
    for (const Cell& cell : cells)
      out +=
          std::string(kind_of(cell.value)) + " " + to_text(cell.value) + " " + cell.formula + " " + cell.format + "|";
    out += "\n";
  }
  for (const std::string& entry : seen.stamps) out += "stamp " + entry + "\n";
  return out;
}

using sheets_server::Json;

/// Without what is empty at its end.
void trim(Json& list) {
  while (!list.empty() && (list.back().empty() || list.back().is_null())) list.erase(list.size() - 1);
}

constexpr const char* kTables =
    "CREATE TABLE \"Pedidos\" (\"Pedido\" TEXT, \"Nota\" TEXT, \"Cantidad\" REAL);"
    "INSERT INTO \"Pedidos\" VALUES ('P-1', 'uno', 3), ('P-2', NULL, 4.5), ('P-3', 'tres', NULL);"
    "CREATE TABLE \"Clientes\" (\"Nombre\" TEXT); INSERT INTO \"Clientes\" VALUES ('Ana'), ('Luis');";
constexpr const char* kZone = R"(zmig 1

description "A zone"

in sheet "Pedidos" {
  add column "Zona" text default "SUR"
}
)";
constexpr const char* kCaptures = R"(zmig 1

description "Notes go"

in sheet "Pedidos" {
  drop column "Nota"
  rename column "Pedido" to "Orden"
}
)";

void shop_project(Bench& bench) { bench.make_project(kTables); }
void taken_over(Bench& bench) {
  shop_project(bench);
  bench.must_run({"baseline"});
}
/// What `up` leaves when it is killed at a point.
void killed_up(Bench& bench, const std::string& point) {
  REQUIRE(bench.run({"up"}, {"ZMIG_FAILPOINT=" + point + "=kill"}).exit == 137);
}
void with_migrations(Bench& bench) {
  taken_over(bench);
  bench.write("migrations/0001_zona.zmig", kZone);
  bench.write("migrations/0002_notas.zmig", kCaptures);
  bench.must_run({"fmt"});
}

}  // namespace

struct Bench::Service {
  Service() : server({"--quota", "off", "--with-spreadsheet", "Planta"}), id(server.ready()["spreadsheets"][0]) {
    empty = control("GET", "/state").dump();
  }
  Json control(const std::string& method, const std::string& path, const std::string& body = {}) const {
    return asked(server.port("control"), method, path, body);
  }
  [[nodiscard]] Json get(const std::string& path) const { return asked(server.port("api"), "GET", path, {}); }
  void put_state(const std::string& state) const {
    control("PUT", "/state", state);
    control("POST", "/reset", R"({"what":["faults","log","counters"]})");
  }
  /// Tab by tab, without what is zmig's own; and how many stamp entries there are.
  [[nodiscard]] std::string shown() const {
    const Json all = get("/v4/spreadsheets/" + id +
                         "?fields=developerMetadata(metadataKey,metadataValue),sheets(properties(title,hidden,"
                         "gridProperties(frozenRowCount)),data(rowData(values(userEnteredValue,"
                         "userEnteredFormat(numberFormat),note,dataValidation))))");
    std::string out;
    for (Json sheet : all["sheets"]) {
      if (sheet["properties"]["title"] == gsheet::kOwnTitle) continue;
      Json rows = sheet["data"][0].contains("rowData") ? sheet["data"][0]["rowData"] : Json::array();
      for (Json& row : rows) {
        row = row.contains("values") ? row["values"] : Json::array();
        trim(row);
      }
      trim(rows);
      out += sheet["properties"].dump() + "\n";
      for (const Json& row : rows) out += row.dump() + "\n";
    }
    std::size_t entries = 0;
    for (const Json& one : sheets_server::member(all, "developerMetadata"))
      entries += one["metadataKey"] == gsheet::kStampKey && one["metadataValue"] != "burnt" ? 1 : 0;
    return out + std::to_string(entries) + " stamp entries\n";
  }

  SheetsProcess server;
  std::string id, empty, saved;

 private:
  static Json asked(int port, const std::string& method, const std::string& path, const std::string& body) {
    const sheets_server::Seen seen = sheets_server::talk(port, method, path, body);
    INFO(method << " " << path << ": " << seen.head << seen.body.substr(0, 2000));
    REQUIRE(seen.status() == 200);
    if (path != "/log") return Json::parse(seen.body);
    Json lines = Json::array();
    std::istringstream in(seen.body);
    for (std::string line; std::getline(in, line);) lines.push_back(Json::parse(line));
    return lines;
  }
};

std::string to_string(Book book) {
  switch (book) {
    case Book::csv: return "csv";
    case Book::xlsx: return "xlsx";
    case Book::gsheet: return "gsheet";
    case Book::sqlite: break;
  }
  return "sqlite";
}

Bench::Bench(Book book) : book_(book), folder_(fast_folder()) {
  fs::create_directories(folder_ + "/project");
  if (book_ == Book::gsheet) service_ = std::make_unique<Service>();
}

std::string Bench::url() const {
  switch (book_) {
    case Book::csv: return "csv:shop";
    case Book::xlsx: return "xlsx:shop.xlsx";
    case Book::gsheet: return "gsheet:" + service_->id;
    case Book::sqlite: break;
  }
  return "sqlite:shop.db";
}

void Bench::make_project(const std::string& tables) {
  std::string config = "[env.dev]\ntarget = \"" + url() + "\"\n";
  if (book_ == Book::gsheet)
    config += "quota = { max_wait = \"2s\" }\n\n[gsheet]\nendpoint = \"http://127.0.0.1:" +
              std::to_string(service_->server.port("api")) + "\"\n";
  write("zmig.toml", config);
  if (book_ == Book::sqlite) {
    fs::remove(folder_ + "/project/shop.db");
    sql("shop.db", tables);
    return;
  }
  fs::remove(folder_ + "/seed.db");
  sql("../seed.db", tables);
  fs::remove(folder_ + "/project/shop.xlsx");
  fs::remove_all(folder_ + "/project/shop");
  if (book_ == Book::gsheet) service_->put_state(service_->empty);
  must_run({"copy", "sqlite:" + folder_ + "/seed.db", url()});
}

std::vector<std::string> Bench::landed_twice() const {
  std::vector<std::string> out;
  if (!service_) return out;
  std::map<int, int> commits;
  for (const Json& line : service_->control("GET", "/log")) {
    if (!sheets_server::flag(line, "committed")) continue;
    for (const Json& one : sheets_server::member(line, "metadataIds")) {
      const int id = one.get<int>();
      if (id > gsheet::kStampBase && id < gsheet::kStampBase + gsheet::kStampStep) ++commits[id];
    }
  }
  for (const auto& [id, count] : commits)
    if (count > 1) out.push_back("entry " + std::to_string(id) + " landed " + std::to_string(count) + " times");
  return out;
}

Bench::~Bench() {
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
}

void Bench::write(const std::string& path, const std::string& text) {
  const fs::path at = fs::path(folder_) / "project" / path;
  fs::create_directories(at.parent_path());
  std::ofstream(at, std::ios::binary) << text;
}

void Bench::sql(const std::string& path, const std::string& text) {
  auto db = sqlite::Database::open(folder_ + "/project/" + path, sqlite::Mode::create, 1000);
  REQUIRE(db);
  REQUIRE(db->exec(text));
}

void Bench::leave_hot_journal(const std::string& path) {
  const std::string file = folder_ + "/project/" + path;
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    auto db = sqlite::Database::open(file, sqlite::Mode::read_write, 0);
    // The cache spills, so pages are written before COMMIT and the journal is needed to undo them.
    static_cast<void>(db->exec("PRAGMA cache_size=1; PRAGMA cache_spill=1; BEGIN IMMEDIATE; CREATE TABLE killed(a)"));
    static_cast<void>(
        db->exec("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<2000) "
                 "INSERT INTO killed SELECT randomblob(500) FROM n"));
    ::kill(::getpid(), SIGKILL);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(fs::exists(file + "-journal"));
}

Ran Bench::run(const std::vector<std::string>& arguments, const std::vector<std::string>& settings,
               const std::vector<std::string>& before) {
  const std::string out_path = folder_ + "/out", err_path = folder_ + "/err", place = folder_ + "/project";
  std::vector<std::string> words = before;
  words.emplace_back(ZMIG_BINARY);
  words.insert(words.end(), arguments.begin(), arguments.end());
  // What other people see is changed after a question only, and nobody is there to answer.
  static const std::set<std::string> kAsk{"baseline", "up", "down", "repair"};
  if (book_ == Book::gsheet && !arguments.empty() && kAsk.contains(arguments.front())) words.emplace_back("--yes");
  std::vector<std::string> environment{"LANG=C.UTF-8",
                                       "HOME=" + folder_,
                                       "PATH=/usr/bin:/bin",
                                       "ZMIG_ACTOR=ana",
                                       "TZ=UTC",
                                       "ASAN_OPTIONS=detect_leaks=0",
                                       "GOOGLE_OAUTH_ACCESS_TOKEN=t",
                                       "ZMIG_FAILPOINT_WAITS=skip"};
  environment.insert(environment.end(), settings.begin(), settings.end());
  std::vector<char*> argv, envp;
  for (std::string& word : words) argv.push_back(word.data());
  for (std::string& one : environment) envp.push_back(one.data());
  argv.push_back(nullptr);
  envp.push_back(nullptr);
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    if (::chdir(place.c_str()) != 0) ::_exit(126);
    const int in = ::open("/dev/null", O_RDONLY);
    const int out = ::open(out_path.c_str(), O_CREAT | O_TRUNC | O_WRONLY, 0600);
    const int err = ::open(err_path.c_str(), O_CREAT | O_TRUNC | O_WRONLY, 0600);
    ::dup2(in, 0);
    ::dup2(out, 1);
    ::dup2(err, 2);
    ::execvpe(argv[0], argv.data(), envp.data());
    ::_exit(127);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  return {WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), bytes_of(out_path), bytes_of(err_path)};
}

void Bench::must_run(const std::vector<std::string>& arguments) {
  const Ran ran = run(arguments);
  INFO(arguments.front() << ": " << ran.out << ran.err);
  REQUIRE(ran.exit == 0);
}

void Bench::save() {
  fs::remove_all(folder_ + "/saved");
  fs::copy(folder_ + "/project", folder_ + "/saved", fs::copy_options::recursive);
  if (service_) service_->saved = service_->control("GET", "/state").dump();
}

void Bench::restore() {
  fs::remove_all(folder_ + "/project");
  fs::copy(folder_ + "/saved", folder_ + "/project", fs::copy_options::recursive);
  if (service_) service_->put_state(service_->saved);
}

ProjectState Bench::state() const {
  ProjectState out;
  const fs::path root = fs::path(folder_) / "project";
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(root))
    if (entry.is_regular_file()) files.push_back(entry.path());
  for (const fs::path& file : files) {
    const std::string name = fs::relative(file, root).string();
    if (differs_in_every_run(name) || file.filename().string().starts_with(".")) continue;
    out[name] = name.ends_with(".db") ? rows_of(file) : name.ends_with(".xlsx") ? cells_of(file) : bytes_of(file);
  }
  if (service_) out["the spreadsheet"] = service_->shown();
  return out;
}

std::vector<std::string> Bench::leftovers() const {
  std::vector<std::string> out;
  const fs::path root = fs::path(folder_) / "project";
  for (const auto& entry : fs::recursive_directory_iterator(root)) {
    const std::string name = fs::relative(entry.path(), root).string();
    // Lock files stay: the kernel holds the lock, not the name.
    if (!entry.is_regular_file() || name.ends_with(".zmig-lock")) continue;
    const bool hidden = entry.path().filename().string().starts_with(".") && entry.path().filename() != ".gitignore";
    if (hidden || name.ends_with(".part") || name.ends_with("-journal")) out.push_back(name);
  }
  std::sort(out.begin(), out.end());
  return out;
}

std::vector<CrashCase> crash_cases(Book book) {
  std::vector<CrashCase> all;
  all.push_back({"init", [](Bench&) {}, {"init"}, {"init"}, false, {}, {}, true});
  all.push_back({"new", taken_over, {"new", "turnos"}, {"status"}, false, {}, {}, true});
  all.push_back({"fmt",
                 [](Bench& bench) {
                   taken_over(bench);
                   bench.write("migrations/0001_zona.zmig", std::string(kZone) + "\n\n\n");
                 },
                 {"fmt"},
                 {"fmt"},
                 true,
                 {},
                 {},
                 true});
  all.push_back({"baseline", shop_project, {"baseline"}, {"baseline"}, true, {"status"}, "ZM0603"});
  all.push_back({"up", with_migrations, {"up", "--to", "1"}, {"up", "--to", "1"}, true});
  all.push_back({"up all", with_migrations, {"up"}, {"up"}, true});
  all.push_back({"up --baseline",
                 [](Bench& bench) {
                   with_migrations(bench);
                   fs::remove_all(bench.folder() + "/project/.zmig");
                   bench.make_project(kTables);
                 },
                 {"up", "--baseline"},
                 {"up", "--baseline"},
                 true});
  all.push_back({"down",
                 [](Bench& bench) {
                   with_migrations(bench);
                   bench.must_run({"up"});
                 },
                 {"down", "--to", "0"},
                 {"down", "--to", "0"},
                 true});
  all.push_back({"down after a crash",
                 [](Bench& bench) {
                   with_migrations(bench);
                   bench.must_run({"up"});
                   REQUIRE(bench.run({"down"}, {"ZMIG_FAILPOINT=run.after_commit=kill"}).exit == 137);
                 },
                 {"down", "--to", "0"},
                 {"down", "--to", "0"},
                 true});
  all.push_back({"up after a crash",
                 [](Bench& bench) {
                   with_migrations(bench);
                   killed_up(bench, "run.after_commit");
                 },
                 {"up"},
                 {"up"},
                 true});
  all.push_back({"up --restart",
                 [](Bench& bench) {
                   with_migrations(bench);
                   killed_up(bench, "run.after_in_flight");
                 },
                 {"up", "--restart"},
                 {"up", "--restart"},
                 true});
  all.push_back({"repair",
                 [](Bench& bench) {
                   with_migrations(bench);
                   killed_up(bench, "run.after_commit");
                 },
                 {"repair"},
                 {"repair"},
                 true});
  all.push_back({"repair of a run that was not sent",
                 [](Bench& bench) {
                   with_migrations(bench);
                   killed_up(bench, "run.after_in_flight");
                 },
                 {"repair"},
                 {"repair"},
                 true});
  all.push_back({"restore",
                 [](Bench& bench) {
                   with_migrations(bench);
                   bench.must_run({"up"});
                 },
                 {"restore", "b1", "--yes"},
                 {"restore", "b1", "--yes"},
                 true});
  all.push_back({"backup create", with_migrations, {"backup", "create"}, {"backup", "create"}, true});
  all.push_back({"unlock",
                 [](Bench& bench) {
                   with_migrations(bench);
                   bench.write(".zmig/.ledger.db.zmig-lock",
                               "zmig lock 1\nid L-0badcafe\nholder ana\nhost here\npid 1\nboot x\n"
                               "since 2026-01-01T00:00:00Z\ncommand up\n");
                 },
                 {"unlock", "--id", "L-0badcafe"},
                 {"unlock"},
                 true,
                 {},
                 {},
                 true});
  all.push_back({"verify",
                 [](Bench& bench) {
                   with_migrations(bench);
                   bench.must_run({"up"});
                 },
                 {"verify"},
                 {"verify"},
                 true});
  all.push_back({"copy", taken_over, {"copy", "sqlite:shop.db", "sqlite:copy.db"}, {"status"}, false, {}, {}, true});
  if (book != Book::sqlite) std::erase_if(all, [](const CrashCase& one) { return one.any_book; });
  return all;
}

CrashOracle::CrashOracle(Bench& bench, const CrashCase& one) : bench_(bench), case_(one) {
  case_.setup(bench_);
  bench_.save();
  before_ = bench_.state();
  const Ran quiet = bench_.run(case_.command);
  INFO(case_.name << ": " << quiet.out << quiet.err);
  REQUIRE(quiet.exit == 0);
  after_ = bench_.state();
  bench_.restore();
}

std::vector<std::string> CrashOracle::check(const std::string& where, const Ran& broken) {
  static const std::set<int> kDocumented{0,  1,  2,  3,  4,  5,  6,  7,  8,   9,   10, 64,
                                         65, 66, 69, 70, 74, 75, 77, 78, 130, 137, 143};
  std::vector<std::string> findings;
  const auto found = [&](const std::string& what) { findings.push_back(where + ": " + what); };
  if (!kDocumented.contains(broken.exit)) found("exit code " + std::to_string(broken.exit) + "\n" + broken.err);
  // Each file old or new, nothing in between. Several migrations in a row may stop between two of them.
  static const std::set<std::string> kSteps{"up all",           "down",        "up --baseline", "down after a crash",
                                            "up after a crash", "up --restart"};
  const bool one_step = !kSteps.contains(case_.name);
  const ProjectState now = bench_.state();
  for (const auto& [path, bytes] : now) {
    const auto old = before_.find(path), made = after_.find(path);
    const bool is_old = old != before_.end() && old->second == bytes;
    const bool is_new = made != after_.end() && made->second == bytes;
    if (!is_old && !is_new && one_step) found(std::string(path).append(" is neither old nor new:\n").append(bytes));
  }
  for (const auto& [path, bytes] : before_)
    if (after_.contains(path) && !now.contains(path)) found(path + " is gone");
  if (broken.exit == 0 && now != after_) found("success was reported, and the project is not there");
  Ran again;
  for (int round = 0; round < 5; ++round) {
    again = bench_.run(case_.again);
    if (again.exit == 0) break;
  }
  const ProjectState end = bench_.state();
  const bool whole = !case_.whole_already.empty() && end == after_ &&
                     again.err.find("error[" + case_.whole_already + "]") != std::string::npos;
  if (again.exit != 0 && !whole) {
    if (case_.name == "init" && end.contains("zmig.toml")) return findings;  // says that it is there
    found("no way on: exit " + std::to_string(again.exit) + "\n" + again.out + again.err);
    return findings;
  }
  if (!case_.repeats) return findings;
  for (const auto& [path, bytes] : after_) {
    const auto there = end.find(path);
    if (there != end.end() && there->second == bytes) continue;
    found(std::string("at the end ")
              .append(path)
              .append(" is not as after the quiet run:\n")
              .append(there == end.end() ? "gone" : there->second)
              .append("\ninstead of\n")
              .append(bytes));
  }
  for (const auto& [path, bytes] : end)
    if (!after_.contains(path)) found(std::string("at the end there is ").append(path).append(" as well"));
  const Ran once_more = bench_.run(case_.rest.empty() ? case_.again : case_.rest);
  if (once_more.exit != 0 || bench_.state() != after_) found("one more run changes something: " + once_more.err);
  // A command with nothing to do writes nothing; the next ones that write into these folders sweep them, and SQLite
  // takes an empty journal away when it begins to write.
  const auto all_ours = [](const std::vector<std::string>& left) {
    return !left.empty() && std::all_of(left.begin(), left.end(), [](const std::string& path) {
      return path.starts_with(".zmig/") || path.ends_with(".zmig-new") || path.ends_with(".zmig-journal");
    });
  };
  const std::vector<std::vector<std::string>> writing{{"backup", "create"}, {"up"}, {"restore", "b1", "--yes"}};
  for (std::size_t i = 0; i < writing.size() && all_ours(bench_.leftovers()); ++i) {
    const Ran wrote = bench_.run(writing[i]);
    if (wrote.exit != 0) found("what comes next does not work: " + wrote.err);
  }
  for (const std::string& left : bench_.leftovers()) found("left behind: " + left);
  for (const std::string& entry : bench_.landed_twice()) found(entry);
  return findings;
}

}  // namespace zmig::test
