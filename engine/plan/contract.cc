#include <zmig/contract.h>

#include <algorithm>
#include <set>
#include <utility>

#include <fmt/format.h>

#include <zmig/header_norm.h>

#include "base/text.h"
#include "plan/lock.h"

namespace zmig {
namespace {

std::string read_as_of(const Type& type) {
  switch (type.kind) {
    case TypeKind::text:
    case TypeKind::enumeration:
    case TypeKind::reference: return "text";
    case TypeKind::integer:
    case TypeKind::number:
    case TypeKind::decimal:
    case TypeKind::percent:
    case TypeKind::currency: return "number";
    case TypeKind::boolean: return "boolean";
    case TypeKind::date:
    case TypeKind::time:
    case TypeKind::datetime: return "serial";
  }
  return "text";
}

std::string type_text(const Type& type, const Schema& schema) {
  if (type.kind != TypeKind::reference) return to_string(type);
  const Sheet* sheet = schema.sheet(type.of);
  return "reference to " + quoted(sheet == nullptr ? type.of : sheet->title);
}

std::optional<std::string> effective_format(const Column& column) {
  std::string format = column.format.value_or(implied_format(column.type));
  return format.empty() ? std::nullopt : std::optional(std::move(format));
}

/// Since when there are columns and values, and since when they are on their way out.
class Lives {
 public:
  Lives(const History& history, const std::vector<Replayed>& replayed, std::uint32_t at) {
    note(history.baseline ? *history.baseline : history.empty, 0);
    for (const Replayed& one : replayed)
      if (one.migration.number <= at) note(one.after, one.migration.number);
  }
  [[nodiscard]] std::uint32_t since(const std::string& sheet, const std::string& id) const {
    return found(since_, sheet + "/" + id).value_or(0);
  }
  [[nodiscard]] std::optional<std::uint32_t> until(const std::string& sheet, const std::string& id) const {
    return found(until_, sheet + "/" + id);
  }

