#pragma once
/// The wire to Google: one call of Sheets v4 or Drive v3, with authorisation, pacing, retries and the class of the
/// outcome. (google-sheets.md A3-A5, A8.5; reliability.md 10)

#include <cstdint>
#include <memory>
#include <string>

#include <zmig/result.h>
#include <zmig/target.h>

namespace zmig::gsheet {

/// One request. Reading requests are retried freely; writing ones only when it is certain that nothing happened.
struct Request {
  std::string method = "GET";  ///< GET, POST, PUT, PATCH, DELETE
  std::string path;     ///< with query, percent-encoded: "/v4/spreadsheets/ID?fields=..." or "/drive/v3/files/ID?..."
  std::string body;     ///< JSON text, or empty
  bool writes = false;  ///< an answer that does not come leaves open whether it happened (Error::effect == unknown)
  bool large = false;   ///< the answer may have megabytes
};

/// A 2xx answer. Everything else is an Error: code, place and fix for people; Errc by class; Error::effect == unknown
/// exactly when a writing request may have been committed.
struct Answer {
  int status = 200;
  std::string body;
};

/// What the calls of this run cost, for reports and the budget.
struct Calls {
  std::uint64_t reads = 0, writes = 0, retries = 0, bytes_in = 0, bytes_out = 0;
};

class Api {
 public:
  virtual ~Api() = default;
  virtual Result<Answer> call(const Request& request) = 0;
  [[nodiscard]] virtual Calls calls() const = 0;
  /// Who writes, as Google knows it: "zmig@project.iam.gserviceaccount.com"; empty when it cannot be known.
  [[nodiscard]] virtual std::string account() const = 0;
};

/// Opens the wire: finds the credentials, checks the endpoint, sends nothing yet but what a token needs.
/// `spreadsheet_id` is for messages and the pace of one spreadsheet. `options` is copied; `ports` must outlive the
/// answer.
Result<std::unique_ptr<Api>> connect_api(const GsheetOptions& options, Ports& ports, const std::string& spreadsheet_id);

/// The id of a folder of Drive in "drive:0AFolderId", in the id alone, or in the address as copied from a browser.
/// ZM0702.
Result<std::string> folder_id(const std::string& text);

/// TargetKind::examine of this kind: what the credentials may do with the spreadsheet, asked without changing anything.
std::vector<AccessCheck> examine_access(const std::string& spreadsheet_id, const GsheetOptions& options, Ports& ports);

}  // namespace zmig::gsheet
