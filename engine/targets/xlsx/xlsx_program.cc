// Above 600 lines: one visitor, one short function a change, and the places that they share.
#include "targets/xlsx/xlsx_program.h"

#include <algorithm>
#include <set>
#include <utility>

#include <fmt/format.h>
#include <zmig/cells.h>

#include "base/text.h"
#include "model/names.h"
#include "targets/live.h"
#include "targets/xlsx/cell_writer.h"
#include "targets/xlsx/note_edit.h"
#include "targets/xlsx/sheet_facts_edit.h"
#include "targets/xlsx/sheet_shape.h"
#include "targets/xlsx/xml_tree.h"

namespace zmig::xlsx {
namespace {

constexpr std::string_view kHead = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n";
constexpr std::size_t kLongestText = 32'767;

std::string place_of(const std::string& title, std::uint32_t column, std::uint32_t row) {
  return fmt::format("{}!{}", title, to_text(Place{column, row}));
}

/// A formula names cells of this column alone: what happens to it happens to the formula.
bool names_column(std::string_view formula, std::uint32_t column) {
  const auto is_word = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '$' || c == '_' ||
           c == '.' || static_cast<unsigned char>(c) >= 0x80;
  };
  for (std::size_t at = 0; at < formula.size();) {
    const char c = formula[at];
    if (c == '"') {
      at = std::min(formula.find('"', at + 1), formula.size() - 1) + 1;
      continue;
    }
    if (!is_word(c)) {
      ++at;
      continue;
    }
    std::size_t end = at;
    while (end < formula.size() && is_word(formula[end])) ++end;
    std::string_view text = formula.substr(at, end - at);
    if (end < formula.size() && formula[end] == ':') {
      std::size_t other = end + 1;
      while (other < formula.size() && is_word(formula[other])) ++other;
      if (parse_region(formula.substr(at, other - at))) {
        text = formula.substr(at, other - at);
        end = other;
      }
    }
    const bool call = end < formula.size() && (formula[end] == '(' || formula[end] == '!');
    if (const auto region = parse_region(text);
        region && !call && region->from.column == column && region->to.column == column)
      return true;
    at = end;
  }
  return false;
}

bool reaches(const Region& region, std::uint32_t column, std::uint32_t from_row) {
  return region.from.column <= column && region.to.column >= column && region.to.row >= from_row;
}

}  // namespace

XlsxProgram::XlsxProgram(ProgramInput input, const Schema& live)
    : input_(std::move(input)), package_(input_.package), after_(live), stamps_(input_.stamp.stamps) {}

Result<std::unique_ptr<XlsxProgram>> XlsxProgram::begin(ProgramInput input, const Schema& live) {
  std::unique_ptr<XlsxProgram> program(new XlsxProgram(std::move(input), live));
  ZMIG_TRY(StyleBook styles, StyleBook::read(program->package_, program->input_.styles));
  program->styles_ = std::move(styles);
  ZMIG_TRY(const std::vector<BookEntry> entries, book_entries(program->package_));
  for (const ProgramSheet& from : program->input_.sheets) {
    Work& work = program->works_.emplace_back();
    work.part = from.part;
    work.title = from.title;
    work.last_row = from.last_row;
    work.shown = from.shown;
    work.is_protected = from.is_protected;
    work.is_ours = from.is_ours;
    for (const BookEntry& entry : entries)
      if (entry.title == from.title) work.sheet_id = entry.id;
  }
  return program;
}

Status XlsxProgram::add_stamp(const Stamp& stamp) {
  const auto same = [&](const Stamp& one) { return one.number == stamp.number; };
  if (std::any_of(stamps_.begin(), stamps_.end(), same)) return stamp_taken(stamp.number);
  const auto later = [&](const Stamp& one) { return one.number > stamp.number; };
  stamps_.insert(std::find_if(stamps_.begin(), stamps_.end(), later), stamp);
  catalogue_changed_ = true;
  return ok();
}

Status XlsxProgram::add(std::span<const Change> changes) {
  package_.act_for(members_++);
  for (std::size_t i = 0; i < changes.size(); ++i) {
    to_come_ = changes.subspan(i + 1);
    ZMIG_CHECK_OK(one(changes[i]));
    ++changes_;
  }
  return ok();
}

Status XlsxProgram::one(const Change& change) {
  const Schema before = after_;
  ZMIG_CHECK_OK(apply_live(change, after_, "xlsx"));
  before_ = &before;
  catalogue_changed_ = true;
  if (!touches_cells(change) || std::holds_alternative<change::Retype>(change)) ++report_.structural;
  return std::visit([this](const auto& c) { return (*this)(c); }, change);
}

// --- sheets

std::size_t XlsxProgram::index_of(const Schema& schema, const std::string& id) {
  const auto found =
      std::find_if(schema.sheets.begin(), schema.sheets.end(), [&](const Sheet& one) { return one.id == id; });
  return static_cast<std::size_t>(found - schema.sheets.begin());
}

/// Behind the sheet that stands in front of it in the schema.
std::size_t XlsxProgram::place_in_book(std::size_t schema_index, const std::vector<BookEntry>& entries) const {
  if (schema_index == 0) return 0;
  if (schema_index == works_.size()) {
    // At the end, but in front of the list that nobody sees.
    std::size_t end = entries.size();
    while (end > 0 && entries[end - 1].title == kEnumSheet) --end;
    return end;
  }
  const std::string& left = works_[schema_index - 1].title;
  const auto found =
      std::find_if(entries.begin(), entries.end(), [&](const BookEntry& one) { return one.title == left; });
  return static_cast<std::size_t>(found - entries.begin()) + 1;
}

