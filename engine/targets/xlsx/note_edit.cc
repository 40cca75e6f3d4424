#include "targets/xlsx/note_edit.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "base/text.h"
#include "targets/xlsx/xml_tree.h"

namespace zmig::xlsx {
namespace {

constexpr std::string_view kHead = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n";
constexpr std::string_view kWhy = "notes";

std::string text_element(const std::string& prefix, const std::string& note) {
  std::string inside;
  append_cell_text(note, inside);
  return fmt::format("<{0}text><{0}t xml:space=\"preserve\">{1}</{0}t></{0}text>", prefix, inside);
}

/// Shapes are not always well-formed XML, so they are found as text: the one that shows this cell.
std::optional<std::pair<std::size_t, std::size_t>> shape_of(const std::string& bytes, Place at) {
  const std::string row = fmt::format("<x:Row>{}</x:Row>", at.row - 1);
  const std::string column = fmt::format("<x:Column>{}</x:Column>", at.column);
  for (std::size_t begin = 0; (begin = bytes.find("<v:shape ", begin)) != std::string::npos;) {
    std::size_t end = bytes.find("</v:shape>", begin);
    if (end == std::string::npos) return std::nullopt;
    end += std::string_view("</v:shape>").size();
    const std::string_view shape = std::string_view(bytes).substr(begin, end - begin);
    if (shape.find(row) != std::string_view::npos && shape.find(column) != std::string_view::npos)
      return std::pair(begin, end);
    begin = end;
  }
  return std::nullopt;
}

std::uint32_t free_shape(const std::string& bytes) {
  constexpr std::string_view kId = "_x0000_s";
  std::uint32_t highest = 1024;
  for (std::size_t at = 0; (at = bytes.find(kId, at)) != std::string::npos;) {
    at += kId.size();
    std::uint32_t number = 0;
    std::from_chars(bytes.data() + at, bytes.data() + bytes.size(), number);
    highest = std::max(highest, number);
  }
  return highest + 1;
}

std::string empty_drawing(std::size_t number) {
  return fmt::format(
      "<xml xmlns:v=\"urn:schemas-microsoft-com:vml\" xmlns:o=\"urn:schemas-microsoft-com:office:office\" "
      "xmlns:x=\"urn:schemas-microsoft-com:office:excel\"><o:shapelayout v:ext=\"edit\"><o:idmap v:ext=\"edit\" "
      "data=\"{}\"/></o:shapelayout><v:shapetype id=\"_x0000_t202\" coordsize=\"21600,21600\" o:spt=\"202\" "
      "path=\"m,l,21600r21600,l21600,xe\"><v:stroke joinstyle=\"miter\"/><v:path gradientshapeok=\"t\" "
      "o:connecttype=\"rect\"/></v:shapetype></xml>",
      number);
}

std::string shape(std::uint32_t id, Place at) {
  const std::uint32_t row = at.row - 1;
  return fmt::format(
      "<v:shape id=\"_x0000_s{}\" type=\"#_x0000_t202\" style=\"position:absolute;margin-left:60pt;margin-top:2pt;"
      "width:110pt;height:60pt;z-index:1;visibility:hidden\" fillcolor=\"#ffffe1\" o:insetmode=\"auto\"><v:fill "
      "color2=\"#ffffe1\"/><v:shadow on=\"t\" color=\"black\" obscured=\"t\"/><v:path o:connecttype=\"none\"/>"
      "<v:textbox style=\"mso-direction-alt:auto\"/><x:ClientData ObjectType=\"Note\"><x:MoveWithCells/>"
      "<x:SizeWithCells/><x:Anchor>{}, 15, {}, 2, {}, 15, {}, 4</x:Anchor><x:AutoFill>False</x:AutoFill>"
      "<x:Row>{}</x:Row><x:Column>{}</x:Column></x:ClientData></v:shape>",
      id, at.column + 1, row, at.column + 3, row + 4, row, at.column);
}

class Notes {
 public:
  Notes(PackageEdit& package, const std::string& part) : package_(package), part_(part) {}

  Status look() {
    ZMIG_TRY(relations_, package_.relationships(part_));
    if (const Relationship* one = Package::first(relations_, "comments")) comments_ = one->target;
    if (const Relationship* one = Package::first(relations_, "vmlDrawing")) drawing_ = one->target;
    return ok();
  }

  Result<std::optional<std::string>> set(Place at, const std::string& note) {
    const bool fresh = comments_.empty();
    if (fresh) ZMIG_CHECK_OK(make_comments());
    ZMIG_TRY(std::string bytes, package_.text(comments_));
    ZMIG_TRY(XmlTree tree, XmlTree::read(std::move(bytes), comments_, package_.path()));
    const std::string x = tree.node(0).prefix;
    const auto list = tree.child(0, "commentList"), authors = tree.child(0, "authors");
    if (!list || !authors) return broken();
    const auto there = find(tree, *list, at);
    if (there) {
      ZMIG_CHECK_OK(check_plain());
      const auto text = tree.child(*there, "text");
      if (text)
        tree.replace(*text, text_element(x, note));
      else
        tree.append_child(*there, text_element(x, note));
      package_.put(comments_, tree.finish(), kWhy);
      return std::optional<std::string>();
    }
    const auto known = tree.children(*authors, "author");
    std::size_t author = 0;
    while (author < known.size() && tree.plain(known[author]) != "zmig") ++author;
    if (author == known.size()) tree.append_child(*authors, fmt::format("<{0}author>zmig</{0}author>", x));
    tree.append_child(*list, fmt::format("<{0}comment ref=\"{1}\" authorId=\"{2}\">{3}</{0}comment>", x, to_text(at),
                                         author, text_element(x, note)));
    package_.put(comments_, tree.finish(), kWhy);
    return show(at);
  }

