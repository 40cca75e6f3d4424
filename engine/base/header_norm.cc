#include <zmig/header_norm.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include <fmt/format.h>
#include <utf8proc.h>
#include <zmig/result.h>

#include "base/digest.h"
#include "base/text.h"

namespace zmig {
namespace {

using Form = unsigned;  // bits of utf8proc_option_t
constexpr Form kFormC = UTF8PROC_STABLE | UTF8PROC_COMPOSE;
constexpr Form kFormD = UTF8PROC_STABLE | UTF8PROC_DECOMPOSE;
constexpr Form kFormKD = UTF8PROC_STABLE | UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT;
constexpr Form kFold = UTF8PROC_CASEFOLD;

/// The property White_Space, exactly as the contract lists it.
bool is_white_space(char32_t c) {
  return (c >= 0x09 && c <= 0x0D) || c == 0x20 || c == 0x85 || c == 0xA0 || c == 0x1680 ||
         (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000;
}

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

utf8proc_category_t category(char32_t c) { return utf8proc_category(static_cast<utf8proc_int32_t>(c)); }

/// One of the forms above, for well-formed UTF-8.
void append_form(std::string& out, std::string_view text, Form form) {
  const auto options = static_cast<utf8proc_option_t>(form);
  const auto* const bytes = reinterpret_cast<const utf8proc_uint8_t*>(text.data());
  const auto length = static_cast<utf8proc_ssize_t>(text.size());
  std::vector<utf8proc_int32_t> buffer(text.size() + 16);
  for (;;) {
    const auto room = static_cast<utf8proc_ssize_t>(buffer.size());
    const utf8proc_ssize_t needed = utf8proc_decompose(bytes, length, buffer.data(), room, options);
    ZMIG_ASSERT(needed >= 0, "only well-formed text comes here, and short enough to be counted");
    if (needed <= room) {
      buffer.resize(static_cast<std::size_t>(needed));
      break;
    }
    buffer.resize(static_cast<std::size_t>(needed));
  }
  if ((form & UTF8PROC_COMPOSE) != 0) {
    const auto count = static_cast<utf8proc_ssize_t>(buffer.size());
    const utf8proc_ssize_t composed = utf8proc_normalize_utf32(buffer.data(), count, options);
    ZMIG_ASSERT(composed >= 0, "composing only shortens");
    buffer.resize(static_cast<std::size_t>(composed));
  }
  for (const utf8proc_int32_t c : buffer) append_utf8(out, static_cast<char32_t>(c));
}

/// The form of all well-formed stretches; ill-formed bytes stay what they are.
std::string to_form(std::string_view text, Form form) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const std::size_t good = first_invalid_utf8(text).value_or(text.size());
    if (good > 0) append_form(out, text.substr(0, good), form);
    if (good == text.size()) break;
    out.push_back(text[good]);
    text.remove_prefix(good + 1);
  }
  return out;
}

/// Runs of white space become one blank, none at the ends.
std::string collapse(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  bool pending = false;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t begin = at;
    if (is_white_space(decode_utf8(text, at))) {
      pending = !out.empty();
      continue;
    }
    if (pending) out.push_back(' ');
    pending = false;
    out += text.substr(begin, at - begin);
  }
  return out;
}

bool is_dropped_by_look(char32_t c) {
  switch (category(c)) {
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_ME:
    case UTF8PROC_CATEGORY_CC:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_ZS:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP: return true;
    case UTF8PROC_CATEGORY_PC:
    case UTF8PROC_CATEGORY_PD:
    case UTF8PROC_CATEGORY_PS:
    case UTF8PROC_CATEGORY_PE:
    case UTF8PROC_CATEGORY_PI:
    case UTF8PROC_CATEGORY_PF:
    case UTF8PROC_CATEGORY_PO: return c != U'%' && c != U'#' && c != U'&' && c != U'@' && c != U'*';
    default: return false;
  }
}

/// Without the tables: what look() does to ASCII is to fold its letters and to drop controls, blanks and punctuation.
std::string look_of_ascii(std::string_view header) {
  constexpr std::string_view kKept = "%#&@*$+<=>^`|~";
  std::string out;
  out.reserve(header.size());
  for (const char c : header) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (letter) {
      out.push_back(static_cast<char>(c | 0x20));
    } else if ((c >= '0' && c <= '9') || kKept.find(c) != std::string_view::npos) {
      out.push_back(c);
    }
  }
  return out.empty() ? collapse(header) : out;
}

/// `12:` the bytes, a line feed: what cannot be confused by any content.
void update_framed(Sha256& hash, const std::string& text) {
  hash.update(fmt::format("{}:", text.size()));
  hash.update(text);
  hash.update("\n");
}

}  // namespace

std::string norm(std::string_view header) {
  if (is_ascii(header)) return collapse(header);
  return collapse(to_form(header, kFormC));
}

