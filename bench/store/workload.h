// What the store's benchmarks push: profiles of tests/corpus, as the API would hand them over.
#pragma once

#include <sys/resource.h>

#include <condition_variable>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/fs.h"
#include "profile/pprof.h"
#include "store/store.h"

namespace anneal {

inline constexpr int64_t kSecondNs = 1'000'000'000;
inline constexpr std::string_view kCpu = "process_cpu:cpu:nanoseconds:cpu:nanoseconds";
inline constexpr std::string_view kSamples = "process_cpu:samples:count:cpu:nanoseconds";

// Of this process, all threads.
inline double CpuSeconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

inline double PeakMegabytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024;
}

inline std::vector<std::string> LoadCorpus() {
  const std::string dir = ANNEAL_SOURCE_DIR "/tests/corpus";
  std::vector<std::string> files;
  const std::vector<std::string> names = Fs::System().ListDir(dir).value();
  for (const std::string& name : names) {
    if (name.ends_with(".cpuprof")) files.push_back(*Fs::System().ReadFile(dir + "/" + name));
  }
  return files;
}

// As the API does before it stores: symbolised locations lose their addresses.
inline Profile Decode(const std::string& bytes) {
  Profile profile = DecodePprof(bytes).value();
  for (Location& location : profile.locations) {
    if (location.mapping != MappingId::kNone &&
        profile.mappings[Index(location.mapping)].has_functions) {
      location.address = 0;
    }
  }
  for (Mapping& mapping : profile.mappings) {
    if (mapping.has_functions) mapping.start = mapping.limit = mapping.offset = 0;
  }
  return profile;
}

inline LabelSet Labels(int service, int instance, std::string_view type) {
  return MakeLabelSet({{"service_name", fmt::format("svc-{}", service)},
                       {"instance", fmt::format("host-{}", instance)},
                       {"__name__", "process_cpu"},
                       {"__type__", "cpu"},
                       {"__unit__", "nanoseconds"},
                       {"__period_type__", "cpu"},
                       {"__period_unit__", "nanoseconds"},
                       {"__service_name__", fmt::format("svc-{}", service)},
                       {"__profile_type__", std::string(type)}})
      .value();
}

// Lets a bounded number of appends be in flight.
class InFlight {
 public:
  explicit InFlight(int most) : most_(most) {}
  void Begin() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return count_ < most_; });
    ++count_;
  }
  void End() {
    std::lock_guard lock(mutex_);
    --count_;
    changed_.notify_one();
  }
  void Wait() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return count_ == 0; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  const int most_;
  int count_ = 0;
};

// A profile's both columns, without values for time and id.
inline std::vector<ProfileWrite> Writes(const Profile& profile, int service, int instance) {
  std::vector<ProfileWrite> writes(2);
  for (size_t column : {size_t{0}, size_t{1}}) {
    ProfileWrite& write = writes[column];
    write.labels = Labels(service, instance, column == 0 ? kSamples : kCpu);
    write.duration_ns = 10 * kSecondNs;
    write.period = profile.period;
    write.profile = &profile;
    write.sample_type = column;
  }
  return writes;
}

}  // namespace anneal
