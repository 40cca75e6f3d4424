// Operations as lines, lines as blocks.

#include "unbind.h"

#include <algorithm>
#include <utility>

#include "binder.h"

namespace zmig::dsl {
namespace {

template <class Enum>
ast::Choice<Enum> choice(Enum value) {
  ast::Choice<Enum> out;
  out.value = value;
  return out;
}

ast::PlaceKind kind_of(Place::Kind kind) {
  switch (kind) {
    case Place::Kind::first: return ast::PlaceKind::first;
    case Place::Kind::last: return ast::PlaceKind::last;
    case Place::Kind::after: return ast::PlaceKind::after;
    case Place::Kind::before: return ast::PlaceKind::before;
  }
  return ast::PlaceKind::last;
}

ast::Place place_of(Place::Kind kind, const std::string& name) {
  ast::Place out;
  out.kind.value = kind_of(kind);
  if (kind == Place::Kind::after || kind == Place::Kind::before) out.anchor = unbind_text(name);
  return out;
}

/// None for `last`, which is where things go by themselves.
boost::optional<ast::Place> written_place(Place::Kind kind, const std::string& name) {
  if (kind == Place::Kind::last) return boost::none;
  return place_of(kind, name);
}

ast::Property plain(ast::PlainKind kind) {
  ast::PlainProperty out;
  out.value = kind;
  return ast::Property(std::move(out));
}

ast::Property text_property(ast::TextPropertyKind kind, std::string text) {
  ast::TextProperty out;
  out.verb.value = kind;
  out.text = unbind_text(std::move(text));
  return ast::Property(std::move(out));
}

ast::Property protected_property(const Editors& editors) {
  ast::ProtectedProperty out;
  for (const std::string& one : editors.except) {
    ast::Editor editor;
    editor.value = one;
    out.editors.push_back(std::move(editor));
  }
  return ast::Property(std::move(out));
}

// A property as an operation says it.

ast::Property property_of(const op::SetDefault& o) {
  if (!o.value) return plain(ast::PlainKind::no_default);
  ast::DefaultProperty out;
  out.value = unbind_literal(*o.value);
  return ast::Property(std::move(out));
}
ast::Property property_of(const op::SetNote& o) {
  return o.note ? text_property(ast::TextPropertyKind::note, *o.note) : plain(ast::PlainKind::no_note);
}
ast::Property property_of(const op::SetFormat& o) {
  return o.format ? text_property(ast::TextPropertyKind::format, *o.format) : plain(ast::PlainKind::no_format);
}
ast::Property property_of(const op::SetAlias& o) {
  if (o.aliases.empty()) return plain(ast::PlainKind::no_alias);
  ast::AliasProperty out;
  for (const std::string& one : o.aliases) out.names.push_back(unbind_text(one));
  return ast::Property(std::move(out));
}
ast::Property property_of(const op::SetFlag& o) {
  switch (o.flag) {
    case Flag::required: return plain(o.on ? ast::PlainKind::required : ast::PlainKind::not_required);
    case Flag::unique: return plain(o.on ? ast::PlainKind::unique : ast::PlainKind::not_unique);
    case Flag::key: return plain(o.on ? ast::PlainKind::key : ast::PlainKind::not_key);
    case Flag::lenient: return plain(o.on ? ast::PlainKind::lenient : ast::PlainKind::not_lenient);
  }
  return plain(ast::PlainKind::required);
}
ast::Property property_of(const op::SetHidden& o) {
  return plain(o.hidden ? ast::PlainKind::hidden : ast::PlainKind::not_hidden);
}
ast::Property property_of(const op::SetProtected& o) {
  return o.editors ? protected_property(*o.editors) : plain(ast::PlainKind::not_protected);
}
ast::Property property_of(const op::SetDeprecated& o) {
  if (!o.deprecation) return plain(ast::PlainKind::not_deprecated);
  ast::DeprecatedProperty out;
  if (!o.deprecation->use.empty()) out.use = unbind_text(o.deprecation->use);
  return ast::Property(std::move(out));
}
ast::Property property_of(const op::SetMeaning& o) {
  if (!o.blank_means) return plain(ast::PlainKind::no_blank_meaning);
  return text_property(ast::TextPropertyKind::blank_means, *o.blank_means);
}
ast::Property property_of(const op::ChangeType& o) {
  ast::TypeProperty out;
  out.type = unbind_type(o.type);
  if (o.with) out.using_formula = unbind_formula(*o.with);
  if (o.undo) out.undo = unbind_formula(*o.undo);
  return ast::Property(std::move(out));
}

/// Everything that a new column declares besides its type, in canonical order.
ast::Properties properties_of(const Column& column) {
  ast::Properties out;
  auto& line = out.line;
  const ColumnRules& rules = column.rules;
  const ColumnRef none;
  if (rules.fallback) line.push_back(property_of(op::SetDefault{none, rules.fallback}));
  if (column.note) line.push_back(text_property(ast::TextPropertyKind::note, *column.note));
  if (column.format) line.push_back(text_property(ast::TextPropertyKind::format, *column.format));
  if (!rules.aliases.empty()) line.push_back(property_of(op::SetAlias{none, rules.aliases}));
  if (rules.required) line.push_back(plain(ast::PlainKind::required));
  if (rules.unique) line.push_back(plain(ast::PlainKind::unique));
  if (rules.key) line.push_back(plain(ast::PlainKind::key));
  if (column.hidden) line.push_back(plain(ast::PlainKind::hidden));
  if (rules.lenient) line.push_back(plain(ast::PlainKind::lenient));
  if (column.protection) line.push_back(protected_property(*column.protection));
  if (rules.deprecated) line.push_back(property_of(op::SetDeprecated{none, rules.deprecated}));
  if (rules.blank_means) line.push_back(text_property(ast::TextPropertyKind::blank_means, *rules.blank_means));
  if (rules.owner) line.push_back(text_property(ast::TextPropertyKind::owner, *rules.owner));
  if (rules.readers == Readers::expect) line.push_back(plain(ast::PlainKind::readers_expect));
  if (rules.readers == Readers::tolerate) line.push_back(plain(ast::PlainKind::readers_tolerate));
  return out;
}

boost::optional<ast::Choice<ast::Otherwise>> otherwise_of(Otherwise otherwise) {
  switch (otherwise) {
    case Otherwise::stop: return boost::none;
    case Otherwise::keep: return choice(ast::Otherwise::keep);
    case Otherwise::blank: return choice(ast::Otherwise::blank);
  }
  return boost::none;
}

boost::optional<ast::Expecting> expecting_of(const std::optional<Expecting>& expecting) {
  if (!expecting) return boost::none;
  ast::Expecting out;
  if (expecting->kind == Expecting::Kind::at_least) out.bound = choice(ast::Bound::at_least);
  if (expecting->kind == Expecting::Kind::at_most) out.bound = choice(ast::Bound::at_most);
  out.count.value = expecting->rows;
  out.count.digits = std::to_string(expecting->rows);
  return out;
}

boost::optional<ast::Formula> formula_of(const std::optional<Expr>& expr) {
  if (!expr) return boost::none;
  return unbind_formula(*expr);
}

/// One operation after another; blocks are opened and closed on the way.
class Lines {
 public:
  explicit Lines(std::vector<ast::TopLine>& out) : out_(out) {}
  ~Lines() { close(); }
  Lines(const Lines&) = delete;
  Lines& operator=(const Lines&) = delete;

