// The closed world: what elements hold, by kind of part. An element that is in no list here is refused where it stands
// in a part that has to follow. To let one in: say what its attributes and its text hold, or put it among the inert.
#include <array>

#include "targets/xlsx/shift_walk.h"

namespace zmig::xlsx {
namespace {

struct Row {
  Ns ns;
  std::string_view name;
  std::string_view attribute;  // empty: the text of the element
  Holds holds;
};

constexpr std::array kSheet = {
    Row{Ns::main, "dimension", "ref", Holds::area},
    Row{Ns::main, "sheetView", "topLeftCell", Holds::corner},
    Row{Ns::main, "customSheetView", "topLeftCell", Holds::corner},
    Row{Ns::main, "pane", "topLeftCell", Holds::corner},
    Row{Ns::main, "selection", "activeCell", Holds::corner},
    Row{Ns::main, "selection", "sqref", Holds::corners},
    Row{Ns::main, "protectedRange", "sqref", Holds::list_key},
    Row{Ns::main, "scenarios", "sqref", Holds::corners},
    Row{Ns::main, "inputCells", "r", Holds::cell_key},
    Row{Ns::main, "sortState", "ref", Holds::area_key},
    Row{Ns::main, "sortCondition", "ref", Holds::area_key},
    Row{Ns::main, "formula", "", Holds::formula},
    Row{Ns::main, "formula1", "", Holds::formula},
    Row{Ns::main, "formula2", "", Holds::formula},
    Row{Ns::main, "cfvo", "val", Holds::maybe_formula},
    Row{Ns::main, "hyperlink", "ref", Holds::area_key},
    Row{Ns::main, "hyperlink", "location", Holds::maybe_formula},
    Row{Ns::main, "cellWatch", "r", Holds::cell_key},
    Row{Ns::main, "ignoredError", "sqref", Holds::list_key},
    Row{Ns::main, "cellSmartTags", "r", Holds::cell_key},
    Row{Ns::main, "controlPr", "linkedCell", Holds::formula},
    Row{Ns::main, "controlPr", "listFillRange", Holds::formula},
    Row{Ns::main, "webPublishItem", "sourceRef", Holds::area},
    Row{Ns::xm, "f", "", Holds::formula},
    Row{Ns::xm, "sqref", "", Holds::list_key},
};
constexpr std::array kTable = {
    Row{Ns::main, "sortState", "ref", Holds::area_key},
    Row{Ns::main, "sortCondition", "ref", Holds::area_key},
    Row{Ns::main, "calculatedColumnFormula", "", Holds::formula},
    Row{Ns::main, "totalsRowFormula", "", Holds::formula},
};
constexpr std::array kDrawing = {
    Row{Ns::anchors, "sp", "textlink", Holds::formula},
};
constexpr std::array kChart = {
    Row{Ns::chart, "f", "", Holds::formula},    Row{Ns::chart, "name", "", Holds::pivot_name},
    Row{Ns::chart15, "f", "", Holds::formula},  Row{Ns::chart15, "sqref", "", Holds::formula},
    Row{Ns::chart_ex, "f", "", Holds::formula}, Row{Ns::chart_ex, "nf", "", Holds::formula},
};
constexpr std::array kVml = {
    Row{Ns::vml_excel, "FmlaLink", "", Holds::formula},       Row{Ns::vml_excel, "FmlaRange", "", Holds::formula},
    Row{Ns::vml_excel, "FmlaGroup", "", Holds::formula},      Row{Ns::vml_excel, "FmlaTxbx", "", Holds::formula},
    Row{Ns::vml_excel, "FmlaPict", "", Holds::maybe_formula},
};
constexpr std::array kControl = {
    Row{Ns::x14, "formControlPr", "fmlaLink", Holds::formula},
    Row{Ns::x14, "formControlPr", "fmlaRange", Holds::formula},
    Row{Ns::x14, "formControlPr", "fmlaGroup", Holds::formula},
    Row{Ns::x14, "formControlPr", "fmlaTxbx", Holds::formula},
};
constexpr std::array kOther = {
    Row{Ns::main, "singleXmlCell", "r", Holds::cell_key},
    Row{Ns::main, "parameter", "cell", Holds::formula},
};

constexpr std::string_view kSheetInert =
    " worksheet sheetPr tabColor outlinePr pageSetUpPr sheetViews pivotSelection pivotArea references reference x "
    "sheetFormatPr cols col rowBreaks colBreaks brk sheetCalcPr sheetProtection protectedRanges securityDescriptor "
    "scenario "
    "filters filter dateGroupItem top10 customFilters customFilter dynamicFilter colorFilter iconFilter filterColumn "
    "dataConsolidate dataRefs customSheetViews mergeCells mergeCell phoneticPr cfRule colorScale dataBar iconSet color "
    "dataValidations hyperlinks printOptions pageMargins pageSetup headerFooter oddHeader oddFooter evenHeader "
    "evenFooter "
    "firstHeader firstFooter customProperties customPr cellWatches ignoredErrors smartTags cellSmartTag cellSmartTagPr "
    "drawing legacyDrawing legacyDrawingHF drawingHF picture oleObjects oleObject objectPr controls control "
    "webPublishItems "
    "tableParts tablePart extLst ext font fill patternFill gradientFill stop fgColor bgColor border left right top "
    "bottom start end vertical horizontal diagonal numFmt alignment protection b i strike u sz name family charset "
    "scheme "
    "outline shadow condense extend vertAlign dxf row c v is t r rPr rPh rFont ";
constexpr std::string_view kX14Inert =
    " conditionalFormattings cfRule dataBar cfvo borderColor negativeFillColor negativeBorderColor axisColor fillColor "
    "iconSet cfIcon dxf colorScale color dataValidations formula1 formula2 sparklineGroups sparklineGroup sparklines "
    "slicerList slicer protectedRanges protectedRange ignoredErrors ignoredError colorSeries colorNegative colorAxis "
    "colorMarkers colorFirst colorLast colorHigh colorLow id securityDescriptor ";
constexpr std::string_view kX15Inert = " timelineRefs timelineRef webExtensions webExtension tableSlicerRef ";
constexpr std::string_view kTableInert =
    " tableStyleInfo filters filter dateGroupItem top10 customFilters customFilter dynamicFilter colorFilter "
    "iconFilter "
    "filterColumn xmlColumnPr tableColumn extLst ext ";
constexpr std::string_view kAnchorsInert =
    " wsDr from to col row colOff rowOff ext pos grpSp graphicFrame cxnSp pic contentPart clientData nvSpPr cNvPr "
    "cNvSpPr "
    "spPr style txBody nvGrpSpPr cNvGrpSpPr grpSpPr nvGraphicFramePr cNvGraphicFramePr xfrm nvCxnSpPr cNvCxnSpPr "
    "nvPicPr "
    "cNvPicPr blipFill nvContentPartPr nvPr sp ";
constexpr std::string_view kControlInert = " formControlPr itemLst item extLst ext ";

bool is_in(std::string_view list, std::string_view name) {
  std::string word = " ";
  word += name;
  word += ' ';
  return list.find(word) != std::string_view::npos;
}

template <std::size_t N>
bool collect(const std::array<Row, N>& rows, Ns ns, std::string_view name, ElementRule& rule) {
  bool found = false;
  for (const Row& row : rows) {
    if (row.ns != ns || row.name != name) continue;
    found = true;
    if (row.attribute.empty())
      rule.text = row.holds;
    else
      rule.attributes.emplace_back(row.attribute, row.holds);
  }
  return found;
}

bool holds_something(PartKind kind, Ns ns, std::string_view name, ElementRule& rule) {
  switch (kind) {
    case PartKind::worksheet: return collect(kSheet, ns, name, rule);
    case PartKind::table: return collect(kTable, ns, name, rule);
    case PartKind::drawing: return collect(kDrawing, ns, name, rule);
    case PartKind::chart: return collect(kChart, ns, name, rule);
    case PartKind::vml: return collect(kVml, ns, name, rule);
    case PartKind::control: return collect(kControl, ns, name, rule);
    case PartKind::other: return collect(kOther, ns, name, rule);
    case PartKind::comments:
    case PartKind::threads:
    case PartKind::pivot: return false;
  }
  return false;
}

bool is_inert(PartKind kind, Ns ns, std::string_view name) {
  if (ns == Ns::compatibility || ns == Ns::inert) return true;
  switch (kind) {
    case PartKind::worksheet:
      return (ns == Ns::main && is_in(kSheetInert, name)) || (ns == Ns::x14 && is_in(kX14Inert, name)) ||
             (ns == Ns::x15 && is_in(kX15Inert, name)) || (ns == Ns::anchors && is_in(kAnchorsInert, name));
    case PartKind::table: return (ns == Ns::main && is_in(kTableInert, name)) || (ns == Ns::x14 && name == "table");
    case PartKind::drawing:
      return (ns == Ns::anchors && is_in(kAnchorsInert, name)) || ns == Ns::chart || ns == Ns::chart_ex;
    case PartKind::chart: return ns == Ns::chart || ns == Ns::chart15 || ns == Ns::chart_ex;
    case PartKind::vml: return ns == Ns::vml_excel || ns == Ns::none || ns == Ns::main;
    case PartKind::control: return ns == Ns::x14 && is_in(kControlInert, name);
    case PartKind::comments:
    case PartKind::other: return ns == Ns::main || ns == Ns::anchors;
    case PartKind::threads: return ns == Ns::threads;
    case PartKind::pivot: return true;  // only sources and places hold a reference
  }
  return false;
}

}  // namespace

std::optional<ElementRule> rule_of(PartKind kind, Ns ns, std::string_view name) {
  ElementRule rule;
  if (holds_something(kind, ns, name, rule) || is_inert(kind, ns, name)) return rule;
  return std::nullopt;
}

}  // namespace zmig::xlsx
