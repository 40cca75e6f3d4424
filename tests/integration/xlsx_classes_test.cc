// One small workbook for each class of what real workbooks hold and how they are packed (tests/data/workbooks, made by
// make_workbooks.py with openpyxl, XlsxWriter and LibreOffice, and by hand), through three edits: a header gets another
// text, a column with a default at the right end, a column between others. Each either refuses with a code, as
// expected.txt says, or loses nothing: every entry that the document does not name for the change has its bytes, every
// element of a part that is touched is still there, every cell says what it said.

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "support/catch.h"
#include "support/temp_folder.h"
#include "support/workbooks.h"
#include "targets/xlsx/xlsx_target.h"
#include "targets/xlsx/xml.h"

using namespace zmig;
using namespace zmig::test;

namespace fs = std::filesystem;

namespace {

enum class Deed { rename, append, insert };
constexpr std::array kDeeds{Deed::rename, Deed::append, Deed::insert};
const char* word_of(Deed deed) { return deed == Deed::rename ? "rename" : deed == Deed::append ? "append" : "insert"; }

/// What stands in a workbook: of each cell value, formula and format.
struct Seen {
  std::map<std::string, std::vector<std::vector<Cell>>> cells;  // sheet, columns, rows
  std::map<std::string, std::string> packed;                    // entry: all its bytes in the file
  std::map<std::string, std::string> parts;                     // the same, unpacked
};

std::string told(const Error& error) { return error.zm.empty() ? error.message : error.zm; }

Result<Seen> look(const std::string& path) {
  Seen seen;
  ZMIG_TRY(const auto target, XlsxTarget::open(path, {}));
  ZMIG_TRY(const Schema schema, target->inspect());
  for (const Sheet& sheet : schema.sheets) {
    std::vector<std::string> ids;
    for (const Column& column : sheet.columns) ids.push_back(column.id);
    auto& columns = seen.cells[sheet.title];
    columns.resize(ids.size());
    ZMIG_CHECK_OK(target->scan(sheet.id, ids, [&](const RowView& row) {
      for (std::size_t i = 0; i < ids.size(); ++i) columns[i].push_back(row.cells[i]);
      return ok();
    }));
  }
  ZMIG_TRY(const auto zip, xlsx::ZipReader::open(path));
  for (const xlsx::ZipEntry& entry : zip.entries()) {
    ZMIG_CHECK_OK(
        zip.file().read(entry.local, static_cast<std::size_t>(entry.end - entry.local), seen.packed[entry.name]));
    if (entry.is_folder()) continue;
    ZMIG_TRY(seen.parts[entry.name], zip.read(entry));
  }
  return seen;
}

/// How many elements of each name.
std::map<std::string, std::size_t> elements_of(const std::string& name, const std::string& bytes) {
  std::map<std::string, std::size_t> counts;
  xlsx::XmlReader xml{std::string_view(bytes), name, name};
  for (;;) {
    const auto kind = xml.next();
    if (!kind || *kind == xlsx::XmlKind::end) return counts;
    if (*kind == xlsx::XmlKind::open) ++counts[std::string(xml.name())];
  }
}

/// What the document names for a change (xlsx-csv.md 4.8, 4.9), by what a part is and not by what the writer says.
bool may_change(std::string part, Deed deed, const std::string& own_sheet) {
  if (part == own_sheet) return true;
  std::replace(part.begin(), part.end(), '\\', '/');
  const auto is = [&](std::string_view piece) { return part.find(piece) != std::string::npos; };
  // The stamp: types, the workbook with its names, its relationships, a custom part that is ours.
  if (part == "[Content_Types].xml" || is("workbook.xml") || is("principal.xml")) return true;
  if (deed == Deed::rename) return is("tables/table") || is("pivotCache");
  if (deed == Deed::append) return is("styles.xml") || is("sharedStrings.xml");
  for (const char* kind : {"worksheets/sheet", "styles.xml", "tables/table", "drawings/", "charts/chart", "comments",
                           "threadedComment", "pivot", "calcChain", "ctrlProps/"})
    if (is(kind)) return !is("_rels/") || is("workbook.xml.rels");
  return false;
}

struct Attempted {
  std::string said;                 // "done", or the code
  std::vector<std::string> losses;  // what was lost although it was done
};

Attempted attempt(const std::string& path, Deed deed) {
  const auto before = look(path);
  if (!before) return {told(before.error()), {}};
  std::string old_bytes;
  {
    std::ifstream in(path, std::ios::binary);
    old_bytes.assign(std::istreambuf_iterator<char>(in), {});
  }
  const auto refused = [&](const Error& error) {
    std::ifstream in(path, std::ios::binary);
    const std::string now(std::istreambuf_iterator<char>(in), {});
    Attempted outcome{told(error), {}};
    if (now != old_bytes) outcome.losses.push_back("refused, and the file is not as it was");
    return outcome;
  };
  auto target = XlsxTarget::open(path, {});
  REQUIRE(target.has_value());
  REQUIRE((*target)->inspect().has_value());
  const Schema live = (*target)->schema();
  const auto found =
      std::find_if(live.sheets.begin(), live.sheets.end(), [](const Sheet& s) { return s.title == "Datos"; });
  REQUIRE(found != live.sheets.end());
  const Sheet sheet = *found;
  const Column fresh = make_column("cnew00000000", "Nueva", {TypeKind::integer, 0, {}});
  std::vector<Change> changes;
  if (deed == Deed::rename) {
    if (sheet.columns.empty()) return {"no header", {}};
    changes.emplace_back(change::SetHeader{{sheet.id, sheet.columns.front().id}, "Clave"});
  } else {
    zmig::Place place{zmig::Place::Kind::last, {}};
    if (deed == Deed::insert) {
      if (sheet.columns.empty()) return {"no header", {}};
      place = {zmig::Place::Kind::after, sheet.columns.front().id};
    }
    changes.emplace_back(change::InsertColumn{sheet.id, fresh, place});
    changes.emplace_back(change::FillEmpty{{sheet.id, fresh.id}, amount(0), {fresh.id}});
  }
  const std::vector<Part> batch{{changes, {}}};
  const Status possible = (*target)->preflight(changes);
  auto writer = (*target)->open_writer({"test", std::chrono::milliseconds(100)});
  if (!writer) return refused(writer.error());
  const auto staged = (*writer)->stage(batch);
  if (!staged) {
    const Error error = staged.error();
    (*writer).reset();
    return refused(error);
  }
  REQUIRE(possible.has_value());  // a plan would have said so
  if (const auto committed = (*writer)->commit(batch, *staged); !committed) return refused(committed.error());
  const auto after = look(path);
  if (!after) return {"done, but " + told(after.error()), {"it cannot be read any more"}};
  Attempted outcome{"done", {}};
  const auto lost = [&](std::string what) { outcome.losses.push_back(std::move(what)); };
  // The part of the sheet, as relationships say.
  std::string own;
  for (const auto& [name, bytes] : before->parts) {
    const auto now = after->parts.find(name);
    const bool is_sheet =
        bytes.find("<sheetData") != std::string::npos || bytes.find(":sheetData") != std::string::npos;
    if (is_sheet && now != after->parts.end() &&
        now->second.find(deed == Deed::rename ? "Clave" : "Nueva") != std::string::npos)
      own = name;
  }
  for (const auto& [name, bytes] : before->packed) {
    const auto now = after->packed.find(name);
    if (now == after->packed.end()) {
      lost(name + " is gone");
      continue;
    }
    if (now->second == bytes) continue;
    if (!may_change(name, deed, own)) lost(name + " changed");
    const auto was = elements_of(name, before->parts.at(name));
    const auto is = elements_of(name, after->parts.at(name));
    for (const auto& [element, count] : was) {
      const auto left = is.find(element);
      // The header that gets another text no longer points to the old one.
      const std::size_t gone = deed == Deed::rename && name == own && element == "v" ? 1 : 0;
      if (left == is.end() || left->second + gone < count) lost(name + " lost <" + element + ">");
    }
  }
  for (const auto& [name, bytes] : after->packed) {
    if (!before->packed.contains(name) && name.find("customXml/") == std::string::npos) lost(name + " is new");
  }
  // Every cell: what it says and how it looks; what its formula says too, where no cell went elsewhere.
  for (const auto& [title, columns] : before->cells) {
    const auto& now = after->cells.at(title);
    for (std::size_t c = 0; c < columns.size(); ++c) {
      const std::size_t at = deed == Deed::insert && title == sheet.title && c > 0 ? c + 1 : c;
      if (at >= now.size()) {
        lost(title + " lost a column");
        continue;
      }
      for (std::size_t i = 0; i < columns[c].size(); ++i) {
        const Cell& was = columns[c][i];
        const bool same = i < now[at].size() && now[at][i].value == was.value && now[at][i].format == was.format &&
                          now[at][i].formula.empty() == was.formula.empty() &&
                          (deed == Deed::insert || now[at][i].formula == was.formula);
        if (!same) lost(title + " lost a cell of column " + std::to_string(c) + " at " + std::to_string(i));
      }
    }
  }
  return outcome;
}

}  // namespace

