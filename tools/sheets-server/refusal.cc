#include "refusal.h"

#include <fmt/format.h>

namespace sheets_server {

ApiError invalid(std::string message) {
  ApiError error;
  error.message = std::move(message);
  error.reason = "badRequest";
  return error;
}

ApiError bad_field(const std::string& message, const std::string& field, const std::string& description) {
  ApiError error = invalid(message);
  Json violation = object();
  if (!field.empty()) violation["field"] = field;
  violation["description"] = description;
  error.details = Json::array(
      {Json{{"@type", "type.googleapis.com/google.rpc.BadRequest"}, {"fieldViolations", Json::array({violation})}}});
  return error;
}

ApiError not_found() {
  ApiError error;
  error.code = 404;
  error.status = "NOT_FOUND";
  error.message = "Requested entity was not found.";
  return error;
}

ApiError no_permission() {
  ApiError error;
  error.code = 403;
  error.status = "PERMISSION_DENIED";
  error.message = "The caller does not have permission";
  error.reason = "insufficientFilePermissions";
  return error;
}

ApiError not_implemented(const std::string& rule) {
  ApiError error;
  error.code = 501;
  error.status = "UNIMPLEMENTED";
  error.message = fmt::format("[zmig-sheets-server] {} is not implemented here, see DEVIATIONS.md", rule);
  error.reason = "notImplemented";
  return error;
}

Json error_body(const ApiError& error, bool drive) {
  Json inner = object();
  inner["code"] = error.code;
  inner["message"] = error.message;
  if (!drive) {
    inner["status"] = error.status;
    if (!error.details.is_null()) inner["details"] = error.details;
  } else {
    Json item = object();
    item["message"] = error.message;
    item["domain"] = error.domain;
    item["reason"] = error.reason.empty() ? "badRequest" : error.reason;
    if (!error.parameter.empty()) {
      item["location"] = error.parameter;
      item["locationType"] = "parameter";
    }
    inner["errors"] = Json::array({item});
    if (error.code == 401) inner["status"] = error.status;
  }
  Json body = object();
  body["error"] = inner;
  return body;
}

}  // namespace sheets_server
