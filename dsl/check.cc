#include "check.h"

#include <map>
#include <optional>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "check_values.h"
#include "parse.h"
#include "words.h"

namespace zmig::dsl {
namespace {

enum class Section { headings, requires_, changes, ensures, down };

std::string words_of_section(Section section) {
  switch (section) {
    case Section::headings: return "a heading";
    case Section::requires_: return "a `require`";
    case Section::changes: return "a change";
    case Section::ensures: return "an `ensure`";
    case Section::down: return "the `down` block";
  }
  return {};
}

template <class T>
inline constexpr bool kIsHeading =
    std::is_same_v<T, ast::TextHeading> || std::is_same_v<T, ast::ListHeading> || std::is_same_v<T, ast::KeepHeading> ||
    std::is_same_v<T, ast::AllowHeading> || std::is_same_v<T, ast::VariableHeading>;

/// Where a check stands.
enum class After { require, ensure, satisfied };

class Checker {
 public:
  Checker(const ast::File& file, std::string_view text, std::uint32_t number, std::vector<Diagnostic>& out)
      : file_(file), text_(text), findings_{number, text, &out} {}

  void run();

 private:
  [[nodiscard]] Label label(const ast::Node& at, std::string text) const {
    return Label{ast::span_of(findings_.file, at), {}, std::move(text)};
  }
  [[nodiscard]] bool in_down_text() const { return file_.header && file_.header->down_of; }

  void header();
  void top_lines(const std::vector<ast::TopLine>& lines, bool inside_down);
  void in_section(Section section, const ast::Node& at, const char* what, bool inside_down);
  void once(const std::string& heading, const ast::Node& at);
  void only_in_downs(const ast::Node& at, std::string_view what);
  void native_alone();

  void whole(const ast::Bad&) {}
  void whole(const ast::TextHeading& line);
  void whole(const ast::ListHeading& line) { once(std::string(words(line.verb.value)), line.verb); }
  void whole(const ast::KeepHeading& line);
  void whole(const ast::AllowHeading&) {}
  void whole(const ast::VariableHeading& line);
  void whole(const ast::Claim& line);
  void whole(const ast::CreateSheet& line);
  void whole(const ast::SheetScope& line) { sheet_lines(line.body); }
  void whole(const ast::PairChange&) {}
  void whole(const ast::DropSheet&) {}
  void whole(const ast::NameChange& line);
  void whole(const ast::EnumScope&) {}
  void whole(const ast::CreateRange&) {}
  void whole(const ast::Native& line);
  void whole(const ast::Down& line);

  void sheet_lines(const ast::SheetBody& body) {
    for (const ast::SheetLine& line : body.lines) ast::visit([this](const auto& l) { sheet(l); }, line);
  }
  void sheet(const ast::Bad&) {}
  void sheet(const ast::AddColumn& line);
  void sheet(const ast::AdoptColumn& line);
  void sheet(const ast::ChangeColumn& line) { properties(line.properties); }
  void sheet(const ast::ColumnPair&) {}
  void sheet(const ast::MoveColumn&) {}
  void sheet(const ast::SplitColumn& line);
  void sheet(const ast::MergeColumns& line);
  void sheet(const ast::RetireColumn&) {}
  void sheet(const ast::DropColumn& line) { optional_formula(line.undo); }
  void sheet(const ast::ColumnVerb& line);
  void sheet(const ast::FillColumn& line);
  void sheet(const ast::SetColumn& line);
  void sheet(const ast::CleanColumn& line);
  void sheet(const ast::AddRows& line);
  void sheet(const ast::AddRowsFrom& line);
  void sheet(const ast::AddRowsFile&) {}
  void sheet(const ast::DropRows& line);
  void sheet(const ast::KeyRule& line);
  void sheet(const ast::AddCheck& line) { check_formula(line.formula, findings_); }
  void sheet(const ast::DropCheck&) {}
  void sheet(const ast::SheetSwitch& line);
  void sheet(const ast::ProtectSheet&) {}

