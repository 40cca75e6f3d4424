// What several statements share: lists, types, places, durations, properties.

#include "grammar/rules.h"

namespace zmig::dsl::grammar {

// Types and durations.
ZMIG_DSL_RULE(plain_type, Plain, ast::Type, "a type")
ZMIG_DSL_RULE(decimal_type, Plain, ast::Type, "a type")
ZMIG_DSL_RULE(currency_type, Plain, ast::Type, "a type")
ZMIG_DSL_RULE(named_type, Plain, ast::Type, "a type")

// Properties.
ZMIG_DSL_RULE(default_property, Annotate, ast::DefaultProperty, "a property")
ZMIG_DSL_RULE(text_property, Annotate, ast::TextProperty, "a property")
ZMIG_DSL_RULE(alias_property, Annotate, ast::AliasProperty, "a property")
ZMIG_DSL_RULE(plain_property, Annotate, ast::PlainProperty, "a property")
ZMIG_DSL_RULE(protected_property, Annotate, ast::ProtectedProperty, "a property")
ZMIG_DSL_RULE(computed_property, Annotate, ast::ComputedProperty, "a property")
ZMIG_DSL_RULE(type_property, Annotate, ast::TypeProperty, "a property")
ZMIG_DSL_RULE(deprecated_property, Annotate, ast::DeprecatedProperty, "a property")
ZMIG_DSL_RULE(property, Plain, ast::Property, "a property")
struct PropertyLine : Recover<LineKind::property, 2> {};
ZMIG_DSL_RULE(property_line, PropertyLine, ast::Property, "a property")
ZMIG_DSL_RULE(property_lines, Plain, std::vector<ast::Property>, "a property")
ZMIG_DSL_RULE(property_list, Plain, std::vector<ast::Property>, "a property")
ZMIG_DSL_RULE(property_block, Annotate, ast::Block<ast::Property>, "`{`")

}  // namespace zmig::dsl::grammar

BOOST_FUSION_ADAPT_STRUCT(zmig::dsl::ast::Type, kind, digits, name)
BOOST_FUSION_ADAPT_STRUCT(zmig::dsl::ast::Place, kind, anchor)
BOOST_FUSION_ADAPT_STRUCT(zmig::dsl::ast::Duration, amount, unit)
BOOST_FUSION_ADAPT_STRUCT(zmig::dsl::ast::Expecting, verb, bound, count)
BOOST_FUSION_ADAPT_STRUCT(zmig::dsl::ast::Properties, line, block)
BOOST_FUSION_ADAPT_STRUCT(zmig::dsl::ast::DefaultProperty, verb, value)
BOOST_FUSION_ADAPT_STRUCT(zmig::dsl::ast::TextProperty, verb, text)
BOOST_FUSION_ADAPT_STRUCT(zmig::dsl::ast::AliasProperty, verb, names)
BOOST_FUSION_ADAPT_STRUCT(zmig::dsl::ast::ProtectedProperty, verb, editors)
BOOST_FUSION_ADAPT_STRUCT(zmig::dsl::ast::ComputedProperty, verb, formula)
BOOST_FUSION_ADAPT_STRUCT(zmig::dsl::ast::TypeProperty, verb, type, using_formula, undo)
BOOST_FUSION_ADAPT_STRUCT(zmig::dsl::ast::DeprecatedProperty, verb, use)
ZMIG_DSL_ADAPT_BLOCK(Property)

namespace zmig::dsl::grammar {

using ast::PlaceKind;
using ast::TypeKind;

auto const names_def = name_ >> *(comma_ > name_);
auto const texts_def = text_ >> *(comma_ > text_);
auto const editors_def = editor_ >> *(comma_ > editor_);

auto const no_digits = x3::attr(boost::optional<ast::Count>());
auto const no_name = x3::attr(boost::optional<ast::Text>());
auto const plain_type_def = (any(TypeKind::text, TypeKind::number) | any(TypeKind::percent, TypeKind::percent) |
                             any(TypeKind::boolean, TypeKind::datetime)) >>
                            no_digits >> no_name;
auto const decimal_type_def = any(TypeKind::decimal, TypeKind::decimal) > punct('(') > count_ > punct(')') > no_name;
auto const currency_type_def = any(TypeKind::currency, TypeKind::currency) > no_digits > text_;
auto const named_type_def = any(TypeKind::enumeration, TypeKind::reference) > no_digits > name_;
auto const type_def = plain_type | decimal_type | currency_type | named_type;

auto const place_def =
    (any(PlaceKind::first, PlaceKind::last) >> no_name) | (any(PlaceKind::after, PlaceKind::before) > name_);
auto const duration_def = count_ > any(ast::DurationUnit::weeks);
auto const expecting_def = verb("expecting") > -any(ast::Bound::at_most) > count_ > (kw("rows") | kw("row"));

auto const default_property_def = verb("default") > literal_;
auto const text_property_def = any(ast::TextPropertyKind::owner) > text_;
auto const alias_property_def = verb("alias") > names;
auto const plain_property_def = plain<ast::PlainProperty>(ast::PlainKind::not_deprecated);
auto const protected_property_def = verb("protected") >> -(kw("except") > editors);
auto const computed_property_def = verb("computed as") > formula;
auto const type_property_def = verb("type") > type > -(kw("using") > formula) > -undo;
auto const deprecated_property_def = verb("deprecated") >> -(kw("use") > name_);
auto const property_def = default_property | text_property | alias_property | plain_property | protected_property |
                          computed_property | type_property | deprecated_property;
auto const property_line_def = more_ >> x3::expect[property > ends_];
auto const property_lines_def = *property_line;
auto const property_list_def = *property;
auto const property_block_def = open_ > lines_ > property_lines > close_;
auto const properties_def = property_list >> -property_block;

BOOST_SPIRIT_DEFINE(names, texts, editors, plain_type, decimal_type, currency_type, named_type, type, place, duration,
                    expecting, default_property, text_property, alias_property, plain_property, protected_property,
                    computed_property, type_property, deprecated_property, property, property_line, property_lines,
                    property_list, property_block, properties)
BOOST_SPIRIT_INSTANTIATE(names_type, Cursor, NoContext)
BOOST_SPIRIT_INSTANTIATE(texts_type, Cursor, NoContext)
BOOST_SPIRIT_INSTANTIATE(editors_type, Cursor, NoContext)
BOOST_SPIRIT_INSTANTIATE(type_type, Cursor, NoContext)
BOOST_SPIRIT_INSTANTIATE(place_type, Cursor, NoContext)
BOOST_SPIRIT_INSTANTIATE(duration_type, Cursor, NoContext)
BOOST_SPIRIT_INSTANTIATE(expecting_type, Cursor, NoContext)
BOOST_SPIRIT_INSTANTIATE(properties_type, Cursor, NoContext)

}  // namespace zmig::dsl::grammar
