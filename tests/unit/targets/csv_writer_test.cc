// What a commit does to the bytes of a folder: everything outside of the edited cells stays.
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/failpoint.h"
#include "support/catch.h"
#include "support/fake_ports.h"
#include "support/temp_folder.h"
#include "support/workbooks.h"
#include "targets/csv/csv_target.h"

using namespace zmig;
using namespace zmig::test;
using namespace std::string_literals;

namespace {

namespace fs = std::filesystem;

std::string bytes_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream all;
  all << in.rdbuf();
  return all.str();
}

std::string told(const Error& error) {
  return error.zm + " " + error.message +
         (error.place.empty() ? "" : " at " + fs::path(error.place).filename().string());
}

/// A folder with the sheet T and what commits to it say.
class Folder {
 public:
  explicit Folder(const std::string& bytes, TargetOptions options = {}) : options_(std::move(options)) {
    folder_.write("T.csv", bytes);
  }
  std::unique_ptr<CsvTarget> open() {
    auto target = CsvTarget::open(folder_.path(), options_, *ports_.files);
    if (!target) FAIL(target.error().message);
    const auto schema = (*target)->inspect();
    if (!schema) FAIL(told(schema.error()));
    return std::move(*target);
  }
  /// Everything that stands in the header becomes managed; `typed`: header -> type.
  void manage(const std::map<std::string, Type>& typed = {}) {
    auto target = open();
    Sheet sheet;
    sheet.id = "st0000000000";
    sheet.title = "T";
    std::vector<Change> claims{change::Track{{sheet.id, {}}, sheet}};
    int number = 0;
    const Sheet live = std::as_const(*target).schema().sheets[0];
    for (const Column& column : live.columns) {
      const auto alike = [&](const Column& one) { return one.header == column.header; };
      if (column.header.empty() || std::count_if(live.columns.begin(), live.columns.end(), alike) > 1) continue;
      const auto found = typed.find(column.header);
      claims.push_back(change::Track{
          {sheet.id, "c" + std::to_string(number)},
          make_column("c" + std::to_string(number), column.header, found == typed.end() ? Type{} : found->second)});
      ++number;
    }
    REQUIRE(commit(*target, claims) == "done");
  }
  std::string commit(Target& target, std::vector<Change> changes, std::optional<Stamp> after = std::nullopt) {
    auto writer = target.open_writer({"test", std::chrono::milliseconds(20)});
    if (!writer) return told(writer.error());
    const std::vector<Part> batch{{std::move(changes), std::move(after)}};
    const auto staged = (*writer)->stage(batch);
    if (!staged) return told(staged.error());
    const auto done = (*writer)->commit(batch, *staged);
    return done ? "done" : told(done.error());
  }
  std::string commit(std::vector<Change> changes, std::optional<Stamp> after = std::nullopt) {
    auto target = open();
    return commit(*target, std::move(changes), std::move(after));
  }
  [[nodiscard]] std::string bytes(const std::string& name = "T.csv") const { return bytes_of(folder_.at(name)); }
  TempFolder& folder() { return folder_; }
  FakePorts& ports() { return ports_; }

 private:
  TempFolder folder_;
  FakePorts ports_;
  TargetOptions options_;
};

Change add(const std::string& id, const std::string& header, Type type = {},
           zmig::Place::Kind kind = zmig::Place::Kind::last, const std::string& beside = {}) {
  return change::InsertColumn{"st0000000000", make_column(id, header, std::move(type)), {kind, beside}};
}
Change fill(const std::string& id, Value value) {
  return change::FillEmpty{{"st0000000000", id}, std::move(value), {id}};
}
const Type kInteger{TypeKind::integer, 0, {}};

std::string utf16(std::string_view ascii) {
  std::string bytes = "\xFF\xFE";
  for (const char c : ascii) bytes += std::string{c, '\0'};
  return bytes;
}

struct DialectCase {
  const char* name;
  std::string before, appended;  // after a column `v` that is filled with 0
  TargetOptions options = {};
};

