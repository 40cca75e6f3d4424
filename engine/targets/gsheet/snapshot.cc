#include "targets/gsheet/snapshot.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <set>

#include <fmt/format.h>

#include "base/digest.h"
#include "base/running_hash.h"
#include "base/text.h"
#include "model/names.h"
#include "targets/gsheet/formats.h"
#include "targets/live.h"

namespace zmig::gsheet {
namespace {

constexpr std::size_t kMostTop = 64;

std::string book_mark(const std::string& spreadsheet_id) { return sha256_hex(spreadsheet_id).substr(0, 12); }

const RawCell* cell_at(const RawSheet& sheet, std::size_t row, std::size_t column) {
  if (row >= sheet.cells.size() || column >= sheet.cells[row].size()) return nullptr;
  return &sheet.cells[row][column];
}

std::uint64_t number_in(std::string_view text) {
  std::uint64_t number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  return read.ec == std::errc{} && read.ptr == text.data() + text.size() ? number : 0;
}

const RawMetadata* tagged(const std::vector<RawMetadata>& metadata, std::string_view key) {
  const auto found = std::find_if(metadata.begin(), metadata.end(), [&](const auto& one) { return one.key == key; });
  return found == metadata.end() ? nullptr : &*found;
}

std::int64_t size_of(const std::vector<RawMetadata>& metadata) {
  std::size_t size = 0;
  for (const RawMetadata& one : metadata) size += count_code_points(one.key) + count_code_points(one.value);
  return static_cast<std::int64_t>(size);
}

// --- The hidden sheet ------------------------------------------------------------------------------------------------

OwnSheet read_own(const RawSheet& raw) {
  OwnSheet own;
  own.there = true;
  own.tagged = tagged(raw.metadata, kOwnKey) != nullptr;
  own.id = raw.id;
  own.rows = raw.rows;
  own.columns = raw.columns;
  for (const std::vector<RawCell>& row : raw.cells) {
    std::pair<std::string, std::string> record;
    for (std::size_t i = 0; i < row.size(); ++i) (i == 0 ? record.first : record.second) += row[i].text;
    own.records.push_back(std::move(record));
  }
  while (!own.records.empty() && own.records.back().first.empty()) own.records.pop_back();
  return own;
}

const std::string* record_of(const OwnSheet& own, std::string_view name) {
  for (const auto& [record, text] : own.records) {
    if (record == name) return &text;
  }
  return nullptr;
}

Error bad_stamp(std::uint64_t number) {
  return make_error(Errc::corrupt, "ZM0603",
                    fmt::format("stamp entry {} is not what it was when it was written", number),
                    fmt::format("somebody changed the hidden sheet {}; the version history of the spreadsheet has it",
                                quoted(kOwnTitle)));
}

/// Entries that metadata vouches for. Very old ones have no metadata any more (it has a limit of its own).
Status read_stamps(const RawBook& raw, Snapshot& into) {
  const std::string mark = book_mark(raw.id);
  for (const RawMetadata& one : raw.metadata) {
    if (one.key != kStampKey) continue;
    StampSlot slot{one.id, one.value, 0};
    const std::vector<std::string> words = split(one.value, ' ');
    if (words.size() == 3 && words[2] == mark) slot.number = number_in(words[0]);
    if (words.size() == 3 && words[2] != mark) into.copied = true;
    into.slots.push_back(std::move(slot));
  }
  std::sort(into.slots.begin(), into.slots.end(),
            [](const StampSlot& a, const StampSlot& b) { return a.metadata_id < b.metadata_id; });
  while (std::any_of(raw.metadata.begin(), raw.metadata.end(), [&](const RawMetadata& one) {
    return one.key != kStampKey && one.id > into.stamp_base && one.id < into.stamp_base + kStampStep;
  }))
    into.stamp_base += kStampStep;
  constexpr std::size_t kManyEntries = 150;
  std::map<std::uint64_t, const StampSlot*> by_number;
  for (const StampSlot& slot : into.slots) {
    if (slot.number != 0) by_number[slot.number] = &slot;
  }
  if (by_number.empty()) return ok();
  std::set<std::uint64_t> found;
  for (const auto& [name, text] : into.own.records) {
    if (!name.starts_with("stamp ")) continue;
    const std::uint64_t number = number_in(std::string_view(name).substr(6));
    const auto vouched = by_number.find(number);
    const bool old = number < by_number.begin()->first && by_number.size() >= kManyEntries;
    if (vouched == by_number.end() && !old) continue;
    const Stamp stamp{number, text};
    if (vouched != by_number.end() && vouched->second->value != stamp_value(stamp, raw.id)) return bad_stamp(number);
    if (found.insert(number).second) into.book.stamps.push_back(stamp);
  }
  for (const auto& [number, slot] : by_number) {
    if (!found.contains(number)) return bad_stamp(number);
  }
  std::sort(into.book.stamps.begin(), into.book.stamps.end(),
            [](const Stamp& a, const Stamp& b) { return a.number < b.number; });
  return ok();
}

// --- Sheets ----------------------------------------------------------------------------------------------------------

class SheetReader {
 public:
  SheetReader(const RawBook& book, const RawSheet& raw, const std::vector<xlsx::NumberFormat>& meanings,
              const ReadOptions& options, const Remembered& remembered)
      : book_(book), raw_(raw), meanings_(meanings), options_(options), remembered_(remembered) {}

