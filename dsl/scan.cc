#include "scan.h"

#include <algorithm>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"

namespace zmig::dsl {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

/// A sign that means nothing to the scanner, whatever stands around it, once its line has begun.
bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || c == ' ' || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == ',' || c == '.' || c == '-' || c == '+' || c == '*' || c == '/' || c == ':' || c == '\t';
}

/// A sign inside quotes that neither ends the text nor says something about the next one.
bool is_plain_in_quotes(char c) { return c >= ' ' && c <= '~' && c != '"' && c != '\\'; }

bool is_hex(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

/// Characters that nobody sees: blanks of other widths, zero-width ones, bidirectional controls, soft hyphen, BOM.
bool is_invisible(char32_t c) {
  return c == 0x00A0 || c == 0x00AD || c == 0x034F || c == 0x061C || c == 0x1680 || c == 0x180E ||
         (c >= 0x2000 && c <= 0x200F) || (c >= 0x2028 && c <= 0x202F) || (c >= 0x205F && c <= 0x206F) || c == 0x3000 ||
         c == 0xFEFF || (c >= 0xFFF9 && c <= 0xFFFB);
}

bool is_control(char32_t c) { return (c < 0x20 && c != '\t' && c != '\n') || c == 0x7F || (c >= 0x80 && c <= 0x9F); }

Diagnostic diagnostic(std::string code, std::string message, Span span, std::string label, std::string help) {
  Diagnostic out;
  out.code = std::move(code);
  out.message = std::move(message);
  out.primary = Label{span, {}, std::move(label)};
  if (!help.empty()) out.help = std::move(help);
  return out;
}

class Scanner {
 public:
  Scanner(std::string_view text, std::uint32_t file, std::vector<Diagnostic>& out)
      : text_(text), file_(file), out_(out) {
    scan_.text = std::string(text);
  }

  Scan run();

 private:
  struct Opening {
    std::size_t at = 0;
    std::uint32_t indent = 0;
  };
  struct Braces {  ///< what a logical line does to the blocks
    bool closes = false;
    std::optional<std::size_t> opens;
  };

  [[nodiscard]] Span span(std::size_t begin, std::size_t end) const {
    return Span{file_, static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end)};
  }
  [[nodiscard]] char peek(std::size_t at) const { return at < text_.size() ? text_[at] : '\0'; }
  [[nodiscard]] bool starts(std::size_t at, std::string_view what) const { return text_.substr(at).starts_with(what); }
  [[nodiscard]] std::size_t end_of_line(std::size_t at) const { return std::min(text_.find('\n', at), text_.size()); }
  /// Behind the last sign of the line that `end` ends.
  [[nodiscard]] std::size_t behind_last_sign(std::size_t begin, std::size_t end) const {
    while (end > begin && is_blank(text_[end - 1])) --end;
    return end;
  }
  [[nodiscard]] std::uint32_t indent_at(std::size_t line_begin) const {
    std::size_t at = line_begin;
    while (at < text_.size() && is_blank(text_[at])) ++at;
    return static_cast<std::uint32_t>(at - line_begin);
  }

  /// One cause, one message: a line that has an error gets no second one.
  void report(Diagnostic found) {
    if (line_.broken) return;
    line_.broken = true;
    out_.push_back(std::move(found));
  }

  bool refuse_whole_file();
  void step();
  void line_feed();
  void end_logical_line(std::size_t end);
  void begin_logical_line(std::size_t begin);
  void check_line_length(std::size_t end);
  [[nodiscard]] bool joins_next_line() const;
  void unclosed_parenthesis();
  void comment();
  void quoted_text();
  void block_text();
  void check_block_indent(std::size_t begin, std::size_t end);
  void escape(std::size_t end);
  void header();
  void single_quotes();
  void open_brace();
  void close_brace();
  void other_language();
  bool odd_character(bool inside_quotes);
  void check_nesting();
  void unclosed_block();

  std::string_view text_;
  std::uint32_t file_;
  std::vector<Diagnostic>& out_;
  Scan scan_;
  std::size_t at_ = 0;
  std::size_t physical_ = 0;  ///< begin of the line of the file
  LogicalLine line_;
  Braces line_braces_;
  std::vector<Braces> braces_of_lines_;
  std::vector<Opening> parentheses_;
  std::vector<Opening> braces_;
  std::size_t statements_ = 0;
  bool down_open_ = false;
  bool text_open_ = false;  ///< a """ that is never closed swallowed the rest
};

