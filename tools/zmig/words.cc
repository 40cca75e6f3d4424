// CLI11 splits the words; the rows of command.h say what they mean.

#include "words.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <zmig/text.h>

namespace zmig::cli {
namespace {

Error usage(std::string message, std::string help) {
  return make_error(Errc::invalid_input, "ZM0703", std::move(message), std::move(help));
}

/// Verbs that this release does not have, and what does their work in it.
struct Elsewhere {
  std::string_view verb, instead;
};
constexpr std::array kElsewhere{
    Elsewhere{"diff", "`zmig status` and `zmig verify` say what differs"},
    Elsewhere{"drift", "`zmig status` and `zmig verify` say what differs"},
    Elsewhere{"test", "`zmig plan --rehearse` and `zmig ci` do a whole run on a copy"},
    Elsewhere{"squash", "migrations stay as they were applied"},
    Elsewhere{"rebase", "renumber the file by hand; `zmig fmt` writes zmig.lock anew"},
    Elsewhere{"approve", "`zmig plan --save` keeps a plan, `zmig up --plan` does exactly that one"},
    Elsewhere{"complete", "drop what the old readers needed in a migration of its own"},
    Elsewhere{"docs", "`zmig inspect` and `zmig contract export` describe the workbook"},
    Elsewhere{"config", "`zmig doctor --config` shows every setting with its origin"},
    Elsewhere{"lsp", "`zmig lint` and `zmig fmt --stdin` serve editors"},
    Elsewhere{"fleet", "`zmig status --all` shows every environment; run the others one by one"},
    Elsewhere{"policy", "lists, formats and protections are lines of migrations"},
};

/// Flags of other releases, and what does their work, or why nothing has to.
constexpr std::array kLaterFlags{
    Elsewhere{"--var", "${NAME} in `target` of zmig.toml is replaced from the environment"},
    Elsewhere{"--var-file", "`env_file` of [zmig] names a file of variables"},
    Elsewhere{"--single-writer",
              "every target of this release refuses a second writer by itself: no promise is needed"},
    Elsewhere{"--live", "only services have to be asked, and no target of this release is one"},
    Elsewhere{"--now", "a lock ends with its process; there is no watching time to skip"},
};

Error unknown_verb(std::string_view word) {
  const auto later = std::ranges::find(kElsewhere, word, &Elsewhere::verb);
  if (later != kElsewhere.end())
    return usage(fmt::format("`{}` is not part of this release", word), std::string(later->instead));
  std::vector<std::string> known;
  for (const auto& command : commands()) {
    known.emplace_back(command.name);
    if (!command.alias.empty()) known.emplace_back(command.alias);
  }
  const auto close = nearest(word, known);
  return usage(fmt::format("unknown verb {}", zmig::quoted(word)),
               close ? fmt::format("did you mean `{}`?", *close) : "`zmig help` lists the verbs");
}

Error unknown_flag(std::string_view flag, const CommandRow* row) {
  if (flag == "--force" || flag == "-f")
    return usage("there is no --force",
                 "say which: --yes (no questions), --allow-loss, --allow-drift, --override-window");
  const auto later = std::ranges::find(kLaterFlags, flag, &Elsewhere::verb);
  if (later != kLaterFlags.end())
    return usage(fmt::format("{} is not part of this release", flag), std::string(later->instead));
  std::vector<std::string> known{"--help", "--version"};
  for (const auto& option : global_options()) known.emplace_back(option.flag);
  if (row != nullptr)
    for (const auto& option : row->options) known.emplace_back(option.flag);
  const auto close = nearest(flag, known);
  return usage(
      fmt::format("unknown flag {}{}", zmig::quoted(flag), row != nullptr ? fmt::format(" for `{}`", row->name) : ""),
      close
          ? fmt::format("did you mean {}?", *close)
          : fmt::format("`zmig help{}{}` lists the flags", row != nullptr ? " " : "", row != nullptr ? row->name : ""));
}

/// The value of a flag that takes one of a few words.
std::optional<Error> not_one_of(std::string_view flag, const std::string& value,
                                const std::vector<std::string>& words) {
  if (std::ranges::find(words, value) != words.end()) return std::nullopt;
  const auto close = nearest(value, words);
  return usage(fmt::format("{} is not a value for {}", zmig::quoted(value), flag),
               (close ? fmt::format("did you mean `{}`? ", *close) : "") + "one of: " + join(words, ", "));
}

/// A word that CLI11 may take for a flag; `-` alone and negative numbers are words.
bool looks_like_flag(std::string_view word) {
  return word.size() >= 2 && word[0] == '-' && (word[1] < '0' || word[1] > '9');
}

/// One CLI::App over rows of the table. CLI11 splits the words; nothing is allowed to throw before all of them were
/// seen, because `--json` may be the last. Hence a value is optional for CLI11 (then it does not take a flag for one),
/// every flag may repeat, and unknown words are kept; what the rows demand is checked afterwards.
class Grammar {
 public:
  explicit Grammar(const CommandRow* row) : row_(row) {
    app_.set_help_flag();
    app_.allow_extras();
    add({"--help", "", "", true, "-h"}, nullptr);
    add({"--version", "", "", true, "-V"}, nullptr);
    for (const auto& option : global_options()) add(option, &typed_.globals, is_shadowed(option));
    if (row_ != nullptr)
      for (const auto& option : row_->options) add(option, &typed_.arguments);
  }

