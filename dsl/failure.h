#pragma once
// What the grammar tells the explainer: where it could not go on, what would have been possible there, on which kind of
// line. And the entry of the grammar, without Spirit in it.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <zmig/diagnostic.h>

#include "ast.h"
#include "scan.h"

namespace zmig::dsl {

/// Which kind of line could not be read.
enum class LineKind { header, top, sheet, property, step, columns, row, values, enumeration, native };

/// One failed expectation.
struct Failure {
  std::uint32_t at = 0;
  std::string expected;  ///< a keyword in back quotes, or a noun ("a name", "a formula")
  LineKind kind = LineKind::top;
};

/// Stage 1: the tree of a scanned text, spans filled in, comments not yet attached.
ast::File parse_tree(const Scan& scan, std::vector<Failure>& failures);

/// Attaches the comments of the scan to the lines of the tree.
void attach_comments(ast::File& file, const Scan& scan);

/// Stage 4: the message for a failure. `text` is the file.
Diagnostic explain(const Failure& failure, std::string_view text, const Scan& scan, std::uint32_t file_number);

}  // namespace zmig::dsl
