// The workbook part and the chain of calculation.
#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "base/text.h"
#include "model/names.h"
#include "targets/xlsx/shift_part.h"
#include "targets/xlsx/shift_walk.h"

namespace zmig::xlsx {
namespace {

std::optional<std::uint32_t> number_of(std::string_view text) {
  std::uint32_t number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || read.ec != std::errc{} || read.ptr != text.data() + text.size()) return std::nullopt;
  return number;
}

/// Spans of a part that are replaced, in order.
class Splice {
 public:
  explicit Splice(std::string_view bytes) : bytes_(bytes) {}
  void replace(std::size_t at, std::size_t size, std::string_view now) {
    out_ += bytes_.substr(at_, at - at_);
    out_ += now;
    at_ = at + size;
  }
  std::string finish() {
    out_ += bytes_.substr(at_);
    return std::move(out_);
  }

 private:
  std::string_view bytes_;  // of the caller
  std::size_t at_ = 0;
  std::string out_;
};

}  // namespace

Result<std::string> shift_workbook_part(std::string_view bytes, const PartPlace& place, const BookShift& shift,
                                        FollowReport& report) {
  XmlReader xml(bytes, place.part, place.file);
  Splice out(bytes);
  for (;;) {
    ZMIG_TRY(const XmlKind kind, xml.next());
    if (kind == XmlKind::end) return out.finish();
    if (kind != XmlKind::open || xml.ns() != Ns::main) continue;
    if (xml.name() == "sheet" && xml.depth() == 3) {
      const SheetShift* sheet = shift.sheet(xml.attribute("name"));
      const auto stored = xml.raw("name");
      if (sheet == nullptr || !sheet->retitled || !stored) continue;
      const auto at = static_cast<std::size_t>(stored->data() - bytes.data());
      out.replace(at, stored->size(), xml_text_of(*sheet->retitled, bytes[at - 1]));
      report.add(place.part, "sheet", sheet->title, *sheet->retitled);
      continue;
    }
    if (xml.name() != "definedName" || xml.closes_itself()) continue;
    const std::string name = xml.attribute("name"), local = xml.attribute("localSheetId");
    const auto number = number_of(local);
    const std::size_t begin = static_cast<std::size_t>(xml.offset()) + xml.token().size();
    ZMIG_TRY(const std::string text, xml.element_text());
    const std::size_t size = static_cast<std::size_t>(xml.offset()) - begin;
    const std::string_view sheet =
        number && *number < shift.titles.size() ? std::string_view(shift.titles[*number]) : std::string_view();
    // Macros and what other programs keep in names: text that is no formula holds no reference.
    auto now = shift_formula(text, {sheet, {}, true}, shift);
    if (!now) {
      Error error = now.error();
      error.place = fmt::format("name {}", name);
      return error;
    }
    const bool ours = name.starts_with("_zmig.") || name.starts_with("_zmig_");
    const std::string where = fmt::format("name {}", name);
    if (now->lost && !ours) report.lost.push_back({where, "name", text, now->text});
    if (!now->unfollowed.empty()) report.unfollowed.push_back({where, "name", text, join(now->unfollowed, ", ")});
    if (!now->changed) continue;
    if (!ours) report.add(where, "name", text, now->text);
    out.replace(begin, size, xml_text_of(now->text));
  }
}

Result<std::string> shift_calc_chain(std::string_view bytes, const std::string& part,
                                     const std::vector<ChainShift>& sheets) {
  XmlReader xml(bytes, part, part);
  Splice out(bytes);
  std::optional<std::uint32_t> sheet, written;  // of the entry before, and of the last one that was kept
  bool any = false;
  for (;;) {
    ZMIG_TRY(const XmlKind kind, xml.next());
    if (kind == XmlKind::end) break;
    if (kind != XmlKind::open || !xml.is(Ns::main, "c")) continue;
    const auto at = static_cast<std::size_t>(xml.offset());
    const std::size_t size = xml.token().size();
    const auto ref = xml.raw("r"), stored = xml.raw("i");
    if (stored) sheet = number_of(*stored);
    const auto cell = parse_place(ref.value_or(""));
    const auto found = std::find_if(sheets.begin(), sheets.end(),
                                    [&](const ChainShift& one) { return sheet && one.sheet_id == *sheet; });
    const bool concerned = found != sheets.end() && cell.has_value();
    const auto now = concerned ? found->steps.place(*cell) : std::nullopt;
    if (concerned && (found->removed || !now)) {
      out.replace(at, size, "");
      if (!xml.closes_itself()) return xml.broken("an entry that is not empty");
      continue;
    }
    any = true;
    const bool says_sheet = stored.has_value() || written == sheet;
    written = sheet;
    const auto ref_at = ref ? static_cast<std::size_t>(ref->data() - bytes.data()) : at;
    if (!says_sheet && sheet) {
      // The entry that said the sheet went: this one says it.
      const std::size_t name_end = at + xml.token().find_first_of(" \t\r\n/>", 1);
      out.replace(name_end, 0, fmt::format(" i=\"{}\"", *sheet));
    }
    if (concerned && *now != *cell) out.replace(ref_at, ref->size(), to_text(*now));
  }
  return any ? out.finish() : std::string();
}

}  // namespace zmig::xlsx
