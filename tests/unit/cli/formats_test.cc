// One report, four renderings: exact texts, and what text from outside can do to them (nothing).

#include "formats.h"

#include <filesystem>
#include <fstream>
#include <sstream>

#include <nlohmann/json.hpp>

#include "support/catch.h"
#include "support/temp_folder.h"

using namespace zmig;
using namespace zmig::cli::formats;

namespace {

FindingsReport sample() {
  FindingsReport report;
  report.command = "lint";
  report.title = "Lint of 1 migration";
  report.verdict = "1 error, 1 warning, 0 notes; 1 migration";
  report.rules = {{"ZM1103", "drop-filled-column", "the dropped column holds cells", "", Severity::error},
                  {"ZM1302", "insert-left", "letters of other columns move", "", Severity::warning}};
  Finding warning;
  warning.code = "ZM1302";
  warning.name = "insert-left";
  warning.severity = Severity::warning;
  warning.message = "\"Turno\" is inserted left of 3 columns";
  warning.help = "add it at the end";
  warning.place = {"migrations/0003_shift.zmig", 4, 14, 4, 21, ""};
  warning.migration = 3;
  warning.subject = "Operaciones.Turno";
  Finding error;
  error.code = "ZM1103";
  error.name = "drop-filled-column";
  error.message = "dropping \"100%<b>\" removes 412 filled cells";
  error.place = {"migrations/0003_shift.zmig", 5, 15, 5, 25, "Operaciones!BL1"};
  error.migration = 3;
  error.subject = "Operaciones.100%<b>";
  Finding allowed = warning;
  allowed.code = "ZM1102";
  allowed.name = "drop-column";
  allowed.message = "\"Lote\" goes";
  allowed.subject = "Operaciones.Lote";
  allowed.allowed_because = "empty since May";
  report.findings = {warning, error, allowed};
  report.not_run = {{"ZM1203", "retype-unparsable", "it needs the workbook: add --live", std::nullopt}};
  return report;
}

}  // namespace

TEST_CASE("GitHub gets errors first, escaped, and nothing that was allowed", "[formats]") {
  CHECK(to_github(sample()) ==
        "::error file=migrations/0003_shift.zmig,line=5,col=15,endLine=5,endColumn=25,title=ZM1103 "
        "drop-filled-column::dropping \"100%25<b>\" removes 412 filled cells (Operaciones!BL1)\n"
        "::warning file=migrations/0003_shift.zmig,line=4,col=14,endLine=4,endColumn=21,title=ZM1302 "
        "insert-left::\"Turno\" is inserted left of 3 columns%0Ahelp: add it at the end\n");
}

TEST_CASE("a workflow command cannot be forged by a header", "[formats]") {
  FindingsReport report;
  Finding finding;
  finding.code = "ZM1102";
  finding.message = "x\n::error::forged\r\n";
  finding.place.file = "a,b:c.zmig";
  report.findings = {finding};
  CHECK(to_github(report) == "::error file=a%2Cb%3Ac.zmig,title=ZM1102::x%0A::error::forged\\r%0A\n");
}

TEST_CASE("JUnit: not run is a failure of its own type, an allowed finding is skipped with its reason", "[formats]") {
  CHECK(to_junit(sample()) ==
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        "<testsuites name=\"zmig lint\" tests=\"4\" failures=\"3\" errors=\"0\" skipped=\"1\" time=\"0.000\">\n"
        "  <testsuite name=\"0003\" tests=\"3\" failures=\"2\" errors=\"0\" skipped=\"1\" time=\"0.000\">\n"
        "    <testcase classname=\"migrations/0003_shift.zmig\" name=\"ZM1302 insert-left Operaciones.Turno\" "
        "time=\"0.000\">\n"
        "      <failure type=\"ZM1302\" message=\"&quot;Turno&quot; is inserted left of 3 columns\">code: "
        "ZM1302&#10;observed: migrations/0003_shift.zmig:4:14</failure>\n"
        "    </testcase>\n"
        "    <testcase classname=\"migrations/0003_shift.zmig\" name=\"ZM1103 drop-filled-column "
        "Operaciones.100%&lt;b&gt;\" time=\"0.000\">\n"
        "      <failure type=\"ZM1103\" message=\"dropping &quot;100%&lt;b&gt;&quot; removes 412 filled "
        "cells\">code: ZM1103&#10;observed: migrations/0003_shift.zmig:5:15 Operaciones!BL1&#10;cells: "
        "Operaciones!BL1</failure>\n"
        "    </testcase>\n"
        "    <testcase classname=\"migrations/0003_shift.zmig\" name=\"ZM1102 drop-column Operaciones.Lote\" "
        "time=\"0.000\">\n"
        "      <skipped message=\"empty since May\"/>\n"
        "    </testcase>\n"
        "  </testsuite>\n"
        "  <testsuite name=\"lint\" tests=\"1\" failures=\"1\" errors=\"0\" skipped=\"0\" time=\"0.000\">\n"
        "    <testcase classname=\"lint\" name=\"ZM1203 retype-unparsable\" time=\"0.000\">\n"
        "      <failure type=\"not_run\" message=\"it needs the workbook: add --live\">code: ZM1203</failure>\n"
        "    </testcase>\n"
        "  </testsuite>\n"
        "</testsuites>\n");
}

