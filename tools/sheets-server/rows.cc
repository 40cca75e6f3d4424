#include "rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <string_view>
#include <vector>

namespace sheets_server {

namespace {

// ---- cells ----

bool plain(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7f && c != '"' && c != '\\'; });
}

std::string dumped(const Json& value) { return value.dump(-1, ' ', false, Json::error_handler_t::replace); }

class RowWriter {
 public:
  RowWriter(const Locale& locale, const Mask& mask)
      : locale_(locale),
        mask_(mask),
        entered_(mask.below("userEnteredValue")),
        effective_(mask.below("effectiveValue")),
        formatted_(mask.wants("formattedValue")),
        format_(mask.below("userEnteredFormat")),
        effective_format_(mask.below("effectiveFormat")),
        note_(mask.wants("note")),
        validation_(mask.below("dataValidation")) {
    if (effective_format_ != nullptr) default_format_ = shown(default_format(), *effective_format_);
  }

  void rows(const Sheet& sheet, const Range& range) {
    out_ += '[';
    std::size_t kept = out_.size();
    for (int r = range.row0; r < std::min(range.row1, count(sheet.rows)); ++r) {
      if (r > range.row0) out_ += ',';
      if (row(*sheet.rows[at(r)], range)) kept = out_.size();
    }
    out_.resize(kept);  // rows at the end with nothing to show
    any_ = kept > 1;
    out_ += ']';
  }
  [[nodiscard]] bool any() const { return any_; }
  std::string text() { return std::move(out_); }

 private:
  // False: it is `{}`.
  bool row(const Row& cells, const Range& range) {
    const std::size_t begin = out_.size();
    out_ += "{\"values\":[";
    std::size_t kept = begin;
    for (int c = range.column0; c < std::min(range.column1, count(cells)); ++c) {
      if (c > range.column0) out_ += ',';
      if (cell(cells[at(c)])) kept = out_.size();
    }
    out_.resize(kept);
    if (kept == begin) {
      out_ += "{}";
      return false;
    }
    out_ += "]}";
    return true;
  }

  bool cell(const Cell& cell) {
    out_ += '{';
    const std::size_t begin = out_.size();
    const Value& effective = cell.effective();
    const bool filled = cell.entered.kind != Value::Kind::none;
    if (filled && entered_ != nullptr) value("userEnteredValue", cell.entered, *entered_);
    if (filled && effective.kind != Value::Kind::none && effective_ != nullptr)
      value("effectiveValue", effective, *effective_);
    if (filled && formatted_) {
      name("formattedValue");
      string(format_value(effective, number_format(cell), locale_));
    }
    if (cell.format && format_ != nullptr) part("userEnteredFormat", *cell.format, *format_, &shared_format_);
    if (!cell.empty() && effective_format_ != nullptr) effective_format(cell);
    if (cell.extra) extra(*cell.extra);
    if (out_.size() > begin) out_.pop_back();  // the comma
    out_ += '}';
    return out_.size() > begin + 1;
  }

  void extra(const CellExtra& given) {
    if (!given.note.empty() && note_) {
      name("note");
      string(given.note);
    }
    if (!given.validation.is_null() && validation_ != nullptr)
      part("dataValidation", given.validation, *validation_, &shared_rule_);
    for (const auto& [key, item] : given.other.items())
      if (const Mask* below = mask_.below(key)) {
        name(key.c_str());
        add(shown(item, *below));
      }
  }

  // What was entered over the default.
  void effective_format(const Cell& cell) {
    name("effectiveFormat");
    if (!cell.format) {
      add(default_format_);
      return;
    }
    Json all = default_format();
    all.merge_patch(*cell.format);
    add(shown(all, *effective_format_));
  }

  void value(const char* key, const Value& given, const Mask& mask) {
    if (!mask.all || given.kind == Value::Kind::error) {
      part(key, extended_value(given), mask);
      return;
    }
    name(key);
    switch (given.kind) {
      case Value::Kind::number:
        out_ += "{\"numberValue\":";
        number_text(given.number);
        break;
      case Value::Kind::boolean: out_ += given.boolean ? "{\"boolValue\":true" : "{\"boolValue\":false"; break;
      case Value::Kind::text:
      case Value::Kind::formula:
        out_ += given.kind == Value::Kind::text ? "{\"stringValue\":" : "{\"formulaValue\":";
        string(given.text);
        out_.pop_back();
        break;
      case Value::Kind::none:
      case Value::Kind::error: break;
    }
    out_ += "},";
  }

  void number_text(double given) {
    if (std::isfinite(given) && std::floor(given) == given && std::fabs(given) < 1e15)
      fmt::format_to(std::back_inserter(out_), "{}", static_cast<std::int64_t>(given));
    else
      out_ += dumped(Json(given));
  }

  // What neighbours share is made into text once.
  struct Known {
    const Json* of = nullptr;
    std::string text = {};  ///< empty: the mask leaves nothing of it
  };

