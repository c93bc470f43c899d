#include "collect/scrape_config.h"

#include <yaml-cpp/yaml.h>

#include <charconv>
#include <set>

#include "base/units.h"

namespace anneal {
namespace {

constexpr KnownProfile kKnownProfiles[] = {
    {"process_cpu", "/debug/pprof/profile", ScrapeKind::kTimed, true},
    {"memory", "/debug/pprof/allocs", ScrapeKind::kCumulative, true},
    {"goroutine", "/debug/pprof/goroutine", ScrapeKind::kSnapshot, true},
    {"mutex", "/debug/pprof/mutex", ScrapeKind::kCumulative, true},
    {"block", "/debug/pprof/block", ScrapeKind::kCumulative, true},
    {"fgprof", "/debug/fgprof", ScrapeKind::kTimed, false},
    {"godeltaprof_memory", "/debug/pprof/delta_heap", ScrapeKind::kSnapshot, false},
    {"godeltaprof_mutex", "/debug/pprof/delta_mutex", ScrapeKind::kSnapshot, false},
    {"godeltaprof_block", "/debug/pprof/delta_block", ScrapeKind::kSnapshot, false},
};

// What is wrong with the config, thrown within this file only and caught at its edge.
struct Wrong {
  int line;  // 1-based
  std::string what;
};

[[noreturn]] void Fail(const YAML::Node& node, std::string what) {
  throw Wrong{node.Mark().line + 1, std::move(what)};
}

std::string Text(const YAML::Node& node, std::string_view key) {
  if (!node.IsScalar()) Fail(node, fmt::format("{} must be a text", key));
  return node.Scalar();
}

int64_t Duration(const YAML::Node& node, std::string_view key) {
  Result<int64_t> duration = ParseDuration(Text(node, key));
  if (!duration.ok()) Fail(node, fmt::format("{}: {}", key, duration.status().message()));
  if (*duration < 1'000'000'000) Fail(node, fmt::format("{} must be at least 1s", key));
  return *duration;
}

void CheckKeys(const YAML::Node& map, std::string_view where, const std::set<std::string>& known) {
  if (!map.IsMap()) Fail(map, fmt::format("{} must be a map", where));
  for (const auto& entry : map) {
    std::string key = entry.first.as<std::string>();
    if (!known.contains(key)) {
      Fail(entry.first,
           fmt::format("{} has no key '{}'; known: {}", where, key, fmt::join(known, ", ")));
    }
  }
}

LabelList Labels(const YAML::Node& map) {
  if (!map.IsMap()) Fail(map, "labels must be a map of names to values");
  LabelList labels;
  for (const auto& entry : map) {
    labels.emplace_back(Text(entry.first, "a label's name"), Text(entry.second, "a label's value"));
  }
  return labels;
}

ScrapeTarget Target(const YAML::Node& node) {
  ScrapeTarget target;
  if (node.IsScalar()) {
    target.address = node.Scalar();
  } else {
    CheckKeys(node, "a target", {"address", "labels"});
    if (!node["address"]) Fail(node, "a target needs an address");
    target.address = Text(node["address"], "address");
    if (node["labels"]) target.labels = Labels(node["labels"]);
  }
  Status status = CheckTargetAddress(target.address);
  if (!status.ok()) Fail(node, status.message());
  return target;
}

// Applies one entry of `profiles:` to the list.
void Choose(const std::string& name, const YAML::Node& value,
            std::vector<ScrapeProfile>& profiles) {
  const KnownProfile* known = nullptr;
  std::vector<std::string_view> names;
  for (const KnownProfile& profile : kKnownProfiles) {
    names.push_back(profile.name);
    if (profile.name == name) known = &profile;
  }
  if (known == nullptr) {
    Fail(value, fmt::format("unknown profile '{}'; known: {}", name, fmt::join(names, ", ")));
  }
  std::erase_if(profiles, [&](const ScrapeProfile& profile) { return profile.name == name; });
  ScrapeProfile profile{.name = name, .path = std::string(known->path), .kind = known->kind};
  if (value.IsScalar()) {
    bool enabled = false;
    if (!YAML::convert<bool>::decode(value, enabled)) {
      Fail(value, fmt::format("profiles: {}: write true, false, or {{path: ...}}", name));
    }
    if (!enabled) return;
  } else {
    CheckKeys(value, "a profile", {"path"});
    if (value["path"]) profile.path = Text(value["path"], "path");
    if (!profile.path.starts_with('/')) Fail(value, "a profile's path begins with /");
  }
  profiles.push_back(std::move(profile));
}

ScrapeConfig Job(const YAML::Node& node) {
  CheckKeys(node, "a scrape job",
            {"job", "service", "targets", "interval", "timeout", "scheme", "path_prefix", "labels",
             "profiles"});
  ScrapeConfig config;
  if (!node["job"]) Fail(node, "a scrape job needs a name: job");
  config.job = Text(node["job"], "job");
  config.service = node["service"] ? Text(node["service"], "service") : config.job;
  if (!node["targets"] || !node["targets"].IsSequence() || node["targets"].size() == 0) {
    Fail(node, fmt::format("scrape job '{}' needs a list of targets", config.job));
  }
  for (const YAML::Node& target : node["targets"]) config.targets.push_back(Target(target));
  if (node["interval"]) config.interval_ns = Duration(node["interval"], "interval");
  if (node["timeout"]) config.timeout_ns = Duration(node["timeout"], "timeout");
  if (node["scheme"]) {
    config.scheme = Text(node["scheme"], "scheme");
    if (config.scheme != "http" && config.scheme != "https") {
      Fail(node["scheme"], "scheme must be http or https");
    }
  }
  if (node["path_prefix"]) config.path_prefix = Text(node["path_prefix"], "path_prefix");
  if (node["labels"]) config.labels = Labels(node["labels"]);
  config.profiles = DefaultScrapeProfiles();
  if (const YAML::Node& profiles = node["profiles"]; profiles) {
    if (!profiles.IsMap()) Fail(profiles, "profiles must be a map of names to true or false");
    for (const auto& entry : profiles) {
      Choose(entry.first.as<std::string>(), entry.second, config.profiles);
    }
  }
  if (config.profiles.empty()) {
    Fail(node, fmt::format("scrape job '{}' has no profile left", config.job));
  }
  return config;
}

std::vector<ScrapeConfig> Jobs(const std::string& text) {
  YAML::Node root = YAML::Load(text);
  if (!root.IsMap() || !root["scrape"] || root["scrape"].IsNull()) return {};
  if (!root["scrape"].IsSequence()) Fail(root["scrape"], "scrape must be a list of jobs");
  std::vector<ScrapeConfig> configs;
  std::set<std::string> names;
  for (const YAML::Node& node : root["scrape"]) {
    configs.push_back(Job(node));
    if (!names.insert(configs.back().job).second) {
      Fail(node, fmt::format("two scrape jobs are called '{}'", configs.back().job));
    }
  }
  return configs;
}

}  // namespace

std::span<const KnownProfile> KnownProfiles() { return kKnownProfiles; }

std::vector<ScrapeProfile> DefaultScrapeProfiles() {
  std::vector<ScrapeProfile> profiles;
  for (const KnownProfile& known : kKnownProfiles) {
    if (!known.by_default) continue;
    profiles.push_back(
        {.name = std::string(known.name), .path = std::string(known.path), .kind = known.kind});
  }
  return profiles;
}

Status CheckTargetAddress(std::string_view address) {
  size_t colon = address.rfind(':');
  int port = 0;
  bool fine = colon != std::string_view::npos && colon > 0 &&
              address.find_first_of("/?# ") == std::string_view::npos;
  if (fine) {
    const char* end = address.data() + address.size();
    auto [stop, error] = std::from_chars(address.data() + colon + 1, end, port);
    fine = error == std::errc() && stop == end && port > 0 && port < 65536;
  }
  if (fine) return {};
  return InvalidArgument("target '{}': write HOST:PORT", address);
}

Result<std::vector<ScrapeConfig>> ParseScrapeConfig(std::string_view yaml) {
  try {
    return Jobs(std::string(yaml));
  } catch (const Wrong& wrong) {
    return InvalidArgument("line {}: {}", wrong.line, wrong.what);
  } catch (const YAML::Exception& error) {
    return InvalidArgument("line {}: {}", error.mark.line + 1, error.msg);
  }
}

}  // namespace anneal
