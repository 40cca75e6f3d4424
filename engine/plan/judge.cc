#include "plan/judge.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include <zmig/header_norm.h>

#include "base/digest.h"
#include "base/text.h"
#include "model/apply_lowered.h"
#include "ops/common.h"
#include "ops/judging.h"

namespace zmig {
namespace {

constexpr std::int32_t kUnixDay = 25569;  // 1970-01-01 as a day of the workbook
constexpr std::int64_t kDayMs = 86'400'000;

void add_once(std::vector<std::string>& ids, const std::string& id) {
  if (!id.empty() && std::find(ids.begin(), ids.end(), id) == ids.end()) ids.push_back(id);
}

/// The names under which an operation could adopt something, as `contested` lists them.
std::vector<std::pair<std::string, std::string>> names_of(const Operation& operation) {
  if (const auto* one = std::get_if<op::AddColumn>(&operation)) return {{one->sheet.id, norm(one->column.header)}};
  if (const auto* one = std::get_if<op::RenameColumn>(&operation))
    return {{one->at.sheet.id, norm(one->to)}, {one->at.sheet.id, norm(one->at.header)}};
  if (const auto* one = std::get_if<op::DropColumn>(&operation)) return {{one->at.sheet.id, norm(one->at.header)}};
  if (const auto* one = std::get_if<op::CreateSheet>(&operation))
    return {{one->sheet.id, {}}, {norm(one->sheet.title), {}}};
  if (const auto* one = std::get_if<op::RenameSheet>(&operation)) return {{one->sheet.id, {}}, {norm(one->to), {}}};
  if (const auto* one = std::get_if<op::DropSheet>(&operation))
    return {{one->sheet.id, {}}, {norm(one->sheet.title), {}}};
  return {};
}

bool discards(const Operation& operation) {
  if (const auto* column = std::get_if<op::DropColumn>(&operation)) return column->discard;
  if (const auto* sheet = std::get_if<op::DropSheet>(&operation)) return sheet->discard;
  return false;
}

std::string joined(const std::vector<std::string>& parts) { return join(parts, ", "); }

/// `format DD-MM-YYYY, default 0 into 1 185 rows, note`
std::string added_note(const op::AddColumn& added, std::uint64_t filled) {
  const Column& column = added.column;
  std::vector<std::string> parts;
  if (column.format) parts.push_back("format " + *column.format);
  if (column.rules.fallback) {
    parts.push_back(fmt::format("default {} into {} {}", to_text(*column.rules.fallback), grouped(filled),
                                filled == 1 ? "row" : "rows"));
  }
  if (column.note) parts.emplace_back("note");
  if (column.hidden) parts.emplace_back("hidden");
  if (column.protection) parts.emplace_back("protected");
  return joined(parts);
}

}  // namespace

bool is_finding(const Error& error) {
  switch (error.code) {
    case Errc::invalid_input:
    case Errc::not_found:
    case Errc::conflict:
    case Errc::unsupported: return true;
    case Errc::denied:
    case Errc::busy:
    case Errc::transient:
    case Errc::corrupt:
    case Errc::io: return false;
  }
  return false;
}

Diagnostic finding_of(const Error& error, Span span) {
  Diagnostic out;
  out.code = error.zm.empty() ? "ZM0302" : error.zm;
  // Found in the workbook, so the name of the thing is right and the workbook is not.
  if (out.code == "ZM0102") out.code = "ZM0302";
  out.message = error.message;
  out.primary.span = span;
  out.primary.cell = error.place;
  out.notes.emplace_back("nothing was written");
  if (!error.help.empty()) out.help = error.help;
  return out;
}

std::map<std::string, Value, std::less<>> built_in_variables(const std::string& migration, UtcTime now) {
  const std::int64_t ms = now.time_since_epoch().count() + std::int64_t{kUnixDay} * kDayMs;
  std::map<std::string, Value, std::less<>> out;
  out.emplace("migration", Text{migration});
  out.emplace("run_date", Date{static_cast<std::int32_t>(ms / kDayMs)});
  out.emplace("run_time", DateTime{ms});
  return out;
}

std::vector<std::string> columns_written(const std::vector<Operation>& operations, const Schema& before) {
  std::vector<std::string> out;
  Schema state = before;
  for (const Operation& operation : operations) {
    const Result<std::vector<Change>> changes = lower(operation, state);
    if (!changes) return out;
    for (const Change& change : *changes) {
      for (const Scope& scope : footprint(change).writes) add_once(out, scope.column);
      if (const auto* track = std::get_if<change::Track>(&change)) add_once(out, track->scope.column);
      if (const auto* untrack = std::get_if<change::Untrack>(&change)) add_once(out, untrack->scope.column);
      if (!apply_lowered(*changes, change, state)) return out;
    }
  }
  return out;
}

Walk::Walk(const Migration& migration, Overlay& world, const Schema& before, MaterialiseOptions options,
           PlannedMigration& out, Diagnostics& findings)
    : migration_(migration),
      world_(world),
      looked_at_(world, out.needs),
      state_(before),
      options_(std::move(options)),
      out_(out),
      findings_(findings),
      contested_(contested(migration.script.operations)) {
  options_.written = columns_written(migration.script.operations, before);
}

Span Walk::span_of(std::size_t index) const {
  return index < migration_.script.spans.size() ? migration_.script.spans[index] : Span{};
}

PlannedOperation Walk::row_of(std::size_t index) const {
  PlannedOperation row;
  row.index = index;
  row.kind = std::string(name_of(operation(index)));
  row.subject = subject_of(operation(index));
  row.sentence = describe(operation(index));
  row.levels = levels_of(operation(index));
  return row;
}

void Walk::add_finding(Diagnostic finding, std::size_t index, PlannedOperation& row) {
  if (!finding.primary.span) finding.primary.span = span_of(index);
  if (finding.severity == Severity::error) {
    row.state = OpState::conflict;
    conflicts_ = true;
  }
  findings_.add(std::move(finding));
}

// --- judging

/// A thing that two operations rename, move, drop or add is never adopted: nobody could tell which of its lives was
/// found.
Status Walk::refuse_contested(std::size_t index, Judgement& judgement) const {
  const bool adopts = judgement.state == Judgement::State::satisfied ||
                      (judgement.state == Judgement::State::pending && judgement.replaced);
  if (!adopts) return ok();
  for (const auto& name : names_of(operation(index))) {
    if (std::find(contested_.begin(), contested_.end(), name) == contested_.end()) continue;
    judgement.state = Judgement::State::conflict;
    judgement.findings.clear();
    judgement.findings.push_back(ops::refusal(
        "ZM0302",
        fmt::format("{} is found as this line would leave it, but another line of this file changes it too",
                    quoted(subject_of(operation(index)))),
        judgement.where, {"a thing that two lines of a file touch is never adopted"},
        "bring the workbook to the state before this migration, or split the migration"));
    return ok();
  }
  return ok();
}

/// An existing sheet is adopted by `create sheet` only when all its headers belong to the body.
Status Walk::check_new_sheet(std::size_t index, Judgement& judgement) const {
  const auto* created = std::get_if<op::CreateSheet>(&operation(index));
  if (created == nullptr || judgement.state != Judgement::State::satisfied) return ok();
  std::optional<Diagnostic> others = other_headers(*created, migration_.script.operations, world_.schema());
  if (!others) return ok();
  judgement.state = Judgement::State::conflict;
  judgement.findings = {*std::move(others)};
  return ok();
}

Status Walk::classify() {
  for (std::size_t i = 0; i < migration_.script.operations.size(); ++i) {
    PlannedOperation row = row_of(i);
    Result<Judgement> asked = judge(operation(i), state_, LiveView{world_.schema(), looked_at_});
    if (!asked && !is_finding(asked.error())) return std::move(asked).error();
    Judgement judgement;
    if (asked) {
      judgement = *std::move(asked);
    } else {
      judgement.state = Judgement::State::conflict;
      judgement.findings.push_back(finding_of(asked.error(), span_of(i)));
    }
    ZMIG_CHECK_OK(check_new_sheet(i, judgement));
    ZMIG_CHECK_OK(refuse_contested(i, judgement));
    const bool refused = judgement.state == Judgement::State::conflict;
    row.where = judgement.where;
    for (Diagnostic& finding : judgement.findings) add_finding(std::move(finding), i, row);
    if (refused) {
      row.state = OpState::conflict;
      conflicts_ = true;
    }
    // The line itself, unless something else takes its place.
    std::vector<Operation> replacement;
    std::span<const Operation> instead(&operation(i), 1);
    if (judgement.replaced) {
      replacement = judgement.instead;
      instead = replacement;
    } else if (judgement.state == Judgement::State::satisfied) {
      instead = {};
    }
    // So that the lines below can still be judged, what stands in the way is claimed.
    if (const auto* added = std::get_if<op::AddColumn>(&operation(i));
        refused && !judgement.replaced && added != nullptr) {
      replacement = {op::AdoptColumn{added->sheet, added->column}};
      instead = replacement;
    }
    if (!refused && judgement.replaced) remember(i, judgement);
    if (judgement.state == Judgement::State::satisfied) row.state = OpState::satisfied;
    if (!refused && judgement.replaced) { ZMIG_TRY(row.note, adoption_note(i, judgement)); }
    const bool as_written = !instead.empty() && instead.data() == &operation(i);
    ZMIG_TRY(Taken taken, take(i, instead, refused, row));
    row.cells = taken.cells;
    if (row.note.empty() && row.state == OpState::pending) {
      const auto* added = std::get_if<op::AddColumn>(&operation(i));
      if (added != nullptr) row.note = added_note(*added, taken.filled_rows);
      if (added == nullptr && taken.cells > 0) row.note = counted(taken.cells, "cell", "cells");
    }
    place(i, row);
    ZMIG_CHECK_OK(advance(i, taken, as_written));
    out_.cost.cells += taken.cells;
    out_.operations.push_back(std::move(row));
  }
  return ok();
}

Status Walk::run_all() {
  for (std::size_t i = 0; i < migration_.script.operations.size(); ++i) {
    PlannedOperation row = row_of(i);
    place(i, row);
    ZMIG_TRY(Taken taken, take(i, {&operation(i), 1}, false, row));
    row.cells = taken.cells;
    if (taken.cells > 0) row.note = counted(taken.cells, "cell", "cells");
    if (row.where.empty()) place(i, row);
    ZMIG_CHECK_OK(advance(i, taken, true));
    out_.cost.cells += taken.cells;
    out_.operations.push_back(std::move(row));
  }
  return ok();
}

void Walk::remember(std::size_t index, const Judgement& judgement) {
  std::vector<std::string> text;
  for (const Operation& claim : judgement.instead) text.push_back(describe(claim));
  out_.adopted.push_back({index, judgement.completed, "sha256:" + sha256_hex(join(text, "\n"))});
  claims_.emplace_back(index, judgement.instead);
}

/// `already there, 10 cells filled, all text: adopt, add note`
Result<std::string> Walk::adoption_note(std::size_t index, const Judgement& judgement) {
  const auto* added = std::get_if<op::AddColumn>(&operation(index));
  if (added == nullptr) return std::string(judgement.instead.empty() ? "already so" : "already there: adopt");
  const Sheet* sheet = world_.schema().sheet(added->sheet.id);
  const Column* column = sheet == nullptr ? nullptr : column_by_header(*sheet, added->column.header, true);
  if (column == nullptr) return std::string("already there: adopt");
  ZMIG_TRY(const ops::Readings read,
           ops::read_column(*sheet, *column, {added->column.type, ops::effective_format(added->column)}, state_,
                            looked_at_));
  std::string out = "already there, ";
  out += read.filled == 0 ? "empty" : counted(read.filled, "cell filled", "cells filled");
  if (read.kinds.size() == 1) out += ", all " + read.kinds.begin()->first;
  out += ": adopt";
  for (std::size_t i = 0; i < judgement.completed.size(); ++i)
    out += (i == 0 ? ", add " : ", ") + judgement.completed[i];
  return out;
}

// --- taking

Result<Walk::Taken> Walk::take(std::size_t index, std::span<const Operation> operations, bool quiet,
                               PlannedOperation& row) {
  Taken taken;
  Schema state = state_;
  for (const Operation& one : operations) {
    Result<std::vector<Change>> changes = lower(one, state);
    if (!changes) {
      if (!is_finding(changes.error())) return std::move(changes).error();
      if (!quiet) add_finding(finding_of(changes.error(), span_of(index)), index, row);
      return taken;
    }
    for (const Change& change : *changes) {
      ZMIG_CHECK_OK(take_change(index, change, quiet, taken, row));
      if (!apply_lowered(*changes, change, state)) return taken;
    }
  }
  taken.after = std::move(state);
  return taken;
}

/// What a file saved comes back once: the saved cells of a column and the rows of a sheet are those of all its lines. A
/// second line that brings them back has nothing left to do, and the cells of a row that went with the first would find
/// some other row.
Change Walk::once(const Change& change) {
  const auto is_again = [&](const Source& cells, std::string_view kind, const Scope& at, int what) {
    return std::holds_alternative<source::Captured>(cells) &&
           !brought_back_.emplace(std::string(kind), at.sheet, at.column, what).second;
  };
  Change out = change;
  if (auto* cells = std::get_if<change::RestoreCells>(&out)) {
    if (is_again(cells->cells, "cells", cells->at, static_cast<int>(cells->what))) cells->cells = source::Run{};
  } else if (auto* added = std::get_if<change::DeleteRows>(&out)) {
    if (is_again(added->rows, "added", {added->sheet, {}}, 0)) added->rows = source::Run{};
  } else if (auto* dropped = std::get_if<change::InsertRows>(&out)) {
    if (is_again(dropped->rows, "dropped", {dropped->sheet, {}}, 0)) dropped->rows = source::Run{};
  }
  return out;
}

Status Walk::take_change(std::size_t index, const Change& asked, bool quiet, Taken& taken, PlannedOperation& row) {
  const Change change = once(asked);
  const auto refuse = [&](Error error) -> Status {
    if (!is_finding(error)) return error;
    if (!quiet) add_finding(finding_of(error, span_of(index)), index, row);
    return ok();
  };
  Result<Materialised> made = materialise(change, world_, options_);
  if (!made) return refuse(std::move(made).error());
  note_needs(change, *made);
  for (Diagnostic& finding : made->findings) {
    if (!quiet) add_finding(std::move(finding), index, row);
  }
  if (Status taken_in = world_.take(made->change); !taken_in) return refuse(std::move(taken_in).error());
  if (const auto* inserted = std::get_if<change::InsertColumn>(&change))
    options_.not_counted.push_back(inserted->column.id);
  if (std::holds_alternative<change::FillEmpty>(change)) taken.filled_rows += made->cells;
  taken.cells += made->cells;
  taken.matched += made->matched;
  if (!discards(operation(index))) {
    for (Capture& capture : made->captures) {
      capture.step = out_.steps.size();
      out_.captures.push_back(std::move(capture));
    }
  }
  out_.kept.insert(out_.kept.end(), std::make_move_iterator(made->kept.begin()),
                   std::make_move_iterator(made->kept.end()));
  out_.lost += made->lost;
  out_.steps.push_back({std::move(made->change), index});
  return ok();
}

/// What the change was made from: cells that its formulas read, that it rewrites, that are captured; and the sheets
/// where it told data rows from blank ones. The default of a column that this migration adds reads no more than that.
void Walk::note_needs(const Change& change, const Materialised& made) {
  const auto* fill = std::get_if<change::FillEmpty>(&change);
  const bool fresh = fill != nullptr && std::find(options_.not_counted.begin(), options_.not_counted.end(),
                                                  fill->at.column) != options_.not_counted.end();
  const Footprint regions = footprint(change);
  const bool cells = !regions.structure && !(regions.reads.empty() && regions.writes.empty());
  if (!fresh) {
    for (const Scope& scope : regions.reads) note_need(out_.needs, scope);
  }
  if (cells) {
    for (const Scope& scope : regions.writes) {
      if (std::find(out_.counts.begin(), out_.counts.end(), scope.sheet) == out_.counts.end())
        out_.counts.push_back(scope.sheet);
    }
  }
  for (const Capture& capture : made.captures) {
    if (capture.cells.empty() && capture.rows.empty()) continue;
    if (!capture.column.empty()) note_need(out_.needs, {capture.sheet, capture.column});
    for (const std::string& id : capture.columns) note_need(out_.needs, {capture.sheet, id});
    if (capture.columns.empty()) note_need(out_.needs, {capture.sheet, {}});
  }
}

/// The replay moves on by what the file says, whatever took its place in the chain.
Status Walk::advance(std::size_t index, Taken& taken, bool as_written) {
  if (as_written && taken.after) {
    state_ = *std::move(taken.after);
    return ok();
  }
  Result<Schema> next = replay_operations({operation(index)}, state_);
  if (!next) return std::move(next).error();
  state_ = *std::move(next);
  return ok();
}

void Walk::place(std::size_t index, PlannedOperation& row) const {
  if (!row.where.empty()) return;
  std::string sheet_id, column_id;
  if (const auto* added = std::get_if<op::AddColumn>(&operation(index))) {
    sheet_id = added->sheet.id;
    column_id = added->column.id;
  } else if (const auto* back = std::get_if<op::RestoreColumn>(&operation(index))) {
    sheet_id = back->sheet.id;
    column_id = back->column.id;
  } else if (const auto* gone = std::get_if<op::DropColumn>(&operation(index))) {
    sheet_id = gone->at.sheet.id;
    column_id = gone->at.id;
  } else if (const auto* forgotten = std::get_if<op::ForgetColumn>(&operation(index))) {
    sheet_id = forgotten->at.sheet.id;
    column_id = forgotten->at.id;
  } else if (const auto* values = std::get_if<op::RestoreValues>(&operation(index))) {
    sheet_id = values->at.sheet.id;
    column_id = values->at.id;
  }
  const Sheet* sheet = world_.schema().sheet(sheet_id);
  if (sheet != nullptr && column_by_id(*sheet, column_id) != nullptr) row.where = header_cell(*sheet, column_id);
}

}  // namespace zmig
