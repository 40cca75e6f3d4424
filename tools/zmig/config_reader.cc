#include "config_reader.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <limits>
#include <sstream>

#include <fmt/format.h>

#include <zmig/text.h>

namespace zmig::cli {
namespace {

namespace fs = std::filesystem;

/// The text as it may be shown: every quoted value that looks like a secret, or stands behind a telling key, is
/// covered. Same length, so that places stay right.
std::string covered(std::string text) {
  constexpr std::array<std::string_view, 7> kTelling{"password",   "passwd",  "secret", "token",
                                                     "credential", "api_key", "private"};
  for (std::size_t line = 0; line < text.size();) {
    const auto end = std::min(text.find('\n', line), text.size());
    auto key = text.substr(line, std::min(text.find('=', line), end) - line);
    std::ranges::transform(key, key.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    const bool telling =
        std::ranges::any_of(kTelling, [&](std::string_view word) { return key.find(word) != key.npos; });
    for (auto open = text.find_first_of("\"'", line); open < end;) {
      const auto close = std::min(text.find(text[open], open + 1), end);
      const auto value = std::string_view(text).substr(open + 1, close - open - 1);
      if (telling || looks_like_secret(value))
        std::fill(text.begin() + static_cast<std::ptrdiff_t>(open) + 1,
                  text.begin() + static_cast<std::ptrdiff_t>(close), '*');
      open = close >= end ? end : text.find_first_of("\"'", close + 1);
    }
    line = end + 1;
  }
  return text;
}

std::string in_lower_case(std::string_view text) {
  std::string out(text);
  if (!out.empty() && out[0] >= 'A' && out[0] <= 'Z') out[0] = static_cast<char>(out[0] + 32);
  return out;
}

std::string describe(const toml::node& node) {
  if (const auto* text = node.as_string()) return zmig::quoted(redact(text->get()));
  if (const auto* number = node.as_integer()) return std::to_string(number->get());
  if (const auto* flag = node.as_boolean()) return flag->get() ? "true" : "false";
  if (node.is_array()) return "a list";
  if (node.is_table()) return "a table";
  return "this";
}

/// Keys of the design that belong to targets or stages of another release: refused like any other that nothing reads,
/// but nobody should look for a typing error.
struct Elsewhere {
  std::string_view tail;  ///< the end of the whole key
  std::string why;
};
const std::string* reason_of(const std::string& prefix, const std::string& name) {
  static const std::array kElsewhere{
      Elsewhere{"xlsx.echo", "the stamp stands in a part of its own, and nothing of zmig in other parts; take it out"},
      Elsewhere{"xlsx.anchors", "columns are found by place and header, no name is added; take it out"},
      Elsewhere{"xlsx.max_memory", "sheets of any size are streamed, none is held whole; take it out"},
      Elsewhere{
          "csv.swap",
          "whoever saves another file of the folder in that moment would lose it; files are exchanged one by one, "
          "by a journal; take it out"},
      Elsewhere{"backup.scope", "a backup of this release holds the whole workbook; take it out"},
      Elsewhere{"backup.encrypt", "put `dir` on an encrypted file system"},
      Elsewhere{"approvals", "planned for a later release; take it out"},
      Elsewhere{"freeze", "planned for a later release; take it out"},
      Elsewhere{"maintenance", "planned for a later release; take it out"},
      Elsewhere{"vars", "planned for a later release; ${NAME} in `target` is replaced from the environment"},
      Elsewhere{"hooks.on_drift", "planned for a later release; `zmig status --check` says when there is drift"},
      Elsewhere{"lint.personal", "planned for a later release; take it out"},
      Elsewhere{"fleet", "planned for a later release; take it out"},
  };
  const auto whole = "." + prefix + name;
  const auto found = std::ranges::find_if(
      kElsewhere, [&](const Elsewhere& one) { return whole.ends_with("." + std::string(one.tail)); });
  return found == kElsewhere.end() ? nullptr : &found->why;
}

}  // namespace

std::optional<std::uint64_t> parse_size(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failure != std::errc() || number == 0) return std::nullopt;
  const std::string_view unit = text.substr(static_cast<std::size_t>(end - text.data()));
  const int shift = unit == "B" ? 0 : unit == "KiB" ? 10 : unit == "MiB" ? 20 : unit == "GiB" ? 30 : -1;
  if (shift < 0 || number > (std::numeric_limits<std::uint64_t>::max() >> shift)) return std::nullopt;
  return number << shift;
}

bool looks_like_secret(std::string_view text) {
  if (text.find("-----BEGIN") != std::string_view::npos || text.starts_with("ya29.") || text.starts_with("AIza") ||
      text.starts_with("ghp_"))
    return true;
  return redact(text) != text;
}

bool Reader::open() {
  std::ifstream in(path_, std::ios::binary);
  if (!in) return false;
  std::stringstream buffer;
  buffer << in.rdbuf();
  text_ = buffer.str();
  number_ = sources_.add(SourceFile{path_, covered(text_)});
  try {
    table_ = toml::parse(text_, path_);
  } catch (const toml::parse_error& error) {
    finding(error.source(), "ZM0702",
            fmt::format("{} cannot be read as TOML", zmig::quoted(fs::path(path_).filename().string())),
            in_lower_case(error.description()), "`zmig help environment` shows how it is written");
    return false;
  }
  return true;
}

void Reader::finding(const toml::source_region& where, std::string code, std::string message, std::string label,
                     std::optional<std::string> help) {
  Diagnostic diagnostic;
  diagnostic.code = std::move(code);
  diagnostic.message = std::move(message);
  diagnostic.primary.span = span_of(where);
  diagnostic.primary.text = std::move(label);
  diagnostic.help = std::move(help);
  out_.add(std::move(diagnostic));
}

void Reader::bad_value(const toml::node& node, const std::string& key, const std::string& wanted,
                       std::optional<std::string> help) {
  finding(node.source(), "ZM0702", fmt::format("{} is not a value for {}", describe(node), zmig::quoted(key)),
          "expected " + wanted, std::move(help));
}

void Reader::note(const std::string& key, const toml::node& node, std::map<std::string, Setting>& into) const {
  std::string value;
  if (const auto* list = node.as_array()) {
    std::vector<std::string> items;
    for (const auto& item : *list) items.push_back(describe(item));
    value = "[" + join(items, ", ") + "]";
  } else {
    value = describe(node);
  }
  into[key] = {key, value, fmt::format("{}:{}", fs::path(path_).filename().string(), node.source().begin.line)};
}

/// toml++ counts lines and columns from 1, columns in bytes here: close enough to make a byte span of one word.
std::optional<Span> Reader::span_of(const toml::source_region& where) const {
  if (where.begin.line == 0) return std::nullopt;
  std::size_t at = 0;
  for (toml::source_index line = 1; line < where.begin.line; ++line) {
    const auto next = text_.find('\n', at);
    if (next == std::string::npos) break;
    at = next + 1;
  }
  at = std::min(at + where.begin.column - 1, text_.size());
  const auto line_end = std::min(text_.find('\n', at), text_.size());
  auto end = at;
  if (where.end.line == where.begin.line && where.end.column > where.begin.column)
    end = at + (where.end.column - where.begin.column);
  else
    while (end < line_end && text_[end] != ' ' && text_[end] != '=') ++end;
  end = std::clamp(end, at, line_end);
  return Span{number_, static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(end)};
}

void note_leaves(const Reader& reader, const toml::table& table, const std::string& prefix,
                 std::map<std::string, Setting>& into) {
  for (const auto& [key, node] : table) {
    const auto name = prefix + std::string(key.str());
    if (const auto* inner = node.as_table())
      note_leaves(reader, *inner, name + ".", into);
    else
      reader.note(name, node, into);
  }
}

void read_table(Reader& reader, const toml::table& table, const std::string& prefix, const Keys& keys) {
  for (const auto& [key, node] : table) {
    const std::string name(key.str());
    const auto found = std::ranges::find(keys, name, &std::pair<std::string, Setter>::first);
    if (found != keys.end()) {
      found->second(prefix + name, node);
      continue;
    }
    if (const auto* why = reason_of(prefix, name)) {
      reader.finding(key.source(), "ZM0701", fmt::format("{} is not part of this release", zmig::quoted(prefix + name)),
                     "nothing reads this key", *why);
      continue;
    }
    std::vector<std::string> known;
    std::ranges::transform(keys, std::back_inserter(known), &std::pair<std::string, Setter>::first);
    const auto close = nearest(name, known);
    reader.finding(
        key.source(), "ZM0701", fmt::format("unknown key {}", zmig::quoted(prefix + name)), "nothing reads this key",
        close ? fmt::format("did you mean `{}`?", *close) : fmt::format("known here: {}", join(known, ", ")));
  }
}

Setter text_key(Reader& reader, std::string& into) {
  return [&reader, &into](const std::string& key, const toml::node& node) {
    if (const auto* text = node.as_string())
      into = text->get();
    else
      reader.bad_value(node, key, "a text");
  };
}
Setter flag_key(Reader& reader, bool& into) {
  return [&reader, &into](const std::string& key, const toml::node& node) {
    if (const auto* flag = node.as_boolean())
      into = flag->get();
    else
      reader.bad_value(node, key, "true or false");
  };
}
Setter texts_key(Reader& reader, std::vector<std::string>& into) {
  return [&reader, &into](const std::string& key, const toml::node& node) {
    const auto* list = node.as_array();
    if (list == nullptr) return reader.bad_value(node, key, "a list of texts");
    into.clear();
    for (const auto& item : *list) {
      if (const auto* text = item.as_string())
        into.push_back(text->get());
      else
        reader.bad_value(item, key, "a text");
    }
  };
}
Setter choice_key(Reader& reader, std::vector<std::string> words, std::function<void(const std::string&)> set) {
  return [&reader, words = std::move(words), set = std::move(set)](const std::string& key, const toml::node& node) {
    const auto* text = node.as_string();
    if (text != nullptr && std::ranges::find(words, text->get()) != words.end()) return set(text->get());
    std::vector<std::string> shown;
    for (const auto& word : words) shown.push_back(zmig::quoted(word));
    const auto close = text != nullptr ? nearest(text->get(), words) : std::nullopt;
    reader.bad_value(node, key, join(shown, ", "),
                     close ? std::optional(fmt::format("did you mean {}?", zmig::quoted(*close))) : std::nullopt);
  };
}
Setter size_key(Reader& reader, std::uint64_t& into) {
  return [&reader, &into](const std::string& key, const toml::node& node) {
    if (const auto* number = node.as_integer(); number != nullptr && number->get() >= 1) {
      into = static_cast<std::uint64_t>(number->get());
      return;
    }
    const auto* text = node.as_string();
    const auto size = text != nullptr ? parse_size(text->get()) : std::nullopt;
    if (!size) return reader.bad_value(node, key, "a size such as \"64KiB\", \"2MiB\", \"4GiB\"");
    into = *size;
  };
}
Setter milliseconds_key(Reader& reader, std::function<void(std::chrono::milliseconds)> set) {
  return [&reader, set = std::move(set)](const std::string& key, const toml::node& node) {
    const auto* text = node.as_string();
    if (text != nullptr) {
      if (const auto parsed = parse_duration(text->get())) return set(*parsed);
    }
    reader.bad_value(node, key, "a duration such as \"30s\", \"1h\", \"7d\"");
  };
}

std::string expand(Reader& reader, const Config& config, const toml::node& node, const std::string& text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const auto open = text.find("${", at);
    const auto close = open == std::string::npos ? open : text.find('}', open);
    if (close == std::string::npos) {
      if (open != std::string::npos)
        reader.finding(node.source(), "ZM0702", "`${` without `}`", "the name of a variable ends with }",
                       "write ${NAME}");
      out += text.substr(at);
      break;
    }
    out += text.substr(at, open - at);
    const auto name = text.substr(open + 2, close - open - 2);
    if (const char* value = std::getenv(name.c_str()))
      out += value;
    else if (const auto found = config.env_file.find(name); found != config.env_file.end())
      out += found->second;
    else
      reader.finding(node.source(), "ZM0702", fmt::format("the variable {} is not set", zmig::quoted(name)),
                     "used here", fmt::format("export {}=...", name));
    at = close + 1;
  }
  return out;
}

Setter table_key(Reader& reader, std::function<Keys()> keys) {
  return [&reader, keys = std::move(keys)](const std::string& key, const toml::node& node) {
    if (const auto* table = node.as_table())
      read_table(reader, *table, key + ".", keys());
    else
      reader.bad_value(node, key, "a table");
  };
}

Setter optional_text_key(Reader& reader, std::optional<std::string>& into) {
  return [&reader, &into](const std::string& key, const toml::node& node) {
    if (const auto* text = node.as_string())
      into = text->get();
    else
      reader.bad_value(node, key, "a text");
  };
}
Setter count_key(Reader& reader, std::optional<std::uint64_t>& into) {
  return [&reader, &into](const std::string& key, const toml::node& node) {
    const auto* number = node.as_integer();
    if (number == nullptr || number->get() < 0) return reader.bad_value(node, key, "a whole number from 0");
    into = static_cast<std::uint64_t>(number->get());
  };
}

}  // namespace zmig::cli
