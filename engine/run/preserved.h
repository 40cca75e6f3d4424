#pragma once
// The pieces of a workbook that is kept in files (entries of a package, files of a folder), before a commit and after
// it: what was not announced is the same, byte for byte (xlsx-csv.md 4.1). Nothing here trusts the writer: hashes of
// what is there are compared, by whoever did not write. Private to engine/run/.

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "run/proof.h"

namespace zmig::run {

/// Of a target whose pieces are there, under the lock, with what stage() announced. `names`: of the migrations of the
/// batch, in its order.
Result<PartsBefore> parts_before(Target& target, const Staged& staged, std::span<const std::string> names);

/// The check `parts`; none: the target is not kept in files. A piece that is not as it was, and that nobody announced,
/// fails it.
Result<std::optional<CheckResult>> parts_check(Target& target, const PartsBefore& before);

/// Now against what `recorded`, a check `parts` of an earlier commit, left. Names what somebody changed since.
Result<CheckResult> parts_again(Target& target, const CheckResult& recorded);

}  // namespace zmig::run
