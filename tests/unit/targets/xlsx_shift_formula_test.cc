#include <algorithm>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "support/catch.h"
#include "targets/xlsx/formula_tokens.h"
#include "targets/xlsx/shift.h"

using namespace zmig;
using namespace zmig::xlsx;

namespace {

ShiftStep insert_at(std::uint32_t at, std::uint32_t count = 1) { return {ShiftStep::Kind::insert, at, count, 0, {}}; }
ShiftStep remove_at(std::uint32_t at, std::uint32_t count = 1) { return {ShiftStep::Kind::remove, at, count, 0, {}}; }
ShiftStep move_to(std::uint32_t at, std::uint32_t to, std::uint32_t count = 1) {
  return {ShiftStep::Kind::move, at, count, to, {}};
}

BookShift on(const std::string& title, std::vector<ShiftStep> steps) {
  BookShift shift;
  shift.titles = {"Uno", "Dos", "It's 3", "Cuatro"};
  shift.sheets = {{title, std::nullopt, false, ShiftSteps(std::move(steps))}};
  return shift;
}
BookShift retitled(const std::string& from, const std::string& to) {
  BookShift shift = on(from, {});
  shift.sheets[0].retitled = to;
  return shift;
}

/// The formula afterwards; `!` behind it when a reference was lost, the functions that cannot follow, or the refusal.
std::string after(std::string_view formula, const BookShift& shift, const FormulaPlace& place = {"Uno", {}, false}) {
  const auto now = shift_formula(formula, place, shift);
  if (!now) return now.error().zm + " " + now.error().message;
  std::string out = now->text + (now->lost ? " !" : "");
  for (const std::string& one : now->unfollowed) out += " ?" + one;
  return out;
}

std::string kinds(std::string_view formula) {
  const auto tokens = formula_tokens(formula);
  if (!tokens) return tokens.error().message;
  std::string out, again;
  for (const FormulaToken& token : *tokens) {
    if (!out.empty()) out += "|";
    out += std::string(formula.substr(token.begin, token.size)) + ":" + "_snt{!xfNRS"[static_cast<int>(token.kind)];
    again += formula.substr(token.begin, token.size);
  }
  CHECK(again == formula);
  return out;
}

}  // namespace

TEST_CASE("formulas: the pieces are what they are, and the formula again") {
  CHECK(kinds("A1+$B$2") == "A1:R|+:s|$B$2:R");
  CHECK(kinds("SUM(A:A,1:3)*LOG10(B2)") == "SUM:f|(:s|A:A:R|,:s|1:3:R|):s|*:s|LOG10:f|(:s|B2:R|):s");
  CHECK(kinds("LOG10+TAX2026+XFE1") == "LOG10:R|+:s|TAX2026:R|+:s|XFE1:N");
  CHECK(kinds("'It''s 3'!A1:B2") == "'It''s 3'!A1:B2:R");
  CHECK(kinds("Ene:Mar!B1+'a b:c'!B1") == "Ene:Mar!B1:R|+:s|'a b:c'!B1:R");
  CHECK(kinds("[1]Hoja!A1+'[2]a b'!$C$3+[1]!Total") == "[1]Hoja!A1:R|+:s|'[2]a b'!$C$3:R|+:s|[1]!Total:N");
  CHECK(kinds("Tabla[[#This Row],[a]:[b']c]]") == "Tabla[[#This Row],[a]:[b']c]]:S");
  CHECK(kinds("\"A1 \"\"B2\"\"\"&{1,\"}\";TRUE,#N/A}") == "\"A1 \"\"B2\"\"\":t|&:s|{1,\"}\";TRUE,#N/A}:{");
  CHECK(kinds("A1 B2:B3\n,C1#") == "A1:R| :_|B2:B3:R|\n:_|,:s|C1:R|#:s");
  CHECK(kinds("#REF!$A$1+Hoja!#REF!+#DIV/0!") == "#REF!$A$1:x|+:s|Hoja!#REF!:x|+:s|#DIV/0!:!");
  CHECK(kinds("1.5E-3%+.5") == "1.5E-3:n|%:s|+:s|.5:n");
  CHECK(kinds("A1:INDEX(A:A,2)") == "A1:R|::s|INDEX:f|(:s|A:A:R|,:s|2:n|):s");
  CHECK(kinds("_xlfn.ANCHORARRAY(A1)") == "_xlfn.ANCHORARRAY:f|(:s|A1:R|):s");
}

