// The pipeline files of docs/ci/ are YAML, and say what they have to.
#include <yaml-cpp/yaml.h>

#include "docs/doc.h"
#include "support/catch.h"

using namespace zmig;

namespace {

YAML::Node load(const char* name) { return YAML::LoadFile((docs::source_dir() / "docs" / "ci" / name).string()); }

std::vector<std::string> commands_of(const YAML::Node& steps) {
  std::vector<std::string> out;
  for (const auto& step : steps)
    if (step["run"]) out.push_back(step["run"].as<std::string>());
  return out;
}

}  // namespace

TEST_CASE("a text that is no YAML is found out") { CHECK_THROWS(YAML::Load("a: [1, 2\nb: }")); }

TEST_CASE("the workflow for GitHub is YAML, runs zmig ci and keeps the report") {
  const auto file = load("github.yml");
  CHECK(file["on"]["pull_request"]["paths"].size() == 4);
  CHECK(file["permissions"]["contents"].as<std::string>() == "read");
  const auto steps = file["jobs"]["migrations"]["steps"];
  const auto commands = commands_of(steps);
  CHECK(std::count(commands.begin(), commands.end(), "zmig ci --env test --format github") == 1);
  bool kept = false, whole = false;
  for (const auto& step : steps) {
    if (!step["uses"]) continue;
    const auto uses = step["uses"].as<std::string>();
    if (uses.rfind("actions/upload-artifact", 0) == 0) kept = step["with"]["path"].as<std::string>() == "zmig-report";
    if (uses.rfind("actions/checkout", 0) == 0) whole = step["with"]["fetch-depth"].as<int>() == 0;
  }
  CHECK(kept);
  CHECK(whole);  // the base of the pull request has to be there
}

TEST_CASE("the job for GitLab is YAML, runs zmig ci and keeps the report") {
  const auto job = load("gitlab.yml")["zmig"];
  CHECK(job["script"].as<std::vector<std::string>>() == std::vector<std::string>{"zmig ci --env test"});
  CHECK(job["artifacts"]["when"].as<std::string>() == "always");
  CHECK(job["artifacts"]["reports"]["junit"].as<std::string>() == "zmig-report/junit.xml");
  CHECK(job["variables"]["GIT_DEPTH"].as<std::string>() == "0");
}

TEST_CASE("the configuration of pre-commit is YAML and runs the two checks") {
  std::vector<std::string> entries;
  for (const auto& hook : load("pre-commit-config.yaml")["repos"][0]["hooks"]) {
    CHECK_FALSE(hook["pass_filenames"].as<bool>());
    entries.push_back(hook["entry"].as<std::string>());
  }
  CHECK(entries == std::vector<std::string>{"zmig fmt --check", "zmig lint --staged"});
}
