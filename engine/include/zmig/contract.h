#pragma once
/// The contract for apps that read a workbook: which columns there are, how they read, which values an enum may hold
/// (docs/contract.md). Made from the files alone or from a live workbook, stored as canonical JSON, compared with what
/// is there now. Pure.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <zmig/cells.h>
#include <zmig/history.h>
#include <zmig/plan.h>
#include <zmig/result.h>
#include <zmig/schema.h>

namespace zmig {

struct ContractColumn {
  std::string id, header;
  std::vector<std::string> aliases;
  Readers need = Readers::require;
  std::string type;                   ///< as the language writes it: `decimal(2)`
  std::optional<std::string> format;  ///< declared, else implied by the type; none: the target decides
  std::string read_as, write_as;      ///< "text", "number", "serial" or "boolean": what an unformatted read gives
  bool nullable = true;
  std::optional<std::string> blank_means;
  std::optional<Value> when_absent;  ///< what the column reads as on a workbook that lacks it
  bool formula = false;              ///< nature: "formula" or "value"
  bool unique = false;
  std::optional<std::string> enum_name, owner;
  std::uint32_t since = 0;             ///< migration that brought it; 0: baseline
  std::optional<std::uint32_t> until;  ///< migration that deprecated it
  std::optional<std::size_t> index0;   ///< live contracts only
  bool operator==(const ContractColumn&) const = default;
};

struct ContractSheet {
  std::string title, id;
  std::uint32_t header_row = 1;
  bool extras_allowed = true, order_free = true;
  std::vector<std::string> key;  ///< headers
  std::string managed_hash;
  std::optional<std::string> header_hash;  ///< live contracts only
  std::optional<std::size_t> width;
  std::vector<ContractColumn> columns;
  bool operator==(const ContractSheet&) const = default;
};

struct ContractEnum {
  struct Value {
    std::string value;
    std::uint32_t since = 0;
    std::optional<std::uint32_t> until;  ///< migration that retired it
    bool operator==(const Value&) const = default;
  };
  std::string name;
  bool open = false;  ///< every column that uses it only warns
  std::vector<std::string> used_by;
  std::vector<Value> values;
  bool operator==(const ContractEnum&) const = default;
};

struct Contract {
  std::string name, version, generated_by, generated_at;  ///< `generated_at` empty: reproducible
  bool live = false;
  std::uint32_t position = 0;
  std::string slug, chain_hash;
  std::string env, kind, target_id, locale, time_zone;  ///< empty: none
  std::vector<ContractSheet> sheets;
  std::vector<ContractEnum> enums;
  bool operator==(const Contract&) const = default;
};

/// The contract of position `at` (0: the baseline). `replayed` holds every migration up to there at least. `live`: the
/// workbook whose positions and header hashes go in; null: none. `extras_allowed`: default for sheets that do not say.
/// Name, times and target are left to the caller.
Contract make_contract(const History& history, const std::vector<Replayed>& replayed, std::uint32_t at,
                       const Schema* live, bool extras_allowed, bool positions = true);

/// Canonical: sorted keys, two blanks, LF, final newline. JSON Schema: schemas/contract.schema.json.
std::string contract_to_json(const Contract& contract);
/// ZM0807 with the path of the member at fault.
Result<Contract> contract_from_json(std::string_view text);

enum class ContractClass { same, compatible, breaking };
std::string_view to_string(ContractClass verdict);

struct ContractFinding {
  std::string code;  ///< ZM0801 compatible, ZM0802 to ZM0806 breaking
  ContractClass level = ContractClass::breaking;
  std::string kind;     ///< "column_missing"
  std::string subject;  ///< "Operaciones.version"
  std::string where;    ///< "Operaciones!BN1", when the workbook was looked at
  std::string expected, observed;
  bool operator==(const ContractFinding&) const = default;
};

struct ContractComparison {
  std::vector<ContractFinding> findings;
  ContractClass verdict = ContractClass::same;
  std::size_t columns_required = 0, columns_same = 0, formats = 0, enums = 0;  ///< what was compared and agrees
};

/// What a contract is compared with. `schema`: replayed, or live with foreign things. `cells`: so that values that a
/// closed enum does not know are found in the data; null: lists only.
struct ContractSubject {
  const Schema& schema;
  std::uint32_t position = 0;
  bool live = false;
  CellView* cells = nullptr;
};
Result<ContractComparison> compare_contract(const Contract& contract, const ContractSubject& subject);

/// The check `contract` of `verify` for one file that is to hold.
Result<CheckResult> contract_check(const Contract& contract, const std::string& file, const ContractSubject& subject);

}  // namespace zmig
