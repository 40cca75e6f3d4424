// Lines about columns inside a sheet (language.md 7.2), and those about the sheet itself.

#include <algorithm>
#include <utility>

#include <zmig/header_norm.h>
#include <zmig/text.h>

#include "binder.h"
#include "words.h"

namespace zmig::dsl {

void Binder::inside(const ast::Bad&) {}  // see doubt_broken_lines

void Binder::inside(const ast::AddColumn& line) {
  const BoundType type = type_of_tree(line.type);
  const std::optional<NamedPlace> place = column_place(here(), line.place);
  if (!is_possible(line.name, "header") || !header_is_free(here(), line.name)) return;
  Column column;
  column.id = column_id(here(), line.name.value);
  column.header = line.name.value;
  column.type = type.type;
  if (!type.sure) unsure_.insert(column.id);
  type_written_[column.id] = line.type;
  declare(column, line.type, line.properties);
  const SheetRef sheet = ref(here());
  if (!emit(op::AddColumn{sheet, std::move(column), place.value_or(NamedPlace{})}, line.name, line)) return;
  remember(Thing::column, sheet.id, line.name.value, line.name);
}

void Binder::inside(const ast::AdoptColumn& line) {
  const BoundType type = type_of_tree(line.type);
  if (!is_possible(line.name, "header") || !header_is_free(here(), line.name)) return;
  Column column;
  column.id = column_id(here(), line.name.value);
  column.header = line.name.value;
  column.type = type.type;
  if (!type.sure) unsure_.insert(column.id);
  type_written_[column.id] = line.type;
  declare(column, line.type, line.properties);
  const SheetRef sheet = ref(here());
  if (!emit(op::AdoptColumn{sheet, std::move(column)}, line.name, line)) return;
  remember(Thing::column, sheet.id, line.name.value, line.name);
}

void Binder::inside(const ast::ColumnPair& line) {
  const Column* from = column_named(here(), line.from);
  if (line.verb.value == ast::ColumnPairVerb::copy_column) {
    not_yet("copy column", line.verb);
    return imagine_column(line.to);
  }
  if (from == nullptr) return doubt(line.to.value);
  if (!is_possible(line.to, "header") || !header_is_free(here(), line.to, from->id)) return;
  const ColumnRef before = ref(here(), *from);
  if (!emit(op::RenameColumn{before, line.to.value}, line.from, line)) return;
  if (norm(before.header) != norm(line.to.value)) {
    forget(Thing::column, before.sheet.id, before.header, "renamed", line, line.to.value);
  }
  remember(Thing::column, before.sheet.id, line.to.value, line.to);
}

void Binder::inside(const ast::MoveColumn& line) {
  const Column* column = column_named(here(), line.name);
  const std::optional<NamedPlace> place = column_place(here(), line.place);
  if (column == nullptr || !place) return;
  if (place->place.beside == column->id) {
    error("ZM0101", "a column has no place beside itself", *line.place.anchor);
    return;
  }
  emit(op::MoveColumn{ref(here(), *column), *place}, line.name, line);
}

void Binder::inside(const ast::SplitColumn& line) {
  not_yet("split column", line.verb);
  column_named(here(), line.column);
  for (const ast::Name& name : line.into) imagine_column(name);
}

void Binder::inside(const ast::MergeColumns& line) {
  not_yet("merge columns", line.verb);
  for (const ast::Name& name : line.columns) column_named(here(), name);
  imagine_column(line.into);
}

void Binder::inside(const ast::RetireColumn& line) {
  const Column* column = column_named(here(), line.name);
  op::RetireColumn retire;
  if (line.use) {
    const Column* use = column_by_header(here(), line.use->value);
    if (use == nullptr && !in_down_) use = column_named(here(), *line.use);
    if (use == nullptr && !in_down_) return;
    if (use != nullptr && use == column && !in_down_) {
      error("ZM0101", "a column cannot take its own place", *line.use).help = "name another column, or none";
      return;
    }
    retire.use = use != nullptr ? use->header : line.use->value;
  }
  if (column == nullptr) return;
  retire.at = ref(here(), *column);
  emit(std::move(retire), line.name, line);
}

void Binder::inside(const ast::DropColumn& line) {
  const Column* column = column_named(here(), line.name);
  if (column == nullptr) return;
  op::DropColumn drop{ref(here(), *column), line.discarding.has_value(), {}};
  bool sound = true;
  if (line.undo) {
    // The way back reads the rows of then, when this column is gone.
    Sheet after = here();
    const Column dropped = *column;
    erase_if(after.columns, [&](const Column& one) { return one.id == dropped.id; });
    forget(Thing::column, drop.at.sheet.id, dropped.header, "dropped", line.name);
    drop.undo = formula_for(*line.undo, after, dropped);
    gone_.pop_back();
    sound = drop.undo.has_value();
  }
  if (!sound) {
    Sheet& now = here();
    erase_if(now.columns, [&](const Column& one) { return one.id == drop.at.id; });
  } else if (!emit(Operation(drop), line.name, line)) {
    return;
  }
  forget(Thing::column, drop.at.sheet.id, drop.at.header, "dropped", line.name);
}

void Binder::inside(const ast::ColumnVerb& line) {
  switch (line.verb.value) {
    case ast::ColumnVerbKind::restore_column: return restore_column(line);
    case ast::ColumnVerbKind::restore_values:
    case ast::ColumnVerbKind::restore_format: return restore_cells(line);
    case ast::ColumnVerbKind::forget_column: break;
  }
  const Column* column = column_named(here(), line.name);
  if (column == nullptr) return;
  const ColumnRef at = ref(here(), *column);
  if (!emit(op::ForgetColumn{at}, line.name, line)) return;
  forget(Thing::column, at.sheet.id, at.header, "forgotten", line.name);
}

void Binder::inside(const ast::KeyRule& line) {
  not_yet(words(line.verb.value), line.verb);
  for (const ast::Name& name : line.columns) column_named(here(), name);
}

void Binder::inside(const ast::AddCheck& line) { not_yet("add check", line.verb); }

void Binder::inside(const ast::DropCheck& line) { not_yet("drop check", line.verb); }

void Binder::inside(const ast::SheetSwitch& line) {
  using enum ast::SheetSwitchKind;
  switch (line.value) {
    case freeze_header: emit(op::FreezeHeader{ref(here()), true}, line, line); return;
    case unfreeze_header: emit(op::FreezeHeader{ref(here()), false}, line, line); return;
    case restore_rows:
      if (in_down_) emit(op::RestoreRows{ref(here()), undone_name_}, line, line);
      return;  // else reported with the tree (ZM0117)
    case hide_sheet:
    case show_sheet:
    case unprotect_sheet:
    case columns_keep_their_order:
    case columns_may_move:
    case foreign_columns_forbidden:
    case foreign_columns_allowed: not_yet(words(line.value), line); return;
  }
}

void Binder::inside(const ast::ProtectSheet& line) { not_yet("protect sheet", line.verb); }

}  // namespace zmig::dsl
