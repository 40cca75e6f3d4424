#include "config.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>

#include <fmt/format.h>
#include <toml++/toml.h>

#include <zmig/lint.h>
#include <zmig/text.h>

namespace zmig::cli {
namespace {

namespace fs = std::filesystem;

/// What hooks are told besides (without `ZMIG_`); a zmig that a hook calls finds them and has no use for them.
constexpr std::array kToldToHooks{"EVENT", "RUN", "DEPLOYMENT", "MIGRATION", "POSITION", "REPORT"};

constexpr std::array kVariables{"ZMIG_ENV",          "ZMIG_CONFIG",       "ZMIG_TARGET",          "ZMIG_LEDGER",
                                "ZMIG_STATE_DIR",    "ZMIG_COLOR",        "ZMIG_ASCII",           "ZMIG_PROGRESS",
                                "ZMIG_FORMAT",       "ZMIG_LOG_LEVEL",    "ZMIG_LOG_DIR",         "ZMIG_NO_INPUT",
                                "ZMIG_YES",          "ZMIG_CONFIRM",      "ZMIG_REASON",          "ZMIG_ACTOR",
                                "ZMIG_TIMEOUT",      "ZMIG_LOCK_TIMEOUT", "ZMIG_ROLLBACK_WINDOW", "ZMIG_FAILPOINT",
                                "ZMIG_FAILPOINT_LOG"};

bool looks_like_secret(std::string_view text) {
  if (text.find("-----BEGIN") != std::string_view::npos || text.starts_with("ya29.") || text.starts_with("AIza") ||
      text.starts_with("ghp_"))
    return true;
  return redact(text) != text;
}

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

/// One file while it is read: where findings go, and how a node becomes a span.
class Reader {
 public:
  Reader(std::string path, SourceMap& sources, Diagnostics& out)
      : path_(std::move(path)), sources_(sources), out_(out) {}

