#include "service.h"

#include <fmt/format.h>

#include <algorithm>

#include "crypto.h"
#include "rows.h"
#include "text.h"

namespace sheets_server {

namespace {

const std::map<std::string, std::string>& standard_parameters() {
  static const std::map<std::string, std::string> kStandard = {
      {"fields", "s"},          {"prettyPrint", "b"}, {"alt", "s"},      {"key", "s"},        {"access_token", "s"},
      {"oauth_token", "s"},     {"quotaUser", "s"},   {"callback", "s"}, {"uploadType", "s"}, {"userIp", "s"},
      {"upload_protocol", "s"}, {"$.xgafv", "s"},     {"$alt", "s"}};
  return kStandard;
}

HttpResponse html_not_found(const std::string& path) {
  HttpResponse out;
  out.status = 404;
  out.content_type = "text/html; charset=UTF-8";
  out.body =
      "<!DOCTYPE html>\n<html lang=en>\n  <title>Error 404 (Not Found)!!1</title>\n  <p><b>404.</b> "
      "<ins>That\xE2\x80\x99s an error.</ins>\n"
      "  <p>The requested URL <code>" +
      path + "</code> was not found on this server.\n";
  return out;
}

std::string html_safe(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '<')
      out += "&lt;";
    else if (c == '>')
      out += "&gt;";
    else if (c == '&')
      out += "&amp;";
    else
      out += c;
  }
  return out;
}

ApiError small_scope() {
  ApiError error = no_permission();
  error.message = "Request had insufficient authentication scopes.";
  error.reason = "insufficientPermissions";
  Json info = object();
  info["@type"] = "type.googleapis.com/google.rpc.ErrorInfo";
  info["reason"] = "ACCESS_TOKEN_SCOPE_INSUFFICIENT";
  info["domain"] = "googleapis.com";
  error.details = Json::array({std::move(info)});
  return error;
}

void set_headers(HttpResponse& response, bool drive, const std::string& op) {
  auto& h = response.headers;
  h.emplace_back("Vary", drive ? "Origin, X-Origin" : "Origin");
  if (!drive) {
    h.emplace_back("Vary", "X-Origin");
    h.emplace_back("Vary", "Referer");
  }
  h.emplace_back("Cache-Control", drive
                                      ? (op == "drive.files.export" ? "private, max-age=0, must-revalidate"
                                                                    : "no-cache, no-store, max-age=0, must-revalidate")
                                      : "private");
  if (drive && op != "drive.files.export") {
    h.emplace_back("Pragma", "no-cache");
    h.emplace_back("Expires", "Mon, 01 Jan 1990 00:00:00 GMT");
  }
  if (op == "drive.files.export") h.emplace_back("Content-Disposition", "attachment");
  h.emplace_back("X-Content-Type-Options", "nosniff");
  h.emplace_back("X-Frame-Options", "SAMEORIGIN");
  h.emplace_back("X-XSS-Protection", "0");
  h.emplace_back("Server", "ESF");
}

// What no client has seen yet: members everywhere, and a value of an enum that clients show but do not act on.
void add_unknown(Json& value, bool outermost = true) {
  if (value.is_array())
    for (Json& item : value) add_unknown(item, false);
  if (!value.is_object()) return;
  for (auto& [name, child] : value.items()) {
    add_unknown(child, false);
    if (name == "autoRecalc") child = "FUTURE_INTERVAL";
  }
  value["futureMember"] = Json{{"kind", "FUTURE_VALUE"}, {"list", Json::array({1, "two"})}};
  if (outermost) value["commentUpdateState"] = "NO_UPDATES_REQUESTED";
}

void empty_cells(Json& answer) {
  answer.erase("values");
  if (const Json* sheets = find(answer, "sheets")) {
    Json copy = *sheets;
    for (Json& sheet : copy)
      if (sheet.contains("data"))
        for (Json& data : sheet["data"]) data.erase("rowData");
    answer["sheets"] = std::move(copy);
  }
  if (answer.contains("valueRanges"))
    for (Json& range : answer["valueRanges"]) range.erase("values");
}

