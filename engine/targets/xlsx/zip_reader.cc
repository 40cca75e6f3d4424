#include <algorithm>
#include <cerrno>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "targets/xlsx/zip.h"
#include "targets/xlsx/zip_bytes.h"

namespace zmig::xlsx {
namespace {

using namespace zip_format;

constexpr std::size_t kMostEntries = 100'000;
constexpr std::uint64_t kLargestDirectory = std::uint64_t{64} << 20;
constexpr std::size_t kPiece = 64 << 10;

/// What names are compared by.
std::string folded(std::string_view name) {
  std::string out(name);
  for (char& c : out) {
    if (c == '\\') c = '/';
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  const std::size_t begin = std::min(out.find_first_not_of('/'), out.size());
  return out.substr(begin);
}

bool leaves_archive(const std::string& name) {
  const std::string plain = folded(name);
  for (const std::string& step : split(plain, '/')) {
    if (step == "..") return true;
  }
  return false;
}

/// The numbers that stand in the extra field because they do not fit into the record. False: they are not there.
bool widen(std::string_view extra, std::uint64_t* const (&wide)[3], const bool (&wanted)[3]) {
  std::size_t at = 0;
  while (at + 4 <= extra.size()) {
    const std::uint16_t tag = u16_at(extra, at);
    const std::size_t size = u16_at(extra, at + 2);
    at += 4;
    if (size > extra.size() - at) return false;
    if (tag == kExtra64) {
      std::size_t field = at;
      for (std::size_t i = 0; i < 3; ++i) {
        if (!wanted[i]) continue;
        if (field + 8 > at + size) return false;
        *wide[i] = u64_at(extra, field);
        field += 8;
      }
      return true;
    }
    at += size;
  }
  return false;
}

}  // namespace

Result<std::shared_ptr<const ReadFile>> ReadFile::open(const std::string& path) {
  auto file = std::make_shared<ReadFile>();
  file->path_ = path;
  file->file_ = Descriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file->file_.is_open()) {
    if (errno == ENOENT || errno == ENOTDIR)
      return make_error(Errc::not_found, "ZM0404", fmt::format("there is no file {}", quoted(path)));
    Error error = posix_error(errno, "reading", path);
    if (error.zm.empty()) error.zm = "ZM0404";
    return error;
  }
  struct stat facts {};
  if (::fstat(file->file_.get(), &facts) != 0) return posix_error(errno, "reading", path);
  if (!S_ISREG(facts.st_mode))
    return make_error(Errc::invalid_input, "ZM0422", fmt::format("{} is not a file", quoted(path)), {}, path);
  file->size_ = static_cast<std::uint64_t>(facts.st_size);
  file->modified_s_ = facts.st_mtim.tv_sec;
  file->modified_ns_ = facts.st_mtim.tv_nsec;
  return std::shared_ptr<const ReadFile>(std::move(file));
}

Status ReadFile::read(std::uint64_t offset, std::size_t count, std::string& into) const {
  const std::size_t size = into.size();
  into.resize(size + count);
  for (std::size_t done = 0; done < count;) {
    const ::ssize_t got =
        ::pread(file_.get(), into.data() + size + done, count - done, static_cast<::off_t>(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return posix_error(errno, "reading", path_);
    if (got == 0) {
      into.resize(size);
      return make_error(Errc::transient, "ZM0410", "the file became shorter while it was read", "try again", path_);
    }
    done += static_cast<std::size_t>(got);
  }
  return ok();
}

Status ReadFile::check_unchanged() const {
  struct stat facts {};
  if (::fstat(file_.get(), &facts) != 0) return posix_error(errno, "reading", path_);
  const bool same = static_cast<std::uint64_t>(facts.st_size) == size_ && facts.st_mtim.tv_sec == modified_s_ &&
                    facts.st_mtim.tv_nsec == modified_ns_;
  if (same) return ok();
  return make_error(Errc::transient, "ZM0410", "the file changed while it was read", "try again", path_);
}

// --- one entry

ZipStream::ZipStream(std::shared_ptr<const ReadFile> file, const ZipEntry& entry)
    : file_(std::move(file)),
      name_(entry.name),
      method_(entry.method),
      wanted_crc_(entry.crc),
      next_(entry.data),
      left_(entry.packed),
      wanted_(entry.size) {}

Error ZipStream::damaged(std::string_view why) const {
  return make_error(Errc::corrupt, "ZM0423", fmt::format("part {} is damaged: {}", quoted(name_), why),
                    "open the workbook in a spreadsheet program and save it anew", file_->path());
}

Status ZipStream::fill() {
  packed_.clear();
  at_ = 0;
  const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(left_, kPiece));
  ZMIG_CHECK_OK(file_->read(next_, count, packed_));
  next_ += count;
  left_ -= count;
  return ok();
}

Result<bool> ZipStream::more(std::string& into) {
  if (done_) return false;
  const std::size_t before = into.size();
  std::size_t counted = before;  // as far as crc_ goes
  while (into.size() == before && !ended_) {
    if (at_ == packed_.size() && left_ > 0) ZMIG_CHECK_OK(fill());
    if (method_ == kStored) {
      into.append(packed_, at_, std::string::npos);
      at_ = packed_.size();
      ended_ = left_ == 0;
      continue;
    }
    // One byte more than there may be shows a size that lies.
    const auto room = static_cast<std::size_t>(std::min<std::uint64_t>(wanted_ - made_ + 1, 4 * kPiece));
    const std::string_view packed = std::string_view(packed_).substr(at_);
    const Inflater::Step step =
        map_ != nullptr ? inflater_.block(packed, room, into) : inflater_.run(packed, room, into);
    at_ += step.consumed;
    passed_ += step.consumed;
    ended_ = step.ended;
    if (step.broken) return damaged("its bytes are no deflate stream");
    const bool nothing_left = at_ == packed_.size() && left_ == 0;
    if (!ended_ && nothing_left && into.size() == before && !step.block_end) return damaged("it ends in the middle");
    if (map_ != nullptr && step.block_end) {
      crc_ = crc32_of(crc_, std::string_view(into).substr(counted));
      counted = into.size();
      map_->note(passed_ * 8 - step.spare_bits, made_ + (into.size() - before), crc_, passed_, inflater_);
    }
  }
  made_ += into.size() - before;
  if (made_ > wanted_) {
    into.resize(before);
    return damaged(fmt::format("it holds more than the {} bytes that it says", wanted_));
  }
  crc_ = crc32_of(crc_, std::string_view(into).substr(counted));
  if (!ended_) return true;
  done_ = true;
  if (made_ != wanted_) return damaged(fmt::format("it holds {} bytes and says {}", made_, wanted_));
  if (at_ != packed_.size() || left_ != 0) return damaged("bytes stand behind the end of its stream");
  if (crc_ != wanted_crc_) return damaged("its checksum does not fit");
  if (map_ != nullptr) map_->finish();
  return into.size() > before;
}

// --- the archive

Error ZipReader::damaged(std::string why) const {
  return make_error(Errc::corrupt, "ZM0422", std::move(why),
                    "open the workbook in a spreadsheet program and save it anew as .xlsx", file_->path());
}

Result<ZipReader> ZipReader::open(const std::string& path) {
  ZipReader reader;
  ZMIG_TRY(reader.file_, ReadFile::open(path));
  ZMIG_TRY(const Directory directory, reader.find_directory());
  ZMIG_CHECK_OK(reader.read_directory(directory));
  ZMIG_CHECK_OK(reader.read_local_headers(directory.at));
  return reader;
}

Result<ZipReader::Directory> ZipReader::find_directory() {
  constexpr std::uint64_t kLongestComment = 0xFFFF;
  const std::uint64_t size = file_->size();
  if (size < kEndSize) return damaged("the file is not a zip archive: it is too short");
  const std::uint64_t tail_at = size - std::min<std::uint64_t>(size, kEndSize + kLongestComment);
  std::string tail;
  ZMIG_CHECK_OK(file_->read(tail_at, static_cast<std::size_t>(size - tail_at), tail));
  bool seen = false;
  for (std::size_t at = tail.size() - kEndSize + 1; at-- > 0;) {
    if (u32_at(tail, at) != kEnd) continue;
    seen = true;
    const std::uint64_t end_at = tail_at + at;
    Directory found;
    found.count = u16_at(tail, at + 10);
    found.size = u32_at(tail, at + 12);
    std::uint64_t offset = u32_at(tail, at + 16);
    const std::size_t comment = u16_at(tail, at + 20);
    if (at + kEndSize + comment > tail.size()) continue;
    if (u16_at(tail, at + 4) != 0 || u16_at(tail, at + 6) != 0) continue;  // one of several files
    std::uint64_t directory_end = end_at;
    if (at >= kLocator64Size && u32_at(tail, at - kLocator64Size) == kLocator64) {
      std::uint64_t end64_at = u64_at(tail, at - kLocator64Size + 8);
      std::string end64;
      const auto here = [&](std::uint64_t where) {
        return where + kEnd64Size <= end_at && file_->read(where, kEnd64Size, end64).has_value() &&
               u32_at(end64, 0) == kEnd64;
      };
      if (!here(end64_at)) {
        end64.clear();
        end64_at = end_at - kLocator64Size - kEnd64Size;  // bytes stand in front of the archive
        if (end_at < kLocator64Size + kEnd64Size || !here(end64_at)) continue;
      }
      found.count = u64_at(end64, 32);
      found.size = u64_at(end64, 40);
      offset = u64_at(end64, 48);
      directory_end = end64_at;
    }
    if (found.size > directory_end || offset > directory_end - found.size) continue;
    found.at = directory_end - found.size;
    found.shift = found.at - offset;
    if (found.size >= kRecordSize) {
      std::string first;
      ZMIG_CHECK_OK(file_->read(found.at, 4, first));
      if (u32_at(first, 0) != kRecord) {
        // Something stands between directory and end record: then the offset is right as it is.
        first.clear();
        ZMIG_CHECK_OK(file_->read(offset, 4, first));
        if (u32_at(first, 0) != kRecord) continue;
        found.at = offset;
        found.shift = 0;
      }
    }
    comment_ = tail.substr(at + kEndSize, comment);
    return found;
  }
  if (seen) return damaged("the directory of the archive is damaged");
  return damaged("the file is not a zip archive, or its end is missing");
}

Status ZipReader::read_directory(const Directory& directory) {
  if (directory.count > kMostEntries || directory.size > kLargestDirectory) {
    return make_error(
        Errc::corrupt, "ZM0427",
        fmt::format("the archive has {}, more than any workbook", counted(directory.count, "entry", "entries")), {},
        file_->path());
  }
  std::string bytes;
  ZMIG_CHECK_OK(file_->read(directory.at, static_cast<std::size_t>(directory.size), bytes));
  std::size_t at = 0;
  for (std::uint64_t i = 0; i < directory.count; ++i) {
    if (at + kRecordSize > bytes.size() || u32_at(bytes, at) != kRecord)
      return damaged(fmt::format("the directory of the archive is damaged at entry {}", i + 1));
    const std::size_t name = u16_at(bytes, at + 28), extra = u16_at(bytes, at + 30), comment = u16_at(bytes, at + 32);
    const std::size_t size = kRecordSize + name + extra + comment;
    if (size > bytes.size() - at)
      return damaged(fmt::format("the directory of the archive is damaged at entry {}", i + 1));
    ZipEntry entry;
    entry.record = bytes.substr(at, size);
    const std::string_view record = entry.record;
    entry.name = record.substr(kRecordSize, name);
    entry.flags = u16_at(record, 8);
    entry.method = u16_at(record, 10);
    entry.crc = u32_at(record, 16);
    entry.packed = u32_at(record, 20);
    entry.size = u32_at(record, 24);
    entry.local = u32_at(record, 42);
    const bool wide[3] = {entry.size == kIn64, entry.packed == kIn64, entry.local == kIn64};
    std::uint64_t* const into[3] = {&entry.size, &entry.packed, &entry.local};
    if ((wide[0] || wide[1] || wide[2]) && !widen(record.substr(kRecordSize + name, extra), into, wide))
      return damaged(fmt::format("entry {} has no sizes", quoted(printable(entry.name))));
    entry.local += directory.shift;
    if (entry.name.empty() || entry.name.find('\0') != std::string::npos)
      return damaged(fmt::format("entry {} of the archive has no name that can be used", i + 1));
    if (leaves_archive(entry.name))
      return damaged(fmt::format("entry {} points out of the archive", quoted(printable(entry.name))));
    const auto [same, is_new] = by_name_.emplace(folded(entry.name), entries_.size());
    if (!is_new) {
      return make_error(Errc::corrupt, "ZM0424",
                        fmt::format("two parts have the same name: {} and {}",
                                    quoted(printable(entries_[same->second].name)), quoted(printable(entry.name))),
                        "open the workbook in a spreadsheet program and save it anew", file_->path());
    }
    entries_.push_back(std::move(entry));
    at += size;
  }
  return ok();
}

Status ZipReader::read_local_headers(std::uint64_t directory_at) {
  std::vector<ZipEntry*> in_order;
  in_order.reserve(entries_.size());
  for (ZipEntry& entry : entries_) in_order.push_back(&entry);
  std::sort(in_order.begin(), in_order.end(), [](const auto* a, const auto* b) { return a->local < b->local; });
  std::uint64_t free_from = 0;
  std::string header;
  for (std::size_t i = 0; i < in_order.size(); ++i) {
    ZipEntry& entry = *in_order[i];
    const std::string shown = quoted(printable(entry.name));
    if (entry.local < free_from) return damaged(fmt::format("entry {} overlaps another one", shown));
    if (entry.local > directory_at || directory_at - entry.local < kLocalSize)
      return damaged(fmt::format("entry {} lies outside of the archive", shown));
    header.clear();
    ZMIG_CHECK_OK(file_->read(entry.local, kLocalSize, header));
    const std::size_t name = u16_at(header, 26), extra = u16_at(header, 28);
    entry.data = entry.local + kLocalSize + name + extra;
    if (u32_at(header, 0) != kLocal || entry.data > directory_at || entry.packed > directory_at - entry.data)
      return damaged(fmt::format("entry {} lies outside of the archive, or has no header there", shown));
    const std::uint16_t flags = u16_at(header, 6);
    const std::uint32_t crc = u32_at(header, 14), packed = u32_at(header, 18), size = u32_at(header, 22);
    header.clear();
    ZMIG_CHECK_OK(file_->read(entry.local + kLocalSize, name, header));
    if (header != entry.name) return damaged(fmt::format("entry {} has another name in its own header", shown));
    const bool says_itself = (flags & kSizesBehind) == 0;
    const bool agrees =
        crc == entry.crc && (packed == kIn64 || packed == entry.packed) && (size == kIn64 || size == entry.size);
    if (says_itself && !agrees) {
      return make_error(Errc::corrupt, "ZM0423",
                        fmt::format("part {} is damaged: its header and the directory say different sizes", shown),
                        "open the workbook in a spreadsheet program and save it anew", file_->path());
    }
    free_from = entry.data + entry.packed;
    entry.end = i + 1 < in_order.size() ? in_order[i + 1]->local : directory_at;
  }
  preamble_ = in_order.empty() ? 0 : in_order.front()->local;
  return ok();
}

const ZipEntry* ZipReader::find(std::string_view name) const {
  const auto found = by_name_.find(folded(name));
  return found == by_name_.end() ? nullptr : &entries_[found->second];
}

Result<ZipStream> ZipReader::stream(const ZipEntry& entry, std::uint64_t limit) const {
  const std::string shown = quoted(printable(entry.name));
  if ((entry.flags & kEncrypted) != 0)
    return make_error(Errc::unsupported, "ZM0425", fmt::format("part {} is encrypted", shown),
                      "save the workbook without password", file_->path());
  if (entry.method != kStored && entry.method != kDeflated)
    return make_error(Errc::unsupported, "ZM0425",
                      fmt::format("part {} uses compression method {}, which is not read", shown, entry.method),
                      "open the workbook in a spreadsheet program and save it anew", file_->path());
  if (entry.size > limit)
    return make_error(Errc::unsupported, "ZM0427",
                      fmt::format("part {} is larger than {} bytes when it is unpacked", shown, grouped(limit)),
                      limit == kLargestHeld ? "" : "raise `xlsx.max_sheet_bytes` if it is what it says", file_->path());
  return ZipStream(file_, entry);
}

Result<std::string> ZipReader::read(const ZipEntry& entry, std::uint64_t limit) const {
  ZMIG_TRY(ZipStream bytes, stream(entry, limit));
  std::string whole;
  for (;;) {
    ZMIG_TRY(const bool more, bytes.more(whole));
    if (!more) return whole;
  }
}

}  // namespace zmig::xlsx
