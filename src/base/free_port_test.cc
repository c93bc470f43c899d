#include "base/free_port.h"

#include <gtest/gtest.h>

namespace anneal {
namespace {

TEST(FreePortTest, GivesAnUnprivilegedPort) {
  Result<uint16_t> port = FreeLoopbackPort();
  ASSERT_TRUE(port.ok()) << port.status().ToString();
  EXPECT_GE(*port, 1024);
}

}  // namespace
}  // namespace anneal
