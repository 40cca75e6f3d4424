// What credentials may do with a spreadsheet, asked without changing anything: for `doctor`, before a run finds it out.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "targets/gsheet/wire.h"

namespace zmig::gsheet {
namespace {

using enum AccessCheck::Outcome;

constexpr std::uint32_t kOfGoogle = 60;  ///< reads, and writes, per minute, user and project
constexpr std::chrono::milliseconds kSlack = std::chrono::minutes(2);

class Examination {
 public:
  Examination(std::string id, GsheetOptions options, Ports& ports)
      : id_(std::move(id)), options_(std::move(options)), ports_(ports) {
    options_.read_only = false;  // what writing needs is asked for
    options_.max_wait = std::min(options_.max_wait, std::chrono::milliseconds(30'000));
  }

  std::vector<AccessCheck> run() {
    auto wire = connect_wire(options_, ports_, id_, nullptr);
    if (!wire) {
      say("credentials", wire.error());
      not_asked({"clock", "reach", "read", "write", "metadata", "share", "copy", "quota"}, "credentials");
      return std::move(found_);
    }
    wire_ = std::move(*wire);
    if (!reach()) return std::move(found_);
    clock();
    drive();
    write();
    metadata();
    quota();
    return std::move(found_);
  }

 private:
  void say(std::string id, AccessCheck::Outcome outcome, std::string message, std::string help = {}) {
    found_.push_back({std::move(id), outcome, std::move(message), std::move(help)});
  }
  void say(std::string id, const Error& error) {
    say(std::move(id), failed, fmt::format("{}: {}", error.zm, error.message), error.help);
  }
  void not_asked(const std::vector<std::string>& ids, std::string_view because) {
    for (const std::string& id : ids) say(id, not_run, fmt::format("`{}` did not pass", because));
  }

  Result<Answer> get(const std::string& path) { return wire_->call({"GET", path, "", false}); }

  /// The first call: it brings the token too.
  bool reach() {
    const auto answer = get("/v4/spreadsheets/" + id_ + "?fields=spreadsheetId,properties.title");
    const auto& credentials = wire_->authority().credentials();
    const std::string who = wire_->account().empty() ? "" : wire_->account() + ", ";
    const std::string code = answer.has_value() ? std::string() : answer.error().zm;
    const bool token = code == "ZM0482" || code == "ZM0483" || code == "ZM0484" || code == "ZM0495";
    if (token) {
      say("credentials", answer.error());
      not_asked({"clock", "reach", "read", "write", "metadata", "share", "copy", "quota"}, "credentials");
      return false;
    }
    say("credentials", ok, fmt::format("{}from {}", who, credentials.found_in));
    if (!answer) {
      say("reach", answer.error());
      not_asked({"read", "write", "metadata", "share", "copy", "quota"}, "reach");
      return false;
    }
    say("reach", ok, "the spreadsheet answers");
    say("read", ok, "allowed");
    return true;
  }

  void clock() {
    const auto ahead = wire_->authority().clock_ahead();
    if (!ahead) return say("clock", not_run, "the service gave no time");
    const auto off = std::chrono::abs(*ahead);
    if (off <= kSlack) return say("clock", ok, "agrees with the service");
    say("clock", warning,
        fmt::format("this machine is {} {}", in_words(off), *ahead > std::chrono::milliseconds(0) ? "ahead" : "behind"),
        "set the clock (`timedatectl set-ntp true`): a service account gets no token with a wrong one");
  }

  /// Drive knows best who may do what; a token without its scope cannot ask.
  void drive() {
    const auto answer = get("/drive/v3/files/" + id_ +
                            "?supportsAllDrives=true&fields=name,mimeType,capabilities(canEdit,canCopy,canShare)");
    if (!answer) {
      const std::string why = fmt::format("not known: {}", answer.error().message);
      say("share", warning, why, answer.error().help);
      say("copy", warning, why, "the backup of the cells needs no Drive");
      return;
    }
    able_ = read_abilities(answer->body);
    if (!able_.understood) {
      say("share", not_run, "Drive does not say");
      say("copy", not_run, "Drive does not say");
      return;
    }
    if (able_.can_share)
      say("share", ok, "allowed");
    else
      say("share", warning, "this account may not share the spreadsheet", "nothing that zmig does needs it");
    copy();
  }

  void copy() {
    if (!able_.can_copy)
      return say("copy", warning, "this account may not copy the spreadsheet",
                 "the backup of the cells needs no Drive");
    if (!options_.copy_folder.empty()) return folder();
    const auto answer = get("/drive/v3/about?fields=user,storageQuota");
    const AboutMe me = answer ? read_about(answer->body) : AboutMe{};
    if (me.limit == 0)
      return say(
          "copy", warning, "a copy would belong to the service account, which owns no storage",
          "name a folder on a shared drive: `folder` in [env.NAME.backup]; the backup of the cells needs no Drive");
    if (me.limit > 0 && me.used >= me.limit)
      return say("copy", warning, "the storage of this account is full", "the backup of the cells needs no Drive");
    say("copy", ok, "allowed");
  }

  /// Where backups go in Drive: on a shared drive they belong to nobody's storage.
  void folder() {
    const auto id = folder_id(options_.copy_folder);
    if (!id) return say("copy", id.error());
    const auto answer = get("/drive/v3/files/" + *id + "?supportsAllDrives=true&fields=mimeType,capabilities(canEdit)");
    if (!answer)
      return say("copy", warning, fmt::format("the folder of backup.folder: {}", answer.error().message),
                 answer.error().help);
    const FileAbilities found = read_abilities(answer->body);
    if (!found.mime.empty() && found.mime != "application/vnd.google-apps.folder")
      return say("copy", warning, "what `folder` in [env.NAME.backup] names is no folder",
                 "its id stands in the address of the folder, behind `/folders/`");
    if (found.understood && !found.can_edit)
      return say("copy", warning, "this account may not write into the folder of backup.folder",
                 wire_->account().empty() ? "share the folder as editor"
                                          : fmt::format("share the folder with {} as editor", wire_->account()));
    say("copy", ok, "allowed, into the folder of backup.folder");
  }

  /// A batch of nothing cannot change anything; who may not write hears that first.
  void write() {
    if (able_.understood && !able_.can_edit)
      return say("write", failed, "ZM0485: this account may read the spreadsheet, not change it",
                 wire_->account().empty() ? "share it as editor"
                                          : fmt::format("share it with {} as editor", wire_->account()));
    const auto answer = wire_->call({"POST", "/v4/spreadsheets/" + id_ + ":batchUpdate", R"({"requests":[]})", true});
    if (!answer && answer.error().zm != "ZM0492") return say("write", answer.error());
    say("write", ok, able_.understood ? "allowed" : "allowed, as far as an empty batch can tell");
  }

  void metadata() {
    const auto answer = wire_->call({"POST", "/v4/spreadsheets/" + id_ + "/developerMetadata:search",
                                     R"({"dataFilters":[{"developerMetadataLookup":{"metadataKey":"zmig"}}]})", false});
    if (!answer) return say("metadata", answer.error());
    say("metadata", ok, "can be read, so the stamp is seen");
  }

  void quota() {
    const auto most = std::max(options_.reads_per_minute, options_.writes_per_minute);
    const bool unpaced = options_.reads_per_minute == 0 || options_.writes_per_minute == 0;
    if (unpaced || most > kOfGoogle)
      return say(
          "quota", warning,
          fmt::format("{} a minute are configured, Google gives {} to a user",
                      unpaced ? std::string("any number of calls") : counted(most, "call", "calls"), kOfGoogle),
          "lower `reads_per_minute` and `writes_per_minute` of quota, or a run waits for Google again and again");
    say("quota", ok,
        fmt::format("{} reads and {} writes a minute, of {} each", options_.reads_per_minute,
                    options_.writes_per_minute, kOfGoogle));
  }

  std::string id_;
  GsheetOptions options_;
  Ports& ports_;
  std::unique_ptr<Wire> wire_;
  FileAbilities able_;
  std::vector<AccessCheck> found_;
};

}  // namespace

Result<std::string> folder_id(const std::string& text) {
  constexpr std::string_view kBefore = "/folders/", kDrive = "drive:";
  std::string id = text.starts_with(kDrive) ? text.substr(kDrive.size()) : text;
  if (const std::size_t at = id.find(kBefore); at != std::string::npos) {
    id = id.substr(at + kBefore.size());
    id = id.substr(0, id.find_first_of("/?#"));
  }
  const bool plain = std::all_of(id.begin(), id.end(), [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
  if (plain) return id;
  return make_error(Errc::invalid_input, "ZM0702", fmt::format("{} is not a folder of Drive", quoted(redact(text))),
                    "its id stands in the address of the folder, behind `/folders/`");
}

std::vector<AccessCheck> examine_access(const std::string& spreadsheet_id, const GsheetOptions& options, Ports& ports) {
  return Examination(spreadsheet_id, options, ports).run();
}

}  // namespace zmig::gsheet