bool Scanner::refuse_whole_file() {
  if (text_.size() > kMaxFileBytes) {
    out_.push_back(
        diagnostic("ZM0020", "this file is too large", span(0, 0),
                   fmt::format("{} bytes; a migration has at most 1 MiB", grouped(text_.size())),
                   "put reference data into a csv beside the migration: `add rows by … from file \"….csv\"`"));
    return true;
  }
  if (const auto bad = first_invalid_utf8(text_)) {
    out_.push_back(diagnostic("ZM0008", "this file is not UTF-8", span(*bad, *bad + 1),
                              fmt::format("byte {} (0x{:02X}) belongs to no character", *bad,
                                          static_cast<unsigned>(static_cast<unsigned char>(text_[*bad]))),
                              "save the file as UTF-8"));
    return true;
  }
  return false;
}

Scan Scanner::run() {
  if (refuse_whole_file()) {
    scan_.usable = false;
    scan_.lines.push_back(LogicalLine{});
    return std::move(scan_);
  }
  scan_.readable_until = static_cast<std::uint32_t>(text_.size());
  if (text_.starts_with(kByteOrderMark)) {
    at_ = kByteOrderMark.size();
    std::fill_n(scan_.text.begin(), at_, ' ');
  }
  begin_logical_line(0);
  while (at_ < text_.size() && scan_.usable) step();
  check_line_length(text_.size());
  if (!parentheses_.empty()) unclosed_parenthesis();
  end_logical_line(text_.size());
  if (!braces_.empty() && !text_open_) unclosed_block();
  return std::move(scan_);
}

void Scanner::step() {
  const char c = text_[at_];
  if (c == '\n') return line_feed();
  if (is_blank(c)) {
    if (c == '\r') {
      if (peek(at_ + 1) != '\n') {
        odd_character(false);
        return;
      }
      scan_.text[at_] = ' ';
    }
    ++at_;
    return;
  }
  if (c == '#') return comment();
  const bool first_sign = line_.blank;
  if (first_sign && c != '}' && ++statements_ > kMaxStatements) {
    report(diagnostic("ZM0020", "this file has too many lines", span(at_, at_), "more than 10,000 statements",
                      "put reference data into a csv beside the migration: `add rows by … from file \"….csv\"`"));
    scan_.usable = false;
    return;
  }
  line_.blank = false;
  switch (c) {
    case '"': return starts(at_, "\"\"\"") ? block_text() : quoted_text();
    case '[': return header();
    case '\'': return single_quotes();
    case '{': return open_brace();
    case '}': line_.blank = first_sign; return close_brace();
    case '(':
      parentheses_.push_back({at_, indent_at(physical_)});
      check_nesting();
      ++at_;
      return;
    case ')':
      if (!parentheses_.empty()) parentheses_.pop_back();
      ++at_;
      return;
    default: break;
  }
  if (!is_plain(c)) {
    if (odd_character(false)) return;
    other_language();
  }
  while (at_ < text_.size() && is_plain(text_[at_])) ++at_;
}

void Scanner::begin_logical_line(std::size_t begin) {
  line_ = LogicalLine{};
  line_braces_ = Braces{};
  line_.begin = static_cast<std::uint32_t>(begin);
  line_.indent = indent_at(begin);
  line_.depth = static_cast<int>(braces_.size());
}

void Scanner::end_logical_line(std::size_t end) {
  line_.end = static_cast<std::uint32_t>(end);
  scan_.lines.push_back(line_);
  braces_of_lines_.push_back(line_braces_);
}

