#include "mask.h"

#include <fmt/format.h>

#include <algorithm>

namespace sheets_server {

namespace {

Mask& child(Mask& mask, const std::string& name) {
  for (auto& [known, below] : mask.children)
    if (known == name) return below;
  mask.children.emplace_back(name, Mask{});
  return mask.children.back().second;
}

// paths := path (',' path)* ; path := name (('.' | '/') name)* [ '(' paths ')' ]
class Parser {
 public:
  explicit Parser(const std::string& text) : text_(text) {}

  bool paths(Mask& mask) {
    do {
      if (!path(mask)) return false;
    } while (take(','));
    return true;
  }
  bool at_end() const { return place_ == text_.size(); }

 private:
  bool take(char c) {
    skip();
    if (place_ < text_.size() && text_[place_] == c) {
      ++place_;
      return true;
    }
    return false;
  }
  void skip() {
    while (place_ < text_.size() && text_[place_] == ' ') ++place_;
  }
  bool path(Mask& mask) {
    Mask* here = &mask;
    do {
      skip();
      const std::size_t from = place_;
      while (place_ < text_.size() &&
             (isalnum(static_cast<unsigned char>(text_[place_])) != 0 || text_[place_] == '_' || text_[place_] == '*'))
        ++place_;
      if (place_ == from) return false;
      const std::string name = text_.substr(from, place_ - from);
      here = name == "*" ? here : &child(*here, name);
      if (name == "*") here->all = true;
    } while (take('.') || take('/'));
    if (take('(')) return paths(*here) && take(')');
    if (here->children.empty()) here->all = true;
    return true;
  }

  const std::string& text_;
  std::size_t place_ = 0;
};

std::string first_unknown(const Mask& mask, const std::string& path, const std::string& schema,
                          const Discovery& discovery) {
  for (const auto& [name, below] : mask.children) {
    const std::string here = path.empty() ? name : fmt::format("{}.{}", path, name);
    if (std::string bad = discovery.unknown_path(here, schema); !bad.empty()) return bad;
    if (std::string bad = first_unknown(below, here, schema, discovery); !bad.empty()) return bad;
  }
  return {};
}

}  // namespace

const Mask* Mask::below(std::string_view name) const {
  if (all) return this;
  const auto it = std::find_if(children.begin(), children.end(), [name](const auto& c) { return c.first == name; });
  return it == children.end() ? nullptr : &it->second;
}

Refusal parse_mask(const std::string& text, const std::string& schema, const Discovery& discovery, Mask& out) {
  Parser parser(text);
  std::string bad;
  if (!parser.paths(out) || !parser.at_end())
    bad = text;
  else
    bad = first_unknown(out, "", schema, discovery);
  if (bad.empty()) return {};
  return bad_field("Request contains an invalid argument.", bad,
                   fmt::format("Error expanding 'fields' parameter. Cannot find matching fields for path '{}'.", bad));
}

Refusal parse_body_mask(const Json& body, const std::string& schema, const Discovery& discovery, Mask& out) {
  const std::string text = text_of(body, "fields");
  if (text.empty()) return invalid("At least one field must be listed in 'fields'. (Use '*' to indicate all fields.)");
  Parser parser(text);
  std::string bad = !parser.paths(out) || !parser.at_end() ? text : first_unknown(out, "", schema, discovery);
  if (bad.empty()) return {};
  return invalid(fmt::format("Invalid field: {}", bad));
}

void prune(Json& value, const Mask& mask) {
  if (mask.all) return;
  if (value.is_array()) {
    for (Json& item : value) prune(item, mask);
    return;
  }
  if (!value.is_object()) return;
  Json kept = Json::object();
  for (auto& [name, item] : value.items()) {
    const Mask* below = mask.below(name);
    if (below == nullptr) continue;
    prune(item, *below);
    kept[name] = std::move(item);
  }
  value = std::move(kept);
}

void write_masked(Json& target, const Json& source, const Mask& mask) {
  if (mask.all) {
    target = source;
    return;
  }
  if (!target.is_object()) target = Json::object();
  for (const auto& [name, below] : mask.children) {
    const Json* given = find(source, name.c_str());
    if (below.all) {
      if (given == nullptr)
        target.erase(name);
      else
        target[name] = *given;
      continue;
    }
    Json inner = target.contains(name) ? target[name] : Json::object();
    write_masked(inner, given == nullptr ? Json::object() : *given, below);
    if (inner.empty() && given == nullptr)
      target.erase(name);
    else
      target[name] = std::move(inner);
  }
}

}  // namespace sheets_server
