#pragma once
// A target, a ledger and a file system behind one fuse: call number k fails, before or after its effect, once or for
// good, with EIO or ENOSPC, or as the death of the process. With `log` they record every call in order.

#include <cerrno>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <zmig/ledger.h>
#include <zmig/target.h>

#include "base/posix.h"
#include "targets/gsheet/api.h"

namespace zmig::test {

enum class Blow { before, after };
enum class Lasting { once, for_good };

/// Counts calls across everything that shares it.
struct Fuse {
  std::size_t at = 0;  ///< 0: never
  Blow blow = Blow::before;
  Lasting lasting = Lasting::once;  ///< for_good: as if the process had died there
  int number = EIO;                 ///< the errno that the error tells of
  std::function<void()> die;        ///< where the process really dies: does not come back
  std::size_t calls = 0;
  bool dead = false;
  bool in_transaction = false;  ///< of the ledger: other processes have to wait
  std::vector<std::string> log;
  /// Asked before every call with its name: other people and programs get their turn here.
  std::function<void(std::string_view)> between;
  /// Told after every call that had its effect.
  std::function<void(std::string_view)> landed;

  [[nodiscard]] Error broken(Effect effect) const {
    Error error = posix_error(number, "the fuse blew at", "call " + std::to_string(calls));
    error.effect = effect;
    return error;
  }

  /// For points inside of calls (base/failpoint.h), where there is no effect to be before or after of.
  std::optional<Error> point(std::string_view name) {
    log.push_back("@" + std::string(name));
    if (dead) return broken(Effect::none);
    if (++calls != at) return std::nullopt;
    if (die) die();
    dead = lasting == Lasting::for_good;
    return broken(Effect::none);
  }

  template <class F>
  auto call(std::string name, const F& effect) -> decltype(effect()) {
    if (between && !dead) between(name);
    log.push_back(name);
    if (dead) return broken(Effect::none);
    if (++calls != at) {
      auto done = effect();
      if (dead) return broken(Effect::unknown);  // died at a point inside
      if (landed && done.has_value()) landed(name);
      return done;
    }
    if (blow == Blow::before) {
      if (die) die();
      dead = lasting == Lasting::for_good;
      return broken(Effect::none);
    }
    auto done = effect();
    if (landed && done.has_value()) landed(name);
    if (die) die();
    dead = lasting == Lasting::for_good;
    if (!done.has_value()) return done;
    return broken(Effect::unknown);
  }
};

class FaultyWriter final : public Writer {
 public:
  /// `committed`: called after a commit that had its effect.
  FaultyWriter(std::unique_ptr<Writer> inner, Fuse& fuse, std::function<void()> committed)
      : inner_(std::move(inner)), fuse_(fuse), committed_(std::move(committed)) {}
  Result<Staged> stage(std::span<const Part> batch) override {
    return fuse_.call("target.stage", [&] { return inner_->stage(batch); });
  }
  Result<CommitReport> commit(std::span<const Part> batch, const Staged& staged) override {
    return fuse_.call("target.commit", [&] {
      auto done = inner_->commit(batch, staged);
      if (done.has_value()) committed_();
      return done;
    });
  }

