// `ledger.keep`: what nobody can need any more of old runs goes, the chain stays. The long texts of runs that led
// nowhere (rehearsals, aborted, undone) and the details of their events are taken out; rows, times, hashes and the
// links between events stay for ever. An event `ledger.pruned` names the events whose details went, so that
// check_chain() takes a missing detail for what it is, and nothing else.

#include <charconv>

#include "ledger/sqlite_ledger.h"

namespace zmig::ledger {
namespace {

constexpr std::string_view kOldRuns =
    "SELECT id FROM run WHERE finished IS NOT NULL AND finished < ?1 AND (undo_until IS NULL OR undo_until < ?2) AND "
    "(mode = 'rehearsal' OR state IN ('aborted', 'undone')) AND (plan_json <> '' OR down_text <> '' OR source_text <> "
    "'') ORDER BY id";
constexpr std::string_view kMayChange = "DROP TRIGGER event_is_written_once";
constexpr std::string_view kWrittenOnce =
    "CREATE TRIGGER event_is_written_once BEFORE UPDATE ON event BEGIN SELECT RAISE(ABORT, 'events are never "
    "changed'); "
    "END";

std::int64_t ms_since_epoch(UtcTime at) { return at.time_since_epoch().count(); }

}  // namespace

std::string pruned_json(const std::vector<std::uint64_t>& events) {
  std::string out = "{\"events\":[";
  for (std::size_t i = 0; i < events.size(); ++i) {
    if (i > 0) out += ',';
    out += std::to_string(events[i]);
  }
  return out + "]}";
}

std::set<std::uint64_t> pruned_from_json(std::string_view json) {
  std::set<std::uint64_t> out;
  for (std::size_t at = json.find('['); at != std::string_view::npos && at + 1 < json.size();
       at = json.find(',', at + 1)) {
    std::uint64_t number = 0;
    const auto [end, failure] = std::from_chars(json.data() + at + 1, json.data() + json.size(), number);
    if (failure == std::errc() && end != json.data() + at + 1) out.insert(number);
  }
  return out;
}

Result<std::uint64_t> SqliteLedger::prune(UtcTime before) {
  std::vector<std::int64_t> runs;
  const auto find = [&]() -> Status {
    ZMIG_TRY(auto select, db_.prepare(kOldRuns));
    select.bind(1, ms_since_epoch(before)).bind(2, ms_since_epoch(ports_.clock.now()));
    for (;;) {
      ZMIG_TRY(const bool found, select.step());
      if (!found) return ok();
      runs.push_back(select.integer(0));
    }
  };
  ZMIG_CHECK_OK(as_ledger_status(find()));
  if (runs.empty()) return std::uint64_t{0};
  const Status done = together([&]() -> Status {
    std::vector<std::uint64_t> events;
    for (const std::int64_t run : runs) {
      const Status shortened = write([&]() -> Result<Noted> {
        ZMIG_TRY(auto shorten, db_.prepare("UPDATE run SET plan_json = '', down_text = '', source_text = '' WHERE id = "
                                           "?1"));
        shorten.bind(1, run);
        ZMIG_CHECK_OK(shorten.run());
        ZMIG_TRY(auto select, db_.prepare("SELECT seq FROM event WHERE run = ?1 AND json <> '{}' ORDER BY seq"));
        select.bind(1, run);
        for (;;) {
          ZMIG_TRY(const bool found, select.step());
          if (!found) break;
          events.push_back(static_cast<std::uint64_t>(select.integer(0)));
        }
        return Noted{static_cast<std::uint64_t>(run), "run.pruned", "{}", "run:" + std::to_string(run)};
      });
      ZMIG_CHECK_OK(shortened);
    }
    return write([&]() -> Result<Noted> {
      ZMIG_CHECK_OK(db_.exec(kMayChange));
      ZMIG_TRY(auto shorten, db_.prepare("UPDATE event SET json = '{}' WHERE seq = ?1"));
      for (const std::uint64_t seq : events) {
        shorten.bind(1, seq);
        ZMIG_CHECK_OK(shorten.run());
      }
      ZMIG_CHECK_OK(db_.exec(kWrittenOnce));
      return Noted{0, "ledger.pruned", pruned_json(events), {}};
    });
  });
  ZMIG_CHECK_OK(done);
  return static_cast<std::uint64_t>(runs.size());
}

}  // namespace zmig::ledger
