#include "run/checks.h"

#include <algorithm>
#include <unordered_map>

#include <fmt/format.h>

#include <zmig/header_norm.h>

#include "base/text.h"
#include "plan/differences.h"

namespace zmig::run {
namespace {

constexpr std::size_t kShown = 20;

std::string_view check_of(const Difference& difference) {
  using Kind = Difference::Kind;
  switch (difference.kind) {
    case Kind::type: return "types";
    case Kind::format: return "formats";
    case Kind::computed: return "nature";
    case Kind::allowed: return "allowed";
    case Kind::duplicate_header: return "identity";
    // The header is there, but on a column that does not carry the id: who it is, is the question.
    case Kind::column_missing: return difference.observed == "none" ? "headers" : "identity";
    case Kind::foreign: return "width";
    case Kind::order: return "order";
    case Kind::sheet_missing:
    case Kind::sheet_title:
    case Kind::sheet_hidden:
    case Kind::sheet_frozen:
    case Kind::header:
    case Kind::note:
    case Kind::hidden:
    case Kind::protection: return "headers";
  }
  ZMIG_ASSERT(false, "a kind of difference outside the enum");
}

CheckResult result_of(const Difference& difference) {
  CheckResult result;
  result.id = check_of(difference);
  result.subject = difference.where;
  result.outcome = Outcome::failed;
  result.examined = 1;
  result.expected = difference.expected;
  result.observed = difference.observed;
  result.offending_count = 1;
  result.offending = {difference.where};
  return result;
}

std::uint64_t managed_columns(const Schema& schema) {
  std::uint64_t count = 0;
  for (const Sheet& sheet : schema.sheets) {
    if (!sheet.managed) continue;
    count += static_cast<std::uint64_t>(
        std::count_if(sheet.columns.begin(), sheet.columns.end(), [](const Column& column) { return column.managed; }));
  }
  return count;
}

/// Managed columns in the order in which the live sheet has them must be in the order of the state.
void check_order(const Sheet& expected, const Sheet& live, std::vector<CheckResult>& out) {
  if (expected.rules.foreign_forbidden) {
    Offences foreign;
    for (std::size_t i = 0; i < live.columns.size(); ++i) {
      if (!live.columns[i].managed) foreign.add(place_of(live, i, live.header_row));
    }
    out.push_back(foreign.result("order", expected.title, live.columns.size(), "no foreign columns"));
  }
  if (!expected.rules.keep_order) return;
  Offences moved;
  std::size_t before = 0;
  for (const Column& column : expected.columns) {
    if (!column.managed) continue;
    const std::size_t at = column_index(live, column.id);
    if (at == live.columns.size()) continue;
    if (at < before) moved.add(place_of(live, at, live.header_row));
    before = std::max(before, at);
  }
  out.push_back(moved.result("order", expected.title, expected.columns.size(), "columns keep their order"));
}

/// As many managed columns as the history says. More of them are named one by one, as columns that no file knows.
void check_width(const Sheet& expected, const Sheet& live, std::vector<CheckResult>& out) {
  const auto managed = [](const Sheet& sheet) {
    return static_cast<std::uint64_t>(
        std::count_if(sheet.columns.begin(), sheet.columns.end(), [](const Column& column) { return column.managed; }));
  };
  const std::uint64_t wanted = managed(expected), there = managed(live);
  if (there >= wanted) return;
  CheckResult result;
  result.id = "width";
  result.subject = live.title;
  result.outcome = Outcome::failed;
  result.examined = wanted;
  result.expected = counted(wanted, "managed column", "managed columns");
  result.observed = std::to_string(there);
  result.offending_count = wanted - there;
  result.offending = {live.title};
  out.push_back(std::move(result));
}

/// The catalogue must not name one id twice.
void check_ids(const Schema& live, std::vector<CheckResult>& out) {
  Offences twice;
  std::unordered_map<std::string, int> seen;
  std::uint64_t examined = 0;
  for (const Sheet& sheet : live.sheets) {
    for (std::size_t i = 0; i < sheet.columns.size(); ++i) {
      if (!sheet.columns[i].managed) continue;
      ++examined;
      if (++seen[sheet.columns[i].id] == 2) twice.add(place_of(sheet, i, sheet.header_row));
    }
  }
  out.push_back(twice.result("identity", "", examined, "each id once"));
}

// --- Cells
// -------------------------------------------------------------------------------------------------------------

/// One managed column while its rows pass by.
struct ColumnCheck {
  const Column* column = nullptr;  // as the state declares it
  std::size_t asked = 0;           // index into the cells of a row
  std::size_t index0 = 0;          // in the live sheet
  std::string format;
  std::vector<std::string> listed;  // enum values, retired ones too
  bool lists = false;
  Offences types, nature, allowed, blanks, duplicates;
  std::uint64_t filled = 0;
  std::unordered_map<std::string, std::uint64_t> seen;
};

/// Several columns that are unique together.
struct SetCheck {
  std::vector<std::size_t> asked;
  std::string subject;
  Offences duplicates;
  std::unordered_map<std::string, std::uint64_t> seen;
};

class SheetScan {
 public:
  SheetScan(const Schema& state, const Sheet& expected, const Sheet& live, bool text_source)
      : expected_(expected), live_(live), text_source_(text_source) {
    for (const Column& column : expected.columns) {
      const std::size_t index0 = column_index(live, column.id);
      if (column.managed && index0 < live.columns.size()) add_column(state, column, index0);
    }
    for (const std::string& id : data_row_columns(live, {})) {
      data_columns_.emplace_back(ask(id), column_by_id(live, id));
    }
    for (const auto* sets : {&expected.rules.keys, &expected.rules.uniques}) {
      for (const auto& ids : *sets) add_set(ids);
    }
  }

