// HashIndex: finds dense ids by the hash of what they stand for.
//
// The entities themselves lie in the caller's arrays; the index holds a tag of the hash and the
// id, 8 bytes a slot, so that a probe touches the entity only when the tags agree, and growing
// touches none. Callers compare the entity: equal hashes are never taken for equality.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "profile/intern_table.h"

namespace anneal {

class HashIndex {
 public:
  static constexpr uint32_t kNone = 0xffffffffu;
  static inline const uint64_t kSeed = HashSeed();

  // Folds a word into a hash: wyhash's 128-bit product. Seeded per process, so that nobody can make
  // entities whose hashes agree.
  static uint64_t Mix(uint64_t hash, uint64_t word) {
    __extension__ using Wide = unsigned __int128;
    Wide product = static_cast<Wide>(hash ^ 0x9e3779b97f4a7c15u) * (word ^ kSeed);
    return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
  }

  // The id with this hash for which `same(id)` holds, or kNone.
  template <typename Same>
  uint32_t Find(uint64_t hash, Same same) const {
    if (slots_.empty()) return kNone;
    const uint32_t tag = Tag(hash);
    for (size_t i = tag & mask_;; i = (i + 1) & mask_) {
      const Slot& slot = slots_[i];
      if (slot.id == kNone) return kNone;
      if (slot.tag == tag && same(slot.id)) return slot.id;
    }
  }

  // REQUIRES: Find would not have found `id`'s entity.
  void Insert(uint64_t hash, uint32_t id) {
    if (count_ * 3 >= slots_.size() * 2) Grow();
    Place({Tag(hash), id});
    ++count_;
  }

  void Clear() {
    slots_ = {};
    count_ = mask_ = 0;
  }
  size_t bytes() const { return slots_.capacity() * sizeof(Slot); }

 private:
  struct Slot {
    uint32_t tag = 0;
    uint32_t id = kNone;
  };
  static uint32_t Tag(uint64_t hash) { return static_cast<uint32_t>(hash >> 32); }

  void Place(Slot slot) {
    size_t i = slot.tag & mask_;
    while (slots_[i].id != kNone) i = (i + 1) & mask_;
    slots_[i] = slot;
  }
  void Grow() {
    std::vector<Slot> old = std::move(slots_);
    slots_.assign(old.empty() ? 64 : old.size() * 2, Slot{});
    mask_ = slots_.size() - 1;
    for (const Slot& slot : old) {
      if (slot.id != kNone) Place(slot);
    }
  }

  std::vector<Slot> slots_;
  size_t mask_ = 0;
  size_t count_ = 0;
};

}  // namespace anneal
