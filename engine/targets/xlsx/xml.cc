#include "targets/xlsx/xml.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"

namespace zmig::xlsx {
namespace {

constexpr std::size_t kLongestToken = std::size_t{64} << 20;
constexpr std::size_t kDeepest = 256;
constexpr auto kNowhere = std::string_view::npos;

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool ends_name(char c) { return is_space(c) || c == '/' || c == '>' || c == '='; }

Ns ns_of_uri(std::string_view uri) {
  struct Row {
    std::string_view uri;
    Ns ns;
  };
  constexpr std::array<Row, 60> kRows = {{
      {"http://schemas.openxmlformats.org/spreadsheetml/2006/main", Ns::main},
      {"http://purl.oclc.org/ooxml/spreadsheetml/main", Ns::main},
      {"http://schemas.openxmlformats.org/officeDocument/2006/relationships", Ns::office_relationships},
      {"http://purl.oclc.org/ooxml/officeDocument/relationships", Ns::office_relationships},
      {"http://schemas.openxmlformats.org/package/2006/relationships", Ns::package_relationships},
      {"http://schemas.openxmlformats.org/package/2006/content-types", Ns::content_types},
      {"http://schemas.openxmlformats.org/markup-compatibility/2006", Ns::compatibility},
      {"http://schemas.microsoft.com/office/spreadsheetml/2009/9/main", Ns::x14},
      {"http://schemas.microsoft.com/office/spreadsheetml/2010/11/main", Ns::x15},
      {"http://schemas.microsoft.com/office/excel/2006/main", Ns::xm},
      {"http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing", Ns::anchors},
      {"http://purl.oclc.org/ooxml/drawingml/spreadsheetDrawing", Ns::anchors},
      {"http://schemas.openxmlformats.org/drawingml/2006/chart", Ns::chart},
      {"http://purl.oclc.org/ooxml/drawingml/chart", Ns::chart},
      {"http://schemas.microsoft.com/office/drawing/2012/chart", Ns::chart15},
      {"http://schemas.microsoft.com/office/drawing/2014/chartex", Ns::chart_ex},
      {"urn:schemas-microsoft-com:office:excel", Ns::vml_excel},
      {"http://schemas.microsoft.com/office/spreadsheetml/2018/threadedcomments", Ns::threads},
      {"http://schemas.openxmlformats.org/drawingml/2006/main", Ns::inert},
      {"http://purl.oclc.org/ooxml/drawingml/main", Ns::inert},
      {"http://schemas.openxmlformats.org/drawingml/2006/picture", Ns::inert},
      {"http://schemas.openxmlformats.org/drawingml/2006/diagram", Ns::inert},
      {"http://schemas.microsoft.com/office/drawing/2008/diagram", Ns::inert},
      {"http://schemas.microsoft.com/office/drawing/2010/main", Ns::inert},
      {"http://schemas.microsoft.com/office/drawing/2014/main", Ns::inert},
      {"http://schemas.microsoft.com/office/drawing/2010/slicer", Ns::inert},
      {"http://schemas.microsoft.com/office/drawing/2012/slicer", Ns::inert},
      {"http://schemas.microsoft.com/office/drawing/2012/timeslicer", Ns::inert},
      {"http://schemas.microsoft.com/office/drawing/2010/compatibility", Ns::inert},
      {"http://schemas.microsoft.com/office/drawing/2007/8/2/chart", Ns::inert},
      {"http://schemas.microsoft.com/office/drawing/2014/chart", Ns::inert},
      {"http://schemas.microsoft.com/office/drawing/2014/chart/ac", Ns::inert},
      {"http://schemas.microsoft.com/office/drawing/2015/06/chart", Ns::inert},
      {"http://schemas.microsoft.com/office/drawing/2017/03/chart", Ns::inert},
      {"http://schemas.microsoft.com/office/drawing/2012/chartStyle", Ns::inert},
      {"http://schemas.microsoft.com/office/drawing/2015/9/8/chartex", Ns::inert},
      {"http://schemas.microsoft.com/office/drawing/2015/10/21/chartex", Ns::inert},
      {"http://schemas.microsoft.com/office/drawing/2016/5/10/chartex", Ns::inert},
      {"http://schemas.microsoft.com/office/drawing/2016/5/9/chartex", Ns::inert},
      {"http://schemas.microsoft.com/office/drawing/2010/spreadsheetDrawing", Ns::inert},
      {"http://schemas.microsoft.com/office/excel/2010/spreadsheetDrawing", Ns::inert},
      {"http://schemas.microsoft.com/office/drawing/2016/SVG/main", Ns::inert},
      {"http://schemas.microsoft.com/office/drawing/2017/decorative", Ns::inert},
      {"http://schemas.microsoft.com/office/drawing/2018/hyperlinkcolor", Ns::inert},
      {"http://schemas.microsoft.com/office/drawing/2020/classificationShape", Ns::inert},
      {"http://schemas.microsoft.com/office/drawing/2013/main/command", Ns::inert},
      {"http://schemas.microsoft.com/office/spreadsheetml/2009/9/ac", Ns::inert},
      {"http://schemas.microsoft.com/office/spreadsheetml/2010/11/ac", Ns::inert},
      {"http://schemas.microsoft.com/office/spreadsheetml/2014/revision", Ns::inert},
      {"http://schemas.microsoft.com/office/spreadsheetml/2015/revision2", Ns::inert},
      {"http://schemas.microsoft.com/office/spreadsheetml/2016/revision3", Ns::inert},
      {"http://schemas.microsoft.com/office/spreadsheetml/2016/revision5", Ns::inert},
      {"http://schemas.microsoft.com/office/spreadsheetml/2016/revision6", Ns::inert},
      {"http://schemas.microsoft.com/office/spreadsheetml/2016/revision9", Ns::inert},
      {"http://schemas.microsoft.com/office/spreadsheetml/2016/revision10", Ns::inert},
      {"http://schemas.microsoft.com/office/mac/excel/2008/main", Ns::inert},
      {"urn:schemas-microsoft-com:vml", Ns::inert},
      {"urn:schemas-microsoft-com:office:office", Ns::inert},
      {"urn:schemas-microsoft-com:office:powerpoint", Ns::inert},
      {"http://www.w3.org/XML/1998/namespace", Ns::inert},
  }};
  if (uri.empty()) return Ns::none;
  const auto row = std::find_if(kRows.begin(), kRows.end(), [uri](const Row& one) { return one.uri == uri; });
  return row == kRows.end() ? Ns::other : row->ns;
}

bool same_without_case(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return a.size() == b.size() &&
         std::equal(a.begin(), a.end(), b.begin(), [&](char x, char y) { return lower(x) == lower(y); });
}

}  // namespace

XmlReader::XmlReader(Source source, std::string part, std::string file)
    : source_(std::move(source)), part_(std::move(part)), file_(std::move(file)) {}
XmlReader::XmlReader(std::string_view bytes, std::string part, std::string file)
    : whole_(bytes), part_(std::move(part)), file_(std::move(file)), ended_(true) {}

Error XmlReader::broken(std::string_view why) const {
  return make_error(Errc::corrupt, "ZM0426",
                    fmt::format("part {} cannot be read at byte {}: {}", quoted(part_), base_ + token_at_, why),
                    "open the workbook in a spreadsheet program and save it anew", file_);
}

/// Lets go of what is read and gets the next piece behind it; places in the window move.
Result<bool> XmlReader::refill() {
  if (ended_) return false;
  if (token_at_ > 0) {
    buffer_.erase(0, token_at_);
    base_ += token_at_;
    at_ -= token_at_;
    token_at_ = 0;
  }
  if (buffer_.size() > kLongestToken) return broken("a text or tag of more than 64 MiB");
  ZMIG_TRY(const bool more, source_(buffer_));
  ended_ = !more;
  return more;
}

/// Where `what` begins, counted from the token's begin as the window may move; kNowhere at the end.
Result<std::size_t> XmlReader::find(std::string_view what, std::size_t from) {
  std::size_t start = from - token_at_;
  for (;;) {
    const std::string_view seen = window().substr(token_at_);
    const std::size_t found = start <= seen.size() ? seen.find(what, start) : kNowhere;
    if (found != kNowhere) return found;
    start = std::max(start, seen.size() - std::min(seen.size(), what.size() - 1));
    ZMIG_TRY(const bool more, refill());
    if (!more) return kNowhere;
  }
}

Status XmlReader::check_start() {
  started_ = true;
  while (window().size() < 4) {
    ZMIG_TRY(const bool more, refill());
    if (!more) break;
  }
  const std::string_view seen = window();
  if (seen.starts_with("\xFE\xFF") || seen.starts_with("\xFF\xFE") || seen.starts_with(std::string_view("<\0", 2)) ||
      seen.starts_with(std::string_view("\0<", 2)))
    return broken("it is UTF-16, not UTF-8");
  if (seen.starts_with("\xEF\xBB\xBF")) at_ = 3;
  return ok();
}

Result<XmlKind> XmlReader::next() {
  if (!started_) ZMIG_CHECK_OK(check_start());
  if (close_pending_) {
    close_pending_ = false;
    pop();
    return XmlKind::close;
  }
  attributes_.clear();
  token_at_ = at_;
  if (at_ == window().size()) {
    ZMIG_TRY(const bool more, refill());
    if (!more) {
      if (!open_begin_.empty()) return broken("it ends before its last element is closed");
      if (!root_seen_) return broken("it holds no element");
      return XmlKind::end;
    }
  }
  return window()[at_] == '<' ? read_markup() : read_text();
}

Result<XmlKind> XmlReader::read_text() {
  ZMIG_TRY(const std::size_t found, find("<", at_));
  text_at_ = token_at_;
  text_size_ = token_size_ = found == kNowhere ? window().size() - token_at_ : found;
  at_ = token_at_ + token_size_;
  is_cdata_ = false;
  const std::string_view text = token();
  if (open_begin_.empty() && !std::all_of(text.begin(), text.end(), is_space))
    return broken("text outside of every element");
  return XmlKind::text;
}

Result<XmlKind> XmlReader::read_markup() {
  constexpr std::size_t kLongestBegin = 9;  // <![CDATA[ and <!DOCTYPE
  while (window().size() - token_at_ < kLongestBegin) {
    ZMIG_TRY(const bool more, refill());
    if (!more) break;
  }
  const std::string_view seen = window().substr(token_at_);
  const auto until = [&](std::string_view begin, std::string_view end) -> Status {
    ZMIG_TRY(const std::size_t found, find(end, token_at_ + begin.size()));
    if (found == kNowhere) return broken("something is never closed");
    text_at_ = token_at_ + begin.size();
    text_size_ = found - begin.size();
    token_size_ = found + end.size();
    at_ = token_at_ + token_size_;
    return ok();
  };
  if (seen.starts_with("</")) return read_close();
  if (seen.starts_with("<!--")) {
    ZMIG_CHECK_OK(until("<!--", "-->"));
    return XmlKind::comment;
  }
  if (seen.starts_with("<![CDATA[")) {
    if (open_begin_.empty()) return broken("text outside of every element");
    ZMIG_CHECK_OK(until("<![CDATA[", "]]>"));
    is_cdata_ = true;
    return XmlKind::cdata;
  }
  if (seen.starts_with("<!")) return broken("it contains a DOCTYPE, which no spreadsheet program writes");
  if (seen.starts_with("<?")) {
    ZMIG_CHECK_OK(until("<?", "?>"));
    if (token().starts_with("<?xml") && token().size() > 5 && is_space(token()[5]))
      ZMIG_CHECK_OK(check_declaration(token()));
    return XmlKind::comment;
  }
  return read_open();
}

Status XmlReader::check_declaration(std::string_view declaration) const {
  const std::size_t word = declaration.find("encoding");
  if (word == kNowhere) return ok();
  const std::size_t open = declaration.find_first_of("'\"", word);
  const std::size_t close = open == kNowhere ? kNowhere : declaration.find(declaration[open], open + 1);
  if (close == kNowhere) return broken("its declaration is not well-formed");
  const std::string_view encoding = declaration.substr(open + 1, close - open - 1);
  if (same_without_case(encoding, "utf-8") || same_without_case(encoding, "utf8") ||
      same_without_case(encoding, "us-ascii"))
    return ok();
  return broken(fmt::format("its encoding is {}, not UTF-8", quoted(printable(encoding))));
}

/// Behind the `>` that ends the tag, counted from its begin: one inside quotes does not.
Result<std::size_t> XmlReader::end_of_tag() {
  std::size_t from = 1;
  char quote = 0;
  for (;;) {
    const std::string_view seen = window().substr(token_at_);
    for (; from < seen.size(); ++from) {
      const char c = seen[from];
      if (quote != 0) {
        if (c == quote) quote = 0;
        if (c == '<') return broken("a `<` inside of a tag");
        continue;
      }
      if (c == '>') return from + 1;
      if (c == '"' || c == '\'') quote = c;
      if (c == '<') return broken("a `<` inside of a tag");
    }
    ZMIG_TRY(const bool more, refill());
    if (!more) return broken("a tag is never closed");
  }
}

Result<XmlKind> XmlReader::read_close() {
  ZMIG_TRY(const std::size_t size, end_of_tag());
  token_size_ = size;
  at_ = token_at_ + size;
  std::string_view name = token().substr(2, size - 3);
  while (!name.empty() && is_space(name.back())) name.remove_suffix(1);
  set_name(token_at_ + 2, name.size());
  if (open_begin_.empty()) return broken("a closing tag without its element");
  const std::string_view open = std::string_view(open_names_).substr(open_begin_.back());
  if (open != name) return broken(fmt::format("{} is closed by another name", quoted(printable(open))));
  pop();
  attributes_.clear();
  closes_itself_ = false;
  return XmlKind::close;
}

Result<XmlKind> XmlReader::read_open() {
  ZMIG_TRY(const std::size_t size, end_of_tag());
  token_size_ = size;
  at_ = token_at_ + size;
  const std::string_view tag = token();
  const auto is_odd = [](char c) { return c == 0 || static_cast<unsigned char>(c) >= 0x80; };
  if (std::any_of(tag.begin(), tag.end(), is_odd)) {
    if (tag.find('\0') != kNowhere) return broken("it holds a NUL character");
    if (first_invalid_utf8(tag)) return broken("it is not UTF-8");
  }
  closes_itself_ = tag[size - 2] == '/';
  const std::size_t end = size - (closes_itself_ ? 2 : 1);
  std::size_t name_end = 1;
  while (name_end < end && !ends_name(tag[name_end])) ++name_end;
  if (name_end == 1) return broken("a tag without a name");
  if (open_begin_.empty() && root_seen_) return broken("a second element at the top");
  root_seen_ = true;
  ZMIG_CHECK_OK(read_attributes(token_at_ + name_end, token_at_ + end));
  ZMIG_CHECK_OK(push(tag.substr(1, name_end - 1)));
  ZMIG_CHECK_OK(declare_namespaces());
  set_name(token_at_ + 1, name_end - 1);
  close_pending_ = closes_itself_;
  return XmlKind::open;
}

Status XmlReader::read_attributes(std::size_t from, std::size_t to) {
  attributes_.clear();
  const std::string_view seen = window().substr(0, to);
  std::size_t at = from;
  for (;;) {
    const std::size_t begin = at;
    while (at < to && is_space(seen[at])) ++at;
    if (at == to) return ok();
    if (at == begin) return broken("attributes without a blank between them");
    Attribute attribute;
    attribute.name_at = at;
    while (at < to && !ends_name(seen[at])) ++at;
    const std::string_view name = seen.substr(attribute.name_at, at - attribute.name_at);
    const std::size_t colon = name.find(':');
    attribute.prefix_size = colon == kNowhere ? 0 : colon;
    attribute.name_size = name.size();
    while (at < to && is_space(seen[at])) ++at;
    if (name.empty() || at == to || seen[at] != '=') return broken("an attribute without a value");
    ++at;
    while (at < to && is_space(seen[at])) ++at;
    if (at == to || (seen[at] != '"' && seen[at] != '\'')) return broken("the value of an attribute has no quotes");
    const std::size_t close = seen.find(seen[at], at + 1);
    if (close == kNowhere) return broken("the value of an attribute is never closed");
    attribute.value_at = at + 1;
    attribute.value_size = close - at - 1;
    at = close + 1;
    for (const Attribute& other : attributes_) {
      if (seen.substr(other.name_at, other.name_size) == name) return broken("an attribute stands there twice");
    }
    attributes_.push_back(attribute);
  }
}

Status XmlReader::declare_namespaces() {
  for (const Attribute& attribute : attributes_) {
    const std::string_view name = window().substr(attribute.name_at, attribute.name_size);
    const bool main = name == "xmlns";
    if (!main && !name.starts_with("xmlns:")) continue;
    std::string uri;
    if (!decode_xml(window().substr(attribute.value_at, attribute.value_size), true, uri))
      return broken("an entity that is not known");
    declared_.push_back({open_begin_.size(), main ? std::string() : std::string(name.substr(6)), ns_of_uri(uri)});
  }
  return ok();
}

Ns XmlReader::resolve(std::string_view prefix) const {
  for (std::size_t i = declared_.size(); i-- > 0;) {
    if (declared_[i].prefix == prefix) return declared_[i].ns;
  }
  return prefix.empty() ? Ns::none : Ns::other;
}

void XmlReader::set_name(std::size_t at, std::size_t size) {
  const std::string_view qualified = window().substr(at, size);
  const std::size_t colon = qualified.find(':');
  ns_ = resolve(colon == kNowhere ? std::string_view() : qualified.substr(0, colon));
  local_ = colon == kNowhere ? qualified : qualified.substr(colon + 1);
}

Status XmlReader::push(std::string_view qualified) {
  if (open_begin_.size() >= kDeepest) return broken("elements are nested too deep");
  open_begin_.push_back(open_names_.size());
  open_names_ += qualified;
  depth_ = open_begin_.size();
  return ok();
}

void XmlReader::pop() {
  while (!declared_.empty() && declared_.back().depth == open_begin_.size()) declared_.pop_back();
  open_names_.resize(open_begin_.back());
  open_begin_.pop_back();
  depth_ = open_begin_.size();
}

Result<bool> XmlReader::next_child() {
  for (;;) {
    ZMIG_TRY(const XmlKind kind, next());
    if (kind == XmlKind::open) return true;
    if (kind == XmlKind::close || kind == XmlKind::end) return false;
  }
}

Status XmlReader::skip() {
  for (std::size_t inside = 1; inside > 0;) {
    ZMIG_TRY(const XmlKind kind, next());
    if (kind == XmlKind::open) ++inside;
    if (kind == XmlKind::close) --inside;
    if (kind == XmlKind::end) return broken("it ends in the middle");
  }
  return ok();
}

Result<std::optional<std::string_view>> XmlReader::plain_inside() {
  constexpr std::size_t kLargest = std::size_t{1} << 20;
  const std::optional<std::string_view> none;
  if (close_pending_ || open_begin_.empty()) return none;
  const std::string closing = "</" + open_names_.substr(open_begin_.back()) + ">";
  // Searched by a letter of its name, which is rarer than what begins each tag.
  std::size_t from = 0;
  for (;;) {
    const std::string_view seen = window().substr(at_);
    const std::size_t letter = seen.find(closing[closing.size() - 2], from);
    if (letter == kNowhere || letter + 1 == seen.size()) {
      if (seen.size() > kLargest) return none;
      from = letter == kNowhere ? seen.size() : letter;
      ZMIG_TRY(const bool more, refill());
      if (!more) return none;
      continue;
    }
    from = letter + 1;
    const std::size_t end = letter + 2;
    if (end < closing.size() || seen.substr(end - closing.size(), closing.size()) != closing) continue;
    const std::string_view inside = seen.substr(0, end - closing.size());
    unsigned odd = 0;
    for (const char c : inside) odd |= static_cast<unsigned>(static_cast<unsigned char>(c - ' ') > '~' - ' ');
    if (odd != 0) return none;
    for (const char mark : {'!', '?'}) {
      for (std::size_t at = inside.find(mark); at != kNowhere; at = inside.find(mark, at + 1))
        if (at > 0 && inside[at - 1] == '<') return none;
    }
    inside_size_ = end;
    return std::optional(inside);
  }
}

void XmlReader::pass_inside() {
  at_ += inside_size_;
  token_at_ = at_;
  token_size_ = 0;
  pop();
  attributes_.clear();
}

Result<std::string> XmlReader::element_text() {
  std::string text;
  for (std::size_t inside = 1; inside > 0;) {
    ZMIG_TRY(const XmlKind kind, next());
    if (kind == XmlKind::open) ++inside;
    if (kind == XmlKind::close) --inside;
    if (kind == XmlKind::end) return broken("it ends in the middle");
    if (inside == 1 && (kind == XmlKind::text || kind == XmlKind::cdata)) ZMIG_CHECK_OK(append_text(text));
  }
  return text;
}

std::optional<std::string_view> XmlReader::raw(std::string_view attribute) const {
  for (const Attribute& one : attributes_) {
    if (window().substr(one.name_at, one.name_size) == attribute) return window().substr(one.value_at, one.value_size);
  }
  return std::nullopt;
}

std::string XmlReader::attribute(std::string_view attribute) const {
  std::string text;
  // What is no text as XML has it stays as it is stored: callers read names and numbers, and compare them.
  if (const auto stored = raw(attribute); stored && !decode_xml(*stored, true, text)) return std::string(*stored);
  return text;
}

Ns XmlReader::ns_of(const Attribute& attribute) const {
  return attribute.prefix_size == 0 ? Ns::none : resolve(window().substr(attribute.name_at, attribute.prefix_size));
}

std::string XmlReader::attribute(Ns ns, std::string_view attribute) const {
  for (const Attribute& one : attributes_) {
    const std::string_view name = window().substr(one.name_at, one.name_size);
    if (one.prefix_size == 0 || name.substr(one.prefix_size + 1) != attribute || ns_of(one) != ns) continue;
    std::string text;
    const std::string_view stored = window().substr(one.value_at, one.value_size);
    return decode_xml(stored, true, text) ? text : std::string(stored);
  }
  return {};
}

std::vector<XmlReader::Seen> XmlReader::attributes() const {
  std::vector<Seen> all;
  all.reserve(attributes_.size());
  for (const Attribute& one : attributes_) {
    const std::string_view name = window().substr(one.name_at, one.name_size);
    if (name == "xmlns" || name.starts_with("xmlns:")) continue;
    const bool bare = one.prefix_size == 0;
    const bool of_xml = !bare && name.substr(0, one.prefix_size) == "xml";
    all.push_back({of_xml ? Ns::inert : ns_of(one), bare ? name : name.substr(one.prefix_size + 1),
                   window().substr(one.value_at, one.value_size)});
  }
  return all;
}

bool XmlReader::flag(std::string_view attribute, bool otherwise) const {
  const auto stored = raw(attribute);
  if (!stored) return otherwise;
  return *stored == "1" || *stored == "true" || *stored == "on";
}

Status XmlReader::append_text(std::string& into) const {
  const std::string_view stored = window().substr(text_at_, text_size_);
  if (first_invalid_utf8(stored)) return broken("it is not UTF-8");
  if (stored.find('\0') != kNowhere) return broken("it holds a NUL character");
  if (!is_cdata_ && stored.find_first_of("&\r") != kNowhere) {
    if (!decode_xml(stored, false, into)) return broken("an entity that is not known");
    return ok();
  }
  into += stored;
  return ok();
}

}  // namespace zmig::xlsx