  [[nodiscard]] const std::vector<std::string>& ids() const { return ids_; }

  void row(const RowView& row) {
    bool data = false;
    for (const auto& [asked, column] : data_columns_) data = data || counts_as_data(row.cells[asked], *column);
    if (data) ++data_rows_;
    for (ColumnCheck& check : columns_) cell(check, row, data);
    for (SetCheck& set : sets_) together(set, row);
  }

  void report(std::vector<CheckResult>& out) const {
    Totals totals{out, {}};
    for (const ColumnCheck& check : columns_) {
      const std::string subject = expected_.title + "." + check.column->header;
      totals.add("types", subject, check.types, check.filled, to_string(check.column->type));
      totals.add("nature", subject, check.nature, check.filled, check.column->computed ? "a formula" : "values");
      if (check.lists)
        totals.add("allowed", subject, check.allowed, check.filled, "one of " + join(check.listed, ", "));
      if (check.column->rules.required || check.column->rules.key) {
        totals.add("required", subject, check.blanks, data_rows_, "no blank");
      }
      if (check.column->rules.unique || check.column->rules.key) {
        totals.add("unique", subject, check.duplicates, check.filled, "no duplicate");
      }
    }
    for (const SetCheck& set : sets_) totals.add("unique", set.subject, set.duplicates, data_rows_, "no duplicate");
    totals.finish();
  }

 private:
  /// Failures one by one; what passed is counted together.
  struct Totals {
    std::vector<CheckResult>& out;
    std::vector<std::pair<std::string, std::uint64_t>> examined;
    void add(const std::string& id, const std::string& subject, const Offences& offences, std::uint64_t count,
             const std::string& expected) {
      if (offences.count() > 0) {
        out.push_back(offences.result(id, subject, count, expected));
        return;
      }
      const auto it =
          std::find_if(examined.begin(), examined.end(), [&](const auto& entry) { return entry.first == id; });
      if (it == examined.end()) {
        examined.emplace_back(id, count);
      } else {
        it->second += count;
      }
    }
    void finish() const {
      for (const auto& [id, count] : examined) out.push_back(passed(id, count));
    }
  };

