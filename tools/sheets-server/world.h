#pragma once
/// Everything that the server keeps: files, settings, clock; and one call on it.

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "batch.h"
#include "context.h"
#include "http.h"

namespace sheets_server {

inline constexpr const char* kSpreadsheetMime = "application/vnd.google-apps.spreadsheet";
inline constexpr const char* kFolderMime = "application/vnd.google-apps.folder";

struct File {
  std::string id;
  std::string name;
  std::string mime;
  std::string owner;
  std::vector<std::string> parents = {};
  bool trashed = false;
  bool forbidden = false;  ///< exists, and answers 403
  bool office = false;     ///< an Office file: may be read, not written
  std::int64_t created = 0;
  std::int64_t modified = 0;
  std::int64_t sequence = 0;  ///< order of creation
  std::int64_t changes = 0;   ///< commits
  std::int64_t version = 1;
  std::shared_ptr<const Spreadsheet> book = {};    ///< of spreadsheets
  std::shared_ptr<const Spreadsheet> before = {};  ///< as it was before the last commit
  std::int64_t committed_ms = 0;                   ///< when the last commit was
  std::int64_t unsettled = 0;                      ///< commits that Drive does not show yet
  Json permissions = Json::array();
};

/// The clock of the server: real pace from a start, or 1 ms a request.
class ServerClock {
 public:
  /// `start` 0: now.
  ServerClock(std::int64_t start_ms, bool step);
  std::int64_t now() const;
  void tick() { shift_ += step_ ? 1 : 0; }
  void set(std::int64_t now_ms);
  void advance(std::int64_t by_ms) { shift_ += by_ms; }

 private:
  std::int64_t start_;
  bool step_;
  std::int64_t shift_ = 0;
  std::int64_t steady_start_ = 0;
};

struct World {
  World(std::uint64_t seed, ServerClock clock_given) : ids(seed), clock(clock_given) {}

  Discovery discovery = {};
  RequestKinds kinds = request_kinds();
  Settings settings = {};
  Ids ids;
  ServerClock clock;
  std::vector<File> files = {};
  std::vector<std::string> complaints = {};  ///< what the discovery documents did not allow, the first 100
  std::set<std::string> deviations = {};
  std::int64_t sequence = 0;

  void complain(const char* what, const std::string& op, const std::string& why);
  File* file(const std::string& id);
  /// A new spreadsheet of that owner.
  File& create(const std::string& name, const std::string& mime, const std::string& owner);
  /// Another id than the one drawn.
  static void set_id(File& file, const std::string& id);
  /// May the caller see it at all?
  bool may_read(const File& file, const Caller& caller) const;
  bool may_write(const File& file, const Caller& caller) const;
  void commit(File& file, Spreadsheet book);
  /// Shows commits in Drive's modifiedTime and version once the knob driveLag says so.
  void settle(File& file) const;
};

/// The time of such a text, or a number of ms since 1970; false: it is neither.
bool parse_time(const Json& json, std::int64_t& out_ms);
/// 2023-08-17T10:52:47.380Z
std::string time_text(std::int64_t unix_ms);

/// One call, after authorisation and the checks of its parameters and its body.
struct Call {
  World& world;
  const Route& route;
  const Caller& caller;
  Json body = nullptr;
  std::string raw_body = {};
  bool has_mask = false;
  Mask mask = {};
  bool read_only_scope = false;
  bool stale = false;  ///< reads answer from before the last commit
  // what comes of it
  Json answer = Json::object();
  bool plain = false;  ///< `text` instead of `answer`
  std::string text = {};
  std::string text_type = {};
  int status = 200;
  std::string committed = {};  ///< the spreadsheet that was changed

  std::string parameter(const std::string& name) const { return query_value(route.query, name); }
  bool flag_parameter(const std::string& name) const;
  std::string in_path(const std::string& name) const;
  /// This answer rests on an unverified choice.
  Refusal rests_on(const std::string& rule);
};

Refusal sheets_method(Call& call);
Refusal drive_method(Call& call);
/// A context on a copy of the file's spreadsheet, which `book` becomes.
Context context_on(Call& call, const File& file, Spreadsheet& book);
/// The whole spreadsheet as `spreadsheets.get` shows it without parameters.
Json whole_spreadsheet(Call& call, const File& file, const Spreadsheet& book);

}  // namespace sheets_server
