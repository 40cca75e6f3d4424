// A backup file that somebody else wrote. The first byte says how: 0, the bytes as they are; else the rest is the
// stream of records before it is compressed, of the first version (below 85), of the third (below 170) or of today's,
// with its digest. What reads reads twice the same.

#include "fuzz/fuzz.h"

#include <zlib.h>
#include <zstd.h>
#include <vector>

#include "base/digest.h"
#include "run/backup.h"

namespace {

using namespace zmig;

std::string deflated(std::string_view bytes) {
  z_stream stream{};
  fuzz::require(deflateInit2(&stream, 1, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY) == Z_OK, "zlib");
  std::string out(deflateBound(&stream, static_cast<uLong>(bytes.size())) + 16, '\0');
  std::vector<Bytef> in(bytes.begin(), bytes.end());
  stream.next_in = in.data();
  stream.avail_in = static_cast<uInt>(in.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  fuzz::require(deflate(&stream, Z_FINISH) == Z_STREAM_END, "zlib");
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

std::string packed(std::string_view bytes) {
  std::string out(ZSTD_compressBound(bytes.size()), '\0');
  const std::size_t size = ZSTD_compress(out.data(), out.size(), bytes.data(), bytes.size(), 1);
  fuzz::require(ZSTD_isError(size) == 0, "zstd");
  out.resize(size);
  return out;
}

/// A file of today is known by the hash of all that stands before it.
std::string with_digest(std::string bytes) {
  Sha256 hash;
  hash.update(bytes);
  const auto digest = hash.finish();
  bytes.append(reinterpret_cast<const char*>(digest.data()), digest.size());
  return bytes;
}

std::string file_of(std::uint8_t how, std::string_view rest) {
  if (how == 0) return std::string(rest);
  if (how < 85) return "zmig backup 1\n" + deflated(rest);
  if (how < 170) return with_digest("zmig backup 3\n" + deflated(rest));
  return with_digest("zmig backup 4\n" + packed(rest));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view rest = fuzz::text_of(data + 1, size - 1);
  const std::string path = fuzz::Folder::file("a.zbk", file_of(data[0], rest));
  std::size_t rows = 0, again = 0;
  const auto count = [](std::size_t& into) {
    return [&into](const run::SnapshotSheet&, const RowView&) -> Status {
      ++into;
      return ok();
    };
  };
  const auto first = run::read_snapshot(path, count(rows));
  const auto second = run::read_snapshot(path, count(again));
  fuzz::require(first.has_value() == second.has_value() && rows == again, "two readings differ");
  if (!first.has_value()) {
    fuzz::require(!first.error().message.empty(), "a refusal without a word");
    return 0;
  }
  fuzz::require(first.value().sheets.size() == first.value().head.schema.sheets.size(), "a sheet without rows record");
  return 0;
}
