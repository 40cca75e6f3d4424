#pragma once
// `zmig lint` as data: what it looked at and found, and its renderings.

#include <string>
#include <vector>

#include <zmig/diagnostic.h>
#include <zmig/lint.h>

#include "formats.h"
#include "session.h"

namespace zmig::cli {

struct LintRun {
  LintReport report;
  std::vector<Diagnostic> unread;  ///< what kept files from being read or bound: no rule looked behind it
  std::vector<std::string> fixed;  ///< files that --fix wrote
};

/// What of lint a command asks for.
struct LintAsked {
  bool all = false;                ///< every migration, applied or not
  std::vector<std::string> words;  ///< N, N..M, files
  bool live = false, staged = false;
  std::string base;  ///< git reference; empty: none
  std::map<std::string, std::string> severities;
  bool fix = false, suggested = false, frozen = false;
};

/// Lints the project of the session. Errors of other ranges (a file that does not parse) go to its diagnostics.
Result<LintRun> lint_project(Session& session, const LintAsked& asked);

/// What lint says of the migrations of a plan, with the workbook that the plan was made from.
Result<LintReport> lint_of_plan(Session& session, const Plan& plan);

/// What lint says from the files alone of the migrations of a plan, as far as `lint.fail_on` (or ZMIG_FAIL_ON) makes it
/// a reason not to run them; new to the session. `up` asks before it writes.
Result<std::vector<Diagnostic>> lint_that_stops(Session& session, const Plan& plan);

/// Its findings as a report of formats.h.
formats::FindingsReport findings_report(const LintRun& run, const SourceMap& sources);
std::string lint_summary(const LintRun& run);
std::string to_json(const LintRun& run, const SourceMap& sources);
std::string lint_rules_json();

}  // namespace zmig::cli