  /// `said`: what the catalogue knows of it, or null.
  Status read(const Sheet* said, const Sheet* known) {
    said_ = said;
    if (said != nullptr) sheet = *said;
    if (said == nullptr && known != nullptr) sheet = *known;
    sheet.columns.clear();
    sheet.managed = said != nullptr;
    sheet.title = raw_.title;
    sheet.hidden = raw_.hidden;
    sheet.header_row = header_row();
    sheet.frozen = raw_.frozen_rows >= sheet.header_row;
    state.id = raw_.id;
    state.rows = raw_.rows;
    state.columns = raw_.columns;
    state.frozen_rows = raw_.frozen_rows;
    state.frozen_columns = raw_.frozen_columns;
    state.hidden = raw_.hidden;
    state.merges = raw_.merges;
    state.tables = raw_.tables;
    if (const RawMetadata* tag = tagged(raw_.metadata, kSheetKey)) state.tag = *tag;
    measure();
    read_protections();
    ZMIG_CHECK_OK(read_columns());
    read_cells();
    return ok();
  }

  Sheet sheet;
  SheetState state;
  SheetCells cells;  // by position; the caller gives them their ids
  std::vector<std::vector<Cell>> columns;

 private:
  [[nodiscard]] std::size_t first_row() const { return sheet.header_row; }  // of the data, from 0

  [[nodiscard]] std::uint32_t header_row() const {
    for (const auto& [title, row] : options_.header_rows) {
      if (same_title_without_case(title, raw_.title)) return row;
    }
    if (said_ == nullptr) return find_header();
    // Somebody may have put rows above it.
    const std::uint32_t was = said_->header_row;
    if (headers_known(was) > 0 || said_->columns.empty()) return was;
    std::uint32_t best = was;
    std::size_t most = 0;
    for (std::uint32_t row = 1; row <= std::min(raw_.cells.size(), kMostTop); ++row) {
      if (headers_known(row) <= most) continue;
      most = headers_known(row);
      best = row;
    }
    return best;
  }

  [[nodiscard]] std::size_t headers_known(std::uint32_t row) const {
    if (row == 0 || row > raw_.cells.size()) return 0;
    std::size_t count = 0;
    for (const RawCell& cell : raw_.cells[row - 1]) {
      const bool known = cell.has_content() && column_by_header(*said_, text_of(cell)) != nullptr;
      count += known ? 1 : 0;
    }
    return count;
  }

