// The table of all ZM codes that this build can raise. One row a code; the long explanation is in docs/diagnostics.md.
// More than 300 lines because it is a table: a new code is one row here (in order) and one entry there.
#include <algorithm>
#include <array>

#include <zmig/diagnostic.h>

namespace zmig {
namespace {

constexpr int kInfo = 0, kDifferent = 2, kConflict = 3, kLint = 4, kFailed = 5, kPartly = 6, kBusy = 7, kHistory = 8,
              kUndo = 9, kConsent = 10, kUsage = 64, kText = 65, kMissing = 66, kUnusable = 69, kLater = 75,
              kDenied = 77, kConfig = 78;

// clang-format off
constexpr CodeRow kTable[] = {
    // Text (language.md 13.3)
    {"ZM0001", kText, "no `zmig 1` on the first line"},
    {"ZM0002", kText, "something else is needed here"},
    {"ZM0003", kText, "unknown word"},
    {"ZM0004", kText, "a name needs quotes"},
    {"ZM0005", kText, "verb without its noun"},
    {"ZM0006", kText, "the line has more on it"},
    {"ZM0007", kText, "lines do not end with `;`"},
    {"ZM0008", kText, "the file is not UTF-8"},
    {"ZM0009", kText, "block never closed"},
    {"ZM0010", kText, "`}` without a block"},
    {"ZM0011", kText, "text never closed"},
    {"ZM0012", kText, "unknown escape in a text"},
    {"ZM0013", kText, "`(` or `[` never closed"},
    {"ZM0014", kText, "`{` has to end its line, `}` stands alone"},
    {"ZM0015", kText, "control or invisible character"},
    {"ZM0016", kText, "operator of another language"},
    {"ZM0017", kText, "`when` without `else`"},
    {"ZM0018", kText, "nested too deep"},
    {"ZM0019", kText, "`and` and `or` mixed"},
    {"ZM0020", kText, "file, line or number of statements too large"},
    {"ZM0021", kText, "written in a newer language"},
    {"ZM0022", kText, "number starts with 0"},
    {"ZM0023", kText, "unknown letter in a format"},
    {"ZM0024", kText, "no such date, or a date without its zeros"},
    {"ZM0025", kText, "number out of range for this place"},
    {"ZM0026", kText, "chained comparison"},
    {"ZM0027", kText, "column value without brackets"},
    // Project folder: names, types, replay (language.md 13.3)
    {"ZM0101", kText, "unknown sheet, column, enum, value, range or migration"},
    {"ZM0102", kText, "exists already"},
    {"ZM0103", kText, "section or heading in the wrong place, or twice"},
    {"ZM0104", kText, "value of the wrong type"},
    {"ZM0105", kText, "this change of type needs `using` or `clean`"},
    {"ZM0106", kText, "unknown function"},
    {"ZM0107", kText, "wrong number or kind of arguments"},
    {"ZM0108", kText, "property does not fit the type"},
    {"ZM0109", kText, "property twice, or with its opposite"},
    {"ZM0110", kText, "unknown or unset variable"},
    {"ZM0111", kText, "used after it was dropped"},
    {"ZM0112", kText, "still used by something else"},
    {"ZM0113", kText, "`native` is not alone"},
    {"ZM0114", kText, "formats that contradict each other"},
    {"ZM0115", kText, "needs more than one column"},
    {"ZM0116", kText, "the `down` block does not lead back"},
    {"ZM0117", kText, "only allowed in a down"},
    {"ZM0118", kText, "`create sheet` may only add"},
    {"ZM0119", kMissing, "file of `from file` missing or with other headers"},
    {"ZM0120", kText, "this check belongs after `require`, or after `ensure`"},
    {"ZM0121", kText, "`replace` would never end"},
    {"ZM0122", kText, "no possible name for a sheet, header, value or range"},
    {"ZM0123", kText, "this zmig reads the line but does not run it yet"},
    // History and zmig.lock (cli.md 5)
    {"ZM0201", kHistory, "gap in the applied history"},
    {"ZM0202", kHistory, "applied migration was edited"},
    {"ZM0203", kHistory, "applied, but its file is gone"},
    {"ZM0204", kHistory, "target is ahead of the files"},
    {"ZM0205", kHistory, "number used twice"},
    {"ZM0206", kHistory, "`zmig.lock` is stale or broken"},
    {"ZM0207", kHistory, "target carries another branch of history"},
    {"ZM0208", kHistory, "the workbook was never taken over"},
    // Live workbook, while planning (cli.md 5, language.md 13.3)
    {"ZM0301", kConflict, "live schema fits no state of the chain"},
    {"ZM0302", kConflict, "exists with another definition"},
    {"ZM0303", kConflict, "saved plan is stale in a region it uses"},
    {"ZM0304", kFailed, "`require` is false"},
    {"ZM0305", kFailed, "`require atomic`, but the target cannot"},
    {"ZM0306", kLint, "sheet is listed in `protect`"},
    {"ZM0307", kConflict, "position is ambiguous without ledger"},
    {"ZM0308", kFailed, "`ensure` will be false"},
    {"ZM0311", kConflict, "only a look-alike is there"},
    {"ZM0312", kConflict, "the same header twice"},
    {"ZM0313", kConflict, "sheet missing"},
    {"ZM0314", kConflict, "column missing"},
    {"ZM0315", kConflict, "cells do not read as the type"},
    {"ZM0316", kConflict, "values outside the enum"},
    {"ZM0317", kConflict, "duplicates"},
    {"ZM0318", kConflict, "blanks"},
    {"ZM0319", kConflict, "still used by live formulas, rules or charts"},
    {"ZM0320", kConflict, "merged cells or a formula where a header must be"},
    {"ZM0321", kFailed, "formula faults in cells"},
    {"ZM0322", kFailed, "`expecting` not met"},
    {"ZM0323", kFailed, "`where` matches no row"},
    {"ZM0324", kConflict, "last visible sheet"},
    {"ZM0325", kInfo, "the target cannot hold or enforce this"},
    {"ZM0326", kFailed, "no equivalent formula in the target"},
    {"ZM0327", kFailed, "`native` for another kind of target"},
    {"ZM0329", kInfo, "found in place, adopted"},
    {"ZM0330", kInfo, "a default or fill finds no data rows"},
    // Run, lease, target, service (cli.md 5)
    {"ZM0401", kBusy, "lease held by somebody else"},
    {"ZM0402", kPartly, "partly applied"},
    {"ZM0403", kLater, "outcome unknown, and nobody answers"},
    {"ZM0404", kUnusable, "target unreachable"},
    {"ZM0405", kUnusable, "quota spent"},
    {"ZM0406", kDenied, "not authorised"},
    {"ZM0407", kHistory, "this is a copy, not the target of that stamp"},
    {"ZM0408", kConfig, "title is not the expected one"},
    {"ZM0409", kBusy, "file is open in another program"},
    {"ZM0410", kLater, "the same request may work later"},
    {"ZM0440", kUnusable, "the file has several names, is no regular file, or its folder is read-only"},
    // CSV (xlsx-csv.md 5.4)
    {"ZM0460", kUnusable, "two files are the same sheet"},
    {"ZM0461", kUnusable, "encoding cannot be told, or is not the declared one"},
    {"ZM0462", kConflict, "character cannot be written in the encoding of this file"},
    {"ZM0463", kUnusable, "delimiter is ambiguous"},
    {"ZM0464", kConflict, "record has another number of fields than the header"},
    {"ZM0465", kUnusable, "quote never closed, text after a closing quote, or NUL"},
    {"ZM0466", kUnusable, "record is too long"},
    {"ZM0467", kConflict, "no header record"},
    {"ZM0468", kHistory, "manifest cannot be read"},
    {"ZM0469", kConflict, "an interrupted set waits, and somebody edited meanwhile"},
    // SQLite (xlsx-csv.md 6.7)
    {"ZM0470", kUnusable, "not a SQLite database, encrypted, or damaged"},
    {"ZM0471", kLater, "busy: another program holds the database"},
    {"ZM0472", kLater, "another program was interrupted while writing; its journal must be rolled back first"},
    {"ZM0473", kConflict, "a view or virtual table has no columns to change"},
    {"ZM0474", kConflict, "more columns than SQLite can hold"},
    {"ZM0475", kConflict, "two headers are one column name in SQLite"},
    {"ZM0476", kConflict, "a view uses the column, or a broken view blocks every rename"},
    {"ZM0477", kFailed, "somebody's trigger would fire for the rows of this change"},
    {"ZM0478", kConflict, "value would be stored as another one"},
    {"ZM0479", kConflict, "rows of the table cannot be addressed"},
    {"ZM0480", kConflict, "`CHECK` allows other values than the enum"},
    {"ZM0481", kConfig, "written by a newer zmig"},
    // Backup, capture, restore, down (cli.md 5)
    {"ZM0501", kFailed, "no backup could be made and verified"},
    {"ZM0502", kFailed, "newest backup is older than `max_age`"},
    {"ZM0503", kFailed, "backup is damaged"},
    {"ZM0504", kUndo, "rollback window is closed"},
    {"ZM0505", kUndo, "irreversible"},
    {"ZM0506", kUndo, "cells would be lost"},
    {"ZM0507", kInfo, "people edited these cells since; kept"},
    // Ledger and stamp (cli.md 5)
    {"ZM0601", kHistory, "ledger damaged"},
    {"ZM0602", kConflict, "stamp vanished"},
    {"ZM0603", kHistory, "stamp and ledger disagree"},
    {"ZM0604", kConfig, "ledger was written by a newer zmig"},
    {"ZM0605", kConflict, "target went back to an older state by other means"},
    // Configuration, command line, confirmation (cli.md 5)
    {"ZM0701", kConfig, "unknown configuration key"},
    {"ZM0702", kConfig, "bad configuration value"},
    {"ZM0703", kUsage, "unknown verb or flag"},
    {"ZM0704", kConsent, "confirmation missing"},
    {"ZM0705", kConsent, "reason missing"},
    {"ZM0706", kInfo, "unknown `ZMIG_*` variable"},
    {"ZM0707", kConfig, "secret in the configuration file"},
    {"ZM0711", kConfig, "copy and original are the same target"},
    // Contract for apps (cli.md 13.4)
    {"ZM0801", kDifferent, "compatible difference from the contract"},
    {"ZM0802", kConflict, "required column or sheet missing"},
    {"ZM0803", kConflict, "header of a required column changed"},
    {"ZM0804", kConflict, "a required column reads differently"},
    {"ZM0805", kConflict, "value that a closed enum of the contract does not know, or a required one retired"},
    {"ZM0806", kConflict, "header row, declared order or extra columns break the contract"},
    // Verification and hooks (cli.md 5)
    {"ZM0901", kFailed, "check failed"},
    {"ZM0902", kFailed, "check did not run"},
    {"ZM0903", kFailed, "hook or smoke command failed"},
    // Lint 1: destructive (cli.md 12, language.md 14)
    {"ZM1101", kLint, "drop-sheet: a sheet goes with all its cells"},
    {"ZM1102", kLint, "drop-column: a column goes"},
    {"ZM1103", kLint, "drop-filled-column: a column goes that holds cells"},
    {"ZM1104", kLint, "overwrite-cells: cells that hold values are written over"},
    {"ZM1105", kLint, "retire-used-value: cells still hold the retired value"},
    {"ZM1106", kLint, "narrowing-retype: the new type holds less than the old one"},
    {"ZM1107", kLint, "drop-and-add: looks like a rename"},
    {"ZM1108", kLint, "whole-column-set: `set` without `where`"},
    {"ZM1109", kLint, "blank-erases: `otherwise blank` may meet readable cells"},
    // Lint 2: data may not fit
    {"ZM1201", kLint, "unique-over-duplicates: the column repeats values"},
    {"ZM1202", kLint, "required-over-blanks: the column has blanks"},
    {"ZM1203", kLint, "retype-unparsable: cells do not read as the new type"},
    {"ZM1204", kLint, "enum-over-unlisted: cells hold other values than the list"},
    {"ZM1205", kLint, "rename-target-exists: the new name is taken"},
    {"ZM1206", kLint, "mixed-formats: one column writes its values in several ways"},
    {"ZM1207", kLint, "required-without-value: `required` without default or fill"},
    {"ZM1208", kLint, "no-rows-matched: `where` matches no row"},
    {"ZM1209", kLint, "blank-meaning: nothing says what blank means as opposed to 0"},
    {"ZM1210", kLint, "key-not-unique: rows share the key"},
    {"ZM1211", kLint, "lookup-not-key: `lookup` on a column that is neither key nor unique"},
    {"ZM1212", kLint, "not-recognisable: `set` reads the column that it writes"},
    {"ZM1213", kLint, "fill-never-works: a `default` in the same file has filled the column"},
    // Lint 3: breaks readers
    {"ZM1301", kLint, "rename-column: readers know the old header"},
    {"ZM1302", kLint, "insert-left: the letters of the columns behind it move"},
    {"ZM1303", kLint, "read-change: the column reads differently"},
    {"ZM1304", kLint, "rename-sheet: readers know the old title"},
    {"ZM1305", kLint, "header-row-moved: the header row moves"},
    {"ZM1306", kLint, "breaks-contract: an upheld contract requires what goes or changes"},
    {"ZM1307", kLint, "value-unknown-to-reader: an upheld contract lists the enum as closed"},
    {"ZM1308", kLint, "values-to-formula: `computed` on a column that held values"},
    {"ZM1309", kLint, "drop-not-retired: the column was never retired or deprecated"},
    // Lint 4: headers and registries
    {"ZM1401", kLint, "header-pattern: the header does not follow the pattern"},
    {"ZM1402", kLint, "look-alike-header: two headers look the same"},
    {"ZM1403", kLint, "case-only-difference: two headers differ in case only"},
    {"ZM1404", kLint, "not-nfc: decomposed accents"},
    {"ZM1405", kLint, "blank-header: blank header between managed columns"},
    {"ZM1406", kLint, "mixed-scripts: letters of several scripts, or a bidirectional control"},
    {"ZM1407", kLint, "duplicate-header: two columns with one header"},
    {"ZM1408", kLint, "header-layout: line break, tab or more than 100 characters in a header"},
    {"ZM1409", kLint, "look-alike-value: two values look the same"},
    {"ZM1410", kLint, "enum-twice: a literal list repeats a registered enum"},
    {"ZM1411", kLint, "unregistered-value: the value is not registered at this point"},
    {"ZM1412", kLint, "wrong-decoding: text looks like UTF-8 read as Windows-1252"},
    // Lint 5: references
    {"ZM1501", kLint, "formula-breaks: formulas use what goes"},
    {"ZM1502", kLint, "named-range: a named range ends inside the change"},
    {"ZM1503", kLint, "validation-source: a drop-down takes its list from what goes or moves"},
    {"ZM1504", kLint, "chart-or-pivot: a chart or pivot uses what goes"},
    {"ZM1505", kLint, "cannot-prove: formulas whose references cannot be known"},
    {"ZM1506", kLint, "nature-change: values where a formula is declared, or the reverse"},
    // Lint 6: capacity and cost
    {"ZM1601", kLint, "too-many-cells: more cells or columns than permitted"},
    {"ZM1602", kLint, "over-budget: more calls than the budget"},
    {"ZM1603", kLint, "not-atomic: needs more than one batch"},
    {"ZM1604", kLint, "too-slow: the estimate is above `max_duration`"},
    {"ZM1605", kLint, "grid-grows: the sheet has to become wider"},
    {"ZM1606", kLint, "too-long: longer than a cell, sheet name or header may be"},
    // Lint 7: locale, coercion, format
    {"ZM1701", kLint, "leading-zeros: leading zeros would be lost"},
    {"ZM1702", kLint, "ambiguous-date: day and month cannot be told apart"},
    {"ZM1703", kLint, "decimal-separator: the locale of the workbook reads the number as text"},
    {"ZM1704", kLint, "formula-like-text: text that a spreadsheet may take for a formula"},
    {"ZM1705", kLint, "csv-dialect: the file is written differently from the stamp"},
    {"ZM1706", kLint, "no-format: date or number column without a number format"},
    {"ZM1707", kLint, "dates-as-text: text that only looks like dates"},
    {"ZM1708", kLint, "long-number: more than 15 digits in a number column"},
    {"ZM1709", kLint, "locale-mismatch: configuration and workbook disagree"},
    {"ZM1710", kLint, "format-drift: the number format does not fit the column"},
    {"ZM1711", kLint, "locale-bound: depends on the locale of the workbook"},
    {"ZM1712", kLint, "two-digit-year: a year of two digits"},
    // Lint 8: safety
    {"ZM1801", kLint, "no-backup-mode: no configured mode can be verified here"},
    {"ZM1802", kLint, "personal-data-copied: personal data is copied or archived"},
    {"ZM1803", kLint, "range-protected: a protected range covers what is written"},
    {"ZM1804", kLint, "irreversible-without-reason: no way back, and no `irreversible because`"},
    {"ZM1805", kLint, "window-too-short: rollback window below `min_window`"},
    {"ZM1806", kLint, "touches-protected-sheet: sheet is listed in `protect`"},
    {"ZM1807", kLint, "no-postcondition: data operation without any `ensure`"},
    {"ZM1808", kLint, "cell-not-free: the place is not empty and not ours"},
    {"ZM1809", kLint, "native-code: `native` is not checked by zmig"},
    {"ZM1810", kLint, "undo-not-inverse: `undo with` does not give back what it replaces"},
    {"ZM1811", kLint, "secret-variable: the name of a variable looks like a secret"},
    // Lint 9: history
    {"ZM1901", kLint, "gap: a number is missing"},
    {"ZM1902", kLint, "edited-after-apply: an applied migration has another meaning now"},
    {"ZM1903", kLint, "lock-does-not-extend-base: inserts before the newest migration of the base"},
    {"ZM1904", kLint, "unused-rename-hint: a hint or alias that nothing matches"},
    {"ZM1905", kLint, "contradicts-derived-shape: these lines cannot all be true"},
    {"ZM1906", kLint, "number-twice: two files with one number"},
    {"ZM1907", kLint, "depends-unknown: depends on what is not there, or comes later"},
    {"ZM1908", kLint, "lock-stale: file and lock line differ"},
    {"ZM1909", kLint, "empty-migration: no operation"},
    {"ZM1910", kLint, "does-nothing: operations cancel out"},
    {"ZM1911", kLint, "useless-allow: allowance without reason, or suppressing nothing"},
    {"ZM1912", kLint, "unused-variable: a variable that nothing uses"},
    {"ZM1913", kLint, "clock-in-check: `$run_date` or `$run_time` in an `ensure`"},
    {"ZM1914", kLint, "exact-width: `has n columns` without `at least` or `at most`"},
    {"ZM1915", kLint, "no-description: nothing says what the migration is for"},
    {"ZM1916", kLint, "expand-and-contract: adds a column and drops the one it replaces"},
    {"ZM9901", 1, "a fault in zmig itself"},
};
// clang-format on

constexpr bool is_sorted_table() {
  for (std::size_t i = 1; i < std::size(kTable); ++i) {
    if (!(kTable[i - 1].code < kTable[i].code)) return false;
  }
  return true;
}
static_assert(is_sorted_table(), "the table is searched by halving: codes ascend, none twice");

/// The strongest first. A run that has written and did not finish decides alone, and so does a signal (cli.md 5).
constexpr std::array kStrength = {143, 130, 6, 64, 78, 65, 66, 77, 69, 75, 7, 8, 3, 9, 10, 5, 4, 2, 1, 0};

std::size_t rank(int exit) {
  const auto found = std::find(kStrength.begin(), kStrength.end(), exit);
  // A code of nobody's counts like 1: failed, no better class.
  const auto place = found == kStrength.end() ? std::find(kStrength.begin(), kStrength.end(), 1) : found;
  return static_cast<std::size_t>(place - kStrength.begin());
}

}  // namespace

std::span<const CodeRow> code_table() { return kTable; }

const CodeRow* find_code(std::string_view code) {
  const auto* const found =
      std::lower_bound(std::begin(kTable), std::end(kTable), code,
                       [](const CodeRow& row, std::string_view wanted) { return row.code < wanted; });
  return found != std::end(kTable) && found->code == code ? found : nullptr;
}

int stronger_exit(int a, int b) { return rank(b) < rank(a) ? b : a; }

int exit_code_of(const Diagnostics& diagnostics) {
  int exit = 0;
  for (const Diagnostic& diagnostic : diagnostics.all()) {
    if (diagnostic.severity != Severity::error) continue;
    const CodeRow* const row = find_code(diagnostic.code);
    // An error never ends with 0, whatever the table says of its usual form.
    exit = stronger_exit(exit, row == nullptr || row->exit == 0 ? 1 : row->exit);
  }
  return exit;
}

}  // namespace zmig
