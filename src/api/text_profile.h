// The formats of POST /ingest that say what code ran but not what they count: that follows from
// the service's suffix ("shop.wall", "shop.inuse_space") or, in speedscope's files, from units.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "api/ingest.h"

namespace anneal {

struct TextInput {
  IngestFormat format = IngestFormat::kGroups;  // any but kPprof and kJfr
  std::string_view body;
  std::string_view service;
  int64_t sample_rate_hz = 100;
};

struct TextProfile {
  std::string service;  // without the suffix that named the type
  std::string metric;   // what becomes __name__
  std::string name;     // the profile's own name, of those that have one
  Profile profile;
};

// Counts of CPU and wall time become nanoseconds by the sample rate; speedscope's times are
// nanoseconds already. Without a suffix: CPU time, or memory in use when the unit is bytes. Stacks
// deeper than the limit are cut on the leaf's side. Every failure is kInvalidArgument.
Result<std::vector<TextProfile>> DecodeTextProfiles(const TextInput& input, const Limits& limits);

// Bytes of memory that this takes, at most and about, by counting what is in the body.
size_t TextMemory(const TextInput& input);

// What identifies a body that holds several profiles: a few bytes, equal for equal bodies.
std::string TextBodyId(std::string_view body);

}  // namespace anneal
