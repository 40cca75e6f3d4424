#include "base/running_hash.h"

#include <set>
#include <vector>

#include "support/catch.h"

using zmig::RunningHash;

namespace {

std::string hash_of(const std::vector<std::string>& pieces) {
  RunningHash hash;
  for (const std::string& piece : pieces) hash.add(3, piece);
  return hash.finish();
}

}  // namespace

TEST_CASE("a running hash tells order, borders, kinds and counts apart") {
  CHECK(hash_of({"ab", "c"}) == hash_of({"ab", "c"}));
  std::set<std::string> all{hash_of({}),          hash_of({""}),        hash_of({"", ""}), hash_of({"ab", "c"}),
                            hash_of({"a", "bc"}), hash_of({"c", "ab"}), hash_of({"abc"})};
  RunningHash other;
  other.add(4, "ab");
  other.add(3, "c");
  all.insert(other.finish());
  RunningHash number, text;
  number.add(1, std::uint64_t{0x6362610000000000});
  text.add(3, std::string_view("\0\0\0\0\0abc", 8));
  all.insert(number.finish());
  all.insert(text.finish());
  CHECK(all.size() == 10);
  for (const std::string& one : all) CHECK((one.size() == 39 && one.starts_with("xxh128:")));
}

TEST_CASE("two rows of many that change places give another hash, wherever they are") {
  std::vector<std::string> rows(4096, "same");
  rows[17] = "a";
  const std::string before = hash_of(rows);
  std::set<std::string> all{before};
  for (std::size_t at = 0; at < rows.size(); at += 64) {
    std::vector<std::string> moved = rows;
    std::swap(moved[17], moved[at]);
    all.insert(hash_of(moved));
  }
  CHECK(all.size() == 1 + rows.size() / 64);
}

TEST_CASE("the hash of a column is the same on every machine and in every release") {
  // It is stored with the intent of a run, and compared by whoever goes on with it.
  CHECK(hash_of({"v1", "", "Ñandú"}) == "xxh128:1e028918e2cbfc120e211ad5677aad18");
}