  /// How many words stand before the first that is neither a flag nor the value of one.
  std::size_t verb_at(const std::vector<std::string>& words) {
    app_.prefix_command();
    parse(words);
    return words.size() - app_.remaining_size();
  }

  Typed read(const std::vector<std::string>& words) {
    parse(words);
    for (const auto& word : app_.remaining()) {
      if (looks_like_flag(word))
        complain(unknown_flag(word.starts_with("--") ? word.substr(0, word.find('=')) : word, row_));
      else if (row_ != nullptr)
        typed_.arguments.add_positional(word);
    }
    for (const auto& [row, option, into] : options_) {
      if (into != nullptr) take(*row, *option, *into);
    }
    typed_.row = row_;
    typed_.help = app_.count("--help") > 0;
    typed_.version = app_.count("--version") > 0;
    return std::move(typed_);
  }

 private:
  /// A verb may have a flag of the name of a global one (`doctor --config`); the global one keeps its letter then.
  [[nodiscard]] bool is_shadowed(const OptionRow& global) const {
    return row_ != nullptr && std::ranges::find(row_->options, global.flag, &OptionRow::flag) != row_->options.end();
  }

  void add(const OptionRow& row, Arguments* into, bool only_letter = false) {
    auto name = std::string(only_letter ? row.letter : row.flag);
    if (!only_letter && !row.letter.empty()) name += "," + std::string(row.letter);
    auto* option = app_.add_option(name);
    option->expected(0, row.value.empty() || row.value.starts_with('[') ? 0 : 1);
    option->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    options_.push_back({&row, option, into});
  }

  void parse(const std::vector<std::string>& words) {
    std::vector<std::string> reversed(words.rbegin(), words.rend());  // as CLI11 wants them
    try {
      app_.parse(reversed);
    } catch (const CLI::ParseError& error) { complain(usage(error.what(), "`zmig help` lists the verbs and flags")); }
  }

  void complain(Error error) {
    if (!typed_.wrong) typed_.wrong = std::move(error);
  }

  /// What was given for one flag, against its row.
  void take(const OptionRow& row, const CLI::Option& option, Arguments& into) {
    const auto& given = option.results();
    if (!row.repeat && given.size() > 1)
      complain(usage(fmt::format("{} is given twice", row.flag), "give it once; the last one does not win"));
    for (std::string value : given) {
      if (row.value.empty() && !value.empty()) {
        complain(usage(fmt::format("{} takes no value", row.flag), fmt::format("write {}", row.flag)));
        value.clear();
      }
      if (!row.letter.empty() && value.starts_with('=')) value.erase(0, 1);  // -e=prod
      if (row.value.starts_with('[') && value.empty()) {
        into.add(std::string(row.flag), value);
        continue;
      }
      if (!row.value.empty() && value.empty()) {
        complain(usage(fmt::format("{} needs a value", row.flag), fmt::format("write {} {}", row.flag, row.value)));
        continue;
      }
      if (!row.choices.empty())
        if (auto wrong = not_one_of(row.flag, value, split(row.choices, '|'))) complain(std::move(*wrong));
      into.add(std::string(row.flag), value);
    }
  }

