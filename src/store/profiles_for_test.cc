#include "store/profiles_for_test.h"

#include <algorithm>
#include <condition_variable>
#include <limits>
#include <mutex>

#include "profile/filter.h"
#include "store/profile_type.h"

namespace anneal {
namespace {

// Builds one profile; the pools are small, so that profiles share most of their content.
class Builder {
 public:
  explicit Builder(uint32_t seed) : random_(seed) {}

  Profile Build() {
    Profile& p = profile_;
    p.sample_types = {{Text("samples"), Text("count")}, {Text("cpu"), Text("nanoseconds")}};
    p.period_type = {Text("cpu"), Text("nanoseconds")};
    p.period = 10'000'000;
    AddMappings();
    AddFunctions();
    AddLocations();
    for (uint32_t i = 0, n = Below(12); i < n; ++i) AddSample();
    if (!p.labels.empty()) {
      p.label_ends.resize(p.SampleCount(), static_cast<uint32_t>(p.labels.size()));
    }
    return std::move(profile_);
  }

 private:
  uint32_t Below(uint32_t n) { return std::uniform_int_distribution<uint32_t>(0, n - 1)(random_); }
  StringId Text(std::string_view text) {
    return text.empty() ? StringId::kEmpty : profile_.strings.Append(text);
  }

  void AddMappings() {
    for (uint32_t i = 0, n = 1 + Below(3); i < n; ++i) {
      uint32_t kind = Below(3);
      Mapping m;
      m.start = 0x1000 * (1 + Below(3));
      m.limit = m.start + 0x10000 * (kind + 1);
      m.file = Text(fmt::format("/bin/{}", kind));
      m.build_id = kind == 2 ? Text("abc") : StringId::kEmpty;
      m.has_functions = kind != 1;
      m.has_filenames = Below(2) != 0;
      profile_.mappings.push_back(m);
    }
  }
  void AddFunctions() {
    for (uint32_t i = 0; i < 8; ++i) {
      uint32_t kind = Below(10);
      Function f;
      f.name = Text(fmt::format("f{}[go.shape.int]", kind));
      f.system_name = Below(2) != 0 ? f.name : Text(fmt::format("_Zf{}", kind));
      f.file = Text(fmt::format("/src/{}.go", kind / 3));
      f.start_line = Below(3);
      profile_.functions.push_back(f);
    }
  }
  void AddLocations() {
    for (uint32_t i = 0; i < 10; ++i) {
      Location l;
      l.mapping = Below(5) == 0 ? MappingId::kNone
                                : MappingId{Below(static_cast<uint32_t>(profile_.mappings.size()))};
      if (l.mapping != MappingId::kNone) {
        l.address = profile_.mappings[Index(l.mapping)].start + Below(4) * 16;
      }
      l.is_folded = Below(9) == 0;
      l.lines_begin = static_cast<uint32_t>(profile_.lines.size());
      for (uint32_t k = 0, n = Below(3); k < n; ++k) {
        profile_.lines.push_back({FunctionId{Below(8)}, Below(3), Below(2)});
      }
      l.lines_end = static_cast<uint32_t>(profile_.lines.size());
      profile_.locations.push_back(l);
    }
  }
  int64_t Value() {
    switch (Below(8)) {
      case 0:
        return 0;
      case 1:
        return -static_cast<int64_t>(Below(5));
      case 2:
        return Below(2) == 0 ? std::numeric_limits<int64_t>::min()
                             : std::numeric_limits<int64_t>::max();
      default:
        return 10'000'000 * int64_t{Below(100)};
    }
  }
  void AddSample() {
    for (uint32_t i = 0, n = Below(6); i < n; ++i) {
      profile_.sample_locations.push_back(LocationId{Below(10)});
    }
    profile_.stack_ends.push_back(static_cast<uint32_t>(profile_.sample_locations.size()));
    profile_.sample_values.push_back(Below(4));
    profile_.sample_values.push_back(Value());
  }

