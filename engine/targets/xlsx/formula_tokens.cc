#include "targets/xlsx/formula_tokens.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/text.h"
#include "targets/xlsx/refs.h"

namespace zmig::xlsx {
namespace {

constexpr auto kNowhere = std::string_view::npos;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool is_word(char c) {
  return is_digit(c) || is_letter(c) || c == '_' || c == '.' || c == '$' || c == '\\' || c == '?' ||
         static_cast<unsigned char>(c) >= 0x80;
}
bool starts_without_case(std::string_view text, std::string_view with) {
  const auto upper = [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; };
  return text.size() >= with.size() &&
         std::equal(with.begin(), with.end(), text.begin(), [&](char a, char b) { return a == upper(b); });
}

constexpr std::array<std::string_view, 17> kErrors = {
    "#NULL!", "#DIV/0!", "#VALUE!",   "#REF!",     "#NAME?",    "#NUM!",      "#N/A",   "#GETTING_DATA", "#SPILL!",
    "#CALC!", "#FIELD!", "#BLOCKED!", "#CONNECT!", "#UNKNOWN!", "#EXTERNAL!", "#BUSY!", "#PYTHON!"};

/// A column of a structured reference as it is meant: `'` in front of a sign stands for the sign.
std::string unescaped(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\'' && i + 1 < text.size()) ++i;
    out += text[i];
  }
  return out;
}

class Cutter {
 public:
  explicit Cutter(std::string_view formula) : formula_(formula) {}

  Result<std::vector<FormulaToken>> run() {
    while (at_ < formula_.size()) ZMIG_CHECK_OK(next());
    if (depth_ != 0) return refused("a parenthesis is never closed");
    return std::move(tokens_);
  }

 private:
  [[nodiscard]] char char_at(std::size_t at) const { return at < formula_.size() ? formula_[at] : '\0'; }
  [[nodiscard]] Error refused(std::string_view why) const {
    return make_error(Errc::unsupported, "ZM0439",
                      fmt::format("the formula {} is not understood at character {}: {}",
                                  quoted(printable(formula_.substr(0, 200))), at_ + 1, why),
                      "change the formula in a spreadsheet program, or leave the columns where they are");
  }

  FormulaToken& put(FormulaKind kind, std::size_t end) {
    ZMIG_ASSERT(end > at_, "each piece takes the formula further");
    FormulaToken token;
    token.kind = kind;
    token.begin = at_;
    token.size = end - at_;
    tokens_.push_back(std::move(token));
    at_ = end;
    return tokens_.back();
  }

  Status next() {
    const char c = formula_[at_];
    if (is_space(c)) return space();
    if (c == '"') return text();
    if (c == '{') return constants();
    if (c == '#') return hash();
    if (c == '\'' || c == '[' || is_word(c)) return operand();
    if (c == '(' || c == ')') {
      if (c == ')' && depth_ == 0) return refused("a parenthesis that was never opened");
      depth_ = c == '(' ? depth_ + 1 : depth_ - 1;
    } else if (std::string_view("+-*/^&=<>%,;:@").find(c) == kNowhere) {
      return refused(fmt::format("{} has no meaning here", quoted(printable(std::string_view(&c, 1)))));
    }
    put(FormulaKind::sign, at_ + 1);
    return ok();
  }

  Status space() {
    std::size_t end = at_;
    while (is_space(char_at(end))) ++end;
    put(FormulaKind::space, end);
    return ok();
  }

  /// Behind the quote that closes the one at `from`; kNowhere.
  [[nodiscard]] std::size_t behind_quotes(std::size_t from) const {
    const char quote = formula_[from];
    for (std::size_t at = from + 1; at < formula_.size(); ++at) {
      if (formula_[at] != quote) continue;
      if (char_at(at + 1) != quote) return at + 1;
      ++at;
    }
    return kNowhere;
  }

  Status text() {
    const std::size_t end = behind_quotes(at_);
    if (end == kNowhere) return refused("a text is never closed");
    put(FormulaKind::text, end);
    return ok();
  }

  Status constants() {
    std::size_t end = at_ + 1;
    while (char_at(end) != '}') {
      if (end >= formula_.size()) return refused("a list of constants is never closed");
      if (formula_[end] == '{') return refused("a list of constants in another one");
      end = formula_[end] == '"' ? behind_quotes(end) : end + 1;
    }
    put(FormulaKind::constants, end + 1);
    return ok();
  }

  [[nodiscard]] std::size_t behind_error(std::size_t from) const {
    const std::string_view rest = formula_.substr(from);
    const auto found = std::find_if(kErrors.begin(), kErrors.end(),
                                    [rest](std::string_view one) { return starts_without_case(rest, one); });
    return found == kErrors.end() ? kNowhere : from + found->size();
  }

