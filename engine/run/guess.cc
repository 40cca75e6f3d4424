// Guessing the type of a column from its cells: every candidate reads every filled cell, or is out.

#include <array>

#include "run/baseline.h"

namespace zmig::run {
namespace {

struct Candidate {
  TypeKind kind = TypeKind::text;
  std::string_view format;  // empty: the implied one
  bool text_only = false;   // tried only where dates are stored as text
};
// From the narrowest. Numbers come before dates: a number reads as a date in many workbooks, but is none.
constexpr std::array kCandidates = {
    Candidate{TypeKind::boolean, "", false},
    Candidate{TypeKind::integer, "", false},
    Candidate{TypeKind::number, "", false},
    Candidate{TypeKind::date, "", false},
    Candidate{TypeKind::date, "YYYY-MM-DD", true},
    Candidate{TypeKind::date, "DD/MM/YYYY", true},
    Candidate{TypeKind::date, "D/M/YYYY", true},
    Candidate{TypeKind::datetime, "", false},
    Candidate{TypeKind::datetime, "YYYY-MM-DD HH:mm:ss", true},
    Candidate{TypeKind::time, "", false},
};

bool has_leading_zero(const Value& value) {
  const auto* text = std::get_if<Text>(&value);
  if (text == nullptr || text->utf8.size() < 2) return false;
  const std::size_t at = text->utf8[0] == '-' || text->utf8[0] == '+' ? 1 : 0;
  return at + 1 < text->utf8.size() && text->utf8[at] == '0' && text->utf8[at + 1] >= '0' && text->utf8[at + 1] <= '9';
}

bool is_number_like(TypeKind kind) {
  return kind == TypeKind::boolean || kind == TypeKind::integer || kind == TypeKind::number;
}

/// What kind of stored value may stand for the type at all; the rest is up to read_as.
bool could_be(const Value& value, const Candidate& candidate, bool text_source) {
  if (std::holds_alternative<Text>(value))
    return text_source && !(is_number_like(candidate.kind) && has_leading_zero(value));
  if (candidate.text_only) return false;
  switch (candidate.kind) {
    case TypeKind::boolean: return std::holds_alternative<Boolean>(value);
    case TypeKind::integer:
    case TypeKind::number: return std::holds_alternative<Number>(value);
    case TypeKind::date: return std::holds_alternative<Date>(value);
    case TypeKind::datetime: return std::holds_alternative<DateTime>(value) || std::holds_alternative<Date>(value);
    case TypeKind::time: return std::holds_alternative<Time>(value);
    case TypeKind::text:
    case TypeKind::decimal:
    case TypeKind::percent:
    case TypeKind::currency:
    case TypeKind::enumeration:
    case TypeKind::reference: return false;
  }
  return false;
}

bool reads(const Value& value, const Candidate& candidate, bool text_source) {
  if (!could_be(value, candidate, text_source)) return false;
  const Type type{candidate.kind, 0, {}};
  const std::string format = candidate.format.empty() ? implied_format(type) : std::string(candidate.format);
  return std::holds_alternative<Value>(read_as(value, type, format, text_source));
}

/// The candidates that are still in, while the cells of a column pass by.
struct Survivors {
  std::array<bool, kCandidates.size()> in{};
  std::uint64_t filled = 0, formulas = 0;
  bool all_text = true;
};

}  // namespace

Result<std::vector<Guess>> guess_types(CellView& live, const Sheet& sheet) {
  std::vector<std::string> ids;
  for (const Column& column : sheet.columns) ids.push_back(column.id);
  std::vector<Survivors> columns(ids.size());
  for (Survivors& column : columns) column.in.fill(true);
  const bool text_source = live.text_source();
  ZMIG_CHECK_OK(live.scan(sheet.id, ids, [&](const RowView& row) {
    for (std::size_t i = 0; i < ids.size(); ++i) {
      const Value& value = row.cells[i].value;
      // Programs that do not calculate store formulas without a result.
      if (!row.cells[i].formula.empty()) ++columns[i].formulas;
      if (is_blank(value)) continue;
      ++columns[i].filled;
      columns[i].all_text = columns[i].all_text && std::holds_alternative<Text>(value);
      for (std::size_t c = 0; c < kCandidates.size(); ++c) {
        columns[i].in[c] = columns[i].in[c] && reads(value, kCandidates[c], text_source);
      }
    }
    return ok();
  }));
  std::vector<Guess> guesses;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    Guess guess{sheet.id, ids[i], Type{}, std::nullopt, columns[i].filled, columns[i].all_text, columns[i].formulas};
    for (std::size_t c = 0; c < kCandidates.size() && columns[i].filled > 0; ++c) {
      if (!columns[i].in[c]) continue;
      guess.type.kind = kCandidates[c].kind;
      guess.fits = true;
      if (!kCandidates[c].format.empty()) guess.format = std::string(kCandidates[c].format);
      break;
    }
    guesses.push_back(std::move(guess));
  }
  return guesses;
}

}  // namespace zmig::run
