#include "run/copies.h"

#include <fmt/format.h>

#include "base/text.h"

namespace zmig::run {
namespace {

Diagnostic not_kept(const std::string& mode, const Error& why, const BackupRow& beside) {
  Diagnostic found = diagnostic_of(why);
  found.code = "ZM0509";
  found.severity = Severity::warning;
  found.message = fmt::format("no {} beside b{}: {}", mode, beside.id,
                              why.zm.empty() ? why.message : fmt::format("{} {}", why.zm, why.message));
  return found;
}

}  // namespace

bool is_kept_copy(const BackupRow& row) { return row.mode == "sheet-copy" || row.mode == "service-copy"; }

CopiesMade make_copies(Context& context, const BackupRow& beside, const std::vector<std::string>& modes,
                       const std::vector<std::string>& sheets) {
  CopiesMade made;
  for (const std::string& mode : modes) {
    if (mode == "cells") continue;
    auto kept = context.target.keep_copy({mode, beside.title, context.options.copy_folder, sheets});
    BackupRow row = beside;
    if (kept.has_value()) {
      row.mode = mode;
      row.location = kept->location;
      row.sha256.clear();
      row.bytes = 0;
      row.verified = context.now();
      auto id = context.ledger.add_backup(row);
      if (id.has_value()) {
        row.id = *id;
        context.emit(event::BackupVerified{row});
        made.rows.push_back(std::move(row));
        continue;
      }
      kept = make_error(id.error().code, id.error().zm,
                        fmt::format("{} is there, but not in the ledger: {}", kept->location, id.error().message),
                        "take it away by hand");
    }
    context.emit(event::CopyFailed{mode, kept.error().zm, kept.error().message});
    made.faults.add(not_kept(mode, kept.error(), beside));
  }
  return made;
}

}  // namespace zmig::run
