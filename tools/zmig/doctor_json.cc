#include "doctor.h"
#include "parts_json.h"

namespace zmig::cli {

std::string to_json(const DoctorReport& report) {
  Json checks = Json::array(), settings = nullptr;
  for (const auto& one : report.checks)
    checks.push_back({{"id", one.id},
                      {"outcome", to_string(one.health)},
                      {"severity", one.exit != 0                   ? "error"
                                   : one.health == Health::warning ? "warning"
                                                                   : "info"},
                      {"message", one.message},
                      {"help", text_or_null(one.help)},
                      {"where", text_or_null(one.where)}});
  if (report.show_settings) {
    settings = Json::array();
    for (const auto& one : report.settings)
      settings.push_back({{"key", one.key}, {"value", one.value}, {"origin", one.origin}});
  }
  const Json out{{"checks", checks},
                 {"summary",
                  {{"ok", report.count(Health::ok)},
                   {"warning", report.count(Health::warning)},
                   {"failed", report.count(Health::failed)},
                   {"not_run", report.count(Health::not_run)}}},
                 {"config", settings}};
  return out.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace zmig::cli