Status XlsxProgram::operator()(const change::InsertSheet& c) {
  ZMIG_CHECK_OK(check_sheet_title(c.sheet.title));
  ZMIG_CHECK_OK(check_structure(c.sheet.title));
  ZMIG_TRY(const std::vector<BookEntry> entries, book_entries(package_));
  for (const BookEntry& entry : entries) {
    if (same_title_without_case(entry.title, c.sheet.title))
      return make_error(Errc::conflict, "ZM0311", fmt::format("a sheet {} is there already", quoted(entry.title)));
  }
  ZMIG_TRY(const bool strict, package_.is_strict());
  Work work;
  work.part = package_.free_name(package_.folder() + "worksheets/sheet", ".xml");
  work.title = c.sheet.title;
  package_.put(work.part,
               fmt::format("{}<worksheet xmlns=\"{}\"><sheetData></sheetData></worksheet>", kHead,
                           strict ? "http://purl.oclc.org/ooxml/spreadsheetml/main"
                                  : "http://schemas.openxmlformats.org/spreadsheetml/2006/main"),
               "new sheet");
  const std::size_t at = index_of(after_, c.sheet.id);
  ZMIG_CHECK_OK(
      insert_book_sheet(package_, work.title, work.part, place_in_book(at, entries), c.sheet.hidden ? "hidden" : ""));
  ZMIG_TRY(const std::vector<BookEntry> now, book_entries(package_));
  for (const BookEntry& entry : now)
    if (entry.title == work.title) work.sheet_id = entry.id;
  Work& made = *works_.insert(works_.begin() + static_cast<std::ptrdiff_t>(at), std::move(work));
  if (!c.sheet.frozen && !c.sheet.protection) return ok();
  return edit_frame(made, "new sheet", [&](XmlTree& tree) {
    set_frozen(tree, c.sheet.header_row, c.sheet.frozen);
    set_protected(tree, c.sheet.protection.has_value());
    return ok();
  });
}

Status XlsxProgram::operator()(const change::DeleteSheet& c) {
  const std::size_t at = index_of(*before_, c.sheet);
  Work& gone = works_[at];
  ZMIG_CHECK_OK(check_structure(gone.title));
  if (works_.size() == 1)
    return make_error(Errc::unsupported, "ZM0325", "a workbook of Excel has at least one sheet",
                      "make another sheet first", gone.title);
  for (Work& other : works_) ZMIG_CHECK_OK(flush(other));
  ZMIG_TRY(const auto mention, part_that_mentions(package_, gone.title, gone.part));
  if (mention)
    return make_error(Errc::conflict, "ZM0319",
                      fmt::format("sheet {} is still referred to, in part {}", quoted(gone.title), quoted(*mention)),
                      "change what refers to it first", gone.title);
  ZMIG_CHECK_OK(remove_book_sheet(package_, gone.title));
  works_.erase(works_.begin() + static_cast<std::ptrdiff_t>(at));
  return ok();
}

Status XlsxProgram::operator()(const change::SetTitle& c) {
  ZMIG_CHECK_OK(check_sheet_title(c.title));
  ZMIG_CHECK_OK(check_structure(c.title));
  Work& mine = work(c.sheet);
  for (Work& other : works_) ZMIG_CHECK_OK(flush(other));
  ZMIG_TRY(const auto mention, part_that_mentions(package_, mine.title, {}));
  if (mention) {
    SheetOperation operation = operation_on(mine, sheet(c.sheet));
    operation.new_title = c.title;
    ZMIG_CHECK_OK(shift(operation));
  } else {
    ZMIG_CHECK_OK(retitle_book_sheet(package_, mine.title, c.title));
  }
  mine.title = c.title;
  return ok();
}

// --- columns

Status XlsxProgram::operator()(const change::InsertColumn& c) {
  Work& mine = work(c.sheet);
  const Sheet& now = sheet(c.sheet);
  const std::size_t at = column_index(now, c.column.id);
  const std::string place = header_cell(now, c.column.id);
  ZMIG_CHECK_OK(check_writable(mine, now));
  if (at >= kColumns)
    return make_error(Errc::conflict, "ZM0433", "the last column of the sheet (XFD) is in use", {}, mine.title);
  const auto column = static_cast<std::uint32_t>(at);
  const bool between = at + 1 != now.columns.size();
  if (between) {
    SheetOperation operation = operation_on(mine, now);
    operation.steps = {{ShiftStep::Kind::insert, column, 1, 0, {c.column.header}}};
    ZMIG_CHECK_OK(shift(operation));
  } else {
    ZMIG_TRY(const std::vector<Region> tables, tables_of(mine));
    for (const Region& table : tables) {
      if (table.to.column + 1 == column && table.from.row <= now.header_row && table.to.row >= now.header_row)
        return make_error(Errc::conflict, "ZM0434", "a table ends at the last column, and would have to grow",
                          "turn the table into a range first, or add the column in the spreadsheet program", place);
    }
  }
  ZMIG_TRY(const std::vector<Region> merges, regions_of(mine, "mergeCells", "mergeCell"));
  for (const Region& merge : merges) {
    if (reaches(merge, column, now.header_row))
      return make_error(Errc::conflict, "ZM1808", "the place of the new column is not free: cells are merged there",
                        "split them first", place_of(mine.title, merge.from.column, merge.from.row));
  }
  ZMIG_CHECK_OK(stage(mine, "new column", free_stage(column, mine.title)));
  mine.shown.insert(mine.shown.begin() + static_cast<std::ptrdiff_t>(at), format_of_column(c.column));
  bool filter = false;
  ZMIG_CHECK_OK(edit_frame(mine, "new column", [&](XmlTree& tree) {
    grow_dimension(tree, {column, now.header_row});
    filter = !between && input_.extend != "none" && grow_filter(tree, now.header_row, column);
    return ok();
  }));
  ZMIG_CHECK_OK(edit_frame(mine, "new column", [&](XmlTree& tree) {
    edit_column(tree, column, {{}, false, true});
    return ok();
  }));
  ZMIG_CHECK_OK(set_column_format(mine, column, mine.shown[at]));
  if (filter) ZMIG_CHECK_OK(move_name_edge(package_, kFilterName, mine.title, column - 1, column));
  if (!between && column > 0 && input_.extend == "filter,print")
    ZMIG_CHECK_OK(move_name_edge(package_, kPrintName, mine.title, column - 1, column));
  return stage(mine, "new column", header_stage(now.header_row, column, c.column.header, mine.title));
}