Refusal check_parameter(const Discovery& discovery, const std::string& name, const std::string& type,
                        const std::string& value) {
  const std::string_view plain = type.front() == '[' ? std::string_view(type).substr(1) : std::string_view(type);
  const auto bad = [&](const char* kind) {
    const std::string text = fmt::format("Invalid value at '{}' ({}), \"{}\"", snake(name), kind, value);
    return bad_field(text, snake(name), text);
  };
  if (plain.front() == 'e' && !discovery.is_enum_value(plain, value)) return bad("TYPE_ENUM");
  if (plain == "b" && lower(value) != "true" && lower(value) != "false") return bad("TYPE_BOOL");
  if (plain == "i" && (value.empty() || value.find_first_not_of("-0123456789") != std::string::npos))
    return bad("TYPE_INT32");
  return {};
}

}  // namespace

bool is_write(const std::string& op) {
  for (const char* read : {".get", ".getByDataFilter", ".batchGet", ".batchGetByDataFilter", ".search", ".list",
                           ".export", ".getStartPageToken"}) {
    const std::string_view tail(read);
    if (op.size() > tail.size() && op.compare(op.size() - tail.size(), tail.size(), tail) == 0) return false;
  }
  return true;
}

Json Exchange::to_json() const {
  Json out = object();
  out["number"] = number;
  out["time"] = time_text(time_ms);
  out["client"] = client;
  out["method"] = method;
  out["path"] = path;
  out["op"] = op;
  if (!kinds.empty()) out["kinds"] = kinds;
  out["status"] = status;
  if (!phase.empty()) out["phase"] = phase;
  if (!action.empty()) out["action"] = action;
  out["committed"] = committed;
  if (!spreadsheet.empty()) out["spreadsheet"] = spreadsheet;
  out["changesBefore"] = changes_before;
  out["changesAfter"] = changes_after;
  out["bodySha256"] = body_sha256;
  if (!metadata_ids.empty()) out["metadataIds"] = metadata_ids;
  return out;
}

Service::Service(const Options& options)
    : world_(options.seed, ServerClock(options.clock_start_ms, options.clock_step)) {}

std::string Service::response_schema(const std::string& op) const {
  const Method* method = world_.discovery.method(op);
  return method == nullptr ? std::string{} : method->response;
}

Refusal Service::check_query(const Route& route, const Method& method, Call& call) const {
  for (const auto& [name, value] : route.query) {
    auto known = method.parameters.find(name);
    if (route.path.count(name) > 0) known = method.parameters.end();
    if (known != method.parameters.end()) {
      SHEETS_TRY(check_parameter(world_.discovery, name, known->second, value));
      continue;
    }
    const bool tolerated = route.drive() && (name == "includeItemsFromAllDrives" || name == "supportsAllDrives" ||
                                             name == "corpora" || name == "spaces");
    if (tolerated || standard_parameters().count(name) > 0) continue;
    const std::string text = fmt::format(
        "Invalid JSON payload received. Unknown name \"{0}\": Cannot bind query parameter. Field '{0}' could not be "
        "found in request message.",
        name);
    return bad_field(text, "", text);
  }
  const std::string fields = query_value(route.query, "fields");
  if (fields.empty()) return {};
  call.has_mask = true;
  return parse_mask(fields, method.response, world_.discovery, call.mask);
}

Refusal Service::check_body(const Route& route, const Method& method, const HttpRequest& request, Exchange& exchange,
                            Call& call) const {
  if (method.request.empty()) return {};
  if (!exchange.body.is_null())
    call.body = std::move(exchange.body);
  else
    call.body = request.body.empty() ? object() : Json::parse(request.body, nullptr, false);
  exchange.body = nullptr;
  if (call.body.is_discarded()) {
    const std::string text = "Invalid JSON payload received. Unexpected token.";
    return bad_field(text, "", text);
  }
  const bool in_data =
      route.op == "sheets.spreadsheets.values.update" || route.op == "sheets.spreadsheets.values.append";
  return world_.discovery.check(call.body, method.request,
                                world_.settings.strict_requests ? Reading::strict : Reading::lenient,
                                in_data ? "data" : "");
}

