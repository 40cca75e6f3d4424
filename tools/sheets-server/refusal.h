#pragma once
/// What a call that is refused says: code, status and text of Google's answer.

#include <optional>
#include <string>
#include <utility>

#include "json.h"

namespace sheets_server {

struct ApiError {
  int code = 400;
  std::string status = "INVALID_ARGUMENT";
  std::string message;
  Json details = nullptr;         ///< list, Sheets only
  std::string reason = {};        ///< Drive only
  std::string domain = "global";  ///< Drive only
  std::string parameter = {};     ///< Drive only: the parameter at fault
};

/// Empty: not refused.
class [[nodiscard]] Refusal {
 public:
  Refusal() = default;
  Refusal(ApiError error) : error_(std::move(error)) {}  // NOLINT(google-explicit-constructor)
  explicit operator bool() const { return error_.has_value(); }
  const ApiError& operator*() const { return *error_; }
  const ApiError* operator->() const { return &*error_; }

 private:
  std::optional<ApiError> error_;
};

/// Leaves the function with the refusal, if `call` is refused.
#define SHEETS_TRY(call) \
  if (auto refusal_ = (call)) return refusal_

/// 400 INVALID_ARGUMENT.
ApiError invalid(std::string message);
/// 400 with a BadRequest detail that names the field.
ApiError bad_field(const std::string& message, const std::string& field, const std::string& description);
ApiError not_found();
ApiError no_permission();
/// 501: this server does not do that, by name. `rule` is a row of DEVIATIONS.md or a request kind.
ApiError not_implemented(const std::string& rule);
/// The body of the answer, in the Sheets or the Drive shape.
Json error_body(const ApiError& error, bool drive);

}  // namespace sheets_server
