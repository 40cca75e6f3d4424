// What a name means at this line, and what to say when it means nothing (language.md 4.3, 13.2).

#include <algorithm>
#include <utility>

#include <zmig/expr.h>
#include <zmig/header_norm.h>
#include <zmig/text.h>

#include "binder.h"

namespace zmig::dsl {
namespace {

struct Suggestion {
  std::string name;
  bool alike = false;  // looks the same: there is hardly a doubt
};

std::optional<Suggestion> suggest(std::string_view written, const std::vector<std::string>& candidates) {
  const std::string wanted = look(written);
  for (const std::string& candidate : candidates) {
    if (look(candidate) == wanted) return Suggestion{candidate, true};
  }
  if (const std::optional<std::string> near = nearest(written, candidates)) return Suggestion{*near, false};
  return std::nullopt;
}

/// `, without the accent`: how the name that is there differs from the one that was written.
std::string how_it_differs(const std::string& written, const std::string& there) {
  if (lower_case(written) == lower_case(there)) return ", in another case";
  if (strip_accents(written) == there) return ", without the accent";
  if (strip_accents(there) == written) return ", with the accent";
  return {};
}

std::vector<std::string> titles_of(const Schema& schema) {
  std::vector<std::string> out;
  for (const Sheet& sheet : schema.sheets) {
    if (sheet.managed) out.push_back(sheet.title);
  }
  return out;
}

std::vector<std::string> headers_of(const Sheet& sheet) {
  std::vector<std::string> out;
  for (const Column& column : sheet.columns) {
    if (column.managed) out.push_back(column.header);
  }
  return out;
}

Place::Kind kind_of_place(ast::PlaceKind kind) {
  switch (kind) {
    case ast::PlaceKind::first: return Place::Kind::first;
    case ast::PlaceKind::last: return Place::Kind::last;
    case ast::PlaceKind::after: return Place::Kind::after;
    case ast::PlaceKind::before: return Place::Kind::before;
  }
  return Place::Kind::last;
}

}  // namespace

bool Binder::gone_before(Thing thing, std::string_view scope, std::string_view written, const ast::Node& at,
                         std::string_view title) {
  const std::string wanted = norm(written);
  const auto found = std::find_if(gone_.rbegin(), gone_.rend(), [&](const Gone& one) {
    return one.thing == thing && one.scope == scope && one.name == wanted;
  });
  if (found == gone_.rend()) return false;
  if (!found->successor.empty()) {
    Diagnostic& renamed = error("ZM0101", std::string(title) + " at this line", at);
    renamed.secondary.push_back({found->at, {}, "renamed here"});
    renamed.help = "write " + quoted(found->successor);
    return true;
  }
  Diagnostic& dropped =
      error("ZM0111", quoted(written) + " was " + found->how + " in line " + std::to_string(line_of(found->at)), at,
            "used here");
  dropped.secondary.push_back({found->at, {}, found->how + " here"});
  dropped.help = "put this line above that one, or leave it out";
  return true;
}

void Binder::unknown(Thing thing, std::string_view scope, std::string title, std::string_view written,
                     const ast::Node& at, const std::vector<std::string>& candidates, std::string otherwise) {
  if (gone_before(thing, scope, written, at, title)) return;
  if (is_doubtful(written)) return;
  Diagnostic& found = error("ZM0101", std::move(title) + " at this line", at);
  const std::optional<Suggestion> instead = suggest(written, candidates);
  if (!instead) {
    if (!otherwise.empty()) found.help = std::move(otherwise);
    return;
  }
  found.help = "did you mean " + quoted(instead->name) + "?";
  const std::string differs = how_it_differs(std::string(written), instead->name);
  if (const Span* added = added_here(thing, scope, instead->name)) {
    found.secondary.push_back({*added, {}, "added here" + differs});
  } else if (instead->alike) {
    found.notes.push_back(quoted(instead->name) + " is there (" + code_points_note(written, instead->name) + ")");
  }
}

Sheet* Binder::sheet_named(const ast::Name& name) {
  if (const Sheet* sheet = schema_.sheet_titled(name.value)) return schema_.sheet(sheet->id);
  const bool foreign = schema_.sheet_titled(name.value, true) != nullptr;
  if (foreign && !is_doubtful(name.value) && !gone_before(Thing::sheet, {}, name.value, name, "no sheet")) {
    error("ZM0101", "sheet " + quoted(name.value) + " is not managed by zmig", name).help =
        "take it over first: `adopt sheet " + quoted(name.value) + "`";
  } else if (!foreign) {
    unknown(Thing::sheet, {}, "no sheet " + quoted(name.value), name.value, name, titles_of(schema_),
            "if the workbook has it, take it over first: `adopt sheet " + quoted(name.value) + "`");
  }
  doubt(name.value);  // one message is enough for a sheet that many lines name
  return nullptr;
}

void Binder::refuse_protected(const ast::Name& name) {
  const std::string wanted = norm(name.value);
  const bool listed = std::any_of(context_.protected_sheets.begin(), context_.protected_sheets.end(),
                                  [&](const std::string& title) { return norm(title) == wanted; });
  if (!listed) return;
  error("ZM1806", "sheet " + quoted(name.value) + " is protected by the project", name, "no change may name it").help =
      "`protect` in zmig.toml lists it";
}

Sheet* Binder::sheet_to_change(const ast::Name& name) {
  refuse_protected(name);
  return sheet_named(name);
}

const Column* Binder::column_named(const Sheet& sheet, const ast::Name& name) {
  return column_named(sheet, name.value, name);
}

const Column* Binder::column_named(const Sheet& sheet, std::string_view header, const ast::Node& at) {
  if (const Column* column = column_by_header(sheet, header)) return column;
  const std::string title = "no column " + quoted(header) + " in " + quoted(sheet.title);
  const bool foreign = column_by_header(sheet, header, true) != nullptr;
  if (foreign && !is_doubtful(header) && !gone_before(Thing::column, sheet.id, header, at, title)) {
    error("ZM0101", "column " + quoted(header) + " of " + quoted(sheet.title) + " is not managed by zmig", at).help =
        "take it over first: `adopt column " + quoted(header) + "` and its type";
  } else if (!foreign) {
    unknown(Thing::column, sheet.id, title, header, at, headers_of(sheet),
            "if the workbook has it, take it over first: `adopt column " + quoted(header) + "` and its type");
  }
  return nullptr;
}

Enum* Binder::enum_named(const ast::Name& name) {
  if (Enum* found = schema_.find_enum(name.value)) return found;
  std::vector<std::string> names;
  for (const Enum& one : schema_.enums) names.push_back(one.name);
  unknown(Thing::enumeration, {}, "no enum " + quoted(name.value), name.value, name, names,
          "make it on a line above: `create enum " + quoted(name.value) + "`");
  doubt(name.value);
  return nullptr;
}

bool Binder::is_possible(const ast::Name& name, std::string_view what) {
  const auto refuse = [&](std::string why) {
    error("ZM0122", std::string("this cannot be a ") + std::string(what), name, std::move(why)).help =
        "choose a name on one line, with something to see in it";
    return false;
  };
  if (norm(name.value).empty()) return refuse("nothing is left of it without blanks");
  if (name.value.find_first_of("\n\r\t") != std::string::npos) return refuse("a name has no line ends and no tabs");
  if (what == "sheet" && count_code_points(name.value) > 100) return refuse("longer than 100 characters");
  return true;
}

bool Binder::title_is_free(const ast::Name& name, std::string_view except_id) {
  const std::string wanted = lower_case(norm(name.value));
  for (const Sheet& sheet : schema_.sheets) {
    if (sheet.id == except_id || lower_case(norm(sheet.title)) != wanted) continue;
    if (!sheet.managed && norm(sheet.title) == norm(name.value)) continue;  // judged against the live workbook
    Diagnostic& found = error("ZM0102", "sheet " + quoted(sheet.title) + " already exists", name, "added here");
    if (norm(sheet.title) != norm(name.value)) found.notes.push_back("spreadsheets compare titles without case");
    if (const Span* first = added_here(Thing::sheet, {}, sheet.title)) {
      found.secondary.push_back({*first, {}, "first added here"});
    }
    found.help = "use `in sheet " + quoted(sheet.title) + "` to change it";
    return false;
  }
  return true;
}

bool Binder::header_is_free(const Sheet& sheet, const ast::Name& name, std::string_view except_id) {
  const Column* there = column_by_header(sheet, name.value);
  if (there == nullptr || there->id == except_id) return true;
  if (unsure_.contains(there->id) && is_doubtful(name.value)) return false;
  Diagnostic& found =
      error("ZM0102", "column " + quoted(there->header) + " already exists in sheet " + quoted(sheet.title), name,
            "added here");
  if (const Span* first = added_here(Thing::column, sheet.id, there->header)) {
    found.secondary.push_back({*first, {}, "first added here"});
  }
  found.help = "use `change column " + quoted(there->header) + "` to change it";
  return false;
}

std::optional<NamedPlace> Binder::column_place(const Sheet& sheet, const boost::optional<ast::Place>& place) {
  NamedPlace out;
  if (!place) return out;
  out.place.kind = kind_of_place(place->kind.value);
  if (!place->anchor) return out;
  const Column* beside = column_named(sheet, *place->anchor);
  if (beside == nullptr) return std::nullopt;
  out.place.beside = beside->id;
  out.name = beside->header;
  return out;
}

std::optional<NamedPlace> Binder::sheet_place(const boost::optional<ast::Place>& place) {
  NamedPlace out;
  if (!place) return out;
  out.place.kind = kind_of_place(place->kind.value);
  if (!place->anchor) return out;
  const Sheet* beside = sheet_named(*place->anchor);
  if (beside == nullptr) return std::nullopt;
  out.place.beside = beside->id;
  out.name = beside->title;
  return out;
}

}  // namespace zmig::dsl
