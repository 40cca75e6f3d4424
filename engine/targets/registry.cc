// The kinds of target that this program knows. A new kind is one row here and one folder beside this file.
#include <array>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <zmig/target.h>

#include "base/text.h"
#include "targets/csv/csv_target.h"
#include "targets/gsheet/gsheet_target.h"
#include "targets/memory/memory_target.h"
#include "targets/sqlite/sqlite_target.h"
#include "targets/xlsx/xlsx_target.h"

namespace zmig {
namespace {

template <class Concrete>
Result<std::unique_ptr<Target>> as_target(Result<std::unique_ptr<Concrete>> opened) {
  if (!opened) return std::move(opened).error();
  return std::unique_ptr<Target>(std::move(*opened));
}

Result<std::unique_ptr<Target>> open_memory(const std::string&, const TargetOptions&, Ports&) {
  return std::unique_ptr<Target>(std::make_unique<MemoryTarget>());
}

Result<std::unique_ptr<Target>> open_sqlite(const std::string& rest, const TargetOptions& options, Ports&) {
  return as_target(SqliteTarget::open(rest, options));
}

Result<std::unique_ptr<Target>> open_csv(const std::string& rest, const TargetOptions& options, Ports& ports) {
  return as_target(CsvTarget::open(rest, options, ports.files));
}

Result<std::unique_ptr<Target>> open_xlsx(const std::string& rest, const TargetOptions& options, Ports&) {
  return as_target(XlsxTarget::open(rest, options));
}

Result<std::vector<CopiedSheet>> make_xlsx(const std::string& rest, const TargetOptions&, Ports& ports, CellView& from,
                                           std::span<const std::string> sheet_ids, std::span<const Stamp> stamps) {
  return create_xlsx(rest, ports, from, sheet_ids, stamps);
}

Result<std::unique_ptr<Target>> open_gsheet(const std::string& rest, const TargetOptions& options, Ports& ports) {
  return as_target(GsheetTarget::open(rest, options, ports));
}

std::vector<AccessCheck> examine_gsheet(const std::string& rest, const TargetOptions& options, Ports& ports) {
  const auto id = spreadsheet_id(rest);
  if (!id) return {{"reach", AccessCheck::Outcome::failed, id.error().message, id.error().help}};
  return gsheet::examine_access(*id, options.gsheet, ports);
}

constexpr std::array<TargetKind, 5> kKinds = {{
    {"sqlite", "SQLite workbook, one table a sheet", open_sqlite, create_sqlite, duplicate_sqlite},
    {"csv", "folder of csv files, one file a sheet", open_csv, create_csv, nullptr},
    {"xlsx", "Excel workbook, .xlsx, .xlsm, .xltx, edited in place", open_xlsx, make_xlsx, nullptr},
    {"gsheet", "live spreadsheet of Google Sheets, by its id or address", open_gsheet, create_gsheet, nullptr,
     examine_gsheet},
    {"memory", "empty workbook in memory, gone at the end of the process", open_memory, nullptr, nullptr},
}};

bool ends_with_name(std::string_view text, std::string_view ending) {
  if (text.size() <= ending.size()) return false;
  for (std::size_t i = 0; i < ending.size(); ++i) {
    const char c = text[text.size() - ending.size() + i];
    if ((c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c) != ending[i]) return false;
  }
  return true;
}

/// The letters in front of the first colon, when they can be a scheme. One letter is a drive of another system.
std::string_view scheme_of(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos || colon < 2) return {};
  for (const char c : text.substr(0, colon)) {
    const bool fits =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+' || c == '-';
    if (!fits) return {};
  }
  return text.substr(0, colon);
}

Error unknown_target(std::string message, std::string_view scheme) {
  std::vector<std::string> known;
  known.reserve(kKinds.size());
  for (const TargetKind& kind : kKinds) known.emplace_back(kind.scheme);
  std::string help = "known: ";
  for (std::size_t i = 0; i < known.size(); ++i) help += fmt::format("{}`{}:`", i == 0 ? "" : ", ", known[i]);
  if (const auto meant = scheme.empty() ? std::nullopt : nearest(scheme, known))
    help = fmt::format("did you mean `{}:`? {}", *meant, help);
  return make_error(Errc::invalid_input, "ZM0703", std::move(message), std::move(help));
}

}  // namespace

Result<std::unique_ptr<Target>> make_twin(Target& from) {
  ZMIG_TRY(auto stamps, from.stamps());
  ZMIG_TRY(auto twin, MemoryTarget::from_view(from, std::move(stamps)));
  return std::unique_ptr<Target>(std::make_unique<MemoryTarget>(std::move(twin)));
}

std::span<const TargetKind> target_kinds() { return kKinds; }

const TargetKind* find_target_kind(std::string_view scheme) {
  for (const TargetKind& kind : kKinds) {
    if (kind.scheme == scheme) return &kind;
  }
  return nullptr;
}

Result<TargetUrl> parse_target_url(std::string_view text, FileSystem& files) {
  const std::string_view scheme = scheme_of(text);
  if (find_target_kind(scheme) != nullptr) {
    const std::string_view rest = text.substr(scheme.size() + 1);
    if (rest.empty() && scheme != "memory") {
      return unknown_target(fmt::format("{} names no file", quoted(text)), {});
    }
    return TargetUrl{std::string(scheme), std::string(rest)};
  }
  const std::string path(text);
  if (!scheme.empty() && !files.exists(path)) {
    return unknown_target(fmt::format("there is no kind of target {} in {}", quoted(scheme), quoted(redact(text))),
                          scheme);
  }
  for (const std::string_view ending : {".db", ".sqlite", ".sqlite3"}) {
    if (ends_with_name(text, ending)) return TargetUrl{"sqlite", path};
  }
  // The last three are refused by name when they are opened.
  for (const std::string_view ending : {".xlsx", ".xlsm", ".xltx", ".xltm", ".xls", ".xlt", ".xlsb"}) {
    if (ends_with_name(text, ending)) return TargetUrl{"xlsx", path};
  }
  if (ends_with_name(text, ".csv") || files.list(path)) return TargetUrl{"csv", path};
  return unknown_target(fmt::format("{} does not say what kind of target it is", quoted(redact(text))), {});
}

Result<std::unique_ptr<Target>> open_target(const TargetUrl& url, const TargetOptions& options, Ports& ports) {
  const TargetKind* kind = find_target_kind(url.scheme);
  if (kind == nullptr)
    return unknown_target(fmt::format("there is no kind of target {}", quoted(url.scheme)), url.scheme);
  auto opened = kind->open(url.rest, options, ports);
  // What was taken for a path may be an address with a password in it.
  if (!opened) opened.error().message = redact(opened.error().message);
  return opened;
}

}  // namespace zmig
