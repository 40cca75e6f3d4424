#pragma once
// The tables of the ledger file, version 1 (docs/ledger.md describes each column). Private to engine/ledger/.

#include <cstdint>
#include <string_view>

namespace zmig::ledger {

/// "zmL1": says whose file this is (PRAGMA application_id).
constexpr std::int64_t kApplicationId = 0x7A6D4C31;
/// PRAGMA user_version. A newer one is refused (ZM0604); an older one is migrated in one transaction after a copy.
constexpr std::int64_t kSchemaVersion = 1;

constexpr std::string_view kTables = R"sql(
CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE target(
  id TEXT PRIMARY KEY, url TEXT NOT NULL, lineage TEXT NOT NULL, seen INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE run(
  id INTEGER PRIMARY KEY AUTOINCREMENT, uid TEXT NOT NULL UNIQUE, deployment INTEGER NOT NULL,
  target TEXT NOT NULL, url TEXT NOT NULL, verb TEXT NOT NULL,
  mode TEXT NOT NULL CHECK(mode IN ('real','rehearsal')),
  state TEXT NOT NULL CHECK(state IN ('planned','backed_up','in_flight','confirmed','applied','aborted','undone')),
  migration INTEGER NOT NULL, slug TEXT NOT NULL, checksum TEXT NOT NULL,
  actor TEXT NOT NULL, host TEXT NOT NULL, reason TEXT NOT NULL, tool_version TEXT NOT NULL,
  started INTEGER NOT NULL, finished INTEGER,
  guarantee TEXT NOT NULL, plan_hash TEXT NOT NULL, plan_json TEXT NOT NULL, adopted_json TEXT NOT NULL,
  backup TEXT NOT NULL, steps_total INTEGER NOT NULL, steps_confirmed INTEGER NOT NULL,
  stamp_before TEXT NOT NULL, stamp_after TEXT NOT NULL, stamp_number INTEGER NOT NULL,
  down_text TEXT NOT NULL, source_text TEXT NOT NULL, fidelity TEXT NOT NULL,
  verified INTEGER, error TEXT NOT NULL, undo_until INTEGER);
CREATE INDEX run_by_target ON run(target, id);
CREATE TABLE migration(
  target TEXT NOT NULL, number INTEGER NOT NULL, slug TEXT NOT NULL, checksum TEXT NOT NULL,
  applied_run INTEGER REFERENCES run(id), reverted_run INTEGER REFERENCES run(id),
  PRIMARY KEY(target, number)) WITHOUT ROWID;
CREATE TABLE step(
  run INTEGER NOT NULL REFERENCES run(id), ordinal INTEGER NOT NULL, state TEXT NOT NULL,
  PRIMARY KEY(run, ordinal)) WITHOUT ROWID;
CREATE TABLE event(
  seq INTEGER PRIMARY KEY, run INTEGER NOT NULL, at INTEGER NOT NULL, kind TEXT NOT NULL, json TEXT NOT NULL,
  subject TEXT NOT NULL, digest TEXT NOT NULL, prev_hash TEXT NOT NULL, hash TEXT NOT NULL);
CREATE INDEX event_by_run ON event(run, seq);
CREATE TABLE capture(
  id INTEGER PRIMARY KEY, run INTEGER NOT NULL REFERENCES run(id), step INTEGER NOT NULL, sheet TEXT NOT NULL,
  col TEXT NOT NULL, blob BLOB NOT NULL, hash TEXT NOT NULL, expires INTEGER, UNIQUE(run, step, sheet, col));
CREATE TABLE backup(
  id INTEGER PRIMARY KEY AUTOINCREMENT, target TEXT NOT NULL, title TEXT NOT NULL, location TEXT NOT NULL,
  mode TEXT NOT NULL, sha256 TEXT NOT NULL, sheets_json TEXT NOT NULL, bytes INTEGER NOT NULL,
  position INTEGER NOT NULL, created INTEGER NOT NULL, verified INTEGER, expires INTEGER);
CREATE TABLE verification(
  id INTEGER PRIMARY KEY AUTOINCREMENT, target TEXT NOT NULL, scope TEXT NOT NULL, report_json TEXT NOT NULL,
  at INTEGER NOT NULL, passed INTEGER NOT NULL, failed INTEGER NOT NULL, not_run INTEGER NOT NULL,
  position INTEGER NOT NULL);
CREATE TRIGGER event_is_written_once BEFORE UPDATE ON event BEGIN SELECT RAISE(ABORT, 'events are never changed'); END;
CREATE TRIGGER event_stays BEFORE DELETE ON event BEGIN SELECT RAISE(ABORT, 'events are never removed'); END;
CREATE TRIGGER capture_is_written_once BEFORE UPDATE ON capture
  BEGIN SELECT RAISE(ABORT, 'captures are never changed'); END;
CREATE TRIGGER capture_stays BEFORE DELETE ON capture BEGIN SELECT RAISE(ABORT, 'captures are never removed'); END;
)sql";

}  // namespace zmig::ledger
