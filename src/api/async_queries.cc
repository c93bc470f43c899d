#include "api/async_queries.h"

#include <sys/random.h>

#include <algorithm>
#include <exception>
#include <utility>

#include "api/profile_id.h"
#include "base/log.h"

namespace anneal {
namespace {

Result<std::string> NewId() {
  ProfileUuid id{};
  if (getrandom(id.data(), id.size(), 0) != static_cast<ssize_t>(id.size())) {
    return Error(Code::kUnavailable, "the machine gives no random numbers");
  }
  return ToString(id);
}

Status Ending(Code code) { return Error(code, "the server is ending"); }

size_t BytesOf(const AsyncResult& result) {
  return result.ok() ? result.value()->size() : result.status().message().size();
}

}  // namespace

AsyncQueries::AsyncQueries(Clock& clock, QueryBounds bounds) : clock_(clock), bounds_(bounds) {}

AsyncQueries::~AsyncQueries() { Stop(); }

void AsyncQueries::Stop() {
  stopped_ = true;
  std::unique_ptr<WorkerPool> worker;
  {
    MutexLock lock(mutex_);
    worker = std::move(worker_);
  }
  worker.reset();  // without the lock: what it waits for takes it
  MutexLock lock(mutex_);
  for (auto& [id, query] : queries_) {
    // The pool dropped it.
    if (!query.answer.has_value()) Finish(query, Ending(Code::kCanceled));
  }
}

Result<std::string> AsyncQueries::Submit(std::string_view tenant, Work work) {
  ASSIGN_OR_RETURN(std::string id, NewId());
  MutexLock lock(mutex_);
  // Under the lock: Stop takes it after it has said so, hence no pool is made behind its back.
  if (stopped_) return Ending(Code::kUnavailable);
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

AsyncResult AsyncQueries::ResultOf(const Work& work) const {
  // The pool may come to what was queued before Stop empties it.
  if (stopped_) return Ending(Code::kCanceled);
  try {
    auto control =
        std::make_shared<QueryControl>(clock_, bounds_, [this] { return stopped_.load(); });
    ASSIGN_OR_RETURN(std::string answer, work(std::move(control)));
    if (answer.size() > kKeptBytes) {
      return Error(Code::kResourceExhausted,
                   "the answer has {} bytes, more than the {} that are kept; ask without async",
                   answer.size(), kKeptBytes);
    }
    return std::make_shared<const std::string>(std::move(answer));
  } catch (const std::exception& error) {
    // Ours do not throw, but the standard library does when memory is short.
    log::Error("api: an async query threw", {{"error", error.what()}});
    return Error(Code::kInternal, "the server failed to answer the query");
  }
}

void AsyncQueries::Run(const std::string& id, const Work& work) {
  AsyncResult result = ResultOf(work);
  MutexLock lock(mutex_);
  const auto found = queries_.find(id);
  if (found == queries_.end()) return;
  Finish(found->second, std::move(result));
  DropOld();
}

void AsyncQueries::Finish(Query& query, AsyncResult result) {
  query.answer = std::move(result);
  query.finished_ns = clock_.MonotonicNs();
}

void AsyncQueries::DropOld() {
  const int64_t now_ns = clock_.MonotonicNs();
  std::erase_if(queries_, [&](const auto& query) {
    return query.second.answer.has_value() && now_ns - query.second.finished_ns > kKeptNs;
  });
  for (;;) {
    size_t kept = 0;
    size_t bytes = 0;
    auto oldest = queries_.end();
    for (auto it = queries_.begin(); it != queries_.end(); ++it) {
      const Query& query = it->second;
      if (!query.answer.has_value()) continue;
      ++kept;
      bytes += BytesOf(*query.answer);
      if (oldest == queries_.end() || query.finished_ns < oldest->second.finished_ns) oldest = it;
    }
    if (kept <= kMaxKept && bytes <= kKeptBytes) return;
    queries_.erase(oldest);
  }
}

}  // namespace anneal
