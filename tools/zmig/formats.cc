#include "formats.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>

#include <fmt/format.h>

#include <zmig/text.h>

namespace zmig::cli::formats {
namespace {

/// Characters that mean something in a workflow command (docs of the service).
std::string github_text(std::string_view text, bool property) {
  std::string out;
  for (const char c : printable(text, true)) {
    if (c == '%')
      out += "%25";
    else if (c == '\r')
      out += "%0D";
    else if (c == '\n')
      out += "%0A";
    else if (property && c == ':')
      out += "%3A";
    else if (property && c == ',')
      out += "%2C";
    else
      out += c;
  }
  return out;
}

std::string title_of(const Finding& finding) {
  return finding.name.empty() ? finding.code : finding.code + " " + finding.name;
}

std::string github_line(std::string_view command, const Place& place, const std::string& title,
                        const std::string& message) {
  std::vector<std::string> properties;
  const auto add = [&](std::string_view name, const std::string& value) {
    properties.push_back(fmt::format("{}={}", name, github_text(value, true)));
  };
  if (!place.file.empty()) add("file", place.file);
  if (place.line > 0) {
    add("line", std::to_string(place.line));
    add("col", std::to_string(place.column));
    add("endLine", std::to_string(place.end_line));
    add("endColumn", std::to_string(place.end_column));
  }
  add("title", title);
  return fmt::format("::{} {}::{}\n", command, join(properties, ","), github_text(message, false));
}

std::string with_help(const Finding& finding) {
  std::string out = finding.message;
  if (!finding.place.cell.empty()) out += fmt::format(" ({})", finding.place.cell);
  if (!finding.help.empty()) out += "\nhelp: " + finding.help;
  return out;
}

std::vector<const Finding*> worst_first(const std::vector<Finding>& findings) {
  std::vector<const Finding*> out;
  for (const auto& finding : findings)
    if (!finding.allowed_because) out.push_back(&finding);
  std::ranges::stable_sort(out, {}, [](const Finding* finding) { return static_cast<int>(finding->severity); });
  return out;
}

std::string shown_place(const Place& place) {
  std::string out = place.file;
  if (place.line > 0) out += fmt::format(":{}:{}", place.line, place.column);
  if (!place.cell.empty()) out += (out.empty() ? "" : " ") + place.cell;
  return out;
}

// --- JUnit --------------------------------------------------------------------------------------------------------

/// Findings without suites: one suite a migration, one case a finding; a rule that did not look is a failure.
std::vector<Suite> suites_of(const FindingsReport& report) {
  if (!report.suites.empty()) return report.suites;
  std::vector<Suite> suites;
  const auto suite_named = [&](const std::string& name) -> Suite& {
    const auto found = std::ranges::find(suites, name, &Suite::name);
    if (found != suites.end()) return *found;
    suites.push_back({name, {}});
    return suites.back();
  };
  for (const auto& finding : report.findings) {
    Case one;
    one.classname = finding.place.file.empty() ? report.command : finding.place.file;
    one.name = title_of(finding) + (finding.subject.empty() ? "" : " " + finding.subject);
    one.outcome = finding.allowed_because                 ? CaseOutcome::skipped
                  : finding.severity == Severity::error   ? CaseOutcome::failed
                  : finding.severity == Severity::warning ? CaseOutcome::failed
                                                          : CaseOutcome::passed;
    one.code = finding.code;
    one.message = finding.message;
    one.observed = shown_place(finding.place);
    one.because = finding.allowed_because.value_or("");
    if (!finding.place.cell.empty()) one.cells.push_back(finding.place.cell);
    suite_named(finding.migration == 0 ? report.command : fmt::format("{:04}", finding.migration))
        .cases.push_back(std::move(one));
  }
  for (const auto& rule : report.not_run) {
    Case one;
    one.classname = report.command;
    one.name = rule.name.empty() ? rule.id : rule.id + " " + rule.name;
    one.outcome = rule.allowed ? CaseOutcome::skipped : CaseOutcome::not_run;
    one.code = rule.id;
    one.because = rule.allowed.value_or(rule.because);
    suite_named(report.command).cases.push_back(std::move(one));
  }
  // A report without a finding still says that somebody looked.
  if (suites.empty())
    suites.push_back({report.command, {{report.command, report.command, {}, {}, {}, {}, {}, {}, {}, 0}}});
  return suites;
}

std::size_t count(const Suite& suite, bool (*wanted)(CaseOutcome)) {
  return static_cast<std::size_t>(
      std::ranges::count_if(suite.cases, [&](const Case& one) { return wanted(one.outcome); }));
}
bool is_failure(CaseOutcome outcome) { return outcome == CaseOutcome::failed || outcome == CaseOutcome::not_run; }
bool is_skipped(CaseOutcome outcome) { return outcome == CaseOutcome::skipped; }

double seconds_of(const Suite& suite) {
  double sum = 0;
  for (const auto& one : suite.cases) sum += one.seconds;
  return sum;
}

std::string details(const Case& one) {
  std::vector<std::string> lines;
  const auto add = [&](std::string_view name, const std::string& value) {
    if (!value.empty()) lines.push_back(fmt::format("{}: {}", name, value));
  };
  add("code", one.code);
  add("expected", one.expected);
  add("observed", one.observed);
  add("cells", join(one.cells, ", "));
  return join(lines, "\n");
}

std::string case_xml(const Case& one) {
  const auto head = fmt::format("    <testcase classname=\"{}\" name=\"{}\" time=\"{:.3f}\"", xml_text(one.classname),
                                xml_text(one.name), one.seconds);
  switch (one.outcome) {
    case CaseOutcome::passed: return head + "/>\n";
    case CaseOutcome::failed:
      return fmt::format("{}>\n      <failure type=\"{}\" message=\"{}\">{}</failure>\n    </testcase>\n", head,
                         one.code.empty() ? "failed" : xml_text(one.code), xml_text(one.message),
                         xml_text(details(one)));
    case CaseOutcome::not_run:
      return fmt::format("{}>\n      <failure type=\"not_run\" message=\"{}\">{}</failure>\n    </testcase>\n", head,
                         xml_text(one.because), xml_text(details(one)));
    case CaseOutcome::skipped:
      return fmt::format("{}>\n      <skipped message=\"{}\"/>\n    </testcase>\n", head, xml_text(one.because));
  }
  return {};
}

std::string_view outcome_word(CaseOutcome outcome) {
  switch (outcome) {
    case CaseOutcome::passed: return "passed";
    case CaseOutcome::failed: return "failed";
    case CaseOutcome::not_run: return "not run";
    case CaseOutcome::skipped: return "skipped";
  }
  return "";
}

}  // namespace

std::string_view severity_word(Severity severity) {
  switch (severity) {
    case Severity::error: return "error";
    case Severity::warning: return "warning";
    case Severity::info: return "info";
  }
  return "error";
}

Place place_of(const Label& label, const SourceMap& sources) {
  Place place;
  place.cell = label.cell;
  if (!label.span || label.span->file >= sources.size()) return place;
  const auto& file = sources.file(label.span->file);
  const auto begin = line_column(file.text, label.span->begin), end = line_column(file.text, label.span->end);
  place.file = file.path;
  place.line = begin.line;
  place.column = begin.column;
  place.end_line = end.line;
  place.end_column = end.column;
  return place;
}

Finding finding_of(const Diagnostic& diagnostic, const SourceMap& sources) {
  Finding finding;
  finding.code = diagnostic.code;
  finding.severity = diagnostic.severity;
  finding.message = diagnostic.message;
  finding.help = diagnostic.help.value_or("");
  finding.place = place_of(diagnostic.primary, sources);
  return finding;
}

std::string fingerprint(const Finding& finding) {
  // FNV-1a, 64 bits: it tells findings apart, it protects nothing.
  std::uint64_t hash = 0xcbf29ce484222325U;
  const auto take = [&hash](std::string_view text) {
    for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
    hash = (hash ^ 0xffU) * 0x100000001b3U;
  };
  take(finding.code);
  take(std::to_string(finding.migration));
  take(finding.subject.empty() ? finding.message : finding.subject);
  return fmt::format("{:016x}", hash);
}

std::string to_github(const FindingsReport& report) {
  std::string out;
  for (const auto* finding : worst_first(report.findings))
    out += github_line(finding->severity == Severity::error     ? "error"
                       : finding->severity == Severity::warning ? "warning"
                                                                : "notice",
                       finding->place, title_of(*finding), with_help(*finding));
  for (const auto& suite : report.suites)
    for (const auto& one : suite.cases)
      if (is_failure(one.outcome)) {
        auto message = one.outcome == CaseOutcome::not_run ? "did not run: " + one.because : one.message;
        const auto more = details(one);
        if (!more.empty()) message += "\n" + more;
        out += github_line("error", {}, one.code.empty() ? one.name : one.code + " " + one.name, message);
      }
  return out;
}

std::string to_junit(const FindingsReport& report) {
  const auto suites = suites_of(report);
  std::size_t cases = 0, failures = 0, skipped = 0;
  double seconds = 0;
  std::string body;
  for (const auto& suite : suites) {
    const auto failed = count(suite, is_failure), left_out = count(suite, is_skipped);
    body += fmt::format(
        "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"0\" skipped=\"{}\" time=\"{:.3f}\">\n",
        xml_text(suite.name), suite.cases.size(), failed, left_out, seconds_of(suite));
    for (const auto& one : suite.cases) body += case_xml(one);
    body += "  </testsuite>\n";
    cases += suite.cases.size();
    failures += failed;
    skipped += left_out;
    seconds += seconds_of(suite);
  }
  return fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"zmig {}\" tests=\"{}\" failures=\"{}\" "
      "errors=\"0\" skipped=\"{}\" time=\"{:.3f}\">\n{}</testsuites>\n",
      xml_text(report.command), cases, failures, skipped, seconds, body);
}

