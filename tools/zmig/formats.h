#pragma once
// Report formats for machines and reviews: SARIF, JUnit, GitHub workflow commands, Markdown (docs/cli.md "Report
// formats"). A command fills one FindingsReport; a finding has the same code, severity, message and place in all of
// them. How to use: `lint`, `ci` and `verify` fill `findings`, `rules`, `not_run` and `suites`; then
//   to_sarif(report)   to_junit(report)   to_github(report)   to_markdown(report)
// give the text for stdout. GitHub: also `append_step_summary(to_markdown(report))`.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <zmig/diagnostic.h>
#include <zmig/result.h>

namespace zmig::cli::formats {

/// Where a finding is: a span of a file (lines and columns from 1, columns in code points; line 0: the whole file), a
/// cell, or both.
struct Place {
  std::string file;
  std::size_t line = 0, column = 0, end_line = 0, end_column = 0;
  std::string cell;  ///< "Operaciones!BL1"
  bool operator==(const Place&) const = default;
};

/// The place of a label.
Place place_of(const Label& label, const SourceMap& sources);

struct Finding {
  std::string code, name;  ///< "ZM1103", "drop-filled-column"; the name may be empty
  Severity severity = Severity::error;
  std::string message, help;
  Place place;
  std::uint32_t migration = 0;                 ///< 0: none
  std::string subject;                         ///< "Operaciones.Turno": what it is about, stable when lines move
  std::optional<std::string> allowed_because;  ///< accepted in the migration, with this reason
};

/// A finding out of a diagnostic: code, severity, message, help, place.
Finding finding_of(const Diagnostic& diagnostic, const SourceMap& sources);

/// A rule or code that could have been reported.
struct Rule {
  std::string id, name, says, full;  ///< `full`: the explanation, may be empty
  Severity level = Severity::error;
};

/// A rule or check that did not look, and why. It is a failure unless `allowed`.
struct NotRun {
  std::string id, name, because;
  std::optional<std::string> allowed;  ///< the reason for which it may be skipped
};

enum class CaseOutcome { passed, failed, not_run, skipped };
/// One check of `verify` or `ci`. `skipped`: not run, and allowed by name with a reason.
struct Case {
  std::string classname;  ///< "prod.Operaciones": environment and sheet
  std::string name;       ///< check and subject
  CaseOutcome outcome = CaseOutcome::passed;
  std::string code, message, expected, observed, because;
  std::vector<std::string> cells;
  double seconds = 0;
};
/// A stage or a migration.
struct Suite {
  std::string name;
  std::vector<Case> cases;
};

struct FindingsReport {
  std::string command, title;  ///< "lint"; "Lint of 3 migrations"
  std::string verdict;         ///< one line, the last of the text rendering
  std::vector<Finding> findings;
  std::vector<Rule> rules;
  std::vector<NotRun> not_run;
  std::vector<Suite> suites;  ///< empty: JUnit makes one case a finding
  std::string ledger_head;    ///< for the last line of Markdown; may be empty
};

/// SARIF 2.1.0, one run.
std::string to_sarif(const FindingsReport& report);
/// JUnit XML. `not run` is a failure of type `not_run`, never skipped unless it was allowed by name.
std::string to_junit(const FindingsReport& report);
/// `::error file=F,line=L,...::message`, errors first: the service shows only the first ten of a kind.
std::string to_github(const FindingsReport& report);
/// Tables of fixed columns; text from sheets escaped; lists of more than 20 rows folded.
std::string to_markdown(const FindingsReport& report);

/// Appends Markdown to the file that GITHUB_STEP_SUMMARY names. Nothing when the variable is not set.
Status append_step_summary(const std::string& markdown);

/// Text for a Markdown table cell or paragraph: no markup, no HTML, no line end gets through.
std::string markdown_text(std::string_view text);
/// A table. The head is written as it is, cells are Markdown already. Folded when it has more than `fold` rows.
std::string markdown_table(const std::vector<std::string>& head, const std::vector<std::vector<std::string>>& rows,
                           std::size_t fold = 20);
/// "zmig 0.1.0, ledger head ..." as the last line of a Markdown report.
std::string markdown_footer(const std::string& ledger_head);
/// Text for an XML attribute or element. Characters that XML 1.0 cannot hold become visible escapes.
std::string xml_text(std::string_view text);

/// "error", "warning", "info".
std::string_view severity_word(Severity severity);
/// A short stable name of a finding: hash of code, migration and subject.
std::string fingerprint(const Finding& finding);

}  // namespace zmig::cli::formats
