#pragma once
/// Bearer tokens and the endpoint that mints them.

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "context.h"
#include "http.h"

namespace sheets_server {

/// 401: no token, or none that is good.
ApiError unauthenticated();

enum class AuthMode : std::uint8_t { any, keys };

class Auth {
 public:
  AuthMode mode = AuthMode::any;
  std::int64_t expires_in = 3599;  ///< seconds
  std::int64_t skew_ms = 0;        ///< how far this endpoint's clock is off (fault)
  bool endpoint_down = false;      ///< fault

  /// A service-account or authorized_user file. False: it is neither.
  bool add_key(const Json& file);
  /// E-mails of the keys, in order.
  std::vector<std::string> emails() const;

  /// Who sends this header; 401 when it is nobody.
  Refusal check(const std::string& authorization, std::int64_t now_ms, Caller& out) const;
  /// POST /token.
  HttpResponse token(const std::string& form, std::int64_t now_ms, Ids& ids);
  /// The token of the metadata server.
  HttpResponse metadata(const std::string& flavor, const std::string& path, std::int64_t now_ms, Ids& ids);

  /// Every token minted so far, and the one of this header, is worth nothing from now on.
  void expire(const std::string& authorization);
  /// No token is good, and no new ones are given for any key, until `reset`.
  void revoke() {
    tokens_.clear();
    revoked_ = true;
  }
  void reset() {
    tokens_.clear();
    expired_.clear();
    revoked_ = endpoint_down = false;
    skew_ms = 0;
  }

 private:
  struct Key {
    Json file;
    Caller caller;
  };
  struct Token {
    Caller caller;
    std::int64_t expires_ms = 0;
  };
  HttpResponse minted(const Caller& caller, std::int64_t now_ms, Ids& ids);
  HttpResponse by_assertion(const std::string& assertion, std::int64_t now_ms, Ids& ids);

  std::vector<Key> keys_;
  std::map<std::string, Token> tokens_;
  std::set<std::string> expired_;
  bool revoked_ = false;
};

}  // namespace sheets_server
