#include "api/otlp_profile.h"

#include <absl/container/flat_hash_map.h>

#include <map>
#include <memory>
#include <set>
#include <utility>

#include "api/fingerprint.h"
#include "api/otlp_symbols.h"
#include "api/request_claim.h"
#include "profile/utf8.h"

namespace anneal {
namespace {

constexpr std::string_view kService = "service.name";
constexpr std::string_view kExecutable = "process.executable.name";
constexpr size_t kMaxTypeBytes = 4096;
constexpr int64_t kDefaultDurationNs = 10'000'000'000;

// What resource and scope say about all profiles below them.
struct Origin {
  std::vector<LabelPair> labels;
  std::string service;
  size_t bytes = 0;  // of the labels
};

std::string ServiceOf(const std::vector<OtlpAttribute>& resource) {
  std::string executable;
  for (const OtlpAttribute& attribute : resource) {
    if (!attribute.text || attribute.text->empty()) continue;
    if (attribute.key == kService) return *attribute.text;
    if (attribute.key == kExecutable) executable = *attribute.text;
  }
  return executable.empty() ? "unknown_service" : fmt::format("unknown_service:{}", executable);
}

// The first of equal keys counts, the resource's before the scope's.
Origin OriginOf(const std::vector<OtlpAttribute>& resource,
                const std::vector<OtlpAttribute>& scope) {
  Origin origin{.labels = {}, .service = ServiceOf(resource)};
  // Names that are ours.
  std::set<std::string_view> taken = {"", "__name__", "__otel__", "__delta__", "service_name"};
  for (const std::vector<OtlpAttribute>* attributes : {&resource, &scope}) {
    for (const OtlpAttribute& attribute : *attributes) {
      if (!attribute.text || attribute.text->empty()) continue;
      if (taken.insert(attribute.key).second) {
        origin.labels.push_back({attribute.key, *attribute.text});
        origin.bytes += attribute.key.size() + attribute.text->size();
      }
    }
  }
  return origin;
}

int64_t Saturated(int64_t a, int64_t b, bool (*overflows)(int64_t, int64_t, int64_t*)) {
  int64_t out = 0;
  if (!overflows(a, b, &out)) return out;
  return (a < 0) == (b < 0) ? INT64_MAX : INT64_MIN;
}
int64_t Plus(int64_t a, int64_t b) {
  return Saturated(
      a, b, [](int64_t x, int64_t y, int64_t* out) { return __builtin_add_overflow(x, y, out); });
}
int64_t Times(int64_t a, int64_t b) {
  return Saturated(
      a, b, [](int64_t x, int64_t y, int64_t* out) { return __builtin_mul_overflow(x, y, out); });
}

int64_t ValueOf(const OtlpSample& sample) {
  if (sample.values.empty()) return static_cast<int64_t>(sample.timestamps);
  int64_t sum = 0;
  for (int64_t value : sample.values) sum = Plus(sum, value);
  return sum;
}

// What a request's profiles take once written out: tables that are shared can be referred to very
// often.
class Budget {
 public:
  Budget(const Limits& limits, RequestMemory* memory)
      : limit_(limits.max_body_bytes), memory_(memory) {}
  Status Charge(size_t bytes) {
    used_ += bytes;
    if (limit_ == 0 || used_ <= limit_) return {};
    return InvalidArgument("otlp: the profiles of the request, written out, exceed limits.body, {}",
                           limit_);
  }
  // Of the memory that requests share; asked for in steps, since samples are many and small.
  Status Hold(size_t bytes) {
    constexpr size_t kStep = 64 << 10;
    held_ += bytes;
    if (held_ <= claimed_) return {};
    const size_t step = std::max(kStep, held_ - claimed_);
    TRY(ClaimMemory(memory_, step));
    claimed_ += step;
    return {};
  }

