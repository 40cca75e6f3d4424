#include "targets/csv/csv_rewrite.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/failpoint.h"
#include "base/text.h"

namespace zmig::csv {
namespace {

Glance glance_of(const struct stat& facts) {
  constexpr std::int64_t kSecond = 1'000'000'000;
  return {true, static_cast<std::uint64_t>(facts.st_size), static_cast<std::uint64_t>(facts.st_ino),
          static_cast<std::uint64_t>(facts.st_nlink), facts.st_mtim.tv_sec * kSecond + facts.st_mtim.tv_nsec};
}

Result<Glance> glance_at(const Descriptor& file, const std::string& path) {
  struct stat facts {};
  if (::fstat(file.get(), &facts) != 0) return posix_error(errno, "looking at", path);
  return glance_of(facts);
}

Print print_of(const Glance& glance, std::string sha256) {
  return {glance.size, std::move(sha256), glance.inode, glance.changed_ns};
}

Error moved(const std::string& path) {
  return make_error(Errc::transient, "ZM0410", "the file changed while it was read", "the same command goes on", path);
}

/// Attributes of programs and access lists; where the file system has none there is nothing to take over.
void take_over_attributes(const Descriptor& from, const Descriptor& to) {
  const ssize_t size = ::flistxattr(from.get(), nullptr, 0);
  if (size <= 0) return;
  std::string names(static_cast<std::size_t>(size), '\0');
  const ssize_t got = ::flistxattr(from.get(), names.data(), names.size());
  for (std::size_t at = 0; got > 0 && at < static_cast<std::size_t>(got);) {
    const std::string name = names.c_str() + at;
    at += name.size() + 1;
    const ssize_t length = ::fgetxattr(from.get(), name.c_str(), nullptr, 0);
    if (length < 0) continue;
    std::string value(static_cast<std::size_t>(length), '\0');
    if (::fgetxattr(from.get(), name.c_str(), value.data(), value.size()) == length)
      static_cast<void>(::fsetxattr(to.get(), name.c_str(), value.data(), value.size(), 0));
  }
}

Status take_over(const Descriptor& from, const Descriptor& to, const std::string& path) {
  struct stat old {
  }, own{};
  if (::fstat(from.get(), &old) != 0 || ::fstat(to.get(), &own) != 0) return posix_error(errno, "looking at", path);
  const bool differs = own.st_uid != old.st_uid || own.st_gid != old.st_gid;
  if (differs && ::fchown(to.get(), old.st_uid, old.st_gid) != 0 && errno != EPERM)
    return posix_error(errno, "writing", path);
  take_over_attributes(from, to);
  if (::fchmod(to.get(), old.st_mode & 07777) != 0) return posix_error(errno, "writing", path);
  return ok();
}

Error not_as_written(const std::string& path, std::string_view why) {
  return make_error(Errc::io, "ZM0901", fmt::format("the new file does not read back as what was written: {}", why), {},
                    path);
}

/// Reads the new file from the disk: the dialect is the same, and so is every record's length, and every byte.
Status read_back(const SheetPlan& plan, const std::string& staged, const Sink& sink, const Print& wanted) {
  const Dialect& dialect = plan.facts.dialect;
  DialectWish wish{{}, dialect.bom ? std::string() : std::string(to_string(dialect.encoding)), dialect.delimiter};
  if (plan.file.delimiter_said) wish.delimiter = std::string(1, dialect.delimiter);
  const auto found = detect_dialect(staged, wish);
  if (!found) return not_as_written(plan.name, found.error().message);
  // Windows-1252 without a letter of its own is UTF-8 as well.
  const bool encoded = found->encoding == dialect.encoding || dialect.encoding == Encoding::windows_1252;
  const bool same = encoded && found->bom == dialect.bom && found->sep_line == dialect.sep_line &&
                    found->delimiter == dialect.delimiter;
  if (!same && sink.records() > 0) return not_as_written(plan.name, "its dialect is another one");
  Sha256 hash;
  ZMIG_TRY(RecordReader reader, RecordReader::open(staged, *found, &hash));
  std::uint64_t lengths = 0;
  for (;;) {
    ZMIG_TRY(const bool there, reader.next());
    if (!there) break;
    lengths = Sink::fold(lengths, reader.record().raw().size());
    if (reader.number() == plan.header_row) {
      const std::size_t fields = reader.record().raw().empty() ? plan.layout.size() : reader.fields().size();
      if (fields != plan.layout.size()) return not_as_written(plan.name, "the header has other fields");
    }
  }
  if (reader.number() != sink.records() || lengths != sink.lengths())
    return not_as_written(plan.name, "it divides into other records");
  if (hash.finish_hex() != wanted.sha256) return not_as_written(plan.name, "its bytes are others");
  return ok();
}

/// All records of the old file through the stages, and what comes behind them.
class Pass {
 public:
  Pass(SheetPlan& plan, Sink& sink) : plan_(plan), sink_(sink), row_(plan.facts) {
    first_ = &sink;
    for (auto stage = plan.stages.rbegin(); stage != plan.stages.rend(); ++stage) {
      (*stage)->leads_to(*first_);
      first_ = stage->get();
    }
  }

