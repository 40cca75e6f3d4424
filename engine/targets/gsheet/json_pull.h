#pragma once
// JSON read front to back without a tree: an answer of some megabytes is looked at once, and most of it is skipped.
// Not installed.

#include <cstdint>
#include <string>
#include <string_view>

namespace zmig::gsheet {

/// Reads one JSON text. After the first fault every call answers with nothing and failed() says so. Depth is limited.
class JsonPull {
 public:
  explicit JsonPull(std::string_view text) : text_(text) {}

  [[nodiscard]] bool failed() const { return failed_; }
  /// Behind the value there may be blanks only.
  bool at_end();

  /// each(key) for every member; it has to read or skip() the value. What is no object is skipped.
  template <class Each>
  void object(const Each& each) {
    if (!enter('{')) return;
    while (member()) {
      const std::string_view key = string();
      // One that had escapes stands where the next string goes.
      const std::string kept = key.data() == scratch_.data() ? std::string(key) : std::string();
      if (!colon()) return;
      each(kept.empty() ? key : std::string_view(kept));
      if (failed_) return;
    }
  }
  /// each() for every item, which it has to read or skip(). What is no array is skipped.
  template <class Each>
  void array(const Each& each) {
    if (!enter('[')) return;
    while (item()) {
      each();
      if (failed_) return;
    }
  }
  /// The text of a string; empty for anything else, which is skipped. Valid until the next call.
  std::string_view string();
  /// 0 for anything else. A number in quotes counts: that is how Google writes 64 bits.
  double number();
  std::int64_t integer();
  /// False for anything else.
  bool boolean();
  void skip();

 private:
  void blanks();
  bool enter(char bracket);
  bool member();
  bool item();
  bool next(char closing);
  bool colon();
  void skip_string();
  void fail() { failed_ = true; }
  [[nodiscard]] char here() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  void unescape(std::size_t begin);
  bool hex4(std::uint32_t& code);

  std::string_view text_;
  std::size_t at_ = 0;
  int depth_ = 0;
  bool failed_ = false, first_ = false;  // first_: no member or item of the innermost bracket was read yet
  std::string scratch_;
};

}  // namespace zmig::gsheet
