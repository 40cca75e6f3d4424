#pragma once
// Reads and runs the samples of lint, tests/data/lint/<rule>/good.txt and bad.txt. A sample is a text of sections, each
// begun by a line `== WORD ARGUMENTS`; what stands before the first one is the file 0001_sample.zmig:
//
//   == file NAME            a migration, NNNN_slug.zmig; the last one is the subject of the sample
//   == cells SHEET          the sheet instead of the usual one: `A | B` headers, then rows (numbers, dates, 'texts)
//   == settings LOCALE [ZONE]  what the workbook says of itself
//   == applied N            the migrations up to N are applied before anything is looked at
//   == put SHEET.HEADER ROW VALUE        somebody types a value (data row from 1)
//   == header SHEET.OLD NEW              somebody types another header
//   == live                 with the workbook
//   == uphold N             the contract of position N is to hold
//   == base N               the git reference has the first N migrations; with lines below: this zmig.lock
//   == knows N CHECKSUM     the ledger knows migration N as applied with this checksum
//   == lock                 zmig.lock is these lines; without the section it is fresh; `== lock none`: there is none
//   == protect SHEET, == option KEY VALUE
//   == message              exactly this is said of the rule (bad.txt)
//   == fixed                the text of the subject after --fix=suggested (bad.txt, when the rule has a fix here)

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <zmig/contract.h>
#include <zmig/lint.h>

#include "base/text.h"
#include "plan/lock.h"
#include "run_world.h"

namespace zmig::test {

struct SampleSection {
  std::string word, rest, body;
};

inline std::vector<SampleSection> read_sample(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) FAIL("no sample " << path.string());
  std::vector<SampleSection> out{{"file", "0001_sample.zmig", {}}};
  for (std::string line; std::getline(in, line);) {
    if (!line.starts_with("== ")) {
      out.back().body += line + "\n";
      continue;
    }
    std::istringstream words(line.substr(3));
    SampleSection section;
    words >> section.word;
    std::getline(words >> std::ws, section.rest);
    out.push_back(std::move(section));
  }
  if (out.front().body.empty()) out.erase(out.begin());
  for (SampleSection& one : out)  // one blank line before the next section is layout
    while (one.body.ends_with("\n\n")) one.body.pop_back();
  return out;
}

inline Cell cell_from(std::string text) {
  while (text.ends_with(' ')) text.pop_back();
  while (text.starts_with(' ')) text.erase(0, 1);
  if (text.empty()) return {};
  if (text.starts_with("'")) return Cell{Text{text.substr(1)}, {}, {}};
  if (const auto number_here = exact_number(text, false)) return Cell{Number{*number_here}, {}, {}};
  if (text.size() == 10 && text[4] == '-' && text[7] == '-')
    return date(std::stoi(text.substr(0, 4)), std::stoi(text.substr(5, 2)), std::stoi(text.substr(8)));
  return Cell{Text{text}, {}, {}};
}

inline void add_cells(Workbook& book, const std::string& title, const std::string& body) {
  std::vector<std::string> headers;
  std::vector<std::vector<Cell>> rows;
  for (const std::string& line : split(body, '\n')) {
    if (line.empty()) continue;
    auto parts = split(line, '|');
    if (headers.empty()) {
      for (std::string& part : parts) {
        while (part.ends_with(' ')) part.pop_back();
        while (part.starts_with(' ')) part.erase(0, 1);
        headers.push_back(part);
      }
      continue;
    }
    rows.emplace_back();
    for (std::string& part : parts) rows.back().push_back(cell_from(std::move(part)));
  }
  add_sheet(book, title, headers, rows);
}

/// One sample, set up and linted.
struct Linted {
  World world;
  Diagnostics found;  ///< of loading and replaying
  LintReport report;
  std::string subject;  ///< path of the last file
  std::string message, fixed;
  bool has_fixed = false;

  static Workbook workbook(const std::vector<SampleSection>& sections) {
    std::map<std::string, std::string> sheets{
        {"Metadata", "Evento | Cuando\nTOMAR | 2026-01-26\nSOLTAR | 2026-01-27\n"},
        {"Operaciones",
         "Lote | Cantidad | Peso | Fecha | Codigo | Nota\nL-1 | 3 | 1.5 | 2026-01-26 | '00123 | first\n"
         "L-2 | 4 | 2.25 | 2026-01-27 | '00124 | \nL-3 | 5 | 3.5 | 2026-01-28 | '00125 | \n"}};
    for (const SampleSection& one : sections)
      if (one.word == "cells") sheets[one.rest] = one.body;
    Workbook book;
    for (const auto& [title, body] : sheets) add_cells(book, title, body);
    for (const SampleSection& one : sections) {
      std::istringstream words(one.rest);
      if (one.word == "settings") words >> book.schema.locale >> book.schema.time_zone;
    }
    return book;
  }

  explicit Linted(const std::vector<SampleSection>& sections) : world(workbook(sections)) { run(sections); }

  void load(const std::vector<std::string>& protected_sheets) {
    found = {};
    world.sources = SourceMap();
    world.history =
        must(load_history(*world.fakes.files, ProjectPaths{world.folder.at("migrations"), world.folder.at("schemas")},
                          *world.codec, world.sources, found));
    world.replayed = replay_history(world.history, *world.codec, protected_sheets, found);
    const Schema* baseline = world.history.baseline ? &*world.history.baseline : nullptr;
    for (const Replayed& one : world.replayed) derived_shape_findings(one, found, baseline);
  }

