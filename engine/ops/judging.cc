#include "ops/judging.h"

#include <algorithm>
#include <set>
#include <utility>

#include <zmig/header_norm.h>

#include "base/text.h"
#include "model/names.h"
#include "ops/common.h"

namespace zmig::ops {
namespace {

const Cell kBlankCell;

/// Ends a scan early; never leaves this file.
Error enough() { return make_error(Errc::busy, "enough", {}); }
bool is_enough(const Error& error) { return error.zm == "enough"; }

/// A value as a key of a set: kind and text.
std::string value_key(const Value& value) { return std::string(kind_of(value)) + "\x1f" + to_text(value); }

/// Takes the words of one row for Readings.
class Reader {
 public:
  Reader(const ReadFor& wanted, const Schema& before, bool text_source, Readings& out)
      : wanted_(wanted), text_source_(text_source), out_(out) {
    const Enum* named = wanted.type.kind == TypeKind::enumeration ? before.find_enum(wanted.type.of) : nullptr;
    if (named == nullptr) return;
    for (const EnumValue& value : named->values) listed_.insert(value.text);
  }

  void take(std::uint64_t row, const Cell& cell) {
    ++out_.rows;
    if (is_blank(cell.value)) {
      if (wanted_.blanks) out_.blanks.add(row, "blank");
      return;
    }
    ++out_.filled;
    ++out_.kinds[std::string(kind_of(cell.value))];
    const Evaluated read = read_as(cell.value, wanted_.type, wanted_.format, text_source_);
    const Value* value = std::get_if<Value>(&read);
    if (value == nullptr) {
      ++out_.misread_kinds[std::string(kind_of(cell.value))];
      out_.misread.add(row, shown_value(cell.value));
      return;
    }
    take_value(row, *value);
  }

 private:
  void take_value(std::uint64_t row, const Value& value) {
    const auto* text = std::get_if<Text>(&value);
    if (wanted_.type.kind == TypeKind::enumeration && text != nullptr && !listed_.contains(text->utf8))
      out_.outside.add(row, shown_value(value));
    if (wanted_.duplicates && !seen_.insert(value_key(value)).second) out_.duplicates.add(row, shown_value(value));
  }

