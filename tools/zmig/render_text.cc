// Reports for people (docs/cli.md). Text from workbooks goes through printable().

#include <algorithm>
#include <map>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <zmig/text.h>

#include "backup_reports.h"
#include "reports.h"

namespace zmig::cli {
namespace {

char sign_of(OpState state, std::string_view kind) {
  switch (state) {
    case OpState::satisfied: return '=';
    case OpState::conflict: return '!';
    default: break;
  }
  if (kind.starts_with("drop_")) return '-';
  if (kind.starts_with("add_") || kind.starts_with("create_") || kind.starts_with("restore_")) return '+';
  if (kind.starts_with("adopt_") || kind.starts_with("forget_")) return '=';
  return '~';
}

/// Why a cell or row does not come back: where `now` tells no cell it tells why there is none (zmig/plan.h).
std::string why_kept(const KeptEdit& kept) {
  if (kept.now == "the row is gone") return "its row is gone, so there is no place for what stood there";
  if (kept.now == "several rows look like it") return "several rows look like its own, so nobody can say which";
  if (kept.now == "edited or gone") return "a row that was added, edited or taken away since";
  return "a person wrote there since";
}

std::string drift_line(const Drift& drift) {
  if (drift.items.empty()) return "none";
  std::string line = fmt::format("{}: ", to_string(drift.worst));
  std::map<std::string, std::vector<std::string>> kinds;
  for (const auto& item : drift.items) kinds[item.kind].push_back(item.where);
  bool first = true;
  for (const auto& [kind, places] : kinds) {
    std::string words = kind;
    std::ranges::replace(words, '_', ' ');
    line += fmt::format("{}{} {}{}", first ? "" : ", ", places.size(), words, places.size() == 1 ? "" : "s");
    if (places.size() <= 2) line += " (" + printable(join(places, ", ")) + ")";
    first = false;
  }
  return line;
}

std::string operation_lines(const Console& console, const std::vector<PlannedOperation>& operations) {
  Table table;
  table.drop = {2};
  std::vector<char> signs;
  for (const auto& op : operations) {
    const char sign = sign_of(op.state, op.kind);
    const auto bang = op.where.find('!');
    auto place = bang == std::string::npos ? op.where : op.where.substr(bang + 1);
    while (!place.empty() && place.back() >= '0' && place.back() <= '9') place.pop_back();
    table.rows.push_back({std::string(1, sign) + " " + printable(op.sentence), place, printable(op.note)});
    signs.push_back(sign);
  }
  std::string out;
  std::size_t at = 0;
  for (const auto& line : split(console.table(table), '\n')) {
    if (line.empty()) continue;
    out += console.signed_line(at < signs.size() ? signs[at] : ' ', line) + "\n";
    ++at;
  }
  return out;
}

std::string check_line(const Console& console, std::string_view kind, const CheckResult& check,
                       std::string_view later) {
  std::string result = check.outcome == Outcome::passed
                           ? (check.observed.empty() ? "holds" : "holds: " + check.observed)
                       : check.outcome == Outcome::failed ? "is false: " + check.observed
                                                          : "could not look: " + check.not_run_because;
  if (!later.empty() && check.outcome == Outcome::passed) result = std::string(later);
  const char sign = check.outcome == Outcome::passed ? '?' : '!';
  return console.signed_line(sign,
                             fmt::format("  {} {} {}   {}", sign, kind, printable(check.text), printable(result))) +
         "\n";
}

std::string host_title(const std::string& env, const std::string& url, const std::string& title) {
  return fmt::format("{}{}{}  \"{}\"", env, env.empty() ? "" : "  ", printable(url), printable(title));
}

std::uint64_t filled_cells(const RunReport& run) { return run.cost.cells; }

std::string_view fidelity_words(Fidelity fidelity) {
  return fidelity == Fidelity::needs_capture ? "exact with the saved cells" : to_string(fidelity);
}

/// What going back will cost, and what it leaves alone.
/// The dry run of cells that go elsewhere: what follows, part by part, and what cannot.
std::string follow_lines(const Console& console, const PlannedMigration& migration) {
  std::map<std::string, std::map<std::string, std::uint64_t>> parts;
  for (const auto& one : migration.follows)
    for (const auto& [kind, count] : one.kinds) parts[one.part][kind] += count;
  std::string out;
  for (const auto& [part, kinds] : parts) {
    std::string list;
    for (const auto& [kind, count] : kinds)
      list += fmt::format("{}{} {}", list.empty() ? "" : ", ", kind, grouped(count));
    out += fmt::format("follows    {}: {}\n", printable(part), list);
  }
  for (const auto& one : migration.unfollowed)
    out += console.signed_line('!',
                               fmt::format("  ! cannot follow {} ({}){}", printable(one.place), printable(one.because),
                                           one.text.empty() ? "" : ": " + printable(one.text.substr(0, 60)))) +
           "\n";
  return out;
}

std::string undo_line(const PlannedMigration& migration) {
  std::uint64_t saved = 0;
  for (const auto& capture : migration.captures) saved += capture.cells.size() + capture.rows.size();
  std::vector<std::string> kept;
  std::size_t columns = 0;
  for (const auto& op : migration.operations) {
    if (op.state == OpState::satisfied && !op.kind.starts_with("drop_")) kept.push_back(op.subject);
    if (op.state == OpState::pending && op.kind == "add_column") ++columns;
  }
  std::vector<std::string> parts{std::string(fidelity_words(migration.fidelity))};
  if (columns > 0) parts.push_back("takes out " + counted(columns, "column", "columns"));
  if (saved > 0) parts.push_back("puts back " + counted(saved, "saved cell or row", "saved cells and rows"));
  if (!kept.empty()) parts.push_back("will not remove " + join(kept, ", ") + " (adopted)");
  return "undo       " + printable(join(parts, "; ")) + "\n";
}

std::string guarantee_words(const Plan& plan) {
  return plan.guarantee == "atomic" ? "atomic: each migration in one write, or not at all"
                                    : plan.guarantee + ": several writes, each of them atomic";
}

/// At most three names, and how many more.
std::string some_of(const std::vector<std::string>& names) {
  std::vector<std::string> shown(names.begin(),
                                 names.begin() + static_cast<std::ptrdiff_t>(std::min<std::size_t>(names.size(), 3)));
  return join(shown, ", ") + (names.size() > 3 ? fmt::format(" and {} more", names.size() - 3) : "");
}

/// `heading`: "readers", as wide as the headings around it.
std::string reader_line(const Console& console, std::string_view heading, const ContractVerdict& one) {
  if (one.holds) return fmt::format("{}{} holds\n", heading, printable(one.file));
  return console.signed_line('!', fmt::format("{}! {} does not hold: {}", heading, printable(one.file),
                                              printable(some_of(one.breaks)))) +
         "\n";
}

std::string reader_lines(const Console& console, const ReaderImpact& impact) {
  std::string out;
  const auto bad = [&](const std::string& text) {
    out += console.signed_line('!', "readers    ! " + printable(text)) + "\n";
  };
  if (!impact.gone.empty()) bad("will not find " + some_of(impact.gone));
  if (!impact.changed.empty()) bad("will read another type in " + some_of(impact.changed));
  if (!impact.moved.empty())
    out += "readers    by letter: " + printable(some_of(impact.moved)) + " will stand elsewhere\n";
  if (out.empty())
    out = impact.added == 0 ? "readers    see no difference\n"
                            : fmt::format("readers    find every header where it was; {} new\n", impact.added);
  return out;
}

std::string size_words(std::uint64_t bytes) {
  if (bytes < 1024) return fmt::format("{} bytes", bytes);
  if (bytes < 1024 * 1024) return fmt::format("{:.0f} KiB", static_cast<double>(bytes) / 1024.0);
  return fmt::format("{:.1f} MiB", static_cast<double>(bytes) / 1048576.0);
}

std::string seconds_between(const Run& run) {
  if (!run.finished) return "-";
  return fmt::format("{:.1f} s", static_cast<double>((*run.finished - run.started).count()) / 1000.0);
}

}  // namespace

std::string short_time(UtcTime time) {
  return fmt::format("{:%Y-%m-%d %H:%M} UTC",
                     fmt::gmtime(std::chrono::system_clock::to_time_t(
                         std::chrono::time_point_cast<std::chrono::system_clock::duration>(time))));
}
std::string padded(std::uint32_t number) { return fmt::format("{:04}", number); }

std::string to_text(const Console&, const InitReport& report) {
  std::string out;
  for (const auto& path : report.created) out += "created  " + path + "\n";
  for (const auto& path : report.kept) out += "kept     " + path + "\n";
  for (const auto& path : report.changed) out += "changed  " + path + "\n";
  bool first = true;
  for (const auto& line : report.next) {
    out += (first ? "next     " : "         ") + line + "\n";
    first = false;
  }
  return out;
}

std::string to_text(const Console& console, const ShowReport& report) {
  if (report.raw) return *report.raw;
  if (report.schema_json) return escaped_json(*report.schema_json);
  if (report.down_asked)
    return fmt::format("# {}{}\n{}", report.down_source,
                       report.down_fidelity.empty() ? "" : ", " + report.down_fidelity, report.down_text);
  std::string out = fmt::format("{} {}   {}   {}\n", padded(report.number), report.slug, report.path,
                                report.hash.substr(0, 19) + "...");
  if (!report.title.empty()) out += "  " + printable(report.title) + "\n";
  Table table;
  for (const auto& op : report.operations) table.rows.push_back({printable(op.sentence)});
  out += console.table(table);
  for (const auto& change : report.changes) out += "  > " + change + "\n";
  for (const auto& allow : report.allows)
    out += fmt::format("allow  {} because {}\n", allow.code, printable(zmig::quoted(allow.because)));
  if (!report.depends.empty()) out += "after  " + join(report.depends, ", ") + "\n";
  out += fmt::format("down   {}: {}\n", report.down_source, report.down_fidelity);
  return out;
}

std::string to_text(const Console& console, const HistoryReport& report) {
  std::string out;
  if (report.runs.empty() && !report.show_events) out = "no runs yet\n";
  Table table;
  table.indent = 0;
  table.drop = {7, 8, 1, 6, 5};
  for (const auto& run : report.runs) {
    auto state = std::string(to_string(run.state));
    if (run.state == RunState::planned || run.state == RunState::backed_up || run.state == RunState::in_flight ||
        run.state == RunState::confirmed)
      state = "interrupted";
    if (run.state == RunState::applied && run.verified && !*run.verified) state = "applied, unverified";
    const auto verb = run.mode == RunMode::rehearsal ? "rehearse" : run.verb;
    table.rows.push_back({fmt::format("r{}", run.id), run.deployment == 0 ? "-" : fmt::format("d{}", run.deployment),
                          verb, padded(run.migration) + " " + printable(run.slug), state, short_time(run.started),
                          printable(run.actor), seconds_between(run), printable(run.reason)});
  }
  out += console.table(table);
  if (report.one_run && report.runs.size() == 1) {
    const auto& run = report.runs.front();
    out += fmt::format("  target     {}\n  steps      {} of {}\n  plan       {}\n  backup     {}\n",
                       printable(run.target_url), run.steps_confirmed, run.steps_total, run.plan_hash,
                       run.backup.empty() ? "none" : run.backup);
    if (run.undo_until) out += fmt::format("  undo until {}\n", short_time(*run.undo_until));
    if (!run.error.empty()) out += "  error      " + printable(run.error) + "\n";
  }
  if (report.show_events) {
    Table events;
    events.drop = {4, 1};
    for (const auto& item : report.events)
      events.rows.push_back({std::to_string(item.seq), format_utc(item.at),
                             item.run == 0 ? "-" : fmt::format("r{}", item.run), item.kind, item.hash.substr(0, 12)});
    out += console.table(events);
  }
  if (report.show_captures)
    for (const auto& [id, run, expires, capture] : report.captures)
      out += fmt::format("  c{}  r{}  step {}  {}{}{}  {}, {}{}\n", id, run, capture.step, capture.sheet,
                         capture.column.empty() ? "" : ".", capture.column,
                         counted(capture.cells.size(), "cell", "cells"), counted(capture.rows.size(), "row", "rows"),
                         expires ? "  kept until " + short_time(*expires) : "");
  if (report.chain)
    out += report.chain->ok ? fmt::format("chain    {} verified\n", counted(report.chain->events, "event", "events"))
                            : fmt::format("chain    broken at event {}\n", report.chain->first_bad.value_or(0));
  return out;
}

std::string to_text(const Console& console, const InspectReport& report) {
  std::string out;
  for (const auto& item : report.sheets) {
    const auto managed =
        std::ranges::count_if(item.columns, [](const InspectedColumn& column) { return column.column.managed; });
    out += fmt::format("{}  {} columns ({} managed), header row {}, {} rows, {} with data{}\n",
                       printable(zmig::quoted(item.sheet.title)), item.columns.size(), managed, item.sheet.header_row,
                       grouped(item.rows), grouped(item.data_rows), item.sheet.managed ? "" : ", foreign");
    Table table;
    table.drop = {5, 6, 1};
    for (const auto& column : item.columns)
      table.rows.push_back({column.letter, column.column.managed ? column.column.id : "-",
                            printable(zmig::quoted(column.column.header)), to_string(column.column.type),
                            printable(column.column.format.value_or("")),
                            fmt::format("{} filled", grouped(column.filled)),
                            fmt::format("{}{} distinct", grouped(column.distinct), column.many_distinct ? "+" : ""),
                            column.odd.empty() ? "" : "odd: " + printable(join(column.odd, " "))});
    out += console.table(table);
  }
  return out;
}

std::string to_text(const Console& console, const CopyReport& report) {
  std::string out = fmt::format("copied  {} -> {}\n", printable(report.from), printable(report.to));
  Table table;
  for (const auto& sheet : report.sheets) {
    std::vector<std::string> losses;
    for (const auto& loss : sheet.losses)
      losses.push_back(fmt::format("{} {} not held ({})", loss.count, loss.kind, join(loss.first, " ")));
    table.rows.push_back({printable(sheet.title),
                          fmt::format("{} rows x {} columns", grouped(sheet.rows), sheet.columns),
                          losses.empty() ? "complete" : join(losses, ", ")});
  }
  out += console.table(table);
  if (!report.aside.empty()) out += "aside   " + printable(report.aside) + "   what was there before\n";
  return out;
}

std::string to_text(const Console& console, const std::vector<TargetStatus>& targets) {
  std::string out;
  for (const auto& target : targets) {
    const auto& report = target.report;
    std::string pending;
    const auto waiting = std::ranges::count_if(report.migrations, [](const MigrationStatus& one) {
      return one.state == "pending" || one.state == "undone";  // `up` applies both
    });
    if (waiting > 0) pending = fmt::format(": {} pending", waiting);
    out += fmt::format("{}   {}{}\n", host_title(target.env, target.url, target.title), report.state, pending);
    if (report.position.stamp)
      out += fmt::format("stamp     {}, chain {}, {}   ledger {}\n", padded(report.position.at),
                         report.position.stamp->chain_hash.substr(7, 8), printable(report.position.stamp->lineage),
                         report.ledger_agrees ? "agrees" : "DISAGREES");
    else
      out += "stamp     none: `zmig baseline` takes this workbook under management\n";
    out += "drift     " +
           (report.inspected ? drift_line(report.position.drift) : std::string("not looked at (--no-inspect)")) + "\n";
    for (const auto& one : target.contracts) out += reader_line(console, "readers   ", one);
    if (target.lease) out += "lease     held by " + printable(in_words(*target.lease)) + "\n";
    if (report.state == "partial") out += "open run  stopped inside a migration: `zmig up` goes on where it is safe\n";
    if (report.last_verification)
      out += fmt::format(
          "verified  {}, {} of {} passed\n", short_time(report.last_verification->at), report.last_verification->passed,
          report.last_verification->passed + report.last_verification->failed + report.last_verification->not_run);
    out += "\n";
    Table table;
    table.drop = {6, 5, 4};
    for (const auto& migration : report.migrations) {
      std::string sign = migration.state == "applied"    ? "+"
                         : migration.state == "pending"  ? "."
                         : migration.state == "baseline" ? "="
                         : migration.state == "undone"   ? "-"
                         : migration.state == "partial"  ? ">"
                                                         : "!";
      std::vector<std::string> flags = migration.flags;
      for (auto& flag : flags)
        if (flag.starts_with("undo until ") && migration.undo_until)
          flag = "undo until " + short_time(*migration.undo_until);
      table.rows.push_back({sign, padded(migration.number), printable(migration.slug), migration.state,
                            migration.applied_at ? short_time(*migration.applied_at) : "-",
                            migration.actor.empty() ? "-" : printable(migration.actor), join(flags, ", ")});
    }
    out += console.table(table);
    if (targets.size() > 1) out += "\n";
  }
  return out;
}

std::string to_text(const Console& console, const Plan& plan, const std::string& env, const std::string& url,
                    const std::string& title, PlanUse use) {
  const bool up = plan.direction == Direction::up;
  std::string out = fmt::format("plan {}   {}   {} -> {}\n", up ? "up" : "down", host_title(env, url, title),
                                padded(plan.from), padded(plan.to));
  out += fmt::format("position  {}, {}\n", padded(plan.position.at),
                     plan.position.managed ? "from the stamp; managed schema compared" : "no stamp yet");
  out += "drift     " + drift_line(plan.position.drift) + "\n";
  if (plan.migrations.empty())
    return out + (plan.diagnostics.has_errors() ? "\nrefused; nothing was written\n"
                                                : "\nnothing to do; nothing was written\n");
  for (const auto& migration : plan.migrations) {
    out += fmt::format("\n{} {}   {}\n", padded(migration.number), migration.slug, printable(migration.path));
    if (!migration.title.empty()) out += "  # " + printable(migration.title) + "\n";
    out += operation_lines(console, migration.operations);
    for (const auto& check : migration.requires_) out += check_line(console, "require", check, "");
    for (const auto& check : migration.ensures)
      out += check_line(console, "ensure ", check,
                        check.outcome == Outcome::passed ? "predicted; checked after the write" : "");
    for (const auto& width : migration.widths)
      if (width.before != width.after)
        out += fmt::format("width      {} {} -> {} (derived from the operations)\n", printable(width.sheet),
                           width.before, width.after);
    out += follow_lines(console, migration);
    if (up) out += undo_line(migration);
    for (const auto& kept : migration.kept)
      out += console.signed_line('!', fmt::format("  ! kept {}: {}", printable(kept.where), why_kept(kept))) + "\n";
    if (migration.lost > 0)
      out += console.signed_line(
                 '-', fmt::format("  - loses {} that people entered since (saved in a capture); needs --allow-loss",
                                  counted(migration.lost, "value", "values"))) +
             "\n";
  }
  if (!up) {
    const auto way = way_back_of(plan);
    out += fmt::format("\nway back   {}{}\n", way.verdict, way.window_open ? "" : ", the window is closed");
    for (const auto& reason : way.reasons) out += fmt::format("           {}\n", printable(reason));
  }
  out += fmt::format("\ncost       {}, {}, {}, in {}{}\n", counted(plan.cost.cells, "cell", "cells"),
                     counted(plan.cost.reads, "read", "reads"), counted(plan.cost.writes, "write", "writes"),
                     counted(plan.migrations.size(), "migration", "migrations"),
                     plan.cost.ms < 1000 ? std::string() : fmt::format(", about {} s", (plan.cost.ms + 500) / 1000));
  out += fmt::format("guarantee  {}\nbackup     cells, verified before the first write\n", guarantee_words(plan));
  out += reader_lines(console, readers_of(plan));
  return use == PlanUse::result ? out + "nothing was written\n" : out;
}

namespace {

/// What becomes of the readers that are to be upheld, and what lint says.
std::string verdict_lines(const Console& console, const PlanReport& report) {
  std::string out;
  for (const auto& one : report.contracts) out += reader_line(console, "readers    ", one);
  if (!report.lint) return out;
  const auto errors = report.lint->count(Severity::error), warnings = report.lint->count(Severity::warning);
  std::vector<std::string> codes;  // those of errors first
  for (const auto severity : {Severity::error, Severity::warning})
    for (const auto& one : report.lint->findings)
      if (!one.allowed_because && one.diagnostic.severity == severity &&
          std::ranges::find(codes, one.diagnostic.code) == codes.end())
        codes.push_back(one.diagnostic.code);
  const auto line = fmt::format("lint       {}, {}{}", counted(errors, "error", "errors"),
                                counted(warnings, "warning", "warnings"), codes.empty() ? "" : ": " + some_of(codes));
  return out + (errors > 0 ? console.signed_line('!', line) : line) + "\n";
}

}  // namespace

std::string to_text(const Console& console, const Rehearsal& rehearsal) {
  std::string out = fmt::format("rehearsal on {}   {} -> {}\n", printable(rehearsal.on), padded(rehearsal.from),
                                padded(rehearsal.to));
  Table table;
  table.drop = {3};
  for (const auto& step : rehearsal.steps)
    table.rows.push_back({step.name,
                          step.outcome == Outcome::passed   ? "passed"
                          : step.outcome == Outcome::failed ? "failed"
                                                            : "not run",
                          printable(step.detail), fmt::format("{:.1f} s", static_cast<double>(step.ms) / 1000.0)});
  out += console.table(table);
  for (const auto& one : rehearsal.differences)
    out += console.signed_line('!', fmt::format("  ! {}: at the start {}, now {}", printable(one.where),
                                                printable(one.expected), printable(one.observed))) +
           "\n";
  for (const auto& check : rehearsal.checks)
    if (check.outcome != Outcome::passed)
      out +=
          console.signed_line(
              '!', fmt::format("  ! {} {}: {}", check.id, printable(check.subject),
                               printable(check.outcome == Outcome::failed ? check.observed : check.not_run_because))) +
          "\n";
  std::vector<std::string> runs;
  for (const auto id : rehearsal.recorded) runs.push_back(fmt::format("r{}", id));
  if (!runs.empty()) out += fmt::format("recorded   {} as rehearsals; nothing is applied\n", join(runs, ", "));
  return out;
}

std::string to_text(const Console& console, const PlanReport& report) {
  auto out = to_text(console, report.plan, report.env, report.url, report.title, PlanUse::before_run);
  if (!report.plan.migrations.empty()) out += verdict_lines(console, report);
  if (!report.saved.empty())
    return out + fmt::format("saved      {}   `up --plan` does exactly this\nnothing was written to the workbook\n",
                             printable(report.saved));
  if (!report.rehearsal) return report.plan.migrations.empty() ? out : out + "nothing was written\n";
  out += "\n" + to_text(console, *report.rehearsal);
  if (!report.log.empty()) out += "log        " + printable(report.log) + "\n";
  return out + "nothing was written to the workbook\n";
}

ReaderImpact readers_of(const Plan& plan) {
  ReaderImpact impact;
  if (plan.migrations.empty()) return impact;
  const Schema& before = plan.migrations.front().before;
  const Schema& after = plan.migrations.back().after;
  for (const auto& sheet : before.sheets) {
    const Sheet* then = after.sheet(sheet.id);
    if (then == nullptr) {
      impact.gone.push_back(sheet.title);
      continue;
    }
    if (then->title != sheet.title) impact.gone.push_back(fmt::format("{} (now {})", sheet.title, then->title));
    for (const auto& column : sheet.columns) {
      const auto name = sheet.title + "." + column.header;
      const Column* found = column_by_id(*then, column.id);
      if (found == nullptr)
        impact.gone.push_back(name);
      else if (found->header != column.header)
        impact.gone.push_back(fmt::format("{} (now {})", name, found->header));
      else if (!(found->type == column.type))
        impact.changed.push_back(fmt::format("{} ({} -> {})", name, to_string(column.type), to_string(found->type)));
      // Foreign columns are in neither state, so only the order among ours can be told.
      if (found != nullptr && column_index(*then, column.id) != column_index(sheet, column.id))
        impact.moved.push_back(name);
    }
  }
  for (const auto& sheet : after.sheets) {
    const Sheet* earlier = before.sheet(sheet.id);
    for (const auto& column : sheet.columns)
      if (earlier == nullptr || column_by_id(*earlier, column.id) == nullptr) ++impact.added;
  }
  return impact;
}

std::string leftover_lines(const Leftovers& leftovers) {
  std::string out;
  if (!leftovers.reports.empty()) out += "report    " + printable(join(leftovers.reports, "  ")) + "\n";
  if (!leftovers.log.empty()) out += "log       " + printable(leftovers.log) + "\n";
  return out;
}

namespace {

/// The writes of a run. Migrations that share a commit share its write, which is counted at the last of them.
std::string writes_of(const std::vector<RunReport>& runs, std::size_t index) {
  const auto waits = [&](std::size_t at) {
    return runs[at].cost.writes == 0 && runs[at].run.state == runs[index].run.state;
  };
  std::size_t first = index, last = index;
  while (first > 0 && waits(first - 1)) --first;
  while (last + 1 < runs.size() && waits(last)) ++last;
  const std::uint64_t writes = runs[last].cost.writes;
  if (first == last || writes == 0) return counted(runs[index].cost.writes, "write", "writes");
  return fmt::format("{} for {}-{}", writes == 1 ? "one write" : counted(writes, "write", "writes"),
                     padded(runs[first].migration.number), padded(runs[last].migration.number));
}

/// What was found as the line wants it, and what the way back makes of that.
std::string adopted_words(const PlannedOperation& op) {
  const std::string subject = printable(op.subject);
  if (op.kind.starts_with("drop_"))
    return fmt::format("the drop of {} (was gone, `down` does not bring it back)", subject);
  if (op.kind.starts_with("add_") || op.kind.starts_with("create_") || op.kind.starts_with("adopt_"))
    return fmt::format("{} (was there, `down` keeps it)", subject);
  return fmt::format("{} (was so already, `down` leaves it so)", subject);
}

char sign_of_part(const PartFate& part) {
  return part.fate == "added" ? '+' : part.fate == "removed" ? '-' : part.why.empty() ? '!' : '~';
}

/// What became of the pieces of the file: those that were kept are counted, the others named.
std::string part_lines(const Console& console, const std::vector<CheckResult>& checks) {
  constexpr std::size_t kNamed = 24;
  std::string out;
  for (const auto& check : checks) {
    if (check.parts.empty()) continue;
    const auto count = [&](std::string_view fate) {
      return static_cast<std::uint64_t>(std::ranges::count(check.parts, fate, &PartFate::fate));
    };
    out += fmt::format("parts     {} kept byte for byte, {} changed, {} new", count("kept"), count("changed"),
                       count("added"));
    out += count("removed") == 0 ? "\n" : fmt::format(", {} gone\n", count("removed"));
    std::size_t named = 0, more = 0;
    for (const auto& part : check.parts) {
      if (part.fate == "kept") continue;
      if (named++ >= kNamed) {
        ++more;
        continue;
      }
      const char sign = sign_of_part(part);
      const auto why = part.why.empty() ? std::string("nobody announced it") : join(part.why, "; ");
      out += console.signed_line(sign, fmt::format("        {} {}   {}", sign, printable(part.name), printable(why))) +
             "\n";
    }
    if (more > 0) out += fmt::format("          and {} more; `--json` names them\n", more);
  }
  return out;
}

}  // namespace

std::string to_text(const Console& console, const Report& report, const Leftovers& leftovers) {
  std::string out;
  if (!report.resumed.empty()) out += "recovered " + printable(report.resumed) + "\n";
  if (report.up_to_date && report.plan.direction == Direction::down)
    return out + fmt::format("up to date   at {}; nothing to undo, nothing written\n", padded(report.to));
  if (report.up_to_date) return out + fmt::format("up to date   at {}; nothing written\n", padded(report.to));
  std::size_t passed = 0, failed = 0, skipped = 0;
  std::optional<UtcTime> until;
  Fidelity fidelity = Fidelity::exact;
  std::size_t applied = 0;
  for (std::size_t i = 0; i < report.runs.size(); ++i) {
    const RunReport& run = report.runs[i];
    out += fmt::format("{:<9} {} {}   r{}   {}   {}, {}\n", run.outcome, padded(run.migration.number),
                       run.migration.slug, run.run.id, seconds_between(run.run),
                       counted(filled_cells(run), "cell", "cells"), writes_of(report.runs, i));
    for (const auto& op : run.migration.operations)
      if (op.state == OpState::satisfied) out += "          adopted " + adopted_words(op) + "\n";
    for (const auto& kept : run.migration.kept)
      out += fmt::format("          kept {}: {}\n", printable(kept.where), why_kept(kept));
    for (const auto& check : run.checks)
      (check.outcome == Outcome::passed ? passed : check.outcome == Outcome::failed ? failed : skipped)++;
    if (run.run.verb != "up" || run.outcome != "applied") continue;
    ++applied;
    if (run.run.undo_until) until = until ? std::min(*until, *run.run.undo_until) : run.run.undo_until;
    fidelity = std::max(fidelity, run.migration.fidelity);
  }
  if (report.backup)
    out += fmt::format("backup    b{}  {}   verified, {}\n", report.backup->id, printable(report.backup->title),
                       size_words(report.backup->bytes));
  out += copy_lines(report.copies);
  if (!report.runs.empty()) out += fmt::format("verify    {} passed, {} failed, {} not run\n", passed, failed, skipped);
  for (const auto& run : report.runs) out += part_lines(console, run.checks);
  if (applied > 0 && until) {
    const auto back = applied == 1 ? std::string("zmig down") : fmt::format("zmig down --to {}", report.from);
    out += fmt::format("undo      {}{}        {} until {}\n", back, leftovers.flags, fidelity_words(fidelity),
                       short_time(*until));
  }
  return out + leftover_lines(leftovers);
}

std::string failure_text(const Console& console, const Report& report) {
  std::string out;
  bool wrote = false;
  for (const auto& run : report.runs) {
    const bool done =
        run.run.state == RunState::applied || run.run.state == RunState::confirmed || run.run.state == RunState::undone;
    // Sent, but not proved: what is in the workbook is for the next command to find out.
    const bool open = run.outcome == "interrupted";
    wrote = wrote || done || open;
    out += fmt::format("  {:<9} {} {}{}\n",
                       done   ? "done"
                       : open ? "open"
                              : "not done",
                       padded(run.migration.number), run.migration.slug,
                       open ? ": sent; the next command looks whether it landed" : "");
    for (const auto& op : run.migration.operations) {
      const bool adopted = op.state == OpState::satisfied;
      const char sign = sign_of(op.state, op.kind);
      out += console.signed_line(
                 sign, fmt::format("    {:<9} {} {}{}",
                                   adopted ? "adopted"
                                   : done  ? "done"
                                   : open  ? "sent"
                                           : "not done",
                                   sign, printable(op.sentence), op.where.empty() ? "" : "  " + printable(op.where))) +
             "\n";
    }
  }
  // What the plan holds beyond the migration that stopped it.
  for (const auto& migration : report.plan.migrations) {
    const bool seen = std::ranges::any_of(
        report.runs, [&](const RunReport& run) { return run.migration.number == migration.number; });
    if (!seen) out += fmt::format("  {:<9} {} {}\n", "not begun", padded(migration.number), migration.slug);
  }
  if (!wrote) out += "  nothing was written\n";
  if (report.backup) out += fmt::format("  backup    b{}, verified\n", report.backup->id);
  for (const BackupRow& copy : report.copies) out += fmt::format("  copy      b{}, {}\n", copy.id, copy.mode);
  return out;
}

namespace {

/// The first cells of a check that failed; `--json` lists more.
std::string places_in_short(const CheckResult& check) {
  constexpr std::size_t kShown = 5;
  if (check.offending.size() <= kShown) return printable(join(check.offending, ", "));
  const std::vector<std::string> first(check.offending.begin(), check.offending.begin() + kShown);
  return printable(join(first, ", ")) + ", ...";
}

}  // namespace

std::string to_text(const Console& console, const VerifyReport& report, const std::string& env,
                    const std::string& title) {
  std::string out =
      fmt::format("verify  {}{}\"{}\"  at {}\n", env, env.empty() ? "" : "  ", printable(title), padded(report.at));
  std::map<std::string, std::size_t> passed;
  std::vector<std::string> order;
  for (const auto& check : report.checks) {
    if (check.outcome != Outcome::passed) continue;
    if (passed[check.id]++ == 0) order.push_back(check.id);
  }
  std::string line = "  passed  ";
  for (const auto& id : order) {
    const auto word = passed[id] > 1 ? fmt::format(" {} ({})", id, passed[id]) : " " + id;
    if (line.size() + word.size() > 78) {
      out += line + "\n";
      line = "  passed  ";
    }
    line += word;
  }
  if (!order.empty()) out += line + "\n";
  for (const auto& check : report.checks) {
    if (check.outcome == Outcome::failed)
      out +=
          console.signed_line('!', fmt::format("! failed   {}  {}: {}{}   {}", check.id, printable(check.subject),
                                               printable(check.observed),
                                               check.expected.empty() ? "" : ", expected " + printable(check.expected),
                                               places_in_short(check))) +
          "\n";
    if (check.outcome == Outcome::not_run)
      out += console.signed_line('!', fmt::format("! not run  {}  {}: {}", check.id, printable(check.subject),
                                                  printable(check.not_run_because))) +
             "\n";
  }
  if (report.sample) {
    const auto& sample = *report.sample;
    out += fmt::format("  sample   {} of {} rows; the same again: --sample {}:{}\n", grouped(sample.rows),
                       grouped(sample.of), sample.rows, sample.seed);
    if (sample.rows < sample.of)
      out += fmt::format("           a fault in one row in a hundred would be missed with {:.0f} %\n",
                         sample.missed * 100);
  }
  return out + fmt::format("{}: {} passed, {} failed, {} not run\n", report.verdict, report.passed, report.failed,
                           report.not_run);
}

std::string to_text(const Console& console, const BaselineReport& report, const std::string& env,
                    const std::string& title, const std::string& schema_path) {
  std::string out = fmt::format("baseline  {}{}\"{}\"\n", env, env.empty() ? "" : "  ", printable(title));
  Table table;
  for (const auto& sheet : report.schema.sheets) {
    if (!sheet.managed) continue;
    const auto managed = std::ranges::count_if(sheet.columns, &Column::managed);
    const auto foreign = std::ssize(sheet.columns) - managed;
    table.rows.push_back(
        {printable(sheet.title), counted(static_cast<std::uint64_t>(managed), "column", "columns") + " managed",
         fmt::format("header row {}", sheet.header_row), foreign > 0 ? fmt::format("{} foreign", foreign) : ""});
  }
  out += console.table(table);
  std::map<std::string, std::size_t> types;
  for (const auto& guess : report.guessed) ++types[guess.type];
  if (!types.empty()) {
    std::vector<std::string> words;
    words.reserve(types.size());
    for (const auto& [type, count] : types) words.push_back(fmt::format("{} {}", count, type));
    out += fmt::format("  types guessed {}: look at them in {}\n", join(words, ", "), schema_path);
  }
  for (const auto& difference : report.differences)
    out += console.signed_line('!', fmt::format("  ! {}: expected {}, found {}", printable(difference.where),
                                                printable(difference.expected), printable(difference.observed))) +
           "\n";
  if (report.proved) out += fmt::format("recorded  {}, proved equal to the workbook\n", padded(report.position));
  return out;
}

}  // namespace zmig::cli
