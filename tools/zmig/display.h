#pragma once
// What a person sees and the log keeps while a command works: stages, a bar on a terminal, plain lines elsewhere.

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <zmig/migrator.h>

#include "ui.h"

namespace zmig::cli {

struct DisplayOptions {
  std::string log_path;             ///< empty: no log. The folder must exist.
  std::string level = "info";       ///< of the log
  std::string log_format = "text";  ///< or "ndjson"
  bool values = false;              ///< the log may name cells with their values
  std::string about;                ///< first line of the log
  std::string label;                ///< stands for the stage where there is none ("verify")
  bool ndjson = false;              ///< events go to stdout, one a line
  bool shown = true;                ///< false: only the log and the events; for runs inside a rehearsal
};

/// Prints stages while a run works (bar on a terminal, plain lines elsewhere) and writes the log file of the run.
class RunDisplay : public Observer {
 public:
  RunDisplay(Console& console, Clock& clock, DisplayOptions options);
  ~RunDisplay() override;
  void on(const Event& event) override;
  /// A line of its own in the log.
  void note(const std::string& line);
  /// Takes the line that is being redrawn away: something else is to be printed.
  void clear();
  [[nodiscard]] const std::string& log_path() const { return options_.log_path; }
  [[nodiscard]] Status opened() const { return opened_; }

 private:
  struct Log;
  struct Stage {
    std::size_t index = 0, total = 0;
    std::string name, migration;
  };
  void keep(const Event& event);
  void show(const event::StageStarted& started);
  void show(const event::StageProgress& progress);
  void show(const event::StageFinished& finished);
  void show(const event::BatchSent& sent);
  /// "[3/5] apply 0002", with `width` columns for the name.
  [[nodiscard]] std::string heading(bool aligned) const;
  void redraw(const std::string& line);

  Console& console_;
  Clock& clock_;
  DisplayOptions options_;
  std::unique_ptr<Log> log_;
  Status opened_ = ok();
  bool line_open_ = false;
  std::chrono::milliseconds flushed_{0};  ///< when the log was
  std::uint64_t seq_ = 0;
  Stage stage_;
  std::uint64_t done_ = 0;                      ///< of the reading that is going on
  std::chrono::milliseconds reading_since_{0};  ///< when it began
  std::optional<std::chrono::milliseconds> drawn_;
  std::chrono::milliseconds said_{0};  ///< when the last plain line was printed
};

/// "eta 2 s" from the pace so far; empty in the first second and when the end is not known.
std::string eta_of(std::uint64_t done, std::uint64_t total, std::chrono::milliseconds passed);

/// Removes logs that zmig made here (by their names) and that are older than `keep`.
void prune_logs(const std::string& folder, UtcTime now, std::chrono::seconds keep);

/// One line of the log, or of --format ndjson (`events_json.cc`): ids, counts and hashes; cell values only with
/// `values`.
std::string event_text(const Event& event, bool values);
std::string event_json(const Event& event, std::uint64_t seq, UtcTime at, bool values);

}  // namespace zmig::cli
