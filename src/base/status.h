// Status and Result<T>: how every fallible function in anneal reports failure.
//
// Nothing throws. A function that can fail returns Status or Result<T>; both are [[nodiscard]].
// The codes are Connect's (https://connectrpc.com/docs/protocol#error-codes), so that an error
// crosses the API's edge without translation. A message says what failed, on what, and what to do.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace anneal {

// Connect's sixteen error codes, with Connect's numbers; kOk is ours.
enum class Code : uint8_t {
  kOk = 0,
  kCanceled = 1,
  kUnknown = 2,
  kInvalidArgument = 3,
  kDeadlineExceeded = 4,
  kNotFound = 5,
  kAlreadyExists = 6,
  kPermissionDenied = 7,
  kResourceExhausted = 8,
  kFailedPrecondition = 9,
  kAborted = 10,
  kOutOfRange = 11,
  kUnimplemented = 12,
  kInternal = 13,
  kUnavailable = 14,
  kDataLoss = 15,
  kUnauthenticated = 16,
};

// The code's name on the wire: "invalid_argument"; "ok" for kOk.
std::string_view CodeName(Code code);

// Success, or a code with a message for people. Success costs one null pointer.
class [[nodiscard]] Status {
 public:
  Status() = default;
  Status(Code code, std::string message);

  bool ok() const { return rep_ == nullptr; }
  Code code() const { return rep_ ? rep_->code : Code::kOk; }
  // Empty when ok().
  const std::string& message() const;
  // "invalid_argument: what failed", or "ok".
  std::string ToString() const;
  // The same status with "context: " put before its message; ok stays ok.
  Status Annotate(std::string_view context) const;

 private:
  struct Rep {
    Code code;
    std::string message;
  };
  // Shared and immutable, so that a Status copies cheaply.
  std::shared_ptr<const Rep> rep_;
};

// Error(Code::kNotFound, "no series matches {}", selector)
template <typename... Args>
Status Error(Code code, fmt::format_string<Args...> format, Args&&... args) {
  return Status(code, fmt::format(format, std::forward<Args>(args)...));
}

template <typename... Args>
Status InvalidArgument(fmt::format_string<Args...> format, Args&&... args) {
  return Status(Code::kInvalidArgument, fmt::format(format, std::forward<Args>(args)...));
}

// A value or the Status that says why there is none.
template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : value_(std::move(value)) {}         // NOLINT: implicit by design
  Result(Status status) : status_(std::move(status)) {  // NOLINT: implicit by design
    if (status_.ok()) status_ = Status(Code::kInternal, "Result built from an ok Status");
  }

  bool ok() const { return value_.has_value(); }
  const Status& status() const { return status_; }
  // REQUIRES: ok().
  T& value() & { return *value_; }
  const T& value() const& { return *value_; }
  T&& value() && { return *std::move(value_); }
  T& operator*() & { return *value_; }
  const T& operator*() const& { return *value_; }
  T&& operator*() && { return *std::move(value_); }
  T* operator->() { return &*value_; }
  const T* operator->() const { return &*value_; }

 private:
  Status status_;
  std::optional<T> value_;
};

}  // namespace anneal

// Returns from the enclosing function when `expr`, a Status, is not ok.
#define TRY(expr)                              \
  do {                                         \
    ::anneal::Status try_status_ = (expr);     \
    if (!try_status_.ok()) return try_status_; \
  } while (false)

#define ANNEAL_CONCAT_INNER(a, b) a##b
#define ANNEAL_CONCAT(a, b) ANNEAL_CONCAT_INNER(a, b)
#define ANNEAL_ASSIGN_OR_RETURN(result, lhs, expr) \
  auto result = (expr);                            \
  if (!result.ok()) return result.status();        \
  lhs = std::move(result).value()

// ASSIGN_OR_RETURN(Profile profile, DecodePprof(bytes)): assigns, or returns the Status.
#define ASSIGN_OR_RETURN(lhs, expr) \
  ANNEAL_ASSIGN_OR_RETURN(ANNEAL_CONCAT(result_, __LINE__), lhs, expr)
