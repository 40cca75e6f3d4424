#include "run/baseline.h"

#include <algorithm>

#include <fmt/format.h>

#include <zmig/header_norm.h>

#include "base/failpoint.h"
#include "base/text.h"
#include "model/names.h"
#include "model/schema_text.h"
#include "plan/position.h"
#include "run/checks.h"
#include "run/executor.h"
#include "run/locks.h"
#include "run/recover.h"
#include "run/run_json.h"

namespace zmig::run {
namespace {

constexpr std::string_view kName = "0000_baseline";

Diagnostic finding(Severity severity, std::string code, std::string message, std::string cell, std::string help = {}) {
  Diagnostic out;
  out.severity = severity;
  out.code = std::move(code);
  out.message = std::move(message);
  out.primary.cell = std::move(cell);
  if (!help.empty()) out.help = std::move(help);
  return out;
}

bool same_title(const std::vector<std::string>& titles, const std::string& title) {
  return std::any_of(titles.begin(), titles.end(), [&](const std::string& one) { return norm(one) == norm(title); });
}

/// Two managed columns of one sheet must not be mistaken for each other; blank headers are nobody's.
void check_headers(const Sheet& state, const Sheet& live, Diagnostics& out) {
  // A guessed state has the columns of the live sheet in their places; a given one is found by its headers.
  const auto at = [&](std::size_t i) {
    const std::string& header = state.columns[i].header;
    if (i < live.columns.size() && live.columns[i].header == header) return place_of(live, i, live.header_row);
    const Column* there = column_by_header(live, header, true);
    return there == nullptr ? live.title : place_of(live, column_index(live, there->id), live.header_row);
  };
  for (std::size_t i = 0; i < state.columns.size(); ++i) {
    for (std::size_t k = i + 1; k < state.columns.size(); ++k) {
      const Column& a = state.columns[i];
      const Column& b = state.columns[k];
      if (!a.managed || !b.managed || look(a.header) != look(b.header)) continue;
      const bool twice = same_header(a.header, b.header);
      Diagnostic error = finding(
          Severity::error, twice ? "ZM0312" : "ZM0311",
          twice ? fmt::format("{} stands twice in {}: {} and {}", quoted(a.header), quoted(live.title), at(i), at(k))
                : fmt::format("{} ({}) and {} ({}) look the same: {}", quoted(a.header), at(i), quoted(b.header), at(k),
                              code_points_note(a.header, b.header)),
          at(k), "rename one of them in the workbook, or leave it out with `--managed FILE`");
      error.secondary.push_back(Label{std::nullopt, at(i), "the other one"});
      out.add(std::move(error));
    }
  }
  for (std::size_t i = 0; i < live.columns.size(); ++i) {
    if (!is_blank_header(live.columns[i].header)) continue;
    out.add(finding(Severity::info, "ZM1405", "blank header: the column stays foreign",
                    place_of(live, i, live.header_row)));
  }
}

/// The part of a state whose sheets and columns are there, by id or by name.
Schema part_that_is_there(Schema state, const Schema& live) {
  const auto sheet_of_live = [&](const Sheet& sheet) {
    const Sheet* there = live.sheet(sheet.id);
    return there != nullptr ? there : live.sheet_titled(sheet.title, true);
  };
  erase_if(state.sheets, [&](const Sheet& sheet) { return sheet_of_live(sheet) == nullptr; });
  for (Sheet& sheet : state.sheets) {
    const Sheet* there = sheet_of_live(sheet);
    erase_if(sheet.columns, [&](const Column& column) {
      return column_by_id(*there, column.id) == nullptr && column_by_header(*there, column.header, true) == nullptr;
    });
  }
  return state;
}

/// Finds out what is to be managed, and proves that the workbook is it.
class Baseline {
 public:
  Baseline(Context& context, const BaselineOptions& options) : context_(context), options_(options) {}

  Result<BaselineReport> run() {
    if (!options_.check_only && !options_.dry_run) {
      ZMIG_CHECK_OK(recover());
      if (done_) return std::move(report_);
    }
    std::unique_ptr<Writer> writer;
    if (!options_.check_only && !options_.dry_run) { ZMIG_TRY(writer, take_lease(context_, "baseline")); }
    ZMIG_TRY(const Look look, look_at(context_));
    if (landed_before(look)) return std::move(report_);
    if (!may_begin(look)) return refused();
    ZMIG_TRY(const bool found, find_state(look));
    if (!found) return refused();
    ZMIG_CHECK_OK(prove(look));
    if (report_.diagnostics.has_errors() || !report_.proved) return refused();
    if (options_.check_only || options_.dry_run) return std::move(report_);
    ZMIG_CHECK_OK(record_baseline(context_, look, std::move(writer), report_.schema, report_.position, options_.copy));
    return std::move(report_);
  }

