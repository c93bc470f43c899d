#include "api/series_labels.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>

#include "profile/utf8.h"

namespace anneal {
namespace {

constexpr std::string_view kName = "__name__";
constexpr std::string_view kService = "service_name";
constexpr std::string_view kUnknownService = "unknown_service";
constexpr std::string_view kDeltaPrefix = "godeltaprof_";

// Names that only we set.
constexpr std::array<std::string_view, 7> kDerived = {
    "__name__",         "__period_type__", "__period_unit__", "__profile_type__",
    "__service_name__", "__type__",        "__unit__"};

bool IsDerived(std::string_view name) {
  return std::find(kDerived.begin(), kDerived.end(), name) != kDerived.end();
}

// The name with what older clients of the query side cannot read replaced.
std::string Sanitized(std::string_view name) {
  std::string out(name);
  for (char& c : out) {
    bool word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (!word) c = '_';
  }
  if (!out.empty() && out[0] >= '0' && out[0] <= '9') out[0] = '_';
  return out;
}

void SanitizeNames(LabelSet& labels) {
  std::map<std::string, std::string> named;
  for (LabelPair& label : labels) named.try_emplace(Sanitized(label.name), std::move(label.value));
  labels.clear();
  for (auto& [name, value] : named) labels.push_back({name, std::move(value)});
}

// Session ids are 64 bits in hex; others are left alone.
void FoldSession(LabelSet& labels, uint64_t max_sessions) {
  for (LabelPair& label : labels) {
    if (label.name != "__session_id__") continue;
    uint64_t id = 0;
    const char* end = label.value.data() + label.value.size();
    auto [next, error] = std::from_chars(label.value.data(), end, id, 16);
    if (error == std::errc() && next == end)
      label.value = fmt::format("{:016x}", id % max_sessions);
  }
}

}  // namespace

Status CheckLabel(std::string_view name, std::string_view value, const Limits& limits) {
  auto exceeds = [](size_t amount, size_t limit) { return limit != 0 && amount > limit; };
  if (name.empty()) return InvalidArgument("a label has no name");
  if (exceeds(name.size(), limits.max_label_name_bytes)) {
    return InvalidArgument("label `{}…`: its name has {} bytes; limits.label_name allows {}",
                           ValidUtf8Prefix(name) == name.size() ? name.substr(0, 32) : "",
                           name.size(), limits.max_label_name_bytes);
  }
  if (ValidUtf8Prefix(name) != name.size()) return InvalidArgument("a label's name is not UTF-8");
  if (exceeds(value.size(), limits.max_label_value_bytes)) {
    return InvalidArgument("label `{}`: its value has {} bytes; limits.label_value allows {}", name,
                           value.size(), limits.max_label_value_bytes);
  }
  if (ValidUtf8Prefix(value) != value.size()) {
    return InvalidArgument("label `{}`: its value is not UTF-8", name);
  }
  return {};
}

Result<SeriesLabels> CompleteLabels(std::vector<LabelPair> sent, const Limits& limits) {
  if (sent.empty()) return InvalidArgument("the series has no labels; send __name__ at least");
  if (limits.max_labels != 0 && sent.size() > limits.max_labels) {
    return InvalidArgument("the series has {} labels; limits.labels allows {}", sent.size(),
                           limits.max_labels);
  }
  for (const LabelPair& label : sent) TRY(CheckLabel(label.name, label.value, limits));
  ASSIGN_OR_RETURN(LabelSet sorted, MakeLabelSet(std::move(sent)));
  SeriesLabels series;
  series.name = FindLabel(sorted, kName);
  if (series.name.empty() || series.name.find(':') != std::string::npos) {
    return InvalidArgument("series {}: __name__ must be given, without ':'", ToString(sorted));
  }
  // Before names that only we set are looked for: others may become one of them.
  if (limits.label_names == LabelNames::kSanitized) SanitizeNames(sorted);
  bool has_service = !FindLabel(sorted, kService).empty();
  std::erase_if(sorted, [](const LabelPair& label) {
    return IsDerived(label.name) || label.name == "__delta__";
  });
  if (!has_service) sorted.push_back({std::string(kService), std::string(kUnknownService)});
  if (series.name.starts_with(kDeltaPrefix) && series.name.size() > kDeltaPrefix.size()) {
    sorted.push_back({"__name_replaced__", series.name});
    series.name.erase(0, kDeltaPrefix.size());
  }
  if (limits.max_sessions != 0) FoldSession(sorted, limits.max_sessions);
  std::sort(sorted.begin(), sorted.end());
  series.label_names = limits.label_names;
  series.labels = std::move(sorted);
  return series;
}

LabelSet ColumnLabels(const SeriesLabels& series, const LabelSet& sample_labels,
                      const Profile& profile, size_t column) {
  std::string_view type = profile.Text(profile.sample_types[column].type);
  std::string_view unit = profile.Text(profile.sample_types[column].unit);
  std::string_view period_type = profile.Text(profile.period_type.type);
  std::string_view period_unit = profile.Text(profile.period_type.unit);
  std::string_view name = series.name;
  // Wall profilers that count CPU time say so in the sample type only.
  if (name == "wall" && type == "cpu") name = "process_cpu";

  LabelSet out;
  out.reserve(series.labels.size() + sample_labels.size() + kDerived.size());
  out = series.labels;
  LabelSet sanitized;
  if (series.label_names == LabelNames::kSanitized) {
    sanitized = sample_labels;
    SanitizeNames(sanitized);
  }
  const LabelSet& added = series.label_names == LabelNames::kSanitized ? sanitized : sample_labels;
  for (const LabelPair& label : added) {
    if (!IsDerived(label.name) && FindLabel(series.labels, label.name).empty()) {
      out.push_back(label);
    }
  }
  auto add = [&](std::string_view key, std::string_view value) {
    if (!value.empty()) out.push_back({std::string(key), std::string(value)});
  };
  add("__name__", name);
  add("__period_type__", period_type);
  add("__period_unit__", period_unit);
  add("__profile_type__",
      fmt::format("{}:{}:{}:{}:{}", name, type, unit, period_type, period_unit));
  add("__service_name__", FindLabel(series.labels, kService));
  add("__type__", type);
  add("__unit__", unit);
  std::sort(out.begin(), out.end());
  return out;
}

}  // namespace anneal
