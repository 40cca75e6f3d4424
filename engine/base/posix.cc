#include "base/posix.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "base/text.h"

namespace zmig {
namespace {

Errc errc_of(int number) {
  switch (number) {
    case ENOENT: return Errc::not_found;
    case EACCES:
    case EPERM: return Errc::denied;
    case EBUSY:
    case ETXTBSY: return Errc::busy;
    case EAGAIN:
    case EMFILE:
    case ENFILE:
    case ENOMEM: return Errc::transient;
    case EEXIST: return Errc::conflict;
    case EISDIR:
    case ENOTDIR:
    case ELOOP:
    case ENAMETOOLONG:
    case EXDEV: return Errc::invalid_input;
    case ENOSYS:
    case ENOTSUP: return Errc::unsupported;
    default: return Errc::io;
  }
}

}  // namespace

std::string words_of_errno(int number) {
  switch (number) {
    case ENOENT: return "no such file or folder";
    case ELOOP: return "this is a symbolic link, and links are not followed here";
    case EISDIR: return "this is a folder";
    case ENOTDIR: return "a part of the path is no folder";
    case EACCES:
    case EPERM: return "not permitted";
    case EROFS: return "the file system is read-only";
    case ENOSPC: return "no space left";
    case EDQUOT: return "the quota of the disk is used up";
    case EIO: return "the disk reports an error (EIO)";
    case ENAMETOOLONG: return "the name is too long for this file system";
    default: break;
  }
  std::string text = std::strerror(number);
  if (!text.empty() && text[0] >= 'A' && text[0] <= 'Z') text[0] = static_cast<char>(text[0] - 'A' + 'a');
  return text;
}

Error posix_error(int number, std::string_view doing, const std::string& path) {
  return make_error(errc_of(number), "", fmt::format("{} {}: {}", doing, quoted(path), words_of_errno(number)));
}

bool Descriptor::close_now() {
  if (number_ < 0) return true;
  // Not repeated after EINTR: on Linux the descriptor is gone then, and its number may be somebody else's.
  const int result = ::close(std::exchange(number_, -1));
  return result == 0 || errno == EINTR;
}

FolderAndName folder_and_name(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return {".", path};
  return {slash == 0 ? "/" : path.substr(0, slash), path.substr(slash + 1)};
}

Result<Descriptor> open_folder(const std::string& folder) {
  const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return posix_error(errno, "opening the folder", folder);
  return Descriptor(descriptor);
}

int write_all(int descriptor, std::string_view bytes) {
  constexpr std::size_t kChunk = std::size_t{1} << 30;  // write() takes at most 0x7ffff000 bytes at once
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor, bytes.data(), std::min(bytes.size(), kChunk));
    if (written < 0) {
      if (errno == EINTR) continue;
      return errno;
    }
    if (written == 0) return ENOSPC;  // does not happen on a regular file; never loop on it
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return 0;
}

int sync_descriptor(int descriptor) {
  while (::fsync(descriptor) != 0) {
    if (errno != EINTR) return errno;
  }
  return 0;
}

}  // namespace zmig
