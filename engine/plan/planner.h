#pragma once
// What plan_up and plan_down share. Not installed.

#include <string>
#include <vector>

#include <zmig/plan.h>

namespace zmig {

/// A schema without cells, for checks that compare structure only.
class SchemaView final : public CellView {
 public:
  explicit SchemaView(Schema schema, bool text_source) : schema_(std::move(schema)), text_source_(text_source) {}
  [[nodiscard]] const Schema& schema() const override { return schema_; }
  Status scan(const std::string&, std::span<const std::string>, const RowSink&) override {
    return make_error(Errc::unsupported, "ZM9901", "cells of the workbook before were not kept");
  }
  [[nodiscard]] bool text_source() const override { return text_source_; }

 private:
  Schema schema_;
  bool text_source_;
};

/// The header fields of a planned migration.
PlannedMigration planned(const Migration& migration);
/// Whether an `ensure` compares rows, so that the workbook before has to stay readable.
bool compares_rows(const std::vector<CheckLine>& ensures);
/// Live widths of the sheets whose columns the steps add, remove, claim or forget.
std::vector<Width> widths_of(const std::vector<Step>& steps, const Schema& before, const Schema& after);
/// Batches that the steps of one migration take, and the cost.
std::size_t count_batches(const std::vector<Step>& steps, const Schema& live_before, const Capabilities& caps);
void add_cost(PlannedMigration& migration, std::size_t batches);

/// Judges lines; results to `results`, what did not pass to `findings` under `code`.
Status judge_lines(const std::vector<CheckLine>& lines, std::string_view id, std::string_view code, CheckWorld& world,
                   std::vector<CheckResult>& results, Diagnostics& findings);
/// Everything that the members of a plan add up to: cost, guarantee, fingerprint.
void finish_plan(Plan& plan, const Schema& live, const Capabilities& caps);

}  // namespace zmig
