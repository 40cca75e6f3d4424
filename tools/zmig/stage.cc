#include "stage.h"

#include <cstdlib>
#include <filesystem>

#include <fmt/format.h>

#include <zmig/text.h>

#include "session.h"

namespace zmig::cli {
namespace {

namespace fs = std::filesystem;

/// One file under two names is one workbook, however it is spelt or linked.
bool same_file(const std::string& a, const std::string& b) {
  std::error_code failure;
  if (fs::weakly_canonical(a, failure) == fs::weakly_canonical(b, failure)) return true;
  return fs::equivalent(a, b, failure) && !failure;
}

Result<std::unique_ptr<Target>> named_copy(Session& session, const std::string& on) {
  ZMIG_TRY(const auto from, session.target_url());
  ZMIG_TRY(const auto to, parse_target_url(on, session.ports().files));
  if (from.scheme == to.scheme && (from.rest == to.rest || same_file(from.rest, to.rest)))
    return make_error(Errc::invalid_input, "ZM0711", fmt::format("{} is the workbook itself", zmig::quoted(redact(on))),
                      "rehearse on a copy: --on copy, or `zmig copy` makes one");
  ZMIG_TRY(const Environment* env, session.environment());
  return open_target(to, env->options, session.ports());
}

Result<std::unique_ptr<Target>> file_copy(Session& session, const std::string& folder) {
  ZMIG_TRY(const auto from, session.target_url());
  ZMIG_TRY(const Environment* env, session.environment());
  const auto* kind = find_target_kind(from.scheme);
  if (kind == nullptr || kind->duplicate == nullptr)
    return make_error(Errc::unsupported, "ZM0325", fmt::format("a {}: workbook cannot be copied as it is", from.scheme),
                      "rehearse on the twin: leave --on out");
  const auto place = (fs::path(folder) / fs::path(from.rest).filename()).string();
  ZMIG_CHECK_OK(kind->duplicate(from.rest, place, env->options));
  return kind->open(place, env->options, session.ports());
}

}  // namespace

Result<std::unique_ptr<Scratch>> Scratch::make() {
  std::error_code failure;
  auto base = fs::temp_directory_path(failure);
  if (failure) base = "/tmp";
  std::string name = (base / "zmig-rehearsal-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr)
    return make_error(Errc::io, "ZM0714", fmt::format("no folder can be made in {}", zmig::quoted(base.string())),
                      "look at its space and permissions, or set TMPDIR");
  return std::unique_ptr<Scratch>(new Scratch(std::move(name)));
}
Scratch::~Scratch() {
  std::error_code failure;
  fs::remove_all(folder_, failure);  // left behind in the worst case: it is a temporary folder
}

Result<Stage> open_stage(Session& session, const std::string& on) {
  Stage stage;
  ZMIG_TRY(Target * live, session.target());
  ZMIG_TRY(stage.scratch, Scratch::make());
  stage.options.scratch = stage.scratch->folder();
  stage.options.on = redact(on);
  if (on == "twin") {
    ZMIG_TRY(stage.target, make_twin(*live));
  } else if (on == "copy") {
    ZMIG_TRY(stage.target, file_copy(session, stage.scratch->folder()));
  } else {
    ZMIG_TRY(stage.target, named_copy(session, on));
  }
  ZMIG_CHECK_OK(stage.target->inspect());
  return stage;
}

}  // namespace zmig::cli
