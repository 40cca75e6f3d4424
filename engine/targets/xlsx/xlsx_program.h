#pragma once
// The changes of a batch, worked out for a package: what goes into which part. Not installed.

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <zmig/target.h>

#include "targets/xlsx/book_edit.h"
#include "targets/xlsx/package_edit.h"
#include "targets/xlsx/row_edit.h"
#include "targets/xlsx/sheet_rows.h"
#include "targets/xlsx/shift_book.h"
#include "targets/xlsx/stamp_part.h"

namespace zmig::xlsx {

/// A sheet of the live schema as the file has it.
struct ProgramSheet {
  std::string title, part;
  std::uint32_t last_row = 0;      ///< the last one that holds something
  std::vector<std::string> shown;  ///< formats of the columns, of the language
  bool is_protected = false;
  bool is_ours = false;  ///< the protection: it was set, or taken over, by zmig
};
struct ProgramInput {
  const Package& package;
  const BookFacts& facts;
  const Styles& styles;
  const SharedStrings& strings;
  const StampPart& stamp;
  std::vector<ProgramSheet> sheets;  ///< parallel to the sheets of the schema
  bool has_formulas = false;         ///< somewhere
  bool allow_protected = false;      ///< TargetOptions, as the next two
  std::string extend = "filter";
  bool fast = false;
};

class XlsxProgram {
 public:
  /// What `input` refers to outlives the program, and so do the changes that are added.
  static Result<std::unique_ptr<XlsxProgram>> begin(ProgramInput input, const Schema& live);
  /// Works the changes of the next part of the batch out; most of what is refused is refused here.
  Status add(std::span<const Change> changes);
  Status add_stamp(const Stamp& stamp);
  /// Passes the rows, and puts the rest into the package. Nothing can be added afterwards.
  Status finish();

  [[nodiscard]] const PackageEdit& package() const { return package_; }
  [[nodiscard]] const Schema& after() const { return after_; }
  [[nodiscard]] const CommitReport& report() const { return report_; }
  /// What followed the cells that went elsewhere, and what cannot.
  [[nodiscard]] const Foreseen& foreseen() const { return foreseen_; }

 private:
  struct Work {
    std::string part, title;
    std::uint32_t last_row = 0;
    std::vector<std::string> shown;                              // of the columns of the schema, in their order
    bool is_protected = false, is_ours = false, edited = false;  // is_ours: the protection
    std::optional<std::string> frame;                            // what stands around the rows, as it will be
    std::unique_ptr<SheetMap> map;                               // of a large one that is as it was in the archive
    Reasons why;
    std::unique_ptr<RowContext> context;
    std::vector<std::unique_ptr<RowStage>> stages;
    std::uint32_t sheet_id = 0;
    ShiftSteps rows{{}, ShiftAxis::rows};  // since the file was read, in which a handle is the number of its row
  };
  XlsxProgram(ProgramInput input, const Schema& live);

  Status one(const Change& change);
  /// ZM0437: somebody locked which sheets there are.
  [[nodiscard]] Status check_structure(const std::string& title) const;
  Status operator()(const change::InsertSheet& c);
  Status operator()(const change::DeleteSheet& c);
  Status operator()(const change::SetTitle& c);
  Status operator()(const change::InsertColumn& c);
  Status operator()(const change::DeleteColumn& c);
  Status operator()(const change::MoveColumn& c);
  Status operator()(const change::SetHeader& c);
  Status operator()(const change::Retype& c);
  Status operator()(const change::SetFormat& c);
  Status operator()(const change::SetNote& c);
  Status operator()(const change::SetAllowed& c);
  Status operator()(const change::SetHidden& c);
  Status operator()(const change::SetFrozen& c);
  Status operator()(const change::SetProtection& c);
  Status operator()(const change::FillEmpty& c);
  Status operator()(const change::WriteCells& c);
  Status operator()(const change::RestoreCells& c);
  Status operator()(const change::InsertRows& c);
  Status operator()(const change::DeleteRows& c);
  template <class SchemaOnly>
  Status operator()(const SchemaOnly&) {
    return ok();  // the catalogue alone
  }

