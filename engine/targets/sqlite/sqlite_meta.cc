#include "targets/sqlite/sqlite_meta.h"

#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "targets/live.h"
#include "targets/sqlite/sqlite_guards.h"

namespace zmig::sqlite_workbook {
namespace {

constexpr std::int64_t kFormat = 1;

constexpr std::string_view kCreate =
    "CREATE TABLE _zmig_meta(key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE _zmig_stamp(number INTEGER PRIMARY KEY, entry TEXT NOT NULL);"
    "CREATE TABLE _zmig_sheet(id TEXT PRIMARY KEY, title TEXT NOT NULL, table_name TEXT NOT NULL COLLATE NOCASE UNIQUE,"
    " position INTEGER NOT NULL, owned INTEGER NOT NULL, state TEXT NOT NULL, extra TEXT) WITHOUT ROWID;"
    "CREATE TABLE _zmig_column(id TEXT PRIMARY KEY, sheet TEXT NOT NULL, header TEXT NOT NULL, column_name TEXT NOT "
    "NULL,"
    " cid INTEGER NOT NULL, position INTEGER NOT NULL, type TEXT NOT NULL, fallback TEXT, format TEXT, enum TEXT,"
    " lenient INTEGER NOT NULL, content TEXT NOT NULL, formula TEXT, extra TEXT) WITHOUT ROWID;"
    "CREATE TABLE _zmig_enum_value(enum TEXT, value TEXT, position INTEGER NOT NULL, offered INTEGER NOT NULL, note "
    "TEXT,"
    " PRIMARY KEY(enum, value)) WITHOUT ROWID;"
    "CREATE TABLE _zmig_cell(sheet TEXT, row INTEGER, column TEXT, raw, kind TEXT, formula TEXT, format TEXT,"
    " PRIMARY KEY(sheet, row, column)) WITHOUT ROWID;";

Error unreadable(std::string why) {
  return make_error(Errc::corrupt, "ZM0481", "the catalogue of this workbook cannot be read: " + std::move(why),
                    "use the zmig that wrote it, or restore a backup");
}

/// Of a query: a catalogue that has other columns is damaged, a disk or a lock that fails is not.
Error unreadable(const Error& error) { return sqlite::says_no(error) ? unreadable(error.message) : error; }

sqlite::Datum datum(std::string_view text) { return std::string(text); }
sqlite::Datum datum(std::size_t number) { return static_cast<std::int64_t>(number); }
sqlite::Datum datum(bool yes) { return std::int64_t{yes ? 1 : 0}; }
sqlite::Datum maybe(const std::optional<std::string>& text) { return text ? sqlite::Datum(*text) : sqlite::Datum(); }

std::string text_at(const MetaRow& row, std::size_t at) {
  const auto* text = std::get_if<std::string>(&row[at]);
  return text != nullptr ? *text : std::string();
}
std::string_view view_at(const MetaRow& row, std::size_t at) {
  const auto* text = std::get_if<std::string>(&row[at]);
  return text != nullptr ? std::string_view(*text) : std::string_view();
}
std::int64_t integer_at(const MetaRow& row, std::size_t at) {
  const auto* integer = std::get_if<std::int64_t>(&row[at]);
  return integer != nullptr ? *integer : 0;
}

Result<std::vector<MetaRow>> all_rows(sqlite::Database& db, std::string_view sql) {
  std::vector<MetaRow> found;
  ZMIG_TRY(sqlite::Statement rows, db.prepare(sql));
  for (;;) {
    ZMIG_TRY(const bool there, rows.step());
    if (!there) return found;
    MetaRow row;
    const int columns = rows.columns();
    row.reserve(static_cast<std::size_t>(columns));
    for (int i = 0; i < columns; ++i) row.push_back(rows.datum(i));
    found.push_back(std::move(row));
  }
}

constexpr std::string_view kSheetRows = "SELECT id, title, table_name, position, owned, state, extra FROM _zmig_sheet";
constexpr std::string_view kColumnRows =
    "SELECT id, sheet, header, column_name, cid, position, type, fallback, format, enum, lenient, content, formula, "
    "extra "
    "FROM _zmig_column";
constexpr std::string_view kEnumRows =
    "SELECT enum, value, position, offered, note FROM _zmig_enum_value ORDER BY enum, position, value";

std::map<std::string, MetaRow> by_id(std::vector<MetaRow> rows) {
  std::map<std::string, MetaRow> found;
  for (MetaRow& row : rows) {
    std::string id = text_at(row, 0);
    found.emplace(std::move(id), std::move(row));
  }
  return found;
}

// --- reading

bool is_foreign_id(std::string_view id) { return id.starts_with('~'); }

/// The rows of columns by the key of their sheet, in the order of the catalogue.
using ColumnsOfSheets = std::map<std::string_view, std::vector<const MetaRow*>>;
ColumnsOfSheets columns_of_sheets(const Catalogue& catalogue) {
  ColumnsOfSheets found;
  for (const auto& [id, row] : catalogue.columns) found[view_at(row, column_row::sheet)].push_back(&row);
  return found;
}

/// The catalogue's row for each column of the table: by name, else by physical place when a person renamed it.
struct Matched {
  std::vector<const MetaRow*> rows;  // parallel to the columns of the table; null: not in the catalogue
  std::vector<std::int64_t> lost;    // positions of those that are gone
};
Matched match_columns(const std::vector<const MetaRow*>& catalogue, const Table& table) {
  Matched matched{std::vector<const MetaRow*>(table.columns.size(), nullptr), {}};
  std::vector<const MetaRow*>& found = matched.rows;
  std::vector<const MetaRow*> lost;
  bool coherent = true;
  std::map<std::string, std::size_t, std::less<>> index_of;  // as same_name() compares
  for (std::size_t i = 0; i < table.columns.size(); ++i) index_of.emplace(folded_name(table.columns[i].name), i);
  for (const MetaRow* row : catalogue) {
    const auto at = index_of.find(folded_name(view_at(*row, column_row::column_name)));
    if (at == index_of.end()) {
      lost.push_back(row);
      continue;
    }
    coherent = coherent && table.columns[at->second].cid == integer_at(*row, column_row::cid);
    found[at->second] = row;
  }
  // Anchors count only as long as every other column stands at its own (xlsx-csv.md 3.3).
  for (const MetaRow* row : lost) {
    bool renamed = false;
    for (std::size_t i = 0; coherent && i < table.columns.size(); ++i) {
      if (found[i] != nullptr || table.columns[i].cid != integer_at(*row, column_row::cid)) continue;
      found[i] = row;
      renamed = true;
    }
    if (!renamed) matched.lost.push_back(integer_at(*row, column_row::position));
  }
  return matched;
}

/// The recorded place, without those of things that are gone: nobody fills a gap that a removal left.
std::int64_t closed_up(std::int64_t position, const std::vector<std::int64_t>& lost) {
  return position - std::count_if(lost.begin(), lost.end(), [&](std::int64_t gone) { return gone < position; });
}

Result<Column> live_column(const MetaRow* row, const TableColumn& stored) {
  Column column;
  column.managed = false;
  column.header = stored.name;
  if (row != nullptr) {
    auto known = column_from_json(view_at(*row, column_row::extra));
    if (!known) return unreadable(known.error().message);
    column = std::move(*known);
    column.id = text_at(*row, column_row::id);
    column.managed = !is_foreign_id(column.id);
    const bool renamed = !same_name(view_at(*row, column_row::column_name), stored.name);
    column.header = renamed ? stored.name : text_at(*row, column_row::header);
  }
  if (!stored.generated.empty()) column.computed = Computed{stored.generated, true};
  return column;
}

struct LiveSheet {
  Sheet sheet;
  Table table;
};

Result<LiveSheet> live_sheet(const Catalogue& catalogue, const ColumnsOfSheets& columns_of, Table table) {
  LiveSheet live;
  live.sheet.managed = false;
  live.sheet.title = table.name;
  const MetaRow* known = nullptr;
  for (const auto& [id, row] : catalogue.sheets) {
    if (same_name(view_at(row, sheet_row::table_name), table.name)) known = &row;
  }
  std::string key;
  if (known != nullptr) {
    auto sheet = sheet_from_json(text_at(*known, sheet_row::extra));
    if (!sheet) return unreadable(sheet.error().message);
    live.sheet = std::move(*sheet);
    key = text_at(*known, sheet_row::id);
    live.sheet.id = key;
    live.sheet.managed = !is_foreign_id(key);
    live.sheet.title = text_at(*known, sheet_row::title);
    live.sheet.columns.clear();
    table.owned = integer_at(*known, sheet_row::owned) != 0;
  }
  const auto recorded = columns_of.find(key);
  const Matched matched =
      match_columns(recorded == columns_of.end() ? std::vector<const MetaRow*>() : recorded->second, table);
  const std::vector<const MetaRow*>& rows = matched.rows;
  // Put in order by their numbers: a column is a large thing to move about.
  std::vector<std::pair<std::optional<std::int64_t>, std::size_t>> order;
  order.reserve(table.columns.size());
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    std::optional<std::int64_t> position;
    if (rows[i] != nullptr) position = closed_up(integer_at(*rows[i], column_row::position), matched.lost);
    order.emplace_back(position, i);
  }
  std::vector<TableColumn> stored = std::move(table.columns);
  table.columns.clear();
  table.columns.reserve(stored.size());
  live.sheet.columns.reserve(stored.size());
  for (const std::size_t i : in_recorded_order(std::move(order))) {
    ZMIG_TRY(Column column, live_column(rows[i], stored[i]));
    live.sheet.columns.push_back(std::move(column));
    table.columns.push_back(std::move(stored[i]));
  }
  live.table = std::move(table);
  return live;
}

/// Values as the table holds them, which binds every writer; order of the enums from the stored list.
void read_enums(const Catalogue& catalogue, Schema& schema) {
  std::map<std::string, std::vector<EnumValue>> values;
  for (const MetaRow& row : catalogue.enum_values) {
    const std::string name = text_at(row, enum_row::name);
    if (name.starts_with(kOwnPrefix)) continue;
    EnumValue value{text_at(row, enum_row::value), std::nullopt, integer_at(row, enum_row::offered) != 0};
    if (!std::holds_alternative<std::monostate>(row[enum_row::note])) value.note = text_at(row, enum_row::note);
    values[name].push_back(std::move(value));
  }
  for (Enum& one : schema.enums) {
    const auto found = values.find(one.name);
    one.values = found == values.end() ? std::vector<EnumValue>{} : std::move(found->second);
    if (found != values.end()) values.erase(found);
  }
  for (auto& [name, rest] : values) schema.enums.push_back(Enum{name, std::move(rest)});
}

// --- writing

MetaRow meta_row(const Sheet& sheet, const Table& table, std::size_t position) {
  const std::string id = sheet.managed ? sheet.id : "~" + sqlite::identifier(table.name);
  Sheet facts = sheet;
  facts.columns.clear();
  return {datum(id),
          datum(sheet.title),
          datum(table.name),
          datum(position),
          datum(table.owned),
          datum(std::string_view(sheet.hidden ? "hidden" : "visible")),
          datum(sheet_to_json(facts))};
}

MetaRow meta_row(const std::string& sheet_key, const Table& table, const Column& column, const TableColumn& stored,
                 std::size_t position) {
  const std::string id =
      column.managed ? column.id : "~" + sqlite::identifier(table.name) + "." + sqlite::identifier(stored.name);
  const bool generated = !stored.generated.empty();
  Column facts = column;
  if (generated) facts.computed.reset();  // the table says it
  const std::optional<std::string> fallback =
      column.rules.fallback ? std::optional(to_text(*column.rules.fallback, column.type)) : std::nullopt;
  const std::optional<std::string> formula = column.computed ? std::optional(column.computed->formula) : std::nullopt;
  const std::string enum_name = column.type.kind == TypeKind::enumeration ? column.type.of : column.allowed.enum_name;
  return {datum(id),
          datum(sheet_key),
          datum(column.header),
          datum(stored.name),
          datum(static_cast<std::size_t>(stored.cid)),
          datum(position),
          datum(to_string(column.type)),
          maybe(fallback),
          maybe(column.format),
          enum_name.empty() ? sqlite::Datum() : datum(enum_name),
          datum(column.rules.lenient),
          datum(std::string_view(formula ? "formula" : "value")),
          maybe(formula),
          datum(column_to_json(facts))};
}

/// A foreign thing that says nothing beyond its name needs no row.
bool is_plain(const Column& column, const TableColumn& stored) {
  Column plain;
  plain.id = column.id;
  plain.header = stored.name;
  plain.managed = false;
  if (!stored.generated.empty()) plain.computed = column.computed;
  return column == plain;
}
bool is_plain(const Sheet& sheet, const Table& table) {
  Sheet plain;
  plain.id = sheet.id;
  plain.title = table.name;
  plain.managed = false;
  plain.columns = sheet.columns;
  return sheet == plain;
}

struct Rows {
  std::map<std::string, MetaRow> sheets, columns;
};

/// Whether the foreign columns stand in the order in which the table has them: then nothing needs to be recorded.
bool in_physical_order(const Sheet& sheet, const Table& table) {
  int last = -1;
  for (std::size_t c = 0; c < table.columns.size(); ++c) {
    if (sheet.columns[c].managed) continue;
    if (table.columns[c].cid < last) return false;
    last = table.columns[c].cid;
  }
  return true;
}

/// The same for the foreign sheets; `made`: names of all tables in the order in which they were made.
bool in_physical_order(const Layout& layout, const std::vector<MetaRow>& made) {
  auto last = made.begin();
  for (std::size_t s = 0; s < layout.tables.size(); ++s) {
    if (layout.schema.sheets[s].managed) continue;
    last = std::find_if(last, made.end(),
                        [&](const MetaRow& row) { return same_name(text_at(row, 0), layout.tables[s].name); });
    if (last == made.end()) return false;
  }
  return true;
}

Rows rows_of(const Layout& layout, const std::vector<MetaRow>& made) {
  Rows rows;
  const bool sheets_in_order = in_physical_order(layout, made);
  for (std::size_t s = 0; s < layout.tables.size(); ++s) {
    const Sheet& sheet = layout.schema.sheets[s];
    const Table& table = layout.tables[s];
    MetaRow sheet_of = meta_row(sheet, table, s);
    const std::string key = text_at(sheet_of, sheet_row::id);
    const bool in_order = in_physical_order(sheet, table);
    bool needed = sheet.managed || !sheets_in_order || !is_plain(sheet, table);
    for (std::size_t c = 0; c < table.columns.size(); ++c) {
      const Column& column = sheet.columns[c];
      if (!column.managed && in_order && is_plain(column, table.columns[c])) continue;
      MetaRow row = meta_row(key, table, column, table.columns[c], c);
      std::string id = text_at(row, column_row::id);
      rows.columns.emplace(std::move(id), std::move(row));
      needed = true;
    }
    if (needed) rows.sheets.emplace(key, std::move(sheet_of));
  }
  return rows;
}

Status store(sqlite::Database& db, std::string_view table, std::map<std::string, MetaRow> wanted,
             const std::map<std::string, MetaRow>& there) {
  ZMIG_TRY(sqlite::Statement remove, db.prepare(fmt::format("DELETE FROM {} WHERE id = ?1", table)));
  // Names may change places, so whatever changes goes first.
  for (const auto& [id, row] : there) {
    const auto same = wanted.find(id);
    if (same != wanted.end() && same->second == row) {
      wanted.erase(same);
      continue;
    }
    remove.bind(1, id);
    ZMIG_CHECK_OK(remove.run());
  }
  if (wanted.empty()) return ok();
  std::string marks = "?";
  for (std::size_t i = 1; i < wanted.begin()->second.size(); ++i) marks += ", ?";
  ZMIG_TRY(sqlite::Statement insert, db.prepare(fmt::format("INSERT INTO {} VALUES({})", table, marks)));
  for (const auto& [id, row] : wanted) {
    for (std::size_t i = 0; i < row.size(); ++i) insert.bind(static_cast<int>(i) + 1, row[i]);
    ZMIG_CHECK_OK(insert.run());
  }
  return ok();
}

Status store_enums(sqlite::Database& db, const Schema& schema, const std::vector<MetaRow>& there) {
  std::vector<MetaRow> wanted = own_lists(schema);
  for (const Enum& one : schema.enums) {
    for (std::size_t i = 0; i < one.values.size(); ++i) {
      const EnumValue& value = one.values[i];
      wanted.push_back({datum(one.name), datum(value.text), datum(i), datum(value.offered), maybe(value.note)});
    }
  }
  ZMIG_TRY(sqlite::Statement remove, db.prepare("DELETE FROM _zmig_enum_value WHERE enum = ?1 AND value = ?2"));
  for (const MetaRow& row : there) {
    const auto same = std::find(wanted.begin(), wanted.end(), row);
    if (same != wanted.end()) {
      wanted.erase(same);
      continue;
    }
    remove.bind(1, row[enum_row::name]).bind(2, row[enum_row::value]);
    ZMIG_CHECK_OK(remove.run());
  }
  ZMIG_TRY(sqlite::Statement insert, db.prepare("INSERT INTO _zmig_enum_value VALUES(?, ?, ?, ?, ?)"));
  for (const MetaRow& row : wanted) {
    for (std::size_t i = 0; i < row.size(); ++i) insert.bind(static_cast<int>(i) + 1, row[i]);
    ZMIG_CHECK_OK(insert.run());
  }
  return ok();
}

Status store_meta(sqlite::Database& db, const Catalogue& there, const std::string& key, const std::string& value) {
  const auto found = there.meta.find(key);
  if (found != there.meta.end() && found->second == value) return ok();
  ZMIG_TRY(sqlite::Statement insert, db.prepare("INSERT OR REPLACE INTO _zmig_meta VALUES(?1, ?2)"));
  insert.bind(1, key).bind(2, value);
  return insert.run();
}

/// What belongs to no sheet: order of the enums, ranges, locale.
std::string workbook_facts(const Schema& schema) {
  Schema facts;
  facts.enums = schema.enums;
  facts.ranges = schema.ranges;
  facts.locale = schema.locale;
  facts.time_zone = schema.time_zone;
  return catalogue_to_json(facts);
}

}  // namespace

