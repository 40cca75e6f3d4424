#include "targets/sqlite/sqlite_definition.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/sqlite.h"
#include "targets/sqlite/sqlite_layout.h"

namespace zmig::sqlite_workbook {
namespace {

struct Token {
  enum class Kind { word, quoted_name, string, sign };
  Kind kind = Kind::sign;
  std::size_t begin = 0, end = 0;
  std::string name;  // of word and quoted_name: without quotes
};

bool is_word_byte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '$' ||
         static_cast<unsigned char>(c) >= 0x80;
}

/// Behind a quoted thing that starts at `at`; `inner` gets what it quotes.
std::size_t skip_quoted(std::string_view sql, std::size_t at, std::string& inner) {
  const char close = sql[at] == '[' ? ']' : sql[at];
  const bool doubled = sql[at] != '[';
  for (++at; at < sql.size(); ++at) {
    if (sql[at] != close) {
      inner.push_back(sql[at]);
      continue;
    }
    if (!doubled || at + 1 >= sql.size() || sql[at + 1] != close) return at + 1;
    inner.push_back(close);
    ++at;
  }
  return at;
}

/// Behind blanks and comments.
std::size_t skip_blank(std::string_view sql, std::size_t at) {
  while (at < sql.size()) {
    const char c = sql[at];
    if (c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f') {
      ++at;
    } else if (c == '-' && sql.substr(at, 2) == "--") {
      at = std::min(sql.find('\n', at), sql.size());
    } else if (c == '/' && sql.substr(at, 2) == "/*") {
      const std::size_t end = sql.find("*/", at + 2);
      at = end == std::string_view::npos ? sql.size() : end + 2;
    } else {
      break;
    }
  }
  return at;
}

std::vector<Token> tokens_of(std::string_view sql) {
  std::vector<Token> tokens;
  for (std::size_t at = skip_blank(sql, 0); at < sql.size(); at = skip_blank(sql, at)) {
    Token token;
    token.begin = at;
    const char c = sql[at];
    if (c == '"' || c == '`' || c == '[' || c == '\'') {
      token.kind = c == '\'' ? Token::Kind::string : Token::Kind::quoted_name;
      at = skip_quoted(sql, at, token.name);
    } else if (is_word_byte(c)) {
      token.kind = Token::Kind::word;
      while (at < sql.size() && is_word_byte(sql[at])) token.name.push_back(sql[at++]);
    } else {
      ++at;
    }
    token.end = at;
    tokens.push_back(std::move(token));
  }
  return tokens;
}

bool is_sign(std::string_view sql, const Token& token, char sign) {
  return token.kind == Token::Kind::sign && sql[token.begin] == sign;
}

bool is_word(const Token& token, std::string_view word) {
  return token.kind == Token::Kind::word && same_name(token.name, word);
}

template <std::size_t N>
bool is_one_of(const Token& token, const std::array<std::string_view, N>& words) {
  return std::any_of(words.begin(), words.end(), [&](std::string_view word) { return is_word(token, word); });
}

constexpr std::array<std::string_view, 5> kTableConstraints = {"CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN"};
constexpr std::array<std::string_view, 11> kColumnConstraints = {
    "CONSTRAINT", "PRIMARY", "NOT", "NULL", "UNIQUE", "CHECK", "DEFAULT", "COLLATE", "REFERENCES", "GENERATED", "AS"};

DefinitionPart part_of(std::string text) {
  DefinitionPart part;
  part.text = std::move(text);
  const std::vector<Token> tokens = tokens_of(part.text);
  if (tokens.empty() || is_one_of(tokens.front(), kTableConstraints)) return part;
  part.column = tokens.front().name;  // SQLite takes 'name' for a column name too
  part.name_end = part.type_end = tokens.front().end;
  int depth = 0;
  for (std::size_t i = 1; i < tokens.size(); ++i) {
    const Token& token = tokens[i];
    if (depth == 0 && is_one_of(token, kColumnConstraints)) break;
    if (is_sign(part.text, token, '(')) ++depth;
    if (is_sign(part.text, token, ')')) --depth;
    part.type_end = token.end;
  }
  return part;
}

Error odd_definition() {
  return make_error(Errc::unsupported, "ZM0476", "the definition of this table cannot be taken apart");
}

}  // namespace

Result<Definition> split_definition(std::string_view sql) {
  const std::vector<Token> tokens = tokens_of(sql);
  std::size_t open = 0;
  while (open < tokens.size() && !is_sign(sql, tokens[open], '(')) ++open;
  if (open == tokens.size()) return odd_definition();
  Definition definition;
  int depth = 1;
  std::size_t start = tokens[open].end;
  for (std::size_t i = open + 1; i < tokens.size(); ++i) {
    const Token& token = tokens[i];
    if (is_sign(sql, token, '(')) ++depth;
    if (is_sign(sql, token, ')')) --depth;
    const bool closes = depth == 0;
    if (!closes && !(depth == 1 && is_sign(sql, token, ','))) continue;
    definition.parts.push_back(part_of(std::string(sql.substr(start, token.begin - start))));
    start = token.end;
    if (!closes) continue;
    definition.tail = sql.substr(start);
    return definition;
  }
  return odd_definition();
}

