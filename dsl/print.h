#pragma once
// The tree as canonical text (section 12 of the language). Laws: printing is a fixed point, and the tree of the print
// is the tree. Only for files without errors: a `Bad` line prints as nothing.

#include <string>

#include "ast.h"

namespace zmig::dsl {

struct PrintOptions {
  bool comments = true;
  bool description = true;
  bool author = true;
  bool tags = true;
  bool down = true;  ///< the `down { }` block
};

/// What the checksum of a migration is made of: no comments, description, author, tags, down block.
inline constexpr PrintOptions kChecksumText{false, false, false, false, false};

/// The whole file in canonical form.
std::string print_tree(const ast::File& file, const PrintOptions& options = {});

/// The only `down { }` block as a canonical text of its own (the lines inside, at the top level), or "" when there is
/// none.
std::string print_down(const ast::File& file, const PrintOptions& options = {});

/// One formula, on one line.
std::string print_formula(const ast::Formula& formula);

/// Two trees that say the same: spans and comments aside, parentheses that mean nothing aside, heading and property
/// order as printed.
bool same_tree(const ast::File& a, const ast::File& b);

}  // namespace zmig::dsl
