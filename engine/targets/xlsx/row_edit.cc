#include "targets/xlsx/row_edit.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "model/moments.h"
#include "model/numbers.h"
#include "targets/xlsx/cell_writer.h"
#include "targets/xlsx/xml.h"

namespace zmig::xlsx {
namespace {

constexpr std::string_view kGeneral = "native:General";
constexpr std::size_t kLongestText = 32'767, kLongestFormula = 8'192;
constexpr std::int32_t kShift1904 = 1462;
constexpr std::string_view kMain = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";

std::string_view value_in(std::string_view tag, std::string_view name) {
  const AttributeSpan span = attribute_in(tag, name);
  return span.there() ? tag.substr(span.at, span.size) : std::string_view();
}

std::uint32_t number_in(std::string_view text) {
  std::uint32_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

/// What stands inside of an element, as plain text; markup in it is read the long way.
std::string plain_text(std::string_view stored) {
  std::string text;
  if (stored.find_first_of("&\r<") == std::string_view::npos) return std::string(stored);
  if (stored.find('<') == std::string_view::npos) {
    if (decode_xml(stored, false, text)) return text;
    return std::string(stored);
  }
  const std::string whole = fmt::format("<t>{}</t>", stored);
  XmlReader xml(std::string_view(whole), "cell", {});
  if (xml.next()) {
    if (auto read = xml.element_text()) return std::move(*read);
  }
  return std::string(stored);
}

std::string inline_text(std::string_view element, const std::string& prefix) {
  const std::string name = prefix.empty() ? "xmlns" : "xmlns:" + prefix.substr(0, prefix.size() - 1);
  const std::string whole = fmt::format("<w {}=\"{}\">{}</w>", name, kMain, element);
  XmlReader xml(std::string_view(whole), "cell", {});
  if (xml.next() && xml.next()) {
    if (auto read = rich_text(xml)) return std::move(*read);
  }
  return {};
}

}  // namespace

void RowEdit::reset() {
  cells_.clear();
  is_new_ = gone_ = changed_ = closes_itself_ = false;
  cut_ = 0;
  whole_ = true;
  health_ = ok();
}

Status RowEdit::begin(SheetScanner& scanner) {
  reset();
  scanner_ = &scanner;
  row_ = scanner.row();
  tag_end_ = scanner.row_tag_end();
  close_ = scanner.row_close();
  closes_itself_ = scanner.row_closes_itself();
  number_ = scanner.number();
  const auto last = scanner.last_column();
  whole_ = false;
  last_ = last.value_or(0);
  // Where the end does not say it, and where a formula reaches further than its cell, all of them are looked at.
  if (!last || scanner.has_wide_formulas()) {
    cut_all();
    look_at_formulas();
  }
  std::erase_if(arrays_, [this](const Region& one) { return one.to.row < number_; });
  return health_;
}

void RowEdit::cut(std::uint32_t column) {
  while (!whole_ && (cut_ == 0 || cells_[cut_ - 1].column < column)) {
    Mine mine;
    if (cut_ == scanner_->cells().size()) {
      auto more = scanner_->next_cell();
      if (!more) {
        health_ = std::move(more).error();
        whole_ = true;
        return;
      }
      if (!*more) {
        whole_ = true;
        return;
      }
    }
    mine.span = scanner_->cells()[cut_];
    mine.column = mine.span.column;
    mine.stored = true;
    cells_.insert(cells_.begin() + static_cast<std::ptrdiff_t>(cut_), std::move(mine));
    ++cut_;
  }
}

void RowEdit::begin_new(std::uint32_t number) {
  reset();
  row_ = {};
  tag_end_ = close_ = 0;
  number_ = number;
  is_new_ = true;
}

/// Groups of cells that share a formula, and arrays, reach into rows that come later.
void RowEdit::look_at_formulas() {
  for (const Mine& mine : cells_) {
    if (!mine.span.has_f) continue;
    const std::string_view tag = bytes(mine.span.f_at, mine.span.f_tag_end);
    const std::string_view type = value_in(tag, "t");
    if (type.empty() || type == "normal") continue;
    if (type == "shared") {
      std::string text = plain_text(bytes(mine.span.f_tag_end, mine.span.f_close));
      if (text.empty()) continue;
      groups_[std::string(value_in(tag, "si"))] = {Place{mine.column, number_}, std::move(text), false};
    } else if (const auto region = parse_region(value_in(tag, "ref"))) {
      arrays_.push_back(*region);
    }
  }
}

RowEdit::Mine* RowEdit::find(std::uint32_t column) {
  if (!whole_ && column <= last_) cut(column);
  const auto found = std::lower_bound(cells_.begin(), cells_.end(), column,
                                      [](const Mine& one, std::uint32_t wanted) { return one.column < wanted; });
  return found == cells_.end() || found->column != column ? nullptr : &*found;
}

RowEdit::Mine& RowEdit::make(std::uint32_t column) {
  if (!whole_ && column <= last_) cut_all();  // one in between gives the others their places
  const auto found = std::lower_bound(cells_.begin(), cells_.end(), column,
                                      [](const Mine& one, std::uint32_t wanted) { return one.column < wanted; });
  if (found != cells_.end() && found->column == column) return *found;
  Mine mine;
  mine.column = column;
  mine.read = true;
  mine.raw.column = column;
  return *cells_.insert(found, std::move(mine));
}

void RowEdit::read(Mine& mine) {
  if (mine.read) return;
  mine.read = true;
  const CellSpan& span = mine.span;
  const std::string_view tag = bytes(span.begin, span.tag_end);
  RawCell& raw = mine.raw;
  raw.column = mine.column;
  raw.style = number_in(value_in(tag, "s"));
  const std::string_view type = value_in(tag, "t");
  raw.kind = kind_of_type(type);
  if (span.has_v) raw.value = plain_text(bytes(span.v_at, span.v_at + span.v_size));
  if (span.has_is) raw.value = inline_text(bytes(span.is_at, span.is_end), context_.prefix);
  if (type == "str" && raw.value.find("_x") != std::string::npos) raw.value = decode_escapes(raw.value);
  if (span.has_f) read_formula(mine);
}

void RowEdit::read_formula(Mine& mine) {
  const CellSpan& span = mine.span;
  const std::string_view tag = bytes(span.f_at, span.f_tag_end);
  const std::string_view type = value_in(tag, "t");
  RawCell& raw = mine.raw;
  if (type == "dataTable") {
    raw.formula = fmt::format("TABLE({},{})", value_in(tag, "r1"), value_in(tag, "r2"));
  } else {
    raw.formula = plain_text(bytes(span.f_tag_end, span.f_close));
    if (type == "shared" && raw.formula.empty()) {
      const auto group = groups_.find(std::string(value_in(tag, "si")));
      if (group != groups_.end())
        raw.formula = shifted(group->second.text, std::int64_t{mine.column} - group->second.at.column,
                              std::int64_t{number_} - group->second.at.row);
    }
  }
  raw.has_formula = !raw.formula.empty();
}

const RawCell& RowEdit::raw(std::uint32_t column) {
  static const RawCell kNothing;
  Mine* mine = gone_ ? nullptr : find(column);
  if (mine == nullptr || mine->gone) return kNothing;
  read(*mine);
  return mine->raw;
}

bool RowEdit::has_content(std::uint32_t column) {
  const Decoder decoder(context_.styles.styles(), context_.strings, context_.date1904);
  return decoder.has_content(raw(column));
}

Status RowEdit::value(std::uint32_t column, const Column& read_as, Value& into) {
  const Decoder decoder(context_.styles.styles(), context_.strings, context_.date1904);
  return decoder.decode(raw(column), number_, into, &read_as);
}

Result<Cell> RowEdit::cell(const ColumnSpot& at) {
  Cell cell;
  const RawCell& stored = raw(at.index);
  const Mine* mine = find(at.index);
  // A blank cell says nothing, unless this batch gave it a format.
  if (!has_content(at.index) && (mine == nullptr || !mine->formatted)) return cell;
  ZMIG_CHECK_OK(value(at.index, at.column, cell.value));
  cell.formula = stored.formula;
  const std::string& format = context_.styles.format(stored.style).text;
  if (format != at.shown) cell.format = format.empty() ? std::string(kGeneral) : format;
  return cell;
}

std::uint32_t RowEdit::base_style(std::uint32_t column) {
  if (Mine* mine = find(column); mine != nullptr && !mine->gone && mine->stored) {
    read(*mine);
    return mine->raw.style;
  }
  if (column > 0) {
    if (Mine* left = find(column - 1); left != nullptr && !left->gone) {
      read(*left);
      return left->raw.style;
    }
  }
  const std::string_view tag = row_.substr(0, tag_end_);
  const std::string_view custom = value_in(tag, "customFormat");
  if (custom == "1" || custom == "true") return number_in(value_in(tag, "s"));
  for (const ColumnRange& range : context_.columns)
    if (column >= range.first && column <= range.last) return range.style;
  return 0;
}

Status RowEdit::check_free(std::uint32_t column, const Mine& mine) const {
  static_cast<void>(mine);
  const Place here{column, number_};
  const bool inside =
      std::any_of(arrays_.begin(), arrays_.end(), [&](const Region& one) { return one.contains(here); });
  if (!inside) return ok();
  return make_error(Errc::conflict, "ZM0436",
                    fmt::format("{} lies in an array formula, a spilled range or a data table", to_text(here)),
                    "change that formula in the workbook first", fmt::format("{}!{}", context_.title, to_text(here)));
}

/// The others of a group that loses its first cell get the text themselves.
void RowEdit::lose_formula(Mine& mine) {
  if (!mine.stored || !mine.span.has_f || mine.changed) {
    if (mine.raw.has_formula && !mine.gone) mine.raw.has_formula = false;
    return;
  }
  const std::string_view tag = bytes(mine.span.f_at, mine.span.f_tag_end);
  if (value_in(tag, "t") == "shared") {
    const auto group = groups_.find(std::string(value_in(tag, "si")));
    if (group != groups_.end() && group->second.at == Place{mine.column, number_})
      group->second.orphaned = any_orphan_ = true;
  }
  context_.lost_formulas.push_back({mine.column, number_});
}

std::string RowEdit::cell_xml(std::uint32_t column, std::uint32_t style, std::string_view type,
                              const std::string& formula, const std::string& inside) const {
  const std::string& x = context_.prefix;
  std::string out = fmt::format("<{}c r=\"{}\"", x, to_text(Place{column, number_}));
  if (style != 0) out += fmt::format(" s=\"{}\"", style);
  if (!type.empty()) out += fmt::format(" t=\"{}\"", type);
  if (formula.empty() && inside.empty()) return out + "/>";
  out += '>';
  if (!formula.empty()) {
    out += fmt::format("<{}f>", x);
    append_xml(formula, out);
    out += fmt::format("</{}f>", x);
  }
  return out + inside + fmt::format("</{}c>", x);
}

Status RowEdit::put(const ColumnSpot& at, const Cell& cell) {
  if (const auto* text = std::get_if<Text>(&cell.value);
      (text != nullptr && (utf16_units(text->utf8) > kLongestText || first_invalid_utf8(text->utf8))) ||
      utf16_units(cell.formula) > kLongestFormula)
    return make_error(Errc::unsupported, "ZM0325", "the text is longer than a cell of Excel may be, or not UTF-8", {},
                      fmt::format("{}!{}", context_.title, to_text(Place{at.index, number_})));
  const bool was_formatted = [&] {
    const Mine* old = find(at.index);
    return old != nullptr && old->formatted;
  }();
  const std::uint32_t base = base_style(at.index);
  Mine& mine = make(at.index);
  read(mine);
  ZMIG_CHECK_OK(check_free(at.index, mine));
  StyleBook& styles = context_.styles;
  std::string format = cell.format.empty() ? at.shown : cell.format;
  if (format == kGeneral) format.clear();
  std::uint32_t style = styles.with_format(base, format);
  StoredValue stored = stored_of(cell.value);
  const auto* number = std::get_if<Number>(&cell.value);
  auto serial = number != nullptr ? std::optional(number->value) : serial_of(cell.value);
  if (serial && number == nullptr && context_.date1904 && !std::holds_alternative<Time>(cell.value))
    *serial -= kShift1904;
  const auto reads_as = [&](std::uint32_t with) {
    return value_of_number(*serial, moment_for(at.column, styles.format(with).moment), context_.date1904);
  };
  if (serial && number != nullptr && reads_as(style) != cell.value) {
    const std::uint32_t general = styles.with_format(base, {});
    if (reads_as(general) == cell.value) style = general;
  } else if (serial && number == nullptr) {
    if (reads_as(style) != cell.value) {
      const std::uint32_t usual = styles.with_format(base, std::string(usual_format(cell.value)));
      if (reads_as(usual) == cell.value) style = usual;
    }
    const auto* day = std::get_if<Date>(&cell.value);
    const bool begins = day != nullptr && reads_as(style) == Value(DateTime{std::int64_t{day->day} * kDayMs});
    if (!begins && reads_as(style) != cell.value)
      return make_error(Errc::unsupported, "ZM0325",
                        fmt::format("Excel has no {} {}", kind_of(cell.value), zmig::to_text(cell.value)),
                        "dates of Excel begin with 1900-03-01",
                        fmt::format("{}!{}", context_.title, to_text(Place{at.index, number_})));
    stored.type = "";
    stored.value = stored_of(Number{*serial}).value;
  }
  lose_formula(mine);
  if (!cell.formula.empty() && !context_.lost_formulas.empty() &&
      context_.lost_formulas.back() == Place{at.index, number_})
    context_.lost_formulas.pop_back();  // it has one again
  RawCell& raw = mine.raw;
  raw.style = style;
  raw.formula = cell.formula;
  raw.has_formula = !cell.formula.empty();
  raw.value = stored.value;
  raw.kind = stored.type == "str" ? CellKind::text
             : stored.type == "b" ? CellKind::boolean
             : stored.type == "e" ? CellKind::error
                                  : CellKind::number;
  const std::string& x = context_.prefix;
  std::string inside, type(stored.type);
  if (type == "str" && cell.formula.empty()) {
    type = "inlineStr";
    inside = fmt::format("<{0}is>{1}</{0}is>", x, text_inside(stored.value, x));
  } else if (!stored.value.empty()) {
    inside = fmt::format("<{}v>", x);
    append_cell_text(stored.value, inside);
    inside += fmt::format("</{}v>", x);
  }
  mine.gone = false;
  mine.changed = changed_ = true;
  mine.formatted = was_formatted || !cell.format.empty();
  mine.ahead = false;
  if (is_blank(cell.value) && cell.formula.empty() && style == 0) mine.gone = true;
  mine.xml = cell_xml(at.index, style, type, cell.formula, inside);
  ++context_.written;
  context_.values_changed = true;
  return ok();
}

Status RowEdit::put_text(std::uint32_t column, const std::string& text) {
  ColumnSpot at;
  at.index = column;
  at.shown = context_.styles.format(base_style(column)).text;
  const std::uint64_t written = context_.written;
  ZMIG_CHECK_OK(put(at, Cell{Text{text}, {}, {}}));
  context_.written = written;  // a header is no cell of the data
  return ok();
}

Status RowEdit::set_format(const ColumnSpot& at, const std::string& format) {
  Mine* mine = find(at.index);
  if (mine == nullptr || mine->gone) return ok();
  read(*mine);
  const std::uint32_t style = context_.styles.with_format(mine->raw.style, format);
  if (style == mine->raw.style) return ok();
  mine->raw.style = style;
  std::string old = mine->changed ? mine->xml : std::string(bytes(mine->span.begin, mine->span.end));
  const std::size_t tag_end = mine->changed ? old.find('>') + 1 : mine->span.tag_end - mine->span.begin;
  const AttributeSpan span = attribute_in(std::string_view(old).substr(0, tag_end), "s");
  if (span.there()) {
    old.replace(span.at, span.size, std::to_string(style));
  } else {
    const std::size_t name_end = 1 + context_.prefix.size() + 1;
    const AttributeSpan place = attribute_in(std::string_view(old).substr(0, tag_end), "r");
    old.insert(place.there() ? place.at + place.size + 1 : name_end, fmt::format(" s=\"{}\"", style));
  }
  mine->xml = std::move(old);
  mine->changed = changed_ = true;
  return ok();
}

Status RowEdit::erase(std::uint32_t column) {
  cut_all();
  Mine* mine = find(column);
  if (mine == nullptr || mine->gone) return ok();
  read(*mine);
  ZMIG_CHECK_OK(check_free(column, *mine));
  lose_formula(*mine);
  mine->gone = mine->changed = changed_ = true;
  mine->raw = {};
  context_.values_changed = true;
  return ok();
}

Status RowEdit::erase_row() {
  cut_all();
  for (const Mine& mine : cells_) ZMIG_CHECK_OK(erase(mine.column));
  gone_ = changed_ = true;
  return ok();
}

bool RowEdit::is_ahead(std::uint32_t column) {
  const Mine* mine = find(column);
  return mine != nullptr && mine->ahead;
}

void RowEdit::set_ahead(std::uint32_t column, bool ahead) {
  if (Mine* mine = find(column)) mine->ahead = ahead;
}

void RowEdit::finish_tag(std::string& into) {
  std::string tag(row_.substr(0, closes_itself_ ? tag_end_ - 2 : tag_end_ - 1));
  if (cut_ == 0) cut(0);
  std::uint32_t first = kColumns, last = whole_ ? 0 : last_;
  for (const Mine& mine : cells_) {
    if (mine.gone) continue;
    first = std::min(first, mine.column);
    last = std::max(last, mine.column);
  }
  if (const AttributeSpan spans = attribute_in(row_.substr(0, tag_end_), "spans"); spans.there() && first <= last) {
    const std::string_view said = row_.substr(spans.at, spans.size);
    const std::size_t colon = said.find(':');
    if (said.find(' ') == std::string_view::npos && colon != std::string_view::npos) {
      const std::uint32_t from = number_in(said.substr(0, colon)), to = number_in(said.substr(colon + 1));
      // The end of what is said goes with the cell that stood there.
      const Mine* edge = to > 0 && (whole_ || to - 1 > last_) ? find(to - 1) : nullptr;
      const std::uint32_t end = edge != nullptr && edge->gone ? last + 1 : std::max(to, last + 1);
      if (first + 1 < from || end != to)
        tag.replace(spans.at, spans.size, fmt::format("{}:{}", std::min(from, first + 1), end));
    }
  }
  if (!attribute_in(row_.substr(0, tag_end_), "r").there())
    tag.insert(1 + context_.prefix.size() + 3, fmt::format(" r=\"{}\"", number_));
  into += tag;
  into += '>';
}

void RowEdit::finish_cell(Mine& mine, std::string& into) {
  if (mine.gone) return;
  if (mine.changed) {
    into += mine.xml;
    return;
  }
  const CellSpan& span = mine.span;
  const std::string place = span.r_size == 0 ? fmt::format(" r=\"{}\"", to_text(Place{mine.column, number_})) : "";
  const auto name_end = static_cast<std::uint32_t>(span.begin + 1 + context_.prefix.size() + 1);
  into.append(bytes(span.begin, name_end)).append(place);
  if (any_orphan_ && span.has_f) {
    const std::string_view tag = bytes(span.f_at, span.f_tag_end);
    const auto group = value_in(tag, "t") == "shared" ? groups_.find(std::string(value_in(tag, "si"))) : groups_.end();
    if (group != groups_.end() && group->second.orphaned && bytes(span.f_tag_end, span.f_close).empty()) {
      into.append(bytes(name_end, span.f_at)).append("<").append(context_.prefix).append("f>");
      append_xml(shifted(group->second.text, std::int64_t{mine.column} - group->second.at.column,
                         std::int64_t{number_} - group->second.at.row),
                 into);
      into.append("</").append(context_.prefix).append("f>").append(bytes(span.f_end, span.end));
      return;
    }
  }
  into.append(bytes(name_end, span.end));
}

void RowEdit::finish(std::string& into) {
  if (gone_) return;
  const bool any = !whole_ || std::any_of(cells_.begin(), cells_.end(), [](const Mine& one) { return !one.gone; });
  if (is_new_) {
    if (!any) return;
    into += fmt::format("<{}row r=\"{}\">", context_.prefix, number_);
    for (Mine& mine : cells_) finish_cell(mine, into);
    into += fmt::format("</{}row>", context_.prefix);
    return;
  }
  if (!changed_ && (!any_orphan_ || !whole_)) {
    into += row_;
    return;
  }
  finish_tag(into);
  auto at = static_cast<std::uint32_t>(tag_end_);
  const auto rest = [&] {  // of the file, which nobody looked at: up to the end of the row
    if (whole_) return;
    into.append(bytes(at, static_cast<std::uint32_t>(close_)));
    at = static_cast<std::uint32_t>(close_);
    whole_ = true;
  };
  for (Mine& mine : cells_) {
    if (mine.stored) {
      into.append(bytes(at, mine.span.begin));
      at = mine.span.end;
    } else if (mine.column > last_) {
      rest();
    }
    finish_cell(mine, into);
  }
  rest();
  if (closes_itself_) {
    into += fmt::format("</{}row>", context_.prefix);
    return;
  }
  into.append(row_.substr(at));
}

}  // namespace zmig::xlsx
