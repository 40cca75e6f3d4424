#pragma once
// Short ways to write values, formulas and schemas in the tests of the model.

#include <map>
#include <string>
#include <utility>
#include <vector>

#include <zmig/change.h>
#include <zmig/expr.h>
#include <zmig/schema.h>
#include <zmig/value.h>

namespace zmig::test {

inline Type of_kind(TypeKind kind, int digits = 0, std::string of = {}) {
  Type type;
  type.kind = kind;
  type.digits = digits;
  type.of = std::move(of);
  return type;
}

inline Value text(std::string utf8) { return Text{std::move(utf8)}; }
inline Value number(double value) { return Number{value}; }
inline Value boolean(bool value) { return Boolean{value}; }
inline Value date(int year, int month, int day) { return Date{from_civil(year, month, day).value()}; }
inline Value at(int year, int month, int day, std::int64_t ms) {
  return DateTime{from_civil(year, month, day).value() * std::int64_t{86'400'000} + ms};
}

/// "number 3", "text abc", "blank", "fault overflow": one text for the whole outcome.
inline std::string told(const Value& value) {
  return is_blank(value) ? "blank" : std::string(kind_of(value)) + " " + to_text(value);
}
inline std::string told(const Fault& fault) { return "fault " + std::string(to_string(fault.kind)); }
inline std::string told(const Evaluated& outcome) {
  if (const auto* fault = std::get_if<Fault>(&outcome)) return told(*fault);
  return told(std::get<Value>(outcome));
}

inline Expr lit(Value value) { return Expr{expr::Literal{std::move(value)}}; }
inline Expr lit(const char* utf8) { return lit(text(utf8)); }
inline Expr lit(double value) { return lit(number(value)); }
inline Expr nothing() { return lit(Value{Blank{}}); }
inline Expr col(std::string id) { return Expr{expr::CellRef{id, id}}; }
inline Expr var(std::string name) { return Expr{expr::Variable{std::move(name)}}; }
inline Expr unary(UnaryOp op, Expr operand) { return Expr{expr::Unary{op, std::move(operand)}}; }
inline Expr binary(Expr left, BinaryOp op, Expr right) {
  return Expr{expr::Binary{op, std::move(left), std::move(right)}};
}
inline std::vector<ExprBox> boxes(const std::vector<Expr>& exprs) { return {exprs.begin(), exprs.end()}; }
inline Expr call(std::string name, const std::vector<Expr>& arguments) {
  return Expr{expr::Call{std::move(name), boxes(arguments)}};
}

inline Column column(std::string id, std::string header, Type type = {}) {
  Column made;
  made.id = std::move(id);
  made.header = std::move(header);
  made.type = std::move(type);
  return made;
}

inline Column foreign(std::string id, std::string header) {
  Column made = column(std::move(id), std::move(header));
  made.managed = false;
  return made;
}

inline Sheet sheet(std::string id, std::string title, std::vector<Column> columns = {}) {
  Sheet made;
  made.id = std::move(id);
  made.title = std::move(title);
  made.columns = std::move(columns);
  return made;
}

/// One row for the evaluator: cells by column id.
class Row {
 public:
  Row& with(Column definition, Value value) {
    const std::string id = definition.id;
    columns_[id] = std::move(definition);
    cells_[id] = Cell{std::move(value), {}, {}};
    return *this;
  }
  Row& variable(const std::string& name, Value value) {
    variables_[name] = std::move(value);
    return *this;
  }
  Row& from_text() {
    text_source_ = true;
    return *this;
  }
  [[nodiscard]] RowContext context() const {
    RowContext made;
    made.cell = [this](const std::string& id) -> const Cell& { return cells_.at(id); };
    made.column = [this](const std::string& id) -> const Column& { return columns_.at(id); };
    made.variable = [this](const std::string& name) -> const Value* {
      const auto found = variables_.find(name);
      return found == variables_.end() ? nullptr : &found->second;
    };
    made.text_source = text_source_;
    return made;
  }
  [[nodiscard]] std::string told(const Expr& expr) const { return test::told(evaluate(expr, context())); }

 private:
  std::map<std::string, Column> columns_;
  std::map<std::string, Cell> cells_;
  std::map<std::string, Value> variables_;
  bool text_source_ = false;
};

}  // namespace zmig::test
