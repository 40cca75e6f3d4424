#include "plan/position.h"

#include <algorithm>
#include <string>
#include <unordered_set>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "model/names.h"
#include "plan/lock.h"

namespace zmig {
namespace {

const MigrationFile* file_at(const History& history, std::uint32_t number) {
  // Without gaps it stands at its number.
  if (number > 0 && number <= history.files.size() && history.files[number - 1].number == number)
    return &history.files[number - 1];
  const auto found = std::find_if(history.files.begin(), history.files.end(),
                                  [number](const MigrationFile& file) { return file.number == number; });
  return found == history.files.end() ? nullptr : &*found;
}

Diagnostic history_error(std::string code, std::string message, std::string help) {
  Diagnostic out;
  out.code = std::move(code);
  out.message = std::move(message);
  out.help = std::move(help);
  return out;
}

/// The stamp's list against the files.
class Comparison {
 public:
  Comparison(const PlanInput& input, const StampEntry& stamp, Diagnostics& out)
      : input_(input), stamp_(stamp), out_(out) {}

  void run() {
    const std::uint32_t last = input_.history.files.empty() ? 0 : input_.history.files.back().number;
    std::vector<std::string> ahead;
    std::uint32_t newest = 0;
    for (const AppliedMigration& applied : stamp_.applied) {
      newest = std::max(newest, applied.number);
      const std::string name = migration_name(applied.number, applied.slug);
      const MigrationFile* file = file_at(input_.history, applied.number);
      if (file != nullptr) {
        compare(applied, name, *file);
      } else if (applied.number > last) {
        ahead.push_back(name);
      } else {
        out_.add(history_error(
            "ZM0203", quoted(name) + " is applied, but its file is gone",
            fmt::format("bring the file back: `zmig show {} --source ledger` prints it", applied.number)));
      }
    }
    if (!ahead.empty()) {
      out_.add(history_error("ZM0204",
                             fmt::format("the workbook is at {:04}, the files end at {:04}: {} {} not here", newest,
                                         last, join(ahead, ", "), ahead.size() == 1 ? "is" : "are"),
                             "update the checkout"));
    }
    check_gaps(newest);
    check_chain();
  }

 private:
  void compare(const AppliedMigration& applied, const std::string& name, const MigrationFile& file) {
    if (file.slug != applied.slug) {
      Diagnostic branch = history_error(
          "ZM0207",
          fmt::format("number {:04} is {} here, and {} in the workbook", applied.number, quoted(file.name),
                      quoted(name)),
          "this workbook was migrated from another branch: bring its file into this one, under its number");
      branch.primary.span = Span{file.file_number, 0, 0};
      out_.add(std::move(branch));
    } else if (!file.checksum.empty() && file.checksum != applied.hash) {
      Diagnostic edited = history_error(
          "ZM0202", file.name + ".zmig was changed after it was applied",
          fmt::format(
              "bring the old text back (`zmig show {} --source ledger`) and write the change as a new migration",
              applied.number));
      edited.primary.span = Span{file.file_number, 0, 0};
      edited.notes.emplace_back("layout, comments, description, author and tags do not count");
      out_.add(std::move(edited));
    }
  }

  void check_gaps(std::uint32_t newest) {
    std::unordered_set<std::uint32_t> applied;
    for (const AppliedMigration& one : stamp_.applied) applied.insert(one.number);
    for (const MigrationFile& file : input_.history.files) {
      if (file.number > newest || input_.out_of_order || applied.contains(file.number)) continue;
      Diagnostic gap = history_error("ZM0201", quoted(file.name) + " is not applied, although a later one is",
                                     "give it the next free number, or fill the gap: `zmig up --out-of-order=allow`");
      gap.primary.span = Span{file.file_number, 0, 0};
      out_.add(std::move(gap));
    }
  }

  void check_chain() {
    std::string chain = empty_chain();
    for (const AppliedMigration& applied : stamp_.applied)
      chain = chain_hash(chain, applied.number, applied.slug, applied.hash);
    if (stamp_.chain_hash.empty() || chain == stamp_.chain_hash) return;
    out_.add(history_error("ZM0603", "the stamp's list of applied migrations does not match its own chain",
                           "put back the newest copy of the workbook that still holds its stamp; nothing was written"));
  }

