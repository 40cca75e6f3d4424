#pragma once
// The bytes of csv files: dialect, encodings, records (xlsx-csv.md 5.2, 5.4). Reads a file from front to back and keeps
// the record at hand. Not installed.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <zmig/result.h>

#include "base/digest.h"
#include "base/posix.h"

namespace zmig::csv {

enum class Encoding { utf8, utf16_le, utf16_be, windows_1252 };
std::string_view to_string(Encoding encoding);

struct Dialect {
  Encoding encoding = Encoding::utf8;
  bool bom = false;
  bool sep_line = false;      ///< a first line `sep=X`, which is no record
  bool has_line_feed = true;  ///< else a carriage return alone ends a record
  char delimiter = ',';       ///< NUL: one column, nothing divides
  bool operator==(const Dialect&) const = default;
};

/// What a person configured; empty: found out.
struct DialectWish {
  std::string delimiter, encoding;
};

/// Finds the dialect of a file, or refuses with ZM0461, ZM0463. Never a best guess.
Result<Dialect> detect_dialect(const std::string& path, const DialectWish& wish);

/// The text of a file as UTF-8, in pieces.
class TextStream {
 public:
  static Result<TextStream> open(const std::string& path, Encoding encoding, bool bom);
  /// Appends the next piece to `into`; false at the end. ZM0461 where the bytes are not of the encoding.
  Result<bool> more(std::string& into);

 private:
  Status decode(bool last, std::string& into);
  Status decode_utf8(bool last, std::string& into);
  Status decode_utf16(bool last, std::string& into);
  Status decode_1252(std::string& into);
  Error not_of_encoding(std::uint64_t offset) const;

  std::string path_;
  Descriptor file_;
  Encoding encoding_ = Encoding::utf8;
  std::string bytes_;          // read and not decoded yet
  std::uint64_t decoded_ = 0;  // bytes of the file in front of bytes_
  bool ended_ = false;
};

struct Field {
  std::string_view text;  ///< without quotes; valid until the next record
  bool quoted = false;
};

/// Records one by one, quote-aware.
class RecordReader {
 public:
  static Result<RecordReader> open(const std::string& path, const Dialect& dialect);
  /// False at the end. ZM0465, ZM0466 with the number of the record.
  Result<bool> next();
  [[nodiscard]] const std::vector<Field>& fields() const { return fields_; }
  /// From 1; the line `sep=` does not count.
  [[nodiscard]] std::uint64_t number() const { return number_; }
  /// No field holds anything.
  [[nodiscard]] bool is_blank() const;

 private:
  /// Bounds of a field in `text_`, while the record is read.
  struct Span {
    std::size_t begin = 0, end = 0;
    bool quoted = false;
  };
  Result<bool> fill();
  Result<bool> read_field();
  Result<bool> read_quoted();
  Status read_plain();
  Result<bool> after_field();
  Error broken(std::string why) const;

  std::string path_;
  Dialect dialect_;
  TextStream stream_;
  std::string buffer_;  // text not read yet begins at at_
  std::size_t at_ = 0;
  bool ended_ = false;
  std::string text_;  // fields of the record, without quotes
  std::vector<Span> spans_;
  std::vector<Field> fields_;
  std::uint64_t number_ = 0;
};

}  // namespace zmig::csv
