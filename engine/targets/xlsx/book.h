#pragma once
// What a workbook holds above its sheets: their titles and parts, names, strings. Not installed.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <zmig/result.h>

#include "targets/xlsx/package.h"

namespace zmig::xlsx {

/// The very hidden sheet that holds the lists of rules that are too long for a rule. Ours, and no sheet of the
/// workbook.
constexpr std::string_view kEnumSheet = "_zmig_enums";

struct BookSheet {
  std::string title, part;
  bool hidden = false;
  bool is_worksheet = true;  ///< else a chart, dialog or macro sheet, which has no cells of ours
};
struct DefinedName {
  std::string name, text;
  std::optional<std::uint32_t> local;  ///< place of the sheet that it belongs to
  bool hidden = false;
};
struct BookFacts {
  bool date1904 = false;
  bool is_locked = false;  ///< which sheets there are may not be changed
  std::vector<BookSheet> sheets;
  std::vector<DefinedName> names;
};
Result<BookFacts> read_book(const Package& package);

/// ZM0325: Excel has no sheet of this title.
Status check_sheet_title(const std::string& title);
/// The values fit into a rule as `"A,B"`.
bool fits_literal_list(const std::vector<std::string>& values);
/// Length as Excel counts it.
std::size_t utf16_units(std::string_view text);

/// The shared strings, as plain text: runs joined, phonetic hints left out.
class SharedStrings {
 public:
  static Result<SharedStrings> read(const Package& package);
  [[nodiscard]] std::size_t size() const { return ends_.size(); }
  [[nodiscard]] std::string_view at(std::size_t index) const {
    const std::size_t begin = index == 0 ? 0 : ends_[index - 1];
    return std::string_view(text_).substr(begin, ends_[index] - begin);
  }

 private:
  std::string text_;               // all of them, one behind the other
  std::vector<std::size_t> ends_;  // of each
};

/// The text of an `<si>`, `<is>` or `<text>`, whose `open` was just read.
Result<std::string> rich_text(XmlReader& xml);

}  // namespace zmig::xlsx
