// A workbook with planned changes laid over it. A column is a column of the base (or none, when it is new) under
// layers: the newest layer that knows a row gives its cell. Rows keep keys, so that layers stay right when rows come
// and go.
#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include <zmig/plan.h>

#include "ops/judging.h"
#include "plan/row_order.h"

namespace zmig {
namespace {

using Key = RowOrder::Key;

/// Cells written row by row.
struct EditLayer {
  std::unordered_map<Key, Cell> cells;
};
/// One constant into many rows: a bit a row of the base, keys for inserted ones.
struct FillLayer {
  Value value;
  std::vector<bool> rows;
  std::vector<Key> inserted;  // sorted
};
/// One number format for the whole column: what deviated from it is gone.
struct PlainFormatLayer {};
using Layer = std::variant<EditLayer, FillLayer, PlainFormatLayer>;

struct ColumnLayers {
  std::string base;  // id in the base; empty: a new column
  std::vector<Layer> layers;
};

struct SheetLayers {
  std::string base;  // id in the base; empty: a new sheet
  std::map<std::string, ColumnLayers, std::less<>> columns;
  std::optional<RowOrder> order;  // none: the rows are those of the base
  Key next_inserted = RowOrder::kInserted;
};

/// Columns by id for who asks in the order of the sheet: each answer is looked for behind the one before.
class InOrder {
 public:
  explicit InOrder(const CowList<Column>& columns) : columns_(columns) {}
  const Column* find(std::string_view id) {
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      const std::size_t at = next_ + i < columns_.size() ? next_ + i : next_ + i - columns_.size();
      if (columns_[at].id != id) continue;
      next_ = at + 1 < columns_.size() ? at + 1 : 0;
      return &columns_[at];
    }
    return nullptr;
  }

 private:
  const CowList<Column>& columns_;
  std::size_t next_ = 0;
};

bool knows(const FillLayer& fill, Key key) {
  if (RowOrder::is_inserted(key)) return std::binary_search(fill.inserted.begin(), fill.inserted.end(), key);
  return key < fill.rows.size() && fill.rows[key];
}

/// `cell` of the base (or blank) with the layers of its column over it.
Cell laid_over(const ColumnLayers& column, Key key, Cell cell) {
  bool plain_format = false;
  const Value* filled = nullptr;
  for (auto layer = column.layers.rbegin(); layer != column.layers.rend(); ++layer) {
    if (std::holds_alternative<PlainFormatLayer>(*layer)) {
      plain_format = true;
    } else if (const auto* edits = std::get_if<EditLayer>(&*layer)) {
      const auto found = edits->cells.find(key);
      if (found == edits->cells.end()) continue;
      cell = found->second;
      break;
    } else if (filled == nullptr && knows(std::get<FillLayer>(*layer), key)) {
      filled = &std::get<FillLayer>(*layer).value;
    }
  }
  // A fill writes the value and leaves the format that the older layers give.
  if (filled != nullptr) {
    cell.value = *filled;
    cell.stored.clear();
  }
  if (plain_format) cell.format.clear();
  return cell;
}

Error no_sheet(const std::string& id) {
  return make_error(Errc::not_found, "ZM0101", "there is no sheet " + id + " in the workbook");
}
Error no_column(const std::string& id) {
  return make_error(Errc::not_found, "ZM0101", "there is no column " + id + " in the sheet");
}

}  // namespace

struct Overlay::State {
  explicit State(CellView& the_base) : base(the_base), schema(the_base.schema()) {
    for (const Sheet& sheet : schema.sheets) {
      SheetLayers layers;
      layers.base = sheet.id;
      for (const Column& column : sheet.columns) layers.columns[column.id].base = column.id;
      sheets.emplace(sheet.id, std::move(layers));
    }
  }

  CellView& base;
  Schema schema;
  std::map<std::string, SheetLayers, std::less<>> sheets;

