#include "profile/flame_tree.h"

#include <absl/container/flat_hash_map.h>

#include <algorithm>
#include <functional>
#include <numeric>

#include "base/wrapping.h"
#include "profile/go_name.h"
#include "profile/intern_table.h"
#include "profile/string_order.h"

namespace anneal {
namespace {

constexpr std::string_view kOther = "other";
constexpr std::string_view kRootName = "total";

// Grows the tree node by node in the order in which samples need them; Finish puts it in order.
class TreeBuilder {
 public:
  TreeBuilder(const Profile& profile, FrameNames frame_names)
      : p_(profile), frame_names_(frame_names), function_names_(p_.functions.size()) {
    nodes_.push_back({});
  }

  void Add(std::span<const LocationId> stack, int64_t value) {
    uint32_t node = 0;
    AddTo(nodes_[0].total, value);
    for (size_t i = stack.size(); i-- > 0;) {
      std::span<const Line> lines = p_.Lines(stack[i]);
      if (lines.empty()) node = Child(node, AddressName(stack[i]), value);
      for (size_t k = lines.size(); k-- > 0;) {
        node = Child(node, FunctionName(lines[k].function), value);
      }
    }
    AddTo(nodes_[node].self, value);
  }

  FlameTree Finish();

 private:
  static void AddTo(int64_t& sum, int64_t value) { sum = WrappingAdd(sum, value); }

  uint32_t Child(uint32_t parent, uint32_t name, int64_t value) {
    auto [it, added] =
        children_.try_emplace(uint64_t{parent} << 32 | name, static_cast<uint32_t>(nodes_.size()));
    if (added) nodes_.push_back({parent, name, 0, 0, nodes_[parent].depth + 1});
    AddTo(nodes_[it->second].total, value);
    return it->second;
  }

  uint32_t NameOf(std::string_view text) {
    uint32_t next = static_cast<uint32_t>(names_.size());
    uint32_t id = name_table_.FindOrInsert(HashText(text), next, [&](uint32_t position) {
      return names_.Get(static_cast<StringId>(position)) == text;
    });
    if (id == next) names_.Append(text);
    return id;
  }
  uint32_t FunctionName(FunctionId id) {
    uint32_t& name = function_names_[Index(id)];
    if (name != 0) return name;
    std::string_view text = p_.Text(p_.functions[Index(id)].name);
    name = frame_names_ == FrameNames::kExact ? NameOf(text) : NameOf(ShortGoName(text));
    return name;
  }
  uint32_t AddressName(LocationId id) {
    return NameOf(fmt::format("{:x}", p_.locations[Index(id)].address));
  }

