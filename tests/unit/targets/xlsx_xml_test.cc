#include "targets/xlsx/xml.h"

#include <string>
#include <vector>

#include "support/catch.h"

using namespace zmig;
using namespace zmig::xlsx;
using namespace std::string_literals;

namespace {

/// All tokens, one a line: kind, name or decoded text, offset; or the refusal.
std::string tokens_of(XmlReader xml) {
  std::string out;
  for (;;) {
    const auto kind = xml.next();
    if (!kind) return out + kind.error().zm + " " + kind.error().message.substr(kind.error().message.find(" at byte"));
    std::string text;
    switch (*kind) {
      case XmlKind::end: return out;
      case XmlKind::open: out += "<" + std::string(xml.name()); break;
      case XmlKind::close: out += ">" + std::string(xml.name()); break;
      case XmlKind::comment: out += "!"; break;
      case XmlKind::text:
      case XmlKind::cdata: {
        const Status read = xml.append_text(text);
        if (!read) return out + read.error().zm;
        out += "=" + text;
        break;
      }
    }
    out += "@" + std::to_string(xml.offset()) + " ";
  }
}

std::string whole(std::string_view bytes) { return tokens_of(XmlReader(bytes, "part", "file")); }

/// The same in pieces of a few bytes.
std::string in_pieces(std::string_view bytes, std::size_t size) {
  std::size_t at = 0;
  return tokens_of(XmlReader(
      [bytes, at, size](std::string& into) mutable -> Result<bool> {
        if (at >= bytes.size()) return false;
        into += bytes.substr(at, size);
        at += size;
        return true;
      },
      "part", "file"));
}

}  // namespace

TEST_CASE("xml: tokens with their places, whole and in pieces of any size") {
  const std::string text =
      "\xEF\xBB\xBF<?xml version='1.0'?>\n<a x=\"1 > 0\" y='q\"q'><!-- <b> --><b/>t&amp;\xC3\xA9<![CDATA[<x>&]]></a "
      ">\n";
  const std::string expected = "!@3 =\n@24 <a@25 !@46 <b@58 >b@58 =t&é@62 =<x>&@70 >a@86 =\n@91 ";
  CHECK(whole(text) == expected);
  for (std::size_t size = 1; size < 40; ++size) CHECK(in_pieces(text, size) == expected);
}

TEST_CASE("xml: attributes, also of an element that closes itself, and namespaces whatever their prefix") {
  XmlReader xml(
      "<x:workbook xmlns:x='http://purl.oclc.org/ooxml/spreadsheetml/main'>"
      "<x:sheet name='A &lt; B&#10;C' state=\"hidden\" "
      "xmlns:q='http://schemas.openxmlformats.org/officeDocument/2006/relationships' q:id='rId7' id='no'/>"
      "<sheet/></x:workbook>",
      "part", "file");
  REQUIRE(*xml.next() == XmlKind::open);
  CHECK(xml.is(Ns::main, "workbook"));
  REQUIRE(*xml.next() == XmlKind::open);
  CHECK(xml.is(Ns::main, "sheet"));
  CHECK(xml.depth() == 2);
  CHECK(xml.attribute("name") == "A < B\nC");
  CHECK(xml.attribute("nothing").empty());
  CHECK(!xml.raw("nothing").has_value());
  CHECK(xml.attribute(Ns::office_relationships, "id") == "rId7");
  REQUIRE(*xml.next() == XmlKind::close);
  CHECK(xml.depth() == 1);
  REQUIRE(*xml.next() == XmlKind::open);
  CHECK(xml.is(Ns::none, "sheet"));
}

TEST_CASE("xml: the name of the last tag stays while the window moves on, its attributes do not") {
  const std::string text = "<first a='1'/><!-- a comment that is longer than a piece -->";
  std::size_t at = 0;
  XmlReader xml(
      [&](std::string& into) -> Result<bool> {
        if (at >= text.size()) return false;
        into += text.substr(at, 4);
        at += 4;
        return true;
      },
      "part", "file");
  REQUIRE(*xml.next() == XmlKind::open);
  CHECK(xml.attribute("a") == "1");
  REQUIRE(*xml.next() == XmlKind::close);
  REQUIRE(*xml.next() == XmlKind::comment);
  CHECK(xml.name() == "first");
  CHECK(!xml.raw("a").has_value());
}

