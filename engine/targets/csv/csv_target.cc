#include "targets/csv/csv_target.h"

#include <algorithm>
#include <limits>
#include <utility>

#include <fmt/format.h>
#include <zmig/header_norm.h>

#include "base/digest.h"
#include "base/posix.h"
#include "base/text.h"
#include "model/names.h"
#include "targets/live.h"

namespace zmig {
namespace {

constexpr std::uint64_t kLargestManifest = std::uint64_t{256} << 20;

/// `*` stands for any characters, everything else for itself; letters without case.
bool matches(std::string_view name, std::string_view pattern) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  if (pattern.empty()) return name.empty();
  if (pattern.front() == '*') {
    for (std::size_t skip = 0; skip <= name.size(); ++skip) {
      if (matches(name.substr(skip), pattern.substr(1))) return true;
    }
    return false;
  }
  return !name.empty() && lower(name.front()) == lower(pattern.front()) && matches(name.substr(1), pattern.substr(1));
}

std::string without_extension(const std::string& name) {
  const std::size_t dot = name.rfind('.');
  return dot == std::string::npos || dot == 0 ? name : name.substr(0, dot);
}

/// Where each managed column stands now (xlsx-csv.md 3.3): at its place while the headers agree with the places, else
/// under its header where there is exactly one. headers.size(): nowhere.
std::vector<std::size_t> places_of(const Sheet& catalogue, const std::vector<std::string>& was,
                                   const std::vector<std::string>& headers) {
  const auto anchor_of = [&](const std::string& id) {
    return static_cast<std::size_t>(std::find(was.begin(), was.end(), id) - was.begin());
  };
  std::map<std::string, std::vector<std::size_t>> by_norm;
  for (std::size_t i = 0; i < headers.size(); ++i) by_norm[norm(headers[i])].push_back(i);
  std::vector<std::size_t> under_header;
  bool coherent = true;
  for (const Column& column : catalogue.columns) {
    const auto found = by_norm.find(norm(column.header));
    const bool once = found != by_norm.end() && found->second.size() == 1;
    under_header.push_back(once ? found->second.front() : headers.size());
    if (once && found->second.front() != anchor_of(column.id)) coherent = false;
  }
  if (!coherent) return under_header;
  std::vector<std::size_t> places;
  for (const Column& column : catalogue.columns) places.push_back(std::min(anchor_of(column.id), headers.size()));
  return places;
}

/// csv.dialect, for what zmig writes: the bytes that are there stay as they are.
std::optional<bool> said_quoted(const TargetOptions& options) {
  return options.csv_quote.empty() ? std::nullopt : std::optional(options.csv_quote == "all");
}
std::optional<std::string> said_line_end(const TargetOptions& options) {
  if (options.csv_newline.empty()) return std::nullopt;
  return options.csv_newline == "lf" ? "\n" : options.csv_newline == "cr" ? "\r" : "\r\n";
}

}  // namespace

CsvTarget::CsvTarget(std::string path, TargetOptions options, FileSystem& files)
    : path_(std::move(path)), options_(std::move(options)), files_(files) {
  capabilities_.kind = "csv";
  capabilities_.text_source = true;
}

Result<std::unique_ptr<CsvTarget>> CsvTarget::open(const std::string& path, const TargetOptions& options,
                                                   FileSystem& files) {
  std::unique_ptr<CsvTarget> target(new CsvTarget(path, options, files));
  Capabilities& can = target->capabilities_;
  if (files.list(path)) {
    target->folder_ = path;
    while (target->folder_.size() > 1 && target->folder_.back() == '/') target->folder_.pop_back();
    can.atomic_batch = can.carries_stamp = can.group_migrations = true;
    can.max_changes_per_batch = std::numeric_limits<std::size_t>::max();
    return target;
  }
  can.writable = false;
  if (!files.exists(path)) {
    return make_error(Errc::not_found, "ZM0404", fmt::format("there is no folder or file {}", quoted(path)));
  }
  FolderAndName parts = folder_and_name(path);
  target->folder_ = std::move(parts.folder);
  target->only_ = std::move(parts.name);
  return target;
}

std::string CsvTarget::title() const {
  return only_.empty() ? folder_and_name(folder_).name : without_extension(only_);
}

bool CsvTarget::shows(const std::string& name) const {
  if (!only_.empty()) return name == only_;
  return !name.starts_with('.') && std::any_of(options_.csv_files.begin(), options_.csv_files.end(),
                                               [&](const std::string& pattern) { return matches(name, pattern); });
}