  /// The number of the first row below the header.
  [[nodiscard]] std::uint64_t first_row(const std::string& sheet_id) const {
    const Sheet* sheet = schema.sheet(sheet_id);
    return (sheet == nullptr ? 1 : sheet->header_row) + std::uint64_t{1};
  }

  Result<std::uint64_t> base_rows(const SheetLayers& layers) {
    std::uint64_t count = 0;
    if (layers.base.empty()) return count;
    const std::vector<std::string> none;
    ZMIG_CHECK_OK(base.scan(layers.base, none, [&](const RowView&) -> Status {
      ++count;
      return ok();
    }));
    return count;
  }

  Result<RowOrder*> order_of(const std::string& sheet_id, SheetLayers& layers) {
    if (!layers.order) {
      ZMIG_TRY(const std::uint64_t count, base_rows(layers));
      layers.order.emplace(first_row(sheet_id), count);
    }
    return &*layers.order;
  }

  [[nodiscard]] static Key key_of(const SheetLayers& layers, std::uint64_t number) {
    return layers.order ? layers.order->key_of(number) : number;
  }

  Status take_edits(const Scope& at, const Source& source) {
    const auto* run = std::get_if<source::Run>(&source);
    if (run == nullptr || run->edits.empty()) return ok();
    SheetLayers& layers = sheets.at(at.sheet);
    EditLayer layer;
    layer.cells.reserve(run->edits.size());
    for (const source::Edit& edit : run->edits)
      layer.cells.insert_or_assign(key_of(layers, edit.row.number), edit.write);
    layers.columns.at(at.column).layers.emplace_back(std::move(layer));
    return ok();
  }

  Status take_fill(Overlay& self, const change::FillEmpty& fill) {
    const Sheet& sheet = *schema.sheet(fill.at.sheet);
    SheetLayers& layers = sheets.at(fill.at.sheet);
    FillLayer layer;
    layer.value = fill.value;
    const std::vector<std::string> wanted{fill.at.column};
    const ops::Rows rows(sheet, wanted, fill.not_counted);
    ZMIG_CHECK_OK(rows.each(self, [&](const RowView& row) {
      const Cell& cell = rows.cell(row, fill.at.column);
      if (!is_blank(cell.value) || !cell.formula.empty()) return true;
      const Key key = key_of(layers, row.row.number);
      if (RowOrder::is_inserted(key)) {
        layer.inserted.push_back(key);
      } else {
        if (layer.rows.size() <= key) layer.rows.resize(key + 1, false);
        layer.rows[key] = true;
      }
      return true;
    }));
    std::sort(layer.inserted.begin(), layer.inserted.end());
    layers.columns.at(fill.at.column).layers.emplace_back(std::move(layer));
    return ok();
  }

  /// The number of the first row below the last data row.
  Result<std::uint64_t> below_data(Overlay& self, const std::string& sheet_id) {
    std::uint64_t below = first_row(sheet_id);
    const ops::Rows rows(*schema.sheet(sheet_id), {}, {});
    ZMIG_CHECK_OK(rows.each(self, [&](const RowView& row) {
      below = row.row.number + 1;
      return true;
    }));
    return below;
  }

  Status take_new_rows(Overlay& self, const change::InsertRows& change) {
    const auto* run = std::get_if<source::Run>(&change.rows);
    if (run == nullptr || run->rows.empty()) return ok();
    std::optional<std::uint64_t> below;
    const bool has_placeless =
        std::any_of(run->rows.begin(), run->rows.end(), [](const source::Row& row) { return row.row.number == 0; });
    if (has_placeless) { ZMIG_TRY(below, below_data(self, change.sheet)); }
    SheetLayers& layers = sheets.at(change.sheet);
    ZMIG_TRY(RowOrder * order, order_of(change.sheet, layers));
    std::vector<EditLayer> added(run->columns.size());
    for (const source::Row& row : run->rows) {
      const Key key = layers.next_inserted++;
      const std::uint64_t number = row.row.number == 0 ? *below : row.row.number;
      order->insert(number, key);
      if (below && number <= *below) ++*below;
      for (std::size_t i = 0; i < row.cells.size() && i < added.size(); ++i) added[i].cells.emplace(key, row.cells[i]);
    }
    for (std::size_t i = 0; i < added.size(); ++i) {
      layers.columns.at(run->columns[i]).layers.emplace_back(std::move(added[i]));
    }
    return ok();
  }

