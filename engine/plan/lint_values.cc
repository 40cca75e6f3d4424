// Families 6 and 7: what is written, and what cells and formats make of it.

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "base/text.h"
#include "plan/lint_rules.h"

namespace zmig::linting {
namespace {

constexpr std::size_t kLongestCell = 32767, kLongestHeader = 255;

bool has_short_year(std::string_view format) {
  bool quoted_part = false;
  for (std::size_t at = 0; at < format.size(); ++at) {
    if (format[at] == '\'') quoted_part = !quoted_part;
    if (quoted_part || format[at] != 'Y') continue;
    const std::size_t end = std::min(format.find_first_not_of('Y', at), format.size());
    if (end - at == 2) return true;
    at = end - 1;
  }
  return false;
}

class Values {
 public:
  explicit Values(Subject& subject) : s_(subject) {}

  void run() {
    for (at_ = 0; at_ < s_.operations.size(); ++at_) {
      const Operation& operation = s_.operations[at_];
      for (const WrittenText& text : written_texts(operation, s_.after(at_))) written(text);
      if (const auto* one = std::get_if<op::AddColumn>(&operation)) added(one->column);
      if (const auto* one = std::get_if<op::SetFormat>(&operation); one != nullptr && one->format) format(*one->format);
      numbers(operation);
      for (const Expr* formula : formulas_of(operation)) in_formula(*formula);
    }
  }

 private:
  LintFinding& add(std::string_view rule, std::string message, Span at, std::string help) {
    return s_.add(rule, std::move(message), at, subject_of(s_.operations[at_]), std::move(help));
  }

  void written(const WrittenText& text) {
    const Span at = s_.quoted_in_line(at_, text.text);
    const std::size_t most = text.into == WrittenText::Into::header ? kLongestHeader : kLongestCell;
    if (const std::size_t length = count_code_points(text.text); length > most)
      add("ZM1606",
          fmt::format("{} {} characters is longer than {}",
                      text.into == WrittenText::Into::header ? "a header of" : "a text of", grouped(length),
                      grouped(most)),
          at, "spreadsheets cut it or refuse the file: shorten it");
    if (text.into == WrittenText::Into::cell && is_ambiguous_date(text.text))
      add("ZM1702", fmt::format("{} can be read as two days", quoted(text.text)), at,
          "write a date without quotes, four, two and two digits: 2026-01-26");
    if (!looks_like_formula(text.text)) return;
    LintFinding& found = add("ZM1704", fmt::format("{} reads as a formula in a spreadsheet", quoted(text.text)), at,
                             "begin it with another character; in a csv every program that opens the file runs it");
    if (s_.input.options.target_kind == "csv" && !s_.input.options.severities.contains("ZM1704"))
      found.diagnostic.severity = Severity::error;
  }

  void added(const Column& column) {
    if (column.format) return format(*column.format);
    const bool day = column.type.kind == TypeKind::date || column.type.kind == TypeKind::datetime;
    if (!day && column.type.kind != TypeKind::number) return;
    const std::string usual = implied_format(column.type);
    LintFinding& found =
        add("ZM1706", fmt::format("{} has no number format: each program shows it its own way", quoted(column.header)),
            s_.span(at_),
            usual.empty() ? "add: format \"0.00\", or what it holds" : fmt::format("add: format {}", quoted(usual)));
    const std::string_view text = s_.text_of(at_);
    if (usual.empty() || text.find_first_of("{\n") != std::string_view::npos) return;
    // Behind the type: properties follow in any order.
    const std::size_t type = text.find(day && column.type.kind == TypeKind::datetime ? " datetime" : " date",
                                       s_.span(at_).end - s_.line(at_).begin);
    if (type == std::string_view::npos) return;
    const auto behind =
        static_cast<std::uint32_t>(s_.line(at_).begin + type +
                                   (column.type.kind == TypeKind::datetime ? std::string_view(" datetime").size()
                                                                           : std::string_view(" date").size()));
    // A place stands between the type and its properties.
    const std::size_t end = place_end(text, behind - s_.line(at_).begin);
    const auto where = static_cast<std::uint32_t>(s_.line(at_).begin + end);
    found.fix = LintFix{false, {{s_.file, where, where, " format " + quoted(usual)}}, false};
  }

