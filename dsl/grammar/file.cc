// The file: first line, headings, claims, changes at the top level, `down { }`.

#include "grammar/rules.h"

namespace zmig::dsl::grammar {

ZMIG_DSL_RULE(text_heading, Annotate, ast::TextHeading, "a statement")
ZMIG_DSL_RULE(list_heading, Annotate, ast::ListHeading, "a statement")
ZMIG_DSL_RULE(keep_heading, Annotate, ast::KeepHeading, "a statement")
ZMIG_DSL_RULE(allow_heading, Annotate, ast::AllowHeading, "a statement")
ZMIG_DSL_RULE(variable_heading, Annotate, ast::VariableHeading, "a statement")
ZMIG_DSL_RULE(heading, Plain, ast::Heading, "a statement")
ZMIG_DSL_RULE(claim, Annotate, ast::Claim, "a statement")

ZMIG_DSL_RULE(create_sheet, Annotate, ast::CreateSheet, "a statement")
ZMIG_DSL_RULE(sheet_scope, Annotate, ast::SheetScope, "a statement")
ZMIG_DSL_RULE(pair_change, Annotate, ast::PairChange, "a statement")
ZMIG_DSL_RULE(drop_sheet, Annotate, ast::DropSheet, "a statement")
ZMIG_DSL_RULE(name_change, Annotate, ast::NameChange, "a statement")
ZMIG_DSL_RULE(enum_scope, Annotate, ast::EnumScope, "a statement")
ZMIG_DSL_RULE(range_over_one, Annotate, ast::CreateRange, "a statement")
ZMIG_DSL_RULE(range_over_many, Annotate, ast::CreateRange, "a statement")
ZMIG_DSL_RULE(native_up, Annotate, ast::NativeText, "`up`")
ZMIG_DSL_RULE(native_down, Annotate, ast::NativeText, "`down`")
ZMIG_DSL_RULE(native_check, Annotate, ast::NativeCheck, "`satisfied when`")
ZMIG_DSL_RULE(native_block, Annotate, ast::NativeBlock, "`{`")
ZMIG_DSL_RULE(native, Annotate, ast::Native, "a statement")
ZMIG_DSL_RULE(top_change, Plain, ast::TopChange, "a statement")

ZMIG_DSL_RULE(down_block, Annotate, ast::Block<ast::TopLine>, "`{`")
ZMIG_DSL_RULE(down, Annotate, ast::Down, "a statement")
ZMIG_DSL_RULE(top_statement, Plain, ast::TopLine, "a statement")
struct TopLineRecover : Recover<LineKind::top, 0> {};
ZMIG_DSL_RULE(top_line, TopLineRecover, ast::TopLine, "a statement")
ZMIG_DSL_RULE(header_words, Annotate, ast::Header, "`zmig`")
struct HeaderRecover : Recover<LineKind::header, 0> {};
ZMIG_DSL_RULE(header_line, HeaderRecover, ast::Header, "`zmig`")

}  // namespace zmig::dsl::grammar

BOOST_FUSION_ADAPT_STRUCT(zmig::dsl::ast::TextHeading, verb, text)
BOOST_FUSION_ADAPT_STRUCT(zmig::dsl::ast::ListHeading, verb, texts)
BOOST_FUSION_ADAPT_STRUCT(zmig::dsl::ast::KeepHeading, verb, duration)
BOOST_FUSION_ADAPT_STRUCT(zmig::dsl::ast::AllowHeading, verb, code, because)
BOOST_FUSION_ADAPT_STRUCT(zmig::dsl::ast::VariableHeading, verb, name, type, env, fallback)
BOOST_FUSION_ADAPT_STRUCT(zmig::dsl::ast::Claim, verb, check, because)
BOOST_FUSION_ADAPT_STRUCT(zmig::dsl::ast::CreateSheet, verb, name, place, body)
BOOST_FUSION_ADAPT_STRUCT(zmig::dsl::ast::SheetScope, verb, name, body)
BOOST_FUSION_ADAPT_STRUCT(zmig::dsl::ast::PairChange, verb, from, to)
BOOST_FUSION_ADAPT_STRUCT(zmig::dsl::ast::DropSheet, verb, name, discarding)
BOOST_FUSION_ADAPT_STRUCT(zmig::dsl::ast::NameChange, verb, name)
BOOST_FUSION_ADAPT_STRUCT(zmig::dsl::ast::EnumScope, verb, name, body)
BOOST_FUSION_ADAPT_STRUCT(zmig::dsl::ast::CreateRange, verb, name, first, last, sheet)
BOOST_FUSION_ADAPT_STRUCT(zmig::dsl::ast::NativeText, verb, text)
BOOST_FUSION_ADAPT_STRUCT(zmig::dsl::ast::NativeCheck, verb, check)
BOOST_FUSION_ADAPT_STRUCT(zmig::dsl::ast::NativeBlock, open, up, down, satisfied, close)
BOOST_FUSION_ADAPT_STRUCT(zmig::dsl::ast::Native, verb, backend, body)
BOOST_FUSION_ADAPT_STRUCT(zmig::dsl::ast::Down, verb, body)
BOOST_FUSION_ADAPT_STRUCT(zmig::dsl::ast::Header, verb, version, down_of)
BOOST_FUSION_ADAPT_STRUCT(zmig::dsl::ast::File, header, lines)
ZMIG_DSL_ADAPT_BLOCK(TopLine)