  const PlanInput& input_;
  const StampEntry& stamp_;
  Diagnostics& out_;
};

std::string in_words(const Drift::Item& item) {
  std::string kind = item.kind;
  std::replace(kind.begin(), kind.end(), '_', ' ');
  return fmt::format("{}: {}, expected {}, found {}", item.where, kind, item.expected.empty() ? "none" : item.expected,
                     item.observed.empty() ? "none" : item.observed);
}

void compare_sheet(const Sheet& expected, const Sheet& live, std::vector<std::string>& out) {
  for (const Column& column : expected.columns) {
    if (!column.managed) continue;
    const auto same = std::count_if(live.columns.begin(), live.columns.end(),
                                    [&](const Column& one) { return same_header(one.header, column.header); });
    if (same == 0) out.push_back(fmt::format("{} has no column {}", quoted(live.title), quoted(column.header)));
    if (same > 1) out.push_back(fmt::format("{} has {} columns {}", quoted(live.title), same, quoted(column.header)));
  }
}

}  // namespace

const Replayed* replayed_at(const std::vector<Replayed>& replayed, std::uint32_t number) {
  if (number > 0 && number <= replayed.size() && replayed[number - 1].migration.number == number)
    return &replayed[number - 1];
  const auto found = std::find_if(replayed.begin(), replayed.end(),
                                  [number](const Replayed& one) { return one.migration.number == number; });
  return found == replayed.end() ? nullptr : &*found;
}

Result<std::vector<Schema>> states_of(const PlanInput& input, const CowList<AppliedMigration>& applied) {
  std::vector<Schema> states{input.history.baseline ? *input.history.baseline : input.history.empty};
  bool in_order = true;
  for (std::size_t i = 0; i < applied.size(); ++i) {
    const Replayed* next = replayed_at(input.replayed, applied[i].number);
    if (next == nullptr) {
      return make_error(
          Errc::not_found, "ZM0203",
          fmt::format("the text of {} is not here", quoted(migration_name(applied[i].number, applied[i].slug))));
    }
    in_order = in_order && next == &input.replayed[i];
    if (in_order) {
      states.push_back(next->after);
      continue;
    }
    ZMIG_TRY(Schema state, replay_operations(next->migration.script.operations, states.back()));
    states.push_back(std::move(state));
  }
  return states;
}

std::vector<std::string> baseline_differences(const Schema& baseline, const Schema& live) {
  std::vector<std::string> out;
  for (const Sheet& sheet : baseline.sheets) {
    if (!sheet.managed) continue;
    const Sheet* there = live.sheet_titled(sheet.title, true);
    if (there == nullptr) {
      out.push_back("there is no sheet " + quoted(sheet.title));
      continue;
    }
    compare_sheet(sheet, *there, out);
  }
  return out;
}

std::vector<Change> baseline_changes(const Schema& baseline) {
  std::vector<Change> out;
  for (const Enum& one : baseline.enums) out.push_back(change::SetEnum{one.name, one.values, std::nullopt});
  for (const Sheet& sheet : baseline.sheets) {
    if (!sheet.managed) continue;
    Sheet bare = sheet;
    bare.columns.clear();
    // Rules of a sheet name its columns, so they come after the claims of those.
    bare.rules = {};
    out.push_back(change::Track{{sheet.id, {}}, std::move(bare)});
    for (const Column& column : sheet.columns) {
      if (column.managed) out.push_back(change::Track{{sheet.id, column.id}, column});
    }
    if (!(sheet.rules == SheetRules{})) out.push_back(change::SetRules{{sheet.id, {}}, sheet.rules});
  }
  return out;
}

bool is_empty_workbook(const Schema& live) {
  return std::all_of(live.sheets.begin(), live.sheets.end(), [](const Sheet& sheet) {
    return std::all_of(sheet.columns.begin(), sheet.columns.end(),
                       [](const Column& column) { return is_blank_header(column.header); });
  });
}

bool has_ids(const Schema& live) {
  return std::any_of(live.sheets.begin(), live.sheets.end(), [](const Sheet& sheet) {
    return sheet.managed ||
           std::any_of(sheet.columns.begin(), sheet.columns.end(), [](const Column& column) { return column.managed; });
  });
}

namespace {

std::optional<Diagnostic> drift_of_class(const Drift& drift, Drift::Class level, std::string message) {
  std::vector<const Drift::Item*> items;
  for (const Drift::Item& item : drift.items) {
    if (item.level == level) items.push_back(&item);
  }
  if (items.empty()) return std::nullopt;
  Diagnostic finding;
  finding.severity = Severity::warning;
  finding.code = "ZM0301";
  finding.message = std::move(message);
  finding.primary.cell = items.front()->where;
  constexpr std::size_t kShown = 20;
  for (std::size_t i = 0; i < std::min(items.size(), kShown); ++i) finding.notes.push_back(in_words(*items[i]));
  if (items.size() > kShown) finding.notes.push_back(fmt::format("and {} more", items.size() - kShown));
  return finding;
}

}  // namespace

void add_drift(const Drift& drift, bool allowed, Diagnostics& out) {
  using Class = Drift::Class;
  if (auto finding = drift_of_class(drift, Class::breaking, "the live workbook is not what its history says")) {
    if (!allowed) {
      finding->severity = Severity::error;
      finding->notes.emplace_back("nothing was written");
      finding->help = "bring the workbook back to that state, or write a migration that says what changed";
    }
    out.add(*std::move(finding));
  }
  if (auto finding = drift_of_class(drift, Class::layout, "the live workbook looks other than its history says")) {
    finding->help = "it stays as it is; bring it back, or write a migration that says so, and the warning ends";
    out.add(*std::move(finding));
  }
}

Result<Position> stamped_position(const PlanInput& input, Diagnostics& out) {
  Position position;
  ZMIG_TRY(position.stamp, current_stamp(input.stamps));
  if (!position.stamp) return position;
  position.managed = true;
  position.at = position.stamp->position;
  Comparison(input, *position.stamp, out).run();
  return position;
}

Result<Position> find_position(const PlanInput& input, Diagnostics& out) {
  Position position;
  ZMIG_TRY(position.stamp, current_stamp(input.stamps));
  const Schema& live = input.live.schema();
  if (!position.stamp) {
    position.state = input.history.baseline ? *input.history.baseline : input.history.empty;
    if (has_ids(live)) {
      out.add(
          history_error("ZM0602", "the workbook carries zmig's ids, but its stamp is gone",
                        "put back the newest copy of the workbook that still holds its stamp; nothing was written"));
    }
    return position;
  }
  position.managed = true;
  position.at = position.stamp->position;
  Comparison(input, *position.stamp, out).run();
  Result<std::vector<Schema>> states = states_of(input, position.stamp->applied);
  if (!states) {
    // What is missing has been said; there is no state to compare with.
    if (!out.has_errors()) out.add(history_error(states.error().zm, states.error().message, states.error().help));
    return position;
  }
  position.state = std::move(states->back());
  position.drift = drift_of(position.state, live);
  return position;
}

}  // namespace zmig
