#include "pgo/report.h"

#include <absl/container/flat_hash_map.h>
#include <absl/container/flat_hash_set.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>

#include "base/wrapping.h"

namespace anneal {
namespace {

// A stream of random bits that a seed determines on every machine. (splitmix64)
class CoinTosser {
 public:
  explicit CoinTosser(uint64_t seed) : state_(seed) {}
  // How many of `count` tosses are heads.
  int64_t Heads(int64_t count) {
    // Beyond this many the binomial is a normal distribution for our purposes.
    constexpr int64_t kExact = 64 * 64;
    if (count > kExact) {
      constexpr int64_t kMean = kExact / 2;
      double deviations = static_cast<double>(Exact(kExact) - kMean) / 32.0;
      double spread = deviations * std::sqrt(static_cast<double>(count)) / 2;
      return std::clamp(count / 2 + static_cast<int64_t>(spread), int64_t{0}, count);
    }
    return Exact(count);
  }

 private:
  int64_t Exact(int64_t count) {
    int64_t heads = 0;
    for (; count > 0; count -= 64) {
      uint64_t mask = count >= 64 ? ~uint64_t{0} : (uint64_t{1} << count) - 1;
      heads += std::popcount(Next() & mask);
    }
    return heads;
  }
  uint64_t Next() {
    uint64_t z = (state_ += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }
  uint64_t state_;
};

// FNV-1a: the same on every machine and in every run, which abseil's hash is not.
class StableHash {
 public:
  void Add(std::string_view bytes) {
    for (char c : bytes) Byte(static_cast<unsigned char>(c));
    Byte(0);
  }
  void Add(int64_t number) {
    for (int i = 0; i < 64; i += 8) Byte(static_cast<uint64_t>(number) >> i & 0xff);
  }
  uint64_t value() const { return hash_; }

