#include "pgo/go_artefact.h"

#include <absl/container/flat_hash_map.h>

#include <algorithm>
#include <span>

#include "base/wrapping.h"
#include "profile/compress.h"
#include "profile/merge.h"
#include "profile/pprof.h"

namespace anneal {
namespace {

constexpr size_t kCountedLocations = 2;
// bufio.Scanner's limit: the compiler cannot read a longer line of the preprocessed form.
constexpr size_t kLongestName = 64 * 1024 - 2;

// Adds what a profile holds piece by piece, each distinct piece once.
class ProfileBuilder {
 public:
  StringId Text(std::string_view text) {
    if (text.empty()) return StringId::kEmpty;
    auto [it, inserted] = strings_.try_emplace(std::string(text), StringId::kEmpty);
    if (inserted) it->second = profile_.strings.Append(text);
    return it->second;
  }

  FunctionId AddFunction(std::string_view name, int64_t start_line) {
    StringId id = Text(name);
    auto [it, inserted] = functions_.try_emplace(std::pair(id, start_line), FunctionId{});
    if (inserted) {
      it->second = static_cast<FunctionId>(profile_.functions.size());
      profile_.functions.push_back({.name = id, .start_line = start_line});
    }
    return it->second;
  }

  LocationId AddLocation(std::span<const Line> lines, uint64_t address) {
    std::vector<int64_t> key = {static_cast<int64_t>(address)};
    for (const Line& line : lines) {
      key.push_back(static_cast<int64_t>(Index(line.function)));
      key.push_back(line.line);
    }
    auto [it, inserted] = locations_.try_emplace(std::move(key), LocationId{});
    if (inserted) {
      it->second = static_cast<LocationId>(profile_.locations.size());
      auto begin = static_cast<uint32_t>(profile_.lines.size());
      profile_.lines.insert(profile_.lines.end(), lines.begin(), lines.end());
      profile_.locations.push_back({.address = address,
                                    .lines_begin = begin,
                                    .lines_end = static_cast<uint32_t>(profile_.lines.size())});
    }
    return it->second;
  }

  void AddSample(std::span<const LocationId> stack, int64_t value) {
    profile_.sample_locations.insert(profile_.sample_locations.end(), stack.begin(), stack.end());
    profile_.stack_ends.push_back(static_cast<uint32_t>(profile_.sample_locations.size()));
    profile_.sample_values.push_back(value);
  }

  Profile& profile() { return profile_; }

 private:
  Profile profile_;
  absl::flat_hash_map<std::string, StringId> strings_;
  absl::flat_hash_map<std::pair<StringId, int64_t>, FunctionId> functions_;
  absl::flat_hash_map<std::vector<int64_t>, LocationId> locations_;
};

// Values whose sums can cancel, or wrap to zero, make a frame's address matter: a frame that adds
// up to nothing drops out of the graph, and addresses say which frames are added up.
bool ValuesCanCancel(const Profile& profile, size_t column) {
  uint64_t sum = 0;
  for (size_t i = 0; i < profile.SampleCount(); ++i) {
    int64_t value = profile.Values(i)[column];
    if (value < 0 || __builtin_add_overflow(sum, static_cast<uint64_t>(value), &sum)) return true;
  }
  return sum > static_cast<uint64_t>(INT64_MAX);
}

// Copies the leaf-most locations of stacks into a new profile, without what the compiler does not
// read.
class LeafTrimmer {
 public:
  LeafTrimmer(const Profile& profile, size_t column)
      : profile_(profile), column_(column), keep_addresses_(ValuesCanCancel(profile, column)) {}

  Profile Run() {
    for (size_t i = 0; i < profile_.SampleCount(); ++i) {
      int64_t value = profile_.Values(i)[column_];
      if (value != 0) AddSample(profile_.Stack(i), value);
    }
    return std::move(builder_.profile());
  }

 private:
  void AddSample(std::span<const LocationId> stack, int64_t value) {
    stack = stack.first(std::min(stack.size(), kCountedLocations));
    LocationId copied[kCountedLocations];
    for (size_t i = 0; i < stack.size(); ++i) copied[i] = Copy(stack[i], Address(stack, i));
    builder_.AddSample(std::span(copied, stack.size()), value);
  }

  // Recursion within one line: caller and leaf are the same frame at two addresses, and the
  // compiler counts the edge between them. Without addresses they would be one, and the edge
  // lost; so the leaf of such a stack, and no other, gets a made-up address.
  uint64_t Address(std::span<const LocationId> stack, size_t depth) const {
    uint64_t own = profile_.locations[Index(stack[depth])].address;
    if (keep_addresses_) return own;
    if (depth != 0 || stack.size() < 2) return 0;
    uint64_t callers = profile_.locations[Index(stack[1])].address;
    return own != callers && ShareFrame(profile_, stack[0], stack[1]) ? 1 : 0;
  }

  LocationId Copy(LocationId id, uint64_t address) {
    auto [it, inserted] = copies_.try_emplace(std::pair(id, address), LocationId{});
    if (inserted) {
      std::vector<Line> lines;
      for (const Line& line : profile_.Lines(id)) {
        const Function& f = profile_.functions[Index(line.function)];
        lines.push_back({.function = builder_.AddFunction(profile_.Text(f.name), f.start_line),
                         .line = line.line});
      }
      it->second = builder_.AddLocation(lines, address);
    }
    return it->second;
  }

