#pragma once
// Keys and tokens: text that is wiped when it goes, and that no other text may repeat.

#include <cstring>
#include <string>
#include <string_view>
#include <utility>

namespace zmig::gsheet {

/// Overwrites what a text holds, also beyond its end, and empties it.
inline void wipe(std::string& text) {
  text.resize(text.capacity());
  ::explicit_bzero(text.data(), text.size());
  text.clear();
}

class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string text) : text_(std::move(text)) {}
  Secret(Secret&& other) noexcept : text_(std::move(other.text_)) { wipe(other.text_); }
  Secret& operator=(Secret&& other) noexcept {
    if (this == &other) return *this;
    wipe(text_);
    text_ = std::move(other.text_);
    wipe(other.text_);
    return *this;
  }
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  ~Secret() { wipe(text_); }

  [[nodiscard]] bool empty() const { return text_.empty(); }
  [[nodiscard]] std::string_view view() const { return text_; }  ///< as long as the secret lives

 private:
  std::string text_;
};

}  // namespace zmig::gsheet
