// InternTable: finds the position of an entity that a column already holds.
//
// Open addressing over (32 bits of hash, position). The column itself stays outside: a probe
// compares hashes in one cache line and touches the column only for a likely match, and growing
// touches it not at all. That is what a general hash map cannot do without storing keys twice.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

namespace anneal {

class InternTable {
 public:
  // The position whose entity `equal(position)` recognises; `next` is entered when there is none.
  template <typename Equal>
  uint32_t FindOrInsert(uint64_t hash, uint32_t next, Equal&& equal) {
    if (size_ * 2 >= slots_.size()) Resize(std::max(slots_.size() * 2, kFirstSize));
    uint32_t tag = static_cast<uint32_t>(hash >> 32);
    size_t mask = slots_.size() - 1;
    for (size_t i = tag & mask;; i = (i + 1) & mask) {
      Slot& slot = slots_[i];
      if (slot.position_plus_1 == 0) {
        slot = {tag, next + 1};
        ++size_;
        return next;
      }
      if (slot.tag == tag && equal(slot.position_plus_1 - 1)) return slot.position_plus_1 - 1;
    }
  }
  size_t size() const { return size_; }
  size_t bytes() const { return slots_.capacity() * sizeof(Slot); }
  // Forgets all. Slots are kept for the next use, but not many more than this use needed.
  void Clear() {
    constexpr size_t kSparse = 16;
    if (slots_.size() > std::max(kFirstSize, kSparse * size_)) slots_ = {};
    std::fill(slots_.begin(), slots_.end(), Slot());
    size_ = 0;
  }
  // Makes room for `more` entities at once.
  void Reserve(size_t more) {
    size_t wanted = std::max(slots_.size(), kFirstSize);
    while (wanted < 2 * (size_ + more)) wanted *= 2;
    if (wanted != slots_.size()) Resize(wanted);
  }
  // Starts to load what FindOrInsert with this hash will look at first.
  // REQUIRES: Reserve was called.
  void Prefetch(uint64_t hash) const {
    __builtin_prefetch(&slots_[static_cast<uint32_t>(hash >> 32) & (slots_.size() - 1)]);
  }

 private:
  struct Slot {
    uint32_t tag = 0;
    uint32_t position_plus_1 = 0;  // 0: free
  };

  void Resize(size_t slots) {
    std::vector<Slot> old(slots);
    old.swap(slots_);
    size_t mask = slots_.size() - 1;
    for (const Slot& slot : old) {
      if (slot.position_plus_1 == 0) continue;
      size_t i = slot.tag & mask;
      while (slots_[i].position_plus_1 != 0) i = (i + 1) & mask;
      slots_[i] = slot;
    }
  }

  static constexpr size_t kFirstSize = 256;
  std::vector<Slot> slots_;
  size_t size_ = 0;
};

// Hashes differ from process to process, so that nobody can prepare input that collides; no
// result depends on them.
uint64_t HashSeed();
uint64_t HashText(std::string_view text, uint64_t seed);  // seed: HashSeed()
inline uint64_t HashText(std::string_view text) { return HashText(text, HashSeed()); }

// Both halves of the product, folded into one.
inline uint64_t FoldedProduct(uint64_t a, uint64_t b) {
  __extension__ using Wide = unsigned __int128;
  Wide product = static_cast<Wide>(a) * b;
  return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
}

// Folds `value` into `hash`. Chains start from HashSeed().
inline uint64_t MixHash(uint64_t hash, uint64_t value) {
  return FoldedProduct(hash ^ value, 0x9e3779b97f4a7c15u);
}

}  // namespace anneal
