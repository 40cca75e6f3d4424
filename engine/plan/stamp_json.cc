#include <charconv>
#include <concepts>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <zmig/json_text.h>
#include <zmig/stamp.h>

#include "base/digest.h"
#include "plan/plan_json.h"

namespace zmig {
namespace {

using Json = nlohmann::json;

constexpr int kFormat = 1;

void add_applied(const AppliedMigration& applied, JsonText& out) {
  out.open('{').key("adopted");
  add_adopted(applied.adopted, out);
  out.key("at").text(format_utc(applied.at)).key("hash").text(applied.hash);
  out.key("number").number(applied.number).key("run").text(applied.run).key("slug").text(applied.slug).close('}');
}

Error unreadable(std::string_view why) {
  return make_error(Errc::corrupt, "ZM0603", fmt::format("the stamp of this workbook cannot be read: {}", why),
                    "put back the newest copy of the workbook whose stamp can be read; nothing was written");
}

Adopted adopted_from(const Json& json) {
  Adopted out;
  out.operation = json.at("operation").get<std::size_t>();
  out.completed = json.at("completed").get<std::vector<std::string>>();
  out.digest = json.at("digest").get<std::string>();
  return out;
}

Result<UtcTime> time_from(const Json& json) { return parse_utc(json.at("at").get<std::string>()); }

Result<AppliedMigration> applied_from(const Json& json) {
  AppliedMigration out;
  out.number = json.at("number").get<std::uint32_t>();
  out.slug = json.at("slug").get<std::string>();
  out.hash = json.at("hash").get<std::string>();
  for (const Json& one : json.at("adopted")) out.adopted.push_back(adopted_from(one));
  out.run = json.at("run").get<std::string>();
  ZMIG_TRY(out.at, time_from(json));
  return out;
}

Result<StampEntry> entry_from(const Json& json) {
  StampEntry out;
  out.format = kFormat;
  out.number = json.at("number").get<std::uint64_t>();
  out.event = json.at("event").get<std::string>();
  out.target_id = json.at("target_id").get<std::string>();
  out.lineage = json.at("lineage").get<std::string>();
  out.run = json.at("run").get<std::string>();
  out.ledger = json.at("ledger").get<std::string>();
  ZMIG_TRY(out.at, time_from(json));
  out.position = json.at("position").get<std::uint32_t>();
  out.migration = json.at("migration").get<std::uint32_t>();
  out.chain_hash = json.at("chain_hash").get<std::string>();
  out.plan_hash = json.at("plan_hash").get<std::string>();
  out.schema_digest = json.at("schema_digest").get<std::string>();
  out.ledger_head = json.at("ledger_head").get<std::string>();
  for (const Json& one : json.at("applied")) {
    ZMIG_TRY(AppliedMigration applied, applied_from(one));
    out.applied.push_back(std::move(applied));
  }
  out.whole = json.value("whole", true);
  return out;
}

/// Reads what stamp_to_json() writes, front to back and without a tree: the newest entry lists everything that is
/// applied, and each look at a workbook reads it. It takes exactly those bytes (keys in their order, no blanks, nothing
/// adopted, no text with an escape or beyond ASCII); any other text is read the long way, so both give the same answer
/// and there is one place that says what is wrong with a text.
class CanonicalEntry {
 public:
  explicit CanonicalEntry(std::string_view text) : rest_(text) {}

  std::optional<StampEntry> read() {
    StampEntry out;
    out.format = kFormat;
    std::uint64_t format = 0;
    literal("{\"applied\":[");
    for (bool first = true; good_ && !rest_.starts_with(']'); first = false) {
      if (!first) literal(",");
      out.applied.push_back(applied());
    }
    literal("],\"at\":");
    moment(out.at);
    literal(",\"chain_hash\":");
    text(out.chain_hash);
    literal(",\"event\":");
    text(out.event);
    literal(",\"format\":");
    number(format);
    literal(",\"ledger\":");
    text(out.ledger);
    literal(",\"ledger_head\":");
    text(out.ledger_head);
    literal(",\"lineage\":");
    text(out.lineage);
    literal(",\"migration\":");
    number(out.migration);
    literal(",\"number\":");
    number(out.number);
    literal(",\"plan_hash\":");
    text(out.plan_hash);
    literal(",\"position\":");
    number(out.position);
    literal(",\"run\":");
    text(out.run);
    literal(",\"schema_digest\":");
    text(out.schema_digest);
    literal(",\"target_id\":");
    text(out.target_id);
    if (good_ && rest_.starts_with(',')) {
      literal(",\"whole\":false");
      out.whole = false;
    }
    literal("}");
    if (!good_ || !rest_.empty() || format != static_cast<std::uint64_t>(kFormat)) return std::nullopt;
    return out;
  }

