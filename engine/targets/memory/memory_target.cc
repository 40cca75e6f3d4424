#include "targets/memory/memory_target.h"

#include <algorithm>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "base/digest.h"
#include "base/text.h"
#include "targets/live.h"

namespace zmig {
namespace {

Error no_sheet(const std::string& id) {
  return make_error(Errc::not_found, "ZM0313", fmt::format("no sheet with the id {}", quoted(id)));
}

Capabilities make_capabilities(const Workbook& book) {
  Capabilities can;
  can.kind = "memory";
  can.text_source = book.text_source;
  can.atomic_batch = can.carries_stamp = can.native_validation = can.number_formats = can.formulas = true;
  can.any_kind_anywhere = can.ordered_columns = can.group_migrations = true;
  can.max_changes_per_batch = std::numeric_limits<std::size_t>::max();
  return can;
}

}  // namespace

const Cell& SheetCells::at(const std::string& column_id, std::size_t index0) const {
  static const Cell kBlank;
  const auto found = columns.find(column_id);
  return found == columns.end() || index0 >= found->second.size() ? kBlank : found->second[index0];
}

void SheetCells::put(const std::string& column_id, std::size_t index0, Cell cell) {
  std::vector<Cell>& cells = columns[column_id];
  if (index0 >= cells.size()) {
    if (cell == Cell{}) return;
    cells.resize(index0 + 1);
  }
  cells[index0] = std::move(cell);
}

std::int64_t SheetCells::free_handle() const {
  const auto highest = std::max_element(handles.begin(), handles.end());
  return highest == handles.end() ? 1 : *highest + 1;
}

std::size_t SheetCells::add_row(std::int64_t handle) {
  handles.push_back(handle);
  return handles.size() - 1;
}

class MemoryWriter final : public Writer {
 public:
  explicit MemoryWriter(MemoryTarget& target, const Lease& lease) : target_(target) { target_.holder_ = lease.holder; }
  ~MemoryWriter() override { end(); }

  Result<Staged> stage(std::span<const Part>) override { return Staged{}; }

  Result<CommitReport> commit(std::span<const Part> batch, const Staged&) override {
    if (ended_) return make_error(Errc::conflict, "", "this writer has ended; open another one");
    CommitReport report;
    Workbook next = target_.book_;
    for (const Part& part : batch) {
      for (const Change& change : part.changes) ZMIG_CHECK_OK(carry_out(change, next, report));
      if (!part.after) continue;
      const auto same = [&](const Stamp& stamp) { return stamp.number == part.after->number; };
      if (std::any_of(next.stamps.begin(), next.stamps.end(), same)) return stamp_taken(part.after->number);
      const auto later = [&](const Stamp& stamp) { return stamp.number > part.after->number; };
      next.stamps.insert(std::find_if(next.stamps.begin(), next.stamps.end(), later), *part.after);
    }
    std::swap(target_.book_, next);
    ++target_.revision_;
    end();
    return report;
  }

 private:
  void end() {
    if (!ended_) target_.holder_.clear();
    ended_ = true;
  }

  MemoryTarget& target_;
  bool ended_ = false;
};

MemoryTarget::MemoryTarget(Workbook book, std::string title)
    : book_(std::move(book)), capabilities_(make_capabilities(book_)), title_(std::move(title)) {
  number_foreign(book_.schema);
}

Result<MemoryTarget> MemoryTarget::from_view(CellView& view, std::vector<Stamp> stamps) {
  Workbook book;
  book.schema = view.schema();
  book.stamps = std::move(stamps);
  book.text_source = view.text_source();
  for (const Sheet& sheet : book.schema.sheets) {
    SheetCells& cells = book.cells[sheet.id];
    std::vector<std::string> ids;
    for (const Column& column : sheet.columns) ids.push_back(column.id);
    bool unique_handles = true;
    std::int64_t last = std::numeric_limits<std::int64_t>::min();
    ZMIG_CHECK_OK(view.scan(sheet.id, ids, [&](const RowView& row) -> Status {
      unique_handles = unique_handles && row.row.handle > last && row.row.handle != 0;
      last = row.row.handle;
      const std::size_t index0 = cells.add_row(row.row.handle);
      for (std::size_t i = 0; i < ids.size(); ++i) cells.put(ids[i], index0, row.cells[i]);
      return ok();
    }));
    if (unique_handles) continue;
    for (std::size_t i = 0; i < cells.rows(); ++i) cells.handles[i] = static_cast<std::int64_t>(i) + 1;
  }
  return MemoryTarget(std::move(book));
}

Result<Schema> MemoryTarget::inspect() { return book_.schema; }

Status MemoryTarget::scan(const std::string& sheet_id, std::span<const std::string> column_ids, const RowSink& sink) {
  const Sheet* sheet = book_.schema.sheet(sheet_id);
  if (sheet == nullptr) return no_sheet(sheet_id);
  for (const std::string& id : column_ids) {
    if (column_by_id(*sheet, id) != nullptr) continue;
    return make_error(Errc::not_found, "ZM0314",
                      fmt::format("no column with the id {} in sheet {}", quoted(id), quoted(sheet->title)));
  }
  static const SheetCells kNoCells;
  const auto found = book_.cells.find(sheet_id);
  const SheetCells& cells = found == book_.cells.end() ? kNoCells : found->second;
  std::vector<Cell> row(column_ids.size());
  for (std::size_t index0 = 0; index0 < cells.rows(); ++index0) {
    for (std::size_t i = 0; i < column_ids.size(); ++i) row[i] = cells.at(column_ids[i], index0);
    ZMIG_CHECK_OK(sink(RowView{{sheet->header_row + 1 + index0, cells.handles[index0], {}}, row}));
  }
  return ok();
}

Result<std::vector<Stamp>> MemoryTarget::stamps() { return book_.stamps; }

Result<std::vector<std::string>> MemoryTarget::column_hashes(const std::string& sheet_id,
                                                             std::span<const std::uint64_t> skip) {
  const Sheet* sheet = book_.schema.sheet(sheet_id);
  if (sheet == nullptr) return no_sheet(sheet_id);
  std::vector<std::string> hashes;
  const SheetCells& cells = book_.cells[sheet_id];
  for (const Column& column : sheet->columns) {
    Sha256 hash;
    for (std::size_t index0 = 0; index0 < cells.rows(); ++index0) {
      const std::uint64_t number = sheet->header_row + 1 + index0;
      if (!std::binary_search(skip.begin(), skip.end(), number)) hash.update(cell_bytes(cells.at(column.id, index0)));
    }
    hashes.push_back("sha256:" + hash.finish_hex());
  }
  return hashes;
}

Result<std::uint64_t> MemoryTarget::row_count(const std::string& sheet_id) {
  if (book_.schema.sheet(sheet_id) == nullptr) return no_sheet(sheet_id);
  return std::uint64_t{book_.cells[sheet_id].rows()};
}

Result<std::string> MemoryTarget::revision() { return std::to_string(revision_); }

Result<std::unique_ptr<Writer>> MemoryTarget::open_writer(const Lease& lease) {
  if (!holder_.empty()) { return make_error(Errc::busy, "ZM0401", fmt::format("{} is writing here", quoted(holder_))); }
  Lease mine = lease;
  if (mine.holder.empty()) mine.holder = "somebody";
  return std::unique_ptr<Writer>(std::make_unique<MemoryWriter>(*this, mine));
}

}  // namespace zmig
