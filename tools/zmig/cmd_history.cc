// `zmig history`: runs, events and saved cells of the ledger.

#include <algorithm>
#include <set>
#include <utility>

#include <fmt/format.h>

#include <zmig/text.h>

#include "numbers.h"
#include "reports.h"
#include "session.h"

namespace zmig::cli {
namespace {

/// "2026-01-26", or with the time of day.
Result<UtcTime> moment_of(const std::string& text) {
  auto moment = parse_utc(text.size() == 10 ? text + "T00:00:00Z" : text);
  if (moment) return moment;
  return make_error(Errc::invalid_input, "ZM0703", fmt::format("{} is not a value for --since", zmig::quoted(text)),
                    "write 2026-01-26 or 2026-01-26T18:15:00Z");
}

/// The target whose runs are meant: that of the environment, when it can be told and the ledger knows several; empty:
/// all.
Result<std::string> only_target(Session& session, Ledger& ledger) {
  const auto env = session.environment();
  if (!env) return std::string();
  ZMIG_TRY(const auto runs, ledger.runs({}));
  std::set<std::string> targets;
  for (const Run& run : runs) targets.insert(run.target_id);
  if (targets.size() < 2) return std::string();
  const auto url = session.target_url();
  if (!url) return std::string();
  ZMIG_TRY(const auto known, ledger.target_at(url->scheme + ":" + url->rest));
  return known.value_or("");
}

/// A field of csv: quoted when it has to be.
std::string field(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string out = "\"";
  for (const char c : text) out += c == '"' ? std::string("\"\"") : std::string(1, c);
  return out + "\"";
}

/// Titles and headers as the files know them; what they do not know keeps its id.
struct Names {
  std::string sheet;
  std::vector<std::string> columns;
};
Names names_of(Session& session, const Run& run, const Capture& capture) {
  Names names{capture.sheet, {}};
  const Sheet* sheet = nullptr;
  for (const Replayed& one : session.replayed())
    if (one.migration.number == run.migration) {
      sheet = one.before.sheet(capture.sheet);
      if (sheet == nullptr) sheet = one.after.sheet(capture.sheet);
    }
  if (sheet != nullptr) names.sheet = sheet->title;
  auto ids = capture.columns;
  if (!capture.column.empty()) ids = {capture.column};
  for (const std::string& id : ids) {
    const Column* column = sheet == nullptr ? nullptr : column_by_id(*sheet, id);
    names.columns.push_back(column == nullptr ? id : column->header);
  }
  return names;
}

std::string text_of(const Cell& cell) { return cell.formula.empty() ? to_text(cell.value) : "=" + cell.formula; }

/// One line a cell, or one a row.
std::string csv_of(const Capture& capture, const Names& names) {
  std::string out;
  if (!capture.column.empty()) {
    out = "sheet,column,row,identity,before,after\n";
    for (const CapturedCell& one : capture.cells)
      out += fmt::format("{},{},{},{},{},{}\n", field(names.sheet), field(names.columns.front()), one.row.number,
                         field(one.row.identity), field(text_of(one.before)), field(text_of(one.after)));
    return out;
  }
  out = "sheet,row,identity,what";
  for (const auto& header : names.columns) out += "," + field(header);
  out += "\n";
  for (const CapturedRow& one : capture.rows) {
    out += fmt::format("{},{},{},{}", field(names.sheet), one.row.number, field(one.row.identity),
                       one.added ? "inserted" : "deleted");
    for (const Cell& cell : one.cells) out += "," + field(text_of(cell));
    out += "\n";
  }
  return out;
}

/// Cell values go into a file that was named, never to a terminal.
Answer export_capture(Session& session, Ledger& ledger, const std::string& id) {
  if (!session.globals().output)
    return failed(make_error(Errc::invalid_input, "ZM0703", "--export-capture needs a file", "name it: -o FILE"));
  const auto number = whole_number<std::uint64_t>(id.starts_with("c") ? std::string_view(id).substr(1) : id, "capture",
                                                  "`zmig history --captures` lists them, c1, c2, ...");
  if (!number) return failed(number.error());
  const auto rows = ledger.capture_rows(0);
  if (!rows) return failed(rows.error());
  const auto found = std::ranges::find(*rows, *number, &CaptureRow::id);
  if (found == rows->end())
    return failed(make_error(Errc::not_found, "ZM0713", fmt::format("there is no capture c{}", *number),
                             "`zmig history --captures` lists them"),
                  {"zmig history --captures" + session.env_flags()});
  const auto run = ledger.run(found->run);
  if (!run) return failed(run.error());
  static_cast<void>(session.history());  // names are a kindness: without the files the ids stand
  const auto names = names_of(session, run->value_or(Run{}), found->capture);
  session.diagnostics() = Diagnostics();
  Answer answer;
  answer.text = [text = csv_of(found->capture, names)] { return text; };
  return answer;
}

}  // namespace

Answer run_history(Session& session, const Arguments& arguments) {
  auto ledger = session.ledger(false);
  if (!ledger) return failed(ledger.error());
  if (const auto id = arguments.one("--export-capture")) return export_capture(session, **ledger, *id);
  auto report = std::make_shared<HistoryReport>();
  RunFilter filter;
  if (const auto limit = arguments.one("--limit")) {
    auto number = small_number(*limit, "--limit");
    if (!number) return failed(number.error());
    if (*number == 0)
      return failed(make_error(Errc::invalid_input, "ZM0703", "--limit 0 leaves nothing to show", "write 1 or more"));
    filter.limit = *number;
  }
  const auto mode = arguments.one("--mode").value_or("all");
  if (mode == "real")
    filter.mode = RunMode::real;
  else if (mode == "rehearsal")
    filter.mode = RunMode::rehearsal;
  else if (mode != "all")
    return failed(make_error(Errc::invalid_input, "ZM0703",
                             fmt::format("{} is not a value for --mode", zmig::quoted(mode)),
                             "one of: real, rehearsal, all"));
  std::uint64_t wanted = 0;
  if (const auto run = arguments.one("--run")) {
    auto number = run_number(*run);
    if (!number) return failed(number.error());
    auto found = (*ledger)->run(*number);
    if (!found) return failed(found.error());
    if (!*found)
      return failed(make_error(Errc::not_found, "ZM0713", fmt::format("there is no run r{}", *number),
                               "`zmig history` lists the runs"),
                    {"zmig history"});
    report->runs.push_back(**found);
    report->one_run = true;
    wanted = *number;
  } else {
    const auto limit = std::exchange(filter.limit, arguments.has("--since") ? 0 : filter.limit);
    if (!arguments.has("--all-targets")) {
      auto one = only_target(session, **ledger);
      if (!one) return failed(one.error());
      filter.target_id = std::move(*one);
    }
    auto runs = (*ledger)->runs(filter);
    if (!runs) return failed(runs.error());
    report->runs = std::move(*runs);
    if (const auto since = arguments.one("--since")) {
      const auto moment = moment_of(*since);
      if (!moment) return failed(moment.error());
      std::erase_if(report->runs, [&](const Run& one) { return one.started < *moment; });
      if (limit != 0 && report->runs.size() > limit) report->runs.resize(limit);
    }
  }
  if (arguments.has("--events")) {
    auto events = (*ledger)->events(wanted);
    if (!events) return failed(events.error());
    report->events = std::move(*events);
    report->show_events = true;
  }
  if (arguments.has("--captures")) {
    for (const auto& run : report->runs) {
      auto captures = (*ledger)->capture_rows(run.id);
      if (!captures) return failed(captures.error());
      report->captures.insert(report->captures.end(), captures->begin(), captures->end());
    }
    report->show_captures = true;
  }
  Answer answer;
  if (arguments.has("--check-chain")) {
    auto chain = (*ledger)->check_chain();
    if (!chain) return failed(chain.error());
    report->chain = *chain;
    if (!chain->ok)
      answer =
          failed(make_error(Errc::corrupt, "ZM0601",
                            fmt::format("the chain of the ledger is broken at event {}", chain->first_bad.value_or(0)),
                            "somebody edited the ledger; the stamp inside the target still counts"));
    if (!chain->ok) answer.exit = 5;
  }
  Console& console = session.console();
  answer.text = [report, &console] { return to_text(console, *report); };
  answer.data = [report] { return to_json(*report); };
  return answer;
}

}  // namespace zmig::cli