Status XlsxProgram::operator()(const change::DeleteColumn& c) {
  const Sheet& old = *before_->sheet(c.at.sheet);
  Work& mine = work(c.at.sheet);
  const std::size_t at = column_index(old, c.at.column);
  const std::string place = header_cell(old, c.at.column);
  ZMIG_CHECK_OK(check_writable(mine, old));
  const auto column = static_cast<std::uint32_t>(at);
  ZMIG_TRY(std::vector<Region> wholes, regions_of(mine, "mergeCells", "mergeCell"));
  ZMIG_TRY(const std::vector<Region> tables, tables_of(mine));
  wholes.insert(wholes.end(), tables.begin(), tables.end());
  const bool in_whole =
      std::any_of(wholes.begin(), wholes.end(), [column](const Region& one) { return reaches(one, column, 1); });
  if (at + 1 != old.columns.size() || in_whole) {
    SheetOperation operation = operation_on(mine, old);
    operation.steps = {{ShiftStep::Kind::remove, column, 1, 0, {}}};
    ZMIG_CHECK_OK(shift(operation));
    mine.shown.erase(mine.shown.begin() + static_cast<std::ptrdiff_t>(at));
    values_changed_ = true;
    return ok();
  }
  ZMIG_CHECK_OK(check_not_referred(mine, column, place));
  ZMIG_TRY(const auto drawing, set_note(package_, mine.part, {column, old.header_row}, {}));
  ZMIG_TRY(const bool strict, package_.is_strict());
  ZMIG_CHECK_OK(edit_frame(mine, "column removed", [&](XmlTree& tree) {
    if (drawing) set_legacy_drawing(tree, *drawing, strict);
    return set_list_rule(tree, column, old.header_row, {}, mine.title);
  }));
  ZMIG_CHECK_OK(edit_frame(mine, "column removed", [&](XmlTree& tree) {
    shrink_frame(tree, column, old.header_row);
    return ok();
  }));
  if (column > 0) ZMIG_CHECK_OK(move_name_edge(package_, kFilterName, mine.title, column, column - 1));
  if (column > 0 && input_.extend == "filter,print")
    ZMIG_CHECK_OK(move_name_edge(package_, kPrintName, mine.title, column, column - 1));
  mine.shown.pop_back();
  return stage(mine, "column removed", erase_column_stage(column));
}

Status XlsxProgram::operator()(const change::MoveColumn& c) {
  if (c.at.column.empty()) {
    const std::size_t from = index_of(*before_, c.at.sheet), to = index_of(after_, c.at.sheet);
    if (from == to) return ok();
    ZMIG_TRY(std::vector<BookEntry> entries, book_entries(package_));
    ZMIG_CHECK_OK(check_structure(works_[from].title));
    const std::string title = works_[from].title;
    Work moved = std::move(works_[from]);
    works_.erase(works_.begin() + static_cast<std::ptrdiff_t>(from));
    const auto mine =
        std::find_if(entries.begin(), entries.end(), [&](const BookEntry& one) { return one.title == title; });
    const auto old_place = static_cast<std::size_t>(mine - entries.begin());
    entries.erase(mine);
    const std::size_t place = place_in_book(to, entries);
    works_.insert(works_.begin() + static_cast<std::ptrdiff_t>(to), std::move(moved));
    return move_book_sheet(package_, old_place, place);
  }
  const Sheet& now = sheet(c.at.sheet);
  Work& mine = work(c.at.sheet);
  const std::size_t from = column_index(*before_->sheet(c.at.sheet), c.at.column);
  const std::size_t to = column_index(now, c.at.column);
  if (from == to) return ok();
  ZMIG_CHECK_OK(check_writable(mine, now));
  SheetOperation operation = operation_on(mine, now);
  operation.steps = {{ShiftStep::Kind::move,
                      static_cast<std::uint32_t>(from),
                      1,
                      static_cast<std::uint32_t>(to > from ? to + 1 : to),
                      {}}};
  ZMIG_CHECK_OK(shift(operation));
  std::string shown = std::move(mine.shown[from]);
  mine.shown.erase(mine.shown.begin() + static_cast<std::ptrdiff_t>(from));
  mine.shown.insert(mine.shown.begin() + static_cast<std::ptrdiff_t>(to), std::move(shown));
  return ok();
}

