// bench_csv make FILE ROWS         a csv file of 63 columns
// bench_csv edit FILE NEW          three columns appended, one of them filled: the edit alone, without hashes and proof
// bench_csv stage FILE NEW         the same as a commit stages it: both hashes, fsync, and everything read back
//
// Run by bench_measure beside `cat FILE > NEW`; nothing passes or fails.

#include <cstdio>
#include <cstdlib>
#include <string>

#include <zmig/target.h>

#include "targets/csv/csv_rewrite.h"

namespace {

using namespace zmig;

constexpr std::size_t kColumns = 63;

int failed(const Error& error) {
  std::fprintf(stderr, "%s %s\n", error.message.c_str(), error.place.c_str());
  return 1;
}

int make(const std::string& path, std::size_t rows) {
  auto out = csv::FileOutput::create(path, csv::Encoding::utf8, false);
  if (!out) return failed(out.error());
  std::string record;
  for (std::size_t row = 0; row <= rows; ++row) {
    record.clear();
    for (std::size_t column = 0; column < kColumns; ++column) {
      if (column > 0) record += ',';
      record += row == 0 ? "Column" + std::to_string(column) : "v" + std::to_string((row * 31 + column) % 9973) + "ab";
    }
    record += "\n";
    if (const Status put = out->put(record); !put) return failed(put.error());
  }
  const auto print = out->finish();
  return print ? 0 : failed(print.error());
}

Column column_of(const char* id, const char* header, TypeKind kind) {
  Column column;
  column.id = id;
  column.header = header;
  column.type.kind = kind;
  return column;
}

int append(const std::string& from, const std::string& to, bool whole) {
  Schema live;
  Sheet sheet;
  sheet.id = "s";
  sheet.title = "T";
  for (std::size_t i = 0; i < kColumns; ++i)
    sheet.columns.push_back(
        column_of(("c" + std::to_string(i)).c_str(), ("Column" + std::to_string(i)).c_str(), TypeKind::text));
  live.sheets.push_back(sheet);
  csv::SheetFile file;
  file.name = "T.csv";
  file.path = from;
  file.line_end = "\n";
  csv::ProgramOptions options;
  options.shows = [](const std::string&) { return true; };
  csv::BatchPlan plan = csv::begin_plan(live, std::vector<csv::SheetFile>{file}, {}, options);
  const std::vector<Change> changes{change::InsertColumn{"s", column_of("x", "Ocupado_Por", TypeKind::text), {}},
                                    change::InsertColumn{"s", column_of("y", "Fecha_Ocupacion", TypeKind::date), {}},
                                    change::InsertColumn{"s", column_of("z", "version", TypeKind::integer), {}},
                                    change::FillEmpty{{"s", "z"}, Number{0}, {"x", "y", "z"}}};
  if (const Status planned = csv::plan_changes(changes, options, plan); !planned) return failed(planned.error());
  csv::SheetPlan& mine = *plan.sheets.front();
  if (whole) {
    const auto done = csv::rewrite(mine, to);
    return done ? 0 : failed(done.error());
  }
  auto reader = csv::RecordReader::open(from, mine.facts.dialect);
  auto out = csv::FileOutput::create(to, csv::Encoding::utf8, false);
  if (!reader) return failed(reader.error());
  if (!out) return failed(out.error());
  csv::Sink sink(mine.facts, mine.layout, *out);
  if (const Status passed = csv::pass_records(mine, &*reader, sink); !passed) return failed(passed.error());
  const Status flushed = out->flush();
  return flushed ? 0 : failed(flushed.error());
}

}  // namespace

int main(int argc, char** argv) {
  const std::string verb = argc == 4 ? argv[1] : "";
  if (verb == "make") return make(argv[2], std::strtoull(argv[3], nullptr, 10));
  if (verb == "edit" || verb == "stage") return append(argv[2], argv[3], verb == "stage");
  std::fputs("usage: bench_csv make|edit|stage FILE ROWS|NEW\n", stderr);
  return 64;
}
