#include "targets/xlsx/stamp_part.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include <fmt/format.h>
#include <zmig/header_norm.h>

#include "base/digest.h"
#include "base/text.h"
#include "model/names.h"

namespace zmig::xlsx {
namespace {

constexpr std::string_view kNamespace = "urn:zmig:stamp:1";

Error unreadable(const Package& package, std::string_view why) {
  return make_error(Errc::corrupt, "ZM0441", fmt::format("the stamp of the workbook cannot be read: {}", why),
                    "take the file from a backup, or copy the workbook anew", package.path());
}

std::size_t place_in(const std::string& text) {
  std::size_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

Status read_places(XmlReader& xml, const Package& package, StampPart& into) {
  StampSheet sheet;
  sheet.id = xml.attribute("id");
  sheet.title = xml.attribute("title");
  for (;;) {
    auto child = xml.next_child();
    if (!child) return unreadable(package, child.error().message);
    if (!*child) break;
    const std::string element(xml.name());
    const std::size_t at = place_in(xml.attribute("at"));
    const std::string id = xml.attribute("id");
    auto text = xml.element_text();
    if (!text) return unreadable(package, text.error().message);
    if (element == "column") {
      sheet.columns.emplace_back(at, id);
    } else if (element == "foreign") {
      auto column = column_from_json(*text);
      if (!column) return unreadable(package, column.error().message);
      sheet.remembered.emplace_back(at, std::move(*column));
    } else if (element == "itself") {
      auto known = sheet_from_json(*text);
      if (!known) return unreadable(package, known.error().message);
      sheet.foreign = std::move(*known);
    }
  }
  into.sheets.push_back(std::move(sheet));
  return ok();
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
    if (element == "sheet") {
      ZMIG_CHECK_OK(read_places(xml, package, into));
      continue;
    }
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

/// Only what the file itself does not show.
void append_places(const Sheet& sheet, std::string& out) {
  std::string inside;
  if (!sheet.managed) {
    Sheet plain;
    plain.id = sheet.id;
    plain.title = sheet.title;
    plain.managed = false;
    plain.header_row = sheet.header_row;
    plain.hidden = sheet.hidden;
    plain.frozen = sheet.frozen;
    plain.columns = sheet.columns;
    if (plain != sheet) {
      Sheet known = sheet;
      known.columns.clear();
      inside += "<itself>";
      append_xml(sheet_to_json(known), inside);
      inside += "</itself>";
    }
  }
  for (std::size_t i = 0; i < sheet.columns.size(); ++i) {
    const Column& column = sheet.columns[i];
    if (column.managed) {
      inside += fmt::format("<column at=\"{}\" id=\"{}\"/>", i, column.id);
      continue;
    }
    Column bare;
    bare.id = column.id;
    bare.header = column.header;
    bare.managed = false;
    bare.format = column.format;
    bare.note = column.note;
    bare.hidden = column.hidden;
    if (bare == column) continue;
    inside += fmt::format("<foreign at=\"{}\">", i);
    append_xml(column_to_json(column), inside);
    inside += "</foreign>";
  }
  if (inside.empty()) return;
  out += "<sheet id=\"";
  append_xml(sheet.managed ? sheet.id : std::string(), out);
  out += "\" title=\"";
  append_xml(sheet.title, out);
  out += "\">" + inside + "</sheet>";
}

/// Where each managed column stands now (xlsx-csv.md 3.3); the number of columns: nowhere.
std::vector<std::size_t> places_of(const Sheet& said, const StampSheet* was, const Sheet& live) {
  const std::size_t nowhere = live.columns.size();
  std::vector<std::size_t> under_header, anchors;
  bool coherent = was != nullptr;
  for (const Column& column : said.columns) {
    std::size_t found = nowhere, times = 0;
    for (std::size_t i = 0; i < live.columns.size(); ++i) {
      if (!same_header(live.columns[i].header, column.header)) continue;
      found = i;
      ++times;
    }
    under_header.push_back(times == 1 ? found : nowhere);
    std::size_t anchor = nowhere;
    if (was != nullptr) {
      for (const auto& [at, id] : was->columns)
        if (id == column.id) anchor = std::min(at, nowhere);
    }
    if (anchor < nowhere && is_blank_header(live.columns[anchor].header)) anchor = nowhere;
    anchors.push_back(anchor);
    if (times == 1 && found != anchor) coherent = false;
  }
  return coherent ? anchors : under_header;
}

}  // namespace

Result<StampPart> read_stamp_part(const Package& package) {
  StampPart part;
  ZMIG_TRY(const std::vector<Relationship> root, package.relationships({}));
  for (const std::vector<Relationship>* all : {&package.workbook_relationships(), &root}) {
    for (const Relationship& one : *all) {
      if (one.kind != "customXml" || one.external) continue;
      ZMIG_TRY(const bool ours, read_part(package, one.target, part));
      if (!ours) continue;
      part.part = one.target;
      return part;
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
  out += "</catalogue>";
  for (const Sheet& sheet : schema.sheets) append_places(sheet, out);
  return out + "</zmig>";
}

Status write_stamp_part(PackageEdit& package, const StampPart& old, std::span<const Stamp> stamps,
                        const Schema& schema) {
  constexpr std::string_view kWhy = "stamp and catalogue";
  const std::string bytes = stamp_part_xml(stamps, schema);
  if (!old.part.empty() && package.has(old.part)) {
    package.put(old.part, bytes, kWhy);
    return ok();
  }
  const std::string item = package.free_name("customXml/item", ".xml");
  const std::string number = item.substr(14, item.size() - 18);
  const std::string props = fmt::format("customXml/itemProps{}.xml", number);
  const std::string hash = sha256_hex(stamps.empty() ? std::string_view("zmig") : std::string_view(stamps[0].entry));
  std::string guid;
  for (std::size_t i = 0; i < 32; ++i) {
    if (i == 8 || i == 12 || i == 16 || i == 20) guid += '-';
    guid += hash[i] >= 'a' ? static_cast<char>(hash[i] - 'a' + 'A') : hash[i];
  }
  package.put(item, bytes, kWhy);
  package.put(props,
              fmt::format("<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"no\"?>\n<ds:datastoreItem "
                          "ds:itemID=\"{{{}}}\" "
                          "xmlns:ds=\"http://schemas.openxmlformats.org/officeDocument/2006/customXml\">"
                          "<ds:schemaRefs><ds:schemaRef ds:uri=\"{}\"/></ds:schemaRefs></ds:datastoreItem>",
                          guid, kNamespace),
              kWhy);
  ZMIG_CHECK_OK(package.add_relationship(item, "customXmlProps", props));
  ZMIG_CHECK_OK(package.add_relationship(package.workbook(), "customXml", item));
  ZMIG_CHECK_OK(package.add_override(item, "application/xml"));
  return package.add_override(props, "application/vnd.openxmlformats-officedocument.customXmlProperties+xml");
}

void apply_stamp_part(const StampPart& part, Schema& live) {
  if (!part.catalogue) return;
  const Schema& catalogue = *part.catalogue;
  live.enums = catalogue.enums;
  live.locale = catalogue.locale;
  live.time_zone = catalogue.time_zone;
  for (const Sheet& said : catalogue.sheets) {
    const auto was =
        std::find_if(part.sheets.begin(), part.sheets.end(), [&](const StampSheet& one) { return one.id == said.id; });
    for (Sheet& sheet : live.sheets) {
      if (sheet.managed || !same_header(sheet.title, said.title)) continue;
      sheet.id = said.id;
      sheet.managed = true;
      sheet.rules = said.rules;
      if (sheet.protection && said.protection) sheet.protection = said.protection;
      const std::vector<std::size_t> places = places_of(said, was == part.sheets.end() ? nullptr : &*was, sheet);
      for (std::size_t i = 0; i < places.size(); ++i)
        if (places[i] < sheet.columns.size()) take_column(said.columns[i], sheet.columns[places[i]]);
      break;
    }
  }
  for (const StampSheet& known : part.sheets) {
    for (Sheet& sheet : live.sheets) {
      if (!same_header(sheet.title, known.title)) continue;
      if (!sheet.managed && known.foreign) {
        sheet.rules = known.foreign->rules;
        if (sheet.protection && known.foreign->protection) sheet.protection = known.foreign->protection;
      }
      for (const auto& [at, column] : known.remembered) {
        if (at >= sheet.columns.size() || sheet.columns[at].managed) continue;
        if (!same_header(sheet.columns[at].header, column.header)) continue;
        take_column(column, sheet.columns[at]);
        sheet.columns[at].managed = false;
      }
      break;
    }
  }
}

}  // namespace zmig::xlsx
