#pragma once
/// A migration after binding: one numbered file as data, and the port through which the engine gets one from text.

#include <chrono>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <zmig/diagnostic.h>
#include <zmig/operations.h>
#include <zmig/result.h>

namespace zmig {

namespace check {
enum class Counted { columns, rows };
struct SheetExists {
  std::string title;
  bool exists = true;
  bool operator==(const SheetExists&) const = default;
};
struct SheetUnchanged {
  SheetRef sheet;
  bool operator==(const SheetUnchanged&) const = default;
};  ///< ensure only
/// Sheets and columns of existence and count checks may be foreign, so they go by title and header.
struct SheetCount {
  std::string title;
  Expecting count;
  Counted what = Counted::columns;
  bool operator==(const SheetCount&) const = default;
};
struct SheetDelta {
  std::string title;
  bool gained = true;
  std::uint64_t count = 0;
  Counted what = Counted::columns;
  bool operator==(const SheetDelta&) const = default;
};
struct ColumnExists {
  std::string title, header;
  bool exists = true;
  bool operator==(const ColumnExists&) const = default;
};
enum class ColumnFact { blank, filled, unique };
struct ColumnIs {
  ColumnRef at;
  ColumnFact fact = ColumnFact::filled;
  bool operator==(const ColumnIs&) const = default;
};
struct ColumnHasType {
  ColumnRef at;
  Type type;
  bool operator==(const ColumnHasType&) const = default;
};
struct EnumExists {
  std::string name;
  bool exists = true;
  bool operator==(const EnumExists&) const = default;
};
struct EnumValue {
  std::string name, value;
  bool has = true;
  bool operator==(const EnumValue&) const = default;
};
enum class Quantifier { every, no, sample };
struct Rows {
  SheetRef sheet;
  Quantifier quantifier = Quantifier::every;
  std::uint64_t sample = 0;
  std::optional<Expr> where;
  Expr has;
  bool operator==(const Rows&) const = default;
};
struct MigrationApplied {
  std::string name;
  std::optional<std::chrono::seconds> ago;
  bool operator==(const MigrationApplied&) const = default;
};
struct Backup {
  std::string sheet;
  bool operator==(const Backup&) const = default;
};  ///< sheet empty: the workbook
struct Atomic {
  bool operator==(const Atomic&) const = default;
};
}  // namespace check
using Check = std::variant<check::SheetExists, check::SheetUnchanged, check::SheetCount, check::SheetDelta,
                           check::ColumnExists, check::ColumnIs, check::ColumnHasType, check::EnumExists,
                           check::EnumValue, check::Rows, check::MigrationApplied, check::Backup, check::Atomic>;

struct CheckLine {
  Check check;
  std::string because;  ///< empty: none
  std::string text;     ///< canonical text without `require`/`ensure` and `because`, for messages
  Span span;            ///< of the check (the fact: where the caret goes)
  bool operator==(const CheckLine& other) const { return check == other.check && because == other.because; }
};

struct Allow {
  std::string code, because;
  bool operator==(const Allow&) const = default;
};

/// Sections of a file or of its `down { }` block. `spans[i]` belongs to `operations[i]` (the name it is about; carets
/// go there), `lines[i]` is its whole statement.
struct Script {
  std::vector<CheckLine> requires_;
  std::vector<Operation> operations;
  std::vector<Span> spans, lines;
  std::vector<CheckLine> ensures;
  bool operator==(const Script& other) const {
    return requires_ == other.requires_ && operations == other.operations && ensures == other.ensures;
  }
};

struct Migration {
  std::uint32_t number = 0;
  std::string slug, name;  ///< "v3_occupation_columns", "0001_v3_occupation_columns"
  std::string path;        ///< as shown
  std::string checksum;    ///< "sha256:..." of language.md 12
  // headings
  std::string description, author;
  std::vector<std::string> tags, depends;
  std::optional<std::chrono::seconds> keep_undo;
  std::optional<std::string> irreversible;
  std::vector<Allow> allows;
  // down texts only
  std::string down_of, generated_from;
  Script script;
  std::optional<Script> down;  ///< the author's `down { }`
  bool operator==(const Migration& other) const {
    return name == other.name && description == other.description && author == other.author && tags == other.tags &&
           depends == other.depends && keep_undo == other.keep_undo && irreversible == other.irreversible &&
           allows == other.allows && down_of == other.down_of && generated_from == other.generated_from &&
           script == other.script && down == other.down;
  }
};

/// What binding needs to know besides the text.
struct BindContext {
  std::string name;                ///< "0001_v3_occupation_columns": ids derive from it
  const Schema* before = nullptr;  ///< schema at the first line; outlives the call
  CowList<std::string>
      earlier;  ///< names of the migrations before this one, for `depends on` and `migration … applied`
  std::vector<std::string> protected_sheets;  ///< titles that no change may name (ZM1806)
  /// For a down text: the schema before the migration that it undoes (definitions, ids and places of what comes back).
  /// Null for ordinary files.
  const Schema* undone_before = nullptr;
};

/// Text <-> operations. Implemented by dsl/, known to the engine only as this. Pure and reentrant.
class ScriptCodec {
 public:
  virtual ~ScriptCodec() = default;
  /// All errors go to `out` (spans carry `file_number`); the Migration is what could be read, to be used only when
  /// `out` gained no error.
  virtual Migration parse(const SourceFile& file, std::uint32_t file_number, const BindContext& context,
                          Diagnostics& out) const = 0;
  /// Canonical text of a migration or down text, from its operations (comments are not known here).
  virtual std::string print(const Migration& migration) const = 0;
  /// `zmig fmt`: the canonical form of a file, comments kept. Errors go to `out`; then the text is empty.
  virtual std::string format(const SourceFile& file, std::uint32_t file_number, Diagnostics& out) const = 0;
  /// "sha256:<64 hex>" (language.md 12): layout, comments, description, author, tags and the down block do not count.
  virtual std::string checksum(const SourceFile& file, std::uint32_t file_number, Diagnostics& out) const = 0;
};

}  // namespace zmig
