#include "targets/sqlite/sqlite_cells.h"

#include <bit>
#include <cstring>

#include <fmt/format.h>

#include "base/text.h"
#include "model/unicode.h"
#include "targets/sqlite/sqlite_meta.h"

namespace zmig::sqlite_workbook {
namespace {

std::string row_address(const Table& table) { return table.rowid.empty() ? "0" : table.rowid; }

void apply_annotation(const Annotation& note, const Raw& raw, const Spelling& spelling, Cell& cell) {
  if (!same_bytes(raw, note.raw)) return;  // the cell moved on, the note did not
  if (!note.kind.empty()) {
    cell.value = decode_as(raw, note.kind);
    word_of(raw, cell.value, spelling.type, spelling.affinity, cell.stored);
  }
  cell.formula = note.formula;
  cell.format = note.format;
}

/// Every code point that makes a text "of blanks only".
const std::string& blanks() {
  static const std::string kBlanks = [] {
    std::string text;
    for (char32_t c = 1; c <= 0xFFFF; ++c) {
      if (is_edge_blank(c)) append_utf8(text, c);
    }
    return text;
  }();
  return kBlanks;
}

/// `a OR b OR ...` as a balanced tree: SQLite limits the depth of an expression.
std::string any_of(const std::vector<std::string>& conditions, std::size_t begin, std::size_t end) {
  if (begin == end) return "0";
  if (end - begin == 1) return conditions[begin];
  const std::size_t middle = begin + (end - begin) / 2;
  return fmt::format("({} OR {})", any_of(conditions, begin, middle), any_of(conditions, middle, end));
}

}  // namespace

Result<bool> has_annotations(sqlite::Database& db, const Table& table) {
  if (table.rowid.empty()) return false;
  ZMIG_TRY(const bool meta, has_meta(db));
  if (!meta) return false;
  ZMIG_TRY(sqlite::Statement found, db.prepare("SELECT 1 FROM _zmig_cell WHERE sheet = ?1 LIMIT 1"));
  found.bind(1, table.name);
  return found.step();
}

Result<Annotations> Annotations::open(sqlite::Database& db, const Table& table,
                                      std::map<std::string, std::size_t> columns) {
  Annotations notes;
  ZMIG_TRY(const bool any, has_annotations(db, table));
  if (!any) return notes;
  notes.columns_ = std::move(columns);
  ZMIG_TRY(notes.statement_,
           db.prepare("SELECT row, column, raw, kind, formula, format FROM _zmig_cell WHERE sheet = ?1 ORDER BY row"));
  notes.statement_.bind(1, table.name);
  ZMIG_CHECK_OK(notes.advance());
  return notes;
}

Status Annotations::advance() {
  ZMIG_TRY(open_, statement_.step());
  return ok();
}

Result<const std::vector<std::pair<std::size_t, Annotation>>*> Annotations::of_row(std::int64_t rowid) {
  row_.clear();
  while (open_ && statement_.integer(0) <= rowid) {
    const auto column = columns_.find(std::string(statement_.text(1)));
    if (statement_.integer(0) == rowid && column != columns_.end()) {
      row_.emplace_back(column->second, Annotation{statement_.datum(2), std::string(statement_.text(3)),
                                                   std::string(statement_.text(4)), std::string(statement_.text(5))});
    }
    ZMIG_CHECK_OK(advance());
  }
  return &row_;
}

void ColumnHashes::add(std::size_t column, const Raw& raw) {
  RunningHash& hash = hashes_[column];
  const auto kind = static_cast<std::uint64_t>(raw.type);
  switch (raw.type) {
    case 1: hash.add(kind, static_cast<std::uint64_t>(raw.integer)); return;
    case 2: hash.add(kind, std::bit_cast<std::uint64_t>(raw.real)); return;
    default: hash.add(kind, raw.text);
  }
}

void ColumnHashes::add(std::size_t column, const Annotation& note) {
  constexpr std::uint64_t kNote = 0x7F;
  for (const std::string* text : {&note.kind, &note.formula, &note.format}) hashes_[column].add(kNote, *text);
}

std::vector<std::string> ColumnHashes::finish() const {
  std::vector<std::string> out;
  out.reserve(hashes_.size());
  for (const RunningHash& hash : hashes_) out.push_back(hash.finish());
  return out;
}

Result<RowCursor> RowCursor::open(sqlite::Database& db, const Table& table, const std::vector<std::size_t>& columns,
                                  const std::string& condition) {
  RowCursor cursor;
  if (table.view && table.columns.empty()) return cursor;  // a view that no longer works has no rows to show
  std::size_t next = 0;
  do {
    std::string sql = "SELECT " + row_address(table) + ", ";
    // As the condition of a CASE it is left at the first part that is true; as a value, SQLite computes all parts.
    sql += next > 0 || condition.empty() ? "0" : "CASE WHEN " + condition + " THEN 1 ELSE 0 END";
    const std::size_t end = std::min(columns.size(), next + kColumnsAStatement);
    for (; next < end; ++next) {
      sql += ", ";
      sql += sqlite::identifier(table.columns[columns[next]].name);
    }
    sql += " FROM main." + table.quoted_name() + table.order_by();
    ZMIG_TRY(sqlite::Statement statement, db.prepare(sql));
    cursor.statements_.push_back(std::move(statement));
  } while (next < columns.size());
  return cursor;
}

Result<bool> RowCursor::next() {
  bool there = false;
  for (sqlite::Statement& statement : statements_) {
    ZMIG_TRY(there, statement.step());
    if (!there) return false;
  }
  return there;
}

Result<CellCursor> CellCursor::open(sqlite::Database& db, const Sheet& sheet, const Table& table,
                                    const std::vector<std::size_t>& columns, const std::string& condition) {
  CellCursor cursor;
  std::map<std::string, std::size_t> names;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    cursor.decoders_.emplace_back(sheet.columns[columns[i]]);
    cursor.generated_.push_back(table.columns[columns[i]].generated);
    cursor.plain_.push_back(is_textual(sheet.columns[columns[i]].type) && cursor.generated_.back().empty());
    cursor.spellings_.push_back({sheet.columns[columns[i]].type, table.columns[columns[i]].affinity});
    names[table.columns[columns[i]].name] = i;
  }
  cursor.cells_.resize(columns.size());
  ZMIG_TRY(cursor.rows_, RowCursor::open(db, table, columns, condition));
  ZMIG_TRY(cursor.annotations_, Annotations::open(db, table, std::move(names)));
  return cursor;
}

