// Order matters: what refers to something goes before it and comes back after it. So first the things that name others
// (ranges, rules of sheets, formulas, allowed lists), then removals, names, types, new things, places, and at the end
// the facts again.

#include "plan/way_to.h"

#include <algorithm>
#include <map>
#include <utility>

#include <zmig/header_norm.h>

namespace zmig {
namespace {

const Sheet* same_sheet(const Schema& schema, const Sheet& wanted) {
  if (const Sheet* sheet = schema.sheet(wanted.id)) return sheet;
  for (const Sheet& sheet : schema.sheets) {
    if (sheet.managed != wanted.managed && norm(sheet.title) == norm(wanted.title)) return &sheet;
  }
  return nullptr;
}

const Column* same_column(const Sheet& sheet, const Column& wanted) {
  if (const Column* column = column_by_id(sheet, wanted.id)) return column;
  for (const Column& column : sheet.columns) {
    if (column.managed != wanted.managed && norm(column.header) == norm(wanted.header)) return &column;
  }
  return nullptr;
}

class Walk {
 public:
  Walk(const Schema& from, const Schema& to) : now_(from), to_(to) {}

  Result<Way> run() {
    ZMIG_CHECK_OK(loosen());
    ZMIG_CHECK_OK(remove());
    ZMIG_CHECK_OK(enums_first());
    ZMIG_CHECK_OK(claims());
    ZMIG_CHECK_OK(names());
    ZMIG_CHECK_OK(types());
    ZMIG_CHECK_OK(insert());
    for (const Sheet& sheet : to_.sheets) ZMIG_CHECK_OK(order(sheet));
    way_.facts = way_.changes.size();
    for (const Sheet& sheet : to_.sheets) ZMIG_CHECK_OK(facts(sheet));
    ZMIG_CHECK_OK(ranges());
    ZMIG_CHECK_OK(enums_last());
    return std::move(way_);
  }

 private:
  Status emit(Change change) {
    ZMIG_CHECK_OK(apply_to(change, now_));
    way_.changes.push_back(std::move(change));
    return ok();
  }

  /// What names other things and will not stay goes first.
  Status loosen() {
    for (const NamedRange& range : std::vector<NamedRange>(now_.ranges)) {
      const bool stays = std::find(to_.ranges.begin(), to_.ranges.end(), range) != to_.ranges.end();
      if (!stays) ZMIG_CHECK_OK(emit(change::SetRange{range.name, std::nullopt}));
    }
    const CowList<Sheet> sheets = now_.sheets;  // as they were: the loop changes them
    for (const Sheet& sheet : sheets) {
      const Sheet* wanted = same_sheet(to_, sheet);
      if (!(sheet.rules == SheetRules{}) && (wanted == nullptr || !(wanted->rules == sheet.rules)))
        ZMIG_CHECK_OK(emit(change::SetRules{{sheet.id, {}}, SheetRules{}}));
      for (const Column& column : sheet.columns) {
        const Column* then = wanted == nullptr ? nullptr : same_column(*wanted, column);
        const Scope at{sheet.id, column.id};
        if (column.computed && !column.computed->native && (then == nullptr || then->computed != column.computed))
          ZMIG_CHECK_OK(emit(change::SetComputed{at, std::nullopt, source::None{}}));
        if (column.allowed.kind != Allowed::Kind::none && (then == nullptr || !(then->allowed == column.allowed)))
          ZMIG_CHECK_OK(emit(change::SetAllowed{at, Allowed{}}));
      }
    }
    return ok();
  }

  Status remove() {
    const CowList<Sheet> sheets = now_.sheets;  // as they were: the loop changes them
    for (const Sheet& sheet : sheets) {
      const Sheet* wanted = same_sheet(to_, sheet);
      if (wanted == nullptr) {
        way_.deleted.push_back({sheet.id, {}});
        ZMIG_CHECK_OK(emit(change::DeleteSheet{sheet.id}));
        continue;
      }
      for (const Column& column : sheet.columns) {
        if (same_column(*wanted, column) != nullptr) continue;
        way_.deleted.push_back({sheet.id, column.id});
        ZMIG_CHECK_OK(emit(change::DeleteColumn{{sheet.id, column.id}}));
      }
    }
    return ok();
  }