  Status records(RecordReader& reader) {
    ZMIG_CHECK_OK(sink_.preamble(reader.preamble()));
    for (;;) {
      ZMIG_TRY(const bool there, reader.next());
      if (!there) return ok();
      const Record& record = reader.record();
      sink_.source_ends_open(record.ending().empty());
      if (reader.number() < plan_.header_row) {
        ZMIG_CHECK_OK(sink_.copy(record));
        continue;
      }
      if (reader.number() == plan_.header_row) {
        ZMIG_CHECK_OK(header(&record));
        continue;
      }
      row_.begin(&record, static_cast<std::int64_t>(reader.number()), record.all_quoted());
      ZMIG_CHECK_OK(first_->take(row_));
    }
  }

  Status end() {
    if (!had_header_) ZMIG_CHECK_OK(header(nullptr));
    return first_->end();
  }

 private:
  Status header(const Record* record) {
    had_header_ = true;
    row_.begin(record, 0, record != nullptr ? record->all_quoted() : plan_.facts.all_quoted);
    for (const auto& [slot, text] : plan_.headers) {
      ZMIG_TRY(std::string raw, header_field(plan_.facts, text, row_.all_quoted(), plan_.name));
      row_.put(slot, std::move(raw));
    }
    return sink_.take(row_);
  }

  SheetPlan& plan_;
  Sink& sink_;
  Row row_;
  Stage* first_ = nullptr;
  bool had_header_ = false;
};

}  // namespace

Status pass_records(SheetPlan& plan, RecordReader* reader, Sink& sink) {
  Pass pass(plan, sink);
  if (reader != nullptr) ZMIG_CHECK_OK(pass.records(*reader));
  return pass.end();
}

Result<Glance> glance_at(const std::string& path) {
  struct stat facts {};
  if (::lstat(path.c_str(), &facts) == 0) return glance_of(facts);
  if (errno == ENOENT || errno == ENOTDIR) return Glance{};
  return posix_error(errno, "looking at", path);
}

Result<Print> print_of_file(const std::string& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!file.is_open()) return posix_error(errno, "reading", path);
  ZMIG_TRY(const Glance before, glance_at(file, path));
  Sha256 hash;
  std::string piece(std::size_t{256} * 1024, '\0');
  for (;;) {
    const ssize_t got = ::read(file.get(), piece.data(), piece.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return posix_error(errno, "reading", path);
    if (got == 0) break;
    hash.update(std::string_view(piece).substr(0, static_cast<std::size_t>(got)));
  }
  ZMIG_TRY(const Glance after, glance_at(file, path));
  if (before.size != after.size || before.changed_ns != after.changed_ns) return moved(path);
  return print_of(after, hash.finish_hex());
}

Result<FileOutput> FileOutput::create(const std::string& path, Encoding encoding, bool hashed) {
  FileOutput out;
  out.path_ = path;
  out.encoding_ = encoding;
  out.hashed_ = hashed;
  out.file_ = Descriptor(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666));
  if (!out.file_.is_open()) return posix_error(errno, "writing", path);
  out.buffer_.reserve(kFull + kFull / 2);
  return out;
}