 private:
  using Numbers = std::map<std::string, std::uint32_t>;
  static std::optional<std::uint32_t> found(const Numbers& numbers, const std::string& key) {
    const auto at = numbers.find(key);
    return at == numbers.end() ? std::nullopt : std::optional(at->second);
  }
  void mark(const std::string& key, bool leaving, std::uint32_t number) {
    since_.emplace(key, number);
    if (leaving)
      until_.emplace(key, number);
    else
      until_.erase(key);
  }
  void note(const Schema& schema, std::uint32_t number) {
    for (const Sheet& sheet : schema.sheets)
      for (const Column& column : sheet.columns)
        if (column.managed) mark(sheet.id + "/" + column.id, column.rules.deprecated.has_value(), number);
    for (const Enum& one : schema.enums)
      for (const EnumValue& value : one.values) mark("enum " + one.name + "/" + value.text, !value.offered, number);
  }
  Numbers since_, until_;
};

ContractColumn column_of(const Sheet& sheet, const Column& column, const Schema& schema, const Lives& lives) {
  ContractColumn out;
  out.id = column.id;
  out.header = column.header;
  out.aliases = column.rules.aliases;
  out.need = column.rules.readers;
  out.type = type_text(column.type, schema);
  out.format = effective_format(column);
  out.read_as = out.write_as = read_as_of(column.type);
  out.nullable = !column.rules.required && !column.rules.key;
  out.blank_means = column.rules.blank_means;
  out.when_absent = column.rules.fallback;
  out.formula = column.computed.has_value();
  out.unique = column.rules.unique || column.rules.key;
  if (column.type.kind == TypeKind::enumeration) out.enum_name = column.type.of;
  out.owner = column.rules.owner;
  out.since = lives.since(sheet.id, column.id);
  out.until = lives.until(sheet.id, column.id);
  return out;
}

std::vector<std::string> header_row_of(const Sheet& sheet) {
  std::vector<std::string> out;
  for (const Column& column : sheet.columns) out.push_back(column.header);
  return out;
}

ContractSheet sheet_of(const Sheet& sheet, const Schema& schema, const Lives& lives, bool extras_allowed) {
  ContractSheet out;
  out.title = sheet.title;
  out.id = sheet.id;
  out.header_row = sheet.header_row;
  out.extras_allowed = extras_allowed && !sheet.rules.foreign_forbidden;
  out.order_free = !sheet.rules.keep_order;
  std::vector<std::pair<std::string, std::string>> ids;
  for (const Column& column : sheet.columns) {
    if (!column.managed) continue;
    if (column.rules.key) out.key.push_back(column.header);
    ids.emplace_back(column.id, column.header);
    out.columns.push_back(column_of(sheet, column, schema, lives));
  }
  out.managed_hash = managed_hash(ids);
  return out;
}

void add_positions(ContractSheet& sheet, const Schema& live) {
  const Sheet* there = live.sheet(sheet.id);
  if (there == nullptr) return;
  sheet.header_hash = header_hash(header_row_of(*there));
  sheet.width = there->columns.size();
  for (ContractColumn& column : sheet.columns) {
    const std::size_t index = column_index(*there, column.id);
    if (index < there->columns.size()) column.index0 = index;
  }
}

std::vector<ContractEnum> enums_of(const Schema& schema, const Lives& lives) {
  std::vector<ContractEnum> out;
  for (const Enum& one : schema.enums) {
    ContractEnum listed;
    listed.name = one.name;
    bool strict = false;
    for (const Sheet& sheet : schema.sheets)
      for (const Column& column : sheet.columns)
        if (column.managed && column.type.kind == TypeKind::enumeration && column.type.of == one.name) {
          listed.used_by.push_back(sheet.title + "." + column.header);
          strict = strict || !column.rules.lenient;
        }
    listed.open = !listed.used_by.empty() && !strict;
    for (const EnumValue& value : one.values)
      listed.values.push_back(
          {value.text, lives.since("enum " + one.name, value.text), lives.until("enum " + one.name, value.text)});
    out.push_back(std::move(listed));
  }
  return out;
}

}  // namespace

std::string_view to_string(ContractClass verdict) {
  switch (verdict) {
    case ContractClass::same: return "same";
    case ContractClass::compatible: return "compatible";
    case ContractClass::breaking: return "breaking";
  }
  return "breaking";
}

Contract make_contract(const History& history, const std::vector<Replayed>& replayed, std::uint32_t at,
                       const Schema* live, bool extras_allowed, bool positions) {
  const Schema* state = history.baseline ? &*history.baseline : &history.empty;
  Contract out;
  out.position = at;
  for (const Replayed& one : replayed)
    if (one.migration.number <= at) {
      state = &one.after;
      out.slug = one.migration.slug;
    }
  for (const LockLine& line : history.fresh_lock())
    if (line.number == at) out.chain_hash = line.chain;
  if (out.chain_hash.empty()) out.chain_hash = empty_chain();
  const Lives lives(history, replayed, at);
  for (const Sheet& sheet : state->sheets) {
    if (!sheet.managed) continue;
    out.sheets.push_back(sheet_of(sheet, *state, lives, extras_allowed));
    if (live != nullptr && positions) add_positions(out.sheets.back(), *live);
  }
  out.enums = enums_of(*state, lives);
  out.live = live != nullptr;
  out.locale = live != nullptr ? live->locale : state->locale;
  out.time_zone = live != nullptr ? live->time_zone : state->time_zone;
  return out;
}

namespace {

enum class Reading { none, text, number, percent, moment };

/// What a number format makes of a cell for those who read what is shown.
Reading reading_of(const std::optional<std::string>& format) {
  if (!format || format->empty()) return Reading::none;
  if (format->find('@') != std::string::npos) return Reading::text;
  bool quoted_part = false;
  for (const char c : *format) {
    if (c == '\'') quoted_part = !quoted_part;
    if (!quoted_part && std::string_view("YMDhms").find(c) != std::string_view::npos) return Reading::moment;
  }
  return format->find('%') != std::string::npos ? Reading::percent : Reading::number;
}

/// A date is shown as its format says, so another one is another text; of a number only the kind counts.
bool format_reads_differently(const ContractColumn& wanted, const std::optional<std::string>& now) {
  if (reading_of(wanted.format) != reading_of(now)) return true;
  return reading_of(now) == Reading::moment && !same_format(*wanted.format, *now);
}

class Comparing {
 public:
  Comparing(const Contract& contract, const ContractSubject& subject) : contract_(contract), subject_(subject) {}

