#include "entry.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <chrono>
#include <cstdlib>
#include <optional>
#include <vector>

namespace sheets_server {

namespace {

bool digit(char c) { return c >= '0' && c <= '9'; }

Json format(const char* type, const std::string& pattern) { return Json{{"type", type}, {"pattern", pattern}}; }

std::string trimmed(std::string text) {
  while (!text.empty() && text.back() == ' ') text.pop_back();
  text.erase(0, std::min(text.find_first_not_of(' '), text.size()));
  return text;
}

bool same_word(const std::string& text, const char* upper) {
  std::string copy = text;
  std::transform(copy.begin(), copy.end(), copy.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return copy == upper;
}

bool take_front(std::string& text, const std::string& what) {
  if (what.empty() || text.rfind(what, 0) != 0) return false;
  text = trimmed(text.substr(what.size()));
  return true;
}

bool take_back(std::string& text, const std::string& what) {
  if (text.size() < what.size() || text.compare(text.size() - what.size(), what.size(), what) != 0) return false;
  text = trimmed(text.substr(0, text.size() - what.size()));
  return true;
}

struct Number {
  double value = 0;
  bool grouped = false;
  bool fraction = false;
  bool exponent = false;
};

// Digits with the locale's signs; groups of three.
std::optional<Number> plain_number(const std::string& text, const Locale& locale) {
  Number out;
  std::string clean;
  std::size_t n = 0;
  int since_group = -1;
  while (n < text.size()) {
    if (digit(text[n])) {
      clean += text[n++];
      if (since_group >= 0 && ++since_group > 3) return std::nullopt;
    } else if (!out.fraction && text.compare(n, locale.group.size(), locale.group) == 0) {
      if (clean.empty() || (since_group >= 0 && since_group != 3)) return std::nullopt;
      if (since_group < 0 && clean.size() > 3) return std::nullopt;
      since_group = 0;
      out.grouped = true;
      n += locale.group.size();
    } else if (!out.fraction && text.compare(n, locale.decimal.size(), locale.decimal) == 0) {
      if (since_group >= 0 && since_group != 3) return std::nullopt;
      since_group = -1;
      out.fraction = true;
      clean += '.';
      n += locale.decimal.size();
    } else if ((text[n] == 'e' || text[n] == 'E') && !clean.empty() && n + 1 < text.size()) {
      const std::string power = text.substr(n + 1);
      const std::size_t from = power[0] == '+' || power[0] == '-' ? 1 : 0;
      if (power.size() == from || !std::all_of(power.begin() + static_cast<std::ptrdiff_t>(from), power.end(), digit))
        return std::nullopt;
      clean += "e" + power;
      out.exponent = true;
      n = text.size();
    } else {
      return std::nullopt;
    }
  }
  if (since_group >= 0 && since_group != 3) return std::nullopt;
  if (std::none_of(clean.begin(), clean.end(), digit)) return std::nullopt;
  out.value = std::strtod(clean.c_str(), nullptr);
  return out;
}

std::optional<Entry> as_number(std::string text, const Locale& locale) {
  double sign = 1;
  if (text.size() > 2 && text.front() == '(' && text.back() == ')') {
    sign = -1;
    text = text.substr(1, text.size() - 2);
  }
  bool currency = false;
  const auto signs = [&] {
    if (take_front(text, "-"))
      sign = -sign;
    else
      take_front(text, "+");
  };
  signs();
  if (take_front(text, locale.currency)) {
    currency = true;
    signs();
  } else if (locale.currency_last && take_back(text, locale.currency)) {
    currency = true;
  }
  const bool percent = !currency && take_back(text, "%");
  const auto parsed = plain_number(text, locale);
  if (!parsed) return std::nullopt;
  Entry out{Value::of(sign * parsed->value / (percent ? 100 : 1)), nullptr};
  if (percent) {
    out.format = format("PERCENT", parsed->fraction ? "0.00%" : "0%");
  } else if (currency) {
    const std::string body = parsed->fraction ? "#,##0.00" : "#,##0";
    out.format = format("CURRENCY", locale.currency_last ? body + " " + locale.currency : locale.currency + body);
  } else if (parsed->exponent) {
    out.format = format("SCIENTIFIC", "0.00E+00");
  } else if (parsed->grouped) {
    out.format = format("NUMBER", parsed->fraction ? "#,##0.00" : "#,##0");
  }
  return out;
}

std::optional<double> date_serial(int year, int month, int day) {
  const std::chrono::year_month_day date(std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day)));
  if (month < 1 || day < 1 || !date.ok()) return std::nullopt;
  return serial_of_date(year, static_cast<unsigned>(month), static_cast<unsigned>(day));
}

struct Dated {
  double serial;
  std::string pattern;
};

std::optional<Dated> as_date(const std::string& text, const Locale& locale, int this_year) {
  std::vector<int> parts;
  std::vector<std::size_t> widths;
  char separator = 0;
  std::size_t from = 0;
  while (from <= text.size()) {
    std::size_t to = from;
    while (to < text.size() && digit(text[to])) ++to;
    if (to == from || to - from > 4) return std::nullopt;
    parts.push_back(std::atoi(text.substr(from, to - from).c_str()));
    widths.push_back(to - from);
    if (to == text.size()) break;
    if (separator != 0 && text[to] != separator) return std::nullopt;
    separator = text[to];
    if (separator != '-' && separator != '/' && !(separator == '.' && locale.decimal != ".")) return std::nullopt;
    from = to + 1;
  }
  const std::string s(1, separator);
  if (parts.size() == 3 && widths[0] == 4) {
    const auto serial = date_serial(parts[0], parts[1], parts[2]);
    if (!serial) return std::nullopt;
    return Dated{*serial, "yyyy" + s + (widths[1] == 2 ? "mm" : "m") + s + (widths[2] == 2 ? "dd" : "d")};
  }
  if (parts.size() != 2 && parts.size() != 3) return std::nullopt;
  if (widths[0] > 2 || widths[1] > 2) return std::nullopt;
  const int day = locale.day_first ? parts[0] : parts[1];
  const int month = locale.day_first ? parts[1] : parts[0];
  int year = this_year;
  if (parts.size() == 3) year = widths[2] == 4 ? parts[2] : parts[2] + (parts[2] < 50 ? 2000 : 1900);
  if (parts.size() == 3 && widths[2] != 4 && widths[2] != 2) return std::nullopt;
  const auto serial = date_serial(year, month, day);
  if (!serial) return std::nullopt;
  const std::string month_part(locale.day_first ? widths[1] : widths[0], 'M');
  const std::string day_part(locale.day_first ? widths[0] : widths[1], 'd');
  const std::string year_part = parts.size() == 3 ? s + (widths[2] == 4 ? "yyyy" : "yy") : "";
  return Dated{*serial, (locale.day_first ? day_part + s + month_part : month_part + s + day_part) + year_part};
}

std::optional<Dated> as_time(std::string text) {
  int half = -1;
  std::string tail = text.size() > 2 ? text.substr(text.size() - 2) : "";
  if (same_word(tail, "AM") || same_word(tail, "PM")) {
    half = same_word(tail, "PM") ? 1 : 0;
    text = trimmed(text.substr(0, text.size() - 2));
  }
  std::vector<int> parts;
  std::size_t from = 0;
  while (from <= text.size()) {
    std::size_t to = from;
    while (to < text.size() && digit(text[to])) ++to;
    if (to == from || to - from > 2) return std::nullopt;
    parts.push_back(std::atoi(text.substr(from, to - from).c_str()));
    if (to == text.size()) break;
    if (text[to] != ':') return std::nullopt;
    from = to + 1;
  }
  if (parts.size() < 2 || parts.size() > 3 || parts[0] > 23 || parts[1] > 59) return std::nullopt;
  const int second = parts.size() == 3 ? parts[2] : 0;
  if (second > 59 || (half >= 0 && (parts[0] < 1 || parts[0] > 12))) return std::nullopt;
  const int hour = half < 0 ? parts[0] : parts[0] % 12 + 12 * half;
  std::string pattern = parts.size() == 3 ? "h:mm:ss" : "h:mm";
  if (half >= 0) pattern += " am/pm";
  return Dated{(hour * 3600 + parts[1] * 60 + second) / 86400.0, pattern};
}

std::optional<Entry> as_moment(const std::string& text, const Locale& locale, int this_year) {
  if (const auto date = as_date(text, locale, this_year))
    return Entry{Value::of(date->serial), format("DATE", date->pattern)};
  if (const auto time = as_time(text)) return Entry{Value::of(time->serial), format("TIME", time->pattern)};
  const std::size_t gap = text.find_first_of(" T");
  if (gap == std::string::npos) return std::nullopt;
  const auto date = as_date(text.substr(0, gap), locale, this_year);
  const auto time = as_time(trimmed(text.substr(gap + 1)));
  if (!date || !time) return std::nullopt;
  return Entry{Value::of(date->serial + time->serial), format("DATE_TIME", date->pattern + " " + time->pattern)};
}

}  // namespace

Entry parse_entry(const std::string& text, const Locale& locale, int this_year) {
  if (text.empty()) return {};
  if (text[0] == '\'') return {Value::of(text.substr(1)), nullptr};
  if (text[0] == '=' && text.size() > 1) return {Value::formula(text), nullptr};
  const std::string clean = trimmed(text);
  if (same_word(clean, "TRUE")) return {Value::of(true), nullptr};
  if (same_word(clean, "FALSE")) return {Value::of(false), nullptr};
  if (auto number = as_number(clean, locale)) return *number;
  if (auto moment = as_moment(clean, locale, this_year)) return *moment;
  return {Value::of(text), nullptr};
}

}  // namespace sheets_server
