#include "plan_builders.h"
#include "support/catch.h"
#include "support/samples.h"

using namespace zmig;
using namespace zmig::test;

namespace {

/// What scan_judged tells of every sheet: each row's number, whether it is a data row, and its cells.
template <class Judge>
std::vector<std::string> judged(CellView& view, const Judge& judge) {
  std::vector<std::string> out;
  const Schema schema = view.schema();
  for (const Sheet& sheet : schema.sheets) {
    std::vector<std::string> wanted;
    for (const Column& column : sheet.columns) wanted.push_back(column.id);
    const std::vector<std::string> counted = data_row_columns(sheet, wanted.empty() ? wanted : std::vector{wanted[0]});
    const Status done = judge(sheet.id, counted, wanted, [&](const RowView& row, bool data) {
      std::string line = sheet.id + std::to_string(row.row.number) + (data ? " data" : " -");
      for (const Cell& cell : row.cells) line += "|" + to_text(cell.value) + cell.formula + cell.format;
      out.push_back(std::move(line));
      return ok();
    });
    if (!done) FAIL(done.error().message);
  }
  return out;
}

/// The short way to data rows says what the long one says.
void check_judged(Overlay& overlay) {
  CHECK(judged(overlay, [&](const auto&... all) { return overlay.scan_judged(all...); }) ==
        judged(overlay, [&](const auto&... all) { return overlay.CellView::scan_judged(all...); }));
}

/// Materialises a change against the overlay, and takes it in both worlds.
void take_both(const Change& change, Overlay& overlay, TableCells& real) {
  INFO(name_of(change));
  Result<Materialised> made = materialise(change, overlay, {});
  if (!made) FAIL(made.error().message);
  const Status planned = overlay.take(made->change);
  if (!planned) FAIL(planned.error().message);
  const Status done = real.take(made->change);
  if (!done) FAIL(done.error().message);
  CHECK(overlay.schema() == real.schema());
  CHECK(everything(overlay) == everything(real));
  check_judged(overlay);
}

source::Run edits(std::vector<std::pair<std::uint64_t, Value>> cells) {
  source::Run run;
  for (auto& [row, value] : cells) run.edits.push_back({{row, 0, {}}, {}, cell(std::move(value))});
  return run;
}

}  // namespace

TEST_CASE("an overlay without changes is the workbook") {
  TableCells live = workbook();
  Overlay overlay(live);
  CHECK(overlay.schema() == live.schema());
  CHECK(everything(overlay) == everything(live));
}

TEST_CASE("an overlay shows what a real application leaves, change by change") {
  TableCells live = workbook();
  TableCells real = workbook();
  Overlay overlay(live);
  take_both(change::InsertColumn{"s1", column("v", "version", TypeKind::integer), {Place::Kind::after, "tag"}}, overlay,
            real);
  take_both(change::FillEmpty{{"s1", "v"}, number(0), {"v"}}, overlay, real);
  take_both(change::WriteCells{{"s1", "v"}, edits({{3, number(7)}})}, overlay, real);
  take_both(change::SetHeader{{"s1", "peso"}, "Kilos"}, overlay, real);
  take_both(change::WriteCells{{"s1", "peso"}, edits({{2, number(1)}, {5, Blank{}}})}, overlay, real);
  take_both(change::DeleteColumn{{"s1", "estado"}}, overlay, real);
  take_both(change::InsertColumn{"s1", column("estado", "Estado"), {Place::Kind::first, {}}}, overlay, real);
  take_both(change::FillEmpty{{"s1", "estado"}, text("X"), {}}, overlay, real);
  take_both(change::MoveColumn{{"s1", "tag"}, {Place::Kind::last, {}}}, overlay, real);
}

