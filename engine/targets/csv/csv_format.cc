#include "targets/csv/csv_format.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"

namespace zmig::csv {
namespace {

constexpr std::size_t kLongestRecord = std::size_t{64} * 1024 * 1024;

}  // namespace

Result<RecordReader> RecordReader::open(const std::string& path, const Dialect& dialect) {
  RecordReader reader;
  reader.path_ = path;
  reader.dialect_ = dialect;
  ZMIG_TRY(reader.stream_, TextStream::open(path, dialect.encoding, dialect.bom));
  if (!dialect.sep_line) return reader;
  std::size_t end = std::string::npos;
  while ((end = reader.buffer_.find_first_of("\r\n")) == std::string::npos || end + 1 == reader.buffer_.size()) {
    ZMIG_TRY(const bool more, reader.fill());
    if (!more) break;
  }
  end = std::min(end, reader.buffer_.size());
  const bool crlf = reader.buffer_.compare(end, 2, "\r\n") == 0;
  reader.at_ = std::min(end + (crlf ? 2 : 1), reader.buffer_.size());
  return reader;
}

Error RecordReader::broken(std::string why) const {
  return make_error(Errc::invalid_input, "ZM0465", fmt::format("record {}: {}", number_, why),
                    "correct the record in the file; a quote inside a field is written twice", path_);
}

bool RecordReader::is_blank() const {
  return std::all_of(fields_.begin(), fields_.end(), [](const Field& field) { return field.text.empty(); });
}

/// More text behind the buffer; what was read goes first. False at the end of the file.
Result<bool> RecordReader::fill() {
  if (ended_) return false;
  if (at_ > 0) {
    buffer_.erase(0, at_);
    at_ = 0;
  }
  const std::size_t before = buffer_.size();
  while (buffer_.size() == before) {
    ZMIG_TRY(const bool more, stream_.more(buffer_));
    if (more) continue;
    ended_ = true;
    return false;
  }
  return true;
}

Result<bool> RecordReader::next() {
  text_.clear();
  spans_.clear();
  fields_.clear();
  if (at_ >= buffer_.size()) {
    ZMIG_TRY(const bool more, fill());
    if (!more) return false;
  }
  ++number_;
  for (bool goes_on = true; goes_on;) {
    ZMIG_TRY(goes_on, read_field());
    if (text_.size() > kLongestRecord) {
      return make_error(Errc::invalid_input, "ZM0466", fmt::format("record {} is longer than 64 MiB", number_), {},
                        path_);
    }
  }
  if (text_.find('\0') != std::string::npos) return broken("it holds a NUL character");
  for (const Span& span : spans_)
    fields_.push_back({std::string_view(text_).substr(span.begin, span.end - span.begin), span.quoted});
  return true;
}

/// True when another field follows in this record.
Result<bool> RecordReader::read_field() {
  if (at_ >= buffer_.size()) ZMIG_CHECK_OK(fill());
  Span span{text_.size(), 0, at_ < buffer_.size() && buffer_[at_] == '"'};
  if (span.quoted) {
    ++at_;
    ZMIG_TRY([[maybe_unused]] const bool closed, read_quoted());
  } else {
    ZMIG_CHECK_OK(read_plain());
  }
  span.end = text_.size();
  spans_.push_back(span);
  if (text_.size() > kLongestRecord) return false;  // broken off in the middle: next() says so
  return after_field();
}

/// Behind the closing quote.
Result<bool> RecordReader::read_quoted() {
  for (;;) {
    const std::string_view rest = std::string_view(buffer_).substr(at_);
    const std::size_t quote = rest.find('"');
    const std::size_t length = quote != std::string_view::npos ? quote : rest.size();
    text_.append(rest.substr(0, length));
    at_ += length;
    if (text_.size() > kLongestRecord) return true;  // next() says so
    if (quote != std::string_view::npos && at_ + 1 < buffer_.size()) {
      if (buffer_[at_ + 1] != '"') {
        ++at_;
        return true;
      }
      text_.push_back('"');
      at_ += 2;
      continue;
    }
    ZMIG_TRY(const bool more, fill());
    if (more) continue;
    if (quote == std::string_view::npos) return broken("a quote is never closed");
    ++at_;
    return true;
  }
}

/// Up to the delimiter or the end of the record; a carriage return in the middle of a line is text.
Status RecordReader::read_plain() {
  for (;;) {
    const std::size_t start = at_;
    while (at_ < buffer_.size()) {
      const char c = buffer_[at_];
      if (c == '\n' || (c == '\r' && !dialect_.has_line_feed) || (c == dialect_.delimiter && c != '\0')) break;
      if (c == '\r' && (at_ + 1 >= buffer_.size() || buffer_[at_ + 1] == '\n')) break;
      ++at_;
    }
    text_.append(buffer_, start, at_ - start);
    if (text_.size() > kLongestRecord) return ok();
    const bool cut_by_piece =
        at_ >= buffer_.size() || (buffer_[at_] == '\r' && dialect_.has_line_feed && at_ + 1 >= buffer_.size());
    if (!cut_by_piece) return ok();
    const bool waits = at_ < buffer_.size();
    ZMIG_TRY(const bool more, fill());
    if (!more && !waits) return ok();
    // A return at the very end of the file ends its record; one in front of other text does not.
    if (waits && (!more || buffer_[at_ + 1] == '\n')) return ok();
    if (waits) text_.push_back(buffer_[at_++]);
  }
}

Result<bool> RecordReader::after_field() {
  if (at_ + 1 >= buffer_.size()) ZMIG_CHECK_OK(fill());
  if (at_ >= buffer_.size()) return false;
  const char c = buffer_[at_];
  if (c == dialect_.delimiter && c != '\0') {
    ++at_;
    return true;
  }
  if (c == '\n' || c == '\r') {
    const bool crlf = c == '\r' && at_ + 1 < buffer_.size() && buffer_[at_ + 1] == '\n';
    at_ += crlf ? 2 : 1;
    return false;
  }
  return broken("there is text after a closing quote");
}

}  // namespace zmig::csv
