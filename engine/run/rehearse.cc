// A rehearsal is a real run in a world of its own: another workbook, and a ledger in memory that knows what the real
// one knows of the target. So nothing here is a special path of the executor, and the real ledger only learns the
// outcome, as rows in mode rehearsal.

#include "run/rehearse.h"

#include <algorithm>

#include <fmt/format.h>

#include "run/executor.h"
#include "run/run_json.h"
#include "run/status.h"

namespace zmig::run {
namespace {

/// What a person can see of a workbook, cell by cell. Stamp and catalogue are not in it.
struct Likeness {
  Schema schema;
  std::vector<std::uint64_t> rows;
  std::vector<std::vector<std::string>> hashes;  ///< by sheet, by column
};

Result<Likeness> likeness_of(Target& target) {
  Likeness seen;
  ZMIG_TRY(seen.schema, target.inspect());
  for (const Sheet& sheet : seen.schema.sheets) {
    ZMIG_TRY(const std::uint64_t rows, target.row_count(sheet.id));
    ZMIG_TRY(auto hashes, target.column_hashes(sheet.id, {}));
    seen.rows.push_back(rows);
    seen.hashes.push_back(std::move(hashes));
  }
  return seen;
}

Difference differs(std::string where, std::string expected, std::string observed) {
  Difference difference;
  difference.where = std::move(where);
  difference.expected = std::move(expected);
  difference.observed = std::move(observed);
  return difference;
}

void compare_sheet(const Likeness& start, const Likeness& end, std::size_t s, std::vector<Difference>& out) {
  const Sheet& was = start.schema.sheets[s];
  const Sheet& is = end.schema.sheets[s];
  if (start.rows[s] != end.rows[s]) {
    out.push_back(differs(was.title, fmt::format("{} rows", start.rows[s]), fmt::format("{} rows", end.rows[s])));
  }
  if (was.columns.size() != is.columns.size()) {
    out.push_back(differs(was.title, fmt::format("{} columns", was.columns.size()),
                          fmt::format("{} columns", is.columns.size())));
    return;
  }
  for (std::size_t c = 0; c < was.columns.size(); ++c) {
    const std::string where = header_cell(was, was.columns[c].id);
    if (was.columns[c].header != is.columns[c].header) {
      out.push_back(differs(where, was.columns[c].header, is.columns[c].header));
    } else if (start.hashes[s][c] != end.hashes[s][c]) {
      out.push_back(differs(where, "every cell as at the start", "other cells"));
    }
  }
}

std::vector<Difference> compare(const Likeness& start, const Likeness& end) {
  std::vector<Difference> out = visible_differences(start.schema, end.schema);
  for (Difference& one : visible_differences(end.schema, start.schema)) {
    std::swap(one.expected, one.observed);
    const bool known =
        std::any_of(out.begin(), out.end(), [&](const Difference& other) { return other.where == one.where; });
    if (!known) out.push_back(std::move(one));
  }
  if (start.schema.sheets.size() != end.schema.sheets.size()) {
    out.push_back(differs("workbook", fmt::format("{} sheets", start.schema.sheets.size()),
                          fmt::format("{} sheets", end.schema.sheets.size())));
    return out;
  }
  for (std::size_t s = 0; s < start.schema.sheets.size(); ++s) {
    if (start.schema.sheets[s].title != end.schema.sheets[s].title) {
      out.push_back(
          differs("sheet " + std::to_string(s + 1), start.schema.sheets[s].title, end.schema.sheets[s].title));
    } else {
      compare_sheet(start, end, s, out);
    }
  }
  return out;
}

/// What the real ledger knows of the target, in a ledger that goes away: runs, their captures and their proofs.
Status teach(Context& context, const std::string& target_id, Ledger& ledger) {
  RunFilter filter;
  filter.target_id = target_id;
  filter.mode = RunMode::real;
  ZMIG_TRY(auto runs, context.ledger.runs(filter));
  std::reverse(runs.begin(), runs.end());
  for (const Run& run : runs) {
    ZMIG_TRY(const std::uint64_t id, ledger.begin(run));
    ZMIG_TRY(const auto captures, context.ledger.captures(run.id));
    ZMIG_CHECK_OK(ledger.save_captures(id, captures, std::nullopt));
    ZMIG_TRY(const auto events, context.ledger.events(run.id));
    for (const LedgerEvent& event : events) {
      if (event.kind != "batch.sent" && event.kind != "run.applied") continue;
      ZMIG_CHECK_OK(ledger.append_event(id, event.kind, event.json));
    }
  }
  return ok();
}

class Rehearsing {
 public:
  Rehearsing(Context& context, Target& stage, const RehearsalOptions& options)
      : context_(context), stage_(stage), how_(options) {
    report_.on = options.on;
    for (const char* name : {"backup", "up", "verify", "again", "down", "identical", "repeat"}) {
      report_.steps.push_back({name, Outcome::not_run, "an earlier step failed", 0});
    }
  }

