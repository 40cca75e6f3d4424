#include "world.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>

#include "number_format.h"
#include "text.h"

namespace sheets_server {

namespace {

std::int64_t steady_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

std::int64_t system_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

}  // namespace

ServerClock::ServerClock(std::int64_t start_ms, bool step)
    : start_(start_ms != 0 ? start_ms : system_ms()), step_(step), steady_start_(steady_ms()) {}

std::int64_t ServerClock::now() const { return start_ + shift_ + (step_ ? 0 : steady_ms() - steady_start_); }

void ServerClock::set(std::int64_t now_ms) { shift_ += now_ms - now(); }

std::string time_text(std::int64_t unix_ms) {
  const Json format{{"type", "DATE_TIME"}, {"pattern", "yyyy-mm-dd"}};
  const std::string date = format_value(Value::of(serial_of_time(unix_ms - unix_ms % 86400000)), &format, Locale{});
  const std::int64_t ms = unix_ms % 86400000;
  return fmt::format("{}T{:02}:{:02}:{:02}.{:03}Z", date, ms / 3600000, ms / 60000 % 60, ms / 1000 % 60, ms % 1000);
}

bool parse_time(const Json& json, std::int64_t& out_ms) {
  if (json.is_number_integer()) {
    out_ms = json.get<std::int64_t>();
    return true;
  }
  if (!json.is_string()) return false;
  const auto text = json.get<std::string>();
  if (!text.empty() && text.size() < 16 && text.find_first_not_of("0123456789") == std::string::npos) {
    out_ms = std::stoll(text);
    return true;
  }
  int y = 0;
  int mo = 0;
  int d = 0;
  int h = 0;
  int mi = 0;
  int s = 0;
  int ms = 0;
  int end = 0;
  const char* c = text.c_str();
  if (std::sscanf(c, "%4d-%2d-%2dT%2d:%2d:%2d%n", &y, &mo, &d, &h, &mi, &s, &end) != 6) return false;
  int end_of_ms = 0;
  if (c[end] == '.' && std::sscanf(c + end, ".%3d%n", &ms, &end_of_ms) == 1) end += end_of_ms;
  const std::chrono::year_month_day date{std::chrono::year(y), std::chrono::month(static_cast<unsigned>(mo)),
                                         std::chrono::day(static_cast<unsigned>(d))};
  if (text.substr(static_cast<std::size_t>(end)) != "Z" || !date.ok() || h > 23 || mi > 59 || s > 60) return false;
  const std::int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
  out_ms = (((days * 24 + h) * 60 + mi) * 60 + s) * 1000 + ms;
  return true;
}

void World::complain(const char* what, const std::string& op, const std::string& why) {
  constexpr std::size_t kMost = 100;
  if (complaints.size() < kMost) complaints.push_back(fmt::format("{} of {}: {}", what, op, why));
}

File* World::file(const std::string& id) {
  const auto it = std::find_if(files.begin(), files.end(), [&id](const File& f) { return f.id == id; });
  return it == files.end() ? nullptr : &*it;
}

File& World::create(const std::string& name, const std::string& mime, const std::string& owner) {
  File made;
  made.id = ids.spreadsheet();
  made.name = name;
  made.mime = mime;
  made.owner = owner;
  made.created = made.modified = clock.now();
  made.sequence = ++sequence;
  made.permissions = Json::array({Json{{"kind", "drive#permission"},
                                       {"id", ids.token(20)},
                                       {"type", "user"},
                                       {"emailAddress", owner},
                                       {"role", "owner"}}});
  if (mime == kSpreadsheetMime) made.book = std::make_shared<const Spreadsheet>(new_spreadsheet(made.id, name));
  files.push_back(std::move(made));
  return files.back();
}

void World::set_id(File& file, const std::string& id) {
  file.id = id;
  if (!file.book) return;
  Spreadsheet book = *file.book;
  book.id = id;
  file.book = std::make_shared<const Spreadsheet>(std::move(book));
}

bool World::may_read(const File& file, const Caller& caller) const {
  if (file.forbidden) return false;
  return file.owner == caller.email ||
         std::any_of(file.permissions.begin(), file.permissions.end(), [&caller](const Json& p) {
           return text_of(p, "type") == "anyone" || text_of(p, "emailAddress") == caller.email;
         });
}

bool World::may_write(const File& file, const Caller& caller) const {
  if (file.forbidden) return false;
  return file.owner == caller.email ||
         std::any_of(file.permissions.begin(), file.permissions.end(), [&caller](const Json& p) {
           const std::string role = text_of(p, "role");
           return (role == "writer" || role == "owner") &&
                  (text_of(p, "type") == "anyone" || text_of(p, "emailAddress") == caller.email);
         });
}

void World::settle(File& file) const {
  if (file.unsettled == 0 || clock.now() < file.committed_ms + settings.number("driveLag") * 1000) return;
  file.modified = std::max(file.modified, file.committed_ms);
  file.version += file.unsettled;
  file.unsettled = 0;
}

void World::commit(File& file, Spreadsheet book) {
  settle(file);
  for (Cow<Sheet>& sheet : book.sheets) {
    const Sheet* old = file.book ? file.book->sheet(sheet->id) : nullptr;
    if (old != &*sheet) sheet.edit().trim();
  }
  for (auto it = book.gone_names.begin(); it != book.gone_names.end();) {
    const bool forgotten = ++it->second > std::max<std::int64_t>(settings.number("namedRangeLag"), 1);
    it = forgotten ? book.gone_names.erase(it) : std::next(it);
  }
  const std::string title = text_of(book.properties, "title");
  if (title != file.name) {  // the title is a property of the file in Drive
    file.name = title;
    file.modified = clock.now();
    ++file.version;
  } else {
    ++file.unsettled;
  }
  file.committed_ms = clock.now();
  file.before = file.book;
  file.book = std::make_shared<const Spreadsheet>(std::move(book));
  ++file.changes;
}

bool Call::flag_parameter(const std::string& name) const { return lower(parameter(name)) == "true"; }

std::string Call::in_path(const std::string& name) const {
  const auto it = route.path.find(name);
  return it == route.path.end() ? std::string{} : it->second;
}

Refusal Call::rests_on(const std::string& rule) {
  Spreadsheet none;
  const File nobody;
  return context_on(*this, nobody, none).rests_on(rule);
}

Context context_on(Call& call, const File& file, Spreadsheet& book) {
  std::vector<std::string> editors;
  for (const Json& p : file.permissions)
    if (text_of(p, "role") == "writer" || text_of(p, "role") == "owner") editors.push_back(text_of(p, "emailAddress"));
  return Context{book,       call.world.discovery, call.world.settings,    call.world.ids,        call.caller,
                 file.owner, std::move(editors),   call.world.clock.now(), &call.world.deviations};
}

}  // namespace sheets_server
