#include "targets/sqlite/sqlite_objects.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "base/text.h"
#include "targets/live.h"
#include "targets/sqlite/sqlite_commit.h"
#include "targets/sqlite/sqlite_definition.h"
#include "targets/sqlite/sqlite_meta.h"

namespace zmig::sqlite_workbook {
namespace {

/// Makes what hangs on others come behind them.
int rank_of(std::string_view kind) { return kind == "table" ? 0 : kind == "view" ? 1 : kind == "index" ? 2 : 3; }

bool is_virtual_table(std::string_view sql) {
  const std::vector<std::string> words = plain_words(sql);
  return words.size() > 2 && words[0] == "create" && words[1] == "virtual" && words[2] == "table";
}

Result<std::string> stored_text(sqlite::Database& db, const NativeOrder& order) {
  ZMIG_TRY(sqlite::Statement found,
           db.prepare("SELECT coalesce(sql, '') FROM main.sqlite_schema WHERE type = ?1 AND name = ?2 COLLATE NOCASE"));
  found.bind(1, order.kind).bind(2, order.name);
  ZMIG_TRY(const bool there, found.step());
  return there ? std::string(found.text(0)) : std::string();
}

Status drop_native(sqlite::Database& db, const NativeOrder& order) {
  std::string kind = order.kind;
  std::transform(kind.begin(), kind.end(), kind.begin(), [](char c) { return static_cast<char>(c - 'a' + 'A'); });
  return db.exec(fmt::format("DROP {} main.{}", kind, sqlite::identifier(order.name)));
}

Error cannot_come_back(const NativeOrder& order, const Error& why) {
  if (!sqlite::says_no(why)) return why;
  return make_error(Errc::conflict, "ZM0302",
                    fmt::format("{} {} cannot be made again: {}", order.kind, quoted(order.name), why.message),
                    "what was kept of later edits may be in its way: `--discard-later-edits` brings the backup back "
                    "exactly");
}

}  // namespace

Result<std::vector<NativeObject>> native_objects(sqlite::Database& db, const Layout& layout) {
  std::map<std::string, std::size_t> sheets;  // by table name in small letters
  for (std::size_t i = 0; i < layout.tables.size(); ++i) sheets.emplace(small_letters(layout.tables[i].name), i);
  std::vector<NativeObject> found;
  ZMIG_TRY(sqlite::Statement rows, db.prepare("SELECT type, name, tbl_name, sql FROM main.sqlite_schema WHERE sql IS "
                                              "NOT NULL AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND name NOT LIKE "
                                              "'\\_zmig\\_%' ESCAPE '\\' ORDER BY rowid"));
  for (;;) {
    ZMIG_TRY(const bool there, rows.step());
    if (!there) break;
    const auto sheet = sheets.find(small_letters(rows.text(2)));
    if (sheet == sheets.end()) {
      // Of a virtual table, the shadow of one, or of one of ours. A virtual table itself is told, so that a backup
      // names it; what it holds is its module's.
      if (is_virtual_table(rows.text(3)))
        found.push_back({"virtual table", std::string(rows.text(1)), {}, std::string(rows.text(3))});
      continue;
    }
    const Table& table = layout.tables[sheet->second];
    // A table of our own is made anew from the schema.
    if (rows.text(0) == "table" && (table.owned || table.placeholder)) continue;
    found.push_back({std::string(rows.text(0)), std::string(rows.text(1)), layout.schema.sheets[sheet->second].id,
                     std::string(rows.text(3))});
  }
  std::stable_sort(found.begin(), found.end(),
                   [](const NativeObject& a, const NativeObject& b) { return rank_of(a.kind) < rank_of(b.kind); });
  return found;
}

bool same_statement(std::string_view a, std::string_view b, const Target::Renamed& renamed) {
  if (a == b) return true;
  std::map<std::string, std::string> names;
  for (const auto& [now, then] : renamed) names.emplace(small_letters(now), small_letters(then));
  std::vector<std::string> words = plain_words(a);
  for (std::string& word : words) {
    const auto found = names.find(word);
    if (found != names.end()) word = found->second;
  }
  return words == plain_words(b);
}

std::optional<NativeOrder> native_order(std::string_view text) {
  constexpr std::string_view kDrop = "DROP ";
  NativeOrder order;
  if (text.starts_with(kDrop)) {
    // An order and no SQL: kind, blank, and the rest is the name as it is.
    text.remove_prefix(kDrop.size());
    const std::size_t blank = text.find(' ');
    if (blank == std::string_view::npos || blank + 1 == text.size()) return std::nullopt;
    order = {true, std::string(text.substr(0, blank)), std::string(text.substr(blank + 1))};
    if (order.kind == "index" || order.kind == "trigger" || order.kind == "view") return order;
    return std::nullopt;
  }
  std::vector<std::string> words = plain_words(text);
  if (words.size() < 3 || words[0] != "create") return std::nullopt;
  const std::size_t at = words[1] == "unique" ? 2 : 1;
  order.kind = words[at];
  const bool known = order.kind == "index" || order.kind == "trigger" || order.kind == "view" || order.kind == "table";
  if (!known || at + 1 >= words.size()) return std::nullopt;
  order.name = name_behind(text, at);
  return order;
}

Status make_native(sqlite::Database& db, const NativeOrder& order, const std::string& text) {
  ZMIG_TRY(const std::string there, stored_text(db, order));
  if (there == text) return ok();
  if (!there.empty()) ZMIG_CHECK_OK(drop_native(db, order));
  auto made = db.prepare(text);  // one statement, and no other
  if (!made) return cannot_come_back(order, made.error());
  if (const Status run = made->run(); !run) return cannot_come_back(order, run.error());
  ZMIG_TRY(const std::string stored, stored_text(db, order));
  if (same_statement(stored, text, {})) return ok();
  return cannot_come_back(order, make_error(Errc::conflict, "", "its text makes something else"));
}

Status Commit::native(const change::Native& c) {
  const auto order = c.backend == "sqlite" ? native_order(c.text) : std::nullopt;
  if (!order) return apply_live(c, layout_.schema, "sqlite");  // says that there is no such thing
  if (order->kind == "table") {
    definitions_[order->name] = c.text;  // for the sheet that comes
    return ok();
  }
  if (order->kind != "view") {
    if (order->drop) return drop_native(db_, *order);
    // Once the rows are there: no trigger fires for what a commit writes, and an index is built once.
    natives_.push_back(c.text);
    return ok();
  }
  const auto at = std::find_if(layout_.tables.begin(), layout_.tables.end(),
                               [&](const Table& table) { return same_name(table.name, order->name); });
  if (at != layout_.tables.end()) {
    layout_.schema.sheets.erase(std::as_const(layout_.schema.sheets).begin() + (at - layout_.tables.begin()));
    layout_.tables.erase(at);
  }
  if (order->drop) return drop_native(db_, *order);
  ZMIG_CHECK_OK(make_native(db_, *order, c.text));
  // Foreign, whatever stood there before: whoever wants it managed claims it.
  for (const char* forget :
       {"DELETE FROM _zmig_column WHERE sheet IN (SELECT id FROM _zmig_sheet WHERE table_name = ?1)",
        "DELETE FROM _zmig_sheet WHERE table_name = ?1"}) {
    ZMIG_TRY(sqlite::Statement rows, db_.prepare(forget));
    rows.bind(1, order->name);
    ZMIG_CHECK_OK(rows.run());
  }
  ZMIG_TRY(Layout live, read_layout(db_));
  for (std::size_t i = 0; i < live.tables.size(); ++i) {
    if (!same_name(live.tables[i].name, order->name)) continue;
    layout_.schema.sheets.push_back(live.schema.sheets[i]);
    layout_.tables.push_back(std::move(live.tables[i]));
  }
  return ok();
}

Status Commit::make_natives() {
  for (const std::string& text : natives_) ZMIG_CHECK_OK(make_native(db_, *native_order(text), text));
  return ok();
}

}  // namespace zmig::sqlite_workbook