Status FileOutput::flush() {
  ZMIG_FAILPOINT_STATUS("csv.before_write");
  if (const int failed = write_all(file_.get(), buffer_); failed != 0) return posix_error(failed, "writing", path_);
  if (hashed_) hash_.update(buffer_);
  size_ += buffer_.size();
  buffer_.clear();
  return ok();
}

Result<Print> FileOutput::finish() {
  ZMIG_CHECK_OK(flush());
  if (const int failed = sync_descriptor(file_.get()); failed != 0) return posix_error(failed, "syncing", path_);
  ZMIG_TRY(const Glance glance, glance_at(file_, path_));
  if (!file_.close_now()) return posix_error(errno, "closing", path_);
  return print_of(glance, hash_.finish_hex());
}

Sink::Sink(const SheetFacts& facts, const std::vector<std::size_t>& layout, FileOutput& out)
    : facts_(facts), layout_(layout), out_(out), end_of_record_(facts.line_end) {
  keeps_order_ = layout.size() >= facts.sources;
  for (std::size_t i = 0; i < facts.sources && keeps_order_; ++i) keeps_order_ = layout[i] == i;
  if (keeps_order_) added_.assign(layout.begin() + static_cast<std::ptrdiff_t>(facts.sources), layout.end());
}

Status Sink::put(std::string_view text) {
  length_ += text.size();
  return out_.put(text);
}

/// The end of a record is written when the next one comes: the last one may have none.
Status Sink::begin() {
  length_ = 0;
  if (first_) {
    first_ = false;
    return ok();
  }
  return out_.put(pending_.empty() ? end_of_record_ : pending_);
}

Status Sink::finish_record(const Record* record) {
  ++records_;
  lengths_ = fold(lengths_, length_);
  if (record == nullptr) {
    pending_ = end_of_record_;
    return ok();
  }
  pending_ = record->ending();
  if (!pending_.empty()) end_of_record_ = pending_;
  return ok();
}

/// In a file that nothing divides so far a delimiter is text, and must not begin to divide.
Status Sink::check_undivided(const Record& record) const {
  if (facts_.read_delimiter == facts_.dialect.delimiter || record.raw().starts_with('"')) return ok();
  if (record.raw().find(facts_.dialect.delimiter) == std::string_view::npos) return ok();
  return make_error(Errc::conflict, "ZM0463",
                    fmt::format("a second column needs a delimiter, and {} holds `{}`", quoted(record.raw()),
                                facts_.dialect.delimiter),
                    "put that field into quotes first");
}

Status Sink::copy(const Record& record) {
  ZMIG_CHECK_OK(begin());
  ZMIG_CHECK_OK(put(record.raw()));
  return finish_record(&record);
}

Status Sink::take(Row& row) {
  ZMIG_CHECK_OK(begin());
  const Record* record = row.record();
  if (record != nullptr) ZMIG_CHECK_OK(check_undivided(*record));
  const auto is_new = [&](std::size_t slot) { return slot >= facts_.sources; };
  const bool stands = keeps_order_ && record != nullptr && !record->raw().empty() &&
                      std::all_of(row.changed().begin(), row.changed().end(), is_new);
  // Only a record with all its fields can be told from its end.
  if (stands && (added_.empty() || record->count() == facts_.sources)) {
    ZMIG_CHECK_OK(whole(row));
  } else {
    ZMIG_CHECK_OK(field_by_field(row));
  }
  return finish_record(record);
}

/// The bytes of the record, and what was appended.
Status Sink::whole(const Row& row) {
  ZMIG_CHECK_OK(put(row.record()->raw()));
  const std::string_view delimiter(&facts_.dialect.delimiter, 1);
  for (const std::size_t slot : added_) {
    ZMIG_CHECK_OK(put(delimiter));
    const std::string_view raw = row.raw(slot);
    ZMIG_CHECK_OK(put(raw.empty() && row.all_quoted() ? "\"\"" : raw));
  }
  return ok();
}

