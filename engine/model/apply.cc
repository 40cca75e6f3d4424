// What each change means for a schema: the only definition (language.md 5). Every overload looks first and writes last,
// so that a refusal leaves the schema as it was. Longer than other files because the 29 definitions belong side by
// side.
#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <zmig/change.h>

#include "base/text.h"
#include "model/apply_lowered.h"
#include "model/names.h"
#include "model/references.h"

namespace zmig {
namespace {

Error not_there(std::string_view what, std::string_view name) {
  return make_error(Errc::not_found, "ZM0101", "no " + std::string(what) + " " + quoted(name));
}

Error taken(std::string_view what, std::string_view name, std::string place = {}) {
  return make_error(Errc::conflict, "ZM0102", std::string(what) + " " + quoted(name) + " already exists", {},
                    std::move(place));
}

Error malformed(std::string message) { return make_error(Errc::invalid_input, "ZM0107", std::move(message)); }

Result<Sheet*> find_sheet(Schema& schema, std::string_view id) {
  if (Sheet* sheet = schema.sheet(id)) return sheet;
  return not_there("sheet with the id", id);
}

struct Spot {
  Sheet* sheet = nullptr;
  Column* column = nullptr;
};

Result<Spot> find_column(Schema& schema, const Scope& at) {
  ZMIG_TRY(Sheet * sheet, find_sheet(schema, at.sheet));
  Column* column = column_by_id(*sheet, at.column);
  if (column == nullptr) {
    Error error = not_there("column with the id", at.column);
    error.message += " in sheet " + quoted(sheet->title);
    return error;
  }
  return Spot{sheet, column};
}

Status check_title_free(const Schema& schema, std::string_view title, std::string_view except_id) {
  if (is_blank_header(title))
    return make_error(Errc::invalid_input, "ZM0122", "a sheet needs a title that is not blank");
  for (const Sheet& sheet : schema.sheets) {
    if (sheet.id != except_id && same_title_without_case(sheet.title, title)) return taken("sheet", sheet.title);
  }
  return ok();
}

Status check_header_given(std::string_view header) {
  if (!is_blank_header(header)) return ok();
  return make_error(Errc::invalid_input, "ZM0122", "a column needs a header that is not blank");
}

Status check_header_free(const Sheet& sheet, std::string_view header, std::string_view except_id) {
  ZMIG_CHECK_OK(check_header_given(header));
  for (const Column& column : sheet.columns) {
    if (column.id == except_id || !same_header(column.header, header)) continue;
    Error error = taken("column", column.header, header_cell(sheet, column.id));
    error.message += " in sheet " + quoted(sheet.title);
    return error;
  }
  return ok();
}

Status check_used_by(const std::vector<std::string>& users, std::string_view what, std::string_view name) {
  if (users.empty()) return ok();
  return make_error(Errc::conflict, "ZM0112",
                    std::string(what) + " " + quoted(name) + " is still used by " + join(users, ", "));
}

// Refuses when `sheet` is the only one that people can see.
Status check_not_last_visible(const Schema& schema, const Sheet& sheet) {
  const bool another = std::any_of(schema.sheets.begin(), schema.sheets.end(),
                                   [&](const Sheet& other) { return other.id != sheet.id && !other.hidden; });
  if (sheet.hidden || another) return ok();
  return make_error(Errc::conflict, "ZM0324", quoted(sheet.title) + " is the last visible sheet of the workbook");
}

// Index in front of which a thing goes.
template <class Thing>
Result<std::size_t> resolve(const CowList<Thing>& things, const Place& place, std::string_view what) {
  if (place.kind == Place::Kind::first) return std::size_t{0};
  if (place.kind == Place::Kind::last) return things.size();
  const auto found =
      std::find_if(things.begin(), things.end(), [&](const Thing& one) { return one.id == place.beside; });
  if (found == things.end())
    return not_there(std::string("neighbouring ") + std::string(what) + " with the id", place.beside);
  const auto index0 = static_cast<std::size_t>(found - things.begin());
  return place.kind == Place::Kind::after ? index0 + 1 : index0;
}

template <class Thing>
void insert_at(CowList<Thing>& things, std::size_t index0, Thing thing) {
  things.reserve(things.size() + 1);  // a history keeps thousands of lists: none with room for as many again
  things.insert(std::as_const(things).begin() + static_cast<std::ptrdiff_t>(index0), std::move(thing));
}

// The foreign thing that a claim without a known id means: by name, exactly one.
template <class Thing, class Name>
Result<Thing*> find_foreign(CowList<Thing>& things, std::string_view name, Name name_of_thing) {
  std::optional<std::size_t> found;
  for (std::size_t i = 0; i < things.size(); ++i) {
    const Thing& thing = std::as_const(things)[i];
    if (thing.managed || !same_header(name_of_thing(thing), name)) continue;
    if (found) return make_error(Errc::conflict, "ZM0312", quoted(name) + " is there twice");
    found = i;
  }
  Thing* thing = found ? &things[*found] : nullptr;
  return thing;
}

struct Apply {
  Schema& schema;
  bool looked = false;  // lower() has seen that the header is free, that nobody uses the column that goes

