#include "config.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <fmt/format.h>

#include <zmig/text.h>

#include "config_reader.h"

namespace zmig::cli {
namespace {

namespace fs = std::filesystem;

/// What hooks are told besides (without `ZMIG_`); a zmig that a hook calls finds them and has no use for them.
constexpr std::array kToldToHooks{"EVENT", "RUN", "DEPLOYMENT", "MIGRATION", "POSITION", "REPORT"};

constexpr std::array kVariables{"ZMIG_ENV",
                                "ZMIG_CONFIG",
                                "ZMIG_TARGET",
                                "ZMIG_LEDGER",
                                "ZMIG_STATE_DIR",
                                "ZMIG_COLOR",
                                "ZMIG_ASCII",
                                "ZMIG_PROGRESS",
                                "ZMIG_FORMAT",
                                "ZMIG_LOG_LEVEL",
                                "ZMIG_LOG_DIR",
                                "ZMIG_NO_INPUT",
                                "ZMIG_YES",
                                "ZMIG_CONFIRM",
                                "ZMIG_REASON",
                                "ZMIG_ACTOR",
                                "ZMIG_TIMEOUT",
                                "ZMIG_LOCK_TIMEOUT",
                                "ZMIG_ROLLBACK_WINDOW",
                                "ZMIG_FAIL_ON",
                                "ZMIG_CI_REF",
                                "ZMIG_FAILPOINT",
                                "ZMIG_FAILPOINT_LOG",
                                "ZMIG_MAX_RPS",
                                "ZMIG_BUDGET",
                                "ZMIG_GOOGLE_CREDENTIALS_FILE",
                                "ZMIG_GSHEET_ENDPOINT",
                                "ZMIG_GSHEET_ENDPOINT_ALLOW",
                                "ZMIG_GSHEET_CA_FILE",
                                "ZMIG_GSHEET_SUBJECT",
                                "ZMIG_GSHEET_BATCH_BYTES",
                                "ZMIG_GSHEET_CONCURRENCY",
                                "ZMIG_GSHEET_SCAN",
                                "ZMIG_GSHEET_TABLES"};

/// NAME=VALUE lines; `#` begins a comment, quotes around a value are taken off. The environment is stronger.
void read_env_file(Reader& reader, const toml::node& node, Config& config) {
  const auto* name = node.as_string();
  if (name == nullptr) return reader.bad_value(node, "zmig.env_file", "a file of NAME=VALUE lines");
  std::ifstream in(resolve(config, name->get()));
  if (!in)
    return reader.finding(node.source(), "ZM0702", fmt::format("there is no file {}", zmig::quoted(name->get())),
                          "named here", "write it, or take the key out");
  std::size_t number = 0;
  for (std::string line; std::getline(in, line);) {
    ++number;
    if (!line.empty() && line.back() == '\r') line.pop_back();
    const auto begin = line.find_first_not_of(" \t");
    if (begin == std::string::npos || line[begin] == '#') continue;
    if (line.compare(begin, 7, "export ") == 0) line.erase(0, begin + 7);
    const auto equals = line.find('=');
    if (equals == std::string::npos || equals == 0) {
      reader.finding(node.source(), "ZM0702",
                     fmt::format("line {} of {} is not NAME=VALUE", number, zmig::quoted(name->get())), "named here",
                     "write one variable a line");
      continue;
    }
    auto value = line.substr(equals + 1);
    if (value.size() >= 2 && (value.front() == '"' || value.front() == '\'') && value.back() == value.front())
      value = value.substr(1, value.size() - 2);
    config.env_file[line.substr(line.find_first_not_of(" \t"), equals - line.find_first_not_of(" \t"))] = value;
  }
}

void read_file(const std::string& path, Config& config, SourceMap& sources, Diagnostics& out) {
  Reader reader(path, sources, out);
  const auto before = static_cast<std::ptrdiff_t>(out.all().size());
  if (!reader.open()) return;
  if (const auto* file = reader.table()["zmig"]["env_file"].node()) read_env_file(reader, *file, config);
  read_table(reader, reader.table(), "", top_keys(reader, config));
  note_leaves(reader, reader.table(), "", config.written);
  // Tables are read by name; people read from the top.
  std::stable_sort(out.all().begin() + before, out.all().end(), [](const Diagnostic& a, const Diagnostic& b) {
    return a.primary.span && b.primary.span && a.primary.span->begin < b.primary.span->begin;
  });
}

/// Names of environments that were given and are not there.
void check_names(const Config& config, Diagnostics& out) {
  std::vector<std::string> known;
  for (const auto& [name, env] : config.environments) known.push_back(name);
  const auto check = [&](const std::string& name, const std::optional<Span>& place, const std::string& key) {
    if (name.empty() || config.environments.contains(name)) return;
    Diagnostic wrong;
    wrong.code = "ZM0702";
    wrong.message = fmt::format("{} is not a value for {}", zmig::quoted(name), zmig::quoted(key));
    wrong.primary.span = place;
    wrong.primary.text = "there is no such environment";
    const auto close = nearest(name, known);
    wrong.help = close           ? fmt::format("did you mean `{}`?", *close)
                 : known.empty() ? "add a section [env.NAME]"
                                 : "known: " + join(known, ", ");
    out.add(std::move(wrong));
  };
  check(config.default_env, config.default_env_at, "zmig.default_env");
  const auto no_values = [&](const std::optional<Span>& place) {
    Diagnostic wrong;
    wrong.code = "ZM0702";
    wrong.message = "true is not a value for \"log.values\" beside a guarded environment";
    wrong.primary.span = place;
    wrong.primary.text = "cell values would stand in the log";
    wrong.help = "take it out, or write it into zmig.user.toml of a project without `confirm = \"typed\"`";
    out.add(std::move(wrong));
  };
  bool guarded = false;
  for (const auto& [name, env] : config.environments) {
    guarded = guarded || env.confirm == Confirm::typed;
    if (env.confirm == Confirm::typed && env.log_values_at) no_values(env.log_values_at);
  }
  if (config.log_values && guarded) no_values(config.log_values_at);
  for (const auto& [name, env] : config.environments) {
    if (env.backup_required || !env.confirm || *env.confirm == Confirm::none) continue;
    Diagnostic wrong;
    wrong.code = "ZM0702";
    wrong.message =
        fmt::format("false is not a value for {} beside `confirm`", zmig::quoted("env." + name + ".backup.required"));
    wrong.primary.span = env.backup_required_at;
    wrong.primary.text = "who has to be asked has something to lose";
    wrong.help = "take it out, or say confirm = \"none\"";
    out.add(std::move(wrong));
  }
  for (const auto& [name, env] : config.environments) check(env.copy_of, env.copy_of_at, "env." + name + ".copy_of");
}

std::string find_file(const std::string& start) {
  std::error_code error;
  for (auto folder = fs::absolute(start, error); !folder.empty(); folder = folder.parent_path()) {
    if (fs::is_regular_file(folder / "zmig.toml", error))
      return fs::proximate(folder / "zmig.toml", fs::absolute(start, error), error).string();
    if (fs::exists(folder / ".git", error) || folder == folder.root_path()) break;
  }
  return {};
}

}  // namespace

void LintConfig::over(const LintConfig& stronger) {
  const auto take = [](auto& mine, const auto& other) {
    if (other) mine = other;
  };
  take(fail_on, stronger.fail_on);
  take(header_pattern, stronger.header_pattern);
  take(base, stronger.base);
  take(min_window, stronger.min_window);
  take(max_calls, stronger.max_calls);
  take(max_cells, stronger.max_cells);
  take(max_duration, stronger.max_duration);
  for (const auto& [id, severity] : stronger.rules) rules[id] = severity;
}

bool is_environment_name(std::string_view name) {
  return !name.empty() && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
}

Result<std::chrono::milliseconds> parse_duration(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
  using std::chrono::hours, std::chrono::milliseconds, std::chrono::minutes, std::chrono::seconds;
  if (failure == std::errc() && number >= 0 && number <= 1'000'000) {
    if (unit == "ms") return milliseconds(number);
    if (unit == "s") return milliseconds(seconds(number));
    if (unit == "m") return milliseconds(minutes(number));
    if (unit == "h") return milliseconds(hours(number));
    if (unit == "d") return milliseconds(hours(24 * number));
  }
  return make_error(Errc::invalid_input, "ZM0702", fmt::format("{} is no duration", zmig::quoted(text)),
                    "write 30s, 15m, 1h or 7d");
}

Config load_config(const std::optional<std::string>& file, const std::string& start, SourceMap& sources,
                   Diagnostics& out) {
  Config config;
  std::error_code error;
  config.file = file ? *file : find_file(start);
  if (file && !fs::is_regular_file(*file, error)) {
    Diagnostic missing;
    missing.code = "ZM0702";
    missing.message = fmt::format("there is no configuration file {}", zmig::quoted(*file));
    missing.help = "make one with `zmig init`, or name another with --config";
    out.add(std::move(missing));
    return config;
  }
  if (config.file.empty()) return config;
  const fs::path folder = fs::path(config.file).parent_path();
  config.root = folder.empty() ? "." : folder.string();
  read_file(config.file, config, sources, out);
  const auto user = folder / "zmig.user.toml";
  if (fs::is_regular_file(user, error)) read_file(user.string(), config, sources, out);
  if (!out.has_errors()) check_names(config, out);
  return config;
}

std::optional<std::string> Variables::get(const std::string& name) const {
  const auto found = values.find(name);
  return found == values.end() || found->second.empty() ? std::nullopt : std::optional(found->second);
}

Variables read_variables(char** environment, Diagnostics& out) {
  Variables variables;
  const std::vector<std::string> known(kVariables.begin(), kVariables.end());
  for (char** entry = environment; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    if (!text.starts_with("ZMIG_")) continue;
    const auto equals = text.find('=');
    const std::string name(text.substr(0, equals));
    if (std::ranges::find(kToldToHooks, std::string_view(name).substr(5)) != kToldToHooks.end()) continue;
    if (std::ranges::find(known, name) == known.end()) {
      Diagnostic warning;
      warning.severity = Severity::warning;
      warning.code = "ZM0706";
      warning.message = fmt::format("nothing reads the variable {}", zmig::quoted(name));
      if (const auto close = nearest(name, known)) warning.help = fmt::format("did you mean {}?", *close);
      out.add(std::move(warning));
      continue;
    }
    if (equals != std::string_view::npos) variables.values[name] = std::string(text.substr(equals + 1));
  }
  return variables;
}

void take_log_settings(Config& config, const std::string& level, const Variables& variables) {
  if (!level.empty()) config.log_level = level;
  if (const auto folder = variables.get("ZMIG_LOG_DIR")) config.log_dir = fs::absolute(*folder).string();
}

void choose_environment(Config& config, const Environment& env) {
  if (env.overrides.empty()) return;
  SourceMap unseen;  // what is wrong with them was said when the file was read
  Diagnostics said;
  Reader reader("", unseen, said);
  try {
    reader.take(toml::parse(env.overrides));
  } catch (const toml::parse_error&) { ZMIG_ASSERT(false, "what was written as TOML is TOML"); }
  Keys keys;
  for (const auto& [name, node] : reader.table())
    keys.emplace_back(name.str(), table_key(reader, [&, table = std::string(name.str())] {
                        return keys_over_top(reader, config, table);
                      }));
  read_table(reader, reader.table(), "", keys);
}

std::string resolve(const Config& config, const std::string& path) {
  const fs::path given(path);
  if (given.is_absolute() || config.root == ".") return path;
  return (fs::path(config.root) / given).lexically_normal().string();
}

}  // namespace zmig::cli
