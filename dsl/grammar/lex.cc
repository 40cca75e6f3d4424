// Reading symbols, byte by byte: what the parsers of tokens.h share.

#include <algorithm>
#include <array>

#include "base/text.h"
#include "grammar/tokens.h"

namespace zmig::dsl::grammar {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
/// A byte that a word cannot end before.
bool is_wordish(char c) {
  return is_digit(c) || is_lower(c) || (c >= 'A' && c <= 'Z') || c == '_' || static_cast<unsigned char>(c) >= 0x80;
}
bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

char peek(const Cursor& at, std::size_t ahead = 0) {
  return static_cast<std::size_t>(at.state->end - at.at) > ahead ? at.at[ahead] : '\0';
}

bool at_word_end(const Cursor& at) { return !is_wordish(peek(at)); }

/// `[a-z][a-z0-9_]*`, or empty.
std::string_view take_word(Cursor& at) {
  if (!is_lower(peek(at))) return {};
  const char* begin = at.at;
  while (is_lower(peek(at)) || is_digit(peek(at)) || peek(at) == '_') ++at;
  if (!at_word_end(at)) return {};
  return {begin, static_cast<std::size_t>(at.at - begin)};
}

std::string_view take_digits(Cursor& at) {
  const char* begin = at.at;
  while (is_digit(peek(at))) ++at;
  return {begin, static_cast<std::size_t>(at.at - begin)};
}

/// Removes the layout of a block text: first and last line break, and the indentation of the closing quotes.
std::string unindent(std::string_view raw) {
  std::string text;
  for (std::size_t i = 0; i < raw.size(); ++i) {
    if (raw[i] == '\r' && i + 1 < raw.size() && raw[i + 1] == '\n') continue;
    text += raw[i];
  }
  const std::size_t last = text.rfind('\n');
  if (last == std::string::npos) return text;
  const std::string closing = text.substr(last + 1);
  std::string indent;
  if (std::all_of(closing.begin(), closing.end(), is_blank)) {
    indent = closing;
    text.resize(last + 1);
  } else {
    text += '\n';
  }
  const std::size_t first = text.find('\n');
  const bool opens_with_line_end =
      std::all_of(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(first), is_blank);
  std::string out;
  std::size_t begin = opens_with_line_end ? first + 1 : 0;
  bool indented = opens_with_line_end;
  bool any = false;
  while (begin < text.size()) {
    const std::size_t end = text.find('\n', begin);
    std::string_view line = std::string_view(text).substr(begin, end - begin);
    if (indented && line.starts_with(indent)) {
      line.remove_prefix(indent.size());
    } else if (indented) {
      line = {};  // a line of blanks only; anything else was reported by the scanner
    }
    if (any) out += '\n';
    out += line;
    any = true;
    indented = true;
    begin = end + 1;
  }
  return out;
}

bool read_block_text(Cursor& at, ast::Text& out) {
  const std::string_view rest(at.at, static_cast<std::size_t>(at.state->end - at.at));
  const std::size_t close = rest.find("\"\"\"", 3);
  if (close == std::string_view::npos) return false;
  out.value = unindent(rest.substr(3, close - 3));
  at.at += close + 3;
  return true;
}

/// Behind `\u`: `{hex}`.
void append_code_point(Cursor& at, std::string& out) {
  if (peek(at) != '{') return;
  ++at;
  char32_t value = 0;
  while (peek(at) != '}' && peek(at) != '"' && peek(at) != '\n' && !at.done()) {
    const char c = *at.at;
    const int digit = is_digit(c) ? c - '0' : (c | 0x20) - 'a' + 10;
    value = value * 16 + static_cast<char32_t>(digit & 15);
    ++at;
    if (value > 0x10FFFF) value = 0xFFFD;
  }
  if (peek(at) == '}') ++at;
  append_utf8(out, value >= 0xD800 && value <= 0xDFFF ? 0xFFFD : value);
}

bool read_date(Cursor& at, std::string& out) {
  Cursor here = at;
  const char* begin = here.at;
  if (take_digits(here).size() != 4) return false;
  for (int part = 0; part < 2; ++part) {
    if (peek(here) != '-') return false;
    ++here;
    const std::size_t digits = take_digits(here).size();
    if (digits < 1 || digits > 2) return false;
  }
  if (is_wordish(peek(here)) || (peek(here) == '-' && is_digit(peek(here, 1)))) return false;
  out.assign(begin, here.at);
  at = here;
  return true;
}

/// Digits, and a point with digits behind it. True: it was a number, and no letter stands behind it.
bool read_number(Cursor& at, std::string& out, bool& decimal) {
  Cursor here = at;
  const char* begin = here.at;
  if (take_digits(here).empty()) return false;
  decimal = peek(here) == '.' && is_digit(peek(here, 1));
  if (decimal) {
    ++here;
    take_digits(here);
  }
  if (!at_word_end(here)) return false;
  out.assign(begin, here.at);
  at = here;
  return true;
}

bool read_variable(Cursor& at, std::string& out) {
  if (peek(at) != '$') return false;
  Cursor here = at;
  ++here;
  const std::string_view word = take_word(here);
  if (word.empty()) return false;
  out = word;
  at = here;
  return true;
}

bool read_header(Cursor& at, std::string& out) {
  if (peek(at) != '[') return false;
  Cursor here = at;
  ++here;
  while (!here.done() && *here.at != '\n') {
    if (*here.at == ']') {
      ++here;
      if (peek(here) != ']') {
        at = here;
        return !out.empty();
      }
    }
    out += *here.at;
    ++here;
  }
  return false;
}

/// Everything that stands for one value; sets kind and value of a literal or a formula.
template <class Kind, class Out>
bool read_value(Cursor& at, Out& out) {
  if (peek(at) == '"') {
    ast::Text text;
    if (!read_text(at, text)) return false;
    out.kind = Kind::text;
    out.value = std::move(text.value);
    return true;
  }
  if (read_date(at, out.value)) {
    out.kind = Kind::date;
    return true;
  }
  bool decimal = false;
  if (read_number(at, out.value, decimal)) {
    out.kind = decimal ? Kind::decimal : Kind::integer;
    return true;
  }
  if (read_variable(at, out.value)) {
    out.kind = Kind::variable;
    return true;
  }
  const std::string_view word = take_word(at);
  if (word == "true" || word == "false") {
    out.kind = Kind::boolean;
    out.value = word;
    return true;
  }
  out.kind = Kind::blank;
  return word == "blank";
}

/// Words that are no function names.
bool is_formula_word(std::string_view word) {
  static constexpr auto kWords = std::to_array<std::string_view>(
      {"and", "blank", "else", "false", "is", "matches", "not", "or", "then", "true", "when", "where", "with",
       "otherwise", "expecting", "undo", "because", "has", "have"});
  return std::find(kWords.begin(), kWords.end(), word) != kWords.end();
}

}  // namespace

