// Symbolic changes become concrete: which rows, what stands there, what is written, what is captured before it.
#include "plan/materialise.h"

#include <algorithm>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "ops/common.h"
#include "plan/expr_text.h"

namespace zmig {
namespace {

constexpr std::size_t kListed = 20;

/// The faults of one formula over all rows.
class Faults {
 public:
  Faults(const Spot& at, const source::Formula& formula) : at_(at) {
    for (const std::string& id : columns_read(formula.value)) add_shown(id);
    if (formula.where) {
      for (const std::string& id : columns_read(*formula.where)) add_shown(id);
    }
  }

  void add(const ops::Rows& rows, const RowView& row, const Fault& fault) {
    const bool one_source = shown_.size() == 1;
    const std::string& column = one_source ? shown_.front() : at_.column.id;
    std::string rest;
    if (one_source) rest += " " + ops::shown_value(rows.cell(row, column).value);
    if (!fault.detail.empty()) rest += " (" + fault.detail + ")";
    kinds_.insert(fault.kind);
    list_.add(ops::cell_name(at_.sheet, column, row.row.number), rest);
  }

  void report(Materialised& out) const {
    if (list_.count() == 0) return;
    out.findings.push_back(planning_error("ZM0321",
                                          fmt::format("{} of {} cannot be {}", counted(list_.count(), "cell", "cells"),
                                                      quoted(at_.column.header), what_failed()),
                                          {list_.listed(at_.sheet), "nothing was written"},
                                          "correct the cells, or choose `otherwise keep`"));
  }

 private:
  void add_shown(const std::string& id) {
    if (std::find(shown_.begin(), shown_.end(), id) == shown_.end()) shown_.push_back(id);
  }

  [[nodiscard]] std::string what_failed() const {
    const auto only = [&](std::initializer_list<FaultKind> these) {
      return std::all_of(kinds_.begin(), kinds_.end(),
                         [&](FaultKind kind) { return std::find(these.begin(), these.end(), kind) != these.end(); });
    };
    if (only({FaultKind::not_a_date, FaultKind::no_such_day})) return "read as a date";
    if (only({FaultKind::not_a_number})) return "read as a number";
    std::vector<std::string> names;
    for (const FaultKind kind : kinds_) names.emplace_back(to_string(kind));
    return "computed (" + join(names, ", ") + ")";
  }

  const Spot& at_;
  std::vector<std::string> shown_;
  CellList list_;
  std::set<FaultKind> kinds_;
};

/// `[X] = "text"`, for the nearest values of a `where` that matches nothing.
struct Wanted {
  std::string column, text;
};
std::optional<Wanted> wanted_text(const std::optional<Expr>& where) {
  const auto* equal = where ? std::get_if<expr::Binary>(&where->node) : nullptr;
  if (equal == nullptr || equal->op != BinaryOp::equal) return std::nullopt;
  const auto* cell = std::get_if<expr::CellRef>(&equal->left->node);
  const auto* literal = std::get_if<expr::Literal>(&equal->right->node);
  const auto* text = literal == nullptr ? nullptr : std::get_if<Text>(&literal->value);
  if (cell == nullptr || text == nullptr) return std::nullopt;
  return Wanted{cell->column, text->utf8};
}

/// The values of a column that look most like a text.
class Nearest {
 public:
  explicit Nearest(std::optional<Wanted> wanted) : wanted_(std::move(wanted)) {}
  [[nodiscard]] bool active() const { return wanted_.has_value(); }

  void look_at(const ops::Rows& rows, const RowView& row) {
    if (!wanted_) return;
    const auto* text = std::get_if<Text>(&rows.cell(row, wanted_->column).value);
    if (text == nullptr) return;
    constexpr std::size_t kLimit = 2;
    const std::size_t distance = edit_distance(wanted_->text, text->utf8, kLimit);
    if (distance > kLimit) return;
    auto& values = by_distance_[distance];
    if (values.size() < 3 && std::find(values.begin(), values.end(), text->utf8) == values.end())
      values.push_back(text->utf8);
  }

  [[nodiscard]] std::string listed() const {
    std::vector<std::string> out;
    for (const auto& [distance, values] : by_distance_) {
      for (const std::string& value : values) {
        if (out.size() < 3) out.push_back(quoted(value));
      }
    }
    return join(out, ", ");
  }

