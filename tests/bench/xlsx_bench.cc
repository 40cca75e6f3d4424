// bench_xlsx make FILE ROWS                   a workbook of 63 columns: shared strings, two columns of formulas, dates,
// a
//                                             list rule, a conditional format, a filter, a frozen pane (100,000 rows:
//                                             174 MB of sheet XML)
// bench_xlsx make-values FILE ROWS            the same without formulas
// bench_xlsx fill|header FILE NEW             three columns appended; fill: one of them filled with a default
// bench_xlsx stage-fill|stage-header FILE     the same as a commit stages it: inspected, written, fsync, read back
//
// `fill` and `header` print two lines: the CPU milliseconds of looking at the workbook (`scan`), and of the edit
// together with the writing of the new archive (`edit`). Run by bench_measure for the memory; nothing passes or fails.

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>
#include <zlib.h>
#include <cstdio>
#include <cstdlib>
#include <string>

#include <fmt/format.h>
#include <zmig/target.h>
#include <zmig/text.h>

#include "base/posix.h"
#include "targets/xlsx/package_edit.h"
#include "targets/xlsx/refs.h"
#include "targets/xlsx/sheet_shape.h"
#include "targets/xlsx/xlsx_program.h"
#include "targets/xlsx/xlsx_target.h"
#include "targets/xlsx/zip.h"

namespace {

using namespace zmig;

constexpr std::uint32_t kColumns = 63;
constexpr std::uint32_t kTexts = 5000;
constexpr std::string_view kMain = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
constexpr std::string_view kHead = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n";

int failed(const Error& error) {
  std::fprintf(stderr, "%s %s\n", error.message.c_str(), error.place.c_str());
  return 1;
}

double cpu_ms() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  const auto ms = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_usec) / 1e3;
  };
  return ms(used.ru_utime) + ms(used.ru_stime);
}

Status put_part(xlsx::ZipWriter& zip, std::string_view name, const std::string& bytes) {
  ZMIG_CHECK_OK(zip.begin(name));
  ZMIG_CHECK_OK(zip.add(bytes));
  return zip.end_entry();
}

/// The same for the same place: figures of two runs are of the same bytes.
std::uint32_t noise(std::uint32_t row, std::uint32_t column) {
  std::uint32_t x = row * 2654435761U + column * 40503U;
  x ^= x >> 15;
  x *= 2246822519U;
  return x ^ (x >> 13);
}

void put_cell(std::string& out, std::uint32_t row, std::uint32_t column, bool formulas) {
  const std::string letters = column_letters(column);
  const std::uint32_t any = noise(row, column);
  const auto end = std::back_inserter(out);
  if (row == 1) {
    fmt::format_to(end, "<c r=\"{}1\" t=\"s\"><v>{}</v></c>", letters, column);
  } else if (column == 61 && formulas) {
    fmt::format_to(end, "<c r=\"{0}{1}\"><f>E{1}+F{1}</f><v>{2}</v></c>", letters, row, any % 5000);
  } else if (column == 62 && formulas) {
    fmt::format_to(end, "<c r=\"{0}{1}\"><f>G{1}*2</f><v>{2}</v></c>", letters, row, any % 5000);
  } else if (column % 7 == 6 && any % 8 != 0) {
    return;  // sheets have holes
  } else if (column % 7 == 3) {
    fmt::format_to(end, "<c r=\"{}{}\" s=\"1\"><v>{}</v></c>", letters, row, 44000 + (row / 40 + column) % 2000);
  } else if (column % 5 == 1) {
    // Columns of people, states and kinds: few texts each.
    fmt::format_to(end, "<c r=\"{}{}\" t=\"s\"><v>{}</v></c>", letters, row,
                   kColumns + (column * 60 + any % (column % 2 == 0 ? 8 : 60)) % kTexts);
  } else {
    fmt::format_to(end, "<c r=\"{}{}\"><v>{}</v></c>", letters, row,
                   any % (column % 3 == 0   ? 4
                          : column % 3 == 1 ? 10
                                            : 300));
  }
}

