#pragma once
// `csv:DIR` and `csv:FILE.csv`: each file a sheet. A folder is written to, a single file only read. Not installed.

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <zmig/target.h>

#include "targets/csv/csv_folder.h"
#include "targets/csv/csv_format.h"
#include "targets/csv/csv_program.h"
#include "targets/csv/csv_rewrite.h"

namespace zmig {

class CsvTarget final : public Target {
 public:
  /// ZM0404 when there is no such folder or file.
  static Result<std::unique_ptr<CsvTarget>> open(const std::string& path, const TargetOptions& options,
                                                 FileSystem& files);

  [[nodiscard]] const Capabilities& capabilities() const override { return capabilities_; }
  [[nodiscard]] std::string url() const override { return "csv:" + path_; }
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
  Result<std::vector<FilePart>> file_parts() override;

 private:
  friend class CsvWriter;
  /// What was found out about a file, for as long as it stays as it is.
  struct Known {
    csv::Glance glance;
    csv::Dialect dialect;
    std::uint32_t header_row = 1;
    std::vector<std::string> headers;
    bool all_quoted = false;
    std::string line_end;
  };

  CsvTarget(std::string path, TargetOptions options, FileSystem& files);
  [[nodiscard]] bool shows(const std::string& name) const;
  Result<csv::FolderView> look();
  Status read_manifest(const csv::FolderView& view);
  Result<Known> learn(const std::string& path, const std::string& title, const csv::ManifestFile* entry);
  Result<Known> read_header(const std::string& path, const csv::Dialect& dialect, const std::string& title,
                            const csv::ManifestFile* entry);
  /// The live sheet: what stands in the header, with the ids and facts of the catalogue.
  [[nodiscard]] Sheet sheet_of(const std::string& title, const Known& known, const csv::ManifestFile* entry) const;
  [[nodiscard]] csv::ProgramOptions program_options() const;

  /// Calls `take` with each record below the header.
  using RecordSink = std::function<Status(const csv::RecordReader& record)>;
  Result<std::size_t> index_of(const std::string& sheet_id);
  Status each_record(std::size_t index, const RecordSink& take);

  std::string path_, folder_;
  std::string only_;  // a single file of the folder, or empty
  TargetOptions options_;
  FileSystem& files_;  // a port: outlives every target
  Capabilities capabilities_;
  Schema schema_;
  csv::Manifest manifest_;
  std::vector<csv::SheetFile> sheets_;  // parallel to schema_.sheets
  std::map<std::string, Known> known_;  // by path
  bool inspected_ = false, writing_ = false;
};

/// `zmig copy … csv:DIR`.
Result<std::vector<CopiedSheet>> create_csv(const std::string& path, const TargetOptions& options, Ports& ports,
                                            CellView& from, std::span<const std::string> sheet_ids,
                                            std::span<const Stamp> stamps);

}  // namespace zmig
