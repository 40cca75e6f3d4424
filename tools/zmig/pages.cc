// Pages out of the ledger, as documents.

#include "pages.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include <zmig/text.h>

namespace zmig::cli {

bool is_open(RunState state) {
  return state == RunState::planned || state == RunState::backed_up || state == RunState::in_flight ||
         state == RunState::confirmed;
}

namespace {

std::string name_of(const Run& run) { return padded(run.migration) + " " + run.slug; }

std::string state_words(const Run& run) {
  if (run.mode == RunMode::rehearsal)
    return run.state == RunState::undone ? "rehearsed, never applied" : "rehearsal failed";
  if (is_open(run.state)) return "interrupted";
  if (run.state == RunState::aborted) return "not done";
  if (run.state == RunState::undone) return "applied, then undone";
  const std::string done = run.verb == "down" ? "undone" : "applied";
  return run.verified && !*run.verified ? done + ", unverified" : done;
}

Tone tone_of(const Run& run) {
  if (run.mode == RunMode::rehearsal) return run.state == RunState::undone ? Tone::dim : Tone::bad;
  if (run.state == RunState::aborted) return Tone::bad;
  if (is_open(run.state) || (run.verified && !*run.verified)) return Tone::warn;
  return run.state == RunState::undone ? Tone::dim : Tone::good;
}

std::string sign_of(const std::string& state, const std::string& kind) {
  if (state == "satisfied" || state == "adopted") return "=";
  if (state == "conflict") return "!";
  if (kind.starts_with("drop_")) return "-";
  if (kind.starts_with("add_") || kind.starts_with("create_") || kind.starts_with("restore_")) return "+";
  return kind.starts_with("adopt_") || kind.starts_with("forget_") ? "=" : "~";
}

Tone tone_of_sign(const std::string& sign) {
  return sign == "+" ? Tone::good : sign == "-" || sign == "~" ? Tone::warn : Tone::plain;
}

/// What became of a planned operation, by what became of its run.
std::string settled(const std::string& planned, const Run& run) {
  if (planned == "conflict") return planned;
  if (run.state == RunState::aborted) return "not_done";
  if (is_open(run.state)) return "sent, not proved";
  if (planned == "satisfied") return "adopted";
  return run.state == RunState::undone ? "undone" : "done";
}

std::string state_in_words(std::string state) {
  std::ranges::replace(state, '_', ' ');
  return state;
}

std::string duration(std::uint64_t ms) { return fmt::format("{:.1f} s", static_cast<double>(ms) / 1000.0); }

Tone tone_of_outcome(const std::string& outcome) {
  if (outcome == "applied" || outcome == "undone" || outcome == "rehearsed") return Tone::good;
  return outcome == "failed" || outcome == "rehearsal failed" ? Tone::bad : Tone::warn;
}

Grid operations_grid(const LoggedRun& logged) {
  Grid grid{{"", "Operation", "Where", "State", "Cells", "Note"}, {}, "no operations", {}};
  for (const auto& op : logged.operations) {
    const auto state = settled(op.state, logged.run);
    const auto tone = state == "conflict" || state == "not_done" ? Tone::bad
                      : state == "adopted" || state == "undone"  ? Tone::dim
                                                                 : tone_of_sign(sign_of(op.state, op.kind));
    grid.rows.push_back({{sign_of(op.state, op.kind), op.sentence, op.where, state_in_words(state),
                          op.cells == 0 ? "" : grouped(op.cells), op.note},
                         tone});
  }
  return grid;
}

Facts backup_facts(const BackupRow& backup) {
  Facts facts;
  facts.list = {{"Backup", fmt::format("b{}", backup.id)},
                {"Name", backup.title},
                {"Taken", short_time(backup.created)},
                {"Read back and compared", backup.verified ? short_time(*backup.verified) : "never",
                 backup.verified ? Tone::good : Tone::bad},
                {"Kept until", backup.expires ? short_time(*backup.expires) : "removed by hand"},
                {"Position", padded(backup.position)},
                {"Size", fmt::format("{} bytes", grouped(backup.bytes))},
                {"Place", backup.location},
                {"SHA-256", backup.sha256}};
  return facts;
}

void add_backup(Document& document, const RunPage& page) {
  for (const auto& one : page.runs) {
    const auto* backup = page.backup_of(one);
    if (backup == nullptr) continue;
    auto& section = document.section("Backup");
    section.blocks.push_back(backup_facts(*backup));
    section.blocks.push_back(
        Grid{{"Sheet", "Rows", "Columns", "Formulas"}, read_sheets(backup->sheets_json), "no sheets", {}});
    return;
  }
}

void add_way_back(Document& document, const RunPage& page) {
  auto& section = document.section("Way back");
  if (page.undo.empty()) {
    section.blocks.push_back(Words{"There is nothing to take back.", Tone::dim});
    return;
  }
  for (const auto& one : page.runs)
    if (one.run.undo_until && one.run.state == RunState::applied) {
      section.blocks.push_back(Words{fmt::format(
          "{}: {} until {}{}", name_of(one.run), one.run.fidelity, short_time(*one.run.undo_until),
          one.captured == 0 ? "" : fmt::format(", {} saved cells or rows put back", grouped(one.captured)))});
    }
  section.blocks.push_back(Code{join(page.undo, "\n")});
}

std::vector<CheckResult> all_checks(const RunPage& page) {
  std::vector<CheckResult> checks;
  for (const auto& one : page.runs) checks.insert(checks.end(), one.checks.begin(), one.checks.end());
  return checks;
}

Facts run_facts(const RunPage& page) {
  Facts facts;
  facts.list = {
      {"Workbook", page.target},
      {"Position before", padded(page.from)},
      {"Position after", padded(page.to)},
      {"By", page.actor},
      {"Reason", page.reason.empty() ? "none given" : page.reason, page.reason.empty() ? Tone::dim : Tone::plain}};
  if (!page.runs.empty()) {
    const auto& first = page.runs.front().run;
    const auto& last = page.runs.back().run;
    facts.list.push_back({"Begun", short_time(first.started)});
    if (last.finished) {
      facts.list.push_back({"Ended", short_time(*last.finished)});
      const auto taken = std::max<std::int64_t>(0, (*last.finished - first.started).count());
      facts.list.push_back({"Took", duration(static_cast<std::uint64_t>(taken))});
    }
    facts.list.push_back({"Guarantee", first.guarantee});
    facts.list.push_back({"zmig", first.tool_version});
  }
  std::uint64_t cells = 0, writes = 0;
  for (const auto& one : page.runs) {
    cells += one.cost.cells;
    writes += one.cost.writes;
  }
  facts.list.push_back({"Cost", fmt::format("{} cells, {}", grouped(cells), counted(writes, "write", "writes"))});
  if (!page.consents.empty()) facts.list.push_back({"Consents", page.consents});
  if (!page.ci_ref.empty()) facts.list.push_back({"CI", page.ci_ref});
  if (!page.log.empty()) facts.list.push_back({"Log", page.log});
  return facts;
}

void add_migrations(Document& document, const RunPage& page) {
  for (const auto& one : page.runs) {
    auto& section = document.section(fmt::format("{} (r{}): {}", name_of(one.run), one.run.id, state_words(one.run)));
    if (!one.title.empty()) section.blocks.push_back(Words{one.title, Tone::dim});
    section.blocks.push_back(operations_grid(one));
    for (const auto& width : one.widths)
      if (width.before != width.after)
        section.blocks.push_back(Words{fmt::format("{}: {} -> {} columns", width.sheet, width.before, width.after)});
    if (one.kept > 0)
      section.blocks.push_back(Words{
          counted(one.kept, "cell", "cells") + " kept: people wrote there since, or took the row away", Tone::warn});
    if (one.lost > 0)
      section.blocks.push_back(
          Words{counted(one.lost, "value", "values") + " that people entered went, saved in a capture", Tone::warn});
    if (!one.run.error.empty()) section.blocks.push_back(Words{one.run.error, Tone::bad});
  }
}

void add_stages(Document& document, const RunPage& page) {
  Grid grid{{"Stage", "Migration", "Outcome", "At", "Took"}, {}, "no stage was reached", {}};
  for (const auto& one : page.runs)
    for (const auto& stage : one.stages)
      grid.rows.push_back(
          {{stage.name, padded(one.run.migration), stage.outcome, short_time(stage.at), duration(stage.ms)},
           stage.outcome == "ok" ? Tone::plain : Tone::bad});
  document.section("Stages").blocks.push_back(std::move(grid));
}

}  // namespace

std::string footer_of(const std::string& tool, const std::string& head) {
  return fmt::format("generated by zmig {}, do not edit; ledger head {}", tool, head.empty() ? "none" : head);
}

void add_checks(Document& document, const std::string& heading, const std::vector<CheckResult>& checks) {
  std::size_t passed = 0, failed = 0, skipped = 0;
  Grid bad{{"", "Check", "Subject", "Expected", "Found", "Cells"}, {}, "", {}};
  Grid good{{"Check", "Subject", "Examined", "Found"}, {}, "no check passed", {}};
  for (const auto& check : checks) {
    const auto about = check.subject.empty() ? check.text : check.subject;
    if (check.outcome == Outcome::passed) {
      ++passed;
      good.rows.push_back({{check.id, about, grouped(check.examined), check.observed}, Tone::good});
      continue;
    }
    const bool ran = check.outcome == Outcome::failed;
    (ran ? failed : skipped)++;
    bad.rows.push_back({{ran ? "failed" : "not run", check.id, about, check.expected,
                         ran ? check.observed : check.not_run_because, join(check.offending, ", ")},
                        ran ? Tone::bad : Tone::warn});
  }
  auto& section = document.section(heading);
  if (checks.empty()) {
    section.blocks.push_back(Words{"No check has run.", Tone::warn});
    return;
  }
  section.blocks.push_back(Words{fmt::format("{} passed, {} failed, {} not run", passed, failed, skipped),
                                 failed + skipped == 0 ? Tone::good : Tone::bad});
  if (!bad.rows.empty()) section.blocks.push_back(std::move(bad));
  if (!good.rows.empty()) {
    good.folded = counted(good.rows.size(), "check that passed", "checks that passed");
    section.blocks.push_back(std::move(good));
  }
}

void add_parts(Document& document, const std::vector<CheckResult>& checks) {
  for (const auto& check : checks) {
    if (check.parts.empty()) continue;
    const auto kept = std::ranges::count(check.parts, "kept", &PartFate::fate);
    auto& section = document.section(check.subject.empty() ? "Parts of the file"
                                                           : fmt::format("Parts of the file {}", check.subject));
    section.blocks.push_back(Words{fmt::format("{} kept byte for byte: packed bytes before and after were compared",
                                               counted(static_cast<std::uint64_t>(kept), "part", "parts")),
                                   check.outcome == Outcome::passed ? Tone::good : Tone::bad});
    Grid grid{{"Part", "", "Bytes", "Why"}, {}, "no part changed", {}};
    for (const auto& part : check.parts) {
      if (part.fate == "kept") continue;
      grid.rows.push_back(
          {{part.name, part.fate, grouped(part.bytes), part.why.empty() ? "nobody said so" : join(part.why, "; ")},
           part.why.empty() ? Tone::bad : Tone::plain});
    }
    section.blocks.push_back(std::move(grid));
  }
}

void add_plan(Document& document, const Plan& plan) {
  const bool up = plan.direction == Direction::up;
  auto& section =
      document.section(fmt::format("Plan: {} {} -> {}", up ? "up" : "down", padded(plan.from), padded(plan.to)));
  if (plan.migrations.empty()) {
    section.blocks.push_back(Words{"Nothing is pending.", Tone::good});
    return;
  }
  section.blocks.push_back(Facts{{{"Cells touched", grouped(plan.cost.cells)},
                                  {"Writes", grouped(plan.cost.writes)},
                                  {"Guarantee", plan.guarantee},
                                  {"Drift", std::string(to_string(plan.position.drift.worst)),
                                   plan.position.drift.worst == Drift::Class::breaking ? Tone::bad : Tone::plain}}});
  for (const auto& migration : plan.migrations) {
    auto& part = document.section(fmt::format("{} {}", padded(migration.number), migration.slug));
    if (!migration.title.empty()) part.blocks.push_back(Words{migration.title, Tone::dim});
    Grid grid{{"", "Operation", "Where", "Cells", "Note"}, {}, "no operations", {}};
    for (const auto& op : migration.operations) {
      const std::string state = op.state == OpState::satisfied  ? "satisfied"
                                : op.state == OpState::conflict ? "conflict"
                                                                : "pending";
      grid.rows.push_back(
          {{sign_of(state, op.kind), op.sentence, op.where, op.cells == 0 ? "" : grouped(op.cells), op.note},
           op.state == OpState::conflict    ? Tone::bad
           : op.state == OpState::satisfied ? Tone::dim
                                            : tone_of_sign(sign_of(state, op.kind))});
    }
    part.blocks.push_back(std::move(grid));
    for (const auto& width : migration.widths)
      if (width.before != width.after)
        part.blocks.push_back(Words{fmt::format("{}: {} -> {} columns", width.sheet, width.before, width.after)});
    part.blocks.push_back(Words{fmt::format("Undo: {}", to_string(migration.fidelity)), Tone::dim});
  }
}

void add_rehearsal(Document& document, const Rehearsal& rehearsal) {
  Grid grid{{"Step", "Outcome", "Took", "Detail"}, {}, "", {}};
  for (const auto& step : rehearsal.steps)
    grid.rows.push_back({{step.name, std::string(to_string(step.outcome)), duration(step.ms), step.detail},
                         step.outcome == Outcome::passed   ? Tone::good
                         : step.outcome == Outcome::failed ? Tone::bad
                                                           : Tone::warn});
  auto& section = document.section("Rehearsal on " + rehearsal.on);
  section.blocks.push_back(std::move(grid));
  Grid differences{{"Place", "At the start", "After up and down"}, {}, "", {}};
  for (const auto& one : rehearsal.differences)
    differences.rows.push_back({{one.where, one.expected, one.observed}, Tone::bad});
  if (!differences.rows.empty()) section.blocks.push_back(std::move(differences));
  add_checks(document, "Checks on the rehearsed copy", rehearsal.checks);
}

Document document_of(const PlanReport& report, const std::string& footer) {
  Document document;
  document.title = fmt::format("Plan of {}", report.env.empty() ? report.url : report.env);
  document.subtitle = fmt::format("{}, {}", report.url, quoted(report.title));
  document.footer = footer;
  add_plan(document, report.plan);
  Grid readers{{"Contract", "Verdict", "What its readers would miss"}, {}, "", {}};
  for (const auto& one : report.contracts)
    readers.rows.push_back({{one.file, one.holds ? "holds" : "does not hold", join(one.breaks, ", ")},
                            one.holds ? Tone::good : Tone::bad});
  if (!readers.rows.empty()) document.section("Readers").blocks.push_back(std::move(readers));
  if (report.lint) {
    Grid found{{"Rule", "Severity", "Finding"}, {}, "no findings", {}};
    for (const auto& one : report.lint->findings)
      if (!one.allowed_because)
        found.rows.push_back({{one.diagnostic.code, std::string(formats::severity_word(one.diagnostic.severity)),
                               one.diagnostic.message},
                              one.diagnostic.severity == Severity::error ? Tone::bad : Tone::plain});
    document.section("Lint").blocks.push_back(std::move(found));
  }
  if (report.rehearsal) add_rehearsal(document, *report.rehearsal);
  return document;
}

Document document_of(const VerifyReport& report, const std::string& place, const std::string& footer) {
  Document document;
  document.title = fmt::format("Verification at {}", padded(report.at));
  document.verdict = report.verdict;
  document.tone = report.verdict == "passed" ? Tone::good : Tone::bad;
  document.subtitle = place;
  document.footer = footer;
  add_checks(document, "Checks", report.checks);
  add_parts(document, report.checks);
  return document;
}

Document document_of(const RunPage& page) {
  Document document;
  document.title = page.runs.empty() ? fmt::format("{} was refused", page.verb)
                                     : fmt::format("{} d{}: {} -> {}", page.verb, page.runs.front().run.deployment,
                                                   padded(page.from), padded(page.to));
  document.verdict = page.outcome;
  document.tone = tone_of_outcome(page.outcome);
  document.subtitle = page.title.empty() ? page.target : page.target + ", " + quoted(page.title);
  document.footer = footer_of(page.tool, page.ledger_head);
  if (page.error) {
    auto& section = document.section("Why it stopped");
    section.blocks.push_back(Words{fmt::format("{}: {}", page.error->zm, page.error->message), Tone::bad});
    if (!page.error->help.empty()) section.blocks.push_back(Words{page.error->help});
    if (page.runs.empty()) section.blocks.push_back(Words{"Nothing was written."});
  }
  if (!page.findings.empty()) {
    Grid grid{{"Finding"}, {}, "", {}};
    for (const auto& finding : page.findings) grid.rows.push_back({{finding}, Tone::plain});
    document.section("Findings").blocks.push_back(std::move(grid));
  }
  document.section("Summary").blocks.push_back(run_facts(page));
  if (page.runs.empty()) return document;
  add_migrations(document, page);
  add_stages(document, page);
  if (page.runs.front().run.mode == RunMode::real) {
    add_checks(document, "Checks after the write", all_checks(page));
    add_parts(document, all_checks(page));
    add_backup(document, page);
    add_way_back(document, page);
  }
  return document;
}

std::vector<std::string> not_complete(const RunPage& page) {
  std::vector<std::string> why;
  for (const auto& one : page.runs) {
    const auto& run = one.run;
    const auto name = fmt::format("{} (r{})", name_of(run), run.id);
    if (run.mode == RunMode::rehearsal)
      why.push_back(name + " was a rehearsal; it was never applied");
    else if (run.verb != "up")
      why.push_back(fmt::format("{} was a `{}`", name, run.verb));
    else if (run.state != RunState::applied)
      why.push_back(fmt::format("{} is {}", name, state_words(run)));
    else if (!run.verified || !*run.verified)
      why.push_back(name + " is not verified");
    if (run.state == RunState::applied && one.checks.empty()) why.push_back(name + " has no checks on record");
    for (const auto& check : one.checks)
      if (check.outcome != Outcome::passed)
        why.push_back(fmt::format("{}: check {} {}", name, check.id,
                                  check.outcome == Outcome::failed ? "failed" : "did not run"));
  }
  if (page.runs.empty()) why.emplace_back("nothing was applied");
  return why;
}

std::vector<std::string> not_rolled_back(const RunPage& page) {
  std::vector<std::string> why;
  for (const auto& one : page.runs) {
    const auto name = fmt::format("{} (r{})", name_of(one.run), one.run.id);
    if (one.run.verb != "down" && one.run.verb != "restore")
      why.push_back(fmt::format("{} was a `{}`", name, one.run.verb));
    else if (one.run.state != RunState::applied)
      why.push_back(fmt::format("{} is {}", name, state_words(one.run)));
    else if (!one.run.verified)
      why.push_back(name + " was not read back");
  }
  if (page.runs.empty()) why.emplace_back("nothing was taken back");
  return why;
}

Document complete_document(const RunPage& page) {
  Document document;
  std::vector<std::string> names;
  for (const auto& one : page.runs) names.push_back(name_of(one.run));
  document.title = "Migration complete: " + join(names, ", ");
  document.verdict = "applied";
  document.tone = Tone::good;
  document.subtitle = fmt::format("{}, {} -> {}", page.target, padded(page.from), padded(page.to));
  document.footer = footer_of(page.tool, page.ledger_head);
  document.section("Summary").blocks.push_back(run_facts(page));
  add_migrations(document, page);
  add_checks(document, "Checks", all_checks(page));
  add_parts(document, all_checks(page));
  add_backup(document, page);
  add_way_back(document, page);
  return document;
}

Document rollback_document(const RunPage& page) {
  Document document;
  std::vector<std::string> names;
  std::uint64_t kept = 0, lost = 0;
  for (const auto& one : page.runs) {
    names.push_back(name_of(one.run));
    kept += one.kept;
    lost += one.lost;
  }
  document.title = "Taken back: " + join(names, ", ");
  document.verdict = page.outcome;
  document.tone = tone_of_outcome(page.outcome);
  document.subtitle = fmt::format("{}, {} -> {}", page.target, padded(page.from), padded(page.to));
  document.footer = footer_of(page.tool, page.ledger_head);
  auto facts = run_facts(page);
  facts.list.push_back({"Edits of people kept", grouped(kept), kept > 0 ? Tone::warn : Tone::plain});
  facts.list.push_back({"Values of people lost", grouped(lost), lost > 0 ? Tone::bad : Tone::plain});
  document.section("Summary").blocks.push_back(std::move(facts));
  add_migrations(document, page);
  add_checks(document, "Checks afterwards", all_checks(page));
  add_parts(document, all_checks(page));
  add_backup(document, page);
  add_way_back(document, page);
  return document;
}

Document document_of(const BackupPage& page) {
  Document document;
  document.title = fmt::format("Backup b{}", page.backup.id);
  document.verdict = page.backup.verified ? "verified" : "not verified";
  document.tone = page.backup.verified ? Tone::good : Tone::bad;
  document.subtitle = page.target;
  document.footer = footer_of(page.tool, page.ledger_head);
  auto& section = document.section("What was saved");
  auto facts = backup_facts(page.backup);
  facts.list.insert(facts.list.begin(), Fact{"Workbook", page.target});
  facts.list.insert(facts.list.begin() + 1, Fact{"Id of the workbook", page.backup.target_id});
  section.blocks.push_back(std::move(facts));
  section.blocks.push_back(
      Grid{{"Sheet", "Rows", "Columns", "Formulas"}, read_sheets(page.backup.sheets_json), "no sheets", {}});
  auto& covered = document.section("What it covers");
  covered.blocks.push_back(
      Words{"Every cell of every sheet: values, formulas, number formats; sheets, columns, their rules; the stamp."});
  covered.blocks.push_back(
      Words{"Not covered: charts, comments, pivot tables, scripts, column widths, colours.", Tone::warn});
  auto& back = document.section("How to put it back");
  back.blocks.push_back(Code{fmt::format("zmig restore b{} --dry-run{}\nzmig restore b{}{}", page.backup.id,
                                         page.env_flags, page.backup.id, page.env_flags)});
  return document;
}

Document document_of(const std::vector<TargetStatus>& targets, const std::string& footer) {
  Document document;
  document.title = "Where every workbook stands";
  document.footer = footer;
  Grid grid{
      {"Environment", "Workbook", "State", "Position", "Pending", "Drift", "Last verified"}, {}, "no environments", {}};
  Grid board{{"Migration"}, {}, "no migrations", {}};
  std::map<std::uint32_t, std::vector<std::string>> rows;
  std::map<std::uint32_t, std::string> slugs;
  bool all_current = true;
  for (std::size_t at = 0; at < targets.size(); ++at) {
    const auto& one = targets[at];
    const auto& report = one.report;
    const auto waiting = std::ranges::count_if(
        report.migrations, [](const MigrationStatus& row) { return row.state == "pending" || row.state == "undone"; });
    all_current = all_current && report.state == "current";
    const auto tone = report.state == "current"                                     ? Tone::good
                      : report.state == "behind" || report.state == "uninitialised" ? Tone::plain
                                                                                    : Tone::bad;
    std::string last = "never";
    if (const auto& seen = report.last_verification)
      last = fmt::format("{}, {} of {} passed", short_time(seen->at), seen->passed,
                         seen->passed + seen->failed + seen->not_run);
    grid.rows.push_back(
        {{one.env.empty() ? "-" : one.env, one.url, report.state, padded(report.position.at), std::to_string(waiting),
          report.inspected ? std::string(to_string(report.position.drift.worst)) : "not looked at", last},
         tone});
    board.headings.push_back(one.env.empty() ? one.url : one.env);
    for (const auto& row : report.migrations) {
      slugs[row.number] = row.slug;
      auto& cells = rows[row.number];
      cells.resize(at, "-");
      auto flags = row.flags;
      for (auto& flag : flags)
        if (flag.starts_with("undo until ") && row.undo_until) flag = "undo until " + short_time(*row.undo_until);
      cells.push_back(row.state + (flags.empty() ? "" : " (" + join(flags, ", ") + ")"));
    }
  }
  for (auto& [number, cells] : rows) {
    cells.resize(targets.size(), "-");
    cells.insert(cells.begin(), padded(number) + " " + slugs[number]);
    board.rows.push_back({cells, Tone::plain});
  }
  document.verdict = targets.empty() ? "" : all_current ? "current" : "not all current";
  document.tone = all_current ? Tone::good : Tone::warn;
  document.section("Workbooks").blocks.push_back(std::move(grid));
  document.section("Migrations").blocks.push_back(std::move(board));
  return document;
}

Document document_of(const BoardPage& page) {
  auto document = document_of(page.targets, footer_of(page.tool, page.ledger_head));
  if (page.plan) add_plan(document, *page.plan);
  add_checks(document, "Checks of the last verification", page.checks);
  Grid history{{"Run", "What", "Migration", "State", "When", "By", "Reason"}, {}, "no runs yet", {}};
  for (const auto& run : page.runs)
    history.rows.push_back({{fmt::format("r{}", run.id), run.mode == RunMode::rehearsal ? "rehearsal" : run.verb,
                             name_of(run), state_words(run), short_time(run.started), run.actor, run.reason},
                            tone_of(run)});
  document.section("History").blocks.push_back(std::move(history));
  auto& schema = document.section("Schema");
  for (const auto& one : page.targets) {
    for (const auto& sheet : one.report.position.state.sheets) {
      Grid grid{{"", "Header", "Type", "Format", "Rules"}, {}, "no columns", {}};
      for (std::size_t at = 0; at < sheet.columns.size(); ++at) {
        const auto& column = sheet.columns[at];
        std::vector<std::string> rules;
        if (column.rules.required) rules.emplace_back("required");
        if (column.rules.unique) rules.emplace_back("unique");
        grid.rows.push_back(
            {{column_letters(at), column.header, to_string(column.type), column.format.value_or(""), join(rules, ", ")},
             Tone::plain});
      }
      grid.folded = fmt::format("{}{}: {}", one.env.empty() ? "" : one.env + ", ", sheet.title,
                                counted(sheet.columns.size(), "managed column", "managed columns"));
      schema.blocks.push_back(std::move(grid));
    }
    if (!one.report.position.state.sheets.empty()) break;  // the others follow the same history
  }
  if (schema.blocks.empty()) schema.blocks.push_back(Words{"Nothing is managed yet.", Tone::dim});
  return document;
}

}  // namespace zmig::cli
