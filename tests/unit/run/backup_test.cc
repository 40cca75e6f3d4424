#include <fstream>

#include <sys/stat.h>

#include "base/digest.h"
#include "base/failpoint.h"
#include "run/backup.h"
#include "run/locks.h"
#include "run/run_json.h"
#include "run_world.h"
#include "support/passing_target.h"

using namespace zmig;
using namespace zmig::test;
using namespace zmig::run;

namespace {

Workbook every_kind() {
  Workbook book;
  add_sheet(book, "Tipos", {"H1", "H2"},
            {{text("Ñandú \xF0\x9F\x98\x80"), number(-1e300)},
             {Cell{Boolean{true}, {}, {}}, Cell{Number{3}, "A1+2", "0.00"}},
             {date(2026, 1, 26), Cell{Time{86'399'999}, {}, {}}},
             {Cell{DateTime{-5}, {}, {}}, Cell{CellError{"#N/A"}, {}, {}}},
             {{}, text(std::string("a\xFF\0b", 4))},
             {}});
  add_sheet(book, "Vacía", {}, {});
  return book;
}

BackupRow make(World& world) {
  SnapshotOptions options{world.options.backup_folder, "t-1", 3, world.fakes.clock.now(), std::nullopt};
  return must(make_snapshot(world.target, {{1, "{}"}}, options, world.fakes.ports));
}

}  // namespace

TEST_CASE("a snapshot holds every cell of every kind, formulas and formats too") {
  World world(every_kind());
  const BackupRow row = make(world);
  CHECK(row.title == "taller_0003_backup_20260126_181500");
  CHECK(row.mode == "cells");
  CHECK(row.verified.has_value());
  CHECK(backup_sheets_from_json(row.sheets_json) ==
        described(world.target.schema(), must(read_snapshot(row.location, {})).sheets));
  const std::vector<BackupSheet> sheets = backup_sheets_from_json(row.sheets_json);
  REQUIRE(sheets.size() == 2);
  CHECK((sheets[0].sheet == "Tipos" && sheets[0].rows == 6 && sheets[0].columns == 2 && sheets[0].formulas == 1));
  CHECK((sheets[1].sheet == "Vacía" && sheets[1].rows == 0 && sheets[1].columns == 0 && sheets[1].formulas == 0));
  std::vector<Cell> cells;
  const auto contents = must(read_snapshot(row.location, [&](const SnapshotSheet&, const RowView& view) {
    cells.insert(cells.end(), view.cells.begin(), view.cells.end());
    return ok();
  }));
  CHECK(contents.head.position == 3);
  CHECK(contents.head.stamps == std::vector<Stamp>{{1, "{}"}});
  CHECK(contents.head.schema == world.target.schema());
  std::vector<Cell> expected;
  const Workbook book = world.target.snapshot();
  const Sheet& sheet = book.schema.sheets[0];
  for (std::size_t r = 0; r < 6; ++r) {
    for (const Column& column : sheet.columns) expected.push_back(book.cells.at(sheet.id).at(column.id, r));
  }
  CHECK(cells == expected);
}

TEST_CASE("the file is private, and nothing half-made stays beside it") {
  World world(every_kind());
  const BackupRow row = make(world);
  struct stat facts {};
  REQUIRE(::stat(row.location.c_str(), &facts) == 0);
  CHECK((facts.st_mode & 0777) == 0600);
  REQUIRE(::stat(world.options.backup_folder.c_str(), &facts) == 0);
  CHECK((facts.st_mode & 0777) == 0700);
  const auto entries = std::filesystem::directory_iterator(world.options.backup_folder);
  CHECK(std::distance(begin(entries), end(entries)) == 1);
}

TEST_CASE("what a backup that was killed left unfinished goes with the next backup, the next run and the next prune") {
  World world(every_kind());
  const BackupRow row = make(world);
  const std::string left = world.options.backup_folder + "/.taller_0003_backup_20260126_181500.0011aaff.part";
  const auto write = [&] { std::ofstream(left) << "half"; };
  const auto is_left = [&] { return std::filesystem::exists(left); };
  write();
  make(world);
  CHECK_FALSE(is_left());
  Backups backups(world.history, world.replayed, world.target, *world.ledger, *world.codec, world.fakes.ports,
                  world.recorder, world.options);
  write();
  CHECK(must(backups.prune({}, true)).pruned.empty());
  CHECK(is_left());  // a dry run changes nothing
  CHECK(must(backups.prune({}, false)).pruned.empty());
  CHECK_FALSE(is_left());
  Context context{world.history, world.replayed,    world.target,   *world.ledger,
                  *world.codec,  world.fakes.ports, world.recorder, world.options};
  write();
  CHECK(hold_locks(context).has_value());
  CHECK_FALSE(is_left());
  CHECK(std::filesystem::exists(row.location));
}

