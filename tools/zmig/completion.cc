#include "completion.h"

#include <algorithm>

#include <fmt/format.h>

#include <zmig/text.h>

#include "help_pages.h"

namespace zmig::cli {
namespace {

/// `--fix[=suggested]` may stand alone: for a shell it is a switch.
bool takes_value(const OptionRow& option) { return !option.value.empty() && !option.value.starts_with('['); }

std::string with_blanks(std::string_view choices) {
  std::string words(choices);
  std::ranges::replace(words, '|', ' ');
  return words;
}

std::string all_verbs() {
  std::vector<std::string> names;
  for (const auto& row : commands()) names.emplace_back(row.name);
  return join(names, " ");
}

/// The flags of a verb, or the global ones, as typed.
std::string flags_of(std::span<const OptionRow> options) {
  std::vector<std::string> flags;
  for (const auto& option : options) {
    flags.emplace_back(option.flag);
    if (!option.letter.empty()) flags.emplace_back(option.letter);
  }
  return join(flags, " ");
}

std::string names_of(const CommandRow& row) {
  return row.alias.empty() ? std::string(row.name) : fmt::format("{}|{}", row.name, row.alias);
}

/// The format words of each verb that has more than text and json.
ValueSource formats_of(const CommandRow* row) {
  return {"words", std::string(row == nullptr ? std::string_view("text json") : row->formats)};
}

// --- bash ------------------------------------------------------------------------------------------------------------

std::string bash_action(const ValueSource& source) {
  if (source.kind == "words") return fmt::format("COMPREPLY=($(compgen -W \"{}\" -- \"$word\"))", source.words);
  if (source.kind == "files") return "COMPREPLY=($(compgen -f -- \"$word\"))";
  if (source.kind == "folders") return "COMPREPLY=($(compgen -d -- \"$word\"))";
  if (source.kind.empty()) return "COMPREPLY=()";
  return fmt::format("COMPREPLY=($(compgen -W \"$(zmig completion --values {} 2>/dev/null)\" -- \"$word\"))",
                     source.kind);
}

std::string bash_flag_cases(std::span<const OptionRow> options, std::string_view verb, const CommandRow* row) {
  std::string out;
  for (const auto& option : options) {
    if (!takes_value(option)) continue;
    const auto source = option.flag == "--format" ? formats_of(row) : values_of(option);
    for (const auto flag : {option.flag, option.letter}) {
      if (flag.empty()) continue;
      std::string patterns;
      for (const auto& name : split(verb, '|'))
        patterns += fmt::format("{}\"{} {}\"", patterns.empty() ? "" : "|", name, flag);
      if (verb == "*") patterns = fmt::format("*\" {}\"", flag);
      out += fmt::format("    {}) {}; return ;;\n", patterns, bash_action(source));
    }
  }
  return out;
}

std::string bash_script() {
  std::string valued;
  for (const auto& option : global_options())
    if (takes_value(option))
      valued += fmt::format("{}{}", valued.empty() ? "" : "|", option.flag) +
                (option.letter.empty() ? "" : fmt::format("|{}", option.letter));
  std::string out = fmt::format(
      R"(# zmig completion for bash, made by `zmig completion bash` from the command table.
# source <(zmig completion bash)
_zmig() {{
  local word="${{COMP_WORDS[COMP_CWORD]}}" previous="${{COMP_WORDS[COMP_CWORD-1]}}" verb="" skip="" place=0 at
  # --flag=value comes as three words.
  if [[ $word == "=" ]]; then word=""
  elif [[ $previous == "=" ]]; then previous="${{COMP_WORDS[COMP_CWORD-2]}}"; fi
  for ((at = 1; at < COMP_CWORD; at++)); do
    local seen="${{COMP_WORDS[at]}}"
    [[ $seen == "=" ]] && continue
    if [[ -n $skip ]]; then skip=""; continue; fi
    case "$seen" in
      {}) skip=1 ;;
      -*) ;;
      *) if [[ -z $verb ]]; then verb="$seen"; else place=$((place + 1)); fi ;;
    esac
  done
  case "$verb $previous" in
)",
      valued);
  for (const auto& row : commands()) {
    if (row.formats != "text json")
      for (const auto& name : split(names_of(row), '|'))
        out += fmt::format("    \"{} --format\") {}; return ;;\n", name, bash_action(formats_of(&row)));
    out += bash_flag_cases(row.options, names_of(row), &row);
  }
  out += bash_flag_cases(global_options(), "*", nullptr);
  out += fmt::format(R"(  esac
  local flags="{} --help --version"
  case "$verb" in
    "") [[ $word == -* ]] && COMPREPLY=($(compgen -W "$flags" -- "$word")) ||
        COMPREPLY=($(compgen -W "{}" -- "$word")) ;;
)",
                     flags_of(global_options()), all_verbs());
  for (const auto& row : commands()) {
    out += fmt::format("    {}) if [[ $word == -* ]]; then COMPREPLY=($(compgen -W \"{} $flags\" -- \"$word\"))\n",
                       names_of(row), flags_of(row.options));
    for (std::size_t at = 0; at < row.positionals.size(); ++at)
      out += fmt::format("      elif (({})); then {}\n",
                         row.positionals[at].repeat ? fmt::format("place >= {}", at) : fmt::format("place == {}", at),
                         bash_action(values_of(row, row.positionals[at])));
    out += "      fi ;;\n";
  }
  return out + "  esac\n}\ncomplete -F _zmig zmig\n";
}