TEST_CASE("xml: children are visited, skipped and read") {
  XmlReader xml("<a><b><c>1</c><d/></b><e>x<f>y</f>z</e> <g/></a>", "part", "file");
  REQUIRE(*xml.next() == XmlKind::open);
  REQUIRE(*xml.next_child());
  CHECK(xml.name() == "b");
  REQUIRE(xml.skip().has_value());
  REQUIRE(*xml.next_child());
  CHECK(xml.name() == "e");
  CHECK(*xml.element_text() == "xz");
  REQUIRE(*xml.next_child());
  CHECK(xml.name() == "g");
  CHECK(!*xml.next_child());
  CHECK(!*xml.next_child());
  CHECK(*xml.next() == XmlKind::end);
}

TEST_CASE("xml: what is not well-formed, not UTF-8 or has a DOCTYPE is refused with its place") {
  const auto refusal = [](std::string_view text) {
    const std::string out = whole(text);
    const std::size_t code = out.find("ZM0426");
    return code == std::string::npos ? std::string() : out.substr(code);
  };
  CHECK(refusal("<a>") == "ZM0426  at byte 3: it ends before its last element is closed");
  CHECK(refusal("") == "ZM0426  at byte 0: it holds no element");
  CHECK(refusal("<a></b>") == "ZM0426  at byte 3: \"a\" is closed by another name");
  CHECK(refusal("<a/></a>") == "ZM0426  at byte 4: a closing tag without its element");
  CHECK(refusal("<a/><b/>") == "ZM0426  at byte 4: a second element at the top");
  CHECK(refusal("x<a/>") == "ZM0426  at byte 0: text outside of every element");
  CHECK(refusal("<a b=1/>") == "ZM0426  at byte 0: the value of an attribute has no quotes");
  CHECK(refusal("<a b/>") == "ZM0426  at byte 0: an attribute without a value");
  CHECK(refusal("<a b='1'c='2'/>") == "ZM0426  at byte 0: attributes without a blank between them");
  CHECK(refusal("<a b='1' b='2'/>") == "ZM0426  at byte 0: an attribute stands there twice");
  CHECK(refusal("<a b='<'/>") == "ZM0426  at byte 0: a `<` inside of a tag");
  CHECK(refusal("<a") == "ZM0426  at byte 0: a tag is never closed");
  CHECK(refusal("<a><!-- x</a>") == "ZM0426  at byte 3: something is never closed");
  CHECK(refusal("<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>") ==
        "ZM0426  at byte 0: it contains a DOCTYPE, which no spreadsheet program writes");
  CHECK(refusal("<?xml version='1.0' encoding='ISO-8859-1'?><a/>") ==
        "ZM0426  at byte 0: its encoding is \"ISO-8859-1\", not UTF-8");
  CHECK(refusal("\xFF\xFE<\0a\0"s) == "ZM0426  at byte 0: it is UTF-16, not UTF-8");
  CHECK(refusal("<a b='\xC3'/>") == "ZM0426  at byte 0: it is not UTF-8");
  CHECK(whole("<a>\xFF</a>") == "<a@0 ZM0426");
  CHECK(whole("<a>&nbsp;</a>") == "<a@0 ZM0426");
  CHECK(whole("<a>&#0;</a>") == "<a@0 ZM0426");
  CHECK(whole("<a>\0</a>"s) == "<a@0 ZM0426");
  std::string deep;
  for (int i = 0; i < 300; ++i) deep += "<a>";
  CHECK(refusal(deep) == "ZM0426  at byte 768: elements are nested too deep");
}

TEST_CASE("xml: text of cells survives, whatever is in it") {
  for (const std::string& text : {"a<b>&\"c\""s, " edges "s, "l1\nl2\tx"s, "\x01\x1f\x7f\r\n"s, "_x0041_"s,
                                  "_x005F_x0041_"s, "ñ😀\xEF\xBF\xBE"s, "_x004"s, "a]]>b"s}) {
    std::string stored;
    append_cell_text(text, stored);
    std::string read;
    REQUIRE(decode_xml(stored, false, read));
    CHECK(decode_escapes(read) == text);
  }
  CHECK(decode_escapes("_xD83D__xDE00_") == "😀");
  CHECK(decode_escapes("_xD83D_ _x000A_") == "_xD83D_ \n");
  std::string attribute;
  append_xml("a<\"&'>\n\t", attribute);
  CHECK(attribute == "a&lt;&quot;&amp;'&gt;&#10;&#9;");
}
