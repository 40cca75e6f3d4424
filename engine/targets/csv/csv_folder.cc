#include "targets/csv/csv_folder.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <map>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/durable.h"
#include "base/failpoint.h"
#include "base/posix.h"
#include "base/text.h"
#include "targets/csv/csv_rewrite.h"

namespace zmig::csv {
namespace {

constexpr std::uint64_t kLargestJournal = std::uint64_t{64} << 20;
constexpr int kMoreTries = 3;

/// Whether the file is the one of the print. `surely`: its bytes are read, however much it looks like it.
Result<bool> stands_as(const std::string& path, const Print& print, bool surely) {
  ZMIG_TRY(const Glance glance, glance_at(path));
  if (!glance.there || glance.size != print.size) return false;
  if (!surely && glance.inode == print.inode && glance.changed_ns == print.changed_ns) return true;
  ZMIG_TRY(const Print now, print_of_file(path));
  return now.sha256 == print.sha256;
}

Result<std::optional<Journal>> read_journal(const std::string& folder, FileSystem& files) {
  const std::string path = fmt::format("{}/{}", folder, kJournal);
  ZMIG_TRY(const Glance there, glance_at(path));
  if (!there.there) return std::optional<Journal>();
  ZMIG_TRY(const std::string text, files.read(path, kLargestJournal));
  ZMIG_TRY(Journal journal, journal_from_json(text, path));
  return std::optional<Journal>(std::move(journal));
}

Status make_folder_at(const std::string& path) {
  if (::mkdir(path.c_str(), 0777) != 0 && errno != EEXIST) {
    Error error = posix_error(errno, "making", path);
    if (error.code == Errc::denied) error.zm = "ZM0406";
    return error;
  }
  struct stat facts {};
  if (::lstat(path.c_str(), &facts) != 0) return posix_error(errno, "looking at", path);
  if (S_ISDIR(facts.st_mode)) return ok();
  return make_error(Errc::denied, "ZM0406", fmt::format("{} is not a folder", quoted(path)), "move it away");
}

Error saved_meanwhile(const std::string& what, const std::string& place) {
  return make_error(Errc::conflict, "ZM0303",
                    fmt::format("{} was saved by somebody else while it was to be exchanged", what), "plan again",
                    place);
}
/// Trying again does not help.
bool is_of_people(const Error& error) { return error.zm == "ZM0303" || error.zm == "ZM0469"; }

Error not_waiting(const std::string& file) {
  return make_error(Errc::invalid_input, "ZM0703", fmt::format("{} does not wait for a choice", quoted(file)),
                    "`zmig repair` without --keep says what is open");
}

/// Carries a journal out, in one direction or the other. Every step looks first, so that it can be done again.
class Carrier {
 public:
  Carrier(const std::string& folder, Journal& journal, const VersionsToKeep& keep = {})
      : folder_(folder), journal_(journal), keep_(keep) {}

  /// Conflict: a person saved meanwhile; everything of ours is out of the way again.
  Status run() {
    if (journal_.forward) {
      ZMIG_TRY(const std::string edited, forward());
      if (edited.empty()) return finish();
      journal_.forward = false;
      ZMIG_CHECK_OK(durable_replace(path(std::string(kJournal)), journal_to_json(journal_)));
      ZMIG_CHECK_OK(back());
      ZMIG_CHECK_OK(finish());
      return saved_meanwhile(quoted(edited), path(edited));
    }
    ZMIG_CHECK_OK(back());
    return finish();
  }

 private:
  [[nodiscard]] std::string path(const std::string& relative) const { return folder_ + "/" + relative; }

  /// The first file that is neither old nor new; empty: all are new.
  Result<std::string> forward() {
    for (const JournalEntry& entry : journal_.entries) {
      ZMIG_FAILPOINT_STATUS("csv.before_exchange");
      ZMIG_TRY(const bool done, entry.before&& entry.after ? exchange(entry)
                                : entry.after              ? appear(entry)
                                                           : vanish(entry));
      if (!done) return entry.live;
      ZMIG_FAILPOINT_STATUS("csv.after_exchange");
    }
    return std::string();
  }