  // --- sheets

  Status operator()(const change::InsertSheet& c) const {
    if (!c.sheet.columns.empty()) return malformed("a new sheet gets its columns one by one");
    if (schema.sheet(c.sheet.id) != nullptr) return taken("sheet with the id", c.sheet.id);
    ZMIG_CHECK_OK(check_title_free(schema, c.sheet.title, {}));
    ZMIG_TRY(const std::size_t index0, resolve(schema.sheets, c.place, "sheet"));
    insert_at(schema.sheets, index0, c.sheet);
    return ok();
  }

  Status operator()(const change::CopySheet& c) const {
    ZMIG_TRY(Sheet * from, find_sheet(schema, c.from));
    if (schema.sheet(c.sheet) != nullptr) return taken("sheet with the id", c.sheet);
    ZMIG_CHECK_OK(check_title_free(schema, c.title, {}));
    Sheet copy = *from;
    copy.id = c.sheet;
    copy.title = c.title;
    copy.rules.keys.clear();
    for (Column& column : copy.columns) {
      if (!column.managed) continue;
      const auto pair =
          std::find_if(c.columns.begin(), c.columns.end(), [&](const auto& one) { return one.first == column.id; });
      if (pair == c.columns.end()) return malformed("the copy of column " + quoted(column.header) + " has no id");
      for (auto& unique : copy.rules.uniques) std::replace(unique.begin(), unique.end(), pair->first, pair->second);
      column.id = pair->second;
      column.rules.key = false;
    }
    const auto stands = std::find_if(std::as_const(schema).sheets.begin(), std::as_const(schema).sheets.end(),
                                     [&](const Sheet& one) { return one.id == c.from; });
    const auto index0 = static_cast<std::size_t>(stands - std::as_const(schema).sheets.begin());
    insert_at(schema.sheets, index0 + 1, std::move(copy));
    return ok();
  }

  Status operator()(const change::DeleteSheet& c) const {
    ZMIG_TRY(const Sheet* sheet, find_sheet(schema, c.sheet));
    // The only sheet of all may go: what `create sheet` made in an empty workbook can be taken back. A target that
    // always needs one refuses it itself.
    if (schema.sheets.size() > 1) ZMIG_CHECK_OK(check_not_last_visible(schema, *sheet));
    ZMIG_CHECK_OK(check_used_by(users_of_sheet(schema, *sheet, false), "sheet", sheet->title));
    std::erase_if(schema.ranges, [&](const NamedRange& range) { return range.sheet == c.sheet; });
    erase_if(schema.sheets, [&](const Sheet& one) { return one.id == c.sheet; });
    return ok();
  }

  Status operator()(const change::SetTitle& c) const {
    ZMIG_TRY(Sheet * sheet, find_sheet(schema, c.sheet));
    ZMIG_CHECK_OK(check_title_free(schema, c.title, c.sheet));
    sheet->title = c.title;
    return ok();
  }

  // --- columns

  Status operator()(const change::InsertColumn& c) const {
    ZMIG_TRY(Sheet * sheet, find_sheet(schema, c.sheet));
    if (column_by_id(*sheet, c.column.id) != nullptr) return taken("column with the id", c.column.id);
    ZMIG_CHECK_OK(looked ? check_header_given(c.column.header) : check_header_free(*sheet, c.column.header, {}));
    ZMIG_TRY(const std::size_t index0, resolve(sheet->columns, c.place, "column"));
    insert_at(sheet->columns, index0, c.column);
    return ok();
  }

  Status operator()(const change::DeleteColumn& c) const {
    ZMIG_TRY(const Spot spot, find_column(schema, c.at));
    if (!looked)
      ZMIG_CHECK_OK(check_used_by(users_of_column(schema, *spot.sheet, *spot.column), "column", spot.column->header));
    erase_if(spot.sheet->columns, [&](const Column& one) { return one.id == c.at.column; });
    return ok();
  }

