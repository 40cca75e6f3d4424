#pragma once
/// Everything that is kept, as JSON: a dump of a loaded dump is the same text.

#include <string>

#include "world.h"

namespace sheets_server {

/// Files, ids to come, counters; not: clock, tokens, faults, log.
Json dump_world(const World& world);
/// One file with all its cells.
Json dump_file(const File& file);
/// Replaces everything. Refused, and nothing changed, when it is not such a dump.
Refusal load_world(const Json& json, World& world);
/// Replaces the file of that id, or adds it.
Refusal load_file(const Json& json, const std::string& id, World& world);

}  // namespace sheets_server