  Result<ContractComparison> run() {
    for (const ContractSheet& sheet : contract_.sheets) ZMIG_CHECK_OK(compare_sheet(sheet));
    for (const ContractEnum& one : contract_.enums) ZMIG_CHECK_OK(compare_enum(one));
    if (subject_.position > contract_.position)
      compatible("chain_ahead", "", "", fmt::format("{:04}", contract_.position),
                 fmt::format("{:04}", subject_.position));
    for (const ContractFinding& finding : out_.findings) out_.verdict = std::max(out_.verdict, finding.level);
    return std::move(out_);
  }

 private:
  void add(std::string code, ContractClass level, std::string kind, std::string subject, std::string where,
           std::string expected, std::string observed) {
    out_.findings.push_back({std::move(code), level, std::move(kind), std::move(subject), std::move(where),
                             std::move(expected), std::move(observed)});
  }
  void compatible(std::string kind, std::string subject, std::string where, std::string expected,
                  std::string observed) {
    add("ZM0801", ContractClass::compatible, std::move(kind), std::move(subject), std::move(where), std::move(expected),
        std::move(observed));
  }
  void breaking(std::string code, std::string kind, std::string subject, std::string where, std::string expected,
                std::string observed) {
    add(std::move(code), ContractClass::breaking, std::move(kind), std::move(subject), std::move(where),
        std::move(expected), std::move(observed));
  }
  [[nodiscard]] std::string place_of(const Sheet& sheet, const Column& column) const {
    return subject_.live ? header_cell(sheet, column.id) : std::string();
  }

  Status compare_sheet(const ContractSheet& wanted) {
    const Sheet* sheet = subject_.schema.sheet(wanted.id);
    const bool needed = std::any_of(wanted.columns.begin(), wanted.columns.end(),
                                    [](const ContractColumn& column) { return column.need == Readers::require; });
    if (sheet != nullptr && norm(sheet->title) != norm(wanted.title) && needed) {
      breaking("ZM0802", "sheet_renamed", wanted.title, "", wanted.title, sheet->title);
      return ok();
    }
    if (sheet == nullptr) sheet = subject_.schema.sheet_titled(wanted.title, true);
    if (sheet == nullptr) {
      if (needed) breaking("ZM0802", "sheet_missing", wanted.title, "", wanted.title, "");
      return ok();
    }
    if (sheet->header_row != wanted.header_row)
      breaking("ZM0806", "header_row", wanted.title, "", std::to_string(wanted.header_row),
               std::to_string(sheet->header_row));
    std::set<const Column*> known;
    std::vector<std::size_t> order;
    for (const ContractColumn& column : wanted.columns)
      if (const Column* found = compare_column(wanted, column, *sheet)) {
        known.insert(found);
        order.push_back(column_index(*sheet, found->id));
      }
    if (!wanted.order_free && !std::is_sorted(order.begin(), order.end()))
      breaking("ZM0806", "order", wanted.title, "", "the declared order", "another order");
    for (const Column& column : sheet->columns) {
      if (known.contains(&column) || norm(column.header).empty()) continue;
      const std::string subject = wanted.title + "." + column.header;
      if (wanted.extras_allowed)
        compatible("column_added", subject, place_of(*sheet, column), "", column.header);
      else
        breaking("ZM0806", "extra_column", subject, place_of(*sheet, column), "", column.header);
    }
    return ok();
  }

