#include "targets/xlsx/zip.h"

#include <string>

#include "support/archives.h"
#include "support/catch.h"
#include "support/temp_folder.h"
#include "targets/xlsx/zip_bytes.h"

using namespace zmig;
using namespace zmig::test;
using namespace zmig::xlsx;
using namespace std::string_literals;

namespace {

/// What opening the file, and then reading each entry, says: "" or the first code.
std::string refusal(const TempFolder& folder, const std::string& bytes) {
  const auto zip = ZipReader::open(folder.write("a.zip", bytes));
  if (!zip) return zip.error().zm;
  for (const ZipEntry& entry : zip->entries()) {
    const auto read = zip->read(entry);
    if (!read) return read.error().zm;
  }
  return "";
}

std::string small_archive(const TempFolder& folder, const Parts& parts) {
  write_archive(folder.at("small.zip"), parts);
  return folder.read("small.zip");
}

void replace_all(std::string& bytes, const std::string& from, const std::string& to) {
  REQUIRE(from.size() == to.size());
  std::size_t count = 0;
  for (std::size_t at = bytes.find(from); at != std::string::npos; at = bytes.find(from, at + to.size()), ++count)
    bytes.replace(at, from.size(), to);
  REQUIRE(count > 0);
}

/// An archive with one stored entry, as other programs write it: sizes behind the data, extra fields, a comment.
std::string foreign_archive(const std::string& name, const std::string& content, bool zip64) {
  using namespace zip_format;
  std::string out;
  append_number(out, kLocal, 4);
  append_number(out, zip64 ? 45 : 20, 2);
  append_number(out, kSizesBehind, 2);
  append_number(out, kStored, 2);
  append_number(out, 0x12345678, 4);  // time
  append_number(out, 0, 12);
  append_number(out, name.size(), 2);
  append_number(out, 8, 2);
  out += name;
  append_number(out, 0xA220, 2);
  append_number(out, 4, 2);
  out += "pads";
  out += content;
  const std::uint32_t crc = crc32_of(0, content);
  append_number(out, 0x08074b50, 4);
  append_number(out, crc, 4);
  append_number(out, content.size(), 4);
  append_number(out, content.size(), 4);
  const std::size_t directory = out.size();
  append_number(out, kRecord, 4);
  append_number(out, 45, 2);
  append_number(out, zip64 ? 45 : 20, 2);
  append_number(out, kSizesBehind, 2);
  append_number(out, kStored, 2);
  append_number(out, 0x12345678, 4);
  append_number(out, crc, 4);
  append_number(out, zip64 ? kIn64 : content.size(), 4);
  append_number(out, zip64 ? kIn64 : content.size(), 4);
  append_number(out, name.size(), 2);
  append_number(out, zip64 ? 28 : 0, 2);
  append_number(out, 3, 2);
  append_number(out, 0, 8);
  append_number(out, zip64 ? kIn64 : 0, 4);
  out += name;
  if (zip64) {
    append_number(out, kExtra64, 2);
    append_number(out, 24, 2);
    append_number(out, content.size(), 8);
    append_number(out, content.size(), 8);
    append_number(out, 0, 8);
  }
  out += "abc";
  const std::size_t size = out.size() - directory;
  if (zip64) {
    const std::size_t end64 = out.size();
    append_number(out, kEnd64, 4);
    append_number(out, 44, 8);
    append_number(out, 45, 4);
    append_number(out, 0, 8);
    append_number(out, 1, 8);
    append_number(out, 1, 8);
    append_number(out, size, 8);
    append_number(out, directory, 8);
    append_number(out, kLocator64, 4);
    append_number(out, 0, 4);
    append_number(out, end64, 8);
    append_number(out, 1, 4);
  }
  append_number(out, kEnd, 4);
  append_number(out, 0, 4);
  append_number(out, zip64 ? 0xFFFF : 1, 2);
  append_number(out, zip64 ? 0xFFFF : 1, 2);
  append_number(out, zip64 ? kIn64 : size, 4);
  append_number(out, zip64 ? kIn64 : directory, 4);
  append_number(out, 7, 2);
  return out + "comment";
}

}  // namespace

