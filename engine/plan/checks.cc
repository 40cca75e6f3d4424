// require, ensure: each check is passed, failed, or could not look (language.md 9). There is no fourth answer.
#include <algorithm>
#include <queue>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include <zmig/header_norm.h>
#include <zmig/plan.h>

#include "base/digest.h"
#include "base/text.h"
#include "model/names.h"
#include "ops/judging.h"
#include "plan/deltas.h"
#include "plan/identity.h"
#include "plan/lock.h"

namespace zmig {
namespace {

constexpr std::size_t kListed = 20;

const Sheet* titled(const CellView& view, const std::string& title) { return view.schema().sheet_titled(title, true); }

std::string in_words(const Expecting& expecting) {
  if (expecting.kind == Expecting::Kind::at_least) return fmt::format("at least {}", expecting.rows);
  if (expecting.kind == Expecting::Kind::at_most) return fmt::format("at most {}", expecting.rows);
  return fmt::format("{}", expecting.rows);
}

bool is_met(const Expecting& expecting, std::uint64_t count) {
  switch (expecting.kind) {
    case Expecting::Kind::exactly: return count == expecting.rows;
    case Expecting::Kind::at_least: return count >= expecting.rows;
    case Expecting::Kind::at_most: return count <= expecting.rows;
  }
  return false;
}

Result<std::uint64_t> data_rows(CellView& view, const Sheet& sheet) {
  std::uint64_t count = 0;
  const ops::Rows rows(sheet, {}, {});
  ZMIG_CHECK_OK(rows.each(view, [&](const RowView&) {
    ++count;
    return true;
  }));
  return count;
}

/// `A to BK, the last one "Precio Total"`
std::string extent(const Sheet& sheet) {
  const Column* first = nullptr;
  const Column* last = nullptr;
  for (const Column& column : sheet.columns) {
    if (is_blank_header(column.header)) continue;
    if (first == nullptr) first = &column;
    last = &column;
  }
  if (last == nullptr) return {};
  return fmt::format("{} to {}, the last one {}", letters_of(sheet, first->id), letters_of(sheet, last->id),
                     quoted(last->header));
}

/// Takes a check to its result.
class Judge {
 public:
  Judge(const CheckLine& line, std::string_view id, CheckWorld& world) : world_(world) {
    out_.id = std::string(id);
    out_.text = line.text;
    out_.span = line.span;
  }

  Result<CheckResult> judge(const Check& check) {
    ZMIG_CHECK_OK(std::visit(*this, check));
    return std::move(out_);
  }

  Status operator()(const check::SheetExists& c) {
    out_.subject = c.title;
    out_.expected = c.exists ? "there" : "missing";
    const bool there = titled(world_.now, c.title) != nullptr;
    out_.observed = there ? fmt::format("sheet {} is there", quoted(c.title))
                          : fmt::format("there is no sheet {}", quoted(c.title));
    return decide(there == c.exists);
  }

  Status operator()(const check::SheetUnchanged& c) {
    out_.subject = c.sheet.title;
    out_.expected = "unchanged";
    if (!world_.untouched.has_value() && !world_.predicting)
      return could_not_look("no proof was taken before the write");
    const bool unchanged = world_.untouched.value_or(true);
    out_.observed = unchanged ? "unchanged" : "cells that no line of this file claims are different";
    return decide(unchanged);
  }

  Status operator()(const check::SheetCount& c) {
    out_.subject = c.title;
    out_.expected = in_words(c.count);
    const Sheet* sheet = titled(world_.now, c.title);
    if (sheet == nullptr) return could_not_look(fmt::format("there is no sheet {}", quoted(c.title)));
    std::uint64_t count = width_of(*sheet);
    if (c.what == check::Counted::rows) { ZMIG_TRY(count, data_rows(world_.now, *sheet)); }
    out_.examined = count;
    out_.observed = fmt::format("{}", count);
    const bool met = is_met(c.count, count);
    if (!met && c.what == check::Counted::columns)
      out_.observed += predicted() ? predicted_width(*sheet) : ": " + extent(*sheet);
    return decide(met);
  }

