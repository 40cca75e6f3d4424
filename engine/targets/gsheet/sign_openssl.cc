// OpenSSL signs; loaded on the first use like libcurl, which brings it along (docs/adr/0023).
#include <limits>
#include <memory>

#include <dlfcn.h>
#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "base/text.h"
#include "targets/gsheet/sign.h"

namespace zmig::gsheet {
namespace {

struct Crypto {
  decltype(&::BIO_new_mem_buf) memory = nullptr;
  decltype(&::BIO_free) free_memory = nullptr;
  decltype(&::PEM_read_bio_PrivateKey) read_key = nullptr;
  decltype(&::EVP_PKEY_free) free_key = nullptr;
  decltype(&::EVP_PKEY_get_base_id) kind = nullptr;
  decltype(&::EVP_MD_CTX_new) context = nullptr;
  decltype(&::EVP_MD_CTX_free) free_context = nullptr;
  decltype(&::EVP_sha256) sha256 = nullptr;
  decltype(&::EVP_DigestSignInit) begin = nullptr;
  decltype(&::EVP_DigestSign) sign = nullptr;
  decltype(&::ERR_clear_error) forget_errors = nullptr;
};

template <class Function>
bool find(void* library, const char* name, Function& into) {
  into = reinterpret_cast<Function>(::dlsym(library, name));
  return into != nullptr;
}

Result<Crypto> load() {
  void* const library = ::dlopen("libcrypto.so.3", RTLD_NOW | RTLD_LOCAL);
  Crypto c;
  const bool whole = library != nullptr && find(library, "BIO_new_mem_buf", c.memory) &&
                     find(library, "BIO_free", c.free_memory) && find(library, "PEM_read_bio_PrivateKey", c.read_key) &&
                     find(library, "EVP_PKEY_free", c.free_key) && find(library, "EVP_PKEY_get_base_id", c.kind) &&
                     find(library, "EVP_MD_CTX_new", c.context) && find(library, "EVP_MD_CTX_free", c.free_context) &&
                     find(library, "EVP_sha256", c.sha256) && find(library, "EVP_DigestSignInit", c.begin) &&
                     find(library, "EVP_DigestSign", c.sign) && find(library, "ERR_clear_error", c.forget_errors);
  if (whole) return c;
  return make_error(Errc::unsupported, "ZM0496", "the library libcrypto of OpenSSL 3 cannot be used",
                    "install it: `apt-get install libssl3`");
}

/// A key with a pass phrase is not asked for one on the terminal.
int no_pass_phrase(char*, int, int, void*) { return 0; }

}  // namespace

std::string base64url(std::string_view bytes) {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string out;
  out.reserve((bytes.size() * 4 + 2) / 3);
  unsigned held = 0;
  unsigned bits = 0;
  for (const char c : bytes) {
    held = (held << 8U) | static_cast<unsigned char>(c);
    for (bits += 8; bits >= 6; bits -= 6) out += kDigits[(held >> (bits - 6U)) & 63U];
  }
  if (bits > 0) out += kDigits[(held << (6U - bits)) & 63U];
  return out;
}

Result<std::string> sign_rs256(std::string_view private_key_pem, std::string_view bytes) {
  ZMIG_TRY(const Crypto crypto, load());
  const auto no_key = [&crypto] {
    crypto.forget_errors();
    return make_error(Errc::denied, "ZM0482", "the private key of the service account cannot be read",
                      "the file is damaged; make a new key for the account and use that file");
  };
  if (private_key_pem.size() > static_cast<std::size_t>(std::numeric_limits<int>::max())) return no_key();
  const std::unique_ptr<BIO, decltype(crypto.free_memory)> text(
      crypto.memory(private_key_pem.data(), static_cast<int>(private_key_pem.size())), crypto.free_memory);
  if (text == nullptr) return no_key();
  const std::unique_ptr<EVP_PKEY, decltype(crypto.free_key)> key(
      crypto.read_key(text.get(), nullptr, &no_pass_phrase, nullptr), crypto.free_key);
  if (key == nullptr || crypto.kind(key.get()) != EVP_PKEY_RSA) return no_key();
  const std::unique_ptr<EVP_MD_CTX, decltype(crypto.free_context)> context(crypto.context(), crypto.free_context);
  if (context == nullptr || crypto.begin(context.get(), nullptr, crypto.sha256(), nullptr, key.get()) != 1)
    return no_key();
  const auto* data = reinterpret_cast<const unsigned char*>(bytes.data());
  std::size_t length = 0;
  if (crypto.sign(context.get(), nullptr, &length, data, bytes.size()) != 1) return no_key();
  std::string signature(length, '\0');
  auto* out = reinterpret_cast<unsigned char*>(signature.data());
  if (crypto.sign(context.get(), out, &length, data, bytes.size()) != 1) return no_key();
  signature.resize(length);
  return signature;
}

}  // namespace zmig::gsheet
