#include "run/rebuild.h"

#include "run/run_json.h"
#include "run/unrecorded.h"

namespace zmig::run {

Result<ImportedBackups> import_backups(Context& context, const std::string& target_id) {
  ZMIG_TRY(const RecordedBackups recorded, record_left_backups(context, target_id));
  return ImportedBackups{recorded.rows.size(), recorded.damaged};
}

Result<std::size_t> import_runs(Context& context, Ledger& other, const std::string& target_id) {
  ZMIG_TRY(const ChainCheck chain, other.check_chain());
  if (!chain.ok) {
    return make_error(Errc::corrupt, "ZM0601", "the other ledger was changed by somebody; nothing was taken from it");
  }
  ZMIG_TRY(const auto runs, context.ledger.runs({target_id, RunMode::real, std::nullopt, 0}));
  std::size_t gained = 0;
  for (Run run : runs) {
    if (run.verb != "up" || !run.down_text.empty()) continue;
    ZMIG_TRY(const auto theirs, other.run_by_uid(run.uid));
    if (!theirs || theirs->migration != run.migration || theirs->checksum != run.checksum) continue;
    ZMIG_TRY(const auto captures, other.captures(theirs->id));
    ZMIG_CHECK_OK(context.ledger.save_captures(run.id, captures, run.undo_until));
    run.down_text = theirs->down_text;
    run.source_text = theirs->source_text;
    run.verified = theirs->verified;
    ZMIG_CHECK_OK(context.ledger.update(run, "run.imported", event_json({{"from", theirs->host}})));
    ++gained;
  }
  return gained;
}

}  // namespace zmig::run
