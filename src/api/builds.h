// Which builds of a program were profiled, and when: so that before and after can be found.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "api/query.h"
#include "base/status.h"
#include "store/store.h"

namespace anneal {

// Profiles whose labels say the same of the build they come from, and whose binaries are the same.
struct SeenBuild {
  // Of docs/guide/page-api.md's build labels those that are set, sorted.
  LabelSet labels;
  // Build ids of the main binaries in its profiles, sorted; empty when profiles carry none, several
  // when binaries ran side by side.
  std::vector<std::string> build_ids;
  int64_t first_ns = 0, last_ns = 0;  // times of its first and last profile
  uint64_t profiles = 0;
  int64_t total = 0;
};

// Those among the selected profiles, by first time; of more than `kMaxBuilds` those seen last.
// `selection` must name a profile type.
inline constexpr size_t kMaxBuilds = 100;
Result<std::vector<SeenBuild>> FindBuilds(Store& store, const Selection& selection);

std::string EncodeBuildsJson(const std::vector<SeenBuild>& builds);

}  // namespace anneal
