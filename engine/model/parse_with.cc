// Reading text under a named format: exactly and completely, or a fault that says why not. Nothing is guessed from a
// locale.
#include <algorithm>
#include <charconv>
#include <optional>
#include <string>
#include <string_view>

#include <zmig/expr.h>
#include <zmig/value.h>

#include "base/text.h"
#include "model/format.h"
#include "model/moments.h"
#include "model/numbers.h"
#include "model/unicode.h"

namespace zmig {
namespace {

Fault not_a_date(std::string detail) { return {FaultKind::not_a_date, std::move(detail)}; }
Fault not_a_number(std::string detail) { return {FaultKind::not_a_number, std::move(detail)}; }

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// --- dates and times

class MomentReader {
 public:
  MomentReader(std::string_view text, const std::vector<FormatToken>& tokens) : text_(text), tokens_(tokens) {}

  Evaluated read(TypeKind kind) {
    for (const FormatToken& token : tokens_) {
      if (!take(token)) return not_a_date(fault_.empty() ? "does not fit the format" : fault_);
    }
    if (at_ != text_.size()) return not_a_date("text goes on behind the format");
    if (has_offset_) return not_a_date("an offset cannot be converted here: the workbook's zone is not known");
    return kind == TypeKind::time ? time_value() : day_value(kind);
  }

 private:
  // Reads `least` to `most` digits.
  std::optional<int> number(std::size_t least, std::size_t most) {
    std::size_t end = at_;
    while (end < text_.size() && end - at_ < most && is_digit(text_[end])) ++end;
    if (end - at_ < least) return std::nullopt;
    int value = 0;
    std::from_chars(text_.data() + at_, text_.data() + end, value);
    at_ = end;
    return value;
  }

  bool into(std::optional<int>& part, std::optional<int> value) {
    if (!value.has_value()) return false;
    if (part.has_value() && *part != *value) {
      fault_ = "one part twice, with two values";
      return false;
    }
    part = value;
    return true;
  }

  bool take(const FormatToken& token) {
    switch (token.sign) {
      case Sign::literal: return take_literal(token.text);
      case Sign::year4: return into(year_, number(4, 4));
      case Sign::year2: return take_short_year();
      case Sign::month1: return into(month_, number(1, 2));
      case Sign::month2: return into(month_, number(2, 2));
      case Sign::month3: return take_month(3);
      case Sign::month4: return take_month(std::string_view::npos);
      case Sign::day1: return into(day_, number(1, 2));
      case Sign::day2: return into(day_, number(2, 2));
      case Sign::day3: return take_weekday(3);
      case Sign::day4: return take_weekday(std::string_view::npos);
      case Sign::hour1: return into(hour_, number(1, 2));
      case Sign::hour2: return into(hour_, number(2, 2));
      case Sign::minute1: return into(minute_, number(1, 2));
      case Sign::minute2: return into(minute_, number(2, 2));
      case Sign::second1: return into(second_, number(1, 2));
      case Sign::second2: return into(second_, number(2, 2));
      case Sign::millis: return take_literal(".") && into(ms_, number(3, 3));
      case Sign::noon: return take_noon();
      case Sign::offset: return take_offset();
      case Sign::digit:
      case Sign::maybe_digit:
      case Sign::comma:
      case Sign::point:
      case Sign::percent:
      case Sign::exponent:
      case Sign::text: return false;
    }
    return false;
  }

  bool take_literal(std::string_view expected) {
    if (text_.substr(at_, expected.size()) != expected) return false;
    at_ += expected.size();
    return true;
  }

  // 69 to 99 belong to the last century, as strptime reads them.
  bool take_short_year() {
    const auto year = number(2, 2);
    if (!year.has_value()) return false;
    return into(year_, *year < 69 ? 2000 + *year : 1900 + *year);
  }

  // Takes `word` in any case; only ASCII names are looked for.
  bool take_word(std::string_view word) {
    if (text_.size() - at_ < word.size() || lower_case(text_.substr(at_, word.size())) != lower_case(word))
      return false;
    at_ += word.size();
    return true;
  }

