#include "fault/simulator.h"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <random>

#include <zmig/change.h>
#include <zmig/stamp.h>

#include "base/sqlite.h"
#include "support/catch.h"
#include "support/samples.h"
#include "support/shop_book.h"

namespace fs = std::filesystem;

namespace zmig::test {
namespace {

struct Silent final : Observer {
  void on(const Event&) override {}
};

/// Numbers from a seed, the same everywhere.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : random_(seed * 0x9E3779B97F4A7C15ULL + 0x1234567) {}
  std::size_t below(std::size_t n) { return n == 0 ? 0 : static_cast<std::size_t>(random_() % n); }
  bool chance(std::size_t one_in) { return below(one_in) == 0; }
  std::uint64_t seed() { return random_(); }

 private:
  std::mt19937_64 random_;
};

/// A workbook and the ledger beside it.
class Place {
 public:
  Place(const std::string& kind, const Schema& before) : kind_(kind) {
    if (kind_ == "sqlite") {
      folder_ = fast_folder();
      auto empty = sqlite::Database::open(folder_ + "/book.db", sqlite::Mode::create, 1000);
      REQUIRE(empty);
      REQUIRE(empty->exec("CREATE TABLE t (a); DROP TABLE t"));
    }
    reopen();
    lose_ledger();
    StampEntry entry;
    entry.number = 1;
    entry.event = "baseline";
    entry.target_id = "t-sim";
    entry.lineage = "original";
    entry.run = "sim";
    entry.at = ports.clock.now();
    entry.chain_hash = empty_chain();
    entry.schema_digest = schema_digest(before);
    Part part;
    part.changes = changes_that_build(before, "");
    part.after = Stamp{1, stamp_to_json(entry)};
    REQUIRE(write(part));
  }
  ~Place() {
    target_.reset();
    std::error_code ignored;
    if (!folder_.empty()) fs::remove_all(folder_, ignored);
  }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;

  Target& target() { return *target_; }
  Ledger& ledger() { return *ledger_; }
  /// As a new process finds it.
  void reopen() {
    if (kind_ == "memory" && target_ != nullptr) return;
    target_.reset();
    auto opened = open_target({kind_, kind_ == "memory" ? "" : folder_ + "/book.db"}, TargetOptions{}, ports.ports);
    REQUIRE(opened.has_value());
    target_ = std::move(opened).value();
    REQUIRE(target_->inspect().has_value());
  }
  void lose_ledger() {
    auto made = open_memory_ledger(ports.ports);
    REQUIRE(made.has_value());
    ledger_ = std::move(made).value();
  }
  /// Somebody else writes in the workbook: no stamp. False: it cannot hold that (a header that is there already).
  bool write(const Part& part) {
    const std::vector<Part> parts{part};
    auto writer = target_->open_writer({"a person", std::chrono::milliseconds(10)});
    REQUIRE(writer.has_value());
    const auto staged = writer.value()->stage(parts);
    REQUIRE(staged.has_value());
    const auto done = writer.value()->commit(parts, staged.value());
    writer.value().reset();
    REQUIRE(target_->inspect().has_value());
    return done.has_value();
  }
  std::uint32_t position() {
    const auto stamps = target_->stamps();
    REQUIRE(stamps.has_value());
    const auto entry = current_stamp(stamps.value());
    REQUIRE(entry.has_value());
    return entry.value() ? entry.value()->position : 0;
  }

  FakePorts ports;

 private:
  std::string kind_, folder_;
  std::unique_ptr<Target> target_;
  std::unique_ptr<Ledger> ledger_;
};

/// What a person does, decided by a seed and by what stands there: the same in equal workbooks.
class Person {
 public:
  Person(Target& target, std::uint64_t seed) : target_(target), dice_(seed) {}

  /// The changes of one edit; `undo`: what takes it back where it would block zmig (managed structure), else empty.
  struct Edit {
    std::vector<Change> changes, undo;
    std::string says;
    std::optional<Scope> touched = {};  ///< of a structural edit
    std::string header = {};            ///< what stands there after it
    std::optional<std::string> note = {};
  };
  Edit edit() {
    const auto looked = target_.inspect();
    REQUIRE(looked.has_value());
    const Schema& live = looked.value();
    if (live.sheets.empty()) return {};
    const Sheet& sheet = live.sheets[dice_.below(live.sheets.size())];
    switch (dice_.below(10)) {
      case 0: return insert_row(sheet);
      case 1: return delete_row(sheet);
      case 2: return add_foreign(sheet);
      case 3: return touch_structure(sheet);
      default: return type_cell(sheet);
    }
  }

