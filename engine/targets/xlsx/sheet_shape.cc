#include "targets/xlsx/sheet_shape.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "model/names.h"

namespace zmig::xlsx {
namespace {

constexpr std::size_t kMostTop = 64;

std::string trimmed(const std::string& text) {
  const std::size_t begin = text.find_first_not_of(' ');
  return begin == std::string::npos ? std::string() : text.substr(begin, text.find_last_not_of(' ') - begin + 1);
}

}  // namespace

Status SheetShape::add(std::uint32_t row, std::span<const RawCell> cells) {
  const bool keep = configured_ == 0 ? top_.size() < kMostTop : row == configured_;
  Row kept;
  kept.number = row;
  bool any = false;
  for (const RawCell& cell : cells) {
    if (!decoder_.has_content(cell)) continue;
    any = true;
    if (keep) {
      Value value;
      ZMIG_CHECK_OK(decoder_.decode(cell, row, value));
      kept.cells.push_back({cell.column, decoder_.format_of(cell), zmig::to_text(value)});
    } else if (configured_ == 0 || row > configured_) {
      count(cell.column, decoder_.format_of(cell));
    }
  }
  if (!any) return ok();
  last_row_ = row;
  if (keep) top_.push_back(std::move(kept));
  return ok();
}

void SheetShape::count(std::uint32_t column, std::uint32_t format) {
  if (column >= formats_.size()) formats_.resize(column + 1);
  Counted& mine = formats_[column];
  if (mine.times > 0 && mine.format != format) {  // mostly the one of the row above
    mine.others[mine.format] += mine.times;
    mine.times = 0;
  }
  mine.format = format;
  ++mine.times;
}

const SheetShape::Row* SheetShape::row_at(std::uint32_t number) const {
  const auto found = std::find_if(top_.begin(), top_.end(), [number](const Row& row) { return row.number == number; });
  return found == top_.end() ? nullptr : &*found;
}

std::uint32_t SheetShape::find_header(const SheetFacts& facts, std::span<const Region> tables) const {
  if (configured_ != 0) return configured_;
  std::vector<Region> said(tables.begin(), tables.end());
  if (said.empty()) said = facts.filters;
  if (said.size() == 1 && row_at(said[0].from.row) != nullptr) {
    const bool titles_only = std::all_of(top_.begin(), top_.end(), [&](const Row& row) {
      return row.number >= said[0].from.row || row.cells.size() == 1;
    });
    if (titles_only) return said[0].from.row;
  }
  for (const Row& row : top_) {
    const bool banner =
        row.cells.size() == 1 && row.number < last_row_ &&
        std::any_of(facts.merges.begin(), facts.merges.end(), [&](const Region& merge) {
          return merge.contains({row.cells[0].column, row.number}) && merge.from.column < merge.to.column;
        });
    if (!banner) return row.number;
  }
  return top_.empty() ? 1 : top_.back().number;
}

Result<ShapeFound> SheetShape::finish(const SheetFacts& facts, std::span<const Region> tables) {
  ShapeFound found;
  found.header_row = find_header(facts, tables);
  found.last_row = last_row_;
  for (const Row& row : top_) {
    if (row.number <= found.header_row) continue;
    for (const Filled& cell : row.cells) count(cell.column, cell.format);
  }
  std::size_t columns = formats_.size();
  const Row* header = row_at(found.header_row);
  if (header != nullptr) columns = std::max<std::size_t>(columns, header->cells.back().column + 1);
  if (configured_ != 0 && header == nullptr) columns = 0;  // the caller says so
  found.headers.resize(columns);
  found.formats.resize(columns);
  for (std::size_t i = 0; header != nullptr && i < header->cells.size(); ++i)
    found.headers[header->cells[i].column] = header->cells[i].text;
  for (Counted& one : formats_) {
    if (one.times > 0) one.others[one.format] += one.times;
    one.times = 0;
  }
  for (std::size_t i = 0; i < columns; ++i) {
    if (i < formats_.size() && !formats_[i].others.empty()) {
      std::uint64_t most = 0;
      for (const auto& [format, times] : formats_[i].others) {
        if (times < most || (times == most && format > found.formats[i])) continue;
        most = times;
        found.formats[i] = format;
      }
      continue;
    }
    for (const ColumnRange& range : facts.columns) {  // nothing there yet: what a new cell would look like
      if (i < range.first || i > range.last) continue;
      RawCell cell;
      cell.style = range.style;
      found.formats[i] = decoder_.format_of(cell);
    }
  }
  return found;
}

Result<std::vector<Region>> table_regions(const Package& package, const std::string& part) {
  std::vector<Region> regions;
  ZMIG_TRY(const std::vector<Relationship> all, package.relationships(part));
  for (const Relationship& one : all) {
    if (one.kind != "table" || one.external || package.zip().find(one.target) == nullptr) continue;
    ZMIG_TRY(XmlReader xml, package.xml(one.target, kLargestHeld));
    for (;;) {
      ZMIG_TRY(const XmlKind kind, xml.next());
      if (kind == XmlKind::end) break;
      if (kind != XmlKind::open || xml.depth() != 1) continue;
      const auto region = parse_region(xml.attribute("ref"));
      if (region && xml.attribute("headerRowCount") != "0") regions.push_back(*region);
    }
  }
  return regions;
}

std::optional<std::vector<std::string>> literal_list(const std::string& formula) {
  if (formula.size() < 2 || formula.front() != '"' || formula.back() != '"') return std::nullopt;
  std::string text;
  for (std::size_t at = 1; at + 1 < formula.size(); ++at) {
    if (formula[at] == '"') {
      if (at + 2 >= formula.size() || formula[at + 1] != '"') return std::nullopt;  // two texts, a formula
      ++at;
    }
    text += formula[at];
  }
  std::vector<std::string> values;
  for (const std::string& value : split(text, ',')) {
    if (std::string plain = trimmed(value); !plain.empty()) values.push_back(std::move(plain));
  }
  return values;
}

const DefinedName* find_name(const BookFacts& facts, const std::string& name, const std::string& sheet) {
  const DefinedName* global = nullptr;
  for (const DefinedName& one : facts.names) {
    if (!same_title_without_case(one.name, name)) continue;
    if (!one.local)
      global = &one;
    else if (*one.local < facts.sheets.size() && same_title_without_case(facts.sheets[*one.local].title, sheet))
      return &one;
  }
  return global;
}

}  // namespace zmig::xlsx
