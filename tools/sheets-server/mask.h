#pragma once
/// Field masks: `fields` in the address masks the answer, `fields` in a body says what is written.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "discovery.h"
#include "json.h"
#include "refusal.h"

namespace sheets_server {

struct Mask {
  bool all = false;  ///< this and everything below
  std::vector<std::pair<std::string, Mask>> children = {};

  /// The mask below `name`; nullptr when nothing below is wanted. A mask that wants all returns itself.
  const Mask* below(std::string_view name) const;
  bool wants(std::string_view name) const { return below(name) != nullptr; }
};

/// "a,b(c,d/e),f.g". Refused when it does not parse or names a path that is not in the schema.
Refusal parse_mask(const std::string& text, const std::string& schema, const Discovery& discovery, Mask& out);
/// The text of a `fields` member of a body, which must name something.
Refusal parse_body_mask(const Json& body, const std::string& schema, const Discovery& discovery, Mask& out);
/// Leaves only what the mask wants.
void prune(Json& value, const Mask& mask);
/// Sets in `target` what the mask names: to what `source` has, and away what it has not.
void write_masked(Json& target, const Json& source, const Mask& mask);

}  // namespace sheets_server
