#include "number_format.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <vector>

namespace sheets_server {

namespace {

constexpr std::array<const char*, 12> kMonths = {"January", "February", "March",     "April",   "May",      "June",
                                                 "July",    "August",   "September", "October", "November", "December"};
constexpr std::array<const char*, 7> kDays = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                              "Thursday", "Friday", "Saturday"};

// A pattern in pieces: runs of one placeholder letter, or literal text.
struct Piece {
  char kind = 0;  ///< 0: literal
  std::string text;
};

std::vector<std::string> sections(const std::string& pattern) {
  std::vector<std::string> out(1);
  bool quoted = false;
  for (std::size_t n = 0; n < pattern.size(); ++n) {
    const char c = pattern[n];
    if (c == '"') quoted = !quoted;
    if (c == '\\' && n + 1 < pattern.size()) {
      out.back() += c;
      out.back() += pattern[++n];
    } else if (c == ';' && !quoted) {
      out.emplace_back();
    } else {
      out.back() += c;
    }
  }
  return out;
}

// `runs`: the letters that count as placeholders.
std::vector<Piece> pieces(const std::string& pattern, std::string_view runs) {
  std::vector<Piece> out;
  const auto literal = [&out](std::string_view text) {
    if (out.empty() || out.back().kind != 0) out.push_back({});
    out.back().text += text;
  };
  for (std::size_t n = 0; n < pattern.size(); ++n) {
    const char c = pattern[n];
    if (c == '"') {
      const std::size_t end = std::min(pattern.find('"', n + 1), pattern.size());
      literal(std::string_view(pattern).substr(n + 1, end - n - 1));
      n = end;
    } else if (c == '\\' && n + 1 < pattern.size()) {
      literal(std::string_view(pattern).substr(++n, 1));
    } else if (c == '[' && pattern.find(']', n) != std::string::npos) {
      const std::size_t end = pattern.find(']', n);
      const std::string inner = pattern.substr(n + 1, end - n - 1);
      if (!inner.empty() && inner.find_first_not_of("hms") == std::string::npos) out.push_back({'[', inner});
      if (!inner.empty() && inner[0] == '$') literal(inner.substr(1, inner.find('-') - 1));
      n = end;  // colours and conditions are not shown
    } else if (c == '_' && n + 1 < pattern.size()) {
      literal(" ");
      ++n;
    } else if (c == '*' && n + 1 < pattern.size()) {
      ++n;
    } else if (runs.find(c) != std::string_view::npos) {
      if (!out.empty() && out.back().kind == c)
        out.back().text += c;
      else
        out.push_back({c, std::string(1, c)});
    } else {
      literal(std::string_view(pattern).substr(n, 1));
    }
  }
  return out;
}

std::string grouped(const std::string& digits, const std::string& separator) {
  std::string out;
  for (std::size_t n = 0; n < digits.size(); ++n) {
    if (n > 0 && (digits.size() - n) % 3 == 0) out += separator;
    out += digits[n];
  }
  return out;
}

struct NumberShape {
  int least_whole = 0;
  int least_fraction = 0;
  int most_fraction = 0;
  bool group = false;
  int percents = 0;
  bool scientific = false;
  int exponent_digits = 0;
  int thousands = 0;
};

NumberShape shape_of(const std::string& section) {
  NumberShape s;
  bool quoted = false;
  bool point = false;
  bool exponent = false;
  int commas = 0;
  for (std::size_t n = 0; n < section.size(); ++n) {
    const char c = section[n];
    if (c == '"') quoted = !quoted;
    if (quoted) continue;
    if (c == '\\') {
      ++n;
    } else if (c == '.') {
      point = true;
    } else if (c == ',') {
      ++commas;
    } else if (c == '%') {
      ++s.percents;
    } else if (c == 'E' && n + 1 < section.size() && (section[n + 1] == '+' || section[n + 1] == '-')) {
      s.scientific = exponent = true;
      ++n;
    } else if (c == '0' || c == '#' || c == '?') {
      if (exponent) {
        ++s.exponent_digits;
        continue;
      }
      if (commas > 0 && !point) s.group = true;
      commas = 0;
      if (!point && c == '0') ++s.least_whole;
      if (point) ++s.most_fraction;
      if (point && c == '0') s.least_fraction = s.most_fraction;
    }
  }
  s.thousands = commas;
  return s;
}

std::string digits_of(double value, const NumberShape& s, const Locale& locale) {
  double scaled = value * std::pow(100.0, s.percents) / std::pow(1000.0, s.thousands);
  std::string tail;
  if (s.scientific) {
    const int power = scaled == 0 ? 0 : static_cast<int>(std::floor(std::log10(scaled)));
    scaled /= std::pow(10.0, power);
    tail = fmt::format("E{}{:0{}}", power < 0 ? '-' : '+', std::abs(power), std::max(s.exponent_digits, 1));
  }
  std::string text = fmt::format("{:.{}f}", scaled, s.most_fraction);
  std::string whole = text.substr(0, text.find('.'));
  std::string fraction = s.most_fraction > 0 ? text.substr(text.find('.') + 1) : "";
  while (static_cast<int>(fraction.size()) > s.least_fraction && fraction.back() == '0') fraction.pop_back();
  if (whole == "0" && s.least_whole == 0) whole.clear();
  if (static_cast<int>(whole.size()) < s.least_whole)
    whole.insert(0, static_cast<std::size_t>(s.least_whole) - whole.size(), '0');
  if (s.group) whole = grouped(whole, locale.group);
  return whole + (fraction.empty() ? "" : locale.decimal + fraction) + tail;
}

std::string by_number_pattern(const std::string& pattern, double value, const Locale& locale) {
  const std::vector<std::string> all = sections(pattern);
  const bool own_negative = value < 0 && all.size() > 1;
  const std::string& section = own_negative ? all[1] : value == 0 && all.size() > 2 ? all[2] : all[0];
  const std::string body = digits_of(std::fabs(value), shape_of(section), locale);
  std::string out;
  bool placed = false;
  for (const Piece& piece : pieces(section, "0#?.,%E+-")) {
    const bool sign = piece.kind == '+' || piece.kind == '-';
    if (piece.kind == 0 || piece.kind == '%' || (sign && !placed)) {
      out += piece.text;
    } else if (!placed && !sign && piece.kind != ',') {
      out += body;
      placed = true;
    }
  }
  const bool zero = body.find_first_of("123456789") == std::string::npos;
  return value < 0 && !own_negative && !zero ? "-" + out : out;
}

std::string by_date_pattern(const std::string& pattern, double serial) {
  auto total_ms = static_cast<std::int64_t>(std::llround(serial * 86400000.0));
  std::int64_t days = total_ms / 86400000;
  std::int64_t ms = total_ms % 86400000;
  if (ms < 0) {
    ms += 86400000;
    --days;
  }
  using namespace std::chrono;
  const sys_days day = sys_days(year(1899) / 12 / 30) + std::chrono::days(days);
  const year_month_day date(day);
  const unsigned month = static_cast<unsigned>(date.month());
  const unsigned weekday_index = weekday(day).c_encoding();
  const auto hour = static_cast<int>(ms / 3600000);
  const auto minute = static_cast<int>(ms / 60000 % 60);
  const auto second = static_cast<int>(ms / 1000 % 60);
  std::string lower = pattern;
  for (std::size_t n = 0; n < lower.size(); ++n)
    if (lower[n] == 'M' || lower[n] == 'D' || lower[n] == 'Y' || lower[n] == 'H' || lower[n] == 'S')
      lower[n] = static_cast<char>(lower[n] - 'A' + 'a');
  bool half_day = false;
  for (const char* mark : {"am/pm", "AM/PM", "a/p", "A/P"}) {
    for (std::size_t place = lower.find(mark); place != std::string::npos; place = lower.find(mark)) {
      lower.replace(place, std::string_view(mark).size(), "\x01");
      half_day = true;
    }
  }
  const std::vector<Piece> all = pieces(lower, "ymdhs\x01");
  std::string out;
  char before = 0;
  for (std::size_t n = 0; n < all.size(); ++n) {
    const Piece& p = all[n];
    const std::size_t width = p.text.size();
    const char next = n + 2 < all.size() && all[n + 1].kind == 0 ? all[n + 2].kind
                      : n + 1 < all.size()                       ? all[n + 1].kind
                                                                 : '\0';
    switch (p.kind) {
      case 'y':
        out += width <= 2 ? fmt::format("{:02}", static_cast<int>(date.year()) % 100)
                          : fmt::format("{:04}", static_cast<int>(date.year()));
        break;
      case 'd':
        if (width <= 2)
          out += fmt::format("{:0{}}", static_cast<unsigned>(date.day()), width);
        else
          out += width == 3 ? std::string(kDays[weekday_index]).substr(0, 3) : kDays[weekday_index];
        break;
      case 'm':
        if (before == 'h' || before == '[' || next == 's')
          out += fmt::format("{:0{}}", minute, std::min<std::size_t>(width, 2));
        else if (width <= 2)
          out += fmt::format("{:0{}}", month, width);
        else
          out += width == 3 ? std::string(kMonths[month - 1]).substr(0, 3) : kMonths[month - 1];
        break;
      case 'h':
        out += fmt::format("{:0{}}", half_day ? (hour + 11) % 12 + 1 : hour, std::min<std::size_t>(width, 2));
        break;
      case 's': out += fmt::format("{:0{}}", second, std::min<std::size_t>(width, 2)); break;
      case '[': {
        const std::int64_t unit = p.text[0] == 'h' ? 3600000 : p.text[0] == 'm' ? 60000 : 1000;
        out += fmt::format("{:0{}}", total_ms / unit, p.text.size());
        break;
      }
      case '\x01': out += hour < 12 ? "AM" : "PM"; break;
      default: {
        std::string text = p.text;
        if (before == 's' && text.rfind(".0", 0) == 0)
          text = fmt::format(".{:03}", ms % 1000).substr(0, text.find_last_of('0') + 1);
        out += text;
      }
    }
    if (p.kind != 0) before = p.kind;
  }
  return out;
}

std::string default_pattern(const std::string& type, const Locale& locale) {
  if (type == "NUMBER") return "#,##0.00";
  if (type == "PERCENT") return "0.00%";
  if (type == "CURRENCY") return locale.currency_last ? "#,##0.00 " + locale.currency : locale.currency + "#,##0.00";
  if (type == "SCIENTIFIC") return "0.00E+00";
  if (type == "DATE") return locale.date;
  if (type == "TIME") return "h:mm:ss am/pm";
  if (type == "DATE_TIME") return locale.date + " h:mm:ss";
  return {};
}

}  // namespace