 private:
  std::optional<Wanted> wanted_;
  std::map<std::size_t, std::vector<std::string>> by_distance_;
};

bool is_met(const Expecting& expecting, std::uint64_t rows) {
  switch (expecting.kind) {
    case Expecting::Kind::exactly: return rows == expecting.rows;
    case Expecting::Kind::at_least: return rows >= expecting.rows;
    case Expecting::Kind::at_most: return rows <= expecting.rows;
  }
  return false;
}

std::string in_words(const Expecting& expecting) {
  std::string rows = counted(expecting.rows, "row", "rows");
  if (expecting.kind == Expecting::Kind::at_least) return "at least " + rows;
  if (expecting.kind == Expecting::Kind::at_most) return "at most " + rows;
  return rows;
}

void check_matched(const source::Formula& formula, std::uint64_t data_rows, const Nearest& nearest, Materialised& out) {
  const std::uint64_t matched = out.matched;
  if (formula.expecting && is_met(*formula.expecting, matched)) return;
  if (formula.where && matched == 0) {
    std::string note = counted(data_rows, "data row was looked at", "data rows were looked at");
    if (const std::string values = nearest.listed(); !values.empty()) note += "; nearest values: " + values;
    out.findings.push_back(planning_error("ZM0323", "no row has " + expr_text(*formula.where), {note},
                                          "`expecting at least 0 rows` says that none is fine"));
    return;
  }
  if (!formula.expecting) return;
  out.findings.push_back(
      planning_error("ZM0322",
                     fmt::format("{} expected, {} {}", in_words(*formula.expecting), grouped(matched),
                                 matched == 1 ? "matches" : "match"),
                     {counted(data_rows, "data row was looked at", "data rows were looked at"), "nothing was written"},
                     "correct `where`, or say how many rows are fine: `expecting at least …`"));
}

/// Fill, set, and `type … using`: one formula over the data rows.
class FormulaRun {
 public:
  FormulaRun(const Spot& at, const source::Formula& formula, const Column& written, bool retypes)
      : at_(at),
        retypes_(retypes),
        formula_(formula),
        written_(written),
        faults_(at, formula),
        nearest_(wanted_text(formula.where)),
        list_(closed_list(at.view.schema(), written.type, written.rules.lenient)),
        gather_(at, out_) {}

  Result<Materialised> run() {
    if (retypes_) { ZMIG_TRY(saved_, saved_cells(at_)); }
    std::vector<std::string> ids = gather_.identity().columns();
    ids.push_back(at_.column.id);
    for (const std::string& id : columns_read(formula_.value)) ids.push_back(id);
    if (formula_.where) {
      for (const std::string& id : columns_read(*formula_.where)) ids.push_back(id);
    }
    const ops::Rows rows(at_.sheet, ids, at_.options.not_counted);
    ZMIG_CHECK_OK(rows.each(at_.view, [&](const RowView& row) {
      ++data_rows_;
      take(rows, row);
      return true;
    }));
    report();
    source::Run run = gather_.finish();
    out_.cells = run.edits.size();
    out_.change = change::WriteCells{at_.scope(), std::move(run)};
    return std::move(out_);
  }

 private:
  void take(const ops::Rows& rows, const RowView& row) {
    const RowContext context = row_context(at_, rows, row);
    if (formula_.where) {
      nearest_.look_at(rows, row);
      const std::variant<bool, Fault> matches = evaluate_condition(*formula_.where, context);
      if (const auto* fault = std::get_if<Fault>(&matches)) {
        if (formula_.otherwise == Otherwise::stop) faults_.add(rows, row, *fault);
        return;
      }
      if (!std::get<bool>(matches)) return;
    }
    ++out_.matched;
    const Cell& now = rows.cell(row, at_.column.id);
    const bool is_empty = is_blank(now.value) && now.formula.empty();
    if ((formula_.only_blank && !is_empty) || (formula_.filled_only && is_empty)) return;
    Evaluated result = evaluate(formula_.value, context);
    if (const auto* value = std::get_if<Value>(&result)) result = write_as(*value, written_.type);
    if (const auto* fault = std::get_if<Fault>(&result)) {
      // Brought back to what it was, it never read as this type.
      if (const auto saved = saved_.find(row.row.number); saved != saved_.end() && saved->second == now)
        return gather_.keep(row, now);
      if (formula_.otherwise == Otherwise::stop) faults_.add(rows, row, *fault);
      if (formula_.otherwise != Otherwise::blank) return;
      result = Value(Blank{});
    }
    write(rows, row, now, std::get<Value>(result));
  }