  Status operator()(const check::SheetDelta& c) {
    out_.subject = c.title;
    out_.expected = fmt::format("{}{}", c.gained ? "+" : "-", c.count);
    const Sheet* after = titled(world_.now, c.title);
    const Sheet* before = after == nullptr ? titled(world_.before, c.title) : world_.before.schema().sheet(after->id);
    if (before == nullptr) before = titled(world_.before, c.title);
    if (after == nullptr && before == nullptr)
      return could_not_look(fmt::format("there is no sheet {}", quoted(c.title)));
    const std::int64_t wanted = c.gained ? static_cast<std::int64_t>(c.count) : -static_cast<std::int64_t>(c.count);
    return c.what == check::Counted::rows ? gained_rows(before, after, wanted)
                                          : gained_columns(c.title, before, after, wanted);
  }

  Status operator()(const check::ColumnExists& c) {
    out_.subject = c.title + "." + c.header;
    out_.expected = c.exists ? "there" : "missing";
    const Sheet* sheet = titled(world_.now, c.title);
    if (sheet == nullptr) {
      // Without its sheet there is no column either: an answer, unless somebody wants it to be there.
      out_.observed = fmt::format("there is no sheet {}", quoted(c.title));
      return decide(!c.exists);
    }
    const Column* column = column_by_header(*sheet, c.header, true);
    out_.observed = column == nullptr
                        ? fmt::format("no column {} in {}", quoted(c.header), quoted(sheet->title))
                        : fmt::format("column {} is there, at {}", quoted(c.header), header_cell(*sheet, column->id));
    return decide((column != nullptr) == c.exists);
  }

  Status operator()(const check::ColumnIs& c) {
    out_.subject = c.at.sheet.title + "." + c.at.header;
    ZMIG_TRY(const bool found, find(c.at));
    if (!found) return ok();
    std::set<std::string, std::less<>> seen;
    ZMIG_CHECK_OK(each_row({c.at.id}, [&](const ops::Rows& rows, const RowView& row) {
      const Cell& cell = rows.cell(row, c.at.id);
      const bool blank = is_blank(cell.value) && cell.formula.empty();
      const bool doubled = !blank && c.fact == check::ColumnFact::unique &&
                           !seen.insert(std::string(kind_of(cell.value)) + "\x1f" + to_text(cell.value)).second;
      const bool bad = c.fact == check::ColumnFact::blank    ? !blank
                       : c.fact == check::ColumnFact::filled ? blank
                                                             : doubled;
      if (bad) offend(c.at.id, row.row.number);
    }));
    out_.expected = c.fact == check::ColumnFact::blank    ? "blank"
                    : c.fact == check::ColumnFact::filled ? "filled"
                                                          : "no value twice";
    const std::string what = c.fact == check::ColumnFact::blank    ? "filled"
                             : c.fact == check::ColumnFact::filled ? "blank"
                                                                   : "repeated";
    return decide_rows(what);
  }

  Status operator()(const check::ColumnHasType& c) {
    out_.subject = c.at.sheet.title + "." + c.at.header;
    out_.expected = to_string(c.type);
    ZMIG_TRY(const bool found, find(c.at));
    if (!found) return ok();
    const Sheet* replayed = world_.replayed.sheet(c.at.sheet.id);
    const Column* declared = replayed == nullptr ? nullptr : column_by_id(*replayed, c.at.id);
    if (declared == nullptr) return could_not_look("the files do not declare this column here");
    if (!(declared->type == c.type)) {
      out_.observed = "it is declared " + to_string(declared->type);
      return decide(false);
    }
    const std::string format = ops::effective_format(*declared);
    const Enum* named = c.type.kind == TypeKind::enumeration ? world_.replayed.find_enum(c.type.of) : nullptr;
    ZMIG_CHECK_OK(each_row({c.at.id}, [&](const ops::Rows& rows, const RowView& row) {
      const Cell& cell = rows.cell(row, c.at.id);
      if (is_blank(cell.value)) return;
      const Evaluated read = read_as(cell.value, c.type, format, world_.now.text_source());
      const auto* value = std::get_if<Value>(&read);
      const auto* text = value == nullptr ? nullptr : std::get_if<Text>(value);
      const bool outside =
          named != nullptr && !declared->rules.lenient && text != nullptr && !knows(*named, text->utf8);
      if (value == nullptr || outside) offend(c.at.id, row.row.number);
    }));
    return decide_rows("not readable as " + to_string(c.type));
  }

