#pragma once
/// The schema: what is known about a workbook besides its cells. Plain data, comparable, copyable.
/// Replay makes one from files alone; Target::inspect makes one from a live workbook. Meaning of every fact:
/// language.md 4.1.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <zmig/cow_list.h>
#include <zmig/result.h>
#include <zmig/value.h>

namespace zmig {

struct EnumValue {
  std::string text;
  std::optional<std::string> note;
  bool offered = true;  ///< false: retired; cells may keep it, nobody is offered it
  bool operator==(const EnumValue&) const = default;
};

/// A named, ordered list of texts. Names and values are compared by code point.
struct Enum {
  std::string name;
  std::vector<EnumValue> values;
  bool operator==(const Enum&) const = default;
};

/// Who may edit a protected thing besides zmig's own account. Empty: nobody else.
struct Editors {
  std::vector<std::string> except;
  bool operator==(const Editors&) const = default;
};

/// The allowed-values rule that stands on the cells of a column.
struct Allowed {
  enum class Kind { none, list, checkbox, column };
  Kind kind = Kind::none;
  std::vector<std::string> values;  ///< list: the offered texts in order
  std::string enum_name;            ///< list: the enum they come from, empty for a foreign rule
  std::string sheet, column;        ///< column: ids
  bool strict = true;               ///< false: the rule warns only
  bool operator==(const Allowed&) const = default;
};

struct Deprecation {
  std::string use;  ///< header of the successor, empty: none named
  bool operator==(const Deprecation&) const = default;
};

enum class Readers { require, expect, tolerate };

/// The declared facts of a column: they live in the replay, and beside the data only where the target has a natural
/// place.
struct ColumnRules {
  std::optional<Value> fallback;  ///< `default`
  bool required = false, unique = false, key = false, lenient = false;
  std::vector<std::string> aliases;
  std::optional<Deprecation> deprecated;
  std::optional<std::string> blank_means;
  std::optional<std::string> owner;
  Readers readers = Readers::require;
  bool operator==(const ColumnRules&) const = default;
};

struct Computed {
  std::string formula;  ///< canonical text of the language, or of the target's own formula language
  bool native = false;  ///< `computed by formula`
  bool operator==(const Computed&) const = default;
};

struct Column {
  std::string id;  ///< 12 characters, "c..."; of a foreign column provisional: "~" + norm(header), "#2" for a duplicate
  std::string header;  ///< as stored; compared through norm() only
  bool managed = true;
  Type type;
  std::optional<std::string> format;  ///< as written; none: the type's implied format (never compared)
  std::optional<std::string> note;    ///< on the header cell
  bool hidden = false;
  std::optional<Editors> protection;
  Allowed allowed;
  std::optional<Computed> computed;
  ColumnRules rules;
  bool operator==(const Column&) const = default;
};

struct CheckRule {
  std::string name;
  std::string formula;  ///< canonical text of the language
  bool operator==(const CheckRule&) const = default;
};

/// The declared facts of a sheet.
struct SheetRules {
  std::vector<std::vector<std::string>> keys, uniques;  ///< column ids, two or more each
  std::vector<CheckRule> checks;
  bool keep_order = false, foreign_forbidden = false;
  bool operator==(const SheetRules&) const = default;
};

struct Sheet {
  std::string id;  ///< 12 characters, "s..."; foreign: "~" + norm(title)
  std::string title;
  bool managed = true;
  std::uint32_t header_row = 1;  ///< 1-based row number of the header row
  bool hidden = false, frozen = false;
  std::optional<Editors> protection;
  CowList<Column> columns;  ///< in order from the left; in a live schema the index is the 0-based position
  SheetRules rules;
  bool operator==(const Sheet&) const = default;
};

struct NamedRange {
  std::string name, sheet, first_column, last_column;  ///< ids
  bool operator==(const NamedRange&) const = default;
};

struct Schema {
  CowList<Sheet> sheets;  ///< in order
  CowList<Enum> enums;    ///< in order of creation
  std::vector<NamedRange> ranges;
  std::string locale, time_zone;  ///< "es-CL", "America/Santiago"; empty: unknown
  bool operator==(const Schema&) const = default;

