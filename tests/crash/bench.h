#pragma once
// A project on disk and the real binary: what it looks like, and commands that are killed on the way.

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace zmig::test {

struct Ran {
  int exit = -1;  ///< 128 + n: died of signal n
  std::string out, err;
};

/// Every file of the project by path; a workbook as the rows of its tables, a spreadsheet of the service as what people
/// see of it. Not in it: the ledger, its backups and journals, whose bytes differ between any two runs.
using ProjectState = std::map<std::string, std::string>;

/// Where the workbook is: a database, a folder of csv files, a file of Excel, or a spreadsheet of a zmig-sheets-server
/// that this starts on loopback, and that lives on whoever dies.
enum class Book { sqlite, csv, xlsx, gsheet };
inline constexpr std::array kBooks{Book::sqlite, Book::csv, Book::xlsx, Book::gsheet};
std::string to_string(Book book);

class Bench {
 public:
  explicit Bench(Book book = Book::sqlite);
  ~Bench();
  Bench(const Bench&) = delete;
  Bench& operator=(const Bench&) = delete;

  void write(const std::string& path, const std::string& text);
  void sql(const std::string& path, const std::string& text);
  [[nodiscard]] Book book() const { return book_; }
  /// zmig.toml, and a workbook of these tables in the place of whatever was there.
  void make_project(const std::string& tables);
  /// What a program leaves that is killed in the middle of a commit into this database.
  void leave_hot_journal(const std::string& path);
  /// `settings`: NAME=VALUE for this run. `before`: words in front of the binary (strace).
  Ran run(const std::vector<std::string>& arguments, const std::vector<std::string>& settings = {},
          const std::vector<std::string>& before = {});
  /// Fails the test unless the exit code is 0.
  void must_run(const std::vector<std::string>& arguments);

  void save();
  void restore();
  ProjectState state() const;
  /// What is left over of writing aside, in the project and in .zmig/.
  std::vector<std::string> leftovers() const;
  [[nodiscard]] std::string folder() const { return folder_; }
  /// What the log of the service knows since restore(): every stamp entry that landed more than once.
  [[nodiscard]] std::vector<std::string> landed_twice() const;

 private:
  struct Service;
  [[nodiscard]] std::string url() const;
  Book book_;
  std::string folder_;
  std::unique_ptr<Service> service_;
};

/// One writing command to be broken.
struct CrashCase {
  std::string name;
  std::function<void(Bench&)> setup;
  std::vector<std::string> command;
  /// Run until it says 0, at most five times; then the project is as after the undisturbed command.
  std::vector<std::string> again;
  /// The command is not repeated (it would do its work a second time): the project is old or new, and `again` works.
  bool repeats = true;
  /// Run once more at the end, and changes nothing; empty: `again`.
  std::vector<std::string> rest = {};
  /// The code with which `again` refuses what is whole already: then the project is as after the command. Empty:
  /// `again` ends with 0 in that case too.
  std::string whole_already = {};
  /// It does the same whatever the workbook is, or makes one of its own.
  bool any_book = false;
};
/// Those that mean something for such a workbook.
std::vector<CrashCase> crash_cases(Book book = Book::sqlite);

/// What has to hold after a broken run of a case. `broken` is its exit; returns the findings.
class CrashOracle {
 public:
  CrashOracle(Bench& bench, const CrashCase& one);
  std::vector<std::string> check(const std::string& where, const Ran& broken);

 private:
  Bench& bench_;
  const CrashCase& case_;
  ProjectState before_, after_;
};

}  // namespace zmig::test
