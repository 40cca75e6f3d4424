// The rules that need the workbook: what the plan refuses under the ids of lint, what lines would lose or overwrite,
// and what stands in cells and headers.

#include <algorithm>
#include <concepts>
#include <map>
#include <set>

#include <fmt/format.h>

#include <zmig/header_norm.h>

#include "base/text.h"
#include "plan/lint_rules.h"

namespace zmig::linting {
namespace {

/// Cells of one kind: how many, and where the first one is.
struct Seen {
  std::uint64_t count = 0;
  std::string first, text;
  void add(const std::string& place, const std::string& value) {
    add([&] { return place; }, value);
  }
  /// The place is made for the first one only: a workbook has more cells than findings.
  template <class Place>
  requires std::invocable<Place&>
  void add(const Place& place, const std::string& value) {
    if (count++ != 0) return;
    first = place();
    text = value;
  }
};

/// What one scan of a column found in its data rows.
struct ColumnStats {
  std::uint64_t filled = 0;
  Seen leading_zeros, long_numbers, decimal_commas, iso_dates, other_dates, ambiguous_dates, misread;
  std::map<std::string, Seen> texts;  ///< of enum columns
};

class Live {
 public:
  Live(const LintInput& input, std::vector<Subject>& subjects, std::vector<LintFinding>& out)
      : input_(input), live_(*input.live), schema_(live_.cells.schema()), subjects_(subjects), out_(out) {}

  Status run() {
    for (const Sheet& sheet : schema_.sheets) ZMIG_CHECK_OK(scan(sheet));
    for (Subject& subject : subjects_) {
      if (!is_pending(subject)) continue;
      planned(subject);
      for (at_ = 0; at_ < subject.operations.size(); ++at_) ZMIG_CHECK_OK(operation(subject));
    }
    for (const Sheet& sheet : schema_.sheets) workbook(sheet);
    settings();
    cost();
    return ok();
  }

 private:
  bool is_pending(const Subject& subject) const {
    return std::any_of(live_.plan.migrations.begin(), live_.plan.migrations.end(),
                       [&](const PlannedMigration& one) { return one.number == subject.migration.number; });
  }

  LintFinding& add(Subject& subject, std::string_view rule, std::string message, std::string cell, std::string help) {
    LintFinding& found =
        subject.add(rule, std::move(message), subject.name(at_), subject_of(subject.operations[at_]), std::move(help));
    found.diagnostic.primary.cell = std::move(cell);
    return found;
  }
  LintFinding& of_workbook(std::string_view rule, std::string message, std::string cell, std::string subject,
                           std::string help) {
    out_.push_back(finding(rule, std::move(message), std::nullopt, std::move(help)));
    out_.back().diagnostic.primary.cell = std::move(cell);
    out_.back().subject = std::move(subject);
    return out_.back();
  }

  // --- One scan a sheet -----------------------------------------------------------------------------------------

  Status scan(const Sheet& sheet) {
    std::vector<std::string> ids;
    std::vector<const Column*> columns;
    for (const Column& column : sheet.columns) {
      if (!column.managed) continue;
      ids.push_back(column.id);
      columns.push_back(&column);
    }
    if (ids.empty()) return ok();
    std::vector<ColumnStats> stats(ids.size());
    ZMIG_CHECK_OK(live_.cells.scan(sheet.id, ids, [&](const RowView& row) {
      for (std::size_t i = 0; i < ids.size(); ++i) {
        if (is_blank(row.cells[i].value)) continue;
        ++stats[i].filled;
        const auto* text = std::get_if<Text>(&row.cells[i].value);
        if (text != nullptr)
          look_at(stats[i], *columns[i], text->utf8,
                  [&] { return fmt::format("{}!{}{}", sheet.title, letters_of(sheet, ids[i]), row.row.number); });
      }
      return ok();
    }));
    for (std::size_t i = 0; i < ids.size(); ++i) stats_[sheet.id + "/" + ids[i]] = std::move(stats[i]);
    return ok();
  }

