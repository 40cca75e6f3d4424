#pragma once
// A server for spreadsheets in this process, and the wire to it: no network, no waiting, the same answers every time.
// It knows the answers of tools/sheets-server and the classes of outcome of the real wire; every request and every
// answer is checked against Google's discovery document.

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "targets/gsheet/api.h"

namespace zmig::test {

/// What goes wrong with one call.
enum class Trouble {
  none,
  refused_before,  ///< the service is away: nothing happened
  lost_before,     ///< no answer came; nothing happened
  lost_after,      ///< no answer came; it happened
  garbled_after,   ///< it happened; the answer is no JSON
  truncated_after,
  twice,       ///< a proxy repeats the request; the second answer is what comes
  forbidden,   ///< 403
  quota,       ///< 429 for longer than anybody waits
  stale_read,  ///< a reading answers from before the last commit
  empty_read   ///< a reading shows no cells
};

class SheetsInProcess {
 public:
  SheetsInProcess();
  ~SheetsInProcess();
  SheetsInProcess(const SheetsInProcess&) = delete;
  SheetsInProcess& operator=(const SheetsInProcess&) = delete;

  /// A new spreadsheet with one empty sheet; its id.
  std::string create(const std::string& title);
  std::unique_ptr<gsheet::Api> connect();

  /// For a client that is to die while the service lives on. Its process, made by fork: everything that connects from
  /// now on asks through this socket. The process of the service: `serve` answers there until the other end is closed.
  /// False: nothing was asked for `patience` and nobody hung up.
  void ask_through(int socket) { socket_ = socket; }
  bool serve(int socket, std::chrono::milliseconds patience);

  /// Somebody else's batch (JSON of the list of requests), at once. The complaint, or empty.
  std::string edit(const std::string& id, const std::string& requests);
  /// Somebody types a number into the cell `below` rows under a header in row 1. The complaint, or empty.
  std::string type(const std::string& id, const std::string& sheet, const std::string& header, int below, int number);
  /// Values as they stand, "Sheet!A1:C3".
  std::string values(const std::string& id, const std::string& range);
  /// Answer of any reading call.
  std::string get(const std::string& target);
  void set_knob(const std::string& name, const std::string& value);
  void set_limit(const std::string& name, std::int64_t value);

  /// The spreadsheet as it is now, to come back to.
  struct Saved;
  std::shared_ptr<Saved> save(const std::string& id);
  void restore(const std::string& id, const Saved& saved);

  struct Call {
    bool writes = false, committed = false;
    int status = 0;
    std::vector<int> metadata_ids;
    std::string path, body;
  };
  std::vector<Call> log;
  /// Asked before every call with its number, from 0; other people get their turn here.
  std::function<Trouble(std::size_t number, const gsheet::Request& request)> trouble;
  bool checked = true;    ///< false: for measuring, nothing is checked against the discovery document
  std::string account;    ///< of everybody here
  std::string complaint;  ///< the first thing that the discovery document does not allow
  /// What happens then: the process ends, and with it the test that caused it.
  std::function<void(const std::string& complaint)> on_complaint;
  /// The next answer of the server has a member that no schema knows: to see that such a thing is noticed.
  bool spoil_next_answer = false;

 private:
  friend class InProcessApi;
  Result<gsheet::Answer> handle(const gsheet::Request& request);
  struct Server;
  std::unique_ptr<Server> server_;
  int socket_ = -1;
};

}  // namespace zmig::test
