#include "targets/xlsx/worksheet.h"

#include <charconv>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "targets/xlsx/book.h"

namespace zmig::xlsx {
namespace {

constexpr std::uint32_t kNearTop = 4096;  // header rows are not looked for below
constexpr std::size_t kMostRules = 100'000;

std::optional<std::uint32_t> number_of(std::string_view text) {
  std::uint32_t number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (read.ec != std::errc{} || read.ptr != text.data() + text.size()) return std::nullopt;
  return number;
}

/// Letters and digits, as nearly all places are written.
std::optional<Place> plain_place(std::string_view text) {
  constexpr std::size_t kMostLetters = 3, kMostDigits = 7;
  std::uint32_t column = 0, row = 0;
  std::size_t at = 0;
  for (; at < text.size() && text[at] >= 'A' && text[at] <= 'Z'; ++at)
    column = column * 26 + static_cast<std::uint32_t>(text[at] - 'A' + 1);
  const std::size_t letters = at;
  for (; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at)
    row = row * 10 + static_cast<std::uint32_t>(text[at] - '0');
  if (at != text.size() || letters == 0 || letters > kMostLetters || at == letters || at - letters > kMostDigits ||
      text[letters] == '0' || column > kColumns)
    return std::nullopt;
  return Place{column - 1, row};
}

std::uint32_t number_or(std::optional<std::string_view> text, std::uint32_t otherwise) {
  return text ? number_of(*text).value_or(otherwise) : otherwise;
}

}  // namespace

CellKind kind_of_type(std::string_view type) {
  if (type == "s") return CellKind::shared;
  if (type == "str" || type == "inlineStr") return CellKind::text;
  if (type == "b") return CellKind::boolean;
  if (type == "e") return CellKind::error;
  if (type == "d") return CellKind::iso;
  return CellKind::number;
}

Result<SheetReader> SheetReader::open(const Package& package, const std::string& part) {
  ZMIG_TRY(XmlReader xml, package.xml(part, package.largest_streamed()));
  return SheetReader(std::move(xml), part);
}

Error SheetReader::disordered(std::string_view what) const {
  Error error = xml_.broken(what);
  error.zm = "ZM0431";
  error.message = fmt::format("part {}, row {}: {}", quoted(part_), row_, what);
  return error;
}

Result<bool> SheetReader::next_row() {
  for (;;) {
    ZMIG_TRY(const XmlKind kind, xml_.next());
    if (kind == XmlKind::end) return false;
    if (kind == XmlKind::close && xml_.depth() == 1) in_data_ = false;
    if (kind != XmlKind::open) continue;
    if (xml_.depth() == 1) {
      if (!xml_.is(Ns::main, "worksheet")) return xml_.broken("it is no worksheet");
    } else if (xml_.depth() == 2 && xml_.is(Ns::main, "sheetData")) {
      in_data_ = true;
    } else if (in_data_ && xml_.is(Ns::main, "row")) {
      ZMIG_CHECK_OK(read_row());
      return true;
    } else {
      ZMIG_CHECK_OK(read_fact());
    }
  }
}

Status SheetReader::read_row() {
  std::uint32_t number = row_ + 1;
  if (const auto stored = xml_.raw("r")) {
    const auto read = number_of(*stored);
    if (!read) return xml_.broken("the number of a row cannot be read");
    number = *read;
  }
  if (number <= row_) return disordered(fmt::format("row {} stands behind it", number));
  if (number > kRows) return disordered(fmt::format("row {} is beyond the sheet", number));
  row_ = number;
  column_ = 0;
  count_ = 0;
  if (xml_.token().starts_with("<row")) {  // without prefix: neither have its cells
    ZMIG_TRY(const auto inside, xml_.plain_inside());
    if (inside && read_plain_row(*inside)) {
      xml_.pass_inside();
      return ok();
    }
    column_ = 0;
    count_ = 0;
  }
  for (;;) {
    ZMIG_TRY(const bool child, xml_.next_child());
    if (!child) return ok();
    if (xml_.is(Ns::main, "c"))
      ZMIG_CHECK_OK(read_cell());
    else
      ZMIG_CHECK_OK(xml_.skip());
  }
}

bool SheetReader::read_plain_row(std::string_view inside) {
  while (!inside.empty()) {
    if (!read_plain_cell(inside)) return false;
  }
  return true;
}

bool SheetReader::read_plain_cell(std::string_view& rest) {
  constexpr std::string_view kBegin = "<c", kEnd = "</c>";
  const auto take = [&rest](std::string_view word) {
    if (!rest.starts_with(word)) return false;
    rest.remove_prefix(word.size());
    return true;
  };
  if (!take(kBegin)) return false;
  std::string_view values[3];  // r, s, t
  while (rest.size() > 4 && rest[0] == ' ' && rest[2] == '=' && rest[3] == '"') {
    const std::size_t which = std::string_view("rst").find(rest[1]);
    const std::size_t close = rest.find('"', 4);
    if (which > 2 || close == std::string_view::npos || close == 4 || !values[which].empty()) return false;
    values[which] = rest.substr(4, close - 4);
    rest.remove_prefix(close + 1);
  }
  const auto place = plain_place(values[0]);
  const auto style = values[1].empty() ? std::optional<std::uint32_t>(0) : number_of(values[1]);
  if (!place || place->row != row_ || place->column < column_ || !style) return false;
  column_ = place->column + 1;
  if (count_ == cells_.size()) cells_.emplace_back();
  RawCell& cell = cells_[count_++];
  cell.column = place->column;
  cell.style = *style;
  cell.kind = kind_of_type(values[2]);
  cell.has_formula = false;
  cell.value.clear();
  cell.formula.clear();
  if (take("/>")) return true;
  if (!take(">")) return false;
  // Texts with entities and escapes are read the long way.
  const auto text = [&](std::string_view close, std::string& into, bool may_be_escaped) {
    const std::size_t size = rest.find('<');
    if (size == std::string_view::npos) return false;
    const std::string_view found = rest.substr(0, size);
    if (found.find('&') != std::string_view::npos) return false;
    if (may_be_escaped && found.find("_x") != std::string_view::npos) return false;
    into = found;
    rest.remove_prefix(size);
    return take(close);
  };
  if (take("<f>")) {
    if (!text("</f>", cell.formula, false)) return false;
    cell.has_formula = !cell.formula.empty();
  }
  if (take("<v>")) {
    if (!text("</v>", cell.value, values[2] == "str")) return false;
  } else if (take("<is><t>")) {
    if (!text("</t>", cell.value, true) || !take("</is>")) return false;
  }
  return take(kEnd);
}

Status SheetReader::read_cell() {
  std::uint32_t column = column_;
  if (const auto stored = xml_.raw("r")) {
    const auto place = parse_place(*stored);
    if (!place) return disordered(fmt::format("{} is no cell of a sheet", quoted(printable(*stored))));
    if (place->row != row_) return disordered(fmt::format("cell {} stands in it", to_text(*place)));
    if (place->column < column_) return disordered(fmt::format("cell {} is out of order or doubled", to_text(*place)));
    column = place->column;
  }
  if (column >= kColumns) return disordered("it has more cells than a sheet has columns");
  column_ = column + 1;
  if (count_ == cells_.size()) cells_.emplace_back();
  RawCell& cell = cells_[count_++];
  cell.column = column;
  cell.style = number_or(xml_.raw("s"), 0);
  const auto type = xml_.raw("t");
  cell.kind = type ? kind_of_type(*type) : CellKind::number;
  cell.has_formula = false;
  cell.value.clear();
  cell.formula.clear();
  const bool formula_text = type && *type == "str";
  for (;;) {
    ZMIG_TRY(const bool child, xml_.next_child());
    if (!child) return ok();
    if (xml_.is(Ns::main, "v")) {
      ZMIG_TRY(cell.value, xml_.element_text());
      if (formula_text && cell.value.find("_x") != std::string::npos) cell.value = decode_escapes(cell.value);
    } else if (xml_.is(Ns::main, "is")) {
      ZMIG_TRY(cell.value, rich_text(xml_));
    } else if (xml_.is(Ns::main, "f")) {
      ZMIG_CHECK_OK(read_formula(cell));
    } else {
      ZMIG_CHECK_OK(xml_.skip());
    }
  }
}

Status SheetReader::read_formula(RawCell& cell) {
  const std::string type = xml_.attribute("t");
  const std::string group = xml_.attribute("si");
  if (type == "dataTable") {
    cell.formula = fmt::format("TABLE({},{})", xml_.attribute("r1"), xml_.attribute("r2"));
    cell.has_formula = true;
    return xml_.skip();
  }
  ZMIG_TRY(std::string text, xml_.element_text());
  const Place here{cell.column, row_};
  if (type == "shared") {
    if (!text.empty()) {
      shared_[group] = {here, text};
    } else if (const auto master = shared_.find(group); master != shared_.end()) {
      text = shifted(master->second.text, std::int64_t{here.column} - master->second.at.column,
                     std::int64_t{here.row} - master->second.at.row);
    } else {
      return xml_.broken(fmt::format("cell {} shares a formula that is not there", to_text(here)));
    }
  }
  cell.formula = std::move(text);
  cell.has_formula = !cell.formula.empty();
  return ok();
}

Status SheetReader::read_fact() {
  if (xml_.ns() != Ns::main || xml_.depth() != 2) return xml_.skip();
  const std::string name(xml_.name());
  if (name == "dataValidations") return read_lists(Ns::main);
  if (name == "extLst") return read_extensions();
  if (name == "sheetProtection") facts_.is_protected = xml_.flag("sheet");
  if (name == "autoFilter") {
    if (const auto region = parse_region(xml_.attribute("ref"))) facts_.filters.push_back(*region);
  }
  if (name != "sheetViews" && name != "cols" && name != "mergeCells") return xml_.skip();
  const std::size_t outside = xml_.depth() - 1;
  for (;;) {
    ZMIG_TRY(const XmlKind kind, xml_.next());
    if (kind == XmlKind::end) return xml_.broken("it ends in the middle");
    if (kind == XmlKind::close && xml_.depth() == outside) return ok();
    if (kind != XmlKind::open || xml_.ns() != Ns::main) continue;
    if (name == "sheetViews" && xml_.name() == "pane") {
      const std::string state = xml_.attribute("state");
      if (state == "frozen" || state == "frozenSplit") facts_.frozen_rows = number_or(xml_.raw("ySplit"), 0);
    } else if (name == "cols" && xml_.name() == "col") {
      ColumnRange range;
      const std::uint32_t first = number_or(xml_.raw("min"), 0), last = number_or(xml_.raw("max"), 0);
      if (first == 0 || last < first || last > kColumns) return xml_.broken("a range of columns is none");
      range.first = first - 1;
      range.last = last - 1;
      range.style = number_or(xml_.raw("style"), 0);
      range.hidden = xml_.flag("hidden");
      if (facts_.columns.size() < kColumns) facts_.columns.push_back(range);
    } else if (name == "mergeCells" && xml_.name() == "mergeCell") {
      const auto region = parse_region(xml_.attribute("ref"));
      if (region && region->from.row <= kNearTop) facts_.merges.push_back(*region);
    }
  }
}

Status SheetReader::read_lists(Ns ns) {
  for (;;) {
    ZMIG_TRY(const bool child, xml_.next_child());
    if (!child) return ok();
    const bool list = xml_.is(ns, "dataValidation") && xml_.attribute("type") == "list";
    ZMIG_CHECK_OK(list ? read_list(ns) : xml_.skip());
  }
}

Status SheetReader::read_list(Ns ns) {
  ListRule rule;
  const std::string style = xml_.attribute("errorStyle");
  rule.strict = (style.empty() || style == "stop") && xml_.flag("showErrorMessage");
  rule.regions = parse_regions(xml_.attribute("sqref"));
  for (;;) {
    ZMIG_TRY(const bool child, xml_.next_child());
    if (!child) break;
    if (xml_.is(Ns::main, "formula1") && ns == Ns::main) {
      ZMIG_TRY(rule.formula, xml_.element_text());
    } else if (xml_.is(Ns::x14, "formula1")) {
      for (;;) {
        ZMIG_TRY(const bool inner, xml_.next_child());
        if (!inner) break;
        if (!xml_.is(Ns::xm, "f")) {
          ZMIG_CHECK_OK(xml_.skip());
          continue;
        }
        ZMIG_TRY(rule.formula, xml_.element_text());
      }
    } else if (xml_.is(Ns::xm, "sqref")) {
      ZMIG_TRY(const std::string regions, xml_.element_text());
      rule.regions = parse_regions(regions);
    } else {
      ZMIG_CHECK_OK(xml_.skip());
    }
  }
  if (facts_.lists.size() < kMostRules) facts_.lists.push_back(std::move(rule));
  return ok();
}

Status SheetReader::read_extensions() {
  const std::size_t outside = xml_.depth() - 1;
  for (;;) {
    ZMIG_TRY(const XmlKind kind, xml_.next());
    if (kind == XmlKind::end) return xml_.broken("it ends in the middle");
    if (kind == XmlKind::close && xml_.depth() == outside) return ok();
    if (kind == XmlKind::open && xml_.is(Ns::x14, "dataValidations")) ZMIG_CHECK_OK(read_lists(Ns::x14));
  }
}

}  // namespace zmig::xlsx
