#include "model/format.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "base/text.h"

namespace zmig {
namespace {

using Kind = FormatParts::Kind;

bool is_date_sign(Sign sign) { return sign >= Sign::year4 && sign <= Sign::offset; }
bool is_number_sign(Sign sign) { return sign >= Sign::digit && sign <= Sign::exponent; }

bool stands_for_itself(char32_t c) {
  return c > 0x7F || c == ' ' || std::u32string_view(U"-/:$()").find(c) != std::u32string_view::npos;
}

bool is_letter(char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); }

// Cuts a format text into signs. The first fault ends it.
class Cutter {
 public:
  explicit Cutter(std::string_view format) : format_(format) {
    for (char letter : std::string_view("YMDhms")) date_ = date_ || has_unquoted(letter);
  }

  std::variant<std::vector<FormatToken>, std::string> cut() {
    while (at_ < format_.size() && fault_.empty()) next();
    if (!fault_.empty()) return fault_;
    return std::move(tokens_);
  }

 private:
  [[nodiscard]] bool has_unquoted(char letter) const {
    bool quoted_part = false;
    for (const char c : format_) {
      if (c == '\'') quoted_part = !quoted_part;
      if (!quoted_part && c == letter) return true;
    }
    return false;
  }

  void next() {
    const char c = format_[at_];
    if (c == '\'') return quoted_text();
    if (std::string_view("YMDhms").find(c) != std::string_view::npos) return letters(c);
    if (takes("AM", Sign::noon) || takes("E+00", Sign::exponent) || takes("Z", Sign::offset) ||
        takes("@", Sign::text) || takes("%", Sign::percent)) {
      return;
    }
    if (c == '.' || c == ',') return mark(c);
    if (c == '0' || c == '#') {
      ++at_;
      return tokens_.push_back({c == '0' ? Sign::digit : Sign::maybe_digit, {}});
    }
    const std::size_t start = at_;
    if (stands_for_itself(decode_utf8(format_, at_))) return literal(format_.substr(start, at_ - start));
    fault_ = (is_letter(c) ? "letter " : "sign ") + zmig::quoted(std::string(1, c)) + " is not known in a format";
  }

  bool takes(std::string_view word, Sign sign) {
    if (format_.substr(at_, word.size()) != word) return false;
    at_ += word.size();
    tokens_.push_back({sign, {}});
    return true;
  }

  // In a date `.` and `,` are plain signs, but `.000` behind the seconds are the milliseconds.
  void mark(char c) {
    const bool behind_seconds =
        !tokens_.empty() && (tokens_.back().sign == Sign::second1 || tokens_.back().sign == Sign::second2);
    if (behind_seconds && takes(".000", Sign::millis)) return;
    ++at_;
    if (date_) return literal(std::string_view(&c, 1));
    tokens_.push_back({c == '.' ? Sign::point : Sign::comma, {}});
  }

  void letters(char c) {
    std::size_t count = 0;
    while (at_ + count < format_.size() && format_[at_ + count] == c) ++count;
    const std::string_view run = format_.substr(at_, count);
    struct Row {
      std::string_view letters;
      Sign sign;
    };
    constexpr std::array<Row, 16> kRows = {{{"YYYY", Sign::year4},
                                            {"YY", Sign::year2},
                                            {"M", Sign::month1},
                                            {"MM", Sign::month2},
                                            {"MMM", Sign::month3},
                                            {"MMMM", Sign::month4},
                                            {"D", Sign::day1},
                                            {"DD", Sign::day2},
                                            {"DDD", Sign::day3},
                                            {"DDDD", Sign::day4},
                                            {"h", Sign::hour1},
                                            {"hh", Sign::hour2},
                                            {"m", Sign::minute1},
                                            {"mm", Sign::minute2},
                                            {"s", Sign::second1},
                                            {"ss", Sign::second2}}};
    const auto row = std::find_if(kRows.begin(), kRows.end(), [run](const Row& one) { return one.letters == run; });
    if (row == kRows.end()) {
      fault_ = zmig::quoted(run) + " is not known in a format";
      return;
    }
    tokens_.push_back({row->sign, {}});
    at_ += count;
  }

