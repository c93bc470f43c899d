#include "profile/call_tree.h"

#include <absl/container/flat_hash_map.h>

#include <algorithm>
#include <functional>
#include <numeric>

#include "base/wrapping.h"

namespace anneal {
namespace {

enum class Side { kMain, kBase };

void AddTo(int64_t& sum, int64_t value) { sum = WrappingAdd(sum, value); }

uint64_t Pair(uint32_t high, uint32_t low) { return uint64_t{high} << 32 | low; }

// "runtime/proc.go" of "/usr/lib/go/src/runtime/proc.go".
std::string_view TailOf(std::string_view path) {
  size_t slash = path.find_last_of('/');
  if (slash == std::string_view::npos || slash == 0) return path;
  slash = path.find_last_of('/', slash - 1);
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

std::string_view ModuleOf(const Profile& profile, MappingId mapping) {
  if (mapping == MappingId::kNone) return {};
  return profile.Text(profile.mappings[Index(mapping)].file);
}

// Stacks as a trie of locations, root first; node 0 is the root. Values are summed at the leaves.
struct LocationTrie {
  struct Node {
    uint32_t parent = 0;
    LocationId location{};
    int64_t self = 0, total = 0;
  };
  std::vector<Node> nodes = {{}};

  LocationTrie(const Profile& profile, size_t sample_type) {
    absl::flat_hash_map<uint64_t, uint32_t> children;
    std::vector<uint32_t> path = {0};  // the trie nodes of the stack before
    for (size_t s = 0; s < profile.SampleCount(); ++s) {
      int64_t value = profile.Values(s)[sample_type];
      if (value <= 0) continue;
      std::span<const LocationId> stack = profile.Stack(s);
      size_t shared = 0;
      size_t most = std::min(stack.size(), path.size() - 1);
      while (shared < most &&
             nodes[path[shared + 1]].location == stack[stack.size() - 1 - shared]) {
        ++shared;
      }
      path.resize(shared + 1);
      for (size_t i = stack.size() - shared; i-- > 0;) {
        auto [it, added] =
            children.try_emplace(Pair(path.back(), static_cast<uint32_t>(Index(stack[i]))),
                                 static_cast<uint32_t>(nodes.size()));
        if (added) nodes.push_back({path.back(), stack[i]});
        path.push_back(it->second);
      }
      AddTo(nodes[path.back()].self, value);
    }
    for (Node& node : nodes) node.total = node.self;
    for (size_t i = nodes.size(); i-- > 1;) AddTo(nodes[nodes[i].parent].total, nodes[i].total);
  }
};

class CallTreeBuilder {
 public:
  CallTreeBuilder() {
    StringOf("");
    nodes_.push_back({});
  }

  void Add(const Profile& profile, size_t sample_type, Side side);
  CallTree Finish();

 private:
  uint32_t StringOf(std::string_view text) {
    auto [it, added] =
        strings_.try_emplace(std::string(text), static_cast<uint32_t>(tree_.strings.size()));
    if (added) tree_.strings.emplace_back(text);
    return it->second;
  }
  uint32_t FrameOf(const FrameFacts& facts, int64_t start_line);
  uint32_t FrameOf(const Profile& profile, FunctionId function, MappingId mapping);
  uint32_t Child(uint32_t parent, uint32_t frame);
  // Gives a node what came through one node of a trie.
  void Count(uint32_t node, int64_t total, int64_t call_line, Side side);
  std::vector<uint32_t> ChildrenInOrder(std::vector<uint32_t>& first_child) const;

  CallTree tree_;
  std::vector<CallTree::Node> nodes_;  // in the order in which they were needed
  std::vector<int64_t> line_totals_;   // of nodes_[i].call_line
  absl::flat_hash_map<std::string, uint32_t> strings_;
  absl::flat_hash_map<std::string, uint32_t> frames_;    // by name, kind and file's tail
  absl::flat_hash_map<uint64_t, uint32_t> of_function_;  // (function, mapping) of one profile
  absl::flat_hash_map<uint64_t, uint32_t> children_;     // (parent, frame)
  // (node, line) for lines other than the node's first; few nodes have several.
  absl::flat_hash_map<std::pair<uint32_t, int64_t>, int64_t> more_lines_;
};

uint32_t CallTreeBuilder::FrameOf(const FrameFacts& facts, int64_t start_line) {
  FrameKind kind = KindOf(facts);
  bool unique_name = kind == FrameKind::kGo || kind == FrameKind::kKernel;
  std::string key(facts.name);
  key += '\0';
  key += static_cast<char>(kind);
  if (!unique_name) key += TailOf(facts.file);
  auto [it, added] =
      frames_.try_emplace(std::move(key), static_cast<uint32_t>(tree_.frames.size()));
  if (added) {
    tree_.frames.push_back({StringOf(facts.name), StringOf(facts.file), StringOf(facts.module),
                            std::max<int64_t>(start_line, 0), kind});
  }
  return it->second;
}

uint32_t CallTreeBuilder::FrameOf(const Profile& profile, FunctionId function, MappingId mapping) {
  auto [it, added] = of_function_.try_emplace(
      Pair(static_cast<uint32_t>(Index(function)), static_cast<uint32_t>(mapping)));
  if (added) {
    const Function& f = profile.functions[Index(function)];
    it->second = FrameOf({.name = profile.Text(f.name),
                          .file = profile.Text(f.file),
                          .module = ModuleOf(profile, mapping)},
                         f.start_line);
  }
  return it->second;
}

uint32_t CallTreeBuilder::Child(uint32_t parent, uint32_t frame) {
  auto [it, added] =
      children_.try_emplace(Pair(parent, frame), static_cast<uint32_t>(nodes_.size()));
  if (added) {
    nodes_.push_back({.parent = parent, .frame = frame});
    line_totals_.resize(nodes_.size());
  }
  return it->second;
}

void CallTreeBuilder::Count(uint32_t node, int64_t total, int64_t call_line, Side side) {
  CallTree::Node& n = nodes_[node];
  AddTo(side == Side::kMain ? n.total : n.base_total, total);
  if (call_line <= 0) return;
  if (n.call_line == 0) n.call_line = call_line;
  AddTo(n.call_line == call_line ? line_totals_[node] : more_lines_[{node, call_line}], total);
}

void CallTreeBuilder::Add(const Profile& profile, size_t sample_type, Side side) {
  LocationTrie trie(profile, sample_type);
  of_function_.clear();
  std::vector<uint32_t> node_of(trie.nodes.size(), 0);  // the innermost frame's
  AddTo(side == Side::kMain ? nodes_[0].total : nodes_[0].base_total, trie.nodes[0].total);
  for (size_t i = 0; i < trie.nodes.size(); ++i) {
    const LocationTrie::Node& from = trie.nodes[i];
    uint32_t node = 0;
    if (i > 0) {
      node = node_of[from.parent];
      const Location& location = profile.locations[Index(from.location)];
      int64_t call_line = 0;
      if (from.parent != 0) {
        std::span<const Line> caller = profile.Lines(trie.nodes[from.parent].location);
        if (!caller.empty()) call_line = caller.front().line;
      }
      std::span<const Line> lines = profile.Lines(from.location);
      if (lines.empty()) {
        std::string address = fmt::format("{:#x}", location.address);
        node = Child(
            node,
            FrameOf({.name = address, .file = {}, .module = ModuleOf(profile, location.mapping)},
                    0));
        Count(node, from.total, call_line, side);
      }
      for (size_t k = lines.size(); k-- > 0;) {
        node = Child(node, FrameOf(profile, lines[k].function, location.mapping));
        Count(node, from.total, call_line, side);
        if (k + 1 < lines.size()) AddTo(nodes_[node].inlined_total, from.total);
        call_line = lines[k].line;
      }
      node_of[i] = node;
    }
    AddTo(side == Side::kMain ? nodes_[node].self : nodes_[node].base_self, from.self);
  }
}

// The nodes but the root, children of one parent together, in reverse order: a stack then gives
// them out in order. Those of node i begin at first_child[i].
std::vector<uint32_t> CallTreeBuilder::ChildrenInOrder(std::vector<uint32_t>& first_child) const {
  first_child.assign(nodes_.size() + 1, 0);
  for (size_t i = 1; i < nodes_.size(); ++i) ++first_child[nodes_[i].parent + 1];
  std::partial_sum(first_child.begin(), first_child.end(), first_child.begin());
  std::vector<uint32_t> order(nodes_.size() - 1);
  std::vector<uint32_t> next(first_child.begin(), first_child.end() - 1);
  for (uint32_t i = 1; i < nodes_.size(); ++i) order[next[nodes_[i].parent]++] = i;
  auto before = [&](uint32_t a, uint32_t b) {
    int64_t most_a = std::max(nodes_[a].total, nodes_[a].base_total);
    int64_t most_b = std::max(nodes_[b].total, nodes_[b].base_total);
    if (most_a != most_b) return most_a < most_b;
    const std::string& name_a = tree_.strings[tree_.frames[nodes_[a].frame].name];
    const std::string& name_b = tree_.strings[tree_.frames[nodes_[b].frame].name];
    return name_a != name_b ? name_a > name_b : nodes_[a].frame > nodes_[b].frame;
  };
  for (size_t i = 0; i < nodes_.size(); ++i) {
    std::sort(order.begin() + first_child[i], order.begin() + first_child[i + 1], before);
  }
  return order;
}

CallTree CallTreeBuilder::Finish() {
  for (const auto& [key, total] : more_lines_) {
    auto [node, line] = key;
    int64_t& best = line_totals_[node];
    if (total > best || (total == best && line < nodes_[node].call_line)) {
      best = total;
      nodes_[node].call_line = line;
    }
  }
  std::vector<uint32_t> first_child;
  std::vector<uint32_t> order = ChildrenInOrder(first_child);
  tree_.nodes.reserve(nodes_.size());
  std::vector<std::pair<uint32_t, uint32_t>> pending = {{0, 0}};  // a node, its parent's new place
  while (!pending.empty()) {
    auto [node, parent] = pending.back();
    pending.pop_back();
    auto place = static_cast<uint32_t>(tree_.nodes.size());
    tree_.nodes.push_back(nodes_[node]);
    tree_.nodes.back().parent = parent;
    for (uint32_t i = first_child[node]; i < first_child[node + 1]; ++i) {
      pending.emplace_back(order[i], place);
    }
  }
  return std::move(tree_);
}

int64_t LargerTotal(const CallTree::Node& node) { return std::max(node.total, node.base_total); }

// Walks the nodes in their order and keeps the chosen ones; what goes is summed into one node per
// parent, written when the parent is left, which is after its last kept child.
class Folding {
 public:
  Folding(CallTree& tree, int64_t smallest, size_t ties)
      : tree_(tree), smallest_(smallest), ties_(ties) {}

  void Run() {
    constexpr uint32_t kGone = 0xffffffffu;
    std::vector<uint32_t> place(tree_.nodes.size(), kGone);
    place[0] = 0;
    kept_.push_back(tree_.nodes[0]);
    open_.push_back({.place = 0});
    for (size_t i = 1; i < tree_.nodes.size(); ++i) {
      const CallTree::Node& node = tree_.nodes[i];
      uint32_t parent = place[node.parent];
      if (parent == kGone) {
        ++tree_.folded_nodes;
        continue;
      }
      while (open_.back().place != parent) Close();
      if (!Keeps(node)) {
        ++tree_.folded_nodes;
        AddTo(open_.back().other.total, node.total);
        AddTo(open_.back().other.base_total, node.base_total);
        open_.back().folded = true;
        continue;
      }
      place[i] = static_cast<uint32_t>(kept_.size());
      kept_.push_back(node);
      kept_.back().parent = parent;
      open_.push_back({.place = place[i]});
    }
    while (!open_.empty()) Close();
    tree_.nodes = std::move(kept_);
  }

 private:
  struct Open {
    uint32_t place = 0;
    bool folded = false;
    CallTree::Node other;
  };

  bool Keeps(const CallTree::Node& node) {
    int64_t total = LargerTotal(node);
    if (total != smallest_) return total > smallest_;
    if (ties_ == 0) return false;
    --ties_;
    return true;
  }

  void Close() {
    Open open = std::move(open_.back());
    open_.pop_back();
    if (!open.folded) return;
    if (!other_frame_) {
      other_frame_ = static_cast<uint32_t>(tree_.frames.size());
      tree_.frames.push_back(
          {.name = static_cast<uint32_t>(tree_.strings.size()), .kind = FrameKind::kFolded});
      tree_.strings.emplace_back("other");
    }
    open.other.parent = open.place;
    open.other.frame = *other_frame_;
    open.other.self = open.other.total;
    open.other.base_self = open.other.base_total;
    kept_.push_back(open.other);
  }

  CallTree& tree_;
  const int64_t smallest_;  // totals above it stay, those below go
  size_t ties_;             // how many of those equal to it stay
  std::vector<CallTree::Node> kept_;
  std::vector<Open> open_;  // the path to the current node
  std::optional<uint32_t> other_frame_;
};

// Adds the lines of one profile to `found`, which is by line.
void AddLines(std::string_view function, const Profile& profile, size_t sample_type, Side side,
              std::map<int64_t, LineTotals::Line>& found, LineTotals& out) {
  std::vector<bool> is_wanted(profile.functions.size());
  for (size_t i = 0; i < profile.functions.size(); ++i) {
    const Function& f = profile.functions[i];
    is_wanted[i] = profile.Text(f.name) == function;
    if (!is_wanted[i]) continue;
    if (out.file.empty()) out.file = profile.Text(f.file);
    if (out.start_line == 0) out.start_line = f.start_line;
  }
  std::vector<bool> has_wanted(profile.locations.size());
  for (size_t i = 0; i < profile.locations.size(); ++i) {
    std::span<const Line> lines = profile.Lines(static_cast<LocationId>(i));
    has_wanted[i] = std::any_of(lines.begin(), lines.end(),
                                [&](const Line& line) { return is_wanted[Index(line.function)]; });
  }
  std::vector<int64_t> seen;  // lines of the current stack
  for (size_t s = 0; s < profile.SampleCount(); ++s) {
    int64_t value = profile.Values(s)[sample_type];
    if (value <= 0) continue;
    seen.clear();
    bool is_leaf = true;
    for (LocationId location : profile.Stack(s)) {
      std::span<const Line> lines = profile.Lines(location);
      if (has_wanted[Index(location)]) {
        for (const Line& line : lines) {
          if (is_wanted[Index(line.function)]) {
            LineTotals::Line& totals = found[line.line];
            totals.line = line.line;
            if (is_leaf) AddTo(side == Side::kMain ? totals.self : totals.base_self, value);
            if (std::find(seen.begin(), seen.end(), line.line) == seen.end()) {
              seen.push_back(line.line);
              AddTo(side == Side::kMain ? totals.total : totals.base_total, value);
            }
          }
          is_leaf = false;
        }
      }
      is_leaf = false;
    }
  }
}

}  // namespace

CallTree CallTree::Build(const Profile& profile, size_t sample_type, const Profile* base,
                         size_t base_sample_type) {
  CallTreeBuilder builder;
  builder.Add(profile, sample_type, Side::kMain);
  if (base != nullptr) builder.Add(*base, base_sample_type, Side::kBase);
  return builder.Finish();
}

void CallTree::Fold(size_t max_nodes) {
  if (max_nodes == 0 || nodes.size() <= max_nodes) return;
  if (max_nodes == 1) return Folding(*this, std::numeric_limits<int64_t>::max(), 0).Run();
  std::vector<int64_t> totals;
  totals.reserve(nodes.size() - 1);
  for (size_t i = 1; i < nodes.size(); ++i) totals.push_back(LargerTotal(nodes[i]));
  auto nth = totals.begin() + static_cast<ptrdiff_t>(max_nodes - 2);
  std::nth_element(totals.begin(), nth, totals.end(), std::greater<>());
  int64_t smallest = *nth;
  auto ties = std::count(totals.begin(), nth + 1, smallest);
  Folding(*this, smallest, static_cast<size_t>(ties)).Run();
}

void CallTree::KeepRest(size_t depth, size_t skip) {
  constexpr uint32_t kGone = 0xffffffffu;
  std::vector<size_t> depths(nodes.size(), 0), children(nodes.size(), 0);
  std::vector<uint32_t> place(nodes.size(), kGone);
  std::vector<Node> kept;
  for (size_t i = 0; i < nodes.size(); ++i) {
    Node node = nodes[i];
    if (i > 0) {
      depths[i] = depths[node.parent] + 1;
      bool skipped = depths[i] == depth + 1 && children[node.parent]++ < skip;
      if (skipped || place[node.parent] == kGone) continue;
      node.parent = place[node.parent];
    }
    if (depths[i] <= depth) node.self = node.base_self = 0;
    node.total = node.self;
    node.base_total = node.base_self;
    place[i] = static_cast<uint32_t>(kept.size());
    kept.push_back(node);
  }
  for (size_t i = kept.size(); i-- > 1;) {
    AddTo(kept[kept[i].parent].total, kept[i].total);
    AddTo(kept[kept[i].parent].base_total, kept[i].base_total);
  }
  for (Node& node : kept) {
    node.inlined_total = std::min(node.inlined_total, WrappingAdd(node.total, node.base_total));
  }
  nodes = std::move(kept);
}

LineTotals LinesOf(std::string_view function, const Profile& profile, size_t sample_type,
                   const Profile* base, size_t base_sample_type) {
  LineTotals out;
  std::map<int64_t, LineTotals::Line> found;
  AddLines(function, profile, sample_type, Side::kMain, found, out);
  if (base != nullptr) {
    AddLines(function, *base, base_sample_type, Side::kBase, found, out);
  }
  for (const auto& [line, totals] : found) out.lines.push_back(totals);
  return out;
}

}  // namespace anneal