std::string join_definition(std::string_view table, const Definition& definition) {
  std::string sql = "CREATE TABLE " + sqlite::identifier(table) + "(";
  for (std::size_t i = 0; i < definition.parts.size(); ++i) {
    if (i != 0) sql += ",";
    sql += definition.parts[i].text;
    // A comment at the end of a definition would swallow the comma or the bracket.
    const std::size_t comment = definition.parts[i].text.rfind("--");
    if (comment != std::string::npos && definition.parts[i].text.find('\n', comment) == std::string::npos) sql += "\n";
  }
  return sql + ")" + definition.tail;
}

std::string generated_expression(std::string_view sql, std::string_view column) {
  const auto definition = split_definition(sql);
  if (!definition) return "generated";
  for (const DefinitionPart& part : definition->parts) {
    if (!same_name(part.column, column)) continue;
    const std::vector<Token> tokens = tokens_of(part.text);
    for (std::size_t i = 0; i + 1 < tokens.size(); ++i) {
      if (!is_word(tokens[i], "AS") || !is_sign(part.text, tokens[i + 1], '(')) continue;
      int depth = 0;
      for (std::size_t k = i + 1; k < tokens.size(); ++k) {
        if (is_sign(part.text, tokens[k], '(')) ++depth;
        if (is_sign(part.text, tokens[k], ')') && --depth == 0) {
          return part.text.substr(tokens[i + 1].end, tokens[k].begin - tokens[i + 1].end);
        }
      }
    }
  }
  return "generated";
}

bool mentions_name(std::string_view sql, std::string_view name) {
  const std::vector<Token> tokens = tokens_of(sql);
  return std::any_of(tokens.begin(), tokens.end(), [&](const Token& token) {
    return (token.kind == Token::Kind::word || token.kind == Token::Kind::quoted_name) && same_name(token.name, name);
  });
}

std::string small_letters(std::string_view name) {
  std::string out(name);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

bool mentions_any(std::string_view sql, const std::set<std::string, std::less<>>& lower) {
  const std::vector<Token> tokens = tokens_of(sql);
  return std::any_of(tokens.begin(), tokens.end(), [&](const Token& token) {
    const bool name = token.kind == Token::Kind::word || token.kind == Token::Kind::quoted_name;
    return name && lower.contains(small_letters(token.name));
  });
}

std::vector<std::string> plain_words(std::string_view sql) {
  std::vector<std::string> words;
  for (const Token& token : tokens_of(sql)) {
    const bool name = token.kind == Token::Kind::word || token.kind == Token::Kind::quoted_name;
    words.push_back(name ? small_letters(token.name) : std::string(sql.substr(token.begin, token.end - token.begin)));
  }
  return words;
}

std::string name_behind(std::string_view sql, std::size_t index0) {
  const std::vector<Token> tokens = tokens_of(sql);
  std::size_t at = index0 + 1;
  if (at + 3 < tokens.size() && is_word(tokens[at], "IF") && is_word(tokens[at + 1], "NOT")) at += 3;
  if (at + 2 < tokens.size() && is_sign(sql, tokens[at + 1], '.')) at += 2;
  return at < tokens.size() ? tokens[at].name : std::string();
}

std::optional<TriggerEvent> trigger_event(std::string_view sql) {
  const std::vector<Token> tokens = tokens_of(sql);
  std::size_t at = 0;
  while (at < tokens.size() && !is_word(tokens[at], "TRIGGER")) ++at;
  ++at;
  if (at + 2 < tokens.size() && is_word(tokens[at], "IF") && is_word(tokens[at + 1], "NOT")) at += 3;
  ++at;                                                              // the name
  if (at < tokens.size() && is_sign(sql, tokens[at], '.')) at += 2;  // it was the schema
  for (; at < tokens.size(); ++at) {
    if (is_word(tokens[at], "INSERT")) return TriggerEvent{TriggerEvent::Kind::insert, {}};
    if (is_word(tokens[at], "DELETE")) return TriggerEvent{TriggerEvent::Kind::remove, {}};
    if (is_word(tokens[at], "UPDATE")) break;
    if (is_word(tokens[at], "ON")) return std::nullopt;
  }
  if (at >= tokens.size()) return std::nullopt;
  TriggerEvent event;
  if (at + 1 < tokens.size() && is_word(tokens[at + 1], "OF")) {
    for (at += 2; at < tokens.size() && !is_word(tokens[at], "ON"); ++at) {
      if (tokens[at].kind != Token::Kind::sign) event.columns.push_back(tokens[at].name);
    }
  }
  return event;
}

}  // namespace zmig::sqlite_workbook
