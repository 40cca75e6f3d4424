#include "print.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/text.h"
#include "print_words.h"

namespace zmig::dsl {
namespace {

constexpr std::size_t kWidth = 100;

/// The sections of a file, in the order in which blank lines stand between them.
enum class Section { header, headings, requires_, changes, ensures, down };

/// Headings in canonical order.
int rank_of_heading(const ast::TopLine& line) {
  int rank = 100;
  ast::visit(
      ast::overloaded{[&](const ast::TextHeading& h) {
                        switch (h.verb.value) {
                          case ast::TextHeadingKind::description: rank = 0; break;
                          case ast::TextHeadingKind::author: rank = 1; break;
                          case ast::TextHeadingKind::irreversible_because: rank = 5; break;
                          case ast::TextHeadingKind::generated_from: rank = 8; break;
                        }
                      },
                      [&](const ast::ListHeading& h) { rank = h.verb.value == ast::ListHeadingKind::tags ? 2 : 3; },
                      [&](const ast::KeepHeading&) { rank = 4; }, [&](const ast::AllowHeading&) { rank = 6; },
                      [&](const ast::VariableHeading&) { rank = 7; }, [](const auto&) {}},
      line);
  return rank;
}

std::size_t widest_line(const std::string& text) {
  std::size_t widest = 0;
  for (const std::string& line : split(text, '\n')) widest = std::max(widest, count_code_points(line));
  return widest;
}

class Printer {
 public:
  explicit Printer(const PrintOptions& options) : options_(options) {}

  std::string file(const ast::File& file);
  std::string down(const ast::File& file);

 private:
  // --- Lines
  // --------------------------------------------------------------------------------------------------------------
  [[nodiscard]] std::size_t indent() const { return 2 * level_; }
  void put(const std::string& text) { out_ += std::string(indent(), ' ') + text + "\n"; }
  void above(const ast::Line& line) {
    if (!options_.comments) return;
    for (const std::string& comment : line.comments.above) put(comment);
  }
  [[nodiscard]] std::string behind(const boost::optional<std::string>& comment) const {
    return options_.comments && comment ? "  " + *comment : std::string();
  }
  void line(const ast::Line& owner, const std::string& text) {
    above(owner);
    put(text + behind(owner.comments.after));
  }
  template <class Block>
  void close(const Block& block) {
    if (options_.comments) {
      for (const std::string& comment : block.tail) put(comment);
    }
    --level_;
    put("}" + behind(block.after_close));
  }
  template <class Item>
  void block(const ast::Block<Item>& items) {
    ++level_;
    for (const Item& item : items.lines) ast::visit([this](const auto& inside) { this->whole(inside); }, item);
    close(items);
  }
  template <class Item>
  void with_block(const ast::Line& owner, const std::string& text, const ast::Block<Item>& items) {
    line(owner, text + " {");
    block(items);
  }
  void with_properties(const ast::Line& owner, const std::string& text, const ast::Properties& properties);

  // --- Parts
  // --------------------------------------------------------------------------------------------------------------
  [[nodiscard]] std::string formula(const ast::Formula& f) const { return print_formula_at(f, indent()); }
  [[nodiscard]] std::string text(const ast::Text& t) const { return print_text_at(t.value, indent()); }
  [[nodiscard]] std::string clause(const char* words, const boost::optional<ast::Formula>& f) const {
    return f ? " " + std::string(words) + " " + formula(*f) : std::string();
  }
  static std::string clause(const char* words, const boost::optional<ast::Text>& name) {
    return name ? " " + std::string(words) + " " + quoted(name->value) : std::string();
  }
  static std::string policy(const boost::optional<ast::Choice<ast::Otherwise>>& otherwise,
                            const boost::optional<ast::Expecting>& expecting) {
    return (otherwise ? " " + std::string(words(otherwise->value)) : std::string()) +
           (expecting ? " " + print_expecting(*expecting) : std::string());
  }
  template <class Choice>
  static std::string verb(const Choice& choice) {
    return std::string(words(choice.value)) + " ";
  }

