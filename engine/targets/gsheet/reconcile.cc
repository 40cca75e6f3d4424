// What stands there is made equal to what the changes mean: headers, formats, rules, cells, all other facts, and the
// hidden sheet.
#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "targets/gsheet/formats.h"
#include "targets/gsheet/lowering.h"
#include "targets/live.h"

namespace zmig::gsheet {
namespace {

constexpr std::size_t kLongestText = 50'000;  // code points of a cell
constexpr std::size_t kPiece = 12'000;        // bytes of a record in one cell of the hidden sheet
constexpr std::int64_t kOwnRows = 200, kOwnColumns = 26;

std::int64_t signed_of(std::size_t value) { return static_cast<std::int64_t>(value); }

const Cell& blank() {
  static const Cell kBlank;
  return kBlank;
}

const std::vector<Cell>& nothing() {
  static const std::vector<Cell> kNothing;
  return kNothing;
}

const std::vector<Cell>& column_of(const SheetCells& cells, const std::string& id) {
  const auto found = cells.columns.find(id);
  return found == cells.columns.end() ? nothing() : found->second;
}

/// Whether every row is where it was, and none came or went.
bool rows_stay(const std::vector<std::size_t>& origins, std::size_t before) {
  for (std::size_t row = 0; row < origins.size(); ++row) {
    if (origins[row] != row) return false;
  }
  return origins.size() == before;
}

bool has_content(const Cell& cell) { return !is_blank(cell.value) || !cell.formula.empty(); }

/// The number format that a cell of the column shows.
RawFormat shown(const Cell& cell, const RawFormat& base) {
  if (cell.format.empty()) return base;
  return cell.format == "native:General" ? RawFormat{} : raw_format(cell.format);
}

/// No code point is cut in two.
std::vector<std::string> pieces_of(const std::string& text) {
  std::vector<std::string> pieces;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = std::min(text.size(), at + kPiece);
    while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
    pieces.push_back(text.substr(at, end - at));
    at = end;
  }
  return pieces;
}

}  // namespace

const Sheet* Lowering::sheet_before(const LiveSheet& sheet) const {
  return sheet.origin == kNew ? nullptr : &now_.book.schema.sheets[sheet.origin];
}

const Column* Lowering::column_before(const LiveSheet& sheet, const LiveColumn& column) const {
  const Sheet* before = sheet_before(sheet);
  return before == nullptr || column.origin == kNew ? nullptr : &before->columns[column.origin];
}

std::vector<std::string> Lowering::users(const Editors& editors) const {
  std::vector<std::string> all = editors.except;
  if (!account_.empty() && std::find(all.begin(), all.end(), account_) == all.end()) all.push_back(account_);
  return all;
}

void Lowering::protect(const std::optional<Editors>& wanted, const std::optional<Editors>& was,
                       std::optional<std::int64_t> id, std::int64_t sheet, std::int64_t column,
                       const std::string& name) {
  if (wanted == was && (id || !wanted || !was)) return;
  if (!wanted) {
    if (id) requests_.delete_protection(*id);
  } else if (id) {
    requests_.update_protection(*id, users(*wanted));
  } else {
    requests_.add_protection(sheet, column, "zmig: " + name, users(*wanted));
  }
}

void Lowering::tag(const std::optional<RawMetadata>& was, const std::string& wanted, std::int64_t sheet,
                   std::int64_t column) {
  if (was && was->value == wanted) return;
  if (was && wanted.empty()) {
    requests_.delete_metadata(was->id);
  } else if (was) {
    requests_.update_tag(was->id, wanted);
  } else if (!wanted.empty() && column < 0) {
    requests_.create_tag(kSheetKey, wanted, sheet);
  } else if (!wanted.empty()) {
    requests_.create_tag(kColumnKey, wanted, sheet, column);
  }
}

Status Lowering::reconcile() {
  for (std::size_t i = 0; i < live_.size(); ++i) ZMIG_CHECK_OK(reconcile_sheet(i));
  return ok();
}

Status Lowering::reconcile_sheet(std::size_t index) {
  const Sheet& sheet = std::as_const(model_.schema).sheets[index];
  LiveSheet& live = live_[index];
  const Sheet* before = sheet_before(live);
  const SheetState* state = live.origin == kNew ? nullptr : &now_.sheets[live.origin];
  const bool frozen_before = before != nullptr && before->frozen;
  if (sheet.frozen && live.rows <= static_cast<std::int64_t>(sheet.header_row)) {
    requests_.append(live.id, Axis::rows, 1);  // not all rows can be frozen
    ++live.rows;
    count_cells(live);
  }
  for (std::size_t column = 0; column < live.column_states.size(); ++column)
    ZMIG_CHECK_OK(reconcile_column(index, column));
  if (sheet.frozen != frozen_before) requests_.freeze(live.id, sheet.frozen ? sheet.header_row : 0);
  if (sheet.hidden != (before != nullptr && before->hidden)) {
    requests_.hide_sheet(live.id, sheet.hidden);
    tabs_[tab_of(live.id)].hidden = sheet.hidden;
  }
  protect(sheet.protection, before == nullptr ? std::nullopt : before->protection,
          state == nullptr ? std::nullopt : state->protection, live.id, -1, sheet.title);
  tag(state == nullptr ? std::nullopt : state->tag, sheet.managed ? sheet.id : live.remember_as, live.id, -1);
  return ok();
}

