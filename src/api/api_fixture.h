// What tests of whole calls share: an Api over a store in memory, and short ways to call it.
#pragma once

#include <gtest/gtest.h>

#include "api/api.h"
#include "api/json_codec.h"
#include "api/made_profile.h"
#include "api/memory_store.h"
#include "base/clock.h"
#include "profile/pprof.h"

namespace anneal {

constexpr int64_t kSecondNs = 1'000'000'000;
constexpr int64_t kNowNs = 1'764'000'000 * kSecondNs;

class ApiFixture : public testing::Test {
 protected:
  // Replaces the Api by one with other options.
  void Use(ApiOptions options) { api = std::make_unique<Api>(store, clock, std::move(options)); }

  // What Handle answers; it must answer once, at once.
  HttpResponse Send(HttpRequest request) {
    int answers = 0;
    HttpResponse out;
    api->Handle(std::move(request), [&](HttpResponse response) {
      ++answers;
      out = std::move(response);
    });
    EXPECT_EQ(answers, 1);
    return out;
  }

  HttpResponse Post(std::string_view target, std::string_view content_type, std::string body) {
    HttpRequest request{.method = "POST", .target = std::string(target), .body = std::move(body)};
    if (!content_type.empty()) request.headers.Add("Content-Type", std::string(content_type));
    return Send(std::move(request));
  }

  // A call of the querier in JSON: "200 {…}".
  std::string Query(std::string_view method, std::string_view json) {
    HttpResponse response = Post(fmt::format("/querier.v1.QuerierService/{}", method),
                                 "application/json", std::string(json));
    return fmt::format("{} {}", response.status, response.body);
  }

  // Pushes in process, one profile.
  Status Push(std::vector<LabelPair> labels, const MadeProfile& made) {
    Status result = Error(Code::kInternal, "not answered");
    api->Push("anonymous", labels, EncodePprof(Make(made)), {}, [&](Status s) { result = s; });
    return result;
  }

  // "process_cpu:…{labels}: stacks" of all that is stored, in order.
  std::string Stored() const {
    std::string out;
    for (const StoredProfile& profile : store.stored) {
      out += ToString(profile.labels) + "\n" + Show(profile.profile);
    }
    return out;
  }

  FakeClock clock{kNowNs};
  MemoryStore store;
  std::unique_ptr<Api> api = std::make_unique<Api>(store, clock, ApiOptions());
};

}  // namespace anneal