/// As Excel and most libraries do: zlib, level 6.
class ZlibPacker {
 public:
  ZlibPacker() { ::deflateInit2(&stream_, 6, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY); }
  ~ZlibPacker() { ::deflateEnd(&stream_); }
  ZlibPacker(const ZlibPacker&) = delete;
  ZlibPacker& operator=(const ZlibPacker&) = delete;
  void add(const std::string& bytes, bool last) {
    crc = xlsx::crc32_of(crc, bytes);
    size += bytes.size();
    stream_.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(bytes.data()));
    stream_.avail_in = static_cast<uInt>(bytes.size());
    do {
      const std::size_t at = packed.size();
      packed.resize(at + (1U << 18));
      stream_.next_out = reinterpret_cast<Bytef*>(packed.data() + at);
      stream_.avail_out = 1U << 18;
      ::deflate(&stream_, last ? Z_FINISH : Z_NO_FLUSH);
      packed.resize(packed.size() - stream_.avail_out);
    } while (stream_.avail_out == 0);
  }
  std::string packed;
  std::uint32_t crc = 0;
  std::uint64_t size = 0;

 private:
  z_stream stream_{};
};

Status put_sheet(xlsx::ZipWriter& zip, std::uint32_t rows, bool formulas) {
  const std::string last = column_letters(kColumns - 1);
  std::string out = fmt::format(
      "{}<worksheet xmlns=\"{}\"><dimension ref=\"A1:{}{}\"/><sheetViews><sheetView workbookViewId=\"0\">"
      "<pane ySplit=\"1\" topLeftCell=\"A2\" activePane=\"bottomLeft\" state=\"frozen\"/></sheetView></sheetViews>"
      "<sheetFormatPr defaultRowHeight=\"15\"/><cols><col min=\"1\" max=\"{}\" width=\"12\" customWidth=\"1\"/></cols>"
      "<sheetData>",
      kHead, kMain, last, rows + 1, kColumns);
  ZlibPacker packer;
  for (std::uint32_t row = 1; row <= rows + 1; ++row) {
    fmt::format_to(std::back_inserter(out), "<row r=\"{}\" spans=\"1:{}\">", row, kColumns);
    for (std::uint32_t column = 0; column < kColumns; ++column) put_cell(out, row, column, formulas);
    out += "</row>";
    if (out.size() < (1U << 20)) continue;
    packer.add(out, false);
    out.clear();
  }
  out += fmt::format(
      "</sheetData><autoFilter ref=\"A1:{0}{1}\"/><conditionalFormatting sqref=\"A2:A{1}\"><cfRule type=\"cellIs\" "
      "priority=\"1\" operator=\"greaterThan\"><formula>5</formula></cfRule></conditionalFormatting><dataValidations "
      "count=\"1\"><dataValidation type=\"list\" allowBlank=\"1\" sqref=\"B2:B{1}\"><formula1>\"one,two,three\""
      "</formula1></dataValidation></dataValidations><pageMargins left=\"0.7\" right=\"0.7\" top=\"0.75\" "
      "bottom=\"0.75\" header=\"0.3\" footer=\"0.3\"/></worksheet>",
      last, rows + 1);
  packer.add(out, true);
  ZMIG_CHECK_OK(zip.begin("xl/worksheets/sheet1.xml"));
  return zip.add_packed(packer.packed, packer.crc, packer.size);
}

