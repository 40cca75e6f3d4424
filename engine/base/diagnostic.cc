#include <zmig/diagnostic.h>

#include <algorithm>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"

namespace zmig {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr std::string_view kNothingWritten = "nothing was written";

std::size_t decimal_width(std::size_t number) { return std::to_string(number).size(); }

/// The line that holds the offset: its bytes without line end (and without a byte-order mark, which no editor counts).
struct SourceLine {
  std::size_t number = 1;
  std::size_t begin = 0;  // offset of its first byte that is shown
  std::string_view text;
};

SourceLine line_at(std::string_view source, std::size_t offset) {
  offset = std::min(offset, source.size());
  SourceLine line;
  line.number +=
      static_cast<std::size_t>(std::count(source.begin(), source.begin() + static_cast<std::ptrdiff_t>(offset), '\n'));
  const std::size_t before = offset == 0 ? std::string_view::npos : source.rfind('\n', offset - 1);
  line.begin = before == std::string_view::npos ? 0 : before + 1;
  if (line.begin == 0 && source.starts_with(kByteOrderMark)) line.begin = kByteOrderMark.size();
  const std::size_t end = std::min(source.find('\n', std::max(offset, line.begin)), source.size());
  line.text = source.substr(line.begin, end - line.begin);
  if (line.text.ends_with('\r')) line.text.remove_suffix(1);
  return line;
}

/// A source line as it is shown, and where each of its bytes stands then (in columns, from 0).
struct ShownLine {
  std::string text;
  std::vector<std::size_t> columns;  // one for each byte, and one for the end
};

ShownLine show(std::string_view line) {
  constexpr std::string_view kTab = "    ";
  ShownLine shown;
  shown.columns.reserve(line.size() + 1);
  std::size_t column = 0;
  for (std::size_t at = 0; at < line.size();) {
    const std::size_t begin = at;
    decode_utf8(line, at);
    const std::string_view bytes = line.substr(begin, at - begin);
    const std::string visible = bytes == "\t" ? std::string(kTab) : printable(bytes);
    shown.columns.insert(shown.columns.end(), bytes.size(), column);
    shown.text += visible;
    column += count_code_points(visible);
  }
  shown.columns.push_back(column);
  return shown;
}

/// A label on a line, in columns of what is shown.
struct Mark {
  std::size_t begin = 0, end = 0;
  bool primary = false;
  std::string text;
};

std::string blanks(std::size_t count) { return std::string(count, ' '); }

/// Appends `text` at `column`, on an ASCII row or behind one.
void put_at(std::string& row, std::size_t column, std::string_view text) {
  if (row.size() < column) row.append(column - row.size(), ' ');
  row += text;
}

/// The row of `^^^ ---` and the rows of texts below it. The text of the rightmost mark stands beside it, the others
/// below, from right to left, so that no text covers a mark that is still to be explained.
std::vector<std::string> mark_rows(std::vector<Mark> marks) {
  std::stable_sort(marks.begin(), marks.end(), [](const Mark& a, const Mark& b) { return a.begin < b.begin; });
  std::string carets;
  for (const bool primary : {false, true}) {  // the primary one is drawn last, over the others
    for (const Mark& mark : marks) {
      if (mark.primary != primary) continue;
      if (carets.size() < mark.end) carets.resize(mark.end, ' ');
      std::fill(carets.begin() + static_cast<std::ptrdiff_t>(mark.begin),
                carets.begin() + static_cast<std::ptrdiff_t>(mark.end), primary ? '^' : '-');
    }
  }
  // Beside the carets only when nothing is drawn to its right.
  const bool beside = marks.back().end == carets.size() && !marks.back().text.empty();
  if (beside) {
    carets += ' ';
    carets += marks.back().text;
    marks.pop_back();
  }
  std::vector<std::string> rows = {std::move(carets)};
  for (; !marks.empty(); marks.pop_back()) {
    if (marks.back().text.empty()) continue;
    std::string row;
    for (std::size_t i = 0; i + 1 < marks.size(); ++i) {
      const bool waiting =
          !marks[i].text.empty() && marks[i].begin < marks.back().begin && marks[i].begin >= row.size();
      if (waiting) put_at(row, marks[i].begin, "|");
    }
    put_at(row, marks.back().begin, marks.back().text);
    rows.push_back(std::move(row));
  }
  return rows;
}

/// What is shown of one file: its lines in order, with their marks.
struct Excerpt {
  std::uint32_t file = 0;
  LineColumn place;  // behind the arrow: that of the primary label, else of the first one
  std::string cell;
  std::map<std::size_t, std::pair<SourceLine, std::vector<const Label*>>> lines;
};

class Renderer {
 public:
  Renderer(const Diagnostic& diagnostic, const SourceMap& sources) : diagnostic_(diagnostic), sources_(sources) {
    collect(diagnostic.primary);
    for (const Label& label : diagnostic.secondary) collect(label);
    for (const Excerpt& excerpt : excerpts_) {
      if (!excerpt.lines.empty()) width_ = std::max(width_, decimal_width(excerpt.lines.rbegin()->first));
    }
  }

