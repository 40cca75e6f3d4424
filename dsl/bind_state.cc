// The state that every line reads and advances: the schema at this line, what is known about names, the messages.

#include <algorithm>
#include <utility>

#include <zmig/header_norm.h>
#include <zmig/text.h>

#include "binder.h"

namespace zmig::dsl {
namespace {

std::string key_of(int thing, std::string_view scope, std::string_view name) {
  return std::to_string(thing) + '\n' + std::string(scope) + '\n' + norm(name);
}

}  // namespace

Diagnostic& Binder::error(std::string code, std::string message, const ast::Node& at, std::string label) {
  Diagnostic found;
  found.code = std::move(code);
  found.message = std::move(message);
  found.primary.span = span(at);
  found.primary.text = std::move(label);
  out_.push_back(std::move(found));
  return out_.back();
}

void Binder::not_yet(std::string_view construct, const ast::Node& at) {
  error("ZM0123", "zmig reads `" + std::string(construct) + "` but does not run it yet", at, "not in this version")
      .help = "nothing of this file is planned; leave the line out, or wait for the version that runs it";
}

std::size_t Binder::line_of(const Span& at) const { return line_column(source_.text, at.begin).line; }

bool Binder::emit(Operation operation, const ast::Node& at, const ast::Node& line) {
  ++number_;
  const bool advanced = advance(operation, at, line);
  script_->operations.push_back(std::move(operation));
  script_->spans.push_back(span(at));
  script_->lines.push_back(span(line));
  return advanced;
}

bool Binder::has_error_on(const ast::Node& line) const {
  return std::any_of(out_.begin(), out_.end(), [&](const Diagnostic& one) {
    const auto& at = one.primary.span;
    return one.severity == Severity::error && at && at->begin >= line.begin && at->begin < line.end;
  });
}

bool Binder::advance(const Operation& operation, const ast::Node& at, const ast::Node& line) {
  const auto refuse = [&](const Error& why) {
    doubt(line);
    if (has_error_on(line)) return false;  // the same cause, most likely
    Diagnostic& found = error(why.zm.empty() ? "ZM9901" : why.zm, why.message, at);
    if (!why.help.empty()) found.help = why.help;
    return false;
  };
  if (!in_down_) {
    const Result<Reversal> back = invert(operation, schema_);
    if (back && back->fidelity == Fidelity::irreversible) irreversible_.push_back(span(line));
  }
  const Result<std::vector<Change>> changes = lower(operation, schema_);
  if (!changes) return refuse(changes.error());
  for (const Change& change : *changes) {
    const Status applied = apply_to(change, schema_);
    if (!applied) return refuse(applied.error());
  }
  return true;
}

void Binder::remember(Thing thing, std::string_view scope, std::string_view name, const ast::Node& at) {
  added_[key_of(static_cast<int>(thing), scope, name)] = span(at);
}

void Binder::forget(Thing thing, std::string_view scope, std::string_view name, std::string how, const ast::Node& at,
                    std::string successor) {
  gone_.push_back({thing, std::string(scope), norm(name), std::move(how), std::move(successor), span(at)});
}

const Span* Binder::added_here(Thing thing, std::string_view scope, std::string_view name) const {
  const auto found = added_.find(key_of(static_cast<int>(thing), scope, name));
  return found == added_.end() ? nullptr : &found->second;
}

void Binder::doubt(std::string_view name) { doubtful_.insert(norm(name)); }

void Binder::doubt(const ast::Node& lines) {
  // A rough reading is enough: a name too many in here costs a message, not a wrong plan (the file has an error
  // already).
  const std::string_view text(source_.text);
  std::size_t at = std::min<std::size_t>(lines.begin, text.size());
  std::size_t end = std::min<std::size_t>(std::max(lines.end, lines.begin), text.size());
  const std::size_t line_end = text.find('\n', end);
  end = line_end == std::string_view::npos ? text.size() : line_end;
  while (at < end) {
    const std::size_t open = text.find('"', at);
    if (open == std::string_view::npos || open >= end) return;
    const std::size_t close = text.find_first_of("\"\n", open + 1);
    if (close == std::string_view::npos) return;
    if (text[close] == '"') doubt(text.substr(open + 1, close - open - 1));
    at = close + 1;
  }
}

void Binder::doubt_broken_lines() {
  for (const Diagnostic& one : out_) {
    if (one.severity != Severity::error || !one.primary.span || one.primary.span->begin == 0) continue;
    const std::size_t before = source_.text.rfind('\n', one.primary.span->begin - 1);
    const std::size_t begin = before == std::string::npos ? 0 : before + 1;
    doubt(ast::Node{static_cast<std::uint32_t>(begin), one.primary.span->end});
  }
}

bool Binder::is_doubtful(std::string_view name) const { return doubtful_.contains(norm(name)); }

void Binder::imagine_column(const ast::Name& name) {
  Sheet& sheet = here();
  if (column_by_header(sheet, name.value, true) != nullptr) return;
  Column column;
  column.id = "?" + std::to_string(unsure_.size());
  column.header = name.value;
  unsure_.insert(column.id);
  remember(Thing::column, sheet.id, name.value, name);
  sheet.columns.push_back(std::move(column));
}

}  // namespace zmig::dsl
