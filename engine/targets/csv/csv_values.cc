#include "targets/csv/csv_values.h"

#include <algorithm>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/text.h"

namespace zmig::csv {

Codec::Codec(const Column& column)
    : type_(column.type),
      header_(column.header),
      format_(column.format.value_or(implied_format(column.type))),
      written_format_(column.format.value_or("")),
      textual_(zmig::is_textual(column.type)),
      dated_(type_.kind == TypeKind::date || type_.kind == TypeKind::time || type_.kind == TypeKind::datetime) {}

void Codec::decode(std::string_view text, Value& into) const {
  if (text.empty()) {
    into = Blank{};
    return;
  }
  if (auto* old = std::get_if<Text>(&into)) {
    old->utf8.assign(text);  // no allocation once it is long enough
  } else {
    into = Text{std::string(text)};
  }
  if (textual_) return;
  Evaluated read = read_as(into, type_, format_, true);
  if (auto* value = std::get_if<Value>(&read)) {
    into = std::move(*value);
  } else if (std::get<Fault>(read).kind == FaultKind::error_cell) {
    into = CellError{std::string(text)};
  }
}

Value Codec::decode(std::string_view text) const {
  Value value;
  decode(text, value);
  return value;
}

/// In the order of preference: dates as the column declares it, everything else in the text form of the language.
std::vector<std::string> Codec::spellings(const Value& value) const {
  std::vector<std::string> all;
  if (dated_ && !written_format_.empty()) all.push_back(show(value, written_format_));
  all.push_back(to_text(value, type_));
  if (std::holds_alternative<Number>(value)) {
    all.push_back(to_text(value));  // more digits than the type writes
    if (!format_.empty()) all.push_back(show(value, format_));
  }
  return all;
}

Result<std::string> Codec::encode(const Value& value, const std::string& place) const {
  if (zmig::is_blank(value)) return std::string();
  if (const auto* text = std::get_if<Text>(&value); text != nullptr && text->utf8.find('\0') != std::string::npos)
    return make_error(Errc::conflict, "ZM0478", "a text with a NUL character cannot stand in a csv file", {}, place);
  for (std::string& text : spellings(value)) {
    if (decode(text) == value) return std::move(text);
  }
  if (const auto* text = std::get_if<Text>(&value); text != nullptr && text->utf8.empty()) return std::string();
  const Value read = decode(to_text(value, type_));
  return make_error(Errc::conflict, "ZM0478",
                    fmt::format("the {} {} would read as a {} in {} of type {}", kind_of(value), quoted(to_text(value)),
                                kind_of(read), quoted(header_), to_string(type_)),
                    "give the column a type that holds it", place);
}

std::string field_of(std::string_view text, char delimiter, bool all) {
  const auto blank = [](char c) { return c == ' ' || c == '\t'; };
  bool needed = text.find_first_of("\"\r\n") != std::string_view::npos;
  // In a file that nothing divides a delimiter must not appear by chance.
  if (delimiter == '\0') needed = needed || text.find_first_of(",;\t|") != std::string_view::npos;
  needed = needed || (delimiter != '\0' && text.find(delimiter) != std::string_view::npos);
  needed = needed || (!text.empty() && (blank(text.front()) || blank(text.back())));
  if (!needed && !all) return std::string(text);
  std::string field;
  field.reserve(text.size() + 2);
  field.push_back('"');
  for (const char c : text) {
    if (c == '"') field.push_back('"');
    field.push_back(c);
  }
  field.push_back('"');
  return field;
}

Spelled spelled_in(std::string_view word) {
  if (!word.starts_with("f:")) return {};
  return {true, word.substr(2)};
}

bool runs_as_formula(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size()) {
    std::size_t next = at;
    const char32_t c = decode_utf8(text, next);
    if (c != ' ' && c != 0xA0 && c != '\n' && c != '\r') break;
    at = next;
  }
  const bool led_by_return = text.substr(0, at).find('\r') != std::string_view::npos;
  if (at >= text.size()) return false;
  std::size_t behind = at;
  const char32_t first = decode_utf8(text, behind);
  constexpr std::u32string_view kRuns = U"=+-@\t\uFF1D\uFF0B\uFF0D\uFF20";
  if (!led_by_return && kRuns.find(first) == std::u32string_view::npos) return false;
  if (behind >= text.size() && !led_by_return) return false;
  return !exact_number(text, true).has_value();
}

Error would_run(std::string_view text, std::string place) {
  return make_error(
      Errc::conflict, "ZM1704",
      fmt::format("{} would be run as a formula by a program that opens the file", quoted(text)),
      "begin it with another character; `formula = \"allow\"` under [env.NAME.csv] writes it all the same",
      std::move(place));
}

}  // namespace zmig::csv