TEST_CASE("formulas: what is not understood is refused with its place") {
  CHECK(kinds("SUM(A1") == "the formula \"SUM(A1\" is not understood at character 7: a parenthesis is never closed");
  CHECK(kinds("\"open") == "the formula \"\\\"open\" is not understood at character 1: a text is never closed");
  CHECK(kinds("A1|B1") == "the formula \"A1|B1\" is not understood at character 3: \"|\" has no meaning here");
  CHECK(kinds("#WHAT!") == "the formula \"#WHAT!\" is not understood at character 1: an error value that is not known");
  CHECK(kinds("$ZZZZ$1") == "the formula \"$ZZZZ$1\" is not understood at character 1: \"$ZZZZ$1\" is no reference");
  CHECK(kinds("T[a") == "the formula \"T[a\" is not understood at character 1: a bracket is never closed");
  CHECK(kinds("'a'!0") == "the formula \"'a'!0\" is not understood at character 1: no reference stands behind the `!`");
  CHECK(kinds("1A") == "the formula \"1A\" is not understood at character 1: a number with letters behind it");
  CHECK(kinds(")") == "the formula \")\" is not understood at character 1: a parenthesis that was never opened");
}

TEST_CASE("formulas: an inserted column moves what stands behind it and widens what it falls into") {
  const BookShift shift = on("Uno", {insert_at(2)});
  CHECK(after("B1+C1+$C$1+D$1", shift) == "B1+D1+$D$1+E$1");
  CHECK(after("SUM(A1:C1)+SUM(C1:D1)+SUM(A1:B1)", shift) == "SUM(A1:D1)+SUM(D1:E1)+SUM(A1:B1)");
  CHECK(after("SUM(A:C)+SUM(C:C)+SUM(2:3)", shift) == "SUM(A:D)+SUM(D:D)+SUM(2:3)");
  CHECK(after("Dos!C1+Uno!C1+'Uno'!C1", shift) == "Dos!C1+Uno!D1+'Uno'!D1");
  CHECK(after("C1+Uno!C1", shift, {"Dos", {}, false}) == "C1+Uno!D1");
  CHECK(after("SUM(C1:XFD1)+A:XFD", shift) == "SUM(D1:XFD1)+A:XFD");
  CHECK(after("XFD1", shift) == "#REF! !");
  CHECK(after("Uno!A1:Uno!C1", shift) == "Uno!A1:Uno!D1");
  CHECK(after("C1:A1", shift) == "D1:A1");
  CHECK(after("a1:uno3", on("Uno", {insert_at(9), remove_at(9)})) == "a1:uno3");
  CHECK(after("\"C1\"&[1]Uno!C1&LOG10(C1)&Tabla[C1]&C1#", shift) == "\"C1\"&[1]Uno!C1&LOG10(D1)&Tabla[C1]&D1#");
  CHECK(after("#REF!C1+{3,\"C1\"}", shift) == "#REF!C1+{3,\"C1\"}");
}

TEST_CASE("formulas: a removed column is lost, and ranges lose it") {
  const BookShift shift = on("Uno", {remove_at(2)});
  CHECK(after("C1", shift) == "#REF! !");
  CHECK(after("Uno!$C$1+D1", shift, {"Uno", {}, false}) == "Uno!#REF!+C1 !");
  CHECK(after("SUM(A1:C1)+SUM(C1:E1)+SUM(B1:D1)", shift) == "SUM(A1:B1)+SUM(C1:D1)+SUM(B1:C1)");
  CHECK(after("SUM(C1:C9)", shift) == "SUM(#REF!) !");
  CHECK(after("SUM(C:C)", shift) == "SUM(#REF!) !");
  CHECK(after("B1:XFD1", shift) == "B1:XFD1");
}

TEST_CASE("formulas: a moved column is followed, and ranges close behind it") {
  // C goes in front of F: A B D E C F
  const BookShift shift = on("Uno", {move_to(2, 5)});
  CHECK(after("A1+C1+D1+E1+F1", shift) == "A1+E1+C1+D1+F1");
  CHECK(after("SUM(C1:C9)+SUM(C:C)", shift) == "SUM(E1:E9)+SUM(E:E)");
  CHECK(after("SUM(A1:C1)+SUM(C1:D1)+SUM(B1:D1)", shift) == "SUM(A1:B1)+SUM(C1:C1)+SUM(B1:C1)");
  CHECK(after("SUM(D1:F1)", shift) == "SUM(C1:F1)");
  // E goes in front of B: A E B C D
  const BookShift back = on("Uno", {move_to(4, 1)});
  CHECK(after("A1+B1+E1+F1", back) == "A1+C1+B1+F1");
  CHECK(after("XFD1+SUM(A1:XFD1)", back) == "XFD1+SUM(A1:XFD1)");
}

