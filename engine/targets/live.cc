#include "targets/live.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include <fmt/format.h>
#include <zmig/header_norm.h>

#include "base/text.h"
#include "model/names.h"

namespace zmig {
namespace {

std::string shown(const Cell& cell) {
  std::string text = is_blank(cell.value) ? std::string("blank") : quoted(to_text(cell.value));
  if (!cell.formula.empty()) text += fmt::format(" by the formula {}", quoted(cell.formula));
  return text;
}

std::size_t columns_of(const Schema& schema) {
  std::size_t count = 0;
  for (const Sheet& sheet : schema.sheets) count += sheet.columns.size();
  return count;
}

Error not_live(const change::Track& claim, const Schema& schema) {
  if (const auto* sheet = std::get_if<Sheet>(&claim.claimed)) {
    return make_error(Errc::conflict, "ZM0313", fmt::format("sheet {} is not there", quoted(sheet->title)));
  }
  const Sheet* sheet = schema.sheet(claim.scope.sheet);
  return make_error(Errc::conflict, "ZM0314",
                    fmt::format("column {} is not there", quoted(std::get<Column>(claim.claimed).header)), {},
                    sheet != nullptr ? sheet->title : std::string());
}

bool same_content(const Cell& a, const Cell& b) { return a.value == b.value && a.formula == b.formula; }

bool same_part(const Cell& a, const Cell& b, change::Restore what) {
  switch (what) {
    case change::Restore::values: return same_content(a, b);
    case change::Restore::formats: return a.format == b.format;
    case change::Restore::both: return a == b;
  }
  ZMIG_ASSERT(false, "a Restore outside the enum");
}

struct SheetOf {
  std::string operator()(const change::InsertSheet& c) const { return c.sheet.id; }
  std::string operator()(const change::CopySheet& c) const { return c.from; }
  std::string operator()(const change::DeleteSheet& c) const { return c.sheet; }
  std::string operator()(const change::SetTitle& c) const { return c.sheet; }
  std::string operator()(const change::InsertColumn& c) const { return c.sheet; }
  std::string operator()(const change::SetHidden& c) const { return c.scope.sheet; }
  std::string operator()(const change::SetFrozen& c) const { return c.sheet; }
  std::string operator()(const change::SetProtection& c) const { return c.scope.sheet; }
  std::string operator()(const change::InsertRows& c) const { return c.sheet; }
  std::string operator()(const change::DeleteRows& c) const { return c.sheet; }
  std::string operator()(const change::SetRange&) const { return {}; }
  std::string operator()(const change::RenameRange&) const { return {}; }
  std::string operator()(const change::Track& c) const { return c.scope.sheet; }
  std::string operator()(const change::Untrack& c) const { return c.scope.sheet; }
  std::string operator()(const change::SetRules& c) const { return c.scope.sheet; }
  std::string operator()(const change::SetEnum&) const { return {}; }
  std::string operator()(const change::RenameEnum&) const { return {}; }
  std::string operator()(const change::Native&) const { return {}; }
  template <class OfColumn>
  std::string operator()(const OfColumn& c) const {
    return c.at.sheet;
  }
};

struct DeedOf {
  std::string_view operator()(const change::InsertSheet&) const { return "new sheet"; }
  std::string_view operator()(const change::DeleteSheet&) const { return "sheet removed"; }
  std::string_view operator()(const change::SetTitle&) const { return "title"; }
  std::string_view operator()(const change::InsertColumn&) const { return "new column"; }
  std::string_view operator()(const change::DeleteColumn&) const { return "column removed"; }
  std::string_view operator()(const change::MoveColumn&) const { return "column moved"; }
  std::string_view operator()(const change::SetHeader&) const { return "header"; }
  std::string_view operator()(const change::Retype&) const { return "type of a column"; }
  std::string_view operator()(const change::SetFormat&) const { return "format"; }
  std::string_view operator()(const change::FillEmpty&) const { return "cells"; }
  std::string_view operator()(const change::WriteCells&) const { return "cells"; }
  std::string_view operator()(const change::RestoreCells&) const { return "cells"; }
  std::string_view operator()(const change::InsertRows&) const { return "new rows"; }
  std::string_view operator()(const change::DeleteRows&) const { return "rows removed"; }
  template <class Other>
  std::string_view operator()(const Other&) const {
    return {};
  }
};

}  // namespace

Status apply_live(const Change& change, Schema& schema, std::string_view target_kind) {
  if (!is_core(change)) {
    return make_error(Errc::unsupported, "ZM0325",
                      fmt::format("a {} target cannot do `{}` in this release", target_kind, name_of(change)));
  }
  const std::size_t sheets = schema.sheets.size();
  const std::size_t columns = columns_of(schema);
  ZMIG_CHECK_OK(apply_to(change, schema));
  const auto* claim = std::get_if<change::Track>(&change);
  // In a replay a claim adds what it names; in a live workbook the thing has to be there.
  if (claim != nullptr && (schema.sheets.size() != sheets || columns_of(schema) != columns))
    return not_live(*claim, schema);
  return ok();
}

void number_foreign(Schema& schema) {
  std::map<std::string, std::size_t> titles;
  for (Sheet& sheet : schema.sheets) {
    if (!sheet.managed) sheet.id = provisional_id(sheet.title, ++titles[norm(sheet.title)]);
    std::map<std::string, std::size_t> headers;
    for (Column& column : sheet.columns) {
      if (!column.managed) column.id = provisional_id(column.header, ++headers[norm(column.header)]);
    }
  }
}

Result<const source::Run*> run_of(const Source& source) {
  static const source::Run kNothing;
  if (std::holds_alternative<source::None>(source)) return &kNothing;
  if (const auto* run = std::get_if<source::Run>(&source)) return run;
  return make_error(Errc::invalid_input, "ZM0107", "a change reached the target before its cells were worked out");
}

std::string cell_place(const Sheet& sheet, std::string_view column_id, std::uint64_t row) {
  return fmt::format("{}!{}{}", sheet.title, letters_of(sheet, column_id), row);
}

Verdict judge(const Cell& now, const Cell& expected, const Cell& write) {
  if (now == write) return Verdict::settled;
  return now == expected ? Verdict::write : Verdict::conflict;
}

Verdict judge(const Cell& now, const source::Edit& edit, change::Restore what) {
  if (same_part(now, edit.write, what)) {
    const bool respelled =
        what != change::Restore::formats && !edit.write.stored.empty() && edit.write.stored != now.stored;
    return respelled ? Verdict::write : Verdict::settled;
  }
  return same_part(now, edit.expected, what) ? Verdict::write : Verdict::conflict;
}

Cell restored(const Cell& now, const Cell& captured, change::Restore what) {
  switch (what) {
    case change::Restore::values: return {captured.value, captured.formula, now.format, captured.stored};
    case change::Restore::formats: return {now.value, now.formula, captured.format, now.stored};
    case change::Restore::both: return captured;
  }
  ZMIG_ASSERT(false, "a Restore outside the enum");
}

Error stale_cell(std::string place, const Cell& expected, const Cell& now) {
  return make_error(
      Errc::conflict, "ZM0303",
      fmt::format("the cell changed since the plan was made: expected {}, found {}", shown(expected), shown(now)),
      "plan again", std::move(place));
}

Error stale_row(std::string place, std::string_view what) {
  return make_error(Errc::conflict, "ZM0303", std::string(what), "plan again", std::move(place));
}

Error stamp_taken(std::uint64_t number) {
  return make_error(Errc::conflict, "ZM0603",
                    fmt::format("stamp number {} is used already: somebody else migrated meanwhile", number),
                    "look at `zmig status`, then plan again");
}

void Reasons::add(std::size_t member, std::string_view what) {
  const auto same = [&](const auto& one) { return one.first == member && one.second == what; };
  if (std::none_of(list_.begin(), list_.end(), same)) list_.emplace_back(member, std::string(what));
}
void Reasons::add(const Reasons& others) {
  for (const auto& [member, what] : others.list_) add(member, what);
}

std::string_view deed_of(const Change& change) { return std::visit(DeedOf{}, change); }

bool touches_cells(const Change& change) {
  return std::holds_alternative<change::FillEmpty>(change) || std::holds_alternative<change::WriteCells>(change) ||
         std::holds_alternative<change::RestoreCells>(change) || std::holds_alternative<change::InsertRows>(change) ||
         std::holds_alternative<change::DeleteRows>(change) || std::holds_alternative<change::Retype>(change);
}

std::string sheet_of(const Change& change) { return std::visit(SheetOf{}, change); }

}  // namespace zmig