TEST_CASE("a second backup of the same second gets _2") {
  World world(every_kind());
  CHECK(make(world).title == "taller_0003_backup_20260126_181500");
  CHECK(make(world).title == "taller_0003_backup_20260126_181500_2");
}

TEST_CASE("a changed, cut or longer snapshot is ZM0503") {
  World world(every_kind());
  const BackupRow row = make(world);
  const std::string name = row.location.substr(world.folder.path().size() + 1);
  const std::string bytes = world.folder.read(name);
  REQUIRE(verify_snapshot(row.location, row.sha256).has_value());
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    std::string damaged = bytes;
    damaged[i] = static_cast<char>(damaged[i] ^ 0x41);
    world.folder.write(name, damaged);
    const auto read = verify_snapshot(row.location, row.sha256);
    REQUIRE_FALSE(read.has_value());
    CHECK(read.error().zm == "ZM0503");
  }
  for (const std::size_t length : {std::size_t{0}, std::size_t{5}, bytes.size() / 2, bytes.size() - 1}) {
    world.folder.write(name, bytes.substr(0, length));
    CHECK(verify_snapshot(row.location, row.sha256).error().zm == "ZM0503");
  }
  world.folder.write(name, bytes + "x");
  CHECK(read_snapshot(row.location, {}).error().zm == "ZM0503");
}

TEST_CASE("snapshots of the releases before open, and say what they do not know") {
  World world(every_kind());
  const BackupRow row = make(world);
  CHECK(snapshot_version(row.location) == 4);
  CHECK(must(read_snapshot(row.location, {})).head.has_objects);
  // A file that version 3 wrote: one table with an index, an integer that no double holds, '' beside NULL.
  std::ifstream file(ZMIG_TEST_DATA "/backups/version_3.zbk", std::ios::binary);
  std::string bytes((std::istreambuf_iterator<char>(file)), {});
  REQUIRE(bytes.size() == 1174);
  world.folder.write("3.zbk", bytes);
  const std::string third = world.folder.path() + "/3.zbk";
  CHECK(snapshot_version(third) == 3);
  std::vector<std::string> names;
  const auto contents = must(read_snapshot(third, [&](const SnapshotSheet&, const RowView& view) {
    names.push_back(to_text(view.cells[0].value) + "|" + to_text(view.cells[1].value) + "|" + view.cells[1].stored);
    return ok();
  }));
  CHECK(names == std::vector<std::string>{"1|Ñandú|", "2||t:", "9007199254740993|a \"b\"|", "||"});
  REQUIRE(contents.sheets.size() == 1);
  CHECK(contents.sheets[0].rows == 4);
  CHECK(contents.head.has_objects);
  CHECK(contents.head.objects.size() == 2);  // the index, and how the table was declared
  CHECK(verify_snapshot(third, sha256_hex(bytes)).has_value());
  for (std::size_t i = 0; i < bytes.size(); i += 7) {
    std::string damaged = bytes;
    damaged[i] = static_cast<char>(damaged[i] ^ 0x41);
    world.folder.write("3.zbk", damaged);
    CHECK(verify_snapshot(third, sha256_hex(bytes)).error().zm == "ZM0503");
  }
  const std::string second = ZMIG_TEST_DATA "/backups/version_2.zbk";
  CHECK(snapshot_version(second) == 2);
  const auto old = must(read_snapshot(second, {}));
  CHECK_FALSE(old.head.has_objects);
  REQUIRE(old.sheets.size() == 1);
  CHECK(old.sheets[0].rows == 4);
  world.folder.write("5.zbk", "zmig backup 5\n");
  CHECK(snapshot_version(world.folder.path() + "/5.zbk") == 0);
  CHECK(read_snapshot(world.folder.path() + "/5.zbk", {}).error().message.find("a newer one") != std::string::npos);
}

