#pragma once
// The state of one lowering, for lower.cc and reconcile.cc. Not installed.

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "targets/gsheet/lower.h"
#include "targets/gsheet/requests.h"

namespace zmig::gsheet {

inline constexpr std::size_t kNew = static_cast<std::size_t>(-1);

/// A column on the way: where it stood when it was read, and what is known of its cells.
struct LiveColumn {
  std::size_t origin = kNew;
  RawFormat base;
  bool reformat = false;    ///< all of its cells get the base
  std::string remember_as;  ///< key under which its facts are kept although it is not managed; empty: they are not
};

struct LiveSheet {
  std::int64_t id = 0, rows = 0, columns = 0, frozen_rows = 0;  ///< of the grid
  std::size_t origin = kNew;                                    ///< index in the snapshot
  std::string remember_as;
  std::vector<LiveColumn> column_states;  ///< parallel to the schema's columns
  std::vector<std::size_t> row_origins;   ///< parallel to the rows of the model
};

class Lowering {
 public:
  Lowering(const Snapshot& now, const std::string& account);
  Result<Lowered> run(std::span<const Part> batch);
  Result<Lowered> fill(Workbook wanted, std::span<const Part> batch);

 private:
  // lower.cc: what happens in order
  Status stamps(std::span<const Part> batch);
  Result<Lowered> finish(std::span<const Part> batch, bool any);
  Status add_filled(std::size_t index);
  Status change(const Change& change);
  Status insert_sheet(const change::InsertSheet& c);
  Status delete_sheet(std::size_t index);
  Status move_sheet(std::size_t from, std::size_t to);
  Status set_title(const change::SetTitle& c);
  Status insert_column(const change::InsertColumn& c);
  Status delete_column(LiveSheet& sheet, std::size_t index);
  Status move_column(LiveSheet& sheet, std::size_t from, std::size_t to);
  Status insert_rows(std::size_t index, const std::vector<std::int64_t>& before);
  Status delete_rows(std::size_t index, const std::vector<std::int64_t>& before);
  void remember(const change::Untrack& c, const Schema& before);
  [[nodiscard]] std::int64_t free_sheet_id(const std::string& seed) const;
  [[nodiscard]] std::size_t tab_of(std::int64_t id) const;
  [[nodiscard]] std::size_t tab_for(std::size_t index) const;
  [[nodiscard]] Status check_title(const std::string& title, std::int64_t but) const;
  void count_cells(const LiveSheet& sheet);
  /// A protection of somebody else, or none. Rows and columns as they were read; -1: all of them.
  [[nodiscard]] Status may_write(const LiveSheet& sheet, std::int64_t row, std::int64_t column) const;
  [[nodiscard]] Status check_limits() const;

  // reconcile.cc: what is made equal at the end
  Status reconcile();
  Status reconcile_sheet(std::size_t index);
  Status reconcile_column(std::size_t index, std::size_t column);
  Status header_and_note(std::size_t index, std::size_t column, const Column* before);
  Status allowed(std::size_t index, std::size_t column, const Column* before);
  Status cells(std::size_t index, std::size_t column, const Column* before);
  Result<RawRule> rule_of(const Allowed& allowed) const;
  void flush(const LiveSheet& sheet, std::int64_t row, std::size_t column, std::vector<CellData>& run);
  void protect(const std::optional<Editors>& wanted, const std::optional<Editors>& was, std::optional<std::int64_t> id,
               std::int64_t sheet, std::int64_t column, const std::string& name);
  void tag(const std::optional<RawMetadata>& was, const std::string& wanted, std::int64_t sheet, std::int64_t column);
  Status own_sheet(std::span<const Part> batch);
  [[nodiscard]] Remembered remembered() const;
  [[nodiscard]] std::vector<std::string> users(const Editors& editors) const;
  [[nodiscard]] const Sheet* sheet_before(const LiveSheet& sheet) const;
  [[nodiscard]] const Column* column_before(const LiveSheet& sheet, const LiveColumn& column) const;

  const Snapshot& now_;
  const std::string& account_;
  Workbook model_;
  std::vector<LiveSheet> live_;  // parallel to the schema's sheets
  std::vector<Tab> tabs_;
  Requests requests_;
  std::int64_t freed_ = 0;  // characters of stamp entries that go
  Lowered done_;
};

}  // namespace zmig::gsheet