Status make(const std::string& path, std::uint32_t rows, bool formulas) {
  const Descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  if (!file.is_open()) return posix_error(errno, "writing", path);
  xlsx::ZipWriter zip(file.get(), path);
  constexpr std::string_view kOffice = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
  constexpr std::string_view kType = "application/vnd.openxmlformats-officedocument.spreadsheetml";
  ZMIG_CHECK_OK(put_part(
      zip, "[Content_Types].xml",
      fmt::format(
          "{0}<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"><Default "
          "Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/><Default "
          "Extension=\"xml\" ContentType=\"application/xml\"/><Override PartName=\"/xl/workbook.xml\" "
          "ContentType=\"{1}.sheet.main+xml\"/><Override PartName=\"/xl/worksheets/sheet1.xml\" "
          "ContentType=\"{1}.worksheet+xml\"/><Override PartName=\"/xl/styles.xml\" "
          "ContentType=\"{1}.styles+xml\"/><Override PartName=\"/xl/sharedStrings.xml\" "
          "ContentType=\"{1}.sharedStrings+xml\"/></Types>",
          kHead, kType)));
  const std::string links = "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">";
  ZMIG_CHECK_OK(put_part(zip, "_rels/.rels",
                         fmt::format("{}{}<Relationship Id=\"rId1\" Type=\"{}/officeDocument\" "
                                     "Target=\"xl/workbook.xml\"/></Relationships>",
                                     kHead, links, kOffice)));
  ZMIG_CHECK_OK(put_part(
      zip, "xl/workbook.xml",
      fmt::format(
          "{0}<workbook xmlns=\"{1}\" xmlns:r=\"{2}\"><sheets><sheet name=\"Operaciones\" sheetId=\"1\" "
          "r:id=\"rId1\"/></sheets><definedNames><definedName name=\"_xlnm._FilterDatabase\" localSheetId=\"0\" "
          "hidden=\"1\">Operaciones!$A$1:${3}${4}</definedName></definedNames></workbook>",
          kHead, kMain, kOffice, column_letters(kColumns - 1), rows + 1)));
  ZMIG_CHECK_OK(put_part(zip, "xl/_rels/workbook.xml.rels",
                         fmt::format("{0}{1}<Relationship Id=\"rId1\" Type=\"{2}/worksheet\" "
                                     "Target=\"worksheets/sheet1.xml\"/><Relationship Id=\"rId2\" Type=\"{2}/styles\" "
                                     "Target=\"styles.xml\"/><Relationship Id=\"rId3\" Type=\"{2}/sharedStrings\" "
                                     "Target=\"sharedStrings.xml\"/></Relationships>",
                                     kHead, links, kOffice)));
  ZMIG_CHECK_OK(put_part(
      zip, "xl/styles.xml",
      fmt::format("{}<styleSheet xmlns=\"{}\"><fonts count=\"1\"><font><sz val=\"11\"/><name "
                  "val=\"Calibri\"/></font></fonts><fills count=\"2\"><fill><patternFill "
                  "patternType=\"none\"/></fill><fill><patternFill patternType=\"gray125\"/></fill></fills><borders "
                  "count=\"1\"><border><left/><right/><top/><bottom/><diagonal/></border></borders><cellStyleXfs "
                  "count=\"1\"><xf numFmtId=\"0\" fontId=\"0\" fillId=\"0\" borderId=\"0\"/></cellStyleXfs><cellXfs "
                  "count=\"2\"><xf numFmtId=\"0\" fontId=\"0\" fillId=\"0\" borderId=\"0\" xfId=\"0\"/><xf "
                  "numFmtId=\"14\" fontId=\"0\" fillId=\"0\" borderId=\"0\" xfId=\"0\" "
                  "applyNumberFormat=\"1\"/></cellXfs></styleSheet>",
                  kHead, kMain)));
  std::string strings = fmt::format("{}<sst xmlns=\"{}\">", kHead, kMain);
  for (std::uint32_t i = 0; i < kColumns + kTexts; ++i) {
    strings += i < kColumns ? fmt::format("<si><t>Column{}</t></si>", i)
                            : fmt::format("<si><t>Text {} of the list</t></si>", noise(i, 1));
  }
  ZMIG_CHECK_OK(put_part(zip, "xl/sharedStrings.xml", strings + "</sst>"));
  ZMIG_CHECK_OK(put_sheet(zip, rows, formulas));
  return zip.finish();
}

Column column_of(const char* id, const char* header, TypeKind kind) {
  Column column;
  column.id = id;
  column.header = header;
  column.type.kind = kind;
  return column;
}

