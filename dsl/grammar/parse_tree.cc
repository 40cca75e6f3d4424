// Runs the grammar over a scanned text.

#include <utility>

#include "grammar/rules.h"

namespace zmig::dsl {

ast::File parse_tree(const Scan& scan, std::vector<Failure>& failures) {
  grammar::ParseState state;
  state.base = scan.text.data();
  state.end = scan.text.data() + scan.text.size();
  state.scan = &scan;
  grammar::Cursor first{state.base, &state};
  const grammar::Cursor last{state.end, &state};

  ast::File out;
  grammar::x3::parse(first, last, grammar::file, out);
  // The rules stop at the end of the file, or at a `}` that closes nothing here (its block broke off): that one is
  // skipped.
  while (first.at != last.at) {
    ++first;
    std::vector<ast::TopLine> more;
    grammar::x3::parse(first, last, grammar::top_lines, more);
    for (ast::TopLine& line : more) out.lines.push_back(std::move(line));
  }
  out.begin = 0;
  out.end = static_cast<std::uint32_t>(scan.text.size());
  failures = std::move(state.failures);
  return out;
}

}  // namespace zmig::dsl
