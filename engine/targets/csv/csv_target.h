#pragma once
// `csv:DIR` and `csv:FILE.csv`: each file a sheet. Reading only in this release. Not installed.

#include <memory>
#include <string>
#include <vector>

#include <zmig/target.h>

#include "targets/csv/csv_format.h"

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
  Result<std::vector<Stamp>> stamps() override { return std::vector<Stamp>(); }
  Result<std::vector<std::string>> column_hashes(const std::string& sheet_id,
                                                 std::span<const std::uint64_t> skip) override;
  Result<std::uint64_t> row_count(const std::string& sheet_id) override;
  Result<std::string> revision() override;
  Result<std::unique_ptr<Writer>> open_writer(const Lease& lease) override;

 private:
  struct File {
    std::string path;
    csv::Dialect dialect;
  };
  CsvTarget(std::string path, TargetOptions options, FileSystem& files);
  Result<std::vector<std::string>> file_names();
  Result<Sheet> read_header(const File& file, const std::string& title);
  /// Calls `take` with each record below the header.
  using RecordSink = std::function<Status(const csv::RecordReader& record)>;
  Status each_record(const std::string& sheet_id, const RecordSink& take);

  std::string path_, folder_;
  std::string only_;  // a single file of the folder, or empty
  TargetOptions options_;
  FileSystem& files_;  // a port: outlives every target
  Capabilities capabilities_;
  Schema schema_;
  std::vector<File> sheets_;  // parallel to schema_.sheets
  bool inspected_ = false;
};

}  // namespace zmig
