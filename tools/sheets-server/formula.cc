#include "formula.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <map>
#include <optional>
#include <tuple>

#include "entry.h"
#include "number_format.h"
#include "references.h"

namespace sheets_server {

namespace {

using Kind = Value::Kind;

// What an expression is: one value, or the values of a range.
struct Operand {
  std::vector<Value> values;
  bool is_range = false;
  Value single() const { return values.empty() ? Value{} : values.front(); }
};

class Book;

// One formula, evaluated by descent over its text.
class Evaluation {
 public:
  Evaluation(Book& book, const std::string& text, const Sheet& home) : book_(book), text_(text), home_(home) {}
  // nullopt: it uses what is not known here; `unknown` says what
  std::optional<Value> run();
  std::string unknown;

 private:
  Operand comparison();
  Operand joined();
  Operand sum();
  Operand product();
  Operand power();
  Operand sign();
  Operand primary();
  Operand call(const std::string& name);
  Operand named(const std::string& name, const std::vector<Operand>& arguments);
  Operand cells(const Reference& reference);

  Operand fail(const std::string& what) {
    if (unknown.empty()) unknown = what;
    place_ = text_.size();
    return {};
  }
  static Operand one(Value value) { return {{std::move(value)}, false}; }
  char peek() {
    while (place_ < text_.size() && (text_[place_] == ' ' || text_[place_] == '\n' || text_[place_] == '\t')) ++place_;
    return place_ < text_.size() ? text_[place_] : '\0';
  }
  bool take(char c) {
    if (peek() != c) return false;
    ++place_;
    return true;
  }

  Book& book_;
  const std::string& text_;
  const Sheet& home_;
  std::size_t place_ = 1;  // behind the '='
};

// The book while it is computed: each formula once, a circle is an error.
class Book {
 public:
  Book(const Spreadsheet& book, double now) : now_(now), book_(book) {}
  Value at_cell(const Sheet& sheet, int row, int column);
  const Sheet* titled(const std::string& title) const { return book_.sheet_by_title(title); }
  double now() const { return now_; }
  std::set<std::string> unknown;

