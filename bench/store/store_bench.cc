// store_bench: what a push and a merge cost in the store alone, beside the codec.
//
//   store_bench [--services 10] [--profiles 800] [--dir DIR] [--queries 20]
//
// Pushes profiles of tests/corpus as profload does (each service draws from 12 of them, 4
// instances, one every 15 s), both columns of each, with as many appends in flight as a server
// has connections. CPU is the process's, from getrusage, so it counts the commit thread too.
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <random>

#include "bench/store/workload.h"
#include "store/embedded.h"

namespace anneal {
namespace {

constexpr int kInFlight = 8;
constexpr int kInstances = 4;

struct Workload {
  int services = 10, profiles = 800, queries = 20;
  std::string dir;
};

constexpr int64_t kStart = 1'700'000'000 * kSecondNs;

void Push(Store& store, const Workload& work) {
  const std::vector<std::string> corpus = LoadCorpus();
  InFlight in_flight(kInFlight);
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
        std::vector<ProfileWrite> writes = Writes(profile, service, instance);
        for (ProfileWrite& write : writes) write.time_ns = kStart + point * 15 * kSecondNs;
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
              static_cast<double>(stats.memory.total()) / 1e6);
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
