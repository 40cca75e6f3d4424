// Totals that contradict baseline and lines, found before any workbook is read (ZM1905).
#include <algorithm>
#include <string>
#include <vector>

#include <fmt/format.h>

#include <zmig/plan.h>

#include "base/text.h"
#include "plan/deltas.h"

namespace zmig {
namespace {

/// `has n columns` about one sheet, exact ones only: bounds stay true when people add columns.
struct Totals {
  std::string title;
  const CheckLine* required = nullptr;
  const CheckLine* ensured = nullptr;
  std::uint64_t required_count = 0, ensured_count = 0;
};

const check::SheetCount* exact_width(const CheckLine& line) {
  const auto* count = std::get_if<check::SheetCount>(&line.check);
  const bool exact =
      count != nullptr && count->what == check::Counted::columns && count->count.kind == Expecting::Kind::exactly;
  return exact ? count : nullptr;
}

Totals& totals_of(std::vector<Totals>& all, const std::string& title) {
  const auto found = std::find_if(all.begin(), all.end(), [&](const Totals& one) { return one.title == title; });
  if (found != all.end()) return *found;
  all.push_back({});
  all.back().title = title;
  return all.back();
}

std::vector<Totals> exact_totals(const Script& script) {
  std::vector<Totals> out;
  for (const CheckLine& line : script.requires_) {
    const check::SheetCount* count = exact_width(line);
    if (count == nullptr) continue;
    Totals& totals = totals_of(out, count->title);
    totals.required = &line;
    totals.required_count = count->count.rows;
  }
  for (const CheckLine& line : script.ensures) {
    const check::SheetCount* count = exact_width(line);
    if (count == nullptr) continue;
    Totals& totals = totals_of(out, count->title);
    totals.ensured = &line;
    totals.ensured_count = count->count.rows;
  }
  return out;
}

/// The lines that add or remove columns of a sheet.
std::vector<std::size_t> widening_lines(const Script& script, const std::string& sheet_id) {
  std::vector<std::size_t> out;
  for (std::size_t i = 0; i < script.operations.size(); ++i) {
    const auto* added = std::get_if<op::AddColumn>(&script.operations[i]);
    const auto* dropped = std::get_if<op::DropColumn>(&script.operations[i]);
    if ((added != nullptr && added->sheet.id == sheet_id) || (dropped != nullptr && dropped->at.sheet.id == sheet_id))
      out.push_back(i);
  }
  return out;
}

std::string sum(std::size_t before, std::int64_t change, std::size_t after) {
  if (change == 0) return fmt::format("the sheet has {}", after);
  return fmt::format("{} {} {} is {}", before, change > 0 ? "+" : "-", std::abs(change), after);
}

std::string lines_label(std::size_t lines, std::int64_t change) {
  if (lines <= 1) return fmt::format("{:+}", change);
  return fmt::format("this and {} more below: {:+}", lines - 1, change);
}

std::string width_label(std::size_t width, const std::string& title, const Schema* baseline) {
  const Sheet* listed = baseline == nullptr ? nullptr : baseline->sheet_titled(title, true);
  const bool is_baseline = baseline == nullptr || (listed != nullptr && width_of(*listed) == width);
  return is_baseline ? fmt::format("the baseline has {}", width)
                     : fmt::format("the migrations before this one give {}", width);
}

}  // namespace

void derived_shape_findings(const Replayed& replayed, Diagnostics& out, const Schema* baseline) {
  const Script& script = replayed.migration.script;
  for (const Totals& totals : exact_totals(script)) {
    const Sheet* after = replayed.after.sheet_titled(totals.title, true);
    const Sheet* before = replayed.before.sheet_titled(totals.title, true);
    if (before == nullptr && after != nullptr) before = replayed.before.sheet(after->id);
    // Foreign sheets are not in the replay: nothing can be derived for them.
    if (before == nullptr && after == nullptr) continue;
    const std::size_t width_before = before == nullptr ? 0 : width_of(*before);
    const std::size_t width_after = after == nullptr ? 0 : width_of(*after);
    const bool bad_require = totals.required != nullptr && before != nullptr && totals.required_count != width_before;
    const bool bad_ensure = totals.ensured != nullptr && after != nullptr && totals.ensured_count != width_after;
    if (!bad_require && !bad_ensure) continue;

    const std::int64_t change = static_cast<std::int64_t>(width_after) - static_cast<std::int64_t>(width_before);
    const Label required{totals.required != nullptr ? std::optional<Span>(totals.required->span) : std::nullopt,
                         {},
                         width_label(width_before, totals.title, baseline)};
    Diagnostic finding;
    finding.code = "ZM1905";
    finding.message = "these lines cannot all be true";
    if (!bad_ensure) {
      finding.primary = required;
    } else {
      finding.primary = {totals.ensured->span, {}, sum(width_before, change, width_after)};
      if (bad_require) finding.secondary.push_back(required);
      const std::vector<std::size_t> lines = widening_lines(script, (after != nullptr ? after : before)->id);
      if (!lines.empty() && lines.front() < script.lines.size()) {
        finding.secondary.push_back({script.lines[lines.front()], {}, lines_label(lines.size(), change)});
      }
    }
    if (change != 0) {
      const auto count = static_cast<std::uint64_t>(std::abs(change));
      finding.help =
          fmt::format("`ensure sheet {} {} {}` stays true when people add columns of their own", quoted(totals.title),
                      change > 0 ? "gained" : "lost", counted(count, "column", "columns"));
    } else {
      finding.help = fmt::format("`require sheet {} has at least {}` stays true when people add columns of their own",
                                 quoted(totals.title), counted(width_before, "column", "columns"));
    }
    out.add(std::move(finding));
  }
}

}  // namespace zmig
