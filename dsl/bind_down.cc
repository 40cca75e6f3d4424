// The way back (language.md 7.10, 11): things that come back are those of the schema before the migration, under their
// ids.

#include <algorithm>
#include <utility>

#include <zmig/header_norm.h>
#include <zmig/text.h>

#include "binder.h"

namespace zmig::dsl {
namespace {

bool is_there(const Sheet& sheet, std::string_view id) { return column_by_id(sheet, id) != nullptr; }

/// A column by the id that can be seen: managed in this place means that zmig must know it again.
NamedPlace beside(Place::Kind kind, const Column& column) { return {{kind, column.id}, column.header}; }

/// The names of a place, as a reversal would give them: a managed neighbour, the left one first.
NamedPlace place_of(const Sheet& sheet, std::size_t index0) {
  if (index0 == 0) return {{Place::Kind::first, {}}, {}};
  if (sheet.columns[index0 - 1].managed) return beside(Place::Kind::after, sheet.columns[index0 - 1]);
  const bool right = index0 + 1 < sheet.columns.size();
  if (right && sheet.columns[index0 + 1].managed) return beside(Place::Kind::before, sheet.columns[index0 + 1]);
  for (std::size_t left = index0; left-- > 0;) {
    if (sheet.columns[left].managed) return beside(Place::Kind::after, sheet.columns[left]);
  }
  return {{right ? Place::Kind::first : Place::Kind::last, {}}, {}};
}

std::string differs(const Difference& one, const Schema& before) {
  const Sheet* sheet = before.sheet(one.sheet);
  const Column* column = sheet != nullptr ? column_by_id(*sheet, one.column) : nullptr;
  const std::string title = sheet != nullptr ? quoted(sheet->title) : quoted(one.where);
  if (one.kind == Difference::Kind::sheet_missing)
    return "sheet " + title + " would be missing, which was there before";
  if (one.kind == Difference::Kind::column_missing && column != nullptr) {
    return title + " would lack column " + quoted(column->header) + " " + to_string(column->type) +
           ", which was there before";
  }
  const std::string subject =
      column != nullptr ? "column " + quoted(column->header) + " of " + title : "sheet " + title;
  return subject + " would be " + one.observed + ", it was " + one.expected;
}

/// Managed things that were not there before.
std::vector<std::string> left_over(const Schema& before, const Schema& after) {
  std::vector<std::string> out;
  for (const Sheet& sheet : after.sheets) {
    if (!sheet.managed) continue;
    const Sheet* old = before.sheet(sheet.id);
    if (old == nullptr || !old->managed) {
      out.push_back("sheet " + quoted(sheet.title) + " would stay, which was not there before");
      continue;
    }
    for (const Column& column : sheet.columns) {
      const Column* was = column_by_id(*old, column.id);
      if (!column.managed || (was != nullptr && was->managed)) continue;
      out.push_back(quoted(sheet.title) + " would keep column " + quoted(column.header) + " " + to_string(column.type) +
                    ", which was not there before");
    }
  }
  return out;
}

std::vector<std::string> offered_in(const Enum& in) {
  std::vector<std::string> out;
  for (const EnumValue& value : in.values) {
    if (value.offered) out.push_back(value.text);
  }
  return out;
}

/// Enums are compared by what they offer.
std::vector<std::string> enum_differences(const Schema& before, const Schema& after) {
  std::vector<std::string> out;
  for (const Enum& one : before.enums) {
    const Enum* now = after.find_enum(one.name);
    if (now == nullptr) {
      out.push_back("enum " + quoted(one.name) + " would be missing, which was there before");
    } else if (offered_in(*now) != offered_in(one)) {
      out.push_back("enum " + quoted(one.name) + " would offer " + join(offered_in(*now), ", ") + "; it offered " +
                    join(offered_in(one), ", "));
    }
  }
  for (const Enum& one : after.enums) {
    if (before.find_enum(one.name) == nullptr) {
      out.push_back("enum " + quoted(one.name) + " would stay, which was not there before");
    }
  }
  return out;
}

}  // namespace

std::string Binder::sheet_id(std::string_view title) const {
  const Sheet* old = undone_ != nullptr ? undone_->sheet_titled(title) : nullptr;
  if (old != nullptr && schema_.sheet(old->id) == nullptr) return old->id;
  return derived_id('s', id_name_, number_ + 1);
}

std::string Binder::column_id(const Sheet& sheet, std::string_view header) const {
  const Sheet* old = undone_ != nullptr ? undone_->sheet(sheet.id) : nullptr;
  const Column* column = old != nullptr ? column_by_header(*old, header) : nullptr;
  if (column != nullptr && !is_there(sheet, column->id)) return column->id;
  return derived_id('c', id_name_, number_ + 1);
}

NamedPlace Binder::old_place(const Sheet& now, const Column& column) const {
  // Its nearest neighbour on the left that is there again tells where it stood; then the place is named as a reversal
  // names it.
  const Sheet& old = *undone_->sheet(now.id);
  Sheet with = now;
  std::size_t index0 = 0;
  for (std::size_t left = column_index(old, column.id); left-- > 0;) {
    const std::size_t found = column_index(now, old.columns[left].id);
    if (found == now.columns.size()) continue;
    index0 = found + 1;
    break;
  }
  with.columns.insert(with.columns.begin() + static_cast<std::ptrdiff_t>(index0), column);
  return place_of(with, index0);
}

void Binder::restore_sheet(const ast::NameChange& line) {
  if (!in_down_) return;  // reported with the tree (ZM0117)
  const Sheet* old = undone_ != nullptr ? undone_->sheet_titled(line.name.value) : nullptr;
  if (old == nullptr) {
    error("ZM0101", "no sheet " + quoted(line.name.value) + " before " + quoted(undone_name_), line.name);
    return doubt(line.name.value);
  }
  if (!title_is_free(line.name)) return;
  // After its nearest neighbour on the left that is there again, as for columns.
  std::size_t index0 = 0;
  for (const Sheet& one : undone_->sheets) {
    if (one.id == old->id) break;
    const auto there =
        std::find_if(schema_.sheets.begin(), schema_.sheets.end(), [&](const Sheet& now) { return now.id == one.id; });
    if (there != schema_.sheets.end()) index0 = static_cast<std::size_t>(there - schema_.sheets.begin()) + 1;
  }
  if (emit(op::RestoreSheet{*old, index0, undone_name_}, line.name, line))
    remember(Thing::sheet, {}, old->title, line.name);
}

void Binder::restore_column(const ast::ColumnVerb& line) {
  if (!in_down_) return;
  const Sheet& now = here();
  const Sheet* old = undone_ != nullptr ? undone_->sheet(now.id) : nullptr;
  const Column* column = old != nullptr ? column_by_header(*old, line.name.value) : nullptr;
  if (column == nullptr) {
    error("ZM0101",
          "no column " + quoted(line.name.value) + " in " + quoted(now.title) + " before " + quoted(undone_name_),
          line.name);
    return doubt(line.name.value);
  }
  if (!header_is_free(now, line.name)) return;
  const SheetRef sheet = ref(now);
  if (!emit(op::RestoreColumn{sheet, *column, old_place(now, *column), undone_name_}, line.name, line)) return;
  remember(Thing::column, sheet.id, column->header, line.name);
}

void Binder::restore_cells(const ast::ColumnVerb& line) {
  const Column* column = column_named(here(), line.name);
  if (!in_down_ || column == nullptr) return;
  const ColumnRef at = ref(here(), *column);
  if (line.verb.value == ast::ColumnVerbKind::restore_values) {
    emit(op::RestoreValues{at, undone_name_}, line.name, line);
    return;
  }
  const Sheet* old = undone_ != nullptr ? undone_->sheet(at.sheet.id) : nullptr;
  const Column* before = old != nullptr ? column_by_id(*old, at.id) : nullptr;
  emit(op::RestoreFormat{at, before != nullptr ? before->format : std::nullopt, undone_name_}, line.name, line);
}

void Binder::check_leads_back(const ast::Down& line) {
  const Schema empty;
  const Schema& before = undone_ != nullptr ? *undone_ : empty;
  std::vector<std::string> notes;
  for (const Difference& one : visible_differences(before, schema_)) {
    const bool more = one.kind == Difference::Kind::foreign || one.kind == Difference::Kind::order;
    if (!more) notes.push_back(differs(one, before));  // what is left over is told below, order is not compared
  }
  const auto add = [&](const std::vector<std::string>& more) { notes.insert(notes.end(), more.begin(), more.end()); };
  add(left_over(before, schema_));
  add(enum_differences(before, schema_));
  if (notes.empty()) return;
  Diagnostic& found = error("ZM0116", "the `down` block does not lead back", line.verb);
  const bool lacks = notes.front().find(" would lack ") != std::string::npos;
  found.notes = std::move(notes);
  found.help = std::string(lacks ? "add it" : "change it") + ", or remove the block and let zmig derive the way back";
}

}  // namespace zmig::dsl