  Status enums_first() {
    for (std::size_t i = 0; i < to_.enums.size(); ++i) {
      const Enum* there = now_.find_enum(to_.enums[i].name);
      if (there == nullptr || there->values != to_.enums[i].values)
        ZMIG_CHECK_OK(emit(change::SetEnum{to_.enums[i].name, to_.enums[i].values, i}));
    }
    return ok();
  }
  Status enums_last() {
    const CowList<Enum> enums = now_.enums;  // as they were: the loop changes them
    for (const Enum& one : enums) {
      if (to_.find_enum(one.name) == nullptr) ZMIG_CHECK_OK(emit(change::SetEnum{one.name, std::nullopt, {}}));
    }
    return ok();
  }

  /// Managed things become foreign and the other way round; a type goes with a claim, so it is made equal before.
  Status claims() {
    for (const Sheet& sheet : to_.sheets) {
      const Sheet* there = same_sheet(now_, sheet);
      if (there == nullptr) continue;
      const std::string id = there->id;
      if (there->managed && !sheet.managed) {
        const CowList<Column> columns = there->columns;  // as they were: the loop changes them
        for (const Column& column : columns) {
          if (column.managed && !(column.rules == ColumnRules{}))
            ZMIG_CHECK_OK(emit(change::SetRules{{id, column.id}, ColumnRules{}}));
        }
        ZMIG_CHECK_OK(emit(change::Untrack{{id, {}}}));
      } else if (!there->managed && sheet.managed) {
        Sheet bare = sheet;
        bare.columns.clear();
        bare.rules = {};
        bare.title = there->title;
        ZMIG_CHECK_OK(emit(change::Track{{sheet.id, {}}, std::move(bare)}));
      }
      ZMIG_CHECK_OK(claim_columns(sheet));
    }
    return ok();
  }

  Status claim_columns(const Sheet& sheet) {
    for (const Column& column : sheet.columns) {
      const Sheet* live = same_sheet(now_, sheet);
      const Column* there = same_column(*live, column);
      if (there == nullptr) continue;
      const Scope at{live->id, there->id};
      if (there->managed && !column.managed) {
        if (!(there->rules == ColumnRules{})) ZMIG_CHECK_OK(emit(change::SetRules{at, ColumnRules{}}));
        ZMIG_CHECK_OK(emit(change::Untrack{at}));
      } else if (!there->managed && column.managed) {
        if (there->type != column.type) ZMIG_CHECK_OK(retype(at, column));
        Column claim = column;
        claim.rules = {};
        claim.header = column_by_id(*now_.sheet(at.sheet), at.column)->header;
        ZMIG_CHECK_OK(emit(change::Track{{at.sheet, column.id}, std::move(claim)}));
      }
    }
    return ok();
  }

  Status names() {
    for (const Sheet& sheet : to_.sheets) {
      const Sheet* there = now_.sheet(sheet.id);
      if (there == nullptr) continue;
      if (there->title != sheet.title) {
        ZMIG_CHECK_OK(make_way(sheet));
        ZMIG_CHECK_OK(emit(change::SetTitle{sheet.id, sheet.title}));
      }
      for (const Column& column : sheet.columns) {
        const Column* live = column_by_id(*now_.sheet(sheet.id), column.id);
        if (live == nullptr || live->header == column.header) continue;
        ZMIG_CHECK_OK(make_way(sheet.id, column));
        ZMIG_CHECK_OK(emit(change::SetHeader{{sheet.id, column.id}, column.header}));
      }
    }
    return ok();
  }

