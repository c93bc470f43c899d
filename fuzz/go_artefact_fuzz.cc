// A profile on its way to the Go compiler: trimming must never change the edges it reads.
#include "pgo/go_artefact.h"
#include "pgo/report.h"
#include "profile/pprof.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace anneal;
  std::string_view input(reinterpret_cast<const char*>(data), size);
  Result<Profile> profile = DecodePprof(input, {.max_bytes = 1 << 20, .max_samples = 10'000});
  if (!profile.ok()) return 0;
  Result<CallEdges> edges = ComputeCallEdges(*profile);
  for (GoTrim trim : {GoTrim::kFull, GoTrim::kLeaf, GoTrim::kEdges}) {
    Result<GoArtefact> artefact = MakeGoArtefact(*profile, trim);
    // kInternal: the artefact was checked against its source and found to differ.
    if (artefact.status().code() == Code::kInternal) __builtin_trap();
    if (artefact.ok() && artefact->edges != *edges) __builtin_trap();
  }
  (void)MakeGoReport(*profile, nullptr).ok();
  return 0;
}
