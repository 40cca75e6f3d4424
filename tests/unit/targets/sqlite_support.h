#pragma once
// Databases that nobody prepared, and short ways to look into one.

#include <string>
#include <vector>

#include "base/sqlite.h"
#include "support/catch.h"
#include "support/temp_folder.h"
#include "support/workbooks.h"
#include "targets/sqlite/sqlite_target.h"

namespace zmig::test {

inline void run_sql(const std::string& path, const std::string& sql) {
  auto db = sqlite::Database::open(path, sqlite::Mode::create, 1000);
  if (!db) FAIL(db.error().message);
  const Status done = db->exec(sql);
  if (!done) FAIL(done.error().message);
}

/// What another program hears: "" when it went well.
inline std::string try_sql(const std::string& path, const std::string& sql) {
  auto db = sqlite::Database::open(path, sqlite::Mode::read_write, 1000);
  if (!db) return db.error().message;
  const Status done = db->exec(sql);
  return done ? "" : done.error().message;
}

/// All rows, fields between bars, storage class in front: "t:a|i:1".
inline std::vector<std::string> query(const std::string& path, const std::string& sql) {
  std::vector<std::string> lines;
  auto db = sqlite::Database::open(path, sqlite::Mode::read_only, 1000);
  if (!db) return {db.error().message};
  auto rows = db->prepare(sql);
  if (!rows) return {rows.error().message};
  for (;;) {
    const auto there = rows->step();
    if (!there || !*there) return lines;
    std::string line;
    for (int i = 0; i < rows->columns(); ++i) {
      if (i > 0) line += "|";
      line += "nirtb"[rows->type(i)];
      line += ":";
      line += rows->text(i);
    }
    lines.push_back(std::move(line));
  }
}

inline std::unique_ptr<SqliteTarget> open_workbook(const std::string& path, const TargetOptions& options = {}) {
  auto target = SqliteTarget::open(path, options);
  if (!target) FAIL(target.error().message);
  const auto inspected = (*target)->inspect();
  if (!inspected) FAIL(inspected.error().message << " at " << inspected.error().place);
  return std::move(*target);
}

inline Result<CommitReport> commit(Target& target, std::vector<Change> changes,
                                   std::optional<Stamp> after = std::nullopt) {
  ZMIG_TRY(std::unique_ptr<Writer> writer, target.open_writer({"test", std::chrono::milliseconds(50)}));
  const std::vector<Part> batch{{std::move(changes), std::move(after)}};
  return writer->commit(batch, {});
}

inline std::string told(const Result<CommitReport>& done) {
  if (done) return "done";
  const Error& error = done.error();
  return error.zm + " " + error.message + (error.place.empty() ? "" : " at " + error.place);
}

/// Claims for a sheet and some of its columns, as a baseline makes them.
inline std::vector<Change> claims(const std::string& title, const std::vector<std::pair<std::string, Type>>& columns) {
  Sheet sheet;
  sheet.id = "s" + title;
  sheet.title = title;
  std::vector<Change> made{change::Track{{sheet.id, {}}, sheet}};
  for (const auto& [header, type] : columns)
    made.push_back(change::Track{{sheet.id, "c" + header}, make_column("c" + header, header, type)});
  return made;
}

}  // namespace zmig::test
