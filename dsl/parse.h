#pragma once
// From bytes to a checked tree: scan, parse, tree checks. Everything that the text alone can tell is reported here.

#include <cstdint>

#include <zmig/diagnostic.h>

#include "ast.h"
#include "scan.h"

namespace zmig::dsl {

/// What could be read of a file. Without errors in `out` the tree is complete and satisfies the checks of check.h.
struct ParsedFile {
  ast::File tree;
  Scan scan;
};

/// Reads a whole file. All errors of the file go to `out`, sorted by place, one for each cause, at most 50 and then one
/// "… and n more"; the tree holds what could be read (`ast::Bad` for the rest). `file_number` is the file's number in
/// the SourceMap of the caller, and goes into the spans.
ParsedFile parse_text(const SourceFile& source, std::uint32_t file_number, Diagnostics& out);

/// The language that this program reads (`zmig 1`).
inline constexpr std::uint64_t kLanguage = 1;

}  // namespace zmig::dsl