  /// An error, or the sign of a spilled range behind its first cell.
  Status hash() {
    const std::size_t end = behind_error(at_);
    if (end == kNowhere) {
      const bool spills =
          !tokens_.empty() && (tokens_.back().kind == FormulaKind::reference ||
                               tokens_.back().kind == FormulaKind::name || tokens_.back().kind == FormulaKind::dead ||
                               formula_[at_ - 1] == ')' || tokens_.back().kind == FormulaKind::error);
      if (!spills) return refused("an error value that is not known");
      put(FormulaKind::sign, at_ + 1);
      return ok();
    }
    // #REF!$A$1: the sheet is gone.
    const bool gone = starts_without_case(formula_.substr(at_), "#REF!");
    const std::size_t behind = gone ? behind_area(end) : end;
    put(behind == end ? FormulaKind::error : FormulaKind::dead, behind);
    return ok();
  }

  [[nodiscard]] std::size_t end_of_word(std::size_t from) const {
    while (is_word(char_at(from))) ++from;
    return from;
  }

  /// Behind the area that begins here; `from` when there is none.
  [[nodiscard]] std::size_t behind_area(std::size_t from) const {
    const std::size_t end = end_of_word(from);
    const auto first = parse_formula_half(formula_.substr(from, end - from));
    if (!first) return from;
    const bool whole = first->has_column && first->has_row;
    if (char_at(end) == ':') {
      const std::size_t other = end_of_word(end + 1);
      const auto second = parse_formula_half(formula_.substr(end + 1, other - end - 1));
      if (second && second->has_column == first->has_column && second->has_row == first->has_row) return other;
    }
    return whole ? end : from;
  }

  struct Prefix {
    std::size_t end = 0;  // behind the `!`
    std::string sheet, last_sheet;
    bool external = false;
  };

  /// "'It''s'!", "Ene:Mar!", "[1]Hoja!", "[1]!". None: it is no prefix.
  [[nodiscard]] std::optional<Prefix> prefix(std::size_t from) const {
    return char_at(from) == '\'' ? quoted_prefix(from) : bare_prefix(from);
  }

  [[nodiscard]] std::optional<Prefix> quoted_prefix(std::size_t from) const {
    const std::size_t end = behind_quotes(from);
    if (end == kNowhere) return std::nullopt;
    Prefix out;
    std::string inside;
    for (std::size_t i = from + 1; i + 1 < end; ++i) {
      inside += formula_[i];
      if (formula_[i] == '\'') ++i;
    }
    const std::size_t colon = inside.find(':');
    out.external = inside.find('[') != std::string::npos;
    out.sheet = out.external ? inside : inside.substr(0, colon);
    if (!out.external && colon != std::string::npos) out.last_sheet = inside.substr(colon + 1);
    out.end = end;
    if (char_at(end) == ':' && char_at(end + 1) == '\'' && out.last_sheet.empty()) {  // 'Ene 1':'Mar 1'!
      const auto second = quoted_prefix(end + 1);
      if (!second || !second->last_sheet.empty() || second->external) return std::nullopt;
      out.last_sheet = second->sheet;
      out.end = second->end;
      return out;
    }
    if (char_at(end) != '!') return std::nullopt;
    ++out.end;
    return out;
  }

  [[nodiscard]] std::optional<Prefix> bare_prefix(std::size_t from) const {
    Prefix out;
    std::size_t at = from;
    if (char_at(at) == '[') {
      const std::size_t close = formula_.find(']', at);
      if (close == kNowhere) return std::nullopt;
      out.external = true;
      at = close + 1;
    }
    std::size_t end = end_of_word(at);
    out.sheet = formula_.substr(at, end - at);
    if (char_at(end) == ':' && end > at) {
      const std::size_t other = end_of_word(end + 1);
      if (char_at(other) != '!' || other == end + 1) return std::nullopt;
      // A1:Hoja!B2 is a range whose end names its sheet, and no range of sheets.
      if (parse_formula_half(out.sheet) && !out.external) {
        const auto half = *parse_formula_half(out.sheet);
        if (half.has_column && half.has_row) return std::nullopt;
      }
      out.last_sheet = formula_.substr(end + 1, other - end - 1);
      end = other;
    }
    if (char_at(end) != '!' || (end == at && !out.external)) return std::nullopt;
    if (out.sheet.find_first_of("$?\\") != std::string::npos) return std::nullopt;
    out.end = end + 1;
    return out;
  }

