#include "profile/dot.h"

#include <absl/container/flat_hash_map.h>
#include <absl/container/flat_hash_set.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>

#include "base/units.h"
#include "base/wrapping.h"
#include "profile/go_name.h"

namespace anneal {
namespace {

struct DotNode {
  std::string name;
  int64_t flat = 0, total = 0;
  bool drawn = false;
};

struct DotEdge {
  int64_t weight = 0;
  bool residual = false;  // passes through functions left out
};

class Graph {
 public:
  Graph(const Profile& profile, size_t sample_type, const DotOptions& options)
      : p_(profile), column_(sample_type), options_(options), nodes_of_(p_.locations.size()) {}

  std::string Draw() {
    SumNodes();
    ChooseNodes();
    SumEdges();
    return Write();
  }

 private:
  uint32_t NodeOf(std::string name) {
    auto [it, is_new] = ids_.try_emplace(std::move(name), static_cast<uint32_t>(nodes_.size()));
    if (is_new) nodes_.push_back({.name = it->first});
    return it->second;
  }

  // The functions of a location, caller first.
  const std::vector<uint32_t>& NodesOf(LocationId id) {
    std::vector<uint32_t>& nodes = nodes_of_[Index(id)];
    if (!nodes.empty()) return nodes;
    std::span<const Line> lines = p_.Lines(id);
    for (size_t k = lines.size(); k-- > 0;) {
      std::string_view name = p_.FunctionName(lines[k]);
      nodes.push_back(NodeOf(options_.frame_names == FrameNames::kShort ? ShortGoName(name)
                                                                        : std::string(name)));
    }
    if (lines.empty()) {
      nodes.push_back(NodeOf(fmt::format("{:x}", p_.locations[Index(id)].address)));
    }
    return nodes;
  }

  // Calls visit(path, value) for each sample that counts; the path is root first.
  template <typename Visit>
  void ForEachPath(const Visit& visit) {
    std::vector<uint32_t> path;
    for (size_t s = 0; s < p_.SampleCount(); ++s) {
      int64_t value = p_.Values(s)[column_];
      if (value <= 0) continue;
      path.clear();
      std::span<const LocationId> stack = p_.Stack(s);
      for (size_t i = stack.size(); i-- > 0;) {
        const std::vector<uint32_t>& nodes = NodesOf(stack[i]);
        path.insert(path.end(), nodes.begin(), nodes.end());
      }
      visit(path, value);
    }
  }

  static void AddTo(int64_t& sum, int64_t value) { sum = WrappingAdd(sum, value); }

  void SumNodes() {
    absl::flat_hash_set<uint32_t> seen;  // a recursive function counts once a sample
    ForEachPath([&](const std::vector<uint32_t>& path, int64_t value) {
      AddTo(total_, value);
      seen.clear();
      for (uint32_t node : path) {
        if (seen.insert(node).second) AddTo(nodes_[node].total, value);
      }
      if (!path.empty()) AddTo(nodes_[path.back()].flat, value);
    });
  }

  void ChooseNodes() {
    for (uint32_t i = 0; i < nodes_.size(); ++i) order_.push_back(i);
    std::sort(order_.begin(), order_.end(), [&](uint32_t a, uint32_t b) {
      return std::tie(nodes_[b].total, nodes_[a].name) < std::tie(nodes_[a].total, nodes_[b].name);
    });
    double least = options_.min_node_share * static_cast<double>(total_);
    size_t count = 0;
    while (count < order_.size() && (options_.max_nodes == 0 || count < options_.max_nodes) &&
           static_cast<double>(nodes_[order_[count]].total) >= least) {
      nodes_[order_[count++]].drawn = true;
    }
    order_.resize(count);
  }

  void SumEdges() {
    absl::flat_hash_set<uint64_t> seen;
    ForEachPath([&](const std::vector<uint32_t>& path, int64_t value) {
      seen.clear();
      bool skipped = false;
      const uint32_t* caller = nullptr;
      for (const uint32_t& node : path) {
        if (!nodes_[node].drawn) {
          skipped = true;
          continue;
        }
        if (caller != nullptr && (*caller != node || !skipped) &&
            seen.insert(uint64_t{*caller} << 32 | node).second) {
          DotEdge& edge = edges_[{*caller, node}];
          AddTo(edge.weight, value);
          edge.residual = edge.residual || skipped;
        }
        caller = &node;
        skipped = false;
      }
    });
  }

  double Share(int64_t value) const {
    return total_ == 0 ? 0 : static_cast<double>(value) / static_cast<double>(total_);
  }
  std::string Shown(int64_t value) const {
    return fmt::format("{} ({:.2f}%)", ShowQuantity(value, Unit()), 100 * Share(value));
  }
  std::string_view Unit() const { return p_.Text(p_.sample_types[column_].unit); }

