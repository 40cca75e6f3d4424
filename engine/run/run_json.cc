#include "run/run_json.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>

#include <nlohmann/json.hpp>

#include <zmig/json_text.h>

#include "base/text.h"
#include "plan/plan_json.h"

namespace zmig::run {
namespace {

using nlohmann::json;

/// Text from a workbook may hold bytes that are not UTF-8; in a report they become U+FFFD.
std::string dump(const json& value) { return value.dump(-1, ' ', false, json::error_handler_t::replace); }

template <class T, class F>
Result<T> guarded(std::string_view text, Error error, const F& make) {
  const json stored = json::parse(text, nullptr, false);
  if (stored.is_discarded()) return error;
  try {
    return make(stored);
  } catch (const json::exception&) { return error; }
}

Error damaged_backup() { return make_error(Errc::corrupt, "ZM0503", "the backup is damaged: a record cannot be read"); }
Error damaged_ledger() { return make_error(Errc::corrupt, "ZM0601", "an event of the ledger cannot be read"); }

void add_check(const CheckResult& check, JsonText& out) {
  out.open('{').key("examined").number(check.examined);
  out.key("expected").text(check.expected);
  out.key("id").text(check.id);
  if (!check.not_run_because.empty()) out.key("not_run_because").text(check.not_run_because);
  out.key("observed").text(check.observed);
  out.key("offending").texts(check.offending);
  out.key("offending_count").number(check.offending_count);
  out.key("outcome").text(to_string(check.outcome));
  if (!check.parts.empty()) {
    out.key("parts").open('[');
    for (const PartFate& part : check.parts) {
      out.open('[').text(part.name).text(part.fate).number(part.bytes).text(part.hash).texts(part.why).close(']');
    }
    out.close(']');
  }
  out.key("scope").text(check.scope);
  out.key("subject").text(check.subject);
  out.key("text").text(check.text).close('}');
}

CheckResult check_of(const json& stored) {
  CheckResult check;
  check.id = stored.at("id").get<std::string>();
  check.subject = stored.at("subject").get<std::string>();
  check.text = stored.at("text").get<std::string>();
  const auto outcome = stored.at("outcome").get<std::string>();
  check.outcome = outcome == "passed" ? Outcome::passed : outcome == "failed" ? Outcome::failed : Outcome::not_run;
  check.scope = stored.at("scope").get<std::string>();
  check.examined = stored.at("examined").get<std::uint64_t>();
  check.expected = stored.at("expected").get<std::string>();
  check.observed = stored.at("observed").get<std::string>();
  check.offending_count = stored.at("offending_count").get<std::uint64_t>();
  check.offending = stored.at("offending").get<std::vector<std::string>>();
  if (stored.contains("not_run_because")) check.not_run_because = stored.at("not_run_because").get<std::string>();
  if (stored.contains("parts")) {
    for (const json& part : stored.at("parts")) {
      check.parts.push_back({part.at(0).get<std::string>(), part.at(1).get<std::string>(),
                             part.at(2).get<std::uint64_t>(), part.at(3).get<std::string>(),
                             part.at(4).get<std::vector<std::string>>()});
    }
  }
  return check;
}

std::string text_of(const Proof& proof, bool with_states) {
  JsonText out;
  const bool states = proof.last || with_states;
  out.open('{');
  if (states) out.key("after").text(schema_to_json(proof.after)).key("before").text(schema_to_json(proof.before));
  out.key("data_rows").open('{');
  for (const auto& [sheet, rows] : proof.data_rows) out.member(sheet).number(rows);
  out.close('}').key("deltas").open('{');
  for (const auto& [title, delta] : proof.deltas) {
    out.member(title).open('[').number(delta.inserted).number(delta.removed).number(delta.adopted);
    out.number(delta.forgotten).number(delta.rows_added).number(delta.rows_removed).close(']');
  }
  out.close('}');
  if (!proof.files.parts.empty()) {
    out.key("files").open('{').key("announced").open('[');
    for (const auto& [name, why] : proof.files.announced) out.open('[').text(name).texts(why).close(']');
    out.close(']').key("parts").open('[');
    for (const FilePart& part : proof.files.parts)
      out.open('[').text(part.name).number(part.bytes).text(part.hash).close(']');
    out.close(']').close('}');
  }
  out.key("predicted").open('[');
  for (const PredictedColumn& column : proof.predicted) {
    out.open('[').text(column.sheet).text(column.column).text(column.digest);
    out.flag(column.written).flag(column.blank).close(']');
  }
  out.close(']');
  if (!proof.last) {
    out.key("touched").open('[');
    for (const Scope& scope : proof.touched) out.open('[').text(scope.sheet).text(scope.column).close(']');
    out.close(']');
  }
  out.key("untouched").open('[');
  for (const UntouchedColumn& column : proof.untouched)
    out.open('[').text(column.sheet).text(column.column).text(column.hash).close(']');
  out.close(']').close('}');
  return out.take();
}

/// A stamp as stamp_json() writes it, without a tree: a backup holds each entry that the workbook ever had. Takes those
/// bytes only, and no escapes but those of quotes and backslashes, no byte beyond ASCII; anything else is read the long
/// way.
std::optional<Stamp> written_stamp(std::string_view text) {
  constexpr std::string_view kBegin = R"({"entry":")", kNumber = R"(,"number":)";
  if (!text.starts_with(kBegin)) return std::nullopt;
  text.remove_prefix(kBegin.size());
  Stamp stamp;
  for (;;) {
    const auto stop =
        std::find_if(text.begin(), text.end(), [](char c) { return c == '"' || c == '\\' || c < ' ' || c > '~'; });
    const auto length = static_cast<std::size_t>(stop - text.begin());
    stamp.entry += text.substr(0, length);
    text.remove_prefix(length);
    if (text.starts_with("\\\"") || text.starts_with("\\\\")) {
      stamp.entry += text[1];
      text.remove_prefix(2);
      continue;
    }
    if (!text.starts_with('"')) return std::nullopt;
    text.remove_prefix(1);
    break;
  }
  if (!text.starts_with(kNumber)) return std::nullopt;
  text.remove_prefix(kNumber.size());
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), stamp.number);
  const auto digits = static_cast<std::size_t>(end - text.data());
  if (failed != std::errc() || (digits > 1 && text.starts_with('0')) || text.substr(digits) != "}") return std::nullopt;
  return stamp;
}