  bool open() {
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

  const toml::table& table() const { return table_; }

  void finding(const toml::source_region& where, std::string code, std::string message, std::string label,
               std::optional<std::string> help) {
    Diagnostic diagnostic;
    diagnostic.code = std::move(code);
    diagnostic.message = std::move(message);
    diagnostic.primary.span = span_of(where);
    diagnostic.primary.text = std::move(label);
    diagnostic.help = std::move(help);
    out_.add(std::move(diagnostic));
  }
  void bad_value(const toml::node& node, const std::string& key, const std::string& wanted,
                 std::optional<std::string> help = std::nullopt) {
    finding(node.source(), "ZM0702", fmt::format("{} is not a value for {}", describe(node), zmig::quoted(key)),
            "expected " + wanted, std::move(help));
  }

  /// Notes what the file says, with its place.
  void note(const std::string& key, const toml::node& node, std::map<std::string, Setting>& into) const {
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

  /// A place to come back to, when all of it was read.
  std::optional<Span> place(const toml::node& node) const { return span_of(node.source()); }

 private:
  static std::string in_lower_case(std::string_view text) {
    std::string out(text);
    if (!out.empty() && out[0] >= 'A' && out[0] <= 'Z') out[0] = static_cast<char>(out[0] + 32);
    return out;
  }
  static std::string describe(const toml::node& node) {
    if (const auto* text = node.as_string()) return zmig::quoted(redact(text->get()));
    if (const auto* number = node.as_integer()) return std::to_string(number->get());
    if (const auto* flag = node.as_boolean()) return flag->get() ? "true" : "false";
    if (node.is_array()) return "a list";
    if (node.is_table()) return "a table";
    return "this";
  }
  /// toml++ counts lines and columns from 1, columns in bytes here: close enough to make a byte span of one word.
  std::optional<Span> span_of(const toml::source_region& where) const {
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

  std::string path_, text_;
  SourceMap& sources_;
  Diagnostics& out_;
  toml::table table_;
  std::uint32_t number_ = 0;
};

/// The keys of one table: name and what to do with the value. The list is the only place that knows them.
using Setter = std::function<void(const std::string& key, const toml::node&)>;
using Keys = std::vector<std::pair<std::string, Setter>>;

/// Every leaf below a table that was read.
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

/// Keys of the design that belong to targets or stages of another release: refused like any other that nothing reads,
/// but nobody should look for a typing error.
struct Elsewhere {
  std::string_view tail;  ///< the end of the whole key
  std::string why;
};
const std::string* reason_of(const std::string& prefix, const std::string& name) {
  static const std::array kElsewhere{
      Elsewhere{"quota", "no target of this release is a service with a quota; take it out"},
      Elsewhere{"credentials", "no target of this release asks for credentials; take it out"},
      Elsewhere{"connect_timeout", "no target of this release is reached over a network; take it out"},
      Elsewhere{"request_timeout", "no target of this release is reached over a network; take it out"},
      Elsewhere{"gsheet", "this release has no target gsheet:; take it out"},
      Elsewhere{"xlsx", "this release has no target xlsx:; take it out"},
      Elsewhere{"locale", "sqlite: and csv: workbooks have no locale to agree with; take it out"},
      Elsewhere{"timezone", "sqlite: and csv: workbooks have no time zone to agree with; take it out"},
      Elsewhere{"csv.swap", "this release reads csv: and does not write it; take it out"},
      Elsewhere{"csv.formula", "this release reads csv: and does not write it; take it out"},
      Elsewhere{"csv.ragged", "records shorter than the header are read as if blank cells followed; take it out"},
      Elsewhere{"sqlite.strict",
                "tables are made without STRICT, so that each cell keeps how it was stored; take it out"},
      Elsewhere{"verify.sample", "`zmig verify` looks at every row in this release; take it out"},
      Elsewhere{"csv.dialect", "say `delimiter` and `encoding` under csv; quotes and line ends are found"},
      Elsewhere{"sqlite.order", "zmig keeps the order of columns beside the table; take it out"},
      Elsewhere{"backup.modes", "`cells` is the only mode of this release; take it out"},
      Elsewhere{"backup.folder", "backups go to a local folder: `dir`"},
      Elsewhere{"backup.scope", "a backup of this release holds the whole workbook; take it out"},
      Elsewhere{"backup.encrypt", "put `dir` on an encrypted file system"},
      Elsewhere{"approvals", "planned for a later release; take it out"},
      Elsewhere{"freeze", "planned for a later release; take it out"},
      Elsewhere{"maintenance", "planned for a later release; take it out"},
      Elsewhere{"vars", "planned for a later release; ${NAME} in `target` is replaced from the environment"},
      Elsewhere{"fleet", "planned for a later release; take it out"},
      Elsewhere{"hooks.before_apply", "planned for a later release; `require` lines stop a run before it writes"},
  };
  const auto whole = "." + prefix + name;
  const auto found = std::ranges::find_if(
      kElsewhere, [&](const Elsewhere& one) { return whole.ends_with("." + std::string(one.tail)); });
  return found == kElsewhere.end() ? nullptr : &found->why;
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
/// One of a few words.
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
template <class Duration>
Setter duration_key(Reader& reader, std::function<void(Duration)> set) {
  return [&reader, set = std::move(set)](const std::string& key, const toml::node& node) {
    const auto* text = node.as_string();
    if (text != nullptr) {
      if (const auto parsed = parse_duration(text->get())) return set(std::chrono::duration_cast<Duration>(*parsed));
    }
    reader.bad_value(node, key, "a duration such as \"30s\", \"1h\", \"7d\"");
  };
}

/// ${NAME} from the environment, else from env_file; an unset one is an error.
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

/// ZM1302 = "error". Whether there is such a rule is said when lint runs, with the other ids at hand.
Setter rules_key(Reader& reader, std::map<std::string, std::string>& into) {
  return [&reader, &into](const std::string& key, const toml::node& node) {
    const auto* table = node.as_table();
    if (table == nullptr) return reader.bad_value(node, key, "a table such as { ZM1302 = \"error\" }");
    for (const auto& [id, severity] : *table) {
      const std::string name(id.str());
      if (find_lint_rule(name) == nullptr) {
        std::vector<std::string> known;
        for (const LintRule& rule : lint_rules()) known.emplace_back(rule.id);
        const auto close = nearest(name, known);
        reader.finding(id.source(), "ZM0702", fmt::format("there is no rule {}", zmig::quoted(name)),
                       "expected the id of a rule",
                       close ? fmt::format("did you mean {}?", *close) : "`zmig lint --list` shows the rules");
        continue;
      }
      choice_key(reader, {"error", "warning", "info", "off"}, [&into, &name](const std::string& word) {
        into[name] = word;
      })(fmt::format("{}.{}", key, name), severity);
    }
  };
}

Keys lint_keys(Reader& reader, LintConfig& lint) {
  return {
      {"fail_on", choice_key(reader, {"error", "warning", "info", "never"},
                             [&lint](const std::string& word) { lint.fail_on = word; })},
      {"rules", rules_key(reader, lint.rules)},
      {"header_pattern", optional_text_key(reader, lint.header_pattern)},
      {"base", optional_text_key(reader, lint.base)},
      {"min_window",
       duration_key<std::chrono::seconds>(reader, [&lint](std::chrono::seconds value) { lint.min_window = value; })},
      {"max_calls", count_key(reader, lint.max_calls)},
      {"max_cells", count_key(reader, lint.max_cells)},
  };
}

Keys contract_keys(Reader& reader, ContractConfig& contract) {
  return {{"file", text_key(reader, contract.file)},
          {"uphold", texts_key(reader, contract.uphold)},
          {"extras", choice_key(reader, {"allow", "forbid"},
                                [&contract](const std::string& word) { contract.extras_allowed = word == "allow"; })},
          {"positions", flag_key(reader, contract.positions)}};
}

Keys ci_keys(Reader& reader, CiConfig& ci) {
  return {{"env", optional_text_key(reader, ci.env)},
          {"rehearse_on", optional_text_key(reader, ci.rehearse_on)},
          {"base", optional_text_key(reader, ci.base)},
          {"dir", optional_text_key(reader, ci.dir)},
          {"fail_on",
           choice_key(reader, {"error", "warning", "info"}, [&ci](const std::string& word) { ci.fail_on = word; })},
          {"max_duration", duration_key<std::chrono::milliseconds>(
                               reader, [&ci](std::chrono::milliseconds value) { ci.max_duration = value; })},
          {"allow_skip", texts_key(reader, ci.allow_skip)}};
}

Keys report_keys(Reader& reader, ReportConfig& report) {
  return {{"dir", optional_text_key(reader, report.dir)},
          {"formats", [&reader, &report](const std::string& key, const toml::node& node) {
             texts_key(reader, report.formats)(key, node);
             for (const auto& format : report.formats)
               if (format != "md" && format != "json" && format != "html")
                 reader.bad_value(node, key, "a list of \"md\", \"json\", \"html\"");
           }}};
}

/// [{ run = ["./smoke.sh"], timeout = "5m" }]
Setter hooks_key(Reader& reader, std::vector<Hook>& into) {
  return [&reader, &into](const std::string& key, const toml::node& node) {
    const auto* list = node.as_array();
    if (list == nullptr) return reader.bad_value(node, key, "a list such as [{ run = [\"./smoke.sh\"] }]");
    into.clear();
    for (const auto& item : *list) {
      const auto* table = item.as_table();
      if (table == nullptr) {
        reader.bad_value(item, key, "a table such as { run = [\"./smoke.sh\"] }");
        continue;
      }
      Hook hook;
      read_table(reader, *table, key + ".",
                 {{"run", texts_key(reader, hook.run)},
                  {"pass", texts_key(reader, hook.pass)},
                  {"timeout", duration_key<std::chrono::milliseconds>(
                                  reader, [&hook](std::chrono::milliseconds value) { hook.timeout = value; })},
                  {"optional", flag_key(reader, hook.optional)}});
      if (hook.run.empty())
        reader.bad_value(item, key, "`run`, a list of the program and its arguments");
      else
        into.push_back(std::move(hook));
    }
  };
}

Keys hooks_keys(Reader& reader, HooksConfig& hooks) {
  return {{"smoke", hooks_key(reader, hooks.smoke)},
          {"on_applied", hooks_key(reader, hooks.on_applied)},
          {"on_undone", hooks_key(reader, hooks.on_undone)},
          {"on_failed", hooks_key(reader, hooks.on_failed)}};
}

/// Whether a version lies in ">=0.1, <2"; none when that is no range.
std::optional<bool> version_fits(std::string_view version, std::string_view range) {
  using Parts = std::array<std::uint32_t, 3>;
  const auto parts = [](std::string_view text) -> std::optional<Parts> {
    Parts out{};
    const auto pieces = split(text, '.');
    if (pieces.empty() || pieces.size() > out.size()) return std::nullopt;
    for (std::size_t at = 0; at < pieces.size(); ++at) {
      const auto& piece = pieces[at];
      const auto [end, failure] = std::from_chars(piece.data(), piece.data() + piece.size(), out[at]);
      if (failure != std::errc() || end != piece.data() + piece.size() || piece.empty()) return std::nullopt;
    }
    return out;
  };
  const auto own = parts(version);
  bool fits = own.has_value();
  for (auto piece : split(range, ',')) {
    std::erase(piece, ' ');
    const auto digits = piece.find_first_not_of("<>=");
    const auto sign = piece.substr(0, digits);
    const auto wanted = digits == std::string::npos ? std::nullopt : parts(std::string_view(piece).substr(digits));
    if (!wanted || !own) return std::nullopt;
    if (sign == ">=")
      fits = fits && *own >= *wanted;
    else if (sign == ">")
      fits = fits && *own > *wanted;
    else if (sign == "<=")
      fits = fits && *own <= *wanted;
    else if (sign == "<")
      fits = fits && *own < *wanted;
    else if (sign == "=" || sign.empty())
      fits = fits && *own == *wanted;
    else
      return std::nullopt;
  }
  return fits;
}

Keys environment_keys(Reader& reader, const Config& config, Environment& env) {
  return {
      {"target",
       [&reader, &config, &env](const std::string& key, const toml::node& node) {
         const auto* text = node.as_string();
         if (text == nullptr) return reader.bad_value(node, key, "a target such as \"sqlite:workbook.db\"");
         if (looks_like_secret(text->get()))
           return reader.finding(node.source(), "ZM0707", fmt::format("{} holds a secret", zmig::quoted(key)),
                                 "secrets never stand in this file",
                                 "take the user and password out; name a variable or a credentials file instead");
         env.target = expand(reader, config, node, text->get());
       }},
      {"expect_title", text_key(reader, env.expect_title)},
      {"copy_of",
       [&reader, &env](const std::string& key, const toml::node& node) {
         text_key(reader, env.copy_of)(key, node);
         env.copy_of_at = reader.place(node);
       }},
      {"confirm", choice_key(reader, {"none", "prompt", "typed"},
                             [&env](const std::string& word) {
                               env.confirm = word == "none"     ? Confirm::none
                                             : word == "prompt" ? Confirm::prompt
                                                                : Confirm::typed;
                             })},
      {"reason", choice_key(reader, {"optional", "required"},
                            [&env](const std::string& word) { env.reason_required = word == "required"; })},
      {"read_only", flag_key(reader, env.read_only)},
      {"lock", flag_key(reader, env.locks)},
      {"protect", texts_key(reader, env.protect)},
      {"out_of_order", choice_key(reader, {"refuse", "allow"},
                                  [&env](const std::string& word) { env.out_of_order = word == "allow"; })},
      {"drift",
       choice_key(reader, {"refuse", "warn"}, [&env](const std::string& word) { env.allow_drift = word == "warn"; })},
      {"rollback_window",
       duration_key<std::chrono::seconds>(reader, [&env](std::chrono::seconds value) { env.rollback_window = value; })},
      {"on_failed_verify",
       choice_key(reader, {"stop", "down"}, [&env](const std::string& word) { env.takes_back = word == "down"; })},
      {"lock_timeout", duration_key<std::chrono::milliseconds>(
                           reader, [&env](std::chrono::milliseconds value) { env.lock_timeout = value; })},
      {"backup", table_key(reader,
                           [&reader, &config, &env] {
                             return Keys{
                                 {"dir",
                                  [&reader, &config, &env](const std::string& key, const toml::node& node) {
                                    if (const auto* text = node.as_string())
                                      env.backup_dir = expand(reader, config, node, text->get());
                                    else
                                      reader.bad_value(node, key, "a folder");
                                  }},
                                 {"required", flag_key(reader, env.backup_required)},
                                 {"name", text_key(reader, env.backup_name)},
                                 {"keep", duration_key<std::chrono::seconds>(
                                              reader, [&env](std::chrono::seconds value) { env.backup_keep = value; })},
                                 {"keep_last", [&reader, &env](const std::string& key, const toml::node& node) {
                                    const auto count = node.value_exact<std::int64_t>();
                                    if (count && *count >= 1 && *count <= 1'000'000)
                                      env.backup_keep_last = static_cast<std::uint32_t>(*count);
                                    else
                                      reader.bad_value(node, key, "a number, 1 or more");
                                  }}};
                           })},
      {"verify", table_key(reader,
                           [&reader, &env] {
                             return Keys{{"sensitive", texts_key(reader, env.sensitive)}};
                           })},
      {"csv", table_key(reader,
                        [&reader, &env] {
                          return Keys{{"files", texts_key(reader, env.options.csv_files)},
                                      {"delimiter", text_key(reader, env.options.csv_delimiter)},
                                      {"encoding", text_key(reader, env.options.csv_encoding)}};
                        })},
      {"sqlite", table_key(reader,
                           [&reader, &env] {
                             return Keys{{"triggers", choice_key(reader, {"refuse", "fire", "suppress"},
                                                                 [&env](const std::string& word) {
                                                                   env.options.fire_triggers = word == "fire";
                                                                   env.options.suppress_triggers = word == "suppress";
                                                                 })}};
                           })},
      {"lint", table_key(reader, [&reader, &env] { return lint_keys(reader, env.lint); })},
      {"header_row",
       [&reader, &env](const std::string& key, const toml::node& node) {
         const auto* table = node.as_table();
         if (table == nullptr) return reader.bad_value(node, key, "a table of sheet = row");
         for (const auto& [sheet, row] : *table) {
           const auto* number = row.as_integer();
           if (number == nullptr || number->get() < 1 || number->get() > 1048576)
             reader.bad_value(row, key + "." + std::string(sheet.str()), "a row number from 1");
           else
             env.options.header_rows.emplace_back(std::string(sheet.str()), static_cast<std::uint32_t>(number->get()));
         }
       }},
  };
}

Keys top_keys(Reader& reader, Config& config) {
  const auto zmig_keys = [&reader, &config] {
    return Keys{
        {"format",
         [&reader](const std::string& key, const toml::node& node) {
           const auto* number = node.as_integer();
           if (number == nullptr || number->get() != 1)
             reader.bad_value(node, key, "1, the format that this zmig reads");
         }},
        {"requires",
         [&reader](const std::string& key, const toml::node& node) {
           const auto* text = node.as_string();
           const auto fits = text == nullptr ? std::nullopt : version_fits(ZMIG_VERSION, text->get());
           if (!fits) return reader.bad_value(node, key, "a range of versions such as \">=0.1\" or \">=0.1, <2\"");
           if (!*fits)
             reader.finding(node.source(), "ZM0702",
                            fmt::format("this project asks for zmig {}; this is {}", text->get(), ZMIG_VERSION),
                            "asked for here", "install a version that fits");
         }},
        {"env_file", [](const std::string&, const toml::node&) {}},  // read before everything else
        {"project", text_key(reader, config.project)},
        {"default_env",
         [&reader, &config](const std::string& key, const toml::node& node) {
           text_key(reader, config.default_env)(key, node);
           config.default_env_at = reader.place(node);
         }},
        {"dir", text_key(reader, config.dir)},
        {"schemas", text_key(reader, config.schemas)},
        {"state_dir", text_key(reader, config.state_dir)},
        {"ledger", text_key(reader, config.ledger)},
        {"rollback_window", duration_key<std::chrono::seconds>(
                                reader, [&config](std::chrono::seconds value) { config.rollback_window = value; })},
        {"actor", text_key(reader, config.actor)},
    };
  };
  return {
      {"zmig", table_key(reader, zmig_keys)},
      {"env",
       [&reader, &config](const std::string& key, const toml::node& node) {
         const auto* table = node.as_table();
         if (table == nullptr) return reader.bad_value(node, key, "tables [env.NAME]");
         for (const auto& [name, entry] : *table) {
           const auto* section = entry.as_table();
           const std::string env_name(name.str());
           if (section == nullptr) {
             reader.bad_value(entry, fmt::format("{}.{}", key, env_name), "a table");
             continue;
           }
           // The name goes into file names and printed commands.
           if (!is_environment_name(env_name)) {
             reader.finding(name.source(), "ZM0702",
                            fmt::format("{} is no name for an environment", zmig::quoted(env_name)), "declared here",
                            "use letters, digits, _ and -");
             continue;
           }
           auto& env = config.environments[env_name];
           env.name = env_name;
           read_table(reader, *section, fmt::format("{}.{}.", key, env_name), environment_keys(reader, config, env));
           if (env.target.empty() && !section->contains("target"))
             reader.finding(name.source(), "ZM0702",
                            fmt::format("environment {} has no target", zmig::quoted(env_name)), "declared here",
                            "add: target = \"sqlite:workbook.db\"");
         }
       }},
      {"lint", table_key(reader, [&reader, &config] { return lint_keys(reader, config.lint); })},
      {"contract", table_key(reader, [&reader, &config] { return contract_keys(reader, config.contract); })},
      {"ci", table_key(reader, [&reader, &config] { return ci_keys(reader, config.ci); })},
      {"report", table_key(reader, [&reader, &config] { return report_keys(reader, config.report); })},
      {"hooks", table_key(reader, [&reader, &config] { return hooks_keys(reader, config.hooks); })},
      {"output",
       table_key(reader,
                 [&reader, &config] {
                   return Keys{{"color", choice_key(reader, {"auto", "always", "never"},
                                                    [&config](const std::string& word) { config.color = word; })},
                               {"progress", choice_key(reader, {"auto", "bar", "plain", "none"},
                                                       [&config](const std::string& word) { config.progress = word; })},
                               {"width",
                                [&reader, &config](const std::string& key, const toml::node& node) {
                                  const auto* number = node.as_integer();
                                  const auto* text = node.as_string();
                                  if (number != nullptr && number->get() >= 20 && number->get() <= 10000)
                                    config.width = static_cast<std::size_t>(number->get());
                                  else if (text != nullptr && text->get() == "auto")
                                    config.width = 0;
                                  else
                                    reader.bad_value(node, key, "\"auto\", or a number of columns from 20");
                                }},
                               {"ascii", [&reader, &config](const std::string& key, const toml::node& node) {
                                  if (const auto* flag = node.as_boolean())
                                    config.ascii = flag->get();
                                  else
                                    reader.bad_value(node, key, "true or false");
                                }}};
                 })},
      {"log", table_key(reader,
                        [&reader, &config] {
                          return Keys{
                              {"dir",
                               [&reader, &config](const std::string& key, const toml::node& node) {
                                 if (const auto* text = node.as_string())
                                   config.log_dir = text->get();
                                 else
                                   reader.bad_value(node, key, "a folder");
                               }},
                              {"format", choice_key(reader, {"text", "ndjson"},
                                                    [&config](const std::string& word) { config.log_format = word; })},
                              {"keep", duration_key<std::chrono::seconds>(
                                           reader, [&config](std::chrono::seconds value) { config.log_keep = value; })},
                              {"values",
                               [&reader, &config](const std::string& key, const toml::node& node) {
                                 flag_key(reader, config.log_values)(key, node);
                                 config.log_values_at = reader.place(node);
                               }},
                              {"level", choice_key(reader, {"trace", "debug", "info", "warning", "error"},
                                                   [&config](const std::string& word) { config.log_level = word; })}};
                        })},
  };
}

/// NAME=VALUE lines; `#` begins a comment, quotes around a value are taken off. The environment is stronger.
void read_env_file(Reader& reader, const toml::node& node, Config& config) {
  const auto* name = node.as_string();
  if (name == nullptr) return reader.bad_value(node, "zmig.env_file", "a file of NAME=VALUE lines");
  std::ifstream in(resolve(config, name->get()));
  if (!in)
    return reader.finding(node.source(), "ZM0702", fmt::format("there is no file {}", zmig::quoted(name->get())),
                          "named here", "write it, or take the key out");
  std::size_t number = 0;
  for (std::string line; std::getline(in, line);) {
    ++number;
    if (!line.empty() && line.back() == '\r') line.pop_back();
    const auto begin = line.find_first_not_of(" \t");
    if (begin == std::string::npos || line[begin] == '#') continue;
    if (line.compare(begin, 7, "export ") == 0) line.erase(0, begin + 7);
    const auto equals = line.find('=');
    if (equals == std::string::npos || equals == 0) {
      reader.finding(node.source(), "ZM0702",
                     fmt::format("line {} of {} is not NAME=VALUE", number, zmig::quoted(name->get())), "named here",
                     "write one variable a line");
      continue;
    }
    auto value = line.substr(equals + 1);
    if (value.size() >= 2 && (value.front() == '"' || value.front() == '\'') && value.back() == value.front())
      value = value.substr(1, value.size() - 2);
    config.env_file[line.substr(line.find_first_not_of(" \t"), equals - line.find_first_not_of(" \t"))] = value;
  }
}

void read_file(const std::string& path, Config& config, SourceMap& sources, Diagnostics& out) {
  Reader reader(path, sources, out);
  const auto before = static_cast<std::ptrdiff_t>(out.all().size());
  if (!reader.open()) return;
  if (const auto* file = reader.table()["zmig"]["env_file"].node()) read_env_file(reader, *file, config);
  read_table(reader, reader.table(), "", top_keys(reader, config));
  note_leaves(reader, reader.table(), "", config.written);
  // Tables are read by name; people read from the top.
  std::stable_sort(out.all().begin() + before, out.all().end(), [](const Diagnostic& a, const Diagnostic& b) {
    return a.primary.span && b.primary.span && a.primary.span->begin < b.primary.span->begin;
  });
}

/// Names of environments that were given and are not there.
void check_names(const Config& config, Diagnostics& out) {
  std::vector<std::string> known;
  for (const auto& [name, env] : config.environments) known.push_back(name);
  const auto check = [&](const std::string& name, const std::optional<Span>& place, const std::string& key) {
    if (name.empty() || config.environments.contains(name)) return;
    Diagnostic wrong;
    wrong.code = "ZM0702";
    wrong.message = fmt::format("{} is not a value for {}", zmig::quoted(name), zmig::quoted(key));
    wrong.primary.span = place;
    wrong.primary.text = "there is no such environment";
    const auto close = nearest(name, known);
    wrong.help = close           ? fmt::format("did you mean `{}`?", *close)
                 : known.empty() ? "add a section [env.NAME]"
                                 : "known: " + join(known, ", ");
    out.add(std::move(wrong));
  };
  check(config.default_env, config.default_env_at, "zmig.default_env");
  const bool guarded = std::ranges::any_of(config.environments,
                                           [](const auto& entry) { return entry.second.confirm == Confirm::typed; });
  if (config.log_values && guarded) {
    Diagnostic wrong;
    wrong.code = "ZM0702";
    wrong.message = "true is not a value for \"log.values\" beside a guarded environment";
    wrong.primary.span = config.log_values_at;
    wrong.primary.text = "cell values would stand in the log";
    wrong.help = "take it out, or write it into zmig.user.toml of a project without `confirm = \"typed\"`";
    out.add(std::move(wrong));
  }
  for (const auto& [name, env] : config.environments) check(env.copy_of, env.copy_of_at, "env." + name + ".copy_of");
}

std::string find_file(const std::string& start) {
  std::error_code error;
  for (auto folder = fs::absolute(start, error); !folder.empty(); folder = folder.parent_path()) {
    if (fs::is_regular_file(folder / "zmig.toml", error))
      return fs::proximate(folder / "zmig.toml", fs::absolute(start, error), error).string();
    if (fs::exists(folder / ".git", error) || folder == folder.root_path()) break;
  }
  return {};
}

}  // namespace

void LintConfig::over(const LintConfig& stronger) {
  const auto take = [](auto& mine, const auto& other) {
    if (other) mine = other;
  };
  take(fail_on, stronger.fail_on);
  take(header_pattern, stronger.header_pattern);
  take(base, stronger.base);
  take(min_window, stronger.min_window);
  take(max_calls, stronger.max_calls);
  take(max_cells, stronger.max_cells);
  for (const auto& [id, severity] : stronger.rules) rules[id] = severity;
}

bool is_environment_name(std::string_view name) {
  return !name.empty() && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
}

Result<std::chrono::milliseconds> parse_duration(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
  using std::chrono::hours, std::chrono::milliseconds, std::chrono::minutes, std::chrono::seconds;
  if (failure == std::errc() && number >= 0 && number <= 1'000'000) {
    if (unit == "ms") return milliseconds(number);
    if (unit == "s") return milliseconds(seconds(number));
    if (unit == "m") return milliseconds(minutes(number));
    if (unit == "h") return milliseconds(hours(number));
    if (unit == "d") return milliseconds(hours(24 * number));
  }
  return make_error(Errc::invalid_input, "ZM0702", fmt::format("{} is no duration", zmig::quoted(text)),
                    "write 30s, 15m, 1h or 7d");
}

Config load_config(const std::optional<std::string>& file, const std::string& start, SourceMap& sources,
                   Diagnostics& out) {
  Config config;
  std::error_code error;
  config.file = file ? *file : find_file(start);
  if (file && !fs::is_regular_file(*file, error)) {
    Diagnostic missing;
    missing.code = "ZM0702";
    missing.message = fmt::format("there is no configuration file {}", zmig::quoted(*file));
    missing.help = "make one with `zmig init`, or name another with --config";
    out.add(std::move(missing));
    return config;
  }
  if (config.file.empty()) return config;
  const fs::path folder = fs::path(config.file).parent_path();
  config.root = folder.empty() ? "." : folder.string();
  read_file(config.file, config, sources, out);
  const auto user = folder / "zmig.user.toml";
  if (fs::is_regular_file(user, error)) read_file(user.string(), config, sources, out);
  if (!out.has_errors()) check_names(config, out);
  return config;
}

std::optional<std::string> Variables::get(const std::string& name) const {
  const auto found = values.find(name);
  return found == values.end() || found->second.empty() ? std::nullopt : std::optional(found->second);
}

Variables read_variables(char** environment, Diagnostics& out) {
  Variables variables;
  const std::vector<std::string> known(kVariables.begin(), kVariables.end());
  for (char** entry = environment; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    if (!text.starts_with("ZMIG_")) continue;
    const auto equals = text.find('=');
    const std::string name(text.substr(0, equals));
    if (std::ranges::find(kToldToHooks, std::string_view(name).substr(5)) != kToldToHooks.end()) continue;
    if (std::ranges::find(known, name) == known.end()) {
      Diagnostic warning;
      warning.severity = Severity::warning;
      warning.code = "ZM0706";
      warning.message = fmt::format("nothing reads the variable {}", zmig::quoted(name));
      if (const auto close = nearest(name, known)) warning.help = fmt::format("did you mean {}?", *close);
      out.add(std::move(warning));
      continue;
    }
    if (equals != std::string_view::npos) variables.values[name] = std::string(text.substr(equals + 1));
  }
  return variables;
}

std::string resolve(const Config& config, const std::string& path) {
  const fs::path given(path);
  if (given.is_absolute() || config.root == ".") return path;
  return (fs::path(config.root) / given).lexically_normal().string();
}

}  // namespace zmig::cli
