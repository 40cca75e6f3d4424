#pragma once
// What must hold after any fault (the numbers are those of the safety specification, and stand in docs/testing.md).

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "fault/scenarios.h"

namespace zmig::test {

/// What went wrong, by kind, with the first few in words.
struct Findings {
  std::size_t cells_lost = 0, wrong_applied = 0, no_exit = 0, other = 0;
  std::vector<std::string> first;

  [[nodiscard]] std::size_t all() const { return cells_lost + wrong_applied + no_exit + other; }
  void add(std::size_t Findings::*kind, std::string what);
  [[nodiscard]] std::string told() const;
};

/// One scenario on one lab: what a quiet run does, and what is looked for after another one.
class Oracle {
 public:
  Oracle(Lab& lab, const Scenario& scenario);

  /// Names of the calls of a quiet run, each with its count: "target.commit#2".
  [[nodiscard]] const std::vector<std::string>& points() const { return points_; }
  [[nodiscard]] const std::vector<std::string>& calls() const { return calls_; }

  /// From now on somebody has typed this into a cell, "Sheet.Header" and the row from 0: it has to stand there, too.
  void somebody_typed(const std::string& column, std::size_t row, const Value& value) {
    typed_ = Typed{column, row, value};
  }
  void nobody_typed() { typed_.reset(); }

  /// Right after the fault, before anything else runs.
  void check_now(const std::string& where, const Attempt& attempt, Findings& findings);
  /// Runs the command again until it is at rest, then looks at everything. `deep`: and goes back with `down`.
  void check_converges(const std::string& where, bool deep, Findings& findings);

 private:
  struct Standing {
    std::string schema;
    SeenCells cells;
    bool operator==(const Standing&) const = default;
  };
  struct Typed {
    std::string column;
    std::size_t row = 0;
    Value value;
  };
  /// These cells, with what somebody typed.
  [[nodiscard]] bool are(const SeenCells& seen, SeenCells expected) const;
  [[nodiscard]] const Standing* standing_at(std::size_t entries) const;
  void check_messages(const std::string& where, const Attempt& attempt, Findings& findings) const;
  void check_leftovers(const std::string& where, Findings& findings) const;
  void check_way_back(const std::string& where, Findings& findings);

  Lab& lab_;
  const Scenario& scenario_;
  std::map<std::size_t, Standing> standings_;  ///< by number of stamp entries
  Seen end_;
  Books end_books_;
  std::optional<SeenCells> origin_;
  std::optional<Typed> typed_;
  std::vector<std::string> unknown_;  ///< runs that no stamp entry named before the command began
  std::vector<std::string> points_, calls_;
};

}  // namespace zmig::test
