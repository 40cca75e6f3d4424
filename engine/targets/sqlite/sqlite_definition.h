#pragma once
// A CREATE TABLE statement as text: split at its top-level commas and put together again, every definition with its
// bytes, so that collations, checks, comments and generated columns survive a rebuild (xlsx-csv.md 6.5). Not installed.

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <zmig/result.h>

namespace zmig::sqlite_workbook {

struct DefinitionPart {
  std::string text;          ///< as stored, without the comma
  std::string column;        ///< name of the column; empty: a constraint of the table
  std::size_t name_end = 0;  ///< where the name ends in `text`
  std::size_t type_end = 0;  ///< where the declared type ends; name_end when there is none
};

struct Definition {
  std::vector<DefinitionPart> parts;
  std::string tail;  ///< behind the closing bracket: WITHOUT ROWID, STRICT
};

/// Errc::unsupported when the text is not of the usual shape.
Result<Definition> split_definition(std::string_view sql);
std::string join_definition(std::string_view table, const Definition& definition);

/// The expression of a generated column, or "generated" when it cannot be found in the text.
std::string generated_expression(std::string_view sql, std::string_view column);

/// Whether an SQL text names the column: as a bare word or a quoted identifier, not in strings or comments.
bool mentions_name(std::string_view sql, std::string_view name);
/// The same for any of several names; `lower`: in small ASCII letters.
bool mentions_any(std::string_view sql, const std::set<std::string, std::less<>>& lower);
std::string small_letters(std::string_view name);

/// The words of a statement without what says nothing: comments, quotes around names, the case of letters. Strings keep
/// their quotes, so that 'a' is not "a".
std::vector<std::string> plain_words(std::string_view sql);
/// The name behind word number `index0`, or behind IF NOT EXISTS and a schema; as written, without quotes.
std::string name_behind(std::string_view sql, std::size_t index0);

struct TriggerEvent {
  enum class Kind { insert, remove, update };
  Kind kind = Kind::update;
  std::vector<std::string> columns;  ///< UPDATE OF; empty: any
};
std::optional<TriggerEvent> trigger_event(std::string_view sql);

}  // namespace zmig::sqlite_workbook
