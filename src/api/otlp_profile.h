// OpenTelemetry's profiles turned into pprof's model and Pyroscope's labels. Pure.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/limits.h"
#include "api/otlp_message.h"
#include "base/status.h"
#include "net/http.h"
#include "profile/profile.h"
#include "store/labels.h"

namespace anneal {

// A profile as PushBatch::Add takes it.
struct OtlpProfile {
  std::vector<LabelPair> labels;  // __name__, service_name, __otel__, resource's and scope's
  Profile profile;                // labels of samples: their attributes, span_id, trace_id
  std::string source;  // identifies it: of equal requests equal, and within one different
};

// Calls `visit` for each profile of an ExportProfilesServiceRequest, with the profile or with why
// it is refused; a profile whose samples name several services is one for each. Those without
// samples are passed over. kInvalidArgument when the request cannot be read at all.
//
// samples/count with a period of cpu/nanoseconds becomes process_cpu, nanoseconds; off_cpu keeps
// its name; others are called like their period type, or their sample type where there is none.
// Several values of a sample are summed, and a sample with times but no values counts them. Stacks
// are cut on the leaf's side at limits.max_stack_depth, and all profiles, written out, may take
// limits.max_body_bytes together. `layout`: see ReadOtlpRequest. What it takes is claimed of
// `memory` (null: unbounded) and stays so for the profiles; kUnavailable, also of a profile: come
// again.
Status ForEachOtlpProfile(std::string_view request, std::optional<OtlpLayout> layout,
                          const Limits& limits, RequestMemory* memory,
                          const std::function<void(Result<OtlpProfile>)>& visit);

}  // namespace anneal
