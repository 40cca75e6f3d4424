#include "fault/lab.h"

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <zmig/stamp.h>

#include "base/failpoint.h"
#include "base/posix.h"
#include "base/sqlite.h"
#include "run/backup.h"
#include "support/catch.h"
#include "support/samples.h"
#include "targets/csv/csv_manifest.h"
#include "targets/gsheet/gsheet_target.h"
#include "targets/xlsx/stamp_part.h"
#include "targets/xlsx/xlsx_target.h"

namespace fs = std::filesystem;

namespace zmig::test {
namespace {

/// Ids that differ between processes, and are the same in every run of a test.
class ProcessRandom final : public Random {
 public:
  explicit ProcessRandom(std::uint64_t process) : process_(process) {}
  std::string hex(std::size_t bytes) override {
    ++count_;
    char digits[33];
    std::snprintf(digits, sizeof digits, "%016llx%016llx", static_cast<unsigned long long>(count_),
                  static_cast<unsigned long long>(count_) * 1'000'003ULL + process_);
    std::string text(digits);
    text.insert(0, bytes * 2 > text.size() ? bytes * 2 - text.size() : 0, '0');
    return text.substr(text.size() - bytes * 2);
  }

 private:
  std::uint64_t process_, count_ = 0;
};

struct Silent final : Observer {
  void on(const Event&) override {}
};

template <class T>
T must_have(Result<T> result) {
  if (!result.has_value()) FAIL(result.error().zm + " " + result.error().message);
  return std::move(result).value();
}
void must_work(const Status& status) {
  if (!status.has_value()) FAIL(status.error().zm + " " + status.error().message);
}

std::string everything_in(const Diagnostics& diagnostics) {
  std::string out;
  for (const Diagnostic& one : diagnostics.all()) {
    out += one.code + " " + one.message + " " + one.help.value_or("") + "\n";
    for (const std::string& note : one.notes) out += note + "\n";
  }
  return out;
}

}  // namespace

Attempt attempt_of(const Error& error) {
  Attempt out;
  out.exit_code = exit_of(error);
  out.outcome = "refused";
  out.zm = error.zm;
  out.said = error.zm + " " + error.message + " " + error.help;
  return out;
}

Attempt attempt_of(const Report& report) {
  Attempt out;
  out.exit_code = report.exit_code;
  out.at_rest = report.up_to_date;
  out.outcome = report.outcome;
  if (report.error) out.zm = report.error->zm;
  if (report.error) out.said = report.error->zm + " " + report.error->message + " " + report.error->help + "\n";
  out.said += everything_in(report.diagnostics);
  return out;
}

Attempt attempt_of(const BaselineReport& report) {
  Attempt out;
  out.exit_code = report.exit_code;
  out.at_rest = report.proved && report.exit_code == 0;
  out.outcome = report.proved ? "proved" : "not proved";
  for (const Diagnostic& one : report.diagnostics.all())
    if (out.zm.empty() && one.severity == Severity::error) out.zm = one.code;
  out.said = everything_in(report.diagnostics);
  return out;
}

Attempt attempt_of(const RestoreReport& report) {
  Attempt out;
  out.exit_code = report.exit_code;
  out.at_rest = report.outcome == "identical";
  out.outcome = report.outcome;
  if (report.error) out.zm = report.error->zm;
  if (report.error) out.said = report.error->zm + " " + report.error->message + " " + report.error->help + "\n";
  out.said += everything_in(report.diagnostics);
  return out;
}

Attempt attempt_of(const RepairReport& report) {
  Attempt out;
  out.exit_code = report.exit_code;
  out.at_rest = report.exit_code == 0 && report.did.empty();
  out.outcome = report.situation;
  for (const Diagnostic& one : report.diagnostics.all())
    if (out.zm.empty() && one.severity == Severity::error) out.zm = one.code;
  for (const std::string& one : report.did) out.said += one + "\n";
  for (const std::string& one : report.choices) out.said += "left to choose: " + one + "\n";
  out.said += everything_in(report.diagnostics);
  return out;
}

Attempt carry_out(Migrator& migrator, const Command& command) {
  if (command.verb == Verb::repair) {
    RepairOptions how;
    how.restore_stamp = command.restore_stamp;
    auto report = migrator.repair(how);
    Attempt out = report.has_value() ? attempt_of(report.value()) : attempt_of(report.error());
    // The stamp is there: what was wanted is done.
    if (command.restore_stamp && out.zm == "ZM0703") out.exit_code = 0;
    if (command.restore_stamp && out.zm == "ZM0703") out.at_rest = true;
    return out;
  }
  if (command.verb == Verb::baseline) {
    auto report = migrator.baseline({});
    return report.has_value() ? attempt_of(report.value()) : attempt_of(report.error());
  }
  Goal goal;
  goal.direction = command.verb == Verb::up ? Direction::up : Direction::down;
  goal.to = command.to;
  goal.count = command.count;
  auto report = migrator.execute(goal);
  return report.has_value() ? attempt_of(report.value()) : attempt_of(report.error());
}

Points::Points(Fuse& fuse, const bool* paused) {
#ifdef ZMIG_FAILPOINTS
  failpoint::set_handler([&fuse, paused](std::string_view name) -> std::optional<Error> {
    if (paused != nullptr && *paused) return std::nullopt;
    return fuse.point(name);
  });
#else
  static_cast<void>(fuse);
  static_cast<void>(paused);
#endif
}

Points::~Points() {
#ifdef ZMIG_FAILPOINTS
  failpoint::set_handler({});
#endif
}

std::string fast_folder() {
  const bool memory = ::access("/dev/shm", W_OK) == 0;
  std::string pattern = ((memory ? fs::path("/dev/shm") : fs::temp_directory_path()) / "zmig-fault-XXXXXX").string();
  REQUIRE(::mkdtemp(pattern.data()) != nullptr);
  return pattern;
}

std::string Attempt::told() const {
  if (hung) return "came to no end";
  if (!answered) return "died";
  return outcome + " (" + std::to_string(exit_code) + ") " + said;
}

std::unique_ptr<Project> make_project(const std::optional<Schema>& baseline,
                                      const std::vector<std::pair<std::string, std::string>>& files) {
  auto project = std::make_unique<Project>();
  const TempFolder folder;
  const auto system = make_system_files();
  must_work(system->make_folder(folder.at("migrations"), false));
  must_work(system->make_folder(folder.at("schemas"), false));
  for (const auto& [name, text] : files) folder.write("migrations/" + name + ".zmig", text);
  if (baseline) folder.write("schemas/0000_baseline.json", schema_to_json(*baseline));
  Diagnostics found;
  project->history = must_have(
      load_history(*system, {folder.at("migrations"), folder.at("schemas")}, *project->codec, project->sources, found));
  project->replayed = replay_history(project->history, *project->codec, {}, found);
  for (const Diagnostic& one : found.all())
    if (one.severity == Severity::error) FAIL(render(one, project->sources));
  return project;
}

namespace {

/// Something to make a workbook of another kind from.
void give_sheet(MemoryTarget& book) {
  Sheet sheet;
  sheet.id = "s0000000000a";
  sheet.title = "H";
  Column column;
  column.id = "c0000000000a";
  column.header = "H";
  const std::vector<Part> parts{{{change::InsertSheet{sheet, {}}, change::InsertColumn{sheet.id, column, {}}}, {}}};
  auto writer = must_have(book.open_writer({"lab", std::chrono::milliseconds(1000)}));
  const Staged staged = must_have(writer->stage(parts));
  static_cast<void>(must_have(writer->commit(parts, staged)));
}

}  // namespace

std::vector<std::string> kinds_to_break() {
  const char* const only = std::getenv("ZMIG_FAULT_KIND");
  // A kind that this laboratory cannot make an empty workbook for has to be read-only, or be added here.
  const TempFolder folder;
  folder.write("a.csv", "H\n1\n");
  FakePorts ports;
  std::vector<std::string> kinds;
  for (const TargetKind& kind : target_kinds()) {
    if (kind.scheme == "memory" || kind.scheme == "sqlite" || kind.scheme == "csv" || kind.scheme == "xlsx" ||
        kind.scheme == "gsheet") {
      if (only == nullptr || kind.scheme == only) kinds.emplace_back(kind.scheme);
      continue;
    }
    INFO("a writable kind of target without a sweep: " << kind.scheme);
    std::string place = folder.path();
    if (kind.create != nullptr) {
      MemoryTarget from(Workbook{}, "memory");
      give_sheet(from);
      place = folder.at("made." + std::string(kind.scheme));
      static_cast<void>(must_have(kind.create(place, TargetOptions{}, ports.ports, from, {}, {})));
    }
    const auto opened = kind.open(place, TargetOptions{}, ports.ports);
    REQUIRE(opened.has_value());
    REQUIRE_FALSE(opened.value()->capabilities().writable);
  }
  REQUIRE_FALSE(kinds.empty());
  return kinds;
}

namespace {

TargetOptions lab_options() {
  TargetOptions options;
  options.csv_formula = "allow";  // the rows of the shop hold a text that begins with =
  return options;
}

}  // namespace

Lab::Lab(std::string kind) : kind_(std::move(kind)) {
  folder_ = fast_folder();
  fs::create_directories(at("backups"));
  if (kind_ == "csv") fs::create_directories(at("book.db"));
  if (kind_ == "gsheet") spreadsheet_ = sheets_.create("lab");
  if (kind_ == "xlsx") {
    MemoryTarget from(Workbook{}, "memory");
    give_sheet(from);
    static_cast<void>(must_have(create_xlsx(at("book.db"), ports_.ports, from, {}, {})));
  }
  if (kind_ != "sqlite") return;
  auto empty = sqlite::Database::open(at("book.db"), sqlite::Mode::create, 1000);
  REQUIRE(empty);
  must_work(empty->exec("CREATE TABLE t (a); DROP TABLE t"));
}

Lab::~Lab() {
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
}

void Lab::next_process() {
  ++process_;
  ports_.clock.advance(std::chrono::seconds(1));
}

Result<std::unique_ptr<Ledger>> Lab::open_books() { return open_ledger(at("ledger.db"), true, 50, ports_.ports); }

Result<std::unique_ptr<Target>> Lab::open_workbook() {
  if (kind_ == "gsheet") {
    return std::unique_ptr<Target>(
        std::make_unique<GsheetTarget>(spreadsheet_, lab_options(), ports_.ports, sheets_.connect()));
  }
  return open_target({kind_, at("book.db")}, lab_options(), ports_.ports);
}

void Lab::build(const std::vector<Change>& changes, const Schema* stamp) {
  std::unique_ptr<Target> opened;
  if (is_opened()) opened = must_have(open_workbook());
  Target& target = opened ? *opened : memory_;
  static_cast<void>(must_have(target.inspect()));
  Part part;
  part.changes = changes;
  // A workbook of Excel is never without a sheet: the one that it was made with goes when there are others.
  const bool others = std::any_of(changes.begin(), changes.end(),
                                  [](const Change& one) { return std::holds_alternative<change::InsertSheet>(one); });
  if (kind_ == "xlsx" && others) part.changes.emplace_back(change::DeleteSheet{"s0000000000a"});
  if (stamp != nullptr) {
    StampEntry entry;
    entry.number = 1;
    entry.event = "baseline";
    entry.target_id = "t-lab";
    entry.lineage = "original";
    entry.run = "lab";
    entry.at = ports_.clock.now();
    entry.chain_hash = empty_chain();
    entry.schema_digest = schema_digest(*stamp);
    part.after = Stamp{1, stamp_to_json(entry)};
  }
  const std::vector<Part> parts{part};
  auto writer = must_have(target.open_writer({"lab", std::chrono::milliseconds(1000)}));
  const Staged staged = must_have(writer->stage(parts));
  static_cast<void>(must_have(writer->commit(parts, staged)));
}

void Lab::lose_ledger() { fs::remove(at("ledger.db")); }

void Lab::lose_stamp() {
  if (kind_ == "gsheet") {
    REQUIRE(sheets_
                .edit(spreadsheet_, R"([{"deleteDeveloperMetadata":{"dataFilter":{"developerMetadataLookup":)"
                                    R"({"metadataKey":"zmig.stamp"}}}}])")
                .empty());
    return;
  }
  if (kind_ == "csv") {
    const std::string path = at("book.db") + "/" + std::string(csv::kManifest);
    csv::Manifest manifest =
        must_have(csv::manifest_from_json(must_have(ports_.files->read(path, std::uint64_t{1} << 30)), path));
    manifest.stamps.clear();
    must_work(ports_.files->replace(path, csv::manifest_to_json(manifest)));
    return;
  }
  if (kind_ == "xlsx") {
    const auto opened = must_have(open_workbook());
    const Schema live = must_have(opened->inspect());
    const xlsx::Package package = must_have(xlsx::Package::open(at("book.db")));
    xlsx::PackageEdit edit(package);
    must_work(xlsx::write_stamp_part(edit, must_have(xlsx::read_stamp_part(package)), {}, live));
    const Descriptor file(::open(at("new.db").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
    REQUIRE(file.is_open());
    must_work(edit.write(file.get(), at("new.db")));
    fs::rename(at("new.db"), at("book.db"));
    return;
  }
  if (in_files()) {
    auto db = sqlite::Database::open(at("book.db"), sqlite::Mode::read_write, 1000);
    REQUIRE(db);
    must_work(db->exec("DELETE FROM _zmig_stamp"));
    return;
  }
  Workbook book = memory_.snapshot();
  book.stamps.clear();
  memory_ = MemoryTarget(std::move(book), "memory");
}

void Lab::save() {
  fs::remove_all(folder_ + "/saved");
  fs::copy(folder_ + "/project", folder_ + "/saved", fs::copy_options::recursive);
  saved_book_ = memory_.snapshot();
  if (kind_ == "gsheet") saved_spreadsheet_ = sheets_.save(spreadsheet_);
  saved_clock_ = ports_.clock;
  saved_process_ = process_;
}

void Lab::restore() {
  fs::remove_all(folder_ + "/project");
  fs::copy(folder_ + "/saved", folder_ + "/project", fs::copy_options::recursive);
  memory_ = MemoryTarget(saved_book_, "memory");
  if (kind_ == "gsheet") sheets_.restore(spreadsheet_, *saved_spreadsheet_);
  ports_.clock = saved_clock_;
  process_ = saved_process_;
}

Attempt Lab::attempt(const Project& project, const Command& command) {
  Fuse whole;
  return attempt(project, command, whole);
}

Attempt Lab::attempt(const Project& project, const Command& command, Fuse& fuse) {
  next_process();
  ProcessRandom random(process_);
  FaultyFiles files(*ports_.files, fuse);
  Ports ports{ports_.clock, random, files};
  const Points points(fuse);
  auto ledger = fuse.call("open.ledger", [&] { return open_ledger(at("ledger.db"), true, 50, ports); });
  const auto ended = [&](Attempt out) {
    if (fuse.dead) out.answered = false;
    return out;
  };
  if (!ledger.has_value()) return ended(attempt_of(ledger.error()));
  Result<std::unique_ptr<Target>> opened = std::unique_ptr<Target>();
  if (is_opened()) {
    opened = fuse.call("open.target", [&]() -> Result<std::unique_ptr<Target>> {
      if (kind_ != "gsheet") return open_target({kind_, at("book.db")}, lab_options(), ports);
      return std::unique_ptr<Target>(std::make_unique<GsheetTarget>(
          spreadsheet_, lab_options(), ports, std::make_unique<FaultyApi>(sheets_.connect(), fuse)));
    });
    if (!opened.has_value()) return ended(attempt_of(opened.error()));
  }
  FaultyTarget target(is_opened() ? *opened.value() : static_cast<Target&>(memory_), fuse);
  FaultyLedger books(*ledger.value(), fuse);
  if (auto looked = target.inspect(); !looked.has_value()) return ended(attempt_of(looked.error()));
  RunOptions options;
  options.actor = "lab";
  options.host = "here";
  options.tool_version = "0.1.0";
  options.backup_folder = at("backups");
  options.allow_loss = true;
  options.accept_baseline = command.accept_baseline;
  options.lock_timeout = std::chrono::milliseconds(50);
  options.lock_files = {at("write.lock")};
  options.restart = command.restart;
  if (command.restart) options.allow_skip = {"fill", "empty", "untouched", "foreign", "ensure"};
  Silent silent;
  if (command.verb == Verb::restore) {
    Backups backups(project.history, project.replayed, target, books, *project.codec, ports, silent, options);
    RestoreOptions how;
    how.backup = command.backup;
    auto report = backups.restore(how, {});
    return ended(report.has_value() ? attempt_of(report.value()) : attempt_of(report.error()));
  }
  Migrator migrator(project.history, project.replayed, target, books, *project.codec, ports, silent, options);
  return ended(carry_out(migrator, command));
}

Attempt Lab::attempt_killed(const Project& project, const Command& command, Fuse& fuse) {
  REQUIRE(can_be_killed());
  constexpr std::chrono::seconds kPatience{120};
  std::array<int, 2> wire{-1, -1};
  if (kind_ == "gsheet") REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, wire.data()) == 0);
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    if (kind_ == "gsheet") {
      ::close(wire[0]);
      sheets_.ask_through(wire[1]);
    }
    fuse.die = [] { ::raise(SIGKILL); };
    const Attempt done = attempt(project, command, fuse);
    ::_exit(done.exit_code == 0 ? 0 : 100 + done.exit_code);
  }
  next_process();
  Attempt out;
  out.heard = false;
  if (kind_ == "gsheet") {
    ::close(wire[1]);
    out.hung = !sheets_.serve(wire[0], kPatience);
    if (out.hung) ::kill(child, SIGKILL);
    ::close(wire[0]);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  out.answered = !WIFSIGNALED(status);
  if (out.answered) out.exit_code = WEXITSTATUS(status) >= 100 ? WEXITSTATUS(status) - 100 : WEXITSTATUS(status);
  if (!out.answered && WTERMSIG(status) != SIGKILL) {
    out.answered = true;  // it crashed of itself
    out.exit_code = 128 + WTERMSIG(status);
  }
  return out;
}

Seen seen_in(Target& target) {
  const Schema live = must_have(target.inspect());
  Seen seen;
  seen.schema = schema_to_json(by_offer(live));
  for (const Sheet& sheet : live.sheets) {
    std::vector<std::string> ids;
    for (const Column& column : sheet.columns) {
      ids.push_back(column.id);
      seen.cells[sheet.title + "." + column.header];
    }
    must_work(target.scan(sheet.id, ids, [&](const RowView& row) {
      for (std::size_t i = 0; i < ids.size(); ++i)
        seen.cells[sheet.title + "." + sheet.columns[i].header].push_back(row.cells[i]);
      return ok();
    }));
  }
  for (const Stamp& stamp : must_have(target.stamps())) {
    const StampEntry entry = must_have(stamp_from_json(stamp.entry));
    seen.stamps.push_back(entry.event + " " + std::to_string(entry.position));
    seen.uids.push_back(entry.run);
  }
  return seen;
}

Seen Lab::see() {
  std::unique_ptr<Target> opened;
  if (is_opened()) opened = must_have(open_workbook());
  return seen_in(opened ? *opened : memory_);
}

Books Lab::books() {
  Books out;
  if (!fs::exists(at("ledger.db"))) {
    out.chain_ok = true;
    return out;
  }
  auto ledger = must_have(open_books());
  out.chain_ok = must_have(ledger->check_chain()).ok;
  out.rows = must_have(ledger->runs({}));
  for (const Run& run : out.rows) {
    if (run.state == RunState::aborted) continue;
    out.runs.push_back(run.verb + " " + std::to_string(run.migration) + " " + std::string(to_string(run.state)) + " " +
                       run.down_text);
    out.captures.push_back(must_have(ledger->captures(run.id)));
  }
  return out;
}

bool Lab::ledger_agrees(const Project& project) {
  auto ledger = must_have(open_books());
  std::unique_ptr<Target> opened;
  if (is_opened()) opened = must_have(open_workbook());
  Target& target = opened ? *opened : memory_;
  static_cast<void>(must_have(target.inspect()));
  Silent silent;
  Migrator migrator(project.history, project.replayed, target, *ledger, *project.codec, ports_.ports, silent, {});
  return must_have(migrator.status()).ledger_agrees;
}

std::vector<std::string> Lab::files_there() const {
  std::vector<std::string> out;
  for (const auto& entry : fs::recursive_directory_iterator(folder_ + "/project")) {
    if (entry.is_regular_file()) out.push_back(fs::relative(entry.path(), folder_ + "/project").string());
  }
  std::sort(out.begin(), out.end());
  return out;
}

std::string Lab::backups_wrong() {
  if (!fs::exists(at("ledger.db"))) return {};
  auto ledger = must_have(open_books());
  for (const BackupRow& row : must_have(ledger->backups(""))) {
    const auto contents = run::verify_snapshot(row.location, row.sha256);
    if (!contents.has_value()) return row.location + ": " + contents.error().message;
  }
  return {};
}

}  // namespace zmig::test