  /// What looks like a number or a date begins with a digit or a sign; what was decoded wrongly is not ASCII. Most
  /// texts are neither.
  template <class Place>
  static void look_at(ColumnStats& stats, const Column& column, const std::string& text, const Place& place) {
    bool digit = false, foreign = false;
    for (const char c : text) {
      digit = digit || (c >= '0' && c <= '9');
      foreign = foreign || static_cast<unsigned char>(c) >= 0x80;
    }
    if (digit) {
      if (has_leading_zeros(text)) stats.leading_zeros.add(place, text);
      if (is_long_number(text)) stats.long_numbers.add(place, text);
      if (has_decimal_comma(text)) stats.decimal_commas.add(place, text);
      constexpr std::size_t kLongestDate = 10;
      const bool date = text.size() <= kLongestDate && text.front() >= '0' && text.front() <= '9';
      if (const DateShape shape = date ? date_shape(text) : DateShape::none; shape != DateShape::none) {
        (shape == DateShape::iso ? stats.iso_dates : stats.other_dates).add(place, text);
        if (is_ambiguous_date(text)) stats.ambiguous_dates.add(place, text);
      }
    }
    if (foreign && wrongly_decoded(text)) stats.misread.add(place, text);
    if (column.type.kind == TypeKind::enumeration && (stats.texts.size() < 1000 || stats.texts.contains(text)))
      stats.texts[text].add(place, text);
  }

  const ColumnStats* stats_of(const std::string& sheet, const std::string& column) const {
    const auto found = stats_.find(sheet + "/" + column);
    return found == stats_.end() ? nullptr : &found->second;
  }

  // --- What the plan refuses ------------------------------------------------------------------------------------

  void planned(Subject& subject) {
    for (const Diagnostic& diagnostic : live_.plan.diagnostics.all()) {
      const auto& span = diagnostic.primary.span;
      if (!span || span->file != subject.file || diagnostic.severity == Severity::info) continue;
      for (std::size_t i = 0; i < subject.operations.size(); ++i) {
        const Span line = subject.line(i);
        if (span->begin < line.begin || span->end > line.end) continue;
        const std::string_view rule = rule_for(diagnostic.code, subject.operations[i]);
        if (rule.empty()) continue;
        at_ = i;
        LintFinding& found = subject.add(rule, diagnostic.message, *span, subject_of(subject.operations[i]),
                                         diagnostic.help.value_or(""));
        found.diagnostic.primary = diagnostic.primary;
        found.diagnostic.secondary = diagnostic.secondary;
        found.diagnostic.notes = diagnostic.notes;
        std::erase(found.diagnostic.notes, "nothing was written");
        found.diagnostic.notes.push_back("`up` refuses this with " + diagnostic.code);
        if (rule == "ZM1202") fill_with_default(subject, found);
        if (rule == "ZM1204") add_missing_values(subject, found);
        break;
      }
    }
  }

  static std::string_view rule_for(std::string_view code, const Operation& operation) {
    const auto* flag = std::get_if<op::SetFlag>(&operation);
    const auto* added = std::get_if<op::AddColumn>(&operation);
    const auto* adopted = std::get_if<op::AdoptColumn>(&operation);
    const bool key = (flag != nullptr && flag->flag == Flag::key) || (added != nullptr && added->column.rules.key) ||
                     (adopted != nullptr && adopted->column.rules.key);
    const bool retype = std::holds_alternative<op::ChangeType>(operation);
    const bool rename =
        std::holds_alternative<op::RenameColumn>(operation) || std::holds_alternative<op::RenameSheet>(operation);
    if (code == "ZM0317") return key ? "ZM1210" : "ZM1201";
    if (code == "ZM0318") return "ZM1202";
    if (code == "ZM0315" || code == "ZM0321") return retype ? "ZM1203" : added != nullptr ? "ZM1808" : "";
    if (code == "ZM0316") return "ZM1204";
    if (code == "ZM0302") return rename ? "ZM1205" : added != nullptr ? "ZM1808" : "";
    if (code == "ZM0323") return "ZM1208";
    if (code == "ZM0312") return "ZM1407";
    if (code == "ZM0311") return "ZM1402";
    return {};
  }

