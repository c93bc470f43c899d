#include "server/config.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>

#include "base/suggest.h"
#include "net/http.h"
#include "server/config_file.h"
#include "server/retention_rules.h"

namespace anneal {
namespace {

using Env = std::function<std::string(const std::string&)>;

// Parts of memory_budget in eighths.
struct Share {
  std::string_view setting;
  uint64_t eighths;
};
constexpr Share kShares[] = {{"http.max_inflight", 4},
                             {"store.intern_cache", 2},
                             {"store.block_cache", 1},
                             {"store.result_cache", 1}};

// Puts values over one another and remembers the last writer of each.
class Layers {
 public:
  explicit Layers(LoadedConfig& loaded) : loaded_(loaded) {
    for (const Setting& setting : Settings()) {
      loaded_.values.push_back({.setting = &setting, .origin = "default"});
    }
  }

  Status Put(const Setting& setting, std::string_view text, const std::string& origin) {
    if (const Status status = SetSetting(setting, text, loaded_.config); !status.ok()) {
      return status.Annotate(origin);
    }
    for (SettingValue& value : loaded_.values) {
      if (value.setting == &setting) value.origin = origin;
    }
    return {};
  }

  Status PutFile(const Fs& fs, const std::string& path) {
    ASSIGN_OR_RETURN(const std::string yaml, fs.ReadFile(path));
    const Result<std::vector<ConfigFileEntry>> entries = ParseConfigFile(yaml);
    if (!entries.ok()) return entries.status().Annotate(path);
    Result<std::vector<ScrapeConfig>> scrape = ParseScrapeConfig(yaml);
    if (!scrape.ok()) return scrape.status().Annotate(path);
    Result<std::vector<RetentionRule>> rules = ParseRetentionRules(yaml);
    if (!rules.ok()) return rules.status().Annotate(path);
    for (const ConfigFileEntry& entry : *entries) {
      TRY(Put(*FindSetting(entry.name), entry.text, fmt::format("{}:{}", path, entry.line)));
    }
    loaded_.config.scrape = std::move(scrape).value();
    loaded_.config.retention_rules = std::move(rules).value();
    loaded_.file = path;
    return {};
  }

  // Each that nobody has set gets its part of memory_budget.
  Status ShareMemory() {
    if (OriginOf(*FindSetting("memory_budget")) == "default") return {};  // so are its parts
    for (const Share& share : kShares) {
      const Setting* setting = FindSetting(share.setting);
      if (OriginOf(*setting) != "default") continue;
      const uint64_t bytes = loaded_.config.memory_budget / 8 * share.eighths;
      TRY(Put(*setting, fmt::format("{}", bytes), "memory_budget"));
    }
    return {};
  }

  void Finish() {
    for (SettingValue& value : loaded_.values) {
      value.text = ShowSetting(*value.setting, loaded_.config);
    }
  }

 private:
  std::string_view OriginOf(const Setting& setting) const {
    return std::ranges::find(loaded_.values, &setting, &SettingValue::setting)->origin;
  }

