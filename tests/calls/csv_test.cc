// A folder of csv files, one place at a time: what a person saves in any moment of a commit is somewhere afterwards, a
// disk that is full at any byte leaves the old file, and a new file that does not read back as it was written is none.

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>

#include <zmig/lock.h>

#include "calls/calls.h"
#include "fault/lab.h"
#include "support/catch.h"
#include "support/fake_ports.h"
#include "support/workbooks.h"
#include "targets/csv/csv_target.h"

using namespace zmig;
using namespace zmig::test;

namespace {

namespace fs = std::filesystem;

constexpr std::size_t kAll = 1000;

std::string bytes_of(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::string told(const Error& error) { return error.zm + " " + error.message; }

/// In memory where the machine has such a place: each commit syncs a dozen times.
class FastFolder {
 public:
  ~FastFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::string at(const std::string& name) const { return path_ + "/" + name; }
  void write(const std::string& name, const std::string& bytes) const {
    std::ofstream(at(name), std::ios::binary) << bytes;
  }

 private:
  std::string path_ = fast_folder();
};

/// A folder whose sheet T has two managed columns, a and b.
struct Book {
  FastFolder folder;
  FakePorts ports;
  TargetOptions options;

  explicit Book(const std::string& bytes, TargetOptions how = {}) : options(std::move(how)) {
    folder.write("T.csv", bytes);
    auto target = open();
    Sheet sheet;
    sheet.id = "st0000000000";
    sheet.title = "T";
    sheet.header_row = std::as_const(*target).schema().sheets[0].header_row;
    std::vector<Change> claims{change::Track{{sheet.id, {}}, sheet}};
    for (const char* id : {"a", "b"}) claims.push_back(change::Track{{sheet.id, id}, make_column(id, id)});
    REQUIRE(commit(*target, {std::move(claims), std::nullopt}) == "done");
  }
  std::unique_ptr<CsvTarget> open() {
    auto target = CsvTarget::open(folder.path(), options, *ports.files);
    if (!target) FAIL(told(target.error()));
    const auto schema = (*target)->inspect();
    if (!schema) FAIL(told(schema.error()));
    return std::move(*target);
  }
  static std::string commit(Target& target, Part part) {
    auto writer = target.open_writer({"test", std::chrono::milliseconds(20)});
    if (!writer) return told(writer.error());
    const std::vector<Part> batch{std::move(part)};
    const auto staged = (*writer)->stage(batch);
    if (!staged) return told(staged.error());
    const auto done = (*writer)->commit(batch, *staged);
    return done ? "done" : told(done.error());
  }
  std::string commit(std::vector<Change> changes) {
    auto target = open();
    return commit(*target, {std::move(changes), std::nullopt});
  }
  /// The next writer finishes or undoes what is left.
  std::string next() {
    auto target = CsvTarget::open(folder.path(), options, *ports.files);
    if (!target) return told(target.error());
    const auto writer = (*target)->open_writer({"next", std::chrono::milliseconds(20)});
    return writer ? "done" : told(writer.error());
  }
  [[nodiscard]] std::string bytes() const { return bytes_of(folder.at("T.csv")); }
  [[nodiscard]] std::vector<std::string> staged() const {
    std::vector<std::string> out;
    if (!fs::exists(folder.at(".zmig/stage"))) return out;
    for (const auto& entry : fs::directory_iterator(folder.at(".zmig/stage"))) out.push_back(entry.path());
    return out;
  }
  /// Whether some file here, ours or theirs, holds the text.
  [[nodiscard]] bool holds(const std::string& text) const {
    const fs::recursive_directory_iterator all(folder.path());
    return std::any_of(begin(all), end(all), [&](const fs::directory_entry& entry) {
      return entry.is_regular_file() && bytes_of(entry.path()).find(text) != std::string::npos;
    });
  }
  void save(const std::string& name, const std::string& text) const {
    folder.write(name + ".new", text);
    fs::rename(folder.at(name + ".new"), folder.at(name));
  }
};

Change add_and_fill(std::vector<Change>& changes) {
  changes.push_back(change::InsertColumn{"st0000000000", make_column("v", "v"), {}});
  return change::FillEmpty{{"st0000000000", "v"}, words("0"), {"v"}};
}
std::vector<Change> new_column() {
  std::vector<Change> changes;
  changes.push_back(add_and_fill(changes));
  return changes;
}
std::vector<Change> without_b() { return {change::DeleteColumn{{"st0000000000", "b"}}}; }

/// T changes, U goes, N comes.
std::vector<Change> of_everything() {
  Sheet known, made;
  known.id = "su0000000000";
  known.title = "U";
  made.id = "snew00000000";
  made.title = "N";
  std::vector<Change> changes = new_column();
  changes.push_back(change::Track{{known.id, {}}, known});
  changes.push_back(change::DeleteSheet{known.id});
  changes.push_back(change::InsertSheet{made, {}});
  return changes;
}

}  // namespace

TEST_CASE("calls: a disk that is full behind any byte of a csv file leaves the old one") {
  constexpr std::size_t kBuffer = std::size_t{256} * 1024;
  struct Case {
    const char* name;
    std::uint32_t header_row;
    std::vector<Change> changes;
  };
  const Case cases[] = {{"appended", 1, new_column()}, {"field by field", 1, without_b()}, {"copied", 3, new_column()}};
  for (const Case& one : cases) {
    // The buffer is full in front of the header, within it, and behind each piece of the records after it.
    for (std::size_t short_of = 0; short_of < 24; ++short_of) {
      INFO(one.name << ", " << short_of << " bytes short");
      TargetOptions options;
      if (one.header_row > 1) options.header_rows = {{"T", one.header_row}};
      options.csv_delimiter = ",";
      const std::string big(kBuffer - short_of - (one.header_row > 1 ? 2 : 6), 'x');
      const std::string bytes = one.header_row > 1 ? "p\n" + big + "\na,b\n1,2\n" : "a,b\n" + big + ",2\n3,4\n";
      Book book(bytes, options);
      std::size_t at = 1;
      for (bool met = true; met && at < 20; ++at) {
        const NamedFails fails("write", ENOSPC, at, kAll);
        const std::string said = book.commit(one.changes);
        met = fails.happened();
        REQUIRE((said == "done") != met);
        if (met) CHECK((book.bytes() == bytes));
        if (met) CHECK(book.staged().empty());
      }
      CHECK((at > 3 && at < 20));
    }
  }
}

TEST_CASE("calls: a staged csv file that somebody touches before it is read back is never put in place") {
  const std::string bytes = "a,b\n1,2\n3,4\n", wanted = "a,b,v\n1,2,0\n3,4,0\n";
  const std::string others[] = {"",
                                "a,b,v\n1,2,0\n3,4,9\n",
                                "a,b,v\n1,2,0\n3,4,0\n5,6,0\n",
                                "a,b,v\n1,2,0\n",
                                "a,b,v\n1,2,0\n3,4,00\n",
                                "a,b,v,w\n1,2,0\n3,4,0\n",
                                "a;b;v\n1;2;0\n3;4;0\n",
                                "\xEF\xBB\xBF" + wanted,
                                "sep=,\n" + wanted,
                                std::string("\xFF\xFE\x61\0\x2C\0\x62\0\x0A\0", 10)};
  std::size_t refused = 0;
  for (const std::string& other : others) {
    std::size_t at = 1;
    for (bool met = true; met; ++at) {
      Book book(bytes);
      bool touched = false;
      const std::vector<Part> batch{{new_column(), std::nullopt}};
      auto target = book.open();
      auto writer = target->open_writer({"test", std::chrono::milliseconds(20)});
      REQUIRE(writer.has_value());
      Result<Staged> staged = Staged{};
      {
        const Before open("open", at, [&] {
          for (const std::string& path : book.staged()) {
            if (!bytes_of(path).starts_with("a,b")) continue;
            std::ofstream(path, std::ios::binary) << other;
            touched = true;
          }
        });
        staged = (*writer)->stage(batch);
        met = open.happened();
      }
      std::string said = staged ? "done" : told(staged.error());
      if (staged) {
        const auto done = (*writer)->commit(batch, *staged);
        said = done ? "done" : told(done.error());
      }
      writer->reset();
      INFO("in front of open " << at << ": " << said);
      static_cast<void>(book.next());
      CHECK((book.bytes() == bytes || book.bytes() == wanted));
      if (said == "done") CHECK(book.bytes() == wanted);
      if (!touched) continue;
      refused += said == "done" ? 0 : 1;
    }
  }
  CHECK(refused >= std::size(others));
}

TEST_CASE("calls: what a person adds to a csv file while it is read is not lost") {
  for (const char* name : {"read", "fstat", "lstat"}) {
    std::size_t at = 1, taken_along = 0;
    for (bool met = true; met; ++at) {
      Book book("a,b\n1,2\n");
      std::string said;
      {
        const Before call(name, at, [&] { std::ofstream(book.folder.at("T.csv"), std::ios::app) << "9,mine\n"; });
        said = book.commit(new_column());
        met = call.happened();
      }
      INFO(name << " " << at << ": " << said);
      if (!met) continue;
      static_cast<void>(book.next());
      CHECK(book.holds("9,mine"));
      taken_along += said == "done" ? 1 : 0;
    }
    CHECK(at > 5);
    CHECK(taken_along > 0);
  }
}

TEST_CASE("calls: what a person saves in any two moments of a set is somewhere afterwards") {
  struct Save {
    const char* name;
    const char* text;
  };
  const Save saves[] = {{"T.csv", "a,b\n7,first save\n"}, {"U.csv", "k\nsecond save\n"}, {"N.csv", "n\nthird save\n"}};
  std::size_t undone = 0, done = 0, torn = 0;
  for (const Save& one : saves) {
    for (const Save& other : saves) {
      // The first exchange is the trial in front of everything: what is saved there is simply read.
      for (std::size_t first = 2; first <= 6; ++first) {
        for (std::size_t second = first; second <= first + 6; ++second) {
          Book book("a,b\n1,2\n");
          book.folder.write("U.csv", "k\nA\n");
          std::string said;
          bool saved_one = false, saved_other = false;
          {
            const Before a("renameat2", first, [&] { book.save(one.name, one.text), saved_one = true; });
            const Before b("renameat2", second, [&] {
              book.save(other.name, std::string(other.text) + "again\n");
              saved_other = true;
            });
            said = book.commit(of_everything());
          }
          INFO(one.name << " at " << first << ", " << other.name << " at " << second << ": " << said);
          ++(said == "done" ? done : undone);
          const std::string next = book.next();
          torn += next.starts_with("ZM0469") ? 1 : 0;
          // A later save of the same file takes the place of the first one, as their program does it.
          const bool replaced = saved_other && std::string(one.name) == other.name;
          if (saved_one && !replaced) CHECK(book.holds(one.text));
          if (saved_other) CHECK(book.holds(std::string(other.text) + "again\n"));
        }
      }
    }
  }
  CHECK((done > 0 && undone > 0));
  WARN(done << " sets done, " << undone << " not, " << torn << " left to a person");
}

TEST_CASE("calls: a csv file keeps owner and attributes, as far as that is permitted") {
  const auto commit = [](Book& book, const char* name, int number) {
    ::uid_t count = 0;
    const StatShows other([&](struct stat& info) { info.st_uid += count++ % 2; });  // of two files never the same
    const NamedFails fails(name, number, 1, kAll);
    return book.commit(new_column());
  };
  {
    Book book("a,b\n1,2\n");
    CHECK(commit(book, "fchown", EPERM) == "done");
    CHECK(book.bytes() == "a,b,v\n1,2,0\n");
  }
  {
    Book book("a,b\n1,2\n");
    CHECK(commit(book, "fchown", EIO) != "done");
    CHECK(book.bytes() == "a,b\n1,2\n");
    CHECK(book.staged().empty());
  }
  {
    Book book("a,b\n1,2\n");
    CHECK(commit(book, "nothing", 0) == "done");
  }
  for (const bool change_between : {false, true}) {
    Book book("a,b\n1,2\n");
    Attributes attributes({{"user.colour", "blue"}, {"user.secret", std::nullopt}});
    attributes.change_between = change_between;
    CHECK(book.commit(new_column()) == "done");
    CHECK(attributes.set() == (change_between ? std::map<std::string, std::string>{}
                                              : std::map<std::string, std::string>{{"user.colour", "blue"}}));
  }
  Book book("a,b\n1,2\n");
  const Attributes attributes(std::map<std::string, std::optional<std::string>>{{"user.colour", "blue"}});
  const NamedFails gone("flistxattr", EIO, 2);
  CHECK(book.commit(new_column()) == "done");
  CHECK(attributes.set().empty());
}

TEST_CASE("calls: a folder that cannot do what a commit rests on is told so before anything is written") {
  const std::string bytes = "a,b\n1,2\n";
  for (const int number : {EINVAL, ENOSYS, EOPNOTSUPP}) {
    Book book(bytes);
    const NamedFails fails("renameat2", number);
    CHECK(book.commit(new_column()).starts_with("ZM0325 the file system of the folder cannot exchange two files"));
    CHECK(book.bytes() == bytes);
    CHECK(book.staged().empty());
  }
  {
    Book book(bytes);
    const NamedFails fails("renameat2", EIO);
    CHECK(book.commit(new_column()).find("exchanging in") != std::string::npos);
    CHECK(book.bytes() == bytes);
  }
  {
    Book book(bytes);
    const NamedFails fails("access", EACCES);
    CHECK(book.commit(new_column()).starts_with("ZM0406"));
  }
  for (const int number : {EACCES, EROFS}) {
    Book book(bytes);
    fs::remove_all(book.folder.at(".zmig"));
    const NamedFails fails("mkdir", number, 1, kAll);
    const std::string said = book.commit({});
    CHECK(said.starts_with(number == EACCES ? "ZM0406" : " "));
    CHECK_FALSE(fs::exists(book.folder.at(".zmig")));
  }
  // No sync of folders is no error there; of files it is.
  std::size_t at = 1, done = 0;
  for (bool met = true; met; ++at) {
    Book book(bytes);
    const NamedFails fails("fsync", EINVAL, at);
    const std::string said = book.commit(new_column());
    met = fails.happened();
    CHECK((book.bytes() == bytes || book.bytes() == "a,b,v\n1,2,0\n"));
    done += met && said == "done" ? 1 : 0;
  }
  CHECK(done > 2);
  // Two opens in a row that fail: both files of the trial.
  at = 1;
  for (bool met = true; met; ++at) {
    Book book(bytes);
    const NamedFails fails("open", EACCES, at, 2);
    auto target = CsvTarget::open(book.folder.path(), {}, *book.ports.files);
    if (target && (*target)->inspect()) {
      const std::string said = Book::commit(**target, {new_column(), std::nullopt});
      if (said == "done") CHECK(book.bytes() == "a,b,v\n1,2,0\n");
    }
    met = fails.happened();
    CHECK((book.bytes() == bytes || book.bytes() == "a,b,v\n1,2,0\n"));
  }
}

TEST_CASE("calls: a read of a csv file that is interrupted goes on") {
  std::size_t at = 1, done = 0;
  for (bool met = true; met; ++at) {
    Book book("a,b\n1,2\n");
    book.folder.write("U.csv", "k\nA\n");
    const NamedFails fails("read", EINTR, at);
    auto target = CsvTarget::open(book.folder.path(), {}, *book.ports.files);
    std::string said = "not opened";
    if (target && (*target)->inspect()) said = Book::commit(**target, {of_everything(), std::nullopt});
    met = fails.happened();
    CHECK((book.bytes() == "a,b\n1,2\n" || book.bytes() == "a,b,v\n1,2,0\n"));
    if (said == "done") CHECK(book.bytes() == "a,b,v\n1,2,0\n");
    done += said == "done" ? 1 : 0;
  }
  CHECK(done > 2);
}
