// libcurl behind the port (http.h). It is loaded on the first use and not linked: a command that reads a file would pay
// for its forty libraries otherwise (docs/adr/0023). Settings: google-sheets.md A4.
#include <array>
#include <cstdlib>

#include <arpa/inet.h>
#include <curl/curl.h>
#include <dlfcn.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "base/text.h"
#include "targets/gsheet/http.h"
#include "targets/gsheet/secret.h"

namespace zmig::gsheet {
namespace {

constexpr std::size_t kMostBody = std::size_t{256} << 20;
constexpr std::size_t kMostHeaders = std::size_t{64} << 10;

/// The functions of the library that are used.
struct Curl {
  decltype(&::curl_global_init) global_init = nullptr;
  decltype(&::curl_easy_init) init = nullptr;
  decltype(&::curl_easy_setopt) set = nullptr;
  decltype(&::curl_easy_perform) perform = nullptr;
  decltype(&::curl_easy_getinfo) info = nullptr;
  decltype(&::curl_easy_reset) reset = nullptr;
  decltype(&::curl_easy_cleanup) cleanup = nullptr;
  decltype(&::curl_easy_strerror) text = nullptr;
  decltype(&::curl_slist_append) append = nullptr;
  decltype(&::curl_slist_free_all) free_list = nullptr;
};

template <class Function>
bool find(void* library, const char* name, Function& into) {
  into = reinterpret_cast<Function>(::dlsym(library, name));
  return into != nullptr;
}

Error missing(const std::string& why) {
  return make_error(Errc::unsupported, "ZM0496", fmt::format("the library libcurl cannot be used: {}", printable(why)),
                    "install it: `apt-get install libcurl4`");
}

/// Never unloaded: libraries below it keep what runs at the end of the process.
Result<Curl> load() {
  void* const library = ::dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    const char* const why = ::dlerror();
    return missing(why == nullptr ? "not found" : why);
  }
  Curl curl;
  const bool whole =
      find(library, "curl_global_init", curl.global_init) && find(library, "curl_easy_init", curl.init) &&
      find(library, "curl_easy_setopt", curl.set) && find(library, "curl_easy_perform", curl.perform) &&
      find(library, "curl_easy_getinfo", curl.info) && find(library, "curl_easy_reset", curl.reset) &&
      find(library, "curl_easy_cleanup", curl.cleanup) && find(library, "curl_easy_strerror", curl.text) &&
      find(library, "curl_slist_append", curl.append) && find(library, "curl_slist_free_all", curl.free_list);
  if (!whole) return missing("it lacks functions");
  // It would write the keys of every connection into the file that this variable names.
  const char* const keys = std::getenv("SSLKEYLOGFILE");
  const std::string kept = keys == nullptr ? "" : keys;
  if (keys != nullptr) ::unsetenv("SSLKEYLOGFILE");
  const CURLcode started = curl.global_init(CURL_GLOBAL_ALL);
  if (keys != nullptr) ::setenv("SSLKEYLOGFILE", kept.c_str(), 1);
  if (started != CURLE_OK) return missing(curl.text(started));
  return curl;
}

/// What the callbacks of one exchange share.
struct Exchange {
  const HttpCall* call = nullptr;
  HttpReply* reply = nullptr;
  std::size_t headers = 0;
  bool plain = false;            ///< http: loopback only
  bool refused_address = false;  ///< by us
  bool too_large = false;
  std::array<char, CURL_ERROR_SIZE> text{};  ///< what the library says of a failure
};

std::size_t take_body(char* bytes, std::size_t, std::size_t count, void* user) {
  auto& exchange = *static_cast<Exchange*>(user);
  if (exchange.reply->body.size() + count > kMostBody) {
    exchange.too_large = true;
    return 0;
  }
  exchange.reply->body.append(bytes, count);
  return count;
}

std::string lower_name(std::string_view name) {
  std::string lower(name);
  for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
  return lower;
}

std::size_t take_header(char* bytes, std::size_t, std::size_t count, void* user) {
  auto& exchange = *static_cast<Exchange*>(user);
  exchange.headers += count;
  if (exchange.headers > kMostHeaders) {
    exchange.too_large = true;
    return 0;
  }
  const std::string_view line(bytes, count);
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return count;
  const std::string name = lower_name(line.substr(0, colon));
  std::string_view value = line.substr(colon + 1);
  while (!value.empty() && (value.front() == ' ' || value.front() == '\t')) value.remove_prefix(1);
  while (!value.empty() && static_cast<unsigned char>(value.back()) <= ' ') value.remove_suffix(1);
  HttpReply& reply = *exchange.reply;
  if (name == "date") reply.date = value;
  if (name == "retry-after") reply.retry_after = value;
  if (name == "content-type") reply.content_type = value;
  if (name == "location") reply.location = value;
  return count;
}

int look_up(void* user, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  auto& exchange = *static_cast<Exchange*>(user);
  const auto* give_up = exchange.call->give_up;
  if (give_up == nullptr || !*give_up || !(*give_up)()) return 0;
  exchange.reply->gave_up = true;
  return 1;
}

bool is_loopback(const sockaddr* address) {
  if (address->sa_family == AF_INET) {
    const auto* four = reinterpret_cast<const sockaddr_in*>(address);
    return (ntohl(four->sin_addr.s_addr) >> 24U) == 127;
  }
  const auto* six = reinterpret_cast<const sockaddr_in6*>(address);
  return address->sa_family == AF_INET6 && IN6_IS_ADDR_LOOPBACK(&six->sin6_addr);
}

bool is_link_local(const sockaddr* address) {
  if (address->sa_family == AF_INET) {
    const auto* four = reinterpret_cast<const sockaddr_in*>(address);
    return (ntohl(four->sin_addr.s_addr) >> 16U) == 0xA9FEU;  // 169.254
  }
  const auto* six = reinterpret_cast<const sockaddr_in6*>(address);
  return address->sa_family == AF_INET6 && IN6_IS_ADDR_LINKLOCAL(&six->sin6_addr);
}

/// The address that a name stands for is judged where it is used, so that no second answer of the resolver gets around.
curl_socket_t open_socket(void* user, curlsocktype, curl_sockaddr* address) {
  auto& exchange = *static_cast<Exchange*>(user);
  const bool local = is_link_local(&address->addr);
  if ((local && !exchange.call->link_local) ||
      (exchange.plain && !exchange.call->link_local && !is_loopback(&address->addr))) {
    exchange.refused_address = true;
    return CURL_SOCKET_BAD;
  }
  return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

/// A signature that does not fit is told as any other failure of the handshake.
bool is_bad_signature(CURLcode code, std::string_view text) {
  return code == CURLE_SSL_CONNECT_ERROR &&
         (text.find("certificate") != std::string_view::npos || text.find("rsa routines") != std::string_view::npos);
}

bool is_untrusted(CURLcode code) {
  switch (code) {
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_URL_MALFORMAT: return true;
    default: return false;
  }
}

class CurlHttp final : public Http {
 public:
  explicit CurlHttp(const Curl& curl) : curl_(curl), easy_(curl.init()) {}
  ~CurlHttp() override {
    if (easy_ != nullptr) curl_.cleanup(easy_);
  }
  CurlHttp(const CurlHttp&) = delete;
  CurlHttp& operator=(const CurlHttp&) = delete;

  HttpReply send(const HttpCall& call) override {
    HttpReply reply;
    if (easy_ == nullptr) {
      reply.trouble = Trouble::not_sent;
      reply.why = "libcurl gives no handle";
      return reply;
    }
    Exchange exchange{&call, &reply};
    exchange.plain = call.url.starts_with("http:");
    curl_slist* headers = nullptr;
    for (const std::string& header : call.headers) headers = curl_.append(headers, header.c_str());
    headers = curl_.append(headers, "Expect:");
    set_up(call, exchange, headers);
    const CURLcode code = curl_.perform(easy_);
    finish(code, exchange);
    // The library holds copies of the headers until the next exchange, the token among them.
    curl_.reset(easy_);
    for (curl_slist* item = headers; item != nullptr; item = item->next)
      ::explicit_bzero(item->data, std::strlen(item->data));
    curl_.free_list(headers);
    return reply;
  }

 private:
  template <class Value>
  void set(CURLoption option, Value value) {
    curl_.set(easy_, option, value);
  }

  void set_up(const HttpCall& call, Exchange& exchange, curl_slist* headers) {
    set(CURLOPT_ERRORBUFFER, exchange.text.data());
    set(CURLOPT_URL, call.url.c_str());
    set(CURLOPT_PROTOCOLS_STR, exchange.plain ? "http" : "https");
    set(CURLOPT_FOLLOWLOCATION, 0L);
    set(CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
    set(CURLOPT_PROXY, "");
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_SSL_VERIFYPEER, 1L);
    set(CURLOPT_SSL_VERIFYHOST, 2L);
    set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
    if (!call.ca_file.empty()) set(CURLOPT_CAINFO, call.ca_file.c_str());
    set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
    set(CURLOPT_FRESH_CONNECT, call.fresh ? 1L : 0L);
    set(CURLOPT_ACCEPT_ENCODING, call.compressed ? "" : static_cast<const char*>(nullptr));
    set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(call.connect_timeout.count()));
    set(CURLOPT_TIMEOUT_MS, static_cast<long>(call.timeout.count()));
    set(CURLOPT_HTTPHEADER, headers);
    set(CURLOPT_USERAGENT, "zmig");
    set(CURLOPT_OPENSOCKETFUNCTION, &open_socket);
    set(CURLOPT_OPENSOCKETDATA, &exchange);
    set(CURLOPT_WRITEFUNCTION, &take_body);
    set(CURLOPT_WRITEDATA, &exchange);
    set(CURLOPT_HEADERFUNCTION, &take_header);
    set(CURLOPT_HEADERDATA, &exchange);
    set(CURLOPT_XFERINFOFUNCTION, &look_up);
    set(CURLOPT_XFERINFODATA, &exchange);
    set(CURLOPT_NOPROGRESS, 0L);
    if (call.method == "GET") {
      set(CURLOPT_HTTPGET, 1L);
      return;
    }
    set(CURLOPT_POST, 1L);
    set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(call.body.size()));
    set(CURLOPT_POSTFIELDS, call.body.data() == nullptr ? "" : call.body.data());
    set(CURLOPT_CUSTOMREQUEST, call.method.c_str());
  }

