// Families 1 and 2: lines that lose cells, and lines that the data may not fit, as far as the files tell.

#include <algorithm>

#include <fmt/format.h>

#include <zmig/header_norm.h>

#include "base/text.h"
#include "plan/lint_rules.h"

namespace zmig::linting {
namespace {

bool reads(const Expr& expr, const std::string& column) {
  const auto ids = columns_read(expr);
  return std::find(ids.begin(), ids.end(), column) != ids.end();
}

/// True when the change of type can lose part of a value that it can read.
bool narrows(const Type& from, const Type& to) {
  const auto digits = [](const Type& type) {
    switch (type.kind) {
      case TypeKind::integer: return 0;
      case TypeKind::decimal: return type.digits;
      case TypeKind::number:
      case TypeKind::percent:
      case TypeKind::currency: return 99;
      case TypeKind::text:
      case TypeKind::boolean:
      case TypeKind::date:
      case TypeKind::time:
      case TypeKind::datetime:
      case TypeKind::enumeration:
      case TypeKind::reference: return -1;
    }
    return -1;
  };
  if (from.kind == TypeKind::datetime) return to.kind == TypeKind::date || to.kind == TypeKind::time;
  return digits(to) >= 0 && digits(from) > digits(to);
}

/// Two headers that people would take for one thing: the same look, one inside the other, or a slip of the keyboard.
bool are_akin(const std::string& a, const std::string& b) {
  const std::string left = look(a), right = look(b);
  if (left == right) return true;
  if (std::min(left.size(), right.size()) >= 4 && (left.starts_with(right) || right.starts_with(left))) return true;
  return std::min(count_code_points(left), count_code_points(right)) >= 4 && edit_distance(left, right, 2) <= 2;
}

class Destructive {
 public:
  explicit Destructive(Subject& subject) : s_(subject) {}

  void run() {
    for (at_ = 0; at_ < s_.operations.size(); ++at_) {
      const Operation& operation = s_.operations[at_];
      if (const auto* one = std::get_if<op::DropSheet>(&operation)) drop_sheet(*one);
      if (const auto* one = std::get_if<op::DropColumn>(&operation)) drop_column(*one);
      if (const auto* one = std::get_if<op::AddColumn>(&operation)) add_column(*one);
      if (const auto* one = std::get_if<op::ChangeType>(&operation)) change_type(*one);
      if (const auto* one = std::get_if<op::SetColumn>(&operation)) set_column(*one);
      if (const auto* one = std::get_if<op::FillColumn>(&operation)) fill_column(*one);
    }
  }

 private:
  LintFinding& add(std::string_view rule, std::string message, std::string help) {
    return s_.add(rule, std::move(message), s_.name(at_), subject_of(s_.operations[at_]), std::move(help));
  }

  void drop_sheet(const op::DropSheet& drop) {
    const Sheet* sheet = s_.before(at_).sheet(drop.sheet.id);
    add("ZM1101",
        fmt::format("dropping {} removes {} and every row", quoted(drop.sheet.title),
                    counted(sheet == nullptr ? 0 : sheet->columns.size(), "column", "columns")),
        "`forget sheet` lets go of it and leaves it in the workbook; else in the heading: allow ZM1101 because \"…\"");
  }

  void drop_column(const op::DropColumn& drop) {
    const Column* old = column_at(s_.states.front(), drop.at);
    if (old == nullptr) return;  // it came in this file: nothing to lose
    const op::AddColumn* twin = nullptr;
    std::size_t twin_at = 0;
    bool replaced = false;
    for (std::size_t i = 0; i < s_.operations.size(); ++i) {
      const auto* added = std::get_if<op::AddColumn>(&s_.operations[i]);
      if (added == nullptr || added->sheet.id != drop.at.sheet.id) continue;
      if (takes_values_of(added->column.id, drop.at.id)) replaced = true;
      if (twin == nullptr && added->column.type == old->type && are_akin(added->column.header, drop.at.header)) {
        twin = added;
        twin_at = i;
      }
    }
    if (replaced)
      add("ZM1916",
          fmt::format("{} is filled from {} and takes its place in one step", quoted(s_.migration.name),
                      quoted(drop.at.header)),
          "add and fill in one migration, drop in a later one: apps need time to move");
    else if (twin != nullptr)
      looks_like_rename(drop, *twin, twin_at);
    add("ZM1102", fmt::format("dropping {} removes its cells", quoted(drop.at.header)),
        fmt::format("`retire column {}` hides it first; else in the heading: allow ZM1102 because \"…\"",
                    quoted(drop.at.header)));
    if (!old->rules.deprecated)
      add("ZM1309", fmt::format("{} was never retired or deprecated", quoted(drop.at.header)),
          fmt::format("write `retire column {}` in a migration of its own, and drop it later", quoted(drop.at.header)));
  }

  bool takes_values_of(const std::string& column, const std::string& from) const {
    return std::any_of(s_.operations.begin(), s_.operations.end(), [&](const Operation& operation) {
      if (const auto* fill = std::get_if<op::FillColumn>(&operation))
        return fill->at.id == column && reads(fill->with, from);
      if (const auto* set = std::get_if<op::SetColumn>(&operation)) return set->at.id == column && reads(set->to, from);
      return false;
    });
  }

