#pragma once
// What a run leaves behind besides the workbook: its log (cli.md 7.3) and its report (7.4).

#include <string>
#include <string_view>
#include <vector>

#include <zmig/migrator.h>

#include "command.h"

namespace zmig::cli {

class Session;

/// `.zmig/logs/20260126T181500Z_up_prod.log`; the folder is made first.
Result<std::string> log_path(Session& session, std::string_view verb);

/// Writes `.zmig/reports/d9.md` and `.json` (a run that was refused before it had a number: the name of its log), good
/// or bad, and notes the log with the run. Returns the two paths.
Result<std::vector<std::string>> write_run_report(Session& session, std::string_view verb, const Report& report,
                                                  const std::string& log);

}  // namespace zmig::cli
