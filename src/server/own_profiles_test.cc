#include "server/own_profiles.h"

#include <gmock/gmock.h>

#include <atomic>
#include <future>

#include "base/fs.h"
#include "profile/pprof.h"
#include "server/cpu_sampler.h"
#include "server/own_symbols.h"

// Not in a namespace of this file, and never inlined: what a profile must find.
__attribute__((noinline)) uint64_t AnnealTestBurnCpu(const std::atomic<bool>& stop) {
  volatile uint64_t x = 1;
  while (!stop) {
    for (int i = 0; i < 100'000; ++i) x = x * 6364136223846793005u + 1442695040888963407u;
  }
  return x;
}

namespace anneal {
namespace {

using ::testing::HasSubstr;

// Burns CPU time on a thread of its own while it lives.
class Burner {
 public:
  ~Burner() {
    stop_ = true;
    thread_.join();
  }

 private:
  std::atomic<bool> stop_{false};
  std::thread thread_{[this] { AnnealTestBurnCpu(stop_); }};
};

// CPU nanoseconds of stacks that have the function somewhere, and of all.
std::pair<int64_t, int64_t> CpuOf(const Profile& profile, std::string_view function) {
  int64_t of_function = 0, all = 0;
  for (size_t i = 0; i < profile.SampleCount(); ++i) {
    const int64_t cpu_ns = profile.Values(i)[1];
    all += cpu_ns;
    for (const LocationId location : profile.Stack(i)) {
      if (profile.FunctionName(profile.Lines(location)[0]).find(function) ==
          std::string_view::npos) {
        continue;
      }
      of_function += cpu_ns;
      break;
    }
  }
  return {of_function, all};
}

// The thread sanitizer holds signals back until the program calls the system, so that a sample is
// of that place and not of the one where the time went.
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define ANNEAL_THREAD_SANITIZER
#endif
#endif
#ifdef ANNEAL_THREAD_SANITIZER
constexpr bool kSignalsComeAtOnce = false;
#else
constexpr bool kSignalsComeAtOnce = true;
#endif

class OwnProfilesTest : public testing::Test {
 protected:
  std::future<HttpResponse> Ask(std::string_view target, std::string_view method = "GET",
                                std::string body = "") {
    auto answer = std::make_shared<std::promise<HttpResponse>>();
    const HttpRequest request{
        .method = std::string(method), .target = std::string(target), .body = std::move(body)};
    profiles_.Handle(OwnProfiles::RouteOf(ParseTarget(target).path), request,
                     [answer](HttpResponse response) { answer->set_value(std::move(response)); });
    return answer->get_future();
  }

  OwnProfiles profiles_{Clock::System()};
};

TEST_F(OwnProfilesTest, ACpuProfileNamesTheFunctionThatBurns) {
  Burner burner;
  const HttpResponse response = Ask("/debug/pprof/profile?seconds=1").get();
  ASSERT_EQ(response.status, 200) << response.body;
  EXPECT_EQ(response.headers.Get("Content-Type"), "application/octet-stream");
  const Result<Profile> profile = DecodePprof(response.body);
  ASSERT_TRUE(profile.ok()) << profile.status().ToString();
  EXPECT_TRUE(ValidateProfile(*profile).ok());
  EXPECT_EQ(profile->FindSampleType("cpu", "nanoseconds"), 1);
  EXPECT_EQ(profile->period, kCpuSamplePeriodNs);
  const auto [burnt, all] = CpuOf(*profile, "AnnealTestBurnCpu");
  if (kSignalsComeAtOnce) {
    EXPECT_GT(burnt, 0);
    EXPECT_GT(burnt * 2, all) << "it is nearly all that runs";
  }
  // The stack goes on below the function: to the thread's start, whose names depend on inlining.
  size_t deepest = 0;
  for (size_t i = 0; i < profile->SampleCount(); ++i) {
    deepest = std::max(deepest, profile->Stack(i).size());
  }
  if (kSignalsComeAtOnce) {
    EXPECT_GT(deepest, 2u);
  }
  ASSERT_FALSE(profile->mappings.empty());
  EXPECT_THAT(profile->Text(profile->mappings[0].file), HasSubstr("server_test"));
  EXPECT_FALSE(profile->Text(profile->mappings[0].build_id).empty());
}

TEST_F(OwnProfilesTest, ProfilesOverlap) {
  Burner burner;
  std::vector<std::future<HttpResponse>> answers;
  for (int i = 0; i < 5; ++i) answers.push_back(Ask("/debug/pprof/profile?seconds=1"));
  int taken = 0, refused = 0;
  for (std::future<HttpResponse>& answer : answers) {
    const HttpResponse response = answer.get();
    if (response.status == 429) {
      ++refused;
      continue;
    }
    ++taken;
    EXPECT_GT(CpuOf(DecodePprof(response.body).value(), "AnnealTestBurnCpu").first, 0);
  }
  EXPECT_EQ(taken + refused, 5);
  EXPECT_GE(taken, 4);
}

TEST_F(OwnProfilesTest, StopEndsAProfileEarly) {
  std::future<HttpResponse> answer = Ask("/debug/pprof/profile?seconds=600");
  profiles_.Stop();
  EXPECT_EQ(answer.get().status, 200);
  EXPECT_EQ(Ask("/debug/pprof/profile?seconds=1").get().status, 503);
}

TEST_F(OwnProfilesTest, PushesProfilesOfItself) {
  Burner burner;
  std::promise<std::string> second;
  int count = 0;
  profiles_.Push(100'000'000, [&](std::string pprof, int64_t time_ns) {
    EXPECT_EQ(DecodePprof(pprof)->time_ns, time_ns);
    if (++count == 2) second.set_value(std::move(pprof));
  });
  EXPECT_GT(CpuOf(DecodePprof(second.get_future().get()).value(), "AnnealTestBurnCpu").second, 0);
  profiles_.Stop();
}

TEST_F(OwnProfilesTest, RefusesWhatIsNoNumberOfSeconds) {
  for (std::string_view seconds : {"0", "-1", "601", "x", "1x", "1.5", "99999999999999999999"}) {
    EXPECT_EQ(Ask(fmt::format("/debug/pprof/profile?seconds={}", seconds)).get().status, 400)
        << seconds;
  }
  EXPECT_EQ(Ask("/debug/pprof/profile?seconds=1", "POST").get().status, 405);
}

TEST_F(OwnProfilesTest, NamesAddresses) {
  const auto address = reinterpret_cast<uint64_t>(&AnnealTestBurnCpu);
  const std::string body =
      Ask("/debug/pprof/symbol", "POST", fmt::format("{:#x}+0x1+zzz+{:#x}", address, address + 1))
          .get()
          .body;
  EXPECT_THAT(body, HasSubstr(fmt::format("{:#x} AnnealTestBurnCpu", address)));
  EXPECT_THAT(body, HasSubstr(fmt::format("{:#x} AnnealTestBurnCpu", address + 1)));
  EXPECT_THAT(Ask("/debug/pprof/symbol").get().body, HasSubstr("num_symbols: 1"));
  EXPECT_THAT(Ask("/debug/pprof/cmdline").get().body, HasSubstr("server_test"));
  EXPECT_THAT(Ask("/debug/pprof/").get().body, HasSubstr("profile?seconds"));
  EXPECT_EQ(OwnProfiles::RouteOf("/debug/pprof/heap"), "");
}

TEST(OwnSymbols, KnowsLibrariesToo) {
  OwnSymbols symbols;
  const auto address = reinterpret_cast<uint64_t>(&std::malloc);
  const int mapping = symbols.MappingOf(address);
  ASSERT_GE(mapping, 0);
  EXPECT_FALSE(symbols.Mapping(static_cast<size_t>(mapping)).file.empty());
  EXPECT_THAT(symbols.Find(address).name, HasSubstr("malloc"));
  EXPECT_EQ(symbols.Find(16).name, "[unknown]");
  EXPECT_EQ(symbols.MappingOf(16), -1);
}

TEST(ParseElf, TakesNoHostileFile) {
  const std::string bytes = Fs::System().ReadFile("/proc/self/exe").value();
  const ElfImage image = ParseElf(bytes).value();
  EXPECT_GT(image.symbols.size(), 1000u);
  EXPECT_FALSE(image.build_id.empty());
  ASSERT_FALSE(image.segments.empty());
  EXPECT_FALSE(ParseElf("").ok());
  EXPECT_FALSE(ParseElf("#!/bin/sh\n").ok());
  // Offsets that lie, at every place of the header; a cut file.
  for (size_t at = 16; at < 64; ++at) {
    std::string damaged = bytes.substr(0, 1 << 16);
    damaged[at] = static_cast<char>(0xff);
    (void)ParseElf(damaged).ok();
  }
  for (size_t size = 0; size < 4096; size += 7) (void)ParseElf(bytes.substr(0, size)).ok();
}

}  // namespace
}  // namespace anneal
