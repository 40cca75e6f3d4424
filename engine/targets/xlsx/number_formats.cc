#include <algorithm>
#include <variant>

#include <fmt/format.h>

#include "model/format.h"
#include "targets/xlsx/styles.h"

namespace zmig::xlsx {
namespace {

/// A piece of a code of Excel.
struct Piece {
  enum class Kind { letters, literal, bracket, general, noon, sign };
  Kind kind = Kind::sign;
  std::string text;  // letters in lower case
};

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool starts_without_case(std::string_view text, std::string_view word) {
  return text.size() >= word.size() &&
         std::equal(word.begin(), word.end(), text.begin(), [](char a, char b) { return lower(a) == lower(b); });
}

class Cutter {
 public:
  explicit Cutter(std::string_view code) : code_(code) {}
  /// The pieces of the first section; false when there is something that only Excel knows.
  bool cut() {
    while (at_ < code_.size()) {
      if (code_[at_] == ';') return code_.substr(at_) == ";@";
      next();
    }
    return true;
  }
  std::vector<Piece> pieces;
  bool plain = true;  // nothing in the first section is Excel's own

 private:
  void next() {
    const std::string_view rest = code_.substr(at_);
    if (starts_without_case(rest, "general")) return take(Piece::Kind::general, "", 7);
    if (starts_without_case(rest, "am/pm")) return take(Piece::Kind::noon, "AM", 5);
    if (starts_without_case(rest, "a/p")) {
      plain = false;
      return take(Piece::Kind::noon, "AM", 3);
    }
    const char c = rest[0];
    if (c == '"') {
      const std::size_t end = std::min(rest.find('"', 1), rest.size());
      return take(Piece::Kind::literal, std::string(rest.substr(1, end - 1)), std::min(end + 1, rest.size()));
    }
    if (c == '\\' && rest.size() > 1) {
      const std::size_t size = character(rest.substr(1));
      return take(Piece::Kind::literal, std::string(rest.substr(1, size)), 1 + size);
    }
    if (c == '[') {
      plain = false;
      const std::size_t end = std::min(rest.find(']'), rest.size() - 1);
      std::string inner(rest.substr(1, end - 1));
      std::transform(inner.begin(), inner.end(), inner.begin(), lower);
      return take(Piece::Kind::bracket, std::move(inner), end + 1);
    }
    if (c == '_' || c == '*') {
      plain = false;
      return take(Piece::Kind::literal, "", std::min<std::size_t>(rest.size(), 1 + character(rest.substr(1))));
    }
    if (starts_without_case(rest, "e+") || starts_without_case(rest, "e-"))
      return take(Piece::Kind::sign, std::string(rest.substr(0, 2)), 2);
    if (is_letter(c)) {
      std::size_t size = 1;
      while (size < rest.size() && lower(rest[size]) == lower(c)) ++size;
      return take(Piece::Kind::letters, std::string(size, lower(c)), size);
    }
    const std::size_t size = character(rest);
    const bool is_sign = size == 1 && std::string_view("0#?.,%@/").find(c) != std::string_view::npos;
    if (c == '?') plain = false;
    take(is_sign ? Piece::Kind::sign : Piece::Kind::literal, std::string(rest.substr(0, size)), size);
  }
  static std::size_t character(std::string_view text) {
    if (text.empty()) return 0;
    std::size_t size = 1;
    while (size < text.size() && (static_cast<unsigned char>(text[size]) & 0xC0) == 0x80) ++size;
    return size;
  }
  void take(Piece::Kind kind, std::string text, std::size_t size) {
    pieces.push_back({kind, std::move(text)});
    at_ += size;
  }

