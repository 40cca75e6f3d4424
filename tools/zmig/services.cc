// What a service is told: flag, variable, environment, [gsheet], default, in that order.
#include "services.h"

#include <charconv>
#include <cstdlib>

#include <fmt/format.h>

#include <zmig/text.h>

namespace zmig::cli {
namespace {

Error wrong(const std::string& name, const std::string& value, std::string wanted) {
  return make_error(Errc::invalid_input, "ZM0702", fmt::format("{} is not a value for {}", zmig::quoted(value), name),
                    "expected " + std::move(wanted));
}

/// Of [gsheet]: the environment's own, else the one for all.
template <class Value, class Into>
void take(const std::optional<Value>& own, const std::optional<Value>& all, Into& into) {
  if (own)
    into = *own;
  else if (all)
    into = *all;
}

/// ZMIG_GSHEET_*: as in the file, with lists separated by commas.
class GsheetVariables {
 public:
  explicit GsheetVariables(const Variables& variables) : variables_(variables) {}

  Status read(GsheetOptions& options) {
    text("ENDPOINT", options.endpoint);
    text("CA_FILE", options.ca_file);
    text("SUBJECT", options.subject);
    if (const auto list = variables_.get("ZMIG_GSHEET_ENDPOINT_ALLOW")) options.endpoint_allow = split(*list, ',');
    ZMIG_CHECK_OK(word("CONCURRENCY", {"optimistic", "guarded", "server"}, options.concurrency));
    ZMIG_CHECK_OK(word("SCAN", {"structure", "sheet", "workbook"}, options.scan));
    std::string flag = options.tables ? "true" : "false";
    ZMIG_CHECK_OK(word("TABLES", {"true", "false"}, flag));
    options.tables = flag == "true";
    const auto bytes = variables_.get("ZMIG_GSHEET_BATCH_BYTES");
    if (!bytes) return ok();
    const auto number = whole_number(*bytes);
    if (!number || *number < 1000) return wrong("ZMIG_GSHEET_BATCH_BYTES", *bytes, "a number from 1000");
    options.batch_bytes = *number;
    return ok();
  }

 private:
  void text(const std::string& name, std::string& into) {
    if (auto value = variables_.get("ZMIG_GSHEET_" + name)) into = std::move(*value);
  }
  Status word(const std::string& name, const std::vector<std::string>& words, std::string& into) {
    const auto value = variables_.get("ZMIG_GSHEET_" + name);
    if (!value) return ok();
    if (std::find(words.begin(), words.end(), *value) == words.end())
      return wrong("ZMIG_GSHEET_" + name, *value, "one of: " + join(words, ", "));
    into = *value;
    return ok();
  }

  const Variables& variables_;
};

void take_credentials(const Config& config, const Environment* env, const Globals& globals, const Variables& variables,
                      GsheetOptions& options) {
  using Where = GsheetOptions::Credentials;
  // Typed here, so it counts from the current folder.
  auto file = globals.credentials;
  if (!file) file = variables.get("ZMIG_GOOGLE_CREDENTIALS_FILE");
  if (file) {
    options.credentials = Where::file;
    options.credentials_name = *file;
    return;
  }
  if (env == nullptr || !env->services.credentials) return;
  const CredentialsKey& key = *env->services.credentials;
  options.credentials = key.where;
  options.credentials_name = key.where == Where::file ? resolve(config, key.name) : key.name;
  options.credentials_command = key.command;
}

void take_keys(const Config& config, const ServiceKeys& own, GsheetOptions& options) {
  const GsheetKeys& all = config.gsheet;
  const GsheetKeys& mine = own.gsheet;
  take(mine.endpoint, all.endpoint, options.endpoint);
  take(mine.endpoint_allow, all.endpoint_allow, options.endpoint_allow);
  take(mine.ca_file, all.ca_file, options.ca_file);
  if (!options.ca_file.empty()) options.ca_file = resolve(config, options.ca_file);
  take(mine.subject, all.subject, options.subject);
  take(mine.batch_bytes, all.batch_bytes, options.batch_bytes);
  take(mine.concurrency, all.concurrency, options.concurrency);
  take(mine.scan, all.scan, options.scan);
  take(mine.tables, all.tables, options.tables);
  options.reads_per_minute = own.reads_per_minute.value_or(options.reads_per_minute);
  options.writes_per_minute = own.writes_per_minute.value_or(options.writes_per_minute);
  options.budget = own.calls_per_run.value_or(options.budget);
  options.max_wait = own.max_wait.value_or(options.max_wait);
  options.connect_timeout = own.connect_timeout.value_or(options.connect_timeout);
  options.request_timeout = own.request_timeout.value_or(options.request_timeout);
}

}  // namespace

std::optional<std::uint64_t> whole_number(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || failure != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

Result<GsheetOptions> gsheet_options(const Config& config, const Environment* env, const Globals& globals,
                                     const Variables& variables) {
  GsheetOptions options;
  take_keys(config, env == nullptr ? ServiceKeys() : env->services, options);
  if (env != nullptr) options.copy_folder = env->backup_folder;
  ZMIG_CHECK_OK(GsheetVariables(variables).read(options));
  take_credentials(config, env, globals, variables, options);
  if (globals.max_rps) options.max_rps = *globals.max_rps;
  if (globals.budget) options.budget = *globals.budget;
  if (globals.timeout) options.max_wait = std::min(options.max_wait, *globals.timeout);
  const std::map<std::string, std::string> from_file = config.env_file;
  options.variable = [from_file](const std::string& name) -> std::optional<std::string> {
    if (const char* value = std::getenv(name.c_str())) return value;
    const auto found = from_file.find(name);
    return found == from_file.end() ? std::nullopt : std::optional(found->second);
  };
  return options;
}

}  // namespace zmig::cli