  /// By id, where there is one; else by header, then by alias. Never by `look`.
  const Column* find(const ContractColumn& wanted, const Sheet& sheet, std::string_view& by) const {
    by = "id";
    if (const Column* found = column_by_id(sheet, wanted.id)) return found;
    by = "header";
    if (const Column* found = column_by_header(sheet, wanted.header, true)) return found;
    by = "alias";
    for (const std::string& alias : wanted.aliases)
      if (const Column* found = column_by_header(sheet, alias, true)) return found;
    return nullptr;
  }

  const Column* compare_column(const ContractSheet& in, const ContractColumn& wanted, const Sheet& sheet) {
    const std::string subject = in.title + "." + wanted.header;
    if (wanted.need == Readers::require) ++out_.columns_required;
    std::string_view by;
    const Column* found = find(wanted, sheet, by);
    if (found == nullptr) {
      if (wanted.need == Readers::require) breaking("ZM0802", "column_missing", subject, "", wanted.header, "");
      if (wanted.need == Readers::expect) compatible("column_missing", subject, "", wanted.header, "");
      return nullptr;
    }
    const std::size_t before = out_.findings.size();
    const std::string where = place_of(sheet, *found);
    if (norm(found->header) != norm(wanted.header)) {
      const bool alias = std::any_of(wanted.aliases.begin(), wanted.aliases.end(),
                                     [&](const std::string& one) { return norm(one) == norm(found->header); });
      if (alias)
        compatible("header_is_alias", subject, where, wanted.header, found->header);
      else if (wanted.need == Readers::require)
        breaking("ZM0803", "header_changed", subject, where, wanted.header, found->header);
    }
    const auto same_header = [&](const Column& column) { return norm(column.header) == norm(found->header); };
    if (wanted.need == Readers::require && std::count_if(sheet.columns.begin(), sheet.columns.end(), same_header) > 1)
      breaking("ZM0806", "header_twice", subject, where, "once", "twice");
    // A foreign column has no declared facts: it can only be looked for.
    if (found->managed && wanted.need != Readers::tolerate) compare_facts(wanted, *found, subject, where);
    if (in.order_free && subject_.live && contract_.live && wanted.index0) {
      const std::size_t now = column_index(sheet, found->id);
      if (now != *wanted.index0)
        compatible("column_moved", subject, where, column_letters(*wanted.index0), column_letters(now));
    }
    const bool clean = std::none_of(out_.findings.begin() + static_cast<std::ptrdiff_t>(before), out_.findings.end(),
                                    [](const ContractFinding& one) { return one.level == ContractClass::breaking; });
    if (clean && wanted.need == Readers::require) ++out_.columns_same;
    return found;
  }

  void compare_facts(const ContractColumn& wanted, const Column& found, const std::string& subject,
                     const std::string& where) {
    const std::string type = type_text(found.type, subject_.schema), reads = read_as_of(found.type);
    if (reads != wanted.read_as)
      breaking("ZM0804", "read_as", subject, where, wanted.read_as, reads);
    else if (type != wanted.type)
      breaking("ZM0804", "type", subject, where, wanted.type, type);
    const auto format = effective_format(found);
    if (reads == wanted.read_as && format_reads_differently(wanted, format))
      breaking("ZM0804", "format", subject, where, wanted.format.value_or(""), format.value_or(""));
    else if (wanted.format)
      ++out_.formats;
    const bool nullable = !found.rules.required && !found.rules.key;
    if (nullable != wanted.nullable)
      breaking("ZM0804", "nullability", subject, where, wanted.nullable ? "may be blank" : "never blank",
               nullable ? "may be blank" : "never blank");
    if (found.computed.has_value() != wanted.formula)
      breaking("ZM0804", "nature", subject, where, wanted.formula ? "formula" : "value",
               found.computed ? "formula" : "value");
  }

