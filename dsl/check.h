#pragma once
// Stage 2: what is checked on the tree, because a sentence explains it better than a grammar can (the table at the end
// of section 3 of the language, and ZM0001, ZM0021, ZM0025).

#include <cstdint>
#include <string_view>
#include <vector>

#include <zmig/diagnostic.h>

#include "ast.h"

namespace zmig::dsl {

/// Checks a tree. `text` is what it was read from.
void check_tree(const ast::File& file, std::string_view text, std::uint32_t file_number, std::vector<Diagnostic>& out);

}  // namespace zmig::dsl