  Status operator()(const change::MoveColumn& c) const {
    if (c.at.column.empty()) return move_sheet(c.at.sheet, c.place);
    ZMIG_TRY(const Spot spot, find_column(schema, c.at));
    const bool beside = c.place.kind == Place::Kind::after || c.place.kind == Place::Kind::before;
    if (beside && c.place.beside == c.at.column) return malformed("a column has no place beside itself");
    ZMIG_TRY(const std::size_t to, resolve(spot.sheet->columns, c.place, "column"));
    spot.sheet->columns.move_element(column_index(*spot.sheet, c.at.column), to);
    return ok();
  }

  Status operator()(const change::SetHeader& c) const {
    ZMIG_TRY(const Spot spot, find_column(schema, c.at));
    ZMIG_CHECK_OK(check_header_free(*spot.sheet, c.header, c.at.column));
    rename_in_formulas(*spot.sheet, spot.column->header, c.header);
    spot.column->header = c.header;
    return ok();
  }

  Status operator()(const change::Retype& c) const {
    ZMIG_TRY(const Spot spot, find_column(schema, c.at));
    spot.column->type = c.type;
    spot.column->format = c.format;
    return ok();
  }

  Status operator()(const change::SetComputed& c) const {
    ZMIG_TRY(const Spot spot, find_column(schema, c.at));
    spot.column->computed = c.as;
    return ok();
  }

  // --- appearance

  Status operator()(const change::SetFormat& c) const {
    ZMIG_TRY(const Spot spot, find_column(schema, c.at));
    spot.column->format = c.format;
    return ok();
  }

  Status operator()(const change::SetNote& c) const {
    ZMIG_TRY(const Spot spot, find_column(schema, c.at));
    spot.column->note = c.note;
    return ok();
  }

  Status operator()(const change::SetAllowed& c) const {
    ZMIG_TRY(const Spot spot, find_column(schema, c.at));
    spot.column->allowed = c.rule;
    return ok();
  }

  Status operator()(const change::SetHidden& c) const {
    if (!c.scope.column.empty()) {
      ZMIG_TRY(const Spot spot, find_column(schema, c.scope));
      spot.column->hidden = c.hidden;
      return ok();
    }
    ZMIG_TRY(Sheet * sheet, find_sheet(schema, c.scope.sheet));
    if (c.hidden) ZMIG_CHECK_OK(check_not_last_visible(schema, *sheet));
    sheet->hidden = c.hidden;
    return ok();
  }

  Status operator()(const change::SetFrozen& c) const {
    ZMIG_TRY(Sheet * sheet, find_sheet(schema, c.sheet));
    sheet->frozen = c.frozen;
    return ok();
  }

  Status operator()(const change::SetProtection& c) const {
    if (!c.scope.column.empty()) {
      ZMIG_TRY(const Spot spot, find_column(schema, c.scope));
      spot.column->protection = c.editors;
      return ok();
    }
    ZMIG_TRY(Sheet * sheet, find_sheet(schema, c.scope.sheet));
    sheet->protection = c.editors;
    return ok();
  }

  // --- cells and rows: the schema stays as it is, but what they name has to be there

  Status operator()(const change::FillEmpty& c) const { return check_column(c.at); }
  Status operator()(const change::WriteCells& c) const { return check_column(c.at); }
  Status operator()(const change::RestoreCells& c) const { return check_column(c.at); }
  Status operator()(const change::InsertRows& c) const { return check_rows(c.sheet, c.rows); }
  Status operator()(const change::DeleteRows& c) const { return check_rows(c.sheet, c.rows); }

  // --- ranges

  Status operator()(const change::SetRange& c) const {
    const auto found = std::find_if(schema.ranges.begin(), schema.ranges.end(),
                                    [&](const NamedRange& range) { return range.name == c.name; });
    if (!c.over.has_value()) {
      if (found == schema.ranges.end()) return not_there("range", c.name);
      schema.ranges.erase(found);
      return ok();
    }
    ZMIG_TRY(const Sheet* sheet, find_sheet(schema, c.over->sheet));
    ZMIG_CHECK_OK(check_column({sheet->id, c.over->first_column}));
    ZMIG_CHECK_OK(check_column({sheet->id, c.over->last_column}));
    if (column_index(*sheet, c.over->first_column) > column_index(*sheet, c.over->last_column)) {
      return malformed("the last column of range " + quoted(c.name) + " stands left of its first");
    }
    NamedRange range = *c.over;
    range.name = c.name;
    if (found == schema.ranges.end()) {
      schema.ranges.push_back(std::move(range));
    } else {
      *found = std::move(range);
    }
    return ok();
  }

