// Sums of one partition's profiles while they are merged, and the headers that go with them.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "profile/profile.h"
#include "store/profile_record.h"
#include "store/resolve.h"
#include "store/symbol_table.h"

namespace anneal {

// Headers as profile/merge.h sums them.
struct HeaderSum {
  int64_t time_ns = 0, period = 0;
  uint64_t duration_ns = 0;
  bool any = false;

  void Add(int64_t time, int64_t duration, int64_t largest_period) {
    if (time != 0 && (time_ns == 0 || time < time_ns)) time_ns = time;
    duration_ns += static_cast<uint64_t>(duration);
    period = any ? std::max(period, largest_period) : largest_period;
    any = true;
  }
  void Add(const HeaderSum& other) {
    if (other.any) Add(other.time_ns, static_cast<int64_t>(other.duration_ns), other.period);
  }
  // The sum goes into one profile; what follows adds nothing to it.
  void MoveTo(Profile& profile) {
    profile.time_ns = std::exchange(time_ns, 0);
    profile.duration_ns = static_cast<int64_t>(std::exchange(duration_ns, 0));
    profile.period = period;
  }
};

// How many stacks a partition has and which of its mappings are one binary, as of one moment.
struct PartitionExtent {
  size_t stacks = 0;
  std::vector<uint32_t> binary_of;  // by mapping: the first mapping of the same binary

  // REQUIRES: the partition's lock is held. Later growth of the table is not seen.
  static PartitionExtent Of(const SymbolTable& table) {
    PartitionExtent extent;
    extent.stacks = table.counts().stacks;
    absl::flat_hash_map<BinaryKey, uint32_t> seen;
    for (uint32_t i = 0; i < table.counts().mappings; ++i) {
      extent.binary_of.push_back(
          seen.try_emplace(KeyOfBinary(table, MappingId{i}), i).first->second);
    }
    return extent;
  }
  // Whether the table has the mapping.
  bool Has(MappingId main) const {
    return main == MappingId::kNone || Index(main) < binary_of.size();
  }
};

// Sums, apart for each main binary: a merge keeps in mind which mappings came first. Nearly
// always there is one.
class BinarySums {
 public:
  struct Group {
    std::vector<MappingId> mains;  // one binary, perhaps mapped at several places
    StackSums sums;
  };

  explicit BinarySums(const PartitionExtent& extent) : extent_(&extent) {}

  bool Has(MappingId main) const { return extent_->Has(main); }
  // REQUIRES: Has(main).
  StackSums& For(MappingId main) {
    if (current_ != nullptr && main == last_) return current_->sums;
    last_ = main;
    auto binary = [this](MappingId id) {
      return id == MappingId::kNone ? UINT32_MAX : extent_->binary_of[Index(id)];
    };
    for (Group& group : groups_) {
      if (binary(group.mains.front()) != binary(main)) continue;
      if (std::ranges::count(group.mains, main) == 0) group.mains.push_back(main);
      current_ = &group;
      return group.sums;
    }
    current_ = &groups_.emplace_back();
    current_->mains.push_back(main);
    current_->sums.Resize(extent_->stacks);
    return current_->sums;
  }
  // Adds the other's sums, which are empty afterwards.
  void TakeFrom(BinarySums& other) {
    for (Group& group : other.groups_) {
      StackSums* sums = nullptr;
      for (MappingId main : group.mains) sums = &For(main);
      for (const StackValue& v : group.sums.Take()) {
        sums->Add(static_cast<uint32_t>(v.stack), v.value);
      }
    }
  }
  std::deque<Group>& groups() { return groups_; }
  size_t bytes() const { return groups_.size() * extent_->stacks * sizeof(int64_t); }

 private:
  const PartitionExtent* extent_;
  std::deque<Group> groups_;
  MappingId last_ = MappingId::kNone;
  Group* current_ = nullptr;
};

}  // namespace anneal
