// IdIndex: from the numeric ids of a pprof message to positions. Nearly every producer numbers
// 1, 2, 3…; then no table is needed. Otherwise a hash map takes over at the first gap.
#pragma once

#include <absl/container/flat_hash_map.h>

#include <cstdint>

namespace anneal {

class IdIndex {
 public:
  static constexpr uint32_t kMissing = 0xffffffffu;

  // Takes the id of the next position. False when that id has been taken before.
  bool Add(uint64_t id) {
    if (map_.empty() && id == uint64_t{count_} + 1) [[likely]] {
      ++count_;
      return true;
    }
    return AddSparse(id);
  }
  // The position with this id, or kMissing.
  uint32_t Find(uint64_t id) const {
    if (map_.empty()) [[likely]] {
      return id - 1 < count_ ? static_cast<uint32_t>(id - 1) : kMissing;
    }
    auto it = map_.find(id);
    return it == map_.end() ? kMissing : it->second;
  }

 private:
  bool AddSparse(uint64_t id) {
    if (map_.empty()) {
      map_.reserve(count_ + 1);
      for (uint32_t i = 0; i < count_; ++i) map_.emplace(uint64_t{i} + 1, i);
    }
    return map_.emplace(id, count_++).second;
  }

  uint32_t count_ = 0;
  absl::flat_hash_map<uint64_t, uint32_t> map_;  // empty while ids are position + 1
};

}  // namespace anneal
