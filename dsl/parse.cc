#include "parse.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "check.h"
#include "failure.h"

namespace zmig::dsl {
namespace {

constexpr std::size_t kMaxReported = 50;

/// One cause, one message: nothing more is said about a line that is reported, or behind a block that is never closed.
void explain_failures(const std::vector<Failure>& failures, std::string_view text, std::uint32_t file_number,
                      Scan& scan, std::vector<Diagnostic>& out) {
  for (const Failure& failure : failures) {
    LogicalLine& line = scan.line_at(failure.at);
    if (line.broken || failure.at > scan.readable_until) continue;
    line.broken = true;
    out.push_back(explain(failure, text, scan, file_number));
  }
}

void report(std::vector<Diagnostic>&& found, Diagnostics& out) {
  const auto place = [](const Diagnostic& d) { return d.primary.span ? d.primary.span->begin : 0; };
  std::stable_sort(found.begin(), found.end(),
                   [&](const Diagnostic& a, const Diagnostic& b) { return place(a) < place(b); });
  const std::size_t errors = found.size();
  if (errors > kMaxReported) {
    Diagnostic more;
    more.code = "ZM0020";
    more.message = "… and " + std::to_string(errors - kMaxReported) + " more";
    more.primary = Label{found[kMaxReported].primary.span, {}, "the first of them"};
    found.resize(kMaxReported);
    found.push_back(std::move(more));
  }
  for (Diagnostic& diagnostic : found) out.add(std::move(diagnostic));
}

}  // namespace

ParsedFile parse_text(const SourceFile& source, std::uint32_t file_number, Diagnostics& out) {
  ParsedFile parsed;
  std::vector<Diagnostic> found;
  parsed.scan = scan(source.text, file_number, found);
  if (!parsed.scan.usable) {
    report(std::move(found), out);
    return parsed;
  }
  std::vector<Failure> failures;
  parsed.tree = parse_tree(parsed.scan, failures);
  attach_comments(parsed.tree, parsed.scan);

  std::vector<Diagnostic> checked;
  if (parsed.tree.header && parsed.tree.header->version.value > kLanguage) {
    // Everything else that is wrong may be right in that language.
    ast::File header_only;
    header_only.header = parsed.tree.header;
    check_tree(header_only, source.text, file_number, checked);
    report(std::move(checked), out);
    return parsed;
  }
  explain_failures(failures, source.text, file_number, parsed.scan, found);
  check_tree(parsed.tree, source.text, file_number, checked);
  for (Diagnostic& diagnostic : checked) {
    const std::uint32_t at = diagnostic.primary.span ? diagnostic.primary.span->begin : 0;
    if (!parsed.scan.line_at(at).broken && at <= parsed.scan.readable_until) found.push_back(std::move(diagnostic));
  }
  report(std::move(found), out);
  return parsed;
}

}  // namespace zmig::dsl
