// The load on a service: the built-in generator and what load programs print.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/http.h"
#include "verify/verify.h"

namespace anneal {

// Recorded requests, one a line: a path ("/render?doc=3"), "METHOD path", or a JSON object with
// "method", "path" (or "url", whose host is dropped), "headers" and "body". Empty lines and lines
// that begin with '#' are skipped. kInvalidArgument names the line.
Result<std::vector<LoadRequest>> ParseLoadRequests(std::string_view text);

// What a stretch of load did.
struct LoadTotals {
  int64_t requests = 0;
  int64_t failed = 0;  // no answer, or one that is not 2xx or 3xx
  std::string first_failure;

  void Add(const LoadTotals& other);
};

// Sends requests of the sequence, which repeats endlessly, beginning with number `first`, over
// `load.concurrency` connections, as long as `more` says so of what was sent (one thread at a time
// asks it); then waits for the answers that are due, each for `timeout_ns` at most.
LoadTotals SendWhile(const LoadPlan& load, const std::string& base_url, int64_t first,
                     const std::function<bool(const LoadTotals&)>& more, int64_t timeout_ns,
                     Http& http);

// Sends `units` requests, beginning with number `first` of the sequence, which repeats endlessly,
// over `load.concurrency` connections, and waits for all answers. Any answer that is not 2xx or
// 3xx is an error, as is none within `timeout_ns`.
Status SendRequests(const LoadPlan& load, const std::string& base_url, int64_t first, int64_t units,
                    int64_t timeout_ns, Http& http);

// The number of requests that a load program says it made: wrk, hey, ab, oha, k6, vegeta.
std::optional<int64_t> RequestsInOutput(std::string_view output);

}  // namespace anneal