 private:
  struct Row {
    RowRef at;
    std::vector<Cell> cells;
  };
  std::vector<Row> rows(const Sheet& sheet) {
    std::vector<std::string> ids;
    for (const Column& column : sheet.columns) ids.push_back(column.id);
    std::vector<Row> all;
    const Status done = target_.scan(sheet.id, ids, [&](const RowView& row) {
      all.push_back({row.row, {row.cells.begin(), row.cells.end()}});
      return ok();
    });
    REQUIRE(done.has_value());
    return all;
  }

  Value value_for(const Column& column) {
    if (dice_.chance(6)) return Blank{};
    if (is_numeric(column.type)) return Number{static_cast<double>(dice_.below(50))};
    if (column.type.kind == TypeKind::boolean) return Boolean{dice_.chance(2)};
    if (column.type.kind == TypeKind::date) return Date{static_cast<std::int32_t>(46000 + dice_.below(300))};
    if (column.type.kind == TypeKind::datetime) return DateTime{std::int64_t{46000} * 86'400'000};
    if (column.type.kind == TypeKind::enumeration) return Text{"Pagado"};
    return Text{"typed " + std::to_string(dice_.below(100))};
  }

  Edit type_cell(const Sheet& sheet) {
    const auto all = rows(sheet);
    if (all.empty() || sheet.columns.empty()) return {};
    const std::size_t column = dice_.below(sheet.columns.size());
    const Row& row = all[dice_.below(all.size())];
    source::Run run;
    run.edits.push_back({row.at, row.cells[column], Cell{value_for(sheet.columns[column]), {}, {}}});
    return {{change::WriteCells{{sheet.id, sheet.columns[column].id}, run}},
            {},
            "types into " + sheet.title + "." + sheet.columns[column].header + " row " + std::to_string(row.at.number)};
  }
  Edit insert_row(const Sheet& sheet) {
    if (sheet.columns.empty()) return {};
    source::Run run;
    run.columns = {sheet.columns.front().id};
    source::Row row;
    row.row.number = sheet.header_row + rows(sheet).size() + 1;
    row.cells = {Cell{value_for(sheet.columns.front()), {}, {}}};
    run.rows.push_back(row);
    return {{change::InsertRows{sheet.id, run}}, {}, "adds a row to " + sheet.title};
  }
  Edit delete_row(const Sheet& sheet) {
    const auto all = rows(sheet);
    if (all.empty()) return {};
    const Row& row = all[dice_.below(all.size())];
    source::Run run;
    for (const Column& column : sheet.columns) run.columns.push_back(column.id);
    run.rows.push_back({row.at, row.cells});
    return {{change::DeleteRows{sheet.id, run}}, {}, "deletes row " + std::to_string(row.at.number)};
  }
  Edit add_foreign(const Sheet& sheet) {
    Column column;
    column.id = "cabc" + std::to_string(10'000'000 + dice_.below(89'999'999));
    column.header = "Mío " + std::to_string(dice_.below(1'000'000));
    if (!sheet.managed) return {};
    return {{change::InsertColumn{sheet.id, column, {}}, change::Untrack{{sheet.id, column.id}}},
            {},
            "adds a column of their own to " + sheet.title};
  }
  Edit touch_structure(const Sheet& sheet) {
    std::vector<const Column*> managed;
    for (const Column& column : sheet.columns)
      if (column.managed) managed.push_back(&column);
    if (managed.empty() || !sheet.managed) return {};
    const Column& column = *managed[dice_.below(managed.size())];
    const Scope at{sheet.id, column.id};
    if (dice_.chance(2))
      return {{change::SetHeader{at, column.header + " bis"}},
              {change::SetHeader{at, column.header}},
              "renames " + sheet.title + "." + column.header,
              at,
              column.header + " bis",
              column.note};
    const std::string note = "by hand " + std::to_string(dice_.below(9));
    return {{change::SetNote{at, note}},
            {change::SetNote{at, column.note}},
            "writes a note on " + sheet.title + "." + column.header,
            at,
            column.header,
            note};
  }

