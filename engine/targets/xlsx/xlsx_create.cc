// `zmig copy … xlsx:FILE`: a new workbook from anything that can be read.
#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>

#include "base/digest.h"
#include "base/durable.h"
#include "base/posix.h"
#include "base/text.h"
#include "model/names.h"
#include "targets/live.h"
#include "targets/staged_file.h"
#include "targets/xlsx/book_edit.h"
#include "targets/xlsx/cell_writer.h"
#include "targets/xlsx/stamp_part.h"
#include "targets/xlsx/xlsx_target.h"
#include "targets/xlsx/xml.h"

namespace zmig {
namespace {

using namespace xlsx;

constexpr std::size_t kFirstPlaces = 5, kLongestText = 32'767;
constexpr std::string_view kHead = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n";
constexpr std::string_view kMain = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
constexpr std::string_view kOffice = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
constexpr std::string_view kPackage = "http://schemas.openxmlformats.org/package/2006/relationships";
constexpr std::string_view kTypes = "application/vnd.openxmlformats-officedocument.spreadsheetml.";

Error cannot_hold(std::string message, std::string place) {
  return make_error(Errc::unsupported, "ZM0325", std::move(message), "change it in the source, or leave the sheet out",
                    std::move(place));
}

class Copy {
 public:
  Copy(int file, const std::string& path, CellView& from) : zip_(file, path), path_(path), from_(from) {}

  Status run(std::span<const std::string> sheet_ids, std::span<const Stamp> stamps) {
    schema_ = from_.schema();
    erase_if(schema_.sheets, [&](const Sheet& sheet) {
      return !sheet_ids.empty() && std::find(sheet_ids.begin(), sheet_ids.end(), sheet.id) == sheet_ids.end();
    });
    std::erase_if(schema_.ranges, [&](const NamedRange& range) { return schema_.sheet(range.sheet) == nullptr; });
    for (std::size_t i = 0; i < schema_.sheets.size(); ++i) {
      ZMIG_CHECK_OK(check_sheet_title(schema_.sheets[i].title));
      for (std::size_t k = 0; k < i; ++k) {
        if (same_title_without_case(schema_.sheets[i].title, schema_.sheets[k].title))
          return cannot_hold(fmt::format("two sheets would be called {}", quoted(schema_.sheets[i].title)), path_);
      }
    }
    collect_lists();
    ZMIG_CHECK_OK(add_part("[Content_Types].xml", content_types(!stamps.empty() || is_managed())));
    ZMIG_CHECK_OK(add_part("_rels/.rels", relationships({{"officeDocument", "xl/workbook.xml"}})));
    ZMIG_CHECK_OK(add_part("xl/workbook.xml", workbook()));
    for (std::size_t i = 0; i < schema_.sheets.size(); ++i) ZMIG_CHECK_OK(add_sheet(i));
    if (!lists_.empty()) ZMIG_CHECK_OK(add_enum_sheet());
    ZMIG_CHECK_OK(add_part("xl/styles.xml", styles_.xml()));
    return add_ends(stamps);
  }

  /// Reads everything back from the file and compares it with what was written.
  Status verify(XlsxTarget& made) const {
    ZMIG_TRY(const Schema schema, made.inspect());
    if (schema.sheets.size() != schema_.sheets.size()) return differs(path_);
    for (std::size_t s = 0; s < schema.sheets.size(); ++s) {
      const Sheet& wanted = schema_.sheets[s];
      const Sheet& found = schema.sheets[s];
      if (found.title != wanted.title || found.columns.size() < filled_[s]) return differs(wanted.title);
      std::vector<std::string> ids;
      for (const Column& column : found.columns) ids.push_back(column.id);
      for (std::size_t i = 0; i < found.columns.size(); ++i) {
        if (i >= wanted.columns.size() || found.columns[i].header != wanted.columns[i].header ||
            found.columns[i].note != wanted.columns[i].note || found.columns[i].hidden != wanted.columns[i].hidden)
          return differs(header_cell(found, ids[i]));
      }
      std::vector<Sha256> hashes(wanted.columns.size());
      ZMIG_CHECK_OK(made.scan(found.id, ids, [&](const RowView& row) -> Status {
        for (std::size_t i = 0; i < row.cells.size(); ++i)
          add_to(hashes[i], static_cast<std::uint32_t>(row.row.number), row.cells[i].value, row.cells[i].formula);
        return ok();
      }));
      for (std::size_t i = 0; i < hashes.size(); ++i) {
        if (hashes[i].finish_hex() != hashes_[s][i]) return differs(header_cell(wanted, wanted.columns[i].id));
      }
    }
    return ok();
  }

