#include "targets/sqlite/sqlite_values.h"

#include <charconv>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "base/digest.h"
#include "base/text.h"

namespace zmig::sqlite_workbook {
namespace {

constexpr double kExact = 9007199254740992.0;  // 2^53: up to here every integer has a double of its own
constexpr std::int64_t kExactInteger = std::int64_t{1} << 53;

/// An integer that no double holds stays text, so that nothing is rounded (xlsx-csv.md 1.3).
void integer_value(std::int64_t integer, Value& into) {
  const auto number = static_cast<double>(integer);
  const bool fits = number < 9223372036854775808.0 && static_cast<std::int64_t>(number) == integer;
  if (fits) {
    into = Number{number};
  } else {
    into = Text{std::to_string(integer)};
  }
}

void plain_value(const Raw& raw, Value& into) {
  switch (raw.type) {
    case 1: integer_value(raw.integer, into); return;
    case 2:
      if (std::isfinite(raw.real)) {
        into = Number{raw.real == 0 ? 0.0 : raw.real};
      } else {
        into = CellError{raw.real > 0 ? "Inf" : "-Inf"};
      }
      return;
    case 3:
      if (raw.text.empty()) {
        into = Blank{};
      } else if (auto* text = std::get_if<Text>(&into)) {
        text->utf8.assign(raw.text);  // no allocation once it is long enough
      } else {
        into = Text{std::string(raw.text)};
      }
      return;
    case 4: into = Text{fmt::format("x'{}'", to_hex(raw.text))}; return;
    default: into = Blank{};
  }
}

std::string format_of(const Column& column) { return column.format.value_or(implied_format(column.type)); }

bool is_whole(double number) { return std::trunc(number) == number && std::fabs(number) <= kExact; }

struct Binder {
  const Column& column;
  Affinity affinity;