  Target& target_;
  Dice dice_;
};

/// What reached the workbook, in order: an edit (its seed), an undone edit, a commit that led to a position.
struct Happened {
  enum class Kind { edit, revert, commit, ledger_lost } kind = Kind::edit;
  std::uint64_t seed = 0;
  std::vector<Change> changes;
  std::uint32_t position = 0;
  bool up = true;
};

class Simulator {
 public:
  explicit Simulator(const Simulation& simulation)
      : simulation_(simulation),
        dice_(simulation.seed),
        before_(shop()),
        project_(generate()),
        real_(simulation.kind, before_),
        twin_(simulation.kind, before_) {
    start_ = seen_in(real_.target());
  }

  Simulated run() {
    const std::size_t commands = 3 + dice_.below(6);
    for (std::size_t i = 0; i < commands && result_.violations.empty() && !result_.cut_short; ++i) step();
    if (result_.violations.empty() && !result_.cut_short) settle();
    return std::move(result_);
  }

 private:
  // --- the project

  std::unique_ptr<Project> generate() {
    std::vector<std::pair<std::string, std::string>> files;
    const auto codec = dsl::make_codec();
    Schema schema = before_;
    const std::size_t wanted = 1 + dice_.below(4);
    for (std::size_t i = 0; i < wanted; ++i) {
      Migration made;
      made.description = "generated";
      // One after the other: in a call the order is the compiler's, and a seed would tell each its own story.
      const std::size_t length = 1 + dice_.below(7);
      const std::uint64_t seed = dice_.seed();
      made.script.operations = random_operations(seed, schema, length);
      if (made.script.operations.empty()) break;
      char name[32];
      std::snprintf(name, sizeof name, "%04zu_made", i + 1);
      const std::string text = codec->print(made);
      BindContext context;
      context.name = name;
      context.before = &schema;
      Diagnostics found;
      // Some generated operations are refused with the others around them; the sequence ends there.
      const Migration bound = codec->parse(SourceFile{std::string(name) + ".zmig", text}, 0, context, found);
      if (found.has_errors()) break;
      auto next = replay_operations(bound.script.operations, schema);
      if (!next.has_value()) break;
      schema = std::move(next).value();
      note(std::string(name) + ".zmig\n" + text);
      files.emplace_back(name, text);
    }
    result_.migrations = files.size();
    return make_project(before_, files);
  }

  // --- what happens

  void note(std::string line) { result_.trace.push_back(std::move(line)); }
  void violation(std::string line) {
    note("VIOLATION: " + line);
    result_.violations.push_back(std::move(line));
  }

  bool somebody_writes() { return !real_.target().open_writer({"a look", std::chrono::milliseconds(0)}).has_value(); }

  Command any_command() {
    const auto last = static_cast<std::uint32_t>(project_->replayed.size());
    switch (dice_.below(6)) {
      case 0: return {Verb::down, {}, 1, false};
      case 1: return {Verb::down, static_cast<std::uint32_t>(dice_.below(last + 1)), {}, false};
      case 2: return {Verb::up, {}, 1, false};
      case 3: return {Verb::up, static_cast<std::uint32_t>(1 + dice_.below(std::max<std::size_t>(last, 1))), {}, false};
      default: return {Verb::up, {}, {}, false};
    }
  }

  void person_edits() {
    const std::uint64_t seed = dice_.seed();
    const Person::Edit edit = Person(real_.target(), seed).edit();
    if (edit.changes.empty()) return;
    if (!real_.write(Part{edit.changes, std::nullopt})) return;
    note("  a person " + edit.says);
    happened_.push_back({Happened::Kind::edit, seed, {}, 0, true});
    if (edit.touched) structural_.push_back(edit);
    ++result_.edits;
  }

  /// What the person wrote still stands there: neither a migration nor its way back has taken it away.
  bool still_stands(const Person::Edit& edit) {
    const auto looked = real_.target().inspect();
    REQUIRE(looked.has_value());
    const Sheet* sheet = looked.value().sheet(edit.touched->sheet);
    const Column* column = sheet == nullptr ? nullptr : column_by_id(*sheet, edit.touched->column);
    return column != nullptr && column->header == edit.header && column->note == edit.note;
  }

