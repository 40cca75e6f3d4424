// Columns and rows of a sheet that go elsewhere: what is pending is written down first, then everything follows.
#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "targets/xlsx/xlsx_program.h"

namespace zmig::xlsx {
namespace {

ShiftParts parts_of(PackageEdit& package) {
  ShiftParts parts;
  parts.workbook = package.workbook();
  parts.file = package.path();
  parts.text = [&package](const std::string& part) { return package.text(part); };
  parts.has = [&package](const std::string& part) { return package.has(part); };
  parts.relationships = [&package](const std::string& part) { return package.relationships(part); };
  parts.put = [&package](const std::string& part, std::string bytes, const std::string& why) {
    package.put(part, std::move(bytes), why);
  };
  parts.drop = [&package](const std::string& part) { package.drop(part, "nothing is left in it"); };
  return parts;
}

/// Places that are written as text, or counted, do not follow; what they would name afterwards is something else.
Status refuse_unfollowed(const FollowReport& report, const std::string& title) {
  constexpr std::size_t kSaid = 5;
  std::string places;
  std::size_t count = 0;
  std::string first;
  for (const FollowLine& one : report.unfollowed) {
    if (one.after != "INDIRECT" && one.after.find("INDIRECT") == std::string::npos &&
        one.after.find("OFFSET") == std::string::npos)
      continue;
    if (count == 0) first = one.place;
    if (count++ < kSaid) places += fmt::format("{}{} ({})", places.empty() ? "" : ", ", one.place, one.after);
  }
  if (count == 0) return ok();
  if (count > kSaid) places += fmt::format(" and {} more", count - kSaid);
  return make_error(Errc::unsupported, "ZM0439",
                    fmt::format("formulas name cells in a way that cannot follow when those of {} go elsewhere: {}",
                                quoted(title), printable(places)),
                    "change those formulas first, or put the column at the right end", first);
}

}  // namespace

SheetOperation XlsxProgram::operation_on(const Work& work, const Sheet& sheet) {
  SheetOperation operation;
  operation.title = work.title;
  operation.header_row = sheet.header_row;
  return operation;
}

Status XlsxProgram::shift(const SheetOperation& operation) {
  for (Work& one : works_) {
    ZMIG_CHECK_OK(flush(one));
    if (one.context) {
      // The chain of calculation names places: it has to lose these before they go elsewhere.
      ZMIG_CHECK_OK(leave_calculation(package_, one.sheet_id, one.context->lost_formulas, false));
      one.context->lost_formulas.clear();
    }
  }
  ZMIG_TRY(const FollowReport report, shift_book(parts_of(package_), operation));
  if (!operation.steps.empty()) ZMIG_CHECK_OK(refuse_unfollowed(report, operation.title));
  for (Work& one : works_) one.frame.reset();  // they are read anew
  return ok();
}

Result<std::vector<Region>> XlsxProgram::tables_of(const Work& work) const {
  std::vector<Region> regions;
  ZMIG_TRY(const std::vector<Relationship> all, package_.relationships(work.part));
  for (const Relationship& link : all) {
    if (link.kind != "table" || link.external || !package_.has(link.target)) continue;
    ZMIG_TRY(const std::string bytes, package_.text(link.target));
    XmlReader xml(bytes, link.target, package_.path());
    for (;;) {
      ZMIG_TRY(const XmlKind kind, xml.next());
      if (kind == XmlKind::end) break;
      if (kind != XmlKind::open) continue;
      const auto region = parse_region(xml.attribute("ref"));
      if (xml.is(Ns::main, "table") && region) regions.push_back(*region);
      break;
    }
  }
  return regions;
}

}  // namespace zmig::xlsx
