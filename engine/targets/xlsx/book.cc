#include "targets/xlsx/book.h"

#include <charconv>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "model/names.h"

namespace zmig::xlsx {
namespace {

constexpr std::size_t kMostText = std::size_t{1} << 30;

Status read_sheet(XmlReader& xml, const Package& package, BookFacts& facts) {
  BookSheet sheet;
  sheet.title = xml.attribute("name");
  const std::string state = xml.attribute("state");
  sheet.hidden = state == "hidden" || state == "veryHidden";
  const std::string id = xml.attribute(Ns::office_relationships, "id");
  const Relationship* part = Package::by_id(package.workbook_relationships(), id);
  if (part == nullptr || part->external)
    return xml.broken(fmt::format("the sheet {} has no part", quoted(printable(sheet.title))));
  sheet.part = part->target;
  sheet.is_worksheet = part->kind == "worksheet";
  facts.sheets.push_back(std::move(sheet));
  return ok();
}

Status read_name(XmlReader& xml, BookFacts& facts) {
  DefinedName name;
  name.name = xml.attribute("name");
  name.hidden = xml.flag("hidden");
  if (const auto local = xml.raw("localSheetId")) {
    std::uint32_t number = 0;
    std::from_chars(local->data(), local->data() + local->size(), number);
    name.local = number;
  }
  ZMIG_TRY(name.text, xml.element_text());
  facts.names.push_back(std::move(name));
  return ok();
}

}  // namespace

std::size_t utf16_units(std::string_view text) {
  std::size_t units = 0;
  for (std::size_t at = 0; at < text.size();) units += decode_utf8(text, at) > 0xFFFF ? 2 : 1;
  return units;
}

Status check_sheet_title(const std::string& title) {
  constexpr std::size_t kLongest = 31;
  const bool letters = title.find_first_of("[]:*?/\\") == std::string::npos;
  const bool edges = !title.empty() && title.front() != '\'' && title.back() != '\'';
  if (letters && edges && utf16_units(title) <= kLongest && !same_title_without_case(title, "History") &&
      !same_title_without_case(title, kEnumSheet))
    return ok();
  return make_error(Errc::unsupported, "ZM0325", fmt::format("a sheet of Excel cannot be called {}", quoted(title)),
                    "choose a title of at most 31 characters, without [ ] : * ? / \\", title);
}

bool fits_literal_list(const std::vector<std::string>& values) {
  constexpr std::size_t kLongest = 255;
  std::size_t units = 0;
  for (const std::string& value : values) {
    if (value.empty() || value.find_first_of(",\"\n") != std::string::npos || value.front() == '=' ||
        value.front() == ' ' || value.back() == ' ')
      return false;
    units += utf16_units(value) + 1;
  }
  return !values.empty() && units <= kLongest;
}

Result<BookFacts> read_book(const Package& package) {
  BookFacts facts;
  ZMIG_TRY(XmlReader xml, package.xml(package.workbook(), kLargestHeld));
  for (;;) {
    ZMIG_TRY(const XmlKind kind, xml.next());
    if (kind == XmlKind::end) return facts;
    if (kind != XmlKind::open) continue;
    if (xml.depth() == 1 && !xml.is(Ns::main, "workbook")) return xml.broken("it is no workbook");
    if (xml.ns() != Ns::main) continue;
    if (xml.name() == "workbookProtection") facts.is_locked = xml.flag("lockStructure");
    if (xml.name() == "workbookPr") facts.date1904 = xml.flag("date1904");
    if (xml.name() == "sheet" && xml.depth() == 3) ZMIG_CHECK_OK(read_sheet(xml, package, facts));
    if (xml.name() == "definedName" && xml.depth() == 3) ZMIG_CHECK_OK(read_name(xml, facts));
  }
}

Result<std::string> rich_text(XmlReader& xml) {
  std::string text;
  std::size_t phonetic = 0;  // depth of a hint how to say it, which is no text
  const std::size_t outside = xml.depth() - 1;
  bool inside_t = false;
  for (;;) {
    ZMIG_TRY(const XmlKind kind, xml.next());
    if (kind == XmlKind::open) {
      if (phonetic == 0 && xml.is(Ns::main, "rPh")) phonetic = xml.depth();
      inside_t = xml.is(Ns::main, "t");
    }
    if (kind == XmlKind::close) {
      inside_t = false;
      if (xml.depth() < phonetic) phonetic = 0;
      if (xml.depth() == outside) break;
    }
    if (kind == XmlKind::end) return xml.broken("it ends in the middle");
    if (inside_t && phonetic == 0 && (kind == XmlKind::text || kind == XmlKind::cdata))
      ZMIG_CHECK_OK(xml.append_text(text));
  }
  return text.find("_x") == std::string::npos ? text : decode_escapes(text);
}

Result<SharedStrings> SharedStrings::read(const Package& package) {
  SharedStrings strings;
  const Relationship* part = Package::first(package.workbook_relationships(), "sharedStrings");
  if (part == nullptr || package.zip().find(part->target) == nullptr) return strings;
  ZMIG_TRY(XmlReader xml, package.xml(part->target, package.largest_streamed()));
  for (;;) {
    ZMIG_TRY(const XmlKind kind, xml.next());
    if (kind == XmlKind::end) return strings;
    if (kind != XmlKind::open || xml.depth() != 2 || !xml.is(Ns::main, "si")) continue;
    ZMIG_TRY(const std::string text, rich_text(xml));
    if (strings.text_.size() + text.size() > kMostText)
      return make_error(Errc::unsupported, "ZM0427", "the shared strings are larger than 1 GiB", {}, package.path());
    strings.text_ += text;
    strings.ends_.push_back(strings.text_.size());
  }
}

}  // namespace zmig::xlsx