  const ReadFor& wanted_;
  bool text_source_;
  Readings& out_;
  std::set<std::string, std::less<>> listed_, seen_;
};

}  // namespace

Judgement pending(std::string where) {
  Judgement out;
  out.where = std::move(where);
  return out;
}

Judgement satisfied(std::vector<Operation> instead, std::string where) {
  Judgement out;
  out.state = Judgement::State::satisfied;
  out.instead = std::move(instead);
  out.replaced = true;
  out.where = std::move(where);
  return out;
}

Judgement conflict(Diagnostic diagnostic, std::vector<Operation> claim) {
  Judgement out;
  out.state = Judgement::State::conflict;
  out.where = diagnostic.primary.cell;
  out.replaced = !claim.empty();
  out.instead = std::move(claim);
  out.findings.push_back(std::move(diagnostic));
  return out;
}

Diagnostic refusal(std::string code, std::string message, std::string cell, std::vector<std::string> notes,
                   std::string help) {
  Diagnostic out;
  out.code = std::move(code);
  out.message = std::move(message);
  out.primary.cell = std::move(cell);
  out.notes = std::move(notes);
  out.notes.emplace_back("nothing was written");
  if (!help.empty()) out.help = std::move(help);
  return out;
}

Diagnostic information(std::string code, std::string message, std::string cell, std::vector<std::string> notes) {
  Diagnostic out;
  out.severity = Severity::info;
  out.code = std::move(code);
  out.message = std::move(message);
  out.primary.cell = std::move(cell);
  out.notes = std::move(notes);
  return out;
}

const Sheet* live_sheet(const LiveView& live, const SheetRef& ref, std::vector<Diagnostic>& out) {
  const Sheet* sheet = live.schema.sheet(ref.id);
  if (sheet == nullptr) out.push_back(sheet_missing(live.schema, ref.title));
  return sheet;
}

LiveColumn live_column(const LiveView& live, const ColumnRef& at, std::vector<Diagnostic>& out) {
  const Sheet* sheet = live_sheet(live, at.sheet, out);
  if (sheet == nullptr) return {};
  const Column* column = column_by_id(*sheet, at.id);
  if (column != nullptr) return {sheet, column};
  const Headers like = headers_like(*sheet, at.header);
  if (like.equal.empty() && !like.alike.empty()) {
    out.push_back(look_alike(*sheet, at.header, *like.alike.front()));
  } else {
    std::vector<std::string> notes;
    for (const Column* equal : like.equal)
      notes.push_back(header_cell(*sheet, equal->id) + " has this header, but is not the column that is meant");
    out.push_back(refusal("ZM0314",
                          "no column " + quoted(at.header) + " in " + quoted(sheet->title) + " of the workbook",
                          sheet->title, notes));
  }
  return {sheet, nullptr};
}

Headers headers_like(const Sheet& sheet, std::string_view header, std::string_view except_id) {
  Headers out;
  const std::string wanted = look(header);
  for (const Column& column : sheet.columns) {
    if (column.id == except_id || is_blank_header(column.header)) continue;
    if (same_header(column.header, header)) {
      out.equal.push_back(&column);
    } else if (look(column.header) == wanted) {
      out.alike.push_back(&column);
    }
  }
  return out;
}

Titles titles_like(const Schema& schema, std::string_view title, std::string_view except_id) {
  Titles out;
  const std::string wanted = look(title);
  for (const Sheet& sheet : schema.sheets) {
    if (sheet.id == except_id) continue;
    if (same_header(sheet.title, title)) {
      out.equal.push_back(&sheet);
    } else if (look(sheet.title) == wanted) {
      out.alike.push_back(&sheet);
    }
  }
  return out;
}

Diagnostic twice(const Sheet& sheet, std::string_view header, const std::vector<const Column*>& equal) {
  std::vector<std::string> cells;
  cells.reserve(equal.size());
  for (const Column* column : equal) cells.push_back(header_cell(sheet, column->id));
  return refusal(
      "ZM0312", quoted(header) + " is in " + quoted(sheet.title) + " " + counted(equal.size(), "time", "times"),
      cells.front(), {join(cells, " · ") + " hold the same header"}, "give one of them another name, or remove it");
}

Diagnostic title_twice(std::string_view title, std::size_t count) {
  return refusal("ZM0312", "sheet " + quoted(title) + " is in the workbook " + counted(count, "time", "times"),
                 std::string(title), {}, "give one of them another name, or remove it");
}

Diagnostic look_alike(const Sheet& sheet, std::string_view header, const Column& alike) {
  const std::string cell = header_cell(sheet, alike.id);
  return refusal("ZM0311", quoted(sheet.title) + " has no column " + quoted(header) + ", but one that looks like it",
                 cell, {cell + " is " + quoted(alike.header) + " (" + code_points_note(header, alike.header) + ")"},
                 "write " + quoted(alike.header));
}

Diagnostic title_alike(std::string_view title, const Sheet& alike) {
  return refusal("ZM0311", "the workbook has no sheet " + quoted(title) + ", but one that looks like it", alike.title,
                 {"sheet " + quoted(alike.title) + " (" + code_points_note(title, alike.title) + ")"},
                 "write " + quoted(alike.title));
}

Diagnostic sheet_missing(const Schema& live, std::string_view title) {
  const Titles like = titles_like(live, title);
  if (like.equal.empty() && !like.alike.empty()) return title_alike(title, *like.alike.front());
  return refusal("ZM0313", "no sheet " + quoted(title) + " in the workbook", {});
}

Rows::Rows(const Sheet& sheet, std::span<const std::string> wanted, std::span<const std::string> not_counted)
    : sheet_(sheet) {
  for (const std::string& id : wanted) {
    if (column_by_id(sheet_, id) == nullptr) continue;
    if (index_.try_emplace(id, ids_.size()).second) ids_.push_back(id);
  }
  wanted_ = ids_.size();
  auto next = sheet_.columns.begin();
  for (const std::string& id : data_row_columns(sheet_, not_counted)) {
    while (next->id != id) ++next;  // they come in the order of the sheet
    const auto [at, fresh] = index_.try_emplace(id, ids_.size());
    if (fresh) ids_.push_back(id);
    counted_.emplace_back(at->second, &*next);
    ++next;
  }
}

bool Rows::is_data(const RowView& row) const {
  return std::any_of(counted_.begin(), counted_.end(),
                     [&](const auto& one) { return counts_as_data(row.cells[one.first], *one.second); });
}

const Cell& Rows::cell(const RowView& row, const std::string& column_id) const {
  const auto found = index_.find(column_id);
  if (found == index_.end()) return kBlankCell;
  ZMIG_ASSERT(found->second < row.cells.size(), "each() gives the cells that were asked for");
  return row.cells[found->second];
}

Status Rows::each(CellView& cells, const std::function<bool(const RowView&)>& visit) const {
  std::vector<std::string> counted;
  counted.reserve(counted_.size());
  for (const auto& [at, column] : counted_) counted.push_back(ids_[at]);
  Status done = cells.scan_judged(sheet_.id, counted, std::span(ids_).first(wanted_),
                                  [&](const RowView& row, bool data) -> Status {
                                    if (!data || visit(row)) return ok();
                                    return enough();
                                  });
  return done || !is_enough(done.error()) ? done : ok();
}

RowContext context_of(const Rows& rows, const RowView& row, const Sheet& replayed, const Sheet& live,
                      bool text_source) {
  RowContext out;
  out.text_source = text_source;
  out.cell = [&rows, &row](const std::string& id) -> const Cell& { return rows.cell(row, id); };
  out.column = [&replayed, &live](const std::string& id) -> const Column& {
    const Column* known = column_by_id(replayed, id);
    if (known == nullptr) known = column_by_id(live, id);
    ZMIG_ASSERT(known != nullptr, "the binder has found every column that a formula reads");
    return *known;
  };
  out.variable = [](const std::string&) -> const Value* { return nullptr; };
  return out;
}

bool has_variables(const Expr& expr) {
  bool found = false;
  each_node(expr, [&](const Expr& node) { found = found || std::holds_alternative<expr::Variable>(node.node); });
  return found;
}

std::string cell_name(const Sheet& sheet, std::string_view column_id, std::uint64_t row) {
  return letters_of(sheet, column_id) + std::to_string(row);
}

void Offenders::add(std::uint64_t row, std::string value) {
  ++count;
  if (rows.size() == 3) return;
  rows.push_back(row);
  values.push_back(std::move(value));
}

std::string Offenders::addresses(const Sheet& sheet, std::string_view column_id) const {
  std::vector<std::string> names;
  for (const std::uint64_t row : rows) names.push_back(cell_name(sheet, column_id, row));
  return join(names, ", ") + (count > rows.size() ? " …" : "");
}

std::string Offenders::listed(const Sheet& sheet, std::string_view column_id) const {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < rows.size(); ++i) names.push_back(cell_name(sheet, column_id, rows[i]) + " " + values[i]);
  std::string out = sheet.title + "!" + join(names, " · ");
  if (count > rows.size()) out += " · and " + thousands(count - rows.size()) + " more";
  return out;
}

