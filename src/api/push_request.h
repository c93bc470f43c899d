// push.v1.PushRequest read in place: no generated classes, no copies of profiles.
#pragma once

#include <string_view>
#include <vector>

#include "base/status.h"
#include "store/labels.h"

namespace anneal {

struct PushSeries {
  std::vector<LabelPair> labels;           // as sent
  std::vector<std::string_view> profiles;  // pprof, gzipped or not; views into the request
  std::vector<std::string_view> ids;       // what the client calls each of them; empty: nothing
};

// kInvalidArgument when the bytes are no PushRequest. Unknown fields are skipped.
Result<std::vector<PushSeries>> ParsePushRequest(std::string_view bytes);

}  // namespace anneal
