#include "targets/xlsx/styles.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <unordered_map>

namespace zmig::xlsx {
namespace {

constexpr std::size_t kMostStyles = 1'000'000;

struct BuiltIn {
  std::uint32_t id;
  std::string_view code;
};
// ECMA-376 part 1, 18.8.30. 14 and 22 follow the language of whoever looks, so their codes are given as they are.
constexpr std::array<BuiltIn, 27> kBuiltIns = {{{1, "0"},
                                                {2, "0.00"},
                                                {3, "#,##0"},
                                                {4, "#,##0.00"},
                                                {9, "0%"},
                                                {10, "0.00%"},
                                                {11, "0.00E+00"},
                                                {12, "# ?/?"},
                                                {13, "# ?\?/?\?"},
                                                {14, "mm-dd-yy"},
                                                {15, "d-mmm-yy"},
                                                {16, "d-mmm"},
                                                {17, "mmm-yy"},
                                                {18, "h:mm AM/PM"},
                                                {19, "h:mm:ss AM/PM"},
                                                {20, "h:mm"},
                                                {21, "h:mm:ss"},
                                                {22, "m/d/yy h:mm"},
                                                {37, "#,##0 ;(#,##0)"},
                                                {38, "#,##0 ;[Red](#,##0)"},
                                                {39, "#,##0.00;(#,##0.00)"},
                                                {40, "#,##0.00;[Red](#,##0.00)"},
                                                {45, "mm:ss"},
                                                {46, "[h]:mm:ss"},
                                                {47, "mmss.0"},
                                                {48, "##0.0E+0"},
                                                {49, "@"}}};

std::uint32_t number_of(const std::string& text) {
  std::uint32_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

}  // namespace

NumberFormat built_in(std::uint32_t id) {
  for (const BuiltIn& one : kBuiltIns) {
    if (one.id != id) continue;
    NumberFormat format = number_format(one.code);
    if (id == 14 || id == 22) format.text = "native:" + std::string(one.code);
    return format;
  }
  // Dates of East Asian Excels (27-36, 50-58): their looks follow the language, that they are dates does not.
  if ((id >= 27 && id <= 31) || id == 36 || (id >= 50 && id <= 54) || id == 57 || id == 58)
    return {"native:mm-dd-yy", Moment::date};
  if ((id >= 32 && id <= 35) || id == 55 || id == 56) return {"native:h:mm:ss", Moment::time};
  return {};
}

std::optional<std::uint32_t> built_in_format(std::string_view code) {
  for (const BuiltIn& one : kBuiltIns)
    if (one.code == code && one.id != 14 && one.id != 22) return one.id;
  return std::nullopt;
}

std::uint32_t Styles::append(const NumberFormat& format) {
  if (of_cell_.empty()) of_cell_.push_back(0);  // a workbook without styles has the one that says nothing
  const auto found = std::find(formats_.begin(), formats_.end(), format);
  const auto place = static_cast<std::uint32_t>(found - formats_.begin());
  if (found == formats_.end()) formats_.push_back(format);
  of_cell_.push_back(place);
  return static_cast<std::uint32_t>(of_cell_.size() - 1);
}

Result<Styles> Styles::read(const Package& package) {
  Styles styles;
  const Relationship* part = Package::first(package.workbook_relationships(), "styles");
  if (part == nullptr || package.zip().find(part->target) == nullptr) return styles;
  ZMIG_TRY(XmlReader xml, package.xml(part->target, kLargestHeld));
  std::unordered_map<std::uint32_t, std::string> codes;
  std::unordered_map<std::uint32_t, std::uint32_t> known;  // numFmtId -> place in formats_
  std::vector<std::uint32_t> ids;                          // of each xf; the formats may stand behind them
  std::size_t cell_xfs = 0, formats = 0;                   // depth of the list, when inside
  for (;;) {
    ZMIG_TRY(const XmlKind kind, xml.next());
    if (kind == XmlKind::end) break;
    if (kind == XmlKind::close && xml.depth() < cell_xfs) cell_xfs = 0;
    if (kind == XmlKind::close && xml.depth() < formats) formats = 0;
    if (kind != XmlKind::open || xml.ns() != Ns::main) continue;
    if (xml.name() == "numFmts") formats = xml.depth();
    if (xml.name() == "numFmt" && formats != 0)  // those of conditional formats have numbers of their own
      codes[number_of(xml.attribute("numFmtId"))] = xml.attribute("formatCode");
    if (xml.name() == "cellXfs") cell_xfs = xml.depth();
    if (xml.name() != "xf" || cell_xfs == 0 || xml.depth() != cell_xfs + 1) continue;
    if (ids.size() == kMostStyles) return xml.broken("more styles than a workbook has");
    ids.push_back(number_of(xml.attribute("numFmtId")));
  }
  for (const std::uint32_t id : ids) {
    const auto [place, is_new] = known.emplace(id, static_cast<std::uint32_t>(styles.formats_.size()));
    if (is_new) {
      const auto code = codes.find(id);
      styles.formats_.push_back(code != codes.end() ? number_format(code->second) : built_in(id));
    }
    styles.of_cell_.push_back(place->second);
  }
  return styles;
}

}  // namespace zmig::xlsx
