// `backup` and `restore`.

#include <algorithm>
#include <csignal>
#include <memory>

#include <fmt/format.h>

#include <zmig/text.h>

#include "backup_reports.h"
#include "numbers.h"
#include "pages.h"
#include "permissions.h"
#include "reports.h"
#include "run_files.h"
#include "run_parts.h"
#include "session.h"
#include "signals.h"

namespace zmig::cli {
namespace {

Result<std::uint64_t> backup_number(std::string_view text) {
  return whole_number<std::uint64_t>(text.starts_with("b") ? text.substr(1) : text, "backup",
                                     "`zmig backup list` lists the backups, b1, b2, ...");
}

class Silent final : public Observer {
 public:
  void on(const Event&) override {}
};

Retention retention_of(Session& session, const Environment& env) {
  Retention retention;
  retention.keep = env.backup_keep.value_or(session.run_options().rollback_window);
  retention.keep_last = env.backup_keep_last.value_or(1);
  retention.trust_clock = session.globals().yes;
  return retention;
}

std::string sheet_lines(const Console& console, const std::vector<BackupSheet>& sheets) {
  Table table;
  for (const auto& sheet : sheets)
    table.rows.push_back(
        {printable(sheet.sheet),
         fmt::format("{} rows x {} columns", grouped(sheet.rows + (sheet.columns > 0 ? 1 : 0)), grouped(sheet.columns)),
         fmt::format("{} formulas", grouped(sheet.formulas))});
  return console.table(table);
}

std::string state_of(const Backup& backup) {
  if (backup.row.sha256.empty()) return backup.present ? "kept by the service" : "gone";
  if (!backup.present) return "file is gone";
  if (!backup.others_can_read.empty()) return "mode " + backup.others_can_read + ": others can read it";
  return backup.row.verified ? "verified" : "not verified";
}

std::string one_backup(const Console& console, const Backup& backup) {
  if (backup.row.sha256.empty())  // the service has it
    return fmt::format("b{}  {}\ntaken     at {}, {}, {}\nkept at   {}\n", backup.row.id, printable(backup.row.title),
                       padded(backup.row.position), short_time(backup.row.created), backup.row.mode,
                       printable(backup.path)) +
           (backup.row.expires ? fmt::format("expires   {}\n", short_time(*backup.row.expires)) : std::string());
  std::string out = fmt::format("b{}  {}\n", backup.row.id, printable(backup.row.title));
  out += fmt::format("taken     at {}, {}, {}\n", padded(backup.row.position), short_time(backup.row.created),
                     backup.row.mode);
  out +=
      fmt::format("file      {}   {}, {}\n", printable(backup.path), size_in_words(backup.row.bytes), state_of(backup));
  out += fmt::format("sha256    {}\n", backup.row.sha256);
  if (backup.row.expires) out += fmt::format("expires   {}\n", short_time(*backup.row.expires));
  out += sheet_lines(console, backup.sheets);
  if (!backup.not_covered.empty()) out += fmt::format("not covered: {}\n", join(backup.not_covered, ", "));
  return out;
}

/// Files without a row: of runs that were killed between the two.
std::string unrecorded_text(const std::vector<UnrecordedBackup>& left, std::string_view fate) {
  std::string out;
  for (const auto& one : left)
    out += fmt::format("no row    {}   {}, taken at {}: {}\n", printable(one.path), size_in_words(one.bytes),
                       padded(one.position), fate);
  return out;
}

std::string list_text(const Console& console, const std::vector<Backup>& backups) {
  if (backups.empty()) return "no backup of this workbook yet: `zmig backup create` makes one\n";
  Table table;
  table.indent = 0;
  table.drop = {7, 6, 4};
  for (const auto& backup : backups)
    table.rows.push_back(
        {fmt::format("b{}", backup.row.id), short_time(backup.row.created), padded(backup.row.position),
         backup.row.mode, backup.row.sha256.empty() ? std::string() : size_in_words(backup.row.bytes), state_of(backup),
         backup.row.expires ? "expires " + short_time(*backup.row.expires) : "", printable(backup.row.title)});
  return console.table(table);
}

std::string prune_text(const BackupReport& report, bool dry) {
  std::string out;
  for (const auto id : report.recorded) out += fmt::format("recorded  b{}  its run was stopped before it could\n", id);
  std::uint64_t bytes = 0;
  for (const auto& backup : report.pruned) {
    bytes += backup.row.bytes;
    out += fmt::format("{}  b{}  {}   {}\n", dry ? "would go" : "pruned  ", backup.row.id, printable(backup.row.title),
                       size_in_words(backup.row.bytes));
  }
  for (const auto& backup : report.backups)
    out += fmt::format("kept      b{}  {}: {}\n", backup.row.id, printable(backup.row.title),
                       printable(join(backup.kept_because, "; ")));
  out += unrecorded_text(report.unrecorded, dry ? "would be recorded, then judged" : "damaged, left as it is");
  out += fmt::format("{} {}, {}\n", counted(report.pruned.size(), "backup", "backups"), dry ? "would go" : "pruned",
                     size_in_words(bytes));
  return dry ? out + "nothing was removed\n" : out;
}

/// What `backup` needs open. Migrations are not read: a backup can always be made.
struct Opened {
  const Environment* env = nullptr;
  Target* target = nullptr;
  Ledger* ledger = nullptr;
};
Result<Opened> open_for_backups(Session& session, bool writable) {
  Opened opened;
  ZMIG_TRY(opened.env, session.environment());
  ZMIG_TRY(opened.target, session.target());
  ZMIG_TRY(opened.ledger, session.ledger(writable));
  return opened;
}

Answer answer_of(const std::shared_ptr<BackupReport>& report, std::function<std::string()> text) {
  Answer answer;
  answer.text = std::move(text);
  answer.data = [report] { return to_json(*report); };
  return answer;
}

/// One command at work.
class BackupCommand {
 public:
  BackupCommand(Session& session, const Arguments& arguments) : session_(session), arguments_(arguments) {}

