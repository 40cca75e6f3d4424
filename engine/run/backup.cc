// Making, reading back and proving a snapshot.

#include "run/backup.h"

#include <cerrno>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>
#include <zmig/header_norm.h>

#include "base/digest.h"
#include "base/durable.h"
#include "base/failpoint.h"
#include "base/posix.h"
#include "base/text.h"
#include "run/run_json.h"
#include "run/snapshot_codec.h"

namespace zmig::run {
namespace {

Error not_made(const Error& cause) {
  if (cause.zm == "ZM0410") return cause;  // somebody wants to stop, nothing is wrong
  Error error = cause;
  error.zm = "ZM0501";
  error.message = "no backup could be made: " + cause.message;
  error.effect = Effect::none;  // of the target, that is
  if (error.help.empty())
    error.help = "nothing was written to the workbook; make room or choose another folder: `dir` in [env.NAME.backup]";
  return error;
}

Error damaged(std::string_view what) {
  return make_error(Errc::corrupt, "ZM0503", "the backup is damaged: " + std::string(what),
                    "use another backup of the same folder");
}

std::vector<std::string> ids_of(const Sheet& sheet) {
  std::vector<std::string> ids;
  ids.reserve(sheet.columns.size());
  for (const Column& column : sheet.columns) ids.push_back(column.id);
  return ids;
}

SnapshotSheet begun_sheet(const Sheet& sheet) {
  SnapshotSheet begun;
  begun.id = sheet.id;
  begun.title = sheet.title;
  begun.column_ids = ids_of(sheet);
  return begun;
}

SnapshotSheet counted_sheet(const Sheet& sheet, const RowTally& tally) {
  SnapshotSheet counted = begun_sheet(sheet);
  counted.rows = tally.rows;
  counted.formulas = tally.formulas;
  counted.hashes.reserve(tally.hashes.size());
  for (const RunningHash& hash : tally.hashes) counted.hashes.push_back(hash.finish());
  return counted;
}

/// What backups up to version 3 say of a sheet: SHA-256 over the text of every cell.
class OldTally {
 public:
  explicit OldTally(const Sheet& sheet) : counted_(begun_sheet(sheet)), hashes_(sheet.columns.size()) {}
  void add(std::span<const Cell> cells) {
    ZMIG_ASSERT(cells.size() == hashes_.size(), "who reads a row counts its cells first");
    ++counted_.rows;
    for (std::size_t i = 0; i < cells.size(); ++i) {
      hashes_[i].update(cell_bytes(cells[i]));
      if (!cells[i].stored.empty()) {
        hashes_[i].update(fmt::format("s{}:", cells[i].stored.size()));
        hashes_[i].update(cells[i].stored);
      }
      if (!cells[i].formula.empty()) ++counted_.formulas;
    }
  }
  SnapshotSheet finish() {
    for (Sha256& hash : hashes_) counted_.hashes.push_back("sha256:" + hash.finish_hex());
    return std::move(counted_);
  }

