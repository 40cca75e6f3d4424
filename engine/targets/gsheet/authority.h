#pragma once
// Tokens: asks for them, keeps them while they are good, and keeps them out of every text.

#include <map>
#include <string>
#include <string_view>

#include <zmig/ports.h>
#include <zmig/target.h>

#include "targets/gsheet/credentials.h"
#include "targets/gsheet/http.h"
#include "targets/gsheet/outcome.h"

namespace zmig::gsheet {

enum class Scope { sheets_read, sheets, drive_read, drive };
std::string_view address_of(Scope scope);

class Authority {
 public:
  /// `options`, `ports` and `http` outlive it.
  Authority(const GsheetOptions& options, Ports& ports, Http& http, Credentials credentials);

  /// The token for `scope`, or what to do about it not being there: again, or final. The view lives until the next
  /// call.
  struct Bearer {
    Outcome outcome;
    std::string_view token;
  };
  Bearer bearer(Scope scope, Asked asked);
  /// Google said 401: forgets the token. False when no other can be had.
  bool renew(Scope scope);

  [[nodiscard]] const Credentials& credentials() const { return credentials_; }
  [[nodiscard]] std::string account() const { return credentials_.key ? credentials_.key->email : std::string(); }
  /// Project for `X-Goog-User-Project`, or empty.
  [[nodiscard]] std::string quota_project() const;
  /// `text` without any key or token that is known here.
  [[nodiscard]] std::string scrub(std::string_view text) const;
  /// How far this machine's clock is from the last answer with a date (positive: ahead), none before.
  [[nodiscard]] std::optional<std::chrono::milliseconds> clock_ahead() const { return ahead_; }
  void look_at_date(const HttpReply& reply);

 private:
  struct Held {
    Secret token;
    std::chrono::milliseconds ends{0};  ///< monotonic
  };
  [[nodiscard]] Scope kept_as(Scope scope) const;
  HttpReply ask(Scope scope, Result<Secret>& form, std::string& host);
  Result<Secret> form_for(Scope scope) const;
  HttpReply ask_metadata_server(std::string& host);

  const GsheetOptions& options_;
  Ports& ports_;
  Http& http_;
  Credentials credentials_;
  std::map<Scope, Held> held_;
  std::optional<std::chrono::milliseconds> ahead_;
};

}  // namespace zmig::gsheet
