#include "document.h"

#include <algorithm>
#include <string_view>

#include <fmt/format.h>

#include <zmig/text.h>

#include "width.h"

#include "formats.h"

namespace zmig::cli {
namespace {

constexpr std::size_t kFoldAbove = 24;

// --- Markdown ----------------------------------------------------------------------------------------------------

/// A fence that no line of the text can close.
std::string fenced(const std::string& text) {
  std::size_t longest = 0, run = 0;
  for (const char c : text) {
    run = c == '`' ? run + 1 : 0;
    longest = std::max(longest, run);
  }
  const std::string fence(std::max<std::size_t>(3, longest + 1), '`');
  const auto shown = printable(text, true);
  return fmt::format("{}\n{}{}{}\n", fence, shown, shown.ends_with('\n') ? "" : "\n", fence);
}

struct MarkdownBlock {
  std::string operator()(const Words& words) const { return formats::markdown_text(words.text) + "\n"; }
  std::string operator()(const Facts& facts) const {
    std::string out = "| | |\n|---|---|\n";
    for (const auto& fact : facts.list)
      out += fmt::format("| {} | {} |\n", formats::markdown_text(fact.label), formats::markdown_text(fact.value));
    return out;
  }
  std::string operator()(const Grid& grid) const {
    if (grid.rows.empty()) return formats::markdown_text(grid.none) + "\n";
    std::string out = "|";
    for (const auto& heading : grid.headings) out += " " + formats::markdown_text(heading) + " |";
    out += "\n|";
    for (std::size_t at = 0; at < grid.headings.size(); ++at) out += "---|";
    out += "\n";
    for (const auto& row : grid.rows) {
      out += "|";
      for (const auto& cell : row.cells) out += " " + formats::markdown_text(cell) + " |";
      out += "\n";
    }
    if (grid.folded.empty() && grid.rows.size() <= kFoldAbove) return out;
    const auto title = grid.folded.empty() ? fmt::format("{} rows", grid.rows.size()) : grid.folded;
    return fmt::format("<details><summary>{}</summary>\n\n{}\n</details>\n", html_text(title), out);
  }
  std::string operator()(const Code& code) const { return fenced(code.text); }
};

// --- HTML --------------------------------------------------------------------------------------------------------

// Its SHA-256 stands in the content policy; a test computes it anew.
constexpr std::string_view kStyle =
#include "document_style.inc"
    ;
constexpr std::string_view kStyleHash =
#include "document_style_hash.inc"
    ;

std::string_view class_of(Tone tone) {
  switch (tone) {
    case Tone::plain: return "";
    case Tone::good: return " class=\"good\"";
    case Tone::bad: return " class=\"bad\"";
    case Tone::warn: return " class=\"warn\"";
    case Tone::dim: return " class=\"dim\"";
  }
  return "";
}

struct HtmlBlock {
  std::string operator()(const Words& words) const {
    return fmt::format("<p{}>{}</p>\n", class_of(words.tone), html_text(words.text));
  }
  std::string operator()(const Facts& facts) const {
    std::string out = "<dl>\n";
    for (const auto& fact : facts.list)
      out += fmt::format("<div><dt>{}</dt><dd{}>{}</dd></div>\n", html_text(fact.label), class_of(fact.tone),
                         html_text(fact.value));
    return out + "</dl>\n";
  }
  std::string operator()(const Grid& grid) const {
    if (grid.rows.empty()) return fmt::format("<p class=\"dim\">{}</p>\n", html_text(grid.none));
    std::string out = "<div class=\"scroll\"><table>\n<thead><tr>";
    for (const auto& heading : grid.headings) out += "<th scope=\"col\">" + html_text(heading) + "</th>";
    out += "</tr></thead>\n<tbody>\n";
    for (const auto& row : grid.rows) {
      out += fmt::format("<tr{}>", class_of(row.tone));
      for (const auto& cell : row.cells) out += "<td>" + html_text(cell) + "</td>";
      out += "</tr>\n";
    }
    out += "</tbody></table></div>\n";
    if (grid.folded.empty() && grid.rows.size() <= kFoldAbove) return out;
    const auto title = grid.folded.empty() ? fmt::format("{} rows", grid.rows.size()) : grid.folded;
    return fmt::format("<details><summary>{}</summary>\n{}</details>\n", html_text(title), out);
  }
  std::string operator()(const Code& code) const {
    std::string out;
    for (const auto& line : split(code.text, '\n')) out += html_text(line) + "\n";
    while (out.ends_with("\n\n")) out.pop_back();
    return "<pre><code>" + out + "</code></pre>\n";
  }
};

// --- Plain text --------------------------------------------------------------------------------------------------

std::string spread(const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t at = 0; at < row.size(); ++at) widths[at] = std::max(widths[at], display_width(row[at]));
  }
  std::string out;
  for (const auto& row : rows) {
    std::string line = "  ";
    for (std::size_t at = 0; at < row.size(); ++at) {
      line += row[at];
      line.append(widths[at] - display_width(row[at]) + 2, ' ');
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + "\n";
  }
  return out;
}

struct PlainBlock {
  std::string operator()(const Words& words) const { return "  " + printable(words.text) + "\n"; }
  std::string operator()(const Facts& facts) const {
    std::vector<std::vector<std::string>> rows;
    for (const auto& fact : facts.list) rows.push_back({printable(fact.label), printable(fact.value)});
    return spread(rows);
  }
  std::string operator()(const Grid& grid) const {
    if (grid.rows.empty()) return "  " + printable(grid.none) + "\n";
    std::vector<std::vector<std::string>> rows{grid.headings};
    for (const auto& row : grid.rows) {
      rows.emplace_back();
      for (const auto& cell : row.cells) rows.back().push_back(printable(cell));
    }
    return spread(rows);
  }
  std::string operator()(const Code& code) const {
    std::string out;
    for (const auto& line : split(code.text, '\n'))
      if (!line.empty()) out += "  " + printable(line) + "\n";
    return out;
  }
};

}  // namespace

