#include "targets/gsheet/lower.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/running_hash.h"
#include "base/text.h"
#include "model/names.h"
#include "targets/gsheet/formats.h"
#include "targets/gsheet/lowering.h"
#include "targets/live.h"

namespace zmig::gsheet {
namespace {

// A sheet made by hand has 1,000 rows; each costs in every reading, since their formats are told.
constexpr std::int64_t kNewRows = 100, kNewColumns = 26;
constexpr std::int64_t kMostCells = 10'000'000, kMostColumns = 18'278, kMostMetadata = 30'000;
constexpr std::size_t kLongestTitle = 100, kLargestBody = 50'000'000;

/// The indexes in `after` of what is not in `before`; the others stand in the same order in both.
std::vector<std::size_t> inserted(const std::vector<std::int64_t>& before, const std::vector<std::int64_t>& after) {
  std::vector<std::size_t> found;
  std::size_t at = 0;
  for (std::size_t i = 0; i < after.size(); ++i) {
    if (at < before.size() && before[at] == after[i]) {
      ++at;
    } else {
      found.push_back(i);
    }
  }
  return found;
}

/// Neighbouring indexes as (first, count).
std::vector<std::pair<std::size_t, std::size_t>> blocks(const std::vector<std::size_t>& indexes) {
  std::vector<std::pair<std::size_t, std::size_t>> all;
  for (const std::size_t i : indexes) {
    if (!all.empty() && all.back().first + all.back().second == i) {
      ++all.back().second;
    } else {
      all.emplace_back(i, 1);
    }
  }
  return all;
}

std::int64_t signed_of(std::size_t value) { return static_cast<std::int64_t>(value); }

}  // namespace

Lowering::Lowering(const Snapshot& now, const std::string& account)
    : now_(now), account_(account), model_(now.book), tabs_(now.tabs) {
  for (std::size_t s = 0; s < now.sheets.size(); ++s) {
    const SheetState& state = now.sheets[s];
    const Sheet& sheet = now.book.schema.sheets[s];
    LiveSheet live{state.id, state.rows, state.columns, state.frozen_rows, s, {}, {}, {}};
    if (!sheet.managed && state.tag && now.remembered.sheets.contains(state.tag->value))
      live.remember_as = state.tag->value;
    for (std::size_t i = 0; i < state.column_states.size(); ++i) {
      const ColumnState& from = state.column_states[i];
      LiveColumn column;
      column.origin = i;
      column.base = from.base;
      if (!sheet.columns[i].managed && from.tag && now.remembered.columns.contains(from.tag->value))
        column.remember_as = from.tag->value;
      live.column_states.push_back(std::move(column));
    }
    const auto cells = now.book.cells.find(sheet.id);
    const std::size_t rows = cells == now.book.cells.end() ? 0 : cells->second.rows();
    live.row_origins.reserve(rows);
    for (std::size_t row = 0; row < rows; ++row) live.row_origins.push_back(row);
    live_.push_back(std::move(live));
  }
}

// --- Sheets ----------------------------------------------------------------------------------------------------------

std::size_t Lowering::tab_of(std::int64_t id) const {
  return static_cast<std::size_t>(
      std::find_if(tabs_.begin(), tabs_.end(), [&](const Tab& tab) { return tab.id == id; }) - tabs_.begin());
}

/// Where a tab has to go to stand at `index` among the sheets: others may stand between them.
std::size_t Lowering::tab_for(std::size_t index) const {
  if (index < live_.size()) return tab_of(live_[index].id);
  return live_.empty() ? 0 : tab_of(live_.back().id) + 1;
}

std::int64_t Lowering::free_sheet_id(const std::string& seed) const {
  for (std::uint64_t attempt = 0;; ++attempt) {
    const auto id = static_cast<std::int64_t>(hash64(fmt::format("{}#{}#{}", now_.id, seed, attempt)) & 0x7fffffffU);
    if (id > 0 && tab_of(id) == tabs_.size()) return id;
  }
}

Status Lowering::check_title(const std::string& title, std::int64_t but) const {
  if (count_code_points(title) > kLongestTitle) {
    return make_error(Errc::conflict, "ZM0413",
                      fmt::format("the title {} has {} characters, Google Sheets takes {}", quoted(title),
                                  count_code_points(title), kLongestTitle),
                      "choose a shorter one");
  }
  for (const Tab& tab : tabs_) {
    if (tab.id == but || !same_title_without_case(tab.title, title)) continue;
    return make_error(Errc::conflict, "ZM0413",
                      fmt::format("there is a sheet {} already; Google Sheets does not tell {} from it",
                                  quoted(tab.title), quoted(title)),
                      "choose another title");
  }
  return ok();
}

Status Lowering::insert_sheet(const change::InsertSheet& c) {
  const CowList<Sheet>& sheets = std::as_const(model_.schema).sheets;
  const auto index = static_cast<std::size_t>(
      std::find_if(sheets.begin(), sheets.end(), [&](const Sheet& one) { return one.id == c.sheet.id; }) -
      sheets.begin());
  ZMIG_CHECK_OK(check_title(c.sheet.title, 0));
  LiveSheet live;
  live.id = free_sheet_id(c.sheet.id);
  live.rows = kNewRows;
  live.columns = kNewColumns;
  const std::size_t place = tab_for(index);
  requests_.add_sheet(live.id, c.sheet.title, place, live.rows, live.columns, false);
  tabs_.insert(tabs_.begin() + signed_of(place), Tab{live.id, c.sheet.title, false, live.rows * live.columns});
  live_.insert(live_.begin() + signed_of(index), std::move(live));
  return ok();
}

Status Lowering::delete_sheet(std::size_t index) {
  const std::size_t tab = tab_of(live_[index].id);
  ZMIG_CHECK_OK(may_write(live_[index], -1, -1));
  tabs_.erase(tabs_.begin() + signed_of(tab));
  requests_.delete_sheet(live_[index].id);
  live_.erase(live_.begin() + signed_of(index));
  return ok();
}

Status Lowering::set_title(const change::SetTitle& c) {
  for (std::size_t i = 0; i < live_.size(); ++i) {
    if (std::as_const(model_.schema).sheets[i].id != c.sheet) continue;
    const std::int64_t id = live_[i].id;
    ZMIG_CHECK_OK(check_title(c.title, id));
    requests_.set_title(id, c.title);
    tabs_[tab_of(id)].title = c.title;
  }
  return ok();
}

Status Lowering::move_sheet(std::size_t from, std::size_t to) {
  if (from == to) return ok();
  LiveSheet live = std::move(live_[from]);
  live_.erase(live_.begin() + signed_of(from));
  const std::size_t was = tab_of(live.id);
  Tab tab = tabs_[was];
  tabs_.erase(tabs_.begin() + signed_of(was));
  const std::size_t place = tab_for(to);
  // Counted before it is taken out.
  if (place != was) requests_.move_sheet(live.id, place > was ? place + 1 : place);
  tabs_.insert(tabs_.begin() + signed_of(place), std::move(tab));
  live_.insert(live_.begin() + signed_of(to), std::move(live));
  return ok();
}

// --- Columns ---------------------------------------------------------------------------------------------------------

Status Lowering::insert_column(const change::InsertColumn& c) {
  const CowList<Sheet>& sheets = std::as_const(model_.schema).sheets;
  for (std::size_t s = 0; s < live_.size(); ++s) {
    if (sheets[s].id != c.sheet) continue;
    LiveSheet& live = live_[s];
    const std::size_t index = column_index(sheets[s], c.column.id);
    const auto at = signed_of(index);
    ZMIG_CHECK_OK(
        may_write(live, -1, index < live.column_states.size() ? signed_of(live.column_states[index].origin) : -2));
    const bool last = index == live.column_states.size();
    // In a sheet that this batch makes nobody types yet; elsewhere a new column is a new column.
    const bool spare = live.origin == kNew && last && at < live.columns;
    if (!spare && at < live.columns) requests_.insert(live.id, Axis::columns, at, 1, at > 0);
    if (!spare && at >= live.columns) requests_.append(live.id, Axis::columns, at - live.columns + 1);
    if (!spare) live.columns = std::max(live.columns + 1, at + 1);
    LiveColumn column;
    column.base = format_of_column(*column_by_id(sheets[s], c.column.id));
    column.reformat = !spare || column.base != RawFormat{};
    live.column_states.insert(live.column_states.begin() + at, std::move(column));
    count_cells(live);
  }
  return ok();
}

Status Lowering::delete_column(LiveSheet& sheet, std::size_t index) {
  ZMIG_CHECK_OK(may_write(sheet, -1, signed_of(sheet.column_states[index].origin)));
  if (sheet.columns == 1) {  // a grid has at least one
    requests_.append(sheet.id, Axis::columns, 1);
    ++sheet.columns;
  }
  requests_.remove(sheet.id, Axis::columns, signed_of(index), 1);
  --sheet.columns;
  sheet.column_states.erase(sheet.column_states.begin() + signed_of(index));
  count_cells(sheet);
  return ok();
}

Status Lowering::move_column(LiveSheet& sheet, std::size_t from, std::size_t to) {
  if (from == to) return ok();
  ZMIG_CHECK_OK(may_write(sheet, -1, signed_of(sheet.column_states[from].origin)));
  if (sheet.origin != kNew) {
    const std::size_t origin = sheet.column_states[from].origin;
    for (const RawRange& merge : now_.sheets[sheet.origin].merges) {
      const bool wide = merge.column1 - merge.column0 > 1;
      const bool over = origin != kNew && merge.column0 <= signed_of(origin) && signed_of(origin) < merge.column1;
      if (!wide || !over) continue;
      return make_error(
          Errc::conflict, "ZM0415",
          fmt::format("column {} is part of merged cells, and cannot be moved out of them", column_letters(from)),
          "unmerge them first", sheet_before(sheet)->title);
    }
  }
  requests_.move_column(sheet.id, signed_of(from), signed_of(to > from ? to + 1 : to));
  LiveColumn column = std::move(sheet.column_states[from]);
  sheet.column_states.erase(sheet.column_states.begin() + signed_of(from));
  sheet.column_states.insert(sheet.column_states.begin() + signed_of(to), std::move(column));
  return ok();
}

// --- Rows ------------------------------------------------------------------------------------------------------------

Status Lowering::insert_rows(std::size_t index, const std::vector<std::int64_t>& before) {
  const Sheet& sheet = std::as_const(model_.schema).sheets[index];
  LiveSheet& live = live_[index];
  const auto found = inserted(before, model_.cells[sheet.id].handles);
  for (const auto& [first, count] : blocks(found)) {
    const std::int64_t at = signed_of(sheet.header_row + first), many = signed_of(count);
    ZMIG_CHECK_OK(may_write(live, at, -1));
    const bool last = first == live.row_origins.size();
    if (live.origin == kNew && last) {  // rows that nobody types into yet
      if (at + many > live.rows) requests_.append(live.id, Axis::rows, at + many - live.rows);
      live.rows = std::max(live.rows, at + many);
    } else if (at < live.rows) {
      // The first row of the data takes after the data, not after the header.
      requests_.insert(live.id, Axis::rows, at, many, first > 0);
      live.rows += many;
    } else {
      requests_.append(live.id, Axis::rows, at + many - live.rows);
      live.rows = at + many;
    }
    live.row_origins.insert(live.row_origins.begin() + signed_of(first), count, kNew);
  }
  count_cells(live);
  return ok();
}

Status Lowering::delete_rows(std::size_t index, const std::vector<std::int64_t>& before) {
  const Sheet& sheet = std::as_const(model_.schema).sheets[index];
  LiveSheet& live = live_[index];
  auto gone = blocks(inserted(model_.cells[sheet.id].handles, before));
  std::reverse(gone.begin(), gone.end());
  for (const auto& [first, count] : gone) {
    const std::int64_t at = signed_of(sheet.header_row + first), many = signed_of(count);
    for (std::size_t row = first; row < first + count; ++row) {
      if (live.row_origins[row] != kNew)
        ZMIG_CHECK_OK(may_write(live, signed_of(sheet.header_row + live.row_origins[row]), -1));
    }
    if (live.rows - many <= std::max<std::int64_t>(live.frozen_rows, 0)) {  // a row that is not frozen has to stay
      requests_.append(live.id, Axis::rows, 1);
      ++live.rows;
    }
    requests_.remove(live.id, Axis::rows, at, many);
    live.rows -= many;
    const auto from = live.row_origins.begin() + signed_of(first);
    live.row_origins.erase(from, from + many);
  }
  count_cells(live);
  return ok();
}

// --- All of them -----------------------------------------------------------------------------------------------------

void Lowering::count_cells(const LiveSheet& sheet) { tabs_[tab_of(sheet.id)].cells = sheet.rows * sheet.columns; }

Status Lowering::may_write(const LiveSheet& sheet, std::int64_t row, std::int64_t column) const {
  if (sheet.origin == kNew || column == signed_of(kNew)) return ok();
  for (const RawProtection& one : now_.sheets[sheet.origin].foreign_protections) {
    if (one.can_edit || one.warning_only || one.whole_sheet_but) continue;
    const bool in_rows = row < 0 || (one.range.row0 <= row && row < one.range.row1);
    const bool in_columns = column == -1 || (one.range.column0 <= column && column < one.range.column1);
    if (!in_rows || !in_columns) continue;
    const Sheet* before = sheet_before(sheet);
    return make_error(Errc::denied, "ZM0414",
                      one.description.empty() ? fmt::format("a protected range of {} forbids it", quoted(before->title))
                                              : fmt::format("the protected range {} of {} forbids it",
                                                            quoted(one.description), quoted(before->title)),
                      account_.empty() ? "ask its owner for the right to edit it"
                                       : fmt::format("ask its owner to let {} edit it", account_),
                      before->title);
  }
  return ok();
}

void Lowering::remember(const change::Untrack& c, const Schema& before) {
  for (std::size_t s = 0; s < live_.size(); ++s) {
    const Sheet& sheet = before.sheets[s];
    if (sheet.id != c.scope.sheet) continue;
    if (c.scope.column.empty()) live_[s].remember_as = sheet.id;
    for (std::size_t i = 0; i < sheet.columns.size(); ++i) {
      const Column& column = sheet.columns[i];
      if (column.managed && (c.scope.column.empty() || c.scope.column == column.id))
        live_[s].column_states[i].remember_as = column.id;
    }
  }
}

Status Lowering::change(const Change& change) {
  if (!is_core(change)) {
    return make_error(Errc::unsupported, "ZM0325",
                      fmt::format("a gsheet target cannot do `{}` in this release", name_of(change)));
  }
  const Schema before = model_.schema;
  std::vector<std::int64_t> handles;
  const auto index_in = [](const Schema& schema, const std::string& id) {
    const CowList<Sheet>& all = schema.sheets;
    return static_cast<std::size_t>(
        std::find_if(all.begin(), all.end(), [&](const Sheet& one) { return one.id == id; }) - all.begin());
  };
  const bool rows =
      std::holds_alternative<change::InsertRows>(change) || std::holds_alternative<change::DeleteRows>(change);
  if (rows) handles = model_.cells[sheet_of(change)].handles;
  ZMIG_CHECK_OK(carry_out(change, model_, done_.report));
  if (const auto* c = std::get_if<change::InsertSheet>(&change)) return insert_sheet(*c);
  if (const auto* c = std::get_if<change::DeleteSheet>(&change)) return delete_sheet(index_in(before, c->sheet));
  if (const auto* c = std::get_if<change::SetTitle>(&change)) return set_title(*c);
  if (const auto* c = std::get_if<change::InsertColumn>(&change)) return insert_column(*c);
  if (const auto* c = std::get_if<change::Untrack>(&change)) remember(*c, before);
  const std::size_t index = index_in(before, sheet_of(change));
  if (std::holds_alternative<change::InsertRows>(change)) return insert_rows(index, handles);
  if (std::holds_alternative<change::DeleteRows>(change)) return delete_rows(index, handles);
  if (const auto* c = std::get_if<change::DeleteColumn>(&change))
    return delete_column(live_[index], column_index(before.sheets[index], c->at.column));
  if (const auto* c = std::get_if<change::MoveColumn>(&change)) {
    if (c->at.column.empty()) return move_sheet(index, index_in(model_.schema, c->at.sheet));
    return move_column(live_[index], column_index(before.sheets[index], c->at.column),
                       column_index(std::as_const(model_.schema).sheets[index], c->at.column));
  }
  const auto reformat = [&](const Scope& at) {
    const Sheet& sheet = std::as_const(model_.schema).sheets[index];
    const std::size_t column = column_index(sheet, at.column);
    live_[index].column_states[column].base = format_of_column(sheet.columns[column]);
    live_[index].column_states[column].reformat = true;
  };
  if (const auto* c = std::get_if<change::SetFormat>(&change)) reformat(c->at);
  if (const auto* c = std::get_if<change::Retype>(&change)) reformat(c->at);
  return ok();
}

Status Lowering::stamps(std::span<const Part> batch) {
  std::int64_t id = now_.slots.empty() ? now_.stamp_base : std::max(now_.stamp_base, now_.slots.back().metadata_id);
  for (const Part& part : batch) {
    if (!part.after) continue;
    const auto same = [&](const Stamp& stamp) { return stamp.number == part.after->number; };
    if (std::any_of(model_.stamps.begin(), model_.stamps.end(), same)) return stamp_taken(part.after->number);
    const std::string value = stamp_value(*part.after, now_.id);
    requests_.create_stamp(++id, value);
    if (done_.first_stamp_id == 0) {
      done_.first_stamp_id = id;
      done_.first_stamp_value = value;
    }
    model_.stamps.push_back(*part.after);
  }
  // Very old entries are vouched for by those that stay (snapshot.cc).
  constexpr std::size_t kMany = 350, kKept = 200;
  if (now_.slots.size() > kMany) {
    for (std::size_t i = 0; i + kKept < now_.slots.size(); ++i) {
      requests_.delete_metadata(now_.slots[i].metadata_id);
      freed_ += signed_of(kStampKey.size() + now_.slots[i].value.size());
    }
  }
  return ok();
}

Status Lowering::check_limits() const {
  std::int64_t cells = 0;
  for (const Tab& tab : tabs_) cells += tab.cells;
  std::int64_t before = 0;
  for (const Tab& tab : now_.tabs) before += tab.cells;
  if (cells > kMostCells && cells > before) {
    return make_error(Errc::conflict, "ZM0413",
                      fmt::format("the spreadsheet would have {} cells, Google Sheets takes {}",
                                  grouped(static_cast<std::uint64_t>(cells)), grouped(kMostCells)),
                      "delete empty rows and columns at the ends of its sheets, or move old rows elsewhere");
  }
  for (std::size_t i = 0; i < live_.size(); ++i) {
    if (live_[i].columns <= kMostColumns) continue;
    return make_error(
        Errc::conflict, "ZM0413",
        fmt::format("the sheet would have {} columns, Google Sheets takes {}", live_[i].columns, kMostColumns),
        "delete empty columns at its right edge", std::as_const(model_.schema).sheets[i].title);
  }
  for (const auto& [sheet, added] : requests_.metadata()) {
    const auto there = now_.metadata_sizes.find(sheet);
    const std::int64_t size =
        added + (there == now_.metadata_sizes.end() ? 0 : there->second) - (sheet == -1 ? freed_ : 0);
    if (size <= kMostMetadata) continue;
    return make_error(Errc::conflict, "ZM0413",
                      fmt::format("the ids of zmig and what others keep there would take {} characters of metadata, "
                                  "Google Sheets takes {} for a sheet and for the document",
                                  grouped(static_cast<std::uint64_t>(size)), grouped(kMostMetadata)),
                      "a sheet has room for about 1,300 managed columns");
  }
  const bool visible = std::any_of(tabs_.begin(), tabs_.end(), [](const Tab& tab) { return !tab.hidden; });
  if (!visible) {
    return make_error(Errc::conflict, "ZM0324", "a spreadsheet has to keep a visible sheet",
                      "create another sheet first, or show one that is hidden");
  }
  return ok();
}

Result<Lowered> Lowering::run(std::span<const Part> batch) {
  ZMIG_CHECK_OK(stamps(batch));
  const std::size_t begun = requests_.count();
  bool any = begun > 0;
  for (const Part& part : batch) {
    for (const Change& one : part.changes) {
      any = true;
      ZMIG_CHECK_OK(change(one));
    }
  }
  return finish(batch, any);
}

Status Lowering::add_filled(std::size_t index) {
  const Sheet& sheet = std::as_const(model_.schema).sheets[index];
  ZMIG_CHECK_OK(check_title(sheet.title, 0));
  const std::size_t rows = model_.cells[sheet.id].rows();
  LiveSheet live;
  live.id = free_sheet_id(sheet.id);
  live.rows = std::max(kNewRows, signed_of(sheet.header_row + rows));
  live.columns = std::max(kNewColumns, signed_of(sheet.columns.size()));
  live.row_origins.assign(rows, kNew);
  for (std::size_t i = 0; i < sheet.columns.size(); ++i) {
    const Column& column = sheet.columns[i];
    LiveColumn made;
    made.base = format_of_column(column);
    made.reformat = made.base != RawFormat{};
    if (!column.managed && column.type != Type{}) made.remember_as = fmt::format("f{:04}{:07}", index, i);
    live.column_states.push_back(std::move(made));
  }
  requests_.add_sheet(live.id, sheet.title, tabs_.size(), live.rows, live.columns, false);
  tabs_.push_back({live.id, sheet.title, false, live.rows * live.columns});
  live_.push_back(std::move(live));
  return ok();
}

Result<Lowered> Lowering::fill(Workbook wanted, std::span<const Part> batch) {
  ZMIG_CHECK_OK(stamps(batch));
  const std::vector<LiveSheet> old = std::exchange(live_, {});
  for (std::size_t i = 0; i < old.size(); ++i) {  // its title may be wanted
    Tab& tab = tabs_[tab_of(old[i].id)];
    tab.title = fmt::format("{} {}", kOwnTitle, i + 1);
    requests_.set_title(tab.id, tab.title);
  }
  wanted.stamps = std::move(model_.stamps);
  model_ = std::move(wanted);
  for (std::size_t i = 0; i < model_.schema.sheets.size(); ++i) ZMIG_CHECK_OK(add_filled(i));
  for (const LiveSheet& one : old) {
    if (live_.empty()) break;  // a spreadsheet has one sheet at least
    requests_.delete_sheet(one.id);
    tabs_.erase(tabs_.begin() + signed_of(tab_of(one.id)));
  }
  return finish(batch, true);
}

Result<Lowered> Lowering::finish(std::span<const Part> batch, bool any) {
  ZMIG_CHECK_OK(reconcile());
  if (any) ZMIG_CHECK_OK(own_sheet(batch));
  ZMIG_CHECK_OK(check_limits());
  if (requests_.count() > 0) done_.body = std::move(requests_).body();
  if (done_.body.size() > kLargestBody) {
    return make_error(Errc::conflict, "ZM0413",
                      fmt::format("the batch would have {} bytes, more than Google Sheets carries out in time",
                                  grouped(done_.body.size())),
                      "split the migration");
  }
  return std::move(done_);
}

Result<Lowered> lower(const Snapshot& now, std::span<const Part> batch, const std::string& account) {
  return Lowering(now, account).run(batch);
}

Result<Lowered> lower_filling(const Snapshot& now, Workbook wanted, std::span<const Part> batch,
                              const std::string& account) {
  return Lowering(now, account).fill(std::move(wanted), batch);
}

}  // namespace zmig::gsheet
