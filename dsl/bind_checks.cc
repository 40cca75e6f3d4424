// Checks (language.md 9). Existence, counts and change may be asked of foreign things, so those go by name; a formula,
// a fact about cells and a type need a managed column.

#include <algorithm>
#include <utility>

#include <zmig/header_norm.h>
#include <zmig/text.h>

#include "binder.h"

namespace zmig::dsl {
namespace {

check::Counted counted_of(ast::Counted what) {
  return what == ast::Counted::columns ? check::Counted::columns : check::Counted::rows;
}

}  // namespace

std::optional<Check> Binder::check(const ast::Check& written) {
  std::optional<Check> out;
  ast::visit([&](const auto& one) { out = check_of(one); }, written);
  return out;
}

std::optional<SheetRef> Binder::sheet_of_check(const ast::Name& name) {
  if (const Sheet* sheet = schema_.sheet_titled(name.value, true)) return ref(*sheet);
  if (gone_before(Thing::sheet, {}, name.value, name, "no sheet " + quoted(name.value))) return std::nullopt;
  // A foreign sheet that the baseline does not list can only be asked about by its title. One that looks like a sheet
  // that is there is a slip of the pen.
  const auto alike = std::find_if(schema_.sheets.begin(), schema_.sheets.end(),
                                  [&](const Sheet& one) { return look(one.title) == look(name.value); });
  if (alike == schema_.sheets.end()) return SheetRef{"~" + norm(name.value), name.value};
  unknown(Thing::sheet, {}, "no sheet " + quoted(name.value), name.value, name, {alike->title}, {});
  return std::nullopt;
}

std::optional<Check> Binder::check_of(const ast::SheetIs& c) {
  switch (c.state.value) {
    case ast::SheetState::exists: return check::SheetExists{c.sheet.value, true};
    case ast::SheetState::missing: return check::SheetExists{c.sheet.value, false};
    case ast::SheetState::otherwise_unchanged: break;
  }
  const std::optional<SheetRef> sheet = sheet_of_check(c.sheet);
  if (!sheet) return std::nullopt;
  return check::SheetUnchanged{*sheet};
}

std::optional<Check> Binder::check_of(const ast::SheetCount& c) {
  if (!sheet_of_check(c.sheet)) return std::nullopt;
  if (c.relation.value != ast::CountVerb::has) {
    return check::SheetDelta{c.sheet.value, c.relation.value == ast::CountVerb::gained, c.count.value,
                             counted_of(c.unit.value)};
  }
  Expecting count{Expecting::Kind::exactly, c.count.value};
  if (c.bound) {
    count.kind = c.bound->value == ast::Bound::at_least ? Expecting::Kind::at_least : Expecting::Kind::at_most;
  }
  return check::SheetCount{c.sheet.value, count, counted_of(c.unit.value)};
}

std::optional<Check> Binder::check_of(const ast::ColumnIs& c) {
  if (c.state.value == ast::ColumnState::exists || c.state.value == ast::ColumnState::missing) {
    return check::ColumnExists{c.sheet.value, c.column.value, c.state.value == ast::ColumnState::exists};
  }
  const Sheet* sheet = sheet_named(c.sheet);
  const Column* column = sheet != nullptr ? column_named(*sheet, c.column) : nullptr;
  if (column == nullptr) return std::nullopt;
  check::ColumnFact fact = check::ColumnFact::filled;
  if (c.state.value == ast::ColumnState::blank) fact = check::ColumnFact::blank;
  if (c.state.value == ast::ColumnState::unique) fact = check::ColumnFact::unique;
  return check::ColumnIs{ref(*sheet, *column), fact};
}

std::optional<Check> Binder::check_of(const ast::ColumnHasType& c) {
  const Sheet* sheet = sheet_named(c.sheet);
  const Column* column = sheet != nullptr ? column_named(*sheet, c.column) : nullptr;
  const BoundType type = type_of_tree(c.type);
  if (column == nullptr || !type.sure) return std::nullopt;
  return check::ColumnHasType{ref(*sheet, *column), type.type};
}

std::optional<Check> Binder::check_of(const ast::ColumnRefers& c) {
  not_yet("refers to", c.verb);
  return std::nullopt;
}

std::optional<Check> Binder::check_of(const ast::ColumnsUnique& c) {
  not_yet("columns … are unique", c.verb);
  return std::nullopt;
}

std::optional<Check> Binder::check_of(const ast::EnumIs& c) {
  return check::EnumExists{c.name.value, c.state.value == ast::EnumState::exists};
}

std::optional<Check> Binder::check_of(const ast::EnumValue& c) {
  if (enum_named(c.name) == nullptr) return std::nullopt;
  return check::EnumValue{c.name.value, c.value.value, c.relation.value == ast::EnumHas::has};
}

std::optional<Check> Binder::rows_check(const ast::Name& name, check::Quantifier quantifier, std::uint64_t sample,
                                        const boost::optional<ast::Formula>& where, const ast::Formula& has) {
  const Sheet* sheet = sheet_named(name);
  if (sheet == nullptr) return std::nullopt;
  check::Rows rows{ref(*sheet), quantifier, sample, {}, {}};
  if (where) rows.where = condition(*where, *sheet);
  std::optional<Expr> bound = condition(has, *sheet);
  if (!bound || (where && !rows.where)) return std::nullopt;
  rows.has = std::move(*bound);
  return rows;
}

std::optional<Check> Binder::check_of(const ast::RowsHave& c) {
  const auto quantifier =
      c.quantifier.value == ast::Quantifier::every ? check::Quantifier::every : check::Quantifier::no;
  return rows_check(c.sheet, quantifier, 0, c.where, c.formula);
}

std::optional<Check> Binder::check_of(const ast::SampleHas& c) {
  return rows_check(c.sheet, check::Quantifier::sample, c.count.value, c.where, c.formula);
}

std::optional<Check> Binder::check_of(const ast::MigrationApplied& c) {
  const auto& earlier = context_.earlier;
  const std::string& name = c.migration.value;
  const bool known = std::find(earlier.begin(), earlier.end(), name) != earlier.end() ||
                     (!migration_.down_of.empty() && name == migration_.down_of);
  if (!known) {
    Diagnostic& found = error("ZM0101", "no earlier migration " + quoted(name), c.migration);
    if (const auto near = nearest(name, std::vector<std::string>(earlier.begin(), earlier.end())))
      found.help = "did you mean " + quoted(*near) + "?";
    return std::nullopt;
  }
  check::MigrationApplied out{name, {}};
  if (c.ago) {
    const auto amount = static_cast<std::int64_t>(std::min<std::uint64_t>(c.ago->amount.value, 1'000'000));
    switch (c.ago->unit.value) {
      case ast::DurationUnit::hours: out.ago = std::chrono::hours(amount); break;
      case ast::DurationUnit::days: out.ago = std::chrono::hours(24 * amount); break;
      case ast::DurationUnit::weeks: out.ago = std::chrono::hours(7 * 24 * amount); break;
    }
  }
  return out;
}

std::optional<Check> Binder::check_of(const ast::BackupOfSheet& c) {
  if (!sheet_of_check(c.sheet)) return std::nullopt;
  return check::Backup{c.sheet.value};
}

std::optional<Check> Binder::check_of(const ast::WorkbookIs& c) {
  if (c.value == ast::WorkbookFact::atomic) return check::Atomic{};
  return check::Backup{};
}

}  // namespace zmig::dsl
