#include "store/sample_link.h"

#include <gtest/gtest.h>

namespace anneal {
namespace {

TEST(SampleLinkTest, LabelsOfSamples) {
  constexpr SpanId kSpan = 0x0123456789abcdef;
  struct Row {
    std::vector<std::pair<std::string_view, std::string_view>> labels;
    SpanId span;
    bool has_trace;
  };
  const Row rows[] = {
      {{}, 0, false},
      {{{"span_id", "0123456789abcdef"}}, kSpan, false},
      {{{"span_id", "0123456789ABCDEF"}}, kSpan, false},
      {{{"profile_id", "0123456789abcdef"}}, kSpan, false},
      {{{"profile_id", "00000000000000ff"}, {"span_id", "0123456789abcdef"}}, kSpan, false},
      {{{"span_id", "0123456789abcdef"}, {"profile_id", "00000000000000ff"}}, kSpan, false},
      {{{"span_id", "0123456789abcde"}}, 0, false},
      {{{"span_id", "0123456789abcdeg"}, {"profile_id", "0123456789abcdef"}}, kSpan, false},
      {{{"trace_id", "0123456789abcdef0123456789abcdef"}}, 0, true},
      {{{"trace_id", "0123456789abcdef"}}, 0, false},
  };
  for (const Row& row : rows) {
    Profile profile;
    for (const auto& [key, value] : row.labels) {
      const StringId name = profile.strings.Append(key);
      profile.labels.push_back({.key = name, .str = profile.strings.Append(value)});
    }
    profile.label_ends = {static_cast<uint32_t>(profile.labels.size())};
    const SampleLink link = LinkOfSample(profile, 0);
    EXPECT_EQ(link.span, row.span) << &row - rows;
    EXPECT_EQ(link.trace != TraceId(), row.has_trace) << &row - rows;
  }
}

}  // namespace
}  // namespace anneal