// --- zsh -------------------------------------------------------------------------------------------------------------

/// Inside '...' of a spec of _arguments.
std::string zsh_text(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\'') {
      out += "'\\''";
      continue;
    }
    if (c == '[' || c == ']' || c == ':' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

std::string zsh_action(const ValueSource& source) {
  if (source.kind == "words") return fmt::format("({})", source.words);
  if (source.kind == "files") return "_files";
  if (source.kind == "folders") return "_files -/";
  if (source.kind.empty()) return " ";
  return "_zmig_values " + source.kind;
}

std::string zsh_options(std::span<const OptionRow> options, const CommandRow* row) {
  std::string out;
  for (const auto& option : options) {
    const auto source = option.flag == "--format" ? formats_of(row) : values_of(option);
    const auto value =
        !takes_value(option) ? std::string() : fmt::format(":{}:{}", zsh_text(option.value), zsh_action(source));
    for (const auto flag : {option.flag, option.letter}) {
      if (flag.empty()) continue;
      const auto other = flag == option.flag ? option.letter : option.flag;
      const auto first = option.repeat ? std::string("*") : other.empty() ? std::string() : fmt::format("({})", other);
      out += fmt::format("    '{}{}{}[{}]{}'\n", first, flag,
                         !takes_value(option)     ? ""
                         : flag.starts_with("--") ? "="
                                                  : "+",
                         zsh_text(option.says), value);
    }
  }
  return out;
}

std::string zsh_script() {
  std::string out =
      "#compdef zmig\n# zmig completion for zsh, made by `zmig completion zsh` from the command table.\n"
      // _arguments calls an action with words of its own first; the kind is the last.
      "_zmig_values() {\n  local -a found\n  found=(${(f)\"$(zmig completion --values ${@[-1]} 2>/dev/null)\"})\n"
      "  compadd \"${@[1,-2]}\" -a found\n}\n\n_zmig() {\n  local context state line verb\n  typeset -A opt_args\n"
      "  local -a verbs globals own\n  verbs=(\n";
  for (const auto& row : commands()) out += fmt::format("    '{}:{}'\n", row.name, zsh_text(row.summary));
  out += "  )\n  globals=(\n" + zsh_options(global_options(), nullptr) +
         "    '(-)'{-h,--help}'[help]'\n    '(-)'{-V,--version}'[version]'\n  )\n"
         "  _arguments -C -s $globals '1:verb:->verb' '*::argument:->argument' && return 0\n"
         "  case $state in\n    verb) _describe verb verbs ;;\n    argument)\n      verb=$words[1]\n      own=()\n"
         "      case $verb in\n";
  for (const auto& row : commands()) {
    out += fmt::format("        {}) own=(\n{}", names_of(row), zsh_options(row.options, &row));
    for (const auto& argument : row.positionals)
      out += fmt::format("    '{}:{}:{}'\n",
                         argument.repeat     ? "*"
                         : argument.required ? ""
                                             : ":",
                         zsh_text(argument.name), zsh_action(values_of(row, argument)));
    out += "        ) ;;\n";
  }
  return out +
         "      esac\n      _arguments -s $own $globals\n      ;;\n  esac\n}\n"
         "if [[ $funcstack[1] == _zmig ]]; then _zmig \"$@\"; else compdef _zmig zmig; fi\n";
}

// --- fish ------------------------------------------------------------------------------------------------------------

std::string fish_text(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\'' || c == '\\') out += '\\';
    out += c;
  }
  return "'" + out + "'";
}

