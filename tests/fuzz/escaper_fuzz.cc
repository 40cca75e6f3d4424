// Text from outside on its way to a terminal: no control byte, no bidirectional control, nothing ill-formed comes out,
// whatever goes in; and what is safe already stays as it is.

#include "fuzz/fuzz.h"

#include <algorithm>
#include <vector>

#include <zmig/diagnostic.h>
#include <zmig/text.h>

namespace {

using namespace zmig;

bool controls(char32_t c, bool keep_newlines) {
  if (c == '\n') return !keep_newlines;
  if (c < 0x20 || (c >= 0x7f && c < 0xa0)) return true;
  return (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) || c == 0x200e || c == 0x200f || c == 0x061c ||
         (c >= 0x200b && c <= 0x200d) || c == 0x2060 || c == 0xfeff;
}

void check(const std::string& out, bool keep_newlines) {
  fuzz::require(!first_invalid_utf8(out), "ill-formed bytes come out");
  for (std::size_t at = 0; at < out.size();)
    fuzz::require(!controls(decode_utf8(out, at), keep_newlines), "a control comes out");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(fuzz::text_of(data, size));
  for (const bool keep_newlines : {false, true}) {
    const std::string out = printable(text, keep_newlines);
    check(out, keep_newlines);
    fuzz::require(printable(out, keep_newlines) == out, "what is safe does not stay as it is");
  }
  check(printable(redact(text)), false);
  // Everything of a finding comes from outside: a file name, a header, a line of a file.
  Diagnostic finding;
  finding.code = "ZM0001";
  finding.message = text;
  finding.help = text;
  finding.notes = {text};
  SourceMap sources;
  const std::uint32_t file = sources.add(SourceFile{text.substr(0, 40), text});
  const auto end = static_cast<std::uint32_t>(text.size());
  finding.primary.span = Span{file, end / 3, end};
  finding.primary.text = text;
  check(render(finding, sources), true);
  const std::string in_quotes = quoted(text);
  fuzz::require(in_quotes.size() >= 2 && in_quotes.front() == '"' && in_quotes.back() == '"', "quotes are missing");
  if (size < 64) static_cast<void>(nearest(text, {"column", "sheet", text}));
  return 0;
}