  /// `fill` above the line, when the column has a default.
  void fill_with_default(Subject& subject, LintFinding& found) const {
    const auto* flag = std::get_if<op::SetFlag>(&subject.operations[at_]);
    if (flag == nullptr) return;
    const Column* column = column_at(subject.before(at_), flag->at);
    if (column == nullptr || !column->rules.fallback) return;
    const Value& value = *column->rules.fallback;
    const auto* text = std::get_if<Text>(&value);
    const auto* boolean = std::get_if<Boolean>(&value);
    const std::string written = text != nullptr      ? quoted(text->utf8)
                                : boolean != nullptr ? (boolean->value ? "true" : "false")
                                                     : to_text(value);
    const std::uint32_t begin = subject.line(at_).begin;
    found.fix = LintFix{false,
                        {{subject.file, begin, begin,
                          fmt::format("fill column {} with {}\n{}", quoted(column->header), written,
                                      indentation(subject.source, begin))}},
                        false};
  }

  /// An `in enum` block above the block of the line, with the values that the cells hold.
  void add_missing_values(Subject& subject, LintFinding& found) {
    const auto* change = std::get_if<op::ChangeType>(&subject.operations[at_]);
    if (change == nullptr || change->with || change->type.kind != TypeKind::enumeration) return;
    const Enum* one = subject.before(at_).find_enum(change->type.of);
    const Sheet* sheet = schema_.sheet(change->at.sheet.id);
    if (one == nullptr || sheet == nullptr || column_by_id(*sheet, change->at.id) == nullptr) return;
    std::set<std::string> missing;
    const std::vector<std::string> ids{change->at.id};
    const auto scanned = live_.cells.scan(sheet->id, ids, [&](const RowView& row) {
      const auto* text = std::get_if<Text>(&row.cells[0].value);
      if (text != nullptr && std::none_of(one->values.begin(), one->values.end(),
                                          [&](const EnumValue& value) { return value.text == text->utf8; }))
        missing.insert(text->utf8);
      return ok();
    });
    if (!scanned || missing.empty() || missing.size() > 20) return;
    // The block begins at the first line above that is not indented.
    const std::string& text = subject.source.text;
    std::size_t begin = subject.line(at_).begin;
    while (begin > 0 && !(text[begin - 1] == '\n' && text[begin] != ' ' && text[begin] != '}' && text[begin] != '\n'))
      --begin;
    std::string block = fmt::format("in enum {} {{\n", quoted(one->name));
    for (const std::string& value : missing) block += fmt::format("  add value {}\n", quoted(value));
    const auto at = static_cast<std::uint32_t>(begin);
    found.fix = LintFix{false, {{subject.file, at, at, block + "}\n\n"}}, false};
  }

  // --- What lines lose ------------------------------------------------------------------------------------------

  Status operation(Subject& subject) {
    const Operation& operation = subject.operations[at_];
    if (const auto* one = std::get_if<op::DropColumn>(&operation)) {
      dropped(subject, *one);
      if (one->undo) ZMIG_CHECK_OK(undo_of_drop(subject, *one));
    }
    if (const auto* one = std::get_if<op::SetColumn>(&operation)) ZMIG_CHECK_OK(set_column(subject, *one));
    if (const auto* one = std::get_if<op::RetireValue>(&operation)) retired(subject, *one);
    if (const auto* one = std::get_if<op::ChangeType>(&operation)) retyped(subject, *one);
    if (const auto* one = std::get_if<op::RenameColumn>(&operation)) renamed(subject, *one);
    return ok();
  }

