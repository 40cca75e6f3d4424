// An archive that somebody else wrote. Two readings agree, nothing inflates beyond what the directory says, and an
// archive whose entries are copied one by one reads the same.

#include "fuzz/fuzz.h"

#include <string>
#include <vector>

#include "targets/xlsx/zip.h"

namespace {

using namespace zmig;

struct Reading {
  std::vector<std::string> said;
  bool operator==(const Reading&) const = default;
};

Reading read(const xlsx::ZipReader& zip) {
  Reading out;
  for (const xlsx::ZipEntry& entry : zip.entries()) {
    const auto bytes = zip.read(entry, 1 << 20);
    if (bytes.has_value())
      fuzz::require(bytes->size() == entry.size, "an entry is not as long as it says");
    else
      fuzz::require(!bytes.error().message.empty(), "a refusal without a word");
    out.said.push_back(entry.name + (bytes.has_value() ? "=" + *bytes : "!" + bytes.error().zm));
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string path = fuzz::Folder::file("a.zip", fuzz::text_of(data, size));
  const auto zip = xlsx::ZipReader::open(path);
  if (!zip.has_value()) {
    fuzz::require(!zip.error().message.empty(), "a refusal without a word");
    return 0;
  }
  const Reading first = read(*zip);
  fuzz::require(first == read(*zip), "two readings differ");
  const std::string copy = fuzz::Folder::file("b.zip", "");
  const int file = ::open(copy.c_str(), O_RDWR | O_CLOEXEC);
  fuzz::require(file >= 0, "no file could be made");
  xlsx::ZipWriter writer(file, copy);
  fuzz::require(writer.copy_preamble(*zip).has_value(), "bytes in front could not be copied");
  for (const xlsx::ZipEntry& entry : zip->entries())
    fuzz::require(writer.copy(*zip, entry).has_value(), "an entry could not be copied");
  fuzz::require(writer.finish(zip->comment()).has_value(), "no directory could be written");
  ::close(file);
  const auto copied = xlsx::ZipReader::open(copy);
  fuzz::require(copied.has_value(), "the copy cannot be read");
  fuzz::require(read(*copied) == first, "the copy reads differently");
  return 0;
}
