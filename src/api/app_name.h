// The `name` of POST /ingest: a service and its labels, "shop{region=eu,otel.scope.name=x}".
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "store/labels.h"

namespace anneal {

struct AppName {
  std::string service;
  std::vector<LabelPair> labels;  // in order; values unquoted, as sent
};

// Service: [A-Za-z0-9_./-]; label names: [A-Za-z0-9_.], not __name__; values: anything but , and }.
// kInvalidArgument says what is wrong.
Result<AppName> ParseAppName(std::string_view name);

}  // namespace anneal
