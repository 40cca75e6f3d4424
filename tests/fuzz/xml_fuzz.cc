// A part that somebody else wrote, whole and in pieces: the same tokens, in order, none behind the end, and a text that
// is written again reads the same.

#include "fuzz/fuzz.h"

#include <string>

#include "targets/xlsx/xml.h"

namespace {

using namespace zmig;

std::string tokens_of(xlsx::XmlReader xml, std::size_t size) {
  std::string out;
  std::uint64_t last = 0;
  for (;;) {
    const auto kind = xml.next();
    if (!kind.has_value()) {
      fuzz::require(!kind.error().message.empty(), "a refusal without a word");
      return out + kind.error().message;
    }
    if (*kind == xlsx::XmlKind::end) return out;
    fuzz::require(xml.offset() >= last && xml.offset() < size, "a token outside of its part");
    last = xml.offset();
    out += std::to_string(static_cast<int>(*kind)) + "@" + std::to_string(last) + ":";
    if (*kind == xlsx::XmlKind::text || *kind == xlsx::XmlKind::cdata) {
      std::string text;
      if (xml.append_text(text).has_value()) {
        std::string stored, again;
        xlsx::append_cell_text(text, stored);
        fuzz::require(xlsx::decode_xml(stored, false, again), "what was written cannot be read");
        fuzz::require(xlsx::decode_escapes(again) == text, "what was written reads differently");
        out += text;
      }
    } else {
      out += xml.name();
      out += xml.attribute("r");
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes = fuzz::text_of(data, size);
  const std::string whole = tokens_of(xlsx::XmlReader(bytes, "p", "f"), size);
  for (const std::size_t piece : {std::size_t{1}, std::size_t{7}}) {
    std::size_t at = 0;
    const auto source = [bytes, at, piece](std::string& into) mutable -> Result<bool> {
      if (at >= bytes.size()) return false;
      into += bytes.substr(at, piece);
      at += piece;
      return true;
    };
    fuzz::require(tokens_of(xlsx::XmlReader(source, "p", "f"), size) == whole, "pieces read differently");
  }
  return 0;
}