 private:
  void Byte(uint64_t b) { hash_ = (hash_ ^ b) * 0x100000001b3u; }
  uint64_t hash_ = 0xcbf29ce484222325u;
};

uint64_t HashStack(const Profile& profile, std::span<const LocationId> stack) {
  StableHash hash;
  for (LocationId location : stack) {
    for (const Line& line : profile.Lines(location)) {
      hash.Add(profile.FunctionName(line));
      hash.Add(line.line);
    }
    hash.Add(static_cast<int64_t>(profile.locations[Index(location)].address));
  }
  return hash.value();
}

SymbolMatch MatchSymbols(const CallEdges& edges, const GoSymbols& symbols) {
  SymbolMatch match;
  absl::flat_hash_map<std::string_view, bool> known;
  auto check = [&](const std::string& name) {
    auto [it, inserted] = known.try_emplace(name, false);
    if (inserted) {
      it->second = symbols.Contains(name);
      if (!it->second) match.missing_names.push_back(name);
    }
    return it->second;
  };
  int64_t missing_weight = 0;
  for (const CallEdge& edge : edges.edges) {
    bool caller = check(edge.caller), callee = check(edge.callee);
    if (!caller || !callee) missing_weight = WrappingAdd(missing_weight, edge.weight);
  }
  match.functions = known.size();
  match.missing = match.missing_names.size();
  if (edges.total_weight != 0) {
    match.missing_weight_share =
        static_cast<double>(missing_weight) / static_cast<double>(edges.total_weight);
  }
  return match;
}

// The share of the weight on edges that start at a frame without a line: their offset is minus
// the start line, where no call stands. `starts` are start lines by function.
double NoLineShare(const CallEdges& edges,
                   const absl::flat_hash_map<std::string_view, int64_t>& starts) {
  int64_t weight = 0;
  for (const CallEdge& edge : edges.edges) {
    auto it = starts.find(edge.caller);
    if (it != starts.end() && it->second > 0 && edge.offset == -it->second)
      weight = WrappingAdd(weight, edge.weight);
  }
  if (edges.total_weight == 0) return 0;
  return static_cast<double>(weight) / static_cast<double>(edges.total_weight);
}

void CountFunctions(const Profile& profile, GoReport& report) {
  absl::flat_hash_map<std::string_view, int64_t> starts;
  for (const Function& f : profile.functions) starts[profile.Text(f.name)] = f.start_line;
  absl::flat_hash_set<std::string_view> names;
  for (const CallEdge& edge : report.edges.edges) {
    names.insert(edge.caller);
    names.insert(edge.callee);
  }
  report.functions = names.size();
  for (std::string_view name : names) {
    if (name.find("[go.shape.") != std::string_view::npos) ++report.generic_functions;
    if (name.find("[...]") != std::string_view::npos) ++report.elided_functions;
  }
  report.no_line_share = NoLineShare(report.edges, starts);
}

void Warn(GoReport& report) {
  auto percent = [](double share) { return 100 * share; };
  auto& warnings = report.warnings;
  if (report.edges.edges.empty()) {
    warnings.push_back("no call edges: the compiler will ignore the profile silently");
    return;
  }
  if (report.grade == SampleGrade::kThin) {
    warnings.push_back(fmt::format(
        "{} samples are few: much of what is hot is chance; merge more profiles ({} are usable, "
        "{} good)",
        report.samples, kUsableSamples, kGoodSamples));
  }
  if (report.elided_functions > 0) {
    warnings.push_back(
        fmt::format("{} functions have \"[...]\" for their type arguments and match nothing: the "
                    "exporter shortened names, or the program was built before Go 1.21",
                    report.elided_functions));
  }
  if (report.no_line_share > 0) {
    warnings.push_back(
        fmt::format("{:.1f} % of the weight is on call sites without a line, which match nothing: "
                    "the exporter zeroed line numbers",
                    percent(report.no_line_share)));
  }
  if (report.symbols && report.symbols->missing_weight_share > 0.05) {
    warnings.push_back(fmt::format(
        "{:.1f} % of the weight is on edges whose functions the binary does not have: the profile "
        "is of another program, or of another version",
        percent(report.symbols->missing_weight_share)));
  }
}

}  // namespace

SampleGrade GradeOf(int64_t samples) {
  if (samples >= kGoodSamples) return SampleGrade::kGood;
  return samples >= kUsableSamples ? SampleGrade::kUsable : SampleGrade::kThin;
}

std::string_view SampleGradeName(SampleGrade grade) {
  switch (grade) {
    case SampleGrade::kGood:
      return "good";
    case SampleGrade::kUsable:
      return "usable";
    case SampleGrade::kThin:
      return "thin";
  }
  return "";
}

int64_t SampleWeight(const Profile& profile, size_t column) {
  std::string_view unit = profile.Text(profile.sample_types[column].unit);
  if (unit == "count") return 1;
  bool period_fits =
      profile.period > 0 && unit == profile.Text(profile.period_type.unit) &&
      profile.Text(profile.sample_types[column].type) == profile.Text(profile.period_type.type);
  if (period_fits) return profile.period;
  int64_t divisor = 0;
  for (size_t i = 0; i < profile.SampleCount(); ++i) {
    int64_t value = profile.Values(i)[column];
    if (value > 0) divisor = std::gcd(divisor, value);
  }
  return std::max<int64_t>(divisor, 1);
}

ProfileHalves SplitSamples(const Profile& profile) {
  ProfileHalves halves{profile, profile};
  int column = GoValueColumn(profile);
  if (column < 0) return halves;
  auto counted = static_cast<size_t>(column);
  int64_t weight = SampleWeight(profile, counted);
  auto samples = [&](size_t i) {
    return std::max<int64_t>(profile.Values(i)[counted] / weight, 0);
  };
  // One toss for all samples of a stack, whatever labels they differ in, then dealt out in order.
  std::vector<uint64_t> hashes(profile.SampleCount());
  absl::flat_hash_map<uint64_t, int64_t> heads_left;
  for (size_t i = 0; i < hashes.size(); ++i) {
    hashes[i] = HashStack(profile, profile.Stack(i));
    int64_t& sum = heads_left[hashes[i]];
    sum = std::min(sum, INT64_MAX - samples(i)) + samples(i);
  }
  for (auto& [hash, count] : heads_left) count = CoinTosser(hash).Heads(count);
  size_t width = profile.sample_types.size();
  for (size_t i = 0; i < hashes.size(); ++i) {
    int64_t& left = heads_left[hashes[i]];
    int64_t heads = std::min(left, samples(i));
    left -= heads;
    halves.first.sample_values[i * width + counted] = heads * weight;
    halves.second.sample_values[i * width + counted] = profile.Values(i)[counted] - heads * weight;
  }
  return halves;
}

Result<GoReport> MakeGoReport(const Profile& profile, const GoSymbols* symbols) {
  GoReport report;
  ASSIGN_OR_RETURN(report.edges, ComputeCallEdges(profile));
  report.stacks = profile.SampleCount();
  report.time_ns = profile.time_ns;
  report.duration_ns = profile.duration_ns;
  report.hot = FindHotEdges(report.edges);
  if (int column = GoValueColumn(profile); column >= 0) {
    auto c = static_cast<size_t>(column);
    report.value_type = fmt::format("{}/{}", profile.Text(profile.sample_types[c].type),
                                    profile.Text(profile.sample_types[c].unit));
    report.sample_weight = SampleWeight(profile, c);
    for (size_t i = 0; i < profile.SampleCount(); ++i) {
      report.total_value = WrappingAdd(report.total_value, profile.Values(i)[c]);
    }
    report.samples = report.total_value / report.sample_weight;
  }
  report.grade = GradeOf(report.samples);
  const std::vector<CallEdge>& edges = report.edges.edges;
  if (!edges.empty()) {
    auto single = std::count_if(edges.begin(), edges.end(), [&](const CallEdge& e) {
      return e.weight <= report.sample_weight;
    });
    report.single_sample_share = static_cast<double>(single) / static_cast<double>(edges.size());
    ProfileHalves halves = SplitSamples(profile);
    Result<CallEdges> first = ComputeCallEdges(halves.first);
    Result<CallEdges> second = ComputeCallEdges(halves.second);
    // A half may come out without any sample; then nothing is hot in both.
    report.split_half =
        CompareHotEdges(first.ok() ? *first : CallEdges{}, second.ok() ? *second : CallEdges{});
  }
  CountFunctions(profile, report);
  if (symbols != nullptr) report.symbols = MatchSymbols(report.edges, *symbols);
  Warn(report);
  return report;
}

}  // namespace anneal