// A mistake of this server: nobody may build on such an answer.
Refusal Service::checked_answer(const Call& call, const Method& method) {
  if (!world_.settings.check_answers || call.plain) return {};
  Json copy = call.answer;
  expand_rows(copy);
  const Refusal wrong = world_.discovery.check(copy, method.response, Reading::answer);
  if (!wrong) return {};
  world_.complain("answer", method.id, wrong->message);
  ApiError error;
  error.code = 500;
  error.status = "INTERNAL";
  error.message = "[zmig-sheets-server] this answer is none of " + method.response + ": " + wrong->message;
  return error;
}

HttpResponse Service::refused(const ApiError& error, const Route& route, const Bend& bend) const {
  HttpResponse out;
  ApiError shown = error;
  if (bend.internal_on_invalid && error.code == 400) {
    shown = ApiError{};
    shown.code = 500;
    shown.status = "INTERNAL";
    shown.message = "Internal error encountered.";
    shown.reason = "internalError";
  }
  out.status = shown.code;
  out.body = print(error_body(shown, route.drive()), query_value(route.query, "prettyPrint") != "false");
  return out;
}

Refusal Service::run(const Route& route, const HttpRequest& request, const Bend& bend, Exchange& exchange,
                     HttpResponse& response) {
  Caller caller;
  SHEETS_TRY(who(route, request, caller));
  const Method upload{"drive2.upload", "PUT", "", "", {"drive", "drive.file"}, {{"convert", "b"}}};
  const Method* method = route.op == "drive2.upload" ? &upload : world_.discovery.method(route.op);
  if (method == nullptr) return not_implemented(route.op);
  const auto& scopes = method->scopes;
  const auto in_method = [&scopes](const std::string& s) {
    return std::find(scopes.begin(), scopes.end(), s) != scopes.end();
  };
  if (!caller.scopes.empty() && std::none_of(caller.scopes.begin(), caller.scopes.end(), in_method))
    return small_scope();
  SHEETS_TRY(quota_.take(caller, route.drive(), is_write(route.op), world_.clock.now()));

  Call call{world_, route, caller};
  if (route.op == "drive2.upload") call.raw_body = request.body;
  call.stale = bend.stale;
  call.read_only_scope = !caller.scopes.empty() &&
                         std::all_of(caller.scopes.begin(), caller.scopes.end(),
                                     [](const std::string& s) { return s.find("readonly") != std::string::npos; });
  const auto noted = [&](Refusal refused) {
    if (refused) world_.complain("request", method->id, refused->message);
    return refused;
  };
  SHEETS_TRY(noted(check_query(route, *method, call)));
  SHEETS_TRY(noted(check_body(route, *method, request, exchange, call)));
  Route small_pages = route;
  if (bend.partial_list && route.op == "drive.files.list") {
    small_pages.query.insert(small_pages.query.begin(), {"pageSize", "1"});
    Call paged{world_,    small_pages,          caller,    call.body, call.raw_body, call.has_mask,
               call.mask, call.read_only_scope, call.stale};
    SHEETS_TRY(drive_method(paged));
    call.answer = paged.answer;
  } else {
    SHEETS_TRY(route.drive() ? drive_method(call) : sheets_method(call));
  }
  if (!call.committed.empty()) {
    exchange.committed = true;
    exchange.spreadsheet = call.committed;
    ++quota_.counters.commits_by_spreadsheet[call.committed];
  }
  response.status = call.status;
  if (call.plain) {
    response.body = call.text;
    response.content_type = call.text_type;
    return {};
  }
  if (call.has_mask && route.op != "sheets.spreadsheets.get") prune(call.answer, call.mask);
  if (bend.broken_answer) call.answer["noSuchMember"] = true;
  SHEETS_TRY(checked_answer(call, *method));
  if (bend.empty_read && !is_write(route.op)) empty_cells(call.answer);
  if (bend.no_sheets && !is_write(route.op)) call.answer.erase("sheets");
  if (bend.unknown_fields) {
    expand_rows(call.answer);
    add_unknown(call.answer);
  }
  response.body = print_answer(std::move(call.answer), query_value(route.query, "prettyPrint") != "false");
  return {};
}

