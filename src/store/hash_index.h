// HashIndex: finds dense ids by the hash of what they stand for.
//
// The entities themselves lie in the caller's arrays; the index holds a tag of the hash and the
// id, 8 bytes a slot, so that a probe touches the entity only when the tags agree, and growing
// touches none. Callers compare the entity: equal hashes are never taken for equality.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
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

  // Looks for many at once: found[i] becomes the id for which `same(i, id)` holds, or kNone, where
  // hash(i) is the hash of what is looked for. In a large index nearly all time goes to misses of
  // the processor's caches, so these are let overlap: a block's slots are asked for ahead, then
  // what `same` will read of its candidates (`touch(id)`).
  template <typename Hash, typename Touch, typename Same>
  void FindAll(std::span<uint32_t> found, Hash hash, Touch touch, Same same) const {
    constexpr size_t kBlock = 32;
    std::array<uint64_t, kBlock> hashes;
    if (slots_.empty()) std::ranges::fill(found, kNone);
    if (slots_.empty()) return;
    for (size_t begin = 0; begin < found.size(); begin += kBlock) {
      const size_t size = std::min(kBlock, found.size() - begin);
      for (size_t i = 0; i < size; ++i) {
        hashes[i] = hash(begin + i);
        __builtin_prefetch(&slots_[Tag(hashes[i]) & mask_]);
      }
      for (size_t i = 0; i < size; ++i) {
        const uint32_t candidate = Find(hashes[i], [](uint32_t) { return true; });
        if (candidate != kNone) touch(candidate);
      }
      for (size_t i = 0; i < size; ++i) {
        found[begin + i] = Find(hashes[i], [&](uint32_t id) { return same(begin + i, id); });
      }
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
