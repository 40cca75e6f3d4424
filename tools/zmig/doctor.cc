// `zmig doctor`: one check a method. Longer than other files because the checks share what they have found out.
#include "doctor.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <map>
#include <tuple>

#include <fmt/format.h>

#include <zmig/backups.h>
#include <zmig/header_norm.h>
#include <zmig/lock.h>
#include <zmig/text.h>

#include "reports.h"
#include "session.h"
#include "statuses.h"

namespace zmig::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::uintmax_t kLittleSpace = 64 * 1024 * 1024;
constexpr std::chrono::minutes kClockSlack{2};

std::string plural(std::uint64_t number, const char* one) { return counted(number, one, std::string(one) + "s"); }

/// The folder itself, or the nearest one above it that exists.
fs::path standing(const fs::path& wanted) {
  std::error_code failure;
  auto folder = fs::absolute(wanted, failure);
  while (!folder.empty() && !fs::exists(folder, failure) && folder != folder.root_path()) folder = folder.parent_path();
  return folder;
}

/// Why files cannot be made in this folder (made when it is missing), or empty.
std::string no_room_in(const fs::path& wanted) {
  std::error_code failure;
  const auto there = standing(wanted);
  if (!fs::is_directory(there, failure)) return fmt::format("{} is no folder", zmig::quoted(there.string()));
  if (::access(there.c_str(), W_OK | X_OK) != 0) return fmt::format("{} is not writable", zmig::quoted(there.string()));
  return {};
}

std::uintmax_t free_space(const fs::path& wanted) {
  std::error_code failure;
  const auto space = fs::space(standing(wanted), failure);
  return failure ? 0 : space.available;
}

class Doctor {
 public:
  Doctor(Session& session, const std::vector<std::string>& only) : session_(session), only_(only) {}

  std::vector<Examined> run() {
    build();
    config();
    project();
    state();
    ledger();
    clock();
    service("credentials");
    reach();
    read();
    write();
    for (const char* id : {"metadata", "share", "copy", "quota"}) service(id);
    stamp();
    lease();
    backup();
    headers();
    identity();
    locale();
    protected_sheets();
    capacity();
    open_elsewhere();
    hooks();
    contract();
    if (!only_.empty())
      std::erase_if(found_, [this](const Examined& one) { return std::ranges::find(only_, one.id) == only_.end(); });
    return std::move(found_);
  }

 private:
  void ok(const std::string& id, std::string message) {
    found_.push_back({id, Health::ok, std::move(message), {}, {}, 0});
  }
  void warn(const std::string& id, std::string message, std::string help, std::string where = {}) {
    found_.push_back({id, Health::warning, std::move(message), std::move(help), std::move(where), 0});
  }
  void fail(const std::string& id, std::string message, std::string help, int exit = 5, std::string where = {}) {
    found_.push_back({id, Health::failed, std::move(message), std::move(help), std::move(where), exit});
  }
  void fail(const std::string& id, const Error& error) {
    const auto coded = with_code(error);
    fail(id, fmt::format("{}: {}", coded.zm, coded.message), coded.help, exit_of(coded), coded.place);
  }
  void wait(const std::string& id, std::string why) {
    found_.push_back({id, Health::not_run, std::move(why), {}, {}, 5});
  }
  [[nodiscard]] bool passed(std::string_view id) const {
    const auto one = std::ranges::find(found_, id, &Examined::id);
    return one != found_.end() && (one->health == Health::ok || one->health == Health::warning);
  }
  /// True when `id` has to wait; says so.
  bool waits(const std::string& id, std::string_view needs) {
    if (passed(needs)) return false;
    wait(id, fmt::format("`{}` did not pass", needs));
    return true;
  }
  [[nodiscard]] std::string where_of(const Diagnostic& finding) const {
    if (!finding.primary.cell.empty()) return finding.primary.cell;
    if (!finding.primary.span || finding.primary.span->file >= session_.sources().size()) return {};
    const auto& file = session_.sources().file(finding.primary.span->file);
    return fmt::format("{}:{}", file.path, line_column(file.text, finding.primary.span->begin).line);
  }
  /// Fails with the first error among the session's findings and takes them away: they are told here.
  bool fail_with_findings(const std::string& id) {
    auto& all = session_.diagnostics();
    if (!all.has_errors()) return false;
    const auto first =
        std::ranges::find_if(all.all(), [](const Diagnostic& one) { return one.severity == Severity::error; });
    const auto errors =
        std::ranges::count_if(all.all(), [](const Diagnostic& one) { return one.severity == Severity::error; });
    fail(id,
         fmt::format("{}: {}{}", first->code, first->message,
                     errors > 1 ? fmt::format(" (and {} more)", errors - 1) : ""),
         first->help.value_or(""), exit_code_of(all), where_of(*first));
    session_.diagnostics() = Diagnostics();
    return true;
  }

