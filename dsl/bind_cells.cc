// Lines about cells and rows (language.md 7.4, 7.5).

#include <algorithm>
#include <map>
#include <utility>

#include <zmig/text.h>

#include "binder.h"
#include "format_words.h"

namespace zmig::dsl {
namespace {

Otherwise otherwise_of(const boost::optional<ast::Choice<ast::Otherwise>>& written) {
  if (!written) return Otherwise::stop;
  switch (written->value) {
    case ast::Otherwise::stop: return Otherwise::stop;
    case ast::Otherwise::keep: return Otherwise::keep;
    case ast::Otherwise::blank: return Otherwise::blank;
  }
  return Otherwise::stop;
}

std::optional<Expecting> expecting_of(const boost::optional<ast::Expecting>& written) {
  if (!written) return std::nullopt;
  Expecting out{Expecting::Kind::exactly, written->count.value};
  if (written->bound) {
    out.kind = written->bound->value == ast::Bound::at_least ? Expecting::Kind::at_least : Expecting::Kind::at_most;
  }
  return out;
}

/// The `where` clause with its word: findings about the rows that match point there.
ast::Node where_clause(std::string_view text, const ast::Formula& where) {
  const std::size_t at = text.rfind("where", where.begin);
  if (at == std::string_view::npos) return where;
  return {static_cast<std::uint32_t>(at), where.end};
}

}  // namespace

void Binder::inside(const ast::FillColumn& line) {
  const Sheet sheet = here();
  const Column* column = column_named(sheet, line.column);
  std::optional<Expr> with =
      column != nullptr ? formula_for(line.formula, sheet, *column) : formula(line.formula, sheet);
  std::optional<Expr> where;
  if (line.where) where = condition(*line.where, sheet);
  if (column == nullptr || !with || (line.where && !where)) return;
  op::FillColumn fill{ref(sheet, *column), std::move(*with), std::move(where), otherwise_of(line.otherwise),
                      expecting_of(line.expecting)};
  const ast::Node at = line.where ? where_clause(source_.text, *line.where) : ast::Node(line.column);
  emit(std::move(fill), at, line);
}

void Binder::inside(const ast::SetColumn& line) {
  const Sheet sheet = here();
  const Column* column = column_named(sheet, line.column);
  const auto bind = [&](const ast::Formula& written) {
    return column != nullptr ? formula_for(written, sheet, *column) : formula(written, sheet);
  };
  std::optional<Expr> to = bind(line.formula);
  std::optional<Expr> where, undo;
  if (line.where) where = condition(*line.where, sheet);
  if (line.undo) undo = bind(*line.undo);
  if (column == nullptr || !to || (line.where && !where) || (line.undo && !undo)) return;
  op::SetColumn set{ref(sheet, *column),          std::move(*to), std::move(where), otherwise_of(line.otherwise),
                    expecting_of(line.expecting), std::move(undo)};
  const ast::Node at = line.where ? where_clause(source_.text, *line.where) : ast::Node(line.column);
  emit(std::move(set), at, line);
}

void Binder::inside(const ast::CleanColumn& line) {
  not_yet("clean column", line.verb);
  const Column* column = column_named(here(), line.column);
  if (column != nullptr) unsure_.insert(column->id);  // what it holds afterwards is the steps' business
}

std::optional<std::vector<ColumnRef>> Binder::columns_named(const ast::Names& names) {
  std::vector<ColumnRef> out;
  bool sound = true;
  for (const ast::Name& name : names) {
    const Column* column = column_named(here(), name);
    if (column == nullptr) {
      sound = false;
      continue;
    }
    const bool twice = std::any_of(out.begin(), out.end(), [&](const ColumnRef& one) { return one.id == column->id; });
    if (twice) {
      error("ZM0102", "column " + quoted(column->header) + " is listed twice", name);
      sound = false;
    }
    out.push_back(ref(here(), *column));
  }
  if (!sound || out.empty()) return std::nullopt;
  return out;
}

std::optional<std::vector<Value>> Binder::row(const ast::Row& line, const std::vector<ColumnRef>& columns,
                                              const ast::Names& names) {
  if (line.values.size() != columns.size()) {
    Diagnostic& found = error("ZM0107",
                              "this row has " + counted(line.values.size(), "value", "values") + " for " +
                                  counted(columns.size(), "column", "columns"),
                              line);
    if (!names.empty()) {
      found.secondary.push_back({span(ast::Node{names.front().begin, names.back().end}), {}, "these columns"});
    }
    found.help = "write `blank` for an empty cell";
    return std::nullopt;
  }
  std::vector<Value> out;
  bool sound = true;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const Column& column = *column_by_id(here(), columns[i].id);
    const std::optional<Value> value =
        value_for(line.values[i], column, "the value for " + quoted(column.header), "", nullptr);
    sound = sound && value.has_value();
    out.push_back(value.value_or(Value(Blank{})));
  }
  if (!sound) return std::nullopt;
  return out;
}

