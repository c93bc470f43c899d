#include "api/flame_encode.h"

#include <absl/container/flat_hash_map.h>

#include <algorithm>
#include <map>
#include <protozero/pbf_writer.hpp>
#include <string_view>
#include <vector>

#include "base/wrapping.h"

namespace anneal {
namespace {

std::string EncodeLevels(const std::vector<std::string>& names,
                         const std::vector<std::vector<int64_t>>& levels, int64_t total,
                         int64_t max_self, std::string bytes) {
  protozero::pbf_writer graph(bytes);
  for (const std::string& name : names) graph.add_string(1, name);
  std::string level_bytes;
  for (const std::vector<int64_t>& level : levels) {
    level_bytes.clear();
    protozero::pbf_writer(level_bytes).add_packed_int64(1, level.begin(), level.end());
    graph.add_message(2, level_bytes);
  }
  if (total != 0) graph.add_int64(3, total);
  if (max_self != 0) graph.add_int64(4, max_self);
  return bytes;
}

void AppendUvarint(uint64_t value, std::string& out) {
  while (value >= 0x80) {
    out.push_back(static_cast<char>(value | 0x80));
    value >>= 7;
  }
  out.push_back(static_cast<char>(value));
}

// A node of two trees at once: [0] left, [1] right.
struct PairNode {
  int64_t total[2] = {0, 0};
  int64_t self[2] = {0, 0};
  std::map<std::string_view, size_t> children;  // by name
  bool folded = false;
};

class PairTree {
 public:
  PairTree() : nodes_(1) {}

  void Add(const FlameTree& tree, size_t side) {
    std::vector<size_t> place(tree.nodes.size(), 0);
    for (size_t i = 0; i < tree.nodes.size(); ++i) {
      const FlameTree::Node& node = tree.nodes[i];
      if (i != 0) place[i] = Child(place[node.parent], tree.names[node.name]);
      nodes_[place[i]].total[side] = WrappingAdd(nodes_[place[i]].total[side], node.total);
      nodes_[place[i]].self[side] = WrappingAdd(nodes_[place[i]].self[side], node.self);
    }
  }

  void Truncate(size_t max_nodes) {
    if (max_nodes == 0 || nodes_.size() <= max_nodes) return;
    std::vector<int64_t> totals;
    for (const PairNode& node : nodes_) totals.push_back(std::max(node.total[0], node.total[1]));
    auto nth = totals.begin() + static_cast<ptrdiff_t>(max_nodes - 1);
    std::nth_element(totals.begin(), nth, totals.end(), std::greater<>());
    int64_t threshold = *nth;
    size_t count = nodes_.size();
    for (size_t i = 0; i < count; ++i) FoldChildren(i, threshold);
  }

  std::string Encode() {
    struct Item {
      size_t node;
      std::string_view name;
      int64_t x[2];
    };
    std::vector<Item> level = {{0, "total", {0, 0}}};
    std::vector<std::vector<int64_t>> levels;
    std::vector<std::string> names;
    absl::flat_hash_map<std::string_view, int64_t> name_ids;
    int64_t max_self = 0;
    while (!level.empty()) {
      std::vector<int64_t>& numbers = levels.emplace_back();
      std::vector<Item> next;
      int64_t end[2] = {0, 0};  // where the previous node of this level ended
      for (const Item& item : level) {
        const PairNode& node = nodes_[item.node];
        for (size_t side = 0; side < 2; ++side) {
          numbers.push_back(WrappingSubtract(item.x[side], end[side]));
          numbers.push_back(node.total[side]);
          numbers.push_back(node.self[side]);
          end[side] = WrappingAdd(item.x[side], node.total[side]);
          max_self = std::max(max_self, node.self[side]);
        }
        auto [id, is_new] = name_ids.try_emplace(item.name, static_cast<int64_t>(names.size()));
        if (is_new) names.emplace_back(item.name);
        numbers.push_back(id->second);
        // A node's own part is drawn first, its children follow.
        int64_t x[2] = {WrappingAdd(item.x[0], node.self[0]), WrappingAdd(item.x[1], node.self[1])};
        for (size_t child : InOrder(node)) {
          next.push_back({child, NameOf(child), {x[0], x[1]}});
          for (size_t side = 0; side < 2; ++side)
            x[side] = WrappingAdd(x[side], nodes_[child].total[side]);
        }
      }
      level = std::move(next);
    }
    const PairNode& root = nodes_[0];
    std::string bytes = EncodeLevels(names, levels, WrappingAdd(root.total[0], root.total[1]),
                                     max_self, std::string());
    protozero::pbf_writer writer(bytes);
    if (root.total[0] != 0) writer.add_int64(5, root.total[0]);
    if (root.total[1] != 0) writer.add_int64(6, root.total[1]);
    return bytes;
  }

