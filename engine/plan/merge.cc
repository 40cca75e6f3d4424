#include "plan/merge.h"

#include <algorithm>
#include <map>
#include <unordered_map>
#include <utility>

#include "plan/identity.h"

namespace zmig {
namespace {

bool same(const Cell& a, const Cell& b, change::Restore what) {
  const bool values = a.value == b.value && a.formula == b.formula;
  const bool formats = a.format == b.format;
  switch (what) {
    case change::Restore::values: return values;
    case change::Restore::formats: return formats;
    case change::Restore::both: return values && formats;
  }
  return false;
}

/// `now` with the parts of `from` that count.
Cell taken_from(const Cell& now, const Cell& from, change::Restore what) {
  Cell out = now;
  if (what != change::Restore::formats) {
    out.value = from.value;
    out.formula = from.formula;
    out.stored = from.stored;
  }
  if (what != change::Restore::values) out.format = from.format;
  return out;
}

/// Rows of the capture by identity, and what the scan saw of them.
struct Seen {
  std::size_t rows = 0;
  RowRef row;
  Cell now;
};

using Spot = std::pair<std::uint64_t, std::string>;  // number and identity

std::map<Spot, CapturedCell> composed(const std::vector<const Capture*>& captures) {
  std::map<Spot, CapturedCell> out;
  for (const Capture* capture : captures) {
    for (const CapturedCell& cell : capture->cells) {
      const auto [found, added] = out.try_emplace({cell.row.number, cell.row.identity}, cell);
      if (!added) found->second.after = cell.after;
    }
  }
  return out;
}

}  // namespace

MergedCell merge_cell(const Cell& before, const Cell& after, const Cell& now, change::Restore what) {
  MergedCell out;
  out.write = taken_from(now, before, what);
  if (same(now, before, what)) {
    // It says what it said. Stored otherwise than before, it comes back as it was stored.
    const bool respelled = what != change::Restore::formats && !before.stored.empty() && before.stored != now.stored;
    if (respelled) out.verdict = MergedCell::Verdict::write;
    return out;
  }
  out.verdict = same(now, after, what) ? MergedCell::Verdict::write : MergedCell::Verdict::kept;
  return out;
}

bool has_capture(const std::vector<Capture>& captures, const Scope& at) {
  return std::any_of(captures.begin(), captures.end(),
                     [&](const Capture& capture) { return capture.sheet == at.sheet && capture.column == at.column; });
}

Result<std::vector<FoundCell>> find_captured(const std::vector<Capture>& captures, const Scope& at, CellView& view) {
  std::vector<const Capture*> mine;
  for (const Capture& capture : captures) {
    if (capture.sheet == at.sheet && capture.column == at.column) mine.push_back(&capture);
  }
  std::sort(mine.begin(), mine.end(), [](const Capture* a, const Capture* b) { return a->step < b->step; });
  const std::map<Spot, CapturedCell> wanted = composed(mine);
  std::vector<FoundCell> out;
  if (wanted.empty()) return out;

  const Sheet* sheet = view.schema().sheet(at.sheet);
  if (sheet == nullptr) return make_error(Errc::conflict, "ZM0313", "the sheet of a capture is not there");
  const auto first =
      std::find_if(mine.begin(), mine.end(), [](const Capture* capture) { return !capture->cells.empty(); });
  // A row whose key is blank is known by a hash, in a sheet with a key too.
  const bool by_key =
      std::any_of(wanted.begin(), wanted.end(), [](const auto& one) { return !one.first.second.starts_with("h:"); });
  const Identity identity = Identity::again(*sheet, (*first)->columns, by_key);
  std::unordered_map<std::string, Seen> seen;
  for (const auto& [place, cell] : wanted) seen.try_emplace(place.second);
  std::map<Spot, std::pair<RowRef, Cell>> in_place;

  std::vector<std::string> ids = identity.columns();
  ids.push_back(at.column);
  const ops::Rows rows(*sheet, ids, {});
  ZMIG_CHECK_OK(view.scan(at.sheet, rows.ids(), [&](const RowView& row) -> Status {
    const auto found = seen.find(identity(rows, row));
    if (found == seen.end()) return ok();
    const Cell& now = rows.cell(row, at.column);
    RowRef ref = row.row;
    ref.identity = found->first;
    if (wanted.contains({ref.number, found->first}))
      in_place.emplace(Spot{ref.number, found->first}, std::pair(ref, now));
    ++found->second.rows;
    found->second.row = std::move(ref);
    found->second.now = now;
    return ok();
  }));

  for (const auto& [place, captured] : wanted) {
    FoundCell cell;
    cell.captured = captured;
    const Seen& candidates = seen.at(place.second);
    if (const auto exact = in_place.find(place); exact != in_place.end()) {
      cell.row = exact->second.first;
      cell.now = exact->second.second;
    } else if (candidates.rows == 1 && !in_place.contains({candidates.row.number, place.second})) {
      cell.row = candidates.row;
      cell.now = candidates.now;
    } else {
      cell.ambiguous = candidates.rows > 0;
    }
    out.push_back(std::move(cell));
  }
  std::stable_sort(out.begin(), out.end(), [](const FoundCell& a, const FoundCell& b) {
    if (a.row.has_value() != b.row.has_value()) return a.row.has_value();
    return a.row && a.row->number < b.row->number;
  });
  return out;
}

}  // namespace zmig
