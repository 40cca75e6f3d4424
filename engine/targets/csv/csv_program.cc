#include "targets/csv/csv_program.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "targets/live.h"

namespace zmig::csv {
namespace {

std::string extension_of(const std::string& name) {
  const std::size_t dot = name.rfind('.');
  return dot == std::string::npos || dot == 0 ? std::string() : name.substr(dot);
}

class Planner {
 public:
  Planner(const ProgramOptions& options, BatchPlan& plan) : options_(options), plan_(plan) {}

  /// `to_come`: the changes of the part behind this one.
  Status change(const Change& change, std::span<const Change> to_come) {
    to_come_ = to_come;
    const Schema before = plan_.after;
    ZMIG_CHECK_OK(apply_live(change, plan_.after, "csv"));
    before_ = &before;
    if (!touches_cells(change) || std::holds_alternative<change::Retype>(change)) ++plan_.report.structural;
    ZMIG_CHECK_OK(std::visit([this](const auto& one) { return (*this)(one); }, change));
    note(change);
    return ok();
  }

 private:
  void note(const Change& change) {
    const std::string_view deed = deed_of(change);
    const std::string id = sheet_of(change);
    if (deed.empty()) return;
    if (std::holds_alternative<change::DeleteSheet>(change)) {
      plan_.gone.back()->why.add(plan_.members, deed);
    } else if (const auto* made = std::get_if<change::InsertSheet>(&change)) {
      plan_of(made->sheet.id).why.add(plan_.members, deed);
    } else if (plan_.after.sheet(id) != nullptr) {
      plan_of(id).why.add(plan_.members, deed);
    }
  }

  // --- sheets

  Status operator()(const change::InsertSheet& c) {
    auto made = std::make_unique<SheetPlan>();
    ZMIG_TRY(made->name, file_name(c.sheet.title, options_.extension));
    made->header_row = c.sheet.header_row;
    made->facts.dialect = options_.new_files;
    made->facts.line_end = options_.new_line_end;
    made->facts.all_quoted = options_.new_quoted;
    made->facts.read_delimiter = made->facts.dialect.delimiter;
    made->facts.report = &plan_.report;
    made->facts.allow_formulas = options_.allow_formulas;
    const auto at = static_cast<std::ptrdiff_t>(index_of(plan_.after, c.sheet.id));
    plan_.sheets.insert(plan_.sheets.begin() + at, std::move(made));
    return ok();
  }
  Status operator()(const change::DeleteSheet& c) {
    const auto at = plan_.sheets.begin() + static_cast<std::ptrdiff_t>(index_of(*before_, c.sheet));
    plan_.gone.push_back(std::move(*at));
    plan_.sheets.erase(at);
    return ok();
  }
  Status operator()(const change::SetTitle& c) {
    SheetPlan& sheet = plan_of(c.sheet);
    ZMIG_TRY(sheet.name, file_name(c.title, extension_of(sheet.name)));
    return ok();
  }

  // --- columns

  Status operator()(const change::InsertColumn& c) {
    SheetPlan& plan = plan_of(c.sheet);
    const Sheet& sheet = *plan_.after.sheet(c.sheet);
    const std::size_t slot = plan.facts.slots++;
    const auto at = static_cast<std::ptrdiff_t>(column_index(sheet, c.column.id));
    plan.layout.insert(plan.layout.begin() + at, slot);
    return set_header(plan, slot, c.column.header, header_cell(sheet, c.column.id));
  }
  Status operator()(const change::DeleteColumn& c) {
    SheetPlan& plan = plan_of(c.at.sheet);
    const std::size_t at = column_index(*before_->sheet(c.at.sheet), c.at.column);
    plan.layout.erase(plan.layout.begin() + static_cast<std::ptrdiff_t>(at));
    return ok();
  }
  Status operator()(const change::MoveColumn& c) {
    if (c.at.column.empty()) {
      move_in(plan_.sheets, index_of(*before_, c.at.sheet), index_of(plan_.after, c.at.sheet));
      return ok();
    }
    move_in(plan_of(c.at.sheet).layout, column_index(*before_->sheet(c.at.sheet), c.at.column),
            column_index(*plan_.after.sheet(c.at.sheet), c.at.column));
    return ok();
  }
  Status operator()(const change::SetHeader& c) {
    SheetPlan& plan = plan_of(c.at.sheet);
    const Sheet& sheet = *plan_.after.sheet(c.at.sheet);
    return set_header(plan, slot_of(plan, sheet, c.at.column), c.header, header_cell(sheet, c.at.column));
  }
  Status operator()(const change::SetFormat& c) {
    const Column& now = *column_by_id(*plan_.after.sheet(c.at.sheet), c.at.column);
    const bool dated =
        now.type.kind == TypeKind::date || now.type.kind == TypeKind::time || now.type.kind == TypeKind::datetime;
    // Numbers are written the same whatever their format shows; a moment must stay the moment that it is.
    const bool numeric = is_numeric(now.type);
    if (!dated && !numeric) return ok();
    SheetPlan& plan = plan_of(c.at.sheet);
    return add(plan, respell_stage(plan.facts, *plan_.after.sheet(c.at.sheet), before(c.at), after(c.at)));
  }

