#pragma once
/// What OpenSSL does here: RS256, SHA-256, keys and certificates for tests.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sheets_server {

std::string base64url(std::string_view bytes);
std::optional<std::string> from_base64url(std::string_view text);
std::string sha256_hex(std::string_view bytes);
/// A new RSA 2048 private key as PEM (PKCS 8); empty when OpenSSL fails.
std::string new_rsa_key();
/// Signature of RS256 with a private key in PEM; empty when the key is none.
std::string sign_rs256(const std::string& private_pem, std::string_view bytes);
/// With the public half of a private key.
bool verify_rs256(const std::string& private_pem, std::string_view bytes, std::string_view signature);

struct Certificates {
  std::string ca_pem;
  std::string cert_pem;
  std::string key_pem;
};
/// A throw-away CA and a certificate of it for these host names and for 127.0.0.1, good for so many days (negative: it
/// ended that long ago); nullopt when OpenSSL fails.
std::optional<Certificates> new_certificates(const std::vector<std::string>& hosts, int days = 30);

}  // namespace sheets_server