 private:
  Result<BaselineReport> refused() {
    report_.exit_code = report_.diagnostics.has_errors() ? exit_code_of(report_.diagnostics) : report_.proved ? 0 : 3;
    return std::move(report_);
  }

  /// A baseline that was interrupted is finished here: its schema may not have been stored anywhere yet.
  Status recover() {
    ZMIG_TRY(const Look look, look_at(context_));
    ZMIG_TRY(const auto target_id, known_target(context_, look.stamp));
    if (options_.copy && !options_.check_only) ZMIG_CHECK_OK(close_lost_copies(target_id));
    ZMIG_TRY(LedgerView view, view_ledger(context_, target_id));
    if (!view.open) return ok();
    if (view.open->verb != "baseline") {
      ZMIG_TRY(const Recovered recovered, recover_first(context_));
      static_cast<void>(recovered);
      return ok();
    }
    ZMIG_TRY(const auto lease, take_lease(context_, "recovery"));
    ZMIG_TRY(const Look again, look_at(context_));
    Run& run = *view.open;
    const bool landed = again.stamp && again.stamp->run == run.uid;
    run.state = landed ? RunState::applied : RunState::aborted;
    run.finished = context_.now();
    if (landed) run.verified = true;
    ZMIG_CHECK_OK(context_.ledger.update(run, landed ? "run.applied" : "run.aborted", checks_json({})));
    if (!landed) return ok();
    report_.schema = managed_part(again.live);
    report_.position = again.stamp->position;
    report_.proved = true;
    done_ = true;
    return ok();
  }

  /// A `--copy` that ended before its commit stands under an id that no stamp ever carried: nobody else looks there.
  Status close_lost_copies(const std::optional<std::string>& target_id) {
    ZMIG_TRY(const auto runs, context_.ledger.runs(brief_runs("", RunMode::real)));
    const std::string url = context_.target.url();
    const auto lost = [&](const Run& run) {
      return run.verb == "baseline" && run.state < RunState::applied && run.target_url == url &&
             run.target_id != target_id;
    };
    if (std::none_of(runs.begin(), runs.end(), lost)) return ok();
    ZMIG_TRY(const auto lease, take_lease(context_, "recovery"));
    ZMIG_TRY(const Look look, look_at(context_));
    for (const Run& brief : runs) {
      if (!lost(brief) || (look.stamp && look.stamp->run == brief.uid)) continue;
      ZMIG_TRY(auto run, context_.ledger.run(brief.id));
      if (!run) continue;
      run->state = RunState::aborted;
      run->finished = context_.now();
      ZMIG_CHECK_OK(context_.ledger.update(*run, "run.aborted", checks_json({})));
    }
    return ok();
  }

  /// Recorded already, but its schema was never stored (the process died in between): given out again, nothing is
  /// written.
  bool landed_before(const Look& look) {
    const bool landed =
        look.stamp && look.stamp->event == "baseline" && look.stamp->applied.empty() && !context_.history.baseline;
    if (!landed || options_.copy || options_.check_only) return false;
    report_.schema = managed_part(look.live);
    report_.proved = true;
    return true;
  }

  bool may_begin(const Look& look) {
    if (!look.stamp || options_.check_only) return true;
    if (options_.copy) return true;
    const bool copy = look.stamp->event == "copy";
    report_.diagnostics.add(
        finding(Severity::error, copy ? "ZM0407" : "ZM0603",
                copy ? fmt::format("this workbook is a {} and carries its stamp", look.stamp->lineage)
                     : fmt::format("this workbook is managed already, at {} (target {})", four(look.stamp->position),
                                   look.stamp->target_id),
                "",
                copy ? "`zmig baseline --copy` gives it an id and a history of its own"
                     : "`zmig status` shows it; there is nothing to record"));
    return false;
  }

  /// False: refused, the findings are in the report.
  Result<bool> find_state(const Look& look) {
    if (options_.copy || options_.at) {
      report_.position = options_.at ? *options_.at : look.stamp ? look.stamp->position : 0;
      return replayed_state();
    }
    if (options_.check_only && !options_.managed && context_.history.baseline) {
      report_.position = look.stamp ? look.stamp->position : 0;
      return replayed_state();
    }
    if (!header_rows_agree(look.live)) return false;
    if (options_.managed) return managed_state(*options_.managed, look.live);
    return guessed_state(look.live);
  }