 private:
  SnapshotSheet counted_;
  std::vector<Sha256> hashes_;
};

/// Reads a sheet and counts it; `also` (may be empty) gets the bytes of each row.
using BytesSink = std::function<Status(std::string_view bytes)>;
Result<SnapshotSheet> scan_sheet(Target& target, const Sheet& sheet, StoredHashes* stored, const BytesSink& also) {
  RowTally tally(sheet.columns.size());
  std::string bytes;
  const auto take = [&](const RowRef& row, auto cells) -> Status {
    pack_row(row, cells, bytes, tally);
    return also ? also(bytes) : ok();
  };
  if (stored == nullptr) {
    ZMIG_CHECK_OK(target.scan(sheet.id, ids_of(sheet), [&](const RowView& row) { return take(row.row, row.cells); }));
  } else {
    ZMIG_TRY((*stored)[sheet.id], target.scan_hashed(sheet.id, take));
  }
  return counted_sheet(sheet, tally);
}

Result<SnapshotSheet> write_sheet(SnapshotWriter& writer, Target& target, const Sheet& sheet, StoredHashes* stored) {
  ZMIG_CHECK_OK(writer.put('B', sheet_json(begun_sheet(sheet))));
  ZMIG_TRY(SnapshotSheet done,
           scan_sheet(target, sheet, stored, [&](std::string_view bytes) { return writer.put('R', bytes); }));
  ZMIG_CHECK_OK(writer.put('E', sheet_json(done)));
  return done;
}

struct Written {
  std::string sha256;
  std::uint64_t bytes = 0;
  std::vector<SnapshotSheet> sheets;  // as they were read
};

Result<Written> write_file(int descriptor, Target& target, const SnapshotHead& head, StoredHashes* stored) {
  SnapshotWriter writer(descriptor);
  ZMIG_CHECK_OK(writer.put('H', head_json(head)));
  ZMIG_CHECK_OK(writer.put('S', schema_to_json(head.schema)));
  for (const Stamp& stamp : head.stamps) ZMIG_CHECK_OK(writer.put('T', stamp_json(stamp)));
  for (const NativeObject& object : head.objects) ZMIG_CHECK_OK(writer.put('N', object_json(object)));
  Written written;
  for (const Sheet& sheet : head.schema.sheets) {
    ZMIG_TRY(SnapshotSheet done, write_sheet(writer, target, sheet, stored));
    written.sheets.push_back(std::move(done));
  }
  ZMIG_TRY(written.sha256, writer.finish());
  written.bytes = writer.bytes();
  return written;
}

/// `claim`: holds off the sweep of other processes until the file is in place.
Result<Written> write_aside(const std::string& path, Target& target, const SnapshotHead& head, StoredHashes* stored,
                            Descriptor& claim) {
  Descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file.is_open()) return posix_error(errno, "creating the backup", path);
  if (!claim_aside(file.get())) return posix_error(ENOENT, "creating the backup", path);
  claim = Descriptor(::fcntl(file.get(), F_DUPFD_CLOEXEC, 0));
  ZMIG_TRY(Written written, write_file(file.get(), target, head, stored));
  if (const int number = sync_descriptor(file.get()); number != 0)
    return posix_error(number, "syncing the backup", path);
  if (!file.close_now()) return posix_error(errno, "closing the backup", path);
  return written;
}

Result<std::vector<SnapshotSheet>> read_again(Target& target, const Schema& schema) {
  std::vector<SnapshotSheet> sheets;
  for (const Sheet& sheet : schema.sheets) {
    ZMIG_TRY(auto counted, scan_sheet(target, sheet, nullptr, {}));
    sheets.push_back(std::move(counted));
  }
  return sheets;
}

/// Rows of one sheet, up to its end record. Without a sink no value is made: the bytes of each cell are gone over and
/// hashed, and the hash is that of the bytes which were made of the live cells.
Result<SnapshotSheet> read_sheet(SnapshotReader& reader, const SnapshotSheet& begun, const Sheet& sheet,
                                 const SnapshotSink& sink) {
  const bool old = reader.version() < 4;
  RowTally tally(sheet.columns.size());
  OldTally old_tally(sheet);
  for (;;) {
    ZMIG_TRY(const SnapshotRecord record, reader.next());
    if (record.tag == 'E') {
      ZMIG_TRY(const SnapshotSheet told, snapshot_sheet_from_json(record.payload));
      SnapshotSheet counted = old ? old_tally.finish() : counted_sheet(sheet, tally);
      if (!(counted == told)) return damaged("\"" + begun.title + "\" is not what its own end record says");
      return counted;
    }
    if (record.tag != 'R') return damaged("a sheet ends early");
    if (!old) ZMIG_CHECK_OK(tally_row(record.payload, tally));
    if (!old && !sink) continue;
    ZMIG_TRY(const SnapshotRow row, row_from_bytes(record.payload));
    if (row.cells.size() != sheet.columns.size())
      return damaged("a row has another number of cells than its sheet has columns");
    if (old) old_tally.add(row.cells);
    if (sink) ZMIG_CHECK_OK(sink(begun, RowView{row.row, row.cells}));
  }
}

Result<SnapshotContents> read_records(SnapshotReader& reader, const SnapshotSink& sink) {
  SnapshotContents contents;
  contents.head.has_objects = reader.version() >= 3;
  bool has_head = false, has_schema = false;
  for (;;) {
    ZMIG_TRY(const SnapshotRecord record, reader.next());
    if (record.tag == 'Z') break;
    if (record.tag == 'H') {
      ZMIG_CHECK_OK(head_from_json(record.payload, contents.head));
      has_head = true;
    } else if (record.tag == 'S') {
      auto schema = schema_from_json(record.payload);
      if (!schema.has_value()) return damaged("its schema cannot be read: " + schema.error().message);
      contents.head.schema = std::move(schema).value();
      has_schema = true;
    } else if (record.tag == 'T') {
      ZMIG_TRY(auto stamp, stamp_of_json(record.payload));
      contents.head.stamps.push_back(std::move(stamp));
    } else if (record.tag == 'N' && contents.head.has_objects) {
      ZMIG_TRY(auto object, object_of_json(record.payload));
      contents.head.objects.push_back(std::move(object));
    } else if (record.tag == 'B' && has_schema && contents.sheets.size() < contents.head.schema.sheets.size()) {
      ZMIG_TRY(const SnapshotSheet begun, snapshot_sheet_from_json(record.payload));
      const Sheet& sheet = contents.head.schema.sheets[contents.sheets.size()];
      ZMIG_TRY(auto counted, read_sheet(reader, begun, sheet, sink));
      contents.sheets.push_back(std::move(counted));
    } else {
      return damaged("a record is out of place");
    }
  }
  if (!has_head || !has_schema || contents.sheets.size() != contents.head.schema.sheets.size())
    return damaged("it is not complete");
  return contents;
}

std::string first_difference(const std::vector<SnapshotSheet>& kept, const std::vector<SnapshotSheet>& live) {
  for (std::size_t i = 0; i < kept.size() && i < live.size(); ++i) {
    if (!(kept[i] == live[i])) return live[i].title;
  }
  return "the list of sheets";
}

/// The file says what the workbook says now.
Result<SnapshotContents> prove(const std::string& path, const Written& written, Target& target,
                               const SnapshotHead& head, bool steady) {
  ZMIG_TRY(SnapshotContents contents, verify_snapshot(path, written.sha256));
  if (!(contents.head.schema == head.schema) || contents.head.stamps != head.stamps ||
      contents.head.objects != head.objects) {
    return make_error(Errc::corrupt, "ZM0501", "the backup does not hold the schema that was read");
  }
  if (contents.sheets != written.sheets)
    return make_error(Errc::corrupt, "ZM0501", "the backup does not hold the cells that were read");
  // Two readings find people who type. Where nobody else can write, the second could only find what the first did.
  if (steady) return contents;
  ZMIG_TRY(const auto live, read_again(target, head.schema));
  ZMIG_TRY(const auto objects, target.native_objects());
  if (contents.sheets == live && objects == head.objects) return contents;
  return make_error(
      Errc::transient, "ZM0501",
      fmt::format("the backup of \"{}\" is not what the workbook says now", first_difference(contents.sheets, live)),
      "somebody may be typing there; try again");
}

/// The bytes under the name are those that were proved: then they parse as they did.
Status check_bytes(const std::string& path, const std::string& sha256) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!file.is_open()) return posix_error(errno, "opening the backup", path);
  Sha256 hash;
  std::string bytes(std::size_t{1} << 16U, '\0');
  for (;;) {
    const ssize_t got = ::read(file.get(), bytes.data(), bytes.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return posix_error(errno, "reading the backup", path);
    if (got == 0) break;
    hash.update(std::string_view(bytes).substr(0, static_cast<std::size_t>(got)));
  }
  if (hash.finish_hex() == sha256) return ok();
  return make_error(Errc::corrupt, "ZM0503", "the backup is not the file that was recorded: its hash differs");
}

