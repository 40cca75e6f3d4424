// The part of Drive v3 that programs for spreadsheets use, and the CSV upload of v2.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <optional>

#include "number_format.h"
#include "world.h"

namespace sheets_server {

namespace {

using Operation = Refusal (*)(Call&);

ApiError no_file(const std::string& id) {
  ApiError error = not_found();
  error.message = fmt::format("File not found: {}.", id);
  error.reason = "notFound";
  error.parameter = "fileId";
  return error;
}

ApiError bad_value(const std::string& parameter) {
  ApiError error = invalid("Invalid Value");
  error.reason = "invalid";
  error.parameter = parameter;
  return error;
}

Refusal open(Call& call, bool write, File*& file) {
  file = call.world.file(call.in_path("fileId"));
  if (file == nullptr || (!file->forbidden && !call.world.may_read(*file, call.caller)))
    return no_file(call.in_path("fileId"));
  if (file->forbidden || (write && !call.world.may_write(*file, call.caller))) {
    ApiError error = no_permission();
    error.message = "The user does not have sufficient permissions for this file.";
    return error;
  }
  call.world.settle(*file);
  return {};
}

// Every member of a file that this server knows.
Json full(const File& f) {
  Json out = object();
  out["kind"] = "drive#file";
  out["id"] = f.id;
  out["name"] = f.name;
  out["mimeType"] = f.mime;
  out["trashed"] = f.trashed;
  Json parents = Json::array();
  for (const std::string& parent : f.parents) parents.push_back(parent);
  if (!parents.empty()) out["parents"] = std::move(parents);
  out["version"] = std::to_string(f.version);
  if (f.mime == kSpreadsheetMime)
    out["webViewLink"] = "https://docs.google.com/spreadsheets/d/" + f.id + "/edit?usp=drivesdk";
  out["createdTime"] = time_text(f.created);
  out["modifiedTime"] = time_text(f.modified);
  Json owner = object();
  owner["kind"] = "drive#user";
  owner["displayName"] = f.owner;
  owner["emailAddress"] = f.owner;
  out["owners"] = Json::array({owner});
  out["permissions"] = f.permissions;
  return out;
}

Json shown(const Call& call, const File& f, const Mask* mask) {
  Json out = full(f);
  const bool write = call.world.may_write(f, call.caller);
  out["capabilities"] = Json{{"canEdit", write}, {"canCopy", true}, {"canShare", write}};
  if (mask == nullptr && !call.has_mask) {
    Json brief = object();
    for (const char* name : {"kind", "id", "name", "mimeType"}) brief[name] = out[name];
    return brief;
  }
  prune(out, mask != nullptr ? *mask : call.mask);
  return out;
}

Refusal storage(Call& call) {
  if (call.caller.email.find(".gserviceaccount.com") == std::string::npos) return {};
  SHEETS_TRY(call.rests_on("serviceAccountStorage"));
  if (call.world.settings.knob("serviceAccountStorage") == "unlimited") return {};
  ApiError error = no_permission();
  error.message = "The user's Drive storage quota has been exceeded.";
  error.domain = "usageLimits";
  error.reason = "storageQuotaExceeded";
  return error;
}

std::vector<std::string> texts(const Json& list) {
  std::vector<std::string> out;
  for (const Json& item : list) out.push_back(item.get<std::string>());
  return out;
}

// Makes a file of the caller, in the folders of the request and with what is to be in it, and answers it.
void made_file(Call& call, const std::string& name, const std::string& mime, const Spreadsheet* content) {
  File& made = call.world.create(name, mime, call.caller.email);
  made.parents = texts(member(call.body, "parents"));
  if (content != nullptr && made.book) {
    Spreadsheet book = *content;
    book.id = made.id;
    book.properties["title"] = name;
    made.book = std::make_shared<const Spreadsheet>(std::move(book));
  }
  call.committed = made.id;
  call.answer = shown(call, made, nullptr);
}

Refusal files_create(Call& call) {
  const std::string mime = text_of(call.body, "mimeType");
  if (mime != kSpreadsheetMime && mime != kFolderMime) return not_implemented("files.create of " + mime);
  SHEETS_TRY(storage(call));
  made_file(call, text_of(call.body, "name", "Untitled"), mime, nullptr);
  return {};
}

Refusal files_get(Call& call) {
  File* file = nullptr;
  SHEETS_TRY(open(call, false, file));
  call.answer = shown(call, *file, nullptr);
  return {};
}

// ---- the query language of files.list ----

struct Term {
  std::string name;
  std::string value;
  bool in = false;
};

std::optional<std::string> quoted(const std::string& text, std::size_t& place) {
  if (place >= text.size() || (text[place] != '\'' && text[place] != '"')) return std::nullopt;
  const char mark = text[place++];
  std::string out;
  for (; place < text.size() && text[place] != mark; ++place) {
    if (text[place] == '\\' && place + 1 < text.size()) ++place;
    out += text[place];
  }
  if (place >= text.size()) return std::nullopt;
  ++place;
  return out;
}

// name = "x" and mimeType = 'y' and trashed = false and 'id' in parents
std::optional<std::vector<Term>> parse_query(const std::string& text) {
  std::vector<Term> out;
  std::size_t n = 0;
  const auto skip = [&] {
    while (n < text.size() && text[n] == ' ') ++n;
  };
  const auto word = [&] {
    skip();
    std::string w;
    while (n < text.size() && std::isalpha(static_cast<unsigned char>(text[n])) != 0) w += text[n++];
    return w;
  };
  for (;;) {
    skip();
    if (auto id = quoted(text, n)) {
      if (word() != "in" || word() != "parents") return std::nullopt;
      out.push_back({"parents", *id, true});
    } else {
      Term term;
      term.name = word();
      skip();
      if (n >= text.size() || text[n] != '=') return std::nullopt;
      ++n;
      skip();
      if (auto value = quoted(text, n))
        term.value = *value;
      else
        term.value = word();
      const bool known = term.name == "name" || term.name == "mimeType" ||
                         (term.name == "trashed" && (term.value == "true" || term.value == "false"));
      if (!known) return std::nullopt;
      out.push_back(std::move(term));
    }
    skip();
    if (n == text.size()) return out;
    if (word() != "and") return std::nullopt;
  }
}

bool fits(const File& f, const Term& term) {
  if (term.name == "name") return f.name == term.value;
  if (term.name == "mimeType") return f.mime == term.value;
  if (term.name == "trashed") return f.trashed == (term.value == "true");
  return std::find(f.parents.begin(), f.parents.end(), term.value) != f.parents.end();
}

Refusal files_list(Call& call) {
  std::vector<Term> terms;
  if (const std::string q = call.parameter("q"); !q.empty()) {
    const auto parsed = parse_query(q);
    if (!parsed) return bad_value("q");
    terms = *parsed;
  }
  const std::string size_text = call.parameter("pageSize");
  const int size = size_text.empty() ? 100 : std::atoi(size_text.c_str());
  if (size < 1 || size > 1000) return bad_value("pageSize");
  std::vector<const File*> found;
  for (File& f : call.world.files) {
    if (!call.world.may_read(f, call.caller)) continue;
    call.world.settle(f);
    if (std::all_of(terms.begin(), terms.end(), [&f](const Term& t) { return fits(f, t); })) found.push_back(&f);
  }
  std::sort(found.begin(), found.end(), [](const File* a, const File* b) {
    return a->modified != b->modified ? a->modified > b->modified : a->sequence > b->sequence;
  });
  const auto from = static_cast<std::size_t>(std::max(std::atoi(call.parameter("pageToken").c_str()), 0));
  const std::size_t to = std::min(from + static_cast<std::size_t>(size), found.size());
  Json files = Json::array();
  const Mask* below = call.has_mask ? call.mask.below("files") : nullptr;
  for (std::size_t n = from; n < to; ++n) files.push_back(shown(call, *found[n], below));
  const auto wants = [&call](const char* name) { return !call.has_mask || call.mask.wants(name); };
  if (wants("nextPageToken") && to < found.size()) call.answer["nextPageToken"] = std::to_string(to);
  if (wants("kind")) call.answer["kind"] = "drive#fileList";
  if (wants("incompleteSearch")) call.answer["incompleteSearch"] = false;
  if (wants("files")) call.answer["files"] = std::move(files);
  return {};
}

void rename(Call& call, File& file, const std::string& name) {
  file.name = name;
  if (!file.book) return;
  Spreadsheet book = *file.book;
  book.properties["title"] = name;
  call.world.commit(file, std::move(book));
}

Refusal files_update(Call& call) {
  File* file = nullptr;
  SHEETS_TRY(open(call, true, file));
  if (call.body.contains("name")) rename(call, *file, text_of(call.body, "name"));
  if (call.body.contains("trashed")) file->trashed = flag(call.body, "trashed");
  if (const std::string added = call.parameter("addParents"); !added.empty()) file->parents.push_back(added);
  if (const std::string gone = call.parameter("removeParents"); !gone.empty())
    file->parents.erase(std::remove(file->parents.begin(), file->parents.end(), gone), file->parents.end());
  file->modified = call.world.clock.now();
  ++file->version;
  call.committed = file->id;
  call.answer = shown(call, *file, nullptr);
  return {};
}

Refusal files_copy(Call& call) {
  File* source = nullptr;
  SHEETS_TRY(open(call, false, source));
  SHEETS_TRY(storage(call));
  const std::string name = text_of(call.body, "name", "Copy of " + source->name);
  Spreadsheet copy = source->book ? *source->book : Spreadsheet{};
  const std::string mime = source->mime;
  if (!copy.metadata.empty()) {
    SHEETS_TRY(call.rests_on("copyKeepsDeveloperMetadata"));
    if (call.world.settings.knob("copyKeepsDeveloperMetadata") == "no") copy.metadata.clear();
  }
  made_file(call, name, mime, &copy);
  return {};
}

// What is answered when something was deleted.
void answer_nothing(Call& call, const std::string& file) {
  call.committed = file;
  call.status = 204;
  call.plain = true;
  call.text_type = "text/html";
}

Refusal files_delete(Call& call) {
  File* file = nullptr;
  SHEETS_TRY(open(call, true, file));
  answer_nothing(call, file->id);
  call.world.files.erase(call.world.files.begin() + (file - call.world.files.data()));
  return {};
}

std::string csv_field(const std::string& text) {
  if (text.find_first_of(",\"\n\r") == std::string::npos) return text;
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"') out += c;
    out += c;
  }
  return out + "\"";
}

Refusal files_export(Call& call) {
  File* file = nullptr;
  SHEETS_TRY(open(call, false, file));
  if (call.parameter("mimeType") != "text/csv") return not_implemented("files.export to " + call.parameter("mimeType"));
  if (!file->book) return bad_value("fileId");
  const Sheet& sheet = *file->book->sheets.front();
  const Range used = sheet.used();
  const Locale locale = locale_of(text_of(file->book->properties, "locale"));
  for (int r = 0; r < used.row1; ++r) {
    if (r > 0) call.text += "\r\n";
    for (int c = 0; c < used.column1; ++c) {
      if (c > 0) call.text += ',';
      if (const Cell* cell = sheet.cell(r, c))
        call.text += csv_field(format_value(cell->effective(), number_format(*cell), locale));
    }
  }
  if (static_cast<std::int64_t>(call.text.size()) > call.world.settings.limit("exportBytes")) {
    ApiError error = no_permission();
    error.message = "This file is too large to be exported.";
    error.reason = "exportSizeLimitExceeded";
    return error;
  }
  call.plain = true;
  call.text_type = "text/csv";
  return {};
}

Refusal permissions_list(Call& call) {
  File* file = nullptr;
  SHEETS_TRY(open(call, false, file));
  call.answer = Json{{"kind", "drive#permissionList"}, {"permissions", file->permissions}};
  return {};
}

Refusal permissions_create(Call& call) {
  File* file = nullptr;
  SHEETS_TRY(open(call, true, file));
  Json permission = object();
  permission["kind"] = "drive#permission";
  permission["id"] = call.world.ids.token(20);
  for (const char* name : {"type", "emailAddress", "domain", "role"})
    if (const Json* value = find(call.body, name)) permission[name] = *value;
  file->permissions.push_back(permission);
  call.committed = file->id;
  Json brief = object();
  for (const char* name : {"kind", "id", "type", "role"})
    if (const Json* value = find(permission, name)) brief[name] = *value;
  call.answer = std::move(brief);
  return {};
}

Refusal permissions_delete(Call& call) {
  File* file = nullptr;
  SHEETS_TRY(open(call, true, file));
  const std::string id = call.in_path("permissionId");
  for (std::size_t n = 0; n < file->permissions.size(); ++n) {
    if (text_of(file->permissions[n], "id") != id) continue;
    file->permissions.erase(n);
    answer_nothing(call, file->id);
    return {};
  }
  ApiError error = not_found();
  error.message = fmt::format("Permission not found: {}.", id);
  error.reason = "notFound";
  error.parameter = "permissionId";
  return error;
}

Refusal revisions_list(Call& call) {
  File* file = nullptr;
  SHEETS_TRY(open(call, false, file));
  Json list = Json::array();
  for (const char* id : {"1", "2"})
    list.push_back(Json{
        {"kind", "drive#revision"}, {"id", id}, {"mimeType", file->mime}, {"modifiedTime", time_text(file->modified)}});
  call.answer = Json{{"kind", "drive#revisionList"}, {"revisions", list}};
  return {};
}

Refusal comments_list(Call& call) {
  File* file = nullptr;
  SHEETS_TRY(open(call, false, file));
  call.answer = Json{{"kind", "drive#commentList"}, {"comments", Json::array()}};
  return {};
}

Refusal start_page_token(Call& call) {
  call.answer = Json{{"kind", "drive#startPageToken"}, {"startPageToken", std::to_string(call.world.sequence)}};
  return {};
}

Refusal changes_list(Call& call) {
  const auto since = static_cast<std::int64_t>(std::atoll(call.parameter("pageToken").c_str()));
  Json list = Json::array();
  for (const File& f : call.world.files) {
    if (f.sequence <= since || !call.world.may_read(f, call.caller)) continue;
    Json file = object();
    for (const char* name : {"kind", "id", "name", "mimeType"}) file[name] = full(f)[name];
    list.push_back(Json{{"kind", "drive#change"},
                        {"fileId", f.id},
                        {"time", time_text(f.modified)},
                        {"removed", false},
                        {"file", file}});
  }
  call.answer =
      Json{{"kind", "drive#changeList"}, {"newStartPageToken", std::to_string(call.world.sequence)}, {"changes", list}};
  return {};
}

Refusal about_get(Call& call) {
  if (!call.has_mask) {
    ApiError error = invalid("The 'fields' parameter is required for this method.");
    error.reason = "required";
    error.parameter = "fields";
    return error;
  }
  const bool machine = call.caller.email.find(".gserviceaccount.com") != std::string::npos &&
                       call.world.settings.knob("serviceAccountStorage") != "unlimited";
  call.answer = Json{{"kind", "drive#about"},
                     {"storageQuota", Json{{"limit", machine ? "0" : "16106127360"}, {"usage", "0"}}},
                     {"user", Json{{"kind", "drive#user"},
                                   {"displayName", call.caller.email},
                                   {"me", true},
                                   {"emailAddress", call.caller.email}}}};
  return {};
}

// ---- CSV upload (v2) ----

std::vector<std::vector<std::string>> csv_rows(const std::string& text) {
  std::vector<std::vector<std::string>> out;
  std::vector<std::string> row;
  std::string field;
  bool inside = false;
  bool any = false;
  const auto end_row = [&] {
    row.push_back(field);
    field.clear();
    out.push_back(row);
    row.clear();
    any = false;
  };
  for (std::size_t n = 0; n < text.size(); ++n) {
    const char c = text[n];
    any = any || c != '\r';
    if (inside) {
      if (c != '"')
        field += c;
      else if (n + 1 < text.size() && text[n + 1] == '"')
        field += text[++n];
      else
        inside = false;
    } else if (c == '"') {
      inside = true;
    } else if (c == ',') {
      row.push_back(field);
      field.clear();
    } else if (c == '\n') {
      end_row();
    } else if (c != '\r') {
      field += c;
    }
  }
  if (any || !row.empty()) end_row();
  return out;
}

Refusal upload(Call& call) {
  File* file = nullptr;
  SHEETS_TRY(open(call, true, file));
  if (!file->book) return bad_value("fileId");
  Spreadsheet book = new_spreadsheet(file->id, file->name);
  book.properties["timeZone"] = "America/Los_Angeles";
  const auto rows = csv_rows(call.raw_body);
  std::size_t widest = 0;
  for (const auto& row : rows) widest = std::max(widest, row.size());
  Sheet& sheet = book.sheets.front().edit();
  sheet.id = call.world.ids.number();
  sheet.title = file->name;
  sheet.row_count = std::max(sheet.row_count, count(rows));
  sheet.column_count = std::max(sheet.column_count, static_cast<int>(widest));
  Context context = context_on(call, *file, book);
  for (int r = 0; r < count(rows); ++r) {
    for (int c = 0; c < count(rows[at(r)]); ++c) {
      const std::string& text = rows[at(r)][at(c)];
      char* end = nullptr;
      const double parsed = std::strtod(text.c_str(), &end);
      const bool is_number =
          !text.empty() && *end == '\0' && text.find_first_not_of("0123456789.+-eE") == std::string::npos;
      sheet.put(r, c, text.empty() ? Value{} : is_number ? Value::of(parsed) : Value::of(text));
    }
  }
  recalculate_now(context);
  call.world.commit(*file, std::move(book));
  file->modified = call.world.clock.now();
  ++file->version;
  call.committed = file->id;
  call.answer = Json{{"kind", "drive#file"},
                     {"id", file->id},
                     {"title", file->name},
                     {"mimeType", file->mime},
                     {"explicitlyTrashed", false}};
  return {};
}

}  // namespace

Refusal drive_method(Call& call) {
  static const std::map<std::string, Operation> kMethods = {
      {"drive.files.create", files_create},
      {"drive.files.get", files_get},
      {"drive.files.list", files_list},
      {"drive.files.update", files_update},
      {"drive.files.copy", files_copy},
      {"drive.files.delete", files_delete},
      {"drive.files.export", files_export},
      {"drive.permissions.list", permissions_list},
      {"drive.permissions.create", permissions_create},
      {"drive.permissions.delete", permissions_delete},
      {"drive.revisions.list", revisions_list},
      {"drive.comments.list", comments_list},
      {"drive.changes.getStartPageToken", start_page_token},
      {"drive.changes.list", changes_list},
      {"drive.about.get", about_get},
      {"drive2.upload", upload},
  };
  const auto it = kMethods.find(call.route.op);
  if (it == kMethods.end()) return not_implemented(call.route.op);
  return it->second(call);
}

}  // namespace sheets_server