  // --- The program and the project -----------------------------------------------------------------------------

  void build() {
    std::vector<std::string> kinds;
    for (const auto& kind : target_kinds()) kinds.emplace_back(kind.scheme);
    const auto says = fmt::format("zmig {}, targets: {}", session_.tool_version(), join(kinds, " "));
    for (const auto& [name, env] : session_.config().environments) {
      const auto colon = env.target.find(':');
      if (colon == std::string::npos || colon < 2) continue;  // a path, judged by `reach`
      const auto scheme = env.target.substr(0, colon);
      if (find_target_kind(scheme) != nullptr) continue;
      return fail("build", fmt::format("this zmig has no {}: targets; environment {} needs them", scheme, name),
                  fmt::format("it has: {}", join(kinds, ", ")), 78);
    }
    ok("build", says);
  }

  void config() {
    if (fail_with_findings("config")) return;
    const auto env = session_.environment();
    if (!env) return fail("config", env.error());
    const auto& name = (*env)->name;
    const auto file = session_.config().file;
    ok("config", fmt::format("{} from {}", name.empty() ? "target on the spot" : "env " + name,
                             file.empty() ? "the command line" : file));
    for (const auto& finding : session_.diagnostics().all())
      if (finding.severity == Severity::warning)
        found_.back() = {"config", Health::warning, finding.message, finding.help.value_or(""), where_of(finding), 0};
    session_.diagnostics() = Diagnostics();
  }

  void project() {
    if (waits("project", "config")) return;
    const auto history = session_.history();
    if (!history) return fail("project", history.error());
    const auto& all = session_.replayed();
    // `protected` speaks of that one.
    auto& findings = session_.diagnostics().all();
    for (const auto& one : findings)
      if (one.code == "ZM1806") protected_.push_back(one);
    std::erase_if(findings, [](const Diagnostic& one) { return one.code == "ZM1806"; });
    if (fail_with_findings("project")) return;
    session_.diagnostics() = Diagnostics();
    replayed_ = all.size() == (*history)->files.size();
    if (const auto stale = session_.refresh_generated(false); stale && !stale->empty())
      return warn("project", fmt::format("{} would change", join(*stale, ", ")), "`zmig fmt` writes them anew");
    ok("project", fmt::format("{}, lock fresh", plural((*history)->files.size(), "migration")));
  }

  // --- What zmig keeps --------------------------------------------------------------------------------------------

  void state() {
    const auto folder = session_.state_path("");
    if (const auto why = no_room_in(folder); !why.empty())
      return fail("state", why, "state_dir names the folder in which zmig keeps ledger, logs and backups");
    const auto logs = session_.config().log_dir ? resolve(session_.config(), *session_.config().log_dir)
                                                : session_.state_path("logs");
    if (const auto why = no_room_in(logs); !why.empty())
      return fail("state", "logs cannot be written: " + why, "[log] dir names another folder");
    if (free_space(folder) < kLittleSpace)
      return warn("state", fmt::format("{} bytes are free for ledger and logs", grouped(free_space(folder))),
                  "make room, or move state_dir");
    struct stat seen {};
    if (::stat(folder.c_str(), &seen) == 0 && (seen.st_mode & 077U) != 0)
      return warn("state", fmt::format("others may read {}", zmig::quoted(folder)),
                  "saved cells are in there: chmod 700 " + shell_word(folder));
    ok("state", fmt::format("{}, writable and private", folder));
  }

