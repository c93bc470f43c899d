// month_bench: a fleet's month in the store: what a profile costs as the store grows, and what long
// windows cost.
//
//   month_bench [--services 20] [--instances 5] [--days 30] [--every 300] [--dir DIR] [--keep 0]
//
// Profiles are of tests/corpus: each service draws from eight variants of 12 files, in which half
// of the stacks lack some leaves and values are new, and leaves out three samples of ten, so that
// hardly two profiles are alike. They are appended in the order of
// time through the library, one round of all instances in flight at a time, each durable; every
// simulated hour the store is maintained as the server does it (rollups, retention). With --keep 1
// a store in DIR is queried, not made. CPU is the process's, all threads, from getrusage; making
// the profiles is taken off.
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <random>

#include "bench/store/workload.h"
#include "store/engine.h"

namespace anneal {
namespace {

constexpr int kFilesOfService = 12;
constexpr int kVariants = 8;
constexpr int64_t kDayNs = 86'400 * kSecondNs;
// At midnight.
constexpr int64_t kStart = 19'700 * kDayNs;

struct Workload {
  int services = 20, instances = 5, days = 30, every_s = 300;
  bool keep = false;
  std::string dir;
};

// The simulated time.
class MonthClock : public Clock {
 public:
  int64_t NowNs() const override { return now_ns_; }
  int64_t MonotonicNs() const override { return now_ns_; }
  void SleepNs(int64_t duration_ns) override { now_ns_ += duration_ns; }
  void Set(int64_t now_ns) { now_ns_ = now_ns; }

 private:
  std::atomic<int64_t> now_ns_ = kStart;
};

// Takes some leaves off every second stack.
void CutStacks(Profile& profile, std::mt19937& random) {
  std::vector<LocationId> kept;
  size_t begin = 0;
  for (auto& end : profile.stack_ends) {
    const size_t depth = end - begin;
    const size_t cut = depth > 1 && random() % 2 == 0 ? random() % std::min<size_t>(depth, 6) : 0;
    kept.insert(kept.end(), profile.sample_locations.begin() + static_cast<ptrdiff_t>(begin + cut),
                profile.sample_locations.begin() + static_cast<ptrdiff_t>(end));
    begin = end;
    end = static_cast<std::remove_reference_t<decltype(end)>>(kept.size());
  }
  profile.sample_locations = std::move(kept);
}

std::vector<Profile> MakeProfiles() {
  std::vector<Profile> profiles;
  std::mt19937 random(1);
  for (const std::string& file : LoadCorpus()) {
    for (int variant = 0; variant < kVariants; ++variant) {
      Profile profile = Decode(file);
      if (variant > 0) CutStacks(profile, random);
      for (size_t i = 0; i + 1 < profile.sample_values.size(); i += 2) {
        const int64_t count = 1 + static_cast<int64_t>(random() % 20);
        profile.sample_values[i] = count;
        profile.sample_values[i + 1] = count * 10'000'000;
      }
      profiles.push_back(std::move(profile));
    }
  }
  return profiles;
}

std::vector<uint32_t> SomeSamples(size_t count, std::mt19937& random) {
  std::vector<uint32_t> samples;
  for (uint32_t i = 0; i < count; ++i) {
    if (random() % 10 >= 3) samples.push_back(i);
  }
  return samples;
}

ProfileUuid MakeId(uint64_t n) {
  ProfileUuid id{};
  for (size_t i = 0; i < 8; ++i) id[8 + i] = static_cast<uint8_t>(n >> (56 - 8 * i));
  return id;
}

double Milliseconds(std::chrono::steady_clock::duration duration) {
  return std::chrono::duration<double, std::milli>(duration).count();
}

class Month {
 public:
  explicit Month(const Workload& work) : work_(work) {}