  [[nodiscard]] std::vector<CopiedSheet> take_report() { return std::move(copied_); }

 private:
  using Kinds = std::vector<std::pair<std::string, std::string>>;  // kind and target of relationships

  static Error differs(const std::string& where) {
    return make_error(Errc::io, "", "what was written does not read back as what was copied", {}, where);
  }

  static void add_to(Sha256& hash, std::uint32_t row, const Value& value, const std::string& formula) {
    if (!is_blank(value) || !formula.empty()) hash.update(fmt::format("{}:", row) + cell_bytes({value, formula, {}}));
  }

  void lose(std::string_view kind, std::string place) {
    CopiedSheet& copied = copied_.back();
    auto found =
        std::find_if(copied.losses.begin(), copied.losses.end(), [&](const Loss& loss) { return loss.kind == kind; });
    if (found == copied.losses.end())
      found = copied.losses.insert(copied.losses.end(), Loss{copied.title, std::string(kind), 0, {}});
    ++found->count;
    if (found->first.size() < kFirstPlaces) found->first.push_back(std::move(place));
  }

  [[nodiscard]] bool is_managed() const {
    return std::any_of(schema_.sheets.begin(), schema_.sheets.end(), [](const Sheet& sheet) { return sheet.managed; });
  }
  static bool has_notes(const Sheet& sheet) {
    return std::any_of(sheet.columns.begin(), sheet.columns.end(),
                       [](const Column& one) { return one.note.has_value(); });
  }

  /// Lists that do not fit into a rule go to a sheet of their own.
  void collect_lists() {
    for (const Sheet& sheet : std::as_const(schema_).sheets) {
      for (const Column& column : sheet.columns) {
        const Allowed& allowed = column.allowed;
        if (allowed.kind != Allowed::Kind::list || allowed.values.empty() || fits_literal_list(allowed.values))
          continue;
        if (std::find(lists_.begin(), lists_.end(), allowed.values) == lists_.end()) lists_.push_back(allowed.values);
      }
    }
  }

  Status add_part(std::string_view name, std::string_view bytes) {
    ZMIG_CHECK_OK(zip_.begin(name));
    ZMIG_CHECK_OK(zip_.add(bytes));
    return zip_.end_entry();
  }

  static std::string relationships(const Kinds& kinds) {
    std::string out = fmt::format("{}<Relationships xmlns=\"{}\">", kHead, kPackage);
    for (std::size_t i = 0; i < kinds.size(); ++i)
      out += fmt::format("<Relationship Id=\"rId{}\" Type=\"{}/{}\" Target=\"{}\"/>", i + 1, kOffice, kinds[i].first,
                         kinds[i].second);
    return out + "</Relationships>";
  }

  [[nodiscard]] std::string content_types(bool stamped) const {
    const auto ends = [&](std::string_view ending) { return path_.size() > ending.size() && path_.ends_with(ending); };
    std::string main = fmt::format("{}sheet.main+xml", kTypes);
    if (ends(".xltx")) main = fmt::format("{}template.main+xml", kTypes);
    if (ends(".xlsm")) main = "application/vnd.ms-excel.sheet.macroEnabled.main+xml";
    if (ends(".xltm")) main = "application/vnd.ms-excel.template.macroEnabled.main+xml";
    std::string out = fmt::format(
        "{}<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\">"
        "<Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/>"
        "<Default Extension=\"xml\" ContentType=\"application/xml\"/>"
        "<Default Extension=\"vml\" ContentType=\"application/vnd.openxmlformats-officedocument.vmlDrawing\"/>"
        "<Override PartName=\"/xl/workbook.xml\" ContentType=\"{}\"/>"
        "<Override PartName=\"/xl/styles.xml\" ContentType=\"{}styles+xml\"/>",
        kHead, main, kTypes);
    const std::size_t sheets = schema_.sheets.size() + (lists_.empty() ? 0 : 1);
    for (std::size_t i = 0; i < std::max<std::size_t>(sheets, 1); ++i)
      out += fmt::format("<Override PartName=\"/xl/worksheets/sheet{}.xml\" ContentType=\"{}worksheet+xml\"/>", i + 1,
                         kTypes);
    for (std::size_t i = 0; i < schema_.sheets.size(); ++i) {
      if (has_notes(schema_.sheets[i]))
        out += fmt::format("<Override PartName=\"/xl/comments{}.xml\" ContentType=\"{}comments+xml\"/>", i + 1, kTypes);
    }
    if (stamped)
      out +=
          "<Override PartName=\"/customXml/itemProps1.xml\" "
          "ContentType=\"application/vnd.openxmlformats-officedocument.customXmlProperties+xml\"/>";
    return out + "</Types>";
  }

