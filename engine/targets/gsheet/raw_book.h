#pragma once
// What spreadsheets.get says, as it says it: cells, formats, rules, metadata, before anything of it means something to
// the engine. Not installed.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include <zmig/result.h>

namespace zmig::gsheet {

/// userEnteredFormat.numberFormat. Both empty: none.
struct RawFormat {
  std::string type, pattern;
  bool operator==(const RawFormat&) const = default;
  bool operator<(const RawFormat& other) const { return std::tie(type, pattern) < std::tie(other.type, other.pattern); }
};

/// dataValidation of a cell, as far as the engine knows such rules.
struct RawRule {
  std::string kind;  ///< "ONE_OF_LIST", "BOOLEAN", "ONE_OF_RANGE", ...; empty: none
  std::vector<std::string> values;
  bool strict = false;
  bool operator==(const RawRule&) const = default;
  bool operator<(const RawRule& other) const {
    return std::tie(kind, values, strict) < std::tie(other.kind, other.values, other.strict);
  }
};

struct RawCell {
  enum class Kind : std::uint8_t { none, number, text, boolean, error };
  Kind kind = Kind::none;
  bool is_true = false;
  std::uint32_t format = 0, rule = 0;  ///< index into RawBook::formats, ::rules; 0: none
  double number = 0;
  std::string text;     ///< of a text or an error
  std::string formula;  ///< without `=`
  [[nodiscard]] bool has_content() const { return kind != Kind::none || !formula.empty(); }
};

struct RawMetadata {
  std::int64_t id = 0;
  std::string key, value;
  bool operator==(const RawMetadata&) const = default;
};

/// Half open, from 0. A side that is not said reaches to the edge.
struct RawRange {
  static constexpr std::int64_t kEdge = INT64_MAX;
  std::int64_t sheet = 0, row0 = 0, row1 = kEdge, column0 = 0, column1 = kEdge;
  [[nodiscard]] bool meets(const RawRange& other) const {
    return sheet == other.sheet && row0 < other.row1 && other.row0 < row1 && column0 < other.column1 &&
           other.column0 < column1;
  }
  bool operator==(const RawRange&) const = default;
};

struct RawProtection {
  std::int64_t id = 0;
  RawRange range;
  bool whole_sheet_but = false;  ///< it has unprotected parts
  std::string description;
  bool warning_only = false, can_edit = false;
  std::vector<std::string> users;
  bool operator==(const RawProtection&) const = default;
};

struct RawColumn {
  bool hidden = false;
  std::vector<RawMetadata> metadata;
  bool operator==(const RawColumn&) const = default;
};

struct RawSheet {
  std::int64_t id = 0;
  std::string title;
  bool grid = true, hidden = false;
  std::int64_t rows = 0, columns = 0, frozen_rows = 0, frozen_columns = 0;
  std::vector<RawMetadata> metadata;
  std::vector<RawRange> merges, tables;
  std::optional<RawRange> filter;
  std::vector<RawProtection> protections;
  std::vector<RawColumn> column_facts;
  std::vector<std::vector<RawCell>> cells;  ///< by row and column, from 0; short where nothing stands
  std::map<std::pair<std::size_t, std::size_t>, std::string> notes;  ///< by row and column
};

struct RawNamedRange {
  std::string name;
  RawRange range;
};

struct RawBook {
  std::string id, title, locale, time_zone;
  std::vector<RawMetadata> metadata;
  std::vector<RawNamedRange> named;
  std::vector<RawSheet> sheets;
  std::vector<RawFormat> formats{1};
  std::vector<RawRule> rules{1};
};

/// What has to be asked for: `fields` of spreadsheets.get.
std::string_view read_mask();

/// A value of a query, safe in an address.
std::string percent_encoded(std::string_view text);

/// ZM0411 where the answer is no spreadsheet; it may be asked for once more.
Result<RawBook> parse_book(std::string_view json);

}  // namespace zmig::gsheet
