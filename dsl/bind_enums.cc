// Enums and their values (language.md 7.7). Names and values are compared by code point.

#include <algorithm>
#include <utility>

#include <zmig/header_norm.h>
#include <zmig/text.h>

#include "binder.h"

namespace zmig::dsl {
namespace {

const EnumValue* find_value(const Enum& in, std::string_view text) {
  const auto found =
      std::find_if(in.values.begin(), in.values.end(), [&](const EnumValue& one) { return one.text == text; });
  return found == in.values.end() ? nullptr : &*found;
}

}  // namespace

void Binder::top(const ast::EnumScope& line) {
  if (line.verb.value == ast::EnumScopeVerb::create_enum) {
    const std::uint32_t end = line.body.open.begin > line.begin ? line.body.open.begin - 1 : line.end;
    if (!is_possible(line.name, "name of an enum")) return doubt(line);
    if (schema_.find_enum(line.name.value) != nullptr) {
      Diagnostic& found =
          error("ZM0102", "enum " + quoted(line.name.value) + " already exists", line.name, "added here");
      if (const Span* first = added_here(Thing::enumeration, {}, line.name.value)) {
        found.secondary.push_back({*first, {}, "first added here"});
      }
      found.help = "use `in enum " + quoted(line.name.value) + "` to change it";
      return doubt(line);
    }
    if (!emit(op::CreateEnum{line.name.value}, line.name, ast::Node{line.begin, end})) return doubt(line);
    remember(Thing::enumeration, {}, line.name.value, line.name);
  } else if (enum_named(line.name) == nullptr) {
    return;
  }
  enum_ = line.name.value;
  for (const ast::EnumLine& inner : line.body.lines) {
    ast::visit([this](const auto& statement) { value_line(statement); }, inner);
  }
  enum_.clear();
}

const EnumValue* Binder::value_named(const Enum& in, const ast::Text& value) {
  if (const EnumValue* found = find_value(in, value.value)) return found;
  std::vector<std::string> values;
  for (const EnumValue& one : in.values) values.push_back(one.text);
  unknown(Thing::value, in.name, "no value " + quoted(value.value) + " in enum " + quoted(in.name), value.value, value,
          values, {});
  return nullptr;
}

void Binder::value_line(const ast::Bad&) {}  // see doubt_broken_lines

void Binder::value_line(const ast::AddValue& line) {
  const Enum& in = *schema_.find_enum(enum_);
  if (norm(line.value.value).empty()) {
    error("ZM0122", "this cannot be a value", line.value, "nothing is left of it without blanks");
    return;
  }
  const EnumValue* there = find_value(in, line.value.value);
  if (there != nullptr && there->offered) {
    Diagnostic& found =
        error("ZM0102", "value " + quoted(line.value.value) + " already exists in enum " + quoted(enum_), line.value,
              "added here");
    if (const Span* first = added_here(Thing::value, enum_, line.value.value)) {
      found.secondary.push_back({*first, {}, "first added here"});
    }
    return;
  }
  op::AddValue add{enum_, line.value.value, {}, {}};
  if (line.note) add.note = line.note->value;
  if (line.place) {
    switch (line.place->kind.value) {
      case ast::PlaceKind::first: add.place.kind = Place::Kind::first; break;
      case ast::PlaceKind::last: add.place.kind = Place::Kind::last; break;
      case ast::PlaceKind::after: add.place.kind = Place::Kind::after; break;
      case ast::PlaceKind::before: add.place.kind = Place::Kind::before; break;
    }
    if (line.place->anchor && value_named(in, *line.place->anchor) != nullptr) {
      add.place.beside = line.place->anchor->value;
    } else if (line.place->anchor) {
      add.place.kind = Place::Kind::last;
    }
  }
  if (!emit(std::move(add), line.value, line)) return doubt(line.value.value);
  remember(Thing::value, enum_, line.value.value, line.value);
}

void Binder::value_line(const ast::RenameValue& line) {
  const Enum& in = *schema_.find_enum(enum_);
  const EnumValue* from = value_named(in, line.from);
  if (norm(line.to.value).empty()) {
    error("ZM0122", "this cannot be a value", line.to, "nothing is left of it without blanks");
    return;
  }
  if (from == nullptr) return doubt(line.to.value);
  if (find_value(in, line.to.value) != nullptr) {
    error("ZM0102", "value " + quoted(line.to.value) + " already exists in enum " + quoted(enum_), line.to).help =
        "to give one value up for another: `retire value " + quoted(line.from.value) + " replace with " +
        quoted(line.to.value) + "`";
    return;
  }
  if (!emit(op::RenameValue{enum_, line.from.value, line.to.value}, line.from, line)) return;
  forget(Thing::value, enum_, line.from.value, "renamed", line, line.to.value);
  remember(Thing::value, enum_, line.to.value, line.to);
}

void Binder::value_line(const ast::RetireValue& line) {
  const Enum& in = *schema_.find_enum(enum_);
  const bool known = value_named(in, line.value) != nullptr;
  op::RetireValue retire{enum_, line.value.value, {}};
  if (line.replacement) {
    const EnumValue* instead = value_named(in, *line.replacement);
    if (instead == nullptr) return;
    if (!instead->offered || instead->text == line.value.value) {
      error("ZM0101", "enum " + quoted(enum_) + " does not offer " + quoted(instead->text) + " after this line",
            *line.replacement);
      return;
    }
    retire.replacement = line.replacement->value;
  }
  if (known) emit(std::move(retire), line.value, line);
}

void Binder::value_line(const ast::DropValue& line) {
  not_yet("drop value", line.verb);
  Enum& in = *schema_.find_enum(enum_);
  if (value_named(in, line.value) == nullptr) return;
  std::erase_if(in.values, [&](const EnumValue& one) { return one.text == line.value.value; });
  forget(Thing::value, enum_, line.value.value, "dropped", line.value);
}

}  // namespace zmig::dsl
