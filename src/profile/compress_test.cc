#include "profile/compress.h"

#include <random>

#include "profile/corpus_for_test.h"

namespace anneal {
namespace {

constexpr size_t kPlenty = size_t{1} << 26;

std::string Noise(size_t size) {
  std::mt19937 random(1);
  std::string out(size, '\0');
  for (char& c : out) c = static_cast<char>(random());
  return out;
}

TEST(GzipTest, RoundTripsAndIsDeterministic) {
  for (const std::string& text :
       {std::string(), std::string("a"), Noise(100'000), std::string(1'000'000, 'x')}) {
    for (int level : {1, 6, 12}) {
      std::string gz = Gzip(text, level);
      EXPECT_TRUE(IsGzip(gz));
      EXPECT_EQ(gz, Gzip(text, level));
      EXPECT_EQ(Gunzip(gz, kPlenty).value(), text);
    }
  }
}

TEST(GzipTest, MembersFollowEachOther) {
  std::string many, want;
  for (size_t size : {0u, 5u, 70'000u, 1u, 300'000u}) {
    std::string part = Noise(size);
    many += Gzip(part);
    want += part;
  }
  EXPECT_EQ(Gunzip(many, kPlenty).value(), want);
  std::string tiny;
  for (int i = 0; i < 5000; ++i) tiny += Gzip("z");
  EXPECT_EQ(Gunzip(tiny, kPlenty).value(), std::string(5000, 'z'));
}

TEST(GzipTest, EveryTruncationIsAnError) {
  std::string gz = Gzip("some text") + Gzip("more");
  size_t first = Gzip("some text").size();
  for (size_t size = 0; size < gz.size(); ++size) {
    Result<std::string> out = Gunzip(std::string_view(gz).substr(0, size), kPlenty);
    EXPECT_EQ(out.ok(), size == first) << size;
    if (!out.ok()) {
      EXPECT_EQ(out.status().code(), Code::kInvalidArgument);
    }
  }
}

TEST(GzipTest, GarbageBehindAndDamageWithin) {
  std::string gz = Gzip("some text");
  EXPECT_EQ(
      Gunzip(gz + "garbage that is long enough", kPlenty).status().message(),
      fmt::format("gzip: neither a gzip header nor the end of the input at byte {}", gz.size()));
  std::string wrong_checksum = gz;
  wrong_checksum[gz.size() - 6] ^= 1;
  EXPECT_EQ(Gunzip(wrong_checksum, kPlenty).status().message(),
            "gzip: the member at byte 0 is damaged or truncated");
}

TEST(GzipTest, TheTrailersSizeIsOnlyAHint) {
  std::string text = Noise(1000) + std::string(500'000, 'y');
  std::string gz = Gzip(text);
  for (uint32_t lie : {0u, 1u, 0xffffffffu}) {
    std::string lying = gz;
    for (size_t i = 0; i < 4; ++i) lying[gz.size() - 4 + i] = static_cast<char>(lie >> (8 * i));
    // libdeflate checks the size as it checks the sum: an error, found without much memory.
    EXPECT_EQ(Gunzip(lying, kPlenty).status().code(), Code::kInvalidArgument);
  }
}

TEST(GzipTest, BombsStopAtTheLimit) {
  std::string bomb = Gzip(std::string(50'000'000, '\0'), 12);
  ASSERT_LT(bomb.size(), 60'000u);
  Status status = Gunzip(bomb, 1'000'000).status();
  EXPECT_EQ(status.code(), Code::kResourceExhausted);
  EXPECT_EQ(status.message(), "gzip: the content exceeds the limit of 1000000 bytes once inflated");
  EXPECT_EQ(Gunzip(bomb, 50'000'000).value().size(), 50'000'000u);
  EXPECT_FALSE(Gunzip(bomb, 49'999'999).ok());
  // In many members, none of them large.
  std::string members;
  for (int i = 0; i < 40; ++i) members += Gzip(std::string(100'000, '\0'));
  EXPECT_EQ(Gunzip(members, 1'000'000).status().code(), Code::kResourceExhausted);
}

TEST(GzipTest, ReadsWhatGoWrote) {
  for (const CorpusFile& file : Corpus())
    EXPECT_TRUE(Gunzip(file.bytes, kPlenty).ok()) << file.name;
}

}  // namespace
}  // namespace anneal
