// Structured logs, one event a line on stderr, in logfmt or JSON:
//   ts=2026-11-23T13:36:46.123Z level=info msg="listening" address=127.0.0.1:4040
// Library modules log through this; only `cli` prints to stdout. Never log a secret.
#pragma once

#include <fmt/format.h>

#include <initializer_list>
#include <string>
#include <string_view>

namespace anneal::log {

enum class Level { kDebug, kInfo, kWarn, kError };
enum class Format { kLogfmt, kJson };

// One key and its value, formatted at once.
struct Field {
  template <typename T>
  Field(std::string_view k, const T& v) : key(k), value(fmt::format("{}", v)) {}
  std::string_view key;
  std::string value;
};

// Drops events below `level` from now on. Thread-safe.
void Configure(Level level, Format format);

void Write(Level level, std::string_view message, std::initializer_list<Field> fields = {});

inline void Debug(std::string_view m, std::initializer_list<Field> f = {}) {
  Write(Level::kDebug, m, f);
}
inline void Info(std::string_view m, std::initializer_list<Field> f = {}) {
  Write(Level::kInfo, m, f);
}
inline void Warn(std::string_view m, std::initializer_list<Field> f = {}) {
  Write(Level::kWarn, m, f);
}
inline void Error(std::string_view m, std::initializer_list<Field> f = {}) {
  Write(Level::kError, m, f);
}

// The text of one event without time; what Write prints after it. For tests.
std::string FormatEvent(Format format, Level level, std::string_view message,
                        std::initializer_list<Field> fields);

}  // namespace anneal::log