  // --- Top level
  // ----------------------------------------------------------------------------------------------------------
  void top_lines(const std::vector<ast::TopLine>& lines, bool spaced);
  [[nodiscard]] bool left_out(const ast::TopLine& line) const;
  void whole(const ast::Bad&) {}
  void whole(const ast::TextHeading& l) { line(l, verb(l.verb) + text(l.text)); }
  void whole(const ast::ListHeading& l) { line(l, verb(l.verb) + print_names(l.texts)); }
  void whole(const ast::KeepHeading& l) { line(l, "keep undo data for " + print_duration(l.duration)); }
  void whole(const ast::AllowHeading& l) { line(l, "allow " + l.code.value + " because " + text(l.because)); }
  void whole(const ast::VariableHeading& l) {
    line(l, "variable " + l.name.value + " " + print_type(l.type) + " from env " + quoted(l.env.value) +
                (l.fallback ? " or " + print_literal(*l.fallback) : std::string()));
  }
  void whole(const ast::Claim& l) {
    line(l,
         verb(l.verb) + print_check(l.check, indent()) + (l.because ? " because " + text(*l.because) : std::string()));
  }
  void whole(const ast::CreateSheet& l) {
    with_block(l, "create sheet " + quoted(l.name.value) + (l.place ? " " + print_place(*l.place) : std::string()),
               l.body);
  }
  void whole(const ast::SheetScope& l) { with_block(l, verb(l.verb) + quoted(l.name.value), l.body); }
  void whole(const ast::PairChange& l) { line(l, verb(l.verb) + quoted(l.from.value) + " to " + quoted(l.to.value)); }
  void whole(const ast::DropSheet& l) {
    line(l, "drop sheet " + quoted(l.name.value) + (l.discarding ? " discarding data" : ""));
  }
  void whole(const ast::NameChange& l) { line(l, verb(l.verb) + quoted(l.name.value)); }
  void whole(const ast::EnumScope& l) { with_block(l, verb(l.verb) + quoted(l.name.value), l.body); }
  void whole(const ast::CreateRange& l) {
    line(l, "create range " + quoted(l.name.value) + (l.last ? " over columns " : " over column ") +
                quoted(l.first.value) + clause("to", l.last) + " of " + quoted(l.sheet.value));
  }
  void whole(const ast::Native& l);
  void whole(const ast::Down& l) {
    line(l, "down {");
    ++level_;
    top_lines(l.body.lines, false);
    close(l.body);
  }

