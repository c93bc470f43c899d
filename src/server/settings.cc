// The table of settings. To add one: a member of ServerConfig, a row here, and the document's table
// (`anneal doctor --markdown`).
#include <iterator>

#include "base/units.h"
#include "server/config.h"

namespace anneal {
namespace {

constexpr uint64_t kSecondNs = 1'000'000'000;
constexpr uint64_t kDayNs = 24 * 3600 * kSecondNs;
constexpr uint64_t kKiB = 1024;
constexpr uint64_t kMiB = 1024 * kKiB;
constexpr uint64_t kYearNs = 365 * kDayNs;

constexpr std::string_view kTenancies[] = {"single", "header"};
constexpr std::string_view kSwitch[] = {"off", "on"};
constexpr std::string_view kDebugAccess[] = {"read", "admin", "off"};
constexpr std::string_view kMetricsAccess[] = {"read", "open"};
constexpr std::string_view kLabelNames[] = {"as_sent", "sanitized"};
constexpr std::string_view kLogLevels[] = {"debug", "info", "warn", "error"};
constexpr std::string_view kLogFormats[] = {"logfmt", "json"};

// A capture-less accessor of one member.
#define FIELD(member) [](ServerConfig& config) -> SettingField { return &config.member; }

using Type = SettingType;

constexpr Setting kSettings[] = {
    {"listen", Type::kText, "Address to serve on, as HOST:PORT; without a host, every address",
     FIELD(listen)},
    {"data", Type::kText, "Directory of the store; created when it does not exist", FIELD(data)},
    {"memory_budget", Type::kBytes,
     "Memory for caches and requests together: a half for http.max_inflight, a quarter for "
     "store.intern_cache, an eighth each for store.block_cache and store.result_cache, unless they "
     "are set",
     FIELD(memory_budget), 16 * kMiB},
    {"retention", Type::kDuration,
     "How long profiles are kept, by their start; 0s keeps them for ever", FIELD(retention_ns), 0,
     100 * kYearNs},
    {"retention_size", Type::kBytes,
     "Size of the store above which the oldest profiles go, whatever their age; 0: any",
     FIELD(retention_bytes)},
    {"tenancy", Type::kChoice,
     "single: everything is of tenant anonymous; header: X-Scope-OrgID names the tenant",
     FIELD(tenancy), 0, 0, kTenancies},
    {"label_names", Type::kChoice,
     "sanitized: other characters than letters, digits and _ in names of labels become _",
     FIELD(label_names), 0, 0, kLabelNames},
    {"shutdown_grace", Type::kDuration,
     "How long requests under way may still take when the server is told to end",
     FIELD(shutdown_grace_ns), 0, 3600 * kSecondNs},

    {"self_profiling", Type::kDuration,
     "Length of the CPU profiles of the server itself that it keeps as service anneal; 0s: none",
     FIELD(self_profiling_ns), 0, 3600 * kSecondNs},

    {"tls.cert", Type::kPath,
     "PEM file of the certificate, then those that signed it: the port speaks TLS; none: it does "
     "not",
     FIELD(tls_cert)},
    {"tls.key", Type::kPath, "PEM file of the certificate's key, without a pass phrase",
     FIELD(tls_key)},

    {"auth.tokens", Type::kPath,
     "File of tokens, as `anneal token` makes them; none: everybody may do everything",
     FIELD(auth_tokens)},
    {"auth.metrics", Type::kChoice, "Whether /metrics asks for the right to read or is open to all",
     FIELD(auth_metrics), 0, 0, kMetricsAccess},
    {"auth.debug", Type::kChoice,
     "The right that /debug/pprof asks for, which profiles the server itself; off: it is not there",
     FIELD(auth_debug), 0, 0, kDebugAccess},
    {"auth.session", Type::kDuration, "How long a login on the page lasts", FIELD(auth_session_ns),
     60 * kSecondNs, kYearNs},

    {"admin.backup_root", Type::kPath, "Directory below which admin calls make backups",
     FIELD(admin_backup_root)},
    {"admin.loopback", Type::kChoice,
     "Whether callers on this machine may make admin calls when there are no tokens",
     FIELD(admin_loopback), 0, 0, kSwitch},

    {"log.level", Type::kChoice, "The least level that is logged; debug logs every request",
     FIELD(log_level), 0, 0, kLogLevels},
    {"log.format", Type::kChoice, "How log lines are written", FIELD(log_format), 0, 0,
     kLogFormats},
    {"log.slow_request", Type::kDuration,
     "Requests that take longer are logged as warnings; 0s: none", FIELD(log_slow_ns), 0,
     3600 * kSecondNs},

    {"store.intern_cache", Type::kBytes, "Memory for symbol tables of services being written",
     FIELD(store_intern_cache), kMiB},
    {"store.block_cache", Type::kBytes, "Memory for blocks of the store read from disk",
     FIELD(store_block_cache), kMiB},
    {"store.result_cache", Type::kBytes,
     "Memory for answers about windows that are over; 0 keeps none", FIELD(store_result_cache)},
    {"store.epoch", Type::kDuration,
     "How long profiles of a service share one symbol table; retention drops whole epochs",
     FIELD(store_epoch_ns), 60 * kSecondNs, kYearNs},
    {"store.retention_interval", Type::kDuration, "How often old profiles are looked for",
     FIELD(retention_interval_ns), kSecondNs, kDayNs},

    {"http.worker_threads", Type::kCount, "Threads that handle requests", FIELD(worker_threads), 1,
     1024},
    {"http.io_threads", Type::kCount, "Threads that read and write connections", FIELD(io_threads),
     1, 256},
    {"http.max_connections", Type::kCount, "Open connections; more are refused with 503",
     FIELD(max_connections), 1, 1'000'000},
    {"http.max_inflight", Type::kBytes,
     "Memory for request bodies and for reading them, all connections together; more get 503 with "
     "Retry-After",
     FIELD(max_inflight), kMiB},
    {"http.max_header", Type::kBytes, "A request's header; larger ones get 431", FIELD(max_header),
     kKiB, 16 * kMiB},
    {"http.header_timeout", Type::kDuration, "From a request's first byte to its whole header",
     FIELD(header_timeout_ns), kSecondNs / 1000, 3600 * kSecondNs},
    {"http.body_timeout", Type::kDuration, "From a request's header to its whole body",
     FIELD(body_timeout_ns), kSecondNs / 1000, 24 * 3600 * kSecondNs},
    {"http.idle_timeout", Type::kDuration, "How long a connection may stay open between requests",
     FIELD(idle_timeout_ns), kSecondNs / 1000, 24 * 3600 * kSecondNs},

    {"limits.body", Type::kBytes, "A pushed request, as sent and after decompression",
     FIELD(limits.max_body_bytes), kKiB, uint64_t{16} << 30},
    {"limits.profile", Type::kBytes, "One profile after decompression",
     FIELD(limits.max_profile_bytes)},
    {"limits.samples", Type::kCount, "Samples of one profile", FIELD(limits.max_samples)},
    {"limits.profiles", Type::kCount, "Profiles of one pushed request", FIELD(limits.max_profiles)},
    {"limits.sample_labels", Type::kCount, "Labels of one sample", FIELD(limits.max_sample_labels)},
    {"limits.stack_depth", Type::kCount, "Locations of one sample; longer stacks lose their leaves",
     FIELD(limits.max_stack_depth)},
    {"limits.inlined_frames", Type::kCount, "Frames inlined into one location",
     FIELD(limits.max_inlined_frames)},
    {"limits.symbol", Type::kBytes,
     "One string of a profile, such as a function's name; longer ones keep their end",
     FIELD(limits.max_symbol_bytes)},
    {"limits.labels", Type::kCount, "Labels of one series", FIELD(limits.max_labels)},
    {"limits.label_name", Type::kBytes, "A label's name", FIELD(limits.max_label_name_bytes)},
    {"limits.label_value", Type::kBytes, "A label's value", FIELD(limits.max_label_value_bytes)},
    {"limits.series_per_profile", Type::kCount,
     "Series that one profile may be split into by its samples' labels",
     FIELD(limits.max_series_per_profile)},
    {"limits.series_per_tenant", Type::kCount,
     "Series that each tenant may have; pushes that need more get 429", FIELD(store_max_series)},
    {"limits.sessions", Type::kCount,
     "Values of __session_id__ told apart; ids become their remainder, 0 keeps all",
     FIELD(limits.max_sessions)},
    {"limits.ingest_rate", Type::kBytes, "Bytes a second that each tenant may push",
     FIELD(limits.ingest_rate_bytes)},
    {"limits.ingest_burst", Type::kBytes,
     "Bytes that may be pushed at once above the rate; 0 means a second's worth",
     FIELD(limits.ingest_burst_bytes)},
    {"limits.max_age", Type::kDuration,
     "Profiles that began longer ago are refused; 0s: as the retention has it",
     FIELD(limits.max_age_ns), 0, 100 * kYearNs},
    {"limits.max_future", Type::kDuration, "Profiles that begin further in the future are refused",
     FIELD(limits.max_future_ns), 0, 100 * kYearNs},
    {"limits.query_length", Type::kDuration, "Longest time range of a query",
     FIELD(limits.max_query_length_ns), 0, 100 * kYearNs},
    {"limits.query_lookback", Type::kDuration,
     "How far back queries see; older profiles are left out of them",
     FIELD(limits.max_query_lookback_ns), 0, 100 * kYearNs},
    {"limits.query_time", Type::kDuration, "How long one query may take",
     FIELD(limits.max_query_time_ns), 0, kDayNs},
    {"limits.query_memory", Type::kBytes,
     "Memory that queries at a time may take, together: sums, profiles, answers",
     FIELD(limits.max_query_memory_bytes)},
    {"limits.flame_nodes_default", Type::kCount,
     "Nodes of a flame graph when the client names no number", FIELD(limits.default_flame_nodes), 1,
     uint64_t{1} << 30},
    {"limits.flame_nodes", Type::kCount, "Most nodes of a flame graph a client may ask for",
     FIELD(limits.max_flame_nodes), 1, uint64_t{1} << 30},
    {"limits.published_records", Type::kCount,
     "Published records kept of each service, the newest; 0: all",
     FIELD(limits.max_published_records)},
    {"limits.series_points", Type::kCount, "Points of one series in an answer",
     FIELD(limits.max_series_points), 1},
};

#undef FIELD

std::string ExpectedOf(const Setting& setting) {
  switch (setting.type) {
    case Type::kText:
      return "text";
    case Type::kPath:
      return "a path";
    case Type::kChoice:
      return fmt::format("one of {}", fmt::join(setting.choices, ", "));
    case Type::kCount:
      return "a whole number";
    case Type::kBytes:
      return "a size such as 256MiB";
    case Type::kDuration:
      return "a duration such as 15s, 1h30m or 31d";
  }
  return {};
}

std::string ShowNumber(SettingType type, uint64_t number) {
  switch (type) {
    case Type::kBytes:
      return FormatBytes(number);
    case Type::kDuration:
      return FormatDuration(static_cast<int64_t>(number));
    default:
      return fmt::format("{}", number);
  }
}

Result<uint64_t> ParseNumber(const Setting& setting, std::string_view text) {
  if (setting.type == Type::kBytes) return ParseBytes(text);
  if (setting.type == Type::kDuration) {
    ASSIGN_OR_RETURN(const int64_t duration_ns, ParseDuration(text));
    return static_cast<uint64_t>(duration_ns);
  }
  uint64_t number = 0;
  if (text.empty()) return InvalidArgument("\"\" is not a number");
  for (char c : text) {
    const uint64_t digit = static_cast<uint64_t>(c) - '0';
    if (c < '0' || c > '9' || number > (UINT64_MAX - digit) / 10) {
      return InvalidArgument("\"{}\" is not a number", text);
    }
    number = number * 10 + digit;
  }
  return number;
}

}  // namespace

std::span<const Setting> Settings() { return kSettings; }

const Setting* FindSetting(std::string_view name) {
  for (const Setting& setting : kSettings) {
    if (setting.name == name) return &setting;
  }
  return nullptr;
}

std::string SettingFlag(std::string_view name) {
  std::string flag = "--";
  for (char c : name) flag.push_back(c == '.' || c == '_' ? '-' : c);
  return flag;
}

std::string SettingVariable(std::string_view name) {
  std::string variable = "ANNEAL_";
  for (char c : name) {
    variable.push_back(c == '.'               ? '_'
                       : c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A')
                                              : c);
  }
  return variable;
}

std::string ShowSetting(const Setting& setting, const ServerConfig& config) {
  // The accessor gives mutable fields; a copy keeps it the only one.
  ServerConfig copy = config;
  const SettingField field = setting.field(copy);
  if (const auto* text = std::get_if<std::string*>(&field)) return **text;
  if (const auto* number = std::get_if<uint64_t*>(&field))
    return ShowNumber(setting.type, **number);
  return ShowNumber(setting.type, static_cast<uint64_t>(*std::get<int64_t*>(field)));
}

Status SetSetting(const Setting& setting, std::string_view text, ServerConfig& config) {
  const SettingField field = setting.field(config);
  if (auto* const* into = std::get_if<std::string*>(&field)) {
    if (setting.type == Type::kChoice &&
        std::find(setting.choices.begin(), setting.choices.end(), text) == setting.choices.end()) {
      return InvalidArgument("{}: \"{}\" is not {}", setting.name, text, ExpectedOf(setting));
    }
    if (text.empty() && setting.type != Type::kPath)
      return InvalidArgument("{}: must not be empty", setting.name);
    **into = std::string(text);
    return {};
  }
  const Result<uint64_t> number = ParseNumber(setting, text);
  if (!number.ok()) {
    return InvalidArgument("{}: \"{}\" is not {}", setting.name, text, ExpectedOf(setting));
  }
  if (*number < setting.min || *number > setting.max) {
    return InvalidArgument("{}: {} is out of bounds: at least {}, at most {}", setting.name, text,
                           ShowNumber(setting.type, setting.min),
                           ShowNumber(setting.type, setting.max));
  }
  if (auto* const* into = std::get_if<uint64_t*>(&field)) {
    **into = *number;
  } else {
    *std::get<int64_t*>(field) = static_cast<int64_t>(*number);
  }
  return {};
}

}  // namespace anneal
