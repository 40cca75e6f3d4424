// The bodies of `in sheet` and `in enum`, and the lines of a sheet about rules.

#include "grammar/rules.h"

namespace zmig::dsl::grammar {

ZMIG_DSL_RULE(key_rule, Annotate, ast::KeyRule, "a statement")
ZMIG_DSL_RULE(add_check, Annotate, ast::AddCheck, "a statement")
ZMIG_DSL_RULE(drop_check, Annotate, ast::DropCheck, "a statement")
ZMIG_DSL_RULE(sheet_switch, Annotate, ast::SheetSwitch, "a statement")
ZMIG_DSL_RULE(protect_sheet, Annotate, ast::ProtectSheet, "a statement")
ZMIG_DSL_RULE(rule_change, Plain, ast::RuleChange, "a statement")
ZMIG_DSL_RULE(sheet_statement, Plain, ast::SheetLine, "a statement")
struct SheetLineRecover : Recover<LineKind::sheet, 1> {};
ZMIG_DSL_RULE(sheet_line, SheetLineRecover, ast::SheetLine, "a statement")
ZMIG_DSL_RULE(sheet_lines, Plain, std::vector<ast::SheetLine>, "a statement")

ZMIG_DSL_RULE(add_value, Annotate, ast::AddValue, "a statement")
ZMIG_DSL_RULE(rename_value, Annotate, ast::RenameValue, "a statement")
ZMIG_DSL_RULE(retire_value, Annotate, ast::RetireValue, "a statement")
ZMIG_DSL_RULE(drop_value, Annotate, ast::DropValue, "a statement")
ZMIG_DSL_RULE(enum_statement, Plain, ast::EnumLine, "a statement")
struct EnumLineRecover : Recover<LineKind::enumeration, 1> {};
ZMIG_DSL_RULE(enum_line, EnumLineRecover, ast::EnumLine, "a statement")
ZMIG_DSL_RULE(enum_lines, Plain, std::vector<ast::EnumLine>, "a statement")

}  // namespace zmig::dsl::grammar

BOOST_FUSION_ADAPT_STRUCT(zmig::dsl::ast::KeyRule, verb, columns)
BOOST_FUSION_ADAPT_STRUCT(zmig::dsl::ast::AddCheck, verb, name, formula)
BOOST_FUSION_ADAPT_STRUCT(zmig::dsl::ast::DropCheck, verb, name)
BOOST_FUSION_ADAPT_STRUCT(zmig::dsl::ast::ProtectSheet, verb, editors)
BOOST_FUSION_ADAPT_STRUCT(zmig::dsl::ast::AddValue, verb, value, place, note)
BOOST_FUSION_ADAPT_STRUCT(zmig::dsl::ast::RenameValue, verb, from, to)
BOOST_FUSION_ADAPT_STRUCT(zmig::dsl::ast::RetireValue, verb, value, replacement)
BOOST_FUSION_ADAPT_STRUCT(zmig::dsl::ast::DropValue, verb, value)
ZMIG_DSL_ADAPT_BLOCK(SheetLine)
ZMIG_DSL_ADAPT_BLOCK(EnumLine)

namespace zmig::dsl::grammar {

auto const key_rule_def = any(ast::KeyVerb::drop_unique) > names;
auto const add_check_def = verb("add check") > name_ > kw("that") > formula;
auto const drop_check_def = verb("drop check") > name_;
auto const sheet_switch_def = plain<ast::SheetSwitch>(ast::SheetSwitchKind::restore_rows);
auto const protect_sheet_def = verb("protect sheet") >> -(kw("except") > editors);
auto const rule_change_def = key_rule | add_check | drop_check | sheet_switch | protect_sheet;
auto const sheet_statement_def = column_change | cell_change | rule_change;
auto const sheet_line_def = more_ >> x3::expect[sheet_statement > ends_];
auto const sheet_lines_def = *sheet_line;
auto const sheet_body_def = open_ > lines_ > sheet_lines > close_;

auto const add_value_def = verb("add value") > text_ > -place > -(kw("note") > text_);
auto const rename_value_def = verb("rename value") > text_ > kw("to") > text_;
auto const retire_value_def = verb("retire value") > text_ > -(kw("replace with") > text_);
auto const drop_value_def = verb("drop value") > text_;
auto const enum_statement_def = add_value | rename_value | retire_value | drop_value;
auto const enum_line_def = more_ >> x3::expect[enum_statement > ends_];
auto const enum_lines_def = *enum_line;
auto const enum_body_def = open_ > lines_ > enum_lines > close_;

BOOST_SPIRIT_DEFINE(key_rule, add_check, drop_check, sheet_switch, protect_sheet, rule_change, sheet_statement,
                    sheet_line, sheet_lines, sheet_body, add_value, rename_value, retire_value, drop_value,
                    enum_statement, enum_line, enum_lines, enum_body)
BOOST_SPIRIT_INSTANTIATE(sheet_body_type, Cursor, NoContext)
BOOST_SPIRIT_INSTANTIATE(enum_body_type, Cursor, NoContext)

}  // namespace zmig::dsl::grammar
