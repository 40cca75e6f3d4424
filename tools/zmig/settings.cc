// Every setting with its origin: what a flag, a variable, a file or nobody said.

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include <zmig/text.h>

#include "doctor.h"
#include "session.h"

namespace zmig::cli {
namespace {

/// A key, its default, and what overrides it. A test compares the keys with those that docs/cli.md describes.
struct Known {
  std::string_view key, fallback, variable = {};
};
constexpr std::array kTop{
    Known{"zmig.format", "1"},
    Known{"zmig.requires", "any version"},
    Known{"zmig.env_file", "none"},
    Known{"zmig.project", "the name of the folder"},
    Known{"zmig.default_env", "the only environment", "ZMIG_ENV"},
    Known{"zmig.dir", "\"migrations\""},
    Known{"zmig.schemas", "\"schemas\""},
    Known{"zmig.state_dir", "\".zmig\"", "ZMIG_STATE_DIR"},
    Known{"zmig.ledger", "ledger.db in the state folder", "ZMIG_LEDGER"},
    Known{"zmig.rollback_window", "\"7d\"", "ZMIG_ROLLBACK_WINDOW"},
    Known{"zmig.actor", "the name of the user", "ZMIG_ACTOR"},
    Known{"lint.fail_on", "\"error\""},
    Known{"lint.rules", "{}"},
    Known{"lint.header_pattern", "any header"},
    Known{"lint.base", "none"},
    Known{"lint.min_window", "\"7d\""},
    Known{"lint.max_calls", "no limit"},
    Known{"lint.max_cells", "no limit"},
    Known{"lint.max_duration", "no limit"},
    Known{"gsheet.endpoint", "Google", "ZMIG_GSHEET_ENDPOINT"},
    Known{"gsheet.endpoint_allow", "[]", "ZMIG_GSHEET_ENDPOINT_ALLOW"},
    Known{"gsheet.ca_file", "those of the system", "ZMIG_GSHEET_CA_FILE"},
    Known{"gsheet.subject", "the account itself", "ZMIG_GSHEET_SUBJECT"},
    Known{"gsheet.batch_bytes", "2000000", "ZMIG_GSHEET_BATCH_BYTES"},
    Known{"gsheet.concurrency", "\"optimistic\"", "ZMIG_GSHEET_CONCURRENCY"},
    Known{"gsheet.scan", "\"sheet\"", "ZMIG_GSHEET_SCAN"},
    Known{"gsheet.tables", "false", "ZMIG_GSHEET_TABLES"},
    Known{"contract.file", "none"},
    Known{"contract.uphold", "[]"},
    Known{"contract.extras", "\"allow\""},
    Known{"contract.positions", "true"},
    Known{"ci.env", "that of the command"},
    Known{"ci.rehearse_on", "\"twin\""},
    Known{"ci.base", "that of the CI system"},
    Known{"ci.dir", "\"zmig-report\""},
    Known{"ci.fail_on", "\"warning\""},
    Known{"ci.max_duration", "no limit"},
    Known{"ci.allow_skip", "[]"},
    Known{"ci.comment", "\"update\""},
    Known{"report.dir", "reports in the state folder"},
    Known{"report.formats", "[\"md\", \"json\"]"},
    Known{"hooks.before_apply", "[]"},
    Known{"hooks.smoke", "[]"},
    Known{"hooks.on_applied", "[]"},
    Known{"hooks.on_undone", "[]"},
    Known{"hooks.on_failed", "[]"},
    Known{"ledger.keep", "\"forever\""},
    Known{"ledger.allow_network", "false"},
    Known{"output.color", "\"auto\"", "ZMIG_COLOR"},
    Known{"output.progress", "\"auto\"", "ZMIG_PROGRESS"},
    Known{"output.ascii", "false", "ZMIG_ASCII"},
    Known{"output.width", "\"auto\""},
    Known{"log.dir", "logs in the state folder", "ZMIG_LOG_DIR"},
    Known{"log.level", "\"info\"", "ZMIG_LOG_LEVEL"},
    Known{"log.format", "\"text\""},
    Known{"log.keep", "\"90d\""},
    Known{"log.values", "false"},
};
constexpr std::array kOfEnvironment{
    Known{"target", "none", "ZMIG_TARGET"},
    Known{"expect_title", "any"},
    Known{"copy_of", "none"},
    Known{"confirm", "\"none\" for local files, else \"prompt\""},
    Known{"reason", "\"optional\""},
    Known{"read_only", "false"},
    Known{"lock", "true"},
    Known{"protect", "[]"},
    Known{"out_of_order", "\"refuse\""},
    Known{"drift", "\"refuse\""},
    Known{"rollback_window", "that of [zmig]", "ZMIG_ROLLBACK_WINDOW"},
    Known{"on_failed_verify", "\"stop\""},
    Known{"lock_timeout", "\"30s\"", "ZMIG_LOCK_TIMEOUT"},
    Known{"locale", "that of the workbook"},
    Known{"timezone", "that of the workbook"},
    Known{"contract", "[contract]"},
    Known{"hooks", "[hooks]"},
    Known{"log", "[log]"},
    Known{"credentials", "\"default\"", "ZMIG_GOOGLE_CREDENTIALS_FILE"},
    Known{"quota.reads_per_minute", "55"},
    Known{"quota.writes_per_minute", "55"},
    Known{"quota.calls_per_run", "no limit", "ZMIG_BUDGET"},
    Known{"quota.max_wait", "\"10m\""},
    Known{"connect_timeout", "\"10s\""},
    Known{"request_timeout", "\"200s\""},
    Known{"gsheet", "[gsheet]"},
    Known{"backup.dir", "backups in the state folder"},
    Known{"backup.required", "true"},
    Known{"backup.modes", "[\"cells\"]"},
    Known{"backup.folder", "where the service likes"},
    Known{"backup.max_age", "\"1h\""},
    Known{"backup.name", "{title}_{position}_backup_{date}_{time}"},
    Known{"backup.keep", "the rollback window"},
    Known{"backup.keep_last", "1"},
    Known{"verify.sensitive", "[]"},
    Known{"verify.sample", "\"full\""},
    Known{"csv.files", "[\"*.csv\", \"*.tsv\"]"},
    Known{"csv.dialect", "\"detect\""},
    Known{"csv.delimiter", "detected"},
    Known{"csv.encoding", "detected"},
    Known{"csv.ragged", "\"pad\""},
    Known{"csv.formula", "\"refuse\""},
    Known{"xlsx.extend", "\"filter\""},
    Known{"xlsx.compress", "\"match\""},
    Known{"xlsx.max_sheet_bytes", "\"4GiB\""},
    Known{"sqlite.triggers", "\"refuse\""},
    Known{"sqlite.strict", "false"},
    Known{"sqlite.order", "\"auto\""},
    Known{"files.break_hardlinks", "false"},
    Known{"lint.fail_on", "that of [lint]"},
    Known{"lint.rules", "those of [lint]"},
    Known{"lint.header_pattern", "that of [lint]"},
    Known{"lint.base", "that of [lint]"},
    Known{"lint.min_window", "that of [lint]"},
    Known{"lint.max_calls", "that of [lint]"},
    Known{"lint.max_cells", "that of [lint]"},
    Known{"lint.max_duration", "that of [lint]"},
};

/// The flag that was typed for a key, as typed.
std::optional<Setting> from_flag(const Globals& globals, std::string_view key) {
  const auto made = [&](const std::string& value, std::string_view flag) {
    return Setting{std::string(key), redact(value), std::string(flag)};
  };
  if (key == "zmig.default_env" && globals.env) return made(*globals.env, "--env");
  if (key.ends_with(".target") && globals.target) return made(*globals.target, "--target");
  if (key.ends_with(".credentials") && globals.credentials) return made(*globals.credentials, "--credentials");
  if (key.ends_with(".calls_per_run") && globals.budget)
    return made(std::to_string(*globals.budget), "--budget or ZMIG_BUDGET");
  if (key.ends_with(".lock_timeout") && globals.lock_timeout)
    return made(fmt::format("{}ms", globals.lock_timeout->count()), "--lock-timeout or ZMIG_LOCK_TIMEOUT");
  return std::nullopt;
}

void add(Session& session, const std::string& key, const Known& known, std::vector<Setting>& out) {
  if (auto flag = from_flag(session.globals(), key)) return out.push_back(std::move(*flag));
  if (!known.variable.empty()) {
    const std::string name(known.variable);
    if (const auto value = session.variables().get(name)) return out.push_back({key, redact(*value), name});
  }
  const auto& written = session.config().written;
  if (const auto found = written.find(key); found != written.end()) {
    auto setting = found->second;
    setting.value = redact(setting.value);
    return out.push_back(std::move(setting));
  }
  out.push_back({key, std::string(known.fallback), "default"});
}

}  // namespace

std::vector<Setting> all_settings(Session& session) {
  std::vector<Setting> out;
  for (const auto& known : kTop) add(session, std::string(known.key), known, out);
  for (const auto& [name, env] : session.config().environments) {
    const auto prefix = "env." + name + ".";
    for (const auto& known : kOfEnvironment) add(session, prefix + std::string(known.key), known, out);
    for (const auto& [key, setting] : session.config().written)
      if (key.starts_with(prefix + "header_row.")) out.push_back(setting);
  }
  // A key that this list lacks is shown all the same.
  for (const auto& [key, setting] : session.config().written)
    if (std::ranges::find(out, key, &Setting::key) == out.end()) out.push_back(setting);
  return out;
}

}  // namespace zmig::cli
