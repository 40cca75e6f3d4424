// What the registry asks of this kind.
#include "targets/gsheet/gsheet_target.h"

namespace zmig {
namespace {

/// What the document has and this release has not is refused by name, not passed over.
Status check_options(const GsheetOptions& options) {
  if (options.concurrency != "optimistic") {
    return make_error(Errc::invalid_input, "ZM0702",
                      "`concurrency` of [gsheet]: a migration is one atomic batch here, there is nothing in between to "
                      "guard; \"" +
                          options.concurrency + "\" is planned for a later release",
                      "take it out, or say \"optimistic\"");
  }
  if (options.scan == "structure") {
    return make_error(Errc::invalid_input, "ZM0702",
                      "`scan` of [gsheet]: the look before a write always covers the whole workbook in this release",
                      "take it out, or say \"sheet\" or \"workbook\"");
  }
  if (options.tables) {
    return make_error(Errc::invalid_input, "ZM0702",
                      "`tables` of [gsheet]: typed columns of tables are planned for a later release",
                      "take it out; drop-down lists are made as ordinary rules");
  }
  return ok();
}

}  // namespace

Result<std::unique_ptr<GsheetTarget>> GsheetTarget::open(const std::string& rest, const TargetOptions& options,
                                                         Ports& ports) {
  ZMIG_TRY(std::string id, spreadsheet_id(rest));
  ZMIG_CHECK_OK(check_options(options.gsheet));
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
