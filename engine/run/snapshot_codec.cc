#include "run/snapshot_codec.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include "base/digest.h"
#include "base/posix.h"

namespace zmig::run {
namespace {

constexpr std::string_view kMagic = "zmig backup 4\n";
constexpr std::string_view kOldMagics[] = {"zmig backup 1\n", "zmig backup 2\n", "zmig backup 3\n"};
constexpr std::size_t kChunk = 128 * 1024;
// The fastest: a backup is written at every run, and mostly thrown away.
constexpr int kLevel = 1;
// One record is at most one row: 20,000 columns of 50,000 characters do not fit in memory elsewhere either.
constexpr std::uint64_t kLargestRecord = std::uint64_t{1} << 30;

Error damaged(std::string_view what) {
  return make_error(Errc::corrupt, "ZM0503", "the backup is damaged: " + std::string(what),
                    "use another backup of the same folder");
}

void put_number(std::string& out, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) out.push_back(static_cast<char>((value & 0x7F) | 0x80));
  out.push_back(static_cast<char>(value));
}
void put_signed(std::string& out, std::int64_t value) {
  const auto bits = static_cast<std::uint64_t>(value);
  put_number(out, (bits << 1) ^ (value < 0 ? ~std::uint64_t{0} : 0));
}
void put_text(std::string& out, std::string_view text) {
  put_number(out, text.size());
  out += text;
}

/// Takes bytes off the front; `bad` once something was missing.
struct Bytes {
  std::string_view left;
  bool bad = false;

  std::uint8_t byte() {
    if (left.empty()) {
      bad = true;
      return 0;
    }
    const auto value = static_cast<std::uint8_t>(left.front());
    left.remove_prefix(1);
    return value;
  }
  std::uint64_t number() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      const std::uint8_t part = byte();
      value |= std::uint64_t{part & 0x7FU} << shift;
      if ((part & 0x80U) == 0) return value;
    }
    bad = true;
    return 0;
  }
  std::int64_t signed_number() {
    const std::uint64_t bits = number();
    return static_cast<std::int64_t>((bits >> 1) ^ ((bits & 1U) != 0 ? ~std::uint64_t{0} : 0));
  }
  std::string_view view() {
    const std::uint64_t length = number();
    if (bad || length > left.size()) {
      bad = true;
      return {};
    }
    const std::string_view value = left.substr(0, static_cast<std::size_t>(length));
    left.remove_prefix(static_cast<std::size_t>(length));
    return value;
  }
  std::string text() { return std::string(view()); }
  void skip(std::size_t count) {
    bad = bad || count > left.size();
    left.remove_prefix(bad ? left.size() : count);
  }
};

constexpr std::uint8_t kDressed = 0x80;  // formula and format follow
constexpr std::uint8_t kSpelled = 0x40;  // how it is stored follows

struct PutValue {
  std::string& out;
  void operator()(const Blank&) const {}
  void operator()(const Text& text) const { put_text(out, text.utf8); }
  void operator()(const Number& number) const {
    const auto bits = std::bit_cast<std::uint64_t>(number.value);
    for (unsigned shift = 0; shift < 64; shift += 8) out.push_back(static_cast<char>((bits >> shift) & 0xFF));
  }
  void operator()(const Boolean& boolean) const { out.push_back(boolean.value ? '\1' : '\0'); }
  void operator()(const Date& date) const { put_signed(out, date.day); }
  void operator()(const Time& time) const { put_signed(out, time.ms); }
  void operator()(const DateTime& moment) const { put_signed(out, moment.ms); }
  void operator()(const CellError& error) const { put_text(out, error.text); }
};

Value value_from(std::uint8_t kind, Bytes& bytes) {
  switch (kind) {
    case 0: return Blank{};
    case 1: return Text{bytes.text()};
    case 2: {
      std::uint64_t bits = 0;
      for (unsigned shift = 0; shift < 64; shift += 8) bits |= std::uint64_t{bytes.byte()} << shift;
      return Number{std::bit_cast<double>(bits)};
    }
    case 3: return Boolean{bytes.byte() != 0};
    case 4: return Date{static_cast<std::int32_t>(bytes.signed_number())};
    case 5: return Time{static_cast<std::int32_t>(bytes.signed_number())};
    case 6: return DateTime{bytes.signed_number()};
    case 7: return CellError{bytes.text()};
    default: bytes.bad = true; return Blank{};
  }
}

}  // namespace

