#include "store/damage_walk.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <random>

#include "store/temp_dir_for_test.h"

namespace anneal {
namespace {

namespace fs = std::filesystem;

constexpr int kRecords = 2'000;  // some 15 blocks

std::string KeyOf(int i) { return fmt::format("key {:06}", i); }

class DamageWalkTest : public testing::Test {
 protected:
  void SetUp() override {
    Open();
    std::mt19937_64 random(1);
    KvBatch batch(*kv_);
    for (int i = 0; i < kRecords; ++i) {
      std::string value = KeyOf(i);
      for (int word = 0; word < 12; ++word) value += fmt::format("{:016x}", random());
      batch.Put(Family::kProfiles, KeyOf(i), value);
    }
    ASSERT_TRUE(kv_->Write(batch).ok());
    ASSERT_TRUE(kv_->Flush().ok());
  }
  void Open() {
    kv_.reset();
    KvOptions options;
    options.directory = dir_.path();
    kv_ = Kv::Open(options).value();
  }
  // A block at each of these parts of the file.
  void Damage(std::initializer_list<double> parts) {
    kv_.reset();
    for (const auto& entry : fs::directory_iterator(dir_.path())) {
      if (entry.path().extension() != ".sst") continue;
      std::fstream file(entry.path(), std::ios::in | std::ios::out | std::ios::binary);
      for (double part : parts) {
        file.seekp(static_cast<std::streamoff>(static_cast<double>(entry.file_size()) * part));
        file.write("\x11\x22\x33\x44", 4);
      }
    }
    Open();
  }
  // The keys that a walk gives, and after which it met damage.
  std::vector<std::string> Walk(std::string_view begin, std::string_view end) {
    std::vector<std::string> keys;
    damaged_after_.clear();
    const Status status = WalkPastDamage(
        *kv_, Family::kProfiles, begin, end,
        [&](std::string_view key, std::string_view value) {
          EXPECT_TRUE(value.starts_with(key));
          keys.emplace_back(key);
        },
        [&](std::string_view last, const Status& damage) {
          EXPECT_EQ(damage.code(), Code::kDataLoss);
          damaged_after_.emplace_back(last);
        });
    EXPECT_TRUE(status.ok()) << status.ToString();
    EXPECT_TRUE(std::ranges::is_sorted(keys));
    EXPECT_EQ(std::ranges::adjacent_find(keys), keys.end());
    return keys;
  }

