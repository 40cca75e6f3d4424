#include "targets/xlsx/sheet_scanner.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"

namespace zmig::xlsx {
namespace {

constexpr auto kNowhere = std::string_view::npos;
constexpr std::size_t kLargestRow = std::size_t{256} << 20;
constexpr std::size_t kLetGo = std::size_t{1} << 20;

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

std::uint32_t narrow(std::size_t value) { return static_cast<std::uint32_t>(value); }

}  // namespace

AttributeSpan attribute_in(std::string_view tag, std::string_view name) {
  std::size_t at = 1;
  while (at < tag.size() && !is_space(tag[at]) && tag[at] != '/' && tag[at] != '>') ++at;
  for (;;) {
    while (at < tag.size() && is_space(tag[at])) ++at;
    const std::size_t begin = at;
    while (at < tag.size() && tag[at] != '=' && !is_space(tag[at]) && tag[at] != '/' && tag[at] != '>') ++at;
    if (at >= tag.size() || at == begin) return {};
    const bool mine = tag.substr(begin, at - begin) == name;
    while (at < tag.size() && tag[at] != '"' && tag[at] != '\'') ++at;
    if (at >= tag.size()) return {};
    const std::size_t close = tag.find(tag[at], at + 1);
    if (close == kNowhere) return {};
    if (mine) return {at + 1, close - at - 1};
    at = close + 1;
  }
}

SheetScanner::SheetScanner(XmlReader::Source source, std::string part, std::string file)
    : source_(std::move(source)), part_(std::move(part)), file_(std::move(file)) {}

Error SheetScanner::broken(std::string_view why) const {
  return make_error(Errc::corrupt, "ZM0426", fmt::format("part {} cannot be rewritten: {}", quoted(part_), why),
                    "open the workbook in a spreadsheet program and save it anew", file_);
}

Result<bool> SheetScanner::refill() {
  if (ended_) return false;
  if (keep_ > kLetGo) {
    buffer_.erase(0, keep_);
    base_ += keep_;
    at_ -= keep_;
    gap_at_ -= std::min(gap_at_, keep_);
    row_at_ -= std::min(row_at_, keep_);
    keep_ = 0;
  }
  if (buffer_.size() - keep_ > kLargestRow) return broken("a row of more than 256 MiB");
  ZMIG_TRY(const bool more, source_(buffer_));
  ended_ = !more;
  return more;
}

/// Counted from keep_, as the window may move; npos at the end.
Result<std::size_t> SheetScanner::find(std::string_view what, std::size_t from) {
  std::size_t start = from - keep_;
  for (;;) {
    const std::string_view seen = std::string_view(buffer_).substr(keep_);
    const std::size_t found = start <= seen.size() ? seen.find(what, start) : kNowhere;
    if (found != kNowhere) return found;
    start = std::max(start, seen.size() - std::min(seen.size(), what.size() - 1));
    ZMIG_TRY(const bool more, refill());
    if (!more) return kNowhere;
  }
}

/// The next tag from at_ on; text in between is passed over. Places are in the buffer as it is afterwards.
Result<SheetScanner::Token> SheetScanner::token() {
  for (;;) {
    ZMIG_TRY(const std::size_t begin, find("<", at_));
    if (begin == kNowhere) {
      at_ = buffer_.size();
      return Token{Token::Kind::end, at_, 0};
    }
    while (buffer_.size() - keep_ - begin < 9) {
      ZMIG_TRY(const bool more, refill());
      if (!more) break;
    }
    const std::string_view seen = std::string_view(buffer_).substr(keep_ + begin);
    if (seen.size() > 1 && (seen[1] == '!' || seen[1] == '?')) {
      const std::string_view close = seen[1] == '?'                  ? "?>"
                                     : seen.starts_with("<!--")      ? "-->"
                                     : seen.starts_with("<![CDATA[") ? "]]>"
                                                                     : "";
      if (close.empty()) return broken("it contains a DOCTYPE");
      ZMIG_TRY(const std::size_t end, find(close, keep_ + begin + 2));
      if (end == kNowhere) return broken("something is never closed");
      at_ = keep_ + end + close.size();
      continue;
    }
    std::size_t from = begin + 1;
    std::size_t end = kNowhere;
    for (;;) {
      ZMIG_TRY(end, find(">", keep_ + from));
      if (end == kNowhere) return broken("a tag is never closed");
      const std::string_view tag = std::string_view(buffer_).substr(keep_ + begin, end - begin);
      // One inside of quotes does not end the tag.
      char quote = 0;
      if (tag.find('"') != kNowhere || tag.find('\'') != kNowhere) {
        for (const char c : tag) {
          if (quote != 0)
            quote = c == quote ? '\0' : quote;
          else if (c == '"' || c == '\'')
            quote = c;
        }
      }
      if (quote == 0) break;
      from = end + 1;
    }
    Token found{Token::Kind::open, keep_ + begin, end + 1 - begin};
    if (buffer_[found.begin + 1] == '/')
      found.kind = Token::Kind::close;
    else if (buffer_[found.begin + found.size - 2] == '/')
      found.kind = Token::Kind::closes_itself;
    at_ = found.begin + found.size;
    return found;
  }
}

bool SheetScanner::is(const Token& token, std::string_view qualified) const {
  const std::size_t skip = token.kind == Token::Kind::close ? 2 : 1;
  const std::string_view text = std::string_view(buffer_).substr(token.begin + skip, token.size - skip);
  if (!text.starts_with(qualified) || text.size() == qualified.size()) return false;
  const char behind = text[qualified.size()];
  return is_space(behind) || behind == '/' || behind == '>';
}

void SheetScanner::set_names() {
  data_name_ = prefix_ + "sheetData";
  row_name_ = prefix_ + "row";
  cell_name_ = prefix_ + "c";
  value_name_ = prefix_ + "v";
  formula_name_ = prefix_ + "f";
  inline_name_ = prefix_ + "is";
  row_ends_ = "</" + row_name_;
  cell_begins_ = "<" + cell_name_;
  cell_ends_ = "</" + cell_name_ + ">";
}

void SheetScanner::begin_behind(const std::string& prefix, std::uint32_t row, std::uint64_t text) {
  prefix_ = prefix;
  set_names();
  number_ = row;
  base_ = text;
}

Result<std::string> SheetScanner::head() {
  std::size_t depth = 0;
  for (;;) {
    ZMIG_TRY(const Token next, token());
    if (next.kind == Token::Kind::end) return broken("it holds no `sheetData`");
    if (next.kind == Token::Kind::close) {
      --depth;
      continue;
    }
    if (depth == 0) {
      const std::string_view tag = std::string_view(buffer_).substr(next.begin + 1, next.size - 1);
      const std::string_view name = tag.substr(0, std::min(tag.find_first_of(" \t\r\n/>"), tag.size()));
      const std::size_t colon = name.find(':');
      prefix_ = colon == kNowhere ? std::string() : std::string(name.substr(0, colon + 1));
      set_names();
    }
    if (depth == 1 && is(next, data_name_)) {
      data_closes_itself_ = next.kind == Token::Kind::closes_itself;
      at_end_ = data_closes_itself_;
      std::string bytes = buffer_.substr(0, at_);
      keep_ = gap_at_ = row_at_ = at_;
      return bytes;
    }
    if (next.kind == Token::Kind::open) ++depth;
  }
}

Result<bool> SheetScanner::next_row() {
  keep_ = gap_at_ = row_at_ = at_;
  if (at_end_) return false;
  ZMIG_TRY(const Token next, token());
  if (next.kind == Token::Kind::close && is(next, data_name_)) {
    row_at_ = at_ = next.begin;
    at_end_ = true;
    return false;
  }
  if (next.kind == Token::Kind::end || next.kind == Token::Kind::close || !is(next, row_name_))
    return broken("something that is no row stands among its rows");
  row_at_ = next.begin;
  row_tag_end_ = next.size;
  row_closes_itself_ = next.kind == Token::Kind::closes_itself;
  const std::string_view tag = std::string_view(buffer_).substr(next.begin, next.size);
  std::uint32_t number = number_ + 1;
  if (const AttributeSpan r = attribute_in(tag, "r"); r.there()) {
    const std::string_view text = tag.substr(r.at, r.size);
    const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
    if (read.ec != std::errc{} || number <= number_) return broken("its rows are out of order");
  }
  number_ = number;
  cells_.clear();
  next_column_ = 0;
  plain_ = false;
  cut_ = row_closes_itself_;
  if (row_closes_itself_) {
    row_close_ = next.size;
    return true;
  }
  ZMIG_TRY(plain_, find_row_end());
  if (!plain_) ZMIG_CHECK_OK(cut_all());
  return true;
}

/// Goes behind the row without looking at its tags. False, and nothing is done: there is something in it that may hide
/// tags.
Result<bool> SheetScanner::find_row_end() {
  const std::size_t begin = at_ - keep_;
  std::size_t from = begin;
  const std::size_t size = row_ends_.size();
  for (;;) {
    // Its name ends with a letter that is rare among cells.
    const std::string_view seen = std::string_view(buffer_).substr(keep_);
    const void* hit =
        from < seen.size() ? std::memchr(seen.data() + from, row_ends_.back(), seen.size() - from) : nullptr;
    const std::size_t last =
        hit == nullptr ? seen.size() : static_cast<std::size_t>(static_cast<const char*>(hit) - seen.data());
    if (hit == nullptr || last + 1 == seen.size()) {
      from = last;
      ZMIG_TRY(const bool more, refill());
      if (!more) return broken("it ends in the middle of a row");
      continue;
    }
    from = last + 1;
    if (last + 1 < begin + size || seen.substr(last + 1 - size, size) != row_ends_ || seen[last + 1] != '>') continue;
    const std::string_view inside = seen.substr(begin, last + 1 - size - begin);
    for (const char mark : {'!', '?'}) {
      for (std::size_t at = inside.find(mark); at != kNowhere; at = inside.find(mark, at + 1))
        if (at > 0 && inside[at - 1] == '<') return false;
    }
    cut_at_ = keep_ + begin;
    row_close_ = keep_ + last + 1 - size - row_at_;
    at_ = keep_ + last + 2;
    return true;
  }
}

Result<SheetScanner::Token> SheetScanner::row_token() {
  if (!plain_) return token();
  const char* const bytes = buffer_.data();
  const std::size_t end = row_at_ + row_close_;
  const void* hit = cut_at_ < end ? std::memchr(bytes + cut_at_, '<', end - cut_at_) : nullptr;
  if (hit == nullptr) {
    cut_at_ = end;
    return Token{Token::Kind::close, end, 0};
  }
  const auto begin = static_cast<std::size_t>(static_cast<const char*>(hit) - bytes);
  char quote = 0;
  std::size_t at = begin + 1;
  for (; at < end; ++at) {
    const char c = bytes[at];
    if (quote != 0) {
      if (c == quote) quote = 0;
    } else if (c == '>') {
      break;
    } else if (c == '"' || c == '\'') {
      quote = c;
    }
  }
  if (at == end) return broken("a tag is never closed");
  Token found{Token::Kind::open, begin, at + 1 - begin};
  if (bytes[begin + 1] == '/')
    found.kind = Token::Kind::close;
  else if (bytes[at - 1] == '/')
    found.kind = Token::Kind::closes_itself;
  cut_at_ = at + 1;
  return found;
}

Result<bool> SheetScanner::next_cell() {
  while (!cut_) {
    ZMIG_TRY(const Token next, row_token());
    if (next.kind == Token::Kind::end) return broken("it ends in the middle of a row");
    if (next.kind == Token::Kind::close) {
      if (!plain_) row_close_ = next.begin - row_at_;
      cut_ = true;
      break;
    }
    if (is(next, cell_name_)) {
      ZMIG_CHECK_OK(read_cell(next, next_column_));
      next_column_ = cells_.back().column + 1;
      return true;
    }
    for (std::size_t depth = next.kind == Token::Kind::open ? 1 : 0; depth > 0;) {
      ZMIG_TRY(const Token inner, row_token());
      if (inner.kind == Token::Kind::end || inner.size == 0) return broken("it ends in the middle of a row");
      if (inner.kind == Token::Kind::open) ++depth;
      if (inner.kind == Token::Kind::close) --depth;
    }
  }
  return false;
}

Status SheetScanner::cut_all() {
  for (;;) {
    ZMIG_TRY(const bool more, next_cell());
    if (!more) return ok();
  }
}

std::optional<std::uint32_t> SheetScanner::last_column() const {
  if (!plain_) return std::nullopt;
  const std::string_view inside = row().substr(row_tag_end_, row_close_ - row_tag_end_);
  const std::size_t begin = inside.rfind(cell_begins_);
  if (begin == kNowhere || begin + cell_begins_.size() >= inside.size() ||
      !is_space(inside[begin + cell_begins_.size()]))
    return std::nullopt;
  const std::string_view cell = inside.substr(begin);
  const std::size_t tag_end = cell.find('>');
  // It closes where the row does, and nothing of its name closes before.
  const bool closes_itself = tag_end + 1 == cell.size() && tag_end > 0 && cell[tag_end - 1] == '/';
  if (!closes_itself && cell.find(cell_ends_) != cell.size() - std::min(cell.size(), cell_ends_.size()))
    return std::nullopt;
  const AttributeSpan r = attribute_in(cell.substr(0, tag_end + 1), "r");
  const auto place = r.there() ? parse_place(cell.substr(r.at, r.size)) : std::nullopt;
  if (!place) return std::nullopt;
  return place->column;
}

bool SheetScanner::has_wide_formulas() const {
  const std::string_view inside = row().substr(row_tag_end_, row_close_ - std::min(row_close_, row_tag_end_));
  const std::size_t name = formula_name_.size();
  for (std::size_t at = inside.find('f'); at != kNowhere; at = inside.find('f', at + 1)) {
    if (at < name || inside[at - name] != '<' || inside.substr(at + 1 - name, name) != formula_name_) continue;
    if (at + 1 < inside.size() && is_space(inside[at + 1])) return true;
  }
  return false;
}

Status SheetScanner::read_cell(const Token& open, std::uint32_t next_column) {
  CellSpan cell;
  cell.column = next_column;
  cell.begin = narrow(open.begin - row_at_);
  cell.tag_end = cell.end = narrow(cell.begin + open.size);
  const std::string_view tag = std::string_view(buffer_).substr(open.begin, open.size);
  if (const AttributeSpan r = attribute_in(tag, "r"); r.there()) {
    const auto place = parse_place(tag.substr(r.at, r.size));
    if (!place || place->column < next_column) return broken("its cells are out of order");
    cell.column = place->column;
    cell.r_at = narrow(cell.begin + r.at);
    cell.r_size = narrow(r.size);
  }
  cell.closes_itself = open.kind == Token::Kind::closes_itself;
  std::size_t depth = cell.closes_itself ? 0 : 1;
  enum class In { nothing, value, formula, text } in = In::nothing;
  while (depth > 0) {
    ZMIG_TRY(const Token next, row_token());
    const auto begin = narrow(next.begin - row_at_), end = narrow(next.begin + next.size - row_at_);
    if (next.kind == Token::Kind::end || next.size == 0) return broken("it ends in the middle of a cell");
    if (next.kind == Token::Kind::close) {
      if (--depth == 0) cell.end = end;
      if (depth != 1) continue;
      if (in == In::value) cell.v_size = begin - cell.v_at;
      if (in == In::formula) cell.f_close = begin, cell.f_end = end;
      if (in == In::text) cell.is_end = end;
      in = In::nothing;
      continue;
    }
    if (depth == 1) {
      const bool opens = next.kind == Token::Kind::open;
      if (is(next, value_name_)) {
        cell.has_v = opens;
        cell.v_at = end;
        if (opens) in = In::value;
      } else if (is(next, formula_name_)) {
        cell.has_f = true;
        cell.f_at = begin;
        cell.f_tag_end = cell.f_close = cell.f_end = end;
        if (opens) in = In::formula;
      } else if (is(next, inline_name_)) {
        cell.has_is = opens;
        cell.is_at = begin;
        if (opens) in = In::text;
      }
    }
    if (next.kind == Token::Kind::open) ++depth;
  }
  cells_.push_back(cell);
  return ok();
}

Result<std::string> SheetScanner::tail() {
  for (;;) {
    ZMIG_TRY(const bool more, refill());
    if (!more) break;
  }
  std::string bytes = buffer_.substr(at_);
  at_ = buffer_.size();
  return bytes;
}

}  // namespace zmig::xlsx