namespace {

void put_cell(std::string& out, const Cell& cell) {
  const bool dressed = !cell.formula.empty() || !cell.format.empty();
  const bool spelled = !cell.stored.empty();
  out.push_back(static_cast<char>(cell.value.index() | (dressed ? kDressed : 0U) | (spelled ? kSpelled : 0U)));
  std::visit(PutValue{out}, cell.value);
  if (dressed) {
    put_text(out, cell.formula);
    put_text(out, cell.format);
  }
  if (spelled) put_text(out, cell.stored);
}

void put_row(std::string& out, const RowRef& row, std::size_t cells) {
  put_number(out, row.number);
  put_signed(out, row.handle);
  put_number(out, cells);
}

}  // namespace

std::string row_to_bytes(const RowRef& row, std::span<const Cell> cells) {
  std::string out;
  put_row(out, row, cells.size());
  for (const Cell& cell : cells) put_cell(out, cell);
  return out;
}

namespace {

bool has_formula(const Cell& cell) { return !cell.formula.empty(); }
bool has_formula(const CellRead& cell) { return cell.cell != nullptr && !cell.cell->formula.empty(); }

/// A plain text as put_cell writes it.
void put_cell(std::string& out, const CellRead& cell) {
  if (cell.cell != nullptr) return put_cell(out, *cell.cell);
  out.push_back('\1');  // the index of Text, as value_from reads it
  put_text(out, cell.text);
}

template <class One>
void pack_cells(const RowRef& row, std::span<const One> cells, std::string& out, RowTally& tally) {
  ZMIG_ASSERT(cells.size() == tally.hashes.size(), "a row has a cell for each column that was asked for");
  out.clear();
  put_row(out, row, cells.size());
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const std::size_t begin = out.size();
    put_cell(out, cells[i]);
    tally.hashes[i].add(0, std::string_view(out).substr(begin));
    if (has_formula(cells[i])) ++tally.formulas;
  }
  ++tally.rows;
}

}  // namespace

void pack_row(const RowRef& row, std::span<const Cell> cells, std::string& out, RowTally& tally) {
  pack_cells(row, cells, out, tally);
}
void pack_row(const RowRef& row, std::span<const CellRead> cells, std::string& out, RowTally& tally) {
  pack_cells(row, cells, out, tally);
}

Result<SnapshotRow> row_from_bytes(std::string_view payload) {
  Bytes bytes{payload};
  SnapshotRow row;
  row.row.number = bytes.number();
  row.row.handle = bytes.signed_number();
  const std::uint64_t count = bytes.number();
  if (bytes.bad || count > bytes.left.size()) return damaged("a row cannot be read");
  row.cells.reserve(static_cast<std::size_t>(count));
  for (std::uint64_t i = 0; i < count && !bytes.bad; ++i) {
    const std::uint8_t kind = bytes.byte();
    Cell cell;
    cell.value = value_from(kind & 0x3FU, bytes);
    if ((kind & kDressed) != 0) {
      cell.formula = bytes.text();
      cell.format = bytes.text();
    }
    if ((kind & kSpelled) != 0) cell.stored = bytes.text();
    row.cells.push_back(std::move(cell));
  }
  if (bytes.bad || !bytes.left.empty()) return damaged("a row cannot be read");
  return row;
}

namespace {

/// Goes over a value as value_from takes it.
void skip_value(std::uint8_t kind, Bytes& bytes) {
  switch (kind) {
    case 0: return;
    case 1:
    case 7: bytes.view(); return;
    case 2: bytes.skip(sizeof(double)); return;
    case 3: bytes.skip(1); return;
    case 4:
    case 5:
    case 6: bytes.number(); return;
    default: bytes.bad = true;
  }
}

}  // namespace

Status tally_row(std::string_view payload, RowTally& tally) {
  Bytes bytes{payload};
  bytes.number();
  bytes.number();
  const std::uint64_t count = bytes.number();
  if (bytes.bad || count > bytes.left.size()) return damaged("a row cannot be read");
  if (count != tally.hashes.size()) return damaged("a row has another number of cells than its sheet has columns");
  for (RunningHash& hash : tally.hashes) {
    const std::string_view cell = bytes.left;
    const std::uint8_t kind = bytes.byte();
    skip_value(kind & 0x3FU, bytes);
    if ((kind & kDressed) != 0) {
      if (!bytes.view().empty()) ++tally.formulas;
      bytes.view();
    }
    if ((kind & kSpelled) != 0) bytes.view();
    hash.add(0, cell.substr(0, cell.size() - bytes.left.size()));
  }
  if (bytes.bad || !bytes.left.empty()) return damaged("a row cannot be read");
  ++tally.rows;
  return ok();
}

// --- Writing ---------------------------------------------------------------------------------------------------------

struct SnapshotWriter::State {
  int descriptor = -1;
  std::unique_ptr<ZSTD_CCtx, std::size_t (*)(ZSTD_CCtx*)> packer{ZSTD_createCCtx(), &ZSTD_freeCCtx};
  std::string records, packed;  // on the way into the packer, and out of it
  Sha256 hash;
  std::uint64_t bytes = 0;

