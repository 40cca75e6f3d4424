#include "targets/xlsx/xml_tree.h"

#include <algorithm>
#include <array>

namespace zmig::xlsx {
namespace {

constexpr auto kNowhere = std::string_view::npos;

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

constexpr std::array<std::string_view, 39> kWorksheet = {"sheetPr",
                                                         "dimension",
                                                         "sheetViews",
                                                         "sheetFormatPr",
                                                         "cols",
                                                         "sheetData",
                                                         "sheetCalcPr",
                                                         "sheetProtection",
                                                         "protectedRanges",
                                                         "scenarios",
                                                         "autoFilter",
                                                         "sortState",
                                                         "dataConsolidate",
                                                         "customSheetViews",
                                                         "mergeCells",
                                                         "phoneticPr",
                                                         "conditionalFormatting",
                                                         "dataValidations",
                                                         "hyperlinks",
                                                         "printOptions",
                                                         "pageMargins",
                                                         "pageSetup",
                                                         "headerFooter",
                                                         "rowBreaks",
                                                         "colBreaks",
                                                         "customProperties",
                                                         "cellWatches",
                                                         "ignoredErrors",
                                                         "smartTags",
                                                         "drawing",
                                                         "legacyDrawing",
                                                         "legacyDrawingHF",
                                                         "picture",
                                                         "oleObjects",
                                                         "controls",
                                                         "webPublishItems",
                                                         "tableParts",
                                                         "extLst",
                                                         ""};
constexpr std::array<std::string_view, 19> kWorkbook = {"fileVersion",    "fileSharing",
                                                        "workbookPr",     "workbookProtection",
                                                        "bookViews",      "sheets",
                                                        "functionGroups", "externalReferences",
                                                        "definedNames",   "calcPr",
                                                        "oleSize",        "customWorkbookViews",
                                                        "pivotCaches",    "smartTagPr",
                                                        "smartTagTypes",  "webPublishing",
                                                        "fileRecoveryPr", "webPublishObjects",
                                                        "extLst"};
constexpr std::array<std::string_view, 11> kStyles = {"numFmts",      "fonts",   "fills",      "borders",
                                                      "cellStyleXfs", "cellXfs", "cellStyles", "dxfs",
                                                      "tableStyles",  "colors",  "extLst"};

}  // namespace

std::span<const std::string_view> worksheet_order() { return std::span(kWorksheet).first(kWorksheet.size() - 1); }
std::span<const std::string_view> workbook_order() { return kWorkbook; }
std::span<const std::string_view> styles_order() { return kStyles; }

Result<XmlTree> XmlTree::read(std::string bytes, const std::string& part, const std::string& file) {
  XmlTree tree;
  tree.bytes_ = std::move(bytes);
  XmlReader xml(std::string_view(tree.bytes_), part, file);
  std::vector<std::size_t> open;
  for (;;) {
    ZMIG_TRY(const XmlKind kind, xml.next());
    if (kind == XmlKind::end) return tree;
    if (kind == XmlKind::open) {
      XmlNode node;
      node.parent = open.empty() ? 0 : open.back();
      node.ns = xml.ns();
      node.name = xml.name();
      const std::string_view tag = xml.token();
      const std::size_t name_end = std::min(tag.find_first_of(" \t\r\n/>", 1), tag.size());
      const std::string_view qualified = tag.substr(1, name_end - 1);
      node.prefix = qualified.substr(0, qualified.size() - node.name.size());
      node.begin = static_cast<std::size_t>(xml.offset());
      node.tag_end = node.close = node.end = node.begin + tag.size();
      node.closes_itself = xml.closes_itself();
      open.push_back(tree.nodes_.size());
      tree.nodes_.push_back(std::move(node));
    } else if (kind == XmlKind::close) {
      XmlNode& node = tree.nodes_[open.back()];
      open.pop_back();
      if (node.closes_itself) continue;
      node.close = static_cast<std::size_t>(xml.offset());
      node.end = node.close + xml.token().size();
    }
  }
}

std::vector<std::size_t> XmlTree::children(std::size_t parent) const {
  std::vector<std::size_t> found;
  for (std::size_t i = parent + 1; i < nodes_.size() && nodes_[i].begin < nodes_[parent].end; ++i)
    if (nodes_[i].parent == parent) found.push_back(i);
  return found;
}

std::vector<std::size_t> XmlTree::children(std::size_t parent, std::string_view name, Ns ns) const {
  std::vector<std::size_t> found = children(parent);
  std::erase_if(found, [&](std::size_t i) { return nodes_[i].ns != ns || nodes_[i].name != name; });
  return found;
}

std::optional<std::size_t> XmlTree::child(std::size_t parent, std::string_view name, Ns ns) const {
  for (std::size_t i = parent + 1; i < nodes_.size() && nodes_[i].begin < nodes_[parent].end; ++i)
    if (nodes_[i].parent == parent && nodes_[i].ns == ns && nodes_[i].name == name) return i;
  return std::nullopt;
}

std::optional<XmlTree::Span> XmlTree::find_attribute(std::size_t node, std::string_view qualified) const {
  const XmlNode& of = nodes_[node];
  const std::string_view tag = std::string_view(bytes_).substr(0, of.tag_end);
  std::size_t at = of.begin + 1 + of.prefix.size() + of.name.size();
  for (;;) {
    while (at < tag.size() && is_space(tag[at])) ++at;
    const std::size_t name = at;
    while (at < tag.size() && tag[at] != '=' && !is_space(tag[at]) && tag[at] != '/' && tag[at] != '>') ++at;
    if (at >= tag.size() || at == name) return std::nullopt;
    const std::string_view here = tag.substr(name, at - name);
    const std::size_t open = tag.find_first_of("'\"", at);
    if (open == kNowhere) return std::nullopt;
    const std::size_t close = tag.find(tag[open], open + 1);
    if (close == kNowhere) return std::nullopt;
    if (here == qualified) return Span{name, open + 1, close - open - 1};
    at = close + 1;
  }
}

std::optional<std::string_view> XmlTree::raw(std::size_t node, std::string_view qualified) const {
  const auto span = find_attribute(node, qualified);
  if (!span) return std::nullopt;
  return std::string_view(bytes_).substr(span->value_at, span->value_size);
}

std::string XmlTree::attribute(std::size_t node, std::string_view qualified) const {
  std::string text;
  const auto stored = raw(node, qualified);
  if (stored && !decode_xml(*stored, true, text)) return std::string(*stored);
  return text;
}

bool XmlTree::flag(std::size_t node, std::string_view qualified) const {
  const auto stored = raw(node, qualified);
  return stored && (*stored == "1" || *stored == "true" || *stored == "on");
}

std::string XmlTree::plain(std::size_t node) const {
  const XmlNode& of = nodes_[node];
  std::string text;
  const auto inside = std::string_view(bytes_).substr(of.tag_end, of.close - of.tag_end);
  if (!decode_xml(inside, false, text)) return std::string(inside);
  return text;
}

std::string XmlTree::relationship_prefix() const {
  constexpr std::array<std::string_view, 2> kUris = {
      "http://schemas.openxmlformats.org/officeDocument/2006/relationships",
      "http://purl.oclc.org/ooxml/officeDocument/relationships"};
  const XmlNode& root = nodes_.front();
  const std::string_view tag = std::string_view(bytes_).substr(root.begin, root.tag_end - root.begin);
  for (const std::string_view uri : kUris) {
    const std::size_t at = tag.find(uri);
    if (at == kNowhere) continue;
    const std::size_t name = tag.rfind("xmlns:", at);
    const std::size_t equals = tag.rfind('=', at);
    if (name == kNowhere || equals == kNowhere || equals < name) continue;
    std::string prefix(tag.substr(name + 6, equals - name - 6));
    while (!prefix.empty() && is_space(prefix.back())) prefix.pop_back();
    return prefix + ":";
  }
  return {};
}

void XmlTree::set_attribute(std::size_t node, std::string_view qualified, std::string_view value) {
  attributes_[{node, std::string(qualified)}] = std::string(value);
}
void XmlTree::remove_attribute(std::size_t node, std::string_view qualified) {
  attributes_[{node, std::string(qualified)}] = std::nullopt;
}
void XmlTree::append_child(std::size_t node, std::string_view text) { appended_[node] += text; }
void XmlTree::insert_before(std::size_t node, std::string_view text) {
  edits_.push_back({nodes_[node].begin, 0, std::string(text)});
}
void XmlTree::insert_behind(std::size_t node, std::string_view text) {
  edits_.push_back({nodes_[node].end, 0, std::string(text)});
}
void XmlTree::replace(std::size_t node, std::string_view text) {
  edits_.push_back({nodes_[node].begin, nodes_[node].end - nodes_[node].begin, std::string(text)});
}
void XmlTree::replace_content(std::size_t node, std::string_view text) {
  const XmlNode& of = nodes_[node];
  if (of.closes_itself) {
    append_child(node, text);
    return;
  }
  edits_.push_back({of.tag_end, of.close - of.tag_end, std::string(text)});
}

/// An alternative stands where what it holds stands. npos: not in the list.
std::size_t XmlTree::rank_of(std::size_t node, std::span<const std::string_view> order) const {
  const auto rank = [&](const XmlNode& of) {
    const auto found = std::find(order.begin(), order.end(), of.name);
    return of.ns != Ns::main || found == order.end() ? kNowhere : static_cast<std::size_t>(found - order.begin());
  };
  if (nodes_[node].ns != Ns::compatibility) return rank(nodes_[node]);
  for (std::size_t i = node + 1; i < nodes_.size() && nodes_[i].begin < nodes_[node].end; ++i)
    if (rank(nodes_[i]) != kNowhere) return rank(nodes_[i]);
  return kNowhere;
}

void XmlTree::insert_in_order(std::size_t parent, std::span<const std::string_view> order, std::string_view name,
                              std::string_view text) {
  const auto mine = static_cast<std::size_t>(std::find(order.begin(), order.end(), name) - order.begin());
  for (const std::size_t i : children(parent)) {
    const std::size_t rank = rank_of(i, order);
    if (rank == kNowhere || rank <= mine) continue;
    insert_before(i, text);
    return;
  }
  append_child(parent, text);
}

std::string XmlTree::finish() const {
  std::vector<Edit> edits = edits_;
  for (const auto& [key, value] : attributes_) {
    const auto& [node, qualified] = key;
    const auto span = find_attribute(node, qualified);
    if (!span && !value) continue;
    if (!value) {
      std::size_t begin = span->name_at;
      while (begin > 0 && is_space(bytes_[begin - 1])) --begin;
      edits.push_back({begin, span->value_at + span->value_size + 1 - begin, {}});
      continue;
    }
    std::string stored;
    append_xml(*value, stored);
    if (span) {
      edits.push_back({span->value_at, span->value_size, std::move(stored)});
      continue;
    }
    const XmlNode& of = nodes_[node];
    std::size_t at = of.tag_end - (of.closes_itself ? 2 : 1);
    while (is_space(bytes_[at - 1])) --at;
    std::string text = " ";
    text.append(qualified).append("=\"").append(stored).append("\"");
    edits.push_back({at, 0, std::move(text)});
  }
  for (const auto& [node, text] : appended_) {
    const XmlNode& of = nodes_[node];
    if (!of.closes_itself) {
      edits.push_back({of.close, 0, text});
      continue;
    }
    std::string opened = ">";
    opened.append(text).append("</").append(of.prefix).append(of.name).append(">");
    edits.push_back({of.tag_end - 2, 2, std::move(opened)});
  }
  std::stable_sort(edits.begin(), edits.end(), [](const Edit& a, const Edit& b) { return a.begin < b.begin; });
  std::string out;
  out.reserve(bytes_.size() + 256);
  std::size_t at = 0;
  for (const Edit& edit : edits) {
    ZMIG_ASSERT(edit.begin >= at, "edits of a part overlap");
    out.append(bytes_, at, edit.begin - at).append(edit.text);
    at = edit.begin + edit.size;
  }
  return out.append(bytes_, at, std::string::npos);
}

}  // namespace zmig::xlsx
