// Columns and rows of a sheet that go elsewhere: what is pending is written down first, then everything follows.
#include <algorithm>
#include <array>
#include <utility>

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

/// What the report calls it, in the words of the plan.
std::string_view kind_of(std::string_view what) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 25> kKinds{{
      {"f", "formulas"},
      {"formula", "formulas"},
      {"formula1", "formulas"},
      {"formula2", "formulas"},
      {"calculatedColumnFormula", "formulas"},
      {"totalsRowFormula", "formulas"},
      {"name", "names"},
      {"table", "tables"},
      {"tableColumns", "tables"},
      {"conditionalFormatting", "rules"},
      {"dataValidation", "rules"},
      {"sqref", "rules"},
      {"merge", "merges"},
      {"anchor", "drawings"},
      {"comment", "notes"},
      {"threadedComment", "notes"},
      {"hyperlink", "links"},
      {"autoFilter", "filters"},
      {"sortState", "filters"},
      {"sortCondition", "filters"},
      {"dimension", "extent"},
      {"worksheetSource", "pivots"},
      {"pivot table", "pivots"},
      {"location", "pivots"},
      {"sheet", "titles"},
  }};
  const auto found = std::find_if(kKinds.begin(), kKinds.end(), [&](const auto& one) { return one.first == what; });
  return found == kKinds.end() ? what : found->second;
}

/// A new title concerns what says the old one.
bool mentions(std::string_view text, std::string_view title) {
  return std::search(text.begin(), text.end(), title.begin(), title.end(), [](char a, char b) {
           const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
           return lower(a) == lower(b);
         }) != text.end();
}

}  // namespace

Status refuse_unfollowed(const std::vector<UnfollowedPlace>& places) {
  constexpr std::size_t kSaid = 5;
  if (places.empty()) return ok();
  std::string said;
  for (std::size_t i = 0; i < places.size() && i < kSaid; ++i)
    said += fmt::format("{}{} ({})", i == 0 ? "" : ", ", places[i].place, places[i].because);
  if (places.size() > kSaid) said += fmt::format(" and {} more", places.size() - kSaid);
  return make_error(
      Errc::unsupported, "ZM0439",
      fmt::format("cells are named in a way that cannot follow when they go elsewhere: {}", printable(said)),
      "change those first, put the column at the right end, or go on with --accept-unfollowed", places.front().place);
}

void XlsxProgram::note_follows(const FollowReport& report, const SheetOperation& operation) {
  for (const auto& [part, counts] : report.by_part) {
    FollowedPart followed{changes_, part, {}};
    for (const auto& [what, count] : counts) {
      const std::string_view kind = kind_of(what);
      const auto known = std::find_if(followed.kinds.begin(), followed.kinds.end(),
                                      [&](const auto& one) { return one.first == kind; });
      if (known == followed.kinds.end())
        followed.kinds.emplace_back(std::string(kind), count);
      else
        known->second += count;
    }
    foreseen_.follows.push_back(std::move(followed));
  }
  for (const FollowLine& one : report.unfollowed) {
    if (one.after == "no formula") continue;  // a text that holds no place
    if (operation.steps.empty() && !(operation.new_title && mentions(one.before, operation.title))) continue;
    UnfollowedPlace place{changes_, one.place, one.before, one.after};
    const auto same = [&](const UnfollowedPlace& other) {
      return other.place == place.place && other.because == place.because;
    };
    if (std::none_of(foreseen_.unfollowed.begin(), foreseen_.unfollowed.end(), same))
      foreseen_.unfollowed.push_back(std::move(place));
  }
}

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
  note_follows(report, operation);
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
