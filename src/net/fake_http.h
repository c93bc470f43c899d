// FakeHttp: the Http seam for tests. Answers by a function and remembers what was asked.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "net/http.h"

namespace anneal {

// Thread-safe as long as the function is.
class FakeHttp : public Http {
 public:
  using Answer = std::function<Result<HttpResponse>(const HttpRequest&, int64_t timeout_ns)>;

  explicit FakeHttp(Answer answer = {}) : answer_(std::move(answer)) {}
  void SetAnswer(Answer answer) { answer_ = std::move(answer); }

  Result<HttpResponse> Fetch(const HttpRequest& request, int64_t timeout_ns,
                             size_t max_body_bytes) override {
    {
      MutexLock lock(mutex_);
      requests_.push_back(request);
    }
    if (!answer_) return Error(Code::kUnavailable, "{}: connection refused", request.target);
    Result<HttpResponse> response = answer_(request, timeout_ns);
    if (response.ok() && response->body.size() > max_body_bytes) {
      return Error(Code::kResourceExhausted, "{}: answer is above {} bytes", request.target,
                   max_body_bytes);
    }
    return response;
  }

  Status Trust(const std::string& ca_file) override {
    MutexLock lock(mutex_);
    trusted_ = ca_file;
    return {};
  }
  std::string trusted() {
    MutexLock lock(mutex_);
    return trusted_;
  }
  std::vector<HttpRequest> requests() {
    MutexLock lock(mutex_);
    return requests_;
  }

 private:
  Answer answer_;
  Mutex mutex_;
  std::vector<HttpRequest> requests_ GUARDED_BY(mutex_);
  std::string trusted_ GUARDED_BY(mutex_);
};

}  // namespace anneal
