#pragma once
// Archives and workbooks for tests, written part by part.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

#include "support/catch.h"
#include "targets/xlsx/zip.h"

namespace zmig::test {

using Parts = std::vector<std::pair<std::string, std::string>>;

/// A new file, open for reading and writing.
class NewFile {
 public:
  explicit NewFile(const std::string& path)
      : number_(::open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)) {
    REQUIRE(number_ >= 0);
  }
  ~NewFile() { ::close(number_); }
  NewFile(const NewFile&) = delete;
  NewFile& operator=(const NewFile&) = delete;
  [[nodiscard]] int number() const { return number_; }

 private:
  int number_;
};

inline std::string write_archive(const std::string& path, const Parts& parts) {
  const NewFile file(path);
  xlsx::ZipWriter writer(file.number(), path);
  for (const auto& [name, bytes] : parts) {
    REQUIRE(writer.begin(name).has_value());
    REQUIRE(writer.add(bytes).has_value());
    REQUIRE(writer.end_entry().has_value());
  }
  REQUIRE(writer.finish().has_value());
  return path;
}

/// A workbook with these worksheets (title, inside of <worksheet>) and further parts, which replace those of the same
/// name.
struct BookParts {
  std::vector<std::pair<std::string, std::string>> sheets;
  std::string workbook;              ///< inside of <workbook>, behind <sheets>
  std::string properties;            ///< inside of <workbook>, in front of <sheets>
  std::vector<std::string> strings;  ///< insides of <si>
  std::string styles;                ///< inside of <styleSheet>
  Parts more;
};

inline Parts parts_of(const BookParts& book) {
  const std::string main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
  const std::string office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
  const std::string package = "http://schemas.openxmlformats.org/package/2006/relationships";
  const std::string head = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n";
  Parts parts;
  parts.emplace_back("_rels/.rels", head + "<Relationships xmlns=\"" + package +
                                        "\"><Relationship Id=\"rId1\" Type=\"" + office +
                                        "/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>");
  std::string sheets, rels;
  for (std::size_t i = 0; i < book.sheets.size(); ++i) {
    const std::string n = std::to_string(i + 1);
    sheets += "<sheet name=\"" + book.sheets[i].first + "\" sheetId=\"" + n + "\" r:id=\"rId" + n + "\"/>";
    rels += "<Relationship Id=\"rId" + n + "\" Type=\"" + office + "/worksheet\" Target=\"worksheets/sheet" + n +
            ".xml\"/>";
    parts.emplace_back("xl/worksheets/sheet" + n + ".xml", head + "<worksheet xmlns=\"" + main + "\" xmlns:r=\"" +
                                                               office + "\">" + book.sheets[i].second + "</worksheet>");
  }
  rels += "<Relationship Id=\"rId900\" Type=\"" + office + "/sharedStrings\" Target=\"sharedStrings.xml\"/>";
  rels += "<Relationship Id=\"rId901\" Type=\"" + office + "/styles\" Target=\"/xl/styles.xml\"/>";
  parts.emplace_back("xl/workbook.xml", head + "<workbook xmlns=\"" + main + "\" xmlns:r=\"" + office + "\">" +
                                            book.properties + "<sheets>" + sheets + "</sheets>" + book.workbook +
                                            "</workbook>");
  parts.emplace_back("xl/_rels/workbook.xml.rels",
                     head + "<Relationships xmlns=\"" + package + "\">" + rels + "</Relationships>");
  std::string strings;
  for (const std::string& one : book.strings) strings += "<si>" + one + "</si>";
  parts.emplace_back("xl/sharedStrings.xml", head + "<sst xmlns=\"" + main + "\">" + strings + "</sst>");
  parts.emplace_back("xl/styles.xml", head + "<styleSheet xmlns=\"" + main + "\">" + book.styles + "</styleSheet>");
  for (const auto& [name, bytes] : book.more) {
    bool replaced = false;
    for (auto& part : parts) {
      if (part.first != name) continue;
      part.second = bytes;
      replaced = true;
    }
    if (!replaced) parts.emplace_back(name, bytes);
  }
  return parts;
}

inline std::string write_book(const std::string& path, const BookParts& book) {
  return write_archive(path, parts_of(book));
}

}  // namespace zmig::test
