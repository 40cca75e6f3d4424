// Whether two trees say the same: field by field, independent of the printer.

#include <algorithm>
#include <tuple>
#include <type_traits>
#include <vector>

#include "print.h"

namespace zmig::dsl {
namespace {

// The fields of a struct that mean something (no spans, no comments, no words of the vocabulary).
#define ZMIG_DSL_FIELDS(Type, ...)                                                          \
  [[maybe_unused]] auto fields(const ast::Type& t) {                                        \
    return [](const auto&... all) { return std::tie(all...); }(ZMIG_DSL_EACH(__VA_ARGS__)); \
  }
#define ZMIG_DSL_EACH(...) __VA_ARGS__

#define F(name) t.name
ZMIG_DSL_FIELDS(Text, F(value))
ZMIG_DSL_FIELDS(Word, F(value))
ZMIG_DSL_FIELDS(Count, F(digits))
ZMIG_DSL_FIELDS(Literal, F(kind), F(value), F(negative))
ZMIG_DSL_FIELDS(Formula, F(kind), F(value), F(operands))
ZMIG_DSL_FIELDS(Editor, F(variable), F(value))
ZMIG_DSL_FIELDS(Type, F(kind), F(digits), F(name))
ZMIG_DSL_FIELDS(Duration, F(amount), F(unit))
ZMIG_DSL_FIELDS(Place, F(kind), F(anchor))
ZMIG_DSL_FIELDS(Expecting, F(bound), F(count))
ZMIG_DSL_FIELDS(SheetIs, F(sheet), F(state))
ZMIG_DSL_FIELDS(SheetCount, F(sheet), F(relation), F(bound), F(count), F(unit))
ZMIG_DSL_FIELDS(ColumnIs, F(column), F(sheet), F(state))
ZMIG_DSL_FIELDS(ColumnHasType, F(column), F(sheet), F(type))
ZMIG_DSL_FIELDS(ColumnRefers, F(column), F(sheet), F(target))
ZMIG_DSL_FIELDS(ColumnsUnique, F(columns), F(sheet))
ZMIG_DSL_FIELDS(EnumIs, F(name), F(state))
ZMIG_DSL_FIELDS(EnumValue, F(name), F(relation), F(value))
ZMIG_DSL_FIELDS(RowsHave, F(quantifier), F(sheet), F(where), F(formula))
ZMIG_DSL_FIELDS(SampleHas, F(count), F(sheet), F(where), F(formula))
ZMIG_DSL_FIELDS(MigrationApplied, F(migration), F(ago))
ZMIG_DSL_FIELDS(BackupOfSheet, F(sheet))
ZMIG_DSL_FIELDS(Claim, F(verb), F(check), F(because))
ZMIG_DSL_FIELDS(TextHeading, F(verb), F(text))
ZMIG_DSL_FIELDS(ListHeading, F(verb), F(texts))
ZMIG_DSL_FIELDS(KeepHeading, F(duration))
ZMIG_DSL_FIELDS(AllowHeading, F(code), F(because))
ZMIG_DSL_FIELDS(VariableHeading, F(name), F(type), F(env), F(fallback))
ZMIG_DSL_FIELDS(DefaultProperty, F(value))
ZMIG_DSL_FIELDS(TextProperty, F(verb), F(text))
ZMIG_DSL_FIELDS(AliasProperty, F(names))
ZMIG_DSL_FIELDS(PlainProperty, F(value))
ZMIG_DSL_FIELDS(ProtectedProperty, F(editors))
ZMIG_DSL_FIELDS(ComputedProperty, F(formula))
ZMIG_DSL_FIELDS(TypeProperty, F(type), F(using_formula), F(undo))
ZMIG_DSL_FIELDS(DeprecatedProperty, F(use))
ZMIG_DSL_FIELDS(AddColumn, F(name), F(type), F(place), F(properties))
ZMIG_DSL_FIELDS(AdoptColumn, F(name), F(type), F(properties))
ZMIG_DSL_FIELDS(ChangeColumn, F(name), F(properties))
ZMIG_DSL_FIELDS(ColumnPair, F(verb), F(from), F(to))
ZMIG_DSL_FIELDS(MoveColumn, F(name), F(place))
ZMIG_DSL_FIELDS(SplitColumn, F(column), F(by), F(into))
ZMIG_DSL_FIELDS(MergeColumns, F(columns), F(with), F(into))
ZMIG_DSL_FIELDS(RetireColumn, F(name), F(use))
ZMIG_DSL_FIELDS(ColumnVerb, F(verb), F(name))
ZMIG_DSL_FIELDS(FillColumn, F(column), F(formula), F(where), F(otherwise), F(expecting))
ZMIG_DSL_FIELDS(SetColumn, F(column), F(formula), F(where), F(otherwise), F(expecting), F(undo))
ZMIG_DSL_FIELDS(CleanColumn, F(column), F(steps))
ZMIG_DSL_FIELDS(PlainStep, F(value))
ZMIG_DSL_FIELDS(OtherwiseStep, F(value))
ZMIG_DSL_FIELDS(BlankStep, F(texts))
ZMIG_DSL_FIELDS(ReplaceStep, F(from), F(to))
ZMIG_DSL_FIELDS(ParseStep, F(kind), F(formats))
ZMIG_DSL_FIELDS(ColumnsLine, F(names))
ZMIG_DSL_FIELDS(Row, F(values))
ZMIG_DSL_FIELDS(RowsBlock, F(columns), F(rows))
ZMIG_DSL_FIELDS(ValuesLine, F(formulas))
ZMIG_DSL_FIELDS(MappingBlock, F(columns), F(values))
ZMIG_DSL_FIELDS(AddRows, F(by), F(rows))
ZMIG_DSL_FIELDS(AddRowsFrom, F(by), F(sheet), F(where), F(mapping))
ZMIG_DSL_FIELDS(AddRowsFile, F(by), F(path))
ZMIG_DSL_FIELDS(DropRows, F(where), F(expecting))
ZMIG_DSL_FIELDS(KeyRule, F(verb), F(columns))
ZMIG_DSL_FIELDS(AddCheck, F(name), F(formula))
ZMIG_DSL_FIELDS(DropCheck, F(name))
ZMIG_DSL_FIELDS(SheetSwitch, F(value))
ZMIG_DSL_FIELDS(ProtectSheet, F(editors))
ZMIG_DSL_FIELDS(AddValue, F(value), F(place), F(note))
ZMIG_DSL_FIELDS(RenameValue, F(from), F(to))
ZMIG_DSL_FIELDS(RetireValue, F(value), F(replacement))
ZMIG_DSL_FIELDS(DropValue, F(value))
ZMIG_DSL_FIELDS(CreateSheet, F(name), F(place), F(body))
ZMIG_DSL_FIELDS(SheetScope, F(verb), F(name), F(body))
ZMIG_DSL_FIELDS(PairChange, F(verb), F(from), F(to))
ZMIG_DSL_FIELDS(NameChange, F(verb), F(name))
ZMIG_DSL_FIELDS(EnumScope, F(verb), F(name), F(body))
ZMIG_DSL_FIELDS(CreateRange, F(name), F(first), F(last), F(sheet))
ZMIG_DSL_FIELDS(NativeText, F(text))
ZMIG_DSL_FIELDS(NativeCheck, F(check))
ZMIG_DSL_FIELDS(NativeBlock, F(up), F(down), F(satisfied))
ZMIG_DSL_FIELDS(Native, F(backend), F(body))
ZMIG_DSL_FIELDS(Down, F(body))
ZMIG_DSL_FIELDS(Header, F(version), F(down_of))
#undef F
#undef ZMIG_DSL_EACH
#undef ZMIG_DSL_FIELDS

template <class T>
concept HasFields = requires(const T& t) {
  fields(t);
};
template <class T>
concept IsChoice = std::is_base_of_v<ast::Node, T> && requires(const T& t) {
  t.value;
} && std::is_enum_v<decltype(T::value)>;
template <class T>
concept IsVector = requires(const T& t) {
  t.data();
}
&&!std::is_same_v<T, std::string>;
template <class T>
concept IsOptional = requires(const T& t) {
  t.is_initialized();
};
template <class T>
concept IsBlock = requires(const T& t) {
  t.lines;
  t.open;
};

template <class T>
bool same(const T& a, const T& b);

/// Behind a variant: the alternatives are the same if they have the same type and say the same.
struct SameAlternative {
  using result_type = bool;
  template <class A, class B>
  bool operator()(const A& a, const B& b) const {
    if constexpr (std::is_same_v<A, B>) {
      return same(a, b);
    } else {
      return false;
    }
  }
};

bool same_properties(const ast::Properties& a, const ast::Properties& b) {
  const auto sorted = [](const ast::Properties& from) {
    std::vector<const ast::Property*> all;
    for (const ast::Property& property : from.line) all.push_back(&property);
    if (from.block) {
      for (const ast::Property& property : from.block->lines) all.push_back(&property);
    }
    std::stable_sort(all.begin(), all.end(), [](const ast::Property* x, const ast::Property* y) {
      return ast::rank_of(*x) < ast::rank_of(*y);
    });
    return all;
  };
  const auto left = sorted(a), right = sorted(b);
  return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                    [](const ast::Property* x, const ast::Property* y) { return same(*x, *y); });
}

template <class T>
bool same(const T& a, const T& b) {
  if constexpr (std::is_same_v<T, ast::Properties>) {
    return same_properties(a, b);
  } else if constexpr (std::is_same_v<T, ast::DropColumn>) {
    return same(a.name, b.name) && a.discarding.is_initialized() == b.discarding.is_initialized() &&
           same(a.undo, b.undo);
  } else if constexpr (std::is_same_v<T, ast::DropSheet>) {
    return same(a.name, b.name) && a.discarding.is_initialized() == b.discarding.is_initialized();
  } else if constexpr (std::is_same_v<T, ast::Formats>) {
    return a.serial.is_initialized() == b.serial.is_initialized() && same(a.texts, b.texts);
  } else if constexpr (IsVector<T>) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) { return same(x, y); });
  } else if constexpr (IsOptional<T>) {
    return a.is_initialized() == b.is_initialized() && (!a || same(*a, *b));
  } else if constexpr (IsBlock<T>) {
    return same(a.lines, b.lines);
  } else if constexpr (ast::detail::IsVariant<const T>) {
    return boost::apply_visitor(SameAlternative{}, a.get(), b.get());
  } else if constexpr (HasFields<T>) {
    return std::apply(
        [&](const auto&... left) {
          return std::apply([&](const auto&... right) { return (same(left, right) && ...); }, fields(b));
        },
        fields(a));
  } else if constexpr (IsChoice<T>) {
    return a.value == b.value;
  } else if constexpr (std::is_base_of_v<ast::Node, T>) {
    static_assert(std::is_same_v<T, ast::Bad>, "a struct of the tree without a line in the table above");
    return true;
  } else {
    return a == b;
  }
}

