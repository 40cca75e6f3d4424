#pragma once
// Putting a file in place so that a power cut leaves the old one or the new one, never half of one. This is the only
// code that renames. Not installed.

#include <string>
#include <string_view>

#include <zmig/result.h>

namespace zmig {

/// Writes `bytes` aside in the same folder (O_EXCL, O_NOFOLLOW), syncs, renames over `path`, syncs the folder. What
/// processes that died left aside there is swept first. An existing file must be a regular one; its mode (and, where
/// permitted, its owner) is kept. A failure before the rename leaves everything as it was; after it, or when rename
/// itself reports a disk error, the Error has Effect::unknown.
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

/// A name for a file aside: ".NAME.zmig-<8 hex>", with NAME shortened where the file system would refuse (255 bytes).
std::string aside_name(const std::string& name, std::string_view hex);

/// Says that a living process works on a file aside, for as long as this opening of it (or a dup of it) is there: the
/// kernel takes the claim back however the process goes. False: a sweep was faster, and the file is gone.
bool claim_aside(int descriptor);

/// Removes what processes that died left aside in the folder: regular files of this user named as by aside_name() (with
/// their journals), or ".NAME.<8 hex>.part", that nobody claims. What cannot be removed stays. How many went.
std::size_t sweep_asides(const std::string& folder);

}  // namespace zmig