std::vector<Change> changes_of(const Sheet& sheet, bool fill) {
  std::vector<Change> changes{change::InsertColumn{sheet.id, column_of("x", "Ocupado_Por", TypeKind::text), {}},
                              change::InsertColumn{sheet.id, column_of("y", "Fecha_Ocupacion", TypeKind::text), {}},
                              change::InsertColumn{sheet.id, column_of("z", "version", TypeKind::integer), {}}};
  if (fill) changes.push_back(change::FillEmpty{{sheet.id, "z"}, Number{0}, {"x", "y", "z"}});
  return changes;
}

Status edit(const std::string& from, const std::string& to, bool fill) {
  ZMIG_TRY(const auto target, XlsxTarget::open(from, {}));
  ZMIG_TRY(const Schema live, target->inspect());
  const double scanned = cpu_ms();
  std::printf("scan %.1f\n", scanned);
  ZMIG_TRY(const auto rows, target->row_count(live.sheets[0].id));
  ZMIG_TRY(const xlsx::Package package, xlsx::Package::open(from));
  ZMIG_TRY(const xlsx::BookFacts facts, xlsx::read_book(package));
  ZMIG_TRY(const xlsx::Styles styles, xlsx::Styles::read(package));
  ZMIG_TRY(const xlsx::SharedStrings strings, xlsx::SharedStrings::read(package));
  ZMIG_TRY(const xlsx::StampPart stamp, xlsx::read_stamp_part(package));
  const double read = cpu_ms();
  xlsx::ProgramInput input{package, facts, styles, strings, stamp, {}, true};
  xlsx::ProgramSheet sheet{facts.sheets[0].title,
                           facts.sheets[0].part,
                           live.sheets[0].header_row + static_cast<std::uint32_t>(rows),
                           {},
                           false};
  for (const Column& column : live.sheets[0].columns) sheet.shown.push_back(column.format.value_or(""));
  input.sheets.push_back(std::move(sheet));
  ZMIG_TRY(const auto program, xlsx::XlsxProgram::begin(std::move(input), live));
  const std::vector<Change> changes = changes_of(live.sheets[0], fill);
  ZMIG_CHECK_OK(program->add(changes));
  ZMIG_CHECK_OK(program->finish());
  const Descriptor file(::open(to.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  if (!file.is_open()) return posix_error(errno, "writing", to);
  ZMIG_CHECK_OK(program->package().write(file.get(), to));
  std::printf("edit %.1f\n", cpu_ms() - read);
  return ok();
}

Status stage(const std::string& path, bool fill) {
  ZMIG_TRY(const auto target, XlsxTarget::open(path, {}));
  ZMIG_TRY(const Schema live, target->inspect());
  const double scanned = cpu_ms();
  std::printf("scan %.1f\n", scanned);
  ZMIG_TRY(const auto writer, target->open_writer({}));
  const std::vector<Change> changes = changes_of(live.sheets[0], fill);
  const Part part{changes, {}};
  ZMIG_TRY([[maybe_unused]] const Staged staged, writer->stage(std::span(&part, 1)));
  std::printf("stage %.1f\n", cpu_ms() - scanned);
  return ok();
}

}  // namespace

int main(int argc, char** argv) {
  const std::string verb = argc >= 3 ? argv[1] : "";
  Status done = make_error(Errc::invalid_input, "",
                           "usage: bench_xlsx make|make-values FILE ROWS | fill|header FILE NEW | "
                           "stage-fill|stage-header FILE");
  if ((verb == "make" || verb == "make-values") && argc == 4)
    done = make(argv[2], static_cast<std::uint32_t>(std::strtoul(argv[3], nullptr, 10)), verb == "make");
  if ((verb == "fill" || verb == "header") && argc == 4) done = edit(argv[2], argv[3], verb == "fill");
  if (verb == "stage-fill" || verb == "stage-header") done = stage(argv[2], verb == "stage-fill");
  return done ? 0 : failed(done.error());
}
