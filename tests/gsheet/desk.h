#pragma once
// A spreadsheet in a service in this process, and what tests of the target do with it.

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "support/catch.h"
#include "support/fake_ports.h"
#include "support/sheets_in_process.h"
#include "support/workbooks.h"
#include "targets/gsheet/gsheet_target.h"

namespace zmig::test {

inline const std::string kOrders = "sorders00000";

/// A spreadsheet in the service, made of the orders unless it is to stay empty.
class Desk {
 public:
  explicit Desk(bool filled = true) : id_(service.create("Planta")) {
    if (!filled) return;
    MemoryTarget from(orders());
    auto target = open();
    const auto made = fill_gsheet(*target, from, {}, {});
    INFO((made ? std::string() : made.error().message));
    REQUIRE(made.has_value());
    service.log.clear();
  }
  ~Desk() { CHECK(service.complaint.empty()); }

  std::unique_ptr<GsheetTarget> open() {
    return std::make_unique<GsheetTarget>(id_, options, ports.ports, service.connect());
  }
  void edit(const std::string& requests) { REQUIRE(service.edit(id_, requests).empty()); }
  /// Of a sheet, by its title.
  std::string sheet_id(const std::string& title) {
    const std::string all = service.get("/v4/spreadsheets/" + id_ + "?fields=sheets(properties(sheetId,title))");
    const std::size_t at = all.find("\"" + title + "\"");
    const std::size_t from = all.rfind("\"sheetId\":", at);
    const std::size_t open = all.rfind('{', at);
    if (from == std::string::npos || from < open) return "0";
    const std::size_t digit = all.find_first_of("0123456789", from);
    return all.substr(digit, all.find_first_not_of("0123456789", digit) - digit);
  }
  std::size_t count(bool writes) const {
    return static_cast<std::size_t>(
        std::count_if(service.log.begin(), service.log.end(), [&](const auto& call) { return call.writes == writes; }));
  }
  std::size_t commits() const {
    return static_cast<std::size_t>(
        std::count_if(service.log.begin(), service.log.end(), [](const auto& call) { return call.committed; }));
  }
  [[nodiscard]] const std::string& id() const { return id_; }

  FakePorts ports;
  SheetsInProcess service;
  TargetOptions options;

 private:
  std::string id_;
};

inline Result<CommitReport> commit(Target& target, std::vector<Change> changes,
                                   std::optional<Stamp> after = std::nullopt) {
  ZMIG_CHECK_OK(target.inspect());
  ZMIG_TRY(auto writer, target.open_writer({"test", std::chrono::milliseconds(100)}));
  const std::vector<Part> batch{{std::move(changes), std::move(after)}};
  ZMIG_TRY(const Staged staged, writer->stage(batch));
  return writer->commit(batch, staged);
}

inline change::InsertColumn version() {
  return {kOrders, make_column("cx0000000000", "versión", {TypeKind::integer, 0, {}}), {Place::Kind::last, {}}};
}
inline change::FillEmpty zeros() { return {{kOrders, "cx0000000000"}, amount(0), {"cx0000000000"}}; }

inline std::string told(const Error& error) { return error.zm + " " + error.message + " at " + error.place; }

}  // namespace zmig::test