  // --- sheets
  void operator()(const op::CreateSheet& o) {
    close();
    created_.emplace();
    created_->name = unbind_text(o.sheet.title);
    created_->place = written_place(o.place.place.kind, o.place.name);
    sheet_ = o.sheet;
  }
  void operator()(const op::AdoptSheet& o) { open(o.sheet, ast::SheetScopeVerb::adopt_sheet); }
  void operator()(const op::ForgetSheet& o) { name(ast::NameVerb::forget_sheet, o.sheet.title); }
  void operator()(const op::RenameSheet& o) {
    ast::PairChange out;
    out.verb.value = ast::PairVerb::rename_sheet;
    out.from = unbind_text(o.sheet.title);
    out.to = unbind_text(o.to);
    top(std::move(out));
  }
  void operator()(const op::DropSheet& o) {
    ast::DropSheet out;
    out.name = unbind_text(o.sheet.title);
    if (o.discard) out.discarding = ast::Node{};
    top(std::move(out));
  }
  void operator()(const op::RestoreSheet& o) { name(ast::NameVerb::restore_sheet, o.sheet.title); }
  void operator()(const op::FreezeHeader& o) {
    rule(o.sheet, o.frozen ? ast::SheetSwitchKind::freeze_header : ast::SheetSwitchKind::unfreeze_header, o.frozen);
  }