TEST_CASE("formulas: titles follow, in quotes where they need them") {
  CHECK(after("Uno!A1+'Uno'!B2+Dos!A1", retitled("Uno", "Mi hoja")) == "'Mi hoja'!A1+'Mi hoja'!B2+Dos!A1");
  CHECK(after("'It''s 3'!A1:'It''s 3'!B2", retitled("It's 3", "Tres")) == "Tres!A1:Tres!B2");
  CHECK(after("Uno!A1", retitled("Uno", "O'Brien")) == "'O''Brien'!A1");
  CHECK(after("Uno!A1", retitled("Uno", "AB12")) == "'AB12'!A1");
  CHECK(after("Uno!A1", retitled("Uno", "R1C1")) == "'R1C1'!A1");
  CHECK(after("Uno!A1", retitled("Uno", "2026")) == "'2026'!A1");
  CHECK(after("UNO!A1+Uno!Total+Uno!#REF!", retitled("Uno", "Otra")) == "Otra!A1+Otra!Total+Otra!#REF!");
  CHECK(after("SUM(Uno:Cuatro!A1)+SUM(Dos:Cuatro!A1)", retitled("Cuatro", "Fin")) == "SUM(Uno:Fin!A1)+SUM(Dos:Fin!A1)");
  CHECK(after("SUM(Uno:Cuatro!A1)", retitled("Cuatro", "A fin")) == "SUM('Uno:A fin'!A1)");
  CHECK(after("[1]Uno!A1", retitled("Uno", "X")) == "[1]Uno!A1");
}

TEST_CASE("formulas: a sheet that goes takes what refers to it") {
  BookShift shift = on("Dos", {});
  shift.sheets[0].removed = true;
  CHECK(after("Dos!$A$1+Uno!A1+Dos!Total", shift) == "#REF!$A$1+Uno!A1+#REF! !");
  CHECK(after("SUM(Uno:Cuatro!A1)", shift) == "SUM(Uno:Cuatro!A1)");
  CHECK(after("SUM(Dos:Cuatro!A1)", shift).starts_with("ZM0439"));
}

TEST_CASE("formulas: a range of sheets of which one shifts is refused, unless its cells stay") {
  CHECK(
      after("SUM(Uno:Cuatro!C1)", on("Dos", {insert_at(1)})) ==
      "ZM0439 the formula \"SUM(Uno:Cuatro!C1)\" cannot follow: it refers to the same cells of several sheets, and in "
      "one of them they go elsewhere");
  CHECK(after("SUM(Uno:Cuatro!A1)", on("Dos", {insert_at(1)})) == "SUM(Uno:Cuatro!A1)");
  CHECK(after("SUM(Uno:Dos!C1)", on("Cuatro", {insert_at(1)})) == "SUM(Uno:Dos!C1)");
}

TEST_CASE("formulas: structured references follow headers") {
  BookShift shift;
  shift.tables = {{"Ventas", {"a", "b", "c", "d"}, {{"b", "b [neto]"}}, {"c"}}};
  CHECK(after("Ventas[b]+ventas[[#This Row],[b]]+Otra[b]", shift) ==
        "Ventas[b '[neto']]+ventas[[#This Row],[b '[neto']]]+Otra[b]");
  CHECK(after("SUM(Ventas[[a]:[b]])", shift) == "SUM(Ventas[[a]:[b '[neto']]])");
  CHECK(after("Ventas[@b]", shift) == "Ventas[@[b '[neto']]]");
  CHECK(after("[@b]+[b]", shift, {"Uno", "Ventas", false}) == "[@[b '[neto']]]+[b '[neto']]");
  CHECK(after("Ventas[c]+Ventas[d]", shift) == "#REF!+Ventas[d] !");
  CHECK(after("Ventas[[a]:[c]]+Ventas[[c]:[d]]", shift) == "Ventas[[a]:[b '[neto']]]+Ventas[[d]:[d]]");
  CHECK(after("Ventas[]+Ventas[#All]+Ventas", shift) == "Ventas[]+Ventas[#All]+Ventas");
}