  void dropped(Subject& subject, const op::DropColumn& drop) {
    const ColumnStats* stats = stats_of(drop.at.sheet.id, drop.at.id);
    if (stats == nullptr || stats->filled == 0) return;
    LintFinding& found = add(subject, "ZM1103",
                             fmt::format("dropping {} removes {}", quoted(drop.at.header),
                                         counted(stats->filled, "filled cell", "filled cells")),
                             cell_of(drop.at), "accept it in the heading: allow ZM1103 because \"…\"");
    if (!drop.discard) found.diagnostic.notes.emplace_back("they are captured; `down` brings them back");
  }

  std::string cell_of(const ColumnRef& at) const {
    const Sheet* sheet = schema_.sheet(at.sheet.id);
    return sheet == nullptr ? std::string() : header_cell(*sheet, at.id);
  }

  void retired(Subject& subject, const op::RetireValue& retire) {
    if (retire.replacement) return;
    std::uint64_t cells = 0;
    std::string first;
    for (const Sheet& sheet : schema_.sheets)
      for (const Column& column : sheet.columns) {
        const ColumnStats* stats = stats_of(sheet.id, column.id);
        if (stats == nullptr || column.type.kind != TypeKind::enumeration || column.type.of != retire.enum_name)
          continue;
        const auto found = stats->texts.find(retire.value);
        if (found == stats->texts.end()) continue;
        cells += found->second.count;
        if (first.empty()) first = found->second.first;
      }
    if (cells == 0) return;
    add(subject, "ZM1105",
        fmt::format("{} stands in {} and would no longer be offered", quoted(retire.value),
                    counted(cells, "cell", "cells")),
        first, fmt::format("say what they become: `retire value {} replace with \"…\"`", quoted(retire.value)));
  }

  void retyped(Subject& subject, const op::ChangeType& change) {
    const ColumnStats* stats = stats_of(change.at.sheet.id, change.at.id);
    const Column* old = column_at(subject.before(at_), change.at);
    if (stats == nullptr || old == nullptr || !is_textual(old->type) || !is_numeric(change.type)) return;
    const std::string header = quoted(change.at.header);
    if (stats->leading_zeros.count > 0)
      add(subject, "ZM1701",
          fmt::format("the leading zeros of {} of {} are lost, such as {}",
                      counted(stats->leading_zeros.count, "cell", "cells"), header, quoted(stats->leading_zeros.text)),
          stats->leading_zeros.first, "if the zeros matter it is a text: leave the type");
    if (stats->long_numbers.count > 0)
      add(subject, "ZM1708",
          fmt::format("{} holds numbers of more than 15 digits in {}: spreadsheets round them", header,
                      counted(stats->long_numbers.count, "cell", "cells")),
          stats->long_numbers.first, "an identifier is a text: leave the type");
  }

  void renamed(Subject& subject, const op::RenameColumn& rename) {
    const Sheet* sheet = schema_.sheet(rename.at.sheet.id);
    if (sheet == nullptr) return;
    for (const Column& column : sheet->columns)
      if (!column.managed && norm(column.header) == norm(rename.to) && !reported(subject, "ZM1205"))
        add(subject, "ZM1205", fmt::format("a column {} is there already, made by no migration", quoted(rename.to)),
            header_cell(*sheet, column.id), "choose another name, or take that column over: `adopt column`");
  }

  bool reported(const Subject& subject, std::string_view rule) const {
    return std::any_of(out_.begin(), out_.end(), [&](const LintFinding& one) {
      return one.migration == subject.migration.number && one.diagnostic.code == rule &&
             one.diagnostic.primary.span == subject.name(at_);
    });
  }

  // --- Formulas over rows ---------------------------------------------------------------------------------------

