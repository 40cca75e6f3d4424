// The overloads on Operation: they visit. Names, levels, subjects, and what is contested in one migration.

#include <algorithm>
#include <array>
#include <map>
#include <numeric>
#include <set>
#include <type_traits>
#include <utility>

#include <zmig/header_norm.h>

#include "base/text.h"
#include "model/names.h"
#include "ops/common.h"
#include "ops/families.h"
#include "ops/judging.h"

namespace zmig {
namespace {

template <class... Ts>
constexpr bool every_operation_is_complete(std::type_identity<std::variant<Ts...>>) {
  return (op::OperationType<Ts> && ...);
}
static_assert(every_operation_is_complete(std::type_identity<Operation>{}),
              "each operation has lower, invert, describe and judge (ops/families.h)");

/// In the order of the variant.
constexpr std::array<std::string_view, 36> kNames = {
    "create_sheet",  "adopt_sheet", "forget_sheet",   "rename_sheet",   "drop_sheet",     "restore_sheet",
    "freeze_header", "add_column",  "adopt_column",   "forget_column",  "rename_column",  "move_column",
    "retire_column", "drop_column", "restore_column", "set_default",    "set_note",       "set_format",
    "set_alias",     "set_flag",    "set_hidden",     "set_protected",  "set_deprecated", "set_meaning",
    "change_type",   "fill_column", "set_column",     "restore_values", "restore_format", "add_rows",
    "restore_rows",  "create_enum", "drop_enum",      "add_value",      "rename_value",   "retire_value"};
static_assert(kNames.size() == std::variant_size_v<Operation>, "one name an alternative");

struct Subject {
  std::string operator()(const op::RestoreSheet& one) const { return one.sheet.title; }
  std::string operator()(const op::AddColumn& one) const { return ops::dotted(one.sheet, one.column.header); }
  std::string operator()(const op::AdoptColumn& one) const { return ops::dotted(one.sheet, one.column.header); }
  std::string operator()(const op::RestoreColumn& one) const { return ops::dotted(one.sheet, one.column.header); }
  std::string operator()(const op::CreateEnum& one) const { return one.name; }
  std::string operator()(const op::DropEnum& one) const { return one.name; }
  std::string operator()(const op::AddValue& one) const { return one.enum_name + "." + one.value; }
  std::string operator()(const op::RenameValue& one) const { return one.enum_name + "." + one.from; }
  std::string operator()(const op::RetireValue& one) const { return one.enum_name + "." + one.value; }
  template <class T>
  std::string operator()(const T& one) const {
    if constexpr (requires { one.at; }) {
      return ops::dotted(one.at);
    } else {
      return one.sheet.title;
    }
  }
};

/// language.md 4.8 and the headings of 7. What depends on cells is named as it can be at most.
struct Levels {
  std::string operator()(const op::RenameSheet&) const { return "B"; }
  std::string operator()(const op::DropSheet& one) const { return one.discard ? "LB" : "RB"; }
  std::string operator()(const op::AddColumn& one) const {
    return one.place.place.kind == Place::Kind::last ? "S" : "SB";
  }
  std::string operator()(const op::AdoptColumn&) const { return "S?"; }
  std::string operator()(const op::RenameColumn&) const { return "B"; }
  std::string operator()(const op::MoveColumn&) const { return "B"; }
  std::string operator()(const op::DropColumn& one) const { return one.discard ? "LB" : "RB"; }
  std::string operator()(const op::SetFlag& one) const { return one.flag == Flag::lenient || !one.on ? "S" : "?"; }
  std::string operator()(const op::ChangeType&) const { return "RB?"; }
  std::string operator()(const op::SetColumn&) const { return "R"; }
  std::string operator()(const op::RestoreValues&) const { return "R"; }
  std::string operator()(const op::RestoreFormat&) const { return "R"; }
  std::string operator()(const op::AddRows&) const { return "SR"; }
  std::string operator()(const op::RestoreRows&) const { return "R"; }
  std::string operator()(const op::DropEnum&) const { return "?"; }
  std::string operator()(const op::RenameValue&) const { return "RB"; }
  std::string operator()(const op::RetireValue& one) const { return one.replacement ? "R" : "S"; }
  template <class T>
  std::string operator()(const T&) const {
    return "S";
  }
};

/// Things that names stand for, as far as one migration tells: a rename says that two names mean one thing. Union by
/// number, counted at the root.
class Identities {
 public:
  using Name = std::pair<std::string, std::string>;

  void touch(const Name& name) { ++touched_[root(number(name))]; }
  void rename(const Name& from, const Name& to) {
    const std::size_t a = root(number(from));
    const std::size_t b = root(number(to));
    ++touched_[a];
    if (a == b) return;
    parent_[b] = a;
    touched_[a] += touched_[b];
  }
  /// Two names of one thing, without touching it.
  void same(const Name& a, const Name& b) {
    const std::size_t first = root(number(a));
    const std::size_t second = root(number(b));
    if (first == second) return;
    parent_[second] = first;
    touched_[first] += touched_[second];
  }
  [[nodiscard]] std::vector<Name> touched_twice() {
    std::vector<Name> out;
    for (const auto& [name, at] : numbers_) {
      if (touched_[root(at)] > 1) out.push_back(name);
    }
    return out;
  }

