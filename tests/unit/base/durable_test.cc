#include "base/durable.h"

#include <algorithm>
#include <csignal>
#include <cstdlib>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/failpoint.h"
#include "base/posix.h"
#include "support/catch.h"
#include "support/temp_folder.h"

using namespace zmig;
using namespace std::string_literals;
using test::TempFolder;
using Names = std::vector<std::string>;

namespace {
mode_t mode_of(const std::string& path) {
  struct stat info = {};
  REQUIRE(::lstat(path.c_str(), &info) == 0);
  return info.st_mode & 07777;
}
}  // namespace

TEST_CASE("a new file is put in place, with nothing left beside it") {
  const TempFolder folder;
  const ::mode_t old = ::umask(027);
  CHECK(durable_replace(folder.at("a"), "one\0two"s).has_value());
  ::umask(old);
  CHECK(folder.read("a") == "one\0two"s);
  CHECK(mode_of(folder.at("a")) == 0640);
  CHECK(folder.names() == Names{"a"});
}

TEST_CASE("an existing file is replaced and keeps its mode") {
  const TempFolder folder;
  folder.write("a", "old");
  for (const mode_t mode : {mode_t{0600}, mode_t{0664}, mode_t{0400}}) {
    REQUIRE(::chmod(folder.at("a").c_str(), mode) == 0);
    CHECK(durable_replace(folder.at("a"), "new").has_value());
    CHECK(mode_of(folder.at("a")) == mode);
  }
  CHECK(folder.read("a") == "new");
  CHECK(folder.names() == Names{"a"});
}

TEST_CASE("replacing gives a new file: a reader of the old one keeps it whole") {
  const TempFolder folder;
  folder.write("a", "old");
  const Descriptor reader(::open(folder.at("a").c_str(), O_RDONLY | O_CLOEXEC));
  REQUIRE(durable_replace(folder.at("a"), "new, and longer").has_value());
  char bytes[16] = {};
  REQUIRE(::read(reader.get(), bytes, sizeof bytes) == 3);
  CHECK(std::string(bytes, 3) == "old");
}

TEST_CASE("large and empty contents arrive whole") {
  const TempFolder folder;
  const std::string large(3'000'000, 'x');
  CHECK(durable_replace(folder.at("a"), large).has_value());
  CHECK(folder.read("a") == large);
  CHECK(durable_replace(folder.at("a"), "").has_value());
  CHECK(folder.read("a").empty());
}

TEST_CASE("a name as long as the file system permits is fine") {
  const TempFolder folder;
  const std::string name(255, 'n');
  CHECK(durable_replace(folder.at(name), "x").has_value());
  CHECK(folder.names() == Names{name});
  const auto longer = durable_replace(folder.at(std::string(256, 'n')), "x");
  REQUIRE_FALSE(longer);
  CHECK(longer.error().code == Errc::invalid_input);
}

TEST_CASE("links, folders and FIFOs are refused and stay") {
  const TempFolder folder;
  folder.write("real", "old");
  REQUIRE(::symlink("real", folder.at("link").c_str()) == 0);
  REQUIRE(::mkdir(folder.at("dir").c_str(), 0700) == 0);
  REQUIRE(::mkfifo(folder.at("fifo").c_str(), 0600) == 0);
  for (const char* name : {"link", "dir", "fifo"}) {
    CAPTURE(name);
    const auto result = durable_replace(folder.at(name), "new");
    REQUIRE_FALSE(result);
    CHECK(result.error().code == Errc::invalid_input);
    CHECK(result.error().effect == Effect::none);
  }
  CHECK(folder.read("real") == "old");
  CHECK(folder.names() == Names{"dir", "fifo", "link", "real"});
}

TEST_CASE("paths that name no file are refused") {
  const TempFolder folder;
  CHECK(durable_replace("", "x").error().code == Errc::invalid_input);
  CHECK(durable_replace(folder.path() + "/", "x").error().code == Errc::invalid_input);
  CHECK(durable_replace(folder.at(".."), "x").error().code == Errc::invalid_input);
  CHECK(durable_replace(folder.path() + "/a\0b"s, "x").error().code == Errc::invalid_input);
  CHECK(durable_replace(folder.at("."), "x").error().code == Errc::invalid_input);
  CHECK(durable_replace(folder.at("missing/a"), "x").error().code == Errc::not_found);
  CHECK(folder.names().empty());
  folder.write("a", "A");
  CHECK(durable_rename("", folder.at("b")).error().code == Errc::invalid_input);
  CHECK(durable_rename(folder.at("a"), folder.at("..")).error().code == Errc::invalid_input);
  CHECK(folder.names() == Names{"a"});
}

