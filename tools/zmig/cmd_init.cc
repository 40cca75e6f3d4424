// `zmig init`: a project folder, and what may go into it: the worked example, a pipeline, hooks. Overwrites nothing.

#include <algorithm>
#include <filesystem>

#include <fmt/format.h>

#include <zmig/text.h>

#include "embedded_files.h"
#include "reports.h"
#include "session.h"
#include "stage.h"

namespace zmig::cli {
namespace {

namespace fs = std::filesystem;

struct Ignore : Observer {
  void on(const Event&) override {}
};

std::string config_text(const std::string& project, const std::string& env, const std::string& target, bool example) {
  return fmt::format(
      "# zmig: what this project is and where its workbooks are. `zmig help environment` explains how one is chosen.\n"
      "[zmig]\nformat = 1\nproject = {}\ndefault_env = {}\n\n[env.{}]\ntarget = {}\n{}",
      zmig::quoted(project), zmig::quoted(env), env, zmig::quoted(target),
      example ? "protect = [\"Param\", \"Ponderaciones\"]\n" : "");
}

/// One `init`: writes what is missing, notes what was there.
class Making {
 public:
  Making(Session& session, fs::path root) : session_(session), root_(std::move(root)) {
    report.root = root_.string();
    writes_ = !session.globals().dry_run;
  }

  Status folder(const fs::path& path) {
    const auto full = root_ / path;
    if (note(full, "/")) return ok();
    return writes_ ? files().make_folder(full.string(), false) : ok();
  }

  Status file(const fs::path& path, std::string_view bytes) {
    const auto full = root_ / path;
    if (note(full, "")) return ok();
    if (!writes_) return ok();
    if (!full.parent_path().empty()) ZMIG_CHECK_OK(files().make_folder(full.parent_path().string(), false));
    return files().replace(full.string(), bytes);
  }

  Status root() { return writes_ && root_ != "." ? files().make_folder(root_.string(), false) : ok(); }

  Status ignore_lines() {
    const auto path = (root_ / ".gitignore").string();
    std::string present;
    if (files().exists(path)) { ZMIG_TRY(present, files().read(path, 1 << 20)); }
    std::string added;
    const auto lines = split(present, '\n');
    for (const std::string wanted : {".zmig/", ".*.zmig-lock", "zmig.user.toml", "zmig-report/"})
      if (std::ranges::find(lines, wanted) == lines.end()) added += wanted + "\n";
    if (added.empty()) return ok();
    if (!present.empty() && !present.ends_with('\n')) present += '\n';
    if (writes_) ZMIG_CHECK_OK(files().replace(path, present + added));
    report.changed.push_back(fs::path(path).lexically_normal().string());
    return ok();
  }

  /// Migrations, baseline and a sample workbook that is at the baseline, so that `zmig up` works at once.
  Status example(const std::string& workbook) {
    for (const auto& one : embedded_files()) {
      constexpr std::string_view kBelow = "example/";
      if (!one.name.starts_with(kBelow) || one.name.starts_with("example/sheets/")) continue;
      ZMIG_CHECK_OK(file(std::string(one.name.substr(kBelow.size())), one.bytes));
    }
    const auto place = fs::path(workbook).is_absolute() ? fs::path(workbook) : root_ / workbook;
    if (note(place, "") || !writes_) return ok();
    return sample_workbook(place);
  }

  Status executable(const fs::path& path) {
    if (!writes_) return ok();
    std::error_code failure;
    fs::permissions(root_ / path, fs::perms::owner_exec | fs::perms::group_exec | fs::perms::others_exec,
                    fs::perm_options::add, failure);
    if (failure) return make_error(Errc::io, "ZM0714", fmt::format("{} cannot be made executable", path.string()));
    return ok();
  }

  InitReport report;

 private:
  FileSystem& files() { return session_.ports().files; }

  /// True when it is there already.
  bool note(const fs::path& full, const std::string& ending) {
    const auto shown = full.lexically_normal().string() + ending;
    const bool there = files().exists(full.string());
    (there ? report.kept : report.created).push_back(shown);
    return there;
  }

  Status sample_workbook(const fs::path& place) {
    ZMIG_TRY(const auto scratch, Scratch::make());
    for (const auto& one : embedded_files()) {
      constexpr std::string_view kSheets = "example/sheets/";
      if (!one.name.starts_with(kSheets)) continue;
      ZMIG_CHECK_OK(
          files().replace((fs::path(scratch->folder()) / one.name.substr(kSheets.size())).string(), one.bytes));
    }
    ZMIG_TRY(auto sheets, open_target({"csv", scratch->folder()}, {}, session_.ports()));
    ZMIG_TRY(const auto schema, sheets->inspect());
    std::vector<std::string> ids;
    for (const auto& sheet : schema.sheets) ids.push_back(sheet.id);
    if (!place.parent_path().empty()) ZMIG_CHECK_OK(files().make_folder(place.parent_path().string(), false));
    ZMIG_TRY(const auto copied,
             find_target_kind("sqlite")->create(place.string(), {}, session_.ports(), *sheets, ids, {}));
    static_cast<void>(copied);
    return take_over();
  }

