// Requests about what lies over ranges: names, protection, filters, bands, conditional formats.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "a1.h"
#include "batch.h"

namespace sheets_server {

namespace {

struct Found {
  Sheet* sheet = nullptr;
  std::size_t index = 0;
};

// The object of that id on any sheet; no sheet when there is none.
Found find_object(Spreadsheet& book, Layer layer, const std::string& id) {
  for (Cow<Sheet>& shared : book.sheets) {
    const auto& list = shared->layer(layer);
    for (std::size_t n = 0; n < list.size(); ++n)
      if (list[n].id == id) return {&shared.edit(), n};
  }
  return {};
}

std::string id_of(const Json& body, const char* name) { return std::to_string(int_of(body, name)); }

void remove_object(const Found& found, Layer layer) {
  auto& list = found.sheet->layer(layer);
  list.erase(list.begin() + static_cast<std::ptrdiff_t>(found.index));
}

// ---- named ranges ----

bool valid_name(const std::string& name) {
  if (name.empty() || name.size() > 250 || parse_cells(name)) return false;
  if (std::isdigit(static_cast<unsigned char>(name[0])) != 0) return false;
  return std::all_of(name.begin(), name.end(), [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || (static_cast<unsigned char>(c) & 0x80U) != 0;
  });
}

Refusal check_name(Context& context, const std::string& name, const std::string& except) {
  if (!valid_name(name)) return invalid("The name given to this range is invalid");
  const ApiError taken =
      invalid(fmt::format("Cannot add named range with name: {}, a named range with that name already exists.", name));
  const auto& all = context.book.named;
  if (std::any_of(all.begin(), all.end(), [&](const NamedRange& n) { return n.name == name && n.id != except; })) {
    SHEETS_TRY(context.rests_on("duplicateNamedRange"));
    return context.settings.knob("duplicateNamedRange") == "accept" ? Refusal() : Refusal(taken);
  }
  // inside the batch that deleted it the name is free
  const auto gone = context.book.gone_names.find(name);
  if (gone == context.book.gone_names.end() || gone->second == 0) return {};
  SHEETS_TRY(context.rests_on("namedRangeLag"));
  return gone->second <= context.settings.number("namedRangeLag") ? Refusal(taken) : Refusal();
}

Refusal missing_named_range(Context& context, const std::string& id) {
  SHEETS_TRY(context.rests_on("missingNamedRange"));
  if (context.settings.knob("missingNamedRange") == "accept") return {};
  return invalid(fmt::format("No named range with id: {}", id));
}

// ---- protected ranges ----

// Range, named range or table that is protected.
Refusal protected_place(Context& context, const Json& given, GridRange& place) {
  if (const Json* named = find(given, "namedRangeId")) {
    for (const NamedRange& n : context.book.named) {
      if (n.id != *named) continue;
      place = n.range;
      return {};
    }
    return invalid(fmt::format("No named range with id: {}", named->get<std::string>()));
  }
  if (const Json* table = find(given, "tableId")) {
    const Found found = find_object(context.book, Layer::table, table->get<std::string>());
    if (found.sheet == nullptr) return invalid(fmt::format("No table with id: {}", table->get<std::string>()));
    place = {found.sheet->id, found.sheet->layer(Layer::table)[found.index].ranges.front()};
    return {};
  }
  return resolve_grid_range(member(given, "range"), context.book, place);
}

// What is kept: false and empty members go; without editors everyone who may edit the file is one.
Json protection_body(const Context& context, const Json& given) {
  Json body = given;
  for (const char* name : {"protectedRangeId", "range", "requestingUserCanEdit"}) body.erase(name);
  if (!flag(body, "warningOnly")) body.erase("warningOnly");
  if (text_of(body, "description").empty()) body.erase("description");
  Json users = Json::array({context.owner});
  const Json* editors = find(given, "editors");
  if (editors == nullptr)
    for (const std::string& email : context.editors) users.push_back(email);
  else
    for (const Json& user : member(*editors, "users")) users.push_back(user);
  if (editors != nullptr) users.push_back(context.caller.email);
  Json unique = Json::array();
  for (const Json& user : users)
    if (!user.get<std::string>().empty() && std::find(unique.begin(), unique.end(), user) == unique.end())
      unique.push_back(user);
  Json kept = object();
  kept["users"] = unique;
  if (editors != nullptr && !member(*editors, "groups").empty()) kept["groups"] = member(*editors, "groups");
  body["editors"] = kept;
  return body;
}

Refusal missing_protection(Context& context, const std::string& id) {
  SHEETS_TRY(context.rests_on("missingProtectedRange"));
  if (context.settings.knob("missingProtectedRange") == "accept") return {};
  return invalid(fmt::format("No protected range with id: {}", id));
}

Refusal may_change_protection(const Context& context, const RangeObject& o) {
  if (may_edit_protected(o, context.caller.email, context.owner)) return {};
  return invalid(
      "You are trying to edit a protected cell or object. Please contact the spreadsheet owner to remove protection if "
      "you need to edit.");
}

// ---- filters ----

Json without(Json body, std::initializer_list<const char*> names) {
  for (const char* name : names) body.erase(name);
  return body;
}

// Filter views and bandings are added, changed and deleted alike.
struct Kind {
  Layer layer;
  const char* schema;
  const char* member_name;  ///< in requests and replies
  const char* id;
  const char* called;
};
constexpr Kind kFilterView{Layer::filter_view, "FilterView", "filter", "filterViewId", "filter view"};
constexpr Kind kBanding{Layer::banding, "BandedRange", "bandedRange", "bandedRangeId", "banded range"};

Refusal add_object(Context& context, const Json& body, const Kind& kind) {
  const Json& given = member(body, kind.member_name);
  GridRange range;
  SHEETS_TRY(resolve_grid_range(member(given, "range"), context.book, range));
  const std::string id = given.contains(kind.id) ? id_of(given, kind.id) : std::to_string(context.ids.number());
  if (find_object(context.book, kind.layer, id).sheet != nullptr)
    return invalid(fmt::format("A {} with id {} already exists [zmig-sheets-server]", kind.called, id));
  Sheet& sheet = *context.book.edit_sheet(range.sheet);
  if (kind.layer == Layer::banding)
    for (const RangeObject& other : sheet.layer(Layer::banding))
      if (other.ranges.front().meets(range.cells))
        return invalid(
            "You cannot add alternating background colors to a range that already has alternating background colors.");
  Json kept = without(given, {kind.id, "range"});
  normalise_colours(kept);
  RangeObject made{id, {range.cells}, std::move(kept)};
  context.reply[kind.member_name] = render_object(kind.layer, made, range.sheet);
  sheet.layer(kind.layer).push_back(std::move(made));
  return {};
}

Refusal update_object(Context& context, const Json& body, const Kind& kind) {
  Mask mask;
  SHEETS_TRY(body_mask(context, body, kind.schema, mask));
  const Json& given = member(body, kind.member_name);
  const Found found = find_object(context.book, kind.layer, id_of(given, kind.id));
  if (found.sheet == nullptr) return invalid(fmt::format("No {} with id: {}", kind.called, id_of(given, kind.id)));
  RangeObject object_here = found.sheet->layer(kind.layer)[found.index];
  Json wanted = render_object(kind.layer, object_here, found.sheet->id);
  write_with_twins(wanted, given, mask);
  GridRange range;
  SHEETS_TRY(resolve_grid_range(member(wanted, "range"), context.book, range));
  object_here.ranges = {range.cells};
  object_here.body = without(wanted, {kind.id, "range"});
  remove_object(found, kind.layer);
  context.book.edit_sheet(range.sheet)->layer(kind.layer).push_back(std::move(object_here));
  return {};
}

Refusal delete_object(Context& context, const std::string& id, const Kind& kind) {
  const Found found = find_object(context.book, kind.layer, id);
  if (found.sheet == nullptr) return invalid(fmt::format("No {} with id: {}", kind.called, id));
  remove_object(found, kind.layer);
  return {};
}

// ---- conditional formats ----

Refusal read_rule(Context& context, const Json& rule, RangeObject& out, int& sheet) {
  const Json& ranges = member(rule, "ranges");
  if (ranges.empty()) return invalid("ConditionalFormatRule.ranges must not be empty [zmig-sheets-server]");
  for (const Json& json : ranges) {
    GridRange range;
    SHEETS_TRY(resolve_grid_range(json, context.book, range));
    if (!out.ranges.empty() && range.sheet != sheet)
      return invalid("All ranges of a rule must be on one sheet [zmig-sheets-server]");
    sheet = range.sheet;
    out.ranges.push_back(range.cells);
  }
  out.body = without(rule, {"ranges"});
  normalise_colours(out.body);
  return {};
}

Refusal rules_at(Context& context, int sheet, int index, std::vector<RangeObject>*& rules) {
  Sheet* found = context.book.edit_grid(sheet);
  if (found == nullptr) return no_grid(sheet);
  rules = &found->layer(Layer::conditional);
  if (index < 0 || index >= count(*rules))
    return invalid(fmt::format("No conditional format on sheet: {} at index: {}", sheet, index));
  return {};
}

}  // namespace

namespace requests {

Refusal add_named_range(Context& context, const Json& body) {
  const Json& given = member(body, "namedRange");
  NamedRange named;
  named.name = text_of(given, "name");
  named.id = text_of(given, "namedRangeId");
  if (named.id.empty()) named.id = std::to_string(context.ids.number());
  SHEETS_TRY(resolve_grid_range(member(given, "range"), context.book, named.range));
  SHEETS_TRY(check_name(context, named.name, {}));
  const auto& all = context.book.named;
  if (std::any_of(all.begin(), all.end(), [&](const NamedRange& n) { return n.id == named.id; }))
    return invalid(fmt::format(
        "Cannot add named range with ID: {}, a named range with that ID already exists. [zmig-sheets-server]",
        named.id));
  context.reply["namedRange"] = render_named_range(named);
  context.book.named.push_back(std::move(named));
  return {};
}

Refusal update_named_range(Context& context, const Json& body) {
  Mask mask;
  SHEETS_TRY(body_mask(context, body, "NamedRange", mask));
  const Json& given = member(body, "namedRange");
  const std::string id = text_of(given, "namedRangeId");
  for (NamedRange& named : context.book.named) {
    if (named.id != id) continue;
    if (mask.wants("name")) {
      SHEETS_TRY(check_name(context, text_of(given, "name"), id));
      named.name = text_of(given, "name");
    }
    if (const Mask* below = mask.below("range")) {
      Json range = to_json(named.range);
      write_masked(range, member(given, "range"), *below);
      SHEETS_TRY(resolve_grid_range(range, context.book, named.range));
    }
    return {};
  }
  return missing_named_range(context, id);
}

Refusal delete_named_range(Context& context, const Json& body) {
  const std::string id = text_of(body, "namedRangeId");
  auto& all = context.book.named;
  const auto it = std::find_if(all.begin(), all.end(), [&id](const NamedRange& n) { return n.id == id; });
  if (it == all.end()) return missing_named_range(context, id);
  context.book.gone_names[it->name] = 0;
  all.erase(it);
  return {};
}

Refusal add_protected_range(Context& context, const Json& body) {
  const Json& given = member(body, "protectedRange");
  GridRange place;
  SHEETS_TRY(protected_place(context, given, place));
  std::string id =
      given.contains("protectedRangeId") ? id_of(given, "protectedRangeId") : std::to_string(context.ids.number());
  if (find_object(context.book, Layer::protection, id).sheet != nullptr) {
    SHEETS_TRY(context.rests_on("duplicateProtectedRange"));
    if (context.settings.knob("duplicateProtectedRange") == "refuse")
      return invalid(fmt::format("A protected range with id {} already exists [zmig-sheets-server]", id));
    id = std::to_string(context.ids.number());
  }
  RangeObject made{id, {place.cells}, protection_body(context, given)};
  Json shown = render_object(Layer::protection, made, place.sheet);
  shown.erase("editors");
  shown["requestingUserCanEdit"] = true;
  shown["editors"] = member(member(given, "editors"), "users").empty()
                         ? object()
                         : Json{{"users", member(made.body, "editors")["users"]}};
  context.reply["protectedRange"] = shown;
  context.book.edit_sheet(place.sheet)->layer(Layer::protection).push_back(std::move(made));
  return {};
}

Refusal update_protected_range(Context& context, const Json& body) {
  Mask mask;
  SHEETS_TRY(body_mask(context, body, "ProtectedRange", mask));
  const Json& given = member(body, "protectedRange");
  const std::string id = id_of(given, "protectedRangeId");
  const Found found = find_object(context.book, Layer::protection, id);
  if (found.sheet == nullptr) return missing_protection(context, id);
  RangeObject object_here = found.sheet->layer(Layer::protection)[found.index];
  SHEETS_TRY(may_change_protection(context, object_here));
  Json wanted = render_object(Layer::protection, object_here, found.sheet->id);
  write_masked(wanted, given, mask);
  GridRange place;
  SHEETS_TRY(protected_place(context, wanted, place));
  object_here.body = protection_body(context, wanted);
  object_here.ranges = {place.cells};
  remove_object(found, Layer::protection);
  context.book.edit_sheet(place.sheet)->layer(Layer::protection).push_back(std::move(object_here));
  return {};
}

Refusal delete_protected_range(Context& context, const Json& body) {
  const std::string id = id_of(body, "protectedRangeId");
  const Found found = find_object(context.book, Layer::protection, id);
  if (found.sheet == nullptr) return missing_protection(context, id);
  SHEETS_TRY(may_change_protection(context, found.sheet->layer(Layer::protection)[found.index]));
  remove_object(found, Layer::protection);
  return {};
}

Refusal set_basic_filter(Context& context, const Json& body) {
  const Json& filter = member(body, "filter");
  if (filter.contains("tableId")) return not_implemented("setBasicFilter of a table");
  GridRange range;
  SHEETS_TRY(resolve_grid_range(member(filter, "range"), context.book, range));
  auto& filters = context.book.edit_sheet(range.sheet)->layer(Layer::basic_filter);
  filters.assign(1, RangeObject{{}, {range.cells}, without(filter, {"range"})});
  return {};
}

Refusal clear_basic_filter(Context& context, const Json& body) {
  const int id = int_of(body, "sheetId");
  Sheet* sheet = context.book.edit_grid(id);
  if (sheet == nullptr) return no_grid(id);
  sheet->layer(Layer::basic_filter).clear();
  return {};
}

Refusal add_filter_view(Context& context, const Json& body) { return add_object(context, body, kFilterView); }

Refusal update_filter_view(Context& context, const Json& body) { return update_object(context, body, kFilterView); }

Refusal delete_filter_view(Context& context, const Json& body) {
  return delete_object(context, id_of(body, "filterId"), kFilterView);
}

Refusal duplicate_filter_view(Context& context, const Json& body) {
  const std::string id = id_of(body, "filterId");
  const Found found = find_object(context.book, Layer::filter_view, id);
  if (found.sheet == nullptr) return invalid(fmt::format("No filter view with id: {}", id));
  RangeObject copy = found.sheet->layer(Layer::filter_view)[found.index];
  copy.id = std::to_string(context.ids.number());
  copy.body["title"] = "Copy of " + text_of(copy.body, "title");
  context.reply["filter"] = render_object(Layer::filter_view, copy, found.sheet->id);
  found.sheet->layer(Layer::filter_view).push_back(std::move(copy));
  return {};
}

Refusal add_banding(Context& context, const Json& body) { return add_object(context, body, kBanding); }

Refusal update_banding(Context& context, const Json& body) { return update_object(context, body, kBanding); }

Refusal delete_banding(Context& context, const Json& body) {
  return delete_object(context, id_of(body, "bandedRangeId"), kBanding);
}

Refusal add_rule(Context& context, const Json& body) {
  RangeObject made;
  int sheet = 0;
  SHEETS_TRY(read_rule(context, member(body, "rule"), made, sheet));
  auto& rules = context.book.edit_sheet(sheet)->layer(Layer::conditional);
  const int index = int_of(body, "index");
  if (index < 0 || index > count(rules))
    return invalid(fmt::format("No conditional format rule at index {} [zmig-sheets-server]", index));
  rules.insert(rules.begin() + index, std::move(made));
  return {};
}

Refusal update_rule(Context& context, const Json& body) {
  RangeObject made;
  int sheet = int_of(body, "sheetId");
  const bool replaces = body.contains("rule");
  if (replaces == body.contains("newIndex")) return invalid("Set exactly one of rule or newIndex [zmig-sheets-server]");
  if (replaces) SHEETS_TRY(read_rule(context, member(body, "rule"), made, sheet));
  const int index = int_of(body, "index");
  std::vector<RangeObject>* rules = nullptr;
  SHEETS_TRY(rules_at(context, sheet, index, rules));
  context.reply["newRule"] = nullptr;
  if (replaces) {
    context.reply["newRule"] = render_object(Layer::conditional, made, sheet);
    context.reply["oldRule"] = render_object(Layer::conditional, (*rules)[at(index)], sheet);
    (*rules)[at(index)] = std::move(made);
    context.reply["newIndex"] = index;
    return {};
  }
  const int place = int_of(body, "newIndex");
  if (place < 0 || place >= count(*rules))
    return invalid(fmt::format("No conditional format on sheet: {} at index: {}", sheet, place));
  RangeObject moved = (*rules)[at(index)];
  context.reply["newRule"] = render_object(Layer::conditional, moved, sheet);
  context.reply["newIndex"] = place;
  context.reply["oldIndex"] = index;
  rules->erase(rules->begin() + index);
  rules->insert(rules->begin() + place, std::move(moved));
  return {};
}

Refusal delete_rule(Context& context, const Json& body) {
  const int sheet = int_of(body, "sheetId");
  const int index = int_of(body, "index");
  std::vector<RangeObject>* rules = nullptr;
  SHEETS_TRY(rules_at(context, sheet, index, rules));
  context.reply["rule"] = render_object(Layer::conditional, (*rules)[at(index)], sheet);
  rules->erase(rules->begin() + index);
  return {};
}

}  // namespace requests

}  // namespace sheets_server
