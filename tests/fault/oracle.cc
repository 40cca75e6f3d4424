#include "fault/oracle.h"

#include <algorithm>
#include <set>

#include <zmig/diagnostic.h>

#include "run/backup.h"
#include "support/catch.h"

namespace zmig::test {
namespace {

/// Values of cells that no message and no log may repeat.
const std::vector<std::string> kCanaries{"ñandú", "P-3", "C-9", "7,5"};

constexpr int kPatience = 5;

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : ", ") + word;
  return out;
}

bool is_documented_exit(int code) {
  static const std::set<int> all{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 64, 65, 66, 69, 70, 74, 75, 77, 78, 130, 143};
  return all.contains(code);
}

}  // namespace

void Findings::add(std::size_t Findings::*kind, std::string what) {
  ++(this->*kind);
  if (first.size() < 12) first.push_back(std::move(what));
}

std::string Findings::told() const {
  std::string out = std::to_string(cells_lost) + " cells lost or torn, " + std::to_string(wrong_applied) +
                    " wrong \"applied\", " + std::to_string(no_exit) + " states without an exit, " +
                    std::to_string(other) + " other findings";
  for (const std::string& one : first) out += "\n  " + one;
  return out;
}

Oracle::Oracle(Lab& lab, const Scenario& scenario) : lab_(lab), scenario_(scenario) {
  INFO(lab.kind() << ", " << scenario.name);
  scenario_.prepare(lab_, *scenario_.project);
  lab_.save();
  const auto note = [&] {
    Seen seen = lab_.see();
    standings_[seen.uids.size()] = Standing{seen.schema, std::move(seen.cells)};
  };
  note();
  const Seen begun = lab_.see();
  for (const Run& run : lab_.books().rows) {
    if (std::find(begun.uids.begin(), begun.uids.end(), run.uid) == begun.uids.end()) unknown_.push_back(run.uid);
  }
  for (const Command& step : scenario_.steps) {
    const Attempt done = lab_.attempt(*scenario_.project, step);
    INFO(done.told());
    REQUIRE(done.exit_code == 0);
    note();
  }
  end_ = lab_.see();
  end_books_ = lab_.books();
  if (scenario_.command.verb == Verb::up && scenario_.goes_back) {
    REQUIRE(lab_.attempt(*scenario_.project, Command{Verb::down, 0, {}, false}).exit_code == 0);
    origin_ = lab_.see().cells;
  }
  lab_.restore();
  Fuse whole;
  const Attempt quiet = lab_.attempt(*scenario_.project, scenario_.command, whole);
  INFO(quiet.told());
  REQUIRE(quiet.exit_code == 0);
  REQUIRE((lab_.see().cells == end_.cells));  // in one go or step by step: the same cells
  calls_ = whole.log;
  std::map<std::string, std::size_t> counts;
  for (const std::string& name : calls_)
    points_.push_back(scenario_.name + "/" + name + "#" + std::to_string(++counts[name]));
  lab_.restore();
}

const Oracle::Standing* Oracle::standing_at(std::size_t entries) const {
  const auto found = standings_.find(entries);
  return found == standings_.end() ? nullptr : &found->second;
}

bool Oracle::are(const SeenCells& seen, SeenCells expected) const {
  if (typed_) {
    const auto column = expected.find(typed_->column);
    if (column == expected.end() || typed_->row >= column->second.size()) return false;
    column->second[typed_->row].value = typed_->value;
  }
  return seen == expected;
}

void Oracle::check_messages(const std::string& where, const Attempt& attempt, Findings& findings) const {
  if (!is_documented_exit(attempt.exit_code))
    findings.add(&Findings::other, where + ": exit code " + std::to_string(attempt.exit_code) + " is not documented");
  if (!attempt.zm.empty() && find_code(attempt.zm) == nullptr)
    findings.add(&Findings::other, where + ": no such code: " + attempt.zm);
  if (attempt.hung) findings.add(&Findings::no_exit, where + ": it came to no end");
  if (attempt.answered && attempt.exit_code != 0 && attempt.said.empty() && attempt.heard)
    findings.add(&Findings::other, where + ": failed without a word");
  for (const std::string& canary : kCanaries) {
    if (attempt.said.find(canary) != std::string::npos)
      findings.add(&Findings::other, where + ": a message repeats a cell: " + attempt.said);
  }
}