TEST_CASE("rows come and go, and later changes follow the numbers that people see") {
  TableCells live = workbook();
  TableCells real = workbook();
  Overlay overlay(live);
  source::Run gone;
  gone.columns = {"tag"};
  gone.rows = {{{3, 0, {}}, {cell(text("A-2"))}}};
  take_both(change::DeleteRows{"s1", gone}, overlay, real);
  source::Run added;
  added.columns = {"tag", "peso"};
  added.rows = {{{2, 0, {}}, {cell(text("A-0")), cell(number(1))}}, {{0, 0, {}}, {cell(text("A-9")), cell(number(9))}}};
  take_both(change::InsertRows{"s1", added}, overlay, real);
  take_both(change::WriteCells{{"s1", "estado"}, edits({{2, text("first")}, {3, text("second")}, {6, text("last")}})},
            overlay, real);
  take_both(change::FillEmpty{{"s1", "estado"}, text("?"), {}}, overlay, real);
  gone.rows = {{{2, 0, {}}, {cell(text("A-0"))}}, {{6, 0, {}}, {cell(text("A-9"))}}};
  take_both(change::DeleteRows{"s1", gone}, overlay, real);
  take_both(change::WriteCells{{"s1", "tag"}, edits({{4, text("A-5")}})}, overlay, real);
}

TEST_CASE("claims keep their cells under the new ids") {
  Schema schema = baseline();
  schema.sheets[0].columns[2].id = "~Estado";
  schema.sheets[0].columns[2].managed = false;
  TableCells live(schema);
  TableCells real(schema);
  for (TableCells* cells : {&live, &real})
    cells->column("s1", "~Estado", {text("a"), text("b")}).column("s1", "tag", {text("1"), text("2")});
  Overlay overlay(live);
  take_both(change::Track{{"s1", "estado"}, column("estado", "Estado")}, overlay, real);
  take_both(change::WriteCells{{"s1", "estado"}, edits({{2, text("z")}})}, overlay, real);
  take_both(change::Untrack{{"s1", "estado"}}, overlay, real);
  CHECK(real.values("s1", "~Estado") == std::vector<Value>{text("z"), text("b")});
}

TEST_CASE("a new sheet has no rows until some are inserted, and a dropped one is gone") {
  TableCells live = workbook();
  TableCells real = workbook();
  Overlay overlay(live);
  Sheet sheet;
  sheet.id = "s2";
  sheet.title = "Estados";
  take_both(change::InsertSheet{sheet, {}}, overlay, real);
  take_both(change::InsertColumn{"s2", column("cod", "Codigo"), {}}, overlay, real);
  source::Rows rows{{"cod"}, {"cod"}, {{text("A")}, {text("B")}}};
  take_both(change::InsertRows{"s2", rows}, overlay, real);
  CHECK(real.values("s2", "cod") == std::vector<Value>{text("A"), text("B")});
  take_both(change::DeleteSheet{"s1"}, overlay, real);
}

TEST_CASE("an overlay refuses what the workbook would refuse, and stays as it was") {
  TableCells live = workbook();
  Overlay overlay(live);
  const Status taken = overlay.take(change::InsertColumn{"s1", column("x", "Peso"), {}});
  REQUIRE_FALSE(taken);
  CHECK(taken.error().zm == "ZM0102");
  CHECK(overlay.schema() == live.schema());
  CHECK(everything(overlay) == everything(live));
}

TEST_CASE("random migrations: the overlay predicts the real application") {
  for (std::uint64_t seed = 1; seed <= 150; ++seed) {
    INFO("seed " << seed);
    TableCells live(shop());
    TableCells real(shop());
    for (TableCells* cells : {&live, &real}) {
      for (const Sheet& sheet : shop().sheets) {
        for (const Column& one : sheet.columns) {
          if (one.type.kind == TypeKind::text)
            cells->column(sheet.id, one.id, {text("p"), Blank{}, text("q" + one.header), text("r")});
        }
      }
    }
    Overlay overlay(live);
    Schema state = shop();
    for (const Operation& operation : random_operations(seed, shop(), 1 + seed % 9)) {
      INFO(describe(operation));
      const Result<std::vector<Change>> changes = lower(operation, state);
      REQUIRE(changes);
      for (const Change& change : *changes) {
        Result<Materialised> made = materialise(change, overlay, {});
        if (!made) FAIL(made.error().message);
        REQUIRE(overlay.take(made->change));
        REQUIRE(real.take(made->change));
        REQUIRE(apply_to(change, state));
      }
    }
    CHECK(overlay.schema() == real.schema());
    CHECK(everything(overlay) == everything(real));
  }
}
