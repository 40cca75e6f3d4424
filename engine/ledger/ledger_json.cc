// Captures as stored: one version byte, the length of the JSON text (8 bytes, little endian), the text deflated by
// zlib. Every value comes back exactly: text that is not UTF-8 travels as hexadecimal digits.

#include <array>
#include <charconv>
#include <functional>

#include <zlib.h>
#include <nlohmann/json.hpp>

#include <zmig/json_text.h>
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

/// A text, as UTF-8 or in hexadecimal digits.
std::string text_of(const json& stored) {
  if (stored.is_string()) return stored.get<std::string>();
  return bytes_of_hex(stored.at("x").get<std::string>());
}

Cell cell_of(const json& stored) {
  if (stored.is_object() && stored.contains("v")) {
    Cell cell{value_of(stored.at("v")), text_of(stored.at("f")), text_of(stored.at("n"))};
    if (stored.contains("s")) cell.stored = text_of(stored.at("s"));
    return cell;
  }
  return Cell{value_of(stored), {}, {}};
}

RowRef row_of(const json& stored) {
  return RowRef{stored.at(0).get<std::uint64_t>(), stored.at(1).get<std::int64_t>(), text_of(stored.at(2))};
}

// --- Writing: a tree of all cells would take many times what they take themselves.

void add_text(JsonText& out, std::string_view text) {
  if (first_invalid_utf8(text)) {
    out.open('{').key("x").text(to_hex(text)).close('}');
  } else {
    out.text(text);
  }
}

struct AddValue {
  JsonText& out;
  void operator()(const Blank&) const { out.raw("null"); }
  void operator()(const Text& text) const { add_text(out, text.utf8); }
  void operator()(const Number& number) const {
    char digits[32];
    out.raw(
        {digits, static_cast<std::size_t>(std::to_chars(digits, digits + sizeof digits, number.value).ptr - digits)});
  }
  void operator()(const Boolean& boolean) const { out.flag(boolean.value); }
  void operator()(const Date& date) const { out.open('{').key("d").number(date.day).close('}'); }
  void operator()(const Time& time) const { out.open('{').key("t").number(time.ms).close('}'); }
  void operator()(const DateTime& moment) const { out.open('{').key("m").number(moment.ms).close('}'); }
  void operator()(const CellError& error) const { out.open('{').key("e").text(error.text).close('}'); }
};

void add_cell(JsonText& out, const Cell& cell) {
  if (cell.formula.empty() && cell.format.empty() && cell.stored.empty()) return std::visit(AddValue{out}, cell.value);
  out.open('{').key("f");
  add_text(out, cell.formula);
  out.key("n");
  add_text(out, cell.format);
  if (!cell.stored.empty()) {
    out.key("s");
    add_text(out, cell.stored);
  }
  out.key("v");
  std::visit(AddValue{out}, cell.value);
  out.close('}');
}

void add_row(JsonText& out, const RowRef& row) {
  out.open('[').number(row.number).number(row.handle);
  add_text(out, row.identity);
  out.close(']');
}

/// Gives the text of a capture to `sink`, piece by piece.
template <class Sink>
void capture_to_json(const Capture& capture, const Sink& sink) {
  constexpr std::size_t kTogether = 256;
  JsonText out;
  std::size_t waiting = 0;
  const auto piece = [&] {
    if (++waiting % kTogether == 0) sink(out.take());
  };
  out.open('{').key("cells").open('[');
  for (const CapturedCell& cell : capture.cells) {
    out.open('[');
    add_row(out, cell.row);
    add_cell(out, cell.before);
    add_cell(out, cell.after);
    out.close(']');
    piece();
  }
  out.close(']').key("column").text(capture.column).key("columns").texts(capture.columns).key("rows").open('[');
  for (const CapturedRow& row : capture.rows) {
    out.open('[');
    add_row(out, row.row);
    out.flag(row.added).open('[');
    for (const Cell& cell : row.cells) add_cell(out, cell);
    out.close(']').close(']');
    piece();
  }
  out.close(']').key("sheet").text(capture.sheet).key("step").number(capture.step).close('}');
  sink(out.take());
}