std::string thousands(std::uint64_t number) {
  std::string out = std::to_string(number);
  for (std::size_t at = out.size(); at > 3;) {
    at -= 3;
    out.insert(at, ",");
  }
  return out;
}

std::string shown_value(const Value& value) {
  const auto* text = std::get_if<Text>(&value);
  if (text == nullptr) return literal_text(value);
  if (count_code_points(text->utf8) <= 24) return quoted(text->utf8);
  std::string start;
  for (std::size_t at = 0, taken = 0; taken < 4; ++taken) append_utf8(start, decode_utf8(text->utf8, at));
  std::string out = quoted(start);
  out.insert(out.size() - 1, "…");
  return out;
}

std::string effective_format(const Column& column) {
  return column.format ? *column.format : implied_format(column.type);
}

Result<Readings> read_column(const Sheet& sheet, const Column& column, const ReadFor& wanted, const Schema& before,
                             CellView& cells) {
  Readings out;
  Reader reader(wanted, before, cells.text_source(), out);
  const std::vector<std::string> own{column.id};
  const std::vector<std::string> none;
  // Without questions about blanks only the column's own cells matter: no need to read the others.
  if (!wanted.blanks) {
    ZMIG_CHECK_OK(cells.scan(sheet.id, own, [&](const RowView& row) -> Status {
      if (!is_blank(row.cells[0].value)) reader.take(row.row.number, row.cells[0]);
      return ok();
    }));
    return out;
  }
  const Rows rows(sheet, own, wanted.ignore_column ? own : none);
  ZMIG_CHECK_OK(cells.scan(sheet.id, rows.ids(), [&](const RowView& row) -> Status {
    const Cell& cell = rows.cell(row, column.id);
    if (!is_blank(cell.value) || rows.is_data(row)) reader.take(row.row.number, cell);
    return ok();
  }));
  return out;
}

}  // namespace zmig::ops
