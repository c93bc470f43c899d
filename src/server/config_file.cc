#include "server/config_file.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <exception>

#include "base/suggest.h"
#include "server/config.h"

namespace anneal {
namespace {

using Entries = std::vector<ConfigFileEntry>;

// Keys whose values are lists, which others read.
constexpr std::string_view kSections[] = {"scrape", "retention_rules"};

template <typename... Args>
Status At(const YAML::Mark& mark, fmt::format_string<Args...> format, Args&&... args) {
  return InvalidArgument("line {}: {}", mark.line + 1,
                         fmt::format(format, std::forward<Args>(args)...));
}

bool IsGroup(std::string_view name) {
  for (const Setting& setting : Settings()) {
    if (setting.name.size() > name.size() && setting.name.starts_with(name) &&
        setting.name[name.size()] == '.') {
      return true;
    }
  }
  return false;
}

Status Unknown(const YAML::Mark& mark, std::string_view name) {
  std::vector<std::string> names(std::begin(kSections), std::end(kSections));
  for (const Setting& setting : Settings()) {
    names.emplace_back(setting.name);
    const size_t dot = setting.name.find('.');
    if (dot != std::string_view::npos) names.emplace_back(setting.name.substr(0, dot));
  }
  std::string meant = Suggest(name, names);
  // A key put at the wrong depth: `body` for `limits.body`.
  for (const std::string& candidate : names) {
    if (meant.empty() && candidate.ends_with(fmt::format(".{}", name))) meant = candidate;
  }
  if (meant.empty()) return At(mark, "unknown key \"{}\" (`anneal doctor` lists all)", name);
  return At(mark, "unknown key \"{}\": did you mean \"{}\"?", name, meant);
}

Status Flatten(const YAML::Node& map, const std::string& prefix, Entries& entries);

Status TakeEntry(const YAML::Node& key, const YAML::Node& value, const std::string& prefix,
                 Entries& entries) {
  if (!key.IsScalar()) return At(key.Mark(), "a key must be a word");
  const std::string name = prefix + key.Scalar();
  if (std::ranges::find(kSections, name) != std::end(kSections)) return {};
  if (FindSetting(name)) {
    if (!value.IsScalar()) {
      return At(value.IsNull() ? key.Mark() : value.Mark(), "{} must have one value", name);
    }
    for (const ConfigFileEntry& entry : entries) {
      if (entry.name == name) return At(key.Mark(), "{} is given twice", name);
    }
    entries.push_back({name, value.Scalar(), key.Mark().line + 1});
    return {};
  }
  if (!IsGroup(name)) return Unknown(key.Mark(), name);
  if (value.IsNull()) return {};  // a group whose keys are all commented out
  if (!value.IsMap()) return At(value.Mark(), "{} must hold keys with values", name);
  return Flatten(value, name + ".", entries);
}

Status Flatten(const YAML::Node& map, const std::string& prefix, Entries& entries) {
  for (const auto& entry : map) TRY(TakeEntry(entry.first, entry.second, prefix, entries));
  return {};
}

}  // namespace

Result<std::vector<ConfigFileEntry>> ParseConfigFile(std::string_view yaml) {
  Entries entries;
  try {
    const YAML::Node root = YAML::Load(std::string(yaml));
    if (root.IsNull()) return entries;
    if (!root.IsMap()) return At(root.Mark(), "the file must hold keys with values");
    TRY(Flatten(root, "", entries));
    return entries;
  } catch (const YAML::Exception& error) {
    if (error.mark.is_null()) return InvalidArgument("not valid YAML: {}", error.msg);
    return At(error.mark, "not valid YAML: {}", error.msg);
  }
}

}  // namespace anneal