void Scanner::check_line_length(std::size_t end) {
  if (end - physical_ <= kMaxLineBytes) return;
  report(diagnostic("ZM0020", "this line is too long", span(physical_, physical_),
                    fmt::format("{} bytes; a line has at most 4,096", grouped(end - physical_)),
                    "put the details into a `{ }` block, one a line"));
}

void Scanner::line_feed() {
  check_line_length(at_);
  if (!parentheses_.empty()) {
    if (joins_next_line()) {
      scan_.text[at_] = ' ';
      physical_ = ++at_;
      return;
    }
    unclosed_parenthesis();
  }
  end_logical_line(at_);
  physical_ = ++at_;
  begin_logical_line(at_);
}

/// A line break inside ( ) is a blank if the next line with something on it is indented deeper than the line that opens
/// the parenthesis, or starts with `)` at the same indentation. An inner parenthesis that breaks the rule is reported
/// when the outer one keeps it.
bool Scanner::joins_next_line() const {
  std::size_t begin = at_ + 1;
  while (begin < text_.size()) {
    const std::size_t sign = begin + indent_at(begin);
    if (sign >= text_.size()) return false;
    if (text_[sign] == '\n' || text_[sign] == '#') {
      begin = end_of_line(sign) + 1;
      continue;
    }
    const std::uint32_t indent = indent_at(begin);
    const Opening& outer = parentheses_.front();
    return indent > outer.indent || (text_[sign] == ')' && indent == outer.indent);
  }
  return false;
}

void Scanner::unclosed_parenthesis() {
  const std::size_t at = parentheses_.back().at;
  report(diagnostic("ZM0013", "this `(` is never closed", span(at, at + 1), "opened here",
                    "close it with `)`; the lines it covers must be indented deeper than the one that opens it"));
  parentheses_.clear();
}

void Scanner::comment() {
  const std::size_t end = end_of_line(at_);
  const std::size_t behind = behind_last_sign(at_, end);
  ScannedComment found;
  found.at = ast::Node{static_cast<std::uint32_t>(at_), static_cast<std::uint32_t>(behind)};
  found.text = std::string(text_.substr(at_, behind - at_));
  found.alone = physical_ + indent_at(physical_) == at_ || (physical_ == 0 && line_.blank);
  scan_.comments.push_back(std::move(found));
  const std::size_t begin = at_;
  while (at_ < behind) {
    if (!odd_character(false)) ++at_;
  }
  at_ = end;
  std::fill(scan_.text.begin() + static_cast<std::ptrdiff_t>(begin),
            scan_.text.begin() + static_cast<std::ptrdiff_t>(end), ' ');
}

/// Control characters anywhere, invisible ones outside quotes (ZM0015). True: it was one, and is behind us. Such a
/// character never joins words, so the grammar sees a blank.
bool Scanner::odd_character(bool inside_quotes) {
  if (text_[at_] >= ' ' && text_[at_] <= '~') return false;
  std::size_t next = at_;
  const char32_t c = decode_utf8(text_, next);
  if (!is_control(c) && (inside_quotes || !is_invisible(c))) return false;
  report(diagnostic("ZM0015", is_control(c) ? "control character in the text" : "invisible character in the text",
                    span(at_, next), fmt::format("U+{:04X}", static_cast<std::uint32_t>(c)),
                    inside_quotes ? fmt::format("write it as \\u{{{:X}}}", static_cast<std::uint32_t>(c))
                                  : std::string("remove it, or replace it by a blank")));
  if (!inside_quotes) {
    for (std::size_t i = at_; i < next; ++i) scan_.text[i] = ' ';
  }
  at_ = next;
  return true;
}