void CellCursor::forget_formulas() {
  if (!formulas_) return;
  for (Cell& cell : cells_) {
    cell.formula.clear();
    cell.format.clear();
  }
  formulas_ = false;
}

void CellCursor::decode(std::size_t i, const Raw& raw) {
  decoders_[i].decode(raw, cells_[i].value);
  if (generated_[i].empty()) {
    word_of(raw, cells_[i].value, spellings_[i].type, spellings_[i].affinity, cells_[i].stored);
  } else {
    cells_[i].formula = generated_[i];
  }
}

Result<bool> CellCursor::next() {
  ZMIG_TRY(const bool there, rows_.next());
  if (!there) return false;
  forget_formulas();
  for (std::size_t i = 0; i < cells_.size(); ++i) decode(i, rows_.raw(i));
  if (!annotations_.any()) return true;
  ZMIG_TRY(const auto* notes, annotations_.of_row(rows_.rowid()));
  for (const auto& [i, note] : *notes) {
    apply_annotation(note, rows_.raw(i), spellings_[i], cells_[i]);
    formulas_ = true;
  }
  return true;
}

Result<bool> CellCursor::next(ColumnHashes& hashes, std::vector<CellRead>& cells) {
  ZMIG_TRY(const bool there, rows_.next());
  if (!there) return false;
  forget_formulas();
  for (std::size_t i = 0; i < cells_.size(); ++i) {
    const Raw raw = rows_.raw(i);
    hashes.add(i, raw);
    if (plain_[i] && raw.type == 3 && !raw.text.empty()) {
      cells[i] = {raw.text, nullptr};
    } else {
      decode(i, raw);
      cells[i] = {{}, &cells_[i]};
    }
  }
  if (!annotations_.any()) return true;
  ZMIG_TRY(const auto* notes, annotations_.of_row(rows_.rowid()));
  for (const auto& [i, note] : *notes) {
    const Raw raw = rows_.raw(i);
    if (same_bytes(raw, note.raw)) hashes.add(i, note);
    if (cells[i].cell == nullptr) decode(i, raw);
    cells[i] = {{}, &cells_[i]};
    apply_annotation(note, raw, spellings_[i], cells_[i]);
    formulas_ = true;
  }
  return true;
}

Result<RowLookup> RowLookup::open(sqlite::Database& db, const Sheet& sheet, const Table& table,
                                  const std::vector<std::size_t>& columns) {
  RowLookup lookup;
  std::vector<std::string> names;
  for (const std::size_t at : columns) {
    names.push_back(sqlite::identifier(table.columns[at].name));
    lookup.names_[table.columns[at].name] = lookup.decoders_.size();
    lookup.decoders_.emplace_back(sheet.columns[at]);
    lookup.generated_.push_back(table.columns[at].generated);
    lookup.spellings_.push_back({sheet.columns[at].type, table.columns[at].affinity});
  }
  if (names.empty()) names.emplace_back("1");
  ZMIG_TRY(lookup.row_, db.prepare(fmt::format("SELECT {} FROM main.{} WHERE {} = ?1", join(names, ", "),
                                               table.quoted_name(), table.rowid)));
  ZMIG_TRY(lookup.has_annotations_, has_annotations(db, table));
  if (!lookup.has_annotations_) return lookup;
  ZMIG_TRY(lookup.notes_,
           db.prepare("SELECT column, raw, kind, formula, format FROM _zmig_cell WHERE sheet = ?1 AND row = ?2"));
  lookup.notes_.bind(1, table.name);
  return lookup;
}

