#include "words.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

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
    Elsewhere{"restore", "`zmig down` takes back what was applied; each run's backup is kept in .zmig/backups"},
    Elsewhere{"backup", "`up` and `down` make and verify one before they write; `zmig history --run ID` names it"},
    Elsewhere{"snapshot", "`up` and `down` make and verify one before they write; `zmig history --run ID` names it"},
    Elsewhere{"doctor", "`zmig status` says whether the workbook can be reached, `zmig plan` what `up` would do"},
    Elsewhere{"lint", "`zmig fmt --check` and `zmig plan` report what is wrong with a migration"},
    Elsewhere{"ci", "in a pipeline run `zmig fmt --check`, `zmig plan` and `zmig verify`"},
    Elsewhere{"diff", "`zmig status` and `zmig verify` say what differs"},
    Elsewhere{"drift", "`zmig status` and `zmig verify` say what differs"},
    Elsewhere{"report", "`zmig history --run ID` shows a run, `--json` all of it"},
    Elsewhere{"contract", "`zmig show N --schema after` prints the schema"},
    Elsewhere{"completion", "`zmig help` lists the verbs and flags"},
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

class Reading {
 public:
  explicit Reading(std::span<const std::string_view> words) : words_(words) {}

  Typed read() {
    for (; at_ < words_.size(); ++at_) {
      const auto word = words_[at_];
      if (ended_ || word.size() < 2 || word[0] != '-')
        plain(word);
      else if (word == "--")
        ended_ = true;
      else if (word[1] == '-')
        long_flag(word);
      else
        letters(word);
    }
    return std::move(typed_);
  }

 private:
  void complain(Error error) {
    if (!typed_.wrong) typed_.wrong = std::move(error);
  }

  void plain(std::string_view word) {
    if (typed_.row != nullptr) {
      typed_.arguments.add_positional(std::string(word));
    } else if (!unknown_verb_seen_) {
      typed_.row = find_command(word);
      unknown_verb_seen_ = typed_.row == nullptr;
      if (unknown_verb_seen_) complain(unknown_verb(word));
    }
  }

  /// The row of a flag, and where its value goes.
  const OptionRow* find(std::string_view flag, Arguments*& into) {
    const bool letter = flag.size() == 2;
    const auto same = [&](const OptionRow& row) { return letter ? row.letter == flag : row.flag == flag; };
    if (const auto found = std::ranges::find_if(global_options(), same); found != global_options().end()) {
      into = &typed_.globals;
      return &*found;
    }
    if (typed_.row == nullptr) return nullptr;
    const auto found = std::ranges::find_if(typed_.row->options, same);
    into = &typed_.arguments;
    return found == typed_.row->options.end() ? nullptr : &*found;
  }

  void store(const OptionRow& row, Arguments& into, std::string_view value) {
    const std::string flag(row.flag);
    if (!row.repeat && into.has(flag))
      complain(usage(fmt::format("{} is given twice", row.flag), "give it once; the last one does not win"));
    into.add(flag, std::string(value));
  }

  /// The next word, unless it is a flag of its own.
  void store_next(const OptionRow& row, Arguments& into) {
    const bool there = at_ + 1 < words_.size() && !words_[at_ + 1].empty() && !looks_like_flag(words_[at_ + 1]);
    if (!there) {
      if (at_ + 1 < words_.size() && words_[at_ + 1].empty()) ++at_;
      return complain(
          usage(fmt::format("{} needs a value", row.flag), fmt::format("write {} {}", row.flag, row.value)));
    }
    store(row, into, words_[++at_]);
  }
  static bool looks_like_flag(std::string_view word) {
    return word.size() >= 2 && word[0] == '-' && (word[1] < '0' || word[1] > '9');
  }

  void long_flag(std::string_view word) {
    const auto equals = word.find('=');
    const auto flag = word.substr(0, equals);
    if (word == "--help") {
      typed_.help = true;
      return;
    }
    if (word == "--version") {
      typed_.version = true;
      return;
    }
    Arguments* into = nullptr;
    const auto* row = find(flag, into);
    if (row == nullptr) return complain(unknown_flag(flag, typed_.row));
    if (row->value.empty()) {
      if (equals != std::string_view::npos)
        return complain(usage(fmt::format("{} takes no value", flag), fmt::format("write {}", flag)));
      return store(*row, *into, "");
    }
    if (equals == std::string_view::npos) return store_next(*row, *into);
    if (equals + 1 == word.size())
      return complain(usage(fmt::format("{} needs a value", flag), fmt::format("write {}={}", flag, row->value)));
    store(*row, *into, word.substr(equals + 1));
  }

  /// `-n`, `-qv`, `-e NAME`, `-eNAME`.
  void letters(std::string_view word) {
    for (std::size_t letter = 1; letter < word.size(); ++letter) {
      const std::string flag{'-', word[letter]};
      if (flag == "-h") {
        typed_.help = true;
        continue;
      }
      if (flag == "-V") {
        typed_.version = true;
        continue;
      }
      Arguments* into = nullptr;
      const auto* row = find(flag, into);
      if (row == nullptr) return complain(unknown_flag(word.size() == 2 ? word : std::string_view(flag), typed_.row));
      if (!row->value.empty()) {
        auto rest = word.substr(letter + 1);
        if (rest.empty()) return store_next(*row, *into);
        if (rest.starts_with('=')) rest.remove_prefix(1);
        if (rest.empty()) return complain(usage(fmt::format("{} needs a value", flag), "write it behind the flag"));
        return store(*row, *into, rest);
      }
      store(*row, *into, "");
    }
  }

  std::span<const std::string_view> words_;  // the caller's argv
  std::size_t at_ = 0;
  bool ended_ = false, unknown_verb_seen_ = false;
  Typed typed_;
};

/// Too few or too many words behind the verb.
std::optional<Error> misfit(const CommandRow& row, const Arguments& arguments) {
  const auto& words = arguments.positionals();
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
  auto typed = Reading(words).read();
  if (!typed.wrong && typed.row != nullptr) typed.wrong = misfit(*typed.row, typed.arguments);
  return typed;
}

}  // namespace zmig::cli