void Binder::check_row_keys(const op::AddRows& rows, const std::vector<const ast::Row*>& lines) {
  std::vector<std::size_t> places;
  for (const ColumnRef& key : rows.by) {
    const auto found = std::find(rows.columns.begin(), rows.columns.end(), key);
    places.push_back(static_cast<std::size_t>(found - rows.columns.begin()));
  }
  std::map<std::string, const ast::Row*> seen;
  for (std::size_t i = 0; i < rows.rows.size(); ++i) {
    std::string key;
    for (const std::size_t place : places) {
      const Value& value = rows.rows[i][place];
      if (is_blank(value)) {
        error("ZM0104", "the value for " + quoted(rows.columns[place].header) + " is blank, rows are found by it",
              lines[i]->values[place], "blank");
      }
      key += std::string(kind_of(value)) + to_text(value) + '\n';
    }
    const auto [first, fresh] = seen.emplace(key, lines[i]);
    if (fresh) continue;
    error("ZM0317", "two rows have the same key", *lines[i])
        .secondary.push_back({span(*first->second), {}, "first here"});
  }
}

void Binder::inside(const ast::AddRows& line) {
  const auto by = columns_named(line.by);
  const auto columns = columns_named(line.rows.columns.names);
  if (!columns) return;
  op::AddRows add{ref(here()), {}, *columns, {}};
  std::vector<const ast::Row*> lines;
  bool sound = by.has_value();
  for (const ast::RowItem& item : line.rows.rows) {
    ast::visit(ast::overloaded{[&](const ast::Bad&) { sound = false; },
                               [&](const ast::Row& written) {
                                 auto values = row(written, *columns, line.rows.columns.names);
                                 sound = sound && values.has_value();
                                 if (!values) return;
                                 add.rows.push_back(std::move(*values));
                                 lines.push_back(&written);
                               }},
               item);
  }
  if (!by) return;
  add.by = *by;
  for (std::size_t i = 0; i < by->size(); ++i) {
    if (std::find(columns->begin(), columns->end(), (*by)[i]) != columns->end()) continue;
    Diagnostic& found =
        error("ZM0101", quoted((*by)[i].header) + " is not among the columns of these rows", line.by[i]);
    found.secondary.push_back({span(line.rows.columns), {}, "the columns"});
    sound = false;
  }
  if (!sound) return;
  check_row_keys(add, lines);
  emit(std::move(add), ast::Node{line.verb.begin, line.by.back().end}, line);
}

void Binder::inside(const ast::AddRowsFrom& line) { not_yet("add rows … from", line.verb); }

void Binder::inside(const ast::AddRowsFile& line) { not_yet("add rows … from file", line.verb); }

void Binder::inside(const ast::DropRows& line) {
  not_yet("drop rows", line.verb);
  condition(line.where, Sheet(here()));
}

}  // namespace zmig::dsl
