#include "base/digest.h"

#include <nettle/sha2.h>

namespace zmig {
namespace {

std::string hex(const std::uint8_t* bytes, std::size_t count) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out(count * 2, '0');
  for (std::size_t i = 0; i < count; ++i) {
    out[2 * i] = kDigits[bytes[i] >> 4];
    out[2 * i + 1] = kDigits[bytes[i] & 0x0F];
  }
  return out;
}

const std::uint8_t* as_bytes(std::string_view text) { return reinterpret_cast<const std::uint8_t*>(text.data()); }

}  // namespace

struct Sha256::State {
  sha256_ctx context;
};

Sha256::Sha256() : state_(std::make_unique<State>()) { sha256_init(&state_->context); }
Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;

void Sha256::update(std::string_view bytes) { sha256_update(&state_->context, bytes.size(), as_bytes(bytes)); }

std::array<std::uint8_t, 32> Sha256::finish() {
  std::array<std::uint8_t, 32> digest{};
  sha256_digest(&state_->context, digest.size(), digest.data());  // starts the context anew as well
  return digest;
}

std::array<std::uint8_t, 32> Sha256::so_far() const {
  sha256_ctx copy = state_->context;
  std::array<std::uint8_t, 32> digest{};
  sha256_digest(&copy, digest.size(), digest.data());
  return digest;
}

std::string Sha256::finish_hex() {
  const auto digest = finish();
  return hex(digest.data(), digest.size());
}

std::string sha256_hex(std::string_view bytes) {
  // Thousands of short texts in a run: nothing is allocated but the answer.
  sha256_ctx context;
  sha256_init(&context);
  sha256_update(&context, bytes.size(), as_bytes(bytes));
  std::array<std::uint8_t, 32> digest{};
  sha256_digest(&context, digest.size(), digest.data());
  return hex(digest.data(), digest.size());
}

std::string to_hex(std::string_view bytes) { return hex(as_bytes(bytes), bytes.size()); }

}  // namespace zmig
