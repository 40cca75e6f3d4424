#include <algorithm>
#include <cerrno>
#include <utility>

#include <fmt/format.h>
#include <unistd.h>

#include "base/text.h"
#include "targets/xlsx/zip.h"
#include "targets/xlsx/zip_bytes.h"

namespace zmig::xlsx {
namespace zip_format {

std::string without_extra64(std::string_view extra) {
  std::string out;
  std::size_t at = 0;
  while (at + 4 <= extra.size()) {
    const std::size_t size = std::min<std::size_t>(4 + u16_at(extra, at + 2), extra.size() - at);
    if (u16_at(extra, at) != kExtra64) out += extra.substr(at, size);
    at += size;
  }
  out += extra.substr(at);  // what is no field stays what it is
  return out;
}

}  // namespace zip_format

namespace {

using namespace zip_format;

constexpr std::size_t kPiece = 1 << 20;
constexpr std::uint16_t kVersion = 20;
constexpr std::uint16_t kUtf8 = 1 << 11;
constexpr std::uint16_t kFirstDay = (1 << 5) | 1;  // 1980-01-01, so that output depends on input only

Error too_large(const std::string& path) {
  return make_error(Errc::unsupported, "ZM0427", "the archive would hold a part of 4 GiB or more", {}, path);
}

}  // namespace

Status ZipWriter::put(std::string_view bytes) {
  if (const int number = write_all(descriptor_, bytes); number != 0) return posix_error(number, "writing", path_);
  at_ += bytes.size();
  return ok();
}

Status ZipWriter::patch(std::uint64_t offset, std::string_view bytes) {
  while (!bytes.empty()) {
    const ::ssize_t wrote = ::pwrite(descriptor_, bytes.data(), bytes.size(), static_cast<::off_t>(offset));
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) return posix_error(wrote < 0 ? errno : EIO, "writing", path_);
    bytes.remove_prefix(static_cast<std::size_t>(wrote));
    offset += static_cast<std::uint64_t>(wrote);
  }
  return ok();
}

Status ZipWriter::copy_preamble(const ZipReader& from) {
  std::string bytes;
  ZMIG_CHECK_OK(from.file().read(0, static_cast<std::size_t>(from.preamble()), bytes));
  return put(bytes);
}

Status ZipWriter::copy(const ZipReader& from, const ZipEntry& entry) {
  std::string record = entry.record;
  if (u32_at(record, 42) == kIn64 || at_ >= kIn64) {
    // The place stands in the extra field, or has to: behind the sizes that stand there.
    const std::size_t name = u16_at(record, 28), extra = u16_at(record, 30), comment = u16_at(record, 32);
    std::string field;
    if (u32_at(record, 24) == kIn64) append_number(field, entry.size, 8);
    if (u32_at(record, 20) == kIn64) append_number(field, entry.packed, 8);
    append_number(field, at_, 8);
    std::string fields;
    append_number(fields, kExtra64, 2);
    append_number(fields, field.size(), 2);
    fields += field + without_extra64(std::string_view(record).substr(kRecordSize + name, extra));
    if (fields.size() > 0xFFFF) return too_large(path_);
    const std::string behind = record.substr(kRecordSize + name + extra, comment);
    record.resize(kRecordSize + name);
    record += fields + behind;
    put_number(record, 30, fields.size(), 2);
    put_number(record, 42, kIn64, 4);
  } else {
    put_number(record, 42, at_, 4);
  }
  std::string piece;
  for (std::uint64_t offset = entry.local; offset < entry.end;) {
    const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(entry.end - offset, kPiece));
    piece.clear();
    ZMIG_CHECK_OK(from.file().read(offset, count, piece));
    ZMIG_CHECK_OK(put(piece));
    offset += count;
  }
  directory_ += record;
  ++count_;
  return ok();
}

