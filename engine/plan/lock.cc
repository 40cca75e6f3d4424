// zmig.lock: one line a migration, each chain value covering the one before, so that two branches that add the same
// number conflict in git.
#include <charconv>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include <zmig/history.h>

#include "base/text.h"
#include "plan/lock.h"

namespace zmig {
namespace {

bool is_hash(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos || colon == 0) return false;
  const std::string_view digits = text.substr(colon + 1);
  const auto is_hex = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
  return digits.size() == 64 && std::all_of(digits.begin(), digits.end(), is_hex);
}

/// The line as data, or what is wrong with it.
Result<LockLine> read_line(std::string_view text) {
  const std::vector<std::string> words = split(text, ' ');
  if (words.size() != 4) {
    return make_error(Errc::invalid_input, "ZM0206", "this line is not `NNNN slug algorithm:hash algorithm:chain`");
  }
  LockLine line;
  const std::optional<std::uint32_t> number = migration_number(words[0]);
  if (!number)
    return make_error(Errc::invalid_input, "ZM0206", "the line does not begin with the number of a migration");
  line.number = *number;
  line.slug = words[1];
  line.hash = words[2];
  line.chain = words[3];
  if (!is_slug(line.slug)) return make_error(Errc::invalid_input, "ZM0206", quoted(line.slug) + " is no slug");
  if (!is_hash(line.hash)) return make_error(Errc::invalid_input, "ZM0206", "the hash of this line is damaged");
  if (!is_hash(line.chain)) return make_error(Errc::invalid_input, "ZM0206", "the chain value of this line is damaged");
  return line;
}

}  // namespace

std::optional<std::uint32_t> migration_number(std::string_view digits) {
  if (digits.size() < 4 || digits.size() > 9) return std::nullopt;
  if (!std::all_of(digits.begin(), digits.end(), [](char c) { return c >= '0' && c <= '9'; })) return std::nullopt;
  std::uint32_t number = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (number == 0) return std::nullopt;
  return number;
}

bool is_slug(std::string_view text) {
  if (text.empty() || text.size() > 60) return false;
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; });
}

std::string migration_name(std::uint32_t number, std::string_view slug) {
  return fmt::format("{:04}_{}", number, slug);
}

std::string print_lock(const std::vector<LockLine>& lines) {
  std::string out;
  for (const LockLine& line : lines)
    out += fmt::format("{:04} {} {} {}\n", line.number, line.slug, line.hash, line.chain);
  return out;
}

LockText read_lock(std::string_view text) {
  LockText out;
  std::size_t at = 0;
  std::string chain = empty_chain();
  while (at < text.size()) {
    std::size_t end = text.find('\n', at);
    if (end == std::string_view::npos) end = text.size();
    std::string_view raw = text.substr(at, end - at);
    if (raw.ends_with('\r')) raw.remove_suffix(1);
    const auto fail = [&](std::string message) {
      out.problem = LockProblem{std::move(message), at, at + raw.size()};
      return out;
    };
    if (!raw.empty()) {
      Result<LockLine> line = read_line(raw);
      if (!line) return fail(line.error().message);
      if (!out.lines.empty() && line->number <= out.lines.back().number) {
        return fail(fmt::format("{} comes after {}: the lines are out of order",
                                quoted(migration_name(line->number, line->slug)),
                                quoted(migration_name(out.lines.back().number, out.lines.back().slug))));
      }
      chain = chain_hash(chain, line->number, line->slug, line->hash);
      if (chain != line->chain) {
        return fail(fmt::format("the chain breaks at {}: this line does not follow from the ones above",
                                quoted(migration_name(line->number, line->slug))));
      }
      out.lines.push_back(*std::move(line));
      out.spans.emplace_back(at, at + raw.size());
    }
    at = end + 1;
  }
  return out;
}

Result<std::vector<LockLine>> parse_lock(std::string_view text, std::string_view path) {
  LockText read = read_lock(text);
  if (!read.problem) return std::move(read.lines);
  const LineColumn place = line_column(text, read.problem->begin);
  return make_error(Errc::conflict, "ZM0206", read.problem->message, "run `zmig fmt` to write zmig.lock anew",
                    fmt::format("{}:{}:{}", path, place.line, place.column));
}

}  // namespace zmig
