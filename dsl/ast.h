#pragma once
// The tree of a .zmig file, as written: private to dsl/. Every construct has its node here, hence the length of this
// file.
//
// How to read it
// * Every node derives from `Node`: `begin` and `end` are byte offsets into the file (half open; the same offsets as in
//   `zmig::Span`). `span_of(file, node)` makes the Span.
// * Everything that stands on a line of its own derives from `Line`: a Node with the comments that belong to it.
// * A kind of line is an `x3::variant`, by family; nested variants are families of families (Boost's variant ends at 20
//   alternatives). `ast::visit(f, v)` calls `f` with the struct at the bottom, through every nesting: `f` needs one
//   overload for each struct, or a generic one. The first alternative of every kind of line is `Bad`: a line that could
//   not be read, whose error is already among the diagnostics. Skip it.
// * The first field of a statement is `verb`: the words it begins with ("drop column"), for carets. Where statements
//   differ in these words only, `verb` is a `Choice<Enum>`: the span of the words together with which ones they are.
// * Names are not resolved, texts are unescaped, numbers are as written (`digits`), nothing is normalised.
// * What check.h checks (see the table at the end of section 3 of the language) holds for a file without errors.

#include <algorithm>
#include <boost/optional.hpp>
#include <boost/spirit/home/x3/support/ast/variant.hpp>
#include <cstdint>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <zmig/diagnostic.h>

