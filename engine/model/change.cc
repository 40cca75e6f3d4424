#include <zmig/change.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>

namespace zmig {
namespace {

constexpr std::array<std::string_view, std::variant_size_v<Change>> kNames = {
    "insert_sheet",  "copy_sheet",  "delete_sheet", "set_title",      "insert_column", "delete_column",
    "move_column",   "set_header",  "retype",       "set_computed",   "set_format",    "set_note",
    "set_allowed",   "set_hidden",  "set_frozen",   "set_protection", "fill_empty",    "write_cells",
    "restore_cells", "insert_rows", "delete_rows",  "set_range",      "rename_range",  "track",
    "untrack",       "set_rules",   "set_enum",     "rename_enum",    "native"};

void add_once(std::vector<Scope>& scopes, Scope scope) {
  if (std::find(scopes.begin(), scopes.end(), scope) == scopes.end()) scopes.push_back(std::move(scope));
}

// The columns of `sheet` that a source reads.
struct SourceReads {
  const std::string& sheet;
  Footprint& into;

  void operator()(const source::None&) const {}
  void operator()(const source::Formula& formula) const {
    for (const std::string& id : columns_read(formula.value)) add_once(into.reads, {sheet, id});
    if (!formula.where.has_value()) return;
    for (const std::string& id : columns_read(*formula.where)) add_once(into.reads, {sheet, id});
  }
  void operator()(const source::Captured&) const {}
  void operator()(const source::Rows& rows) const {
    for (const std::string& id : rows.by) add_once(into.reads, {sheet, id});
  }
  void operator()(const source::Run&) const {}
};

struct Regions {
  Footprint operator()(const change::InsertSheet& c) const { return structure({{c.sheet.id, ""}}); }
  Footprint operator()(const change::CopySheet& c) const {
    Footprint regions = structure({{c.sheet, ""}});
    regions.reads = {{c.from, ""}};
    return regions;
  }
  Footprint operator()(const change::DeleteSheet& c) const { return structure({{c.sheet, ""}}); }
  Footprint operator()(const change::SetTitle&) const { return structure({}); }

  Footprint operator()(const change::InsertColumn& c) const { return structure({{c.sheet, c.column.id}}); }
  Footprint operator()(const change::DeleteColumn& c) const { return structure({c.at}); }
  Footprint operator()(const change::MoveColumn&) const { return structure({}); }
  Footprint operator()(const change::SetHeader&) const { return structure({}); }
  Footprint operator()(const change::Retype& c) const { return cells(c.at, c.cells); }
  Footprint operator()(const change::SetComputed& c) const { return cells(c.at, c.cells); }

  Footprint operator()(const change::SetFormat& c) const { return cells(c.at, source::None{}); }
  Footprint operator()(const change::SetNote&) const { return {}; }
  Footprint operator()(const change::SetAllowed&) const { return {}; }
  Footprint operator()(const change::SetHidden&) const { return {}; }
  Footprint operator()(const change::SetFrozen&) const { return {}; }
  Footprint operator()(const change::SetProtection&) const { return {}; }

  Footprint operator()(const change::FillEmpty& c) const { return cells(c.at, source::None{}); }
  Footprint operator()(const change::WriteCells& c) const { return cells(c.at, c.cells); }
  Footprint operator()(const change::RestoreCells& c) const { return cells(c.at, c.cells); }
  Footprint operator()(const change::InsertRows& c) const { return rows(c.sheet, c.rows); }
  Footprint operator()(const change::DeleteRows& c) const { return rows(c.sheet, c.rows); }

  Footprint operator()(const change::SetRange&) const { return {}; }
  Footprint operator()(const change::RenameRange&) const { return {}; }
  Footprint operator()(const change::Track&) const { return {}; }
  Footprint operator()(const change::Untrack&) const { return {}; }
  Footprint operator()(const change::SetRules&) const { return {}; }
  Footprint operator()(const change::SetEnum&) const { return {}; }
  Footprint operator()(const change::RenameEnum&) const { return {}; }
  // What a native text does is hidden: at least the structure may differ afterwards.
  Footprint operator()(const change::Native&) const { return structure({}); }

 private:
  static Footprint structure(std::vector<Scope> writes) {
    Footprint regions;
    regions.writes = std::move(writes);
    regions.structure = true;
    return regions;
  }
  static Footprint cells(const Scope& at, const Source& source) {
    Footprint regions;
    regions.reads = {at};
    regions.writes = {at};
    std::visit(SourceReads{at.sheet, regions}, source);
    return regions;
  }
  static Footprint rows(const std::string& sheet, const Source& source) {
    Footprint regions;
    regions.writes = {{sheet, ""}};
    regions.rows = true;
    std::visit(SourceReads{sheet, regions}, source);
    return regions;
  }
};

template <class... Alternatives>
bool is_one_of(const Change& change) {
  return (std::holds_alternative<Alternatives>(change) || ...);
}

}  // namespace

std::string_view name_of(const Change& change) { return kNames.at(change.index()); }

Footprint footprint(const Change& change) { return std::visit(Regions{}, change); }

bool is_core(const Change& change) {
  return !is_one_of<change::CopySheet, change::SetComputed, change::SetRange, change::RenameRange, change::RenameEnum,
                    change::Native>(change);
}

bool needs_capture(const Change& change) {
  return is_one_of<change::DeleteSheet, change::DeleteColumn, change::Retype, change::SetComputed, change::SetFormat,
                   change::FillEmpty, change::WriteCells, change::RestoreCells, change::DeleteRows>(change);
}

}  // namespace zmig
