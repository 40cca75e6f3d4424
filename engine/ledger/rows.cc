// Rows of the ledger's tables to and from the structs of <zmig/ledger.h>.

#include "base/digest.h"
#include "ledger/sqlite_ledger.h"

namespace zmig {

std::string_view to_string(RunState state) {
  switch (state) {
    case RunState::planned: return "planned";
    case RunState::backed_up: return "backed_up";
    case RunState::in_flight: return "in_flight";
    case RunState::confirmed: return "confirmed";
    case RunState::applied: return "applied";
    case RunState::aborted: return "aborted";
    case RunState::undone: return "undone";
  }
  ZMIG_ASSERT(false, "a run state outside the enum");
}

std::string_view to_string(RunMode mode) {
  switch (mode) {
    case RunMode::real: return "real";
    case RunMode::rehearsal: return "rehearsal";
  }
  ZMIG_ASSERT(false, "a run mode outside the enum");
}

namespace ledger {
namespace {

std::optional<UtcTime> time_at(const sqlite::Statement& row, int column) {
  if (row.is_null(column)) return std::nullopt;
  return UtcTime(std::chrono::milliseconds(row.integer(column)));
}

std::string text_at(const sqlite::Statement& row, int column) { return std::string(row.text(column)); }
std::uint64_t count_at(const sqlite::Statement& row, int column) {
  return static_cast<std::uint64_t>(row.integer(column));
}

void frame(std::string& out, std::string_view field) {
  out += std::to_string(field.size());
  out += ':';
  out += field;
}

}  // namespace

const std::string_view kRunColumns =
    "id, uid, deployment, target, url, verb, mode, state, migration, slug, checksum, actor, host, reason, "
    "tool_version, "
    "started, finished, guarantee, plan_hash, plan_json, adopted_json, backup, steps_total, steps_confirmed, "
    "stamp_before, stamp_after, stamp_number, down_text, source_text, fidelity, verified, error, undo_until";

const std::string_view kBriefRunColumns =
    "id, uid, deployment, target, url, verb, mode, state, migration, slug, checksum, actor, host, reason, "
    "tool_version, "
    "started, finished, guarantee, plan_hash, '', adopted_json, backup, steps_total, steps_confirmed, "
    "stamp_before, stamp_after, stamp_number, '', '', fidelity, verified, error, undo_until";

Result<RunState> run_state_of(std::string_view text) {
  for (const RunState state : {RunState::planned, RunState::backed_up, RunState::in_flight, RunState::confirmed,
                               RunState::applied, RunState::aborted, RunState::undone}) {
    if (to_string(state) == text) return state;
  }
  return make_error(Errc::corrupt, "ZM0601", "the ledger holds a run in an unknown state");
}

Run read_run(const sqlite::Statement& row) {
  Run run;
  run.id = count_at(row, 0);
  run.uid = text_at(row, 1);
  run.deployment = count_at(row, 2);
  run.target_id = text_at(row, 3);
  run.target_url = text_at(row, 4);
  run.verb = text_at(row, 5);
  run.mode = row.text(6) == "real" ? RunMode::real : RunMode::rehearsal;
  const auto state = run_state_of(row.text(7));
  run.state = state.has_value() ? state.value() : RunState::aborted;  // CHECK of the table rules that out
  run.migration = static_cast<std::uint32_t>(row.integer(8));
  run.slug = text_at(row, 9);
  run.checksum = text_at(row, 10);
  run.actor = text_at(row, 11);
  run.host = text_at(row, 12);
  run.reason = text_at(row, 13);
  run.tool_version = text_at(row, 14);
  run.started = UtcTime(std::chrono::milliseconds(row.integer(15)));
  run.finished = time_at(row, 16);
  run.guarantee = text_at(row, 17);
  run.plan_hash = text_at(row, 18);
  run.plan_json = text_at(row, 19);
  run.adopted_json = text_at(row, 20);
  run.backup = text_at(row, 21);
  run.steps_total = count_at(row, 22);
  run.steps_confirmed = count_at(row, 23);
  run.stamp_before = text_at(row, 24);
  run.stamp_after = text_at(row, 25);
  run.stamp_number = count_at(row, 26);
  run.down_text = text_at(row, 27);
  run.source_text = text_at(row, 28);
  run.fidelity = text_at(row, 29);
  if (!row.is_null(30)) run.verified = row.integer(30) != 0;
  run.error = text_at(row, 31);
  run.undo_until = time_at(row, 32);
  return run;
}

std::string first_hash() { return std::string(64, '0'); }

std::string canonical_event(std::uint64_t seq, const Noted& noted, std::int64_t at, std::string_view digest) {
  std::string bytes;
  frame(bytes, std::to_string(seq));
  frame(bytes, std::to_string(noted.run));
  frame(bytes, std::to_string(at));
  frame(bytes, noted.kind);
  frame(bytes, noted.json);
  frame(bytes, noted.subject);
  frame(bytes, digest);
  return bytes;
}

Error as_ledger_error(Error error) {
  if (error.code == Errc::corrupt && error.zm != "ZM0604") {
    error.zm = "ZM0601";
    if (error.help.empty())
      error.help = "`zmig repair --rebuild-ledger` sets it aside and makes a new one from the stamp";
  }
  if (error.code == Errc::busy) {
    error.zm = "ZM0401";
    error.help = "another zmig is writing its history; wait for it, or wait longer with `--lock-timeout`";
  }
  return error;
}

Status as_ledger_status(Status status) {
  if (!status.has_value()) return as_ledger_error(std::move(status).error());
  return ok();
}

}  // namespace ledger
}  // namespace zmig