TEST_CASE("a staged file is put in place, also from another folder") {
  const TempFolder folder;
  folder.write("a", "old");
  folder.write("stage", "new");
  REQUIRE(::mkdir(folder.at("aside").c_str(), 0700) == 0);
  CHECK(durable_rename(folder.at("stage"), folder.at("a")).has_value());
  CHECK(folder.read("a") == "new");
  CHECK(durable_rename(folder.at("a"), folder.at("aside/b")).has_value());
  CHECK(folder.read("aside/b") == "new");
  CHECK(folder.names() == Names{"aside"});
}

TEST_CASE("no_replace refuses what stands there, exchange swaps it") {
  const TempFolder folder;
  folder.write("a", "A");
  folder.write("b", "B");
  const auto refused = durable_rename(folder.at("a"), folder.at("b"), RenameMode::no_replace);
  REQUIRE_FALSE(refused);
  CHECK((refused.error().code == Errc::conflict || refused.error().code == Errc::unsupported));
  const auto exchanged = durable_rename(folder.at("a"), folder.at("b"), RenameMode::exchange);
  if (!exchanged) {
    CHECK(exchanged.error().code == Errc::unsupported);
    CHECK(folder.read("a") == "A");
  } else {
    CHECK(folder.read("a") == "B");
    CHECK(folder.read("b") == "A");
  }
  const auto missing = durable_rename(folder.at("a"), folder.at("none"), RenameMode::exchange);
  CHECK_FALSE(missing.has_value());
}

TEST_CASE("a staged file that is missing or a link is refused") {
  const TempFolder folder;
  folder.write("a", "A");
  REQUIRE(::symlink("a", folder.at("link").c_str()) == 0);
  CHECK(durable_rename(folder.at("none"), folder.at("a")).error().code == Errc::not_found);
  CHECK(durable_rename(folder.at("link"), folder.at("b")).error().code == Errc::invalid_input);
  CHECK(durable_rename(folder.at("a"), folder.at("link")).error().code == Errc::invalid_input);
  CHECK(folder.read("a") == "A");
}

TEST_CASE("errors name what was done, the path and the reason") {
  const TempFolder folder;
  const auto result = durable_replace(folder.at("missing/a"), "x");
  CHECK(result.error().message == "opening the folder \"" + folder.at("missing") + "\": no such file or folder");
}

TEST_CASE("a path is cut into folder and name") {
  CHECK(folder_and_name("a/b/c") == FolderAndName{"a/b", "c"});
  CHECK(folder_and_name("c") == FolderAndName{".", "c"});
  CHECK(folder_and_name("/c") == FolderAndName{"/", "c"});
  CHECK(folder_and_name("a/") == FolderAndName{"a", ""});
}

#ifdef ZMIG_FAILPOINTS

TEST_CASE("an error before the rename leaves the old file and nothing beside it") {
  for (const char* point : {"durable.before_write", "durable.after_fsync", "durable.before_rename"}) {
    CAPTURE(point);
    const TempFolder folder;
    folder.write("a", "old");
    failpoint::reset_counts();
    ::setenv("ZMIG_FAILPOINT", (point + "=err:ENOSPC"s).c_str(), 1);
    const auto result = durable_replace(folder.at("a"), "new");
    ::unsetenv("ZMIG_FAILPOINT");
    REQUIRE_FALSE(result);
    CHECK(result.error().code == Errc::io);
    CHECK(result.error().effect == Effect::none);
    CHECK(folder.read("a") == "old");
    CHECK(folder.names() == Names{"a"});
  }
}

TEST_CASE("an error after the rename is an unknown effect") {
  const TempFolder folder;
  folder.write("a", "old");
  ::setenv("ZMIG_FAILPOINT", "durable.after_rename=err:EIO", 1);
  const auto result = durable_replace(folder.at("a"), "new");
  ::unsetenv("ZMIG_FAILPOINT");
  REQUIRE_FALSE(result);
  CHECK(result.error().effect == Effect::unknown);
  CHECK(folder.names() == Names{"a"});
}