std::string to_markdown(const FindingsReport& report) {
  std::string out = "## " + markdown_text(report.title.empty() ? "zmig " + report.command : report.title) + "\n\n";
  if (!report.verdict.empty()) out += markdown_text(report.verdict) + "\n\n";
  std::vector<std::vector<std::string>> rows;
  for (const auto* finding : worst_first(report.findings))
    rows.push_back({std::string(severity_word(finding->severity)), markdown_text(title_of(*finding)),
                    markdown_text(shown_place(finding->place)), markdown_text(finding->message),
                    markdown_text(finding->help)});
  out += markdown_table({"Severity", "Rule", "Place", "Finding", "Help"}, rows);
  rows.clear();
  for (const auto& finding : report.findings)
    if (finding.allowed_because)
      rows.push_back({markdown_text(title_of(finding)), markdown_text(shown_place(finding.place)),
                      markdown_text(finding.message), markdown_text(*finding.allowed_because)});
  if (!rows.empty()) out += "### Allowed\n\n" + markdown_table({"Rule", "Place", "Finding", "Because"}, rows);
  for (const auto& suite : report.suites) {
    rows.clear();
    for (const auto& one : suite.cases)
      rows.push_back({std::string(outcome_word(one.outcome)), markdown_text(one.name), markdown_text(one.expected),
                      markdown_text(one.observed), markdown_text(one.because), markdown_text(join(one.cells, ", "))});
    out += "### " + markdown_text(suite.name) + "\n\n" +
           markdown_table({"Outcome", "Check", "Expected", "Observed", "Because", "Cells"}, rows);
  }
  rows.clear();
  for (const auto& rule : report.not_run)
    rows.push_back({markdown_text(rule.id + (rule.name.empty() ? "" : " " + rule.name)), markdown_text(rule.because),
                    markdown_text(rule.allowed.value_or(""))});
  if (!rows.empty()) out += "### Not run\n\n" + markdown_table({"Rule", "Because", "Allowed"}, rows);
  return out + markdown_footer(report.ledger_head);
}

