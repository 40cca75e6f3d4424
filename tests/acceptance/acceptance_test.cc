// Runs the scripts of this folder against the real binary. A script is a text file of sections, each begun by a line
// `== VERB ARGUMENTS`:
//
//   == file PATH            write the lines below into PATH
//   == fixture NAME PATH    copy tests/data/NAME (file or folder) to PATH
//   == run ARGUMENTS        run `zmig ARGUMENTS` (words split at blanks, "quoted words" kept)
//   == shell COMMAND        the same for `sh -c COMMAND` (120 s at most, then exit 124), where "$ZMIG" is the binary:
//   closed streams, pipes, signals, terminals
//   == terminal COLS ARGS   `zmig ARGS` in a pseudo-terminal of that width; the lines below answer its questions, and
//   all that is shown counts as stdout
//   == exit N               the exit code of the last run (must follow every run)
//   == stdout / == stderr   the exact text of the last run; `[*]` in a line stands for any run of characters, a line
//   `[...]` for any lines
//   == stdout has / == stderr has / == stderr lacks / == stdout lacks     each line below is (not) part of the text
//   == sql PATH             run the SQL below in the SQLite file PATH
//   == rows PATH            the rows that the first line's SQL gives, one a line, values joined by `|`, are the lines
//   below it
//   == keep PATH... / == same    remember the bytes of files (missing counts) / they are still the same
//   == mode PATH OCTAL, == remove PATH, == append PATH, == copy FROM TO
//   == example              the repository's migrations/ and schemas/0000_baseline.json
//   == env NAME=VALUE       for the runs that follow; `== env` alone clears
//   == big PATH MIB         a file of that size; == deep PATH N: a migration with N nested parentheses
//   == lock PATH, == unlock another program begins writing in this SQLite file, and stops
//
// A line that begins with `-- ` is prose. Every script runs in a folder of its own. A section the runner does not know
// is a failure. What a run prints for --json or --format ndjson is checked against schemas/cli/ without being asked.

#include <fcntl.h>
#include <pty.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "base/sqlite.h"
#include "support/catch.h"
#include "support/envelope.h"

namespace fs = std::filesystem;

namespace {

struct Section {
  std::size_t line = 0;
  std::string verb, rest;
  std::vector<std::string> body;
};

std::string read_bytes(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream buffer;
  buffer << in.rdbuf();
  return buffer.str();
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

std::vector<Section> parse_script(const fs::path& path) {
  std::vector<Section> sections;
  std::size_t number = 0;
  for (const auto& line : lines_of(read_bytes(path))) {
    ++number;
    if (line.starts_with("-- ")) continue;
    if (line.starts_with("== ")) {
      std::istringstream words(line.substr(3));
      Section section;
      section.line = number;
      words >> section.verb;
      std::getline(words >> std::ws, section.rest);
      sections.push_back(std::move(section));
    } else if (!sections.empty()) {
      sections.back().body.push_back(line);
    }
  }
  for (auto& section : sections)  // blank lines before the next section are layout
    while (!section.body.empty() && section.body.back().empty()) section.body.pop_back();
  return sections;
}

std::vector<std::string> split_words(const std::string& text) {
  std::vector<std::string> words;
  std::string word;
  bool quoted = false, any = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '\\' && at + 1 < text.size()) {
      word += text[++at];
      any = true;
    } else if (c == '"') {
      quoted = !quoted;
      any = true;
    } else if (c == ' ' && !quoted) {
      if (any || !word.empty()) words.push_back(word);
      word.clear();
      any = false;
    } else {
      word += c;
    }
  }
  if (any || !word.empty()) words.push_back(word);
  return words;
}

struct Ran {
  int exit = -1;
  std::string out, err;
};

