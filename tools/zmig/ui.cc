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
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/spdlog.h>

#include <zmig/text.h>

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

/// A line that is redrawn must not wrap: the terminal cannot take a wrapped one back.
std::string fitted(std::string text, std::size_t width) {
  std::size_t points = 0, at = 0;
  while (at < text.size() && points + 1 < width) {
    ++at;
    while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xc0U) == 0x80U) ++at;
    ++points;
  }
  text.resize(at);
  return text;
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

void Console::configure(const std::string& color, bool ascii, const std::string& progress, bool quiet, int verbose) {
  out_terminal_ = ::isatty(STDOUT_FILENO) == 1;
  err_terminal_ = ::isatty(STDERR_FILENO) == 1;
  out_color_ = decide_color(color, out_terminal_);
  err_color_ = decide_color(color, err_terminal_);
  ascii_ = ascii || !utf8_locale();
  quiet_ = quiet;
  verbose_ = verbose;
  progress_ = progress != "auto" ? progress : (err_terminal_ && !ascii && !is_set("CI")) ? "bar" : "plain";
  if (quiet) progress_ = "none";
  width_ = terminal_width(STDOUT_FILENO).value_or(80);
  err_width_ = terminal_width(STDERR_FILENO).value_or(80);
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
      widths[column] = std::max(widths[column], count_code_points(row[column]));
  const auto total = [&] {
    std::size_t sum = table.indent;
    for (std::size_t column = 0; column < columns; ++column)
      if (shown[column] && widths[column] > 0) sum += widths[column] + 2;
    return sum < 2 ? 0 : sum - 2;
  };
  if (out_terminal_)
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
      line.append(widths[column] - count_code_points(row[column]) + 2, ' ');
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

// --- RunDisplay
// -------------------------------------------------------------------------------------------------------------------------
struct RunDisplay::Log {
  std::shared_ptr<spdlog::logger> logger;  // spdlog hands loggers out as shared pointers
};

RunDisplay::RunDisplay(Console& console, const std::string& log_path, const std::string& level)
    : console_(console), log_path_(log_path) {
  if (log_path.empty()) return;
  try {
    auto sink = std::make_shared<spdlog::sinks::basic_file_sink_st>(log_path, false);
    log_ = std::make_unique<Log>();
    log_->logger = std::make_shared<spdlog::logger>("zmig", std::move(sink));
    log_->logger->set_formatter(
        std::make_unique<spdlog::pattern_formatter>("%Y-%m-%dT%H:%M:%S.%eZ %-7l %v", spdlog::pattern_time_type::utc));
    log_->logger->set_level(spdlog::level::from_str(level));
    log_->logger->flush_on(spdlog::level::info);
  } catch (const spdlog::spdlog_ex& error) {
    log_.reset();
    opened_ = make_error(Errc::io, "ZM0702",
                         fmt::format("the log file {} cannot be opened: {}", zmig::quoted(log_path), error.what()),
                         "choose another place with --log-file or [log] dir");
  }
}
RunDisplay::~RunDisplay() {
  if (line_open_) console_.err("\n");
}

namespace {

/// One line of the log for each event: ids, counts and hashes, never cell values.
struct LogLine {
  std::string operator()(const event::RunStarted& e) const {
    return fmt::format("d{} run.started verb={} target={}", e.deployment, e.verb, printable(e.target));
  }
  std::string operator()(const event::StageStarted& e) const {
    return fmt::format("stage.started {}/{} {} {}", e.index, e.total, e.name, e.migration);
  }
  std::string operator()(const event::StageProgress& e) const {
    return fmt::format("stage.progress {}/{} {}", e.done, e.total, e.unit);
  }
  std::string operator()(const event::StageFinished& e) const {
    return fmt::format("stage.finished {}/{} {} {} outcome={} ms={}", e.index, e.total, e.name, e.migration, e.outcome,
                       e.ms);
  }
  std::string operator()(const event::BackupVerified& e) const {
    return fmt::format("backup.verified b{} bytes={} sha256={}", e.backup.id, e.backup.bytes, e.backup.sha256);
  }
  std::string operator()(const event::BatchSent& e) const {
    return fmt::format("r{} batch.sent {}/{} changes={} cells={}", e.run, e.batch, e.of, e.changes, e.cells);
  }
  std::string operator()(const event::BatchConfirmed& e) const {
    return fmt::format("r{} batch.confirmed {}", e.run, e.batch);
  }
  std::string operator()(const event::BatchUnknown& e) const {
    return fmt::format("r{} batch.unknown {} {}", e.run, e.batch, printable(redact(e.message)));
  }
  std::string operator()(const event::Waiting& e) const { return "lock.waiting holder=" + printable(e.holder); }
  std::string operator()(const event::CheckFinished& e) const {
    return fmt::format("check.finished {} outcome={} examined={} offending={}", e.check.id, to_string(e.check.outcome),
                       e.check.examined, e.check.offending_count);
  }
  std::string operator()(const event::RunFinished& e) const {
    return fmt::format("r{} run.finished outcome={}", e.run, e.outcome);
  }
};

std::string bar(std::uint64_t done, std::uint64_t total, bool ascii) {
  constexpr std::size_t kWidth = 20;
  const auto filled = total == 0 ? 0 : std::min<std::size_t>(kWidth, static_cast<std::size_t>(done * kWidth / total));
  std::string text;
  for (std::size_t at = 0; at < kWidth; ++at) text += at < filled ? (ascii ? "#" : "\u2588") : (ascii ? "-" : "\u2591");
  return text;
}

}  // namespace

void RunDisplay::clear() {
  if (line_open_) console_.err("\r\x1b[K");
  line_open_ = false;
}

void RunDisplay::on(const Event& event) {
  if (log_) {
    const bool detail = std::holds_alternative<event::StageProgress>(event);
    log_->logger->log(detail ? spdlog::level::debug : spdlog::level::info, "{}", std::visit(LogLine{}, event));
  }
  const auto& how = console_.progress();
  if (const auto* waiting = std::get_if<event::Waiting>(&event)) {
    clear();
    if (!console_.quiet()) console_.err("waiting for " + printable(waiting->holder) + "\n");
    return;
  }
  if (how == "none") return;
  const bool redraw = how == "bar";
  if (const auto* started = std::get_if<event::StageStarted>(&event)) {
    // How many stages there will be is not known before the check is through.
    const auto place = started->total == 0 ? std::string() : fmt::format("[{}/{}] ", started->index, started->total);
    stage_ = fmt::format("{}{:<7}{}", place, started->name, started->migration.empty() ? "" : " " + started->migration);
    if (redraw) {
      console_.err("\r\x1b[K" + fitted(stage_, console_.err_width()));
      line_open_ = true;
    }
  } else if (const auto* progress = std::get_if<event::StageProgress>(&event)) {
    const auto now = std::chrono::steady_clock::now();
    const bool soon = now - drawn_ < std::chrono::milliseconds(100);  // at most ten times a second
    if (redraw && progress->total > 0 && (!soon || progress->done == progress->total)) {
      const auto line = fmt::format(
          "{}  {}  {:>3} %   {}/{} {}", stage_, bar(progress->done, progress->total, console_.ascii()),
          progress->done * 100 / progress->total, grouped(progress->done), grouped(progress->total), progress->unit);
      console_.err("\r\x1b[K" + fitted(line, console_.err_width()));
      line_open_ = true;
      drawn_ = now;
    }
  } else if (const auto* finished = std::get_if<event::StageFinished>(&event)) {
    const auto seconds = static_cast<double>(finished->ms) / 1000.0;
    if (redraw) {
      console_.err(fmt::format("\r\x1b[K{:<22} {:<7} {:>5.1f} s   {}\n", stage_, finished->outcome, seconds,
                               printable(finished->detail)));
      line_open_ = false;
    } else {
      const auto place =
          finished->total == 0 ? std::string() : fmt::format("[{}/{}] ", finished->index, finished->total);
      console_.err(fmt::format("{}{}{}: {}, {:.1f} s{}{}\n", place, finished->name,
                               finished->migration.empty() ? "" : " " + finished->migration, finished->outcome, seconds,
                               finished->detail.empty() ? "" : ", ", printable(finished->detail)));
    }
  }
}

}  // namespace zmig::cli