TEST_CASE("zip: what is written is read, whatever its size") {
  const TempFolder folder;
  std::string large;
  for (int i = 0; i < 300'000; ++i) large += "row " + std::to_string(i % 1000 * 919 % 1000) + ";";
  const std::string path = write_archive(folder.at("a.zip"), {{"a/B.xml", "<a/>"}, {"empty", ""}, {"large", large}});
  const auto zip = ZipReader::open(path);
  REQUIRE(zip.has_value());
  REQUIRE(zip->entries().size() == 3);
  CHECK(*zip->read(zip->entries()[0]) == "<a/>");
  CHECK(zip->read(zip->entries()[1])->empty());
  CHECK(*zip->read(zip->entries()[2]) == large);
  CHECK(zip->find("A\\b.XML") == &zip->entries()[0]);
  CHECK(zip->find("/a/b.xml") == &zip->entries()[0]);
  CHECK(zip->find("a/c.xml") == nullptr);
  const auto too_large = zip->read(zip->entries()[2], 1000);
  REQUIRE(!too_large.has_value());
  CHECK(too_large.error().zm == "ZM0427");
  write_archive(folder.at("b.zip"), {{"a/B.xml", "<a/>"}, {"empty", ""}, {"large", large}});
  CHECK(folder.read("a.zip") == folder.read("b.zip"));
}

TEST_CASE("zip: a copy of every entry is the same file, byte for byte") {
  const TempFolder folder;
  const bool zip64 = GENERATE(false, true);
  const std::string front = GENERATE(""s, "in front of it"s);
  std::string bytes = front + foreign_archive("xl/Día.xml", "some <content/>", zip64);
  if (!front.empty() && !zip64) {
    // Offsets count from the beginning of the archive: bytes in front shift them all.
    const auto shifted = ZipReader::open(folder.write("a.zip", bytes));
    REQUIRE(shifted.has_value());
    CHECK(*shifted->read(shifted->entries()[0]) == "some <content/>");
    CHECK(shifted->preamble() == front.size());
  }
  if (!front.empty()) return;
  const auto zip = ZipReader::open(folder.write("a.zip", bytes));
  REQUIRE(zip.has_value());
  REQUIRE(zip->entries().size() == 1);
  CHECK(*zip->read(zip->entries()[0]) == "some <content/>");
  const NewFile file(folder.at("b.zip"));
  ZipWriter writer(file.number(), folder.at("b.zip"));
  REQUIRE(writer.copy_preamble(*zip).has_value());
  for (const ZipEntry& entry : zip->entries()) REQUIRE(writer.copy(*zip, entry).has_value());
  REQUIRE(writer.finish(zip->comment()).has_value());
  if (!zip64) {
    CHECK(folder.read("b.zip") == bytes);
    return;
  }
  // The directory is wide no more; the entry is the same.
  const auto copy = ZipReader::open(folder.at("b.zip"));
  REQUIRE(copy.has_value());
  CHECK(*copy->read(copy->entries()[0]) == "some <content/>");
  const ZipEntry& entry = zip->entries()[0];
  CHECK(folder.read("b.zip").substr(0, entry.end) == bytes.substr(0, entry.end));
}

TEST_CASE("zip: one entry is replaced, the others stay as bytes, the order stays") {
  const TempFolder folder;
  const auto from =
      ZipReader::open(write_archive(folder.at("a.zip"), {{"one", "first"}, {"two", "second"}, {"three", "third"}}));
  REQUIRE(from.has_value());
  {
    const NewFile file(folder.at("b.zip"));
    ZipWriter writer(file.number(), folder.at("b.zip"));
    REQUIRE(writer.copy(*from, from->entries()[0]).has_value());
    REQUIRE(writer.begin_in_place_of(*from, from->entries()[1]).has_value());
    REQUIRE(writer.add("another ").has_value());
    REQUIRE(writer.add("text").has_value());
    REQUIRE(writer.end_entry().has_value());
    REQUIRE(writer.copy(*from, from->entries()[2]).has_value());
    REQUIRE(writer.finish().has_value());
  }
  const auto made = ZipReader::open(folder.at("b.zip"));
  REQUIRE(made.has_value());
  REQUIRE(made->entries().size() == 3);
  CHECK(*made->read(made->entries()[1]) == "another text");
  const auto raw = [&](const ZipReader& zip, const std::string& file, std::size_t i) {
    return folder.read(file).substr(zip.entries()[i].local, zip.entries()[i].end - zip.entries()[i].local);
  };
  CHECK(raw(*made, "b.zip", 0) == raw(*from, "a.zip", 0));
  CHECK(raw(*made, "b.zip", 2) == raw(*from, "a.zip", 2));
}

TEST_CASE("zip: an entry with sizes behind it is replaced by one with sizes in front, name and fields stay") {
  const TempFolder folder;
  const auto from = ZipReader::open(folder.write("a.zip", foreign_archive("xl/a.xml", "old", true)));
  REQUIRE(from.has_value());
  {
    const NewFile file(folder.at("b.zip"));
    ZipWriter writer(file.number(), folder.at("b.zip"));
    REQUIRE(writer.begin_in_place_of(*from, from->entries()[0]).has_value());
    REQUIRE(writer.add("new text").has_value());
    REQUIRE(writer.end_entry().has_value());
    REQUIRE(writer.finish().has_value());
  }
  const auto made = ZipReader::open(folder.at("b.zip"));
  REQUIRE(made.has_value());
  const ZipEntry& entry = made->entries()[0];
  CHECK(*made->read(entry) == "new text");
  CHECK((entry.flags & zip_format::kSizesBehind) == 0);
  CHECK(folder.read("b.zip").substr(entry.local, entry.data - entry.local).ends_with("pads"));
  CHECK(entry.record.ends_with("abc"));
}

TEST_CASE("zip: what is damaged or lies is refused by name") {
  const TempFolder folder;
  const std::string good =
      small_archive(folder, {{"aaaa", "first content, first content"}, {"bbbb", "second content"}});
  REQUIRE(refusal(folder, good).empty());
  const std::size_t directory = good.find("PK\x01\x02");
  SECTION("no archive at all") {
    CHECK(refusal(folder, "") == "ZM0422");
    CHECK(refusal(folder, "not an archive, only a text that is longer than an end record") == "ZM0422");
  }
  SECTION("cut off anywhere") {
    for (std::size_t size = 0; size < good.size(); ++size) CHECK(refusal(folder, good.substr(0, size)) == "ZM0422");
  }
  SECTION("checksum") {
    std::string bad = good;
    bad[directory + 16] = static_cast<char>(bad[directory + 16] ^ 1);  // only the directory: the header disagrees
    CHECK(refusal(folder, bad) == "ZM0423");
    bad[14] = static_cast<char>(bad[14] ^ 1);  // both: the bytes disagree
    CHECK(refusal(folder, bad) == "ZM0423");
  }
  SECTION("sizes that lie") {
    for (const int more : {-1, 1}) {
      std::string bad = good;
      bad[directory + 24] = static_cast<char>(bad[directory + 24] + more);
      bad[22] = static_cast<char>(bad[22] + more);
      CHECK(refusal(folder, bad) == "ZM0423");
    }
  }
  SECTION("packed bytes") {
    std::string bad = good;
    bad[34] = '\x07';  // a kind of block that does not exist
    CHECK(refusal(folder, bad) == "ZM0423");
  }
  SECTION("two of one name, also with other case or slashes") {
    std::string bad = good;
    replace_all(bad, "bbbb", "aaaa");
    CHECK(refusal(folder, bad) == "ZM0424");
    bad = small_archive(folder, {{"x/y", "1"}, {"X\\Y", "2"}});
    CHECK(refusal(folder, bad) == "ZM0424");
  }
  SECTION("names that leave the archive") {
    CHECK(refusal(folder, small_archive(folder, {{"../x", "1"}})) == "ZM0422");
    CHECK(refusal(folder, small_archive(folder, {{"a\\..\\..\\x", "1"}})) == "ZM0422");
    CHECK(refusal(folder, small_archive(folder, {{"a\0b"s, "1"}})) == "ZM0422");
    CHECK(refusal(folder, small_archive(folder, {{"a..b/c..", "1"}})).empty());
  }
  SECTION("another name in the header") {
    std::string bad = good;
    bad[30] = 'z';
    CHECK(refusal(folder, bad) == "ZM0422");
  }
  SECTION("entries that overlap") {
    std::string bad = good;
    const std::size_t second = bad.find("PK\x01\x02", directory + 1);
    zip_format::put_number(bad, second + 42, 0, 4);
    CHECK(refusal(folder, bad) == "ZM0422");
  }
  SECTION("encrypted, or packed in another way") {
    std::string bad = good;
    bad[directory + 8] = 1;
    bad[6] = 1;
    CHECK(refusal(folder, bad) == "ZM0425");
    bad = good;
    bad[directory + 10] = 12;
    bad[8] = 12;
    CHECK(refusal(folder, bad) == "ZM0425");
  }
  SECTION("more entries than it has, or than any workbook") {
    std::string bad = good;
    const std::size_t end = bad.rfind("PK\x05\x06");
    zip_format::put_number(bad, end + 10, 3, 2);
    CHECK(refusal(folder, bad) == "ZM0422");
  }
  SECTION("not there") {
    const auto zip = ZipReader::open(folder.at("nowhere.xlsx"));
    REQUIRE(!zip.has_value());
    CHECK(zip.error().zm == "ZM0404");
  }
}

TEST_CASE("zip: a file that changes while it is read is noticed") {
  const TempFolder folder;
  const auto zip = ZipReader::open(write_archive(folder.at("a.zip"), {{"a", "1"}}));
  REQUIRE(zip.has_value());
  CHECK(zip->file().check_unchanged().has_value());
  folder.write("a.zip", "another file");
  const Status changed = zip->file().check_unchanged();
  REQUIRE(!changed.has_value());
  CHECK(changed.error().zm == "ZM0410");
}