  Result<bool> exchange(const JournalEntry& entry) {
    const std::string live = path(entry.live), staged = path(entry.staged);
    ZMIG_TRY(const bool done, stands_as(live, *entry.after, false));
    if (!done) {
      ZMIG_TRY(const bool old, stands_as(live, *entry.before, false));
      ZMIG_TRY(const bool ready, stands_as(staged, *entry.after, false));
      if (!old || !ready) return false;
      ZMIG_CHECK_OK(durable_rename(staged, live, RenameMode::exchange));
    }
    return stands_as(staged, *entry.before, true);
  }
  Result<bool> appear(const JournalEntry& entry) {
    const std::string live = path(entry.live), staged = path(entry.staged);
    ZMIG_TRY(const Glance there, glance_at(live));
    if (there.there) return stands_as(live, *entry.after, false);
    return into_free_place(staged, live);
  }
  Result<bool> vanish(const JournalEntry& entry) {
    const std::string live = path(entry.live), staged = path(entry.staged);
    ZMIG_TRY(const Glance there, glance_at(live));
    if (there.there) {
      ZMIG_TRY(const bool old, stands_as(live, *entry.before, false));
      if (!old) return false;
      ZMIG_TRY(const bool moved, into_free_place(live, staged));
      if (!moved) return false;
    }
    return stands_as(staged, *entry.before, true);
  }
  /// False: something stands there.
  static Result<bool> into_free_place(const std::string& from, const std::string& to) {
    Status moved = durable_rename(from, to, RenameMode::no_replace);
    if (moved) return true;
    if (moved.error().code == Errc::conflict) return false;
    return std::move(moved).error();
  }

  /// What a person saved is never moved.
  Status back() {
    for (auto entry = journal_.entries.rbegin(); entry != journal_.entries.rend(); ++entry) {
      ZMIG_FAILPOINT_STATUS("csv.before_exchange");
      const std::string live = path(entry->live), staged = path(entry->staged);
      if (!entry->after) {
        ZMIG_TRY(const Glance there, glance_at(live));
        ZMIG_TRY(const Glance kept, glance_at(staged));
        if (!there.there && kept.there) { ZMIG_TRY([[maybe_unused]] const bool moved, into_free_place(staged, live)); }
        continue;
      }
      ZMIG_TRY(const bool ours, stands_as(live, *entry->after, false));
      if (!ours) continue;
      const RenameMode mode = entry->before ? RenameMode::exchange : RenameMode::no_replace;
      ZMIG_CHECK_OK(entry->before ? durable_rename(staged, live, mode) : durable_rename(live, staged, mode));
      ZMIG_TRY(const bool came_out, stands_as(staged, *entry->after, true));
      if (!came_out)  // saved in the moment between: that version stays in its place
        ZMIG_CHECK_OK(durable_rename(staged, live, mode));
    }
    return ok();
  }

  /// Files of which two versions are there that nobody has elsewhere.
  Result<std::vector<const JournalEntry*>> torn() const {
    std::vector<const JournalEntry*> torn;
    if (journal_.forward) return torn;  // what was displaced was looked at when it was
    for (const JournalEntry& entry : journal_.entries) {
      const std::string staged = path(entry.staged);
      ZMIG_TRY(const Glance there, glance_at(staged));
      if (!there.there) continue;
      ZMIG_TRY(const bool ours, entry.after ? stands_as(staged, *entry.after, true) : Result<bool>(false));
      if (!ours) torn.push_back(&entry);
    }
    return torn;
  }

  /// Nothing is thrown away that nobody has elsewhere.
  Status finish() {
    ZMIG_TRY(const auto waiting, torn());
    ZMIG_CHECK_OK(check_choices(waiting));
    for (const JournalEntry* entry : waiting) ZMIG_CHECK_OK(keep_one(*entry, *version_of(entry->live)));
    ZMIG_FAILPOINT_STATUS("csv.before_clean");
    if (::unlink(path(std::string(kJournal)).c_str()) != 0 && errno != ENOENT)
      return posix_error(errno, "removing", path(std::string(kJournal)));
    ZMIG_TRY(const Descriptor own, open_folder(path(std::string(kOwnFolder))));
    if (const int failed = sync_descriptor(own.get()); failed != 0 && failed != EINVAL)
      return posix_error(failed, "syncing", path(std::string(kOwnFolder)));
    return ok();
  }

  [[nodiscard]] const std::string* version_of(const std::string& file) const {
    const auto found = std::find_if(keep_.begin(), keep_.end(), [&](const auto& one) { return one.first == file; });
    return found == keep_.end() ? nullptr : &found->second;
  }

