#include "ci.h"

#include <algorithm>
#include <filesystem>
#include <iterator>

#include <fmt/format.h>

#include <zmig/text.h>

#include "git.h"
#include "lint_report.h"
#include "offline.h"
#include "run_files.h"
#include "session.h"
#include "stage.h"
#include "statuses.h"

namespace zmig::cli {
namespace {

namespace fs = std::filesystem;

class Stages {
 public:
  Stages(Session& session, const CiOptions& options, CiEvents& events)
      : session_(session), options_(options), events_(events) {}

  CiReport run() {
    report_.base = options_.base;
    report_.tool = session_.tool_version();
    report_.started = format_utc(session_.ports().clock.now());
    stage("load", [this](CiStage& one) { load(one); });
    stage("lock", [this](CiStage& one) { needs("load", one) ? lock(one) : void(); });
    stage("fmt", [this](CiStage& one) { needs("load", one) ? format(one) : void(); });
    stage("lint", [this](CiStage& one) { needs("load", one) ? lint_all(one) : void(); });
    stage("plan", [this](CiStage& one) { needs("load", one) ? plan(one) : void(); });
    stage("rehearse", [this](CiStage& one) { needs("plan", one) ? rehearse(one) : void(); });
    stage("contract", [this](CiStage& one) { needs("load", one) ? contract(one) : void(); });
    stage("smoke", [this](CiStage& one) { needs("rehearse", one) ? smoke(one) : void(); });
    return std::move(report_);
  }

 private:
  template <class Body>
  void stage(std::string name, Body body) {
    CiStage one;
    one.name = std::move(name);
    const auto since = session_.ports().clock.monotonic();
    const auto index = report_.stages.size() + 1;
    events_.stage_started(index, kCiStages, one.name);
    body(one);
    one.ms = static_cast<std::uint64_t>((session_.ports().clock.monotonic() - since).count());
    if (one.outcome != Outcome::passed && one.code == 0) one.code = 5;
    collect(one);
    events_.stage_finished(index, kCiStages, one);
    report_.stages.push_back(std::move(one));
  }
  static void pass(CiStage& one, std::string detail) {
    one.outcome = Outcome::passed;
    one.detail = std::move(detail);
  }
  static void fail(CiStage& one, int code, std::string detail) {
    one.outcome = Outcome::failed;
    one.code = code;
    one.detail = std::move(detail);
  }
  void fail(CiStage& one, const Error& error) {
    const auto coded = with_code(error);
    fail(one, exit_of(coded), fmt::format("{}: {}", coded.zm, coded.message));
    Diagnostic finding;
    finding.code = coded.zm;
    finding.message = coded.message;
    finding.primary.cell = coded.place;
    if (!coded.help.empty()) finding.help = coded.help;
    session_.diagnostics().add(std::move(finding));
  }
  bool needs(std::string_view name, CiStage& one) {
    const auto before = std::ranges::find(report_.stages, name, &CiStage::name);
    if (before != report_.stages.end() && before->outcome == Outcome::passed) return true;
    one.detail = fmt::format("`{}` did not pass", name);
    one.code = before == report_.stages.end() ? 5 : before->code;
    return false;
  }
  /// The findings that a stage left with the session become its own, and are told once.
  void collect(CiStage& one) {
    for (const auto& finding : session_.diagnostics().all()) {
      report_.findings.push_back(formats::finding_of(finding, session_.sources()));
      one.findings.push_back(
          fmt::format("{} {}: {}", formats::severity_word(finding.severity), finding.code, finding.message));
    }
    session_.diagnostics() = Diagnostics();
  }

  void load(CiStage& one) {
    const auto env = session_.environment();
    if (!env) return fail(one, env.error());
    report_.env = (*env)->name;
    const auto history = session_.history();
    if (!history) return fail(one, history.error());
    keep([](const Diagnostic& finding) { return finding.code == "ZM0206"; });  // the next stage's
    session_.replayed();
    keep(is_lint_finding);
    if (session_.diagnostics().has_errors())
      return fail(one, exit_code_of(session_.diagnostics()), "the files do not say one thing");
    pass(one, counted((*history)->files.size(), "migration", "migrations"));
  }

