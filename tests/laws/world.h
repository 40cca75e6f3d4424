#pragma once
// A whole project around one migration: files in a temporary folder, a workbook with rows on a writable target, a
// ledger, the real engine and codec.

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <zmig/migrator.h>
#include <zmig/target.h>

#include "support/fake_ports.h"
#include "support/sheets_in_process.h"
#include "support/temp_folder.h"

namespace zmig::test {

/// Header by header, every cell of every sheet: what people see.
using Cells = std::map<std::string, std::vector<Cell>>;  // "Sheet.Header" -> cells in row order

struct Quiet : Observer {
  void on(const Event&) override {}
};

/// The kinds of writable target that the laws run on; ZMIG_LAW_KIND=gsheet: this one alone.
std::vector<std::string> writable_kinds();

class World {
 public:
  /// `text`: lines of one migration behind `zmig 1`. `before`: the schema of the baseline; `name`: chooses the rows
  /// (samples that need other data).
  World(const std::string& kind, Schema before, const std::string& text, const std::string& name);

  /// The target as opened; for sqlite a new connection each time `reopen` was called.
  Target& target() { return *target_; }
  void reopen();
  Ledger& ledger() { return *ledger_; }
  FakePorts& ports() { return ports_; }
  const Schema& before() const { return before_; }
  const Schema& after() const { return replayed_.back().after; }
  const Diagnostics& diagnostics() const { return diagnostics_; }
  RunOptions& options() { return options_; }

  Result<Report> go(Direction direction) { return go(direction, *target_); }
  /// Through a decorated target.
  Result<Report> go(Direction direction, Target& through) { return go(direction, through, *ledger_); }
  Result<Report> go(Direction direction, Target& through, Ledger& ledger);
  Result<Cells> cells();
  Result<Schema> live();

 private:
  Status build();

  std::string kind_;
  Schema before_;
  std::string name_;
  FakePorts ports_;
  TempFolder folder_;
  std::unique_ptr<ScriptCodec> codec_;
  SourceMap sources_;
  Diagnostics diagnostics_;
  History history_;
  std::vector<Replayed> replayed_;
  SheetsInProcess sheets_;
  std::string spreadsheet_;
  std::unique_ptr<Target> target_;
  std::unique_ptr<Ledger> ledger_;
  RunOptions options_;
  Quiet quiet_;
};

/// Everything a failed report says, for INFO.
std::string told(const Result<Report>& report, const World& world);
/// The managed part, as people and laws compare it.
std::string shown(const Schema& schema);
/// The text of a sample as a whole migration file; empty for lines that only downs may hold.
struct Sample;
std::string migration_text(const Sample& sample);

}  // namespace zmig::test
