// Family 4: headers, titles and values that people or programs take for something else.

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include <zmig/header_norm.h>

#include "base/text.h"
#include "plan/lint_rules.h"

namespace zmig::linting {
namespace {

constexpr std::size_t kLongestHeader = 100;

bool differ_in_case_only(const std::string& a, const std::string& b) {
  const std::string left = norm(a), right = norm(b);
  return left != right && upper_case(left) == upper_case(right);
}

/// The texts of a list, when there is nothing else in it.
std::optional<std::set<std::string>> texts_of(const expr::IsOneOf& test) {
  std::set<std::string> out;
  for (const ExprBox& value : test.values) {
    const auto* literal = std::get_if<expr::Literal>(&value->node);
    const auto* text = literal == nullptr ? nullptr : std::get_if<Text>(&literal->value);
    if (text == nullptr) return std::nullopt;
    out.insert(text->utf8);
  }
  return out;
}

std::set<std::string> offered(const Enum& one) {
  std::set<std::string> out;
  for (const EnumValue& value : one.values)
    if (value.offered) out.insert(value.text);
  return out;
}

class Names {
 public:
  Names(Subject& subject, const std::regex* pattern) : s_(subject), pattern_(pattern) {}

  void run() {
    for (at_ = 0; at_ < s_.operations.size(); ++at_) {
      const Operation& operation = s_.operations[at_];
      if (const auto fresh = new_header(operation)) header(*fresh);
      if (const auto* one = std::get_if<op::AddValue>(&operation)) value(one->enum_name, one->value);
      if (const auto* one = std::get_if<op::RenameValue>(&operation)) value(one->enum_name, one->to);
      if (std::holds_alternative<op::CreateEnum>(operation)) created_enum(std::get<op::CreateEnum>(operation));
      for (const WrittenText& text : written_texts(operation, s_.after(at_))) written(text);
      for (const Expr* formula : formulas_of(operation))
        in_formula(*formula, s_.before(at_), s_.line(at_), subject_of(operation));
    }
    for (const CheckLine& line : s_.migration.script.requires_) check(line, s_.states.front());
    for (const CheckLine& line : s_.migration.script.ensures) check(line, s_.states.back());
  }

 private:
  LintFinding& add(std::string_view rule, std::string message, Span at, std::string help) {
    return s_.add(rule, std::move(message), at, subject_of(s_.operations[at_]), std::move(help));
  }

  void header(const NewHeader& fresh) {
    const Span at = s_.quoted_in_line(at_, fresh.header);
    if (pattern_ != nullptr && !std::regex_match(norm(fresh.header), *pattern_)) against_pattern(fresh, at);
    const Sheet* sheet = s_.after(at_).sheet(fresh.sheet);
    if (sheet == nullptr) return;
    const std::string look_of_fresh = look(fresh.header), norm_of_fresh = norm(fresh.header);
    for (const Column& other : sheet->columns) {
      if (other.id == fresh.column || look(other.header) != look_of_fresh) continue;
      const std::string norm_of_other = norm(other.header);
      if (norm_of_other.empty() || norm_of_other == norm_of_fresh) continue;
      if (differ_in_case_only(other.header, fresh.header)) {
        add("ZM1403", fmt::format("{} and {} differ in case only", quoted(other.header), quoted(fresh.header)), at,
            "choose another header, or use the one that is there");
        continue;
      }
      LintFinding& found = add(
          "ZM1402", fmt::format("{} looks like {}, which is there already", quoted(fresh.header), quoted(other.header)),
          at, fmt::format("use {}, or choose another header", quoted(other.header)));
      found.diagnostic.notes.push_back(code_points_note(other.header, fresh.header));
      use_the_other(found);
    }
  }

  /// An added column that nothing else in the file names can be left out.
  void use_the_other(LintFinding& found) const {
    const auto* added = std::get_if<op::AddColumn>(&s_.operations[at_]);
    if (added == nullptr || !is_named_once(added->column.header)) return;
    if (const auto line = without_line(s_.source, s_.line(at_))) found.fix = LintFix{false, {*line}, false};
  }

