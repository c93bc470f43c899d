#include "api/header_value.h"

#include <gtest/gtest.h>

namespace anneal {
namespace {

TEST(HeaderValueTest, ReadsMainAndParameters) {
  EXPECT_EQ(HeaderMain("application/json; charset=utf-8"), "application/json");
  EXPECT_EQ(HeaderMain(" text/plain "), "text/plain");
  EXPECT_EQ(HeaderMain(""), "");
  EXPECT_EQ(HeaderParameter("a/b; Boundary=x", "boundary"), "x");
  EXPECT_EQ(HeaderParameter("a/b;boundary=\"x;y\";z=1", "boundary"), "x;y");
  EXPECT_EQ(HeaderParameter("a/b;boundary=\"x;y\";z=1", "z"), "1");
  EXPECT_EQ(HeaderParameter("a/b; x", "x"), "");
  EXPECT_EQ(HeaderParameter("boundary=x", "boundary"), "");
}

TEST(HeaderValueTest, KnowsMediaTypes) {
  for (std::string_view field : {"a/b", "*/*", "*", "*; q=.2", "text/x.y+json ; a=b; C=\"d;\\\"e\"",
                                 "a/b;", "a/b; ", "a/b;c=\"\""}) {
    EXPECT_TRUE(IsMediaType(field)) << field;
  }
  for (std::string_view field : {"",
                                 " ",
                                 "a",
                                 "/",
                                 "a/",
                                 "/b",
                                 "a/b/c",
                                 "a b",
                                 "a/b c",
                                 "a=b",
                                 "a/b;c",
                                 "a/b;=",
                                 "a/b;c=",
                                 "a/b;=d",
                                 "a/b;;c=d",
                                 "a/b;c=\"d",
                                 "a/b;c=\"",
                                 "a/b;c=\"d\\\"",
                                 "a/b;c=\"d\"e",
                                 "a/b;c=d e",
                                 "a/b;c=d;C=e",
                                 "a(b)"}) {
    EXPECT_FALSE(IsMediaType(field)) << field;
  }
}

TEST(HeaderValueTest, TakesFieldsOneByOne) {
  std::string_view rest = "a, \"b,c\" ,,d";
  EXPECT_EQ(NextField(rest, ','), "a");
  EXPECT_EQ(NextField(rest, ','), "\"b,c\"");
  EXPECT_EQ(NextField(rest, ','), "");
  EXPECT_EQ(NextField(rest, ','), "d");
  EXPECT_EQ(rest, "");
}

}  // namespace
}  // namespace anneal
