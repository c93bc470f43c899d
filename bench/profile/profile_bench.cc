// Decode, merge and encode over tests/corpus. bench/profile/run.sh runs it beside google/pprof;
// what the work of either includes is said in bench/README.md.
#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "base/fs.h"
#include "profile/compress.h"
#include "profile/merge.h"
#include "profile/pprof.h"

namespace anneal {
namespace {

const std::vector<std::string>& Files() {
  static const std::vector<std::string> files = [] {
    std::vector<std::string> out;
    const std::string dir = ANNEAL_SOURCE_DIR "/tests/corpus";
    const std::vector<std::string> names = Fs::System().ListDir(dir).value();
    for (const std::string& name : names) {
      if (name.ends_with(".cpuprof"))
        out.push_back(Fs::System().ReadFile(dir + "/" + name).value());
    }
    return out;
  }();
  return files;
}

const std::vector<Profile>& Profiles() {
  static const std::vector<Profile> profiles = [] {
    std::vector<Profile> out;
    for (const std::string& file : Files()) out.push_back(DecodePprof(file).value());
    return out;
  }();
  return profiles;
}

// Times are reported per iteration; every iteration handles `profiles` of them.
void CountProfiles(benchmark::State& state, size_t profiles) {
  state.counters["profiles"] = static_cast<double>(profiles);
}

void inflate(benchmark::State& state) {
  for (auto _ : state) {
    for (const std::string& file : Files()) {
      benchmark::DoNotOptimize(Gunzip(file, size_t{1} << 30).value());
    }
  }
  CountProfiles(state, Files().size());
}
BENCHMARK(inflate);

void decode(benchmark::State& state) {
  for (auto _ : state) {
    for (const std::string& file : Files()) benchmark::DoNotOptimize(DecodePprof(file).value());
  }
  CountProfiles(state, Files().size());
}
BENCHMARK(decode);

// Decoding without the inflating.
void decode_raw(benchmark::State& state) {
  std::vector<std::string> messages;
  for (const std::string& file : Files()) messages.push_back(Gunzip(file, size_t{1} << 30).value());
  for (auto _ : state) {
    for (const std::string& m : messages) benchmark::DoNotOptimize(DecodePprof(m).value());
  }
  CountProfiles(state, messages.size());
}
BENCHMARK(decode_raw);

void merge_all(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(MergeProfiles(Profiles()).value());
  CountProfiles(state, Profiles().size());
}
BENCHMARK(merge_all);

void merge_pairs(benchmark::State& state) {
  const std::span<const Profile> profiles(Profiles());
  for (auto _ : state) {
    for (size_t i = 0; i + 1 < profiles.size(); i += 2) {
      benchmark::DoNotOptimize(MergeProfiles(profiles.subspan(i, 2)).value());
    }
  }
  CountProfiles(state, profiles.size() / 2 * 2);
}
BENCHMARK(merge_pairs);

void encode(benchmark::State& state) {
  for (auto _ : state) {
    for (const Profile& profile : Profiles()) benchmark::DoNotOptimize(EncodePprof(profile));
  }
  CountProfiles(state, Profiles().size());
}
BENCHMARK(encode);

void encode_merged(benchmark::State& state) {
  const Profile merged = MergeProfiles(Profiles()).value();
  for (auto _ : state) benchmark::DoNotOptimize(EncodePprof(merged));
  CountProfiles(state, 1);
}
BENCHMARK(encode_merged);

}  // namespace
}  // namespace anneal

BENCHMARK_MAIN();
