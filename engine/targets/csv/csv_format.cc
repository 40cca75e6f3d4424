#include "targets/csv/csv_format.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"

namespace zmig::csv {
namespace {

constexpr std::size_t kLongestRecord = std::size_t{64} * 1024 * 1024;

/// How often a byte occurs; sixteen at once, since every byte of every file comes through here.
std::size_t count_of(std::string_view text, char wanted) {
  using Lanes = unsigned char __attribute__((vector_size(16)));
  Lanes pattern;
  std::memset(&pattern, wanted, sizeof pattern);
  std::size_t at = 0, found = 0;
  while (text.size() - at >= sizeof(Lanes)) {
    Lanes sums = {};
    // A lane counts to 255.
    const std::size_t rounds = std::min<std::size_t>(255, (text.size() - at) / sizeof(Lanes));
    for (std::size_t i = 0; i < rounds; ++i, at += sizeof(Lanes)) {
      Lanes bytes;
      std::memcpy(&bytes, text.data() + at, sizeof bytes);
      sums -= (bytes == pattern);
    }
    for (std::size_t i = 0; i < sizeof(Lanes); ++i) found += sums[i];
  }
  return found +
         static_cast<std::size_t>(std::count(text.begin() + static_cast<std::ptrdiff_t>(at), text.end(), wanted));
}

/// Where the quotes close that open at the beginning of `text`; npos: they do not.
std::size_t closing_quote(std::string_view text) {
  for (std::size_t at = 1;;) {
    const std::size_t quote = text.find('"', at);
    if (quote == std::string_view::npos) return quote;
    if (quote + 1 >= text.size() || text[quote + 1] != '"') return quote;
    at = quote + 2;
  }
}

void append_without_doubles(std::string_view inner, std::string& into) {
  for (std::size_t at = 0; at < inner.size();) {
    const std::size_t quote = std::min(inner.find('"', at), inner.size() - 1);
    into.append(inner.substr(at, quote + 1 - at));
    at = inner[quote] == '"' ? quote + 2 : quote + 1;
  }
}

}  // namespace

bool is_one_field(std::string_view raw, char delimiter) {
  if (raw.starts_with('"')) return raw.size() >= 2 && closing_quote(raw) == raw.size() - 1;
  if (delimiter != '\0' && raw.find(delimiter) != std::string_view::npos) return false;
  return raw.find_first_of("\r\n") == std::string_view::npos;
}

std::string_view unquoted(std::string_view raw, std::string& scratch) {
  if (raw.size() < 2 || raw.front() != '"') return raw;
  const std::string_view inner = raw.substr(1, raw.size() - 2);
  if (inner.find('"') == std::string_view::npos) return inner;
  scratch.clear();
  append_without_doubles(inner, scratch);
  return scratch;
}

void Record::assign(std::string_view raw, std::string_view ending, bool simple, char delimiter) {
  raw_ = raw;
  ending_ = ending;
  simple_ = simple;
  delimiter_ = delimiter;
  divided_ = false;
}

const std::vector<Field>& Record::fields() const {
  if (!divided_) divide();
  return fields_;
}

std::size_t Record::count() const {
  if (divided_ || !simple_) return fields().size();
  return delimiter_ == '\0' ? 1 : 1 + count_of(raw_, delimiter_);
}

bool Record::is_blank() const {
  if (raw_.empty()) return true;
  if (simple_ && raw_.front() != delimiter_) return false;
  return std::all_of(fields().begin(), fields().end(), [](const Field& field) { return field.text.empty(); });
}

bool Record::all_quoted() const {
  if (simple_ || raw_.front() != '"' || raw_.back() != '"') return false;
  return std::all_of(fields().begin(), fields().end(), [](const Field& field) { return field.quoted; });
}

void Record::divide() const {
  divided_ = true;
  fields_.clear();
  if (!simple_) return divide_quoted();
  std::size_t begin = 0;
  if (delimiter_ != '\0') {
    for (std::size_t at = 0; at < raw_.size(); ++at) {
      if (raw_[at] != delimiter_) continue;
      const std::string_view text = raw_.substr(begin, at - begin);
      fields_.push_back({text, false, text});
      begin = at + 1;
    }
  }
  const std::string_view last = raw_.substr(begin);
  fields_.push_back({last, false, last});
}

void Record::divide_quoted() const {
  scratch_.clear();
  scratch_.reserve(raw_.size());  // the texts of the fields point into it
  for (std::size_t begin = 0;;) {
    const bool quoted = begin < raw_.size() && raw_[begin] == '"';
    std::size_t end = begin;
    if (quoted) end = begin + closing_quote(raw_.substr(begin)) + 1;
    if (!quoted) end = delimiter_ == '\0' ? raw_.size() : std::min(raw_.find(delimiter_, begin), raw_.size());
    Field field{raw_.substr(begin, end - begin), quoted, raw_.substr(begin, end - begin)};
    if (quoted) {
      const std::string_view inner = field.raw.substr(1, field.raw.size() - 2);
      field.text = inner;
      if (inner.find('"') != std::string_view::npos) {
        const std::size_t from = scratch_.size();
        append_without_doubles(inner, scratch_);
        field.text = std::string_view(scratch_).substr(from);
      }
    }
    fields_.push_back(field);
    if (end >= raw_.size()) return;
    begin = end + 1;  // behind the delimiter
  }
}

Result<RecordReader> RecordReader::open(const std::string& path, const Dialect& dialect, Sha256* hash) {
  RecordReader reader;
  reader.path_ = path;
  reader.dialect_ = dialect;
  ZMIG_TRY(reader.stream_, TextStream::open(path, dialect.encoding, dialect.bom));
  if (hash != nullptr) reader.stream_.hash_into(*hash);
  if (!dialect.sep_line) return reader;
  std::size_t end = std::string::npos;
  while ((end = reader.buffer_.find_first_of("\r\n")) == std::string::npos || end + 1 == reader.buffer_.size()) {
    ZMIG_TRY(const bool more, reader.fill());
    if (!more) break;
  }
  end = std::min(end, reader.buffer_.size());
  const bool crlf = reader.buffer_.compare(end, 2, "\r\n") == 0;
  end = std::min(end + (crlf ? 2 : 1), reader.buffer_.size());
  reader.preamble_ = reader.buffer_.substr(0, end);
  reader.buffer_.erase(0, end);
  reader.quote_ = 0;
  return reader;
}

Error RecordReader::broken(std::string_view why) const {
  return make_error(Errc::invalid_input, "ZM0465", fmt::format("record {}: {}", number_, why),
                    "correct the record in the file; a quote inside a field is written twice", path_);
}

/// More text behind the buffer; what was read goes first. False at the end of the file.
Result<bool> RecordReader::fill() {
  if (ended_) return false;
  if (at_ > 0) {
    buffer_.erase(0, at_);
    quote_ = quote_ > at_ ? quote_ - at_ : 0;
    at_ = 0;
  }
  const std::size_t before = buffer_.size();
  while (buffer_.size() == before) {
    ZMIG_TRY(const bool more, stream_.more(buffer_));
    if (more) continue;
    ended_ = true;
    return false;
  }
  has_nul_ = has_nul_ || std::string_view(buffer_).find('\0', before) != std::string_view::npos;
  return true;
}

Result<bool> RecordReader::next() {
  at_ += raw_ + ending_;
  raw_ = ending_ = 0;
  if (at_ >= buffer_.size()) {
    ZMIG_TRY(const bool more, fill());
    if (!more) return false;
  }
  ++number_;
  ZMIG_CHECK_OK(find_end());
  const std::string_view text = std::string_view(buffer_).substr(at_);
  if (has_nul_ && text.substr(0, raw_).find('\0') != std::string_view::npos) return broken("it holds a NUL character");
  record_.assign(text.substr(0, raw_), text.substr(raw_, ending_), simple_, dialect_.delimiter);
  return true;
}

Status RecordReader::find_end() {
  simple_ = true;
  State state = State::field_start;
  // Counted from at_, which moves to the front of the buffer when more is read.
  for (std::size_t at = 0;;) {
    Result<bool> found = state == State::quoted        ? search_quoted(state, at)
                         : state == State::after_quote ? search_behind(state, at)
                                                       : search_plain(state, at);
    if (!found) return std::move(found).error();
    if ((*found ? raw_ : at) > kLongestRecord) {
      return make_error(Errc::invalid_input, "ZM0466", fmt::format("record {} is longer than 64 MiB", number_), {},
                        path_);
    }
    if (*found) return ok();
  }
}

bool RecordReader::ends(std::size_t raw, std::size_t ending) {
  raw_ = raw;
  ending_ = ending;
  return true;
}

/// From the beginning of the buffer; its size when there is none.
std::size_t RecordReader::next_quote(std::size_t from) {
  if (quote_ >= from && quote_ < buffer_.size() && buffer_[quote_] == '"') return quote_;
  const std::size_t start = std::max(from, quote_);
  quote_ = std::min(std::string_view(buffer_).find('"', start), buffer_.size());
  return quote_;
}

/// Outside of quotes, which open a field only where it begins.
Result<bool> RecordReader::search_plain(State& state, std::size_t& at) {
  const char end_of_record = dialect_.has_line_feed ? '\n' : '\r';
  const std::string_view text = std::string_view(buffer_).substr(at_);
  const std::size_t line_end = text.find(end_of_record, at);
  const std::size_t limit = std::min(line_end, text.size());
  const std::size_t quote = next_quote(at_ + at) - at_;
  const auto divides = [&](std::size_t i) { return dialect_.delimiter != '\0' && text[i] == dialect_.delimiter; };
  if (quote < limit) {
    simple_ = false;
    const bool opens = quote == at ? state == State::field_start : divides(quote - 1);
    state = opens ? State::quoted : State::plain;
    at = quote + 1;
    return false;
  }
  if (line_end != std::string_view::npos) {
    const bool crlf = end_of_record == '\n' && line_end > 0 && text[line_end - 1] == '\r';
    return crlf ? ends(line_end - 1, 2) : ends(line_end, 1);
  }
  if (text.size() > at) state = divides(text.size() - 1) ? State::field_start : State::plain;
  at = text.size();
  const bool returns = text.ends_with('\r');
  ZMIG_TRY(const bool more, fill());  // moves the buffer: `text` is gone
  if (more) return false;
  // A return at the very end of the file ends its record; one in front of other text does not.
  return returns ? ends(at - 1, 1) : ends(at, 0);
}

Result<bool> RecordReader::search_quoted(State& state, std::size_t& at) {
  const std::string_view text = std::string_view(buffer_).substr(at_);
  const std::size_t quote = text.find('"', at);
  if (quote == std::string_view::npos || (quote + 1 >= text.size() && !ended_)) {
    at = std::min(quote, text.size());
    ZMIG_TRY(const bool more, fill());
    if (!more && quote == std::string_view::npos) return broken("a quote is never closed");
    return false;
  }
  if (quote + 1 < text.size() && text[quote + 1] == '"') {
    at = quote + 2;
    return false;
  }
  at = quote + 1;
  state = State::after_quote;
  return false;
}

/// Behind the closing quote.
Result<bool> RecordReader::search_behind(State& state, std::size_t& at) {
  const std::string_view text = std::string_view(buffer_).substr(at_);
  const bool waits = at >= text.size() || (text[at] == '\r' && dialect_.has_line_feed && at + 1 >= text.size());
  if (waits && !ended_) {
    ZMIG_TRY([[maybe_unused]] const bool more, fill());
    return false;
  }
  if (at >= text.size()) return ends(at, 0);
  const char c = text[at];
  if (c == dialect_.delimiter && c != '\0') {
    ++at;
    state = State::field_start;
    return false;
  }
  if (c == '\n' || (c == '\r' && (!dialect_.has_line_feed || at + 1 >= text.size()))) return ends(at, 1);
  if (c == '\r' && text[at + 1] == '\n') return ends(at, 2);
  return broken("there is text after a closing quote");
}

}  // namespace zmig::csv
