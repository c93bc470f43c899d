// POST /ingest: how Pyroscope's Go, Node and Java agents push. Source: pyroscope-go
// upstream/remote and Pyroscope's documentation of the endpoint.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "api/app_name.h"
#include "api/profile_type.h"
#include "api/push_batch.h"
#include "base/status.h"
#include "net/http.h"

namespace anneal {

enum class IngestFormat {
  kPprof,
  kGroups,  // collapsed stacks with counts: "main;work 12"
  kLines,   // one collapsed stack a line, each counting 1
};

// What a request says; views point into it.
struct Ingest {
  AppName app;
  std::string spy;
  int64_t from_ns = 0;
  int64_t sample_rate_hz = 100;
  IngestFormat format = IngestFormat::kPprof;
  SampleTypeConfigs configs;
  std::string_view profile;
};

// Reads the query, the headers and the parts of the body, which must outlive the result and be
// decompressed. kInvalidArgument when they cannot be understood; kUnimplemented for formats of
// Pyroscope that anneal does not read; kFailedPrecondition for a client too old to be right.
Result<Ingest> ParseIngest(const HttpRequest& request, int64_t now_ns);

// Decodes the profile and adds it under the labels that Pyroscope would give it.
Status AddIngest(const Ingest& ingest, const Limits& limits, PushBatch& batch);

}  // namespace anneal
