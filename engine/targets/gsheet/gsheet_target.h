#pragma once
// `gsheet:ID`: a live spreadsheet of Google Sheets (google-sheets.md part A). One reading gives everything; one atomic
// batchUpdate carries the changes and their stamp. Not installed.

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include <zmig/target.h>

#include "targets/gsheet/api.h"
#include "targets/gsheet/snapshot.h"

namespace zmig {

/// The id of `ID`, or of the address of the document as copied from a browser. ZM0703.
Result<std::string> spreadsheet_id(const std::string& rest);

class GsheetTarget final : public Target {
 public:
  static Result<std::unique_ptr<GsheetTarget>> open(const std::string& rest, const TargetOptions& options,
                                                    Ports& ports);
  /// With a wire of its own; for tests.
  GsheetTarget(std::string id, TargetOptions options, Ports& ports, std::unique_ptr<gsheet::Api> api);

  [[nodiscard]] const Capabilities& capabilities() const override { return capabilities_; }
  [[nodiscard]] std::string url() const override { return "gsheet:" + id_; }
  [[nodiscard]] std::string title() const override { return seen_.title.empty() ? id_ : seen_.title; }
  /// Served from the last reading while that is fresh: under half a minute old, and nothing written since.
  Result<Schema> inspect() override;
  [[nodiscard]] const Schema& schema() const override { return seen_.book.schema; }
  Status scan(const std::string& sheet_id, std::span<const std::string> column_ids, const RowSink& sink) override;
  Result<std::vector<Stamp>> stamps() override;
  Result<std::vector<std::string>> column_hashes(const std::string& sheet_id,
                                                 std::span<const std::uint64_t> skip) override;
  Result<std::uint64_t> row_count(const std::string& sheet_id) override;
  Result<std::string> revision() override;
  Result<std::unique_ptr<Writer>> open_writer(const Lease& lease) override;
  Status preflight(std::span<const Change> changes) override;

  /// Makes the spreadsheet, which holds nothing, into this workbook. `batch`: stamps only.
  Result<CommitReport> fill(Workbook wanted, std::span<const Part> batch);

  [[nodiscard]] gsheet::Calls calls() const { return api_->calls(); }

 private:
  friend class GsheetWriter;
  /// A reading, whatever was read before.
  Result<gsheet::Snapshot> fetch();
  Result<gsheet::Snapshot> fetch_once();
  /// Makes sure that there is one that may be relied on.
  Status look();
  [[nodiscard]] bool fresh() const;
  void take(gsheet::Snapshot snapshot);
  Result<const Sheet*> find(const std::string& sheet_id);

  std::string id_;
  TargetOptions options_;
  Ports& ports_;
  std::unique_ptr<gsheet::Api> api_;
  Capabilities capabilities_;
  gsheet::Snapshot seen_;
  std::optional<std::chrono::milliseconds> read_at_;  // none: nothing is read, or it is outdated
  bool writing_ = false;
};

/// `zmig copy … gsheet:ID`: into a spreadsheet that exists and holds nothing yet.
Result<std::vector<CopiedSheet>> create_gsheet(const std::string& rest, const TargetOptions& options, Ports& ports,
                                               CellView& from, std::span<const std::string> sheet_ids,
                                               std::span<const Stamp> stamps);
/// The same through an open target.
Result<std::vector<CopiedSheet>> fill_gsheet(GsheetTarget& target, CellView& from,
                                             std::span<const std::string> sheet_ids, std::span<const Stamp> stamps);

}  // namespace zmig
