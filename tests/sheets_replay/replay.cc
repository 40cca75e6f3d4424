#include "replay.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <regex>
#include <set>
#include <tuple>

#include "text.h"

namespace sheets_server {

namespace {

constexpr const char* kFiles = "/drive/v3/files";

std::string id_class(const std::string& key) {
  static const std::map<std::string, std::string> kClasses = {
      {"sheetId", "sheet"},        {"sourceSheetId", "sheet"}, {"destinationSheetId", "sheet"},
      {"newSheetId", "sheet"},     {"namedRangeId", "named"},  {"protectedRangeId", "protected"},
      {"bandedRangeId", "banded"}, {"tableId", "table"},       {"filterViewId", "filter"},
      {"metadataId", "metadata"},  {"chartId", "object"},      {"slicerId", "object"},
      {"objectId", "object"}};
  const auto it = kClasses.find(key);
  return it == kClasses.end() ? "" : it->second;
}

bool is_time_key(const std::string& key) {
  return key == "createdTime" || key == "modifiedTime" || key == "viewedByMeTime" || key == "createdDate" ||
         key == "modifiedDate";
}

Json parsed(const std::string& text) { return Json::parse(text, nullptr, false); }

std::string path_of(const std::string& uri) {
  const std::size_t host = uri.find("://");
  const std::size_t slash = uri.find('/', host == std::string::npos ? 0 : host + 3);
  return uri.substr(slash);
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  for (std::size_t n = text.find(from); n != std::string::npos; n = text.find(from, n + to.size()))
    text.replace(n, from.size(), to);
  return text;
}

std::string id_text(const Json& id) { return id.is_string() ? id.get<std::string>() : id.dump(); }

std::string media(const std::string& type) { return lower(type.substr(0, type.find(';'))); }

// One conversation: which id of ours stands for which recorded one.
class Talk {
 public:
  std::vector<std::string> problems;

  bool bind(const std::string& kind, const std::string& scope, const std::string& recorded, const std::string& got) {
    const Key a{kind, scope, recorded};
    const Key b{kind, scope, got};
    const auto ours = ours_.find(a);
    const auto theirs = theirs_.find(b);
    if (ours != ours_.end() || theirs != theirs_.end())
      return ours != ours_.end() && theirs != theirs_.end() && ours->second == got && theirs->second == recorded;
    ours_[a] = got;
    theirs_[b] = recorded;
    return true;
  }
  std::string send_text(std::string text) const {
    for (const auto& [key, ours] : ours_)
      if (std::get<0>(key) == "file") text = replaced(text, std::get<2>(key), ours);
    return text;
  }
  void send_json(Json& value, const std::string& scope, const std::string& key) {
    if (value.is_object()) {
      for (auto& [name, item] : value.items()) send_json(item, scope, name);
    } else if (value.is_array()) {
      for (Json& item : value) send_json(item, scope, key);
    } else if (const std::string kind = id_class(key); !kind.empty() && !value.is_null() && value != 0) {
      // not seen in an answer yet: the client chose it, it must come back unchanged
      const std::string recorded = id_text(value);
      if (ours_.count({kind, scope, recorded}) == 0) bind(kind, scope, recorded, recorded);
      const std::string& ours = ours_[{kind, scope, recorded}];
      if (value.is_string())
        value = ours;
      else
        value = std::stoll(ours);
    } else if (value.is_string()) {
      value = send_text(value.get<std::string>());
    }
  }
  bool same(const Json& want, const Json& got, const std::string& scope, bool drive, const std::string& where,
            const std::string& key);
  bool note(const std::string& where, const std::string& text) {
    if (problems.size() < 20) problems.push_back((where.empty() ? "body" : where) + ": " + text);
    return false;
  }
  std::string recorded_text(std::string text) const {
    for (const auto& [key, recorded] : theirs_)
      if (std::get<0>(key) == "file") text = replaced(text, std::get<2>(key), recorded);
    return text;
  }
  static std::string masked(const std::string& text) {
    if (text.find('@') == std::string::npos && text.find("project") == std::string::npos) return text;
    static const std::regex kMail("[A-Za-z0-9_.+-]+@[A-Za-z0-9_-]+(\\.[A-Za-z0-9_-]+)+");
    static const std::regex kProject("(project_number:|projects/|project )[0-9]+");
    return std::regex_replace(std::regex_replace(text, kMail, "<e-mail>"), kProject, "$1<n>");
  }

