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
  Result<KeptCopy> keep_copy(const CopyOrder& order) override;
  Result<bool> has_copy(const std::string& location) override;
  Status drop_copy(const std::string& location) override;

  /// Makes the spreadsheet, which holds nothing, into this workbook. `batch`: stamps only.
  Result<CommitReport> fill(Workbook wanted, std::span<const Part> batch);

  [[nodiscard]] gsheet::Calls calls() const { return api_->calls(); }

 private:
  friend class GsheetWriter;
  /// A reading, whatever was read before.
  Result<gsheet::Snapshot> fetch();
  /// The same; none when the answer is byte for byte the one with this fingerprint.
  Result<std::optional<gsheet::Snapshot>> fetch_unless(const std::string& fingerprint);
  Result<std::optional<gsheet::Snapshot>> fetch_once(const std::string& fingerprint);
  /// The answer to a reading of the spreadsheet `id`, and what it says.
  Result<std::string> ask(const std::string& id);
  Result<gsheet::RawBook> ask_raw(const std::string& id);
  /// One batchUpdate; an answer that cannot be read leaves open what became of it.
  Status post(const std::string& body);
  /// Makes sure that there is one that may be relied on.
  Status look();
  [[nodiscard]] bool fresh() const;
  void take(gsheet::Snapshot snapshot);
  Result<const Sheet*> find(const std::string& sheet_id);
  /// Their cells, as they were read. ZM0314.
  Result<std::vector<const std::vector<Cell>*>> columns_of(const Sheet& sheet, std::span<const std::string> column_ids);

  // gsheet_copies.cc
  struct NewTab {
    std::int64_t source = 0;
    gsheet::Tab tab;
  };
  Result<KeptCopy> copy_sheets(const CopyOrder& order);
  Result<std::vector<NewTab>> new_tabs(const CopyOrder& order);
  Status send_copies(const std::string& body, const std::vector<NewTab>& tabs);
  Result<KeptCopy> copy_document(const CopyOrder& order);
  Result<std::string> make_document(const std::string& name, const std::string& folder);
  Result<std::string> find_document(const std::string& name);
  Result<std::uint64_t> compare_document(const std::string& copy);
  Status drop_sheets(const std::vector<std::int64_t>& ids);

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
