#include "api/dotnet_pprof.h"

#include <gtest/gtest.h>

#include <protozero/pbf_reader.hpp>
#include <protozero/pbf_writer.hpp>

#include "api/made_profile.h"
#include "profile/compress.h"
#include "profile/pprof.h"

namespace anneal {
namespace {

// The profile with the ids of its functions left out.
std::string WithoutIds(std::string_view pprof) {
  std::string out;
  protozero::pbf_reader profile(pprof.data(), pprof.size());
  while (profile.next()) {
    const protozero::pbf_tag_type tag = profile.tag();
    if (tag != 5) {
      if (profile.has_wire_type(protozero::pbf_wire_type::length_delimited)) {
        protozero::pbf_writer(out).add_bytes(tag, profile.get_view());
      } else {
        protozero::pbf_writer(out).add_uint64(tag, profile.get_uint64());
      }
      continue;
    }
    std::string function;
    protozero::pbf_reader old = profile.get_message();
    while (old.next()) {
      const protozero::pbf_tag_type field = old.tag();
      const uint64_t value = old.get_uint64();
      if (field != 1) protozero::pbf_writer(function).add_uint64(field, value);
    }
    protozero::pbf_writer(out).add_message(5, function);
  }
  return out;
}

const MadeProfile kMade = {.sample_types = {{"cpu", "nanoseconds"}},
                           .samples = {{{"main", "work"}, {3}}, {{"main"}, {1}}}};

TEST(DotnetPprofTest, GivesFunctionsTheIdsOfLocations) {
  const std::string good = EncodePprof(Make(kMade));
  const std::string broken = WithoutIds(good);
  EXPECT_FALSE(DecodePprof(broken).ok());
  for (const std::string& bytes : {broken, Gzip(broken)}) {
    Result<std::string> repaired = RepairFunctionIds(bytes, 0);
    ASSERT_TRUE(repaired.ok());
    Result<Profile> profile = DecodePprof(*repaired);
    ASSERT_TRUE(profile.ok()) << profile.status().message();
    EXPECT_EQ(Show(*profile), Show(Make(kMade)));
  }
}

TEST(DotnetPprofTest, LeavesOthersAlone) {
  const std::string good = EncodePprof(Make(kMade));
  Result<std::string> repaired = RepairFunctionIds(good, 0);
  ASSERT_TRUE(repaired.ok());
  EXPECT_EQ(*repaired, "");
  // One function at two lines: more locations than functions.
  Profile two = Make({.sample_types = {{"cpu", "ns"}}, .samples = {{{"a:1", "a:2"}, {1}}}});
  repaired = RepairFunctionIds(WithoutIds(EncodePprof(two)), 0);
  ASSERT_TRUE(repaired.ok());
  EXPECT_EQ(*repaired, "");
}

TEST(DotnetPprofTest, RefusesWhatIsNoMessage) {
  const std::string broken = WithoutIds(EncodePprof(Make(kMade)));
  for (size_t size = 0; size < broken.size(); ++size) {
    (void)RepairFunctionIds(std::string_view(broken).substr(0, size), 0);  // nothing throws
  }
  EXPECT_EQ(RepairFunctionIds("\x22\x7f", 0).status().code(), Code::kInvalidArgument);
  EXPECT_EQ(RepairFunctionIds(Gzip(broken), 10).status().code(), Code::kInvalidArgument);
}

}  // namespace
}  // namespace anneal