  void ledger() {
    const auto path = session_.ledger_path();
    if (!session_.ports().files.exists(path)) return ok("ledger", "none yet; the first run makes it");
    auto opened = session_.ledger(false);
    if (!opened) return fail("ledger", opened.error());
    const auto chain = (*opened)->check_chain();
    if (!chain) return fail("ledger", chain.error());
    if (!chain->ok)
      return fail("ledger", fmt::format("ZM0601: event {} was changed by somebody", chain->first_bad.value_or(0)),
                  "the stamp inside the workbook still counts; move the ledger file aside and zmig makes a new one", 8);
    ok("ledger", fmt::format("{}, chain of {} intact", path, plural(chain->events, "event")));
  }

  /// What the service behind the target says of the credentials, asked once; empty: there is no service.
  const std::vector<AccessCheck>& asked_service() {
    if (service_asked_) return service_;
    service_asked_ = true;
    const auto place = session_.target_url();
    const auto env = session_.environment();
    const TargetKind* const kind = place ? find_target_kind(place->scheme) : nullptr;
    if (kind == nullptr || kind->examine == nullptr || !env) return service_;
    const auto options = session_.complete((*env)->options, place->scheme);
    if (options)
      service_ = kind->examine(place->rest, *options, session_.ports());
    else
      service_.push_back({"credentials", AccessCheck::Outcome::failed,
                          options.error().zm + ": " + options.error().message, options.error().help});
    return service_;
  }
  const AccessCheck* of_service(std::string_view id) {
    const auto& all = asked_service();
    const auto one = std::ranges::find(all, id, &AccessCheck::id);
    return one == all.end() ? nullptr : &*one;
  }
  /// Says what the service says; nothing for files, unless it was asked for by name.
  void service(const std::string& id) {
    if (!passed("config")) return;
    if (const AccessCheck* const one = of_service(id)) return told(*one);
    if (asked_service().empty() && !only_.empty()) ok(id, "this target is no service");
  }
  void told(const AccessCheck& check) {
    switch (check.outcome) {
      case AccessCheck::Outcome::ok: return ok(check.id, check.message);
      case AccessCheck::Outcome::warning: return warn(check.id, check.message, check.help);
      case AccessCheck::Outcome::not_run: return wait(check.id, check.message);
      case AccessCheck::Outcome::failed: break;
    }
    // The code stands in front of the message.
    fail(check.id, check.message, check.help,
         exit_of(make_error(Errc::denied, check.message.substr(0, 6), check.message, check.help)));
  }
  /// True when the service already said that this does not go.
  bool refused_by_service(std::string_view id) {
    const AccessCheck* const one = of_service(id);
    if (one == nullptr || one->outcome == AccessCheck::Outcome::ok) return false;
    told(*one);
    return true;
  }

  void clock() {
    if (passed("config") && refused_by_service("clock")) return;
    auto opened = session_.ledger(false);
    if (!opened) return wait("clock", "the ledger cannot be opened");
    const auto events = (*opened)->events(0);
    if (!events) return wait("clock", "the ledger cannot be read");
    const auto now = session_.ports().clock.now();
    if (!events->empty() && events->back().at > now + kClockSlack)
      return fail(
          "clock",
          fmt::format("the ledger was last written at {}, which is still to come", format_utc(events->back().at)),
          "set the clock; windows and times of runs depend on it");
    ok("clock", format_utc(now));
  }

  // --- The workbook -----------------------------------------------------------------------------------------------

