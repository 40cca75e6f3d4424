#include <zmig/lint.h>

#include <algorithm>
#include <array>
#include <functional>
#include <regex>

#include <fmt/format.h>

#include "base/text.h"
#include "plan/lint_rules.h"

namespace zmig {
namespace {

using enum Severity;

// clang-format off
constexpr LintRule kRules[] = {
    // id, name, severity, from files, from data, fix, says
    {"ZM1101", "drop-sheet", error, true, false, "", "a sheet is dropped"},
    {"ZM1102", "drop-column", warning, true, false, "", "a column is dropped"},
    {"ZM1103", "drop-filled-column", error, false, true, "", "the dropped column holds cells"},
    {"ZM1104", "overwrite-cells", warning, false, true, "suggested", "`set` meets cells that hold something else"},
    {"ZM1105", "retire-used-value", error, false, true, "", "cells still hold the retired value"},
    {"ZM1106", "narrowing-retype", warning, true, false, "", "the new type holds less than the old one"},
    {"ZM1107", "drop-and-add", error, true, false, "suggested", "a drop and an addition that look like a rename"},
    {"ZM1108", "whole-column-set", warning, true, false, "", "`set` without `where`"},
    {"ZM1109", "blank-erases", warning, true, false, "", "`otherwise blank` can erase cells"},
    {"ZM1201", "unique-over-duplicates", error, false, true, "", "values repeat in a column that becomes unique"},
    {"ZM1202", "required-over-blanks", error, false, true, "suggested", "blanks in a column that becomes required"},
    {"ZM1203", "retype-unparsable", error, false, true, "", "cells do not read as the new type"},
    {"ZM1204", "enum-over-unlisted", error, false, true, "suggested", "cells hold values that the enum does not list"},
    {"ZM1205", "rename-target-exists", error, false, true, "", "the new name is taken, by a foreign thing too"},
    {"ZM1206", "mixed-formats", warning, false, true, "", "one column holds dates written in two ways"},
    {"ZM1207", "required-without-value", error, true, false, "suggested", "a required column without default or fill"},
    {"ZM1208", "no-rows-matched", error, false, true, "", "`where` matches no row"},
    {"ZM1209", "blank-meaning", warning, true, false, "", "a number that may be blank does not say what blank means"},
    {"ZM1210", "key-not-unique", error, false, true, "", "rows share a key"},
    {"ZM1212", "not-recognisable", warning, true, false, "", "`set` reads the column that it writes"},
    {"ZM1213", "fill-never-works", error, true, false, "", "`fill` behind a `default` of the same file"},
    {"ZM1301", "rename-column", warning, true, false, "suggested", "readers look for the old header"},
    {"ZM1302", "insert-left", warning, true, false, "suggested", "letters of other columns move"},
    {"ZM1303", "read-change", warning, true, false, "", "what an app reads becomes another kind of value"},
    {"ZM1304", "rename-sheet", warning, true, false, "", "readers look for the old title"},
    {"ZM1306", "breaks-contract", error, true, false, "", "something that an upheld contract needs goes", false},
    {"ZM1307", "value-unknown-to-reader", warning, true, false, "", "a new value in an enum that a contract closes"},
    {"ZM1309", "drop-not-retired", warning, true, false, "", "a dropped column was never retired or deprecated"},
    {"ZM1401", "header-pattern", warning, true, false, "suggested", "a header does not fit `lint.header_pattern`"},
    {"ZM1402", "look-alike-header", error, true, true, "suggested", "two headers look alike"},
    {"ZM1403", "case-only-difference", error, true, true, "", "two headers differ in case only"},
    {"ZM1404", "not-nfc", warning, true, true, "safe", "accents as characters of their own"},
    {"ZM1405", "blank-header", warning, false, true, "", "blank header between managed columns"},
    {"ZM1406", "mixed-scripts", error, true, true, "", "letters of two scripts, or a control that turns text around"},
    {"ZM1407", "duplicate-header", error, false, true, "", "the same header twice, one of them managed"},
    {"ZM1408", "header-layout", info, true, true, "safe", "line break, tab or needless blanks in a header, or too long"},
    {"ZM1409", "look-alike-value", warning, true, true, "", "two values of an enum look alike"},
    {"ZM1410", "enum-twice", warning, true, false, "", "a list repeats a registered enum"},
    {"ZM1411", "unregistered-value", error, true, false, "", "a formula names a value that the enum does not list"},
    {"ZM1412", "wrong-decoding", warning, true, true, "", "text that was read in the wrong encoding"},
    {"ZM1601", "too-many-cells", error, false, true, "", "more columns or cells than the target or `max_cells` permits"},
    {"ZM1602", "over-budget", error, false, true, "", "more calls than `max_calls`"},
    {"ZM1604", "too-slow", error, false, true, "", "a longer run than `max_duration`"},
    {"ZM1606", "too-long", error, true, false, "", "longer than a cell or header may be"},
    {"ZM1701", "leading-zeros", error, true, true, "", "leading zeros are lost in a number"},
    {"ZM1702", "ambiguous-date", error, true, true, "", "a date that can be read as two days"},
    {"ZM1703", "decimal-separator", warning, false, true, "", "text with a decimal comma in a number column"},
    {"ZM1704", "formula-like-text", info, true, false, "", "text that a spreadsheet reads as a formula"},
    {"ZM1706", "no-format", warning, true, false, "suggested", "a date or number column without a number format"},
    {"ZM1707", "dates-as-text", warning, false, true, "", "text that only looks like a date in a date column"},
    {"ZM1708", "long-number", error, true, true, "", "more than 15 digits in a number"},
    {"ZM1709", "locale-mismatch", error, false, true, "", "the workbook reads cells by another locale or time zone"},
    {"ZM1711", "locale-bound", warning, true, false, "", "a format in one program's own code"},
    {"ZM1712", "two-digit-year", warning, true, false, "", "two digits of the year"},
    {"ZM1804", "irreversible-without-reason", error, true, false, "", "no way back, and no `irreversible because`"},
    {"ZM1805", "window-too-short", warning, true, false, "", "undo is offered for less than `min_window`"},
    {"ZM1806", "touches-protected-sheet", error, true, false, "", "sheet is listed in `protect`", false},
    {"ZM1807", "no-postcondition", info, true, false, "suggested", "cells are written and no `ensure` looks at them"},
    {"ZM1808", "cell-not-free", error, false, true, "", "something else stands where a column would be written"},
    {"ZM1810", "undo-not-inverse", warning, false, true, "", "`undo with` does not give back the cells"},
    {"ZM1901", "gap", error, true, false, "", "a number is missing", false},
    {"ZM1902", "edited-after-apply", error, true, false, "", "an applied migration was edited", false},
    {"ZM1903", "lock-does-not-extend-base", error, true, false, "", "the chain does not begin with that of the base", false},
    {"ZM1904", "unused-rename-hint", error, true, false, "safe", "an alias that nothing matches", false},
    {"ZM1905", "contradicts-derived-shape", error, true, false, "suggested", "these lines cannot all be true", false},
    {"ZM1906", "number-twice", error, true, false, "", "two files with one number", false},
    {"ZM1907", "depends-unknown", error, true, false, "", "depends on what is not there, or comes later", false},
    {"ZM1908", "lock-stale", warning, true, false, "safe", "zmig.lock and the files differ", false},
    {"ZM1909", "empty-migration", warning, true, false, "", "no change in the file", false},
    {"ZM1910", "does-nothing", info, true, false, "", "the changes cancel out", false},
    {"ZM1911", "useless-allow", warning, true, false, "safe", "allowance without reason, or suppressing nothing", false},
    {"ZM1914", "exact-width", warning, true, false, "", "a total of columns that people can falsify", false},
    {"ZM1915", "no-description", info, true, false, "", "no `description`", false},
    {"ZM1916", "expand-and-contract", warning, true, false, "", "a column and its replacement change places at once", false},
};
// clang-format on

constexpr bool ascends() {
  for (std::size_t i = 1; i < std::size(kRules); ++i)
    if (!(kRules[i - 1].id < kRules[i].id)) return false;
  return true;
}
static_assert(ascends(), "the table is searched by halving: ids ascend, none twice");

/// Findings of other floors under the id that lint gives them. Empty: not lint's.
std::string_view id_in_lint(const Diagnostic& diagnostic) {
  if (diagnostic.code == "ZM0205") return "ZM1906";
  const LintRule* rule = find_lint_rule(diagnostic.code);
  return rule == nullptr ? std::string_view() : rule->id;
}

Result<std::optional<Severity>> severity_of(const LintRule& rule, const LintOptions& options, Severity usual) {
  const auto given = options.severities.find(std::string(rule.id));
  if (given == options.severities.end()) return std::optional(usual);
  if (given->second == "error") return std::optional(error);
  if (given->second == "warning") return std::optional(warning);
  if (given->second == "info") return std::optional(info);
  if (given->second == "off") return std::optional<Severity>();
  return make_error(Errc::invalid_input, "ZM0702",
                    fmt::format("{} is no severity for {}", quoted(given->second), rule.id),
                    "one of: error, warning, info, off");
}

class Linter {
 public:
  explicit Linter(const LintInput& input) : input_(input) {}