  /// The columns that formulas read, and the one they write: all of them in the workbook as it is now.
  struct Reading {
    const Sheet* sheet = nullptr;
    std::vector<std::string> ids;
    [[nodiscard]] std::size_t index(const std::string& id) const {
      return static_cast<std::size_t>(std::find(ids.begin(), ids.end(), id) - ids.begin());
    }
  };
  std::optional<Reading> reading(const ColumnRef& at, const std::vector<const Expr*>& formulas) const {
    Reading out;
    out.sheet = schema_.sheet(at.sheet.id);
    if (out.sheet == nullptr) return std::nullopt;
    out.ids.push_back(at.id);
    for (const Expr* formula : formulas)
      for (const std::string& id : columns_read(*formula))
        if (out.index(id) == out.ids.size()) out.ids.push_back(id);
    for (const std::string& id : out.ids)
      if (column_by_id(*out.sheet, id) == nullptr) return std::nullopt;
    return out;
  }
  RowContext context(const Reading& reading, std::span<const Cell> cells) const {
    RowContext out;
    out.cell = [&reading, cells](const std::string& id) -> const Cell& { return cells[reading.index(id)]; };
    out.column = [&reading](const std::string& id) -> const Column& { return *column_by_id(*reading.sheet, id); };
    out.variable = [](const std::string&) -> const Value* { return nullptr; };
    out.text_source = live_.cells.text_source();
    return out;
  }

  Status set_column(Subject& subject, const op::SetColumn& set) {
    std::vector<const Expr*> formulas{&set.to};
    if (set.where) formulas.push_back(&*set.where);
    if (set.undo) formulas.push_back(&*set.undo);
    const auto columns = reading(set.at, formulas);
    if (!columns) return ok();
    const Type type = column_by_id(*columns->sheet, set.at.id)->type;
    Seen overwritten, lost;
    ZMIG_CHECK_OK(live_.cells.scan(columns->sheet->id, columns->ids, [&](const RowView& row) {
      const Cell& old = row.cells[0];
      if (is_blank(old.value)) return ok();
      const RowContext now = context(*columns, row.cells);
      if (set.where) {
        const auto matches = evaluate_condition(*set.where, now);
        const auto* yes = std::get_if<bool>(&matches);
        if (yes == nullptr || !*yes) return ok();
      }
      const Evaluated given = evaluate(set.to, now);
      const auto* value = std::get_if<Value>(&given);
      if (value == nullptr) return ok();
      const Evaluated fitted = write_as(*value, type);
      const auto* written = std::get_if<Value>(&fitted);
      if (written == nullptr || *written == old.value) return ok();
      const std::string place =
          fmt::format("{}!{}{}", columns->sheet->title, letters_of(*columns->sheet, set.at.id), row.row.number);
      overwritten.add(place, to_text(old.value));
      if (!set.undo) return ok();
      std::vector<Cell> later(row.cells.begin(), row.cells.end());
      later[0].value = *written;
      if (!gives(*set.undo, context(*columns, later), type, old.value)) lost.add(place, to_text(old.value));
      return ok();
    }));
    if (overwritten.count > 0) {
      LintFinding& found =
          add(subject, "ZM1104",
              fmt::format("`set` overwrites {} of {}", counted(overwritten.count, "filled cell", "filled cells"),
                          quoted(set.at.header)),
              overwritten.first, "`fill column` writes blank cells only");
      offer_fill(subject, set, found);
    }
    if (lost.count > 0) not_inverse(subject, set.at, lost);
    return ok();
  }

  /// `set column "X" to V` -> `fill column "X" with V`.
  void offer_fill(Subject& subject, const op::SetColumn& set, LintFinding& found) const {
    const Span line = subject.line(at_), name = subject.name(at_);
    const std::string_view text = subject.source.text;
    if (set.undo || text.substr(line.begin, 4) != "set " || text.substr(name.end, 4) != " to ") return;
    found.fix = LintFix{
        false,
        {{subject.file, line.begin, line.begin + 3, "fill"}, {subject.file, name.end + 1, name.end + 3, "with"}},
        false};
  }

