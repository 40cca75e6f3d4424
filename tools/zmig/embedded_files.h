#pragma once
// Files that `zmig init` writes, compiled in by tools/cmake/embed_files.cmake: the worked example (a small sample of
// the production workbook, its baseline and migrations), pipeline files, hooks.

#include <string_view>
#include <vector>

namespace zmig::cli {

/// "example/migrations/0001_x.zmig", "ci/github.yml": name and bytes.
struct EmbeddedFile {
  std::string_view name, bytes;
};
const std::vector<EmbeddedFile>& embedded_files();  // generated

/// The bytes under a name that is there.
std::string_view embedded_file(std::string_view name);

}  // namespace zmig::cli
