#pragma once
// The console: streams, colours with signs, tables, questions, and the JSON envelope. The only place that prints.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <zmig/diagnostic.h>
#include <zmig/migrator.h>
#include <zmig/ports.h>

#include "command.h"

namespace zmig::cli {

/// What the envelope says of the target (cli.md 4.2).
struct TargetSummary {
  bool present = false, guarded = false;
  std::string env, kind, url, title, target_id, lineage;
};

/// Columns are shown left-aligned; `drop` lists the columns that go first, in order, when the terminal is too narrow.
struct Table {
  std::vector<std::vector<std::string>> rows;
  std::vector<std::size_t> drop;
  std::size_t indent = 2;
};

class Console {
 public:
  Console();
  ~Console();
  /// Decides colour, ASCII and progress from flags and the environment (cli.md 6, 7.2). `width` 0: that of the
  /// terminal.
  void configure(const std::string& color, bool ascii, const std::string& progress, bool quiet, int verbose,
                 std::size_t width = 0);

  Status out(std::string_view text);  ///< stdout: the result; a reader that went away is no failure
  void err(std::string_view text);    ///< stderr: everything else
  [[nodiscard]] bool out_colored() const { return out_color_; }
  [[nodiscard]] bool err_is_terminal() const { return err_terminal_; }
  [[nodiscard]] std::size_t width() const { return width_; }
  [[nodiscard]] std::size_t err_width() const { return err_width_; }
  [[nodiscard]] bool ascii() const { return ascii_; }
  [[nodiscard]] const std::string& progress() const { return progress_; }
  [[nodiscard]] bool quiet() const { return quiet_; }
  [[nodiscard]] int verbose() const { return verbose_; }
  /// A question would reach a person.
  [[nodiscard]] bool can_ask() const;
  /// Asks on stderr, reads a line from stdin. None: end of file, or stdin and stderr are not both terminals.
  std::optional<std::string> ask(const std::string& question);

  /// A text with the colour of its sign: + green, ~ yellow, - red, = dim, ! bold red, ? blue, > blue. Plain when stdout
  /// has no colour.
  [[nodiscard]] std::string signed_line(char sign, const std::string& text) const;
  [[nodiscard]] std::string table(const Table& table) const;
  /// A diagnostic for stderr, with colour.
  [[nodiscard]] std::string diagnostic(const Diagnostic& diagnostic, const SourceMap& sources) const;
  /// The same for stdout, where findings are the result (lint).
  [[nodiscard]] std::string finding(const Diagnostic& diagnostic, const SourceMap& sources) const;

 private:
  static std::string painted(const Diagnostic& diagnostic, const SourceMap& sources, bool colored);

  bool out_terminal_ = false, err_terminal_ = false, out_color_ = false, err_color_ = false, ascii_ = false,
       quiet_ = false;
  int verbose_ = 0;
  bool fits_ = false;  ///< lists drop columns to fit `width_`
  std::size_t width_ = 80, err_width_ = 80;
  std::string progress_ = "plain";
};

/// A JSON document with the characters escaped that hide text or turn it around: a reader gets them back, a terminal
/// does not act on them.
std::string escaped_json(const std::string& json);

/// The one JSON document of `--json`.
std::string envelope(std::string_view command, const Answer& answer, const Diagnostics& diagnostics,
                     const SourceMap& sources, const TargetSummary& target, UtcTime started, UtcTime finished,
                     bool one_line = false);

}  // namespace zmig::cli
