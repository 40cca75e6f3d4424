// Families 8 and 9: ways back, postconditions, headings, and the folder as a whole.

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include <zmig/header_norm.h>

#include "base/text.h"
#include "plan/lint_rules.h"
#include "plan/lock.h"

namespace zmig::linting {
namespace {

std::string days(std::chrono::seconds duration) {
  const auto hours = std::chrono::duration_cast<std::chrono::hours>(duration).count();
  const auto number = static_cast<std::uint64_t>(std::max<std::int64_t>(hours, 0));
  return number % 24 == 0 ? counted(number / 24, "day", "days") : counted(number, "hour", "hours");
}

/// It writes cells that `ensure` lines could look at.
bool writes_data(const Operation& operation) {
  const auto* type = std::get_if<op::ChangeType>(&operation);
  return std::holds_alternative<op::FillColumn>(operation) || std::holds_alternative<op::SetColumn>(operation) ||
         std::holds_alternative<op::AddRows>(operation) || (type != nullptr && type->with.has_value());
}

std::string title_of(const Operation& operation) {
  if (const auto* one = std::get_if<op::FillColumn>(&operation)) return one->at.sheet.title;
  if (const auto* one = std::get_if<op::SetColumn>(&operation)) return one->at.sheet.title;
  if (const auto* one = std::get_if<op::ChangeType>(&operation)) return one->at.sheet.title;
  if (const auto* one = std::get_if<op::AddRows>(&operation)) return one->sheet.title;
  return subject_of(operation);
}

class Safety {
 public:
  explicit Safety(Subject& subject) : s_(subject) {}

  void run() {
    short_window();
    no_postcondition();
    exact_widths();
    headings();
    nothing_done();
    for (std::size_t i = 0; i < s_.operations.size(); ++i) aliases(i);
  }

 private:
  void short_window() {
    if (!s_.migration.keep_undo || *s_.migration.keep_undo >= s_.input.options.min_window) return;
    const auto at = heading_span(s_.source, s_.file, "keep undo data");
    s_.add("ZM1805",
           fmt::format("undo data is kept for {}, less than {}", days(*s_.migration.keep_undo),
                       days(s_.input.options.min_window)),
           at.value_or(s_.whole_file()), {}, "keep it longer, or lower `lint.min_window` in zmig.toml");
  }

  void no_postcondition() {
    if (!s_.migration.script.ensures.empty()) return;
    const auto first = std::find_if(s_.operations.begin(), s_.operations.end(), writes_data);
    if (first == s_.operations.end()) return;
    const auto index = static_cast<std::size_t>(first - s_.operations.begin());
    const std::string line = fmt::format("ensure sheet {} is otherwise unchanged", quoted(title_of(*first)));
    LintFinding& found = s_.add("ZM1807", "cells are written and no `ensure` looks at them", s_.name(index),
                                subject_of(*first), fmt::format("add at the end: {}", line));
    std::uint32_t end = static_cast<std::uint32_t>(s_.source.text.size());
    std::string before = s_.source.text.ends_with('\n') ? "\n" : "\n\n", after;
    if (const auto down = heading_span(s_.source, s_.file, "down {")) {
      end = down->begin;
      before.clear();
      after = "\n";
    }
    found.fix = LintFix{false, {{s_.file, end, end, before + line + "\n" + after}}, false};
  }

  void exact_widths() {
    const auto look_at = [&](const std::vector<CheckLine>& lines) {
      for (const CheckLine& line : lines) {
        const auto* count = std::get_if<check::SheetCount>(&line.check);
        if (count == nullptr || count->what != check::Counted::columns) continue;
        if (count->count.kind != Expecting::Kind::exactly) continue;
        s_.add(
            "ZM1914", fmt::format("this is false as soon as somebody adds a column to {}", quoted(count->title)),
            line.span, count->title,
            fmt::format("write `has at least {} columns`, or after the changes `gained n columns`", count->count.rows));
      }
    };
    look_at(s_.migration.script.requires_);
    look_at(s_.migration.script.ensures);
  }

  void headings() {
    if (s_.migration.description.empty())
      s_.add("ZM1915", "nothing says what this migration is for", s_.whole_file(), {},
             "add below the first line: description \"…\"");
  }

