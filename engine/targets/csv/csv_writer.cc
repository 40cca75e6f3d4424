// What a lease on a folder gives: stage the whole set, then exchange it (reliability.md 4.3).
#include <algorithm>
#include <array>
#include <cerrno>
#include <map>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>
#include <zmig/lock.h>

#include "base/failpoint.h"
#include "base/posix.h"
#include "base/running_hash.h"
#include "base/text.h"
#include "targets/csv/csv_target.h"
#include "targets/live.h"
#include "targets/open_elsewhere.h"

namespace zmig {
namespace {

constexpr int kPauseMicroseconds = 5000;

Status add_stamp(std::vector<Stamp>& stamps, const Stamp& stamp) {
  const auto same = [&](const Stamp& one) { return one.number == stamp.number; };
  if (std::any_of(stamps.begin(), stamps.end(), same)) return stamp_taken(stamp.number);
  const auto later = [&](const Stamp& one) { return one.number > stamp.number; };
  stamps.insert(std::find_if(stamps.begin(), stamps.end(), later), stamp);
  return ok();
}

/// What was managed once keeps what was known of it: its cells read as they did.
void remember_foreign(const Sheet& sheet, csv::ManifestFile& file) {
  Sheet plain;
  plain.id = sheet.id;
  plain.title = sheet.title;
  plain.managed = false;
  plain.header_row = sheet.header_row;
  plain.columns = sheet.columns;
  if (!sheet.managed && plain != sheet) {
    file.remembered_sheet = sheet;
    file.remembered_sheet->columns.clear();
  }
  for (std::size_t i = 0; i < sheet.columns.size(); ++i) {
    const Column& column = sheet.columns[i];
    Column bare;
    bare.id = column.id;
    bare.header = column.header;
    bare.managed = false;
    if (!column.managed && column != bare) file.remembered.emplace_back(i, column);
  }
}

/// It may be exchanged for another file of its name.
Status check_writable(const std::string& path, bool break_hardlinks) {
  ZMIG_TRY(const csv::Glance glance, csv::glance_at(path));
  if (glance.links > 1 && !break_hardlinks) {
    return make_error(Errc::conflict, "ZM0440",
                      fmt::format("the file has {}: exchanging it would leave the others behind",
                                  counted(glance.links, "name", "names (hard links)")),
                      "make a copy of it under this one name, or set `files.break_hardlinks = true`", path);
  }
  if (::access(path.c_str(), W_OK) == 0) return ok();
  return make_error(Errc::denied, "ZM0406", "the file is read-only", "chmod u+w, or ask its owner", path);
}

/// Nobody has a file open that this batch would exchange.
Status check_not_open(const csv::BatchPlan& plan, const std::string& token) {
  const auto look = [&](const csv::SheetFile& file) { return check_not_open_elsewhere(file.path, token); };
  for (const auto& sheet : plan.gone)
    if (sheet->exists) ZMIG_CHECK_OK(look(sheet->file));
  for (const auto& sheet : plan.sheets)
    if (sheet->exists && (sheet->rewrites() || sheet->name != sheet->file.name)) ZMIG_CHECK_OK(look(sheet->file));
  return ok();
}

/// What a folder of files refuses whatever the catalogue says.
bool is_of_files(std::string_view zm) {
  constexpr std::array<std::string_view, 6> kCodes{"ZM0325", "ZM0460", "ZM0462", "ZM0463", "ZM0478", "ZM1704"};
  return std::find(kCodes.begin(), kCodes.end(), zm) != kCodes.end();
}

/// As many bytes as there are, up to the size of `into`: how a file comes in pieces is that of its bytes alone.
Result<std::size_t> read_piece(int descriptor, const std::string& path, std::string& into) {
  std::size_t count = 0;
  while (count < into.size()) {
    const ssize_t got = ::read(descriptor, into.data() + count, into.size() - count);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return posix_error(errno, "reading", path);
    if (got == 0) break;
    count += static_cast<std::size_t>(got);
  }
  return count;
}

}  // namespace

class CsvWriter final : public Writer {
 public:
  CsvWriter(CsvTarget& target, FileLock lock) : target_(target), lock_(std::move(lock)) { target_.writing_ = true; }
  ~CsvWriter() override { end(); }

