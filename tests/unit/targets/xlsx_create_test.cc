#include <map>
#include <string>

#include "support/archives.h"
#include "support/catch.h"
#include "support/fake_ports.h"
#include "support/temp_folder.h"
#include "support/workbooks.h"
#include "targets/xlsx/xlsx_target.h"

using namespace zmig;
using namespace zmig::test;
using namespace std::string_literals;

namespace {

struct Made {
  TempFolder folder;
  FakePorts ports;
  std::unique_ptr<XlsxTarget> target;
  std::vector<CopiedSheet> report;
};

std::unique_ptr<Made> make(CellView& from, std::span<const Stamp> stamps = {}) {
  auto made = std::make_unique<Made>();
  const std::string path = made->folder.at("Libro.xlsx");
  auto report = create_xlsx(path, made->ports.ports, from, {}, stamps);
  if (!report) FAIL(report.error().message << " at " << report.error().place);
  made->report = std::move(*report);
  CHECK(made->folder.names() == std::vector<std::string>{"Libro.xlsx"});
  auto opened = XlsxTarget::open(path, {});
  REQUIRE(opened.has_value());
  made->target = std::move(*opened);
  REQUIRE(made->target->inspect().has_value());
  return made;
}

using Cells = std::vector<std::pair<std::uint64_t, std::vector<Cell>>>;

Cells cells_of(CellView& view, std::size_t number) {
  Cells all;
  const Sheet sheet = view.schema().sheets[number];
  std::vector<std::string> ids;
  for (const Column& column : sheet.columns) ids.push_back(column.id);
  const Status scanned = view.scan(sheet.id, ids, [&](const RowView& row) -> Status {
    all.emplace_back(row.row.number, std::vector<Cell>(row.cells.begin(), row.cells.end()));
    return ok();
  });
  REQUIRE(scanned.has_value());
  // Rows without anything at the end are no rows of an Excel sheet.
  const auto is_empty = [](const auto& row) {
    return std::all_of(row.second.begin(), row.second.end(), [](const Cell& cell) { return cell == Cell{}; });
  };
  while (!all.empty() && is_empty(all.back())) all.pop_back();
  return all;
}

Workbook one_column(const std::string& header, Type type, std::vector<Cell> cells, bool managed = false) {
  Workbook book;
  Sheet sheet;
  sheet.id = managed ? "sone00000000" : "~Una";
  sheet.title = "Una";
  sheet.managed = managed;
  sheet.columns = {make_column(managed ? "cone00000000" : "~" + header, header, std::move(type), managed)};
  SheetCells& stored = book.cells[sheet.id];
  for (Cell& cell : cells) stored.put(sheet.columns[0].id, stored.add_row(stored.free_handle()), std::move(cell));
  book.schema.sheets.push_back(sheet);
  return book;
}

}  // namespace

TEST_CASE("a workbook made by copy shows what was copied, managed things and the stamp included") {
  Workbook book = orders();
  book.schema.sheets[0].columns[0].note = "no borrar\n<nunca>";
  book.schema.sheets[0].columns[6].hidden = true;
  book.schema.sheets[0].frozen = true;
  book.schema.sheets[1].hidden = true;
  MemoryTarget from(book);
  const std::vector<Stamp> stamps{{1, "{\"a\": \"<1>\"}"}, {2, "{\"b\":\n2}"}};
  const auto made = make(from, stamps);
  CHECK(made->target->stamps().value() == stamps);
  const std::vector<Difference> differences = all_differences(from.schema(), made->target->schema());
  for (const Difference& one : differences) UNSCOPED_INFO(one.where << ": " << one.expected << " / " << one.observed);
  CHECK(differences.empty());
  for (std::size_t i = 0; i < 2; ++i) CHECK(cells_of(*made->target, i) == cells_of(from, i));
  for (const CopiedSheet& sheet : made->report) CHECK(sheet.losses.empty());
}

TEST_CASE("values of every kind come back from a workbook made by copy") {
  const std::vector<Cell> cells = {cell(words("007")),
                                   cell(words("=1+1")),
                                   cell(words(" edges\nand lines ")),
                                   cell(words("_x0041_ <&> \x01 ñ😀")),
                                   cell(amount(0.1)),
                                   cell(amount(-12345678901234.5)),
                                   cell(amount(1e300)),
                                   cell(Boolean{true}),
                                   cell(Boolean{false}),
                                   cell(Date{46153}),
                                   cell(Time{41'628'000}),
                                   cell(DateTime{46155LL * 86'400'000 + 41'628'104}),
                                   cell(DateTime{46155LL * 86'400'000}),
                                   cell(CellError{"#N/A"}),
                                   Cell{amount(3), "A2+\"<x>\"", {}},
                                   Cell{Blank{}, "\"\"", {}},
                                   Cell{words("texto"), "B9&\"\"", {}}};
  MemoryTarget from(one_column("Mixta", {}, cells));
  const auto made = make(from);
  const Cells back = cells_of(*made->target, 0);
  REQUIRE(back.size() == cells.size());
  for (std::size_t i = 0; i < cells.size(); ++i) {
    INFO("row " << i + 2);
    CHECK(back[i].second.at(0).value == cells[i].value);
    CHECK(back[i].second.at(0).formula == cells[i].formula);
  }
  CHECK(made->report.at(0).losses.empty());
}

