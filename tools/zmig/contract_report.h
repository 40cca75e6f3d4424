#pragma once
// `zmig contract` as data, and its renderings.

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include <zmig/contract.h>

namespace zmig::cli {

struct CheckedContract {
  std::string file, version;
  ContractComparison compared;
};
struct ContractReport {
  std::string against;  ///< environment, or "the files"
  std::uint32_t position = 0;
  std::vector<CheckedContract> contracts;
  [[nodiscard]] ContractClass verdict() const;
  /// Needs one: verdict() is breaking.
  [[nodiscard]] const ContractFinding& first_breaking() const;
};

/// "Operaciones.Lote: column missing", with what was expected and what is there.
std::string sentence(const ContractFinding& finding);
std::string to_text(const ContractReport& report);
std::string to_json(const ContractReport& report);
std::string range_json(const std::string& range, const std::string& hash);
/// The test vectors of the normaliser and the hashes (docs/contract.md), computed by this program.
std::string contract_vectors();

}  // namespace zmig::cli
