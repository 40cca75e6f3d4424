#include "session.h"

#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <set>

#include <fmt/format.h>

#include <zmig/dsl.h>
#include <zmig/lock.h>
#include <zmig/text.h>

#include "sensitive.h"
#include "services.h"
#include "signals.h"

namespace zmig::cli {
namespace {

namespace fs = std::filesystem;

std::string user_name() {
  const passwd* entry = ::getpwuid(::geteuid());
  return entry != nullptr && entry->pw_name != nullptr ? entry->pw_name : fmt::format("uid {}", ::geteuid());
}

std::string host_name() {
  std::array<char, 256> buffer{};
  return ::gethostname(buffer.data(), buffer.size() - 1) == 0 ? std::string(buffer.data()) : "unknown";
}

/// Local files need no question unless the environment says so.
bool is_local(std::string_view scheme) {
  return scheme == "memory" || scheme == "sqlite" || scheme == "csv" || scheme == "xlsx";
}

bool is_file(std::string_view scheme) { return scheme == "sqlite" || scheme == "csv" || scheme == "xlsx"; }

Error nobody(std::string help) {
  if (stop_signal() != 0)
    return make_error(Errc::denied, "ZM0704", "stopped before the question was answered",
                      "the same command asks again");
  return make_error(Errc::denied, "ZM0704", "nobody is there to answer", std::move(help));
}

bool says_yes(const std::string& answer) {
  return answer == "y" || answer == "Y" || answer == "yes" || answer == "Yes";
}

/// The file or folder of a target, links resolved; empty: it is none.
std::string workbook_of(const Config& config, const std::string& url, bool typed, FileSystem& files) {
  auto parsed = parse_target_url(url, files);
  if (!parsed || !is_file(parsed->scheme)) return {};
  std::error_code failure;
  // A path in the configuration counts from its folder, a typed one from here.
  const auto path = fs::weakly_canonical(fs::absolute(typed ? parsed->rest : resolve(config, parsed->rest)), failure);
  return failure ? std::string() : path.string();
}

/// `sqlite:x.db`, `sqlite:./x.db`, a link to it and a second name of it are one file.
bool same_workbook(const std::string& a, const std::string& b) {
  if (a.empty() || b.empty()) return false;
  std::error_code failure;
  return a == b || (fs::equivalent(a, b, failure) && !failure);
}

}  // namespace

Session::Session(Globals globals, Variables variables, Config config, SourceMap sources, Diagnostics diagnostics,
                 Console& console)
    : globals_(std::move(globals)),
      variables_(std::move(variables)),
      config_(std::move(config)),
      sources_(std::move(sources)),
      diagnostics_(std::move(diagnostics)),
      console_(console),
      clock_(make_system_clock()),
      random_(make_system_random()),
      files_(make_system_files()),
      ports_{*clock_, *random_, *files_},
      codec_(dsl::make_codec()),
      began_(clock_->monotonic()) {}

Session::~Session() = default;

void Session::close() {
  target_.reset();
  ledger_.reset();
}

std::string Session::tool_version() const { return ZMIG_VERSION; }

std::string Session::env_flags() const {
  std::string out;
  if (globals_.chdir) out += " -C " + shell_word(*globals_.chdir);
  if (globals_.config && *globals_.config != variables_.get("ZMIG_CONFIG"))
    out += " -c " + shell_word(*globals_.config);
  if (globals_.target) return out + " --target " + shell_word(redact(*globals_.target));
  if (globals_.env) return out + " --env " + shell_word(*globals_.env);
  return out;
}

ProjectPaths Session::paths() const { return {resolve(config_, config_.dir), resolve(config_, config_.schemas)}; }

std::string Session::state_path(const std::string& name) const {
  const auto folder = variables_.get("ZMIG_STATE_DIR").value_or(resolve(config_, config_.state_dir));
  return (fs::path(folder) / name).lexically_normal().string();
}

std::string Session::ledger_path() const {
  if (const auto named = variables_.get("ZMIG_LEDGER")) return *named;
  return config_.ledger.empty() ? state_path("ledger.db") : resolve(config_, config_.ledger);
}

void Session::prefer_environment(const std::optional<std::string>& name) {
  if (name && !variables_.get("ZMIG_ENV")) config_.default_env = *name;  // flags and ZMIG_TARGET are asked before it
}

Result<const Environment*> Session::environment() {
  if (environment_) return &*environment_;
  ZMIG_CHECK_OK(find_environment());
  choose_environment(config_, *environment_);
  take_log_settings(config_, globals_.log_level, variables_);  // stronger than any file
  return &*environment_;
}

std::optional<std::string> Session::fail_on(const Arguments& arguments) const {
  return arguments.has("--fail-on") ? arguments.one("--fail-on") : variables_.get("ZMIG_FAIL_ON");
}

Result<const Environment*> Session::find_environment() {
  const auto choose = [this](const std::string& name) -> Result<const Environment*> {
    const auto found = config_.environments.find(name);
    if (found == config_.environments.end()) {
      std::vector<std::string> known;
      for (const auto& [key, env] : config_.environments) known.push_back(key);
      const auto close = nearest(name, known);
      return make_error(Errc::invalid_input, "ZM0703", fmt::format("there is no environment {}", zmig::quoted(name)),
                        close           ? fmt::format("did you mean `{}`?", *close)
                        : known.empty() ? "zmig.toml has no [env.NAME] section; `zmig init` makes one"
                                        : "known: " + join(known, ", "));
    }
    environment_ = found->second;
    return &*environment_;
  };
  if (globals_.target && globals_.env)
    return make_error(Errc::invalid_input, "ZM0703", "--target and --env contradict each other",
                      "an environment names its own target; leave one of them out");
  const auto given_target = globals_.target ? globals_.target
                            : globals_.env  ? std::nullopt
                                            : variables_.get("ZMIG_TARGET");
  if (given_target) {
    // A workbook keeps its rules, and its name in the ledger, however it is typed.
    ZMIG_TRY(const Environment* rules, rules_of(*given_target));
    if (rules != nullptr) {
      environment_ = *rules;
      return &*environment_;
    }
    Environment one_off;
    one_off.target = *given_target;
    one_off.typed = true;
    environment_ = std::move(one_off);
    return &*environment_;
  }
  if (globals_.env) return choose(*globals_.env);
  if (const auto named = variables_.get("ZMIG_ENV")) return choose(*named);
  const auto fallen = [&](const std::string& name) -> Result<const Environment*> {
    ZMIG_TRY(const Environment* env, choose(name));
    if (env->confirm == Confirm::typed) {
      environment_.reset();
      return make_error(Errc::invalid_input, "ZM0703",
                        fmt::format("environment {} is guarded and has to be named", zmig::quoted(name)),
                        fmt::format("add --env {}", name));
    }
    return env;
  };
  if (!config_.default_env.empty()) return fallen(config_.default_env);
  if (config_.environments.size() == 1) return fallen(config_.environments.begin()->first);
  return make_error(Errc::invalid_input, config_.file.empty() ? "ZM0702" : "ZM0703",
                    config_.file.empty() ? "there is no zmig.toml here or above, and no --target"
                                         : "which environment is meant cannot be told",
                    config_.file.empty()
                        ? "make a project with `zmig init`, or name a workbook with --target sqlite:FILE"
                        : "name one with --env");
}

Result<const Environment*> Session::rules_of(const std::string& target) const {
  const auto file = workbook_of(config_, target, true, *files_);
  const Environment* found = nullptr;
  for (const auto& [name, env] : config_.environments) {
    if (!same_workbook(file, workbook_of(config_, env.target, false, *files_))) continue;
    if (found == nullptr) found = &env;
  }
  return found;
}

/// One workbook, one set of rules.
Status Session::refuse_shared_target(const Environment& env) const {
  if (config_.environments.size() < 2 && config_.environments.contains(env.name)) return ok();
  const auto file = workbook_of(config_, env.target, env.typed, *files_);
  for (const auto& [name, other] : config_.environments) {
    if (name == env.name || !same_workbook(file, workbook_of(config_, other.target, false, *files_))) continue;
    const bool copy = env.copy_of == name || other.copy_of == env.name;
    return make_error(
        Errc::invalid_input, "ZM0711",
        fmt::format("environments {} and {} are the same target", zmig::quoted(env.name), zmig::quoted(name)),
        copy ? "a copy has to be another workbook" : "keep one of the two in zmig.toml");
  }
  return ok();
}

Result<const History*> Session::history() {
  if (!history_) {
    ZMIG_TRY(auto loaded, stamps_only_ ? list_history(*files_, paths(), sources_, diagnostics_)
                                       : load_history(*files_, paths(), *codec_, sources_, diagnostics_));
    history_ = std::move(loaded);
  }
  return &*history_;
}

const std::vector<Replayed>& Session::replayed() {
  if (!replayed_) {
    replayed_.emplace();
    if (stamps_only_) return *replayed_;
    std::vector<std::string> protected_sheets;
    if (const auto env = environment()) protected_sheets = (*env)->protect;
    if (const auto loaded = history(); loaded && !diagnostics_.has_errors())
      replayed_ = replay_history(**loaded, *codec_, protected_sheets, diagnostics_);
    const auto baseline = history_ && history_->baseline ? &*history_->baseline : nullptr;
    if (baseline == nullptr) say_that_baseline_is_missing();
    if (!diagnostics_.has_errors())
      for (const auto& one : *replayed_) derived_shape_findings(one, diagnostics_, baseline);
  }
  return *replayed_;
}

/// Names that nobody knows are most often those of a workbook whose baseline file was left behind.
void Session::say_that_baseline_is_missing() {
  const auto unknown = std::ranges::find(diagnostics_.all(), "ZM0101", &Diagnostic::code);
  if (unknown == diagnostics_.all().end()) return;
  unknown->notes.push_back(fmt::format("there is no {}, so these files are read as if the workbook had been empty",
                                       (fs::path(paths().schemas) / "0000_baseline.json").string()));
  unknown->notes.emplace_back(
      "`zmig baseline` writes it for a workbook that is not migrated yet; for a migrated one bring it back");
}

Result<TargetUrl> Session::place_of(const std::string& url) {
  ZMIG_TRY(auto parsed, parse_target_url(url, *files_));
  // A path in the configuration counts from its folder, a typed one from here.
  if (is_file(parsed.scheme) && !environment_->typed) parsed.rest = resolve(config_, parsed.rest);
  return parsed;
}

Result<TargetUrl> Session::target_url() {
  ZMIG_TRY(const Environment* env, environment());
  return place_of(env->target);
}

Result<std::unique_ptr<Target>> Session::open(const std::string& url, const TargetOptions& options) {
  ZMIG_TRY(const auto parsed, place_of(url));
  ZMIG_TRY(const auto whole, complete(options, parsed.scheme));
  return open_target(parsed, whole, ports_);
}

void Session::permit(const Arguments& arguments) {
  accept_unfollowed_ = arguments.has("--accept-unfollowed");
  allow_protected_ = arguments.has("--allow-protected");
}

Result<TargetOptions> Session::complete(TargetOptions options, std::string_view scheme) {
  options.accept_unfollowed = accept_unfollowed_;
  options.allow_protected = allow_protected_;
  if (scheme != "gsheet") return options;
  const Environment* const env = environment_ ? &*environment_ : nullptr;
  ZMIG_TRY(options.gsheet, gsheet_options(config_, env, globals_, variables_));
  options.gsheet.stop_requested = [this] { return should_stop(); };
  if (globals_.verbose >= 2) options.gsheet.log = [this](const std::string& line) { console_.err("google  " + line); };
  return options;
}

Result<Target*> Session::target() {
  if (target_) return target_.get();
  ZMIG_TRY(const Environment* env, environment());
  ZMIG_CHECK_OK(refuse_shared_target(*env));
  auto options = env->options;
  if (const auto wait = lock_timeout()) options.busy_timeout_ms = static_cast<int>(wait->count());
  if (tell_target_) tell_target_(options);
  summary_.env = env->name;
  summary_.guarded = env->confirm == Confirm::typed;
  ZMIG_TRY(target_, open(env->target, options));
  summary_.present = true;
  summary_.kind = target_->capabilities().kind;
  summary_.url = target_->url();
  summary_.title = target_->title();
  if (!stamps_only_) {
    if (auto inspected = target_->inspect(); !inspected) {
      target_.reset();
      return std::move(inspected).error();
    }
  }
  if (const auto stamps = target_->stamps()) {
    if (const auto current = current_stamp(*stamps); current && *current) {
      summary_.target_id = (*current)->target_id;
      summary_.lineage = (*current)->lineage;
    }
  }
  summary_.title = target_->title();  // a service says it with the first reading
  if (!env->expect_title.empty() && env->expect_title != summary_.title)
    return make_error(Errc::invalid_input, "ZM0408",
                      fmt::format("the workbook is called {}, {} was expected", zmig::quoted(summary_.title),
                                  zmig::quoted(env->expect_title)),
                      "check `target` and `expect_title` in zmig.toml; nothing was written");
  return target_.get();
}

std::vector<std::string> Session::lock_files() const {
  std::vector<std::string> paths{lock_path_beside(ledger_path())};
  const auto file =
      environment_ ? workbook_of(config_, environment_->target, environment_->typed, *files_) : std::string();
  if (!file.empty()) paths.push_back(lock_path_beside(file));
  return paths;
}

Result<Ledger*> Session::ledger(bool writable) {
  if (ledger_ && (ledger_writable_ || !writable)) return ledger_.get();
  ledger_.reset();
  const auto path = ledger_path();
  const auto wait = static_cast<int>(lock_timeout().value_or(std::chrono::seconds(30)).count());
  if (!writable && !files_->exists(path)) {
    ZMIG_TRY(ledger_, open_memory_ledger(ports_));
    ledger_writable_ = false;
    return ledger_.get();
  }
  if (writable) {
    const auto folder = fs::path(path).parent_path();
    if (!folder.empty()) ZMIG_CHECK_OK(files_->make_folder(folder.string(), true));
    ZMIG_CHECK_OK(refuse_network_ledger(folder.empty() ? "." : folder.string()));
  }
  ZMIG_TRY(ledger_, open_ledger(path, writable, wait, ports_));
  ledger_writable_ = writable;
  if (writable && config_.ledger_keep) ZMIG_CHECK_OK(ledger_->prune(ports_.clock.now() - *config_.ledger_keep));
  return ledger_.get();
}

/// Locks of network file systems are promises of another machine; a ledger needs better ones.
Status Session::refuse_network_ledger(const std::string& folder) const {
  if (config_.ledger_on_network) return ok();
  const auto kind = network_file_system(folder);
  if (kind.empty()) return ok();
  return make_error(Errc::invalid_input, "ZM0702",
                    fmt::format("the ledger would lie on a network file system ({}): {}", kind, zmig::quoted(folder)),
                    "set `state_dir` or `ledger` of [zmig] to a local disk, or `allow_network` of [ledger]");
}

void Session::stand_in(std::unique_ptr<Target> target, std::unique_ptr<Ledger> ledger) {
  target_ = std::move(target);
  ledger_ = std::move(ledger);
  ledger_writable_ = true;
  if (environment_) environment_->locks = false;  // nobody else knows the place
  summary_.present = true;
  summary_.env = environment_ ? environment_->name : std::string();
  summary_.kind = target_->capabilities().kind;
  summary_.url = "made up";
  summary_.title = "made up";
}

void Session::close_ledger() {
  ledger_.reset();
  ledger_writable_ = false;
}

RunOptions Session::run_options(bool writes) {
  RunOptions options;
  if (writes) {
    options.actor = variables_.get("ZMIG_ACTOR").value_or(config_.actor.empty() ? user_name() : config_.actor);
    options.host = host_name();
  }
  options.reason = globals_.reason ? *globals_.reason : variables_.get("ZMIG_REASON").value_or("");
  options.tool_version = tool_version();
  options.backup_folder = state_path("backups");
  if (writes && (!environment_ || environment_->locks)) options.lock_files = lock_files();
  options.rollback_window = config_.rollback_window;
  if (environment_) {
    if (environment_->rollback_window) options.rollback_window = *environment_->rollback_window;
    if (environment_->backup_dir) options.backup_folder = resolve(config_, *environment_->backup_dir);
    options.backup_required = environment_->backup_required;
    options.backup_modes = environment_->backup_modes;
    options.copy_folder = environment_->backup_folder;
    options.backup_max_age = environment_->backup_max_age.value_or(options.backup_max_age);
    options.protected_sheets = environment_->protect;
    options.allow_drift = environment_->allow_drift;
    options.out_of_order = environment_->out_of_order;
    options.sensitive = environment_->sensitive;
  }
  options.stop_requested = [this] { return should_stop(); };
  if (const auto wait = lock_timeout()) options.lock_timeout = *wait;
  if (globals_.rollback_window)
    options.rollback_window = std::chrono::duration_cast<std::chrono::seconds>(*globals_.rollback_window);
  return options;
}

std::optional<std::chrono::milliseconds> Session::lock_timeout() const {
  auto wait = globals_.lock_timeout;
  if (!wait && environment_) wait = environment_->lock_timeout;
  if (!globals_.timeout) return wait;
  const auto left = std::max(*globals_.timeout - (clock_->monotonic() - began_), std::chrono::milliseconds(0));
  return std::min(wait.value_or(std::chrono::seconds(30)), left);
}

void Session::cover_sensitive() {
  if (!environment_ || environment_->sensitive.empty() || !target_) return;
  for (const auto& sheet : target_->schema().sheets) {
    std::set<std::string> letters;
    for (const auto& column : sheet.columns)
      if (std::ranges::find(environment_->sensitive, sheet.title + "." + column.header) !=
          environment_->sensitive.end())
        letters.insert(letters_of(sheet, column.id));
    if (letters.empty()) continue;
    for (auto& finding : diagnostics_.all()) {
      finding.message = without_values(finding.message, sheet.title, letters);
      finding.primary.text = without_values(finding.primary.text, sheet.title, letters);
      for (auto& note : finding.notes) note = without_values(note, sheet.title, letters);
    }
  }
}

bool Session::is_late() const { return globals_.timeout && clock_->monotonic() - began_ >= *globals_.timeout; }
bool Session::should_stop() const { return stop_signal() != 0 || is_late(); }

DisplayOptions Session::display_options(const std::string& verb, const std::string& log) const {
  DisplayOptions options;
  options.log_path = log.empty() ? globals_.log_file.value_or("") : log;
  options.level = config_.log_level;
  options.log_format = config_.log_format;
  options.values = config_.log_values;
  options.label = verb;
  options.ndjson = globals_.ndjson;
  options.about = fmt::format("zmig {} {} project={} env={}", tool_version(), verb,
                              config_.project.empty() ? "-" : printable(config_.project),
                              summary_.env.empty() ? "-" : summary_.env);
  if (environment_ && !environment_->locks) options.about += " lock=off";
  if (!options.log_path.empty()) logged_ = true;
  return options;
}

Result<Confirm> Session::confirm_rule() {
  ZMIG_TRY(const Environment* env, environment());
  ZMIG_TRY(Target * opened, target());
  return env->confirm.value_or(is_local(opened->capabilities().kind) ? Confirm::none : Confirm::prompt);
}

Result<bool> Session::will_ask() {
  ZMIG_TRY(const Environment* env, environment());
  ZMIG_TRY(const auto how, confirm_rule());
  const bool refused = env->read_only || (env->reason_required && !globals_.reason && !variables_.get("ZMIG_REASON"));
  if (refused || globals_.no_input || !console_.can_ask()) return false;
  return (how == Confirm::prompt && !globals_.yes) ||
         (how == Confirm::typed && !globals_.confirm && !variables_.get("ZMIG_CONFIRM"));
}

Result<bool> Session::confirm(const std::string& question) {
  ZMIG_TRY(const Environment* env, environment());
  if (env->read_only)
    return make_error(Errc::denied, "ZM0704", fmt::format("environment {} is read-only", zmig::quoted(env->name)),
                      "remove read_only from zmig.toml, or choose another environment");
  if (env->reason_required && !globals_.reason && !variables_.get("ZMIG_REASON"))
    return make_error(Errc::denied, "ZM0705", fmt::format("environment {} asks for a reason", zmig::quoted(env->name)),
                      "add --reason \"why\"");
  ZMIG_TRY(const auto how, confirm_rule());
  if (how == Confirm::none) return true;
  if (how == Confirm::prompt) {
    if (globals_.yes) return true;
    if (globals_.no_input)
      return make_error(Errc::denied, "ZM0704", "a question would be needed, and --no-input is on", "add --yes");
    const auto answer = console_.ask(question + " [y/N]");
    if (!answer || stop_signal() != 0) return nobody("add --yes");
    if (says_yes(*answer)) return true;
    return make_error(Errc::denied, "ZM0704", "the answer was no", "answer y, or add --yes");
  }
  auto typed = globals_.confirm ? globals_.confirm : variables_.get("ZMIG_CONFIRM");
  if (!typed && !globals_.no_input)
    typed = console_.ask(fmt::format("{} Type the name of the environment to go on:", question));
  const bool asked = !globals_.confirm && !variables_.get("ZMIG_CONFIRM") && !globals_.no_input;
  if (asked && stop_signal() != 0) return nobody("");
  if (!typed)
    return make_error(Errc::denied, "ZM0704",
                      fmt::format("environment {} needs its name typed", zmig::quoted(env->name)),
                      fmt::format("add --confirm {}", env->name));
  if (*typed == env->name) return true;
  return make_error(Errc::denied, "ZM0704", fmt::format("{} is not the name of this environment", zmig::quoted(*typed)),
                    fmt::format("its name is {}", env->name));
}

Result<std::vector<std::string>> Session::refresh_generated(bool write) {
  ZMIG_TRY(const History* loaded, history());
  std::vector<std::string> changed;
  const auto refresh = [&](const std::string& path, const std::string& fresh) -> Status {
    std::string present;
    if (files_->exists(path)) { ZMIG_TRY(present, files_->read(path, 64 * 1024 * 1024)); }
    if (present == fresh) return ok();
    changed.push_back(path);
    return write ? files_->replace(path, fresh) : ok();
  };
  const auto where = paths();
  if (!loaded->files.empty() || loaded->has_lock)
    ZMIG_CHECK_OK(refresh((fs::path(where.migrations) / "zmig.lock").string(), print_lock(loaded->fresh_lock())));
  if (loaded->baseline || !loaded->files.empty()) {
    const auto& all = replayed();
    if (all.size() == loaded->files.size()) {
      const Schema head = !all.empty() ? all.back().after : loaded->baseline ? *loaded->baseline : loaded->empty;
      if (write) ZMIG_CHECK_OK(files_->make_folder(where.schemas, false));
      ZMIG_CHECK_OK(refresh((fs::path(where.schemas) / "current.json").string(), schema_to_json(head)));
    }
  }
  return changed;
}

std::string shell_word(const std::string& text) {
  const bool plain = !text.empty() && std::ranges::all_of(text, [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '/' || c == '.' || c == '_' || c == '-' || c == ':' || c >= 0x80;
  });
  if (plain) return text;
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

Error with_code(Error error) {
  error.message = redact(error.message);
  if (!error.zm.empty()) return error;
  if (error.help.empty()) {
    if (error.code == Errc::not_found) error.help = "check the name; relative paths count from the current folder";
    if (error.code == Errc::io) error.help = "look at the space and the permissions of the folder";
    if (error.code == Errc::invalid_input || error.code == Errc::conflict) error.help = "name another file or folder";
    if (error.code == Errc::denied) error.help = "look at the permissions of the file";
  }
  switch (error.code) {
    case Errc::invalid_input: error.zm = "ZM0703"; break;
    case Errc::not_found: error.zm = "ZM0713"; break;
    case Errc::conflict:
    case Errc::unsupported:
    case Errc::io: error.zm = "ZM0714"; break;
    case Errc::denied: error.zm = "ZM0406"; break;
    case Errc::busy: error.zm = "ZM0401"; break;
    case Errc::transient: error.zm = "ZM0410"; break;
    case Errc::corrupt: error.zm = "ZM0404"; break;
  }
  return error;
}

Answer failed(Error error, std::vector<std::string> next) {
  Answer answer;
  error = with_code(std::move(error));
  answer.exit = exit_of(error);
  answer.error = std::move(error);
  answer.next = std::move(next);
  return answer;
}

}  // namespace zmig::cli
