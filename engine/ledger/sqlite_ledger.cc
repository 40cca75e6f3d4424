// Writing and reading the ledger. Every writing call is one durable transaction that ends with one event; the event
// carries the digest of the row it speaks of, so that the chain vouches for every table, not only for itself.

#include "ledger/sqlite_ledger.h"

#include "base/digest.h"
#include "base/failpoint.h"

namespace zmig::ledger {
namespace {

std::int64_t ms_of(UtcTime time) { return time.time_since_epoch().count(); }

void bind_time(sqlite::Statement& statement, int parameter, const std::optional<UtcTime>& time) {
  if (time) statement.bind(parameter, ms_of(*time));
  if (!time) statement.bind_null(parameter);
}

std::optional<UtcTime> time_at(const sqlite::Statement& row, int column) {
  if (row.is_null(column)) return std::nullopt;
  return UtcTime(std::chrono::milliseconds(row.integer(column)));
}

}  // namespace

SqliteLedger::SqliteLedger(sqlite::Database db, std::string path, int busy_timeout_ms, Ports& ports)
    : db_(std::move(db)), path_(std::move(path)), busy_timeout_ms_(busy_timeout_ms), ports_(ports) {}

// --- The one way to write -----------------------------------------------------------------------------------------

Status SqliteLedger::write(const std::function<Result<Noted>()>& body) {
  if (open_head_) {
    ZMIG_TRY(const Noted noted, body());
    ZMIG_TRY([[maybe_unused]] const std::string hash, append(noted));
    return ok();
  }
  return together([&]() -> Status {
    ZMIG_TRY(const Noted noted, body());
    ZMIG_TRY([[maybe_unused]] const std::string hash, append(noted));
    return ok();
  });
}

Status SqliteLedger::together(const std::function<Status()>& work) {
  if (open_head_) return work();
  const auto attempt = [&]() -> Status {
    ZMIG_FAILPOINT_STATUS("ledger.before_begin");
    ZMIG_TRY(auto transaction, sqlite::Transaction::begin(db_));
    ZMIG_TRY(open_head_, read_head());
    const std::uint64_t first = open_head_->seq;
    ZMIG_CHECK_OK(work());
    if (open_head_->seq == first) return ok();  // nothing was written
    ZMIG_CHECK_OK(store_head(*open_head_));
    ZMIG_FAILPOINT_STATUS("ledger.before_commit");
    Status committed = transaction.commit();
    if (!committed.has_value()) {
      transaction.rollback();
      return settle(std::move(committed).error(), open_head_->hash);
    }
    ZMIG_FAILPOINT("ledger.after_commit");
    return committed;
  };
  Status done = attempt();
  open_head_.reset();
  return as_ledger_status(std::move(done));
}

Status SqliteLedger::settle(Error error, const std::string& new_head) {
  // A COMMIT error is not a rollback: what the file says after reopening counts.
  if (path_.empty()) return error;
  statements_.clear();
  db_ = sqlite::Database();
  ZMIG_TRY(db_, sqlite::Database::open(path_, sqlite::Mode::read_write, busy_timeout_ms_));
  ZMIG_CHECK_OK(configure(db_));
  ZMIG_TRY(const std::string now, meta("head"));
  if (now == new_head) return ok();
  error.effect = Effect::none;
  return error;
}

Result<SqliteLedger::Head> SqliteLedger::read_head() {
  Head head;
  ZMIG_TRY(head.hash, meta("head"));
  ZMIG_TRY(const std::string last, meta("head_seq"));
  head.seq = std::strtoull(last.c_str(), nullptr, 10);
  return head;
}

Status SqliteLedger::store_head(const Head& head) {
  ZMIG_CHECK_OK(set_meta("head", head.hash));
  return set_meta("head_seq", std::to_string(head.seq));
}

Result<sqlite::Statement*> SqliteLedger::cached(std::string_view sql) {
  auto found = statements_.find(sql);
  if (found == statements_.end()) {
    ZMIG_TRY(auto prepared, db_.prepare(sql));
    found = statements_.emplace(std::string(sql), std::move(prepared)).first;
  }
  found->second.reset();
  return &found->second;
}

Result<Reading> SqliteLedger::reading(std::string_view sql) {
  ZMIG_TRY(auto* statement, cached(sql));
  return Reading(*statement);
}

Result<std::string> SqliteLedger::append(const Noted& noted) {
  Head& head = *open_head_;
  const std::uint64_t seq = head.seq + 1;
  const std::int64_t at = ms_of(ports_.clock.now());
  std::string digest;
  if (!noted.subject.empty()) { ZMIG_TRY(digest, digest_of(noted.subject)); }
  std::string hash = sha256_hex(head.hash + "\n" + canonical_event(seq, noted, at, digest));
  ZMIG_TRY(auto* insert, cached("INSERT INTO event(seq, run, at, kind, json, subject, digest, prev_hash, hash) "
                                "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)"));
  insert->bind(1, seq).bind(2, noted.run).bind(3, at).bind(4, noted.kind).bind(5, noted.json).bind(6, noted.subject);
  insert->bind(7, digest).bind(8, head.hash).bind(9, hash);
  ZMIG_CHECK_OK(insert->run());
  head = {hash, seq};
  return hash;
}

Result<std::string> SqliteLedger::meta(std::string_view key) {
  ZMIG_TRY(const Reading select, reading("SELECT value FROM meta WHERE key = ?1"));
  select->bind(1, key);
  ZMIG_TRY(const bool found, select->step());
  if (!found) return make_error(Errc::corrupt, "ZM0601", "the ledger lacks \"" + std::string(key) + "\"");
  return std::string(select->text(0));
}

Status SqliteLedger::set_meta(std::string_view key, std::string_view value) {
  ZMIG_TRY(auto update, db_.prepare("UPDATE meta SET value = ?2 WHERE key = ?1"));
  update.bind(1, key).bind(2, value);
  return update.run();
}

// --- Targets, deployments, runs ------------------------------------------------------------------------------------

Result<std::string> SqliteLedger::id() { return as_ledger(meta("ledger_id")); }

Status SqliteLedger::know_target(const std::string& target_id, const std::string& url, const std::string& lineage) {
  const auto known = [&]() -> Result<bool> {
    ZMIG_TRY(auto select,
             db_.prepare("SELECT 1 FROM target WHERE id = ?1 AND url = ?2 AND lineage = ?3 AND NOT EXISTS("
                         "SELECT 1 FROM target o WHERE o.url = ?2 AND o.id <> ?1 AND o.seen >= target.seen)"));
    select.bind(1, target_id).bind(2, url).bind(3, lineage);
    return select.step();
  };
  ZMIG_TRY(const bool same, as_ledger(known()));
  if (same) return ok();
  return write([&]() -> Result<Noted> {
    ZMIG_TRY(auto latest, db_.prepare("SELECT coalesce(max(seen), 0) FROM target"));
    ZMIG_TRY([[maybe_unused]] const bool found, latest.step());
    ZMIG_ASSERT(found, "max() has a row");
    // A clock may stand still or go back; the order of sightings may not.
    const std::int64_t seen = std::max(ms_of(ports_.clock.now()), latest.integer(0) + 1);
    latest.reset();
    ZMIG_TRY(auto insert, db_.prepare("INSERT INTO target(id, url, lineage, seen) VALUES(?1, ?2, ?3, ?4) "
                                      "ON CONFLICT(id) DO UPDATE SET url = ?2, lineage = ?3, seen = ?4"));
    insert.bind(1, target_id).bind(2, url).bind(3, lineage).bind(4, seen);
    ZMIG_CHECK_OK(insert.run());
    return Noted{0, "target.seen", "{}", "target:" + target_id};
  });
}

Result<std::optional<std::string>> SqliteLedger::target_at(const std::string& url) {
  const auto query = [&]() -> Result<std::optional<std::string>> {
    ZMIG_TRY(auto select, db_.prepare("SELECT id FROM target WHERE url = ?1 ORDER BY seen DESC LIMIT 1"));
    select.bind(1, url);
    ZMIG_TRY(const bool found, select.step());
    if (!found) return std::optional<std::string>();
    return std::optional<std::string>(select.text(0));
  };
  return as_ledger(query());
}

Result<std::uint64_t> SqliteLedger::next_deployment() {
  std::uint64_t number = 0;
  const Status written = write([&]() -> Result<Noted> {
    ZMIG_TRY(const std::string last, meta("deployment"));
    number = std::strtoull(last.c_str(), nullptr, 10) + 1;
    ZMIG_CHECK_OK(set_meta("deployment", std::to_string(number)));
    return Noted{0, "deployment.started", "{\"deployment\":" + std::to_string(number) + "}", {}};
  });
  ZMIG_CHECK_OK(written);
  return number;
}

Status SqliteLedger::insert_run(const Run& run) {
  ZMIG_TRY(
      auto* insert,
      cached("INSERT INTO run(uid, deployment, target, url, verb, mode, state, migration, slug, checksum, actor, "
             "host, reason, tool_version, started, finished, guarantee, plan_hash, plan_json, adopted_json, backup, "
             "steps_total, steps_confirmed, stamp_before, stamp_after, stamp_number, down_text, source_text, "
             "fidelity, verified, error, undo_until) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, "
             "?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25, ?26, ?27, ?28, ?29, ?30, ?31, ?32)"));
  insert->bind(1, run.uid.empty() ? ports_.random.hex(16) : run.uid).bind(2, run.deployment).bind(3, run.target_id);
  insert->bind(4, run.target_url).bind(5, run.verb).bind(6, to_string(run.mode)).bind(7, to_string(run.state));
  insert->bind(8, run.migration).bind(9, run.slug).bind(10, run.checksum).bind(11, run.actor).bind(12, run.host);
  insert->bind(13, run.reason).bind(14, run.tool_version).bind(15, ms_of(run.started));
  bind_time(*insert, 16, run.finished);
  insert->bind(17, run.guarantee).bind(18, run.plan_hash).bind(19, run.plan_json).bind(20, run.adopted_json);
  insert->bind(21, run.backup).bind(22, run.steps_total).bind(23, run.steps_confirmed).bind(24, run.stamp_before);
  insert->bind(25, run.stamp_after).bind(26, run.stamp_number).bind(27, run.down_text).bind(28, run.source_text);
  insert->bind(29, run.fidelity);
  if (run.verified) insert->bind(30, *run.verified ? 1 : 0);
  if (!run.verified) insert->bind_null(30);
  insert->bind(31, run.error);
  bind_time(*insert, 32, run.undo_until);
  return insert->run();
}

Status SqliteLedger::note_migration(const Run& run) {
  if (run.mode != RunMode::real || run.migration == 0 || run.state != RunState::applied) return ok();
  const bool up = run.verb == "up";
  if (!up && run.verb != "down") return ok();
  ZMIG_TRY(auto* upsert, cached(up ? "INSERT INTO migration(target, number, slug, checksum, applied_run) "
                                     "VALUES(?1, ?2, ?3, ?4, ?5) ON CONFLICT DO UPDATE SET slug = ?3, checksum = ?4, "
                                     "applied_run = ?5, reverted_run = NULL"
                                   : "INSERT INTO migration(target, number, slug, checksum, reverted_run) "
                                     "VALUES(?1, ?2, ?3, ?4, ?5) ON CONFLICT DO UPDATE SET reverted_run = ?5"));
  upsert->bind(1, run.target_id).bind(2, run.migration).bind(3, run.slug).bind(4, run.checksum).bind(5, run.id);
  return upsert->run();
}

Result<std::uint64_t> SqliteLedger::begin(const Run& run) {
  std::uint64_t id = 0;
  const Status written = write([&]() -> Result<Noted> {
    ZMIG_CHECK_OK(insert_run(run));
    id = static_cast<std::uint64_t>(db_.last_insert_rowid());
    ZMIG_TRY(auto* step, cached("INSERT INTO step(run, ordinal, state) VALUES(?1, ?2, 'planned')"));
    for (std::uint64_t ordinal = 1; ordinal <= run.steps_total; ++ordinal) {
      step->bind(1, id).bind(2, ordinal);
      ZMIG_CHECK_OK(step->run());
    }
    Run stored = run;
    stored.id = id;
    ZMIG_CHECK_OK(note_migration(stored));
    return Noted{id, "run." + std::string(to_string(run.state)), "{}", "run:" + std::to_string(id)};
  });
  ZMIG_CHECK_OK(written);
  return id;
}

Status SqliteLedger::update(const Run& run, std::string_view event, std::string_view json) {
  return write([&]() -> Result<Noted> {
    ZMIG_TRY(auto* update,
             cached("UPDATE run SET state = ?2, finished = ?3, backup = ?4, steps_confirmed = ?5, stamp_before = ?6, "
                    "stamp_after = ?7, stamp_number = ?8, verified = ?9, error = ?10, undo_until = ?11, "
                    "down_text = CASE WHEN down_text = '' THEN ?12 ELSE down_text END, "
                    "source_text = CASE WHEN source_text = '' THEN ?13 ELSE source_text END WHERE id = ?1"));
    update->bind(1, run.id).bind(2, to_string(run.state));
    bind_time(*update, 3, run.finished);
    update->bind(4, run.backup).bind(5, run.steps_confirmed).bind(6, run.stamp_before).bind(7, run.stamp_after);
    update->bind(8, run.stamp_number);
    if (run.verified) update->bind(9, *run.verified ? 1 : 0);
    if (!run.verified) update->bind_null(9);
    update->bind(10, run.error);
    bind_time(*update, 11, run.undo_until);
    update->bind(12, run.down_text).bind(13, run.source_text);
    ZMIG_CHECK_OK(update->run());
    if (db_.changes() != 1) {
      return make_error(Errc::not_found, "", "the ledger has no run r" + std::to_string(run.id));
    }
    if (run.steps_confirmed > 0) {
      ZMIG_TRY(auto* steps, cached("UPDATE step SET state = ?3 WHERE run = ?1 AND ordinal <= ?2 AND state <> ?3"));
      steps->bind(1, run.id).bind(2, run.steps_confirmed).bind(3, "confirmed");
      ZMIG_CHECK_OK(steps->run());
    }
    ZMIG_CHECK_OK(note_migration(run));
    return Noted{run.id, std::string(event), std::string(json), "run:" + std::to_string(run.id)};
  });
}

// --- Captures, events -----------------------------------------------------------------------------------------------

Status SqliteLedger::insert_captures(std::uint64_t run, const std::vector<Capture>& captures,
                                     std::optional<UtcTime> expires) {
  ZMIG_TRY(auto* insert, cached("INSERT INTO capture(run, step, sheet, col, blob, hash, expires) "
                                "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO NOTHING"));
  for (const Capture& capture : captures) {
    const std::string blob = captures_to_blob(capture);
    insert->bind(1, run).bind(2, capture.step).bind(3, capture.sheet).bind(4, capture.column).bind_blob(5, blob);
    insert->bind(6, sha256_hex(blob));
    bind_time(*insert, 7, expires);
    ZMIG_CHECK_OK(insert->run());
  }
  return ok();
}

Status SqliteLedger::save_captures(std::uint64_t run, const std::vector<Capture>& captures,
                                   std::optional<UtcTime> expires) {
  if (captures.empty()) return ok();
  return write([&]() -> Result<Noted> {
    ZMIG_CHECK_OK(insert_captures(run, captures, expires));
    return Noted{run, "capture.saved", "{\"captures\":" + std::to_string(captures.size()) + "}",
                 "captures:" + std::to_string(run)};
  });
}

Result<std::vector<Capture>> SqliteLedger::captures(std::uint64_t run) {
  ZMIG_TRY(auto rows, capture_rows(run));
  std::vector<Capture> all;
  all.reserve(rows.size());
  for (CaptureRow& row : rows) all.push_back(std::move(row.capture));
  return all;
}

Result<std::vector<CaptureRow>> SqliteLedger::capture_rows(std::uint64_t run) {
  const auto query = [&]() -> Result<std::vector<CaptureRow>> {
    std::vector<CaptureRow> all;
    // Two texts: one for both would not use the index over `run`.
    ZMIG_TRY(const Reading select,
             reading(run == 0 ? "SELECT blob, hash, id, run, expires FROM capture ORDER BY id"
                              : "SELECT blob, hash, id, run, expires FROM capture WHERE run = ?1 ORDER BY id"));
    if (run != 0) select->bind(1, run);
    for (;;) {
      ZMIG_TRY(const bool found, select->step());
      if (!found) return all;
      CaptureRow row;
      row.id = static_cast<std::uint64_t>(select->integer(2));
      row.run = static_cast<std::uint64_t>(select->integer(3));
      if (!select->is_null(4)) row.expires = UtcTime(std::chrono::milliseconds(select->integer(4)));
      if (sha256_hex(select->text(0)) != select->text(1)) {
        return make_error(Errc::corrupt, "ZM0601",
                          "a capture of r" + std::to_string(row.run) + " does not match its hash");
      }
      ZMIG_TRY(row.capture, capture_from_blob(select->text(0)));
      all.push_back(std::move(row));
    }
  };
  return as_ledger(query());
}

Status SqliteLedger::append_event(std::uint64_t run, std::string_view kind, std::string_view json) {
  return write([&]() -> Result<Noted> { return Noted{run, std::string(kind), std::string(json), {}}; });
}

Result<std::vector<LedgerEvent>> SqliteLedger::events(std::uint64_t run) {
  const auto query = [&]() -> Result<std::vector<LedgerEvent>> {
    std::vector<LedgerEvent> all;
    // Two texts: one for both would not use the index over `run`.
    ZMIG_TRY(const Reading select,
             reading(run == 0 ? "SELECT seq, run, at, kind, json, prev_hash, hash FROM event ORDER BY seq"
                              : "SELECT seq, run, at, kind, json, prev_hash, hash FROM event WHERE run = ?1 "
                                "ORDER BY seq"));
    if (run != 0) select->bind(1, run);
    for (;;) {
      ZMIG_TRY(const bool found, select->step());
      if (!found) return all;
      LedgerEvent event;
      event.seq = static_cast<std::uint64_t>(select->integer(0));
      event.run = static_cast<std::uint64_t>(select->integer(1));
      event.at = UtcTime(std::chrono::milliseconds(select->integer(2)));
      event.kind = select->text(3);
      event.json = select->text(4);
      event.prev_hash = select->text(5);
      event.hash = select->text(6);
      all.push_back(std::move(event));
    }
  };
  return as_ledger(query());
}

Result<std::string> SqliteLedger::head() {
  if (open_head_) return open_head_->hash;
  return as_ledger(meta("head"));
}

// --- Reading runs ---------------------------------------------------------------------------------------------------

Result<std::optional<Run>> SqliteLedger::run(std::uint64_t id) {
  const auto query = [&]() -> Result<std::optional<Run>> {
    ZMIG_TRY(const Reading select, reading("SELECT " + std::string(kRunColumns) + " FROM run WHERE id = ?1"));
    select->bind(1, id);
    ZMIG_TRY(const bool found, select->step());
    if (!found) return std::optional<Run>();
    return std::optional<Run>(read_run(*select));
  };
  return as_ledger(query());
}

Result<std::optional<Run>> SqliteLedger::run_by_uid(const std::string& uid) {
  const auto query = [&]() -> Result<std::optional<Run>> {
    ZMIG_TRY(auto select, db_.prepare("SELECT " + std::string(kRunColumns) + " FROM run WHERE uid = ?1"));
    select.bind(1, uid);
    ZMIG_TRY(const bool found, select.step());
    if (!found) return std::optional<Run>();
    return std::optional<Run>(read_run(select));
  };
  return as_ledger(query());
}

Result<std::vector<Run>> SqliteLedger::runs(const RunFilter& filter) {
  const auto query = [&]() -> Result<std::vector<Run>> {
    std::vector<Run> all;
    ZMIG_TRY(auto select, db_.prepare("SELECT " + std::string(filter.brief ? kBriefRunColumns : kRunColumns) +
                                      " FROM run WHERE (?1 = '' OR target = ?1) AND (?2 = '' OR mode = ?2) "
                                      "AND (?3 < 0 OR migration = ?3) ORDER BY id DESC LIMIT ?4"));
    select.bind(1, filter.target_id).bind(2, filter.mode ? to_string(*filter.mode) : std::string_view());
    select.bind(3, filter.migration ? std::int64_t{*filter.migration} : std::int64_t{-1});
    select.bind(4, filter.limit == 0 ? std::int64_t{-1} : static_cast<std::int64_t>(filter.limit));
    for (;;) {
      ZMIG_TRY(const bool found, select.step());
      if (!found) return all;
      all.push_back(read_run(select));
    }
  };
  return as_ledger(query());
}

Result<std::optional<Run>> SqliteLedger::open_run(const std::string& target_id) {
  const auto query = [&]() -> Result<std::optional<Run>> {
    ZMIG_TRY(const Reading select,
             reading("SELECT " + std::string(kRunColumns) +
                     " FROM run WHERE target = ?1 AND mode = 'real' AND state IN ('planned', 'backed_up', "
                     "'in_flight', 'confirmed') ORDER BY id DESC LIMIT 1"));
    select->bind(1, target_id);
    ZMIG_TRY(const bool found, select->step());
    if (!found) return std::optional<Run>();
    return std::optional<Run>(read_run(*select));
  };
  return as_ledger(query());
}

// --- Backups, verifications ------------------------------------------------------------------------------------------

Result<std::uint64_t> SqliteLedger::add_backup(const BackupRow& row) {
  std::uint64_t id = 0;
  const Status written = write([&]() -> Result<Noted> {
    ZMIG_TRY(auto insert,
             db_.prepare("INSERT INTO backup(target, title, location, mode, sha256, sheets_json, bytes, position, "
                         "created, verified, expires) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)"));
    insert.bind(1, row.target_id).bind(2, row.title).bind(3, row.location).bind(4, row.mode).bind(5, row.sha256);
    insert.bind(6, row.sheets_json).bind(7, row.bytes).bind(8, row.position).bind(9, ms_of(row.created));
    bind_time(insert, 10, row.verified);
    bind_time(insert, 11, row.expires);
    ZMIG_CHECK_OK(insert.run());
    id = static_cast<std::uint64_t>(db_.last_insert_rowid());
    return Noted{0, "backup.added", "{\"backup\":\"b" + std::to_string(id) + "\"}", "backup:" + std::to_string(id)};
  });
  ZMIG_CHECK_OK(written);
  return id;
}

Status SqliteLedger::forget_backup(std::uint64_t id, std::string_view json) {
  return write([&]() -> Result<Noted> {
    ZMIG_TRY(auto remove, db_.prepare("DELETE FROM backup WHERE id = ?1"));
    remove.bind(1, id);
    ZMIG_CHECK_OK(remove.run());
    return Noted{0, "backup.pruned", std::string(json), "backup:" + std::to_string(id)};
  });
}

Result<std::vector<BackupRow>> SqliteLedger::backups(const std::string& target_id) {
  const auto query = [&]() -> Result<std::vector<BackupRow>> {
    std::vector<BackupRow> all;
    ZMIG_TRY(auto select,
             db_.prepare("SELECT id, target, title, location, mode, sha256, sheets_json, bytes, position, created, "
                         "verified, expires FROM backup WHERE ?1 = '' OR target = ?1 ORDER BY id DESC"));
    select.bind(1, target_id);
    for (;;) {
      ZMIG_TRY(const bool found, select.step());
      if (!found) return all;
      BackupRow row;
      row.id = static_cast<std::uint64_t>(select.integer(0));
      row.target_id = select.text(1);
      row.title = select.text(2);
      row.location = select.text(3);
      row.mode = select.text(4);
      row.sha256 = select.text(5);
      row.sheets_json = select.text(6);
      row.bytes = static_cast<std::uint64_t>(select.integer(7));
      row.position = static_cast<std::uint32_t>(select.integer(8));
      row.created = UtcTime(std::chrono::milliseconds(select.integer(9)));
      row.verified = time_at(select, 10);
      row.expires = time_at(select, 11);
      all.push_back(std::move(row));
    }
  };
  return as_ledger(query());
}

Result<std::uint64_t> SqliteLedger::add_verification(const VerificationRow& row) {
  std::uint64_t id = 0;
  const Status written = write([&]() -> Result<Noted> {
    ZMIG_TRY(auto insert,
             db_.prepare("INSERT INTO verification(target, scope, report_json, at, passed, failed, not_run, "
                         "position) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"));
    insert.bind(1, row.target_id)
        .bind(2, row.scope)
        .bind(3, row.report_json)
        .bind(4, ms_of(row.at))
        .bind(5, row.passed);
    insert.bind(6, row.failed).bind(7, row.not_run).bind(8, row.position);
    ZMIG_CHECK_OK(insert.run());
    id = static_cast<std::uint64_t>(db_.last_insert_rowid());
    return Noted{0, "verification.added", "{\"verification\":" + std::to_string(id) + "}",
                 "verification:" + std::to_string(id)};
  });
  ZMIG_CHECK_OK(written);
  return id;
}

Result<std::optional<VerificationRow>> SqliteLedger::last_verification(const std::string& target_id) {
  const auto query = [&]() -> Result<std::optional<VerificationRow>> {
    ZMIG_TRY(auto select, db_.prepare("SELECT id, target, scope, report_json, at, passed, failed, not_run, position "
                                      "FROM verification WHERE target = ?1 ORDER BY id DESC LIMIT 1"));
    select.bind(1, target_id);
    ZMIG_TRY(const bool found, select.step());
    if (!found) return std::optional<VerificationRow>();
    VerificationRow row;
    row.id = static_cast<std::uint64_t>(select.integer(0));
    row.target_id = select.text(1);
    row.scope = select.text(2);
    row.report_json = select.text(3);
    row.at = UtcTime(std::chrono::milliseconds(select.integer(4)));
    row.passed = static_cast<std::uint64_t>(select.integer(5));
    row.failed = static_cast<std::uint64_t>(select.integer(6));
    row.not_run = static_cast<std::uint64_t>(select.integer(7));
    row.position = static_cast<std::uint32_t>(select.integer(8));
    return std::optional<VerificationRow>(std::move(row));
  };
  return as_ledger(query());
}

}  // namespace zmig::ledger
