#include "fault/scenarios.h"

#include <zmig/change.h>

#include "support/catch.h"
#include "support/samples.h"
#include "support/shop_book.h"

namespace zmig::test {
namespace {

constexpr const char* kFirst = R"(zmig 1

description "A zone"
require backup of workbook

in sheet "Pedidos" {
  add column "Zona" text after "Estado" default "SUR" note "Where it goes"
  add column "Revisado" date format "DD-MM-YYYY"
}

ensure sheet "Pedidos" gained 2 columns
ensure sheet "Clientes" is otherwise unchanged
)";

constexpr const char* kSecond = R"(zmig 1

description "What needs captures"

in sheet "Pedidos" {
  drop column "Notas"
  set column "Peso" to [Peso] + 1 where [Peso] is not blank
  rename column "Cliente" to "Cuenta"
}
in sheet "Clientes" {
  drop column "Alta"
}

ensure column "Notas" of "Pedidos" is missing
)";

constexpr const char* kThird = R"(zmig 1

description "Structure, an adopted column, values of a list"

in sheet "Borrador" {
  adopt column "Color" text
  add column "Visto" boolean
}
in sheet "Pedidos" {
  move column "Urgente" first
  change column "Peso" format "#,##0.0"
}
rename sheet "Clientes" to "Cuentas"
create enum "Zona" {
  add value "SUR"
  add value "NORTE"
}
)";

/// The shop, with a foreign column that the third migration adopts.
std::vector<Change> shop_with_a_foreign_column() {
  std::vector<Change> changes = changes_that_build(shop(), "");
  const std::string sheet = shop_id("Borrador");
  Column colour;
  colour.id = "c00000000aaa";
  colour.header = "Color";
  changes.emplace_back(change::InsertColumn{sheet, colour, {}});
  changes.emplace_back(change::Untrack{{sheet, colour.id}});
  return changes;
}

/// A sheet that nobody manages.
std::vector<Change> bare_sheet() {
  Sheet sheet;
  sheet.id = "s00000000bbb";
  sheet.title = "Operaciones";
  std::vector<Change> changes{change::InsertSheet{sheet, {}}};
  source::Run rows;
  for (const char* header : {"TAG", "Peso", "Nota"}) {
    Column column;
    column.id = "c0000000000" + std::to_string(rows.columns.size());
    column.header = header;
    changes.emplace_back(change::InsertColumn{sheet.id, column, {}});
    rows.columns.push_back(column.id);
  }
  const std::vector<std::vector<std::string>> cells{{"A-1", "10", "uno"}, {"A-2", "", "=1+1"}, {"A-3", "7,5", "ñandú"}};
  for (const auto& values : cells) {
    source::Row row;
    row.row.number = sheet.header_row + rows.rows.size() + 1;
    for (const std::string& value : values)
      row.cells.push_back(value.empty() ? Cell{} : Cell{Value(Text{value}), {}, {}});
    rows.rows.push_back(std::move(row));
  }
  changes.emplace_back(change::InsertRows{sheet.id, std::move(rows)});
  changes.emplace_back(change::Untrack{{sheet.id, ""}});
  return changes;
}

constexpr const char* kBareFirst = R"(zmig 1

description "On a sheet just taken over"

in sheet "Operaciones" {
  add column "version" integer default 0
  drop column "Nota"
}
)";

Command up(std::optional<std::uint32_t> to = std::nullopt) { return Command{Verb::up, to, {}, false}; }
Command down(std::uint32_t to) { return Command{Verb::down, to, {}, false}; }

void must_succeed(const Attempt& attempt) {
  INFO(attempt.told());
  REQUIRE(attempt.answered);
  REQUIRE(attempt.exit_code == 0);
}

void fill(Lab& lab, const Project&) {
  const Schema before = shop();
  lab.build(shop_with_a_foreign_column(), &before);
}

/// The filled workbook, moved up to a migration.
std::function<void(Lab&, const Project&)> at(std::uint32_t position) {
  return [position](Lab& lab, const Project& project) {
    fill(lab, project);
    must_succeed(lab.attempt(project, up(position)));
  };
}

/// Killed where the log of a quiet run has `call` for the first time.
void kill_at(Lab& lab, const Project& project, const Command& command, const std::string& call, Blow blow) {
  lab.save();
  Fuse quiet;
  must_succeed(lab.attempt(project, command, quiet));
  lab.restore();
  const auto found = std::find(quiet.log.begin(), quiet.log.end(), call);
  INFO(call);
  REQUIRE(found != quiet.log.end());
  Fuse fuse;
  fuse.at = static_cast<std::size_t>(found - quiet.log.begin()) + 1;
  fuse.blow = blow;
  fuse.lasting = Lasting::for_good;
  const Attempt died =
      lab.can_be_killed() ? lab.attempt_killed(project, command, fuse) : lab.attempt(project, command, fuse);
  REQUIRE_FALSE(died.answered);
}