TEST_CASE("classes of workbooks: an edit loses nothing, or refuses by name") {
  const fs::path folder = fs::path(ZMIG_TEST_DATA) / "workbooks";
  std::set<std::string> names;
  for (const auto& file : fs::directory_iterator(folder))
    if (file.path().extension() == ".xlsx") names.insert(file.path().stem().string());
  REQUIRE(names.size() > 50);
  std::string said;
  std::vector<std::string> losses;
  for (const std::string& name : names) {
    said += name;
    for (const Deed deed : kDeeds) {
      const TempFolder place;
      const std::string path = place.at("libro.xlsx");
      fs::copy_file(folder / (name + ".xlsx"), path);
      fs::permissions(path, fs::perms::owner_all);
      const Attempted outcome = attempt(path, deed);
      said += std::string(" ") + word_of(deed) + "=" + outcome.said;
      for (const std::string& loss : outcome.losses) losses.push_back(name + " " + word_of(deed) + ": " + loss);
    }
    said += "\n";
  }
  std::string all;
  for (const std::string& loss : losses) all += loss + "\n";
  INFO(all);
  CHECK(losses.empty());
  std::ifstream file(folder / "expected.txt");
  const std::string expected(std::istreambuf_iterator<char>(file), {});
  CHECK(said == expected);
}
