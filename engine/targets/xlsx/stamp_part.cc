#include "targets/xlsx/stamp_part.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include <fmt/format.h>
#include <zmig/header_norm.h>

#include "base/text.h"
#include "model/names.h"

namespace zmig::xlsx {
namespace {

constexpr std::string_view kNamespace = "urn:zmig:stamp:1";

Error unreadable(const Package& package, std::string_view why) {
  return make_error(Errc::corrupt, "ZM0441", fmt::format("the stamp of the workbook cannot be read: {}", why),
                    "take the file from a backup, or copy the workbook anew", package.path());
}

/// Whether this part is ours; reads it then.
Result<bool> read_part(const Package& package, const std::string& name, StampPart& into) {
  if (package.zip().find(name) == nullptr) return false;
  auto opened = package.xml(name, kLargestHeld);
  if (!opened) return false;  // somebody else's part, which nobody has to read
  XmlReader& xml = *opened;
  for (;;) {
    const auto kind = xml.next();
    if (!kind)
      return into.stamps.empty() && !into.catalogue ? Result<bool>(false) : unreadable(package, kind.error().message);
    if (*kind == XmlKind::end) return true;
    if (*kind != XmlKind::open) continue;
    if (xml.depth() == 1) {
      if (xml.name() != "zmig" || xml.attribute("xmlns") != kNamespace) {
        // Programs that write the part anew may choose a prefix.
        const std::string_view token = xml.token();
        if (xml.name() != "zmig" || token.find(kNamespace) == std::string_view::npos) return false;
      }
      continue;
    }
    if (xml.depth() != 2) continue;
    const std::string element(xml.name());
    const std::string number = xml.attribute("number");
    auto text = xml.element_text();
    if (!text) return unreadable(package, text.error().message);
    if (element == "stamp") {
      Stamp stamp;
      stamp.entry = std::move(*text);
      const auto read = std::from_chars(number.data(), number.data() + number.size(), stamp.number);
      if (read.ec != std::errc{} || (!into.stamps.empty() && stamp.number <= into.stamps.back().number))
        return unreadable(package, "its entries have no numbers that count upwards");
      into.stamps.push_back(std::move(stamp));
    } else if (element == "catalogue") {
      auto schema = catalogue_from_json(*text);
      if (!schema) return unreadable(package, schema.error().message);
      into.catalogue = std::move(*schema);
    }
  }
}

/// The rule of a managed column: what Excel cannot show is the catalogue's, and a list keeps the name of its enum.
Allowed settled(const Allowed& said, const Allowed& live) {
  if (said.kind == Allowed::Kind::checkbox || said.kind == Allowed::Kind::column) return said;
  const bool same = said.kind == live.kind && said.values == live.values && said.strict == live.strict;
  return same ? said : live;
}

std::optional<std::string> settled_format(const Column& said, const Column& live) {
  const std::string shown = live.format.value_or("");
  const std::string wanted = said.format.value_or(implied_format(said.type));
  return same_format(shown, wanted) ? said.format : live.format;
}

void take_column(const Column& said, Column& live) {
  Column taken = said;
  taken.managed = true;
  taken.header = live.header;
  taken.hidden = live.hidden;
  taken.note = live.note;
  taken.allowed = settled(said.allowed, live.allowed);
  taken.format = settled_format(said, live);
  live = std::move(taken);
}

}  // namespace

Result<StampPart> read_stamp_part(const Package& package) {
  StampPart part;
  ZMIG_TRY(const std::vector<Relationship> root, package.relationships({}));
  for (const std::vector<Relationship>* all : {&package.workbook_relationships(), &root}) {
    for (const Relationship& one : *all) {
      if (one.kind != "customXml" || one.external) continue;
      ZMIG_TRY(const bool ours, read_part(package, one.target, part));
      if (ours) return part;
    }
  }
  return part;
}

std::string stamp_part_xml(std::span<const Stamp> stamps, const Schema& schema) {
  std::string out =
      fmt::format("<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n<zmig xmlns=\"{}\" number=\"{}\">",
                  kNamespace, stamps.empty() ? 0 : stamps.back().number);
  for (const Stamp& stamp : stamps) {
    out += fmt::format("<stamp number=\"{}\">", stamp.number);
    append_xml(stamp.entry, out);
    out += "</stamp>";
  }
  out += "<catalogue>";
  append_xml(catalogue_to_json(schema), out);
  return out + "</catalogue></zmig>";
}

void apply_catalogue(const Schema& catalogue, Schema& live) {
  live.enums = catalogue.enums;
  live.locale = catalogue.locale;
  live.time_zone = catalogue.time_zone;
  for (const Sheet& said : catalogue.sheets) {
    for (Sheet& sheet : live.sheets) {
      if (sheet.managed || !same_header(sheet.title, said.title)) continue;
      sheet.id = said.id;
      sheet.managed = true;
      sheet.rules = said.rules;
      for (const Column& column : said.columns) {
        const auto fits = [&](const Column& one) { return !one.managed && same_header(one.header, column.header); };
        if (std::count_if(sheet.columns.begin(), sheet.columns.end(), fits) != 1) continue;
        for (std::size_t i = 0; i < sheet.columns.size(); ++i) {
          if (!fits(sheet.columns[i])) continue;
          take_column(column, sheet.columns[i]);
          break;
        }
      }
      break;
    }
  }
}

}  // namespace zmig::xlsx
