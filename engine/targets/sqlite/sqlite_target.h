#pragma once
// `sqlite:FILE`: the embedded default workbook, an ordinary database (xlsx-csv.md 6). One table a sheet, header =
// column name, zmig's own tables beside. Not installed.

#include <map>
#include <memory>
#include <string>

#include <zmig/target.h>

#include "base/sqlite.h"
#include "targets/sqlite/sqlite_layout.h"

namespace zmig {

class SqliteTarget final : public Target {
 public:
  /// ZM0404 when there is no such file, ZM0470 when it is no database.
  static Result<std::unique_ptr<SqliteTarget>> open(const std::string& path, const TargetOptions& options);

  [[nodiscard]] const Capabilities& capabilities() const override { return capabilities_; }
  [[nodiscard]] std::string url() const override { return "sqlite:" + path_; }
  [[nodiscard]] std::string title() const override;
  Result<Schema> inspect() override;
  [[nodiscard]] const Schema& schema() const override { return layout_.schema; }
  Status scan(const std::string& sheet_id, std::span<const std::string> column_ids, const RowSink& sink) override;
  Status scan_judged(const std::string& sheet_id, std::span<const std::string> counted,
                     std::span<const std::string> wanted, const JudgedSink& sink) override;
  Result<std::vector<std::string>> scan_hashed(const std::string& sheet_id, const CellReadSink& sink) override;
  Result<std::vector<Stamp>> stamps() override;
  Result<std::vector<std::string>> column_hashes(const std::string& sheet_id,
                                                 std::span<const std::uint64_t> skip) override;
  Result<std::uint64_t> row_count(const std::string& sheet_id) override;
  Result<std::string> revision() override;
  Result<std::unique_ptr<Writer>> open_writer(const Lease& lease) override;
  Status preflight(std::span<const Change> changes) override;
  Result<std::vector<NativeObject>> native_objects() override;
  [[nodiscard]] bool same_native(const NativeObject& now, const NativeObject& then,
                                 const Renamed& renamed) const override;

 private:
  friend class SqliteWriter;
  SqliteTarget(std::string path, TargetOptions options);
  /// The one connection: the writer's while there is one, else opened for reading when it is needed.
  Result<sqlite::Database*> connection();
  struct Found {
    const Sheet* sheet = nullptr;
    const sqlite_workbook::Table* table = nullptr;
  };
  Result<Found> find(const std::string& sheet_id);
  static Result<std::vector<std::size_t>> positions(const Sheet& sheet, std::span<const std::string> column_ids);
  /// Whether the table has a row at all. Plans ask for many columns of it, one after the other.
  Result<bool> has_rows(const sqlite_workbook::Table& table);
  void close();

  std::string path_;
  TargetOptions options_;
  Capabilities capabilities_;
  sqlite::Database db_;
  std::map<std::string, sqlite::Statement> probes_;  ///< of has_rows(), by table
  sqlite_workbook::Layout layout_;
  std::string counter_;                       ///< of the file when layout_ was read from it; empty: unknown
  std::optional<std::vector<Stamp>> stamps_;  ///< as read when the counter of the file was stamps_counter_
  std::string stamps_counter_;
  bool inspected_ = false, writing_ = false, checked_ = false;
};

/// `zmig copy … sqlite:FILE`: written aside, read back and compared, then put in place.
Result<std::vector<CopiedSheet>> create_sqlite(const std::string& path, const TargetOptions& options, Ports& ports,
                                               CellView& from, std::span<const std::string> sheet_ids,
                                               std::span<const Stamp> stamps);
/// A copy of the file, page by page, for rehearsals.
Status duplicate_sqlite(const std::string& path, const std::string& to, const TargetOptions& options);

}  // namespace zmig