  // Look-ups. Null when not there. Titles and headers through norm(); only the managed ones unless `foreign_too`.
  [[nodiscard]] const Sheet* sheet(std::string_view id) const;
  [[nodiscard]] Sheet* sheet(std::string_view id);
  [[nodiscard]] const Sheet* sheet_titled(std::string_view title, bool foreign_too = false) const;
  [[nodiscard]] const Enum* find_enum(std::string_view name) const;
  [[nodiscard]] Enum* find_enum(std::string_view name);
};

const Column* column_by_id(const Sheet& sheet, std::string_view id);
Column* column_by_id(Sheet& sheet, std::string_view id);
/// By norm(header). Managed columns first; foreign ones only when `foreign_too`.
const Column* column_by_header(const Sheet& sheet, std::string_view header, bool foreign_too = false);
/// 0-based position of the column in its sheet; size() when it is not there.
std::size_t column_index(const Sheet& sheet, std::string_view id);
/// "BL" for a column that stands in the sheet at index 63. Empty when it is not there.
std::string letters_of(const Sheet& sheet, std::string_view column_id);
/// "Operaciones!BL1": the header cell of a column.
std::string header_cell(const Sheet& sheet, std::string_view column_id);

/// The rule that a column's type asks for under these enums: list of the offered values, check box, none.
Allowed allowed_for(const Type& type, bool lenient, const Schema& schema);

/// `c` (or `s`) and the first 11 hexadecimal digits of SHA-256 of `<migration>#<statement>` (`#k.2` for further things
/// of one statement).
std::string derived_id(char prefix, std::string_view migration, std::size_t statement, std::size_t part = 1);

/// One difference between what is expected and what is live, for drift and verify.
struct Difference {
  enum class Kind {
    sheet_missing,
    sheet_title,
    sheet_hidden,
    sheet_frozen,
    column_missing,
    header,
    type,
    format,
    note,
    hidden,
    protection,
    allowed,
    computed,
    duplicate_header,
    order,
    foreign
  };
  Kind kind = Kind::column_missing;
  std::string sheet, column;       ///< ids
  std::string where;               ///< "Operaciones!BL1", or the sheet title
  std::string expected, observed;  ///< for people
  bool operator==(const Difference&) const = default;
};

/// Compares the managed things of `expected` (a replayed state) with `live` by id: the visible facts of language.md 4.1
/// only; a fact that is not declared is not compared; order and foreign things are not differences. A live thing that
/// is managed but not known to `expected` is one (Kind::foreign): it tells the state before an insertion from the state
/// after it. Empty: they agree. Used by locate, drift, verify: there is no second comparison.
std::vector<Difference> visible_differences(const Schema& expected, const Schema& live);
/// Everything, foreign things included (used after a write: live after == apply_to(changes, live before)).
std::vector<Difference> all_differences(const Schema& expected, const Schema& live);

/// "sha256:<hex>" over the canonical JSON of the managed part.
std::string schema_digest(const Schema& schema);

/// The file format of schemas/0000_baseline.json and schemas/current.json (JSON Schema: schemas/schema.schema.json):
/// sorted keys, two blanks, LF, final newline. from_json reports ZM0702 with the path of the member at fault.
std::string schema_to_json(const Schema& schema);
Result<Schema> schema_from_json(std::string_view json);

/// The catalogue that a target keeps beside the data (xlsx-csv.md 3.2): managed sheets and columns with all facts, and
/// the enums. One function for every target. A catalogue that does not parse, or has a newer format, is an error
/// (Errc::corrupt), never "no catalogue".
std::string catalogue_to_json(const Schema& schema);
Result<Schema> catalogue_from_json(std::string_view json);
/// One column / one sheet of it, for targets that keep a row each.
std::string column_to_json(const Column& column);
Result<Column> column_from_json(std::string_view json);
std::string sheet_to_json(const Sheet& sheet);  ///< without its columns
Result<Sheet> sheet_from_json(std::string_view json);

}  // namespace zmig