  Result<Rehearsal> run(const Goal& goal) {
    const auto since = context_.ports.clock.monotonic();
    ZMIG_TRY(const Look look, look_at(context_));
    ZMIG_TRY(const auto target_id, known_target(context_, look.stamp));
    target_id_ = target_id.value_or("");
    ZMIG_TRY(const Look there, look_at_stage());
    const std::uint32_t at = look.stamp ? look.stamp->position : 0;
    if ((there.stamp ? there.stamp->position : 0) != at || there.stamp.has_value() != look.stamp.has_value()) {
      return make_error(Errc::conflict, "ZM0407",
                        fmt::format("{} does not stand where {} stands", stage_.url(), context_.target.url()),
                        "rehearse on a fresh copy of the workbook");
    }
    ZMIG_TRY(const auto ledger, open_memory_ledger(context_.ports));
    ZMIG_CHECK_OK(teach(context_, there.stamp ? there.stamp->target_id : target_id_, *ledger));
    if (there.stamp) { ZMIG_CHECK_OK(ledger->know_target(there.stamp->target_id, stage_.url(), there.stamp->lineage)); }
    RunOptions options = context_.options;
    options.confirm = nullptr;
    options.lock_files.clear();  // nobody else knows the stage, and the target is only read
    options.backup_folder = how_.scratch;
    options.backup_required = true;
    Context world{context_.history,  context_.replayed, stage_, *ledger, context_.codec, context_.ports,
                  context_.observer, std::move(options)};
    ZMIG_CHECK_OK(all_steps(world, goal));
    report_.ms = static_cast<std::uint64_t>((context_.ports.clock.monotonic() - since).count());
    judge();
    if (how_.record) ZMIG_CHECK_OK(record());
    return std::move(report_);
  }

 private:
  Result<Look> look_at_stage() {
    Look look;
    ZMIG_TRY(look.live, stage_.inspect());
    ZMIG_TRY(look.stamps, stage_.stamps());
    ZMIG_TRY(look.stamp, current_stamp(look.stamps));
    return look;
  }

  RehearsalStep& step(std::string_view name) {
    return *std::find_if(report_.steps.begin(), report_.steps.end(),
                         [&](const RehearsalStep& one) { return one.name == name; });
  }
  void settle(std::string_view name, bool passed, std::string detail) {
    RehearsalStep& one = step(name);
    one.outcome = passed ? Outcome::passed : Outcome::failed;
    one.detail = std::move(detail);
    const auto now = context_.ports.clock.monotonic();
    one.ms = static_cast<std::uint64_t>((now - since_).count());
    since_ = now;
  }
  void refuse(std::string_view name, const Error& error) {
    settle(name, false, error.message);
    if (!report_.error) report_.error = error;
  }
  [[nodiscard]] bool may_skip(const std::string& name) const {
    const auto& names = context_.options.allow_skip;
    return std::find(names.begin(), names.end(), name) != names.end();
  }