  void reach() {
    if (waits("reach", "config")) return;
    if (refused_by_service("reach")) return;
    const auto opened = session_.target();
    if (!opened) return fail("reach", opened.error());
    const auto& seen = session_.target_summary();
    ok("reach", fmt::format("{}  {}", seen.url, zmig::quoted(seen.title)));
  }

  void read() {
    if (waits("read", "reach")) return;
    Target& target = **session_.target();
    std::uint64_t rows = 0, cells = 0;
    for (const auto& sheet : target.schema().sheets) {
      std::vector<std::string> ids;
      for (const auto& column : sheet.columns) ids.push_back(column.id);
      const auto scanned = target.scan(sheet.id, ids, [&](const RowView& row) {
        ++rows;
        cells += static_cast<std::uint64_t>(
            std::ranges::count_if(row.cells, [](const Cell& cell) { return !is_blank(cell.value); }));
        return zmig::ok();
      });
      if (!scanned) return fail("read", scanned.error());
    }
    ok("read", fmt::format("{}, {} rows, {} cells filled", plural(target.schema().sheets.size(), "sheet"),
                           grouped(rows), grouped(cells)));
  }

  /// Asked, not tried.
  void write() {
    if (waits("write", "reach")) return;
    if (refused_by_service("write")) return;
    const auto env = session_.environment();
    const Target& target = **session_.target();
    if (!target.capabilities().writable)
      return fail("write", fmt::format("{}: this workbook can only be read", target.capabilities().kind),
                  "a csv file is one sheet of its folder: name the folder");
    const auto place = session_.target_url();
    std::error_code failure;
    if (place && fs::is_regular_file(place->rest, failure)) {
      struct stat seen {};
      const bool any = ::stat(place->rest.c_str(), &seen) == 0 && (seen.st_mode & 0222U) != 0;
      if (!any || ::access(place->rest.c_str(), W_OK) != 0)
        return fail("write", fmt::format("{} is read-only", zmig::quoted(place->rest)), "chmod u+w, or ask its owner",
                    77);
      const auto folder = fs::absolute(place->rest, failure).parent_path();
      if (const auto why = no_room_in(folder); !why.empty())
        return fail("write", why, "a journal is written beside the workbook while it changes", 77);
    }
    if (env && (*env)->read_only)
      return warn("write", fmt::format("environment {} is read_only in the configuration", zmig::quoted((*env)->name)),
                  "`up` and `down` refuse it");
    ok("write", "allowed");
  }

  /// The status of the workbook, once.
  const StatusReport* status() {
    if (asked_) return status_ ? &*status_ : nullptr;
    asked_ = true;
    int exit = 0;
    if (passed("project") && replayed_) {
      auto all = collect_statuses(session_, {}, exit);
      session_.diagnostics() = Diagnostics();
      if (all && !all->empty()) status_ = std::move(all->front().report);
      if (!all) status_error_ = all.error();
    }
    return status_ ? &*status_ : nullptr;
  }

  void stamp() {
    if (waits("stamp", "reach")) return;
    if (waits("stamp", "project")) return;
    if (waits("stamp", "ledger")) return;
    const auto* report = status();
    if (report == nullptr) {
      if (status_error_) return fail("stamp", *status_error_);
      return wait("stamp", "the status of the workbook is not known");
    }
    const auto& state = report->state;
    if (state == "uninitialised") return warn("stamp", "none: this workbook was never taken over", "`zmig baseline`");
    const auto first = std::ranges::find_if(report->diagnostics.all(),
                                            [](const Diagnostic& one) { return one.severity == Severity::error; });
    const auto detail = first == report->diagnostics.all().end() ? "" : ": " + first->message;
    if (report->exit_code != 0 || state == "drifted") {
      const auto help = first == report->diagnostics.all().end() ? std::string() : first->help.value_or("");
      return fail("stamp", fmt::format("the workbook is {}{}", state, detail),
                  help.empty() ? "`zmig status` shows both sides" : help,
                  report->exit_code != 0 ? report->exit_code : 3);
    }
    if (state == "partial") return warn("stamp", "a run stopped inside a migration", "`zmig up` finishes it first");
    ok("stamp", fmt::format("{}, {}, ledger {}", padded(report->position.at), state,
                            report->ledger_agrees ? "agrees" : "knows less"));
  }

