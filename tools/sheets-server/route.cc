#include <algorithm>

#include "http.h"
#include "text.h"

namespace sheets_server {

namespace {

std::vector<std::string> parts_of(const std::string& path) {
  std::vector<std::string> out;
  std::size_t from = 1;
  while (from <= path.size()) {
    const std::size_t to = std::min(path.find('/', from), path.size());
    out.push_back(path.substr(from, to - from));
    from = to + 1;
  }
  return out;
}

Query query_of(const std::string& text) {
  Query out;
  std::size_t from = 0;
  while (from < text.size()) {
    const std::size_t to = std::min(text.find('&', from), text.size());
    const std::string item = text.substr(from, to - from);
    const std::size_t sign = std::min(item.find('='), item.size());
    if (sign + 1 < item.size())
      out.emplace_back(percent_decoded(item.substr(0, sign), true), percent_decoded(item.substr(sign + 1), true));
    from = to + 1;
  }
  return out;
}

std::string decoded(const std::string& text) { return percent_decoded(text, false); }

bool ends(const std::string& text, const std::string& tail) {
  return text.size() >= tail.size() && text.compare(text.size() - tail.size(), tail.size(), tail) == 0;
}

void values_route(Route& out, const std::string& method, const std::string& raw) {
  std::string range = raw;
  if (method == "GET") out.op = "sheets.spreadsheets.values.get";
  if (method == "PUT") out.op = "sheets.spreadsheets.values.update";
  for (const char* verb : {"append", "clear"}) {
    const std::string tail = std::string(":") + verb;
    if (method != "POST" || !ends(raw, tail)) continue;
    out.op = std::string("sheets.spreadsheets.values.") + verb;
    range = raw.substr(0, raw.size() - tail.size());
  }
  out.path["range"] = decoded(range);
}

// Below /v4/spreadsheets. The verb behind a colon belongs to the last part.
void sheets_route(Route& out, const std::string& method, const std::string& rest) {
  if (rest.empty() || rest == "/") {
    if (method == "POST") out.op = "sheets.spreadsheets.create";
    return;
  }
  const std::size_t end = rest.find_first_of("/:", 1);
  out.path["spreadsheetId"] = decoded(rest.substr(1, end == std::string::npos ? end : end - 1));
  std::string tail = end == std::string::npos ? "" : rest.substr(end);
  if (tail.rfind("/:", 0) == 0) tail.erase(0, 1);
  if (tail.empty() || tail == "/") {
    if (method == "GET") out.op = "sheets.spreadsheets.get";
    return;
  }
  static const std::map<std::string, std::string> kFixed = {
      {"POST :batchUpdate", "sheets.spreadsheets.batchUpdate"},
      {"POST :getByDataFilter", "sheets.spreadsheets.getByDataFilter"},
      {"GET /values:batchGet", "sheets.spreadsheets.values.batchGet"},
      {"POST /values:batchUpdate", "sheets.spreadsheets.values.batchUpdate"},
      {"POST /values:batchClear", "sheets.spreadsheets.values.batchClear"},
      {"POST /values:batchGetByDataFilter", "sheets.spreadsheets.values.batchGetByDataFilter"},
      {"POST /values:batchUpdateByDataFilter", "sheets.spreadsheets.values.batchUpdateByDataFilter"},
      {"POST /values:batchClearByDataFilter", "sheets.spreadsheets.values.batchClearByDataFilter"},
      {"POST /developerMetadata:search", "sheets.spreadsheets.developerMetadata.search"},
  };
  std::string key = tail;
  if (const std::size_t slash = key.find("/:");
      slash != std::string::npos && slash > 0 && key.rfind("/values/:batch", 0) == 0)
    key.erase(slash, 1);
  if (const auto it = kFixed.find(method + " " + key); it != kFixed.end()) {
    out.op = it->second;
  } else if (tail.rfind("/values/", 0) == 0) {
    values_route(out, method, tail.substr(8));
  } else if (tail.rfind("/developerMetadata/", 0) == 0 && method == "GET") {
    out.op = "sheets.spreadsheets.developerMetadata.get";
    out.path["metadataId"] = decoded(tail.substr(19));
  } else if (tail.rfind("/sheets/", 0) == 0 && method == "POST" && ends(tail, ":copyTo")) {
    out.op = "sheets.spreadsheets.sheets.copyTo";
    out.path["sheetId"] = decoded(tail.substr(8, tail.size() - 15));
  }
}

// Below /drive/v3.
void drive_route(Route& out, const std::string& method, const std::vector<std::string>& parts) {
  static const std::map<std::string, std::string> kDrive = {
      {"POST files", "drive.files.create"},
      {"GET files", "drive.files.list"},
      {"GET files *", "drive.files.get"},
      {"PATCH files *", "drive.files.update"},
      {"DELETE files *", "drive.files.delete"},
      {"POST files * copy", "drive.files.copy"},
      {"GET files * export", "drive.files.export"},
      {"GET files * permissions", "drive.permissions.list"},
      {"POST files * permissions", "drive.permissions.create"},
      {"DELETE files * permissions *", "drive.permissions.delete"},
      {"GET files * revisions", "drive.revisions.list"},
      {"GET files * comments", "drive.comments.list"},
      {"GET changes startPageToken", "drive.changes.getStartPageToken"},
      {"GET changes", "drive.changes.list"},
      {"GET about", "drive.about.get"},
  };
  std::string key = method;
  for (std::size_t n = 2; n < parts.size(); ++n) {
    const bool id = parts[2] == "files" && (n == 3 || n == 5);
    key += id ? " *" : " " + parts[n];
    if (id) out.path[n == 3 ? "fileId" : "permissionId"] = decoded(parts[n]);
  }
  if (const auto it = kDrive.find(key); it != kDrive.end()) out.op = it->second;
}

}  // namespace

std::string query_value(const Query& query, const std::string& name) {
  const auto it = std::find_if(query.begin(), query.end(), [&name](const auto& item) { return item.first == name; });
  return it == query.end() ? std::string{} : it->second;
}

Route route(const std::string& method, const std::string& target) {
  Route out;
  const std::size_t mark = std::min(target.find('?'), target.size());
  const std::string path = target.substr(0, mark);
  out.query = query_of(mark < target.size() ? target.substr(mark + 1) : "");
  const std::string sheets = "/v4/spreadsheets";
  if (path.rfind(sheets, 0) == 0 && (path.size() == sheets.size() || path[sheets.size()] == '/')) {
    sheets_route(out, method, path.substr(sheets.size()));
    return out;
  }
  std::vector<std::string> parts = parts_of(path);
  if (!parts.empty() && parts.back().empty()) parts.pop_back();
  if (parts.size() >= 3 && parts[0] == "drive" && parts[1] == "v3") drive_route(out, method, parts);
  if (parts.size() == 5 && parts[0] == "upload" && parts[2] == "v2" && method == "PUT") {
    out.op = "drive2.upload";
    out.path["fileId"] = decoded(parts[4]);
  }
  if (path == "/token" && method == "POST") out.op = "token";
  if (path.rfind("/computeMetadata/v1/", 0) == 0 && method == "GET") {
    out.op = "metadata";
    out.path["rest"] = path.substr(20);
  }
  return out;
}

}  // namespace sheets_server
