// Api: the calls that Pyroscope's clients make, as functions of (Store, request) → response. No
// sockets here: the server hands over each request whose path is one of Routes().
//
// Two ways in: Handle() for HTTP, and Push() for profiles collected in this process (the
// scraper). Both end in one Store::Append per request, and answer when it is durable.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "api/limits.h"
#include "base/clock.h"
#include "base/metrics.h"
#include "base/status.h"
#include "net/http.h"
#include "store/labels.h"
#include "store/store.h"

namespace anneal {

// How a request's tenant is known.
enum class Tenancy {
  kSingle,  // everything belongs to "anonymous"; X-Scope-OrgID is ignored
  kHeader,  // X-Scope-OrgID names the tenant; without it 401
};

// The server's configuration as YAML, secrets masked, for /api/v1/status/config.
struct ConfigText {
  std::string effective;  // every setting
  std::string defaults;   // every setting, as it is when nobody sets it
  std::string diff;       // the settings that differ
};

struct ApiOptions {
  Limits limits;
  Tenancy tenancy = Tenancy::kSingle;
  std::string version = "unknown";  // for /api/v1/status/buildinfo
  std::string revision = "unknown";
  ConfigText config;
  Metrics* metrics = nullptr;  // optional; must outlive the Api
};

// What a pushed profile may say besides its bytes.
struct PushMeta {
  int64_t fallback_time_ns = 0;  // for a profile without a time; 0: now
};

class Api {
 public:
  using PushDone = std::function<void(Status)>;

  // `store` and `clock` must outlive the Api.
  Api(Store& store, Clock& clock, ApiOptions options);
  ~Api();
  Api(const Api&) = delete;
  Api& operator=(const Api&) = delete;

  // Answers one request through `respond`: at once, or (a push) when its bytes are durable,
  // perhaps on another thread. Unknown paths get 404. Thread-safe.
  void Handle(HttpRequest request, HttpRespond respond);

  // Stores one pprof profile under `labels`, which hold at least __name__ ("process_cpu") and
  // should hold service_name. Same rules as push.v1.PusherService/Push; `done` is called once,
  // perhaps before Push returns. `pprof` is borrowed until Push returns. Thread-safe.
  void Push(std::string_view tenant, const std::vector<LabelPair>& labels, std::string_view pprof,
            const PushMeta& meta, PushDone done);

  // Cancels the queries that outlive their requests and waits until none runs; others are refused
  // from now on. To be called before the store goes, if that goes before the Api.
  void StopAsync();

  // The route that serves `path`, a string that lives forever ("/ingest"), or empty when none
  // does: for wiring, and as a bounded label of metrics.
  static std::string_view RouteOf(std::string_view path);

 private:
  struct Rep;
  std::unique_ptr<Rep> rep_;
};

}  // namespace anneal