  Result<LintReport> run() {
    ZMIG_CHECK_OK(check_options());
    report_.live = input_.live != nullptr;
    take_over_found();
    linting::check_folder(input_, found_);
    for (const Replayed& one : input_.replayed)
      if (in_scope(one.migration.number)) subjects_.emplace_back(input_, one, file_number(one), found_);
    for (const MigrationFile& file : input_.history.files)
      if (in_scope(file.number)) report_.scope.push_back(file.number);
    for (linting::Subject& subject : subjects_) {
      linting::check_destructive(subject);
      linting::check_readers(subject);
      linting::check_names(subject, pattern_ ? &*pattern_ : nullptr);
      linting::check_values(subject);
      linting::check_safety(subject);
    }
    if (input_.live != nullptr) ZMIG_CHECK_OK(linting::check_live(input_, subjects_, found_));
    ZMIG_CHECK_OK(settle());
    return std::move(report_);
  }

 private:
  /// What is wrong with the history counts whatever the scope is.
  static bool is_about_the_folder(std::string_view id) {
    return id == "ZM1901" || id == "ZM1902" || id == "ZM1903" || id == "ZM1906" || id == "ZM1908";
  }
  bool in_scope(std::uint32_t number) const { return !input_.scope || number == 0 || input_.scope->contains(number); }