  void write(const ops::Rows& rows, const RowView& row, const Cell& now, const Value& value) {
    const auto* text = std::get_if<Text>(&value);
    if (list_ && text != nullptr && !list_->contains(text->utf8)) {
      outside_.add(ops::cell_name(at_.sheet, at_.column.id, row.row.number), " " + quoted(text->utf8));
      return;
    }
    // Empty text reads as nothing, so nothing is what is written.
    const bool nothing = text != nullptr && text->utf8.empty();
    Cell becomes{nothing ? Value(Blank{}) : value, {}, now.format};
    if (const auto saved = saved_.find(row.row.number); saved != saved_.end() && saved->second.value == becomes.value)
      becomes.stored = saved->second.stored;
    // Looks the same afterwards, but the way back would not know that it never read as its type.
    if (retypes_ && becomes == now && !reads_as_declared(now)) return gather_.save(rows, row, now, std::move(becomes));
    gather_.edit(rows, row, now, std::move(becomes));
  }

  [[nodiscard]] bool reads_as_declared(const Cell& cell) const {
    const std::string format = at_.column.format.value_or(implied_format(at_.column.type));
    return std::holds_alternative<Value>(read_as(cell.value, at_.column.type, format, at_.view.text_source()));
  }

  void report() {
    faults_.report(out_);
    if (outside_.count() > 0) {
      out_.findings.push_back(
          planning_error("ZM0316",
                         fmt::format("{} of {} would be outside enum {}", counted(outside_.count(), "cell", "cells"),
                                     quoted(at_.column.header), quoted(written_.type.of)),
                         {outside_.listed(at_.sheet), "nothing was written"},
                         "add the values to the enum on a line above, or choose others"));
    }
    check_matched(formula_, data_rows_, nearest_, out_);
    if (data_rows_ == 0 && formula_.only_blank && out_.findings.empty()) {
      Diagnostic info =
          planning_error("ZM0330", "there are no data rows to fill in " + quoted(at_.sheet.title), {}, {});
      info.severity = Severity::info;
      out_.findings.push_back(std::move(info));
    }
  }

