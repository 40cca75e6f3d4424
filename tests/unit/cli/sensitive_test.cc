// What is covered of sensitive columns, and what stays.
#include "sensitive.h"
#include "support/catch.h"

using zmig::cli::without_values;

TEST_CASE("values of sensitive columns are covered, those of others and the places stay") {
  CHECK(without_values("Pedidos!C2 \"secreto-1\" (no such day) · C3 \"a \\\" b\" · D4 \"open\"", "Pedidos", {"C"}) ==
        "Pedidos!C2 \"***\" (no such day) · C3 \"***\" · D4 \"open\"");
  CHECK(without_values("Pedidos!C2 and 3 more", "Pedidos", {"C"}) == "Pedidos!C2 and 3 more");
  CHECK(without_values("Otra!C2 \"x\"", "Pedidos", {"C"}) == "Otra!C2 \"x\"");
  CHECK(without_values("Pedidos!AC2 \"x\"", "Pedidos", {"C"}) == "Pedidos!AC2 \"x\"");
  CHECK(without_values("Pedidos!C2 \"open", "Pedidos", {"C"}) == "Pedidos!C2 \"***\"");
}