  std::uint32_t file_number(const Replayed& replayed) const {
    // The files are in order of their numbers.
    const std::vector<MigrationFile>& files = input_.history.files;
    const std::uint32_t number = replayed.migration.number;
    auto file = std::lower_bound(files.begin(), files.end(), number,
                                 [](const MigrationFile& one, std::uint32_t wanted) { return one.number < wanted; });
    for (; file != files.end() && file->number == number; ++file)
      if (file->slug == replayed.migration.slug) return file->file_number;
    return 0;
  }

  Status check_options() {
    for (const auto& [id, severity] : input_.options.severities) {
      const LintRule* rule = find_lint_rule(id);
      if (rule == nullptr) {
        std::vector<std::string> known;
        for (const LintRule& one : kRules) known.emplace_back(one.id);
        const auto near = nearest(id, known);
        return make_error(Errc::invalid_input, "ZM0702", fmt::format("there is no rule {}", quoted(id)),
                          near ? fmt::format("did you mean {}?", *near) : "`zmig lint --list` shows the rules");
      }
      ZMIG_CHECK_OK(severity_of(*rule, input_.options, rule->severity));
    }
    if (input_.options.header_pattern.empty()) return ok();
    try {
      pattern_.emplace(input_.options.header_pattern, std::regex::ECMAScript);
    } catch (const std::regex_error& why) {
      return make_error(Errc::invalid_input, "ZM0702",
                        fmt::format("{} is no regular expression", quoted(input_.options.header_pattern)),
                        fmt::format("`lint.header_pattern`: {}", why.what()));
    }
    return ok();
  }