TEST_CASE("number formats of columns and cells come back from a workbook made by copy") {
  Workbook book = one_column("Precio", {},
                             {Cell{amount(1), {}, {}}, Cell{amount(2), {}, {}}, Cell{amount(3), {}, "0.0%"},
                              Cell{amount(4), {}, "native:General"}, Cell{amount(5), {}, "native:[Red]0"}});
  book.schema.sheets[0].columns[0].format = "#,##0.00";
  MemoryTarget from(book);
  const auto made = make(from);
  CHECK(made->target->schema().sheets.at(0).columns.at(0).format == "#,##0.00");
  std::vector<std::string> formats;
  for (const auto& [row, cells] : cells_of(*made->target, 0)) formats.push_back(cells.at(0).format);
  CHECK(formats == std::vector<std::string>{"", "", "0.0%", "native:General", "native:[Red]0"});
}

TEST_CASE("what Excel cannot hold is a text, and listed") {
  MemoryTarget from(one_column("Fecha", {}, {cell(Date{30}), cell(CellError{"Inf"})}));
  const auto made = make(from);
  const Cells back = cells_of(*made->target, 0);
  CHECK(back.at(0).second.at(0).value == words("1900-01-29"));
  CHECK(back.at(1).second.at(0).value == words("Inf"));
  CHECK(made->report.at(0).losses == std::vector<Loss>{{"Una", "type", 2, {"A2", "A3"}}});
}

TEST_CASE("lists that are too long for a rule stand on a sheet of their own, which is not shown") {
  Workbook book = one_column("Estado", {}, {cell(words("a, b"))});
  Allowed& allowed = book.schema.sheets[0].columns[0].allowed;
  allowed.kind = Allowed::Kind::list;
  allowed.values = {"a, b", "=c", " d "};
  MemoryTarget from(book);
  const auto made = make(from);
  REQUIRE(made->target->schema().sheets.size() == 1);
  CHECK(made->target->schema().sheets.at(0).columns.at(0).allowed == from.schema().sheets.at(0).columns.at(0).allowed);
}

TEST_CASE("the same workbook makes the same bytes") {
  MemoryTarget from(orders());
  CHECK(make(from)->folder.read("Libro.xlsx") == make(from)->folder.read("Libro.xlsx"));
}

TEST_CASE("titles, texts and files that cannot be are refused, and nothing is left behind") {
  const auto refused = [](Workbook book) {
    MemoryTarget from(std::move(book));
    const TempFolder folder;
    FakePorts ports;
    const auto made = create_xlsx(folder.at("Libro.xlsx"), ports.ports, from, {}, {});
    CHECK(folder.names().empty());
    return made ? std::string() : made.error().zm;
  };
  for (const std::string title : {"a/b", "", "'x", "History", "0123456789012345678901234567890123"}) {
    Workbook book = one_column("A", {}, {});
    book.schema.sheets[0].title = title;
    INFO(title);
    CHECK(refused(book) == "ZM0325");
  }
  CHECK(refused(one_column("A", {}, {cell(words(std::string(32'768, 'x')))})) == "ZM0325");
  CHECK(refused({}) == "ZM0325");
  const TempFolder folder;
  FakePorts ports;
  folder.write("Libro.xlsx", "x");
  MemoryTarget from(orders());
  const auto made = create_xlsx(folder.at("Libro.xlsx"), ports.ports, from, {}, {});
  REQUIRE(!made.has_value());
  CHECK(made.error().zm == "ZM0704");
  CHECK(folder.read("Libro.xlsx") == "x");
}

TEST_CASE("a stamp that cannot be read is refused, never taken for none") {
  MemoryTarget from(orders());
  const auto made = make(from, std::vector<Stamp>{{1, "{}"}});
  const auto zip = xlsx::ZipReader::open(made->folder.at("Libro.xlsx"));
  REQUIRE(zip.has_value());
  const std::string path = made->folder.at("b.xlsx");
  const auto with = [&](const std::string& bytes) {
    const NewFile file(path);
    xlsx::ZipWriter writer(file.number(), path);
    for (const xlsx::ZipEntry& entry : zip->entries()) {
      if (entry.name != "customXml/item1.xml") {
        REQUIRE(writer.copy(*zip, entry).has_value());
        continue;
      }
      REQUIRE(writer.begin_in_place_of(*zip, entry).has_value());
      REQUIRE(writer.add(bytes).has_value());
      REQUIRE(writer.end_entry().has_value());
    }
    REQUIRE(writer.finish().has_value());
    const auto target = XlsxTarget::open(path, {});
    REQUIRE(target.has_value());
    const auto stamps = (*target)->stamps();
    return stamps ? std::to_string(stamps->size()) : stamps.error().zm;
  };
  CHECK(with("<z:zmig xmlns:z='urn:zmig:stamp:1'><z:stamp number='1'>{}</z:stamp></z:zmig>") == "1");
  CHECK(with("<zmig xmlns='urn:zmig:stamp:1'><stamp number='1'>{}</stamp><catalogue>{</catalogue></zmig>") == "ZM0441");
  CHECK(with("<zmig xmlns='urn:zmig:stamp:1'><stamp number='2'>{}</stamp><stamp number='2'>{}</stamp></zmig>") ==
        "ZM0441");
  CHECK(with("<other xmlns='urn:other'/>") == "0");
}
