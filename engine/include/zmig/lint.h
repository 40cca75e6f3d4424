#pragma once
/// Coded findings about migrations before they run (docs/lint.md). Rules from the files need nothing else; rules from
/// the data need a workbook (`live`). Pure, apart from reading cells through a CellView.

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <zmig/contract.h>
#include <zmig/diagnostic.h>
#include <zmig/history.h>
#include <zmig/plan.h>
#include <zmig/target.h>

namespace zmig {

/// One row of the table of rules.
struct LintRule {
  std::string_view id, name;  ///< "ZM1103", "drop-filled-column"
  Severity severity = Severity::warning;
  bool from_files = true, from_data = false;
  std::string_view fix;        ///< "safe", "suggested" or empty
  std::string_view says;       ///< one line
  bool can_be_allowed = true;  ///< false: `allow` in a heading does not count
};
std::span<const LintRule> lint_rules();  ///< sorted by id
const LintRule* find_lint_rule(std::string_view id);

/// Bytes of a file that are replaced.
struct LintEdit {
  std::uint32_t file = 0, begin = 0, end = 0;
  std::string text;
  bool operator==(const LintEdit&) const = default;
};
struct LintFix {
  bool safe = false;
  std::vector<LintEdit> edits;
  bool refresh_lock = false;  ///< `zmig fmt` writes zmig.lock anew
  bool operator==(const LintFix&) const = default;
};

struct LintFinding {
  Diagnostic diagnostic;        ///< code, severity after configuration, place, help
  std::uint32_t migration = 0;  ///< 0: the folder, or the workbook
  std::string subject;          ///< "Operaciones.Turno"
  std::optional<LintFix> fix;
  std::optional<std::string> allowed_because;
};

struct LintOptions {
  std::map<std::string, std::string> severities{};  ///< id -> error, warning, info, off
  std::string header_pattern{};                     ///< ZM1401; empty: any header
  std::chrono::seconds min_window{std::chrono::hours(24 * 7)};
  std::optional<std::chrono::seconds> window{};  ///< of the environment
  std::optional<std::uint64_t> max_cells{}, max_calls{};
  std::optional<std::chrono::milliseconds> max_duration{};
  bool frozen = false;                ///< a stale lock is an error
  std::string target_kind{};          ///< "csv": text that looks like a formula is an error
  bool extras_allowed = true;         ///< default of contracts
  std::string locale{}, time_zone{};  ///< that the workbook is to have (ZM1709); empty: whatever it has
};

/// A workbook, and what `up` would do to it.
struct LintLive {
  CellView& cells;
  const Capabilities& capabilities;
  const Plan& plan;
};

struct LintInput {
  const History& history;
  const std::vector<Replayed>& replayed;
  const SourceMap& sources;
  Diagnostics found{};                               ///< what loading and replaying said under codes of lint, or ZM0205
  std::optional<std::set<std::uint32_t>> scope{};    ///< numbers; none: all
  std::map<std::uint32_t, std::string> applied{};    ///< number -> checksum, as ledger or stamp know it
  std::optional<std::vector<LockLine>> base_lock{};  ///< zmig.lock of the git reference `base`
  std::string base{};
  std::vector<std::pair<std::string, Contract>> uphold{};  ///< file, contract that is to hold
  LintLive* live = nullptr;
  std::string not_live_because{};  ///< why there is no workbook to look at
  LintOptions options{};
};

struct LintReport {
  std::vector<LintFinding> findings;  ///< by migration and place
  std::vector<std::uint32_t> scope;
  std::vector<std::pair<std::string, std::string>> not_run;  ///< rule, why
  std::size_t rules_run = 0;
  bool live = false;
  [[nodiscard]] std::size_t count(Severity severity) const;  ///< without the allowed ones
  [[nodiscard]] std::size_t allowed() const;
};

/// Runs every rule that is on. Fails with ZM0702 when `header_pattern` is no regular expression or a severity is no
/// severity, with the target's error when the workbook cannot be read.
Result<LintReport> lint(const LintInput& input);

/// True for findings of load_history and replay_history that are lint's: family 9 and the rules that the binder judges.
bool is_lint_finding(const Diagnostic& diagnostic);

/// The texts after the fixes: file number -> text. Fixes whose edits overlap with an earlier one are left for the next
/// time. `suggested`: those that are not safe too.
std::map<std::uint32_t, std::string> fixed_texts(const LintReport& report, const SourceMap& sources, bool suggested);

}  // namespace zmig