std::string look(std::string_view header) {
  if (is_ascii(header)) return look_of_ascii(header);
  std::string folded = to_form(to_form(header, kFormKD), kFold);
  if (!is_ascii(folded)) folded = to_form(folded, kFormKD);
  std::string out;
  for (std::size_t at = 0; at < folded.size();) {
    const std::size_t begin = at;
    char32_t c = decode_utf8(folded, at);
    // Ill-formed bytes say nothing about looks; kept, they could join into characters when what is between them goes.
    if (c == 0xFFFD && std::string_view(folded).substr(begin, at - begin) != "\xEF\xBF\xBD") continue;
    if (c == 0x00B0) c = U'o';  // the degree sign, typed where the ordinal sign belongs
    if (!is_dropped_by_look(c)) append_utf8(out, c);
  }
  return out.empty() ? norm(header) : out;
}

std::string header_hash(std::span<const std::string> row) {
  std::vector<std::string> cells;
  cells.reserve(row.size());
  for (const std::string& cell : row) cells.push_back(norm(cell));
  while (!cells.empty() && cells.back().empty()) cells.pop_back();
  Sha256 hash;
  for (const std::string& cell : cells) update_framed(hash, cell);
  return "hh1:" + hash.finish_hex();
}

std::string managed_hash(std::span<const std::pair<std::string, std::string>> columns) {
  std::vector<std::pair<std::string, std::string>> pairs;
  pairs.reserve(columns.size());
  for (const auto& [id, header] : columns) pairs.emplace_back(id, norm(header));
  std::sort(pairs.begin(), pairs.end());
  Sha256 hash;
  for (const auto& [id, header] : pairs) {
    update_framed(hash, id);
    update_framed(hash, header);
  }
  return "mh1:" + hash.finish_hex();
}

// --- How two look-alikes differ -----------------------------------------------------------------------------------

namespace {

std::u32string code_points(std::string_view text) {
  std::u32string out;
  for (std::size_t at = 0; at < text.size();) out.push_back(decode_utf8(text, at));
  return out;
}

std::string to_utf8(std::u32string_view text) {
  std::string out;
  for (const char32_t c : text) append_utf8(out, c);
  return out;
}

std::string name_of(char32_t c) { return fmt::format("U+{:04X}", static_cast<std::uint32_t>(c)); }

bool shows_nothing(char32_t c) {
  const auto kind = category(c);
  return is_white_space(c) || kind == UTF8PROC_CATEGORY_CC || kind == UTF8PROC_CATEGORY_CF;
}

/// `"–" (U+2013)`; only the number where there is nothing to see.
std::string shown(char32_t c) {
  if (c == U' ') return "a blank";
  if (shows_nothing(c)) return name_of(c);
  const std::string text = quoted(to_utf8(std::u32string(1, c)));
  return c < 0x80 ? text : fmt::format("{} ({})", text, name_of(c));
}

std::string without_marks(std::string_view text) {
  std::string out;
  for (const char32_t c : code_points(to_form(text, kFormD))) {
    if (category(c) != UTF8PROC_CATEGORY_MN) append_utf8(out, c);
  }
  return to_form(out, kFormC);
}

std::string folded(std::string_view text) { return to_form(to_form(text, kFold), kFormC); }

std::size_t count_marks(std::string_view text) {
  const std::u32string points = code_points(to_form(text, kFormD));
  return static_cast<std::size_t>(
      std::count_if(points.begin(), points.end(), [](char32_t c) { return category(c) == UTF8PROC_CATEGORY_MN; }));
}

std::string accent_words(std::string_view wanted, std::string_view found) {
  const std::size_t a = count_marks(wanted), b = count_marks(found);
  return (a > b ? a - b : b - a) > 1 ? "differs by accents" : "differs by an accent";
}

/// Takes what shows nothing off both ends and says what only one of the two has there.
class Ends {
 public:
  Ends(std::u32string& wanted, std::u32string& found) {
    compare(take_front(wanted), take_front(found), "at the start");
    compare(take_back(wanted), take_back(found), "at the end");
  }
  std::vector<std::string> notes;

