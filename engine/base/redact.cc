// Secrets out of texts (text.h): what looks like a URL loses its userinfo and the values of telling parameters.
#include <algorithm>
#include <array>
#include <cctype>

#include "base/text.h"

namespace zmig {
namespace {

constexpr std::string_view kMask = "***";

bool ends_url(char c) {
  return static_cast<unsigned char>(c) <= 0x20 || c == '"' || c == '\'' || c == '<' || c == '>' || c == '`' || c == '|';
}

bool is_secret_name(std::string_view name) {
  std::string lower(name);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  constexpr std::array<std::string_view, 9> kTelling = {"token", "secret", "passw",      "pwd",    "key",
                                                        "sig",   "auth",   "credential", "session"};
  if (lower == "code" || lower == "pass" || lower == "pw") return true;
  return std::any_of(kTelling.begin(), kTelling.end(),
                     [&lower](std::string_view word) { return lower.find(word) != std::string::npos; });
}

/// Length of `user:password@` at the start of what follows `://`; 0 when there is none.
std::size_t userinfo_length(std::string_view rest) {
  const std::size_t authority_end = std::min(rest.find_first_of("/?#"), rest.size());
  const std::string_view authority = rest.substr(0, authority_end);
  const std::size_t at = authority.rfind('@');
  if (at != std::string_view::npos) return at + 1;
  // `user:pa/ss@host`: a password that should have been percent-encoded. A port has only digits.
  const std::size_t colon = authority.find(':');
  if (colon == std::string_view::npos || authority.starts_with('[')) return 0;
  const std::string_view port = authority.substr(colon + 1);
  const bool digits = std::all_of(port.begin(), port.end(), [](unsigned char c) { return std::isdigit(c) != 0; });
  const std::size_t late = rest.rfind('@');
  return digits || late == std::string_view::npos ? 0 : late + 1;
}

/// Copies path, query and fragment, with the values of telling parameters masked.
void append_masked(std::string& out, std::string_view rest) {
  const std::size_t start = rest.find_first_of("?#");
  if (start == std::string_view::npos) {
    out += rest;
    return;
  }
  out += rest.substr(0, start);
  std::size_t at = start;
  while (at < rest.size()) {
    out.push_back(rest[at++]);  // one of ? # & ;
    const std::size_t end = std::min(rest.find_first_of("?#&;", at), rest.size());
    const std::string_view part = rest.substr(at, end - at);
    const std::size_t equals = part.find('=');
    if (equals != std::string_view::npos && is_secret_name(part.substr(0, equals))) {
      out += part.substr(0, equals + 1);
      out += kMask;
    } else {
      out += part;
    }
    at = end;
  }
}

}  // namespace

std::string redact(std::string_view text) {
  std::string out;
  for (;;) {
    // Also without a scheme: what is left of `sqlite://ana:pw@host/x` when the scheme was taken off.
    const std::size_t slashes = text.find("//");
    if (slashes == std::string_view::npos) break;
    out += text.substr(0, slashes + 2);
    text.remove_prefix(slashes + 2);
    const auto end = static_cast<std::size_t>(std::find_if(text.begin(), text.end(), ends_url) - text.begin());
    std::string_view url = text.substr(0, end);
    if (const std::size_t secret = userinfo_length(url); secret > 0) {
      out += kMask;
      out += '@';
      url.remove_prefix(secret);
    }
    append_masked(out, url);
    text.remove_prefix(end);
  }
  out += text;
  return out;
}

}  // namespace zmig