  // --- Lines of a sheet
  // ---------------------------------------------------------------------------------------------------
  void whole(const ast::AddColumn& l) {
    with_properties(l,
                    "add column " + quoted(l.name.value) + " " + print_type(l.type) +
                        (l.place ? " " + print_place(*l.place) : std::string()),
                    l.properties);
  }
  void whole(const ast::AdoptColumn& l) {
    with_properties(l, "adopt column " + quoted(l.name.value) + " " + print_type(l.type), l.properties);
  }
  void whole(const ast::ChangeColumn& l) { with_properties(l, "change column " + quoted(l.name.value), l.properties); }
  void whole(const ast::ColumnPair& l) { line(l, verb(l.verb) + quoted(l.from.value) + " to " + quoted(l.to.value)); }
  void whole(const ast::MoveColumn& l) { line(l, "move column " + quoted(l.name.value) + " " + print_place(l.place)); }
  void whole(const ast::SplitColumn& l) {
    line(l, "split column " + quoted(l.column.value) + " by " + quoted(l.by.value) + " into " + print_names(l.into));
  }
  void whole(const ast::MergeColumns& l) {
    line(l,
         "merge columns " + print_names(l.columns) + " with " + quoted(l.with.value) + " into " + quoted(l.into.value));
  }
  void whole(const ast::RetireColumn& l) { line(l, "retire column " + quoted(l.name.value) + clause("use", l.use)); }
  void whole(const ast::DropColumn& l) {
    line(l, "drop column " + quoted(l.name.value) + (l.discarding ? " discarding data" : "") +
                clause("undo with", l.undo));
  }
  void whole(const ast::ColumnVerb& l) { line(l, verb(l.verb) + quoted(l.name.value)); }
  void whole(const ast::FillColumn& l) {
    line(l, "fill column " + quoted(l.column.value) + " with " + formula(l.formula) + clause("where", l.where) +
                policy(l.otherwise, l.expecting));
  }
  void whole(const ast::SetColumn& l) {
    line(l, "set column " + quoted(l.column.value) + " to " + formula(l.formula) + clause("where", l.where) +
                policy(l.otherwise, l.expecting) + clause("undo with", l.undo));
  }
  void whole(const ast::CleanColumn& l) { with_block(l, "clean column " + quoted(l.column.value), l.steps); }
  void whole(const ast::PlainStep& l) { line(l, std::string(words(l.value))); }
  void whole(const ast::OtherwiseStep& l) { line(l, std::string(words(l.value))); }
  void whole(const ast::BlankStep& l) { line(l, "blank " + print_names(l.texts)); }
  void whole(const ast::ReplaceStep& l) { line(l, "replace " + quoted(l.from.value) + " with " + quoted(l.to.value)); }
  void whole(const ast::ParseStep& l) {
    const ast::Formats& formats = l.formats;
    line(l, "parse " + verb(l.kind) + "from " + (formats.serial ? "serial" : "") +
                (formats.serial && !formats.texts.empty() ? ", " : "") + print_names(formats.texts));
  }
  void whole(const ast::AddRows& l) {
    line(l, "add rows by " + print_names(l.by) + " {");
    ++level_;
    line(l.rows.columns, "columns " + print_names(l.rows.columns.names));
    for (const ast::RowItem& item : l.rows.rows) ast::visit([this](const auto& row) { whole(row); }, item);
    close(l.rows);
  }
  void whole(const ast::Row& l) {
    std::string values;
    for (const ast::Literal& value : l.values) values += (values.empty() ? "" : ", ") + print_literal(value);
    line(l, "row " + values);
  }
  void whole(const ast::AddRowsFrom& l);
  void whole(const ast::AddRowsFile& l) {
    line(l, "add rows by " + print_names(l.by) + " from file " + quoted(l.path.value));
  }
  void whole(const ast::DropRows& l) { line(l, "drop rows where " + formula(l.where) + policy({}, l.expecting)); }
  void whole(const ast::KeyRule& l) { line(l, verb(l.verb) + print_names(l.columns)); }
  void whole(const ast::AddCheck& l) { line(l, "add check " + quoted(l.name.value) + " that " + formula(l.formula)); }
  void whole(const ast::DropCheck& l) { line(l, "drop check " + quoted(l.name.value)); }
  void whole(const ast::SheetSwitch& l) { line(l, std::string(words(l.value))); }
  void whole(const ast::ProtectSheet& l) {
    line(l, l.editors.empty() ? "protect sheet" : "protect sheet except " + print_editors(l.editors));
  }

  // --- Lines of an enum
  // ---------------------------------------------------------------------------------------------------
  void whole(const ast::AddValue& l) {
    line(l, "add value " + quoted(l.value.value) + (l.place ? " " + print_place(*l.place) : std::string()) +
                (l.note ? " note " + text(*l.note) : std::string()));
  }
  void whole(const ast::RenameValue& l) {
    line(l, "rename value " + quoted(l.from.value) + " to " + quoted(l.to.value));
  }
  void whole(const ast::RetireValue& l) {
    line(l, "retire value " + quoted(l.value.value) + clause("replace with", l.replacement));
  }
  void whole(const ast::DropValue& l) { line(l, "drop value " + quoted(l.value.value)); }

