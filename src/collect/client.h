// The calls of a Pyroscope-compatible server that commands make: push.v1.PusherService and
// querier.v1.QuerierService. Only documented calls, so it works with anneal and with Pyroscope.
// All times are windows with both ends inclusive. protozero is named in client.cc only.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/status.h"
#include "collect/connect_call.h"
#include "net/http.h"

namespace anneal {

// Names and values in the order given.
using LabelList = std::vector<std::pair<std::string, std::string>>;

struct QueryWindow {
  int64_t start_ms = 0, end_ms = 0;  // since 1970 UTC
};

// Go's own trimming, done by the server.
struct GoPgoTrim {
  uint32_t keep_locations = 5;  // leaf-most locations of each stack; 0: all
  bool aggregate_callees = true;
};

struct MergeQuery {
  std::string profile_type;  // "process_cpu:cpu:nanoseconds:cpu:nanoseconds"
  std::string selector;      // {service_name="app"}
  QueryWindow window;
  std::optional<int64_t> max_nodes;
  std::vector<std::string> call_site;  // stacks that begin so, root first; empty: all
  std::optional<GoPgoTrim> go_pgo;     // wins over call_site
  // First puts back what Go's runtime cut off deep stacks; anneal's servers do, others do not.
  bool rejoin_truncated = false;
};

struct SeriesQuery {
  std::string profile_type;
  std::string selector;
  QueryWindow window;
  std::vector<std::string> group_by;
  double step_s = 15;
};

struct ProfileTypeInfo {
  std::string id, name, sample_type, sample_unit, period_type, period_unit;
};

struct PointsOfSeries {
  struct Point {
    int64_t time_ms = 0;
    double value = 0;
  };
  LabelList labels;
  std::vector<Point> points;
};

// One profile to push.
struct PushProfile {
  LabelList labels;        // __name__ and service_name at least
  std::string_view pprof;  // gzipped or not
  std::string id;          // a UUID; two pushes with one id and equal labels and time are one
};

// Thread-safe when the Http is.
class ProfileClient {
 public:
  // `http` must outlive the client.
  ProfileClient(Http& http, ServerAddress server);

  // The merge as an uncompressed pprof message. Servers that do not know the PPROF format are
  // asked by the older SelectMergeProfile. An empty answer is an empty message, no error.
  Result<std::string> Merge(const MergeQuery& query);
  Result<std::vector<ProfileTypeInfo>> ProfileTypes(const QueryWindow& window);
  // `matchers`: selectors of which all must hold; empty: everything.
  Result<std::vector<std::string>> LabelNames(const QueryWindow& window,
                                              std::span<const std::string> matchers);
  Result<std::vector<std::string>> LabelValues(const std::string& name, const QueryWindow& window,
                                               std::span<const std::string> matchers);
  // Label sets, cut down to `names` unless that is empty, each once.
  Result<std::vector<LabelList>> Series(const QueryWindow& window,
                                        std::span<const std::string> matchers,
                                        std::span<const std::string> names);
  Result<std::vector<PointsOfSeries>> SelectSeries(const SeriesQuery& query);
  Status Push(std::span<const PushProfile> profiles);

 private:
  Http& http_;
  ServerAddress server_;
};

}  // namespace anneal
