// Indexes, triggers and views go before the tables that they look at change, and come back when everything stands, so
// that nothing of them is in the way or fires. What people altered since is an edit like any other: kept and named,
// unless the backup is to win.

#include "run/restore_objects.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <zmig/header_norm.h>

#include "base/text.h"

namespace zmig::run {
namespace {

const NativeObject* find_in(const std::vector<NativeObject>& objects, const NativeObject& wanted) {
  const auto found = std::find_if(objects.begin(), objects.end(), [&](const NativeObject& one) {
    return one.kind == wanted.kind && one.name == wanted.name;
  });
  return found == objects.end() ? nullptr : &*found;
}

bool is_among(const std::vector<Scope>& scopes, const std::string& sheet) {
  return std::find(scopes.begin(), scopes.end(), Scope{sheet, {}}) != scopes.end();
}

/// The order of target.h, no statement of anybody: the name as it is. How it is said there is the target's.
std::string drop_of(const NativeObject& object) { return fmt::format("DROP {} {}", object.kind, object.name); }

/// Names that the way changes: what stands in the texts of today, and what stood there.
Target::Renamed renamed_by(const Schema& live, const Schema& goal) {
  Target::Renamed renamed;
  for (const Sheet& then : goal.sheets) {
    const Sheet* now = live.sheet(then.id);
    if (now == nullptr) continue;
    if (now->title != then.title) renamed.emplace_back(now->title, then.title);
    for (const Column& column : then.columns) {
      const Column* there = column_by_id(*now, column.id);
      if (there != nullptr && there->header != column.header) renamed.emplace_back(there->header, column.header);
    }
  }
  return renamed;
}

std::vector<std::string> ids_of(const Schema& schema) {
  std::vector<std::string> ids;
  ids.reserve(schema.sheets.size());
  for (const Sheet& sheet : schema.sheets) ids.push_back(sheet.id);
  return ids;
}

/// As in the backup; what came since stands behind what it stands behind now.
std::vector<std::string> wanted_order(const std::vector<std::string>& now, const Schema& goal, const KeptThings& kept) {
  std::vector<std::string> wanted;
  for (const Sheet& sheet : goal.sheets) {
    const bool there = std::find(now.begin(), now.end(), sheet.id) != now.end();
    if (there && !is_among(kept.columns, sheet.id)) wanted.push_back(sheet.id);
  }
  return wanted;
}

}  // namespace
}  // namespace zmig::run

std::string_view zmig::in_words(RestoredObject::Fate fate) {
  switch (fate) {
    case RestoredObject::Fate::comes_back: return "comes back";
    case RestoredObject::Fate::replaced: return "is as it was again";
    case RestoredObject::Fate::goes: return "goes";
    case RestoredObject::Fate::kept_altered: return "altered after the backup, kept";
    case RestoredObject::Fate::kept_new: return "came after the backup, stays";
  }
  ZMIG_ASSERT(false, "a Fate outside the enum");
}