  Status undo_of_drop(Subject& subject, const op::DropColumn& drop) {
    const auto columns = reading(drop.at, {&*drop.undo});
    if (!columns) return ok();
    const Type type = column_by_id(*columns->sheet, drop.at.id)->type;
    Seen lost;
    ZMIG_CHECK_OK(live_.cells.scan(columns->sheet->id, columns->ids, [&](const RowView& row) {
      const Cell& old = row.cells[0];
      if (!is_blank(old.value) && !gives(*drop.undo, context(*columns, row.cells), type, old.value))
        lost.add(fmt::format("{}!{}{}", columns->sheet->title, letters_of(*columns->sheet, drop.at.id), row.row.number),
                 to_text(old.value));
      return ok();
    }));
    if (lost.count > 0) not_inverse(subject, drop.at, lost);
    return ok();
  }

  static bool gives(const Expr& formula, const RowContext& row, const Type& type, const Value& wanted) {
    const Evaluated given = evaluate(formula, row);
    const auto* value = std::get_if<Value>(&given);
    if (value == nullptr) return false;
    const Evaluated fitted = write_as(*value, type);
    const auto* written = std::get_if<Value>(&fitted);
    return written != nullptr && *written == wanted;
  }

  void not_inverse(Subject& subject, const ColumnRef& at, const Seen& lost) {
    add(subject, "ZM1810",
        fmt::format("`undo with` does not give back {} of {}", counted(lost.count, "cell", "cells"), quoted(at.header)),
        lost.first, "correct the formula, or leave it out: captured cells come back as they were");
  }

  // --- The workbook as it is ------------------------------------------------------------------------------------

  void workbook(const Sheet& sheet) {
    if (!sheet.managed) return;
    blank_headers(sheet);
    for (std::size_t i = 0; i < sheet.columns.size(); ++i) {
      const Column& column = sheet.columns[i];
      if (norm(column.header).empty()) continue;
      header(sheet, column);
      for (std::size_t k = i + 1; k < sheet.columns.size(); ++k) pair(sheet, column, sheet.columns[k]);
      if (column.managed) cells(sheet, column);
    }
  }

  void blank_headers(const Sheet& sheet) {
    const auto managed = [](const Column& column) { return column.managed; };
    const auto last = std::find_if(sheet.columns.rbegin(), sheet.columns.rend(), managed).base();
    const auto first = std::find_if(sheet.columns.begin(), last, managed);
    for (auto column = first; column != last; ++column)
      if (norm(column->header).empty())
        of_workbook("ZM1405", "a column without a header stands between managed ones", header_cell(sheet, column->id),
                    sheet.title, "give it a header, or delete it if it is empty");
  }

  void header(const Sheet& sheet, const Column& column) {
    const std::string subject = sheet.title + "." + column.header, cell = header_cell(sheet, column.id);
    if (composed(column.header) != column.header)
      of_workbook("ZM1404", fmt::format("{} holds accents as characters of their own", quoted(column.header)), cell,
                  subject, "type the header again");
    if (const std::string mixed = mixed_scripts(column.header); !mixed.empty()) {
      of_workbook("ZM1406", fmt::format("{} mixes scripts", quoted(column.header)), cell, subject,
                  "type the header again with one keyboard layout")
          .diagnostic.notes.push_back(mixed);
    }
    if (norm(column.header) != composed(column.header))
      of_workbook("ZM1408", fmt::format("{} has blanks that headers do not need", quoted(column.header)), cell, subject,
                  fmt::format("write {}", quoted(norm(column.header))));
    if (const auto meant = wrongly_decoded(column.header))
      of_workbook("ZM1412", fmt::format("{} looks like UTF-8 that was read as Windows-1252", quoted(column.header)),
                  cell, subject, fmt::format("it was probably {}", quoted(*meant)));
  }

