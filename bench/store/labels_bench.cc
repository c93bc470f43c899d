// labels_bench: what label calls cost when a tenant has many series.
//
//   labels_bench [--series 100000] [--dir DIR]
//
// Series are of 100 services with 10 versions each and as many pods as it takes; each has one
// small profile. CPU is the process's, from getrusage, the median of 21 calls.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "bench/store/workload.h"
#include "store/embedded.h"

namespace anneal {
namespace {

constexpr int64_t kTimeNs = 1'700'000'000 * kSecondNs;

void Fill(Store& store, int series) {
  const Profile profile = Decode(LoadCorpus().front());
  InFlight in_flight(64);
  std::vector<ProfileWrite> writes;
  auto push = [&] {
    in_flight.Begin();
    store.Append("anonymous", writes, [&](Status status) {
      if (!status.ok()) std::fprintf(stderr, "labels_bench: %s\n", status.ToString().c_str());
      in_flight.End();
    });
    writes.clear();
  };
  for (int i = 0; i < series; ++i) {
    ProfileWrite write;
    const std::string service = fmt::format("svc-{}", i % 100);
    write.labels = MakeLabelSet({{"service_name", service},
                                 {"__name__", "process_cpu"},
                                 {"__profile_type__", std::string(kCpu)},
                                 {"version", fmt::format("v{}", i / 100 % 10)},
                                 {"pod", fmt::format("pod-{}", i)}})
                       .value();
    write.time_ns = kTimeNs;
    write.period = profile.period;
    write.profile = &profile;
    write.sample_type = 1;
    write.samples = {{0}};
    writes.push_back(std::move(write));
    if (writes.size() == 256) push();
  }
  if (!writes.empty()) push();
  in_flight.Wait();
}

template <typename Call>
void Time(const char* what, Call call) {
  std::vector<double> costs;
  size_t answers = 0;
  for (int i = 0; i < 21; ++i) {
    const double begin = CpuSeconds();
    answers = call();
    costs.push_back(CpuSeconds() - begin);
  }
  std::ranges::nth_element(costs, costs.begin() + 10);
  std::printf("%-44s %9.3f ms CPU %8zu answers\n", what, 1e3 * costs[10], answers);
}

int Run(const std::string& dir, int series) {
  std::filesystem::remove_all(dir);
  EmbeddedOptions options;
  options.directory = dir;
  std::unique_ptr<Store> store = OpenEmbedded(options).value();
  Fill(*store, series);
  const TimeRange all{0, INT64_MAX}, hour{kTimeNs - 1800 * kSecondNs, kTimeNs + 1800 * kSecondNs};
  const std::vector<std::vector<LabelMatcher>> one = {
      {{"service_name", LabelMatcher::Op::kEqual, "svc-7"}}};
  for (const auto& [window, range] : {std::pair{"all time", all}, std::pair{"an hour", hour}}) {
    std::printf("%d series, %s\n", series, window);
    auto values = [&, range = range](const char* name, auto selectors) {
      return [&store, range, name = std::string(name), selectors] {
        const std::string names[] = {name};
        return store->Series("anonymous", selectors, names, range)->size();
      };
    };
    auto names = [&, range = range](auto selectors) {
      return [&store, range, selectors] {
        return store->LabelNames("anonymous", selectors, range)->size();
      };
    };
    const std::vector<std::vector<LabelMatcher>> any;
    Time("LabelNames", names(any));
    Time("LabelNames of one service", names(one));
    Time("LabelValues of service_name", values("service_name", any));
    Time("LabelValues of version", values("version", any));
    Time("LabelValues of pod, one service", values("pod", one));
    Time("LabelValues of pod (an answer a series)", values("pod", any));
    Time("ProfileTypes", values("__profile_type__", any));
  }
  return 0;
}

}  // namespace
}  // namespace anneal

int main(int argc, char** argv) {
  int series = 100'000;
  std::string dir = (std::filesystem::temp_directory_path() / "anneal_labels_bench").string();
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string_view name = argv[i];
    if (name == "--series") series = std::atoi(argv[i + 1]);
    if (name == "--dir") dir = argv[i + 1];
  }
  return anneal::Run(dir, series);
}