void Scanner::quoted_text() {
  const std::size_t end = end_of_line(at_);
  ++at_;
  while (at_ < end) {
    while (at_ < end && is_plain_in_quotes(text_[at_])) ++at_;
    if (at_ == end) break;
    if (text_[at_] == '"') {
      ++at_;
      return;
    }
    if (text_[at_] == '\\') {
      escape(end);
      continue;
    }
    if (text_[at_] == '\r' && at_ + 1 == end) break;
    if (!odd_character(true)) ++at_;
  }
  const std::size_t behind = behind_last_sign(physical_, end);
  report(diagnostic("ZM0011", "this text is never closed", span(behind, behind),
                    "expected a closing `\"` before the end of the line",
                    "a text that spans lines starts and ends with \"\"\""));
  at_ = end;
}

void Scanner::escape(std::size_t end) {
  const std::size_t begin = at_++;
  if (at_ >= end) return;
  const char c = text_[at_];
  if (c == '"' || c == '\\' || c == 'n' || c == 't') {
    ++at_;
    return;
  }
  if (c != 'u') {
    std::size_t next = at_;
    decode_utf8(text_, next);
    report(diagnostic("ZM0012", "unknown escape in a text", span(begin, next),
                      fmt::format("`{}` is no escape", text_.substr(begin, next - begin)),
                      "write a backslash as `\\\\`"));
    at_ = next;
    return;
  }
  ++at_;
  std::size_t digits = at_ + 1;
  std::uint32_t value = 0;
  while (digits < end && is_hex(text_[digits]) && digits - at_ <= 6) {
    const char h = text_[digits++];
    const int digit = h <= '9' ? h - '0' : (h | 0x20) - 'a' + 10;
    value = value * 16 + static_cast<std::uint32_t>(digit);
  }
  const bool shaped = peek(at_) == '{' && digits > at_ + 1 && digits < end && text_[digits] == '}';
  if (shaped && value <= 0x10FFFF && (value < 0xD800 || value > 0xDFFF)) {
    at_ = digits + 1;
    return;
  }
  const std::size_t behind = shaped ? digits + 1 : at_;
  report(diagnostic("ZM0012", "unknown escape in a text", span(begin, behind),
                    shaped ? fmt::format("`{}` is no character", text_.substr(begin, behind - begin))
                           : std::string("`\\u` needs one to six hexadecimal digits in braces"),
                    "write the code point as in `\\u{1F600}`"));
  at_ = behind;
}

void Scanner::block_text() {
  const std::size_t begin = at_;
  const std::size_t close = text_.find("\"\"\"", begin + 3);
  if (close == std::string_view::npos) {
    report(diagnostic("ZM0011", "this text is never closed", span(begin, begin + 3), "opened here",
                      "end it with \"\"\" on a line of its own"));
    scan_.readable_until = std::min(scan_.readable_until, static_cast<std::uint32_t>(begin));
    text_open_ = true;
    at_ = text_.size();
    physical_ = text_.size();
    return;
  }
  check_block_indent(begin + 3, close);
  at_ += 3;
  while (at_ < close) {
    if (text_[at_] == '\n') {
      check_line_length(at_);
      physical_ = ++at_;
    } else if ((text_[at_] == '\r' && peek(at_ + 1) == '\n') || !odd_character(true)) {
      ++at_;
    }
  }
  at_ = close + 3;
}

/// The indentation of the closing quotes is taken from every line, so every line must have it.
void Scanner::check_block_indent(std::size_t begin, std::size_t end) {
  const std::size_t last = text_.substr(0, end).rfind('\n');
  if (last == std::string_view::npos || last < begin) return;
  const std::string_view indent = text_.substr(last + 1, end - last - 1);
  if (!std::all_of(indent.begin(), indent.end(), is_blank)) return;
  std::size_t line = text_.find('\n', begin) + 1;
  while (line <= last) {
    const std::size_t next = end_of_line(line);
    const bool something = behind_last_sign(line, next) > line;
    if (something && !starts(line, indent)) {
      const std::size_t sign = line + indent_at(line);
      report(diagnostic("ZM0011", "this line of a text is indented less than its closing quotes", span(sign, sign + 1),
                        fmt::format("expected {} before it", counted(indent.size(), "blank", "blanks")),
                        "indent it at least as deep as the closing \"\"\""));
      return;
    }
    line = next + 1;
  }
}