Locale locale_of(const std::string& name) {
  if (name == "en_GB") return {".", ",", "£", true, false, true, "dd/MM/yyyy"};
  if (name == "de_DE") return {",", ".", "€", true, true, true, "dd.MM.yyyy"};
  if (name == "fr_FR") return {",", "\u202f", "€", true, true, true, "dd/MM/yyyy"};
  if (name == "es_CL") return {",", ".", "$", true, false, true, "dd-MM-yyyy"};
  Locale out;
  out.known = name == "en_US" || name.empty();
  return out;
}

double serial_of_date(int year, unsigned month, unsigned day) {
  using namespace std::chrono;
  const sys_days given = sys_days(std::chrono::year(year) / static_cast<int>(month) / static_cast<int>(day));
  return static_cast<double>((given - sys_days(std::chrono::year(1899) / 12 / 30)).count());
}

double serial_of_time(std::int64_t unix_ms) { return 25569.0 + static_cast<double>(unix_ms) / 86400000.0; }

std::string general(double value, const Locale& locale) {
  std::string text;
  const double size = std::fabs(value);
  if (std::floor(value) == value && size < 1e15) {
    text = fmt::format("{:.0f}", value == 0 ? 0.0 : value);
  } else if (size >= 1e15 || size < 1e-9) {
    text = fmt::format("{:.5E}", value);
    const std::size_t e = text.find('E');
    std::string mantissa = text.substr(0, e);
    while (mantissa.back() == '0') mantissa.pop_back();
    if (mantissa.back() == '.') mantissa.pop_back();
    text = mantissa + text.substr(e);
  } else {
    const int whole = size < 1 ? 0 : static_cast<int>(std::floor(std::log10(size))) + 1;
    text = fmt::format("{:.{}f}", value, std::max(10 - whole, 0));
    if (text.find('.') != std::string::npos) {
      while (text.back() == '0') text.pop_back();
      if (text.back() == '.') text.pop_back();
    }
  }
  if (const std::size_t point = text.find('.'); point != std::string::npos) text.replace(point, 1, locale.decimal);
  return text;
}

bool is_date_format(const Json* format) {
  if (format == nullptr) return false;
  const std::string type = text_of(*format, "type");
  return type == "DATE" || type == "TIME" || type == "DATE_TIME";
}

const Json* number_format(const Cell& cell) { return cell.format ? find(*cell.format, "numberFormat") : nullptr; }

std::string format_value(const Value& value, const Json* format, const Locale& locale) {
  switch (value.kind) {
    case Value::Kind::none: return {};
    case Value::Kind::text:
    case Value::Kind::error:
    case Value::Kind::formula: return value.text;
    case Value::Kind::boolean: return value.boolean ? "TRUE" : "FALSE";
    case Value::Kind::number: break;
  }
  if (format == nullptr) return general(value.number, locale);
  const std::string type = text_of(*format, "type");
  std::string pattern = text_of(*format, "pattern");
  if (pattern.empty()) pattern = default_pattern(type, locale);
  if (pattern.empty() || type == "TEXT" || pattern == "General" || pattern == "@") return general(value.number, locale);
  return is_date_format(format) ? by_date_pattern(pattern, value.number)
                                : by_number_pattern(pattern, value.number, locale);
}

}  // namespace sheets_server