TargetOptions with_encoding(const std::string& name) {
  TargetOptions options;
  options.csv_encoding = name;
  return options;
}
TargetOptions with_delimiter(const std::string& name) {
  TargetOptions options;
  options.csv_delimiter = name;
  return options;
}

std::vector<DialectCase> dialects() {
  return {
      {"LF", "a,b\n1,x\n2,y\n", "a,b,v\n1,x,0\n2,y,0\n"},
      {"CRLF", "a,b\r\n1,x\r\n", "a,b,v\r\n1,x,0\r\n"},
      {"BOM and CRLF",
       "\xEF\xBB\xBF"
       "a,b\r\n1,x\r\n",
       "\xEF\xBB\xBF"
       "a,b,v\r\n1,x,0\r\n"},
      {"no last line end", "a,b\n1,x\n2,y", "a,b,v\n1,x,0\n2,y,0"},
      {"all quoted", "\"a\",\"b\"\n\"1\",\"\"\n", "\"a\",\"b\",\"v\"\n\"1\",\"\",\"0\"\n"},
      {"semicolon and decimal comma", "a;b\n1,5;x\n", "a;b;v\n1,5;x;0\n"},
      {"tab", "a\tb\n1\tx,y\n", "a\tb\tv\n1\tx,y\t0\n"},
      {"line ends in quotes", "a,b\n1,\"x\ny\r\nz\"\n", "a,b,v\n1,\"x\ny\r\nz\",0\n"},
      {"mixed line ends", "a,b\r\n1,x\n2,y\r\n", "a,b,v\r\n1,x,0\n2,y,0\r\n"},
      {"Windows-1252", "a,b\nA\xF1o,\x80\n", "a,b,v\nA\xF1o,\x80,0\n", with_encoding("windows-1252")},
      {"UTF-16 LE", utf16("a,b\r\n1,x\r\n"), utf16("a,b,v\r\n1,x,0\r\n")},
      {"leading zeros and large integers", "a,b\n007,12345678901234567890\n", "a,b,v\n007,12345678901234567890,0\n"},
      {"blanks at the edges", "a,b\n 1 ,x\t\n", "a,b,v\n 1 ,x\t,0\n"},
      {"blank lines", "a,b\n\n1,x\n\n\n", "a,b,v\n\n1,x,0\n\n\n"},
      {"ragged", "a,b,c\n1\n2,y,z\n,,\n", "a,b,c,v\n1,,,0\n2,y,z,0\n,,,\n", with_delimiter(",")},
      {"sep=", "sep=;\r\na;b\r\n1;x\r\n", "sep=;\r\na;b;v\r\n1;x;0\r\n"},
      {"duplicate headers", "a,b,a\n1,x,2\n", "a,b,a,v\n1,x,2,0\n"},
      {"nothing and \"\"", "a,b,c\n1,,\"\"\n\"\",y,\n", "a,b,c,v\n1,,\"\",0\n\"\",y,,0\n"},
  };
}

}  // namespace

TEST_CASE("csv commits keep all 18 dialects byte for byte, up and down") {
  const auto all = dialects();
  REQUIRE(all.size() == 18);
  const DialectCase& one = all[GENERATE_COPY(range(std::size_t{0}, all.size()))];
  CAPTURE(one.name);
  Folder place(one.before, one.options);
  place.manage();
  CHECK(place.bytes() == one.before);
  REQUIRE(place.commit({add("cv", "v", kInteger), fill("cv", amount(0))}) == "done");
  CHECK(place.bytes() == one.appended);
  {
    auto target = place.open();
    const Sheet& sheet = std::as_const(*target).schema().sheets[0];
    const Column* column = column_by_id(sheet, "cv");
    REQUIRE(column != nullptr);
    CHECK(column->type == kInteger);
  }
  REQUIRE(place.commit({change::DeleteColumn{{"st0000000000", "cv"}}}) == "done");
  // A short record that was filled is as long as the header from then on.
  if (one.name == "ragged"s) {
    CHECK(place.bytes() == "a,b,c\n1,,\n2,y,z\n,,\n");
  } else {
    CHECK(place.bytes() == one.before);
  }
}

