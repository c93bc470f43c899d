#include "api/flame_encode.h"

#include <gtest/gtest.h>

#include "api/json_codec.h"
#include "api/made_profile.h"

namespace anneal {
namespace {

FlameTree TreeOf(const std::vector<MadeSample>& samples) {
  return FlameTree::Build(Make({.sample_types = {{"cpu", "nanoseconds"}}, .samples = samples}), 0);
}

TEST(FlameEncodeTest, FlameGraphReadsBackAsJson) {
  FlameTree tree = TreeOf({{{"a", "b"}, {3}}, {{"a"}, {1}}, {{"c"}, {2}}});
  Result<std::string> json =
      ProtoToJson("querier.v1.FlameGraph", EncodeFlameGraph(ToFlameGraph(tree)));
  ASSERT_TRUE(json.ok()) << json.status().message();
  EXPECT_EQ(*json, R"({"names":["total","a","b","c"],"levels":[{"values":["0","6","0","0"]},)"
                   R"({"values":["0","4","1","1","0","2","2","3"]},{"values":["1","3","3","2"]}],)"
                   R"("total":"6","maxSelf":"3"})");
}

TEST(FlameEncodeTest, TreeBytesPutTheLastSiblingFirst) {
  FlameTree tree = TreeOf({{{"a", "b"}, {3}}, {{"a"}, {1}}, {{"c"}, {200}}});
  const char kExpected[] =
      "\x00\x00\x02"  // the nameless root, self 0, two children
      "\x01"
      "c\xc8\x01\x00"  // 200 takes two bytes
      "\x01"
      "a\x01\x01"
      "\x01"
      "b\x03\x00";
  EXPECT_EQ(EncodeTree(tree), std::string(kExpected, sizeof(kExpected) - 1));
  EXPECT_EQ(EncodeTree(TreeOf({})), "");
}

std::string DiffJson(const FlameTree& left, const FlameTree& right, size_t max_nodes) {
  Result<std::string> json =
      ProtoToJson("querier.v1.FlameGraphDiff", EncodeFlameGraphDiff(left, right, max_nodes));
  return json.ok() ? *json : json.status().message();
}

TEST(FlameEncodeTest, DiffPutsBothTreesOnOneShape) {
  FlameTree left = TreeOf({{{"a", "b"}, {3}}, {{"c"}, {2}}});
  FlameTree right = TreeOf({{{"a"}, {1}}, {{"a", "d"}, {4}}});
  EXPECT_EQ(DiffJson(left, right, 0),
            R"({"names":["total","a","c","b","d"],"levels":[)"
            R"({"values":["0","5","0","0","5","0","0"]},)"
            R"({"values":["0","3","0","0","5","1","1","0","2","2","0","0","0","2"]},)"
            R"({"values":["0","3","3","1","0","0","3","0","0","0","0","4","4","4"]}],)"
            R"("total":"10","maxSelf":"4","leftTicks":"5","rightTicks":"5"})");
}

TEST(FlameEncodeTest, DiffFoldsWhatIsSmallOnBothSides) {
  FlameTree left = TreeOf({{{"a"}, {100}}, {{"b"}, {1}}, {{"z"}, {90}}});
  FlameTree right = TreeOf({{{"a"}, {100}}, {{"c"}, {2}}, {{"z"}, {1}}});
  EXPECT_EQ(DiffJson(left, right, 3),
            R"({"names":["total","a","z","other"],"levels":[)"
            R"({"values":["0","191","0","0","103","0","0"]},)"
            R"({"values":["0","100","100","0","100","100","1",)"
            R"("0","90","90","0","1","1","2","0","1","1","0","2","2","3"]}],)"
            R"("total":"294","maxSelf":"100","leftTicks":"191","rightTicks":"103"})");
}

}  // namespace
}  // namespace anneal
