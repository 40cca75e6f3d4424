#pragma once
/// The model of a spreadsheet: sparse cells, the objects that lie over ranges of them, named ranges, developer
/// metadata. Copies share what was not changed, so a batch works on a copy and a refused one costs nothing.

#include <array>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "json.h"

namespace sheets_server {

/// Shared until it is written to.
template <class T>
class Cow {
 public:
  Cow() : shared_(std::make_shared<T>()) {}
  explicit Cow(T value) : shared_(std::make_shared<T>(std::move(value))) {}
  const T& operator*() const { return *shared_; }
  const T* operator->() const { return shared_.get(); }
  T& edit() {
    if (shared_.use_count() > 1) shared_ = std::make_shared<T>(*shared_);
    return *shared_;
  }

 private:
  std::shared_ptr<T> shared_;
};

struct Value {
  enum class Kind : std::uint8_t { none, number, text, boolean, error, formula };
  Kind kind = Kind::none;
  bool boolean = false;
  double number = 0;
  std::string text = {};  ///< of text, formula ("=A1") and error ("#REF!")

  bool operator==(const Value&) const = default;
  static Value of(double v) { return {Kind::number, false, v, {}}; }
  static Value of(std::string v) { return {Kind::text, false, 0, std::move(v)}; }
  static Value of(bool v) { return {Kind::boolean, v, 0, {}}; }
  static Value formula(std::string v) { return {Kind::formula, false, 0, std::move(v)}; }
  static Value error(std::string v) { return {Kind::error, false, 0, std::move(v)}; }
};

/// What few cells have.
struct CellExtra {
  std::string note;
  Json validation = nullptr;
  Json other = Json::object();  ///< textFormatRuns, chipRuns and the like: kept, not understood
};

struct Cell {
  Value entered;
  std::shared_ptr<const Value> result = {};  ///< of a formula
  std::shared_ptr<const Json> format = {};   ///< userEnteredFormat
  std::shared_ptr<const CellExtra> extra = {};

  bool empty() const { return entered.kind == Value::Kind::none && !format && !extra; }
  /// effectiveValue: of a formula its result.
  const Value& effective() const;
  void set_note(const std::string& note);
  void set_validation(const Json& rule);
  void set_format(const Json& value);
};

using Row = std::vector<Cell>;

/// Half open: rows first to last, columns left to right.
struct Range {
  int row0 = 0;
  int row1 = 0;
  int column0 = 0;
  int column1 = 0;

  bool operator==(const Range&) const = default;
  bool contains(int row, int column) const {
    return row >= row0 && row < row1 && column >= column0 && column < column1;
  }
  bool covers(const Range& o) const {
    return o.row0 >= row0 && o.row1 <= row1 && o.column0 >= column0 && o.column1 <= column1;
  }
  bool meets(const Range& o) const {
    return o.row0 < row1 && row0 < o.row1 && o.column0 < column1 && column0 < o.column1;
  }
};

/// A range on a sheet.
struct GridRange {
  int sheet = 0;
  Range cells;
};

/// Whatever lies over ranges of a sheet; `body` is the object of the API without ids and ranges.
struct RangeObject {
  std::string id = {};
  std::vector<Range> ranges;
  Json body = Json::object();
};
enum class Layer : std::uint8_t { merge, conditional, protection, basic_filter, filter_view, banding, table };
inline constexpr std::size_t kLayers = 7;

enum class Axis : std::uint8_t { rows, columns };

struct DimensionProps {
  int pixels = -1;  ///< -1: the default
  bool hidden = false;
};

struct Group {
  int start = 0;
  int end = 0;
  int depth = 1;
  bool collapsed = false;
  bool operator==(const Group&) const = default;
};

/// A chart or a slicer.
struct Embedded {
  enum class Kind : std::uint8_t { chart, slicer };
  Kind kind = Kind::chart;
  int id = 0;
  Json body = Json::object();  ///< spec, border; every GridRange in it full
  bool alone = false;          ///< on a sheet of its own
  int row = 0;                 ///< of the cell at which it hangs
  int column = 0;
  Json overlay = Json::object();  ///< offsets and size in pixels
};

struct Sheet {
  int id = 0;
  std::string title;
  int row_count = 1000;  ///< of a sheet that is no grid 0
  int column_count = 26;
  Json other = Json::object();  ///< of SheetProperties, without the members above and index, sheetType
  std::vector<Cow<Row>> rows = {};
  std::array<std::map<int, DimensionProps>, 2> dimensions = {};
  std::array<std::vector<Group>, 2> groups = {};
  std::array<std::vector<RangeObject>, kLayers> layers = {};
  bool has_formulas = false;  ///< never false when there is one
  std::string type = "GRID";  ///< OBJECT: a chart alone; DATA_SOURCE
  std::vector<Embedded> embedded = {};
  Json source = nullptr;  ///< of a DATA_SOURCE sheet: {"dataSource", "status"}

  std::vector<RangeObject>& layer(Layer l) { return layers[static_cast<std::size_t>(l)]; }
  const std::vector<RangeObject>& layer(Layer l) const { return layers[static_cast<std::size_t>(l)]; }
  int size(Axis axis) const { return axis == Axis::rows ? row_count : column_count; }
  void set_size(Axis axis, int size) { (axis == Axis::rows ? row_count : column_count) = size; }
  bool is_grid() const { return type == "GRID"; }
  Range whole() const { return {0, row_count, 0, column_count}; }
  /// gridProperties.frozenRowCount and frozenColumnCount.
  int frozen(Axis axis) const;
  void set_frozen(Axis axis, int count);
  /// nullptr: nothing there.
  const Cell* cell(int row, int column) const;
  Cell& edit_cell(int row, int column);
  void put(int row, int column, Value value);
  /// Drops empty cells and rows at the end, so that equal sheets look equal.
  void trim();
  /// Rows and columns up to the last cell with a value.
  Range used() const;
};

struct NamedRange {
  std::string id;
  std::string name;
  GridRange range;
};

struct Metadata {
  enum class At : std::uint8_t { spreadsheet, sheet, row, column };
  int id = 0;
  std::string key;
  std::string value = {};
  bool has_value = false;
  std::string visibility = "DOCUMENT";
  std::string project = {};  ///< who wrote it, for PROJECT visibility
  At at = At::spreadsheet;
  int sheet = 0;
  int index = 0;
};

struct Spreadsheet {
  std::string id;
  Json properties = Json::object();  ///< title, locale, autoRecalc, timeZone and what else was set
  std::vector<Cow<Sheet>> sheets = {};
  std::vector<NamedRange> named = {};
  std::vector<Metadata> metadata = {};
  std::map<std::string, int> gone_names = {};  ///< of named ranges that were deleted, with the commits since then

  const Sheet* sheet(int id_wanted) const;
  const Sheet* sheet_by_title(std::string_view title) const;
  Sheet* edit_sheet(int id_wanted);
  /// nullptr too when the sheet has no grid.
  const Sheet* grid(int id_wanted) const;
  Sheet* edit_grid(int id_wanted);
  int index_of(int id_wanted) const;
};

/// A new file: one sheet `Sheet1`, id 0, 1000 x 26.
Spreadsheet new_spreadsheet(const std::string& id, const std::string& title);

Json extended_value(const Value& value);
Value value_of(const Json& extended);
/// sheetId left out when 0, the four indexes always.
Json to_json(const GridRange& range);
/// defaultFormat and spreadsheetTheme of every answer.
Json default_format();
Json default_theme();

}  // namespace sheets_server