  Answer run(const std::string& what) {
    const bool dry = session_.globals().dry_run;
    const bool writes = !dry && (what == "create" || what == "prune");
    auto opened = open_for_backups(session_, writes);
    if (!opened) return failed(opened.error());
    backups_.emplace(history_, replayed_, *opened->target, *opened->ledger, session_.codec(), session_.ports(), silent_,
                     session_.run_options());
    const Retention retention = retention_of(session_, *opened->env);
    if (what == "create") return create(*opened->env, dry);
    if (what == "list") return list(retention);
    if (what == "prune") return prune(retention, dry);
    if (what == "verify" && arguments_.positional(1).empty()) return verify_all(retention);
    const auto id = backup_number(arguments_.positional(1));
    if (!id) return failed(id.error());
    return what == "show" ? show(*id) : verify(*id);
  }

 private:
  Answer create(const Environment& env, bool dry) {
    BackupCreate how;
    how.env = env.name;
    how.name = arguments_.one("--name").value_or(env.backup_name);
    if (const auto folder = arguments_.one("--folder")) how.folder = *folder;
    if (const auto mode = arguments_.one("--mode")) how.modes = std::vector<std::string>{"cells", *mode};
    Console& console = session_.console();
    if (dry) {
      auto preview = backups_->preview(how);
      if (!preview) return failed(preview.error());
      report_->preview = std::move(*preview);
      return answer_of(report_, [report = report_, &console] {
        const auto& would = *report->preview;
        return fmt::format("would create  {}  (cells, {})\n", printable(would.title), printable(would.folder)) +
               sheet_lines(console, would.sheets) +
               fmt::format("about {} before it is compressed; nothing was written\n", size_in_words(would.bytes));
      });
    }
    auto made = backups_->create(how);
    if (!made) return failed(made.error());
    report_->created = made->row.id;
    session_.diagnostics().append(made->faults);
    report_->backups.push_back(std::move(*made));
    return answer_of(report_, [report = report_, &console] {
      return "created   " + one_backup(console, report->backups.front()) + copy_lines(report->backups.front().copies);
    });
  }

