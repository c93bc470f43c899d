// The server's settings: one table of them, and where each value came from. A setting's name gives
// its key in the config file ("limits.body" is key `body` in the mapping `limits`), its environment
// variable (ANNEAL_LIMITS_BODY) and its flag (--limits-body). Default < file < environment < flag.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "api/limits.h"
#include "base/fs.h"
#include "base/status.h"
#include "collect/scrape_config.h"
#include "store/retention.h"

namespace anneal {

// Durations are in nanoseconds, sizes in bytes.
struct ServerConfig {
  std::string listen = "127.0.0.1:4040";
  std::string data;
  // Shared by store_block_cache, store_result_cache, store_intern_cache and max_inflight:
  // LoadConfig gives its part to each that is not set.
  uint64_t memory_budget = uint64_t{256} << 20;
  std::string tenancy = "single";
  std::string label_names = "as_sent";
  int64_t shutdown_grace_ns = 10'000'000'000;
  int64_t retention_ns = int64_t{31} * 24 * 3600 * 1'000'000'000;
  uint64_t retention_bytes = 0;  // 0: any size
  // The file's section `retention_rules`; it has no flags.
  std::vector<RetentionRule> retention_rules;
  int64_t retention_interval_ns = int64_t{60} * 1'000'000'000;
  int64_t store_epoch_ns = int64_t{24} * 3600 * 1'000'000'000;
  uint64_t store_block_cache = uint64_t{32} << 20;
  uint64_t store_result_cache = uint64_t{32} << 20;
  uint64_t store_max_series = 200'000;  // of each tenant; 0: any number
  uint64_t store_intern_cache = uint64_t{64} << 20;
  uint64_t io_threads = 1;
  uint64_t worker_threads = 4;
  uint64_t max_connections = 16384;
  uint64_t max_header = 64 << 10;
  uint64_t max_inflight = uint64_t{128} << 20;
  int64_t header_timeout_ns = 10'000'000'000;
  int64_t body_timeout_ns = 60'000'000'000;
  int64_t idle_timeout_ns = 120'000'000'000;
  Limits limits;
  std::string tls_cert, tls_key;  // PEM files, both or none: plain HTTP
  std::string auth_tokens;        // the token file; empty: no authentication
  std::string auth_metrics = "read";
  std::string auth_debug = "read";
  std::string admin_loopback = "off";
  std::string admin_backup_root;  // empty: no backups by call
  int64_t self_profiling_ns = 0;  // 0: off
  int64_t auth_session_ns = int64_t{12} * 3600 * 1'000'000'000;
  std::string log_level = "info";
  std::string log_format = "logfmt";
  int64_t log_slow_ns = 10'000'000'000;
  std::vector<ScrapeConfig> scrape;  // the file's section `scrape`; it has no flags
};

// kPath may be empty: none.
enum class SettingType { kText, kPath, kChoice, kCount, kBytes, kDuration };

using SettingField = std::variant<std::string*, uint64_t*, int64_t*>;

struct Setting {
  std::string_view name;
  SettingType type;
  std::string_view help;  // one sentence without its full stop
  SettingField (*field)(ServerConfig& config);
  // Numbers: the least and the most allowed.
  uint64_t min = 0;
  uint64_t max = UINT64_MAX / 2;
  std::span<const std::string_view> choices = {};  // kChoice
};

// Every setting, in the order help and documents list them.
std::span<const Setting> Settings();
const Setting* FindSetting(std::string_view name);
std::string SettingFlag(std::string_view name);      // "--limits-body"
std::string SettingVariable(std::string_view name);  // "ANNEAL_LIMITS_BODY"
// The value as it would be written in the file; a path that depends on the machine included.
std::string ShowSetting(const Setting& setting, const ServerConfig& config);
// Parses `text` into the field. Errors say what was expected and give the bounds.
Status SetSetting(const Setting& setting, std::string_view text, ServerConfig& config);

struct SettingValue {
  const Setting* setting = nullptr;
  std::string text;    // as ShowSetting
  std::string origin;  // "default", "/etc/anneal/config.yaml:3", "ANNEAL_DATA", "--data"
};

struct LoadedConfig {
  ServerConfig config;
  std::vector<SettingValue> values;  // one for each of Settings()
  std::string file;                  // the one read; empty: none
};

struct ConfigSources {
  std::string file;  // --config; empty: ANNEAL_CONFIG, else the first of ConfigPaths that exists
  std::vector<std::pair<std::string, std::string>> flags;  // setting name and text
  // An environment variable's value; empty when it is not set.
  std::function<std::string(const std::string& name)> env;
};

// Where config files are looked for: $XDG_CONFIG_HOME/anneal/config.yaml (~/.config when that is
// not set), /etc/anneal/config.yaml.
std::vector<std::string> ConfigPaths(const std::function<std::string(const std::string&)>& env);
// The data directory when none is configured: $XDG_DATA_HOME/anneal, ~/.local/share/anneal, or,
// without a home, /var/lib/anneal.
std::string DefaultDataDir(const std::function<std::string(const std::string&)>& env);

// kInvalidArgument for a value out of bounds or an unknown key, with file and line, variable or
// flag; kNotFound when the file that was asked for does not exist.
Result<LoadedConfig> LoadConfig(const Fs& fs, const ConfigSources& sources);

// "HOST:PORT", "[::1]:4040", ":4040" (all addresses) apart.
struct ListenAddress {
  std::string host;
  uint16_t port = 0;
};
Result<ListenAddress> ParseListen(std::string_view text);
// Whether only this machine reaches it: "localhost", an address of 127.0.0.0/8, ::1. No other name,
// whatever it begins with: 127.0.0.1.example.com is where its owner says.
bool IsLoopback(std::string_view host);

// The settings as a Markdown table, one section per group: docs/guide/server.md holds it.
std::string SettingsMarkdown();

}  // namespace anneal
