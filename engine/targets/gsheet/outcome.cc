#include "targets/gsheet/outcome.h"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

#include "base/text.h"
#include "targets/gsheet/pace.h"

namespace zmig::gsheet {
namespace {

using std::chrono::milliseconds;

/// Texts of a server are short and harmless before they get into a message.
std::string said(std::string_view text) {
  constexpr std::size_t kMost = 600;
  std::string clean = printable(text.substr(0, kMost));
  if (text.size() > kMost) clean += " ...";
  return clean;
}

bool holds(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

std::string who(const Asked& asked) {
  return asked.account.empty() ? "the account of the credentials from " + asked.found_in : asked.account;
}

Outcome final(Errc code, const char* zm, std::string message, std::string help, std::string place = {}) {
  return {Class::final, make_error(code, zm, std::move(message), std::move(help), std::move(place))};
}

/// Certainly not done, but reading again is worth it; a write cannot know.
Outcome unclear(const Asked& asked, std::string message, const char* read_code) {
  Outcome outcome;
  outcome.kind = asked.writes ? Class::unknown : Class::again;
  outcome.error = make_error(
      Errc::transient, asked.writes ? "ZM0403" : read_code, std::move(message),
      asked.writes ? "zmig looks what became of it before it does anything else" : "the same command may work later");
  outcome.error.effect = asked.writes ? Effect::unknown : Effect::none;
  return outcome;
}

Outcome without_answer(const HttpReply& reply, const Asked& asked) {
  const std::string why = said(reply.why);
  switch (reply.trouble) {
    case Trouble::untrusted:
      return final(Errc::invalid_input, "ZM0490", fmt::format("the other side is not trusted: {}", why),
                   "look at `endpoint` and `ca_file` of [gsheet]; there is no switch that turns the check off");
    case Trouble::not_sent:
      return {Class::again, make_error(Errc::transient, "ZM0410", fmt::format("Google is not reachable: {}", why),
                                       "look at the network; the same command may work later")};
    case Trouble::broken:
    case Trouble::none: break;
  }
  return unclear(asked, fmt::format("no whole answer came: {}", why), "ZM0410");
}

/// "Invalid requests[3].updateCells: ..." -> "requests[3].updateCells"
std::string request_named(std::string_view message) {
  const std::size_t at = message.find("requests[");
  if (at == std::string_view::npos) return {};
  const std::string_view rest = message.substr(at);
  const std::size_t end = rest.find_first_of(": '\"", 0);
  return said(rest.substr(0, end));
}

Outcome too_many(const HttpReply& reply, const Fault& fault, const Asked& asked) {
  Outcome outcome;
  outcome.kind = Class::again;
  outcome.quota = true;
  outcome.come_back = retry_after(reply.retry_after, asked.now);
  const std::string quota = fault.quota.empty() ? "requests" : said(fault.quota);
  outcome.error = make_error(Errc::busy, "ZM0405",
                             fmt::format("Google's quota of {}{} is spent", zmig::quoted(quota),
                                         fault.limit.empty() ? "" : " (" + said(fault.limit) + ")"),
                             "wait; the same command goes on where it stopped");
  return outcome;
}

Outcome forbidden(const HttpReply& reply, const Fault& fault, const Asked& asked) {
  const std::string& reason = fault.reason;
  if (reason == "rateLimitExceeded" || reason == "userRateLimitExceeded" || reason == "RATE_LIMIT_EXCEEDED")
    return too_many(reply, fault, asked);
  if (reason == "storageQuotaExceeded" || holds(fault.message, "storage quota"))
    return final(Errc::denied, "ZM0491", fmt::format("Drive keeps no copy for {}: {}", who(asked), said(fault.message)),
                 "name a folder on a shared drive as `folder` of backup; the backup of the cells needs no Drive");
  if (reason == "ACCESS_TOKEN_SCOPE_INSUFFICIENT" || reason == "insufficientPermissions" ||
      holds(fault.message, "insufficient authentication scopes"))
    return final(Errc::denied, "ZM0495",
                 fmt::format("the credentials from {} do not cover {}", asked.found_in,
                             asked.drive    ? "Google Drive"
                             : asked.writes ? "writing to spreadsheets"
                                            : "spreadsheets"),
                 asked.drive ? "make the token with the scope https://www.googleapis.com/auth/drive"
                             : "make the token with the scope https://www.googleapis.com/auth/spreadsheets");
  if (reason == "SERVICE_DISABLED" || reason == "accessNotConfigured" || holds(fault.message, "has not been used in"))
    return final(Errc::denied, "ZM0486",
                 fmt::format("the {} API is not switched on: {}", asked.drive ? "Google Drive" : "Google Sheets",
                             said(fault.message)),
                 fault.link.empty() ? "switch it on in the Google Cloud console of that project"
                                    : "switch it on: " + said(fault.link));
  if (reason == "USER_PROJECT_DENIED")
    return final(Errc::denied, "ZM0486",
                 fmt::format("{} may not use the quota project of its file: {}", who(asked), said(fault.message)),
                 "`gcloud auth application-default set-quota-project` names another one");
  if (!fault.understood)
    return final(Errc::denied, "ZM0493",
                 "somebody on the way to Google refuses the call (403, and no answer of Google)",
                 "look at proxies and firewalls between this machine and googleapis.com");
  if (holds(fault.message, "protected cell"))
    return final(Errc::denied, "ZM0406", said(fault.message),
                 "its owner can let this account edit the protected range");
  return final(
      Errc::denied, "ZM0485",
      fmt::format("{} has no {} the spreadsheet {}: {}", who(asked), asked.writes ? "right to change" : "access to",
                  zmig::quoted(asked.spreadsheet), said(fault.message)),
      asked.account.empty()
          ? "share the spreadsheet with that account, as editor if zmig is to write"
          : fmt::format("share the spreadsheet with {}, as editor if zmig is to write", asked.account));
}

Outcome absent(const Fault& fault, const Asked& asked) {
  Outcome outcome;
  outcome.kind = asked.writes ? Class::final : Class::absent;
  outcome.error = make_error(
      Errc::not_found, "ZM0487",
      fmt::format("there is no spreadsheet {}{}", zmig::quoted(asked.spreadsheet),
                  fault.understood ? ": " + said(fault.message) : " (and the answer is not Google's)"),
      fmt::format("compare the id with the address in the browser; it may also not be shared with {}", who(asked)));
  return outcome;
}

Outcome refused(const HttpReply& reply, const Fault& fault, const Asked& asked) {
  if (!fault.understood)
    return final(Errc::conflict, "ZM0492",
                 fmt::format("the request was refused ({}), and the answer is not Google's", reply.status),
                 "look at what is between this machine and googleapis.com; nothing was written");
  if (fault.status == "FAILED_PRECONDITION" && holds(fault.message, "not supported for this document"))
    return final(Errc::unsupported, "ZM0494",
                 fmt::format("{} is an Office file, not a Google spreadsheet: {}", zmig::quoted(asked.spreadsheet),
                             said(fault.message)),
                 "open it in the browser and choose File > Save as Google Sheets; or use it as xlsx:");
  if (holds(fault.message, "protected cell"))
    return final(Errc::denied, "ZM0406", said(fault.message), "its owner can let this account edit the protected range",
                 request_named(fault.message));
  return final(Errc::conflict, "ZM0492", fmt::format("Google refuses the request: {}", said(fault.message)),
               "nothing was written; the same request is not sent again", request_named(fault.message));
}

Outcome server_fault(const HttpReply& reply, const Fault& fault, const Asked& asked) {
  const std::string message =
      fault.understood ? fmt::format("Google answers {}: {}", reply.status, said(fault.message))
                       : fmt::format("{} came back, with a page instead of an answer of Google", reply.status);
  Outcome outcome = unclear(asked, message, "ZM0410");
  outcome.overloaded = reply.status == 503;
  outcome.come_back = retry_after(reply.retry_after, asked.now);
  return outcome;
}

/// By how much this machine's clock is off, from the date of an answer.
std::string clock_error(const HttpReply& reply, UtcTime now) {
  const auto theirs = parse_http_date(reply.date);
  if (!theirs) return "the clock of this machine is wrong (Google gave no time to tell by how much)";
  const milliseconds ahead = now - *theirs;
  if (std::chrono::abs(ahead) < std::chrono::seconds(60))
    return "Google takes the clock of this machine for wrong, although it differs by " +
           in_words(std::chrono::abs(ahead));
  return fmt::format("the clock of this machine is {} {}", in_words(std::chrono::abs(ahead)),
                     ahead > milliseconds(0) ? "ahead" : "behind");
}

Outcome refused_grant(const HttpReply& reply, const TokenAnswer& answer, const Asked& asked) {
  const std::string_view text = answer.description;
  if (holds(text, "reasonable timeframe") || holds(text, "iat and exp"))
    return final(Errc::denied, "ZM0484", clock_error(reply, asked.now),
                 "set the clock (`timedatectl set-ntp true`); tokens are refused until then");
  const std::string words = said(text.empty() ? answer.error : text);
  if (answer.error == "invalid_scope")
    return final(Errc::denied, "ZM0495",
                 fmt::format("the credentials from {} do not get the scope: {}", asked.found_in, words),
                 "log in again with the scope https://www.googleapis.com/auth/spreadsheets");
  if (holds(text, "expired or revoked"))
    return final(Errc::denied, "ZM0483", fmt::format("Google does not know {} any more: {}", who(asked), words),
                 "log in again with `gcloud auth application-default login`, or take a new key");
  if (holds(text, "JWT Signature"))
    return final(Errc::denied, "ZM0483", fmt::format("the key of {} is not the right one: {}", who(asked), words),
                 "the key was deleted or replaced; make a new key for the account and use that file");
  return final(Errc::denied, "ZM0483", fmt::format("Google gives no token to {}: {}", who(asked), words),
               "compare the account with the Google Cloud console: it may be deleted or switched off");
}

}  // namespace

std::string in_words(milliseconds time) {
  const std::int64_t seconds = std::lround(static_cast<double>(time.count()) / 1000.0);
  const auto some = [](std::int64_t count, std::string_view one, std::string_view many) {
    return counted(static_cast<std::uint64_t>(count), one, many);
  };
  if (seconds < 120) return some(seconds, "second", "seconds");
  if (seconds < 7200) return some((seconds + 30) / 60, "minute", "minutes");
  if (seconds < 172'800) return some((seconds + 1800) / 3600, "hour", "hours");
  return some((seconds + 43'200) / 86'400, "day", "days");
}

Outcome judge(const HttpReply& reply, const Asked& asked) {
  if (reply.trouble != Trouble::none) return without_answer(reply, asked);
  if (reply.status >= 200 && reply.status < 300) {
    if (is_json_object(reply.body) || (reply.status == 204 && reply.body.empty())) return {};
    return unclear(asked,
                   reply.body.empty() ? "the answer is empty"
                                      : "the answer is not what Google sends (a page of a proxy, or cut off)",
                   "ZM0493");
  }
  if (reply.status < 400) {
    // Credentials follow nothing; and whoever sent this is not the service.
    Outcome outcome =
        final(Errc::unsupported, "ZM0493",
              fmt::format("the answer leads elsewhere ({}), and credentials follow nothing", reply.status),
              "look at proxies between this machine and googleapis.com");
    if (asked.writes) outcome = unclear(asked, outcome.error.message, "ZM0493");
    return outcome;
  }
  const Fault fault = read_fault(reply.body);
  switch (reply.status) {
    case 401:
      return {Class::unauthorised,
              make_error(Errc::denied, "ZM0483",
                         fmt::format("Google does not accept the token from {}: it has expired, or was revoked",
                                     asked.found_in),
                         "get a new one; a plain token lives for an hour and cannot be renewed by zmig")};
    case 403: return forbidden(reply, fault, asked);
    case 404: return absent(fault, asked);
    case 408: return unclear(asked, "Google ended the request before its time (408)", "ZM0410");
    case 429: return too_many(reply, fault, asked);
    default: break;
  }
  return reply.status >= 500 ? server_fault(reply, fault, asked) : refused(reply, fault, asked);
}

Outcome judge_token(const HttpReply& reply, const TokenAnswer& answer, const Asked& asked, std::string_view host) {
  Asked reading = asked;
  reading.writes = false;
  if (reply.trouble != Trouble::none) return without_answer(reply, reading);
  if (reply.status == 200 && !answer.token.empty()) return {};
  if (reply.status == 429) return too_many(reply, Fault{}, asked);
  if (reply.status >= 500 || reply.status == 408 || (reply.status >= 200 && reply.status < 300)) {
    Outcome outcome = unclear(reading, fmt::format("no token comes from {} ({})", host, reply.status), "ZM0410");
    outcome.come_back = retry_after(reply.retry_after, asked.now);
    return outcome;
  }
  if (!answer.understood)
    return final(Errc::denied, "ZM0493", fmt::format("what answers as {} is not Google ({})", host, reply.status),
                 "look at proxies and firewalls between this machine and googleapis.com");
  return refused_grant(reply, answer, asked);
}

Error out_of_quota(const Error& last, milliseconds wait, UtcTime now) {
  // Whole seconds, upwards: who comes back then must not be early.
  const auto when = std::chrono::ceil<std::chrono::seconds>(now + wait);
  Error error = last;
  error.retry_after = wait;
  error.help =
      fmt::format("come back after {}; the same command goes on where it stopped, `max_wait` of quota waits longer",
                  format_utc(std::chrono::time_point_cast<milliseconds>(when)));
  return error;
}

}  // namespace zmig::gsheet
