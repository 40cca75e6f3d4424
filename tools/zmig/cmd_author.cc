// Commands for authors: new, fmt, show, help, version. They write project files only.

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <iterator>

#include <fmt/format.h>

#include <zmig/lint.h>
#include <zmig/text.h>

#include "completion.h"
#include "help_pages.h"
#include "numbers.h"
#include "reports.h"
#include "session.h"

namespace zmig::cli {
namespace {

namespace fs = std::filesystem;

/// Complete files that parse, with guards and postconditions as comments.
std::string template_text(std::string_view kind, const std::string& title, const std::vector<std::string>& depends) {
  std::string out = "zmig 1\n\ndescription " + zmig::quoted(title) + "\n";
  if (!depends.empty()) {
    std::vector<std::string> names;
    names.reserve(depends.size());
    for (const auto& name : depends) names.push_back(zmig::quoted(name));
    out += "depends on " + join(names, ", ") + "\n";
  }
  out += "\n";
  if (kind == "empty")
    return out +
           "# in sheet \"Sheet\" {\n#   add column \"Header\" text\n# }\n#\n# ensure sheet \"Sheet\" gained 1 column\n";
  if (kind == "add-column")
    return out +
           "# require sheet \"Sheet\" exists\n\nin sheet \"Sheet\" {\n  add column \"Header\" text blank means \"not "
           "known yet\"\n}\n\nensure sheet \"Sheet\" gained 1 column\nensure sheet \"Sheet\" is otherwise unchanged\n";
  if (kind == "rename-column")
    return out +
           "in sheet \"Sheet\" {\n  rename column \"Old\" to \"New\"\n  # readers that still look for the old header "
           "find it:\n  # change column \"New\" alias \"Old\"\n}\n\nensure column \"New\" of \"Sheet\" exists\nensure "
           "sheet \"Sheet\" is otherwise unchanged\n";
  if (kind == "enum")
    return out +
           "create enum \"Name\" {\n  add value \"FIRST\"\n  add value \"SECOND\"\n}\n\n# in sheet \"Sheet\" {\n#   "
           "change column \"Header\" type enum \"Name\"\n# }\n\nensure enum \"Name\" has value \"FIRST\"\n";
  if (kind == "fill")
    return out +
           "in sheet \"Sheet\" {\n  fill column \"Header\" with \"value\"\n}\n\nensure column \"Header\" of \"Sheet\" "
           "is filled\n";
  if (kind == "format")
    return out +
           "in sheet \"Sheet\" {\n  change column \"Header\" format \"DD-MM-YYYY\"\n}\n\n# ensure column \"Header\" of "
           "\"Sheet\" has type date\n";
  return out +
         "create sheet \"Sheet\" {\n  add column \"Code\" text key\n  add column \"Name\" text required\n  freeze "
         "header\n}\n\nensure sheet \"Sheet\" exists\n";
}

std::string name_of_file(const MigrationFile& file) { return file.name; }

Result<const MigrationFile*> find_file(const History& history, std::uint32_t number) {
  const auto found = std::ranges::find(history.files, number, &MigrationFile::number);
  if (found != history.files.end()) return &*found;
  std::vector<std::string> known;
  for (const auto& file : history.files) known.push_back(padded(file.number));
  return make_error(Errc::not_found, "ZM0713", fmt::format("there is no migration {}", padded(number)),
                    known.empty() ? "the folder is empty; `zmig new SLUG` makes one" : "known: " + join(known, ", "));
}

/// The ledger knows a real run that applied the migration with this hash and was not undone since.
bool applied_somewhere(Ledger& ledger, const LockLine& line) {
  RunFilter filter;
  filter.mode = RunMode::real;
  filter.migration = line.number;
  const auto runs = ledger.runs(filter);
  return runs && std::ranges::any_of(*runs, [&](const Run& run) {
           return run.state == RunState::applied && run.verb == "up" && run.checksum == line.hash;
         });
}

}  // namespace

Answer run_new(Session& session, const Arguments& arguments) {
  const auto slug = arguments.positional(0);
  const bool fits = !slug.empty() && slug.size() <= 60 && std::ranges::all_of(slug, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  });
  if (!fits)
    return failed(make_error(Errc::invalid_input, "ZM0703", fmt::format("{} is no slug", zmig::quoted(slug)),
                             "use a-z, 0-9 and _, at most 60 characters"));
  const auto kind = arguments.one("--template").value_or("empty");
  const char* editor = std::getenv("VISUAL") != nullptr ? std::getenv("VISUAL") : std::getenv("EDITOR");
  if (arguments.has("--edit") && editor == nullptr)
    return failed(make_error(Errc::invalid_input, "ZM0703", "neither VISUAL nor EDITOR is set",
                             "set one of them, or leave --edit out and open the file yourself"));
  if (session.config().file.empty() && !arguments.has("--stdout"))
    return failed(make_error(Errc::invalid_input, "ZM0702", "there is no zmig.toml here or above",
                             "make a project with `zmig init`, or print the text with --stdout"));
  auto history = session.history();
  if (!history) return failed(history.error());
  // A stale lock is written anew here; anything else that is wrong with the folder comes first.
  std::erase_if(session.diagnostics().all(), [](const Diagnostic& finding) { return finding.code == "ZM0206"; });
  if (session.diagnostics().has_errors()) {
    Answer answer;
    answer.exit = exit_code_of(session.diagnostics());
    return answer;
  }
  std::vector<std::string> depends;
  for (const auto& word : arguments.all("--depends-on")) {
    auto number = migration_number(word);
    if (!number) return failed(number.error());
    auto file = find_file(**history, *number);
    if (!file) return failed(file.error());
    const auto name = name_of_file(**file);
    if (std::ranges::find(depends, name) == depends.end()) depends.push_back(name);
  }
  std::uint32_t number = 0;
  for (const auto& file : (*history)->files) number = std::max(number, file.number);
  for (const auto& line : (*history)->lock) number = std::max(number, line.number);
  ++number;
  auto title = arguments.one("--title").value_or("");
  if (title.empty()) {
    title = slug;
    std::ranges::replace(title, '_', ' ');
    if (title[0] >= 'a' && title[0] <= 'z') title[0] = static_cast<char>(title[0] - 'a' + 'A');
  }
  Diagnostics none;
  auto text = session.codec().format(SourceFile{"new", template_text(kind, title, depends)}, 0, none);
  auto report = std::make_shared<NewReport>();
  report->number = number;
  report->slug = slug;
  report->template_name = kind;
  Answer answer;
  if (arguments.has("--stdout")) {
    report->text = text;
    answer.text = [text] { return text; };
    answer.data = [report] { return to_json(*report); };
    return answer;
  }
  auto& files = session.ports().files;
  const fs::path folder = session.paths().migrations;
  const auto path = (folder / fmt::format("{}_{}.zmig", padded(number), slug)).string();
  report->path = path;
  if (!session.globals().dry_run) {
    if (const auto made = files.make_folder(folder.string(), false); !made) return failed(made.error());
    if (const auto written = files.replace(path, text); !written) return failed(written.error());
    SourceMap sources;
    Diagnostics ignored;
    auto fresh = load_history(files, session.paths(), session.codec(), sources, ignored);
    if (fresh) {
      if (const auto written = files.replace((folder / "zmig.lock").string(), print_lock(fresh->fresh_lock()));
          !written)
        return failed(written.error());
      report->lock_updated = true;
    }
  }
  if (arguments.has("--edit") && !session.globals().dry_run) {
    // The editor gets the terminal; stdout stays the result's.
    const auto command = fmt::format("{} {} 1>&2", editor, shell_word(path));
    if (std::system(command.c_str()) != 0)  // NOLINT(bugprone-command-processor)
      session.console().err("the editor ended with an error; the file is written\n");
  }
  const auto lock = (folder / "zmig.lock").string();
  answer.text = [report, lock] {
    return fmt::format("created  {}\n{}", report->path, report->lock_updated ? "changed  " + lock + "\n" : "");
  };
  answer.data = [report] { return to_json(*report); };
  return answer;
}