std::string html_text(const std::string& text) {
  std::string out;
  for (const char c : printable(text)) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      case '\'': out += "&#39;"; break;
      default: out += c;
    }
  }
  return out;
}

std::string to_markdown(const Document& document) {
  std::string out = document.mark.empty() ? "" : "<!-- " + document.mark + " -->\n";
  out += "# " + formats::markdown_text(document.title) + "\n\n";
  if (!document.verdict.empty()) out += "**" + formats::markdown_text(document.verdict) + "**";
  if (!document.subtitle.empty())
    out += (document.verdict.empty() ? "" : ", ") + formats::markdown_text(document.subtitle);
  if (!document.verdict.empty() || !document.subtitle.empty()) out += "\n";
  for (const auto& section : document.sections) {
    out += "\n## " + formats::markdown_text(section.heading) + "\n";
    for (const auto& block : section.blocks) out += "\n" + std::visit(MarkdownBlock{}, block);
  }
  return out + "\n---\n" + formats::markdown_text(document.footer) + "\n";
}

std::string to_html(const Document& document) {
  std::string out = fmt::format(
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-{}'; base-uri "
      "'none'; form-action 'none'\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta name=\"referrer\" content=\"no-referrer\">\n<title>{}</title>\n<style>{}</style>\n</head>\n<body>\n",
      kStyleHash, html_text(document.title), kStyle);
  out += fmt::format("<header>\n<p class=\"brand\">zmig</p>\n<h1>{}</h1>\n", html_text(document.title));
  if (!document.verdict.empty() || !document.subtitle.empty()) {
    out += "<p class=\"lede\">";
    if (!document.verdict.empty()) {
      out += fmt::format("<strong{}>{}</strong> ", class_of(document.tone), html_text(document.verdict));
    }
    out += html_text(document.subtitle) + "</p>\n";
  }
  out += "</header>\n<main>\n";
  for (const auto& section : document.sections) {
    out += fmt::format("<section>\n<h2>{}</h2>\n", html_text(section.heading));
    for (const auto& block : section.blocks) out += std::visit(HtmlBlock{}, block);
    out += "</section>\n";
  }
  return out + fmt::format("</main>\n<footer><p>{}</p></footer>\n</body>\n</html>\n", html_text(document.footer));
}

std::string to_plain(const Document& document) {
  std::string out = printable(document.title) + "\n";
  if (!document.verdict.empty() || !document.subtitle.empty())
    out += fmt::format("{}{}{}\n", printable(document.verdict),
                       document.verdict.empty() || document.subtitle.empty() ? "" : ", ", printable(document.subtitle));
  for (const auto& section : document.sections) {
    out += "\n" + printable(section.heading) + "\n";
    for (const auto& block : section.blocks) out += std::visit(PlainBlock{}, block);
  }
  return out + "\n" + printable(document.footer) + "\n";
}

}  // namespace zmig::cli
