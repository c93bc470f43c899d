#include "api/push_request.h"

#include <gtest/gtest.h>
#include <push/v1/push.pb.h>

namespace anneal {
namespace {

std::string TwoSeries() {
  push::v1::PushRequest request;
  auto* series = request.add_series();
  auto* label = series->add_labels();
  label->set_name("__name__");
  label->set_value("process_cpu");
  auto* sample = series->add_samples();
  sample->set_raw_profile("first");
  sample->set_id("01234567-89ab-cdef-0123-456789abcdef");
  series->add_samples()->set_raw_profile("second");
  request.add_series()->add_samples();
  return request.SerializeAsString();
}

TEST(PushRequestTest, ReadsInPlace) {
  std::string bytes = TwoSeries();
  Result<std::vector<PushSeries>> series = ParsePushRequest(bytes);
  ASSERT_TRUE(series.ok());
  ASSERT_EQ(series->size(), 2u);
  EXPECT_EQ((*series)[0].labels, (std::vector<LabelPair>{{"__name__", "process_cpu"}}));
  ASSERT_EQ((*series)[0].profiles.size(), 2u);
  EXPECT_EQ((*series)[0].profiles[0], "first");
  EXPECT_EQ((*series)[0].profiles[1], "second");
  EXPECT_GE((*series)[0].profiles[0].data(), bytes.data()) << "a view, no copy";
  EXPECT_LT((*series)[0].profiles[0].data(), bytes.data() + bytes.size());
  EXPECT_EQ((*series)[1].profiles.size(), 1u);
}

TEST(PushRequestTest, SkipsUnknownFieldsAndWrongTypes) {
  // Field 9 as bytes, field 1 as a number, field 15 as fixed 32 and 64.
  const std::string kUnknown(
      "\x4a\x01x\x08\x05\x7d"
      "abcd\x79"
      "abcdefgh",
      19);
  Result<std::vector<PushSeries>> series = ParsePushRequest(kUnknown + TwoSeries());
  ASSERT_TRUE(series.ok()) << series.status().message();
  EXPECT_EQ(series->size(), 2u);
}

TEST(PushRequestTest, EveryPrefixIsRefusedOrShorter) {
  std::string bytes = TwoSeries();
  for (size_t size = 0; size < bytes.size(); ++size) {
    Result<std::vector<PushSeries>> series = ParsePushRequest(bytes.substr(0, size));
    if (series.ok()) {
      EXPECT_LT(series->size(), 2u) << size;
    } else {
      EXPECT_EQ(series.status().code(), Code::kInvalidArgument);
    }
  }
}

TEST(PushRequestTest, RefusesOtherBytes) {
  for (std::string_view bytes :
       {"hello world", "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", "{\"series\":[]}"}) {
    EXPECT_FALSE(ParsePushRequest(bytes).ok()) << bytes;
  }
}

}  // namespace
}  // namespace anneal
