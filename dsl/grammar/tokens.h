#pragma once
// The symbols of a line, as X3 parsers. Only this file and lex.cc look at characters; the rules are built of these.
//
// The grammar works on the copy of the text that the scanner made: comments and line breaks inside ( ) are blanks
// there. Every symbol skips the blanks before it by itself, so there is no skipper, and rules have an empty context:
// that is what keeps the compile time down. The state of a parse travels in the iterator.

#include <boost/spirit/home/x3.hpp>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "ast.h"
#include "failure.h"
#include "scan.h"
#include "words.h"

namespace zmig::dsl::grammar {

namespace x3 = boost::spirit::x3;

struct ParseState {
  const char* base = nullptr;
  const char* end = nullptr;
  const Scan* scan = nullptr;
  std::vector<Failure> failures;
  std::size_t depth = 0;      ///< formulas inside formulas, now
  std::size_t operators = 0;  ///< binary operators on this line, so far

  /// Trees of formulas are as deep as a chain of operators is long, and are walked recursively.
  static constexpr std::size_t kMaxOperators = 1000;

  /// Where to go on after a failure at `at` on a line with `depth` braces open (plus one inside `down { }`).
  [[nodiscard]] std::uint32_t resume(std::uint32_t at, int depth_of_line) const;
};

/// A forward iterator over bytes that carries the state of the parse.
struct Cursor {
  using iterator_category = std::forward_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  const char* at = nullptr;
  ParseState* state = nullptr;

  const char& operator*() const { return *at; }
  Cursor& operator++() { return ++at, *this; }
  Cursor operator++(int) { return Cursor{at++, state}; }
  bool operator==(const Cursor& other) const { return at == other.at; }
  [[nodiscard]] std::uint32_t offset() const { return static_cast<std::uint32_t>(at - state->base); }
  [[nodiscard]] bool done() const { return at == state->end; }
  void skip_blanks() {
    while (at != state->end && (*at == ' ' || *at == '\t' || *at == '\r')) ++at;
  }
};

/// An operator of a formula.
struct Operator : ast::Node {
  ast::FormulaKind kind = ast::FormulaKind::blank;
};

// Readers: true, and the cursor behind the symbol, or false (the cursor may be anywhere). The cursor stands on the
// first byte of the symbol.
bool read_words_from_first(Cursor& at, std::string_view words);
/// Mostly it is another word: seen at its first letter, and most of a parse is looking for words that are not there.
inline bool read_words(Cursor& at, std::string_view words) {
  return !at.done() && *at.at == words.front() && read_words_from_first(at, words);
}
bool read_text(Cursor& at, ast::Text& out);
bool read_word(Cursor& at, ast::Word& out);
bool read_code(Cursor& at, ast::Word& out);
bool read_count(Cursor& at, ast::Count& out);
bool read_literal(Cursor& at, ast::Literal& out);
bool read_editor(Cursor& at, ast::Editor& out);
bool read_atom(Cursor& at, ast::Formula& out);       ///< literal without sign, [cell], $variable
bool read_call_head(Cursor& at, ast::Formula& out);  ///< a word, with `(` behind it (consumed)
bool read_comparison(Cursor& at, Operator& out);

/// A symbol with an attribute. `Derived` has `bool read(Cursor&, Attribute&) const`.
template <class Derived, class Attribute>
struct Token : x3::parser<Derived> {
  using attribute_type = Attribute;
  static bool const has_attribute = true;

