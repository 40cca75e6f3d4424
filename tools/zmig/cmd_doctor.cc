// `zmig doctor`: parse, examine, render.

#include <algorithm>

#include <fmt/format.h>

#include <zmig/text.h>

#include "doctor.h"
#include "session.h"

namespace zmig::cli {
namespace {

std::string text_of(const Console& console, const DoctorReport& report) {
  std::string out;
  Table table;
  table.indent = 0;
  std::vector<char> signs;
  for (const auto& one : report.checks) {
    const auto word = one.health == Health::not_run ? std::string("not run") : std::string(to_string(one.health));
    const char sign = one.health == Health::ok ? '=' : one.health == Health::warning ? '~' : '!';
    const auto place = one.where.empty() ? "" : one.where + " ";
    table.rows.push_back({std::string(1, sign) + " " + word, one.id, printable(place + one.message)});
    signs.push_back(sign);
    if (one.health == Health::ok || one.help.empty()) continue;
    table.rows.push_back({"", "", printable(one.help)});
    signs.push_back(' ');
  }
  std::size_t at = 0;
  for (const auto& line : split(console.table(table), '\n')) {
    if (line.empty()) continue;
    const char sign = at < signs.size() ? signs[at] : ' ';
    out += (sign == '~' || sign == '!' ? console.signed_line(sign, line) : line) + "\n";
    ++at;
  }
  if (!report.checks.empty())
    out += fmt::format("{} checked: {} ok, {}, {} failed, {} not run\n", report.checks.size(), report.count(Health::ok),
                       counted(report.count(Health::warning), "warning", "warnings"), report.count(Health::failed),
                       report.count(Health::not_run));
  if (!report.show_settings) return out;
  Table settings;
  settings.indent = 0;
  settings.drop = {};
  for (const auto& one : report.settings) settings.rows.push_back({one.key, printable(one.value), one.origin});
  return out + (out.empty() ? "" : "\n") + console.table(settings);
}

}  // namespace

Answer run_doctor(Session& session, const Arguments& arguments) {
  const auto only = arguments.all("--only");
  for (const auto& id : only) {
    const auto& known = doctor_checks();
    if (std::ranges::find(known, id) != known.end()) continue;
    const auto close = nearest(id, known);
    return failed(make_error(Errc::invalid_input, "ZM0703", fmt::format("there is no check {}", zmig::quoted(id)),
                             close ? fmt::format("did you mean `{}`?", *close) : "one of: " + join(known, ", ")));
  }
  auto report = std::make_shared<DoctorReport>();
  Answer answer;
  const auto look_at = [&](Session& one, const std::string& env) {
    auto found = examine(one, only);
    for (auto& check : found) {
      answer.exit = stronger_exit(answer.exit, check.exit);
      if (!env.empty()) check.message = env + ": " + check.message;
      report->checks.push_back(std::move(check));
    }
  };
  if (arguments.has("--all") && session.config().environments.size() > 1 && !session.diagnostics().has_errors()) {
    for (const auto& [name, env] : session.config().environments) {
      auto globals = session.globals();
      globals.env = name;
      globals.target.reset();
      Session one(globals, session.variables(), session.config(), {}, {}, session.console());
      look_at(one, name);
    }
  } else {
    look_at(session, "");
  }
  report->show_settings = arguments.has("--config");
  if (report->show_settings) report->settings = all_settings(session);
  if (answer.exit != 0) {
    const auto first =
        std::ranges::find_if(report->checks, [&](const Examined& one) { return one.exit == answer.exit; });
    const bool ran = first->health == Health::failed;
    answer.error =
        make_error(Errc::conflict, ran ? "ZM0901" : "ZM0902",
                   fmt::format("doctor: {} {}: {}", first->id, ran ? "failed" : "did not run", first->message),
                   first->help.empty() ? "the result lists every check" : first->help, first->where);
  }
  Console& console = session.console();
  answer.text = [report, &console] { return text_of(console, *report); };
  answer.data = [report] { return to_json(*report); };
  return answer;
}

}  // namespace zmig::cli
