#pragma once
// One reading of a spreadsheet, understood: schema, cells, stamp, and where everything stands (google-sheets.md A6).
// Not installed.

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <zmig/target.h>

#include "targets/gsheet/raw_book.h"
#include "targets/memory/memory_target.h"

namespace zmig::gsheet {

inline constexpr std::string_view kOwnTitle = "_zmig";         ///< the hidden sheet for what metadata cannot hold
inline constexpr std::string_view kOwnKey = "zmig.own";        ///< metadata of that sheet
inline constexpr std::string_view kSheetKey = "zmig.sheet";    ///< metadata of a sheet: its id
inline constexpr std::string_view kColumnKey = "zmig.column";  ///< metadata of a column: its id
inline constexpr std::string_view kCopyKey = "zmig.copy";      ///< metadata of a sheet that is a backup: its name
inline constexpr std::string_view kStampKey = "zmig.stamp";    ///< metadata of the spreadsheet, one a stamp entry
inline constexpr std::int64_t kStampBase = 1'509'949'440;      ///< 0x5A000000; a multiple of kStampStep
inline constexpr std::int64_t kStampStep = 0x01000000;

/// Where a column stands in the grid, beside what the schema says.
struct ColumnState {
  RawFormat base;                          ///< number format that its cells have when they do not deviate
  std::vector<bool> bare;                  ///< by data row: no format although the base is one; short: the rest is
  std::optional<RawMetadata> tag;          ///< its id, as stored
  std::optional<std::int64_t> protection;  ///< of ours
  bool operator==(const ColumnState&) const = default;
};

struct SheetState {
  std::int64_t id = 0, rows = 0, columns = 0, frozen_rows = 0, frozen_columns = 0;  ///< rows, columns: of the grid
  bool hidden = false;
  std::optional<RawMetadata> tag;
  std::optional<std::int64_t> protection;  ///< of ours, of the whole sheet
  std::vector<ColumnState> column_states;  ///< those of the schema, in order
  std::vector<RawProtection> foreign_protections;
  std::vector<RawRange> merges, tables;
  bool operator==(const SheetState&) const = default;
};

/// A sheet as it stands among all, those without cells and our own included.
struct Tab {
  std::int64_t id = 0;
  std::string title;
  bool hidden = false;
  std::int64_t cells = 0;  ///< of its grid
  bool operator==(const Tab&) const = default;
};

/// A sheet that keep_copy() made. Nothing else of zmig sees it.
struct CopiedTab {
  std::int64_t id = 0;
  std::string of_backup;
  bool operator==(const CopiedTab&) const = default;
};

/// The hidden sheet: one row a record, its name first and then its text in pieces.
struct OwnSheet {
  bool there = false, tagged = false;
  std::int64_t id = 0, rows = 0, columns = 0;
  std::vector<std::pair<std::string, std::string>> records;  ///< by row
  bool operator==(const OwnSheet&) const = default;
};

struct StampSlot {
  std::int64_t metadata_id = 0;
  std::string value;
  std::uint64_t number = 0;  ///< of the entry; 0: burnt, empty or of another spreadsheet
  bool operator==(const StampSlot&) const = default;
};

/// What the hidden sheet remembers beside the catalogue.
struct Remembered {
  std::map<std::int64_t, std::uint64_t> rows;  ///< rows below the header after our last commit, by sheet
  std::map<std::string, RawFormat> bases;      ///< by column id
  std::map<std::string, Column> columns;       ///< that were managed once, by the id they had
  std::map<std::string, Sheet> sheets;         ///< the same
};
std::string to_text(const Remembered& remembered);
Result<Remembered> remembered_from(std::string_view text);

struct Snapshot {
  std::string id, title;
  Workbook book;                   ///< schema, cells and stamps as the engine sees them
  std::vector<SheetState> sheets;  ///< of book.schema.sheets
  std::vector<Tab> tabs;           ///< all of them, in order
  std::vector<CopiedTab> copies;   ///< of backups, among the tabs
  OwnSheet own;
  Remembered remembered;
  std::vector<StampSlot> slots;  ///< ascending by id
  std::int64_t stamp_base = kStampBase;
  std::map<std::int64_t, std::int64_t> metadata_sizes;  ///< characters of keys and values, by sheet; -1: the document's
  std::string fingerprint;                              ///< of the bytes of the answer
  bool copied = false;                                  ///< its stamp was made in another spreadsheet

  [[nodiscard]] std::size_t index_of(std::string_view sheet_id) const;  ///< sheets.size(): not there
};

/// `header_rows`: from the configuration. `account`: whose editing rights are not told to people.
struct ReadOptions {
  std::vector<std::pair<std::string, std::uint32_t>> header_rows;
  std::string account;
};
/// ZM0412 where two columns have one id, ZM0603 where the stamp cannot be read.
Result<Snapshot> understand(const RawBook& raw, const ReadOptions& options);

/// The first place where the two differ as far as a plan may depend on it, in words; empty: nowhere. What formulas
/// give is their own.
std::string first_difference(const Snapshot& before, const Snapshot& now);

/// Over everything that a copy of the sheet has to hold: size, cells, formats, rules, notes, merges.
std::string digest_of(const RawBook& book, const RawSheet& sheet);

/// What metadata says of a stamp entry: number, beginnings of the hashes of its text and of the spreadsheet's id.
std::string stamp_value(const Stamp& stamp, const std::string& spreadsheet_id);
/// The record of a stamp entry in the hidden sheet.
std::string stamp_record(std::uint64_t number);

}  // namespace zmig::gsheet
