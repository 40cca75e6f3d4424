#include "permissions.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include <zmig/text.h>

#include "session.h"

namespace zmig::cli {
namespace {

/// Flags by which somebody takes something upon himself.
constexpr std::array kConsents{"--accept-unfollowed", "--allow-drift",    "--allow-loss",     "--allow-skip",
                               "--allow-protected",   "--accept-dialect", "--open-elsewhere", "--override-window",
                               "--no-backup-first",   "--reapply",        "--restart",        "--discard-later-edits",
                               "--from-other"};

std::vector<std::string> consents_of(const Arguments& arguments) {
  std::vector<std::string> out;
  for (const char* flag : kConsents) {
    for (const std::string& value : arguments.all(flag))
      out.push_back(value.empty() ? std::string(flag) : fmt::format("{} {}", flag, value));
  }
  if (arguments.one("--out-of-order") == "allow") out.emplace_back("--out-of-order allow");
  return out;
}

}  // namespace

void take_permissions(Session& session, const Arguments& arguments) {
  session.permit(arguments);
  session.permit(consents_of(arguments), [arguments](TargetOptions& options) {
    options.accept_dialect = arguments.has("--accept-dialect");
    options.open_elsewhere = arguments.one("--open-elsewhere").value_or("");
  });
}

Result<std::vector<std::pair<std::string, std::string>>> read_keep(const Arguments& arguments) {
  std::vector<std::pair<std::string, std::string>> out;
  for (const std::string& entry : arguments.all("--keep")) {
    const auto equals = entry.rfind('=');
    const auto usage = [&](std::string help) {
      return make_error(Errc::invalid_input, "ZM0703",
                        fmt::format("{} is not FILE=live or FILE=before", zmig::quoted(entry)), std::move(help));
    };
    if (equals == std::string::npos || equals == 0) return usage("write --keep Pedidos.csv=live");
    auto file = entry.substr(0, equals), version = entry.substr(equals + 1);
    if (version == "after")
      return usage("the version that the run wrote is the one that was edited: `live` keeps it with the edits");
    if (version != "live" && version != "before") return usage("write --keep Pedidos.csv=live");
    if (std::ranges::any_of(out, [&](const auto& one) { return one.first == file; }))
      return make_error(Errc::invalid_input, "ZM0703", fmt::format("two versions of {} are named", zmig::quoted(file)),
                        "one of them stays");
    out.emplace_back(std::move(file), std::move(version));
  }
  return out;
}

}  // namespace zmig::cli
