// `zmig contract` (docs/contract.md): the file that apps use instead of hard-coded columns, and its check.

#include <algorithm>

#include <fmt/format.h>

#include <zmig/contract.h>
#include <zmig/header_norm.h>
#include <zmig/text.h>

#include "contract_report.h"
#include "numbers.h"
#include "reports.h"
#include "session.h"

namespace zmig::cli {
namespace {

Error usage(std::string message, std::string help) {
  return make_error(Errc::invalid_input, "ZM0703", std::move(message), std::move(help));
}

/// The files, bound and replayed; without errors, or the answer says what is wrong.
Result<const History*> load(Session& session) {
  ZMIG_TRY(const History* history, session.history());
  std::erase_if(session.diagnostics().all(), [](const Diagnostic& finding) {
    return finding.code == "ZM0206" && finding.severity != Severity::error;
  });
  session.replayed();
  return history;
}

Answer diagnosed(Session& session) {
  Answer answer;
  answer.exit = exit_code_of(session.diagnostics());
  return answer;
}

Result<std::uint32_t> head_of(const std::vector<Replayed>& replayed) {
  return replayed.empty() ? 0U : replayed.back().migration.number;
}

/// Where the live workbook stands, by its stamp; 0 when it was never taken over.
Result<std::uint32_t> live_position(Target& target) {
  ZMIG_TRY(const auto stamps, target.stamps());
  ZMIG_TRY(const auto stamp, current_stamp(stamps));
  std::uint32_t at = 0;
  if (stamp)
    for (const AppliedMigration& one : stamp->applied) at = std::max(at, one.number);
  return at;
}

struct Wanted {
  std::optional<std::uint32_t> at;
  bool live = false, reproducible = false;
  std::string version;
};

Result<Contract> build(Session& session, const History& history, const Wanted& wanted) {
  const auto& replayed = session.replayed();
  const Schema* live = nullptr;
  std::uint32_t at = 0;
  if (wanted.live) {
    ZMIG_TRY(Target * target, session.target());
    live = &target->schema();
    ZMIG_TRY(at, live_position(*target));
    if (wanted.at && *wanted.at != at)
      return usage(fmt::format("the workbook is at {:04}, not at {:04}", at, *wanted.at),
                   "leave --live out: positions are those of the workbook as it is now");
  } else {
    ZMIG_TRY(at, head_of(replayed));
  }
  if (wanted.at) at = *wanted.at;
  const bool known =
      at == 0 || std::ranges::any_of(replayed, [&](const Replayed& one) { return one.migration.number == at; });
  if (!known)
    return make_error(Errc::not_found, "ZM0713", fmt::format("there is no migration {:04}", at),
                      "`zmig status` shows where the workbook stands");
  const auto& config = session.config();
  Contract out = make_contract(history, replayed, at, live, config.contract.extras_allowed, config.contract.positions);
  out.name = config.project.empty() ? "workbook" : config.project;
  out.version = wanted.version.empty() ? fmt::format("{:04}", at) : wanted.version;
  out.generated_by = "zmig " + session.tool_version();
  if (!wanted.reproducible) out.generated_at = format_utc(session.ports().clock.now());
  const auto& summary = session.target_summary();
  if (summary.present) {
    out.env = summary.env;
    out.kind = summary.kind;
    out.target_id = summary.target_id;
  }
  // A workbook that says none has those of its environment.
  if (const auto env = session.environment(); env && summary.present) {
    if (out.locale.empty()) out.locale = (*env)->locale;
    if (out.time_zone.empty()) out.time_zone = (*env)->timezone;
  }
  return out;
}

/// What a contract says of a position, without what belongs to one export or one workbook.
Contract timeless(Contract contract) {
  contract.name.clear();
  contract.version.clear();
  contract.generated_by.clear();
  contract.generated_at.clear();
  contract.live = false;
  contract.env = contract.kind = contract.target_id = contract.locale = contract.time_zone = {};
  for (ContractSheet& sheet : contract.sheets) {
    sheet.header_hash.reset();
    sheet.width.reset();
    for (ContractColumn& column : sheet.columns) column.index0.reset();
  }
  return contract;
}

Answer run_export(Session& session, const Arguments& arguments) {
  Wanted wanted;
  wanted.live = arguments.has("--live");
  wanted.reproducible = arguments.has("--reproducible");
  wanted.version = arguments.one("--as-version").value_or("");
  if (const auto at = arguments.one("--at")) {
    auto number = migration_number(*at);
    if (!number) return failed(number.error());
    wanted.at = *number;
  }
  const auto history = load(session);
  if (!history) return failed(history.error());
  if (session.diagnostics().has_errors()) return diagnosed(session);
  auto made = build(session, **history, wanted);
  if (!made) return failed(made.error());
  auto text = std::make_shared<std::string>(contract_to_json(*made));
  Answer answer;
  answer.text = [text] { return *text; };
  answer.data = [text] { return "{\"contract\": " + *text + "}"; };
  return answer;
}

Result<Contract> read_contract(Session& session, const std::string& file, const std::string& path) {
  ZMIG_TRY(const auto text, session.ports().files.read(path, 64 * 1024 * 1024));
  auto contract = contract_from_json(text);
  if (contract) return contract;
  auto error = std::move(contract).error();
  error.message = fmt::format("{}: {}", zmig::quoted(file), error.message);
  return error;
}

/// --verbose: what readers can live with has its code and place too; it decides nothing.
void say_what_differs(Session& session, const ContractReport& report) {
  for (const CheckedContract& one : report.contracts) {
    for (const ContractFinding& finding : one.compared.findings) {
      if (finding.level != ContractClass::compatible) continue;
      Diagnostic said;
      said.severity = Severity::info;
      said.code = finding.code;
      said.message = sentence(finding);
      said.primary.cell = finding.where;
      said.help = "readers of this contract go on working";
      session.diagnostics().add(std::move(said));
    }
  }
}

Answer run_check(Session& session, const Arguments& arguments) {
  std::vector<std::string> files(arguments.positionals().begin() + 1, arguments.positionals().end());
  const bool from_config = files.empty();
  if (from_config) files = session.config().contract.uphold;
  if (files.empty())
    return failed(usage("no contract to check", "name its file, or list it in zmig.toml: [contract] uphold"));
  const auto tolerate = arguments.one("--tolerate").value_or("");
  if (!tolerate.empty() && tolerate != "compatible")
    return failed(usage(fmt::format("{} is not a value for --tolerate", zmig::quoted(tolerate)), "write: compatible"));
  const auto history = load(session);
  if (!history) return failed(history.error());
  if (session.diagnostics().has_errors()) return diagnosed(session);
  auto report = std::make_shared<ContractReport>();
  const auto& replayed = session.replayed();
  const auto& baseline = (*history)->baseline;
  const Schema head = !replayed.empty() ? replayed.back().after : baseline ? *baseline : (*history)->empty;
  ContractSubject subject{head, 0, false, nullptr};
  if (!replayed.empty()) subject.position = replayed.back().migration.number;
  std::optional<ContractSubject> live;
  if (arguments.has("--live")) {
    auto target = session.target();
    if (!target) return failed(target.error());
    auto at = live_position(**target);
    if (!at) return failed(at.error());
    live.emplace(ContractSubject{(*target)->schema(), *at, true, *target});
    report->against =
        session.target_summary().env.empty() ? session.target_summary().url : session.target_summary().env;
  } else {
    report->against = "the files";
  }
  report->position = live ? live->position : subject.position;
  for (const auto& file : files) {
    const auto path = from_config ? resolve(session.config(), file) : file;
    auto contract = read_contract(session, file, path);
    if (!contract) return failed(contract.error());
    auto compared = compare_contract(*contract, live ? *live : subject);
    if (!compared) return failed(compared.error());
    report->contracts.push_back({file, contract->version, std::move(*compared)});
  }
  const auto verdict = report->verdict();
  if (session.console().verbose() > 0) say_what_differs(session, *report);
  Answer answer;
  if (verdict == ContractClass::breaking) {
    const auto& broken = report->first_breaking();
    answer = failed(make_error(Errc::conflict, broken.code, sentence(broken),
                               "readers of this contract would stop working: keep what it needs, or retire them"));
  } else if (verdict == ContractClass::compatible && tolerate.empty()) {
    answer.exit = 2;
  }
  answer.text = [report] { return to_text(*report); };
  answer.data = [report] { return to_json(*report); };
  return answer;
}

/// "Operaciones.Ocupado_Por": the sheet and header for which there is a column. Both may hold points.
std::optional<std::pair<const Sheet*, const Column*>> find_column(const Schema& schema, const std::string& name) {
  for (std::size_t dot = name.find('.'); dot != std::string::npos; dot = name.find('.', dot + 1)) {
    const Sheet* sheet = schema.sheet_titled(name.substr(0, dot), true);
    const Column* column = sheet == nullptr ? nullptr : column_by_header(*sheet, name.substr(dot + 1), true);
    if (column != nullptr) return std::pair{sheet, column};
  }
  return std::nullopt;
}

std::string a1_sheet(const std::string& title) {
  const bool plain = !title.empty() && std::ranges::all_of(title, [](unsigned char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c >= 0x80;
  });
  if (plain) return title;
  std::string out = "'";
  for (const char c : title) out += c == '\'' ? std::string("''") : std::string(1, c);
  return out + "'";
}

Answer run_range(Session& session, const Arguments& arguments) {
  const auto name = arguments.positional(1);
  const auto expected = arguments.one("--expect");
  if (name.empty() || arguments.positionals().size() > 2 || !expected)
    return failed(
        usage("`contract range` needs a column and a hash", "write: zmig contract range SHEET.HEADER --expect hh1:…"));
  std::optional<std::uint32_t> first, last;
  if (const auto rows = arguments.one("--rows")) {
    const auto colon = rows->find(':');
    auto from = migration_number(rows->substr(0, colon));
    auto to = colon == std::string::npos ? from : migration_number(rows->substr(colon + 1));
    if (!from || !to || *from == 0 || *to < *from)
      return failed(usage(fmt::format("{} is not a value for --rows", zmig::quoted(*rows)), "write --rows 2:1001"));
    first = *from;
    last = *to;
  }
  auto target = session.target();
  if (!target) return failed(target.error());
  const auto found = find_column((*target)->schema(), name);
  if (!found) {
    std::vector<std::string> known;
    for (const Sheet& sheet : (*target)->schema().sheets)
      for (const Column& column : sheet.columns) known.push_back(sheet.title + "." + column.header);
    const auto close = nearest(name, known);
    return failed(make_error(Errc::not_found, "ZM0713", fmt::format("there is no column {}", zmig::quoted(name)),
                             close ? fmt::format("did you mean {}?", zmig::quoted(*close))
                                   : "write SHEET.HEADER as they stand in the workbook"));
  }
  std::vector<std::string> headers;
  for (const Column& column : found->first->columns) headers.push_back(column.header);
  const auto hash = header_hash(headers);
  if (hash != *expected)
    return failed(make_error(
        Errc::conflict, "ZM0806",
        fmt::format("the header row of {} is not the one that was expected", zmig::quoted(found->first->title)),
        "read the header row again, build the map anew, and only then write"));
  const auto letters = letters_of(*found->first, found->second->id);
  auto range = std::make_shared<std::string>(fmt::format("{}!{}{}:{}", a1_sheet(found->first->title), letters,
                                                         first.value_or(found->first->header_row + 1), letters));
  if (last) *range += std::to_string(*last);
  Answer answer;
  answer.text = [range] { return *range + "\n"; };
  answer.data = [range, hash] { return range_json(*range, hash); };
  return answer;
}

}  // namespace

Answer run_contract(Session& session, const Arguments& arguments) {
  const std::vector<std::string> actions{"export", "check", "range", "vectors"};
  const auto action = arguments.positional(0);
  const auto refuse_extra = [&]() -> std::optional<Answer> {
    if (arguments.positionals().size() <= 1) return std::nullopt;
    return failed(
        usage(fmt::format("{} is one word too many for `contract {}`", zmig::quoted(arguments.positional(1)), action),
              "usage: zmig contract export [--at N] [--live] [--as-version NAME] [-o FILE]"));
  };
  if (action == "check") return run_check(session, arguments);
  if (action == "range") return run_range(session, arguments);
  if (action == "export") {
    if (auto extra = refuse_extra()) return std::move(*extra);
    return run_export(session, arguments);
  }
  if (action == "vectors") {
    if (auto extra = refuse_extra()) return std::move(*extra);
    Answer answer;
    answer.text = [] { return contract_vectors(); };
    answer.data = [] { return contract_vectors(); };
    return answer;
  }
  const auto close = nearest(action, actions);
  return failed(usage(fmt::format("there is no `contract {}`", printable(action)),
                      close ? fmt::format("did you mean `contract {}`?", *close) : "one of: " + join(actions, ", ")));
}

Result<std::vector<std::pair<std::string, Contract>>> upheld_contracts(Session& session) {
  std::vector<std::pair<std::string, Contract>> out;
  for (const auto& file : session.config().contract.uphold) {
    ZMIG_TRY(auto contract, read_contract(session, file, resolve(session.config(), file)));
    out.emplace_back(file, std::move(contract));
  }
  return out;
}

Result<std::vector<ContractVerdict>> contract_verdicts(Session& session, const std::vector<const Schema*>& states) {
  std::vector<ContractVerdict> out;
  ZMIG_TRY(const auto contracts, upheld_contracts(session));
  for (const auto& [file, contract] : contracts) {
    ContractVerdict verdict{file, true, {}};
    for (const Schema* state : states) {
      ZMIG_TRY(const auto check, contract_check(contract, file, ContractSubject{*state, 0, false, nullptr}));
      if (check.outcome == Outcome::passed) continue;
      verdict.holds = false;
      verdict.breaks = check.offending.empty() ? std::vector<std::string>{check.observed} : check.offending;
    }
    out.push_back(std::move(verdict));
  }
  return out;
}

Result<std::string> contract_map(Session& session) {
  ZMIG_TRY(const History* history, session.history());
  Wanted wanted;
  wanted.reproducible = true;
  ZMIG_TRY(const auto contract, build(session, *history, wanted));
  return contract_to_json(contract);
}

Result<std::string> stale_contract_file(Session& session, std::uint32_t at) {
  const auto& file = session.config().contract.file;
  if (file.empty()) return std::string();
  const auto path = resolve(session.config(), file);
  if (!session.ports().files.exists(path)) return at == 0 ? std::string() : file + " is not there";
  ZMIG_TRY(const auto text, session.ports().files.read(path, 64 * 1024 * 1024));
  ZMIG_TRY(const auto present, contract_from_json(text));
  if (present.position < at) return fmt::format("{} says {:04}, the workbook is at {:04}", file, present.position, at);
  ZMIG_TRY(const History* history, session.history());
  Wanted wanted;
  wanted.at = present.position;
  ZMIG_TRY(const auto fresh, build(session, *history, wanted));
  if (timeless(present) == timeless(fresh)) return std::string();
  return fmt::format("{} does not say what the files say at {:04}", file, present.position);
}

Status write_contract_file(Session& session) {
  const auto& file = session.config().contract.file;
  if (file.empty()) return ok();
  ZMIG_TRY(const History* history, session.history());
  Wanted wanted;
  wanted.live = true;
  ZMIG_TRY(const auto contract, build(session, *history, wanted));
  const auto path = resolve(session.config(), file);
  if (const auto slash = path.rfind('/'); slash != std::string::npos)
    ZMIG_CHECK_OK(session.ports().files.make_folder(path.substr(0, slash), false));
  return session.ports().files.replace(path, contract_to_json(contract));
}

}  // namespace zmig::cli
