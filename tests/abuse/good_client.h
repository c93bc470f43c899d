// A client that means well: it pushes and queries while others do harm.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/clock.h"
#include "collect/client.h"
#include "collect/profile_uuid.h"
#include "net/http.h"
#include "profile/pprof.h"

namespace anneal {

class GoodClient {
 public:
  explicit GoodClient(const std::string& url) : url_(url) { Reconnect(); }

  // After a pause: a connection that the server closes in the moment it is used again is no fault.
  void Reconnect() {
    client_.reset();
    http_ = Http::Create();
    client_.emplace(*http_, ServerAddress{.url = url_, .timeout_ns = 60 * kSecondNs});
  }

  // Pushes one profile more, and finds the sum of all that it has pushed.
  void ExpectServed() {
    const std::string pprof = Pprof();
    const PushProfile push{
        .labels = {{"__name__", "process_cpu"}, {"service_name", "good"}},
        .pprof = pprof,
        .id = ContentUuid(pprof),
    };
    const Status pushed = client_->Push(std::span(&push, 1));
    EXPECT_TRUE(pushed.ok()) << pushed.ToString();
    if (pushed.ok()) ++pushed_;
    const int64_t now_ms = Clock::System().NowNs() / 1'000'000;
    const Result<std::string> merged =
        client_->Merge({.profile_type = "process_cpu:cpu:nanoseconds:cpu:nanoseconds",
                        .selector = "{service_name=\"good\"}",
                        .window = {.start_ms = now_ms - 3'600'000, .end_ms = now_ms + 60'000}});
    ASSERT_TRUE(merged.ok()) << merged.status().ToString();
    const Result<Profile> profile = DecodePprof(*merged);
    ASSERT_TRUE(profile.ok()) << profile.status().ToString();
    ASSERT_EQ(profile->SampleCount(), 1u);
    EXPECT_EQ(profile->Values(0)[0], pushed_ * kValue);
  }

 private:
  static constexpr int64_t kSecondNs = 1'000'000'000;
  static constexpr int64_t kValue = 7;

  static std::string Pprof() {
    Profile profile;
    const StringId cpu = profile.strings.Append("cpu");
    const StringId nanoseconds = profile.strings.Append("nanoseconds");
    const StringId name = profile.strings.Append("main.main");
    profile.sample_types = {{cpu, nanoseconds}};
    profile.period_type = {cpu, nanoseconds};
    profile.time_ns = Clock::System().NowNs();
    profile.functions = {{.name = name, .system_name = name, .file = name, .start_line = 1}};
    profile.lines = {{.function = static_cast<FunctionId>(0), .line = 2}};
    profile.locations = {{.address = 0, .lines_begin = 0, .lines_end = 1}};
    profile.sample_locations = {static_cast<LocationId>(0)};
    profile.stack_ends = {1};
    profile.sample_values = {kValue};
    return EncodePprof(profile);
  }

  const std::string url_;
  std::unique_ptr<Http> http_;
  std::optional<ProfileClient> client_;
  int64_t pushed_ = 0;
};

}  // namespace anneal