 private:
  std::unique_ptr<Writer> inner_;
  Fuse& fuse_;
  std::function<void()> committed_;
};

/// What one process has opened: its schema() is what it saw last, whatever others do to the workbook meanwhile, also
/// where they all share one target in memory.
class FaultyTarget final : public Target {
 public:
  FaultyTarget(Target& inner, Fuse& fuse) : inner_(inner), fuse_(fuse), seen_(inner.schema()) {}
  [[nodiscard]] const Capabilities& capabilities() const override { return inner_.capabilities(); }
  [[nodiscard]] std::string url() const override { return inner_.url(); }
  [[nodiscard]] std::string title() const override { return inner_.title(); }
  [[nodiscard]] const Schema& schema() const override { return seen_; }
  Result<Schema> inspect() override {
    return fuse_.call("target.inspect", [&]() -> Result<Schema> {
      ZMIG_TRY(seen_, inner_.inspect());
      return seen_;
    });
  }
  Result<std::vector<Stamp>> stamps() override {
    return fuse_.call("target.stamps", [&] { return inner_.stamps(); });
  }
  Status scan(const std::string& sheet_id, std::span<const std::string> column_ids, const RowSink& sink) override {
    return fuse_.call("target.scan", [&] { return inner_.scan(sheet_id, column_ids, sink); });
  }
  Result<std::vector<std::string>> column_hashes(const std::string& sheet_id,
                                                 std::span<const std::uint64_t> skip) override {
    return fuse_.call("target.column_hashes", [&] { return inner_.column_hashes(sheet_id, skip); });
  }
  Result<std::uint64_t> row_count(const std::string& sheet_id) override {
    return fuse_.call("target.row_count", [&] { return inner_.row_count(sheet_id); });
  }
  Result<std::string> revision() override {
    return fuse_.call("target.revision", [&] { return inner_.revision(); });
  }
  Status preflight(std::span<const Change> changes) override {
    return fuse_.call("target.preflight", [&] { return inner_.preflight(changes); });
  }
  Result<Foreseen> foresee(std::span<const Change> changes) override {
    return fuse_.call("target.preflight", [&] { return inner_.foresee(changes); });
  }
  Result<std::vector<FilePart>> file_parts() override {
    return fuse_.call("target.file_parts", [&] { return inner_.file_parts(); });
  }
  Result<std::vector<NativeObject>> native_objects() override {
    return fuse_.call("target.native_objects", [&] { return inner_.native_objects(); });
  }
  [[nodiscard]] bool same_native(const NativeObject& now, const NativeObject& then,
                                 const Renamed& renamed) const override {
    return inner_.same_native(now, then, renamed);
  }
  Result<std::unique_ptr<Writer>> open_writer(const Lease& lease) override {
    return fuse_.call("target.open_writer", [&]() -> Result<std::unique_ptr<Writer>> {
      ZMIG_TRY(auto writer, inner_.open_writer(lease));
      return std::unique_ptr<Writer>(
          std::make_unique<FaultyWriter>(std::move(writer), fuse_, [this] { seen_ = inner_.schema(); }));
    });
  }

 private:
  Target& inner_;
  Fuse& fuse_;
  Schema seen_;
};

/// The wire to a service: each call of it is a point, too. One that fails after its effect left the service, and its
/// answer never came.
class FaultyApi final : public gsheet::Api {
 public:
  FaultyApi(std::unique_ptr<gsheet::Api> inner, Fuse& fuse) : inner_(std::move(inner)), fuse_(fuse) {}
  Result<gsheet::Answer> call(const gsheet::Request& request) override {
    return fuse_.call(request.writes ? "http.write" : "http.read", [&] { return inner_->call(request); });
  }
  [[nodiscard]] gsheet::Calls calls() const override { return inner_->calls(); }
  [[nodiscard]] std::string account() const override { return inner_->account(); }

 private:
  std::unique_ptr<gsheet::Api> inner_;
  Fuse& fuse_;
};

class FaultyLedger : public Ledger {
 public:
  FaultyLedger(Ledger& inner, Fuse& fuse) : inner_(inner), fuse_(fuse) {}