  // --- cells and rows

  Status operator()(const change::Retype& c) {
    ZMIG_TRY(const source::Run* run, run_of(c.cells));
    SheetPlan& plan = plan_of(c.at.sheet);
    return add(plan, retype_stage(plan.facts, *plan_.after.sheet(c.at.sheet), before(c.at), after(c.at), *run));
  }
  Status operator()(const change::FillEmpty& c) {
    if (is_blank(c.value)) return ok();
    SheetPlan& plan = plan_of(c.at.sheet);
    const Sheet& sheet = *plan_.after.sheet(c.at.sheet);
    return add(plan, fill_stage(plan.facts, sheet, after(c.at), c.value, counting(plan, sheet, c.not_counted)));
  }
  Status operator()(const change::WriteCells& c) {
    ZMIG_TRY(const source::Run* run, run_of(c.cells));
    if (run->edits.empty()) return ok();
    SheetPlan& plan = plan_of(c.at.sheet);
    return add(plan, write_stage(plan.facts, *plan_.after.sheet(c.at.sheet), after(c.at), *run));
  }
  Status operator()(const change::RestoreCells& c) {
    ZMIG_TRY(const source::Run* run, run_of(c.cells));
    if (run->edits.empty()) return ok();
    SheetPlan& plan = plan_of(c.at.sheet);
    const ColumnAt now = after(c.at);
    return add(plan, restore_stage(plan.facts, *plan_.after.sheet(c.at.sheet), now, at_last(c.at, now), c.what, *run));
  }
  Status operator()(const change::InsertRows& c) {
    ZMIG_TRY(const source::Run* run, run_of(c.rows));
    SheetPlan& plan = plan_of(c.sheet);
    const Sheet& sheet = *plan_.after.sheet(c.sheet);
    const std::span<const source::Row> rows(run->rows);
    // Rows with a place and rows without one are different things; a run that has both is done piece by piece.
    for (std::size_t begin = 0; begin < rows.size();) {
      std::size_t end = begin;
      while (end < rows.size() && (rows[end].row.number == 0) == (rows[begin].row.number == 0)) ++end;
      const auto some = rows.subspan(begin, end - begin);
      auto columns = columns_of(plan, sheet, run->columns);
      ZMIG_CHECK_OK(add(plan, some.front().row.number == 0
                                  ? append_stage(plan.facts, sheet, std::move(columns), some, counting(plan, sheet, {}))
                                  : insert_stage(plan.facts, sheet, std::move(columns), some)));
      begin = end;
    }
    return ok();
  }
  Status operator()(const change::DeleteRows& c) {
    ZMIG_TRY(const source::Run* run, run_of(c.rows));
    if (run->rows.empty()) return ok();
    SheetPlan& plan = plan_of(c.sheet);
    const Sheet& sheet = *plan_.after.sheet(c.sheet);
    return add(plan, delete_stage(plan.facts, sheet, columns_of(plan, sheet, run->columns), *run));
  }
  /// The catalogue alone.
  template <class SchemaOnly>
  Status operator()(const SchemaOnly&) {
    return ok();
  }

  // --- helpers

  static std::size_t index_of(const Schema& schema, const std::string& id) {
    const auto found =
        std::find_if(schema.sheets.begin(), schema.sheets.end(), [&](const Sheet& one) { return one.id == id; });
    return static_cast<std::size_t>(found - schema.sheets.begin());
  }
  SheetPlan& plan_of(const std::string& id) { return *plan_.sheets[index_of(plan_.after, id)]; }
  static std::size_t slot_of(const SheetPlan& plan, const Sheet& sheet, const std::string& column) {
    return plan.layout[column_index(sheet, column)];
  }
  ColumnAt after(const Scope& at) {
    const Sheet& sheet = *plan_.after.sheet(at.sheet);
    const Column& column = *column_by_id(sheet, at.column);
    return {slot_of(plan_of(at.sheet), sheet, at.column), column, Codec(column)};
  }
  /// Only for changes that leave the order of the columns alone.
  ColumnAt before(const Scope& at) {
    const Sheet& sheet = *before_->sheet(at.sheet);
    const Column& column = *column_by_id(sheet, at.column);
    return {slot_of(plan_of(at.sheet), sheet, at.column), column, Codec(column)};
  }
  /// With the type that the next change of type of the part gives it.
  [[nodiscard]] ColumnAt at_last(const Scope& at, ColumnAt column) const {
    for (const Change& change : to_come_) {
      const auto* retype = std::get_if<change::Retype>(&change);
      if (retype == nullptr || retype->at != at) continue;
      column.column.type = retype->type;
      column.column.format = retype->format;
      break;
    }
    column.codec = Codec(column.column);
    return column;
  }
  static std::vector<ColumnAt> columns_of(const SheetPlan& plan, const Sheet& sheet,
                                          const std::vector<std::string>& ids) {
    std::vector<ColumnAt> columns;
    columns.reserve(ids.size());
    for (const std::string& id : ids) {
      const Column& column = *column_by_id(sheet, id);
      columns.push_back({slot_of(plan, sheet, id), column, Codec(column)});
    }
    return columns;
  }
  static std::vector<ColumnAt> counting(const SheetPlan& plan, const Sheet& sheet,
                                        const std::vector<std::string>& not_counted) {
    return columns_of(plan, sheet, data_row_columns(sheet, not_counted));
  }