  Answer list(const Retention& retention) {
    auto all = backups_->list(retention);
    if (!all) return failed(all.error());
    report_->backups = std::move(*all);
    auto left = backups_->unrecorded();
    if (!left) return failed(left.error());
    report_->unrecorded = std::move(*left);
    Console& console = session_.console();
    return answer_of(report_, [report = report_, &console] {
      return list_text(console, report->backups) +
             unrecorded_text(report->unrecorded, "its run was stopped; `zmig backup prune` records it");
    });
  }

  Answer show(std::uint64_t id) {
    auto found = backups_->find(id);
    if (!found) return failed(found.error());
    report_->backups.push_back(std::move(*found));
    Console& console = session_.console();
    return answer_of(report_, [report = report_, &console] { return one_backup(console, report->backups.front()); });
  }

  Answer verify(std::uint64_t id) {
    auto found = backups_->verify(id);
    if (!found) return failed(found.error());
    report_->backups.push_back(std::move(*found));
    Console& console = session_.console();
    return answer_of(
        report_, [report = report_, &console] { return "verified  " + one_backup(console, report->backups.front()); });
  }

  Answer verify_all(const Retention& retention) {
    auto all = backups_->list(retention);
    if (!all) return failed(all.error());
    Answer answer;
    for (const auto& backup : *all) {
      auto checked = backups_->verify(backup.row.id);
      if (checked) {
        report_->backups.push_back(std::move(*checked));
        continue;
      }
      report_->faulty.push_back(backup.row.id);
      report_->faults.push_back(checked.error());
      if (!answer.error) answer.error = checked.error();
      answer.exit = stronger_exit(answer.exit, exit_of(checked.error()));
    }
    answer.text = [report = report_] {
      std::string out;
      for (const auto& backup : report->backups)
        out += fmt::format("verified  b{}  {}   {}\n", backup.row.id, printable(backup.row.title),
                           size_in_words(backup.row.bytes));
      for (std::size_t i = 0; i < report->faults.size(); ++i)
        out += fmt::format("! bad     b{}  {}\n", report->faulty[i], printable(report->faults[i].message));
      return out + fmt::format("{} verified, {} bad\n", report->backups.size(), report->faults.size());
    };
    answer.data = [report = report_] { return to_json(*report); };
    return answer;
  }

  Answer prune(const Retention& retention, bool dry) {
    auto pruned = backups_->prune(retention, dry);
    if (!pruned) return failed(pruned.error());
    report_->prune = true;
    report_->pruned = std::move(pruned->pruned);
    report_->backups = std::move(pruned->kept);
    report_->clock_fault = pruned->clock_fault;
    report_->unrecorded = std::move(pruned->unrecorded);
    report_->recorded = std::move(pruned->recorded);
    return answer_of(report_, [report = report_, dry] {
      std::string out = prune_text(*report, dry);
      if (!report->clock_fault.empty()) out += "the clock cannot be right; --yes goes on all the same\n";
      return out;
    });
  }

