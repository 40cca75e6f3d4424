#include "check_values.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"

namespace zmig::dsl {
namespace {

constexpr std::string_view kLargestInteger = "9007199254740991";

bool larger_than_any_integer(std::string_view digits) {
  while (digits.size() > 1 && digits[0] == '0') digits.remove_prefix(1);
  return digits.size() > kLargestInteger.size() ||
         (digits.size() == kLargestInteger.size() && digits > kLargestInteger);
}

void check_integer(const ast::Node& at, const std::string& digits, const Findings& findings) {
  check_digits(at, digits, findings);
  if (!larger_than_any_integer(digits)) return;
  findings.add("ZM0025", "this number is too large", at, "the largest integer is 9007199254740991",
               fmt::format("if it is an identifier it is a text: write {}", quoted(digits)));
}

/// A date as read: four digits, one or two, one or two.
void check_date(const ast::Node& at, const std::string& date, const Findings& findings) {
  const std::vector<std::string> parts = split(date, '-');
  if (parts.size() != 3) return;
  const auto number = [](const std::string& digits) {
    int value = 0;
    for (const char c : digits) value = value * 10 + (c - '0');
    return value;
  };
  const int year = number(parts[0]), month = number(parts[1]), day = number(parts[2]);
  using namespace std::chrono;
  const year_month_day when{std::chrono::year{year}, std::chrono::month{static_cast<unsigned>(month)},
                            std::chrono::day{static_cast<unsigned>(day)}};
  if (year < 1 || !when.ok()) {
    findings.add("ZM0024", fmt::format("there is no {}", date), at, "no such date",
                 "a date is year, month and day of the calendar: 2026-01-26");
    return;
  }
  if (date.size() == 10) return;
  findings.add("ZM0024", "a date is written with its zeros", at, "four, two and two digits",
               fmt::format("write {:04}-{:02}-{:02}; for a subtraction put blanks around `-`", year, month, day));
}

bool is_comparison(ast::FormulaKind kind) {
  using enum ast::FormulaKind;
  switch (kind) {
    case equal:
    case different:
    case less:
    case less_equal:
    case greater:
    case greater_equal:
    case is_blank:
    case is_not_blank:
    case is_one_of:
    case matches: return true;
    default: return false;
  }
}

/// ZM0019 and ZM0026, one of each at most for a formula.
struct Mixed {
  bool logic = false, comparison = false;
};

void check_formula(const ast::Formula& formula, const Findings& findings, Mixed& mixed) {
  using enum ast::FormulaKind;
  if (formula.kind == logic_or && !mixed.logic) {
    for (const ast::Formula& part : formula.operands) {
      if (part.kind != logic_and || part.parenthesised) continue;
      mixed.logic = true;
      findings.add("ZM0019", "`and` and `or` are mixed", part, "`and` inside `or`",
                   "say which belongs together with ( )");
      break;
    }
  }
  if (is_comparison(formula.kind) && !mixed.comparison && is_comparison(formula.operands.front().kind) &&
      !formula.operands.front().parenthesised) {
    mixed.comparison = true;
    findings.add("ZM0026", "comparisons do not chain", formula.word, "a second comparison",
                 "join two comparisons with `and`, or say which belongs together with ( )");
  }
  if (formula.kind == integer) check_integer(formula, formula.value, findings);
  if (formula.kind == decimal) check_digits(formula, formula.value, findings);
  if (formula.kind == date) check_date(formula, formula.value, findings);
  for (const ast::Formula& part : formula.operands) check_formula(part, findings, mixed);
}

// --- Formats
// --------------------------------------------------------------------------------------------------------------

/// A run of one letter, a run of other signs, or text in single quotes.
struct FormatPart {
  std::size_t at = 0;
  std::string text;
  bool letters = false;
};

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

std::vector<FormatPart> parts_of_format(std::string_view format) {
  std::vector<FormatPart> out;
  std::size_t at = 0;
  while (at < format.size()) {
    FormatPart part;
    part.at = at;
    if (format[at] == '\'') {
      const std::size_t close = std::min(format.find('\'', at + 1), format.size());
      part.text = std::string(format.substr(at + 1, close - at - 1));
      at = close + 1;
    } else if (format.substr(at, 4) == "E+00") {
      part.text = "E+00";
      at += 4;
    } else if (format.substr(at, 2) == "AM") {
      part.text = "AM";
      part.letters = true;
      at += 2;
    } else if (is_letter(format[at])) {
      const std::size_t end = std::min(format.find_first_not_of(format[at], at), format.size());
      part.text = std::string(format.substr(at, end - at));
      part.letters = true;
      at = end;
    } else {
      part.text = std::string(1, format[at++]);
    }
    out.push_back(std::move(part));
  }
  return out;
}

constexpr auto kFormatLetters = std::to_array<std::string_view>(
    {"YYYY", "YY", "M", "MM", "MMM", "MMMM", "D", "DD", "DDD", "DDDD", "h", "hh", "m", "mm", "s", "ss", "AM"});

bool known_letters(std::string_view letters, bool parsing) {
  if (letters == "Z") return parsing;
  return std::find(kFormatLetters.begin(), kFormatLetters.end(), letters) != kFormatLetters.end();
}

/// The place of bytes of a text inside its quotes, or the whole text when escapes move them.
ast::Node inside(const ast::Text& text, std::size_t at, std::size_t size) {
  if (text.end - text.begin != text.value.size() + 2) return text;
  const auto begin = static_cast<std::uint32_t>(text.begin + 1 + at);
  return ast::Node{begin, static_cast<std::uint32_t>(begin + size)};
}

/// The digits that a date letter reads: from, to; none for names of months and the like.
std::optional<std::pair<int, int>> digits_read(std::string_view letters) {
  if (letters == "YYYY") return std::pair{4, 4};
  if (letters == "YY" || letters == "MM" || letters == "DD" || letters == "hh" || letters == "mm" || letters == "ss")
    return std::pair{2, 2};
  if (letters.size() == 1 && letters != "Z") return std::pair{1, 2};
  return std::nullopt;
}

/// Two date formats that can read one text, and do not mean the same.
bool dates_contradict(std::string_view a, std::string_view b) {
  const std::vector<FormatPart> left = parts_of_format(a), right = parts_of_format(b);
  if (left.size() != right.size()) return false;
  bool differs = false;
  for (std::size_t i = 0; i < left.size(); ++i) {
    if (left[i].letters != right[i].letters) return false;
    if (!left[i].letters) {
      if (left[i].text != right[i].text) return false;
      continue;
    }
    const auto l = digits_read(left[i].text), r = digits_read(right[i].text);
    if (!l || !r) {
      if (left[i].text != right[i].text) return false;
      continue;
    }
    if (l->first > r->second || r->first > l->second) return false;
    differs = differs || left[i].text[0] != right[i].text[0];
  }
  return differs;
}

/// The decimal mark of a number format, and the sign between groups; 0: none.
std::pair<char, char> marks_of_number(std::string_view format) {
  const std::size_t last = format.find_last_of(".,");
  if (last == std::string_view::npos) return {'\0', '\0'};
  const char sign = format[last];
  const char other = sign == '.' ? ',' : '.';
  const bool has_other = format.find(other) != std::string_view::npos;
  std::size_t digits = 0;
  while (last + 1 + digits < format.size() && (format[last + 1 + digits] == '0' || format[last + 1 + digits] == '#'))
    ++digits;
  const bool several = std::count(format.begin(), format.end(), sign) > 1;
  const bool group = !has_other && (several || (digits == 3 && last > 0 && format[last - 1] == '#'));
  if (group) return {'\0', sign};
  return {sign, has_other ? other : '\0'};
}

bool numbers_contradict(std::string_view a, std::string_view b) {
  const auto [decimal_a, group_a] = marks_of_number(a);
  const auto [decimal_b, group_b] = marks_of_number(b);
  return (decimal_a != '\0' && decimal_a == group_b) || (group_a != '\0' && group_a == decimal_b);
}

bool booleans_contradict(std::string_view a, std::string_view b) {
  const std::vector<std::string> left = split(a, '/'), right = split(b, '/');
  return left.size() == 2 && right.size() == 2 && (left[0] == right[1] || left[1] == right[0]);
}

}  // namespace

Diagnostic& Findings::add(const char* code, std::string message, const ast::Node& at, std::string label,
                          std::string help) const {
  Diagnostic found;
  found.code = code;
  found.message = std::move(message);
  found.primary = Label{ast::span_of(file, at), {}, std::move(label)};
  if (!help.empty()) found.help = std::move(help);
  out->push_back(std::move(found));
  return out->back();
}

void check_digits(const ast::Node& at, const std::string& digits, const Findings& findings) {
  if (digits.size() < 2 || digits[0] != '0' || digits[1] == '.') return;
  std::string plain = digits;
  while (plain.size() > 1 && plain[0] == '0' && plain[1] != '.') plain.erase(0, 1);
  findings.add("ZM0022", "a number does not start with 0", at, fmt::format("this would become {}", plain),
               fmt::format("if the zeros matter it is a text: write {}", quoted(digits)));
}

void check_count(const ast::Count& count, const Findings& findings) { check_integer(count, count.digits, findings); }

void check_literal(const ast::Literal& literal, const Findings& findings) {
  using enum ast::LiteralKind;
  switch (literal.kind) {
    case integer: check_integer(literal, literal.value, findings); break;
    case decimal: check_digits(literal, literal.value, findings); break;
    case date: check_date(literal, literal.value, findings); break;
    case text:
    case boolean:
    case blank:
    case variable: break;
  }
}

void check_formula(const ast::Formula& formula, const Findings& findings) {
  Mixed mixed;
  check_formula(formula, findings, mixed);
}

void check_type(const ast::Type& type, const Findings& findings) {
  if (!type.digits) return;
  check_count(*type.digits, findings);
  if (type.digits->value > 10) {
    findings.add("ZM0025", "a decimal has at most 10 digits after the point", *type.digits, "0 to 10",
                 "no spreadsheet holds more; `number` keeps what a cell holds");
  }
}

void check_format(const ast::Text& format, bool parsing, const Findings& findings) {
  if (format.value.starts_with("native:")) return;
  for (const FormatPart& part : parts_of_format(format.value)) {
    if (!part.letters || known_letters(part.text, parsing)) continue;
    const bool offset = part.text == "Z";
    findings.add("ZM0023", fmt::format("`{}` means nothing in a format", part.text),
                 inside(format, part.at, part.text.size()),
                 offset ? "an offset can be read, not shown" : "not a sign zmig knows",
                 offset ? "`Z` stands in `parse … from` only"
                        : fmt::format("letters that stand for themselves are quoted: '{}'", part.text));
    return;
  }
}

void check_formats(const ast::ParseStep& step, const Findings& findings) {
  using enum ast::ParseKind;
  const auto contradict = [&](const std::string& a, const std::string& b) {
    switch (step.kind.value) {
      case ast::ParseKind::number: return numbers_contradict(a, b);
      case ast::ParseKind::boolean: return booleans_contradict(a, b);
      case ast::ParseKind::date:
      case ast::ParseKind::datetime:
      case ast::ParseKind::time: return dates_contradict(a, b);
    }
    return false;
  };
  const ast::Texts& formats = step.formats.texts;
  for (std::size_t i = 0; i < formats.size(); ++i) {
    if (step.kind.value == boolean) {
      if (split(formats[i].value, '/').size() != 2) {
        findings.add("ZM0023", "a boolean is read from a pair", formats[i], "expected two words with `/` between them",
                     "write it as \"sí/no\": first what is true, then what is false");
      }
    } else {
      check_format(formats[i], true, findings);
    }
    for (std::size_t j = 0; j < i; ++j) {
      if (!contradict(formats[j].value, formats[i].value)) continue;
      Diagnostic& found = findings.add("ZM0114", "these formats read one text differently", formats[i], "this one",
                                       "keep the one that the column is written in");
      found.secondary.push_back(Label{ast::span_of(findings.file, formats[j]), {}, "and this one"});
      return;
    }
  }
}

}  // namespace zmig::dsl
