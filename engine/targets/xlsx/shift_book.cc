#include "targets/xlsx/shift_book.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "model/names.h"
#include "targets/xlsx/xml.h"

namespace zmig::xlsx {
namespace {

/// What hangs on a worksheet and holds no reference.
constexpr std::string_view kInertKinds =
    " printerSettings hyperlink image package oleObject control customProperty slicer timeline queryTable "
    "vmlDrawingHF person externalLinkPath ctrlProp activeXControlBinary tableSingleCells ";

bool is_in(std::string_view list, std::string_view word) {
  return list.find(fmt::format(" {} ", word)) != std::string_view::npos;
}
std::optional<std::uint32_t> number_of(std::string_view text) {
  std::uint32_t number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || read.ec != std::errc{} || read.ptr != text.data() + text.size()) return std::nullopt;
  return number;
}

struct BookSheetFacts {
  std::string title, part;
  std::uint32_t id = 0;
  bool is_worksheet = true;
};

class BookShifter {
 public:
  BookShifter(const ShiftParts& parts, const SheetOperation& operation) : parts_(parts), operation_(operation) {}

  Result<FollowReport> run() {
    ZMIG_CHECK_OK(read_sheets());
    ZMIG_CHECK_OK(read_tables());
    for (const BookSheetFacts& sheet : sheets_) {
      const bool gone = operation_.removed && same_title_without_case(sheet.title, operation_.title);
      if (!gone) ZMIG_CHECK_OK(sheet_and_what_hangs_on_it(sheet));
    }
    ZMIG_CHECK_OK(workbook_and_what_hangs_on_it());
    for (FollowLine& one : report_.lost) {
      if (one.place.starts_with("name _xlnm.")) report_.dropped.push_back(one.place);
    }
    std::erase_if(report_.lost, [](const FollowLine& one) { return one.place.starts_with("name _xlnm."); });
    if (!report_.lost.empty() && !operation_.may_lose) return still_used();
    return std::move(report_);
  }
  void put() {
    for (auto& [part, bytes] : changed_)
      parts_.put(part, std::move(bytes), fmt::format("references to {} follow", quoted(operation_.title)));
    for (const std::string& part : dropped_) parts_.drop(part);
  }

 private:
  [[nodiscard]] Error still_used() const {
    const FollowLine& first = report_.lost.front();
    std::string message = fmt::format("{} is still used by {} ({})", quoted(operation_.title), first.place,
                                      quoted(printable(first.before.substr(0, 120))));
    if (report_.lost.size() > 1) message += fmt::format(" and {} more", report_.lost.size() - 1);
    if (!operation_.removed) message = (operation_.axis == ShiftAxis::rows ? "a row of " : "a column of ") + message;
    return make_error(Errc::conflict, "ZM0319", std::move(message),
                      "change those formulas first, or leave it where it is", first.place);
  }

  Result<std::string> bytes_of(const std::string& part) const {
    const auto found = changed_.find(part);
    if (found != changed_.end()) return found->second;
    return parts_.text(part);
  }
  void keep(const std::string& part, const std::string& before, std::string after) {
    if (before != after) changed_[part] = std::move(after);
  }

  Status follow(PartKind kind, const std::string& part, const std::string& sheet) {
    if (!done_.insert(part).second || !parts_.has(part)) return ok();
    ZMIG_TRY(const std::string before, bytes_of(part));
    const auto counts = report_.counts;
    const std::size_t dropped = report_.dropped.size();
    ZMIG_TRY(std::string after,
             shift_part(kind, before, {part, parts_.file, sheet, operation_.header_row}, shift_, report_));
    keep(part, before, std::move(after));
    count_for(part, counts, dropped);
    return ok();
  }

  /// What was counted since.
  void count_for(const std::string& part, const std::map<std::string, std::uint64_t>& before, std::size_t dropped) {
    for (const auto& [what, count] : report_.counts) {
      const auto old = before.find(what);
      const std::uint64_t more = count - (old == before.end() ? 0 : old->second);
      if (more > 0) report_.by_part[part][what] += more;
    }
    if (report_.dropped.size() > dropped) report_.by_part[part]["gone"] += report_.dropped.size() - dropped;
  }