Status append_step_summary(const std::string& markdown) {
  const char* path = std::getenv("GITHUB_STEP_SUMMARY");
  if (path == nullptr || *path == '\0') return ok();
  std::ofstream file(path, std::ios::binary | std::ios::app);
  file << markdown;
  file.flush();
  if (file) return ok();
  return make_error(Errc::io, "ZM0714", fmt::format("the step summary {} cannot be written", zmig::quoted(path)),
                    "GITHUB_STEP_SUMMARY has to name a file that can be appended to");
}

std::string markdown_text(std::string_view text) {
  std::string shown = printable(text);
  // Mostly nothing is to be done.
  if (shown.find_first_of("<>&\\`*_[]|#~!@") == std::string::npos) return shown;
  std::string out;
  out.reserve(shown.size() + 16);
  for (const char c : shown) {
    switch (c) {
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '&': out += "&amp;"; break;
      case '\\':
      case '`':
      case '*':
      case '_':
      case '[':
      case ']':
      case '|':
      case '#':
      case '~':
      case '!':
      case '@': out += '\\'; [[fallthrough]];
      default: out += c;
    }
  }
  return out;
}

std::string markdown_table(const std::vector<std::string>& head, const std::vector<std::vector<std::string>>& rows,
                           std::size_t fold) {
  if (rows.empty()) return {};
  std::string table = "| " + join(head, " | ") + " |\n|";
  for (std::size_t i = 0; i < head.size(); ++i) table += "---|";
  table += "\n";
  for (const auto& row : rows) table += "| " + join(row, " | ") + " |\n";
  if (rows.size() <= fold) return table + "\n";
  return fmt::format("<details><summary>{} rows</summary>\n\n{}\n</details>\n\n", rows.size(), table);
}

std::string markdown_footer(const std::string& ledger_head) {
  return fmt::format("zmig {}{}\n", ZMIG_VERSION,
                     ledger_head.empty() ? "" : ", ledger head " + markdown_text(ledger_head));
}

std::string xml_text(std::string_view text) {
  std::string out;
  for (const char c : printable(text, true)) {
    switch (c) {
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '&': out += "&amp;"; break;
      case '"': out += "&quot;"; break;
      case '\n': out += "&#10;"; break;
      default: out += c;
    }
  }
  return out;
}

}  // namespace zmig::cli::formats