void Oracle::check_now(const std::string& where, const Attempt& attempt, Findings& findings) {
  check_messages(where, attempt, findings);
  const Seen seen = lab_.see();
  // O1, O2: one of the states of the chain, the one that the stamp names; every cell of it.
  const Standing* standing = standing_at(seen.uids.size());
  // `up --baseline` writes two entries; after the first, nothing but the claims has changed.
  const SeenCells& cells = standing != nullptr ? standing->cells : standings_.begin()->second.cells;
  if (!are(seen.cells, cells) || (standing != nullptr && seen.schema != standing->schema)) {
    findings.add(&Findings::cells_lost, where + ": after " + std::to_string(seen.uids.size()) +
                                            " stamp entries the workbook is not as the chain says; " + attempt.told());
  }
  const Books books = lab_.books();
  if (!books.chain_ok) findings.add(&Findings::other, where + ": the chain of the ledger does not verify");
  const bool said_done = attempt.answered && attempt.exit_code == 0;
  if (said_done && (!are(seen.cells, end_.cells) || seen.stamps != end_.stamps))
    findings.add(&Findings::wrong_applied, where + ": success was reported, but the workbook is not there");
  for (const Run& run : books.rows) {
    const bool in_stamp = std::find(seen.uids.begin(), seen.uids.end(), run.uid) != seen.uids.end();
    const bool claims = run.state == RunState::confirmed || run.state == RunState::applied ||
                        (run.state == RunState::undone && run.verb == "up");
    const bool excused = std::find(unknown_.begin(), unknown_.end(), run.uid) != unknown_.end();
    if (claims && !in_stamp && !excused)
      findings.add(&Findings::wrong_applied, where + ": the ledger holds r" + std::to_string(run.id) + " for " +
                                                 std::string(to_string(run.state)) + ", the stamp does not know it");
    // O6: nothing in flight without its backup.
    if (run.state == RunState::in_flight && run.verb == "up" && run.backup.empty())
      findings.add(&Findings::other, where + ": in flight without a backup");
  }
  const std::string wrong = lab_.backups_wrong();
  if (!wrong.empty()) findings.add(&Findings::other, where + ": " + wrong);
}

void Oracle::check_leftovers(const std::string& where, Findings& findings) const {
  std::vector<std::string> left;
  for (const std::string& file : lab_.files_there()) {
    const bool backup = file.starts_with("backups/") && file.ends_with(".zbk") && !file.starts_with("backups/.");
    // A folder of files is a workbook, too; in it nothing of an interrupted commit may stay.
    if (file.starts_with("book.db/") && file != "book.db/.zmig/journal" && !file.starts_with("book.db/.zmig/stage/") &&
        !file.starts_with("book.db/.zmig/."))
      continue;
    if (file == "book.db/.zmig/.gitignore") continue;
    // The new version of a workbook, and which one it is: the next writer takes them away.
    if (file == ".book.db.zmig-new" || file == ".book.db.zmig-journal") continue;
    if (file != "book.db" && file != "ledger.db" && file != "write.lock" && !backup) left.push_back(file);
  }
  if (!left.empty()) findings.add(&Findings::other, where + ": left behind: " + joined(left));
}

void Oracle::check_converges(const std::string& where, bool deep, Findings& findings) {
  Attempt last;
  for (int round = 0; round < kPatience; ++round) {
    last = lab_.attempt(*scenario_.project, scenario_.command);
    check_messages(where, last, findings);
    if (last.exit_code == 0 && last.at_rest) break;
  }
  if (last.exit_code != 0 || !last.at_rest) {
    findings.add(&Findings::no_exit,
                 where + ": no rest after " + std::to_string(kPatience) + " more runs: " + last.told());
    return;
  }
  // O4: one more writes nothing.
  Fuse watched;
  const Attempt again = lab_.attempt(*scenario_.project, scenario_.command, watched);
  const bool wrote = std::any_of(watched.log.begin(), watched.log.end(), [](const std::string& call) {
    return call == "target.commit" || call == "ledger.begin planned" || call.starts_with("ledger.update");
  });
  if (again.exit_code != 0 || !again.at_rest || wrote)
    findings.add(&Findings::other, where + ": at rest, and yet the next run writes: " + again.told());

  const Seen seen = lab_.see();
  if (!are(seen.cells, end_.cells) || seen.schema != end_.schema)
    findings.add(&Findings::cells_lost, where + ": at the end the workbook is not as after the quiet run");
  if (seen.stamps != end_.stamps)
    findings.add(&Findings::other, where + ": stamp entries " + joined(seen.stamps) + ", not " + joined(end_.stamps));
  const Books books = lab_.books();
  if (!books.chain_ok) findings.add(&Findings::other, where + ": the chain of the ledger does not verify");
  if (books.runs != end_books_.runs)
    findings.add(&Findings::other,
                 where + ": the runs are " + joined(books.runs) + "; a quiet run leaves " + joined(end_books_.runs));
  if (books.captures != end_books_.captures)
    findings.add(&Findings::cells_lost, where + ": the captures are not those of the quiet run");
  for (const Run& run : books.rows) {
    if (run.state < RunState::applied)
      findings.add(&Findings::other,
                   where + ": r" + std::to_string(run.id) + " stays " + std::string(to_string(run.state)));
  }
  if (!lab_.ledger_agrees(*scenario_.project)) findings.add(&Findings::other, where + ": stamp and ledger disagree");
  const std::string wrong = lab_.backups_wrong();
  if (!wrong.empty()) findings.add(&Findings::other, where + ": " + wrong);
  check_leftovers(where, findings);
  if (deep) check_way_back(where, findings);
}

void Oracle::check_way_back(const std::string& where, Findings& findings) {
  if (!origin_) return;
  const Attempt back = lab_.attempt(*scenario_.project, Command{Verb::down, 0, {}, false});
  if (back.exit_code != 0) {
    findings.add(&Findings::no_exit, where + ": no way back: " + back.told());
    return;
  }
  if (!are(lab_.see().cells, *origin_))
    findings.add(&Findings::cells_lost, where + ": `down` does not lead to the cells of the start");
}

}  // namespace zmig::test
