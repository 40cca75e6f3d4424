#include "targets/xlsx/book_edit.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "model/names.h"
#include "targets/xlsx/xml_tree.h"

namespace zmig::xlsx {
namespace {

constexpr std::string_view kSheets = "list of sheets", kCalculation = "calculation when it is opened";

std::uint32_t number_in(std::string_view text) {
  std::uint32_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

Result<XmlTree> book_tree(const PackageEdit& package) {
  ZMIG_TRY(std::string bytes, package.text(package.workbook()));
  return XmlTree::read(std::move(bytes), package.workbook(), package.path());
}

std::string id_attribute(const XmlTree& tree) {
  const std::string prefix = tree.relationship_prefix();
  return (prefix.empty() ? std::string("r:") : prefix) + "id";
}

Error no_sheets(const PackageEdit& package) {
  return make_error(Errc::corrupt, "ZM0426", "the workbook has no list of sheets", {}, package.path());
}

/// Numbers of sheets that are stored elsewhere follow. `now`: new place of each old one; none: it is gone.
void renumber(XmlTree& tree, const std::vector<std::optional<std::size_t>>& now) {
  const auto place = [&](std::string_view text) -> std::optional<std::size_t> {
    const std::size_t old = number_in(text);
    return old < now.size() ? now[old] : std::optional(old);
  };
  if (const auto names = tree.child(0, "definedNames")) {
    const auto all = tree.children(*names, "definedName");
    std::size_t left = all.size();
    std::vector<std::size_t> gone;
    for (const std::size_t i : all) {
      const auto local = tree.raw(i, "localSheetId");
      if (!local) continue;
      const auto to = place(*local);
      if (!to) {
        gone.push_back(i);
        --left;
      } else if (*to != number_in(*local)) {
        tree.set_attribute(i, "localSheetId", std::to_string(*to));
      }
    }
    if (left == 0 && !gone.empty()) {
      tree.remove(*names);
    } else {
      for (const std::size_t i : gone) tree.remove(i);
    }
  }
  if (const auto views = tree.child(0, "bookViews")) {
    for (const std::size_t i : tree.children(*views, "workbookView")) {
      for (const std::string_view name : {"activeTab", "firstSheet"}) {
        const auto stored = tree.raw(i, name);
        if (!stored && (name == "firstSheet" || now.empty())) continue;
        const std::size_t old = stored ? number_in(*stored) : 0;
        const std::size_t to = place(std::to_string(old)).value_or(0);
        if (to != old) tree.set_attribute(i, name, std::to_string(to));
      }
    }
  }
}

/// `Jan:Mar!A1`
bool begins_range_of_sheets(const std::string& bytes, const std::string& title) {
  constexpr std::size_t kLongest = 80;
  for (std::size_t at = 0; (at = bytes.find(title + ":", at)) != std::string::npos; at += title.size()) {
    const std::string_view behind = std::string_view(bytes).substr(at + title.size() + 1, kLongest);
    const std::size_t end = behind.find_first_of("!<>\"=(),");
    if (end != std::string_view::npos && behind[end] == '!') return true;
  }
  return false;
}

}  // namespace

std::string title_in_quotes(const std::string& title) {
  std::string out = "'";
  for (const char c : title) out += c == '\'' ? std::string("''") : std::string(1, c);
  return out + "'";
}

Result<std::vector<BookEntry>> book_entries(const PackageEdit& package) {
  ZMIG_TRY(const XmlTree tree, book_tree(package));
  ZMIG_TRY(const std::vector<Relationship> all, package.relationships(package.workbook()));
  std::vector<BookEntry> entries;
  const auto list = tree.child(0, "sheets");
  if (!list) return no_sheets(package);
  for (const std::size_t i : tree.children(*list, "sheet")) {
    BookEntry entry;
    entry.title = tree.attribute(i, "name");
    entry.relation = tree.attribute(i, id_attribute(tree));
    entry.id = number_in(tree.attribute(i, "sheetId"));
    entry.hidden = !tree.attribute(i, "state").empty() && tree.attribute(i, "state") != "visible";
    if (const Relationship* part = Package::by_id(all, entry.relation)) entry.part = part->target;
    entries.push_back(std::move(entry));
  }
  return entries;
}

Status insert_book_sheet(PackageEdit& package, const std::string& title, const std::string& part, std::size_t place,
                         std::string_view state) {
  ZMIG_CHECK_OK(
      package.add_override(part, "application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"));
  ZMIG_TRY(const std::string relation, package.add_relationship(package.workbook(), "worksheet", part));
  ZMIG_TRY(const std::vector<BookEntry> entries, book_entries(package));
  ZMIG_TRY(const bool strict, package.is_strict());
  ZMIG_TRY(XmlTree tree, book_tree(package));
  const auto list = tree.child(0, "sheets");
  if (!list) return no_sheets(package);
  std::uint32_t id = 0;
  for (const BookEntry& entry : entries) id = std::max(id, entry.id);
  std::string made = fmt::format("<{}sheet name=\"", tree.node(*list).prefix);
  append_xml(title, made);
  made += fmt::format("\" sheetId=\"{}\"", id + 1);
  if (!state.empty()) made += fmt::format(" state=\"{}\"", state);
  if (tree.relationship_prefix().empty())
    made +=
        fmt::format(" xmlns:r=\"{}\"", strict ? "http://purl.oclc.org/ooxml/officeDocument/relationships"
                                              : "http://schemas.openxmlformats.org/officeDocument/2006/relationships");
  made += fmt::format(" {}=\"{}\"/>", id_attribute(tree), relation);
  const auto sheets = tree.children(*list, "sheet");
  if (place >= sheets.size()) {
    tree.append_child(*list, made);
  } else {
    tree.insert_before(sheets[place], made);
    std::vector<std::optional<std::size_t>> now;
    for (std::size_t i = 0; i < sheets.size(); ++i) now.emplace_back(i < place ? i : i + 1);
    renumber(tree, now);
  }
  package.put(package.workbook(), tree.finish(), kSheets);
  return ok();
}

Status remove_book_sheet(PackageEdit& package, const std::string& title) {
  ZMIG_TRY(const std::vector<BookEntry> entries, book_entries(package));
  ZMIG_TRY(XmlTree tree, book_tree(package));
  const auto list = tree.child(0, "sheets");
  if (!list) return no_sheets(package);
  const auto sheets = tree.children(*list, "sheet");
  std::vector<std::optional<std::size_t>> now;
  std::size_t next = 0, gone = sheets.size();
  for (std::size_t i = 0; i < sheets.size(); ++i) {
    if (entries[i].title == title) {
      gone = i;
      now.emplace_back(std::nullopt);
    } else {
      now.emplace_back(next++);
    }
  }
  if (gone == sheets.size()) return ok();
  tree.remove(sheets[gone]);
  renumber(tree, now);
  package.put(package.workbook(), tree.finish(), kSheets);
  ZMIG_CHECK_OK(leave_calculation(package, entries[gone].id, {}, true));
  ZMIG_CHECK_OK(package.drop_relationship(package.workbook(), entries[gone].relation));
  return package.sweep({entries[gone].part}, "sheet removed");
}

Status move_book_sheet(PackageEdit& package, std::size_t from, std::size_t to) {
  if (from == to) return ok();
  ZMIG_TRY(XmlTree tree, book_tree(package));
  const auto list = tree.child(0, "sheets");
  if (!list) return no_sheets(package);
  const auto sheets = tree.children(*list, "sheet");
  std::vector<std::size_t> order(sheets.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  order.erase(order.begin() + static_cast<std::ptrdiff_t>(from));
  order.insert(order.begin() + static_cast<std::ptrdiff_t>(std::min(to, order.size())), from);
  std::vector<std::optional<std::size_t>> now(sheets.size());
  for (std::size_t i = 0; i < order.size(); ++i) {
    now[order[i]] = i;
    if (order[i] != i) tree.replace(sheets[i], tree.text_of(sheets[order[i]]));
  }
  renumber(tree, now);
  package.put(package.workbook(), tree.finish(), kSheets);
  return ok();
}

Status retitle_book_sheet(PackageEdit& package, const std::string& title, const std::string& now) {
  ZMIG_TRY(XmlTree tree, book_tree(package));
  const auto list = tree.child(0, "sheets");
  if (!list) return no_sheets(package);
  for (const std::size_t i : tree.children(*list, "sheet"))
    if (tree.attribute(i, "name") == title) tree.set_attribute(i, "name", now);
  package.put(package.workbook(), tree.finish(), kSheets);
  return ok();
}

Status hide_book_sheet(PackageEdit& package, const std::string& title, bool hidden) {
  ZMIG_TRY(XmlTree tree, book_tree(package));
  const auto list = tree.child(0, "sheets");
  if (!list) return no_sheets(package);
  const auto sheets = tree.children(*list, "sheet");
  std::optional<std::size_t> shown, mine;
  for (std::size_t i = 0; i < sheets.size(); ++i) {
    if (tree.attribute(sheets[i], "name") == title) {
      mine = i;
      if (hidden)
        tree.set_attribute(sheets[i], "state", "hidden");
      else
        tree.remove_attribute(sheets[i], "state");
      if (hidden) continue;
    }
    const std::string state = tree.attribute(sheets[i], "state");
    if (!shown && (state.empty() || state == "visible" || mine == i)) shown = i;
  }
  if (const auto views = tree.child(0, "bookViews"); views && hidden && mine && shown) {
    for (const std::size_t i : tree.children(*views, "workbookView"))
      if (number_in(tree.attribute(i, "activeTab")) == *mine)
        tree.set_attribute(i, "activeTab", std::to_string(*shown));
  }
  package.put(package.workbook(), tree.finish(), kSheets);
  return ok();
}

Result<bool> request_calculation(PackageEdit& package) {
  ZMIG_TRY(XmlTree tree, book_tree(package));
  if (const auto there = tree.child(0, "calcPr")) {
    if (tree.flag(*there, "fullCalcOnLoad")) return false;
    tree.set_attribute(*there, "fullCalcOnLoad", "1");
  } else {
    tree.insert_in_order(0, workbook_order(), "calcPr",
                         fmt::format("<{}calcPr fullCalcOnLoad=\"1\"/>", tree.node(0).prefix));
  }
  package.put(package.workbook(), tree.finish(), kCalculation);
  return true;
}

Status leave_calculation(PackageEdit& package, std::uint32_t sheet_id, std::span<const Place> cells, bool all) {
  if (cells.empty() && !all) return ok();
  ZMIG_TRY(const std::vector<Relationship> relations, package.relationships(package.workbook()));
  const Relationship* part = Package::first(relations, "calcChain");
  if (part == nullptr || !package.has(part->target)) return ok();
  ZMIG_TRY(std::string bytes, package.text(part->target));
  ZMIG_TRY(XmlTree tree, XmlTree::read(std::move(bytes), part->target, package.path()));
  std::map<std::pair<std::uint32_t, std::uint32_t>, bool> wanted;
  for (const Place& cell : cells) wanted[{cell.column, cell.row}] = true;
  std::uint32_t sheet = 0;
  std::size_t left = 0;
  bool said_is_gone = false, any = false;
  for (const std::size_t i : tree.children(0, "c")) {
    const auto stored = tree.raw(i, "i");
    if (stored) sheet = number_in(*stored);
    const auto place = parse_place(tree.attribute(i, "r"));
    const bool goes = sheet == sheet_id && (all || (place && wanted.contains({place->column, place->row})));
    if (goes) {
      any = true;
      tree.remove(i);
      said_is_gone = said_is_gone || stored.has_value();
      continue;
    }
    ++left;
    // One that inherits the sheet of another that is gone says it itself.
    if (said_is_gone && !stored) tree.set_attribute(i, "i", std::to_string(sheet));
    said_is_gone = false;
  }
  if (!any) return ok();
  if (left > 0) {
    package.put(part->target, tree.finish(), "formulas that are gone");
    return ok();
  }
  const std::string target = part->target;
  ZMIG_CHECK_OK(package.drop_relationship(package.workbook(), part->id));
  return package.sweep({target}, "no formula is left");
}

Status move_name_edge(PackageEdit& package, std::string_view name, const std::string& title, std::uint32_t from,
                      std::uint32_t to) {
  ZMIG_TRY(XmlTree tree, book_tree(package));
  const auto names = tree.child(0, "definedNames");
  if (!names) return ok();
  for (const std::size_t i : tree.children(*names, "definedName")) {
    if (tree.attribute(i, "name") != name) continue;
    std::string text = tree.plain(i);
    const auto place = parse_sheet_region(text);
    if (!place || !same_title_without_case(place->sheet, title) || place->region.to.column != from) continue;
    const std::string old = fmt::format(":${}$", column_letters(from));
    const std::size_t at = text.rfind(old);
    if (at == std::string::npos) continue;
    text.replace(at, old.size(), fmt::format(":${}$", column_letters(to)));
    std::string stored;
    for (const char c : text)
      stored += c == '&' ? std::string("&amp;") : c == '<' ? std::string("&lt;") : std::string(1, c);
    tree.replace_content(i, stored);
    package.put(package.workbook(), tree.finish(), name == kFilterName ? "filter" : "print area");
    return ok();
  }
  return ok();
}

Result<std::optional<std::string>> part_that_mentions(const PackageEdit& package, const std::string& title,
                                                      const std::string& except) {
  std::vector<std::string> wanted;
  const auto add = [&wanted](const std::string& text) {
    std::string stored;
    for (const char c : text) {
      if (c == '&')
        stored += "&amp;";
      else if (c == '<')
        stored += "&lt;";
      else if (c == '>')
        stored += "&gt;";
      else
        stored += c;
    }
    wanted.push_back(stored);
    std::string other = stored;
    for (std::size_t at = 0; (at = other.find('\'', at)) != std::string::npos; at += 6) other.replace(at, 1, "&apos;");
    if (other != stored) wanted.push_back(other);
  };
  std::string doubled = title_in_quotes(title);
  doubled = doubled.substr(1);  // without the first quote: it may stand behind another sheet's title
  add(title + "!");
  add(doubled + "!");
  std::string source = "sheet=\"";
  append_xml(title, source);
  wanted.push_back(source + "\"");
  for (const std::string& part : package.parts()) {
    const bool is_text = part.ends_with(".xml") || part.ends_with(".vml");
    if (!is_text || part == except || part.starts_with("docProps/") || part.starts_with("customXml/")) continue;
    ZMIG_TRY(const std::string bytes, package.text(part));
    for (const std::string& one : wanted)
      if (bytes.find(one) != std::string::npos) return std::optional(part);
    if (begins_range_of_sheets(bytes, wanted.front().substr(0, wanted.front().size() - 1))) return std::optional(part);
  }
  return std::optional<std::string>();
}

}  // namespace zmig::xlsx
