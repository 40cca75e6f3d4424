// `zmig copy … sqlite:FILE`: a workbook of our own from anything that can be read.
#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <set>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>

#include "base/digest.h"
#include "base/durable.h"
#include "base/posix.h"
#include "base/text.h"
#include "targets/live.h"
#include "targets/sqlite/sqlite_cells.h"
#include "targets/sqlite/sqlite_guards.h"
#include "targets/sqlite/sqlite_meta.h"
#include "targets/sqlite/sqlite_target.h"
#include "targets/sqlite/sqlite_values.h"
#include "targets/staged_file.h"

namespace zmig {
namespace {

using namespace sqlite_workbook;

constexpr std::size_t kFirstPlaces = 5;
constexpr std::string_view kApplicationId = "PRAGMA application_id=0x7A6D6967";  // "zmig"

Status check_empty(const std::string& path, const TargetOptions& options) {
  ZMIG_TRY(sqlite::Database db, sqlite::Database::open(path, sqlite::Mode::read_only, options.busy_timeout_ms));
  ZMIG_TRY(sqlite::Statement any, db.prepare("SELECT 1 FROM main.sqlite_schema LIMIT 1"));
  ZMIG_TRY(const bool there, any.step());
  if (!there) return ok();
  return make_error(Errc::denied, "ZM0704", fmt::format("{} exists and is not empty", quoted(path)), "name a new file");
}

/// Names that SQLite tells apart: the second of two gets `~2`.
std::string free_name(const std::string& wanted, std::set<std::string>& taken) {
  std::string base = wanted;
  std::erase(base, '\0');
  const auto lower = [](std::string text) {
    std::transform(text.begin(), text.end(), text.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    return text;
  };
  std::string name = base;
  for (int number = 2; !taken.insert(lower(name)).second; ++number) name = fmt::format("{}~{}", base, number);
  return name;
}

std::string table_name(const std::string& title, std::set<std::string>& taken) {
  const bool reserved = same_name(title.substr(0, 7), "sqlite_") || title.starts_with(kOwnPrefix);
  return free_name(reserved ? "sheet~" + title : title, taken);
}

class LossList {
 public:
  LossList(std::string sheet, CopiedSheet& copied) : sheet_(std::move(sheet)), copied_(copied) {}
  void add(std::string_view kind, std::string place) {
    auto found =
        std::find_if(copied_.losses.begin(), copied_.losses.end(), [&](const Loss& loss) { return loss.kind == kind; });
    if (found == copied_.losses.end()) {
      copied_.losses.push_back(Loss{sheet_, std::string(kind), 0, {}});
      found = std::prev(copied_.losses.end());
    }
    ++found->count;
    if (found->first.size() < kFirstPlaces) found->first.push_back(std::move(place));
  }

 private:
  std::string sheet_;
  CopiedSheet& copied_;
};

class Copy {
 public:
  Copy(sqlite::Database& db, CellView& from, bool strict) : db_(db), from_(from), strict_(strict) {}

  Status run(std::span<const std::string> sheet_ids, std::span<const Stamp> stamps) {
    ZMIG_CHECK_OK(db_.exec(kApplicationId));
    ZMIG_TRY(sqlite::Transaction transaction, sqlite::Transaction::begin(db_));
    ZMIG_CHECK_OK(create_meta(db_, true));
    const Schema& schema = from_.schema();
    layout_.schema = schema;
    layout_.schema.sheets.clear();
    std::set<std::string> names;
    for (const Sheet& sheet : schema.sheets) {
      const bool wanted =
          sheet_ids.empty() || std::find(sheet_ids.begin(), sheet_ids.end(), sheet.id) != sheet_ids.end();
      if (!wanted) continue;
      ZMIG_CHECK_OK(copy_sheet(sheet, table_name(sheet.title, names)));
    }
    std::erase_if(layout_.schema.ranges,
                  [&](const NamedRange& range) { return layout_.schema.sheet(range.sheet) == nullptr; });
    number_foreign(layout_.schema);  // a part of the sheets may have been asked for
    ZMIG_CHECK_OK(write_catalogue(db_, layout_));
    // Rules that the data already breaks stay in the catalogue; verify reports them.
    ZMIG_CHECK_OK(sync_guards(db_, layout_, wanted_guards(layout_)));
    for (const Stamp& stamp : stamps) ZMIG_CHECK_OK(insert_stamp(db_, stamp));
    return transaction.commit();
  }

  /// Reads everything back from the file and compares it with what was read at the source.
  Status verify(SqliteTarget& made) const {
    ZMIG_CHECK_OK(made.inspect());
    const std::vector<Difference> differences = all_differences(layout_.schema, made.schema());
    if (!differences.empty()) return differs(differences.front().where);
    for (std::size_t s = 0; s < layout_.schema.sheets.size(); ++s) {
      std::vector<std::string> ids;
      for (const Column& column : layout_.schema.sheets[s].columns) ids.push_back(column.id);
      std::vector<Sha256> hashes(ids.size());
      std::uint64_t rows = 0;
      ZMIG_CHECK_OK(made.scan(made.schema().sheets[s].id, ids, [&](const RowView& row) -> Status {
        ++rows;
        for (std::size_t i = 0; i < hashes.size(); ++i) hashes[i].update(cell_bytes(row.cells[i]));
        return ok();
      }));
      if (rows != copied_[s].rows) return differs(copied_[s].title);
      for (std::size_t i = 0; i < hashes.size(); ++i) {
        if (hashes[i].finish_hex() != hashes_[s][i]) return differs(header_cell(layout_.schema.sheets[s], ids[i]));
      }
    }
    return ok();
  }

  [[nodiscard]] std::vector<CopiedSheet> take_report() { return std::move(copied_); }

 private:
  static Error differs(const std::string& where) {
    return make_error(Errc::io, "", "what was written does not read back as what was copied", {}, where);
  }

  /// Managed columns get a declared type if all their values can be stored so; foreign ones store what they are given.
  Status choose_types(const Sheet& sheet, Table& table, LossList& losses) {
    std::vector<std::string> ids;
    std::vector<std::size_t> columns;
    for (std::size_t i = 0; i < sheet.columns.size(); ++i) {
      if (!sheet.columns[i].managed) continue;
      ids.push_back(sheet.columns[i].id);
      columns.push_back(i);
      table.columns[i].declared = declared_for(sheet.columns[i].type);
      table.columns[i].affinity = affinity_of(table.columns[i].declared, false);
    }
    if (ids.empty()) return ok();
    return from_.scan(sheet.id, ids, [&](const RowView& row) -> Status {
      for (std::size_t k = 0; k < columns.size(); ++k) {
        TableColumn& column = table.columns[columns[k]];
        if (column.declared.empty()) continue;
        const auto stored = encode(row.cells[k].value, sheet.columns[columns[k]], column, {});
        if (stored && !stored->needs_kind) continue;
        losses.add("type", fmt::format("{}{}", column_letters(columns[k]), row.row.number));
        column.declared.clear();
        column.affinity = Affinity::none;
      }
      return ok();
    });
  }

  Status create_table(Table& table) {
    std::vector<std::string> definitions;
    for (const TableColumn& column : table.columns) {
      // A STRICT table wants a type for every column; ANY keeps there what it is given.
      const std::string declared = column.declared.empty() && strict_ ? "ANY" : column.declared;
      definitions.push_back(sqlite::identifier(column.name) + (declared.empty() ? "" : " " + declared));
    }
    if (definitions.empty()) definitions.push_back(std::string(kPlaceholder) + (strict_ ? " ANY" : ""));
    table.sql =
        fmt::format("CREATE TABLE {}({}){}", table.quoted_name(), join(definitions, ", "), strict_ ? " STRICT" : "");
    ZMIG_CHECK_OK(db_.exec(table.sql));
    table.strict = strict_;
    std::vector<TableColumn> ordered = table.columns;
    ZMIG_CHECK_OK(read_columns(db_, table));
    ZMIG_ASSERT(ordered.size() == table.columns.size(), "a new table has the columns that it was given");
    if (!table.rowid.empty()) return ok();
    return make_error(
        Errc::conflict, "ZM0479",
        fmt::format("rows of {} cannot be addressed (rowid, oid, _rowid_ are columns)", quoted(table.name)));
  }

  Status copy_sheet(const Sheet& sheet, const std::string& name) {
    CopiedSheet& copied = copied_.emplace_back();
    copied.title = sheet.title;
    copied.columns = sheet.columns.size();
    LossList losses(sheet.title, copied);
    const auto limit = static_cast<std::size_t>(db_.column_limit());
    if (sheet.columns.size() > limit) {
      return make_error(Errc::conflict, "ZM0474",
                        fmt::format("{}, limit {}", counted(sheet.columns.size(), "column", "columns"), grouped(limit)),
                        {}, sheet.title);
    }
    Table table;
    table.name = name;
    table.owned = true;
    std::set<std::string> names{std::string(kPlaceholder)};
    for (const Column& column : sheet.columns) {
      TableColumn stored;
      stored.name = free_name(column.header, names);
      table.columns.push_back(std::move(stored));
      if (!column.managed && column.allowed.kind != Allowed::Kind::none)
        losses.add("validation", letters_of(sheet, column.id) + std::to_string(sheet.header_row));
    }
    ZMIG_CHECK_OK(choose_types(sheet, table, losses));
    ZMIG_CHECK_OK(create_table(table));
    ZMIG_CHECK_OK(copy_rows(sheet, table, copied, losses));
    layout_.schema.sheets.push_back(sheet);
    layout_.tables.push_back(std::move(table));
    return ok();
  }

  Status copy_rows(const Sheet& sheet, const Table& table, CopiedSheet& copied, LossList& losses) {
    std::vector<std::string> ids, names{table.rowid}, marks{"?1"};
    for (std::size_t i = 0; i < sheet.columns.size(); ++i) {
      ids.push_back(sheet.columns[i].id);
      names.push_back(sqlite::identifier(table.columns[i].name));
      marks.push_back("?" + std::to_string(i + 2));
    }
    ZMIG_TRY(sqlite::Statement insert, db_.prepare(fmt::format("INSERT INTO {}({}) VALUES({})", table.quoted_name(),
                                                               join(names, ", "), join(marks, ", "))));
    ZMIG_TRY(sqlite::Statement note, db_.prepare("INSERT INTO _zmig_cell VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)"));
    std::vector<Sha256> hashes(ids.size());
    Status scanned = from_.scan(sheet.id, ids, [&](const RowView& row) -> Status {
      const auto rowid = static_cast<std::int64_t>(++copied.rows);
      insert.bind(1, rowid);
      for (std::size_t i = 0; i < ids.size(); ++i) {
        const Cell& cell = row.cells[i];
        hashes[i].update(cell_bytes(cell));
        ZMIG_TRY(const Stored stored,
                 encode(cell.value, sheet.columns[i], table.columns[i], cell_place(sheet, ids[i], row.row.number)));
        insert.bind(static_cast<int>(i) + 2, stored.datum);
        if (!cell.formula.empty()) losses.add("formula", fmt::format("{}{}", column_letters(i), row.row.number));
        if (!stored.needs_kind && cell.formula.empty() && cell.format.empty()) continue;
        note.bind(1, table.name).bind(2, rowid).bind(3, table.columns[i].name).bind(4, stored.datum);
        note.bind(5, stored.needs_kind ? kind_of(cell.value) : std::string_view())
            .bind(6, cell.formula)
            .bind(7, cell.format);
        ZMIG_CHECK_OK(note.run());
      }
      return insert.run();
    });
    if (!scanned) return scanned;
    std::vector<std::string>& finished = hashes_.emplace_back();
    for (Sha256& hash : hashes) finished.push_back(hash.finish_hex());
    return ok();
  }

  sqlite::Database& db_;
  CellView& from_;
  bool strict_;
  Layout layout_;
  std::vector<CopiedSheet> copied_;
  std::vector<std::vector<std::string>> hashes_;  // of the columns as they were read
};

}  // namespace

Result<std::vector<CopiedSheet>> create_sqlite(const std::string& path, const TargetOptions& options, Ports& ports,
                                               CellView& from, std::span<const std::string> sheet_ids,
                                               std::span<const Stamp> stamps) {
  const bool exists = ports.files.exists(path);
  if (exists) ZMIG_CHECK_OK(check_empty(path, options));
  const FolderAndName where = folder_and_name(path);
  sweep_asides(where.folder);
  StagedFile staged(where.folder + "/" + aside_name(where.name, ports.random.hex(4)), "-journal");
  // Open before SQLite opens it and until it is in place: what says that somebody is at work here (closing it earlier
  // would take SQLite's locks with it).
  const Descriptor claim(::open(staged.path().c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0666));
  if (!claim.is_open() || !claim_aside(claim.get())) return posix_error(errno, "writing", path);
  std::vector<CopiedSheet> report;
  {
    ZMIG_TRY(sqlite::Database db, sqlite::Database::open(staged.path(), sqlite::Mode::create, options.busy_timeout_ms));
    Copy copy(db, from, options.sqlite_strict);
    Status copied = copy.run(sheet_ids, stamps);
    if (!copied) {
      copied.error().effect = Effect::none;  // nobody has seen the file
      return std::move(copied).error();
    }
    db = sqlite::Database();
    ZMIG_TRY(const std::unique_ptr<SqliteTarget> made, SqliteTarget::open(staged.path(), options));
    ZMIG_CHECK_OK(copy.verify(*made));
    report = copy.take_report();
  }
  ZMIG_CHECK_OK(durable_rename(staged.path(), path, exists ? RenameMode::replace : RenameMode::no_replace));
  staged.keep();
  return report;
}

Status duplicate_sqlite(const std::string& path, const std::string& to, const TargetOptions& options) {
  ZMIG_TRY(sqlite::Database from, sqlite::Database::open(path, sqlite::Mode::read_only, options.busy_timeout_ms));
  ZMIG_TRY(sqlite::Database copy, sqlite::Database::open(to, sqlite::Mode::create, options.busy_timeout_ms));
  return from.copy_to(copy);
}

}  // namespace zmig
