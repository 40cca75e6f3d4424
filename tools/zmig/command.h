#pragma once
// Commands as data: a command is a row (name, summary, options, function). How to add one: a function in a cmd_*.cc, a
// row in commands.cc, a section in docs/cli.md, a script in tests/acceptance/.

#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <zmig/diagnostic.h>
#include <zmig/result.h>

namespace zmig::cli {

class Session;

/// An option: `--to N`. `value` empty: a switch; `[word]`: `--fix` or `--fix=word`. `repeat`: may be given several
/// times.
struct OptionRow {
  std::string_view flag, value, says;
  bool repeat = false;
  std::string_view letter = {};
  std::string_view choices = {};   ///< "auto|always|never": the values there are; empty: any
  std::string_view not_with = {};  ///< "--to --all": flags that contradict this one
};
struct PositionalRow {
  std::string_view name, says;
  bool required = true, repeat = false;
  std::string_view choices = {};  ///< as for an option
};

/// What was typed behind the verb, checked against the row.
class Arguments {
 public:
  void add(const std::string& flag, std::string value) { values_[flag].push_back(std::move(value)); }
  void add_positional(std::string value) { positionals_.push_back(std::move(value)); }
  [[nodiscard]] bool has(const std::string& flag) const { return values_.contains(flag); }
  [[nodiscard]] std::optional<std::string> one(const std::string& flag) const {
    const auto found = values_.find(flag);
    return found == values_.end() ? std::nullopt : std::optional(found->second.back());
  }
  [[nodiscard]] std::vector<std::string> all(const std::string& flag) const {
    const auto found = values_.find(flag);
    return found == values_.end() ? std::vector<std::string>{} : found->second;
  }
  [[nodiscard]] const std::vector<std::string>& positionals() const { return positionals_; }
  [[nodiscard]] std::string positional(std::size_t index) const {
    return index < positionals_.size() ? positionals_[index] : std::string();
  }

 private:
  std::map<std::string, std::vector<std::string>> values_;
  std::vector<std::string> positionals_;
};

/// What a command says. Text and data are two renderings of one report, made only when asked for.
struct Answer {
  int exit = 0;
  std::function<std::string()> text;  ///< for stdout; empty: nothing
  std::function<std::string()> data;  ///< JSON text for `data` of the envelope; empty: null
  std::optional<Error> error;         ///< what decided a bad exit code
  std::vector<std::string> next;      ///< complete commands that go on or back
  std::vector<std::string> next_why;  ///< what each does, for people; may be shorter than `next`
  std::string after;                  ///< for stderr, behind the diagnostics (failure summaries)
};

struct CommandRow {
  std::string_view name, alias, usage, summary;
  std::vector<OptionRow> options;
  std::vector<PositionalRow> positionals;
  Answer (*run)(Session&, const Arguments&);
  bool needs_config = true;                ///< false: runs without a project (init, help, version, copy)
  std::string_view formats = "text json";  ///< what --format takes
};

const std::vector<CommandRow>& commands();
const CommandRow* find_command(std::string_view name);
std::span<const OptionRow> global_options();

// cmd_init.cc
Answer run_init(Session& session, const Arguments& arguments);
// cmd_author.cc
Answer run_new(Session& session, const Arguments& arguments);
Answer run_fmt(Session& session, const Arguments& arguments);
Answer run_show(Session& session, const Arguments& arguments);
Answer run_help(Session& session, const Arguments& arguments);
Answer run_version(Session& session, const Arguments& arguments);
// cmd_completion.cc
Answer run_completion(Session& session, const Arguments& arguments);
// cmd_inspect.cc
Answer run_plan(Session& session, const Arguments& arguments);
Answer run_status(Session& session, const Arguments& arguments);
Answer run_verify(Session& session, const Arguments& arguments);
Answer run_inspect(Session& session, const Arguments& arguments);
// cmd_history.cc
Answer run_history(Session& session, const Arguments& arguments);
// cmd_repair.cc
Answer run_repair(Session& session, const Arguments& arguments);
Answer run_unlock(Session& session, const Arguments& arguments);
// cmd_lint.cc, cmd_contract.cc
Answer run_lint(Session& session, const Arguments& arguments);
Answer run_contract(Session& session, const Arguments& arguments);
/// Writes `contract.file` of the configuration, when it names one. After a run.
Status write_contract_file(Session& session);
/// Why `contract.file` is not what it should be with the workbook at `at`; empty: it is fresh, or none is named.
Result<std::string> stale_contract_file(Session& session, std::uint32_t at);
// cmd_ci.cc
Answer run_ci(Session& session, const Arguments& arguments);
// cmd_doctor.cc
Answer run_doctor(Session& session, const Arguments& arguments);
// cmd_report.cc
Answer run_report(Session& session, const Arguments& arguments);
// cmd_apply.cc
Answer run_up(Session& session, const Arguments& arguments);
Answer run_down(Session& session, const Arguments& arguments);
Answer run_baseline(Session& session, const Arguments& arguments);
Answer run_copy(Session& session, const Arguments& arguments);
// cmd_backup.cc
Answer run_backup(Session& session, const Arguments& arguments);
Answer run_restore(Session& session, const Arguments& arguments);

/// The same error with a ZM code, when it has none yet: that of its class.
Error with_code(Error error);
/// An answer that is nothing but an error.
Answer failed(Error error, std::vector<std::string> next = {});

}  // namespace zmig::cli
