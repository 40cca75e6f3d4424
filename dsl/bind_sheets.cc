// Changes at the top level: sheets, scopes, enums as a whole.

#include <utility>

#include <zmig/header_norm.h>
#include <zmig/text.h>

#include "binder.h"

namespace zmig::dsl {
namespace {

/// From the first word to before the block.
template <class Statement>
ast::Node head_of(const Statement& line) {
  const std::uint32_t end = line.body.open.begin > line.begin ? line.body.open.begin - 1 : line.end;
  return {line.begin, end};
}

}  // namespace

void Binder::sheet_body(const std::string& id, const ast::SheetBody& body) {
  here_ = id;
  for (const ast::SheetLine& line : body.lines) {
    ast::visit([this](const auto& statement) { inside(statement); }, line);
  }
  here_.clear();
}

void Binder::top(const ast::CreateSheet& line) {
  refuse_protected(line.name);
  const std::optional<NamedPlace> place = sheet_place(line.place);
  if (!is_possible(line.name, "sheet") || !title_is_free(line.name)) return doubt(line);
  const SheetRef sheet{sheet_id(line.name.value), line.name.value};
  const bool made = emit(op::CreateSheet{sheet, place.value_or(NamedPlace{})}, line.name, head_of(line));
  if (!made) return doubt(line);
  remember(Thing::sheet, {}, sheet.title, line.name);
  sheet_body(sheet.id, line.body);
}

void Binder::top(const ast::SheetScope& line) {
  if (line.verb.value == ast::SheetScopeVerb::in_sheet) {
    if (const Sheet* sheet = sheet_to_change(line.name)) return sheet_body(std::string(sheet->id), line.body);
    return doubt(line);
  }
  refuse_protected(line.name);
  if (!is_possible(line.name, "sheet")) return doubt(line);
  if (const Sheet* managed = schema_.sheet_titled(line.name.value)) {
    error("ZM0102", "sheet " + quoted(managed->title) + " is managed already", line.name).help =
        "use `in sheet " + quoted(managed->title) + "`";
    return sheet_body(std::string(managed->id), line.body);
  }
  if (!title_is_free(line.name)) return doubt(line);
  const SheetRef sheet{sheet_id(line.name.value), line.name.value};
  if (!emit(op::AdoptSheet{sheet}, line.name, head_of(line))) return doubt(line);
  remember(Thing::sheet, {}, sheet.title, line.name);
  sheet_body(sheet.id, line.body);
}

void Binder::top(const ast::PairChange& line) {
  switch (line.verb.value) {
    case ast::PairVerb::rename_sheet: return rename_sheet(line);
    case ast::PairVerb::rename_enum: return rename_enum(line);
    case ast::PairVerb::copy_sheet: return copy_sheet(line);
    case ast::PairVerb::rename_range: return not_yet("rename range", line.verb);
  }
}

void Binder::rename_sheet(const ast::PairChange& line) {
  const Sheet* sheet = sheet_to_change(line.from);
  refuse_protected(line.to);
  if (sheet == nullptr) return doubt(line.to.value);
  if (!is_possible(line.to, "sheet") || !title_is_free(line.to, sheet->id)) return;
  const SheetRef before = ref(*sheet);
  if (!emit(op::RenameSheet{before, line.to.value}, line.from, line)) return;
  if (norm(before.title) != norm(line.to.value)) forget(Thing::sheet, {}, before.title, "renamed", line, line.to.value);
  remember(Thing::sheet, {}, line.to.value, line.to);
}

void Binder::rename_enum(const ast::PairChange& line) {
  not_yet("rename enum", line.verb);
  Enum* found = enum_named(line.from);
  if (found == nullptr || schema_.find_enum(line.to.value) != nullptr) return doubt(line.to.value);
  (void)apply_to(change::RenameEnum{line.from.value, line.to.value}, schema_);
}

void Binder::copy_sheet(const ast::PairChange& line) {
  not_yet("copy sheet", line.verb);
  sheet_to_change(line.from);
  doubt(line.to.value);
}

void Binder::top(const ast::DropSheet& line) {
  const Sheet* sheet = sheet_to_change(line.name);
  if (sheet == nullptr) return;
  const SheetRef gone = ref(*sheet);
  if (!emit(op::DropSheet{gone, line.discarding.has_value()}, line.name, line)) return;
  forget(Thing::sheet, {}, gone.title, "dropped", line.name);
}

void Binder::top(const ast::NameChange& line) {
  switch (line.verb.value) {
    case ast::NameVerb::forget_sheet: return forget_sheet(line);
    case ast::NameVerb::restore_sheet: return restore_sheet(line);
    case ast::NameVerb::drop_enum: return drop_enum(line);
    case ast::NameVerb::drop_range: return not_yet("drop range", line.verb);
  }
}

void Binder::forget_sheet(const ast::NameChange& line) {
  const Sheet* sheet = sheet_to_change(line.name);
  if (sheet == nullptr) return;
  const SheetRef gone = ref(*sheet);
  if (!emit(op::ForgetSheet{gone}, line.name, line)) return;
  forget(Thing::sheet, {}, gone.title, "forgotten", line.name);
}

void Binder::drop_enum(const ast::NameChange& line) {
  if (enum_named(line.name) == nullptr) return;
  if (!emit(op::DropEnum{line.name.value}, line.name, line)) return;
  forget(Thing::enumeration, {}, line.name.value, "dropped", line.name);
}

void Binder::top(const ast::CreateRange& line) { not_yet("create range", line.verb); }

void Binder::top(const ast::Native& line) { not_yet("native", line.verb); }

}  // namespace zmig::dsl
