#include "words.h"

#include <array>

namespace zmig::dsl {

#define ZMIG_DSL_WORDS(Enum, ...)                                            \
  template <>                                                                \
  std::span<const WordsOf<Enum>> words_of<Enum>() {                          \
    using enum Enum;                                                         \
    static constexpr auto table = std::to_array<WordsOf<Enum>>(__VA_ARGS__); \
    return table;                                                            \
  }

ZMIG_DSL_WORDS(ast::TypeKind, {{"text", text},
                               {"integer", integer},
                               {"number", number},
                               {"decimal", decimal},
                               {"percent", percent},
                               {"currency", currency},
                               {"boolean", boolean},
                               {"date", date},
                               {"time", time},
                               {"datetime", datetime},
                               {"enum", enumeration},
                               {"reference to", reference}})
ZMIG_DSL_WORDS(ast::DurationUnit,
               {{"hours", hours}, {"hour", hours}, {"days", days}, {"day", days}, {"weeks", weeks}, {"week", weeks}})
ZMIG_DSL_WORDS(ast::PlaceKind, {{"first", first}, {"last", last}, {"after", after}, {"before", before}})
ZMIG_DSL_WORDS(ast::Otherwise, {{"otherwise stop", stop}, {"otherwise keep", keep}, {"otherwise blank", blank}})
ZMIG_DSL_WORDS(ast::Bound, {{"at least", at_least}, {"at most", at_most}})

// Checks.
ZMIG_DSL_WORDS(ast::SheetState,
               {{"exists", exists}, {"is missing", missing}, {"is otherwise unchanged", otherwise_unchanged}})
ZMIG_DSL_WORDS(ast::CountVerb, {{"has", has}, {"gained", gained}, {"lost", lost}})
ZMIG_DSL_WORDS(ast::Counted, {{"columns", columns}, {"column", columns}, {"rows", rows}, {"row", rows}})
ZMIG_DSL_WORDS(
    ast::ColumnState,
    {{"exists", exists}, {"is missing", missing}, {"is blank", blank}, {"is filled", filled}, {"is unique", unique}})
ZMIG_DSL_WORDS(ast::EnumState, {{"exists", exists}, {"is missing", missing}})
ZMIG_DSL_WORDS(ast::EnumHas, {{"has value", has}, {"lacks value", lacks}})
ZMIG_DSL_WORDS(ast::Quantifier, {{"every row of", every}, {"no row of", no}})
ZMIG_DSL_WORDS(ast::WorkbookFact, {{"backup of workbook", backup_of_workbook}, {"atomic", atomic}})
ZMIG_DSL_WORDS(ast::ClaimVerb, {{"require", require}, {"ensure", ensure}})

// Headings.
ZMIG_DSL_WORDS(ast::TextHeadingKind, {{"description", description},
                                      {"author", author},
                                      {"irreversible because", irreversible_because},
                                      {"generated from", generated_from}})
ZMIG_DSL_WORDS(ast::ListHeadingKind, {{"tags", tags}, {"depends on", depends_on}})

// Properties.
ZMIG_DSL_WORDS(ast::PlainKind, {{"required", required},
                                {"unique", unique},
                                {"key", key},
                                {"hidden", hidden},
                                {"lenient", lenient},
                                {"readers require", readers_require},
                                {"readers expect", readers_expect},
                                {"readers tolerate", readers_tolerate},
                                {"no default", no_default},
                                {"no note", no_note},
                                {"no format", no_format},
                                {"no alias", no_alias},
                                {"no owner", no_owner},
                                {"no blank meaning", no_blank_meaning},
                                {"not required", not_required},
                                {"not unique", not_unique},
                                {"not key", not_key},
                                {"not hidden", not_hidden},
                                {"not lenient", not_lenient},
                                {"not protected", not_protected},
                                {"not computed", not_computed},
                                {"not deprecated", not_deprecated}})
ZMIG_DSL_WORDS(ast::TextPropertyKind, {{"note", note},
                                       {"format", format},
                                       {"computed by formula", computed_by_formula},
                                       {"blank means", blank_means},
                                       {"owner", owner}})

// Lines of a sheet.
ZMIG_DSL_WORDS(ast::ColumnPairVerb, {{"rename column", rename_column}, {"copy column", copy_column}})
ZMIG_DSL_WORDS(ast::ColumnVerbKind, {{"forget column", forget_column},
                                     {"restore column", restore_column},
                                     {"restore values of column", restore_values},
                                     {"restore format of column", restore_format}})
ZMIG_DSL_WORDS(ast::PlainStepKind, {{"trim", trim},
                                    {"squeeze", squeeze},
                                    {"upper", upper},
                                    {"lower", lower},
                                    {"title", title},
                                    {"strip_accents", strip_accents},
                                    {"repair_encoding", repair_encoding}})
ZMIG_DSL_WORDS(ast::ParseKind,
               {{"date", date}, {"datetime", datetime}, {"time", time}, {"number", number}, {"boolean", boolean}})
ZMIG_DSL_WORDS(ast::KeyVerb,
               {{"add key", add_key}, {"add unique", add_unique}, {"drop key", drop_key}, {"drop unique", drop_unique}})
ZMIG_DSL_WORDS(ast::SheetSwitchKind, {{"freeze header", freeze_header},
                                      {"unfreeze header", unfreeze_header},
                                      {"hide sheet", hide_sheet},
                                      {"show sheet", show_sheet},
                                      {"unprotect sheet", unprotect_sheet},
                                      {"columns keep their order", columns_keep_their_order},
                                      {"columns may move", columns_may_move},
                                      {"foreign columns forbidden", foreign_columns_forbidden},
                                      {"foreign columns allowed", foreign_columns_allowed},
                                      {"restore rows", restore_rows}})

// Changes at the top level.
ZMIG_DSL_WORDS(ast::SheetScopeVerb, {{"in sheet", in_sheet}, {"adopt sheet", adopt_sheet}})
ZMIG_DSL_WORDS(ast::PairVerb, {{"rename sheet", rename_sheet},
                               {"copy sheet", copy_sheet},
                               {"rename enum", rename_enum},
                               {"rename range", rename_range}})
ZMIG_DSL_WORDS(ast::NameVerb, {{"forget sheet", forget_sheet},
                               {"restore sheet", restore_sheet},
                               {"drop enum", drop_enum},
                               {"drop range", drop_range}})
ZMIG_DSL_WORDS(ast::EnumScopeVerb, {{"create enum", create_enum}, {"in enum", in_enum}})
ZMIG_DSL_WORDS(ast::Backend,
               {{"sheets", sheets}, {"xlsx", xlsx}, {"csv", csv}, {"sqlite", sqlite}, {"postgres", postgres}})

#undef ZMIG_DSL_WORDS

}  // namespace zmig::dsl
