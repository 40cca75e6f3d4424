#pragma once
// How zmig.toml is read: one file at a time, every finding with its place, and setters that say what a value has to be.
// The keys themselves are in config_keys.cc.

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <toml++/toml.h>

#include "config.h"

namespace zmig::cli {

/// Something that looks like a key or token.
bool looks_like_secret(std::string_view text);

/// One file while it is read: where findings go, and how a node becomes a span.
class Reader {
 public:
  Reader(std::string path, SourceMap& sources, Diagnostics& out)
      : path_(std::move(path)), sources_(sources), out_(out) {}

  /// False when it cannot be opened, or is not TOML (ZM0702).
  bool open();
  /// A text that was read before.
  void take(toml::table table) { table_ = std::move(table); }
  [[nodiscard]] const toml::table& table() const { return table_; }

  void finding(const toml::source_region& where, std::string code, std::string message, std::string label,
               std::optional<std::string> help);
  void bad_value(const toml::node& node, const std::string& key, const std::string& wanted,
                 std::optional<std::string> help = std::nullopt);
  /// Notes what the file says, with its place.
  void note(const std::string& key, const toml::node& node, std::map<std::string, Setting>& into) const;
  /// A place to come back to, when all of it was read.
  [[nodiscard]] std::optional<Span> place(const toml::node& node) const { return span_of(node.source()); }

 private:
  [[nodiscard]] std::optional<Span> span_of(const toml::source_region& where) const;

  std::string path_, text_;
  SourceMap& sources_;
  Diagnostics& out_;
  toml::table table_;
  std::uint32_t number_ = 0;
};

/// The keys of one table: name and what to do with the value.
using Setter = std::function<void(const std::string& key, const toml::node&)>;
using Keys = std::vector<std::pair<std::string, Setter>>;

/// Sets what is known, refuses the rest: ZM0701 with the nearest key, or with the reason why it is not part of this
/// release.
void read_table(Reader& reader, const toml::table& table, const std::string& prefix, const Keys& keys);
/// Every leaf below a table that was read.
void note_leaves(const Reader& reader, const toml::table& table, const std::string& prefix,
                 std::map<std::string, Setting>& into);

/// "512B", "64KiB", "2MiB", "4GiB"; none: it is no such size.
std::optional<std::uint64_t> parse_size(std::string_view text);

// `reader` and `into` outlive the setters.
Setter text_key(Reader& reader, std::string& into);
Setter optional_text_key(Reader& reader, std::optional<std::string>& into);
Setter flag_key(Reader& reader, bool& into);
Setter texts_key(Reader& reader, std::vector<std::string>& into);
Setter count_key(Reader& reader, std::optional<std::uint64_t>& into);
/// One of a few words.
Setter choice_key(Reader& reader, std::vector<std::string> words, std::function<void(const std::string&)> set);
/// "64KiB", "2MiB", "4GiB", or a number of bytes; from 1.
Setter size_key(Reader& reader, std::uint64_t& into);
Setter milliseconds_key(Reader& reader, std::function<void(std::chrono::milliseconds)> set);
template <class Duration>
Setter duration_key(Reader& reader, std::function<void(Duration)> set) {
  return milliseconds_key(reader, [set = std::move(set)](std::chrono::milliseconds value) {
    set(std::chrono::duration_cast<Duration>(value));
  });
}
Setter table_key(Reader& reader, std::function<Keys()> keys);
/// ${NAME} from the environment, else from env_file; an unset one is an error.
std::string expand(Reader& reader, const Config& config, const toml::node& node, const std::string& text);

// --- config_services.cc

/// Those of [gsheet].
Keys gsheet_keys(Reader& reader, const Config& config, GsheetKeys& keys);
/// Those of an environment that are about its service.
void add_service_keys(Reader& reader, const Config& config, ServiceKeys& keys, Keys& out);

// --- config_keys.cc

/// All keys of a file.
Keys top_keys(Reader& reader, Config& config);
/// Those of a table that an environment may have of its own: contract, hooks, log.
Keys keys_over_top(Reader& reader, Config& config, std::string_view table);

}  // namespace zmig::cli