Status XlsxProgram::operator()(const change::SetHeader& c) {
  Work& mine = work(c.at.sheet);
  const Sheet& now = sheet(c.at.sheet);
  const auto column = static_cast<std::uint32_t>(column_index(now, c.at.column));
  const std::string place = header_cell(now, c.at.column);
  ZMIG_CHECK_OK(check_writable(mine, now));
  ZMIG_TRY(const std::vector<Region> merges, regions_of(mine, "mergeCells", "mergeCell"));
  for (const Region& merge : merges) {
    if (merge.contains({column, now.header_row}))
      return make_error(Errc::conflict, "ZM0432", "the header cell is merged with others", "split them first", place);
  }
  ZMIG_TRY(const std::vector<Region> tables, tables_of(mine));
  const bool of_table = std::any_of(tables.begin(), tables.end(), [&](const Region& one) {
    return one.contains({column, now.header_row});
  });
  if (of_table) {
    SheetOperation operation = operation_on(mine, now);
    operation.headers = {{column, c.header}};
    ZMIG_CHECK_OK(shift(operation));
  }
  return stage(mine, "header", header_stage(now.header_row, column, c.header, mine.title));
}

Status XlsxProgram::operator()(const change::Retype& c) {
  ZMIG_TRY(const source::Run* run, run_of(c.cells));
  Work& mine = work(c.at.sheet);
  ZMIG_CHECK_OK(check_writable(mine, sheet(c.at.sheet)));
  ZMIG_TRY(std::vector<PlacedEdit> edits, placed(c.at, *run, false));
  const ColumnSpot old = spot(c.at, true);
  ColumnSpot now = spot(c.at);
  now.shown = format_of_column(now.column);
  ZMIG_CHECK_OK(stage(mine, "type of a column",
                      retype_stage(range(sheet(c.at.sheet), mine), mine.title, old, now, std::move(edits))));
  return change_format(c.at);
}

Status XlsxProgram::operator()(const change::SetFormat& c) {
  ZMIG_CHECK_OK(check_writable(work(c.at.sheet), sheet(c.at.sheet)));
  return change_format(c.at);
}

Status XlsxProgram::change_format(const Scope& at) {
  Work& mine = work(at.sheet);
  const Sheet& now = sheet(at.sheet);
  const ColumnSpot old = spot(at);
  const std::string format = format_of_column(old.column);
  ZMIG_CHECK_OK(stage(mine, "number format", format_stage(range(now, mine), old, format, counting(now, mine, {}))));
  mine.shown[old.index] = format;
  return set_column_format(mine, old.index, format);
}

// --- what people see

Status XlsxProgram::operator()(const change::SetNote& c) {
  Work& mine = work(c.at.sheet);
  const Sheet& now = sheet(c.at.sheet);
  ZMIG_CHECK_OK(check_writable(mine, now));
  const auto column = static_cast<std::uint32_t>(column_index(now, c.at.column));
  if (c.note && c.note->size() > kLongestText)
    return make_error(Errc::unsupported, "ZM0325", "the note is longer than Excel takes", {},
                      header_cell(now, c.at.column));
  ZMIG_TRY(const auto drawing, set_note(package_, mine.part, {column, now.header_row}, c.note));
  if (!drawing) return ok();
  ZMIG_TRY(const bool strict, package_.is_strict());
  return edit_frame(mine, "notes", [&](XmlTree& tree) {
    set_legacy_drawing(tree, *drawing, strict);
    return ok();
  });
}

Status XlsxProgram::operator()(const change::SetAllowed& c) {
  Work& mine = work(c.at.sheet);
  const Sheet& now = sheet(c.at.sheet);
  ZMIG_CHECK_OK(check_writable(mine, now));
  const auto column = static_cast<std::uint32_t>(column_index(now, c.at.column));
  ZMIG_TRY(const std::string formula, list_formula(c.rule));
  std::optional<ListRuleText> rule;
  if (!formula.empty()) rule = ListRuleText{formula, c.rule.strict};
  return edit_frame(mine, "allowed values",
                    [&](XmlTree& tree) { return set_list_rule(tree, column, now.header_row, rule, mine.title); });
}

Status XlsxProgram::operator()(const change::SetHidden& c) {
  Work& mine = work(c.scope.sheet);
  if (c.scope.column.empty()) return hide_book_sheet(package_, mine.title, c.hidden);
  const Sheet& now = sheet(c.scope.sheet);
  ZMIG_CHECK_OK(check_writable(mine, now));
  const auto column = static_cast<std::uint32_t>(column_index(now, c.scope.column));
  return edit_frame(mine, "hidden columns", [&](XmlTree& tree) {
    edit_column(tree, column, {{}, c.hidden, false});
    return ok();
  });
}

Status XlsxProgram::operator()(const change::SetFrozen& c) {
  Work& mine = work(c.sheet);
  const Sheet& now = sheet(c.sheet);
  return edit_frame(mine, "frozen header", [&](XmlTree& tree) {
    set_frozen(tree, now.header_row, c.frozen);
    return ok();
  });
}

Status XlsxProgram::operator()(const change::SetProtection& c) {
  if (!c.scope.column.empty()) return ok();  // who may edit a column is recorded; Excel knows no such thing
  Work& mine = work(c.scope.sheet);
  if (mine.is_protected && !mine.is_ours)
    return make_error(Errc::conflict, "ZM0302", "the sheet is protected by somebody else",
                      "take its protection away first", mine.title);
  mine.is_protected = mine.is_ours = c.editors.has_value();
  return edit_frame(mine, "protection", [&](XmlTree& tree) {
    set_protected(tree, c.editors.has_value());
    return ok();
  });
}

// --- cells and rows

Status XlsxProgram::operator()(const change::FillEmpty& c) {
  if (is_blank(c.value)) return ok();
  Work& mine = work(c.at.sheet);
  const Sheet& now = sheet(c.at.sheet);
  ZMIG_CHECK_OK(check_writable(mine, now));
  return stage(mine, "cells", fill_stage(range(now, mine), spot(c.at), c.value, counting(now, mine, c.not_counted)));
}

