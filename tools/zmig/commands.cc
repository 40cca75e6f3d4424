#include <algorithm>
#include <array>

#include "command.h"

namespace zmig::cli {

std::span<const OptionRow> global_options() {
  static constexpr std::array rows{
      OptionRow{"--env", "NAME", "section [env.NAME] of the configuration", false, "-e"},
      OptionRow{"--target", "URL", "one-off target instead of an environment", false, "-t"},
      OptionRow{"--chdir", "DIR", "act as if started there", false, "-C"},
      OptionRow{"--config", "FILE", "configuration file", false, "-c"},
      OptionRow{"--json", "", "one JSON envelope on stdout"},
      OptionRow{"--format", "FMT", "text or json (inspect: also zmig)"},
      OptionRow{"--output", "FILE", "write the result there instead of stdout", false, "-o"},
      OptionRow{"--dry-run", "", "on writing verbs: show what would happen, write nothing", false, "-n"},
      OptionRow{"--yes", "", "answer ordinary questions with yes", false, "-y"},
      OptionRow{"--no-input", "", "never ask; a question that would be needed ends with code 10"},
      OptionRow{"--confirm", "NAME", "the typed confirmation of a guarded environment"},
      OptionRow{"--reason", "TEXT", "stored with the run"},
      OptionRow{"--quiet", "", "errors only", false, "-q"},
      OptionRow{"--verbose", "", "more detail", true, "-v"},
      OptionRow{"--color", "WHEN", "auto, always or never"},
      OptionRow{"--ascii", "", "no box characters, no redraw"},
      OptionRow{"--progress", "HOW", "auto, bar, plain or none"},
      OptionRow{"--log-file", "FILE", "write the log there"},
      OptionRow{"--lock-timeout", "DUR", "how long to wait for somebody else's lock"},
  };
  return rows;
}

const std::vector<CommandRow>& commands() {
  static const std::vector<CommandRow> rows{
      {"init", "", "init [DIR] [--target URL] [--env NAME]", "make a project folder",
       {}, {{"DIR", "folder, default: here", false}}, run_init, false},
      {"new", "create", "new SLUG [--title TEXT] [--template KIND] [--depends-on N] [--edit] [--stdout]", "next numbered migration from a template",
       {{"--title", "TEXT", "description (default: the words of the slug)"},
        {"--template", "KIND", "empty add-column rename-column enum fill format new-sheet"},
        {"--depends-on", "N", "heading `depends on`", true},
        {"--edit", "", "open it in $VISUAL or $EDITOR"},
        {"--stdout", "", "write no file"}},
       {{"SLUG", "[a-z0-9_]+, at most 60 characters"}}, run_new},
      {"plan", "", "plan [--to N | --count K] [--down [--run ID]] [--check]", "what `up` or `down` would do",
       {{"--to", "N", "stop at this migration"},
        {"--count", "K", "so many migrations"},
        {"--down", "", "plan the way back"},
        {"--run", "ID", "with --down: take back what this run did"},
        {"--check", "", "code 2 when something is pending"},
        {"--out-of-order", "WHAT", "refuse (default) or allow"}},
       {}, run_plan},
      {"up", "migrate", "up [--to N | --count K] [FLAGS]", "apply what is pending",
       {{"--to", "N", "stop at this migration"},
        {"--count", "K", "so many migrations"},
        {"--baseline", "", "record the baseline first when the workbook provably equals it"},
        {"--allow-drift", "", "go on although drift is breaking; recorded"},
        {"--allow-loss", "", "consent to losing cells that no capture can give back"},
        {"--allow-skip", "CHECK", "let this check be not run, once; recorded", true},
        {"--out-of-order", "WHAT", "refuse (default) or allow: fill a gap"},
        {"--frozen", "", "refuse if zmig.lock or generated files would change"}},
       {}, run_up},
      {"down", "rollback", "down [--to N | --count K | --all | --run ID] [--check] [FLAGS]", "undo one migration, or back to a number",
       {{"--to", "N", "back to position N (N stays applied); 0 is the baseline"},
        {"--count", "K", "so many migrations"},
        {"--all", "", "everything down to the baseline"},
        {"--run", "ID", "take back what this run did"},
        {"--check", "", "write nothing; say exact, lossy or refused"},
        {"--on-edit", "WHAT", "keep (default), captured or refuse: cells that people changed since"},
        {"--theirs", "", "short for --on-edit keep"},
        {"--ours", "", "short for --on-edit captured"},
        {"--allow-loss", "", "consent to losing what people entered in columns that go"},
        {"--allow-drift", "", "go on although drift is breaking; recorded"},
        {"--override-window", "", "after the rollback window; needs --reason"}},
       {}, run_down},
      {"status", "info", "status [--all] [--check]", "where each target stands",
       {{"--all", "", "every environment"}, {"--check", "", "exit code 2 when behind, 3 on drift, ..."}}, {}, run_status},
      {"verify", "", "verify [--only CHECK]... [--untouched] [--allow-skip CHECK] [--no-record]", "prove that the live workbook is what the history says",
       {{"--only", "CHECK", "only this check", true},
        {"--untouched", "", "prove again that untouched cells are unchanged since the last write"},
        {"--allow-skip", "CHECK", "let this check be not run", true},
        {"--no-record", "", "do not write the outcome into the ledger"}},
       {}, run_verify},
      {"fmt", "", "fmt [FILE]... [--check] [--stdin] [--relock N]", "canonical text, zmig.lock, schemas/current.json",
       {{"--check", "", "write nothing, code 2 with the list"}, {"--stdin", "", "format standard input to stdout"}, {"--relock", "N", "accept the new text of an applied migration in the lock"}},
       {{"FILE", "migrations; default: all", false, true}}, run_fmt},
      {"show", "", "show N [--down] [--changes] [--schema before|after] [--source file|ledger] [--raw]", "one migration: text, changes, schema, down",
       {{"--down", "", "the way back"}, {"--changes", "", "the lowered changes"}, {"--schema", "WHEN", "before or after"},
        {"--source", "WHERE", "file or ledger"}, {"--raw", "", "exact bytes"}},
       {{"N", "number of the migration"}}, run_show},
      {"history", "log", "history [--limit K] [--run ID] [--events] [--mode real|rehearsal|all] [--captures] [--check-chain]", "runs and events from the ledger",
       {{"--limit", "K", "newest K"}, {"--run", "ID", "one run"}, {"--events", "", "the event list"}, {"--mode", "MODE", "real, rehearsal or all"},
        {"--captures", "", "saved cells of the run"}, {"--check-chain", "", "verify the hash chain"}},
       {}, run_history},
      {"inspect", "", "inspect [--sheet S]... [--format text|json|zmig]", "the live schema as text, JSON or a draft .zmig",
       {{"--sheet", "S", "only this sheet", true}}, {}, run_inspect, false},
      {"copy", "", "copy FROM TO [--sheet S]...", "a workbook into another one, with a fidelity report",
       {{"--sheet", "S", "only this sheet", true}},
       {{"FROM", "target to read"}, {"TO", "new or empty target"}}, run_copy, false},
      {"baseline", "", "baseline [--sheet S]... [--header-row S=N]... [--managed FILE] [--at N] [--copy] [--check]", "take a workbook as it is under management",
       {{"--sheet", "S", "only this sheet", true}, {"--header-row", "S=N", "where the header row is", true}, {"--managed", "FILE", "schema JSON: what is ours"},
        {"--at", "N", "the workbook already is at position N; proved"}, {"--copy", "", "this is a copy: give it a history of its own"},
        {"--check", "", "compare only, code 3 if different"}},
       {}, run_baseline},
      {"help", "", "help [VERB | exit-codes | statuses | environment | ZMnnnn]", "help for a verb, an exit code, a diagnostic code",
       {}, {{"TOPIC", "verb, topic or code", false}}, run_help, false},
      {"version", "", "version", "version, build, targets, formats", {}, {}, run_version, false},
  };
  return rows;
}

const CommandRow* find_command(std::string_view name) {
  const auto& all = commands();
  const auto found = std::ranges::find_if(all, [name](const CommandRow& row) { return row.name == name || (!row.alias.empty() && row.alias == name); });
  return found == all.end() ? nullptr : &*found;
}

}  // namespace zmig::cli
