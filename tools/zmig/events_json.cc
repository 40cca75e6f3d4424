// Events as JSON, one a line: --format ndjson and [log] format = "ndjson" (docs/cli.md "Events").

#include <zmig/text.h>

#include "display.h"
#include "parts_json.h"

namespace zmig::cli {
namespace {

Json id_or_null(char letter, std::uint64_t id) { return id == 0 ? Json(nullptr) : Json(letter + std::to_string(id)); }

struct EventJson {
  bool values;
  Json operator()(const event::RunStarted& e) const {
    return {{"event", "run.started"},
            {"deployment", id_or_null('d', e.deployment)},
            {"verb", e.verb},
            {"target", e.target},
            {"stages", e.stages}};
  }
  Json operator()(const event::StageStarted& e) const {
    return {{"event", "stage.started"},
            {"index", e.index},
            {"total", e.total},
            {"name", e.name},
            {"migration", text_or_null(e.migration)}};
  }
  Json operator()(const event::StageProgress& e) const {
    return {{"event", "stage.progress"}, {"done", e.done}, {"total", e.total}, {"unit", e.unit}};
  }
  Json operator()(const event::StageFinished& e) const {
    return {{"event", "stage.finished"},
            {"index", e.index},
            {"total", e.total},
            {"name", e.name},
            {"migration", text_or_null(e.migration)},
            {"outcome", e.outcome},
            {"ms", e.ms},
            {"detail", text_or_null(e.detail)}};
  }
  Json operator()(const event::BackupVerified& e) const {
    return {{"event", "backup.verified"}, {"backup", id_or_null('b', e.backup.id)},
            {"mode", e.backup.mode},      {"location", e.backup.location},
            {"bytes", e.backup.bytes},    {"sha256", e.backup.sha256}};
  }
  Json operator()(const event::BatchSent& e) const {
    return {{"event", "batch.sent"}, {"run", id_or_null('r', e.run)},
            {"batch", e.batch},      {"of", e.of},
            {"changes", e.changes},  {"cells", e.cells}};
  }
  Json operator()(const event::BatchConfirmed& e) const {
    return {{"event", "batch.confirmed"}, {"run", id_or_null('r', e.run)}, {"batch", e.batch}};
  }
  Json operator()(const event::BatchUnknown& e) const {
    return {{"event", "batch.unknown"},
            {"run", id_or_null('r', e.run)},
            {"batch", e.batch},
            {"message", redact(e.message)}};
  }
  Json operator()(const event::Waiting& e) const { return {{"event", "lock.waiting"}, {"holder", e.holder}}; }
  Json operator()(const event::Paused& e) const {
    return {{"event", "run.paused"}, {"why", e.why}, {"at_most_s", e.at_most.count()}};
  }
  Json operator()(const event::CopyFailed& e) const {
    return {{"event", "backup.copy_failed"}, {"mode", e.mode}, {"code", e.code}, {"message", redact(e.message)}};
  }
  Json operator()(const event::CheckFinished& e) const {
    Json check{{"event", "check.finished"},
               {"check", e.check.id},
               {"subject", text_or_null(e.check.subject)},
               {"outcome", to_string(e.check.outcome)},
               {"offending_count", e.check.offending_count}};
    if (values) check["offending"] = e.check.offending;
    return check;
  }
  Json operator()(const event::RunFinished& e) const {
    return {{"event", "run.finished"}, {"run", id_or_null('r', e.run)}, {"outcome", e.outcome}};
  }
};

}  // namespace

std::string event_json(const Event& event, std::uint64_t seq, UtcTime at, bool values) {
  Json json = std::visit(EventJson{values}, event);
  json["at"] = format_utc(at);
  json["seq"] = seq;
  return escaped_json(json.dump(-1, ' ', false, Json::error_handler_t::replace));
}

}  // namespace zmig::cli