  Status read_sheets() {
    ZMIG_TRY(const std::vector<Relationship> all, parts_.relationships(parts_.workbook));
    ZMIG_TRY(const std::string bytes, parts_.text(parts_.workbook));
    XmlReader xml(bytes, parts_.workbook, parts_.file);
    for (;;) {
      ZMIG_TRY(const XmlKind kind, xml.next());
      if (kind == XmlKind::end) break;
      if (kind != XmlKind::open || !xml.is(Ns::main, "sheet") || xml.depth() != 3) continue;
      const Relationship* link = Package::by_id(all, xml.attribute(Ns::office_relationships, "id"));
      if (link == nullptr) return xml.broken("a sheet without its part");
      sheets_.push_back({xml.attribute("name"), link->target, number_of(xml.attribute("sheetId")).value_or(0),
                         link->kind == "worksheet"});
    }
    SheetShift own{operation_.title, operation_.new_title, operation_.removed,
                   ShiftSteps(operation_.steps, operation_.axis)};
    bool found = false;
    for (const BookSheetFacts& sheet : sheets_) {
      shift_.titles.push_back(sheet.title);
      if (!same_title_without_case(sheet.title, operation_.title)) continue;
      own.title = sheet.title;
      found = true;
    }
    if (!found)
      return make_error(Errc::not_found, "ZM0313", fmt::format("no sheet is called {}", quoted(operation_.title)));
    shift_.sheets.push_back(std::move(own));
    return ok();
  }

  /// The tables of the sheet: which columns go, and which get another header.
  Status read_tables() {
    const auto own = std::find_if(sheets_.begin(), sheets_.end(), [this](const BookSheetFacts& one) {
      return same_title_without_case(one.title, operation_.title);
    });
    ZMIG_TRY(const std::vector<Relationship> all, parts_.relationships(own->part));
    for (const Relationship& link : all) {
      if (link.kind != "table" || !parts_.has(link.target)) continue;
      ZMIG_TRY(const std::string bytes, parts_.text(link.target));
      ZMIG_CHECK_OK(read_table(bytes, link.target));
    }
    return ok();
  }
  Status read_table(const std::string& bytes, const std::string& part) {
    XmlReader xml(bytes, part, parts_.file);
    TableShift table;
    std::optional<Region> region;
    bool has_header = true;
    for (;;) {
      ZMIG_TRY(const XmlKind kind, xml.next());
      if (kind == XmlKind::end) break;
      if (kind != XmlKind::open || xml.ns() != Ns::main) continue;
      if (xml.name() == "table") {
        table.table = xml.attribute("displayName");
        if (table.table.empty()) table.table = xml.attribute("name");
        region = parse_region(xml.attribute("ref"));
        has_header = xml.attribute("headerRowCount") != "0";
      } else if (xml.name() == "tableColumn") {
        table.columns.push_back(xml.attribute("name"));
      }
    }
    if (!region) return ok();  // shift_part() refuses it
    const ShiftSteps& steps = shift_.sheets.front().steps;
    for (std::size_t i = 0; i < table.columns.size(); ++i) {
      const std::uint32_t column = region->from.column + static_cast<std::uint32_t>(i);
      if (operation_.removed || (!steps.of_rows() && !steps.point(column))) table.removed.push_back(table.columns[i]);
      for (const SheetOperation::Header& one : operation_.headers) {
        if (one.column == column && has_header && region->from.row == operation_.header_row)
          table.renamed.emplace_back(table.columns[i], one.header);
      }
    }
    if (!table.removed.empty() || !table.renamed.empty()) shift_.tables.push_back(std::move(table));
    return ok();
  }

