#pragma once
// The rules of lint by family (docs/lint.md). How to add one: a row in lint.cc (in order), a check in the file of its
// family, a good and a bad sample in tests/data/lint/ZMnnnn/, an entry in docs/diagnostics.md and docs/lint.md.

#include <functional>
#include <optional>
#include <regex>
#include <string>
#include <string_view>
#include <vector>

#include <zmig/lint.h>

#include "plan/lint_text.h"

namespace zmig::linting {

/// One migration under the rules: its operations, the schema before each, and where findings go.
class Subject {
 public:
  Subject(const LintInput& given, const Replayed& one, std::uint32_t number, std::vector<LintFinding>& out);

  const LintInput& input;
  const Replayed& replayed;
  const Migration& migration;
  const std::vector<Operation>& operations;
  std::vector<Schema> states;  ///< states[i] before operation i; the last one after all
  std::uint32_t file;
  const SourceFile& source;

  /// The place of an operation: the name that it is about; its whole statement.
  [[nodiscard]] Span span(std::size_t operation) const;
  [[nodiscard]] Span line(std::size_t operation) const;
  /// The column that the statement begins with, also where the caret of its errors stands elsewhere.
  [[nodiscard]] Span name(std::size_t operation) const;
  /// The quoted text `value` in the statement; the name that it is about when it is not written there.
  [[nodiscard]] Span quoted_in_line(std::size_t operation, std::string_view value) const;
  [[nodiscard]] Span whole_file() const { return {file, 0, 0}; }
  /// The text of the statement.
  [[nodiscard]] std::string_view text_of(std::size_t operation) const;
  [[nodiscard]] const Schema& before(std::size_t operation) const { return states[operation]; }
  [[nodiscard]] const Schema& after(std::size_t operation) const { return states[operation + 1]; }
  /// The sheet is there before the migration, so it may hold rows.
  [[nodiscard]] bool is_old_sheet(const std::string& sheet_id) const;

  LintFinding& add(std::string_view rule, std::string message, Span at, std::string about = {}, std::string help = {});

 private:
  std::vector<LintFinding>& out_;
};

/// A finding with the defaults of its rule.
LintFinding finding(std::string_view rule, std::string message, std::optional<Span> at, std::string help = {});

// Families. Each looks at one migration.
void check_destructive(Subject& subject);  // 1 and the static part of 2
void check_readers(Subject& subject);      // 3
/// `pattern`: what a header has to look like; null: anything.
void check_names(Subject& subject, const std::regex* pattern);  // 4
void check_values(Subject& subject);                            // 6, 7
void check_safety(Subject& subject);                            // 8, and 9 as far as one file goes
// The folder: 9.
void check_folder(const LintInput& input, std::vector<LintFinding>& out);
// The workbook. Migrations of the scope.
Status check_live(const LintInput& input, std::vector<Subject>& subjects, std::vector<LintFinding>& out);

// --- Shared looks at operations ---------------------------------------------------------------------------------

/// A text that an operation writes into cells, a header, a title or a list.
struct WrittenText {
  enum class Into { cell, header, value };
  std::string text;
  Into into = Into::cell;
  const Column* column = nullptr;  ///< the column whose cells get it
};
std::vector<WrittenText> written_texts(const Operation& operation, const Schema& after);
/// Formulas of an operation that read cells: values, conditions, ways back.
std::vector<const Expr*> formulas_of(const Operation& operation);
/// Every node of a formula.
void for_each_node(const Expr& expr, const std::function<void(const Expr&)>& visit);
/// New headers: sheet id, header, id of the column.
struct NewHeader {
  std::string sheet, header, column;
};
std::optional<NewHeader> new_header(const Operation& operation);
const Column* column_at(const Schema& schema, const ColumnRef& at);

}  // namespace zmig::linting
