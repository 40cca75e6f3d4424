// The only file that knows cpp-httplib. Its server parses and writes HTTP; the connection below it is ours, because
// faults need the socket (reset, torn bodies, silence).
#include "http_front.h"

#include <httplib.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <map>
#include <thread>

namespace sheets_server {

namespace {

constexpr int kIdleSeconds = 60;

// How the answer at hand is spoilt while it is written.
struct Spoil {
  std::int64_t truncate = -1;
  std::int64_t bytes_per_second = 0;
  bool silent = false;  ///< nothing is written
};

// One connection, plain or TLS.
class Link final : public httplib::Stream {
 public:
  Link(int socket, SSL* ssl, const std::atomic<bool>& stopping) : socket_(socket), ssl_(ssl), stopping_(stopping) {}

  Spoil spoil;
  bool broken = false;

  void begin_answer() {
    spoil = {};
    header_done_ = false;
    body_sent_ = 0;
  }
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
    if (spoil.silent || broken) return -1;
    if (!header_done_) {  // the head goes out in one piece before the body
      header_done_ = true;
      return send_all(data, size) ? static_cast<ssize_t>(size) : -1;
    }
    size_t allowed = size;
    if (spoil.truncate >= 0) {
      allowed = static_cast<size_t>(
          std::clamp<std::int64_t>(spoil.truncate - body_sent_, 0, static_cast<std::int64_t>(size)));
      broken = broken || allowed < size;
    }
    if (!send_slowly(data, allowed)) return -1;
    body_sent_ += static_cast<std::int64_t>(allowed);
    return allowed < size ? -1 : static_cast<ssize_t>(size);
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
                            : send(socket_, data + done, size - done, MSG_NOSIGNAL);
      if (part <= 0) return false;
      done += static_cast<size_t>(part);
    }
    return true;
  }
  bool send_slowly(const char* data, size_t size) {
    if (spoil.bytes_per_second <= 0) return send_all(data, size);
    for (size_t n = 0; n < size && !stopping_; ++n) {
      if (!send_all(data + n, 1)) return false;
      std::this_thread::sleep_for(std::chrono::microseconds(1000000 / spoil.bytes_per_second));
    }
    return !stopping_;
  }

  int socket_;
  SSL* ssl_;
  const std::atomic<bool>& stopping_;
  bool header_done_ = false;
  std::int64_t body_sent_ = 0;
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
    new_task_queue = [] { return new httplib::ThreadPool(32); };
  }
  ~Port() override { end(); }

  void end() {
    stopping_ = true;
    stopped_.notify_all();
    stop();
    for (std::thread& t : late_) t.join();
    late_.clear();
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
      link.begin_answer();
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
    link->begin_answer();
    if (plan.hang) {
      pause(3600000);
      plan.close = true;
    }
    if (plan.reset) set_reset_on_close(link->socket());
    if (plan.reset || plan.close) {
      link->spoil.silent = link->broken = true;
      return;
    }
    link->spoil.truncate = plan.truncate;
    link->spoil.bytes_per_second = plan.bytes_per_second;
    fill(plan.response, response);
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
    const std::lock_guard lock(mutex_);
    late_.emplace_back([this, request, ms] {
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
  std::vector<std::thread> late_;
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
