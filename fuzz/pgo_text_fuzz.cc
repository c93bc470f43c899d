// What others print and we read: preprocessed profiles, the compiler's decisions, and the function
// table of a binary.
#include "pgo/call_edges.h"
#include "pgo/decisions.h"
#include "pgo/go_symbols.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace anneal;
  std::string_view input(reinterpret_cast<const char*>(data), size);
  if (Result<CallEdges> edges = ReadPreprofile(input); edges.ok()) {
    Result<CallEdges> again = ReadPreprofile(WritePreprofile(*edges));
    if (!again.ok() || *again != *edges) __builtin_trap();
    (void)FindHotEdges(*edges);
  }
  Decisions decisions = ParseDecisions(input);
  DecisionDiff diff = DiffDecisions(decisions, decisions);
  if (!diff.gained.empty() || !diff.lost.empty()) __builtin_trap();
  if (Result<GoSymbols> symbols = ReadGoSymbols(input); symbols.ok()) {
    for (const std::string& name : symbols->names) {
      if (!symbols->Contains(name)) __builtin_trap();
    }
  }
  return 0;
}