  /// Takes findings away that another stage tells.
  template <class Predicate>
  void keep(Predicate is_theirs) {
    auto& findings = session_.diagnostics().all();
    std::ranges::copy_if(findings, std::back_inserter(kept_), is_theirs);
    std::erase_if(findings, is_theirs);
  }

  void lock(CiStage& one) {
    for (const auto& finding : kept_)
      if (finding.code == "ZM0206") session_.diagnostics().add(finding);
    if (session_.diagnostics().has_errors()) return fail(one, 8, "zmig.lock is stale; `zmig fmt` writes it anew");
    const History& history = **session_.history();
    const auto fresh = history.fresh_lock();
    if (!history.files.empty() && (!history.has_lock || history.lock != fresh))
      return fail(one, 8, "zmig.lock does not say what the files say; `zmig fmt` writes it anew");
    if (options_.base.empty()) return pass(one, "fresh; no base to compare with");
    const auto lock = (fs::path(session_.config().dir) / "zmig.lock").lexically_normal().string();
    const auto text = git_text(session_.config().root, options_.base, lock);
    if (!text) {
      fail(one, text.error());
      one.outcome = Outcome::not_run;
      one.code = 8;
      return;
    }
    if (!*text) return pass(one, fmt::format("fresh; {} has no zmig.lock yet", options_.base));
    const auto earlier = parse_lock(**text, options_.base + ":zmig.lock");
    if (!earlier) return fail(one, earlier.error());
    base_lock_ = *earlier;
    for (std::size_t at = 0; at < earlier->size(); ++at) {
      if (at < fresh.size() && fresh[at] == (*earlier)[at]) continue;
      const auto& line = (*earlier)[at];
      return fail(
          one, 8,
          fmt::format("{:04}_{} is in {} and was changed or removed here", line.number, line.slug, options_.base));
    }
    pass(one, fmt::format("extends {} by {}", options_.base,
                          counted(fresh.size() - earlier->size(), "migration", "migrations")));
  }

  void format(CiStage& one) {
    std::vector<std::string> changed;
    for (const auto& file : (*session_.history())->files) {
      Diagnostics found;
      const auto number = session_.sources().add(file.source);
      const auto text = session_.codec().format(file.source, number, found);
      if (!found.has_errors() && text != file.source.text) changed.push_back(file.source.path);
    }
    const auto stale = session_.refresh_generated(false);
    if (!stale) return fail(one, stale.error());
    for (const auto& path : *stale)
      if (fs::path(path).filename() != "zmig.lock") changed.push_back(path);
    if (!changed.empty()) return fail(one, 4, fmt::format("{} would change; run `zmig fmt`", join(changed, ", ")));
    pass(one, "canonical");
  }

  /// The migration before the first one that the base does not have; without a base, the baseline.
  [[nodiscard]] std::uint32_t known_to_base() const {
    std::uint32_t at = 0;
    for (const LockLine& line : base_lock_) at = std::max(at, line.number);
    return at;
  }

  /// `--offline`: a workbook that is made up stands in for the real one.
  Status stand_in() {
    if (!options_.offline || made_up_) return ok();
    ZMIG_TRY(auto made, make_up(session_, known_to_base()));
    session_.stand_in(std::move(made.target), std::move(made.ledger));
    made_up_ = std::move(made.scratch);
    return ok();
  }

  void lint_all(CiStage& one) {
    LintAsked asked;
    asked.live = !options_.offline;
    asked.base = options_.base;
    asked.frozen = true;
    auto run = lint_project(session_, asked);
    session_.diagnostics() = Diagnostics();  // what is wrong with the workbook is told by `plan`
    if (!run) return fail(one, run.error());
    auto* const found = &run->report;
    std::size_t worst = 0;
    for (const auto& finding : found->findings) {
      if (finding.allowed_because) continue;
      session_.diagnostics().add(finding.diagnostic);
      worst += static_cast<std::size_t>(finding.diagnostic.severity <= options_.fail_on);
    }
    std::size_t skipped = 0;
    std::string first;
    for (const auto& [rule, why] : found->not_run) {
      if (options_.offline || may_skip(rule) || may_skip("lint")) continue;
      ++skipped;
      if (first.empty()) first = fmt::format("{}: {}", rule, why);
    }
    const auto detail = fmt::format("{}, {}", counted(found->count(Severity::error), "error", "errors"),
                                    counted(found->count(Severity::warning), "warning", "warnings"));
    const auto not_run = found->not_run.size();
    report_.lint = std::move(run->report);
    if (worst > 0) return fail(one, 4, detail);
    if (options_.offline)
      return pass(
          one, fmt::format("{}; {} need the workbook, not run by policy", detail, counted(not_run, "rule", "rules")));
    if (skipped > 0) {
      one.detail = fmt::format("{} did not look; {}", counted(skipped, "rule", "rules"), first);
      one.code = 4;
      return;
    }
    pass(one, detail);
  }