 private:
  const size_t limit_;
  RequestMemory* const memory_;
  size_t used_ = 0, held_ = 0, claimed_ = 0;
};

// What a profile under way takes, and the tables that find its parts.
size_t HeldBytes(const Profile& profile) {
  constexpr size_t kGrowth = 2;     // of lists, while they grow
  constexpr size_t kMapEntry = 48;  // of a hash map, likewise
  const size_t places = profile.functions.size() + profile.locations.size() +
                        profile.strings.size() + profile.mappings.size();
  return kMapEntry * places +
         kGrowth *
             (profile.strings.bytes() + profile.functions.size() * sizeof(Function) +
              profile.lines.size() * sizeof(Line) + profile.locations.size() * sizeof(Location) +
              profile.mappings.size() * sizeof(Mapping) +
              profile.sample_locations.size() * sizeof(LocationId) +
              profile.sample_values.size() * sizeof(int64_t) +
              profile.labels.size() * sizeof(Label) +
              (profile.stack_ends.size() + profile.label_ends.size()) * sizeof(uint32_t));
}

// What the profile's type is called, and what one of its values stands for.
struct TypeNames {
  std::string name, type, unit, period_type, period_unit;
  int64_t scale = 1;
};

Result<TypeNames> TypeOf(const OtlpDictionary& dictionary, const OtlpProfileHead& head) {
  TypeNames out;
  const std::pair<uint64_t, std::string*> texts[] = {{head.sample_type.type, &out.type},
                                                     {head.sample_type.unit, &out.unit},
                                                     {head.period_type.type, &out.period_type},
                                                     {head.period_type.unit, &out.period_unit}};
  for (const auto& [index, text] : texts) {
    ASSIGN_OR_RETURN(*text, OtlpEntryOrNone(dictionary.strings, index, "string_table"));
    if (text->size() > kMaxTypeBytes || ValidUtf8Prefix(*text) != text->size()) {
      return InvalidArgument("otlp: string {} is no name of a type: not UTF-8, or beyond {} bytes",
                             index, kMaxTypeBytes);
    }
  }
  if (out.type == "samples" && out.unit == "count" && out.period_type == "cpu" &&
      out.period_unit == "nanoseconds") {
    out.name = "process_cpu";
    out.type = "cpu";
    out.unit = "nanoseconds";
    if (head.period > 0) out.scale = head.period;
  } else {
    out.name = out.period_type.empty() ? out.type : out.period_type;
  }
  return out;
}

// The samples of one service. In place: OtlpSymbols refers to the profile.
struct ServiceProfile {
  ServiceProfile(const OtlpDictionary& dictionary, std::string name)
      : service(std::move(name)), symbols(dictionary, profile) {}
  std::string service;
  Profile profile;
  size_t held_bytes = 0;  // of the profile, as last counted
  OtlpSymbols symbols;
  absl::flat_hash_map<uint64_t, Label> labels;  // of attributes, by their index
};

// Parts one profile's samples by service. What many samples may refer to is decoded once.
class Splitter {
 public:
  Splitter(const OtlpRequest& request, const TypeNames& type, const Origin& origin,
           const Limits& limits, Budget& budget)
      : request_(request), type_(type), origin_(origin), limits_(limits), budget_(budget) {}

  Status Add(std::string_view bytes) {
    ASSIGN_OR_RETURN(OtlpSample sample, ReadOtlpSample(bytes, request_.layout));
    if (sample.values.empty() && sample.timestamps == 0) {
      return InvalidArgument("otlp: a sample has neither values nor timestamps_unix_nano");
    }
    ASSIGN_OR_RETURN(ServiceProfile * into, ServiceOf(sample));
    TRY(AddStack(sample.stack, *into));
    into->profile.sample_values.push_back(Times(ValueOf(sample), type_.scale));
    for (uint64_t index : sample.attributes) TRY(AddLabel(index, *into));
    TRY(AddLink(sample.link, *into));
    into->profile.label_ends.push_back(static_cast<uint32_t>(into->profile.labels.size()));
    const size_t before = std::exchange(into->held_bytes, HeldBytes(into->profile));
    return budget_.Hold(into->held_bytes - before);
  }

  std::map<std::string, std::unique_ptr<ServiceProfile>> profiles;

 private:
  static constexpr uint64_t kNoIndex = UINT64_MAX;
  static constexpr size_t kTableEntry = 256;  // bytes that an attribute or a link takes

