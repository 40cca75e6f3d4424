#pragma once
/// The stamp: zmig's own record inside the target, numbered and append-only, written in the same atomic step as the
/// data. It is the authority on where a target stands; the ledger is detail and can be rebuilt from it
/// (reliability.md 3.1).

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <zmig/cow_list.h>
#include <zmig/ports.h>
#include <zmig/result.h>
#include <zmig/target.h>

namespace zmig {

/// An operation found in place at the first plan, and what was completed on it. Frozen: a resume and a down read it,
/// nobody recomputes it.
struct Adopted {
  std::size_t operation = 0;           ///< 0-based index into the migration's operations
  std::vector<std::string> completed;  ///< parts that were added
  std::string digest;                  ///< sha256 of the operations that took its place (their canonical text)
  bool operator==(const Adopted&) const = default;
};

/// A migration that is applied at a position: what `status` needs without a ledger.
struct AppliedMigration {
  std::uint32_t number = 0;
  std::string slug, hash;  ///< "sha256:..." checksum of the migration
  std::vector<Adopted> adopted;
  std::string run;  ///< id of the run that applied it
  UtcTime at{};
  bool operator==(const AppliedMigration&) const = default;
};

struct StampEntry {
  int format = 1;
  std::uint64_t number = 0;
  std::string event;        ///< "baseline", "up", "down", "copy", "restore", "repair" (the stamp alone was written)
  std::string target_id;    ///< random, made once per target: "t-4f0c..."
  std::string lineage;      ///< "original", or "copy of t-... at N"
  std::string run, ledger;  ///< ids
  UtcTime at{};
  std::uint32_t position = 0;            ///< number of the last applied migration in order; 0: baseline
  std::uint32_t migration = 0;           ///< the migration of this event (0 for baseline, copy)
  std::string chain_hash;                ///< over everything applied
  std::string plan_hash, schema_digest;  ///< plan of this event; digest of the schema reached (`whole` entries)
  std::string ledger_head;               ///< head of the ledger's event chain when this was written
  /// All, in order of application. In an entry of a group that is not its last (`whole` false): the one of this entry
  /// alone (none for a down), since the last entry, which became true with it, says it all.
  CowList<AppliedMigration> applied;
  bool whole = true;
  bool operator==(const StampEntry&) const = default;
};

std::string stamp_to_json(const StampEntry& entry);
/// Errc::corrupt: ZM0603 when it cannot be read, ZM0604 when its format is newer.
Result<StampEntry> stamp_from_json(std::string_view text);
/// The newest entry of a target, or none.
Result<std::optional<StampEntry>> current_stamp(const std::vector<Stamp>& stamps);

/// chain(n) = sha256(chain(n-1) LF NNNN SP slug SP hash), "sha256:<hex>"; chain(0) = "sha256:" + 64 zeros. The same in
/// zmig.lock and stamp.
std::string chain_hash(std::string_view before, std::uint32_t number, std::string_view slug, std::string_view hash);
std::string empty_chain();

}  // namespace zmig