namespace zmig::dsl::grammar {

auto const text_heading_def = any(ast::TextHeadingKind::generated_from) > text_;
auto const list_heading_def = any(ast::ListHeadingKind::depends_on) > texts;
auto const keep_heading_def = verb("keep undo data for") > duration;
auto const allow_heading_def = verb("allow") > code_ > kw("because") > text_;
auto const variable_heading_def = verb("variable") > word_ > type > kw("from env") > text_ > -(kw("or") > literal_);
auto const heading_def = text_heading | list_heading | keep_heading | allow_heading | variable_heading;
auto const claim_def = any(ast::ClaimVerb::ensure) > check > -(kw("because") > text_);

auto const create_sheet_def = verb("create sheet") > name_ > -place > sheet_body;
auto const sheet_scope_def = any(ast::SheetScopeVerb::adopt_sheet) > name_ > sheet_body;
auto const pair_change_def = any(ast::PairVerb::rename_range) > name_ > kw("to") > name_;
auto const drop_sheet_def = verb("drop sheet") > name_ > -verb("discarding data");
auto const name_change_def = any(ast::NameVerb::drop_range) > name_;
auto const enum_scope_def = any(ast::EnumScopeVerb::in_enum) > name_ > enum_body;
auto const range_over_many_def = verb("create range") >> name_ >> kw("over columns") > name_ > -(kw("to") > name_) >
                                 kw("of") > name_;
auto const range_over_one_def = verb("create range") > name_ > kw("over column") > name_ > -(kw("to") > name_) >
                                kw("of") > name_;
auto const native_up_def = verb("up") > text_ > ends_;
auto const native_down_def = verb("down") > text_ > ends_;
auto const native_check_def = verb("satisfied when") > check > ends_;
auto const native_block_def = open_ > lines_ > native_up > -native_down > -native_check > close_;
auto const native_def = verb("native") > any(ast::Backend::postgres) > native_block;
auto const top_change_def = create_sheet | sheet_scope | pair_change | drop_sheet | name_change | enum_scope |
                            range_over_many | range_over_one | native;

auto const down_block_def = open_ > lines_ > top_lines > close_;
auto const down_def = verb("down") > down_block;
auto const top_statement_def = heading | claim | top_change | down;
auto const top_line_def = more_ >> x3::expect[top_statement > ends_];
auto const top_lines_def = *top_line;
auto const header_words_def = verb("zmig") > count_ > -(kw("down of") > name_);
auto const header_line_def = header_words > ends_;
auto const file_def = lines_ >> -header_line >> top_lines;

BOOST_SPIRIT_DEFINE(text_heading, list_heading, keep_heading, allow_heading, variable_heading, heading, claim,
                    create_sheet, sheet_scope, pair_change, drop_sheet, name_change, enum_scope, range_over_one,
                    range_over_many, native_up, native_down, native_check, native_block, native, top_change, down_block,
                    down, top_statement, top_line, top_lines, header_words, header_line, file)
BOOST_SPIRIT_INSTANTIATE(file_type, Cursor, NoContext)
BOOST_SPIRIT_INSTANTIATE(top_lines_type, Cursor, NoContext)

}  // namespace zmig::dsl::grammar