  /// What loading, binding and deriving have found already, under the ids of lint.
  void take_over_found() {
    for (const Diagnostic& diagnostic : input_.found.all()) {
      const std::string_view id = id_in_lint(diagnostic);
      if (id.empty()) continue;
      LintFinding one;
      one.diagnostic = diagnostic;
      one.diagnostic.code = std::string(id);
      one.migration = migration_of(diagnostic);
      one.subject = diagnostic.primary.text;
      // The heading that the binder found useless: its line can go.
      if (id == "ZM1911" && diagnostic.primary.span) {
        const Span span = *diagnostic.primary.span;
        if (auto edit = without_line(input_.sources.file(span.file), span)) one.fix = LintFix{true, {*edit}, false};
      }
      if (id == "ZM1905" && diagnostic.primary.span) drop_total(one, *diagnostic.primary.span);
      found_.push_back(std::move(one));
    }
  }

  /// The total that cannot be true goes with its whole line.
  void drop_total(LintFinding& one, Span fact) const {
    const std::string_view text = input_.sources.file(fact.file).text;
    const std::size_t before = fact.begin == 0 ? std::string_view::npos : text.rfind('\n', fact.begin - 1);
    const auto begin = static_cast<std::uint32_t>(before == std::string_view::npos ? 0 : before + 1);
    const auto end = static_cast<std::uint32_t>(std::min(text.find('\n', fact.begin), text.size()));
    if (auto edit = without_line(input_.sources.file(fact.file), {fact.file, begin, end}))
      one.fix = LintFix{false, {*edit}, false};
  }

  std::uint32_t migration_of(const Diagnostic& diagnostic) const {
    if (!diagnostic.primary.span) return 0;
    for (const MigrationFile& file : input_.history.files)
      if (file.file_number == diagnostic.primary.span->file) return file.number;
    return 0;
  }

  // --- Severities, allowances, order ----------------------------------------------------------------------------

  Status settle() {
    std::vector<LintFinding> kept;
    for (LintFinding& one : found_) {
      const LintRule* rule = find_lint_rule(one.diagnostic.code);
      ZMIG_ASSERT(rule != nullptr, "every finding has a row in the table of rules");
      if (!in_scope(one.migration) && !is_about_the_folder(rule->id)) continue;
      ZMIG_TRY(const auto severity, severity_of(*rule, input_.options, one.diagnostic.severity));
      if (!severity) continue;
      one.diagnostic.severity = *severity;
      kept.push_back(std::move(one));
    }
    found_ = std::move(kept);
    for (const linting::Subject& subject : subjects_) allow(subject);
    std::stable_sort(found_.begin(), found_.end(), [](const LintFinding& a, const LintFinding& b) {
      if (a.migration != b.migration) return a.migration < b.migration;
      const auto place = [](const LintFinding& one) {
        return one.diagnostic.primary.span ? one.diagnostic.primary.span->begin : 0;
      };
      return place(a) < place(b);
    });
    report_.findings = std::move(found_);
    for (const LintRule& rule : kRules) {
      const auto given = input_.options.severities.find(std::string(rule.id));
      if (given != input_.options.severities.end() && given->second == "off") continue;
      if (rule.from_files || input_.live != nullptr)
        ++report_.rules_run;
      else
        report_.not_run.emplace_back(std::string(rule.id), input_.not_live_because.empty()
                                                               ? "it needs the workbook: add --live"
                                                               : input_.not_live_because);
    }
    return ok();
  }

  void allow(const linting::Subject& subject) {
    for (const Allow& one : subject.migration.allows) {
      const LintRule* rule = find_lint_rule(one.code);
      std::size_t suppressed = 0;
      for (LintFinding& finding : found_) {
        if (finding.migration != subject.migration.number || finding.diagnostic.code != one.code) continue;
        if (rule == nullptr || !rule->can_be_allowed || one.because.empty()) continue;
        finding.allowed_because = one.because;
        ++suppressed;
      }
      if (suppressed > 0) continue;
      // Without the workbook nobody knows whether there is something to suppress.
      if (rule != nullptr && rule->can_be_allowed && rule->from_data && input_.live == nullptr && !one.because.empty())
        continue;
      useless(subject, one, rule);
    }
  }

