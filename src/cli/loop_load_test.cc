#include "cli/loop_load.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace anneal {
namespace {

TEST(RequestMixTest, EachInputAsOftenAsItsWeightSaysSpreadEvenly) {
  struct Row {
    std::vector<double> weights;  // of /a, /b, /c
    const char* sequence;
  };
  const Row rows[] = {
      {{1}, "a"},        {{3, 1}, "aaba"}, {{1, 4}, "bbabb"}, {{0.5, 1, 0.25}, "babcbab"},
      {{1, 0, 1}, "ac"}, {{0}, ""},        {{}, ""},
  };
  for (const Row& row : rows) {
    std::vector<LoopInput> inputs;
    for (double weight : row.weights) {
      inputs.push_back(
          {.path = std::string("/") + static_cast<char>('a' + inputs.size()), .weight = weight});
    }
    std::string sequence;
    for (const LoadRequest& request : RequestMix(inputs)) sequence += request.path.substr(1);
    EXPECT_EQ(sequence, row.sequence);
  }
}

TEST(RequestMixTest, KeepsTheRequestAndBoundsTheMemory) {
  std::vector<LoadRequest> requests = RequestMix({{.name = "big",
                                                   .method = "PUT",
                                                   .path = "/x",
                                                   .headers = {{"A", "b"}},
                                                   .body = "text",
                                                   .weight = 1e9},
                                                  {.name = "small", .weight = 1}});
  EXPECT_EQ(requests.size(), 1001u);
  EXPECT_EQ(requests[0].method, "PUT");
  EXPECT_EQ(requests[0].path, "/x");
  EXPECT_EQ(requests[0].headers.Get("a"), "b");
  EXPECT_EQ(requests[0].body, "text");
}

}  // namespace
}  // namespace anneal