  Status all_steps(Context& world, const Goal& goal) {
    since_ = context_.ports.clock.monotonic();
    ZMIG_TRY(const Likeness start, likeness_of(stage_));
    ZMIG_TRY(const bool went_up, up(world, goal));
    if (!went_up) return ok();
    ZMIG_TRY(const Likeness top, likeness_of(stage_));
    ZMIG_CHECK_OK(verify(world));
    ZMIG_CHECK_OK(again(world, goal, top));
    if (ran_.empty()) {
      settle("down", true, "nothing to take back");
      report_.identical = compare(start, top).empty();
      settle("identical", report_.identical, "nothing was written");
      settle("repeat", true, "nothing is pending");
      return ok();
    }
    ZMIG_TRY(const bool went_down, down(world));
    if (!went_down) return ok();
    ZMIG_TRY(const Likeness end, likeness_of(stage_));
    report_.differences = compare(start, end);
    report_.identical = report_.differences.empty();
    settle("identical", report_.identical,
           report_.identical ? "every sheet, column and cell as at the start"
                             : fmt::format("{} differences, the first at {}", report_.differences.size(),
                                           report_.differences.front().where));
    return repeat(world, goal);
  }

  Result<bool> up(Context& world, const Goal& goal) {
    ZMIG_TRY(const Report done, execute(world, goal));
    report_.from = done.from;
    report_.to = done.to;
    ran_ = done.runs;
    if (done.backup) {
      ZMIG_CHECK_OK(world.ports.files.remove(done.backup->location));
      settle("backup", true, fmt::format("{} bytes, read back", done.backup->bytes));
    }
    if (done.exit_code == 0 && done.up_to_date) {
      settle("backup", true, "nothing is pending, nothing to back up");
      settle("up", true, "nothing is pending");
      return true;
    }
    if (done.exit_code != 0) {
      const Error error = done.error.value_or(make_error(Errc::conflict, "ZM0901", "the way up failed"));
      refuse(done.backup || done.deployment == 0 ? "up" : "backup", error);
      if (done.deployment == 0) plan_exit_ = done.exit_code;
      return false;
    }
    std::uint64_t cells = 0;
    for (const RunReport& one : done.runs) cells += one.cost.cells;
    settle("up", true, fmt::format("{} -> {}, {} cells", four(done.from), four(done.to), cells));
    return true;
  }

  Status verify(Context& world) {
    VerifyOptions options;
    options.record = false;
    options.allow_skip = context_.options.allow_skip;
    ZMIG_TRY(const VerifyReport found, verify_target(world, options));
    report_.checks = found.checks;
    // A workbook at its baseline with nothing pending has nothing to prove.
    if (ran_.empty() && found.at == 0) {
      settle("verify", true, "the workbook is at its baseline");
      return ok();
    }
    settle("verify", found.exit_code == 0,
           fmt::format("{} passed, {} failed, {} not run", found.passed, found.failed, found.not_run));
    if (found.exit_code != 0 && !report_.error) report_.error = error_of(found.diagnostics);
    return ok();
  }

  Status again(Context& world, const Goal& goal, const Likeness& top) {
    Goal same = goal;
    same.count.reset();
    same.to = report_.to;
    ZMIG_TRY(const Report second, execute(world, same));
    for (const RunReport& one : second.runs) report_.second_up_writes += std::max<std::uint64_t>(one.cost.cells, 1);
    ZMIG_TRY(const Likeness after, likeness_of(stage_));
    const bool still = compare(top, after).empty();
    if (second.exit_code != 0) {
      refuse("again", second.error.value_or(make_error(Errc::conflict, "ZM0901", "the second way up failed")));
    } else {
      settle("again", second.up_to_date && second.runs.empty() && still,
             still ? fmt::format("{} cells written", report_.second_up_writes) : "the second up changed the workbook");
    }
    return ok();
  }

  Result<bool> down(Context& world) {
    for (const RunReport& one : ran_) {
      const Replayed* replayed = replayed_number(context_.replayed, one.migration.number);
      if (replayed == nullptr || !replayed->migration.irreversible || replayed->migration.down) continue;
      for (const char* name : {"down", "identical", "repeat"}) {
        step(name).detail = one.migration.name + " is declared irreversible";
      }
      return false;
    }
    Goal back;
    back.direction = Direction::down;
    back.to = report_.from;
    world.options.allow_loss = true;  // what is lost here is a copy; the plan of a real `down` says what would be
    ZMIG_TRY(const Report done, execute(world, back));
    if (done.backup) ZMIG_CHECK_OK(world.ports.files.remove(done.backup->location));
    world.options.allow_loss = context_.options.allow_loss;
    if (done.exit_code != 0) {
      refuse("down", done.error.value_or(make_error(Errc::conflict, "ZM0901", "the way back failed")));
      return false;
    }
    settle("down", true, fmt::format("{} -> {}", four(report_.to), four(report_.from)));
    return true;
  }