  sqlite::Datum operator()(const Blank&) const { return {}; }
  sqlite::Datum operator()(const Text& text) const {
    if (text.utf8.empty()) return {};
    std::int64_t integer = 0;
    const char* const end = text.utf8.data() + text.utf8.size();
    const auto read = std::from_chars(text.utf8.data(), end, integer);
    // The text that stands for an integer which no double holds goes back as that integer.
    const bool large = read.ec == std::errc{} && read.ptr == end &&
                       (integer > kExactInteger || integer < -kExactInteger) && std::to_string(integer) == text.utf8 &&
                       !is_textual(column.type);
    if (large && (affinity == Affinity::integer || affinity == Affinity::numeric)) return integer;
    return text.utf8;
  }
  sqlite::Datum operator()(const Number& number) const {
    const bool whole = is_whole(number.value);
    switch (affinity) {
      case Affinity::text: return to_text(number, column.type);
      case Affinity::real: return number.value;
      case Affinity::integer:
      case Affinity::numeric:
        return whole ? sqlite::Datum(static_cast<std::int64_t>(number.value)) : sqlite::Datum(number.value);
      case Affinity::none: break;
    }
    const bool integer = column.type.kind == TypeKind::integer || column.type.kind == TypeKind::boolean;
    return integer && whole ? sqlite::Datum(static_cast<std::int64_t>(number.value)) : sqlite::Datum(number.value);
  }
  sqlite::Datum operator()(const Boolean& boolean) const {
    if (affinity == Affinity::text) return std::string(boolean.value ? "TRUE" : "FALSE");
    if (affinity == Affinity::real) return boolean.value ? 1.0 : 0.0;
    return std::int64_t{boolean.value ? 1 : 0};
  }
  sqlite::Datum operator()(const CellError& error) const { return error.text; }
  template <class Moment>
  sqlite::Datum operator()(const Moment& moment) const {
    return to_text(Value{moment});
  }
};

std::string_view word_of(Affinity affinity) {
  switch (affinity) {
    case Affinity::none: return "";
    case Affinity::text: return "TEXT";
    case Affinity::integer: return "INTEGER";
    case Affinity::real: return "REAL";
    case Affinity::numeric: return "NUMERIC";
  }
  return "";
}

Error would_change(const Value& value, const TableColumn& column, const std::string& place) {
  const std::string declared = column.declared.empty() ? std::string(word_of(column.affinity)) : column.declared;
  const std::string became = column.affinity == Affinity::text ? "a text" : "a number";
  return make_error(Errc::conflict, "ZM0478",
                    fmt::format("the {} {} would be stored as {} in {}", kind_of(value), quoted(to_text(value)), became,
                                quoted(column.name + (declared.empty() ? "" : " " + declared))),
                    "give the column a type that holds it", place);
}

bool is_numeric_affinity(Affinity affinity) {
  return affinity == Affinity::integer || affinity == Affinity::real || affinity == Affinity::numeric;
}

}  // namespace

Raw raw_of(const sqlite::Datum& datum) {
  Raw raw;
  raw.type = static_cast<int>(datum.index());
  if (const auto* integer = std::get_if<std::int64_t>(&datum)) raw.integer = *integer;
  if (const auto* real = std::get_if<double>(&datum)) raw.real = *real;
  if (const auto* text = std::get_if<std::string>(&datum)) raw.text = *text;
  if (const auto* blob = std::get_if<sqlite::Blob>(&datum)) raw.text = blob->bytes;
  return raw;
}

bool same_bytes(const Raw& raw, const sqlite::Datum& datum) {
  const Raw other = raw_of(datum);
  return raw.type == other.type && raw.integer == other.integer && raw.real == other.real && raw.text == other.text;
}

Decoder::Decoder(const Column& column)
    : type_(column.type), format_(format_of(column)), textual_(is_textual(column.type)) {}

void Decoder::decode(const Raw& raw, Value& into) const {
  plain_value(raw, into);
  if (textual_ || raw.type == 0 || raw.type == 4) return;
  Evaluated read = read_as(into, type_, format_, true);
  if (auto* value = std::get_if<Value>(&read)) {
    into = std::move(*value);
  } else if (const auto& fault = std::get<Fault>(read); fault.kind == FaultKind::error_cell && raw.type == 3) {
    into = CellError{std::string(raw.text)};
  }
}

Value Decoder::decode(const sqlite::Datum& datum) const {
  Value value;
  decode(raw_of(datum), value);
  return value;
}

Value decode_as(const Raw& raw, std::string_view kind) {
  Value value;
  plain_value(raw, value);
  const auto read = [&](TypeKind type) {
    const Evaluated evaluated = read_as(value, Type{type, 0, {}}, "", true);
    const Value* found = std::get_if<Value>(&evaluated);
    return found != nullptr ? *found : value;
  };
  if (kind == "error") return raw.type == 3 ? Value{CellError{std::string(raw.text)}} : value;
  if (kind == "boolean") return read(TypeKind::boolean);
  if (kind == "date") return read(TypeKind::date);
  if (kind == "time") return read(TypeKind::time);
  if (kind == "datetime") return read(TypeKind::datetime);
  return value;
}

bool looks_numeric(std::string_view text) {
  std::size_t at = 0;
  const auto blank = [&] { return at < text.size() && (text[at] == ' ' || (text[at] >= '\t' && text[at] <= '\r')); };
  const auto digit = [&] { return at < text.size() && text[at] >= '0' && text[at] <= '9'; };
  while (blank()) ++at;
  if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
  std::size_t digits = 0;
  for (; digit(); ++at) ++digits;
  if (at < text.size() && text[at] == '.') {
    for (++at; digit(); ++at) ++digits;
  }
  if (digits == 0) return false;
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
    if (!digit()) return false;
    while (digit()) ++at;
  }
  while (blank()) ++at;
  return at == text.size();
}

Result<Stored> encode(const Value& value, const Column& column, const TableColumn& stored_in,
                      const std::string& place) {
  Stored stored;
  stored.datum = std::visit(Binder{column, stored_in.affinity}, value);
  const auto* text = std::get_if<std::string>(&stored.datum);
  if (text != nullptr && is_numeric_affinity(stored_in.affinity) && looks_numeric(*text))
    return would_change(value, stored_in, place);
  const Decoder decoder(column);
  const Value wanted =
      std::holds_alternative<Text>(value) && std::get<Text>(value).utf8.empty() ? Value{Blank{}} : value;
  if (decoder.decode(stored.datum) == wanted) return stored;
  if (decode_as(raw_of(stored.datum), kind_of(wanted)) != wanted) return would_change(value, stored_in, place);
  stored.needs_kind = true;
  return stored;
}

