#pragma once
/// References inside formula text: found, written, moved.

#include <functional>
#include <optional>
#include <string>

namespace sheets_server {

/// A row or column of -1 is not named (A:A, 1:1).
struct Corner {
  int row = -1;
  int column = -1;
  bool row_fixed = false;
  bool column_fixed = false;
};

struct Reference {
  bool has_title = false;
  std::string title = {};
  bool is_range = false;
  Corner first = {};
  Corner last = {};
};

/// The reference that begins at `place`, which is moved behind it; nullopt and unmoved when there is none.
std::optional<Reference> read_reference(const std::string& formula, std::size_t& place);
std::string to_text(const Reference& reference);
/// Calls `change` for each reference; where it answers a text, that text stands instead.
std::string rewrite_references(const std::string& formula,
                               const std::function<std::optional<std::string>(const Reference&)>& change);
/// As when a formula is copied: relative parts advance, `$` keeps them; #REF! when they leave the sheet.
std::string advanced(const std::string& formula, int rows, int columns);

}  // namespace sheets_server
