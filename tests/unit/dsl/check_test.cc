// One sample for each code that the text alone can raise: code, caret, title; and nothing else is reported.

#include "check.h"

#include <set>
#include <string>
#include <vector>

#include "support/catch.h"
#include "unit/dsl/language_files.h"

using namespace zmig;
using namespace zmig::dsl;
using test::read_text;
using test::summary;

namespace {

std::string in_sheet(const std::string& lines) { return "zmig 1\nin sheet \"S\" {\n" + lines + "\n}\n"; }
std::string in_file(const std::string& lines) { return "zmig 1\n" + lines + "\n"; }

struct Sample {
  std::string text, says;
};

std::vector<Sample> samples() {
  return {
      {"", "ZM0001 `` this file does not say which language it is written in"},
      {"\n# c\ndescription \"x\"\n", "ZM0001 `description` this file does not say which language it is written in"},
      {in_sheet("  add column \"A\" text first 3"), "ZM0006 `3` this line has more on it than zmig can read"},
      {in_sheet("  add column"), "ZM0002 `` something is missing here"},
      {in_sheet("  add column \"A\""), "ZM0002 `` something is missing here"},
      {in_sheet("  add column \"A\" strng"), "ZM0003 `strng` unknown word `strng`"},
      {in_sheet("  add column \"A\" text requird"), "ZM0003 `requird` unknown word `requird`"},
      {in_sheet("  add column \"A\" text default 0 first"),
       "ZM0006 `first` this line has more on it than zmig can read"},
      {in_sheet("  add column \"A\" text default foo"), "ZM0004 `foo` a text needs quotes"},
      {in_sheet("  rename sheet \"A\" to \"B\""), "ZM0002 `rename` `rename sheet` stands at the top level"},
      {in_file("add column \"A\" text"), "ZM0002 `add` `add column` stands inside a sheet"},
      {in_file("\"A\""), "ZM0002 `\"` a line begins with a verb"},
      {in_file("add"), "ZM0003 `add` unknown word `add`"},
      {in_file("keep undo dat for 7 days"), "ZM0005 `dat` `keep undo` what?"},
      {in_file("require sheet \"S\" is mising"), "ZM0005 `mising` `is` what?"},
      {in_file("require tables"), "ZM0003 `tables` unknown word `tables`"},
      {in_file("allow 1103 because \"x\""), "ZM0002 `1103` something else is needed here"},
      {in_file("ensure sheet \"S\" has columns"), "ZM0002 `columns` something else is needed here"},
      {in_sheet("  fill column \"Q\" with"), "ZM0002 `` something is missing here"},
      {in_sheet("  fill column \"Q\" with upper([Q], )"), "ZM0002 `)` something else is needed here"},
      {in_sheet("  fill column \"Q\" with 1 otherwise stp"), "ZM0005 `stp` `otherwise` what?"},
      {in_sheet("  fill column \"Q\" with [a] is empty"), "ZM0002 `empty` something else is needed here"},
      {in_sheet("  fill column \"Q\" with not_a_word"), "ZM0027 `not_a_word` the value of a column stands in brackets"},
      {in_sheet("  fill column \"Q\" with [a"), "ZM0013 `[` this `[` is never closed"},
      {in_sheet("  fill column \"Q\" with 1)"), "ZM0006 `)` this line has more on it than zmig can read"},
      {"zmig 3\n", "ZM0021 `3` this file is written in language 3"},
      {"zmig 01\n", "ZM0022 `01` a number does not start with 0"},
      {in_sheet("  set column \"A\" to 007"), "ZM0022 `007` a number does not start with 0"},
      {in_sheet("  add column \"A\" decimal(02)"), "ZM0022 `02` a number does not start with 0"},
      {in_sheet("  add column \"A\" date format \"DD-Q-YYYY\""), "ZM0023 `Q` `Q` means nothing in a format"},
      {in_sheet("  add column \"A\" date format \"YYY\""), "ZM0023 `YYY` `YYY` means nothing in a format"},
      {in_sheet("  add column \"A\" datetime format \"hh:mm Z\""), "ZM0023 `Z` `Z` means nothing in a format"},
      {in_sheet("  clean column \"A\" {\n    parse boolean from \"si\"\n  }"),
       "ZM0023 `\"si\"` a boolean is read from a pair"},
      {in_sheet("  set column \"A\" to 2026-02-30"), "ZM0024 `2026-02-30` there is no 2026-02-30"},
      {in_sheet("  set column \"A\" to 2026-1-26"), "ZM0024 `2026-1-26` a date is written with its zeros"},
      {in_sheet("  add column \"A\" date default 2026-13-01"), "ZM0024 `2026-13-01` there is no 2026-13-01"},
      {in_sheet("  add column \"A\" decimal(11)"), "ZM0025 `11` a decimal has at most 10 digits after the point"},
      {in_sheet("  add column \"A\" integer default 9007199254740992"),
       "ZM0025 `9007199254740992` this number is too large"},
      {in_file("require 0 sample rows of \"S\" have [a] = 1"), "ZM0025 `0` a sample has at least one row"},
      {in_file("keep undo data for 100001 days"), "ZM0025 `100001` this time is too long"},
      {in_sheet("  set column \"A\" to 1 < [a] < 3"), "ZM0026 `<` comparisons do not chain"},
      {in_sheet("  set column \"A\" to [a] = 1 or [b] = 2 and [c] = 3"),
       "ZM0019 `[b] = 2 and [c] = 3` `and` and `or` are mixed"},
      {in_file("forget sheet \"A\"\nrequire sheet \"B\" exists"), "ZM0103 `require` `require` stands behind a change"},
      {in_file("ensure sheet \"B\" exists\ndescription \"x\""),
       "ZM0103 `description` this heading stands behind an `ensure`"},
      {in_file("author \"x\"\nauthor \"y\""), "ZM0103 `author` `author` stands here twice"},
      {in_file("tags \"x\"\ntags \"y\""), "ZM0103 `tags` `tags` stands here twice"},
      {in_file("down {\n}\ndown {\n}"), "ZM0103 `down` there is one `down` block"},
      {in_file("down {\n}\nforget sheet \"A\""), "ZM0103 `forget sheet` this change stands behind the `down` block"},
      {in_file("down {\n  author \"x\"\n}"), "ZM0103 `author` this heading stands inside `down`"},
      {in_sheet("  add column \"A\" text required not required"),
       "ZM0109 `not required` two things are said about `required`"},
      {in_sheet("  add column \"A\" text note \"x\" {\n    note \"x\"\n  }"),
       "ZM0109 `note \"x\"` `note` stands here twice"},
      {in_sheet("  change column \"A\" readers expect readers require"),
       "ZM0109 `readers require` two things are said about `readers`"},
      {in_file("forget sheet \"A\"\nnative csv {\n  up \"x\"\n}"),
       "ZM0113 `native` `native` is the only change of its file"},
      {in_sheet("  clean column \"A\" {\n    parse date from \"DD-MM-YYYY\", \"MM-DD-YYYY\"\n  }"),
       "ZM0114 `\"MM-DD-YYYY\"` these formats read one text differently"},
      {in_sheet("  clean column \"A\" {\n    parse number from \"#,##0.00\", \"#.##0,00\"\n  }"),
       "ZM0114 `\"#.##0,00\"` these formats read one text differently"},
      {in_sheet("  clean column \"A\" {\n    parse boolean from \"sí/no\", \"no/sí\"\n  }"),
       "ZM0114 `\"no/sí\"` these formats read one text differently"},
      {in_sheet("  add key \"A\""), "ZM0115 `\"A\"` `add key` needs more than one column"},
      {in_sheet("  merge columns \"A\" with \"-\" into \"B\""),
       "ZM0115 `\"A\"` `merge columns` needs more than one column"},
      {in_sheet("  split column \"A\" by \"-\" into \"B\""),
       "ZM0115 `\"B\"` `split column` needs more than one column"},
      {in_file("ensure columns \"A\" of \"S\" are unique"),
       "ZM0115 `\"A\"` `columns … are unique` needs more than one column"},
      {in_sheet("  restore rows"), "ZM0117 `restore rows` `restore rows` is only possible on the way back"},
      {in_sheet("  restore column \"A\""), "ZM0117 `restore column` `restore column` is only possible on the way back"},
      {in_file("restore sheet \"A\""), "ZM0117 `restore sheet` `restore sheet` is only possible on the way back"},
      {in_file("generated from \"sha256:x\""), "ZM0117 `generated from` `generated from` stands in down texts only"},
      {in_file("create sheet \"A\" {\n  rename column \"A\" to \"B\"\n}"),
       "ZM0118 `rename column` `create sheet` may only add"},
      {in_file("create sheet \"A\" {\n  show sheet\n}"), "ZM0118 `show sheet` `create sheet` may only add"},
      {in_file("require sheet \"S\" gained 3 columns"), "ZM0120 `gained` `gained` compares before and after"},
      {in_file("require sheet \"S\" is otherwise unchanged"),
       "ZM0120 `is otherwise unchanged` `is otherwise unchanged` compares before and after"},
      {in_file("ensure atomic"), "ZM0120 `atomic` `atomic` is settled before the first change"},
      {in_file("ensure backup of sheet \"S\""), "ZM0120 `backup of sheet` `backup` is settled before the first change"},
      {in_file("ensure migration \"0001_a\" applied"),
       "ZM0120 `migration` `migration` is settled before the first change"},
      {in_sheet("  clean column \"A\" {\n    replace \"a\" with \"xax\"\n  }"),
       "ZM0121 `\"xax\"` this `replace` would never end"},
  };
}

}  // namespace