HttpResponse Service::handle(const HttpRequest& request) {
  Exchange exchange;
  return handle(request, {}, exchange);
}

HttpResponse Service::handle(const HttpRequest& request, const Bend& bend, Exchange& exchange) {
  const Route found = route(request.method, request.target);
  world_.clock.tick();
  if (exchange.method.empty()) describe(request, exchange);
  exchange.time_ms = world_.clock.now();
  quota_.counters.bytes_in += static_cast<std::int64_t>(request.body.size());
  ++quota_.counters.calls_by_op[found.op.empty() ? "?" : found.op];
  const auto changes = [this](const std::string& file_id) {
    const File* file = world_.file(file_id);
    return file == nullptr ? std::int64_t{0} : file->changes;
  };
  exchange.changes_before = changes(exchange.spreadsheet);
  HttpResponse response;
  if (found.op.empty()) {
    response = html_not_found(html_safe(exchange.path));
  } else if (found.op == "token") {
    response = auth_.token(request.body, world_.clock.now(), world_.ids);
  } else if (found.op == "metadata") {
    response = auth_.metadata(request.metadata_flavor, found.path.at("rest"), world_.clock.now(), world_.ids);
  } else {
    if (const Refusal refusal = run(found, request, bend, exchange, response))
      response = refused(*refusal, found, bend);
    set_headers(response, found.drive(), found.op);
  }
  exchange.status = response.status;
  exchange.changes_after = changes(exchange.spreadsheet);
  quota_.counters.bytes_out += static_cast<std::int64_t>(response.body.size());
  return response;
}

void Service::describe(const HttpRequest& request, Exchange& exchange) const {
  const Route found = route(request.method, request.target);
  exchange.client = request.client;
  exchange.method = request.method;
  exchange.path = request.target.substr(0, request.target.find('?'));
  exchange.op = found.op;
  exchange.body_sha256 = sha256_hex(request.body);
  const auto id = found.path.find(found.drive() ? "fileId" : "spreadsheetId");
  if (id != found.path.end()) exchange.spreadsheet = id->second;
  if (found.op != "sheets.spreadsheets.batchUpdate") return;
  exchange.body = Json::parse(request.body, nullptr, false);
  for (const Json& item : member(exchange.body, "requests")) {
    if (!item.is_object() || item.empty()) continue;
    exchange.kinds.push_back(item.begin().key());
    const Json& created = member(member(item, "createDeveloperMetadata"), "developerMetadata");
    if (created.contains("metadataId")) exchange.metadata_ids.push_back(int_of(created, "metadataId"));
  }
}

// A bearer token; or an API key, which reads what everybody may read.
Refusal Service::who(const Route& route, const HttpRequest& request, Caller& caller) const {
  const bool by_key = request.authorization.empty() && !query_value(route.query, "key").empty();
  if (!by_key) return auth_.check(request.authorization, world_.clock.now(), caller);
  caller.email = "anonymous";
  caller.scopes = {"spreadsheets.readonly", "drive.readonly"};
  return is_write(route.op) ? Refusal(unauthenticated()) : Refusal();
}

Refusal Service::edit(const std::string& spreadsheet, const std::string& email, const Json& requests) {
  File* file = world_.file(spreadsheet);
  if (file == nullptr || !file->book) return not_found();
  Json body = object();
  body["requests"] = requests;
  SHEETS_TRY(world_.discovery.check(body, "BatchUpdateSpreadsheetRequest", Reading::lenient));
  const Route nowhere;
  Caller caller;
  caller.email = email;
  Call call{world_, nowhere, caller};
  Spreadsheet book = *file->book;
  Context context = context_on(call, *file, book);
  Json replies;
  SHEETS_TRY(apply_requests(context, world_.kinds, body["requests"], replies));
  world_.commit(*file, std::move(book));
  return {};
}

}  // namespace sheets_server
