#pragma once
// The vocabulary: which words stand for which enumerator. One table for the grammar, the printer and the suggestions,
// so that they cannot disagree. In a table the order is that of section 3 of the language, the first spelling of a
// value is the canonical one, and a phrase stands before its own beginnings.

#include <span>
#include <string_view>

#include "ast.h"

namespace zmig::dsl {

template <class Enum>
struct WordsOf {
  std::string_view words;  ///< one blank between two words
  Enum value;
};

/// The table of an enum of the tree.
template <class Enum>
std::span<const WordsOf<Enum>> words_of();

/// The canonical words of a value.
template <class Enum>
std::string_view words(Enum value) {
  for (const WordsOf<Enum>& row : words_of<Enum>()) {
    if (row.value == value) return row.words;
  }
  return {};
}

// clang-format off
#define ZMIG_DSL_WORD_ENUMS(X)                                                                                       \
  X(ast::TypeKind)                                                                                                   \
  X(ast::DurationUnit)                                                                                               \
  X(ast::PlaceKind)                                                                                                  \
  X(ast::Otherwise)                                                                                                  \
  X(ast::Bound) X(ast::SheetState) X(ast::CountVerb) X(ast::Counted) X(ast::ColumnState) X(ast::EnumState)           \
      X(ast::EnumHas) X(ast::Quantifier) X(ast::WorkbookFact) X(ast::ClaimVerb) X(ast::TextHeadingKind)              \
          X(ast::ListHeadingKind) X(ast::PlainKind) X(ast::TextPropertyKind) X(ast::ColumnPairVerb)                  \
              X(ast::ColumnVerbKind) X(ast::PlainStepKind) X(ast::ParseKind) X(ast::KeyVerb) X(ast::SheetSwitchKind) \
                  X(ast::SheetScopeVerb) X(ast::PairVerb) X(ast::NameVerb) X(ast::EnumScopeVerb) X(ast::Backend)
// clang-format on

#define ZMIG_DSL_DECLARE_WORDS(Enum) \
  template <>                        \
  std::span<const WordsOf<Enum>> words_of<Enum>();
ZMIG_DSL_WORD_ENUMS(ZMIG_DSL_DECLARE_WORDS)
#undef ZMIG_DSL_DECLARE_WORDS

}  // namespace zmig::dsl