void Scanner::header() {
  const std::size_t begin = at_;
  const std::size_t end = end_of_line(at_);
  ++at_;
  while (at_ < end) {
    if (text_[at_] == ']') {
      if (peek(at_ + 1) != ']') {
        ++at_;
        return;
      }
      ++at_;
    }
    if (!odd_character(true)) ++at_;
  }
  report(diagnostic("ZM0013", "this `[` is never closed", span(begin, begin + 1), "opened here",
                    "close it with `]` on the same line; a `]` in the header is written `]]`"));
  at_ = end;
}

void Scanner::single_quotes() {
  const std::size_t end = end_of_line(at_);
  const std::size_t close = text_.find('\'', at_ + 1);
  const bool closed = close < end;
  report(diagnostic("ZM0016", "names and texts stand in double quotes", span(at_, closed ? close + 1 : at_ + 1),
                    "single quotes mean nothing here", "write \"…\""));
  at_ = closed ? close + 1 : at_ + 1;
}

void Scanner::check_nesting() {
  if (parentheses_.size() + braces_.size() != kMaxNesting + 1) return;  // once, where it begins
  report(diagnostic("ZM0018", "this is nested too deep", span(at_, at_ + 1), "level 65; zmig reads 64",
                    "compute a part of it in a column of its own"));
}

void Scanner::open_brace() {
  if (!parentheses_.empty()) unclosed_parenthesis();
  const std::size_t end = end_of_line(at_);
  std::size_t next = at_ + 1;
  while (next < end && is_blank(text_[next])) ++next;
  if (next < end && text_[next] != '#') {
    report(diagnostic("ZM0014", "a `{` ends its line", span(next, next + 1), "this belongs on the next line",
                      "write what stands inside on lines of its own, and `}` alone on the last one"));
  }
  const std::size_t word = line_.begin + line_.indent;
  if (braces_.empty() && starts(word, "down") &&
      text_.substr(word + 4, at_ - word - 4).find_first_not_of(" \t") == std::string_view::npos) {
    down_open_ = true;
    scan_.down = ast::Node{static_cast<std::uint32_t>(at_), static_cast<std::uint32_t>(text_.size())};
  }
  braces_.push_back({at_, line_.indent});
  line_braces_.opens = at_;
  check_nesting();
  ++at_;
}

void Scanner::close_brace() {
  if (!parentheses_.empty()) unclosed_parenthesis();
  const bool first_sign = line_.blank;
  line_.blank = false;
  if (braces_.empty()) {
    report(diagnostic("ZM0010", "this `}` closes no block", span(at_, at_ + 1), "no `{` is open here",
                      "remove it, or look above for a `}` too many"));
    scan_.text[at_] = ' ';
    if (first_sign) line_.blank = true;
    ++at_;
    return;
  }
  const std::size_t end = end_of_line(at_);
  std::size_t next = at_ + 1;
  while (next < end && is_blank(text_[next])) ++next;
  const bool last_sign = next == end || text_[next] == '#';
  if (!first_sign || !last_sign) {
    report(diagnostic("ZM0014", "a `}` stands alone on its line",
                      first_sign ? span(next, next + 1) : span(at_, at_ + 1), "this belongs on the next line",
                      "put `}` on a line of its own"));
  }
  if (first_sign) line_braces_.closes = true;
  if (!first_sign && line_braces_.opens) line_braces_.opens.reset();
  braces_.pop_back();
  if (braces_.empty() && down_open_) {
    down_open_ = false;
    scan_.down.end = static_cast<std::uint32_t>(at_ + 1);
  }
  ++at_;
}

