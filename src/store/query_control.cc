#include "store/query_control.h"

#include <utility>

namespace anneal {

QueryControl::QueryControl(const Clock& clock, QueryBounds bounds, std::function<bool()> canceled)
    : clock_(clock),
      bounds_(bounds),
      canceled_(std::move(canceled)),
      begin_ns_(clock.MonotonicNs()) {}

QueryControl::~QueryControl() {
  if (bounds_.memory != nullptr) bounds_.memory->Give(taken_);
}

Status QueryControl::Check() const {
  if (canceled_ && canceled_()) return Error(Code::kCanceled, "the client left");
  if (bounds_.time_ns > 0 && clock_.MonotonicNs() - begin_ns_ > bounds_.time_ns) {
    return Error(Code::kDeadlineExceeded,
                 "the query takes longer than the {} ms that limits.query_time or the client "
                 "allows; ask for a "
                 "shorter window or fewer series",
                 bounds_.time_ns / 1'000'000);
  }
  return {};
}

Status QueryControl::Take(uint64_t bytes) {
  const uint64_t taken = taken_ += bytes;
  if (bounds_.memory == nullptr || bounds_.memory->Take(bytes)) return {};
  taken_ -= bytes;
  if (taken > bounds_.memory->limit_bytes()) {
    return Error(Code::kResourceExhausted,
                 "the query needs {} bytes of memory; limits.query_memory allows {}; ask for a "
                 "shorter window or fewer series",
                 taken, bounds_.memory->limit_bytes());
  }
  return Error(Code::kUnavailable,
               "other queries have the {} bytes of memory that limits.query_memory allows; retry "
               "later",
               bounds_.memory->limit_bytes());
}

void QueryControl::Give(uint64_t bytes) {
  taken_ -= bytes;
  if (bounds_.memory != nullptr) bounds_.memory->Give(bytes);
}

}  // namespace anneal