  static std::string Quoted(std::string_view text) {
    std::string out = "\"";
    for (char c : text) {
      if (c == '"' || c == '\\') out += '\\';
      out += c == '\n' || c == '\r' ? ' ' : c;
    }
    return out + "\"";
  }

  std::string Legend() const {
    int64_t shown = 0;
    for (uint32_t id : order_) AddTo(shown, nodes_[id].flat);
    std::string text = fmt::format("Type: {}\\l", p_.Text(p_.sample_types[column_].type));
    text += fmt::format("Showing nodes accounting for {} of {} total\\l", Shown(shown),
                        ShowQuantity(total_, Unit()));
    if (order_.size() < nodes_.size()) {
      text += fmt::format("Showing {} nodes out of {}\\l", order_.size(), nodes_.size());
    }
    return text;
  }

  std::string Write() const {
    std::string out = fmt::format("digraph {} {{\n", Quoted(options_.title));
    out += "node [style=filled fillcolor=\"#f8f8f8\" shape=box]\n";
    // The legend's \l are line breaks of the language: it is not escaped.
    out += fmt::format("subgraph cluster_L {{ L [fontsize=16 label=\"{}\"] }}\n", Legend());
    std::vector<uint32_t> number(nodes_.size(), 0);  // in the order they are drawn
    for (uint32_t i = 0; i < order_.size(); ++i) {
      const DotNode& node = nodes_[order_[i]];
      number[order_[i]] = i + 1;
      std::string name = Quoted(node.name);
      name.pop_back();
      out += fmt::format("N{} [label={}\\n{}", i + 1, name, Shown(node.flat));
      if (node.total != node.flat) out += fmt::format("\\nof {}", Shown(node.total));
      out += fmt::format("\" fontsize={} tooltip={}]\n",
                         8 + std::lround(16 * std::sqrt(std::max(0.0, Share(node.flat)))),
                         Quoted(fmt::format("{} {}", node.name, Shown(node.total))));
    }
    struct Line {
      int64_t weight;
      uint32_t from, to;
      bool residual;
    };
    std::vector<Line> lines;
    for (const auto& [ends, edge] : edges_) {
      if (Share(edge.weight) < options_.min_edge_share) continue;
      lines.push_back({edge.weight, number[ends.first], number[ends.second], edge.residual});
    }
    std::sort(lines.begin(), lines.end(), [](const Line& a, const Line& b) {
      return std::tie(b.weight, a.from, a.to) < std::tie(a.weight, b.from, b.to);
    });
    for (const Line& line : lines) {
      out += fmt::format("N{} -> N{} [label=\" {}\" weight={} penwidth={:.2f}{}]\n", line.from,
                         line.to, ShowQuantity(line.weight, Unit()),
                         1 + std::lround(100 * Share(line.weight)), 1 + 5 * Share(line.weight),
                         line.residual ? " style=dashed" : "");
    }
    return out + "}\n";
  }

  const Profile& p_;
  const size_t column_;
  const DotOptions& options_;
  std::vector<DotNode> nodes_;
  absl::flat_hash_map<std::string, uint32_t> ids_;
  std::vector<std::vector<uint32_t>> nodes_of_;  // by location; empty: not looked up yet
  std::vector<uint32_t> order_;                  // the drawn nodes, largest first
  std::map<std::pair<uint32_t, uint32_t>, DotEdge> edges_;
  int64_t total_ = 0;
};

}  // namespace

std::string EncodeDot(const Profile& profile, size_t sample_type, const DotOptions& options) {
  return Graph(profile, sample_type, options).Draw();
}

std::string ShowQuantity(int64_t value, std::string_view unit) {
  auto scaled = static_cast<double>(value);
  if (unit == "bytes" && value >= 0) return HumanBytes(static_cast<uint64_t>(value));
  double per_second = unit == "nanoseconds"    ? 1e9
                      : unit == "microseconds" ? 1e6
                      : unit == "milliseconds" ? 1e3
                      : unit == "seconds"      ? 1
                                               : 0;
  if (per_second == 0) return fmt::format("{}", value);
  scaled /= per_second;
  double size = std::abs(scaled);
  if (size == 0) return "0";
  if (size < 1e-6) return fmt::format("{:.3g}ns", scaled * 1e9);
  if (size < 1e-3) return fmt::format("{:.3g}us", scaled * 1e6);
  if (size < 1) return fmt::format("{:.3g}ms", scaled * 1e3);
  return size < 3600 ? fmt::format("{:.2f}s", scaled) : fmt::format("{:.2f}h", scaled / 3600);
}

}  // namespace anneal