Proof proof_of(const json& stored) {
  Proof proof;
  proof.last = !stored.contains("touched");
  if (!proof.last) {
    for (const json& scope : stored.at("touched"))
      proof.touched.push_back({scope.at(0).get<std::string>(), scope.at(1).get<std::string>()});
  }
  for (const json& column : stored.at("untouched")) {
    proof.untouched.push_back(
        {column.at(0).get<std::string>(), column.at(1).get<std::string>(), column.at(2).get<std::string>()});
  }
  for (const json& column : stored.at("predicted")) {
    proof.predicted.push_back({column.at(0).get<std::string>(),
                               column.at(1).get<std::string>(),
                               column.at(2).get<std::string>(),
                               column.at(3).get<bool>(),
                               column.at(4).get<bool>(),
                               {}});
  }
  if (stored.contains("files")) {
    const json& files = stored.at("files");
    for (const json& part : files.at("announced"))
      proof.files.announced.emplace_back(part.at(0).get<std::string>(), part.at(1).get<std::vector<std::string>>());
    for (const json& part : files.at("parts")) {
      proof.files.parts.push_back(
          {part.at(0).get<std::string>(), part.at(1).get<std::uint64_t>(), part.at(2).get<std::string>()});
    }
  }
  proof.data_rows = stored.at("data_rows").get<std::map<std::string, std::uint64_t>>();
  for (const auto& [title, delta] : stored.at("deltas").items()) {
    proof.deltas[title] = {delta.at(0).get<std::int64_t>(), delta.at(1).get<std::int64_t>(),
                           delta.at(2).get<std::int64_t>(), delta.at(3).get<std::int64_t>(),
                           delta.at(4).get<std::int64_t>(), delta.at(5).get<std::int64_t>()};
  }
  return proof;
}

}  // namespace

