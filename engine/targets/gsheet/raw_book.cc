#include "targets/gsheet/raw_book.h"

#include <algorithm>

#include <fmt/format.h>

#include "targets/gsheet/json_pull.h"

namespace zmig::gsheet {
namespace {

/// Members that are not known are skipped; those that are missing stay as they are by default.
class BookParser {
 public:
  explicit BookParser(std::string_view json) : in_(json) {}

  Result<RawBook> run() {
    in_.object([this](std::string_view key) { top(key); });
    if (!in_.at_end() || book_.id.empty()) {
      Error error =
          make_error(Errc::transient, "ZM0411", "the answer to the reading of the spreadsheet cannot be read",
                     "run the command again; if it stays so, something between here and Google changes answers");
      return error;
    }
    return std::move(book_);
  }

 private:
  void top(std::string_view key) {
    if (key == "spreadsheetId") {
      book_.id = in_.string();
    } else if (key == "properties") {
      in_.object([this](std::string_view name) {
        if (name == "title") {
          book_.title = in_.string();
        } else if (name == "locale") {
          book_.locale = in_.string();
        } else if (name == "timeZone") {
          book_.time_zone = in_.string();
        } else {
          in_.skip();
        }
      });
    } else if (key == "developerMetadata") {
      metadata(book_.metadata);
    } else if (key == "namedRanges") {
      in_.array([this] { named_range(); });
    } else if (key == "sheets") {
      in_.array([this] { sheet(); });
    } else {
      in_.skip();
    }
  }

  void metadata(std::vector<RawMetadata>& into) {
    in_.array([&] {
      RawMetadata one;
      in_.object([&](std::string_view name) {
        if (name == "metadataId") {
          one.id = in_.integer();
        } else if (name == "metadataKey") {
          one.key = in_.string();
        } else if (name == "metadataValue") {
          one.value = in_.string();
        } else {
          in_.skip();
        }
      });
      into.push_back(std::move(one));
    });
  }

  RawRange range() {
    RawRange found;
    in_.object([&](std::string_view name) {
      if (name == "sheetId") {
        found.sheet = in_.integer();
      } else if (name == "startRowIndex") {
        found.row0 = in_.integer();
      } else if (name == "endRowIndex") {
        found.row1 = in_.integer();
      } else if (name == "startColumnIndex") {
        found.column0 = in_.integer();
      } else if (name == "endColumnIndex") {
        found.column1 = in_.integer();
      } else {
        in_.skip();
      }
    });
    return found;
  }

  void named_range() {
    RawNamedRange one;
    in_.object([&](std::string_view name) {
      if (name == "name") {
        one.name = in_.string();
      } else if (name == "range") {
        one.range = range();
      } else {
        in_.skip();
      }
    });
    book_.named.push_back(std::move(one));
  }

  void sheet() {
    book_.sheets.emplace_back();
    RawSheet& sheet = book_.sheets.back();
    in_.object([&](std::string_view key) {
      if (key == "properties") {
        properties(sheet);
      } else if (key == "merges") {
        in_.array([&] { sheet.merges.push_back(range()); });
      } else if (key == "basicFilter") {
        in_.object([&](std::string_view name) {
          if (name == "range") {
            sheet.filter = range();
          } else {
            in_.skip();
          }
        });
      } else if (key == "protectedRanges") {
        in_.array([&] { protection(sheet); });
      } else if (key == "tables") {
        in_.array([&] {
          in_.object([&](std::string_view name) {
            if (name == "range") {
              sheet.tables.push_back(range());
            } else {
              in_.skip();
            }
          });
        });
      } else if (key == "developerMetadata") {
        metadata(sheet.metadata);
      } else if (key == "data") {
        in_.array([&] { grid(sheet); });
      } else {
        in_.skip();
      }
    });
  }

  void properties(RawSheet& sheet) {
    in_.object([&](std::string_view name) {
      if (name == "sheetId") {
        sheet.id = in_.integer();
      } else if (name == "title") {
        sheet.title = in_.string();
      } else if (name == "sheetType") {
        sheet.grid = in_.string() == "GRID";
      } else if (name == "hidden") {
        sheet.hidden = in_.boolean();
      } else if (name == "gridProperties") {
        in_.object([&](std::string_view member) {
          if (member == "rowCount") {
            sheet.rows = in_.integer();
          } else if (member == "columnCount") {
            sheet.columns = in_.integer();
          } else if (member == "frozenRowCount") {
            sheet.frozen_rows = in_.integer();
          } else if (member == "frozenColumnCount") {
            sheet.frozen_columns = in_.integer();
          } else {
            in_.skip();
          }
        });
      } else {
        in_.skip();
      }
    });
  }

