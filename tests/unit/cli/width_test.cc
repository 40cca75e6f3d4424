// A table on a terminal stands straight whatever the script of its words.
#include "width.h"

#include "support/catch.h"

using zmig::cli::display_width;

TEST_CASE("letters take one column, characters of East Asia two, marks that combine none") {
  CHECK(display_width("") == 0);
  CHECK(display_width("Lote") == 4);
  CHECK(display_width("Revisi\u00f3n") == 8);
  CHECK(display_width("Revisio\u0301n") == 8);
  CHECK(display_width("\u5217") == 2);
  CHECK(display_width("\uc5f4 1") == 4);
  CHECK(display_width("\uff36") == 2);
  CHECK(display_width("\U0001F600") == 2);
  CHECK(display_width("\u0e14\u0e35") == 1);
  CHECK(display_width("\u2588\u2591") == 2);
}
