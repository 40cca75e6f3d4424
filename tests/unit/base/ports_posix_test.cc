#include <zmig/ports.h>

#include <chrono>
#include <cstdlib>
#include <set>

#include <sys/stat.h>
#include <unistd.h>

#include "support/catch.h"
#include "support/temp_folder.h"

using namespace zmig;
using namespace std::string_literals;
using test::TempFolder;

TEST_CASE("the system clock is after this was written, and the monotonic one never goes back") {
  const auto clock = make_system_clock();
  CHECK(clock->now() > *parse_utc("2024-01-01T00:00:00Z"));
  const auto first = clock->monotonic();
  CHECK(clock->monotonic() >= first);
}

#ifdef ZMIG_FAILPOINTS
TEST_CASE("a test can have the waits of the real clock skipped: they are over at once, and count as waited") {
  const auto clock = make_system_clock();
  const auto begun = clock->monotonic();
  const auto really = std::chrono::steady_clock::now();
  REQUIRE(::setenv("ZMIG_FAILPOINT_WAITS", "skip", 1) == 0);
  clock->sleep(std::chrono::hours(1));
  REQUIRE(::unsetenv("ZMIG_FAILPOINT_WAITS") == 0);
  CHECK(clock->monotonic() - begun >= std::chrono::hours(1));
  CHECK(std::chrono::steady_clock::now() - really < std::chrono::minutes(1));
  clock->sleep(std::chrono::milliseconds(-5));
  CHECK(clock->monotonic() - begun >= std::chrono::hours(1));
}
#endif

TEST_CASE("random bytes are hexadecimal, of the length asked for, and differ") {
  const auto random = make_system_random();
  std::set<std::string> seen;
  for (int i = 0; i < 100; ++i) {
    const std::string text = random->hex(16);
    REQUIRE(text.size() == 32);
    REQUIRE(text.find_first_not_of("0123456789abcdef") == std::string::npos);
    seen.insert(text);
  }
  CHECK(seen.size() == 100);
  CHECK(random->hex(0).empty());
  CHECK(random->hex(1000).size() == 2000);  // more than getrandom promises at once
}

TEST_CASE("a file is read whole, up to the limit") {
  const TempFolder folder;
  const auto files = make_system_files();
  folder.write("a", "12345\0789"s);
  const std::string bytes = folder.read("a");
  CHECK(*files->read(folder.at("a"), bytes.size()) == bytes);
  CHECK(*files->read(folder.at("a"), 1'000'000) == bytes);
  const auto refused = files->read(folder.at("a"), bytes.size() - 1);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == Errc::invalid_input);
  CHECK(refused.error().zm == "ZM0020");
  CHECK(files->read(folder.at("a"), 1 << 20)->capacity() < 4096);  // a thousand files take what they hold, no more
  folder.write("empty", "");
  CHECK(files->read(folder.at("empty"), 0)->empty());
}

TEST_CASE("a file whose size is not known beforehand is read to its end") {
  const auto files = make_system_files();
  const auto text = files->read("/proc/self/status", 1'000'000);
  REQUIRE(text.has_value());
  CHECK(text->find("Name:") == 0);
  CHECK(files->read("/proc/self/status", 10).error().zm == "ZM0020");
}

TEST_CASE("what is missing, a link, a folder or a FIFO is not read") {
  const TempFolder folder;
  const auto files = make_system_files();
  folder.write("real", "x");
  REQUIRE(::symlink("real", folder.at("link").c_str()) == 0);
  REQUIRE(::mkfifo(folder.at("fifo").c_str(), 0600) == 0);
  CHECK(files->read(folder.at("none"), 10).error().code == Errc::not_found);
  CHECK(files->read(folder.at("link"), 10).error().code == Errc::invalid_input);
  CHECK(files->read(folder.path(), 10).error().code == Errc::invalid_input);
  CHECK(files->read(folder.at("fifo"), 10).error().code == Errc::invalid_input);
  CHECK(files->read("a\0b"s, 10).error().code == Errc::invalid_input);
  CHECK(files->read("/dev/null", 10).error().message == "reading \"/dev/null\": not a regular file");
}

TEST_CASE("a folder is listed in byte order, with kinds, without following links") {
  const TempFolder folder;
  const auto files = make_system_files();
  folder.write("b", "");
  folder.write("B", "");
  folder.write("ñ", "");
  folder.write(".hidden", "");
  REQUIRE(::mkdir(folder.at("dir").c_str(), 0700) == 0);
  REQUIRE(::symlink("dir", folder.at("link").c_str()) == 0);
  CHECK(*files->list(folder.path()) == std::vector<DirEntry>{{".hidden", FileKind::regular},
                                                             {"B", FileKind::regular},
                                                             {"b", FileKind::regular},
                                                             {"dir", FileKind::directory},
                                                             {"link", FileKind::other},
                                                             {"ñ", FileKind::regular}});
  CHECK(files->list(folder.at("none")).error().code == Errc::not_found);
  CHECK_FALSE(files->list(folder.at("b")).has_value());
}

TEST_CASE("replace, exists and remove work together") {
  const TempFolder folder;
  const auto files = make_system_files();
  CHECK_FALSE(files->exists(folder.at("a")));
  CHECK(files->replace(folder.at("a"), "one").has_value());
  CHECK(files->exists(folder.at("a")));
  CHECK(files->remove(folder.at("a")).has_value());
  CHECK_FALSE(files->exists(folder.at("a")));
  CHECK(files->remove(folder.at("a")).has_value());  // missing is success
  CHECK_FALSE(files->remove(folder.path()).has_value());
  CHECK(files->exists(folder.path()));
}

TEST_CASE("folders are made with their parents, private ones for nobody else") {
  const TempFolder folder;
  const auto files = make_system_files();
  CHECK(files->make_folder(folder.at("x/y/z/"), true).has_value());
  CHECK(files->make_folder(folder.at("x/y/z"), true).has_value());
  for (const char* name : {"x", "x/y", "x/y/z"}) {
    struct stat info = {};
    REQUIRE(::stat(folder.at(name).c_str(), &info) == 0);
    CHECK((info.st_mode & 07777) == 0700);
  }
  folder.write("file", "");
  CHECK(files->make_folder(folder.at("file"), false).error().code == Errc::conflict);
  CHECK_FALSE(files->make_folder(folder.at("file/below"), false).has_value());
}
