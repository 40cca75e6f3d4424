// Which encoding, which delimiter. Deterministic; what cannot be told is refused.
#include <fcntl.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "targets/csv/csv_format.h"

namespace zmig::csv {
namespace {

constexpr std::size_t kSampled = 1000;
constexpr std::array<char, 4> kCandidates = {',', ';', '\t', '|'};

Error unclear(const std::string& path, std::string message, std::string help = {}) {
  return make_error(Errc::invalid_input, "ZM0461", std::move(message), std::move(help), path);
}

Result<std::string> head_of(const std::string& path, std::size_t size) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.is_open()) return posix_error(errno, "reading", path);
  std::string head(size, '\0');
  const ssize_t got = ::read(file.get(), head.data(), size);
  if (got < 0) return posix_error(errno, "reading", path);
  head.resize(static_cast<std::size_t>(got));
  return head;
}

/// Every second byte NUL in the first bytes.
bool looks_like_utf16(std::string_view head) {
  std::size_t even = 0;
  std::size_t odd = 0;
  for (std::size_t i = 0; i < head.size(); ++i) {
    if (head[i] == '\0') ++(i % 2 == 0 ? even : odd);
  }
  return head.size() >= 4 && (even * 4 >= head.size() || odd * 4 >= head.size());
}

/// Reads the whole file under the encoding; says whether there is a line feed.
Result<bool> read_through(const std::string& path, Encoding encoding, bool bom) {
  ZMIG_TRY(TextStream stream, TextStream::open(path, encoding, bom));
  bool line_feed = false;
  for (std::string piece;; piece.clear()) {
    ZMIG_TRY(const bool more, stream.more(piece));
    if (!more) return line_feed;
    line_feed = line_feed || piece.find('\n') != std::string::npos;
  }
}

Status detect_encoding(const std::string& path, const DialectWish& said, Dialect& dialect) {
  const std::string& wish = said.encoding;
  ZMIG_TRY(const std::string head, head_of(path, 4096));
  using namespace std::string_view_literals;
  const std::string_view text(head);
  if (text.starts_with("\xFF\xFE\0\0"sv) || text.starts_with("\0\0\xFE\xFF"sv))
    return unclear(path, "the file is UTF-32, which is not read", "save it as UTF-8");
  dialect.bom = true;
  std::optional<Encoding> found;
  if (text.starts_with("\xEF\xBB\xBF"sv)) found = Encoding::utf8;
  if (text.starts_with("\xFF\xFE"sv)) found = Encoding::utf16_le;
  if (text.starts_with("\xFE\xFF"sv)) found = Encoding::utf16_be;
  if (!found) {
    dialect.bom = false;
    std::optional<Encoding> configured = wish.empty() ? std::nullopt : encoding_named(wish);
    if (!wish.empty() && !configured)
      return make_error(Errc::invalid_input, "ZM0702", fmt::format("there is no encoding {}", quoted(wish)));
    // A text of one byte a character cannot be told from others like it: it was, or is, a person's word.
    const bool accepted = said.accept || said.known_encoding == Encoding::windows_1252;
    if (!configured && accepted && !looks_like_utf16(text)) configured = Encoding::windows_1252;
    const bool sixteen = configured == Encoding::utf16_le || configured == Encoding::utf16_be;
    if (!sixteen && looks_like_utf16(text))
      return unclear(path, "the encoding cannot be told: it looks like UTF-16",
                     "say so: `csv.encoding = \"utf-16le\"`");
    if (configured == Encoding::windows_1252) {
      // Valid UTF-8 is UTF-8 all the same: no other text looks like it by chance.
      const auto valid = read_through(path, Encoding::utf8, false);
      found = valid ? Encoding::utf8 : Encoding::windows_1252;
    } else {
      found = configured.value_or(Encoding::utf8);
    }
  }
  dialect.encoding = *found;
  ZMIG_TRY(dialect.has_line_feed, read_through(path, dialect.encoding, dialect.bom));
  return ok();
}

/// `sep=;` in the first line.
Result<std::optional<char>> sep_line(const std::string& path, const Dialect& dialect) {
  ZMIG_TRY(TextStream stream, TextStream::open(path, dialect.encoding, dialect.bom));
  std::string text;
  while (text.size() < 16) {
    ZMIG_TRY(const bool more, stream.more(text));
    if (!more) break;
  }
  const bool there =
      text.starts_with("sep=") && text.size() >= 5 && (text.size() == 5 || text[5] == '\r' || text[5] == '\n');
  return there ? std::optional(text[4]) : std::nullopt;
}

