// The file of `plan --save`: what binds the plan, and the plan itself for people and reviews.

#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include <zmig/text.h>

#include "reports.h"
#include "saved_plan.h"

namespace zmig::cli {
namespace {

using Json = nlohmann::json;

Error no_plan(const std::string& path, const std::string& why) {
  return make_error(Errc::conflict, "ZM0303", fmt::format("{} is no saved plan: {}", zmig::quoted(path), why),
                    "`zmig plan --save FILE` writes one");
}

}  // namespace

std::string to_json(const SavedPlan& saved, const Plan& plan) {
  Json files = Json::array(), regions = Json::array();
  for (const auto& file : saved.files)
    files.push_back({{"number", file.number}, {"slug", file.slug}, {"hash", file.hash}});
  for (const auto& region : saved.regions)
    regions.push_back({{"sheet", region.sheet}, {"column", region.column}, {"hash", region.hash}});
  const Json bound{{"target", saved.target},
                   {"target_id", saved.target_id},
                   {"stamp", {{"number", saved.stamp}, {"run", saved.stamp_run}}},
                   {"ledger", saved.ledger},
                   {"files", files},
                   {"regions", regions},
                   {"fingerprint", saved.fingerprint}};
  const Json out{{"saved_plan", 1},          {"tool", saved.tool},
                 {"made_at", saved.made_at}, {"from", saved.from},
                 {"to", saved.to},           {"out_of_order", saved.out_of_order},
                 {"bound_to", bound},        {"plan", Json::parse(plan_to_json(plan))}};
  return out.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

Result<SavedPlan> saved_plan_from_json(const std::string& text, const std::string& path) {
  try {
    const Json in = Json::parse(text);
    if (in.at("saved_plan").get<int>() != 1) return no_plan(path, "it was written by a newer zmig");
    SavedPlan saved;
    saved.tool = in.at("tool").get<std::string>();
    saved.made_at = in.at("made_at").get<std::string>();
    saved.from = in.at("from").get<std::uint32_t>();
    saved.to = in.at("to").get<std::uint32_t>();
    saved.out_of_order = in.at("out_of_order").get<bool>();
    const Json& bound = in.at("bound_to");
    saved.target = bound.at("target").get<std::string>();
    saved.target_id = bound.at("target_id").get<std::string>();
    saved.stamp = bound.at("stamp").at("number").get<std::uint64_t>();
    saved.stamp_run = bound.at("stamp").at("run").get<std::string>();
    saved.ledger = bound.at("ledger").get<std::string>();
    saved.fingerprint = bound.at("fingerprint").get<std::string>();
    for (const Json& file : bound.at("files"))
      saved.files.push_back({file.at("number").get<std::uint32_t>(), file.at("slug").get<std::string>(),
                             file.at("hash").get<std::string>()});
    for (const Json& region : bound.at("regions"))
      saved.regions.push_back({region.at("sheet").get<std::string>(), region.at("column").get<std::string>(),
                               region.at("hash").get<std::string>()});
    if (saved.fingerprint.empty() || saved.files.empty()) return no_plan(path, "it binds nothing");
    return saved;
  } catch (const Json::exception&) { return no_plan(path, "it cannot be read"); }
}

}  // namespace zmig::cli