  Status operator()(const check::EnumExists& c) {
    out_.subject = c.name;
    out_.expected = c.exists ? "there" : "missing";
    const bool there = world_.replayed.find_enum(c.name) != nullptr;
    out_.observed =
        there ? fmt::format("enum {} is there", quoted(c.name)) : fmt::format("there is no enum {}", quoted(c.name));
    return decide(there == c.exists);
  }

  Status operator()(const check::EnumValue& c) {
    out_.subject = c.name + "." + c.value;
    out_.expected = c.has ? "offered" : "not offered";
    const Enum* named = world_.replayed.find_enum(c.name);
    if (named == nullptr) return could_not_look(fmt::format("there is no enum {}", quoted(c.name)));
    const bool offered = std::any_of(named->values.begin(), named->values.end(), [&](const zmig::EnumValue& value) {
      return value.text == c.value && value.offered;
    });
    out_.observed =
        fmt::format("enum {} {} {}", quoted(c.name), offered ? "offers" : "does not offer", quoted(c.value));
    if (offered != c.has) return decide(false);
    const std::vector<std::string> others = lists_that_differ(c);
    if (others.empty()) return decide(true);
    out_.offending_count = others.size();
    out_.offending = {others.begin(), others.begin() + static_cast<std::ptrdiff_t>(std::min(others.size(), kListed))};
    out_.observed += fmt::format(", but the list on {} {}", others.front(), c.has ? "lacks it" : "still has it");
    return decide(false);
  }

  Status operator()(const check::Rows& c) {
    out_.subject = c.sheet.title;
    sheet_ = world_.now.schema().sheet(c.sheet.id);
    if (sheet_ == nullptr) return could_not_look(fmt::format("there is no sheet {}", quoted(c.sheet.title)));
    std::vector<std::string> ids = columns_read(c.has);
    if (c.where) {
      for (std::string& id : columns_read(*c.where)) ids.push_back(std::move(id));
    }
    for (const std::string& id : ids) {
      if (column_by_id(*sheet_, id) == nullptr)
        return could_not_look(fmt::format("a column of this check is not in {}", quoted(sheet_->title)));
    }
    return c.quantifier == check::Quantifier::sample ? sample(c, std::move(ids)) : all_rows(c, ids);
  }

  Status operator()(const check::MigrationApplied& c) {
    out_.subject = c.name;
    out_.expected = c.ago ? fmt::format("applied at least {} days ago", c.ago->count() / 86400) : "applied";
    // The slug first: it is the rare one that has to be put together.
    const std::string_view name = c.name;
    const auto& all = std::as_const(world_.applied);  // or the list would be copied, once for each migration
    const auto found = std::find_if(all.begin(), all.end(), [&](const AppliedMigration& applied) {
      return name.ends_with(applied.slug) && migration_name(applied.number, applied.slug) == name;
    });
    if (found == all.end()) {
      out_.observed = fmt::format("{} is not applied here", quoted(c.name));
      return decide(false);
    }
    out_.observed = "applied " + format_utc(found->at);
    return decide(!c.ago || world_.at - found->at >= *c.ago);
  }

  Status operator()(const check::Backup& c) {
    out_.subject = c.sheet.empty() ? "workbook" : c.sheet;
    out_.expected = "a verified backup of this run";
    const bool there = world_.backup || world_.predicting;
    out_.observed = world_.backup       ? "made and verified"
                    : world_.predicting ? "will be made before the first write"
                                        : "there is none";
    return decide(there);
  }

  Status operator()(const check::Atomic&) {
    out_.subject = "workbook";
    out_.expected = "one commit";
    out_.observed = world_.atomic ? "one commit" : "this target needs several";
    return decide(world_.atomic);
  }

