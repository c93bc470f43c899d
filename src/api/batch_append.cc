#include "api/batch_append.h"

#include <atomic>
#include <memory>
#include <utility>

#include "base/mutex.h"

namespace anneal {
namespace {

// Of what was sent; other failures are the store's.
bool IsRefusal(const Status& status) {
  return status.code() == Code::kInvalidArgument || status.code() == Code::kResourceExhausted;
}

// Parts of a batch, by their index.
struct PartRange {
  size_t begin = 0, end = 0;
  size_t size() const { return end - begin; }
};

// The appends of one batch; done when the last of them is answered and lets go of it.
class Joined {
 public:
  explicit Joined(std::function<void(const AppendOutcome&)> done) : done_(std::move(done)) {}
  Joined(const Joined&) = delete;
  Joined& operator=(const Joined&) = delete;
  ~Joined() { done_(outcome_); }

  void Note(size_t profiles, uint64_t bytes, const Status& status) {
    MutexLock lock(mutex_);
    if (status.ok()) {
      outcome_.profiles += profiles;
      outcome_.bytes += bytes;
    } else if (IsRefusal(status)) {
      if (outcome_.refused == 0) outcome_.refusal = status;
      outcome_.refused += profiles;
    } else if (outcome_.failure.ok()) {
      outcome_.failure = status;
    }
  }

 private:
  const std::function<void(const AppendOutcome&)> done_;
  Mutex mutex_;
  AppendOutcome outcome_;
};

// One append, which the store may answer before its call returns or after. Whoever comes second
// goes on with the answer.
struct Call {
  Status status;
  std::atomic<bool> other_came{false};
};

class Appender {
 public:
  Appender(Store& store, std::string_view tenant, const PushBatch& batch,
           std::shared_ptr<Joined> joined)
      : store_(store), tenant_(tenant), batch_(batch), joined_(std::move(joined)) {}

  void Append(PartRange parts) {
    const size_t begin = parts.begin == 0 ? 0 : batch_.parts()[parts.begin - 1].end;
    const size_t end = batch_.parts()[parts.end - 1].end;
    uint64_t bytes = 0;
    for (size_t i = parts.begin; i < parts.end; ++i) bytes += batch_.parts()[i].bytes;
    auto call = std::make_shared<Call>();
    store_.Append(tenant_, batch_.writes().subspan(begin, end - begin),
                  [call, joined = joined_, profiles = parts.size(), bytes](Status status) {
                    call->status = std::move(status);
                    if (call->other_came.exchange(true)) {
                      joined->Note(profiles, bytes, call->status);
                    }
                  });
    if (!call->other_came.exchange(true)) return;  // the answer comes later
    if (!IsRefusal(call->status) || parts.size() == 1) {
      return joined_->Note(parts.size(), bytes, call->status);
    }
    const size_t middle = parts.begin + parts.size() / 2;
    Append({parts.begin, middle});
    Append({middle, parts.end});
  }

 private:
  Store& store_;
  const std::string_view tenant_;
  const PushBatch& batch_;
  const std::shared_ptr<Joined> joined_;
};

}  // namespace

void AppendBatch(Store& store, std::string_view tenant, const PushBatch& batch,
                 std::function<void(const AppendOutcome&)> done) {
  Appender(store, tenant, batch, std::make_shared<Joined>(std::move(done)))
      .Append({0, batch.parts().size()});
}

}  // namespace anneal
