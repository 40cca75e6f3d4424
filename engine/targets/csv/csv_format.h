#pragma once
// The bytes of csv files: dialect, encodings, records (xlsx-csv.md 5.2, 5.4). Reads a file from front to back and keeps
// the record at hand. Not installed.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <zmig/result.h>

#include "base/digest.h"
#include "base/posix.h"

namespace zmig::csv {

enum class Encoding { utf8, utf16_le, utf16_be, windows_1252 };
std::string_view to_string(Encoding encoding);
/// "utf-8", "UTF-16LE", "cp1252"; none: there is no such encoding, or it is not read.
std::optional<Encoding> encoding_named(std::string_view name);
std::string_view byte_order_mark(Encoding encoding);

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
  /// As the manifest keeps them from when zmig wrote the file last; they decide where the file itself leaves it open.
  char known = '\0';
  std::optional<Encoding> known_encoding = {};
  bool accept = false;  ///< what has to be guessed is taken: Windows-1252, the delimiter with the most fields
};

/// Finds the dialect of a file, or refuses with ZM0461, ZM0463. Never a best guess.
Result<Dialect> detect_dialect(const std::string& path, const DialectWish& wish);

/// Appends a text in the encoding of a file. ZM0462: it cannot hold the character, which is named.
Status encode_text(std::string_view utf8, Encoding encoding, std::string& into);

/// The text of a file as UTF-8, in pieces.
class TextStream {
 public:
  static Result<TextStream> open(const std::string& path, Encoding encoding, bool bom);
  /// Appends the next piece to `into`; false at the end. ZM0461 where the bytes are not of the encoding.
  Result<bool> more(std::string& into);
  /// Every byte of the file goes through this hash from now on; call it before the first more().
  void hash_into(Sha256& hash);
  [[nodiscard]] const Descriptor& file() const { return file_; }

 private:
  Status read_piece(std::string& into);
  Status decode(bool last, std::string& into);
  Status decode_utf8(std::string& into);
  Status decode_utf16(bool last, std::string& into);
  Status decode_1252(std::string& into);
  Error not_of_encoding(std::uint64_t offset) const;

  std::string path_;
  Descriptor file_;
  Encoding encoding_ = Encoding::utf8;
  std::string mark_;           // the byte-order mark, as read
  std::string bytes_;          // read and not decoded yet
  std::uint64_t decoded_ = 0;  // bytes of the file in front of bytes_
  bool ended_ = false;
  Sha256* hash_ = nullptr;  // of the caller
};

struct Field {
  std::string_view text;  ///< without quotes; valid until the next record
  bool quoted = false;
  std::string_view raw;  ///< as it stands in the file (in UTF-8)
};

/// Whether a whole field spelled so is one field of a file divided by `delimiter`.
bool is_one_field(std::string_view raw, char delimiter);
/// What a field says: without its quotes. `scratch` is where it lives when quotes were doubled in it.
std::string_view unquoted(std::string_view raw, std::string& scratch);

/// One record as it stands in the file. Divided into its fields only when somebody asks.
class Record {
 public:
  /// `simple`: no quote in it. The texts are the caller's, for as long as the record is looked at.
  void assign(std::string_view raw, std::string_view ending, bool simple, char delimiter);
  [[nodiscard]] std::string_view raw() const { return raw_; }
  [[nodiscard]] std::string_view ending() const { return ending_; }
  [[nodiscard]] bool is_simple() const { return simple_; }
  [[nodiscard]] const std::vector<Field>& fields() const;
  /// As many as fields() has, without dividing where that is not needed.
  [[nodiscard]] std::size_t count() const;
  /// No field holds anything.
  [[nodiscard]] bool is_blank() const;
  /// Every field is in quotes.
  [[nodiscard]] bool all_quoted() const;

 private:
  void divide() const;
  void divide_quoted() const;

  std::string_view raw_, ending_;
  bool simple_ = true;
  char delimiter_ = ',';
  mutable bool divided_ = false;
  mutable std::vector<Field> fields_;
  mutable std::string scratch_;
};

/// Records one by one, quote-aware.
class RecordReader {
 public:
  static Result<RecordReader> open(const std::string& path, const Dialect& dialect, Sha256* hash = nullptr);
  /// False at the end. ZM0465, ZM0466 with the number of the record.
  Result<bool> next();
  [[nodiscard]] const Record& record() const { return record_; }
  [[nodiscard]] const std::vector<Field>& fields() const { return record_.fields(); }
  /// From 1; the line `sep=` does not count.
  [[nodiscard]] std::uint64_t number() const { return number_; }
  [[nodiscard]] bool is_blank() const { return record_.is_blank(); }
  /// The line `sep=X` with its end, in UTF-8.
  [[nodiscard]] const std::string& preamble() const { return preamble_; }
  [[nodiscard]] const Descriptor& file() const { return stream_.file(); }

 private:
  enum class State { field_start, plain, quoted, after_quote };
  Result<bool> fill();
  Status find_end();
  /// One step of the search; true: the end of the record is found.
  Result<bool> search_plain(State& state, std::size_t& at);
  Result<bool> search_quoted(State& state, std::size_t& at);
  Result<bool> search_behind(State& state, std::size_t& at);
  bool ends(std::size_t raw, std::size_t ending);
  std::size_t next_quote(std::size_t from);
  Error broken(std::string_view why) const;

  std::string path_, preamble_;
  Dialect dialect_;
  TextStream stream_;
  std::string buffer_;     // text not read yet begins at at_
  std::size_t at_ = 0;     // the record at hand
  std::size_t quote_ = 0;  // no quote stands before it that has not been seen
  std::size_t raw_ = 0, ending_ = 0;
  bool simple_ = true, ended_ = false, has_nul_ = false;
  Record record_;
  std::uint64_t number_ = 0;
};

}  // namespace zmig::csv
