#include "targets/memory/memory_target.h"

#include "support/catch.h"
#include "support/passing_target.h"
#include "support/workbooks.h"

using namespace zmig;
using namespace zmig::test;

namespace {

const std::string kOrders = "sorders00000";

Result<CommitReport> commit(Target& target, std::vector<Change> changes) {
  ZMIG_TRY(std::unique_ptr<Writer> writer, target.open_writer({"test", {}}));
  const std::vector<Part> batch{{std::move(changes), std::nullopt}};
  return writer->commit(batch, {});
}

std::string refusal(Target& target, const Change& change) {
  const auto done = commit(target, {change});
  return done ? "done" : done.error().zm;
}

std::vector<std::string> column(const MemoryTarget& target, const std::string& id) {
  const SheetCells& cells = target.snapshot().cells.at(kOrders);
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < cells.rows(); ++i) texts.push_back(to_text(cells.at(id, i).value));
  return texts;
}

}  // namespace

TEST_CASE("fill writes blank cells of data rows and no others") {
  MemoryTarget target(orders());
  const auto report = commit(target, {change::FillEmpty{{kOrders, "ccount000000"}, amount(9), {}}});
  REQUIRE(report.has_value());
  CHECK(report->cells_written == 2);
  // Row 5 holds blanks and FALSE under a check box only; 3, 7, 8 hold nothing.
  CHECK(column(target, "ccount000000") == std::vector<std::string>{"3", "9", "", "-7", "", "9", "", ""});
}

TEST_CASE("fill does not count the columns that it is told not to count") {
  MemoryTarget target(orders());
  REQUIRE(commit(target, {change::FillEmpty{{kOrders, "ccount000000"}, amount(9), {"~Ajena"}}}).has_value());
  CHECK(column(target, "ccount000000") == std::vector<std::string>{"3", "9", "", "-7", "", "", "", ""});
}

TEST_CASE("fill never writes where a formula stands") {
  Workbook book = orders();
  book.cells[kOrders].put("ccount000000", 1, Cell{Blank{}, "IF(1,\"\")", {}});
  MemoryTarget target(book);
  REQUIRE(commit(target, {change::FillEmpty{{kOrders, "ccount000000"}, amount(9), {}}}).has_value());
  CHECK(target.snapshot().cells.at(kOrders).at("ccount000000", 1) == Cell{Blank{}, "IF(1,\"\")", {}});
}

TEST_CASE("new rows go below the last data row and above formatted blank ones") {
  MemoryTarget target(orders());
  const source::Run run{{"ccode0000000"}, {}, {{{}, {cell(words("P-8"))}}, {{}, {cell(words("P-9"))}}}};
  REQUIRE(commit(target, {change::InsertRows{kOrders, run}}).has_value());
  CHECK(column(target, "ccode0000000") ==
        std::vector<std::string>{"P-1", "P-2", "", "P-3", "", "", "P-8", "P-9", "", ""});
}

TEST_CASE("the memory target refuses what section 2 refuses and stays as it was") {
  MemoryTarget target(orders());
  const Workbook before = target.snapshot();
  Sheet taken;
  taken.id = "sx0000000000";
  taken.title = "PEDIDOS";
  CHECK(refusal(target, change::InsertSheet{taken, {}}) == "ZM0102");
  CHECK(refusal(target, change::SetTitle{kOrders, "clientes"}) == "ZM0102");
  CHECK(refusal(target, change::InsertColumn{kOrders, make_column("cx0000000000", " Estado "), {}}) == "ZM0102");
  CHECK(refusal(target, change::DeleteColumn{{kOrders, "cnone0000000"}}) == "ZM0101");
  CHECK(refusal(target, change::Track{{kOrders, "cx0000000000"}, make_column("cx0000000000", "Estado")}) == "ZM0102");
  CHECK(target.snapshot() == before);
  REQUIRE(commit(target, {change::SetHidden{{"sclient00000", {}}, true}}).has_value());
  CHECK(refusal(target, change::SetHidden{{kOrders, {}}, true}) == "ZM0324");
  CHECK(refusal(target, change::DeleteSheet{kOrders}) == "ZM0324");
}

