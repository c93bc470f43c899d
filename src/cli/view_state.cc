#include "cli/view_state.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "net/http.h"

namespace anneal {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kVersion = "1";
constexpr std::string_view kFields[] = {
    "v",          "page",      "type",       "service", "where",  "from",   "until", "base.service",
    "base.where", "base.from", "base.until", "panel",   "shape",  "do",     "fn",    "zoom",
    "search",     "scale",     "group",      "nodes",   "record", "against"};
constexpr std::string_view kRepeated = "do";

std::string TextOf(const Json& value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

Result<ViewState> FromJson(std::string_view text) {
  Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return InvalidArgument("the view's state is no JSON object");
  ViewState state;
  for (const auto& [name, value] : json.items()) {
    if (value.is_array()) {
      for (const Json& element : value) state.emplace_back(name, TextOf(element));
    } else if (value.is_object()) {
      for (const auto& [inner, field] : value.items()) {
        state.emplace_back(name + "." + inner, TextOf(field));
      }
    } else {
      state.emplace_back(name, TextOf(value));
    }
  }
  return state;
}

Status Check(const ViewState& state) {
  for (const auto& [name, value] : state) {
    if (std::find(std::begin(kFields), std::end(kFields), name) == std::end(kFields)) {
      return InvalidArgument("the view's state has no field `{}`; its fields are {}",
                             name.substr(0, 64), fmt::join(kFields, ", "));
    }
    if (name == "v" && value != kVersion) {
      return InvalidArgument("the view's state has version {}; this page reads version {}",
                             value.substr(0, 16), kVersion);
    }
  }
  return Status();
}

}  // namespace

Result<ViewState> ParseViewState(std::string_view text) {
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.front()))) {
    text.remove_prefix(1);
  }
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back()))) {
    text.remove_suffix(1);
  }
  ViewState state;
  if (text.starts_with('{')) {
    ASSIGN_OR_RETURN(state, FromJson(text));
  } else {
    size_t query = text.find_first_of("?#");
    if (query != std::string_view::npos) text.remove_prefix(query + 1);
    state = ParseTarget("/?" + std::string(text)).query;
  }
  TRY(Check(state));
  return state;
}

ViewState MergeViewStates(const ViewState& standard, const ViewState& given) {
  ViewState merged;
  for (const auto& field : standard) {
    bool replaced = std::any_of(given.begin(), given.end(),
                                [&](const auto& other) { return other.first == field.first; });
    if (!replaced) merged.push_back(field);
  }
  for (const auto& field : given) {
    auto same = std::find_if(merged.begin(), merged.end(),
                             [&](const auto& other) { return other.first == field.first; });
    if (same == merged.end() || field.first == kRepeated) {
      merged.push_back(field);
    } else {
      same->second = field.second;
    }
  }
  return merged;
}

std::string WriteViewState(const ViewState& state) {
  std::string out = fmt::format("v={}", kVersion);
  for (const auto& [name, value] : state) {
    if (name != "v") out += fmt::format("&{}={}", name, PercentEncode(value));
  }
  return out;
}

}  // namespace anneal
