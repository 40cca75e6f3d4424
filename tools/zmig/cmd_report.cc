// `zmig report`: documents out of the ledger, so that nobody types an id, a count or an expiry into a page.

#include <algorithm>
#include <filesystem>

#include <fmt/format.h>

#include <zmig/text.h>

#include "numbers.h"
#include "pages.h"
#include "session.h"
#include "statuses.h"

namespace zmig::cli {
namespace {

namespace fs = std::filesystem;

struct Made {
  Document document;
  std::string of, json;
  std::vector<std::string> refused;
};

Error unknown(std::string message, std::string help) {
  return make_error(Errc::not_found, "ZM0713", std::move(message), std::move(help));
}

/// The workbook that the command line or the configuration names, by what the ledger knows of its place. None: all.
Result<std::string> target_filter(Session& session, Ledger& ledger) {
  const auto env = session.environment();
  if (!env) {
    if (session.globals().env || session.globals().target) return env.error();
    return std::string();
  }
  ZMIG_TRY(const auto place, session.target_url());
  ZMIG_TRY(const auto id, ledger.target_at(place.scheme + ":" + place.rest));
  return id.value_or("");
}

Result<std::vector<Run>> runs_of_deployment(Ledger& ledger, std::uint64_t deployment) {
  ZMIG_TRY(auto runs, ledger.runs({}));
  std::erase_if(runs, [&](const Run& run) { return run.deployment != deployment; });
  if (runs.empty())
    return unknown(fmt::format("the ledger has no deployment d{}", deployment), "`zmig history` lists them");
  return runs;
}

Result<std::vector<Run>> one_run(Ledger& ledger, std::string_view word) {
  ZMIG_TRY(const auto number, run_number(word));
  ZMIG_TRY(const auto run, ledger.run(number));
  if (!run) return unknown(fmt::format("there is no run r{}", number), "`zmig history` lists the runs");
  return std::vector<Run>{*run};
}

/// The newest runs of one kind: those that share the deployment of the newest one.
Result<std::vector<Run>> newest(Ledger& ledger, const std::string& target, const std::string& verb) {
  RunFilter filter;
  filter.target_id = target;
  filter.mode = RunMode::real;
  ZMIG_TRY(const auto runs, ledger.runs(filter));
  std::vector<Run> found;
  for (const auto& run : runs) {
    if (run.verb != verb) continue;
    if (found.empty() || (run.deployment != 0 && run.deployment == found.front().deployment)) found.push_back(run);
  }
  return found;
}

/// `complete [N|DEPLOYMENT]`.
Result<std::vector<Run>> completed(Ledger& ledger, const std::string& target, const std::string& word) {
  if (word.empty()) return newest(ledger, target, "up");
  if (word.starts_with("d")) {
    ZMIG_TRY(const auto number, whole_number<std::uint64_t>(std::string_view(word).substr(1), "deployment",
                                                            "`zmig history` lists them: d1, d2, ..."));
    return runs_of_deployment(ledger, number);
  }
  if (word.starts_with("r")) return one_run(ledger, word);
  ZMIG_TRY(const auto number, migration_number(word));
  RunFilter filter;
  filter.target_id = target;
  filter.migration = number;
  ZMIG_TRY(const auto runs, ledger.runs(filter));
  // A rehearsal may be newer than the real thing; it does not stand for it.
  for (const auto mode : {RunMode::real, RunMode::rehearsal})
    for (const auto& run : runs)
      if (run.verb == "up" && run.mode == mode) return std::vector<Run>{run};
  return std::vector<Run>();
}

Result<Made> backup_page(Session& session, Ledger& ledger, const std::string& word) {
  ZMIG_TRY(const auto target, target_filter(session, ledger));
  ZMIG_TRY(const auto runs, ledger.runs({}));
  std::vector<BackupRow> rows;
  std::vector<std::string> seen;
  for (const auto& run : runs) {
    if (std::ranges::find(seen, run.target_id) != seen.end() || (!target.empty() && run.target_id != target)) continue;
    seen.push_back(run.target_id);
    ZMIG_TRY(const auto more, ledger.backups(run.target_id));
    rows.insert(rows.end(), more.begin(), more.end());
  }
  if (rows.empty()) return unknown("the ledger knows no backup", "`zmig up` makes one before it writes");
  const BackupRow* found = &*std::ranges::max_element(rows, {}, &BackupRow::id);
  if (!word.empty()) {
    const auto digits = std::string_view(word).substr(word.starts_with("b") ? 1 : 0);
    ZMIG_TRY(const auto number, whole_number<std::uint64_t>(digits, "backup", "write b4"));
    const auto same = std::ranges::find(rows, number, &BackupRow::id);
    if (same == rows.end())
      return unknown(fmt::format("the ledger knows no backup b{}", number), "`zmig history --run ID` names them");
    found = &*same;
  }
  BackupPage page{*found, {}, {}, session.tool_version(), session.env_flags()};
  for (const auto& run : runs)
    if (page.target.empty() && run.target_id == found->target_id) page.target = run.target_url;
  ZMIG_TRY(page.ledger_head, ledger.head());
  Made made{document_of(page), fmt::format("b{}", found->id), to_json(page), {}};
  if (!found->verified) made.refused.push_back(made.of + " was never read back and compared");
  if (!session.ports().files.exists(found->location))
    made.refused.push_back(fmt::format("the file of {} is gone: {}", made.of, found->location));
  return made;
}

Result<Made> of_runs(Session& session, Ledger& ledger, const std::string& kind, const std::string& word) {
  ZMIG_TRY(const auto target, target_filter(session, ledger));
  std::vector<Run> runs;
  if (kind == "complete") {
    ZMIG_TRY(runs, completed(ledger, target, word));
  } else if (!word.empty() && word.starts_with("d")) {
    ZMIG_TRY(runs, completed(ledger, target, word));
  } else if (!word.empty()) {
    ZMIG_TRY(runs, one_run(ledger, word));
  } else if (kind == "rollback") {
    ZMIG_TRY(runs, newest(ledger, target, "down"));
  } else {
    return make_error(Errc::invalid_input, "ZM0703", "`report run` needs a run", "write r17, or d9 for all of one up");
  }
  ZMIG_TRY(const auto page, run_page(ledger, runs, session.env_flags(), session.tool_version()));
  std::string of = word;
  if (of.empty() && !runs.empty()) of = fmt::format("d{}", runs.front().deployment);
  Made made{{}, of, to_json(page), {}};
  if (kind == "complete") {
    made.refused = not_complete(page);
    made.document = complete_document(page);
  } else if (kind == "rollback") {
    made.refused = not_rolled_back(page);
    made.document = rollback_document(page);
  } else {
    made.document = document_of(page);
  }
  return made;
}

Result<Made> board_page(Session& session, Ledger& ledger) {
  BoardPage page;
  page.tool = session.tool_version();
  int exit = 0;
  ZMIG_TRY(page.targets, collect_statuses(session, environment_names(session), exit));
  ZMIG_TRY(page.ledger_head, ledger.head());
  ZMIG_TRY(page.runs, ledger.runs({}));
  if (session.environment() && session.target()) {
    ZMIG_TRY(page.plan, plan_quietly(session));
    if (!session.target_summary().target_id.empty()) {
      ZMIG_TRY(const auto last, ledger.last_verification(session.target_summary().target_id));
      if (last) page.checks = read_checks(last->report_json);
    }
  }
  return Made{document_of(page), "", to_json(page), {}};
}

/// What a page says besides the newest event of the ledger, which changes with everything.
std::string without_head(const std::string& text) {
  std::string out;
  for (const auto& line : split(text, '\n'))
    if (line.find("ledger head") == std::string::npos) out += line + "\n";
  return out;
}

std::string rendered(const Document& document, const std::string& format) {
  if (format == "html") return to_html(document);
  return format == "text" ? to_plain(document) : to_markdown(document);
}

std::string format_of_file(const std::string& path) {
  const auto ending = fs::path(path).extension().string();
  return ending == ".html" || ending == ".htm" ? "html" : ending == ".txt" ? "text" : "md";
}

}  // namespace

Answer run_report(Session& session, const Arguments& arguments) {
  const auto kind = arguments.positional(0), word = arguments.positional(1);
  const std::vector<std::string> kinds{"backup", "complete", "rollback", "run", "board"};
  if (std::ranges::find(kinds, kind) == kinds.end()) {
    const auto close = nearest(kind, kinds);
    return failed(make_error(Errc::invalid_input, "ZM0703", fmt::format("there is no report {}", zmig::quoted(kind)),
                             close ? fmt::format("did you mean `{}`?", *close) : "one of: " + join(kinds, ", ")));
  }
  if (kind == "board" && !word.empty())
    return failed(make_error(Errc::invalid_input, "ZM0703", "`report board` is about all workbooks, it takes no name",
                             fmt::format("leave {} out", zmig::quoted(word))));
  auto ledger = session.ledger(false);
  if (!ledger) return failed(ledger.error());
  auto made = kind == "backup"  ? backup_page(session, **ledger, word)
              : kind == "board" ? board_page(session, **ledger)
                                : of_runs(session, **ledger, kind, word);
  if (session.diagnostics().has_errors()) {
    Answer answer;
    answer.exit = exit_code_of(session.diagnostics());
    return answer;
  }
  if (!made) return failed(made.error());
  auto page = std::make_shared<Made>(std::move(*made));
  auto data = std::make_shared<ReportAnswer>();
  data->kind = kind;
  data->of = page->of;
  data->refused_because = page->refused;
  data->document = page->json;
  if (auto head = (*ledger)->head()) data->ledger_head = *head;
  Answer answer;
  answer.data = [data] { return to_json(*data); };
  if (!page->refused.empty()) {
    data->document.clear();
    const bool unproved = page->refused.front().find("failed") != std::string::npos;
    answer.exit = 5;
    answer.error = make_error(Errc::conflict, unproved ? "ZM0901" : "ZM0902",
                              fmt::format("`report {}` has nothing true to say: {}", kind, page->refused.front()),
                              "`zmig report run ID` shows what did happen");
    for (std::size_t at = 1; at < page->refused.size(); ++at)
      answer.after += "  " + printable(page->refused[at]) + "\n";
    return answer;
  }
  if (const auto file = arguments.one("--check")) {
    const auto present = session.ports().files.read(*file, 64 * 1024 * 1024);
    if (!present) return failed(present.error());
    const bool same = without_head(*present) == without_head(rendered(page->document, format_of_file(*file)));
    data->fresh = same;
    data->path = *file;
    answer.exit = same ? 0 : 2;
    answer.text = [file = *file, same] { return fmt::format("{}  {}\n", same ? "fresh" : "stale", printable(file)); };
    return answer;
  }
  data->fresh = true;
  if (session.globals().output) data->path = *session.globals().output;
  auto format = session.globals().format;
  if (!session.globals().format_given && session.globals().output) format = format_of_file(*session.globals().output);
  if (!session.globals().format_given && !session.globals().output) format = "md";
  answer.text = [page, format] { return rendered(page->document, format); };
  return answer;
}

}  // namespace zmig::cli