  Status take_gone_rows(const change::DeleteRows& change) {
    const auto* run = std::get_if<source::Run>(&change.rows);
    if (run == nullptr || run->rows.empty()) return ok();
    SheetLayers& layers = sheets.at(change.sheet);
    ZMIG_TRY(RowOrder * order, order_of(change.sheet, layers));
    std::vector<Key> gone;
    for (const source::Row& row : run->rows) gone.push_back(order->key_of(row.row.number));
    order->erase(std::move(gone));
    return ok();
  }

  /// The ids in the base of columns whose cells the base judges as the overlay does; none: planned changes have a say.
  [[nodiscard]] std::optional<std::vector<std::string>> judged_by_base(const Sheet& sheet, const SheetLayers& layers,
                                                                       std::span<const std::string> counted) const {
    const Sheet* below = base.schema().sheet(layers.base);
    if (below == nullptr) return std::nullopt;
    std::vector<std::string> out;
    out.reserve(counted.size());
    InOrder of_sheet(sheet.columns), of_base(below->columns);
    for (const std::string& id : counted) {
      const Column* column = of_sheet.find(id);
      const auto known = layers.columns.find(id);
      if (column == nullptr || known == layers.columns.end()) continue;
      const ColumnLayers& cells = known->second;
      if (!cells.layers.empty()) return std::nullopt;
      if (cells.base.empty()) continue;  // new, and nothing was written into it: blank everywhere
      const Column* was = of_base.find(cells.base);
      const bool as_it_was = was != nullptr && was->type == column->type && was->allowed == column->allowed;
      if (!as_it_was) return std::nullopt;
      out.push_back(cells.base);
    }
    return out;
  }

  /// Track and Untrack give things other ids and leave them where they stand.
  void follow_ids(const Schema& before) {
    for (std::size_t i = 0; i < before.sheets.size() && i < schema.sheets.size(); ++i) {
      const Sheet& was = before.sheets[i];
      const Sheet& is = schema.sheets[i];
      if (was == is) continue;
      auto node = sheets.extract(was.id);
      if (node.empty()) continue;
      std::map<std::string, ColumnLayers, std::less<>> columns;
      for (std::size_t k = 0; k < was.columns.size() && k < is.columns.size(); ++k) {
        auto column = node.mapped().columns.extract(was.columns[k].id);
        if (column.empty()) continue;
        column.key() = is.columns[k].id;
        columns.insert(std::move(column));
      }
      // A claim of something that is not there adds it: then it is new.
      for (const Column& column : is.columns) columns.try_emplace(column.id);
      node.mapped().columns = std::move(columns);
      renamed.emplace_back(is.id, std::move(node.mapped()));
    }
    for (auto& [id, layers] : renamed) sheets.insert_or_assign(id, std::move(layers));
    renamed.clear();
    for (const Sheet& sheet : schema.sheets) sheets.try_emplace(sheet.id);
  }
  std::vector<std::pair<std::string, SheetLayers>> renamed;
};

namespace {

/// What one scan of an overlay works with: where each cell of a row comes from.
struct Merge {
  const SheetLayers& layers;
  std::vector<const ColumnLayers*> columns;  // as asked for
  std::vector<std::size_t> from;             // index into the base's cells; npos: new column
  std::vector<std::string> base_ids;
  std::vector<Cell> cells;
  bool changed = false;

  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);