  void looks_like_rename(const op::DropColumn& drop, const op::AddColumn& added, std::size_t added_at) {
    LintFinding& found =
        add("ZM1107",
            fmt::format("{} goes and {} comes: this looks like a rename, and the cells are lost",
                        quoted(drop.at.header), quoted(added.column.header)),
            fmt::format("write `rename column {} to {}`", quoted(drop.at.header), quoted(added.column.header)));
    found.diagnostic.secondary.push_back({s_.span(added_at), {}, "added here"});
    Column bare;
    bare.id = added.column.id;
    bare.header = added.column.header;
    bare.type = added.column.type;
    const bool plain = added.column == bare && !drop.undo && !drop.discard;
    const auto line = without_line(s_.source, s_.line(added_at));
    if (!plain || !line) return;
    LintFix fix;
    // Readers find it under both names.
    fix.edits.push_back({s_.file, s_.line(at_).begin, s_.line(at_).end,
                         fmt::format("rename column {0} to {1}\n{2}change column {1} alias {0}", quoted(drop.at.header),
                                     quoted(added.column.header), indentation(s_.source, s_.line(at_).begin))});
    fix.edits.push_back(*line);
    found.fix = std::move(fix);
  }

  void add_column(const op::AddColumn& added) {
    const Column& column = added.column;
    const bool required = column.rules.required || column.rules.key;
    if (required && !column.rules.fallback && s_.is_old_sheet(added.sheet.id) && !is_written_later(column.id)) {
      LintFinding& found =
          add("ZM1207", fmt::format("{} is required, and its existing rows would be blank", quoted(column.header)),
              "give it a `default`, or fill it in a line below");
      const char* zero = column.type.kind == TypeKind::boolean ? " default false"
                         : is_numeric(column.type)             ? " default 0"
                                                               : nullptr;
      if (zero != nullptr && !column.rules.key) add_property(found, zero);
    }
    if (is_numeric(column.type) && !required && !column.rules.fallback && !column.rules.blank_means)
      add("ZM1209", fmt::format("a blank in {} does not say what it means, as opposed to 0", quoted(column.header)),
          "add: blank means \"…\", a `default`, or `required`");
  }

  /// Behind the properties of the line; not where they stand in a block.
  void add_property(LintFinding& found, const std::string& property) const {
    const std::string_view text = s_.text_of(at_);
    if (text.find('{') != std::string_view::npos || text.find('\n') != std::string_view::npos) return;
    const Span line = s_.line(at_);
    found.fix = LintFix{false, {{s_.file, line.end, line.end, property}}, false};
  }

  bool is_written_later(const std::string& column) const {
    for (std::size_t i = at_ + 1; i < s_.operations.size(); ++i) {
      const auto* fill = std::get_if<op::FillColumn>(&s_.operations[i]);
      const auto* set = std::get_if<op::SetColumn>(&s_.operations[i]);
      if ((fill != nullptr && fill->at.id == column) || (set != nullptr && set->at.id == column)) return true;
    }
    return false;
  }

  void change_type(const op::ChangeType& change) {
    const Column* old = column_at(s_.before(at_), change.at);
    if (old == nullptr || !narrows(old->type, change.type)) return;
    add("ZM1106",
        fmt::format("{} holds less than {}: part of what {} holds is lost", to_string(change.type),
                    to_string(old->type), quoted(change.at.header)),
        "keep the type and add a column of the new one; else in the heading: allow ZM1106 because \"…\"");
  }

  void set_column(const op::SetColumn& set) {
    if (!set.where)
      add("ZM1108", fmt::format("every data row of {} is written", quoted(set.at.header)),
          "say which rows: add `where …`; to write blank cells only use `fill column`");
    blank_erases(set.otherwise, set.at);
    if (!reads(set.to, set.at.id)) return;
    // The rows that were written can be told again when a line below writes what `where` reads.
    const auto decides = set.where ? columns_read(*set.where) : std::vector<std::string>{};
    for (std::size_t i = at_ + 1; i < s_.operations.size(); ++i) {
      const auto* later = std::get_if<op::SetColumn>(&s_.operations[i]);
      if (later != nullptr && std::find(decides.begin(), decides.end(), later->at.id) != decides.end()) return;
    }
    LintFinding& found = add("ZM1212", "this line cannot be recognised as done",
                             set.where ? "a following `set` of a column that `where` reads makes it visible in the data"
                                       : "write into another column, or say with `where` which rows still need it");
    found.diagnostic.primary.text = "reads the column that it writes";
    found.diagnostic.notes.emplace_back("it runs once, by its place in the history, not by looking at cells");
  }

  void fill_column(const op::FillColumn& fill) {
    blank_erases(fill.otherwise, fill.at);
    for (std::size_t i = 0; i < at_; ++i) {
      const auto* added = std::get_if<op::AddColumn>(&s_.operations[i]);
      if (added == nullptr || added->column.id != fill.at.id || !added->column.rules.fallback) continue;
      LintFinding& found = add("ZM1213", fmt::format("{} has no blank cell left to fill", quoted(fill.at.header)),
                               "leave one of the two out; `set column` overwrites");
      found.diagnostic.secondary.push_back({s_.span(i), {}, "its default fills every data row"});
      return;
    }
  }

  void blank_erases(Otherwise otherwise, const ColumnRef& at) {
    if (otherwise != Otherwise::blank) return;
    add("ZM1109", fmt::format("a row that cannot be computed loses its cell of {}", quoted(at.header)),
        "`otherwise keep` leaves the cell as it is, `otherwise stop` lists the rows");
  }

  Subject& s_;
  std::size_t at_ = 0;
};

}  // namespace

void check_destructive(Subject& subject) { Destructive(subject).run(); }

}  // namespace zmig::linting
