#include "run_parts.h"

#include <fmt/format.h>

#include <zmig/text.h>

namespace zmig::cli {

Result<OnEdit> read_on_edit(const Arguments& arguments) {
  if (arguments.has("--ours") + arguments.has("--theirs") + arguments.has("--on-edit") > 1)
    return make_error(Errc::invalid_input, "ZM0703", "only one of --on-edit, --ours, --theirs can be given",
                      "`zmig help down` says what each does");
  if (arguments.has("--ours")) return OnEdit::captured;
  const auto word = arguments.one("--on-edit").value_or("keep");
  if (word == "keep") return OnEdit::keep;
  if (word == "captured") return OnEdit::captured;
  if (word == "refuse") return OnEdit::refuse;
  return make_error(Errc::invalid_input, "ZM0703", fmt::format("{} is not a value for --on-edit", zmig::quoted(word)),
                    "one of: keep, captured, refuse");
}

}  // namespace zmig::cli