 private:
  size_t Child(size_t parent, std::string_view name) {
    auto [it, is_new] = nodes_[parent].children.try_emplace(name, nodes_.size());
    size_t child = it->second;
    if (is_new) {
      nodes_.emplace_back();
      names_.resize(nodes_.size());
      names_[child] = name;
    }
    return child;
  }

  void FoldChildren(size_t parent, int64_t threshold) {
    PairNode other;
    other.folded = true;
    bool any = false;
    std::erase_if(nodes_[parent].children, [&](const auto& child) {
      const PairNode& node = nodes_[child.second];
      // A real function of that name would be taken for the fold; it joins it.
      bool small = std::max(node.total[0], node.total[1]) < threshold || child.first == "other";
      if (!small) return false;
      any = true;
      for (size_t side = 0; side < 2; ++side) {
        other.total[side] = WrappingAdd(other.total[side], node.total[side]);
        other.self[side] = WrappingAdd(other.self[side], node.total[side]);
      }
      return true;
    });
    if (!any) return;
    nodes_[parent].children["other"] = nodes_.size();
    nodes_.push_back(std::move(other));
    names_.resize(nodes_.size());
    names_.back() = "other";
  }

  // Children by name, a folded "other" last.
  std::vector<size_t> InOrder(const PairNode& node) const {
    std::vector<size_t> order;
    for (const auto& [name, child] : node.children) order.push_back(child);
    std::stable_partition(order.begin(), order.end(),
                          [&](size_t child) { return !nodes_[child].folded; });
    return order;
  }

  std::string_view NameOf(size_t node) const { return names_[node]; }

  std::vector<PairNode> nodes_;  // 0: the root
  std::vector<std::string_view> names_ = {""};
};

}  // namespace

std::string EncodeFlameGraph(const FlameGraph& graph) {
  return EncodeLevels(graph.names, graph.levels, graph.total, graph.max_self, {});
}

std::string EncodeTree(const FlameTree& tree) {
  if (tree.nodes.size() <= 1) return {};
  std::vector<std::vector<uint32_t>> children(tree.nodes.size());
  for (uint32_t i = 1; i < tree.nodes.size(); ++i) children[tree.nodes[i].parent].push_back(i);
  std::string out;
  std::vector<uint32_t> stack = {0};
  while (!stack.empty()) {
    uint32_t id = stack.back();
    stack.pop_back();
    const FlameTree::Node& node = tree.nodes[id];
    const std::string& name = tree.names[node.name];
    AppendUvarint(name.size(), out);
    out += name;
    AppendUvarint(static_cast<uint64_t>(node.self), out);
    AppendUvarint(children[id].size(), out);
    stack.insert(stack.end(), children[id].begin(), children[id].end());
  }
  return out;
}

std::string EncodeFlameGraphDiff(const FlameTree& left, const FlameTree& right, size_t max_nodes) {
  PairTree pair;
  pair.Add(left, 0);
  pair.Add(right, 1);
  pair.Truncate(max_nodes);
  return pair.Encode();
}

}  // namespace anneal
