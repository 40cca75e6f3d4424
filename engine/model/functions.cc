// The functions of the language (language.md 8.4). To add one: a row in kRows, a function of the same name below, a
// line in kStrict (or in `lazy` when it does not want all its arguments evaluated), a table in functions_test.cc.
#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <zmig/expr.h>

#include "base/text.h"
#include "model/evaluator.h"
#include "model/moments.h"
#include "model/numbers.h"
#include "model/unicode.h"

namespace zmig {
namespace {

using Arguments = std::vector<Operand>;

constexpr std::array<FunctionRow, 50> kRows = {{
    {"trim", 1, 1, "t", "t", true},         {"squeeze", 1, 1, "t", "t", true},
    {"upper", 1, 1, "t", "t", true},        {"lower", 1, 1, "t", "t", true},
    {"title", 1, 1, "t", "t", true},        {"length", 1, 1, "t", "n", true},
    {"left", 2, 2, "tn", "t", true},        {"right", 2, 2, "tn", "t", true},
    {"middle", 3, 3, "tnn", "t", true},     {"before", 2, 2, "tt", "t", true},
    {"after", 2, 2, "tt", "t", true},       {"part", 3, 3, "ttn", "t", true},
    {"replace", 3, 3, "ttt", "t", true},    {"contains", 2, 2, "tt", "b", true},
    {"starts_with", 2, 2, "tt", "b", true}, {"ends_with", 2, 2, "tt", "b", true},
    {"pad_left", 3, 3, "tnt", "t", true},   {"strip_accents", 1, 1, "t", "t", true},
    {"round", 2, 2, "xn", "x", true},       {"floor", 1, 1, "x", "n", true},
    {"ceiling", 1, 1, "x", "n", true},      {"abs", 1, 1, "x", "s", true},
    {"min", 1, -1, "a", "s", true},         {"max", 1, -1, "a", "s", true},
    {"remainder", 2, 2, "xx", "s", true},   {"date", 3, 3, "nnn", "d", true},
    {"year", 1, 1, "d", "n", true},         {"month", 1, 1, "d", "n", true},
    {"day", 1, 1, "d", "n", true},          {"add_days", 2, 2, "dn", "s", true},
    {"add_months", 2, 2, "dn", "s", true},  {"days_between", 2, 2, "dd", "n", true},
    {"text", 1, 1, "a", "t", true},         {"number", 1, 1, "t", "x", true},
    {"integer", 1, 1, "t", "n", true},      {"parse_number", 2, 2, "tt", "x", true},
    {"parse_date", 2, 2, "tt", "d", true},  {"coalesce", 1, -1, "a", "s", true},
    {"switch", 4, -1, "a", "s", true},      {"if_error", 2, 2, "a", "s", true},
    {"raw", 1, 1, "c", "t", true},          {"shown", 1, 1, "c", "t", true},
    {"kind_of", 1, 1, "c", "t", true},      {"lookup", 4, 4, "ttat", "a", false},
    {"count_in", 3, 3, "tta", "n", false},  {"sum_in", 4, 4, "ttat", "x", false},
    {"min_in", 4, 4, "ttat", "a", false},   {"max_in", 4, 4, "ttat", "a", false},
    {"occurrence", 1, 1, "c", "n", false},  {"uuid_of", 1, 1, "a", "t", false},
}};
Fault mismatch(std::string detail = {}) { return {FaultKind::kind_mismatch, std::move(detail)}; }

// The arguments below have been checked against the letters of their row: t is Text, x Number, n a whole Number, d Date
// or DateTime, none blank.
const std::string& text_of(const Operand& operand) { return std::get<Text>(operand.value).utf8; }
double number_of(const Operand& operand) { return std::get<Number>(operand.value).value; }

// A count within int, whatever was asked for.
int count_of(const Operand& operand) { return static_cast<int>(std::clamp(number_of(operand), -1e9, 1e9)); }

// --- text

Outcome trim(const Arguments& a) { return text_outcome(trim_blanks(text_of(a[0]))); }
Outcome squeeze(const Arguments& a) { return text_outcome(squeeze_blanks(text_of(a[0]))); }
Outcome upper(const Arguments& a) { return text_outcome(upper_case(text_of(a[0]))); }
Outcome lower(const Arguments& a) { return text_outcome(lower_case(text_of(a[0]))); }
Outcome title(const Arguments& a) { return text_outcome(title_case(text_of(a[0]))); }
Outcome unaccented(const Arguments& a) { return text_outcome(strip_accents(text_of(a[0]))); }
Outcome length(const Arguments& a) { return integer_outcome(static_cast<double>(count_code_points(text_of(a[0])))); }

// Code points first .. last - 1, counted from 0 and cut to what is there.
std::string slice(const std::string& text, std::int64_t first, std::int64_t last) {
  std::int64_t index0 = 0;
  std::size_t begin = text.size();
  std::size_t at = 0;
  while (at < text.size() && index0 < last) {
    if (index0 == std::max<std::int64_t>(first, 0)) begin = at;
    decode_utf8(text, at);
    ++index0;
  }
  return begin < at ? text.substr(begin, at - begin) : std::string();
}

Outcome left(const Arguments& a) { return text_outcome(slice(text_of(a[0]), 0, count_of(a[1]))); }

Outcome right(const Arguments& a) {
  const auto total = static_cast<std::int64_t>(count_code_points(text_of(a[0])));
  return text_outcome(slice(text_of(a[0]), total - std::max(count_of(a[1]), 0), total));
}

Outcome middle(const Arguments& a) {
  const std::int64_t first = std::int64_t{count_of(a[1])} - 1;
  return text_outcome(slice(text_of(a[0]), first, first + std::max(count_of(a[2]), 0)));
}

Outcome before(const Arguments& a) { return text_outcome(text_of(a[0]).substr(0, text_of(a[0]).find(text_of(a[1])))); }

Outcome after(const Arguments& a) {
  const std::size_t found = text_of(a[0]).find(text_of(a[1]));
  if (found == std::string::npos) return blank_outcome();
  return text_outcome(text_of(a[0]).substr(found + text_of(a[1]).size()));
}

Outcome part(const Arguments& a) {
  const std::string& text = text_of(a[0]);
  const std::string& separator = text_of(a[1]);
  const int wanted = count_of(a[2]);
  if (wanted < 1) return blank_outcome();
  std::size_t begin = 0;
  for (int n = 1; n < wanted; ++n) {
    const std::size_t found = text.find(separator, begin);
    if (found == std::string::npos) return blank_outcome();
    begin = found + separator.size();
  }
  const std::size_t end = text.find(separator, begin);
  return text_outcome(text.substr(begin, end == std::string::npos ? end : end - begin));
}

Outcome contains(const Arguments& a) { return boolean_outcome(text_of(a[0]).find(text_of(a[1])) != std::string::npos); }
Outcome starts_with(const Arguments& a) { return boolean_outcome(text_of(a[0]).starts_with(text_of(a[1]))); }
Outcome ends_with(const Arguments& a) { return boolean_outcome(text_of(a[0]).ends_with(text_of(a[1]))); }

Outcome pad_left(const Arguments& a) {
  const auto wanted = static_cast<std::size_t>(std::max(count_of(a[1]), 0));
  const std::size_t present = count_code_points(text_of(a[0]));
  if (wanted <= present) return text_outcome(text_of(a[0]));
  if (wanted > kLongestText) return Fault{FaultKind::too_long, {}};
  const std::string& filler = text_of(a[2]);
  std::string out;
  std::size_t at = 0;
  for (std::size_t i = present; i < wanted; ++i) {
    if (at >= filler.size()) at = 0;
    append_utf8(out, decode_utf8(filler, at));
  }
  return text_outcome(out + text_of(a[0]));
}

// All occurrences, once through. The new text may be blank: that removes them.
Outcome replace(const std::string& text, const std::string& from, const std::string& to) {
  std::string out;
  std::size_t begin = 0;
  for (std::size_t found = text.find(from); found != std::string::npos; found = text.find(from, begin)) {
    out.append(text, begin, found - begin).append(to);
    begin = found + from.size();
    if (out.size() > 4 * kLongestText) return Fault{FaultKind::too_long, {}};
  }
  return text_outcome(out.append(text, begin));
}

// --- number

Outcome rounded(const Arguments& a) { return number_outcome(round_decimal(number_of(a[0]), count_of(a[1]))); }
Outcome floored(const Arguments& a) { return integer_outcome(std::floor(number_of(a[0]))); }
Outcome ceiled(const Arguments& a) { return integer_outcome(std::ceil(number_of(a[0]))); }
Outcome absolute(const Arguments& a) { return Operand{number_value(std::fabs(number_of(a[0]))), a[0].type}; }

// The remainder has the sign of the divisor. Decimals are divided as whole numbers of their last digit.
Outcome remainder(const Arguments& a) {
  const double divisor = number_of(a[1]);
  if (divisor == 0) return Fault{FaultKind::division_by_zero, {}};
  const Type type = arithmetic_type(BinaryOp::add, a[0].type, a[1].type);
  const double unit = type.kind == TypeKind::decimal ? std::pow(10.0, type.digits) : 1.0;
  const double x = unit == 1.0 ? number_of(a[0]) : std::round(number_of(a[0]) * unit);
  const double y = unit == 1.0 ? divisor : std::round(divisor * unit);
  double rest = std::fmod(x, y);
  if (rest != 0 && (rest < 0) != (y < 0)) rest += y;
  return Operand{number_value(rest / unit), type};
}

Outcome extreme(const Arguments& a, bool largest) {
  const Operand* best = nullptr;
  for (const Operand& operand : a) {
    if (is_blank(operand.value)) continue;
    const Operand& present = best == nullptr ? operand : *best;
    auto order = order_values(operand.value, present.value);
    if (auto* fault = std::get_if<Fault>(&order)) return std::move(*fault);
    if (best == nullptr || (largest ? std::get<int>(order) > 0 : std::get<int>(order) < 0)) best = &operand;
  }
  return best == nullptr ? blank_outcome() : Outcome(*best);
}

// --- date

// Day and time of day of a Date or DateTime.
DayAndTime moment_of(const Operand& operand) {
  if (const auto* date = std::get_if<Date>(&operand.value)) return {date->day, 0};
  return split_moment(std::get<DateTime>(operand.value).ms);
}

// The same kind as `like`, on another day.
Outcome on_day(const Operand& like, std::int64_t day) {
  if (day < kFirstDay || day > kLastDay) return Fault{FaultKind::overflow, "outside the years 1 to 9999"};
  if (std::holds_alternative<Date>(like.value)) return Operand{Date{static_cast<std::int32_t>(day)}, like.type};
  return Operand{DateTime{day * kDayMs + moment_of(like).ms}, like.type};
}

Outcome date(const Arguments& a) {
  const auto day = from_civil(count_of(a[0]), count_of(a[1]), count_of(a[2]));
  if (!day.has_value()) return Fault{FaultKind::no_such_day, "no such day"};
  Type type;
  type.kind = TypeKind::date;
  return Operand{Date{*day}, type};
}

Outcome year(const Arguments& a) { return integer_outcome(to_civil(moment_of(a[0]).day).year); }
Outcome month(const Arguments& a) { return integer_outcome(to_civil(moment_of(a[0]).day).month); }
Outcome day(const Arguments& a) { return integer_outcome(to_civil(moment_of(a[0]).day).day); }
Outcome add_days(const Arguments& a) { return on_day(a[0], std::int64_t{moment_of(a[0]).day} + count_of(a[1])); }

Outcome add_months(const Arguments& a) {
  const CivilDay civil = to_civil(moment_of(a[0]).day);
  const std::int64_t months = std::int64_t{civil.year} * 12 + civil.month - 1 + count_of(a[1]);
  if (months < 12 || months >= 120'000) return Fault{FaultKind::overflow, "outside the years 1 to 9999"};
  for (int day_of_month = civil.day; day_of_month > 0; --day_of_month) {
    const auto there = from_civil(static_cast<int>(months / 12), static_cast<int>(months % 12) + 1, day_of_month);
    if (there.has_value()) return on_day(a[0], *there);
  }
  return Fault{FaultKind::no_such_day, {}};
}

Outcome days_between(const Arguments& a) {
  return integer_outcome(static_cast<double>(moment_of(a[1]).day) - moment_of(a[0]).day);
}

// --- conversion

Outcome text_form(const Arguments& a) { return text_outcome(to_text(a[0].value, a[0].type)); }

// Digits with `.` as the mark and no groups; unlike in a cell that is read, leading zeros do no harm here, because
// somebody asked.
std::variant<double, Fault> spelled_number(const std::string& text) {
  const bool negative = text.starts_with('-');
  std::string digits = text.substr(negative ? 1 : 0);
  while (digits.size() > 1 && digits[0] == '0' && digits[1] >= '0' && digits[1] <= '9') digits.erase(0, 1);
  const auto number = exact_number((negative ? "-" : "") + digits, false);
  if (number.has_value()) return *number;
  const bool plain = !digits.empty() && digits.find_first_not_of("0123456789.") == std::string::npos &&
                     digits[0] != '.' && digits.back() != '.' && std::count(digits.begin(), digits.end(), '.') <= 1;
  if (plain) return Fault{FaultKind::precision, "more digits than a number keeps"};
  return Fault{FaultKind::not_a_number, zmig::quoted(text)};
}

Outcome number(const Arguments& a) {
  auto spelled = spelled_number(text_of(a[0]));
  if (auto* fault = std::get_if<Fault>(&spelled)) return std::move(*fault);
  return number_outcome(std::get<double>(spelled));
}

Outcome integer(const Arguments& a) {
  auto spelled = spelled_number(text_of(a[0]));
  if (auto* fault = std::get_if<Fault>(&spelled)) return std::move(*fault);
  const double value = std::get<double>(spelled);
  if (std::trunc(value) != value) return Fault{FaultKind::precision, spell_shortest(value) + " is not whole"};
  return integer_outcome(value);
}

Outcome parsed(const Arguments& a, TypeKind kind) {
  Type type;
  type.kind = kind;
  Evaluated read = parse_with(text_of(a[0]), text_of(a[1]), type);
  if (auto* fault = std::get_if<Fault>(&read)) return std::move(*fault);
  return Operand{std::get<Value>(std::move(read)), type};
}

Outcome parse_number(const Arguments& a) { return parsed(a, TypeKind::number); }
Outcome parse_date(const Arguments& a) { return parsed(a, TypeKind::date); }

struct Strict {
  std::string_view name;
  Outcome (*run)(const Arguments&);
};

constexpr std::array<Strict, 34> kStrict = {{
    {"trim", trim},
    {"squeeze", squeeze},
    {"upper", upper},
    {"lower", lower},
    {"title", title},
    {"length", length},
    {"left", left},
    {"right", right},
    {"middle", middle},
    {"before", before},
    {"after", after},
    {"part", part},
    {"contains", contains},
    {"starts_with", starts_with},
    {"ends_with", ends_with},
    {"pad_left", pad_left},
    {"strip_accents", unaccented},
    {"round", rounded},
    {"floor", floored},
    {"ceiling", ceiled},
    {"abs", absolute},
    {"remainder", remainder},
    {"date", date},
    {"year", year},
    {"month", month},
    {"day", day},
    {"add_days", add_days},
    {"add_months", add_months},
    {"days_between", days_between},
    {"text", text_form},
    {"number", number},
    {"integer", integer},
    {"parse_number", parse_number},
    {"parse_date", parse_date},
}};

// --- calls

bool fits_letter(const Value& value, char letter) {
  switch (letter) {
    case 't': return std::holds_alternative<Text>(value);
    case 'b': return std::holds_alternative<Boolean>(value);
    case 'd': return std::holds_alternative<Date>(value) || std::holds_alternative<DateTime>(value);
    case 'x': return std::holds_alternative<Number>(value);
    case 'n':
      return std::holds_alternative<Number>(value) &&
             std::trunc(std::get<Number>(value).value) == std::get<Number>(value).value;
    default: return true;
  }
}

struct Called {
  const expr::Call& call;
  const Evaluator& evaluator;
  const FunctionRow& row;

  [[nodiscard]] std::variant<Arguments, Fault> all_arguments() const {
    Arguments arguments;
    for (const ExprBox& box : call.arguments) {
      Outcome outcome = evaluator.run(*box);
      if (auto* fault = std::get_if<Fault>(&outcome)) return std::move(*fault);
      arguments.push_back(std::get<Operand>(std::move(outcome)));
    }
    return arguments;
  }

  // Kinds of the arguments that are not blank.
  [[nodiscard]] bool kinds_fit(const Arguments& arguments) const {
    for (std::size_t i = 0; i < arguments.size(); ++i) {
      if (!is_blank(arguments[i].value) && !fits_letter(arguments[i].value, argument_letter(row, i))) return false;
    }
    return true;
  }

  [[nodiscard]] Outcome strict(Outcome (*run)(const Arguments&)) const {
    auto arguments = all_arguments();
    if (auto* fault = std::get_if<Fault>(&arguments)) return std::move(*fault);
    const auto& known = std::get<Arguments>(arguments);
    if (!kinds_fit(known)) return mismatch();
    const bool any_blank =
        std::any_of(known.begin(), known.end(), [](const Operand& one) { return is_blank(one.value); });
    return any_blank ? blank_outcome() : run(known);
  }

  [[nodiscard]] Outcome extreme_of(bool largest) const {
    auto arguments = all_arguments();
    if (auto* fault = std::get_if<Fault>(&arguments)) return std::move(*fault);
    return extreme(std::get<Arguments>(arguments), largest);
  }

  [[nodiscard]] Outcome replaced() const {
    auto arguments = all_arguments();
    if (auto* fault = std::get_if<Fault>(&arguments)) return std::move(*fault);
    const auto& known = std::get<Arguments>(arguments);
    if (!kinds_fit(known)) return mismatch();
    if (is_blank(known[0].value) || is_blank(known[1].value)) return blank_outcome();
    return replace(text_of(known[0]), text_of(known[1]), is_blank(known[2].value) ? std::string() : text_of(known[2]));
  }

  [[nodiscard]] Outcome coalesce() const {
    for (const ExprBox& box : call.arguments) {
      Outcome outcome = evaluator.run(*box);
      const auto* operand = std::get_if<Operand>(&outcome);
      if (operand == nullptr || !is_blank(operand->value)) return outcome;
    }
    return blank_outcome();
  }

  // switch(x, a, r, b, s, ..., other): only the branch that is chosen is evaluated.
  [[nodiscard]] Outcome switched() const {
    Outcome subject = evaluator.run(*call.arguments[0]);
    if (std::holds_alternative<Fault>(subject)) return subject;
    for (std::size_t i = 1; i + 1 < call.arguments.size(); i += 2) {
      Outcome candidate = evaluator.run(*call.arguments[i]);
      if (std::holds_alternative<Fault>(candidate)) return candidate;
      auto equal = equal_values(std::get<Operand>(subject).value, std::get<Operand>(candidate).value);
      if (auto* fault = std::get_if<Fault>(&equal)) return std::move(*fault);
      if (std::get<bool>(equal)) return evaluator.run(*call.arguments[i + 1]);
    }
    return call.arguments.size() % 2 == 0 ? evaluator.run(*call.arguments.back()) : blank_outcome();
  }

  [[nodiscard]] Outcome if_error() const {
    Outcome outcome = evaluator.run(*call.arguments[0]);
    return std::holds_alternative<Fault>(outcome) ? evaluator.run(*call.arguments[1]) : outcome;
  }

  // The three that look at the cell itself and never fault.
  [[nodiscard]] Outcome of_cell() const {
    const auto* reference = std::get_if<expr::CellRef>(&call.arguments[0]->node);
    if (reference == nullptr) return mismatch("needs a column in brackets");
    const RowContext& context = evaluator.row();
    const Column& column = context.column(reference->column);
    const Value& stored = context.cell(reference->column).value;
    if (row.name == "raw") return shortened(to_text(stored));
    const std::string format = column.format.value_or(implied_format(column.type));
    const Evaluated read = read_as(stored, column.type, format, context.text_source);
    const auto* value = std::get_if<Value>(&read);
    const Value& seen = value == nullptr ? stored : *value;
    if (row.name == "shown") return shortened(show(seen, format));
    const std::string_view kind = zmig::kind_of(seen);
    return text_outcome(std::string(kind == "time" || kind == "datetime" ? "date" : kind));
  }

  // A stored text may be longer than zmig would write; here it is cut instead of faulting.
  static Outcome shortened(const std::string& text) {
    return text_outcome(slice(text, 0, static_cast<std::int64_t>(kLongestText)));
  }
};

}  // namespace

std::span<const FunctionRow> function_table() { return kRows; }

const FunctionRow* find_function(std::string_view name) {
  const auto rows = function_table();
  const auto row = std::find_if(rows.begin(), rows.end(), [name](const FunctionRow& one) { return one.name == name; });
  return row == rows.end() ? nullptr : &*row;
}

char argument_letter(const FunctionRow& row, std::size_t index0) {
  return row.arguments[std::min(index0, row.arguments.size() - 1)];
}

Outcome evaluate_call(const expr::Call& call, const Evaluator& evaluator) {
  const FunctionRow* row = find_function(call.function);
  if (row == nullptr || !row->core) return mismatch("function " + zmig::quoted(call.function) + " is not available");
  const auto count = static_cast<int>(call.arguments.size());
  if (count < row->least || (row->most >= 0 && count > row->most)) return mismatch("wrong number of arguments");
  const Called called{call, evaluator, *row};
  if (row->name == "coalesce") return called.coalesce();
  if (row->name == "switch") return called.switched();
  if (row->name == "if_error") return called.if_error();
  if (row->name == "replace") return called.replaced();
  if (row->name == "min" || row->name == "max") return called.extreme_of(row->name == "max");
  if (row->arguments == "c") return called.of_cell();
  const auto strict =
      std::find_if(kStrict.begin(), kStrict.end(), [&](const Strict& one) { return one.name == row->name; });
  return strict == kStrict.end() ? Outcome(mismatch()) : called.strict(strict->run);
}

}  // namespace zmig
