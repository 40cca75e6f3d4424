#pragma once
// What spreadsheet programs leave beside a file that they have open (xlsx-csv.md 3.4). Not installed.

#include <string>

#include <zmig/result.h>

namespace zmig {

/// ZM0409: a spreadsheet program has the file open, as the lock file beside it says, with its owner and age. `token`:
/// the word that an earlier refusal printed; it fits the lock files of that moment and no others.
Status check_not_open_elsewhere(const std::string& path, const std::string& token);

}  // namespace zmig
