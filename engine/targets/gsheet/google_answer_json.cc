#include <charconv>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "targets/gsheet/google_answer.h"
#include "targets/gsheet/sign.h"

namespace zmig::gsheet {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kDeepest = 64;
constexpr std::size_t kSmall = std::size_t{64} << 10;

/// Errors, tokens and key files are small; anything deeper or larger is none of them.
Json parse(std::string_view text) {
  if (text.size() > kSmall * 4) return Json(Json::value_t::discarded);
  std::size_t depth = 0;
  const auto shallow = [&depth](int at, Json::parse_event_t, Json&) {
    depth = std::max(depth, static_cast<std::size_t>(at));
    return depth <= kDeepest;
  };
  Json json = Json::parse(text, shallow, false);
  return depth > kDeepest ? Json(Json::value_t::discarded) : json;
}

const Json& member(const Json& json, const char* name) {
  static const Json kNothing;
  if (!json.is_object()) return kNothing;
  const auto found = json.find(name);
  return found == json.end() ? kNothing : *found;
}

std::string text(const Json& json, const char* name) {
  const Json& found = member(json, name);
  return found.is_string() ? found.get<std::string>() : std::string();
}

/// Takes a text out of the tree, so that only the secret holds it.
Secret secret(Json& json, const char* name) {
  if (!json.is_object()) return {};
  const auto found = json.find(name);
  if (found == json.end() || !found->is_string()) return {};
  return Secret(std::move(found->get_ref<std::string&>()));
}

/// Numbers of Google are numbers here and texts there.
std::optional<std::int64_t> integer(const Json& json, const char* name) {
  const Json& found = member(json, name);
  if (found.is_number()) return found.get<std::int64_t>();
  if (!found.is_string()) return std::nullopt;
  const auto& digits = found.get_ref<const std::string&>();
  std::int64_t value = 0;
  const auto [end, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (failure != std::errc() || end != digits.data() + digits.size() || digits.empty()) return std::nullopt;
  return value;
}

void read_detail(const Json& detail, Fault& fault) {
  if (const std::string reason = text(detail, "reason"); !reason.empty()) fault.reason = reason;
  const Json& more = member(detail, "metadata");
  if (const std::string limit = text(more, "quota_limit_value"); !limit.empty()) fault.limit = limit;
  if (const std::string link = text(more, "activationUrl"); !link.empty()) fault.link = link;
  for (const Json& link : member(detail, "links")) {
    if (fault.link.empty()) fault.link = text(link, "url");
  }
}

/// "... and limit 'Write requests per minute per user' of service ..."
std::string quoted_limit(std::string_view message) {
  constexpr std::string_view kBefore = "and limit '";
  const std::size_t at = message.find(kBefore);
  if (at == std::string_view::npos) return {};
  message.remove_prefix(at + kBefore.size());
  return std::string(message.substr(0, message.find('\'')));
}

Error unusable(const std::string& where, std::string_view why, std::string help) {
  return make_error(Errc::denied, "ZM0482", fmt::format("the credentials in {} cannot be used: {}", where, why),
                    std::move(help));
}

}  // namespace

Fault read_fault(std::string_view body) {
  Fault fault;
  const Json json = parse(body);
  const Json& error = member(json, "error");
  if (!error.is_object()) return fault;
  fault.understood = true;
  fault.status = text(error, "status");
  fault.message = text(error, "message");
  for (const Json& one : member(error, "errors")) {
    if (fault.reason.empty()) fault.reason = text(one, "reason");
  }
  for (const Json& detail : member(error, "details")) read_detail(detail, fault);
  fault.quota = quoted_limit(fault.message);
  return fault;
}

TokenAnswer read_token(std::string_view body) {
  TokenAnswer answer;
  Json json = parse(body);
  answer.token = secret(json, "access_token");
  answer.seconds = integer(json, "expires_in").value_or(0);
  const Json& error = member(json, "error");
  answer.error = error.is_string() ? error.get<std::string>() : text(error, "status");
  answer.description = error.is_object() ? text(error, "message") : text(json, "error_description");
  answer.understood = !answer.token.empty() || !answer.error.empty();
  return answer;
}

Result<KeyFile> read_key_file(std::string_view bytes, const std::string& where) {
  const std::string make_new = "download a key of a service account, or run `gcloud auth application-default login`";
  Json json = parse(bytes);
  if (!json.is_object()) return unusable(where, "not a key file of Google", make_new);
  KeyFile key;
  const std::string type = text(json, "type");
  key.email = text(json, "client_email");
  key.key_id = text(json, "private_key_id");
  key.token_uri = text(json, "token_uri");
  key.client_id = text(json, "client_id");
  key.quota_project = text(json, "quota_project_id");
  key.private_key = secret(json, "private_key");
  key.client_secret = secret(json, "client_secret");
  key.refresh_token = secret(json, "refresh_token");
  if (key.token_uri.empty()) key.token_uri = "https://oauth2.googleapis.com/token";
  if (type == "service_account") {
    key.kind = KeyFile::Kind::service_account;
    if (key.private_key.empty() || key.email.empty())
      return unusable(where, "`private_key` or `client_email` is missing", make_new);
    return key;
  }
  if (type == "authorized_user") {
    key.kind = KeyFile::Kind::authorized_user;
    if (key.refresh_token.empty() || key.client_id.empty() || key.client_secret.empty())
      return unusable(where, "`client_id`, `client_secret` or `refresh_token` is missing", make_new);
    return key;
  }
  if (type == "external_account" || type == "external_account_authorized_user" ||
      type == "impersonated_service_account")
    return unusable(where, fmt::format("the type {} is not supported", zmig::quoted(type)),
                    "give a plain token: GOOGLE_OAUTH_ACCESS_TOKEN=$(gcloud auth print-access-token)");
  return unusable(
      where, type.empty() ? "it has no `type`" : fmt::format("the type {} is not known", zmig::quoted(type)), make_new);
}

std::string jwt_to_sign(const KeyFile& key, const std::string& scope, const std::string& subject, std::int64_t now_s) {
  Json header = {{"alg", "RS256"}, {"typ", "JWT"}};
  if (!key.key_id.empty()) header["kid"] = key.key_id;
  Json claims = {{"iss", key.email}, {"scope", scope}, {"aud", key.token_uri}, {"iat", now_s}, {"exp", now_s + 3600}};
  if (!subject.empty()) claims["sub"] = subject;
  constexpr auto kReplace = Json::error_handler_t::replace;
  return base64url(header.dump(-1, ' ', false, kReplace)) + "." + base64url(claims.dump(-1, ' ', false, kReplace));
}

bool is_json_object(std::string_view body) {
  const auto blank = [](char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; };
  while (!body.empty() && blank(body.front())) body.remove_prefix(1);
  while (!body.empty() && blank(body.back())) body.remove_suffix(1);
  if (body.size() < 2 || body.front() != '{' || body.back() != '}') return false;
  return body.size() > kSmall || Json::accept(body);
}

FileAbilities read_abilities(std::string_view body) {
  FileAbilities file;
  const Json json = parse(body);
  const Json& may = member(json, "capabilities");
  file.understood = may.is_object();
  const auto flag = [&may](const char* name) {
    const Json& found = member(may, name);
    return found.is_boolean() && found.get<bool>();
  };
  file.can_edit = flag("canEdit");
  file.can_copy = flag("canCopy");
  file.can_share = flag("canShare");
  file.name = text(json, "name");
  file.mime = text(json, "mimeType");
  return file;
}

AboutMe read_about(std::string_view body) {
  AboutMe me;
  const Json json = parse(body);
  me.understood = json.is_object();
  me.email = text(member(json, "user"), "emailAddress");
  const Json& quota = member(json, "storageQuota");
  me.limit = integer(quota, "limit").value_or(-1);
  me.used = integer(quota, "usage").value_or(0);
  return me;
}

}  // namespace zmig::gsheet