  /// Behind ` first`, ` last`, ` after "X"`, ` before "X"`, when one begins at `at`.
  std::size_t place_end(std::string_view text, std::size_t at) const {
    const std::string_view rest = text.substr(at);
    if (rest.starts_with(" first")) return at + 6;
    if (rest.starts_with(" last")) return at + 5;
    if (!rest.starts_with(" after ") && !rest.starts_with(" before ")) return at;
    const auto begin = static_cast<std::uint32_t>(s_.line(at_).begin + at);
    const auto names = quoted_texts(s_.source, {s_.file, begin, s_.line(at_).end});
    return names.empty() ? at : names.front().span.end - s_.line(at_).begin;
  }

  void format(const std::string& written) {
    const Span at = s_.quoted_in_line(at_, written);
    if (written.starts_with("native:"))
      add("ZM1711", fmt::format("{} is one program's own code", quoted(written)), at,
          "say it in zmig's format language: it means the same everywhere");
    else if (has_short_year(written))
      add("ZM1712", fmt::format("{} shows two digits of the year", quoted(written)), at, "write YYYY");
  }

  void numbers(const Operation& operation) {
    std::vector<const Value*> values;
    if (const auto* one = std::get_if<op::AddColumn>(&operation); one != nullptr && one->column.rules.fallback)
      values.push_back(&*one->column.rules.fallback);
    if (const auto* one = std::get_if<op::SetDefault>(&operation); one != nullptr && one->value)
      values.push_back(&*one->value);
    if (const auto* one = std::get_if<op::AddRows>(&operation))
      for (const auto& row : one->rows)
        for (const Value& value : row) values.push_back(&value);
    for (const Value* value : values) number(*value);
  }

  void number(const Value& value) {
    const auto* one = std::get_if<Number>(&value);
    if (one == nullptr || std::fabs(one->value) < 1e15 || std::trunc(one->value) != one->value) return;
    add("ZM1708", fmt::format("{:.0f} has more than 15 digits: spreadsheets round it", one->value), s_.span(at_),
        "an identifier is a text: give the column the type `text` and quote it");
  }

  void in_formula(const Expr& formula) {
    for_each_node(formula, [&](const Expr& node) {
      if (const auto* literal = std::get_if<expr::Literal>(&node.node)) number(literal->value);
      const auto* call = std::get_if<expr::Call>(&node.node);
      if (call == nullptr || call->arguments.empty()) return;
      const auto text_of = [&](std::size_t index) -> const Text* {
        if (index >= call->arguments.size()) return nullptr;
        const auto* literal = std::get_if<expr::Literal>(&call->arguments[index]->node);
        return literal == nullptr ? nullptr : std::get_if<Text>(&literal->value);
      };
      const Text* first = text_of(0);
      const bool to_number =
          call->function == "number" || call->function == "integer" || call->function == "parse_number";
      if (first != nullptr && to_number && has_leading_zeros(first->utf8))
        add("ZM1701", fmt::format("the leading zeros of {} are lost in a number", quoted(first->utf8)),
            s_.quoted_in_line(at_, first->utf8), "if the zeros matter it is a text: use a column of type `text`");
      if (const Text* format_text = text_of(1); format_text != nullptr && call->function == "parse_date")
        if (has_short_year(format_text->utf8)) format(format_text->utf8);
    });
  }

  Subject& s_;
  std::size_t at_ = 0;
};

}  // namespace

void check_values(Subject& subject) { Values(subject).run(); }

}  // namespace zmig::linting