  std::string_view code_;
  std::size_t at_ = 0;
};

bool is_letters(const Piece& piece, std::string_view of) {
  return piece.kind == Piece::Kind::letters && of.find(piece.text[0]) != std::string_view::npos;
}

/// Whether the `m` at this place are minutes: behind hours, or in front of seconds.
bool is_minute(const std::vector<Piece>& pieces, std::size_t at) {
  for (std::size_t i = at; i-- > 0;) {
    if (pieces[i].kind == Piece::Kind::bracket && pieces[i].text.find_first_not_of('h') == std::string::npos)
      return true;
    if (pieces[i].kind == Piece::Kind::letters) {
      if (is_letters(pieces[i], "h")) return true;
      break;
    }
  }
  for (std::size_t i = at + 1; i < pieces.size(); ++i) {
    if (pieces[i].kind == Piece::Kind::letters) return is_letters(pieces[i], "s");
  }
  return false;
}

Moment moment_of(const std::vector<Piece>& pieces) {
  bool day = false, time = false;
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    const Piece& piece = pieces[i];
    if (piece.kind == Piece::Kind::bracket && !piece.text.empty() &&
        piece.text.find_first_not_of(piece.text[0]) == std::string::npos &&
        std::string_view("hms").find(piece.text[0]) != std::string_view::npos)
      return Moment::elapsed;
    if (is_letters(piece, "hs") || piece.kind == Piece::Kind::noon) time = true;
    if (is_letters(piece, "yde")) day = true;  // e: a year in some languages; a power is a sign
    if (is_letters(piece, "m")) (is_minute(pieces, i) ? time : day) = true;
  }
  if (day) return time ? Moment::datetime : Moment::date;
  return time ? Moment::time : Moment::none;
}

bool stands_for_itself(char c) {
  return static_cast<unsigned char>(c) > 0x7F || std::string_view(" -/:$()").find(c) != std::string_view::npos;
}

/// Quotes around what has to stand in them, from its first to its last sign.
std::string in_quotes(std::string_view literal) {
  const auto begin = std::find_if_not(literal.begin(), literal.end(), stands_for_itself);
  const auto end = std::find_if_not(literal.rbegin(), literal.rend(), stands_for_itself).base();
  if (begin >= end) return std::string(literal);
  const bool quotes_only = std::all_of(begin, end, [](char c) { return c == '\''; });
  std::string out(literal.begin(), begin);
  if (!quotes_only) out += '\'';
  for (auto at = begin; at != end; ++at) out += *at == '\'' ? std::string("''") : std::string(1, *at);
  if (!quotes_only) out += '\'';
  return out.append(end, literal.end());
}

std::string upper(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
  return text;
}

/// The format in signs of the language; empty: it has none for it.
std::string translated(const std::vector<Piece>& pieces) {
  std::string out, literal;
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    const Piece& piece = pieces[i];
    if (piece.kind == Piece::Kind::literal) {
      literal += piece.text;
      continue;
    }
    out += in_quotes(literal);
    literal.clear();
    switch (piece.kind) {
      case Piece::Kind::bracket:
      case Piece::Kind::general: return {};
      case Piece::Kind::literal: break;
      case Piece::Kind::noon: out += "AM"; break;
      case Piece::Kind::sign: out += piece.text == "e+" || piece.text == "E+" ? std::string("E+") : piece.text; break;
      case Piece::Kind::letters:
        if (is_letters(piece, "yd") || (is_letters(piece, "m") && !is_minute(pieces, i)))
          out += upper(piece.text);
        else if (is_letters(piece, "hms"))
          out += piece.text;
        else
          return {};
        break;
    }
  }
  return out + in_quotes(literal);
}

/// Text that stands for itself, in a code of Excel. A quote cannot stand inside of quotes there.
void append_literal(std::string_view text, std::string& out) {
  bool open = false;
  for (const char c : text) {
    const bool bare = c == '"' || std::string_view(" -/:$()").find(c) != std::string_view::npos;
    if (bare == open) out += '"';
    open = !bare;
    if (c == '"') out += '\\';
    out += c;
  }
  if (open) out += '"';
}

}  // namespace

NumberFormat number_format(std::string_view code) {
  NumberFormat format;
  if (code.empty() || (code.size() == 7 && starts_without_case(code, "general"))) return format;
  Cutter cutter(code);
  const bool one_section = cutter.cut();
  format.moment = moment_of(cutter.pieces);
  if (one_section && cutter.plain) format.text = translated(cutter.pieces);
  if (format.text.empty() || format_fault(format.text, false).has_value()) format.text = fmt::format("native:{}", code);
  return format;
}

std::string excel_code(std::string_view format) {
  constexpr std::string_view kNative = "native:";
  if (format.starts_with(kNative)) return std::string(format.substr(kNative.size()));
  auto parts = take_apart(format, false);
  if (!std::holds_alternative<FormatParts>(parts)) return "General";
  std::string out;
  for (const FormatToken& token : std::get<FormatParts>(parts).tokens) {
    switch (token.sign) {
      case Sign::literal: append_literal(token.text, out); break;
      case Sign::year4: out += "yyyy"; break;
      case Sign::year2: out += "yy"; break;
      case Sign::month1:
      case Sign::minute1: out += "m"; break;
      case Sign::month2:
      case Sign::minute2: out += "mm"; break;
      case Sign::month3: out += "mmm"; break;
      case Sign::month4: out += "mmmm"; break;
      case Sign::day1: out += "d"; break;
      case Sign::day2: out += "dd"; break;
      case Sign::day3: out += "ddd"; break;
      case Sign::day4: out += "dddd"; break;
      case Sign::hour1: out += "h"; break;
      case Sign::hour2: out += "hh"; break;
      case Sign::second1: out += "s"; break;
      case Sign::second2: out += "ss"; break;
      case Sign::millis: out += ".000"; break;
      case Sign::noon: out += "AM/PM"; break;
      case Sign::offset: break;
      case Sign::digit: out += "0"; break;
      case Sign::maybe_digit: out += "#"; break;
      case Sign::comma: out += ","; break;
      case Sign::point: out += "."; break;
      case Sign::percent: out += "%"; break;
      case Sign::exponent: out += "E+00"; break;
      case Sign::text: out += "@"; break;
    }
  }
  return out.empty() ? "General" : out;
}

}  // namespace zmig::xlsx