  // The profile of the sample's service: that of its last attribute service.name.
  Result<ServiceProfile*> ServiceOf(const OtlpSample& sample) {
    uint64_t named_by = kNoIndex;
    for (uint64_t index : sample.attributes) {
      ASSIGN_OR_RETURN(const OtlpAttribute* attribute, AttributeAt(index));
      if (attribute->key == kService && !attribute->text.value_or("").empty()) named_by = index;
    }
    auto [it, is_new] = by_index_.try_emplace(named_by, nullptr);
    if (!is_new) return it->second;
    const std::string& service =
        named_by == kNoIndex ? origin_.service : *attributes_.at(named_by).text;
    std::unique_ptr<ServiceProfile>& slot = profiles[service];
    if (slot == nullptr) {
      slot = std::make_unique<ServiceProfile>(request_.dictionary, service);
      OtlpSymbols& symbols = slot->symbols;
      slot->profile.sample_types = {{symbols.Text(type_.type), symbols.Text(type_.unit)}};
      slot->profile.period_type = {symbols.Text(type_.period_type),
                                   symbols.Text(type_.period_unit)};
    }
    it->second = slot.get();
    return it->second;
  }

  Result<const OtlpAttribute*> AttributeAt(uint64_t index) {
    auto [it, is_new] = attributes_.try_emplace(index);
    if (!is_new) return &it->second;
    TRY(budget_.Hold(kTableEntry));
    const OtlpDictionary& dictionary = request_.dictionary;
    ASSIGN_OR_RETURN(std::string_view entry,
                     OtlpEntryOrNone(dictionary.attributes, index, "attribute_table"));
    ASSIGN_OR_RETURN(OtlpAttribute parsed, ReadOtlpAttribute(entry));
    ASSIGN_OR_RETURN(parsed.key,
                     OtlpEntryOrNone(dictionary.strings, parsed.key_index, "string_table"));
    for (const std::string& text : {parsed.key, parsed.text.value_or("")}) {
      if (ValidUtf8Prefix(text) != text.size()) {
        return InvalidArgument("otlp: attribute {} is not UTF-8", index);
      }
    }
    it->second = std::move(parsed);
    return &it->second;
  }

  Status AddLabel(uint64_t index, ServiceProfile& into) {
    auto [it, is_new] = into.labels.try_emplace(index);
    if (is_new) {
      const OtlpAttribute& attribute = attributes_.at(index);
      if (attribute.text && attribute.key != kService) {
        it->second.key = into.symbols.Text(attribute.key);
        it->second.num = attribute.number.value_or(0);
        if (!attribute.number) it->second.str = into.symbols.Text(*attribute.text);
      }
    }
    if (it->second.key != StringId::kEmpty) into.profile.labels.push_back(it->second);
    return {};
  }

  Status AddStack(uint64_t index, ServiceProfile& into) {
    ASSIGN_OR_RETURN(std::string_view entry,
                     OtlpEntryOrNone(request_.dictionary.stacks, index, "stack_table"));
    ASSIGN_OR_RETURN(std::vector<uint64_t> locations, ReadOtlpStack(entry));
    size_t skipped = 0;
    if (limits_.max_stack_depth != 0 && locations.size() > limits_.max_stack_depth) {
      skipped = locations.size() - limits_.max_stack_depth;
    }
    TRY(budget_.Charge(entry.size() + (locations.size() - skipped) * sizeof(LocationId)));
    for (uint64_t location : std::span(locations).subspan(skipped)) {
      ASSIGN_OR_RETURN(LocationId id, into.symbols.Location(location));
      into.profile.sample_locations.push_back(id);
    }
    into.profile.stack_ends.push_back(static_cast<uint32_t>(into.profile.sample_locations.size()));
    return {};
  }

  Status AddLink(uint64_t index, ServiceProfile& into) {
    auto [it, is_new] = links_.try_emplace(index);
    if (is_new) {
      TRY(budget_.Hold(kTableEntry));
      ASSIGN_OR_RETURN(std::string_view entry,
                       OtlpEntryOrNone(request_.dictionary.links, index, "link_table"));
      ASSIGN_OR_RETURN(it->second, ReadOtlpLink(entry));
    }
    const std::pair<std::string_view, std::string_view> ids[] = {{"span_id", it->second.span_id},
                                                                 {"trace_id", it->second.trace_id}};
    for (const auto& [key, id] : ids) {
      if (id.empty()) continue;
      into.profile.labels.push_back({into.symbols.Text(key), into.symbols.Text(id)});
    }
    return {};
  }

