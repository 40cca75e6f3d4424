#pragma once
// SHA-256 (FIPS 180-4) as the house uses it. Not installed.

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace zmig {

/// Streaming SHA-256.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;
  void update(std::string_view bytes);
  /// The digest of everything so far; the object starts anew.
  std::array<std::uint8_t, 32> finish();
  /// The same as 64 lower-case hexadecimal digits.
  std::string finish_hex();
  /// The digest of everything so far; the object goes on.
  [[nodiscard]] std::array<std::uint8_t, 32> so_far() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// 64 lower-case hexadecimal digits.
std::string sha256_hex(std::string_view bytes);
std::string to_hex(std::string_view bytes);

}  // namespace zmig
