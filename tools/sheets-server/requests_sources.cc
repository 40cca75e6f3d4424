// Requests about data sources. No query runs here: what becomes of an execution is the knob dataExecution. A data
// source lives in its DATA_SOURCE sheet, which stays empty.
#include <fmt/format.h>

#include <algorithm>

#include "a1.h"
#include "batch.h"
#include "embedded.h"
#include "world.h"

namespace sheets_server {

namespace {

constexpr const char* kRule = "dataSources";

// ---- executions ----

Json failed(const char* code, const char* message) {
  return Json{{"state", "FAILED"}, {"errorCode", code}, {"errorMessage", message}};
}

// What reads show after an execution was started.
Json outcome(const Context& context) {
  const std::string& knob = context.settings.knob("dataExecution");
  if (knob == "runs") return Json{{"state", "RUNNING"}};
  if (knob == "succeeds") return Json{{"state", "SUCCEEDED"}, {"lastRefreshTime", time_text(context.now_ms)}};
  return failed("OTHER", "no query runs here, see the knob dataExecution [zmig-sheets-server]");
}

// It runs in the background: the answer of the call that starts it says only that.
Json started(const Context& context, Sheet& sheet) {
  sheet.source["status"] = outcome(context);
  return Json{{"state", "RUNNING"}};
}

Refusal check_scope(const Context& context, const Json& spec) {
  const auto& scopes = context.caller.scopes;
  if (!spec.contains("bigQuery") || scopes.empty()) return {};
  for (const char* enough : {"bigquery.readonly", "bigquery"})
    if (scopes.count(enough) > 0) return {};
  ApiError error = no_permission();
  error.message =
      "The request scopes are not sufficient for performing this operation. Please include bigquery.readonly scope.";
  return error;
}

// ---- the sources ----

Sheet* find_source(Spreadsheet& book, const std::string& id) {
  for (Cow<Sheet>& sheet : book.sheets)
    if (!sheet->source.is_null() && text_of(member(sheet->source, "dataSource"), "dataSourceId") == id)
      return &sheet.edit();
  return nullptr;
}

ApiError no_source(const std::string& id) { return invalid(fmt::format("The data source ID doesn't exist: {}", id)); }

// Parameters point at one cell each; the ranges are written out in full.
Refusal check_parameters(const Context& context, Json& spec) {
  for (const Json& parameter : member(spec, "parameters")) {
    const Json* name = find(parameter, "namedRangeId");
    const auto& named = context.book.named;
    if (name != nullptr &&
        std::none_of(named.begin(), named.end(), [name](const NamedRange& n) { return n.id == *name; }))
      return invalid(fmt::format("No named range with id: {}", name->get<std::string>()));
  }
  Refusal refused;
  each_grid_range(spec, [&](Json& json) {
    GridRange range;
    Refusal here = resolve_grid_range(json, context.book, range);
    const Range& r = range.cells;
    if (!here && (r.row1 - r.row0 != 1 || r.column1 - r.column0 != 1))
      here = invalid("The range of a parameter is one cell [zmig-sheets-server]");
    if (!here)
      json = to_json(range);
    else if (!refused)
      refused = std::move(here);
    return true;
  });
  return refused;
}

Refusal check_spec(const Context& context, Json& source) {
  const Json& spec = member(source, "spec");
  const bool big_query = spec.contains("bigQuery");
  if (!big_query && !spec.contains("looker")) return invalid("No data source specification is set.");
  if (big_query && spec.contains("looker")) return invalid("A data source is of one kind [zmig-sheets-server]");
  SHEETS_TRY(check_scope(context, spec));
  const Json& query = member(spec, "bigQuery");
  if (query.contains("querySpec") && query.contains("tableSpec"))
    return invalid("A BigQuery data source is a query or a table [zmig-sheets-server]");
  return check_parameters(context, source["spec"]);
}

// ---- refreshing ----

struct Target {
  Json reference;          ///< as it is named in the answer
  Sheet* sheet = nullptr;  ///< nullptr: there is no such object
};

Json sheet_reference(int id) { return Json{{"sheetId", std::to_string(id)}}; }

Refusal find_targets(Context& context, const Json& body, std::vector<Target>& out) {
  const int ways = (body.contains("references") ? 1 : 0) + (body.contains("dataSourceId") ? 1 : 0) +
                   (body.contains("isAll") ? 1 : 0);
  if (ways != 1) return invalid("Set exactly one of references, dataSourceId or isAll [zmig-sheets-server]");
  if (body.contains("references")) {
    for (const Json& reference : member(member(body, "references"), "references")) {
      // the only objects of data sources that there are here
      Sheet* sheet = nullptr;
      for (Cow<Sheet>& s : context.book.sheets)
        if (!s->source.is_null() && std::to_string(s->id) == text_of(reference, "sheetId")) sheet = &s.edit();
      out.push_back({reference, sheet});
    }
    return out.empty() ? Refusal(invalid("references names nothing [zmig-sheets-server]")) : Refusal();
  }
  if (body.contains("dataSourceId")) {
    Sheet* sheet = find_source(context.book, text_of(body, "dataSourceId"));
    out.push_back({sheet == nullptr ? Json(nullptr) : sheet_reference(sheet->id), sheet});
    return {};
  }
  if (!flag(body, "isAll")) return invalid("isAll is true or left out [zmig-sheets-server]");
  for (Cow<Sheet>& s : context.book.sheets)
    if (!s->source.is_null()) out.push_back({sheet_reference(s->id), &s.edit()});
  return {};
}

// Refreshing and cancelling the same object in one batch is refused.
Refusal touch(Context& context, const Target& target, const char* how) {
  if (target.sheet == nullptr) return {};
  const auto [it, first] = context.executions.emplace(target.sheet->id, how);
  if (first || it->second == how) return {};
  return invalid("A data source cannot be refreshed and cancelled in one batch [zmig-sheets-server]");
}

// With isAll only what failed is told.
void answer(Context& context, const Json& body, Json statuses, const char* part) {
  if (body.contains("isAll")) {
    Json bad = Json::array();
    for (Json& status : statuses)
      if (text_of(member(status, part), "state").find("FAILED") != std::string::npos) bad.push_back(std::move(status));
    statuses = std::move(bad);
  }
  if (statuses.empty())
    context.reply = Json::array();  // shown as an empty reply
  else
    context.reply["statuses"] = std::move(statuses);
}

}  // namespace

namespace requests {

Refusal add_source(Context& context, const Json& body) {
  SHEETS_TRY(context.rests_on(kRule));
  Json source = member(body, "dataSource");
  SHEETS_TRY(check_spec(context, source));
  const int wanted = int_of(source, "sheetId", -1);
  if (context.book.sheet(wanted) != nullptr) {
    SHEETS_TRY(context.rests_on("duplicateSheetId"));
    if (context.settings.knob("duplicateSheetId") == "refuse")
      return invalid(fmt::format("Sheet with id {} already exists", wanted));
  }
  std::string id = text_of(source, "dataSourceId");
  if (!id.empty() && find_source(context.book, id) != nullptr)
    return invalid(fmt::format("A data source with id {} already exists [zmig-sheets-server]", id));
  while (id.empty() || find_source(context.book, id) != nullptr) id = std::to_string(context.ids.number());
  Sheet& sheet = add_gridless_sheet(context, "DATA_SOURCE", wanted, "Data source ");
  Json kept = object();
  kept["dataSourceId"] = id;
  for (const char* name : {"spec", "calculatedColumns"})
    if (const Json* value = find(source, name)) kept[name] = *value;
  kept["sheetId"] = sheet.id;
  sheet.source = Json{{"dataSource", kept}, {"status", nullptr}};
  context.reply["dataSource"] = std::move(kept);
  context.reply["dataExecutionStatus"] = started(context, sheet);
  return {};
}

Refusal update_source(Context& context, const Json& body) {
  Mask mask;
  SHEETS_TRY(body_mask(context, body, "DataSource", mask));
  SHEETS_TRY(context.rests_on(kRule));
  const Json& given = member(body, "dataSource");
  const std::string id = text_of(given, "dataSourceId");
  Sheet* sheet = find_source(context.book, id);
  if (sheet == nullptr) return no_source(id);
  Json wanted = sheet->source["dataSource"];
  write_masked(wanted, given, mask);
  wanted["dataSourceId"] = id;
  if (mask.wants("sheetId") && given.contains("sheetId") && int_of(given, "sheetId") != sheet->id)
    return invalid("The sheet of a data source stays [zmig-sheets-server]");
  wanted["sheetId"] = sheet->id;
  SHEETS_TRY(check_spec(context, wanted));
  sheet->source["dataSource"] = wanted;
  context.reply["dataSource"] = std::move(wanted);
  context.reply["dataExecutionStatus"] = started(context, *sheet);
  return {};
}

Refusal delete_source(Context& context, const Json& body) {
  SHEETS_TRY(context.rests_on(kRule));
  const std::string id = text_of(body, "dataSourceId");
  const Sheet* sheet = find_source(context.book, id);
  return sheet == nullptr ? Refusal(no_source(id)) : remove_sheet(context, sheet->id);
}

Refusal refresh(Context& context, const Json& body) {
  SHEETS_TRY(context.rests_on(kRule));
  std::vector<Target> targets;
  SHEETS_TRY(find_targets(context, body, targets));
  Json statuses = Json::array();
  for (const Target& target : targets) {
    SHEETS_TRY(touch(context, target, "refresh"));
    Json status = object();
    if (!target.reference.is_null()) status["reference"] = target.reference;
    if (target.sheet == nullptr) {
      status["dataExecutionStatus"] = failed("OBJECT_NOT_FOUND", "The data source object doesn't exist.");
    } else {
      SHEETS_TRY(check_scope(context, member(target.sheet->source["dataSource"], "spec")));
      const Json before = target.sheet->source["status"];
      const bool in_error = text_of(before, "state") == "FAILED" && !flag(body, "force");
      status["dataExecutionStatus"] = in_error ? before : started(context, *target.sheet);
    }
    statuses.push_back(std::move(status));
  }
  answer(context, body, std::move(statuses), "dataExecutionStatus");
  return {};
}

Refusal cancel(Context& context, const Json& body) {
  SHEETS_TRY(context.rests_on(kRule));
  std::vector<Target> targets;
  SHEETS_TRY(find_targets(context, body, targets));
  Json statuses = Json::array();
  for (const Target& target : targets) {
    SHEETS_TRY(touch(context, target, "cancel"));
    Json status = object();
    if (!target.reference.is_null()) status["reference"] = target.reference;
    Json& result = status["refreshCancellationStatus"];
    if (target.sheet == nullptr) {
      result = Json{{"state", "CANCEL_FAILED"}, {"errorCode", "EXECUTION_NOT_FOUND"}};
    } else {
      SHEETS_TRY(check_scope(context, member(target.sheet->source["dataSource"], "spec")));
      Json& execution = target.sheet->source["status"];
      if (text_of(execution, "state") == "RUNNING") {
        execution = failed("INTERRUPTED", "the refresh was cancelled [zmig-sheets-server]");
        result = Json{{"state", "CANCEL_SUCCEEDED"}};
      } else {
        result = Json{{"state", "CANCEL_FAILED"}, {"errorCode", "QUERY_EXECUTION_COMPLETED"}};
      }
    }
    statuses.push_back(std::move(status));
  }
  answer(context, body, std::move(statuses), "refreshCancellationStatus");
  return {};
}

}  // namespace requests

}  // namespace sheets_server