/// The files that are sheets. A single file is looked at for itself, whatever the folder around it is.
Result<csv::FolderView> CsvTarget::look() {
  csv::FolderView view;
  if (!only_.empty()) {
    view.files.push_back({only_, folder_ + "/" + only_});
    return view;
  }
  ZMIG_TRY(view, csv::look_at_folder(folder_, files_));
  std::erase_if(view.files, [this](const csv::Located& file) { return !shows(file.name); });
  return view;
}

Status CsvTarget::read_manifest(const csv::FolderView& view) {
  manifest_ = {};
  if (view.manifest_path.empty()) return ok();
  ZMIG_TRY(const std::string text, files_.read(view.manifest_path, kLargestManifest));
  ZMIG_TRY(manifest_, csv::manifest_from_json(text, view.manifest_path));
  return ok();
}

Result<CsvTarget::Known> CsvTarget::read_header(const std::string& path, const csv::Dialect& dialect,
                                                const std::string& title, const csv::ManifestFile* entry) {
  Known known;
  known.dialect = dialect;
  std::uint64_t wanted = 0;
  for (const auto& [sheet, row] : options_.header_rows) {
    if (same_title_without_case(sheet, title)) wanted = row;
  }
  const bool bare = entry != nullptr && entry->columns.empty();  // a sheet may have no column at all
  if (bare && wanted == 0) {
    const Sheet* sheet = manifest_.catalogue.sheet(entry->sheet);
    wanted = known.header_row = sheet != nullptr ? sheet->header_row : 1;
  }
  ZMIG_TRY(csv::RecordReader reader, csv::RecordReader::open(path, dialect));
  for (;;) {
    ZMIG_TRY(const bool there, reader.next());
    if (!there && bare) return known;
    if (!there)
      return make_error(Errc::conflict, "ZM0467", "there is no header record",
                        "write the headers into the first line, or take the file out of the folder", path);
    if (wanted == 0 ? !reader.is_blank() : reader.number() == wanted) break;
  }
  known.header_row = static_cast<std::uint32_t>(reader.number());
  known.all_quoted = reader.record().all_quoted();
  known.line_end = reader.record().ending();
  if (!bare || !reader.is_blank()) {
    for (const csv::Field& field : reader.fields()) known.headers.emplace_back(field.text);
  }
  ZMIG_TRY(const bool more, reader.next());
  if (more) known.all_quoted = reader.record().all_quoted();
  return known;
}

Result<CsvTarget::Known> CsvTarget::learn(const std::string& path, const std::string& title,
                                          const csv::ManifestFile* entry) {
  ZMIG_TRY(const csv::Glance glance, csv::glance_at(path));
  const auto found = known_.find(path);
  if (found != known_.end() && found->second.glance == glance) return found->second;
  const csv::DialectWish wish{
      options_.csv_delimiter, options_.csv_encoding, entry != nullptr ? entry->dialect.delimiter : '\0',
      entry != nullptr ? std::optional(entry->dialect.encoding) : std::nullopt, options_.accept_dialect};
  ZMIG_TRY(const csv::Dialect dialect, csv::detect_dialect(path, wish));
  ZMIG_TRY(Known known, read_header(path, dialect, title, entry));
  known.glance = glance;
  known_[path] = known;
  return known;
}

Sheet CsvTarget::sheet_of(const std::string& title, const Known& known, const csv::ManifestFile* entry) const {
  const Sheet* catalogue = entry == nullptr ? nullptr : manifest_.catalogue.sheet(entry->sheet);
  Sheet sheet;
  if (catalogue != nullptr) {
    sheet = *catalogue;
    sheet.columns.clear();
  }
  if (catalogue == nullptr && entry != nullptr && entry->remembered_sheet) sheet = *entry->remembered_sheet;
  sheet.managed = catalogue != nullptr;
  sheet.title = title;
  sheet.header_row = known.header_row;
  std::vector<const Column*> facts(known.headers.size(), nullptr);
  if (catalogue != nullptr) {
    const auto places = places_of(*catalogue, entry->columns, known.headers);
    for (std::size_t i = 0; i < places.size(); ++i)
      if (places[i] < facts.size()) facts[places[i]] = &catalogue->columns[i];
  }
  for (std::size_t i = 0; i < known.headers.size(); ++i) {
    Column column;
    if (facts[i] != nullptr) column = *facts[i];
    column.managed = facts[i] != nullptr;
    column.header = known.headers[i];
    sheet.columns.push_back(std::move(column));
  }
  if (entry == nullptr) return sheet;
  for (const auto& [position, known_column] : entry->remembered) {
    if (position >= facts.size() || facts[position] != nullptr) continue;
    if (!same_header(known_column.header, known.headers[position])) continue;
    Column column = known_column;
    column.managed = false;
    column.header = known.headers[position];
    sheet.columns[position] = std::move(column);
  }
  return sheet;
}

