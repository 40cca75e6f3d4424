#pragma once
// The stored form of schemas, for the files and for the catalogues: one writer and one strict reader. Not installed.

#include <string>
#include <string_view>

#include <zmig/result.h>
#include <zmig/schema.h>

namespace zmig {

/// Which document a text is: the name of its version member, and what a reader says when it is damaged.
struct StoredForm {
  std::string_view version_member;  ///< "schema" or "catalogue"
  int version = 1;
  Errc damaged = Errc::corrupt;
  std::string_view zm;  ///< code of the error, or empty: the caller adds it
};

/// Canonical: sorted members, two blanks, LF, final line feed.
std::string write_document(const Schema& schema, const StoredForm& form);
Result<Schema> read_document(std::string_view text, const StoredForm& form);

/// On one line, without line feed.
std::string write_column(const Column& column);
std::string write_sheet(const Sheet& sheet);
Result<Column> read_column(std::string_view text, const StoredForm& form);
Result<Sheet> read_sheet(std::string_view text, const StoredForm& form);

/// Only the managed sheets and columns, and what speaks of them.
Schema managed_part(const Schema& schema);

/// Name of a type's kind in the stored form: "integer", "enum", "reference".
std::string_view stored_name(TypeKind kind);

}  // namespace zmig
