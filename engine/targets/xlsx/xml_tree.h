#pragma once
// A small part with the place of every element, and edits of it: all bytes outside of the edits stay. Not installed.

#include <cstddef>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <zmig/result.h>

#include "targets/xlsx/xml.h"

namespace zmig::xlsx {

struct XmlNode {
  std::size_t parent = 0;
  Ns ns = Ns::none;
  std::string prefix;                                      ///< with its colon, or empty
  std::string name;                                        ///< without prefix
  std::size_t begin = 0, tag_end = 0, close = 0, end = 0;  ///< of the tag, its end, the closing tag, the element
  bool closes_itself = false;
};

class XmlTree {
 public:
  /// ZM0426 as XmlReader.
  static Result<XmlTree> read(std::string bytes, const std::string& part, const std::string& file);

  [[nodiscard]] const std::string& bytes() const { return bytes_; }
  [[nodiscard]] const XmlNode& node(std::size_t at) const { return nodes_[at]; }
  [[nodiscard]] std::size_t size() const { return nodes_.size(); }
  /// The root is node 0. The first child of that name.
  [[nodiscard]] std::optional<std::size_t> child(std::size_t parent, std::string_view name, Ns ns = Ns::main) const;
  [[nodiscard]] std::vector<std::size_t> children(std::size_t parent, std::string_view name, Ns ns = Ns::main) const;
  [[nodiscard]] std::vector<std::size_t> children(std::size_t parent) const;
  /// Of the element, as stored; and decoded, empty when it is not there. `qualified`: with its prefix.
  [[nodiscard]] std::optional<std::string_view> raw(std::size_t node, std::string_view qualified) const;
  [[nodiscard]] std::string attribute(std::size_t node, std::string_view qualified) const;
  [[nodiscard]] bool flag(std::size_t node, std::string_view qualified) const;
  /// The element with its tags.
  [[nodiscard]] std::string_view text_of(std::size_t node) const {
    return std::string_view(bytes_).substr(nodes_[node].begin, nodes_[node].end - nodes_[node].begin);
  }
  /// The plain text inside of an element without children.
  [[nodiscard]] std::string plain(std::size_t node) const;
  /// The prefix that stands for office relationships at the root ("r:"), or empty.
  [[nodiscard]] std::string relationship_prefix() const;

  // --- edits; the places above stay those of the old bytes
  void set_attribute(std::size_t node, std::string_view qualified, std::string_view value);
  void remove_attribute(std::size_t node, std::string_view qualified);
  void append_child(std::size_t node, std::string_view text);
  void insert_before(std::size_t node, std::string_view text);
  void insert_behind(std::size_t node, std::string_view text);
  void replace(std::size_t node, std::string_view text);
  void replace_content(std::size_t node, std::string_view text);
  void remove(std::size_t node) { replace(node, {}); }
  /// A child where the order of the list puts it; elements that the list does not know stay where they are.
  void insert_in_order(std::size_t parent, std::span<const std::string_view> order, std::string_view name,
                       std::string_view text);
  /// The bytes with all edits.
  [[nodiscard]] std::string finish() const;

 private:
  struct Edit {
    std::size_t begin = 0, size = 0;
    std::string text;
  };
  struct Span {
    std::size_t name_at = 0, value_at = 0, value_size = 0;
  };
  [[nodiscard]] std::optional<Span> find_attribute(std::size_t node, std::string_view qualified) const;
  [[nodiscard]] std::size_t rank_of(std::size_t node, std::span<const std::string_view> order) const;

  std::string bytes_;
  std::vector<XmlNode> nodes_;
  std::vector<Edit> edits_;
  std::map<std::pair<std::size_t, std::string>, std::optional<std::string>> attributes_;
  std::map<std::size_t, std::string> appended_;
};

/// The laws of order (xlsx-csv.md 4.3).
std::span<const std::string_view> worksheet_order();
std::span<const std::string_view> workbook_order();
std::span<const std::string_view> styles_order();

}  // namespace zmig::xlsx
