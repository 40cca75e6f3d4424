#include <map>
#include <string>

#include "plan_builders.h"
#include "support/catch.h"

using namespace zmig;
using namespace zmig::test;

namespace {

class MemoryFiles final : public FileSystem {
 public:
  std::map<std::string, std::string> files;
  std::map<std::string, FileKind> odd;  // links and folders

  Result<std::string> read(const std::string& path, std::uint64_t limit) override {
    const auto found = files.find(path);
    if (found == files.end()) return make_error(Errc::not_found, {}, "no such file");
    if (found->second.size() > limit) return make_error(Errc::invalid_input, "ZM0020", "too large");
    return found->second;
  }
  Status replace(const std::string& path, std::string_view bytes) override {
    files[path] = std::string(bytes);
    return ok();
  }
  Result<std::vector<DirEntry>> list(const std::string& folder) override {
    std::vector<DirEntry> out;
    const auto add = [&](const std::string& path, FileKind kind) {
      if (path.starts_with(folder + "/")) out.push_back({path.substr(folder.size() + 1), kind});
    };
    for (const auto& [path, text] : files) add(path, FileKind::regular);
    for (const auto& [path, kind] : odd) add(path, kind);
    std::sort(out.begin(), out.end(), [](const DirEntry& a, const DirEntry& b) { return a.name < b.name; });
    if (out.empty()) return make_error(Errc::not_found, {}, "no such folder");
    return out;
  }
  bool exists(const std::string& path) override { return files.contains(path); }
  Status make_folder(const std::string&, bool) override { return ok(); }
  Status remove(const std::string& path) override {
    files.erase(path);
    return ok();
  }
};

struct Folder {
  MemoryFiles files;
  FakeCodec codec;
  SourceMap sources;
  Diagnostics out;

  Folder& file(const std::string& name, const std::string& body) {
    files.files["migrations/" + name] = body;
    codec.know(body, {});
    return *this;
  }
  History load() {
    Result<History> history = load_history(files, {}, codec, sources, out);
    REQUIRE(history);
    return *std::move(history);
  }
};

std::string lock_of(const History& history) { return print_lock(history.fresh_lock()); }

}  // namespace

TEST_CASE("a missing folder is an empty history") {
  Folder folder;
  const History history = folder.load();
  CHECK(history.files.empty());
  CHECK_FALSE(history.has_lock);
  CHECK_FALSE(history.baseline);
  CHECK(folder.out.empty());
}

TEST_CASE("files are listed by number, with name, slug and checksum") {
  Folder folder;
  folder.file("0002_two.zmig", "b").file("0001_one.zmig", "a").file("README.md", "x");
  const History history = folder.load();
  REQUIRE(history.files.size() == 2);
  CHECK(history.files[0].name == "0001_one");
  CHECK(history.files[0].slug == "one");
  CHECK(history.files[0].checksum == "sha256:" + sha256_hex("a"));
  CHECK(history.files[0].source.path == "migrations/0001_one.zmig");
  CHECK(history.files[1].number == 2);
  CHECK(folder.out.empty());
}

TEST_CASE("a name that is no migration's is refused, and so are links") {
  Folder folder;
  folder.file("1_short.zmig", "a").file("0000_zero.zmig", "b").file("0001_Upper.zmig", "c");
  folder.files.odd["migrations/0001_link.zmig"] = FileKind::other;
  const History history = folder.load();
  CHECK(history.files.empty());
  CHECK(told(folder.out) == std::vector<std::string>{"ZM0703 \"0000_zero.zmig\" is not the name of a migration",
                                                     "ZM0703 \"0001_Upper.zmig\" is not the name of a migration",
                                                     "ZM0703 \"0001_link.zmig\" is not a regular file",
                                                     "ZM0703 \"1_short.zmig\" is not the name of a migration"});
}

TEST_CASE("a number used twice and a gap are named") {
  Folder folder;
  folder.file("0001_a.zmig", "a").file("0003_b.zmig", "b").file("0003_c.zmig", "c");
  folder.load();
  CHECK(told(folder.out) ==
        std::vector<std::string>{"ZM1901 0002 is missing before \"0003_b\"", "ZM0205 the number 0003 is used twice"});
}

TEST_CASE("a file larger than 1 MiB is listed and not read") {
  Folder folder;
  folder.file("0001_big.zmig", std::string((1u << 20) + 1, ' '));
  const History history = folder.load();
  CHECK(told(folder.out) == std::vector<std::string>{"ZM0020 \"0001_big.zmig\" is larger than 1 MiB"});
  REQUIRE(history.files.size() == 1);
  CHECK(history.files[0].source.text.empty());
}

TEST_CASE("a lock says what it said when it is read back") {
  Folder folder;
  folder.file("0001_one.zmig", "a").file("0002_two.zmig", "b");
  const History history = folder.load();
  const std::string text = lock_of(history);
  const Result<std::vector<LockLine>> lines = parse_lock(text, "migrations/zmig.lock");
  REQUIRE(lines);
  CHECK(*lines == history.fresh_lock());
  CHECK(lines->front().chain == chain_hash(empty_chain(), 1, "one", lines->front().hash));
  CHECK(text.starts_with("0001 one sha256:" + sha256_hex("a") + " sha256:"));
}