  std::size_t ask(const std::string& id) {
    const auto it = std::find(ids_.begin(), ids_.end(), id);
    if (it != ids_.end()) return static_cast<std::size_t>(it - ids_.begin());
    ids_.push_back(id);
    return ids_.size() - 1;
  }

  void add_column(const Schema& state, const Column& column, std::size_t index0) {
    ColumnCheck check;
    check.column = &column;
    check.asked = ask(column.id);
    check.index0 = index0;
    check.format = column.format.value_or(implied_format(column.type));
    if (column.type.kind == TypeKind::enumeration && !column.rules.lenient) {
      const Enum* known = state.find_enum(column.type.of);
      check.lists = known != nullptr;
      if (known != nullptr) {
        for (const EnumValue& value : known->values) check.listed.push_back(value.text);
      }
    }
    columns_.push_back(std::move(check));
  }

  void add_set(const std::vector<std::string>& ids) {
    SetCheck set;
    std::vector<std::string> headers;
    for (const std::string& id : ids) {
      const Column* column = column_by_id(live_, id);
      if (column == nullptr) return;  // reported as not_run by the caller
      set.asked.push_back(ask(id));
      headers.push_back(column->header);
    }
    set.subject = expected_.title + "." + join(headers, "+");
    sets_.push_back(std::move(set));
  }

  void cell(ColumnCheck& check, const RowView& row, bool data) const {
    const Cell& cell = row.cells[check.asked];
    const auto place = [&] { return place_of(live_, check.index0, row.row.number); };
    if (check.column->computed.has_value() == cell.formula.empty() && (data || !cell.formula.empty()))
      check.nature.add(place());
    if (is_blank(cell.value)) {
      if (data) check.blanks.add(place());
      return;
    }
    ++check.filled;
    const Evaluated read = read_as(cell.value, check.column->type, check.format, text_source_);
    if (std::holds_alternative<Fault>(read)) {
      check.types.add(place());
    } else if (check.lists) {
      const auto* text = std::get_if<Text>(&std::get<Value>(read));
      const bool listed =
          text != nullptr && std::find(check.listed.begin(), check.listed.end(), text->utf8) != check.listed.end();
      if (!listed) check.allowed.add(place());
    }
    const bool alone = check.column->rules.unique || check.column->rules.key;
    if (alone && !check.seen.emplace(cell_bytes(Cell{cell.value, {}, {}}), row.row.number).second)
      check.duplicates.add(place());
  }

  void together(SetCheck& set, const RowView& row) const {
    std::string key;
    bool any = false;
    for (const std::size_t asked : set.asked) {
      any = any || !is_blank(row.cells[asked].value);
      key += cell_bytes(Cell{row.cells[asked].value, {}, {}});
    }
    if (any && !set.seen.emplace(std::move(key), row.row.number).second) {
      set.duplicates.add(fmt::format("{}!{}", live_.title, row.row.number));
    }
  }