  void properties(const ast::Properties& all);
  void property(const ast::Property& value);
  void check(const ast::Check& value, After after);
  void duration(const ast::Duration& value);
  void several(const ast::Names& names, const ast::Node& verb, std::string_view statement, std::string help);
  void optional_formula(const boost::optional<ast::Formula>& formula) {
    if (formula) check_formula(*formula, findings_);
  }
  void expecting(const boost::optional<ast::Expecting>& value) {
    if (value) check_count(value->count, findings_);
  }

  const ast::File& file_;
  std::string_view text_;
  Findings findings_;
  std::map<std::string, ast::Node> headings_;
  std::optional<std::pair<Section, ast::Node>> furthest_;
  bool inside_down_ = false;
};

void Checker::run() {
  header();
  top_lines(file_.lines, false);
  native_alone();
}

void Checker::header() {
  if (!file_.header) {
    std::size_t at = text_.starts_with("\xEF\xBB\xBF") ? 3 : 0;
    while (at < text_.size()) {
      at = std::min(text_.find_first_not_of(" \t\r\n", at), text_.size());
      if (at >= text_.size() || text_[at] != '#') break;
      at = std::min(text_.find('\n', at), text_.size());
    }
    if (at >= text_.size()) at = 0;
    const std::size_t end = std::min(text_.find_first_of(" \t\r\n", at), text_.size());
    findings_.add("ZM0001", "this file does not say which language it is written in",
                  ast::Node{static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(end)},
                  "expected `zmig 1` on the first line", "start the file with a line `zmig 1`");
    return;
  }
  const ast::Count& version = file_.header->version;
  if (version.digits.empty()) return;  // the line could not be read
  check_digits(version, version.digits, findings_);
  if (version.value == kLanguage) return;
  const bool newer = version.value > kLanguage;
  findings_.add("ZM0021", fmt::format("this file is written in language {}", version.digits), version,
                fmt::format("this zmig ({}) reads language 1", ZMIG_VERSION),
                newer ? "upgrade zmig; nothing in this folder was planned" : "write `zmig 1`");
}

void Checker::top_lines(const std::vector<ast::TopLine>& lines, bool inside_down) {
  furthest_.reset();
  for (const ast::TopLine& line : lines) {
    ast::visit(
        [&](const auto& statement) {
          using Statement = std::decay_t<decltype(statement)>;
          if constexpr (std::is_same_v<Statement, ast::Down>) {
            in_section(Section::down, statement.verb, "`down`", inside_down);
          } else if constexpr (std::is_same_v<Statement, ast::Claim>) {
            const bool require = statement.verb.value == ast::ClaimVerb::require;
            in_section(require ? Section::requires_ : Section::ensures, statement.verb,
                       require ? "`require`" : "`ensure`", inside_down);
          } else if constexpr (kIsHeading<Statement>) {
            in_section(Section::headings, statement.verb, "this heading", inside_down);
          } else if constexpr (!std::is_same_v<Statement, ast::Bad>) {
            in_section(Section::changes, statement.verb, "this change", inside_down);
          }
          whole(statement);
        },
        line);
  }
}

/// The order of the sections: headings, `require`, changes, `ensure`, `down`.
void Checker::in_section(Section section, const ast::Node& at, const char* what, bool inside_down) {
  if (inside_down && (section == Section::headings || section == Section::down)) {
    findings_.add("ZM0103", fmt::format("{} stands inside `down`", what), at, "not possible here",
                  "a `down` block holds `require`, changes and `ensure`");
    return;
  }
  const bool second_down = section == Section::down && furthest_ && furthest_->first == Section::down;
  if (second_down) {
    Diagnostic& found = findings_.add("ZM0103", "there is one `down` block", at, "again here", "write one block");
    found.secondary.push_back(label(furthest_->second, "first here"));
    return;
  }
  if (furthest_ && section < furthest_->first) {
    Diagnostic& found =
        findings_.add("ZM0103", fmt::format("{} stands behind {}", what, words_of_section(furthest_->first)), at,
                      "too late here", "the order is: headings, `require`, changes, `ensure`, `down`");
    found.secondary.push_back(
        label(furthest_->second, fmt::format("{} stands here", words_of_section(furthest_->first))));
    return;
  }
  if (!furthest_ || section > furthest_->first) furthest_ = std::pair{section, at};
}

void Checker::once(const std::string& heading, const ast::Node& at) {
  const auto [first, fresh] = headings_.try_emplace(heading, at);
  if (fresh) return;
  Diagnostic& found =
      findings_.add("ZM0103", fmt::format("`{}` stands here twice", heading), at, "again here", "keep one of them");
  found.secondary.push_back(label(first->second, "first here"));
}

void Checker::only_in_downs(const ast::Node& at, std::string_view what) {
  if (inside_down_ || in_down_text()) return;
  findings_.add("ZM0117", fmt::format("`{}` is only possible on the way back", what), at, "not possible here",
                "it stands in `down { }`, and in the way back that zmig derives");
}

/// What `native` does is hidden from the replay, so nothing may stand beside it.
void Checker::native_alone() {
  std::size_t changes = 0;
  const ast::Native* native = nullptr;
  for (const ast::TopLine& line : file_.lines) {
    ast::visit(
        [&](const auto& statement) {
          using Statement = std::decay_t<decltype(statement)>;
          if constexpr (std::is_same_v<Statement, ast::Native>) native = native ? native : &statement;
          if constexpr (!kIsHeading<Statement> && !std::is_same_v<Statement, ast::Claim> &&
                        !std::is_same_v<Statement, ast::Down> && !std::is_same_v<Statement, ast::Bad>) {
            ++changes;
          }
        },
        line);
  }
  if (!native || changes < 2) return;
  findings_.add("ZM0113", "`native` is the only change of its file", native->verb, "not beside other changes",
                "put it into a migration of its own; what it does is hidden from zmig");
}

// --- Top-level lines
// -----------------------------------------------------------------------------------------------------

void Checker::whole(const ast::TextHeading& line) {
  once(std::string(words(line.verb.value)), line.verb);
  if (line.verb.value == ast::TextHeadingKind::generated_from && !in_down_text()) {
    findings_.add("ZM0117", "`generated from` stands in down texts only", line.verb, "not possible here", "remove it");
  }
}

void Checker::whole(const ast::KeepHeading& line) {
  once("keep undo data for", line.verb);
  duration(line.duration);
}

void Checker::whole(const ast::VariableHeading& line) {
  check_type(line.type, findings_);
  if (line.fallback) check_literal(*line.fallback, findings_);
}

void Checker::whole(const ast::Claim& line) {
  check(line.check, line.verb.value == ast::ClaimVerb::require ? After::require : After::ensure);
}

void Checker::whole(const ast::NameChange& line) {
  if (line.verb.value == ast::NameVerb::restore_sheet) only_in_downs(line.verb, "restore sheet");
}

void Checker::whole(const ast::Native& line) {
  if (line.body.satisfied) check(line.body.satisfied->check, After::satisfied);
}

void Checker::whole(const ast::Down& line) {
  if (inside_down_) return;
  inside_down_ = true;
  const auto kept = furthest_;
  top_lines(line.body.lines, true);
  furthest_ = kept;
  inside_down_ = false;
}

/// `create sheet` only adds: everything else has nothing to act on.
void Checker::whole(const ast::CreateSheet& line) {
  const auto adds = [](const auto& statement) {
    using Statement = std::decay_t<decltype(statement)>;
    if constexpr (std::is_same_v<Statement, ast::KeyRule>) {
      return statement.verb.value == ast::KeyVerb::add_key || statement.verb.value == ast::KeyVerb::add_unique;
    } else if constexpr (std::is_same_v<Statement, ast::SheetSwitch>) {
      using enum ast::SheetSwitchKind;
      return statement.value != unfreeze_header && statement.value != show_sheet &&
             statement.value != unprotect_sheet && statement.value != restore_rows;
    } else {
      return std::is_same_v<Statement, ast::Bad> || std::is_same_v<Statement, ast::AddColumn> ||
             std::is_same_v<Statement, ast::AddRows> || std::is_same_v<Statement, ast::AddRowsFrom> ||
             std::is_same_v<Statement, ast::AddRowsFile> || std::is_same_v<Statement, ast::AddCheck> ||
             std::is_same_v<Statement, ast::ProtectSheet>;
    }
  };
  for (const ast::SheetLine& inside : line.body.lines) {
    ast::visit(
        [&](const auto& statement) {
          if (adds(statement)) return sheet(statement);
          ast::Node at = statement;
          if constexpr (requires { statement.verb; }) at = statement.verb;
          Diagnostic& found =
              findings_.add("ZM0118", "`create sheet` may only add", at, "there is nothing yet to act on",
                            "write the sheet as it shall be, or put this line into `in sheet \"…\" { }`");
          found.secondary.push_back(label(line.verb, "inside this"));
        },
        inside);
  }
}

// --- Lines of a sheet
// ------------------------------------------------------------------------------------------------------

void Checker::sheet(const ast::AddColumn& line) {
  check_type(line.type, findings_);
  properties(line.properties);
}

void Checker::sheet(const ast::AdoptColumn& line) {
  check_type(line.type, findings_);
  properties(line.properties);
}

void Checker::several(const ast::Names& names, const ast::Node& verb, std::string_view statement, std::string help) {
  if (names.size() > 1 || names.empty()) return;
  Diagnostic& found = findings_.add("ZM0115", fmt::format("`{}` needs more than one column", statement), names.front(),
                                    "only this one", std::move(help));
  if (verb.end > verb.begin && verb.end + 1 < names.front().begin) found.secondary.push_back(label(verb, "this line"));
}

void Checker::sheet(const ast::SplitColumn& line) {
  several(line.into, {}, "split column",
          fmt::format("name the columns that the parts go into; to keep a copy: copy column {} to {}",
                      quoted(line.column.value), line.into.empty() ? "\"…\"" : quoted(line.into.front().value)));
}

void Checker::sheet(const ast::MergeColumns& line) {
  several(line.columns, {}, "merge columns",
          fmt::format("to keep a copy: copy column {} to {}",
                      line.columns.empty() ? "\"…\"" : quoted(line.columns.front().value), quoted(line.into.value)));
}

void Checker::sheet(const ast::KeyRule& line) {
  const bool key = line.verb.value == ast::KeyVerb::add_key || line.verb.value == ast::KeyVerb::drop_key;
  const bool adds = line.verb.value == ast::KeyVerb::add_key || line.verb.value == ast::KeyVerb::add_unique;
  several(line.columns, {}, words(line.verb.value),
          fmt::format("for one column it is a property: change column {} {}{}",
                      line.columns.empty() ? "\"…\"" : quoted(line.columns.front().value), adds ? "" : "not ",
                      key ? "key" : "unique"));
}

void Checker::sheet(const ast::ColumnVerb& line) {
  if (line.verb.value != ast::ColumnVerbKind::forget_column) only_in_downs(line.verb, words(line.verb.value));
}

void Checker::sheet(const ast::SheetSwitch& line) {
  if (line.value == ast::SheetSwitchKind::restore_rows) only_in_downs(line, "restore rows");
}

void Checker::sheet(const ast::FillColumn& line) {
  check_formula(line.formula, findings_);
  optional_formula(line.where);
  expecting(line.expecting);
}

void Checker::sheet(const ast::SetColumn& line) {
  check_formula(line.formula, findings_);
  optional_formula(line.where);
  expecting(line.expecting);
  optional_formula(line.undo);
}

void Checker::sheet(const ast::CleanColumn& line) {
  const auto replace = [this](const ast::ReplaceStep& step) {
    if (step.to.value.find(step.from.value) == std::string::npos) return;
    findings_.add("ZM0121", "this `replace` would never end", step.to,
                  step.from.value.empty() ? std::string("the old text is empty")
                                          : fmt::format("{} is in here again", quoted(step.from.value)),
                  "`replace` goes on until the old text is gone; for once through: set column … to replace([…], …, …)");
  };
  for (const ast::Step& step : line.steps.lines) {
    ast::visit(ast::overloaded{[&](const ast::ReplaceStep& s) { replace(s); },
                               [&](const ast::ParseStep& s) { check_formats(s, findings_); }, [](const auto&) {}},
               step);
  }
}

void Checker::sheet(const ast::AddRows& line) {
  for (const ast::RowItem& item : line.rows.rows) {
    ast::visit(ast::overloaded{[&](const ast::Row& row) {
                                 for (const ast::Literal& value : row.values) check_literal(value, findings_);
                               },
                               [](const ast::Bad&) {}},
               item);
  }
}

void Checker::sheet(const ast::AddRowsFrom& line) {
  optional_formula(line.where);
  for (const ast::Formula& formula : line.mapping.values.formulas) check_formula(formula, findings_);
}

void Checker::sheet(const ast::DropRows& line) {
  check_formula(line.where, findings_);
  expecting(line.expecting);
}

// --- Properties, checks, durations
// -----------------------------------------------------------------------------------------

/// What a property is about: two that share it contradict or repeat each other.
std::string subject_of(const ast::Property& property) {
  std::string out;
  const auto plain = [](ast::PlainKind kind) {
    std::string text(words(kind));
    for (const std::string_view prefix : {"no ", "not "}) {
      if (text.starts_with(prefix)) text.erase(0, prefix.size());
    }
    return text.starts_with("readers") ? std::string("readers") : text;
  };
  const auto text_kind = [](ast::TextPropertyKind kind) -> std::string {
    if (kind == ast::TextPropertyKind::blank_means) return "blank meaning";
    return kind == ast::TextPropertyKind::computed_by_formula ? "computed" : std::string(words(kind));
  };
  ast::visit(ast::overloaded{[](const ast::Bad&) {}, [&](const ast::DefaultProperty&) { out = "default"; },
                             [&](const ast::TextProperty& p) { out = text_kind(p.verb.value); },
                             [&](const ast::AliasProperty&) { out = "alias"; },
                             [&](const ast::PlainProperty& p) { out = plain(p.value); },
                             [&](const ast::ProtectedProperty&) { out = "protected"; },
                             [&](const ast::ComputedProperty&) { out = "computed"; },
                             [&](const ast::TypeProperty&) { out = "type"; },
                             [&](const ast::DeprecatedProperty&) { out = "deprecated"; }},
             property);
  return out;
}

void Checker::properties(const ast::Properties& all) {
  std::map<std::string, std::pair<ast::Node, std::string>> seen;
  const auto one = [&](const ast::Property& value) {
    property(value);
    const std::string subject = subject_of(value);
    if (subject.empty()) return;
    const ast::Node at = ast::node_of(value);
    const std::string written(text_.substr(at.begin, at.end - at.begin));
    const auto [first, fresh] = seen.try_emplace(subject, at, written);
    if (fresh) return;
    const bool same = first->second.second == written;
    Diagnostic& found = findings_.add(
        "ZM0109",
        same ? fmt::format("`{}` stands here twice", subject) : fmt::format("two things are said about `{}`", subject),
        at, "again here", "keep one of them");
    found.secondary.push_back(label(first->second.first, "first here"));
  };
  for (const ast::Property& value : all.line) one(value);
  if (!all.block) return;
  for (const ast::Property& value : all.block->lines) one(value);
}

void Checker::property(const ast::Property& value) {
  const auto text = [this](const ast::TextProperty& p) {
    if (p.verb.value == ast::TextPropertyKind::format) check_format(p.text, false, findings_);
  };
  const auto type = [this](const ast::TypeProperty& p) {
    check_type(p.type, findings_);
    optional_formula(p.using_formula);
    optional_formula(p.undo);
  };
  ast::visit(ast::overloaded{[&](const ast::DefaultProperty& p) { check_literal(p.value, findings_); },
                             [&](const ast::TextProperty& p) { text(p); },
                             [&](const ast::ComputedProperty& p) { check_formula(p.formula, findings_); },
                             [&](const ast::TypeProperty& p) { type(p); }, [](const auto&) {}},
             value);
}

void Checker::duration(const ast::Duration& value) {
  check_count(value.amount, findings_);
  if (value.amount.value <= 100'000) return;
  findings_.add("ZM0025", "this time is too long", value.amount, "at most 100000");
}

void Checker::check(const ast::Check& value, After after) {
  const auto only_ensure = [&](const ast::Node& at, std::string_view what) {
    if (after == After::ensure) return;
    findings_.add("ZM0120", fmt::format("`{}` compares before and after", what), at, "only possible after `ensure`",
                  "write it as an `ensure` behind the changes");
  };
  const auto only_require = [&](const ast::Node& at, std::string_view what) {
    if (after == After::require) return;
    findings_.add("ZM0120", fmt::format("`{}` is settled before the first change", what), at,
                  "only possible after `require`", "write it as a `require` above the changes");
  };
  const auto sheet_count = [&](const ast::SheetCount& c) {
    check_count(c.count, findings_);
    if (c.relation.value != ast::CountVerb::has) {
      only_ensure(c.relation, words(c.relation.value));
      if (c.bound) {
        findings_.add("ZM0002", "something else is needed here", *c.bound, "expected a number",
                      fmt::format("`{}` takes an exact number", words(c.relation.value)));
      }
    }
  };
  const auto sample = [&](const ast::SampleHas& c) {
    check_count(c.count, findings_);
    if (c.count.value == 0) findings_.add("ZM0025", "a sample has at least one row", c.count, "at least 1");
    optional_formula(c.where);
    check_formula(c.formula, findings_);
  };
  ast::visit(ast::overloaded{[&](const ast::SheetIs& c) {
                               if (c.state.value == ast::SheetState::otherwise_unchanged)
                                 only_ensure(c.state, "is otherwise unchanged");
                             },
                             [&](const ast::SheetCount& c) { sheet_count(c); },
                             [&](const ast::ColumnHasType& c) { check_type(c.type, findings_); },
                             [&](const ast::ColumnsUnique& c) {
                               several(c.columns, {}, "columns … are unique",
                                       fmt::format("for one column: column {} of {} is unique",
                                                   c.columns.empty() ? "\"…\"" : quoted(c.columns.front().value),
                                                   quoted(c.sheet.value)));
                             },
                             [&](const ast::RowsHave& c) {
                               optional_formula(c.where);
                               check_formula(c.formula, findings_);
                             },
                             [&](const ast::SampleHas& c) { sample(c); },
                             [&](const ast::MigrationApplied& c) {
                               only_require(c.verb, "migration");
                               if (c.ago) duration(*c.ago);
                             },
                             [&](const ast::BackupOfSheet& c) { only_require(c.verb, "backup"); },
                             [&](const ast::WorkbookIs& c) {
                               only_require(c, c.value == ast::WorkbookFact::atomic ? "atomic" : "backup");
                             },
                             [](const auto&) {}},
             value);
}

}  // namespace

void check_tree(const ast::File& file, std::string_view text, std::uint32_t file_number, std::vector<Diagnostic>& out) {
  Checker(file, text, file_number, out).run();
}

}  // namespace zmig::dsl
