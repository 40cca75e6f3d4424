#pragma once
// Where the key or token comes from (google-sheets.md A3). Nothing here talks to anybody.

#include <optional>
#include <string>

#include <zmig/target.h>

#include "targets/gsheet/google_answer.h"
#include "targets/gsheet/secret.h"

namespace zmig::gsheet {

/// What was found: a key file, a plain token, or nothing but the hope for a metadata server.
struct Credentials {
  std::string found_in;  ///< for people: "the variable GOOGLE_OAUTH_ACCESS_TOKEN", "file credentials.json"
  std::optional<KeyFile> key;
  Secret token;
  [[nodiscard]] bool ask_metadata_server() const { return !key && token.empty(); }
};

/// ZM0482: what is named is not there, is readable by others, or is no key. Runs the command of `options`, if it names
/// one, for at most half a minute.
Result<Credentials> find_credentials(const GsheetOptions& options);

}  // namespace zmig::gsheet
