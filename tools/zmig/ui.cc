#include "ui.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iostream>

#include <fmt/format.h>

#include <zmig/text.h>

#include "width.h"

namespace zmig::cli {
namespace {

bool is_set(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr && *value != '\0';
}

/// cli.md 6: flag and ZMIG_COLOR (already merged into `when`), NO_COLOR, CLICOLOR_FORCE or FORCE_COLOR, TERM=dumb,
/// automatic.
bool decide_color(const std::string& when, bool terminal) {
  if (when == "always") return true;
  if (when == "never") return false;
  if (is_set("NO_COLOR")) return false;
  if (is_set("CLICOLOR_FORCE") || is_set("FORCE_COLOR")) return true;
  const char* term = std::getenv("TERM");
  if (term != nullptr && std::string_view(term) == "dumb") return false;
  return terminal;
}

bool utf8_locale() {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    if (!is_set(name)) continue;
    const std::string value = std::getenv(name);
    return value.find("UTF-8") != std::string::npos || value.find("utf8") != std::string::npos ||
           value.find("UTF8") != std::string::npos;
  }
  return false;
}

/// 0, or the errno of the write that failed.
int write_all(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const auto done = ::write(descriptor, text.data(), text.size());
    if (done < 0 && errno == EINTR) continue;
    if (done <= 0) return done < 0 ? errno : EIO;
    text.remove_prefix(static_cast<std::size_t>(done));
  }
  return 0;
}

std::optional<std::size_t> terminal_width(int descriptor) {
  winsize size{};
  if (::isatty(descriptor) != 1 || ::ioctl(descriptor, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return std::nullopt;
  return size.ws_col;
}

std::string paint(bool color, std::string_view code, std::string_view text) {
  return color ? fmt::format("\x1b[{}m{}\x1b[0m", code, text) : std::string(text);
}

std::string_view color_of(char sign) {
  switch (sign) {
    case '+': return "32";
    case '~': return "33";
    case '-': return "31";
    case '!': return "1;31";
    case '?':
    case '>': return "34";
    default: return "2";
  }
}

}  // namespace

Console::Console() = default;
Console::~Console() = default;

void Console::configure(const std::string& color, bool ascii, const std::string& progress, bool quiet, int verbose,
                        std::size_t width) {
  out_terminal_ = ::isatty(STDOUT_FILENO) == 1;
  err_terminal_ = ::isatty(STDERR_FILENO) == 1;
  out_color_ = decide_color(color, out_terminal_);
  err_color_ = decide_color(color, err_terminal_);
  ascii_ = ascii || !utf8_locale();
  quiet_ = quiet;
  verbose_ = verbose;
  progress_ = progress != "auto" ? progress : (err_terminal_ && !ascii_ && !is_set("CI")) ? "bar" : "plain";
  if (quiet) progress_ = "none";
  width_ = width != 0 ? width : terminal_width(STDOUT_FILENO).value_or(80);
  err_width_ = width != 0 ? width : terminal_width(STDERR_FILENO).value_or(80);
  fits_ = out_terminal_ || width != 0;
}

Status Console::out(std::string_view text) {
  const int failure = write_all(STDOUT_FILENO, text);
  // A reader that went away (`| head -1`) does not stop a run and is no failure (cli.md 4.1); a full disk is one.
  if (failure == 0 || failure == EPIPE) return ok();
  return make_error(Errc::io, "ZM0714",
                    fmt::format("the result cannot be written to stdout: {}", std::strerror(failure)));
}
void Console::err(std::string_view text) { write_all(STDERR_FILENO, text); }

bool Console::can_ask() const { return ::isatty(STDIN_FILENO) == 1 && err_terminal_; }

std::optional<std::string> Console::ask(const std::string& question) {
  if (!can_ask()) return std::nullopt;
  err(question + " ");
  std::string line;
  if (!std::getline(std::cin, line)) {
    err("\n");
    return std::nullopt;
  }
  return line;
}

std::string Console::signed_line(char sign, const std::string& text) const {
  return paint(out_color_, color_of(sign), text);
}

std::string Console::table(const Table& table) const {
  std::size_t columns = 0;
  for (const auto& row : table.rows) columns = std::max(columns, row.size());
  std::vector<bool> shown(columns, true);
  std::vector<std::size_t> widths(columns, 0);
  for (const auto& row : table.rows)
    for (std::size_t column = 0; column < row.size(); ++column)
      widths[column] = std::max(widths[column], display_width(row[column]));
  const auto total = [&] {
    std::size_t sum = table.indent;
    for (std::size_t column = 0; column < columns; ++column)
      if (shown[column] && widths[column] > 0) sum += widths[column] + 2;
    return sum < 2 ? 0 : sum - 2;
  };
  if (fits_)
    for (const auto column : table.drop) {
      if (total() <= width_) break;
      if (column < columns) shown[column] = false;
    }
  std::string out;
  for (const auto& row : table.rows) {
    std::string line(table.indent, ' ');
    for (std::size_t column = 0; column < row.size(); ++column) {
      if (!shown[column] || widths[column] == 0) continue;
      line += row[column];
      line.append(widths[column] - display_width(row[column]) + 2, ' ');
    }
    while (!line.empty() && line.back() == ' ') line.pop_back();
    out += line + '\n';
  }
  return out;
}

std::string Console::diagnostic(const Diagnostic& diagnostic, const SourceMap& sources) const {
  return painted(diagnostic, sources, err_color_);
}

std::string Console::finding(const Diagnostic& diagnostic, const SourceMap& sources) const {
  return painted(diagnostic, sources, out_color_);
}

std::string Console::painted(const Diagnostic& diagnostic, const SourceMap& sources, bool colored) {
  auto text = render(diagnostic, sources);
  if (!colored) return text;
  const auto colon = text.find(':');
  const auto* code = diagnostic.severity == Severity::error     ? "1;31"
                     : diagnostic.severity == Severity::warning ? "33"
                                                                : "2";
  return paint(true, code, text.substr(0, colon)) + text.substr(colon);
}

}  // namespace zmig::cli