std::string head_json(const SnapshotHead& head) {
  return dump(json{{"format", 1},
                   {"title", head.title},
                   {"url", head.url},
                   {"target", head.target_id},
                   {"position", head.position},
                   {"created", format_utc(head.created)}});
}
std::string stamp_json(const Stamp& stamp) {
  JsonText out;
  out.open('{').key("entry").text(stamp.entry).key("number").number(stamp.number).close('}');
  return out.take();
}
std::string object_json(const NativeObject& object) {
  return dump(json{{"kind", object.kind}, {"name", object.name}, {"sheet", object.sheet}, {"text", object.text}});
}
std::string sheet_json(const SnapshotSheet& sheet) {
  JsonText out;
  out.open('{').key("columns").texts(sheet.column_ids).key("formulas").number(sheet.formulas);
  out.key("hashes").texts(sheet.hashes).key("rows").number(sheet.rows);
  out.key("sheet").text(sheet.id).key("title").text(sheet.title).close('}');
  return out.take();
}
std::string sheets_json(const std::vector<BackupSheet>& sheets) {
  json list = json::array();
  for (const BackupSheet& sheet : sheets) {
    list.push_back({{"sheet", sheet.sheet},
                    {"rows", sheet.rows},
                    {"columns", sheet.columns},
                    {"header_hash", sheet.header_hash},
                    {"content_hash", sheet.content_hash},
                    {"formulas", sheet.formulas}});
  }
  return dump(list);
}
std::vector<BackupSheet> backup_sheets_from_json(std::string_view text) {
  std::vector<BackupSheet> sheets;
  const json list = json::parse(text, nullptr, false);
  if (!list.is_array()) return sheets;
  for (const json& stored : list) {
    BackupSheet sheet;
    sheet.sheet = stored.value("sheet", "");
    sheet.rows = stored.value("rows", std::uint64_t{0});
    sheet.columns = stored.value("columns", std::uint64_t{0});
    sheet.formulas = stored.value("formulas", std::uint64_t{0});
    sheet.header_hash = stored.value("header_hash", "");
    sheet.content_hash = stored.value("content_hash", "");
    sheets.push_back(std::move(sheet));
  }
  return sheets;
}

std::string restore_json(const RestoreOptions& how) {
  return dump(json{{"backup", how.backup},
                   {"sheets", how.sheets},
                   {"columns", how.columns},
                   {"on_edit", static_cast<int>(how.on_edit)},
                   {"discard", how.discard_later_edits},
                   {"from_other", how.from_other}});
}
Result<RestoreOptions> restore_from_json(std::string_view text) {
  return guarded<RestoreOptions>(text, damaged_ledger(), [](const json& stored) -> Result<RestoreOptions> {
    RestoreOptions how;
    how.backup = stored.at("backup").get<std::uint64_t>();
    how.sheets = stored.at("sheets").get<std::vector<std::string>>();
    how.columns = stored.at("columns").get<std::vector<std::string>>();
    const int on_edit = stored.at("on_edit").get<int>();
    how.on_edit = on_edit == static_cast<int>(OnEdit::captured) ? OnEdit::captured
                  : on_edit == static_cast<int>(OnEdit::refuse) ? OnEdit::refuse
                                                                : OnEdit::keep;
    how.discard_later_edits = stored.at("discard").get<bool>();
    how.from_other = stored.at("from_other").get<bool>();
    return how;
  });
}

Status head_from_json(std::string_view text, SnapshotHead& head) {
  return guarded<std::monostate>(text, damaged_backup(), [&](const json& stored) -> Status {
    if (stored.at("format").get<int>() != 1) return damaged_backup();
    head.title = stored.at("title").get<std::string>();
    head.url = stored.at("url").get<std::string>();
    head.target_id = stored.at("target").get<std::string>();
    head.position = stored.at("position").get<std::uint32_t>();
    const auto created = parse_utc(stored.at("created").get<std::string>());
    if (!created.has_value()) return damaged_backup();
    head.created = created.value();
    return ok();
  });
}