Status XlsxProgram::operator()(const change::WriteCells& c) {
  ZMIG_TRY(const source::Run* run, run_of(c.cells));
  if (run->edits.empty()) return ok();
  Work& mine = work(c.at.sheet);
  ZMIG_CHECK_OK(check_writable(mine, sheet(c.at.sheet)));
  ZMIG_TRY(std::vector<PlacedEdit> edits, placed(c.at, *run, false));
  return stage(mine, "cells", write_stage(range(sheet(c.at.sheet), mine), mine.title, spot(c.at), std::move(edits)));
}

Status XlsxProgram::operator()(const change::RestoreCells& c) {
  ZMIG_TRY(const source::Run* run, run_of(c.cells));
  if (run->edits.empty()) return ok();
  Work& mine = work(c.at.sheet);
  ZMIG_CHECK_OK(check_writable(mine, sheet(c.at.sheet)));
  ZMIG_TRY(std::vector<PlacedEdit> edits, placed(c.at, *run, true));
  const ColumnSpot now = spot(c.at);
  return stage(
      mine, "cells",
      restore_stage(range(sheet(c.at.sheet), mine), mine.title, now, at_last(c.at, now), c.what, std::move(edits)));
}

Status XlsxProgram::operator()(const change::InsertRows& c) {
  ZMIG_TRY(const source::Run* run, run_of(c.rows));
  if (run->rows.empty()) return ok();
  Work& mine = work(c.sheet);
  const Sheet& now = sheet(c.sheet);
  ZMIG_CHECK_OK(check_writable(mine, now));
  ZMIG_TRY(std::uint32_t below, last_data_row(now, mine));
  std::uint32_t last = std::max(mine.last_row, now.header_row);
  std::vector<PlacedRow> rows;
  std::vector<ShiftStep> room;  // rows that others make room for
  for (const source::Row& row : run->rows) {
    std::uint32_t at = last + 1;
    if (row.row.number == 0) {
      at = ++below;
    } else if (row.row.number > now.header_row) {
      at = static_cast<std::uint32_t>(std::min<std::uint64_t>(row.row.number, at));
      if (at <= below) ++below;
    }
    if (at <= last) {
      for (PlacedRow& one : rows) one.row += one.row >= at ? 1 : 0;
      if (!room.empty() && room.back().at + room.back().count == at)
        ++room.back().count;
      else
        room.push_back({ShiftStep::Kind::insert, at, 1, 0, {}});
    }
    last = std::max(at, last + (at <= last ? 1 : 0));
    if (last > kRows)
      return make_error(Errc::conflict, "ZM1601", fmt::format("a sheet of Excel has {} rows", grouped(kRows)), {},
                        mine.title);
    rows.push_back({at, &row});
    ++report_.rows_inserted;
  }
  std::sort(rows.begin(), rows.end(), [](const PlacedRow& a, const PlacedRow& b) { return a.row < b.row; });
  if (!room.empty()) {
    SheetOperation operation = operation_on(mine, now);
    operation.axis = ShiftAxis::rows;
    operation.steps = std::move(room);
    ZMIG_CHECK_OK(shift(operation));
    for (ShiftStep& step : operation.steps) mine.rows.add(std::move(step));
  }
  mine.last_row = last;
  // Rules that stood on all of a column still do when rows come in above its first.
  std::uint32_t above = 0;
  while (above < rows.size() && rows[above].row == now.header_row + 1 + above) ++above;
  if (above > 0) {
    ZMIG_CHECK_OK(edit_frame(mine, "new rows", [&](XmlTree& tree) {
      grow_list_rules(tree, now.header_row, above);
      return ok();
    }));
  }
  std::vector<ColumnSpot> columns = spots(now, mine, run->columns);
  std::uint32_t right = 0;
  for (const ColumnSpot& one : columns) right = std::max(right, one.index);
  ZMIG_CHECK_OK(edit_frame(mine, "new rows", [&](XmlTree& tree) {
    grow_dimension(tree, {right, last});
    return ok();
  }));
  return stage(mine, "new rows", put_rows_stage(std::move(columns), std::move(rows)));
}

Status XlsxProgram::operator()(const change::DeleteRows& c) {
  ZMIG_TRY(const source::Run* run, run_of(c.rows));
  if (run->rows.empty()) return ok();
  Work& mine = work(c.sheet);
  const Sheet& now = sheet(c.sheet);
  ZMIG_CHECK_OK(check_writable(mine, now));
  std::vector<PlacedRow> rows;
  std::set<std::uint32_t> numbers;
  for (const source::Row& row : run->rows) {
    const auto at = row_of(now, mine, row.row);
    if (!at || !numbers.insert(*at).second)
      return stale_row(fmt::format("{}!{}", mine.title, row.row.number), "a row to delete is not there");
    rows.push_back({*at, &row});
    ++report_.rows_deleted;
  }
  const bool between = *numbers.rbegin() != mine.last_row || *numbers.rbegin() - *numbers.begin() + 1 != numbers.size();
  ZMIG_CHECK_OK(
      stage(mine, "rows removed", erase_rows_stage(mine.title, spots(now, mine, run->columns), std::move(rows))));
  SheetOperation operation = operation_on(mine, now);
  operation.axis = ShiftAxis::rows;
  for (auto at = numbers.rbegin(); at != numbers.rend(); ++at) {  // from below: those above keep their numbers
    if (!operation.steps.empty() && operation.steps.back().at == *at + 1) {
      operation.steps.back().at = *at;
      ++operation.steps.back().count;
    } else {
      operation.steps.push_back({ShiftStep::Kind::remove, *at, 1, 0, {}});
    }
  }
  if (between) {
    ZMIG_CHECK_OK(shift(operation));
    values_changed_ = true;
  }
  for (ShiftStep& step : operation.steps) mine.rows.add(std::move(step));
  mine.last_row -= static_cast<std::uint32_t>(numbers.size());
  return ok();
}

