#include "api/ingest.h"

#include <charconv>
#include <nlohmann/json.hpp>

#include "api/attime.h"
#include "api/dotnet_pprof.h"
#include "api/header_value.h"
#include "api/multipart.h"
#include "api/request_claim.h"
#include "api/script_names.h"
#include "api/text_profile.h"

namespace anneal {
namespace {

constexpr int64_t kSecondNs = 1'000'000'000;
// Real ones have four types and some hundred bytes.
constexpr size_t kMaxConfigBytes = 64 << 10;

struct FormatName {
  std::string_view name;
  IngestFormat format;
};
constexpr FormatName kFormats[] = {
    {"pprof", IngestFormat::kPprof},   {"jfr", IngestFormat::kJfr},
    {"groups", IngestFormat::kGroups}, {"folded", IngestFormat::kGroups},
    {"lines", IngestFormat::kLines},   {"collapsed", IngestFormat::kGroups},
    {"tree", IngestFormat::kTree},     {"speedscope", IngestFormat::kSpeedscope},
    {"trie", IngestFormat::kTrie},
};

bool IsMultipart(std::string_view content_type) {
  return EqualsIgnoreCase(HeaderMain(content_type), "multipart/form-data");
}

// The format that is named, else the content type's.
IngestFormat FormatOf(std::string_view format, std::string_view content_type) {
  for (const FormatName& known : kFormats) {
    if (known.name == format) return known.format;
  }
  std::string_view type = HeaderMain(content_type);
  if (EqualsIgnoreCase(type, "binary/octet-stream+trie")) return IngestFormat::kTrie;
  if (EqualsIgnoreCase(type, "binary/octet-stream+tree")) return IngestFormat::kTree;
  return IsMultipart(content_type) ? IngestFormat::kPprof : IngestFormat::kGroups;
}

// {"alloc_space":{"units":"bytes","display-name":"…"},…}; other keys are of no use here.
Result<SampleTypeConfigs> ParseConfigs(std::string_view json) {
  if (json.size() > kMaxConfigBytes) {
    return InvalidArgument("sample_type_config has {} bytes; {} are the most", json.size(),
                           kMaxConfigBytes);
  }
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

Status AddPprof(const Ingest& ingest, const Limits& limits, PushBatch& batch) {
  std::string repaired;
  std::string_view pprof = ingest.profile;
  if (ingest.spy == "dotnetspy") {
    ASSIGN_OR_RETURN(repaired, RepairFunctionIds(pprof, limits.max_profile_bytes, batch.memory()));
    if (!repaired.empty()) pprof = repaired;
  }
  ASSIGN_OR_RETURN(Profile profile, batch.Decode(pprof));
  if (ingest.spy == "dotnetspy") ReplaceHyphens(profile);
  AddScriptNames(ingest.spy, profile);
  std::string metric = MetricName(profile, ingest.configs);
  return batch.Add(LabelsOf(ingest, ingest.app.service, std::move(metric)), std::move(profile),
                   ingest.profile, ingest.from_ns);
}

Status AddTexts(const Ingest& ingest, const Limits& limits, PushBatch& batch) {
  const TextInput input{.format = ingest.format,
                        .body = ingest.profile,
                        .service = ingest.app.service,
                        .sample_rate_hz = ingest.sample_rate_hz};
  TRY(ClaimMemory(batch.memory(), TextMemory(input)));
  ASSIGN_OR_RETURN(std::vector<TextProfile> profiles, DecodeTextProfiles(input, limits));
  const std::string body_id = TextBodyId(ingest.profile);
  for (size_t i = 0; i < profiles.size(); ++i) {
    TextProfile& text = profiles[i];
    if (ingest.until_ns > ingest.from_ns) {
      text.profile.duration_ns = ingest.until_ns - ingest.from_ns;
    }
    std::vector<LabelPair> labels = LabelsOf(ingest, text.service, std::move(text.metric));
    if (profiles.size() > 1 && !text.name.empty()) labels.push_back({"profile_name", text.name});
    TRY(batch.Add(std::move(labels), std::move(text.profile), fmt::format("{}{}", body_id, i),
                  ingest.from_ns));
  }
  return {};
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
  Result<int64_t> until = ParseTime(target.Get("until"), now_ns);
  ingest.until_ns = until.ok() ? *until : now_ns;
  std::string_view rate = target.Get("sampleRate");
  int64_t rate_hz = 0;
  auto [end, error] = std::from_chars(rate.data(), rate.data() + rate.size(), rate_hz);
  bool is_rate = error == std::errc() && end == rate.data() + rate.size() && rate_hz > 0;
  if (is_rate && rate_hz <= kSecondNs) ingest.sample_rate_hz = rate_hz;
  ingest.format = FormatOf(target.Get("format"), request.headers.Get("Content-Type"));
  return ingest;
}

Status ReadIngestBody(const HttpRequest& request, Ingest& ingest) {
  if (ingest.format == IngestFormat::kJfr) {
    return Error(
        Code::kUnimplemented,
        "format jfr: Java flight recordings are not read; have async-profiler write "
        "collapsed stacks (-o collapsed) and push those with format=groups, or push pprof");
  }
  ingest.profile = request.body;
  return IsMultipart(request.headers.Get("Content-Type")) ? ReadParts(request, ingest) : Status();
}

Status AddIngest(const Ingest& ingest, const Limits& limits, PushBatch& batch) {
  return ingest.format == IngestFormat::kPprof ? AddPprof(ingest, limits, batch)
                                               : AddTexts(ingest, limits, batch);
}

}  // namespace anneal