  bool is_named_once(const std::string& header) const {
    std::size_t named = s_.source.text.find("[" + header + "]") == std::string::npos ? 0 : 1;
    for (const QuotedText& one :
         quoted_texts(s_.source, {s_.file, 0, static_cast<std::uint32_t>(s_.source.text.size())}))
      if (one.value == header) ++named;
    return named == 1;
  }

  void against_pattern(const NewHeader& fresh, Span at) {
    std::string better = norm(fresh.header);
    std::replace(better.begin(), better.end(), ' ', '_');
    const std::vector<std::string> candidates{better, strip_accents(better), lower_case(strip_accents(better)),
                                              title_case(strip_accents(better)), upper_case(strip_accents(better))};
    const auto fits = std::find_if(candidates.begin(), candidates.end(),
                                   [&](const std::string& one) { return std::regex_match(one, *pattern_); });
    LintFinding& found = add("ZM1401", fmt::format("{} does not fit the pattern of headers", quoted(fresh.header)), at,
                             fits == candidates.end() ? "the pattern is `lint.header_pattern` in zmig.toml"
                                                      : fmt::format("write {}", quoted(*fits)));
    if (fits != candidates.end() && is_named_once(fresh.header))
      found.fix = LintFix{false, {{at.file, at.begin, at.end, quoted(*fits)}}, false};
  }

  void value(const std::string& enum_name, const std::string& text) {
    const Enum* one = s_.after(at_).find_enum(enum_name);
    if (one == nullptr) return;
    for (const EnumValue& other : one->values) {
      if (other.text == text || look(other.text) != look(text)) continue;
      LintFinding& found =
          add("ZM1409", fmt::format("{} looks like {} in the same enum", quoted(text), quoted(other.text)),
              s_.quoted_in_line(at_, text), fmt::format("use {}, or choose another value", quoted(other.text)));
      found.diagnostic.notes.push_back(code_points_note(other.text, text));
    }
  }

  void created_enum(const op::CreateEnum& created) {
    const Enum* mine = s_.states.back().find_enum(created.name);
    if (mine == nullptr || mine->values.empty()) return;
    for (const Enum& other : s_.before(at_).enums)
      if (offered(other) == offered(*mine))
        add("ZM1410", fmt::format("{} lists the values of {} once more", quoted(created.name), quoted(other.name)),
            s_.span(at_), fmt::format("use enum {}", quoted(other.name)));
  }

  // --- What is written ------------------------------------------------------------------------------------------

  void written(const WrittenText& text) {
    const Span at = s_.quoted_in_line(at_, text.text);
    const bool is_name = text.into != WrittenText::Into::cell;
    const bool exact = !is_name || at != s_.span(at_) || spelled(at, text.text);
    if (is_name && composed(text.text) != text.text) {
      LintFinding& found = add("ZM1404", fmt::format("{} holds accents as characters of their own", quoted(text.text)),
                               at, "write it composed (form C)");
      if (exact && spelled(at, text.text)) safe(found, at, composed(text.text));
    }
    if (is_name) {
      if (const std::string mixed = mixed_scripts(text.text); !mixed.empty())
        add("ZM1406", fmt::format("{} mixes scripts", quoted(text.text)), at, "type it again with one keyboard layout")
            .diagnostic.notes.push_back(mixed);
      layout(text, at);
    }
    if (const auto meant = wrongly_decoded(text.text))
      add("ZM1412", fmt::format("{} looks like UTF-8 that was read as Windows-1252", quoted(text.text)), at,
          fmt::format("write {}", quoted(*meant)));
  }

  void layout(const WrittenText& text, Span at) {
    const std::string tidy = norm(text.text);
    const bool shaped = tidy != composed(text.text);
    if (shaped) {
      LintFinding& found = add("ZM1408", fmt::format("{} has blanks that headers do not need", quoted(text.text)), at,
                               fmt::format("write {}", quoted(tidy)));
      if (spelled(at, text.text)) safe(found, at, tidy);
    } else if (text.into == WrittenText::Into::header && count_code_points(tidy) > kLongestHeader) {
      add("ZM1408", fmt::format("a header of {} characters", count_code_points(tidy)), at,
          "shorten it; the rest belongs into a note");
    }
  }