  Status write(std::string_view out) {
    if (out.empty()) return ok();
    if (const int number = write_all(descriptor, out); number != 0) {
      return make_error(Errc::io, "ZM0501", std::string("writing the backup: ") + std::strerror(number));
    }
    hash.update(out);
    bytes += out.size();
    return ok();
  }

  Status pack(ZSTD_EndDirective how) {
    ZSTD_inBuffer in{records.data(), records.size(), 0};
    for (;;) {
      ZSTD_outBuffer out{packed.data(), packed.size(), 0};
      const std::size_t left = ZSTD_compressStream2(packer.get(), &out, &in, how);
      if (ZSTD_isError(left) != 0)
        return make_error(Errc::transient, "ZM0501", "the backup cannot be compressed", "there may be no memory left");
      ZMIG_CHECK_OK(write(std::string_view(packed).substr(0, out.pos)));
      if (how == ZSTD_e_end ? left == 0 : in.pos == in.size) break;
    }
    records.clear();
    return ok();
  }
};

SnapshotWriter::SnapshotWriter(int descriptor) : state_(std::make_unique<State>()) {
  state_->descriptor = descriptor;
  state_->packed.resize(ZSTD_CStreamOutSize());
  if (state_->packer) ZSTD_CCtx_setParameter(state_->packer.get(), ZSTD_c_compressionLevel, kLevel);
}
SnapshotWriter::~SnapshotWriter() = default;
std::uint64_t SnapshotWriter::bytes() const { return state_->bytes; }

Status SnapshotWriter::put(char tag, std::string_view payload) {
  if (!state_->packer) return make_error(Errc::transient, "ZM0501", "not enough memory to compress the backup");
  if (state_->bytes == 0) ZMIG_CHECK_OK(state_->write(kMagic));
  state_->records.push_back(tag);
  put_number(state_->records, payload.size());
  state_->records += payload;
  return state_->records.size() < kChunk ? ok() : state_->pack(ZSTD_e_continue);
}

Result<std::string> SnapshotWriter::finish() {
  ZMIG_CHECK_OK(put('Z', {}));
  ZMIG_CHECK_OK(state_->pack(ZSTD_e_end));
  const auto digest = state_->hash.so_far();
  ZMIG_CHECK_OK(state_->write({reinterpret_cast<const char*>(digest.data()), digest.size()}));
  return state_->hash.finish_hex();
}

// --- Reading ---------------------------------------------------------------------------------------------------------

struct SnapshotReader::State {
  Descriptor file;
  z_stream stream{};  // up to version 3
  std::unique_ptr<ZSTD_DCtx, std::size_t (*)(ZSTD_DCtx*)> unpacker{nullptr, &ZSTD_freeDCtx};
  bool ready = false, ended = false, has_digest = true;
  int version = 4;
  Sha256 hash;  // of everything up to what was unpacked, then of the whole file
  std::array<char, kChunk> in;
  std::size_t in_size = 0, in_left = 0;  // of the chunk at work, and what of it is still packed
  std::string out;                       // unpacked and not yet taken
  std::size_t taken = 0;

  Result<std::size_t> read_chunk() {
    for (;;) {
      if (!ended) hash.update({in.data(), std::exchange(in_size, 0)});  // all of it was unpacked
      const ssize_t got = ::read(file.get(), in.data(), in.size());
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return make_error(Errc::io, "ZM0503", std::string("reading the backup: ") + std::strerror(errno));
      in_size = in_left = static_cast<std::size_t>(got);
      return in_size;
    }
  }

  /// Unpacks until `wanted` bytes can be taken.
  Status fill(std::size_t wanted) {
    if (out.size() - taken >= wanted) return ok();
    out.erase(0, std::exchange(taken, 0));
    while (out.size() < wanted) {
      if (ended) return damaged("it ends early");
      if (in_left == 0) {
        ZMIG_TRY(const std::size_t got, read_chunk());
        if (got == 0) return damaged("it ends early");
      }
      ZMIG_CHECK_OK(unpack_some());
    }
    return ok();
  }

  Status unpack_some() {
    const std::size_t before = out.size();
    out.resize(before + kChunk);
    std::size_t made = 0;
    const bool good = unpacker ? unpack_zstd(before, made) : unpack_deflate(before, made);
    out.resize(before + made);
    return good ? ok() : damaged("its compressed bytes are damaged");
  }

  /// From `at` on there is room for a chunk in `out`.
  bool unpack_zstd(std::size_t at, std::size_t& made) {
    ZSTD_inBuffer from{in.data() + (in_size - in_left), in_left, 0};
    ZSTD_outBuffer into{out.data() + at, kChunk, 0};
    const std::size_t hint = ZSTD_decompressStream(unpacker.get(), &into, &from);
    made = into.pos;
    in_left -= from.pos;
    ended = hint == 0;
    return ZSTD_isError(hint) == 0;
  }

