#include "targets/xlsx/shift_part.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "base/text.h"
#include "targets/xlsx/formula_tokens.h"
#include "targets/xlsx/shift_walk.h"

namespace zmig::xlsx {
namespace {

constexpr std::string_view kHelp = "take it out of the workbook, or leave the columns where they are";

/// Elements that stay when everything in them went: their own attributes say what they are.
bool stays_when_empty(std::string_view name) {
  for (const std::string_view one : {"worksheet", "sheetData", "row", "autoFilter", "sheetView", "sheetViews", "table",
                                     "tableColumns", "comments", "commentList", "ThreadedComments", "wsDr", "xml"}) {
    if (one == name) return true;
  }
  return false;
}

}  // namespace

void FollowReport::add(std::string_view place, std::string_view what, std::string_view before, std::string_view after) {
  ++counts[std::string(what)];
  if (lines.size() < kMostLines)
    lines.push_back({std::string(place), std::string(what), std::string(before), std::string(after)});
}

std::string xml_text_of(std::string_view text, char quote) {
  std::string plain;
  append_xml(text, plain);
  if (quote != '\'') return plain;
  std::string out;
  for (const char c : plain) {
    if (c == '\'')
      out += "&apos;";
    else
      out += c;
  }
  return out;
}

PartShifter::PartShifter(PartKind kind, std::string_view bytes, const PartPlace& place, const BookShift& shift,
                         FollowReport& report)
    : xml_(bytes, place.part, place.file),
      kind_(kind),
      bytes_(bytes),
      place_(place),
      shift_(shift),
      report_(report),
      steps_(!place.sheet.empty() && shift.sheet(place.sheet) != nullptr ? shift.sheet(place.sheet)->steps : none_),
      where_(place.part) {}

Error PartShifter::refused(std::string zm, std::string_view what, const std::string& where) const {
  return make_error(zm == "ZM0439" ? Errc::unsupported : Errc::conflict, std::move(zm),
                    fmt::format("part {}: {}", quoted(printable(place_.part)), what), std::string(kHelp), where);
}

std::string PartShifter::label(std::string_view place) const {
  return place_.sheet.empty() ? fmt::format("{} {}", place_.part, place) : fmt::format("{}!{}", place_.sheet, place);
}

/// The column, or when it is gone the first one behind it that is not.
std::uint32_t PartShifter::corner(std::uint32_t index) const {
  for (std::uint32_t at = index; at <= steps_.last(); ++at) {
    if (const auto now = steps_.point(at)) return *now;
  }
  return steps_.last();
}

Result<std::string> PartShifter::run() {
  if (kind_ == PartKind::worksheet) ZMIG_CHECK_OK(read_groups());
  out_.reserve(bytes_.size() + 64);
  if (bytes_.starts_with("\xEF\xBB\xBF")) out_ += "\xEF\xBB\xBF";
  for (;;) {
    ZMIG_TRY(const XmlKind kind, xml_.next());
    if (kind == XmlKind::end) return std::move(out_);
    if (kind == XmlKind::open) {
      ZMIG_TRY(const bool kept, element());
      static_cast<void>(kept);  // the root
    } else {
      out_ += xml_.token();
    }
  }
}

/// The tag of the last open, with the values of some attributes changed.
void PartShifter::copy_tag(Edits edits) {
  std::sort(edits.begin(), edits.end(), [](const Edit& a, const Edit& b) { return a.at < b.at; });
  std::size_t at = static_cast<std::size_t>(xml_.offset());
  const std::size_t end = at + xml_.token().size();
  for (const Edit& edit : edits) {
    out_ += bytes_.substr(at, edit.at - at);
    out_ += edit.now;
    at = edit.at + edit.size;
  }
  out_ += bytes_.substr(at, end - at);
}

PartShifter::Edit PartShifter::attribute_edit(std::string_view value, std::string_view now) const {
  const auto at = static_cast<std::size_t>(value.data() - bytes_.data());
  return {at, value.size(), xml_text_of(now, bytes_[at - 1])};
}

void PartShifter::set_attribute(Edits& edits, std::string_view name, const std::string& now) const {
  if (const auto value = xml_.raw(name); value && xml_.attribute(name) != now)
    edits.push_back(attribute_edit(*value, now));
}

/// Goes on to the close of the element whose tag was copied, and copies what stands there.
Status PartShifter::copy_rest() {
  for (std::size_t inside = 1; inside > 0;) {
    ZMIG_TRY(const XmlKind kind, xml_.next());
    if (kind == XmlKind::end) return xml_.broken("it ends in the middle");
    const bool pending = kind == XmlKind::close && xml_.closes_itself();
    if (kind == XmlKind::close) --inside;
    if (kind == XmlKind::open) ++inside;
    if (!pending) out_ += xml_.token();  // a tag that closes itself is copied already
  }
  return ok();
}

Status PartShifter::check_attributes() const {
  if (kind_ == PartKind::vml || kind_ == PartKind::pivot) return ok();
  for (const XmlReader::Seen& one : xml_.attributes()) {
    if (one.ns != Ns::other) continue;
    return refused("ZM0439", fmt::format("the attribute {} is not known", quoted(printable(one.name))), where_);
  }
  return ok();
}

/// The element that was just opened, with all in it. False: it goes.
Result<bool> PartShifter::element() {
  if (xml_.ns() == Ns::main || xml_.ns() == Ns::x14) {
    const std::string_view name = xml_.name();
    if (kind_ == PartKind::worksheet) {
      if (xml_.ns() == Ns::x14) {
        for (const std::string_view late : {"conditionalFormatting", "dataValidation", "sparkline"}) {
          if (name == late) return late_ruled_cells();
        }
      } else {
        if (name == "sheetData") return sheet_data();
        if (name == "cols" && shifts() && !steps_.of_rows()) return columns();
        if (name == "pane" && shifts()) return pane();
        if (name == "mergeCell" && shifts()) return merge();
        if (name == "conditionalFormatting" || name == "dataValidation") return ruled_cells();
        if (name == "colBreaks" || name == "rowBreaks") breaks_columns_ = name == "colBreaks";
        if (name == "sheetView" || name == "customSheetView") {
          const auto place = parse_place(xml_.raw("topLeftCell").value_or(""));
          view_begin_ = place ? steps_.index(*place) : steps_.first();
        }
        if (name == "brk" && shifts()) return breaks();
        if (name == "dataRef") return sheet_reference();
        if (name == "anchor") return anchor();
      }
    }
    if (name == "autoFilter") return filter();
    if (name == "filterColumn" && filter_before_) return filter_column();
    if (kind_ == PartKind::table && name == "table") return table();
    if (kind_ == PartKind::table && name == "tableColumns") return table_columns();
    if (kind_ == PartKind::pivot && (name == "worksheetSource" || name == "rangeSet")) return sheet_reference();
    if (kind_ == PartKind::pivot && name == "location") return pivot_source();
  }
  if (kind_ == PartKind::drawing && xml_.ns() == Ns::anchors &&
      (xml_.name() == "twoCellAnchor" || xml_.name() == "oneCellAnchor" || xml_.name() == "absoluteAnchor"))
    return anchor();
  if ((kind_ == PartKind::comments && xml_.name() == "comment") ||
      (kind_ == PartKind::threads && xml_.name() == "threadedComment"))
    return noted();
  if (kind_ == PartKind::vml && xml_.name() == "shape") return shape();
  const auto rule = rule_of(kind_, xml_.ns(), xml_.name());
  if (!rule) {
    return refused("ZM0439",
                   fmt::format("the element {} is not known, and may hold a reference", quoted(printable(xml_.name()))),
                   place_.sheet.empty() ? place_.part : place_.sheet);
  }
  return known_element(*rule);
}

Result<bool> PartShifter::known_element(const ElementRule& rule) {
  ZMIG_CHECK_OK(check_attributes());
  const bool self = xml_.closes_itself();
  const std::string name(xml_.name());
  const std::size_t mark = out_.size();
  Edits edits;
  for (const auto& [attribute, holds] : rule.attributes) {
    const auto stored = xml_.raw(attribute);
    if (!stored || stored->empty()) continue;
    const std::string before = xml_.attribute(attribute);
    ZMIG_TRY(const auto now, held(holds, before, name));
    if (!now) {
      report_.dropped.push_back(fmt::format("{} of {}", name, label(before)));
      ZMIG_CHECK_OK(xml_.skip());
      return false;
    }
    if (*now != before) edits.push_back(attribute_edit(*stored, *now));
  }
  std::size_t count_at = 0, count_size = 0;
  if (const auto count = xml_.raw("count"); count && edits.empty()) {
    count_at =
        out_.size() + static_cast<std::size_t>(count->data() - bytes_.data()) - static_cast<std::size_t>(xml_.offset());
    count_size = count->size();
  }
  copy_tag(std::move(edits));
  if (rule.text != Holds::nothing) return text_element(rule.text, self);
  return children(mark, self, count_at, count_size);
}

/// The next element inside of the one whose tag was copied; what stands before it is copied. False: its close is
/// reached, and not copied yet.
Result<bool> PartShifter::next_child() {
  for (;;) {
    ZMIG_TRY(const XmlKind kind, xml_.next());
    if (kind == XmlKind::end) return xml_.broken("it ends in the middle");
    if (kind == XmlKind::close) return false;
    if (kind == XmlKind::open) return true;
    out_ += xml_.token();
  }
}

/// The children of the element whose tag was copied from `mark` on, and its close. False: the last of them went, and
/// the element with it.
Result<bool> PartShifter::children(std::size_t mark, bool self, std::size_t count_at, std::size_t count_size) {
  std::size_t kept = 0, gone = 0;
  for (;;) {
    ZMIG_TRY(const bool child, next_child());
    if (!child) break;
    ZMIG_TRY(const bool stays, element());
    ++(stays ? kept : gone);
  }
  if (!self) out_ += xml_.token();
  if (gone == 0) return true;
  if (kept == 0 && !stays_when_empty(xml_.name())) {
    out_.resize(mark);
    return false;
  }
  if (count_size > 0) out_.replace(count_at, count_size, std::to_string(kept));
  return true;
}

/// The text of the element whose tag was copied. False: what it names is gone, and the element around it goes.
Result<bool> PartShifter::text_element(Holds holds, bool self) {
  if (self) return children(out_.size(), true, 0, 0);
  const std::string what(xml_.name());
  std::string text;
  const std::size_t begin = static_cast<std::size_t>(xml_.offset()) + xml_.token().size();
  for (;;) {
    ZMIG_TRY(const XmlKind kind, xml_.next());
    if (kind == XmlKind::end) return xml_.broken("it ends in the middle");
    if (kind == XmlKind::open) return refused("ZM0439", fmt::format("an element inside of {}", quoted(what)), where_);
    if (kind == XmlKind::close) break;
    if (kind == XmlKind::text || kind == XmlKind::cdata) ZMIG_CHECK_OK(xml_.append_text(text));
  }
  const std::size_t close = static_cast<std::size_t>(xml_.offset());
  std::optional<std::string> now = text;
  const std::size_t at = out_.size();
  if (!text.empty()) {
    if (holds == Holds::formula && base_is_late_) late_.push_back({at, 0, text});
    const bool of_rule = holds == Holds::list_key && base_is_late_;
    if (of_rule) ZMIG_CHECK_OK(find_base(text));
    ZMIG_TRY(now, held(of_rule ? Holds::rule_key : holds, text, what));
  }
  if (!now) {
    key_is_gone_ = true;
    return false;
  }
  if (*now == text)
    out_ += bytes_.substr(begin, close - begin);
  else
    out_ += xml_text_of(*now);
  if (holds == Holds::formula && base_is_late_ && !late_.empty()) late_.back().size = out_.size() - at;
  out_ += xml_.token();
  return true;
}

Result<std::optional<std::string>> PartShifter::held(Holds holds, const std::string& text, std::string_view what) {
  const auto unreadable = [&] {
    return refused("ZM0439", fmt::format("{} of {} is no region", quoted(printable(text)), quoted(what)), where_);
  };
  switch (holds) {
    case Holds::nothing: return std::optional(text);
    case Holds::formula: {
      ZMIG_TRY(std::string now, formula(text, what, where_));
      return std::optional(std::move(now));
    }
    case Holds::maybe_formula: {
      if (!formula_tokens(text)) {
        report_.unfollowed.push_back({where_, std::string(what), text, "no formula"});
        return std::optional(text);
      }
      ZMIG_TRY(std::string now, formula(text, what, where_));
      return std::optional(std::move(now));
    }
    case Holds::pivot_name: {
      const std::size_t close = text.find(']'), mark = text.rfind('!');
      if (!text.starts_with('[') || close == std::string::npos || mark == std::string::npos || mark < close)
        return std::optional(text);
      const SheetShift* sheet = shift_.sheet(std::string_view(text).substr(close + 1, mark - close - 1));
      if (sheet == nullptr || !sheet->retitled) return std::optional(text);
      return std::optional(text.substr(0, close + 1) + *sheet->retitled + text.substr(mark));
    }
    case Holds::area:
    case Holds::area_key:
    case Holds::cell_key:
    case Holds::rule_key:
    case Holds::list_key: {
      if (!shifts()) return std::optional(text);
      auto now = holds == Holds::rule_key ? rule_regions(text) : shift_regions(text, steps_);
      if (!now) return unreadable();
      if (*now != text && !now->empty()) report_.add(label(text), what, text, *now);
      if (!now->empty()) return std::optional(std::move(*now));
      return holds == Holds::area ? std::optional(std::string("A1")) : std::optional<std::string>();
    }
    case Holds::corner:
    case Holds::corners: {
      if (!shifts()) return std::optional(text);
      const auto now = shift_regions(text, steps_);
      if (!now) return unreadable();
      if (!now->empty()) return std::optional(*now);
      const auto first = parse_region(split(text, ' ').front());
      if (!first) return unreadable();
      return std::optional(to_text(steps_.with(first->from, corner(steps_.index(first->from)))));
    }
  }
  return std::optional(text);
}

Result<std::string> PartShifter::formula(const std::string& text, std::string_view what, const std::string& where) {
  const std::string moved = base_ && *base_ != 0 ? along_axis(text, *base_) : text;
  ZMIG_TRY(std::string now, formula_of(moved, what, where, {place_.sheet, table_, false}));
  return base_after_ != 0 ? along_axis(now, base_after_) : std::move(now);
}

Result<std::string> PartShifter::formula_of(const std::string& text, std::string_view what, const std::string& where,
                                            const FormulaPlace& place) {
  auto now = shift_formula(text, place, shift_);
  if (!now) {
    Error error = now.error();
    error.place = where;
    return error;
  }
  if (now->changed) report_.add(where, what, text, now->text);
  if (now->lost) report_.lost.push_back({where, std::string(what), text, now->text});
  if (!now->unfollowed.empty())
    report_.unfollowed.push_back({where, std::string(what), text, join(now->unfollowed, ", ")});
  return std::move(now->text);
}

Result<std::string> shift_part(PartKind kind, std::string_view bytes, const PartPlace& place, const BookShift& shift,
                               FollowReport& report) {
  return PartShifter(kind, bytes, place, shift, report).run();
}

}  // namespace zmig::xlsx
