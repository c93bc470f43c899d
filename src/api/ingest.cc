#include "api/ingest.h"

#include <charconv>
#include <nlohmann/json.hpp>

#include "api/attime.h"
#include "api/header_value.h"
#include "api/multipart.h"
#include "profile/folded.h"
#include "profile/merge.h"

namespace anneal {
namespace {

constexpr int64_t kSecondNs = 1'000'000'000;

Result<IngestFormat> FormatOf(std::string_view format, bool is_multipart) {
  if (format == "pprof" || (format.empty() && is_multipart)) return IngestFormat::kPprof;
  if (format.empty() || format == "groups") return IngestFormat::kGroups;
  if (format == "lines") return IngestFormat::kLines;
  return Error(Code::kUnimplemented,
               "format `{}` is not read; push pprof, groups (collapsed stacks) or lines",
               format.substr(0, 64));
}

// {"alloc_space":{"units":"bytes","display-name":"…"},…}; other keys are of no use here.
Result<SampleTypeConfigs> ParseConfigs(std::string_view json) {
  nlohmann::json parsed = nlohmann::json::parse(json, nullptr, false);
  if (!parsed.is_object()) {
    return InvalidArgument("sample_type_config is no JSON object");
  }
  SampleTypeConfigs configs;
  for (const auto& [type, fields] : parsed.items()) {
    if (!fields.is_object()) {
      return InvalidArgument("sample_type_config: the entry of `{}` is no JSON object", type);
    }
    const nlohmann::json& entry = fields;  // clang captures no structured binding
    auto text = [&entry](const char* name) {
      auto it = entry.find(name);
      return it != entry.end() && it->is_string() ? it->get<std::string>() : std::string();
    };
    configs[type] = {.units = text("units"), .display_name = text("display-name")};
  }
  return configs;
}

Status ReadParts(const HttpRequest& request, Ingest& ingest) {
  ASSIGN_OR_RETURN(std::vector<FormPart> parts,
                   ParseMultipart(request.headers.Get("Content-Type"), request.body));
  bool found = false;
  for (const FormPart& part : parts) {
    if (part.name == "profile") {
      ingest.profile = part.data;
      found = true;
    } else if (part.name == "sample_type_config") {
      ASSIGN_OR_RETURN(ingest.configs, ParseConfigs(part.data));
    } else if (part.name == "prev_profile") {
      return Error(Code::kFailedPrecondition,
                   "part prev_profile: this client sends cumulative profiles in pairs; update it "
                   "to one that sends deltas (pyroscope-go 1.0 or later)");
    }
  }
  if (!found) return InvalidArgument("the multipart body has no part named `profile`");
  return {};
}

// What the service's suffix says a text profile counts.
struct TextType {
  std::string_view suffix, metric, type, unit, period_type, period_unit;
  int64_t scale;  // of one count; 0: the time between two samples
};
constexpr TextType kTextTypes[] = {
    {".cpu", "process_cpu", "cpu", "nanoseconds", "cpu", "nanoseconds", 0},
    {".wall", "wall", "wall", "nanoseconds", "wall", "nanoseconds", 0},
    {".alloc_objects", "memory", "alloc_objects", "count", "space", "bytes", 1},
    {".alloc_space", "memory", "alloc_space", "bytes", "space", "bytes", 1},
    {".inuse_objects", "memory", "inuse_objects", "count", "space", "bytes", 1},
    {".inuse_space", "memory", "inuse_space", "bytes", "space", "bytes", 1},
    {".goroutines", "goroutines", "goroutine", "count", "goroutine", "count", 1},
    {".mutex_count", "mutex", "contentions", "count", "contentions", "count", 1},
    {".mutex_duration", "mutex", "delay", "nanoseconds", "contentions", "count", 1},
    {".block_count", "block", "contentions", "count", "contentions", "count", 1},
    {".block_duration", "block", "delay", "nanoseconds", "contentions", "count", 1},
};

// The type of a text profile; takes the suffix off `service`.
TextType TakeTextType(std::string& service) {
  for (const TextType& candidate : kTextTypes) {
    if (service.size() > candidate.suffix.size() && service.ends_with(candidate.suffix)) {
      service.resize(service.size() - candidate.suffix.size());
      return candidate;
    }
  }
  return kTextTypes[0];
}

// .NET's agent names types with '-', which a profile type's id cannot hold.
void ReplaceHyphens(Profile& profile) {
  for (ValueType& column : profile.sample_types) {
    std::string type(profile.Text(column.type));
    if (type.find('-') == std::string::npos) continue;
    std::replace(type.begin(), type.end(), '-', '_');
    column.type = profile.strings.Append(type);
  }
}

std::vector<LabelPair> LabelsOf(const Ingest& ingest, std::string_view service,
                                std::string metric) {
  std::vector<LabelPair> labels = {{"__name__", std::move(metric)}, {"pyroscope_spy", ingest.spy}};
  bool has_service = false;
  for (const LabelPair& label : ingest.app.labels) {
    bool is_private = label.name.starts_with("__") && label.name != "__session_id__";
    if (is_private || label.name == "pyroscope_spy") continue;
    has_service = has_service || (label.name == "service_name" && !label.value.empty());
    labels.push_back(label);
  }
  if (!has_service) labels.push_back({"service_name", std::string(service)});
  return labels;
}

// The lines of a text whose every line counts 1, with that count written out.
std::string WithCounts(std::string_view lines) {
  std::string out;
  while (!lines.empty()) {
    size_t end = lines.find('\n');
    std::string_view line = TrimSpace(lines.substr(0, end));
    lines.remove_prefix(end == std::string_view::npos ? lines.size() : end + 1);
    if (!line.empty()) out += fmt::format("{} 1\n", line);
  }
  return out;
}

Status AddText(const Ingest& ingest, const Limits& limits, PushBatch& batch) {
  std::string service = ingest.app.service;
  TextType type = TakeTextType(service);
  if (type.scale == 0) type.scale = kSecondNs / ingest.sample_rate_hz;
  const std::string counted =
      ingest.format == IngestFormat::kLines ? WithCounts(ingest.profile) : std::string();
  ASSIGN_OR_RETURN(Profile profile,
                   DecodeFolded(ingest.format == IngestFormat::kLines ? std::string_view(counted)
                                                                      : ingest.profile,
                                type.type, type.unit));
  if (limits.max_samples != 0 && profile.SampleCount() > limits.max_samples) {
    return InvalidArgument("the profile has {} stacks; max_samples allows {}",
                           profile.SampleCount(), limits.max_samples);
  }
  const double ratio = static_cast<double>(type.scale);
  profile = ScaleProfile(profile, std::span(&ratio, 1));
  profile.period = type.scale;
  profile.period_type = {profile.strings.Append(type.period_type),
                         profile.strings.Append(type.period_unit)};
  return batch.Add(LabelsOf(ingest, service, std::string(type.metric)), std::move(profile),
                   ingest.profile, ingest.from_ns);
}

}  // namespace

Result<Ingest> ParseIngest(const HttpRequest& request, int64_t now_ns) {
  HttpTarget target = ParseTarget(request.target);
  Ingest ingest;
  ASSIGN_OR_RETURN(ingest.app, ParseAppName(target.Get("name")));
  std::string_view spy = target.Get("spyName");
  ingest.spy = spy.empty() ? "unknown" : spy;
  Result<int64_t> from = ParseTime(target.Get("from"), now_ns);
  ingest.from_ns = from.ok() ? *from : now_ns;
  std::string_view rate = target.Get("sampleRate");
  int64_t rate_hz = 0;
  auto [end, error] = std::from_chars(rate.data(), rate.data() + rate.size(), rate_hz);
  bool is_rate = error == std::errc() && end == rate.data() + rate.size() && rate_hz > 0;
  if (is_rate && rate_hz <= kSecondNs) ingest.sample_rate_hz = rate_hz;

  bool is_multipart =
      EqualsIgnoreCase(HeaderMain(request.headers.Get("Content-Type")), "multipart/form-data");
  ASSIGN_OR_RETURN(ingest.format, FormatOf(target.Get("format"), is_multipart));
  ingest.profile = request.body;
  if (is_multipart) TRY(ReadParts(request, ingest));
  return ingest;
}

Status AddIngest(const Ingest& ingest, const Limits& limits, PushBatch& batch) {
  if (ingest.format != IngestFormat::kPprof) return AddText(ingest, limits, batch);
  ASSIGN_OR_RETURN(Profile profile, DecodePushed(ingest.profile, limits));
  if (ingest.spy == "dotnetspy") ReplaceHyphens(profile);
  std::string metric = MetricName(profile, ingest.configs);
  return batch.Add(LabelsOf(ingest, ingest.app.service, std::move(metric)), std::move(profile),
                   ingest.profile, ingest.from_ns);
}

}  // namespace anneal
