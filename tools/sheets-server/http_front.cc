// The only file that knows cpp-httplib. Its server parses and writes HTTP; the connection below it is ours, because
// faults need the socket (reset, torn bodies, silence).
#include "http_front.h"

#include <fmt/format.h>
#include <httplib.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <map>
#include <thread>

namespace sheets_server {

namespace {

constexpr int kIdleSeconds = 60;

// One connection, plain or TLS.
class Link final : public httplib::Stream {
 public:
  Link(int socket, SSL* ssl, const std::atomic<bool>& stopping) : socket_(socket), ssl_(ssl), stopping_(stopping) {}

  bool broken = false;      ///< nothing more goes out
  bool swallowing = false;  ///< the answer was sent by us; what httplib writes goes nowhere

  bool is_readable() const override { return (ssl_ != nullptr && SSL_pending(ssl_) > 0) || wait(POLLIN); }
  bool is_writable() const override { return wait(POLLOUT); }
  socket_t socket() const override { return socket_; }
  void get_remote_ip_and_port(std::string& ip, int& port) const override {
    ip = "127.0.0.1";
    port = 0;
  }
  void get_local_ip_and_port(std::string& ip, int& port) const override {
    ip = "127.0.0.1";
    port = 0;
  }
  ssize_t read(char* data, size_t size) override {
    if (broken || !is_readable()) return -1;
    if (ssl_ != nullptr) return SSL_read(ssl_, data, static_cast<int>(std::min<size_t>(size, 1U << 20U)));
    return recv(socket_, data, size, 0);
  }
  ssize_t write(const char* data, size_t size) override {
    if (broken) return -1;
    return swallowing || send(data, size) ? static_cast<ssize_t>(size) : -1;
  }
  bool send(const char* data, size_t size, std::int64_t bytes_per_second = 0) {
    if (bytes_per_second <= 0) return send_all(data, size);
    for (size_t n = 0; n < size; ++n) {
      if (stopping_ || !send_all(data + n, 1)) return false;
      std::this_thread::sleep_for(std::chrono::microseconds(1000000 / bytes_per_second));
    }
    return true;
  }
  /// Until the other side goes, or the server stops.
  void wait_until_left() const {
    while (!stopping_) {
      pollfd entry{socket_, POLLRDHUP, 0};
      if (poll(&entry, 1, 100) != 0) return;
    }
  }

