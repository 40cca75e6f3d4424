#pragma once
// zmig.toml, zmig.user.toml and ZMIG_* variables (docs/cli.md "Configuration"). Every key that is accepted does
// something; any other is refused.

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <zmig/diagnostic.h>
#include <zmig/result.h>
#include <zmig/target.h>

#include "hooks.h"

namespace zmig::cli {

enum class Confirm { none, prompt, typed };

/// [lint], and [env.NAME] lint.*: what is not written is none.
struct LintConfig {
  std::optional<std::string> fail_on, header_pattern, base;
  std::map<std::string, std::string> rules;  ///< id -> error, warning, info, off
  std::optional<std::chrono::seconds> min_window;
  std::optional<std::uint64_t> max_calls, max_cells;
  std::optional<std::chrono::milliseconds> max_duration;
  /// What `stronger` says counts.
  void over(const LintConfig& stronger);
};
/// [contract].
struct ContractConfig {
  std::string file;                 ///< written at the end of a run; empty: none
  std::vector<std::string> uphold;  ///< contracts that are to hold
  bool extras_allowed = true, positions = true;
};

/// [ci]: what is not written is none; flags are stronger.
struct CiConfig {
  std::optional<std::string> env, rehearse_on, base, dir, fail_on;
  std::string comment = "update";  ///< update: found again by its first line; new: without it; never: none
  std::optional<std::chrono::milliseconds> max_duration;
  std::vector<std::string> allow_skip;
};
/// [report].
struct ReportConfig {
  std::optional<std::string> dir;  ///< none: reports in the state folder
  std::vector<std::string> formats{"md", "json"};
};

/// Where credentials are; never what they are.
struct CredentialsKey {
  GsheetOptions::Credentials where = GsheetOptions::Credentials::standard;
  std::string name;                  ///< path or variable
  std::vector<std::string> command;  ///< program and arguments
};

/// [gsheet], or gsheet of one environment.
struct GsheetKeys {
  std::optional<std::string> endpoint, ca_file, subject, concurrency, scan;
  std::optional<std::vector<std::string>> endpoint_allow;
  std::optional<std::uint64_t> batch_bytes;
  std::optional<bool> tables;
};

/// What an environment says of its service.
struct ServiceKeys {
  std::optional<CredentialsKey> credentials;
  std::optional<std::uint32_t> reads_per_minute, writes_per_minute;
  std::optional<std::uint64_t> calls_per_run;
  std::optional<std::chrono::milliseconds> max_wait, connect_timeout, request_timeout;
  GsheetKeys gsheet;
};

/// One [env.NAME].
struct Environment {
  std::string name;
  std::string target;  ///< as written, ${NAME} expanded
  bool typed = false;  ///< from --target or ZMIG_TARGET: a path counts from the current folder
  std::string expect_title, copy_of;
  std::optional<Span> copy_of_at;  ///< where it is written
  std::optional<Confirm> confirm;  ///< none: `none` for local files, else `prompt`
  bool takes_back = false;         ///< on_failed_verify = "down"
  bool locks = true;               ///< false: no lock files; only for one writer
  bool reason_required = false, read_only = false, out_of_order = false, allow_drift = false;
  std::vector<std::string> protect;
  std::optional<std::chrono::seconds> rollback_window;
  std::optional<std::chrono::milliseconds> lock_timeout;
  std::optional<std::string> backup_dir;
  bool backup_required = true;
  std::vector<std::string> backup_modes{"cells"};
  std::string backup_folder;                        ///< of the service, for service-copy
  std::string backup_name;                          ///< pattern; empty: the usual one
  std::optional<std::chrono::seconds> backup_keep;  ///< none: the rollback window
  std::optional<std::uint32_t> backup_keep_last;    ///< none: 1
  std::optional<Span> backup_required_at;           ///< where it is written
  std::optional<std::chrono::seconds> backup_max_age;
  std::optional<std::uint64_t> verify_sample;  ///< none: every row
  std::vector<std::string> sensitive;
  std::string locale, timezone;  ///< empty: those of the workbook
  TargetOptions options;
  ServiceKeys services;
  LintConfig lint;
  std::optional<Span> log_values_at;  ///< where its own log.values = true is written
  std::string overrides;              ///< its tables contract, hooks and log as TOML; they count once it is chosen
};

/// One setting, for people: `zmig doctor --config`.
struct Setting {
  std::string key, value, origin;  ///< "env.dev.target", "sqlite:workbook.db", "zmig.toml:6"
};

struct Config {
  std::map<std::string, Setting> written;  ///< what the files say, by key; the last file wins
  std::string file;                        ///< path of zmig.toml; empty: none was found
  std::string root = ".";                  ///< folder that relative paths resolve against
  std::string project, default_env, actor;
  std::optional<Span> default_env_at;  ///< where it is written
  std::string dir = "migrations", schemas = "schemas", state_dir = ".zmig", ledger;
  std::chrono::seconds rollback_window{std::chrono::hours(24 * 7)};
  std::map<std::string, Environment> environments;
  std::string color = "auto", progress = "auto", log_level = "info", log_format = "text";
  bool log_values = false;
  std::optional<Span> log_values_at;  ///< where it is written
  std::chrono::seconds log_keep{std::chrono::hours(24 * 90)};
  bool ledger_on_network = false;                   ///< [ledger] allow_network
  std::optional<std::chrono::seconds> ledger_keep;  ///< none: for ever
  std::size_t width = 0;                            ///< 0: that of the terminal
  std::map<std::string, std::string> env_file;      ///< the variables of [zmig] env_file
  std::optional<bool> ascii;
  std::optional<std::string> log_dir;
  LintConfig lint;
  GsheetKeys gsheet;
  ContractConfig contract;
  CiConfig ci;
  ReportConfig report;
  HooksConfig hooks;
};

/// Letters, digits, _ and -: it goes into file names and printed commands.
bool is_environment_name(std::string_view name);

/// "90s", "15m", "1h", "7d" (cli.md 3).
Result<std::chrono::milliseconds> parse_duration(std::string_view text);

/// Finds zmig.toml from `start` upwards (stopping at the root of the repository), or takes `file`; reads it and
/// zmig.user.toml beside it. Findings with line and column go to `out` (ZM0701 unknown key, ZM0702 bad value, ZM0707
/// secret), spans into `sources`.
Config load_config(const std::optional<std::string>& file, const std::string& start, SourceMap& sources,
                   Diagnostics& out);

/// The ZMIG_* variables: overrides, and a warning ZM0706 for one that nobody knows.
struct Variables {
  std::map<std::string, std::string> values;
  /// None when it is not set, or empty.
  [[nodiscard]] std::optional<std::string> get(const std::string& name) const;
};
Variables read_variables(char** environment, Diagnostics& out);

/// What variables say of the log.
void take_log_settings(Config& config, const std::string& level, const Variables& variables);

/// [env.NAME.contract], .hooks and .log of the chosen environment instead of the tables of the same name.
void choose_environment(Config& config, const Environment& env);

/// `path` resolved against the folder of the configuration.
std::string resolve(const Config& config, const std::string& path);

}  // namespace zmig::cli