  /// That of the only table or filter; else the first row that holds something and is no banner.
  [[nodiscard]] std::uint32_t find_header() const {
    if (raw_.tables.size() == 1) return static_cast<std::uint32_t>(raw_.tables[0].row0) + 1;
    if (raw_.tables.empty() && raw_.filter) return static_cast<std::uint32_t>(raw_.filter->row0) + 1;
    std::uint32_t last = 1;
    for (std::size_t row = 0; row < std::min(raw_.cells.size(), kMostTop); ++row) {
      const auto& filled = raw_.cells[row];
      const auto count = std::count_if(filled.begin(), filled.end(), [](const RawCell& c) { return c.has_content(); });
      if (count == 0) continue;
      last = static_cast<std::uint32_t>(row) + 1;
      const bool banner = count == 1 && std::any_of(raw_.merges.begin(), raw_.merges.end(), [&](const RawRange& m) {
                            return m.row0 <= static_cast<std::int64_t>(row) &&
                                   static_cast<std::int64_t>(row) < m.row1 && m.column1 - m.column0 > 1;
                          });
      if (!banner) return last;
    }
    return last;
  }

  void measure() {
    width_ = 0;
    std::size_t last = 0;  // row, from 1
    for (std::size_t row = 0; row < raw_.cells.size(); ++row) {
      const auto& filled = raw_.cells[row];
      std::size_t end = filled.size();
      while (end > 0 && !filled[end - 1].has_content()) --end;
      if (end == 0) continue;
      last = row + 1;
      if (row + 1 >= sheet.header_row) width_ = std::max(width_, end);
    }
    for (std::size_t i = 0; i < raw_.column_facts.size(); ++i) {
      const RawMetadata* tag = tagged(raw_.column_facts[i].metadata, kColumnKey);
      if (tag != nullptr && (knows(tag->value) || remembered_.columns.contains(tag->value)))
        width_ = std::max(width_, i + 1);
    }
    rows_ = last > first_row() ? last - first_row() : 0;
    const auto recorded = remembered_.rows.find(raw_.id);
    if (recorded != remembered_.rows.end()) rows_ = std::max(rows_, static_cast<std::size_t>(recorded->second));
    const auto grid = static_cast<std::size_t>(std::max<std::int64_t>(raw_.rows, 0));
    rows_ = std::min(rows_, grid > first_row() ? grid - first_row() : 0);
    for (std::size_t i = 0; i < rows_; ++i) cells.add_row(static_cast<std::int64_t>(first_row() + i) + 1);
  }

  [[nodiscard]] bool knows(const std::string& id) const {
    return said_ != nullptr && column_by_id(*said_, id) != nullptr;
  }

  void read_protections() {
    for (const RawProtection& one : raw_.protections) {
      const bool all_rows = one.range.row0 == 0 && one.range.row1 >= raw_.rows;
      const bool all_columns = one.range.column0 == 0 && one.range.column1 >= raw_.columns;
      const bool ours = one.description.starts_with("zmig:");
      if (ours && all_rows && all_columns) state.protection = one.id;
      if (!ours) state.foreign_protections.push_back(one);
      if (all_rows && all_columns && !one.warning_only && !one.whole_sheet_but) {
        const bool kept = ours && said_ != nullptr && said_->protection;
        sheet.protection = kept ? said_->protection : std::optional(editors_of(one));
        found_ = true;
      }
    }
    if (!found_) sheet.protection.reset();
  }

  [[nodiscard]] Editors editors_of(const RawProtection& one) const {
    Editors editors;
    for (const std::string& user : one.users) {
      if (user != options_.account) editors.except.push_back(user);
    }
    return editors;
  }

