#pragma once
/// Results: the value, or what went wrong and what is known about the outside world afterwards.
///
/// The names are those of std::expected (C++23), so that this header can be replaced by it. No exception crosses a
/// folder boundary in zmig: whatever can fail for a reason outside the program returns a Result.

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <utility>
#include <variant>

namespace zmig {

/// Nine codes, because each one makes a caller do something different. Anything finer is text, or the ZM code.
enum class Errc {
  invalid_input,  ///< what a person wrote or typed is wrong; fix it
  not_found,      ///< an input that was named is not there
  conflict,       ///< the live workbook, or the history, is not what was expected
  unsupported,    ///< this target cannot do it; another may
  denied,         ///< permission, protection
  busy,           ///< somebody else holds it; wait
  transient,      ///< the same request may work later
  corrupt,        ///< stored bytes are damaged, or newer than this program
  io,             ///< the file system refused (full, read-only, EIO)
};

/// What we know about the outside world after a failure.
/// unknown: the request left us and no answer came back. The caller must look again before it acts.
enum class Effect { none, unknown };

struct [[nodiscard]] Error {
  Errc code = Errc::invalid_input;
  std::string message;  ///< lower case, no full stop, names things in double quotes
  std::string zm;       ///< stable diagnostic code, "ZM0471"; empty when a caller has to add it
  std::string place;    ///< "Operaciones!BM1", "zmig.toml:4:1", or empty
  std::string help;     ///< the fix, or empty
  Effect effect = Effect::none;
  std::optional<std::chrono::milliseconds> retry_after = std::nullopt;

  bool operator==(const Error&) const = default;
};

/// Aborts with a message: the programmer is wrong, in every build.
[[noreturn]] void assertion_failed(const char* condition, const char* why, const char* file, int line);

#define ZMIG_ASSERT(condition, why) \
  ((condition) ? static_cast<void>(0) : ::zmig::assertion_failed(#condition, why, __FILE__, __LINE__))

template <class T>
class [[nodiscard]] Result {
 public:
  using value_type = T;
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}      // NOLINT(google-explicit-constructor)
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT(google-explicit-constructor)

  [[nodiscard]] bool has_value() const { return state_.index() == 0; }
  explicit operator bool() const { return has_value(); }

  T& value() & {
    ZMIG_ASSERT(has_value(), "value() of a failed Result");
    return std::get<0>(state_);
  }
  const T& value() const& {
    ZMIG_ASSERT(has_value(), "value() of a failed Result");
    return std::get<0>(state_);
  }
  T&& value() && {
    ZMIG_ASSERT(has_value(), "value() of a failed Result");
    return std::get<0>(std::move(state_));
  }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  [[nodiscard]] const Error& error() const& {
    ZMIG_ASSERT(!has_value(), "error() of a Result that holds a value");
    return std::get<1>(state_);
  }
  [[nodiscard]] Error& error() & {
    ZMIG_ASSERT(!has_value(), "error() of a Result that holds a value");
    return std::get<1>(state_);
  }
  [[nodiscard]] Error&& error() && {
    ZMIG_ASSERT(!has_value(), "error() of a Result that holds a value");
    return std::get<1>(std::move(state_));
  }

 private:
  std::variant<T, Error> state_;
};

/// Success carries nothing. `return ok();`
using Status = Result<std::monostate>;
inline Status ok() { return Status(std::monostate{}); }

/// Shorthand for the common case: a code, a message and a stable ZM code.
inline Error make_error(Errc code, std::string zm, std::string message, std::string help = {}, std::string place = {}) {
  Error error;
  error.code = code;
  error.zm = std::move(zm);
  error.message = std::move(message);
  error.help = std::move(help);
  error.place = std::move(place);
  return error;
}

#define ZMIG_CONCAT_INNER(a, b) a##b
#define ZMIG_CONCAT(a, b) ZMIG_CONCAT_INNER(a, b)

/// ZMIG_TRY(Schema live, target.inspect());   declares `live`, or returns the error from the enclosing function.
#define ZMIG_TRY(declaration, expression) ZMIG_TRY_INNER(declaration, expression, ZMIG_CONCAT(zmig_try_, __LINE__))
#define ZMIG_TRY_INNER(declaration, expression, temporary)         \
  auto temporary = (expression);                                   \
  if (!temporary.has_value()) return std::move(temporary).error(); \
  declaration = std::move(temporary).value()

/// ZMIG_CHECK_OK(writer.commit(batch, staged));   returns the error, or goes on.
#define ZMIG_CHECK_OK(expression)                                                          \
  do {                                                                                     \
    auto zmig_check_ok_result = (expression);                                              \
    if (!zmig_check_ok_result.has_value()) return std::move(zmig_check_ok_result).error(); \
  } while (false)

}  // namespace zmig