  Status operator()(const change::RenameRange& c) const {
    NamedRange* renamed = nullptr;
    for (NamedRange& range : schema.ranges) {
      if (range.name == c.to && c.to != c.from) return taken("range", c.to);
      if (range.name == c.from) renamed = &range;
    }
    if (renamed == nullptr) return not_there("range", c.from);
    renamed->name = c.to;
    return ok();
  }

  // --- the catalogue

  Status operator()(const change::Track& c) const {
    if (const auto* sheet = std::get_if<Sheet>(&c.claimed)) {
      if (!c.scope.column.empty()) return malformed("a column cannot be claimed as a sheet");
      return track_sheet(*sheet);
    }
    ZMIG_TRY(Sheet * sheet, find_sheet(schema, c.scope.sheet));
    return track_column(*sheet, std::get<Column>(c.claimed));
  }

  Status operator()(const change::Untrack& c) const {
    if (c.scope.column.empty()) return untrack_sheet(c.scope.sheet);
    ZMIG_TRY(const Spot spot, find_column(schema, c.scope));
    ZMIG_CHECK_OK(check_used_by(users_of_column(schema, *spot.sheet, *spot.column), "column", spot.column->header));
    make_foreign(*spot.column);
    renumber_foreign_columns(*spot.sheet, spot.column->header);
    return ok();
  }

  Status operator()(const change::SetRules& c) const {
    if (const auto* rules = std::get_if<ColumnRules>(&c.rules)) {
      ZMIG_TRY(const Spot spot, find_column(schema, c.scope));
      spot.column->rules = *rules;
      return ok();
    }
    if (!c.scope.column.empty()) return malformed("rules of a sheet do not fit a column");
    ZMIG_TRY(Sheet * sheet, find_sheet(schema, c.scope.sheet));
    const auto& rules = std::get<SheetRules>(c.rules);
    for (const auto* sets : {&rules.keys, &rules.uniques}) {
      for (const std::vector<std::string>& set : *sets) {
        for (const std::string& id : set) ZMIG_CHECK_OK(check_column({sheet->id, id}));
      }
    }
    sheet->rules = rules;
    return ok();
  }

  Status operator()(const change::SetEnum& c) const {
    Enum* found = schema.find_enum(c.name);
    if (!c.values.has_value()) {
      if (found == nullptr) return not_there("enum", c.name);
      ZMIG_CHECK_OK(check_used_by(users_of_enum(schema, c.name), "enum", c.name));
      erase_if(schema.enums, [&](const Enum& one) { return one.name == c.name; });
      return ok();
    }
    for (auto value = c.values->begin(); value != c.values->end(); ++value) {
      const bool twice =
          std::any_of(c.values->begin(), value, [&](const EnumValue& one) { return one.text == value->text; });
      if (twice) return taken("value", value->text);
    }
    if (found != nullptr) {
      found->values = *c.values;
      return ok();
    }
    const std::size_t index0 = std::min(c.position.value_or(schema.enums.size()), schema.enums.size());
    insert_at(schema.enums, index0, Enum{c.name, *c.values});
    return ok();
  }

  Status operator()(const change::RenameEnum& c) const {
    Enum* found = schema.find_enum(c.from);
    if (found == nullptr) return not_there("enum", c.from);
    if (c.to != c.from && schema.find_enum(c.to) != nullptr) return taken("enum", c.to);
    found->name = c.to;
    for (std::size_t s = 0; s < schema.sheets.size(); ++s) {
      const Sheet& sheet = std::as_const(schema).sheets[s];
      for (std::size_t i = 0; i < sheet.columns.size(); ++i) {
        const bool typed = sheet.columns[i].type.kind == TypeKind::enumeration && sheet.columns[i].type.of == c.from;
        const bool listed = sheet.columns[i].allowed.enum_name == c.from;
        if (typed) schema.sheets[s].columns[i].type.of = c.to;
        if (listed) schema.sheets[s].columns[i].allowed.enum_name = c.to;
      }
    }
    return ok();
  }

  // --- the hatch: nothing that the schema knows of

  Status operator()(const change::Native&) const { return ok(); }

 private:
  [[nodiscard]] Status check_column(const Scope& at) const {
    ZMIG_TRY([[maybe_unused]] const Spot spot, find_column(schema, at));
    return ok();
  }