  // --- columns
  void operator()(const op::AddColumn& o) {
    ast::AddColumn out;
    out.name = unbind_text(o.column.header);
    out.type = unbind_type(o.column.type);
    out.place = written_place(o.place.place.kind, o.place.name);
    out.properties = properties_of(o.column);
    line(o.sheet, true, ast::ColumnChange(std::move(out)));
  }
  void operator()(const op::AdoptColumn& o) {
    ast::AdoptColumn out;
    out.name = unbind_text(o.column.header);
    out.type = unbind_type(o.column.type);
    out.properties = properties_of(o.column);
    line(o.sheet, false, ast::ColumnChange(std::move(out)));
  }
  void operator()(const op::ForgetColumn& o) { column_verb(o.at, ast::ColumnVerbKind::forget_column); }
  void operator()(const op::RenameColumn& o) {
    ast::ColumnPair out;
    out.verb.value = ast::ColumnPairVerb::rename_column;
    out.from = unbind_text(o.at.header);
    out.to = unbind_text(o.to);
    line(o.at.sheet, false, ast::ColumnChange(std::move(out)));
  }
  void operator()(const op::MoveColumn& o) {
    ast::MoveColumn out;
    out.name = unbind_text(o.at.header);
    out.place = place_of(o.place.place.kind, o.place.name);
    line(o.at.sheet, false, ast::ColumnChange(std::move(out)));
  }
  void operator()(const op::RetireColumn& o) {
    ast::RetireColumn out;
    out.name = unbind_text(o.at.header);
    if (!o.use.empty()) out.use = unbind_text(o.use);
    line(o.at.sheet, false, ast::ColumnChange(std::move(out)));
  }
  void operator()(const op::DropColumn& o) {
    ast::DropColumn out;
    out.name = unbind_text(o.at.header);
    if (o.discard) out.discarding = ast::Node{};
    out.undo = formula_of(o.undo);
    line(o.at.sheet, false, ast::ColumnChange(std::move(out)));
  }
  void operator()(const op::RestoreColumn& o) {
    column_verb({o.sheet, o.column.id, o.column.header}, ast::ColumnVerbKind::restore_column);
  }

  // --- properties
  void operator()(const op::SetDefault& o) { property(o.at, 0, property_of(o)); }
  void operator()(const op::SetNote& o) { property(o.at, 1, property_of(o)); }
  void operator()(const op::SetFormat& o) { property(o.at, 2, property_of(o)); }
  void operator()(const op::SetAlias& o) { property(o.at, 3, property_of(o)); }
  void operator()(const op::SetFlag& o) { property(o.at, 10 + static_cast<int>(o.flag), property_of(o)); }
  void operator()(const op::SetHidden& o) { property(o.at, 4, property_of(o)); }
  void operator()(const op::SetProtected& o) { property(o.at, 5, property_of(o)); }
  void operator()(const op::SetDeprecated& o) { property(o.at, 6, property_of(o)); }
  void operator()(const op::SetMeaning& o) { property(o.at, 7, property_of(o)); }
  void operator()(const op::ChangeType& o) { property(o.at, 8, property_of(o)); }

  // --- cells and rows
  void operator()(const op::FillColumn& o) {
    ast::FillColumn out;
    out.column = unbind_text(o.at.header);
    out.formula = unbind_formula(o.with);
    out.where = formula_of(o.where);
    out.otherwise = otherwise_of(o.otherwise);
    out.expecting = expecting_of(o.expecting);
    line(o.at.sheet, false, ast::CellChange(std::move(out)));
  }
  void operator()(const op::SetColumn& o) {
    ast::SetColumn out;
    out.column = unbind_text(o.at.header);
    out.formula = unbind_formula(o.to);
    out.where = formula_of(o.where);
    out.otherwise = otherwise_of(o.otherwise);
    out.expecting = expecting_of(o.expecting);
    out.undo = formula_of(o.undo);
    line(o.at.sheet, false, ast::CellChange(std::move(out)));
  }
  void operator()(const op::RestoreValues& o) { column_verb(o.at, ast::ColumnVerbKind::restore_values); }
  void operator()(const op::RestoreFormat& o) { column_verb(o.at, ast::ColumnVerbKind::restore_format); }
  void operator()(const op::AddRows& o) {
    ast::AddRows out;
    for (const ColumnRef& one : o.by) out.by.push_back(unbind_text(one.header));
    for (const ColumnRef& one : o.columns) out.rows.columns.names.push_back(unbind_text(one.header));
    for (const std::vector<Value>& values : o.rows) {
      ast::Row row;
      for (const Value& value : values) row.values.push_back(unbind_literal(value));
      out.rows.rows.push_back(ast::RowItem(std::move(row)));
    }
    line(o.sheet, true, ast::CellChange(std::move(out)));
  }
  void operator()(const op::RestoreRows& o) { rule(o.sheet, ast::SheetSwitchKind::restore_rows, false); }

