#pragma once
// Checks of a live workbook against a replayed state (cli.md 9.7): from the schemas alone, and from every cell. Private
// to engine/run/.

#include <string>
#include <string_view>
#include <vector>

#include "run/context.h"

namespace zmig::run {

/// Collects what breaks a check: counts everything, keeps the first places.
class Offences {
 public:
  void add(std::string place);
  void add_all(const Offences& other);
  [[nodiscard]] std::uint64_t count() const { return count_; }
  [[nodiscard]] const std::vector<std::string>& first() const { return first_; }
  /// passed or failed.
  [[nodiscard]] CheckResult result(std::string id, std::string subject, std::uint64_t examined,
                                   std::string expected) const;

 private:
  std::uint64_t count_ = 0;
  std::vector<std::string> first_;
};

CheckResult passed(std::string id, std::uint64_t examined);
CheckResult not_run(std::string id, std::string subject, std::string because);

/// headers width order identity, and the part of types formats nature allowed that schemas show. In this order, at
/// least one result each.
/// Without `layout`, what only looks other than it should is left out: a plan warns about it and goes on.
std::vector<CheckResult> schema_checks(const Schema& state, const Schema& live, bool layout = true);
/// types nature allowed required unique over every row of every managed sheet. A column that is missing is not_run
/// there.
Result<std::vector<CheckResult>> cell_checks(CellView& live, const Schema& state);
/// Both, one list: what both say of one check is joined.
std::vector<CheckResult> joined(std::vector<CheckResult> schema, std::vector<CheckResult> cells);

/// Lines about before and after: judged right after the write, never again.
bool is_about_the_write(const Check& check);

/// "Operaciones!BL17"
std::string place_of(const Sheet& sheet, std::size_t index0, std::uint64_t row);

}  // namespace zmig::run
