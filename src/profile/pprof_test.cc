#include "profile/pprof.h"

#include "profile/compress.h"
#include "profile/corpus_for_test.h"
#include "profile/merge.h"

namespace anneal {
namespace {

TEST(PprofTest, CorpusRoundTrips) {
  ASSERT_EQ(Corpus().size(), 110u);
  for (const CorpusFile& file : Corpus()) {
    Result<Profile> profile = DecodePprof(file.bytes);
    ASSERT_TRUE(profile.ok()) << file.name << ": " << profile.status().ToString();
    EXPECT_TRUE(ValidateProfile(*profile).ok()) << file.name;
    EXPECT_GT(profile->SampleCount(), 0u);
    EXPECT_EQ(profile->FindSampleType("cpu", "nanoseconds"), 1);
    std::string encoded = EncodePprof(*profile);
    Result<Profile> again = DecodePprof(encoded);
    ASSERT_TRUE(again.ok()) << again.status().ToString();
    EXPECT_TRUE(*again == *profile) << file.name;
    EXPECT_EQ(EncodePprof(*again), encoded);
  }
}

TEST(PprofTest, EveryPrefixIsAcceptedOrExplained) {
  const std::string message = Gunzip(Corpus()[1].bytes, 1 << 24).value();
  for (size_t size = 0; size < message.size(); ++size) {
    Result<Profile> profile = DecodePprof(std::string_view(message).substr(0, size));
    if (profile.ok()) {
      EXPECT_TRUE(ValidateProfile(*profile).ok());
    } else {
      EXPECT_TRUE(profile.status().message().starts_with("pprof: ")) << size;
    }
  }
}

}  // namespace
}  // namespace anneal
