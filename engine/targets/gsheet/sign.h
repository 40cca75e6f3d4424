#pragma once
// RS256 for service accounts.

#include <string>
#include <string_view>

#include <zmig/result.h>

namespace zmig::gsheet {

/// Base64url without padding (RFC 4648, 5).
std::string base64url(std::string_view bytes);

/// Signature of RSASSA-PKCS1-v1_5 with SHA-256 over `bytes`; ZM0482 when the text is no RSA key, ZM0496 without
/// OpenSSL.
Result<std::string> sign_rs256(std::string_view private_key_pem, std::string_view bytes);

}  // namespace zmig::gsheet