  std::string run() {
    title();
    bool first = true;
    for (const Excerpt& excerpt : excerpts_) {
      arrow(std::exchange(first, false), place_of(excerpt), {});
      lines(excerpt);
    }
    for (const Label* label : cells_) { arrow(std::exchange(first, false), printable(label->cell), label->text); }
    for (const Label* label : loose_) remark("note", label->text);
    remarks();
    return std::move(out_);
  }

 private:
  void collect(const Label& label) {
    if (!label.span) {
      if (!label.cell.empty()) {
        cells_.push_back(&label);
      } else if (!label.text.empty()) {
        loose_.push_back(&label);
      }
      return;
    }
    const SourceFile& file = sources_.file(label.span->file);
    const auto found = std::find_if(excerpts_.begin(), excerpts_.end(),
                                    [&label](const Excerpt& excerpt) { return excerpt.file == label.span->file; });
    const bool fresh = found == excerpts_.end();
    if (fresh) excerpts_.emplace_back();
    Excerpt& excerpt = fresh ? excerpts_.back() : *found;
    if (fresh) {
      excerpt.file = label.span->file;
      excerpt.place = line_column(file.text, label.span->begin);
      excerpt.cell = label.cell;
    }
    const SourceLine line = line_at(file.text, label.span->begin);
    auto& entry = excerpt.lines[line.number];
    entry.first = line;
    entry.second.push_back(&label);
  }

  void title() {
    const std::string_view word = diagnostic_.severity == Severity::error     ? "error"
                                  : diagnostic_.severity == Severity::warning ? "warning"
                                                                              : "info";
    out_ += word;
    if (!diagnostic_.code.empty()) out_ += fmt::format("[{}]", printable(diagnostic_.code));
    out_ += fmt::format(": {}\n", printable(diagnostic_.message));
  }

  [[nodiscard]] std::string place_of(const Excerpt& excerpt) const {
    const std::string path = printable(sources_.file(excerpt.file).path);
    const std::string place = fmt::format("{}:{}:{}", path, excerpt.place.line, excerpt.place.column);
    return excerpt.cell.empty() ? place : fmt::format("{} ({})", place, printable(excerpt.cell));
  }

  /// ` --> place` for the first, ` ::: place` for further ones.
  void arrow(bool first, const std::string& place, const std::string& text) {
    out_ += fmt::format("{}{} {}", blanks(width_), first ? "-->" : ":::", place);
    if (!text.empty()) out_ += fmt::format(": {}", printable(text));
    out_ += "\n";
  }