TEST_CASE("a workbook that changes while it is read is read again, and after three times the backup is refused") {
  // Every scan shows another value: people are typing.
  class Restless final : public PassingTarget {
   public:
    Restless(Target& inner, int changes) : PassingTarget(inner), changes_(changes) {}
    Status scan(const std::string& sheet_id, std::span<const std::string> ids, const RowSink& sink) override {
      if (changes_ > 0) --changes_;
      const double shown = changes_;
      return inner_.scan(sheet_id, ids, [&](const RowView& row) {
        std::vector<Cell> cells(row.cells.begin(), row.cells.end());
        if (!cells.empty()) cells[0] = number(shown);
        return sink(RowView{row.row, cells});
      });
    }

   private:
    int changes_;
  };
  World world(every_kind());
  SnapshotOptions options{world.options.backup_folder, "t-1", 0, world.fakes.clock.now(), std::nullopt};
  Restless for_a_while(world.target, 4);
  CHECK(make_snapshot(for_a_while, {}, options, world.fakes.ports).has_value());
  Restless for_ever(world.target, 1000);
  const auto refused = make_snapshot(for_ever, {}, options, world.fakes.ports);
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().zm == "ZM0501");
  const auto entries = std::filesystem::directory_iterator(world.options.backup_folder);
  CHECK(std::distance(begin(entries), end(entries)) == 1);
}

TEST_CASE("the name of a backup fits a file system, whatever the title") {
  const UtcTime at = must(parse_utc("2026-01-26T18:15:00Z"));
  CHECK(snapshot_name("Operaciones", 1, at) == "Operaciones_0001_backup_20260126_181500");
  CHECK(snapshot_name("../a b/c", 1, at) == "_._a_b_c_0001_backup_20260126_181500");
  CHECK(snapshot_name("", 1, at) == "workbook_0001_backup_20260126_181500");
  CHECK(snapshot_name(std::string(99, 'x') + "ñ", 1, at).starts_with(std::string(99, 'x') + "_0001"));
}

TEST_CASE("where nobody else can write one reading is enough, and it gives the hashes of the stored columns") {
  class Counted final : public PassingTarget {
   public:
    using PassingTarget::PassingTarget;
    Status scan(const std::string& sheet_id, std::span<const std::string> ids, const RowSink& sink) override {
      ++scans;
      return inner_.scan(sheet_id, ids, sink);
    }
    Result<std::vector<std::string>> scan_hashed(const std::string& sheet_id, const CellReadSink& sink) override {
      ++hashed;
      return inner_.scan_hashed(sheet_id, sink);
    }
    int scans = 0, hashed = 0;
  };
  World world(every_kind());
  Counted counted(world.target);
  StoredHashes stored;
  SnapshotOptions options{world.options.backup_folder, "t-1", 3, world.fakes.clock.now(), std::nullopt};
  options.steady = true;
  options.stored = &stored;
  const BackupRow steady = must(make_snapshot(counted, {{1, "{}"}}, options, world.fakes.ports));
  CHECK((counted.scans == 0 && counted.hashed == 2));  // two sheets
  for (const Sheet& sheet : world.target.schema().sheets)
    CHECK(stored.at(sheet.id) == must(world.target.column_hashes(sheet.id, {})));
  options.steady = false;
  options.stored = nullptr;
  const BackupRow twice = must(make_snapshot(counted, {{1, "{}"}}, options, world.fakes.ports));
  CHECK((counted.scans == 4 && counted.hashed == 2));
  CHECK(twice.sheets_json == steady.sheets_json);
  CHECK(twice.sha256 == steady.sha256);
}

namespace {

SnapshotOptions plain_options(World& world) {
  return {world.options.backup_folder, "t-1", 0, world.fakes.clock.now(), std::nullopt};
}
std::size_t files_in(const std::string& folder) {
  const auto entries = std::filesystem::directory_iterator(folder);
  return static_cast<std::size_t>(std::distance(begin(entries), end(entries)));
}

/// Fails every reading of cells with this error.
class Unreadable final : public PassingTarget {
 public:
  Unreadable(Target& inner, Error error) : PassingTarget(inner), error_(std::move(error)) {}
  Status scan(const std::string&, std::span<const std::string>, const RowSink&) override {
    ++scans;
    return error_;
  }
  int scans = 0;