  // A member of which the mask leaves nothing is no match.
  void part(const char* key, const Json& whole, const Mask& mask, Known* known = nullptr) {
    Known made;
    if (known == nullptr) known = &made;
    if (known->of != &whole) {
      known->of = &whole;
      Json left = whole;
      if (!mask.all) prune(left, mask);
      known->text = mask.all || !left.empty() ? dumped(left) : std::string();
    }
    if (known->text.empty()) return;
    name(key);
    add(known->text);
  }

  static std::string shown(const Json& whole, const Mask& mask) {
    if (mask.all) return dumped(whole);
    Json left = whole;
    prune(left, mask);
    return dumped(left);
  }

  // Every member ends in a comma.
  void name(const char* key) {
    out_ += '"';
    out_ += key;
    out_ += "\":";
  }
  void add(const std::string& text) {
    out_ += text;
    out_ += ',';
  }
  void string(const std::string& text) {
    if (!plain(text)) {
      add(dumped(Json(text)));
      return;
    }
    out_ += '"';
    out_ += text;
    out_ += "\",";
  }

  const Locale& locale_;
  const Mask& mask_;
  const Mask* entered_;
  const Mask* effective_;
  bool formatted_;
  const Mask* format_;
  const Mask* effective_format_;
  bool note_;
  const Mask* validation_;
  std::string default_format_;
  Known shared_format_;
  Known shared_rule_;
  std::string out_;
  bool any_ = false;
};

// ---- answers ----

// Every rowData of an answer: of a Spreadsheet, or of the one in the answer of a batchUpdate.
void each_row_data(Json& answer, const std::function<void(Json&)>& look) {
  if (!answer.is_object()) return;
  if (const auto below = answer.find("updatedSpreadsheet"); below != answer.end()) each_row_data(*below, look);
  const auto sheets = answer.find("sheets");
  if (sheets == answer.end() || !sheets->is_array()) return;
  for (Json& sheet : *sheets) {
    if (!sheet.is_object()) continue;
    const auto data = sheet.find("data");
    if (data == sheet.end() || !data->is_array()) continue;
    for (Json& grid : *data)
      if (const auto rows = grid.find("rowData"); rows != grid.end()) look(*rows);
  }
}

std::string_view text_in(const Json& raw) {
  const auto& bytes = raw.get_binary();
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};  // text was put in
}

// Compact JSON, written with two blanks a level as print() does; `indent` is that of the line it begins on.
void spread(std::string_view text, std::size_t indent, std::string& out) {
  const auto line = [&] {
    out += '\n';
    out.append(indent, ' ');
  };
  for (std::size_t n = 0; n < text.size(); ++n) {
    const char c = text[n];
    switch (c) {
      case '"': {
        std::size_t end = n + 1;
        while (text[end] != '"') end += text[end] == '\\' ? 2 : 1;
        out.append(text, n, end + 1 - n);
        n = end;
        break;
      }
      case '{':
      case '[':
        out += c;
        if (text[n + 1] == '}' || text[n + 1] == ']') {
          out += text[++n];
          break;
        }
        indent += 2;
        line();
        break;
      case '}':
      case ']':
        indent -= 2;
        line();
        out += c;
        break;
      case ',':
        out += c;
        line();
        break;
      case ':': out += ": "; break;
      default: out += c;
    }
  }
}

}  // namespace

Json rows_json(const Sheet& sheet, const Range& range, const Locale& locale, const Mask& mask) {
  const Mask* cell_mask = mask.below("values");
  if (cell_mask == nullptr) return nullptr;
  RowWriter writer(locale, *cell_mask);
  writer.rows(sheet, range);
  if (!writer.any()) return nullptr;
  const std::string text = writer.text();
  return Json::binary({text.begin(), text.end()});
}

void expand_rows(Json& answer) {
  each_row_data(answer, [](Json& rows) {
    if (rows.is_binary()) rows = Json::parse(text_in(rows), nullptr, false);
  });
}

std::string print_answer(Json answer, bool pretty) {
  std::vector<Json> raws;
  each_row_data(answer, [&raws](Json& rows) {
    if (!rows.is_binary()) return;
    raws.push_back(std::move(rows));
    rows = "\x01";
  });
  const std::string frame = print(answer, pretty);
  if (raws.empty()) return frame;
  // no other text of an answer is one control character alone where a list of rows stands
  constexpr std::string_view kHole = "\"rowData\":";
  constexpr std::string_view kMark = "\"\\u0001\"";
  std::string out;
  std::size_t room = frame.size();
  for (const Json& raw : raws) room += text_in(raw).size() * (pretty ? 4 : 1);
  out.reserve(room);
  std::size_t from = 0;
  for (const Json& raw : raws) {
    std::size_t hole = frame.find(kHole, from);
    while (frame.compare(hole + kHole.size() + (pretty ? 1 : 0), kMark.size(), kMark) != 0)
      hole = frame.find(kHole, hole + 1);
    const std::size_t mark = hole + kHole.size() + (pretty ? 1 : 0);
    out.append(frame, from, mark - from);
    if (pretty)
      spread(text_in(raw), hole - (frame.rfind('\n', hole) + 1), out);
    else
      out += text_in(raw);
    from = mark + kMark.size();
  }
  return out.append(frame, from, std::string::npos);
}

}  // namespace sheets_server
