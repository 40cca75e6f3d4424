#include "laws/world.h"

#include <cstdlib>

#include "base/sqlite.h"

#include <zmig/dsl.h>
#include <zmig/stamp.h>

#include "support/catch.h"
#include "support/samples.h"
#include "support/shop_book.h"
#include "targets/gsheet/gsheet_target.h"
#include "targets/memory/memory_target.h"
#include "targets/xlsx/xlsx_target.h"

namespace zmig::test {

std::vector<std::string> writable_kinds() {
  const char* const only = std::getenv("ZMIG_LAW_KIND");
  if (only != nullptr) return {only};
  return {"memory", "sqlite", "csv", "xlsx", "gsheet"};
}

std::string migration_text(const Sample& sample) {
  if (sample.text.find("restore ") != std::string::npos) return {};
  std::string text = "zmig 1\n\ndescription \"law\"\n";
  if (sample.text.find("discarding data") != std::string::npos) text += "irreversible because \"law\"\n";
  return text + "\n" + sample.text;
}

namespace {

/// A workbook of Excel has at least one sheet.
Workbook one_sheet() {
  Workbook book;
  Sheet sheet;
  sheet.id = "~H";
  sheet.title = "H";
  sheet.managed = false;
  Column column;
  column.id = "~H";
  column.header = "H";
  column.managed = false;
  sheet.columns.push_back(column);
  book.schema.sheets.push_back(sheet);
  return book;
}

}  // namespace

World::World(const std::string& kind, Schema before, const std::string& text, const std::string& name)
    : kind_(kind), before_(std::move(before)), name_(name), codec_(dsl::make_codec()) {
  REQUIRE(ports_.files->make_folder(folder_.at("migrations"), false));
  REQUIRE(ports_.files->make_folder(folder_.at("schemas"), false));
  REQUIRE(ports_.files->replace(folder_.at("migrations/0001_law.zmig"), text));
  REQUIRE(ports_.files->replace(folder_.at("schemas/0000_baseline.json"), schema_to_json(before_)));
  auto history =
      load_history(*ports_.files, {folder_.at("migrations"), folder_.at("schemas")}, *codec_, sources_, diagnostics_);
  REQUIRE(history);
  history_ = std::move(*history);
  if (!diagnostics_.has_errors()) replayed_ = replay_history(history_, *codec_, {}, diagnostics_);
  auto ledger = open_memory_ledger(ports_.ports);
  REQUIRE(ledger);
  ledger_ = std::move(*ledger);
  options_.actor = "law";
  options_.backup_folder = folder_.at("backups");
  options_.allow_loss = true;
  REQUIRE(ports_.files->make_folder(options_.backup_folder, true));
  if (kind_ == "sqlite") {
    auto empty = sqlite::Database::open(folder_.at("book.db"), sqlite::Mode::create, 1000);
    REQUIRE(empty);
    REQUIRE(empty->exec("CREATE TABLE t (a); DROP TABLE t"));
  }
  if (kind_ == "csv") REQUIRE(ports_.files->make_folder(folder_.at("book.db"), false));
  if (kind_ == "gsheet") spreadsheet_ = sheets_.create("law");
  if (kind_ == "xlsx") {
    MemoryTarget from(one_sheet());
    REQUIRE(create_xlsx(folder_.at("book.db"), ports_.ports, from, {}, {}));
  }
  reopen();
  const auto built = build();
  INFO((built ? std::string() : built.error().zm + " " + built.error().message));
  REQUIRE(built);
}

void World::reopen() {
  if (kind_ == "memory" && target_ != nullptr) return;  // nothing on disk: the object is the workbook
  target_.reset();
  const TargetUrl url{kind_, kind_ == "memory" ? "" : folder_.at("book.db")};
  TargetOptions options;
  options.csv_formula = "allow";  // the rows of the shop hold a text that begins with =
  if (kind_ == "gsheet") {
    target_ = std::make_unique<GsheetTarget>(spreadsheet_, options, ports_.ports, sheets_.connect());
  } else {
    auto opened = open_target(url, options, ports_.ports);
    INFO((opened ? std::string() : opened.error().message));
    REQUIRE(opened);
    target_ = std::move(*opened);
  }
  REQUIRE(target_->inspect());
}

Status World::build() {
  Part part;
  part.changes = changes_that_build(before_, name_);
  // A workbook of Excel is never without a sheet: the one that it was made with goes when there are others.
  if (kind_ == "xlsx" && !before_.sheets.empty()) part.changes.emplace_back(change::DeleteSheet{"~H"});
  StampEntry entry;
  entry.number = 1;
  entry.event = "baseline";
  entry.target_id = "t-law";
  entry.lineage = "original";
  entry.run = "law";
  entry.at = ports_.clock.now();
  entry.chain_hash = empty_chain();
  entry.schema_digest = schema_digest(before_);
  part.after = Stamp{1, stamp_to_json(entry)};
  ZMIG_TRY(auto writer, target_->open_writer({"law", std::chrono::milliseconds(1000)}));
  const std::vector<Part> parts{part};
  ZMIG_TRY(const Staged staged, writer->stage(parts));
  ZMIG_CHECK_OK(writer->commit(parts, staged));
  writer.reset();
  ZMIG_CHECK_OK(target_->inspect());
  return ledger_->know_target("t-law", target_->url(), "original");
}

Result<Report> World::go(Direction direction, Target& through, Ledger& ledger) {
  ports_.clock.advance(std::chrono::seconds(1));
  Migrator migrator(history_, replayed_, through, ledger, *codec_, ports_.ports, quiet_, options_);
  Goal goal;
  goal.direction = direction;
  return migrator.execute(goal);
}

Result<Schema> World::live() { return target_->inspect(); }

Result<Cells> World::cells() {
  ZMIG_TRY(const Schema live, target_->inspect());
  Cells out;
  for (const auto& sheet : live.sheets) {
    std::vector<std::string> ids;
    for (const auto& column : sheet.columns) {
      ids.push_back(column.id);
      out[sheet.title + "." + column.header];
    }
    ZMIG_CHECK_OK(target_->scan(sheet.id, ids, [&](const RowView& row) {
      for (std::size_t at = 0; at < ids.size(); ++at)
        out[sheet.title + "." + sheet.columns[at].header].push_back(row.cells[at]);
      return ok();
    }));
  }
  return out;
}

std::string told(const Result<Report>& report, const World& world) {
  std::string out;
  for (const auto& diagnostic : world.diagnostics().all()) out += diagnostic.code + " " + diagnostic.message + "\n";
  if (!report) return out + report.error().zm + " " + report.error().message + "\n";
  out += "outcome " + report->outcome + "\n";
  for (const auto& diagnostic : report->diagnostics.all()) {
    out += diagnostic.code + " " + diagnostic.message + "\n";
    for (const auto& note : diagnostic.notes) out += "  " + note + "\n";
  }
  for (const auto& diagnostic : report->plan.diagnostics.all())
    out += "plan " + diagnostic.code + " " + diagnostic.message + "\n";
  if (report->error) out += report->error->zm + " " + report->error->message + "\n";
  for (const auto& run : report->runs)
    for (const auto& check : run.checks)
      if (check.outcome != Outcome::passed)
        out += "check " + check.id + " " + check.subject + " " + check.observed + " " + check.not_run_because + "\n";
  return out;
}

std::string shown(const Schema& schema) { return schema_to_json(by_offer(schema)); }

}  // namespace zmig::test
