#include "shift.h"

#include <algorithm>
#include <functional>
#include <optional>

#include "embedded.h"
#include "references.h"

namespace sheets_server {

namespace {

// Puts each element where the remap says; `fill` makes the ones that are new.
template <class T>
std::vector<T> moved(const std::vector<T>& old, const Remap& remap) {
  std::vector<T> out;
  out.reserve(old.size());
  for (int n = 0; n < count(old); ++n) {
    const int to = remap.index(n);
    if (to < 0) continue;
    if (to >= count(out)) out.resize(at(to) + 1);
    out[at(to)] = old[at(n)];
  }
  return out;
}

bool remap_range(Range& r, Axis axis, const Remap& remap) {
  return axis == Axis::rows ? remap.span(r.row0, r.row1) : remap.span(r.column0, r.column1);
}

// A table's columns keep their types under their new indexes; a column inserted inside gets a name.
void remap_table(RangeObject& table, const Range& before, const Remap& remap, Sheet& sheet) {
  const Range& now = table.ranges.front();
  Json columns = Json::array();
  int unnamed = 0;
  for (int c = now.column0; c < now.column1; ++c) {
    Json found = nullptr;
    for (const Json& column : member(table.body, "columnProperties"))
      if (remap.index(before.column0 + int_of(column, "columnIndex")) == c) found = column;
    bool inserted = true;
    for (int old = before.column0; old < before.column1; ++old) inserted = inserted && remap.index(old) != c;
    if (found.is_null()) found = object();
    if (inserted) {
      const std::string name = "Column " + std::to_string(++unnamed);
      found["columnName"] = name;
      sheet.put(now.row0, c, Value::of(name));
    }
    found.erase("columnIndex");
    if (c > now.column0) found["columnIndex"] = c - now.column0;
    columns.push_back(found);
  }
  table.body["columnProperties"] = columns;
}

void remap_layers(Sheet& sheet, Axis axis, const Remap& remap) {
  for (std::size_t l = 0; l < kLayers; ++l) {
    std::vector<RangeObject> kept;
    kept.reserve(sheet.layers[l].size());
    for (RangeObject& object : sheet.layers[l]) {
      const std::vector<Range> before = object.ranges;
      object.ranges.clear();
      for (Range r : before) {
        const bool stays = remap_range(r, axis, remap);
        const bool single = static_cast<Layer>(l) == Layer::merge && r.row1 - r.row0 == 1 && r.column1 - r.column0 == 1;
        if (stays && !single) object.ranges.push_back(r);
      }
      if (object.ranges.empty() && !before.empty()) continue;
      if (static_cast<Layer>(l) == Layer::table && axis == Axis::columns)
        remap_table(object, before.front(), remap, sheet);
      kept.push_back(std::move(object));
    }
    sheet.layers[l] = std::move(kept);
  }
}

// A reference into the remapped part; nullopt: as it was.
std::optional<std::string> remap_reference(const Reference& given, Axis axis, const Remap& remap) {
  Reference out = given;
  int& first = axis == Axis::rows ? out.first.row : out.first.column;
  int& last = axis == Axis::rows ? out.last.row : out.last.column;
  if (first < 0 && last < 0) return std::nullopt;
  if (first < 0 || last < 0) {  // A2:A: from there on
    int& only = first < 0 ? last : first;
    only = remap.index(only);
    if (only < 0) return "#REF!";
    return to_text(out);
  }
  if (first > last) std::swap(first, last);
  int end = last + 1;
  if (!remap.span(first, end)) return "#REF!";
  last = end - 1;
  return to_text(out);
}

void rewrite_formulas(Spreadsheet& book,
                      const std::function<std::optional<std::string>(const Sheet&, const Reference&)>& change) {
  for (Cow<Sheet>& shared : book.sheets) {
    if (!shared->has_formulas) continue;
    for (int r = 0; r < count(shared->rows); ++r) {
      for (int c = 0; c < count(*shared->rows[at(r)]); ++c) {
        const Value& entered = (*shared->rows[at(r)])[at(c)].entered;
        if (entered.kind != Value::Kind::formula) continue;
        std::string text = rewrite_references(entered.text, [&](const Reference& ref) { return change(*shared, ref); });
        if (text != entered.text) shared.edit().edit_cell(r, c).entered.text = std::move(text);
      }
    }
  }
}

void remap_rows(Sheet& sheet, const Remap& remap) { sheet.rows = moved(sheet.rows, remap); }

void remap_columns(Sheet& sheet, int row_from, int row_to, const Remap& remap) {
  for (int r = row_from; r < std::min(row_to, count(sheet.rows)); ++r) {
    if (sheet.rows[at(r)]->empty()) continue;
    sheet.rows[at(r)] = Cow<Row>(moved(*sheet.rows[at(r)], remap));
  }
}

}  // namespace

int Remap::index(int i) const {
  switch (how_) {
    case How::insert: return i >= from_ ? i + (to_ - from_) : i;
    case How::remove: return i < from_ ? i : i < to_ ? -1 : i - (to_ - from_);
    case How::move: break;
  }
  const int width = to_ - from_;
  if (i >= from_ && i < to_) return destination_ > from_ ? i + (destination_ - to_) : i - (from_ - destination_);
  if (destination_ > to_ && i >= to_ && i < destination_) return i - width;
  if (destination_ < from_ && i >= destination_ && i < from_) return i + width;
  return i;
}

bool Remap::span(int& from, int& to) const {
  if (from >= to) return true;
  switch (how_) {
    case How::insert:
      if (to > from_) to += to_ - from_;
      if (from >= from_) from += to_ - from_;
      return true;
    case How::remove: {
      const auto clip = [this](int i) { return i <= from_ ? i : i >= to_ ? i - (to_ - from_) : from_; };
      from = clip(from);
      to = clip(to);
      return from < to;
    }
    case How::move: break;
  }
  const int first = index(from);
  const int last = index(to - 1);
  const bool whole = (from_ >= from && to_ <= to && destination_ >= from && destination_ <= to) ||  // within
                     (from_ <= from && to_ >= to);                                                  // with it
  if (whole && !(from_ <= from && to_ >= to)) return true;
  from = std::min(first, last);
  to = std::max(first, last) + 1;
  return true;
}

int Remap::size_change() const { return how_ == How::insert ? to_ - from_ : how_ == How::remove ? from_ - to_ : 0; }

void remap_dimension(Spreadsheet& book, int sheet_id, Axis axis, const Remap& remap) {
  Sheet& sheet = *book.edit_sheet(sheet_id);
  if (axis == Axis::rows)
    remap_rows(sheet, remap);
  else
    remap_columns(sheet, 0, count(sheet.rows), remap);
  sheet.set_size(axis, sheet.size(axis) + remap.size_change());

  auto& dimensions = sheet.dimensions[static_cast<std::size_t>(axis)];
  std::map<int, DimensionProps> kept;
  for (const auto& [index, props] : dimensions)
    if (const int to = remap.index(index); to >= 0) kept[to] = props;
  dimensions = std::move(kept);
  auto& groups = sheet.groups[static_cast<std::size_t>(axis)];
  groups.erase(std::remove_if(groups.begin(), groups.end(), [&](Group& g) { return !remap.span(g.start, g.end); }),
               groups.end());
  if (int from = 0, frozen = sheet.frozen(axis); frozen > 0 && remap.size_change() < 0)
    sheet.set_frozen(axis, remap.span(from, frozen) ? frozen : 0);
  remap_layers(sheet, axis, remap);
  remap_embedded(book, sheet_id, axis, remap);

  auto& named = book.named;
  named.erase(std::remove_if(
                  named.begin(), named.end(),
                  [&](NamedRange& n) { return n.range.sheet == sheet_id && !remap_range(n.range.cells, axis, remap); }),
              named.end());
  const Metadata::At level = axis == Axis::rows ? Metadata::At::row : Metadata::At::column;
  auto& metadata = book.metadata;
  for (Metadata& m : metadata)
    if (m.sheet == sheet_id && m.at == level) m.index = remap.index(m.index);
  metadata.erase(std::remove_if(metadata.begin(), metadata.end(), [](const Metadata& m) { return m.index < 0; }),
                 metadata.end());

  const std::string title = sheet.title;
  rewrite_formulas(book, [&](const Sheet& home, const Reference& ref) -> std::optional<std::string> {
    const bool hit = ref.has_title ? ref.title == title : home.id == sheet_id;
    return hit ? remap_reference(ref, axis, remap) : std::nullopt;
  });
}

void remap_cells(Spreadsheet& book, int sheet_id, Axis axis, int across_from, int across_to, const Remap& remap) {
  Sheet& sheet = *book.edit_sheet(sheet_id);
  if (axis == Axis::columns) {
    remap_columns(sheet, across_from, across_to, remap);
  } else {
    for (int c = across_from; c < across_to; ++c) {
      std::vector<Cell> column;
      column.reserve(sheet.rows.size());
      for (int r = 0; r < count(sheet.rows); ++r)
        column.push_back(sheet.cell(r, c) != nullptr ? *sheet.cell(r, c) : Cell{});
      const std::vector<Cell> now = moved(column, remap);
      for (int r = 0; r < std::min(std::max(count(column), count(now)), sheet.row_count); ++r) {
        Cell cell = r < count(now) ? now[at(r)] : Cell{};
        if (!cell.empty() || sheet.cell(r, c) != nullptr) sheet.edit_cell(r, c) = std::move(cell);
      }
    }
  }
  // what was pushed over the edge of the grid is gone
  if (count(sheet.rows) > sheet.row_count) sheet.rows.resize(at(sheet.row_count));
  for (Cow<Row>& row : sheet.rows)
    if (count(*row) > sheet.column_count) row.edit().resize(at(sheet.column_count));
  const auto inside = [&](const Range& r) {
    return axis == Axis::columns ? r.row0 >= across_from && r.row1 <= across_to
                                 : r.column0 >= across_from && r.column1 <= across_to;
  };
  for (auto& layer : sheet.layers)
    for (RangeObject& object : layer)
      for (Range& r : object.ranges)
        if (inside(r)) remap_range(r, axis, remap);
  for (NamedRange& n : book.named)
    if (n.range.sheet == sheet_id && inside(n.range.cells)) remap_range(n.range.cells, axis, remap);
  remap_embedded_cells(book, sheet_id, axis, across_from, across_to, remap);
  const std::string title = sheet.title;
  rewrite_formulas(book, [&](const Sheet& home, const Reference& ref) -> std::optional<std::string> {
    const bool hit = ref.has_title ? ref.title == title : home.id == sheet_id;
    const int low = axis == Axis::columns ? ref.first.row : ref.first.column;
    const int high = axis == Axis::columns ? ref.last.row : ref.last.column;
    return hit && low >= across_from && high < across_to ? remap_reference(ref, axis, remap) : std::nullopt;
  });
}

void rename_in_formulas(Spreadsheet& book, const std::string& from, const std::string& to) {
  rewrite_formulas(book, [&](const Sheet&, const Reference& ref) -> std::optional<std::string> {
    if (!ref.has_title || ref.title != from) return std::nullopt;
    Reference out = ref;
    out.title = to;
    return to_text(out);
  });
}

void drop_in_formulas(Spreadsheet& book, const std::string& title) {
  rewrite_formulas(book, [&](const Sheet&, const Reference& ref) -> std::optional<std::string> {
    if (!ref.has_title || ref.title != title) return std::nullopt;
    return "#REF!";
  });
}

}  // namespace sheets_server
