#include "model/formula_places.h"

#include "support/catch.h"

using zmig::formula_without_places;

TEST_CASE("places of a formula are left out, everything else stays") {
  CHECK(formula_without_places("C3+4") == "#+4");
  CHECK(formula_without_places("SUM($B$2:B10)*2") == "SUM(#:#)*2");
  CHECK(formula_without_places("SUM(B:B)+SUM(2:3)") == "SUM(#:#)+SUM(#:#)");
  CHECK(formula_without_places("IF(A1=\"B2\", LOG10(5), IVA)") == "IF(#=\"B2\", LOG10(5), IVA)");
  CHECK(formula_without_places("'Hoja 1'!A1&x_1") == "'Hoja 1'!#&x_1");
}
