#pragma once
// `xlsx:FILE`: workbooks of Excel, each worksheet a sheet. Not installed.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <zmig/target.h>

#include "targets/xlsx/stamp_part.h"
#include "targets/xlsx/values.h"
#include "targets/xlsx/xlsx_program.h"

namespace zmig {

class XlsxTarget final : public Target {
 public:
  /// ZM0404 when there is no such file; what Package::open refuses.
  static Result<std::unique_ptr<XlsxTarget>> open(const std::string& path, const TargetOptions& options);

  [[nodiscard]] const Capabilities& capabilities() const override { return capabilities_; }
  [[nodiscard]] std::string url() const override { return "xlsx:" + path_; }
  [[nodiscard]] std::string title() const override;
  Result<Schema> inspect() override;
  [[nodiscard]] const Schema& schema() const override { return schema_; }
  Status scan(const std::string& sheet_id, std::span<const std::string> column_ids, const RowSink& sink) override;
  Result<std::vector<Stamp>> stamps() override;
  Result<std::vector<std::string>> column_hashes(const std::string& sheet_id,
                                                 std::span<const std::uint64_t> skip) override;
  Result<std::uint64_t> row_count(const std::string& sheet_id) override;
  Result<std::string> revision() override;
  Result<std::unique_ptr<Writer>> open_writer(const Lease& lease) override;
  Status preflight(std::span<const Change> changes) override;
  Result<Foreseen> foresee(std::span<const Change> changes) override;
  Result<std::vector<FilePart>> file_parts() override;

 private:
  friend class XlsxWriter;
  /// What is known of a worksheet besides its schema.
  struct SheetState {
    std::string title, part;
    std::uint32_t last_row = 0;          ///< the last one that holds something
    std::vector<std::uint32_t> formats;  ///< of the columns, in the order of the schema
    xlsx::SheetFacts facts;
    bool has_formulas = false;
  };
  /// The file as the last inspect found it.
  struct Book {
    xlsx::Package package;
    xlsx::BookFacts facts;
    xlsx::Styles styles;
    xlsx::SharedStrings strings;
    xlsx::StampPart stamp;
    std::vector<SheetState> sheets;  ///< parallel to the sheets of the schema
    [[nodiscard]] xlsx::Decoder decoder() const { return {styles, strings, facts.date1904}; }
  };
  XlsxTarget(std::string path, TargetOptions options);
  Result<Sheet> read_sheet(Book& book, const xlsx::BookSheet& from, SheetState& state) const;
  Status read_notes(const Book& book, const SheetState& state, Sheet& sheet) const;
  Status read_lists(const Book& book, const SheetState& state, Sheet& sheet) const;
  Result<std::optional<std::vector<std::string>>> list_values(const Book& book, const SheetState& state,
                                                              const std::string& formula) const;
  Result<std::optional<std::vector<std::string>>> texts_of(const Book& book, const std::string& title,
                                                           const xlsx::Region& region) const;
  static void read_ranges(const Book& book, Schema& schema);
  /// Calls `take` with each row below the header that holds something.
  using RowTaker = std::function<Status(std::uint32_t row, std::span<const xlsx::RawCell> cells)>;
  Status each_row(const std::string& sheet_id, const RowTaker& take);
  Result<std::size_t> place_of(const std::string& sheet_id);
  /// Of the file as the last inspect found it.
  [[nodiscard]] Result<std::unique_ptr<xlsx::XlsxProgram>> program() const;
  [[nodiscard]] Result<std::string> version_to_keep(const std::string& path) const;

  std::string path_;
  TargetOptions options_;
  Capabilities capabilities_;
  Schema schema_;
  std::unique_ptr<Book> book_;
  bool writing_ = false;
};

/// For the registry: a new workbook from anything that can be read.
Result<std::vector<CopiedSheet>> create_xlsx(const std::string& path, Ports& ports, CellView& from,
                                             std::span<const std::string> sheet_ids, std::span<const Stamp> stamps);

}  // namespace zmig
