// The three stored forms of a schema. They share one writer and one reader; what differs is the version member and the
// error.
#include <string>
#include <string_view>

#include <zmig/schema.h>

#include "model/schema_text.h"

namespace zmig {
namespace {

constexpr StoredForm kFile{"schema", 1, Errc::invalid_input, "ZM0702"};
// Each target has a code of its own for a damaged catalogue and adds it.
constexpr StoredForm kCatalogue{"catalogue", 1, Errc::corrupt, {}};

}  // namespace

std::string schema_to_json(const Schema& schema) { return write_document(schema, kFile); }
Result<Schema> schema_from_json(std::string_view json) { return read_document(json, kFile); }

std::string catalogue_to_json(const Schema& schema) { return write_document(managed_part(schema), kCatalogue); }
Result<Schema> catalogue_from_json(std::string_view json) { return read_document(json, kCatalogue); }

std::string column_to_json(const Column& column) { return write_column(column); }
Result<Column> column_from_json(std::string_view json) { return read_column(json, kCatalogue); }

std::string sheet_to_json(const Sheet& sheet) { return write_sheet(sheet); }
Result<Sheet> sheet_from_json(std::string_view json) { return read_sheet(json, kCatalogue); }

}  // namespace zmig
