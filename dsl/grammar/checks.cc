// Checks: what stands after `require`, `ensure` and `satisfied when`.

#include "grammar/rules.h"

namespace zmig::dsl::grammar {

ZMIG_DSL_RULE(sheet_is, Annotate, ast::SheetIs, "a check")
ZMIG_DSL_RULE(sheet_count, Annotate, ast::SheetCount, "a check")
ZMIG_DSL_RULE(column_is, Annotate, ast::ColumnIs, "a check")
ZMIG_DSL_RULE(column_has_type, Annotate, ast::ColumnHasType, "a check")
ZMIG_DSL_RULE(column_refers, Annotate, ast::ColumnRefers, "a check")
ZMIG_DSL_RULE(columns_unique, Annotate, ast::ColumnsUnique, "a check")
ZMIG_DSL_RULE(enum_is, Annotate, ast::EnumIs, "a check")
ZMIG_DSL_RULE(enum_value, Annotate, ast::EnumValue, "a check")
ZMIG_DSL_RULE(rows_have, Annotate, ast::RowsHave, "a check")
ZMIG_DSL_RULE(sample_has, Annotate, ast::SampleHas, "a check")
ZMIG_DSL_RULE(migration_applied, Annotate, ast::MigrationApplied, "a check")
ZMIG_DSL_RULE(backup_of_sheet, Annotate, ast::BackupOfSheet, "a check")
ZMIG_DSL_RULE(workbook_is, Annotate, ast::WorkbookIs, "a check")

}  // namespace zmig::dsl::grammar

BOOST_FUSION_ADAPT_STRUCT(zmig::dsl::ast::SheetIs, verb, sheet, state)
BOOST_FUSION_ADAPT_STRUCT(zmig::dsl::ast::SheetCount, verb, sheet, relation, bound, count, unit)
BOOST_FUSION_ADAPT_STRUCT(zmig::dsl::ast::ColumnIs, verb, column, sheet, state)
BOOST_FUSION_ADAPT_STRUCT(zmig::dsl::ast::ColumnHasType, verb, column, sheet, type)
BOOST_FUSION_ADAPT_STRUCT(zmig::dsl::ast::ColumnRefers, verb, column, sheet, target)
BOOST_FUSION_ADAPT_STRUCT(zmig::dsl::ast::ColumnsUnique, verb, columns, sheet)
BOOST_FUSION_ADAPT_STRUCT(zmig::dsl::ast::EnumIs, verb, name, state)
BOOST_FUSION_ADAPT_STRUCT(zmig::dsl::ast::EnumValue, verb, name, relation, value)
BOOST_FUSION_ADAPT_STRUCT(zmig::dsl::ast::RowsHave, quantifier, sheet, where, formula)
BOOST_FUSION_ADAPT_STRUCT(zmig::dsl::ast::SampleHas, count, sheet, where, formula)
BOOST_FUSION_ADAPT_STRUCT(zmig::dsl::ast::MigrationApplied, verb, migration, ago)
BOOST_FUSION_ADAPT_STRUCT(zmig::dsl::ast::BackupOfSheet, verb, sheet)

namespace zmig::dsl::grammar {

auto const sheet_is_def = verb("sheet") >> name_ >> any(ast::SheetState::otherwise_unchanged);
auto const sheet_count_def = verb("sheet") > name_ > any(ast::CountVerb::lost, "a sheet fact") >
                             -any(ast::Bound::at_most) > count_ > any(ast::Counted::rows);
auto const column_is_def = verb("column") >> name_ >> kw("of") >> name_ >> any(ast::ColumnState::unique);
auto const column_has_type_def = verb("column") >> name_ >> kw("of") >> name_ >> kw("has type") > type;
auto const column_refers_def = verb("column") > name_ > kw("of") > name_ >
                               Keyword("refers to", "a column fact") > name_;
auto const columns_unique_def = verb("columns") > names > kw("of") > name_ > kw("are unique");
auto const enum_is_def = verb("enum") >> name_ >> any(ast::EnumState::missing);
auto const enum_value_def = verb("enum") > name_ > any(ast::EnumHas::lacks, "an enum fact") > text_;
auto const rows_have_def = any(ast::Quantifier::no) > name_ > -where > kw("has") > formula;
auto const sample_has_def = count_ > kw("sample rows of") > name_ > -where > kw("have") > formula;
auto const migration_applied_def = verb("migration") > name_ > kw("applied") > -(kw("at least") > duration > kw("ago"));
auto const backup_of_sheet_def = verb("backup of sheet") > name_;
auto const workbook_is_def = any(ast::WorkbookFact::atomic);
auto const check_def = sheet_is | sheet_count | column_is | column_has_type | column_refers | columns_unique | enum_is |
                       enum_value | rows_have | sample_has | migration_applied | backup_of_sheet | workbook_is;

BOOST_SPIRIT_DEFINE(sheet_is, sheet_count, column_is, column_has_type, column_refers, columns_unique, enum_is,
                    enum_value, rows_have, sample_has, migration_applied, backup_of_sheet, workbook_is, check)
BOOST_SPIRIT_INSTANTIATE(check_type, Cursor, NoContext)

}  // namespace zmig::dsl::grammar
