#include "pgo/edge_outcome.h"

#include <absl/container/flat_hash_map.h>

#include <charconv>

namespace anneal {
namespace {

// "pkg.(*T).M" of "a/b/pkg.(*T[go.shape.int]).M".
std::string WithoutPathAndTypes(std::string_view name) {
  std::string out;
  int depth = 0;
  for (char c : name) {
    if (c == '[') ++depth;
    if (depth == 0) {
      if (c == '/') {
        out.clear();
      } else {
        out += c;
      }
    }
    if (c == ']' && depth > 0) --depth;
  }
  return out;
}

// What stands behind the first dot: the name within its package. As it is when there is none, or
// for "(*T).M", whose dot is another one.
std::string_view WithoutPackage(std::string_view name) {
  size_t dot = name.find('.');
  return dot == std::string_view::npos || name.starts_with('(') ? name : name.substr(dot + 1);
}

// 46 of "./work.go:46:14"; 0 when there is none.
int64_t LineOf(std::string_view position) {
  size_t column = position.rfind(':');
  if (column == std::string_view::npos) return 0;
  size_t line = position.rfind(':', column - 1);
  if (line == std::string_view::npos || column == 0) return 0;
  std::string_view digits = position.substr(line + 1, column - line - 1);
  int64_t number = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return number;
}

// The package of a linker symbol: "a/b/pkg" of "a/b/pkg.(*T).M".
std::string_view PackageOf(std::string_view symbol) {
  std::string_view plain = symbol.substr(0, symbol.find('['));
  size_t slash = plain.rfind('/');
  size_t dot = plain.find('.', slash == std::string_view::npos ? 0 : slash);
  return plain.substr(0, dot);
}

// What was printed of a call, by (name, line). A printed name may or may not begin with a package,
// and "F.func1" does not say which, so each is entered under both readings.
class Calls {
 public:
  void Add(std::string_view callee, std::string_view position, EdgeOutcome outcome,
           std::string why) {
    std::string name = WithoutPathAndTypes(callee);
    Entry entry{outcome, std::move(why), std::string(position)};
    int64_t line = LineOf(position);
    std::string inner(WithoutPackage(name));
    entries_.try_emplace({inner, line}, entry);
    entries_.try_emplace({std::move(name), line}, std::move(entry));
  }
  // The first that was added for a call of this symbol.
  void Explain(ExplainedEdge& edge) const {
    std::string name = WithoutPathAndTypes(edge.edge.callee);
    auto found = entries_.find({std::string(WithoutPackage(name)), edge.line});
    if (found == entries_.end()) return;
    edge.outcome = found->second.outcome;
    edge.why = found->second.why;
    edge.position = found->second.position;
  }

 private:
  struct Entry {
    EdgeOutcome outcome;
    std::string why, position;
  };
  absl::flat_hash_map<std::pair<std::string, int64_t>, Entry> entries_;
};

Calls CallsOf(const Decisions& decisions) {
  Calls calls;
  for (const Decision& d : decisions.decisions) {
    if (d.kind == DecisionKind::kInlined) continue;
    calls.Add(d.callee, d.position, EdgeOutcome::kDevirtualised,
              d.kind == DecisionKind::kDevirtualisedInterface ? "a call through an interface"
                                                              : "a call of a function value");
  }
  for (const Decision& d : decisions.decisions) {
    if (d.kind != DecisionKind::kInlined) continue;
    calls.Add(d.callee, d.position, EdgeOutcome::kInlined,
              fmt::format("the call is hot; cost {}", d.cost));
  }
  for (const InlinedCall& call : decisions.inlined_calls) {
    calls.Add(call.callee, call.position, EdgeOutcome::kInlined, "without need of a profile");
  }
  for (const Refusal& refusal : decisions.refused_calls) {
    calls.Add(refusal.callee, refusal.position, EdgeOutcome::kRefused, refusal.why);
  }
  return calls;
}

// Functions that are inlined nowhere, by package and name.
class Functions {
 public:
  explicit Functions(const Decisions& decisions) {
    // The linker knows a program's package by another name than the import path that is printed.
    std::string_view main;
    for (const Decision& d : decisions.decisions) {
      if (d.caller.starts_with("main.")) main = d.package;
    }
    for (const Refusal& refusal : decisions.refused_functions) {
      std::string name = WithoutPathAndTypes(refusal.callee);
      if (refusal.package == main) by_name_.try_emplace({"main", name}, &refusal);
      by_name_.try_emplace({refusal.package, std::move(name)}, &refusal);
    }
  }
  void Explain(ExplainedEdge& edge) const {
    std::string name = WithoutPathAndTypes(edge.edge.callee);
    auto found = by_name_.find(
        {std::string(PackageOf(edge.edge.callee)), std::string(WithoutPackage(name))});
    if (found == by_name_.end()) return;
    edge.outcome = EdgeOutcome::kRefused;
    edge.why = found->second->why;
    edge.position = found->second->position;
  }

 private:
  absl::flat_hash_map<std::pair<std::string, std::string>, const Refusal*> by_name_;
};

}  // namespace

std::string_view EdgeOutcomeName(EdgeOutcome outcome) {
  switch (outcome) {
    case EdgeOutcome::kInlined:
      return "inlined";
    case EdgeOutcome::kDevirtualised:
      return "devirtualised";
    case EdgeOutcome::kRefused:
      return "refused";
    case EdgeOutcome::kNothingPrinted:
      return "nothing-printed";
  }
  return "";
}

Result<std::vector<ExplainedEdge>> ExplainHotEdges(const Profile& artefact,
                                                   const Decisions& decisions, size_t max_edges) {
  ASSIGN_OR_RETURN(CallEdges edges, ComputeCallEdges(artefact));
  HotEdges hot = FindHotEdges(edges);
  absl::flat_hash_map<std::string_view, int64_t> start_lines;
  for (const Function& function : artefact.functions) {
    start_lines.try_emplace(artefact.Text(function.name), function.start_line);
  }
  const Calls calls = CallsOf(decisions);
  const Functions functions(decisions);
  std::vector<ExplainedEdge> explained;
  for (size_t i = 0; i < std::min(hot.count, max_edges); ++i) {
    ExplainedEdge& edge = explained.emplace_back();
    edge.edge = edges.edges[i];
    if (auto start = start_lines.find(edge.edge.caller); start != start_lines.end()) {
      if (start->second > 0) edge.line = start->second + edge.edge.offset;
    }
    if (edges.total_weight > 0) {
      edge.share = static_cast<double>(edge.edge.weight) / static_cast<double>(edges.total_weight);
    }
    if (edge.line > 0) calls.Explain(edge);
    if (edge.outcome == EdgeOutcome::kNothingPrinted) functions.Explain(edge);
  }
  return explained;
}

}  // namespace anneal
