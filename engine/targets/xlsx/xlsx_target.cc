#include "targets/xlsx/xlsx_target.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "base/digest.h"
#include "base/posix.h"
#include "base/text.h"
#include "model/formula_places.h"
#include "model/names.h"
#include "targets/live.h"
#include "targets/xlsx/sheet_shape.h"
#include "targets/xlsx/stamp_part.h"

namespace zmig {
namespace {

using namespace xlsx;

}  // namespace

XlsxTarget::XlsxTarget(std::string path, TargetOptions options) : path_(std::move(path)), options_(std::move(options)) {
  capabilities_.kind = "xlsx";
  capabilities_.atomic_batch = capabilities_.carries_stamp = capabilities_.group_migrations = true;
  capabilities_.max_changes_per_batch = std::numeric_limits<std::size_t>::max();
  capabilities_.number_formats = true;
  capabilities_.formulas = true;
  capabilities_.any_kind_anywhere = true;
  capabilities_.max_columns = kColumns;
}

Result<std::unique_ptr<XlsxTarget>> XlsxTarget::open(const std::string& path, const TargetOptions& options) {
  ZMIG_TRY(const Package package, Package::open(path, options.xlsx_max_sheet_bytes));
  static_cast<void>(package);  // what is refused is refused at once
  return std::unique_ptr<XlsxTarget>(new XlsxTarget(path, options));
}

std::string XlsxTarget::title() const {
  const std::string name = folder_and_name(path_).name;
  const std::size_t dot = name.rfind('.');
  return dot == std::string::npos || dot == 0 ? name : name.substr(0, dot);
}

Result<Schema> XlsxTarget::inspect() {
  ZMIG_TRY(Package package, Package::open(path_, options_.xlsx_max_sheet_bytes));
  ZMIG_TRY(BookFacts facts, read_book(package));
  ZMIG_TRY(Styles styles, Styles::read(package));
  ZMIG_TRY(SharedStrings strings, SharedStrings::read(package));
  ZMIG_TRY(StampPart stamp, read_stamp_part(package));
  auto book = std::make_unique<Book>(
      Book{std::move(package), std::move(facts), std::move(styles), std::move(strings), std::move(stamp), {}});
  Schema schema;
  for (const BookSheet& from : book->facts.sheets) {
    if (!from.is_worksheet || from.title == kEnumSheet) continue;
    for (const Sheet& other : schema.sheets) {
      if (!same_title_without_case(other.title, from.title)) continue;
      return make_error(Errc::corrupt, "ZM0424", fmt::format("two sheets are called {}", quoted(from.title)),
                        "open the workbook in a spreadsheet program and save it anew", path_);
    }
    SheetState state;
    ZMIG_TRY(Sheet sheet, read_sheet(*book, from, state));
    schema.sheets.push_back(std::move(sheet));
    book->sheets.push_back(std::move(state));
  }
  for (std::size_t i = 0; i < book->sheets.size(); ++i) {
    ZMIG_CHECK_OK(read_notes(*book, book->sheets[i], schema.sheets[i]));
    ZMIG_CHECK_OK(read_lists(*book, book->sheets[i], schema.sheets[i]));
  }
  apply_stamp_part(book->stamp, schema);
  number_foreign(schema);
  read_ranges(*book, schema);
  ZMIG_CHECK_OK(book->package.zip().file().check_unchanged());
  schema_ = std::move(schema);
  book_ = std::move(book);
  return schema_;
}

Result<Sheet> XlsxTarget::read_sheet(Book& book, const BookSheet& from, SheetState& state) const {
  const Decoder decoder = book.decoder();
  std::uint32_t wanted = 0, recorded = 0;
  for (const auto& [title, row] : options_.header_rows) {
    if (same_title_without_case(title, from.title)) wanted = row;
  }
  if (book.stamp.catalogue && wanted == 0) {
    const Sheet* said = book.stamp.catalogue->sheet_titled(from.title);
    if (said != nullptr) recorded = said->header_row;
  }
  SheetShape shape(decoder, wanted != 0 ? wanted : recorded);
  ZMIG_TRY(SheetReader reader, SheetReader::open(book.package, from.part));
  for (;;) {
    ZMIG_TRY(const bool more, reader.next_row());
    if (!more) break;
    for (const RawCell& cell : reader.cells()) state.has_formulas = state.has_formulas || cell.has_formula;
    ZMIG_CHECK_OK(shape.add(reader.row(), reader.cells()));
  }
  state.title = from.title;
  state.part = from.part;
  state.facts = reader.facts();
  ZMIG_TRY(const std::vector<Region> tables, table_regions(book.package, from.part));
  ZMIG_TRY(ShapeFound found, shape.finish(state.facts, tables));
  if (wanted != 0 && found.headers.empty()) {
    return make_error(Errc::conflict, "ZM0432", fmt::format("row {} holds no header", wanted),
                      "say another `header_row`, or none: it is found by itself then", from.title);
  }
  state.last_row = found.last_row;
  Sheet sheet;
  sheet.title = from.title;
  sheet.managed = false;
  sheet.header_row = found.header_row;
  sheet.hidden = from.hidden;
  sheet.frozen = state.facts.frozen_rows >= found.header_row;
  if (state.facts.is_protected) sheet.protection = Editors{};
  for (std::size_t i = 0; i < found.headers.size(); ++i) {
    Column column;
    column.header = std::move(found.headers[i]);
    column.managed = false;
    const std::string& format = decoder.format(found.formats[i]).text;
    if (!format.empty()) column.format = format;
    sheet.columns.push_back(std::move(column));
  }
  for (const ColumnRange& range : state.facts.columns) {
    for (std::size_t i = range.first; range.hidden && i <= range.last && i < sheet.columns.size(); ++i)
      sheet.columns[i].hidden = true;
  }
  state.formats = std::move(found.formats);
  return sheet;
}

Status XlsxTarget::read_notes(const Book& book, const SheetState& state, Sheet& sheet) const {
  ZMIG_TRY(const std::vector<Relationship> all, book.package.relationships(state.part));
  const Relationship* part = Package::first(all, "comments");
  if (part == nullptr || book.package.zip().find(part->target) == nullptr) return ok();
  ZMIG_TRY(XmlReader xml, book.package.xml(part->target, kLargestHeld));
  for (;;) {
    ZMIG_TRY(const XmlKind kind, xml.next());
    if (kind == XmlKind::end) return ok();
    if (kind != XmlKind::open || !xml.is(Ns::main, "comment")) continue;
    const auto place = parse_place(xml.attribute("ref"));
    for (;;) {
      ZMIG_TRY(const bool child, xml.next_child());
      if (!child) break;
      if (!xml.is(Ns::main, "text")) {
        ZMIG_CHECK_OK(xml.skip());
        continue;
      }
      ZMIG_TRY(std::string text, rich_text(xml));
      if (place && place->row == sheet.header_row && place->column < sheet.columns.size() && !text.empty())
        sheet.columns[place->column].note = std::move(text);
    }
  }
}

Status XlsxTarget::read_lists(const Book& book, const SheetState& state, Sheet& sheet) const {
  for (const ListRule& rule : state.facts.lists) {
    std::vector<std::size_t> bound;
    for (const Region& region : rule.regions) {
      const std::uint32_t first = sheet.header_row + 1;
      for (std::size_t i = region.from.column; i <= region.to.column && i < sheet.columns.size(); ++i) {
        // A rule of the column stands on all its data; one on some cells says nothing about the column.
        if (region.from.row <= first && region.to.row >= std::max(state.last_row, first)) bound.push_back(i);
      }
    }
    if (bound.empty()) continue;
    ZMIG_TRY(const auto values, list_values(book, state, rule.formula));
    if (!values) continue;
    for (const std::size_t i : bound) {
      Allowed& allowed = sheet.columns[i].allowed;
      allowed.kind = Allowed::Kind::list;
      allowed.values = *values;
      allowed.strict = rule.strict;
    }
  }
  return ok();
}

Result<std::optional<std::vector<std::string>>> XlsxTarget::list_values(const Book& book, const SheetState& state,
                                                                        const std::string& formula) const {
  if (const auto literal = literal_list(formula)) return literal;
  std::string text = formula;
  if (const DefinedName* name = find_name(book.facts, formula, state.title)) text = name->text;
  if (text.starts_with('=')) text.erase(0, 1);
  const auto place = parse_sheet_region(text);
  if (!place) return std::optional<std::vector<std::string>>();
  return texts_of(book, place->sheet.empty() ? state.title : place->sheet, place->region);
}

Result<std::optional<std::vector<std::string>>> XlsxTarget::texts_of(const Book& book, const std::string& title,
                                                                     const Region& region) const {
  constexpr std::size_t kMostValues = 10'000;
  std::vector<std::string> values;
  const std::vector<BookSheet>& sheets = book.facts.sheets;
  const auto found = std::find_if(sheets.begin(), sheets.end(), [&](const BookSheet& one) {
    return one.is_worksheet && same_title_without_case(one.title, title);
  });
  if (found == sheets.end()) return std::optional<std::vector<std::string>>();
  const Decoder decoder = book.decoder();
  ZMIG_TRY(SheetReader reader, SheetReader::open(book.package, found->part));
  for (;;) {
    ZMIG_TRY(const bool more, reader.next_row());
    if (!more || reader.row() > region.to.row) return std::optional(std::move(values));
    for (const RawCell& cell : reader.cells()) {
      if (!region.contains({cell.column, reader.row()})) continue;
      Value value;
      ZMIG_CHECK_OK(decoder.decode(cell, reader.row(), value));
      if (is_blank(value)) continue;
      if (values.size() == kMostValues) return std::optional<std::vector<std::string>>();
      values.push_back(zmig::to_text(value));
    }
  }
}

/// Names of whole columns, or of all data of some.
void XlsxTarget::read_ranges(const Book& book, Schema& schema) {
  for (const DefinedName& name : book.facts.names) {
    if (name.local || name.hidden || name.name.starts_with("_xlnm.")) continue;
    const auto place = parse_sheet_region(name.text);
    if (!place) continue;
    for (std::size_t i = 0; i < book.sheets.size(); ++i) {
      const Sheet& sheet = schema.sheets[i];
      if (!same_title_without_case(sheet.title, place->sheet)) continue;
      const Region& region = place->region;
      const bool all_data = region.from.row <= sheet.header_row + 1 && region.to.row >= book.sheets[i].last_row &&
                            region.to.row > sheet.header_row;
      if (!all_data || region.to.column >= sheet.columns.size()) continue;
      schema.ranges.push_back(
          {name.name, sheet.id, sheet.columns[region.from.column].id, sheet.columns[region.to.column].id});
    }
  }
}

Result<std::size_t> XlsxTarget::place_of(const std::string& sheet_id) {
  if (!book_) ZMIG_CHECK_OK(inspect());
  const CowList<Sheet>& sheets = schema_.sheets;
  const auto found = std::find_if(sheets.begin(), sheets.end(), [&](const Sheet& one) { return one.id == sheet_id; });
  if (found != sheets.end()) return static_cast<std::size_t>(found - sheets.begin());
  return make_error(Errc::not_found, "ZM0313", fmt::format("no sheet with the id {}", quoted(sheet_id)));
}

Status XlsxTarget::each_row(const std::string& sheet_id, const RowTaker& take) {
  ZMIG_TRY(const std::size_t place, place_of(sheet_id));
  const Sheet& sheet = schema_.sheets[place];
  const SheetState& state = book_->sheets[place];
  ZMIG_TRY(SheetReader reader, SheetReader::open(book_->package, state.part));
  for (;;) {
    ZMIG_TRY(const bool more, reader.next_row());
    if (!more || reader.row() > state.last_row) break;
    if (reader.row() > sheet.header_row) ZMIG_CHECK_OK(take(reader.row(), reader.cells()));
  }
  return book_->package.zip().file().check_unchanged();
}

Status XlsxTarget::scan(const std::string& sheet_id, std::span<const std::string> column_ids, const RowSink& sink) {
  ZMIG_TRY(const std::size_t place, place_of(sheet_id));
  const Sheet& sheet = schema_.sheets[place];
  const SheetState& state = book_->sheets[place];
  std::vector<std::vector<std::size_t>> asked(sheet.columns.size());  // column -> places in the answer
  for (std::size_t i = 0; i < column_ids.size(); ++i) {
    const std::size_t column = column_index(sheet, column_ids[i]);
    if (column >= sheet.columns.size()) {
      return make_error(
          Errc::not_found, "ZM0314",
          fmt::format("no column with the id {} in sheet {}", quoted(column_ids[i]), quoted(sheet.title)));
    }
    asked[column].push_back(i);
  }
  const Decoder decoder = book_->decoder();
  std::vector<Cell> cells(column_ids.size());
  std::vector<std::size_t> filled;
  const auto give = [&](std::uint32_t row) { return sink(RowView{{row, static_cast<std::int64_t>(row), {}}, cells}); };
  const auto clear = [&] {
    for (const std::size_t i : filled) {
      cells[i].formula.clear();
      cells[i].format.clear();
      cells[i].value = Blank{};
    }
    filled.clear();
  };
  std::uint32_t next = sheet.header_row + 1;
  Status scanned = each_row(sheet_id, [&](std::uint32_t row, std::span<const RawCell> stored) -> Status {
    clear();
    for (; next < row; ++next) ZMIG_CHECK_OK(give(next));
    next = row + 1;
    for (const RawCell& from : stored) {
      if (from.column >= asked.size() || asked[from.column].empty() || !decoder.has_content(from)) continue;
      const std::uint32_t format = decoder.format_of(from);
      for (const std::size_t i : asked[from.column]) {
        Cell& cell = cells[i];
        ZMIG_CHECK_OK(decoder.decode(from, row, cell.value, &sheet.columns[from.column]));
        cell.formula = from.formula;
        const std::string& text = decoder.format(format).text;
        if (format != state.formats[from.column] && text != decoder.format(state.formats[from.column]).text)
          cell.format = text.empty() ? "native:General" : text;
        filled.push_back(i);
      }
    }
    return give(row);
  });
  if (!scanned) return scanned;
  clear();
  for (; next <= state.last_row; ++next) ZMIG_CHECK_OK(give(next));
  return ok();
}

Result<std::vector<std::string>> XlsxTarget::column_hashes(const std::string& sheet_id,
                                                           std::span<const std::uint64_t> skip) {
  ZMIG_TRY(const std::size_t place, place_of(sheet_id));
  std::vector<Sha256> hashes(schema_.sheets[place].columns.size());
  const Decoder decoder = book_->decoder();
  Value value;
  std::string said, shared, formula;
  std::array<char, 24> digits{};
  const Status scanned = each_row(sheet_id, [&](std::uint32_t number, std::span<const RawCell> stored) -> Status {
    const auto left_out = std::lower_bound(skip.begin(), skip.end(), std::uint64_t{number});
    if (left_out != skip.end() && *left_out == number) return ok();
    const auto row = number - static_cast<std::uint32_t>(left_out - skip.begin());  // as if those were not there
    for (const RawCell& cell : stored) {
      if (cell.column >= hashes.size()) continue;
      std::string_view text = cell.value;
      if (cell.kind == CellKind::shared) {  // the text counts, not where it stands
        ZMIG_CHECK_OK(decoder.decode(cell, number, value));
        shared = zmig::to_text(value);
        text = shared;
      }
      const std::string& format = decoder.format(decoder.format_of(cell)).text;
      const bool is_text = cell.kind == CellKind::shared || cell.kind == CellKind::text;
      const int kind = is_text ? static_cast<int>(CellKind::text) : static_cast<int>(cell.kind);
      // The places that it names follow when columns and rows move; the rest of it stays.
      formula = cell.formula.empty() ? std::string() : formula_without_places(cell.formula);
      said.clear();
      for (const std::size_t one :
           {std::size_t{row}, static_cast<std::size_t>(kind), text.size(), formula.size(), format.size()}) {
        said.append(digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), one).ptr);
        said += ':';
      }
      said.append(text).append(formula).append(format);
      hashes[cell.column].update(said);
    }
    return ok();
  });
  if (!scanned) return scanned.error();
  std::vector<std::string> finished;
  finished.reserve(hashes.size());
  for (Sha256& hash : hashes) finished.push_back("sha256:" + hash.finish_hex());
  return finished;
}

Result<std::uint64_t> XlsxTarget::row_count(const std::string& sheet_id) {
  ZMIG_TRY(const std::size_t place, place_of(sheet_id));
  const std::uint32_t header = schema_.sheets[place].header_row, last = book_->sheets[place].last_row;
  return std::uint64_t{last > header ? last - header : 0};
}

Result<std::string> XlsxTarget::revision() {
  constexpr std::uint64_t kPiece = 1 << 20;
  ZMIG_TRY(const auto file, ReadFile::open(path_));
  Sha256 hash;
  std::string piece;
  for (std::uint64_t at = 0; at < file->size(); at += kPiece) {
    piece.clear();
    ZMIG_CHECK_OK(file->read(at, static_cast<std::size_t>(std::min(kPiece, file->size() - at)), piece));
    hash.update(piece);
  }
  return "sha256:" + hash.finish_hex();
}

Result<std::vector<Stamp>> XlsxTarget::stamps() {
  ZMIG_TRY(const Package package, Package::open(path_, options_.xlsx_max_sheet_bytes));
  ZMIG_TRY(StampPart part, read_stamp_part(package));
  return std::move(part.stamps);
}

}  // namespace zmig
