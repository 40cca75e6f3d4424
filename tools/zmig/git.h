#pragma once
// What lint asks git: the text of a file at a reference, the files in the index.

#include <optional>
#include <string>
#include <vector>

#include <zmig/result.h>

namespace zmig::cli {

/// The text that `path` (relative to `folder`) has at `reference`; none when the file is not there. ZM0713 when git,
/// the repository or the reference is not there.
Result<std::optional<std::string>> git_text(const std::string& folder, const std::string& reference,
                                            const std::string& path);
/// Files of `folder` that are added, copied, modified or renamed in the index, relative to it.
Result<std::vector<std::string>> git_staged(const std::string& folder);

}  // namespace zmig::cli
