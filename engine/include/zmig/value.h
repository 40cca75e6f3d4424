#pragma once
/// Values and types: what a cell holds, and what a column promises. Specification: docs/language.md "Types".

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace zmig {

struct Blank {
  bool operator==(const Blank&) const = default;
};
/// As stored: never trimmed, never normalised. Never empty in a Cell: text of length 0 reads as Blank.
struct Text {
  std::string utf8;
  bool operator==(const Text&) const = default;
};
/// Finite; minus zero is zero.
struct Number {
  double value = 0;
  bool operator==(const Number&) const = default;
};
struct Boolean {
  bool value = false;
  bool operator==(const Boolean&) const = default;
};
/// Days since 1899-12-30, proleptic Gregorian. 46153 is 2026-05-11.
struct Date {
  std::int32_t day = 0;
  bool operator==(const Date&) const = default;
};
/// Milliseconds of a day, 0 .. 86'399'999.
struct Time {
  std::int32_t ms = 0;
  bool operator==(const Time&) const = default;
};
/// Milliseconds since 1899-12-30 00:00, civil time in the workbook's zone, no offset.
struct DateTime {
  std::int64_t ms = 0;
  bool operator==(const DateTime&) const = default;
};
/// #N/A, #REF!, ...: the text as stored. zmig never writes one.
struct CellError {
  std::string text;
  bool operator==(const CellError&) const = default;
};

/// Equality: same alternative, same payload; text by code point.
using Value = std::variant<Blank, Text, Number, Boolean, Date, Time, DateTime, CellError>;

inline bool is_blank(const Value& value) { return std::holds_alternative<Blank>(value); }

/// One cell. `formula` without "=", empty: none. `format`: number format that deviates from its column's, empty: none.
/// Two cells are identical when these three are equal.
struct Cell {
  Value value;
  std::string formula;
  std::string format;
  /// How the target stores the value, in the target's own words, where its usual way would give other bytes ('' for
  /// NULL, 5 for 5.0, a date in another spelling); empty: the usual way. Captures and backups carry it, so that a cell
  /// comes back as it stood. It is no part of what the cell says, so it is not compared; a target ignores words that
  /// are not its own or do not say the value.
  std::string stored = {};
  friend bool operator==(const Cell& a, const Cell& b) {
    return a.value == b.value && a.formula == b.formula && a.format == b.format;
  }
};

/// Cell::stored of an edit that restores: the bytes that the target usually stores, whatever stands there.
inline constexpr std::string_view kStoredAsUsual = "=";

enum class TypeKind {
  text,
  integer,
  number,
  decimal,
  percent,
  currency,
  boolean,
  date,
  time,
  datetime,
  enumeration,
  reference
};

struct Type {
  TypeKind kind = TypeKind::text;
  int digits = 0;  ///< decimal: fraction digits 0..10
  std::string of;  ///< currency: ISO code; enumeration: name of the enum; reference: id of the sheet
  bool operator==(const Type&) const = default;
};

/// As the language writes it: `decimal(2)`, `enum "EventoTipo"`. A reference shows `of` (callers that know the title
/// print it themselves).
std::string to_string(const Type& type);
/// integer, number, decimal, percent or currency.
bool is_numeric(const Type& type);
/// text, enum or reference.
bool is_textual(const Type& type);
/// The number format that a type implies when none is written ("0", "0.00", "DD-MM-YYYY" ...; "" for text, number,
/// enum).
std::string implied_format(const Type& type);

/// A fault is no value: no formula can store one. Names as in language.md 8.3.
enum class FaultKind {
  kind_mismatch,
  error_cell,
  division_by_zero,
  overflow,
  precision,
  not_a_number,
  not_a_date,
  no_such_day,
  no_such_time,
  no_match,
  several_matches,
  too_long,
  replace_limit
};
std::string_view to_string(FaultKind kind);

struct Fault {
  FaultKind kind = FaultKind::kind_mismatch;
  std::string detail;  ///< for people: "no such day", "no year"; may be empty
  bool operator==(const Fault&) const = default;
};
using Evaluated = std::variant<Value, Fault>;

/// How a stored cell value reads under a declared type (language.md 6.3). Blank reads as Blank.
/// `text_source`: the target stores numbers and dates as text (csv, SQLite TEXT), so text that spells a value of the
/// type exactly (xlsx-csv.md 1.3, 1.4) reads as that value; `format` is the column's effective format, used for dates
/// and parse formats.
Evaluated read_as(const Value& stored, const Type& type, std::string_view format, bool text_source);

/// The value takes the column's type before it is written (language.md 8.2 "writing"): widening, rounding, whole
/// numbers, dates. `values_of_enum`: null, or the texts that an enum column accepts. A fault when it does not fit.
Evaluated write_as(const Value& value, const Type& type);

/// The text form of language.md 6.1 (what a csv field holds): "1180", "0.50", "TRUE", "2026-01-26", "" for blank.
/// decimals: exactly `digits` digits when the type is decimal; other numbers the shortest text that reads back equal.
std::string to_text(const Value& value, const Type& type);
/// The same without a declared type (numbers shortest). For messages, captures, reports.
std::string to_text(const Value& value);
/// "blank" "text" "number" "boolean" "date" "time" "datetime" "error"
std::string_view kind_of(const Value& value);

/// A number spelled exactly as xlsx-csv.md 1.3 allows: -?(0|[1-9][0-9]*)(\.[0-9]+)? and exactly held by a double;
/// exponent only when `exponent`.
std::optional<double> exact_number(std::string_view text, bool exponent);

/// Formats (language.md 6.2): the message of the first fault in a format text, or none. `for_parse` allows `Z`.
std::optional<std::string> format_fault(std::string_view format, bool for_parse);
/// Shows a value as the format says (numbers, dates, times); General when the format is empty.
std::string show(const Value& value, std::string_view format);
/// Reads a whole text under one format (dates, times, numbers with the given marks). A fault names why not.
Evaluated parse_with(std::string_view text, std::string_view format, const Type& type);
/// Two formats are the same if their translations are (case of date letters, quoting of single characters).
bool same_format(std::string_view a, std::string_view b);

/// Calendar helpers, proleptic Gregorian; day 0 is 1899-12-30.
struct CivilDay {
  int year = 0, month = 0, day = 0;
  bool operator==(const CivilDay&) const = default;
};
CivilDay to_civil(std::int32_t day);
/// None when there is no such day (31-02) or the year is outside 1..9999.
std::optional<std::int32_t> from_civil(int year, int month, int day);

}  // namespace zmig