  struct Bound {
    const OptionRow* row;
    const CLI::Option* option;
    Arguments* into;
  };
  const CommandRow* row_;
  CLI::App app_;
  std::vector<Bound> options_;
  Typed typed_;
};

/// Two flags that cannot be meant together.
std::optional<Error> contradiction(std::span<const OptionRow> rows, const Arguments& typed, const Arguments& globals) {
  for (const auto& row : rows) {
    if (row.not_with.empty() || !typed.has(std::string(row.flag))) continue;
    for (const auto& other : split(row.not_with, ' '))
      if (typed.has(other) || globals.has(other))
        return usage(fmt::format("{} and {} contradict each other", row.flag, other), "leave one of them out");
  }
  return std::nullopt;
}

/// What the row of the verb demands of all that was typed: contradictions, the format, too few or too many words.
std::optional<Error> misfit(const CommandRow& row, const Arguments& globals, const Arguments& arguments) {
  if (auto wrong = contradiction(global_options(), globals, globals)) return wrong;
  if (auto wrong = contradiction(row.options, arguments, globals)) return wrong;
  if (const auto format = globals.one("--format")) {
    if (auto wrong = not_one_of("--format", *format, split(row.formats, ' '))) return wrong;
    if (globals.has("--json") && *format != "json")
      return usage(fmt::format("--json and --format {} contradict each other", *format), "leave one of them out");
  }
  const auto& words = arguments.positionals();
  for (std::size_t at = 0; at < words.size() && at < row.positionals.size(); ++at)
    if (!row.positionals[at].choices.empty())
      if (auto wrong = not_one_of(row.positionals[at].name, words[at], split(row.positionals[at].choices, '|')))
        return wrong;
  if (std::ssize(words) < std::ranges::count_if(row.positionals, &PositionalRow::required))
    return usage(fmt::format("`{}` needs {}", row.name, row.positionals[words.size()].name),
                 fmt::format("usage: zmig {}", row.usage));
  if (std::ranges::none_of(row.positionals, &PositionalRow::repeat) && words.size() > row.positionals.size())
    return usage(fmt::format("{} is one word too many for `{}`", zmig::quoted(words[row.positionals.size()]), row.name),
                 fmt::format("usage: zmig {}", row.usage));
  return std::nullopt;
}

}  // namespace

Typed read_words(std::span<const std::string_view> words) {
  const auto mark = std::ranges::find(words, "--");  // behind it there are no flags
  std::vector<std::string> head(words.begin(), mark);
  std::vector<std::string> tail(mark == words.end() ? mark : std::next(mark), words.end());
  std::optional<Error> wrong;
  // CLI11 would take the next word for the value of `--flag=`.
  for (const auto& word : head)
    if (word.starts_with("--") && word.find('=') == word.size() - 1 && !wrong)
      wrong = usage(fmt::format("{} needs a value", word.substr(0, word.size() - 1)), "write it behind the =");
  std::erase_if(head, [](const std::string& word) { return word.starts_with("--") && word.ends_with('='); });

  const CommandRow* row = nullptr;
  bool named = false;
  const auto verb = [&](std::vector<std::string>& from, std::size_t at) {
    named = at < from.size() && !looks_like_flag(from[at]);
    if (!named) return;
    row = find_command(from[at]);
    if (row == nullptr && !wrong) wrong = unknown_verb(from[at]);
    from.erase(from.begin() + static_cast<std::ptrdiff_t>(at));
  };
  verb(head, Grammar(nullptr).verb_at(head));
  if (!named) verb(tail, 0);
  auto typed = Grammar(row).read(head);
  for (const auto& word : tail) typed.arguments.add_positional(word);
  if (wrong) typed.wrong = std::move(wrong);
  if (!typed.wrong && typed.row != nullptr) typed.wrong = misfit(*typed.row, typed.globals, typed.arguments);
  return typed;
}

}  // namespace zmig::cli
