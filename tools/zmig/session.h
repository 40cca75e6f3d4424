#pragma once
// One invocation: configuration, project, target, ledger, console, opened when a command first asks for them.

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <zmig/diagnostic.h>
#include <zmig/history.h>
#include <zmig/ledger.h>
#include <zmig/migration.h>
#include <zmig/migrator.h>
#include <zmig/ports.h>
#include <zmig/target.h>

#include "command.h"
#include "config.h"
#include "display.h"
#include "ui.h"

namespace zmig::cli {

/// Global flags after precedence (flag, variable, file, default).
struct Globals {
  std::optional<std::string> env, target, config, output, confirm, reason, log_file, chdir;
  std::optional<std::string> credentials;
  std::optional<double> max_rps;
  std::optional<std::uint64_t> budget;
  std::optional<std::chrono::milliseconds> timeout, lock_timeout, rollback_window;
  bool ndjson = false;  ///< events, one a line, before the envelope
  bool json = false, dry_run = false, yes = false, no_input = false, quiet = false, ascii = false;
  int verbose = 0;
  bool format_given = false;  ///< by --format, --json or ZMIG_FORMAT: `report` has a default of its own
  std::string color, progress, format = "text", log_level;  ///< empty: the configuration decides
};

struct ContractVerdict;
class Session;
/// The contracts under `contract.uphold`: file, as read. ZM0807 for a file that is none.
Result<std::vector<std::pair<std::string, Contract>>> upheld_contracts(Session& session);
/// Whether each of them holds for all of these states.
Result<std::vector<ContractVerdict>> contract_verdicts(Session& session, const std::vector<const Schema*>& states);
/// The column map after the last migration of the files, without a time inside.
Result<std::string> contract_map(Session& session);

/// A word of a command that can be copied into a shell.
std::string shell_word(const std::string& text);

class Session {
 public:
  Session(Globals globals, Variables variables, Config config, SourceMap sources, Diagnostics diagnostics,
          Console& console);
  ~Session();
  /// Closes the workbook and the ledger; the session is not used after it.
  void close();

  const Globals& globals() const { return globals_; }
  const Config& config() const { return config_; }
  const Variables& variables() const { return variables_; }
  Console& console() { return console_; }
  Ports& ports() { return ports_; }
  SourceMap& sources() { return sources_; }
  Diagnostics& diagnostics() { return diagnostics_; }
  const Diagnostics& diagnostics() const { return diagnostics_; }
  const ScriptCodec& codec() { return *codec_; }

  /// The chosen environment (cli.md 3: --target, --env, ZMIG_ENV, default_env, the only one). ZM0703 when it cannot be
  /// told.
  Result<const Environment*> environment();
  /// --fail-on typed, else ZMIG_FAIL_ON, else none.
  [[nodiscard]] std::optional<std::string> fail_on(const Arguments& arguments) const;
  /// The environment of a command that has one of its own, when neither a flag nor a variable names another.
  void prefer_environment(const std::optional<std::string>& name);
  /// Where migrations and schemas are.
  ProjectPaths paths() const;
  std::string state_path(const std::string& name) const;
  std::string ledger_path() const;
  /// The lock beside the ledger, then the one beside the workbook when it is a local file.
  std::vector<std::string> lock_files() const;

