#include "wire.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <memory>

#include "support/catch.h"

namespace sheets_server {

namespace {

struct Free {
  void operator()(SSL* p) const { SSL_free(p); }
  void operator()(SSL_CTX* p) const { SSL_CTX_free(p); }
};

int connected(int port, int wait_ms) {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  const timeval limit{wait_ms / 1000, (wait_ms % 1000) * 1000};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
  REQUIRE(connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  return fd;
}

void split(const std::string& text, Seen& out) {
  const std::size_t gap = text.find("\r\n\r\n");
  if (gap == std::string::npos) return;
  out.head = text.substr(0, gap + 4);
  std::string rest = text.substr(gap + 4);
  if (out.head.find("Transfer-Encoding: chunked") == std::string::npos) {
    const std::size_t length = out.head.find("Content-Length: ");
    out.ended = length != std::string::npos && rest.size() == std::stoul(out.head.substr(length + 16));
    out.body = rest;
    return;
  }
  for (;;) {
    const std::size_t line = rest.find("\r\n");
    if (line == std::string::npos) return;
    const std::size_t size = std::stoul(rest.substr(0, line), nullptr, 16);
    out.ended = size == 0;
    if (out.ended) return;
    out.body += rest.substr(line + 2, size);
    if (rest.size() < line + 2 + size + 2) return;
    rest.erase(0, line + 2 + size + 2);
  }
}

std::string handshake(SSL_CTX* context, SSL* ssl, const Tls& tls, int fd) {
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  SSL_set_verify(ssl, SSL_VERIFY_PEER, nullptr);
  SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, const_cast<char*>(tls.host.c_str()));
  SSL_set1_host(ssl, tls.host.c_str());
  SSL_set_fd(ssl, fd);
  if (SSL_connect(ssl) == 1) return {};
  return X509_verify_cert_error_string(SSL_get_verify_result(ssl));
}

}  // namespace

Seen talk(int port, const std::string& method, const std::string& target, const std::string& body,
          const std::string& headers, const Tls* tls, int wait_ms) {
  Seen out;
  const int fd = connected(port, wait_ms);
  std::unique_ptr<SSL_CTX, Free> context;
  std::unique_ptr<SSL, Free> ssl;
  if (tls != nullptr) {
    context.reset(SSL_CTX_new(TLS_client_method()));
    REQUIRE(SSL_CTX_load_verify_locations(context.get(), tls->ca_file.c_str(), nullptr) == 1);
    ssl.reset(SSL_new(context.get()));
    out.tls = handshake(context.get(), ssl.get(), *tls, fd);
    if (!out.tls.empty()) {
      close(fd);
      return out;
    }
  }
  const std::string request =
      method + " " + target + " HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer t\r\n" + headers +
      "Connection: close\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) +
      "\r\n\r\n" + body;
  const auto size = static_cast<int>(request.size());
  if (ssl)
    SSL_write(ssl.get(), request.data(), size);
  else
    send(fd, request.data(), request.size(), MSG_NOSIGNAL);
  std::string text;
  std::array<char, 4096> buffer{};
  for (;;) {
    errno = 0;
    const ssize_t got = ssl ? SSL_read(ssl.get(), buffer.data(), static_cast<int>(buffer.size()))
                            : recv(fd, buffer.data(), buffer.size(), 0);
    if (got < 0) out.error = errno;
    if (got <= 0) break;
    text.append(buffer.data(), static_cast<std::size_t>(got));
  }
  close(fd);
  split(text, out);
  return out;
}

}  // namespace sheets_server
