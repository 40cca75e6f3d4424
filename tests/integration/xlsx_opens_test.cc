// A workbook that zmig edited opens in LibreOffice, and the new headers are there. Without LibreOffice the check says
// "not run" and counts as skipped.

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <string>
#include <utility>
#include <vector>

#include "support/catch.h"
#include "support/temp_folder.h"
#include "support/workbooks.h"
#include "targets/xlsx/xlsx_target.h"

using namespace zmig;
using namespace zmig::test;

namespace fs = std::filesystem;

TEST_CASE("LibreOffice opens an edited workbook and shows the three new headers") {
  if (std::system("command -v soffice >/dev/null 2>&1") != 0) {
    std::cout << "not run: LibreOffice is not installed\n";
    return;
  }
  const TempFolder folder;
  const std::string path = folder.at("libro.xlsx");
  fs::copy_file(fs::path(ZMIG_TEST_DATA) / "zeues-v21-small" / "zeues_v21_small.xlsx", path);
  fs::permissions(path, fs::perms::owner_all);
  auto target = XlsxTarget::open(path, {});
  REQUIRE(target.has_value());
  REQUIRE((*target)->inspect().has_value());
  const std::string sheet = (*target)->schema().sheets[0].id;
  std::vector<Change> changes;
  const std::vector<std::pair<std::string, Type>> columns = {
      {"Ocupado_Por", {}}, {"Fecha_Ocupacion", {TypeKind::date, 0, {}}}, {"version", {TypeKind::integer, 0, {}}}};
  for (std::size_t i = 0; i < columns.size(); ++i)
    changes.emplace_back(
        change::InsertColumn{sheet,
                             make_column("cnew0000000" + std::to_string(i), columns[i].first, columns[i].second),
                             {zmig::Place::Kind::last, {}}});
  changes.emplace_back(change::FillEmpty{{sheet, "cnew00000002"}, amount(0), {"cnew00000002"}});
  auto writer = (*target)->open_writer({"test", std::chrono::milliseconds(100)});
  REQUIRE(writer.has_value());
  const std::vector<Part> batch{{changes, {}}};
  const auto staged = (*writer)->stage(batch);
  if (!staged) FAIL(staged.error().message << " at " << staged.error().place);
  REQUIRE((*writer)->commit(batch, *staged).has_value());
  const std::string command = "timeout 120 soffice --headless -env:UserInstallation=file://" + folder.at("profile") +
                              " --convert-to csv --outdir " + folder.at("out") + " " + path + " >/dev/null 2>&1";
  REQUIRE(std::system(command.c_str()) == 0);
  std::ifstream shown(folder.at("out/libro.csv"));
  std::string header, first;
  REQUIRE(std::getline(shown, header));
  REQUIRE(std::getline(shown, first));
  CHECK(header.ends_with(",Ocupado_Por,Fecha_Ocupacion,version"));
  CHECK(first.ends_with(",,,0"));
}
