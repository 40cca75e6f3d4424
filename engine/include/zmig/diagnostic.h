#pragma once
/// Diagnostics: what is wrong with something a person wrote, or with a cell of a live workbook. Many per run, each with
/// a stable code, a place, and (almost always) a fix. Text and JSON are made from this one structure.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <zmig/result.h>

namespace zmig {

/// A file of source text, as read: bytes, UTF-8 if it is well formed (checked by the scanner, ZM0008).
struct SourceFile {
  std::string path;  ///< as shown to people, relative to the project folder
  std::string text;  ///< the exact bytes
  bool operator==(const SourceFile&) const = default;
};

/// Byte offsets into SourceMap file number `file`, half open. Lines and columns are computed when printed:
/// lines from 1; columns from 1 in code points, not bytes.
struct Span {
  std::uint32_t file = 0, begin = 0, end = 0;
  bool operator==(const Span&) const = default;
};

/// A span with a few words under its caret. A finding in a live workbook has a `cell` (`Operaciones!BM1`) instead of a
/// span, or both.
struct Label {
  std::optional<Span> span;
  std::string cell;
  std::string text;
  bool operator==(const Label&) const = default;
};

enum class Severity { error, warning, info };

struct Diagnostic {
  Severity severity = Severity::error;
  std::string code;     ///< "ZM0102": one row of the code table, one entry in docs/diagnostics.md
  std::string message;  ///< title: lower case, no full stop
  Label primary;
  std::vector<Label> secondary;
  std::vector<std::string> notes;
  std::optional<std::string> help;  ///< only help proposes
  bool operator==(const Diagnostic&) const = default;
};

/// All diagnostics of one run, in the order they were found.
class Diagnostics {
 public:
  void add(Diagnostic diagnostic) { all_.push_back(std::move(diagnostic)); }
  void append(const Diagnostics& more) { all_.insert(all_.end(), more.all_.begin(), more.all_.end()); }
  [[nodiscard]] const std::vector<Diagnostic>& all() const { return all_; }
  [[nodiscard]] std::vector<Diagnostic>& all() { return all_; }
  [[nodiscard]] bool empty() const { return all_.empty(); }
  [[nodiscard]] std::size_t count(Severity severity) const;
  [[nodiscard]] bool has_errors() const { return count(Severity::error) > 0; }

 private:
  std::vector<Diagnostic> all_;
};

/// The files that spans point into. A file's number is its index.
class SourceMap {
 public:
  /// Adds a copy of the file and returns its number.
  std::uint32_t add(SourceFile file);
  [[nodiscard]] const SourceFile& file(std::uint32_t number) const { return files_.at(number); }
  [[nodiscard]] std::size_t size() const { return files_.size(); }

 private:
  std::vector<SourceFile> files_;
};

/// A place for people: line and column from 1, column in code points.
struct LineColumn {
  std::size_t line = 1, column = 1;
  bool operator==(const LineColumn&) const = default;
};
LineColumn line_column(std::string_view text, std::size_t byte_offset);

/// Renders in the shape of language.md 13.4: `error[CODE]: message`, arrow, source line with caret, labels, notes,
/// help. Text from outside is escaped so that it cannot control a terminal. Ends with a line feed. `shown_path` of a
/// span is the SourceFile's path.
std::string render(const Diagnostic& diagnostic, const SourceMap& sources);

/// The row of the code table: one for every ZM code that this build can raise.
struct CodeRow {
  std::string_view code;  ///< "ZM0012"
  int exit = 65;          ///< the exit code of cli.md 5 that this finding decides; 0 for information
  std::string_view says;  ///< one line, for tables and `zmig help`
};

/// All codes, sorted. Each has an entry `## ZMnnnn` in docs/diagnostics.md (a test compares).
std::span<const CodeRow> code_table();
const CodeRow* find_code(std::string_view code);

/// The exit code that wins when several apply: the first of 64 78 65 66 77 69 75 7 8 3 9 10 5 4 2 1 (cli.md 5).
int stronger_exit(int a, int b);
/// The strongest exit code of all errors in there; 0 when there is none.
int exit_code_of(const Diagnostics& diagnostics);
/// The exit code that an error decides: that of its ZM code, else of its class.
int exit_of(const Error& error);

}  // namespace zmig