/// A record that is short, or a blank line, stays so: it ends with the last field that it has or that was written.
Status Sink::field_by_field(const Row& row) {
  const Record* record = row.record();
  const std::size_t had = record == nullptr || record->raw().empty() ? 0 : record->count();
  if (had > facts_.sources) {
    return make_error(
        Errc::conflict, "ZM0464",
        fmt::format("record {} has {}, the header {}", row.handle(), counted(had, "field", "fields"), facts_.sources),
        "give each field a header, or remove what is too much");
  }
  const bool full = record == nullptr || had == facts_.sources;
  if (facts_.refuse_ragged && had > 0 && had < facts_.sources) {
    return make_error(
        Errc::conflict, "ZM0464",
        fmt::format("record {} has {}, the header {}", row.handle(), counted(had, "field", "fields"), facts_.sources),
        "give the record its delimiters, or set csv.ragged = \"pad\"");
  }
  const auto stands = [&](std::size_t slot) {
    if (full || (slot < facts_.sources && slot < had)) return true;
    const std::string_view raw = row.raw(slot);
    return row.is_set(slot) && !raw.empty() && raw != "\"\"";
  };
  std::size_t end = layout_.size();
  while (end > 0 && !stands(layout_[end - 1])) --end;
  const std::string_view delimiter(&facts_.dialect.delimiter, 1);
  for (std::size_t i = 0; i < end; ++i) {
    if (i > 0) ZMIG_CHECK_OK(put(delimiter));
    const std::size_t slot = layout_[i];
    const bool there = row.is_set(slot) || (slot < facts_.sources && slot < had);
    const std::string_view raw = row.raw(slot);
    ZMIG_CHECK_OK(put(raw.empty() && row.all_quoted() && (!there || row.is_set(slot)) ? "\"\"" : raw));
  }
  return ok();
}

Status Sink::end() {
  if (first_) return ok();
  // A last record that is empty would not be there without its end.
  if (last_is_open_ && length_ > 0) return ok();
  return out_.put(pending_.empty() ? end_of_record_ : pending_);
}

Result<Rewritten> rewrite(SheetPlan& plan, const std::string& staged) {
  SheetFacts& facts = plan.facts;
  if (facts.dialect.delimiter == '\0' && plan.layout.size() > 1) facts.dialect.delimiter = ',';
  Rewritten out;
  ZMIG_TRY(FileOutput output, FileOutput::create(staged, facts.dialect.encoding));
  if (facts.dialect.bom) ZMIG_CHECK_OK(output.put_bytes(byte_order_mark(facts.dialect.encoding)));
  Sink sink(facts, plan.layout, output);
  if (plan.exists) {
    Sha256 hash;
    Dialect read = facts.dialect;
    read.delimiter = facts.read_delimiter;
    ZMIG_TRY(RecordReader reader, RecordReader::open(plan.file.path, read, &hash));
    ZMIG_TRY(const Glance before, glance_at(reader.file(), plan.file.path));
    if (Status passed = pass_records(plan, &reader, sink); !passed) {
      if (passed.error().place.empty()) passed.error().place = plan.file.path;
      return std::move(passed).error();
    }
    ZMIG_TRY(const Glance after, glance_at(reader.file(), plan.file.path));
    if (before.size != after.size || before.changed_ns != after.changed_ns) return moved(plan.file.path);
    out.before = print_of(after, hash.finish_hex());
    ZMIG_CHECK_OK(take_over(reader.file(), output.file(), plan.file.path));
  } else {
    ZMIG_CHECK_OK(pass_records(plan, nullptr, sink));
  }
  ZMIG_TRY(out.after, output.finish());
  out.dialect = facts.dialect;
  ZMIG_CHECK_OK(read_back(plan, staged, sink, out.after));
  return out;
}

}  // namespace zmig::csv