Result<std::string> free_name(const std::string& folder, const std::string& stem, Ports& ports) {
  for (int i = 1; i < 1000; ++i) {
    std::string path = fmt::format("{}/{}{}.zbk", folder, stem, i == 1 ? "" : fmt::format("_{}", i));
    if (!ports.files.exists(path)) return path;
  }
  return make_error(Errc::conflict, "ZM0501", "too many backups of this second");
}

/// Written aside, proved there, then put in place: under its name there is never an unproved backup.
Result<BackupRow> attempt(Target& target, const SnapshotHead& head, const SnapshotOptions& options, Ports& ports) {
  const std::string stem = options.name.empty() ? snapshot_name(head.title, head.position, head.created) : options.name;
  const std::string aside = fmt::format("{}/.{}.{}.part", options.folder, stem, ports.random.hex(4));
  Descriptor claim;
  const auto made = [&]() -> Result<BackupRow> {
    ZMIG_TRY(const Written written, write_aside(aside, target, head, options.stored, claim));
    ZMIG_FAILPOINT_STATUS("run.backup_written");
    ZMIG_TRY(const SnapshotContents contents, prove(aside, written, target, head, options.steady));
    ZMIG_TRY(const std::string path, free_name(options.folder, stem, ports));
    ZMIG_CHECK_OK(durable_rename(aside, path, RenameMode::no_replace));
    ZMIG_FAILPOINT_STATUS("run.backup_in_place");
    ZMIG_CHECK_OK(check_bytes(path, written.sha256));
    BackupRow row;
    row.target_id = options.target_id;
    row.title = path.substr(options.folder.size() + 1, path.size() - options.folder.size() - 5);
    row.location = path;
    row.mode = "cells";
    row.sha256 = written.sha256;
    row.sheets_json = sheets_json(described(contents.head.schema, contents.sheets));
    row.bytes = written.bytes;
    row.position = options.position;
    row.created = options.now;
    row.verified = options.now;
    row.expires = options.expires;
    return row;
  };
  auto result = made();
  if (!result.has_value()) static_cast<void>(ports.files.remove(aside));
  return result;
}

}  // namespace