  // --- enums
  void operator()(const op::CreateEnum& o) {
    close();
    enum_.emplace();
    enum_->verb.value = ast::EnumScopeVerb::create_enum;
    enum_->name = unbind_text(o.name);
  }
  void operator()(const op::DropEnum& o) { name(ast::NameVerb::drop_enum, o.name); }
  void operator()(const op::AddValue& o) {
    ast::AddValue out;
    out.value = unbind_text(o.value);
    out.place = written_place(o.place.kind, o.place.beside);
    if (o.note) out.note = unbind_text(*o.note);
    value(o.enum_name, true, ast::EnumLine(std::move(out)));
  }
  void operator()(const op::RenameValue& o) {
    ast::RenameValue out;
    out.from = unbind_text(o.from);
    out.to = unbind_text(o.to);
    value(o.enum_name, false, ast::EnumLine(std::move(out)));
  }
  void operator()(const op::RetireValue& o) {
    ast::RetireValue out;
    out.value = unbind_text(o.value);
    if (o.replacement) out.replacement = unbind_text(*o.replacement);
    value(o.enum_name, false, ast::EnumLine(std::move(out)));
  }

 private:
  void close() {
    if (created_) out_.push_back(ast::TopLine(ast::TopChange(std::move(*created_))));
    if (scope_) out_.push_back(ast::TopLine(ast::TopChange(std::move(*scope_))));
    if (enum_) out_.push_back(ast::TopLine(ast::TopChange(std::move(*enum_))));
    created_.reset();
    scope_.reset();
    enum_.reset();
    changed_.reset();
    families_.clear();
  }
  void open(const SheetRef& sheet, ast::SheetScopeVerb verb) {
    close();
    scope_.emplace();
    scope_->verb.value = verb;
    scope_->name = unbind_text(sheet.title);
    sheet_ = sheet;
  }
  template <class Change>
  void top(Change change) {
    close();
    out_.push_back(ast::TopLine(ast::TopChange(std::move(change))));
  }
  void name(ast::NameVerb verb, const std::string& name) {
    ast::NameChange out;
    out.verb.value = verb;
    out.name = unbind_text(name);
    top(std::move(out));
  }

  /// The block for a line about this sheet. `adds`: `create sheet` may hold it.
  ast::SheetBody& body(const SheetRef& sheet, bool adds) {
    if (created_ && adds && sheet_ == sheet) return created_->body;
    if (!scope_ || !(sheet_ == sheet)) open(sheet, ast::SheetScopeVerb::in_sheet);
    return scope_->body;
  }
  template <class Change>
  void line(const SheetRef& sheet, bool adds, Change change) {
    body(sheet, adds).lines.push_back(ast::SheetLine(std::move(change)));
    changed_.reset();
    families_.clear();
  }
  void rule(const SheetRef& sheet, ast::SheetSwitchKind kind, bool adds) {
    ast::SheetSwitch out;
    out.value = kind;
    line(sheet, adds, ast::RuleChange(std::move(out)));
  }
  void column_verb(const ColumnRef& at, ast::ColumnVerbKind kind) {
    ast::ColumnVerb out;
    out.verb.value = kind;
    out.name = unbind_text(at.header);
    line(at.sheet, false, ast::ColumnChange(std::move(out)));
  }

