#include "targets/gsheet/gsheet_target.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/running_hash.h"
#include "base/text.h"
#include "model/formula_places.h"
#include "targets/gsheet/json_pull.h"
#include "targets/gsheet/lower.h"
#include "targets/live.h"

namespace zmig {
namespace {

constexpr std::chrono::milliseconds kFresh{30'000};

/// A 200 whose body is no answer says nothing.
bool is_answer(const std::string& body) {
  gsheet::JsonPull in(body);
  bool about = false;
  in.object([&](std::string_view key) {
    if (key == "spreadsheetId") about = true;
    in.skip();
  });
  return in.at_end() && about;
}

/// The title of a sheet that is managed, or our own, and of which the answer shows nothing at all; empty: none.
std::string suspiciously_empty(const gsheet::Snapshot& now) {
  if (now.own.tagged && now.own.records.empty()) return std::string(gsheet::kOwnTitle);
  for (const Sheet& sheet : now.book.schema.sheets) {
    if (!sheet.managed || sheet.columns.empty()) continue;
    const bool any_header = std::any_of(sheet.columns.begin(), sheet.columns.end(),
                                        [](const Column& column) { return !column.header.empty(); });
    const auto cells = now.book.cells.find(sheet.id);
    if (!any_header && (cells == now.book.cells.end() || cells->second.columns.empty())) return sheet.title;
  }
  return {};
}

}  // namespace

Result<std::string> spreadsheet_id(const std::string& rest) {
  constexpr std::string_view kBefore = "/spreadsheets/d/";
  std::string id = rest;
  if (const std::size_t at = rest.find(kBefore); at != std::string::npos) {
    id = rest.substr(at + kBefore.size());
    id = id.substr(0, id.find_first_of("/?#"));
  }
  const bool characters = std::all_of(id.begin(), id.end(), [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
  if (characters && id.size() >= 20 && id.size() <= 120) return id;
  return make_error(Errc::invalid_input, "ZM0703",
                    fmt::format("{} is not the id of a spreadsheet", quoted(redact(rest))),
                    "it stands in the address of the document, behind `/spreadsheets/d/`: `gsheet:1AbC...9xYz`; the "
                    "whole address will do as well");
}

GsheetTarget::GsheetTarget(std::string id, TargetOptions options, Ports& ports, std::unique_ptr<gsheet::Api> api)
    : id_(std::move(id)), options_(std::move(options)), ports_(ports), api_(std::move(api)) {
  capabilities_.kind = "gsheet";
  capabilities_.atomic_batch = capabilities_.carries_stamp = capabilities_.native_validation =
      capabilities_.number_formats = capabilities_.formulas = capabilities_.any_kind_anywhere = true;
  capabilities_.group_migrations = true;
  // What is read while a writer is open comes of one reading; commit() looks whether it is still so.
  capabilities_.steady_under_lease = true;
  capabilities_.max_changes_per_batch = 5'000;
  capabilities_.max_batch_bytes = static_cast<std::size_t>(options_.gsheet.batch_bytes);
  capabilities_.copy_modes = {"sheet-copy", "service-copy"};
  capabilities_.max_columns = 18'278;
}

// --- Reading ---------------------------------------------------------------------------------------------------------

Result<std::string> GsheetTarget::ask(const std::string& id) {
  gsheet::Request request;
  // Without blanks and line ends it is less than half as long.
  request.path =
      fmt::format("/v4/spreadsheets/{}?prettyPrint=false&fields={}", id, gsheet::percent_encoded(gsheet::read_mask()));
  request.large = true;
  ZMIG_TRY(gsheet::Answer answer, api_->call(request));
  return std::move(answer.body);
}

Result<gsheet::RawBook> GsheetTarget::ask_raw(const std::string& id) {
  ZMIG_TRY(const std::string body, ask(id));
  ZMIG_TRY(gsheet::RawBook raw, gsheet::parse_book(body));
  if (raw.id == id) return raw;
  return make_error(Errc::transient, "ZM0411", "the answer is about another spreadsheet",
                    "run the command again; if it stays so, something between here and Google changes answers");
}

Result<std::optional<gsheet::Snapshot>> GsheetTarget::fetch_once(const std::string& fingerprint) {
  ZMIG_TRY(const std::string body, ask(id_));
  RunningHash hash;
  hash.add(0, body);
  const std::string now = hash.finish();
  if (now == fingerprint) return std::optional<gsheet::Snapshot>();
  ZMIG_TRY(const gsheet::RawBook raw, gsheet::parse_book(body));
  if (raw.id != id_) {
    return make_error(Errc::transient, "ZM0411", "the answer is about another spreadsheet",
                      "run the command again; if it stays so, something between here and Google changes answers");
  }
  ZMIG_TRY(gsheet::Snapshot snapshot, gsheet::understand(raw, {options_.header_rows, api_->account()}));
  snapshot.fingerprint = now;
  return std::optional(std::move(snapshot));
}

Result<gsheet::Snapshot> GsheetTarget::fetch() {
  ZMIG_TRY(auto found, fetch_unless({}));
  return *std::move(found);
}

Result<std::optional<gsheet::Snapshot>> GsheetTarget::fetch_unless(const std::string& fingerprint) {
  auto first = fetch_once(fingerprint);
  const bool doubtful = first ? *first && !suspiciously_empty(**first).empty()
                              : first.error().zm == "ZM0411" || first.error().zm == "ZM0603";
  if (!doubtful) return first;
  // An answer that cannot be, or hardly: asked once more before it is believed.
  auto second = fetch_once(fingerprint);
  if (!second || !*second) return second;
  const std::string empty = suspiciously_empty(**second);
  if (empty.empty()) return second;
  return make_error(
      Errc::conflict, "ZM0416",
      fmt::format("sheet {} is shown without a single cell, header included, although it is managed", quoted(empty)),
      "look at it in a browser; its version history has what stood there", empty);
}

bool GsheetTarget::fresh() const { return read_at_ && (writing_ || ports_.clock.monotonic() - *read_at_ <= kFresh); }

Status GsheetTarget::post(const std::string& body) {
  gsheet::Request request;
  request.method = "POST";
  request.path = fmt::format("/v4/spreadsheets/{}:batchUpdate?fields=spreadsheetId", id_);
  request.body = body;
  request.writes = true;
  ZMIG_TRY(const gsheet::Answer answer, api_->call(request));
  if (is_answer(answer.body)) return ok();
  Error error = make_error(Errc::transient, "ZM0411", "the answer to the batch cannot be read",
                           "run the command again: it looks first");
  error.effect = Effect::unknown;
  return error;
}

void GsheetTarget::take(gsheet::Snapshot snapshot) {
  seen_ = std::move(snapshot);
  read_at_ = ports_.clock.monotonic();
}

Status GsheetTarget::look() {
  if (fresh()) return ok();
  ZMIG_TRY(gsheet::Snapshot snapshot, fetch());
  take(std::move(snapshot));
  return ok();
}

Result<Schema> GsheetTarget::inspect() {
  ZMIG_CHECK_OK(look());
  return seen_.book.schema;
}

Result<std::vector<Stamp>> GsheetTarget::stamps() {
  ZMIG_CHECK_OK(look());
  return seen_.book.stamps;
}

Result<std::string> GsheetTarget::revision() {
  ZMIG_CHECK_OK(look());
  return seen_.fingerprint;
}

Result<const Sheet*> GsheetTarget::find(const std::string& sheet_id) {
  if (!read_at_ && seen_.id.empty()) ZMIG_CHECK_OK(look());
  const Sheet* sheet = std::as_const(seen_.book.schema).sheet(sheet_id);
  if (sheet == nullptr)
    return make_error(Errc::not_found, "ZM0313", fmt::format("no sheet with the id {}", quoted(sheet_id)));
  return sheet;
}

Result<std::vector<const std::vector<Cell>*>> GsheetTarget::columns_of(const Sheet& sheet,
                                                                       std::span<const std::string> column_ids) {
  static const std::vector<Cell> kNothing;
  const SheetCells& cells = seen_.book.cells.at(sheet.id);
  std::vector<const std::vector<Cell>*> columns;
  columns.reserve(column_ids.size());
  for (const std::string& id : column_ids) {
    if (column_by_id(sheet, id) == nullptr) {
      return make_error(Errc::not_found, "ZM0314",
                        fmt::format("no column with the id {} in sheet {}", quoted(id), quoted(sheet.title)));
    }
    const auto found = cells.columns.find(id);
    columns.push_back(found == cells.columns.end() ? &kNothing : &found->second);
  }
  return columns;
}

Status GsheetTarget::scan(const std::string& sheet_id, std::span<const std::string> column_ids, const RowSink& sink) {
  return scan_judged(sheet_id, {}, column_ids, [&sink](const RowView& row, bool) { return sink(row); });
}

/// Cells that only decide about their row are looked at where they are; those that are wanted are copied into a row.
Status GsheetTarget::scan_judged(const std::string& sheet_id, std::span<const std::string> counted,
                                 std::span<const std::string> wanted, const JudgedSink& sink) {
  ZMIG_TRY(const Sheet* sheet, find(sheet_id));
  const SheetCells& cells = seen_.book.cells.at(sheet_id);
  ZMIG_TRY(const auto columns, columns_of(*sheet, wanted));
  std::vector<std::pair<const std::vector<Cell>*, Column>> judged;  // a copy, since a schema may move
  for (const std::string& id : counted) {
    const auto stored = cells.columns.find(id);
    const Column* column = column_by_id(*sheet, id);
    if (column != nullptr && stored != cells.columns.end()) judged.emplace_back(&stored->second, *column);
  }
  const std::uint64_t first = std::uint64_t{sheet->header_row} + 1;
  std::vector<Cell> row(columns.size());
  std::vector<bool> holds(columns.size(), false);
  for (std::size_t index0 = 0; index0 < cells.rows(); ++index0) {
    for (std::size_t i = 0; i < columns.size(); ++i) {
      if (index0 < columns[i]->size()) {
        row[i] = (*columns[i])[index0];
        holds[i] = true;
      } else if (holds[i]) {
        row[i] = Cell{};
        holds[i] = false;
      }
    }
    const bool data = std::any_of(judged.begin(), judged.end(), [&](const auto& one) {
      return index0 < one.first->size() && counts_as_data((*one.first)[index0], one.second);
    });
    ZMIG_CHECK_OK(sink(RowView{{first + index0, cells.handles[index0], {}}, row}, data));
  }
  return ok();
}

Result<std::vector<std::string>> GsheetTarget::scan_hashed(const std::string& sheet_id, const CellReadSink& sink) {
  static const Cell kBlank;
  ZMIG_TRY(const Sheet* sheet, find(sheet_id));
  std::vector<std::string> ids;
  ids.reserve(sheet->columns.size());
  for (const Column& column : sheet->columns) ids.push_back(column.id);
  ZMIG_TRY(const auto columns, columns_of(*sheet, ids));
  const SheetCells& cells = seen_.book.cells.at(sheet_id);
  const std::uint64_t first = std::uint64_t{sheet->header_row} + 1;
  std::vector<CellRead> row(columns.size());
  for (std::size_t index0 = 0; index0 < cells.rows(); ++index0) {
    for (std::size_t i = 0; i < columns.size(); ++i)
      row[i].cell = index0 < columns[i]->size() ? &(*columns[i])[index0] : &kBlank;
    ZMIG_CHECK_OK(sink({first + index0, cells.handles[index0], {}}, row));
  }
  return column_hashes(sheet_id, {});
}

Result<std::vector<std::string>> GsheetTarget::column_hashes(const std::string& sheet_id,
                                                             std::span<const std::uint64_t> skip) {
  ZMIG_TRY(const Sheet* sheet, find(sheet_id));
  const SheetCells& cells = seen_.book.cells.at(sheet_id);
  std::vector<std::string> hashes;
  hashes.reserve(sheet->columns.size());
  const std::string blank = cell_bytes(Cell{});
  for (const Column& column : sheet->columns) {
    RunningHash hash;
    const auto stored = cells.columns.find(column.id);
    const std::size_t filled = stored == cells.columns.end() ? 0 : stored->second.size();
    for (std::size_t index0 = 0; index0 < cells.rows(); ++index0) {
      const std::uint64_t number = std::uint64_t{sheet->header_row} + 1 + index0;
      if (!skip.empty() && std::binary_search(skip.begin(), skip.end(), number)) continue;
      if (index0 >= filled) {
        hash.add(0, blank);
        continue;
      }
      const Cell& cell = stored->second[index0];
      if (cell.formula.empty()) {
        hash.add(0, cell_bytes(cell));
      } else {
        hash.add(1,
                 cell_bytes(Cell{Blank{}, formula_without_places(cell.formula), cell.format}));  // its value is its own
      }
    }
    hashes.push_back(hash.finish());
  }
  return hashes;
}

Result<std::uint64_t> GsheetTarget::row_count(const std::string& sheet_id) {
  ZMIG_CHECK_OK(find(sheet_id));
  return std::uint64_t{seen_.book.cells.at(sheet_id).rows()};
}

Status GsheetTarget::preflight(std::span<const Change> changes) {
  ZMIG_CHECK_OK(look());
  const std::vector<Part> batch{{{changes.begin(), changes.end()}, std::nullopt}};
  const auto possible = gsheet::lower(seen_, batch, api_->account());
  if (possible) return ok();
  // What the changes themselves refuse may be about things that are taken over first.
  const std::string& zm = possible.error().zm;
  const bool ours = zm == "ZM0413" || zm == "ZM0414" || zm == "ZM0415" || zm == "ZM0324" || zm == "ZM0325";
  return ours ? Status(possible.error()) : ok();
}

}  // namespace zmig