// --- what they share

Status XlsxProgram::check_writable(const Work& work, const Sheet& sheet) const {
  if (!work.is_protected || (sheet.managed && work.is_ours) || input_.allow_protected) return ok();
  return make_error(Errc::denied, "ZM0437", "the sheet is protected",
                    "take its protection away in the spreadsheet program, or go on with `--allow-protected`",
                    work.title);
}

Status XlsxProgram::check_structure(const std::string& title) const {
  if (!input_.facts.is_locked || input_.allow_protected) return ok();
  return make_error(Errc::denied, "ZM0437", "the structure of the workbook is protected: no sheet comes, goes or moves",
                    "take its protection away in the spreadsheet program, or go on with `--allow-protected`", title);
}

Status XlsxProgram::open_frame(Work& work) {
  if (!work.frame) {
    auto map = std::make_unique<SheetMap>();
    ZMIG_TRY(auto source, package_.mapped_stream(work.part, package_.base().largest_streamed(), map->blocks));
    if (!source) {
      map.reset();
      ZMIG_TRY(source, package_.stream(work.part, package_.base().largest_streamed()));
    }
    ZMIG_TRY(SheetFrame frame, read_frame(*std::move(source), work.part, package_.path(), map.get()));
    work.frame = std::move(frame.bytes);
    work.map = std::move(map);
    if (!work.context) {
      work.context =
          std::make_unique<RowContext>(*styles_, input_.strings, input_.facts.date1904, std::move(frame.prefix));
    }
    ZMIG_TRY(const XmlTree tree, XmlTree::read(*work.frame, work.part, package_.path()));
    work.context->columns.clear();
    if (const auto list = tree.child(0, "cols")) {
      for (const std::size_t i : tree.children(*list, "col")) {
        const auto number = [&](std::string_view name) {
          return static_cast<std::uint32_t>(std::strtoul(tree.attribute(i, name).c_str(), nullptr, 10));
        };
        work.context->columns.push_back({number("min") - 1, number("max") - 1, number("style"), false});
      }
    }
  }
  work.context->title = work.title;
  return ok();
}

template <class Edit>
Status XlsxProgram::edit_frame(Work& work, std::string_view why, Edit&& edit) {
  ZMIG_CHECK_OK(open_frame(work));
  ZMIG_TRY(XmlTree tree, XmlTree::read(*work.frame, work.part, package_.path()));
  ZMIG_CHECK_OK(edit(tree));
  std::string made = tree.finish();
  if (made == *work.frame) return ok();
  work.frame = std::move(made);
  work.edited = true;
  work.why.add(members_ - 1, why);
  return ok();
}

Status XlsxProgram::stage(Work& work, std::string_view why, std::unique_ptr<RowStage> stage) {
  ZMIG_CHECK_OK(open_frame(work));
  work.stages.push_back(std::move(stage));
  work.edited = true;
  work.why.add(members_ - 1, why);
  return ok();
}

Status XlsxProgram::flush(Work& work) {
  if (!work.edited) return ok();
  ZMIG_TRY(XmlReader::Source source, package_.stream(work.part, package_.base().largest_streamed()));
  std::string bytes;
  ZMIG_CHECK_OK(rewrite_sheet(*work.frame, std::move(source), work.part, package_.path(), *work.context, work.stages,
                              [&bytes](std::string_view piece) {
                                bytes += piece;
                                return ok();
                              }));
  package_.put(work.part, std::move(bytes), work.why);
  work.stages.clear();
  work.map.reset();
  work.edited = false;
  return ok();
}

Result<bool> XlsxProgram::splice_rows(Work& work) {
  if (!work.map || package_.is_touched(work.part) || !are_confined(*work.map, work.stages)) return false;
  ZMIG_TRY(const std::string packed, package_.packed(work.part));
  ZMIG_TRY(const auto edits,
           confined_edits(*work.frame, *work.map, packed, work.part, package_.path(), *work.context, work.stages));
  if (!edits) return false;
  auto made = splice(packed, *work.map->blocks, *edits);
  if (!made) {  // a large part of it would be packed anew
    Packer packer(input_.fast);
    edit_text(packed, *work.map->blocks, *edits, [&packer](std::string_view piece) { packer.add(piece); });
    made = packer.finish();
  }
  package_.put_packed(work.part, *std::move(made), work.why);
  return true;
}

Status XlsxProgram::write_rows(Work& work) {
  if (!work.edited) return ok();
  ZMIG_TRY(const bool spliced, splice_rows(work));
  if (!spliced) {
    ZMIG_TRY(XmlReader::Source source, package_.stream(work.part, package_.base().largest_streamed()));
    work.map.reset();
    // About as much as before, and as much again for a new column in sixteen.
    const std::uint64_t before = package_.packed_size(work.part);
    Packer packer(input_.fast, before + before / 16);
    ZMIG_CHECK_OK(rewrite_sheet(*work.frame, std::move(source), work.part, package_.path(), *work.context, work.stages,
                                [&packer](std::string_view piece) {
                                  packer.add(piece);
                                  return ok();
                                }));
    package_.put_packed(work.part, packer.finish(), work.why);
  }
  work.map.reset();
  work.stages.clear();
  work.edited = false;
  return ok();
}