  void pair(const Sheet& sheet, const Column& a, const Column& b) {
    if ((!a.managed && !b.managed) || norm(b.header).empty() || look(a.header) != look(b.header)) return;
    const std::string subject = sheet.title + "." + b.header, cell = header_cell(sheet, b.id);
    const std::string both = fmt::format("{} and {}", quoted(a.header), quoted(b.header));
    if (norm(a.header) == norm(b.header)) {
      of_workbook("ZM1407", fmt::format("the header {} is there twice", quoted(a.header)), cell, subject,
                  "rename one of the two columns in the workbook")
          .diagnostic.secondary.push_back({std::nullopt, header_cell(sheet, a.id), "the other one"});
      return;
    }
    if (upper_case(norm(a.header)) == upper_case(norm(b.header))) {
      of_workbook("ZM1403", both + " differ in case only", cell, subject, "rename one of the two columns");
      return;
    }
    LintFinding& found = of_workbook("ZM1402", both + " look alike", cell, subject, "rename one of the two columns");
    found.diagnostic.severity = Severity::warning;  // no migration brings it
    found.diagnostic.notes.push_back(code_points_note(a.header, b.header));
  }

  void cells(const Sheet& sheet, const Column& column) {
    const ColumnStats* stats = stats_of(sheet.id, column.id);
    if (stats == nullptr) return;
    const std::string subject = sheet.title + "." + column.header, header = quoted(column.header);
    const auto say = [&](std::string_view rule, const Seen& seen, const std::string& message, std::string help) {
      if (seen.count == 0) return;
      of_workbook(rule,
                  fmt::format(fmt::runtime(message), counted(seen.count, "cell", "cells"), header, quoted(seen.text)),
                  seen.first, subject, std::move(help));
    };
    const bool day = column.type.kind == TypeKind::date || column.type.kind == TypeKind::datetime;
    if (column.type.kind == TypeKind::text && stats->iso_dates.count > 0)
      say("ZM1206", stats->other_dates, "{1} holds dates written in two ways: {0} such as {2}",
          "bring them into one form, or give the column the type `date`");
    if (day && !column.format)
      say("ZM1702", stats->ambiguous_dates, "{1} holds dates that can be read as two days: {0} such as {2}",
          "declare the format of the column");
    if (day) {
      Seen all = stats->iso_dates;
      if (all.count == 0) all = stats->other_dates;
      all.count = stats->iso_dates.count + stats->other_dates.count;
      say("ZM1707", all, "{1} holds text that only looks like a date: {0} such as {2}",
          "enter them again as dates, or parse them: `change column … type date using parse_date(…)`");
    }
    if (is_numeric(column.type))
      say("ZM1703", stats->decimal_commas, "{1} holds text with a decimal comma: {0} such as {2}",
          "enter them again as numbers in the locale of the workbook");
    say("ZM1412", stats->misread, "{1} holds text that looks like UTF-8 read as Windows-1252: {0} such as {2}",
        "correct them where they come from");
    look_alike_values(sheet, column, *stats);
  }

  void look_alike_values(const Sheet& sheet, const Column& column, const ColumnStats& stats) {
    if (column.type.kind != TypeKind::enumeration) return;
    const Enum* one = schema_.find_enum(column.type.of);
    if (one == nullptr) return;
    for (const auto& [text, seen] : stats.texts) {
      const auto same = [&sought = text](const EnumValue& value) { return value.text == sought; };
      if (std::any_of(one->values.begin(), one->values.end(), same)) continue;
      for (const EnumValue& value : one->values)
        if (look(value.text) == look(text)) {
          of_workbook("ZM1409",
                      fmt::format("{} in {} looks like {}", quoted(text), counted(seen.count, "cell", "cells"),
                                  quoted(value.text)),
                      seen.first, sheet.title + "." + column.header, "correct the cells")
              .diagnostic.notes.push_back(code_points_note(value.text, text));
          break;
        }
    }
  }

