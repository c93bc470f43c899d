#include "store/commit_queue.h"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <utility>

namespace anneal {
namespace {

// What a sync takes on ordinary disks, about: an append's answer is at most this much later.
constexpr std::chrono::microseconds kLinger(2000);

}  // namespace

CommitQueue::CommitQueue(Kv& kv, Metrics* metrics, OnFailure on_failure)
    : kv_(kv), on_failure_(std::move(on_failure)), open_(kv) {
  if (metrics != nullptr) {
    group_size_ = &metrics->GetHistogram("anneal_store_commit_appends",
                                         "Appends that one synced write made durable",
                                         {1, 2, 4, 8, 16, 32, 64, 128});
    failures_ =
        &metrics->GetCounter("anneal_store_commit_failures_total", "Synced writes that failed");
  }
  thread_ = std::thread([this] { Run(); });
}

CommitQueue::~CommitQueue() {
  {
    MutexLock lock(mutex_);
    stopping_ = true;
  }
  work_.NotifyOne();
  thread_.join();
}

void CommitQueue::Enqueue(CommitEntry entry) {
  bool wake;
  {
    MutexLock lock(mutex_);
    for (const CommitKey& gone : entry.deletes) open_.batch.Delete(gone.family, gone.key);
    for (const CommitRecord& record : entry.records) {
      open_.batch.Put(record.family, record.key, record.value);
    }
    open_.done.push_back(std::move(entry.done));
    for (auto& pin : entry.pins) open_.pins.push_back(std::move(pin));
    expected_ = std::max(expected_, being_written_ + open_.done.size());
    wake = !writing_ && (!lingering_ || open_.done.size() >= expected_);
  }
  if (wake) work_.NotifyOne();
}

void CommitQueue::EnqueueRecord(Family family, std::string_view key, std::string_view value) {
  MutexLock lock(mutex_);
  open_.batch.Put(family, key, value);
}

size_t CommitQueue::PendingBytes() {
  MutexLock lock(mutex_);
  return open_.batch.bytes();
}

Status CommitQueue::Drain() {
  MutexLock lock(mutex_);
  work_.NotifyOne();
  while (failed_.ok() && (writing_ || !open_.batch.empty() || !open_.done.empty())) {
    idle_.Wait(mutex_);
  }
  return failed_;
}

void CommitQueue::Run() {
  Group group(kv_);
  for (;;) {
    {
      MutexLock lock(mutex_);
      writing_ = false;
      being_written_ = 0;
      idle_.NotifyAll();
      while (open_.batch.empty() && open_.done.empty() && !stopping_) work_.Wait(mutex_);
      if (open_.batch.empty() && open_.done.empty()) return;
      Linger();
      std::swap(group, open_);
      writing_ = true;
      being_written_ = group.done.size();
    }
    Commit(group);
    group.batch.Clear();
    group.pins.clear();
    group.done.clear();
  }
}

void CommitQueue::Linger() {
  const auto deadline = std::chrono::steady_clock::now() + kLinger;
  lingering_ = true;
  while (open_.done.size() < expected_ && !stopping_) {
    const auto left = deadline - std::chrono::steady_clock::now();
    if (left.count() <= 0) {
      // Fewer callers than there were: one that is alone soon waits no more.
      expected_ = (expected_ + open_.done.size()) / 2;
      break;
    }
    work_.WaitFor(mutex_, left);
  }
  lingering_ = false;
}

void CommitQueue::Commit(Group& group) {
  Status status = group.batch.empty() ? Status() : kv_.Write(group.batch);
  if (status.ok()) {
    if (group_size_ != nullptr) group_size_->Observe(static_cast<double>(group.done.size()));
    group.pins.clear();
    for (auto& done : group.done) done({});
    return;
  }
  if (failures_ != nullptr) failures_->Add(1);
  {
    MutexLock lock(mutex_);
    failed_ = status;
    idle_.NotifyAll();
  }
  undone_ = std::move(group.done);
  group.pins.clear();
  on_failure_(*this, status);
}

std::vector<CommitQueue::Done> CommitQueue::TakeAll() {
  Group pending(kv_);
  {
    MutexLock lock(mutex_);
    std::swap(pending, open_);
    failed_ = {};
    idle_.NotifyAll();
  }
  std::vector<Done> done = std::exchange(undone_, {});
  std::ranges::move(pending.done, std::back_inserter(done));
  return done;
}

}  // namespace anneal