  Status sheet_and_what_hangs_on_it(const BookSheetFacts& sheet) {
    const bool own = same_title_without_case(sheet.title, operation_.title);
    if (sheet.is_worksheet) ZMIG_CHECK_OK(follow(PartKind::worksheet, sheet.part, sheet.title));
    ZMIG_TRY(const std::vector<Relationship> all, parts_.relationships(sheet.part));
    for (const Relationship& link : all) {
      if (link.external) continue;
      if (link.kind == "table") {
        ZMIG_CHECK_OK(follow(PartKind::table, link.target, sheet.title));
      } else if (link.kind == "drawing") {
        ZMIG_CHECK_OK(drawing(link.target, sheet.title));
      } else if (link.kind == "comments") {
        ZMIG_CHECK_OK(follow(PartKind::comments, link.target, sheet.title));
      } else if (link.kind == "threadedComment") {
        ZMIG_CHECK_OK(follow(PartKind::threads, link.target, sheet.title));
      } else if (link.kind == "vmlDrawing") {
        ZMIG_CHECK_OK(follow(PartKind::vml, link.target, sheet.title));
      } else if (link.kind == "ctrlProp") {
        ZMIG_CHECK_OK(follow(PartKind::control, link.target, sheet.title));
      } else if (link.kind == "pivotTable") {
        ZMIG_CHECK_OK(follow(PartKind::pivot, link.target, sheet.title));
      } else if (link.kind == "tableSingleCells") {
        ZMIG_CHECK_OK(follow(PartKind::other, link.target, sheet.title));
      } else if (own && !operation_.steps.empty() && !is_in(kInertKinds, link.kind)) {
        return make_error(Errc::unsupported, "ZM0439",
                          fmt::format("part {} ({}) hangs on the sheet, and may hold references",
                                      quoted(printable(link.target)), printable(link.kind)),
                          "take it out of the workbook, or leave the columns where they are", sheet.title);
      }
    }
    return ok();
  }

  Status drawing(const std::string& part, const std::string& sheet) {
    ZMIG_CHECK_OK(follow(PartKind::drawing, part, sheet));
    ZMIG_TRY(const std::vector<Relationship> all, parts_.relationships(part));
    for (const Relationship& link : all) {
      if (link.external) {
        if (link.kind == "hyperlink" && link.target.starts_with('#'))
          report_.unfollowed.push_back({part, "link", link.target, "a link of a drawing"});
        continue;
      }
      if (link.kind != "chart" && link.kind != "chartEx") continue;
      ZMIG_CHECK_OK(follow(PartKind::chart, link.target, sheet));
    }
    return ok();
  }

  Status workbook_and_what_hangs_on_it() {
    ZMIG_TRY(const std::string before, bytes_of(parts_.workbook));
    const auto counts = report_.counts;
    ZMIG_TRY(std::string after,
             shift_workbook_part(before, {parts_.workbook, parts_.file, {}, operation_.header_row}, shift_, report_));
    keep(parts_.workbook, before, std::move(after));
    count_for(parts_.workbook, counts, report_.dropped.size());
    ZMIG_TRY(const std::vector<Relationship> all, parts_.relationships(parts_.workbook));
    for (const Relationship& link : all) {
      if (link.external || !parts_.has(link.target)) continue;
      if (link.kind == "pivotCacheDefinition") {
        ZMIG_CHECK_OK(follow(PartKind::pivot, link.target, {}));
      } else if (link.kind == "connections") {
        ZMIG_CHECK_OK(follow(PartKind::other, link.target, {}));
      } else if (link.kind == "calcChain") {
        ZMIG_CHECK_OK(calc_chain(link));
      } else if (link.kind == "vbaProject") {
        report_.unfollowed.push_back({link.target, "macros", "", "what macros name"});
      } else if (link.kind == "volatileDependencies" && !operation_.steps.empty()) {
        return make_error(Errc::unsupported, "ZM0439",
                          fmt::format("part {} holds cells that follow data from outside", quoted(link.target)),
                          "take those formulas out of the workbook, or leave the columns where they are", parts_.file);
      } else if (link.kind == "slicerCache") {
        ZMIG_CHECK_OK(check_slicer(link.target));
      }
    }
    return ok();
  }

