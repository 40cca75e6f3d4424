// JSON that stands in places where others can write: stamp entries, schema files, the lock file. What is read is
// written and read again as the same.

#include "fuzz/fuzz.h"

#include <zmig/history.h>
#include <zmig/schema.h>
#include <zmig/stamp.h>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace zmig;
  const std::string text(fuzz::text_of(data, size));
  if (const auto entry = stamp_from_json(text); entry.has_value()) {
    const std::string written = stamp_to_json(entry.value());
    const auto again = stamp_from_json(written);
    fuzz::require(again.has_value() && stamp_to_json(again.value()) == written, "a stamp entry changes when written");
  }
  if (const auto schema = schema_from_json(text); schema.has_value()) {
    const auto again = schema_from_json(schema_to_json(schema.value()));
    fuzz::require(again.has_value() && again.value() == schema.value(), "a schema changes when written");
    static_cast<void>(schema_digest(schema.value()));
  }
  if (const auto lock = parse_lock(text, "zmig.lock"); lock.has_value()) {
    const auto again = parse_lock(print_lock(lock.value()), "zmig.lock");
    fuzz::require(again.has_value() && again.value() == lock.value(), "a lock file changes when written");
  }
  return 0;
}
