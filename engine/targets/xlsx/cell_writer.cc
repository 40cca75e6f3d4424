#include "targets/xlsx/cell_writer.h"

#include <array>
#include <cmath>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "model/moments.h"
#include "model/numbers.h"
#include "targets/xlsx/xml.h"

namespace zmig::xlsx {
namespace {

constexpr std::string_view kGeneral = "native:General";
constexpr std::array<std::string_view, 9> kErrors = {"#N/A",  "#REF!",  "#VALUE!", "#DIV/0!", "#NAME?",
                                                     "#NUM!", "#NULL!", "#SPILL!", "#CALC!"};

}  // namespace

std::optional<double> serial_of(const Value& value) {
  if (const auto* date = std::get_if<Date>(&value)) return static_cast<double>(date->day);
  if (const auto* time = std::get_if<Time>(&value)) return static_cast<double>(time->ms) / static_cast<double>(kDayMs);
  if (const auto* moment = std::get_if<DateTime>(&value)) {
    const DayAndTime parts = split_moment(moment->ms);
    return static_cast<double>(parts.day) + static_cast<double>(parts.ms) / static_cast<double>(kDayMs);
  }
  return std::nullopt;
}

std::string_view usual_format(const Value& value) {
  if (std::holds_alternative<Date>(value)) return "YYYY-MM-DD";
  if (std::holds_alternative<Time>(value)) return "hh:mm:ss";
  return "YYYY-MM-DD hh:mm:ss";
}

std::string text_inside(std::string_view text, std::string_view prefix) {
  std::string inside;
  append_cell_text(text, inside);
  const auto is_blank_sign = [](char c) { return c == ' ' || c == '\n' || c == '\t'; };
  const bool edges = !text.empty() && (is_blank_sign(text.front()) || is_blank_sign(text.back()));
  return fmt::format("<{}t{}>{}</{}t>", prefix, edges ? " xml:space=\"preserve\"" : "", inside, prefix);
}

StoredValue stored_of(const Value& value) {
  if (is_blank(value)) return {"", "", Blank{}};
  if (const auto* number = std::get_if<Number>(&value)) return {"", spell_shortest(number->value), value};
  if (const auto* boolean = std::get_if<Boolean>(&value)) return {"b", boolean->value ? "1" : "0", value};
  if (const auto* error = std::get_if<CellError>(&value)) {
    for (const std::string_view known : kErrors) {
      if (known == error->text) return {"e", error->text, value};
    }
    return {"str", error->text, Text{error->text}};
  }
  const std::string text = zmig::to_text(value);
  return {"str", text, Text{text}};
}

std::uint32_t NewStyles::style_of(const std::string& format) {
  const auto [place, is_new] = by_text_.emplace(format, static_cast<std::uint32_t>(formats_.size()));
  if (is_new) {
    codes_.push_back(excel_code(format));
    formats_.push_back(number_format(codes_.back()));
  }
  return place->second;
}

std::string NewStyles::xml() const {
  constexpr std::uint32_t kFirstOwn = 164;
  std::string formats, cells;
  for (std::uint32_t i = 0; i < codes_.size(); ++i) {
    const std::uint32_t id = i == 0 ? 0 : kFirstOwn + i - 1;
    if (i > 0) {
      formats += fmt::format("<numFmt numFmtId=\"{}\" formatCode=\"", id);
      append_xml(codes_[i], formats);
      formats += "\"/>";
    }
    cells += fmt::format("<xf numFmtId=\"{}\" fontId=\"0\" fillId=\"0\" borderId=\"0\" xfId=\"0\"{}/>", id,
                         i > 0 ? " applyNumberFormat=\"1\"" : "");
  }
  if (!formats.empty()) formats = fmt::format("<numFmts count=\"{}\">{}</numFmts>", codes_.size() - 1, formats);
  return fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n"
      "<styleSheet xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\">{}"
      "<fonts count=\"1\"><font><sz val=\"11\"/><name val=\"Calibri\"/><family val=\"2\"/></font></fonts>"
      "<fills count=\"2\"><fill><patternFill patternType=\"none\"/></fill><fill><patternFill "
      "patternType=\"gray125\"/></fill></fills>"
      "<borders count=\"1\"><border><left/><right/><top/><bottom/><diagonal/></border></borders>"
      "<cellStyleXfs count=\"1\"><xf numFmtId=\"0\" fontId=\"0\" fillId=\"0\" borderId=\"0\"/></cellStyleXfs>"
      "<cellXfs count=\"{}\">{}</cellXfs>"
      "<cellStyles count=\"1\"><cellStyle name=\"Normal\" xfId=\"0\" builtinId=\"0\"/></cellStyles></styleSheet>",
      formats, codes_.size(), cells);
}

std::string format_of_column(const Column& column) {
  if (column.format) return *column.format == kGeneral ? std::string() : *column.format;
  return column.managed ? implied_format(column.type) : std::string();
}

void append_text_cell(std::string_view text, const std::string& place, std::string& into) {
  into += fmt::format("<c r=\"{}\" t=\"inlineStr\"><is>{}</is></c>", place, text_inside(text));
}

Written append_cell(const Cell& cell, const Column& column, const std::string& place, NewStyles& styles,
                    std::string& into) {
  Written written;
  if (is_blank(cell.value) && cell.formula.empty()) {
    written.format_kept = cell.format.empty();
    return written;
  }
  std::string format = cell.format.empty() ? format_of_column(column) : cell.format;
  if (format == kGeneral) format.clear();
  std::uint32_t style = styles.style_of(format);
  StoredValue stored = stored_of(cell.value);
  const auto number = std::get_if<Number>(&cell.value);
  const auto serial = number != nullptr ? std::optional(number->value) : serial_of(cell.value);
  const auto read_with = [&](std::uint32_t with) {
    return value_of_number(*serial, moment_for(column, styles.format(with).moment), false);
  };
  if (serial && number != nullptr) {
    stored.reads_as = read_with(style);
    if (stored.reads_as != cell.value && !(read_with(0) != cell.value)) {
      style = 0;
      stored.reads_as = cell.value;
    }
  } else if (serial) {
    Value reads_as = read_with(style);
    if (reads_as != cell.value) {
      const std::uint32_t usual = styles.style_of(std::string(usual_format(cell.value)));
      if (const Value again = read_with(usual); again == cell.value) {
        style = usual;
        reads_as = again;
      }
    }
    if (reads_as == cell.value) stored = {"", spell_shortest(*serial), reads_as};  // else it stays a text
  }
  written.reads_as = stored.reads_as;
  written.format_kept = same_format(styles.format(style).text, format);
  const std::string attributes = style == 0 ? std::string() : fmt::format(" s=\"{}\"", style);
  if (stored.type == "str" && cell.formula.empty()) {
    into += fmt::format("<c r=\"{}\"{} t=\"inlineStr\"><is>{}</is></c>", place, attributes, text_inside(stored.value));
    return written;
  }
  into += fmt::format("<c r=\"{}\"{}", place, attributes);
  if (!stored.type.empty()) into += fmt::format(" t=\"{}\"", stored.type);
  into += '>';
  if (!cell.formula.empty()) {
    into += "<f>";
    append_xml(cell.formula, into);
    into += "</f>";
  }
  if (!stored.value.empty()) {
    into += "<v>";
    append_cell_text(stored.value, into);
    into += "</v>";
  }
  into += "</c>";
  return written;
}

}  // namespace zmig::xlsx