TEST_CASE("csv short records and blank lines stay so where nothing is written") {
  Folder place("a,b,c\n1\n\n2,y,z\n", with_delimiter(","));
  place.manage();
  REQUIRE(place.commit({add("cv", "v")}) == "done");
  CHECK(place.bytes() == "a,b,c,v\n1\n\n2,y,z,\n");
  REQUIRE(place.commit({change::DeleteColumn{{"st0000000000", "cv"}}}) == "done");
  CHECK(place.bytes() == "a,b,c\n1\n\n2,y,z\n");
}

TEST_CASE("csv columns are cut and put between others with their quotes") {
  Folder place("a,b,c\n1,\"x, \"\"y\"\"\",z\n\"2\",,w\n");
  place.manage();
  REQUIRE(place.commit({change::MoveColumn{{"st0000000000", "c1"}, {zmig::Place::Kind::first, {}}},
                        add("cv", "v", {}, zmig::Place::Kind::before, "c2")}) == "done");
  CHECK(place.bytes() == "b,a,v,c\n\"x, \"\"y\"\"\",1,,z\n,\"2\",,w\n");
  REQUIRE(place.commit({change::DeleteColumn{{"st0000000000", "cv"}},
                        change::MoveColumn{{"st0000000000", "c1"}, {zmig::Place::Kind::after, "c0"}}}) == "done");
  CHECK(place.bytes() == "a,b,c\n1,\"x, \"\"y\"\"\",z\n\"2\",,w\n");
}

TEST_CASE("csv edits touch their field and no other") {
  Folder place("k,n,d\nA,1.50,11-05-2026\nB,007,x\n");
  place.manage({{"n", {TypeKind::number, 0, {}}}, {"d", {TypeKind::date, 0, {}}}});
  auto target = place.open();
  const auto rows = rows_of(*target, "st0000000000", {"c0", "c1", "c2"});
  CHECK(rows[0].cells[1] == cell(amount(1.5)));
  CHECK(rows[0].cells[1].stored == "f:1.50");
  CHECK(rows[1].cells[1] == cell(words("007")));
  CHECK(rows[0].cells[2] == cell(Date{46153}));
  const source::Run run{{}, {{rows[1].row, rows[1].cells[1], cell(amount(7))}}, {}};
  REQUIRE(place.commit(*target, {change::WriteCells{{"st0000000000", "c1"}, run}}) == "done");
  CHECK(place.bytes() == "k,n,d\nA,1.50,11-05-2026\nB,7,x\n");
  // A captured field comes back with its own spelling.
  const auto now = rows_of(*target, "st0000000000", {"c1"});
  const source::Run change{{}, {{now[0].row, now[0].cells[0], cell(amount(2))}}, {}};
  REQUIRE(place.commit(*target, {change::WriteCells{{"st0000000000", "c1"}, change}}) == "done");
  CHECK(place.bytes() == "k,n,d\nA,2,11-05-2026\nB,7,x\n");
  const source::Run back{{}, {{now[0].row, cell(amount(2)), now[0].cells[0]}}, {}};
  REQUIRE(place.commit(*target, {change::RestoreCells{{"st0000000000", "c1"}, change::Restore::values, back}}) ==
          "done");
  CHECK(place.bytes() == "k,n,d\nA,1.50,11-05-2026\nB,7,x\n");
}

TEST_CASE("csv cells that come back in front of a change of type are what they were behind it") {
  Folder place("k,n\n011,a\n12,b\n");
  place.manage();
  auto target = place.open();
  const auto rows = rows_of(*target, "st0000000000", {"c0"});
  const source::Run up{{}, {{rows[0].row, rows[0].cells[0], cell(amount(11))}}, {}};
  REQUIRE(place.commit(*target, {change::Retype{{"st0000000000", "c0"}, kInteger, {}, up}}) == "done");
  CHECK(place.bytes() == "k,n\n11,a\n12,b\n");
  const source::Run back{
      {},
      {{rows[0].row, cell(amount(11)), cell(words("011"))}, {rows[1].row, cell(amount(12)), cell(words("12"))}},
      {}};
  REQUIRE(place.commit(*target, {change::RestoreCells{{"st0000000000", "c0"}, change::Restore::values, back},
                                 change::Retype{{"st0000000000", "c0"}, Type{}, {}, source::None{}}}) == "done");
  CHECK(place.bytes() == "k,n\n011,a\n12,b\n");
  CHECK(rows_of(*target, "st0000000000", {"c0"})[1].cells[0] == cell(words("12")));
}

