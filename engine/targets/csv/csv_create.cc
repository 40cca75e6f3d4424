// `zmig copy … csv:DIR`: a folder of our own from anything that can be read. The whole set appears at once.
#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <zmig/lock.h>

#include "base/text.h"
#include "model/names.h"
#include "targets/csv/csv_target.h"
#include "targets/live.h"

namespace zmig {
namespace {

constexpr std::size_t kFirstPlaces = 5;

class Copy {
 public:
  Copy(csv::FileSet& set, CellView& from) : set_(set), from_(from) {}

  Status run(std::span<const std::string> sheet_ids, std::span<const Stamp> stamps) {
    const Schema& schema = from_.schema();
    manifest_.stamps.assign(stamps.begin(), stamps.end());
    manifest_.catalogue = schema;
    manifest_.catalogue.sheets.clear();
    for (const Sheet& sheet : schema.sheets) {
      const bool wanted =
          sheet_ids.empty() || std::find(sheet_ids.begin(), sheet_ids.end(), sheet.id) != sheet_ids.end();
      if (wanted) ZMIG_CHECK_OK(copy_sheet(sheet));
    }
    std::erase_if(manifest_.catalogue.ranges,
                  [&](const NamedRange& range) { return manifest_.catalogue.sheet(range.sheet) == nullptr; });
    number_foreign(manifest_.catalogue);
    const std::string staged = set_.next_staged();
    ZMIG_TRY(csv::FileOutput out, csv::FileOutput::create(set_.in_folder(staged), csv::Encoding::utf8));
    ZMIG_CHECK_OK(out.put(csv::manifest_to_json(manifest_)));
    ZMIG_TRY(const csv::Print print, out.finish());
    set_.add({std::string(csv::kManifest), staged, {}, print});
    return set_.sync();
  }

  /// What can be read there is what was copied.
  Status verify(CsvTarget& made) const {
    ZMIG_TRY(const Schema schema, made.inspect());
    const auto differences = all_differences(manifest_.catalogue, schema);
    if (!differences.empty()) return differs(differences.front().where);
    for (std::size_t s = 0; s < copied_.size(); ++s) {
      ZMIG_TRY(const std::uint64_t rows, made.row_count(schema.sheets[s].id));
      if (rows != copied_[s].rows) return differs(copied_[s].title);
    }
    return ok();
  }

  [[nodiscard]] std::vector<CopiedSheet> take_report() { return std::move(copied_); }

 private:
  static Error differs(const std::string& where) {
    return make_error(Errc::io, "", "what was written does not read back as what was copied", {}, where);
  }

  void lose(std::string_view kind, std::string place) {
    CopiedSheet& copied = copied_.back();
    auto found =
        std::find_if(copied.losses.begin(), copied.losses.end(), [&](const Loss& loss) { return loss.kind == kind; });
    if (found == copied.losses.end()) {
      copied.losses.push_back(Loss{copied.title, std::string(kind), 0, {}});
      found = std::prev(copied.losses.end());
    }
    ++found->count;
    if (found->first.size() < kFirstPlaces) found->first.push_back(std::move(place));
  }

  Status copy_sheet(const Sheet& sheet) {
    const std::string name = sheet.title + ".csv";
    const bool fits = name.find('/') == std::string::npos && !name.starts_with('.') && name.size() <= 255 &&
                      name.find('\0') == std::string::npos;
    if (!fits) {
      return make_error(
          Errc::unsupported, "ZM0325",
          fmt::format("a csv target cannot have a sheet {}: {} would be its file", quoted(sheet.title), quoted(name)),
          "leave it out, or choose a title that is a file name", sheet.title);
    }
    CopiedSheet& copied = copied_.emplace_back();
    copied.title = sheet.title;
    copied.columns = sheet.columns.size();
    const std::string staged = set_.next_staged();
    ZMIG_TRY(csv::FileOutput out, csv::FileOutput::create(set_.in_folder(staged), csv::Encoding::utf8));
    std::string record;
    for (std::size_t i = 0; i < sheet.columns.size(); ++i) {
      const Column& column = sheet.columns[i];
      if (i > 0) record += kDelimiter;
      record += csv::field_of(column.header, kDelimiter, false);
      if (!column.managed && column.allowed.kind != Allowed::Kind::none)
        lose("validation", letters_of(sheet, column.id) + std::to_string(sheet.header_row));
    }
    ZMIG_CHECK_OK(out.put(record + "\r\n"));
    ZMIG_CHECK_OK(copy_rows(sheet, out));
    ZMIG_TRY(const csv::Print print, out.finish());
    set_.add({name, staged, {}, print});
    remember(sheet, name, print);
    return ok();
  }