  std::mt19937 random_;
  Profile profile_;
};

}  // namespace

Profile RandomProfile(uint32_t seed) { return Builder(seed).Build(); }

void AddLinkedSamples(Profile& profile, std::vector<std::pair<SampleLink, int64_t>> samples) {
  auto text = [&profile](std::string_view s) { return profile.strings.Append(s); };
  const std::vector<LocationId> stack(profile.Stack(0).begin(), profile.Stack(0).end());
  profile.label_ends.resize(profile.SampleCount(), static_cast<uint32_t>(profile.labels.size()));
  for (const auto& [link, value] : samples) {
    profile.sample_locations.insert(profile.sample_locations.end(), stack.begin(), stack.end());
    profile.stack_ends.push_back(static_cast<uint32_t>(profile.sample_locations.size()));
    profile.sample_values.insert(profile.sample_values.end(), profile.sample_types.size() - 1, 1);
    profile.sample_values.push_back(value);
    if (link.span != 0) {
      profile.labels.push_back({text(kSpanIdLabel), text(FormatSpanId(link.span)), 0, {}});
    }
    if (link.trace != TraceId()) {
      profile.labels.push_back({text(kTraceIdLabel), text(FormatTraceId(link.trace)), 0, {}});
    }
    profile.label_ends.push_back(static_cast<uint32_t>(profile.labels.size()));
  }
}

Profile LinkedProfile(uint32_t seed) {
  Profile profile = RandomProfile(seed);
  if (profile.SampleCount() == 0) return profile;
  std::mt19937 random(seed);
  std::vector<std::pair<SampleLink, int64_t>> samples(random() % 6);
  for (auto& [link, value] : samples) {
    link = {random() % 3, TestUuid(random() % 3)};
    value = static_cast<int64_t>(random() % 9) - 2;
  }
  AddLinkedSamples(profile, std::move(samples));
  return profile;
}

LabelSet TestLabels(std::string_view service, std::string_view type, std::vector<LabelPair> more) {
  more.push_back({std::string(kServiceNameLabel), std::string(service)});
  more.push_back({std::string(kProfileTypeLabel), std::string(type)});
  return MakeLabelSet(std::move(more)).value();
}

ProfileUuid TestUuid(uint64_t n) {
  ProfileUuid id{};
  for (size_t i = 0; i < 8; ++i) id[15 - i] = static_cast<uint8_t>(n >> (8 * i));
  return id;
}

Profile StoredColumn(const ProfileWrite& write) {
  Profile source = *write.profile;
  source.period = write.period;
  source.time_ns = write.time_ns;
  source.duration_ns = write.duration_ns;
  source.comments.clear();
  source.labels.clear();
  source.label_ends.clear();
  if (write.samples.has_value()) {
    // Samples that are not selected lose their values; a merge drops them.
    for (uint32_t i = 0; i < source.SampleCount(); ++i) {
      if (std::ranges::count(*write.samples, i) > 0) continue;
      for (size_t k = 0; k < source.sample_types.size(); ++k) {
        source.sample_values[i * source.sample_types.size() + k] = 0;
      }
    }
  }
  return SelectSampleType(source, write.sample_type);
}

Status AppendAndWait(Store& store, std::string_view tenant, std::span<const ProfileWrite> writes) {
  std::mutex mutex;
  std::condition_variable ready;
  std::optional<Status> outcome;
  store.Append(tenant, writes, [&](Status status) {
    std::lock_guard lock(mutex);
    outcome = std::move(status);
    ready.notify_one();
  });
  std::unique_lock lock(mutex);
  ready.wait(lock, [&] { return outcome.has_value(); });
  return *outcome;
}

Status RetainFrom(Store& store, int64_t horizon_ns) {
  const int64_t age_ns = Clock::System().NowNs() - horizon_ns;
  store.SetRetention(RetentionPolicy(std::vector<RetentionRule>{{.max_age_ns = age_ns}}));
  Status retained = store.Retain();
  store.SetRetention({});
  return retained;
}

Selection SelectAll(std::string_view type, std::vector<LabelMatcher> matchers) {
  Selection selection;
  selection.profile_type = type;
  selection.matchers = std::move(matchers);
  selection.range = {0, std::numeric_limits<int64_t>::max()};
  return selection;
}

}  // namespace anneal