  [[nodiscard]] bool may_skip(std::string_view name) const {
    return std::ranges::find(options_.allow_skip, name) != options_.allow_skip.end();
  }

  void plan(CiStage& one) {
    if (const auto made = stand_in(); !made) return fail(one, made.error());
    if (const auto target = session_.target(); !target) return fail(one, target.error());
    report_.target = session_.target_summary().url;
    report_.title = session_.target_summary().title;
    auto planned = plan_quietly(session_);
    if (!planned) return fail(one, planned.error());
    session_.diagnostics().append(planned->diagnostics);
    for (const auto& migration : planned->migrations) {
      report_.pending.push_back(migration.number);
      for (const auto* list : {&migration.requires_, &migration.ensures})
        one.checks.insert(one.checks.end(), list->begin(), list->end());
    }
    const auto code = exit_code_of(planned->diagnostics);
    const auto detail = planned->migrations.empty() ? "nothing is pending"
                                                    : fmt::format("{:04} -> {:04}, {} cells, {}", planned->from,
                                                                  planned->to, grouped(planned->cost.cells),
                                                                  counted(planned->cost.writes, "write", "writes"));
    report_.plan = std::move(*planned);
    if (code != 0) return fail(one, code, "the plan cannot run");
    pass(one, detail);
  }

  void rehearse(CiStage& one) {
    auto stage = open_stage(session_, options_.on);
    if (!stage) return fail(one, stage.error());
    stage_ = std::move(*stage);
    auto ledger = session_.ledger(true);
    if (!ledger) return fail(one, ledger.error());
    auto path = log_path(session_, "ci");
    if (!path) return fail(one, path.error());
    auto shown = session_.display_options("ci", *path);
    shown.shown = session_.console().verbose() > 0;
    shown.ndjson = false;  // the events of ci are its stages
    RunDisplay display(session_.console(), session_.ports().clock, shown);
    if (!display.opened()) return fail(one, display.opened().error());
    report_.log = *path;
    auto options = session_.run_options();
    options.allow_skip = options_.allow_skip;
    // What was to be true right after a write that only the base knows nobody can judge here.
    if (options_.offline && known_to_base() != 0) options.allow_skip.emplace_back("ensure");
    Migrator migrator(**session_.history(), session_.replayed(), **session_.target(), **ledger, session_.codec(),
                      session_.ports(), display, options);
    auto found = migrator.rehearse({}, *stage_->target, stage_->options);
    if (!found) return fail(one, found.error());
    report_.rehearsal = std::move(*found);
    const auto& done = *report_.rehearsal;
    one.checks = done.checks;
    if (!done.passed) {
      if (done.error) return fail(one, *done.error);
      return fail(one, done.exit_code, "the rehearsal failed");
    }
    if (options_.max_duration && done.ms > static_cast<std::uint64_t>(options_.max_duration->count()))
      return fail(one, 5, fmt::format("took {} ms, --max-duration allows {}", done.ms, options_.max_duration->count()));
    if (report_.pending.empty()) return pass(one, "nothing is pending; the workbook verifies");
    const auto passed = std::ranges::count(done.checks, Outcome::passed, &CheckResult::outcome);
    pass(one, fmt::format("up, verify {}/{}, up = {} writes, down {}", passed, done.checks.size(),
                          done.second_up_writes, done.identical ? "identical" : "left off by --allow-skip"));
  }