  void revert_structure() {
    for (; !structural_.empty(); structural_.pop_back()) {
      const Person::Edit& edit = structural_.back();
      if (!still_stands(edit)) {
        note("  nothing is left of an edit: the person " + edit.says);
        continue;
      }
      note("  the person takes it back: " + edit.says);
      if (!real_.write(Part{edit.undo, std::nullopt})) violation("an edit cannot be taken back");
      happened_.push_back({Happened::Kind::revert, 0, edit.undo, 0, true});
    }
  }

  /// Whole commands of another process, and edits, between two calls of the one that runs.
  void between(bool ledger_is_locked) {
    if (inside_) return;
    if (dice_.chance(60)) {
      inside_ = true;
      if (!somebody_writes()) person_edits();
      inside_ = false;
    }
    if (ledger_is_locked || !dice_.chance(160)) return;
    inside_ = true;
    const bool busy = somebody_writes();
    const Command command = any_command();
    ++result_.contenders;
    note("  another run comes between");
    Fuse fuse;
    fuse.landed = [this](std::string_view name) { landed(name); };
    const std::size_t commits = result_.commits;
    const Attempt attempt = attempt_here(command, fuse, false);
    note("  it ends: " + attempt.told());
    if (busy && result_.commits != commits) violation("a second run wrote while the first held the lease");
    inside_ = false;
  }

  void landed(std::string_view name) {
    if (name != "target.commit") return;
    const std::uint32_t now = real_.position();
    note("  commit, now at " + std::to_string(now));
    happened_.push_back({Happened::Kind::commit, 0, {}, now, now >= position_});
    position_ = now;
    ++result_.commits;
  }

  Attempt attempt_here(const Command& command, Fuse& fuse, bool sabotaged) {
    FaultyFiles files(*real_.ports.files, fuse);
    Ports ports{real_.ports.clock, real_.ports.random, files};
    std::unique_ptr<Target> wrong;
    std::unique_ptr<Ledger> wrong_ledger;
    if (sabotaged && simulation_.sabotage) wrong = simulation_.sabotage(real_.target());
    if (sabotaged && simulation_.sabotage_ledger) wrong_ledger = simulation_.sabotage_ledger(real_.ledger());
    FaultyTarget target(wrong ? *wrong : real_.target(), fuse);
    FaultyLedger ledger(wrong_ledger ? *wrong_ledger : real_.ledger(), fuse);
    Silent silent;
    Migrator migrator(project_->history, project_->replayed, target, ledger, *project_->codec, ports, silent,
                      options());
    return carry_out(migrator, command);
  }

  static RunOptions options() {
    RunOptions options;
    options.actor = "sim";
    options.allow_loss = true;
    options.backup_required = false;  // of files: the sweep has them
    options.lock_timeout = std::chrono::milliseconds(0);
    return options;
  }

  void step() {
    real_.ports.clock.advance(std::chrono::seconds(1));
    latest_ = std::max(latest_, real_.ports.clock.now());
    switch (dice_.below(14)) {
      case 0: person_edits(); break;
      case 1: revert_structure(); break;
      case 2:
        real_.ports.clock.advance(std::chrono::hours(dice_.chance(2) ? 100 : -5));
        latest_ = std::max(latest_, real_.ports.clock.now());
        note("the clock jumps");
        break;
      case 3:
        if (!dice_.chance(3)) break;
        note("the ledger is lost");
        real_.lose_ledger();
        happened_.push_back({Happened::Kind::ledger_lost, 0, {}, 0, true});
        ++result_.ledgers_lost;
        break;
      default: break;
    }
    command_under_fire();
    if (result_.violations.empty()) follow();
  }

