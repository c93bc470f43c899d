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
  kJfr,         // Java flight recordings; refused
  kGroups,      // collapsed stacks with counts: "main;work 12"
  kLines,       // one collapsed stack a line, each counting 1
  kTree,        // profile/stack_tree.h
  kTrie,        // profile/stack_tree.h
  kSpeedscope,  // profile/speedscope.h
};

// What a request says; `profile` points into it.
struct Ingest {
  AppName app;
  std::string spy;
  int64_t from_ns = 0, until_ns = 0;
  int64_t sample_rate_hz = 100;
  IngestFormat format = IngestFormat::kPprof;
  SampleTypeConfigs configs;
  std::string_view profile;
};

// Reads the query and the content type. kInvalidArgument when the name cannot be understood;
// other fields fall back to their defaults, as Pyroscope's do.
Result<Ingest> ParseIngest(const HttpRequest& request, int64_t now_ns);

// Finds the profile in the body, which must outlive `ingest` and be decompressed.
// kInvalidArgument when it cannot be understood, kUnimplemented for formats of Pyroscope that
// anneal does not read, kFailedPrecondition for a client too old to be right.
Status ReadIngestBody(const HttpRequest& request, Ingest& ingest);

// Decodes the profile and adds it under the labels that Pyroscope would give it.
Status AddIngest(const Ingest& ingest, const Limits& limits, PushBatch& batch);

}  // namespace anneal