  PrintOptions options_;
  std::size_t level_ = 0;
  std::string out_;
};

/// Line or block is the author's choice, up to a width: then the properties of the line go into the block.
void Printer::with_properties(const ast::Line& owner, const std::string& text, const ast::Properties& properties) {
  const auto sorted = [](const std::vector<ast::Property>& from, std::vector<const ast::Property*>& into) {
    for (const ast::Property& property : from) into.push_back(&property);
    std::stable_sort(into.begin(), into.end(), [](const ast::Property* a, const ast::Property* b) {
      return ast::rank_of(*a) < ast::rank_of(*b);
    });
  };
  std::vector<const ast::Property*> on_line, in_block;
  sorted(properties.line, on_line);
  std::string whole_line = text;
  for (const ast::Property* property : on_line) whole_line += " " + print_property(*property, indent());
  if (properties.block) whole_line += " {";
  const bool too_wide = !on_line.empty() && widest_line(std::string(indent(), ' ') + whole_line) > kWidth;
  if (!too_wide && !properties.block) return line(owner, whole_line);

  if (too_wide) {
    sorted(properties.line, in_block);
    whole_line = text + " {";
  }
  line(owner, whole_line);
  if (properties.block) sorted(properties.block->lines, in_block);
  ++level_;
  for (const ast::Property* property : in_block) {
    ast::visit(
        [&](const auto& inside) {
          if constexpr (!std::is_same_v<std::decay_t<decltype(inside)>, ast::Bad>) {
            line(inside, print_property(*property, indent()));
          }
        },
        *property);
  }
  close(properties.block ? *properties.block : ast::Block<ast::Property>{});
}

void Printer::whole(const ast::AddRowsFrom& l) {
  line(l, "add rows by " + print_names(l.by) + " from " + quoted(l.sheet.value) + clause("where", l.where) + " {");
  ++level_;
  line(l.mapping.columns, "columns " + print_names(l.mapping.columns.names));
  std::string values;
  for (const ast::Formula& value : l.mapping.values.formulas) values += (values.empty() ? "" : ", ") + formula(value);
  line(l.mapping.values, "values " + values);
  close(l.mapping);
}

void Printer::whole(const ast::Native& l) {
  line(l, "native " + std::string(words(l.backend.value)) + " {");
  ++level_;
  line(l.body.up, "up " + text(l.body.up.text));
  if (l.body.down) line(*l.body.down, "down " + text(l.body.down->text));
  if (l.body.satisfied) line(*l.body.satisfied, "satisfied when " + print_check(l.body.satisfied->check, indent()));
  close(l.body);
}

bool Printer::left_out(const ast::TopLine& line) const {
  bool out = false;
  ast::visit(
      ast::overloaded{
          [&](const ast::TextHeading& h) {
            out = (h.verb.value == ast::TextHeadingKind::description && !options_.description) ||
                  (h.verb.value == ast::TextHeadingKind::author && !options_.author);
          },
          [&](const ast::ListHeading& h) { out = h.verb.value == ast::ListHeadingKind::tags && !options_.tags; },
          [&](const ast::Down&) { out = !options_.down; }, [&](const ast::Bad&) { out = true; }, [](const auto&) {}},
      line);
  return out;
}

/// One blank line between sections and around blocks at the top level; none elsewhere.
void Printer::top_lines(const std::vector<ast::TopLine>& lines, bool spaced) {
  std::vector<const ast::TopLine*> all;
  for (const ast::TopLine& line : lines) {
    if (!left_out(line)) all.push_back(&line);
  }
  std::stable_sort(all.begin(), all.end(), [](const ast::TopLine* a, const ast::TopLine* b) {
    return rank_of_heading(*a) < rank_of_heading(*b);
  });
  bool any = !out_.empty();
  Section last = Section::header;
  bool last_was_block = false;
  for (const ast::TopLine* line : all) {
    Section section = Section::changes;
    bool is_block = false;
    if (rank_of_heading(*line) < 100) section = Section::headings;
    ast::visit(ast::overloaded{[&](const ast::Claim& l) {
                                 const bool require = l.verb.value == ast::ClaimVerb::require;
                                 section = require ? Section::requires_ : Section::ensures;
                               },
                               [&](const ast::Down&) { section = Section::down, is_block = true; },
                               [&](const ast::CreateSheet&) { is_block = true; },
                               [&](const ast::SheetScope&) { is_block = true; },
                               [&](const ast::EnumScope&) { is_block = true; },
                               [&](const ast::Native&) { is_block = true; }, [](const auto&) {}},
               *line);
    if (spaced && any && (section != last || is_block || last_was_block)) out_ += "\n";
    ast::visit([this](const auto& inside) { this->whole(inside); }, *line);
    last = section;
    last_was_block = is_block;
    any = true;
  }
}

std::string Printer::file(const ast::File& file) {
  if (file.header) {
    line(*file.header, "zmig " + file.header->version.digits + clause("down of", file.header->down_of));
  }
  top_lines(file.lines, true);
  if (options_.comments && !file.tail.empty()) {
    if (!out_.empty()) out_ += "\n";
    for (const std::string& comment : file.tail) put(comment);
  }
  return std::move(out_);
}

std::string Printer::down(const ast::File& file) {
  for (const ast::TopLine& line : file.lines) {
    ast::visit(ast::overloaded{[this](const ast::Down& l) { top_lines(l.body.lines, true); }, [](const auto&) {}},
               line);
  }
  return std::move(out_);
}

}  // namespace

std::string print_tree(const ast::File& file, const PrintOptions& options) { return Printer(options).file(file); }

std::string print_down(const ast::File& file, const PrintOptions& options) { return Printer(options).down(file); }

}  // namespace zmig::dsl
