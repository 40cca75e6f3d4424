#include "targets/gsheet/json_pull.h"

#include <charconv>

#include <zmig/text.h>

namespace zmig::gsheet {
namespace {

constexpr int kDeepest = 64;

}  // namespace

void JsonPull::blanks() {
  while (at_ < text_.size()) {
    const char c = text_[at_];
    if (c != ' ' && c != '\n' && c != '\r' && c != '\t') return;
    ++at_;
  }
}

bool JsonPull::at_end() {
  blanks();
  return !failed_ && at_ == text_.size();
}

bool JsonPull::enter(char bracket) {
  blanks();
  if (failed_) return false;
  if (here() != bracket) {
    skip();
    return false;
  }
  if (++depth_ > kDeepest) {
    fail();
    return false;
  }
  ++at_;
  first_ = true;
  return true;
}

bool JsonPull::next(char closing) {
  blanks();
  if (failed_) return false;
  if (here() == closing) {
    ++at_;
    --depth_;
    first_ = false;
    return false;
  }
  if (!first_) {
    if (here() != ',') {
      fail();
      return false;
    }
    ++at_;
    blanks();
  }
  first_ = false;
  return true;
}

bool JsonPull::member() {
  if (!next('}')) return false;
  if (here() != '"') fail();
  return !failed_;
}

bool JsonPull::item() { return next(']'); }

bool JsonPull::colon() {
  blanks();
  if (here() != ':') fail();
  ++at_;
  return !failed_;
}

std::string_view JsonPull::string() {
  blanks();
  if (failed_) return {};
  if (here() != '"') {
    skip();
    return {};
  }
  const std::size_t begin = ++at_;
  for (; at_ < text_.size(); ++at_) {
    const char c = text_[at_];
    if (c == '"') return text_.substr(begin, at_++ - begin);
    if (c == '\\') {
      unescape(begin);
      return failed_ ? std::string_view() : std::string_view(scratch_);
    }
  }
  fail();
  return {};
}

bool JsonPull::hex4(std::uint32_t& code) {
  if (at_ + 4 > text_.size()) return false;
  const auto read = std::from_chars(text_.data() + at_, text_.data() + at_ + 4, code, 16);
  at_ += 4;
  return read.ec == std::errc{} && read.ptr == text_.data() + at_;
}

void JsonPull::unescape(std::size_t begin) {
  scratch_.assign(text_.substr(begin, at_ - begin));
  while (at_ < text_.size()) {
    const char c = text_[at_++];
    if (c == '"') return;
    if (c != '\\') {
      scratch_ += c;
      continue;
    }
    const char what = here();
    ++at_;
    switch (what) {
      case 'n': scratch_ += '\n'; break;
      case 't': scratch_ += '\t'; break;
      case 'r': scratch_ += '\r'; break;
      case 'b': scratch_ += '\b'; break;
      case 'f': scratch_ += '\f'; break;
      case '"':
      case '\\':
      case '/': scratch_ += what; break;
      case 'u': {
        std::uint32_t code = 0, low = 0;
        if (!hex4(code)) return fail();
        if (code >= 0xD800 && code < 0xDC00 && text_.substr(at_, 2) == "\\u") {
          at_ += 2;
          if (!hex4(low)) return fail();
          const bool pair = low >= 0xDC00 && low < 0xE000;
          append_utf8(scratch_, pair ? 0x10000 + ((code - 0xD800) << 10U) + (low - 0xDC00) : 0xFFFD);
          if (!pair) append_utf8(scratch_, low);
          break;
        }
        append_utf8(scratch_, code >= 0xD800 && code < 0xE000 ? 0xFFFD : code);
        break;
      }
      default: return fail();
    }
  }
  fail();
}

double JsonPull::number() {
  blanks();
  if (failed_) return 0;
  const char c = here();
  if (c == '"') {
    const std::string_view text = string();
    double quoted_number = 0;
    std::from_chars(text.data(), text.data() + text.size(), quoted_number);
    return quoted_number;
  }
  if (c != '-' && (c < '0' || c > '9')) {
    skip();
    return 0;
  }
  double value = 0;
  const auto read = std::from_chars(text_.data() + at_, text_.data() + text_.size(), value);
  if (read.ec != std::errc{}) {
    fail();
    return 0;
  }
  at_ = static_cast<std::size_t>(read.ptr - text_.data());
  return value;
}

std::int64_t JsonPull::integer() {
  const double value = number();
  return value >= -9e15 && value <= 9e15 ? static_cast<std::int64_t>(value) : 0;
}

bool JsonPull::boolean() {
  blanks();
  const bool is_true = text_.substr(at_, 4) == "true";
  skip();
  return is_true && !failed_;
}

void JsonPull::skip_string() {
  for (++at_; at_ < text_.size(); ++at_) {
    if (text_[at_] == '\\') {
      ++at_;
    } else if (text_[at_] == '"') {
      ++at_;
      return;
    }
  }
  fail();
}

void JsonPull::skip() {
  blanks();
  if (failed_) return;
  const char c = here();
  if (c == '"') return skip_string();
  if (c == '{') return object([this](std::string_view) { skip(); });
  if (c == '[') return array([this] { skip(); });
  for (const std::string_view word : {std::string_view("true"), std::string_view("false"), std::string_view("null")}) {
    if (text_.substr(at_, word.size()) != word) continue;
    at_ += word.size();
    return;
  }
  double ignored = 0;
  const auto read = std::from_chars(text_.data() + at_, text_.data() + text_.size(), ignored);
  if ((c != '-' && (c < '0' || c > '9')) || read.ec == std::errc::invalid_argument) return fail();
  at_ = static_cast<std::size_t>(read.ptr - text_.data());
}

}  // namespace zmig::gsheet
