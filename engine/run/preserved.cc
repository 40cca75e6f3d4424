#include "run/preserved.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "run/checks.h"

namespace zmig::run {
namespace {

/// "0002_v3_event_types: new column, cells", one for each migration.
std::vector<std::string> reasons_of(const AnnouncedPart& part, std::span<const std::string> names) {
  std::vector<std::pair<std::size_t, std::string>> lines;
  for (const auto& [member, what] : part.why) {
    const auto same = [member = member](const auto& one) { return one.first == member; };
    const auto found = std::find_if(lines.begin(), lines.end(), same);
    if (found != lines.end())
      found->second += ", " + what;
    else
      lines.emplace_back(member, what);
  }
  std::vector<std::string> reasons;
  reasons.reserve(lines.size());
  for (auto& [member, what] : lines)
    reasons.push_back(member < names.size() ? fmt::format("{}: {}", names[member], what) : std::move(what));
  return reasons;
}

std::string counts_of(const std::vector<PartFate>& parts) {
  std::string out;
  for (const char* fate : {"kept", "changed", "added", "removed"}) {
    const auto count = std::count_if(parts.begin(), parts.end(), [&](const PartFate& one) { return one.fate == fate; });
    if (count > 0) out += fmt::format("{}{} {}", out.empty() ? "" : ", ", count, fate);
  }
  return out;
}

/// In the order of what is there, then what is gone. The first of doubled names counts; no target shows any.
std::vector<PartFate> fates_of(const std::vector<FilePart>& before, const std::vector<FilePart>& now) {
  std::map<std::string_view, const FilePart*> old;
  for (const FilePart& part : before) old.emplace(part.name, &part);
  std::vector<PartFate> fates;
  fates.reserve(now.size());
  for (const FilePart& part : now) {
    const auto was = old.find(part.name);
    const char* fate = was == old.end() ? "added" : was->second->hash == part.hash ? "kept" : "changed";
    fates.push_back({part.name, fate, part.bytes, part.hash, {}});
    if (was != old.end()) old.erase(was);
  }
  for (const FilePart& part : before) {
    if (old.contains(part.name)) fates.push_back({part.name, "removed", part.bytes, {}, {}});
  }
  return fates;
}

}  // namespace

Result<PartsBefore> parts_before(Target& target, const Staged& staged, std::span<const std::string> names) {
  PartsBefore before;
  ZMIG_TRY(before.parts, target.file_parts());
  before.announced.reserve(staged.announced.size());
  for (const AnnouncedPart& part : staged.announced) before.announced.emplace_back(part.name, reasons_of(part, names));
  return before;
}

Result<std::optional<CheckResult>> parts_check(Target& target, const PartsBefore& before) {
  ZMIG_TRY(const std::vector<FilePart> now, target.file_parts());
  if (now.empty() && before.parts.empty()) return std::optional<CheckResult>();
  std::map<std::string_view, const std::vector<std::string>*> announced;
  for (const auto& [name, why] : before.announced) announced.emplace(name, &why);
  std::vector<PartFate> fates = fates_of(before.parts, now);
  Offences wrong;
  for (PartFate& fate : fates) {
    if (fate.fate == "kept") continue;
    const auto said = announced.find(fate.name);
    if (said != announced.end())
      fate.why = *said->second;
    else
      wrong.add(fmt::format("{} ({})", fate.name, fate.fate));
  }
  CheckResult check = wrong.result("parts", "", fates.size(), "what was not announced, byte for byte");
  check.observed = counts_of(fates);
  check.parts = std::move(fates);
  return std::optional<CheckResult>(std::move(check));
}

Result<CheckResult> parts_again(Target& target, const CheckResult& recorded) {
  ZMIG_TRY(const std::vector<FilePart> now, target.file_parts());
  std::vector<FilePart> left;
  left.reserve(recorded.parts.size());
  for (const PartFate& part : recorded.parts) {
    if (part.fate != "removed") left.push_back({part.name, part.bytes, part.hash});
  }
  std::vector<PartFate> fates = fates_of(left, now);
  std::set<std::string_view> written;
  for (const PartFate& part : recorded.parts) {
    if (part.fate != "kept") written.insert(part.name);
  }
  Offences wrong;
  for (PartFate& fate : fates) {
    if (fate.fate == "kept") continue;
    fate.why = {written.contains(fate.name) ? "written by the last commit, and not as it left it"
                                            : "not touched by the last commit, and not as it was then"};
    wrong.add(fmt::format("{} ({} since)", fate.name, fate.fate));
  }
  CheckResult check =
      wrong.result("parts", "since the last write", fates.size(), "every part as the last write left it");
  check.observed = counts_of(fates);
  check.parts = std::move(fates);
  return check;
}

}  // namespace zmig::run