  void lines(const Excerpt& excerpt) {
    out_ += blanks(width_ + 1) + "|\n";
    for (const auto& [number, entry] : excerpt.lines) {
      ShownLine shown = show(entry.first.text);
      std::vector<Mark> marks;
      for (const Label* label : entry.second) marks.push_back(mark_of(*label, entry.first, shown));
      shorten(shown, marks);
      const std::string_view gap = shown.text.empty() ? "" : " ";
      out_ += fmt::format("{:>{}} |{}{}\n", number, width_, gap, shown.text);
      for (const std::string& row : mark_rows(std::move(marks))) {
        out_ += fmt::format("{}| {}\n", blanks(width_ + 1), row);
      }
    }
  }

  /// A line that fills screens is cut behind its marks; a mark over all of it ends there too.
  static void shorten(ShownLine& shown, std::vector<Mark>& marks) {
    constexpr std::size_t kMost = 160;
    std::size_t most = kMost;
    for (const Mark& mark : marks) most = std::max(most, mark.begin + kMost / 4);
    if (shown.columns.back() <= most) return;
    std::size_t at = 0;
    for (std::size_t column = 0; column < most; ++column) decode_utf8(shown.text, at);
    shown.text.resize(at);
    shown.text += " ...";
    for (Mark& mark : marks) mark.end = std::min(mark.end, most);
  }

  [[nodiscard]] Mark mark_of(const Label& label, const SourceLine& line, const ShownLine& shown) const {
    const auto column_of = [&](std::size_t offset) {
      const std::size_t inside = offset < line.begin ? 0 : std::min(offset - line.begin, line.text.size());
      return shown.columns[inside];
    };
    Mark mark;
    mark.begin = column_of(label.span->begin);
    // A span over several lines is marked to the end of its first; an empty one, as behind the end, gets one caret.
    mark.end = std::max(column_of(label.span->end), mark.begin + 1);
    mark.primary = &label == &diagnostic_.primary;
    mark.text = printable(label.text);
    return mark;
  }

  void remark(std::string_view kind, std::string_view text) {
    const std::string head = fmt::format("{}= {}: ", blanks(width_ + 1), kind);
    std::string body = printable(text, true);
    for (std::size_t at = body.find('\n'); at != std::string::npos; at = body.find('\n', at + 1)) {
      body.insert(at + 1, blanks(head.size()));
    }
    out_ += head + body + "\n";
  }

  /// Notes, help. That nothing was written is said last.
  void remarks() {
    const auto& notes = diagnostic_.notes;
    const bool nothing_written = !notes.empty() && notes.back() == kNothingWritten;
    const std::size_t first_part = notes.size() - (nothing_written ? 1 : 0);
    for (std::size_t i = 0; i < first_part; ++i) remark("note", notes[i]);
    if (diagnostic_.help) remark("help", *diagnostic_.help);
    if (nothing_written) remark("note", kNothingWritten);
  }

  const Diagnostic& diagnostic_;  // both outlive the renderer: it lives within one call of render()
  const SourceMap& sources_;
  std::vector<Excerpt> excerpts_;
  std::vector<const Label*> cells_, loose_;
  std::size_t width_ = 1;
  std::string out_;
};

}  // namespace

std::size_t Diagnostics::count(Severity severity) const {
  return static_cast<std::size_t>(std::count_if(
      all_.begin(), all_.end(), [severity](const Diagnostic& diagnostic) { return diagnostic.severity == severity; }));
}

std::uint32_t SourceMap::add(SourceFile file) {
  files_.push_back(std::move(file));
  return static_cast<std::uint32_t>(files_.size() - 1);
}

LineColumn line_column(std::string_view text, std::size_t byte_offset) {
  const SourceLine line = line_at(text, byte_offset);
  const std::size_t inside = byte_offset < line.begin ? 0 : std::min(byte_offset, text.size()) - line.begin;
  return {line.number, count_code_points(text.substr(line.begin, inside)) + 1};
}

std::string render(const Diagnostic& diagnostic, const SourceMap& sources) {
  return Renderer(diagnostic, sources).run();
}

}  // namespace zmig
