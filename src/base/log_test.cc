#include "base/log.h"

#include <gtest/gtest.h>

namespace anneal::log {
namespace {

TEST(LogTest, LogfmtQuotesWhatNeedsQuotes) {
  EXPECT_EQ(FormatEvent(Format::kLogfmt, Level::kInfo, "pushed",
                        {{"tenant", "anonymous"}, {"bytes", 12}, {"note", "a \"b\"\n"}}),
            "level=info msg=\"pushed\" tenant=anonymous bytes=12 note=\"a \\\"b\\\"\\n\"");
}

TEST(LogTest, JsonEscapesControlBytes) {
  EXPECT_EQ(FormatEvent(Format::kJson, Level::kWarn, "x\x1b[31m", {{"k", ""}}),
            "\"level\":\"warn\",\"msg\":\"x\\u001b[31m\",\"k\":\"\"");
}

}  // namespace
}  // namespace anneal::log