  /// A slicer of a table names its column by number; that number stays as long as the column does.
  Status check_slicer(const std::string& part) const {
    const bool loses = std::any_of(shift_.tables.begin(), shift_.tables.end(),
                                   [](const TableShift& one) { return !one.removed.empty(); });
    if (!loses) return ok();
    ZMIG_TRY(const std::string bytes, parts_.text(part));
    if (bytes.find("tableSlicerCache") == std::string::npos) return ok();
    return make_error(Errc::conflict, "ZM0436",
                      fmt::format("a slicer ({}) may filter the column that goes", quoted(part)),
                      "take the slicer out of the workbook, or leave the column where it is", operation_.title);
  }

  Status calc_chain(const Relationship& link) {
    std::uint32_t id = 0;
    for (const BookSheetFacts& sheet : sheets_) {
      if (same_title_without_case(sheet.title, operation_.title)) id = sheet.id;
    }
    ZMIG_TRY(const std::string before, bytes_of(link.target));
    ZMIG_TRY(std::string after,
             shift_calc_chain(before, link.target, {{id, shift_.sheets.front().steps, operation_.removed}}));
    if (!after.empty()) {
      keep(link.target, before, std::move(after));
      return ok();
    }
    // Without an entry the part must not be: it, its type and its relationship go together.
    dropped_.push_back(link.target);
    const std::string types = "[Content_Types].xml", links = relationships_part_of(parts_.workbook);
    ZMIG_TRY(const std::string types_before, bytes_of(types));
    ZMIG_TRY(std::string types_after, without(types_before, types, "Override", "PartName", link.target));
    keep(types, types_before, std::move(types_after));
    ZMIG_TRY(const std::string links_before, bytes_of(links));
    ZMIG_TRY(std::string links_after, without(links_before, links, "Relationship", "Id", link.id));
    keep(links, links_before, std::move(links_after));
    return ok();
  }
  static std::string relationships_part_of(const std::string& part) {
    const std::size_t slash = part.rfind('/');
    const std::size_t name = slash == std::string::npos ? 0 : slash + 1;
    return fmt::format("{}_rels/{}.rels", part.substr(0, name), part.substr(name));
  }
  /// The bytes without the element whose attribute says so.
  Result<std::string> without(const std::string& bytes, const std::string& part, std::string_view element,
                              std::string_view attribute, const std::string& value) const {
    XmlReader xml(bytes, part, parts_.file);
    for (;;) {
      ZMIG_TRY(const XmlKind kind, xml.next());
      if (kind == XmlKind::end) return bytes;
      if (kind != XmlKind::open || xml.name() != element) continue;
      std::string said = xml.attribute(attribute);
      if (attribute == "PartName") said = resolve_part({}, said);
      if (said != value) continue;
      const auto begin = static_cast<std::size_t>(xml.offset());
      std::size_t end = begin + xml.token().size();
      if (!xml.closes_itself()) {
        ZMIG_CHECK_OK(xml.skip());
        end = static_cast<std::size_t>(xml.offset()) + xml.token().size();
      }
      return bytes.substr(0, begin) + bytes.substr(end);
    }
  }

  const ShiftParts& parts_;          // of the caller
  const SheetOperation& operation_;  // the same
  std::vector<BookSheetFacts> sheets_;
  BookShift shift_;
  FollowReport report_;
  std::map<std::string, std::string> changed_;
  std::vector<std::string> dropped_;
  std::set<std::string> done_;
};

}  // namespace

Result<FollowReport> dry_shift(const ShiftParts& parts, const SheetOperation& operation) {
  return BookShifter(parts, operation).run();
}

Result<FollowReport> shift_book(const ShiftParts& parts, const SheetOperation& operation) {
  BookShifter shifter(parts, operation);
  ZMIG_TRY(FollowReport report, shifter.run());
  shifter.put();
  return report;
}

}  // namespace zmig::xlsx