  void protection(RawSheet& sheet) {
    RawProtection one;
    in_.object([&](std::string_view name) {
      if (name == "protectedRangeId") {
        one.id = in_.integer();
      } else if (name == "range") {
        one.range = range();
      } else if (name == "description") {
        one.description = in_.string();
      } else if (name == "warningOnly") {
        one.warning_only = in_.boolean();
      } else if (name == "requestingUserCanEdit") {
        one.can_edit = in_.boolean();
      } else if (name == "unprotectedRanges") {
        in_.array([&] {
          one.whole_sheet_but = true;
          in_.skip();
        });
      } else if (name == "editors") {
        in_.object([&](std::string_view member) {
          if (member == "users") {
            in_.array([&] { one.users.emplace_back(in_.string()); });
          } else {
            in_.skip();
          }
        });
      } else {
        in_.skip();
      }
    });
    sheet.protections.push_back(std::move(one));
  }

  void grid(RawSheet& sheet) {
    std::size_t row0 = 0, column0 = 0;
    in_.object([&](std::string_view name) {
      if (name == "startRow") {
        row0 = place();
      } else if (name == "startColumn") {
        column0 = place();
      } else if (name == "rowData") {
        std::size_t row = row0;
        in_.array([&] {
          if (sheet.cells.size() <= row) sheet.cells.resize(row + 1);
          in_.object([&](std::string_view member) {
            if (member == "values") {
              std::size_t column = column0;
              // Most rows are as wide as the one before.
              if (row > row0) sheet.cells[row].reserve(sheet.cells[row - 1].size());
              in_.array([&] { cell(sheet, row, column++); });
            } else {
              in_.skip();
            }
          });
          ++row;
        });
      } else if (name == "columnMetadata") {
        std::size_t column = column0;
        in_.array([&] {
          if (sheet.column_facts.size() <= column) sheet.column_facts.resize(column + 1);
          RawColumn& facts = sheet.column_facts[column++];
          in_.object([&](std::string_view member) {
            if (member == "hiddenByUser") {
              facts.hidden = in_.boolean();
            } else if (member == "developerMetadata") {
              metadata(facts.metadata);
            } else {
              in_.skip();
            }
          });
        });
      } else {
        in_.skip();
      }
    });
  }

  std::size_t place() {
    constexpr std::int64_t kFarthest = 20'000'000;
    return static_cast<std::size_t>(std::clamp<std::int64_t>(in_.integer(), 0, kFarthest));
  }

  void cell(RawSheet& sheet, std::size_t row, std::size_t column) {
    RawCell entered, effective;
    in_.object([&](std::string_view name) {
      if (name == "userEnteredValue") {
        value(entered);
      } else if (name == "effectiveValue" && (!entered.has_content() || !entered.formula.empty())) {
        value(effective);  // of a formula; else it is what was entered
      } else if (name == "userEnteredFormat") {
        in_.object([&](std::string_view member) {
          if (member == "numberFormat") {
            entered.format = number_format();
          } else {
            in_.skip();
          }
        });
      } else if (name == "dataValidation") {
        entered.rule = rule();
      } else if (name == "note") {
        std::string note(in_.string());
        if (!note.empty()) sheet.notes.emplace(std::pair(row, column), std::move(note));
      } else {
        in_.skip();
      }
    });
    if (!entered.formula.empty()) {
      entered.kind = effective.kind;
      entered.is_true = effective.is_true;
      entered.number = effective.number;
      entered.text = std::move(effective.text);
    }
    if (!entered.has_content() && entered.format == 0 && entered.rule == 0) return;
    std::vector<RawCell>& cells = sheet.cells[row];
    if (cells.size() <= column) cells.resize(column + 1);
    cells[column] = std::move(entered);
  }

