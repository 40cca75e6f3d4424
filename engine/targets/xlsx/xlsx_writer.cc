// What a lease on a workbook gives: stage a whole new file beside it, then exchange the two (reliability.md 4.4).
#include <algorithm>
#include <array>
#include <cstdio>
#include <utility>

#include <fmt/format.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/failpoint.h"
#include "base/running_hash.h"
#include "base/text.h"
#include "targets/live.h"
#include "targets/open_elsewhere.h"
#include "targets/xlsx/xlsx_file.h"
#include "targets/xlsx/xlsx_program.h"
#include "targets/xlsx/xlsx_target.h"

namespace zmig {
namespace {

using namespace xlsx;

constexpr int kPauseMicroseconds = 5000;

/// What a package refuses whatever the catalogue says.
bool is_of_packages(std::string_view zm) {
  return zm == "ZM0325" || zm == "ZM0409" || zm == "ZM1808" || zm == "ZM0319" ||
         (zm.starts_with("ZM04") && zm >= "ZM0420" && zm <= "ZM0441");
}

/// The bytes of an entry from its header on are the same in both archives.
Status compare_entry(const ZipReader& old, const ZipEntry& was, const ZipReader& made, const ZipEntry& is) {
  constexpr std::uint64_t kPiece = 1 << 20;
  const std::uint64_t size = was.end - was.local;
  bool same = size == is.end - is.local;
  std::string a, b;
  for (std::uint64_t at = 0; same && at < size; at += kPiece) {
    const auto count = static_cast<std::size_t>(std::min(kPiece, size - at));
    a.clear();
    b.clear();
    ZMIG_CHECK_OK(old.file().read(was.local + at, count, a));
    ZMIG_CHECK_OK(made.file().read(is.local + at, count, b));
    same = a == b;
  }
  if (same) return ok();
  return make_error(Errc::io, "", fmt::format("part {} did not reach the new file as it was", quoted(was.name)),
                    "nothing was changed; try again", made.file().path());
}

}  // namespace

class XlsxWriter final : public Writer {
 public:
  XlsxWriter(XlsxTarget& target, std::string path, Descriptor lock)
      : target_(target), path_(std::move(path)), lock_(std::move(lock)) {
    target_.writing_ = true;
  }
  ~XlsxWriter() override { end(); }

  Result<Staged> stage(std::span<const Part> batch) override {
    if (ended_) return has_ended();
    drop_staged();
    auto staged = prepare(batch);
    if (!staged) drop_staged();
    return staged;
  }

  Result<CommitReport> commit(std::span<const Part> batch, const Staged&) override {
    if (ended_) return has_ended();
    if (!ready_) {
      if (auto staged = stage(batch); !staged) {
        end();
        return std::move(staged).error();
      }
    }
    Status committed = put_in_place();
    if (committed) {
      if (auto failed = failpoint::reached("xlsx.after_commit")) {
        failed->effect = Effect::unknown;
        committed = *std::move(failed);
      }
    }
    end();
    // What reads through this target sees the new state, or the old one where nothing was done.
    if (auto looked = target_.inspect(); !looked && committed) {
      committed = std::move(looked).error();
      committed.error().effect = Effect::unknown;
    }
    if (!committed) return std::move(committed).error();
    return report_;
  }

 private:
  static Error has_ended() { return make_error(Errc::conflict, "", "this writer has ended; open another one"); }

  Result<Staged> prepare(std::span<const Part> batch) {
    ZMIG_FAILPOINT_STATUS("xlsx.before_stage");
    ZMIG_CHECK_OK(check_not_open_elsewhere(path_, target_.options_.open_elsewhere));
    ZMIG_CHECK_OK(check_exchangeable(path_, target_.options_.break_hardlinks));
    ZMIG_CHECK_OK(target_.inspect());
    ZMIG_TRY(const auto program, target_.program());
    for (const Part& part : batch) {
      ZMIG_CHECK_OK(program->add(part.changes));
      if (part.after) ZMIG_CHECK_OK(program->add_stamp(*part.after));
    }
    if (!target_.options_.accept_unfollowed) ZMIG_CHECK_OK(refuse_unfollowed(program->foreseen().unfollowed));
    ZMIG_CHECK_OK(program->finish());
    report_ = program->report();
    ZMIG_TRY(const auto before, print_of(path_));
    ZMIG_CHECK_OK(target_.book_->package.zip().file().check_unchanged());
    if (!before) return make_error(Errc::not_found, "ZM0404", fmt::format("there is no file {}", quoted(path_)));
    before_ = after_ = before->sha256;
    ready_ = true;
    if (program->package().is_empty()) return Staged{"sha256:" + before_, "sha256:" + after_, {}};
    ZMIG_CHECK_OK(write(*program));
    ZMIG_CHECK_OK(check(*program));
    ZMIG_TRY(const auto after, print_of(staged_name(path_)));
    after_ = after->sha256;
    Staged staged{"sha256:" + before_, "sha256:" + after_, {}};
    for (TouchedPart& part : program->package().touched())
      staged.announced.push_back({std::move(part.part), std::move(part.why)});
    return staged;
  }

