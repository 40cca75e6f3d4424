// `zmig verify` (cli.md 9.7): the live workbook against the history, every row. The verdict is computed from the list
// and nothing else.

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "base/text.h"
#include "run/checks.h"
#include "run/preserved.h"
#include "run/proof.h"
#include "run/recover.h"
#include "run/run_json.h"
#include "run/sample.h"
#include "run/status.h"

namespace zmig::run {
namespace {

const std::vector<std::string> kChecks{"stamp",   "headers",   "width",   "order",    "identity", "types",
                                       "formats", "nature",    "allowed", "required", "unique",   "fill",
                                       "empty",   "untouched", "parts",   "foreign",  "ensure",   "contract"};

bool looks_at_cells(const std::string& id) {
  return id == "types" || id == "nature" || id == "allowed" || id == "required" || id == "unique";
}
bool is_recorded(const std::string& id) {
  return id == "fill" || id == "empty" || id == "untouched" || id == "parts" || id == "foreign";
}
class Verification {
 public:
  Verification(Context& context, const VerifyOptions& options, Look look)
      : context_(context), options_(options), look_(std::move(look)) {}

  Result<VerifyReport> run() {
    for (const std::string& id : options_.only) {
      if (std::find(kChecks.begin(), kChecks.end(), id) == kChecks.end()) {
        return make_error(Errc::invalid_input, "ZM0703", fmt::format("there is no check {}", quoted(id)),
                          "one of: " + join(kChecks, ", "));
      }
    }
    ZMIG_TRY(const auto target_id, known_target(context_, look_.stamp));
    LedgerCaptures captures(context_.ledger, target_id.value_or(""), RunMode::real);
    ZMIG_TRY(const PlanInput input, plan_input(context_, look_, captures, target_id.value_or(""), Direction::up));
    Diagnostics history;
    ZMIG_TRY(position_, find_position(input, history));
    report_.at = position_.at;
    ZMIG_CHECK_OK(stamp_check(target_id, history));
    ZMIG_CHECK_OK(state_checks());
    ZMIG_CHECK_OK(recorded_checks());
    if (options_.untouched) ZMIG_CHECK_OK(untouched_again());
    ZMIG_CHECK_OK(ensure_checks());
    ZMIG_CHECK_OK(contract_checks());
    keep_only();
    conclude(history);
    if (options_.record && target_id) ZMIG_CHECK_OK(record(*target_id));
    return std::move(report_);
  }

 private:
  void add(CheckResult check) { report_.checks.push_back(std::move(check)); }
  [[nodiscard]] bool wanted(std::string_view id) const {
    return options_.only.empty() || std::find(options_.only.begin(), options_.only.end(), id) != options_.only.end();
  }

  Status stamp_check(const std::optional<std::string>& target_id, const Diagnostics& history) {
    CheckResult check = passed("stamp", 1);
    check.expected = "present, as the files say, as the ledger says";
    if (options_.at) check.expected = "at " + four(*options_.at) + ", " + check.expected;
    const auto fail = [&](std::string observed) {
      check.outcome = Outcome::failed;
      check.observed = std::move(observed);
    };
    ZMIG_TRY(const LedgerView view, view_ledger(context_, target_id));
    if (!look_.stamp) {
      fail("no stamp: nothing was ever applied here");
    } else if (look_.stamp->applied.empty() && options_.at != 0U) {
      fail("nothing is applied: the workbook is at the baseline");
    } else if (options_.at && *options_.at != position_.at) {
      fail("the workbook is at " + four(position_.at));
    } else if (history.has_errors()) {
      fail(error_of(history).message);
    } else {
      ZMIG_TRY(const auto foreign, foreign_stamp(context_, *look_.stamp));
      const StampRelation relation = relate(view, look_.stamp, foreign.has_value());
      if (foreign) {
        fail(foreign->message);
      } else if (view.open) {
        fail(run_name(view.open->id) + " is still open");
      } else if (relation != StampRelation::own && relation != StampRelation::before) {
        fail("the ledger does not agree with the stamp");
      }
    }
    add(std::move(check));
    return ok();
  }