  TempDir dir_;
  std::unique_ptr<Kv> kv_;
  std::vector<std::string> damaged_after_;
};

TEST_F(DamageWalkTest, WithoutDamageItIsAWalk) {
  EXPECT_EQ(Walk({}, {}).size(), size_t{kRecords});
  EXPECT_EQ(Walk(KeyOf(10), KeyOf(20)).size(), 10u);
  EXPECT_TRUE(Walk("nothing", "nothing at all").empty());
  EXPECT_TRUE(damaged_after_.empty());
}

TEST_F(DamageWalkTest, BetweenPiecesTheDatabaseMayChangeAndBeOpenedAgain) {
  DamageWalk walk(Family::kProfiles, {}, {});
  std::vector<std::string> keys;
  size_t in_piece = 0, pieces = 0;
  auto visit = [&](std::string_view key, std::string_view) {
    ++in_piece;
    keys.emplace_back(key);
  };
  auto on_damage = [](std::string_view, const Status& damage) {
    ADD_FAILURE() << damage.ToString();
  };
  for (bool more = true; more; ++pieces) {
    in_piece = 0;
    more = walk.NextPiece(*kv_, visit, on_damage).value();
    EXPECT_LE(in_piece, DamageWalk::kPieceRecords);
    if (pieces > 0) continue;
    // The next one, which the walk may have in mind, and the last.
    KvBatch batch(*kv_);
    batch.Delete(Family::kProfiles, KeyOf(static_cast<int>(keys.size())));
    batch.Delete(Family::kProfiles, KeyOf(kRecords - 1));
    ASSERT_TRUE(kv_->Write(batch).ok());
    batch.Clear();
    ASSERT_TRUE(kv_->Reopen().ok());
  }
  EXPECT_GE(pieces, size_t{kRecords} / DamageWalk::kPieceRecords);
  EXPECT_EQ(keys.size(), size_t{kRecords} - 2);
  EXPECT_EQ(std::ranges::adjacent_find(keys, std::greater_equal<>()), keys.end());
  // A piece is bounded in bytes, too.
  KvBatch batch(*kv_);
  const std::string large(DamageWalk::kPieceBytes / 2, 'x');
  for (int i = 0; i < 4; ++i) batch.Put(Family::kProfiles, fmt::format("large {}", i), large);
  ASSERT_TRUE(kv_->Write(batch).ok());
  DamageWalk few(Family::kProfiles, "large", {});
  in_piece = 0;
  EXPECT_TRUE(few.NextPiece(*kv_, visit, on_damage).value());
  EXPECT_EQ(in_piece, 2u);
}

TEST_F(DamageWalkTest, ABlockCostsWhatIsInIt) {
  Damage({0.5});
  const std::vector<std::string> keys = Walk({}, {});
  EXPECT_LT(keys.size(), size_t{kRecords});
  EXPECT_GT(keys.size(), size_t{kRecords} * 8 / 10);
  EXPECT_EQ(keys.front(), KeyOf(0));
  EXPECT_EQ(keys.back(), KeyOf(kRecords - 1));
  ASSERT_EQ(damaged_after_.size(), 1u);
  EXPECT_TRUE(std::ranges::binary_search(keys, damaged_after_[0]));
  // A part that begins behind it, one that ends before it, and one with it inside.
  EXPECT_EQ(Walk(KeyOf(kRecords - 100), {}).size(), 100u);
  EXPECT_TRUE(damaged_after_.empty());
  EXPECT_EQ(Walk({}, KeyOf(100)).size(), 100u);
  EXPECT_TRUE(damaged_after_.empty());
  EXPECT_EQ(Walk(KeyOf(100), KeyOf(kRecords - 100)).size(), keys.size() - 200);
  EXPECT_EQ(damaged_after_.size(), 1u);
}

TEST_F(DamageWalkTest, WhatLiesBetweenTwoIsPassedOver) {
  Damage({0.3, 0.7});
  const std::vector<std::string> keys = Walk({}, {});
  EXPECT_EQ(keys.front(), KeyOf(0));
  EXPECT_EQ(keys.back(), KeyOf(kRecords - 1));
  EXPECT_GT(keys.size(), size_t{kRecords} * 4 / 10);
  EXPECT_LT(keys.size(), size_t{kRecords} * 7 / 10);
}

TEST_F(DamageWalkTest, TheFirstAndTheLastBlock) {
  Damage({0.0});
  std::vector<std::string> keys = Walk({}, {});
  EXPECT_EQ(damaged_after_, std::vector<std::string>{""});
  EXPECT_EQ(keys.back(), KeyOf(kRecords - 1));
  // All that is asked for is lost.
  EXPECT_TRUE(Walk({}, KeyOf(5)).empty());
  EXPECT_EQ(damaged_after_.size(), 1u);
}

TEST_F(DamageWalkTest, AsksItsControl) {
  Damage({0.1});
  KvCursor cursor = kv_->Cursor(Family::kProfiles, {}, {}).value();
  std::string last;
  for (; cursor.Valid(); cursor.Next()) last = cursor.key();
  ASSERT_EQ(cursor.status().code(), Code::kDataLoss);
  FakeClock clock;
  QueryControl gone(clock, {}, [] { return true; });
  EXPECT_EQ(SeekPastDamage(cursor, last, "z", &gone).status().code(), Code::kCanceled);
  EXPECT_TRUE(SeekPastDamage(cursor, last, "z").value());
  EXPECT_GT(cursor.key(), last);
  EXPECT_FALSE(SeekPastDamage(cursor, last, last).value()) << "nothing is behind";
}

}  // namespace
}  // namespace anneal