  Result<Staged> stage(std::span<const Part> batch) override {
    if (ended_) return has_ended();
    set_.reset();
    auto staged = prepare(batch);
    if (!staged) set_.reset();
    return staged;
  }

  Result<CommitReport> commit(std::span<const Part> batch, const Staged&) override {
    if (ended_) return has_ended();
    if (!set_) {
      if (auto staged = stage(batch); !staged) {
        end();
        return std::move(staged).error();
      }
    }
    Status committed = set_->commit();
    if (committed) {
      if (auto failed = failpoint::reached("csv.after_commit")) {
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
    ZMIG_FAILPOINT_STATUS("csv.before_stage");
    why_.clear();
    ZMIG_CHECK_OK(target_.inspect());
    const csv::ProgramOptions options = target_.program_options();
    csv::BatchPlan plan = csv::begin_plan(target_.schema_, target_.sheets_, target_.manifest_.stamps, options);
    for (const Part& part : batch) {
      ZMIG_CHECK_OK(csv::plan_changes(part.changes, options, plan));
      if (part.after) ZMIG_CHECK_OK(add_stamp(plan.stamps, *part.after));
    }
    ZMIG_CHECK_OK(check_not_open(plan, target_.options_.open_elsewhere));
    set_ = std::make_unique<csv::FileSet>(target_.folder_, target_.files_);
    ZMIG_CHECK_OK(set_->prepare());
    ZMIG_CHECK_OK(write_files(plan));
    ZMIG_CHECK_OK(write_manifest(plan));
    ZMIG_CHECK_OK(set_->sync());
    report_ = plan.report;
    std::string before, after;
    Staged staged;
    for (const csv::JournalEntry& entry : set_->journal().entries) {
      before += fmt::format("{} {}\n", entry.live, entry.before ? entry.before->sha256 : "-");
      after += fmt::format("{} {}\n", entry.live, entry.after ? entry.after->sha256 : "-");
      staged.announced.push_back({entry.live, why_[entry.live].list()});
    }
    staged.before = "sha256:" + sha256_hex(before);
    staged.after = "sha256:" + sha256_hex(after);
    return staged;
  }

  /// What stands at each name before and after: a name that one sheet leaves may be another one's.
  Status write_files(csv::BatchPlan& plan) {
    std::map<std::string, csv::JournalEntry> entries;
    const auto leaves = [&](const std::string& name, csv::Print print) {
      entries[name].live = name;
      entries[name].before = std::move(print);
    };
    for (const auto& sheet : plan.gone) {
      if (!sheet->exists) continue;
      why_[sheet->file.name].add(sheet->why);
      ZMIG_CHECK_OK(check_writable(sheet->file.path, target_.options_.break_hardlinks));
      ZMIG_TRY(csv::Print print, csv::print_of_file(sheet->file.path));
      leaves(sheet->file.name, std::move(print));
    }
    for (const auto& sheet : plan.sheets) {
      const bool renamed = sheet->exists && sheet->name != sheet->file.name;
      if (!renamed && !sheet->rewrites()) continue;
      if (sheet->exists) ZMIG_CHECK_OK(check_writable(sheet->file.path, target_.options_.break_hardlinks));
      const std::string staged = set_->next_staged();
      ZMIG_TRY(csv::Rewritten made, csv::rewrite(*sheet, set_->in_folder(staged)));
      sheet->file.dialect = made.dialect;
      sheet->file.size = made.after.size;
      sheet->file.sha256 = made.after.sha256;
      if (!renamed && made.before && made.before->sha256 == made.after.sha256) continue;  // nothing came of it
      if (made.before) leaves(sheet->file.name, *std::move(made.before));
      why_[sheet->name].add(sheet->why);
      if (renamed) why_[sheet->file.name].add(sheet->why);
      entries[sheet->name].live = sheet->name;
      entries[sheet->name].staged = staged;
      entries[sheet->name].after = std::move(made.after);
    }
    for (auto& [name, entry] : entries) {
      if (!entry.before) ZMIG_CHECK_OK(check_free(name));
      if (entry.staged.empty()) entry.staged = set_->next_staged();
      set_->add(std::move(entry));
    }
    return ok();
  }

  /// A file that is no sheet may have the name.
  [[nodiscard]] Status check_free(const std::string& name) const {
    ZMIG_TRY(const csv::Glance there, csv::glance_at(set_->in_folder(name)));
    if (!there.there) return ok();
    return make_error(Errc::conflict, "ZM0460", fmt::format("there is a file {} already", quoted(name)),
                      "move it away, or choose another title", target_.folder_);
  }

  Status write_manifest(const csv::BatchPlan& plan) {
    csv::Manifest manifest;
    manifest.stamps = plan.stamps;
    manifest.catalogue = plan.after;
    const CowList<Sheet>& sheets = plan.after.sheets;
    for (std::size_t s = 0; s < sheets.size(); ++s) {
      const csv::SheetPlan& from = *plan.sheets[s];
      csv::ManifestFile file{
          from.name,       sheets[s].managed ? sheets[s].id : std::string(), {}, from.file.dialect, from.file.size,
          from.file.sha256};
      for (const Column& column : sheets[s].columns) file.columns.push_back(column.managed ? column.id : std::string());
      remember_foreign(sheets[s], file);
      manifest.files.push_back(std::move(file));
    }
    csv::JournalEntry entry{std::string(csv::kManifest), set_->next_staged(), {}, {}};
    why_[entry.live].add(plan.members == 1 ? 0 : AnnouncedPart::kCommit, "stamp and catalogue");
    const std::string live = set_->in_folder(entry.live);
    ZMIG_TRY(const csv::Glance there, csv::glance_at(live));
    if (there.there) { ZMIG_TRY(entry.before, csv::print_of_file(live)); }
    ZMIG_TRY(csv::FileOutput out, csv::FileOutput::create(set_->in_folder(entry.staged), csv::Encoding::utf8));
    ZMIG_CHECK_OK(out.put(csv::manifest_to_json(manifest)));
    ZMIG_TRY(entry.after, out.finish());
    if (!entry.before || entry.before->sha256 != entry.after->sha256) set_->add(std::move(entry));
    return ok();
  }

  void end() {
    if (ended_) return;
    ended_ = true;
    set_.reset();
    target_.writing_ = false;
    lock_ = FileLock();
  }

  CsvTarget& target_;
  FileLock lock_;
  std::unique_ptr<csv::FileSet> set_;
  std::map<std::string, Reasons> why_;  // by name in the folder
  CommitReport report_;
  bool ended_ = false;
};

namespace {

/// csv.dialect: how files are made that are not there yet.
void say_dialect(const TargetOptions& said, csv::ProgramOptions& options) {
  if (!said.csv_delimiter.empty()) {
    const bool tab = said.csv_delimiter == "tab" || said.csv_delimiter == "\\t";
    options.new_files.delimiter = tab ? '\t' : said.csv_delimiter.front();
  }
  if (!said.csv_newline.empty())
    options.new_line_end = said.csv_newline == "lf" ? "\n" : said.csv_newline == "cr" ? "\r" : "\r\n";
  options.new_files.has_line_feed = options.new_line_end != "\r";
  if (const auto encoding = csv::encoding_named(said.csv_encoding)) options.new_files.encoding = *encoding;
  const bool marked = options.new_files.encoding != csv::Encoding::windows_1252;
  if (said.csv_bom) options.new_files.bom = *said.csv_bom && marked;
  options.new_quoted = said.csv_quote == "all";
}

}  // namespace

csv::ProgramOptions CsvTarget::program_options() const {
  csv::ProgramOptions options;
  options.allow_formulas = options_.csv_formula == "allow";
  options.refuse_ragged = options_.csv_refuse_ragged;
  options.shows = [this](const std::string& name) { return shows(name); };
  options.new_files.delimiter = ',';
  // As most files of the folder are.
  std::vector<std::pair<const csv::SheetFile*, std::size_t>> seen;
  for (const csv::SheetFile& file : sheets_) {
    if (file.dialect.delimiter == '\0') continue;
    const auto alike = [&](const auto& one) {
      csv::Dialect other = one.first->dialect;
      other.has_line_feed = file.dialect.has_line_feed;
      return other == file.dialect && one.first->line_end == file.line_end;
    };
    const auto found = std::find_if(seen.begin(), seen.end(), alike);
    if (found != seen.end()) ++found->second;
    if (found == seen.end()) seen.emplace_back(&file, 1);
  }
  const auto most =
      std::max_element(seen.begin(), seen.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
  if (most != seen.end()) {
    options.new_files = most->first->dialect;
    if (!most->first->line_end.empty()) options.new_line_end = most->first->line_end;
    options.new_files.has_line_feed = options.new_line_end != "\r";
  }
  options.new_files.sep_line = false;
  say_dialect(options_, options);
  for (const std::string& pattern : options_.csv_files) {
    if (!pattern.starts_with("*.") || pattern.find('*', 1) != std::string::npos) continue;
    options.extension = pattern.substr(1);
    break;
  }
  return options;
}

Result<std::vector<FilePart>> CsvTarget::file_parts() {
  ZMIG_TRY(csv::FolderView view, look());
  if (!view.manifest_path.empty()) view.files.push_back({std::string(csv::kManifest), view.manifest_path});
  std::vector<FilePart> parts;
  std::string bytes;
  for (const csv::Located& file : view.files) {
    constexpr std::size_t kPiece = 1 << 20;
    const Descriptor open(::open(file.path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!open.is_open()) return posix_error(errno, "reading", file.path);
    FilePart part{file.name, 0, {}};
    RunningHash hash;
    for (;;) {
      bytes.resize(kPiece);
      ZMIG_TRY(const std::size_t count, read_piece(open.get(), file.path, bytes));
      if (count == 0) break;
      part.bytes += count;
      hash.add(0, std::string_view(bytes).substr(0, count));
    }
    part.hash = hash.finish();
    parts.push_back(std::move(part));
  }
  return parts;
}

Status CsvTarget::preflight(std::span<const Change> changes) {
  if (!only_.empty()) return ok();
  if (!inspected_) ZMIG_CHECK_OK(inspect());
  const csv::ProgramOptions options = program_options();
  csv::BatchPlan plan = csv::begin_plan(schema_, sheets_, {}, options);
  Status possible = csv::plan_changes(changes, options, plan);
  // Sheets that are to be taken over first are not known yet: then nothing can be told.
  if (!possible && !is_of_files(possible.error().zm)) return ok();
  if (possible) return check_not_open(plan, options_.open_elsewhere);
  return possible;
}

Result<std::unique_ptr<Writer>> CsvTarget::open_writer(const Lease& lease) {
  if (!only_.empty()) {
    return make_error(
        Errc::unsupported, "ZM0325", "a single csv file is only read: its folder is the workbook",
        fmt::format("name the folder, `csv:{}`; `files` under [env.NAME.csv] says which files count", folder_), url());
  }
  if (writing_) return make_error(Errc::busy, "ZM0401", "a writer of this folder is open already");
  ZMIG_FAILPOINT_STATUS("csv.before_lock");
  if (::access(folder_.c_str(), W_OK | X_OK) != 0) {
    Error error = posix_error(errno, "writing to", folder_);
    if (error.zm.empty()) error.zm = "ZM0406";
    return error;
  }
  ZMIG_CHECK_OK(csv::make_own_folder(folder_));
  const std::string path = fmt::format("{}/{}", folder_, csv::kLock);
  LockHolder mine;
  mine.holder = lease.holder;
  auto left = lease.wait;
  for (;;) {
    ZMIG_TRY(std::optional<FileLock> lock, FileLock::try_take(path, mine));
    if (lock) {
      ZMIG_CHECK_OK(csv::recover_folder(folder_, files_, options_.keep));
      options_.keep.clear();
      ZMIG_FAILPOINT_STATUS("csv.after_lock");
      return std::unique_ptr<Writer>(std::make_unique<CsvWriter>(*this, *std::move(lock)));
    }
    if (left.count() <= 0) {
      const auto holder = read_lock(path);
      return make_error(
          Errc::busy, "ZM0401",
          fmt::format("{} is writing here", holder && *holder ? in_words(**holder) : std::string("somebody")));
    }
    ::usleep(kPauseMicroseconds);
    left -= std::chrono::milliseconds(kPauseMicroseconds / 1000);
  }
}

}  // namespace zmig
