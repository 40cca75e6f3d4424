#pragma once
/// What a call knows beside the spreadsheet that it reads or changes.

#include <cstdint>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "book.h"
#include "discovery.h"
#include "refusal.h"

namespace sheets_server {

/// Choices and limits of DEVIATIONS.md.
struct Settings {
  std::map<std::string, std::string> knobs;
  std::map<std::string, std::int64_t> limits;
  bool strict_unverified = false;
  std::set<std::string> excepted;  ///< rules that strict_unverified lets pass
  bool strict_requests = false;
  bool check_answers = false;  ///< an answer that the discovery document does not allow is a 500, and a complaint

  Settings();
  const std::string& knob(const std::string& name) const { return knobs.at(name); }
  /// Of the knobs that are numbers.
  std::int64_t number(const std::string& name) const { return std::stoll(knobs.at(name)); }
  std::int64_t limit(const std::string& name) const { return limits.at(name); }
  /// False: there is no such knob or value.
  bool set_knob(const std::string& name, const std::string& value);
  bool set_limit(const std::string& name, std::int64_t value);
  /// A, B, AB or C.
  bool set_behaviour(const std::string& name);
};

/// Draws ids; the same seed draws the same.
class Ids {
 public:
  explicit Ids(std::uint64_t seed) : random_(seed) {}
  int number();               ///< positive int32
  std::string spreadsheet();  ///< 44 characters, the first a 1
  std::string token(std::size_t length);
  std::uint64_t below(std::uint64_t bound) { return random_() % bound; }
  /// What will be drawn, as text.
  std::string state() const;
  /// False, and nothing changed: the text is no state.
  bool restore(const std::string& text);

 private:
  std::mt19937_64 random_;
};

struct Caller {
  std::string email = "caller@example.com";
  std::string project = "1";
  std::set<std::string> scopes = {};  ///< empty: every scope
};

/// One call on one spreadsheet.
struct Context {
  Spreadsheet& book;
  const Discovery& discovery;
  const Settings& settings;
  Ids& ids;
  const Caller& caller;
  std::string owner;                 ///< of the file
  std::vector<std::string> editors;  ///< of the file, owner included
  std::int64_t now_ms = 0;
  std::set<std::string>* deviations = nullptr;  ///< rules that an answer rested on
  Json reply = Json::object();                  ///< of the request at hand
  std::map<int, std::string> executions = {};   ///< of data sources, by sheet: what this batch asked for

  /// This answer rests on an unverified choice: noted, and refused under strict_unverified.
  Refusal rests_on(const std::string& rule);
  /// Refused when the caller may not write there.
  Refusal may_edit(const GridRange& range) const;
};

}  // namespace sheets_server
