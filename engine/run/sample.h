#pragma once
// Some of the rows of a workbook, chosen by a seed: what `verify --sample` looks at. Private to engine/run/.

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>

#include <zmig/migrator.h>

namespace zmig::run {

class SampledView final : public CellView {
 public:
  /// `rows` of each sheet, or all where there are no more. `base` (inspected) outlives the view.
  static Result<std::unique_ptr<SampledView>> of(Target& base, std::uint64_t rows, std::uint64_t seed);

  [[nodiscard]] const Schema& schema() const override { return base_.schema(); }
  Status scan(const std::string& sheet_id, std::span<const std::string> column_ids, const RowSink& sink) override;
  [[nodiscard]] bool text_source() const override { return base_.text_source(); }

  /// Of the sheet with the most rows.
  [[nodiscard]] const VerifySample& facts() const { return facts_; }
  /// "sample 100 of 1000".
  [[nodiscard]] std::string scope() const;

 private:
  SampledView(Target& base, std::uint64_t rows) : base_(base), rows_(rows) {}
  Target& base_;
  std::uint64_t rows_;
  std::map<std::string, std::uint64_t> counts_;  // rows of each sheet
  VerifySample facts_;
};

/// How likely it is that `rows` out of `of` hold none of the faulty ones, when one row in a hundred is faulty.
double chance_to_miss(std::uint64_t rows, std::uint64_t of);

}  // namespace zmig::run
