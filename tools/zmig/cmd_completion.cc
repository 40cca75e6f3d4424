// completion: scripts for shells, and the names that they ask for while somebody types.

#include <algorithm>
#include <memory>

#include <fmt/format.h>

#include <zmig/text.h>

#include "completion.h"
#include "reports.h"
#include "session.h"

namespace zmig::cli {
namespace {

/// Names of one kind, one a line. What cannot be read has none: a shell that completes shows no errors.
std::string names_of_kind(Session& session, const std::string& kind) {
  std::string out;
  if (kind == "environments")
    for (const auto& [name, env] : session.config().environments) out += name + "\n";
  if (kind == "migrations")
    if (const auto history = session.history())
      for (const auto& file : (*history)->files) out += fmt::format("{:04}\n", file.number);
  if (kind == "runs" || kind == "backups") {
    RunFilter filter;
    filter.limit = 50;
    const auto ledger = session.ledger(false);
    if (!ledger) return out;
    const auto runs = (*ledger)->runs(filter);
    if (!runs) return out;
    std::vector<std::string> seen;
    for (const auto& run : *runs) {
      const auto name = kind == "runs" ? fmt::format("r{}", run.id) : run.backup;
      if (name.empty() || std::ranges::find(seen, name) != seen.end()) continue;
      seen.push_back(name);
      out += name + "\n";
    }
  }
  return out;
}

}  // namespace

Answer run_completion(Session& session, const Arguments& arguments) {
  auto report = std::make_shared<HelpReport>();
  if (const auto kind = arguments.one("--values")) {
    *report = {*kind, names_of_kind(session, *kind)};
    session.diagnostics() = {};
  } else if (arguments.positionals().empty()) {
    return failed(make_error(Errc::invalid_input, "ZM0703", "`completion` needs SHELL", "one of: bash, zsh, fish"));
  } else {
    *report = {arguments.positional(0), completion_script(arguments.positional(0))};
  }
  Answer answer;
  answer.text = [report] { return report->text; };
  answer.data = [report] { return to_json(*report); };
  return answer;
}

}  // namespace zmig::cli
