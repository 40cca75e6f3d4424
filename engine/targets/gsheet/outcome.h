#pragma once
// What an exchange came to: its class, and the words for it (google-sheets.md A8.5, C8). Pure.

#include <chrono>
#include <optional>
#include <string>

#include <zmig/ports.h>
#include <zmig/result.h>

#include "targets/gsheet/google_answer.h"
#include "targets/gsheet/http.h"

namespace zmig::gsheet {

enum class Class {
  fine,
  again,         ///< certainly without effect: back off, send the same bytes again
  unauthorised,  ///< 401: a fresh token once
  absent,        ///< 404 on a read: asked once more
  final,         ///< certainly without effect: never sent again unchanged
  unknown,       ///< a write that may have happened, now or later
};

/// Who asks for what, for the words.
struct Asked {
  bool writes = false;
  std::string account;      ///< e-mail, or empty
  std::string found_in;     ///< of the credentials: "file key.json"
  std::string spreadsheet;  ///< id
  bool drive = false;
  UtcTime now;
};

struct Outcome {
  Class kind = Class::fine;
  Error error;                                                        ///< unless fine
  std::optional<std::chrono::milliseconds> come_back = std::nullopt;  ///< what the service asks for
  bool overloaded = false;                                            ///< 503: keep a second between calls
  bool quota = false;                                                 ///< of the service, per minute or day
};

Outcome judge(const HttpReply& reply, const Asked& asked);

/// Of a token endpoint; `unknown` does not occur. `host`: whom the message names.
Outcome judge_token(const HttpReply& reply, const TokenAnswer& answer, const Asked& asked, std::string_view host);

/// "61 minutes", "45 seconds".
std::string in_words(std::chrono::milliseconds time);

/// The quota is spent for longer than the run may wait: says when to come back.
Error out_of_quota(const Error& last, std::chrono::milliseconds wait, UtcTime now);

}  // namespace zmig::gsheet
