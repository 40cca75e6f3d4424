#pragma once
// Putting a file in place so that a power cut leaves the old one or the new one, never half of one. This is the only
// code that renames. Not installed.

#include <string>
#include <string_view>

#include <zmig/result.h>

namespace zmig {

/// Writes `bytes` aside in the same folder (O_EXCL, O_NOFOLLOW), syncs, renames over `path`, syncs the folder. An
/// existing file must be a regular one; its mode (and, where permitted, its owner) is kept. A failure before the rename
/// leaves everything as it was; after it, or when rename itself reports a disk error, the Error has Effect::unknown.
Status durable_replace(const std::string& path, std::string_view bytes);

enum class RenameMode {
  replace,     ///< what stands at `to` goes away
  no_replace,  ///< Errc::conflict when something stands at `to`
  exchange,    ///< both must be there; afterwards what stood at `to` stands at `from`
};

/// Puts a finished staged file in place: syncs `from`, renames, syncs the folder (both, if there are two). Regular
/// files only, never through a link. Errc::unsupported when the file system cannot do the mode (exchange on NFS),
/// nothing has happened then. Effect as in durable_replace.
Status durable_rename(const std::string& from, const std::string& to, RenameMode mode = RenameMode::replace);

}  // namespace zmig