Answer run_fmt(Session& session, const Arguments& arguments) {
  auto& files = session.ports().files;
  Answer answer;
  if (arguments.has("--stdin")) {
    const std::string text((std::istreambuf_iterator<char>(std::cin)), std::istreambuf_iterator<char>());
    SourceFile file{"<stdin>", text};
    const auto number = session.sources().add(file);
    auto formatted = std::make_shared<std::string>(session.codec().format(file, number, session.diagnostics()));
    answer.exit = exit_code_of(session.diagnostics());
    if (answer.exit == 0) {
      answer.text = [formatted] { return *formatted; };
      answer.data = [formatted] { return to_json(HelpReport{"fmt", *formatted}); };
    }
    return answer;
  }
  const bool write = !arguments.has("--check") && !session.globals().dry_run;
  auto history = session.history();
  if (!history) return failed(history.error());
  auto report = std::make_shared<FmtReport>();
  std::vector<std::pair<std::string, SourceFile>> chosen;  // path on disk, file
  if (arguments.positionals().empty()) {
    for (const auto& file : (*history)->files) chosen.emplace_back(file.source.path, file.source);
  } else {
    for (const auto& path : arguments.positionals()) {
      auto text = files.read(path, 1 << 20);
      if (!text) return failed(text.error());
      chosen.emplace_back(path, SourceFile{path, *text});
    }
  }
  for (const auto& [path, file] : chosen) {
    ++report->checked;
    Diagnostics found;
    const auto number = session.sources().add(file);
    const auto formatted = session.codec().format(file, number, found);
    if (found.has_errors()) {
      if (!arguments.positionals().empty())
        session.diagnostics().append(found);  // the folder's own findings are there already
      continue;
    }
    if (formatted == file.text) continue;
    report->changed.push_back(path);
    if (write)
      if (const auto written = files.replace(path, formatted); !written) return failed(written.error());
  }
  // The lock of an applied migration is not rewritten when its meaning changed, unless --relock names it.
  std::vector<std::uint32_t> relock;
  for (const auto& word : arguments.all("--relock")) {
    auto number = migration_number(word);
    if (!number) return failed(number.error());
    relock.push_back(*number);
  }
  if (auto ledger = session.ledger(false); ledger && (*history)->has_lock) {
    for (const auto& line : (*history)->lock) {
      const auto file = std::ranges::find((*history)->files, line.number, &MigrationFile::number);
      const bool missing_file = file == (*history)->files.end();
      if (!missing_file && (file->checksum.empty() || file->checksum == line.hash)) continue;
      if (std::ranges::find(relock, line.number) != relock.end()) continue;
      if (!applied_somewhere(**ledger, line)) continue;
      const auto name = fmt::format("{}_{}", padded(line.number), line.slug);
      const auto help = fmt::format(
          "bring the old text back (`zmig show {} --source ledger`) and write the change as a new migration, or `zmig "
          "fmt --relock {}`",
          line.number, line.number);
      return failed(
          missing_file
              ? make_error(Errc::conflict, "ZM0203", fmt::format("{} is applied, but its file is gone", name), help)
              : make_error(Errc::conflict, "ZM0202",
                           fmt::format("{} was changed after it was applied", file->source.path), help));
    }
  }
  // A stale lock is what this command mends.
  std::erase_if(session.diagnostics().all(), [](const Diagnostic& finding) { return finding.code == "ZM0206"; });
  if (!session.diagnostics().has_errors()) {
    const auto changed = session.refresh_generated(write);
    if (!changed) return failed(changed.error());
    for (const auto& path : *changed) {
      report->changed.push_back(path);
      if (path.ends_with("zmig.lock"))
        report->lock = write ? "refreshed" : "stale";
      else
        report->current_schema = write ? "refreshed" : "stale";
    }
  }
  answer.exit = exit_code_of(session.diagnostics());
  if (answer.exit == 0 && !write && !report->changed.empty()) answer.exit = 2;
  answer.text = [report, write] {
    std::string out;
    for (const auto& path : report->changed) out += fmt::format("{}  {}\n", write ? "changed" : "would change", path);
    return out + fmt::format("{} checked, {} {}\n", counted(report->checked, "file", "files"), report->changed.size(),
                             write ? "changed" : "to change");
  };
  answer.data = [report] { return to_json(*report); };
  return answer;
}

