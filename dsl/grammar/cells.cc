// Lines of a sheet about cells and rows: fill, set, clean, add rows, drop rows.

#include "grammar/rules.h"

namespace zmig::dsl::grammar {

ZMIG_DSL_RULE(fill_column, Annotate, ast::FillColumn, "a statement")
ZMIG_DSL_RULE(set_column, Annotate, ast::SetColumn, "a statement")
ZMIG_DSL_RULE(clean_column, Annotate, ast::CleanColumn, "a statement")
ZMIG_DSL_RULE(add_rows, Annotate, ast::AddRows, "a statement")
ZMIG_DSL_RULE(add_rows_from, Annotate, ast::AddRowsFrom, "a statement")
ZMIG_DSL_RULE(add_rows_file, Annotate, ast::AddRowsFile, "a statement")
ZMIG_DSL_RULE(drop_rows, Annotate, ast::DropRows, "a statement")

ZMIG_DSL_RULE(plain_step, Annotate, ast::PlainStep, "a step")
ZMIG_DSL_RULE(otherwise_step, Annotate, ast::OtherwiseStep, "a step")
ZMIG_DSL_RULE(blank_step, Annotate, ast::BlankStep, "a step")
ZMIG_DSL_RULE(replace_step, Annotate, ast::ReplaceStep, "a step")
ZMIG_DSL_RULE(parse_step, Annotate, ast::ParseStep, "a step")
ZMIG_DSL_RULE(serial_formats, Annotate, ast::Formats, "a format")
ZMIG_DSL_RULE(text_formats, Annotate, ast::Formats, "a format")
ZMIG_DSL_RULE(formats, Plain, ast::Formats, "a format")
ZMIG_DSL_RULE(step, Plain, ast::Step, "a step")
struct StepLine : Recover<LineKind::step, 2> {};
ZMIG_DSL_RULE(step_line, StepLine, ast::Step, "a step")
ZMIG_DSL_RULE(step_lines, Plain, std::vector<ast::Step>, "a step")
ZMIG_DSL_RULE(step_block, Annotate, ast::Block<ast::Step>, "`{`")

ZMIG_DSL_RULE(columns_words, Annotate, ast::ColumnsLine, "`columns`")
struct ColumnsRecover : Recover<LineKind::columns, 2> {};
ZMIG_DSL_RULE(columns_line, ColumnsRecover, ast::ColumnsLine, "`columns`")
ZMIG_DSL_RULE(literals, Plain, std::vector<ast::Literal>, "a value")
ZMIG_DSL_RULE(row, Annotate, ast::Row, "`row`")
struct RowRecover : Recover<LineKind::row, 2> {};
ZMIG_DSL_RULE(row_line, RowRecover, ast::RowItem, "`row`")
ZMIG_DSL_RULE(row_lines, Plain, std::vector<ast::RowItem>, "`row`")
ZMIG_DSL_RULE(rows_block, Annotate, ast::RowsBlock, "`{`")
ZMIG_DSL_RULE(values_words, Annotate, ast::ValuesLine, "`values`")
struct ValuesRecover : Recover<LineKind::values, 2> {};
ZMIG_DSL_RULE(values_line, ValuesRecover, ast::ValuesLine, "`values`")
ZMIG_DSL_RULE(mapping_block, Annotate, ast::MappingBlock, "`{`")

}  // namespace zmig::dsl::grammar

