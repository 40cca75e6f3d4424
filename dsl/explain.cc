// What a failure of the grammar means to the person who wrote the line: title, label, help (section 13 of the
// language). The grammar says where and what kind; the words around the place, and the vocabulary that is possible
// there, say why.

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "failure.h"
#include "words.h"

namespace zmig::dsl {
namespace {

using Phrases = std::vector<std::string>;

template <class Enum>
void add_words(Phrases& out) {
  for (const WordsOf<Enum>& row : words_of<Enum>()) out.emplace_back(row.words);
}
void add_words(Phrases& out, std::initializer_list<const char*> more) {
  out.insert(out.end(), more.begin(), more.end());
}

Phrases heading_and_top_phrases() {
  Phrases out;
  add_words<ast::TextHeadingKind>(out);
  add_words<ast::ListHeadingKind>(out);
  add_words(out, {"keep undo data for", "allow", "variable"});
  add_words<ast::ClaimVerb>(out);
  add_words(out, {"create sheet", "drop sheet", "create range", "native", "down"});
  add_words<ast::SheetScopeVerb>(out);
  add_words<ast::PairVerb>(out);
  add_words<ast::NameVerb>(out);
  add_words<ast::EnumScopeVerb>(out);
  return out;
}

Phrases sheet_phrases() {
  Phrases out;
  add_words(out, {"add column", "adopt column", "change column", "move column", "split column", "merge columns",
                  "retire column", "drop column", "fill column", "set column", "clean column", "add rows", "drop rows",
                  "add check", "drop check", "protect sheet"});
  add_words<ast::ColumnPairVerb>(out);
  add_words<ast::ColumnVerbKind>(out);
  add_words<ast::KeyVerb>(out);
  add_words<ast::SheetSwitchKind>(out);
  return out;
}

Phrases enum_phrases() { return {"add value", "rename value", "retire value", "drop value"}; }

Phrases property_phrases() {
  Phrases out{"default", "alias", "protected", "computed as", "type", "deprecated"};
  add_words<ast::TextPropertyKind>(out);
  add_words<ast::PlainKind>(out);
  return out;
}

Phrases step_phrases() {
  Phrases out{"blank", "replace", "parse"};
  add_words<ast::PlainStepKind>(out);
  add_words<ast::Otherwise>(out);
  return out;
}

Phrases statement_phrases(LineKind kind) {
  switch (kind) {
    case LineKind::header: return {"zmig"};
    case LineKind::top: return heading_and_top_phrases();
    case LineKind::sheet: return sheet_phrases();
    case LineKind::property: return property_phrases();
    case LineKind::step: return step_phrases();
    case LineKind::columns: return {"columns"};
    case LineKind::row: return {"row"};
    case LineKind::values: return {"values"};
    case LineKind::enumeration: return enum_phrases();
    case LineKind::native: return {"up", "down", "satisfied when"};
  }
  return {};
}

/// What may still stand on a line that is complete.
Phrases clause_phrases(LineKind kind) {
  Phrases out;
  switch (kind) {
    case LineKind::header: return {"down of"};
    case LineKind::top:
      return {"because", "first", "last", "after", "before", "discarding data", "or", "at least", "where"};
    case LineKind::enumeration: return {"first", "last", "after", "before", "note", "replace with"};
    case LineKind::sheet:
      out = property_phrases();
      add_words<ast::PlaceKind>(out);
      add_words<ast::Otherwise>(out);
      add_words(out, {"where", "expecting", "undo with", "discarding data", "use", "except", "using"});
      return out;
    case LineKind::property: return {"using", "undo with", "use", "except"};
    default: return out;
  }
}

/// The vocabulary behind the noun that the grammar expected; empty: it is no vocabulary.
Phrases phrases_of(const Failure& failure) {
  const std::string& what = failure.expected;
  Phrases out;
  if (what == "a statement" || what == "a property" || what == "a step") return statement_phrases(failure.kind);
  if (what == "a check") {
    out = {"sheet", "column", "columns", "enum", "migration", "backup of sheet"};
    add_words<ast::Quantifier>(out);
    add_words<ast::WorkbookFact>(out);
  } else if (what == "a sheet fact") {
    add_words<ast::SheetState>(out);
    add_words<ast::CountVerb>(out);
  } else if (what == "a column fact") {
    add_words<ast::ColumnState>(out);
    add_words(out, {"has type", "refers to"});
  } else if (what == "an enum fact") {
    add_words<ast::EnumState>(out);
    add_words<ast::EnumHas>(out);
  } else if (what == "a type") {
    add_words<ast::TypeKind>(out);
  } else if (what == "a place") {
    add_words<ast::PlaceKind>(out);
  } else {
    for (std::size_t at = what.find('`'); at != std::string::npos; at = what.find('`', at + 1)) {
      const std::size_t end = what.find('`', at + 1);
      if (end == std::string::npos) break;
      const std::string quoted_words = what.substr(at + 1, end - at - 1);
      if (quoted_words[0] >= 'a' && quoted_words[0] <= 'z') out.push_back(quoted_words);
      at = end;
    }
  }
  return out;
}

bool is_wordish(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}
bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

/// Where the line goes wrong, and what stands there.
struct Place {
  std::size_t begin = 0, end = 0;  ///< the caret
  std::string word;                ///< the bare word there, or empty
  bool at_end = false;             ///< nothing is left on the line
  char sign = '\0';                ///< its first byte
};

class Explainer {
 public:
  Explainer(const Failure& failure, std::string_view text, const Scan& scan, std::uint32_t file)
      : failure_(failure), text_(text), seen_(scan.text), file_(file) {
    const LogicalLine& line = scan.line_at(failure.at);
    line_begin_ = line.begin;
    line_end_ = std::max<std::size_t>(line.end, failure.at);
    place_ = place_at(failure.at);
  }