TEST_CASE("csv dates are spelled anew when their format changes, everything else stays") {
  Folder place("d,n\n11-05-2026,1.50\n2026-05-12,2\nnever,x\n");
  place.manage({{"d", {TypeKind::date, 0, {}}}, {"n", {TypeKind::number, 0, {}}}});
  REQUIRE(place.commit({change::SetFormat{{"st0000000000", "c0"}, "YYYY/MM/DD"},
                        change::SetFormat{{"st0000000000", "c1"}, "0.00"}}) == "done");
  CHECK(place.bytes() == "d,n\n2026/05/11,1.50\n2026-05-12,2\nnever,x\n");
}

TEST_CASE("csv rows are whole records, and a missing last line end stays missing") {
  Folder place("a,b\r\n1,x\r\n2,y");
  place.manage();
  auto target = place.open();
  const source::Run more{{"c0", "c1"}, {}, {{{}, {cell(words("3")), cell(words("a \"b\""))}}}};
  REQUIRE(place.commit(*target, {change::InsertRows{"st0000000000", more}}) == "done");
  CHECK(place.bytes() == "a,b\r\n1,x\r\n2,y\r\n3,\"a \"\"b\"\"\"");
  const auto rows = rows_of(*target, "st0000000000", {"c0"});
  const source::Run gone{{"c0"}, {}, {{rows[2].row, rows[2].cells}, {rows[0].row, rows[0].cells}}};
  REQUIRE(place.commit(*target, {change::DeleteRows{"st0000000000", gone}}) == "done");
  CHECK(place.bytes() == "a,b\r\n2,y");
}

TEST_CASE("csv rows and the columns that come after them in one commit") {
  Folder place("a,b\n1,x\n,\n");
  place.manage();
  auto target = place.open();
  const source::Run last{{"c0", "c1"}, {}, {{{}, {cell(words("2")), cell(words("y"))}}}};
  const source::Run first{{"c0", "c1"}, {}, {{{2, 0, {}}, {cell(words("0")), cell(words("w"))}}}};
  REQUIRE(place.commit(*target, {change::InsertRows{"st0000000000", last}, change::InsertRows{"st0000000000", first},
                                 add("cv", "v"), add("cw", "w", {}, zmig::Place::Kind::first),
                                 fill("cv", words("0"))}) == "done");
  CHECK(place.bytes() == "w,a,b,v\n,0,w,0\n,1,x,0\n,2,y,0\n,,,\n");
}

TEST_CASE("csv sheets are files: made in the folder's dialect, renamed, removed, swapped") {
  Folder place(
      "\xEF\xBB\xBF"
      "a;b\r\n1;x\r\n");
  place.manage();
  Sheet made;
  made.id = "snew00000000";
  made.title = "Nueva";
  REQUIRE(place.commit({change::InsertSheet{made, {zmig::Place::Kind::last, {}}},
                        change::InsertColumn{made.id, make_column("cx", "x"), {}},
                        change::InsertColumn{made.id, make_column("cy", "y"), {}}}) == "done");
  CHECK(place.bytes("Nueva.csv") ==
        "\xEF\xBB\xBF"
        "x;y\r\n");
  REQUIRE(place.commit({change::SetTitle{made.id, "Otra"}, change::SetTitle{"st0000000000", "Nueva"},
                        change::SetTitle{made.id, "T"}}) == "done");
  CHECK(place.bytes("T.csv") ==
        "\xEF\xBB\xBF"
        "x;y\r\n");
  CHECK(place.bytes("Nueva.csv") ==
        "\xEF\xBB\xBF"
        "a;b\r\n1;x\r\n");
  REQUIRE(place.commit({change::DeleteSheet{made.id}}) == "done");
  CHECK_FALSE(fs::exists(place.folder().at("T.csv")));
  CHECK(place.commit({change::SetTitle{"st0000000000", "a/b"}}) ==
        "ZM0325 a csv target cannot have a sheet \"a/b\": \"a/b.csv\" would be its file");
}