std::uint32_t ParseState::resume(std::uint32_t at, int depth_of_line) const {
  const int depth_there = depth_of_line + (scan->down.begin < at && at < scan->down.end ? 1 : 0);
  const LogicalLine& failed = scan->line_at(at);
  const auto size = static_cast<std::uint32_t>(end - base);
  // A line that only closes the block is where the block ends: nothing of it is skipped.
  const std::uint32_t first_sign = failed.begin + failed.indent;
  if (first_sign < size && base[first_sign] == '}' && failed.depth == depth_there && at <= first_sign)
    return first_sign;
  const auto* const lines_end = scan->lines.data() + scan->lines.size();
  for (const LogicalLine* line = &failed + 1; line < lines_end; ++line) {
    if (!line->blank && line->depth <= depth_there) return line->begin;
  }
  return size;
}

bool read_words_from_first(Cursor& at, std::string_view words) {
  const char* here = at.at;
  const char* const end = at.state->end;
  for (const char sign : words) {
    if (here == end) return false;
    if (sign == ' ') {
      if (!is_blank(*here)) return false;
      while (here != end && is_blank(*here)) ++here;
      continue;
    }
    if (*here != sign) return false;
    ++here;
  }
  if (here != end && is_wordish(*here)) return false;
  at.at = here;
  return true;
}

