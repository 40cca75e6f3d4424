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
  return path.starts_with(".zmig/") || path.ends_with("-journal") || path.ends_with("-wal") || path.ends_with("-shm");
}

constexpr const char* kConfig = "[env.dev]\ntarget = \"sqlite:shop.db\"\n";
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

void shop_project(Bench& bench) {
  bench.write("zmig.toml", kConfig);
  bench.sql("shop.db", kTables);
}
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

Bench::Bench() : folder_(fast_folder()) { fs::create_directories(folder_ + "/project"); }

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
  std::vector<std::string> environment{"LANG=C.UTF-8",   "HOME=" + folder_, "PATH=/usr/bin:/bin",
                                       "ZMIG_ACTOR=ana", "TZ=UTC",          "ASAN_OPTIONS=detect_leaks=0"};
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
}

void Bench::restore() {
  fs::remove_all(folder_ + "/project");
  fs::copy(folder_ + "/saved", folder_ + "/project", fs::copy_options::recursive);
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
    out[name] = name.ends_with(".db") ? rows_of(file) : bytes_of(file);
  }
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

std::vector<CrashCase> crash_cases() {
  std::vector<CrashCase> all;
  all.push_back({"init", [](Bench&) {}, {"init"}, {"init"}, false});
  all.push_back({"new", taken_over, {"new", "turnos"}, {"status"}, false});
  all.push_back({"fmt",
                 [](Bench& bench) {
                   taken_over(bench);
                   bench.write("migrations/0001_zona.zmig", std::string(kZone) + "\n\n\n");
                 },
                 {"fmt"},
                 {"fmt"},
                 true});
  all.push_back({"baseline", shop_project, {"baseline"}, {"baseline"}, true, {"status"}, "ZM0603"});
  all.push_back({"up", with_migrations, {"up", "--to", "1"}, {"up", "--to", "1"}, true});
  all.push_back({"up all", with_migrations, {"up"}, {"up"}, true});
  all.push_back({"up --baseline",
                 [](Bench& bench) {
                   with_migrations(bench);
                   fs::remove_all(bench.folder() + "/project/.zmig");
                   fs::remove(bench.folder() + "/project/shop.db");
                   bench.sql("shop.db", kTables);
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
                 true});
  all.push_back({"verify",
                 [](Bench& bench) {
                   with_migrations(bench);
                   bench.must_run({"up"});
                 },
                 {"verify"},
                 {"verify"},
                 true});
  all.push_back({"copy", taken_over, {"copy", "sqlite:shop.db", "sqlite:copy.db"}, {"status"}, false});
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
  for (const auto& [path, bytes] : bench_.state()) {
    const auto old = before_.find(path), made = after_.find(path);
    const bool is_old = old != before_.end() && old->second == bytes;
    const bool is_new = made != after_.end() && made->second == bytes;
    if (!is_old && !is_new && one_step) found(std::string(path).append(" is neither old nor new:\n").append(bytes));
  }
  for (const auto& [path, bytes] : before_)
    if (after_.contains(path) && !bench_.state().contains(path)) found(path + " is gone");
  if (broken.exit == 0 && bench_.state() != after_) found("success was reported, and the project is not there");
  Ran again;
  for (int round = 0; round < 5; ++round) {
    again = bench_.run(case_.again);
    if (again.exit == 0) break;
  }
  const bool whole = !case_.whole_already.empty() && bench_.state() == after_ &&
                     again.err.find("error[" + case_.whole_already + "]") != std::string::npos;
  if (again.exit != 0 && !whole) {
    if (case_.name == "init" && bench_.state().contains("zmig.toml")) return findings;  // says that it is there
    found("no way on: exit " + std::to_string(again.exit) + "\n" + again.out + again.err);
    return findings;
  }
  if (!case_.repeats) return findings;
  if (bench_.state() != after_) {
    for (const auto& [path, bytes] : after_)
      if (!bench_.state().contains(path) || bench_.state()[path] != bytes)
        found(std::string("at the end ")
                  .append(path)
                  .append(" is not as after the quiet run:\n")
                  .append(bench_.state().contains(path) ? bench_.state()[path] : "gone")
                  .append("\ninstead of\n")
                  .append(bytes));
  }
  const Ran once_more = bench_.run(case_.rest.empty() ? case_.again : case_.rest);
  if (once_more.exit != 0 || bench_.state() != after_) found("one more run changes something: " + once_more.err);
  // A command with nothing to do writes nothing; the next ones that write into these folders sweep them, and SQLite
  // takes an empty journal away when it begins to write.
  const auto all_ours = [](const std::vector<std::string>& left) {
    return !left.empty() &&
           std::all_of(left.begin(), left.end(), [](const std::string& path) { return path.starts_with(".zmig/"); });
  };
  const std::vector<std::vector<std::string>> writing{{"backup", "create"}, {"up"}, {"restore", "b1", "--yes"}};
  for (std::size_t i = 0; i < writing.size() && all_ours(bench_.leftovers()); ++i) {
    const Ran wrote = bench_.run(writing[i]);
    if (wrote.exit != 0) found("what comes next does not work: " + wrote.err);
  }
  for (const std::string& left : bench_.leftovers()) found("left behind: " + left);
  return findings;
}

}  // namespace zmig::test
