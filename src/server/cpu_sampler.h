// Where this process spends its CPU time: a timer of that time (ITIMER_PROF) interrupts whatever
// runs, and the handler notes the stack. Stacks are unwound by the tables that C++ exceptions
// use, so that libraries without frame pointers are seen through as well.
//
// The timer runs only while somebody samples. Costs then 100 interrupts of some microseconds for
// each second of CPU time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/status.h"

namespace anneal {

inline constexpr int64_t kCpuSamplePeriodNs = 10'000'000;

// What was sampled. Program counters leaf first; all but the leaf's are return addresses.
struct CpuSamples {
  std::vector<uint64_t> counters;  // back to back
  std::vector<uint32_t> ends;      // of sample i in `counters`
  uint64_t lost = 0;               // for which there was no room
};

// One stretch of sampling, from Start to Stop. Several may overlap.
class CpuSampler {
 public:
  // Room for the samples of `seconds` on all processors. kResourceExhausted when four stretches
  // are under way; kUnavailable when the machine gives no timer.
  static Result<std::unique_ptr<CpuSampler>> Start(int64_t seconds);
  ~CpuSampler();
  CpuSampler(const CpuSampler&) = delete;
  CpuSampler& operator=(const CpuSampler&) = delete;

  // Ends the stretch and returns it. REQUIRES: called once.
  CpuSamples Stop();

  // What the handler writes into; its shape is of no concern here.
  struct Buffer;

 private:
  explicit CpuSampler(std::unique_ptr<Buffer> buffer, size_t slot);
  void Leave();

  std::unique_ptr<Buffer> buffer_;
  size_t slot_;
  bool left_ = false;
};

}  // namespace anneal