  // --- Settings of the workbook -----------------------------------------------------------------------------------

  void settings() {
    constexpr std::string_view kHelp =
        "is this the right workbook? else set it in the workbook, or correct the key in zmig.toml";
    const auto differs = [&](std::string_view key, const std::string& theirs, const std::string& ours) {
      // Programs write "es_ES" and "es-ES" for one locale.
      const auto plain = [](std::string text) {
        std::replace(text.begin(), text.end(), '-', '_');
        return text;
      };
      if (theirs.empty() || ours.empty() || (key == "locale" ? plain(theirs) == plain(ours) : theirs == ours)) return;
      of_workbook("ZM1709", fmt::format("the workbook says {} {}, the configuration {}", key, theirs, ours), {},
                  std::string(key), std::string(kHelp));
    };
    differs("locale", schema_.locale, input_.options.locale);
    differs("timezone", schema_.time_zone, input_.options.time_zone);
    if (schema_.locale.empty() || !schema_.time_zone.empty()) return;
    for (const Subject& subject : subjects_) {
      if (!is_pending(subject)) continue;
      for (const Operation& operation : subject.operations) {
        const auto* added = std::get_if<op::AddColumn>(&operation);
        if (added == nullptr || added->column.type.kind != TypeKind::datetime) continue;
        of_workbook(
            "ZM1709",
            fmt::format("{} holds moments of time, and the workbook has no time zone", quoted(added->column.header)),
            {}, added->sheet.title + "." + added->column.header, "set the time zone of the workbook");
      }
    }
  }

  // --- Cost -----------------------------------------------------------------------------------------------------

  void cost() {
    for (const PlannedMigration& one : live_.plan.migrations)
      for (const Width& width : one.widths)
        if (live_.capabilities.max_columns != 0 && width.after > live_.capabilities.max_columns)
          of_workbook("ZM1601",
                      fmt::format("{} becomes {} columns wide, {} can hold {}", quoted(width.sheet), width.after,
                                  live_.capabilities.kind, live_.capabilities.max_columns),
                      width.sheet, width.sheet, "split the sheet, or drop columns first");
    const Cost& cost = live_.plan.cost;
    const LintOptions& options = input_.options;
    if (options.max_cells && cost.cells > *options.max_cells)
      of_workbook("ZM1601",
                  fmt::format("{} are planned, `lint.max_cells` is {}", counted(cost.cells, "cell", "cells"),
                              *options.max_cells),
                  {}, "max_cells", "apply fewer migrations at once, or raise `lint.max_cells`");
    if (options.max_calls && cost.reads + cost.writes > *options.max_calls)
      of_workbook("ZM1602",
                  fmt::format("{} are planned, `lint.max_calls` is {}",
                              counted(cost.reads + cost.writes, "call", "calls"), *options.max_calls),
                  {}, "max_calls", "apply fewer migrations at once, or raise `lint.max_calls`");
    if (options.max_duration && cost.ms > static_cast<std::uint64_t>(options.max_duration->count()))
      of_workbook(
          "ZM1604",
          fmt::format("about {} ms are planned, `lint.max_duration` is {} ms", cost.ms, options.max_duration->count()),
          {}, "max_duration", "apply fewer migrations at once, or raise `lint.max_duration`");
  }

  const LintInput& input_;
  const LintLive& live_;
  const Schema& schema_;
  std::vector<Subject>& subjects_;
  std::vector<LintFinding>& out_;
  std::map<std::string, ColumnStats> stats_;  // sheet id / column id
  std::size_t at_ = 0;                        // the operation that is looked at
};

}  // namespace

Status check_live(const LintInput& input, std::vector<Subject>& subjects, std::vector<LintFinding>& out) {
  return Live(input, subjects, out).run();
}

}  // namespace zmig::linting