Result<Schema> CsvTarget::inspect() {
  ZMIG_TRY(csv::FolderView view, look());
  ZMIG_CHECK_OK(read_manifest(view));
  // In the order of the last commit, then by name.
  const auto rank = [this](const std::string& name) {
    const auto found = std::find_if(manifest_.files.begin(), manifest_.files.end(),
                                    [&](const csv::ManifestFile& one) { return one.name == name; });
    return found - manifest_.files.begin();
  };
  std::stable_sort(view.files.begin(), view.files.end(),
                   [&](const csv::Located& a, const csv::Located& b) { return rank(a.name) < rank(b.name); });
  Schema schema = manifest_.catalogue;
  schema.sheets.clear();
  std::vector<csv::SheetFile> sheets;
  for (const csv::Located& one : view.files) {
    const std::string title = without_extension(one.name);
    for (std::size_t i = 0; i < schema.sheets.size(); ++i) {
      if (!same_title_without_case(schema.sheets[i].title, title)) continue;
      return make_error(
          Errc::invalid_input, "ZM0460",
          fmt::format("two files are the same sheet: {} and {}", quoted(sheets[i].name), quoted(one.name)),
          "rename one of them", folder_);
    }
    const auto at = static_cast<std::size_t>(rank(one.name));
    const csv::ManifestFile* entry = at < manifest_.files.size() ? &manifest_.files[at] : nullptr;
    ZMIG_TRY(const Known known, learn(one.path, title, entry));
    schema.sheets.push_back(sheet_of(title, known, entry));
    sheets.push_back({one.name, one.path, known.dialect, said_quoted(options_).value_or(known.all_quoted),
                      said_line_end(options_).value_or(known.line_end), !options_.csv_delimiter.empty(),
                      entry != nullptr ? entry->size : 0, entry != nullptr ? entry->sha256 : std::string()});
  }
  number_foreign(schema);
  schema_ = std::move(schema);
  sheets_ = std::move(sheets);
  inspected_ = true;
  return schema_;
}

Result<std::vector<Stamp>> CsvTarget::stamps() {
  if (!only_.empty()) return std::vector<Stamp>();
  ZMIG_TRY(const csv::FolderView view, csv::look_at_folder(folder_, files_));
  if (view.manifest_path.empty()) return std::vector<Stamp>();
  ZMIG_TRY(const std::string text, files_.read(view.manifest_path, kLargestManifest));
  ZMIG_TRY(csv::Manifest manifest, csv::manifest_from_json(text, view.manifest_path));
  return std::move(manifest.stamps);
}

Result<std::size_t> CsvTarget::index_of(const std::string& sheet_id) {
  if (!inspected_) ZMIG_CHECK_OK(inspect());
  const CowList<Sheet>& sheets = schema_.sheets;
  const auto found = std::find_if(sheets.begin(), sheets.end(), [&](const Sheet& one) { return one.id == sheet_id; });
  if (found == sheets.end())
    return make_error(Errc::not_found, "ZM0313", fmt::format("no sheet with the id {}", quoted(sheet_id)));
  return static_cast<std::size_t>(found - sheets.begin());
}

Status CsvTarget::each_record(std::size_t index, const RecordSink& take) {
  const Sheet& sheet = std::as_const(schema_).sheets[index];
  const csv::SheetFile& file = sheets_[index];
  ZMIG_TRY(csv::RecordReader reader, csv::RecordReader::open(file.path, file.dialect));
  for (;;) {
    ZMIG_TRY(const bool there, reader.next());
    if (!there) return ok();
    if (reader.number() <= sheet.header_row) continue;
    const std::size_t count = reader.record().raw().empty() ? 0 : reader.record().count();
    if (count > sheet.columns.size()) {
      return make_error(Errc::conflict, "ZM0464",
                        fmt::format("record {} has {}, the header {}", reader.number(),
                                    counted(count, "field", "fields"), sheet.columns.size()),
                        "give each field a header, or remove what is too much", file.path);
    }
    if (options_.csv_refuse_ragged && count < sheet.columns.size() && !reader.is_blank()) {
      return make_error(Errc::conflict, "ZM0464",
                        fmt::format("record {} has {}, the header {}", reader.number(),
                                    counted(count, "field", "fields"), sheet.columns.size()),
                        "give the record its delimiters, or set csv.ragged = \"pad\"", file.path);
    }
    ZMIG_CHECK_OK(take(reader));
  }
}