/// Signs that other languages have (ZM0007, ZM0016); everything else is for the grammar.
void Scanner::other_language() {
  const char sign = text_[at_];
  if (sign >= ' ' && sign <= '~' && std::string_view(";=!&|").find(sign) == std::string_view::npos) {
    ++at_;
    return;
  }
  const auto operator_of = [&](std::string_view there, std::string title, std::string label, std::string help) {
    if (!starts(at_, there)) return false;
    const bool doubled = there == "==";
    report(diagnostic("ZM0016", std::move(title), span(at_ + (doubled ? 1 : 0), at_ + there.size()), std::move(label),
                      std::move(help)));
    at_ += there.size();
    return true;
  };
  if (text_[at_] == ';') {
    report(diagnostic("ZM0007", "lines do not end with `;`", span(at_, at_ + 1), "remove this",
                      "put each change on a line of its own"));
    ++at_;
    return;
  }
  if (operator_of("==", "`=` compares; there is no `==`", "one `=` too many", "write one `=`")) return;
  if (operator_of("!=", "`<>` says different; there is no `!=`", "an operator of another language", "write `<>`"))
    return;
  if (operator_of("&&", "`and` joins conditions; there is no `&&`", "an operator of another language",
                  "write `and`; one `&` joins texts"))
    return;
  if (operator_of("||", "`or` joins conditions; there is no `||`", "an operator of another language",
                  "write `or`; `&` joins texts"))
    return;
  std::size_t next = at_;
  decode_utf8(text_, next);
  at_ = next;
}

/// A block that the file never closes. The indentation tells which one: the first line that is not deeper than the line
/// that opened the innermost block, and does not close it.
void Scanner::unclosed_block() {
  struct Open {
    std::size_t at = 0;
    std::uint32_t indent = 0;
  };
  std::vector<Open> open;
  std::optional<Open> culprit;
  const LogicalLine* witness = nullptr;
  for (std::size_t i = 0; i < scan_.lines.size() && !witness; ++i) {
    const LogicalLine& line = scan_.lines[i];
    if (line.blank) continue;
    const Braces& braces = braces_of_lines_[i];
    if (!open.empty() && (braces.closes ? line.indent < open.back().indent : line.indent <= open.back().indent)) {
      culprit = open.back();
      witness = &line;
    }
    if (braces.closes && !open.empty()) open.pop_back();
    if (braces.opens) open.push_back({*braces.opens, line.indent});
  }
  if (!culprit) culprit = Open{braces_.back().at, braces_.back().indent};
  Diagnostic found = diagnostic("ZM0009", "this block is never closed", span(culprit->at, culprit->at + 1),
                                fmt::format("opened here, indented by {}", culprit->indent), {});
  if (witness) {
    const std::size_t sign = witness->begin + witness->indent;
    std::size_t word = sign;
    while (word < text_.size() && ((text_[word] | 0x20) >= 'a' && (text_[word] | 0x20) <= 'z')) ++word;
    const bool again = witness->indent == culprit->indent;
    found.secondary.push_back(Label{span(sign, std::max(word, sign + 1)),
                                    {},
                                    fmt::format("this line is indented by {}{}, so the `}}` probably belongs above it",
                                                witness->indent, again ? " again" : "")});
    found.help = fmt::format("put `}}` on a line of its own before line {}", line_column(text_, witness->begin).line);
  } else {
    found.help = "put `}` on a line of its own at the end of the block";
  }
  scan_.readable_until = std::min(scan_.readable_until, static_cast<std::uint32_t>(culprit->at));
  out_.push_back(std::move(found));
}

}  // namespace

const LogicalLine& Scan::line_at(std::uint32_t offset) const {
  const auto behind = std::upper_bound(lines.begin(), lines.end(), offset,
                                       [](std::uint32_t value, const LogicalLine& line) { return value < line.begin; });
  return behind == lines.begin() ? lines.front() : *(behind - 1);
}

LogicalLine& Scan::line_at(std::uint32_t offset) {
  return const_cast<LogicalLine&>(static_cast<const Scan&>(*this).line_at(offset));
}

Scan scan(std::string_view text, std::uint32_t file_number, std::vector<Diagnostic>& out) {
  return Scanner(text, file_number, out).run();
}

}  // namespace zmig::dsl