 private:
  Error error_;
};

}  // namespace

TEST_CASE("somebody who wants to stop during a backup is told so, at once; other errors are no backup") {
  World world(every_kind());
  Unreadable stopped(world.target, make_error(Errc::transient, "ZM0410", "stopped on request"));
  const auto first = make_snapshot(stopped, {}, plain_options(world), world.fakes.ports);
  REQUIRE_FALSE(first.has_value());
  CHECK(first.error().zm == "ZM0410");
  CHECK(first.error().message == "stopped on request");
  CHECK(stopped.scans == 1);
  Unreadable broken(world.target, make_error(Errc::io, "ZM0470", "torn", "mend it"));
  const auto second = make_snapshot(broken, {}, plain_options(world), world.fakes.ports);
  REQUIRE_FALSE(second.has_value());
  CHECK(second.error().zm == "ZM0501");
  CHECK(second.error().message == "no backup could be made: torn");
  CHECK(second.error().help == "mend it");
  CHECK(broken.scans == 1);
  CHECK(files_in(world.options.backup_folder) == 0);
  std::uint64_t bytes = 0;
  CHECK(count_sheets(broken, bytes).error().message == "torn");
}

TEST_CASE(
    "objects of the workbook are part of the backup: refused, or others when looked at again, and there is none") {
  class Objects final : public PassingTarget {
   public:
    using PassingTarget::PassingTarget;
    Result<std::vector<NativeObject>> native_objects() override {
      if (refused) return make_error(Errc::io, "", "no objects today");
      return std::vector<NativeObject>{{"index", "i" + std::to_string(asked++), "", "CREATE INDEX"}};
    }
    bool refused = false;
    int asked = 0;
  };
  World world(every_kind());
  Objects objects(world.target);
  const auto changed = make_snapshot(objects, {}, plain_options(world), world.fakes.ports);
  REQUIRE_FALSE(changed.has_value());
  CHECK(changed.error().zm == "ZM0501");
  CHECK(changed.error().message.find("the backup of \"the list of sheets\" is not what the workbook says now") !=
        std::string::npos);
  objects.refused = true;
  const auto refused = make_snapshot(objects, {}, plain_options(world), world.fakes.ports);
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().message == "no backup could be made: no objects today");
  CHECK(files_in(world.options.backup_folder) == 0);
}

TEST_CASE("what a backup cannot hold as it is makes no backup") {
  class Odd final : public PassingTarget {
   public:
    using PassingTarget::PassingTarget;
    Result<std::vector<NativeObject>> native_objects() override {
      return std::vector<NativeObject>{{"index", "i\xFF", "", "CREATE INDEX"}};
    }
  };
  const auto refused = [](World& world, Target& target, const std::vector<Stamp>& stamps) {
    const auto made = make_snapshot(target, stamps, plain_options(world), world.fakes.ports);
    REQUIRE_FALSE(made.has_value());
    CHECK(made.error().zm == "ZM0501");
    CHECK(made.error().message == "no backup could be made: the backup does not hold the schema that was read");
    CHECK(files_in(world.options.backup_folder) == 0);
  };
  World world(every_kind());
  Odd odd(world.target);
  refused(world, odd, {});
  refused(world, world.target, {{1, "\xFF"}});
  Workbook book = every_kind();
  book.schema.sheets[0].title = "Tipos\xFF";
  World titled(book);
  refused(titled, titled.target, {});
}

TEST_CASE("a backup that is not the recorded file is told from a damaged one") {
  World world(every_kind());
  const BackupRow row = make(world);
  const auto other = verify_snapshot(row.location, std::string(64, '0'));
  REQUIRE_FALSE(other.has_value());
  CHECK(other.error().message == "the backup is not the file that was recorded: its hash differs");
}