  void useless(const linting::Subject& subject, const Allow& one, const LintRule* rule) {
    const auto given = input_.options.severities.find("ZM1911");
    if (given != input_.options.severities.end() && given->second == "off") return;
    const auto at = heading_span(subject.source, subject.file, "allow " + one.code);
    LintFinding found = linting::finding("ZM1911",
                                         one.because.empty() ? fmt::format("{} is allowed without a reason", one.code)
                                         : rule == nullptr   ? fmt::format("{} is no rule of lint", one.code)
                                         : !rule->can_be_allowed ? fmt::format("{} cannot be allowed", one.code)
                                                                 : fmt::format("nothing here is {}", one.code),
                                         at.value_or(subject.whole_file()), "remove the heading");
    if (auto severity = severity_of(*find_lint_rule("ZM1911"), input_.options, warning); severity && *severity)
      found.diagnostic.severity = **severity;
    found.migration = subject.migration.number;
    found.subject = "allow " + one.code;
    if (at)
      if (auto edit = without_line(subject.source, *at)) found.fix = LintFix{true, {*edit}, false};
    found_.push_back(std::move(found));
  }

  const LintInput& input_;
  LintReport report_;
  std::vector<LintFinding> found_;
  std::vector<linting::Subject> subjects_;
  std::optional<std::regex> pattern_;
};

}  // namespace

std::span<const LintRule> lint_rules() { return kRules; }

const LintRule* find_lint_rule(std::string_view id) {
  const auto* const found =
      std::lower_bound(std::begin(kRules), std::end(kRules), id,
                       [](const LintRule& row, std::string_view wanted) { return row.id < wanted; });
  return found != std::end(kRules) && found->id == id ? found : nullptr;
}

std::size_t LintReport::count(Severity severity) const {
  return static_cast<std::size_t>(std::count_if(findings.begin(), findings.end(), [&](const LintFinding& one) {
    return !one.allowed_because && one.diagnostic.severity == severity;
  }));
}
std::size_t LintReport::allowed() const {
  return static_cast<std::size_t>(std::count_if(
      findings.begin(), findings.end(), [](const LintFinding& one) { return one.allowed_because.has_value(); }));
}

bool is_lint_finding(const Diagnostic& diagnostic) { return !id_in_lint(diagnostic).empty(); }

Result<LintReport> lint(const LintInput& input) { return Linter(input).run(); }

std::map<std::uint32_t, std::string> fixed_texts(const LintReport& report, const SourceMap& sources, bool suggested) {
  std::map<std::uint32_t, std::vector<LintEdit>> edits;
  for (const LintFinding& one : report.findings) {
    if (!one.fix || one.allowed_because || (!one.fix->safe && !suggested)) continue;
    const bool free = std::none_of(one.fix->edits.begin(), one.fix->edits.end(), [&](const LintEdit& edit) {
      const auto& taken = edits[edit.file];
      return std::any_of(taken.begin(), taken.end(), [&](const LintEdit& other) {
        // Two insertions at one place do not overlap, anything that shares a byte or an end does.
        return edit.begin <= other.end && other.begin <= edit.end &&
               !(edit.begin == edit.end && other.begin == other.end);
      });
    });
    if (free)
      for (const LintEdit& edit : one.fix->edits) edits[edit.file].push_back(edit);
  }
  std::map<std::uint32_t, std::string> out;
  for (auto& [file, list] : edits) {
    if (list.empty()) continue;
    std::stable_sort(list.begin(), list.end(), [](const LintEdit& a, const LintEdit& b) { return a.begin > b.begin; });
    std::string text = sources.file(file).text;
    for (const LintEdit& edit : list) text.replace(edit.begin, edit.end - edit.begin, edit.text);
    out[file] = std::move(text);
  }
  return out;
}

// --- What the rules share ------------------------------------------------------------------------------------------

namespace linting {

Subject::Subject(const LintInput& given, const Replayed& one, std::uint32_t number, std::vector<LintFinding>& out)
    : input(given),
      replayed(one),
      migration(one.migration),
      operations(one.migration.script.operations),
      file(number),
      source(given.sources.file(number)),
      out_(out) {
  states.reserve(operations.size() + 1);
  states.push_back(one.before);
  for (const Operation& operation : operations) {
    if (states.size() == operations.size()) {  // the replay has been here
      states.push_back(one.after);
      break;
    }
    auto next = replay_operations({operation}, states.back());
    // The replay has lowered the same operations before.
    states.push_back(next ? *std::move(next) : states.back());
  }
}

Span Subject::span(std::size_t operation) const {
  const auto& spans = migration.script.spans;
  return operation < spans.size() ? spans[operation] : whole_file();
}
Span Subject::line(std::size_t operation) const {
  const auto& lines = migration.script.lines;
  return operation < lines.size() ? lines[operation] : span(operation);
}
Span Subject::name(std::size_t operation) const {
  if (const auto* one = std::get_if<op::SetColumn>(&operations[operation]))
    return quoted_in_line(operation, one->at.header);
  if (const auto* one = std::get_if<op::FillColumn>(&operations[operation]))
    return quoted_in_line(operation, one->at.header);
  return span(operation);
}
Span Subject::quoted_in_line(std::size_t operation, std::string_view value) const {
  for (const QuotedText& one : quoted_texts(source, line(operation)))
    if (one.value == value) return one.span;
  return span(operation);
}
std::string_view Subject::text_of(std::size_t operation) const {
  const Span at = line(operation);
  return std::string_view(source.text).substr(at.begin, at.end - at.begin);
}
bool Subject::is_old_sheet(const std::string& sheet_id) const { return states.front().sheet(sheet_id) != nullptr; }

LintFinding& Subject::add(std::string_view rule, std::string message, Span at, std::string about, std::string help) {
  out_.push_back(finding(rule, std::move(message), at, std::move(help)));
  out_.back().migration = migration.number;
  out_.back().subject = std::move(about);
  return out_.back();
}

LintFinding finding(std::string_view rule, std::string message, std::optional<Span> at, std::string help) {
  const LintRule* row = find_lint_rule(rule);
  ZMIG_ASSERT(row != nullptr, "every rule has a row in the table");
  LintFinding out;
  out.diagnostic.code = std::string(rule);
  out.diagnostic.severity = row->severity;
  out.diagnostic.message = std::move(message);
  out.diagnostic.primary.span = at;
  if (!help.empty()) out.diagnostic.help = std::move(help);
  return out;
}

void for_each_node(const Expr& expr, const std::function<void(const Expr&)>& visit) {
  struct Walk {
    const std::function<void(const Expr&)>& visit;
    void all(const std::vector<ExprBox>& parts) const {
      for (const ExprBox& part : parts) for_each_node(*part, visit);
    }
    void operator()(const expr::Literal&) const {}
    void operator()(const expr::CellRef&) const {}
    void operator()(const expr::Variable&) const {}
    void operator()(const expr::Unary& node) const { for_each_node(*node.operand, visit); }
    void operator()(const expr::Binary& node) const {
      for_each_node(*node.left, visit);
      for_each_node(*node.right, visit);
    }
    void operator()(const expr::IsBlank& node) const { for_each_node(*node.operand, visit); }
    void operator()(const expr::IsOneOf& node) const {
      for_each_node(*node.operand, visit);
      all(node.values);
    }
    void operator()(const expr::Matches& node) const { for_each_node(*node.operand, visit); }
    void operator()(const expr::When& node) const {
      for (const auto& [condition, value] : node.branches) {
        for_each_node(*condition, visit);
        for_each_node(*value, visit);
      }
      for_each_node(*node.otherwise, visit);
    }
    void operator()(const expr::Call& node) const { all(node.arguments); }
  };
  visit(expr);
  std::visit(Walk{visit}, expr.node);
}

std::vector<const Expr*> formulas_of(const Operation& operation) {
  std::vector<const Expr*> out;
  const auto maybe = [&out](const std::optional<Expr>& one) {
    if (one) out.push_back(&*one);
  };
  if (const auto* one = std::get_if<op::FillColumn>(&operation)) {
    out.push_back(&one->with);
    maybe(one->where);
  } else if (const auto* set = std::get_if<op::SetColumn>(&operation)) {
    out.push_back(&set->to);
    maybe(set->where);
    maybe(set->undo);
  } else if (const auto* type = std::get_if<op::ChangeType>(&operation)) {
    maybe(type->with);
    maybe(type->undo);
  } else if (const auto* drop = std::get_if<op::DropColumn>(&operation)) {
    maybe(drop->undo);
  }
  return out;
}

namespace {

/// The texts that a formula can give: literals that are the value itself, or a branch of it.
void given_texts(const Expr& expr, std::vector<std::string>& out) {
  if (const auto* literal = std::get_if<expr::Literal>(&expr.node))
    if (const auto* text = std::get_if<Text>(&literal->value)) out.push_back(text->utf8);
  if (const auto* when = std::get_if<expr::When>(&expr.node)) {
    for (const auto& [condition, value] : when->branches) given_texts(*value, out);
    given_texts(*when->otherwise, out);
  }
}

}  // namespace

std::vector<WrittenText> written_texts(const Operation& operation, const Schema& after) {
  using Into = WrittenText::Into;
  std::vector<WrittenText> out;
  const auto value = [&](const std::optional<Value>& one, const Column* column) {
    const auto* text = one ? std::get_if<Text>(&*one) : nullptr;
    if (text != nullptr) out.push_back({text->utf8, Into::cell, column});
  };
  const auto formula = [&](const Expr& expr, const ColumnRef& at) {
    std::vector<std::string> texts;
    given_texts(expr, texts);
    for (std::string& text : texts) out.push_back({std::move(text), Into::cell, column_at(after, at)});
  };
  if (const auto fresh = new_header(operation)) out.push_back({fresh->header, Into::header, nullptr});
  if (const auto* added = std::get_if<op::AddColumn>(&operation)) value(added->column.rules.fallback, &added->column);
  if (const auto* one = std::get_if<op::SetDefault>(&operation)) value(one->value, column_at(after, one->at));
  if (const auto* one = std::get_if<op::FillColumn>(&operation)) formula(one->with, one->at);
  if (const auto* one = std::get_if<op::SetColumn>(&operation)) formula(one->to, one->at);
  if (const auto* one = std::get_if<op::AddValue>(&operation)) out.push_back({one->value, Into::value, nullptr});
  if (const auto* one = std::get_if<op::RenameValue>(&operation)) out.push_back({one->to, Into::value, nullptr});
  if (const auto* one = std::get_if<op::RenameSheet>(&operation)) out.push_back({one->to, Into::header, nullptr});
  if (const auto* one = std::get_if<op::CreateSheet>(&operation))
    out.push_back({one->sheet.title, Into::header, nullptr});
  if (const auto* one = std::get_if<op::AddRows>(&operation))
    for (const auto& row : one->rows)
      for (std::size_t i = 0; i < row.size() && i < one->columns.size(); ++i)
        value(row[i], column_at(after, one->columns[i]));
  return out;
}

std::optional<NewHeader> new_header(const Operation& operation) {
  if (const auto* one = std::get_if<op::AddColumn>(&operation))
    return NewHeader{one->sheet.id, one->column.header, one->column.id};
  if (const auto* one = std::get_if<op::RenameColumn>(&operation))
    return NewHeader{one->at.sheet.id, one->to, one->at.id};
  return std::nullopt;
}

const Column* column_at(const Schema& schema, const ColumnRef& at) {
  const Sheet* sheet = schema.sheet(at.sheet.id);
  return sheet == nullptr ? nullptr : column_by_id(*sheet, at.id);
}

}  // namespace linting
}  // namespace zmig
