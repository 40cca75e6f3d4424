// What the registry asks of this kind.
#include "targets/gsheet/gsheet_target.h"

namespace zmig {

Result<std::unique_ptr<GsheetTarget>> GsheetTarget::open(const std::string& rest, const TargetOptions& options,
                                                         Ports& ports) {
  ZMIG_TRY(std::string id, spreadsheet_id(rest));
  ZMIG_TRY(auto api, gsheet::connect_api(options.gsheet, ports, id));
  return std::make_unique<GsheetTarget>(std::move(id), options, ports, std::move(api));
}

Result<std::vector<CopiedSheet>> create_gsheet(const std::string& rest, const TargetOptions& options, Ports& ports,
                                               CellView& from, std::span<const std::string> sheet_ids,
                                               std::span<const Stamp> stamps) {
  ZMIG_TRY(const auto target, GsheetTarget::open(rest, options, ports));
  return fill_gsheet(*target, from, sheet_ids, stamps);
}

}  // namespace zmig