TEST_CASE("a folder in which every name is taken takes no backup") {
  class Crowded final : public FileSystem {
   public:
    explicit Crowded(FileSystem& inner) : inner_(inner) {}
    Result<std::string> read(const std::string& path, std::uint64_t limit) override { return inner_.read(path, limit); }
    Status replace(const std::string& path, std::string_view bytes) override { return inner_.replace(path, bytes); }
    Result<std::vector<DirEntry>> list(const std::string& folder) override { return inner_.list(folder); }
    bool exists(const std::string&) override { return true; }
    Status make_folder(const std::string& path, bool private_mode) override {
      return inner_.make_folder(path, private_mode);
    }
    Status remove(const std::string& path) override { return inner_.remove(path); }

   private:
    FileSystem& inner_;
  };
  World world(every_kind());
  Crowded crowded(*world.fakes.files);
  Ports ports{world.fakes.clock, world.fakes.random, crowded};
  const auto made = make_snapshot(world.target, {}, plain_options(world), ports);
  REQUIRE_FALSE(made.has_value());
  CHECK(made.error().message == "no backup could be made: too many backups of this second");
  CHECK(files_in(world.options.backup_folder) == 0);
}

TEST_CASE("a title without a letter that can stand in a name is a workbook") {
  const UtcTime at = must(parse_utc("2026-01-26T18:15:00Z"));
  CHECK(file_name_of(std::string(200, '\x80'), 100).empty());
  CHECK(snapshot_name(std::string(200, '\x80'), 1, at) == "workbook_0001_backup_20260126_181500");
}

TEST_CASE("a sheet that the schema does not know is described without headers") {
  World world(every_kind());
  const BackupRow row = make(world);
  const auto sheets = must(read_snapshot(row.location, {})).sheets;
  const auto known = described(world.target.schema(), sheets), unknown = described({}, sheets);
  REQUIRE(unknown.size() == known.size());
  CHECK(unknown[0].sheet == known[0].sheet);
  CHECK(unknown[0].content_hash == known[0].content_hash);
  CHECK(unknown[0].header_hash != known[0].header_hash);
}

#ifdef ZMIG_FAILPOINTS

TEST_CASE("under its name there is never a backup that was not proved, whatever happens on the way") {
  struct Handler {
    explicit Handler(failpoint::Handler asked) { failpoint::set_handler(std::move(asked)); }
    ~Handler() { failpoint::set_handler({}); }
  };
  World world(every_kind());
  std::filesystem::create_directories(world.options.backup_folder);
  const auto broken_at = [&](std::string_view point, const std::function<std::optional<Error>()>& then) {
    const Handler handler([&](std::string_view name) { return name == point ? then() : std::nullopt; });
    const auto made = make_snapshot(world.target, {}, plain_options(world), world.fakes.ports);
    REQUIRE_FALSE(made.has_value());
    CHECK(made.error().zm == "ZM0501");
    return made.error().message;
  };
  const auto error = [] { return std::optional<Error>(make_error(Errc::io, "", "pulled")); };
  CHECK(broken_at("run.backup_written", error) == "no backup could be made: pulled");
  CHECK(files_in(world.options.backup_folder) == 0);
  // In place and proved: it is a backup, and the next command records it.
  CHECK(broken_at("run.backup_in_place", error) == "no backup could be made: pulled");
  REQUIRE(files_in(world.options.backup_folder) == 1);
  const std::string path = std::filesystem::directory_iterator(world.options.backup_folder)->path();
  CHECK(read_snapshot(path, {}).has_value());
  std::filesystem::remove(path);
  // Somebody writes to it in the moment between.
  const auto tamper = [&]() -> std::optional<Error> {
    std::ofstream(std::filesystem::directory_iterator(world.options.backup_folder)->path(), std::ios::app) << "x";
    return std::nullopt;
  };
  CHECK(broken_at("run.backup_in_place", tamper).find("its hash differs") != std::string::npos);
  // Bytes in the middle of the packed rows are others before the file is read back.
  const auto overwrite = [&]() -> std::optional<Error> {
    for (const auto& entry : std::filesystem::directory_iterator(world.options.backup_folder)) {
      if (entry.path().extension() != ".part") continue;
      std::fstream file(entry.path(), std::ios::in | std::ios::out | std::ios::binary);
      file.seekp(static_cast<std::streamoff>(std::filesystem::file_size(entry.path()) / 2));
      file << "????";
    }
    return std::nullopt;
  };
  CHECK(broken_at("run.backup_written", overwrite).find("the backup is damaged") != std::string::npos);
}

#endif
