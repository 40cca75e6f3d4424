// A spreadsheet filled from another workbook: through the same batch as everything else.
#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "targets/gsheet/gsheet_target.h"
#include "targets/live.h"

namespace zmig {
namespace {

/// The changes that make one sheet of `from`; what is foreign there is foreign here.
class SheetCopy {
 public:
  SheetCopy(const Sheet& sheet, std::vector<Change>& changes) : sheet_(sheet), changes_(changes) {
    id_ = sheet.managed ? sheet.id : fmt::format("scopy{:07}", changes.size());
  }

  Status run(CellView& from, CopiedSheet& told) {
    Sheet bare = sheet_;
    bare.id = id_;
    bare.managed = true;
    bare.columns.clear();
    bare.rules = {};
    bare.header_row = 1;
    bare.hidden = bare.frozen = false;
    bare.protection.reset();
    changes_.emplace_back(change::InsertSheet{bare, {Place::Kind::last, {}}});
    source::Run rows;
    std::vector<std::string> ids;
    for (const Column& column : sheet_.columns) {
      ids.push_back(column.id);
      rows.columns.push_back(add_column(column));
    }
    ZMIG_CHECK_OK(from.scan(sheet_.id, ids, [&](const RowView& row) {
      ++told.rows;
      rows.rows.push_back({{}, {row.cells.begin(), row.cells.end()}});
      rows.rows.back().row.number = 1 + told.rows;
      for (std::size_t i = 0; i < ids.size(); ++i) {
        Cell& cell = rows.rows.back().cells[i];
        cell.stored.clear();
        const auto* error = std::get_if<CellError>(&cell.value);
        if (error == nullptr || !cell.formula.empty()) continue;
        lose("type", column_letters(i) + std::to_string(row.row.number), told);
        cell.value = Text{error->text};
      }
      return ok();
    }));
    told.columns = ids.size();
    if (!rows.rows.empty()) changes_.emplace_back(change::InsertRows{id_, std::move(rows)});
    finish();
    return ok();
  }

 private:
  std::string add_column(const Column& column) {
    Column plain;
    plain.id = column.managed ? column.id : fmt::format("ccopy{:07}", changes_.size());
    plain.header = column.header;
    plain.type = column.type;
    plain.format = column.format;
    changes_.emplace_back(change::InsertColumn{id_, plain, {Place::Kind::last, {}}});
    const Scope at{id_, plain.id};
    if (column.note) later_.emplace_back(change::SetNote{at, column.note});
    if (column.allowed.kind == Allowed::Kind::list || column.allowed.kind == Allowed::Kind::checkbox)
      later_.emplace_back(change::SetAllowed{at, column.allowed});
    if (column.hidden) later_.emplace_back(change::SetHidden{at, true});
    if (column.protection) later_.emplace_back(change::SetProtection{at, column.protection});
    if (column.managed && column.rules != ColumnRules{}) later_.emplace_back(change::SetRules{at, column.rules});
    if (!column.managed) foreign_.emplace_back(change::Untrack{at});
    return plain.id;
  }

  void finish() {
    const Scope at{id_, {}};
    for (std::vector<Change>* some : {&later_, &foreign_}) changes_.insert(changes_.end(), some->begin(), some->end());
    if (sheet_.hidden) changes_.emplace_back(change::SetHidden{at, true});
    if (sheet_.frozen) changes_.emplace_back(change::SetFrozen{id_, true});
    if (sheet_.protection) changes_.emplace_back(change::SetProtection{at, sheet_.protection});
    if (sheet_.managed && sheet_.rules != SheetRules{}) changes_.emplace_back(change::SetRules{at, sheet_.rules});
    if (!sheet_.managed) changes_.emplace_back(change::Untrack{at});
  }

  static void lose(const std::string& kind, const std::string& place, CopiedSheet& told) {
    auto at = std::find_if(told.losses.begin(), told.losses.end(), [&](const Loss& one) { return one.kind == kind; });
    if (at == told.losses.end()) at = told.losses.insert(at, Loss{told.title, kind, 0, {}});
    ++at->count;
    if (at->first.size() < 5) at->first.push_back(place);
  }

  const Sheet& sheet_;
  std::vector<Change>& changes_;
  std::vector<Change> later_, foreign_;
  std::string id_;
};

/// The sheets that a new spreadsheet has: they hold nothing, and go.
Result<std::vector<std::string>> empty_sheets(const Schema& live, const std::string& url) {
  std::vector<std::string> ids;
  for (const Sheet& sheet : live.sheets) {
    if (!sheet.columns.empty()) {
      return make_error(Errc::denied, "ZM0704", fmt::format("{} exists and is not empty", quoted(url)),
                        "name a spreadsheet that holds nothing", sheet.title);
    }
    ids.push_back(sheet.id);
  }
  return ids;
}

}  // namespace

Result<std::vector<CopiedSheet>> fill_gsheet(GsheetTarget& target, CellView& from,
                                             std::span<const std::string> sheet_ids, std::span<const Stamp> stamps) {
  ZMIG_TRY(const Schema live, target.inspect());
  ZMIG_TRY(const auto present, target.stamps());
  if (!present.empty()) {
    return make_error(Errc::denied, "ZM0704", fmt::format("{} exists and is not empty", quoted(target.url())),
                      "name a spreadsheet that holds nothing");
  }
  ZMIG_TRY(const std::vector<std::string> empty, empty_sheets(live, target.url()));
  std::vector<Change> changes;
  std::vector<CopiedSheet> copied;
  const Schema& schema = from.schema();
  for (const Enum& one : schema.enums) changes.emplace_back(change::SetEnum{one.name, one.values, std::nullopt});
  // A title of theirs may be wanted.
  for (std::size_t i = 0; i < empty.size(); ++i) {
    const Sheet& sheet = *live.sheet(empty[i]);
    Sheet claimed = sheet;
    claimed.managed = true;
    claimed.id = fmt::format("sempty{:06}", i);
    changes.emplace_back(change::Track{{claimed.id, {}}, claimed});
    changes.emplace_back(change::SetTitle{claimed.id, fmt::format("_zmig empty {}", i)});
  }
  for (const Sheet& sheet : schema.sheets) {
    const bool wanted = sheet_ids.empty() || std::find(sheet_ids.begin(), sheet_ids.end(), sheet.id) != sheet_ids.end();
    if (!wanted) continue;
    copied.push_back({sheet.title, 0, 0, {}});
    SheetCopy copy(sheet, changes);
    ZMIG_CHECK_OK(copy.run(from, copied.back()));
  }
  for (std::size_t i = 0; i < empty.size() && !copied.empty(); ++i)
    changes.emplace_back(change::DeleteSheet{fmt::format("sempty{:06}", i)});
  std::vector<Part> batch{{std::move(changes), std::nullopt}};
  if (!stamps.empty()) batch.back().after = stamps.front();
  for (std::size_t i = 1; i < stamps.size(); ++i) batch.push_back({{}, stamps[i]});
  ZMIG_TRY(auto writer, target.open_writer({"copy", std::chrono::milliseconds(0)}));
  ZMIG_TRY(const Staged staged, writer->stage(batch));
  ZMIG_CHECK_OK(writer->commit(batch, staged));
  writer.reset();
  ZMIG_CHECK_OK(target.inspect());
  return copied;
}

}  // namespace zmig