  Status write(const XlsxProgram& program) {
    ZMIG_TRY(staged_, create_staged(path_));
    ZMIG_CHECK_OK(program.package().write(staged_.get(), path_, target_.options_.xlsx_fast));
    if (const int failed = sync_descriptor(staged_.get()); failed != 0)
      return posix_error(failed, "syncing", staged_name(path_));
    return ok();
  }

  /// Read again from the disk: what was not announced is as it was, and the rest says what it has to say.
  Status check(const XlsxProgram& program) const {
    ZMIG_TRY(const ZipReader made, ZipReader::open(staged_name(path_)));
    const ZipReader& old = target_.book_->package.zip();
    for (const ZipEntry& was : old.entries()) {
      if (program.package().is_touched(was.name)) continue;
      const ZipEntry* is = made.find(was.name);
      if (is == nullptr)
        return make_error(Errc::io, "", fmt::format("part {} is not in the new file", quoted(was.name)), {}, path_);
      ZMIG_CHECK_OK(compare_entry(old, was, made, *is));
    }
    ZMIG_TRY(const auto reading, XlsxTarget::open(staged_name(path_), target_.options_));
    ZMIG_TRY(const Schema schema, reading->inspect());
    const std::vector<Difference> differences = visible_differences(program.after(), schema);
    if (differences.empty()) return ok();
    const Difference& first = differences.front();
    return make_error(Errc::io, "",
                      fmt::format("the new file does not read back as it was to be: {} instead of {}",
                                  quoted(first.observed), quoted(first.expected)),
                      "nothing was changed; please report this", first.where);
  }

  Status put_in_place() {
    if (before_ == after_) return ok();
    ZMIG_CHECK_OK(check_not_open_elsewhere(path_, target_.options_.open_elsewhere));
    ready_ = false;  // from here on the files beside the workbook are recovery's
    return exchange(path_, before_, after_);
  }

  void drop_staged() {
    ready_ = false;
    if (!staged_.is_open()) return;
    std::remove(staged_name(path_).c_str());
    staged_ = Descriptor();
  }

  void end() {
    if (ended_) return;
    ended_ = true;
    if (ready_) drop_staged();
    target_.writing_ = false;
    staged_ = Descriptor();
    lock_ = Descriptor();
  }

