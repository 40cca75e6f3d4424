#include <zmig/history.h>

#include <map>
#include <optional>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/text.h"
#include "plan/lock.h"

namespace zmig {
namespace {

constexpr std::uint64_t kLargestMigration = 1u << 20;
constexpr std::uint64_t kLargestSchema = 1u << 26;
constexpr std::string_view kExtension = ".zmig";
constexpr std::string_view kLockName = "zmig.lock";

Diagnostic about_file(std::string code, std::string message, std::uint32_t file_number, std::string help = {}) {
  Diagnostic out;
  out.code = std::move(code);
  out.message = std::move(message);
  out.primary.span = Span{file_number, 0, 0};
  if (!help.empty()) out.help = std::move(help);
  return out;
}

/// "0001_slug.zmig" taken apart, or none.
std::optional<MigrationFile> named(std::string_view file_name) {
  if (!file_name.ends_with(kExtension)) return std::nullopt;
  const std::string_view stem = file_name.substr(0, file_name.size() - kExtension.size());
  const std::size_t bar = stem.find('_');
  if (bar == std::string_view::npos) return std::nullopt;
  const std::optional<std::uint32_t> number = migration_number(stem.substr(0, bar));
  if (!number || !is_slug(stem.substr(bar + 1))) return std::nullopt;
  MigrationFile file;
  file.number = *number;
  file.slug = std::string(stem.substr(bar + 1));
  file.name = std::string(stem);
  return file;
}

class Loader {
 public:
  /// `codec`: null lists the names alone.
  Loader(FileSystem& files, const ProjectPaths& paths, const ScriptCodec* codec, SourceMap& sources, Diagnostics& out)
      : files_(files), paths_(paths), codec_(codec), sources_(sources), out_(out) {}

  Result<History> load() {
    ZMIG_CHECK_OK(read_folder());
    std::stable_sort(history_.files.begin(), history_.files.end(),
                     [](const MigrationFile& a, const MigrationFile& b) { return a.number < b.number; });
    check_numbers();
    if (codec_ == nullptr) return std::move(history_);
    ZMIG_CHECK_OK(load_lock());
    ZMIG_CHECK_OK(load_baseline());
    return std::move(history_);
  }

 private:
  Status read_folder() {
    Result<std::vector<DirEntry>> entries = files_.list(paths_.migrations);
    if (!entries && entries.error().code == Errc::not_found) return ok();
    if (!entries) return std::move(entries).error();
    for (const DirEntry& entry : *entries) {
      if (!entry.name.ends_with(kExtension)) continue;
      ZMIG_CHECK_OK(read_entry(entry));
    }
    return ok();
  }

  Status read_entry(const DirEntry& entry) {
    const std::string path = paths_.migrations + "/" + entry.name;
    std::optional<MigrationFile> file = named(entry.name);
    if (!file) {
      const std::uint32_t number = sources_.add({path, {}});
      out_.add(
          about_file("ZM0703", quoted(entry.name) + " is not the name of a migration", number,
                     "name it NNNN_slug.zmig: a number of four or more digits, then small letters, digits and `_`"));
      return ok();
    }
    file->source.path = path;
    if (entry.kind != FileKind::regular) {
      file->file_number = sources_.add({path, {}});
      out_.add(about_file("ZM0703", quoted(entry.name) + " is not a regular file", file->file_number,
                          "symbolic links and folders are never followed here: put the file itself into the folder"));
      return ok();
    }
    if (codec_ == nullptr) {
      file->file_number = sources_.add({path, {}});
      history_.files.push_back(*std::move(file));
      return ok();
    }
    Result<std::string> text = files_.read(path, kLargestMigration);
    if (!text && text.error().zm != "ZM0020") return std::move(text).error();
    if (!text) {
      file->file_number = sources_.add({path, {}});
      out_.add(about_file("ZM0020", quoted(entry.name) + " is larger than 1 MiB", file->file_number));
      history_.files.push_back(*std::move(file));
      return ok();
    }
    file->source.text = *std::move(text);
    file->file_number = sources_.add(file->source);
    // What is wrong with the text is found again, once, when the file is bound.
    Diagnostics unread;
    std::string checksum = codec_->checksum(file->source, file->file_number, unread);
    if (!unread.has_errors()) file->checksum = std::move(checksum);
    history_.files.push_back(*std::move(file));
    return ok();
  }

  void check_numbers() {
    std::uint32_t expected = 1;
    const MigrationFile* before = nullptr;
    for (const MigrationFile& file : history_.files) {
      if (before != nullptr && before->number == file.number) {
        Diagnostic twice = about_file("ZM0205", fmt::format("the number {:04} is used twice", file.number),
                                      file.file_number, "give one of them the next free number");
        twice.primary.text = file.name;
        twice.secondary.push_back({Span{before->file_number, 0, 0}, {}, before->name});
        out_.add(std::move(twice));
      } else if (file.number != expected) {
        const std::string missing = file.number - expected == 1
                                        ? fmt::format("{:04} is", expected)
                                        : fmt::format("{:04} to {:04} are", expected, file.number - 1);
        out_.add(about_file("ZM1901", fmt::format("{} missing before {}", missing, quoted(file.name)), file.file_number,
                            fmt::format("number it {:04}", expected)));
      }
      expected = file.number + 1;
      before = &file;
    }
  }

