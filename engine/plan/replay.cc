#include "plan/replay.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include <zmig/history.h>

#include "base/text.h"
#include "model/apply_lowered.h"

namespace zmig {

Result<Chain> lower_all(const std::vector<Operation>& operations, Schema before,
                        const std::vector<std::size_t>& origin) {
  ZMIG_ASSERT(origin.empty() || origin.size() == operations.size(), "one origin for each operation");
  Chain chain;
  chain.states.push_back(std::move(before));
  for (std::size_t i = 0; i < operations.size(); ++i) {
    ZMIG_TRY(std::vector<Change> changes, lower(operations[i], chain.states.back()));
    for (Change& change : changes) {
      Schema next = chain.states.back();
      ZMIG_CHECK_OK(apply_to(change, next));
      chain.states.push_back(std::move(next));
      chain.steps.push_back({std::move(change), origin.empty() ? i : origin[i]});
    }
  }
  return chain;
}

Result<Schema> replay_operations(const std::vector<Operation>& operations, Schema before) {
  for (const Operation& operation : operations) {
    ZMIG_TRY(const std::vector<Change> changes, lower(operation, before));
    for (const Change& change : changes) ZMIG_CHECK_OK(apply_lowered(changes, change, before));
  }
  return before;
}

Schema comparable_part(const Schema& schema) {
  Schema out = schema;
  erase_if(out.sheets, [](const Sheet& sheet) { return !sheet.managed; });
  for (Sheet& sheet : out.sheets) erase_if(sheet.columns, [](const Column& column) { return !column.managed; });
  for (Enum& one : out.enums) {
    std::erase_if(one.values, [](const EnumValue& value) { return !value.offered; });
    for (EnumValue& value : one.values) value.note.reset();
  }
  out.enums.sort([](const Enum& a, const Enum& b) { return a.name < b.name; });
  return out;
}

std::optional<std::string> managed_difference(const Schema& a, const Schema& b) {
  if (a == b) return std::nullopt;  // mostly, and what both share is not looked at
  const Schema left = comparable_part(a);
  const Schema right = comparable_part(b);
  if (left == right) return std::nullopt;
  const std::vector<Difference> differences = all_differences(left, right);
  if (!differences.empty()) {
    const Difference& first = differences.front();
    return fmt::format("{}: {} instead of {}", first.where, first.observed.empty() ? "nothing" : first.observed,
                       first.expected.empty() ? "nothing" : first.expected);
  }
  for (const Sheet& sheet : left.sheets) {
    const Sheet* other = right.sheet(sheet.id);
    if (other == nullptr) return "sheet " + quoted(sheet.title) + " would be missing";
    for (const Column& column : sheet.columns) {
      const Column* found = column_by_id(*other, column.id);
      if (found == nullptr) return fmt::format("{} would lack column {}", quoted(sheet.title), quoted(column.header));
      if (!(*found == column))
        return fmt::format("column {} of {} would be declared differently", quoted(column.header), quoted(sheet.title));
    }
    if (!(*other == sheet)) return "sheet " + quoted(sheet.title) + " would be declared differently";
  }
  if (!(left.enums == right.enums)) return "the enums would be different";
  return "the workbook would be declared differently";
}

namespace {

/// `after`: where the operations lead, when that is known; then the last one is not replayed again.
Result<Reversal> inverted(const std::vector<Operation>& operations, const Schema& before, const Schema* after) {
  std::vector<Reversal> parts;
  Schema state = before;
  Reversal out;
  for (const Operation& operation : operations) {
    ZMIG_TRY(Reversal part, invert(operation, state));
    out.fidelity = std::max(out.fidelity, part.fidelity);
    parts.push_back(std::move(part));
    if (after != nullptr && parts.size() == operations.size()) {
      state = *after;
    } else {
      ZMIG_TRY(state, replay_operations({operation}, std::move(state)));
    }
  }
  for (auto part = parts.rbegin(); part != parts.rend(); ++part) {
    out.ops.insert(out.ops.end(), std::make_move_iterator(part->ops.begin()), std::make_move_iterator(part->ops.end()));
  }
  if (out.fidelity == Fidelity::irreversible) return out;
  ZMIG_TRY(const Schema back, replay_operations(out.ops, std::move(state)));
  if (const std::optional<std::string> difference = managed_difference(before, back)) {
    return make_error(Errc::invalid_input, "ZM9901",
                      "the way back that zmig derived does not lead back: " + *difference,
                      "please report this, with the migration; a `down { }` block of your own replaces the derivation");
  }
  return out;
}

}  // namespace

Result<Reversal> invert_all(const std::vector<Operation>& operations, const Schema& before) {
  return inverted(operations, before, nullptr);
}
Result<Reversal> invert_all(const std::vector<Operation>& operations, const Schema& before, const Schema& after) {
  return inverted(operations, before, &after);
}

std::vector<Replayed> replay_history(const History& history, const ScriptCodec& codec,
                                     const std::vector<std::string>& protected_sheets, Diagnostics& out) {
  std::vector<Replayed> replayed;
  CowList<std::string> earlier;
  const Schema* before = history.baseline ? &*history.baseline : &history.empty;
  bool stopped = false;
  for (const MigrationFile& file : history.files) {
    // A name that another file uses too has no place in the replay; load_history has said so.
    if (!replayed.empty() && replayed.back().migration.number == file.number) stopped = true;
    if (stopped) {
      static_cast<void>(codec.checksum(file.source, file.file_number, out));
      continue;
    }
    const std::size_t errors = out.count(Severity::error);
    BindContext context;
    context.name = file.name;
    context.before = before;
    context.earlier = earlier;
    context.protected_sheets = protected_sheets;
    Replayed next;
    next.migration = codec.parse(file.source, file.file_number, context, out);
    stopped = out.count(Severity::error) > errors;
    if (stopped) continue;
    next.migration.number = file.number;
    next.migration.slug = file.slug;
    next.migration.name = file.name;
    next.migration.path = file.source.path;
    next.migration.checksum = file.checksum;
    next.before = *before;
    Result<Schema> after = replay_operations(next.migration.script.operations, next.before);
    if (!after) {
      // The binder replays line by line, so this is its fault or ours, never the author's.
      Diagnostic fault;
      fault.code = after.error().zm.empty() ? "ZM9901" : after.error().zm;
      fault.message = after.error().message;
      fault.primary.span = Span{file.file_number, 0, 0};
      if (!after.error().help.empty()) fault.help = after.error().help;
      out.add(std::move(fault));
      stopped = true;
      continue;
    }
    next.after = *std::move(after);
    context.earlier.clear();  // or the list would be copied, once for each file
    earlier.push_back(file.name);
    replayed.push_back(std::move(next));
    before = &replayed.back().after;
  }
  return replayed;
}

}  // namespace zmig