  /// What readers of the upheld contracts need.
  Status contract_checks() {
    for (const auto& [file, contract] : options_.contracts) {
      if (!look_.stamp) {
        add(not_run("contract", file, "without a stamp nobody knows what the workbook should be"));
        continue;
      }
      ZMIG_TRY(CheckResult check, contract_check(contract, file, {look_.live, position_.at, true, &context_.target}));
      add(std::move(check));
    }
    return ok();
  }

  Status state_checks() {
    if (!look_.stamp) {
      for (const char* id :
           {"headers", "width", "order", "identity", "types", "formats", "nature", "allowed", "required", "unique"}) {
        add(not_run(id, "", "without a stamp nobody knows what the workbook should be"));
      }
      return ok();
    }
    std::unique_ptr<SampledView> some;
    if (options_.sample) {
      const std::uint64_t seed = options_.seed ? *options_.seed : new_seed();
      ZMIG_TRY(some, SampledView::of(context_.target, *options_.sample, seed));
      report_.sample = some->facts();
      report_.scope = some->scope();
    }
    CellView& rows = some ? static_cast<CellView&>(*some) : context_.target;
    ZMIG_TRY(auto cells, cell_checks(rows, position_.state));
    for (CheckResult& check : joined(schema_checks(position_.state, look_.live), std::move(cells))) {
      if (some && looks_at_cells(check.id)) check.scope = some->scope();
      add(std::move(check));
    }
    return ok();
  }

  /// Short enough to be typed again.
  [[nodiscard]] std::uint64_t new_seed() const {
    std::uint64_t seed = 0;
    for (const char digit : context_.ports.random.hex(4))
      seed = seed * 16 + static_cast<std::uint64_t>(digit <= '9' ? digit - '0' : digit - 'a' + 10);
    return seed;
  }

  Result<std::optional<std::vector<CheckResult>>> recorded_by(const AppliedMigration& applied, std::string& because) {
    using Recorded = std::optional<std::vector<CheckResult>>;
    const std::string name = four(applied.number) + "_" + applied.slug;
    ZMIG_TRY(const auto run, context_.ledger.run_by_uid(applied.run));
    if (!run) {
      because = "the ledger does not hold the run that wrote " + name;
      return Recorded();
    }
    if (run->verb == "baseline")
      return Recorded(std::vector<CheckResult>());  // taken over as it was: nothing was written
    ZMIG_TRY(const auto events, context_.ledger.events(run->id));
    for (const LedgerEvent& event : events) {
      if (event.kind != "run.applied" || event.json == "{}") continue;
      ZMIG_TRY(auto checks, checks_from_json(event.json));
      return Recorded(std::move(checks));
    }
    because = fmt::format("{} of {} was never proved, or its proof is not in this ledger", run_name(run->id), name);
    return Recorded();
  }

  /// What was proved right after each write, as it was found then.
  Status recorded_checks() {
    if (!look_.stamp) {
      for (const char* id : {"fill", "empty", "untouched", "foreign"}) add(not_run(id, "", "nothing was ever written"));
      return ok();
    }
    std::map<std::string, std::uint64_t> examined;
    std::set<std::string> bad;
    for (const AppliedMigration& applied : look_.stamp->applied) {
      std::string because;
      ZMIG_TRY(const auto recorded, recorded_by(applied, because));
      const std::string name = four(applied.number) + "_" + applied.slug;
      if (!recorded) {
        for (const char* id : {"fill", "empty", "untouched", "foreign"}) {
          add(not_run(id, name, because));
          bad.insert(id);
        }
        continue;
      }
      for (const CheckResult& check : *recorded) {
        if (!is_recorded(check.id)) continue;
        examined[check.id] += check.examined;
        if (check.outcome == Outcome::passed) continue;
        bad.insert(check.id);
        CheckResult told = check;
        if (told.subject.empty()) told.subject = name;
        add(std::move(told));
      }
    }
    for (const char* id : {"fill", "empty", "untouched", "foreign"}) {
      if (!bad.contains(id)) add(passed(id, examined[id]));
    }
    // Only of what is kept in files.
    if (examined.contains("parts") && !bad.contains("parts")) add(passed("parts", examined["parts"]));
    return ok();
  }