TEST_CASE("JUnit of checks: one case a check, with expected, observed and cells", "[formats]") {
  FindingsReport report;
  report.command = "verify";
  Case failed;
  failed.classname = "prod.Operaciones";
  failed.name = "required Operaciones.Lote";
  failed.outcome = CaseOutcome::failed;
  failed.code = "ZM0901";
  failed.message = "check failed";
  failed.expected = "no blanks";
  failed.observed = "2 blank of 1 000";
  failed.cells = {"A17", "A233"};
  failed.seconds = 0.25;
  Case passed;
  passed.classname = "prod";
  passed.name = "stamp";
  report.suites = {{"verify", {passed, failed}}};
  CHECK(to_junit(report) ==
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        "<testsuites name=\"zmig verify\" tests=\"2\" failures=\"1\" errors=\"0\" skipped=\"0\" time=\"0.250\">\n"
        "  <testsuite name=\"verify\" tests=\"2\" failures=\"1\" errors=\"0\" skipped=\"0\" time=\"0.250\">\n"
        "    <testcase classname=\"prod\" name=\"stamp\" time=\"0.000\"/>\n"
        "    <testcase classname=\"prod.Operaciones\" name=\"required Operaciones.Lote\" time=\"0.250\">\n"
        "      <failure type=\"ZM0901\" message=\"check failed\">code: ZM0901&#10;expected: no blanks&#10;observed: 2 "
        "blank of 1 000&#10;cells: A17, A233</failure>\n"
        "    </testcase>\n"
        "  </testsuite>\n"
        "</testsuites>\n");
}

TEST_CASE("a report without a finding still has one passed case", "[formats]") {
  FindingsReport report;
  report.command = "lint";
  const auto text = to_junit(report);
  CHECK(text.find("tests=\"1\" failures=\"0\"") != std::string::npos);
  CHECK(text.find("<testcase classname=\"lint\" name=\"lint\" time=\"0.000\"/>") != std::string::npos);
}

TEST_CASE("Markdown: fixed columns, escaped text, what is allowed, what did not run, the version last", "[formats]") {
  CHECK(
      to_markdown(sample()) ==
      "## Lint of 1 migration\n\n1 error, 1 warning, 0 notes; 1 migration\n\n"
      "| Severity | Rule | Place | Finding | Help |\n|---|---|---|---|---|\n"
      "| error | ZM1103 drop-filled-column | migrations/0003\\_shift.zmig:5:15 Operaciones\\!BL1 | dropping "
      "\"100%&lt;b&gt;\" removes 412 filled cells |  |\n"
      "| warning | ZM1302 insert-left | migrations/0003\\_shift.zmig:4:14 | \"Turno\" is inserted left of 3 columns | "
      "add it at the end |\n\n"
      "### Allowed\n\n| Rule | Place | Finding | Because |\n|---|---|---|---|\n"
      "| ZM1102 drop-column | migrations/0003\\_shift.zmig:4:14 | \"Lote\" goes | empty since May |\n\n"
      "### Not run\n\n| Rule | Because | Allowed |\n|---|---|---|\n"
      "| ZM1203 retype-unparsable | it needs the workbook: add --live |  |\n\n"
      "zmig " ZMIG_VERSION "\n");
}