Answer run_show(Session& session, const Arguments& arguments) {
  auto number = migration_number(arguments.positional(0));
  if (!number) return failed(number.error());
  auto history = session.history();
  if (!history) return failed(history.error());
  auto report = std::make_shared<ShowReport>();
  Console& console = session.console();
  Answer answer;
  answer.text = [report, &console] { return to_text(console, *report); };
  answer.data = [report] { return to_json(*report); };

  RunFilter filter;
  filter.migration = *number;
  filter.mode = RunMode::real;
  std::optional<Run> recorded;
  if (auto ledger = session.ledger(false))
    if (auto runs = (*ledger)->runs(filter))
      for (auto& run : *runs)
        if (run.verb == "up" && !run.down_text.empty() &&
            (run.state == RunState::applied || run.state == RunState::undone)) {
          recorded = std::move(run);
          break;
        }
  const auto source = arguments.one("--source").value_or("file");
  if (source != "file" && source != "ledger")
    return failed(make_error(Errc::invalid_input, "ZM0703",
                             fmt::format("{} is not a value for --source", zmig::quoted(source)),
                             "one of: file, ledger"));
  const auto file = std::ranges::find((*history)->files, *number, &MigrationFile::number);
  if (source == "ledger" || (file == (*history)->files.end() && recorded)) {
    if (!recorded)
      return failed(
          make_error(Errc::not_found, "ZM0713", fmt::format("the ledger has no text of {}", padded(*number))));
    report->raw = recorded->source_text;
    report->number = *number;
    report->slug = recorded->slug;
    report->hash = recorded->checksum;
    if (arguments.has("--down")) {
      report->raw.reset();
      report->down_asked = true;
      report->down_source = fmt::format("recorded (r{})", recorded->id);
      report->down_text = recorded->down_text;
      report->down_fidelity = recorded->fidelity;
    }
    return answer;
  }
  auto found = find_file(**history, *number);
  if (!found) return failed(found.error());
  report->number = *number;
  report->slug = (*found)->slug;
  report->path = (*found)->source.path;
  report->hash = (*found)->checksum;
  if (arguments.has("--raw")) {
    report->raw = (*found)->source.text;
    return answer;
  }
  const auto& all = session.replayed();
  const auto replayed =
      std::ranges::find_if(all, [&](const Replayed& item) { return item.migration.number == *number; });
  if (replayed == all.end()) {
    answer = {};
    answer.exit = exit_code_of(session.diagnostics());
    return answer;
  }
  const auto& migration = replayed->migration;
  report->title = migration.description;
  report->depends = migration.depends;
  report->allows = migration.allows;
  for (std::size_t index = 0; index < migration.script.operations.size(); ++index) {
    const auto& operation = migration.script.operations[index];
    report->operations.push_back({index, std::string(name_of(operation)), subject_of(operation), describe(operation)});
  }
  if (const auto when = arguments.one("--schema")) {
    if (*when != "before" && *when != "after")
      return failed(make_error(Errc::invalid_input, "ZM0703",
                               fmt::format("{} is not a value for --schema", zmig::quoted(*when)),
                               "one of: before, after"));
    report->schema_json = schema_to_json(*when == "before" ? replayed->before : replayed->after);
  }
  if (arguments.has("--changes")) {
    auto chain = lower_all(migration.script.operations, replayed->before);
    if (!chain) return failed(chain.error());
    for (const auto& step : chain->steps) report->changes.emplace_back(name_of(step.change));
  }
  report->down_asked = arguments.has("--down");
  if (recorded) {
    report->down_source = fmt::format("recorded (r{})", recorded->id);
    report->down_run = recorded->id;
    report->down_text = recorded->down_text;
    report->down_fidelity = recorded->fidelity;
  } else {
    auto down = derive_down(*replayed, {}, session.codec());
    report->down_source = "derived now, not yet applied";
    if (down) {
      report->down_text = down->text;
      report->down_fidelity = std::string(to_string(down->fidelity));
    } else {
      report->down_text = down.error().message + "\n";
      report->down_fidelity = "irreversible";
    }
  }
  return answer;
}

