// Any bytes into an HTTP/2 session: it answers or ends, and gives back what it charged.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "net/http2_session.h"

using namespace anneal;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static HttpServerOptions options = [] {
    HttpServerOptions o;
    o.max_body_bytes = 10'000;
    o.max_header_bytes = 2'000;
    o.max_inflight_bytes = 100'000;
    return o;
  }();
  ServerMetrics metrics(nullptr);
  RequestCounters counters(metrics);
  InflightBudget budget(options.max_inflight_bytes, metrics, nullptr);
  std::atomic<bool> draining{false};
  SessionContext context{options, budget, metrics, counters, draining, {}};
  {
    int64_t now_ns = 1;
    Http2Session session(context, "", now_ns);
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    // The preface is given, so that inputs are frames; in two pieces, as sockets do.
    ReceivedRequests requests;
    session.Receive("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", now_ns, requests);
    for (const std::string_view piece : {bytes.substr(0, size / 2), bytes.substr(size / 2)}) {
      if (!session.wants_read()) break;
      session.Receive(piece, now_ns, requests);
      for (const ReceivedRequest& request : std::exchange(requests, {})) {
        budget.Release(request.charged_bytes);
        HttpResponse response{.body = request.request.body};
        response.trailers.Add("grpc-status", "0");
        session.Answer(request.stream, std::move(response), now_ns);
      }
      now_ns += 1'000'000'000;
      session.Tick(now_ns);
      SendQueue queue;
      session.Produce(queue, now_ns);
    }
  }
  // Room for all of it: nothing is held any more.
  if (!budget.Charge(1) || !budget.Charge(options.max_inflight_bytes - 1)) __builtin_trap();
  return 0;
}