  /// Whether somebody writes now: lock files and journals tell, without taking a lock.
  void lease() {
    if (waits("lease", "config")) return;
    for (const auto& file : session_.lock_files()) {
      const auto holder = read_lock(file);
      if (!holder) return fail("lease", holder.error());
      if (*holder && (*holder)->held)
        return fail("lease", "somebody is writing: " + in_words(**holder), "wait; `zmig unlock` shows who it is", 7);
    }
    const auto place = session_.target_url();
    if (!place) return wait("lease", "the place of the workbook is not known");
    std::error_code failure;
    const auto journal = place->rest + "-journal";
    if (fs::is_regular_file(journal, failure) && fs::file_size(journal, failure) > 0)
      return fail("lease", fmt::format("{} is there: somebody writes, or died while writing", zmig::quoted(journal)),
                  "wait; if nobody runs, the next program that opens the workbook puts it right", 7);
    ok("lease", "free");
  }

  void backup() {
    if (waits("backup", "reach")) return;
    const auto options = session_.run_options();
    const auto folder = options.backup_folder;
    if (const auto why = no_room_in(folder); !why.empty())
      return fail("backup", "no backup can be made: " + why, "[env.NAME.backup] dir names another folder");
    const auto place = session_.target_url();
    std::error_code failure;
    const auto size = place && fs::is_regular_file(place->rest, failure) ? fs::file_size(place->rest, failure) : 0;
    if (free_space(folder) < size)
      return fail("backup",
                  fmt::format("{} bytes are free, the workbook has {}", grouped(free_space(folder)), grouped(size)),
                  "make room, or name another folder with [env.NAME.backup] dir");
    if (!options.backup_required)
      return warn("backup", "not required in this environment", "remove [env.NAME.backup] required = false");
    if (const auto left = left_backups(); left > 0)
      return warn("backup",
                  fmt::format("{} in {} that the ledger does not know: a run was stopped before it could say so",
                              counted(left, "whole file", "whole files"), folder),
                  "`zmig backup list` names them, `zmig backup prune` records them");
    std::vector<std::string> copies;
    for (const std::string& mode : options.backup_modes) {
      if (mode != "cells") copies.push_back(mode);
    }
    const auto target = session_.target();
    for (const std::string& mode : copies) {
      const auto& known = target ? (*target)->capabilities().copy_modes : copies;
      if (std::ranges::find(known, mode) == known.end())
        return warn("backup", fmt::format("cells, into {}; this kind of workbook keeps no {}", folder, mode),
                    "take it out of [env.NAME.backup] modes");
    }
    const auto copy = std::ranges::find(found_, "copy", &Examined::id);
    const bool in_drive = std::ranges::find(copies, "service-copy") != copies.end();
    if (in_drive && copy != found_.end() && copy->health != Health::ok)
      return warn("backup", fmt::format("cells, into {}; service-copy will not work: {}", folder, copy->message),
                  copy->help);
    ok("backup", fmt::format("cells, into {}{}{}", folder, copies.empty() ? "" : "; beside it ", join(copies, ", ")));
  }

  /// Backups without a row. What cannot be read is for the checks of ledger and stamp to say.
  std::size_t left_backups() {
    auto opened = session_.ledger(false);
    const auto target = session_.target();
    if (!opened || *opened == nullptr || !target) return 0;
    struct Silent final : Observer {
      void on(const Event&) override {}
    } silent;
    const History history;
    const std::vector<Replayed> replayed;
    Backups backups(history, replayed, **target, **opened, session_.codec(), session_.ports(), silent,
                    session_.run_options());
    const auto left = backups.unrecorded();
    return left ? left->size() : 0;
  }

  // --- What is in it ----------------------------------------------------------------------------------------------

