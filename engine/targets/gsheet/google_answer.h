#pragma once
// What answers of Google and files of keys say, out of their JSON. Unknown members are ignored everywhere.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <zmig/result.h>

#include "targets/gsheet/secret.h"

namespace zmig::gsheet {

/// The error object of Sheets or Drive; empty texts where it does not say.
struct Fault {
  bool understood = false;  ///< the body is an error object
  std::string status;       ///< "RESOURCE_EXHAUSTED"; Drive gives none
  std::string message;
  std::string reason;        ///< "storageQuotaExceeded", "SERVICE_DISABLED", "RATE_LIMIT_EXCEEDED"
  std::string link;          ///< where the API is switched on
  std::string quota, limit;  ///< "Write requests per minute per user", "60"
};
Fault read_fault(std::string_view body);

/// The answer of a token endpoint, good or bad.
struct TokenAnswer {
  Secret token;
  std::int64_t seconds = 0;        ///< how long it lives
  std::string error, description;  ///< "invalid_grant", ...
  bool understood = false;         ///< one of both is there
};
TokenAnswer read_token(std::string_view body);

/// A key file.
struct KeyFile {
  enum class Kind { service_account, authorized_user } kind = Kind::service_account;
  std::string email, key_id, token_uri, client_id, quota_project;
  Secret private_key, client_secret, refresh_token;
};
/// ZM0482: not JSON, a type that is not supported (named), a member missing. `where`: "credentials.json".
Result<KeyFile> read_key_file(std::string_view bytes, const std::string& where);

/// The two parts of a JWT that are signed, in base64url with the dot between them.
std::string jwt_to_sign(const KeyFile& key, const std::string& scope, const std::string& subject, std::int64_t now_s);

/// Whether an answer is one whole JSON object: small ones are read, of large ones the ends are looked at (the length
/// was checked by HTTP, and the target reads them anyway).
bool is_json_object(std::string_view body);

/// What Drive says of a file: may I edit, copy, share; what kind is it.
struct FileAbilities {
  bool understood = false, can_edit = false, can_copy = false, can_share = false;
  std::string name, mime;
};
FileAbilities read_abilities(std::string_view body);

/// about.get: who I am, and how much may be stored; limit 0: nothing, as for service accounts. -1: no limit.
struct AboutMe {
  bool understood = false;
  std::string email;
  std::int64_t limit = -1, used = 0;
};
AboutMe read_about(std::string_view body);

}  // namespace zmig::gsheet