  [[nodiscard]] std::string workbook() const {
    std::string out = fmt::format(
        "{}<workbook xmlns=\"{}\" xmlns:r=\"{}\"><bookViews><workbookView activeTab=\"{}\"/></bookViews><sheets>",
        kHead, kMain, kOffice, first_visible());
    for (std::size_t i = 0; i < schema_.sheets.size(); ++i) {
      out += "<sheet name=\"";
      append_xml(schema_.sheets[i].title, out);
      const bool hidden = schema_.sheets[i].hidden && i != first_visible();
      out += fmt::format("\" sheetId=\"{}\"{} r:id=\"rId{}\"/>", i + 1, hidden ? " state=\"hidden\"" : "", i + 1);
    }
    const std::size_t next = schema_.sheets.size() + 1;
    if (!lists_.empty())
      out += fmt::format("<sheet name=\"{}\" sheetId=\"{}\" state=\"veryHidden\" r:id=\"rId{}\"/>", kEnumSheet, next,
                         next);
    out += "</sheets>";
    std::string names;
    for (const NamedRange& range : schema_.ranges) {
      const Sheet& sheet = *schema_.sheet(range.sheet);
      names += "<definedName name=\"";
      append_xml(range.name, names);
      names += "\">";
      append_xml(fmt::format("{}!${}:${}", title_in_quotes(sheet.title), letters_of(sheet, range.first_column),
                             letters_of(sheet, range.last_column)),
                 names);
      names += "</definedName>";
    }
    if (!names.empty()) out += "<definedNames>" + names + "</definedNames>";
    return out + "<calcPr fullCalcOnLoad=\"1\"/></workbook>";
  }

  [[nodiscard]] std::size_t first_visible() const {
    for (std::size_t i = 0; i < schema_.sheets.size(); ++i) {
      if (!schema_.sheets[i].hidden) return i;
    }
    return 0;  // a workbook shows at least one
  }

  Status add_sheet(std::size_t number) {
    const Sheet& sheet = std::as_const(schema_).sheets[number];
    CopiedSheet& copied = copied_.emplace_back();
    copied.title = sheet.title;
    copied.columns = sheet.columns.size();
    if (sheet.columns.size() > kColumns)
      return cannot_hold(fmt::format("{}, a sheet of Excel has {}", counted(sheet.columns.size(), "column", "columns"),
                                     grouped(kColumns)),
                         sheet.title);
    if (sheet.hidden && number == first_visible()) lose("hidden", sheet.title);
    ZMIG_CHECK_OK(zip_.begin(fmt::format("xl/worksheets/sheet{}.xml", number + 1)));
    ZMIG_CHECK_OK(zip_.add(sheet_head(sheet)));
    ZMIG_CHECK_OK(add_rows(sheet));
    ZMIG_CHECK_OK(zip_.add(sheet_tail(sheet)));
    ZMIG_CHECK_OK(zip_.end_entry());
    return has_notes(sheet) ? add_notes(sheet, number) : ok();
  }

  std::string sheet_head(const Sheet& sheet) {
    std::string out = fmt::format(
        "{}<worksheet xmlns=\"{}\" xmlns:r=\"{}\"><sheetViews><sheetView workbookViewId=\"0\"", kHead, kMain, kOffice);
    if (sheet.frozen) {
      out += fmt::format(
          "><pane ySplit=\"{}\" topLeftCell=\"A{}\" activePane=\"bottomLeft\" state=\"frozen\"/></sheetView>",
          sheet.header_row, sheet.header_row + 1);
    } else {
      out += "/>";
    }
    out += "</sheetViews>";
    std::string columns;
    for (std::size_t i = 0; i < sheet.columns.size(); ++i) {
      const Column& column = sheet.columns[i];
      const std::string format = format_of_column(column);
      const std::uint32_t style = styles_.style_of(format);
      if (!same_format(styles_.format(style).text, format)) lose("format", header_cell(sheet, column.id));
      if (style == 0 && !column.hidden) continue;
      columns +=
          fmt::format("<col min=\"{}\" max=\"{}\" width=\"{}\"", i + 1, i + 1, column.hidden ? "0" : "12.7109375");
      if (style != 0) columns += fmt::format(" style=\"{}\"", style);
      columns += column.hidden ? " hidden=\"1\" customWidth=\"1\"/>" : "/>";
    }
    if (!columns.empty()) out += "<cols>" + columns + "</cols>";
    return out + "<sheetData>";
  }