  Status compare_enum(const ContractEnum& wanted) {
    const Enum* now = subject_.schema.find_enum(wanted.name);
    const std::size_t before = out_.findings.size();
    if (now == nullptr) {
      if (!wanted.used_by.empty()) breaking("ZM0805", "enum_missing", wanted.name, "", wanted.name, "");
      return ok();
    }
    const auto offers = [&](const std::string& text) {
      return std::any_of(now->values.begin(), now->values.end(),
                         [&](const EnumValue& value) { return value.text == text && value.offered; });
    };
    const auto knows = [&](const std::string& text) {
      return std::any_of(wanted.values.begin(), wanted.values.end(),
                         [&](const ContractEnum::Value& value) { return value.value == text; });
    };
    for (const ContractEnum::Value& value : wanted.values)
      if (!value.until && !offers(value.value))
        breaking("ZM0805", "value_retired", wanted.name + "." + value.value, "", value.value, "");
    for (const EnumValue& value : now->values) {
      if (knows(value.text)) continue;
      if (wanted.open)
        compatible("value_added", wanted.name + "." + value.text, "", "", value.text);
      else
        breaking("ZM0805", "value_unknown", wanted.name + "." + value.text, "", "", value.text);
    }
    if (subject_.cells != nullptr && !wanted.open) ZMIG_CHECK_OK(compare_cells(wanted, *now, knows));
    if (out_.findings.size() == before) ++out_.enums;
    return ok();
  }

  /// Values in the data that a closed enum does not know: the first cell of each.
  template <class Knows>
  Status compare_cells(const ContractEnum& wanted, const Enum& now, const Knows& knows) {
    for (const Sheet& sheet : subject_.schema.sheets)
      for (const Column& column : sheet.columns) {
        if (!column.managed || column.type.kind != TypeKind::enumeration || column.type.of != wanted.name) continue;
        std::set<std::string> seen;
        const std::vector<std::string> ids{column.id};
        ZMIG_CHECK_OK(subject_.cells->scan(sheet.id, ids, [&](const RowView& row) {
          const auto* text = std::get_if<Text>(&row.cells[0].value);
          if (text == nullptr || knows(text->utf8) || !seen.insert(text->utf8).second) return ok();
          const bool listed = std::any_of(now.values.begin(), now.values.end(),
                                          [&](const EnumValue& value) { return value.text == text->utf8; });
          if (!listed)  // a listed one has been reported
            breaking("ZM0805", "value_unknown", wanted.name + "." + text->utf8,
                     fmt::format("{}!{}{}", sheet.title, letters_of(sheet, column.id), row.row.number), "", text->utf8);
          return ok();
        }));
      }
    return ok();
  }

  const Contract& contract_;
  const ContractSubject& subject_;
  ContractComparison out_;
};

}  // namespace

Result<ContractComparison> compare_contract(const Contract& contract, const ContractSubject& subject) {
  return Comparing(contract, subject).run();
}

Result<CheckResult> contract_check(const Contract& contract, const std::string& file, const ContractSubject& subject) {
  ZMIG_TRY(const ContractComparison compared, compare_contract(contract, subject));
  CheckResult out;
  out.id = "contract";
  out.subject = file;
  out.text = "the contract " + quoted(file) + " holds";
  out.outcome = compared.verdict == ContractClass::breaking ? Outcome::failed : Outcome::passed;
  out.examined = compared.columns_required;
  out.expected = "what readers of it need";
  for (const ContractFinding& finding : compared.findings) {
    if (finding.level != ContractClass::breaking) continue;
    ++out.offending_count;
    if (out.offending.size() < 20) out.offending.push_back(finding.where.empty() ? finding.subject : finding.where);
    if (!out.observed.empty()) continue;
    out.observed = fmt::format("{} {}", finding.subject, finding.kind);
    if (!finding.expected.empty() || !finding.observed.empty())
      out.observed += fmt::format(": {} instead of {}", finding.observed.empty() ? "nothing" : finding.observed,
                                  finding.expected.empty() ? "nothing" : finding.expected);
  }
  if (out.outcome == Outcome::passed) out.observed = std::string(to_string(compared.verdict));
  return out;
}

}  // namespace zmig