  /// Every file that waits has its version, and no other file has one: all of it is known before any of it is done.
  [[nodiscard]] Status check_choices(const std::vector<const JournalEntry*>& waiting) const {
    std::vector<std::string> names, flags;
    for (const JournalEntry* entry : waiting) {
      if (version_of(entry->live) != nullptr) continue;
      names.push_back(quoted(entry->live) + " (the other one is " + quoted(entry->staged) + ")");
      const bool plain = entry->live.find_first_of(" '\"$`\\*?;&|<>()") == std::string::npos;
      flags.push_back(fmt::format("--keep {}=live", plain ? entry->live : quoted(entry->live)));
    }
    if (!names.empty()) {
      return make_error(
          Errc::conflict, "ZM0469",
          "an interrupted set waits, and somebody edited both the old and the new version: " + join(names, ", "),
          fmt::format("decide which version stays: `zmig repair {}`, or =before; the other one is kept in {}",
                      join(flags, " "), quoted(path(std::string(kKept)))),
          folder_);
    }
    for (const auto& [file, version] : keep_) {
      const bool waits = std::any_of(waiting.begin(), waiting.end(),
                                     [&name = file](const JournalEntry* entry) { return entry->live == name; });
      if (!waits) return not_waiting(file);
    }
    return ok();
  }

  Status keep_one(const JournalEntry& entry, const std::string& version) {
    ZMIG_CHECK_OK(make_folder_at(path(std::string(kKept))));
    const std::string live = path(entry.live), staged = path(entry.staged);
    const std::string name = folder_and_name(entry.live).name;
    std::string aside;
    for (int number = 1;; ++number) {
      aside = path(fmt::format("{}/{}.{}", kKept, name, number));
      ZMIG_TRY(const Glance there, glance_at(aside));
      if (!there.there) break;
    }
    if (version == "live") return durable_rename(staged, aside, RenameMode::no_replace);
    // The second name comes first: whenever this stops, both versions are there.
    if (::link(live.c_str(), aside.c_str()) != 0 && errno != ENOENT) return posix_error(errno, "keeping", aside);
    ZMIG_FAILPOINT_STATUS("csv.before_keep");
    return durable_rename(staged, live, RenameMode::replace);
  }