std::string fish_action(const ValueSource& source) {
  if (source.kind == "words") return fmt::format(" -x -a {}", fish_text(source.words));
  if (source.kind == "files") return " -r -F";
  if (source.kind == "folders") return " -x -a '(__fish_complete_directories)'";
  if (source.kind.empty()) return " -x";
  return fmt::format(" -x -a '(zmig completion --values {} 2>/dev/null)'", source.kind);
}

std::string fish_options(std::span<const OptionRow> options, const std::string& condition, const CommandRow* row) {
  std::string out;
  for (const auto& option : options) {
    out += fmt::format("complete -c zmig{} -l {}", condition, option.flag.substr(2));
    if (!option.letter.empty()) out += fmt::format(" -s {}", option.letter.substr(1));
    if (takes_value(option)) out += fish_action(option.flag == "--format" ? formats_of(row) : values_of(option));
    out += fmt::format(" -d {}\n", fish_text(option.says));
  }
  return out;
}

std::string fish_script() {
  std::string out =
      "# zmig completion for fish, made by `zmig completion fish` from the command table.\n"
      "complete -c zmig -f\n";
  for (const auto& row : commands())
    out += fmt::format("complete -c zmig -n __fish_use_subcommand -a {} -d {}\n", row.name, fish_text(row.summary));
  out += fish_options(global_options(), "", nullptr) + "complete -c zmig -l help -s h -d help\n" +
         "complete -c zmig -l version -s V -d version\n";
  for (const auto& row : commands()) {
    auto names = names_of(row);
    std::ranges::replace(names, '|', ' ');
    const auto condition = fmt::format(" -n '__fish_seen_subcommand_from {}'", names);
    if (row.formats != "text json")
      out += fmt::format("complete -c zmig{} -l format -x -a {}\n", condition, fish_text(row.formats));
    out += fish_options(row.options, condition, &row);
    for (const auto& argument : row.positionals) {
      auto action = fish_action(values_of(row, argument));
      if (action == " -x") continue;
      if (action == " -r -F") action = " -F";
      if (action.starts_with(" -x")) action = " -f" + action.substr(3);
      out += fmt::format("complete -c zmig{}{}\n", condition, action);
    }
  }
  return out;
}

// --- man -------------------------------------------------------------------------------------------------------------

/// Text for roff: no control lines, no escapes, hyphens that can be copied.
std::string roff(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\')
      out += "\\e";
    else if (c == '-')
      out += "\\-";
    else if (c == '\'' && (out.empty() || out.back() == '\n'))
      out += "\\&'";
    else if (c == '.' && (out.empty() || out.back() == '\n'))
      out += "\\&.";
    else
      out += c;
  }
  return out;
}

std::string man_options(std::span<const OptionRow> options) {
  std::string out;
  for (const auto& option : options) {
    out += ".TP\n.B ";
    if (!option.letter.empty()) out += roff(option.letter) + ", ";
    out += roff(option.flag) + "\\fR";
    if (!option.value.empty()) out += fmt::format(" \\fI{}\\fR", roff(option.value));
    out += fmt::format("\n{}\n", roff(option.says));
  }
  return out;
}