  Status emit(const RowRef& row, Key key, std::span<const Cell> base, const RowSink& sink) {
    return sink(row_of(row, key, base));
  }
  RowView row_of(const RowRef& row, Key key, std::span<const Cell> base) {
    for (std::size_t i = 0; i < columns.size(); ++i) {
      Cell cell = from[i] == kNone || base.empty() ? Cell{} : base[from[i]];
      cells[i] = columns[i]->layers.empty() ? std::move(cell) : laid_over(*columns[i], key, std::move(cell));
    }
    return {row, cells};
  }
};

Result<Merge> merge_of(const SheetLayers& layers, std::span<const std::string> column_ids) {
  Merge merge{layers, {}, {}, {}, std::vector<Cell>(column_ids.size()), layers.order.has_value()};
  for (const std::string& id : column_ids) {
    const auto found = layers.columns.find(id);
    if (found == layers.columns.end()) return no_column(id);
    const ColumnLayers& column = found->second;
    merge.columns.push_back(&column);
    merge.changed = merge.changed || column.base.empty() || !column.layers.empty();
    merge.from.push_back(column.base.empty() ? Merge::kNone : merge.base_ids.size());
    if (!column.base.empty()) merge.base_ids.push_back(column.base);
  }
  return merge;
}

/// Merges the rows of the base with the runs of an order, in one pass. Rows get the numbers that people see now.
class OrderedScan {
 public:
  OrderedScan(Merge& merge, const RowOrder& order, const RowSink& sink)
      : merge_(merge), order_(order), sink_(sink), number_(order.first()) {}

  Status take(const RowView& row) {
    ZMIG_CHECK_OK(take_inserted());
    const Key key = row.row.number;
    // Base rows that stand before the present run were deleted.
    if (at_ == order_.runs().size() || key < order_.runs()[at_].begin) return ok();
    RowRef ref = row.row;
    ref.number = number_++;
    ZMIG_CHECK_OK(merge_.emit(ref, key, row.cells, sink_));
    const RowOrder::Run& run = order_.runs()[at_];
    if (key + 1 >= run.begin + run.count) ++at_;
    return ok();
  }

  Status take_inserted() {
    for (; at_ < order_.runs().size() && RowOrder::is_inserted(order_.runs()[at_].begin); ++at_) {
      RowRef ref;
      ref.number = number_++;
      ZMIG_CHECK_OK(merge_.emit(ref, order_.runs()[at_].begin, {}, sink_));
    }
    return ok();
  }

 private:
  Merge& merge_;
  const RowOrder& order_;
  const RowSink& sink_;
  std::uint64_t number_;
  std::size_t at_ = 0;
};

}  // namespace

Overlay::Overlay(CellView& base) : state_(std::make_unique<State>(base)) {}
Overlay::~Overlay() = default;
const Schema& Overlay::schema() const { return state_->schema; }
bool Overlay::text_source() const { return state_->base.text_source(); }

Status Overlay::scan(const std::string& sheet_id, std::span<const std::string> column_ids, const RowSink& sink) {
  const auto found = state_->sheets.find(sheet_id);
  if (found == state_->sheets.end() || state_->schema.sheet(sheet_id) == nullptr) return no_sheet(sheet_id);
  const SheetLayers& layers = found->second;
  ZMIG_TRY(Merge merge, merge_of(layers, column_ids));
  if (!merge.changed && !layers.base.empty()) return state_->base.scan(layers.base, merge.base_ids, sink);
  if (!layers.order) {
    if (layers.base.empty()) return ok();
    return state_->base.scan(layers.base, merge.base_ids,
                             [&](const RowView& row) { return merge.emit(row.row, row.row.number, row.cells, sink); });
  }
  OrderedScan ordered(merge, *layers.order, sink);
  if (!layers.base.empty()) {
    ZMIG_CHECK_OK(
        state_->base.scan(layers.base, merge.base_ids, [&](const RowView& row) { return ordered.take(row); }));
  }
  return ordered.take_inserted();
}