Result<bool> has_meta(sqlite::Database& db) {
  ZMIG_TRY(sqlite::Statement found,
           db.prepare("SELECT 1 FROM main.sqlite_schema WHERE type = 'table' AND name LIKE '\\_zmig\\_%' ESCAPE '\\'"));
  return found.step();
}

Result<Catalogue> read_catalogue(sqlite::Database& db) {
  Catalogue catalogue;
  ZMIG_TRY(catalogue.present, has_meta(db));
  if (!catalogue.present) return catalogue;
  auto meta = all_rows(db, "SELECT key, value FROM _zmig_meta");
  if (!meta) return unreadable(meta.error());
  for (const MetaRow& row : *meta) catalogue.meta[text_at(row, 0)] = text_at(row, 1);
  const std::string format = catalogue.meta["format"];
  if (format != std::to_string(kFormat)) {
    return make_error(Errc::corrupt, "ZM0481",
                      fmt::format("this workbook was written by a newer zmig (format {})", quoted(format)),
                      "use a newer zmig");
  }
  auto sheets = all_rows(db, kSheetRows);
  if (!sheets) return unreadable(sheets.error());
  auto columns = all_rows(db, kColumnRows);
  if (!columns) return unreadable(columns.error());
  auto enums = all_rows(db, kEnumRows);
  if (!enums) return unreadable(enums.error());
  catalogue.sheets = by_id(std::move(*sheets));
  catalogue.columns = by_id(std::move(*columns));
  catalogue.enum_values = std::move(*enums);
  return catalogue;
}

