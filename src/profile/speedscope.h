// speedscope's file format. Source: its JSON schema,
// https://www.speedscope.app/file-format-schema.json.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "profile/pprof.h"
#include "profile/profile.h"

namespace anneal {

enum class SpeedscopeUnit { kNone, kTime, kBytes };

// One of a file's profiles.
struct SpeedscopeProfile {
  std::string name;
  SpeedscopeUnit unit = SpeedscopeUnit::kNone;
  // One sample type: samples/count, time/nanoseconds (whatever unit of time the file has) or
  // space/bytes. Frames keep their file and line. Canonical order.
  Profile profile;
};

// All profiles of a file, sampled and evented ones. An evented profile's stacks count the time
// that each was the one open; frames left open end with the profile. kInvalidArgument when the
// text is no such file, with where; kResourceExhausted when all its stacks together, written out,
// exceed limits.max_bytes, or those of one profile limits.max_samples. Stacks deeper than
// limits.max_stack_depth are cut on the leaf's side.
Result<std::vector<SpeedscopeProfile>> DecodeSpeedscope(std::string_view json,
                                                        const DecodeLimits& limits = {});

}  // namespace anneal
