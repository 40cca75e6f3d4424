#include <nlohmann/json.hpp>

#include "hooks.h"

namespace zmig::cli {

std::string to_json(const HookEvent& event) {
  using Json = nlohmann::json;
  const auto text_or_null = [](const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); };
  const Json json{{"event", event.name},
                  {"env", text_or_null(event.env)},
                  {"target", event.target},
                  {"run", text_or_null(event.run)},
                  {"deployment", text_or_null(event.deployment)},
                  {"migration", event.migration},
                  {"position", event.position},
                  {"report", text_or_null(event.report)}};
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace zmig::cli