  void nothing_done() {
    if (s_.operations.empty()) {
      s_.add("ZM1909", "this migration changes nothing", s_.whole_file(), {},
             "write the change, or delete the file if it was never applied");
      return;
    }
    if (std::any_of(s_.operations.begin(), s_.operations.end(), writes_data)) return;
    if (s_.states.front() == s_.states.back())
      s_.add("ZM1910", "the lines of this migration cancel out", s_.span(0), {},
             "leave out the lines that others take back");
  }

  // --- Aliases that nothing matches -----------------------------------------------------------------------------

  /// Every header that the sheet had, in any column, up to this migration.
  std::set<std::string> headers_ever(const std::string& sheet_id) const {
    std::set<std::string> out;
    const auto note = [&](const Schema& schema) {
      const Sheet* sheet = schema.sheet(sheet_id);
      if (sheet == nullptr) return;
      for (const Column& column : sheet->columns) out.insert(norm(column.header));
    };
    if (s_.input.history.baseline) note(*s_.input.history.baseline);
    for (const Replayed& one : s_.input.replayed) {
      note(one.after);
      if (one.migration.number >= s_.migration.number) break;
    }
    for (const Schema& state : s_.states) note(state);
    return out;
  }

  void aliases(std::size_t index) {
    const Operation& operation = s_.operations[index];
    std::vector<std::string> given;
    std::string sheet, own;
    if (const auto* one = std::get_if<op::SetAlias>(&operation)) {
      given = one->aliases;
      sheet = one->at.sheet.id;
      own = one->at.header;
    } else if (const auto* added = std::get_if<op::AddColumn>(&operation)) {
      given = added->column.rules.aliases;
      sheet = added->sheet.id;
      own = added->column.header;
    }
    if (given.empty()) return;
    const auto ever = headers_ever(sheet);
    for (const std::string& alias : given) {
      if (norm(alias) != norm(own) && ever.contains(norm(alias))) continue;
      const Span at = s_.quoted_in_line(index, alias);
      LintFinding& found =
          s_.add("ZM1904",
                 norm(alias) == norm(own) ? fmt::format("the alias {} is the header itself", quoted(alias))
                                          : fmt::format("no column of this sheet was ever called {}", quoted(alias)),
                 at, subject_of(operation), "remove it, or correct it to the header that readers know");
      if (auto edit = without_alias(index, at, given.size())) found.fix = LintFix{true, {std::move(*edit)}, false};
    }
  }

  std::optional<LintEdit> without_alias(std::size_t index, Span at, std::size_t given) const {
    const Span line = s_.line(index);
    const std::string_view text = s_.source.text;
    if (given > 1) {  // with the comma behind it, else the one before
      std::uint32_t begin = at.begin, end = at.end;
      if (text.substr(end, 2) == ", ")
        end += 2;
      else if (begin >= 2 && text.substr(begin - 2, 2) == ", ")
        begin -= 2;
      else
        return std::nullopt;
      return LintEdit{s_.file, begin, end, {}};
    }
    constexpr std::string_view kWord = " alias ";
    const auto begin = at.begin - static_cast<std::uint32_t>(std::min<std::size_t>(kWord.size(), at.begin));
    if (text.substr(begin, kWord.size()) != kWord) return std::nullopt;
    // `change column "A" alias "B"` says nothing else.
    const auto names = quoted_texts(s_.source, line);
    const bool alone = std::holds_alternative<op::SetAlias>(s_.operations[index]) && names.size() == 2 &&
                       at.end == line.end && names[0].span.end == begin;
    if (alone) return without_line(s_.source, line);
    return LintEdit{s_.file, begin, at.end, {}};
  }

