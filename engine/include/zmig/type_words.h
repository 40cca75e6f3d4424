#pragma once
// Words about types, for messages.

#include <string>

#include <zmig/value.h>

namespace zmig {

/// What a column of the type holds: "texts", "integers", `values of enum "Estado"`.
std::string plural_of(const Type& type);

}  // namespace zmig