  bool unpack_deflate(std::size_t at, std::size_t& made) {
    stream.next_in = reinterpret_cast<Bytef*>(in.data() + (in_size - in_left));
    stream.avail_in = static_cast<uInt>(in_left);
    stream.next_out = reinterpret_cast<Bytef*>(out.data() + at);
    stream.avail_out = static_cast<uInt>(kChunk);
    const int code = inflate(&stream, Z_NO_FLUSH);
    made = kChunk - stream.avail_out;
    in_left = stream.avail_in;
    ended = code == Z_STREAM_END;
    return code == Z_OK || code == Z_STREAM_END || code == Z_BUF_ERROR;
  }

  /// What stands behind the compressed bytes: their digest (files of version 1: nothing).
  Status check_digest() {
    const std::size_t unpacked = in_size - in_left;
    hash.update({in.data(), unpacked});
    std::string behind(in.data() + unpacked, in_left);
    for (;;) {
      ZMIG_TRY(const std::size_t more, read_chunk());
      if (more == 0) break;
      behind.append(in.data(), more);
      if (behind.size() > 32) return damaged("something follows its end");
    }
    const auto digest = hash.so_far();
    hash.update(behind);
    const std::string_view expected(reinterpret_cast<const char*>(digest.data()), has_digest ? digest.size() : 0);
    if (behind == expected) return ok();
    return damaged(behind.size() < expected.size() ? "it ends early" : "its bytes are not those that were written");
  }

  Result<std::uint8_t> byte() {
    ZMIG_CHECK_OK(fill(1));
    return static_cast<std::uint8_t>(out[taken++]);
  }
};

SnapshotReader::SnapshotReader() : state_(std::make_unique<State>()) {}
SnapshotReader::~SnapshotReader() {
  if (state_->ready) inflateEnd(&state_->stream);
}

Result<std::unique_ptr<SnapshotReader>> SnapshotReader::open(const std::string& path) {
  std::unique_ptr<SnapshotReader> reader(new SnapshotReader());
  State& state = *reader->state_;
  state.file = Descriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!state.file.is_open()) return posix_error(errno, "opening the backup", path);
  std::string magic(kMagic.size(), '\0');
  const ssize_t got = ::read(state.file.get(), magic.data(), magic.size());
  const bool old = std::find(std::begin(kOldMagics), std::end(kOldMagics), magic) != std::end(kOldMagics);
  if (got != static_cast<ssize_t>(magic.size()) || (magic != kMagic && !old))
    return damaged("it is no backup of zmig, or a newer one");
  state.hash.update(magic);
  state.version = magic[magic.size() - 2] - '0';
  state.has_digest = state.version >= 2;
  if (state.version > 3) {
    state.unpacker.reset(ZSTD_createDCtx());
  } else {
    state.ready = inflateInit2(&state.stream, -15) == Z_OK;
  }
  if (!state.ready && !state.unpacker)
    return make_error(Errc::transient, "ZM0503", "not enough memory to read the backup");
  return reader;
}

int SnapshotReader::version() const { return state_->version; }

Result<SnapshotRecord> SnapshotReader::next() {
  SnapshotRecord record;
  ZMIG_TRY(const std::uint8_t tag, state_->byte());
  record.tag = static_cast<char>(tag);
  std::uint64_t length = 0;
  for (unsigned shift = 0;; shift += 7) {
    ZMIG_TRY(const std::uint8_t part, state_->byte());
    length |= std::uint64_t{part & 0x7FU} << shift;
    if ((part & 0x80U) == 0) break;
    if (shift > 28) return damaged("a length cannot be right");
  }
  if (length > kLargestRecord) return damaged("a length cannot be right");
  ZMIG_CHECK_OK(state_->fill(static_cast<std::size_t>(length)));
  record.payload = std::string_view(state_->out).substr(state_->taken, static_cast<std::size_t>(length));
  state_->taken += static_cast<std::size_t>(length);
  return record;
}

Result<std::string> SnapshotReader::sha256() {
  if (state_->taken != state_->out.size()) return damaged("something follows its end");
  while (!state_->ended) {
    ZMIG_CHECK_OK(state_->unpack_some());
    if (state_->taken != state_->out.size()) return damaged("something follows its end");
    if (state_->ended || state_->in_left > 0) continue;
    ZMIG_TRY(const std::size_t got, state_->read_chunk());
    if (got == 0) return damaged("it ends early");
  }
  ZMIG_CHECK_OK(state_->check_digest());
  return state_->hash.finish_hex();
}

}  // namespace zmig::run
