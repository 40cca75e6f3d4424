#include "targets/xlsx/style_book.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>
#include <zmig/value.h>

#include "targets/xlsx/cell_writer.h"
#include "targets/xlsx/xml_tree.h"

namespace zmig::xlsx {
namespace {

constexpr std::uint32_t kFirstOwn = 164;
constexpr std::size_t kMostStyles = 64'000;

std::uint32_t number_in(std::string_view text) {
  std::uint32_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

/// The element with another number format.
std::string reformatted(const std::string& look, std::uint32_t format) {
  auto tree = XmlTree::read(look, "styles", {});
  if (!tree) return look;
  tree->set_attribute(0, "numFmtId", std::to_string(format));
  tree->set_attribute(0, "applyNumberFormat", "1");
  return tree->finish();
}

}  // namespace

Result<StyleBook> StyleBook::read(const PackageEdit& package, const Styles& styles) {
  StyleBook book;
  book.styles_ = styles;
  book.file_ = package.path();
  ZMIG_TRY(const std::vector<Relationship> all, package.relationships(package.workbook()));
  const Relationship* part = Package::first(all, "styles");
  if (part != nullptr && package.has(part->target)) {
    book.part_ = part->target;
    ZMIG_TRY(book.bytes_, package.text(part->target));
  } else {
    book.bytes_ = NewStyles().xml();
  }
  ZMIG_TRY(const XmlTree tree, XmlTree::read(book.bytes_, book.part_, book.file_));
  book.prefix_ = tree.node(0).prefix;
  if (const auto formats = tree.child(0, "numFmts")) {
    for (const std::size_t i : tree.children(*formats, "numFmt"))
      book.codes_[number_in(tree.attribute(i, "numFmtId"))] = tree.attribute(i, "formatCode");
  }
  if (const auto cells = tree.child(0, "cellXfs")) {
    for (const std::size_t i : tree.children(*cells, "xf")) book.looks_.emplace_back(tree.text_of(i));
  }
  if (book.looks_.empty())
    book.looks_.push_back(
        fmt::format("<{}xf numFmtId=\"0\" fontId=\"0\" fillId=\"0\" borderId=\"0\" xfId=\"0\"/>", book.prefix_));
  book.first_new_ = book.looks_.size();
  return book;
}

std::uint32_t StyleBook::number_of(const std::string& format) {
  if (format.empty()) return 0;
  const std::string code = excel_code(format);
  if (const auto known = built_in_format(code)) return *known;
  std::uint32_t next = kFirstOwn;
  for (const auto& [id, stored] : codes_) {
    if (stored == code) return id;
    next = std::max(next, id + 1);
  }
  codes_[next] = code;
  new_codes_.emplace_back(next, code);
  return next;
}

std::uint32_t StyleBook::with_format(std::uint32_t base, const std::string& format) {
  if (base >= looks_.size()) base = 0;
  if (same_format(this->format(base).text, format)) return base;
  const auto [known, is_new] = known_.try_emplace({base, format}, base);
  if (!is_new) return known->second;
  const std::uint32_t number = number_of(format);
  std::string look = reformatted(looks_[base], number);
  const auto found = std::find(looks_.begin(), looks_.end(), look);
  if (found != looks_.end()) {
    known->second = static_cast<std::uint32_t>(found - looks_.begin());
  } else if (looks_.size() < kMostStyles) {
    const auto code = codes_.find(number);
    looks_.push_back(std::move(look));
    known->second = styles_.append(code != codes_.end() ? number_format(code->second) : built_in(number));
  }
  return known->second;
}

Status StyleBook::finish(PackageEdit& package) const {
  if (looks_.size() == first_new_) return ok();
  ZMIG_TRY(XmlTree tree, XmlTree::read(bytes_, part_, file_));
  std::string formats, looks;
  for (const auto& [id, code] : new_codes_) {
    formats += fmt::format("<{}numFmt numFmtId=\"{}\" formatCode=\"", prefix_, id);
    append_xml(code, formats);
    formats += "\"/>";
  }
  if (!formats.empty()) {
    if (const auto list = tree.child(0, "numFmts")) {
      tree.append_child(*list, formats);
      if (tree.raw(*list, "count"))
        tree.set_attribute(*list, "count", std::to_string(tree.children(*list, "numFmt").size() + new_codes_.size()));
    } else {
      tree.insert_in_order(
          0, styles_order(), "numFmts",
          fmt::format("<{0}numFmts count=\"{1}\">{2}</{0}numFmts>", prefix_, new_codes_.size(), formats));
    }
  }
  for (std::size_t i = first_new_; i < looks_.size(); ++i) looks += looks_[i];
  if (const auto list = tree.child(0, "cellXfs")) {
    if (tree.children(*list, "xf").empty()) looks.insert(0, looks_.front());
    tree.append_child(*list, looks);
    if (tree.raw(*list, "count")) tree.set_attribute(*list, "count", std::to_string(looks_.size()));
  } else {
    tree.insert_in_order(
        0, styles_order(), "cellXfs",
        fmt::format("<{0}cellXfs count=\"{1}\">{2}{3}</{0}cellXfs>", prefix_, looks_.size(), looks_.front(), looks));
  }
  std::string part = part_;
  if (part.empty()) {
    part = package.folder() + "styles.xml";
    ZMIG_CHECK_OK(package.add_relationship(package.workbook(), "styles", part));
    ZMIG_CHECK_OK(package.add_override(part, "application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"));
  }
  package.put(part, tree.finish(), "number formats");
  return ok();
}

}  // namespace zmig::xlsx