/// A page of docs/help: headings become sub-headings, the rest is kept as it is laid out.
std::string man_page_text(std::string_view page) {
  std::string out = ".nf\n";
  for (const auto& line : split(page, '\n')) {
    if (line.starts_with("# "))
      continue;
    else if (line.starts_with("## "))
      out += fmt::format(".fi\n.SS {}\n.nf\n", roff(line.substr(3)));
    else
      out += (line.empty() ? "." : roff(line)) + "\n";
  }
  return out + ".fi\n";
}

}  // namespace

ValueSource values_of(const OptionRow& option) {
  if (!option.choices.empty()) return {"words", with_blanks(option.choices)};
  if (option.flag == "--env" || option.flag == "--confirm") return {"environments", ""};
  if (option.value == "N") return {"migrations", ""};
  if (option.flag == "--run") return {"runs", ""};
  if (option.flag == "--use-backup" || option.value == "BACKUP") return {"backups", ""};
  if (option.value == "FILE" || option.value == "URL") return {"files", ""};
  if (option.value == "DIR") return {"folders", ""};
  return {};
}

ValueSource values_of(const CommandRow& command, const PositionalRow& argument) {
  if (!argument.choices.empty()) return {"words", with_blanks(argument.choices)};
  if (argument.name == "TOPIC") {
    auto words = all_verbs();
    for (const auto& topic : help_topics()) words += fmt::format(" {}", topic);
    return {"words", words};
  }
  if (argument.name == "N") return {"migrations", ""};
  if (argument.name == "ID" && (command.name == "backup" || command.name == "restore")) return {"backups", ""};
  if (argument.name == "ID" || argument.name == "RUN") return {"runs", ""};
  if (argument.name == "FILE" || argument.name == "FROM" || argument.name == "TO") return {"files", ""};
  if (argument.name == "DIR") return {"folders", ""};
  return {};
}

std::string completion_script(std::string_view shell) {
  return shell == "bash" ? bash_script() : shell == "zsh" ? zsh_script() : fish_script();
}

std::string manual_page(std::string_view version) {
  std::string out = fmt::format(
      ".TH ZMIG 1 2026-11-20 \"zmig {}\" \"User Commands\"\n.SH NAME\nzmig \\- declarative, versioned schema "
      "migrations for "
      "live spreadsheets\n.SH SYNOPSIS\n.B zmig\n[\\fIGLOBAL FLAGS\\fR] \\fIVERB\\fR [\\fIFLAGS\\fR] "
      "[\\fIARGUMENTS\\fR]\n.SH VERBS\n",
      roff(version));
  for (const auto& row : commands()) {
    out += fmt::format(".SS {}\n{}.\n", roff(row.name), roff(row.summary));
    if (!row.alias.empty()) out += fmt::format("Also called\n.BR {} .\n", roff(row.alias));
    out += fmt::format(".PP\n.B zmig {}\n", roff(row.usage));
    for (const auto& argument : row.positionals)
      out += fmt::format(".TP\n.I {}\n{}\n", roff(argument.name), roff(argument.says));
    out += man_options(row.options);
    if (row.formats != "text json") out += fmt::format(".TP\n.B \\-\\-format\nOne of: {}.\n", roff(row.formats));
  }
  out += ".SH GLOBAL FLAGS\nAccepted before and after the verb.\n" + man_options(global_options());
  out += ".TP\n.B \\-h, \\-\\-help\nhelp, also for a verb\n.TP\n.B \\-V, \\-\\-version\nthe version\n";
  for (const auto& [topic, heading] :
       {std::pair{"exit-codes", "EXIT STATUS"}, {"environment", "ENVIRONMENT"}, {"statuses", "STATUSES"}})
    if (const auto page = help_page(topic)) out += fmt::format(".SH {}\n{}", heading, man_page_text(*page));
  return out;
}

}  // namespace zmig::cli