  const std::string& folder_;
  Journal& journal_;
  const VersionsToKeep& keep_;  // of the caller, as long as the carrier
};

/// A commit rests on it, so it is found out before anything is written.
Status check_exchange(const std::string& stage) {
  const std::string one = stage + "/0", other = stage + "/00";
  int failed = 0;
  for (const std::string& path : {one, other}) {
    const Descriptor made(::open(path.c_str(), O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!made.is_open() && failed == 0) failed = errno;
  }
  if (failed != 0) return posix_error(failed, "writing", stage);
  if (::renameat2(AT_FDCWD, one.c_str(), AT_FDCWD, other.c_str(), RENAME_EXCHANGE) != 0) failed = errno;
  ::unlink(one.c_str());
  ::unlink(other.c_str());
  if (failed == 0) return ok();
  if (failed != EINVAL && failed != ENOSYS && failed != EOPNOTSUPP) return posix_error(failed, "exchanging in", stage);
  return make_error(Errc::unsupported, "ZM0325", "the file system of the folder cannot exchange two files",
                    "move the folder to a local disk (ext4, xfs, btrfs)", stage);
}

/// Files that are staged, or were displaced; only without a journal.
void drop_stage(const std::string& folder, FileSystem& files) {
  const std::string stage = fmt::format("{}/{}", folder, kStage);
  const auto entries = files.list(stage);
  if (!entries) return;
  for (const DirEntry& entry : *entries) {
    const bool ours =
        entry.kind == FileKind::regular && entry.name.find_first_not_of("0123456789") == std::string::npos;
    if (ours) ::unlink((stage + "/" + entry.name).c_str());
  }
}

}  // namespace

Status make_own_folder(const std::string& folder) { return make_folder_at(fmt::format("{}/{}", folder, kOwnFolder)); }

Result<FolderView> look_at_folder(const std::string& folder, FileSystem& files) {
  FolderView view;
  ZMIG_TRY(const std::vector<DirEntry> entries, files.list(folder));
  std::map<std::string, std::string> places;
  for (const DirEntry& entry : entries)
    if (entry.kind == FileKind::regular) places[entry.name] = folder + "/" + entry.name;
  const std::string manifest = fmt::format("{}/{}", folder, kManifest);
  ZMIG_TRY(const Glance managed, glance_at(manifest));
  if (managed.there) view.manifest_path = manifest;
  ZMIG_TRY(const std::optional<Journal> journal, read_journal(folder, files));
  if (journal) {
    view.interrupted = true;
    for (const JournalEntry& entry : journal->entries) {
      const std::string live = folder + "/" + entry.live, staged = folder + "/" + entry.staged;
      ZMIG_TRY(const bool is_new, entry.after ? stands_as(live, *entry.after, false) : Result<bool>(false));
      std::string place = live;
      if (journal->forward && entry.after && !is_new) {
        ZMIG_TRY(const bool ready, stands_as(staged, *entry.after, false));
        if (ready) place = staged;
      }
      if (journal->forward && !entry.after) place.clear();
      if (!journal->forward && is_new) place = entry.before ? staged : std::string();
      if (!journal->forward && !entry.after) {
        ZMIG_TRY(const Glance there, glance_at(live));
        if (!there.there) place = staged;
      }
      ZMIG_TRY(const Glance there, place.empty() ? Result<Glance>(Glance{}) : glance_at(place));
      if (entry.live == kManifest) {
        view.manifest_path = there.there ? place : std::string();
      } else if (there.there) {
        places[entry.live] = place;
      } else {
        places.erase(entry.live);
      }
    }
  }
  for (auto& [name, path] : places) view.files.push_back({name, std::move(path)});
  return view;
}

Status recover_folder(const std::string& folder, FileSystem& files, const VersionsToKeep& keep) {
  sweep_asides(fmt::format("{}/{}", folder, kOwnFolder));
  ZMIG_TRY(std::optional<Journal> journal, read_journal(folder, files));
  if (!journal && !keep.empty()) return not_waiting(keep.front().first);
  if (journal) {
    Status carried = Carrier(folder, *journal, keep).run();
    // Out of the way for a person's save: nothing of the set is there, and the next plan sees what was saved.
    const bool undone = !carried && carried.error().zm == "ZM0303";
    if (!carried && !undone) return carried;
  }
  drop_stage(folder, files);
  return ok();
}

FileSet::~FileSet() {
  if (!open_) return;
  // With a journal they are no longer ours to drop; where that cannot be told they stay.
  const auto journal = glance_at(in_folder(std::string(kJournal)));
  if (journal && !journal->there) drop_stage(folder_, files_);
}

Status FileSet::prepare() {
  ZMIG_CHECK_OK(make_own_folder(folder_));
  ZMIG_CHECK_OK(make_folder_at(in_folder(std::string(kStage))));
  const std::string ignore = in_folder(".zmig/.gitignore");
  if (!files_.exists(ignore)) ZMIG_CHECK_OK(files_.replace(ignore, "lock\njournal\nstage/\nkept/\n.*.zmig-*\n"));
  drop_stage(folder_, files_);
  ZMIG_CHECK_OK(check_exchange(in_folder(std::string(kStage))));
  open_ = true;
  return ok();
}

std::string FileSet::next_staged() { return fmt::format("{}/{:04}", kStage, ++staged_); }

Status FileSet::sync() {
  for (const std::string& one : {in_folder(std::string(kStage)), in_folder(std::string(kOwnFolder))}) {
    ZMIG_TRY(const Descriptor folder, open_folder(one));
    if (const int failed = sync_descriptor(folder.get()); failed != 0 && failed != EINVAL)
      return posix_error(failed, "syncing", one);
  }
  return ok();
}

Status FileSet::commit() {
  ZMIG_FAILPOINT_STATUS("csv.before_journal");
  // From here on the set is committed: whoever looks reads it through the journal.
  ZMIG_CHECK_OK(durable_replace(in_folder(std::string(kJournal)), journal_to_json(journal_)));
  Status carried = Carrier(folder_, journal_).run();
  // Every step looks first. A set that is half exchanged is seen as it is by other programs, so it is not left so
  // lightly.
  for (int again = 0; again < kMoreTries && !carried && !is_of_people(carried.error()); ++again)
    carried = Carrier(folder_, journal_).run();
  if (carried && !journal_.forward) carried = saved_meanwhile("a file", folder_);
  if (carried) {
    drop_stage(folder_, files_);
    open_ = false;
    return ok();
  }
  if (carried.error().zm == "ZM0303") return carried;  // undone
  carried.error().effect = Effect::unknown;
  return carried;
}

}  // namespace zmig::csv
