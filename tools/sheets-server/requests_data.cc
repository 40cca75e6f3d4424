// Requests that look at what cells hold: sort, find, clean.
#include <fmt/format.h>

#include <algorithm>
#include <regex>
#include <set>

#include "a1.h"
#include "batch.h"
#include "entry.h"
#include "number_format.h"
#include "references.h"
#include "text.h"

namespace sheets_server {

namespace {

Locale locale_here(const Context& context) { return locale_of(text_of(context.book.properties, "locale")); }

std::string shown(const Context& context, const Cell& cell) {
  return format_value(cell.effective(), number_format(cell), locale_here(context));
}

// Numbers, then texts without regard to case, then booleans; errors; blanks last, in either direction.
int rank(const Value& v) {
  switch (v.kind) {
    case Value::Kind::number: return 0;
    case Value::Kind::text:
    case Value::Kind::formula: return 1;
    case Value::Kind::boolean: return 2;
    case Value::Kind::error: return 3;
    case Value::Kind::none: break;
  }
  return 4;
}

int compare(const Value& a, const Value& b) {
  if (rank(a) != rank(b)) return rank(a) < rank(b) ? -1 : 1;
  if (a.kind == Value::Kind::number) return a.number < b.number ? -1 : a.number > b.number ? 1 : 0;
  if (a.kind == Value::Kind::text) {
    const int folded = lower(a.text).compare(lower(b.text));
    return folded < 0 ? -1 : folded > 0 ? 1 : 0;
  }
  if (a.kind == Value::Kind::boolean) return static_cast<int>(a.boolean) - static_cast<int>(b.boolean);
  return 0;
}

const Value& value_at(const Row& row, int column) {
  static const Value kNothing;
  return column >= 0 && column < count(row) ? row[at(column)].effective() : kNothing;
}

struct Search {
  std::string find;
  std::string replacement;
  bool match_case = false;
  bool whole = false;
  bool regex = false;
};

// The text with everything replaced; counts how often.
std::string replaced(const std::string& text, const Search& search, int& times) {
  if (search.regex) {
    const std::regex pattern(search.find,
                             search.match_case ? std::regex::ECMAScript : std::regex::ECMAScript | std::regex::icase);
    const auto begin = std::sregex_iterator(text.begin(), text.end(), pattern);
    const int found = static_cast<int>(std::distance(begin, std::sregex_iterator()));
    if (search.whole && !std::regex_match(text, pattern)) return text;
    times += found;
    return std::regex_replace(text, pattern, search.replacement);
  }
  const std::string where = search.match_case ? text : lower(text);
  const std::string what = search.match_case ? search.find : lower(search.find);
  if (search.whole) {
    if (where != what) return text;
    ++times;
    return search.replacement;
  }
  std::string out;
  std::size_t from = 0;
  for (std::size_t place = where.find(what); place != std::string::npos; place = where.find(what, from)) {
    out.append(text, from, place - from);
    out += search.replacement;
    from = place + what.size();
    ++times;
  }
  return out.append(text, from, std::string::npos);
}

struct Counts {
  std::set<int> sheets;
  std::set<std::pair<int, int>> rows;
  int values = 0;
  int formulas = 0;
  int occurrences = 0;
};

Refusal replace_in(Context& context, const GridRange& range, const Search& search, bool formulas, Counts& counts) {
  const Sheet& look = *context.book.sheet(range.sheet);
  struct Hit {
    int row, column;
    Value value;
  };
  std::vector<Hit> hits;
  for (int r = range.cells.row0; r < std::min(range.cells.row1, count(look.rows)); ++r) {
    for (int c = range.cells.column0; c < std::min(range.cells.column1, count(*look.rows[at(r)])); ++c) {
      const Cell& cell = (*look.rows[at(r)])[at(c)];
      const bool formula = cell.entered.kind == Value::Kind::formula;
      if (cell.entered.kind == Value::Kind::none || (formula && !formulas)) continue;
      int times = 0;
      const std::string text = replaced(formula ? cell.entered.text : shown(context, cell), search, times);
      if (times == 0) continue;
      counts.occurrences += times;
      ++(formula ? counts.formulas : counts.values);
      counts.rows.insert({range.sheet, r});
      counts.sheets.insert(range.sheet);
      const bool was_text = cell.entered.kind == Value::Kind::text;
      hits.push_back({r, c,
                      formula    ? Value::formula(text)
                      : was_text ? (text.empty() ? Value{} : Value::of(text))
                                 : parse_entry(text, locale_here(context), 2026).value});
    }
  }
  if (hits.empty()) return {};
  Sheet& sheet = *context.book.edit_sheet(range.sheet);
  for (Hit& hit : hits) {
    SHEETS_TRY(context.may_edit({range.sheet, {hit.row, hit.row + 1, hit.column, hit.column + 1}}));
    sheet.put(hit.row, hit.column, std::move(hit.value));
  }
  return {};
}

}  // namespace

namespace requests {

Refusal sort_range(Context& context, const Json& body) {
  GridRange range;
  SHEETS_TRY(resolve_grid_range(member(body, "range"), context.book, range));
  SHEETS_TRY(context.may_edit(range));
  Sheet& sheet = *context.book.edit_sheet(range.sheet);
  const Range& all = range.cells;
  const Json& specs = member(body, "sortSpecs");
  if (specs.empty()) return invalid("At least one sort spec must be given [zmig-sheets-server]");
  for (const Json& spec : specs) {
    if (spec.contains("foregroundColor") || spec.contains("backgroundColor") || spec.contains("foregroundColorStyle") ||
        spec.contains("backgroundColorStyle"))
      return not_implemented("sortRange by colour");
    const int column = int_of(spec, "dimensionIndex");
    if (column < all.column0 || column >= all.column1)
      return invalid(fmt::format("Sort column {} is outside the range [zmig-sheets-server]", column));
  }
  for (const RangeObject& m : sheet.layer(Layer::merge))
    if (all.meets(m.ranges.front()) && m.ranges.front().row1 - m.ranges.front().row0 > 1)
      return invalid("Cannot sort a range with vertical merges [zmig-sheets-server]");
  const auto& dimensions = sheet.dimensions[0];
  std::vector<int> places;  // hidden rows stay where they are
  for (int r = all.row0; r < all.row1; ++r)
    if (const auto it = dimensions.find(r); it == dimensions.end() || !it->second.hidden) places.push_back(r);
  struct Item {
    int row;
    Row cells;
  };
  std::vector<Item> items;
  items.reserve(places.size());
  for (const int r : places) {
    Row cells;
    for (int c = 0; c < all.column1; ++c) cells.push_back(sheet.cell(r, c) != nullptr ? *sheet.cell(r, c) : Cell{});
    items.push_back({r, std::move(cells)});
  }
  std::stable_sort(items.begin(), items.end(), [&specs](const Item& a, const Item& b) {
    for (const Json& spec : specs) {
      const Value& left = value_at(a.cells, int_of(spec, "dimensionIndex"));
      const Value& right = value_at(b.cells, int_of(spec, "dimensionIndex"));
      const bool blank_left = left.kind == Value::Kind::none;
      const bool blank_right = right.kind == Value::Kind::none;
      if (blank_left != blank_right) return blank_right;
      const int order = compare(left, right);
      if (order != 0) return text_of(spec, "sortOrder") == "DESCENDING" ? order > 0 : order < 0;
    }
    return false;
  });
  std::map<int, int> moved_to;
  for (std::size_t n = 0; n < items.size(); ++n) {
    const int target = places[n];
    moved_to[items[n].row] = target;
    for (int c = all.column0; c < all.column1; ++c) {
      Cell& cell = items[n].cells[at(c)];
      if (cell.empty() && sheet.cell(target, c) == nullptr) continue;
      if (cell.entered.kind == Value::Kind::formula)
        cell.entered.text = advanced(cell.entered.text, target - items[n].row, 0);
      sheet.edit_cell(target, c) = std::move(cell);
    }
  }
  for (Metadata& m : context.book.metadata)
    if (m.at == Metadata::At::row && m.sheet == range.sheet && moved_to.count(m.index) > 0) m.index = moved_to[m.index];
  return {};
}

Refusal find_replace(Context& context, const Json& body) {
  const Search search{text_of(body, "find"), text_of(body, "replacement"), flag(body, "matchCase"),
                      flag(body, "matchEntireCell"), flag(body, "searchByRegex")};
  const int scopes = static_cast<int>(body.contains("range")) + static_cast<int>(body.contains("sheetId")) +
                     static_cast<int>(flag(body, "allSheets"));
  if (scopes != 1) return invalid("Set exactly one of range, sheetId or allSheets.");
  if (search.find.empty()) return invalid("The find text cannot be empty [zmig-sheets-server]");
  if (search.regex) {
    try {
      const std::regex probe(search.find);
    } catch (const std::regex_error&) {
      return invalid("The regular expression is not understood [zmig-sheets-server]");
    }
  }
  std::vector<GridRange> ranges;
  if (body.contains("range")) {
    GridRange range;
    SHEETS_TRY(resolve_grid_range(member(body, "range"), context.book, range));
    ranges.push_back(range);
  } else {
    const int only = int_of(body, "sheetId");
    for (const Cow<Sheet>& s : context.book.sheets)
      if (flag(body, "allSheets") || s->id == only) ranges.push_back({s->id, s->whole()});
    if (ranges.empty()) return no_grid(only);
  }
  Counts counts;
  for (const GridRange& range : ranges)
    SHEETS_TRY(replace_in(context, range, search, flag(body, "includeFormulas"), counts));
  const auto put = [&context](const char* name, int value) {
    if (value > 0) context.reply[name] = value;
  };
  put("valuesChanged", counts.values);
  put("formulasChanged", counts.formulas);
  put("rowsChanged", count(counts.rows));
  put("sheetsChanged", count(counts.sheets));
  put("occurrencesChanged", counts.occurrences);
  if (context.reply.empty()) context.reply = Json::array();
  return {};
}

Refusal trim_whitespace(Context& context, const Json& body) {
  GridRange range;
  SHEETS_TRY(resolve_grid_range(member(body, "range"), context.book, range));
  SHEETS_TRY(context.may_edit(range));
  Sheet& sheet = *context.book.edit_sheet(range.sheet);
  int changed = 0;
  for (int r = range.cells.row0; r < std::min(range.cells.row1, count(sheet.rows)); ++r) {
    for (int c = range.cells.column0; c < range.cells.column1; ++c) {
      const Cell* cell = sheet.cell(r, c);
      if (cell == nullptr || cell->entered.kind != Value::Kind::text) continue;
      std::string out;
      for (const char ch : cell->entered.text) {
        const bool blank = ch == ' ' || ch == '\t' || ch == '\n' || ch == '\r';
        if (!blank || (!out.empty() && out.back() != ' ')) out += blank ? ' ' : ch;
      }
      while (!out.empty() && out.back() == ' ') out.pop_back();
      if (out == cell->entered.text) continue;
      sheet.put(r, c, out.empty() ? Value{} : Value::of(out));
      ++changed;
    }
  }
  if (changed > 0)
    context.reply["cellsChangedCount"] = changed;
  else
    context.reply = Json::array();
  return {};
}

Refusal delete_duplicates(Context& context, const Json& body) {
  GridRange range;
  SHEETS_TRY(resolve_grid_range(member(body, "range"), context.book, range));
  SHEETS_TRY(context.may_edit(range));
  Sheet& sheet = *context.book.edit_sheet(range.sheet);
  const Range& all = range.cells;
  std::vector<int> columns;
  for (const Json& part : member(body, "comparisonColumns")) {
    for (int c = int_of(part, "startIndex", all.column0); c < int_of(part, "endIndex", all.column1); ++c) {
      if (c < all.column0 || c >= all.column1)
        return invalid("A comparison column is outside the range [zmig-sheets-server]");
      columns.push_back(c);
    }
  }
  if (member(body, "comparisonColumns").empty())
    for (int c = all.column0; c < all.column1; ++c) columns.push_back(c);
  std::set<std::string> seen;
  int target = all.row0;
  int removed = 0;
  const int end = std::min(all.row1, count(sheet.rows));
  for (int r = all.row0; r < end; ++r) {
    std::string key;
    for (const int c : columns) {
      const Cell* cell = sheet.cell(r, c);
      const bool filled = cell != nullptr && cell->entered.kind != Value::Kind::none;
      key += filled
                 ? fmt::format("{}\x1f{}\x1e", static_cast<int>(cell->effective().kind), lower(shown(context, *cell)))
                 : "\x1e";
    }
    const bool blank = key.find_first_not_of('\x1e') == std::string::npos;
    if (!blank && !seen.insert(key).second) {
      ++removed;
      continue;
    }
    if (target != r)
      for (int c = all.column0; c < all.column1; ++c)
        if (sheet.cell(r, c) != nullptr || sheet.cell(target, c) != nullptr)
          sheet.edit_cell(target, c) = sheet.cell(r, c) != nullptr ? *sheet.cell(r, c) : Cell{};
    ++target;
  }
  for (int r = target; removed > 0 && r < end; ++r)
    for (int c = all.column0; c < all.column1; ++c)
      if (sheet.cell(r, c) != nullptr) sheet.edit_cell(r, c) = Cell{};
  if (removed > 0)
    context.reply["duplicatesRemovedCount"] = removed;
  else
    context.reply = Json::array();
  return {};
}

Refusal text_to_columns(Context& context, const Json& body) {
  GridRange range;
  SHEETS_TRY(resolve_grid_range(member(body, "source"), context.book, range));
  if (range.cells.column1 - range.cells.column0 != 1)
    return invalid("The source must be one column [zmig-sheets-server]");
  const std::string type = text_of(body, "delimiterType");
  const std::string delimiter = type == "CUSTOM"      ? text_of(body, "delimiter")
                                : type == "SEMICOLON" ? ";"
                                : type == "PERIOD"    ? "."
                                : type == "SPACE"     ? " "
                                : type == "COMMA"     ? ","
                                                      : "";
  if (type == "AUTODETECT") return not_implemented("textToColumns with AUTODETECT");
  if (delimiter.empty()) return invalid("delimiterType must be set [zmig-sheets-server]");
  Sheet& sheet = *context.book.edit_sheet(range.sheet);
  for (int r = range.cells.row0; r < std::min(range.cells.row1, count(sheet.rows)); ++r) {
    const Cell* cell = sheet.cell(r, range.cells.column0);
    if (cell == nullptr || cell->entered.kind != Value::Kind::text) continue;
    const std::string text = cell->entered.text;
    std::size_t from = 0;
    for (int c = range.cells.column0; from <= text.size(); ++c) {
      const std::size_t end = std::min(text.find(delimiter, from), text.size());
      if (c >= sheet.column_count) {
        SHEETS_TRY(check_growth(context, sheet, sheet.row_count, c + 1));
        sheet.column_count = c + 1;
      }
      SHEETS_TRY(context.may_edit({range.sheet, {r, r + 1, c, c + 1}}));
      sheet.put(r, c, parse_entry(text.substr(from, end - from), locale_here(context), 2026).value);
      from = end + delimiter.size();
    }
  }
  return {};
}

Refusal randomize_range(Context& context, const Json& body) {
  GridRange range;
  SHEETS_TRY(resolve_grid_range(member(body, "range"), context.book, range));
  SHEETS_TRY(context.may_edit(range));
  Sheet& sheet = *context.book.edit_sheet(range.sheet);
  const Range& all = range.cells;
  for (int r = all.row1 - 1; r > all.row0; --r) {
    const int other = all.row0 + static_cast<int>(context.ids.below(static_cast<std::uint64_t>(r - all.row0) + 1));
    for (int c = all.column0; c < all.column1; ++c)
      if (sheet.cell(r, c) != nullptr || sheet.cell(other, c) != nullptr) {
        sheet.edit_cell(std::max(r, other), c);  // both rows exist before either is held
        sheet.edit_cell(other, c);
        std::swap(sheet.edit_cell(r, c), sheet.edit_cell(other, c));
      }
  }
  return {};
}

}  // namespace requests

}  // namespace sheets_server