  /// The columns that carry an id, by that id; of several the one with the right header.
  Status find_ids() {
    std::map<std::string, std::vector<std::size_t>> carriers;
    for (std::size_t i = 0; i < width_ && i < raw_.column_facts.size(); ++i) {
      if (const RawMetadata* tag = tagged(raw_.column_facts[i].metadata, kColumnKey)) carriers[tag->value].push_back(i);
    }
    for (auto& [id, places] : carriers) {
      const Column* column = said_ == nullptr ? nullptr : column_by_id(*said_, id);
      const auto remembered = remembered_.columns.find(id);
      if (column == nullptr && remembered != remembered_.columns.end()) column = &remembered->second;
      if (column == nullptr) continue;
      if (places.size() > 1) {
        const std::vector<std::size_t> all = places;
        std::erase_if(places, [&](std::size_t i) { return !same_header(header_at(i), column->header); });
        if (places.size() != 1) {
          return make_error(Errc::conflict, "ZM0412",
                            fmt::format("the columns {} and {} both are {}", column_letters(all[0]),
                                        column_letters(all[1]), quoted(column->header)),
                            "a copied column carries the id of the original; delete the copy, or give only one of them "
                            "this header",
                            raw_.title);
        }
      }
      owners_[places[0]] = column;
    }
    return ok();
  }

  [[nodiscard]] std::string header_at(std::size_t column) const {
    const RawCell* cell = cell_at(raw_, sheet.header_row - 1, column);
    return cell == nullptr ? std::string() : text_of(*cell);
  }

  [[nodiscard]] std::string text_of(const RawCell& cell) const {
    static const Column kForeign = [] {
      Column column;
      column.managed = false;
      return column;
    }();
    return zmig::to_text(value_of(cell, kForeign));
  }

  [[nodiscard]] Value value_of(const RawCell& cell, const Column& column) const {
    switch (cell.kind) {
      case RawCell::Kind::none: return Blank{};
      case RawCell::Kind::number: return value_of_number(cell.number, column, meanings_[cell.format].moment);
      case RawCell::Kind::text: return Text{cell.text};
      case RawCell::Kind::boolean: return Boolean{cell.is_true};
      case RawCell::Kind::error: return CellError{cell.text};
    }
    return Blank{};
  }

  Status read_columns() {
    ZMIG_CHECK_OK(find_ids());
    state.column_states.resize(width_);
    for (std::size_t i = 0; i < width_; ++i) {
      ColumnState& where = state.column_states[i];
      const auto owner = owners_.find(i);
      Column column;
      column.managed = false;
      if (owner != owners_.end()) {
        column = *owner->second;
        column.managed = knows(column.id);
      }
      if (i < raw_.column_facts.size()) {
        column.hidden = raw_.column_facts[i].hidden;
        // The id of a copied column is the original's.
        if (const RawMetadata* tag = tagged(raw_.column_facts[i].metadata, kColumnKey)) where.tag = *tag;
      }
      column.header = header_at(i);
      const auto note = raw_.notes.find({sheet.header_row - 1, i});
      column.note = note == raw_.notes.end() ? std::nullopt : std::optional(note->second);
      read_format(i, owner != owners_.end(), column, where);
      read_rule(i, column);
      read_protection(i, column, where);
      sheet.columns.push_back(std::move(column));
    }
    return ok();
  }

  void read_format(std::size_t i, bool known, Column& column, ColumnState& where) const {
    std::map<std::uint32_t, std::size_t> filled;
    std::optional<std::uint32_t> everywhere;
    bool uniform = true;
    const auto grid = static_cast<std::size_t>(std::max<std::int64_t>(raw_.rows, 0));
    for (std::size_t row = first_row(); row < grid && (row < raw_.cells.size() || uniform); ++row) {
      const RawCell* cell = cell_at(raw_, row, i);
      const std::uint32_t format = cell == nullptr ? 0 : cell->format;
      if (cell != nullptr && cell->has_content()) ++filled[format];
      uniform = uniform && everywhere.value_or(format) == format;
      everywhere = format;
    }
    const auto recorded = known && where.tag ? remembered_.bases.find(where.tag->value) : remembered_.bases.end();
    if (recorded != remembered_.bases.end()) {
      where.base = recorded->second;
      // Somebody gave the whole column another one.
      if (!uniform || !everywhere || *everywhere == 0 || book_.formats[*everywhere] == where.base) return;
      where.base = book_.formats[*everywhere];
      column.format = meanings_[*everywhere].text;
      return;
    }
    std::uint32_t most = 0;
    for (const auto& [format, count] : filled) {
      const bool none_yet = !filled.contains(most);
      if (none_yet || count > filled[most] || (count == filled[most] && book_.formats[format] < book_.formats[most]))
        most = format;
    }
    where.base = book_.formats[most];
    const std::string& text = meanings_[most].text;
    column.format = text.empty() ? std::nullopt : std::optional(text);
  }