  void quoted_text() {
    std::string text;
    ++at_;
    if (at_ < format_.size() && format_[at_] == '\'') {
      ++at_;
      return literal("'");
    }
    for (; at_ < format_.size(); ++at_) {
      if (format_[at_] != '\'') {
        text += format_[at_];
        continue;
      }
      if (at_ + 1 == format_.size() || format_[at_ + 1] != '\'') break;
      text += format_[at_++];
    }
    if (at_ >= format_.size()) {
      fault_ = "the quote is never closed";
      return;
    }
    ++at_;
    literal(text);
  }

  void literal(std::string_view text) {
    if (!tokens_.empty() && tokens_.back().sign == Sign::literal) {
      tokens_.back().text += text;
    } else {
      tokens_.push_back({Sign::literal, std::string(text)});
    }
  }

  std::string_view format_;
  std::size_t at_ = 0;
  bool date_ = false;
  std::vector<FormatToken> tokens_;
  std::string fault_;
};

// Which of `.` and `,` is the decimal mark: the later one of two; a single one is a group mark where digits follow as
// in `#,##0` and `#.##0`.
char decimal_mark(const std::string& digits) {
  const std::size_t point = digits.rfind('.');
  const std::size_t comma = digits.rfind(',');
  const auto none = std::string::npos;
  if (point != none && comma != none) return point > comma ? '.' : ',';
  if (point == none && comma == none) return '.';
  const std::size_t mark = point == none ? comma : point;
  const std::string after = digits.substr(mark + 1);
  const bool several = digits.find(digits[mark]) != mark;
  const bool optional_first = after.size() == 3 && after[0] == '#' && after[2] == '0';
  const bool group = several || optional_first || (point == none && after.size() == 3);
  if (point == none) return group ? '.' : ',';
  return group ? ',' : '.';
}

std::string_view digit_fault(const std::string& digits, const NumberLayout& layout) {
  const std::size_t point = digits.find(layout.point);
  if (point == std::string::npos) return {};
  if (digits.find(layout.point, point + 1) != std::string::npos) return "two decimal marks in one format";
  const std::string fraction = digits.substr(point + 1);
  if (fraction.find(layout.group) != std::string::npos) return "a group mark behind the decimal mark";
  if (fraction.find("#0") != std::string::npos) return "\"0\" behind \"#\" after the decimal mark";
  return {};
}

std::optional<std::string> lay_out(FormatParts& parts) {
  NumberLayout& layout = parts.layout;
  std::string digits;
  for (const FormatToken& token : parts.tokens) {
    const bool in_number = token.sign == Sign::digit || token.sign == Sign::maybe_digit || token.sign == Sign::comma ||
                           token.sign == Sign::point || token.sign == Sign::exponent;
    if (token.sign == Sign::percent) layout.percent = true;
    if (!in_number) {
      (digits.empty() ? layout.before : layout.after).push_back(token);
      continue;
    }
    if (!layout.after.empty() || layout.exponent) return "the digits of a format stand together";
    if (token.sign == Sign::exponent) layout.exponent = true;
    if (token.sign == Sign::digit) digits += '0';
    if (token.sign == Sign::maybe_digit) digits += '#';
    if (token.sign == Sign::comma) digits += ',';
    if (token.sign == Sign::point) digits += '.';
  }
  if (digits.find_first_of("0#") == std::string::npos) return "a number format needs a digit sign, \"0\" or \"#\"";
  layout.point = decimal_mark(digits);
  layout.group = layout.point == '.' ? ',' : '.';
  if (const std::string_view fault = digit_fault(digits, layout); !fault.empty()) return std::string(fault);
  const std::size_t point = std::min(digits.find(layout.point), digits.size());
  const std::string whole = digits.substr(0, point);
  const std::string fraction = point == digits.size() ? std::string() : digits.substr(point + 1);
  layout.grouped = whole.find(layout.group) != std::string::npos;
  layout.least_whole = static_cast<int>(std::count(whole.begin(), whole.end(), '0'));
  layout.least_fraction = static_cast<int>(std::count(fraction.begin(), fraction.end(), '0'));
  layout.most_fraction = static_cast<int>(fraction.size());
  if (fraction.size() > 30 || whole.size() > 60) return "more digits than a number has";
  return std::nullopt;
}

std::optional<std::string> settle_kind(FormatParts& parts) {
  const auto has = [&](auto predicate) { return std::any_of(parts.tokens.begin(), parts.tokens.end(), predicate); };
  const auto is = [&](Sign sign) { return has([sign](const FormatToken& token) { return token.sign == sign; }); };
  const bool date = has([](const FormatToken& token) { return is_date_sign(token.sign); });
  const bool number = has([](const FormatToken& token) { return is_number_sign(token.sign); });
  const bool text = is(Sign::text);
  if (static_cast<int>(date) + static_cast<int>(number) + static_cast<int>(text) > 1) {
    return "one format cannot show dates, numbers and text at once";
  }
  if (is(Sign::noon) && !is(Sign::hour1) && !is(Sign::hour2)) return "\"AM\" needs an hour";
  if (date) parts.kind = Kind::date;
  if (text) parts.kind = Kind::text;
  if (!number) return std::nullopt;
  parts.kind = Kind::number;
  return lay_out(parts);
}

// What targets differ in when they give a format of their own back: quotes and backslashes of single signs, an empty
// text section, case.
std::string settled_native(std::string_view code) {
  std::string out;
  for (std::size_t at = 0; at < code.size(); ++at) {
    const char c = code[at];
    if (c == '"' && at + 2 < code.size() && code[at + 2] == '"') {
      out += code[at + 1];
      at += 2;
    } else if (c == '\\' && at + 1 < code.size()) {
      out += code[++at];
    } else {
      out += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    }
  }
  if (out.ends_with(";@")) out.resize(out.size() - 2);
  return out == "general" ? std::string() : out;
}

// Date letters that have one reading only, in either case: d, y are days and years, H, S are hours and seconds.
std::string settled_case(std::string_view format) {
  std::string out(format);
  bool in_quotes = false;
  for (char& c : out) {
    if (c == '\'') in_quotes = !in_quotes;
    if (in_quotes) continue;
    if (c == 'y') c = 'Y';
    if (c == 'd') c = 'D';
    if (c == 'H') c = 'h';
    if (c == 'S') c = 's';
  }
  return out;
}

constexpr std::string_view kNative = "native:";

}  // namespace

