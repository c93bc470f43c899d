#include "api/script_names.h"

#include <fmt/format.h>

#include <map>

namespace anneal {

void AddScriptNames(std::string_view spy, Profile& profile) {
  const bool is_python = spy == "pyspy";
  if (!is_python && spy != "rbspy" && spy != "scripting") return;
  std::map<std::pair<StringId, StringId>, StringId> named;  // file and name → both
  for (Function& function : profile.functions) {
    std::string_view file = profile.Text(function.file);
    if (file.empty() || (is_python && file.starts_with('/'))) continue;
    auto [it, is_new] = named.try_emplace({function.file, function.name});
    if (is_new) {
      // Made before Append, which may move the texts that it is made of.
      const std::string text = fmt::format("{} {}", file, profile.Text(function.name));
      it->second = profile.strings.Append(text);
    }
    function.name = it->second;
  }
}

}  // namespace anneal
