#include "targets/gsheet/endpoint.h"

#include <algorithm>

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>

#include "base/text.h"

namespace zmig::gsheet {
namespace {

Error refused(const std::string& address, std::string_view why, std::string help) {
  return make_error(Errc::invalid_input, "ZM0488",
                    fmt::format("{} is not called: {}", zmig::quoted(redact(address)), why), std::move(help));
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
  return out;
}

/// Also the names that stand for such an address.
bool is_link_local(std::string_view host) {
  const std::string name(host);
  in_addr four = {};
  if (::inet_pton(AF_INET, name.c_str(), &four) == 1) return (ntohl(four.s_addr) >> 16U) == 0xA9FEU;
  in6_addr six = {};
  if (::inet_pton(AF_INET6, name.c_str(), &six) == 1) return IN6_IS_ADDR_LINKLOCAL(&six);
  return name == "metadata" || name == "metadata.google.internal" || name.ends_with(".internal");
}

}  // namespace

bool is_loopback(std::string_view host) {
  const std::string name(host);
  if (name == "localhost") return true;
  in_addr four = {};
  if (::inet_pton(AF_INET, name.c_str(), &four) == 1) return (ntohl(four.s_addr) >> 24U) == 127;
  in6_addr six = {};
  return ::inet_pton(AF_INET6, name.c_str(), &six) == 1 && IN6_IS_ADDR_LOOPBACK(&six);
}

bool is_google(std::string_view host) { return host == "googleapis.com" || host.ends_with(".googleapis.com"); }

Result<Address> parse_address(std::string_view text) {
  const std::string whole(text);
  const auto wrong = [&whole](std::string_view why) {
    return refused(whole, why, "write it like https://host or http://127.0.0.1:8910");
  };
  for (const char c : text)
    if (static_cast<unsigned char>(c) <= ' ' || c == '\\' || c == 0x7F) return wrong("it holds a blank or a backslash");
  Address address;
  const std::size_t slashes = text.find("://");
  if (slashes == std::string_view::npos) return wrong("it has no scheme");
  address.scheme = lower(text.substr(0, slashes));
  if (address.scheme != "https" && address.scheme != "http") return wrong("only https, and http on loopback");
  std::string_view rest = text.substr(slashes + 3);
  const std::size_t end = std::min(rest.find_first_of("/?#"), rest.size());
  address.path = rest.substr(end);
  const std::string_view authority = rest.substr(0, end);
  if (authority.find('@') != std::string_view::npos) return wrong("it holds a user");
  std::string_view host = authority;
  std::string_view port;
  if (authority.starts_with('[')) {
    const std::size_t close = authority.find(']');
    if (close == std::string_view::npos) return wrong("its host is not closed");
    host = authority.substr(1, close - 1);
    port = authority.substr(close + 1);
  } else if (const std::size_t colon = authority.find(':'); colon != std::string_view::npos) {
    host = authority.substr(0, colon);
    port = authority.substr(colon);
  }
  const bool digits = port.empty() || (port.size() > 1 && port.size() <= 6 && port.front() == ':' &&
                                       port.find_first_not_of("0123456789", 1) == std::string_view::npos);
  if (host.empty() || !digits) return wrong("it has no host, or a port that is no number");
  address.host = lower(host);
  address.origin = address.scheme + "://" + std::string(authority);
  return address;
}

Result<std::string> check_endpoint(const std::string& endpoint, const std::vector<std::string>& allowed) {
  ZMIG_TRY(const Address address, parse_address(endpoint));
  if (!address.path.empty() && address.path != "/")
    return refused(endpoint, "it has a path", "take away everything behind host and port");
  if (is_link_local(address.host))
    return refused(endpoint, "link-local and metadata addresses never get credentials",
                   "leave `endpoint` of [gsheet] out to reach Google");
  if (is_loopback(address.host)) return address.origin;
  if (address.scheme != "https")
    return refused(endpoint, "plain http is for loopback only", "write https, or leave `endpoint` of [gsheet] out");
  if (is_google(address.host) || std::ranges::find(allowed, address.host) != allowed.end()) return address.origin;
  return refused(
      endpoint, "its host is neither Google's nor loopback",
      fmt::format("if credentials may go there, list {} in `endpoint_allow` of [gsheet]", zmig::quoted(address.host)));
}

Status check_token_uri(const std::string& uri) {
  ZMIG_TRY(const Address address, parse_address(uri));
  if (is_loopback(address.host) || (address.scheme == "https" && is_google(address.host))) return ok();
  return refused(uri, "the `token_uri` of a key file leads to Google or to loopback only",
                 "the file is not one that Google made; make a new key");
}

}  // namespace zmig::gsheet