  void read_rule(std::size_t i, Column& column) const {
    std::optional<std::uint32_t> rule;
    for (std::size_t row = 0; row < std::max<std::size_t>(rows_, 1); ++row) {
      const RawCell* cell = cell_at(raw_, first_row() + row, i);
      const std::uint32_t here = cell == nullptr ? 0 : cell->rule;
      if (rule.value_or(here) != here) {
        rule = 0;
        break;
      }
      rule = here;
    }
    const RawRule& found = book_.rules[rule.value_or(0)];
    Allowed live;
    live.strict = found.kind.empty() || found.strict;
    if (found.kind == "ONE_OF_LIST") {
      live.kind = Allowed::Kind::list;
      live.values = found.values;
    } else if (found.kind == "BOOLEAN") {
      live.kind = Allowed::Kind::checkbox;
    } else if (found.kind == "ONE_OF_RANGE") {
      live.kind = Allowed::Kind::column;
    } else {
      live.strict = true;
    }
    const Allowed& said = column.allowed;
    const bool same =
        said.kind == live.kind && (live.kind != Allowed::Kind::list || (said.values == live.values)) &&
        (live.kind == Allowed::Kind::none || live.kind == Allowed::Kind::checkbox || said.strict == live.strict);
    if (same) return;
    column.allowed = live.kind == Allowed::Kind::column ? Allowed{} : std::move(live);
  }

  void read_protection(std::size_t i, Column& column, ColumnState& where) const {
    const std::optional<Editors> said = column.protection;
    column.protection.reset();
    for (const RawProtection& one : raw_.protections) {
      const auto at = static_cast<std::int64_t>(i);
      const bool exactly =
          one.range.column0 == at && one.range.column1 == at + 1 && one.range.row0 == 0 && one.range.row1 >= raw_.rows;
      if (!exactly || raw_.columns == 1) continue;
      const bool ours = one.description.starts_with("zmig:");
      if (ours) where.protection = one.id;
      if (!one.warning_only) column.protection = ours && said ? said : std::optional(editors_of(one));
    }
  }

  void read_cells() {
    static const Cell kBlank;
    columns.resize(width_);
    for (std::size_t i = 0; i < width_; ++i) {
      ColumnState& where = state.column_states[i];
      const Column& column = std::as_const(sheet).columns[i];
      std::vector<Cell>& into = columns[i];
      const bool has_base = where.base != RawFormat{};
      for (std::size_t row = 0; row < rows_; ++row) {
        const RawCell* raw = cell_at(raw_, first_row() + row, i);
        const RawFormat& format = book_.formats[raw == nullptr ? 0 : raw->format];
        if (has_base) where.bare.push_back(format == RawFormat{});
        if (raw == nullptr) continue;
        Cell cell;
        cell.value = value_of(*raw, column);
        cell.formula = raw->formula;
        if (format != where.base) {
          const std::string& text = meanings_[raw->format].text;
          if (!text.empty()) {
            cell.format = text;
          } else if (raw->has_content()) {
            cell.format = "native:General";
          }
        }
        if (cell == kBlank) continue;
        if (into.empty()) into.reserve(rows_);
        into.resize(row + 1);
        into[row] = std::move(cell);
      }
      // As many as there are rows, or up to the last one that is not bare.
      while (!where.bare.empty() && where.bare.back()) where.bare.pop_back();
    }
  }

