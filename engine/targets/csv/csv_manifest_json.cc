// The two documents of DIR/.zmig. Names in them come from a folder that others write to: nothing outside of the folder
// can be named.
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "targets/csv/csv_manifest.h"

namespace zmig::csv {
namespace {

using nlohmann::ordered_json;

constexpr int kFormat = 1;

Error unreadable(const std::string& path, std::string_view why) {
  return make_error(Errc::corrupt, "ZM0468", fmt::format("{} cannot be read: {}", zmig::quoted(path), why),
                    "put back the one that belongs to these files (version control, or a backup of the folder)", path);
}

std::string dump(const ordered_json& value) {
  return value.dump(1, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

ordered_json of_dialect(const Dialect& dialect) {
  return {{"encoding", to_string(dialect.encoding)},
          {"bom", dialect.bom},
          {"sep_line", dialect.sep_line},
          {"line_feeds", dialect.has_line_feed},
          {"delimiter", dialect.delimiter == '\0' ? std::string() : std::string(1, dialect.delimiter)}};
}

Dialect dialect_of(const ordered_json& json) {
  Dialect dialect;
  const auto name = json.at("encoding").get<std::string>();
  for (const Encoding one : {Encoding::utf8, Encoding::utf16_le, Encoding::utf16_be, Encoding::windows_1252})
    if (to_string(one) == name) dialect.encoding = one;
  dialect.bom = json.at("bom").get<bool>();
  dialect.sep_line = json.at("sep_line").get<bool>();
  dialect.has_line_feed = json.at("line_feeds").get<bool>();
  const auto delimiter = json.at("delimiter").get<std::string>();
  dialect.delimiter = delimiter.empty() ? '\0' : delimiter.front();
  return dialect;
}

ordered_json of_print(const std::optional<Print>& print) {
  if (!print) return nullptr;
  return {{"size", print->size}, {"sha256", print->sha256}, {"inode", print->inode}, {"changed", print->changed_ns}};
}

std::optional<Print> print_of(const ordered_json& json) {
  if (json.is_null()) return std::nullopt;
  return Print{json.at("size").get<std::uint64_t>(), json.at("sha256").get<std::string>(),
               json.at("inode").get<std::uint64_t>(), json.at("changed").get<std::int64_t>()};
}

/// A name in the folder, or one of ours below `.zmig`.
bool stays_inside(const std::string& name, bool own) {
  std::string_view rest = name;
  if (own && rest.starts_with(".zmig/stage/")) rest.remove_prefix(std::string_view(".zmig/stage/").size());
  if (own && name == kManifest) return true;
  return !rest.empty() && rest.find('/') == std::string_view::npos && rest.find('\0') == std::string_view::npos &&
         rest != "." && rest != "..";
}

Status read_remembered(const ordered_json& json, ManifestFile& file) {
  if (json.contains("remembered")) {
    for (const auto& one : json.at("remembered")) {
      ZMIG_TRY(Column column, column_from_json(one.at("column").dump()));
      file.remembered.emplace_back(one.at("position").get<std::size_t>(), std::move(column));
    }
  }
  if (!json.contains("remembered_sheet")) return ok();
  ZMIG_TRY(file.remembered_sheet, sheet_from_json(json.at("remembered_sheet").dump()));
  return ok();
}

/// A format that is newer is not damage.
std::optional<Error> wrong_format(const ordered_json& json, std::string_view member, const std::string& path) {
  if (!json.is_object() || !json.contains(member) || !json.at(member).is_number_integer())
    return unreadable(path, fmt::format("it has no member `{}`", member));
  const auto format = json.at(member).get<int>();
  if (format == kFormat) return std::nullopt;
  return make_error(Errc::corrupt, "ZM0481",
                    fmt::format("{} has format {}, this zmig reads format {}", zmig::quoted(path), format, kFormat),
                    "use the newer zmig that wrote it", path);
}

}  // namespace

std::string manifest_to_json(const Manifest& manifest) {
  ordered_json stamps = ordered_json::array(), files = ordered_json::array();
  for (const Stamp& stamp : manifest.stamps) stamps.push_back({{"number", stamp.number}, {"entry", stamp.entry}});
  for (const ManifestFile& file : manifest.files) {
    ordered_json one = {{"name", file.name},
                        {"sheet", file.sheet},
                        {"size", file.size},
                        {"sha256", file.sha256},
                        {"dialect", of_dialect(file.dialect)},
                        {"columns", file.columns}};
    for (const auto& [position, column] : file.remembered)
      one["remembered"].push_back({{"position", position}, {"column", ordered_json::parse(column_to_json(column))}});
    if (file.remembered_sheet) one["remembered_sheet"] = ordered_json::parse(sheet_to_json(*file.remembered_sheet));
    files.push_back(std::move(one));
  }
  return dump({{"zmig_csv", kFormat},
               {"stamps", std::move(stamps)},
               {"files", std::move(files)},
               {"catalogue", ordered_json::parse(catalogue_to_json(manifest.catalogue))}});
}

Result<Manifest> manifest_from_json(std::string_view text, const std::string& path) {
  const ordered_json json = ordered_json::parse(text, nullptr, false);
  if (json.is_discarded()) return unreadable(path, "it is not JSON");
  if (auto wrong = wrong_format(json, "zmig_csv", path)) return *std::move(wrong);
  Manifest manifest;
  try {
    for (const auto& stamp : json.at("stamps"))
      manifest.stamps.push_back({stamp.at("number").get<std::uint64_t>(), stamp.at("entry").get<std::string>()});
    for (const auto& one : json.at("files")) {
      ManifestFile file;
      file.name = one.at("name").get<std::string>();
      if (!stays_inside(file.name, false)) return unreadable(path, "it names a file outside of the folder");
      file.sheet = one.at("sheet").get<std::string>();
      file.size = one.at("size").get<std::uint64_t>();
      file.sha256 = one.at("sha256").get<std::string>();
      file.dialect = dialect_of(one.at("dialect"));
      file.columns = one.at("columns").get<std::vector<std::string>>();
      ZMIG_CHECK_OK(read_remembered(one, file));
      manifest.files.push_back(std::move(file));
    }
    auto catalogue = catalogue_from_json(json.at("catalogue").dump());
    if (!catalogue) {
      if (!catalogue.error().zm.empty()) return std::move(catalogue).error();
      return unreadable(path, catalogue.error().message);
    }
    manifest.catalogue = *std::move(catalogue);
  } catch (const ordered_json::exception& wrong) { return unreadable(path, wrong.what()); }
  return manifest;
}

std::string journal_to_json(const Journal& journal) {
  ordered_json entries = ordered_json::array();
  for (const JournalEntry& entry : journal.entries) {
    entries.push_back({{"live", entry.live},
                       {"staged", entry.staged},
                       {"before", of_print(entry.before)},
                       {"after", of_print(entry.after)}});
  }
  return dump({{"zmig_csv_journal", kFormat},
               {"direction", journal.forward ? "forward" : "back"},
               {"entries", std::move(entries)}});
}

Result<Journal> journal_from_json(std::string_view text, const std::string& path) {
  const ordered_json json = ordered_json::parse(text, nullptr, false);
  if (json.is_discarded()) return unreadable(path, "it is not JSON");
  if (auto wrong = wrong_format(json, "zmig_csv_journal", path)) return *std::move(wrong);
  Journal journal;
  try {
    journal.forward = json.at("direction").get<std::string>() != "back";
    for (const auto& one : json.at("entries")) {
      JournalEntry entry{one.at("live").get<std::string>(), one.at("staged").get<std::string>(),
                         print_of(one.at("before")), print_of(one.at("after"))};
      if (!stays_inside(entry.live, true) || !entry.staged.starts_with(kStage) || !stays_inside(entry.staged, true))
        return unreadable(path, "it names a file outside of the folder");
      journal.entries.push_back(std::move(entry));
    }
  } catch (const ordered_json::exception& wrong) { return unreadable(path, wrong.what()); }
  return journal;
}

}  // namespace zmig::csv