bool read_text(Cursor& at, ast::Text& out) {
  if (peek(at) != '"') return false;
  if (peek(at, 1) == '"' && peek(at, 2) == '"') return read_block_text(at, out);
  ++at;
  while (!at.done() && *at.at != '\n') {
    const char* const begin = at.at;
    while (!at.done() && *at.at != '"' && *at.at != '\\' && *at.at != '\n') ++at;
    out.value.append(begin, at.at);
    if (at.done() || *at.at == '\n') return false;
    const bool closes = *at.at == '"';
    ++at;
    if (closes) return true;
    const char escaped = peek(at);
    if (at.done() || escaped == '\n') return false;
    ++at;
    if (escaped == 'n') {
      out.value += '\n';
    } else if (escaped == 't') {
      out.value += '\t';
    } else if (escaped == 'u') {
      append_code_point(at, out.value);
    } else {
      out.value += escaped;
    }
  }
  return false;
}

bool read_word(Cursor& at, ast::Word& out) {
  out.value = take_word(at);
  return !out.value.empty();
}

bool read_code(Cursor& at, ast::Word& out) {
  if (peek(at) != 'Z' || peek(at, 1) != 'M') return false;
  const char* begin = at.at;
  at.at += 2;
  if (take_digits(at).size() != 4 || !at_word_end(at)) return false;
  out.value.assign(begin, at.at);
  return true;
}

bool read_count(Cursor& at, ast::Count& out) {
  out.digits = take_digits(at);
  if (out.digits.empty() || !at_word_end(at)) return false;
  for (const char c : out.digits) {
    const auto digit = static_cast<std::uint64_t>(c - '0');
    if (out.value > (UINT64_MAX - digit) / 10) {
      out.value = UINT64_MAX;
      break;
    }
    out.value = out.value * 10 + digit;
  }
  return true;
}

bool read_literal(Cursor& at, ast::Literal& out) {
  if (peek(at) == '-') {
    ++at;
    at.skip_blanks();
    bool decimal = false;
    if (!read_number(at, out.value, decimal)) return false;
    out.negative = true;
    out.kind = decimal ? ast::LiteralKind::decimal : ast::LiteralKind::integer;
    return true;
  }
  return read_value<ast::LiteralKind>(at, out);
}

bool read_editor(Cursor& at, ast::Editor& out) {
  out.variable = peek(at) == '$';
  if (out.variable) return read_variable(at, out.value);
  ast::Text text;
  if (!read_text(at, text)) return false;
  out.value = std::move(text.value);
  return true;
}

bool read_atom(Cursor& at, ast::Formula& out) {
  if (peek(at) == '[') {
    out.kind = ast::FormulaKind::cell;
    return read_header(at, out.value);
  }
  return read_value<ast::FormulaKind>(at, out);
}

bool read_call_head(Cursor& at, ast::Formula& out) {
  out.word.begin = at.offset();
  const std::string_view word = take_word(at);
  if (word.empty() || is_formula_word(word)) return false;
  out.word.end = at.offset();
  at.skip_blanks();
  if (peek(at) != '(') return false;
  ++at;
  out.kind = ast::FormulaKind::call;
  out.value = word;
  return true;
}

void count_operator(const Cursor& at) {
  if (++at.state->operators > ParseState::kMaxOperators) throw x3::expectation_failure<Cursor>(at, "nesting");
}

bool read_comparison(Cursor& at, Operator& out) {
  using enum ast::FormulaKind;
  const char c = peek(at);
  if (c != '=' && c != '<' && c != '>') return false;
  ++at;
  count_operator(at);
  if (c == '=') return out.kind = equal, true;
  const char next = peek(at);
  out.kind = c == '<' ? less : greater;
  if (next == '=') {
    out.kind = c == '<' ? less_equal : greater_equal;
    ++at;
  } else if (c == '<' && next == '>') {
    out.kind = different;
    ++at;
  }
  return true;
}

bool Lines::read(Cursor& at) {
  while (!at.done() && (is_blank(*at.at) || *at.at == '\n')) ++at;
  return true;
}

bool Ends::read(Cursor& at) {
  Cursor here = at;
  here.skip_blanks();
  if (!here.done() && *here.at != '\n' && *here.at != '}') return false;
  at = here;
  return Lines::read(at);
}

bool More::read(Cursor& at) {
  Cursor here = at;
  Lines::read(here);
  if (here.done() || *here.at == '}') return false;
  at = here;
  at.state->operators = 0;
  return true;
}

}  // namespace zmig::dsl::grammar