  Status repeat(Context& world, const Goal& goal) {
    Goal same = goal;
    same.count.reset();
    same.to = report_.to;
    ZMIG_TRY(const Report done, execute(world, same));
    if (done.backup) ZMIG_CHECK_OK(world.ports.files.remove(done.backup->location));
    if (done.exit_code != 0) {
      refuse("repeat", done.error.value_or(make_error(Errc::conflict, "ZM0901", "the way up failed after a down")));
    } else {
      settle("repeat", done.to == report_.to, fmt::format("{} -> {}", four(done.from), four(done.to)));
    }
    return ok();
  }

  void judge() {
    report_.passed = true;
    for (const RehearsalStep& one : report_.steps) {
      if (one.outcome == Outcome::passed || (one.outcome == Outcome::not_run && may_skip(one.name))) continue;
      report_.passed = false;
      if (report_.error) continue;
      report_.error = make_error(Errc::conflict, one.outcome == Outcome::failed ? "ZM0901" : "ZM0902",
                                 fmt::format("rehearsal: {} {}: {}", one.name,
                                             one.outcome == Outcome::failed ? "failed" : "did not run", one.detail),
                                 "nothing was written to the workbook; mend the migration, then rehearse again");
    }
    if (report_.passed) report_.error.reset();
    report_.exit_code = report_.passed ? 0 : plan_exit_ != 0 ? plan_exit_ : 5;
  }

  /// One row a migration. `undone` when everything came back, else `aborted` with the reason: never `applied`.
  Status record() {
    if (ran_.empty()) return ok();
    ZMIG_TRY(const std::uint64_t deployment, context_.ledger.next_deployment());
    for (const RunReport& one : ran_) {
      Run run = one.run;
      run.id = 0;
      run.uid = context_.ports.random.hex(16);
      run.deployment = deployment;
      run.target_id = target_id_;
      run.target_url = context_.target.url();
      run.mode = RunMode::rehearsal;
      run.state = RunState::planned;
      run.backup.clear();
      run.undo_until.reset();
      run.stamp_number = 0;
      run.stamp_before.clear();
      run.stamp_after.clear();
      ZMIG_TRY(run.id, context_.ledger.begin(run));
      run.state = report_.passed ? RunState::undone : RunState::aborted;
      run.verified = report_.passed;
      run.finished = context_.now();
      if (report_.error) run.error = report_.error->message;
      std::vector<std::pair<std::string, std::string>> members{{"on", report_.on}};
      for (const RehearsalStep& step : report_.steps) members.emplace_back(step.name, to_string(step.outcome));
      ZMIG_CHECK_OK(context_.ledger.update(run, "rehearsal.finished", event_json(members)));
      report_.recorded.push_back(run.id);
    }
    return ok();
  }

  Context& context_;
  Target& stage_;
  const RehearsalOptions& how_;
  Rehearsal report_;
  std::string target_id_;
  std::vector<RunReport> ran_;
  std::chrono::milliseconds since_{0};
  int plan_exit_ = 0;
};

}  // namespace

Result<Rehearsal> rehearse(Context& context, const Goal& goal, Target& stage, const RehearsalOptions& options) {
  if (goal.direction == Direction::down) {
    return make_error(Errc::invalid_input, "ZM0703",
                      "a rehearsal goes up and comes back; it is not made for a way down",
                      "`zmig down --check` says what a down would do");
  }
  return Rehearsing(context, stage, options).run(goal);
}

}  // namespace zmig::run

namespace zmig {

const RehearsalStep* Rehearsal::step(std::string_view name) const {
  const auto found =
      std::find_if(steps.begin(), steps.end(), [&](const RehearsalStep& one) { return one.name == name; });
  return found == steps.end() ? nullptr : &*found;
}

}  // namespace zmig