  const Spot& at_;
  const bool retypes_;
  std::map<std::uint64_t, Cell> saved_;  // on the way back: what stood in the rows, by number
  const source::Formula& formula_;
  const Column& written_;
  Materialised out_;
  Faults faults_;
  Nearest nearest_;
  std::optional<std::set<std::string, std::less<>>> list_;
  Gather gather_;
  CellList outside_;
  std::uint64_t data_rows_ = 0;
};

/// A constant stays a constant; what is counted here are the cells it will fill.
Result<Materialised> materialise_fill(const Spot& at, change::FillEmpty change) {
  Materialised out;
  for (const std::string& id : at.options.not_counted) {
    if (column_by_id(at.sheet, id) != nullptr) change.not_counted.push_back(id);
  }
  // In a column that this migration adds, its default needs no addresses: the way back drops the column, and knows the
  // default.
  const bool is_new =
      std::find(change.not_counted.begin(), change.not_counted.end(), at.column.id) != change.not_counted.end();
  const bool is_default = is_new && at.column.rules.fallback == change.value;
  Gather gather(at, out);
  const ops::Rows rows(
      at.sheet,
      [&] {
        // Who needs no address reads no identity either.
        std::vector<std::string> ids = is_default ? std::vector<std::string>() : gather.identity().columns();
        ids.push_back(at.column.id);
        return ids;
      }(),
      change.not_counted);
  ZMIG_CHECK_OK(rows.each(at.view, [&](const RowView& row) {
    ++out.matched;
    const Cell& now = rows.cell(row, at.column.id);
    if (!is_blank(now.value) || !now.formula.empty()) return true;
    ++out.cells;
    if (!is_default) gather.edit(rows, row, now, Cell{change.value, {}, now.format});
    return true;
  }));
  static_cast<void>(gather.finish());
  if (out.matched == 0) {
    Diagnostic info = planning_error("ZM0330", "there are no data rows to fill in " + quoted(at.sheet.title), {}, {});
    info.severity = Severity::info;
    out.findings.push_back(std::move(info));
  }
  out.change = std::move(change);
  return out;
}

/// Number formats that deviate from the column's are the only thing that a new format destroys.
Result<Materialised> materialise_format(const Spot& at, const change::SetFormat& change) {
  Materialised out;
  Gather gather(at, out);
  std::vector<std::string> ids = gather.identity().columns();
  ids.push_back(at.column.id);
  const ops::Rows rows(at.sheet, ids, {});
  ZMIG_CHECK_OK(at.view.scan(at.sheet.id, rows.ids(), [&](const RowView& row) -> Status {
    const Cell& now = rows.cell(row, at.column.id);
    if (now.format.empty()) return ok();
    Cell plain = now;
    plain.format.clear();
    gather.edit(rows, row, now, std::move(plain));
    return ok();
  }));
  static_cast<void>(gather.finish());
  out.change = change;
  return out;
}

Result<Materialised> materialise_write(const Spot& at, const change::WriteCells& change) {
  if (const auto* formula = std::get_if<source::Formula>(&change.cells))
    return materialise_formula(at, *formula, at.column);
  if (const auto* rows = std::get_if<source::Rows>(&change.cells)) return materialise_key_updates(at, change, *rows);
  if (const auto* from = std::get_if<source::Captured>(&change.cells)) {
    return materialise_restore(at, change::RestoreCells{change.at, change::Restore::values, change.cells}, *from);
  }
  Materialised out;
  out.change = change;
  return out;
}

Result<Materialised> unchanged(const Change& change) {
  Materialised out;
  out.change = change;
  return out;
}

/// Finds the column that a change is about, then materialises it.
struct OneColumn {
  CellView& view;
  const MaterialiseOptions& options;

