#include "context.h"

#include <algorithm>
#include <sstream>

#include "render.h"

namespace sheets_server {

namespace {

constexpr const char* kAnyNumber = "NUMBER";

bool is_number(const std::string& text) {
  return !text.empty() && text.size() < 10 && text.find_first_not_of("0123456789") == std::string::npos;
}

// Knobs and the values they know; the first is the default.
const std::map<std::string, std::vector<std::string>>& choices() {
  static const std::map<std::string, std::vector<std::string>> kChoices = {
      {"copyKeepsDeveloperMetadata", {"yes", "no"}},
      {"deleteMetadataNoMatch", {"accept", "refuse"}},
      {"updateMetadataNoMatch", {"refuse", "accept"}},
      {"metadataIdScope", {"spreadsheet", "visibility"}},
      {"duplicateMetadataId", {"refuse", "accept", "renumber", "ignore"}},
      {"duplicateNamedRange", {"refuse", "accept"}},
      {"duplicateSheetTitle", {"refuse", "accept"}},
      {"duplicateSheetId", {"refuse", "accept"}},
      {"duplicateProtectedRange", {"refuse", "accept"}},
      {"missingProtectedRange", {"refuse", "accept"}},
      {"missingNamedRange", {"refuse", "accept"}},
      {"titleCase", {"ignore", "exact"}},
      {"strictValidation", {"no", "yes"}},
      {"readOnlySeesMetadata", {"yes", "no"}},
      {"recalcInBatch", {"yes", "no"}},
      {"insertInherits", {"yes", "no"}},
      {"copyColumnMetadata", {"no", "yes"}},
      {"serviceAccountStorage", {"unlimited", "zero"}},
      {"rangesHide", {"nothing", "outside"}},
      {"a1TitleCase", {"exact", "ignore"}},
      {"dataExecution", {"fails", "succeeds", "runs"}},
      {"namedRangeLag", {"0", kAnyNumber}},
      {"readLag", {"0", kAnyNumber}},
      {"driveLag", {"60", kAnyNumber}},
  };
  return kChoices;
}

}  // namespace

Settings::Settings() {
  for (const auto& [name, values] : choices()) knobs[name] = values.front();
  limits = {{"cells", 10000000},  {"columns", 18278}, {"characters", 50000},    {"metadata", 30000},
            {"requests", 100000}, {"title", 100},     {"exportBytes", 10485760}};
}

bool Settings::set_knob(const std::string& name, const std::string& value) {
  const auto it = choices().find(name);
  if (it == choices().end()) return false;
  const auto& known = it->second;
  const bool number = known.back() == kAnyNumber && is_number(value);
  if (!number && (value == kAnyNumber || std::find(known.begin(), known.end(), value) == known.end())) return false;
  knobs[name] = value;
  return true;
}

bool Settings::set_limit(const std::string& name, std::int64_t value) {
  if (limits.count(name) == 0 || value < 0) return false;
  limits[name] = value;
  return true;
}

bool Settings::set_behaviour(const std::string& name) {
  if (name != "A" && name != "B" && name != "AB" && name != "C") return false;
  const bool nothing = name == "C";
  knobs["duplicateMetadataId"] = name == "B" || nothing ? "accept" : "refuse";
  for (const char* knob : {"duplicateNamedRange", "duplicateSheetTitle", "duplicateSheetId", "duplicateProtectedRange",
                           "missingProtectedRange", "missingNamedRange"})
    knobs[knob] = nothing ? "accept" : "refuse";
  knobs["updateMetadataNoMatch"] = nothing ? "accept" : "refuse";
  return true;
}

int Ids::number() {
  for (;;) {
    const int out = static_cast<int>(random_() & 0x7fffffffU);
    if (out > 100000) return out;  // at least six digits, as those that were seen
  }
}

std::string Ids::token(std::size_t length) {
  constexpr const char* kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string out;
  while (out.size() < length) out += kAlphabet[random_() % 64];
  return out;
}

std::string Ids::state() const {
  std::ostringstream out;
  out << random_;
  return out.str();
}

bool Ids::restore(const std::string& text) {
  std::istringstream in(text);
  std::mt19937_64 read;
  if (!(in >> read)) return false;
  random_ = read;
  return true;
}

std::string Ids::spreadsheet() { return "1" + token(43); }

Refusal Context::rests_on(const std::string& rule) {
  if (deviations != nullptr) deviations->insert(rule);
  if (settings.strict_unverified && settings.excepted.count(rule) == 0)
    return not_implemented("the unverified choice " + rule);
  return {};
}

Refusal Context::may_edit(const GridRange& range) const {
  const Sheet* sheet = book.sheet(range.sheet);
  if (sheet == nullptr) return {};
  for (const RangeObject& object : sheet->layer(Layer::protection)) {
    if (flag(object.body, "warningOnly") || may_edit_protected(object, caller.email, owner)) continue;
    for (const Range& r : object.ranges) {
      if (!r.meets(range.cells)) continue;
      const Json& open = member(object.body, "unprotectedRanges");
      const Range cells = range.cells;
      const bool left_open = std::any_of(open.begin(), open.end(), [&cells, sheet](const Json& u) {
        const Range free{int_of(u, "startRowIndex"), int_of(u, "endRowIndex", sheet->row_count),
                         int_of(u, "startColumnIndex"), int_of(u, "endColumnIndex", sheet->column_count)};
        return free.covers(cells);
      });
      if (!left_open) {
        return invalid(
            "You are trying to edit a protected cell or object. Please contact the spreadsheet owner to remove "
            "protection if you "
            "need to edit.");
      }
    }
  }
  return {};
}

}  // namespace sheets_server