TEST_CASE("csv texts that a program may run are not introduced, and existing ones stay") {
  Folder place("a,b\n=1+1,-x\n");
  place.manage();
  REQUIRE(place.commit({add("cv", "v"), fill("cv", words("ok"))}) == "done");
  CHECK(place.bytes() == "a,b,v\n=1+1,-x,ok\n");
  const std::string before = place.bytes();
  for (const char* text : {"=1+1", "+x", "-x", "@SUM(A1)", "\tx", " =1", "\u00a0=1", "\n=1", "\uFF1D1", "\uFF20x"}) {
    CAPTURE(text);
    CHECK(place.commit({add("cw", "w"), fill("cw", words(text))}).starts_with("ZM1704 "));
  }
  CHECK(place.commit({add("cw", "=w")}).starts_with("ZM1704 "));
  CHECK(place.bytes() == before);
  CHECK(place.commit({add("cw", "w"), fill("cw", words("-5.5"))}) == "done");  // a number runs nothing
  TargetOptions allowed;
  allowed.csv_formula = "allow";
  Folder other("a,b\n1,2\n", allowed);
  other.manage();
  CHECK(other.commit({add("cv", "v"), fill("cv", words("=1+1"))}) == "done");
  CHECK(other.bytes() == "a,b,v\n1,2,=1+1\n");
}

TEST_CASE("csv says what a file cannot hold") {
  Folder narrow("a,b\nA\xF1o,1\n", with_encoding("windows-1252"));
  narrow.manage();
  CHECK(narrow.commit({add("cv", "v"), fill("cv", words("zł"))}) ==
        "ZM0462 \"ł\" cannot be written in Windows-1252 at T!C1");
  CHECK(narrow.commit({add("cv", "v"), fill("cv", words("5 €"))}) == "done");
  CHECK(narrow.bytes() == "a,b,v\nA\xF1o,1,5 \x80\n");
  Folder returns("a,b\r1,2\r");
  returns.manage();
  CHECK(returns.commit({add("cv", "v"), fill("cv", words("x\ny"))}) ==
        "ZM0462 a text with a line feed cannot be written into a file whose records end with CR alone at T!C1");
  Folder number("a,b\n1,2\n");
  number.manage({{"b", kInteger}});
  auto target = number.open();
  const auto rows = rows_of(*target, "st0000000000", {"c1"});
  const source::Run run{{}, {{rows[0].row, rows[0].cells[0], cell(words("7"))}}, {}};
  CHECK(number.commit(*target, {change::WriteCells{{"st0000000000", "c1"}, run}}) ==
        "ZM0478 the text \"7\" would read as a number in \"b\" of type integer at T!B2");
  Folder one("name\nAna, Ben\n");
  one.manage();
  CHECK(
      one.commit({add("cv", "v")}).starts_with("ZM0463 a second column needs a delimiter, and \"Ana, Ben\" holds `,`"));
  CHECK(one.bytes() == "name\nAna, Ben\n");
}

TEST_CASE("csv columns are found again after people worked on the file") {
  Folder place("a,b,c\n1,2,3\n");
  place.manage();
  const auto ids = [&] {
    auto target = place.open();
    std::string all;
    for (const Column& column : std::as_const(*target).schema().sheets[0].columns)
      all += column.id + "=" + column.header + " ";
    return all;
  };
  place.folder().write("T.csv", "a,B,c\n1,2,3\n");
  CHECK(ids() == "c0=a c1=B c2=c ");  // renamed
  place.folder().write("T.csv", "x,a,b,c\n0,1,2,3\n");
  CHECK(ids() == "~x=x c0=a c1=b c2=c ");  // one inserted
  place.folder().write("T.csv", "c,a,b\n3,1,2\n");
  CHECK(ids() == "c2=c c0=a c1=b ");  // moved
  place.folder().write("T.csv", "a,c\n1,3\n");
  CHECK(ids() == "c0=a c2=c ");  // one deleted
  place.folder().write("T.csv", "x,a,a,b\n0,1,1,2\n");
  CHECK(ids() == "~x=x ~a=a ~a#2=a c1=b ");  // two of one name: neither is chosen
}

