// Lines of a sheet about columns as such: add, change, rename, move, drop …

#include "grammar/rules.h"

namespace zmig::dsl::grammar {

ZMIG_DSL_RULE(add_column, Annotate, ast::AddColumn, "a statement")
ZMIG_DSL_RULE(adopt_column, Annotate, ast::AdoptColumn, "a statement")
ZMIG_DSL_RULE(change_column, Annotate, ast::ChangeColumn, "a statement")
ZMIG_DSL_RULE(column_pair, Annotate, ast::ColumnPair, "a statement")
ZMIG_DSL_RULE(move_column, Annotate, ast::MoveColumn, "a statement")
ZMIG_DSL_RULE(split_column, Annotate, ast::SplitColumn, "a statement")
ZMIG_DSL_RULE(merge_columns, Annotate, ast::MergeColumns, "a statement")
ZMIG_DSL_RULE(retire_column, Annotate, ast::RetireColumn, "a statement")
ZMIG_DSL_RULE(drop_column, Annotate, ast::DropColumn, "a statement")
ZMIG_DSL_RULE(column_verb, Annotate, ast::ColumnVerb, "a statement")

}  // namespace zmig::dsl::grammar

BOOST_FUSION_ADAPT_STRUCT(zmig::dsl::ast::AddColumn, verb, name, type, place, properties)
BOOST_FUSION_ADAPT_STRUCT(zmig::dsl::ast::AdoptColumn, verb, name, type, properties)
BOOST_FUSION_ADAPT_STRUCT(zmig::dsl::ast::ChangeColumn, verb, name, properties)
BOOST_FUSION_ADAPT_STRUCT(zmig::dsl::ast::ColumnPair, verb, from, to)
BOOST_FUSION_ADAPT_STRUCT(zmig::dsl::ast::MoveColumn, verb, name, place)
BOOST_FUSION_ADAPT_STRUCT(zmig::dsl::ast::SplitColumn, verb, column, by, into)
BOOST_FUSION_ADAPT_STRUCT(zmig::dsl::ast::MergeColumns, verb, columns, with, into)
BOOST_FUSION_ADAPT_STRUCT(zmig::dsl::ast::RetireColumn, verb, name, use)
BOOST_FUSION_ADAPT_STRUCT(zmig::dsl::ast::DropColumn, verb, name, discarding, undo)
BOOST_FUSION_ADAPT_STRUCT(zmig::dsl::ast::ColumnVerb, verb, name)

namespace zmig::dsl::grammar {

auto const add_column_def = verb("add column") > name_ > type > -place > properties;
auto const adopt_column_def = verb("adopt column") > name_ > type > properties;
auto const change_column_def = verb("change column") > name_ > properties;
auto const column_pair_def = any(ast::ColumnPairVerb::copy_column) > name_ > kw("to") > name_;
auto const move_column_def = verb("move column") > name_ > place;
auto const split_column_def = verb("split column") > name_ > kw("by") > text_ > kw("into") > names;
auto const merge_columns_def = verb("merge columns") > names > kw("with") > text_ > kw("into") > name_;
auto const retire_column_def = verb("retire column") > name_ > -(kw("use") > name_);
auto const drop_column_def = verb("drop column") > name_ > -verb("discarding data") > -undo;
auto const column_verb_def = any(ast::ColumnVerbKind::restore_format) > name_;
auto const column_change_def = add_column | adopt_column | change_column | column_pair | move_column | split_column |
                               merge_columns | retire_column | drop_column | column_verb;

BOOST_SPIRIT_DEFINE(add_column, adopt_column, change_column, column_pair, move_column, split_column, merge_columns,
                    retire_column, drop_column, column_verb, column_change)
BOOST_SPIRIT_INSTANTIATE(column_change_type, Cursor, NoContext)

}  // namespace zmig::dsl::grammar