  XlsxTarget& target_;
  std::string path_, before_, after_;  // the file behind all links; hashes
  Descriptor lock_, staged_;
  CommitReport report_;
  bool ready_ = false, ended_ = false;
};

Result<std::unique_ptr<XlsxProgram>> XlsxTarget::program() const {
  ProgramInput input{
      book_->package,           book_->facts,         book_->styles,     book_->strings, book_->stamp, {}, false,
      options_.allow_protected, options_.xlsx_extend, options_.xlsx_fast};
  for (std::size_t i = 0; i < book_->sheets.size(); ++i) {
    const SheetState& from = book_->sheets[i];
    const Schema* const catalogue = book_->stamp.catalogue ? &*book_->stamp.catalogue : nullptr;
    const Sheet* const said = catalogue != nullptr ? catalogue->sheet(schema_.sheets[i].id) : nullptr;
    const bool ours = said != nullptr && said->protection.has_value();
    ProgramSheet sheet{from.title, from.part, from.last_row, {}, from.facts.is_protected, ours};
    for (const std::uint32_t format : from.formats) sheet.shown.push_back(book_->styles.format(format).text);
    sheet.shown.resize(std::max(sheet.shown.size(), schema_.sheets[i].columns.size()));
    input.has_formulas = input.has_formulas || from.has_formulas;
    input.sheets.push_back(std::move(sheet));
  }
  return XlsxProgram::begin(std::move(input), schema_);
}

Status XlsxTarget::preflight(std::span<const Change> changes) {
  ZMIG_TRY(const Foreseen foreseen, foresee(changes));
  return options_.accept_unfollowed ? ok() : refuse_unfollowed(foreseen.unfollowed);
}

Result<std::vector<FilePart>> XlsxTarget::file_parts() {
  ZMIG_TRY(const ZipReader zip, ZipReader::open(path_));
  std::vector<FilePart> parts;
  const auto add_bytes = [&parts](std::string name, std::string_view bytes) {
    RunningHash hash;
    hash.add(0, bytes);
    if (!bytes.empty()) parts.push_back({std::move(name), bytes.size(), hash.finish()});
  };
  std::string bytes;
  if (zip.preamble() > 0) ZMIG_CHECK_OK(zip.file().read(0, static_cast<std::size_t>(zip.preamble()), bytes));
  add_bytes("(in front of the archive)", bytes);
  for (const ZipEntry& entry : zip.entries()) {
    constexpr std::uint64_t kPiece = 1 << 20;
    RunningHash hash;
    for (std::uint64_t at = entry.local; at < entry.end; at += kPiece) {
      bytes.clear();
      ZMIG_CHECK_OK(zip.file().read(at, static_cast<std::size_t>(std::min(kPiece, entry.end - at)), bytes));
      hash.add(0, bytes);
    }
    // What the directory says of it, but for the place.
    constexpr std::size_t kOffset = 42, kOffsetSize = 4;
    std::string record = entry.record;
    if (record.size() >= kOffset + kOffsetSize) record.replace(kOffset, kOffsetSize, kOffsetSize, '\0');
    hash.add(1, record);
    parts.push_back({entry.name, entry.end - entry.local, hash.finish()});
  }
  add_bytes("(comment of the archive)", zip.comment());
  ZMIG_CHECK_OK(zip.file().check_unchanged());
  return parts;
}

Result<Foreseen> XlsxTarget::foresee(std::span<const Change> changes) {
  if (!book_) ZMIG_CHECK_OK(inspect());
  ZMIG_TRY(const std::string path, resolved(path_));
  ZMIG_CHECK_OK(check_not_open_elsewhere(path, options_.open_elsewhere));
  ZMIG_TRY(const auto planned, program());
  Status possible = planned->add(changes);
  // Sheets that are to be taken over first are not known yet: then nothing can be told.
  if (!possible && !is_of_packages(possible.error().zm)) return Foreseen();
  ZMIG_CHECK_OK(possible);
  Foreseen foreseen = planned->foreseen();
  foreseen.accepted = options_.accept_unfollowed;
  return foreseen;
}

/// What TargetOptions::keep says of this workbook: "live", "before", or nothing.
Result<std::string> XlsxTarget::version_to_keep(const std::string& path) const {
  if (options_.keep.empty()) return std::string();
  const std::string mine = folder_and_name(path).name;
  for (const auto& [name, version] : options_.keep) {
    if (name != mine)
      return make_error(Errc::not_found, "ZM0713",
                        fmt::format("the workbook is {}, not {}", quoted(mine), quoted(name)),
                        fmt::format("`zmig repair --keep {}=...`", mine));
  }
  ZMIG_TRY(const bool torn, waits_for_choice(path));
  if (!torn)
    return make_error(Errc::invalid_input, "ZM0703", fmt::format("{} does not wait for a choice", quoted(mine)),
                      "`zmig repair` without --keep says what is open");
  return options_.keep.back().second;
}

Result<std::unique_ptr<Writer>> XlsxTarget::open_writer(const Lease& lease) {
  if (writing_) return make_error(Errc::busy, "ZM0401", "a writer of this workbook is open already");
  ZMIG_FAILPOINT_STATUS("xlsx.before_lock");
  ZMIG_TRY(std::string path, resolved(path_));
  ZMIG_CHECK_OK(check_exchangeable(path, options_.break_hardlinks));
  auto left = lease.wait;
  for (;;) {
    ZMIG_TRY(std::optional<Descriptor> lock, try_lock(path));
    if (lock) {
      ZMIG_TRY(const std::string keep, version_to_keep(path));
      ZMIG_CHECK_OK(recover(path, keep));
      options_.keep.clear();
      // Recovery may have exchanged the file that was locked.
      ZMIG_TRY(std::optional<Descriptor> again, try_lock_again(path, *std::move(lock)));
      ZMIG_FAILPOINT_STATUS("xlsx.after_lock");
      if (again)
        return std::unique_ptr<Writer>(std::make_unique<XlsxWriter>(*this, std::move(path), *std::move(again)));
    }
    if (left.count() <= 0) return make_error(Errc::busy, "ZM0401", "somebody is writing to this workbook");
    ::usleep(kPauseMicroseconds);
    left -= std::chrono::milliseconds(kPauseMicroseconds / 1000);
  }
}

}  // namespace zmig
