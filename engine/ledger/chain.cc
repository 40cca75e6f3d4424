// The chain of events: what it vouches for, and how a changed byte or a cut tail is found.

#include <array>
#include <charconv>
#include <map>
#include <optional>

#include "base/digest.h"
#include "ledger/sqlite_ledger.h"

namespace zmig::ledger {
namespace {

/// What the newest event about a row says of it.
struct Vouched {
  std::string digest;
  std::uint64_t seq = 0;
};
struct Subjects {
  std::map<std::uint64_t, Vouched> runs;  // "run:17" under 17: most of them, and looked at in the order of the table
  std::map<std::string, Vouched, std::less<>> others;

  void note(const std::string& subject, Vouched vouched) {
    if (const auto run = run_of(subject)) {
      runs.insert_or_assign(*run, std::move(vouched));
    } else {
      others.insert_or_assign(subject, std::move(vouched));
    }
  }
  [[nodiscard]] bool holds(std::string_view prefix, std::string_view id) const {
    const std::string subject = std::string(prefix) + std::string(id);
    if (const auto run = run_of(subject)) return runs.contains(*run);
    return others.contains(subject);
  }

 private:
  /// The number, when the subject is written as begin() writes it.
  static std::optional<std::uint64_t> run_of(std::string_view subject) {
    constexpr std::string_view kRun = "run:";
    if (!subject.starts_with(kRun)) return std::nullopt;
    subject.remove_prefix(kRun.size());
    std::uint64_t number = 0;
    const auto [end, failed] = std::from_chars(subject.data(), subject.data() + subject.size(), number);
    const bool all = failed == std::errc() && end == subject.data() + subject.size() && !subject.starts_with('0');
    return all ? std::optional(number) : std::nullopt;
  }
};

void add_row(std::string& bytes, const sqlite::Statement& row) {
  const int columns = row.columns();
  for (int column = 0; column < columns; ++column) {
    const int type = row.type(column);  // before text(), which converts
    const std::string_view text = row.text(column);
    std::array<char, 24> length{};
    const auto end = std::to_chars(length.begin(), length.end(), text.size()).ptr;
    bytes += static_cast<char>('0' + type);
    bytes += ':';
    bytes.append(length.data(), end);
    bytes += ':';
    bytes += text;
  }
  bytes += '\n';
}

struct SubjectSql {
  std::string_view prefix;
  std::string_view sql;  // one or two statements, each with the id as ?1
  std::string_view second;
  std::string_view all;  // every id that must have an event
};
// Blobs of captures are checked against the hash beside them, so the digest takes the hash.
constexpr SubjectSql kSubjects[] = {
    {"run:", "SELECT * FROM run WHERE id = CAST(?1 AS INTEGER)",
     "SELECT * FROM step WHERE run = CAST(?1 AS INTEGER) ORDER BY ordinal", "SELECT id FROM run"},
    {"captures:",
     "SELECT id, run, step, sheet, col, hash, expires FROM capture WHERE run = CAST(?1 AS INTEGER) ORDER BY id", "",
     "SELECT DISTINCT run FROM capture"},
    {"target:", "SELECT * FROM target WHERE id = ?1", "", "SELECT id FROM target"},
    {"backup:", "SELECT * FROM backup WHERE id = CAST(?1 AS INTEGER)", "", "SELECT id FROM backup"},
    {"verification:", "SELECT * FROM verification WHERE id = CAST(?1 AS INTEGER)", "", "SELECT id FROM verification"},
};

Status add_rows(sqlite::Statement& select, std::string_view id, std::string& bytes) {
  select.bind(1, id);
  for (;;) {
    ZMIG_TRY(const bool found, select.step());
    if (!found) return ok();
    add_row(bytes, select);
  }
}

/// Events whose details were taken out (prune.cc), as later events say.
Result<std::set<std::uint64_t>> pruned_events(sqlite::Database& db) {
  std::set<std::uint64_t> out;
  ZMIG_TRY(auto select, db.prepare("SELECT json FROM event WHERE kind = 'ledger.pruned'"));
  for (;;) {
    ZMIG_TRY(const bool found, select.step());
    if (!found) return out;
    out.merge(pruned_from_json(select.text(0)));
  }
}

/// Seq of the first event that does not follow from the one before; fills `subjects` on the way.
Result<std::optional<std::uint64_t>> walk(sqlite::Database& db, Subjects& subjects, std::uint64_t& count,
                                          std::string& last_hash) {
  ZMIG_TRY(const std::set<std::uint64_t> pruned, pruned_events(db));
  ZMIG_TRY(auto select,
           db.prepare("SELECT seq, run, at, kind, json, subject, digest, prev_hash, hash FROM event ORDER BY seq"));
  for (;;) {
    ZMIG_TRY(const bool found, select.step());
    if (!found) return std::optional<std::uint64_t>();
    const std::uint64_t seq = static_cast<std::uint64_t>(select.integer(0));
    if (seq != count + 1) return std::optional<std::uint64_t>(count + 1);
    Noted noted;
    noted.run = static_cast<std::uint64_t>(select.integer(1));
    noted.kind = select.text(3);
    noted.json = select.text(4);
    noted.subject = select.text(5);
    const std::string digest(select.text(6));
    // Of a pruned event the hash is left, and the next event's link to it.
    const bool is_pruned = noted.json == "{}" && pruned.contains(seq);
    const std::string hash =
        is_pruned ? std::string(select.text(8))
                  : sha256_hex(last_hash + "\n" + canonical_event(seq, noted, select.integer(2), digest));
    if (select.text(7) != last_hash || select.text(8) != hash) return std::optional<std::uint64_t>(seq);
    last_hash = hash;
    count = seq;
    if (!noted.subject.empty()) subjects.note(noted.subject, Vouched{digest, seq});
  }
}

/// Seq of an event behind which there is a capture whose bytes changed, or none.
Result<std::optional<std::uint64_t>> bad_capture(sqlite::Database& db, const Subjects& subjects) {
  ZMIG_TRY(auto select, db.prepare("SELECT run, blob, hash FROM capture"));
  for (;;) {
    ZMIG_TRY(const bool found, select.step());
    if (!found) return std::optional<std::uint64_t>();
    if (sha256_hex(select.text(1)) == select.text(2)) continue;
    const auto it = subjects.others.find("captures:" + std::to_string(select.integer(0)));
    return std::optional<std::uint64_t>(it == subjects.others.end() ? 1 : it->second.seq);
  }
}

/// Of the runs whose rows, with those of their steps, are not what their newest event says: the least seq of those
/// events. One pass over both tables, as digest_of() reads them one by one.
Result<std::optional<std::uint64_t>> bad_run(sqlite::Database& db, const Subjects& subjects) {
  std::optional<std::uint64_t> bad;
  const auto compare = [&](const Vouched& vouched, const std::string& bytes) {
    if (sha256_hex(bytes) != vouched.digest && (!bad || vouched.seq < *bad)) bad = vouched.seq;
  };
  ZMIG_TRY(auto rows, db.prepare("SELECT * FROM run ORDER BY id"));
  ZMIG_TRY(auto steps, db.prepare("SELECT * FROM step ORDER BY run, ordinal"));
  ZMIG_TRY(bool row, rows.step());
  ZMIG_TRY(bool step, steps.step());
  std::string bytes;
  for (const auto& [number, vouched] : subjects.runs) {
    const auto id = static_cast<std::int64_t>(number);
    bytes.clear();
    while (row && rows.integer(0) < id) { ZMIG_TRY(row, rows.step()); }
    if (row && rows.integer(0) == id) add_row(bytes, rows);
    while (step && steps.integer(0) < id) { ZMIG_TRY(step, steps.step()); }
    while (step && steps.integer(0) == id) {
      add_row(bytes, steps);
      ZMIG_TRY(step, steps.step());
    }
    compare(vouched, bytes);
  }
  return bad;
}

/// True when every row has an event that speaks of it.
Result<bool> all_vouched(sqlite::Database& db, const Subjects& subjects) {
  for (const SubjectSql& kind : kSubjects) {
    ZMIG_TRY(auto select, db.prepare(kind.all));
    for (;;) {
      ZMIG_TRY(const bool found, select.step());
      if (!found) break;
      if (!subjects.holds(kind.prefix, select.text(0))) return false;
    }
  }
  return true;
}

}  // namespace

Result<std::string> SqliteLedger::digest_of(const std::string& subject) {
  for (const SubjectSql& kind : kSubjects) {
    if (!subject.starts_with(kind.prefix)) continue;
    const std::string_view id = std::string_view(subject).substr(kind.prefix.size());
    std::string bytes;
    for (const std::string_view sql : {kind.sql, kind.second}) {
      if (sql.empty()) continue;
      ZMIG_TRY(const Reading select, reading(sql));
      ZMIG_CHECK_OK(add_rows(*select, id, bytes));
    }
    return sha256_hex(bytes);
  }
  return make_error(Errc::corrupt, "ZM0601", "an event of the ledger speaks of something unknown");
}

Result<ChainCheck> SqliteLedger::check_chain() {
  const auto check = [&]() -> Result<ChainCheck> {
    Subjects subjects;
    std::string last_hash = first_hash();
    ChainCheck found;
    ZMIG_TRY(auto bad, walk(db_, subjects, found.events, last_hash));
    ZMIG_TRY(const std::string head_hash, meta("head"));
    ZMIG_TRY(const std::string head_seq, meta("head_seq"));
    if (!bad && (head_hash != last_hash || head_seq != std::to_string(found.events))) bad = found.events + 1;
    if (!bad) {
      ZMIG_TRY(bad, bad_run(db_, subjects));
      for (const auto& [subject, vouched] : subjects.others) {
        ZMIG_TRY(const std::string digest, digest_of(subject));
        if (digest != vouched.digest && (!bad || vouched.seq < *bad)) bad = vouched.seq;
      }
    }
    if (!bad) { ZMIG_TRY(bad, bad_capture(db_, subjects)); }
    if (!bad) {
      ZMIG_TRY(const bool complete, all_vouched(db_, subjects));
      if (!complete) bad = found.events + 1;
    }
    found.ok = !bad.has_value();
    found.first_bad = bad;
    return found;
  };
  // One snapshot: another process may write between two of the questions.
  ZMIG_CHECK_OK(as_ledger_status(db_.exec("BEGIN")));
  auto result = as_ledger(check());
  ZMIG_CHECK_OK(as_ledger_status(db_.exec("ROLLBACK")));
  return result;
}

}  // namespace zmig::ledger