  template <class Context, class RContext, class Actual>
  bool parse(Cursor& first, Cursor const& /*last*/, Context const&, RContext&, Actual& attribute) const {
    Cursor at = first;
    at.skip_blanks();
    const std::uint32_t begin = at.offset();
    Attribute value{};
    if (!this->derived().read(at, value)) return false;
    value.begin = begin;
    value.end = at.offset();
    x3::traits::move_to(std::move(value), attribute);
    first = at;
    return true;
  }
};

#define ZMIG_DSL_TOKEN(Type, Attribute, name, function)                           \
  struct Type : Token<Type, Attribute> {                                          \
    bool read(Cursor& at, Attribute& value) const { return function(at, value); } \
    static std::string what() { return name; }                                    \
  };

ZMIG_DSL_TOKEN(NameToken, ast::Text, "a name", read_text)
ZMIG_DSL_TOKEN(TextToken, ast::Text, "a text", read_text)
ZMIG_DSL_TOKEN(WordToken, ast::Word, "a word", read_word)
ZMIG_DSL_TOKEN(CodeToken, ast::Word, "a code", read_code)
ZMIG_DSL_TOKEN(CountToken, ast::Count, "a number", read_count)
ZMIG_DSL_TOKEN(LiteralToken, ast::Literal, "a value", read_literal)
ZMIG_DSL_TOKEN(EditorToken, ast::Editor, "an editor", read_editor)
ZMIG_DSL_TOKEN(AtomToken, ast::Formula, "a formula", read_atom)
ZMIG_DSL_TOKEN(CallToken, ast::Formula, "a formula", read_call_head)
ZMIG_DSL_TOKEN(ComparisonToken, Operator, "a comparison", read_comparison)
#undef ZMIG_DSL_TOKEN

inline constexpr NameToken name_{};
inline constexpr TextToken text_{};
inline constexpr WordToken word_{};
inline constexpr CodeToken code_{};
inline constexpr CountToken count_{};
inline constexpr LiteralToken literal_{};
inline constexpr EditorToken editor_{};

/// Words of the vocabulary whose place matters: `verb("drop column")`.
struct Verb : Token<Verb, ast::Node> {
  std::string_view words;
  constexpr explicit Verb(std::string_view w) : words(w) {}
  bool read(Cursor& at, ast::Node&) const { return read_words(at, words); }
  [[nodiscard]] std::string what() const { return "`" + std::string(words) + "`"; }
};
constexpr Verb verb(std::string_view words) { return Verb(words); }

/// Words of the vocabulary in the middle of a line, without attribute: `kw("to")`.
struct Keyword : x3::parser<Keyword> {
  using attribute_type = x3::unused_type;
  static bool const has_attribute = false;
  std::string_view words;
  std::string_view label;  ///< what messages call it, when it is one of several that could stand here
  constexpr explicit Keyword(std::string_view w, std::string_view l = {}) : words(w), label(l) {}
  template <class Context, class RContext, class Actual>
  bool parse(Cursor& first, Cursor const&, Context const&, RContext&, Actual&) const {
    Cursor at = first;
    at.skip_blanks();
    if (!read_words(at, words)) return false;
    first = at;
    return true;
  }
  [[nodiscard]] std::string what() const { return label.empty() ? "`" + std::string(words) + "`" : std::string(label); }
};
constexpr Keyword kw(std::string_view words) { return Keyword(words); }

/// One sign: `(`, `)`, `,`, `&`.
struct Sign : Token<Sign, ast::Node> {
  char sign;
  constexpr explicit Sign(char c) : sign(c) {}
  bool read(Cursor& at, ast::Node&) const { return !at.done() && *at == sign && (++at, true); }
  [[nodiscard]] std::string what() const { return std::string("`") + sign + "`"; }
};
constexpr auto sign(char c) { return Sign(c); }

/// One sign, without attribute.
struct Punct : x3::parser<Punct> {
  using attribute_type = x3::unused_type;
  static bool const has_attribute = false;
  char sign;
  constexpr explicit Punct(char c) : sign(c) {}
  template <class Context, class RContext, class Actual>
  bool parse(Cursor& first, Cursor const&, Context const&, RContext&, Actual&) const {
    Cursor at = first;
    at.skip_blanks();
    if (at.done() || *at != sign) return false;
    ++at;
    first = at;
    return true;
  }
  [[nodiscard]] std::string what() const { return std::string("`") + sign + "`"; }
};
constexpr auto punct(char c) { return Punct(c); }

/// Counts an operator; a chain that is too long is "nested too deep".
void count_operator(const Cursor& at);

/// An operator of one byte, with its kind.
struct OperatorToken : Token<OperatorToken, Operator> {
  char sign;
  ast::FormulaKind kind;
  constexpr OperatorToken(char c, ast::FormulaKind k) : sign(c), kind(k) {}
  bool read(Cursor& at, Operator& out) const {
    if (at.done() || *at != sign) return false;
    ++at;
    out.kind = kind;
    count_operator(at);
    return true;
  }
  [[nodiscard]] std::string what() const { return std::string("`") + sign + "`"; }
};

/// An operator that is a word, with its kind.
struct WordOperator : Token<WordOperator, Operator> {
  std::string_view words;
  ast::FormulaKind kind;
  constexpr WordOperator(std::string_view w, ast::FormulaKind k) : words(w), kind(k) {}
  bool read(Cursor& at, Operator& out) const {
    out.kind = kind;
    if (!read_words(at, words)) return false;
    count_operator(at);
    return true;
  }
  [[nodiscard]] std::string what() const { return "`" + std::string(words) + "`"; }
};

/// All phrases of an enum of the tree, `from` to `to`: an attribute with a member `value` of that enum.
template <class Attribute>
struct Phrases : Token<Phrases<Attribute>, Attribute> {
  using Enum = decltype(Attribute::value);
  Enum from, to;
  std::string_view label;  ///< what messages call it, when it is one of several that could stand here
  constexpr Phrases(Enum f, Enum t, std::string_view l = {}) : from(f), to(t), label(l) {}
  bool read(Cursor& at, Attribute& out) const {
    for (const WordsOf<Enum>& row : words_of<Enum>()) {
      if (row.value < from || row.value > to) continue;
      Cursor here = at;
      if (!read_words(here, row.words)) continue;
      at = here;
      out.value = row.value;
      return true;
    }
    return false;
  }
  [[nodiscard]] std::string what() const {
    if (!label.empty()) return std::string(label);
    std::string out;
    for (const WordsOf<Enum>& row : words_of<Enum>()) {
      if (row.value < from || row.value > to || row.words != words(row.value)) continue;
      out += (out.empty() ? "`" : " or `") + std::string(row.words) + "`";
    }
    return out;
  }
};
/// Any of the enum.
template <class Enum>
constexpr Phrases<ast::Choice<Enum>> any(Enum last, std::string_view label = {}) {
  return {Enum{}, last, label};
}
template <class Enum>
constexpr Phrases<ast::Choice<Enum>> any(Enum from, Enum to) {
  return {from, to};
}
/// Any of the enum that is the whole line.
template <class L>
constexpr Phrases<L> plain(decltype(L::value) last) {
  return {decltype(L::value){}, last};
}

/// Braces: `{` goes on to the next line, `}` stands where it stands.
struct OpenToken : Token<OpenToken, ast::Node> {
  bool read(Cursor& at, ast::Node&) const { return !at.done() && *at == '{' && (++at, true); }
  static std::string what() { return "`{`"; }
};
struct CloseToken : Token<CloseToken, ast::Node> {
  bool read(Cursor& at, ast::Node&) const { return !at.done() && *at == '}' && (++at, true); }
  static std::string what() { return "`}`"; }
};
inline constexpr OpenToken open_{};
inline constexpr CloseToken close_{};

/// A parser without attribute that is a function of the cursor.
template <class Derived>
struct Silent : x3::parser<Derived> {
  using attribute_type = x3::unused_type;
  static bool const has_attribute = false;
  template <class Context, class RContext, class Actual>
  bool parse(Cursor& first, Cursor const&, Context const&, RContext&, Actual&) const {
    return Derived::read(first);
  }
};

/// Line ends and blanks, as many as there are (none: a `}` or the end of the file is ahead).
struct Ends : Silent<Ends> {
  static bool read(Cursor& at);
  static std::string what() { return "the end of the line"; }
};
/// Blank lines.
struct Lines : Silent<Lines> {
  static bool read(Cursor& at);
  static std::string what() { return "a line"; }
};
/// There is another line here, neither a `}` nor the end of the file.
struct More : Silent<More> {
  static bool read(Cursor& at);
  static std::string what() { return "a line"; }
};
/// Nothing but the end of the file is left.
struct Done : Silent<Done> {
  static bool read(Cursor& at) { return Lines::read(at) && at.done(); }
  static std::string what() { return "the end of the file"; }
};
inline constexpr Ends ends_{};
inline constexpr Lines lines_{};
inline constexpr More more_{};
inline constexpr Done done_{};

/// `,` between two things of a list. With something behind it that cannot begin one, the list says so (and does not
/// step back and complain about the comma, as `%` would).
struct Comma : Silent<Comma> {
  static bool read(Cursor& at) {
    Cursor here = at;
    here.skip_blanks();
    if (here.done() || *here != ',') return false;
    ++here;
    at = here;
    return true;
  }
  static std::string what() { return "`,`"; }
};
inline constexpr Comma comma_{};

}  // namespace zmig::dsl::grammar

// What stands in a message for each parser: X3 itself knows rules, literals and a few more.
namespace boost::spirit::x3 {
template <class T>
requires requires(const T& t) {
  { t.what() } -> std::same_as<std::string>;
}
struct get_info<T> {
  using result_type = std::string;
  std::string operator()(T const& t) const { return t.what(); }
};
template <class L, class R>
struct get_info<sequence<L, R>> {
  using result_type = std::string;
  std::string operator()(sequence<L, R> const& p) const { return x3::what(p.left); }
};
template <class L, class R>
struct get_info<alternative<L, R>> {
  using result_type = std::string;
  std::string operator()(alternative<L, R> const& p) const { return x3::what(p.left) + " or " + x3::what(p.right); }
};
template <class S, class A>
struct get_info<action<S, A>> {
  using result_type = std::string;
  std::string operator()(action<S, A> const& p) const { return x3::what(p.subject); }
};
template <class S>
struct get_info<expect_directive<S>> {
  using result_type = std::string;
  std::string operator()(expect_directive<S> const& p) const { return x3::what(p.subject); }
};
}  // namespace boost::spirit::x3