  static std::string cell_of(const Sheet& sheet, std::size_t at) {
    return fmt::format("{}!{}{}", sheet.title, column_letters(at), sheet.header_row);
  }

  void headers() {
    if (waits("headers", "reach")) return;
    const Schema& schema = (*session_.target())->schema();
    std::uint64_t seen = 0;
    std::string doubtful, where, help;
    const auto doubt = [&](std::string what, const std::string& place, std::string how) {
      if (!doubtful.empty()) return;
      doubtful = std::move(what);
      where = place;
      help = std::move(how);
    };
    for (const auto& sheet : schema.sheets) {
      std::map<std::string, std::size_t> same, alike;
      for (std::size_t at = 0; at < sheet.columns.size(); ++at) {
        const auto& column = sheet.columns[at];
        const auto plain = norm(column.header);
        ++seen;
        if (plain.empty()) {
          doubt("blank header", cell_of(sheet, at), "the column stays foreign until it has one");
          continue;
        }
        if (const auto [other, first] = same.emplace(plain, at); !first) {
          const bool ours = column.managed || sheet.columns[other->second].managed;
          const auto what =
              fmt::format("{} stands twice, also at {}", zmig::quoted(column.header), cell_of(sheet, other->second));
          if (ours)
            return fail("headers", what, "rename one of them: a header decides which column is meant", 3,
                        cell_of(sheet, at));
          doubt(what, cell_of(sheet, at), "foreign columns may; managed ones may not");
          continue;
        }
        if (printable(column.header) != column.header)
          doubt(fmt::format("{} holds characters that cannot be seen: {}", zmig::quoted(printable(column.header)),
                            code_points_note(printable(column.header), column.header)),
                cell_of(sheet, at), "type the header anew");
        if (const auto [other, first] = alike.emplace(look(column.header), at); !first)
          doubt(fmt::format("{} looks like {} at {}: {}", zmig::quoted(column.header),
                            zmig::quoted(sheet.columns[other->second].header), cell_of(sheet, other->second),
                            code_points_note(sheet.columns[other->second].header, column.header)),
                cell_of(sheet, at), "people will take one for the other; rename one");
      }
    }
    if (!doubtful.empty()) return warn("headers", doubtful, help, where);
    ok("headers", fmt::format("{}, no two alike", plural(seen, "header")));
  }

  void identity() {
    if (waits("identity", "reach")) return;
    const Schema& schema = (*session_.target())->schema();
    std::map<std::string, std::string> ids;
    std::uint64_t managed = 0;
    for (const auto& sheet : schema.sheets)
      for (std::size_t at = 0; at < sheet.columns.size(); ++at) {
        const auto& column = sheet.columns[at];
        if (!column.managed) continue;
        ++managed;
        if (const auto [other, first] = ids.emplace(column.id, cell_of(sheet, at)); !first)
          return fail("identity",
                      fmt::format("{} and {} carry the same id {}", other->second, cell_of(sheet, at), column.id),
                      "one of them is a copy: remove it, or take it over under another header", 3, cell_of(sheet, at));
      }
    const auto* report = passed("stamp") ? status() : nullptr;
    if (report != nullptr && report->position.stamp) {
      std::vector<std::string> lost;
      for (const auto& sheet : report->position.state.sheets)
        for (const auto& column : sheet.columns)
          if (column.managed && !ids.contains(column.id)) lost.push_back(sheet.title + "." + column.header);
      if (!lost.empty())
        return fail("identity",
                    fmt::format("{} without their id, the first {}", plural(lost.size(), "column"), lost.front()),
                    "`zmig status` shows what became of them", 3);
    }
    ok("identity", fmt::format("{}, every id once", plural(managed, "managed column")));
  }

