// argv, precedence, exit codes. CLI11 stays in this file: commands are rows (command.h).

#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <map>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <zmig/text.h>

#include "session.h"
#include "signals.h"

extern char** environ;

namespace zmig::cli {
namespace {

/// What CLI11 fills in for one row's options.
struct Storage {
  std::map<std::string, std::vector<std::string>> values;
  std::map<std::string, int> switches;
  std::vector<std::string> positionals;
};

void add_option(CLI::App& app, Storage& storage, const OptionRow& row) {
  const auto names = row.letter.empty() ? std::string(row.flag) : fmt::format("{},{}", row.letter, row.flag);
  const std::string key(row.flag), says(row.says);
  if (row.value.empty()) {
    auto* flag = app.add_flag(names, storage.switches[key], says);
    if (!row.repeat) flag->multi_option_policy(CLI::MultiOptionPolicy::Throw);
    return;
  }
  auto* option =
      app.add_option(names, storage.values[key], says)->type_name(std::string(row.value))->allow_extra_args(false);
  if (!row.repeat) option->expected(1)->multi_option_policy(CLI::MultiOptionPolicy::Throw);
}

Error usage(std::string message, std::string help) {
  return make_error(Errc::invalid_input, "ZM0703", std::move(message), std::move(help));
}

/// An unknown flag or word: what it may have meant.
Error unknown_word(const std::string& word, const CommandRow* row) {
  if (word == "--force" || word == "-f")
    return usage("there is no --force",
                 "say which: --yes (no questions), --allow-loss, --allow-drift, --override-window");
  std::vector<std::string> known;
  if (word.starts_with("-")) {
    for (const auto& option : global_options()) known.emplace_back(option.flag);
    if (row != nullptr)
      for (const auto& option : row->options) known.emplace_back(option.flag);
    const auto bare = word.substr(0, word.find('='));
    const auto close = nearest(bare, known);
    return usage(
        fmt::format("unknown flag {}{}", zmig::quoted(bare), row != nullptr ? fmt::format(" for `{}`", row->name) : ""),
        close ? fmt::format("did you mean {}?", *close)
              : fmt::format("`zmig help{}{}` lists the flags", row != nullptr ? " " : "",
                            row != nullptr ? row->name : ""));
  }
  if (row != nullptr)
    return usage(fmt::format("{} is one word too many for `{}`", zmig::quoted(word), row->name),
                 fmt::format("usage: zmig {}", row->usage));
  for (const auto& command : commands()) {
    known.emplace_back(command.name);
    if (!command.alias.empty()) known.emplace_back(command.alias);
  }
  const auto close = nearest(word, known);
  return usage(fmt::format("unknown verb {}", zmig::quoted(word)),
               close ? fmt::format("did you mean `{}`?", *close) : "`zmig help` lists the verbs");
}

Globals read_globals(const Storage& storage, const Variables& variables, Diagnostics& out) {
  Globals globals;
  const auto text = [&](const std::string& flag) -> std::optional<std::string> {
    const auto found = storage.values.find(flag);
    return found == storage.values.end() || found->second.empty() ? std::nullopt : std::optional(found->second.back());
  };
  const auto on = [&](const std::string& flag) {
    const auto found = storage.switches.find(flag);
    return found != storage.switches.end() && found->second > 0;
  };
  globals.env = text("--env");
  globals.target = text("--target");
  globals.config = text("--config") ? text("--config") : variables.get("ZMIG_CONFIG");
  globals.output = text("--output");
  globals.confirm = text("--confirm");
  globals.reason = text("--reason");
  globals.log_file = text("--log-file");
  globals.chdir = text("--chdir");
  globals.json = on("--json") || text("--format") == "json";
  globals.format = text("--format").value_or(variables.get("ZMIG_FORMAT").value_or(globals.json ? "json" : "text"));
  if (globals.format == "json") globals.json = true;
  globals.dry_run = on("--dry-run");
  globals.yes = on("--yes");
  globals.no_input = on("--no-input");
  globals.quiet = on("--quiet");
  globals.ascii = on("--ascii") || variables.get("ZMIG_ASCII").has_value();
  if (const auto found = storage.switches.find("--verbose"); found != storage.switches.end())
    globals.verbose = found->second;
  globals.color = text("--color").value_or(variables.get("ZMIG_COLOR").value_or(""));
  globals.progress = text("--progress").value_or(variables.get("ZMIG_PROGRESS").value_or(""));
  const auto one_of = [&out](const std::string& flag, const std::string& value, const std::vector<std::string>& words) {
    if (value.empty() || std::ranges::find(words, value) != words.end()) return;
    Diagnostic wrong;
    wrong.code = "ZM0703";
    wrong.message = fmt::format("{} is not a value for {}", zmig::quoted(value), flag);
    const auto close = nearest(value, words);
    wrong.help = close ? fmt::format("did you mean `{}`?", *close) : "one of: " + join(words, ", ");
    out.add(std::move(wrong));
  };
  one_of("--color", globals.color, {"auto", "always", "never"});
  one_of("--progress", globals.progress, {"auto", "bar", "plain", "none"});
  one_of("--format", globals.format, {"text", "json", "zmig"});
  if (const auto wait = text("--lock-timeout") ? text("--lock-timeout") : variables.get("ZMIG_LOCK_TIMEOUT")) {
    if (const auto parsed = parse_duration(*wait))
      globals.lock_timeout = *parsed;
    else {
      Diagnostic wrong;
      wrong.code = "ZM0703";
      wrong.message = parsed.error().message;
      wrong.help = parsed.error().help;
      out.add(std::move(wrong));
    }
  }
  return globals;
}

/// The last door: prints an answer and gives its exit code.
int finish(Session& session, std::string_view verb, Answer answer, UtcTime started) {
  auto& console = session.console();
  answer.exit =
      stronger_exit(answer.exit, answer.exit == 0 || answer.exit == 2 ? exit_code_of(session.diagnostics()) : 0);
  if (session.globals().json) {
    const auto document = envelope(verb, answer, session.diagnostics(), session.sources(), session.target_summary(),
                                   started, session.ports().clock.now());
    if (session.globals().output) {
      if (const auto written = session.ports().files.replace(*session.globals().output, document); !written) {
        console.err(fmt::format("error: {}\n", printable(written.error().message)));
        return exit_of(written.error());
      }
    } else {
      console.out(document);
    }
    return answer.exit;
  }
  for (const auto& diagnostic : session.diagnostics().all()) {
    if (console.quiet() && diagnostic.severity != Severity::error) continue;
    console.err(console.diagnostic(diagnostic, session.sources()));
  }
  if (answer.error) {
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
    for (const auto& command : answer.next) lines += "  " + command + "\n";
    console.err(lines);
  }
  if (answer.text) {
    const auto text = answer.text();
    if (session.globals().output) {
      if (const auto written = session.ports().files.replace(*session.globals().output, text); !written) {
        console.err(fmt::format("error: {}\n", printable(written.error().message)));
        return exit_of(written.error());
      }
    } else {
      console.out(text);
    }
  }
  return answer.exit;
}

int run(int argc, char** argv) {
  Diagnostics diagnostics;
  const auto variables = read_variables(environ, diagnostics);
  SourceMap sources;
  Console console;
  auto clock = make_system_clock();
  const auto started = clock->now();

  CLI::App app{"zmig: declarative, versioned schema migrations for live spreadsheets", "zmig"};
  app.set_help_flag("");
  app.allow_extras();
  app.fallthrough();
  Storage global_storage;
  for (const auto& row : global_options()) add_option(app, global_storage, row);
  bool want_help = false, want_version = false;
  app.add_flag("-h,--help", want_help);
  app.add_flag("-V,--version", want_version);
  std::map<const CommandRow*, Storage> storages;
  std::map<const CommandRow*, CLI::App*> subcommands;
  for (const auto& row : commands()) {
    auto* sub = app.add_subcommand(std::string(row.name), std::string(row.summary));
    if (!row.alias.empty()) sub->alias(std::string(row.alias));
    sub->set_help_flag("");
    sub->allow_extras();
    sub->fallthrough();
    auto& storage = storages[&row];
    for (const auto& option : row.options) add_option(*sub, storage, option);
    if (!row.positionals.empty()) sub->add_option("WORDS", storage.positionals)->expected(0, -1);
    subcommands[&row] = sub;
  }

  std::optional<Error> wrong;
  const CommandRow* row = nullptr;
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    wrong = usage(printable(error.what()), "`zmig help` shows how it is written");
  }
  for (const auto& [candidate, sub] : subcommands)
    if (sub->parsed()) row = candidate;
  if (!wrong) {
    auto left = app.remaining(false);
    if (row != nullptr)
      for (const auto& word : subcommands[row]->remaining(false)) left.push_back(word);
    if (!left.empty()) wrong = unknown_word(left.front(), row);
  }
  Arguments arguments;
  if (row != nullptr) {
    const auto& storage = storages[row];
    for (const auto& [flag, values] : storage.values)
      for (const auto& value : values) arguments.add(flag, value);
    for (const auto& [flag, times] : storage.switches)
      if (times > 0) arguments.add(flag, "");
    for (const auto& word : storage.positionals) arguments.add_positional(word);
  }
  if (want_help) {
    if (row != nullptr && row->name != "help") {
      arguments = {};
      arguments.add_positional(std::string(row->name));
    }
    row = find_command("help");
    wrong.reset();
  } else if (want_version) {
    row = find_command("version");
    wrong.reset();
  }

