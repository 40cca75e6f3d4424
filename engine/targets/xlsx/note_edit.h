#pragma once
// Notes of cells: the text in one part, the shape that shows it in another. Not installed.

#include <optional>
#include <string>

#include <zmig/result.h>

#include "targets/xlsx/package_edit.h"
#include "targets/xlsx/refs.h"

namespace zmig::xlsx {

/// Sets, changes or takes out the note of a cell of the worksheet `part`. The answer is what the worksheet has to say
/// about its legacy drawing: an id of a relationship, "" for none, nothing when it says it already. ZM0438: the note is
/// the head of a conversation (threaded comments).
Result<std::optional<std::string>> set_note(PackageEdit& package, const std::string& part, Place at,
                                            const std::optional<std::string>& note);

}  // namespace zmig::xlsx