/// In the child: the folder, the environment, the program. Does not come back.
[[noreturn]] void become(const char* program, const fs::path& folder, const std::vector<std::string>& arguments,
                         const std::vector<std::string>& settings_of_script) {
  if (chdir((folder / "work").c_str()) != 0) _exit(126);
  std::vector<std::string> words{program};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  argv.reserve(words.size() + 1);
  for (auto& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  // The first setting of a name counts, so those of the script come first.
  std::vector<std::string> settings(settings_of_script);
  for (const auto& setting : {std::string("LANG=C.UTF-8"), "HOME=" + folder.string(), std::string("PATH=/usr/bin:/bin"),
                              std::string("ZMIG_ACTOR=ana"), std::string("TZ=UTC"), std::string("ZMIG=" ZMIG_BINARY)}) {
    const auto name = setting.substr(0, setting.find('=') + 1);
    if (std::none_of(settings.begin(), settings.end(),
                     [&](const std::string& other) { return other.starts_with(name); }))
      settings.push_back(setting);
  }
  for (const char* name : {"ASAN_OPTIONS", "UBSAN_OPTIONS", "LLVM_PROFILE_FILE", "GCOV_PREFIX"})
    if (const char* value = std::getenv(name)) settings.push_back(std::string(name) + "=" + value);
  std::vector<char*> environment;
  environment.reserve(settings.size() + 1);
  for (auto& setting : settings) environment.push_back(setting.data());
  environment.push_back(nullptr);
  execve(program, argv.data(), environment.data());
  _exit(127);
}

int exit_of(pid_t child) {
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

Ran run_binary(const char* program, const fs::path& folder, const std::vector<std::string>& arguments,
               const std::vector<std::string>& settings_of_script) {
  const auto out_path = folder / ".out", err_path = folder / ".err";
  const pid_t child = fork();
  if (child == 0) {
    const int out = open(out_path.c_str(), O_CREAT | O_TRUNC | O_WRONLY, 0600),
              err = open(err_path.c_str(), O_CREAT | O_TRUNC | O_WRONLY, 0600);
    const int in = open("/dev/null", O_RDONLY);
    dup2(in, 0);
    dup2(out, 1);
    dup2(err, 2);
    become(program, folder, arguments, settings_of_script);
  }
  const int exit = exit_of(child);
  return {exit, read_bytes(out_path), read_bytes(err_path)};
}

/// The same in a pseudo-terminal: one stream, as a person sees it (line ends as \n). `typed` answers its questions.
Ran run_in_terminal(const fs::path& folder, unsigned short columns, const std::string& typed,
                    const std::vector<std::string>& arguments, const std::vector<std::string>& settings_of_script) {
  winsize size{};
  size.ws_col = columns;
  size.ws_row = 24;
  int terminal = -1;
  const pid_t child = forkpty(&terminal, nullptr, nullptr, &size);
  if (child == 0) become(ZMIG_BINARY, folder, arguments, settings_of_script);
  Ran ran;
  std::array<char, 4096> buffer{};
  for (;;) {
    const auto got = read(terminal, buffer.data(), buffer.size());
    if (got <= 0) break;  // EIO: the child is gone
    ran.out.append(buffer.data(), static_cast<std::size_t>(got));
    // Typed when the question stands there, as a person would.
    const bool asked = ran.out.ends_with("[y/N] ") || ran.out.ends_with("to go on: ");
    if (asked && !typed.empty() && write(terminal, typed.data(), typed.size()) < 0) break;
  }
  ran.exit = exit_of(child);
  close(terminal);
  for (auto at = ran.out.find("\r\n"); at != std::string::npos; at = ran.out.find("\r\n", at)) ran.out.erase(at, 1);
  return ran;
}

/// `[*]` stands for any run of characters.
bool line_fits(std::string_view pattern, std::string_view line) {
  const auto star = pattern.find("[*]");
  if (star == std::string_view::npos) return pattern == line;
  if (!line.starts_with(pattern.substr(0, star))) return false;
  const auto rest = pattern.substr(star + 3);
  for (auto at = star; at <= line.size(); ++at)
    if (line_fits(rest, line.substr(at))) return true;
  return false;
}

bool lines_fit(const std::vector<std::string>& patterns, std::size_t p, const std::vector<std::string>& lines,
               std::size_t l) {
  if (p == patterns.size()) return l == lines.size();
  if (patterns[p] == "[...]") {
    for (auto skip = l; skip <= lines.size(); ++skip)
      if (lines_fit(patterns, p + 1, lines, skip)) return true;
    return false;
  }
  return l < lines.size() && line_fits(patterns[p], lines[l]) && lines_fit(patterns, p + 1, lines, l + 1);
}

bool has_line(const std::string& text, const std::string& wanted) {
  if (wanted.find("[*]") == std::string::npos) return text.find(wanted) != std::string::npos;
  for (const auto& line : lines_of(text))
    if (line_fits("[*]" + wanted + "[*]", line)) return true;
  return false;
}

std::string shown(const zmig::sqlite::Datum& datum) {
  struct Shower {
    std::string operator()(std::monostate) const { return "NULL"; }
    std::string operator()(std::int64_t value) const { return std::to_string(value); }
    std::string operator()(double value) const {
      std::ostringstream out;
      out << value;
      return out.str();
    }
    std::string operator()(const std::string& value) const { return value; }
    std::string operator()(const zmig::sqlite::Blob& value) const { return "x" + std::to_string(value.bytes.size()); }
  };
  return std::visit(Shower{}, datum);
}

class Script {
 public:
  explicit Script(const fs::path& path) : sections_(parse_script(path)), name_(path.filename().string()) {
    std::string pattern = (fs::temp_directory_path() / "zmig-acceptance-XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
    work_ = folder_ / "work";
    fs::create_directories(work_);
  }
  ~Script() {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }
  Script(const Script&) = delete;
  Script& operator=(const Script&) = delete;

  void play() {
    REQUIRE_FALSE(sections_.empty());
    bool exit_seen = true;
    for (const auto& section : sections_) {
      INFO(name_ << ":" << section.line << ": == " << section.verb << " " << section.rest);
      INFO("exit " << last_.exit << "\nstdout:\n" << last_.out << "stderr:\n" << last_.err);
      if (section.verb == "run") {
        REQUIRE(exit_seen);  // every run says how it ends
        last_ = run_binary(ZMIG_BINARY, folder_, split_words(section.rest), environment_);
        exit_seen = false;
        if (zmig::test::is_envelope(last_.out)) {
          const std::vector<std::string> none;
          CHECK(zmig::test::envelope_faults(ZMIG_SOURCE_DIR "/schemas/cli", last_.out) == none);
        }
        continue;
      }
      if (section.verb == "terminal") {
        REQUIRE(exit_seen);
        auto words = split_words(section.rest);
        REQUIRE(words.size() >= 2);
        const auto columns = static_cast<unsigned short>(std::stoul(words.front()));
        words.erase(words.begin());
        std::string typed;
        for (const auto& line : section.body) typed += line + "\n";
        last_ = run_in_terminal(folder_, columns, typed, words, environment_);
        exit_seen = false;
        continue;
      }
      if (section.verb == "shell") {
        REQUIRE(exit_seen);
        // A script that waits for something that never comes fails; it does not hang: timeout ends the whole group.
        last_ =
            run_binary("/usr/bin/timeout", folder_, {"-k", "5", "120", "/bin/sh", "-c", section.rest}, environment_);
        exit_seen = false;
        continue;
      }
      if (section.verb == "exit") exit_seen = true;
      step(section);
    }
    INFO(name_ << ": the last run has no `== exit`");
    REQUIRE(exit_seen);
  }

 private:
  void step(const Section& section) {
    std::string body;
    for (const auto& line : section.body) body += line + "\n";
    if (section.verb == "file" || section.verb == "append") {
      fs::create_directories((work_ / section.rest).parent_path());
      std::ofstream(work_ / section.rest,
                    std::ios::binary | (section.verb == "append" ? std::ios::app : std::ios::trunc))
          << body;
    } else if (section.verb == "fixture") {
      const auto words = split_words(section.rest);
      REQUIRE(words.size() == 2);
      fs::copy(fs::path(ZMIG_TEST_DATA) / words[0], work_ / words[1], fs::copy_options::recursive);
      for (const auto& entry : fs::recursive_directory_iterator(work_))
        fs::permissions(entry.path(), fs::perms::owner_write, fs::perm_options::add);
    } else if (section.verb == "exit") {
      REQUIRE(last_.exit == std::stoi(section.rest));
    } else if (section.verb == "stdout" || section.verb == "stderr") {
      const auto& text = section.verb == "stdout" ? last_.out : last_.err;
      if (section.rest.empty()) {
        INFO("expected:\n" << body);
        REQUIRE(lines_fit(section.body, 0, lines_of(text), 0));
        return;
      }
      REQUIRE((section.rest == "has" || section.rest == "lacks"));
      REQUIRE_FALSE(section.body.empty());
      for (const auto& line : section.body) {
        INFO(section.rest << ": " << line);
        REQUIRE(has_line(text, line) == (section.rest == "has"));
      }
    } else if (section.verb == "sql") {
      auto db = zmig::sqlite::Database::open((work_ / section.rest).string(), zmig::sqlite::Mode::create, 1000);
      REQUIRE(db.has_value());
      const auto done = db->exec(body);
      INFO((done ? std::string("ok") : done.error().message));
      REQUIRE(done.has_value());
    } else if (section.verb == "rows") {
      auto db = zmig::sqlite::Database::open((work_ / section.rest).string(), zmig::sqlite::Mode::read_only, 1000);
      REQUIRE(db.has_value());
      REQUIRE_FALSE(section.body.empty());
      auto statement = db->prepare(section.body.front());
      INFO((statement ? std::string("ok") : statement.error().message));
      REQUIRE(statement.has_value());
      std::vector<std::string> rows;
      while (true) {
        auto more = statement->step();
        REQUIRE(more.has_value());
        if (!*more) break;
        std::string row;
        for (int column = 0; column < statement->columns(); ++column)
          row += (column == 0 ? "" : "|") + shown(statement->datum(column));
        rows.push_back(row);
      }
      REQUIRE(rows == std::vector<std::string>(section.body.begin() + 1, section.body.end()));
    } else if (section.verb == "keep") {
      kept_.clear();
      for (const auto& path : split_words(section.rest)) kept_[path] = snapshot(path);
    } else if (section.verb == "same") {
      REQUIRE_FALSE(kept_.empty());
      for (const auto& [path, bytes] : kept_) {
        INFO("changed: " << path);
        REQUIRE((snapshot(path) == bytes));
      }
    } else if (section.verb == "copy") {
      const auto words = split_words(section.rest);
      REQUIRE(words.size() == 2);
      fs::copy(work_ / words[0], work_ / words[1], fs::copy_options::recursive | fs::copy_options::overwrite_existing);
    } else if (section.verb == "example") {
      fs::create_directories(work_ / "schemas");
      fs::create_directories(work_ / "migrations");
      for (const auto& entry : fs::directory_iterator(fs::path(ZMIG_SOURCE_DIR) / "migrations"))
        if (entry.path().extension() == ".zmig") fs::copy(entry.path(), work_ / "migrations");
      fs::copy(fs::path(ZMIG_SOURCE_DIR) / "schemas" / "0000_baseline.json", work_ / "schemas");
    } else if (section.verb == "env") {
      if (section.rest.empty())
        environment_.clear();
      else
        environment_.push_back(section.rest);
    } else if (section.verb == "big") {
      const auto words = split_words(section.rest);
      REQUIRE(words.size() == 2);
      std::ofstream out(work_ / words[0], std::ios::binary);
      const std::string mib(1 << 20, '#');
      for (int count = std::stoi(words[1]); count > 0; --count) out << mib;
    } else if (section.verb == "deep") {
      const auto words = split_words(section.rest);
      REQUIRE(words.size() == 2);
      const auto depth = static_cast<std::size_t>(std::stoul(words[1]));
      std::ofstream(work_ / words[0], std::ios::binary)
          << "zmig 1\n\nin sheet \"Operaciones\" {\n  set column \"OC\" to " << std::string(depth, '(') << "1"
          << std::string(depth, ')') << "\n}\n";
    } else if (section.verb == "lock") {
      auto db = zmig::sqlite::Database::open((work_ / section.rest).string(), zmig::sqlite::Mode::read_write, 1000);
      REQUIRE(db.has_value());
      other_ = std::move(*db);
      REQUIRE(other_.exec("BEGIN IMMEDIATE").has_value());
    } else if (section.verb == "unlock") {
      other_ = {};
    } else if (section.verb == "mode") {
      const auto words = split_words(section.rest);
      REQUIRE(words.size() == 2);
      fs::permissions(work_ / words[0], static_cast<fs::perms>(std::stoi(words[1], nullptr, 8)));
    } else if (section.verb == "remove") {
      REQUIRE(fs::remove_all(work_ / section.rest) > 0);
    } else {
      FAIL("unknown section");
    }
  }

  /// The bytes of a file, of every file below a folder, or "missing".
  std::map<std::string, std::string> snapshot(const std::string& path) const {
    std::map<std::string, std::string> files;
    const auto full = work_ / path;
    if (fs::is_directory(full)) {
      for (const auto& entry : fs::recursive_directory_iterator(full))
        if (entry.is_regular_file()) files[fs::relative(entry.path(), work_).string()] = read_bytes(entry.path());
    } else {
      files[path] = fs::exists(full) ? read_bytes(full) : "missing";
    }
    return files;
  }

  std::vector<Section> sections_;
  std::string name_;
  fs::path folder_, work_;
  std::vector<std::string> environment_;
  zmig::sqlite::Database other_;
  Ran last_;
  std::map<std::string, std::map<std::string, std::string>> kept_;
};

}  // namespace

TEST_CASE("every acceptance script does what it says") {
  std::vector<fs::path> scripts;
  for (const auto& entry : fs::directory_iterator(fs::path(ZMIG_SOURCE_DIR) / "tests" / "acceptance"))
    if (entry.path().extension() == ".zt") scripts.push_back(entry.path());
  std::sort(scripts.begin(), scripts.end());
  REQUIRE(scripts.size() >= 15);
  const char* only = std::getenv("ZMIG_ONLY_SCRIPT");
  for (const auto& path : scripts) {
    if (only != nullptr && path.stem() != only) continue;
    DYNAMIC_SECTION(path.stem().string()) { Script(path).play(); }
  }
}