  /// What the configuration says of language and time against what the workbook says.
  void locale() {
    if (waits("locale", "reach")) return;
    const auto env = session_.environment();
    const Schema& schema = (*session_.target())->schema();
    const auto same = [](std::string a, std::string b) {
      std::ranges::replace(a, '-', '_');
      std::ranges::replace(b, '-', '_');
      return a == b;
    };
    std::vector<std::string> said;
    for (const auto& [what, theirs, ours] :
         {std::tuple{"locale", schema.locale, env ? (*env)->locale : std::string()},
          std::tuple{"timezone", schema.time_zone, env ? (*env)->timezone : std::string()}}) {
      if (!theirs.empty() && !ours.empty() && !same(theirs, ours))
        return fail("locale", fmt::format("{}: the workbook says {}, the configuration {}", what, theirs, ours),
                    "correct the key of the environment, or the workbook");
      if (!theirs.empty() || !ours.empty())
        said.push_back(fmt::format("{} {}{}", what, theirs.empty() ? ours : theirs,
                                   theirs.empty() ? ", by the configuration" : ""));
    }
    ok("locale", said.empty() ? "the workbook says none" : join(said, "; "));
  }

  void protected_sheets() {
    if (waits("protected", "config")) return;
    const auto env = session_.environment();
    if (!protected_.empty()) {
      const auto& one = protected_.front();
      return fail("protected", one.message, one.help.value_or(""), 4, where_of(one));
    }
    if (passed("reach")) {
      const Schema& schema = (*session_.target())->schema();
      for (const auto& title : (*env)->protect)
        if (schema.sheet_titled(title, true) == nullptr)
          return warn("protected",
                      fmt::format("`protect` names {}, which is no sheet of this workbook", zmig::quoted(title)),
                      "mend the name in zmig.toml");
    }
    ok("protected", (*env)->protect.empty()
                        ? "no sheet is listed in `protect`"
                        : plural((*env)->protect.size(), "sheet") + " left alone: " + join((*env)->protect, ", "));
  }

  void capacity() {
    if (waits("capacity", "reach")) return;
    const Target& target = **session_.target();
    const auto limit = target.capabilities().max_columns;
    std::size_t widest = 0;
    for (const auto& sheet : target.schema().sheets) {
      std::size_t more = 0;
      // What the files still want to add, at most.
      if (passed("project") && !session_.replayed().empty())
        if (const auto* last = session_.replayed().back().after.sheet(sheet.id))
          more =
              last->columns.size() -
              std::min<std::size_t>(last->columns.size(),
                                    static_cast<std::size_t>(std::ranges::count_if(sheet.columns, &Column::managed)));
      const auto wide = sheet.columns.size() + more;
      widest = std::max(widest, wide);
      if (limit != 0 && wide > limit)
        return fail(
            "capacity",
            fmt::format("{} would have {} columns, this target holds {}", zmig::quoted(sheet.title), wide, limit),
            "take columns out, or use another target");
      if (limit != 0 && wide * 10 > limit * 9)
        return warn("capacity", fmt::format("{} has {} of {} columns", zmig::quoted(sheet.title), wide, limit),
                    "the next migrations may not fit", sheet.title);
    }
    ok("capacity", limit == 0 ? fmt::format("{} columns at most, no limit known", widest)
                              : fmt::format("{} of {} columns at most", widest, limit));
  }

  /// Lock files of spreadsheet programs beside the workbook.
  void open_elsewhere() {
    if (waits("open_elsewhere", "config")) return;
    const auto place = session_.target_url();
    if (!place) return wait("open_elsewhere", "the place of the workbook is not known");
    std::error_code failure;
    const fs::path file = fs::absolute(place->rest, failure);
    const bool folder = fs::is_directory(file, failure);
    const auto entries = session_.ports().files.list(folder ? file.string() : file.parent_path().string());
    if (!entries) return wait("open_elsewhere", "the folder of the workbook cannot be read");
    const auto name = file.filename().string();
    for (const auto& entry : *entries) {
      const bool office = entry.name.starts_with(".~lock.") && entry.name.ends_with("#") &&
                          (folder || entry.name == ".~lock." + name + "#");
      const bool excel = entry.name.starts_with("~$") && (folder || entry.name == "~$" + name);
      if (office || excel)
        return fail("open_elsewhere",
                    fmt::format("{} says that the workbook is open in another program", zmig::quoted(entry.name)),
                    "close it there; if nobody has it open, remove that file", 7);
    }
    ok("open_elsewhere", "no other program has it open");
  }