  const Sheet& expected_;
  const Sheet& live_;
  bool text_source_;
  std::vector<std::string> ids_;
  std::vector<ColumnCheck> columns_;
  std::vector<SetCheck> sets_;
  std::vector<std::pair<std::size_t, const Column*>> data_columns_;
  std::uint64_t data_rows_ = 0;
};

/// What cannot be looked at, said column by column.
void missing_columns(const Sheet& expected, const Sheet* live, std::vector<CheckResult>& out) {
  const std::string because = live == nullptr ? "the sheet is missing" : "column id is missing";
  for (const Column& column : expected.columns) {
    if (!column.managed || (live != nullptr && column_by_id(*live, column.id) != nullptr)) continue;
    const std::string subject = expected.title + "." + column.header;
    out.push_back(not_run("types", subject, because));
    if (column.rules.required || column.rules.key) out.push_back(not_run("required", subject, because));
    if (column.rules.unique || column.rules.key) out.push_back(not_run("unique", subject, because));
  }
}

}  // namespace

void Offences::add(std::string place) {
  ++count_;
  if (first_.size() < kShown) first_.push_back(std::move(place));
}

void Offences::add_all(const Offences& other) {
  count_ += other.count_;
  for (const std::string& place : other.first_) {
    if (first_.size() < kShown) first_.push_back(place);
  }
}

CheckResult Offences::result(std::string id, std::string subject, std::uint64_t examined, std::string expected) const {
  CheckResult result;
  result.id = std::move(id);
  result.subject = std::move(subject);
  result.outcome = count_ == 0 ? Outcome::passed : Outcome::failed;
  result.examined = examined;
  result.expected = std::move(expected);
  result.observed = count_ == 0 ? result.expected : fmt::format("{} of {} differ", count_, examined);
  result.offending_count = count_;
  result.offending = first_;
  return result;
}

CheckResult passed(std::string id, std::uint64_t examined) {
  CheckResult result;
  result.id = std::move(id);
  result.outcome = Outcome::passed;
  result.examined = examined;
  return result;
}

CheckResult not_run(std::string id, std::string subject, std::string because) {
  CheckResult result;
  result.id = std::move(id);
  result.subject = std::move(subject);
  result.outcome = Outcome::not_run;
  result.not_run_because = std::move(because);
  return result;
}

std::string place_of(const Sheet& sheet, std::size_t index0, std::uint64_t row) {
  return fmt::format("{}!{}{}", sheet.title, column_letters(index0), row);
}

std::vector<CheckResult> schema_checks(const Schema& state, const Schema& live, bool layout) {
  std::vector<CheckResult> found;
  for (const Difference& difference : visible_differences(state, live)) {
    if (layout || drift_class(difference, state) == Drift::Class::breaking) found.push_back(result_of(difference));
  }
  for (const Sheet& expected : state.sheets) {
    const Sheet* there = expected.managed ? live.sheet(expected.id) : nullptr;
    if (there == nullptr) continue;
    if (layout) check_order(expected, *there, found);
    check_width(expected, *there, found);
  }
  check_ids(live, found);
  std::vector<CheckResult> ordered;
  for (const char* id : {"headers", "width", "order", "identity", "types", "formats", "nature", "allowed"}) {
    bool failed = false;
    for (CheckResult& result : found) {
      if (result.id != id || result.outcome == Outcome::passed) continue;
      failed = true;
      ordered.push_back(std::move(result));
    }
    if (!failed) ordered.push_back(passed(id, managed_columns(state)));
  }
  return ordered;
}

Result<std::vector<CheckResult>> cell_checks(CellView& live, const Schema& state) {
  std::vector<CheckResult> found;
  for (const Sheet& expected : state.sheets) {
    if (!expected.managed) continue;
    const Sheet* there = live.schema().sheet(expected.id);
    missing_columns(expected, there, found);
    if (there == nullptr) continue;
    SheetScan scan(state, expected, *there, live.text_source());
    ZMIG_CHECK_OK(live.scan(there->id, scan.ids(), [&](const RowView& row) {
      scan.row(row);
      return ok();
    }));
    scan.report(found);
  }
  return found;
}

std::vector<CheckResult> joined(std::vector<CheckResult> schema, std::vector<CheckResult> cells) {
  std::vector<CheckResult> out;
  for (const char* id :
       {"headers", "width", "order", "identity", "types", "formats", "nature", "allowed", "required", "unique"}) {
    std::uint64_t examined = 0;
    bool bad = false;
    for (auto* list : {&schema, &cells}) {
      for (CheckResult& result : *list) {
        if (result.id != id) continue;
        examined += result.examined;
        if (result.outcome == Outcome::passed) continue;
        bad = true;
        out.push_back(std::move(result));
      }
    }
    if (!bad) out.push_back(passed(id, examined));
  }
  return out;
}

bool is_about_the_write(const Check& check) {
  return std::holds_alternative<check::SheetDelta>(check) || std::holds_alternative<check::SheetUnchanged>(check) ||
         std::holds_alternative<check::Backup>(check);
}

}  // namespace zmig::run