void word_of(const Raw& raw, const Value& value, const Type& type, Affinity affinity, std::string& into) {
  into.clear();
  const bool counts = affinity == Affinity::integer || affinity == Affinity::numeric;
  switch (raw.type) {
    case 1: {
      const bool whole = raw.integer >= -kExactInteger && raw.integer <= kExactInteger;
      const bool integers = type.kind == TypeKind::integer || type.kind == TypeKind::boolean;
      const bool number =
          std::holds_alternative<Number>(value) && whole && (counts || (affinity == Affinity::none && integers));
      const bool boolean = std::holds_alternative<Boolean>(value) && (raw.integer == 0 || raw.integer == 1);
      if (!number && !boolean) into = "i:" + std::to_string(raw.integer);
      return;
    }
    case 2: {
      const auto* number = std::get_if<Number>(&value);
      const bool integer = type.kind == TypeKind::integer || type.kind == TypeKind::boolean;
      const bool usual =
          number != nullptr && !(raw.real == 0 && std::signbit(raw.real)) &&
          (affinity == Affinity::real || (affinity == Affinity::none && !(integer && is_whole(raw.real))) ||
           (counts && !is_whole(raw.real)));
      if (!usual) into = fmt::format("r:{}", raw.real);
      return;
    }
    case 3: {
      bool usual = false;
      if (const auto* text = std::get_if<Text>(&value)) {
        usual = text->utf8 == raw.text;
      } else if (const auto* error = std::get_if<CellError>(&value)) {
        usual = error->text == raw.text;
      } else if (const auto* boolean = std::get_if<Boolean>(&value)) {
        usual = affinity == Affinity::text && raw.text == (boolean->value ? "TRUE" : "FALSE");
      } else if (!is_blank(value) && !std::holds_alternative<Number>(value)) {
        usual = raw.text == to_text(value);
      }
      if (usual) return;
      into = "t:";
      into += raw.text;
      return;
    }
    case 4: into = "b:" + to_hex(raw.text); return;
    default: return;
  }
}

namespace {

std::optional<std::string> bytes_of_hex(std::string_view digits) {
  if (digits.size() % 2 != 0) return std::nullopt;
  std::string bytes;
  for (std::size_t i = 0; i < digits.size(); i += 2) {
    unsigned byte = 0;
    const char* const end = digits.data() + i + 2;
    const auto read = std::from_chars(digits.data() + i, end, byte, 16);
    if (read.ec != std::errc{} || read.ptr != end) return std::nullopt;
    bytes.push_back(static_cast<char>(byte));
  }
  return bytes;
}

}  // namespace

std::optional<sqlite::Datum> datum_of(std::string_view word) {
  if (word.size() < 2 || word[1] != ':') return std::nullopt;
  const std::string_view rest = word.substr(2);
  const char* const end = rest.data() + rest.size();
  switch (word[0]) {
    case 'i': {
      std::int64_t integer = 0;
      const auto read = std::from_chars(rest.data(), end, integer);
      return read.ec == std::errc{} && read.ptr == end ? std::optional<sqlite::Datum>(integer) : std::nullopt;
    }
    case 'r': {
      double real = 0;
      const auto read = std::from_chars(rest.data(), end, real);
      return read.ec == std::errc{} && read.ptr == end ? std::optional<sqlite::Datum>(real) : std::nullopt;
    }
    case 't': return std::string(rest);
    case 'b': {
      const auto bytes = bytes_of_hex(rest);
      return bytes ? std::optional<sqlite::Datum>(sqlite::Blob{*bytes}) : std::nullopt;
    }
    default: return std::nullopt;
  }
}

namespace {

/// Whether SQLite stores it as it is bound.
bool stays(const sqlite::Datum& datum, Affinity affinity) {
  if (const auto* text = std::get_if<std::string>(&datum))
    return !is_numeric_affinity(affinity) || !looks_numeric(*text);
  if (std::holds_alternative<std::int64_t>(datum)) return affinity != Affinity::text && affinity != Affinity::real;
  if (const auto* real = std::get_if<double>(&datum)) {
    const bool counts = affinity == Affinity::integer || affinity == Affinity::numeric;
    return affinity != Affinity::text && !(counts && std::trunc(*real) == *real);
  }
  return true;
}

}  // namespace

Result<Stored> encode(const Cell& cell, const Column& column, const TableColumn& stored_in, const std::string& place) {
  if (cell.stored.empty()) return encode(cell.value, column, stored_in, place);
  const auto datum = datum_of(cell.stored);
  if (!datum) return encode(cell.value, column, stored_in, place);
  if (stays(*datum, stored_in.affinity)) {
    if (Decoder(column).decode(*datum) == cell.value) return Stored{*datum, false, false};
    if (decode_as(raw_of(*datum), kind_of(cell.value)) == cell.value) return Stored{*datum, true, false};
  }
  ZMIG_TRY(Stored usual, encode(cell.value, column, stored_in, place));
  usual.respelled = true;
  return usual;
}

std::string_view declared_for(const Type& type) {
  switch (type.kind) {
    case TypeKind::integer:
    case TypeKind::boolean: return "INTEGER";
    case TypeKind::number:
    case TypeKind::decimal:
    case TypeKind::percent:
    case TypeKind::currency: return "REAL";
    case TypeKind::text:
    case TypeKind::date:
    case TypeKind::time:
    case TypeKind::datetime:
    case TypeKind::enumeration:
    case TypeKind::reference: return "TEXT";
  }
  return "TEXT";
}

}  // namespace zmig::sqlite_workbook
