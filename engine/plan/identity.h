#pragma once
// How the rows of a sheet are recognised again (language.md 4.4), without the columns that a migration writes. Not
// installed.

#include <span>
#include <string>
#include <vector>

#include <zmig/cells.h>

#include "ops/judging.h"

namespace zmig {

class Identity {
 public:
  /// By the sheet's key, else by its managed, not computed cells; `excluded` columns left out.
  static Identity of(const Sheet& sheet, std::span<const std::string> excluded);
  /// As it was when a capture was taken. `by_key`: the columns were the sheet's key then.
  static Identity again(const Sheet& sheet, const std::vector<std::string>& columns, bool by_key);

  [[nodiscard]] const std::vector<std::string>& columns() const { return columns_; }
  [[nodiscard]] std::string operator()(const ops::Rows& rows, const RowView& row) const;
  [[nodiscard]] std::string operator()(std::span<const Cell> cells) const { return row_identity(sheet_, cells); }

 private:
  explicit Identity(Sheet reduced);
  Sheet sheet_;  // only the columns that count
  std::vector<std::string> columns_;
};

}  // namespace zmig