TEST_CASE("csv files of several names, read-only files and folders are refused") {
  Folder place("a,b\n1,2\n");
  place.manage();
  fs::create_hard_link(place.folder().at("T.csv"), place.folder().at("other.txt"));
  CHECK(place.commit({add("cv", "v")}) ==
        "ZM0440 the file has 2 names (hard links): exchanging it would leave the others behind at T.csv");
  fs::remove(place.folder().at("other.txt"));
  CHECK(place.commit({add("cv", "v")}) == "done");
  if (::geteuid() == 0) return;  // root may write anywhere
  fs::permissions(place.folder().at("T.csv"), fs::perms::owner_read);
  CHECK(place.commit({add("cw", "w")}) == "ZM0406 the file is read-only at T.csv");
}

TEST_CASE("csv files keep mode and owner") {
  Folder place("a,b\n1,2\n");
  place.manage();
  fs::permissions(place.folder().at("T.csv"), fs::perms::owner_read | fs::perms::owner_write | fs::perms::group_read);
  REQUIRE(place.commit({add("cv", "v")}) == "done");
  CHECK(fs::status(place.folder().at("T.csv")).permissions() ==
        (fs::perms::owner_read | fs::perms::owner_write | fs::perms::group_read));
}

TEST_CASE("a damaged or newer manifest is never taken for none") {
  Folder place("a,b\n1,2\n");
  place.manage();
  const std::string path = place.folder().at(".zmig/manifest.json");
  const std::string whole = bytes_of(path);
  const auto inspected = [&] {
    auto target = CsvTarget::open(place.folder().path(), {}, *place.ports().files);
    const auto schema = (*target)->inspect();
    return schema ? "read"s : schema.error().zm;
  };
  CHECK(inspected() == "read");
  place.folder().write(".zmig/manifest.json", whole.substr(0, whole.size() / 2));
  CHECK(inspected() == "ZM0468");
  place.folder().write(".zmig/manifest.json", "{\"zmig_csv\": 2}");
  CHECK(inspected() == "ZM0481");
  place.folder().write(".zmig/manifest.json", "{}");
  CHECK(inspected() == "ZM0468");
}

#ifdef ZMIG_FAILPOINTS
namespace {

/// Everything in the folder that is not zmig's own.
std::map<std::string, std::string> files_in(const TempFolder& folder) {
  std::map<std::string, std::string> all;
  for (const auto& entry : fs::directory_iterator(folder.path()))
    if (entry.is_regular_file()) all[entry.path().filename().string()] = bytes_of(entry.path().string());
  return all;
}

std::vector<std::string> left_behind(const TempFolder& folder) {
  std::vector<std::string> left;
  for (const auto& entry : fs::recursive_directory_iterator(folder.at(".zmig"))) {
    const std::string name = entry.path().filename().string();
    if (entry.is_regular_file() && name != "lock" && name != ".gitignore" && name != "manifest.json")
      left.push_back(name);
  }
  return left;
}

struct Interrupted {
  std::map<std::string, std::string> before, after;
};

/// Two sheets in one set; the commit stops at call number `at`, for good. False: it has fewer calls.
bool stop_at(Folder& place, std::size_t at, Interrupted& files, const std::function<void()>& then) {
  place.folder().write("U.csv", "k\nA\n");
  place.manage();
  files.before = files_in(place.folder());
  std::size_t calls = 0;
  bool stopped = false;
  failpoint::set_handler([&](std::string_view) -> std::optional<Error> {
    stopped = stopped || ++calls == at;
    return stopped ? std::optional(make_error(Errc::io, "", "stopped")) : std::nullopt;
  });
  Sheet made;
  made.id = "snew00000000";
  made.title = "N";
  {
    auto target = place.open();
    static_cast<void>(place.commit(*target,
                                   {add("cv", "v"), fill("cv", words("0")),
                                    change::Track{{"su0000000000", {}},
                                                  [] {
                                                    Sheet sheet;
                                                    sheet.id = "su0000000000";
                                                    sheet.title = "U";
                                                    return sheet;
                                                  }()},
                                    change::DeleteSheet{"su0000000000"}, change::InsertSheet{made, {}}},
                                   Stamp{1, "one"}));
  }
  failpoint::set_handler({});
  files.after = {{"T.csv", "a,b,v\n1,2,0\n"}, {"N.csv", "\n"}};
  then();
  return stopped;
}

}  // namespace

