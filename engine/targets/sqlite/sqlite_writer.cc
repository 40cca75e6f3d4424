// The order of things in a commit; the work is in sqlite_structure.cc, sqlite_rows.cc, sqlite_retype.cc.
#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "base/failpoint.h"
#include "base/text.h"
#include "targets/live.h"
#include "targets/sqlite/sqlite_commit.h"
#include "targets/sqlite/sqlite_guards.h"
#include "targets/sqlite/sqlite_meta.h"
#include "targets/sqlite/sqlite_objects.h"

namespace zmig::sqlite_workbook {
namespace {

bool changes_definition(const Change& change) {
  return std::holds_alternative<change::DeleteColumn>(change) || std::holds_alternative<change::SetHeader>(change) ||
         std::holds_alternative<change::SetTitle>(change);
}

/// Columns whose cells are restored before their type changes, in this part.
std::vector<Scope> restored_before_retype(const std::vector<Change>& changes) {
  std::vector<Scope> restored, found;
  for (const Change& one : changes) {
    if (const auto* c = std::get_if<change::RestoreCells>(&one)) restored.push_back(c->at);
    const auto* retype = std::get_if<change::Retype>(&one);
    if (retype != nullptr && std::find(restored.begin(), restored.end(), retype->at) != restored.end())
      found.push_back(retype->at);
  }
  return found;
}

}  // namespace

/// New violations of foreign keys would go unnoticed, since they are not enforced on this connection.
Result<std::int64_t> Commit::broken_references() {
  ZMIG_TRY(sqlite::Statement any,
           db_.prepare("SELECT 1 FROM main.sqlite_schema WHERE type = 'table' AND sql LIKE '%REFERENCES%' LIMIT 1"));
  ZMIG_TRY(const bool there, any.step());
  any.reset();
  if (!there) return std::int64_t{0};
  ZMIG_TRY(sqlite::Statement broken, db_.prepare("SELECT count(*) FROM pragma_foreign_key_check"));
  const auto counted_rows = broken.step();
  if (!counted_rows && !sqlite::says_no(counted_rows.error())) return counted_rows.error();
  if (!counted_rows) return std::int64_t{-1};  // a reference that never fitted its parent: nothing to compare with
  return broken.integer(0);
}

Status Commit::prepare(std::span<const Part> batch) {
  guards_before_ = wanted_guards(layout_);
  ZMIG_TRY(const bool meta, has_meta(db_));
  if (!meta) ZMIG_CHECK_OK(create_meta(db_, false));
  ZMIG_CHECK_OK(ensure_stamp_table(db_));
  std::set<std::string> touched;
  for (const Part& part : batch) {
    for (const Change& one : part.changes) {
      if (std::holds_alternative<change::DeleteSheet>(one)) check_references_ = true;
      if (!touches_cells(one) && !changes_definition(one)) continue;
      touched.insert(sheet_of(one));
      check_references_ = true;
    }
  }
  if (check_references_) { ZMIG_TRY(broken_before_, broken_references()); }
  // Guards speak to other programs. A plan is judged beforehand; a restored cell may hold a retired value.
  for (const std::string& id : touched) {
    const Table* table = layout_.table(id);
    if (table != nullptr) ZMIG_CHECK_OK(drop_guards(db_, *table));
  }
  if (options_.suppress_triggers) ZMIG_CHECK_OK(db_.enable_triggers(false));
  return ok();
}

Status Commit::carry_out_one(const Change& change) {
  if (const auto* c = std::get_if<change::DeleteColumn>(&change)) return delete_column(*c);
  if (const auto* c = std::get_if<change::DeleteSheet>(&change)) return delete_sheet(*c);
  if (const auto* c = std::get_if<change::MoveColumn>(&change)) return move_column(*c);
  if (const auto* c = std::get_if<change::Retype>(&change)) return retype(*c);
  // The others need no look at what was before.
  ZMIG_CHECK_OK(apply_live(change, layout_.schema, "sqlite"));
  if (const auto* c = std::get_if<change::InsertSheet>(&change)) return insert_sheet(*c);
  if (const auto* c = std::get_if<change::SetTitle>(&change)) return set_title(*c);
  if (const auto* c = std::get_if<change::InsertColumn>(&change)) return insert_column(*c);
  if (const auto* c = std::get_if<change::SetHeader>(&change)) return set_header(*c);
  if (const auto* c = std::get_if<change::SetFormat>(&change)) return set_format(*c);
  if (const auto* c = std::get_if<change::FillEmpty>(&change)) return fill_empty(*c);
  if (const auto* c = std::get_if<change::WriteCells>(&change)) return write_cells(c->at, c->cells);
  if (const auto* c = std::get_if<change::RestoreCells>(&change)) return restore_cells(*c);
  if (const auto* c = std::get_if<change::InsertRows>(&change)) return insert_rows(*c);
  if (const auto* c = std::get_if<change::DeleteRows>(&change)) return delete_rows(*c);
  return ok();  // the catalogue alone, written at the end
}

Status Commit::change(const Change& change) {
  ZMIG_FAILPOINT_STATUS("sqlite.before_change");
  const auto* native_text = std::get_if<change::Native>(&change);
  if (native_text == nullptr && !is_core(change)) return apply_live(change, layout_.schema, "sqlite");  // says why not
  // The look at the schema comes first, so that no table is touched for a change that is refused.
  ZMIG_CHECK_OK(make_room_for(change));
  if (native_text != nullptr) {
    ++report_.structural;
    return native(*native_text);
  }
  const bool data = touches_cells(change);
  if (!data || std::holds_alternative<change::Retype>(change)) ++report_.structural;
  const std::string id = sheet_of(change);
  if (data || changes_definition(change)) {
    // A guard that this batch itself made (a sheet that became managed) goes as well.
    const Table* table = layout_.table(id);
    if (table != nullptr) ZMIG_CHECK_OK(drop_guards(db_, *table));
  }
  if (std::holds_alternative<change::InsertColumn>(change) || std::holds_alternative<change::MoveColumn>(change))
    out_of_order_.insert(id);
  ZMIG_TRY(const bool folded, fold(change));
  return folded ? ok() : carry_out_one(change);
}

Status Commit::finish() {
  ZMIG_CHECK_OK(flush_adds());
  ZMIG_CHECK_OK(flush_deletes());
  for (Table& table : layout_.tables) ZMIG_CHECK_OK(tidy_placeholder(table));
  if (options_.sqlite_rebuild_order) ZMIG_CHECK_OK(put_in_order());
  ZMIG_CHECK_OK(respell());
  for (const std::string& one : around_) ZMIG_CHECK_OK(make_around(one));
  ZMIG_CHECK_OK(make_natives());
  ZMIG_CHECK_OK(sweep_notes());
  ZMIG_CHECK_OK(write_catalogue(db_, layout_));
  ZMIG_CHECK_OK(sync_guards(db_, layout_, guards_before_));
  if (options_.suppress_triggers) ZMIG_CHECK_OK(db_.enable_triggers(true));
  if (check_references_) {
    ZMIG_TRY(const std::int64_t broken, broken_references());
    if (broken_before_ >= 0 && broken > broken_before_) {
      return make_error(Errc::conflict, "ZM0319",
                        fmt::format("{} would refer to nothing (foreign keys)",
                                    counted(static_cast<std::uint64_t>(broken - broken_before_), "row", "rows")));
    }
  }
  return prove();
}

/// An index or trigger of a table that came back. Its text was kept in the workbook: it makes one of these, or nothing.
Status Commit::make_around(const std::string& text) {
  const auto order = native_order(text);
  if (!order || order->drop || (order->kind != "index" && order->kind != "trigger")) return ok();
  ZMIG_TRY(sqlite::Statement one, db_.prepare(text));
  return one.run();
}

/// sqlite.order = "rebuild": `SELECT *` shows the columns in the order of the sheet. Only tables that this commit gave
/// a column, or moved one in.
Status Commit::put_in_order() {
  for (const std::string& id : out_of_order_) {
    Table* table = layout_.table(id);
    if (table == nullptr || table->view) continue;
    Table physical = *table;
    ZMIG_CHECK_OK(read_columns(db_, physical));
    const bool in_order =
        std::equal(physical.columns.begin(), physical.columns.end(), table->columns.begin(), table->columns.end(),
                   [](const TableColumn& a, const TableColumn& b) { return same_name(a.name, b.name); });
    if (!in_order) ZMIG_CHECK_OK(rebuild_table(db_, *table, Rebuild{{}, {}, true}));
  }
  return ok();
}

/// Notes about cells that moved on since are ignored when reading; here they go.
Status Commit::sweep_notes() {
  for (const Table& table : layout_.tables) {
    ZMIG_TRY(const bool annotated, has_annotations(db_, table));
    if (!annotated) continue;
    for (const TableColumn& column : table.columns) {
      ZMIG_TRY(sqlite::Statement sweep,
               db_.prepare(fmt::format("DELETE FROM _zmig_cell WHERE sheet = ?1 AND column = ?2 AND NOT (raw IS "
                                       "(SELECT +{} FROM main.{} WHERE {} = "
                                       "_zmig_cell.row))",
                                       sqlite::identifier(column.name), table.quoted_name(), table.rowid)));
      sweep.bind(1, table.name).bind(2, column.name);
      ZMIG_CHECK_OK(sweep.run());
    }
  }
  return ok();
}

/// What stands there now is what the changes mean: law L5, in every run.
Status Commit::prove() {
  ZMIG_TRY(Layout live, read_layout(db_));
  const std::vector<Difference> differences = all_differences(layout_.schema, live.schema);
  if (!differences.empty()) {
    const Difference& first = differences.front();
    return make_error(Errc::conflict, "ZM0901",
                      fmt::format("the workbook would not become what was planned: expected {}, found {}",
                                  first.expected, first.observed),
                      {}, first.where);
  }
  layout_ = std::move(live);
  return ok();
}

Result<CommitReport> Commit::carry_out(std::span<const Part> batch) {
  ZMIG_CHECK_OK(prepare(batch));
  for (const Part& part : batch) {
    to_come_ = part.changes;
    for (const Scope& at : restored_before_retype(part.changes)) ZMIG_CHECK_OK(loosen(at));
    for (const Change& one : part.changes) ZMIG_CHECK_OK(change(one));
    if (!part.after) continue;
    ZMIG_FAILPOINT_STATUS("sqlite.before_stamp");
    ZMIG_CHECK_OK(insert_stamp(db_, *part.after));
  }
  ZMIG_CHECK_OK(finish());
  return report_;
}

}  // namespace zmig::sqlite_workbook