namespace zmig::run {

Result<Objects> Objects::read(Context& context, const LoadedBackup& loaded) {
  Objects objects;
  objects.target_ = &context.target;
  objects.known_ = loaded.contents.head.has_objects;
  if (!objects.known_) return objects;
  ZMIG_TRY(objects.now_, context.target.native_objects());
  objects.then_ = loaded.contents.head.objects;
  return objects;
}

Change Objects::native(std::string text) const { return change::Native{target_->capabilities().kind, std::move(text)}; }

Schema Objects::without(const Schema& schema, const std::set<std::string>& views) {
  if (views.empty()) return schema;
  Schema tables = schema;
  erase_if(tables.sheets, [&](const Sheet& sheet) { return views.contains(sheet.id); });
  return tables;
}

std::optional<RestoredObject::Fate> Objects::fate_of(const NativeObject& object) const {
  for (const RestoredObject& one : told) {
    if (one.kind == object.kind && one.name == object.name) return one.fate;
  }
  return std::nullopt;
}

/// Of one that is there and is not the same.
void Objects::decide(const NativeObject& now, const RestoreOptions& how) {
  using Fate = RestoredObject::Fate;
  const NativeObject* then = find_in(then_, now);
  if (then != nullptr && target_->same_native(now, *then, renamed_)) return;
  Fate fate = Fate::kept_altered;
  if (then == nullptr) {
    fate = how.discard_later_edits ? Fate::goes : Fate::kept_new;
  } else if (how.discard_later_edits || how.on_edit == OnEdit::captured) {
    fate = Fate::replaced;
  }
  told.push_back({now.kind, now.name, fate});
  if (fate == Fate::goes || fate == Fate::replaced) first.push_back(native(drop_of(now)));
  if (fate == Fate::kept_altered) kept_places.push_back(fmt::format("{} {}", now.kind, quoted(now.name)));
}

void Objects::judge_views(const Schema& live, const Schema& goal, const RestoreOptions& how) {
  renamed_ = renamed_by(live, goal);
  for (NativeObject& then : then_) {
    if (goal.sheet(then.sheet) != nullptr || (then.kind != "view" && then.kind != "table")) continue;
    const Sheet* taken_over = goal.sheet_titled(then.name, true);  // it was foreign when the backup was made
    if (taken_over != nullptr) then.sheet = taken_over->id;
  }
  for (const NativeObject& now : now_) {
    if (now.kind != "view") continue;
    views_.insert(now.sheet);
    decide(now, how);
    if (!fate_of(now)) continue;
    const NativeObject* then = find_in(then_, now);
    live_views_.insert(now.sheet);
    goal_views_.insert(then == nullptr ? now.sheet : then->sheet);
  }
  for (const NativeObject& then : then_) {
    if (then.kind != "view") continue;
    views_.insert(then.sheet);
    if (find_in(now_, then) == nullptr) goal_views_.insert(then.sheet);
  }
}

void Objects::come_back(const NativeObject& then) {
  const auto fate = fate_of(then);
  if (!fate) told.push_back({then.kind, then.name, RestoredObject::Fate::comes_back});
  if (!fate || fate == RestoredObject::Fate::replaced) last.push_back(native(then.text));
}

/// A view that goes, and comes back another one, takes the triggers on it along: those that nobody speaks of.
void Objects::stand_again(const Way& way) {
  using Fate = RestoredObject::Fate;
  for (const NativeObject& view : now_) {
    if (view.kind != "view" || fate_of(view) != Fate::replaced) continue;
    for (const NativeObject& on : now_) {
      if (on.kind != "trigger" || on.sheet != view.sheet || is_among(way.deleted, on.sheet)) continue;
      const auto fate = fate_of(on);
      if (fate != Fate::replaced && fate != Fate::goes) last.push_back(native(on.text));
    }
  }
}

Status Objects::check_names(const Schema& live, const Way& way) const {
  const auto refuse = [](const std::string& title, std::string_view what) {
    return make_error(Errc::conflict, "ZM0302",
                      fmt::format("{} was {} when the backup was made, and is something else now", quoted(title), what),
                      "rename what is there, or let `--discard-later-edits` remove it");
  };
  const auto view_now = [&](const std::string& title) {
    return std::any_of(now_.begin(), now_.end(), [&](const NativeObject& one) {
      return one.kind == "view" && one.name == title && fate_of(one) != RestoredObject::Fate::goes;
    });
  };
  const auto table_now = [&](const std::string& title) {
    const Sheet* sheet = live.sheet_titled(title, true);
    return sheet != nullptr && !views_.contains(sheet->id) && !is_among(way.deleted, sheet->id);
  };
  for (const NativeObject& then : then_) {
    const NativeObject* now = find_in(now_, then);
    if (then.kind == "virtual table" && (now == nullptr || !target_->same_native(*now, then, renamed_))) {
      return make_error(
          Errc::conflict, "ZM0302",
          fmt::format("virtual table {} was there when the backup was made, and {} now; a backup does not "
                      "hold its rows",
                      quoted(then.name), now == nullptr ? "is gone" : "is another one"),
          "make it again with a program of your own, or put parts back: `--sheet`");
    }
    if (then.kind == "view" && find_in(now_, then) == nullptr && table_now(then.name))
      return refuse(then.name, "a view");
    if (then.kind == "table" && is_among(way.inserted, then.sheet) && view_now(then.name))
      return refuse(then.name, "a table");
  }
  return ok();
}

/// A view that comes is foreign at first. One that was managed gets its ids and facts like any sheet that is claimed.
Status Objects::manage_views(const Schema& goal) {
  for (const NativeObject& then : then_) {
    const auto fate = fate_of(then);
    const bool comes = fate == RestoredObject::Fate::comes_back || fate == RestoredObject::Fate::replaced;
    const Sheet* managed = then.kind == "view" && comes ? goal.sheet(then.sheet) : nullptr;
    if (managed == nullptr || !managed->managed) continue;
    Schema claimed = goal, plain = goal;
    erase_if(claimed.sheets, [&](const Sheet& sheet) { return sheet.id != then.sheet; });
    Sheet sheet;
    sheet.id = "~" + norm(managed->title);
    sheet.title = managed->title;
    sheet.managed = false;
    for (const Column& column : managed->columns) {
      Column foreign;
      foreign.id = "~" + norm(column.header);
      foreign.header = column.header;
      foreign.managed = false;
      foreign.type = column.type;  // a guess that a claim may replace
      foreign.computed = column.computed;
      sheet.columns.push_back(std::move(foreign));
    }
    plain.sheets.clear();
    plain.sheets.push_back(std::move(sheet));
    plain.ranges.clear();
    claimed.ranges.clear();
    ZMIG_TRY(Way way, way_to(plain, claimed));
    for (Change& change : way.changes) last.push_back(std::move(change));
  }
  return ok();
}

Status Objects::put_in_order(const Schema& live, const Schema& goal, const Way& way, const KeptThings& kept) {
  using Fate = RestoredObject::Fate;
  Schema after = live;
  for (const Change& change : way.changes) ZMIG_CHECK_OK(apply_to(change, after));
  for (const NativeObject& now : now_) {
    const auto fate = now.kind == "view" ? fate_of(now) : std::nullopt;
    if (fate == Fate::goes || fate == Fate::replaced)
      erase_if(after.sheets, [&](const Sheet& sheet) { return sheet.id == now.sheet; });
  }
  for (const NativeObject& then : then_) {
    const auto fate = then.kind == "view" ? fate_of(then) : std::nullopt;
    const Sheet* sheet = goal.sheet(then.sheet);
    if ((fate == Fate::comes_back || fate == Fate::replaced) && sheet != nullptr) after.sheets.push_back(*sheet);
  }
  std::vector<std::string> now = ids_of(after);
  std::vector<std::string> wanted = wanted_order(now, goal, kept);
  for (std::size_t i = 0; i < now.size(); ++i) {
    if (std::find(wanted.begin(), wanted.end(), now[i]) != wanted.end()) continue;
    const auto left = i == 0 ? wanted.end() : std::find(wanted.begin(), wanted.end(), now[i - 1]);
    wanted.insert(left == wanted.end() ? wanted.begin() : left + 1, now[i]);
  }
  if (now == wanted) return ok();
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (now[i] == wanted[i]) continue;
    Place place;
    place.kind = i == 0 ? Place::Kind::first : Place::Kind::after;
    if (i > 0) place.beside = wanted[i - 1];
    last.emplace_back(change::MoveColumn{{wanted[i], {}}, place});
    const auto from = std::find(now.begin(), now.end(), wanted[i]);
    std::rotate(now.begin() + static_cast<std::ptrdiff_t>(i), from, from + 1);
  }
  for (const std::string& id : wanted) order.push_back(after.sheet(id)->title);
  return ok();
}

Status Objects::compare(const Schema& live, const Schema& goal, const Way& way, const KeptThings& kept,
                        const RestoreOptions& how) {
  for (const NativeObject& now : now_) {
    if (now.kind != "index" && now.kind != "trigger") continue;
    if (!is_among(way.deleted, now.sheet)) {
      decide(now, how);
    } else if (find_in(then_, now) == nullptr) {
      told.push_back({now.kind, now.name, RestoredObject::Fate::goes});  // with its table
    }
  }
  // What hangs on others goes before them.
  std::reverse(first.begin(), first.end());
  for (const NativeObject& then : then_) {
    const NativeObject* now = find_in(now_, then);
    if (then.kind == "virtual table") {  // there, as check_names() sees to
      not_held.push_back(quoted(then.name));
      continue;
    }
    if (then.kind == "table") {
      if (is_among(way.inserted, then.sheet)) first.push_back(native(then.text));
    } else if (now == nullptr || is_among(way.deleted, now->sheet) || fate_of(then)) {
      come_back(then);
    }
  }
  stand_again(way);
  ZMIG_CHECK_OK(check_names(live, way));
  ZMIG_CHECK_OK(manage_views(goal));
  return put_in_order(live, goal, way, kept);
}

}  // namespace zmig::run
