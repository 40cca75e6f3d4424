// autoFill. Google documents where it fills, not with what: the series are those that spreadsheet programs share.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <functional>
#include <optional>

#include "a1.h"
#include "batch.h"
#include "number_format.h"
#include "references.h"

namespace sheets_server {

namespace {

// What is filled: `source` is one block, and the cells of `target` follow it (or go before it) along `axis`.
struct Fill {
  int sheet = 0;
  Axis axis = Axis::rows;
  Range source = {};
  Range target = {};
};

int low(const Range& r, Axis axis) { return axis == Axis::rows ? r.row0 : r.column0; }
int high(const Range& r, Axis axis) { return axis == Axis::rows ? r.row1 : r.column1; }
void set_span(Range& r, Axis axis, int from, int to) {
  (axis == Axis::rows ? r.row0 : r.column0) = from;
  (axis == Axis::rows ? r.row1 : r.column1) = to;
}

// ---- series ----

// The values of one line of the source, in the order of the axis.
struct Line {
  std::vector<const Cell*> cells;
  bool dates = false;
};

// Text and the number at its end: "Item 07" is "Item ", 7, two digits.
struct Numbered {
  std::string stem;
  double number = 0;
  std::size_t digits = 0;
};

std::optional<Numbered> numbered(const std::string& text) {
  std::size_t from = text.size();
  while (from > 0 && text.size() - from < 15 && std::isdigit(static_cast<unsigned char>(text[from - 1])) != 0) --from;
  if (from == text.size()) return std::nullopt;
  return Numbered{text.substr(0, from), std::stod(text.substr(from)), text.size() - from};
}

// A line through the points 0, values[0]; 1, values[1]; ...
struct Trend {
  double start = 0;
  double step = 0;
  double at(int n) const { return start + step * n; }
};

Trend trend(const std::vector<double>& values) {
  const int n = count(values);
  const double step = values[1] - values[0];
  bool even = true;
  for (int i = 1; i < n; ++i) even = even && std::abs(values[at(i)] - values[at(i - 1)] - step) < 1e-9;
  if (even) return {values[0], step};
  double sum_x = 0;
  double sum_y = 0;
  double sum_xx = 0;
  double sum_xy = 0;
  for (int i = 0; i < n; ++i) {
    sum_x += i;
    sum_y += values[at(i)];
    sum_xx += static_cast<double>(i) * i;
    sum_xy += i * values[at(i)];
  }
  const double slope = (n * sum_xy - sum_x * sum_y) / (n * sum_xx - sum_x * sum_x);
  return {(sum_y - slope * sum_x) / n, slope};
}

// What comes `n` places after the first value of the line (before it: negative); nullopt: it repeats.
using Series = std::function<std::optional<Value>(int)>;

Series number_series(const Line& line, bool alternate) {
  std::vector<double> values;
  for (const Cell* cell : line.cells) {
    if (cell == nullptr || cell->entered.kind != Value::Kind::number) return nullptr;
    values.push_back(cell->entered.number);
  }
  Trend line_through{values.front(), 0};
  if (values.size() == 1) {
    if (line.dates == alternate) return nullptr;  // a date counts on, a number does not; the alternate is the other
    line_through.step = 1;
  } else {
    if (alternate) return nullptr;
    line_through = trend(values);
  }
  return [line_through](int n) { return Value::of(line_through.at(n)); };
}

Series text_series(const Line& line, bool alternate) {
  std::vector<double> values;
  Numbered first;
  for (const Cell* cell : line.cells) {
    if (cell == nullptr || cell->entered.kind != Value::Kind::text) return nullptr;
    const auto here = numbered(cell->entered.text);
    if (!here || (!values.empty() && here->stem != first.stem)) return nullptr;
    if (values.empty()) first = *here;
    values.push_back(here->number);
  }
  if (alternate) return nullptr;
  Trend line_through{values.front(), 1};
  if (values.size() > 1) line_through = trend(values);
  return [first, line_through](int n) -> std::optional<Value> {
    const double value = line_through.at(n);
    if (value < 0 || value != std::floor(value)) return std::nullopt;
    return Value::of(fmt::format("{}{:0{}}", first.stem, static_cast<std::int64_t>(value), first.digits));
  };
}

// ---- filling ----

const Cell* cell_at(const Sheet& sheet, Axis axis, int along, int across) {
  return axis == Axis::rows ? sheet.cell(along, across) : sheet.cell(across, along);
}

void fill_line(Sheet& sheet, const Fill& fill, int across, bool alternate) {
  const int from = low(fill.source, fill.axis);
  const int length = high(fill.source, fill.axis) - from;
  Line line;
  for (int n = 0; n < length; ++n) line.cells.push_back(cell_at(sheet, fill.axis, from + n, across));
  line.dates = line.cells.front() != nullptr && is_date_format(number_format(*line.cells.front()));
  Series series = number_series(line, alternate);
  if (!series) series = text_series(line, alternate);
  std::vector<Cell> block;  // the sheet may move its cells while it is written to
  for (const Cell* cell : line.cells) block.push_back(cell != nullptr ? *cell : Cell{});
  for (int i = low(fill.target, fill.axis); i < high(fill.target, fill.axis); ++i) {
    const int place = i - from;  // negative before the source
    const int model = ((place % length) + length) % length;
    const Cell& like = block[at(model)];
    const int row = fill.axis == Axis::rows ? i : across;
    const int column = fill.axis == Axis::rows ? across : i;
    std::optional<Value> value = series ? series(place) : std::nullopt;
    if (!value) value = like.entered;
    if (value->kind == Value::Kind::formula)
      value->text =
          fill.axis == Axis::rows ? advanced(value->text, place - model, 0) : advanced(value->text, 0, place - model);
    sheet.put(row, column, std::move(*value));
    if (sheet.cell(row, column) == nullptr && like.empty()) continue;
    Cell& to = sheet.edit_cell(row, column);
    to.format = like.format;
    const bool ruled = like.extra && !like.extra->validation.is_null();
    if (ruled || to.extra) to.set_validation(ruled ? like.extra->validation : Json(nullptr));
  }
}

// The smallest block of the range with all its values.
std::optional<Range> filled_part(const Sheet& sheet, const Range& range) {
  std::optional<Range> out;
  for (int r = range.row0; r < std::min(range.row1, count(sheet.rows)); ++r) {
    for (int c = range.column0; c < range.column1; ++c) {
      const Cell* cell = sheet.cell(r, c);
      if (cell == nullptr || cell->entered.kind == Value::Kind::none) continue;
      if (!out) out = Range{r, r + 1, c, c + 1};
      out = Range{std::min(out->row0, r), std::max(out->row1, r + 1), std::min(out->column0, c),
                  std::max(out->column1, c + 1)};
    }
  }
  return out;
}

// `range`: what has values fills the rest of it, rows before columns.
Refusal fills_of_range(const Context& context, const Json& json, std::vector<Fill>& out) {
  GridRange range;
  SHEETS_TRY(resolve_grid_range(json, context.book, range));
  const auto filled = filled_part(*context.book.sheet(range.sheet), range.cells);
  if (!filled) return invalid("There is nothing in the range to fill from [zmig-sheets-server]");
  Range source = *filled;
  for (const Axis axis : {Axis::rows, Axis::columns}) {
    const int first = low(source, axis);
    const int last = high(source, axis);
    Range target = source;
    set_span(target, axis, last, high(range.cells, axis));
    if (low(target, axis) < high(target, axis)) out.push_back({range.sheet, axis, source, target});
    set_span(target, axis, low(range.cells, axis), first);
    if (low(target, axis) < high(target, axis)) out.push_back({range.sheet, axis, source, target});
    set_span(source, axis, low(range.cells, axis), high(range.cells, axis));
  }
  if (out.empty()) return invalid("There is nothing in the range to fill [zmig-sheets-server]");
  return {};
}

Refusal fill_of_source(const Context& context, const Json& json, std::vector<Fill>& out) {
  GridRange source;
  SHEETS_TRY(resolve_grid_range(member(json, "source"), context.book, source));
  const std::string dimension = text_of(json, "dimension");
  if (dimension != "ROWS" && dimension != "COLUMNS") return invalid("No dimension was specified.");
  const Axis axis = dimension == "ROWS" ? Axis::rows : Axis::columns;
  const int length = int_of(json, "fillLength");
  if (length == 0) return invalid("fillLength must not be 0 [zmig-sheets-server]");
  Range target = source.cells;
  if (length > 0)
    set_span(target, axis, high(source.cells, axis), high(source.cells, axis) + length);
  else
    set_span(target, axis, low(source.cells, axis) + length, low(source.cells, axis));
  if (low(target, axis) < 0 || high(target, axis) > context.book.sheet(source.sheet)->size(axis))
    return invalid("fillLength leaves the grid [zmig-sheets-server]");
  out.push_back({source.sheet, axis, source.cells, target});
  return {};
}

}  // namespace

namespace requests {

Refusal auto_fill(Context& context, const Json& body) {
  SHEETS_TRY(context.rests_on("autoFill"));
  if (body.contains("range") == body.contains("sourceAndDestination"))
    return invalid("Set exactly one of range or sourceAndDestination [zmig-sheets-server]");
  std::vector<Fill> fills;
  SHEETS_TRY(body.contains("range") ? fills_of_range(context, member(body, "range"), fills)
                                    : fill_of_source(context, member(body, "sourceAndDestination"), fills));
  const bool alternate = flag(body, "useAlternateSeries");
  for (const Fill& fill : fills) {
    SHEETS_TRY(context.may_edit({fill.sheet, fill.target}));
    Sheet& sheet = *context.book.edit_sheet(fill.sheet);
    const Axis other = fill.axis == Axis::rows ? Axis::columns : Axis::rows;
    for (int across = low(fill.target, other); across < high(fill.target, other); ++across)
      fill_line(sheet, fill, across, alternate);
  }
  return {};
}

}  // namespace requests

}  // namespace sheets_server