  Status load_lock() {
    const std::string path = paths_.migrations + "/" + std::string(kLockName);
    Result<std::string> text = files_.read(path, kLargestSchema);
    if (!text && text.error().code == Errc::not_found) return ok();
    if (!text) return std::move(text).error();
    history_.has_lock = true;
    const std::uint32_t number = sources_.add({path, *text});
    LockText read = read_lock(*text);
    if (read.problem) {
      Diagnostic broken = about_file("ZM0206", read.problem->message, number, "run `zmig fmt` to write zmig.lock anew");
      broken.primary.span = span_of(number, {read.problem->begin, read.problem->end});
      out_.add(std::move(broken));
    }
    history_.lock = std::move(read.lines);
    for (std::size_t i = 0; i < history_.lock.size(); ++i) compare(history_.lock[i], span_of(number, read.spans[i]));
    if (!read.problem) find_inserted();
    return ok();
  }

  static Span span_of(std::uint32_t file, std::pair<std::size_t, std::size_t> range) {
    return {file, static_cast<std::uint32_t>(range.first), static_cast<std::uint32_t>(range.second)};
  }

  void compare(const LockLine& line, Span span) {
    const std::string name = migration_name(line.number, line.slug);
    const MigrationFile* same_number = nullptr;
    const MigrationFile* same_slug = nullptr;
    const auto first = std::lower_bound(history_.files.begin(), history_.files.end(), line.number,
                                        [](const MigrationFile& file, std::uint32_t n) { return file.number < n; });
    for (auto file = first; file != history_.files.end() && file->number == line.number; ++file) {
      same_number = &*file;
      if (file->slug == line.slug) same_slug = &*file;
    }
    Diagnostic finding;
    finding.code = "ZM0206";
    // Number and slug; the hashes behind them say nothing to people.
    span.end = std::min<std::uint32_t>(
        span.end, span.begin + static_cast<std::uint32_t>(fmt::format("{:04} {}", line.number, line.slug).size()));
    finding.primary.span = span;
    if (same_number == nullptr) {
      finding.message = quoted(name) + " is in zmig.lock, but its file is missing";
      finding.help = "bring the file back, or run `zmig fmt` if it was never applied anywhere";
    } else if (same_slug == nullptr) {
      // A file that only got another name means the same; with another text it is another migration in that place.
      finding.severity = same_number->checksum == line.hash ? Severity::warning : Severity::error;
      finding.message = fmt::format("{} is {} in zmig.lock", quoted(same_number->name), quoted(name));
      finding.help = "give the file its old name, or run `zmig fmt` if it was never applied anywhere";
    } else if (!same_slug->checksum.empty() && same_slug->checksum != line.hash) {
      // Authors edit what is pending: whether it is applied somewhere, and so refused, is known from the stamp
      // (ZM0202).
      finding.severity = Severity::warning;
      finding.message = quoted(name) + " was edited: its meaning is not the one in zmig.lock";
      finding.notes.push_back("layout, comments, description, author and tags do not count");
      finding.help = "run `zmig fmt` if it was never applied anywhere, else bring the old text back";
    } else {
      return;
    }
    out_.add(std::move(finding));
  }

  /// Files without a line are fine at the end (the lock is stale), but not between lines.
  void find_inserted() {
    if (history_.lock.empty()) return;
    std::unordered_set<std::uint32_t> listed;
    for (const LockLine& line : history_.lock) listed.insert(line.number);
    for (const MigrationFile& file : history_.files) {
      if (file.number > history_.lock.back().number) return;
      if (listed.contains(file.number)) continue;
      out_.add(about_file("ZM0206",
                          fmt::format("{} stands between migrations of zmig.lock and is not in it", quoted(file.name)),
                          file.file_number, "give it the next free number"));
    }
  }

  Status load_baseline() {
    const std::string path = paths_.schemas + "/0000_baseline.json";
    Result<std::string> text = files_.read(path, kLargestSchema);
    if (!text && text.error().code == Errc::not_found) return ok();
    if (!text) return std::move(text).error();
    Result<Schema> schema = schema_from_json(*text);
    if (schema) {
      history_.baseline = *std::move(schema);
      return ok();
    }
    const std::uint32_t number = sources_.add({path, *text});
    out_.add(about_file(schema.error().zm.empty() ? "ZM0702" : schema.error().zm, schema.error().message, number,
                        schema.error().help));
    return ok();
  }

  FileSystem& files_;
  const ProjectPaths& paths_;
  const ScriptCodec* codec_;
  SourceMap& sources_;
  Diagnostics& out_;
  History history_;
};

}  // namespace

std::vector<LockLine> History::fresh_lock() const {
  std::vector<LockLine> out;
  std::string chain = empty_chain();
  for (const MigrationFile& file : files) {
    // A text that does not parse has no meaning to lock, and nothing behind it has a chain.
    if (file.checksum.empty()) break;
    chain = chain_hash(chain, file.number, file.slug, file.checksum);
    out.push_back({file.number, file.slug, file.checksum, chain});
  }
  return out;
}

Result<History> load_history(FileSystem& files, const ProjectPaths& paths, const ScriptCodec& codec, SourceMap& sources,
                             Diagnostics& out) {
  return Loader(files, paths, &codec, sources, out).load();
}

Result<History> list_history(FileSystem& files, const ProjectPaths& paths, SourceMap& sources, Diagnostics& out) {
  return Loader(files, paths, nullptr, sources, out).load();
}

}  // namespace zmig