  LoadedConfig& loaded_;
};

std::string PathFor(const Fs& fs, const ConfigSources& sources) {
  if (!sources.file.empty()) return sources.file;
  if (std::string path = sources.env("ANNEAL_CONFIG"); !path.empty()) return path;
  for (const std::string& path : ConfigPaths(sources.env)) {
    if (fs.Exists(path)) return path;
  }
  return {};
}

// The base directory that a variable names, or one below the home directory; empty without both.
std::string XdgDir(const Env& env, const std::string& variable, std::string_view below_home) {
  if (std::string dir = env(variable); dir.starts_with('/')) return dir;
  const std::string home = env("HOME");
  return home.empty() ? std::string() : fmt::format("{}/{}", home, below_home);
}

Status CheckTlsSettings(const ServerConfig& config) {
  if (config.tls_cert.empty() == config.tls_key.empty()) return {};
  const std::string_view set = config.tls_cert.empty() ? "tls.key" : "tls.cert";
  const std::string_view missing = config.tls_cert.empty() ? "tls.cert" : "tls.key";
  return InvalidArgument(
      "{0} is set, but {1} is not: TLS needs both; set {1} too ({2} FILE, or {3})", set, missing,
      SettingFlag(missing), SettingVariable(missing));
}

}  // namespace

std::vector<std::string> ConfigPaths(const Env& env) {
  std::vector<std::string> paths;
  if (const std::string dir = XdgDir(env, "XDG_CONFIG_HOME", ".config"); !dir.empty()) {
    paths.push_back(dir + "/anneal/config.yaml");
  }
  paths.emplace_back("/etc/anneal/config.yaml");
  return paths;
}

std::string DefaultDataDir(const Env& env) {
  const std::string dir = XdgDir(env, "XDG_DATA_HOME", ".local/share");
  return dir.empty() ? "/var/lib/anneal" : dir + "/anneal";
}

Result<LoadedConfig> LoadConfig(const Fs& fs, const ConfigSources& sources) {
  LoadedConfig loaded;
  loaded.config.data = DefaultDataDir(sources.env);
  Layers layers(loaded);
  if (const std::string path = PathFor(fs, sources); !path.empty()) {
    TRY(layers.PutFile(fs, path));
  }
  for (const Setting& setting : Settings()) {
    const std::string variable = SettingVariable(setting.name);
    if (const std::string text = sources.env(variable); !text.empty()) {
      TRY(layers.Put(setting, text, variable));
    }
  }
  for (const auto& [name, text] : sources.flags) {
    const Setting* setting = FindSetting(name);
    if (!setting) return InvalidArgument("there is no setting {}", name);
    TRY(layers.Put(*setting, text, SettingFlag(name)));
  }
  TRY(layers.ShareMemory());
  TRY(ParseListen(loaded.config.listen).status());
  TRY(CheckTlsSettings(loaded.config));
  TRY(CheckRetentionRules(loaded.config));
  layers.Finish();
  return loaded;
}

Result<ListenAddress> ParseListen(std::string_view text) {
  const size_t colon = text.rfind(':');
  const std::string_view digits =
      colon == std::string_view::npos ? std::string_view() : text.substr(colon + 1);
  int port = 0;
  for (char c : digits) port = c < '0' || c > '9' || port > 65535 ? 65536 : port * 10 + (c - '0');
  if (digits.empty() || port > 65535) {
    return InvalidArgument("listen: \"{}\" is not HOST:PORT, such as 127.0.0.1:4040 or :4040",
                           text);
  }
  std::string_view host = text.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string_view::npos) {
    return InvalidArgument("listen: \"{}\": an IPv6 address needs brackets, as in [::1]:4040",
                           text);
  }
  return ListenAddress{std::string(host), static_cast<uint16_t>(port)};
}

bool IsLoopback(std::string_view host) {
  const std::string text(host);
  in_addr v4{};
  if (inet_pton(AF_INET, text.c_str(), &v4) == 1) return ntohl(v4.s_addr) >> 24 == 127;
  in6_addr v6{};
  if (inet_pton(AF_INET6, text.c_str(), &v6) == 1) return IN6_IS_ADDR_LOOPBACK(&v6);
  return EqualsIgnoreCase(host, "localhost");
}

std::string SettingsMarkdown() {
  ServerConfig defaults;
  defaults.data = "$XDG_DATA_HOME/anneal";
  std::string out = "| key | default | meaning |\n|---|---|---|\n";
  for (const Setting& setting : Settings()) {
    const std::string value = ShowSetting(setting, defaults);
    fmt::format_to(std::back_inserter(out), "| `{}` | {} | {}{} |\n", setting.name,
                   value.empty() ? std::string("none") : fmt::format("`{}`", value), setting.help,
                   setting.type == SettingType::kChoice
                       ? fmt::format(" ({})", fmt::join(setting.choices, ", "))
                       : "");
  }
  return out;
}

}  // namespace anneal