  Diagnostic explain();

 private:
  [[nodiscard]] Place place_at(std::size_t at) const;
  [[nodiscard]] std::string_view word_at(std::size_t at) const;
  [[nodiscard]] std::string before() const;
  [[nodiscard]] bool behind_comma() const;
  Diagnostic make(const char* code, std::string title, std::string label, std::string help = {}) const;
  std::optional<Diagnostic> special() const;
  std::optional<Diagnostic> noun() const;
  Diagnostic too_much() const;
  Diagnostic vocabulary(const Phrases& phrases) const;
  Diagnostic generic() const;
  Diagnostic bare_word(std::string what) const;
  [[nodiscard]] std::optional<Diagnostic> another_block() const;

  /// How far the phrases follow the words at a place.
  struct Walk {
    std::size_t words = 0;          ///< words that fit
    std::string fitting;            ///< them
    std::vector<std::string> next;  ///< the words that could follow
    std::size_t at = 0;             ///< where the next word would stand
    bool complete = false;          ///< a whole phrase stands there
  };
  [[nodiscard]] Walk walk(const Phrases& phrases, std::size_t at) const;

  const Failure& failure_;
  std::string_view text_, seen_;
  std::uint32_t file_;
  std::size_t line_begin_ = 0, line_end_ = 0;
  Place place_;
};

std::string_view Explainer::word_at(std::size_t at) const {
  std::size_t end = at;
  while (end < seen_.size() && is_wordish(seen_[end])) ++end;
  return text_.substr(at, end - at);
}

Place Explainer::place_at(std::size_t at) const {
  Place out;
  while (at < line_end_ && is_blank(seen_[at])) ++at;
  out.at_end = at >= line_end_ || seen_[at] == '\n';
  if (out.at_end) {
    while (at > line_begin_ && (at >= seen_.size() || is_blank(seen_[at]) || seen_[at] == '\n') &&
           (is_blank(seen_[at - 1]) || seen_[at - 1] == '\n')) {
      --at;
    }
    out.begin = out.end = at;
    return out;
  }
  out.begin = at;
  out.sign = seen_[at];
  const std::string_view word = word_at(at);
  const bool bare = !word.empty() && (word[0] < '0' || word[0] > '9');
  if (bare) out.word = std::string(word);
  std::size_t next = at;
  decode_utf8(text_, next);
  out.end = word.empty() ? next : at + word.size();
  return out;
}

/// The word before the place, as it stands.
std::string Explainer::before() const {
  std::size_t end = place_.begin;
  while (end > line_begin_ && is_blank(seen_[end - 1])) --end;
  std::size_t begin = end;
  while (begin > line_begin_ && is_wordish(seen_[begin - 1])) --begin;
  return std::string(text_.substr(begin, end - begin));
}

bool Explainer::behind_comma() const {
  std::size_t end = place_.begin;
  while (end > line_begin_ && is_blank(seen_[end - 1])) --end;
  return end > line_begin_ && seen_[end - 1] == ',';
}

Diagnostic Explainer::make(const char* code, std::string title, std::string label, std::string help) const {
  Diagnostic out;
  out.code = code;
  out.message = std::move(title);
  out.primary = Label{Span{file_, static_cast<std::uint32_t>(place_.begin), static_cast<std::uint32_t>(place_.end)},
                      {},
                      std::move(label)};
  if (!help.empty()) out.help = std::move(help);
  return out;
}

Explainer::Walk Explainer::walk(const Phrases& phrases, std::size_t at) const {
  Walk out;
  out.at = at;
  std::vector<std::vector<std::string>> fitting;
  for (const std::string& phrase : phrases) fitting.push_back(split(phrase, ' '));
  while (true) {
    while (at < line_end_ && is_blank(seen_[at])) ++at;
    out.at = at;
    out.next.clear();
    for (const auto& words : fitting) {
      if (words.size() > out.words && std::find(out.next.begin(), out.next.end(), words[out.words]) == out.next.end())
        out.next.push_back(words[out.words]);
    }
    const std::string word(at < line_end_ ? word_at(at) : std::string_view{});
    std::vector<std::vector<std::string>> left;
    for (auto& words : fitting) {
      if (words.size() > out.words && words[out.words] == word) left.push_back(std::move(words));
    }
    if (word.empty() || left.empty()) return out;
    fitting = std::move(left);
    ++out.words;
    out.fitting += (out.fitting.empty() ? "" : " ") + word;
    at += word.size();
    out.complete =
        std::any_of(fitting.begin(), fitting.end(), [&](const auto& words) { return words.size() == out.words; });
    if (out.complete) return out;
  }
}

Diagnostic Explainer::bare_word(std::string what) const {
  return make("ZM0004", std::move(what), "this is a bare word",
              fmt::format("bare words belong to zmig, quoted ones to your workbook: write {}", quoted(place_.word)));
}

/// Failures that one sentence of their own explains best.
std::optional<Diagnostic> Explainer::special() const {
  const std::string& what = failure_.expected;
  if (what == "nesting") {
    return make("ZM0018", "this is nested too deep", "level 65; zmig reads 64",
                "compute a part of it in a column of its own");
  }
  if (what == "`else`") {
    return make("ZM0017", "a `when` needs an `else`", "what should the other rows get?",
                "finish with `else [column]` to leave them as they are, or `else blank`");
  }
  if (what.starts_with("`not blank`")) {
    return make("ZM0002", "something else is needed here", "expected `blank`, `not blank` or `one of (…)`",
                "equality is written with `=`");
  }
  const std::string last = before();
  if (what == "`(`" && last == "decimal") {
    return make("ZM0002", "`decimal` needs its digits", "expected `(`",
                "write `decimal(2)` for two digits after the point");
  }
  const std::string verb(word_at(line_begin_ + (seen_.substr(line_begin_).find_first_not_of(" \t\r"))));
  if (what == "`to`" && (verb == "rename" || verb == "copy")) {
    std::string help = "write `to` and then the new name";
    ast::Text ignored;
    if (place_.sign == '"') {
      const std::size_t close = text_.find('"', place_.begin + 1);
      const std::size_t first = seen_.find_first_not_of(" \t\r", line_begin_);
      help = fmt::format("write: {}to {}", text_.substr(first, place_.begin - first),
                         text_.substr(place_.begin, close + 1 - place_.begin));
    }
    return make("ZM0002", fmt::format("`{}` needs the new name", verb), "expected `to`", std::move(help));
  }
  return std::nullopt;
}

/// Names, texts, values, formulas, numbers.
std::optional<Diagnostic> Explainer::noun() const {
  static const std::set<std::string> kClauseWords{"where",   "otherwise", "expecting", "undo", "then", "else",
                                                  "and",     "or",        "because",   "has",  "have", "is",
                                                  "matches", "to",        "with",      "of",   "from"};
  const std::string& what = failure_.expected;
  const bool word = !place_.word.empty() && !kClauseWords.contains(place_.word);
  const char* missing = place_.at_end ? "something is missing here" : "something else is needed here";
  if (what == "a name") {
    if (word) return bare_word("a name needs quotes");
    return make("ZM0002", missing,
                behind_comma() ? "expected another name after the comma" : "expected a name in quotes");
  }
  if (what == "a text" || what == "an editor" || what == "a format") {
    if (word) return bare_word("a text needs quotes");
    return make("ZM0002", missing,
                behind_comma() ? "expected another text after the comma" : "expected a text in quotes");
  }
  if (what == "a value") {
    if (word) return bare_word("a text needs quotes");
    return make("ZM0002", missing,
                behind_comma() ? "expected another value after the comma (write `blank` for an empty cell)"
                               : "expected a value: a text in quotes, a number, a date, `true`, `false` or `blank`");
  }
  if (what == "a formula") {
    const std::size_t next = std::min(seen_.find_first_not_of(" \t\r", place_.end), seen_.size());
    if (word && next < line_end_ && seen_[next] == '[') {
      return make("ZM0002", "something else is needed here", "this is a bare word",
                  fmt::format("a function has its values in parentheses: write {}(…)", place_.word));
    }
    if (word) {
      return make(
          "ZM0027", "the value of a column stands in brackets", "this is a bare word",
          fmt::format("write [{}] for the value in that column, {} for a text", place_.word, quoted(place_.word)));
    }
    return make("ZM0002", missing,
                behind_comma() ? "expected another value after the comma (write `blank` for an empty cell)"
                               : "expected a value, a [column] or a function");
  }
  if (what == "a number") {
    return make("ZM0002", missing,
                before() == "zmig" ? "expected the number of the language: `zmig 1`" : "expected a whole number");
  }
  if (what == "a code") return make("ZM0002", missing, "expected a code such as ZM1103");
  if (what == "a word") {
    return make("ZM0002", missing, "expected a name in small letters, without quotes",
                "write it as in `variable owner …`");
  }
  return std::nullopt;
}

/// A line that belongs into another kind of block.
std::optional<Diagnostic> Explainer::another_block() const {
  struct Elsewhere {
    Phrases phrases;
    LineKind kind;
    const char* where;
    const char* help;
  };
  const std::vector<Elsewhere> all{
      {sheet_phrases(), LineKind::sheet, "inside a sheet", "write it inside `in sheet \"…\" { }`"},
      {enum_phrases(), LineKind::enumeration, "inside an enum", "write it inside `in enum \"…\" { }`"},
      {heading_and_top_phrases(), LineKind::top, "at the top level", "write it outside of this block"},
  };
  for (const Elsewhere& other : all) {
    if (other.kind == failure_.kind) continue;
    const Walk found = walk(other.phrases, place_.begin);
    if (!found.complete) continue;
    return make("ZM0002", fmt::format("`{}` stands {}", found.fitting, other.where), "not possible here", other.help);
  }
  return std::nullopt;
}

Diagnostic Explainer::too_much() const {
  const char* title = "this line has more on it than zmig can read";
  if (place_.sign == ',') {
    return make("ZM0006", title, "expected the end of the line", "clauses are separated by blanks, not commas");
  }
  if (place_.sign == ')') return make("ZM0006", title, "this `)` closes nothing", "remove it");
  if (!place_.word.empty()) {
    const Phrases clauses = clause_phrases(failure_.kind);
    const Walk found = walk(clauses, place_.begin);
    if (found.complete) {
      return make("ZM0006", title, fmt::format("`{}` cannot stand here", found.fitting),
                  "this line does not take it, or takes it further left");
    }
    if (found.words > 0) return vocabulary(clauses);
    if (nearest(place_.word, found.next)) return vocabulary(clauses);
  }
  return make("ZM0006", title, "expected the end of the line");
}

Diagnostic Explainer::vocabulary(const Phrases& phrases) const {
  const Walk found = walk(phrases, place_.begin);
  if (!found.complete && !place_.word.empty()) {
    if (auto elsewhere =
            failure_.expected == "a statement" || failure_.expected == "a property" ? another_block() : std::nullopt) {
      return *elsewhere;
    }
  }
  std::string possible;
  for (const std::string& word : found.next) possible += fmt::format("{}`{}`", possible.empty() ? "" : ", ", word);
  const bool few = found.next.size() <= 12;
  Explainer there = *this;
  there.place_ = place_at(found.at);
  const std::string& word = there.place_.word;
  const auto suggestion = word.empty() ? std::nullopt : nearest(word, found.next);
  std::string help = suggestion ? fmt::format("did you mean `{}`?", *suggestion)
                     : few      ? fmt::format("possible here: {}", possible)
                                : std::string();
  if (found.words > 0 && !found.complete) {
    std::string label = word.empty() ? "expected another word" : "not a word zmig knows here";
    return there.make("ZM0005", fmt::format("`{}` what?", found.fitting), std::move(label), std::move(help));
  }
  const bool one_keyword = phrases.size() == 1 && failure_.expected[0] == '`';
  if (!word.empty() && found.words == 0 && (suggestion || !one_keyword)) {
    return there.make("ZM0003", fmt::format("unknown word `{}`", word), "not a word zmig knows here", std::move(help));
  }
  if (failure_.expected == "a statement" && place_.sign != '\0') {
    return make("ZM0002", "a line begins with a verb", "expected a word such as `add` or `ensure`");
  }
  Diagnostic out = generic();
  if (few && !found.next.empty() && failure_.expected.find('`') == std::string::npos) {
    out.help = fmt::format("possible here: {}", possible);
  }
  return out;
}

Diagnostic Explainer::generic() const {
  return make("ZM0002", place_.at_end ? "something is missing here" : "something else is needed here",
              fmt::format("expected {}", failure_.expected));
}

Diagnostic Explainer::explain() {
  if (auto found = special()) return *found;
  if (auto found = noun()) return *found;
  if (failure_.expected == "the end of the line") return too_much();
  const Phrases phrases = phrases_of(failure_);
  if (!phrases.empty()) return vocabulary(phrases);
  return generic();
}

}  // namespace

Diagnostic explain(const Failure& failure, std::string_view text, const Scan& scan, std::uint32_t file_number) {
  return Explainer(failure, text, scan, file_number).explain();
}

}  // namespace zmig::dsl
