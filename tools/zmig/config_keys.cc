// The keys of zmig.toml: name, what a value has to be, where it goes. A new key is a row here, one in settings.cc, one
// in docs/cli.md, and one in tests/docs/config_test.cc that sees what it changes.

#include <algorithm>
#include <array>
#include <charconv>
#include <sstream>

#include <fmt/format.h>

#include <zmig/lint.h>
#include <zmig/text.h>

#include "config_reader.h"

namespace zmig::cli {
namespace {

/// What a backup consists of; `cells` is always part of it.
Setter modes_key(Reader& reader, std::vector<std::string>& into) {
  return [&reader, &into](const std::string& key, const toml::node& node) {
    std::vector<std::string> modes;
    texts_key(reader, modes)(key, node);
    for (const std::string& mode : modes) {
      if (mode == "cells" || mode == "sheet-copy" || mode == "service-copy") continue;
      reader.bad_value(node, key, "\"cells\", \"sheet-copy\", \"service-copy\"",
                       mode == "file" || mode == "export"
                           ? std::optional(fmt::format("{} is planned for a later release", zmig::quoted(mode)))
                           : std::nullopt);
      return;
    }
    if (std::ranges::find(modes, "cells") == modes.end())
      return reader.bad_value(node, key, "a list with \"cells\"",
                              "a service may refuse storage at any time; the backup of the cells needs none of it");
    into = std::move(modes);
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
      {"max_duration",
       milliseconds_key(reader, [&lint](std::chrono::milliseconds value) { lint.max_duration = value; })},
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
          {"allow_skip", texts_key(reader, ci.allow_skip)},
          {"comment",
           choice_key(reader, {"update", "new", "never"}, [&ci](const std::string& word) { ci.comment = word; })}};
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
  return {{"before_apply", hooks_key(reader, hooks.before_apply)},
          {"smoke", hooks_key(reader, hooks.smoke)},
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

Keys log_keys(Reader& reader, Config& config) {
  return Keys{{"dir",
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
}

/// "forever", or for how long.
Setter keep_key(Reader& reader, Config& config) {
  return [&reader, &config](const std::string& key, const toml::node& node) {
    const auto* text = node.as_string();
    config.ledger_keep.reset();
    if (text != nullptr && text->get() == "forever") return;
    duration_key<std::chrono::seconds>(reader, [&config](std::chrono::seconds value) { config.ledger_keep = value; })(
        key, node);
  };
}

/// "full", or how many rows.
Setter sample_key(Reader& reader, Environment& env) {
  return [&reader, &env](const std::string& key, const toml::node& node) {
    const auto* number = node.as_integer();
    const auto* text = node.as_string();
    if (text != nullptr && text->get() == "full")
      env.verify_sample.reset();
    else if (number != nullptr && number->get() >= 1)
      env.verify_sample = static_cast<std::uint64_t>(number->get());
    else
      reader.bad_value(node, key, "\"full\", or a number of rows from 1");
  };
}

/// "es", "es_ES".
bool is_locale(std::string_view text) {
  const auto lower = [](char c) { return c >= 'a' && c <= 'z'; };
  const auto upper = [](char c) { return c >= 'A' && c <= 'Z'; };
  const auto language = text.substr(0, text.find('_'));
  if (language.size() < 2 || language.size() > 3 || !std::ranges::all_of(language, lower)) return false;
  const auto region = text.substr(language.size());
  return region.empty() || (region.size() == 3 && std::ranges::all_of(region.substr(1), upper));
}

/// "UTC", "Europe/Madrid": letters, digits, `_`, `+`, `-`, parts joined by `/`.
bool is_time_zone(std::string_view text) {
  if (text.empty() || text.front() == '/' || text.back() == '/') return false;
  if (text != "UTC" && text.find('/') == std::string_view::npos) return false;
  return std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '+' ||
           c == '-' || c == '/';
  });
}

/// A name of a certain form.
Setter named_key(Reader& reader, std::string& into, bool (*fits)(std::string_view), std::string wanted) {
  return [&reader, &into, fits, wanted = std::move(wanted)](const std::string& key, const toml::node& node) {
    const auto* text = node.as_string();
    if (text == nullptr || !fits(text->get())) return reader.bad_value(node, key, wanted);
    into = text->get();
  };
}

/// A table of the top that this environment has of its own: checked now, kept as text, and read again once the
/// environment is chosen.
Setter override_key(Reader& reader, Environment& env) {
  return [&reader, &env](const std::string& key, const toml::node& node) {
    const auto* table = node.as_table();
    if (table == nullptr) return reader.bad_value(node, key, "a table");
    const auto name = key.substr(key.rfind('.') + 1);
    Config scratch;
    read_table(reader, *table, key + ".", keys_over_top(reader, scratch, name));
    if (scratch.log_values) env.log_values_at = reader.place(node);
    std::ostringstream text;
    text << toml::table{{name, *table}} << '\n';
    env.overrides += text.str();
  };
}

/// csv.dialect: "detect", or what is known of the files.
Setter dialect_key(Reader& reader, TargetOptions& options) {
  return [&reader, &options](const std::string& key, const toml::node& node) {
    if (const auto* text = node.as_string(); text != nullptr && text->get() == "detect") {
      options.csv_delimiter.clear();
      options.csv_encoding.clear();
      options.csv_newline.clear();
      options.csv_quote.clear();
      options.csv_bom.reset();
      return;
    }
    const auto* table = node.as_table();
    if (table == nullptr) return reader.bad_value(node, key, "\"detect\", or a table such as { delimiter = \";\" }");
    bool bom = options.csv_bom.value_or(false);
    read_table(reader, *table, key + ".",
               {{"delimiter", text_key(reader, options.csv_delimiter)},
                {"encoding", text_key(reader, options.csv_encoding)},
                {"newline", choice_key(reader, {"crlf", "lf", "cr"},
                                       [&options](const std::string& word) { options.csv_newline = word; })},
                {"quote", choice_key(reader, {"needed", "all"},
                                     [&options](const std::string& word) { options.csv_quote = word; })},
                {"bom", flag_key(reader, bom)}});
    if (table->contains("bom")) options.csv_bom = bom;
  };
}

Setter csv_key(Reader& reader, TargetOptions& options) {
  const auto keys = [&reader, &options] {
    return Keys{{"files", texts_key(reader, options.csv_files)},
                {"dialect", dialect_key(reader, options)},
                {"delimiter", text_key(reader, options.csv_delimiter)},
                {"encoding", text_key(reader, options.csv_encoding)},
                {"formula", choice_key(reader, {"refuse", "allow"},
                                       [&options](const std::string& word) { options.csv_formula = word; })},
                {"ragged", choice_key(reader, {"pad", "refuse"}, [&options](const std::string& word) {
                   options.csv_refuse_ragged = word == "refuse";
                 })}};
  };
  return [&reader, table = table_key(reader, keys)](const std::string& key, const toml::node& node) {
    const auto* all = node.as_table();
    const toml::node* dialect = all != nullptr ? all->get("dialect") : nullptr;
    for (const char* other : {"delimiter", "encoding"}) {
      if (dialect == nullptr || !all->contains(other)) continue;
      const auto* known = dialect->as_table();
      const auto said = known != nullptr ? (*known)[other].value<std::string>() : std::optional<std::string>();
      const bool agrees = known != nullptr && (!known->contains(other) || said == (*all)[other].value<std::string>());
      if (!agrees) return reader.bad_value(node, key, fmt::format("`dialect` or `{}`, not both", other));
    }
    table(key, node);
  };
}

Keys xlsx_keys(Reader& reader, TargetOptions& options) {
  return {{"extend", choice_key(reader, {"filter", "filter,print", "none"},
                                [&options](const std::string& word) { options.xlsx_extend = word; })},
          {"compress", choice_key(reader, {"match", "fast"},
                                  [&options](const std::string& word) { options.xlsx_fast = word == "fast"; })},
          {"max_sheet_bytes", size_key(reader, options.xlsx_max_sheet_bytes)}};
}

Keys environment_keys(Reader& reader, const Config& config, Environment& env) {
  Keys keys{
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
                                 {"required",
                                  [&reader, &env](const std::string& key, const toml::node& node) {
                                    flag_key(reader, env.backup_required)(key, node);
                                    env.backup_required_at = reader.place(node);
                                  }},
                                 {"max_age",
                                  duration_key<std::chrono::seconds>(
                                      reader, [&env](std::chrono::seconds value) { env.backup_max_age = value; })},
                                 {"modes", modes_key(reader, env.backup_modes)},
                                 {"folder", text_key(reader, env.backup_folder)},
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
      {"verify",
       table_key(reader,
                 [&reader, &env] {
                   return Keys{{"sensitive", texts_key(reader, env.sensitive)}, {"sample", sample_key(reader, env)}};
                 })},
      {"csv", csv_key(reader, env.options)},
      {"xlsx", table_key(reader, [&reader, &env] { return xlsx_keys(reader, env.options); })},
      {"sqlite", table_key(reader,
                           [&reader, &env] {
                             return Keys{
                                 {"triggers", choice_key(reader, {"refuse", "fire", "suppress"},
                                                         [&env](const std::string& word) {
                                                           env.options.fire_triggers = word == "fire";
                                                           env.options.suppress_triggers = word == "suppress";
                                                         })},
                                 {"strict", flag_key(reader, env.options.sqlite_strict)},
                                 {"order", choice_key(reader, {"auto", "rebuild"}, [&env](const std::string& word) {
                                    env.options.sqlite_rebuild_order = word == "rebuild";
                                  })}};
                           })},
      {"files", table_key(reader,
                          [&reader, &env] {
                            return Keys{{"break_hardlinks", flag_key(reader, env.options.break_hardlinks)}};
                          })},
      {"locale", named_key(reader, env.locale, is_locale, "a locale such as \"es_ES\"")},
      {"timezone", named_key(reader, env.timezone, is_time_zone, "a time zone such as \"Europe/Madrid\"")},
      {"lint", table_key(reader, [&reader, &env] { return lint_keys(reader, env.lint); })},
      {"contract", override_key(reader, env)},
      {"hooks", override_key(reader, env)},
      {"log", override_key(reader, env)},
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
  add_service_keys(reader, config, env.services, keys);
  return keys;
}

}  // namespace

Keys keys_over_top(Reader& reader, Config& config, std::string_view table) {
  if (table == "contract") return contract_keys(reader, config.contract);
  if (table == "hooks") return hooks_keys(reader, config.hooks);
  return log_keys(reader, config);
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
      {"gsheet", table_key(reader, [&reader, &config] { return gsheet_keys(reader, config, config.gsheet); })},
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
      {"log", table_key(reader, [&reader, &config] { return log_keys(reader, config); })},
      {"ledger", table_key(reader,
                           [&reader, &config] {
                             return Keys{{"allow_network", flag_key(reader, config.ledger_on_network)},
                                         {"keep", keep_key(reader, config)}};
                           })},
  };
}

}  // namespace zmig::cli
