#pragma once
// XML as packages hold it, tag by tag, over a window of the bytes (xlsx-csv.md 4.3). Every token knows its place, and
// nothing is ever written from a tree. Not installed.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <zmig/result.h>

namespace zmig::xlsx {

/// The namespaces that matter here; the transitional and the strict name of one are one.
/// `inert`: namespaces of drawings and of extensions that are known, and of which nothing holds a reference.
enum class Ns {
  none,
  main,
  office_relationships,
  package_relationships,
  content_types,
  compatibility,
  x14,
  x15,
  xm,
  anchors,  ///< drawings in a worksheet
  chart,
  chart15,   ///< additions to charts that hold references
  chart_ex,  ///< charts of newer kinds
  vml_excel,
  threads,  ///< comments that answer each other
  inert,
  other
};

enum class XmlKind {
  open,     ///< <a>
  close,    ///< </a>, also behind an element that closes itself
  text,     ///< as stored; decode with append_text()
  cdata,    ///< what stands inside
  comment,  ///< and instructions: nothing to read
  end
};

class XmlReader {
 public:
  /// Appends the next piece; false at the end.
  using Source = std::function<Result<bool>(std::string& into)>;
  /// `part` and `file` are for messages.
  XmlReader(Source source, std::string part, std::string file);
  /// Of bytes at hand, which outlive the reader.
  XmlReader(std::string_view bytes, std::string part, std::string file);

  /// The next token; what the last one gave is gone. ZM0426: not well-formed, a DOCTYPE, not UTF-8.
  Result<XmlKind> next();
  /// Goes on to the next tag; false when the element around it closes (or at the end). Text in between is passed over.
  /// Called inside an element, it visits its children: skip() each of them, or read it to its end.
  Result<bool> next_child();
  /// After an `open`: everything up to and with its `close`.
  Status skip();
  /// After an `open`: everything inside, as stored, where it is printable ASCII without comments, instructions and
  /// CDATA, and not large. It is passed over with pass_inside(); without that, or where there is none, it is read tag
  /// by tag.
  Result<std::optional<std::string_view>> plain_inside();
  /// Behind the `close`.
  void pass_inside();
  /// After an `open`: the text inside, decoded, without that of inner elements, up to and with its `close`.
  Result<std::string> element_text();

  // --- of the last open or close
  [[nodiscard]] Ns ns() const { return ns_; }
  [[nodiscard]] std::string_view name() const { return local_; }  ///< without prefix
  [[nodiscard]] bool is(Ns ns, std::string_view name) const { return ns_ == ns && local_ == name; }
  [[nodiscard]] bool closes_itself() const { return closes_itself_; }
  /// As stored, of the attribute without prefix.
  [[nodiscard]] std::optional<std::string_view> raw(std::string_view attribute) const;
  /// Decoded; empty when it is not there.
  [[nodiscard]] std::string attribute(std::string_view attribute) const;
  [[nodiscard]] std::string attribute(Ns ns, std::string_view attribute) const;
  /// Each attribute of the open tag, declarations of namespaces left out: as stored. Views are of the window.
  struct Seen {
    Ns ns = Ns::none;
    std::string_view name, value;  ///< the name without prefix
  };
  [[nodiscard]] std::vector<Seen> attributes() const;
  /// "1", "true", "on".
  [[nodiscard]] bool flag(std::string_view attribute, bool otherwise = false) const;

  // --- of the last token
  [[nodiscard]] std::uint64_t offset() const { return base_ + token_at_; }
  [[nodiscard]] std::string_view token() const { return window().substr(token_at_, token_size_); }
  /// Appends the text of a `text` or `cdata`.
  Status append_text(std::string& into) const;
  [[nodiscard]] std::size_t depth() const { return depth_; }

  /// ZM0426 at the place of the last token.
  [[nodiscard]] Error broken(std::string_view why) const;

 private:
  struct Attribute {
    std::size_t prefix_size = 0, name_at = 0, name_size = 0, value_at = 0, value_size = 0;  // in the window
  };
  struct Declared {
    std::size_t depth = 0;
    std::string prefix;
    Ns ns = Ns::none;
  };
  [[nodiscard]] std::string_view window() const { return source_ ? std::string_view(buffer_) : whole_; }
  Result<bool> refill();
  Result<std::size_t> find(std::string_view what, std::size_t from);
  Status check_start();
  Result<XmlKind> read_text();
  Result<XmlKind> read_markup();
  Result<XmlKind> read_open();
  Result<XmlKind> read_close();
  Result<std::size_t> end_of_tag();
  Status read_attributes(std::size_t from, std::size_t to);
  Status declare_namespaces();
  Status check_declaration(std::string_view declaration) const;
  [[nodiscard]] Ns resolve(std::string_view prefix) const;
  [[nodiscard]] Ns ns_of(const Attribute& attribute) const;
  void set_name(std::size_t at, std::size_t size);
  Status push(std::string_view qualified);
  void pop();

  Source source_;
  std::string buffer_;      // the window, when there is a source
  std::string_view whole_;  // the bytes, when there is none
  std::string part_, file_;
  std::uint64_t base_ = 0;  // of the window
  std::size_t at_ = 0, token_at_ = 0, token_size_ = 0, text_at_ = 0, text_size_ = 0;
  bool ended_ = false, started_ = false, root_seen_ = false, closes_itself_ = false, close_pending_ = false;
  bool is_cdata_ = false;
  std::size_t inside_size_ = 0;  // of what plain_inside() gave, with the tag that closes it
  Ns ns_ = Ns::none;
  std::string local_;  // a copy: the window moves on behind the tag
  std::vector<Attribute> attributes_;
  std::vector<Declared> declared_;
  std::string open_names_;               // of the open elements, one behind the other
  std::vector<std::size_t> open_begin_;  // where each begins
  std::size_t depth_ = 0;
};

/// Appends text with its entities decoded and its line ends made one (`\n`). False: an entity that is not known, a
/// character that XML does not have.
bool decode_xml(std::string_view raw, bool in_attribute, std::string& into);

/// `_x000D_` and the like, as spreadsheets write characters that XML cannot hold.
std::string decode_escapes(std::string_view text);

/// The other way: text fit for an element or an attribute in double quotes.
void append_xml(std::string_view text, std::string& into);
/// The same for the text of a cell: characters that XML cannot hold, and what looks like an escape, are escaped.
void append_cell_text(std::string_view text, std::string& into);

}  // namespace zmig::xlsx