 private:
  enum class State : std::uint8_t { running, done };
  double now_;
  const Spreadsheet& book_;
  std::map<std::tuple<int, int, int>, std::pair<State, Value>> known_;
};

Value Book::at_cell(const Sheet& sheet, int row, int column) {
  const Cell* cell = sheet.cell(row, column);
  if (cell == nullptr) return {};
  if (cell->entered.kind != Kind::formula) return cell->entered;
  const auto key = std::make_tuple(sheet.id, row, column);
  if (const auto it = known_.find(key); it != known_.end())
    return it->second.first == State::running ? Value::error("#REF!") : it->second.second;
  known_[key] = {State::running, {}};
  Evaluation evaluation(*this, cell->entered.text, sheet);
  const auto result = evaluation.run();
  if (!result) unknown.insert(evaluation.unknown);
  Value value = result ? *result : cell->result ? *cell->result : Value{};
  known_[key] = {State::done, value};
  return value;
}

Value number_of(const Value& v) {
  switch (v.kind) {
    case Kind::number:
    case Kind::error: return v;
    case Kind::boolean: return Value::of(v.boolean ? 1.0 : 0.0);
    case Kind::none: return Value::of(0.0);
    case Kind::text:
    case Kind::formula: break;
  }
  const Entry entry = parse_entry(v.text, Locale{}, 1970);
  return entry.value.kind == Kind::number ? entry.value : Value::error("#VALUE!");
}

std::string text_for(const Value& v) { return format_value(v, nullptr, Locale{}); }

Value arithmetic(char sign, const Value& left, const Value& right) {
  Value a = number_of(left);
  Value b = number_of(right);
  if (a.kind == Kind::error) return a;
  if (b.kind == Kind::error) return b;
  double out = 0;
  switch (sign) {
    case '+': out = a.number + b.number; break;
    case '-': out = a.number - b.number; break;
    case '*': out = a.number * b.number; break;
    case '^': out = std::pow(a.number, b.number); break;
    default:
      if (b.number == 0) return Value::error("#DIV/0!");
      out = a.number / b.number;
  }
  return std::isfinite(out) ? Value::of(out) : Value::error("#NUM!");
}

// Numbers before texts before booleans; texts without regard to case.
int order(const Value& a, const Value& b) {
  const auto rank = [](const Value& v) { return v.kind == Kind::text ? 1 : v.kind == Kind::boolean ? 2 : 0; };
  if (a.kind == Kind::none && b.kind == Kind::text) return b.text.empty() ? 0 : -1;
  if (b.kind == Kind::none && a.kind == Kind::text) return a.text.empty() ? 0 : 1;
  if (rank(a) != rank(b)) return rank(a) - rank(b);
  if (a.kind == Kind::text) {
    const auto lower = [](std::string s) {
      std::transform(s.begin(), s.end(), s.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
      return s;
    };
    return lower(a.text).compare(lower(b.text));
  }
  if (a.kind == Kind::boolean) return static_cast<int>(a.boolean) - static_cast<int>(b.boolean);
  return a.number < b.number ? -1 : a.number > b.number ? 1 : 0;
}

std::optional<Value> Evaluation::run() {
  const Operand out = comparison();
  if (unknown.empty() && peek() != '\0') fail(text_.substr(place_, 1));
  if (!unknown.empty()) return std::nullopt;
  Value value = out.single();
  return value.kind == Kind::none ? Value::of(0.0) : value;  // a reference to nothing shows 0
}

Operand Evaluation::comparison() {
  Operand left = joined();
  while (unknown.empty()) {
    const char c = peek();
    if (c != '=' && c != '<' && c != '>') break;
    ++place_;
    std::string sign(1, c);
    if (place_ < text_.size() && (text_[place_] == '=' || (c == '<' && text_[place_] == '>'))) sign += text_[place_++];
    Operand right = joined();
    if (left.single().kind == Kind::error) return left;
    if (right.single().kind == Kind::error) return right;
    const int o = order(left.single(), right.single());
    left = one(Value::of(sign == "="    ? o == 0
                         : sign == "<>" ? o != 0
                         : sign == "<"  ? o < 0
                         : sign == "<=" ? o <= 0
                         : sign == ">"  ? o > 0
                                        : o >= 0));
  }
  return left;
}

Operand Evaluation::joined() {
  Operand left = sum();
  while (unknown.empty() && take('&')) {
    Operand right = sum();
    if (left.single().kind == Kind::error) return left;
    if (right.single().kind == Kind::error) return right;
    left = one(Value::of(text_for(left.single()) + text_for(right.single())));
  }
  return left;
}

Operand Evaluation::sum() {
  Operand left = product();
  for (char c = peek(); unknown.empty() && (c == '+' || c == '-'); c = peek()) {
    ++place_;
    left = one(arithmetic(c, left.single(), product().single()));
  }
  return left;
}

Operand Evaluation::product() {
  Operand left = power();
  for (char c = peek(); unknown.empty() && (c == '*' || c == '/'); c = peek()) {
    ++place_;
    left = one(arithmetic(c, left.single(), power().single()));
  }
  return left;
}

Operand Evaluation::power() {
  Operand left = sign();
  while (unknown.empty() && take('^')) left = one(arithmetic('^', left.single(), sign().single()));
  return left;
}

Operand Evaluation::sign() {
  if (take('-')) return one(arithmetic('-', Value::of(0.0), sign().single()));
  if (take('+')) return sign();
  Operand out = primary();
  while (unknown.empty() && take('%')) out = one(arithmetic('/', out.single(), Value::of(100.0)));
  return out;
}

Operand Evaluation::primary() {
  const char c = peek();
  if (take('(')) {
    Operand inner = comparison();
    return take(')') ? inner : fail("(");
  }
  if (c == '"') {
    std::string out;
    for (++place_; place_ < text_.size(); ++place_) {
      if (text_[place_] == '"' && place_ + 1 < text_.size() && text_[place_ + 1] == '"')
        ++place_;
      else if (text_[place_] == '"')
        break;
      out += text_[place_];
    }
    if (place_ >= text_.size()) return fail("\"");
    ++place_;
    return one(Value::of(out));
  }
  if (c == '#') {
    const std::size_t end = text_.find_first_of("!?", place_);
    if (end == std::string::npos) return fail("#");
    const std::string name = text_.substr(place_, end + 1 - place_);
    place_ = end + 1;
    return one(Value::error(name));
  }
  if (const auto reference = read_reference(text_, place_)) return cells(*reference);
  if (std::isdigit(static_cast<unsigned char>(c)) != 0 || c == '.') {
    const char* begin = text_.c_str() + place_;
    char* end = nullptr;
    const double value = std::strtod(begin, &end);
    place_ += static_cast<std::size_t>(end - begin);
    return one(Value::of(value));
  }
  std::string name;
  while (place_ < text_.size() &&
         (std::isalnum(static_cast<unsigned char>(text_[place_])) != 0 || text_[place_] == '_' || text_[place_] == '.'))
    name += static_cast<char>(std::toupper(static_cast<unsigned char>(text_[place_++])));
  if (name.empty()) return fail(std::string(1, c));
  if (name == "TRUE" && peek() != '(') return one(Value::of(true));
  if (name == "FALSE" && peek() != '(') return one(Value::of(false));
  return take('(') ? call(name) : fail(name);
}

Operand Evaluation::cells(const Reference& reference) {
  const Sheet* sheet = reference.has_title ? book_.titled(reference.title) : &home_;
  if (sheet == nullptr) return one(Value::error("#REF!"));
  const Range used{0, count(sheet->rows), 0, sheet->column_count};
  const auto span = [](int a, int b, int size, int& from, int& to) {
    from = a < 0 ? 0 : b < 0 ? a : std::min(a, b);
    to = a < 0 || b < 0 ? size : std::max(a, b) + 1;
  };
  Range r;
  span(reference.first.row, reference.last.row, used.row1, r.row0, r.row1);
  span(reference.first.column, reference.last.column, used.column1, r.column0, r.column1);
  if (!reference.is_range) {
    if (reference.first.row >= sheet->row_count || reference.first.column >= sheet->column_count)
      return one(Value::error("#REF!"));
    return one(book_.at_cell(*sheet, r.row0, r.column0));
  }
  Operand out{{}, true};
  for (int row = r.row0; row < std::min(r.row1, used.row1); ++row)
    for (int column = r.column0; column < std::min(r.column1, count(*sheet->rows[at(row)])); ++column)
      out.values.push_back(book_.at_cell(*sheet, row, column));
  return out;
}

Operand Evaluation::call(const std::string& name) {
  std::vector<Operand> arguments;
  if (!take(')')) {
    do {
      if (peek() == ',' || peek() == ';' || peek() == ')')
        arguments.push_back(one({}));
      else
        arguments.push_back(comparison());
    } while (unknown.empty() && (take(',') || take(';')));
    if (unknown.empty() && !take(')')) return fail(name + "(");
  }
  return unknown.empty() ? named(name, arguments) : Operand{};
}

Operand Evaluation::named(const std::string& name, const std::vector<Operand>& arguments) {
  if (name == "TODAY") return one(Value::of(std::floor(book_.now())));
  if (name == "NOW") return one(Value::of(book_.now()));
  if (name == "TRUE" || name == "FALSE") return one(Value::of(name == "TRUE"));
  if (name == "IF") {
    if (arguments.size() < 2 || arguments.size() > 3) return one(Value::error("#N/A"));
    const Value test = number_of(arguments[0].single());
    if (test.kind == Kind::error) return one(test);
    if (test.number != 0) return arguments[1];
    return arguments.size() == 3 ? arguments[2] : one(Value::of(false));
  }
  const bool numeric = name == "SUM" || name == "MIN" || name == "MAX" || name == "AVERAGE" || name == "COUNT";
  if (!numeric && name != "COUNTA" && name != "CONCATENATE") return fail(name);
  std::vector<double> numbers;
  int filled = 0;
  std::string text;
  for (const Operand& argument : arguments) {
    for (const Value& v : argument.values) {
      if (v.kind != Kind::none) ++filled;
      if (name == "COUNTA") continue;
      if (v.kind == Kind::error && name != "COUNT") return one(v);
      text += text_for(v);
      if (!numeric || (argument.is_range && v.kind != Kind::number)) continue;
      const Value n = number_of(v);
      if (n.kind == Kind::error && name != "COUNT") return one(n);
      if (n.kind == Kind::number) numbers.push_back(n.number);
    }
  }
  double total = 0;
  for (const double n : numbers) total += n;
  if (name == "COUNTA") return one(Value::of(static_cast<double>(filled)));
  if (name == "CONCATENATE") return one(Value::of(text));
  if (name == "COUNT") return one(Value::of(static_cast<double>(numbers.size())));
  if (name == "SUM") return one(Value::of(total));
  if (numbers.empty()) return one(name == "AVERAGE" ? Value::error("#DIV/0!") : Value::of(0.0));
  if (name == "AVERAGE") return one(Value::of(total / static_cast<double>(numbers.size())));
  return one(Value::of(name == "MIN" ? *std::min_element(numbers.begin(), numbers.end())
                                     : *std::max_element(numbers.begin(), numbers.end())));
}

}  // namespace

std::set<std::string> recalculate(Spreadsheet& book, double now) {
  struct Change {
    int sheet, row, column;
    Value value;
  };
  std::vector<Change> changes;
  Book values(book, now);
  for (int s = 0; s < count(book.sheets); ++s) {
    const Sheet& sheet = *book.sheets[at(s)];
    if (!sheet.has_formulas) continue;
    for (int r = 0; r < count(sheet.rows); ++r) {
      const Row& cells = *sheet.rows[at(r)];
      for (int c = 0; c < count(cells); ++c) {
        const Cell& cell = cells[at(c)];
        if (cell.entered.kind != Kind::formula) continue;
        Value value = values.at_cell(sheet, r, c);
        if (!cell.result || !(*cell.result == value)) changes.push_back({s, r, c, std::move(value)});
      }
    }
  }
  for (Change& change : changes) {
    Sheet& sheet = book.sheets[at(change.sheet)].edit();
    sheet.edit_cell(change.row, change.column).result = std::make_shared<const Value>(std::move(change.value));
  }
  return values.unknown;
}

}  // namespace sheets_server
