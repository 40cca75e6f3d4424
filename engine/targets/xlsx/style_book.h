#pragma once
// Styles that a commit adds: each is an existing one with another number format. Nothing is renumbered or taken out.
// Not installed.

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <zmig/result.h>

#include "targets/xlsx/package_edit.h"
#include "targets/xlsx/styles.h"

namespace zmig::xlsx {

class StyleBook {
 public:
  static Result<StyleBook> read(const PackageEdit& package, const Styles& styles);
  /// With those that were added.
  [[nodiscard]] const Styles& styles() const { return styles_; }
  [[nodiscard]] const NumberFormat& format(std::uint32_t style) const {
    return styles_.format(styles_.format_of(style));
  }
  /// The style that looks like `base` and has the number format (of the language; empty: General).
  std::uint32_t with_format(std::uint32_t base, const std::string& format);
  /// Writes what was added into the package.
  Status finish(PackageEdit& package) const;

 private:
  std::uint32_t number_of(const std::string& format);

  Styles styles_;
  std::string part_, bytes_, file_, prefix_;
  std::vector<std::string> looks_;  // the xf of each style, as stored
  std::map<std::uint32_t, std::string> codes_;
  std::vector<std::pair<std::uint32_t, std::string>> new_codes_;
  std::size_t first_new_ = 0;
  std::map<std::pair<std::uint32_t, std::string>, std::uint32_t> known_;
};

}  // namespace zmig::xlsx
