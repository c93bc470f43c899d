#include "pgo/call_edges.h"

#include <absl/container/flat_hash_map.h>
#include <absl/container/flat_hash_set.h>

#include <algorithm>
#include <array>
#include <span>
#include <tuple>

#include "base/wrapping.h"

namespace anneal {
namespace {

constexpr size_t kCountedLocations = 2;

enum class NodeId : uint32_t { kNone = 0xffffffffu };

// internal/profile's NodeInfo: what tells two frames apart.
struct NodeKey {
  std::string_view name;
  uint64_t address = 0;
  int64_t start_line = 0;
  int64_t line = 0;
  friend bool operator==(const NodeKey&, const NodeKey&) = default;
  template <typename H>
  friend H AbslHashValue(H h, const NodeKey& k) {
    return H::combine(std::move(h), k.name, k.address, k.start_line, k.line);
  }
};

struct Node {
  NodeKey key;
  // Nodes where both are 0 drop out with their edges; negative values can bring that about.
  int64_t flat = 0;
  int64_t cumulative = 0;
  bool Counts() const { return flat != 0 || cumulative != 0; }
};

using NodePair = std::pair<NodeId, NodeId>;

// What one sample has brought so far. Two locations have few frames as a rule, among which a
// linear search beats a hash set; with many inlined into them it must not be quadratic.
template <typename T>
class Seen {
 public:
  void Clear() {
    few_.clear();
    more_.clear();
  }
  // Whether it is new.
  bool Insert(const T& item) {
    if (std::find(few_.begin(), few_.end(), item) != few_.end()) return false;
    if (few_.size() == kFew) return more_.insert(item).second;
    few_.push_back(item);
    return true;
  }

 private:
  static constexpr size_t kFew = 32;
  std::vector<T> few_;
  absl::flat_hash_set<T> more_;
};

// The call graph of the counted frames.
class Graph {
 public:
  explicit Graph(const Profile& profile)
      : profile_(profile), first_node_(profile.locations.size(), kUnseen) {}

  void AddSample(std::span<const LocationId> stack, int64_t value) {
    seen_nodes_.Clear();
    seen_pairs_.Clear();
    NodeId parent = NodeId::kNone;
    for (size_t depth = std::min(stack.size(), kCountedLocations); depth-- > 0;) {
      std::span<const NodeId> frames = Nodes(stack[depth]);
      for (size_t i = frames.size(); i-- > 0;) {
        Visit(parent, frames[i], value);
        parent = frames[i];
      }
    }
    if (parent != NodeId::kNone) {
      Node& leaf = nodes_[Index(parent)];
      leaf.flat = WrappingAdd(leaf.flat, value);
    }
  }

  const std::vector<Node>& nodes() const { return nodes_; }
  const absl::flat_hash_map<NodePair, int64_t>& edges() const { return edges_; }

 private:
  static constexpr uint32_t kUnseen = 0xffffffffu;

  void Visit(NodeId parent, NodeId node, int64_t value) {
    if (seen_nodes_.Insert(node)) {
      int64_t& cumulative = nodes_[Index(node)].cumulative;
      cumulative = WrappingAdd(cumulative, value);
    }
    if (parent == NodeId::kNone || parent == node) return;
    if (!seen_pairs_.Insert({parent, node})) return;
    int64_t& weight = edges_[NodePair(parent, node)];
    weight = WrappingAdd(weight, value);
  }

  // The nodes of a location's frames, innermost first.
  std::span<const NodeId> Nodes(LocationId id) {
    const Location& location = profile_.locations[Index(id)];
    size_t count = std::max<size_t>(location.lines_end - location.lines_begin, 1);
    uint32_t& first = first_node_[Index(id)];
    if (first == kUnseen) {
      first = static_cast<uint32_t>(location_nodes_.size());
      std::span<const Line> lines = profile_.Lines(id);
      for (const Line& line : lines) {
        const Function& function = profile_.functions[Index(line.function)];
        location_nodes_.push_back(Intern({.name = profile_.Text(function.name),
                                          .address = location.address,
                                          .start_line = function.start_line,
                                          .line = line.line}));
      }
      if (lines.empty()) location_nodes_.push_back(Intern({.address = location.address}));
    }
    return std::span(location_nodes_).subspan(first, count);
  }

  NodeId Intern(const NodeKey& key) {
    auto [it, inserted] = ids_.try_emplace(key, static_cast<NodeId>(nodes_.size()));
    if (inserted) nodes_.push_back({.key = key});
    return it->second;
  }

