// The table of all ZM codes that this build can raise. One row a code; the long explanation is in docs/diagnostics.md.
// A new code is one row here (in order) and one entry there.
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
    {"ZM0120", kText, "this check belongs after `require`, or after `ensure`"},
    {"ZM0121", kText, "`replace` would never end"},
    {"ZM0122", kText, "no possible name for a sheet, header, value or range"},
    {"ZM0123", kText, "this zmig reads the line but does not run it yet"},
    {"ZM0125", kText, "no way back can be derived for this line"},
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
    {"ZM0321", kFailed, "formula faults in cells"},
    {"ZM0322", kFailed, "`expecting` not met"},
    {"ZM0323", kFailed, "`where` matches no row"},
    {"ZM0324", kConflict, "last visible sheet"},
    {"ZM0325", kInfo, "the target cannot hold or enforce this"},
    {"ZM0329", kInfo, "found in place, adopted"},
    {"ZM0330", kInfo, "a default or fill finds no data rows"},
    // Run, lease, target, service (cli.md 5)
    {"ZM0401", kBusy, "lease held by somebody else"},
    {"ZM0402", kPartly, "partly applied"},
    {"ZM0403", kLater, "outcome unknown, and nobody answers"},
    {"ZM0404", kUnusable, "target unreachable"},
    {"ZM0405", kUnusable, "quota or budget of calls is spent"},
    {"ZM0406", kDenied, "not authorised"},
    {"ZM0407", kHistory, "this is a copy, not the target of that stamp"},
    {"ZM0408", kConfig, "title is not the expected one"},
    {"ZM0409", kBusy, "the workbook is open in a spreadsheet program"},
    {"ZM0410", kLater, "the same request may work later"},
    {"ZM0411", kLater, "an answer of Google that cannot be read"},
    {"ZM0412", kConflict, "two columns carry one id"},
    {"ZM0413", kConflict, "more than Google Sheets takes"},
    {"ZM0414", kDenied, "a protected range of somebody else"},
    {"ZM0415", kConflict, "merged cells in the way"},
    {"ZM0416", kConflict, "a managed sheet is shown without a cell"},
    // Excel (xlsx-csv.md 4.11)
    {"ZM0420", kUnusable, "the workbook is encrypted"},
    {"ZM0421", kUnusable, "an old .xls, a binary .xlsb, or no workbook at all"},
    {"ZM0422", kUnusable, "not a zip archive, or its directory is damaged"},
    {"ZM0423", kUnusable, "a part is damaged: checksum or size does not fit"},
    {"ZM0424", kUnusable, "two parts or sheets have the same name"},
    {"ZM0425", kUnusable, "a part is packed or encrypted in a way that is not read"},
    {"ZM0426", kUnusable, "a part is not well-formed, not UTF-8, or has a DOCTYPE"},
    {"ZM0427", kUnusable, "larger than the limits"},
    {"ZM0428", kUnusable, "the workbook is digitally signed"},
    {"ZM0429", kUnusable, "shared workbook with a revision log"},
    {"ZM0431", kUnusable, "rows or cells are out of order or doubled"},
    {"ZM0432", kConflict, "the header row cannot be used as it is"},
    {"ZM0433", kConflict, "the last column of the sheet (XFD) is in use"},
    {"ZM0434", kConflict, "a table cannot be extended"},
    {"ZM0435", kConflict, "another validation stands on the cells"},
    {"ZM0436", kConflict, "a cut through an array formula, data table, merge, table or pivot"},
    {"ZM0437", kDenied, "the sheet is protected"},
    {"ZM0438", kFailed, "other cells would have to move"},
    {"ZM0439", kFailed, "a reference that cannot be rewritten, or an element that is not known"},
    {"ZM0440", kConflict, "file has other names (hard links)"},
    {"ZM0441", kHistory, "the stamp of a workbook cannot be read"},
    // CSV (xlsx-csv.md 5.4)
    {"ZM0460", kUnusable, "two files are the same sheet"},
    {"ZM0461", kUnusable, "encoding cannot be told, or is not the declared one"},
    {"ZM0462", kConflict, "text cannot be written in the encoding of the file"},
    {"ZM0463", kUnusable, "delimiter is ambiguous"},
    {"ZM0464", kConflict, "record has another number of fields than the header"},
    {"ZM0465", kUnusable, "quote never closed, text after a closing quote, or NUL"},
    {"ZM0466", kUnusable, "record is too long"},
    {"ZM0467", kConflict, "no header record"},
    {"ZM0468", kHistory, "manifest of a csv folder cannot be read"},
    {"ZM0469", kConflict, "an interrupted set of files waits, and somebody edited meanwhile"},
    // SQLite (xlsx-csv.md 6.7)
    {"ZM0470", kUnusable, "not a SQLite database, encrypted, or damaged"},
    {"ZM0471", kLater, "busy: another program holds the database"},
    {"ZM0472", kLater, "an interrupted program left a journal to roll back first"},
    {"ZM0473", kConflict, "a view or virtual table has no columns to change"},
    {"ZM0474", kConflict, "more columns than SQLite can hold"},
    {"ZM0475", kConflict, "two headers are one column name in SQLite"},
    {"ZM0476", kConflict, "a view uses the column, or a broken view blocks every rename"},
    {"ZM0477", kFailed, "somebody's trigger would fire for the rows of this change"},
    {"ZM0478", kConflict, "value would be stored as another one"},
    {"ZM0479", kConflict, "rows of the table cannot be addressed"},
    {"ZM0480", kConflict, "`CHECK` allows other values than the enum"},
    {"ZM0481", kConfig, "written by a newer zmig"},
    // Google Sheets: the wire (google-sheets.md A8.5, C8)
    {"ZM0482", kConfig, "credentials cannot be used"},
    {"ZM0483", kDenied, "Google does not accept these credentials"},
    {"ZM0484", kDenied, "the clock of this machine is wrong"},
    {"ZM0485", kDenied, "spreadsheet is not shared with this account"},
    {"ZM0486", kDenied, "the API is not switched on for the project"},
    {"ZM0487", kUnusable, "no spreadsheet with this id"},
    {"ZM0488", kConfig, "address is neither Google's nor loopback"},
    {"ZM0490", kConfig, "the other side is not trusted"},
    {"ZM0491", kDenied, "Drive has no room for a copy"},
    {"ZM0492", kConflict, "Google refuses the request"},
    {"ZM0493", kUnusable, "the answer is not Google's"},
    {"ZM0494", kUnusable, "an Office file, not a Google spreadsheet"},
    {"ZM0495", kDenied, "the credentials do not cover this"},
    {"ZM0496", kUnusable, "a library for Google Sheets is missing"},
    // Backup, capture, restore, down (cli.md 5)
    {"ZM0501", kFailed, "no backup could be made and verified"},
    {"ZM0502", kFailed, "backup is older than `max_age`"},
    {"ZM0503", kFailed, "backup is damaged"},
    {"ZM0504", kUndo, "rollback window is closed"},
    {"ZM0505", kUndo, "irreversible"},
    {"ZM0506", kUndo, "cells would be lost"},
    {"ZM0507", kInfo, "people edited these cells since; kept"},
    {"ZM0508", kInfo, "rows that no backup holds stay as they are"},
    {"ZM0509", kInfo, "no copy beside the backup"},
    // Ledger and stamp (cli.md 5)
    {"ZM0601", kHistory, "ledger damaged"},
    {"ZM0602", kConflict, "stamp vanished"},
    {"ZM0603", kHistory, "stamp and ledger disagree"},
    {"ZM0604", kConfig, "ledger was written by a newer zmig"},
    {"ZM0605", kConflict, "target went back to an older state by other means"},
    {"ZM0606", kInfo, "the clock is behind the ledger"},
    // Configuration, command line, confirmation (cli.md 5)
    {"ZM0701", kConfig, "unknown configuration key"},
    {"ZM0702", kConfig, "bad configuration value"},
    {"ZM0703", kUsage, "unknown verb or flag"},
    {"ZM0704", kConsent, "confirmation missing"},
    {"ZM0705", kConsent, "reason missing"},
    {"ZM0706", kInfo, "unknown `ZMIG_*` variable"},
    {"ZM0707", kConfig, "secret in the configuration file"},
    {"ZM0711", kConfig, "two environments on one target"},
    {"ZM0713", 66, "no such file, migration, run or sheet"},
    {"ZM0714", 1, "a file cannot be read or written"},
    // Contract for apps (cli.md 13.4)
    {"ZM0801", kDifferent, "a compatible difference from the contract"},
    {"ZM0802", kConflict, "a required column or sheet is missing"},
    {"ZM0803", kConflict, "the header of a required column changed"},
    {"ZM0804", kConflict, "a column reads differently"},
    {"ZM0805", kConflict, "the values of a closed enum changed"},
    {"ZM0806", kConflict, "header row, order or extra columns"},
    {"ZM0807", kConfig, "this is no contract"},
    // Verification and hooks (cli.md 5)
    {"ZM0901", kFailed, "check failed"},
    {"ZM0902", kFailed, "check did not run"},
    {"ZM0903", kFailed, "a hook or smoke command failed"},
    // Rules about migrations and workbooks (cli.md 12)
    {"ZM1101", kLint, "a sheet is dropped"},
    {"ZM1102", kLint, "a column is dropped"},
    {"ZM1103", kLint, "the dropped column holds cells"},
    {"ZM1104", kLint, "`set` meets cells that hold something else"},
    {"ZM1105", kLint, "cells still hold the retired value"},
    {"ZM1106", kLint, "the new type holds less than the old one"},
    {"ZM1107", kLint, "a drop and an addition that look like a rename"},
    {"ZM1108", kLint, "`set` without `where`"},
    {"ZM1109", kLint, "`otherwise blank` can erase cells"},
    {"ZM1201", kLint, "values repeat in a column that becomes unique"},
    {"ZM1202", kLint, "blanks in a column that becomes required"},
    {"ZM1203", kLint, "cells do not read as the new type"},
    {"ZM1204", kLint, "cells hold values that the enum does not list"},
    {"ZM1205", kLint, "the new name is taken, by a foreign thing too"},
    {"ZM1206", kLint, "one column holds dates written in two ways"},
    {"ZM1207", kLint, "a required column without default or fill"},
    {"ZM1208", kLint, "`where` matches no row"},
    {"ZM1209", kLint, "a number that may be blank does not say what blank means"},
    {"ZM1210", kLint, "rows share a key"},
    {"ZM1212", kLint, "`set` reads the column that it writes"},
    {"ZM1213", kLint, "`fill` behind a `default` of the same file"},
    {"ZM1301", kLint, "readers look for the old header"},
    {"ZM1302", kLint, "letters of other columns move"},
    {"ZM1303", kLint, "what an app reads becomes another kind of value"},
    {"ZM1304", kLint, "readers look for the old title"},
    {"ZM1306", kLint, "something that an upheld contract needs goes"},
    {"ZM1307", kLint, "a new value in an enum that a contract closes"},
    {"ZM1309", kLint, "a dropped column was never retired or deprecated"},
    {"ZM1401", kLint, "a header does not fit `lint.header_pattern`"},
    {"ZM1402", kLint, "two headers look alike"},
    {"ZM1403", kLint, "two headers differ in case only"},
    {"ZM1404", kLint, "accents as characters of their own"},
    {"ZM1405", kLint, "blank header between managed columns"},
    {"ZM1406", kLint, "letters of two scripts, or a control that turns text around"},
    {"ZM1407", kLint, "the same header twice, one of them managed"},
    {"ZM1408", kLint, "line break, tab or needless blanks in a header, or too long"},
    {"ZM1409", kLint, "two values of an enum look alike"},
    {"ZM1410", kLint, "a list repeats a registered enum"},
    {"ZM1411", kLint, "a formula names a value that the enum does not list"},
    {"ZM1412", kLint, "text that was read in the wrong encoding"},
    {"ZM1601", kLint, "more columns or cells than the target or `max_cells` permits"},
    {"ZM1602", kLint, "more calls than `max_calls`"},
    {"ZM1604", kLint, "a longer run than `max_duration`"},
    {"ZM1606", kLint, "longer than a cell or header may be"},
    {"ZM1701", kLint, "leading zeros are lost in a number"},
    {"ZM1702", kLint, "a date that can be read as two days"},
    {"ZM1703", kLint, "text with a decimal comma in a number column"},
    {"ZM1704", kLint, "text that a spreadsheet reads as a formula"},
    {"ZM1706", kLint, "a date or number column without a number format"},
    {"ZM1707", kLint, "text that only looks like a date in a date column"},
    {"ZM1708", kLint, "more than 15 digits in a number"},
    {"ZM1709", kLint, "the workbook reads cells by another locale or time zone"},
    {"ZM1711", kLint, "a format in one program's own code"},
    {"ZM1712", kLint, "two digits of the year"},
    {"ZM1804", kLint, "no way back, and no `irreversible because`"},
    {"ZM1805", kLint, "undo is offered for less than `min_window`"},
    {"ZM1806", kLint, "sheet is listed in `protect`"},
    {"ZM1807", kLint, "cells are written and no `ensure` looks at them"},
    {"ZM1808", kLint, "something else stands where a column would be written"},
    {"ZM1810", kLint, "`undo with` does not give back the cells"},
    {"ZM1901", kLint, "a number is missing"},
    {"ZM1902", kLint, "an applied migration was edited"},
    {"ZM1903", kLint, "the chain does not begin with that of the base"},
    {"ZM1904", kLint, "an alias that nothing matches"},
    {"ZM1905", kLint, "these lines cannot all be true"},
    {"ZM1906", kLint, "two files with one number"},
    {"ZM1907", kLint, "depends on what is not there, or comes later"},
    {"ZM1908", kLint, "zmig.lock and the files differ"},
    {"ZM1909", kLint, "no change in the file"},
    {"ZM1910", kLint, "the changes cancel out"},
    {"ZM1911", kLint, "allowance without reason, or suppressing nothing"},
    {"ZM1914", kLint, "a total of columns that people can falsify"},
    {"ZM1915", kLint, "no `description`"},
    {"ZM1916", kLint, "a column and its replacement change places at once"},
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
    exit = stronger_exit(exit, row == nullptr || row->exit == 0 ? 1 : row->exit);
  }
  return exit;
}

int exit_of(const Error& error) {
  if (const CodeRow* row = find_code(error.zm); row != nullptr && row->exit != 0) return row->exit;
  switch (error.code) {
    case Errc::invalid_input: return kUsage;
    case Errc::not_found: return kMissing;
    case Errc::conflict: return kConflict;
    case Errc::unsupported: return kFailed;
    case Errc::denied: return kDenied;
    case Errc::busy: return kBusy;
    case Errc::transient: return kLater;
    case Errc::corrupt: return kUnusable;
    case Errc::io: return 1;
  }
  ZMIG_ASSERT(false, "an error code outside the enum");
}

}  // namespace zmig