 private:
  AppliedMigration applied() {
    AppliedMigration out;
    literal("{\"adopted\":[],\"at\":");
    moment(out.at);
    literal(",\"hash\":");
    text(out.hash);
    literal(",\"number\":");
    number(out.number);
    literal(",\"run\":");
    text(out.run);
    literal(",\"slug\":");
    text(out.slug);
    literal("}");
    return out;
  }

  void literal(std::string_view what) {
    good_ = good_ && rest_.starts_with(what);
    if (good_) rest_.remove_prefix(what.size());
  }

  std::string_view plain() {
    literal("\"");
    std::size_t end = 0;
    while (end < rest_.size() && rest_[end] != '"' && rest_[end] != '\\' && rest_[end] >= ' ' && rest_[end] <= '~')
      ++end;
    good_ = good_ && end < rest_.size() && rest_[end] == '"';
    if (!good_) return {};
    const std::string_view found = rest_.substr(0, end);
    rest_.remove_prefix(end + 1);
    return found;
  }
  void text(std::string& into) { into = plain(); }

  template <std::unsigned_integral T>
  void number(T& into) {
    const auto [end, failed] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), into);
    const auto length = static_cast<std::size_t>(end - rest_.data());
    good_ = good_ && failed == std::errc() && (length == 1 || !rest_.starts_with('0'));
    if (good_) rest_.remove_prefix(length);
  }

  void moment(UtcTime& into) {
    const std::string_view found = plain();
    if (!good_) return;
    if (found != moment_text_) {  // the members of one commit are of the same moment
      const auto read = parse_utc(found);
      good_ = read.has_value();
      if (!good_) return;
      moment_ = read.value();
      moment_text_ = found;
    }
    into = moment_;
  }

  std::string_view rest_;
  bool good_ = true;
  std::string_view moment_text_;
  UtcTime moment_{};
};

}  // namespace

std::string stamp_to_json(const StampEntry& entry) {
  JsonText out;
  out.open('{').key("applied").open('[');
  for (const AppliedMigration& one : entry.applied) add_applied(one, out);
  out.close(']').key("at").text(format_utc(entry.at)).key("chain_hash").text(entry.chain_hash);
  out.key("event").text(entry.event).key("format").number(entry.format).key("ledger").text(entry.ledger);
  out.key("ledger_head").text(entry.ledger_head).key("lineage").text(entry.lineage);
  out.key("migration").number(entry.migration).key("number").number(entry.number);
  out.key("plan_hash").text(entry.plan_hash).key("position").number(entry.position).key("run").text(entry.run);
  out.key("schema_digest").text(entry.schema_digest).key("target_id").text(entry.target_id);
  if (!entry.whole) out.key("whole").flag(false);
  out.close('}');
  return out.take();
}

Result<StampEntry> stamp_from_json(std::string_view text) {
  if (std::optional<StampEntry> written = CanonicalEntry(text).read()) return *std::move(written);
  const Json json = Json::parse(text, nullptr, false);
  if (!json.is_object()) return unreadable("it is not a JSON object");
  const auto format = json.find("format");
  if (format == json.end() || !format->is_number_integer()) return unreadable("it has no format");
  const auto number = format->get<std::int64_t>();
  if (number > kFormat) {
    return make_error(
        Errc::corrupt, "ZM0604",
        fmt::format("the stamp of this workbook has format {}; this zmig reads up to {}", number, kFormat),
        "upgrade zmig; nothing was written");
  }
  if (number < 1) return unreadable(fmt::format("there is no format {}", number));
  try {
    Result<StampEntry> entry = entry_from(json);
    if (!entry) return unreadable(entry.error().message);
    return entry;
  } catch (const Json::exception& problem) { return unreadable(problem.what()); }
}

Result<std::optional<StampEntry>> current_stamp(const std::vector<Stamp>& stamps) {
  const Stamp* newest = nullptr;
  for (const Stamp& stamp : stamps) {
    if (newest == nullptr || stamp.number > newest->number) newest = &stamp;
  }
  if (newest == nullptr) return std::optional<StampEntry>();
  ZMIG_TRY(StampEntry entry, stamp_from_json(newest->entry));
  if (entry.number != newest->number)
    return unreadable(fmt::format("entry {} says that it is {}", newest->number, entry.number));
  if (!entry.whole)
    return unreadable(fmt::format("entry {} is not the last one of its commit, and that one is missing", entry.number));
  return std::optional<StampEntry>(std::move(entry));
}

std::string empty_chain() { return "sha256:" + std::string(64, '0'); }

std::string chain_hash(std::string_view before, std::uint32_t number, std::string_view slug, std::string_view hash) {
  return "sha256:" + sha256_hex(fmt::format("{}\n{:04} {} {}", before, number, slug, hash));
}

}  // namespace zmig