std::string file_name_of(std::string_view title, std::size_t longest) {
  std::string fit;
  for (const char c : title) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = byte >= 0x80 || std::isalnum(byte) != 0 || c == '-' || c == '_' || (c == '.' && !fit.empty());
    fit.push_back(plain ? c : '_');
  }
  if (fit.size() > longest) {
    fit.resize(longest);
    while (!fit.empty() && first_invalid_utf8(fit)) fit.pop_back();
  }
  return fit;
}

std::string snapshot_name(std::string_view title, std::uint32_t position, UtcTime at) {
  const std::string fit = file_name_of(title, 100);
  std::string moment = format_utc(at).substr(0, 19);  // 2026-01-26T18:15:00
  std::erase_if(moment, [](char c) { return c == '-' || c == ':'; });
  moment[8] = '_';
  return fmt::format("{}_{:04}_backup_{}", fit.empty() ? "workbook" : fit, position, moment);
}

std::vector<BackupSheet> described(const Schema& schema, const std::vector<SnapshotSheet>& sheets) {
  std::vector<BackupSheet> out;
  for (const SnapshotSheet& one : sheets) {
    BackupSheet sheet{one.title, one.rows, one.column_ids.size(), one.formulas, {}, {}};
    std::vector<std::string> headers;
    if (const Sheet* known = schema.sheet(one.id)) {
      for (const Column& column : known->columns) headers.push_back(column.header);
    }
    sheet.header_hash = header_hash(headers);
    Sha256 content;
    for (const std::string& hash : one.hashes) content.update(hash + "\n");
    sheet.content_hash = "sha256:" + content.finish_hex();
    out.push_back(std::move(sheet));
  }
  return out;
}

Result<std::vector<SnapshotSheet>> count_sheets(Target& target, std::uint64_t& bytes) {
  std::vector<SnapshotSheet> sheets;
  const Schema schema = target.schema();
  for (const Sheet& sheet : schema.sheets) {
    ZMIG_TRY(auto counted, scan_sheet(target, sheet, nullptr, [&](std::string_view row) -> Status {
               bytes += row.size();
               return ok();
             }));
    sheets.push_back(std::move(counted));
  }
  return sheets;
}

Result<BackupRow> make_snapshot(Target& target, const std::vector<Stamp>& stamps, const SnapshotOptions& options,
                                Ports& ports) {
  if (const Status made = ports.files.make_folder(options.folder, true); !made.has_value())
    return not_made(made.error());
  sweep_asides(options.folder);
  auto objects = target.native_objects();
  if (!objects.has_value()) return not_made(objects.error());
  const SnapshotHead head{target.title(),
                          target.url(),
                          options.target_id,
                          options.position,
                          options.now,
                          target.schema(),
                          stamps,
                          std::move(objects).value(),
                          true};
  for (int round = 1;; ++round) {
    auto row = attempt(target, head, options, ports);
    if (row.has_value()) return row;
    // Two readings that disagree are people typing: three times, then no.
    if (row.error().code != Errc::transient || row.error().zm == "ZM0410" || round == 3) return not_made(row.error());
  }
}

int snapshot_version(const std::string& path) {
  const auto reader = SnapshotReader::open(path);
  return reader.has_value() ? (*reader)->version() : 0;
}

Result<SnapshotContents> read_snapshot(const std::string& path, const SnapshotSink& sink) {
  ZMIG_TRY(const auto reader, SnapshotReader::open(path));
  ZMIG_TRY(auto contents, read_records(*reader, sink));
  ZMIG_TRY(contents.sha256, reader->sha256());  // nothing may follow the end
  return contents;
}

Result<SnapshotContents> verify_snapshot(const std::string& path, const std::string& sha256) {
  ZMIG_TRY(const auto reader, SnapshotReader::open(path));
  ZMIG_TRY(auto contents, read_records(*reader, {}));
  ZMIG_TRY(contents.sha256, reader->sha256());
  if (contents.sha256 != sha256)
    return make_error(Errc::corrupt, "ZM0503", "the backup is not the file that was recorded: its hash differs");
  return contents;
}

}  // namespace zmig::run