  /// Names that change places go over a third one.
  Status make_way(const Sheet& sheet) {
    const Sheet* holder = now_.sheet_titled(sheet.title, true);
    if (holder == nullptr || holder->id == sheet.id || same_sheet(to_, *holder) == nullptr) return ok();
    return emit(change::SetTitle{holder->id, holder->title + " (zmig)"});
  }
  Status make_way(const std::string& sheet_id, const Column& column) {
    const Column* holder = column_by_header(*now_.sheet(sheet_id), column.header, true);
    if (holder == nullptr || holder->id == column.id) return ok();
    return emit(change::SetHeader{{sheet_id, holder->id}, holder->header + " (zmig)"});
  }

  Status retype(const Scope& at, const Column& goal) {
    way_.retyped.push_back({at.sheet, goal.id});
    return emit(change::Retype{at, goal.type, goal.format, source::Run{}});
  }

  Status types() {
    for (const Sheet& sheet : to_.sheets) {
      for (const Column& column : sheet.columns) {
        const Sheet* live = now_.sheet(sheet.id);
        const Column* there = live == nullptr ? nullptr : column_by_id(*live, column.id);
        if (there == nullptr || there->type == column.type) continue;
        ZMIG_CHECK_OK(retype({sheet.id, column.id}, column));
      }
    }
    return ok();
  }

  Status insert() {
    for (std::size_t s = 0; s < to_.sheets.size(); ++s) {
      const Sheet& sheet = to_.sheets[s];
      if (now_.sheet(sheet.id) == nullptr) {
        Sheet bare = sheet;
        bare.columns.clear();
        bare.rules = {};
        bare.hidden = false;
        SheetPlace place;
        place.kind = s == 0 ? Place::Kind::first : Place::Kind::after;
        if (s > 0) place.beside = to_.sheets[s - 1].id;
        way_.inserted.push_back({sheet.id, {}});
        ZMIG_CHECK_OK(emit(change::InsertSheet{std::move(bare), place}));
      }
      for (std::size_t c = 0; c < sheet.columns.size(); ++c) {
        if (column_by_id(*now_.sheet(sheet.id), sheet.columns[c].id) != nullptr) continue;
        Column plain;
        plain.id = sheet.columns[c].id;
        plain.header = sheet.columns[c].header;
        plain.managed = sheet.columns[c].managed;
        plain.type = sheet.columns[c].type;
        plain.format = sheet.columns[c].format;
        Place place;
        place.kind = c == 0 ? Place::Kind::first : Place::Kind::after;
        if (c > 0) place.beside = sheet.columns[c - 1].id;
        way_.inserted.push_back({sheet.id, plain.id});
        ZMIG_CHECK_OK(emit(change::InsertColumn{sheet.id, std::move(plain), place}));
      }
    }
    return ok();
  }

  Status order(const Sheet& sheet) {
    for (std::size_t c = 0; c < sheet.columns.size(); ++c) {
      const Sheet& live = *now_.sheet(sheet.id);
      if (c >= live.columns.size() || live.columns[c].id == sheet.columns[c].id) continue;
      Place place;
      place.kind = c == 0 ? Place::Kind::first : Place::Kind::after;
      if (c > 0) place.beside = sheet.columns[c - 1].id;
      ZMIG_CHECK_OK(emit(change::MoveColumn{{sheet.id, sheet.columns[c].id}, place}));
    }
    return ok();
  }

  Status facts(const Sheet& sheet) {
    for (const Column& column : sheet.columns) ZMIG_CHECK_OK(facts_of(sheet.id, column));
    const Sheet live = *now_.sheet(sheet.id);
    if (live.frozen != sheet.frozen) ZMIG_CHECK_OK(emit(change::SetFrozen{sheet.id, sheet.frozen}));
    if (live.hidden != sheet.hidden) ZMIG_CHECK_OK(emit(change::SetHidden{{sheet.id, {}}, sheet.hidden}));
    if (live.protection != sheet.protection)
      ZMIG_CHECK_OK(emit(change::SetProtection{{sheet.id, {}}, sheet.protection}));
    if (!(live.rules == sheet.rules)) ZMIG_CHECK_OK(emit(change::SetRules{{sheet.id, {}}, sheet.rules}));
    return ok();
  }