TEST_CASE("a set of csv files is there as a whole or not at all, wherever the commit stops") {
  std::size_t landed = 0, not_landed = 0;
  for (std::size_t at = 1;; ++at) {
    CAPTURE(at);
    Folder place("a,b\n1,2\n");
    Interrupted files;
    const bool stopped = stop_at(place, at, files, [&] {
      // Seen through the journal, before anybody finished it.
      auto reader = place.open();
      const bool there = !reader->stamps()->empty();
      const Schema& schema = std::as_const(*reader).schema();
      CHECK(schema.sheets.size() == 2);
      CHECK((column_by_id(schema.sheets[0], "cv") != nullptr) == there);
      CHECK((schema.sheet_titled("N", true) != nullptr) == there);
      CHECK((schema.sheet_titled("U", true) != nullptr) != there);
      const auto seen_now = seen(*reader);
      CHECK(seen_now.contains("T!2 2 v") == there);
      {
        auto writer = reader->open_writer({"next", std::chrono::milliseconds(10)});
        CHECK(writer.has_value());
      }
      CHECK(files_in(place.folder()) == (there ? files.after : files.before));
      CHECK(left_behind(place.folder()).empty());
      ++(there ? landed : not_landed);
    });
    if (!stopped) break;
  }
  CHECK(landed >= 5);
  CHECK(not_landed >= 5);
}

TEST_CASE("what a person saves between the stage and the commit is not destroyed") {
  Folder place("a,b\n1,2\n");
  place.folder().write("U.csv", "k\nA\n");
  place.manage();
  // At every point of the commit where anybody can come in between.
  for (std::size_t at = 1; at < 40; ++at) {
    CAPTURE(at);
    place.folder().write("T.csv", "a,b\n1,2\n");
    std::size_t calls = 0;
    bool saved = false;
    failpoint::set_handler([&](std::string_view name) -> std::optional<Error> {
      if (name.starts_with("csv.") && ++calls == at) {
        saved = true;
        place.folder().write("T.csv.new", "a,b\n1,2\n9,mine\n");
        fs::rename(place.folder().at("T.csv.new"), place.folder().at("T.csv"));
      }
      return std::nullopt;
    });
    auto target = place.open();
    const std::string told = place.commit(*target, {add("cv", "v"), fill("cv", words("0"))});
    failpoint::set_handler({});
    if (!saved) {
      CHECK(at > 5);
      return;
    }
    INFO(told);
    // Either it was seen and taken along, or it stands as it was saved.
    const std::string now = place.bytes();
    const bool theirs = now == "a,b\n1,2\n9,mine\n";
    const bool taken_along = now == "a,b,v\n1,2,0\n9,mine,0\n";
    CHECK((theirs || taken_along));
    if (told != "done") CHECK(theirs);
    CHECK(left_behind(place.folder()).empty());
    auto again = place.open();
    if (column_by_id(std::as_const(*again).schema().sheets[0], "cv") != nullptr)
      REQUIRE(place.commit(*again, {change::DeleteColumn{{"st0000000000", "cv"}}}) == "done");
    else if (told == "done") {
      // The set was in place when the file was exchanged for another one: the column is not there any more.
      place.folder().write("T.csv", "a,b\n1,2\n");
      fs::remove_all(place.folder().at(".zmig"));
      place.manage();
    }
  }
}
#endif