Answer run_help(Session&, const Arguments& arguments) {
  auto topic = arguments.positional(0);
  if (topic.starts_with("zm") || topic.starts_with("Zm"))
    std::ranges::transform(topic, topic.begin(),
                           [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
  for (const LintRule& rule : lint_rules())
    if (rule.name == topic) topic = std::string(rule.id);
  Answer answer;
  const auto say = [&answer, &topic](std::string text) {
    auto report = std::make_shared<HelpReport>(HelpReport{topic, std::move(text)});
    answer.text = [report] { return report->text; };
    answer.data = [report] { return to_json(*report); };
  };
  if (topic.empty()) {
    std::string out =
        "zmig: declarative, versioned schema migrations for live spreadsheets\n\nusage: zmig [GLOBAL FLAGS] VERB "
        "[FLAGS] [ARGUMENTS]\n\n";
    for (const auto& row : commands())
      out += fmt::format("  {:<10} {}{}\n", row.name, row.summary,
                         row.alias.empty() ? "" : fmt::format(" (also `{}`)", row.alias));
    out += "\nglobal flags\n";
    for (const auto& option : global_options())
      out += fmt::format("  {:<4} {:<22} {}\n", option.letter.empty() ? "" : std::string(option.letter) + ",",
                         fmt::format("{} {}", option.flag, option.value), option.says);
    say(out +
        "\n`zmig help VERB`, `zmig help exit-codes`, `zmig help statuses`, `zmig help environment`, `zmig help "
        "ZMnnnn`\n");
    return answer;
  }
  if (const auto* row = find_command(topic)) {
    std::string out = fmt::format("{}\n\nusage: zmig {}\n", row->summary, row->usage);
    if (!row->positionals.empty()) out += "\n";
    for (const auto& positional : row->positionals)
      out += fmt::format("  {:<22} {}\n", positional.name, positional.says);
    if (!row->options.empty()) out += "\nflags\n";
    for (const auto& option : row->options)
      out += fmt::format("  {:<22} {}\n", fmt::format("{} {}", option.flag, option.value), option.says);
    if (const auto page = help_page(row->name)) out += "\n" + std::string(*page);
    say(out + "\n`zmig help` lists the global flags\n");
    return answer;
  }
  if (topic == "man") {
    say(manual_page(ZMIG_VERSION));
    return answer;
  }
  if (const auto page = help_page(topic)) {
    say(std::string(*page));
    return answer;
  }
  std::vector<std::string> known;
  for (const auto& row : commands()) known.emplace_back(row.name);
  for (const auto& name : help_topics()) known.emplace_back(name);
  for (const LintRule& rule : lint_rules()) known.emplace_back(rule.name);
  for (const CodeRow& row : code_table()) known.emplace_back(row.code);
  const auto close = nearest(topic, known);
  return failed(
      make_error(Errc::not_found, "ZM0713", fmt::format("there is no help on {}", zmig::quoted(topic)),
                 close ? fmt::format("did you mean `zmig help {}`?", *close) : "`zmig help` lists what there is"));
}

Answer run_version(Session& session, const Arguments&) {
  auto report = std::make_shared<VersionReport>();
  report->version = session.tool_version();
  for (const auto& kind : target_kinds()) report->targets.emplace_back(kind.scheme);
  Answer answer;
  answer.text = [report] { return fmt::format("zmig {} targets: {}\n", report->version, join(report->targets, " ")); };
  answer.data = [report] { return to_json(*report); };
  return answer;
}

}  // namespace zmig::cli
