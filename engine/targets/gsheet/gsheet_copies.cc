// Backups that Google keeps (google-sheets.md A12): hidden copies of sheets, and a copy of the whole document in Drive.
// Extras: nothing here is relied on, and nothing here touches what a migration is about.
#include <algorithm>
#include <charconv>
#include <utility>

#include <fmt/format.h>
#include <zmig/json_text.h>

#include "base/running_hash.h"
#include "base/text.h"
#include "model/names.h"
#include "targets/gsheet/gsheet_target.h"
#include "targets/gsheet/json_pull.h"
#include "targets/gsheet/requests.h"

namespace zmig {
namespace {

constexpr int kTries = 3;
constexpr std::chrono::milliseconds kPause{1'000};
constexpr std::size_t kTitlePart = 40, kNamePart = 56;  // of the 100 characters that a title may have
constexpr std::int64_t kMostCells = 10'000'000;
constexpr std::string_view kScheme = "gsheet:", kTabs = "#gid=";

/// The first or last so many code points.
std::string first_part(const std::string& text, std::size_t most) {
  std::size_t at = 0;
  for (std::size_t left = most; at < text.size() && left > 0; --left) {
    ++at;
    while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U) ++at;
  }
  return text.substr(0, at);
}
std::string last_part(const std::string& text, std::size_t most) {
  std::size_t at = text.size();
  for (std::size_t left = most; at > 0 && left > 0; --left) {
    --at;
    while (at > 0 && (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U) --at;
  }
  return text.substr(at);
}

/// A location in its parts. Empty document: it is none of ours.
struct CopyPlace {
  std::string document;
  std::vector<std::int64_t> tabs;
};
CopyPlace place_in(const std::string& location) {
  CopyPlace place;
  if (!location.starts_with(kScheme)) return place;
  const std::size_t mark = location.find(kTabs);
  place.document = location.substr(kScheme.size(), mark == std::string::npos ? mark : mark - kScheme.size());
  if (mark == std::string::npos) return place;
  for (const std::string& word : split(location.substr(mark + kTabs.size()), ',')) {
    std::int64_t id = 0;
    std::from_chars(word.data(), word.data() + word.size(), id);
    place.tabs.push_back(id);
  }
  return place;
}

/// Of a file of Drive.
struct DriveFile {
  std::string id;
  bool trashed = false;
};
void read_file(gsheet::JsonPull& in, DriveFile& file) {
  in.object([&](std::string_view key) {
    if (key == "id") {
      file.id = in.string();
    } else if (key == "trashed") {
      file.trashed = in.boolean();
    } else {
      in.skip();
    }
  });
}

Error unread() {
  Error error = make_error(Errc::transient, "ZM0411", "the answer of Drive cannot be read");
  error.effect = Effect::unknown;
  return error;
}

}  // namespace

Result<KeptCopy> GsheetTarget::keep_copy(const CopyOrder& order) {
  if (order.mode == "sheet-copy") return copy_sheets(order);
  if (order.mode == "service-copy") return copy_document(order);
  return make_error(Errc::unsupported, "ZM0325", fmt::format("a gsheet target keeps no {}", order.mode));
}

Result<bool> GsheetTarget::has_copy(const std::string& location) {
  const CopyPlace place = place_in(location);
  if (place.document.empty()) return false;
  if (!place.tabs.empty()) {
    if (place.document != id_) return false;
    ZMIG_CHECK_OK(look());
    return std::all_of(place.tabs.begin(), place.tabs.end(), [&](std::int64_t id) {
      return std::any_of(seen_.copies.begin(), seen_.copies.end(), [&](const auto& one) { return one.id == id; });
    });
  }
  const auto answer = api_->call(
      {"GET", fmt::format("/drive/v3/files/{}?supportsAllDrives=true&fields=id,trashed", place.document), "", false});
  if (!answer && answer.error().code == Errc::not_found) return false;
  if (!answer) return answer.error();
  DriveFile file;
  gsheet::JsonPull in(answer->body);
  read_file(in, file);
  if (!in.at_end() || file.id != place.document) return unread();
  return !file.trashed;
}

Status GsheetTarget::drop_copy(const std::string& location) {
  const CopyPlace place = place_in(location);
  if (place.document.empty()) return ok();
  if (!place.tabs.empty()) return place.document == id_ ? drop_sheets(place.tabs) : ok();
  if (place.document == id_) return ok();  // never the spreadsheet itself
  // Into the bin, not away for good: somebody may have gone on in it.
  const auto answer =
      api_->call({"PATCH", fmt::format("/drive/v3/files/{}?supportsAllDrives=true&fields=id,trashed", place.document),
                  R"({"trashed":true})", true});
  if (answer || answer.error().code == Errc::not_found) return ok();
  if (answer.error().effect == Effect::unknown) {
    ZMIG_TRY(const bool there, has_copy(location));
    if (!there) return ok();
  }
  return answer.error();
}

// --- Hidden sheets ---------------------------------------------------------------------------------------------------

Result<std::vector<GsheetTarget::NewTab>> GsheetTarget::new_tabs(const CopyOrder& order) {
  std::vector<NewTab> made;
  std::int64_t cells = 0;
  for (const gsheet::Tab& tab : seen_.tabs) cells += tab.cells;
  const auto used = [&](const auto& same) {
    return std::any_of(seen_.tabs.begin(), seen_.tabs.end(), same) ||
           std::any_of(made.begin(), made.end(), [&](const NewTab& one) { return same(one.tab); });
  };
  for (const std::string& id : order.sheets) {
    const std::size_t index = seen_.index_of(id);
    if (index == seen_.sheets.size()) continue;
    const gsheet::SheetState& state = seen_.sheets[index];
    const std::string& title = std::as_const(seen_.book.schema).sheets[index].title;
    NewTab one;
    one.source = state.id;
    one.tab.hidden = true;
    one.tab.cells = state.rows * state.columns;
    cells += one.tab.cells;
    for (int attempt = 0;; ++attempt) {
      // The same for the same backup: a batch that arrives twice is refused the second time.
      one.tab.id = static_cast<std::int64_t>(hash64(fmt::format("{}#{}#{}#{}", id_, order.name, state.id, attempt)) &
                                             0x7fffffffU);
      if (one.tab.id > 0 && !used([&](const gsheet::Tab& tab) { return tab.id == one.tab.id; })) break;
    }
    for (int attempt = 1;; ++attempt) {
      one.tab.title = fmt::format("{} {}{}", first_part(title, kTitlePart), last_part(order.name, kNamePart),
                                  attempt == 1 ? std::string() : fmt::format(" {}", attempt));
      if (!used([&](const gsheet::Tab& tab) { return same_title_without_case(tab.title, one.tab.title); })) break;
    }
    made.push_back(std::move(one));
  }
  if (cells > kMostCells) {
    return make_error(
        Errc::conflict, "ZM0413",
        fmt::format("with copies of its sheets the spreadsheet would have {} cells, Google Sheets takes {}",
                    grouped(static_cast<std::uint64_t>(cells)), grouped(kMostCells)),
        "take `sheet-copy` out of `modes`, or delete empty rows and columns");
  }
  return made;
}

/// Sent until it is known to have landed; the ids of the new sheets make it land once at most.
Status GsheetTarget::send_copies(const std::string& body, const std::vector<NewTab>& tabs) {
  for (int attempt = 1;; ++attempt) {
    Status sent = post(body);
    if (sent || sent.error().effect != Effect::unknown) return sent;
    ZMIG_TRY(const gsheet::RawBook now, ask_raw(id_));
    const bool there = std::any_of(now.sheets.begin(), now.sheets.end(),
                                   [&](const gsheet::RawSheet& sheet) { return sheet.id == tabs.front().tab.id; });
    if (there) return ok();
    if (attempt == kTries) return sent;
    ports_.clock.sleep(kPause);
  }
}

Result<KeptCopy> GsheetTarget::copy_sheets(const CopyOrder& order) {
  ZMIG_CHECK_OK(look());
  ZMIG_TRY(const std::vector<NewTab> tabs, new_tabs(order));
  if (tabs.empty()) return make_error(Errc::unsupported, "ZM0325", "no sheet that is there already is changed");
  gsheet::Requests requests;
  std::size_t index = seen_.tabs.size();
  for (const NewTab& one : tabs) {
    requests.duplicate_sheet(one.source, one.tab.id, index++, one.tab.title);
    requests.hide_sheet(one.tab.id, true);
    requests.create_tag(gsheet::kCopyKey, order.name, one.tab.id);
  }
  ZMIG_CHECK_OK(send_copies(std::move(requests).body(), tabs));
  ZMIG_TRY(const gsheet::RawBook raw, ask_raw(id_));
  const auto sheet_of = [&raw](std::int64_t id) {
    return std::find_if(raw.sheets.begin(), raw.sheets.end(), [&](const auto& sheet) { return sheet.id == id; });
  };
  KeptCopy kept{fmt::format("{}{}{}", kScheme, id_, kTabs), tabs.size()};
  for (const NewTab& one : tabs) {
    const auto copy = sheet_of(one.tab.id), source = sheet_of(one.source);
    if (copy == raw.sheets.end() || source == raw.sheets.end() ||
        gsheet::digest_of(raw, *copy) != gsheet::digest_of(raw, *source)) {
      return make_error(Errc::conflict, "ZM0501",
                        fmt::format("the copy {} is not what it was made of", quoted(one.tab.title)),
                        "somebody may be typing there; the copy is hidden, and may be deleted by hand");
    }
    kept.location += fmt::format("{}{}", kept.location.ends_with('=') ? "" : ",", one.tab.id);
  }
  // What was read before stays as it was, but for the new sheets; if it did not, the look before the write finds it.
  ZMIG_TRY(gsheet::Snapshot now, gsheet::understand(raw, {options_.header_rows, api_->account()}));
  const std::size_t before = seen_.tabs.size();
  for (const NewTab& one : tabs) seen_.tabs.push_back(one.tab);
  if (gsheet::first_difference(seen_, now).empty()) {
    seen_.copies = std::move(now.copies);
  } else {
    seen_.tabs.resize(before);
  }
  return kept;
}

Status GsheetTarget::drop_sheets(const std::vector<std::int64_t>& ids) {
  for (int attempt = 1;; ++attempt) {
    read_at_.reset();
    ZMIG_CHECK_OK(look());
    gsheet::Requests requests;
    for (const gsheet::CopiedTab& one : seen_.copies) {  // what bears our mark, and nothing else
      if (std::find(ids.begin(), ids.end(), one.id) != ids.end()) requests.delete_sheet(one.id);
    }
    if (requests.count() == 0) return ok();
    Status sent = post(std::move(requests).body());
    read_at_.reset();
    if (sent || sent.error().effect != Effect::unknown || attempt == kTries) return sent;
    ports_.clock.sleep(kPause);
  }
}

// --- A copy in Drive -------------------------------------------------------------------------------------------------

Result<std::string> GsheetTarget::find_document(const std::string& name) {
  std::string literal;
  for (const char c : name) {
    if (c == '\'' || c == '\\') literal += '\\';
    literal += c;
  }
  ZMIG_TRY(const gsheet::Answer answer,
           api_->call({"GET",
                       fmt::format("/drive/v3/files?supportsAllDrives=true&includeItemsFromAllDrives=true&fields="
                                   "files(id,trashed)&q={}",
                                   gsheet::percent_encoded(fmt::format("name = '{}' and trashed = false", literal))),
                       "", false}));
  std::vector<std::string> found;
  gsheet::JsonPull in(answer.body);
  in.object([&](std::string_view key) {
    if (key != "files") return in.skip();
    in.array([&] {
      DriveFile file;
      read_file(in, file);
      if (!file.trashed) found.push_back(file.id);
    });
  });
  if (!in.at_end()) return unread();
  return found.size() == 1 ? found.front() : std::string();
}

/// The id of the copy. Drive knows no request that is carried out once: one without an answer is looked for by its
/// name.
Result<std::string> GsheetTarget::make_document(const std::string& name, const std::string& folder) {
  JsonText body;
  body.open('{').key("name").text(name);
  if (!folder.empty()) body.key("parents").open('[').text(folder).close(']');
  body.close('}');
  auto made = [&]() -> Result<std::string> {
    ZMIG_TRY(const gsheet::Answer answer,
             api_->call({"POST", fmt::format("/drive/v3/files/{}/copy?supportsAllDrives=true&fields=id", id_),
                         body.take(), true}));
    DriveFile file;
    gsheet::JsonPull in(answer.body);
    read_file(in, file);
    if (!in.at_end() || !spreadsheet_id(file.id) || file.id == id_) return unread();
    return file.id;
  }();
  if (made || made.error().effect != Effect::unknown) return made;
  for (int attempt = 1; attempt <= kTries; ++attempt) {
    ports_.clock.sleep(kPause);
    const auto found = find_document(name);
    if (found && !found->empty() && *found != id_) return *found;
  }
  return make_error(
      made.error().code, made.error().zm,
      fmt::format("nobody can say whether Drive made the copy {}: {}", quoted(name), made.error().message),
      "look for it in Drive; nothing relies on it");
}

Result<std::uint64_t> GsheetTarget::compare_document(const std::string& copy) {
  ZMIG_TRY(const gsheet::RawBook theirs, ask_raw(copy));
  const auto difference = [&](const gsheet::RawBook& ours) -> std::string {
    for (const gsheet::RawSheet& sheet : ours.sheets) {
      const auto same = std::find_if(theirs.sheets.begin(), theirs.sheets.end(),
                                     [&](const gsheet::RawSheet& one) { return one.title == sheet.title; });
      if (same == theirs.sheets.end() || gsheet::digest_of(theirs, *same) != gsheet::digest_of(ours, sheet))
        return sheet.title;
    }
    return {};
  };
  std::string where;
  for (int attempt = 1; attempt <= kTries; ++attempt) {
    if (attempt > 1) ports_.clock.sleep(kPause);
    ZMIG_TRY(const gsheet::RawBook ours, ask_raw(id_));
    where = difference(ours);
    if (where.empty()) return std::uint64_t{ours.sheets.size()};
  }
  return make_error(Errc::conflict, "ZM0501", fmt::format("the copy of {} is not what it was made of", quoted(where)),
                    "somebody may be typing there");
}

Result<KeptCopy> GsheetTarget::copy_document(const CopyOrder& order) {
  ZMIG_TRY(const std::string folder, gsheet::folder_id(order.folder));
  ZMIG_TRY(const std::string copy, make_document(order.name, folder));
  const std::string location = std::string(kScheme) + copy;
  const auto compared = compare_document(copy);
  if (compared) return KeptCopy{location, *compared};
  Error error = compared.error();
  // One that cannot be relied on is not left lying about.
  if (const Status gone = drop_copy(location); !gone)
    error.help = fmt::format("{} is still there: delete it by hand ({})", location, gone.error().message);
  return error;
}

}  // namespace zmig