  const Profile& profile_;
  const size_t column_;
  const bool keep_addresses_;
  ProfileBuilder builder_;
  absl::flat_hash_map<std::pair<LocationId, uint64_t>, LocationId> copies_;
};

void CopyHeader(const Profile& from, Profile& to) {
  auto copy = [&](StringId id) { return to.strings.Append(from.Text(id)); };
  to.time_ns = from.time_ns;
  to.duration_ns = from.duration_ns;
  to.period = from.period;
  to.period_type = {.type = copy(from.period_type.type), .unit = copy(from.period_type.unit)};
}

Status CheckNames(const CallEdges& edges) {
  for (const CallEdge& edge : edges.edges) {
    for (const std::string& name : {edge.caller, edge.callee}) {
      if (name.size() > kLongestName || name.find('\n') != std::string::npos ||
          name.ends_with('\r')) {
        return Error(Code::kFailedPrecondition,
                     "the function name \"{:.60}\" has a line break or is longer than {} bytes, "
                     "which the Go compiler cannot read: is this the profile of a Go program?",
                     name, kLongestName);
      }
    }
  }
  return {};
}

std::vector<std::string> Warnings(const Profile& profile, const CallEdges& edges) {
  std::vector<std::string> warnings;
  if (profile.SampleCount() == 0) {
    warnings.push_back(
        "the profile has no samples: the compiler will ignore it silently; profile the program "
        "while it works");
  } else if (edges.edges.empty()) {
    warnings.push_back(
        "no sample has a caller and a callee: the compiler will ignore the profile silently; "
        "profile the program while it works");
  }
  bool negative = std::any_of(edges.edges.begin(), edges.edges.end(),
                              [](const CallEdge& edge) { return edge.weight < 0; });
  if (negative) {
    warnings.push_back(
        "some edges weigh less than nothing: a difference of two profiles says nothing to a "
        "compiler; use a merged one");
  }
  return warnings;
}

Result<Profile> Trimmed(const Profile& profile, const CallEdges& edges, GoTrim trim) {
  int column = GoValueColumn(profile);
  if (trim == GoTrim::kFull || column < 0) return Canonical(profile);
  if (trim == GoTrim::kLeaf) return Canonical(TrimForGo(profile));
  bool positive = std::all_of(edges.edges.begin(), edges.edges.end(),
                              [](const CallEdge& edge) { return edge.weight > 0; });
  if (!positive) {
    return Error(Code::kFailedPrecondition,
                 "an edge without a positive weight cannot be written as edges alone: keep leaf "
                 "locations instead (--keep leaf)");
  }
  const ValueType& type = profile.sample_types[static_cast<size_t>(column)];
  Profile made = ProfileFromEdges(edges, profile.Text(type.type), profile.Text(type.unit));
  CopyHeader(profile, made);
  return Canonical(made);
}

}  // namespace

std::optional<GoTrim> ParseGoTrim(std::string_view name) {
  if (name == "full") return GoTrim::kFull;
  if (name == "leaf") return GoTrim::kLeaf;
  if (name == "edges") return GoTrim::kEdges;
  return std::nullopt;
}

Profile TrimForGo(const Profile& profile) {
  auto column = static_cast<size_t>(GoValueColumn(profile));
  Profile trimmed = LeafTrimmer(profile, column).Run();
  const ValueType& type = profile.sample_types[column];
  trimmed.sample_types = {{.type = trimmed.strings.Append(profile.Text(type.type)),
                           .unit = trimmed.strings.Append(profile.Text(type.unit))}};
  CopyHeader(profile, trimmed);
  return trimmed;
}

// An edge is written as one location, the callee inlined into the caller: a third less than as a
// stack of two.
Profile ProfileFromEdges(const CallEdges& edges, std::string_view type, std::string_view unit) {
  constexpr int64_t kStartLine = 1;
  ProfileBuilder builder;
  builder.profile().sample_types = {{.type = builder.Text(type), .unit = builder.Text(unit)}};
  for (const CallEdge& edge : edges.edges) {
    int64_t line = WrappingAdd(edge.offset, kStartLine);
    // The callee's line is not read, but in recursion it must tell the two frames apart.
    int64_t callee_line = edge.caller == edge.callee && line == 0 ? 1 : 0;
    Line frames[] = {
        {.function = builder.AddFunction(edge.callee, kStartLine), .line = callee_line},
        {.function = builder.AddFunction(edge.caller, kStartLine), .line = line}};
    LocationId location = builder.AddLocation(frames, 0);
    builder.AddSample(std::span(&location, 1), edge.weight);
  }
  return std::move(builder.profile());
}

Result<GoArtefact> MakeGoArtefact(const Profile& profile, GoTrim trim) {
  GoArtefact artefact;
  ASSIGN_OR_RETURN(artefact.edges, ComputeCallEdges(profile));
  TRY(CheckNames(artefact.edges));
  artefact.warnings = Warnings(profile, artefact.edges);
  ASSIGN_OR_RETURN(Profile trimmed, Trimmed(profile, artefact.edges, trim));
  ASSIGN_OR_RETURN(CallEdges kept, ComputeCallEdges(trimmed));
  if (kept != artefact.edges) {
    return Error(Code::kInternal,
                 "trimming changed the call edges ({} before, {} after): please report this, and "
                 "use --keep full",
                 artefact.edges.edges.size(), kept.edges.size());
  }
  artefact.bytes = Gzip(EncodePprof(trimmed), 9);
  return artefact;
}

}  // namespace anneal