Status CsvTarget::scan(const std::string& sheet_id, std::span<const std::string> column_ids, const RowSink& sink) {
  ZMIG_TRY(const std::size_t index, index_of(sheet_id));
  const Sheet& sheet = std::as_const(schema_).sheets[index];
  const csv::SheetFile& file = sheets_[index];
  csv::SheetFacts facts;
  facts.dialect = file.dialect;
  facts.all_quoted = file.all_quoted;
  std::vector<std::size_t> columns;
  std::vector<csv::Codec> codecs;
  for (const std::string& id : column_ids) {
    columns.push_back(column_index(sheet, id));
    if (columns.back() < sheet.columns.size()) {
      codecs.emplace_back(sheet.columns[columns.back()]);
      continue;
    }
    return make_error(Errc::not_found, "ZM0314",
                      fmt::format("no column with the id {} in sheet {}", quoted(id), quoted(sheet.title)));
  }
  std::vector<Cell> cells(columns.size());
  return each_record(index, [&](const csv::RecordReader& record) -> Status {
    static const csv::Field kNothing{};
    for (std::size_t i = 0; i < columns.size(); ++i) {
      const auto& fields = record.fields();
      const csv::Field& field = columns[i] < fields.size() ? fields[columns[i]] : kNothing;
      codecs[i].decode(field.text, cells[i].value);
      csv::stored_word(facts, codecs[i], field, cells[i].value, cells[i].stored);
    }
    return sink(RowView{{record.number(), static_cast<std::int64_t>(record.number()), {}}, cells});
  });
}

Result<std::vector<std::string>> CsvTarget::column_hashes(const std::string& sheet_id,
                                                          std::span<const std::uint64_t> skip) {
  constexpr std::size_t kFull = 16 * 1024;
  ZMIG_TRY(const std::size_t index, index_of(sheet_id));
  const std::size_t columns = std::as_const(schema_).sheets[index].columns.size();
  std::vector<Sha256> hashes(columns);
  std::vector<std::string> waiting(columns);
  ZMIG_CHECK_OK(each_record(index, [&](const csv::RecordReader& record) -> Status {
    if (std::binary_search(skip.begin(), skip.end(), record.number())) return ok();
    const auto& fields = record.fields();
    for (std::size_t i = 0; i < columns; ++i) {
      // A field that a short record does not have holds nothing, as one does that is empty.
      const std::string_view raw = i < fields.size() ? fields[i].raw : std::string_view();
      std::string& bytes = waiting[i];
      for (std::size_t size = raw.size();; size >>= 7U) {
        bytes.push_back(static_cast<char>((size & 0x7FU) | (size > 0x7FU ? 0x80U : 0U)));
        if (size <= 0x7FU) break;
      }
      bytes.append(raw);
      if (bytes.size() < kFull) continue;
      hashes[i].update(bytes);
      bytes.clear();
    }
    return ok();
  }));
  std::vector<std::string> finished;
  finished.reserve(hashes.size());
  for (std::size_t i = 0; i < columns; ++i) {
    hashes[i].update(waiting[i]);
    finished.push_back("sha256:" + hashes[i].finish_hex());
  }
  return finished;
}

Result<std::uint64_t> CsvTarget::row_count(const std::string& sheet_id) {
  ZMIG_TRY(const std::size_t index, index_of(sheet_id));
  std::uint64_t rows = 0;
  ZMIG_CHECK_OK(each_record(index, [&](const csv::RecordReader&) -> Status {
    ++rows;
    return ok();
  }));
  return rows;
}

Result<std::string> CsvTarget::revision() {
  Sha256 hash;
  ZMIG_TRY(csv::FolderView view, look());
  if (!view.manifest_path.empty()) view.files.push_back({std::string(csv::kManifest), view.manifest_path});
  for (const csv::Located& file : view.files) {
    ZMIG_TRY(const csv::Print print, csv::print_of_file(file.path));
    hash.update(fmt::format("{}:{} {}\n", file.name.size(), file.name, print.sha256));
  }
  return "sha256:" + hash.finish_hex();
}

}  // namespace zmig
