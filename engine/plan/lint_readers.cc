// Family 3: lines that break readers which go by header, letter or way of reading.

#include <algorithm>

#include <fmt/format.h>

#include <zmig/header_norm.h>

#include "base/text.h"
#include "plan/lint_rules.h"

namespace zmig::linting {
namespace {

enum class Reading { text, number, serial, boolean };
Reading reading_of(const Type& type) {
  if (is_numeric(type)) return Reading::number;
  if (is_textual(type)) return Reading::text;
  return type.kind == TypeKind::boolean ? Reading::boolean : Reading::serial;
}
std::string_view word(Reading reading) {
  switch (reading) {
    case Reading::text: return "a text";
    case Reading::number: return "a number";
    case Reading::serial: return "a serial number of a day";
    case Reading::boolean: return "true or false";
  }
  return "";
}

bool is_date_format(std::string_view format) {
  bool quoted_part = false;
  for (const char c : format) {
    if (c == '\'') quoted_part = !quoted_part;
    if (!quoted_part && std::string_view("YMDhms").find(c) != std::string_view::npos) return true;
  }
  return false;
}

class ReaderRules {
 public:
  explicit ReaderRules(Subject& subject) : s_(subject) {}

  void run() {
    for (at_ = 0; at_ < s_.operations.size(); ++at_) {
      const Operation& operation = s_.operations[at_];
      if (const auto* one = std::get_if<op::RenameColumn>(&operation)) rename_column(*one);
      if (const auto* one = std::get_if<op::RenameSheet>(&operation)) rename_sheet(*one);
      if (const auto* one = std::get_if<op::AddColumn>(&operation)) add_column(*one);
      if (const auto* one = std::get_if<op::MoveColumn>(&operation)) move_column(*one);
      if (const auto* one = std::get_if<op::ChangeType>(&operation)) change_type(*one);
      if (const auto* one = std::get_if<op::SetFormat>(&operation)) set_format(*one);
      if (const auto* one = std::get_if<op::AddValue>(&operation)) add_value(*one);
    }
    for (const auto& [file, contract] : s_.input.uphold) upheld(file, contract);
  }

 private:
  LintFinding& add(std::string_view rule, std::string message, std::string help) {
    return s_.add(rule, std::move(message), s_.span(at_), subject_of(s_.operations[at_]), std::move(help));
  }

  void rename_column(const op::RenameColumn& rename) {
    if (!s_.is_old_sheet(rename.at.sheet.id) || norm(rename.at.header) == norm(rename.to)) return;
    const Column* later = column_at(s_.states.back(), {rename.at.sheet, rename.at.id, rename.to});
    if (later == nullptr) return;  // dropped below
    const auto& aliases = later->rules.aliases;
    const auto same = [&](const std::string& alias) { return norm(alias) == norm(rename.at.header); };
    if (std::any_of(aliases.begin(), aliases.end(), same)) return;
    LintFinding& found =
        add("ZM1301", fmt::format("readers that look for {} no longer find it", quoted(rename.at.header)),
            fmt::format("`change column {} alias {}` lets them find it under both names", quoted(rename.to),
                        quoted(rename.at.header)));
    if (!aliases.empty()) return;
    const std::uint32_t end = behind_line(s_.source, s_.line(at_).end);
    found.fix = LintFix{false,
                        {{s_.file, end, end,
                          fmt::format("{}change column {} alias {}\n", indentation(s_.source, s_.line(at_).begin),
                                      quoted(rename.to), quoted(rename.at.header))}},
                        false};
  }

  void rename_sheet(const op::RenameSheet& rename) {
    if (!s_.is_old_sheet(rename.sheet.id)) return;
    add("ZM1304", fmt::format("readers that look for the sheet {} no longer find it", quoted(rename.sheet.title)),
        "tell them first; in the heading: allow ZM1304 because \"…\"");
  }

  /// How many columns stand right of this one.
  std::size_t columns_behind(const std::string& sheet_id, const std::string& column) const {
    const Sheet* sheet = s_.after(at_).sheet(sheet_id);
    if (sheet == nullptr) return 0;
    const std::size_t index = column_index(*sheet, column);
    return index >= sheet->columns.size() ? 0 : sheet->columns.size() - index - 1;
  }

  void add_column(const op::AddColumn& added) {
    if (!s_.is_old_sheet(added.sheet.id)) return;
    const std::size_t behind = columns_behind(added.sheet.id, added.column.id);
    if (behind == 0) return;
    LintFinding& found = add("ZM1302",
                             fmt::format("{} is inserted left of {} that readers may address by position",
                                         quoted(added.column.header), counted(behind, "column", "columns")),
                             "add it at the end, or in the heading: allow ZM1302 because \"…\"");
    if (const auto place = place_in(s_.line(at_)))
      found.fix = LintFix{false, {{s_.file, place->begin, place->end, {}}}, false};
  }

  void move_column(const op::MoveColumn& move) {
    if (!s_.is_old_sheet(move.at.sheet.id)) return;
    const Sheet* before = s_.before(at_).sheet(move.at.sheet.id);
    const Sheet* after = s_.after(at_).sheet(move.at.sheet.id);
    if (before == nullptr || after == nullptr) return;
    const std::size_t from = column_index(*before, move.at.id), to = column_index(*after, move.at.id);
    if (from == to) return;
    const std::size_t moved = from < to ? to - from : from - to;
    add("ZM1302",
        fmt::format("{} moves past {} that readers may address by position", quoted(move.at.header),
                    counted(moved, "column", "columns")),
        "leave it where it is, or in the heading: allow ZM1302 because \"…\"");
  }