  /// Every contract under `contract.uphold` holds, for the state that is there and for the state to come.
  void contract(CiStage& one) {
    if (auto map = contract_map(session_)) report_.contract = std::move(*map);
    std::vector<std::pair<std::string, Contract>> files;
    for (const auto& file : session_.config().contract.uphold) {
      const auto text = session_.ports().files.read(resolve(session_.config(), file), 64 * 1024 * 1024);
      if (!text) return fail(one, text.error());
      auto expected = contract_from_json(*text);
      if (!expected) return fail(one, expected.error());
      files.emplace_back(file, std::move(*expected));
    }
    const auto stale = stale_contract_file(session_, report_.plan ? report_.plan->from : 0);
    if (!stale) return fail(one, stale.error());
    if (!stale->empty()) return fail(one, 4, *stale + "; `zmig contract export` writes it");
    if (files.empty()) return pass(one, "no contract is to hold");
    const History& history = **session_.history();
    std::vector<std::string> broken;
    for (const auto& [file, expected] : files) {
      const Schema start = history.baseline ? *history.baseline : history.empty;
      const auto& all = session_.replayed();
      const Schema& end = all.empty() ? start : all.back().after;
      const Schema now = report_.plan ? report_.plan->position.state : start;
      for (const auto& [when, schema] : {std::pair<std::string, const Schema*>{"now", &now}, {"afterwards", &end}}) {
        auto check = contract_check(expected, file, ContractSubject{*schema, 0, false, nullptr});
        if (!check) return fail(one, check.error());
        check->subject += ", " + when;
        if (check->outcome != Outcome::passed) broken.push_back(fmt::format("{} ({})", file, when));
        one.checks.push_back(std::move(*check));
      }
    }
    if (!broken.empty()) return fail(one, 3, join(broken, ", ") + " does not hold");
    pass(one, counted(files.size(), "contract holds", "contracts hold"));
  }

  /// The commands of `hooks.smoke` against the rehearsed workbook, which stands where the last migration leaves it.
  void smoke(CiStage& one) {
    const auto& hooks = session_.config().hooks.smoke;
    if (hooks.empty()) return pass(one, "no smoke command");
    const auto place = rehearsed_place();
    if (!place) return fail(one, place.error());
    HookEvent event;
    event.name = "smoke";
    event.env = report_.env;
    event.target = *place;
    event.migration = event.position = report_.rehearsal->to;
    const auto outcomes = run_hooks(session_, hooks, event);
    if (const auto failure = failure_of(outcomes)) return fail(one, *failure);
    pass(one, counted(outcomes.size(), "command", "commands"));
  }

  /// Where other programs find the rehearsed workbook; a twin is written to a file for that.
  Result<std::string> rehearsed_place() {
    if (options_.on != "twin") return stage_->target->url();
    const auto* kind = find_target_kind("sqlite");
    if (kind == nullptr || kind->create == nullptr)
      return make_error(Errc::unsupported, "ZM0325", "this program cannot write the twin to a file",
                        "rehearse on a copy: --rehearse-on copy");
    ZMIG_TRY(const Schema schema, stage_->target->inspect());
    std::vector<std::string> sheets;
    sheets.reserve(schema.sheets.size());
    for (const auto& sheet : schema.sheets) sheets.push_back(sheet.id);
    ZMIG_TRY(const auto stamps, stage_->target->stamps());
    const auto path = (fs::path(stage_->scratch->folder()) / "rehearsed.db").string();
    ZMIG_TRY(const Environment* env, session_.environment());
    ZMIG_CHECK_OK(kind->create(path, env->options, session_.ports(), *stage_->target, sheets, stamps));
    return "sqlite:" + path;
  }

  Session& session_;
  const CiOptions& options_;
  CiEvents& events_;
  CiReport report_;
  std::optional<Stage> stage_;  // of the rehearsal; the smoke commands look at it
  std::vector<Diagnostic> kept_;
  std::vector<LockLine> base_lock_;   // of the git reference
  std::unique_ptr<Scratch> made_up_;  // where the workbook of --offline is
};

}  // namespace

CiReport run_stages(Session& session, const CiOptions& options, CiEvents& events) {
  return Stages(session, options, events).run();
}

}  // namespace zmig::cli
