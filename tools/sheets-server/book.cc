#include "book.h"

#include <algorithm>

namespace sheets_server {

namespace {

Json rgb(double red, double green, double blue) {
  Json out = object();
  if (red > 0) out["red"] = number(red);
  if (green > 0) out["green"] = number(green);
  if (blue > 0) out["blue"] = number(blue);
  return out;
}

const char* frozen_name(Axis axis) { return axis == Axis::rows ? "frozenRowCount" : "frozenColumnCount"; }

CellExtra copy_of(const std::shared_ptr<const CellExtra>& extra) { return extra ? *extra : CellExtra{}; }

std::shared_ptr<const CellExtra> kept(CellExtra extra) {
  if (extra.note.empty() && extra.validation.is_null() && extra.other.empty()) return {};
  return std::make_shared<const CellExtra>(std::move(extra));
}

}  // namespace

const Value& Cell::effective() const {
  static const Value kNothing;
  if (entered.kind != Value::Kind::formula) return entered;
  return result ? *result : kNothing;
}

void Cell::set_note(const std::string& note) {
  CellExtra copy = copy_of(extra);
  copy.note = note;
  extra = kept(std::move(copy));
}

void Cell::set_validation(const Json& rule) {
  CellExtra copy = copy_of(extra);
  copy.validation = rule;
  extra = kept(std::move(copy));
}

void Cell::set_format(const Json& value) {
  if (value.is_object() && !value.empty())
    format = std::make_shared<const Json>(value);
  else
    format.reset();
}

int Sheet::frozen(Axis axis) const { return int_of(member(other, "gridProperties"), frozen_name(axis)); }

void Sheet::set_frozen(Axis axis, int count_wanted) {
  Json grid = member(other, "gridProperties");
  if (count_wanted > 0)
    grid[frozen_name(axis)] = count_wanted;
  else
    grid.erase(frozen_name(axis));
  if (grid.empty())
    other.erase("gridProperties");
  else
    other["gridProperties"] = grid;
}

const Cell* Sheet::cell(int row, int column) const {
  if (row < 0 || row >= count(rows)) return nullptr;
  const Row& cells = *rows[at(row)];
  return column >= 0 && column < count(cells) ? &cells[at(column)] : nullptr;
}

Cell& Sheet::edit_cell(int row, int column) {
  if (row >= count(rows)) rows.resize(at(row) + 1);
  Row& cells = rows[at(row)].edit();
  if (column >= count(cells)) cells.resize(at(column) + 1);
  return cells[at(column)];
}

void Sheet::put(int row, int column, Value value) {
  if (value.kind == Value::Kind::none && cell(row, column) == nullptr) return;
  has_formulas = has_formulas || value.kind == Value::Kind::formula;
  Cell& target = edit_cell(row, column);
  target.entered = std::move(value);
  target.result.reset();
}

void Sheet::trim() {
  for (Cow<Row>& row : rows) {
    if (row->empty() || !row->back().empty()) continue;
    Row& cells = row.edit();
    while (!cells.empty() && cells.back().empty()) cells.pop_back();
  }
  while (!rows.empty() && rows.back()->empty()) rows.pop_back();
}

Range Sheet::used() const {
  Range out;
  for (int r = 0; r < count(rows); ++r) {
    const Row& cells = *rows[at(r)];
    for (int c = count(cells); c > 0; --c) {
      if (cells[at(c - 1)].entered.kind == Value::Kind::none) continue;
      out.row1 = r + 1;
      out.column1 = std::max(out.column1, c);
      break;
    }
  }
  return out;
}

const Sheet* Spreadsheet::sheet(int id_wanted) const {
  const int index = index_of(id_wanted);
  return index < 0 ? nullptr : &*sheets[at(index)];
}

const Sheet* Spreadsheet::sheet_by_title(std::string_view title) const {
  for (const Cow<Sheet>& s : sheets)
    if (s->title == title) return &*s;
  return nullptr;
}

const Sheet* Spreadsheet::grid(int id_wanted) const {
  const Sheet* found = sheet(id_wanted);
  return found != nullptr && found->is_grid() ? found : nullptr;
}

Sheet* Spreadsheet::edit_grid(int id_wanted) { return grid(id_wanted) != nullptr ? edit_sheet(id_wanted) : nullptr; }

Sheet* Spreadsheet::edit_sheet(int id_wanted) {
  const int index = index_of(id_wanted);
  return index < 0 ? nullptr : &sheets[at(index)].edit();
}

int Spreadsheet::index_of(int id_wanted) const {
  for (int n = 0; n < count(sheets); ++n)
    if (sheets[at(n)]->id == id_wanted) return n;
  return -1;
}

Spreadsheet new_spreadsheet(const std::string& id, const std::string& title) {
  Spreadsheet book;
  book.id = id;
  book.properties = Json{{"title", title}, {"locale", "en_US"}, {"autoRecalc", "ON_CHANGE"}, {"timeZone", "Etc/GMT"}};
  Sheet first;
  first.title = "Sheet1";
  book.sheets.emplace_back(std::move(first));
  return book;
}

Json extended_value(const Value& value) {
  Json out = object();
  switch (value.kind) {
    case Value::Kind::none: break;
    case Value::Kind::number: out["numberValue"] = number(value.number); break;
    case Value::Kind::text: out["stringValue"] = value.text; break;
    case Value::Kind::boolean: out["boolValue"] = value.boolean; break;
    case Value::Kind::formula: out["formulaValue"] = value.text; break;
    case Value::Kind::error: {
      const std::string& t = value.text;
      const char* type = t == "#DIV/0!"   ? "DIVIDE_BY_ZERO"
                         : t == "#REF!"   ? "REF"
                         : t == "#NAME?"  ? "NAME"
                         : t == "#VALUE!" ? "VALUE"
                         : t == "#N/A"    ? "N_A"
                         : t == "#NUM!"   ? "NUM"
                         : t == "#NULL!"  ? "NULL_VALUE"
                                          : "ERROR";
      out["errorValue"] = Json{{"type", type}};
    }
  }
  return out;
}

Value value_of(const Json& extended) {
  if (const Json* v = find(extended, "numberValue")) return Value::of(v->get<double>());
  if (const Json* v = find(extended, "boolValue")) return Value::of(v->get<bool>());
  if (const Json* v = find(extended, "formulaValue")) return Value::formula(v->get<std::string>());
  if (const Json* v = find(extended, "stringValue")) {
    // the empty text is a cell without a value, as for values.update
    auto text = v->get<std::string>();
    return text.empty() ? Value{} : Value::of(std::move(text));
  }
  if (find(extended, "errorValue") != nullptr) return Value::error("#ERROR!");
  return {};
}

Json to_json(const GridRange& range) {
  Json out = object();
  if (range.sheet != 0) out["sheetId"] = range.sheet;
  out["startRowIndex"] = range.cells.row0;
  out["endRowIndex"] = range.cells.row1;
  out["startColumnIndex"] = range.cells.column0;
  out["endColumnIndex"] = range.cells.column1;
  return out;
}

Json default_format() {
  return Json{{"backgroundColor", rgb(1, 1, 1)},
              {"padding", {{"top", 2}, {"right", 3}, {"bottom", 2}, {"left", 3}}},
              {"verticalAlignment", "BOTTOM"},
              {"wrapStrategy", "OVERFLOW_CELL"},
              {"textFormat",
               {{"foregroundColor", object()},
                {"fontFamily", "arial,sans,sans-serif"},
                {"fontSize", 10},
                {"bold", false},
                {"italic", false},
                {"strikethrough", false},
                {"underline", false},
                {"foregroundColorStyle", Json{{"rgbColor", object()}}}}},
              {"backgroundColorStyle", Json{{"rgbColor", rgb(1, 1, 1)}}}};
}

Json default_theme() {
  Json colours = Json::array();
  const auto add = [&colours](const char* type, Json colour) {
    colours.push_back(Json{{"colorType", type}, {"color", Json{{"rgbColor", std::move(colour)}}}});
  };
  add("TEXT", object());
  add("BACKGROUND", rgb(1, 1, 1));
  add("ACCENT1", rgb(0.25882354, 0.52156866, 0.95686275));
  add("ACCENT2", rgb(0.91764706, 0.2627451, 0.20784314));
  add("ACCENT3", rgb(0.9843137, 0.7372549, 0.015686275));
  add("ACCENT4", rgb(0.20392157, 0.65882355, 0.3254902));
  add("ACCENT5", rgb(1, 0.42745098, 0.003921569));
  add("ACCENT6", rgb(0.27450982, 0.7411765, 0.7764706));
  add("LINK", rgb(0.06666667, 0.33333334, 0.8));
  return Json{{"primaryFontFamily", "Arial"}, {"themeColors", colours}};
}

}  // namespace sheets_server