Status Lowering::reconcile_column(std::size_t index, std::size_t column) {
  const Column& wanted = std::as_const(model_.schema).sheets[index].columns[column];
  LiveSheet& live = live_[index];
  const LiveColumn& now = live.column_states[column];
  const Column* before = column_before(live, now);
  const ColumnState* state = before == nullptr ? nullptr : &now_.sheets[live.origin].column_states[now.origin];
  ZMIG_CHECK_OK(header_and_note(index, column, before));
  if (now.reformat && live.rows > static_cast<std::int64_t>(std::as_const(model_.schema).sheets[index].header_row)) {
    if (before != nullptr) ZMIG_CHECK_OK(may_write(live, -1, signed_of(now.origin)));
    CellData format;
    format.format = now.base;
    format.writes_format = true;
    requests_.repeat({live.id, signed_of(std::as_const(model_.schema).sheets[index].header_row), live.rows,
                      signed_of(column), signed_of(column) + 1},
                     format);
  }
  ZMIG_CHECK_OK(allowed(index, column, before));
  ZMIG_CHECK_OK(cells(index, column, before));
  if (wanted.hidden != (before != nullptr && before->hidden))
    requests_.hide_column(live.id, signed_of(column), wanted.hidden);
  protect(wanted.protection, before == nullptr ? std::nullopt : before->protection,
          state == nullptr ? std::nullopt : state->protection, live.id, signed_of(column), wanted.header);
  tag(state == nullptr ? std::nullopt : state->tag, wanted.managed ? wanted.id : now.remember_as, live.id,
      signed_of(column));
  return ok();
}

Status Lowering::header_and_note(std::size_t index, std::size_t column, const Column* before) {
  const Sheet& sheet = std::as_const(model_.schema).sheets[index];
  const Column& wanted = sheet.columns[column];
  const LiveSheet& live = live_[index];
  const auto row = static_cast<std::int64_t>(sheet.header_row) - 1;
  if (wanted.header != (before == nullptr ? std::string() : before->header)) {
    if (before != nullptr) ZMIG_CHECK_OK(may_write(live, row, signed_of(live.column_states[column].origin)));
    CellData header;
    header.writes_value = true;
    if (!wanted.header.empty()) header.value = Text{wanted.header};
    requests_.write_column(live.id, row, signed_of(column), {header});
  }
  if (wanted.note != (before == nullptr ? std::nullopt : before->note))
    requests_.set_note(live.id, row, signed_of(column), wanted.note.value_or(""));
  return ok();
}

Result<RawRule> Lowering::rule_of(const Allowed& allowed) const {
  RawRule rule;
  rule.strict = allowed.strict;
  switch (allowed.kind) {
    case Allowed::Kind::none: break;
    case Allowed::Kind::checkbox: rule.kind = "BOOLEAN"; break;
    case Allowed::Kind::list:
      if (allowed.values.empty()) break;  // Google has no rule that allows nothing
      rule.kind = "ONE_OF_LIST";
      rule.values = allowed.values;
      for (const std::string& value : rule.values) {
        if (!value.starts_with('=') && !value.starts_with('+')) continue;
        return make_error(
            Errc::unsupported, "ZM0325",
            fmt::format("the allowed value {} would be taken for a formula by Google Sheets", quoted(value)),
            "choose another value, or leave the column without a list");
      }
      break;
    case Allowed::Kind::column: {
      const Sheet* sheet = model_.schema.sheet(allowed.sheet);
      if (sheet == nullptr || column_by_id(*sheet, allowed.column) == nullptr) break;
      const std::string letters = letters_of(*sheet, allowed.column);
      std::string title;
      for (const char c : sheet->title) title += c == '\'' ? std::string("''") : std::string(1, c);
      rule.kind = "ONE_OF_RANGE";
      rule.values = {fmt::format("='{}'!${}${}:${}", title, letters, sheet->header_row + 1, letters)};
      break;
    }
  }
  return rule;
}