  [[nodiscard]] Status check_rows(const std::string& sheet_id, const Source& rows) const {
    ZMIG_TRY([[maybe_unused]] const Sheet* sheet, find_sheet(schema, sheet_id));
    if (const auto* listed = std::get_if<source::Rows>(&rows)) {
      for (const std::string& id : listed->columns) ZMIG_CHECK_OK(check_column({sheet_id, id}));
    }
    if (const auto* run = std::get_if<source::Run>(&rows)) {
      for (const std::string& id : run->columns) ZMIG_CHECK_OK(check_column({sheet_id, id}));
    }
    return ok();
  }

  // The columns that were found in the sheet stay foreign until a claim of their own.
  [[nodiscard]] Status track_sheet(const Sheet& claim) const {
    if (const Sheet* known = schema.sheet(claim.id); known != nullptr && known->managed) {
      return taken("managed sheet", known->title);
    }
    const Sheet* managed = schema.sheet_titled(claim.title);
    if (managed != nullptr) return taken("managed sheet", managed->title);
    Sheet* found = schema.sheet(claim.id);
    if (found == nullptr) {
      ZMIG_TRY(found, find_foreign(schema.sheets, claim.title,
                                   [](const Sheet& one) -> const std::string& { return one.title; }));
    }
    if (found == nullptr) {
      ZMIG_CHECK_OK(check_title_free(schema, claim.title, {}));
      Sheet added = claim;
      added.managed = true;
      added.columns.clear();
      schema.sheets.push_back(std::move(added));
      return ok();
    }
    found->id = claim.id;
    found->managed = true;
    found->rules = claim.rules;
    const std::string title = found->title;
    renumber_foreign_sheets(schema, title);
    return ok();
  }

  [[nodiscard]] Status move_sheet(const std::string& id, const SheetPlace& place) const {
    ZMIG_CHECK_OK(find_sheet(schema, id));
    const bool beside = place.kind == Place::Kind::after || place.kind == Place::Kind::before;
    if (beside && place.beside == id) return malformed("a sheet has no place beside itself");
    ZMIG_TRY(const std::size_t to, resolve(schema.sheets, place, "sheet"));
    const auto from = std::find_if(std::as_const(schema.sheets).begin(), std::as_const(schema.sheets).end(),
                                   [&](const Sheet& sheet) { return sheet.id == id; });
    schema.sheets.move_element(static_cast<std::size_t>(from - std::as_const(schema.sheets).begin()), to);
    return ok();
  }

  [[nodiscard]] static Status track_column(Sheet& sheet, const Column& claim) {
    Column* found = column_by_id(sheet, claim.id);
    if (found != nullptr && found->managed)
      return taken("managed column", found->header, header_cell(sheet, found->id));
    const Column* managed = column_by_header(sheet, claim.header);
    if (managed != nullptr) return taken("managed column", managed->header, header_cell(sheet, managed->id));
    if (found == nullptr) {
      ZMIG_TRY(found, find_foreign(sheet.columns, claim.header,
                                   [](const Column& one) -> const std::string& { return one.header; }));
    }
    if (found == nullptr) {
      ZMIG_CHECK_OK(check_header_free(sheet, claim.header, {}));
      Column added = claim;
      added.managed = true;
      sheet.columns.push_back(std::move(added));
      return ok();
    }
    found->id = claim.id;
    found->managed = true;
    found->type = claim.type;
    found->rules = claim.rules;
    if (claim.format.has_value()) found->format = claim.format;
    const std::string header = found->header;
    renumber_foreign_columns(sheet, header);
    return ok();
  }

  static void make_foreign(Column& column) {
    column.managed = false;
    column.rules = {};
  }

  [[nodiscard]] Status untrack_sheet(const std::string& id) const {
    ZMIG_TRY(Sheet * sheet, find_sheet(schema, id));
    ZMIG_CHECK_OK(check_used_by(users_of_sheet(schema, *sheet, true), "sheet", sheet->title));
    for (Column& column : sheet->columns) make_foreign(column);
    for (const Column& column : CowList<Column>(sheet->columns)) renumber_foreign_columns(*sheet, column.header);
    sheet->managed = false;
    sheet->rules = {};
    const std::string title = sheet->title;
    renumber_foreign_sheets(schema, title);
    return ok();
  }
};

}  // namespace

Status apply_to(const Change& change, Schema& schema) { return std::visit(Apply{schema}, change); }

Status apply_lowered(const std::vector<Change>& changes, const Change& change, Schema& schema) {
  return std::visit(Apply{schema, &change == &changes.front()}, change);
}

}  // namespace zmig