  const Profile& p_;
  const FrameNames frame_names_;
  StringTable names_;  // names_[0]: the root's; every other name, even an empty one, follows
  InternTable name_table_;
  std::vector<uint32_t> function_names_;  // 0: not looked up yet
  std::vector<FlameTree::Node> nodes_;
  absl::flat_hash_map<uint64_t, uint32_t> children_;  // (parent, name) -> node
};

FlameTree TreeBuilder::Finish() {
  FlameTree tree;
  std::vector<StringId> sorted;
  for (uint32_t i = 1; i < names_.size(); ++i) sorted.push_back(static_cast<StringId>(i));
  SortByText(names_, sorted);
  std::vector<uint32_t> rank(names_.size(), 0);
  tree.names.emplace_back();
  for (StringId id : sorted) {
    rank[Index(id)] = static_cast<uint32_t>(tree.names.size());
    tree.names.emplace_back(names_.Get(id));
  }
  for (FlameTree::Node& node : nodes_) node.name = rank[node.name];

  // Children of one parent stand together, in reverse order of name: a stack then gives them out
  // in order.
  std::vector<uint32_t> order(nodes_.size());
  std::iota(order.begin(), order.end(), 0u);
  std::sort(order.begin() + 1, order.end(), [&](uint32_t a, uint32_t b) {
    return std::tuple(nodes_[a].parent, nodes_[b].name) <
           std::tuple(nodes_[b].parent, nodes_[a].name);
  });
  std::vector<uint32_t> first_child(nodes_.size() + 1, 0);
  for (size_t i = 1; i < order.size(); ++i) ++first_child[nodes_[order[i]].parent + 1];
  first_child[0] = 1;  // order[0] is the root itself
  std::partial_sum(first_child.begin(), first_child.end(), first_child.begin());

  struct Pending {
    uint32_t node, parent;
  };
  std::vector<Pending> pending = {{0, 0}};
  tree.nodes.reserve(nodes_.size());
  while (!pending.empty()) {
    Pending next = pending.back();
    pending.pop_back();
    uint32_t position = static_cast<uint32_t>(tree.nodes.size());
    tree.nodes.push_back(nodes_[next.node]);
    tree.nodes.back().parent = next.parent;
    for (uint32_t i = first_child[next.node]; i < first_child[next.node + 1]; ++i) {
      pending.push_back({order[i], position});
    }
  }
  return tree;
}

// The max_nodes-th largest total; below every total when there are not more nodes than that.
int64_t SmallestKeptTotal(const FlameTree& tree, size_t max_nodes) {
  if (tree.nodes.size() - 1 <= max_nodes) return 0;
  std::vector<int64_t> totals;
  totals.reserve(tree.nodes.size() - 1);
  for (size_t i = 1; i < tree.nodes.size(); ++i) totals.push_back(tree.nodes[i].total);
  auto nth = totals.begin() + static_cast<ptrdiff_t>(max_nodes - 1);
  std::nth_element(totals.begin(), nth, totals.end(), std::greater<>());
  return *nth;
}

}  // namespace

FlameTree FlameTree::Build(const Profile& profile, size_t sample_type, FrameNames frame_names) {
  TreeBuilder builder(profile, frame_names);
  for (size_t s = 0; s < profile.SampleCount(); ++s) {
    int64_t value = profile.Values(s)[sample_type];
    if (value > 0) builder.Add(profile.Stack(s), value);
  }
  return builder.Finish();
}

void FlameTree::Truncate(size_t max_nodes) {
  if (max_nodes == 0) return;
  int64_t smallest = SmallestKeptTotal(*this, max_nodes);
  uint32_t other_name =
      static_cast<uint32_t>(std::find(names.begin() + 1, names.end(), kOther) - names.begin());

  // One walk in pre-order. `open` is the path to the current node; a node's "other" is written
  // when it closes, which is after its last kept child.
  struct Open {
    uint32_t position;  // in kept
    int64_t other = 0;
  };
  std::vector<Node> kept = {nodes[0]};
  std::vector<Open> open = {{0}};
  auto close = [&] {
    if (open.back().other != 0) {
      kept.push_back({open.back().position, other_name, open.back().other, open.back().other,
                      static_cast<uint32_t>(open.size())});
    }
    open.pop_back();
  };
  for (size_t i = 1; i < nodes.size();) {
    const Node& node = nodes[i];
    while (open.size() > node.depth) close();
    if (node.total >= smallest && node.name != other_name) {
      uint32_t position = static_cast<uint32_t>(kept.size());
      kept.push_back(node);
      kept.back().parent = open.back().position;
      open.push_back({position});
      ++i;
      continue;
    }
    open.back().other = WrappingAdd(open.back().other, node.total);
    size_t depth = node.depth;
    for (++i; i < nodes.size() && nodes[i].depth > depth;) ++i;
  }
  while (!open.empty()) close();
  nodes = std::move(kept);
  if (other_name == names.size()) names.emplace_back(kOther);
}

FlameGraph ToFlameGraph(const FlameTree& tree) {
  FlameGraph graph;
  graph.names.emplace_back(kRootName);
  graph.total = tree.nodes[0].total;
  std::vector<uint32_t> name_position(tree.names.size(), 0);  // 0: not used yet
  struct Row {
    int64_t end = 0;  // of the last node written
  };
  std::vector<Row> rows;
  std::vector<int64_t> next_child(tree.nodes.size());  // where a node's next child starts
  for (size_t i = 0; i < tree.nodes.size(); ++i) {
    const FlameTree::Node& node = tree.nodes[i];
    int64_t x = 0;
    if (i > 0) {
      x = next_child[node.parent];
      next_child[node.parent] = WrappingAdd(x, node.total);
    }
    next_child[i] = WrappingAdd(x, node.self);  // a node's own part is drawn first, children follow
    if (node.depth == rows.size()) {
      rows.emplace_back();
      graph.levels.emplace_back();
    }
    uint32_t& name = name_position[node.name];
    if (i > 0 && name == 0) {
      name = static_cast<uint32_t>(graph.names.size());
      graph.names.push_back(tree.names[node.name]);
    }
    Row& row = rows[node.depth];
    std::vector<int64_t>& level = graph.levels[node.depth];
    level.insert(level.end(),
                 {WrappingSubtract(x, row.end), node.total, node.self, i == 0 ? 0 : int64_t{name}});
    row.end = WrappingAdd(x, node.total);
    graph.max_self = std::max(graph.max_self, node.self);
  }
  return graph;
}

}  // namespace anneal
