// Ctrl-C for HTTP calls in flight.
#pragma once

#include <thread>

#include "cli/interrupt.h"
#include "net/http.h"

namespace anneal {

// While it lives, an interrupt ends the calls of `http` with kCanceled, those in flight and those
// to come: an answer that is slow, or never comes, holds nobody up. Both must outlive it.
class HttpInterrupt {
 public:
  HttpInterrupt(const InterruptScope& interrupt, Http& http);

 private:
  std::jthread thread_;
};

}  // namespace anneal