// --- Reading

/// Each cell and each row leaves the tree as soon as it is read.
class CaptureReader {
 public:
  bool operator()(int depth, json::parse_event_t event, json& parsed) {
    if (depth == 1 && event == json::parse_event_t::key) list_ = parsed.get<std::string>();
    if (depth != 2 || event != json::parse_event_t::array_end) return true;
    if (list_ == "cells") {
      capture.cells.push_back({row_of(parsed.at(0)), cell_of(parsed.at(1)), cell_of(parsed.at(2))});
      return false;
    }
    if (list_ != "rows") return true;
    CapturedRow captured{row_of(parsed.at(0)), {}, parsed.at(1).get<bool>()};
    for (const json& cell : parsed.at(2)) captured.cells.push_back(cell_of(cell));
    capture.rows.push_back(std::move(captured));
    return false;
  }

  void finish(const json& rest) {
    capture.step = rest.at("step").get<std::size_t>();
    capture.sheet = rest.at("sheet").get<std::string>();
    capture.column = rest.at("column").get<std::string>();
    capture.columns = rest.at("columns").get<std::vector<std::string>>();
    // Whatever is left there was no cell and no row.
    if (!rest.at("cells").empty() || !rest.at("rows").empty()) throw json::other_error::create(500, "no cell", nullptr);
  }

  Capture capture;

 private:
  std::string list_;  // the member at work
};

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

/// A text that comes in pieces, deflated. Most captures are small, and zlib's usual tables are larger by far than what
/// goes in.
class Packer {
 public:
  void add(std::string_view text) {
    length_ += text.size();
    waiting_ += text;
    if (waiting_.size() > kSmall) pack(Z_NO_FLUSH);
  }

  std::string finish() {
    pack(Z_FINISH);
    deflateEnd(&stream_);
    std::string blob(1, kVersion);
    for (std::size_t i = 0; i < 8; ++i) blob.push_back(static_cast<char>((length_ >> (8 * i)) & 0xFF));
    return blob + packed_;
  }

 private:
  void pack(int flush) {
    if (!begun_) {
      const bool small = length_ <= kSmall;
      const int window = small ? 12 : MAX_WBITS, memory = small ? 4 : 8;
      // A few hundred bytes pack as small with the quickest level.
      const int level = small ? 1 : 6;
      const int code = deflateInit2(&stream_, level, Z_DEFLATED, window, memory, Z_DEFAULT_STRATEGY);
      ZMIG_ASSERT(code == Z_OK, "there is memory for zlib");
      begun_ = true;
    }
    std::array<char, 16 * 1024> room;
    stream_.next_in = const_cast<Bytef*>(bytes_of(waiting_));  // zlib does not write there
    stream_.avail_in = static_cast<uInt>(waiting_.size());
    do {
      stream_.next_out = reinterpret_cast<Bytef*>(room.data());
      stream_.avail_out = static_cast<uInt>(room.size());
      const int code = deflate(&stream_, flush);
      ZMIG_ASSERT(code != Z_STREAM_ERROR, "the stream was begun");
      packed_.append(room.data(), room.size() - stream_.avail_out);
    } while (stream_.avail_out == 0);
    waiting_.clear();
  }

  z_stream stream_ = {};
  bool begun_ = false;
  std::uint64_t length_ = 0;
  std::string waiting_, packed_;
};

}  // namespace

std::string captures_to_blob(const Capture& capture) {
  Packer packer;
  capture_to_json(capture, [&](std::string_view text) { packer.add(text); });
  return packer.finish();
}

Result<Capture> capture_from_blob(std::string_view blob) {
  ZMIG_TRY(const std::string text, inflated(blob));
  CaptureReader reader;
  try {
    const json rest = json::parse(text, std::ref(reader), false);
    if (rest.is_discarded()) return damaged("it is no JSON");
    reader.finish(rest);
  } catch (const json::exception& error) { return damaged(error.what()); }
  return std::move(reader.capture);
}

}  // namespace zmig