Result<Layout> read_layout(sqlite::Database& db) {
  ZMIG_TRY(const Catalogue catalogue, read_catalogue(db));
  ZMIG_TRY(std::vector<Table> tables, read_tables(db));
  Layout layout;
  const auto facts = catalogue.meta.find("workbook");
  if (facts != catalogue.meta.end()) {
    auto schema = catalogue_from_json(facts->second);
    if (!schema) return unreadable(schema.error().message);
    layout.schema = std::move(*schema);
  }
  if (catalogue.present) read_enums(catalogue, layout.schema);
  std::vector<std::int64_t> lost;
  for (const auto& [id, row] : catalogue.sheets) {
    const std::string name = text_at(row, sheet_row::table_name);
    const bool there =
        std::any_of(tables.begin(), tables.end(), [&](const Table& table) { return same_name(table.name, name); });
    if (!there) lost.push_back(integer_at(row, sheet_row::position));
  }
  const ColumnsOfSheets columns_of = columns_of_sheets(catalogue);
  std::vector<std::pair<std::optional<std::int64_t>, LiveSheet>> sheets;
  for (Table& table : tables) {
    ZMIG_TRY(LiveSheet live, live_sheet(catalogue, columns_of, std::move(table)));
    const auto row = catalogue.sheets.find(live.sheet.id);
    std::optional<std::int64_t> position;
    if (row != catalogue.sheets.end()) position = closed_up(integer_at(row->second, sheet_row::position), lost);
    sheets.emplace_back(position, std::move(live));
  }
  for (LiveSheet& live : in_recorded_order(std::move(sheets))) {
    layout.schema.sheets.push_back(std::move(live.sheet));
    layout.tables.push_back(std::move(live.table));
  }
  number_foreign(layout.schema);
  if (catalogue.present) ZMIG_CHECK_OK(check_guards(db, layout));
  return layout;
}