TEST_CASE("formulas: names keep columns that count from the cell that uses them") {
  const BookShift shift = on("Uno", {insert_at(0)});
  const FormulaPlace name{"", {}, true};
  CHECK(after("Uno!$A$1:$B$9", shift, name) == "Uno!$B$1:$C$9");
  CHECK(after("Uno!A1", shift, name) == "Uno!A1");
  CHECK(after("Uno!$A$1:B$9", shift, name) == "Uno!$B$1:B$9");
}

TEST_CASE("formulas: what takes places as text or counts columns is told") {
  const BookShift shift = on("Uno", {insert_at(1)});
  CHECK(after("INDIRECT(\"B1\")", shift) == "INDIRECT(\"B1\") ?INDIRECT");
  CHECK(after("OFFSET(A1,0,2)", shift) == "OFFSET(A1,0,2) ?OFFSET");
  CHECK(after("VLOOKUP(A1,A1:C9,3,0)", shift) == "VLOOKUP(A1,A1:D9,3,0) ?VLOOKUP");
  CHECK(after("VLOOKUP(A1,D1:E9,2,0)", shift) == "VLOOKUP(A1,E1:F9,2,0)");
  CHECK(after("INDEX(SUM(A1:C1),1)", shift) == "INDEX(SUM(A1:D1),1) ?INDEX");
}

TEST_CASE("steps: columns go where a list of columns says, for any steps") {
  std::mt19937 random(7);
  const auto below = [&](std::uint32_t n) { return static_cast<std::uint32_t>(random() % n); };
  for (int round = 0; round < 3000; ++round) {
    std::vector<int> columns(14);
    for (int i = 0; i < 14; ++i) columns[static_cast<std::size_t>(i)] = i;
    std::vector<ShiftStep> steps;
    bool any_move = false;
    for (std::uint32_t n = 1 + below(4); n > 0; --n) {
      const auto size = static_cast<std::uint32_t>(columns.size());
      const std::uint32_t kind = below(3), count = 1 + below(2), at = below(size - 3);
      const auto begin = columns.begin() + at;
      if (kind == 0) {
        steps.push_back(insert_at(at, count));
        columns.insert(begin, count, -1);
      } else if (kind == 1) {
        steps.push_back(remove_at(at, count));
        columns.erase(begin, begin + count);
      } else {
        const std::uint32_t to = below(size);
        steps.push_back(move_to(at, to, count));
        any_move = true;
        if (to < at) std::rotate(columns.begin() + to, begin, begin + count);
        if (to > at + count) std::rotate(begin, begin + count, columns.begin() + to);
      }
    }
    const ShiftSteps all(steps);
    for (std::uint32_t c = 0; c < 14; ++c) {
      const auto found = std::find(columns.begin(), columns.end(), static_cast<int>(c));
      const auto now = all.point(c);
      REQUIRE(now.has_value() == (found != columns.end()));
      if (now) REQUIRE(*now == static_cast<std::uint32_t>(found - columns.begin()));
    }
    for (std::uint32_t at = 0; at < columns.size(); ++at) {
      const auto old = all.before(at);
      REQUIRE((old ? static_cast<int>(*old) : -1) == columns[at]);
    }
    if (any_move) continue;
    // Without moves, a range is a stretch of the list: what comes between two of its columns belongs to it.
    for (std::uint32_t a = 0; a < 13; ++a) {
      for (std::uint32_t b = a + 1; b < 14; ++b) {
        std::vector<bool> inside(14, false);
        std::fill(inside.begin() + a, inside.begin() + b + 1, true);
        for (const ShiftStep& step : steps) {
          const auto begin = inside.begin() + step.at;
          if (step.kind == ShiftStep::Kind::remove) {
            inside.erase(begin, begin + step.count);
          } else {
            const bool between = step.at > 0 && inside[step.at - 1] && inside[step.at];
            inside.insert(begin, step.count, between);
          }
        }
        const auto first = std::find(inside.begin(), inside.end(), true);
        std::optional<AxisSpan> wanted;
        if (first != inside.end()) {
          const auto length = std::count(inside.begin(), inside.end(), true);
          const auto at = static_cast<std::uint32_t>(first - inside.begin());
          wanted = AxisSpan{at, at + static_cast<std::uint32_t>(length) - 1};
        }
        REQUIRE((all.span({a, b}) == wanted));
      }
    }
  }
}