  Subject& s_;
};

// --- The folder ---------------------------------------------------------------------------------------------------

std::optional<std::uint32_t> lock_file(const SourceMap& sources) {
  for (std::uint32_t i = 0; i < sources.size(); ++i)
    if (sources.file(i).path.ends_with("zmig.lock")) return i;
  return std::nullopt;
}

void stale_lock(const LintInput& input, std::vector<LintFinding>& out) {
  const auto fresh = input.history.fresh_lock();
  if (input.history.files.empty() || (input.history.has_lock && fresh == input.history.lock)) return;
  // Behind a file that does not parse nothing can be compared.
  if (fresh.size() != input.history.files.size()) return;
  const auto at = lock_file(input.sources);
  std::optional<Span> span;
  if (at) span = Span{*at, 0, 0};
  std::string first;
  for (std::size_t i = 0; i < fresh.size() && first.empty(); ++i)
    if (i >= input.history.lock.size() || !(input.history.lock[i] == fresh[i]))
      first = migration_name(fresh[i].number, fresh[i].slug);
  LintFinding found = finding("ZM1908",
                              !input.history.has_lock ? "there is no zmig.lock"
                              : first.empty()         ? "zmig.lock lists more than there is"
                                              : fmt::format("zmig.lock does not say what {} says", quoted(first)),
                              span, "run `zmig fmt`");
  if (input.options.frozen && !input.options.severities.contains("ZM1908")) found.diagnostic.severity = Severity::error;
  found.fix = LintFix{true, {}, true};
  found.subject = "zmig.lock";
  out.push_back(std::move(found));
}

void edited_after_apply(const LintInput& input, std::vector<LintFinding>& out) {
  for (const MigrationFile& file : input.history.files) {
    const auto known = input.applied.find(file.number);
    if (known == input.applied.end() || file.checksum.empty() || known->second == file.checksum) continue;
    LintFinding found = finding(
        "ZM1902", fmt::format("{} was changed after it was applied", quoted(file.name)), Span{file.file_number, 0, 0},
        fmt::format("bring the old text back (`zmig show {} --source ledger`) and write the change as a new migration",
                    file.number));
    found.migration = file.number;
    found.subject = file.name;
    found.diagnostic.notes.emplace_back("layout, comments, description, author and tags do not count");
    out.push_back(std::move(found));
  }
}

/// The chain has to begin with that of the base: nothing in it changed, nothing put between.
void extends_base(const LintInput& input, std::vector<LintFinding>& out) {
  if (!input.base_lock || input.base_lock->empty()) return;
  const auto fresh = input.history.fresh_lock();
  for (std::size_t i = 0; i < input.base_lock->size(); ++i) {
    const LockLine& wanted = (*input.base_lock)[i];
    if (i < fresh.size() && fresh[i] == wanted) continue;
    const std::string name = migration_name(wanted.number, wanted.slug);
    LintFinding found = finding("ZM1903", {}, std::nullopt);
    const auto file =
        std::find_if(input.history.files.begin(), input.history.files.end(), [&](const MigrationFile& one) {
          return i < fresh.size() ? one.number == fresh[i].number : one.number == wanted.number;
        });
    if (file != input.history.files.end()) found.diagnostic.primary.span = Span{file->file_number, 0, 0};
    if (i >= fresh.size())
      found.diagnostic.message = fmt::format("{} has {}, which is not here", input.base, quoted(name));
    else if (fresh[i].number == wanted.number && fresh[i].slug == wanted.slug)
      found.diagnostic.message = fmt::format("{} is another text than in {}", quoted(name), input.base);
    else
      found.diagnostic.message =
          fmt::format("{} stands where {} has {}", quoted(migration_name(fresh[i].number, fresh[i].slug)), input.base,
                      quoted(name));
    found.diagnostic.help = "take the migrations of the base first, and number your own behind them";
    found.subject = name;
    out.push_back(std::move(found));
    return;  // everything behind it differs too
  }
}

void short_windows(const LintInput& input, std::vector<LintFinding>& out) {
  if (!input.options.window || *input.options.window >= input.options.min_window) return;
  LintFinding found = finding("ZM1805",
                              fmt::format("`down` is offered for {} only, less than {}", days(*input.options.window),
                                          days(input.options.min_window)),
                              std::nullopt, "raise `rollback_window` of the environment, or lower `lint.min_window`");
  found.subject = "rollback_window";
  out.push_back(std::move(found));
}

}  // namespace

void check_safety(Subject& subject) { Safety(subject).run(); }

void check_folder(const LintInput& input, std::vector<LintFinding>& out) {
  stale_lock(input, out);
  edited_after_apply(input, out);
  extends_base(input, out);
  short_windows(input, out);
}

}  // namespace zmig::linting