struct Trial {
  char delimiter = ',';
  std::size_t fields = 0;  // of the header record
  std::size_t records = 0, same = 0;
  std::optional<Error> error;
  [[nodiscard]] bool fits() const { return !error && fields >= 2 && same * 100 >= records * 95; }
};

Result<Trial> try_delimiter(const std::string& path, Dialect dialect, char delimiter) {
  Trial trial;
  trial.delimiter = dialect.delimiter = delimiter;
  ZMIG_TRY(RecordReader reader, RecordReader::open(path, dialect));
  while (trial.records < kSampled) {
    auto there = reader.next();
    if (!there) {
      if (there.error().zm != "ZM0465") return std::move(there).error();
      trial.error = std::move(there).error();
      return trial;
    }
    if (!*there) break;
    const std::size_t fields = reader.fields().size();
    // Lines without anything say nothing about the delimiter.
    if (fields == 1 && reader.is_blank()) continue;
    if (trial.records == 0) trial.fields = fields;
    ++trial.records;
    if (fields == trial.fields) ++trial.same;
  }
  return trial;
}

std::string shown(char delimiter) { return delimiter == '\t' ? "tab" : fmt::format("`{}`", delimiter); }

Result<char> detect_delimiter(const std::string& path, const Dialect& dialect, const DialectWish& wish) {
  const char known = wish.known;
  std::vector<Trial> fitting;
  std::vector<Trial> occurring;
  std::optional<Error> error;
  for (const char candidate : kCandidates) {
    ZMIG_TRY(Trial trial, try_delimiter(path, dialect, candidate));
    if (trial.error && !error) error = trial.error;
    if (trial.fits()) fitting.push_back(trial);
    if (trial.fields >= 2) occurring.push_back(std::move(trial));
  }
  const auto is_known = [&](const Trial& trial) { return trial.delimiter == known; };
  if (known != '\0' && std::any_of(fitting.begin(), fitting.end(), is_known)) return known;
  if (fitting.size() == 1) return fitting.front().delimiter;
  if (fitting.empty() && error) return *error;
  if (fitting.empty() && known != '\0') return known;
  if (fitting.empty() && occurring.empty()) return '\0';
  const std::vector<Trial>& candidates = fitting.empty() ? occurring : fitting;
  if (wish.accept) {
    const auto fewer = [](const Trial& a, const Trial& b) { return a.fields < b.fields; };
    const auto most = std::max_element(candidates.begin(), candidates.end(), fewer);
    const auto as_many = [&](const Trial& one) { return one.fields == most->fields; };
    if (std::count_if(candidates.begin(), candidates.end(), as_many) == 1) return most->delimiter;
  }
  std::vector<std::string> seen;
  for (const Trial& trial : candidates) {
    seen.push_back(fmt::format("{} {} in {} of {} records", shown(trial.delimiter),
                               counted(trial.fields, "field", "fields"), trial.same, trial.records));
  }
  return make_error(Errc::invalid_input, "ZM0463", "the delimiter is ambiguous: " + join(seen, ", "),
                    "say which: `csv.delimiter`; `--accept-dialect` takes the one with the most fields", path);
}

}  // namespace

std::optional<Encoding> encoding_named(std::string_view name) {
  std::string key;
  for (const char c : name) {
    if (c != '-' && c != '_' && c != ' ') key.push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c);
  }
  if (key == "utf8") return Encoding::utf8;
  if (key == "utf16le") return Encoding::utf16_le;
  if (key == "utf16be") return Encoding::utf16_be;
  if (key == "windows1252" || key == "cp1252") return Encoding::windows_1252;
  return std::nullopt;
}

Result<Dialect> detect_dialect(const std::string& path, const DialectWish& wish) {
  Dialect dialect;
  ZMIG_CHECK_OK(detect_encoding(path, wish, dialect));
  ZMIG_TRY(const std::optional<char> sep, sep_line(path, dialect));
  dialect.sep_line = sep.has_value();
  if (!wish.delimiter.empty()) {
    const bool tab = wish.delimiter == "tab" || wish.delimiter == "\\t";
    dialect.delimiter = tab ? '\t' : wish.delimiter.front();
    return dialect;
  }
  if (sep) {
    dialect.delimiter = *sep;
    return dialect;
  }
  ZMIG_TRY(dialect.delimiter, detect_delimiter(path, dialect, wish));
  return dialect;
}

}  // namespace zmig::csv
