// Precedence, exit codes, the last door.

#include <fcntl.h>
#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <span>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include <zmig/text.h>

#include "services.h"
#include "session.h"
#include "signals.h"
#include "width.h"
#include "words.h"

extern char** environ;

namespace zmig::cli {
namespace {

/// A variable that says yes or no. An empty one counts as not set.
bool says_yes(const Variables& variables, const std::string& name, Diagnostics& out) {
  const auto value = variables.get(name);
  if (!value) return false;
  for (const std::string_view yes : {"1", "true", "yes", "on"})
    if (*value == yes) return true;
  for (const std::string_view no : {"0", "false", "no", "off"})
    if (*value == no) return false;
  Diagnostic wrong;
  wrong.code = "ZM0702";
  wrong.message = fmt::format("{} is not a value for the variable {}", zmig::quoted(*value), name);
  wrong.help = "write 1 or 0";
  out.add(std::move(wrong));
  return false;
}

Globals read_globals(const Arguments& typed, const CommandRow* row, const Variables& variables, Diagnostics& out) {
  Globals globals;
  globals.env = typed.one("--env");
  globals.target = typed.one("--target");
  globals.config = typed.has("--config") ? typed.one("--config") : variables.get("ZMIG_CONFIG");
  globals.output = typed.one("--output");
  globals.confirm = typed.one("--confirm");
  globals.reason = typed.one("--reason");
  globals.log_file = typed.one("--log-file");
  globals.chdir = typed.one("--chdir");
  globals.dry_run = typed.has("--dry-run");
  globals.yes = typed.has("--yes") || says_yes(variables, "ZMIG_YES", out);
  globals.no_input = typed.has("--no-input") || says_yes(variables, "ZMIG_NO_INPUT", out);
  globals.quiet = typed.has("--quiet");
  globals.verbose = typed.has("--debug") ? 2 : static_cast<int>(typed.all("--verbose").size());
  globals.ascii = typed.has("--ascii") || says_yes(variables, "ZMIG_ASCII", out);
  const auto bad = [&out](const std::string& message, const std::string& help, bool flag) {
    Diagnostic wrong;
    wrong.code = flag ? "ZM0703" : "ZM0702";
    wrong.message = message;
    wrong.help = help;
    out.add(std::move(wrong));
  };
  const auto choice = [&](const std::string& flag, const std::string& variable, const std::vector<std::string>& words) {
    const auto value = typed.has(flag) ? typed.one(flag) : variables.get(variable);
    if (!value || std::ranges::find(words, *value) != words.end()) return value.value_or("");
    const auto close = nearest(*value, words);
    bad(fmt::format("{} is not a value for {}", zmig::quoted(*value), typed.has(flag) ? flag : variable),
        close ? fmt::format("did you mean `{}`?", *close) : "one of: " + join(words, ", "), typed.has(flag));
    return std::string();
  };
  globals.color = choice("--color", "ZMIG_COLOR", {"auto", "always", "never"});
  globals.progress = choice("--progress", "ZMIG_PROGRESS", {"auto", "bar", "plain", "none"});
  globals.format = choice("--format", "ZMIG_FORMAT", split(row == nullptr ? "text json" : row->formats, ' '));
  globals.log_level = choice("", "ZMIG_LOG_LEVEL", {"trace", "debug", "info", "warning", "error"});
  globals.ndjson = globals.format == "ndjson";
  globals.json = typed.has("--json") || globals.format == "json" || globals.ndjson;
  globals.format_given = !globals.format.empty() || globals.json;
  if (globals.format.empty()) globals.format = globals.json ? "json" : "text";
  const auto duration = [&](const std::string& flag,
                            const std::string& variable) -> std::optional<std::chrono::milliseconds> {
    const auto value = typed.has(flag) ? typed.one(flag) : variables.get(variable);
    if (!value) return std::nullopt;
    if (const auto parsed = parse_duration(*value)) return *parsed;
    bad(fmt::format("{} is not a value for {}", zmig::quoted(*value), typed.has(flag) ? flag : variable),
        "write a duration: 30s, 15m, 1h or 7d", typed.has(flag));
    return std::nullopt;
  };
  globals.lock_timeout = duration("--lock-timeout", "ZMIG_LOCK_TIMEOUT");
  globals.timeout = duration("--timeout", "ZMIG_TIMEOUT");
  globals.credentials = typed.one("--credentials");
  const auto number = [&](const std::string& flag, const std::string& variable) {
    const auto value = typed.has(flag) ? typed.one(flag) : variables.get(variable);
    const auto parsed = value ? whole_number(*value) : std::nullopt;
    if (value && (!parsed || *parsed == 0))
      bad(fmt::format("{} is not a value for {}", zmig::quoted(*value), typed.has(flag) ? flag : variable),
          "write a number from 1", typed.has(flag));
    return parsed;
  };
  if (const auto rate = number("--max-rps", "ZMIG_MAX_RPS")) globals.max_rps = static_cast<double>(*rate);
  globals.budget = number("--budget", "ZMIG_BUDGET");
  globals.rollback_window = duration("", "ZMIG_ROLLBACK_WINDOW");
  return globals;
}

/// Writes the result to its place: stdout, or the file of --output (aside, sync, rename).
Status deliver(Session& session, const std::string& text) {
  const auto& file = session.globals().output;
  if (!file) return session.console().out(text);
  auto& files = session.ports().files;
  if (files.exists(*file)) {
    constexpr std::string_view kDatabase = "SQLite format 3";
    std::ifstream present(*file, std::ios::binary);
    std::string start(kDatabase.size(), '\0');
    present.read(start.data(), static_cast<std::streamsize>(start.size()));
    if (start == kDatabase)
      return make_error(Errc::conflict, "ZM0714",
                        fmt::format("{} is a database; --output would replace it", zmig::quoted(*file)),
                        "name another file");
  }
  return files.replace(*file, text);
}

/// True when a finding already says what the error says.
bool is_listed(const Diagnostics& diagnostics, const Error& error) {
  return std::ranges::any_of(diagnostics.all(), [&](const Diagnostic& finding) {
    return finding.severity == Severity::error && finding.message == error.message;
  });
}

/// A flood of findings of one code would wash away everything else: the first few say what it is about.
void print_listed(Session& session) {
  constexpr std::size_t kFlood = 8, kShown = 3;
  auto& console = session.console();
  std::map<std::string, std::size_t> all, shown;
  const auto counts = [&](const Diagnostic& one) { return !console.quiet() || one.severity == Severity::error; };
  for (const auto& one : session.diagnostics().all())
    if (counts(one)) ++all[one.code];
  for (const auto& one : session.diagnostics().all()) {
    if (!counts(one)) continue;
    const bool flood = all[one.code] > kFlood && console.verbose() == 0;
    if (!flood || ++shown[one.code] <= kShown) {
      console.err(console.diagnostic(one, session.sources()));
    } else if (shown[one.code] == all[one.code]) {
      console.err(fmt::format("{} more of {}: `--verbose` shows them, `--json` has them all\n", all[one.code] - kShown,
                              one.code));
    }
  }
}

void print_findings(Session& session, const Answer& answer) {
  auto& console = session.console();
  print_listed(session);
  if (answer.error && !is_listed(session.diagnostics(), *answer.error)) {
    Diagnostic shown;
    shown.code = answer.error->zm;
    shown.message = answer.error->message;
    shown.primary.cell = answer.error->place;
    if (!answer.error->help.empty()) shown.help = answer.error->help;
    console.err(console.diagnostic(shown, session.sources()));
  }
  if (!answer.after.empty()) console.err(answer.after);
  if (!answer.next.empty() && answer.exit != 0) {
    std::string lines = answer.next.size() == 1 ? "next\n" : "next, one of\n";
    std::size_t width = 0;
    for (const auto& command : answer.next) width = std::max(width, display_width(command));
    for (std::size_t at = 0; at < answer.next.size(); ++at) {
      const auto& command = answer.next[at];
      const auto why = at < answer.next_why.size() ? answer.next_why[at] : std::string();
      lines += "  " + command;
      if (!why.empty()) lines += std::string(width - display_width(command) + 3, ' ') + why;
      lines += "\n";
    }
    console.err(lines);
  }
}

std::string deciding_code(const Session& session, const Answer& answer) {
  if (answer.error) return answer.error->zm;
  for (const auto& finding : session.diagnostics().all()) {
    const auto* row = find_code(finding.code);
    if (finding.severity == Severity::error && row != nullptr && row->exit == answer.exit) return finding.code;
  }
  return {};
}

/// A command to type next, for an error that names none.
std::string next_command(const Session& session, std::string_view verb, int exit, const std::string& code) {
  switch (exit) {
    case 3:
    case 5:
    case 6:
    case 8: return "zmig status" + session.env_flags();
    case 9: return "zmig down --check" + session.env_flags();
    case 64:
    case 66: return fmt::format("zmig help{}{}", verb == "help" ? "" : " ", verb == "help" ? "" : verb);
    case 75:
    case 130:
    case 143: return fmt::format("zmig {}{}", verb, session.env_flags());
    default: return "zmig help " + (code.empty() ? "exit-codes" : code);
  }
}

/// A command that stopped on request says whose request it was.
void say_why_it_stopped(Session& session, Answer& answer) {
  const bool stopped = answer.error && answer.error->zm == "ZM0410";
  const bool waited = answer.exit == 7 && session.is_late();  // for a lock, until the time was over
  if (!stopped && !waited) return;
  if (const int signal = stop_signal(); signal != 0) {
    if (answer.exit == 75) answer.exit = 128 + (signal == SIGINT ? SIGINT : SIGTERM);
  } else if (session.is_late()) {
    std::erase_if(session.diagnostics().all(),
                  [&](const Diagnostic& finding) { return answer.error && finding.message == answer.error->message; });
    answer.error = make_error(Errc::transient, "ZM0410", "the time that --timeout gives is over",
                              "the same command goes on; give it more time");
    if (answer.exit != 6) answer.exit = 75;
  }
}

/// The last door: prints an answer and gives its exit code.
int finish(Session& session, std::string_view verb, Answer answer, UtcTime started) {
  auto& console = session.console();
  if (answer.error) answer.error = with_code(std::move(*answer.error));
  say_why_it_stopped(session, answer);
  session.cover_sensitive();
  answer.exit =
      stronger_exit(answer.exit, answer.exit == 0 || answer.exit == 2 ? exit_code_of(session.diagnostics()) : 0);
  Status delivered = ok();
  if (session.globals().json) {
    if (answer.next.empty() && answer.exit != 0 && answer.exit != 2)
      answer.next = {next_command(session, verb, answer.exit, deciding_code(session, answer))};
    delivered =
        deliver(session, envelope(verb, answer, session.diagnostics(), session.sources(), session.target_summary(),
                                  started, session.ports().clock.now(), session.globals().ndjson));
  } else {
    print_findings(session, answer);
    if (answer.text) delivered = deliver(session, answer.text());
  }
  if (delivered) return answer.exit;
  const auto error = with_code(std::move(delivered).error());
  console.err(fmt::format("error[{}]: {}\n  = help: {}\n", error.zm, printable(error.message),
                          error.help.empty() ? "the command itself is done; look at its exit code" : error.help));
  return answer.exit == 0 ? exit_of(error) : answer.exit;
}

/// --log-file asks for a log also of a command that shows no stages.
void write_own_log(Session& session, std::string_view verb, Answer& answer, UtcTime started) {
  if (!session.globals().log_file || session.has_log()) return;
  auto options = session.display_options(std::string(verb), "");
  options.shown = options.ndjson = false;
  RunDisplay log(session.console(), session.ports().clock, options);
  if (!log.opened()) {
    if (!answer.error && answer.exit == 0) answer = failed(log.opened().error());
    return;
  }
  const auto took = session.ports().clock.now() - started;
  log.note(fmt::format("{} ended exit={} code={} ms={}", verb, answer.exit,
                       answer.error && !answer.error->zm.empty() ? answer.error->zm : "-", took.count()));
}

/// Everything is written and every file is closed. What is left is memory, and the system takes a thousand schemas back
/// sooner than we could take them apart. A build that looks for leaks takes them apart.
void leave_memory([[maybe_unused]] int code) {
#ifdef NDEBUG
  static_cast<void>(std::fflush(nullptr));
  std::_Exit(code);
#endif
}

int run(std::span<const std::string_view> words) {
  Diagnostics diagnostics;
  const auto variables = read_variables(environ, diagnostics);
  SourceMap sources;
  Console console;
  auto clock = make_system_clock();
  const auto started = clock->now();

  auto typed = read_words(words);
  if (typed.help) {
    const auto asked = typed.row != nullptr && typed.row->name != "help" ? std::string(typed.row->name) : std::string();
    typed.arguments = {};
    if (!asked.empty()) typed.arguments.add_positional(asked);
    typed.row = find_command("help");
    typed.wrong.reset();
  } else if (typed.version) {
    typed.arguments = {};
    typed.row = find_command("version");
    typed.wrong.reset();
  }
  const auto* row = typed.row;

  auto globals = read_globals(typed.globals, row, variables, diagnostics);
  std::error_code failure;
  if (globals.chdir) std::filesystem::current_path(*globals.chdir, failure);
  Config config;
  const bool project = row == nullptr || row->needs_config || row->name == "inspect" || row->name == "copy";
  if (!typed.wrong && !failure && project) config = load_config(globals.config, ".", sources, diagnostics);
  if (!typed.wrong && !failure && row != nullptr && row->name == "completion" && typed.arguments.has("--values")) {
    SourceMap unseen;  // a shell that completes shows no errors
    Diagnostics ignored;
    config = load_config(globals.config, ".", unseen, ignored);
  }
  take_log_settings(config, globals.log_level, variables);
  const auto choose = [](const std::string& given, const std::string& configured) {
    return given.empty() ? configured : given;
  };
  console.configure(choose(globals.color, config.color), globals.ascii || config.ascii.value_or(false),
                    choose(globals.progress, config.progress), globals.quiet, globals.verbose, config.width);

  Session session(globals, variables, std::move(config), std::move(sources), std::move(diagnostics), console);
  const std::string_view verb = row == nullptr ? "help" : row->name;
  if (failure)
    return finish(session, verb,
                  failed(make_error(Errc::invalid_input, "ZM0703",
                                    fmt::format("there is no folder {}", zmig::quoted(*globals.chdir)),
                                    "--chdir names the folder to act in")),
                  started);
  if (typed.wrong) return finish(session, verb, failed(*typed.wrong), started);
  if (row == nullptr) {
    Answer answer =
        failed(make_error(Errc::invalid_input, "ZM0703", "a verb is missing", "`zmig help` lists the verbs"));
    Arguments none;
    if (const auto help = run_help(session, none); help.text) answer.after = help.text();
    return finish(session, verb, std::move(answer), started);
  }
  if (session.diagnostics().has_errors() && verb != "doctor") {  // that one says what is wrong with the configuration
    Answer answer;
    answer.exit = exit_code_of(session.diagnostics());
    return finish(session, verb, std::move(answer), started);
  }
  Answer answer = row->run(session, typed.arguments);
  write_own_log(session, verb, answer, started);
  const int code = finish(session, verb, std::move(answer), started);
  session.close();
  leave_memory(code);
  return code;
}

/// A command runs for a moment and ends: memory that it gives back to the system in between is asked for again at once,
/// page by page, which costs more than all of our own work on it.
void keep_freed_memory() {
#ifdef __GLIBC__
  static_cast<void>(::mallopt(M_TRIM_THRESHOLD, 256 * 1024 * 1024));
#endif
}

/// A closed descriptor 0, 1 or 2 would be given to the next file that is opened, and the result would be written into a
/// workbook. So they are never closed.
void keep_standard_descriptors() {
  for (int descriptor = 0; descriptor <= 2; ++descriptor)
    if (::fcntl(descriptor, F_GETFD) == -1 && ::open("/dev/null", O_RDWR) == -1) ::_exit(1);
}

/// A program with more rights than its caller would write where the caller may not.
bool has_borrowed_rights() { return ::geteuid() != ::getuid() || ::getegid() != ::getgid(); }

/// With nothing behind it: what libraries do at the end of a program would be done with these rights too.
[[noreturn]] void refuse_borrowed_rights() {
  constexpr std::string_view kText =
      "error[ZM0406]: zmig has a setuid or setgid bit and refuses to run\n"
      "  = help: take the bit away (chmod ug-s); who runs zmig needs rights of his own on workbook and ledger\n";
  static_cast<void>(!::write(STDERR_FILENO, kText.data(), kText.size()));
  ::_exit(77);
}

}  // namespace
}  // namespace zmig::cli

int main(int argc, char** argv) {
  zmig::cli::keep_standard_descriptors();
  zmig::cli::keep_freed_memory();
  if (zmig::cli::has_borrowed_rights()) zmig::cli::refuse_borrowed_rights();
  zmig::cli::install_signal_handlers();
  try {
    const std::vector<std::string_view> words(argv + std::min(argc, 1), argv + argc);
    return zmig::cli::run(words);
  } catch (const std::exception& error) {  // a bug: never a stack trace, always something to report
    const auto text = fmt::format(
        "error[ZM9901]: a fault in zmig itself: {}\n  = help: report it with the command that you typed and `zmig "
        "version`\n",
        zmig::printable(error.what()));
    const auto written = ::write(STDERR_FILENO, text.data(), text.size());
    static_cast<void>(written);  // there is nobody left to tell
    return 1;
  }
}