 private:
  static std::u32string take_front(std::u32string& text) {
    const auto first = std::find_if_not(text.begin(), text.end(), shows_nothing);
    std::u32string taken(text.begin(), first);
    text.erase(text.begin(), first);
    return taken;
  }
  static std::u32string take_back(std::u32string& text) {
    const auto last = std::find_if_not(text.rbegin(), text.rend(), shows_nothing).base();
    std::u32string taken(last, text.end());
    text.erase(last, text.end());
    return taken;
  }
  void compare(const std::u32string& wanted, const std::u32string& found, std::string_view where) {
    if (wanted == found) return;
    if (!found.empty()) notes.push_back(fmt::format("{} {}", list(found), where));
    if (found.empty()) notes.push_back(fmt::format("without {} {}", list(wanted), where));
  }
  static std::string list(const std::u32string& points) {
    std::vector<std::string> names;
    for (const char32_t c : points) names.push_back(shown(c));
    return join(names, " ");
  }
};

/// One step of the cheapest way from one text to the other; 0 stands for "nothing there".
struct Edit {
  char32_t wanted = 0, found = 0;
  std::size_t found_at = 0;  // how many code points of `found` come before it
};

std::vector<Edit> edits_between(const std::u32string& a, const std::u32string& b) {
  const std::size_t width = b.size() + 1;
  std::vector<std::size_t> cost((a.size() + 1) * width);
  for (std::size_t i = 0; i <= a.size(); ++i) {
    for (std::size_t j = 0; j <= b.size(); ++j) {
      std::size_t& here = cost[i * width + j];
      if (i == 0 || j == 0) {
        here = i + j;
        continue;
      }
      const std::size_t substitution = cost[(i - 1) * width + j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      here = std::min({substitution, cost[(i - 1) * width + j] + 1, cost[i * width + j - 1] + 1});
    }
  }
  std::vector<Edit> edits;
  std::size_t i = a.size(), j = b.size();
  while (i > 0 || j > 0) {
    const std::size_t here = cost[i * width + j];
    if (i > 0 && j > 0 && here == cost[(i - 1) * width + j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)) {
      --i, --j;
      if (a[i] != b[j]) edits.push_back({a[i], b[j], j});
    } else if (j > 0 && here == cost[i * width + j - 1] + 1) {
      --j;
      edits.push_back({0, b[j], j});
    } else {
      --i;
      edits.push_back({a[i], 0, j});
    }
  }
  std::reverse(edits.begin(), edits.end());
  return edits;
}

std::string quoted_before(const std::u32string& text, std::size_t count) {
  return quoted(to_utf8(std::u32string_view(text).substr(0, count)));
}

/// Everything that is neither case nor accents, character by character.
std::vector<std::string> describe_edits(const std::u32string& wanted, const std::u32string& found) {
  constexpr std::size_t kShown = 3, kLongest = 512;
  if (wanted.size() > kLongest || found.size() > kLongest) return {"differs in its characters"};
  std::vector<std::string> notes;
  bool in_case = false, in_accents = false;
  for (const Edit& edit : edits_between(wanted, found)) {
    const std::string a = edit.wanted == 0 ? "" : to_utf8(std::u32string(1, edit.wanted));
    const std::string b = edit.found == 0 ? "" : to_utf8(std::u32string(1, edit.found));
    if (!a.empty() && !b.empty() && folded(a) == folded(b)) {
      in_case = true;
    } else if (without_marks(a) == without_marks(b)) {
      in_accents = true;
    } else if (a.empty()) {
      notes.push_back(fmt::format("{} after {}", shown(edit.found), quoted_before(found, edit.found_at)));
    } else if (b.empty()) {
      notes.push_back(fmt::format("without {} after {}", shown(edit.wanted), quoted_before(found, edit.found_at)));
    } else {
      notes.push_back(fmt::format("{} instead of {}", shown(edit.found), shown(edit.wanted)));
    }
  }
  const auto end = std::unique(notes.begin(), notes.end());
  notes.erase(end, notes.end());
  if (notes.size() > kShown) {
    const std::size_t more = notes.size() - kShown;
    notes.resize(kShown);
    notes.push_back(fmt::format("{} more", more));
  }
  if (in_accents) notes.insert(notes.begin(), accent_words(to_utf8(wanted), to_utf8(found)));
  if (in_case) notes.insert(notes.begin(), "differs in case");
  return notes;
}

}  // namespace

std::string code_points_note(std::string_view wanted, std::string_view found) {
  if (wanted == found) return "the same";
  const std::string a_composed = to_form(wanted, kFormC), b_composed = to_form(found, kFormC);
  if (a_composed == b_composed) return "differs only in how its accents are stored";
  std::u32string a = code_points(a_composed), b = code_points(b_composed);
  std::vector<std::string> notes = Ends(a, b).notes;
  const std::string a_text = to_utf8(a), b_text = to_utf8(b);
  if (a_text == b_text) return join(notes, ", ");
  if (folded(a_text) == folded(b_text)) {
    notes.insert(notes.begin(), "differs in case");
  } else if (without_marks(a_text) == without_marks(b_text)) {
    notes.insert(notes.begin(), accent_words(a_text, b_text));
  } else if (folded(without_marks(a_text)) == folded(without_marks(b_text))) {
    notes.insert(notes.begin(), "differs in case");
    notes.insert(notes.begin() + 1, accent_words(a_text, b_text));
  } else {
    const std::vector<std::string> edits = describe_edits(a, b);
    notes.insert(notes.begin(), edits.begin(), edits.end());
  }
  return join(notes, ", ");
}

}  // namespace zmig