TEST_CASE("a staged file is put in place or not, and an error behind the rename says that nobody knows") {
  for (const char* point : {"durable.before_rename", "durable.after_rename"}) {
    CAPTURE(point);
    const bool landed = point == "durable.after_rename"s;
    const TempFolder folder;
    folder.write("a", "old");
    folder.write("stage", "new");
    ::setenv("ZMIG_FAILPOINT", (point + "=err:EIO"s).c_str(), 1);
    const auto result = durable_rename(folder.at("stage"), folder.at("a"));
    ::unsetenv("ZMIG_FAILPOINT");
    REQUIRE_FALSE(result);
    CHECK(result.error().effect == (landed ? Effect::unknown : Effect::none));
    CHECK(folder.read("a") == (landed ? "new" : "old"));
    CHECK(folder.names() == (landed ? Names{"a"} : Names{"a", "stage"}));
  }
}

TEST_CASE("killed at any point, the file is the old or the new one, whole") {
  for (const char* point :
       {"durable.before_write", "durable.after_fsync", "durable.before_rename", "durable.after_rename"}) {
    CAPTURE(point);
    const TempFolder folder;
    folder.write("a", "old");
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      ::setenv("ZMIG_FAILPOINT", point, 1);
      static_cast<void>(durable_replace(folder.at("a"), "new"));
      ::_exit(0);
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    REQUIRE((WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL));
    CHECK(folder.read("a") == (point == "durable.after_rename"s ? "new" : "old"));
    CHECK(durable_replace(folder.at("b"), "again").has_value());
    CHECK(folder.names() == Names{"a", "b"});  // what the dead one left aside is gone
  }
}

TEST_CASE("a sweep takes what nobody works on, and nothing else") {
  const TempFolder folder;
  const Names kept{".a.zmig-0123456", ".a.zmig-0123456g", ".a.zmig-lock",        ".gitignore",
                   ".zmig-01234567",  ".a.b.part",        ".b.0123456g.part",    ".b.012345678.part",
                   "a.zmig-01234567", "b.01234567.part",  ".c.zmig-01234567.zbk"};
  for (const std::string& name : kept) folder.write(name, "kept");
  REQUIRE(::mkdir(folder.at(".d.zmig-01234567").c_str(), 0700) == 0);
  REQUIRE(::symlink("a.zmig-01234567", folder.at(".e.zmig-01234567").c_str()) == 0);
  for (const char* name : {".a.zmig-01234567", ".a.zmig-89abcdef", ".a.zmig-89abcdef-journal", ".b.01234567.part"})
    folder.write(name, "left");
  folder.write(".f.zmig-01234567", "worked on");
  Descriptor worker(::open(folder.at(".f.zmig-01234567").c_str(), O_WRONLY | O_CLOEXEC));
  REQUIRE(worker.is_open());
  REQUIRE(claim_aside(worker.get()));
  CHECK(sweep_asides(folder.path()) == 3);
  Names all = kept;
  all.insert(all.end(), {".d.zmig-01234567", ".e.zmig-01234567", ".f.zmig-01234567"});
  std::sort(all.begin(), all.end());
  CHECK(folder.names() == all);
  worker.close_now();
  CHECK(sweep_asides(folder.path()) == 1);
  CHECK(sweep_asides(folder.at("nothing here")) == 0);
}

TEST_CASE("a file that a sweep took is not claimed") {
  const TempFolder folder;
  folder.write(".a.zmig-01234567", "");
  const Descriptor file(::open(folder.at(".a.zmig-01234567").c_str(), O_WRONLY | O_CLOEXEC));
  REQUIRE(file.is_open());
  CHECK(sweep_asides(folder.path()) == 1);
  CHECK_FALSE(claim_aside(file.get()));
}

TEST_CASE("two processes that write one file do not take each other's file aside") {
  const TempFolder folder;
  std::vector<pid_t> children;
  for (int worker = 0; worker < 4; ++worker) {
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      bool all = true;
      for (int round = 0; round < 100; ++round) all = all && durable_replace(folder.at("a"), "whole").has_value();
      ::_exit(all ? 0 : 1);
    }
    children.push_back(child);
  }
  for (const pid_t child : children) {
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK((WIFEXITED(status) && WEXITSTATUS(status) == 0));
  }
  CHECK(folder.names() == Names{"a"});
  CHECK(folder.read("a") == "whole");
}

TEST_CASE("the points are reached in the order write, sync, rename") {
  const TempFolder folder;
  ::setenv("ZMIG_FAILPOINT_LOG", folder.at("log").c_str(), 1);
  const auto result = durable_replace(folder.at("a"), "x");
  ::unsetenv("ZMIG_FAILPOINT_LOG");
  CHECK(result.has_value());
  CHECK(folder.read("log") ==
        "durable.before_write\ndurable.after_fsync\ndurable.before_rename\ndurable.after_rename\n");
}

#endif
