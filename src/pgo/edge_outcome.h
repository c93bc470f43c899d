// EdgeOutcome: what the Go compiler did about each hot call edge of an artefact, read together from
// the artefact and what the compiler printed when it was used. Pure.
//
// Both name a call by callee and line, but not alike: edges by linker symbol ("a/b/ast.(*T).M") and
// absolute line, the compiler by what a programmer would write where the call stands ("(*T).M",
// "ast.(*T).M"), with a file. Artefacts keep no files, so two calls of one function on lines of
// equal number in different files of a package cannot be told apart.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "pgo/call_edges.h"
#include "pgo/decisions.h"
#include "profile/profile.h"

namespace anneal {

enum class EdgeOutcome {
  kInlined,         // because of the profile, or small enough without one
  kDevirtualised,   // an indirect call is tried as this direct one first
  kRefused,         // left a call, for a reason that was printed
  kNothingPrinted,  // a call in assembly, in a package that was not compiled, or dead code
};
std::string_view EdgeOutcomeName(EdgeOutcome outcome);  // "inlined", …, "nothing-printed"

struct ExplainedEdge {
  CallEdge edge;
  int64_t line = 0;  // of the caller's file; 0: unknown
  double share = 0;  // of the total weight
  EdgeOutcome outcome = EdgeOutcome::kNothingPrinted;
  std::string why;       // a phrase; empty for kNothingPrinted
  std::string position;  // of the decision or refusal, as the compiler prints it
};

// The hot edges of `artefact` by falling weight, at most `max_edges`. Errors as ComputeCallEdges.
Result<std::vector<ExplainedEdge>> ExplainHotEdges(const Profile& artefact,
                                                   const Decisions& decisions, size_t max_edges);

}  // namespace anneal