Status XlsxProgram::set_column_format(Work& work, std::uint32_t column, const std::string& format) {
  ZMIG_CHECK_OK(open_frame(work));
  ZMIG_TRY(const XmlTree tree, XmlTree::read(*work.frame, work.part, package_.path()));
  std::uint32_t style = 0;
  if (const auto list = tree.child(0, "cols")) {
    for (const std::size_t i : tree.children(*list, "col")) {
      const auto number = [&](std::string_view name) {
        return static_cast<std::uint32_t>(std::strtoul(tree.attribute(i, name).c_str(), nullptr, 10));
      };
      if (number("min") <= column + 1 && column + 1 <= number("max")) style = number("style");
    }
  }
  const std::uint32_t wanted = styles_->with_format(style, format);
  if (wanted == style) return ok();
  ZMIG_CHECK_OK(edit_frame(work, "number format", [&](XmlTree& edited) {
    edit_column(edited, column, {wanted, {}, true});
    return ok();
  }));
  // Cells that are new from here on look like the column.
  ColumnRange range;
  range.first = range.last = column;
  range.style = wanted;
  work.context->columns.insert(work.context->columns.begin(), range);
  return ok();
}

ColumnSpot XlsxProgram::spot(const Scope& at, bool before) {
  const Sheet& of = before ? *before_->sheet(at.sheet) : sheet(at.sheet);
  ColumnSpot spot;
  spot.index = static_cast<std::uint32_t>(column_index(of, at.column));
  spot.column = of.columns[spot.index];
  spot.shown = work(at.sheet).shown[spot.index];
  return spot;
}

/// With the type that the next change of type of the part gives it.
ColumnSpot XlsxProgram::at_last(const Scope& at, ColumnSpot spot) const {
  for (const Change& change : to_come_) {
    const auto* retype = std::get_if<change::Retype>(&change);
    if (retype == nullptr || retype->at != at) continue;
    spot.column.type = retype->type;
    spot.column.format = retype->format;
    spot.shown = format_of_column(spot.column);
    break;
  }
  return spot;
}

std::vector<ColumnSpot> XlsxProgram::spots(const Sheet& sheet, const Work& work, const std::vector<std::string>& ids) {
  std::vector<ColumnSpot> all;
  all.reserve(ids.size());
  for (const std::string& id : ids) {
    ColumnSpot spot;
    spot.index = static_cast<std::uint32_t>(column_index(sheet, id));
    spot.column = sheet.columns[spot.index];
    spot.shown = work.shown[spot.index];
    all.push_back(std::move(spot));
  }
  return all;
}

std::vector<ColumnSpot> XlsxProgram::counting(const Sheet& sheet, const Work& work,
                                              const std::vector<std::string>& not_counted) {
  return spots(sheet, work, data_row_columns(sheet, not_counted));
}

std::optional<std::uint32_t> XlsxProgram::row_of(const Sheet& sheet, const Work& work, const RowRef& row) const {
  std::uint64_t number = row.number;
  if (row.handle > 0) {
    const auto now =
        row.handle <= std::int64_t{kRows} ? work.rows.point(static_cast<std::uint32_t>(row.handle)) : std::nullopt;
    if (!now) return std::nullopt;
    number = *now;
  }
  if (number <= sheet.header_row || number > work.last_row) return std::nullopt;
  return static_cast<std::uint32_t>(number);
}

Result<std::vector<PlacedEdit>> XlsxProgram::placed(const Scope& at, const source::Run& run, bool may_be_gone) {
  const Sheet& now = sheet(at.sheet);
  const Work& mine = work(at.sheet);
  std::vector<PlacedEdit> edits;
  edits.reserve(run.edits.size());
  for (const source::Edit& edit : run.edits) {
    if (const auto row = row_of(now, mine, edit.row))
      edits.push_back({*row, &edit});
    else if (!may_be_gone)
      return stale_row(cell_place(now, at.column, edit.row.number), "the row of a cell to write is not there");
  }
  return edits;
}

Result<std::uint32_t> XlsxProgram::last_data_row(const Sheet& sheet, Work& work) {
  ZMIG_CHECK_OK(flush(work));
  ZMIG_CHECK_OK(open_frame(work));
  const std::vector<ColumnSpot> columns = counting(sheet, work, {});
  ZMIG_TRY(XmlReader::Source source, package_.stream(work.part, package_.base().largest_streamed()));
  SheetScanner scanner(std::move(source), work.part, package_.path());
  ZMIG_TRY([[maybe_unused]] const std::string head, scanner.head());
  RowEdit row(*work.context);
  std::uint32_t last = sheet.header_row;
  for (;;) {
    ZMIG_TRY(const bool more, scanner.next_row());
    if (!more) return last;
    if (scanner.number() <= sheet.header_row) continue;
    ZMIG_CHECK_OK(row.begin(scanner));
    if (is_data_row(row, columns)) last = scanner.number();
    ZMIG_CHECK_OK(row.health());
  }
}

Result<std::vector<Region>> XlsxProgram::regions_of(Work& work, std::string_view list, std::string_view element) {
  std::vector<Region> regions;
  ZMIG_CHECK_OK(open_frame(work));
  ZMIG_TRY(const XmlTree tree, XmlTree::read(*work.frame, work.part, package_.path()));
  const auto there = tree.child(0, list);
  if (!there) return regions;
  for (const std::size_t i : tree.children(*there, element))
    if (const auto region = parse_region(tree.attribute(i, "ref"))) regions.push_back(*region);
  return regions;
}