Status create_meta(sqlite::Database& db, bool owned) {
  ZMIG_CHECK_OK(db.exec(kCreate));
  ZMIG_TRY(sqlite::Statement insert, db.prepare("INSERT INTO _zmig_meta VALUES(?1, ?2)"));
  insert.bind(1, "format").bind(2, std::to_string(kFormat));
  ZMIG_CHECK_OK(insert.run());
  insert.bind(1, "owned").bind(2, owned ? "1" : "0");
  return insert.run();
}

Status write_catalogue(sqlite::Database& db, const Layout& layout) {
  ZMIG_TRY(const Catalogue there, read_catalogue(db));
  ZMIG_TRY(const std::vector<MetaRow> made,
           all_rows(db, "SELECT name FROM main.sqlite_schema WHERE type IN ('table', 'view') ORDER BY rowid"));
  Rows wanted = rows_of(layout, made);
  ZMIG_CHECK_OK(store(db, "_zmig_sheet", std::move(wanted.sheets), there.sheets));
  ZMIG_CHECK_OK(store(db, "_zmig_column", std::move(wanted.columns), there.columns));
  ZMIG_CHECK_OK(store_enums(db, layout.schema, there.enum_values));
  ZMIG_CHECK_OK(store_meta(db, there, "locale", layout.schema.locale));
  ZMIG_CHECK_OK(store_meta(db, there, "time_zone", layout.schema.time_zone));
  return store_meta(db, there, "workbook", workbook_facts(layout.schema));
}

