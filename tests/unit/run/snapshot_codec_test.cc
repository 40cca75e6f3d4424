// Files that no release of zmig writes: each record, length and end that can be wrong is refused by name.
#include <algorithm>
#include <array>
#include <functional>

#include <fcntl.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include "base/digest.h"
#include "base/posix.h"
#include "run/backup.h"
#include "run/run_json.h"
#include "run/snapshot_codec.h"
#include "run_world.h"

using namespace zmig;
using namespace zmig::test;
using namespace zmig::run;
using namespace std::string_literals;

namespace {

constexpr std::size_t kChunk = 128 * 1024;  // of the reader

std::string record(char tag, std::string_view payload) {
  std::string out(1, tag);
  std::size_t length = payload.size();
  for (; length >= 0x80; length >>= 7) out.push_back(static_cast<char>((length & 0x7F) | 0x80));
  out.push_back(static_cast<char>(length));
  return out + std::string(payload);
}

/// Bytes that no packer makes smaller, the same in every run.
std::string noise(std::size_t size) {
  std::string out;
  out.reserve(size);
  std::uint64_t state = 88172645463325252ULL;
  while (out.size() < size) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    out.push_back(static_cast<char>(state & 0xFF));
  }
  return out;
}

/// Packs in two steps: what the first one gave is on the disk before the second begins.
std::array<std::string, 2> packed(int version, const std::string& first, const std::string& second) {
  std::array<std::string, 2> out;
  const std::array<const std::string*, 2> in{&first, &second};
  if (version > 3) {
    ZSTD_CCtx* const packer = ZSTD_createCCtx();
    for (std::size_t i = 0; i < 2; ++i) {
      out[i].resize(ZSTD_compressBound(in[i]->size()) + 64);
      ZSTD_inBuffer from{in[i]->data(), in[i]->size(), 0};
      ZSTD_outBuffer into{out[i].data(), out[i].size(), 0};
      REQUIRE(ZSTD_compressStream2(packer, &into, &from, i == 0 ? ZSTD_e_flush : ZSTD_e_end) == 0);
      out[i].resize(into.pos);
    }
    ZSTD_freeCCtx(packer);
    return out;
  }
  z_stream stream{};
  REQUIRE(deflateInit2(&stream, 0, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  for (std::size_t i = 0; i < 2; ++i) {
    std::string copy = *in[i];
    out[i].resize(copy.size() + copy.size() / 1000 + 1024);
    stream.next_in = reinterpret_cast<Bytef*>(copy.data());
    stream.avail_in = static_cast<uInt>(copy.size());
    stream.next_out = reinterpret_cast<Bytef*>(out[i].data());
    stream.avail_out = static_cast<uInt>(out[i].size());
    deflate(&stream, i == 0 ? Z_SYNC_FLUSH : Z_FINISH);
    out[i].resize(out[i].size() - stream.avail_out);
  }
  deflateEnd(&stream);
  return out;
}

std::string with_digest(std::string bytes) {
  Sha256 hash;
  hash.update(bytes);
  const auto digest = hash.finish();
  return bytes.append(reinterpret_cast<const char*>(digest.data()), digest.size());
}
std::string magic(int version) { return "zmig backup " + std::to_string(version) + "\n"; }
std::string file_of(int version, const std::string& records) {
  return with_digest(magic(version) + packed(version, {}, records)[1]);
}

/// "good", or what is wrong with it.
std::string said(const std::string& path) {
  const auto read = read_snapshot(path, {});
  if (read.has_value()) return "good";
  CHECK(read.error().zm == "ZM0503");
  CHECK(read.error().code == Errc::corrupt);
  constexpr std::string_view kBegin = "the backup is damaged: ";
  return read.error().message.starts_with(kBegin) ? read.error().message.substr(kBegin.size()) : read.error().message;
}
std::string said_of(const TempFolder& folder, const std::string& bytes) { return said(folder.write("a.zbk", bytes)); }

/// All records up to Z, then the hash: the reader alone.
std::string ended(const std::string& path) {
  auto reader = SnapshotReader::open(path);
  if (!reader.has_value()) return reader.error().message;
  for (;;) {
    const auto next = (*reader)->next();
    if (!next.has_value()) return next.error().message;
    if (next->tag == 'Z') break;
  }
  const auto hash = (*reader)->sha256();
  return hash.has_value() ? "good" : hash.error().message;
}

/// One sheet of two columns, and the records that a backup of it without rows has.
struct Small {
  Schema schema;
  SnapshotHead head;
  SnapshotSheet begun;
  Small() {
    Workbook book;
    add_sheet(book, "S", {"A", "B"}, {});
    schema = book.schema;
    head.title = "taller";
    begun.id = schema.sheets[0].id;
    begun.title = "S";
    for (const Column& column : schema.sheets[0].columns) begun.column_ids.push_back(column.id);
  }
  [[nodiscard]] std::string h() const { return record('H', head_json(head)); }
  [[nodiscard]] std::string s() const { return record('S', schema_to_json(schema)); }
  [[nodiscard]] std::string b() const { return record('B', sheet_json(begun)); }
  [[nodiscard]] std::string e() const {
    SnapshotSheet done = begun;
    for (std::size_t i = 0; i < 2; ++i) done.hashes.push_back(RunningHash().finish());
    return record('E', sheet_json(done));
  }
};

}  // namespace

TEST_CASE("a row of any dress comes back, and its tally refuses what its reader refuses") {
  const std::vector<Cell> cells{text("x"),
                                Cell{Number{1}, {}, "0.0"},
                                Cell{Number{2}, "A1+1", {}},
                                Cell{Text{"3"}, {}, {}, "t:3"},
                                Cell{Boolean{true}, "TRUE()", "@", "b"},
                                {}};
  const RowRef row{7, -2, {}};
  const std::string bytes = row_to_bytes(row, cells);
  CHECK(must(row_from_bytes(bytes)).cells == cells);
  RowTally tally(cells.size());
  CHECK(tally_row(bytes, tally).has_value());
  CHECK((tally.rows == 1 && tally.formulas == 2));
  const std::string endless(10, '\x80');
  std::vector<std::string> bad{"", endless + bytes, bytes + "x"};
  for (std::size_t length = 1; length < bytes.size(); ++length) bad.push_back(bytes.substr(0, length));
  std::string kind = bytes;
  kind[3] = '\x3F';  // no kind of value has this index
  bad.push_back(kind);
  for (const std::string& one : bad) {
    const auto read = row_from_bytes(one);
    REQUIRE_FALSE(read.has_value());
    CHECK(read.error().message == "the backup is damaged: a row cannot be read");
    RowTally counted(cells.size());
    CHECK_FALSE(tally_row(one, counted).has_value());
    CHECK(counted.rows == 0);
  }
  RowTally narrow(2);
  CHECK(tally_row(bytes, narrow).error().message ==
        "the backup is damaged: a row has another number of cells than its sheet has columns");
}

TEST_CASE("records larger than the buffers of packer and reader come back") {
  const TempFolder folder;
  std::vector<std::string> payloads;
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, kChunk - 3, kChunk, 3 * kChunk + 7})
    payloads.push_back(noise(size));
  payloads.emplace_back(5 * kChunk, 'a');
  std::string sha256;
  {
    const Descriptor file(::open(folder.at("a.zbk").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    SnapshotWriter writer(file.get());
    for (const std::string& payload : payloads) REQUIRE(writer.put('R', payload).has_value());
    sha256 = must(writer.finish());
  }
  const auto reader = must(SnapshotReader::open(folder.at("a.zbk")));
  for (const std::string& payload : payloads) {
    const SnapshotRecord next = must(reader->next());
    CHECK(next.tag == 'R');
    CHECK((next.payload == payload));
  }
  CHECK(must(reader->next()).tag == 'Z');
  CHECK(must(reader->sha256()) == sha256);
  CHECK(sha256 == sha256_hex(folder.read("a.zbk")));
}

TEST_CASE("wherever the reader's pieces end, the end of a backup is found, and what stands behind it") {
  const TempFolder folder;
  for (const int version : {3, 4}) {
    INFO("version " << version);
    // The first step of the packer fills the pieces of the reader to the last byte.
    std::size_t length = kChunk;
    std::string rows;
    std::array<std::string, 2> good;
    for (int round = 0; round < 64; ++round) {
      rows = record('R', noise(length)) + record('Z', {});
      good = packed(version, rows, {});
      const std::size_t over = good[0].size() % kChunk;
      if (over == 0) break;
      length += over < 1024 ? 0 - over : kChunk - over;
    }
    REQUIRE(good[0].size() % kChunk == 0);
    const std::string begin = magic(version) + good[0];
    CHECK(ended(folder.write("a", with_digest(begin + good[1]))) == "good");
    CHECK(ended(folder.write("a", begin)) == "the backup is damaged: it ends early");
    CHECK(ended(folder.write("a", begin + good[1])) == "the backup is damaged: it ends early");
    CHECK(ended(folder.write("a", begin + "\xFF\xFF\xFF\xFF\xFF\xFF")) ==
          "the backup is damaged: its compressed bytes are damaged");
    const std::string more = packed(version, rows, record('R', "more"))[1];
    CHECK(ended(folder.write("a", with_digest(begin + more))) == "the backup is damaged: something follows its end");
    CHECK(ended(folder.write("a", with_digest(magic(version) + packed(version, rows + record('R', "x"), {})[0]))) !=
          "good");
  }
}

TEST_CASE("a digest that two pieces share is whole, and what is behind it is too much") {
  const TempFolder folder;
  std::size_t length = kChunk;
  std::string bytes;
  const auto split = [&] { return (bytes.size() - magic(4).size()) % kChunk; };
  for (int round = 0; round < 16; ++round) {
    bytes = file_of(4, record('R', noise(length)) + record('Z', {}));
    if (split() > 0 && split() < 32) break;
    length += kChunk + 16 - split();
  }
  REQUIRE((split() > 0 && split() < 32));
  CHECK(ended(folder.write("a", bytes)) == "good");
  CHECK(ended(folder.write("a", bytes.substr(0, bytes.size() - split()))) == "the backup is damaged: it ends early");
  CHECK(ended(folder.write("a", bytes + "x")) == "the backup is damaged: something follows its end");
  CHECK(ended(folder.write("a", bytes + std::string(3 * kChunk, 'x'))) ==
        "the backup is damaged: something follows its end");
  std::string other = bytes;
  other.back() = static_cast<char>(other.back() ^ 1);
  CHECK(ended(folder.write("a", other)) == "the backup is damaged: its bytes are not those that were written");
}

TEST_CASE("a length that cannot be right is not waited for") {
  const TempFolder folder;
  CHECK(said_of(folder, file_of(4, "R\x80")) == "it ends early");
  CHECK(said_of(folder, file_of(4, "R"s + std::string(6, '\x80') + "\x01")) == "a length cannot be right");
  CHECK(said_of(folder, file_of(4, "R\xFF\xFF\xFF\xFF\x07")) == "a length cannot be right");
  CHECK(said_of(folder, file_of(4, "R\x10short")) == "it ends early");
  CHECK(said_of(folder, "zmig") == "it is no backup of zmig, or a newer one");
}

TEST_CASE("a backup of version 1 has no digest, and is read") {
  const TempFolder folder;
  std::ifstream file(ZMIG_TEST_DATA "/backups/version_2.zbk", std::ios::binary);
  std::string bytes((std::istreambuf_iterator<char>(file)), {});
  REQUIRE(bytes.starts_with(magic(2)));
  const auto second = must(read_snapshot(ZMIG_TEST_DATA "/backups/version_2.zbk", {}));
  bytes.resize(bytes.size() - 32);
  bytes.replace(0, magic(1).size(), magic(1));
  const std::string path = folder.write("1.zbk", bytes);
  CHECK(snapshot_version(path) == 1);
  const auto first = must(read_snapshot(path, {}));
  CHECK(first.sheets == second.sheets);
  CHECK(first.head.schema == second.head.schema);
  CHECK(said_of(folder, bytes + "x") == "its bytes are not those that were written");
}

TEST_CASE("each record has its place, and a backup is not complete without its own") {
  const TempFolder folder;
  const Small one;
  const std::string z = record('Z', {}), n = record('N', object_json({"index", "i", "", "CREATE INDEX i"}));
  const std::string whole = one.h() + one.s() + one.b() + one.e() + z;
  REQUIRE(said_of(folder, file_of(4, whole)) == "good");
  const auto is = [&](const std::string& records, int version = 4) {
    return said_of(folder, file_of(version, records));
  };
  CHECK(is(z) == "it is not complete");
  CHECK(is(one.h() + z) == "it is not complete");
  CHECK(is(one.h() + one.s() + z) == "it is not complete");
  CHECK(is(one.s() + one.b() + one.e() + z) == "it is not complete");
  CHECK(is(one.h() + one.b() + one.e() + z) == "a record is out of place");
  CHECK(is(one.h() + one.s() + one.b() + one.e() + one.b() + one.e() + z) == "a record is out of place");
  CHECK(is(one.h() + record('X', {}) + z) == "a record is out of place");
  CHECK(is(one.h() + one.s() + n + one.b() + one.e() + z) == "good");
  CHECK(is(one.h() + one.s() + n + z, 2) == "a record is out of place");
  CHECK(is(one.h() + one.s() + one.b() + z) == "a sheet ends early");
  CHECK(is(one.h() + record('S', "{}") + z).starts_with("its schema cannot be read: "));
  CHECK(is(one.h() + one.s() + one.b() + one.b() + z) == "a sheet ends early");
  SnapshotSheet other = one.begun;
  other.rows = 5;
  CHECK(is(one.h() + one.s() + one.b() + record('E', sheet_json(other)) + z) ==
        "\"S\" is not what its own end record says");
  for (const char tag : {'H', 'T', 'N', 'B', 'E'}) {
    INFO(tag);
    const std::string before = tag == 'H' ? "" : tag == 'E' ? one.h() + one.s() + one.b() : one.h() + one.s();
    CHECK_FALSE(is(before + record(tag, "no JSON") + z) == "good");
  }
}

TEST_CASE("a row of an old backup has as many cells as its sheet has columns") {
  const TempFolder folder;
  const Small one;
  const std::vector<Cell> cells{text("a")};
  const std::string narrow = record('R', row_to_bytes({2, 1, {}}, cells));
  const std::string damaged = "a row has another number of cells than its sheet has columns";
  for (const int version : {3, 4})
    CHECK(said_of(folder, file_of(version, one.h() + one.s() + one.b() + narrow + one.e() + record('Z', {}))) ==
          damaged);
}

TEST_CASE("whoever takes the rows of a backup may stop, and is not told that it is damaged") {
  World world;
  const SnapshotOptions options{world.options.backup_folder, "t-1", 0, world.fakes.clock.now(), std::nullopt};
  const BackupRow row = must(make_snapshot(world.target, {}, options, world.fakes.ports));
  int rows = 0;
  const auto read = read_snapshot(row.location, [&](const SnapshotSheet&, const RowView&) -> Status {
    if (++rows < 3) return ok();
    return make_error(Errc::conflict, "ZM0301", "enough");
  });
  REQUIRE_FALSE(read.has_value());
  CHECK(read.error().message == "enough");
  CHECK(rows == 3);
}