  Status operand() {
    const auto before = prefix(at_);
    if (!before) {
      if (formula_[at_] == '\'') return refused("a quoted title without `!`");
      return formula_[at_] == '[' ? structured(at_) : bare(0, at_);
    }
    const std::size_t begin = at_;
    Status status = ok();
    const std::size_t from = before->end;
    if (char_at(from) == '#') {
      const std::size_t end = behind_error(from);
      if (end == kNowhere) return refused("an error value that is not known");
      put(FormulaKind::dead, end);
    } else if (char_at(from) == '[') {
      status = structured(from);
    } else if (is_word(char_at(from))) {
      status = bare(before->end - at_, from);
    } else {
      return refused("nothing stands behind the `!`");
    }
    if (!status) return status;
    FormulaToken& token = tokens_.back();
    token.prefix_size = before->end - begin;
    token.sheet = before->sheet;
    token.last_sheet = before->last_sheet;
    token.external = before->external;
    return ok();
  }

  /// A word at `from`, behind a prefix of so many bytes.
  Status bare(std::size_t prefix_size, std::size_t from) {
    const std::size_t end = end_of_word(from);
    const char behind = char_at(end);
    if (behind == '(') {
      put(FormulaKind::function, end);
      return ok();
    }
    if (behind == '[') return structured(from);
    if (reference(prefix_size, from)) return ok();
    if (is_digit(formula_[from]) || formula_[from] == '.') {
      return prefix_size > 0 ? Status(refused("no reference stands behind the `!`")) : number();
    }
    const std::string_view word = formula_.substr(from, end - from);
    if (word.find('$') != kNowhere) return refused(fmt::format("{} is no reference", quoted(printable(word))));
    if (behind == '!') return refused("a title that needs quotes");
    put(FormulaKind::name, end);
    return ok();
  }

  /// False: no reference begins there.
  bool reference(std::size_t prefix_size, std::size_t from) {
    const std::size_t end = end_of_word(from);
    const auto first = parse_formula_half(formula_.substr(from, end - from));
    if (!first) return false;
    const bool whole = first->has_column && first->has_row;
    if (char_at(end) == ':') {
      std::size_t second_begin = end + 1, second_prefix = 0;
      // Hoja!A1:Hoja!B2 is one range when both say the same.
      if (const std::string_view said = formula_.substr(at_, prefix_size);
          prefix_size > 0 && formula_.substr(second_begin).starts_with(said))
        second_prefix = prefix_size;
      const std::size_t other = second_begin + second_prefix;
      const std::size_t other_end = end_of_word(other);
      const auto second = parse_formula_half(formula_.substr(other, other_end - other));
      const char behind = char_at(other_end);
      const bool fits = second && second->has_column == first->has_column && second->has_row == first->has_row &&
                        behind != '(' && behind != '!' && behind != '[';
      if (fits) {
        FormulaToken& token = put(FormulaKind::reference, other_end);
        token.first = *first;
        token.second = second;
        token.second_begin = second_begin;
        token.second_prefix = second_prefix;
        return true;
      }
    }
    if (!whole) return false;
    put(FormulaKind::reference, end).first = *first;
    return true;
  }

  Status number() {
    std::size_t end = at_;
    while (is_digit(char_at(end))) ++end;
    if (char_at(end) == '.') ++end;
    while (is_digit(char_at(end))) ++end;
    if (end == at_ + 1 && formula_[at_] == '.') return refused("a dot that is no number");
    if (char_at(end) == 'E' || char_at(end) == 'e') {
      std::size_t digits = end + 1;
      if (char_at(digits) == '+' || char_at(digits) == '-') ++digits;
      if (!is_digit(char_at(digits))) return refused("a number without its power");
      while (is_digit(char_at(digits))) ++digits;
      end = digits;
    }
    if (is_word(char_at(end))) return refused("a number with letters behind it");
    put(FormulaKind::number, end);
    return ok();
  }

  /// `Tabla[...]`, with the name of the table, or the bracket, at `from`.
  Status structured(std::size_t from) {
    FormulaToken token;
    const std::size_t open = formula_[from] == '[' ? from : end_of_word(from);
    token.table = formula_.substr(from, open - from);
    std::size_t at = open + 1;
    bool this_row = false;
    for (;;) {
      while (is_space(char_at(at))) ++at;
      const char c = char_at(at);
      if (c == '\0') return refused("a bracket is never closed");
      if (c == ']') break;
      if (c == ',' || c == '@' || c == ':') {
        this_row = this_row || c == '@';
        if (c == ':' && !token.columns.empty()) token.columns.back().range_begins = true;
        ++at;
        continue;
      }
      const bool bracketed = c == '[';
      const std::size_t begin = bracketed ? at + 1 : at;
      const std::size_t end = end_of_item(begin);
      if (end == kNowhere) return refused("a bracket is never closed");
      add_item(token, begin, end, bracketed || !this_row);
      at = bracketed ? end + 1 : end;
    }
    if (!token.columns.empty() && token.columns.back().range_begins)
      return refused("a range of columns without its end");
    token.kind = FormulaKind::structured;
    token.begin = at_;
    token.size = at + 1 - at_;
    at_ = at + 1;
    tokens_.push_back(std::move(token));
    return ok();
  }

