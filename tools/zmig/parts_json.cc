#include "parts_json.h"

#include <zmig/text.h>

namespace zmig::cli {

std::string dump(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

Json text_or_null(const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); }
Json time_or_null(const std::optional<UtcTime>& time) { return time ? Json(format_utc(*time)) : Json(nullptr); }

Json cost_json(const Cost& cost) {
  return {
      {"cells", cost.cells}, {"reads", cost.reads}, {"writes", cost.writes}, {"bytes", cost.bytes}, {"ms", cost.ms}};
}

namespace {

/// Null of every check but `parts`.
Json fates_json(const std::vector<PartFate>& parts) {
  if (parts.empty()) return nullptr;
  Json list = Json::array();
  for (const auto& part : parts)
    list.push_back({{"name", part.name},
                    {"fate", part.fate},
                    {"bytes", part.bytes},
                    {"hash", text_or_null(part.hash)},
                    {"why", part.why}});
  return list;
}

}  // namespace

Json check_json(const CheckResult& check) {
  return {{"id", check.id},
          {"subject", check.subject},
          {"outcome", to_string(check.outcome)},
          {"scope", check.scope},
          {"examined", check.examined},
          {"expected", text_or_null(check.expected)},
          {"observed", text_or_null(check.observed)},
          {"offending_count", check.offending_count},
          {"offending", check.offending},
          {"not_run_because", text_or_null(check.not_run_because)},
          {"parts", fates_json(check.parts)},
          {"text", check.text}};
}

Json checks_json(const std::vector<CheckResult>& checks) {
  Json list = Json::array();
  for (const auto& check : checks) list.push_back(check_json(check));
  return list;
}

Json backup_json(const BackupRow& backup) {
  auto sheets = Json::parse(backup.sheets_json, nullptr, false);
  return {{"id", "b" + std::to_string(backup.id)},
          {"title", backup.title},
          {"mode", backup.mode},
          {"location", backup.location},
          {"created_at", format_utc(backup.created)},
          {"verified_at", time_or_null(backup.verified)},
          {"expires_at", time_or_null(backup.expires)},
          {"position", backup.position},
          {"sha256", backup.sha256},
          {"bytes", backup.bytes},
          {"sheets", sheets.is_discarded() ? Json::array() : std::move(sheets)}};
}

Json where_json(const formats::Place& place) {
  if (place.file.empty() && place.cell.empty()) return nullptr;
  const auto number = [&](std::size_t value) { return place.line == 0 ? Json(nullptr) : Json(value); };
  return {{"file", text_or_null(place.file)},       {"line", number(place.line)},
          {"column", number(place.column)},         {"end_line", number(place.end_line)},
          {"end_column", number(place.end_column)}, {"cell", text_or_null(place.cell)}};
}

}  // namespace zmig::cli
