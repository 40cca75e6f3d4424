#pragma once
// The walk over a part that shift_part() takes: copies tag by tag, and changes what follows. Private to shift_*.cc.

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "targets/xlsx/shift_part.h"
#include "targets/xlsx/xml.h"

namespace zmig::xlsx {

/// What an attribute or a text holds. `*_key`: when it is gone, its element goes (of a text: the element around it).
enum class Holds {
  nothing,
  area,
  area_key,
  cell_key,
  list_key,  ///< regions with blanks between them
  rule_key,  ///< the same of a rule for cells
  corner,    ///< a cell that something begins at: when it is gone, the next one
  corners,
  formula,
  pivot_name,    ///< `[Libro.xlsx]Hoja!Tabla`, the pivot table of a chart
  maybe_formula  ///< free text that is left alone when it is no formula
};

struct ElementRule {
  std::vector<std::pair<std::string_view, Holds>> attributes;
  Holds text = Holds::nothing;
};
/// The closed world. None: the element is not known there.
std::optional<ElementRule> rule_of(PartKind kind, Ns ns, std::string_view name);

/// A group of cells that share a formula.
struct SharedFormula {
  bool has_master = false, expand = false;
  Place master;
  std::string text, text_now;
  Region ref, ref_now;
  std::set<std::uint32_t> members;  ///< the columns, or rows, of its cells
};

class PartShifter {
 public:
  PartShifter(PartKind kind, std::string_view bytes, const PartPlace& place, const BookShift& shift,
              FollowReport& report);
  Result<std::string> run();

 private:
  struct Edit {
    std::size_t at = 0, size = 0;  // in bytes_
    std::string now;
  };
  using Edits = std::vector<Edit>;

  // --- shift_part.cc: the walk
  Result<bool> element();
  Result<bool> known_element(const ElementRule& rule);
  Result<bool> next_child();
  Result<bool> children(std::size_t mark, bool self, std::size_t count_at, std::size_t count_size);
  Result<bool> text_element(Holds holds, bool self);
  Status copy_rest();
  void copy_tag(Edits edits);
  Status check_attributes() const;
  Edit attribute_edit(std::string_view value, std::string_view now) const;
  void set_attribute(Edits& edits, std::string_view name, const std::string& now) const;
  Result<std::optional<std::string>> held(Holds holds, const std::string& text, std::string_view what);
  Result<std::string> formula(const std::string& text, std::string_view what, const std::string& where);
  Result<std::string> formula_of(const std::string& text, std::string_view what, const std::string& where,
                                 const FormulaPlace& place);
  [[nodiscard]] Error refused(std::string zm, std::string_view what, const std::string& where) const;
  [[nodiscard]] std::string label(std::string_view place) const;
  [[nodiscard]] std::uint32_t corner(std::uint32_t index) const;
  [[nodiscard]] bool shifts() const { return !steps_.empty(); }

  // --- shift_sheet.cc: what is special in a worksheet
  Status read_groups();
  Status judge_group(SharedFormula& group);
  [[nodiscard]] std::uint32_t axis_index(Place place) const;
  [[nodiscard]] std::string along_axis(const std::string& text, std::int64_t by) const;
  Result<bool> sheet_data();
  Status row();
  void shift_spans(Edits& edits) const;
  [[nodiscard]] std::size_t name_end() const;
  Result<bool> cell(std::uint32_t& column, std::uint32_t& now);
  Status cell_formula(Place place);
  Status copy_formula(Place place, Edits edits);
  Status shared_cell(Place place, const SharedFormula& group);
  Result<bool> columns();
  Result<bool> pane();
  Result<bool> merge();
  Result<bool> filter();
  Result<bool> filter_column();
  Result<bool> ruled_cells();
  Result<bool> late_ruled_cells();
  Result<bool> breaks();
  Result<bool> sheet_reference();
  Status find_base(const std::string& regions);
  [[nodiscard]] bool takes_in_first(const Region& region) const;
  [[nodiscard]] std::optional<std::string> rule_regions(const std::string& text) const;

  // --- shift_table.cc
  Result<bool> table();
  Result<bool> table_columns();
  Result<Region> table_rows(const Region& region, const std::string& ref);
  Status check_table_columns(const std::string& ref, const std::string& name);
  static std::string table_header(std::string_view header);

  // --- shift_drawing.cc
  Result<bool> anchor();
  Result<bool> anchor_end(bool begins);
  Result<bool> shape();
  Status client_data();
  Status move_anchor(std::size_t at, std::size_t size, const std::string& text, std::optional<std::uint32_t> cell,
                     bool stays, bool stays_in_size);
  Result<bool> noted();
  Result<bool> pivot_source();

  XmlReader xml_;
  PartKind kind_;
  std::string_view bytes_;  // of the caller
  const PartPlace& place_;  // the same
  const BookShift& shift_;
  FollowReport& report_;
  const ShiftSteps none_;
  const ShiftSteps& steps_;  // of the sheet that the part belongs to
  std::string out_;
  std::string where_;                 // of what the current formula belongs to
  std::optional<std::int64_t> base_;  // the formula is written for another cell of its region, so many columns on
  std::int64_t base_after_ = 0;       // and as it follows, so many on
  bool base_is_late_ = false;         // the region stands behind its formulas
  struct Late {
    std::size_t at = 0, size = 0;  // in out_
    std::string text;
  };
  std::vector<Late> late_;
  std::map<std::string, SharedFormula, std::less<>> groups_;
  std::uint32_t row_ = 0, row_now_ = 0;  // the row that is copied, and where it stands afterwards
  bool breaks_columns_ = false;          // the breaks that come are between columns
  std::uint32_t view_begin_ = 0;         // the first column, or row, that the view shows
  std::optional<AxisSpan> filter_before_, filter_now_;
  std::string table_;
  AxisSpan table_before_, table_now_;
  std::vector<std::pair<std::optional<std::uint32_t>, std::string>> table_columns_now_;  // old column, or new header
  std::uint32_t anchor_from_ = 0, anchor_from_now_ = 0;
  enum class Anchor { both, first, none } anchor_ = Anchor::both;
  bool shape_is_gone_ = false;
  bool key_is_gone_ = false;  // a text named what is gone
};

/// The number that an attribute says; none when it is no number or not there.
std::optional<std::uint32_t> attribute_number(std::optional<std::string_view> text);
/// "A1" or "A1:B2".
std::string region_text(const Region& region);
/// Decoded text as an attribute or element holds it.
std::string xml_text_of(std::string_view text, char quote = '"');

}  // namespace zmig::xlsx
