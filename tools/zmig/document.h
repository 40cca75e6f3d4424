#pragma once
// A page for people: headings, facts, tables, commands. Built once, rendered as Markdown, HTML or plain text, so the
// three cannot disagree. Every text in it is taken as coming from outside and escaped by the renderer.

#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace zmig::cli {

/// What a line means, besides its words: a colour in HTML, nothing elsewhere (the words carry it).
enum class Tone { plain, good, bad, warn, dim };

struct Words {
  std::string text;
  Tone tone = Tone::plain;
};
struct Fact {
  std::string label, value;
  Tone tone = Tone::plain;
};
struct Facts {
  std::vector<Fact> list;
};
struct GridRow {
  std::vector<std::string> cells;
  Tone tone = Tone::plain;
};
/// A table of fixed columns. More than 24 rows are folded where the format can fold.
struct Grid {
  std::vector<std::string> headings;
  std::vector<GridRow> rows;
  std::string none;    ///< said instead of an empty table
  std::string folded;  ///< not empty: always folded, under this title
};
/// Commands to copy, or text of a migration: as it is, in fixed width.
struct Code {
  std::string text;
};
using Block = std::variant<Words, Facts, Grid, Code>;

struct Section {
  std::string heading;
  std::vector<Block> blocks;
};
struct Document {
  std::string title, subtitle;
  std::string verdict;  ///< one or two words: "applied", "passed", "behind"
  Tone tone = Tone::plain;
  std::vector<Section> sections;
  std::string mark;    ///< HTML comment at the very top of the Markdown, so that a program finds the page again
  std::string footer;  ///< tool version and ledger head

  Section& section(std::string heading) {
    sections.push_back({std::move(heading), {}});
    return sections.back();
  }
};

std::string to_markdown(const Document& document);
/// One file: no script, nothing loaded, and a content policy that forbids both.
std::string to_html(const Document& document);
std::string to_plain(const Document& document);

/// Text from outside inside HTML.
std::string html_text(const std::string& text);

}  // namespace zmig::cli