TEST_CASE("steps: insert and then delete is nothing, for any reference") {
  std::mt19937 random(11);
  const auto below = [&](std::uint32_t n) { return static_cast<std::uint32_t>(random() % n); };
  const auto half = [&] {
    FormulaHalf one{below(2) == 0, below(2) == 0, true, true, below(20), 1 + below(50)};
    return one;
  };
  for (int round = 0; round < 3000; ++round) {
    std::string formula = "SUM(";
    for (std::uint32_t n = 1 + below(4); n > 0; --n) {
      const FormulaHalf a = half(), b = half();
      if (below(3) == 0) formula += "'It''s 3'!";
      formula += to_text(a);
      if (below(2) == 0) formula += ":" + to_text(b);
      formula += n > 1 ? "," : ")";
    }
    const std::uint32_t at = below(22), count = 1 + below(3);
    for (const char* title : {"Uno", "It's 3"}) {
      INFO(formula << " at " << at);
      REQUIRE(after(formula, on(title, {insert_at(at, count), remove_at(at, count)})) == formula);
      const std::string once = after(formula, on(title, {insert_at(at, count)}));
      REQUIRE(after(once, on(title, {remove_at(at, count)})) == formula);
    }
  }
}

TEST_CASE("steps: lists of regions, what stays whole, and the edge of the grid") {
  const ShiftSteps insert({insert_at(2)}), remove({remove_at(2)});
  CHECK(shift_regions("A1:D9 C1 E1", insert) == "A1:E9 D1 F1");
  CHECK(shift_regions("A1:D9 C1 E1", remove) == "A1:C9 D1");
  CHECK(shift_regions("C1:C9", remove)->empty());
  CHECK(shift_regions("A:D 1:3 $C$1:$D$2", insert) == "A:E 1:3 $D$1:$E$2");
  CHECK(!shift_regions("nothing:A1", insert).has_value());
  CHECK(insert.keeps_whole({2, 4}));
  CHECK(!insert.keeps_whole({1, 2}));
  CHECK(remove.keeps_whole({2, 2}));
  CHECK(!remove.keeps_whole({2, 3}));
  CHECK(ShiftSteps({insert_at(0)}).pushes_off(kColumns - 1));
  CHECK(!ShiftSteps({insert_at(0)}).pushes_off(kColumns - 2));
  CHECK(!ShiftSteps({remove_at(kColumns - 1), insert_at(0)}).pushes_off(kColumns - 1));
}

TEST_CASE("rows: references follow rows as they follow columns") {
  const auto rows = [](std::vector<ShiftStep> steps) {
    BookShift shift = on("Uno", {});
    shift.sheets[0].steps = ShiftSteps(std::move(steps), ShiftAxis::rows);
    return shift;
  };
  const BookShift insert = rows({insert_at(3, 2)}), remove = rows({remove_at(3)});
  CHECK(after("A2+A3+$A$4+SUM(A1:C3)+SUM(2:3)+SUM(A:C)", insert) == "A2+A5+$A$6+SUM(A1:C5)+SUM(2:5)+SUM(A:C)");
  CHECK(after("A2+A4+SUM(A1:C3)+SUM(A3:A4)+SUM(3:9)", remove) == "A2+A3+SUM(A1:C2)+SUM(A3:A3)+SUM(3:8)");
  CHECK(after("Uno!A3", remove) == "Uno!#REF! !");
  CHECK(after("A1:A1048576", insert) == "A1:A1048576");
  CHECK(after("A1048576", insert) == "#REF! !");
  CHECK(after("Uno!$A$3+Uno!$A3+Uno!A3", insert, {"", {}, true}) == "Uno!$A$5+Uno!$A3+Uno!A3");
  const ShiftSteps steps({insert_at(3, 2)}, ShiftAxis::rows);
  CHECK(shift_regions("A1:B3 C5 A:B 3:3", steps) == "A1:B5 C7 A:B 5:5");
  CHECK(steps.before(5) == 3);
  CHECK(!steps.before(4).has_value());
  CHECK(steps.keeps_whole({3, 1000}));
  CHECK(!steps.keeps_whole({2, 1000}));
}
