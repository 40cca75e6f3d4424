#include "targets/csv/csv_target.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/digest.h"
#include "base/posix.h"
#include "base/text.h"
#include "model/names.h"
#include "targets/live.h"

namespace zmig {
namespace {

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

void put_text(std::string_view text, Value& into) {
  if (text.empty()) {
    into = Blank{};
  } else if (auto* old = std::get_if<Text>(&into)) {
    old->utf8.assign(text);  // no allocation once it is long enough
  } else {
    into = Text{std::string(text)};
  }
}

}  // namespace

CsvTarget::CsvTarget(std::string path, TargetOptions options, FileSystem& files)
    : path_(std::move(path)), options_(std::move(options)), files_(files) {
  capabilities_.kind = "csv";
  capabilities_.writable = false;
  capabilities_.text_source = true;
}

Result<std::unique_ptr<CsvTarget>> CsvTarget::open(const std::string& path, const TargetOptions& options,
                                                   FileSystem& files) {
  std::unique_ptr<CsvTarget> target(new CsvTarget(path, options, files));
  if (files.list(path)) {
    target->folder_ = path;
    return target;
  }
  if (!files.exists(path)) {
    return make_error(Errc::not_found, "ZM0404", fmt::format("there is no folder or file {}", quoted(path)));
  }
  FolderAndName parts = folder_and_name(path);
  target->folder_ = std::move(parts.folder);
  target->only_ = std::move(parts.name);
  return target;
}

std::string CsvTarget::title() const {
  if (!only_.empty()) return without_extension(only_);
  std::string folder = folder_;
  while (folder.size() > 1 && folder.back() == '/') folder.pop_back();
  return folder_and_name(folder).name;
}

Result<std::vector<std::string>> CsvTarget::file_names() {
  if (!only_.empty()) return std::vector<std::string>{only_};
  std::vector<std::string> names;
  ZMIG_TRY(const std::vector<DirEntry> entries, files_.list(folder_));
  for (const DirEntry& entry : entries) {
    const bool wanted = std::any_of(options_.csv_files.begin(), options_.csv_files.end(),
                                    [&](const std::string& pattern) { return matches(entry.name, pattern); });
    if (entry.kind == FileKind::regular && wanted && !entry.name.starts_with('.')) names.push_back(entry.name);
  }
  return names;
}

Result<Sheet> CsvTarget::read_header(const File& file, const std::string& title) {
  std::uint64_t wanted = 0;
  for (const auto& [sheet, row] : options_.header_rows) {
    if (same_title_without_case(sheet, title)) wanted = row;
  }
  ZMIG_TRY(csv::RecordReader reader, csv::RecordReader::open(file.path, file.dialect));
  for (;;) {
    ZMIG_TRY(const bool there, reader.next());
    if (!there)
      return make_error(Errc::conflict, "ZM0467", "there is no header record",
                        "write the headers into the first line, or take the file out of the folder", file.path);
    if (wanted == 0 ? !reader.is_blank() : reader.number() == wanted) break;
  }
  Sheet sheet;
  sheet.title = title;
  sheet.managed = false;
  sheet.header_row = static_cast<std::uint32_t>(reader.number());
  for (const csv::Field& field : reader.fields()) {
    Column column;
    column.header = field.text;
    column.managed = false;
    sheet.columns.push_back(std::move(column));
  }
  return sheet;
}

Result<Schema> CsvTarget::inspect() {
  Schema schema;
  std::vector<File> sheets;
  ZMIG_TRY(const std::vector<std::string> names, file_names());
  for (const std::string& name : names) {
    const std::string title = without_extension(name);
    for (std::size_t i = 0; i < schema.sheets.size(); ++i) {
      if (!same_title_without_case(schema.sheets[i].title, title)) continue;
      return make_error(Errc::invalid_input, "ZM0460",
                        fmt::format("two files are the same sheet: {} and {}",
                                    quoted(folder_and_name(sheets[i].path).name), quoted(name)),
                        "rename one of them", folder_);
    }
    File file{folder_ + "/" + name, {}};
    ZMIG_TRY(file.dialect, csv::detect_dialect(file.path, {options_.csv_delimiter, options_.csv_encoding}));
    ZMIG_TRY(Sheet sheet, read_header(file, title));
    schema.sheets.push_back(std::move(sheet));
    sheets.push_back(std::move(file));
  }
  number_foreign(schema);
  schema_ = std::move(schema);
  sheets_ = std::move(sheets);
  inspected_ = true;
  return schema_;
}

Status CsvTarget::each_record(const std::string& sheet_id, const RecordSink& take) {
  if (!inspected_) ZMIG_CHECK_OK(inspect());
  const CowList<Sheet>& sheets = schema_.sheets;
  const auto found = std::find_if(sheets.begin(), sheets.end(), [&](const Sheet& one) { return one.id == sheet_id; });
  if (found == sheets.end())
    return make_error(Errc::not_found, "ZM0313", fmt::format("no sheet with the id {}", quoted(sheet_id)));
  const Sheet* sheet = &*found;
  const File& file = sheets_[static_cast<std::size_t>(found - sheets.begin())];
  ZMIG_TRY(csv::RecordReader reader, csv::RecordReader::open(file.path, file.dialect));
  for (;;) {
    ZMIG_TRY(const bool there, reader.next());
    if (!there) return ok();
    if (reader.number() <= sheet->header_row) continue;
    if (reader.fields().size() > sheet->columns.size()) {
      return make_error(Errc::conflict, "ZM0464",
                        fmt::format("record {} has {}, the header {}", reader.number(),
                                    counted(reader.fields().size(), "field", "fields"), sheet->columns.size()),
                        "give each field a header, or remove what is too much", file.path);
    }
    if (options_.csv_refuse_ragged && !reader.is_blank() && reader.fields().size() < sheet->columns.size()) {
      return make_error(Errc::conflict, "ZM0464",
                        fmt::format("record {} has {}, the header {}", reader.number(),
                                    counted(reader.fields().size(), "field", "fields"), sheet->columns.size()),
                        "give the record its delimiters, or set csv.ragged = \"pad\"", file.path);
    }
    ZMIG_CHECK_OK(take(reader));
  }
}

Status CsvTarget::scan(const std::string& sheet_id, std::span<const std::string> column_ids, const RowSink& sink) {
  if (!inspected_) ZMIG_CHECK_OK(inspect());
  std::vector<std::size_t> columns;
  if (const Sheet* sheet = schema_.sheet(sheet_id)) {
    for (const std::string& id : column_ids) {
      columns.push_back(column_index(*sheet, id));
      if (columns.back() < sheet->columns.size()) continue;
      return make_error(Errc::not_found, "ZM0314",
                        fmt::format("no column with the id {} in sheet {}", quoted(id), quoted(sheet->title)));
    }
  }
  std::vector<Cell> cells(columns.size());
  return each_record(sheet_id, [&](const csv::RecordReader& record) -> Status {
    const auto& fields = record.fields();
    for (std::size_t i = 0; i < columns.size(); ++i) {
      put_text(columns[i] < fields.size() ? fields[columns[i]].text : std::string_view(), cells[i].value);
    }
    return sink(RowView{{record.number(), static_cast<std::int64_t>(record.number()), {}}, cells});
  });
}

Result<std::vector<std::string>> CsvTarget::column_hashes(const std::string& sheet_id,
                                                          std::span<const std::uint64_t> skip) {
  if (!inspected_) ZMIG_CHECK_OK(inspect());
  const Sheet* sheet = schema_.sheet(sheet_id);
  std::vector<Sha256> hashes(sheet != nullptr ? sheet->columns.size() : 0);
  ZMIG_CHECK_OK(each_record(sheet_id, [&](const csv::RecordReader& record) -> Status {
    if (std::binary_search(skip.begin(), skip.end(), record.number())) return ok();
    const auto& fields = record.fields();
    for (std::size_t i = 0; i < hashes.size(); ++i) {
      const bool there = i < fields.size();
      hashes[i].update(there ? fmt::format("{}{}:", fields[i].quoted ? 'q' : 'f', fields[i].text.size())
                             : std::string("-"));
      if (there) hashes[i].update(fields[i].text);
    }
    return ok();
  }));
  std::vector<std::string> finished;
  finished.reserve(hashes.size());
  for (Sha256& hash : hashes) finished.push_back("sha256:" + hash.finish_hex());
  return finished;
}

Result<std::uint64_t> CsvTarget::row_count(const std::string& sheet_id) {
  std::uint64_t rows = 0;
  ZMIG_CHECK_OK(each_record(sheet_id, [&](const csv::RecordReader&) -> Status {
    ++rows;
    return ok();
  }));
  return rows;
}

Result<std::string> CsvTarget::revision() {
  constexpr std::uint64_t kLargest = std::uint64_t{1} << 40;
  Sha256 hash;
  ZMIG_TRY(const std::vector<std::string> names, file_names());
  for (const std::string& name : names) {
    ZMIG_TRY(const std::string bytes, files_.read(folder_ + "/" + name, kLargest));
    hash.update(fmt::format("{}:{}{}:", name.size(), name, bytes.size()));
    hash.update(bytes);
  }
  return "sha256:" + hash.finish_hex();
}

Result<std::unique_ptr<Writer>> CsvTarget::open_writer(const Lease&) {
  return make_error(Errc::unsupported, "ZM0325", "csv: folders are read-only in this release",
                    "`zmig copy` makes a SQLite workbook of it, which can be migrated", url());
}

}  // namespace zmig