  Session& session_;
  const Arguments& arguments_;
  History history_;
  std::vector<Replayed> replayed_;
  Silent silent_;
  std::optional<Backups> backups_;
  std::shared_ptr<BackupReport> report_ = std::make_shared<BackupReport>();
};

std::string restored_text(const Console& console, const RestoreReport& report, const std::string& env,
                          const std::string& log) {
  if (report.outcome == "identical") {
    const auto& sheets = report.preview.sheets;
    const bool kept = !report.preview.objects.empty() ||
                      std::any_of(sheets.begin(), sheets.end(), [](const auto& sheet) { return !sheet.identical(); });
    return fmt::format("identical   {} b{}{}; nothing written\n",
                       kept ? "what is to come back is as in" : "the workbook is", report.preview.backup.row.id,
                       kept ? ", later edits are kept" : " already");
  }
  std::string out = to_text(console, report.preview, env);
  if (report.outcome == "would_restore") return out + "nothing was written\n";
  out += fmt::format("restored  b{}   r{}\n", report.preview.backup.row.id, report.run ? report.run->id : 0);
  if (report.fresh_backup)
    out += fmt::format("backup    b{}  {}   verified, {}\n", report.fresh_backup->id,
                       printable(report.fresh_backup->title), size_in_words(report.fresh_backup->bytes));
  std::size_t passed = 0, other = 0;
  for (const auto& check : report.checks) (check.outcome == Outcome::passed ? passed : other)++;
  out += fmt::format("verify    {} passed, {} not\n", passed, other);
  if (!log.empty()) out += "log       " + log + "\n";
  return out;
}

/// `.zmig/reports/d9.md` and `.json`, good or bad, once the run has a number.
Result<std::vector<std::string>> write_report(Session& session, const RestoreReport& report, const std::string& log) {
  std::vector<std::string> paths;
  if (report.deployment == 0) return paths;
  Console plain;
  const std::string env = session.target_summary().env;
  std::string text = fmt::format(
      "# zmig restore: {}\n\n```\n{}```\n", report.outcome,
      report.outcome == "restored" ? restored_text(plain, report, env, log) : to_text(plain, report.preview, env));
  if (report.error) text += fmt::format("\n{} {}\n", report.error->zm, printable(report.error->message));
  const std::string folder = session.state_path("reports");
  ZMIG_CHECK_OK(session.ports().files.make_folder(folder, true));
  const std::string stem = fmt::format("{}/d{}", folder, report.deployment);
  paths = {stem + ".md", stem + ".json"};
  ZMIG_CHECK_OK(session.ports().files.replace(paths[0], text));
  ZMIG_CHECK_OK(session.ports().files.replace(paths[1], to_json(report, paths) + "\n"));
  return paths;
}

}  // namespace

std::string copy_lines(const std::vector<BackupRow>& copies) {
  std::string out;
  for (const BackupRow& copy : copies)
    out += fmt::format("copy      b{}  {}   {}, compared\n", copy.id, copy.mode, printable(copy.location));
  return out;
}

std::string size_in_words(std::uint64_t bytes) {
  if (bytes < 1024) return fmt::format("{} bytes", bytes);
  if (bytes < 1024 * 1024) return fmt::format("{:.0f} KiB", static_cast<double>(bytes) / 1024.0);
  return fmt::format("{:.1f} MiB", static_cast<double>(bytes) / 1048576.0);
}

std::string to_text(const Console& console, const RestorePreview& preview, const std::string& env) {
  std::string out =
      fmt::format("restore b{}{}  (taken at {}, {})\n", preview.backup.row.id, env.empty() ? "" : " to " + env,
                  padded(preview.backup.row.position), short_time(preview.backup.row.created));
  const auto line = [&](char sign, const std::string& text) {
    out += console.signed_line(sign, fmt::format("  {} {}", sign, text)) + "\n";
  };
  for (const auto& sheet : preview.sheets) {
    const std::string title = printable(sheet.sheet);
    if (sheet.identical()) line('=', title + "   identical");
    if (sheet.added) line('+', fmt::format("{}   the sheet comes back, {} rows", title, grouped(sheet.rows_added)));
    if (sheet.removed) line('-', fmt::format("{}   the sheet goes, {} rows", title, grouped(sheet.rows_removed)));
    if (!sheet.added)
      for (const auto& header : sheet.columns_added)
        line('+', fmt::format("{}.{}   comes back", title, printable(header)));
    for (const auto& header : sheet.columns_removed) line('-', fmt::format("{}.{}   goes", title, printable(header)));
    for (const auto& header : sheet.columns_kept)
      line('=', fmt::format("{}.{}   came after the backup, stays", title, printable(header)));
    if (sheet.cells_restored > 0) {
      line('~', fmt::format("{}   {}", title, counted(sheet.cells_restored, "cell comes back", "cells come back")));
      for (const auto& one : sheet.first) out += "      " + printable(one) + "\n";
    }
    if (!sheet.added && sheet.rows_added > 0)
      line('+', fmt::format("{}   {}", title, counted(sheet.rows_added, "row comes back", "rows come back")));
    if (!sheet.removed && sheet.rows_removed > 0)
      line('-', fmt::format("{}   {} go", title, counted(sheet.rows_removed, "row", "rows")));
    if (sheet.kept_edits > 0)
      line('!', fmt::format("{}   {} edited after the backup, kept: {}", title, grouped(sheet.kept_edits),
                            printable(join(sheet.kept, ", "))));
  }
  for (const auto& object : preview.objects) {
    using Fate = RestoredObject::Fate;
    const char sign = object.fate == Fate::comes_back     ? '+'
                      : object.fate == Fate::goes         ? '-'
                      : object.fate == Fate::replaced     ? '~'
                      : object.fate == Fate::kept_altered ? '!'
                                                          : '=';
    line(sign, fmt::format("{} {}   {}", object.kind, printable(quoted(object.name)), in_words(object.fate)));
  }
  if (!preview.order.empty()) line('~', "order of sheets   " + printable(join(preview.order, ", ")));
  for (const auto& title : preview.left)
    line('!', fmt::format("{}   differs, and its rows cannot be addressed: left as it is", printable(title)));
  for (const auto& one : preview.undone) line('-', fmt::format("{}   is applied no longer", printable(one)));
  for (const auto& one : preview.redone) line('+', fmt::format("{}   is applied again", printable(one)));
  if (preview.lost > 0) line('-', fmt::format("{} that people entered go", counted(preview.lost, "value", "values")));
  return out + fmt::format("after     position {}; a fresh backup is taken first\n", padded(preview.position_after));
}

Answer run_backup(Session& session, const Arguments& arguments) {
  const std::string what = arguments.positionals().empty() ? "create" : arguments.positional(0);
  if (what == "restore") {
    Arguments rest;
    if (arguments.positional(1).empty())
      return failed(make_error(Errc::invalid_input, "ZM0703", "`backup restore` needs a backup",
                               "`zmig backup list` lists them"));
    rest.add_positional(arguments.positional(1));
    return run_restore(session, rest);
  }
  const std::vector<std::string> known{"create", "list", "show", "verify", "prune", "restore"};
  if (std::find(known.begin(), known.end(), what) == known.end())
    return failed(make_error(Errc::invalid_input, "ZM0703",
                             fmt::format("{} is nothing that `backup` does", zmig::quoted(what)),
                             "one of: " + join(known, ", ")));
  const bool takes_id = what == "show" || what == "verify";
  if (!takes_id && !arguments.positional(1).empty())
    return failed(
        make_error(Errc::invalid_input, "ZM0703",
                   fmt::format("{} is one word too many for `backup {}`", zmig::quoted(arguments.positional(1)), what),
                   "usage: zmig backup " + what));
  if (what == "show" && arguments.positional(1).empty())
    return failed(
        make_error(Errc::invalid_input, "ZM0703", "`backup show` needs a backup", "`zmig backup list` lists them"));
  for (const char* flag : {"--mode", "--name", "--folder"})
    if (what != "create" && arguments.has(flag))
      return failed(
          make_error(Errc::invalid_input, "ZM0703", fmt::format("{} goes with `backup create`", flag), "leave it out"));
  if (const auto mode = arguments.one("--mode");
      mode && *mode != "cells" && *mode != "sheet-copy" && *mode != "service-copy")
    return failed(make_error(Errc::unsupported, "ZM0703",
                             fmt::format("{} is no mode of this release", zmig::quoted(*mode)),
                             "write --mode cells, or, of a spreadsheet, sheet-copy or service-copy"));
  return BackupCommand(session, arguments).run(what);
}

Answer run_restore(Session& session, const Arguments& arguments) {
  const auto named = arguments.one("--backup");
  if (named.has_value() == !arguments.positional(0).empty())
    return failed(make_error(Errc::invalid_input, "ZM0703",
                             named ? "the backup is named twice" : "`restore` needs a backup",
                             "write `zmig restore b4`; `zmig backup list` lists them"));
  const auto id = backup_number(named ? *named : arguments.positional(0));
  if (!id) return failed(id.error());
  RestoreOptions how;
  how.backup = *id;
  how.sheets = arguments.all("--sheet");
  how.columns = arguments.all("--column");
  how.discard_later_edits = arguments.has("--discard-later-edits");
  how.from_other = arguments.has("--from-other");
  how.dry_run = session.globals().dry_run;
  const auto on_edit = read_on_edit(arguments);
  if (!on_edit) return failed(on_edit.error());
  how.on_edit = *on_edit;
  const bool says = arguments.has("--on-edit") || arguments.has("--ours") || arguments.has("--theirs");
  if (how.discard_later_edits && says)
    return failed(make_error(Errc::invalid_input, "ZM0703", "--discard-later-edits decides about edits by itself",
                             "leave out --on-edit, --ours, --theirs"));
  if (const auto env = session.environment(); !env) return failed(env.error());
  take_permissions(session, arguments);
  const auto history = session.history();
  if (!history) return failed(history.error());
  const auto& replayed = session.replayed();
  if (session.diagnostics().has_errors()) {
    Answer answer;
    answer.exit = exit_code_of(session.diagnostics());
    return answer;
  }
  const auto target = session.target();
  if (!target) return failed(target.error());
  const auto ledger = session.ledger(!how.dry_run);
  if (!ledger) return failed(ledger.error());
  std::string log;
  if (!how.dry_run) {
    const auto path = log_path(session, "restore");
    if (!path) return failed(path.error());
    log = *path;
  }
  Console& console = session.console();
  RunDisplay display(console, session.ports().clock, session.display_options("restore", log));
  if (!display.opened()) return failed(display.opened().error());
  auto options = session.run_options();
  options.stop_requested = [] { return stop_signal() != 0; };
  options.command = "restore" + session.env_flags();
  Backups backups(**history, replayed, **target, **ledger, session.codec(), session.ports(), display, options);
  std::optional<Error> declined;
  const std::string env = session.target_summary().env;
  const auto confirm = [&](const RestorePreview& preview) {
    display.clear();
    const auto asks = session.will_ask();
    if ((asks && *asks) || (console.verbose() > 0 && !session.globals().json))
      console.err(to_text(console, preview, env));
    const auto answer =
        session.confirm(fmt::format("Restore b{} to {}?", *id, env.empty() ? session.target_summary().url : env));
    if (!answer) declined = answer.error();
    return answer.has_value();
  };
  auto done = backups.restore(how, confirm);
  if (!done) return failed(done.error());
  auto report = std::make_shared<RestoreReport>(std::move(*done));
  if (declined) std::erase_if(report->diagnostics.all(), [](const Diagnostic& one) { return one.code == "ZM0704"; });
  session.diagnostics().append(report->diagnostics);
  Answer answer;
  answer.exit = declined ? exit_of(*declined) : report->exit_code;
  answer.error = declined ? declined : report->error;
  if (const int signal = stop_signal(); signal != 0 && (declined || report->outcome == "interrupted"))
    answer.exit = 128 + (signal == SIGINT ? SIGINT : SIGTERM);
  const auto flags = session.env_flags();
  if (answer.exit == 6 || answer.exit == 75)
    answer.next = {fmt::format("zmig restore b{}{}", *id, flags), fmt::format("zmig status{}", flags)};
  else if (answer.exit == 9)
    answer.next = {fmt::format("zmig restore b{} --dry-run{}", *id, flags),
                   fmt::format("zmig restore b{} --discard-later-edits{}", *id, flags)};
  if (answer.exit != 0 && !report->run) answer.after = "  nothing was written\n";
  std::vector<std::string> files;
  if (report->run && !session.consents().empty()) {
    const auto noted =
        (*ledger)->append_event(report->run->id, "run.consents", consents_event_json(session.consents()));
    if (!noted && answer.exit == 0) {
      answer.error = noted.error();
      answer.exit = exit_of(noted.error());
    }
  }
  if (auto written = write_report(session, *report, log)) {
    files = std::move(*written);
  } else if (answer.exit == 0) {
    // The workbook is done, and said to be; that its report could not be written is a failure of its own.
    answer.error = written.error();
    answer.exit = exit_of(written.error());
  }
  if (answer.exit == 0) {
    answer.text = [report, &console, env, log, files] {
      return restored_text(console, *report, env, log) + (files.empty() ? "" : "report    " + join(files, "  ") + "\n");
    };
  }
  answer.data = [report, files] { return to_json(*report, files); };
  return answer;
}

}  // namespace zmig::cli
