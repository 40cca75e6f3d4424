#pragma once
// One member of a stamp entry without a tree of the whole: a commit of a thousand migrations looks at a thousand
// entries. Private to engine/run/.

#include <string_view>

namespace zmig::run {

/// The run that a stamp entry names: its member "run", not those of the migrations listed in it. Empty when it is not
/// plainly there; then the entry has to be read as a whole.
std::string_view run_of_entry(std::string_view entry);

}  // namespace zmig::run
