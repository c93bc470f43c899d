#include "base/mutex.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace anneal {
namespace {

TEST(SharedMutexTest, WritersAreAloneAndReadersSeeWholeWrites) {
  SharedMutex mutex;
  int64_t a = 0, b = 0;
  std::atomic<int> torn = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 2; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 2'000; ++i) {
        WriterLock lock(mutex);
        ++a;
        ++b;
      }
    });
    threads.emplace_back([&] {
      for (int i = 0; i < 2'000; ++i) {
        ReaderLock lock(mutex);
        if (a != b) ++torn;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(a, 4'000);
  EXPECT_EQ(torn, 0);
}

// Two readers hand over to each other, so that the lock is never free of both: under a lock that
// lets readers pass a waiting writer, the writer would not get in before they end.
TEST(SharedMutexTest, AWaitingWriterGoesBeforeNewReaders) {
  constexpr int kRounds = 20'000, kPatience = 1'000;
  SharedMutex mutex;
  std::atomic<int> entries = 0, rounds = 0;
  std::atomic<bool> waiting = false, written = false;
  std::vector<std::thread> threads;
  for (int t = 0; t < 2; ++t) {
    threads.emplace_back([&] {
      while (!written && rounds < kRounds) {
        ReaderLock lock(mutex);
        const int mine = ++entries;
        // Until the other is in; it cannot come while the writer is ahead of it.
        for (int i = 0; i < kPatience && entries == mine; ++i) std::this_thread::yield();
        if (waiting) ++rounds;
      }
    });
  }
  while (entries < 2) std::this_thread::yield();
  waiting = true;
  {
    WriterLock lock(mutex);
    written = rounds < kRounds;
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_TRUE(written);
}

}  // namespace
}  // namespace anneal
