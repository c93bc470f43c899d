#include "server/cpu_profile.h"

#include <map>

namespace anneal {
namespace {

// Adds each entity once.
class Builder {
 public:
  explicit Builder(OwnSymbols& symbols) : symbols_(symbols) {}

  StringId Text(const std::string& text) {
    if (text.empty()) return StringId::kEmpty;
    const auto [found, is_new] = strings_.try_emplace(text);
    if (is_new) found->second = profile.strings.Append(text);
    return found->second;
  }

  LocationId LocationOf(uint64_t address) {
    const auto [found, is_new] =
        locations_.try_emplace(address, static_cast<LocationId>(profile.locations.size()));
    if (!is_new) return found->second;
    Location location{.mapping = MappingOf(address), .address = address};
    location.lines_begin = static_cast<uint32_t>(profile.lines.size());
    profile.lines.push_back({.function = FunctionOf(symbols_.Find(address))});
    location.lines_end = static_cast<uint32_t>(profile.lines.size());
    profile.locations.push_back(location);
    return found->second;
  }

  Profile profile;

 private:
  MappingId MappingOf(uint64_t address) {
    const int index = symbols_.MappingOf(address);
    if (index < 0) return MappingId::kNone;
    const auto [found, is_new] =
        mappings_.try_emplace(index, static_cast<MappingId>(profile.mappings.size()));
    if (!is_new) return found->second;
    const CodeMapping& code = symbols_.Mapping(static_cast<size_t>(index));
    profile.mappings.push_back({.start = code.start,
                                .limit = code.limit,
                                .offset = code.offset,
                                .file = Text(code.file),
                                .build_id = Text(code.build_id),
                                .has_functions = true});
    return found->second;
  }

  FunctionId FunctionOf(const CodeSymbol& symbol) {
    const auto [found, is_new] = functions_.try_emplace(
        symbol.system_name, static_cast<FunctionId>(profile.functions.size()));
    if (is_new) {
      profile.functions.push_back(
          {.name = Text(symbol.name), .system_name = Text(symbol.system_name)});
    }
    return found->second;
  }

  OwnSymbols& symbols_;
  std::map<std::string, StringId> strings_;
  std::map<uint64_t, LocationId> locations_;
  std::map<int, MappingId> mappings_;
  std::map<std::string, FunctionId> functions_;
};

}  // namespace

Profile MakeCpuProfile(const CpuSamples& samples, int64_t time_ns, int64_t duration_ns,
                       OwnSymbols& symbols) {
  Builder builder(symbols);
  Profile& profile = builder.profile;
  const ValueType cpu = {builder.Text("cpu"), builder.Text("nanoseconds")};
  profile.sample_types = {{builder.Text("samples"), builder.Text("count")}, cpu};
  profile.period_type = cpu;
  profile.period = kCpuSamplePeriodNs;
  profile.time_ns = time_ns;
  profile.duration_ns = duration_ns;
  std::map<std::vector<LocationId>, int64_t> counts;
  size_t begin = 0;
  for (const uint32_t end : samples.ends) {
    std::vector<LocationId> stack;
    for (size_t i = begin; i < end; ++i) {
      // A return address may be the first of the next function: the call is just before it.
      stack.push_back(builder.LocationOf(samples.counters[i] - (i == begin ? 0 : 1)));
    }
    begin = end;
    ++counts[stack];
  }
  for (const auto& [stack, count] : counts) {
    profile.sample_locations.insert(profile.sample_locations.end(), stack.begin(), stack.end());
    profile.stack_ends.push_back(static_cast<uint32_t>(profile.sample_locations.size()));
    profile.sample_values.push_back(count);
    profile.sample_values.push_back(count * kCpuSamplePeriodNs);
  }
  return std::move(profile);
}

}  // namespace anneal