 private:
  [[nodiscard]] bool predicted() const { return world_.predicting && out_.id == "ensure"; }

  Status decide(bool passed) {
    out_.outcome = passed ? Outcome::passed : Outcome::failed;
    return ok();
  }

  Status could_not_look(std::string because) {
    out_.outcome = Outcome::not_run;
    out_.not_run_because = std::move(because);
    return ok();
  }

  static bool knows(const Enum& named, const std::string& text) {
    return std::any_of(named.values.begin(), named.values.end(),
                       [&](const zmig::EnumValue& value) { return value.text == text; });
  }

  /// Sets sheet_; false (and an outcome) when the column is not there.
  Result<bool> find(const ColumnRef& at) {
    sheet_ = world_.now.schema().sheet(at.sheet.id);
    if (sheet_ != nullptr && column_by_id(*sheet_, at.id) != nullptr) return true;
    ZMIG_CHECK_OK(
        could_not_look(fmt::format("there is no column {} in {}", quoted(at.header), quoted(at.sheet.title))));
    return false;
  }

  template <class Visit>
  Status each_row(const std::vector<std::string>& ids, Visit visit) {
    const ops::Rows rows(*sheet_, ids, {});
    return rows.each(world_.now, [&](const RowView& row) {
      ++out_.examined;
      visit(rows, row);
      return true;
    });
  }

  void offend(const std::string& column, std::uint64_t row) {
    ++out_.offending_count;
    if (out_.offending.size() < kListed)
      out_.offending.push_back(sheet_->title + "!" + ops::cell_name(*sheet_, column, row));
  }

  Status decide_rows(const std::string& what) {
    out_.observed = out_.offending_count == 0 ? counted(out_.examined, "row looked at", "rows looked at")
                                              : fmt::format("{} of {} {} {}", grouped(out_.offending_count),
                                                            counted(out_.examined, "row", "rows"),
                                                            out_.offending_count == 1 ? "is" : "are", what);
    return decide(out_.offending_count == 0);
  }

  /// " (63 now, 3 added here)"
  [[nodiscard]] std::string predicted_width(const Sheet& sheet) const {
    const Sheet* before = world_.before.schema().sheet(sheet.id);
    if (before == nullptr) before = titled(world_.before, sheet.title);
    std::string out = fmt::format(" ({} now", before == nullptr ? 0 : width_of(*before));
    const auto delta = world_.deltas.find(norm(sheet.title));
    if (delta != world_.deltas.end() && delta->second.inserted > 0)
      out += fmt::format(", {} added here", delta->second.inserted);
    if (delta != world_.deltas.end() && delta->second.removed > 0)
      out += fmt::format(", {} removed here", delta->second.removed);
    return out + ")";
  }

  static std::int64_t managed_columns(const Sheet* sheet) {
    if (sheet == nullptr || !sheet->managed) return 0;
    return std::count_if(sheet->columns.begin(), sheet->columns.end(),
                         [](const Column& column) { return column.managed; });
  }
  static std::int64_t width(const Sheet* sheet) {
    return sheet == nullptr ? 0 : static_cast<std::int64_t>(width_of(*sheet));
  }

  Status gained_columns(const std::string& title, const Sheet* before, const Sheet* after, std::int64_t wanted) {
    const std::int64_t gained = managed_columns(after) - managed_columns(before);
    const std::int64_t wider = width(after) - width(before);
    out_.examined = static_cast<std::uint64_t>(width(after));
    out_.observed = fmt::format("{:+}", gained);
    if (gained != wanted) {
      out_.observed += predicted()
                           ? fmt::format(" ({} managed now, {} then)", managed_columns(before), managed_columns(after))
                           : std::string();
      return decide(false);
    }
    if (world_.deltas.empty()) return decide(true);
    const auto delta = world_.deltas.find(norm(title));
    const std::int64_t expected = delta == world_.deltas.end() ? 0 : delta->second.inserted - delta->second.removed;
    if (wider == expected) return decide(true);
    out_.observed += fmt::format(", but the sheet went from {} to {} columns, where this file adds {:+}", width(before),
                                 width(after), expected);
    return decide(false);
  }

