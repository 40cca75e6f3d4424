#include "targets/open_elsewhere.h"

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <string_view>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/posix.h"
#include "base/text.h"

namespace zmig {
namespace {

constexpr std::size_t kMostRead = 512;

bool is_there(const std::string& path) {
  struct stat facts {};
  return ::lstat(path.c_str(), &facts) == 0;
}

Result<std::string> read_head(const std::string& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!file.is_open()) return posix_error(errno, "reading", path);
  std::string bytes(kMostRead, '\0');
  const ::ssize_t got = ::pread(file.get(), bytes.data(), bytes.size(), 0);
  if (got < 0) return posix_error(errno, "reading", path);
  bytes.resize(static_cast<std::size_t>(got));
  return bytes;
}

/// "Ana" of a file that Excel leaves: length, then the name in bytes of some encoding.
std::string excel_owner(const std::string& bytes) {
  if (bytes.empty()) return {};
  const std::size_t size = static_cast<unsigned char>(bytes[0]);
  if (size == 0 || size > 54 || bytes.size() < size + 1) return {};
  const std::string name = bytes.substr(1, size);
  const bool plain = std::all_of(name.begin(), name.end(), [](char c) { return c >= ' ' && c < 0x7F; });
  return plain ? name : std::string();
}

/// `,ana,office-3,20.11.2026 07:56,file:///...;`
std::string office_owner(const std::string& bytes) {
  const std::vector<std::string> parts = split(bytes, ',');
  if (parts.size() < 4) return {};
  const std::string& name = parts[0].empty() ? parts[1] : parts[0];
  if (name.empty() || first_invalid_utf8(bytes)) return {};
  return printable(parts[2].empty() ? name : fmt::format("{} on {}", name, parts[2]));
}

std::string age_of(const std::string& path) {
  struct stat facts {};
  if (::lstat(path.c_str(), &facts) != 0) return "just now";
  const auto seconds = std::max<std::int64_t>(0, std::time(nullptr) - facts.st_mtim.tv_sec);
  if (seconds < 120) return fmt::format("for {} seconds", seconds);
  if (seconds < 7200) return fmt::format("for {} minutes", seconds / 60);
  return fmt::format("for {} hours", seconds / 3600);
}

struct Owner {
  std::string file;
  bool excel = false;
};

/// Those that are there.
std::vector<Owner> owners_of(const std::string& path) {
  const FolderAndName where = folder_and_name(path);
  const auto beside = [&](std::string_view before, std::string_view name, std::string_view behind) {
    return fmt::format("{}/{}{}{}", where.folder, before, name, behind);
  };
  std::vector<Owner> owners{{beside("~$", where.name, ""), true}, {beside(".~lock.", where.name, "#"), false}};
  // Excel leaves out the first two letters of longer names, some versions do not.
  if (where.name.size() > 2) owners.push_back({beside("~$", std::string_view(where.name).substr(2), ""), true});
  std::erase_if(owners, [](const Owner& one) { return !is_there(one.file); });
  return owners;
}

}  // namespace

Status check_not_open_elsewhere(const std::string& path, const std::string& token) {
  const std::vector<Owner> owners = owners_of(path);
  if (owners.empty()) return ok();
  std::string all;
  for (const Owner& owner : owners) {
    const auto bytes = read_head(owner.file);
    all += fmt::format("{}\n{}\n", folder_and_name(owner.file).name, bytes ? *bytes : std::string());
  }
  const std::string word = sha256_hex(all).substr(0, 8);
  if (token == word) return ok();
  const Owner& first = owners.front();
  const auto bytes = read_head(first.file);
  const std::string who = !bytes ? std::string() : first.excel ? excel_owner(*bytes) : office_owner(*bytes);
  return make_error(Errc::busy, "ZM0409",
                    fmt::format("the workbook is open in {}{}, {}", first.excel ? "Excel" : "LibreOffice",
                                who.empty() ? std::string() : " by " + who, age_of(first.file)),
                    fmt::format("close it there; if nobody has it open, remove {}, or go on with `--open-elsewhere {}`",
                                quoted(first.file), word),
                    path);
}

}  // namespace zmig
