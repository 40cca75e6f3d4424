#pragma once
// Where calls may go: Google's hosts, loopback, and what the configuration lists.

#include <string>
#include <string_view>
#include <vector>

#include <zmig/result.h>

namespace zmig::gsheet {

struct Address {
  std::string scheme, host;  ///< "https", "oauth2.googleapis.com"; brackets of IPv6 taken off
  std::string origin;        ///< "https://oauth2.googleapis.com:443", as written
  std::string path;          ///< from the first slash on, or empty
};
/// Errc::invalid_input, ZM0488: not an absolute http(s) address, or with user, password, control characters.
Result<Address> parse_address(std::string_view text);

bool is_loopback(std::string_view host);
bool is_google(std::string_view host);

/// `gsheet.endpoint`: the origin that all calls go to. ZM0488: plain http elsewhere than loopback, a host that is
/// neither Google's nor loopback nor in `allowed`, a link-local or metadata address.
Result<std::string> check_endpoint(const std::string& endpoint, const std::vector<std::string>& allowed);

/// `token_uri` of a key file: https on a host of Google, or loopback.
Status check_token_uri(const std::string& uri);

}  // namespace zmig::gsheet
