#include "auth.h"

#include <algorithm>
#include <array>
#include <sstream>

#include "crypto.h"
#include "text.h"

namespace sheets_server {

namespace {

constexpr const char* kClockText =
    "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check your iat and exp "
    "values in the JWT claim.";

HttpResponse oauth(int status, const Json& body) {
  HttpResponse out;
  out.status = status;
  out.body = print(body, true);
  return out;
}

HttpResponse oauth_error(const char* error, const char* description, int status = 400) {
  return oauth(status, Json{{"error", error}, {"error_description", description}});
}

// Scopes by the short names of the discovery tables; false: one is not known.
bool read_scopes(const std::string& text, std::set<std::string>& out) {
  std::istringstream words(text);
  std::string word;
  while (words >> word) {
    const std::string prefix = "https://www.googleapis.com/auth/";
    if (word == "https://spreadsheets.google.com/feeds" || word == "https://www.googleapis.com/auth/cloud-platform") {
      out.insert("spreadsheets");
      if (word.find("cloud-platform") != std::string::npos) out.insert("bigquery");
      continue;
    }
    if (word.rfind(prefix, 0) != 0) return false;
    const std::string name = word.substr(prefix.size());
    constexpr std::array kKnown = {"spreadsheets", "drive", "userinfo", "bigquery"};
    if (std::none_of(kKnown.begin(), kKnown.end(), [&name](const char* known) { return name.rfind(known, 0) == 0; }))
      return false;
    out.insert(name);
  }
  return !out.empty();
}

Json parsed(const std::string& text) { return Json::parse(text, nullptr, false); }

std::map<std::string, std::string> form_of(const std::string& text) {
  std::map<std::string, std::string> out;
  std::istringstream items(text);
  std::string item;
  while (std::getline(items, item, '&')) {
    const std::size_t sign = item.find('=');
    if (sign != std::string::npos)
      out[percent_decoded(item.substr(0, sign), true)] = percent_decoded(item.substr(sign + 1), true);
  }
  return out;
}

}  // namespace

ApiError unauthenticated() {
  ApiError error;
  error.code = 401;
  error.status = "UNAUTHENTICATED";
  error.message =
      "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid "
      "authentication credential. See "
      "https://developers.google.com/identity/sign-in/web/devconsole-project.";
  error.reason = "authError";
  return error;
}

bool Auth::add_key(const Json& file) {
  const std::string type = text_of(file, "type");
  Key key{file, {}};
  if (type == "service_account" && file.contains("private_key")) {
    key.caller.email = text_of(file, "client_email");
    key.caller.project = text_of(file, "project_id", "1");
  } else if (type == "authorized_user" && file.contains("refresh_token")) {
    key.caller.email = text_of(file, "account", "user@example.com");
  } else {
    return false;
  }
  keys_.push_back(std::move(key));
  return true;
}

std::vector<std::string> Auth::emails() const {
  std::vector<std::string> out;
  out.reserve(keys_.size());
  for (const Key& key : keys_) out.push_back(key.caller.email);
  return out;
}

Refusal Auth::check(const std::string& authorization, std::int64_t now_ms, Caller& out) const {
  const std::string bearer = "Bearer ";
  if (authorization.rfind(bearer, 0) != 0 || authorization.size() == bearer.size()) return unauthenticated();
  const std::string token = authorization.substr(bearer.size());
  if (expired_.count(token) > 0) return unauthenticated();
  if (const auto it = tokens_.find(token); it != tokens_.end()) {
    if (it->second.expires_ms <= now_ms) return unauthenticated();
    out = it->second.caller;
    return {};
  }
  if (mode == AuthMode::keys || revoked_) return unauthenticated();
  out = Caller{};
  // any:alice@example.com, any:alice@example.com:spreadsheets.readonly, any:alice@example.com:spreadsheets,bigquery
  if (token.rfind("any:", 0) == 0) {
    const std::size_t colon = token.find(':', 4);
    out.email = token.substr(4, colon == std::string::npos ? colon : colon - 4);
    std::istringstream scopes(colon == std::string::npos ? std::string() : token.substr(colon + 1));
    for (std::string scope; std::getline(scopes, scope, ',');) out.scopes.insert(scope);
  }
  return {};
}

void Auth::expire(const std::string& authorization) {
  for (const auto& [token, data] : tokens_) expired_.insert(token);
  tokens_.clear();
  const std::size_t blank = authorization.find(' ');
  if (blank != std::string::npos) expired_.insert(authorization.substr(blank + 1));
}

HttpResponse Auth::minted(const Caller& caller, std::int64_t now_ms, Ids& ids) {
  const std::string token = "ya29." + ids.token(48);
  tokens_[token] = {caller, now_ms + expires_in * 1000};
  return oauth(200, Json{{"access_token", token}, {"expires_in", expires_in}, {"token_type", "Bearer"}});
}

HttpResponse Auth::by_assertion(const std::string& assertion, std::int64_t now_ms, Ids& ids) {
  const std::size_t first = assertion.find('.');
  const std::size_t last = assertion.rfind('.');
  if (first == std::string::npos || last == first) return oauth_error("invalid_grant", "Bad Request");
  const auto header = from_base64url(std::string_view(assertion).substr(0, first));
  const auto claims_text = from_base64url(std::string_view(assertion).substr(first + 1, last - first - 1));
  const auto signature = from_base64url(std::string_view(assertion).substr(last + 1));
  if (!header || !claims_text || !signature) return oauth_error("invalid_grant", "Bad Request");
  const Json claims = parsed(*claims_text);
  if (text_of(parsed(*header), "alg") != "RS256" || !claims.is_object())
    return oauth_error("invalid_grant", "Bad Request");
  const std::string issuer = text_of(claims, "iss");
  const auto key = std::find_if(keys_.begin(), keys_.end(), [&issuer](const Key& k) {
    return k.caller.email == issuer && k.file.contains("private_key");
  });
  if (mode == AuthMode::keys) {
    if (key == keys_.end()) return oauth_error("invalid_grant", "Invalid grant: account not found");
    if (!verify_rs256(text_of(key->file, "private_key"), std::string_view(assertion).substr(0, last), *signature))
      return oauth_error("invalid_grant", "Invalid JWT Signature.");
    const std::string audience = text_of(claims, "aud");
    if (audience != text_of(key->file, "token_uri") && audience != "https://oauth2.googleapis.com/token")
      return oauth_error("invalid_grant", "Invalid JWT: Failed audience check.");
  }
  if (revoked_) return oauth_error("invalid_grant", "Token has been expired or revoked.");
  const Json* issued = find(claims, "iat");
  const Json* ends = find(claims, "exp");
  if (issued == nullptr || ends == nullptr || !issued->is_number() || !ends->is_number())
    return oauth_error("invalid_grant", kClockText);
  const std::int64_t now = (now_ms + skew_ms) / 1000;
  const std::int64_t from = static_cast<std::int64_t>(issued->get<double>());
  const std::int64_t to = static_cast<std::int64_t>(ends->get<double>());
  if (from > now + 600 || to < now - 600 || to - from > 3600 + 600) return oauth_error("invalid_grant", kClockText);
  Caller caller = key != keys_.end() ? key->caller : Caller{};
  if (const std::string subject = text_of(claims, "sub"); !subject.empty()) caller.email = subject;
  caller.scopes.clear();
  if (!read_scopes(text_of(claims, "scope"), caller.scopes))
    return oauth_error("invalid_scope", "Invalid OAuth scope or ID token audience provided.");
  return minted(caller, now_ms, ids);
}

HttpResponse Auth::token(const std::string& form, std::int64_t now_ms, Ids& ids) {
  if (endpoint_down) return oauth_error("internal_failure", "Backend Error", 503);
  auto fields = form_of(form);
  const std::string grant = fields["grant_type"];
  if (grant == "urn:ietf:params:oauth:grant-type:jwt-bearer") return by_assertion(fields["assertion"], now_ms, ids);
  if (grant != "refresh_token") return oauth_error("unsupported_grant_type", "Invalid grant_type.");
  if (revoked_) return oauth_error("invalid_grant", "Token has been expired or revoked.");
  const auto key = std::find_if(keys_.begin(), keys_.end(), [&fields](const Key& k) {
    return text_of(k.file, "client_id") == fields["client_id"] && k.file.contains("refresh_token");
  });
  if (mode == AuthMode::any && key == keys_.end()) return minted(Caller{}, now_ms, ids);
  if (key == keys_.end() || text_of(key->file, "client_secret") != fields["client_secret"])
    return oauth_error("invalid_client", "The OAuth client was not found.", 401);
  if (text_of(key->file, "refresh_token") != fields["refresh_token"])
    return oauth_error("invalid_grant", "Token has been expired or revoked.");
  return minted(key->caller, now_ms, ids);
}

HttpResponse Auth::metadata(const std::string& flavor, const std::string& path, std::int64_t now_ms, Ids& ids) {
  HttpResponse out;
  if (flavor != "Google") {
    out.status = 403;
    out.content_type = "text/html; charset=UTF-8";
    out.body =
        "<!DOCTYPE html><html><head><title>Error 403 (Forbidden)</title></head><body>Missing Metadata-Flavor:Google "
        "header.</body></html>\n";
    return out;
  }
  if (path != "instance/service-accounts/default/token") {
    out.status = 404;
    out.content_type = "text/html; charset=UTF-8";
    out.body = "<!DOCTYPE html><html><head><title>Error 404 (Not Found)</title></head><body></body></html>\n";
    return out;
  }
  return minted(keys_.empty() ? Caller{} : keys_.front().caller, now_ms, ids);
}

}  // namespace sheets_server
