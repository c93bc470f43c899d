#include "server/cpu_sampler.h"

#include <sched.h>
#include <signal.h>
#include <sys/time.h>
#include <ucontext.h>
#include <unwind.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <mutex>
#include <thread>

namespace anneal {

// Records of (depth, counters…), each taken whole by one step of `used`.
struct CpuSampler::Buffer {
  std::unique_ptr<uint64_t[]> words;
  size_t size = 0;
  std::atomic<size_t> used{0};
  std::atomic<uint64_t> lost{0};
};

namespace {

constexpr size_t kMaxDepth = 128;
constexpr size_t kMaxStretches = 4;
// A guess that is right for most stacks; what is beyond is counted as lost.
constexpr size_t kWordsPerSample = 64;
constexpr size_t kMinWords = 1 << 16, kMaxWords = 1 << 23;

// What the handler reaches: signals know no objects.
std::atomic<CpuSampler::Buffer*> g_buffers[kMaxStretches];
std::atomic<int> g_in_handler{0};
std::mutex g_mutex;  // of those who start and stop
size_t g_stretches = 0;

struct Walk {
  uint64_t interrupted;
  bool found;  // the interrupted frame; those before it are the handler's own
  size_t depth;
  uint64_t counters[kMaxDepth];
};

_Unwind_Reason_Code Note(_Unwind_Context* context, void* argument) {
  auto& walk = *static_cast<Walk*>(argument);
  const uint64_t counter = _Unwind_GetIP(context);
  if (counter == 0 || walk.depth == kMaxDepth) return _URC_END_OF_STACK;
  walk.found = walk.found || counter == walk.interrupted;
  if (walk.found) walk.counters[walk.depth++] = counter;
  return _URC_NO_REASON;
}

uint64_t InterruptedCounter(void* context) {
  const auto* user = static_cast<const ucontext_t*>(context);
#if defined(__x86_64__)
  return static_cast<uint64_t>(user->uc_mcontext.gregs[REG_RIP]);
#elif defined(__aarch64__)
  return user->uc_mcontext.pc;
#else
#error "which register is the program counter?"
#endif
}

void Keep(CpuSampler::Buffer& buffer, const Walk& walk) {
  const size_t words = walk.depth + 1;
  const size_t at = buffer.used.fetch_add(words);
  if (at + words > buffer.size) {
    buffer.used.fetch_sub(words);
    buffer.lost.fetch_add(1);
    return;
  }
  buffer.words[at] = walk.depth;
  std::copy_n(walk.counters, walk.depth, &buffer.words[at + 1]);
}

// Takes no lock and no memory: the unwinder finds its tables without either (glibc 2.35 and later).
void OnTick(int, siginfo_t*, void* context) {
  const int saved = errno;
  g_in_handler.fetch_add(1);
  Walk walk;
  walk.interrupted = InterruptedCounter(context);
  walk.found = false;
  walk.depth = 0;
  _Unwind_Backtrace(Note, &walk);
  if (walk.depth == 0) walk.counters[walk.depth++] = walk.interrupted;
  for (auto& slot : g_buffers) {
    if (CpuSampler::Buffer* buffer = slot.load()) Keep(*buffer, walk);
  }
  g_in_handler.fetch_sub(1);
  errno = saved;
}

Status SetTimer(int64_t period_ns) {
  itimerval timer{};
  timer.it_interval.tv_usec = static_cast<suseconds_t>(period_ns / 1000);
  timer.it_value = timer.it_interval;
  if (::setitimer(ITIMER_PROF, &timer, nullptr) != 0) {
    return Error(Code::kUnavailable, "cannot set the profiling timer: {}", std::strerror(errno));
  }
  return {};
}

// The handler stays for good: a tick may still be under way when the timer has stopped, and its
// default would end the process.
Status InstallHandler() {
  struct sigaction action{};
  action.sa_sigaction = OnTick;
  action.sa_flags = SA_RESTART | SA_SIGINFO;
  ::sigfillset(&action.sa_mask);
  if (::sigaction(SIGPROF, &action, nullptr) != 0) {
    return Error(Code::kUnavailable, "cannot handle SIGPROF: {}", std::strerror(errno));
  }
  return {};
}

size_t WordsFor(int64_t seconds) {
  const size_t processors = std::max(1u, std::thread::hardware_concurrency());
  const auto samples =
      static_cast<size_t>(std::max<int64_t>(1, seconds)) * (1'000'000'000 / kCpuSamplePeriodNs);
  return std::clamp(samples * processors * kWordsPerSample, kMinWords, kMaxWords);
}

}  // namespace

CpuSampler::CpuSampler(std::unique_ptr<Buffer> buffer, size_t slot)
    : buffer_(std::move(buffer)), slot_(slot) {}

Result<std::unique_ptr<CpuSampler>> CpuSampler::Start(int64_t seconds) {
  auto buffer = std::make_unique<Buffer>();
  buffer->size = WordsFor(seconds);
  // Not initialised: pages that no sample reaches are never there.
  buffer->words.reset(new uint64_t[buffer->size]);
  std::lock_guard lock(g_mutex);
  const auto free = std::find_if(std::begin(g_buffers), std::end(g_buffers),
                                 [](const auto& slot) { return slot.load() == nullptr; });
  if (free == std::end(g_buffers)) {
    return Error(Code::kResourceExhausted, "{} CPU profiles are being taken; try again later",
                 kMaxStretches);
  }
  if (g_stretches == 0) {
    TRY(InstallHandler());
    TRY(SetTimer(kCpuSamplePeriodNs));
  }
  ++g_stretches;
  free->store(buffer.get());
  const auto slot = static_cast<size_t>(free - std::begin(g_buffers));
  return std::unique_ptr<CpuSampler>(new CpuSampler(std::move(buffer), slot));
}

CpuSampler::~CpuSampler() {
  if (!left_) Leave();
}

void CpuSampler::Leave() {
  left_ = true;
  std::lock_guard lock(g_mutex);
  g_buffers[slot_].store(nullptr);
  // Best effort: without the timer stopped, ticks find no buffer.
  if (--g_stretches == 0) (void)SetTimer(0);
  // A handler that saw the buffer may still write into it.
  while (g_in_handler.load() != 0) ::sched_yield();
}

CpuSamples CpuSampler::Stop() {
  Leave();
  CpuSamples samples;
  samples.lost = buffer_->lost.load();
  const size_t used = std::min(buffer_->used.load(), buffer_->size);
  for (size_t at = 0; at < used;) {
    const size_t depth = buffer_->words[at];
    const uint64_t* counters = &buffer_->words[at + 1];
    samples.counters.insert(samples.counters.end(), counters, counters + depth);
    samples.ends.push_back(static_cast<uint32_t>(samples.counters.size()));
    at += depth + 1;
  }
  return samples;
}

}  // namespace anneal
