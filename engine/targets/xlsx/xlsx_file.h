#pragma once
// The file of a workbook and what lies beside it while it is exchanged: the new version, and a journal that says which
// is which (reliability.md 4.4). Not installed.

#include <cstdint>
#include <optional>
#include <string>

#include <zmig/result.h>

#include "base/posix.h"

namespace zmig::xlsx {

/// A file as it is, read to its end.
struct FilePrint {
  std::uint64_t size = 0, inode = 0, links = 0;
  std::string sha256;
};
/// None: there is no such file. ZM0410 when it was written to meanwhile.
Result<std::optional<FilePrint>> print_of(const std::string& path);

/// Names beside the workbook `path`, whose links are resolved.
std::string staged_name(const std::string& path);
std::string journal_name(const std::string& path);
/// The file behind all links. ZM0404 when there is none.
Result<std::string> resolved(const std::string& path);

/// It may be exchanged: a regular file with one name, in a folder that can be written to. ZM0440, ZM0406.
Status check_exchangeable(const std::string& path, bool break_hardlinks);

/// The kernel's lock on the file as it stands at its name now. None: somebody else has it.
Result<std::optional<Descriptor>> try_lock(const std::string& path);

/// The same when `held` may be of a file that no longer stands at its name.
Result<std::optional<Descriptor>> try_lock_again(const std::string& path, Descriptor held);

/// A new file at staged_name(), empty, with owner, mode and extended attributes of the workbook; locked.
Result<Descriptor> create_staged(const std::string& path);

/// Under the lock. Finishes or undoes what a program that died left. ZM0469 when both versions were edited meanwhile:
/// nothing is touched then, unless `keep` says which version stays: "live", what stands at its name, or "before", the
/// other one. The one that does not stay is kept beside the workbook; set_aside_name() says how it is called.
Status recover(const std::string& path, const std::string& keep = {});
/// Whether recover() without `keep` would say ZM0469.
Result<bool> waits_for_choice(const std::string& path);
/// The first free name for a version that a person decided against.
std::string set_aside_name(const std::string& path);
/// The staged file takes the place of the workbook. Conflict (ZM0303): somebody saved the workbook meanwhile; it stands
/// in its place, and nothing is left of ours. Effect::unknown: whoever looks again sees what counts.
Status exchange(const std::string& path, const std::string& before, const std::string& after);

}  // namespace zmig::xlsx
