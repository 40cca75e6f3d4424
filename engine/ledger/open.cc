// Opening the ledger file: 0600 in a 0700 folder, DELETE journal, checked before use.

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>

#include "base/failpoint.h"
#include "base/posix.h"
#include "ledger/ledger_schema.h"
#include "ledger/sqlite_ledger.h"

namespace zmig {
namespace ledger {
namespace {

Result<std::int64_t> pragma(sqlite::Database& db, std::string_view name) {
  ZMIG_TRY(auto statement, db.prepare("PRAGMA " + std::string(name)));
  ZMIG_TRY([[maybe_unused]] const bool found, statement.step());
  ZMIG_ASSERT(found, "SQLite answers this pragma with a row");
  return statement.integer(0);
}

Status quick_check(sqlite::Database& db) {
  ZMIG_TRY(auto statement, db.prepare("PRAGMA quick_check(1)"));
  ZMIG_TRY(const bool found, statement.step());
  const std::string what(found ? statement.text(0) : "no answer");
  if (what == "ok") return ok();
  return make_error(Errc::corrupt, "ZM0601", "the ledger is damaged: " + what);
}

/// Makes the empty file, readable by its owner only; SQLite would follow the umask.
Status create_private(const std::string& path, Ports& ports) {
  const FolderAndName at = folder_and_name(path);
  ZMIG_CHECK_OK(ports.files.make_folder(at.folder, true));
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (descriptor < 0) {
    if (errno == EEXIST) return ok();
    return posix_error(errno, "creating the ledger", path);
  }
  ::close(descriptor);
  return ok();
}

enum class Found { ours, empty };

/// Whose file it is, and whether this program understands it.
Result<Found> look_inside(sqlite::Database& db, const std::string& path) {
  ZMIG_TRY(const std::int64_t application, pragma(db, "application_id"));
  ZMIG_TRY(const std::int64_t version, pragma(db, "user_version"));
  if (application == 0 && version == 0) {
    ZMIG_TRY(auto tables, db.prepare("SELECT count(*) FROM sqlite_schema"));
    ZMIG_TRY([[maybe_unused]] const bool found, tables.step());
    ZMIG_ASSERT(found, "count(*) has a row");
    if (tables.integer(0) == 0) return Found::empty;
  }
  if (application != kApplicationId) {
    return make_error(Errc::corrupt, "ZM0601", "\"" + path + "\" is a database, but no ledger of zmig");
  }
  if (version > kSchemaVersion) {
    return make_error(Errc::corrupt, "ZM0604",
                      "the ledger was written by a newer zmig (version " + std::to_string(version) +
                          ", this one knows " + std::to_string(kSchemaVersion) + ")",
                      "use the newer zmig here too");
  }
  ZMIG_CHECK_OK(quick_check(db));
  return Found::ours;
}

/// In one snapshot: the file is locked once for all the questions.
Result<Found> look(sqlite::Database& db, const std::string& path) {
  ZMIG_CHECK_OK(db.exec("BEGIN"));
  auto found = look_inside(db, path);
  static_cast<void>(db.exec("ROLLBACK"));  // nothing was written
  return found;
}

Status check_place(const std::string& path, bool writable) {
  struct stat facts {};
  if (::lstat(path.c_str(), &facts) != 0) {
    if (errno == ENOENT && writable) return ok();
    return posix_error(errno, "opening the ledger", path);
  }
  if (!S_ISREG(facts.st_mode)) {
    return make_error(Errc::denied, "", "the ledger \"" + path + "\" is not a regular file");
  }
  return ok();
}

Result<std::unique_ptr<Ledger>> open_file(const std::string& path, bool writable, int busy_timeout_ms, Ports& ports) {
  ZMIG_CHECK_OK(check_place(path, writable));
  if (writable) ZMIG_CHECK_OK(create_private(path, ports));
  const sqlite::Mode mode = writable ? sqlite::Mode::read_write : sqlite::Mode::read_only;
  ZMIG_TRY(auto db, sqlite::Database::open(path, mode, busy_timeout_ms));
  ZMIG_TRY(const Found found, look(db, path));
  if (found == Found::empty && !writable) {
    return make_error(Errc::not_found, "", "the ledger \"" + path + "\" is empty: nothing was ever recorded");
  }
  if (writable) ZMIG_CHECK_OK(configure(db));
  if (found == Found::empty) ZMIG_CHECK_OK(create_tables(db, ports));
  return std::unique_ptr<Ledger>(std::make_unique<SqliteLedger>(std::move(db), path, busy_timeout_ms, ports));
}

}  // namespace

Status configure(sqlite::Database& db) {
  return db.exec("PRAGMA journal_mode=DELETE; PRAGMA synchronous=EXTRA; PRAGMA foreign_keys=ON;");
}

Status create_tables(sqlite::Database& db, Ports& ports) {
  ZMIG_TRY(auto transaction, sqlite::Transaction::begin(db));
  // Another process may have made them between our look and the lock.
  ZMIG_TRY(const std::int64_t there, pragma(db, "application_id"));
  if (there == kApplicationId) return ok();
  ZMIG_CHECK_OK(db.exec(kTables));
  ZMIG_TRY(auto insert,
           db.prepare("INSERT INTO meta(key, value) VALUES('ledger_id', ?1), ('head', ?2), ('head_seq', '0'), "
                      "('deployment', '0'), ('schema_version', ?3)"));
  insert.bind(1, "l-" + ports.random.hex(16)).bind(2, first_hash()).bind(3, std::to_string(kSchemaVersion));
  ZMIG_CHECK_OK(insert.run());
  ZMIG_CHECK_OK(db.exec("PRAGMA application_id=" + std::to_string(kApplicationId) +
                        "; PRAGMA user_version=" + std::to_string(kSchemaVersion) + ";"));
  return transaction.commit();
}

}  // namespace ledger

std::string network_file_system(const std::string& folder) {
  if (failpoint::reached("ledger.on_network")) return "nfs";  // no test machine has one
  struct Kind {
    std::uint32_t magic;
    std::string_view name;
  };
  static constexpr std::array kKinds{Kind{0x6969U, "nfs"},    Kind{0xFF534D42U, "cifs"},  Kind{0xFE534D42U, "smb2"},
                                     Kind{0x517BU, "smb"},    Kind{0x5346414FU, "afs"},   Kind{0x00C36400U, "ceph"},
                                     Kind{0x01021997U, "9p"}, Kind{0x7461636FU, "ocfs2"}, Kind{0x0BD00BD0U, "lustre"}};
  struct statfs facts {};
  if (::statfs(folder.c_str(), &facts) != 0) return {};
  const auto found = std::find_if(kKinds.begin(), kKinds.end(), [&](const Kind& kind) {
    return kind.magic == static_cast<std::uint32_t>(facts.f_type);
  });
  return found == kKinds.end() ? std::string() : std::string(found->name);
}

Result<std::unique_ptr<Ledger>> open_ledger(const std::string& path, bool writable, int busy_timeout_ms, Ports& ports) {
  return ledger::as_ledger(ledger::open_file(path, writable, busy_timeout_ms, ports));
}

Result<std::unique_ptr<Ledger>> open_memory_ledger(Ports& ports) {
  ZMIG_TRY(auto db, sqlite::Database::open(":memory:", sqlite::Mode::create, 0));
  ZMIG_CHECK_OK(db.exec("PRAGMA foreign_keys=ON;"));
  ZMIG_CHECK_OK(ledger::create_tables(db, ports));
  return std::unique_ptr<Ledger>(std::make_unique<ledger::SqliteLedger>(std::move(db), std::string(), 0, ports));
}

}  // namespace zmig