  // --- the sheet of a change
  [[nodiscard]] static std::size_t index_of(const Schema& schema, const std::string& id);
  Work& work(const std::string& sheet_id) { return works_[index_of(after_, sheet_id)]; }
  const Sheet& sheet(const std::string& id) const { return *after_.sheet(id); }
  Status open_frame(Work& work);
  /// Edits what stands around the rows.
  template <class Edit>
  Status edit_frame(Work& work, std::string_view why, Edit&& edit);
  Status stage(Work& work, std::string_view why, std::unique_ptr<RowStage> stage);
  Status check_writable(const Work& work, const Sheet& sheet) const;
  /// The rows of a sheet as they will be, into the package, so that they can be looked at or shifted.
  Status flush(Work& work);
  Status write_rows(Work& work);
  /// The same where few rows are concerned, and most of the packed bytes can stay. False: nothing was done.
  Result<bool> splice_rows(Work& work);
  Status set_column_format(Work& work, std::uint32_t column, const std::string& format);
  Result<std::string> list_formula(const Allowed& allowed);
  Result<std::string> stored_list(const std::vector<std::string>& values);
  Status change_format(const Scope& at);

  // --- places
  [[nodiscard]] ColumnSpot spot(const Scope& at, bool before = false);
  [[nodiscard]] ColumnSpot at_last(const Scope& at, ColumnSpot spot) const;
  [[nodiscard]] std::vector<ColumnSpot> spots(const Sheet& sheet, const Work& work,
                                              const std::vector<std::string>& ids);
  [[nodiscard]] std::vector<ColumnSpot> counting(const Sheet& sheet, const Work& work,
                                                 const std::vector<std::string>& not_counted);
  [[nodiscard]] RowRange range(const Sheet& sheet, const Work& work) const {
    return {sheet.header_row + 1, work.last_row};
  }
  [[nodiscard]] std::optional<std::uint32_t> row_of(const Sheet& sheet, const Work& work, const RowRef& row) const;
  Result<std::vector<PlacedEdit>> placed(const Scope& at, const source::Run& run, bool may_be_gone);
  Result<std::uint32_t> last_data_row(const Sheet& sheet, Work& work);
  [[nodiscard]] std::size_t place_in_book(std::size_t schema_index, const std::vector<BookEntry>& entries) const;
  Result<std::vector<Region>> regions_of(Work& work, std::string_view list, std::string_view element);
  Status check_not_referred(const Work& work, std::uint32_t column, const std::string& place);
  // --- cells that go elsewhere, with everything that depends on them (xlsx_program_shift.cc)
  [[nodiscard]] static SheetOperation operation_on(const Work& work, const Sheet& sheet);
  Status shift(const SheetOperation& operation);
  void note_follows(const FollowReport& report, const SheetOperation& operation);
  /// Where the tables of a sheet stand, as the parts are now.
  Result<std::vector<Region>> tables_of(const Work& work) const;

  ProgramInput input_;
  PackageEdit package_;
  std::optional<StyleBook> styles_;
  Schema after_;
  std::vector<Work> works_;  // parallel to after_.sheets
  std::vector<Stamp> stamps_;
  CommitReport report_;
  Foreseen foreseen_;
  std::size_t changes_ = 0;         // that were worked out
  const Schema* before_ = nullptr;  // during one change
  std::span<const Change> to_come_;
  std::size_t members_ = 0;  // parts of the batch that were added
  bool values_changed_ = false, catalogue_changed_ = false;
};

/// ZM0439: what names cells as text, or counts them, would name other cells afterwards.
Status refuse_unfollowed(const std::vector<UnfollowedPlace>& places);

}  // namespace zmig::xlsx
