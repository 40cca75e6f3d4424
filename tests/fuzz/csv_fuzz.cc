// A csv file that somebody else wrote: dialect, encodings, records. The first byte chooses what the person configured.
// Two readings agree, no field is longer than the file can make it, and no record is without a field.

#include "fuzz/fuzz.h"

#include <cstdio>
#include <vector>

#include "targets/csv/csv_format.h"

namespace {

using namespace zmig;

struct Reading {
  std::vector<std::string> fields;
  std::string error;
  bool operator==(const Reading&) const = default;
};

Reading read(const std::string& path, const csv::Dialect& dialect, std::size_t size) {
  Reading out;
  auto reader = csv::RecordReader::open(path, dialect);
  if (!reader.has_value()) {
    out.error = reader.error().message;
    return out;
  }
  std::uint64_t records = 0;
  for (;;) {
    const auto next = reader.value().next();
    if (!next.has_value()) {
      out.error = next.error().message;
      return out;
    }
    if (!next.value()) return out;
    fuzz::require(reader.value().number() == ++records, "records are not counted from one");
    fuzz::require(records <= size + 1, "more records than bytes");
    fuzz::require(!reader.value().fields().empty(), "a record without a field");
    for (const csv::Field& field : reader.value().fields()) {
      // One byte becomes three at most (windows-1252 to UTF-8).
      fuzz::require(field.text.size() <= 3 * size, "a field is longer than its file");
      out.fields.emplace_back(field.text);
    }
    out.fields.emplace_back("\n");
    static_cast<void>(reader.value().is_blank());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  static const csv::DialectWish kWishes[] = {{"", ""}, {",", ""}, {";", "utf-8"}, {"\t", ""}, {"", "windows-1252"}};
  const csv::DialectWish& wish = kWishes[data[0] % std::size(kWishes)];
  const std::string path = fuzz::Folder::file("a.csv", fuzz::text_of(data + 1, size - 1));
  const auto dialect = csv::detect_dialect(path, wish);
  if (!dialect.has_value()) {
    fuzz::require(!dialect.error().message.empty(), "a refusal without a word");
    return 0;
  }
  fuzz::require(read(path, dialect.value(), size) == read(path, dialect.value(), size), "two readings differ");
  return 0;
}
