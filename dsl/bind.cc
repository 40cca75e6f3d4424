// The file: headings, sections, the `down { }` block.

#include "bind.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include <zmig/text.h>

#include "binder.h"
#include "print.h"

namespace zmig::dsl {
namespace {

std::chrono::seconds seconds_of(const ast::Duration& duration) {
  const auto amount = static_cast<std::int64_t>(std::min<std::uint64_t>(duration.amount.value, 1'000'000));
  switch (duration.unit.value) {
    case ast::DurationUnit::hours: return std::chrono::hours(amount);
    case ast::DurationUnit::days: return std::chrono::hours(24 * amount);
    case ast::DurationUnit::weeks: return std::chrono::hours(7 * 24 * amount);
  }
  return {};
}

/// The canonical text of a check, without verb and reason.
std::string check_text(const ast::Claim& claim) {
  ast::Claim bare = claim;
  bare.comments = {};
  bare.because = boost::none;
  bare.verb.value = ast::ClaimVerb::ensure;
  ast::File file;
  file.header.emplace();
  file.header->version.digits = "1";
  file.header->version.value = 1;
  file.lines.push_back(ast::TopLine(std::move(bare)));
  const std::string text = print_tree(file);
  const std::string_view verb = "ensure ";
  const std::size_t at = text.find(verb);
  if (at == std::string::npos) return {};
  std::string out = text.substr(at + verb.size());
  while (!out.empty() && out.back() == '\n') out.pop_back();
  return out;
}

/// Where the caret of a check goes: what it claims, not what it is about.
struct Fact {
  ast::Node out;
  void to_end(const ast::Node& from, const ast::Node& whole) { out = {from.begin, std::max(from.end, whole.end)}; }
  void operator()(const ast::SheetIs& c) { to_end(c.state, c); }
  void operator()(const ast::SheetCount& c) { to_end(c.relation, c); }
  void operator()(const ast::ColumnIs& c) { to_end(c.state, c); }
  void operator()(const ast::ColumnHasType& c) { to_end(c.type, c); }
  void operator()(const ast::ColumnRefers& c) { to_end(c.target, c); }
  void operator()(const ast::ColumnsUnique& c) { out = c; }
  void operator()(const ast::EnumIs& c) { to_end(c.state, c); }
  void operator()(const ast::EnumValue& c) { to_end(c.relation, c); }
  void operator()(const ast::RowsHave& c) { to_end(c.formula, c); }
  void operator()(const ast::SampleHas& c) { to_end(c.formula, c); }
  void operator()(const ast::MigrationApplied& c) { to_end(c.migration, c); }
  void operator()(const ast::BackupOfSheet& c) { out = c; }
  void operator()(const ast::WorkbookIs& c) { out = c; }
};

}  // namespace

std::pair<std::uint32_t, std::string> split_name(std::string_view name) {
  std::uint32_t number = 0;
  const auto [end, failed] = std::from_chars(name.data(), name.data() + name.size(), number);
  if (failed != std::errc()) return {0, std::string(name)};
  std::string_view rest = name.substr(static_cast<std::size_t>(end - name.data()));
  if (!rest.empty() && rest.front() == '_') rest.remove_prefix(1);
  return {number, std::string(rest)};
}

Binder::Binder(const SourceFile& source, std::uint32_t file, const BindContext& context, std::vector<Diagnostic>& out)
    : source_(source), file_(file), context_(context), out_(out) {
  if (context.before != nullptr) schema_ = *context.before;
}

Migration Binder::bind(const ast::File& tree) {
  migration_.name = context_.name;
  std::tie(migration_.number, migration_.slug) = split_name(context_.name);
  migration_.path = source_.path;
  id_name_ = context_.name;
  if (tree.header && tree.header->down_of) {
    migration_.down_of = tree.header->down_of->value;
    in_down_ = true;
    undone_ = context_.undone_before;
    undone_name_ = migration_.down_of;
    id_name_ = "down of " + undone_name_;  // never the ids of the migration itself
  }
  script_ = &migration_.script;
  doubt_broken_lines();
  for (const ast::TopLine& line : tree.lines) {
    ast::visit([this](const auto& statement) { top(statement); }, line);
  }
  if (!in_down_) check_irreversible(tree);
  return std::move(migration_);
}

void Binder::top(const ast::Bad&) {}  // see doubt_broken_lines

void Binder::top(const ast::TextHeading& line) {
  switch (line.verb.value) {
    case ast::TextHeadingKind::description: migration_.description = line.text.value; return;
    case ast::TextHeadingKind::author: migration_.author = line.text.value; return;
    case ast::TextHeadingKind::irreversible_because:
      migration_.irreversible = line.text.value;
      irreversible_heading_ = line;
      return;
    case ast::TextHeadingKind::generated_from: migration_.generated_from = line.text.value; return;
  }
}

void Binder::top(const ast::ListHeading& line) {
  for (const ast::Text& text : line.texts) {
    if (line.verb.value == ast::ListHeadingKind::tags) {
      migration_.tags.push_back(text.value);
      continue;
    }
    migration_.depends.push_back(text.value);
    const auto& earlier = context_.earlier;
    if (std::find(earlier.begin(), earlier.end(), text.value) != earlier.end()) continue;
    Diagnostic& found = error("ZM1907", "no earlier migration " + quoted(text.value), text);
    found.help = "it names a file that comes earlier, without .zmig; without one leave the heading out";
    if (const auto near = nearest(text.value, std::vector<std::string>(earlier.begin(), earlier.end())))
      found.help = "did you mean " + quoted(*near) + "?";
  }
}

void Binder::top(const ast::KeepHeading& line) { migration_.keep_undo = seconds_of(line.duration); }

void Binder::top(const ast::AllowHeading& line) { migration_.allows.push_back({line.code.value, line.because.value}); }

void Binder::top(const ast::VariableHeading& line) {
  not_yet("variable", line.verb);
  variables_.insert(line.name.value);
}

void Binder::top(const ast::Claim& line) {
  std::optional<Check> bound = check(line.check);
  if (!bound) return;
  Fact fact;
  ast::visit(fact, line.check);
  CheckLine out;
  out.check = std::move(*bound);
  if (line.because) out.because = line.because->value;
  out.text = check_text(line);
  out.span = span(fact.out);
  auto& lines = line.verb.value == ast::ClaimVerb::require ? script_->requires_ : script_->ensures;
  lines.push_back(std::move(out));
}

void Binder::top(const ast::Down& line) {
  if (in_down_) return;  // in a down text: reported with the tree (ZM0103)
  migration_.down.emplace();
  script_ = &*migration_.down;
  in_down_ = true;
  undone_ = context_.before;
  undone_name_ = context_.name;
  gone_.clear();
  added_.clear();
  for (const ast::TopLine& inner : line.body.lines) {
    ast::visit([this](const auto& statement) { top(statement); }, inner);
  }
  const bool sound =
      std::none_of(out_.begin(), out_.end(), [](const Diagnostic& one) { return one.severity == Severity::error; });
  if (sound) check_leads_back(line);
  in_down_ = false;
  script_ = &migration_.script;
}

void Binder::check_irreversible(const ast::File& tree) {
  if (!irreversible_.empty() && !irreversible_heading_) {
    const Span first = irreversible_.front();
    Diagnostic& found = error("ZM1804", "this cannot be undone, and the heading does not say why",
                              ast::Node{first.begin, first.end}, "nothing is kept of it");
    if (irreversible_.size() > 1) {
      found.notes.push_back(counted(irreversible_.size() - 1, "line", "lines") + " below cannot be undone either");
    }
    found.help = "add to the heading: irreversible because \"…\"";
  }
  const bool has_bad = std::any_of(tree.lines.begin(), tree.lines.end(), [](const ast::TopLine& line) {
    bool bad = false;
    ast::visit(ast::overloaded{[&](const ast::Bad&) { bad = true; }, [](const auto&) {}}, line);
    return bad;
  });
  const bool judged = !has_bad && std::none_of(out_.begin(), out_.end(),
                                               [](const Diagnostic& one) { return one.severity == Severity::error; });
  if (!judged || !irreversible_.empty() || !irreversible_heading_) return;
  Diagnostic& found = error("ZM1911", "everything in this file can be undone", *irreversible_heading_);
  found.severity = Severity::warning;
  found.help = "remove the heading";
}

Migration bind_tree(const ast::File& tree, const SourceFile& source, std::uint32_t file_number,
                    const BindContext& context, std::vector<Diagnostic>& out) {
  return Binder(source, file_number, context, out).bind(tree);
}

}  // namespace zmig::dsl