  /// As `zmig baseline` in the new project does it.
  Status take_over() {
    SourceMap sources;
    Diagnostics found;
    auto globals = session_.globals();
    globals.env.reset();
    globals.target.reset();
    const auto config = load_config((root_ / "zmig.toml").string(), ".", sources, found);
    Session project(globals, session_.variables(), config, std::move(sources), std::move(found), session_.console());
    if (project.diagnostics().has_errors())
      return make_error(Errc::conflict, "ZM0702", "the zmig.toml that was there already cannot be read",
                        "mend it, then `zmig baseline`");
    ZMIG_TRY(const History* history, project.history());
    ZMIG_TRY(Target * target, project.target());
    ZMIG_TRY(Ledger * ledger, project.ledger(true));
    Ignore ignore;
    const std::vector<Replayed> none;
    Migrator migrator(*history, none, *target, *ledger, project.codec(), project.ports(), ignore,
                      project.run_options());
    BaselineOptions options;
    options.managed = history->baseline;
    ZMIG_TRY(const auto taken, migrator.baseline(options));
    if (taken.proved && taken.exit_code == 0) return ok();
    return make_error(Errc::conflict, "ZM0301",
                      "the sample workbook does not fit the migrations that were there already",
                      "make the example in a folder of its own: zmig init FOLDER --example");
  }

  Session& session_;
  fs::path root_;
  bool writes_ = true;
};

}  // namespace

std::string_view embedded_file(std::string_view name) {
  const auto& all = embedded_files();
  const auto found = std::ranges::find(all, name, &EmbeddedFile::name);
  return found == all.end() ? std::string_view() : found->bytes;
}

Answer run_init(Session& session, const Arguments& arguments) {
  auto& files = session.ports().files;
  const fs::path root = arguments.positional(0).empty() ? "." : arguments.positional(0);
  const bool example = arguments.has("--example");
  const auto env = session.globals().env.value_or("dev");
  if (!is_environment_name(env))
    return failed(make_error(Errc::invalid_input, "ZM0703",
                             fmt::format("{} is no name for an environment", zmig::quoted(env)),
                             "use letters, digits, _ and -"));
  const auto target = session.globals().target.value_or("sqlite:workbook.db");
  if (redact(target) != target)
    return failed(make_error(Errc::invalid_input, "ZM0707",
                             fmt::format("{} holds a secret", zmig::quoted(redact(target))),
                             "secrets never stand in zmig.toml"));
  const auto parsed = parse_target_url(target, files);
  if (!parsed) return failed(parsed.error());
  if (example && parsed->scheme != "sqlite")
    return failed(make_error(Errc::unsupported, "ZM0325", "the worked example is a sqlite: workbook",
                             "leave --target out, or write --target sqlite:FILE"));
  const auto ci = arguments.one("--ci").value_or("none");
  if (ci != "github" && ci != "gitlab" && ci != "none")
    return failed(make_error(Errc::invalid_input, "ZM0703", fmt::format("{} is not a value for --ci", zmig::quoted(ci)),
                             "one of: github, gitlab, none"));
  std::error_code failure;
  const auto project = fs::weakly_canonical(root, failure).filename().string();
  Making making(session, root);
  const auto make_all = [&]() -> Status {
    ZMIG_CHECK_OK(making.root());
    ZMIG_CHECK_OK(making.file("zmig.toml", config_text(project.empty() ? "workbook" : project, env, target, example)));
    ZMIG_CHECK_OK(making.folder("migrations"));
    ZMIG_CHECK_OK(making.folder("schemas"));
    if (example) ZMIG_CHECK_OK(making.example(parsed->rest));
    if (ci == "github") ZMIG_CHECK_OK(making.file(".github/workflows/zmig.yml", embedded_file("ci/github.yml")));
    if (ci == "gitlab") ZMIG_CHECK_OK(making.file(".gitlab-ci.yml", embedded_file("ci/gitlab.yml")));
    if (arguments.has("--hooks")) {
      ZMIG_CHECK_OK(making.file(".pre-commit-config.yaml", embedded_file("ci/pre-commit-config.yaml")));
      ZMIG_CHECK_OK(making.file(".githooks/pre-commit", embedded_file("ci/pre-commit")));
      ZMIG_CHECK_OK(making.executable(".githooks/pre-commit"));
    }
    return making.ignore_lines();
  };
  if (const auto made = make_all(); !made) return failed(made.error());
  auto report = std::make_shared<InitReport>(std::move(making.report));
  const auto zmig = root == "." ? std::string("zmig") : "zmig -C " + shell_word(root.string());
  if (example)
    report->next = {zmig + " plan    see what will happen", zmig + " up      do it"};
  else
    report->next = {zmig + " baseline    record what the workbook looks like today",
                    zmig + " new SLUG    write the first migration"};
  if (arguments.has("--hooks")) report->next.emplace_back("git config core.hooksPath .githooks    turn the hook on");
  Answer answer;
  Console& console = session.console();
  answer.text = [report, &console] { return to_text(console, *report); };
  answer.data = [report] { return to_json(*report); };
  return answer;
}

}  // namespace zmig::cli