  template <class List>
  static void move_in(List& list, std::size_t from, std::size_t to) {
    auto moved = std::move(list[from]);
    list.erase(list.begin() + static_cast<std::ptrdiff_t>(from));
    list.insert(list.begin() + static_cast<std::ptrdiff_t>(to), std::move(moved));
  }

  Status set_header(SheetPlan& plan, std::size_t slot, const std::string& header, const std::string& place) {
    if (!options_.allow_formulas && runs_as_formula(header)) return would_run(header, place);
    ZMIG_TRY([[maybe_unused]] const std::string field, header_field(plan.facts, header, false, place));
    plan.headers[slot] = header;
    return ok();
  }

  /// The stages look at the facts of their sheet, whose number of slots grows with the batch: only a pass reads it.
  static Status add(SheetPlan& plan, std::unique_ptr<Stage> stage) {
    plan.stages.push_back(std::move(stage));
    return plan.stages.back()->check();
  }

  Result<std::string> file_name(const std::string& title, const std::string& extension) const {
    constexpr std::size_t kLongest = 255;
    std::string name = title + extension;
    const bool fits = name.size() <= kLongest && name.find('/') == std::string::npos &&
                      name.find('\0') == std::string::npos && !name.starts_with('.') && options_.shows(name);
    if (fits) return name;
    return make_error(
        Errc::unsupported, "ZM0325",
        fmt::format("a csv target cannot have a sheet {}: {} would be its file", quoted(title), quoted(name)),
        "choose a title that is a file name of the folder");
  }

  const ProgramOptions& options_;
  BatchPlan& plan_;
  const Schema* before_ = nullptr;  // during one change
  std::span<const Change> to_come_;
};

}  // namespace

bool SheetPlan::rewrites() const {
  if (!exists || !headers.empty() || !stages.empty() || layout.size() != facts.sources) return true;
  for (std::size_t i = 0; i < layout.size(); ++i) {
    if (layout[i] != i) return true;
  }
  return false;
}

BatchPlan begin_plan(const Schema& live, std::span<const SheetFile> files, std::vector<Stamp> stamps,
                     const ProgramOptions& options) {
  BatchPlan plan;
  plan.after = live;
  plan.stamps = std::move(stamps);
  for (std::size_t s = 0; s < live.sheets.size(); ++s) {
    auto sheet = std::make_unique<SheetPlan>();
    sheet->file = files[s];
    sheet->name = files[s].name;
    sheet->exists = true;
    sheet->header_row = live.sheets[s].header_row;
    sheet->facts.dialect = files[s].dialect;
    sheet->facts.read_delimiter = files[s].dialect.delimiter;
    sheet->facts.all_quoted = files[s].all_quoted;
    if (!files[s].line_end.empty()) sheet->facts.line_end = files[s].line_end;
    sheet->facts.allow_formulas = options.allow_formulas;
    sheet->facts.refuse_ragged = options.refuse_ragged;
    sheet->facts.sources = sheet->facts.slots = live.sheets[s].columns.size();
    for (std::size_t i = 0; i < sheet->facts.sources; ++i) sheet->layout.push_back(i);
    plan.sheets.push_back(std::move(sheet));
  }
  return plan;
}

Status plan_changes(std::span<const Change> changes, const ProgramOptions& options, BatchPlan& plan) {
  // The plan may have been moved since it began.
  for (const auto& sheet : plan.sheets) sheet->facts.report = &plan.report;
  Planner planner(options, plan);
  for (std::size_t i = 0; i < changes.size(); ++i) ZMIG_CHECK_OK(planner.change(changes[i], changes.subspan(i + 1)));
  ++plan.members;
  return ok();
}

}  // namespace zmig::csv