  void finish(CURLcode code, Exchange& exchange) {
    HttpReply& reply = *exchange.reply;
    curl_off_t up = 0, down = 0, before = 0;
    long status = 0, request_bytes = 0;
    curl_.info(easy_, CURLINFO_SIZE_UPLOAD_T, &up);
    curl_.info(easy_, CURLINFO_SIZE_DOWNLOAD_T, &down);
    curl_.info(easy_, CURLINFO_PRETRANSFER_TIME_T, &before);
    curl_.info(easy_, CURLINFO_RESPONSE_CODE, &status);
    curl_.info(easy_, CURLINFO_REQUEST_SIZE, &request_bytes);
    reply.bytes_out = static_cast<std::uint64_t>(up);
    reply.bytes_in = static_cast<std::uint64_t>(down);
    reply.status = static_cast<int>(status);
    if (code == CURLE_OK) return;
    reply.why = exchange.refused_address ? "its address is one that zmig never calls (link-local, or no loopback)"
                : exchange.too_large     ? "the answer is larger than zmig takes"
                : exchange.text[0] != 0  ? exchange.text.data()
                                         : curl_.text(code);
    if (exchange.refused_address || is_untrusted(code) || is_bad_signature(code, exchange.text.data())) {
      reply.trouble = Trouble::untrusted;
      return;
    }
    // Proof, not likelihood: neither a byte of a body nor the beginning of a transfer.
    const bool nothing = up == 0 && before == 0 && request_bytes == 0;
    const bool handshake =
        code == CURLE_COULDNT_RESOLVE_HOST || code == CURLE_COULDNT_CONNECT || code == CURLE_SSL_CONNECT_ERROR;
    reply.trouble = nothing || (handshake && up == 0) ? Trouble::not_sent : Trouble::broken;
  }

  Curl curl_;
  CURL* easy_;
};

}  // namespace

Result<std::unique_ptr<Http>> make_http() {
  ZMIG_TRY(const Curl curl, load());
  return std::unique_ptr<Http>(std::make_unique<CurlHttp>(curl));
}

}  // namespace zmig::gsheet