/// The workbook at a position, and a command that was killed there.
std::function<void(Lab&, const Project&)> killed(std::uint32_t position, const Command& command,
                                                 const std::string& call, Blow blow) {
  return [=](Lab& lab, const Project& project) {
    fill(lab, project);
    if (position > 0) must_succeed(lab.attempt(project, up(position)));
    kill_at(lab, project, command, call, blow);
  };
}

/// The schema that `zmig baseline` makes of the bare sheet: the same for every target.
Schema taken_over() {
  Lab lab("memory");
  lab.build(bare_sheet(), nullptr);
  const auto empty = make_project(std::nullopt, {});
  must_succeed(lab.attempt(*empty, Command{Verb::baseline, {}, {}, false}));
  const auto seen = schema_from_json(lab.see().schema);
  REQUIRE(seen.has_value());
  return seen.value();
}

}  // namespace

std::vector<Scenario> all_scenarios() {
  const std::shared_ptr<const Project> shop_project =
      make_project(shop(), {{"0001_zone", kFirst}, {"0002_captures", kSecond}, {"0003_structure", kThird}});
  const std::shared_ptr<const Project> bare_project = make_project(taken_over(), {{"0001_bare", kBareFirst}});
  const std::shared_ptr<const Project> empty_project = make_project(std::nullopt, {});
  const std::vector<Command> three_ups{up(1), up(2), up(3)};
  std::vector<Scenario> all;
  all.push_back({"up", shop_project, fill, up(1), {up(1)}, true});
  all.push_back({"up_captures", shop_project, at(1), up(2), {up(2)}, true});
  all.push_back({"group", shop_project, fill, up(), three_ups, true});
  all.push_back({"down", shop_project, at(3), down(0), {down(2), down(1), down(0)}, true});
  all.push_back({"resume_landed", shop_project, killed(0, up(), "target.commit", Blow::after), up(), three_ups, true});
  all.push_back({"resume_unsent", shop_project, killed(0, up(), "target.commit", Blow::before), up(), three_ups, true});
  all.push_back({"resume_down",
                 shop_project,
                 killed(3, down(0), "target.commit", Blow::after),
                 down(0),
                 {down(2), down(1), down(0)},
                 false});
  Command restart = up();
  restart.restart = true;
  std::vector<Command> three_restarts = three_ups;
  for (Command& one : three_restarts) one.restart = true;
  all.push_back(
      {"restart_landed", shop_project, killed(0, up(), "target.commit", Blow::after), restart, three_restarts, true});
  all.push_back(
      {"restart_unsent", shop_project, killed(0, up(), "target.commit", Blow::before), restart, three_restarts, true});
  Command repair;
  repair.verb = Verb::repair;
  all.push_back(
      {"repair_landed", shop_project, killed(0, up(), "target.commit", Blow::after), repair, {repair}, false});
  all.push_back(
      {"repair_unsent", shop_project, killed(0, up(), "target.commit", Blow::before), repair, {repair}, false});
  Command restore_stamp = repair;
  restore_stamp.restore_stamp = true;
  all.push_back({"repair_stamp",
                 shop_project,
                 [](Lab& lab, const Project& project) {
                   at(2)(lab, project);
                   lab.lose_stamp();
                 },
                 restore_stamp,
                 {restore_stamp},
                 false});
  // The second `up` drops columns and rewrites cells: its backup brings them back, the first one also takes it off.
  const auto restore = [](std::uint64_t backup) {
    Command command;
    command.verb = Verb::restore;
    command.backup = backup;
    return command;
  };
  const auto twice_up = [](Lab& lab, const Project& project) {
    at(1)(lab, project);
    must_succeed(lab.attempt(project, up(2)));
  };
  all.push_back({"restore", shop_project, twice_up, restore(2), {restore(2)}, false});
  all.push_back({"restore_first", shop_project, twice_up, restore(1), {restore(1)}, false});
  all.push_back({"restore_killed",
                 shop_project,
                 [=](Lab& lab, const Project& project) {
                   twice_up(lab, project);
                   kill_at(lab, project, restore(2), "target.commit", Blow::after);
                 },
                 restore(2),
                 {restore(2)},
                 false});
  all.push_back({"rebuild",
                 shop_project,
                 [](Lab& lab, const Project& project) {
                   at(1)(lab, project);
                   lab.lose_ledger();
                 },
                 up(2),
                 {up(1), up(2)},
                 false});
  const Command baseline{Verb::baseline, {}, {}, false};
  const auto bare = [](Lab& lab, const Project&) { lab.build(bare_sheet(), nullptr); };
  all.push_back({"baseline", empty_project, bare, baseline, {baseline}, false});
  Command take_over = up();
  take_over.accept_baseline = true;
  all.push_back({"take_over", bare_project, bare, take_over, {take_over}, true});
  return all;
}

}  // namespace zmig::test
