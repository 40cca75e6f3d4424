#pragma once
/// JSON written front to back into one text: for what is stored or printed once for each of many migrations, where a
/// tree in between costs more than all the rest. Same bytes as a sorted tree dumped without blanks, if the caller gives
/// the keys in ascending order.

#include <charconv>
#include <concepts>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace zmig {

/// Appends `text` as a JSON string: ill-formed UTF-8 becomes U+FFFD, everything else stays as it is.
void append_json_string(std::string& out, std::string_view text);

class JsonText {
 public:
  JsonText& open(char bracket) {
    separate();
    out_ += bracket;
    follows_ = false;
    return *this;
  }
  JsonText& close(char bracket) {
    out_ += bracket;
    follows_ = true;
    return *this;
  }
  /// `name`: plain ASCII without anything to escape.
  JsonText& key(std::string_view name) {
    separate();
    out_ += '"';
    out_ += name;
    out_ += "\":";
    follows_ = false;
    return *this;
  }
  JsonText& text(std::string_view value) {
    separate();
    append_json_string(out_, value);
    return *this;
  }
  JsonText& text_or_null(std::string_view value) { return value.empty() ? raw("null") : text(value); }
  template <std::integral T>
  JsonText& number(T value) {
    separate();
    char digits[24];
    out_.append(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
    return *this;
  }
  JsonText& flag(bool value) { return raw(value ? "true" : "false"); }
  /// A key that may need escaping.
  JsonText& member(std::string_view name) {
    text(name);
    out_ += ':';
    follows_ = false;
    return *this;
  }
  /// A value that is JSON already.
  JsonText& raw(std::string_view json) {
    separate();
    out_ += json;
    return *this;
  }
  JsonText& texts(const std::vector<std::string>& list) {
    open('[');
    for (const std::string& one : list) text(one);
    return close(']');
  }

  [[nodiscard]] std::string take() { return std::move(out_); }

 private:
  void separate() {
    if (follows_) out_ += ',';
    follows_ = true;
  }

  std::string out_;
  bool follows_ = false;  ///< a value stands before the next one
};

}  // namespace zmig
