#include "pgo/edge_diff.h"

#include <absl/container/flat_hash_map.h>

#include <algorithm>
#include <cmath>
#include <string_view>
#include <tuple>

namespace anneal {
namespace {

using EdgeKey = std::tuple<std::string_view, std::string_view, int64_t>;
EdgeKey KeyOf(const CallEdge& e) { return {e.caller, e.callee, e.offset}; }

double Share(int64_t weight, const CallEdges& of) {
  return of.total_weight == 0 ? 0
                              : static_cast<double>(weight) / static_cast<double>(of.total_weight);
}

// All edges of both, matched, in order of caller, callee, offset: sums over them must not depend on
// the order of a hash table.
std::vector<EdgeChange> Match(const CallEdges& before, const CallEdges& after) {
  std::vector<EdgeChange> changes;
  absl::flat_hash_map<EdgeKey, size_t> positions;  // keys look into the arguments
  auto put = [&](const CallEdges& from, auto&& set) {
    size_t hot = FindHotEdges(from).count;
    for (size_t i = 0; i < from.edges.size(); ++i) {
      const CallEdge& e = from.edges[i];
      auto [it, inserted] = positions.try_emplace(KeyOf(e), changes.size());
      if (inserted) {
        changes.push_back({.caller = e.caller, .callee = e.callee, .offset = e.offset});
      }
      set(changes[it->second], e.weight, Share(e.weight, from), i < hot);
    }
  };
  put(before, [](EdgeChange& c, int64_t weight, double share, bool hot) {
    c.before_weight = weight;
    c.before_share = share;
    c.before_hot = hot;
  });
  put(after, [](EdgeChange& c, int64_t weight, double share, bool hot) {
    c.after_weight = weight;
    c.after_share = share;
    c.after_hot = hot;
  });
  std::sort(changes.begin(), changes.end(), [](const EdgeChange& a, const EdgeChange& b) {
    return std::tie(a.caller, a.callee, a.offset) < std::tie(b.caller, b.callee, b.offset);
  });
  return changes;
}

void SortChanges(std::vector<EdgeChange>& changes) {
  std::sort(changes.begin(), changes.end(), [](const EdgeChange& a, const EdgeChange& b) {
    double x = std::abs(a.after_share - a.before_share);
    double y = std::abs(b.after_share - b.before_share);
    if (x != y) return x > y;
    return std::tie(a.caller, a.callee, a.offset) < std::tie(b.caller, b.callee, b.offset);
  });
}

}  // namespace

EdgeDiff DiffCallEdges(const CallEdges& before, const CallEdges& after) {
  EdgeDiff diff;
  for (EdgeChange& change : Match(before, after)) {
    if (change.before_weight == 0) {
      diff.gained.push_back(change);
    } else if (change.after_weight == 0) {
      diff.lost.push_back(change);
    } else if (change.before_share != change.after_share) {
      diff.changed.push_back(change);
    } else {
      ++diff.unchanged;
    }
  }
  SortChanges(diff.gained);
  SortChanges(diff.lost);
  SortChanges(diff.changed);
  return diff;
}

HotOverlap CompareHotEdges(const CallEdges& a, const CallEdges& b) {
  HotOverlap overlap;
  double both_share = 0, either_share = 0;
  for (const EdgeChange& change : Match(a, b)) {
    if (!change.before_hot && !change.after_hot) continue;
    double share =
        (change.before_hot ? change.before_share : 0) + (change.after_hot ? change.after_share : 0);
    ++overlap.either;
    either_share += share;
    if (change.before_hot && change.after_hot) {
      ++overlap.both;
      both_share += share;
    }
  }
  if (either_share > 0) overlap.weight_share = both_share / either_share;
  return overlap;
}

}  // namespace anneal
