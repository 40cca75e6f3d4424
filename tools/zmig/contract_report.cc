#include "contract_report.h"

#include <map>

#include <fmt/format.h>

#include <zmig/text.h>

namespace zmig::cli {

ContractClass ContractReport::verdict() const {
  ContractClass worst = ContractClass::same;
  for (const CheckedContract& one : contracts) worst = std::max(worst, one.compared.verdict);
  return worst;
}

const ContractFinding& ContractReport::first_breaking() const {
  for (const CheckedContract& one : contracts)
    for (const ContractFinding& finding : one.compared.findings)
      if (finding.level == ContractClass::breaking) return finding;
  return contracts.front().compared.findings.front();
}

std::string sentence(const ContractFinding& finding) {
  std::string kind = finding.kind;
  std::replace(kind.begin(), kind.end(), '_', ' ');
  std::string out = finding.subject.empty() ? kind : fmt::format("{}: {}", finding.subject, kind);
  if (!finding.expected.empty() && !finding.observed.empty())
    out += fmt::format(", {} instead of {}", finding.observed, finding.expected);
  return out;
}

std::string to_text(const ContractReport& report) {
  std::string out;
  for (const CheckedContract& one : report.contracts) {
    out += fmt::format("{} against {} ({:04})\n", printable(one.file), printable(report.against), report.position);
    std::vector<std::string> added;
    for (const ContractFinding& finding : one.compared.findings) {
      if (finding.kind == "column_added") {
        added.push_back(finding.observed);
        continue;
      }
      if (finding.kind == "chain_ahead") continue;
      out += fmt::format("  {:<11} {}{}\n", to_string(finding.level), printable(sentence(finding)),
                         finding.where.empty() ? "" : "   " + printable(finding.where));
    }
    if (!added.empty()) {
      const auto shown = std::vector<std::string>(
          added.begin(), added.begin() + static_cast<std::ptrdiff_t>(std::min<std::size_t>(added.size(), 10)));
      out += fmt::format("  compatible  {} more: {}{}\n", counted(added.size(), "column", "columns"),
                         printable(join(shown, ", ")), added.size() > shown.size() ? ", ..." : "");
    }
    out +=
        fmt::format("  same        {} of {}, {}, {}\n", one.compared.columns_same,
                    counted(one.compared.columns_required, "required column", "required columns"),
                    counted(one.compared.formats, "format", "formats"), counted(one.compared.enums, "enum", "enums"));
    const std::string version = printable(one.version);
    switch (one.compared.verdict) {
      case ContractClass::same: out += "verdict       same\n"; break;
      case ContractClass::compatible:
        out += fmt::format("verdict       compatible: readers of {} keep working\n", version);
        break;
      case ContractClass::breaking:
        out += fmt::format("verdict       breaking: readers of {} stop working\n", version);
        break;
    }
  }
  return out;
}

}  // namespace zmig::cli