Status Overlay::scan_judged(const std::string& sheet_id, std::span<const std::string> counted,
                            std::span<const std::string> wanted, const JudgedSink& sink) {
  const auto found = state_->sheets.find(sheet_id);
  const Sheet* sheet = state_->schema.sheet(sheet_id);
  if (found == state_->sheets.end() || sheet == nullptr) return no_sheet(sheet_id);
  const SheetLayers& layers = found->second;
  const auto base_ids =
      layers.order || layers.base.empty() ? std::nullopt : state_->judged_by_base(*sheet, layers, counted);
  if (!base_ids) return CellView::scan_judged(sheet_id, counted, wanted, sink);
  ZMIG_TRY(Merge merge, merge_of(layers, wanted));
  if (!merge.changed) return state_->base.scan_judged(layers.base, *base_ids, merge.base_ids, sink);
  return state_->base.scan_judged(layers.base, *base_ids, merge.base_ids, [&](const RowView& row, bool data) {
    return sink(merge.row_of(row.row, row.row.number, row.cells), data);
  });
}

Status Overlay::take(const Change& change) {
  if (std::holds_alternative<change::CopySheet>(change) || std::holds_alternative<change::Native>(change)) {
    return make_error(Errc::unsupported, "ZM0123", "this zmig cannot plan " + std::string(name_of(change)));
  }
  // Before the schema moves on: which rows are data rows is asked of the workbook as it is.
  if (const auto* fill = std::get_if<change::FillEmpty>(&change)) {
    Schema checked = state_->schema;
    ZMIG_CHECK_OK(apply_to(change, checked));
    return state_->take_fill(*this, *fill);
  }
  const bool moves_ids =
      std::holds_alternative<change::Track>(change) || std::holds_alternative<change::Untrack>(change);
  const Schema before = moves_ids ? state_->schema : Schema{};
  ZMIG_CHECK_OK(apply_to(change, state_->schema));
  if (const auto* added = std::get_if<change::InsertSheet>(&change)) {
    state_->sheets.insert_or_assign(added->sheet.id, SheetLayers{});
  } else if (const auto* gone = std::get_if<change::DeleteSheet>(&change)) {
    state_->sheets.erase(gone->sheet);
  } else if (const auto* column = std::get_if<change::InsertColumn>(&change)) {
    state_->sheets.at(column->sheet).columns.insert_or_assign(column->column.id, ColumnLayers{});
  } else if (const auto* dropped = std::get_if<change::DeleteColumn>(&change)) {
    state_->sheets.at(dropped->at.sheet).columns.erase(dropped->at.column);
  } else if (const auto* format = std::get_if<change::SetFormat>(&change)) {
    state_->sheets.at(format->at.sheet).columns.at(format->at.column).layers.emplace_back(PlainFormatLayer{});
  } else if (const auto* retype = std::get_if<change::Retype>(&change)) {
    return state_->take_edits(retype->at, retype->cells);
  } else if (const auto* computed = std::get_if<change::SetComputed>(&change)) {
    return state_->take_edits(computed->at, computed->cells);
  } else if (const auto* write = std::get_if<change::WriteCells>(&change)) {
    return state_->take_edits(write->at, write->cells);
  } else if (const auto* restore = std::get_if<change::RestoreCells>(&change)) {
    return state_->take_edits(restore->at, restore->cells);
  } else if (const auto* rows = std::get_if<change::InsertRows>(&change)) {
    return state_->take_new_rows(*this, *rows);
  } else if (const auto* rows_gone = std::get_if<change::DeleteRows>(&change)) {
    return state_->take_gone_rows(*rows_gone);
  } else if (moves_ids) {
    state_->follow_ids(before);
  }
  return ok();
}

}  // namespace zmig
