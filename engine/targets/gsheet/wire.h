#pragma once
// The one place that sends, waits and sends again (api.h).

#include <memory>
#include <string>

#include "targets/gsheet/api.h"
#include "targets/gsheet/authority.h"
#include "targets/gsheet/pace.h"

namespace zmig::gsheet {

class Wire final : public Api {
 public:
  /// `ports` outlives it.
  Wire(GsheetOptions options, Ports& ports, std::unique_ptr<Http> http, Credentials credentials,
       std::string spreadsheet_id);

  Result<Answer> call(const Request& request) override;
  [[nodiscard]] Calls calls() const override { return calls_; }
  [[nodiscard]] std::string account() const override { return authority_.account(); }

  [[nodiscard]] const Authority& authority() const { return authority_; }

 private:
  struct Attempt {
    unsigned number = 1;
    bool renewed = false, asked_again = false;
    std::chrono::milliseconds begun{0};
    unsigned tries = 0;  ///< that were to be repeated
  };
  Status wait(std::chrono::milliseconds time);
  Status wait_for_turn(const Request& request, const Attempt& attempt);
  Status count(const Request& request);
  Status wait_before_next(const Outcome& outcome, Attempt& attempt);
  HttpReply send(const Request& request, std::string_view token);
  Outcome once(const Request& request, const Attempt& attempt, Answer& answer, Scope& scope);
  void log(const Request& request, const HttpReply& reply, std::chrono::milliseconds took, unsigned attempt);
  [[nodiscard]] Error told(Error error) const;

  GsheetOptions options_;
  Ports& ports_;
  std::string spreadsheet_;
  std::unique_ptr<Http> http_;
  Authority authority_;
  Pace pace_;
  Calls calls_;
};

/// connect_api() with another transport, for tests. The endpoint is checked first.
Result<std::unique_ptr<Wire>> connect_wire(const GsheetOptions& options, Ports& ports,
                                           const std::string& spreadsheet_id, std::unique_ptr<Http> http);

}  // namespace zmig::gsheet
