#pragma once
// The way back of a migration as text (language.md 11). Not installed; the run floor uses it for `zmig show --down`.

#include <string>
#include <utility>
#include <vector>

#include <zmig/history.h>
#include <zmig/plan.h>

namespace zmig {

/// Index of an adopted operation, and what took its place.
using Claims = std::vector<std::pair<std::size_t, std::vector<Operation>>>;
/// The claims as a stamp remembers them, rebuilt from the operations.
Claims claims_from_stamp(const Migration& migration, const std::vector<Adopted>& adopted);

/// The state before a migration as a way back can reach it: without the columns and sheets whose drop was adopted. They
/// were gone before the migration came, so nothing brings them back.
Schema without_adopted_drops(const Migration& migration, Schema before, const std::vector<Adopted>& adopted);

/// The author's `down { }`, or the reversals of what the migration did, adopted things forgotten. Bound again before it
/// is returned: a text that does not bind is an error (ZM9901) now, not on the day when it is needed. Lines without a
/// way back are left out, and fidelity says so.
Result<DownText> derive_down_text(const Migration& migration, const Schema& before, const Schema& after,
                                  const Claims& claims, const ScriptCodec& codec, const CowList<std::string>& earlier,
                                  const std::vector<std::string>& protected_sheets);

/// Binds a down text against the schema after its migration.
Migration bind_down(const std::string& text, const Migration& migration, const Schema& before, const Schema& after,
                    const ScriptCodec& codec, const CowList<std::string>& earlier,
                    const std::vector<std::string>& protected_sheets, Diagnostics& out);

}  // namespace zmig