Result<Stamp> stamp_of_json(std::string_view text) {
  if (std::optional<Stamp> written = written_stamp(text)) return *std::move(written);
  return guarded<Stamp>(text, damaged_backup(), [](const json& stored) -> Result<Stamp> {
    return Stamp{stored.at("number").get<std::uint64_t>(), stored.at("entry").get<std::string>()};
  });
}

Result<NativeObject> object_of_json(std::string_view text) {
  return guarded<NativeObject>(text, damaged_backup(), [](const json& stored) -> Result<NativeObject> {
    return NativeObject{stored.at("kind").get<std::string>(), stored.at("name").get<std::string>(),
                        stored.at("sheet").get<std::string>(), stored.at("text").get<std::string>()};
  });
}

Result<SnapshotSheet> snapshot_sheet_from_json(std::string_view text) {
  return guarded<SnapshotSheet>(text, damaged_backup(), [](const json& stored) -> Result<SnapshotSheet> {
    SnapshotSheet sheet;
    sheet.id = stored.at("sheet").get<std::string>();
    sheet.title = stored.at("title").get<std::string>();
    sheet.rows = stored.at("rows").get<std::uint64_t>();
    sheet.formulas = stored.at("formulas").get<std::uint64_t>();
    sheet.column_ids = stored.at("columns").get<std::vector<std::string>>();
    sheet.hashes = stored.at("hashes").get<std::vector<std::string>>();
    return sheet;
  });
}

std::string adopted_json(const std::vector<Adopted>& adopted) {
  JsonText out;
  add_adopted(adopted, out);
  return out.take();
}

Result<std::vector<Adopted>> adopted_from_json(std::string_view text) {
  if (text.empty()) return std::vector<Adopted>();
  return guarded<std::vector<Adopted>>(text, damaged_ledger(), [](const json& stored) -> Result<std::vector<Adopted>> {
    std::vector<Adopted> adopted;
    for (const json& one : stored) {
      adopted.push_back({one.at("operation").get<std::size_t>(), one.at("completed").get<std::vector<std::string>>(),
                         one.at("digest").get<std::string>()});
    }
    return adopted;
  });
}

std::string checks_json(const std::vector<CheckResult>& checks) {
  JsonText out;
  out.open('{').key("checks").open('[');
  for (const CheckResult& check : checks) add_check(check, out);
  out.close(']').close('}');
  return out.take();
}

Result<std::vector<CheckResult>> checks_from_json(std::string_view text) {
  return guarded<std::vector<CheckResult>>(text, damaged_ledger(),
                                           [](const json& stored) -> Result<std::vector<CheckResult>> {
                                             std::vector<CheckResult> checks;
                                             for (const json& check : stored.at("checks"))
                                               checks.push_back(check_of(check));
                                             return checks;
                                           });
}

std::string proof_json(const Proof& proof, bool with_states) { return text_of(proof, with_states); }

Result<Proof> proof_from_json(std::string_view text) {
  return guarded<Proof>(text, damaged_ledger(), [](const json& stored) -> Result<Proof> {
    Proof proof = proof_of(stored);
    if (!proof.last && !stored.contains("before")) return proof;
    ZMIG_TRY(proof.before, schema_from_json(stored.at("before").get<std::string>()));
    ZMIG_TRY(proof.after, schema_from_json(stored.at("after").get<std::string>()));
    return proof;
  });
}

std::string event_json(const std::vector<std::pair<std::string, std::string>>& members) {
  // As a tree would: in order of the names, of two that are the same the last.
  std::map<std::string_view, std::string_view> sorted;
  for (const auto& [name, value] : members) sorted[name] = value;
  JsonText out;
  out.open('{');
  for (const auto& [name, value] : sorted) out.member(name).text(value);
  out.close('}');
  return out.take();
}

}  // namespace zmig::run