  Status add_rows(const Sheet& sheet) {
    std::vector<std::string> ids, letters;
    std::string bytes;
    std::size_t filled = 0;
    for (std::size_t i = 0; i < sheet.columns.size(); ++i) {
      ids.push_back(sheet.columns[i].id);
      letters.push_back(column_letters(i));
      const std::string& header = sheet.columns[i].header;
      if (utf16_units(header) > kLongestText)
        return cannot_hold("a header is longer than a cell of Excel may be", header_cell(sheet, ids[i]));
      if (header.empty()) continue;
      filled = i + 1;
      append_text_cell(header, fmt::format("{}{}", letters[i], sheet.header_row), bytes);
    }
    if (!bytes.empty()) bytes = fmt::format("<row r=\"{}\">{}</row>", sheet.header_row, bytes);
    std::vector<Sha256> hashes(ids.size());
    std::uint32_t row = sheet.header_row;
    Status scanned = from_.scan(sheet.id, ids, [&](const RowView& from) -> Status {
      if (row == kRows) return cannot_hold(fmt::format("a sheet of Excel has {} rows", grouped(kRows)), sheet.title);
      ++row;
      ++copied_.back().rows;
      const std::size_t begin = bytes.size();
      for (std::size_t i = 0; i < ids.size(); ++i) {
        const Cell& cell = from.cells[i];
        const std::string place = fmt::format("{}{}", letters[i], row);
        if (const auto* text = std::get_if<Text>(&cell.value); text != nullptr) {
          if (utf16_units(text->utf8) > kLongestText || first_invalid_utf8(text->utf8))
            return cannot_hold("the text is longer than a cell of Excel may be, or not UTF-8",
                               fmt::format("{}!{}", sheet.title, place));
        }
        const Written written = append_cell(cell, sheet.columns[i], place, styles_, bytes);
        if (!is_blank(cell.value) || !cell.formula.empty()) filled = std::max(filled, i + 1);
        if (written.reads_as != cell.value) lose("type", place);
        if (!written.format_kept && !cell.format.empty()) lose("format", place);
        add_to(hashes[i], row, written.reads_as, cell.formula);
      }
      if (bytes.size() > begin) {
        bytes.insert(begin, fmt::format("<row r=\"{}\">", row));
        bytes += "</row>";
      }
      if (bytes.size() < (1 << 20)) return ok();
      Status added = zip_.add(bytes);
      bytes.clear();
      return added;
    });
    if (!scanned) return scanned;
    std::vector<std::string>& finished = hashes_.emplace_back();
    for (Sha256& hash : hashes) finished.push_back(hash.finish_hex());
    filled_.push_back(filled);
    return zip_.add(bytes);
  }

  std::string sheet_tail(const Sheet& sheet) {
    std::string out = "</sheetData>", rules;
    if (sheet.protection) out += "<sheetProtection sheet=\"1\" objects=\"1\" scenarios=\"1\"/>";
    std::size_t count = 0;
    for (std::size_t i = 0; i < sheet.columns.size(); ++i) {
      const Column& column = sheet.columns[i];
      if (column.protection && !column.managed) lose("protection", header_cell(sheet, column.id));
      const std::string formula = list_formula(column.allowed);
      if (column.allowed.kind == Allowed::Kind::none) continue;
      if (formula.empty()) {
        if (!column.managed) lose("validation", header_cell(sheet, column.id));
        continue;
      }
      ++count;
      const std::string letters = column_letters(i);
      rules += fmt::format(
          "<dataValidation type=\"list\"{} allowBlank=\"1\" showInputMessage=\"1\" showErrorMessage=\"1\" "
          "sqref=\"{}{}:{}{}\"><formula1>",
          column.allowed.strict ? "" : " errorStyle=\"warning\"", letters, sheet.header_row + 1, letters, kRows);
      append_xml(formula, rules);
      rules += "</formula1></dataValidation>";
    }
    if (count > 0) out += fmt::format("<dataValidations count=\"{}\">{}</dataValidations>", count, rules);
    if (has_notes(sheet)) out += "<legacyDrawing r:id=\"rId2\"/>";
    return out + "</worksheet>";
  }