TEST_CASE("a long table is folded, a short one is not", "[formats]") {
  std::vector<std::vector<std::string>> rows(3, {"a"});
  CHECK(markdown_table({"H"}, rows, 3) == "| H |\n|---|\n| a |\n| a |\n| a |\n\n");
  CHECK(markdown_table({"H"}, rows, 2) ==
        "<details><summary>3 rows</summary>\n\n| H |\n|---|\n| a |\n| a |\n| a |\n\n</details>\n\n");
}

TEST_CASE("text from a sheet is no markup", "[formats]") {
  CHECK(markdown_text("<script>`x` | [a](b) **c** @all\n\x1b[31m") ==
        "&lt;script&gt;\\`x\\` \\| \\[a\\](b) \\*\\*c\\*\\* \\@all\\\\n\\\\x1b\\[31m");
  CHECK(xml_text("<a b=\"&\">\x01\n") == "&lt;a b=&quot;&amp;&quot;&gt;\\x01&#10;");
}

TEST_CASE("SARIF: rules with levels, results with region, cell and suppression, what did not run is an error",
          "[formats]") {
  const auto document = nlohmann::json::parse(to_sarif(sample()));
  CHECK(document["version"] == "2.1.0");
  REQUIRE(document["runs"].is_array());
  REQUIRE(document["runs"].size() == 1);
  const auto& run = document["runs"][0];
  const auto& rules = run["tool"]["driver"]["rules"];
  CHECK(run["tool"]["driver"]["name"] == "zmig");
  REQUIRE(rules.size() == 3);  // ZM1102 was not in the table of this report
  CHECK(rules[0] == nlohmann::json::parse(R"({"id": "ZM1103", "name": "drop-filled-column",
    "shortDescription": {"text": "the dropped column holds cells"}, "fullDescription": {"text": "the dropped column holds cells"},
    "help": {"text": "zmig help ZM1103"}, "defaultConfiguration": {"level": "error"}})"));
  const auto& results = run["results"];
  REQUIRE(results.size() == 3);
  CHECK(results[1]["ruleId"] == "ZM1103");
  CHECK(results[1]["ruleIndex"] == 0);
  CHECK(results[1]["level"] == "error");
  CHECK(results[1]["locations"] == nlohmann::json::parse(R"([{"physicalLocation": {"artifactLocation": {"uri":
    "migrations/0003_shift.zmig"}, "region": {"startLine": 5, "startColumn": 15, "endLine": 5, "endColumn": 25}},
    "logicalLocations": [{"fullyQualifiedName": "Operaciones!BL1"}]}])"));
  CHECK_FALSE(results[1].contains("suppressions"));
  CHECK(results[2]["suppressions"] ==
        nlohmann::json::parse(R"([{"kind": "inSource", "justification": "empty since May"}])"));
  CHECK(run["invocations"][0]["toolExecutionNotifications"] == nlohmann::json::parse(R"([{"level": "error",
    "message": {"text": "ZM1203 did not run: it needs the workbook: add --live"}, "descriptor": {"id": "ZM1203"}}])"));
}

TEST_CASE("a fingerprint stays when lines move, and changes with the subject", "[formats]") {
  auto finding = sample().findings[0];
  const auto before = fingerprint(finding);
  finding.place.line = 99;
  CHECK(fingerprint(finding) == before);
  finding.subject = "Operaciones.Otro";
  CHECK(fingerprint(finding) != before);
}

TEST_CASE("the step summary is appended to, and its absence is no fault", "[formats]") {
  const test::TempFolder folder;
  folder.write("summary.md", "first\n");
  ::setenv("GITHUB_STEP_SUMMARY", folder.at("summary.md").c_str(), 1);
  CHECK(append_step_summary("second\n").has_value());
  ::setenv("GITHUB_STEP_SUMMARY", folder.at("none/summary.md").c_str(), 1);
  const auto refused = append_step_summary("x");
  ::unsetenv("GITHUB_STEP_SUMMARY");
  CHECK(append_step_summary("x").has_value());
  CHECK(folder.read("summary.md") == "first\nsecond\n");
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().zm == "ZM0714");
}