  bool replayed_state() {
    if (report_.position == 0) {
      report_.schema = baseline_schema(context_.history);
      return true;
    }
    const Replayed* replayed = replayed_number(context_.replayed, report_.position);
    if (replayed != nullptr) {
      report_.schema = replayed->after;
      return true;
    }
    report_.diagnostics.add(finding(Severity::error, "ZM0204",
                                    fmt::format("the files do not know position {}", four(report_.position)), ""));
    return false;
  }

  bool header_rows_agree(const Schema& live) {
    for (const auto& [title, row] : options_.header_rows) {
      const Sheet* sheet = live.sheet_titled(title, true);
      if (sheet == nullptr) {
        report_.diagnostics.add(
            finding(Severity::error, "ZM0313", fmt::format("there is no sheet {}", quoted(title)), title));
      } else if (sheet->header_row != row) {
        report_.diagnostics.add(finding(
            Severity::error, "ZM0313",
            fmt::format("the header row of {} was read from row {}, not {}", quoted(title), sheet->header_row, row),
            title, "the workbook has to be opened with that header row"));
      }
    }
    return !report_.diagnostics.has_errors();
  }

  /// --managed FILE: what is ours, with its facts. Ids that the file does not give are derived.
  bool managed_state(Schema managed, const Schema& live) {
    std::size_t number = 0;
    for (Sheet& sheet : managed.sheets) {
      ++number;
      if (!sheet.managed) continue;
      const Sheet* there = live.sheet_titled(sheet.title, true);
      if (there == nullptr) {
        report_.diagnostics.add(
            finding(Severity::error, "ZM0313", fmt::format("there is no sheet {}", quoted(sheet.title)), sheet.title));
        continue;
      }
      if (sheet.id.empty()) sheet.id = derived_id('s', kName, number);
      sheet.header_row = there->header_row;
      for (std::size_t c = 0; c < sheet.columns.size(); ++c) {
        if (sheet.columns[c].managed && sheet.columns[c].id.empty())
          sheet.columns[c].id = derived_id('c', kName, number, c + 1);
      }
      check_headers(sheet, *there, report_.diagnostics);
    }
    report_.schema = managed_part(managed);
    return !report_.diagnostics.has_errors();
  }

  Result<bool> guessed_state(const Schema& live) {
    Schema state = live;
    for (const std::string& title : options_.sheets) {
      if (live.sheet_titled(title, true) == nullptr) {
        report_.diagnostics.add(
            finding(Severity::error, "ZM0313", fmt::format("there is no sheet {}", quoted(title)), title));
      }
    }
    for (std::size_t s = 0; s < state.sheets.size(); ++s) {
      Sheet& sheet = state.sheets[s];
      const bool wanted = options_.sheets.empty() ? !same_title(context_.options.protected_sheets, sheet.title)
                                                  : same_title(options_.sheets, sheet.title);
      if (!wanted) continue;
      ZMIG_TRY(const auto guesses, guess_types(context_.target, live.sheets[s]));
      sheet.id = derived_id('s', kName, s + 1);
      sheet.managed = true;
      left_mixed_.clear();
      left_computed_.clear();
      for (std::size_t c = 0; c < sheet.columns.size(); ++c) claim(sheet, sheet.columns[c], guesses[c], s, c);
      say_what_is_left(sheet, left_mixed_, "are of several kinds",
                       "make them one kind and `adopt column` it, or give its type with --managed FILE");
      say_what_is_left(sheet, left_computed_, "are computed by formulas",
                       "zmig leaves them alone, and follows them where columns move");
      check_headers(sheet, live.sheets[s], report_.diagnostics);
    }
    report_.schema = managed_part(state);
    return !report_.diagnostics.has_errors();
  }

  void claim(const Sheet& sheet, Column& column, const Guess& guess, std::size_t s, std::size_t c) {
    if (is_blank_header(column.header)) return;
    // What no type holds cannot be promised, and no list of values what formulas compute. The column stays as it is,
    // and its sheet can still be taken over.
    if (!guess.fits) return left_mixed_.push_back(c);
    if (guess.formulas > 0 && !column.computed) return left_computed_.push_back(c);
    column.id = derived_id('c', kName, s + 1, c + 1);
    column.managed = true;
    column.type = guess.type;
    if (guess.format && !column.format) column.format = guess.format;
    report_.guessed.push_back({sheet.title + "." + column.header, to_string(guess.type), 1.0, guess.filled});
  }