/// Formulas that name cells of the column alone would lose what they are about.
Status XlsxProgram::check_not_referred(const Work& work, std::uint32_t column, const std::string& place) {
  const auto refuse = [&](const std::string& where) {
    return make_error(Errc::conflict, "ZM0319", fmt::format("the column is still referred to, by {}", where),
                      "change what refers to it first", place);
  };
  for (const DefinedName& name : input_.facts.names) {
    const auto region = parse_sheet_region(name.text);
    if (region && !name.name.starts_with("_zmig.") && same_title_without_case(region->sheet, work.title) &&
        region->region.from.column == column && region->region.to.column == column)
      return refuse(fmt::format("the name {}", quoted(name.name)));
  }
  if (!input_.has_formulas) return ok();
  for (const ProgramSheet& other : input_.sheets) {
    const bool own = other.part == work.part;
    ZMIG_TRY(SheetReader reader, SheetReader::open(input_.package, other.part));
    for (;;) {
      ZMIG_TRY(const bool more, reader.next_row());
      if (!more) break;
      for (const RawCell& cell : reader.cells()) {
        if (!cell.has_formula || (own && cell.column == column)) continue;
        if (!own && cell.formula.find('!') == std::string::npos) continue;
        if (names_column(cell.formula, column))
          return refuse(fmt::format("the formula in {}", place_of(other.title, cell.column, reader.row())));
      }
    }
  }
  return ok();
}

Result<std::string> XlsxProgram::list_formula(const Allowed& allowed) {
  if (allowed.kind == Allowed::Kind::column) {
    const Sheet* of = after_.sheet(allowed.sheet);
    const std::string letters = of == nullptr ? std::string() : letters_of(*of, allowed.column);
    if (letters.empty()) return std::string();
    return fmt::format("{}!${}${}:${}${}", title_in_quotes(of->title), letters, of->header_row + 1, letters, kRows);
  }
  if (allowed.kind != Allowed::Kind::list || allowed.values.empty()) return std::string();
  if (fits_literal_list(allowed.values)) return "\"" + join(allowed.values, ",") + "\"";
  return stored_list(allowed.values);
}

/// A list that is too long for a rule stands on a sheet that nobody sees, a column each.
Result<std::string> XlsxProgram::stored_list(const std::vector<std::string>& values) {
  ZMIG_TRY(const std::vector<BookEntry> entries, book_entries(package_));
  std::string part;
  for (const BookEntry& entry : entries)
    if (entry.title == kEnumSheet) part = entry.part;
  if (part.empty()) {
    ZMIG_TRY(const bool strict, package_.is_strict());
    part = package_.free_name(package_.folder() + "worksheets/sheet", ".xml");
    package_.put(part,
                 fmt::format("{}<worksheet xmlns=\"{}\"><sheetData></sheetData></worksheet>", kHead,
                             strict ? "http://purl.oclc.org/ooxml/spreadsheetml/main"
                                    : "http://schemas.openxmlformats.org/spreadsheetml/2006/main"),
                 "lists of allowed values");
    ZMIG_CHECK_OK(insert_book_sheet(package_, std::string(kEnumSheet), part, entries.size(), "veryHidden"));
  }
  // The columns that are there, and the first that is free.
  ZMIG_TRY(XmlReader::Source source, package_.stream(part, kLargestHeld));
  ZMIG_TRY(const SheetFrame frame, read_frame(std::move(source), part, package_.path()));
  RowContext context(*styles_, input_.strings, false, frame.prefix);
  std::vector<std::vector<std::string>> lists;
  ZMIG_TRY(source, package_.stream(part, kLargestHeld));
  SheetScanner scanner(std::move(source), part, package_.path());
  ZMIG_TRY([[maybe_unused]] const std::string head, scanner.head());
  RowEdit row(context);
  for (;;) {
    ZMIG_TRY(const bool more, scanner.next_row());
    if (!more) break;
    ZMIG_CHECK_OK(scanner.cut_all());
    ZMIG_CHECK_OK(row.begin(scanner));
    for (const CellSpan& cell : scanner.cells()) {
      Value value;
      ZMIG_CHECK_OK(row.value(cell.column, Column{}, value));
      if (cell.column >= lists.size()) lists.resize(cell.column + 1);
      lists[cell.column].push_back(zmig::to_text(value));
    }
  }
  const auto found = std::find(lists.begin(), lists.end(), values);
  const auto column = static_cast<std::uint32_t>(found - lists.begin());
  const std::string letters = column_letters(column);
  if (found == lists.end()) {
    std::vector<std::unique_ptr<RowStage>> stages;
    for (std::size_t i = 0; i < values.size(); ++i)
      stages.push_back(header_stage(static_cast<std::uint32_t>(i + 1), column, values[i]));
    ZMIG_TRY(source, package_.stream(part, kLargestHeld));
    std::string bytes;
    ZMIG_CHECK_OK(rewrite_sheet(frame.bytes, std::move(source), part, package_.path(), context, stages,
                                [&bytes](std::string_view piece) {
                                  bytes += piece;
                                  return ok();
                                }));
    package_.put(part, std::move(bytes), "lists of allowed values");
  }
  return fmt::format("{}!${}$1:${}${}", kEnumSheet, letters, letters, values.size());
}

Status XlsxProgram::finish() {
  // What is left is the work of all parts together.
  if (members_ > 1) package_.act_for(AnnouncedPart::kCommit);
  for (Work& one : works_) {
    ZMIG_CHECK_OK(write_rows(one));
    if (!one.context) continue;
    report_.cells_written += one.context->written;
    values_changed_ = values_changed_ || one.context->values_changed;
    ZMIG_CHECK_OK(leave_calculation(package_, one.sheet_id, one.context->lost_formulas, false));
  }
  ZMIG_CHECK_OK(styles_->finish(package_));
  if (values_changed_ && input_.has_formulas) {
    ZMIG_TRY([[maybe_unused]] const bool asked, request_calculation(package_));
  }
  return catalogue_changed_ ? write_stamp_part(package_, input_.stamp, stamps_, after_) : ok();
}

}  // namespace zmig::xlsx
