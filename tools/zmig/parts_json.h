#pragma once
// The pieces of `data` that several commands share, so that a check or a backup has one shape wherever it is shown
// (docs/cli.md "The envelope"). Private to the JSON files of this folder.

#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include <zmig/ledger.h>
#include <zmig/plan.h>

#include "formats.h"

namespace zmig::cli {

using Json = nlohmann::json;

/// One line; bytes that are no UTF-8 become U+FFFD instead of an exception.
std::string dump(const Json& json);

/// What does not apply is null, never an empty string.
Json text_or_null(const std::string& text);
Json time_or_null(const std::optional<UtcTime>& time);
template <class T>
Json value_or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}

Json cost_json(const Cost& cost);
Json check_json(const CheckResult& check);
Json checks_json(const std::vector<CheckResult>& checks);

/// A backup as the ledger knows it. `sheets` as stored; a row of an older ledger whose text is no JSON gives [].
Json backup_json(const BackupRow& backup);

/// The place of a finding: file, line, column, end_line, end_column, cell; null when it has none of them.
Json where_json(const formats::Place& place);

}  // namespace zmig::cli
