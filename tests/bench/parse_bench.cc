// How fast the grammar reads .zmig text with positions: 1 000 changesets of three added columns, a rename and two enum
// values, each a file of its own as in a project, and the same as one large file. CPU time, the least of several.

#include <ctime>
#include <limits>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "parse.h"

namespace {

std::string changeset(int number) {
  return fmt::format(
      "in enum \"EventoTipo\" {{\n  add value \"TOMAR_{0}\"\n  add value \"PAUSAR_{0}\"\n}}\n\n"
      "in sheet \"Operaciones\" {{\n  add column \"Ocupado_Por_{0}\" text note \"who has it\"\n"
      "  add column \"Fecha_Ocupacion_{0}\" date format \"DD-MM-YYYY\"\n"
      "  add column \"version_{0}\" integer default 0\n  rename column \"Estado_{0}\" to \"Estado nuevo {0}\"\n}}\n\n",
      number);
}

double cpu_seconds() {
  std::timespec now{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

/// Seconds for all texts; 0 when one of them does not parse.
double parse_all(const std::vector<std::string>& texts) {
  double best = std::numeric_limits<double>::max();
  for (int run = 0; run < 7; ++run) {
    const double begin = cpu_seconds();
    for (const std::string& text : texts) {
      zmig::Diagnostics found;
      const zmig::dsl::ParsedFile parsed = zmig::dsl::parse_text({"bench.zmig", text}, 0, found);
      if (found.has_errors() || parsed.tree.lines.empty()) return 0;
    }
    best = std::min(best, cpu_seconds() - begin);
  }
  return best;
}

}  // namespace

int main() {
  std::vector<std::string> files;
  std::string all = "zmig 1\n\n";
  std::size_t bytes = 0;
  for (int number = 1; number <= 1000; ++number) {
    files.push_back("zmig 1\n\n" + changeset(number));
    bytes += files.back().size();
    all += changeset(number);
  }
  const double apart = parse_all(files);
  const double whole = parse_all({all});
  if (apart == 0 || whole == 0) {
    fmt::print(stderr, "the text of the bench does not parse\n");
    return 1;
  }
  fmt::print("1000 files {:.1f} ms, {:.0f} MB/s; one file {:.1f} ms, {:.0f} MB/s\n", apart * 1000,
             static_cast<double>(bytes) / apart / 1e6, whole * 1000, static_cast<double>(all.size()) / whole / 1e6);
  return 0;
}