  // --- What works with it ------------------------------------------------------------------------------------------

  /// The commands of [hooks] are there and may be run.
  void hooks() {
    if (waits("hooks", "config")) return;
    const HooksConfig& all = session_.config().hooks;
    std::uint64_t seen = 0;
    for (const auto* list : {&all.before_apply, &all.smoke, &all.on_applied, &all.on_undone, &all.on_failed}) {
      for (const Hook& hook : *list) {
        ++seen;
        if (can_be_run(hook.run.front())) continue;
        return fail("hooks", fmt::format("{} is no command that can be run", zmig::quoted(hook.run.front())),
                    "mend `run` in zmig.toml, or chmod +x the file");
      }
    }
    ok("hooks", seen == 0 ? "none" : plural(seen, "command"));
  }

  /// As execvp would find it, from the folder of the configuration.
  [[nodiscard]] bool can_be_run(const std::string& program) const {
    const auto runs = [](const fs::path& file) {
      std::error_code failure;
      return fs::is_regular_file(file, failure) && ::access(file.c_str(), X_OK) == 0;
    };
    if (program.find('/') != std::string::npos) return runs(fs::path(session_.config().root) / program);
    const char* path = std::getenv("PATH");
    for (const auto& folder : split(path == nullptr ? "/usr/bin:/bin" : path, ':'))
      if (runs(fs::path(folder) / program)) return true;
    return false;
  }

  /// The contracts that are to hold can be read, and hold for what the files say.
  void contract() {
    if (waits("contract", "project")) return;
    const auto contracts = upheld_contracts(session_);
    if (!contracts)
      return fail("contract", contracts.error().message, contracts.error().help, exit_of(contracts.error()));
    const History& history = **session_.history();
    const auto& replayed = session_.replayed();
    const Schema state = !replayed.empty()  ? replayed.back().after
                         : history.baseline ? *history.baseline
                                            : history.empty;
    for (const auto& [file, expected] : *contracts) {
      const auto check = contract_check(expected, file, ContractSubject{state, 0, false, nullptr});
      if (!check) return fail("contract", check.error().message, check.error().help);
      if (check->outcome != Outcome::passed)
        return fail("contract", fmt::format("{}: {}", file, check->observed), "`zmig contract check` shows all of it",
                    3);
    }
    ok("contract",
       contracts->empty() ? "none is to hold" : plural(contracts->size(), "contract") + " as the files say");
  }

  Session& session_;
  const std::vector<std::string>& only_;
  std::vector<Examined> found_;
  std::vector<Diagnostic> protected_;
  std::optional<StatusReport> status_;
  std::optional<Error> status_error_;
  std::vector<AccessCheck> service_;
  bool asked_ = false, replayed_ = false, service_asked_ = false;
};

}  // namespace

std::string_view to_string(Health health) {
  switch (health) {
    case Health::ok: return "ok";
    case Health::warning: return "warning";
    case Health::failed: return "failed";
    case Health::not_run: return "not_run";
  }
  return {};
}

std::size_t DoctorReport::count(Health health) const {
  return static_cast<std::size_t>(std::ranges::count(checks, health, &Examined::health));
}

const std::vector<std::string>& doctor_checks() {
  static const std::vector<std::string> ids{
      "build",    "config",   "project",   "state",    "ledger",         "clock", "credentials", "reach",  "read",
      "write",    "metadata", "share",     "copy",     "quota",          "stamp", "lease",       "backup", "headers",
      "identity", "locale",   "protected", "capacity", "open_elsewhere", "hooks", "contract"};
  return ids;
}

std::vector<Examined> examine(Session& session, const std::vector<std::string>& only) {
  return Doctor(session, only).run();
}

}  // namespace zmig::cli
