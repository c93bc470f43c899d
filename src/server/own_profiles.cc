#include "server/own_profiles.h"

#include <charconv>
#include <chrono>

#include "api/http_edge.h"
#include "base/fs.h"
#include "base/log.h"
#include "profile/compress.h"
#include "profile/pprof.h"
#include "server/cpu_profile.h"
#include "server/pages.h"

namespace anneal {
namespace {

constexpr std::string_view kIndex = "/debug/pprof/", kIndexBare = "/debug/pprof",
                           kProfile = "/debug/pprof/profile", kCmdline = "/debug/pprof/cmdline",
                           kSymbol = "/debug/pprof/symbol";
constexpr int64_t kSecondNs = 1'000'000'000;
constexpr int64_t kDefaultSeconds = 30, kMaxSeconds = 600;

HttpResponse Index() {
  return PlainPage(200,
                   "/debug/pprof/profile?seconds=N  CPU profile, pprof (30 seconds by default)\n"
                   "/debug/pprof/cmdline            the command line\n"
                   "/debug/pprof/symbol             names of addresses\n");
}

HttpResponse Cmdline() {
  const Result<std::string> text = Fs::System().ReadFile("/proc/self/cmdline");
  if (!text.ok()) return ErrorResponse(text.status());
  std::string line = *text;
  if (line.ends_with('\0')) line.pop_back();
  return PlainPage(200, std::move(line));
}

Result<int64_t> SecondsOf(const HttpRequest& request) {
  const HttpTarget target = ParseTarget(request.target);
  const std::string_view text = target.Get("seconds");
  if (text.empty()) return kDefaultSeconds;
  int64_t seconds = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size() || seconds < 1 ||
      seconds > kMaxSeconds) {
    return InvalidArgument("seconds `{}` is no whole number from 1 to {}", text.substr(0, 32),
                           kMaxSeconds);
  }
  return seconds;
}

}  // namespace

OwnProfiles::~OwnProfiles() { Stop(); }

std::string_view OwnProfiles::RouteOf(std::string_view path) {
  for (std::string_view route : {kIndex, kIndexBare, kProfile, kCmdline, kSymbol}) {
    if (route == path) return route;
  }
  return {};
}

void OwnProfiles::Handle(std::string_view route, const HttpRequest& request, HttpRespond respond) {
  const bool reads = request.method == "GET" || request.method == "HEAD";
  if (route == kSymbol && request.method == "POST") return respond(Symbol(request));
  if (!reads) {
    return respond(MethodNotAllowed(request.method, route,
                                    route == kSymbol ? "GET, HEAD, POST" : "GET, HEAD"));
  }
  if (route == kProfile) return CpuProfile(request, std::move(respond));
  if (route == kCmdline) return respond(Cmdline());
  if (route == kSymbol) return respond(Symbol(request));
  respond(Index());
}

// "0x1234+0x5678" → a line for each: the protocol of gperftools' pprof.
HttpResponse OwnProfiles::Symbol(const HttpRequest& request) {
  std::string out = "num_symbols: 1\n";
  std::string_view rest = request.body;
  if (request.method != "POST") {
    const size_t query = std::min(request.target.find('?'), request.target.size());
    rest = std::string_view(request.target).substr(std::min(query + 1, request.target.size()));
  }
  MutexLock lock(symbols_mutex_);
  if (!symbols_) symbols_ = std::make_unique<OwnSymbols>();
  for (size_t asked = 0; !rest.empty() && asked < 10'000; ++asked) {
    std::string_view word = rest.substr(0, rest.find('+'));
    rest.remove_prefix(std::min(word.size() + 1, rest.size()));
    if (word.starts_with("0x")) word.remove_prefix(2);
    uint64_t address = 0;
    const auto parsed = std::from_chars(word.data(), word.data() + word.size(), address, 16);
    // What is mapped only: answers are remembered, and all addresses are too many.
    if (parsed.ec != std::errc() || symbols_->MappingOf(address) < 0) continue;
    out += fmt::format("{:#x} {}\n", address, symbols_->Find(address).name);
  }
  return PlainPage(200, std::move(out));
}

void OwnProfiles::StartJob(std::function<void()> work) {
  for (auto job = jobs_.begin(); job != jobs_.end();) {
    if (!job->done) {
      ++job;
      continue;
    }
    job->thread.join();
    job = jobs_.erase(job);
  }
  Job& job = jobs_.emplace_back();
  job.thread = std::thread([&job, work = std::move(work)] {
    work();
    job.done = true;
  });
}

bool OwnProfiles::Wait(int64_t duration_ns) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::nanoseconds(duration_ns);
  MutexLock lock(mutex_);
  while (!stopped_ && std::chrono::steady_clock::now() < until) {
    stop_.WaitFor(mutex_, until - std::chrono::steady_clock::now());
  }
  return stopped_;
}

Result<std::string> OwnProfiles::Sample(int64_t duration_ns, int64_t& time_ns) {
  ASSIGN_OR_RETURN(const std::unique_ptr<CpuSampler> sampler,
                   CpuSampler::Start((duration_ns + kSecondNs - 1) / kSecondNs));
  time_ns = clock_.NowNs();
  const int64_t begun_ns = clock_.MonotonicNs();
  Wait(duration_ns);
  const CpuSamples samples = sampler->Stop();
  if (samples.lost > 0) {
    log::Warn("a CPU profile lost samples for want of room", {{"lost", samples.lost}});
  }
  MutexLock lock(symbols_mutex_);
  if (!symbols_) symbols_ = std::make_unique<OwnSymbols>();
  return Gzip(
      EncodePprof(MakeCpuProfile(samples, time_ns, clock_.MonotonicNs() - begun_ns, *symbols_)));
}

void OwnProfiles::CpuProfile(const HttpRequest& request, HttpRespond respond) {
  const Result<int64_t> seconds = SecondsOf(request);
  if (!seconds.ok()) return respond(ErrorResponse(seconds.status()));
  MutexLock lock(mutex_);
  if (stopped_) return respond(ErrorResponse(Error(Code::kUnavailable, "the server is ending")));
  StartJob([this, duration_ns = *seconds * kSecondNs, respond = std::move(respond)] {
    int64_t time_ns = 0;
    Result<std::string> pprof = Sample(duration_ns, time_ns);
    if (!pprof.ok()) return respond(ErrorResponse(pprof.status()));
    HttpResponse response;
    response.headers.Add("Content-Type", "application/octet-stream");
    response.headers.Add("Content-Disposition", "attachment; filename=\"profile\"");
    response.headers.Add("X-Content-Type-Options", "nosniff");
    response.body = std::move(pprof).value();
    respond(std::move(response));
  });
}

void OwnProfiles::Push(int64_t window_ns, Sink sink) {
  MutexLock lock(mutex_);
  if (stopped_) return;
  StartJob([this, window_ns, sink = std::move(sink)] {
    for (;;) {
      int64_t time_ns = 0;
      Result<std::string> pprof = Sample(window_ns, time_ns);
      const bool sampled = pprof.ok();
      if (sampled) {
        sink(std::move(pprof).value(), time_ns);
      } else {
        log::Warn("cannot profile the server itself", {{"error", pprof.status().ToString()}});
      }
      if (Wait(sampled ? 0 : window_ns)) return;
    }
  });
}

void OwnProfiles::Stop() {
  std::list<Job> jobs;
  {
    MutexLock lock(mutex_);
    stopped_ = true;
    jobs.splice(jobs.end(), jobs_);
  }
  stop_.NotifyAll();
  for (Job& job : jobs) job.thread.join();
}

}  // namespace anneal