  /// What the flags of the command permit of the workbook (--accept-unfollowed, --allow-protected), for every target
  /// that is opened from now on.
  void permit(const Arguments& arguments);
  /// From now on: history() lists the folder without reading a file, replayed() is empty, target() is opened and not
  /// inspected. Before any of them.
  void look_at_stamps_only() { stamps_only_ = true; }
  /// Loads the folder (once). Findings go to diagnostics().
  Result<const History*> history();
  /// Binds and replays all files (once).
  const std::vector<Replayed>& replayed();
  /// What was permitted on the command line: told to the target, and kept for the record. Before target().
  void permit(std::vector<std::string> consents, std::function<void(TargetOptions&)> tell) {
    consents_ = std::move(consents);
    tell_target_ = std::move(tell);
  }
  [[nodiscard]] const std::vector<std::string>& consents() const { return consents_; }
  /// Opens the target of the environment (once) and checks `expect_title`.
  Result<Target*> target();
  Result<std::unique_ptr<Target>> open(const std::string& url, const TargetOptions& options);
  /// `options`, with what the service behind `scheme` has to be told beside the keys of files.
  Result<TargetOptions> complete(TargetOptions options, std::string_view scheme);
  /// Where the target of the environment is: scheme and resolved path. Opens nothing.
  Result<TargetUrl> target_url();
  /// Opens the ledger (once). Not writable: an in-memory stand-in when there is no file.
  Result<Ledger*> ledger(bool writable);
  void close_ledger();
  /// This workbook and this ledger instead of those of the environment (`ci --offline`). They outlive the session's
  /// use.
  void stand_in(std::unique_ptr<Target> target, std::unique_ptr<Ledger> ledger);
  /// `writes` false: for a command that only looks; who it is and which locks it would take is then not asked.
  RunOptions run_options(bool writes = true);
  /// Covers the values of sensitive columns (`verify.sensitive`) in all findings, as far as the target was opened.
  void cover_sensitive();
  /// How a command shows its work. `log`: where its log goes, empty: nowhere but --log-file.
  DisplayOptions display_options(const std::string& verb, const std::string& log) const;
  /// Some part of the command has been shown how, with a log.
  [[nodiscard]] bool has_log() const { return logged_; }
  /// The time of --timeout is over.
  [[nodiscard]] bool is_late() const;
  [[nodiscard]] bool takes_back_failed_verify() const { return environment_ && environment_->takes_back; }
  /// A signal came, or the time is over: stop at the next safe boundary.
  [[nodiscard]] bool should_stop() const;
  std::string tool_version() const;
  /// "--env prod" or "--target sqlite:x.db": what printed commands have to repeat; starts with a blank, empty when
  /// nothing was given.
  std::string env_flags() const;
  /// A summary of the target for the envelope, filled in when it was opened.
  const TargetSummary& target_summary() const { return summary_; }
  /// How the environment wants to be confirmed.
  Result<Confirm> confirm_rule();
  /// True when confirm() will put a question to a person, so that what will be written has to stand above it.
  Result<bool> will_ask();
  /// Asks before writing, as the environment demands. True: go on.
  Result<bool> confirm(const std::string& question);
  /// Refreshes zmig.lock and schemas/current.json; returns what changed.
  Result<std::vector<std::string>> refresh_generated(bool write);

 private:
  Result<const Environment*> find_environment();
  Status refuse_network_ledger(const std::string& folder) const;
  /// The environment whose workbook this one-off target is, or none: the rules belong to the workbook.
  Result<const Environment*> rules_of(const std::string& target) const;
  void say_that_baseline_is_missing();
  Status refuse_shared_target(const Environment& env) const;
  Result<TargetUrl> place_of(const std::string& url);
  std::optional<std::chrono::milliseconds> lock_timeout() const;

  Globals globals_;
  Variables variables_;
  Config config_;
  SourceMap sources_;
  Diagnostics diagnostics_;
  Console& console_;
  std::unique_ptr<Clock> clock_;
  std::unique_ptr<Random> random_;
  std::unique_ptr<FileSystem> files_;
  Ports ports_;
  std::unique_ptr<ScriptCodec> codec_;
  std::optional<Environment> environment_;
  std::optional<History> history_;
  std::optional<std::vector<Replayed>> replayed_;
  std::unique_ptr<Target> target_;
  std::unique_ptr<Ledger> ledger_;
  bool ledger_writable_ = false, stamps_only_ = false, accept_unfollowed_ = false, allow_protected_ = false;
  mutable bool logged_ = false;  // nothing but which door opens the log depends on it
  std::chrono::milliseconds began_{0};
  std::vector<std::string> consents_;
  std::function<void(TargetOptions&)> tell_target_;
  TargetSummary summary_;
};

}  // namespace zmig::cli