  /// A property joins the `change column` above it when it is about the same column, comes later in canonical order,
  /// and says nothing about the same fact.
  void property(const ColumnRef& at, int family, ast::Property property) {
    const bool again = std::find(families_.begin(), families_.end(), family) != families_.end();
    const bool joins = scope_ && changed_ && *changed_ == at && !again && property_rank(property) > rank_;
    const int rank = property_rank(property);
    if (joins) {
      append(scope_->body.lines.back(), std::move(property));
    } else {
      ast::ChangeColumn out;
      out.name = unbind_text(at.header);
      out.properties.line.push_back(std::move(property));
      line(at.sheet, false, ast::ColumnChange(std::move(out)));
      changed_ = at;
    }
    families_.push_back(family);
    rank_ = rank;
  }
  static void append(ast::SheetLine& last, ast::Property property) {
    ast::visit(
        ast::overloaded{[&](ast::ChangeColumn& change) { change.properties.line.push_back(property); }, [](auto&) {}},
        last);
  }
  void value(const std::string& name, bool adds, ast::EnumLine line) {
    const bool fits = enum_ && enum_->name.value == name && (adds || enum_->verb.value == ast::EnumScopeVerb::in_enum);
    if (!fits) {
      close();
      enum_.emplace();
      enum_->verb.value = ast::EnumScopeVerb::in_enum;
      enum_->name = unbind_text(name);
    }
    enum_->body.lines.push_back(std::move(line));
  }

  std::vector<ast::TopLine>& out_;
  std::optional<ast::CreateSheet> created_;  // at most one of these three is open
  std::optional<ast::SheetScope> scope_;
  std::optional<ast::EnumScope> enum_;
  SheetRef sheet_;                    // of created_ or scope_
  std::optional<ColumnRef> changed_;  // the last line is `change column` of this one
  std::vector<int> families_;         // facts that it speaks about
  int rank_ = 0;                      // of its last property
};

void add_script(const Script& script, std::vector<ast::TopLine>& out) {
  for (const CheckLine& line : script.requires_)
    out.push_back(ast::TopLine(unbind_check(line, ast::ClaimVerb::require)));
  {
    Lines lines(out);
    for (const Operation& operation : script.operations) std::visit(lines, operation);
  }
  for (const CheckLine& line : script.ensures) out.push_back(ast::TopLine(unbind_check(line, ast::ClaimVerb::ensure)));
}

void add_heading(ast::TextHeadingKind kind, const std::string& text, std::vector<ast::TopLine>& out) {
  if (text.empty()) return;
  ast::TextHeading heading;
  heading.verb.value = kind;
  heading.text = unbind_text(text);
  out.push_back(ast::TopLine(ast::Heading(std::move(heading))));
}

void add_heading(ast::ListHeadingKind kind, const std::vector<std::string>& texts, std::vector<ast::TopLine>& out) {
  if (texts.empty()) return;
  ast::ListHeading heading;
  heading.verb.value = kind;
  for (const std::string& text : texts) heading.texts.push_back(unbind_text(text));
  out.push_back(ast::TopLine(ast::Heading(std::move(heading))));
}

void add_headings(const Migration& migration, std::vector<ast::TopLine>& out) {
  add_heading(ast::TextHeadingKind::description, migration.description, out);
  add_heading(ast::TextHeadingKind::author, migration.author, out);
  add_heading(ast::ListHeadingKind::tags, migration.tags, out);
  add_heading(ast::ListHeadingKind::depends_on, migration.depends, out);
  if (migration.keep_undo) {
    ast::KeepHeading keep;
    keep.duration = unbind_duration(*migration.keep_undo);
    out.push_back(ast::TopLine(ast::Heading(std::move(keep))));
  }
  add_heading(ast::TextHeadingKind::irreversible_because, migration.irreversible.value_or(std::string()), out);
  for (const Allow& one : migration.allows) {
    ast::AllowHeading allow;
    allow.code.value = one.code;
    allow.because = unbind_text(one.because);
    out.push_back(ast::TopLine(ast::Heading(std::move(allow))));
  }
  add_heading(ast::TextHeadingKind::generated_from, migration.generated_from, out);
}

}  // namespace

ast::File unbind(const Migration& migration) {
  ast::File file;
  file.header.emplace();
  file.header->version.value = 1;
  file.header->version.digits = "1";
  if (!migration.down_of.empty()) file.header->down_of = unbind_text(migration.down_of);
  add_headings(migration, file.lines);
  add_script(migration.script, file.lines);
  if (migration.down) {
    ast::Down down;
    add_script(*migration.down, down.body.lines);
    file.lines.push_back(ast::TopLine(std::move(down)));
  }
  return file;
}

}  // namespace zmig::dsl