  Result<std::string> id() override {
    return fuse_.call("ledger.id", [&] { return inner_.id(); });
  }
  Status know_target(const std::string& target_id, const std::string& url, const std::string& lineage) override {
    return fuse_.call("ledger.know_target", [&] { return inner_.know_target(target_id, url, lineage); });
  }
  Result<std::optional<std::string>> target_at(const std::string& url) override {
    return fuse_.call("ledger.target_at", [&] { return inner_.target_at(url); });
  }
  /// The calls inside are counted one by one; a fault in one of them undoes all.
  Status together(const std::function<Status()>& work) override {
    return fuse_.call("ledger.together", [&] {
      const bool nested = std::exchange(fuse_.in_transaction, true);
      Status done = inner_.together(work);
      fuse_.in_transaction = nested;
      return done;
    });
  }
  Result<std::uint64_t> next_deployment() override {
    return fuse_.call("ledger.next_deployment", [&] { return inner_.next_deployment(); });
  }
  Result<std::uint64_t> begin(const Run& run) override {
    return fuse_.call("ledger.begin " + std::string(to_string(run.state)), [&] { return inner_.begin(run); });
  }
  Status update(const Run& run, std::string_view event, std::string_view json) override {
    return fuse_.call("ledger.update " + std::string(event), [&] { return inner_.update(run, event, json); });
  }
  Status save_captures(std::uint64_t run, const std::vector<Capture>& captures,
                       std::optional<UtcTime> expires) override {
    return fuse_.call("ledger.save_captures", [&] { return inner_.save_captures(run, captures, expires); });
  }
  Result<std::vector<Capture>> captures(std::uint64_t run) override {
    return fuse_.call("ledger.captures", [&] { return inner_.captures(run); });
  }
  Result<std::vector<CaptureRow>> capture_rows(std::uint64_t run) override {
    return fuse_.call("ledger.capture_rows", [&] { return inner_.capture_rows(run); });
  }
  Status append_event(std::uint64_t run, std::string_view kind, std::string_view json) override {
    return fuse_.call("ledger.append_event", [&] { return inner_.append_event(run, kind, json); });
  }
  Result<std::optional<Run>> run(std::uint64_t id) override {
    return fuse_.call("ledger.run", [&] { return inner_.run(id); });
  }
  Result<std::optional<Run>> run_by_uid(const std::string& uid) override {
    return fuse_.call("ledger.run_by_uid", [&] { return inner_.run_by_uid(uid); });
  }
  Result<std::vector<Run>> runs(const RunFilter& filter) override {
    return fuse_.call("ledger.runs", [&] { return inner_.runs(filter); });
  }
  Result<std::optional<Run>> open_run(const std::string& target_id) override {
    return fuse_.call("ledger.open_run", [&] { return inner_.open_run(target_id); });
  }
  Result<std::vector<LedgerEvent>> events(std::uint64_t run) override {
    return fuse_.call("ledger.events", [&] { return inner_.events(run); });
  }
  Result<ChainCheck> check_chain() override {
    return fuse_.call("ledger.check_chain", [&] { return inner_.check_chain(); });
  }
  Result<std::string> head() override {
    return fuse_.call("ledger.head", [&] { return inner_.head(); });
  }
  Result<std::uint64_t> add_backup(const BackupRow& row) override {
    return fuse_.call("ledger.add_backup", [&] { return inner_.add_backup(row); });
  }
  Result<std::vector<BackupRow>> backups(const std::string& target_id) override {
    return fuse_.call("ledger.backups", [&] { return inner_.backups(target_id); });
  }
  Status forget_backup(std::uint64_t id, std::string_view json) override {
    return fuse_.call("ledger.forget_backup", [&] { return inner_.forget_backup(id, json); });
  }
  Result<std::uint64_t> prune(UtcTime before) override {
    return fuse_.call("ledger.prune", [&] { return inner_.prune(before); });
  }
  Result<std::uint64_t> add_verification(const VerificationRow& row) override {
    return fuse_.call("ledger.add_verification", [&] { return inner_.add_verification(row); });
  }
  Result<std::optional<VerificationRow>> last_verification(const std::string& target_id) override {
    return fuse_.call("ledger.last_verification", [&] { return inner_.last_verification(target_id); });
  }

 private:
  Ledger& inner_;
  Fuse& fuse_;
};

class FaultyFiles final : public FileSystem {
 public:
  FaultyFiles(FileSystem& inner, Fuse& fuse) : inner_(inner), fuse_(fuse) {}

  Result<std::string> read(const std::string& path, std::uint64_t limit) override {
    return fuse_.call("files.read", [&] { return inner_.read(path, limit); });
  }
  Status replace(const std::string& path, std::string_view bytes) override {
    return fuse_.call("files.replace", [&] { return inner_.replace(path, bytes); });
  }
  Result<std::vector<DirEntry>> list(const std::string& folder) override {
    return fuse_.call("files.list", [&] { return inner_.list(folder); });
  }
  [[nodiscard]] bool exists(const std::string& path) override { return inner_.exists(path); }
  Status make_folder(const std::string& path, bool private_mode) override {
    return fuse_.call("files.make_folder", [&] { return inner_.make_folder(path, private_mode); });
  }
  Status remove(const std::string& path) override {
    return fuse_.call("files.remove", [&] { return inner_.remove(path); });
  }

 private:
  FileSystem& inner_;
  Fuse& fuse_;
};

}  // namespace zmig::test
