// The envelope of `--json` (docs/cli.md "The envelope"): identical keys on success and on failure.

#include <fmt/format.h>

#include <zmig/text.h>

#include "parts_json.h"
#include "ui.h"

namespace zmig::cli {
namespace {

Json diagnostic_json(const Diagnostic& diagnostic, const SourceMap& sources) {
  Json labels = Json::array(), related = Json::array();
  for (const auto& label : diagnostic.secondary)
    labels.push_back({{"where", where_json(formats::place_of(label, sources))}, {"text", label.text}});
  for (const auto& note : diagnostic.notes) related.push_back(note);
  return {{"code", diagnostic.code},
          {"severity", formats::severity_word(diagnostic.severity)},
          {"message", diagnostic.message},
          {"where", where_json(formats::place_of(diagnostic.primary, sources))},
          {"labels", labels},
          {"help", diagnostic.help ? Json(*diagnostic.help) : Json(nullptr)},
          {"related", related}};
}

/// cli.md 4.2 `error.class`: the stable thing to switch on.
std::string_view class_of(int exit, std::string_view code) {
  switch (exit) {
    case 3: return code == "ZM0301" || code == "ZM0602" || code == "ZM0605" ? "drift" : "conflict";
    case 4: return "policy";
    case 5: return code.starts_with("ZM05") ? "undo" : code.starts_with("ZM09") ? "verification" : "guard";
    case 6: return "partial";
    case 7: return "lease";
    case 8: return "history";
    case 9: return "undo";
    case 10: return "confirmation";
    case 64: return "usage";
    case 65: return "parse";
    case 66: return "missing";
    case 69: return "unavailable";
    case 75: return "temporary";
    case 77: return "auth";
    case 78: return "config";
    case 130:
    case 143: return "temporary";
    case 1: return code == "ZM0714" ? "storage" : "internal";
    default: return "internal";
  }
}

Json error_json(const Answer& answer, const Diagnostics& diagnostics, const SourceMap& sources) {
  if (answer.exit == 0 || answer.exit == 2) return nullptr;
  Json error{{"code", nullptr},           {"class", class_of(answer.exit, "")},
             {"message", nullptr},        {"help", nullptr},
             {"where", nullptr},          {"effect", "none"},
             {"retry_after_ms", nullptr}, {"next", answer.next}};
  if (answer.error) {
    error["code"] = answer.error->zm.empty() ? Json(nullptr) : Json(answer.error->zm);
    error["class"] = class_of(answer.exit, answer.error->zm);
    error["message"] = answer.error->message;
    if (!answer.error->help.empty()) error["help"] = answer.error->help;
    if (!answer.error->place.empty())
      error["where"] = where_json(formats::place_of(Label{std::nullopt, answer.error->place, ""}, sources));
    if (answer.error->effect == Effect::unknown) error["effect"] = "unknown";
    if (answer.error->retry_after) error["retry_after_ms"] = answer.error->retry_after->count();
    return error;
  }
  for (const auto& diagnostic : diagnostics.all()) {
    const auto* row = find_code(diagnostic.code);
    if (diagnostic.severity != Severity::error || row == nullptr || row->exit != answer.exit) continue;
    error["code"] = diagnostic.code;
    error["class"] = class_of(answer.exit, diagnostic.code);
    error["message"] = diagnostic.message;
    if (diagnostic.help) error["help"] = *diagnostic.help;
    error["where"] = where_json(formats::place_of(diagnostic.primary, sources));
    break;
  }
  return error;
}

/// Characters that hide or turn text around: DEL, C1 controls, zero-width and bidirectional controls, line separators.
/// A JSON reader gets them back; a terminal does not act on them.
bool is_hidden(char32_t c) {
  return (c >= 0x7f && c <= 0x9f) || c == 0xad || c == 0x61c || (c >= 0x200b && c <= 0x200f) ||
         (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) || c == 0xfeff;
}

}  // namespace

// Beyond ASCII there is nothing but the inside of texts in a JSON document.
std::string escaped_json(const std::string& json) {
  const auto byte = [&json](std::size_t at) { return static_cast<char32_t>(static_cast<unsigned char>(json[at])); };
  std::string out;
  out.reserve(json.size());
  for (std::size_t at = 0; at < json.size();) {
    const auto lead = byte(at);
    const std::size_t length = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    char32_t point = lead;
    if (length == 2 && at + 1 < json.size()) point = (lead & 0x1fU) << 6U | (byte(at + 1) & 0x3fU);
    if (length == 3 && at + 2 < json.size())
      point = (lead & 0x0fU) << 12U | (byte(at + 1) & 0x3fU) << 6U | (byte(at + 2) & 0x3fU);
    if (length < 4 && is_hidden(point))
      out += fmt::format("\\u{:04x}", static_cast<std::uint32_t>(point));
    else
      out.append(json, at, length);
    at += length;
  }
  return out;
}

std::string envelope(std::string_view command, const Answer& answer, const Diagnostics& diagnostics,
                     const SourceMap& sources, const TargetSummary& target, UtcTime started, UtcTime finished,
                     bool one_line) {
  Json all = Json::array();
  for (const auto& diagnostic : diagnostics.all()) all.push_back(diagnostic_json(diagnostic, sources));
  Json data = nullptr;
  if (answer.data) data = Json::parse(answer.data(), nullptr, false);
  Json document{{"schema", "zmig." + std::string(command) + "/1"},
                {"tool", ZMIG_VERSION},
                {"command", command},
                {"started_at", format_utc(started)},
                {"ok", answer.exit == 0 || answer.exit == 2},
                {"exit_code", answer.exit},
                {"target", nullptr},
                {"data", data.is_discarded() ? Json(nullptr) : data},
                {"diagnostics", all},
                {"error", error_json(answer, diagnostics, sources)},
                {"metrics",
                 {{"ms", (finished - started).count()},
                  {"api_reads", 0},
                  {"api_writes", 0},
                  {"bytes_out", 0},
                  {"retries", 0},
                  {"waited_ms", 0}}}};
  if (target.present)
    document["target"] = {{"env", text_or_null(target.env)},
                          {"kind", target.kind},
                          {"url", target.url},
                          {"title", text_or_null(target.title)},
                          {"target_id", text_or_null(target.target_id)},
                          {"lineage", text_or_null(target.lineage)},
                          {"guarded", target.guarded}};
  return escaped_json(document.dump(one_line ? -1 : 2, ' ', false, Json::error_handler_t::replace)) + "\n";
}

}  // namespace zmig::cli
