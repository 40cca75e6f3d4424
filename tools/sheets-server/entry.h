#pragma once
/// What a cell becomes when a person types a text into it (USER_ENTERED).

#include <string>

#include "book.h"
#include "number_format.h"

namespace sheets_server {

struct Entry {
  Value value;
  Json format = nullptr;  ///< the NumberFormat that comes with it, or null
};

/// `this_year` completes dates without one.
Entry parse_entry(const std::string& text, const Locale& locale, int this_year);

}  // namespace sheets_server
