#pragma once
// `zmig ci`: every check of a pull request, in stages, on copies. The workbook of the environment is only read.

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <zmig/lint.h>
#include <zmig/migrator.h>

#include "command.h"
#include "document.h"
#include "formats.h"
#include "ui.h"

namespace zmig::cli {

class Session;

struct CiOptions {
  std::string base;         ///< git reference whose zmig.lock this one has to extend; empty: none
  std::string on = "twin";  ///< where to rehearse
  Severity fail_on = Severity::warning;
  std::optional<std::chrono::milliseconds> max_duration;
  std::vector<std::string> allow_skip;
  std::string folder = "zmig-report", comment;
  bool offline = false;  ///< a made-up workbook instead of that of the environment
  std::string comment_kept = "update";  ///< update new never
};

struct CiStage {
  std::string name;
  Outcome outcome = Outcome::not_run;
  int code = 0;  ///< what the command ends with because of it
  std::uint64_t ms = 0;
  std::string detail;
  std::vector<std::string> findings;  ///< one line each
  std::vector<CheckResult> checks;
};
class CiEvents;
struct CiReport {
  std::string env, base, target, title, tool, ledger_head, started;
  std::vector<std::uint32_t> pending;
  std::vector<CiStage> stages;
  std::optional<Plan> plan;
  std::optional<LintReport> lint;
  std::optional<Rehearsal> rehearsal;
  std::vector<formats::Finding> findings;  ///< of every stage, places resolved
  std::string verdict, first_failed;       ///< passed, failed
  std::vector<std::string> artefacts;
  std::string log, contract;  ///< contract: the column map after the last migration, as text
  int exit_code = 0;
};

/// The events of `ci`, one a line: kept for the artefact, and printed as they come under --format ndjson.
class CiEvents {
 public:
  CiEvents(Clock& clock, std::function<void(const std::string&)> print) : clock_(clock), print_(std::move(print)) {}
  void started(std::size_t stages);
  void stage_started(std::size_t index, std::size_t total, const std::string& name);
  /// The checks of the stage, then its end.
  void stage_finished(std::size_t index, std::size_t total, const CiStage& stage);
  void finished(const CiReport& report);
  [[nodiscard]] const std::string& text() const { return text_; }
  void silence() { print_ = nullptr; }

 private:
  struct Line;  // ci_json.cc
  void add(Line line);
  Clock& clock_;
  std::function<void(const std::string&)> print_;
  std::string text_;
  std::uint64_t seq_ = 0;
};

/// Runs all stages, also after a failure, unless one needs what a failed one makes: then it did not run, which is a
/// failure.
CiReport run_stages(Session& session, const CiOptions& options, CiEvents& events);
constexpr std::size_t kCiStages = 9;  ///< with `report`, which is not one of run_stages
/// Writes the folder of artefacts; good or bad. Its failure is that of the last stage, `report`.
Status write_artefacts(Session& session, CiReport& report, const CiOptions& options, const std::string& events);

Document document_of(const CiReport& report);
/// A check as a case of JUnit.
formats::Case case_of(const CheckResult& check, const std::string& classname);
formats::FindingsReport findings_report(const CiReport& report);
std::string to_text(const Console& console, const CiReport& report);
std::string to_json(const CiReport& report);  // ci_json.cc

}  // namespace zmig::cli
