#pragma once
// The target and the observer of a run, with an eye on both: rows that pass by are told as StageProgress, and a wish to
// stop is heard in the middle of long readings, as long as nothing was sent. Forwards everything else: a function that
// Target gains has to be forwarded here. Private to engine/run/.

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <zmig/migrator.h>
#include <zmig/target.h>

namespace zmig::run {

class Watch final : public Target, public Observer {
 public:
  /// `target` and `observer` outlive it. `stop_requested` may be empty.
  Watch(Target& target, Observer& observer, std::function<bool()> stop_requested)
      : target_(target), observer_(observer), stop_requested_(std::move(stop_requested)) {}

  /// How many rows lie between two events.
  static constexpr std::uint64_t kStride = 2000;

  void on(const Event& event) override;

  [[nodiscard]] const Capabilities& capabilities() const override { return target_.capabilities(); }
  [[nodiscard]] std::string url() const override { return target_.url(); }
  [[nodiscard]] std::string title() const override { return target_.title(); }
  [[nodiscard]] const Schema& schema() const override { return target_.schema(); }
  [[nodiscard]] bool text_source() const override { return target_.text_source(); }
  Result<Schema> inspect() override { return target_.inspect(); }
  Result<std::vector<Stamp>> stamps() override { return target_.stamps(); }
  Status scan(const std::string& sheet_id, std::span<const std::string> column_ids, const RowSink& sink) override;
  Status scan_judged(const std::string& sheet_id, std::span<const std::string> counted,
                     std::span<const std::string> wanted, const JudgedSink& sink) override;
  Result<std::vector<std::string>> scan_hashed(const std::string& sheet_id, const CellReadSink& sink) override;
  Result<std::vector<std::string>> column_hashes(const std::string& sheet_id,
                                                 std::span<const std::uint64_t> skip) override {
    return target_.column_hashes(sheet_id, skip);
  }
  Result<std::uint64_t> row_count(const std::string& sheet_id) override { return target_.row_count(sheet_id); }
  Result<std::string> revision() override { return target_.revision(); }
  Result<std::unique_ptr<Writer>> open_writer(const Lease& lease) override { return target_.open_writer(lease); }
  Status preflight(std::span<const Change> changes) override { return target_.preflight(changes); }
  Result<KeptCopy> keep_copy(const CopyOrder& order) override { return target_.keep_copy(order); }
  Result<bool> has_copy(const std::string& location) override { return target_.has_copy(location); }
  Status drop_copy(const std::string& location) override { return target_.drop_copy(location); }
  Result<Foreseen> foresee(std::span<const Change> changes) override { return target_.foresee(changes); }
  Result<std::vector<FilePart>> file_parts() override { return target_.file_parts(); }
  Result<std::vector<NativeObject>> native_objects() override { return target_.native_objects(); }
  [[nodiscard]] bool same_native(const NativeObject& now, const NativeObject& then,
                                 const Renamed& renamed) const override {
    return target_.same_native(now, then, renamed);
  }

 private:
  /// Counts the rows of one reading.
  class Passing;
  [[nodiscard]] Status check_stop() const;
  void tell(const std::string& sheet_id, std::uint64_t rows, std::uint64_t total) const;

  Target& target_;
  Observer& observer_;
  std::function<bool()> stop_requested_;
  bool sent_ = false;                           ///< a batch left and is not proved yet: no stopping
  std::map<std::string, std::uint64_t> known_;  ///< rows of sheets that were read to the end, by id
};

}  // namespace zmig::run