  template <class Function>
  Result<Materialised> with(const Scope& at, Function function) const {
    const Sheet* sheet = view.schema().sheet(at.sheet);
    if (sheet == nullptr) return make_error(Errc::conflict, "ZM0313", "a sheet of this line is not in the workbook");
    const Column* column = column_by_id(*sheet, at.column);
    if (column == nullptr)
      return make_error(Errc::conflict, "ZM0314", "a column of this line is not in " + quoted(sheet->title));
    return function(Spot{view, options, *sheet, *column});
  }
};

}  // namespace

// --- shared

void CellList::add(std::string cell, const std::string& rest) {
  ++count_;
  if (first_.size() < kListed) first_.push_back(std::move(cell) + rest);
}

std::string CellList::listed(const Sheet& sheet) const {
  std::string out = sheet.title + "!" + join(first_, " · ");
  if (count_ > first_.size()) out += fmt::format(" · and {} more", grouped(count_ - first_.size()));
  return out;
}

Identity Spot::identity() const {
  std::vector<std::string> excluded = options.written;
  excluded.insert(excluded.end(), options.not_counted.begin(), options.not_counted.end());
  excluded.push_back(column.id);
  return Identity::of(sheet, excluded);
}

namespace {

bool changes_nothing(const Cell& now, const Cell& write) {
  return write == now && (write.stored.empty() || write.stored == now.stored);
}

}  // namespace

Gather::Gather(const Spot& at, Materialised& out) : identity_(at.identity()), out_(out) {
  capture_.sheet = at.sheet.id;
  capture_.column = at.column.id;
  capture_.columns = identity_.columns();
}

void Gather::edit(const ops::Rows& rows, const RowView& row, const Cell& now, Cell write) {
  if (changes_nothing(now, write)) return;
  RowRef ref = row.row;
  ref.identity = identity_(rows, row);
  edit(std::move(ref), now, std::move(write));
}

void Gather::save(const ops::Rows& rows, const RowView& row, const Cell& now, Cell write) {
  RowRef ref = row.row;
  ref.identity = identity_(rows, row);
  capture_.cells.push_back({std::move(ref), now, std::move(write)});
}

void Gather::keep(const RowView& row, const Cell& now) {
  run_.edits.push_back({{row.row.number, row.row.handle, {}}, now, now});
}

void Gather::edit(RowRef row, const Cell& now, Cell write) {
  if (changes_nothing(now, write)) return;
  run_.edits.push_back({{row.number, row.handle, {}}, now, write});
  capture_.cells.push_back({std::move(row), now, std::move(write)});
}

source::Run Gather::finish() {
  out_.captures.push_back(std::move(capture_));
  return std::move(run_);
}

std::optional<std::set<std::string, std::less<>>> closed_list(const Schema& schema, const Type& type, bool lenient) {
  if (type.kind != TypeKind::enumeration || lenient) return std::nullopt;
  const Enum* named = schema.find_enum(type.of);
  if (named == nullptr) return std::nullopt;
  std::set<std::string, std::less<>> out;
  for (const EnumValue& value : named->values) out.insert(value.text);
  return out;
}

const Value* variable_of(const MaterialiseOptions& options, std::string_view name) {
  if (name.starts_with('$')) name.remove_prefix(1);
  const auto found = options.variables.find(name);
  return found == options.variables.end() ? nullptr : &found->second;
}

std::string undone_migration(const MaterialiseOptions& options, const std::string& named) {
  if (!named.empty()) return named;
  const Value* value = variable_of(options, "migration");
  const auto* text = value == nullptr ? nullptr : std::get_if<Text>(value);
  return text == nullptr ? std::string() : text->utf8;
}

RowContext row_context(const Spot& at, const ops::Rows& rows, const RowView& row) {
  RowContext out = ops::context_of(rows, row, at.sheet, at.sheet, at.view.text_source());
  out.variable = [&at](const std::string& name) { return variable_of(at.options, name); };
  return out;
}

Diagnostic planning_error(std::string code, std::string message, std::vector<std::string> notes, std::string help) {
  Diagnostic out;
  out.code = std::move(code);
  out.message = std::move(message);
  out.notes = std::move(notes);
  if (!help.empty()) out.help = std::move(help);
  return out;
}

std::string number_of(std::string_view migration) { return std::string(migration.substr(0, migration.find('_'))); }

Result<Materialised> materialise_formula(const Spot& at, const source::Formula& formula, const Column& written,
                                         bool retypes) {
  return FormulaRun(at, formula, written, retypes).run();
}

Result<Materialised> materialise(const Change& change, CellView& view, const MaterialiseOptions& options) {
  const OneColumn one{view, options};
  if (const auto* fill = std::get_if<change::FillEmpty>(&change)) {
    return one.with(fill->at, [&](const Spot& at) { return materialise_fill(at, *fill); });
  }
  if (const auto* write = std::get_if<change::WriteCells>(&change)) {
    return one.with(write->at, [&](const Spot& at) { return materialise_write(at, *write); });
  }
  if (const auto* retype = std::get_if<change::Retype>(&change)) {
    return one.with(retype->at, [&](const Spot& at) { return materialise_retype(at, *retype); });
  }
  if (const auto* format = std::get_if<change::SetFormat>(&change)) {
    return one.with(format->at, [&](const Spot& at) { return materialise_format(at, *format); });
  }
  if (const auto* restore = std::get_if<change::RestoreCells>(&change)) {
    const auto* from = std::get_if<source::Captured>(&restore->cells);
    if (from == nullptr) return unchanged(change);
    return one.with(restore->at, [&](const Spot& at) { return materialise_restore(at, *restore, *from); });
  }
  if (const auto* drop = std::get_if<change::DeleteColumn>(&change)) {
    return one.with(drop->at, [&](const Spot& at) { return materialise_drop(at, *drop); });
  }
  if (const auto* rows = std::get_if<change::InsertRows>(&change)) return materialise_insert_rows(*rows, view, options);
  if (const auto* rows = std::get_if<change::DeleteRows>(&change)) return materialise_delete_rows(*rows, view, options);
  if (const auto* sheet = std::get_if<change::DeleteSheet>(&change))
    return materialise_drop_sheet(*sheet, view, options);
  if (!is_core(change)) {
    return make_error(Errc::unsupported, "ZM0123",
                      fmt::format("this zmig reads `{}` but does not run it yet", name_of(change)));
  }
  return unchanged(change);
}

}  // namespace zmig
