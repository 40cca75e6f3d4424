// What becomes of a formula when columns go elsewhere and sheets and headers get other names.
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/text.h"
#include "model/names.h"
#include "targets/xlsx/formula_tokens.h"
#include "targets/xlsx/shift.h"

namespace zmig::xlsx {
namespace {

/// They take a place as text, or count columns: what they name cannot be told from the formula.
constexpr std::array<std::string_view, 3> kByText = {"INDIRECT", "ADDRESS", "OFFSET"};
/// They count columns inside of a range; a number in the formula goes on counting as before.
constexpr std::array<std::string_view, 6> kByNumber = {"INDEX",      "VLOOKUP", "HLOOKUP",
                                                       "CHOOSECOLS", "COLUMN",  "COLUMNS"};

template <std::size_t N>
bool is_one_of(std::string_view name, const std::array<std::string_view, N>& all) {
  const auto same = [name](std::string_view one) {
    return one.size() == name.size() && std::equal(one.begin(), one.end(), name.begin(), [](char a, char b) {
             return a == (b >= 'a' && b <= 'z' ? static_cast<char>(b - 'a' + 'A') : b);
           });
  };
  return std::any_of(all.begin(), all.end(), same);
}

/// "_xlfn._xlws.FILTER" -> "FILTER"
std::string_view plain_name(std::string_view function) {
  for (const std::string_view prefix : {"_xlfn.", "_xlws."}) {
    if (function.starts_with(prefix)) function.remove_prefix(prefix.size());
  }
  return function;
}

class FormulaShifter {
 public:
  FormulaShifter(std::string_view formula, const FormulaPlace& place, const BookShift& shift)
      : formula_(formula), place_(place), shift_(shift) {}

  Result<ShiftedFormula> run() {
    ZMIG_TRY(const std::vector<FormulaToken> tokens, formula_tokens(formula_));
    for (const FormulaToken& token : tokens) {
      switch (token.kind) {
        case FormulaKind::reference: ZMIG_CHECK_OK(reference(token)); break;
        case FormulaKind::structured: structured(token); break;
        case FormulaKind::function: function(token); break;
        case FormulaKind::name:
        case FormulaKind::dead: ZMIG_CHECK_OK(qualified(token)); break;
        case FormulaKind::sign: sign(token); break;
        case FormulaKind::space:
        case FormulaKind::number:
        case FormulaKind::text:
        case FormulaKind::constants:
        case FormulaKind::error: copy(token); break;
      }
    }
    out_.changed = out_.text != formula_;
    return std::move(out_);
  }

 private:
  [[nodiscard]] std::string_view bytes(const FormulaToken& token) const {
    return formula_.substr(token.begin, token.size);
  }
  void copy(const FormulaToken& token) { out_.text += bytes(token); }

  void sign(const FormulaToken& token) {
    copy(token);
    const char c = formula_[token.begin];
    if (c == '(') {
      calls_.push_back(std::exchange(called_, std::string()));
    } else if (c == ')' && !calls_.empty()) {
      calls_.pop_back();
    }
  }

