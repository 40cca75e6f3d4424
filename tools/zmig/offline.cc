#include "offline.h"

#include <algorithm>
#include <filesystem>

#include <fmt/format.h>

#include <zmig/migrator.h>
#include <zmig/text.h>

#include "session.h"

namespace zmig::cli {
namespace {

namespace fs = std::filesystem;

struct Ignore : Observer {
  void on(const Event&) override {}
};

/// A schema whose sheets have made-up rows.
class MadeUpView final : public CellView {
 public:
  /// `coming`: the states that the migrations to rehearse lead to, in order.
  MadeUpView(Schema schema, std::vector<const Schema*> coming)
      : schema_(std::move(schema)), coming_(std::move(coming)) {}
  [[nodiscard]] const Schema& schema() const override { return schema_; }
  [[nodiscard]] bool text_source() const override { return false; }
  Status scan(const std::string& sheet_id, std::span<const std::string> column_ids, const RowSink& sink) override {
    const Sheet* sheet = schema_.sheet(sheet_id);
    if (sheet == nullptr) return ok();
    std::vector<Cell> cells(column_ids.size());
    for (std::uint64_t row = 0; row < kMadeUpRows; ++row) {
      for (std::size_t at = 0; at < column_ids.size(); ++at) {
        const Column* column = column_by_id(*sheet, column_ids[at]);
        cells[at] = {};
        if (column == nullptr) continue;
        // What a formula of the workbook gives nobody knows here.
        if (!column->computed) cells[at].value = value_of(*sheet, *column, row);
      }
      ZMIG_CHECK_OK(sink(RowView{{sheet->header_row + 1 + row, static_cast<std::int64_t>(row + 1), {}}, cells}));
    }
    return ok();
  }

 private:
  /// A text that is to become something else reads as that, else no such plan could run.
  [[nodiscard]] Value value_of(const Sheet& sheet, const Column& column, std::uint64_t row) const {
    if (column.type.kind == TypeKind::text && column.allowed.kind == Allowed::Kind::none) {
      for (const Schema* state : coming_) {
        const Sheet* later = state->sheet(sheet.id);
        const Column* becomes = later == nullptr ? nullptr : column_by_id(*later, column.id);
        if (becomes == nullptr || (becomes->type == column.type && becomes->allowed == column.allowed)) continue;
        return Text{to_text(made_up_value(*state, *becomes, row))};
      }
    }
    return made_up_value(schema_, column, row);
  }

  Schema schema_;
  std::vector<const Schema*> coming_;
};

/// The value of the key of another sheet, so that a reference leads somewhere.
Value key_of(const Schema& schema, const std::string& sheet_id, std::uint64_t row) {
  const Sheet* sheet = schema.sheet(sheet_id);
  if (sheet == nullptr) return Blank{};
  for (const Column& column : sheet->columns)
    if (column.rules.key && column.type.kind != TypeKind::reference) return made_up_value(schema, column, row);
  return Blank{};
}

}  // namespace

Value made_up_value(const Schema& schema, const Column& column, std::uint64_t row) {
  constexpr std::int32_t kDay = 46000;  // 2025-12-09
  constexpr std::int64_t kDayMs = 86'400'000;
  const auto number = static_cast<double>(row + 1);
  const auto nth = static_cast<std::int32_t>(row);
  if (column.rules.fallback && !column.rules.unique && !column.rules.key) return *column.rules.fallback;
  if (column.allowed.kind == Allowed::Kind::list && !column.allowed.values.empty())
    return Text{column.allowed.values[row % column.allowed.values.size()]};
  switch (column.type.kind) {
    case TypeKind::text: return Text{fmt::format("{} {}", column.header.empty() ? "text" : column.header, row + 1)};
    case TypeKind::integer:
    case TypeKind::number:
    case TypeKind::decimal:
    case TypeKind::percent:
    case TypeKind::currency: return Number{number};
    case TypeKind::boolean: return Boolean{row % 2 == 1};
    case TypeKind::date: return Date{kDay + nth};
    case TypeKind::time: return Time{nth * 60'000};
    case TypeKind::datetime: return DateTime{(kDay + nth) * kDayMs};
    case TypeKind::enumeration: {
      const Enum* one = schema.find_enum(column.type.of);
      if (one == nullptr) return Blank{};
      std::vector<std::string> offered;
      for (const EnumValue& value : one->values)
        if (value.offered) offered.push_back(value.text);
      return offered.empty() ? Value(Blank{}) : Value(Text{offered[row % offered.size()]});
    }
    case TypeKind::reference: return key_of(schema, column.type.of, row);
  }
  return Blank{};
}

Result<MadeUp> make_up(Session& session, std::uint32_t at) {
  MadeUp out;
  ZMIG_TRY(const History* history, session.history());
  Schema state = history->baseline ? *history->baseline : history->empty;
  std::vector<const Schema*> coming;
  for (const Replayed& one : session.replayed()) {
    if (one.migration.number <= at)
      state = one.after;
    else
      coming.push_back(&one.after);
  }
  ZMIG_TRY(out.scratch, Scratch::make());
  const auto* kind = find_target_kind("sqlite");
  ZMIG_ASSERT(kind != nullptr && kind->create != nullptr, "a workbook can always be made as sqlite:");
  const auto path = (fs::path(out.scratch->folder()) / "made_up.db").string();
  MadeUpView view(state, std::move(coming));
  std::vector<std::string> sheets;
  for (const Sheet& sheet : state.sheets) sheets.push_back(sheet.id);
  ZMIG_CHECK_OK(kind->create(path, {}, session.ports(), view, sheets, {}));
  ZMIG_TRY(out.target, kind->open(path, {}, session.ports()));
  ZMIG_CHECK_OK(out.target->inspect());
  ZMIG_TRY(out.ledger, open_memory_ledger(session.ports()));
  Ignore ignore;
  RunOptions options;
  options.actor = "ci";
  options.host = "offline";
  options.tool_version = session.tool_version();
  options.backup_folder = out.scratch->folder();
  Migrator migrator(*history, session.replayed(), *out.target, *out.ledger, session.codec(), session.ports(), ignore,
                    options);
  BaselineOptions baseline;
  if (at != 0) baseline.at = at;
  if (at == 0 && history->baseline) baseline.managed = history->baseline;
  ZMIG_TRY(const auto taken, migrator.baseline(baseline));
  if (taken.exit_code != 0) {
    const auto& found = taken.diagnostics.all();
    const auto wrong = std::ranges::find(found, Severity::error, &Diagnostic::severity);
    return make_error(Errc::conflict, "ZM0902",
                      fmt::format("the made-up workbook is not at {:04}: {}", at,
                                  wrong == found.end() ? std::string("it could not be proved") : wrong->message),
                      "run `zmig ci` with access to a copy of the workbook");
  }
  ZMIG_CHECK_OK(out.target->inspect());
  return out;
}

}  // namespace zmig::cli