  const OtlpRequest& request_;
  const TypeNames& type_;
  const Origin& origin_;
  const Limits& limits_;
  Budget& budget_;
  std::map<uint64_t, OtlpAttribute> attributes_;  // its elements stay where they are
  absl::flat_hash_map<uint64_t, OtlpLink> links_;
  absl::flat_hash_map<uint64_t, ServiceProfile*> by_index_;  // by what named the service
};

std::vector<LabelPair> LabelsOf(const Origin& origin, const TypeNames& type,
                                const std::string& service) {
  std::vector<LabelPair> labels = origin.labels;
  labels.push_back({"__name__", type.name});
  labels.push_back({"__delta__", "false"});
  labels.push_back({"__otel__", "true"});
  labels.push_back({"service_name", service});
  return labels;
}

class Converter {
 public:
  Converter(std::string_view bytes, const OtlpRequest& request, const Limits& limits,
            RequestMemory* memory)
      : request_(request), limits_(limits), budget_(limits, memory) {
    const auto print = Fingerprint(bytes);
    source_.assign(print.begin(), print.end());
  }

  // All services of a profile, or why it is refused.
  Result<std::vector<OtlpProfile>> Convert(std::string_view bytes, const Origin& origin) {
    ASSIGN_OR_RETURN(OtlpProfileHead head, ReadOtlpProfile(bytes));
    if (limits_.max_samples != 0 && head.samples.size() > limits_.max_samples) {
      return InvalidArgument("the profile has {} samples; limits.samples allows {}",
                             head.samples.size(), limits_.max_samples);
    }
    ASSIGN_OR_RETURN(TypeNames type, TypeOf(request_.dictionary, head));
    Splitter splitter(request_, type, origin, limits_, budget_);
    for (std::string_view sample : head.samples) TRY(splitter.Add(sample));
    std::vector<OtlpProfile> out;
    for (auto& [service, part] : splitter.profiles) {
      part->symbols.Finish();
      TRY(budget_.Charge(part->profile.strings.bytes() + origin.bytes + service.size()));
      part->profile.time_ns = head.time_ns;
      part->profile.duration_ns = head.duration_ns != 0 ? head.duration_ns : kDefaultDurationNs;
      part->profile.period = head.period;
      if (part->profile.labels.empty()) part->profile.label_ends.clear();
      out.push_back({LabelsOf(origin, type, service), std::move(part->profile),
                     fmt::format("{}{}", source_, ordinal_++)});
    }
    return out;
  }

 private:
  const OtlpRequest& request_;
  const Limits& limits_;
  std::string source_;
  size_t ordinal_ = 0;
  Budget budget_;
};

}  // namespace

Status ForEachOtlpProfile(std::string_view bytes, std::optional<OtlpLayout> layout,
                          const Limits& limits, RequestMemory* memory,
                          const std::function<void(Result<OtlpProfile>)>& visit) {
  constexpr size_t kGrowth = 3;  // a list that grows is copied into one of twice its size
  TRY(ClaimMemory(memory, kGrowth * sizeof(std::string_view) * CountOtlpViews(bytes)));
  ASSIGN_OR_RETURN(OtlpRequest request, ReadOtlpRequest(bytes, layout));
  Converter converter(bytes, request, limits, memory);
  for (const OtlpResource& resource : request.resources) {
    ASSIGN_OR_RETURN(std::vector<OtlpAttribute> shared, ReadResourceAttributes(resource.resource));
    for (const OtlpScope& scope : resource.scopes) {
      ASSIGN_OR_RETURN(std::vector<OtlpAttribute> own, ReadScopeAttributes(scope.scope));
      const Origin origin = OriginOf(shared, own);
      for (std::string_view profile : scope.profiles) {
        Result<std::vector<OtlpProfile>> parts = converter.Convert(profile, origin);
        if (!parts.ok()) visit(parts.status());
        if (!parts.ok()) continue;
        for (OtlpProfile& part : *parts) visit(std::move(part));
      }
    }
  }
  return {};
}

}  // namespace anneal
