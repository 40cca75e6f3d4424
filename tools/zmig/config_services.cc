// The keys about services: [gsheet], and credentials, quota and the timeouts of an environment. A key more is a row
// here, one in settings.cc, one in docs/cli.md, and one in tests/docs/config_test.cc.
#include <algorithm>

#include <fmt/format.h>

#include <zmig/text.h>

#include "config_reader.h"

namespace zmig::cli {
namespace {

Setter number_key(Reader& reader, std::int64_t least, std::int64_t most, std::function<void(std::int64_t)> set) {
  return [&reader, least, most, set = std::move(set)](const std::string& key, const toml::node& node) {
    const auto number = node.value_exact<std::int64_t>();
    if (number && *number >= least && *number <= most) return set(*number);
    reader.bad_value(node, key, fmt::format("a number from {} to {}", least, most));
  };
}

Setter path_key(Reader& reader, const Config& config, std::optional<std::string>& into) {
  return [&reader, &config, &into](const std::string& key, const toml::node& node) {
    if (const auto* text = node.as_string())
      into = expand(reader, config, node, text->get());
    else
      reader.bad_value(node, key, "a path");
  };
}

/// A text that names where the secret is. One that is a secret is refused.
bool take_name(Reader& reader, const std::string& key, const toml::node& node, std::string& into) {
  const auto* text = node.as_string();
  if (text == nullptr || text->get().empty()) {
    reader.bad_value(node, key, "a text");
    return false;
  }
  if (looks_like_secret(text->get())) {
    reader.finding(node.source(), "ZM0707", fmt::format("{} holds a secret", zmig::quoted(key)),
                   "secrets never stand in this file", "name a file, a variable or a command that holds it");
    return false;
  }
  into = text->get();
  return true;
}

constexpr const char* kWays = "\"default\", a path, { file = PATH }, { env = NAME } or { command = [...] }";

void read_credentials(Reader& reader, const Config& config, const std::string& key, const toml::node& node,
                      std::optional<CredentialsKey>& into) {
  using Where = GsheetOptions::Credentials;
  CredentialsKey found;
  if (node.is_string()) {
    if (!take_name(reader, key, node, found.name)) return;
    found.where = found.name == "default" ? Where::standard : Where::file;
    if (found.where == Where::file) found.name = expand(reader, config, node, found.name);
    into = std::move(found);
    return;
  }
  const auto* table = node.as_table();
  if (table == nullptr || table->size() != 1) return reader.bad_value(node, key, kWays);
  bool whole = true;
  const auto named = [&](Where where) {
    return [&, where](const std::string& inner, const toml::node& value) {
      found.where = where;
      whole = take_name(reader, inner, value, found.name);
      if (whole && where == Where::file) found.name = expand(reader, config, value, found.name);
    };
  };
  read_table(reader, *table, key + ".",
             {{"file", named(Where::file)},
              {"env", named(Where::env)},
              {"command", [&](const std::string& inner, const toml::node& value) {
                 found.where = Where::command;
                 texts_key(reader, found.command)(inner, value);
                 whole = !found.command.empty();
               }}});
  if (whole) into = std::move(found);
}

Keys quota_keys(Reader& reader, ServiceKeys& keys) {
  constexpr std::int64_t kMost = 100'000;
  return {
      {"reads_per_minute",
       number_key(reader, 1, kMost,
                  [&keys](std::int64_t n) { keys.reads_per_minute = static_cast<std::uint32_t>(n); })},
      {"writes_per_minute",
       number_key(reader, 1, kMost,
                  [&keys](std::int64_t n) { keys.writes_per_minute = static_cast<std::uint32_t>(n); })},
      {"calls_per_run", number_key(reader, 1, 1'000'000'000,
                                   [&keys](std::int64_t n) { keys.calls_per_run = static_cast<std::uint64_t>(n); })},
      {"max_wait", milliseconds_key(reader, [&keys](std::chrono::milliseconds value) { keys.max_wait = value; })},
  };
}

}  // namespace

Keys gsheet_keys(Reader& reader, const Config& config, GsheetKeys& keys) {
  return {
      {"endpoint", optional_text_key(reader, keys.endpoint)},
      {"endpoint_allow",
       [&reader, &keys](const std::string& key, const toml::node& node) {
         keys.endpoint_allow.emplace();
         texts_key(reader, *keys.endpoint_allow)(key, node);
       }},
      {"ca_file", path_key(reader, config, keys.ca_file)},
      {"subject", optional_text_key(reader, keys.subject)},
      {"batch_bytes", number_key(reader, 1000, 100'000'000,
                                 [&keys](std::int64_t n) { keys.batch_bytes = static_cast<std::uint64_t>(n); })},
      {"concurrency", choice_key(reader, {"optimistic", "guarded", "server"},
                                 [&keys](const std::string& word) { keys.concurrency = word; })},
      {"scan",
       choice_key(reader, {"structure", "sheet", "workbook"}, [&keys](const std::string& word) { keys.scan = word; })},
      {"tables",
       [&reader, &keys](const std::string& key, const toml::node& node) {
         bool flag = false;
         flag_key(reader, flag)(key, node);
         keys.tables = flag;
       }},
  };
}

void add_service_keys(Reader& reader, const Config& config, ServiceKeys& keys, Keys& out) {
  out.emplace_back("credentials", [&reader, &config, &keys](const std::string& key, const toml::node& node) {
    read_credentials(reader, config, key, node, keys.credentials);
  });
  out.emplace_back("quota", table_key(reader, [&reader, &keys] { return quota_keys(reader, keys); }));
  out.emplace_back("gsheet",
                   table_key(reader, [&reader, &config, &keys] { return gsheet_keys(reader, config, keys.gsheet); }));
  out.emplace_back("connect_timeout", milliseconds_key(reader, [&keys](std::chrono::milliseconds value) {
                     keys.connect_timeout = value;
                   }));
  out.emplace_back("request_timeout", milliseconds_key(reader, [&keys](std::chrono::milliseconds value) {
                     keys.request_timeout = value;
                   }));
}

}  // namespace zmig::cli