  /// From the hashes that the ledger keeps of the last write.
  Status untouched_again() {
    if (!look_.stamp || look_.stamp->applied.empty()) return ok();
    ZMIG_TRY(const auto run, context_.ledger.run_by_uid(look_.stamp->run));
    std::optional<Proof> proof;
    if (run) {
      ZMIG_TRY(const auto events, context_.ledger.events(run->id));
      for (const LedgerEvent& event : events) {
        if (event.kind != "batch.sent" || event.json == "{}") continue;
        ZMIG_TRY(proof, proof_from_json(event.json));
      }
    }
    ZMIG_CHECK_OK(parts_again_since(run));
    if (!proof) {
      add(not_run("untouched", "since the last write", "the ledger does not hold the hashes of the last write"));
      return ok();
    }
    Offences changed;
    std::map<std::string, std::vector<std::string>> hashes;
    for (const UntouchedColumn& column : proof->untouched) {
      const Sheet* sheet = look_.live.sheet(column.sheet);
      const std::size_t at = sheet == nullptr ? 0 : column_index(*sheet, column.column);
      if (sheet == nullptr || at == sheet->columns.size()) {
        changed.add(column.sheet + "." + column.column);
        continue;
      }
      if (!hashes.contains(column.sheet)) {
        ZMIG_TRY(hashes[column.sheet], context_.target.column_hashes(column.sheet, {}));
      }
      const auto& now = hashes[column.sheet];
      if (at >= now.size() || now[at] != column.hash) changed.add(header_cell(*sheet, column.column));
    }
    add(changed.result("untouched", "since the last write", proof->untouched.size(), "every cell as before"));
    return ok();
  }

  /// The pieces of the file, from the hashes that the check `parts` of the last write left in the ledger.
  Status parts_again_since(const std::optional<Run>& run) {
    std::optional<CheckResult> recorded;
    if (run) {
      ZMIG_TRY(const auto events, context_.ledger.events(run->id));
      for (const LedgerEvent& event : events) {
        if (event.kind != "run.applied" || event.json == "{}") continue;
        ZMIG_TRY(auto checks, checks_from_json(event.json));
        for (CheckResult& check : checks)
          if (check.id == "parts" && !check.parts.empty()) recorded = std::move(check);
      }
    }
    if (recorded) {
      ZMIG_TRY(CheckResult check, parts_again(context_.target, *recorded));
      add(std::move(check));
      return ok();
    }
    ZMIG_TRY(const auto parts, context_.target.file_parts());
    if (!parts.empty())
      add(not_run("parts", "since the last write", "the ledger does not hold the hashes of the parts"));
    return ok();
  }

  Status ensure_checks() {
    if (!look_.stamp) return ok();
    CheckWorld world{.before = context_.target,
                     .now = context_.target,
                     .replayed = position_.state,
                     .applied = look_.stamp->applied,
                     .at = context_.now(),
                     .migration = {},
                     .width_delta = 0,
                     .untouched = std::nullopt,
                     .atomic = context_.target.capabilities().atomic_batch,
                     .backup = false,
                     .predicting = false,
                     .deltas = {}};
    for (const AppliedMigration& applied : look_.stamp->applied) {
      const Replayed* replayed = replayed_number(context_.replayed, applied.number);
      if (replayed == nullptr) continue;  // ZM0203 has failed `stamp`
      std::string because;
      ZMIG_TRY(const auto recorded, recorded_by(applied, because));
      world.migration = replayed->migration.name;
      for (const CheckLine& line : replayed->migration.script.ensures) {
        if (is_about_the_write(line.check)) {
          add(recorded_ensure(line, recorded, because));
          continue;
        }
        auto judged = judge_check(line, "ensure", world);
        CheckResult check =
            judged.has_value() ? std::move(judged).value() : not_run("ensure", "", judged.error().message);
        if (check.text.empty()) check.text = line.text;
        add(std::move(check));
      }
    }
    return ok();
  }

