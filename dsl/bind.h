#pragma once
// Stage 3: from the checked tree to operations (language.md 4.2): names, types and replay.

#include <vector>

#include <zmig/diagnostic.h>
#include <zmig/migration.h>

#include "ast.h"

namespace zmig::dsl {

/// Binds a tree, line by line, against a schema that every operation advances. All errors go to `out`, in the order of
/// the lines; what comes back is what could be bound, complete only when `out` gained no error. A line with an error is
/// bound as well as possible, so that the lines below it can still be judged.
///
/// Operations are counted from 1 through the file, those of blocks and of the `down { }` block included; the `k` of a
/// derived id is that count. So a block split in two, or properties written on two lines, derive the same ids, and what
/// `print` writes binds to the operations that it was made from.
Migration bind_tree(const ast::File& tree, const SourceFile& source, std::uint32_t file_number,
                    const BindContext& context, std::vector<Diagnostic>& out);

}  // namespace zmig::dsl