  void add_item(FormulaToken& token, std::size_t begin, std::size_t end, bool bracketed) const {
    const std::string_view item = formula_.substr(begin, end - begin);
    if (item.starts_with('#')) return;  // #All, #Headers, #This Row
    token.columns.push_back({begin, item.size(), unescaped(item), bracketed, false});
  }

  /// Where the `]` of an item stands; inside, `'` makes the next sign one of the name.
  [[nodiscard]] std::size_t end_of_item(std::size_t from) const {
    for (std::size_t at = from; at < formula_.size(); ++at) {
      if (formula_[at] == '\'')
        ++at;
      else if (formula_[at] == ']')
        return at;
      else if (formula_[at] == '[')
        return kNowhere;
    }
    return kNowhere;
  }

  std::string_view formula_;  // of the caller
  std::size_t at_ = 0, depth_ = 0;
  std::vector<FormulaToken> tokens_;
};

/// Titles that could be something else without quotes: places, R1C1, truth.
bool needs_quotes(std::string_view title) {
  if (title.empty() || is_digit(title.front()) || title.front() == '.') return true;
  const auto plain = [](char c) { return is_letter(c) || is_digit(c) || c == '_' || c == '.'; };
  if (!std::all_of(title.begin(), title.end(), plain)) return true;
  std::size_t letters = 0;
  while (letters < title.size() && is_letter(title[letters])) ++letters;
  const bool ends_in_digits = std::all_of(title.begin() + static_cast<std::ptrdiff_t>(letters), title.end(), is_digit);
  if (letters >= 1 && letters <= 3 && letters < title.size() && ends_in_digits) return true;
  const char first = title.front();
  if (first == 'R' || first == 'r' || first == 'C' || first == 'c') {
    const auto row_column = [](char c) { return is_digit(c) || c == 'R' || c == 'r' || c == 'C' || c == 'c'; };
    if (std::all_of(title.begin(), title.end(), row_column)) return true;
  }
  return (title.size() == 4 && starts_without_case(title, "TRUE")) ||
         (title.size() == 5 && starts_without_case(title, "FALSE"));
}

void append_quoted_title(std::string_view title, std::string& into) {
  for (const char c : title) {
    into += c;
    if (c == '\'') into += c;
  }
}

}  // namespace

std::optional<FormulaHalf> parse_formula_half(std::string_view text) {
  FormulaHalf half;
  std::size_t at = 0;
  bool fixed = !text.empty() && text[0] == '$';
  if (fixed) ++at;
  std::uint32_t column = 0;
  const std::size_t letters = at;
  for (; at < text.size() && is_letter(text[at]) && at - letters < 4; ++at)
    column = column * 26 + static_cast<std::uint32_t>((text[at] >= 'a' ? text[at] - 'a' : text[at] - 'A') + 1);
  if (at - letters > 3 || column > kColumns) return std::nullopt;
  if (at > letters) {
    half.has_column = true;
    half.column_fixed = fixed;
    half.column = column - 1;
    if (at == text.size()) return half;
    fixed = text[at] == '$';
    if (fixed) ++at;
  }
  const std::size_t digits = at;
  for (; at < text.size() && is_digit(text[at]) && at - digits < 8; ++at)
    half.row = half.row * 10 + static_cast<std::uint32_t>(text[at] - '0');
  if (at == digits || at != text.size() || half.row == 0 || half.row > kRows) return std::nullopt;
  half.has_row = true;
  half.row_fixed = fixed;
  return half;
}

std::string to_text(const FormulaHalf& half) {
  std::string text;
  if (half.has_column) {
    if (half.column_fixed) text += '$';
    text += column_letters(half.column);
  }
  if (half.has_row) {
    if (half.row_fixed) text += '$';
    text += std::to_string(half.row);
  }
  return text;
}

std::string sheet_prefix(std::string_view title) {
  if (!needs_quotes(title)) return std::string(title) + "!";
  std::string text = "'";
  append_quoted_title(title, text);
  return text + "'!";
}

std::string sheets_prefix(std::string_view first, std::string_view last) {
  if (!needs_quotes(first) && !needs_quotes(last)) return fmt::format("{}:{}!", first, last);
  std::string text = "'";
  append_quoted_title(first, text);
  text += ':';
  append_quoted_title(last, text);
  return text + "'!";
}

std::string structured_column(std::string_view header) {
  std::string text;
  text.reserve(header.size());
  for (const char c : header) {
    if (c == '[' || c == ']' || c == '#' || c == '\'' || c == '@') text += '\'';
    text += c;
  }
  return text;
}

Result<std::vector<FormulaToken>> formula_tokens(std::string_view formula) { return Cutter(formula).run(); }

}  // namespace zmig::xlsx
