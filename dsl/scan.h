#pragma once
// Stage 0: what can be said of the bytes before any grammar. The scanner owns quotes, comments, brackets and braces;
// the grammar sees a copy of the text, of the same length, in which comments are blanks and the line breaks inside ( )
// too, so that every offset stays true.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <zmig/diagnostic.h>

#include "ast.h"

namespace zmig::dsl {

inline constexpr std::size_t kMaxFileBytes = 1024 * 1024;
inline constexpr std::size_t kMaxLineBytes = 4096;
inline constexpr std::size_t kMaxNesting = 64;
inline constexpr std::size_t kMaxStatements = 10'000;

/// A line as the grammar sees it: several lines of the file when ( ) or """ """ span them.
struct LogicalLine {
  std::uint32_t begin = 0;   ///< first byte of the first line
  std::uint32_t end = 0;     ///< the line feed that ends it, or the end of the file
  std::uint32_t indent = 0;  ///< blanks before the first sign
  int depth = 0;             ///< braces open before it
  bool blank = true;         ///< nothing on it but blanks and comments
  bool broken = false;       ///< an error was reported on it: no second one
};

struct ScannedComment {
  ast::Node at;
  std::string text;   ///< with `#`, without blanks at the end
  bool alone = true;  ///< nothing but blanks before it on its line
};

struct Scan {
  std::string text;  ///< same length as the file; comments, and line breaks inside ( ), are blanks
  std::vector<LogicalLine> lines;
  std::vector<ScannedComment> comments;
  ast::Node down;                    ///< from `{` to `}` of the `down` block; empty: none
  std::uint32_t readable_until = 0;  ///< behind it nothing can be said (a block or a text that is never closed)
  bool usable = true;                ///< false: not worth parsing (not UTF-8, too large)

  /// The logical line that the offset is on.
  [[nodiscard]] const LogicalLine& line_at(std::uint32_t offset) const;
  [[nodiscard]] LogicalLine& line_at(std::uint32_t offset);
};

/// Scans a file. Errors (ZM0007 to ZM0016, ZM0018, ZM0020) go to `out` in the order of their places.
Scan scan(std::string_view text, std::uint32_t file_number, std::vector<Diagnostic>& out);

}  // namespace zmig::dsl
