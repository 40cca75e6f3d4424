#include "display.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <utility>

#include <fmt/format.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/spdlog.h>

#include <zmig/text.h>

namespace zmig::cli {
namespace {

using std::chrono::milliseconds;

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

std::string bar(std::uint64_t done, std::uint64_t total, bool ascii) {
  constexpr std::size_t kWidth = 20;
  const auto filled = total == 0 ? 0 : std::min<std::size_t>(kWidth, static_cast<std::size_t>(done * kWidth / total));
  std::string text;
  for (std::size_t at = 0; at < kWidth; ++at) text += at < filled ? (ascii ? "#" : "\u2588") : (ascii ? "-" : "\u2591");
  return text;
}

/// "601/1 002 rows of Pedidos", or "601 rows of Pedidos" while the end is not known.
std::string counted_so_far(const event::StageProgress& progress) {
  return fmt::format("{}{} {}", grouped(progress.done),
                     progress.total == 0 ? std::string() : "/" + grouped(progress.total), printable(progress.unit));
}

struct LogLine {
  bool values;
  std::string operator()(const event::RunStarted& e) const {
    return fmt::format("d{} run.started verb={} target={}", e.deployment, e.verb, printable(e.target));
  }
  std::string operator()(const event::StageStarted& e) const {
    return fmt::format("stage.started {}/{} {} {}", e.index, e.total, e.name, e.migration);
  }
  std::string operator()(const event::StageProgress& e) const {
    return fmt::format("stage.progress {}/{} {}", e.done, e.total, printable(e.unit));
  }
  std::string operator()(const event::StageFinished& e) const {
    return fmt::format("stage.finished {}/{} {} {} outcome={} ms={}", e.index, e.total, e.name, e.migration, e.outcome,
                       e.ms);
  }
  std::string operator()(const event::BackupVerified& e) const {
    return fmt::format("backup.verified b{} mode={} bytes={} sha256={}", e.backup.id, e.backup.mode, e.backup.bytes,
                       e.backup.sha256);
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
  std::string operator()(const event::Paused& e) const {
    return fmt::format("run.paused at_most={} s, {}", e.at_most.count(), printable(e.why));
  }
  std::string operator()(const event::CopyFailed& e) const {
    return fmt::format("backup.copy_failed {} {} {}", e.mode, e.code, printable(redact(e.message)));
  }
  std::string operator()(const event::CheckFinished& e) const {
    auto line = fmt::format("check.finished {} outcome={} examined={} offending={}", e.check.id,
                            to_string(e.check.outcome), e.check.examined, e.check.offending_count);
    if (values && !e.check.offending.empty()) line += " cells=" + printable(join(e.check.offending, ", "));
    return line;
  }
  std::string operator()(const event::RunFinished& e) const {
    return fmt::format("r{} run.finished outcome={}", e.run, e.outcome);
  }
};

}  // namespace

std::string event_text(const Event& event, bool values) { return std::visit(LogLine{values}, event); }

std::string eta_of(std::uint64_t done, std::uint64_t total, milliseconds passed) {
  if (total == 0 || done == 0 || done >= total || passed < milliseconds(1000)) return {};
  const auto left = static_cast<double>(passed.count()) * static_cast<double>(total - done) / static_cast<double>(done);
  const auto seconds = static_cast<std::uint64_t>(std::llround(left / 1000.0));
  return seconds < 120 ? fmt::format("eta {} s", std::max<std::uint64_t>(seconds, 1))
                       : fmt::format("eta {} min", (seconds + 30) / 60);
}

void prune_logs(const std::string& folder, UtcTime now, std::chrono::seconds keep) {
  namespace fs = std::filesystem;
  auto oldest = format_utc(now - keep).substr(0, 19);  // 2026-01-26T18:15:00, and names say 20260126T181500Z_up.log
  std::erase_if(oldest, [](char c) { return c == '-' || c == ':'; });
  const auto is_ours = [](const std::string& name) {
    constexpr std::string_view kShape =
        "dddddddd"
        "Tdddddd"
        "Z_";
    if (name.size() < kShape.size() || !name.ends_with(".log")) return false;
    for (std::size_t at = 0; at < kShape.size(); ++at)
      if (kShape[at] == 'd' ? (name[at] < '0' || name[at] > '9') : name[at] != kShape[at]) return false;
    return true;
  };
  std::error_code failure;
  std::vector<fs::path> old;
  for (fs::directory_iterator at(folder, failure), end; !failure && at != end; at.increment(failure)) {
    const auto name = at->path().filename().string();
    if (is_ours(name) && name.substr(0, 15) < oldest) old.push_back(at->path());
  }
  for (const auto& path : old) fs::remove(path, failure);  // a log that stays is no failure of this run
}

struct RunDisplay::Log {
  std::shared_ptr<spdlog::logger> logger;  // spdlog hands loggers out as shared pointers
};

RunDisplay::RunDisplay(Console& console, Clock& clock, DisplayOptions options)
    : console_(console), clock_(clock), options_(std::move(options)) {
  said_ = clock_.monotonic();
  if (options_.log_path.empty()) return;
  try {
    // Made here, readable by its owner only: the library would follow the umask. What is wrong with the place, it says.
    const int made = ::open(options_.log_path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (made >= 0) ::close(made);
    auto sink = std::make_shared<spdlog::sinks::basic_file_sink_st>(options_.log_path, false);
    log_ = std::make_unique<Log>();
    log_->logger = std::make_shared<spdlog::logger>("zmig", std::move(sink));
    const auto* pattern = options_.log_format == "ndjson" ? "%v" : "%Y-%m-%dT%H:%M:%S.%eZ %-7l %v";
    log_->logger->set_formatter(std::make_unique<spdlog::pattern_formatter>(pattern, spdlog::pattern_time_type::utc));
    log_->logger->set_level(spdlog::level::from_str(options_.level));
    // A full disk: told once, in our own words; the run does not depend on its log.
    log_->logger->set_error_handler([this, told = false](const std::string& what) mutable {
      if (!std::exchange(told, true)) {
        clear();
        console_.err(fmt::format("warning: the log is not whole: {}\n", printable(what)));
      }
    });
    if (options_.log_format != "ndjson" && !options_.about.empty()) log_->logger->info("{}", options_.about);
  } catch (const spdlog::spdlog_ex& error) {
    log_.reset();
    opened_ =
        make_error(Errc::io, "ZM0702",
                   fmt::format("the log file {} cannot be opened: {}", zmig::quoted(options_.log_path), error.what()),
                   "choose another place with --log-file or [log] dir");
  }
}
RunDisplay::~RunDisplay() {
  if (log_) log_->logger->flush();
  clear();
}

void RunDisplay::note(const std::string& line) {
  if (log_ && options_.log_format != "ndjson") log_->logger->info("{}", line);
}

void RunDisplay::clear() {
  if (line_open_) console_.err("\r\x1b[K");
  line_open_ = false;
}

void RunDisplay::redraw(const std::string& line) {
  console_.err("\r\x1b[K" + fitted(line, console_.err_width()));
  line_open_ = true;
}

std::string RunDisplay::heading(bool aligned) const {
  const auto& name = stage_.name.empty() ? options_.label : stage_.name;
  // How many stages there will be is not known before the check is through.
  const auto place = stage_.total == 0 ? std::string() : fmt::format("[{}/{}] ", stage_.index, stage_.total);
  return place + (aligned ? fmt::format("{:<7}", name) : name) +
         (stage_.migration.empty() ? "" : " " + stage_.migration);
}

/// The log file, the events of --format ndjson, and the echo of -vv.
void RunDisplay::keep(const Event& event) {
  ++seq_;
  const bool detail = std::holds_alternative<event::StageProgress>(event);
  if (log_) {
    log_->logger->log(detail ? spdlog::level::debug : spdlog::level::info, "{}",
                      options_.log_format == "ndjson" ? event_json(event, seq_, clock_.now(), options_.values)
                                                      : event_text(event, options_.values));
    // A thousand migrations in one commit are ten thousand lines in a moment: no system call for each of them.
    if (const auto now = clock_.monotonic(); seq_ == 1 || now - flushed_ >= milliseconds(10)) {
      log_->logger->flush();
      flushed_ = now;
    }
  }
  if (options_.ndjson && !detail) static_cast<void>(console_.out(event_json(event, seq_, clock_.now(), false) + "\n"));
  if (console_.verbose() > 1) {
    clear();
    console_.err("debug: " + event_text(event, false) + "\n");
  }
}

void RunDisplay::show(const event::StageStarted& started) {
  stage_ = {started.index, started.total, started.name, started.migration};
  drawn_.reset();
  done_ = 0;
  said_ = clock_.monotonic();
  if (console_.progress() == "bar") redraw(heading(true));
}

void RunDisplay::show(const event::BatchSent& sent) {
  if (console_.progress() == "bar") redraw(fmt::format("{}  writing {} cells", heading(true), grouped(sent.cells)));
}

void RunDisplay::show(const event::StageProgress& progress) {
  const auto now = clock_.monotonic();
  if (done_ == 0 || progress.done <= done_) reading_since_ = now;  // another sheet, or the same one once more
  done_ = progress.done;
  const auto eta = eta_of(progress.done, progress.total, now - reading_since_);
  if (console_.progress() == "bar") {
    if (drawn_ && now - *drawn_ < milliseconds(100)) return;  // at most ten times a second
    drawn_ = now;
    auto line = heading(true) + "  ";
    if (progress.total > 0)
      line += fmt::format("{}  {:>3} %   ", bar(progress.done, progress.total, console_.ascii()),
                          progress.done * 100 / progress.total);
    redraw(line + counted_so_far(progress) + (eta.empty() ? "" : "   " + eta));
  } else if (now - said_ >= milliseconds(10000)) {
    said_ = now;
    console_.err(fmt::format("{}: still working, {}{}\n", heading(false), counted_so_far(progress),
                             eta.empty() ? "" : ", " + eta));
  }
}

void RunDisplay::show(const event::StageFinished& finished) {
  const auto seconds = static_cast<double>(finished.ms) / 1000.0;
  stage_.total = finished.total;
  if (console_.progress() == "bar") {
    // Finished stages scroll up; they may wrap.
    clear();
    console_.err(fmt::format("{:<22} {:<7} {:>5.1f} s   {}\n", heading(true), finished.outcome, seconds,
                             printable(finished.detail)));
  } else {
    console_.err(fmt::format("{}: {}, {:.1f} s{}{}\n", heading(false), finished.outcome, seconds,
                             finished.detail.empty() ? "" : ", ", printable(finished.detail)));
  }
  stage_ = {};
}

void RunDisplay::on(const Event& event) {
  keep(event);
  if (const auto* waiting = std::get_if<event::Waiting>(&event)) {
    clear();
    if (!console_.quiet()) console_.err("waiting for " + printable(waiting->holder) + "\n");
    return;
  }
  if (const auto* paused = std::get_if<event::Paused>(&event)) {
    clear();
    if (console_.quiet()) return;
    console_.err(paused->at_most.count() == 0
                     ? printable(paused->why) + "\n"
                     : fmt::format("waiting, for at most {} s: {}\n", paused->at_most.count(), printable(paused->why)));
    return;
  }
  if (console_.progress() == "none" || !options_.shown) return;
  if (const auto* started = std::get_if<event::StageStarted>(&event)) show(*started);
  if (const auto* progress = std::get_if<event::StageProgress>(&event)) show(*progress);
  if (const auto* finished = std::get_if<event::StageFinished>(&event)) show(*finished);
  if (const auto* sent = std::get_if<event::BatchSent>(&event)) show(*sent);
}

}  // namespace zmig::cli