  [[nodiscard]] std::string list_formula(const Allowed& allowed) const {
    if (allowed.kind == Allowed::Kind::column) {
      const Sheet* sheet = schema_.sheet(allowed.sheet);
      const std::string letters = sheet == nullptr ? std::string() : letters_of(*sheet, allowed.column);
      if (letters.empty()) return {};
      return fmt::format("{}!${}${}:${}${}", title_in_quotes(sheet->title), letters, sheet->header_row + 1, letters,
                         kRows);
    }
    if (allowed.kind != Allowed::Kind::list || allowed.values.empty()) return {};
    if (fits_literal_list(allowed.values)) return "\"" + join(allowed.values, ",") + "\"";
    const auto list = std::find(lists_.begin(), lists_.end(), allowed.values);
    const std::string letters = column_letters(static_cast<std::size_t>(list - lists_.begin()));
    return fmt::format("{}!${}$1:${}${}", kEnumSheet, letters, letters, allowed.values.size());
  }

  Status add_enum_sheet() {
    std::size_t longest = 0;
    for (const auto& list : lists_) longest = std::max(longest, list.size());
    std::string out = fmt::format("{}<worksheet xmlns=\"{}\"><sheetData>", kHead, kMain);
    for (std::size_t row = 0; row < longest; ++row) {
      out += fmt::format("<row r=\"{}\">", row + 1);
      for (std::size_t i = 0; i < lists_.size(); ++i) {
        if (row < lists_[i].size())
          append_text_cell(lists_[i][row], fmt::format("{}{}", column_letters(i), row + 1), out);
      }
      out += "</row>";
    }
    return add_part(fmt::format("xl/worksheets/sheet{}.xml", schema_.sheets.size() + 1),
                    out + "</sheetData></worksheet>");
  }

  Status add_notes(const Sheet& sheet, std::size_t number) {
    std::string notes =
        fmt::format("{}<comments xmlns=\"{}\"><authors><author>zmig</author></authors><commentList>", kHead, kMain);
    std::string shapes = fmt::format(
        "<xml xmlns:v=\"urn:schemas-microsoft-com:vml\" xmlns:o=\"urn:schemas-microsoft-com:office:office\" "
        "xmlns:x=\"urn:schemas-microsoft-com:office:excel\"><o:shapelayout v:ext=\"edit\"><o:idmap v:ext=\"edit\" "
        "data=\"{}\"/></o:shapelayout><v:shapetype id=\"_x0000_t202\" coordsize=\"21600,21600\" o:spt=\"202\" "
        "path=\"m,l,21600r21600,l21600,xe\"><v:stroke joinstyle=\"miter\"/><v:path gradientshapeok=\"t\" "
        "o:connecttype=\"rect\"/></v:shapetype>",
        number + 1);
    const std::uint32_t row = sheet.header_row - 1;
    std::size_t count = 0;
    for (std::size_t i = 0; i < sheet.columns.size(); ++i) {
      if (!sheet.columns[i].note) continue;
      notes += fmt::format("<comment ref=\"{}{}\" authorId=\"0\"><text><t xml:space=\"preserve\">", column_letters(i),
                           row + 1);
      append_cell_text(*sheet.columns[i].note, notes);
      notes += "</t></text></comment>";
      shapes += fmt::format(
          "<v:shape id=\"_x0000_s{}\" type=\"#_x0000_t202\" style=\"position:absolute;margin-left:60pt;margin-top:2pt;"
          "width:110pt;height:60pt;z-index:{};visibility:hidden\" fillcolor=\"#ffffe1\" o:insetmode=\"auto\"><v:fill "
          "color2=\"#ffffe1\"/><v:shadow on=\"t\" color=\"black\" obscured=\"t\"/><v:path "
          "o:connecttype=\"none\"/><v:textbox "
          "style=\"mso-direction-alt:auto\"/><x:ClientData "
          "ObjectType=\"Note\"><x:MoveWithCells/><x:SizeWithCells/><x:Anchor>"
          "{}, 15, {}, 2, {}, 15, {}, "
          "4</x:Anchor><x:AutoFill>False</x:AutoFill><x:Row>{}</x:Row><x:Column>{}</x:Column>"
          "</x:ClientData></v:shape>",
          1024 * (number + 1) + 1 + count, count + 1, i + 1, row, i + 3, row + 4, row, i);
      ++count;
    }
    ZMIG_CHECK_OK(add_part(fmt::format("xl/comments{}.xml", number + 1), notes + "</commentList></comments>"));
    ZMIG_CHECK_OK(add_part(fmt::format("xl/drawings/vmlDrawing{}.vml", number + 1), shapes + "</xml>"));
    return add_part(fmt::format("xl/worksheets/_rels/sheet{}.xml.rels", number + 1),
                    relationships({{"comments", fmt::format("../comments{}.xml", number + 1)},
                                   {"vmlDrawing", fmt::format("../drawings/vmlDrawing{}.vml", number + 1)}}));
  }

