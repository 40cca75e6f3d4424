#include "base/digest.h"

#include "support/catch.h"

using namespace zmig;
using namespace std::string_literals;

// FIPS 180-4 examples and the NIST "SHA All" set.
TEST_CASE("SHA-256 of the NIST examples") {
  CHECK(sha256_hex("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(sha256_hex("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(sha256_hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq") ==
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  CHECK(sha256_hex("abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmn"
                   "hijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu") ==
        "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1");
  CHECK(sha256_hex("\xbd") == "68325720aabd7c82f30f554b313d0570c95accbb7dc4b5aae11204c08ffe732b");
  CHECK(sha256_hex("\xc9\x8c\x8e\x55") == "7abc22c0ae5af26ce93dbb94433a0e0b2e119d014f8e7f65bd56c61ccccd9504");
  CHECK(sha256_hex(std::string(55, '\0')) == "02779466cdec163811d078815c633f21901413081449002f24aa3e80f0b88ef7");
  CHECK(sha256_hex(std::string(56, '\0')) == "d4817aa5497628e7c77e6b606107042bbba3130888c5f47a375e6179be789fbb");
  CHECK(sha256_hex(std::string(64, '\0')) == "f5a5fd42d16a20302798ef6ed309979b43003d2320d9f0e8ea9831a92759fb4b");
  CHECK(sha256_hex(std::string(1000, 'A')) == "c2e686823489ced2017f6059b8b239318b6364f6dcd835d0a519105a1eadd6e4");
  CHECK(sha256_hex(std::string(1000000, 'a')) == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST_CASE("a stream hashes like the whole, however it is cut") {
  const std::string text(300, 'x');
  for (const std::size_t cut : {0u, 1u, 63u, 64u, 65u, 127u, 299u, 300u}) {
    Sha256 hash;
    hash.update(std::string_view(text).substr(0, cut));
    hash.update(std::string_view(text).substr(cut));
    CHECK(hash.finish_hex() == sha256_hex(text));
  }
}

TEST_CASE("finish starts anew, also after a move") {
  Sha256 first;
  first.update("noise");
  first.finish();
  Sha256 second = std::move(first);
  second.update("abc");
  CHECK(second.finish_hex() == sha256_hex("abc"));
}

TEST_CASE("a digest can be asked for on the way") {
  Sha256 hash;
  hash.update("ab");
  const auto early = hash.so_far();
  CHECK(to_hex({reinterpret_cast<const char*>(early.data()), early.size()}) == sha256_hex("ab"));
  hash.update("c");
  CHECK(hash.finish_hex() == sha256_hex("abc"));
}

TEST_CASE("to_hex writes two lower-case digits a byte") { CHECK(to_hex("\x00\x0f\xA0\xff"s) == "000fa0ff"); }
