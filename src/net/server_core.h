// What all threads of one HTTP server share.
#pragma once

#include <atomic>
#include <cstdint>
#include <utility>

#include "base/clock.h"
#include "base/mutex.h"
#include "net/http.h"
#include "net/inflight_budget.h"
#include "net/server_metrics.h"
#include "net/tls.h"
#include "net/worker_pool.h"

namespace anneal {

// Thread-safe.
struct ServerCore {
  ServerCore(const HttpServerOptions& o, HttpHandler h)
      : options(o),
        handler(std::move(h)),
        metrics(o.metrics),
        budget(o.max_inflight_bytes, metrics, &workers),
        workers(o.worker_threads) {}

  static int64_t NowNs() { return Clock::System().MonotonicNs(); }

  void CountConnection(int change) EXCLUDES_LOCK(mutex) {
    metrics.AddConnections(change);
    MutexLock lock(mutex);
    connections += change;
    if (connections == 0) all_closed.NotifyAll();
  }
  int64_t Connections() EXCLUDES_LOCK(mutex) {
    MutexLock lock(mutex);
    return connections;
  }
  // Returns at the deadline when connections are still open then.
  void WaitForClosed(int64_t deadline_ns) EXCLUDES_LOCK(mutex) {
    MutexLock lock(mutex);
    while (connections != 0) {
      const int64_t left_ns = deadline_ns - NowNs();
      if (left_ns <= 0) return;
      all_closed.WaitFor(mutex, std::chrono::nanoseconds(left_ns));
    }
  }

  const HttpServerOptions options;
  const HttpHandler handler;
  ServerMetrics metrics;
  InflightBudget budget;
  std::unique_ptr<TlsIdentity> tls;  // set before the first connection; null: no TLS
  std::atomic<bool> draining{false};
  Mutex mutex;
  CondVar all_closed;
  int64_t connections GUARDED_BY(mutex) = 0;
  WorkerPool workers;
};

}  // namespace anneal