Status ensure_stamp_table(sqlite::Database& db) {
  return db.exec("CREATE TABLE IF NOT EXISTS main._zmig_stamp(number INTEGER PRIMARY KEY, entry TEXT NOT NULL)");
}

Result<std::vector<Stamp>> read_stamps(sqlite::Database& db) {
  std::vector<Stamp> stamps;
  ZMIG_TRY(sqlite::Statement table,
           db.prepare("SELECT 1 FROM main.sqlite_schema WHERE type = 'table' AND name = '_zmig_stamp'"));
  ZMIG_TRY(const bool there, table.step());
  table.reset();
  if (!there) return stamps;
  const auto read = [&]() -> Status {
    ZMIG_TRY(sqlite::Statement rows, db.prepare("SELECT number, entry FROM _zmig_stamp ORDER BY number"));
    for (;;) {
      ZMIG_TRY(const bool more, rows.step());
      if (!more) return ok();
      // What is no text is no entry: whoever reads it says so.
      stamps.push_back(
          {static_cast<std::uint64_t>(rows.integer(0)), rows.type(1) == 3 ? std::string(rows.text(1)) : std::string()});
    }
  };
  if (Status done = read(); !done) return unreadable(done.error());
  return stamps;
}

Status insert_stamp(sqlite::Database& db, const Stamp& stamp) {
  ZMIG_TRY(sqlite::Statement insert, db.prepare("INSERT INTO _zmig_stamp(number, entry) VALUES(?1, ?2)"));
  insert.bind(1, static_cast<std::int64_t>(stamp.number)).bind(2, stamp.entry);
  Status inserted = insert.run();
  if (!inserted && inserted.error().code == Errc::conflict) return stamp_taken(stamp.number);
  return inserted;
}

}  // namespace zmig::sqlite_workbook
