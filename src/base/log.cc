#include "base/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <atomic>

namespace anneal::log {
namespace {

std::atomic<Level> current_level{Level::kInfo};
std::atomic<Format> current_format{Format::kLogfmt};

std::string_view LevelName(Level level) {
  switch (level) {
    case Level::kDebug:
      return "debug";
    case Level::kInfo:
      return "info";
    case Level::kWarn:
      return "warn";
    case Level::kError:
      return "error";
  }
  return "info";
}

// Quotes `text` with the escapes that logfmt and JSON share. Control bytes never reach a terminal.
std::string Quoted(std::string_view text) {
  std::string out = "\"";
  for (char c : text) {
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\t':
        out += "\\t";
        break;
      case '\r':
        out += "\\r";
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
          out += fmt::format("\\u{:04x}", static_cast<unsigned char>(c));
        } else {
          out += c;
        }
    }
  }
  return out + "\"";
}

bool NeedsQuotes(std::string_view text) {
  if (text.empty()) return true;
  for (char c : text) {
    if (static_cast<unsigned char>(c) <= ' ' || c == '"' || c == '=' || c == '\\' || c == 0x7f) {
      return true;
    }
  }
  return false;
}

spdlog::logger& Logger() {
  static spdlog::logger logger("anneal", std::make_shared<spdlog::sinks::stderr_sink_mt>());
  static const bool configured = [] {
    logger.set_pattern("%v");
    logger.set_level(spdlog::level::trace);
    logger.flush_on(spdlog::level::trace);
    return true;
  }();
  (void)configured;
  return logger;
}

std::string Timestamp() {
  auto now = std::chrono::system_clock::now();
  auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()) % 1000;
  std::time_t seconds = std::chrono::system_clock::to_time_t(now);
  std::tm utc{};
  ::gmtime_r(&seconds, &utc);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", utc.tm_year + 1900,
                     utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec, ms.count());
}

}  // namespace

void Configure(Level level, Format format) {
  current_level = level;
  current_format = format;
}

std::string FormatEvent(Format format, Level level, std::string_view message,
                        std::initializer_list<Field> fields) {
  if (format == Format::kJson) {
    std::string out = fmt::format("\"level\":\"{}\",\"msg\":{}", LevelName(level), Quoted(message));
    for (const Field& field : fields) {
      out += fmt::format(",{}:{}", Quoted(field.key), Quoted(field.value));
    }
    return out;
  }
  std::string out = fmt::format("level={} msg={}", LevelName(level), Quoted(message));
  for (const Field& field : fields) {
    out += fmt::format(" {}={}", field.key,
                       NeedsQuotes(field.value) ? Quoted(field.value) : field.value);
  }
  return out;
}

void Write(Level level, std::string_view message, std::initializer_list<Field> fields) {
  if (level < current_level.load()) return;
  Format format = current_format.load();
  std::string event = FormatEvent(format, level, message, fields);
  if (format == Format::kJson) {
    Logger().info("{{\"ts\":\"{}\",{}}}", Timestamp(), event);
  } else {
    Logger().info("ts={} {}", Timestamp(), event);
  }
}

}  // namespace anneal::log