  void edit(const SampleSection& section) {
    Workbook book = world.target.snapshot();
    const std::string path = section.rest.substr(0, section.rest.find(' '));
    std::string rest = section.rest.substr(path.size() + 1);
    const auto dot = path.find('.');
    Sheet* sheet = nullptr;
    for (Sheet& one : book.schema.sheets)
      if (one.title == path.substr(0, dot)) sheet = &one;
    REQUIRE(sheet != nullptr);
    for (Column& column : sheet->columns) {
      if (column.header != path.substr(dot + 1)) continue;
      if (section.word == "header") {
        column.header = unescape(rest);
      } else {
        const auto blank = rest.find(' ');
        book.cells[sheet->id].put(column.id, static_cast<std::size_t>(std::stoul(rest)) - 1,
                                  cell_from(rest.substr(blank + 1)));
      }
      world.target = MemoryTarget(std::move(book), "taller");
      return;
    }
    FAIL("no column " << path);
  }

  /// `\u{301}` and the like, for what nobody can see in a file.
  static std::string unescape(const std::string& text) {
    std::string out;
    for (std::size_t at = 0; at < text.size();) {
      if (text.compare(at, 3, "\\u{") != 0) {
        out += text[at++];
        continue;
      }
      const auto close = text.find('}', at);
      append_utf8(out, static_cast<char32_t>(std::stoul(text.substr(at + 3, close - at - 3), nullptr, 16)));
      at = close + 1;
    }
    return out;
  }

  void run(const std::vector<SampleSection>& sections) {
    const auto wants = [&](std::string_view word) -> const SampleSection* {
      for (const SampleSection& one : sections)
        if (one.word == word) return &one;
      return nullptr;
    };
    world.take_over();
    std::vector<std::string> protected_sheets;
    for (const SampleSection& one : sections) {
      if (one.word == "file") {
        world.write_migration(one.rest.substr(0, one.rest.size() - 5), one.body);
        subject = world.folder.at("migrations") + "/" + one.rest;
      }
      if (one.word == "protect") protected_sheets.push_back(one.rest);
      if (one.word == "message") message = one.body;
      if (one.word == "fixed") {
        fixed = one.body;
        has_fixed = true;
      }
    }
    if (const auto* applied = wants("applied")) {
      load({});
      Goal goal;
      goal.to = static_cast<std::uint32_t>(std::stoul(applied->rest));
      const Report done = world.up(goal);
      INFO((done.error ? done.error->zm + " " + done.error->message : std::string()));
      REQUIRE(done.exit_code == 0);
    }
    for (const SampleSection& one : sections)
      if (one.word == "put" || one.word == "header") edit(one);
    load(protected_sheets);
    const auto* lock = wants("lock");
    if (lock == nullptr || lock->rest != "none") {
      world.folder.write("migrations/zmig.lock", lock != nullptr ? lock->body : print_lock(world.history.fresh_lock()));
      load(protected_sheets);
    }
    LintInput input{world.history, world.replayed, world.sources};
    input.found = found;
    take_options(sections, input);
    std::optional<Plan> plan;
    std::optional<LintLive> live;
    if (wants("live") != nullptr) {
      plan = must(world.migrator().plan(Goal{}));
      live.emplace(LintLive{world.target, world.target.capabilities(), *plan});
      input.live = &*live;
    }
    report = must(lint(input));
  }

  void take_options(const std::vector<SampleSection>& sections, LintInput& input) {
    for (const SampleSection& one : sections) {
      std::istringstream words(one.rest);
      std::string key, value;
      words >> key;
      std::getline(words >> std::ws, value);
      if (one.word == "uphold")
        input.uphold.emplace_back(
            "contracts/old.json",
            make_contract(world.history, world.replayed, static_cast<std::uint32_t>(std::stoul(key)), nullptr, true));
      if (one.word == "knows") input.applied[static_cast<std::uint32_t>(std::stoul(key))] = value;
      if (one.word == "base") {
        input.base = "main";
        input.base_lock = one.body.empty() ? world.history.fresh_lock() : must(parse_lock(one.body, "main:zmig.lock"));
        if (one.body.empty()) input.base_lock->resize(std::stoul(key));
      }
      if (one.word != "option") continue;
      if (key == "header_pattern")
        input.options.header_pattern = value;
      else if (key == "max_cells")
        input.options.max_cells = std::stoull(value);
      else if (key == "max_calls")
        input.options.max_calls = std::stoull(value);
      else if (key == "max_duration")
        input.options.max_duration = std::chrono::milliseconds(std::stoll(value));
      else if (key == "window")
        input.options.window = std::chrono::hours(std::stoull(value));
      else if (key == "locale")
        input.options.locale = value;
      else if (key == "timezone")
        input.options.time_zone = value;
      else if (key == "target_kind")
        input.options.target_kind = value;
      else
        FAIL("the runner does not know the option " << key);
    }
  }

  std::vector<const LintFinding*> of(std::string_view rule) const {
    std::vector<const LintFinding*> out;
    for (const LintFinding& one : report.findings)
      if (one.diagnostic.code == rule && !one.allowed_because) out.push_back(&one);
    return out;
  }
  /// What is said of the rule, without the folder of the test.
  std::string said(std::string_view rule) const {
    std::string out;
    for (const LintFinding* one : of(rule)) out += render(one->diagnostic, world.sources);
    const std::string folder = world.folder.at("");
    for (std::size_t at = out.find(folder); at != std::string::npos; at = out.find(folder))
      out.erase(at, folder.size());
    return out;
  }
};

}  // namespace zmig::test