  void say_what_is_left(const Sheet& sheet, const std::vector<std::size_t>& columns, std::string_view why,
                        const std::string& help) {
    if (columns.empty()) return;
    const std::string place = place_of(sheet, columns.front(), sheet.header_row);
    if (columns.size() == 1) {
      const std::string name = quoted(sheet.title + "." + sheet.columns[columns.front()].header);
      report_.diagnostics.add(finding(Severity::warning, "ZM0315",
                                      fmt::format("the cells of {} {}: the column stays foreign", name, why), place,
                                      help));
      return;
    }
    std::vector<std::string> names;
    names.reserve(columns.size());
    for (const std::size_t c : columns) names.push_back(quoted(sheet.columns[c].header));
    report_.diagnostics.add(finding(Severity::warning, "ZM0315",
                                    fmt::format("the cells of {} columns of {} {}: they stay foreign: {}",
                                                columns.size(), quoted(sheet.title), why, join(names, ", ")),
                                    place, help));
  }

  /// The workbook with the claims laid over it is the state: by headers, by every visible fact, and by every cell's
  /// type.
  Status prove(const Look& look) {
    const bool fresh = !look.stamp;
    if (fresh) {
      for (const std::string& difference : baseline_differences(report_.schema, look.live)) {
        report_.differences.push_back(
            Difference{Difference::Kind::column_missing, {}, {}, difference, "as the files say", difference});
      }
      if (!report_.differences.empty()) return ok();
    }
    Overlay overlay(context_.target);
    if (fresh) {
      for (const Change& change : missing_claims(report_.schema, look.live)) {
        if (const Status taken = overlay.take(change); !taken.has_value()) {
          report_.diagnostics.add(diagnostic_of(taken.error()));
          return ok();
        }
      }
    }
    report_.differences = visible_differences(report_.schema, overlay.schema());
    ZMIG_TRY(const auto cells, cell_checks(overlay, report_.schema));
    const bool believed = options_.managed.has_value();
    for (const CheckResult& check : cells) {
      if (check.outcome != Outcome::failed) continue;
      const std::string first = check.offending.empty() ? "" : check.offending.front();
      const std::string message =
          fmt::format("{} of {}: {} not hold it, the first at {}", check.id, quoted(check.subject),
                      counted(check.offending_count, "cell does", "cells do"), first);
      if (believed) {
        report_.diagnostics.add(finding(Severity::warning, "ZM0315", message, first,
                                        "correct the cells or the declared type before a migration relies on it"));
      } else {
        report_.differences.push_back(
            Difference{Difference::Kind::type,
                       {},
                       {},
                       first,
                       check.expected,
                       fmt::format("{} of {} that {} not", counted(check.offending_count, "cell", "cells"),
                                   quoted(check.subject), check.offending_count == 1 ? "is" : "are")});
      }
    }
    report_.proved = report_.differences.empty();
    return ok();
  }