BOOST_FUSION_ADAPT_STRUCT(zmig::dsl::ast::FillColumn, verb, column, formula, where, otherwise, expecting)
BOOST_FUSION_ADAPT_STRUCT(zmig::dsl::ast::SetColumn, verb, column, formula, where, otherwise, expecting, undo)
BOOST_FUSION_ADAPT_STRUCT(zmig::dsl::ast::CleanColumn, verb, column, steps)
BOOST_FUSION_ADAPT_STRUCT(zmig::dsl::ast::AddRows, verb, by, rows)
BOOST_FUSION_ADAPT_STRUCT(zmig::dsl::ast::AddRowsFrom, verb, by, sheet, where, mapping)
BOOST_FUSION_ADAPT_STRUCT(zmig::dsl::ast::AddRowsFile, verb, by, path)
BOOST_FUSION_ADAPT_STRUCT(zmig::dsl::ast::DropRows, verb, where, expecting)
BOOST_FUSION_ADAPT_STRUCT(zmig::dsl::ast::BlankStep, verb, texts)
BOOST_FUSION_ADAPT_STRUCT(zmig::dsl::ast::ReplaceStep, verb, from, to)
BOOST_FUSION_ADAPT_STRUCT(zmig::dsl::ast::Formats, serial, texts)
BOOST_FUSION_ADAPT_STRUCT(zmig::dsl::ast::ParseStep, verb, kind, formats)
BOOST_FUSION_ADAPT_STRUCT(zmig::dsl::ast::ColumnsLine, verb, names)
BOOST_FUSION_ADAPT_STRUCT(zmig::dsl::ast::Row, verb, values)
BOOST_FUSION_ADAPT_STRUCT(zmig::dsl::ast::RowsBlock, open, columns, rows, close)
BOOST_FUSION_ADAPT_STRUCT(zmig::dsl::ast::ValuesLine, verb, formulas)
BOOST_FUSION_ADAPT_STRUCT(zmig::dsl::ast::MappingBlock, open, columns, values, close)
ZMIG_DSL_ADAPT_BLOCK(Step)

namespace zmig::dsl::grammar {

auto const otherwise_ = any(ast::Otherwise::blank);
auto const fill_column_def = verb("fill column") > name_ > kw("with") > formula > -where > -otherwise_ > -expecting;
auto const set_column_def = verb("set column") > name_ > kw("to") > formula > -where > -otherwise_ > -expecting > -undo;

auto const plain_step_def = plain<ast::PlainStep>(ast::PlainStepKind::repair_encoding);
auto const otherwise_step_def = plain<ast::OtherwiseStep>(ast::Otherwise::blank);
auto const blank_step_def = verb("blank") > texts;
auto const replace_step_def = verb("replace") > text_ > kw("with") > text_;
auto const serial_formats_def = verb("serial") >> -(comma_ > texts);
auto const text_formats_def = x3::attr(boost::optional<ast::Node>()) >> texts;
auto const formats_def = serial_formats | text_formats;
auto const parse_step_def = verb("parse") > any(ast::ParseKind::boolean) > kw("from") > formats;
auto const step_def = plain_step | otherwise_step | blank_step | replace_step | parse_step;
auto const step_line_def = more_ >> x3::expect[step > ends_];
auto const step_lines_def = *step_line;
auto const step_block_def = open_ > lines_ > step_lines > close_;
auto const clean_column_def = verb("clean column") > name_ > step_block;

auto const columns_words_def = verb("columns") > names;
auto const columns_line_def = x3::expect[columns_words > ends_];
auto const literals_def = literal_ >> *(comma_ > literal_);
auto const row_def = verb("row") > literals;
auto const row_line_def = more_ >> x3::expect[row > ends_];
auto const row_lines_def = *row_line;
auto const rows_block_def = open_ > lines_ > columns_line > row_lines > close_;
auto const values_words_def = verb("values") > formulas;
auto const values_line_def = x3::expect[values_words > ends_];
auto const mapping_block_def = open_ > lines_ > columns_line > values_line > close_;

auto const add_rows_file_def = verb("add rows") >> kw("by") >> names >> kw("from file") > text_;
auto const add_rows_from_def = verb("add rows") >> kw("by") >> names >> kw("from") > name_ > -where > mapping_block;
auto const add_rows_def = verb("add rows") > kw("by") > names > rows_block;
auto const drop_rows_def = verb("drop rows") > where > -expecting;

auto const cell_change_def =
    fill_column | set_column | clean_column | add_rows_file | add_rows_from | add_rows | drop_rows;

BOOST_SPIRIT_DEFINE(fill_column, set_column, clean_column, add_rows, add_rows_from, add_rows_file, drop_rows,
                    plain_step, otherwise_step, blank_step, replace_step, parse_step, serial_formats, text_formats,
                    formats, step, step_line, step_lines, step_block, columns_words, columns_line, literals, row,
                    row_line, row_lines, rows_block, values_words, values_line, mapping_block, cell_change)
BOOST_SPIRIT_INSTANTIATE(cell_change_type, Cursor, NoContext)

}  // namespace zmig::dsl::grammar