  void command_under_fire() {
    const Command command = any_command();
    Fuse fuse;
    if (dice_.chance(4) == false) {
      fuse.at = 1 + dice_.below(120);
      fuse.blow = dice_.chance(2) ? Blow::before : Blow::after;
      fuse.lasting = dice_.chance(2) ? Lasting::for_good : Lasting::once;
      fuse.number = dice_.chance(2) ? EIO : ENOSPC;
    }
    fuse.between = [this, &fuse](std::string_view) { between(fuse.in_transaction); };
    fuse.landed = [this](std::string_view name) { landed(name); };
    note(std::string(command.verb == Verb::up ? "up" : "down") +
         (command.to ? " --to " + std::to_string(*command.to) : std::string()) +
         (command.count ? " --count " + std::to_string(*command.count) : std::string()));
    Attempt attempt;
    {
      const Points points(fuse, &inside_);
      attempt = attempt_here(command, fuse, true);
    }
    ++result_.commands;
    const bool blew = fuse.at != 0 && fuse.calls >= fuse.at;
    if (fuse.dead) ++result_.crashes;
    if (blew && !fuse.dead) ++result_.errors;
    if (blew)
      note("  fault at call " + std::to_string(fuse.at) + (fuse.dead ? ": dead" : ": error") +
           (fuse.blow == Blow::before ? ", before " : ", after ") +
           (fuse.log.size() >= fuse.at ? fuse.log[fuse.at - 1] : std::string()));
    note(std::string(fuse.dead ? "  -> died; " : "  -> ") + attempt.told());
    if (attempt.exit_code != 0) ++result_.refusals;
    if (!fuse.dead && attempt.exit_code == 0 && command.to && command.verb == Verb::up && !attempt.at_rest &&
        real_.position() < *command.to)
      violation("`up` reported success and the stamp is not there");
    real_.reopen();
    claims_are_true();
  }

  /// No run is called applied that the stamp does not know.
  void claims_are_true() {
    const auto runs = real_.ledger().runs({});
    REQUIRE(runs.has_value());
    const Seen seen = seen_in(real_.target());
    for (const Run& run : runs.value()) {
      const bool claims = run.state == RunState::confirmed || run.state == RunState::applied;
      if (claims && std::find(seen.uids.begin(), seen.uids.end(), run.uid) == seen.uids.end())
        violation("the ledger calls r" + std::to_string(run.id) + " " + std::string(to_string(run.state)) +
                  ", the stamp does not know it");
    }
    const auto chain = real_.ledger().check_chain();
    if (!chain.has_value() || !chain.value().ok) violation("the chain of the ledger does not verify");
  }

  // --- the twin

  Attempt twin_attempt(const Command& command) {
    twin_.ports.clock.set(real_.ports.clock.now());
    Silent silent;
    Migrator migrator(project_->history, project_->replayed, twin_.target(), twin_.ledger(), *project_->codec,
                      twin_.ports.ports, silent, options());
    return carry_out(migrator, command);
  }

  /// The twin does what happened, in order, in peace; then both show the same.
  void follow() {
    for (const Happened& one : happened_) {
      switch (one.kind) {
        case Happened::Kind::edit: {
          const Person::Edit edit = Person(twin_.target(), one.seed).edit();
          if (!twin_.write(Part{edit.changes, std::nullopt})) violation("the twin refuses an edit");
          break;
        }
        case Happened::Kind::revert:
          if (!twin_.write(Part{one.changes, std::nullopt})) violation("the twin refuses to take an edit back");
          break;
        case Happened::Kind::ledger_lost: twin_.lose_ledger(); break;
        case Happened::Kind::commit: {
          const Command command{one.up ? Verb::up : Verb::down, one.position, {}, false};
          const Attempt attempt = twin_attempt(command);
          // A whole `up` puts up with what a person did to a column that a later migration of it takes away; a step of
          // it does not. Who dies on the way leaves a commit that no quiet command makes. The story ends here.
          if (attempt.exit_code == 3 && !structural_.empty() && twin_.position() != one.position) {
            result_.cut_short = true;
            return;
          }
          // 5: it is there, and the proof says that a person changed something else, as under fire.
          if ((attempt.exit_code != 0 && attempt.exit_code != 5) || twin_.position() != one.position) {
            violation("what was committed under fire is refused in peace: " + attempt.told());
            return;
          }
          break;
        }
      }
    }
    happened_.clear();
    compare("after a command");
  }

  bool compare(const std::string& when) {
    const Seen real = seen_in(real_.target());
    const Seen twin = seen_in(twin_.target());
    if (real.schema != twin.schema) violation(when + " the schema is not that of the twin");
    if (real.cells == twin.cells) return true;
    for (const auto& [name, cells] : twin.cells) {
      const auto found = real.cells.find(name);
      if (found == real.cells.end() || !(found->second == cells)) {
        violation(std::string(when).append(" the cells of ").append(name).append(" are not those of the twin"));
        return false;
      }
    }
    violation(when + " there are columns that the twin does not have");
    return false;
  }

