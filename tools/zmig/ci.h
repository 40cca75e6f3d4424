#pragma once
// `zmig ci`: every check of a pull request, in stages, on copies. The workbook of the environment is only read.

#include <chrono>
#include <optional>
#include <string>
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
  std::string log;
  int exit_code = 0;
};

/// Runs all stages, also after a failure, unless one needs what a failed one makes: then it did not run, which is a
/// failure.
CiReport run_stages(Session& session, const CiOptions& options);
/// Writes the folder of artefacts; good or bad. Its failure is that of the last stage, `report`.
Status write_artefacts(Session& session, CiReport& report, const CiOptions& options);

Document document_of(const CiReport& report);
/// A check as a case of JUnit.
formats::Case case_of(const CheckResult& check, const std::string& classname);
formats::FindingsReport findings_report(const CiReport& report);
std::string to_text(const Console& console, const CiReport& report);
std::string to_json(const CiReport& report);  // ci_json.cc
/// One event a line, the verdict last.
std::string to_ndjson(const CiReport& report);

}  // namespace zmig::cli
