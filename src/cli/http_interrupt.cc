#include "cli/http_interrupt.h"

namespace anneal {
namespace {

// How long the end may be held up.
constexpr int64_t kSliceNs = 50'000'000;

}  // namespace

HttpInterrupt::HttpInterrupt(const InterruptScope& interrupt, Http& http)
    : thread_([&interrupt, &http](const std::stop_token& stop) {
        while (!stop.stop_requested()) {
          if (!interrupt.WaitFor(kSliceNs)) continue;
          http.Cancel();
          return;
        }
      }) {}

}  // namespace anneal
