#include "profile/radix_sort.h"

#include <gtest/gtest.h>

#include <random>

namespace anneal {
namespace {

TEST(RadixSort, SortsAsAStableSortByComparison) {
  std::mt19937_64 random(20261128);
  const uint64_t masks[] = {0, 1, 0xff, 0xff00ff, 0xffff'0000'0000'0000, UINT64_MAX};
  std::vector<SortEntry> spare;
  for (uint32_t size : {0u, 1u, 2u, 63u, 64u, 65u, 66u, 300u, 70'000u}) {
    for (uint64_t mask : masks) {
      std::vector<SortEntry> entries;
      for (uint32_t i = 0; i < size; ++i) entries.push_back({random() & mask, i});
      std::vector<SortEntry> expected = entries;
      std::stable_sort(expected.begin(), expected.end(),
                       [](const SortEntry& a, const SortEntry& b) { return a.key < b.key; });
      SortByKey(entries, spare);
      EXPECT_TRUE(entries == expected) << size << " entries, mask " << mask;
    }
  }
}

TEST(RadixSort, TiesAreSortedAmongThemselves) {
  std::vector<SortEntry> entries = {{1, 3}, {1, 2}, {2, 9}, {3, 1}, {3, 0}, {3, 4}};
  SortTies(
      entries, [](const SortEntry& a, const SortEntry& b) { return a.key == b.key; },
      [](const SortEntry& a, const SortEntry& b) { return a.position < b.position; });
  std::vector<uint32_t> positions;
  for (const SortEntry& e : entries) positions.push_back(e.position);
  EXPECT_EQ(positions, (std::vector<uint32_t>{2, 3, 9, 0, 1, 4}));
}

}  // namespace
}  // namespace anneal
