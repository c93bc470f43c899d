// Decisions: what the Go compiler did because of a profile, read from what it prints with
// `-gcflags="all=-m=2 -d=pgodebug=1"` (Go 1.26: cmd/compile/internal/inline/inl.go and
// devirtualize/pgo.go). The output is deterministic, and cmd/go replays it from its cache.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace anneal {

// The value of -gcflags that makes the compiler print its decisions.
inline constexpr std::string_view kDecisionGcflags = "all=-m=2 -d=pgodebug=1";

enum class DecisionKind {
  kInlined,                 // too costly to inline, but the call site is hot
  kDevirtualisedInterface,  // the interface call is tried as a direct call first
  kDevirtualisedFunction,   // the same for a call of a function value
};
std::string_view DecisionKindName(DecisionKind kind);  // "inlined", "devirtualised interface call"

struct Decision {
  DecisionKind kind = DecisionKind::kInlined;
  std::string package;   // import path of the package being compiled
  std::string position;  // "./work.go:46:14", as the compiler prints it
  std::string callee;    // symbol for kInlined; as the compiler names it otherwise: "(*Box).Area"
  std::string caller;    // kInlined: symbol; devirtualised: the call's expression, "s.Area"
  int64_t cost = 0;      // kInlined: of the callee, against a budget of 80 without a profile

  friend bool operator==(const Decision&, const Decision&) = default;
};

// A call that stayed one although its site is hot, or a function that can be inlined nowhere.
struct Refusal {
  std::string package;   // being compiled
  std::string position;  // of the call; for a function, of its declaration
  std::string callee;    // as the compiler names it there: "main.Big", "(*Box).Area"
  std::string why;       // "the caller is big", "function too complex: cost 90 exceeds budget 80"

  friend bool operator==(const Refusal&, const Refusal&) = default;
};

// A call that was inlined, because of the profile or without need of one.
struct InlinedCall {
  std::string package, position, callee;  // as Refusal's

  friend bool operator==(const InlinedCall&, const InlinedCall&) = default;
};

struct Decisions {
  // Each decision once, in order of package, position, kind, callee, caller.
  std::vector<Decision> decisions;
  std::vector<Refusal> refused_calls;      // hot sites, sorted, each once
  std::vector<Refusal> refused_functions;  // sorted, each once
  std::vector<InlinedCall> inlined_calls;  // sorted, each once
  int64_t inlined_sites = 0;               // call sites inlined for whatever reason
  int64_t hot_functions = 0;               // given the larger budget
  int64_t refused_big = 0;                 // hot call sites left alone because the caller is big
  double threshold_percent = 0;  // least share of the total weight that is hot; 0: no profile
  int64_t packages = 0;          // compiled

  int64_t Count(DecisionKind kind) const;
};

// `output` is stderr of `go build`. Lines that say something else are skipped, so that it never
// fails; a build that failed is the caller's to notice.
Decisions ParseDecisions(std::string_view output);

struct DecisionDiff {
  std::vector<Decision> gained;  // in the order of Decisions
  std::vector<Decision> lost;
  size_t kept = 0;
};
// By kind, package, position and callee: of use where both builds are of the same source.
DecisionDiff DiffDecisions(const Decisions& before, const Decisions& after);

}  // namespace anneal