  void function(const FormulaToken& token) {
    copy_prefix(token);
    const std::string_view name = formula_.substr(token.begin + token.prefix_size, token.size - token.prefix_size);
    out_.text += name;
    called_ = plain_name(name);
    std::transform(called_.begin(), called_.end(), called_.begin(),
                   [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
    if (is_one_of(called_, kByText)) report(called_);
  }
  void report(const std::string& name) {
    if (std::find(out_.unfollowed.begin(), out_.unfollowed.end(), name) == out_.unfollowed.end())
      out_.unfollowed.push_back(name);
  }
  /// A range that changed its width, inside of a function that counts its columns.
  void report_counted() {
    for (const std::string& call : calls_) {
      if (is_one_of(call, kByNumber)) report(call);
    }
  }

  [[nodiscard]] Error refused(std::string_view why) const {
    return make_error(Errc::unsupported, "ZM0439",
                      fmt::format("the formula {} cannot follow: {}", quoted(printable(formula_.substr(0, 200))), why),
                      "change the formula in a spreadsheet program, or leave the columns where they are");
  }

  /// The sheets that `Ene:Mar!` covers; empty when one of the ends is not known.
  [[nodiscard]] std::vector<const SheetShift*> covered(const FormulaToken& token) const {
    const auto place_of = [this](std::string_view title) {
      return std::find_if(shift_.titles.begin(), shift_.titles.end(),
                          [title](const std::string& one) { return same_title_without_case(one, title); });
    };
    auto first = place_of(token.sheet), last = place_of(token.last_sheet);
    std::vector<const SheetShift*> out;
    if (first == shift_.titles.end() || last == shift_.titles.end()) return out;
    if (last < first) std::swap(first, last);
    for (auto at = first; at <= last; ++at) out.push_back(shift_.sheet(*at));
    return out;
  }

  [[nodiscard]] std::string title_now(const std::string& title) const {
    const SheetShift* sheet = shift_.sheet(title);
    return sheet != nullptr && sheet->retitled ? *sheet->retitled : title;
  }
  [[nodiscard]] bool is_retitled(const std::string& title) const {
    const SheetShift* sheet = shift_.sheet(title);
    return sheet != nullptr && sheet->retitled && *sheet->retitled != title;
  }

  /// What stands in front of the `!`, and the `!`.
  void copy_prefix(const FormulaToken& token) {
    if (token.prefix_size == 0) return;
    const std::string_view now = formula_.substr(token.begin, token.prefix_size);
    out_.text += new_prefix(token, now);
  }
  [[nodiscard]] std::string new_prefix(const FormulaToken& token, std::string_view now) const {
    if (token.external) return std::string(now);
    if (!token.last_sheet.empty()) {
      if (!is_retitled(token.sheet) && !is_retitled(token.last_sheet)) return std::string(now);
      return sheets_prefix(title_now(token.sheet), title_now(token.last_sheet));
    }
    return is_retitled(token.sheet) ? sheet_prefix(title_now(token.sheet)) : std::string(now);
  }

  [[nodiscard]] bool sheet_is_gone(const FormulaToken& token) const {
    if (token.prefix_size == 0 || token.external || !token.last_sheet.empty()) return false;
    const SheetShift* sheet = shift_.sheet(token.sheet);
    return sheet != nullptr && sheet->removed;
  }
  /// A range of sheets loses one of its ends: which sheet comes next is not for us to say.
  Status check_ends(const FormulaToken& token) const {
    if (token.last_sheet.empty() || token.external) return ok();
    for (const std::string* title : {&token.sheet, &token.last_sheet}) {
      const SheetShift* sheet = shift_.sheet(*title);
      if (sheet != nullptr && sheet->removed) return refused("a range of sheets loses one of its ends");
    }
    return ok();
  }

  /// A name of a sheet, or a reference that was lost before.
  Status qualified(const FormulaToken& token) {
    ZMIG_CHECK_OK(check_ends(token));
    if (sheet_is_gone(token)) {
      out_.lost = true;
      out_.text += "#REF!";
      return ok();
    }
    copy_prefix(token);
    out_.text += formula_.substr(token.begin + token.prefix_size, token.size - token.prefix_size);
    return ok();
  }

  Status reference(const FormulaToken& token) {
    if (token.external) {
      copy(token);
      return ok();
    }
    ZMIG_CHECK_OK(check_ends(token));
    if (!token.last_sheet.empty()) return reference_over_sheets(token);
    const SheetShift* sheet = token.prefix_size > 0  ? shift_.sheet(token.sheet)
                              : place_.sheet.empty() ? nullptr
                                                     : shift_.sheet(place_.sheet);
    if (sheet == nullptr) {
      copy(token);
      return ok();
    }
    if (sheet->removed && token.prefix_size > 0) {
      out_.lost = true;
      out_.text += "#REF!" + area(token, token.first, token.second, {});
      return ok();
    }
    FormulaHalf first = token.first;
    std::optional<FormulaHalf> second = token.second;
    const Fate fate = follow(first, second, sheet->steps);
    if (fate == Fate::lost) {
      out_.lost = true;
      copy_prefix(token);
      out_.text += "#REF!";
      return ok();
    }
    if (fate == Fate::resized) report_counted();
    if (first == token.first && second == token.second) {
      copy_prefix(token);
      const std::size_t from = token.begin + token.prefix_size;
      if (token.second_prefix == 0 || !is_retitled(token.sheet)) {
        out_.text += formula_.substr(from, token.begin + token.size - from);
        return ok();
      }
    } else {
      copy_prefix(token);
    }
    const std::string_view said = formula_.substr(token.begin, token.prefix_size);
    out_.text += area(token, first, second, token.second_prefix > 0 ? new_prefix(token, said) : std::string());
    return ok();
  }

  Status reference_over_sheets(const FormulaToken& token) {
    for (const SheetShift* sheet : covered(token)) {
      if (sheet == nullptr || sheet->steps.empty()) continue;
      FormulaHalf first = token.first;
      std::optional<FormulaHalf> second = token.second;
      if (follow(first, second, sheet->steps) != Fate::same)
        return refused("it refers to the same cells of several sheets, and in one of them they go elsewhere");
    }
    copy_prefix(token);
    const std::size_t from = token.begin + token.prefix_size;
    const std::string_view rest = formula_.substr(from, token.begin + token.size - from);
    if (token.second_prefix > 0 && (is_retitled(token.sheet) || is_retitled(token.last_sheet))) {
      const std::string_view said = formula_.substr(token.begin, token.prefix_size);
      out_.text += area(token, token.first, token.second, new_prefix(token, said));
      return ok();
    }
    out_.text += rest;
    return ok();
  }

  enum class Fate { same, moved, resized, lost };

  /// Moves the halves; false names apart what happened.
  [[nodiscard]] Fate follow(FormulaHalf& first, std::optional<FormulaHalf>& second, const ShiftSteps& steps) const {
    if (steps.empty() || !(steps.of_rows() ? first.has_row : first.has_column)) return Fate::same;
    if (place_.only_fixed && !(is_fixed(first, steps) && (!second || is_fixed(*second, steps))))
      return follow_fixed(first, second, steps);
    std::uint32_t& one = index_of(first, steps);
    const std::uint32_t a = one, b = second ? index_of(*second, steps) : a;
    if (!second) {
      const auto now = steps.point(a);
      if (!now) return Fate::lost;
      one = *now;
      return *now == a ? Fate::same : Fate::moved;
    }
    std::uint32_t& other = index_of(*second, steps);
    const AxisSpan span{std::min(a, b), std::max(a, b)};
    const auto now = steps.span(span);
    if (!now) return Fate::lost;
    one = a <= b ? now->first : now->last;
    other = a <= b ? now->last : now->first;
    if (one == a && other == b) return steps.keeps_whole(span) ? Fate::same : Fate::resized;
    return now->last - now->first == span.last - span.first ? Fate::moved : Fate::resized;
  }
  static std::uint32_t& index_of(FormulaHalf& half, const ShiftSteps& steps) {
    return steps.of_rows() ? half.row : half.column;
  }
  static bool is_fixed(const FormulaHalf& half, const ShiftSteps& steps) {
    return steps.of_rows() ? half.row_fixed : half.column_fixed;
  }
  /// In a name: a half without `$` counts from wherever the name is used, and stays.
  [[nodiscard]] static Fate follow_fixed(FormulaHalf& first, std::optional<FormulaHalf>& second,
                                         const ShiftSteps& steps) {
    Fate fate = Fate::same;
    for (FormulaHalf* half : {&first, second ? &*second : nullptr}) {
      if (half == nullptr || !is_fixed(*half, steps)) continue;
      const auto now = steps.point(index_of(*half, steps));
      if (!now) return Fate::lost;
      if (*now != index_of(*half, steps)) fate = Fate::moved;
      index_of(*half, steps) = *now;
    }
    return fate;
  }

  [[nodiscard]] static std::string area(const FormulaToken& token, const FormulaHalf& first,
                                        const std::optional<FormulaHalf>& second, const std::string& second_prefix) {
    std::string text = to_text(first);
    if (token.second) {
      text += ':';
      text += second_prefix;
      text += to_text(*second);
    }
    return text;
  }

  // --- structured references

  [[nodiscard]] const std::string* renamed(const TableShift& table, const std::string& column) const {
    for (const auto& [from, to] : table.renamed) {
      if (same_title_without_case(from, column)) return &to;
    }
    return nullptr;
  }
  static bool is_removed(const TableShift& table, const std::string& column) {
    return std::any_of(table.removed.begin(), table.removed.end(),
                       [&](const std::string& one) { return same_title_without_case(one, column); });
  }

  void structured(const FormulaToken& token) {
    const TableShift* table = token.external ? nullptr : shift_.table(token.table.empty() ? place_.table : token.table);
    if (table == nullptr || token.columns.empty()) return copy(token);
    std::string text;
    std::size_t done = token.begin;
    for (std::size_t i = 0; i < token.columns.size(); ++i) {
      const FormulaColumn& column = token.columns[i];
      std::string name = column.name;
      const bool ends_range = i > 0 && token.columns[i - 1].range_begins;
      if (is_removed(*table, name)) {
        const auto neighbour = column.range_begins || ends_range ? survivor(*table, token, i) : std::nullopt;
        if (!neighbour) {
          out_.lost = true;
          out_.text += "#REF!";
          return;
        }
        name = *neighbour;
      }
      if (const std::string* to = renamed(*table, name)) name = *to;
      if (name == column.name) continue;
      text += formula_.substr(done, column.begin - done);
      done = column.begin + column.size;
      const bool needs_brackets = !column.bracketed && !std::all_of(name.begin(), name.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
      });
      if (needs_brackets) text += '[';
      text += structured_column(name);
      if (needs_brackets) text += ']';
    }
    text += formula_.substr(done, token.begin + token.size - done);
    out_.text += text;
  }

  /// The next column inwards of a range whose end goes.
  [[nodiscard]] static std::optional<std::string> survivor(const TableShift& table, const FormulaToken& token,
                                                           std::size_t i) {
    const bool begins = token.columns[i].range_begins;
    const auto place_of = [&](const std::string& name) {
      return std::find_if(table.columns.begin(), table.columns.end(),
                          [&](const std::string& one) { return same_title_without_case(one, name); }) -
             table.columns.begin();
    };
    const auto size = static_cast<std::ptrdiff_t>(table.columns.size());
    std::ptrdiff_t at = place_of(token.columns[i].name);
    const std::ptrdiff_t other = place_of(token.columns[begins ? i + 1 : i - 1].name);
    if (at == size || other == size) return std::nullopt;
    const std::ptrdiff_t step = other > at ? 1 : -1;
    for (; at != other + step; at += step) {
      const std::string& name = table.columns[static_cast<std::size_t>(at)];
      if (!is_removed(table, name)) return name;
    }
    return std::nullopt;
  }

  std::string_view formula_;   // of the caller
  const FormulaPlace& place_;  // the same
  const BookShift& shift_;
  ShiftedFormula out_;
  std::string called_;              // the function whose parenthesis comes next
  std::vector<std::string> calls_;  // those that are open
};

}  // namespace

Result<ShiftedFormula> shift_formula(std::string_view formula, const FormulaPlace& place, const BookShift& shift) {
  return FormulaShifter(formula, place, shift).run();
}

}  // namespace zmig::xlsx