 private:
  std::size_t number(const Name& name) {
    const auto [found, fresh] = numbers_.emplace(name, parent_.size());
    if (fresh) {
      parent_.push_back(found->second);
      touched_.push_back(0);
    }
    return found->second;
  }
  std::size_t root(std::size_t at) {
    while (parent_[at] != at) at = parent_[at] = parent_[parent_[at]];
    return at;
  }

  std::map<Name, std::size_t> numbers_;
  std::vector<std::size_t> parent_, touched_;
};

struct Contest {
  Identities& things;

  static Identities::Name column(const SheetRef& sheet, std::string_view header) { return {sheet.id, norm(header)}; }
  Identities::Name sheet(const SheetRef& ref) const {
    Identities::Name by_id{ref.id, {}};
    things.same(by_id, {norm(ref.title), {}});
    return by_id;
  }

  void operator()(const op::CreateSheet& one) const { things.touch(sheet(one.sheet)); }
  void operator()(const op::RestoreSheet& one) const { things.touch(sheet({one.sheet.id, one.sheet.title})); }
  void operator()(const op::DropSheet& one) const { things.touch(sheet(one.sheet)); }
  void operator()(const op::RenameSheet& one) const { things.rename(sheet(one.sheet), {norm(one.to), {}}); }
  void operator()(const op::AddColumn& one) const { things.touch(column(one.sheet, one.column.header)); }
  void operator()(const op::RestoreColumn& one) const { things.touch(column(one.sheet, one.column.header)); }
  void operator()(const op::DropColumn& one) const { things.touch(column(one.at.sheet, one.at.header)); }
  void operator()(const op::MoveColumn& one) const { things.touch(column(one.at.sheet, one.at.header)); }
  void operator()(const op::RenameColumn& one) const {
    things.rename(column(one.at.sheet, one.at.header), column(one.at.sheet, one.to));
  }
  template <class T>
  void operator()(const T&) const {}
};

}  // namespace

std::string_view to_string(Fidelity fidelity) {
  switch (fidelity) {
    case Fidelity::exact: return "exact";
    case Fidelity::needs_capture: return "needs_capture";
    case Fidelity::lossy: return "lossy";
    case Fidelity::irreversible: return "irreversible";
  }
  return {};
}

Result<std::vector<Change>> lower(const Operation& operation, const Schema& before) {
  return std::visit([&](const auto& one) { return op::lower(one, before); }, operation);
}

Result<Reversal> invert(const Operation& operation, const Schema& before) {
  return std::visit([&](const auto& one) { return op::invert(one, before); }, operation);
}

std::string describe(const Operation& operation) {
  return std::visit([](const auto& one) { return op::describe(one); }, operation);
}

Result<Judgement> judge(const Operation& operation, const Schema& before, const LiveView& live) {
  return std::visit([&](const auto& one) { return op::judge(one, before, live); }, operation);
}

std::string_view name_of(const Operation& operation) { return kNames.at(operation.index()); }

std::string subject_of(const Operation& operation) { return std::visit(Subject{}, operation); }

std::string levels_of(const Operation& operation) { return std::visit(Levels{}, operation); }

std::vector<std::pair<std::string, std::string>> contested(const std::vector<Operation>& operations) {
  Identities things;
  for (const Operation& operation : operations) std::visit(Contest{things}, operation);
  return things.touched_twice();
}

std::optional<Diagnostic> other_headers(const op::CreateSheet& operation, const std::vector<Operation>& migration,
                                        const Schema& live) {
  const Sheet* found = live.sheet(operation.sheet.id);
  if (found == nullptr) found = live.sheet_titled(operation.sheet.title, true);
  if (found == nullptr) return std::nullopt;
  std::vector<std::string> body;
  for (const Operation& one : migration) {
    const auto* adds = std::get_if<op::AddColumn>(&one);
    if (adds != nullptr && adds->sheet.id == operation.sheet.id) body.push_back(adds->column.header);
  }
  std::vector<std::string> others;
  for (const Column& column : found->columns) {
    if (is_blank_header(column.header)) continue;
    const bool known = std::any_of(body.begin(), body.end(),
                                   [&](const std::string& header) { return same_header(header, column.header); });
    if (!known) others.push_back(header_cell(*found, column.id) + " " + quoted(column.header));
  }
  if (others.empty()) return std::nullopt;
  const std::string first = others.front().substr(0, others.front().find(" \""));
  return ops::refusal(
      "ZM0302", "sheet " + quoted(found->title) + " is already there, with columns that this line does not create",
      first, {join(others, " · ")},
      "if it is the same sheet, write `adopt sheet " + quoted(found->title) + "`; if not, choose another title");
}

}  // namespace zmig