 private:
  // In slices, so that a stop is heard.
  bool wait(short what) const {
    for (int n = 0; n < kIdleSeconds * 10 && !stopping_; ++n) {
      pollfd entry{socket_, what, 0};
      const int got = poll(&entry, 1, 100);
      if (got != 0) return got > 0;
    }
    return false;
  }
  bool send_all(const char* data, size_t size) {
    size_t done = 0;
    while (done < size) {
      if (!is_writable()) return false;
      const auto part = ssl_ != nullptr
                            ? static_cast<ssize_t>(SSL_write(
                                  ssl_, data + done, static_cast<int>(std::min<size_t>(size - done, 1U << 20U))))
                            : ::send(socket_, data + done, size - done, MSG_NOSIGNAL);
      if (part <= 0) return false;
      done += static_cast<size_t>(part);
    }
    return true;
  }
  int socket_;
  SSL* ssl_;
  const std::atomic<bool>& stopping_;
};

void set_reset_on_close(int socket) {
  const linger now{1, 0};
  setsockopt(socket, SOL_SOCKET, SO_LINGER, &now, sizeof now);
}

HttpRequest request_of(const httplib::Request& given) {
  HttpRequest out{given.method, given.target};
  out.body = given.body;
  out.content_type = given.get_header_value("Content-Type");
  out.authorization = given.get_header_value("Authorization");
  out.metadata_flavor = given.get_header_value("Metadata-Flavor");
  out.client = given.get_header_value("User-Agent");
  return out;
}

void fill(const HttpResponse& from, httplib::Response& to) {
  to.status = from.status;
  for (const auto& [name, value] : from.headers) to.set_header(name, value);
  to.set_content(from.body, from.content_type);
}

const char* phrase_of(int status) {
  static const std::map<int, const char*> kPhrases = {{200, "OK"},
                                                      {204, "No Content"},
                                                      {302, "Found"},
                                                      {400, "Bad Request"},
                                                      {401, "Unauthorized"},
                                                      {403, "Forbidden"},
                                                      {404, "Not Found"},
                                                      {408, "Request Timeout"},
                                                      {409, "Conflict"},
                                                      {413, "Payload Too Large"},
                                                      {429, "Too Many Requests"},
                                                      {500, "Internal Server Error"},
                                                      {501, "Not Implemented"},
                                                      {502, "Bad Gateway"},
                                                      {503, "Service Unavailable"},
                                                      {504, "Gateway Timeout"}};
  const auto it = kPhrases.find(status);
  return it == kPhrases.end() ? "Status" : it->second;
}

std::string gzipped(const std::string& text) {
  z_stream stream{};
  if (deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK) return {};
  std::string out(deflateBound(&stream, text.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

// An answer as bytes: what goes before the body, the body as framed, and where in it a fault breaks off.
struct Bytes {
  std::string head;
  std::string body;
  std::size_t cut = 0;
};

Bytes bytes_of(const HttpResponse& response, const httplib::Request& given, const Wire& wire) {
  const bool old = given.version != "HTTP/1.1";
  const bool asked = given.get_header_value("Accept-Encoding").find("gzip") != std::string::npos;
  const bool compress = (asked || wire.gzip) && !response.body.empty();
  const bool chunked = wire.framing == Wire::Framing::chunked ||
                       (wire.framing == Wire::Framing::automatic && !old && !response.body.empty());
  const std::string packed = compress ? gzipped(response.body) : std::string();
  const std::string& body = compress ? packed : response.body;
  const std::size_t cut = wire.cut >= 0 ? std::min(static_cast<std::size_t>(wire.cut), body.size()) : body.size() / 2;
  Bytes out;
  out.head = fmt::format("HTTP/1.1 {} {}\r\n", response.status, phrase_of(response.status));
  const auto add = [&out](const std::string& name, const std::string& value) {
    out.head += name;
    out.head += ": ";
    out.head += value;
    out.head += "\r\n";
  };
  add("Content-Type", response.content_type);
  for (const auto& [name, value] : response.headers) add(name, value);
  if (compress) add("Content-Encoding", "gzip");
  if (old || given.get_header_value("Connection") == "close") add("Connection", "close");
  if (chunked)
    add("Transfer-Encoding", "chunked");
  else
    add("Content-Length", std::to_string(body.size()));
  out.head += "\r\n";
  if (!chunked) {
    out.body = body;
    out.cut = cut;
    return out;
  }
  constexpr std::size_t kChunk = 8192;
  out.body.reserve(body.size() + (body.size() / kChunk + 2) * 12);
  for (std::size_t from = 0; from < body.size(); from += kChunk) {
    const std::size_t size = std::min(kChunk, body.size() - from);
    out.body += fmt::format("{:x}\r\n", size);
    if (cut >= from && cut < from + size) out.cut = out.body.size() + (cut - from);
    out.body.append(body, from, size);
    out.body += "\r\n";
  }
  if (cut == body.size()) out.cut = out.body.size();  // all of it, but not the chunk that ends it
  out.body += "0\r\n\r\n";
  return out;
}

// A thread for each piece of work, so that no connection waits for another one to end.
class Threads final : public httplib::TaskQueue {
 public:
  void enqueue(std::function<void()> work) override {
    const std::lock_guard lock(mutex_);
    ++running_;
    std::thread([this, work = std::move(work)] {
      work();
      const std::lock_guard inner(mutex_);
      --running_;
      none_.notify_all();
    }).detach();
  }
  void shutdown() override {
    std::unique_lock lock(mutex_);
    none_.wait(lock, [this] { return running_ == 0; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable none_;
  int running_ = 0;
};

// Requests of one port. httplib hands each connection over before it reads from it.
class Port final : public httplib::Server {
 public:
  Port(Runtime& runtime, bool control, SSL_CTX* tls) : runtime_(runtime), control_(control), tls_(tls) {
    const auto handler = [this](const httplib::Request& request, httplib::Response& response) {
      answer(request, response);
    };
    const std::string any = R"([\s\S]*)";
    Get(any, handler);
    Post(any, handler);
    Put(any, handler);
    Patch(any, handler);
    Delete(any, handler);
    set_payload_max_length(256U << 20U);
    set_tcp_nodelay(true);
    new_task_queue = [] { return new Threads; };
  }
  ~Port() override { end(); }

  void end() {
    stopping_ = true;
    stopped_.notify_all();
    stop();
    late_.shutdown();
  }

 private:
  bool process_and_close_socket(socket_t socket) override {
    SSL* ssl = nullptr;
    if (tls_ != nullptr) {
      ssl = SSL_new(tls_);
      const timeval limit{10, 0};
      setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
      SSL_set_fd(ssl, socket);
      if (SSL_accept(ssl) != 1) {
        SSL_free(ssl);
        ::close(socket);
        return false;
      }
    }
    Link link(socket, ssl, stopping_);
    {
      const std::lock_guard lock(mutex_);
      links_[std::this_thread::get_id()] = &link;
    }
    bool fine = true;
    while (fine && !link.broken && !stopping_ && link.is_readable()) {
      bool closed = false;
      link.swallowing = false;
      if (!control_) fine = accepted(link);
      if (!fine) break;
      fine = process_request(link, false, closed, nullptr) && !closed;
    }
    {
      const std::lock_guard lock(mutex_);
      links_.erase(std::this_thread::get_id());
    }
    if (ssl != nullptr) {
      if (!link.broken) SSL_shutdown(ssl);
      SSL_free(ssl);
    }
    ::close(socket);
    return fine;
  }

  void answer(const httplib::Request& given, httplib::Response& response) {
    const HttpRequest request = request_of(given);
    if (control_) {
      fill(runtime_.control(request), response);
      return;
    }
    Plan plan = runtime_.begin(request);
    pause(plan.wait_before_ms);
    runtime_.finish(plan, request);
    if (plan.late_ms >= 0) later(request, plan.late_ms);
    pause(plan.wait_after_ms);
    Link* link = link_here();
    link->swallowing = true;
    response.status = plan.response.status;
    send_answer(*link, plan, given);
  }

  // False: the connection ended before its request was read.
  bool accepted(Link& link) {
    const std::optional<Plan> plan = runtime_.accept();
    if (!plan) return true;
    pause(plan->wait_before_ms);
    if (plan->wire.silent) break_off(link, plan->wire.end);
    return !link.broken;
  }

  void send_answer(Link& link, const Plan& plan, const httplib::Request& given) {
    const Wire& wire = plan.wire;
    if (wire.silent) {
      break_off(link, wire.end);
      return;
    }
    const Bytes bytes = bytes_of(plan.response, given, wire);
    bool sent = link.send(bytes.head.data(), bytes.head.size()) &&
                link.send(bytes.body.data(), bytes.cut, wire.bytes_per_second);
    pause(wire.pause_ms);
    if (sent && wire.end == Wire::End::whole)
      sent = link.send(bytes.body.data() + bytes.cut, bytes.body.size() - bytes.cut, wire.bytes_per_second);
    if (!sent || wire.end != Wire::End::whole) break_off(link, wire.end);
  }

  static void break_off(Link& link, Wire::End end) {
    if (end == Wire::End::hang) link.wait_until_left();
    if (end == Wire::End::reset) set_reset_on_close(link.socket());
    link.broken = true;
  }

  Link* link_here() {
    const std::lock_guard lock(mutex_);
    return links_.at(std::this_thread::get_id());
  }

  void pause(std::int64_t ms) {
    if (ms <= 0) return;
    std::unique_lock lock(mutex_);
    stopped_.wait_for(lock, std::chrono::milliseconds(ms), [this] { return stopping_.load(); });
  }

  void later(const HttpRequest& request, std::int64_t ms) {
    late_.enqueue([this, request, ms] {
      pause(ms);
      if (!stopping_) runtime_.apply_late(request);
    });
  }

  Runtime& runtime_;
  bool control_;
  SSL_CTX* tls_;
  std::atomic<bool> stopping_{false};
  std::mutex mutex_;
  std::condition_variable stopped_;
  std::map<std::thread::id, Link*> links_;
  Threads late_;
};

}  // namespace

struct Front::Impl {
  Impl(Runtime& runtime_given, FrontOptions options_given)
      : runtime(runtime_given), options(std::move(options_given)) {}
  ~Impl() {
    stop();
    if (tls != nullptr) SSL_CTX_free(tls);
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  std::string open(std::unique_ptr<Port>& port, bool is_control, int wanted, int& bound, std::thread& thread) {
    port = std::make_unique<Port>(runtime, is_control, is_control ? nullptr : tls);
    if (wanted == 0)
      bound = port->bind_to_any_port(options.address);
    else
      bound = port->bind_to_port(options.address, wanted) ? wanted : -1;
    if (bound <= 0) return "cannot listen on " + options.address + ":" + std::to_string(wanted);
    thread = std::thread([raw = port.get()] { raw->listen_after_bind(); });
    // a stop is not heard before it runs
    for (int n = 0; n < 2000 && !port->is_running(); ++n) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    return {};
  }
  std::string load_tls() {
    if (options.cert_file.empty()) return {};
    tls = SSL_CTX_new(TLS_server_method());
    SSL_CTX_set_min_proto_version(tls, TLS1_2_VERSION);
    const bool loaded = SSL_CTX_use_certificate_chain_file(tls, options.cert_file.c_str()) == 1 &&
                        SSL_CTX_use_PrivateKey_file(tls, options.key_file.c_str(), SSL_FILETYPE_PEM) == 1;
    return loaded ? "" : "cannot read the certificate or its key";
  }
  void stop() {
    if (api) api->end();
    if (control) control->end();
    for (std::thread* t : {&api_thread, &control_thread})
      if (t->joinable()) t->join();
  }

  Runtime& runtime;
  FrontOptions options;
  SSL_CTX* tls = nullptr;
  std::unique_ptr<Port> api;
  std::unique_ptr<Port> control;
  int api_port = 0;
  int control_port = 0;
  std::thread api_thread;
  std::thread control_thread;
};

Front::Front(Runtime& runtime, FrontOptions options) : impl_(std::make_unique<Impl>(runtime, std::move(options))) {}
Front::~Front() = default;

std::string Front::start() {
  if (std::string bad = impl_->load_tls(); !bad.empty()) return bad;
  if (std::string bad = impl_->open(impl_->api, false, impl_->options.port, impl_->api_port, impl_->api_thread);
      !bad.empty())
    return bad;
  if (impl_->options.control_port < 0) return {};
  return impl_->open(impl_->control, true, impl_->options.control_port, impl_->control_port, impl_->control_thread);
}

void Front::stop() { impl_->stop(); }
int Front::port() const { return impl_->api_port; }
int Front::control_port() const { return impl_->control_port; }

}  // namespace sheets_server