  /// ` after "Lote"`, ` before "Lote"`, ` first` outside quotes.
  std::optional<Span> place_in(Span line) const {
    const std::string_view text = std::string_view(s_.source.text).substr(0, line.end);
    const auto names = quoted_texts(s_.source, line);
    if (names.empty()) return std::nullopt;
    for (std::size_t i = 0; i < names.size(); ++i) {
      const std::uint32_t from = names[i].span.end;
      const std::uint32_t to = i + 1 < names.size() ? names[i + 1].span.begin : line.end;
      const std::string_view between = text.substr(from, to - from);
      for (const std::string_view keyword : {" after ", " before "}) {
        if (!between.ends_with(keyword) || i + 1 >= names.size()) continue;
        const auto begin = static_cast<std::uint32_t>(to - keyword.size());
        return Span{line.file, begin, names[i + 1].span.end};
      }
      const std::size_t first = between.find(" first");
      if (first != std::string_view::npos) {
        const auto begin = static_cast<std::uint32_t>(from + first);
        return Span{line.file, begin, begin + 6};
      }
    }
    return std::nullopt;
  }

  void change_type(const op::ChangeType& change) {
    const Column* old = column_at(s_.before(at_), change.at);
    if (old == nullptr || !s_.is_old_sheet(change.at.sheet.id)) return;
    const Reading from = reading_of(old->type), to = reading_of(change.type);
    if (from == to) return;
    add("ZM1303", fmt::format("apps that read {} get {} instead of {}", quoted(change.at.header), word(to), word(from)),
        "change the apps first; in the heading: allow ZM1303 because \"…\"");
  }

  void set_format(const op::SetFormat& change) {
    const Column* old = column_at(s_.before(at_), change.at);
    if (old == nullptr || !s_.is_old_sheet(change.at.sheet.id)) return;
    const std::string from = old->format.value_or(implied_format(old->type));
    const std::string to = change.format.value_or(implied_format(old->type));
    if (from.empty() || to.empty() || is_date_format(from) == is_date_format(to)) return;
    add("ZM1303",
        fmt::format("{} is shown as {} instead of {}", quoted(change.at.header),
                    is_date_format(to) ? "a date" : "a number", is_date_format(from) ? "a date" : "a number"),
        "apps that read what is shown get another text; choose a format of the same kind");
  }

  /// The upheld contract that lists this enum as closed, without this value.
  const std::string* closed_in(const op::AddValue& added) const {
    for (const auto& [file, contract] : s_.input.uphold)
      for (const ContractEnum& one : contract.enums) {
        if (one.name != added.enum_name || one.open) continue;
        const bool known = std::any_of(one.values.begin(), one.values.end(),
                                       [&](const ContractEnum::Value& value) { return value.value == added.value; });
        if (!known) return &file;
      }
    return nullptr;
  }

  void add_value(const op::AddValue& added) {
    const std::string* file = closed_in(added);
    if (file == nullptr) return;
    add("ZM1307", fmt::format("readers of {} do not know the value {}", quoted(*file), quoted(added.value)),
        "teach them first, and take the contract off `contract.uphold`");
  }

  /// What a contract needs and this migration takes away. New values are ZM1307.
  void upheld(const std::string& file, const Contract& contract) {
    const auto broken_in = [&](const Schema& schema) {
      const auto compared = compare_contract(contract, {schema, 0, false, nullptr});
      std::vector<ContractFinding> out;
      if (!compared) return out;
      for (const ContractFinding& one : compared->findings)
        if (one.level == ContractClass::breaking && one.kind != "value_unknown") out.push_back(one);
      return out;
    };
    const auto before = broken_in(s_.states.front());
    for (const ContractFinding& one : broken_in(s_.states.back())) {
      if (std::find(before.begin(), before.end(), one) != before.end()) continue;
      at_ = operation_about(one.subject);
      std::string message = fmt::format("{} needs {}", quoted(file), one.subject);
      if (!one.expected.empty() && one.kind != "column_missing" && one.kind != "sheet_missing")
        message += fmt::format(" as {}", one.expected);
      LintFinding& found = s_.add("ZM1306", std::move(message), s_.operations.empty() ? s_.whole_file() : s_.span(at_),
                                  one.subject, "keep it; to retire these readers take the file off `contract.uphold`");
      found.diagnostic.notes.push_back(fmt::format("{}: {}", one.code, one.kind));
    }
  }

  std::size_t operation_about(const std::string& subject) const {
    for (std::size_t i = s_.operations.size(); i-- > 0;)
      if (subject_of(s_.operations[i]) == subject) return i;
    for (std::size_t i = s_.operations.size(); i-- > 0;) {
      const std::string about = subject_of(s_.operations[i]);
      if (subject.starts_with(about + ".")) return i;
    }
    return 0;
  }

  Subject& s_;
  std::size_t at_ = 0;
};

}  // namespace

void check_readers(Subject& subject) { ReaderRules(subject).run(); }

}  // namespace zmig::linting