Result<std::optional<std::vector<RowLookup::Found>>> RowLookup::find(std::int64_t rowid) {
  row_.bind(1, rowid);
  ZMIG_TRY(const bool there, row_.step());
  if (!there) return std::optional<std::vector<Found>>();
  std::vector<Found> row(decoders_.size());
  for (std::size_t i = 0; i < row.size(); ++i) {
    row[i].datum = row_.datum(static_cast<int>(i));
    row[i].cell.value = decoders_[i].decode(row[i].datum);
    row[i].cell.formula = generated_[i];
    if (generated_[i].empty())
      word_of(raw_of(row[i].datum), row[i].cell.value, spellings_[i].type, spellings_[i].affinity, row[i].cell.stored);
  }
  row_.reset();
  if (!has_annotations_) return std::optional(std::move(row));
  notes_.bind(2, rowid);
  for (;;) {
    ZMIG_TRY(const bool noted, notes_.step());
    if (!noted) return std::optional(std::move(row));
    const auto at = names_.find(std::string(notes_.text(0)));
    if (at == names_.end()) continue;
    Found& found = row[at->second];
    const Spelling& spelling = spellings_[at->second];
    found.annotated = true;
    const Annotation note{notes_.datum(1), std::string(notes_.text(2)), std::string(notes_.text(3)),
                          std::string(notes_.text(4))};
    apply_annotation(note, raw_of(found.datum), spelling, found.cell);
  }
}

std::string data_row_condition(const Sheet& sheet, const Table& table, std::span<const std::string> counted) {
  std::vector<std::string> conditions;
  const std::string trimmed = sqlite::literal(blanks());
  for (const std::string& id : counted) {
    const std::size_t at = column_index(sheet, id);
    if (at >= table.columns.size() || !table.columns[at].generated.empty()) continue;
    const std::string name = sqlite::identifier(table.columns[at].name);
    // What begins with a visible character of ASCII counts, and mostly something does: trim() with a list is slow. The
    // first columns are enough for that; a statement has a longest length.
    constexpr std::size_t kQuick = 64;
    const std::string_view filled = conditions.size() < kQuick
                                        ? "CASE WHEN {0} GLOB '[!-~]*' THEN 1 ELSE trim({0}, {1}) <> '' END"
                                        : "trim({0}, {1}) <> ''";
    std::string counts = fmt::format("CASE typeof({0}) WHEN 'null' THEN 0 WHEN 'text' THEN {1} ELSE 1 END", name,
                                     fmt::format(fmt::runtime(filled), name, trimmed));
    const Column& column = sheet.columns[at];
    if (column.allowed.kind == Allowed::Kind::checkbox) {
      // What reads as FALSE: the word in any case (the long s folds to s), and a number 0 where the type makes it a
      // boolean.
      const std::string_view zero =
          column.type.kind == TypeKind::boolean ? "WHEN 'integer' THEN {0} <> 0 WHEN 'real' THEN {0} <> 0.0 " : "";
      counts = fmt::format(
          "CASE typeof({0}) WHEN 'null' THEN 0 {2}WHEN 'text' THEN trim({0}, {1}) <> '' AND lower(replace({0}, 'ſ', "
          "'s')) "
          "<> 'false' ELSE 1 END",
          name, trimmed, fmt::format(fmt::runtime(zero), name));
    }
    conditions.push_back(std::move(counts));
  }
  return any_of(conditions, 0, conditions.size());
}

Result<std::vector<std::string>> hash_columns(sqlite::Database& db, const Sheet& sheet, const Table& table,
                                              std::span<const std::uint64_t> skip) {
  std::vector<std::size_t> columns;
  std::map<std::string, std::size_t> names;
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    columns.push_back(i);
    names[table.columns[i].name] = i;
  }
  ColumnHashes hashes(columns.size());
  ZMIG_TRY(RowCursor rows, RowCursor::open(db, table, columns));
  ZMIG_TRY(Annotations annotations, Annotations::open(db, table, std::move(names)));
  auto skipped = skip.begin();
  for (std::uint64_t number = std::uint64_t{sheet.header_row} + 1;; ++number) {
    ZMIG_TRY(const bool there, rows.next());
    if (!there) break;
    while (skipped != skip.end() && *skipped < number) ++skipped;
    if (skipped != skip.end() && *skipped == number) continue;
    for (std::size_t i = 0; i < columns.size(); ++i) hashes.add(i, rows.raw(i));
    if (!annotations.any()) continue;
    ZMIG_TRY(const auto* notes, annotations.of_row(rows.rowid()));
    for (const auto& [i, note] : *notes) {
      if (same_bytes(rows.raw(i), note.raw)) hashes.add(i, note);
    }
  }
  return hashes.finish();
}

}  // namespace zmig::sqlite_workbook