/// Headings may stand in any order; everything else may not.
int heading_rank(const ast::TopLine& line) {
  int rank = 1000;
  ast::visit(ast::overloaded{[&](const ast::TextHeading& h) { rank = static_cast<int>(h.verb.value); },
                             [&](const ast::ListHeading& h) { rank = 10 + static_cast<int>(h.verb.value); },
                             [&](const ast::KeepHeading&) { rank = 20; }, [&](const ast::AllowHeading&) { rank = 21; },
                             [&](const ast::VariableHeading&) { rank = 22; }, [](const auto&) {}},
             line);
  return rank;
}

}  // namespace

bool same_tree(const ast::File& a, const ast::File& b) {
  const auto sorted = [](const ast::File& file) {
    std::vector<const ast::TopLine*> all;
    for (const ast::TopLine& line : file.lines) all.push_back(&line);
    std::stable_sort(all.begin(), all.end(),
                     [](const ast::TopLine* x, const ast::TopLine* y) { return heading_rank(*x) < heading_rank(*y); });
    return all;
  };
  const auto left = sorted(a), right = sorted(b);
  return same(a.header, b.header) &&
         std::equal(left.begin(), left.end(), right.begin(), right.end(),
                    [](const ast::TopLine* x, const ast::TopLine* y) { return same(*x, *y); });
}

}  // namespace zmig::dsl
