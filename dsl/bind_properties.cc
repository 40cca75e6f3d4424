// Properties of columns (language.md 7.3): one operation each; in `add column` and `adopt column` they become facts of
// the new column.

#include <algorithm>
#include <utility>

#include <zmig/text.h>

#include "binder.h"
#include "format_words.h"
#include "words.h"

namespace zmig::dsl {
namespace {

/// What a property of `add column` says of the new column.
struct Absorb {
  Column& column;
  void operator()(const op::SetDefault& o) const { column.rules.fallback = o.value; }
  void operator()(const op::SetNote& o) const { column.note = o.note; }
  void operator()(const op::SetFormat& o) const { column.format = o.format; }
  void operator()(const op::SetAlias& o) const { column.rules.aliases = o.aliases; }
  void operator()(const op::SetFlag& o) const {
    switch (o.flag) {
      case Flag::required: column.rules.required = o.on; return;
      case Flag::unique: column.rules.unique = o.on; return;
      case Flag::key: column.rules.key = o.on; return;
      case Flag::lenient: column.rules.lenient = o.on; return;
    }
  }
  void operator()(const op::SetHidden& o) const { column.hidden = o.hidden; }
  void operator()(const op::SetProtected& o) const { column.protection = o.editors; }
  void operator()(const op::SetDeprecated& o) const { column.rules.deprecated = o.deprecation; }
  void operator()(const op::SetMeaning& o) const { column.rules.blank_means = o.blank_means; }
  template <class Other>
  void operator()(const Other&) const {}  // no other operation is a property
};

/// What a format text shows, outside of quotes.
struct Shows {
  bool moment = false, number = false;
};
Shows what_it_shows(std::string_view format) {
  Shows out;
  bool inside = false;
  for (const char c : format) {
    if (c == '\'') inside = !inside;
    if (inside) continue;
    if (std::string_view("YMDhms").find(c) != std::string_view::npos) out.moment = true;
    if (std::string_view("0#%").find(c) != std::string_view::npos) out.number = true;
  }
  if (out.moment) out.number = false;  // `ss.000`
  return out;
}

/// Widening (6.4): what needs no formula.
bool widens(const Type& from, const Type& to) {
  if (from == to || to.kind == TypeKind::text) return true;
  if (is_textual(from) && is_textual(to)) return true;
  switch (from.kind) {
    case TypeKind::integer: return to.kind == TypeKind::decimal || to.kind == TypeKind::number;
    case TypeKind::decimal:
      return to.kind == TypeKind::number || (to.kind == TypeKind::decimal && to.digits >= from.digits);
    case TypeKind::date: return to.kind == TypeKind::datetime;
    case TypeKind::text:
    case TypeKind::number:
    case TypeKind::percent:
    case TypeKind::currency:
    case TypeKind::boolean:
    case TypeKind::time:
    case TypeKind::datetime:
    case TypeKind::enumeration:
    case TypeKind::reference: return false;
  }
  return false;
}

/// A formula that would make the change, for the help.
std::string conversion(const Column& column, const Type& to) {
  const std::string cell = "[" + column.header + "]";
  if (is_textual(column.type)) {
    if (to.kind == TypeKind::integer) return "integer(" + cell + ")";
    if (is_numeric(to)) return "number(" + cell + ")";
    if (to.kind == TypeKind::date) return "parse_date(" + cell + ", \"DD-MM-YYYY\")";
    if (to.kind == TypeKind::boolean) return cell + " = \"sí\"";
  }
  if (is_numeric(column.type) && to.kind == TypeKind::integer) return "round(" + cell + ", 0)";
  if (is_numeric(column.type) && is_numeric(to)) return "round(" + cell + ", " + std::to_string(to.digits) + ")";
  return "…";
}

std::vector<const ast::Property*> in_order(const ast::Properties& properties) {
  std::vector<const ast::Property*> out;
  for (const ast::Property& one : properties.line) out.push_back(&one);
  if (properties.block) {
    for (const ast::Property& one : properties.block->lines) out.push_back(&one);
  }
  std::stable_sort(out.begin(), out.end(), [](const ast::Property* a, const ast::Property* b) {
    return property_rank(*a) < property_rank(*b);
  });
  return out;
}

}  // namespace

int property_rank(const ast::Property& property) {
  bool type = false;
  ast::visit(ast::overloaded{[&](const ast::TypeProperty&) { type = true; }, [](const auto&) {}}, property);
  return type ? -1 : ast::rank_of(property);
}

void Binder::declare(Column& column, const ast::Type& written, const ast::Properties& properties) {
  const ColumnRef at{ref(here()), column.id, column.header};
  for (const ast::Property* one : in_order(properties)) {
    bool type_again = false;
    ast::visit(ast::overloaded{[&](const ast::TypeProperty&) { type_again = true; }, [](const auto&) {}}, *one);
    if (type_again) {
      error("ZM0109", "the type of " + quoted(column.header) + " is given twice", ast::node_of(*one))
          .secondary.push_back({span(written), {}, "first here"});
      continue;
    }
    if (const std::optional<Operation> fact = property(at, column, *one, &written)) std::visit(Absorb{column}, *fact);
  }
}

void Binder::inside(const ast::ChangeColumn& line) {
  const Column* found = column_named(here(), line.name);
  if (found == nullptr) return;
  const ColumnRef at = ref(here(), *found);
  for (const ast::Property* one : in_order(line.properties)) {
    const Column now = *column_by_id(here(), at.id);
    std::optional<Operation> operation = property(at, now, *one, nullptr);
    if (operation) emit(std::move(*operation), ast::node_of(*one), line);
  }
}

std::optional<Editors> Binder::editors(const ast::Editors& written) {
  Editors out;
  for (const ast::Editor& one : written) {
    if (!one.variable) {
      out.except.push_back(one.value);
      continue;
    }
    const std::optional<Value> value = variable_value(one.value, one);
    if (!value) return std::nullopt;
    out.except.push_back(to_text(*value));
  }
  return out;
}

bool Binder::format_fits(std::string_view format, const Column& column, const ast::Node& at) {
  // The way back restores what was there, sensible or not.
  if (format.starts_with("native:") || unsure_.contains(column.id) || in_down_) return true;
  if (format_fault(format, false)) return true;  // reported with the tree (ZM0023)
  const Shows shows = what_it_shows(format);
  const TypeKind kind = column.type.kind;
  const bool moment = kind == TypeKind::date || kind == TypeKind::datetime || kind == TypeKind::time;
  const bool fits = moment ? shows.moment : is_numeric(column.type) ? !shows.moment : !shows.moment && !shows.number;
  if (fits) return true;
  error("ZM0108", "this format does not fit the type " + to_string(column.type), at,
        shows.moment   ? "shows dates and times"
        : shows.number ? "shows numbers"
                       : "shows no date")
      .help = "choose a format that shows " + plural_of(column.type) + ", or leave it out";
  return false;
}

std::optional<Operation> Binder::change_type(const ColumnRef& at, const Column& column,
                                             const ast::TypeProperty& property) {
  const BoundType type = type_of_tree(property.type);
  const bool sure_before = !unsure_.contains(column.id);
  Column changed = column;
  changed.type = type.type;
  op::ChangeType change{at, type.type, {}, {}};
  type_written_[column.id] = property.type;
  bool sound = type.sure && (sure_before || property.using_formula);
  if (!type.sure) unsure_.insert(column.id);
  if (property.using_formula) {
    change.with = formula_for(*property.using_formula, here(), changed);
    sound = sound && change.with.has_value();
  } else if (type.sure && sure_before && !widens(column.type, type.type)) {
    Diagnostic& found = error(
        "ZM0105", quoted(column.header) + " holds " + plural_of(column.type) + "; this change of type needs a formula",
        property.type, "how does " + singular_of(column.type) + " become " + singular_of(type.type) + "?");
    found.help = "say how: `type " + to_string(type.type) + " using " + conversion(column, type.type) + "`";
    sound = false;
  }
  if (property.undo) {
    Sheet after = here();
    column_by_id(after, column.id)->type = type.type;
    type_written_.erase(column.id);
    change.undo = formula_for(*property.undo, after, column);
    type_written_[column.id] = property.type;
    sound = sound && change.undo.has_value();
  }
  if (sound) return change;
  column_by_id(here(), column.id)->type = type.type;  // the lines below may count on it
  return std::nullopt;
}

std::optional<Operation> Binder::property(const ColumnRef& at, const Column& column, const ast::Property& property,
                                          const ast::Type* written) {
  std::optional<Operation> out;
  const auto plain = [&](const ast::PlainProperty& p) -> std::optional<Operation> {
    using enum ast::PlainKind;
    switch (p.value) {
      case required: return op::SetFlag{at, Flag::required, true};
      case unique: return op::SetFlag{at, Flag::unique, true};
      case key: return op::SetFlag{at, Flag::key, true};
      case hidden: return op::SetHidden{at, true};
      case lenient: {
        const TypeKind kind = column.type.kind;
        const bool fits = kind == TypeKind::enumeration || kind == TypeKind::reference;
        if (fits || in_down_ || unsure_.contains(column.id)) return op::SetFlag{at, Flag::lenient, true};
        error("ZM0108", "`lenient` does not fit the type " + to_string(column.type), p, "only for enums and references")
            .help = "leave it out, or give the column an enum as its type";
        return std::nullopt;
      }
      case no_default: return op::SetDefault{at, {}};
      case no_note: return op::SetNote{at, {}};
      case no_format: return op::SetFormat{at, {}};
      case no_alias: return op::SetAlias{at, {}};
      case no_blank_meaning: return op::SetMeaning{at, {}};
      case not_required: return op::SetFlag{at, Flag::required, false};
      case not_unique: return op::SetFlag{at, Flag::unique, false};
      case not_key: return op::SetFlag{at, Flag::key, false};
      case not_hidden: return op::SetHidden{at, false};
      case not_lenient: return op::SetFlag{at, Flag::lenient, false};
      case not_protected: return op::SetProtected{at, {}};
      case not_deprecated: return op::SetDeprecated{at, {}};
      case readers_require:
      case readers_expect:
      case readers_tolerate:
      case no_owner:
      case not_computed: not_yet(words(p.value), p); return std::nullopt;
    }
    return std::nullopt;
  };
  const auto text = [&](const ast::TextProperty& p) -> std::optional<Operation> {
    switch (p.verb.value) {
      case ast::TextPropertyKind::note: return op::SetNote{at, p.text.value};
      case ast::TextPropertyKind::format:
        if (!format_fits(p.text.value, column, p.text)) return std::nullopt;
        return op::SetFormat{at, p.text.value};
      case ast::TextPropertyKind::blank_means: return op::SetMeaning{at, p.text.value};
      case ast::TextPropertyKind::computed_by_formula:
      case ast::TextPropertyKind::owner: not_yet(words(p.verb.value), p.verb); return std::nullopt;
    }
    return std::nullopt;
  };
  ast::visit(ast::overloaded{[](const ast::Bad&) {},
                             [&](const ast::DefaultProperty& p) {
                               const std::string subject = "the default of " + quoted(column.header);
                               const std::optional<Value> value =
                                   value_for(p.value, column, subject, "default ", written);
                               if (!value) return;
                               if (!is_blank(*value)) {
                                 out = op::SetDefault{at, value};
                                 return;
                               }
                               error("ZM0104", subject + " is blank", p.value, "no value").help =
                                   written != nullptr ? "leave it out" : "write `no default`";
                             },
                             [&](const ast::TextProperty& p) { out = text(p); },
                             [&](const ast::AliasProperty& p) {
                               op::SetAlias alias{at, {}};
                               for (const ast::Name& name : p.names) {
                                 if (!is_possible(name, "header")) return;
                                 alias.aliases.push_back(name.value);
                               }
                               out = std::move(alias);
                             },
                             [&](const ast::PlainProperty& p) { out = plain(p); },
                             [&](const ast::ProtectedProperty& p) {
                               if (auto who = editors(p.editors)) out = op::SetProtected{at, std::move(*who)};
                             },
                             [&](const ast::ComputedProperty& p) { not_yet("computed as", p.verb); },
                             [&](const ast::TypeProperty& p) { out = change_type(at, column, p); },
                             [&](const ast::DeprecatedProperty& p) {
                               Deprecation deprecation;
                               if (p.use) {
                                 // On the way back a column may name one that is not there yet.
                                 const Column* use = column_by_header(here(), p.use->value);
                                 if (use == nullptr && !in_down_) use = column_named(here(), *p.use);
                                 if (use == nullptr && !in_down_) return;
                                 deprecation.use = use != nullptr ? use->header : p.use->value;
                               }
                               out = op::SetDeprecated{at, std::move(deprecation)};
                             }},
             property);
  return out;
}

}  // namespace zmig::dsl