TEST_CASE("a fresh lock and a stale one are both fine") {
  Folder folder;
  folder.file("0001_one.zmig", "a");
  const std::string lock = lock_of(folder.load());
  folder.files.files["migrations/zmig.lock"] = lock;
  folder.file("0002_two.zmig", "b");
  const History history = folder.load();
  CHECK(history.has_lock);
  CHECK(history.lock.size() == 1);
  CHECK(folder.out.empty());
}

TEST_CASE("the lock names what was edited, removed, renamed or inserted") {
  Folder folder;
  folder.file("0001_one.zmig", "a").file("0002_two.zmig", "b").file("0003_three.zmig", "c");
  folder.files.files["migrations/zmig.lock"] = lock_of(folder.load());

  SECTION("edited") {
    folder.file("0002_two.zmig", "changed");
    folder.load();
    CHECK(told(folder.out) ==
          std::vector<std::string>{"ZM0206 \"0002_two\" was edited: its meaning is not the one in zmig.lock"});
  }
  SECTION("removed") {
    folder.files.files.erase("migrations/0003_three.zmig");
    folder.load();
    CHECK(told(folder.out) ==
          std::vector<std::string>{"ZM0206 \"0003_three\" is in zmig.lock, but its file is missing"});
  }
  SECTION("renamed") {
    folder.files.files.erase("migrations/0003_three.zmig");
    folder.file("0003_drei.zmig", "c");
    folder.load();
    CHECK(told(folder.out) == std::vector<std::string>{"ZM0206 \"0003_drei\" is \"0003_three\" in zmig.lock"});
  }
  SECTION("a line in the wrong order") {
    const std::vector<LockLine> lines = folder.load().fresh_lock();
    folder.files.files["migrations/zmig.lock"] = print_lock({lines[0], lines[2], lines[1]});
    folder.load();
    CHECK(told(folder.out) ==
          std::vector<std::string>{
              "ZM0206 the chain breaks at \"0003_three\": this line does not follow from the ones above"});
  }
  SECTION("inserted") {
    std::vector<LockLine> lines = folder.load().fresh_lock();
    lines.erase(lines.begin() + 1);
    lines[1].chain = chain_hash(lines[0].chain, 3, "three", lines[1].hash);
    folder.files.files["migrations/zmig.lock"] = print_lock(lines);
    folder.load();
    CHECK(told(folder.out) ==
          std::vector<std::string>{"ZM0206 \"0002_two\" stands between migrations of zmig.lock and is not in it"});
  }
}

TEST_CASE("a damaged lock line is named with its place") {
  const std::string good = print_lock(
      {{1, "one", "sha256:" + sha256_hex("a"), chain_hash(empty_chain(), 1, "one", "sha256:" + sha256_hex("a"))}});
  const Result<std::vector<LockLine>> lines = parse_lock(good + "0002 two nonsense\n", "migrations/zmig.lock");
  REQUIRE_FALSE(lines);
  CHECK(lines.error().zm == "ZM0206");
  CHECK(lines.error().place == "migrations/zmig.lock:2:1");
  const std::string other = print_lock({{1, "one", "sha256:" + sha256_hex("a"), empty_chain()}});
  const Result<std::vector<LockLine>> chain = parse_lock(other, "zmig.lock");
  REQUIRE_FALSE(chain);
  CHECK(chain.error().message == "the chain breaks at \"0001_one\": this line does not follow from the ones above");
}

TEST_CASE("binding stops at the first file with errors; later texts are still read") {
  Project project;
  project.file("one", {});
  project.file("two", {});
  project.history.files[0].source.text = "nobody knows this";
  Diagnostics found;
  CHECK(replay_history(project.history, project.codec, {}, found).empty());
  CHECK(told(found) == std::vector<std::string>{"ZM0003 unknown word"});
}

TEST_CASE("a listing knows names and numbers and reads nothing") {
  Folder folder;
  folder.file("0001_one.zmig", "one").file("0003_three.zmig", "three").file("notes.zmig", "x");
  folder.files.files["migrations/zmig.lock"] = "no lock at all";
  SourceMap sources;
  Diagnostics out;
  const Result<History> history = list_history(folder.files, {}, sources, out);
  REQUIRE(history);
  REQUIRE(history->files.size() == 2);
  CHECK(history->files[0].name == "0001_one");
  CHECK(history->files[1].number == 3);
  CHECK(history->files[1].slug == "three");
  CHECK(history->files[0].source.text.empty());
  CHECK(history->files[0].checksum.empty());
  CHECK_FALSE(history->has_lock);
  REQUIRE(out.all().size() == 2);  // a name that is none, a number that is missing
  CHECK(out.all()[0].code == "ZM0703");
  CHECK(out.all()[1].code == "ZM1901");
}