TEST_CASE("csv writers commit once, stage by themselves where nobody did, and one at a time") {
  Folder place("a,b\n1,2\n");
  place.manage();
  auto target = place.open();
  const std::vector<Part> batch{{{add("cv", "v"), fill("cv", words("0"))}, std::nullopt}};
  auto writer = target->open_writer({"ana", std::chrono::milliseconds(0)});
  REQUIRE(writer.has_value());
  CHECK(target->open_writer({"eva", std::chrono::milliseconds(0)}).error().zm == "ZM0401");
  auto other = place.open();
  const auto held = other->open_writer({"eva", std::chrono::milliseconds(10)});
  REQUIRE_FALSE(held.has_value());
  CHECK(held.error().zm == "ZM0401");
  CHECK(held.error().message.find("ana@") != std::string::npos);
  place.folder().write(".zmig/lock", "nothing that a lock says");
  CHECK(other->open_writer({"eva", {}}).error().message ==
        "somebody@ (pid 0, `zmig `, since 1970-01-01T00:00:00Z) is writing here");
  REQUIRE((*writer)->commit(batch, {}).has_value());
  CHECK(place.bytes() == "a,b,v\n1,2,0\n");
  CHECK((*writer)->commit(batch, {}).error().code == Errc::conflict);
  CHECK((*writer)->stage(batch).error().code == Errc::conflict);
  auto refused = place.open();
  auto second = refused->open_writer({"ana", {}});
  REQUIRE(second.has_value());
  CHECK((*second)->commit(batch, {}).error().zm.starts_with("ZM"));  // the column is there already
  CHECK(place.bytes() == "a,b,v\n1,2,0\n");
}

TEST_CASE("csv files that nothing comes of are not touched, and nothing is asked of a single file") {
  Folder place("a,b\n1,2\n");
  place.manage();
  const auto before = fs::last_write_time(place.folder().at("T.csv"));
  const std::string manifest = place.bytes(".zmig/manifest.json");
  source::Run nothing;
  CHECK(place.commit({change::WriteCells{{"st0000000000", "c0"}, nothing},
                      change::FillEmpty{{"st0000000000", "c0"}, {}, {}}, change::InsertRows{"st0000000000", nothing},
                      change::DeleteRows{"st0000000000", nothing}}) == "done");
  CHECK(fs::last_write_time(place.folder().at("T.csv")) == before);
  CHECK(place.bytes(".zmig/manifest.json") == manifest);
  auto single = CsvTarget::open(place.folder().at("T.csv"), {}, *place.ports().files);
  REQUIRE(single.has_value());
  CHECK((*single)->preflight(std::vector<Change>{add("cv", "v")}).has_value());
  CHECK((*single)->open_writer({"ana", {}}).error().zm == "ZM0325");
}

TEST_CASE("csv titles that are no file names are refused before anything is written") {
  Folder place("a,b\n1,2\n");
  place.manage();
  auto fresh = CsvTarget::open(place.folder().path(), {}, *place.ports().files);
  REQUIRE(fresh.has_value());
  for (const std::string& title : {".hidden"s, "a/b"s, std::string(300, 'x'), "a\0b"s}) {
    Sheet made;
    made.id = "snew00000000";
    made.title = title;
    const std::vector<Change> insert{change::InsertSheet{made, {}}}, rename{change::SetTitle{"st0000000000", title}};
    CHECK((*fresh)->preflight(insert).error().zm == "ZM0325");
    CHECK((*fresh)->preflight(rename).error().zm == "ZM0325");
    CHECK(place.commit(insert).starts_with("ZM0325"));
  }
  // What is not known yet is not refused beforehand.
  CHECK((*fresh)->preflight(std::vector<Change>{change::DeleteColumn{{"snothing0000", "c"}}}).has_value());
  CHECK(place.bytes() == "a,b\n1,2\n");
}
