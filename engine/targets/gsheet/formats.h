#pragma once
// Number formats and numbers: Google's, the language's, and what a number means under one. Not installed.

#include <string>
#include <string_view>

#include <zmig/schema.h>

#include "targets/gsheet/raw_book.h"
#include "targets/xlsx/styles.h"

namespace zmig::gsheet {

/// `native:` codes are Google's own patterns; `native:[DATE]` is a type without a pattern.
xlsx::NumberFormat meaning_of(const RawFormat& format);
/// The number format that shows what `format` of the language says; General is none.
RawFormat raw_format(std::string_view format);
/// That of a column whose cells do not deviate.
RawFormat format_of_column(const Column& column);

/// A number of a column as the value that it is there. `shown`: what its format makes of it.
Value value_of_number(double number, const Column& column, xlsx::Moment shown);
/// What is stored of a value that is a number, a date or a time.
double serial_of(const Value& value);

}  // namespace zmig::gsheet