  Status gained_rows(const Sheet* before, const Sheet* after, std::int64_t wanted) {
    std::uint64_t old_rows = 0, new_rows = 0;
    if (before != nullptr) { ZMIG_TRY(old_rows, data_rows(world_.before, *before)); }
    if (after != nullptr) { ZMIG_TRY(new_rows, data_rows(world_.now, *after)); }
    const std::int64_t gained = static_cast<std::int64_t>(new_rows) - static_cast<std::int64_t>(old_rows);
    out_.examined = new_rows;
    out_.observed = fmt::format("{:+} rows", gained);
    return decide(gained == wanted);
  }

  /// Header cells of columns of the enum whose live list says otherwise.
  [[nodiscard]] std::vector<std::string> lists_that_differ(const check::EnumValue& c) const {
    std::vector<std::string> out;
    for (const Sheet& sheet : world_.now.schema().sheets) {
      for (const Column& column : sheet.columns) {
        const bool bound = column.managed && column.type.kind == TypeKind::enumeration && column.type.of == c.name;
        if (!bound || column.allowed.kind != Allowed::Kind::list) continue;
        const bool listed = std::find(column.allowed.values.begin(), column.allowed.values.end(), c.value) !=
                            column.allowed.values.end();
        if (listed != c.has) out.push_back(header_cell(sheet, column.id));
      }
    }
    return out;
  }

  /// The cell that a finding of a row check names: the first that `has` reads.
  [[nodiscard]] std::string named_column(const std::vector<std::string>& ids) const {
    if (!ids.empty()) return ids.front();
    return sheet_->columns.empty() ? std::string() : sheet_->columns.front().id;
  }

  /// Whether a row counts (by `where`) and whether it has what it should; a fault is never a yes.
  struct RowAnswer {
    bool counts = true, has = false, fault = false;
  };
  RowAnswer ask(const check::Rows& c, const ops::Rows& rows, const RowView& row) {
    RowAnswer answer;
    const RowContext context = ops::context_of(rows, row, *sheet_, *sheet_, world_.now.text_source());
    if (c.where) {
      const std::variant<bool, Fault> counts = evaluate_condition(*c.where, context);
      answer.fault = std::holds_alternative<Fault>(counts);
      answer.counts = answer.fault || std::get<bool>(counts);
      if (answer.fault || !answer.counts) return answer;
    }
    const std::variant<bool, Fault> has = evaluate_condition(c.has, context);
    answer.fault = std::holds_alternative<Fault>(has);
    answer.has = !answer.fault && std::get<bool>(has);
    return answer;
  }

  Status all_rows(const check::Rows& c, const std::vector<std::string>& ids) {
    const bool every = c.quantifier == check::Quantifier::every;
    out_.expected = every ? "every row" : "no row";
    const std::string named = named_column(ids);
    const ops::Rows rows(*sheet_, ids, {});
    ZMIG_CHECK_OK(rows.each(world_.now, [&](const RowView& row) {
      const RowAnswer answer = ask(c, rows, row);
      if (!answer.counts) return true;
      ++out_.examined;
      if (answer.fault || answer.has != every) offend(named, row.row.number);
      return true;
    }));
    out_.observed = out_.offending_count == 0 ? counted(out_.examined, "row looked at", "rows looked at")
                                              : fmt::format("{} of {} {}", grouped(out_.offending_count),
                                                            counted(out_.examined, "row", "rows"),
                                                            every ? (out_.offending_count == 1 ? "does not" : "do not")
                                                                  : (out_.offending_count == 1 ? "does" : "do"));
    return decide(out_.offending_count == 0);
  }