  static CheckResult recorded_ensure(const CheckLine& line, const std::optional<std::vector<CheckResult>>& recorded,
                                     const std::string& because) {
    if (recorded) {
      for (const CheckResult& check : *recorded) {
        if (check.id == "ensure" && check.text == line.text) return check;
      }
    }
    CheckResult check = not_run("ensure", "", because.empty() ? "it was not judged right after the write" : because);
    check.text = line.text;
    return check;
  }

  void keep_only() {
    std::erase_if(report_.checks, [&](const CheckResult& check) { return !wanted(check.id); });
    std::stable_sort(report_.checks.begin(), report_.checks.end(), [](const CheckResult& a, const CheckResult& b) {
      const auto rank = [](const CheckResult& check) {
        return std::find(kChecks.begin(), kChecks.end(), check.id) - kChecks.begin();
      };
      return rank(a) < rank(b);
    });
  }

  void conclude(const Diagnostics& history) {
    for (const CheckResult& check : report_.checks) {
      ++(check.outcome == Outcome::passed   ? report_.passed
         : check.outcome == Outcome::failed ? report_.failed
                                            : report_.not_run);
      context_.emit(event::CheckFinished{check});
      if (check.outcome == Outcome::passed) continue;
      const bool skipped =
          check.outcome == Outcome::not_run &&
          std::find(options_.allow_skip.begin(), options_.allow_skip.end(), check.id) != options_.allow_skip.end();
      Diagnostic finding;
      finding.severity = skipped ? Severity::warning : Severity::error;
      finding.code = check.outcome == Outcome::failed ? "ZM0901" : "ZM0902";
      const std::string what = check.id + (check.subject.empty() ? "" : " of " + check.subject) +
                               (check.text.empty() ? "" : ": " + check.text);
      finding.message =
          check.outcome == Outcome::failed ? what + " failed" : what + " did not run: " + check.not_run_because;
      if (!check.offending.empty()) finding.primary.cell = check.offending.front();
      if (!check.observed.empty())
        finding.notes.push_back(fmt::format("expected {}, found {}", check.expected, check.observed));
      report_.diagnostics.add(std::move(finding));
    }
    report_.verdict = all_passed(report_.checks, options_.allow_skip) ? "passed" : "failed";
    report_.exit_code = report_.verdict == "passed" ? 0 : 5;
    if (history.has_errors() && wanted("stamp")) {
      report_.diagnostics.append(history);
      report_.exit_code = stronger_exit(report_.exit_code, exit_code_of(history));
    }
  }

  Status record(const std::string& target_id) {
    VerificationRow row;
    row.target_id = target_id;
    if (!options_.only.empty()) report_.scope = "only " + join(options_.only, ",");
    row.scope = report_.scope;
    row.report_json = checks_json(report_.checks);
    row.at = context_.now();
    row.passed = report_.passed;
    row.failed = report_.failed;
    row.not_run = report_.not_run;
    row.position = report_.at;
    ZMIG_TRY(report_.recorded_as, context_.ledger.add_verification(row));
    return ok();
  }

  Context& context_;
  const VerifyOptions& options_;
  Look look_;
  Position position_;
  VerifyReport report_;
};

}  // namespace

Result<VerifyReport> verify_target(Context& context, const VerifyOptions& options) {
  ZMIG_TRY(Look look, look_at(context));
  return Verification(context, options, std::move(look)).run();
}

}  // namespace zmig::run
