#include "targets/gsheet/authority.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "targets/gsheet/endpoint.h"
#include "targets/gsheet/pace.h"
#include "targets/gsheet/sign.h"

namespace zmig::gsheet {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kBeforeEnd = std::chrono::minutes(5);
constexpr std::string_view kMask = "***";

void append_percent(std::string& out, std::string_view text) {
  constexpr std::string_view kPlain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~";
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  for (const char c : text) {
    if (kPlain.find(c) != std::string_view::npos) {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out += '%';
    out += kDigits[byte >> 4U];
    out += kDigits[byte & 15U];
  }
}

void mask(std::string& text, std::string_view secret) {
  if (secret.size() < 4) return;
  for (std::size_t at = text.find(secret); at != std::string::npos; at = text.find(secret, at + kMask.size()))
    text.replace(at, secret.size(), kMask);
}

/// What looks like a token of Google, whoever it belongs to: "ya29." and what follows.
void mask_tokens(std::string& text) {
  constexpr std::string_view kEnds = " \t\r\n\"'<>,;)";
  for (const std::string_view begin : {std::string_view("ya29."), std::string_view("Bearer "), std::string_view("1//")})
    for (std::size_t at = text.find(begin); at != std::string::npos; at = text.find(begin, at + begin.size())) {
      const std::size_t from = at + begin.size();
      const std::size_t end = std::min(text.find_first_of(kEnds, from), text.size());
      if (end > from) text.replace(from, end - from, kMask);
    }
}

Error for_metadata_server(const Error& error) {
  Error out = error;
  if (out.zm != "ZM0410" && out.zm != "ZM0493") return out;
  return make_error(
      Errc::denied, "ZM0482", "no credentials were found",
      "set `credentials` of the environment, GOOGLE_APPLICATION_CREDENTIALS or GOOGLE_OAUTH_ACCESS_TOKEN, "
      "or run `gcloud auth application-default login`");
}

}  // namespace

std::string_view address_of(Scope scope) {
  switch (scope) {
    case Scope::sheets_read: return "https://www.googleapis.com/auth/spreadsheets.readonly";
    case Scope::sheets: return "https://www.googleapis.com/auth/spreadsheets";
    case Scope::drive_read: return "https://www.googleapis.com/auth/drive.readonly";
    case Scope::drive: break;
  }
  return "https://www.googleapis.com/auth/drive";
}

Authority::Authority(const GsheetOptions& options, Ports& ports, Http& http, Credentials credentials)
    : options_(options), ports_(ports), http_(http), credentials_(std::move(credentials)) {}

std::string Authority::quota_project() const {
  if (!credentials_.key || credentials_.key->kind != KeyFile::Kind::authorized_user) return {};
  return credentials_.key->quota_project;
}

Scope Authority::kept_as(Scope scope) const {
  // A logged-in person, or a machine, has one set of scopes; asking for a smaller one is not offered.
  return credentials_.key && credentials_.key->kind == KeyFile::Kind::service_account ? scope : Scope::sheets;
}

bool Authority::renew(Scope scope) {
  held_.erase(kept_as(scope));
  return credentials_.token.empty();
}

void Authority::look_at_date(const HttpReply& reply) {
  if (const auto theirs = parse_http_date(reply.date)) ahead_ = ports_.clock.now() - *theirs;
}

Result<Secret> Authority::form_for(Scope scope) const {
  const KeyFile& key = *credentials_.key;
  std::string form;
  form.reserve(2048);  // so that no smaller copy is left behind
  if (key.kind == KeyFile::Kind::authorized_user) {
    form = "grant_type=refresh_token&client_id=";
    append_percent(form, key.client_id);
    form += "&client_secret=";
    append_percent(form, key.client_secret.view());
    form += "&refresh_token=";
    append_percent(form, key.refresh_token.view());
    return Secret(std::move(form));
  }
  const auto now = std::chrono::floor<std::chrono::seconds>(ports_.clock.now()).time_since_epoch().count();
  const std::string to_sign = jwt_to_sign(key, std::string(address_of(scope)), options_.subject, now);
  ZMIG_TRY(const std::string signature, sign_rs256(key.private_key.view(), to_sign));
  form = "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=";
  form += to_sign;
  form += '.';
  form += base64url(signature);
  return Secret(std::move(form));
}

HttpReply Authority::ask_metadata_server(std::string& host) {
  host = "metadata.google.internal";
  for (const char* name : {"GCE_METADATA_HOST", "GCE_METADATA_IP"})
    if (const auto other = options_.variable ? options_.variable(name) : std::nullopt; other && !other->empty()) {
      host = *other;
      break;
    }
  HttpCall call;
  call.url = "http://" + host + "/computeMetadata/v1/instance/service-accounts/default/token";
  call.headers = {"Metadata-Flavor: Google"};
  call.connect_timeout = call.timeout = milliseconds(1000);
  call.link_local = true;
  return http_.send(call);
}

HttpReply Authority::ask(Scope scope, Result<Secret>& form, std::string& host) {
  if (credentials_.ask_metadata_server()) return ask_metadata_server(host);
  form = form_for(scope);
  if (!form) return {};
  std::string url = credentials_.key->token_uri;
  // The endpoint was checked already; like every other call, the one for a token goes there.
  if (!options_.endpoint.empty()) url = parse_address(options_.endpoint)->origin + "/token";
  host = parse_address(url)->host;
  HttpCall call;
  call.method = "POST";
  call.url = url;
  call.body = form->view();
  call.headers = {"Content-Type: application/x-www-form-urlencoded"};
  call.ca_file = options_.ca_file;
  call.connect_timeout = options_.connect_timeout;
  call.timeout = options_.request_timeout;
  call.give_up = &options_.stop_requested;
  return http_.send(call);
}

Authority::Bearer Authority::bearer(Scope scope, Asked asked) {
  if (!credentials_.token.empty()) return {{}, credentials_.token.view()};
  scope = kept_as(scope);
  Held& held = held_[scope];
  if (!held.token.empty() && ports_.clock.monotonic() < held.ends) return {{}, held.token.view()};
  held = {};
  std::string host;
  Result<Secret> form = Secret();
  HttpReply reply = ask(scope, form, host);
  if (!form) return {{Class::final, std::move(form).error()}, {}};
  look_at_date(reply);
  asked.now = ports_.clock.now();
  TokenAnswer answer = read_token(reply.body);
  wipe(reply.body);
  Outcome outcome = judge_token(reply, answer, asked, host);
  if (outcome.kind != Class::fine) {
    if (credentials_.ask_metadata_server()) {
      outcome.error = for_metadata_server(outcome.error);
      if (outcome.error.zm == "ZM0482") outcome.kind = Class::final;
    }
    return {std::move(outcome), {}};
  }
  const milliseconds life = std::chrono::seconds(std::clamp<std::int64_t>(answer.seconds, 0, 86'400));
  held.token = std::move(answer.token);
  held.ends = ports_.clock.monotonic() + std::max(life - kBeforeEnd, std::min(life, milliseconds(1000)));
  return {{}, held.token.view()};
}

std::string Authority::scrub(std::string_view text) const {
  std::string out(text);
  mask(out, credentials_.token.view());
  if (credentials_.key) {
    mask(out, credentials_.key->private_key.view());
    mask(out, credentials_.key->client_secret.view());
    mask(out, credentials_.key->refresh_token.view());
  }
  for (const auto& [scope, held] : held_) mask(out, held.token.view());
  mask_tokens(out);
  return out;
}

}  // namespace zmig::gsheet
