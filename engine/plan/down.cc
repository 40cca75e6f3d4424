#include "plan/down.h"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include "base/text.h"
#include "ops/common.h"
#include "plan/replay.h"

namespace zmig {
namespace {

/// `restore` lines name the migration whose captures they mean.
void name_migration(Operation& operation, const std::string& name) {
  if (auto* one = std::get_if<op::RestoreSheet>(&operation)) one->migration = name;
  if (auto* one = std::get_if<op::RestoreColumn>(&operation)) one->migration = name;
  if (auto* one = std::get_if<op::RestoreValues>(&operation)) one->migration = name;
  if (auto* one = std::get_if<op::RestoreFormat>(&operation)) one->migration = name;
  if (auto* one = std::get_if<op::RestoreRows>(&operation)) one->migration = name;
}

/// The reversals of one line: of the operation, or of what took its place.
Result<Reversal> reversal_of(const std::vector<Operation>& operations, Schema state) {
  std::vector<Reversal> parts;
  Reversal out;
  for (const Operation& operation : operations) {
    ZMIG_TRY(Reversal part, invert(operation, state));
    ZMIG_TRY(state, replay_operations({operation}, std::move(state)));
    out.fidelity = std::max(out.fidelity, part.fidelity);
    parts.push_back(std::move(part));
  }
  for (auto part = parts.rbegin(); part != parts.rend(); ++part) {
    out.ops.insert(out.ops.end(), std::make_move_iterator(part->ops.begin()), std::make_move_iterator(part->ops.end()));
  }
  return out;
}

const std::vector<Operation>* claim_at(const Claims& claims, std::size_t index) {
  const auto found =
      std::find_if(claims.begin(), claims.end(), [index](const auto& claim) { return claim.first == index; });
  return found == claims.end() ? nullptr : &found->second;
}

Result<Reversal> reversal_of(const Migration& migration, const Schema& before, const Schema& after,
                             const Claims& claims) {
  const std::vector<Operation>& operations = migration.script.operations;
  if (claims.empty()) return invert_all(operations, before, after);
  std::vector<Reversal> parts;
  Reversal out;
  Schema state = before;
  for (std::size_t i = 0; i < operations.size(); ++i) {
    const std::vector<Operation>* claim = claim_at(claims, i);
    ZMIG_TRY(Reversal part, reversal_of(claim == nullptr ? std::vector<Operation>{operations[i]} : *claim, state));
    out.fidelity = std::max(out.fidelity, part.fidelity);
    parts.push_back(std::move(part));
    ZMIG_TRY(state, replay_operations({operations[i]}, std::move(state)));
  }
  for (auto part = parts.rbegin(); part != parts.rend(); ++part) {
    out.ops.insert(out.ops.end(), std::make_move_iterator(part->ops.begin()), std::make_move_iterator(part->ops.end()));
  }
  return out;
}

CheckLine check_line(Check check, std::string text) {
  CheckLine line;
  line.check = std::move(check);
  line.text = std::move(text);
  return line;
}

/// `lost` where the migration said `gained`, and `is otherwise unchanged` again, for sheets that are there before and
/// after.
std::vector<CheckLine> mirrored(const std::vector<CheckLine>& ensures, const Schema& before, const Schema& after) {
  std::vector<CheckLine> out;
  for (const CheckLine& line : ensures) {
    if (const auto* delta = std::get_if<check::SheetDelta>(&line.check)) {
      const Sheet* now = after.sheet_titled(delta->title, true);
      const Sheet* then = now == nullptr ? nullptr : before.sheet(now->id);
      if (then == nullptr || delta->what != check::Counted::columns) continue;
      const std::string columns = counted(delta->count, "column", "columns");
      out.push_back(
          check_line(check::SheetDelta{then->title, !delta->gained, delta->count, delta->what},
                     fmt::format("sheet {} {} {}", quoted(then->title), delta->gained ? "lost" : "gained", columns)));
    } else if (const auto* unchanged = std::get_if<check::SheetUnchanged>(&line.check)) {
      const Sheet* then = before.sheet(unchanged->sheet.id);
      if (then == nullptr) continue;
      out.push_back(check_line(check::SheetUnchanged{{then->id, then->title}},
                               fmt::format("sheet {} is otherwise unchanged", quoted(then->title))));
    }
  }
  return out;
}

Error does_not_bind(const Migration& migration, const Diagnostics& findings) {
  std::string why = "it reads back as something else";
  for (const Diagnostic& finding : findings.all()) {
    if (finding.severity != Severity::error) continue;
    why = finding.code + " " + finding.message;
    break;
  }
  return make_error(Errc::invalid_input, "ZM9901",
                    fmt::format("the way back that zmig derived for {} does not bind: {}", quoted(migration.name), why),
                    "please report this, with the migration; a `down { }` block of your own replaces the derivation");
}

/// A line that brings something back names it as it was before the migration, so it had to be ours by then.
Status can_be_named(const std::vector<Operation>& operations, const Schema& before) {
  const auto taken_over = [](const char* what, const std::string& name, const std::string& title) {
    return make_error(Errc::invalid_input, "ZM0125",
                      fmt::format("{} {}{} is taken over and dropped in one migration, so its way back cannot name it",
                                  what, quoted(name), title.empty() ? "" : " of " + quoted(title)),
                      "take it over in this migration and drop it in the next");
  };
  for (const Operation& operation : operations) {
    if (const auto* one = std::get_if<op::RestoreColumn>(&operation)) {
      const Sheet* sheet = before.sheet(one->sheet.id);
      const Column* column = sheet == nullptr ? nullptr : column_by_id(*sheet, one->column.id);
      if (column == nullptr || !column->managed) return taken_over("column", one->column.header, one->sheet.title);
    } else if (const auto* whole = std::get_if<op::RestoreSheet>(&operation)) {
      const Sheet* sheet = before.sheet(whole->sheet.id);
      if (sheet == nullptr || !sheet->managed) return taken_over("sheet", whole->sheet.title, {});
    }
  }
  return ok();
}

/// What an operation is about, by id.
struct Touched {
  std::string sheet, column;
  bool operator==(const Touched&) const = default;
};
Touched touched_by(const Operation& operation) {
  return std::visit(
      [](const auto& one) -> Touched {
        if constexpr (requires { one.at.sheet.id; }) {
          return {one.at.sheet.id, one.at.id};
        } else if constexpr (requires { one.sheet.id, one.column.id; }) {
          return {one.sheet.id, one.column.id};
        } else if constexpr (requires { one.sheet.id; }) {
          return {one.sheet.id, {}};
        } else {
          return {};
        }
      },
      operation);
}

/// One line takes back all rows that the migration added to a sheet: a second one would find nothing to do.
void rows_once_a_sheet(std::vector<Operation>& operations) {
  std::vector<std::string> seen;
  operations.erase(std::remove_if(operations.begin(), operations.end(),
                                  [&](const Operation& operation) {
                                    const auto* rows = std::get_if<op::RestoreRows>(&operation);
                                    if (rows == nullptr) return false;
                                    if (std::find(seen.begin(), seen.end(), rows->sheet.id) != seen.end()) return true;
                                    seen.push_back(rows->sheet.id);
                                    return false;
                                  }),
                   operations.end());
}

bool is_restore(const Operation& operation) {
  return std::holds_alternative<op::RestoreColumn>(operation) || std::holds_alternative<op::RestoreSheet>(operation);
}

/// Whether another line of the way back is about what this line brings back.
bool is_touched_elsewhere(const std::vector<Operation>& operations, std::size_t index) {
  const Touched mine = touched_by(operations[index]);
  for (std::size_t i = 0; i < operations.size(); ++i) {
    const Touched other = touched_by(operations[i]);
    if (i != index && other.sheet == mine.sheet && (mine.column.empty() || other.column == mine.column)) return true;
  }
  return false;
}

/// What only comes back, after everything else: then its neighbours have their old places and names.
std::vector<Operation> restores_last(const std::vector<Operation>& operations) {
  std::vector<Operation> out, last;
  for (std::size_t i = 0; i < operations.size(); ++i) {
    const bool later = is_restore(operations[i]) && !is_touched_elsewhere(operations, i);
    (later ? last : out).push_back(operations[i]);
  }
  out.insert(out.end(), std::make_move_iterator(last.begin()), std::make_move_iterator(last.end()));
  return out;
}

bool same_but_places(std::vector<Operation> a, std::vector<Operation> b) {
  for (std::vector<Operation>* side : {&a, &b}) {
    for (Operation& operation : *side) {
      if (auto* column = std::get_if<op::RestoreColumn>(&operation)) column->place = {};
      if (auto* sheet = std::get_if<op::RestoreSheet>(&operation)) sheet->index0 = 0;
    }
  }
  return a == b;
}

/// A column or sheet that the migration changes before it drops it: the way back would have to name it as it never was
/// between two migrations.
std::optional<Error> changed_and_gone(const std::vector<Operation>& operations, const Schema& before) {
  for (std::size_t i = 0; i < operations.size(); ++i) {
    if (!is_restore(operations[i]) || !is_touched_elsewhere(operations, i)) continue;
    const Touched gone = touched_by(operations[i]);
    const Sheet* sheet = before.sheet(gone.sheet);
    const Column* column = sheet == nullptr ? nullptr : column_by_id(*sheet, gone.column);
    if (sheet == nullptr || (column == nullptr && !gone.column.empty())) continue;
    const std::string what = column == nullptr ? "sheet " + quoted(sheet->title)
                                               : "column " + quoted(column->header) + " of " + quoted(sheet->title);
    return make_error(Errc::invalid_input, "ZM0125",
                      what + " is changed and dropped in one migration, so its way back cannot name it",
                      "leave the other lines about it out, or drop it in the next migration");
  }
  return std::nullopt;
}

/// The claim of an adopted `add column`, without what was completed, and what completed it.
std::vector<Operation> claim_of(const op::AddColumn& added, const std::vector<std::string>& completed) {
  const auto has = [&](std::string_view part) {
    return std::find(completed.begin(), completed.end(), part) != completed.end();
  };
  const ColumnRef at{added.sheet, added.column.id, added.column.header};
  Column claim = added.column;
  std::vector<Operation> missing;
  if (has("format")) {
    missing.push_back(op::SetFormat{at, claim.format});
    claim.format.reset();
  }
  if (has("note")) {
    missing.push_back(op::SetNote{at, ops::plain_note(claim)});
    claim.note.reset();
  }
  if (has("default") && claim.rules.fallback)
    missing.push_back(op::FillColumn{at, ops::literal(*claim.rules.fallback), {}, Otherwise::stop, {}});
  if (has("hidden state")) {
    missing.push_back(op::SetHidden{at, true});
    claim.hidden = false;
  }
  if (has("protection")) {
    missing.push_back(op::SetProtected{at, claim.protection});
    claim.protection.reset();
  }
  std::vector<Operation> out{op::AdoptColumn{added.sheet, std::move(claim)}};
  out.insert(out.end(), std::make_move_iterator(missing.begin()), std::make_move_iterator(missing.end()));
  return out;
}

}  // namespace

Claims claims_from_stamp(const Migration& migration, const std::vector<Adopted>& adopted) {
  Claims out;
  for (const Adopted& one : adopted) {
    if (one.operation >= migration.script.operations.size()) continue;
    const Operation& operation = migration.script.operations[one.operation];
    std::vector<Operation> claim;
    if (const auto* added = std::get_if<op::AddColumn>(&operation)) claim = claim_of(*added, one.completed);
    if (const auto* created = std::get_if<op::CreateSheet>(&operation)) claim = {op::AdoptSheet{created->sheet}};
    out.emplace_back(one.operation, std::move(claim));
  }
  return out;
}

Schema without_adopted_drops(const Migration& migration, Schema before, const std::vector<Adopted>& adopted) {
  for (const Adopted& one : adopted) {
    if (one.operation >= migration.script.operations.size()) continue;
    const Operation& operation = migration.script.operations[one.operation];
    if (const auto* column = std::get_if<op::DropColumn>(&operation)) {
      if (Sheet* sheet = before.sheet(column->at.sheet.id))
        erase_if(sheet->columns, [&](const Column& there) { return there.id == column->at.id; });
    } else if (const auto* sheet = std::get_if<op::DropSheet>(&operation)) {
      erase_if(before.sheets, [&](const Sheet& there) { return there.id == sheet->sheet.id; });
    }
  }
  return before;
}

Migration bind_down(const std::string& text, const Migration& migration, const Schema& before, const Schema& after,
                    const ScriptCodec& codec, const CowList<std::string>& earlier,
                    const std::vector<std::string>& protected_sheets, Diagnostics& out) {
  BindContext context;
  context.name = migration.name;
  context.before = &after;
  context.earlier = earlier;
  context.protected_sheets = protected_sheets;
  context.undone_before = &before;
  Diagnostics findings;
  Migration bound = codec.parse({"down of " + migration.name, text}, 0, context, findings);
  // The text is in no SourceMap, so its places would point into another file.
  for (Diagnostic finding : findings.all()) {
    finding.primary.span.reset();
    for (Label& label : finding.secondary) label.span.reset();
    out.add(std::move(finding));
  }
  for (Span& span : bound.script.spans) span = {};
  bound.number = migration.number;
  bound.slug = migration.slug;
  bound.name = migration.name;
  bound.path = "down of " + migration.name;
  return bound;
}

Result<DownText> derive_down_text(const Migration& migration, const Schema& before, const Schema& after,
                                  const Claims& claims, const ScriptCodec& codec, const CowList<std::string>& earlier,
                                  const std::vector<std::string>& protected_sheets) {
  Migration down;
  down.number = migration.number;
  down.slug = migration.slug;
  down.name = migration.name;
  down.down_of = migration.name;
  down.generated_from = migration.checksum;
  DownText out;
  Result<Reversal> reversal = reversal_of(migration, before, after, claims);
  if (migration.down) {
    // The author's own way back is asked for most when none can be derived.
    out.fidelity = reversal && reversal->fidelity != Fidelity::irreversible ? reversal->fidelity : Fidelity::lossy;
    down.script = *migration.down;
  } else {
    if (!reversal) return std::move(reversal).error();
    ZMIG_CHECK_OK(can_be_named(reversal->ops, before));
    out.fidelity = reversal->fidelity;
    down.script.operations = std::move(reversal->ops);
    rows_once_a_sheet(down.script.operations);
    for (Operation& operation : down.script.operations) name_migration(operation, migration.name);
    down.script.ensures = mirrored(migration.script.ensures, before, after);
  }
  check::MigrationApplied applied{migration.name, {}};
  down.script.requires_.insert(
      down.script.requires_.begin(),
      check_line(std::move(applied), fmt::format("migration {} applied", quoted(migration.name))));
  out.text = codec.print(down);
  if (out.fidelity == Fidelity::irreversible) return out;
  Diagnostics findings;
  const Migration bound = bind_down(out.text, migration, before, after, codec, earlier, protected_sheets, findings);
  if (!findings.has_errors() && bound.script.operations == down.script.operations) return out;
  if (migration.down) return does_not_bind(migration, findings);
  // What comes back finds its place anew while the text is bound. That may be another neighbour than the one it had
  // when it went: right all the same if the whole leads back, and if not, it may once the other lines stand before it.
  const std::vector<Operation> derived = down.script.operations;
  for (const bool last : {false, true}) {
    down.script.operations = last ? restores_last(derived) : derived;
    out.text = codec.print(down);
    Diagnostics again;
    const Migration way = bind_down(out.text, migration, before, after, codec, earlier, protected_sheets, again);
    if (again.has_errors() || !same_but_places(way.script.operations, down.script.operations)) continue;
    const Result<Schema> back = replay_operations(way.script.operations, after);
    if (back && !managed_difference(before, *back)) return out;
  }
  if (std::optional<Error> refused = changed_and_gone(derived, before)) return std::move(*refused);
  return does_not_bind(migration, findings);
}

Result<DownText> derive_down(const Replayed& replayed, const std::vector<Adopted>& adopted, const ScriptCodec& codec) {
  const Migration& migration = replayed.migration;
  ZMIG_TRY(DownText out, derive_down_text(migration, replayed.before, replayed.after,
                                          claims_from_stamp(migration, adopted), codec, {}, {}));
  if (out.fidelity != Fidelity::irreversible) return out;
  return make_error(Errc::invalid_input, "ZM0505",
                    fmt::format("{} has lines without a way back", quoted(migration.name)),
                    "a `down { }` block at its end can give one");
}

}  // namespace zmig
