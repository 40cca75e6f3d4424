// Every rule of lint: a bad sample that it finds, with the exact text, a good one that it passes, and its fix.
// ZMIG_WRITE_SAMPLES=1 writes the sections `message` and `fixed` anew; read the difference before you keep it.

#include <set>

#include <zmig/header_norm.h>

#include "lint_samples.h"

using namespace zmig;
using namespace zmig::test;

namespace {

namespace fs = std::filesystem;

fs::path folder_of(std::string_view rule) { return fs::path(ZMIG_TEST_DATA) / "lint" / std::string(rule); }

std::multiset<std::string> codes(const LintReport& report) {
  std::multiset<std::string> out;
  for (const LintFinding& one : report.findings) out.insert(one.diagnostic.code);
  return out;
}

/// Two schemas that say the same of every cell: names by norm, aliases apart.
Schema bare(Schema schema) {
  for (Sheet& sheet : schema.sheets) {
    sheet.title = norm(sheet.title);
    for (Column& column : sheet.columns) {
      column.id.clear();
      column.header = norm(column.header);
      column.rules.aliases.clear();
    }
  }
  for (Enum& one : schema.enums)
    for (EnumValue& value : one.values) value.text = norm(value.text);
  return schema;
}

void write_anew(const fs::path& path, const std::vector<SampleSection>& sections, const std::string& message,
                const std::optional<std::string>& fixed) {
  std::string out;
  for (const SampleSection& one : sections) {
    if (one.word == "message" || one.word == "fixed") continue;
    if (&one != &sections.front() || one.rest != "0001_sample.zmig" || one.word != "file")
      out += "== " + one.word + (one.rest.empty() ? "" : " " + one.rest) + "\n";
    out += one.body;
    if (!one.body.empty()) out += "\n";
  }
  out += "== message\n" + message;
  if (fixed) out += "\n== fixed\n" + *fixed;
  std::ofstream(path, std::ios::binary) << out;
}

std::optional<std::string> fixed_text(const Linted& linted, std::string_view rule) {
  LintReport only = linted.report;
  std::erase_if(only.findings, [&](const LintFinding& one) { return one.diagnostic.code != rule; });
  for (const auto& [file, text] : fixed_texts(only, linted.world.sources, true))
    if (linted.world.sources.file(file).path == linted.subject) {
      Diagnostics none;
      return linted.world.codec->format({linted.subject, text}, file, none);  // as --fix writes it
    }
  return std::nullopt;
}

void check_fix(const Linted& bad, const std::vector<SampleSection>& sections, const LintRule& rule) {
  const auto text = fixed_text(bad, rule.id);
  REQUIRE(text == (bad.has_fixed ? std::optional(bad.fixed) : std::nullopt));
  if (!text) return;
  auto mended = sections;
  for (auto one = mended.rbegin(); one != mended.rend(); ++one)
    if (one->word == "file") {
      one->body = *text;
      break;
    }
  const Linted after(mended);
  INFO(after.said(rule.id));
  CHECK_FALSE(after.found.has_errors());
  // It removes the finding and adds none.
  CHECK(after.of(rule.id).empty());
  auto left = codes(bad.report);
  left.erase(std::string(rule.id));
  for (const std::string& code : codes(after.report)) {
    INFO("new finding " << code);
    const auto known = left.find(code);
    REQUIRE(known != left.end());
    left.erase(known);
  }
  if (rule.fix == "safe" && !bad.world.replayed.empty() && bad.world.replayed.size() == after.world.replayed.size()) {
    CHECK(bare(after.world.replayed.back().after) == bare(bad.world.replayed.back().after));
  }
}

}  // namespace

TEST_CASE("each rule finds its bad sample, with the exact text, and mends it where it says so", "[lint]") {
  for (const LintRule& rule : lint_rules()) {
    DYNAMIC_SECTION(rule.id) {
      const fs::path path = folder_of(rule.id) / "bad.txt";
      const auto sections = read_sample(path);
      const Linted bad(sections);
      INFO(bad.said(rule.id));
      if (std::getenv("ZMIG_WRITE_SAMPLES") != nullptr) {
        write_anew(path, sections, bad.said(rule.id), fixed_text(bad, rule.id));
        continue;
      }
      REQUIRE_FALSE(bad.of(rule.id).empty());
      CHECK(bad.said(rule.id) == bad.message);
      check_fix(bad, sections, rule);
    }
  }
}