  const RawBook& book_;
  const RawSheet& raw_;
  const std::vector<xlsx::NumberFormat>& meanings_;
  const ReadOptions& options_;
  const Remembered& remembered_;
  const Sheet* said_ = nullptr;
  bool found_ = false;
  std::size_t width_ = 0, rows_ = 0;
  std::map<std::size_t, const Column*> owners_;
};

/// Names of all data of neighbouring columns.
void read_ranges(const RawBook& raw, Snapshot& into) {
  for (const RawNamedRange& name : raw.named) {
    for (std::size_t i = 0; i < into.sheets.size(); ++i) {
      const SheetState& state = into.sheets[i];
      const Sheet& sheet = std::as_const(into.book.schema).sheets[i];
      if (state.id != name.range.sheet) continue;
      const bool all_data = name.range.row0 <= sheet.header_row && name.range.row1 >= state.rows;
      const std::int64_t last = std::min(name.range.column1, state.columns) - 1;
      if (!all_data || last < name.range.column0 || last >= static_cast<std::int64_t>(sheet.columns.size())) continue;
      into.book.schema.ranges.push_back({name.name, sheet.id,
                                         sheet.columns[static_cast<std::size_t>(name.range.column0)].id,
                                         sheet.columns[static_cast<std::size_t>(last)].id});
    }
  }
}

/// Which sheet of the spreadsheet is which of the catalogue: by its metadata, of two by its title.
std::map<std::int64_t, const Sheet*> owners_of(const RawBook& raw, const Schema& catalogue) {
  std::map<std::int64_t, const Sheet*> owners;
  for (const Sheet& said : catalogue.sheets) {
    std::vector<const RawSheet*> carriers;
    for (const RawSheet& sheet : raw.sheets) {
      if (tagged(sheet.metadata, kCopyKey) != nullptr) continue;  // it may have brought the id along
      const RawMetadata* tag = tagged(sheet.metadata, kSheetKey);
      if (tag != nullptr && tag->value == said.id) carriers.push_back(&sheet);
    }
    if (carriers.size() > 1) {
      const auto titled = std::find_if(carriers.begin(), carriers.end(),
                                       [&](const RawSheet* one) { return same_header(one->title, said.title); });
      if (titled != carriers.end()) std::swap(*carriers.begin(), *titled);
    }
    if (!carriers.empty()) owners[carriers[0]->id] = &said;
  }
  return owners;
}

std::string locale_of(std::string locale) {
  std::replace(locale.begin(), locale.end(), '_', '-');
  return locale;
}

}  // namespace

std::string stamp_value(const Stamp& stamp, const std::string& spreadsheet_id) {
  return fmt::format("{} {} {}", stamp.number, sha256_hex(stamp.entry).substr(0, 16), book_mark(spreadsheet_id));
}

std::string stamp_record(std::uint64_t number) { return fmt::format("stamp {}", number); }

std::string to_text(const Remembered& remembered) {
  std::string text;
  for (const auto& [sheet, rows] : remembered.rows) text += fmt::format("R {} {}\n", sheet, rows);
  for (const auto& [column, format] : remembered.bases)
    text += fmt::format("B {} {} {}\n", column, format.type, format.pattern);
  for (const auto& [id, column] : remembered.columns) text += fmt::format("C {} {}\n", id, column_to_json(column));
  for (const auto& [id, sheet] : remembered.sheets) text += fmt::format("S {} {}\n", id, sheet_to_json(sheet));
  return text;
}

Result<Remembered> remembered_from(std::string_view text) {
  Remembered remembered;
  for (const std::string& line : split(text, '\n')) {
    if (line.size() < 3) continue;
    const std::size_t blank = line.find(' ', 2);
    if (blank == std::string::npos) continue;
    const std::string key = line.substr(2, blank - 2), rest = line.substr(blank + 1);
    switch (line[0]) {
      case 'R': remembered.rows[static_cast<std::int64_t>(number_in(key))] = number_in(rest); break;
      case 'B': {
        const std::size_t mark = std::min(rest.find(' '), rest.size());
        remembered.bases[key] = {rest.substr(0, mark), rest.substr(std::min(mark + 1, rest.size()))};
        break;
      }
      case 'C': {
        ZMIG_TRY(remembered.columns[key], column_from_json(rest));
        break;
      }
      case 'S': {
        ZMIG_TRY(remembered.sheets[key], sheet_from_json(rest));
        break;
      }
      default: break;  // of a newer zmig: nothing that has to be understood
    }
  }
  return remembered;
}

std::size_t Snapshot::index_of(std::string_view sheet_id) const {
  const CowList<Sheet>& all = book.schema.sheets;
  return static_cast<std::size_t>(
      std::find_if(all.begin(), all.end(), [&](const Sheet& one) { return one.id == sheet_id; }) - all.begin());
}

Result<Snapshot> understand(const RawBook& raw, const ReadOptions& options) {
  Snapshot found;
  found.id = raw.id;
  found.title = raw.title;
  const RawSheet* own = nullptr;
  for (const RawSheet& sheet : raw.sheets) {
    if (tagged(sheet.metadata, kOwnKey) != nullptr) own = &sheet;
  }
  for (const RawSheet& sheet : raw.sheets) {
    if (own == nullptr && sheet.hidden && sheet.title == kOwnTitle) own = &sheet;
  }
  if (own != nullptr) found.own = read_own(*own);
  ZMIG_CHECK_OK(read_stamps(raw, found));
  Schema catalogue;
  if (const std::string* text = record_of(found.own, "catalogue")) { ZMIG_TRY(catalogue, catalogue_from_json(*text)); }
  if (const std::string* text = record_of(found.own, "remembered")) {
    ZMIG_TRY(found.remembered, remembered_from(*text));
  }
  Schema& schema = found.book.schema;
  schema.enums = catalogue.enums;
  schema.locale = catalogue.locale.empty() ? locale_of(raw.locale) : catalogue.locale;
  schema.time_zone = catalogue.time_zone.empty() ? raw.time_zone : catalogue.time_zone;
  std::vector<xlsx::NumberFormat> meanings;
  meanings.reserve(raw.formats.size());
  for (const RawFormat& format : raw.formats) meanings.push_back(meaning_of(format));
  found.metadata_sizes[-1] = size_of(raw.metadata);
  for (const RawSheet& sheet : raw.sheets) {
    std::int64_t& size = found.metadata_sizes[sheet.id] = size_of(sheet.metadata);
    for (const RawColumn& column : sheet.column_facts) size += size_of(column.metadata);
  }
  const auto owners = owners_of(raw, catalogue);
  std::vector<SheetReader> readers;
  readers.reserve(raw.sheets.size());
  for (const RawSheet& sheet : raw.sheets) {
    found.tabs.push_back({sheet.id, sheet.title, sheet.hidden, sheet.grid ? sheet.rows * sheet.columns : 0});
    if (const RawMetadata* copy = tagged(sheet.metadata, kCopyKey)) {
      found.copies.push_back({sheet.id, copy->value});
      continue;
    }
    if (&sheet == own || !sheet.grid) continue;
    const auto owner = owners.find(sheet.id);
    const RawMetadata* tag = tagged(sheet.metadata, kSheetKey);
    const auto known = tag == nullptr ? found.remembered.sheets.end() : found.remembered.sheets.find(tag->value);
    SheetReader reader(raw, sheet, meanings, options, found.remembered);
    ZMIG_CHECK_OK(reader.read(owner == owners.end() ? nullptr : owner->second,
                              known == found.remembered.sheets.end() ? nullptr : &known->second));
    schema.sheets.push_back(reader.sheet);
    found.sheets.push_back(reader.state);
    readers.push_back(std::move(reader));
  }
  number_foreign(schema);
  for (std::size_t s = 0; s < readers.size(); ++s) {
    const Sheet& sheet = std::as_const(schema).sheets[s];
    SheetCells& cells = found.book.cells[sheet.id] = std::move(readers[s].cells);
    for (std::size_t i = 0; i < sheet.columns.size(); ++i) {
      if (!readers[s].columns[i].empty()) cells.columns[sheet.columns[i].id] = std::move(readers[s].columns[i]);
    }
  }
  read_ranges(raw, found);
  return found;
}

std::string digest_of(const RawBook& book, const RawSheet& sheet) {
  RunningHash hash;
  const auto number = [&hash](std::int64_t value) { hash.add(1, static_cast<std::uint64_t>(value)); };
  number(sheet.rows);
  number(sheet.columns);
  for (std::size_t row = 0; row < sheet.cells.size(); ++row) {
    for (std::size_t column = 0; column < sheet.cells[row].size(); ++column) {
      const RawCell& cell = sheet.cells[row][column];
      const RawFormat& format = book.formats[cell.format];
      const RawRule& rule = book.rules[cell.rule];
      if (!cell.has_content() && format == RawFormat{} && rule.kind.empty()) continue;
      hash.add(2, (std::uint64_t{row} << 32U) + column);
      hash.add(3, format.type);
      hash.add(3, format.pattern);
      hash.add(rule.strict ? 4U : 5U, rule.kind);
      for (const std::string& value : rule.values) hash.add(6, value);
      hash.add(7, cell.formula);
      if (!cell.formula.empty()) continue;  // what it gives is its own
      hash.add(8 + static_cast<std::uint64_t>(cell.kind), cell.text);
      hash.add(cell.is_true ? 20U : 21U, std::bit_cast<std::uint64_t>(cell.number));
    }
  }
  for (const auto& [place, note] : sheet.notes) {
    hash.add(30, (std::uint64_t{place.first} << 32U) + place.second);
    hash.add(31, note);
  }
  for (const RawRange& merge : sheet.merges) {
    for (const std::int64_t side : {merge.row0, merge.row1, merge.column0, merge.column1}) number(side);
  }
  return hash.finish();
}

std::string first_difference(const Snapshot& before, const Snapshot& now) {
  if (before.slots != now.slots || before.own != now.own) return "the stamp";
  const auto same_tab = [](const Tab& a, const Tab& b) {
    return a.id == b.id && a.title == b.title && a.hidden == b.hidden;
  };
  if (!std::equal(before.tabs.begin(), before.tabs.end(), now.tabs.begin(), now.tabs.end(), same_tab))
    return "the sheets";
  const std::vector<Difference> differences = all_differences(before.book.schema, now.book.schema);
  if (!differences.empty()) return differences.front().where;
  if (before.book.schema != now.book.schema) return "the columns";
  for (std::size_t s = 0; s < before.sheets.size(); ++s) {
    const Sheet& sheet = std::as_const(now.book.schema).sheets[s];
    const SheetCells& then = before.book.cells.at(sheet.id);
    const SheetCells& here = now.book.cells.at(sheet.id);
    for (std::size_t row = 0; row < std::max(then.rows(), here.rows()); ++row) {
      for (const Column& column : sheet.columns) {
        const Cell& a = then.at(column.id, row);
        const Cell& b = here.at(column.id, row);
        if (a.formula == b.formula && a.format == b.format && (!a.formula.empty() || a.value == b.value)) continue;
        return cell_place(sheet, column.id, sheet.header_row + 1 + row);
      }
    }
    if (before.sheets[s] != now.sheets[s] || then.rows() != here.rows()) return sheet.title;
  }
  return {};
}

}  // namespace zmig::gsheet