  int Make() {
    Open();
    const std::vector<Profile> profiles = MakeProfiles();
    const int rounds = static_cast<int>(work_.days * (kDayNs / kSecondNs) / work_.every_s);
    std::printf("%12s %14s %14s %12s %10s\n", "profiles", "push ms", "upkeep ms", "bytes each",
                "peak MB");
    int next_report = std::max(1, rounds / 100);
    Costs since;
    for (int round = 0; round < rounds; ++round) {
      Round(profiles, round, since);
      if (round + 1 == next_report) {
        Report(since);
        since = {};
        next_report = std::min(rounds, next_report * 10);
      }
    }
    const double before = CpuSeconds();
    Must(store_->Flush());
    Must(store_->kv().Flush());
    Must(store_->kv().Compact());
    std::printf("after compaction: %.0f bytes a profile on disk, %.1f s of CPU for it\n",
                static_cast<double>(store_->kv().DiskBytes()) / static_cast<double>(pushed_),
                CpuSeconds() - before);
    return failed_ == 0 ? 0 : 1;
  }

  void Queries() {
    Open();
    const int64_t end = kStart + work_.days * kDayNs;
    std::printf("%-38s %17s %17s %17s\n%-38s", "", "first merge, ms", "merge again, ms",
                "time line, ms", "");
    for (int i = 0; i < 3; ++i) std::printf(" %9s %7s", "CPU", "clock");
    std::printf(" %8s\n", "stacks");
    struct Row {
      const char* what;
      bool one;
      int64_t begin;
    };
    for (const Row& row :
         {Row{"one service, an hour", true, end - 3600 * kSecondNs},
          Row{"one service, a day", true, end - kDayNs}, Row{"one service, all days", true, kStart},
          Row{"one service, all days less 7 minutes", true, kStart + 420 * kSecondNs},
          Row{"all services, an hour", false, end - 3600 * kSecondNs},
          Row{"all services, a day", false, end - kDayNs},
          Row{"all services, all days", false, kStart}}) {
      Selection selection;
      selection.profile_type = kCpu;
      if (row.one) selection.matchers = {{"service_name", LabelMatcher::Op::kEqual, "svc-0"}};
      selection.range = {row.begin, end};
      Time(row.what, selection);
    }
    // As a dashboard asks every few seconds: up to now, most of it kept.
    clock_.Set(end);
    result_cache_bytes_ = EmbeddedOptions().result_cache_bytes;
    Selection selection;
    selection.profile_type = kCpu;
    selection.range = {kStart, end};
    Time("all services, all days, answers kept", selection);
  }

 private:
  // What some pushes cost, in seconds of CPU.
  struct Costs {
    uint64_t pushed = 0;
    double push = 0, upkeep = 0;
  };

  static void Must(const Status& status) {
    if (status.ok()) return;
    std::fprintf(stderr, "month_bench: %s\n", status.ToString().c_str());
    std::exit(1);
  }

  void Open() {
    store_.reset();
    EmbeddedOptions options;
    options.directory = work_.dir;
    options.clock = &clock_;
    options.result_cache_bytes = result_cache_bytes_;
    Result<std::unique_ptr<EmbeddedStore>> opened = EmbeddedStore::Open(options, nullptr);
    Must(opened.status());
    store_ = std::move(*opened);
  }