  /// Rows in the order of a hash, so that a failure reproduces; the smallest are kept.
  Status sample(const check::Rows& c, std::vector<std::string> ids) {
    struct Candidate {
      std::string hash;
      std::uint64_t row = 0;
      bool good = false;
      bool operator<(const Candidate& other) const { return std::tie(hash, row) < std::tie(other.hash, other.row); }
    };
    const std::string named = named_column(ids);
    const Identity identity = Identity::of(*sheet_, {});
    ids.insert(ids.end(), identity.columns().begin(), identity.columns().end());
    std::priority_queue<Candidate> smallest;
    const ops::Rows rows(*sheet_, ids, {});
    ZMIG_CHECK_OK(rows.each(world_.now, [&](const RowView& row) {
      const RowAnswer answer = ask(c, rows, row);
      if (!answer.counts) return true;
      smallest.push({sha256_hex(world_.migration + "\x1f" + identity(rows, row)), row.row.number, answer.has});
      if (smallest.size() > c.sample) smallest.pop();
      return true;
    }));
    out_.scope = "sample";
    out_.expected = counted(c.sample, "sample row", "sample rows");
    if (smallest.empty()) return could_not_look("there are no rows to look at");
    std::vector<std::uint64_t> bad;
    for (; !smallest.empty(); smallest.pop()) {
      ++out_.examined;
      if (!smallest.top().good) bad.push_back(smallest.top().row);
    }
    std::sort(bad.begin(), bad.end());
    for (const std::uint64_t row : bad) offend(named, row);
    out_.observed = bad.empty()
                        ? counted(out_.examined, "row looked at", "rows looked at")
                        : fmt::format("{} of {} {}", bad.size(), counted(out_.examined, "sample row", "sample rows"),
                                      bad.size() == 1 ? "does not" : "do not");
    return decide(bad.empty());
  }

  CheckWorld& world_;
  CheckResult out_;
  const Sheet* sheet_ = nullptr;
};

std::string title_of(std::string_view code) {
  if (code == "ZM0304") return "this `require` is false";
  if (code == "ZM0305") return "this `require atomic` cannot be kept here";
  if (code == "ZM0308") return "this `ensure` will be false";
  if (code == "ZM0902") return "this check could not look";
  return "this `ensure` is false";
}

std::string label_of(const CheckLine& line, const CheckResult& result, std::string_view code) {
  if (result.outcome == Outcome::not_run) return result.not_run_because;
  const bool is_count = std::holds_alternative<check::SheetCount>(line.check);
  const bool is_delta = std::holds_alternative<check::SheetDelta>(line.check);
  if (code == "ZM0308") return "predicted: " + result.observed;
  if (is_count) return result.subject + " has " + result.observed;
  if (is_delta) return result.subject + " has " + result.observed;
  return result.observed;
}

}  // namespace

std::string_view to_string(Outcome outcome) {
  switch (outcome) {
    case Outcome::passed: return "passed";
    case Outcome::failed: return "failed";
    case Outcome::not_run: return "not_run";
  }
  return {};
}

Result<CheckResult> judge_check(const CheckLine& line, std::string_view id, CheckWorld& world) {
  return Judge(line, id, world).judge(line.check);
}

Diagnostic check_diagnostic(const CheckLine& line, const CheckResult& result, std::string_view code) {
  Diagnostic out;
  out.code = std::string(code);
  if (result.outcome == Outcome::not_run) out.code = "ZM0902";
  if (code == "ZM0304" && std::holds_alternative<check::Atomic>(line.check)) out.code = "ZM0305";
  out.message = title_of(out.code);
  out.primary.span = result.span;
  out.primary.text = label_of(line, result, code);
  if (!result.offending.empty()) {
    std::string cells = join(result.offending, ", ");
    if (result.offending_count > result.offending.size())
      cells += fmt::format(" and {} more", grouped(result.offending_count - result.offending.size()));
    out.notes.push_back(std::move(cells));
  }
  if (!line.because.empty()) out.notes.push_back("because " + quoted(line.because));
  if (code == "ZM0304") out.notes.emplace_back("nothing was written");
  if (code == "ZM0308") out.notes.emplace_back("found while planning; nothing was written");
  if (code == "ZM0901" || code == "ZM0902") out.notes.emplace_back("the migration is applied, and unverified");
  return out;
}

}  // namespace zmig