std::variant<FormatParts, std::string> take_apart(std::string_view format, bool for_parse) {
  FormatParts parts;
  if (format.starts_with(kNative)) {
    if (for_parse) return "a native format cannot read text";
    parts.kind = Kind::native;
    return parts;
  }
  auto tokens = Cutter(format).cut();
  if (auto* fault = std::get_if<std::string>(&tokens)) return std::move(*fault);
  parts.tokens = std::get<std::vector<FormatToken>>(std::move(tokens));
  if (auto fault = settle_kind(parts)) return *std::move(fault);
  const auto offset = [](const FormatToken& token) { return token.sign == Sign::offset; };
  if (!for_parse && std::any_of(parts.tokens.begin(), parts.tokens.end(), offset)) {
    return "letter \"Z\" is only known where text is read";
  }
  return parts;
}

std::optional<std::string> format_fault(std::string_view format, bool for_parse) {
  auto parts = take_apart(format, for_parse);
  if (auto* fault = std::get_if<std::string>(&parts)) return std::move(*fault);
  return std::nullopt;
}

bool same_format(std::string_view a, std::string_view b) {
  if (a == b) return true;
  const bool native_a = a.starts_with(kNative);
  const bool native_b = b.starts_with(kNative);
  if (native_a || native_b) {
    const std::string bare_a = native_a ? settled_native(a.substr(kNative.size())) : std::string(a);
    const std::string bare_b = native_b ? settled_native(b.substr(kNative.size())) : std::string(b);
    return bare_a == bare_b && (native_a == native_b || bare_a.empty());
  }
  const auto parts_a = take_apart(settled_case(a), true);
  const auto parts_b = take_apart(settled_case(b), true);
  if (!std::holds_alternative<FormatParts>(parts_a) || !std::holds_alternative<FormatParts>(parts_b)) return false;
  return std::get<FormatParts>(parts_a).tokens == std::get<FormatParts>(parts_b).tokens;
}

std::string_view month_name(int month) {
  constexpr std::array<std::string_view, 12> kMonths = {"January",   "February", "March",    "April",
                                                        "May",       "June",     "July",     "August",
                                                        "September", "October",  "November", "December"};
  return kMonths.at(static_cast<std::size_t>(std::clamp(month, 1, 12) - 1));
}

std::string_view weekday_name(std::int32_t day) {
  constexpr std::array<std::string_view, 7> kDays = {"Saturday",  "Sunday",   "Monday", "Tuesday",
                                                     "Wednesday", "Thursday", "Friday"};
  return kDays.at(static_cast<std::size_t>(((day % 7) + 7) % 7));
}

}  // namespace zmig
