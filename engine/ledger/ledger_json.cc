// Captures as stored: one version byte, the length of the JSON text (8 bytes, little endian), the text deflated by
// zlib. Every value comes back exactly: text that is not UTF-8 travels as hexadecimal digits.

#include <algorithm>
#include <limits>

#include <zlib.h>
#include <nlohmann/json.hpp>

#include <zmig/ledger.h>

#include "base/digest.h"
#include "base/text.h"

namespace zmig {
namespace {

using nlohmann::json;

constexpr char kVersion = 1;
constexpr std::size_t kHead = 9;
constexpr std::size_t kSmall = 4096;
// A capture is a part of one sheet; a length beyond this is damage or malice, not data.
constexpr std::uint64_t kLargest = std::uint64_t{4} << 30;

Error damaged(std::string_view what) {
  return make_error(Errc::corrupt, "ZM0601", "a capture in the ledger cannot be read: " + std::string(what),
                    "`zmig repair --rebuild-ledger` sets it aside and makes a new one from the stamp");
}

struct ValueToJson {
  json operator()(const Blank&) const { return nullptr; }
  json operator()(const Text& text) const {
    if (first_invalid_utf8(text.utf8)) return json{{"x", to_hex(text.utf8)}};
    return text.utf8;
  }
  json operator()(const Number& number) const { return number.value; }
  json operator()(const Boolean& boolean) const { return boolean.value; }
  json operator()(const Date& date) const { return json{{"d", date.day}}; }
  json operator()(const Time& time) const { return json{{"t", time.ms}}; }
  json operator()(const DateTime& moment) const { return json{{"m", moment.ms}}; }
  json operator()(const CellError& error) const { return json{{"e", error.text}}; }
};

std::string bytes_of_hex(const std::string& digits) {
  const auto digit = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
  std::string bytes;
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2) {
    bytes.push_back(static_cast<char>((digit(digits[i]) << 4) | digit(digits[i + 1])));
  }
  return bytes;
}

Value value_of(const json& stored) {
  if (stored.is_null()) return Blank{};
  if (stored.is_string()) return Text{stored.get<std::string>()};
  if (stored.is_boolean()) return Boolean{stored.get<bool>()};
  if (stored.is_number()) return Number{stored.get<double>()};
  if (stored.contains("x")) return Text{bytes_of_hex(stored.at("x").get<std::string>())};
  if (stored.contains("d")) return Date{stored.at("d").get<std::int32_t>()};
  if (stored.contains("t")) return Time{stored.at("t").get<std::int32_t>()};
  if (stored.contains("m")) return DateTime{stored.at("m").get<std::int64_t>()};
  return CellError{stored.at("e").get<std::string>()};
}

json json_of(const Cell& cell) {
  json value = std::visit(ValueToJson{}, cell.value);
  if (cell.formula.empty() && cell.format.empty() && cell.stored.empty()) return value;
  json whole{{"v", std::move(value)}, {"f", cell.formula}, {"n", cell.format}};
  if (!cell.stored.empty()) whole["s"] = ValueToJson{}(Text{cell.stored});
  return whole;
}

Cell cell_of(const json& stored) {
  if (stored.is_object() && stored.contains("v")) {
    Cell cell{value_of(stored.at("v")), stored.at("f").get<std::string>(), stored.at("n").get<std::string>()};
    if (stored.contains("s")) cell.stored = std::get<Text>(value_of(stored.at("s"))).utf8;
    return cell;
  }
  return Cell{value_of(stored), {}, {}};
}

json json_of(const RowRef& row) { return json::array({row.number, row.handle, row.identity}); }
RowRef row_of(const json& stored) {
  return RowRef{stored.at(0).get<std::uint64_t>(), stored.at(1).get<std::int64_t>(), stored.at(2).get<std::string>()};
}

json json_of(const Capture& capture) {
  json cells = json::array();
  for (const CapturedCell& cell : capture.cells) {
    cells.push_back(json::array({json_of(cell.row), json_of(cell.before), json_of(cell.after)}));
  }
  json rows = json::array();
  for (const CapturedRow& row : capture.rows) {
    json values = json::array();
    for (const Cell& cell : row.cells) values.push_back(json_of(cell));
    rows.push_back(json::array({json_of(row.row), row.added, std::move(values)}));
  }
  return json{{"step", capture.step},       {"sheet", capture.sheet},    {"column", capture.column},
              {"columns", capture.columns}, {"cells", std::move(cells)}, {"rows", std::move(rows)}};
}

Capture capture_of(const json& stored) {
  Capture capture;
  capture.step = stored.at("step").get<std::size_t>();
  capture.sheet = stored.at("sheet").get<std::string>();
  capture.column = stored.at("column").get<std::string>();
  capture.columns = stored.at("columns").get<std::vector<std::string>>();
  for (const json& cell : stored.at("cells")) {
    capture.cells.push_back(CapturedCell{row_of(cell.at(0)), cell_of(cell.at(1)), cell_of(cell.at(2))});
  }
  for (const json& row : stored.at("rows")) {
    CapturedRow captured{row_of(row.at(0)), {}, row.at(1).get<bool>()};
    for (const json& cell : row.at(2)) captured.cells.push_back(cell_of(cell));
    capture.rows.push_back(std::move(captured));
  }
  return capture;
}

const Bytef* bytes_of(std::string_view text) { return reinterpret_cast<const Bytef*>(text.data()); }

Result<std::string> inflated(std::string_view blob) {
  if (blob.size() < kHead || blob.front() != kVersion) return damaged("unknown version");
  std::uint64_t length = 0;
  for (std::size_t i = 0; i < 8; ++i) { length |= std::uint64_t{static_cast<unsigned char>(blob[i + 1])} << (8 * i); }
  // deflate cannot shrink better than 1:1032, so a longer promise is a lie: nothing is reserved for it.
  if (length > kLargest || length > (blob.size() - kHead) * 1040) return damaged("its length cannot be right");
  std::string text(static_cast<std::size_t>(length), '\0');
  uLongf got = static_cast<uLongf>(length);
  const std::string_view packed = blob.substr(kHead);
  const int code = uncompress(reinterpret_cast<Bytef*>(text.data()), &got, bytes_of(packed), packed.size());
  if (code != Z_OK || got != length) return damaged("its bytes are damaged");
  return text;
}

/// Appends `text`, deflated. Most captures are small, and zlib's usual tables are larger by far than what goes in.
void deflate_to(std::string_view text, std::string& blob) {
  const bool small = text.size() <= kSmall;
  z_stream stream = {};
  const int window = small ? 12 : MAX_WBITS, memory = small ? 4 : 8;
  const int begun = deflateInit2(&stream, 6, Z_DEFLATED, window, memory, Z_DEFAULT_STRATEGY);
  ZMIG_ASSERT(begun == Z_OK, "there is memory for zlib");
  const std::size_t before = blob.size();
  blob.resize(before + deflateBound(&stream, static_cast<uLong>(text.size())));
  stream.next_in = const_cast<Bytef*>(bytes_of(text));  // zlib does not write there
  stream.avail_in = 0;
  stream.next_out = reinterpret_cast<Bytef*>(blob.data() + before);
  stream.avail_out = 0;
  // Its counters are of 32 bits.
  constexpr std::size_t kMost = std::size_t{1} << 30;
  std::size_t left = text.size(), room = blob.size() - before;
  int code = Z_OK;
  while (code == Z_OK) {
    if (stream.avail_in == 0) {
      stream.avail_in = static_cast<uInt>(std::min(left, kMost));
      left -= stream.avail_in;
    }
    if (stream.avail_out == 0) {
      stream.avail_out = static_cast<uInt>(std::min(room, kMost));
      room -= stream.avail_out;
    }
    code = deflate(&stream, left == 0 ? Z_FINISH : Z_NO_FLUSH);
  }
  ZMIG_ASSERT(code == Z_STREAM_END, "the buffer is as large as deflateBound asks");
  blob.resize(before + stream.total_out);
  deflateEnd(&stream);
}

}  // namespace

std::string captures_to_blob(const Capture& capture) {
  const std::string text = json_of(capture).dump();
  std::string blob(1, kVersion);
  for (std::size_t i = 0; i < 8; ++i) {
    blob.push_back(static_cast<char>((static_cast<std::uint64_t>(text.size()) >> (8 * i)) & 0xFF));
  }
  deflate_to(text, blob);
  return blob;
}

Result<Capture> capture_from_blob(std::string_view blob) {
  ZMIG_TRY(const std::string text, inflated(blob));
  const json stored = json::parse(text, nullptr, false);
  if (stored.is_discarded()) return damaged("it is no JSON");
  try {
    return capture_of(stored);
  } catch (const json::exception& error) { return damaged(error.what()); }
}

}  // namespace zmig