TEST_CASE("each rule passes its good sample", "[lint]") {
  for (const LintRule& rule : lint_rules()) {
    DYNAMIC_SECTION(rule.id) {
      const Linted good(read_sample(folder_of(rule.id) / "good.txt"));
      CHECK(good.said(rule.id) == "");
      for (const Diagnostic& one : good.found.all()) {
        INFO(render(one, good.world.sources));
        CHECK((one.severity != Severity::error || is_lint_finding(one)));
      }
    }
  }
}

TEST_CASE("there are samples of rules only", "[lint]") {
  std::set<std::string> known, found;
  for (const LintRule& rule : lint_rules()) known.emplace(rule.id);
  for (const auto& entry : fs::directory_iterator(fs::path(ZMIG_TEST_DATA) / "lint"))
    found.insert(entry.path().filename().string());
  CHECK(found == known);
}

TEST_CASE("a rule that says it has a fix mends its bad sample, or the lock", "[lint]") {
  for (const LintRule& rule : lint_rules()) {
    INFO(rule.id);
    const Linted bad(read_sample(folder_of(rule.id) / "bad.txt"));
    REQUIRE_FALSE(bad.of(rule.id).empty());
    const auto& fix = bad.of(rule.id).front()->fix;
    CHECK(fix.has_value() == !rule.fix.empty());
    if (fix) CHECK((fix->safe ? "safe" : "suggested") == rule.fix);
  }
}

TEST_CASE("severities: configuration decides, off is silence, unknown ones are refused with a proposal", "[lint]") {
  Linted sample(read_sample(folder_of("ZM1302") / "bad.txt"));
  LintInput input{sample.world.history, sample.world.replayed, sample.world.sources};
  input.options.severities = {{"ZM1302", "error"}};
  CHECK(must(lint(input)).count(Severity::error) == 1);
  input.options.severities = {{"ZM1302", "off"}};
  const auto silent = must(lint(input));
  for (const LintFinding& one : silent.findings) CHECK(one.diagnostic.code != "ZM1302");
  input.options.severities = {{"ZM1312", "error"}};
  const auto unknown = lint(input);
  REQUIRE_FALSE(unknown.has_value());
  CHECK(unknown.error().zm == "ZM0702");
  CHECK(unknown.error().message == "there is no rule \"ZM1312\"");
  CHECK(unknown.error().help == "did you mean ZM1212?");
  input.options.severities = {{"ZM1302", "fatal"}};
  CHECK(lint(input).error().message == "\"fatal\" is no severity for ZM1302");
  input.options.severities = {};
  input.options.header_pattern = "[";
  CHECK(lint(input).error().message == "\"[\" is no regular expression");
}

TEST_CASE("an allowance with a reason keeps the finding, and it no longer counts", "[lint]") {
  auto sections = read_sample(folder_of("ZM1302") / "bad.txt");
  auto& text = sections.front().body;
  text.replace(text.find("description"), 0, "allow ZM1302 because \"the script goes by header\"\n");
  const Linted sample(sections);
  CHECK(sample.of("ZM1302").empty());
  CHECK(sample.report.allowed() == 1);
  CHECK(sample.of("ZM1911").empty());
}

TEST_CASE("rules that need data are not run without it, and say so", "[lint]") {
  const Linted sample(read_sample(folder_of("ZM1302") / "bad.txt"));
  std::size_t from_data = 0;
  for (const LintRule& rule : lint_rules())
    if (!rule.from_files) ++from_data;
  CHECK(sample.report.not_run.size() == from_data);
  CHECK(sample.report.rules_run + from_data == lint_rules().size());
  CHECK(sample.report.not_run.front() ==
        std::pair<std::string, std::string>("ZM1103", "it needs the workbook: add --live"));
}

TEST_CASE("only the migrations of the scope are looked at", "[lint]") {
  Linted sample(read_sample(folder_of("ZM1302") / "bad.txt"));
  LintInput input{sample.world.history, sample.world.replayed, sample.world.sources};
  input.scope = std::set<std::uint32_t>{99};
  CHECK(must(lint(input)).findings.empty());
}