  const Profile& profile_;
  std::vector<uint32_t> first_node_;  // per location: its range in location_nodes_
  std::vector<NodeId> location_nodes_;
  std::vector<Node> nodes_;
  absl::flat_hash_map<NodeKey, NodeId> ids_;
  absl::flat_hash_map<NodePair, int64_t> edges_;
  Seen<NodeId> seen_nodes_;  // of one sample
  Seen<NodePair> seen_pairs_;
};

// Sums the graph's edges by what the compiler can tell apart.
CallEdges SumByName(const Graph& graph) {
  using Key = std::tuple<std::string_view, std::string_view, int64_t>;
  absl::flat_hash_map<Key, int64_t> weights;
  CallEdges result;
  for (const auto& [pair, weight] : graph.edges()) {
    const Node& caller = graph.nodes()[Index(pair.first)];
    if (!caller.Counts()) continue;
    const Node& callee = graph.nodes()[Index(pair.second)];
    int64_t offset = WrappingSubtract(caller.key.line, caller.key.start_line);
    int64_t& sum = weights[Key(caller.key.name, callee.key.name, offset)];
    sum = WrappingAdd(sum, weight);
    result.total_weight = WrappingAdd(result.total_weight, weight);
  }
  if (result.total_weight == 0) return {};
  result.edges.reserve(weights.size());
  for (const auto& [key, weight] : weights) {
    const auto& [caller, callee, offset] = key;
    result.edges.push_back({std::string(caller), std::string(callee), offset, weight});
  }
  SortCallEdges(result.edges);
  return result;
}

}  // namespace

int GoValueColumn(const Profile& profile) {
  for (size_t i = 0; i < profile.sample_types.size(); ++i) {
    std::string_view type = profile.Text(profile.sample_types[i].type);
    std::string_view unit = profile.Text(profile.sample_types[i].unit);
    if ((type == "samples" && unit == "count") || (type == "cpu" && unit == "nanoseconds")) {
      return static_cast<int>(i);
    }
  }
  return -1;
}

Result<CallEdges> ComputeCallEdges(const Profile& profile) {
  if (profile.SampleCount() == 0) return CallEdges{};
  int column = GoValueColumn(profile);
  if (column < 0) {
    std::string types;
    for (const ValueType& t : profile.sample_types) {
      if (!types.empty()) types += ", ";
      types += fmt::format("{}/{}", profile.Text(t.type), profile.Text(t.unit));
    }
    return Error(Code::kFailedPrecondition,
                 "the profile counts {}; the Go compiler reads only samples/count and "
                 "cpu/nanoseconds: take a CPU profile (/debug/pprof/profile)",
                 types);
  }
  Graph graph(profile);
  for (size_t i = 0; i < profile.SampleCount(); ++i) {
    int64_t value = profile.Values(i)[static_cast<size_t>(column)];
    if (value != 0) graph.AddSample(profile.Stack(i), value);
  }
  bool has_start_line =
      std::any_of(graph.nodes().begin(), graph.nodes().end(),
                  [](const Node& node) { return node.key.start_line != 0 && node.Counts(); });
  if (!has_start_line) {
    return Error(Code::kFailedPrecondition,
                 "no function of the profile has a start line, so the Go compiler refuses it: "
                 "take the profile from a program built with Go 1.20 or later, and see that no "
                 "tool between symbolises it anew");
  }
  return SumByName(graph);
}

void SortCallEdges(std::vector<CallEdge>& edges) {
  std::sort(edges.begin(), edges.end(), [](const CallEdge& a, const CallEdge& b) {
    if (a.weight != b.weight) return a.weight > b.weight;
    return std::tie(a.caller, a.callee, a.offset) < std::tie(b.caller, b.callee, b.offset);
  });
}

HotEdges FindHotEdges(const CallEdges& edges, double cdf_percent) {
  auto percent = [&](int64_t weight) {
    return static_cast<double>(weight) / static_cast<double>(edges.total_weight) * 100;
  };
  int64_t sum = 0;
  for (size_t i = 0; i < edges.edges.size(); ++i) {
    int64_t weight = edges.edges[i].weight;
    sum = WrappingAdd(sum, weight);
    if (percent(sum) > cdf_percent) {
      return {.count = i + 1, .threshold_weight = weight, .threshold_percent = percent(weight)};
    }
  }
  return {.count = edges.edges.size()};
}

}  // namespace anneal