  /// The span holds exactly this text between quotes.
  bool spelled(Span at, const std::string& text) const {
    const auto found = quoted_texts(s_.source, at);
    return found.size() == 1 && found[0].span == at && found[0].value == text;
  }
  static void safe(LintFinding& found, Span at, const std::string& text) {
    found.fix = LintFix{true, {{at.file, at.begin, at.end, quoted(text)}}, false};
  }

  // --- What is asked --------------------------------------------------------------------------------------------

  void check(const CheckLine& line, const Schema& schema) {
    const auto* rows = std::get_if<check::Rows>(&line.check);
    if (rows == nullptr) return;
    in_formula(rows->has, schema, line.span, rows->sheet.title);
    if (rows->where) in_formula(*rows->where, schema, line.span, rows->sheet.title);
  }

  static const Column* any_column(const Schema& schema, const std::string& id) {
    for (const Sheet& sheet : schema.sheets)
      if (const Column* column = column_by_id(sheet, id)) return column;
    return nullptr;
  }

  void in_formula(const Expr& formula, const Schema& schema, Span at, const std::string& about) {
    for_each_node(formula, [&](const Expr& node) {
      if (const auto* test = std::get_if<expr::IsOneOf>(&node.node)) {
        repeated_list(*test, schema, at, about);
        for (const ExprBox& value : test->values) compared(*test->operand, *value, schema, at, about);
      }
      if (const auto* both = std::get_if<expr::Binary>(&node.node)) {
        if (both->op != BinaryOp::equal && both->op != BinaryOp::not_equal) return;
        compared(*both->left, *both->right, schema, at, about);
        compared(*both->right, *both->left, schema, at, about);
      }
    });
  }

  void compared(const Expr& side, const Expr& other, const Schema& schema, Span at, const std::string& about) {
    const auto* cell = std::get_if<expr::CellRef>(&side.node);
    const auto* literal = std::get_if<expr::Literal>(&other.node);
    const auto* text = literal == nullptr ? nullptr : std::get_if<Text>(&literal->value);
    if (cell == nullptr || text == nullptr) return;
    const Column* column = any_column(schema, cell->column);
    if (column == nullptr || column->type.kind != TypeKind::enumeration) return;
    const Enum* one = schema.find_enum(column->type.of);
    if (one == nullptr) return;
    std::vector<std::string> values;
    for (const EnumValue& value : one->values) {
      if (value.text == text->utf8) return;  // a retired one may still stand in cells
      values.push_back(value.text);
    }
    const auto near = nearest(text->utf8, values);
    s_.add("ZM1411", fmt::format("{} is no value of enum {} here", quoted(text->utf8), quoted(one->name)), at, about,
           near ? fmt::format("did you mean {}?", quoted(*near))
                : fmt::format("add it on a line above: `add value {}`", quoted(text->utf8)));
  }

  void repeated_list(const expr::IsOneOf& test, const Schema& schema, Span at, const std::string& about) {
    const auto* cell = std::get_if<expr::CellRef>(&test.operand->node);
    const auto texts = texts_of(test);
    if (cell == nullptr || !texts || texts->size() < 2) return;
    for (const Enum& one : schema.enums) {
      if (offered(one) != *texts) continue;
      s_.add("ZM1410", fmt::format("this list repeats the enum {}", quoted(one.name)), at, about,
             fmt::format("give the column the type `enum {}`: then every cell is held to it", quoted(one.name)));
      return;
    }
  }

  Subject& s_;
  const std::regex* pattern_;
  std::size_t at_ = 0;
};

}  // namespace

void check_names(Subject& subject, const std::regex* pattern) { Names(subject, pattern).run(); }

}  // namespace zmig::linting