  Context& context_;
  const BaselineOptions& options_;
  BaselineReport report_;
  std::vector<std::size_t> left_mixed_, left_computed_;  // columns of the sheet at hand that nobody claims
  bool done_ = false;
};

CowList<AppliedMigration> applied_up_to(const Context& context, std::uint32_t position, const std::string& uid) {
  CowList<AppliedMigration> applied;
  for (const Replayed& replayed : context.replayed) {
    const Migration& migration = replayed.migration;
    if (migration.number <= position)
      applied.push_back({migration.number, migration.slug, migration.checksum, {}, uid, context.now()});
  }
  return applied;
}

}  // namespace

std::vector<Change> missing_claims(const Schema& state, const Schema& live) {
  std::vector<Change> claims = baseline_changes(state);
  std::erase_if(claims, [&](const Change& change) {
    if (const auto* set = std::get_if<change::SetEnum>(&change)) {
      const Enum* known = live.find_enum(set->name);
      return known != nullptr && known->values == set->values;
    }
    const auto* track = std::get_if<change::Track>(&change);
    if (track == nullptr) return false;
    const Sheet* sheet = live.sheet(track->scope.sheet);
    if (sheet == nullptr || !sheet->managed) return false;
    if (track->scope.column.empty()) return true;
    const Column* column = column_by_id(*sheet, track->scope.column);
    return column != nullptr && column->managed;
  });
  return claims;
}

Status record_baseline(Context& context, const Look& look, std::unique_ptr<Writer> writer, const Schema& state,
                       std::uint32_t position, bool copy, const BaselineTarget& decided) {
  Run run;
  run.uid = context.ports.random.hex(16);
  run.target_id = decided.target_id;
  run.deployment = decided.deployment;
  run.backup = decided.backup;
  if (run.target_id.empty() && !copy) {
    ZMIG_TRY(const auto known, known_target(context, look.stamp));
    run.target_id = known.value_or("");
  }
  if (run.target_id.empty()) run.target_id = "t-" + context.ports.random.hex(16);
  run.target_url = context.target.url();
  run.verb = decided.event;
  run.migration = position;
  run.actor = context.options.actor;
  run.host = context.options.host;
  run.reason = context.options.reason;
  run.tool_version = context.options.tool_version;
  run.started = context.now();
  run.guarantee = "atomic";
  run.adopted_json = "[]";
  // Past what this ledger knows, also when the stamp itself was lost.
  ZMIG_TRY(const LedgerView known, view_ledger(context, run.target_id));
  run.stamp_number = std::max(look.stamp ? look.stamp->number : 0, known.last_number) + 1;

  Part part;
  if (!look.stamp)
    part.changes = missing_claims(decided.as_it_is ? part_that_is_there(state, look.live) : state, look.live);
  run.steps_total = part.changes.size();
  CowList<AppliedMigration> applied = decided.applied      ? *decided.applied
                                      : copy && look.stamp ? look.stamp->applied
                                                           : applied_up_to(context, position, run.uid);
  StampEntry entry = stamp_after(run, look.stamp, std::move(applied), state, decided.event);
  entry.migration = 0;
  entry.at = context.now();
  if (copy && look.stamp)
    entry.lineage = fmt::format("copy of {} at {}", look.stamp->target_id, four(look.stamp->position));
  ZMIG_CHECK_OK(context.ledger.know_target(run.target_id, run.target_url, entry.lineage));
  ZMIG_TRY(run.id, context.ledger.begin(run));
  ZMIG_FAILPOINT_STATUS("run.baseline_planned");
  const auto close = [&](RunState closed, std::string_view event) {
    run.state = closed;
    if (closed != RunState::confirmed && closed != RunState::in_flight) run.finished = context.now();
    return context.ledger.update(run, event, "{}");
  };
  ZMIG_TRY(entry.ledger, context.ledger.id());
  ZMIG_TRY(entry.ledger_head, context.ledger.head());
  part.after = Stamp{entry.number, stamp_to_json(entry)};
  const std::vector<Part> batch{part};
  auto staged = writer->stage(batch);
  if (!staged.has_value()) {
    ZMIG_CHECK_OK(close(RunState::aborted, "run.aborted"));
    return staged.error();
  }
  run.stamp_before = staged.value().before;
  run.stamp_after = staged.value().after;
  ZMIG_CHECK_OK(close(RunState::in_flight, "batch.sent"));
  ZMIG_FAILPOINT_STATUS("run.baseline_in_flight");
  auto committed = writer->commit(batch, staged.value());
  writer.reset();
  ZMIG_TRY(const Look after, look_at(context));
  const bool landed = after.stamp && after.stamp->run == run.uid;
  if (!landed) {
    ZMIG_CHECK_OK(close(RunState::aborted, "run.aborted"));
    if (!committed.has_value()) {
      Error error = committed.error();
      error.effect = Effect::none;
      return error;
    }
    return make_error(Errc::conflict, "ZM0603", "the workbook does not show the stamp that was just written");
  }
  run.steps_confirmed = run.steps_total;
  ZMIG_CHECK_OK(close(RunState::confirmed, "batch.confirmed"));
  ZMIG_FAILPOINT_STATUS("run.baseline_confirmed");
  const auto differences = visible_differences(state, after.live);
  run.verified = differences.empty();
  ZMIG_CHECK_OK(close(RunState::applied, "run.applied"));
  if (differences.empty() || decided.as_it_is) return ok();
  return make_error(Errc::conflict, "ZM0901",
                    fmt::format("after the baseline {} is not as recorded: expected {}, found {}",
                                differences.front().where, differences.front().expected, differences.front().observed));
}

Result<BaselineReport> take_baseline(Context& context, const BaselineOptions& options) {
  const LocksGuard locks(context);
  return Baseline(context, options).run();
}

}  // namespace zmig::run
