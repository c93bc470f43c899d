#include "api/tenant.h"

#include <gtest/gtest.h>

namespace anneal {
namespace {

TEST(Tenant, NamesFollowTheRule) {
  for (std::string_view name : {"a", "team-1_x.y", "(it's!*)", "..."}) {
    EXPECT_TRUE(IsTenantName(name)) << name;
  }
  for (std::string_view name : {"", ".", "..", "a/b", "a b", "ü", "a|b", "a\n"}) {
    EXPECT_FALSE(IsTenantName(name)) << name;
  }
  EXPECT_TRUE(IsTenantName(std::string(150, 'a')));
  EXPECT_FALSE(IsTenantName(std::string(151, 'a')));
}

TEST(Tenant, SeveralAreSortedAndEachOnce) {
  using Names = std::vector<std::string>;
  EXPECT_EQ(*ParseTenants("b|a|b"), (Names{"a", "b"}));
  EXPECT_EQ(*ParseTenants("a"), Names{"a"});
  for (std::string_view text : {"", "|", "a|", "|a", "a||b", "a|b/c", "a|.."}) {
    EXPECT_EQ(ParseTenants(text).status().code(), Code::kInvalidArgument) << text;
  }
}

}  // namespace
}  // namespace anneal