 private:
  using Key = std::tuple<std::string, std::string, std::string>;
  std::map<Key, std::string> ours_;
  std::map<Key, std::string> theirs_;
  bool same_text(const std::string& want, const std::string& got, const std::string& where);
};

bool Talk::same_text(const std::string& want, const std::string& got, const std::string& where) {
  const std::string a = masked(want);
  const std::string b = masked(recorded_text(got));
  return a == b || note(where, fmt::format("\"{:.120}\", recorded \"{:.120}\"", b, a));
}

bool Talk::same(const Json& want, const Json& got, const std::string& scope, bool drive, const std::string& where,
                const std::string& key) {
  const auto at_member = [&where](const std::string& name) { return where.empty() ? name : where + "." + name; };
  if (want.is_object() && got.is_object()) {
    bool ok = true;
    for (const auto& [name, value] : want.items()) {
      const Json* mine = find(got, name.c_str());
      if (mine == nullptr)
        ok = note(at_member(name), "missing");
      else
        ok = same(value, *mine, scope, drive, at_member(name), name) && ok;
    }
    for (const auto& [name, value] : got.items())
      if (!want.contains(name)) ok = note(at_member(name), "not in the recording");
    return ok;
  }
  if (want.is_array() && got.is_array()) {
    bool ok = want.size() == got.size() || note(where, fmt::format("{} items, recorded {}", got.size(), want.size()));
    for (std::size_t n = 0; n < std::min(want.size(), got.size()); ++n)
      ok = same(want[n], got[n], scope, drive, fmt::format("{}[{}]", where, n), key) && ok;
    return ok;
  }
  const bool numbers = want.is_number() && got.is_number();
  if (!numbers && want.type() != got.type())
    return note(where, fmt::format("{:.80}, recorded {:.80}", got.dump(), want.dump()));
  const bool is_file = key == "spreadsheetId" || key == "destinationSpreadsheetId" ||
                       (drive && key == "id" && want.is_string() && want.get<std::string>().size() >= 20);
  if (is_file || (!id_class(key).empty() && want != 0 && got != 0)) {
    const bool ok = bind(is_file ? "file" : id_class(key), is_file ? "" : scope, id_text(want), id_text(got));
    return ok || note(where, fmt::format("{} does not stand for recorded {}", got.dump(), want.dump()));
  }
  if (is_time_key(key)) {
    static const std::regex kTime("[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{3}Z");
    const bool stable = key != "createdTime" || bind("created", scope, id_text(want), id_text(got));
    return (std::regex_match(id_text(got), kTime) && stable) ||
           note(where, fmt::format("{}, recorded {}", got.dump(), want.dump()));
  }
  if (key == "nextPageToken" || key == "etag") return true;
  if (key == "pixelSize" && want != 21 && want != 100)  // a width of text needs Google's fonts
    return (got > 100) == (want > 100) || note(where, fmt::format("{}, recorded {}", got.dump(), want.dump()));
  if (want.is_string()) return same_text(want.get<std::string>(), got.get<std::string>(), where);
  return want == got || note(where, fmt::format("{}, recorded {}", got.dump(), want.dump()));
}

// A short name for the report.
std::string method_name(const std::string& op, const Json& body) {
  std::string name = op;
  for (const char* prefix : {"sheets.spreadsheets.values.", "sheets.spreadsheets."}) {
    const std::string_view p(prefix);
    if (op.rfind(p, 0) == 0) {
      name = (p.size() > 20 ? "values." : "sheets.") + op.substr(p.size());
      break;
    }
  }
  if (name != "sheets.batchUpdate") return name;
  std::set<std::string> kinds;
  for (const Json& request : member(body, "requests"))
    for (const auto& [kind, value] : request.items()) kinds.insert(kind);
  for (const std::string& kind : kinds) name += (name.back() == 'e' && name.size() == 18 ? " " : "+") + kind;
  return name;
}

struct Step {
  bool seed = false;
  std::size_t index = 0;
  std::string id;
  std::string name;
};

// The requests in order; before an episode the files that it lists and nobody created, oldest first.
std::vector<Step> steps_of(const Json& interactions) {
  std::vector<std::vector<std::size_t>> episodes(1);
  std::set<std::string> live;
  std::set<std::string> known;
  for (std::size_t n = 0; n < interactions.size(); ++n) {
    const Json& request = interactions[n]["request"];
    const std::string target = path_of(text_of(request, "uri"));
    const std::string path = target.substr(0, target.find('?'));
    const std::string verb = text_of(request, "method");
    const Json answer = parsed(text_of(interactions[n]["response"], "body"));
    if (verb == "POST" && path == kFiles && live.empty() && !episodes.back().empty()) episodes.emplace_back();
    episodes.back().push_back(n);
    const bool creates = verb == "POST" && (path == kFiles || path.find("/copy") != std::string::npos);
    if (creates && find(answer, "id") != nullptr) {
      live.insert(text_of(answer, "id"));
      known.insert(text_of(answer, "id"));
    } else if (verb == "DELETE" && int_of(interactions[n]["response"], "code") < 300) {
      live.erase(path.substr(path.rfind('/') + 1));
    }
  }
  std::vector<Step> out;
  for (const auto& episode : episodes) {
    std::vector<Step> foreign;
    for (const std::size_t n : episode) {
      const Json answer = parsed(text_of(interactions[n]["response"], "body"));
      for (const Json& file : member(answer, "files"))
        if (known.insert(text_of(file, "id")).second)
          foreign.push_back({true, 0, text_of(file, "id"), text_of(file, "name")});
    }
    out.insert(out.end(), foreign.rbegin(), foreign.rend());
    for (const std::size_t n : episode) out.push_back({false, n, {}, {}});
  }
  return out;
}

HttpRequest plain_request(const std::string& method, const std::string& target, const std::string& body) {
  HttpRequest request{method, target};
  request.body = body;
  request.authorization = "Bearer replay";
  return request;
}

void compare(const Json& item, const std::string& scope, const HttpResponse& got, const std::string& target,
             const Service& server, const std::string& op, Talk& talk, Verdict& verdict) {
  talk.problems.clear();
  const Json& response = item["response"];
  const int code = int_of(response, "code");
  const std::string want_text = text_of(response, "body");
  if (got.status != code) {
    talk.note("status", fmt::format("{}, recorded {}; {:.300}", got.status, code, got.body));
    verdict.verdict = code < 400 && got.status >= 400 ? "refused" : "differs";
    verdict.problems = talk.problems;
    return;
  }
  if (!want_text.empty() && media(got.content_type) != media(text_of(response, "contentType")))
    talk.note("Content-Type", got.content_type);
  if (media(text_of(response, "contentType")) == "application/json") {
    Json want = parsed(want_text);
    Json mine = parsed(got.body);
    const bool upload = target.rfind("/upload/", 0) == 0;
    if (upload) {
      for (Json* side : {&want, &mine}) {
        Json kept = object();
        for (const char* name : {"kind", "id", "title", "mimeType", "explicitlyTrashed"})
          if (const Json* value = find(*side, name)) kept[name] = *value;
        *side = kept;
      }
    }
    talk.same(want, mine, scope, target.rfind("/v4/", 0) != 0, "", "");
    // whatever is answered is in the discovery document
    if (got.status < 300 && !upload)
      if (const Refusal refusal = server.discovery().check(mine, server.response_schema(op), Reading::answer))
        talk.note("discovery", refusal->message);
  } else if (Talk::masked(want_text) != Talk::masked(talk.recorded_text(got.body))) {
    talk.note("", fmt::format("\"{:.120}\", recorded \"{:.120}\"", got.body, want_text));
  }
  verdict.verdict = talk.problems.empty() ? "exact" : "differs";
  verdict.problems = talk.problems;
}

void play(const Recording& recording, std::vector<Verdict>& verdicts) {
  Options options;
  options.seed = 7;
  options.clock_step = true;
  Service server(options);
  server.quota().mode = QuotaMode::off;
  Talk talk;
  for (const Step& step : steps_of(recording.interactions)) {
    if (step.seed) {
      const Json body{{"name", step.name}, {"mimeType", kSpreadsheetMime}};
      const HttpResponse made = server.handle(plain_request("POST", kFiles, body.dump()));
      talk.bind("file", "", step.id, text_of(parsed(made.body), "id"));
      continue;
    }
    const Json& item = recording.interactions[step.index];
    const Json& request = item["request"];
    const std::string recorded_target = path_of(text_of(request, "uri"));
    static const std::regex kScope("/(?:spreadsheets|files)/([^/:?]+)");
    std::smatch found;
    const std::string scope = std::regex_search(recorded_target, found, kScope) ? found[1].str() : "";
    std::string body = text_of(request, "body");
    Json json = parsed(body);
    if (json.is_object() || json.is_array()) {
      const Json before = json;
      talk.send_json(json, scope, "");
      if (json != before) body = json.dump();
    } else {
      body = talk.send_text(body);
    }
    HttpRequest sent = plain_request(text_of(request, "method"), talk.send_text(recorded_target), body);
    sent.content_type = text_of(request, "contentType");
    const Route where = route(sent.method, sent.target);
    Verdict verdict{recording.name, static_cast<int>(step.index), method_name(where.op, json), {}, {}};
    compare(item, scope, server.handle(sent), sent.target, server, where.op, talk, verdict);
    verdicts.push_back(std::move(verdict));
  }
}

}  // namespace

std::vector<Recording> read_recordings(const std::string& path) {
  std::vector<Recording> out;
  gzFile file = gzopen(path.c_str(), "rb");
  if (file == nullptr) return out;
  std::string text;
  std::array<char, 65536> buffer{};
  for (int got = gzread(file, buffer.data(), buffer.size()); got > 0; got = gzread(file, buffer.data(), buffer.size()))
    text.append(buffer.data(), static_cast<std::size_t>(got));
  gzclose(file);
  std::size_t from = 0;
  while (from < text.size()) {
    const std::size_t end = std::min(text.find('\n', from), text.size());
    const Json line = parsed(text.substr(from, end - from));
    out.push_back({text_of(line, "name"), member(line, "interactions")});
    from = end + 1;
  }
  return out;
}

std::vector<Verdict> replay(const std::vector<Recording>& recordings) {
  std::vector<Verdict> out;
  for (const Recording& recording : recordings) play(recording, out);
  return out;
}

std::vector<std::string> differences(const Json& want, const Json& got) {
  Talk talk;
  talk.same(want, got, "", false, "", "");
  return talk.problems;
}

}  // namespace sheets_server
