#pragma once
/// A request and its answer, without sockets; the address taken apart.

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace sheets_server {

struct HttpRequest {
  std::string method;
  std::string target;  ///< path and query, as sent
  std::string body = {};
  std::string content_type = "application/json";
  std::string authorization = {};
  std::string metadata_flavor = {};
  std::string client = {};  ///< who it came from, for the log
};

struct HttpResponse {
  int status = 200;
  std::string body = {};
  std::string content_type = "application/json; charset=UTF-8";
  std::vector<std::pair<std::string, std::string>> headers = {};
};

/// Query parameters in the order sent, decoded; those with an empty value are left out.
using Query = std::vector<std::pair<std::string, std::string>>;
/// The first of that name, or empty.
std::string query_value(const Query& query, const std::string& name);

/// Which method an address means. `op` is the discovery id ("sheets.spreadsheets.get"), or "token", "metadata",
/// "drive2.upload"; empty: there is none.
struct Route {
  std::string op;
  std::map<std::string, std::string> path;  ///< spreadsheetId, range, ...
  Query query;
  bool drive() const { return op.rfind("drive", 0) == 0; }
};
Route route(const std::string& method, const std::string& target);

}  // namespace sheets_server