  Status facts_of(const std::string& sheet_id, const Column& column) {
    const Column live = *column_by_id(*now_.sheet(sheet_id), column.id);
    const Scope at{sheet_id, column.id};
    if (live.format != column.format) ZMIG_CHECK_OK(emit(change::SetFormat{at, column.format}));
    if (live.note != column.note) ZMIG_CHECK_OK(emit(change::SetNote{at, column.note}));
    if (live.hidden != column.hidden) ZMIG_CHECK_OK(emit(change::SetHidden{at, column.hidden}));
    if (live.protection != column.protection) ZMIG_CHECK_OK(emit(change::SetProtection{at, column.protection}));
    if (!(live.rules == column.rules)) ZMIG_CHECK_OK(emit(change::SetRules{at, column.rules}));
    const bool native = (live.computed && live.computed->native) || (column.computed && column.computed->native);
    if (live.computed != column.computed && !native)
      ZMIG_CHECK_OK(emit(change::SetComputed{at, column.computed, source::Run{}}));
    if (!(live.allowed == column.allowed)) ZMIG_CHECK_OK(emit(change::SetAllowed{at, column.allowed}));
    return ok();
  }

  Status ranges() {
    for (const NamedRange& range : to_.ranges) {
      const bool there = std::find(now_.ranges.begin(), now_.ranges.end(), range) != now_.ranges.end();
      if (!there) ZMIG_CHECK_OK(emit(change::SetRange{range.name, range}));
    }
    return ok();
  }

  Schema now_;
  const Schema& to_;
  Way way_;
};

}  // namespace

Schema restored_schema(const Schema& live, const Schema& backup, bool keep, KeptThings& kept) {
  Schema goal = backup;
  if (!keep) return goal;
  for (const Sheet& sheet : live.sheets) {
    if (same_sheet(backup, sheet) == nullptr) {
      if (sheet.managed) continue;
      goal.sheets.push_back(sheet);
      kept.columns.push_back({sheet.id, {}});
      continue;
    }
    const auto wanted = std::find_if(goal.sheets.begin(), goal.sheets.end(), [&](const Sheet& one) {
      return one.id == sheet.id || (one.managed != sheet.managed && norm(one.title) == norm(sheet.title));
    });
    for (std::size_t c = 0; c < sheet.columns.size(); ++c) {
      const Column& column = sheet.columns[c];
      if (column.managed || same_column(*wanted, column) != nullptr) continue;
      // Behind the nearest left neighbour that stays.
      std::size_t index0 = 0;
      for (std::size_t left = c; left-- > 0 && index0 == 0;) {
        if (const Column* beside = same_column(*wanted, sheet.columns[left]))
          index0 = column_index(*wanted, beside->id) + 1;
      }
      wanted->columns.insert(wanted->columns.begin() + static_cast<std::ptrdiff_t>(index0), column);
      kept.columns.push_back({wanted->id, column.id});
    }
  }
  return goal;
}

Result<Way> way_to(const Schema& from, const Schema& to) {
  ZMIG_TRY(Way way, Walk(from, to).run());
  for (const Sheet& sheet : to.sheets) {
    const Sheet* then = same_sheet(from, sheet);
    if (then == nullptr) continue;
    for (const Column& column : sheet.columns) {
      const Column* was = same_column(*then, column);
      if (was != nullptr && (then->id != sheet.id || was->id != column.id))
        way.renamed.push_back({{sheet.id, column.id}, {then->id, was->id}});
    }
  }
  return way;
}

}  // namespace zmig
