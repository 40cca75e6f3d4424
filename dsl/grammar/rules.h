#pragma once
// The rules that more than one file of the grammar uses, and what rules have in common.
//
// A new statement: struct in ast.h, its words in words.cc, a rule in the file of its family, its name in the
// alternative of the family, and a line in print.cc. Every rule is defined by BOOST_SPIRIT_DEFINE (a rule without one
// would change the context type, and the instances of the other files would not fit).

#include <boost/fusion/include/adapt_struct.hpp>
#include <type_traits>
#include <vector>

#include "grammar/tokens.h"

// `a >> b > c` is how a rule says from where on there is no way back.
#if defined(__clang__)
#pragma clang diagnostic ignored "-Woverloaded-shift-op-parentheses"
#endif

namespace zmig::dsl::grammar {

/// Rules without a span of their own.
struct Plain {};

/// Rules whose attribute is a Node: stamps the span.
struct Annotate {
  template <class Attribute, class Context>
  void on_success(Cursor const& first, Cursor const& last, Attribute& attribute, Context const&) {
    if constexpr (std::is_base_of_v<ast::Node, Attribute>) {
      Cursor begin = first;
      begin.skip_blanks();
      attribute.begin = begin.offset();
      attribute.end = last.offset();
    }
  }
};

/// A kind of line, with `Depth` braces open around it (one more inside `down { }`): a failure on it is noted, and the
/// rule goes on with the next line of its block. The line becomes `ast::Bad`.
template <LineKind Kind, int Depth>
struct Recover {
  template <class Context>
  x3::error_handler_result on_error(Cursor& first, Cursor const&, x3::expectation_failure<Cursor> const& failure,
                                    Context const&) {
    ParseState& state = *failure.where().state;
    const std::uint32_t at = failure.where().offset();
    state.failures.push_back({at, failure.which(), Kind});
    first.at = state.base + state.resume(at, Depth);
    first.state = &state;
    return x3::error_handler_result::accept;
  }
};

/// Formulas inside formulas: the limit of section 2.
template <class Subject>
struct DeepDirective : x3::unary_parser<Subject, DeepDirective<Subject>> {
  using base_type = x3::unary_parser<Subject, DeepDirective<Subject>>;
  static bool const is_pass_through_unary = true;
  static bool const handles_container = Subject::handles_container;
  constexpr explicit DeepDirective(Subject const& inner) : base_type(inner) {}

  template <class Context, class RContext, class Attribute>
  bool parse(Cursor& first, Cursor const& last, Context const& context, RContext& rcontext,
             Attribute& attribute) const {
    struct Level {
      std::size_t& depth;
      explicit Level(std::size_t& d) : depth(d) { ++depth; }
      ~Level() { --depth; }
      Level(const Level&) = delete;
      Level& operator=(const Level&) = delete;
    };
    const Level level(first.state->depth);
    if (first.state->depth > kMaxNesting + 1) throw x3::expectation_failure<Cursor>(first, "nesting");
    return this->subject.parse(first, last, context, rcontext, attribute);
  }
  [[nodiscard]] std::string what() const { return x3::what(this->subject); }
};
template <class Subject>
constexpr auto deep(Subject const& subject) {
  return DeepDirective<typename x3::extension::as_parser<Subject>::value_type>(x3::as_parser(subject));
}

#define ZMIG_DSL_RULE(name, base, attribute, label)   \
  struct name##_id : base {};                         \
  using name##_type = x3::rule<name##_id, attribute>; \
  inline const name##_type name{label};

// formula.cc
ZMIG_DSL_RULE(formula, Plain, ast::Formula, "a formula")
ZMIG_DSL_RULE(formulas, Plain, std::vector<ast::Formula>, "a formula")
ZMIG_DSL_RULE(where, Plain, ast::Formula, "`where`")
ZMIG_DSL_RULE(undo, Plain, ast::Formula, "`undo with`")
BOOST_SPIRIT_DECLARE(formula_type, formulas_type, where_type, undo_type)

// clauses.cc
ZMIG_DSL_RULE(names, Plain, ast::Names, "a name")
ZMIG_DSL_RULE(texts, Plain, ast::Texts, "a text")
ZMIG_DSL_RULE(type, Annotate, ast::Type, "a type")
ZMIG_DSL_RULE(place, Annotate, ast::Place, "a place")
ZMIG_DSL_RULE(duration, Annotate, ast::Duration, "a number")
ZMIG_DSL_RULE(expecting, Annotate, ast::Expecting, "`expecting`")
ZMIG_DSL_RULE(editors, Plain, ast::Editors, "an editor")
ZMIG_DSL_RULE(properties, Annotate, ast::Properties, "a property")
BOOST_SPIRIT_DECLARE(names_type, texts_type, type_type, place_type, duration_type, expecting_type, editors_type,
                     properties_type)

// checks.cc
ZMIG_DSL_RULE(check, Plain, ast::Check, "a check")
BOOST_SPIRIT_DECLARE(check_type)

// columns.cc, cells.cc, bodies.cc
ZMIG_DSL_RULE(column_change, Plain, ast::ColumnChange, "a statement")
ZMIG_DSL_RULE(cell_change, Plain, ast::CellChange, "a statement")
ZMIG_DSL_RULE(sheet_body, Annotate, ast::SheetBody, "`{`")
ZMIG_DSL_RULE(enum_body, Annotate, ast::EnumBody, "`{`")
BOOST_SPIRIT_DECLARE(column_change_type, cell_change_type, sheet_body_type, enum_body_type)

// file.cc
ZMIG_DSL_RULE(file, Plain, ast::File, "a file")
ZMIG_DSL_RULE(top_lines, Plain, std::vector<ast::TopLine>, "a statement")
BOOST_SPIRIT_DECLARE(file_type, top_lines_type)

/// The context of every rule: none.
using NoContext = x3::unused_type;

}  // namespace zmig::dsl::grammar

#define ZMIG_DSL_ADAPT_BLOCK(Item) \
  BOOST_FUSION_ADAPT_STRUCT(zmig::dsl::ast::Block<zmig::dsl::ast::Item>, open, lines, close)