  void value(RawCell& into) {
    in_.object([&](std::string_view name) {
      if (name == "numberValue") {
        into.kind = RawCell::Kind::number;
        into.number = in_.number();
      } else if (name == "stringValue") {
        into.text = in_.string();
        into.kind = into.text.empty() ? RawCell::Kind::none : RawCell::Kind::text;
      } else if (name == "boolValue") {
        into.kind = RawCell::Kind::boolean;
        into.is_true = in_.boolean();
      } else if (name == "formulaValue") {
        const std::string_view text = in_.string();
        into.formula = text.substr(text.starts_with('=') ? 1 : 0);
      } else if (name == "errorValue") {
        into.kind = RawCell::Kind::error;
        in_.object([&](std::string_view member) {
          if (member == "type") {
            into.text = error_text(in_.string());
          } else {
            in_.skip();
          }
        });
        if (into.text.empty()) into.text = "#ERROR!";
      } else {
        in_.skip();
      }
    });
  }

  static std::string error_text(std::string_view type) {
    if (type == "DIVIDE_BY_ZERO") return "#DIV/0!";
    if (type == "NULL_VALUE") return "#NULL!";
    if (type == "N_A") return "#N/A";
    if (type == "NAME") return "#NAME?";
    if (type == "NUM") return "#NUM!";
    if (type == "REF") return "#REF!";
    if (type == "VALUE") return "#VALUE!";
    if (type == "LOADING") return "Loading...";
    return "#ERROR!";
  }

  /// The index of an equal one; most cells have what the one before them had.
  template <class Thing>
  static std::uint32_t number_of(Thing thing, std::vector<Thing>& all, std::map<Thing, std::uint32_t>& known,
                                 std::uint32_t& last) {
    if (all[last] == thing) return last;
    const auto [at, is_new] = known.try_emplace(thing, static_cast<std::uint32_t>(all.size()));
    if (is_new) all.push_back(std::move(thing));
    return last = at->second;
  }

  std::uint32_t number_format() {
    RawFormat format;
    in_.object([&](std::string_view name) {
      if (name == "type") {
        format.type = in_.string();
      } else if (name == "pattern") {
        format.pattern = in_.string();
      } else {
        in_.skip();
      }
    });
    if (format.type == "NUMBER_FORMAT_TYPE_UNSPECIFIED") format.type.clear();
    if (format == RawFormat{}) return 0;
    return number_of(std::move(format), book_.formats, known_formats_, last_format_);
  }

  std::uint32_t rule() {
    RawRule found;
    in_.object([&](std::string_view name) {
      if (name == "strict") {
        found.strict = in_.boolean();
      } else if (name == "condition") {
        in_.object([&](std::string_view member) {
          if (member == "type") {
            found.kind = in_.string();
          } else if (member == "values") {
            in_.array([&] {
              in_.object([&](std::string_view part) {
                if (part == "userEnteredValue") {
                  found.values.emplace_back(in_.string());
                } else {
                  in_.skip();
                }
              });
            });
          } else {
            in_.skip();
          }
        });
      } else {
        in_.skip();
      }
    });
    if (found.kind.empty()) return 0;
    return number_of(std::move(found), book_.rules, known_rules_, last_rule_);
  }

  JsonPull in_;
  RawBook book_;
  std::map<RawFormat, std::uint32_t> known_formats_;
  std::map<RawRule, std::uint32_t> known_rules_;
  std::uint32_t last_format_ = 0, last_rule_ = 0;
};

}  // namespace

std::string_view read_mask() {
  return "spreadsheetId,properties(title,locale,timeZone),developerMetadata(metadataId,metadataKey,metadataValue),"
         "namedRanges(name,range),sheets(properties(sheetId,title,sheetType,hidden,gridProperties(rowCount,columnCount,"
         "frozenRowCount,frozenColumnCount)),merges,basicFilter(range),protectedRanges(protectedRangeId,range,"
         "unprotectedRanges,description,warningOnly,requestingUserCanEdit,editors(users)),tables(range),"
         "developerMetadata(metadataId,metadataKey,metadataValue),data(startRow,startColumn,columnMetadata("
         "hiddenByUser,"
         "developerMetadata(metadataId,metadataKey,metadataValue)),rowData(values(userEnteredValue,effectiveValue,"
         "userEnteredFormat(numberFormat),dataValidation(condition,strict),note))))";
}

std::string percent_encoded(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '(' ||
                       c == ')' || c == ',' || c == '-' || c == '_' || c == '.';
    out += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

Result<RawBook> parse_book(std::string_view json) { return BookParser(json).run(); }

}  // namespace zmig::gsheet
