#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "pgo/call_edges.h"

namespace anneal {
namespace {

const CallEdges kEdges{{{"main.Round", "main.Tally[go.shape.uint32]", 7, 79},
                        {"main.Directed", "main.Weigh[go.shape.uint64]", -3, 57}},
                       136};
constexpr std::string_view kText =
    "GO PREPROFILE V1\n"
    "main.Round\nmain.Tally[go.shape.uint32]\n7 79\n"
    "main.Directed\nmain.Weigh[go.shape.uint64]\n-3 57\n";

TEST(Preprofile, RoundTrips) {
  EXPECT_EQ(WritePreprofile(kEdges), kText);
  Result<CallEdges> read = ReadPreprofile(kText);
  ASSERT_TRUE(read.ok()) << read.status().ToString();
  EXPECT_EQ(*read, kEdges);
  EXPECT_EQ(WritePreprofile({}), "GO PREPROFILE V1\n");
  EXPECT_TRUE(ReadPreprofile("GO PREPROFILE V1\n").ok());
}

// The example of docs/format/go-pgo.md is the text above.
TEST(Preprofile, IsDocumented) {
  std::ifstream file(std::string(ANNEAL_SOURCE_DIR) + "/docs/format/go-pgo.md");
  std::stringstream document;
  document << file.rdbuf();
  EXPECT_NE(document.str().find(fmt::format("```preprofile\n{}```\n", kText)), std::string::npos);
}

TEST(Preprofile, EveryPrefixIsReadOrRefused) {
  int read = 0;
  for (size_t n = 0; n <= kText.size(); ++n) {
    if (ReadPreprofile(kText.substr(0, n)).ok()) ++read;
  }
  // The header; each edge with its weight's first digit, all digits, and its newline.
  EXPECT_EQ(read, 1 + 3 + 3);
}

TEST(Preprofile, RefusalsNameTheLine) {
  const std::pair<std::string, std::string> rows[] = {
      {"", "line 1"},
      {"GO PREPROFILE V2\n", "line 1"},
      {"GO PREPROFILE V1\na\nb\n", "line 3: the edge from a is cut short"},
      {"GO PREPROFILE V1\na\nb\n1\n", "line 4"},
      {"GO PREPROFILE V1\na\nb\n1 2 3\n", "line 4"},
      {"GO PREPROFILE V1\na\nb\nx 2\n", "line 4"},
      {"GO PREPROFILE V1\na\nb\n1 99999999999999999999\n", "line 4"},
      {"GO PREPROFILE V1\na\nb\n1 2\na\nb\n1 3\n", "line 7"},
  };
  for (const auto& [text, message] : rows) {
    Result<CallEdges> read = ReadPreprofile(text);
    ASSERT_FALSE(read.ok()) << text;
    EXPECT_NE(read.status().message().find(message), std::string::npos) << read.status().message();
  }
}

}  // namespace
}  // namespace anneal