  auto globals = read_globals(global_storage, variables, diagnostics);
  std::error_code failure;
  if (globals.chdir) std::filesystem::current_path(*globals.chdir, failure);
  Config config;
  const bool project = row == nullptr || row->needs_config || row->name == "inspect" || row->name == "copy";
  if (!wrong && !failure && project) config = load_config(globals.config, ".", sources, diagnostics);
  const auto choose = [](const std::string& given, const std::string& configured) {
    return given.empty() ? configured : given;
  };
  console.configure(choose(globals.color, config.color), globals.ascii || config.ascii.value_or(false),
                    choose(globals.progress, config.progress), globals.quiet, globals.verbose);

  Session session(globals, variables, std::move(config), std::move(sources), std::move(diagnostics), console);
  const std::string_view verb = row == nullptr ? "help" : row->name;
  if (failure)
    return finish(session, verb,
                  failed(make_error(Errc::not_found, "ZM0703",
                                    fmt::format("there is no folder {}", zmig::quoted(*globals.chdir)))),
                  started);
  if (wrong) return finish(session, verb, failed(*wrong), started);
  if (row == nullptr) {
    Answer answer = failed(usage("a verb is missing", "`zmig help` lists the verbs"));
    Arguments none;
    if (const auto help = run_help(session, none); help.text) answer.after = help.text();
    return finish(session, verb, std::move(answer), started);
  }
  if (session.diagnostics().has_errors()) {
    Answer answer;
    answer.exit = exit_code_of(session.diagnostics());
    return finish(session, verb, std::move(answer), started);
  }
  const auto least = std::ranges::count_if(row->positionals, &PositionalRow::required);
  const bool many = std::ranges::any_of(row->positionals, &PositionalRow::repeat);
  if (std::ssize(arguments.positionals()) < least)
    return finish(
        session, verb,
        failed(usage(fmt::format("`{}` needs {}", row->name, row->positionals[arguments.positionals().size()].name),
                     fmt::format("usage: zmig {}", row->usage))),
        started);
  if (!many && arguments.positionals().size() > row->positionals.size())
    return finish(session, verb, failed(unknown_word(arguments.positionals()[row->positionals.size()], row)), started);
  return finish(session, verb, row->run(session, arguments), started);
}

}  // namespace
}  // namespace zmig::cli

int main(int argc, char** argv) {
  zmig::cli::install_signal_handlers();
  try {
    return zmig::cli::run(argc, argv);
  } catch (const std::exception& error) {  // a bug: never a stack trace, always something to report
    const auto text = fmt::format(
        "error[ZM9901]: a fault in zmig itself: {}\n  = help: report it with the command that you typed and `zmig "
        "version`\n",
        zmig::printable(error.what()));
    return ::write(STDERR_FILENO, text.data(), text.size()) < 0 ? 1 : 1;
  }
}