Status Lowering::allowed(std::size_t index, std::size_t column, const Column* before) {
  const Sheet& sheet = std::as_const(model_.schema).sheets[index];
  const Allowed& wanted = sheet.columns[column].allowed;
  const LiveSheet& live = live_[index];
  const auto first = static_cast<std::int64_t>(sheet.header_row);
  if (live.rows <= first) return ok();
  const RawRange all{live.id, first, live.rows, signed_of(column), signed_of(column) + 1};
  const bool in_table =
      live.origin != kNew && !now_.sheets[live.origin].tables.empty();  // typed columns refuse the ordinary request
  ZMIG_TRY(const RawRule rule, rule_of(wanted));
  // A column that was inserted has the rule of its neighbour.
  const bool inherits = before == nullptr && live.origin != kNew;
  const bool differs = inherits || wanted != (before == nullptr ? Allowed{} : before->allowed);
  if (differs) {
    if (before != nullptr) ZMIG_CHECK_OK(may_write(live, -1, signed_of(live.column_states[column].origin)));
    requests_.set_rule(all, rule, in_table);
    return ok();
  }
  if (rule.kind.empty()) return ok();
  for (std::size_t row = 0; row < live.row_origins.size(); ++row) {
    if (live.row_origins[row] != kNew) continue;
    std::size_t end = row;
    while (end < live.row_origins.size() && live.row_origins[end] == kNew) ++end;
    RawRange some = all;
    some.row0 = first + signed_of(row);
    some.row1 = first + signed_of(end);
    requests_.set_rule(some, rule, in_table);
    row = end;
  }
  return ok();
}

/// Neighbours that are written alike: as one where they are equal, else one after the other.
void Lowering::flush(const LiveSheet& sheet, std::int64_t row, std::size_t column, std::vector<CellData>& run) {
  constexpr std::size_t kWorthIt = 3;
  std::size_t at = 0, plain = 0;
  const auto emit_plain = [&](std::size_t end) {
    if (end > plain) {
      const std::vector<CellData> some(run.begin() + signed_of(plain), run.begin() + signed_of(end));
      requests_.write_column(sheet.id, row + signed_of(plain), signed_of(column), some);
    }
  };
  while (at < run.size()) {
    std::size_t end = at + 1;
    while (end < run.size() && run[end] == run[at]) ++end;
    // A formula would be read relative to each cell.
    if (end - at >= kWorthIt && run[at].formula.empty()) {
      emit_plain(at);
      requests_.repeat({sheet.id, row + signed_of(at), row + signed_of(end), signed_of(column), signed_of(column) + 1},
                       run[at]);
      plain = end;
    }
    at = end;
  }
  emit_plain(run.size());
  run.clear();
}

Status Lowering::cells(std::size_t index, std::size_t column, const Column* before) {
  const Sheet& sheet = std::as_const(model_.schema).sheets[index];
  const Column& wanted = sheet.columns[column];
  const LiveSheet& live = live_[index];
  const LiveColumn& now = live.column_states[column];
  const SheetCells& model = model_.cells[sheet.id];
  const Sheet* sheet_was = sheet_before(live);
  const SheetCells* then = nullptr;
  if (before != nullptr) then = &now_.book.cells.at(sheet_was->id);
  const ColumnState* state = before == nullptr ? nullptr : &now_.sheets[live.origin].column_states[now.origin];
  bool formatted = now.base != RawFormat{};
  if (then != nullptr && !formatted) {
    const auto cells_then = then->columns.find(before->id);
    formatted = cells_then != then->columns.end() && std::any_of(cells_then->second.begin(), cells_then->second.end(),
                                                                 [](const Cell& cell) { return !cell.format.empty(); });
  }
  const std::vector<Cell>& here = column_of(model, wanted.id);
  const std::vector<Cell>& there = then == nullptr ? nothing() : column_of(*then, before->id);
  // Most columns of most sheets stay as they are.
  if (then != nullptr && !now.reformat && rows_stay(live.row_origins, then->rows()) && here == there) return ok();
  const auto first = static_cast<std::int64_t>(sheet.header_row);
  std::vector<CellData> run;
  std::int64_t begin = 0;
  for (std::size_t row = 0; row < live.row_origins.size(); ++row) {
    const Cell& cell = row < here.size() ? here[row] : blank();
    const std::size_t origin = live.row_origins[row];
    const bool old = then != nullptr && origin != kNew;
    const Cell& was = old && origin < there.size() ? there[origin] : blank();
    CellData data;
    data.writes_value = cell.formula != was.formula || (cell.formula.empty() && cell.value != was.value);
    const RawFormat format = shown(cell, now.base);
    bool same = now.reformat && format == now.base;
    if (!now.reformat && old) {
      const bool bare = origin >= state->bare.size() || state->bare[origin];
      const RawFormat present = was.format.empty() && bare ? RawFormat{} : shown(was, now.base);
      same = format == present || (!has_content(cell) && cell.format == was.format);
    } else if (!now.reformat) {
      same = !formatted && format == RawFormat{};
    }
    data.writes_format = !same;
    if (!data.writes_value && !data.writes_format) {
      flush(live, begin, column, run);
      continue;
    }
    if (old) ZMIG_CHECK_OK(may_write(live, first + signed_of(origin), signed_of(now.origin)));
    if (data.writes_value) {
      data.value = cell.value;
      data.formula = cell.formula;
      const auto* words = std::get_if<Text>(&cell.value);
      if (words != nullptr && words->utf8.size() > kLongestText && count_code_points(words->utf8) > kLongestText) {
        return make_error(Errc::conflict, "ZM0413",
                          fmt::format("a text of {} characters does not fit a cell of Google Sheets, which takes {}",
                                      grouped(count_code_points(words->utf8)), grouped(kLongestText)),
                          {}, cell_place(sheet, wanted.id, sheet.header_row + 1 + row));
      }
      if (cell.formula.empty() && std::holds_alternative<CellError>(cell.value)) {
        return make_error(Errc::unsupported, "ZM0325", "an error value can only come of a formula in Google Sheets", {},
                          cell_place(sheet, wanted.id, sheet.header_row + 1 + row));
      }
    }
    if (data.writes_format) data.format = format;
    if (!run.empty() &&
        (run.back().writes_value != data.writes_value || run.back().writes_format != data.writes_format))
      flush(live, begin, column, run);
    if (run.empty()) begin = first + signed_of(row);
    run.push_back(std::move(data));
  }
  flush(live, begin, column, run);
  return ok();
}