namespace zmig::dsl::ast {

namespace x3 = boost::spirit::x3;

// --- Foundations
// -------------------------------------------------------------------------------------------------------

/// Byte offsets into the file, half open.
struct Node {
  std::uint32_t begin = 0, end = 0;
};

inline Span span_of(std::uint32_t file, const Node& node) { return Span{file, node.begin, node.end}; }

/// Comments with their `#`, without blanks at the end.
struct Comments {
  std::vector<std::string> above;      ///< alone on the lines above
  boost::optional<std::string> after;  ///< behind the statement, or behind its `{`
};

struct Line : Node {
  Comments comments;
};

/// A line that could not be read. Its diagnostic exists already.
struct Bad : Line {};

/// `"Operaciones"` or `"""…"""`, unescaped; the span includes the quotes.
struct Text : Node {
  std::string value;
};
using Name = Text;  ///< a text that names a thing of the workbook or the project
using Names = std::vector<Text>;
using Texts = std::vector<Text>;

/// A bare word that is not a keyword: the name of a variable (without `$`), a code (`ZM1103`).
struct Word : Node {
  std::string value;
};

/// An integer of the grammar (`3 columns`, `decimal(2)`, `zmig 1`); `value` is saturated, `digits` are as written.
struct Count : Node {
  std::string digits;
  std::uint64_t value = 0;
};

/// One of several words or phrases, and where it stands.
template <class Enum>
struct Choice : Node {
  Enum value{};
};

/// `{`, lines, `}`.
template <class Item>
struct Block : Node {
  Node open;
  std::vector<Item> lines;
  Node close;
  std::vector<std::string> tail;             ///< comments between the last line and `}`
  boost::optional<std::string> after_close;  ///< comment behind `}`
};

// --- Values and formulas
// -----------------------------------------------------------------------------------------------

enum class LiteralKind { text, integer, decimal, date, boolean, blank, variable };

/// `"x"`, `-0.50`, `2026-01-26`, `true`, `blank`, `$owner`.
struct Literal : Node {
  LiteralKind kind = LiteralKind::blank;
  std::string value;      ///< text: unescaped; numbers: digits as written, without sign; date: YYYY-MM-DD as written;
                          ///< boolean: "true" or "false"; blank: empty; variable: the word without `$`
  bool negative = false;  ///< numbers only
};

/// What a formula is at its outermost place; `operands` are its direct parts, in the order written.
enum class FormulaKind {
  text,           ///< `value`: unescaped
  integer,        ///< `value`: digits as written
  decimal,        ///< `value`: as written
  date,           ///< `value`: YYYY-MM-DD
  boolean,        ///< `value`: "true" or "false"
  blank,          ///<
  cell,           ///< `[Header]`; `value`: the header, `]]` already one `]`
  variable,       ///< `$word`; `value`: the word
  negate,         ///< `- a`; one operand
  logic_not,      ///< `not a`; one operand
  logic_and,      ///< `a and b`; two operands, left-associative
  logic_or,       ///< `a or b`
  equal,          ///< `a = b`
  different,      ///< `a <> b`
  less,           ///< `a < b`
  less_equal,     ///< `a <= b`
  greater,        ///< `a > b`
  greater_equal,  ///< `a >= b`
  concat,         ///< `a & b`
  add,            ///< `a + b`
  subtract,       ///< `a - b`
  multiply,       ///< `a * b`
  divide,         ///< `a / b`
  is_blank,       ///< `a is blank`; one operand
  is_not_blank,   ///< `a is not blank`; one operand
  is_one_of,      ///< `a is one of (b, c)`; first a, then the list (never empty)
  matches,        ///< `a matches "pattern"`; one operand, `value`: the pattern, `word`: its place
  call,           ///< `f(a, b)`; `value`: the function's name, `word`: its place; operands: the arguments (may be none)
  choose  ///< `when c1 then r1 when c2 then r2 else r`; operands c1, r1, c2, r2, …, r (odd number, at least 3)
};

struct Formula : Node {
  FormulaKind kind = FormulaKind::blank;
  bool parenthesised = false;  ///< stood in `( )`; the span includes them
  std::string value;
  Node word;  ///< call: the name; matches: the pattern; binary operators: the operator
  std::vector<Formula> operands;
};

/// Somebody who may edit: a text, or a variable.
struct Editor : Node {
  bool variable = false;
  std::string value;  ///< without `$`
};
using Editors = std::vector<Editor>;

enum class TypeKind {
  text,
  integer,
  number,
  decimal,
  percent,
  currency,
  boolean,
  date,
  time,
  datetime,
  enumeration,
  reference
};

struct Type : Node {
  Choice<TypeKind> kind;
  boost::optional<Count> digits;  ///< decimal(n)
  boost::optional<Text> name;     ///< currency "CLP", enum "E", reference to "S"
};

enum class DurationUnit { hours, days, weeks };

struct Duration : Node {
  Count amount;
  Choice<DurationUnit> unit;
};

// --- Clauses
// -------------------------------------------------------------------------------------------------------------

enum class PlaceKind { first, last, after, before };

struct Place : Node {
  Choice<PlaceKind> kind;
  boost::optional<Name> anchor;  ///< after, before
};

enum class Otherwise { stop, keep, blank };
enum class Bound { at_least, at_most };

/// `expecting at most 5 rows`
struct Expecting : Node {
  Node verb;
  boost::optional<Choice<Bound>> bound;  ///< none: exactly
  Count count;
};

// --- Checks (after `require`, `ensure`, `satisfied when`)
// -------------------------------------------------------------

enum class SheetState { exists, missing, otherwise_unchanged };
enum class CountVerb { has, gained, lost };
enum class Counted { columns, rows };
enum class ColumnState { exists, missing, blank, filled, unique };
enum class EnumState { exists, missing };
enum class EnumHas { has, lacks };
enum class Quantifier { every, no };
enum class WorkbookFact { backup_of_workbook, atomic };

/// `sheet "S" is otherwise unchanged`
struct SheetIs : Node {
  Node verb;
  Name sheet;
  Choice<SheetState> state;
};
/// `sheet "S" has at least 3 columns`, `sheet "S" gained 1 row`; a bound only after `has`.
struct SheetCount : Node {
  Node verb;
  Name sheet;
  Choice<CountVerb> relation;
  boost::optional<Choice<Bound>> bound;
  Count count;
  Choice<Counted> unit;
};
/// `column "C" of "S" is filled`
struct ColumnIs : Node {
  Node verb;
  Name column, sheet;
  Choice<ColumnState> state;
};
/// `column "C" of "S" has type date`
struct ColumnHasType : Node {
  Node verb;
  Name column, sheet;
  Type type;
};
/// `column "C" of "S" refers to "T"`
struct ColumnRefers : Node {
  Node verb;
  Name column, sheet, target;
};
/// `columns "A", "B" of "S" are unique`
struct ColumnsUnique : Node {
  Node verb;
  Names columns;
  Name sheet;
};
/// `enum "E" is missing`
struct EnumIs : Node {
  Node verb;
  Name name;
  Choice<EnumState> state;
};
/// `enum "E" lacks value "V"`
struct EnumValue : Node {
  Node verb;
  Name name;
  Choice<EnumHas> relation;
  Text value;
};
/// `every row of "S" where F has G`, `no row of "S" has G`
struct RowsHave : Node {
  Choice<Quantifier> quantifier;
  Name sheet;
  boost::optional<Formula> where;
  Formula formula;
};
/// `10 sample rows of "S" where F have G`
struct SampleHas : Node {
  Count count;
  Name sheet;
  boost::optional<Formula> where;
  Formula formula;
};
/// `migration "N" applied at least 14 days ago`
struct MigrationApplied : Node {
  Node verb;
  Name migration;
  boost::optional<Duration> ago;
};
/// `backup of sheet "S"`
struct BackupOfSheet : Node {
  Node verb;
  Name sheet;
};
/// `backup of workbook`, `atomic`
using WorkbookIs = Choice<WorkbookFact>;

struct Check : x3::variant<SheetIs, SheetCount, ColumnIs, ColumnHasType, ColumnRefers, ColumnsUnique, EnumIs, EnumValue,
                           RowsHave, SampleHas, MigrationApplied, BackupOfSheet, WorkbookIs> {
  using base_type::base_type;
  using base_type::operator=;
};

enum class ClaimVerb { require, ensure };

/// `require … because "…"`, `ensure … because "…"`
struct Claim : Line {
  Choice<ClaimVerb> verb;
  Check check;
  boost::optional<Text> because;
};

// --- Headings
// ------------------------------------------------------------------------------------------------------------

enum class TextHeadingKind { description, author, irreversible_because, generated_from };
enum class ListHeadingKind { tags, depends_on };

struct TextHeading : Line {
  Choice<TextHeadingKind> verb;
  Text text;
};
struct ListHeading : Line {
  Choice<ListHeadingKind> verb;
  Texts texts;
};
/// `keep undo data for 7 days`
struct KeepHeading : Line {
  Node verb;
  Duration duration;
};
/// `allow ZM1103 because "…"`
struct AllowHeading : Line {
  Node verb;
  Word code;
  Text because;
};
/// `variable owner text from env "SHOP_OWNER" or "SISTEMA"`
struct VariableHeading : Line {
  Node verb;
  Word name;
  Type type;
  Text env;
  boost::optional<Literal> fallback;
};

struct Heading : x3::variant<TextHeading, ListHeading, KeepHeading, AllowHeading, VariableHeading> {
  using base_type::base_type;
  using base_type::operator=;
};

// --- Properties
// ------------------------------------------------------------------------------------------------------------

/// Properties without an argument. The order is that of section 3, which is the canonical one.
enum class PlainKind {
  required,
  unique,
  key,
  hidden,
  lenient,
  readers_require,
  readers_expect,
  readers_tolerate,
  no_default,
  no_note,
  no_format,
  no_alias,
  no_owner,
  no_blank_meaning,
  not_required,
  not_unique,
  not_key,
  not_hidden,
  not_lenient,
  not_protected,
  not_computed,
  not_deprecated
};
enum class TextPropertyKind { note, format, computed_by_formula, blank_means, owner };

struct DefaultProperty : Line {
  Node verb;
  Literal value;
};
struct TextProperty : Line {
  Choice<TextPropertyKind> verb;
  Text text;
};
struct AliasProperty : Line {
  Node verb;
  Names names;
};
/// The words are the whole property: begin and end are their span.
struct PlainProperty : Line {
  PlainKind value{};
};
/// `protected`, `protected except …`
struct ProtectedProperty : Line {
  Node verb;
  Editors editors;  ///< empty: no `except`
};
/// `computed as F`
struct ComputedProperty : Line {
  Node verb;
  Formula formula;
};
/// `type T using F undo with G`
struct TypeProperty : Line {
  Node verb;
  Type type;
  boost::optional<Formula> using_formula, undo;
};
/// `deprecated`, `deprecated use "C"`
struct DeprecatedProperty : Line {
  Node verb;
  boost::optional<Name> use;
};

struct Property : x3::variant<Bad, DefaultProperty, TextProperty, AliasProperty, PlainProperty, ProtectedProperty,
                              ComputedProperty, TypeProperty, DeprecatedProperty> {
  using base_type::base_type;
  using base_type::operator=;
};

/// Those on the line, and those of the block. Meaning: all of them, in canonical order (`for_each_property`).
struct Properties : Node {
  std::vector<Property> line;
  boost::optional<Block<Property>> block;
};

// --- Lines inside `in sheet "…" { }` ---------------------------------------------------------------------------------

struct AddColumn : Line {
  Node verb;
  Name name;
  Type type;
  boost::optional<Place> place;
  Properties properties;
};
struct AdoptColumn : Line {
  Node verb;
  Name name;
  Type type;
  Properties properties;
};
struct ChangeColumn : Line {
  Node verb;
  Name name;
  Properties properties;
};
enum class ColumnPairVerb { rename_column, copy_column };
struct ColumnPair : Line {
  Choice<ColumnPairVerb> verb;
  Name from, to;
};
struct MoveColumn : Line {
  Node verb;
  Name name;
  Place place;
};
struct SplitColumn : Line {
  Node verb;
  Name column;
  Text by;
  Names into;
};
struct MergeColumns : Line {
  Node verb;
  Names columns;
  Text with;
  Name into;
};
struct RetireColumn : Line {
  Node verb;
  Name name;
  boost::optional<Name> use;
};
struct DropColumn : Line {
  Node verb;
  Name name;
  boost::optional<Node> discarding;  ///< where `discarding data` stands
  boost::optional<Formula> undo;
};
enum class ColumnVerbKind { forget_column, restore_column, restore_values, restore_format };
struct ColumnVerb : Line {
  Choice<ColumnVerbKind> verb;
  Name name;
};

struct FillColumn : Line {
  Node verb;
  Name column;
  Formula formula;
  boost::optional<Formula> where;
  boost::optional<Choice<Otherwise>> otherwise;
  boost::optional<Expecting> expecting;
};
struct SetColumn : Line {
  Node verb;
  Name column;
  Formula formula;
  boost::optional<Formula> where;
  boost::optional<Choice<Otherwise>> otherwise;
  boost::optional<Expecting> expecting;
  boost::optional<Formula> undo;
};

enum class PlainStepKind { trim, squeeze, upper, lower, title, strip_accents, repair_encoding };
enum class ParseKind { date, datetime, time, number, boolean };

struct PlainStep : Line {
  PlainStepKind value{};
};
struct OtherwiseStep : Line {
  Otherwise value{};
};
struct BlankStep : Line {
  Node verb;
  Texts texts;
};
struct ReplaceStep : Line {
  Node verb;
  Text from, to;
};
struct Formats : Node {
  boost::optional<Node> serial;  ///< where `serial` stands
  Texts texts;
};
struct ParseStep : Line {
  Node verb;
  Choice<ParseKind> kind;
  Formats formats;
};
struct Step : x3::variant<Bad, PlainStep, OtherwiseStep, BlankStep, ReplaceStep, ParseStep> {
  using base_type::base_type;
  using base_type::operator=;
};
struct CleanColumn : Line {
  Node verb;
  Name column;
  Block<Step> steps;
};

/// `columns "A", "B"` as the first line of rows or of a mapping. Empty names: the line could not be read.
struct ColumnsLine : Line {
  Node verb;
  Names names;
};
struct Row : Line {
  Node verb;
  std::vector<Literal> values;
};
struct RowItem : x3::variant<Bad, Row> {
  using base_type::base_type;
  using base_type::operator=;
};
struct RowsBlock : Node {
  Node open;
  ColumnsLine columns;
  std::vector<RowItem> rows;
  Node close;
  std::vector<std::string> tail;
  boost::optional<std::string> after_close;
};
/// `values F, G`. No formulas: the line could not be read.
struct ValuesLine : Line {
  Node verb;
  std::vector<Formula> formulas;
};
struct MappingBlock : Node {
  Node open;
  ColumnsLine columns;
  ValuesLine values;
  Node close;
  std::vector<std::string> tail;
  boost::optional<std::string> after_close;
};
/// `add rows by "K" { columns … row … }`
struct AddRows : Line {
  Node verb;
  Names by;
  RowsBlock rows;
};
/// `add rows by "K" from "S" where F { columns … values … }`
struct AddRowsFrom : Line {
  Node verb;
  Names by;
  Name sheet;
  boost::optional<Formula> where;
  MappingBlock mapping;
};
/// `add rows by "K" from file "estados.csv"`
struct AddRowsFile : Line {
  Node verb;
  Names by;
  Text path;
};
struct DropRows : Line {
  Node verb;
  Formula where;
  boost::optional<Expecting> expecting;
};

enum class KeyVerb { add_key, add_unique, drop_key, drop_unique };
struct KeyRule : Line {
  Choice<KeyVerb> verb;
  Names columns;
};
struct AddCheck : Line {
  Node verb;
  Name name;
  Formula formula;
};
struct DropCheck : Line {
  Node verb;
  Name name;
};
/// Lines without an argument; begin and end are the span of the words.
enum class SheetSwitchKind {
  freeze_header,
  unfreeze_header,
  hide_sheet,
  show_sheet,
  unprotect_sheet,
  columns_keep_their_order,
  columns_may_move,
  foreign_columns_forbidden,
  foreign_columns_allowed,
  restore_rows
};
struct SheetSwitch : Line {
  SheetSwitchKind value{};
};
struct ProtectSheet : Line {
  Node verb;
  Editors editors;  ///< empty: no `except`
};

struct ColumnChange : x3::variant<AddColumn, AdoptColumn, ChangeColumn, ColumnPair, MoveColumn, SplitColumn,
                                  MergeColumns, RetireColumn, DropColumn, ColumnVerb> {
  using base_type::base_type;
  using base_type::operator=;
};
struct CellChange : x3::variant<FillColumn, SetColumn, CleanColumn, AddRows, AddRowsFrom, AddRowsFile, DropRows> {
  using base_type::base_type;
  using base_type::operator=;
};
struct RuleChange : x3::variant<KeyRule, AddCheck, DropCheck, SheetSwitch, ProtectSheet> {
  using base_type::base_type;
  using base_type::operator=;
};
struct SheetLine : x3::variant<Bad, ColumnChange, CellChange, RuleChange> {
  using base_type::base_type;
  using base_type::operator=;
};
using SheetBody = Block<SheetLine>;

// --- Lines inside `in enum "…" { }`
// -----------------------------------------------------------------------------------

struct AddValue : Line {
  Node verb;
  Text value;
  boost::optional<Place> place;
  boost::optional<Text> note;
};
struct RenameValue : Line {
  Node verb;
  Text from, to;
};
struct RetireValue : Line {
  Node verb;
  Text value;
  boost::optional<Text> replacement;  ///< `replace with "…"`
};
struct DropValue : Line {
  Node verb;
  Text value;
};
struct EnumLine : x3::variant<Bad, AddValue, RenameValue, RetireValue, DropValue> {
  using base_type::base_type;
  using base_type::operator=;
};
using EnumBody = Block<EnumLine>;

// --- Changes at the top level
// -----------------------------------------------------------------------------------------

struct CreateSheet : Line {
  Node verb;
  Name name;
  boost::optional<Place> place;
  SheetBody body;
};
enum class SheetScopeVerb { in_sheet, adopt_sheet };
struct SheetScope : Line {
  Choice<SheetScopeVerb> verb;
  Name name;
  SheetBody body;
};
enum class PairVerb { rename_sheet, copy_sheet, rename_enum, rename_range };
struct PairChange : Line {
  Choice<PairVerb> verb;
  Name from, to;
};
struct DropSheet : Line {
  Node verb;
  Name name;
  boost::optional<Node> discarding;
};
enum class NameVerb { forget_sheet, restore_sheet, drop_enum, drop_range };
struct NameChange : Line {
  Choice<NameVerb> verb;
  Name name;
};
enum class EnumScopeVerb { create_enum, in_enum };
struct EnumScope : Line {
  Choice<EnumScopeVerb> verb;
  Name name;
  EnumBody body;
};
/// `create range "R" over column "A" of "S"`, `… over columns "A" to "B" of "S"`
struct CreateRange : Line {
  Node verb;
  Name name;
  Name first;
  boost::optional<Name> last;
  Name sheet;
};

enum class Backend { sheets, xlsx, csv, sqlite, postgres };
struct NativeText : Line {
  Node verb;
  Text text;
};
struct NativeCheck : Line {
  Node verb;
  Check check;
};
struct NativeBlock : Node {
  Node open;
  NativeText up;
  boost::optional<NativeText> down;
  boost::optional<NativeCheck> satisfied;
  Node close;
  std::vector<std::string> tail;
  boost::optional<std::string> after_close;
};
struct Native : Line {
  Node verb;
  Choice<Backend> backend;
  NativeBlock body;
};

struct TopChange
    : x3::variant<CreateSheet, SheetScope, PairChange, DropSheet, NameChange, EnumScope, CreateRange, Native> {
  using base_type::base_type;
  using base_type::operator=;
};

// --- The file
// --------------------------------------------------------------------------------------------------------------

struct TopLine;

/// `down { … }`. Its lines are Bad, Claim or TopChange (the tree checks see to it).
struct Down : Line {
  Node verb;
  Block<TopLine> body;
};

struct TopLine : x3::variant<Bad, Heading, Claim, TopChange, Down> {
  using base_type::base_type;
  using base_type::operator=;
};

/// `zmig 1`, `zmig 1 down of "0001_v3_occupation_columns"`
struct Header : Line {
  Node verb;
  Count version;
  boost::optional<Name> down_of;  ///< there in down texts only
};

struct File : Node {
  boost::optional<Header> header;  ///< none: ZM0001 was reported
  std::vector<TopLine> lines;
  std::vector<std::string> tail;  ///< comments behind the last line
};

// --- Walking
// ---------------------------------------------------------------------------------------------------------------

namespace detail {
template <class T>
concept IsVariant = requires(T& v) {
  v.get().which();
};

template <class F>
struct Deep {
  using result_type = void;
  F& f;
  template <class T>
  void operator()(T& value) const {
    if constexpr (IsVariant<T>) {
      boost::apply_visitor(*this, value.get());
    } else {
      f(value);
    }
  }
};
}  // namespace detail

/// Calls `f` with the struct at the bottom of a variant, through nested variants. `f` returns nothing.
/// `visit([&](const auto& line) { if constexpr (std::is_same_v<std::decay_t<decltype(line)>, ast::AddColumn>) … },
/// line)`
template <class F, class V>
void visit(F&& f, V& variant) {
  detail::Deep<std::remove_reference_t<F>> deep{f};
  deep(variant);
}

/// Several lambdas as one visitor: `visit(overloaded{[](const Bad&) {}, [](const auto& line) {…}}, line)`.
template <class... Fs>
struct overloaded : Fs... {
  using Fs::operator()...;
};
template <class... Fs>
overloaded(Fs...) -> overloaded<Fs...>;

/// The place of a property in the canonical order (section 3 of the language). 0 for Bad.
inline int rank_of(const Property& property) {
  int rank = 0;
  const auto text_rank = [](TextPropertyKind kind) {
    switch (kind) {
      case TextPropertyKind::note: return 2;
      case TextPropertyKind::format: return 3;
      case TextPropertyKind::computed_by_formula: return 11;
      case TextPropertyKind::blank_means: return 14;
      case TextPropertyKind::owner: return 15;
    }
    return 0;
  };
  const auto plain_rank = [](PlainKind kind) {
    const int place = static_cast<int>(kind);
    return kind <= PlainKind::lenient ? 5 + place : 16 + place;
  };
  visit(overloaded{[](const Bad&) {}, [&](const DefaultProperty&) { rank = 1; },
                   [&](const TextProperty& p) { rank = text_rank(p.verb.value); },
                   [&](const AliasProperty&) { rank = 4; }, [&](const PlainProperty& p) { rank = plain_rank(p.value); },
                   [&](const ProtectedProperty&) { rank = 10; }, [&](const ComputedProperty&) { rank = 11; },
                   [&](const TypeProperty&) { rank = 12; }, [&](const DeprecatedProperty&) { rank = 13; }},
        property);
  return rank;
}

/// All properties of a line, those on the line and those of the block, in canonical order: layout, and the order in
/// which somebody wrote them, never change what a line means.
template <class F>
void for_each_property(const Properties& properties, F&& f) {
  std::vector<const Property*> all;
  for (const Property& property : properties.line) all.push_back(&property);
  if (properties.block) {
    for (const Property& property : properties.block->lines) all.push_back(&property);
  }
  std::stable_sort(all.begin(), all.end(),
                   [](const Property* a, const Property* b) { return rank_of(*a) < rank_of(*b); });
  for (const Property* property : all) visit(f, *property);
}

/// The span of the whole line that a variant holds.
template <class V>
Node node_of(const V& variant) {
  Node out;
  visit([&out](const auto& node) { out = Node{node.begin, node.end}; }, variant);
  return out;
}

}  // namespace zmig::dsl::ast
