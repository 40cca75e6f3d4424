#pragma once
// A target and a writer through which everything goes as it is: a test overrides the one thing that it is about.

#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <zmig/target.h>

namespace zmig::test {

/// scan_judged() and scan_hashed() stay those of the interface: they ask scan() of this one, so that a double which
/// overrides scan() is seen by every reader.
class PassingTarget : public Target {
 public:
  explicit PassingTarget(Target& inner) : inner_(inner) {}  // which outlives it
  [[nodiscard]] const Capabilities& capabilities() const override { return inner_.capabilities(); }
  [[nodiscard]] std::string url() const override { return inner_.url(); }
  [[nodiscard]] std::string title() const override { return inner_.title(); }
  [[nodiscard]] const Schema& schema() const override { return inner_.schema(); }
  Result<Schema> inspect() override { return inner_.inspect(); }
  Result<std::vector<Stamp>> stamps() override { return inner_.stamps(); }
  Status scan(const std::string& sheet_id, std::span<const std::string> column_ids, const RowSink& sink) override {
    return inner_.scan(sheet_id, column_ids, sink);
  }
  Result<std::vector<std::string>> column_hashes(const std::string& sheet_id,
                                                 std::span<const std::uint64_t> skip) override {
    return inner_.column_hashes(sheet_id, skip);
  }
  Result<std::uint64_t> row_count(const std::string& sheet_id) override { return inner_.row_count(sheet_id); }
  Result<std::string> revision() override { return inner_.revision(); }
  Status preflight(std::span<const Change> changes) override { return inner_.preflight(changes); }
  Result<Foreseen> foresee(std::span<const Change> changes) override { return inner_.foresee(changes); }
  Result<std::vector<FilePart>> file_parts() override { return inner_.file_parts(); }
  Result<std::vector<NativeObject>> native_objects() override { return inner_.native_objects(); }
  [[nodiscard]] bool same_native(const NativeObject& now, const NativeObject& then,
                                 const Renamed& renamed) const override {
    return inner_.same_native(now, then, renamed);
  }
  Result<std::unique_ptr<Writer>> open_writer(const Lease& lease) override { return inner_.open_writer(lease); }

 protected:
  Target& inner_;
};

class PassingWriter : public Writer {
 public:
  explicit PassingWriter(std::unique_ptr<Writer> inner) : inner_(std::move(inner)) {}
  Result<Staged> stage(std::span<const Part> batch) override { return inner_->stage(batch); }
  Result<CommitReport> commit(std::span<const Part> batch, const Staged& staged) override {
    return inner_->commit(batch, staged);
  }

 protected:
  std::unique_ptr<Writer> inner_;
};

}  // namespace zmig::test