  Status copy_rows(const Sheet& sheet, csv::FileOutput& out) {
    std::vector<std::string> ids;
    std::vector<csv::Codec> codecs;
    for (const Column& column : sheet.columns) {
      ids.push_back(column.id);
      codecs.emplace_back(column);
    }
    std::string record;
    return from_.scan(sheet.id, ids, [&](const RowView& row) -> Status {
      ++copied_.back().rows;
      record.clear();
      for (std::size_t i = 0; i < ids.size(); ++i) {
        const Cell& cell = row.cells[i];
        const std::string place = column_letters(i) + std::to_string(row.row.number);
        if (i > 0) record += kDelimiter;
        auto text = codecs[i].encode(cell.value, place);
        // Numbers and dates of a column without a type are their text form, and read so wherever a type asks for them.
        if (!text && sheet.columns[i].managed) lose("type", place);
        if (!cell.formula.empty()) lose("formula", place);
        if (!cell.format.empty()) lose("format", place);
        record += csv::field_of(text ? *text : to_text(cell.value), kDelimiter, false);
      }
      record += "\r\n";
      return out.put(record);
    });
  }

  void remember(const Sheet& sheet, const std::string& name, const csv::Print& print) {
    csv::ManifestFile file;
    file.name = name;
    file.sheet = sheet.managed ? sheet.id : std::string();
    for (const Column& column : sheet.columns) file.columns.push_back(column.managed ? column.id : std::string());
    file.dialect.delimiter = kDelimiter;
    file.size = print.size;
    file.sha256 = print.sha256;
    manifest_.files.push_back(std::move(file));
    Sheet kept = sheet;
    kept.header_row = 1;
    for (Column& column : kept.columns) {
      if (column.managed) continue;
      Column plain;
      plain.header = column.header;
      plain.managed = false;
      column = std::move(plain);
    }
    manifest_.catalogue.sheets.push_back(std::move(kept));
  }

  static constexpr char kDelimiter = ',';
  csv::FileSet& set_;
  CellView& from_;
  csv::Manifest manifest_;
  std::vector<CopiedSheet> copied_;
};

}  // namespace

Result<std::vector<CopiedSheet>> create_csv(const std::string& path, const TargetOptions& options, Ports& ports,
                                            CellView& from, std::span<const std::string> sheet_ids,
                                            std::span<const Stamp> stamps) {
  FileSystem& files = ports.files;
  if (files.exists(path)) {
    const auto entries = files.list(path);
    if (!entries || !entries->empty()) {
      return make_error(Errc::denied, "ZM0704", fmt::format("{} exists and is not empty", quoted(path)),
                        "name a new folder");
    }
  }
  ZMIG_CHECK_OK(files.make_folder(path, false));
  ZMIG_CHECK_OK(csv::make_own_folder(path));
  LockHolder mine;
  mine.holder = "copy";
  ZMIG_TRY(const std::optional<FileLock> lock, FileLock::try_take(fmt::format("{}/{}", path, csv::kLock), mine));
  if (!lock) return make_error(Errc::busy, "ZM0401", "somebody is writing there");
  csv::FileSet set(path, files);
  ZMIG_CHECK_OK(set.prepare());
  Copy copy(set, from);
  ZMIG_CHECK_OK(copy.run(sheet_ids, stamps));
  ZMIG_CHECK_OK(set.commit());
  ZMIG_TRY(const std::unique_ptr<CsvTarget> made, CsvTarget::open(path, options, files));
  ZMIG_CHECK_OK(copy.verify(*made));
  return copy.take_report();
}

}  // namespace zmig