  bool take_month(std::size_t letters) {
    for (int month = 1; month <= 12; ++month) {
      if (take_word(month_name(month).substr(0, letters))) return into(month_, month);
    }
    return false;
  }

  bool take_weekday(std::size_t letters) {
    for (std::int32_t day = 0; day < 7; ++day) {
      if (take_word(weekday_name(day).substr(0, letters))) return into(weekday_, static_cast<int>(day));
    }
    return false;
  }

  bool take_noon() {
    if (take_word("AM")) return into(afternoon_, 0);
    return take_word("PM") && into(afternoon_, 1);
  }

  // +hh:mm, -hhmm, Z
  bool take_offset() {
    has_offset_ = true;
    if (take_word("Z")) return true;
    if (!take_literal("+") && !take_literal("-")) return false;
    if (!number(2, 2).has_value()) return false;
    take_literal(":");
    return number(2, 2).has_value();
  }

  std::optional<std::int64_t> ms_of_day() {
    int hour = hour_.value_or(0);
    if (afternoon_.has_value()) {
      if (hour < 1 || hour > 12) return std::nullopt;
      hour = hour % 12 + (*afternoon_ == 1 ? 12 : 0);
    }
    if (hour > 23 || minute_.value_or(0) > 59 || second_.value_or(0) > 59) return std::nullopt;
    return ((std::int64_t{hour} * 60 + minute_.value_or(0)) * 60 + second_.value_or(0)) * 1000 + ms_.value_or(0);
  }

  Evaluated time_value() {
    if (!hour_.has_value()) return not_a_date("no hour");
    const auto ms = ms_of_day();
    if (!ms.has_value()) return not_a_date("no such time of day");
    return Value{Time{static_cast<std::int32_t>(*ms)}};
  }

  Evaluated day_value(TypeKind kind) {
    if (!year_.has_value()) return not_a_date("no year");
    if (!month_.has_value()) return not_a_date("no month");
    if (!day_.has_value()) return not_a_date("no day");
    const auto day = from_civil(*year_, *month_, *day_);
    if (!day.has_value()) return Fault{FaultKind::no_such_day, "no such day"};
    if (weekday_.has_value() && weekday_name(*day) != weekday_name(*weekday_))
      return not_a_date("another day of the week");
    const auto ms = ms_of_day();
    if (!ms.has_value()) return not_a_date("no such time of day");
    if (kind == TypeKind::datetime) return Value{DateTime{*day * kDayMs + *ms}};
    if (*ms != 0) return not_a_date("a time of day in a date");
    return Value{Date{*day}};
  }

