#include <zmig/expr.h>

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/text.h"

namespace zmig {

ExprBox::ExprBox() : expr_(std::make_unique<Expr>()) {}
ExprBox::ExprBox(Expr expr) : expr_(std::make_unique<Expr>(std::move(expr))) {}
ExprBox::~ExprBox() = default;
// A box that was moved from is empty; it may be copied, compared and assigned to.
ExprBox::ExprBox(const ExprBox& other) : expr_(other.expr_ ? std::make_unique<Expr>(*other.expr_) : nullptr) {}
ExprBox::ExprBox(ExprBox&& other) noexcept = default;
ExprBox& ExprBox::operator=(const ExprBox& other) {
  if (this != &other) expr_ = other.expr_ ? std::make_unique<Expr>(*other.expr_) : nullptr;
  return *this;
}
ExprBox& ExprBox::operator=(ExprBox&& other) noexcept = default;
bool ExprBox::operator==(const ExprBox& other) const {
  if (!expr_ || !other.expr_) return expr_ == other.expr_;
  return *expr_ == *other.expr_;
}

namespace {

struct ColumnCollector {
  std::vector<std::string>& ids;

  void walk(const Expr& expr) const { std::visit(*this, expr.node); }
  void walk(const std::vector<ExprBox>& boxes) const {
    for (const ExprBox& box : boxes) walk(*box);
  }

  void operator()(const expr::Literal&) const {}
  void operator()(const expr::CellRef& cell) const {
    if (std::find(ids.begin(), ids.end(), cell.column) == ids.end()) ids.push_back(cell.column);
  }
  void operator()(const expr::Variable&) const {}
  void operator()(const expr::Unary& unary) const { walk(*unary.operand); }
  void operator()(const expr::Binary& binary) const {
    walk(*binary.left);
    walk(*binary.right);
  }
  void operator()(const expr::IsBlank& test) const { walk(*test.operand); }
  void operator()(const expr::IsOneOf& test) const {
    walk(*test.operand);
    walk(test.values);
  }
  void operator()(const expr::Matches& test) const { walk(*test.operand); }
  void operator()(const expr::When& when) const {
    for (const auto& [condition, value] : when.branches) {
      walk(*condition);
      walk(*value);
    }
    walk(*when.otherwise);
  }
  void operator()(const expr::Call& call) const { walk(call.arguments); }
};

// A pattern cut at its `*`: in each part a code point, or kAny for `?`.
constexpr char32_t kAny = 0xFFFFFFFF;

std::vector<std::vector<char32_t>> pattern_parts(std::string_view pattern) {
  std::vector<std::vector<char32_t>> parts(1);
  for (std::size_t at = 0; at < pattern.size();) {
    const char32_t c = decode_utf8(pattern, at);
    if (c == U'~' && at < pattern.size() && std::string_view("*?~").find(pattern[at]) != std::string_view::npos) {
      parts.back().push_back(decode_utf8(pattern, at));
    } else if (c == U'*') {
      parts.emplace_back();
    } else {
      parts.back().push_back(c == U'?' ? kAny : c);
    }
  }
  return parts;
}

bool stands_at(const std::vector<char32_t>& text, std::size_t at, const std::vector<char32_t>& part) {
  if (text.size() - at < part.size()) return false;
  for (std::size_t i = 0; i < part.size(); ++i) {
    if (part[i] != kAny && part[i] != text[at + i]) return false;
  }
  return true;
}

}  // namespace

std::vector<std::string> columns_read(const Expr& expr) {
  std::vector<std::string> ids;
  ColumnCollector{ids}.walk(expr);
  return ids;
}

// The first part stands at the start, the last at the end, and the others where they first fit in between: no step back
// is ever needed.
bool matches_pattern(std::string_view text, std::string_view pattern) {
  std::vector<char32_t> points;
  for (std::size_t at = 0; at < text.size();) points.push_back(decode_utf8(text, at));
  const auto parts = pattern_parts(pattern);
  if (parts.size() == 1) return points.size() == parts[0].size() && stands_at(points, 0, parts[0]);
  if (!stands_at(points, 0, parts.front())) return false;
  std::size_t at = parts.front().size();
  for (std::size_t i = 1; i + 1 < parts.size(); ++i) {
    while (at < points.size() && !stands_at(points, at, parts[i])) ++at;
    if (!stands_at(points, at, parts[i])) return false;
    at += parts[i].size();
  }
  if (points.size() - at < parts.back().size()) return false;
  return stands_at(points, points.size() - parts.back().size(), parts.back());
}

}  // namespace zmig
