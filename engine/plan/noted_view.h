#pragma once
// A view that notes whose cells are looked at. Not installed.

#include <algorithm>
#include <string>
#include <vector>

#include <zmig/cells.h>
#include <zmig/change.h>

namespace zmig {

inline void note_need(std::vector<Scope>& needs, Scope scope) {
  if (std::find(needs.begin(), needs.end(), scope) == needs.end()) needs.push_back(std::move(scope));
}

class NotedView final : public CellView {
 public:
  /// Both outlive this.
  NotedView(CellView& base, std::vector<Scope>& needs) : base_(base), needs_(needs) {}
  [[nodiscard]] const Schema& schema() const override { return base_.schema(); }
  [[nodiscard]] bool text_source() const override { return base_.text_source(); }
  Status scan(const std::string& sheet_id, std::span<const std::string> column_ids, const RowSink& sink) override {
    for (const std::string& id : column_ids) note_need(needs_, {sheet_id, id});
    // How many rows there are is a question to every cell.
    if (column_ids.empty()) note_need(needs_, {sheet_id, {}});
    return base_.scan(sheet_id, column_ids, sink);
  }
  Status scan_judged(const std::string& sheet_id, std::span<const std::string> counted,
                     std::span<const std::string> wanted, const JudgedSink& sink) override {
    for (const auto& ids : {counted, wanted}) {
      for (const std::string& id : ids) note_need(needs_, {sheet_id, id});
    }
    if (counted.empty() && wanted.empty()) note_need(needs_, {sheet_id, {}});
    return base_.scan_judged(sheet_id, counted, wanted, sink);
  }

 private:
  CellView& base_;
  std::vector<Scope>& needs_;
};

}  // namespace zmig