  Status add_ends(std::span<const Stamp> stamps) {
    Kinds kinds;
    std::size_t sheets = schema_.sheets.size() + (lists_.empty() ? 0 : 1);
    if (sheets == 0) return cannot_hold("a workbook of Excel has at least one sheet", path_);
    for (std::size_t i = 0; i < sheets; ++i)
      kinds.emplace_back("worksheet", fmt::format("worksheets/sheet{}.xml", i + 1));
    kinds.emplace_back("styles", "styles.xml");
    if (!stamps.empty() || is_managed()) {
      kinds.emplace_back("customXml", "../customXml/item1.xml");
      ZMIG_CHECK_OK(add_part("customXml/item1.xml", stamp_part_xml(stamps, schema_)));
      ZMIG_CHECK_OK(add_part("customXml/_rels/item1.xml.rels", relationships({{"customXmlProps", "itemProps1.xml"}})));
      ZMIG_CHECK_OK(add_part("customXml/itemProps1.xml",
                             fmt::format("{}<ds:datastoreItem ds:itemID=\"{{7A6D6967-0001-4000-8000-000000000001}}\" "
                                         "xmlns:ds=\"http://schemas.openxmlformats.org/officeDocument/2006/customXml\">"
                                         "<ds:schemaRefs><ds:schemaRef ds:uri=\"urn:zmig:stamp:1\"/></ds:schemaRefs>"
                                         "</ds:datastoreItem>",
                                         kHead)));
    }
    ZMIG_CHECK_OK(add_part("xl/_rels/workbook.xml.rels", relationships(kinds)));
    return zip_.finish();
  }

  ZipWriter zip_;
  std::string path_;
  CellView& from_;  // of the caller
  Schema schema_;
  NewStyles styles_;
  std::vector<std::vector<std::string>> lists_;
  std::vector<CopiedSheet> copied_;
  std::vector<std::vector<std::string>> hashes_;  // of the columns, as they were written
  std::vector<std::size_t> filled_;               // columns up to the last that holds something
};

}  // namespace

Result<std::vector<CopiedSheet>> create_xlsx(const std::string& path, Ports& ports, CellView& from,
                                             std::span<const std::string> sheet_ids, std::span<const Stamp> stamps) {
  if (ports.files.exists(path))
    return make_error(Errc::denied, "ZM0704", fmt::format("{} exists and is not empty", quoted(path)),
                      "name a new file");
  const FolderAndName where = folder_and_name(path);
  sweep_asides(where.folder);
  StagedFile staged(where.folder + "/" + aside_name(where.name, ports.random.hex(4)));
  std::vector<CopiedSheet> report;
  {
    const Descriptor file(::open(staged.path().c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0666));
    if (!file.is_open() || !claim_aside(file.get())) return posix_error(errno, "writing", path);
    Copy copy(file.get(), path, from);
    Status copied = copy.run(sheet_ids, stamps);
    if (!copied) {
      copied.error().effect = Effect::none;  // nobody has seen the file
      return std::move(copied).error();
    }
    ZMIG_TRY(const std::unique_ptr<XlsxTarget> made, XlsxTarget::open(staged.path(), {}));
    ZMIG_CHECK_OK(copy.verify(*made));
    report = copy.take_report();
    ZMIG_CHECK_OK(durable_rename(staged.path(), path, RenameMode::no_replace));
  }
  staged.keep();
  return report;
}

}  // namespace zmig