TEST_CASE("a symbolic source never reaches the cells") {
  MemoryTarget target(orders());
  CHECK(refusal(target, change::WriteCells{{kOrders, "cnote0000000"}, source::Captured{"0001_a"}}) == "ZM0107");
}

TEST_CASE("one writer at a time, and the other one hears who") {
  MemoryTarget target(orders());
  const auto first = target.open_writer({"ana@ops-1", {}});
  REQUIRE(first.has_value());
  const auto second = target.open_writer({"ben", {}});
  REQUIRE(!second.has_value());
  CHECK(second.error() == make_error(Errc::busy, "ZM0401", "\"ana@ops-1\" is writing here"));
}

TEST_CASE("a twin has the schema, the cells and the row addresses of its view") {
  Workbook book = orders();
  book.cells[kOrders].handles = {3, 10, 11, 12, 40, 41, 42, 50};
  MemoryTarget target(book);
  const auto twin = MemoryTarget::from_view(target);
  REQUIRE(twin.has_value());
  CHECK(twin->snapshot().schema == book.schema);
  CHECK(twin->snapshot().cells.at(kOrders).handles == book.cells[kOrders].handles);
  CHECK(column(*twin, "cnote0000000") == column(target, "cnote0000000"));
}

TEST_CASE("the revision moves with every commit") {
  MemoryTarget target(orders());
  const std::string before = *target.revision();
  REQUIRE(commit(target, {}).has_value());
  CHECK(*target.revision() != before);
}

TEST_CASE("a thousand changes on a thousand columns take no time worth noting") {
  MemoryTarget target(Workbook{});
  Sheet sheet;
  sheet.id = "swide0000000";
  sheet.title = "Ancha";
  std::vector<Change> changes{change::InsertSheet{sheet, {}}};
  for (int i = 0; i < 1000; ++i) {
    const std::string number = std::to_string(1000 + i);
    changes.push_back(change::InsertColumn{sheet.id, make_column("c" + number, "Columna " + number), {}});
  }
  REQUIRE(commit(target, changes).has_value());
  CHECK(target.schema().sheets.front().columns.size() == 1000);
}

TEST_CASE("a sheet or a column that is not there is refused by every reading, and no cell is made of it") {
  MemoryTarget target(orders());
  const Workbook before = target.snapshot();
  const auto none = [](const RowView&) -> Status {
    FAIL("a row of nothing");
    return ok();
  };
  const std::vector<std::string> no_column{"cnothing0000"};
  CHECK(target.scan("snothing0000", {}, none).error().zm == "ZM0313");
  CHECK(target.scan(kOrders, no_column, none).error().zm == "ZM0314");
  CHECK(target.column_hashes("snothing0000", {}).error().zm == "ZM0313");
  CHECK(target.row_count("snothing0000").error().zm == "ZM0313");
  CHECK(target.snapshot() == before);
}

TEST_CASE("a writer commits once; one without a name is somebody") {
  MemoryTarget target(orders());
  const std::vector<Part> batch{{{change::FillEmpty{{kOrders, "ccount000000"}, amount(9), {}}}, std::nullopt}};
  auto writer = target.open_writer({"", {}});
  REQUIRE(writer.has_value());
  const auto second = target.open_writer({"eva", {}});
  REQUIRE_FALSE(second.has_value());
  CHECK(second.error().message == "\"somebody\" is writing here");
  REQUIRE((*writer)->commit(batch, {}).has_value());
  const Workbook after = target.snapshot();
  const auto again = (*writer)->commit(batch, {});
  REQUIRE_FALSE(again.has_value());
  CHECK(again.error().code == Errc::conflict);
  CHECK(target.snapshot() == after);
}

TEST_CASE("a copy of a view that cannot be read is no copy") {
  class Torn final : public PassingTarget {
   public:
    using PassingTarget::PassingTarget;
    Status scan(const std::string&, std::span<const std::string>, const RowSink&) override {
      return make_error(Errc::io, "", "torn");
    }
  };
  MemoryTarget target(orders());
  Torn torn(target);
  const auto copied = MemoryTarget::from_view(torn, {});
  REQUIRE_FALSE(copied.has_value());
  CHECK(copied.error().message == "torn");
}