  std::string_view text_;
  const std::vector<FormatToken>& tokens_;  // outlived by the caller's parts
  std::size_t at_ = 0;
  std::optional<int> year_, month_, day_, weekday_, hour_, minute_, second_, ms_, afternoon_;
  bool has_offset_ = false;
  std::string fault_;
};

// --- numbers

std::string literal_of(const std::vector<FormatToken>& tokens) {
  std::string text;
  for (const FormatToken& token : tokens) text += token.sign == Sign::percent ? "%" : token.text;
  return text;
}

// The whole part without its group marks: all of them in their places, or none.
std::optional<std::string> ungrouped(std::string_view whole, const NumberLayout& layout) {
  const std::size_t first = whole.find(layout.group);
  if (first == std::string_view::npos) return std::string(whole);
  if (!layout.grouped || first == 0 || first > 3) return std::nullopt;
  std::string digits;
  for (std::size_t at = 0; at < whole.size(); ++at) {
    const bool mark_here = at >= first && (at - first) % 4 == 0;
    if ((whole[at] == layout.group) != mark_here) return std::nullopt;
    if (!mark_here) digits += whole[at];
  }
  if ((whole.size() - first) % 4 != 0) return std::nullopt;
  return digits;
}

bool all_digits(std::string_view text) { return std::all_of(text.begin(), text.end(), is_digit); }

// The digits in the spelling of exact_number, or why there is none.
std::variant<std::string, Fault> respelled(std::string_view body, const NumberLayout& layout) {
  std::string exponent;
  if (layout.exponent) {
    const std::size_t e = body.find_first_of("eE");
    if (e == std::string_view::npos) return not_a_number("no exponent");
    exponent = "e" + std::string(body.substr(e + 1));
    body = body.substr(0, e);
  }
  const std::size_t point = body.find(layout.point);
  const auto whole = ungrouped(body.substr(0, point), layout);
  const std::string_view fraction = point == std::string_view::npos ? std::string_view() : body.substr(point + 1);
  if (!whole.has_value()) return not_a_number("group marks out of place");
  if (point != std::string_view::npos && fraction.empty()) return not_a_number("no digit behind the decimal mark");
  if (!all_digits(*whole) || !all_digits(fraction) || (whole->empty() && fraction.empty()))
    return not_a_number("does not fit the format");
  if (static_cast<int>(fraction.size()) > layout.most_fraction)
    return not_a_number("more digits behind the decimal mark than the format has");
  // 007 is a code and not seven, unless the format writes zeros there.
  const int written = std::max(layout.least_whole, 1);
  if (static_cast<int>(whole->size()) > written && whole->front() == '0')
    return not_a_number("leading zeros that the format does not have");
  std::string digits = whole->substr(std::min(whole->find_first_not_of('0'), whole->size()));
  if (digits.empty()) digits = "0";
  if (!fraction.empty()) digits += "." + std::string(fraction);
  return digits + exponent;
}

Evaluated read_number(std::string_view text, const NumberLayout& layout, const Type& type) {
  const std::string before = literal_of(layout.before);
  const std::string after = literal_of(layout.after);
  const bool negative = text.starts_with('-') && !before.starts_with('-');
  if (negative) text.remove_prefix(1);
  if (!text.starts_with(before) || text.size() < before.size() + after.size() || !text.ends_with(after)) {
    return not_a_number("does not fit the format");
  }
  const auto spelled = respelled(text.substr(before.size(), text.size() - before.size() - after.size()), layout);
  if (const auto* fault = std::get_if<Fault>(&spelled)) return *fault;
  const auto number = exact_number(std::get<std::string>(spelled), true);
  if (!number.has_value()) return Fault{FaultKind::precision, "more digits than a number keeps"};
  const double scaled = layout.percent ? round_decimal(*number / 100, 20) : *number;
  return read_as(number_value(negative ? -scaled : scaled), type, {}, false);
}

// Boolean formats are pairs such as "sí/no", compared without case.
Evaluated read_boolean(std::string_view text, std::string_view format) {
  const std::size_t slash = format.find('/');
  if (slash == std::string_view::npos)
    return Fault{FaultKind::kind_mismatch, "a boolean format is a pair such as \"yes/no\""};
  const std::string folded = fold_case(text);
  if (folded == fold_case(format.substr(0, slash))) return Value{Boolean{true}};
  if (folded == fold_case(format.substr(slash + 1))) return Value{Boolean{false}};
  return Fault{FaultKind::kind_mismatch, "neither of the pair"};
}

}  // namespace

Evaluated parse_with(std::string_view text, std::string_view format, const Type& type) {
  if (text.empty()) return Value{Blank{}};
  if (type.kind == TypeKind::boolean) return read_boolean(text, format);
  if (is_textual(type)) return write_as(Value{Text{std::string(text)}}, type);
  const auto parts = take_apart(format, true);
  const bool numeric = is_numeric(type);
  const FaultKind kind = numeric ? FaultKind::not_a_number : FaultKind::not_a_date;
  if (const auto* fault = std::get_if<std::string>(&parts)) return Fault{kind, *fault};
  const auto& known = std::get<FormatParts>(parts);
  if (numeric && known.kind == FormatParts::Kind::number) return read_number(text, known.layout, type);
  if (!numeric && known.kind == FormatParts::Kind::date) return MomentReader(text, known.tokens).read(type.kind);
  return Fault{kind, numeric ? "the format is not one for numbers" : "the format is not one for dates"};
}

}  // namespace zmig