  void Round(const std::vector<Profile>& profiles, int round, Costs& costs) {
    const int64_t now = kStart + int64_t{round} * work_.every_s * kSecondNs;
    clock_.Set(now + 10 * kSecondNs);
    double making = 0;
    const double begin = CpuSeconds();
    for (int service = 0; service < work_.services; ++service) {
      for (int instance = 0; instance < work_.instances; ++instance) {
        const double before = CpuSeconds();
        std::mt19937 random(
            static_cast<uint32_t>((round * work_.services + service) * 64 + instance));
        const size_t file = static_cast<size_t>(service) * 7 + random() % kFilesOfService;
        const Profile& profile =
            profiles[(file * kVariants + random() % kVariants) % profiles.size()];
        std::vector<ProfileWrite> writes = Writes(profile, service, instance);
        const std::vector<uint32_t> samples = SomeSamples(profile.SampleCount(), random);
        for (ProfileWrite& write : writes) {
          write.time_ns = now + instance * kSecondNs;
          write.id = MakeId(pushed_);
          write.samples = samples;
        }
        making += CpuSeconds() - before;
        in_flight_.Begin();
        store_->Append("anonymous", writes, [&](Status status) {
          if (!status.ok()) ++failed_;
          in_flight_.End();
        });
        ++pushed_;
        ++costs.pushed;
      }
    }
    in_flight_.Wait();
    const double pushed = CpuSeconds();
    costs.push += pushed - begin - making;
    if (now % (3600 * kSecondNs) != 0) return;
    Must(store_->Retain());
    Must(store_->Maintain());
    costs.upkeep += CpuSeconds() - pushed;
  }

  void Report(const Costs& costs) const {
    const double n = static_cast<double>(costs.pushed);
    std::printf("%12llu %14.3f %14.3f %12.0f %10.0f\n", static_cast<unsigned long long>(pushed_),
                1e3 * costs.push / n, 1e3 * costs.upkeep / n,
                static_cast<double>(store_->kv().DiskBytes()) / static_cast<double>(pushed_),
                PeakMegabytes());
    std::fflush(stdout);
  }

  // The first time after opening, and once it is in memory.
  void Time(const char* what, const Selection& selection) {
    Open();
    size_t stacks = 0;
    auto merge = [&] {
      Result<Profile> merged = store_->Merge(selection);
      Must(merged.status());
      stacks = merged->SampleCount();
    };
    auto totals = [&] {
      const std::vector<std::string> none;
      Must(store_->Totals(selection, none).status());
    };
    const Cost first = CostOf(merge);
    merge();
    const Cost again = CostOf(merge), line = CostOf(totals);
    std::printf("%-38s %9.1f %7.1f %9.1f %7.1f %9.1f %7.1f %8zu\n", what, first.cpu_ms,
                first.clock_ms, again.cpu_ms, again.clock_ms, line.cpu_ms, line.clock_ms, stacks);
    std::fflush(stdout);
  }

  struct Cost {
    double cpu_ms = 0, clock_ms = 0;
  };
  template <typename Work>
  static Cost CostOf(Work work) {
    const double cpu = CpuSeconds();
    const auto begin = std::chrono::steady_clock::now();
    work();
    return {1e3 * (CpuSeconds() - cpu), Milliseconds(std::chrono::steady_clock::now() - begin)};
  }

  const Workload work_;
  MonthClock clock_;
  InFlight in_flight_{64};
  uint64_t pushed_ = 0;
  std::atomic<uint64_t> failed_ = 0;
  size_t result_cache_bytes_ = 0;
  std::unique_ptr<EmbeddedStore> store_;
};

int Run(const Workload& work) {
  Month month(work);
  if (!work.keep) {
    std::filesystem::remove_all(work.dir);
    if (int status = month.Make(); status != 0) return status;
  }
  month.Queries();
  return 0;
}

}  // namespace
}  // namespace anneal

int main(int argc, char** argv) {
  anneal::Workload work;
  work.dir = (std::filesystem::temp_directory_path() / "anneal_month_bench").string();
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string_view name = argv[i];
    if (name == "--services") work.services = std::atoi(argv[i + 1]);
    if (name == "--instances") work.instances = std::atoi(argv[i + 1]);
    if (name == "--days") work.days = std::atoi(argv[i + 1]);
    if (name == "--every") work.every_s = std::atoi(argv[i + 1]);
    if (name == "--keep") work.keep = std::atoi(argv[i + 1]) != 0;
    if (name == "--dir") work.dir = argv[i + 1];
  }
  return anneal::Run(work);
}
