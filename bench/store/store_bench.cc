// store_bench: what a push and a merge cost in the store alone, beside the codec.
//
//   store_bench [--services 10] [--profiles 800] [--dir DIR] [--queries 20]
//
// Pushes profiles of tests/corpus as profload does (each service draws from 12 of them, 4
// instances, one every 15 s), both columns of each, with as many appends in flight as a server
// has connections. CPU is the process's, from getrusage, so it counts the commit thread too.
#include <sys/resource.h>

#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <mutex>
#include <random>

#include "base/fs.h"
#include "profile/pprof.h"
#include "store/embedded.h"

namespace anneal {
namespace {

constexpr int64_t kSecondNs = 1'000'000'000;
constexpr int kInFlight = 8;
constexpr int kInstances = 4;

double CpuSeconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double PeakMegabytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024;
}

std::vector<std::string> LoadCorpus() {
  const std::string dir = ANNEAL_SOURCE_DIR "/tests/corpus";
  std::vector<std::string> files;
  const std::vector<std::string> names = Fs::System().ListDir(dir).value();
  for (const std::string& name : names) {
    if (name.ends_with(".cpuprof")) files.push_back(*Fs::System().ReadFile(dir + "/" + name));
  }
  return files;
}

// As the API does before it stores: symbolised locations lose their addresses.
Profile Decode(const std::string& bytes) {
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

LabelSet Labels(int service, int instance, std::string_view type) {
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
  void Begin() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return count_ < kInFlight; });
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
  int count_ = 0;
};

struct Workload {
  int services = 10, profiles = 800, queries = 20;
  std::string dir;
};

constexpr std::string_view kCpu = "process_cpu:cpu:nanoseconds:cpu:nanoseconds";
constexpr std::string_view kSamples = "process_cpu:samples:count:cpu:nanoseconds";
constexpr int64_t kStart = 1'700'000'000 * kSecondNs;

void Push(Store& store, const Workload& work) {
  const std::vector<std::string> corpus = LoadCorpus();
  InFlight in_flight;
  double decode_cpu = 0;
  uint64_t pushed = 0, failed = 0;
  const double begin = CpuSeconds();
  for (int point = 0; point < work.profiles / kInstances; ++point) {
    for (int service = 0; service < work.services; ++service) {
      for (int instance = 0; instance < kInstances; ++instance) {
        std::mt19937 random(static_cast<uint32_t>(service * 1'000'003 + instance * 10'007 + point));
        const double before = CpuSeconds();
        Profile profile =
            Decode(corpus[(static_cast<size_t>(service) * 7 + random() % 12) % corpus.size()]);
        decode_cpu += CpuSeconds() - before;
        std::vector<ProfileWrite> writes(2);
        for (size_t column : {size_t{0}, size_t{1}}) {
          ProfileWrite& write = writes[column];
          write.labels = Labels(service, instance, column == 0 ? kSamples : kCpu);
          write.time_ns = kStart + point * 15 * kSecondNs;
          write.duration_ns = 10 * kSecondNs;
          write.period = profile.period;
          write.profile = &profile;
          write.sample_type = column;
        }
        in_flight.Begin();
        store.Append("anonymous", writes, [&](Status status) {
          if (!status.ok()) ++failed;
          in_flight.End();
        });
        ++pushed;
      }
    }
  }
  in_flight.Wait();
  const double cpu = CpuSeconds() - begin - decode_cpu;
  const double n = static_cast<double>(pushed);
  std::printf("push: %llu profiles, %llu failed, store CPU %.3f ms/profile, decode %.3f ms\n",
              static_cast<unsigned long long>(pushed), static_cast<unsigned long long>(failed),
              1e3 * cpu / n, 1e3 * decode_cpu / n);
}

void Query(Store& store, const Workload& work, const char* name,
           std::vector<LabelMatcher> matchers) {
  Selection selection;
  selection.profile_type = kCpu;
  selection.matchers = std::move(matchers);
  selection.range = {0, INT64_MAX};
  size_t samples = 0;
  (void)store.Merge(selection);
  const double begin = CpuSeconds();
  for (int i = 0; i < work.queries; ++i) samples = store.Merge(selection)->SampleCount();
  const double cpu = (CpuSeconds() - begin) / work.queries;
  std::printf("merge of %s: CPU %.3f ms, %zu stacks\n", name, 1e3 * cpu, samples);
}

int Run(const Workload& work) {
  EmbeddedOptions options;
  options.directory = work.dir;
  {
    std::unique_ptr<Store> store = OpenEmbedded(options).value();
    Push(*store, work);
    Query(*store, work, "one service", {{"service_name", LabelMatcher::Op::kEqual, "svc-0"}});
    Query(*store, work, "all services", {});
  }
  std::unique_ptr<Store> store = OpenEmbedded(options).value();
  Query(*store, work, "one service, reopened",
        {{"service_name", LabelMatcher::Op::kEqual, "svc-0"}});
  Query(*store, work, "all services, reopened", {});
  StoreStats stats = store->Stats().value();
  uint64_t profiles = 0, bytes = 0, symbols = 0;
  for (const StoreStats::Service& service : stats.services) {
    profiles += service.profiles;
    bytes += service.profiles_bytes;
    symbols += service.symbols_bytes;
  }
  // Two stored columns make one pushed profile.
  const double pushed = static_cast<double>(profiles) / 2;
  std::printf("records: %.0f bytes/profile, symbols %.0f bytes/profile; files %.0f bytes/profile\n",
              static_cast<double>(bytes) / pushed, static_cast<double>(symbols) / pushed,
              static_cast<double>(stats.disk_bytes) / pushed);
  std::printf("memory: peak %.0f MB, store %.0f MB\n", PeakMegabytes(),
              static_cast<double>(stats.memory_bytes) / 1e6);
  return 0;
}

}  // namespace
}  // namespace anneal

int main(int argc, char** argv) {
  anneal::Workload work;
  work.dir = (std::filesystem::temp_directory_path() / "anneal_store_bench").string();
  for (int i = 1; i + 1 < argc; i += 2) {
    std::string_view name = argv[i];
    if (name == "--services") work.services = std::atoi(argv[i + 1]);
    if (name == "--profiles") work.profiles = std::atoi(argv[i + 1]);
    if (name == "--queries") work.queries = std::atoi(argv[i + 1]);
    if (name == "--dir") work.dir = argv[i + 1];
  }
  std::filesystem::remove_all(work.dir);
  return anneal::Run(work);
}