// --- The hidden sheet ------------------------------------------------------------------------------------------------

Remembered Lowering::remembered() const {
  Remembered all;
  for (std::size_t s = 0; s < live_.size(); ++s) {
    const LiveSheet& live = live_[s];
    const Sheet& sheet = model_.schema.sheets[s];
    const auto cells = model_.cells.find(sheet.id);
    all.rows[live.id] = cells == model_.cells.end() ? 0 : cells->second.rows();
    if (!sheet.managed && !live.remember_as.empty()) {
      Sheet& kept = all.sheets[live.remember_as] = sheet;
      kept.columns.clear();
    }
    for (std::size_t i = 0; i < sheet.columns.size(); ++i) {
      const Column& column = sheet.columns[i];
      const LiveColumn& now = live.column_states[i];
      if (column.managed) all.bases[column.id] = now.base;
      if (column.managed || now.remember_as.empty()) continue;
      all.bases[now.remember_as] = now.base;
      all.columns[now.remember_as] = column;
    }
  }
  return all;
}

Status Lowering::own_sheet(std::span<const Part> batch) {
  OwnSheet own = now_.own;
  if (!own.there) {
    ZMIG_CHECK_OK(check_title(std::string(kOwnTitle), 0));
    own.id = free_sheet_id(std::string(kOwnTitle));
    own.rows = kOwnRows;
    own.columns = kOwnColumns;
    requests_.add_sheet(own.id, kOwnTitle, tabs_.size(), own.rows, own.columns, true);
    tabs_.push_back({own.id, std::string(kOwnTitle), true, own.rows * own.columns});
  }
  if (!own.tagged) requests_.create_tag(kOwnKey, "1", own.id);
  std::vector<std::pair<std::size_t, std::pair<std::string, std::string>>> writes;
  const auto put = [&](const std::string& name, const std::string& text) {
    std::size_t row = 0;
    while (row < own.records.size() && own.records[row].first != name && !own.records[row].first.empty()) ++row;
    if (row == own.records.size()) own.records.emplace_back();
    if (own.records[row] == std::pair(name, text)) return;
    own.records[row] = {name, text};
    writes.emplace_back(row, own.records[row]);
  };
  put("catalogue", catalogue_to_json(model_.schema));
  put("remembered", to_text(remembered()));
  for (const Part& part : batch) {
    if (part.after) put(stamp_record(part.after->number), part.after->entry);
  }
  std::int64_t widest = own.columns, last = own.rows;
  std::vector<std::vector<std::string>> rows;
  rows.reserve(writes.size());
  for (const auto& [row, record] : writes) {
    std::vector<std::string> texts = pieces_of(record.second);
    texts.insert(texts.begin(), record.first);
    widest = std::max(widest, signed_of(texts.size()));
    last = std::max(last, signed_of(row) + 1);
    rows.push_back(std::move(texts));
  }
  if (widest > own.columns) requests_.append(own.id, Axis::columns, widest - own.columns);
  if (last > own.rows) requests_.append(own.id, Axis::rows, last + kOwnRows - own.rows);
  for (std::size_t i = 0; i < writes.size(); ++i) {
    const std::int64_t row = signed_of(writes[i].first);
    requests_.write_row({own.id, row, row + 1, 0, widest}, rows[i]);
  }
  return ok();
}

}  // namespace zmig::gsheet
