#include "api/async_queries.h"

#include <sys/random.h>

#include <algorithm>
#include <utility>

#include "api/profile_id.h"

namespace anneal {
namespace {

Result<std::string> NewId() {
  ProfileUuid id{};
  if (getrandom(id.data(), id.size(), 0) != static_cast<ssize_t>(id.size())) {
    return Error(Code::kUnavailable, "the machine gives no random numbers");
  }
  return ToString(id);
}

}  // namespace

AsyncQueries::AsyncQueries(Clock& clock, QueryBounds bounds) : clock_(clock), bounds_(bounds) {}

AsyncQueries::~AsyncQueries() {
  stopped_ = true;
  std::unique_ptr<WorkerPool> worker;
  {
    MutexLock lock(mutex_);
    worker = std::move(worker_);
  }
}

Result<std::string> AsyncQueries::Submit(std::string_view tenant, Work work) {
  ASSIGN_OR_RETURN(std::string id, NewId());
  MutexLock lock(mutex_);
  DropOld();
  const auto unfinished = std::ranges::count_if(
      queries_, [](const auto& query) { return !query.second.answer.has_value(); });
  if (static_cast<size_t>(unfinished) >= kMaxUnfinished) {
    return Error(Code::kResourceExhausted, "{} async queries are under way; try again later",
                 unfinished);
  }
  if (!worker_) worker_ = std::make_unique<WorkerPool>(1);
  queries_[id].tenant = tenant;
  worker_->Run([this, id, work = std::move(work)] { Run(id, work); });
  return id;
}

Result<AsyncAnswer> AsyncQueries::Poll(std::string_view tenant, std::string_view id) {
  MutexLock lock(mutex_);
  DropOld();
  const auto found = queries_.find(id);
  if (found == queries_.end() || found->second.tenant != tenant) {
    return Error(Code::kNotFound, "there is no async query `{}`; answers are kept for {} minutes",
                 id.substr(0, 64), kKeptNs / 60'000'000'000);
  }
  return found->second.answer;
}

void AsyncQueries::Run(const std::string& id, const Work& work) {
  Result<std::string> answer =
      work(std::make_shared<QueryControl>(clock_, bounds_, [this] { return stopped_.load(); }));
  if (answer.ok() && answer->size() > kKeptBytes) {
    answer = Error(Code::kResourceExhausted,
                   "the answer has {} bytes, more than the {} that are kept; ask without async",
                   answer->size(), kKeptBytes);
  }
  MutexLock lock(mutex_);
  Query& query = queries_[id];
  query.answer = std::move(answer);
  query.finished_ns = clock_.MonotonicNs();
  DropOld();
}

void AsyncQueries::DropOld() {
  const int64_t now_ns = clock_.MonotonicNs();
  std::erase_if(queries_, [&](const auto& query) {
    return query.second.answer.has_value() && now_ns - query.second.finished_ns > kKeptNs;
  });
  for (;;) {
    size_t bytes = 0;
    auto oldest = queries_.end();
    for (auto it = queries_.begin(); it != queries_.end(); ++it) {
      const Query& query = it->second;
      if (!query.answer.has_value() || !query.answer->ok()) continue;
      bytes += query.answer->value().size();
      if (oldest == queries_.end() || query.finished_ns < oldest->second.finished_ns) oldest = it;
    }
    if (bytes <= kKeptBytes) return;
    queries_.erase(oldest);
  }
}

}  // namespace anneal
