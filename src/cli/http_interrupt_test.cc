#include "cli/http_interrupt.h"

#include <gtest/gtest.h>
#include <signal.h>

#include "base/mutex.h"
#include "verify/load.h"

namespace anneal {
namespace {

// A server that takes requests and never answers.
class SilentHttp : public Http {
 public:
  Result<HttpResponse> Fetch(const HttpRequest&, int64_t, size_t) override EXCLUDES_LOCK(mutex_) {
    MutexLock lock(mutex_);
    asked_ = true;
    changed_.NotifyAll();
    while (!canceled_) changed_.Wait(mutex_);
    return Error(Code::kCanceled, "canceled");
  }
  void Cancel() override EXCLUDES_LOCK(mutex_) {
    MutexLock lock(mutex_);
    canceled_ = true;
    changed_.NotifyAll();
  }
  void AwaitCall() EXCLUDES_LOCK(mutex_) {
    MutexLock lock(mutex_);
    while (!asked_) changed_.Wait(mutex_);
  }

 private:
  Mutex mutex_;
  CondVar changed_;
  bool asked_ GUARDED_BY(mutex_) = false, canceled_ GUARDED_BY(mutex_) = false;
};

TEST(HttpInterrupt, EndsALoadWhoseAnswerNeverComes) {
  constexpr int64_t kHourNs = 3'600'000'000'000;
  InterruptScope interrupt;
  SilentHttp http;
  HttpInterrupt ends(interrupt, http);
  LoadTotals totals;
  {
    std::jthread load([&] {
      totals = SendWhile(
          {.concurrency = 1}, "http://h:1", 0,
          [&](const LoadTotals&) { return !interrupt.Requested(); }, kHourNs, http);
    });
    http.AwaitCall();
    ::raise(SIGINT);
  }
  EXPECT_EQ(totals.requests, 1);
  EXPECT_EQ(totals.failed, 1);
}

TEST(HttpInterrupt, WithoutAnInterruptNothingIsCanceled) {
  InterruptScope interrupt;
  SilentHttp http;
  {
    HttpInterrupt ends(interrupt, http);
  }
  std::jthread call([&] { (void)http.Fetch({}, 0, 0); });
  http.AwaitCall();
  http.Cancel();
}

}  // namespace
}  // namespace anneal
