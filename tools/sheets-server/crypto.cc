#include "crypto.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include <array>
#include <memory>

namespace sheets_server {

namespace {

struct Free {
  void operator()(EVP_PKEY* p) const { EVP_PKEY_free(p); }
  void operator()(EVP_MD_CTX* p) const { EVP_MD_CTX_free(p); }
  void operator()(BIO* p) const { BIO_free(p); }
  void operator()(X509* p) const { X509_free(p); }
};
using Key = std::unique_ptr<EVP_PKEY, Free>;
using Digest = std::unique_ptr<EVP_MD_CTX, Free>;
using Bio = std::unique_ptr<BIO, Free>;
using Certificate = std::unique_ptr<X509, Free>;

Key read_key(const std::string& pem) {
  const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  return Key(PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr));
}

std::string text_of(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return size > 0 ? std::string(data, static_cast<std::size_t>(size)) : std::string{};
}

std::string key_text(EVP_PKEY* key) {
  const Bio bio(BIO_new(BIO_s_mem()));
  return PEM_write_bio_PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr) == 1 ? text_of(bio.get())
                                                                                              : std::string{};
}

std::string certificate_text(X509* certificate) {
  const Bio bio(BIO_new(BIO_s_mem()));
  return PEM_write_bio_X509(bio.get(), certificate) == 1 ? text_of(bio.get()) : std::string{};
}

const unsigned char* bytes_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

bool extend(X509* certificate, X509* issuer, int kind, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str());
  if (extension == nullptr) return false;
  const bool added = X509_add_ext(certificate, extension, -1) == 1;
  X509_EXTENSION_free(extension);
  return added;
}

Certificate certificate(EVP_PKEY* key, X509* issuer, EVP_PKEY* issuer_key, const char* name, long serial,
                        const std::string& alternatives, int days) {
  Certificate out(X509_new());
  X509_set_version(out.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(out.get()), serial);
  X509_gmtime_adj(X509_getm_notBefore(out.get()), days > 0 ? -3600 : 86400L * (days - 1));
  X509_gmtime_adj(X509_getm_notAfter(out.get()), 86400L * days);
  X509_set_pubkey(out.get(), key);
  X509_NAME* subject = X509_get_subject_name(out.get());
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>(name), -1, -1, 0);
  X509* signer = issuer != nullptr ? issuer : out.get();
  X509_set_issuer_name(out.get(), X509_get_subject_name(signer));
  const bool ca = issuer == nullptr;
  bool ok = extend(out.get(), signer, NID_basic_constraints, ca ? "critical,CA:TRUE" : "CA:FALSE");
  if (!alternatives.empty()) ok = ok && extend(out.get(), signer, NID_subject_alt_name, alternatives);
  ok = ok && X509_sign(out.get(), issuer_key, EVP_sha256()) > 0;
  return ok ? std::move(out) : Certificate{};
}

}  // namespace

std::string base64url(std::string_view bytes) {
  constexpr const char* kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string out;
  unsigned buffer = 0;
  int bits = 0;
  for (const char c : bytes) {
    buffer = (buffer << 8U) | static_cast<unsigned char>(c);
    for (bits += 8; bits >= 6; bits -= 6) out += kAlphabet[(buffer >> static_cast<unsigned>(bits - 6)) & 63U];
  }
  if (bits > 0) out += kAlphabet[(buffer << static_cast<unsigned>(6 - bits)) & 63U];
  return out;
}

std::optional<std::string> from_base64url(std::string_view text) {
  std::string out;
  unsigned buffer = 0;
  int bits = 0;
  for (const char c : text) {
    unsigned value = 0;
    if (c >= 'A' && c <= 'Z')
      value = static_cast<unsigned>(c - 'A');
    else if (c >= 'a' && c <= 'z')
      value = static_cast<unsigned>(c - 'a') + 26;
    else if (c >= '0' && c <= '9')
      value = static_cast<unsigned>(c - '0') + 52;
    else if (c == '-' || c == '+')
      value = 62;
    else if (c == '_' || c == '/')
      value = 63;
    else if (c == '=')
      break;
    else
      return std::nullopt;
    buffer = (buffer << 6U) | value;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      out += static_cast<char>((buffer >> static_cast<unsigned>(bits)) & 255U);
    }
  }
  return out;
}

std::string sha256_hex(std::string_view bytes) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, EVP_sha256(), nullptr);
  constexpr const char* kHex = "0123456789abcdef";
  std::string out;
  for (unsigned n = 0; n < size; ++n) {
    out += kHex[digest[n] >> 4U];
    out += kHex[digest[n] & 15U];
  }
  return out;
}

std::string new_rsa_key() {
  const Key key(EVP_RSA_gen(2048));
  return key ? key_text(key.get()) : std::string{};
}

std::string sign_rs256(const std::string& private_pem, std::string_view bytes) {
  const Key key = read_key(private_pem);
  const Digest digest(EVP_MD_CTX_new());
  if (!key || EVP_DigestSignInit(digest.get(), nullptr, EVP_sha256(), nullptr, key.get()) != 1) return {};
  std::size_t size = 0;
  if (EVP_DigestSign(digest.get(), nullptr, &size, bytes_of(bytes), bytes.size()) != 1) return {};
  std::string out(size, '\0');
  if (EVP_DigestSign(digest.get(), reinterpret_cast<unsigned char*>(out.data()), &size, bytes_of(bytes),
                     bytes.size()) != 1)
    return {};
  out.resize(size);
  return out;
}

bool verify_rs256(const std::string& private_pem, std::string_view bytes, std::string_view signature) {
  const Key key = read_key(private_pem);
  const Digest digest(EVP_MD_CTX_new());
  if (!key || EVP_DigestVerifyInit(digest.get(), nullptr, EVP_sha256(), nullptr, key.get()) != 1) return false;
  return EVP_DigestVerify(digest.get(), bytes_of(signature), signature.size(), bytes_of(bytes), bytes.size()) == 1;
}

std::optional<Certificates> new_certificates(const std::vector<std::string>& hosts, int days) {
  const Key ca_key(EVP_RSA_gen(2048));
  const Key key(EVP_RSA_gen(2048));
  if (!ca_key || !key) return std::nullopt;
  std::string names = "IP:127.0.0.1";
  for (const std::string& host : hosts) {
    names += ",DNS:";
    names += host;
  }
  const Certificate ca = certificate(ca_key.get(), nullptr, ca_key.get(), "zmig-sheets-server test CA", 1, "", 30);
  if (!ca) return std::nullopt;
  const Certificate own = certificate(key.get(), ca.get(), ca_key.get(),
                                      hosts.empty() ? "localhost" : hosts.front().c_str(), 2, names, days);
  if (!own) return std::nullopt;
  return Certificates{certificate_text(ca.get()), certificate_text(own.get()), key_text(key.get())};
}

}  // namespace sheets_server