TEST_CASE("each mistake is one message with its own code, place and title", "[dsl][check]") {
  for (const Sample& sample : samples()) {
    INFO(sample.text);
    CHECK(summary(read_text(sample.text)) == std::vector<std::string>{sample.says});
  }
}

TEST_CASE("every code that the tree checks own has a sample", "[dsl][check]") {
  std::set<std::string> seen;
  for (const Sample& sample : samples()) seen.insert(sample.says.substr(0, 6));
  for (const char* code : {"ZM0001", "ZM0002", "ZM0003", "ZM0004", "ZM0005", "ZM0006", "ZM0013", "ZM0019",
                           "ZM0021", "ZM0022", "ZM0023", "ZM0024", "ZM0025", "ZM0026", "ZM0027", "ZM0103",
                           "ZM0109", "ZM0113", "ZM0114", "ZM0115", "ZM0117", "ZM0118", "ZM0120", "ZM0121"}) {
    CHECK(seen.contains(code));
  }
}

TEST_CASE("every code that is raised is in the table of codes", "[dsl][check]") {
  for (const Sample& sample : samples()) CHECK(find_code(sample.says.substr(0, 6)) != nullptr);
}

TEST_CASE("what looks like a mistake and is none passes", "[dsl][check]") {
  for (const std::string& good : {
           in_sheet("  clean column \"A\" {\n    parse date from serial, \"DD-MM-YYYY\", \"D-M-YY\"\n    replace "
                    "\"aa\" with \"a\"\n  }"),
           in_sheet("  clean column \"A\" {\n    parse number from \"#.##0,00\"\n    parse datetime from \"YYYY-MM-DD "
                    "hh:mm:ss Z\"\n  }"),
           in_sheet(
               "  add column \"A\" date format \"D 'de' MMMM\"\n  add column \"B\" number format \"native:[$CLP] 0\""),
           in_sheet("  set column \"A\" to ([a] = 1 and [b] = 2) or [c] = 0.5\n  set column \"B\" to 2026 - 1 - 26"),
           in_file("create sheet \"A\" {\n  columns may move\n  foreign columns allowed\n  hide sheet\n}"),
           in_file("down {\n  restore sheet \"A\"\n  in sheet \"B\" {\n    restore rows\n  }\n}"),
           std::string("zmig 1 down of \"0001_a\"\ngenerated from \"sha256:x\"\nrestore sheet \"A\"\n"),
           in_file("native csv {\n  up \"x\"\n}\nensure sheet \"A\" exists"),
       }) {
    INFO(good);
    CHECK(summary(read_text(good)) == std::vector<std::string>{});
  }
}