  // --- the end

  Attempt in_peace(const Command& command) {
    Attempt attempt;
    for (int round = 0; round < 6; ++round) {
      real_.ports.clock.advance(std::chrono::seconds(1));
      Fuse fuse;
      fuse.landed = [this](std::string_view name) { landed(name); };
      attempt = attempt_here(command, fuse, true);
      real_.reopen();
      if (attempt.exit_code == 0 && attempt.at_rest) break;
    }
    return attempt;
  }

  /// Peace: everything that blocks is taken back, and both go to the end and back.
  void settle() {
    note("peace");
    // A ledger with rows of a later hour may not be asked whether a window is open (ZM0504).
    if (real_.ports.clock.now() < latest_) {
      real_.ports.clock.set(latest_);
      note("the clock is set right");
    }
    revert_structure();
    follow();
    if (!result_.violations.empty()) return;
    const auto both = [this](const Command& command, const std::string& what) {
      Attempt real = in_peace(command);
      note(what + " -> " + real.told());
      Attempt twin;
      for (int round = 0; round < 6; ++round) {
        twin = twin_attempt(command);
        if (twin.exit_code == 0 && twin.at_rest) break;
      }
      happened_.clear();
      if ((real.exit_code == 0) != (twin.exit_code == 0) || real.zm != twin.zm) {
        violation(what + " ends " + real.told() + "; in peace all the time it ends " + twin.told());
        return false;
      }
      return compare("after " + what) && real.exit_code == 0;
    };
    if (!both({Verb::up, {}, {}, false}, "the last up")) return;
    ledgers_agree();
    if (!result_.violations.empty()) return;
    if (!both({Verb::down, 0, {}, false}, "the way back")) return;
    result_.went_back = true;
    // A line may give its cells up (`undo with blank`): then the way back does not lead to the start, and says so.
    const bool exact = std::all_of(project_->replayed.begin(), project_->replayed.end(), [](const Replayed& one) {
      const auto back = invert_all(one.migration.script.operations, one.before);
      return back.has_value() && back->fidelity < Fidelity::lossy;
    });
    const Seen end = seen_in(real_.target());
    if (!exact || result_.edits != 0 || result_.ledgers_lost != 0 || end.cells == start_.cells) return;
    note("at the start:" + shown(start_.cells));
    note("at the end:" + shown(end.cells));
    violation("nobody edited, and the way back does not lead to the cells of the start");
  }

  static std::string shown(const SeenCells& columns) {
    std::string out;
    for (const auto& [name, cells] : columns) {
      out += "\n    " + name + ":";
      for (const Cell& cell : cells) out += " [" + to_text(cell.value) + "]";
    }
    return out;
  }

  static std::vector<std::string> effects(Ledger& ledger) {
    const auto runs = ledger.runs({});
    REQUIRE(runs.has_value());
    std::vector<std::string> out;
    for (const Run& run : runs.value()) {
      if (run.state == RunState::aborted) continue;
      std::string line = run.verb + " " + std::to_string(run.migration) + " " + std::string(to_string(run.state)) +
                         " " + run.down_text;
      const auto captures = ledger.captures(run.id);
      REQUIRE(captures.has_value());
      for (const Capture& capture : captures.value()) line += "\n" + captures_to_blob(capture);
      out.push_back(std::move(line));
    }
    return out;
  }

  void ledgers_agree() {
    if (result_.ledgers_lost != 0) return;  // what was imported depends on when it was lost
    const auto real = effects(real_.ledger()), twin = effects(twin_.ledger());
    if (real == twin) return;
    for (const std::string& line : real) note("  under fire: " + line);
    for (const std::string& line : twin) note("  in peace:   " + line);
    violation("runs, captures and down texts are not those of the twin");
  }

  Simulation simulation_;
  Simulated result_;
  Dice dice_;
  Schema before_;
  std::unique_ptr<Project> project_;
  Place real_, twin_;
  Seen start_;
  std::vector<Happened> happened_;
  std::vector<Person::Edit> structural_;  ///< not yet taken back
  std::uint32_t position_ = 0;
  UtcTime latest_{};  ///< that the clock has shown
  bool inside_ = false;
};

}  // namespace

Simulated simulate(const Simulation& simulation) { return Simulator(simulation).run(); }

}  // namespace zmig::test