Status ZipWriter::begin(std::string_view name) {
  const bool ascii = std::all_of(name.begin(), name.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
  const std::uint16_t flags = ascii ? 0 : kUtf8;
  std::string header;
  append_number(header, kLocal, 4);
  append_number(header, kVersion, 2);
  append_number(header, flags, 2);
  append_number(header, kDeflated, 2);
  append_number(header, 0, 2);  // time
  append_number(header, kFirstDay, 2);
  append_number(header, 0, 12);  // checksum and sizes: end_entry()
  append_number(header, name.size(), 2);
  append_number(header, 0, 2);
  header += name;
  record_.clear();
  append_number(record_, kRecord, 4);
  append_number(record_, kVersion, 2);
  record_ += header.substr(4, 26);  // from the version on the same
  append_number(record_, 0, 6);     // comment, disk, internal attributes
  append_number(record_, 0, 4);     // external attributes
  append_number(record_, at_, 4);
  record_ += name;
  return put_header(header);
}

Status ZipWriter::put_header(const std::string& header) {
  header_ = at_;
  size_ = crc_ = 0;
  packed_.clear();
  deflater_ = Deflater(fast_);
  if (at_ >= kIn64) return too_large(path_);
  ZMIG_CHECK_OK(put(header));
  data_ = at_;
  return ok();
}

Status ZipWriter::begin_in_place_of(const ZipReader& from, const ZipEntry& entry) {
  std::string header;
  ZMIG_CHECK_OK(from.file().read(entry.local, static_cast<std::size_t>(entry.data - entry.local), header));
  const std::size_t local_name = u16_at(header, 26);
  const std::string local_extra = without_extra64(std::string_view(header).substr(kLocalSize + local_name));
  header.resize(kLocalSize + local_name);
  header += local_extra;
  put_number(header, 28, local_extra.size(), 2);
  const std::uint16_t flags = entry.flags & static_cast<std::uint16_t>(~(kSizesBehind | kEncrypted));
  put_number(header, 6, flags, 2);
  put_number(header, 8, kDeflated, 2);
  record_ = entry.record;
  const std::size_t name = u16_at(record_, 28), extra = u16_at(record_, 30);
  const std::string kept = without_extra64(std::string_view(record_).substr(kRecordSize + name, extra));
  record_ = record_.substr(0, kRecordSize + name) + kept + record_.substr(kRecordSize + name + extra);
  put_number(record_, 30, kept.size(), 2);
  put_number(record_, 8, flags, 2);
  put_number(record_, 10, kDeflated, 2);
  put_number(record_, 42, at_, 4);
  return put_header(header);
}

Status ZipWriter::flush_packed() {
  ZMIG_CHECK_OK(put(packed_));
  packed_.clear();
  return ok();
}

Status ZipWriter::add(std::string_view bytes) {
  crc_ = crc32_of(crc_, bytes);
  size_ += bytes.size();
  deflater_.run(bytes, false, packed_);
  return packed_.size() >= kPiece ? flush_packed() : ok();
}

Status ZipWriter::end_entry() {
  deflater_.run({}, true, packed_);
  ZMIG_CHECK_OK(flush_packed());
  return close_entry();
}

Status ZipWriter::close_entry() {
  const std::uint64_t packed = at_ - data_;
  if (packed >= kIn64 || size_ >= kIn64) return too_large(path_);
  std::string facts;
  append_number(facts, crc_, 4);
  append_number(facts, packed, 4);
  append_number(facts, size_, 4);
  ZMIG_CHECK_OK(patch(header_ + 14, facts));
  record_.replace(16, facts.size(), facts);
  directory_ += record_;
  ++count_;
  return ok();
}

Status ZipWriter::add_packed(std::string_view packed, std::uint32_t crc, std::uint64_t size) {
  crc_ = crc;
  size_ = size;
  ZMIG_CHECK_OK(put(packed));
  return close_entry();
}

Status ZipWriter::finish(std::string_view comment) {
  const std::uint64_t directory_at = at_;
  const std::uint64_t size = directory_.size();
  const bool wide = count_ >= kCountIn64 || size >= kIn64 || directory_at >= kIn64;
  std::string end;
  if (wide) {
    append_number(end, kEnd64, 4);
    append_number(end, kEnd64Size - 12, 8);
    append_number(end, 45, 2);
    append_number(end, 45, 2);
    append_number(end, 0, 8);  // disks
    append_number(end, count_, 8);
    append_number(end, count_, 8);
    append_number(end, size, 8);
    append_number(end, directory_at, 8);
    append_number(end, kLocator64, 4);
    append_number(end, 0, 4);
    append_number(end, directory_at + size, 8);
    append_number(end, 1, 4);
  }
  append_number(end, kEnd, 4);
  append_number(end, 0, 4);
  append_number(end, wide ? kCountIn64 : count_, 2);
  append_number(end, wide ? kCountIn64 : count_, 2);
  append_number(end, wide ? kIn64 : size, 4);
  append_number(end, wide ? kIn64 : directory_at, 4);
  append_number(end, comment.size(), 2);
  end += comment;
  ZMIG_CHECK_OK(put(directory_));
  directory_.clear();
  return put(end);
}

}  // namespace zmig::xlsx