  Result<std::optional<std::string>> take_out(Place at) {
    if (comments_.empty()) return std::optional<std::string>();
    ZMIG_TRY(std::string bytes, package_.text(comments_));
    ZMIG_TRY(XmlTree tree, XmlTree::read(std::move(bytes), comments_, package_.path()));
    const auto list = tree.child(0, "commentList");
    const auto there = list ? find(tree, *list, at) : std::nullopt;
    if (!there) return std::optional<std::string>();
    ZMIG_CHECK_OK(check_plain());
    const bool last = tree.children(*list, "comment").size() == 1;
    tree.remove(*there);
    package_.put(comments_, tree.finish(), kWhy);
    bool shapes_left = true;
    if (!drawing_.empty() && package_.has(drawing_)) {
      ZMIG_TRY(std::string shapes, package_.text(drawing_));
      if (const auto mine = shape_of(shapes, at)) {
        shapes.erase(mine->first, mine->second - mine->first);
        shapes_left = shapes.find("<v:shape ") != std::string::npos;
        package_.put(drawing_, std::move(shapes), kWhy);
      }
    }
    if (!last) return std::optional<std::string>();
    ZMIG_CHECK_OK(leave(comments_, "comments"));
    if (shapes_left) return std::optional<std::string>();
    ZMIG_CHECK_OK(leave(drawing_, "vmlDrawing"));
    return std::optional<std::string>("");
  }

 private:
  [[nodiscard]] Error broken() const {
    return make_error(Errc::corrupt, "ZM0426", fmt::format("part {} is no list of notes", quoted(comments_)), {},
                      package_.path());
  }
  static std::optional<std::size_t> find(const XmlTree& tree, std::size_t list, Place at) {
    for (const std::size_t i : tree.children(list, "comment"))
      if (parse_place(tree.attribute(i, "ref")) == at) return i;
    return std::nullopt;
  }
  [[nodiscard]] Status check_plain() const {
    if (Package::first(relations_, "threadedComment") == nullptr) return ok();
    return make_error(Errc::unsupported, "ZM0438",
                      "the note heads a conversation, which cannot be changed from outside",
                      "change it in the spreadsheet program", part_);
  }
  Status leave(const std::string& part, std::string_view kind) {
    ZMIG_TRY(const std::vector<Relationship> all, package_.relationships(part_));
    const Relationship* one = Package::first(all, kind);
    if (one == nullptr) return ok();
    ZMIG_CHECK_OK(package_.drop_relationship(part_, one->id));
    return package_.sweep({part}, kWhy);
  }
  Status make_comments() {
    comments_ = package_.free_name(package_.folder() + "comments", ".xml");
    ZMIG_TRY(const bool strict, package_.is_strict());
    package_.put(
        comments_,
        fmt::format("{}<comments xmlns=\"{}\"><authors></authors><commentList></commentList></comments>", kHead,
                    strict ? "http://purl.oclc.org/ooxml/spreadsheetml/main"
                           : "http://schemas.openxmlformats.org/spreadsheetml/2006/main"),
        kWhy);
    ZMIG_CHECK_OK(package_.add_relationship(part_, "comments", comments_));
    return package_.add_override(comments_, "application/vnd.openxmlformats-officedocument.spreadsheetml.comments+xml");
  }
  /// The shape; a drawing for it where there is none.
  Result<std::optional<std::string>> show(Place at) {
    std::optional<std::string> id;
    if (drawing_.empty()) {
      drawing_ = package_.free_name(package_.folder() + "drawings/vmlDrawing", ".vml");
      package_.put(drawing_, empty_drawing(1), kWhy);
      ZMIG_TRY(id, package_.add_relationship(part_, "vmlDrawing", drawing_));
      ZMIG_CHECK_OK(package_.add_default("vml", "application/vnd.openxmlformats-officedocument.vmlDrawing"));
    }
    ZMIG_TRY(std::string shapes, package_.text(drawing_));
    const std::size_t end = shapes.rfind("</xml>");
    if (end == std::string::npos) return broken();
    shapes.insert(end, shape(free_shape(shapes), at));
    package_.put(drawing_, std::move(shapes), kWhy);
    return id;
  }

  PackageEdit& package_;
  const std::string& part_;
  std::vector<Relationship> relations_;
  std::string comments_, drawing_;
};

}  // namespace

Result<std::optional<std::string>> set_note(PackageEdit& package, const std::string& part, Place at,
                                            const std::optional<std::string>& note) {
  Notes notes(package, part);
  ZMIG_CHECK_OK(notes.look());
  return note ? notes.set(at, *note) : notes.take_out(at);
}

}  // namespace zmig::xlsx
