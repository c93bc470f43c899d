#include "api/async_queries.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <querier/v1/querier.pb.h>

#include <atomic>
#include <future>
#include <new>
#include <thread>

#include "api/api_fixture.h"
#include "api/querier.h"

namespace anneal {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

// Polls until the query has ended.
Result<std::string> AnswerOf(AsyncQueries& queries, std::string_view tenant,
                             const std::string& id) {
  for (;;) {
    Result<AsyncAnswer> polled = queries.Poll(tenant, id);
    if (!polled.ok()) return polled.status();
    if (*polled) {
      const AsyncResult& result = **polled;
      if (!result.ok()) return result.status();
      return *result.value();
    }
    std::this_thread::yield();
  }
}

AsyncQueries::Work Answering(std::string answer) {
  return [answer = std::move(answer)](const std::shared_ptr<QueryControl>&) { return answer; };
}

TEST(AsyncQueriesTest, AnswersOfATenantAreKeptForItsOwn) {
  FakeClock clock;
  AsyncQueries queries(clock, {});
  const std::string id = *queries.Submit("a", Answering("x"));
  const std::string other = *queries.Submit(
      "a", [](const auto&) -> Result<std::string> { return InvalidArgument("no such thing"); });
  EXPECT_NE(id, other);
  EXPECT_EQ(*AnswerOf(queries, "a", id), "x");
  EXPECT_EQ(*AnswerOf(queries, "a", id), "x") << "as often as it is asked for";
  EXPECT_EQ(AnswerOf(queries, "a", other).status().message(), "no such thing");
  EXPECT_EQ(AnswerOf(queries, "b", id).status().code(), Code::kNotFound);
  EXPECT_EQ(AnswerOf(queries, "a", "x").status().code(), Code::kNotFound);
  clock.Set(clock.NowNs() + AsyncQueries::kKeptNs);
  EXPECT_TRUE(AnswerOf(queries, "a", id).ok());
  clock.Set(clock.NowNs() + 1);
  EXPECT_EQ(AnswerOf(queries, "a", id).status().code(), Code::kNotFound);
}

TEST(AsyncQueriesTest, SoManyAtATime) {
  FakeClock clock;
  AsyncQueries queries(clock, {});
  std::promise<void> go;
  std::shared_future<void> gone = go.get_future().share();
  std::vector<std::string> ids;
  for (size_t i = 0; i < AsyncQueries::kMaxUnfinished; ++i) {
    Result<std::string> id = queries.Submit("a", [gone](const auto&) -> Result<std::string> {
      gone.wait();
      return std::string("done");
    });
    ASSERT_TRUE(id.ok());
    ids.push_back(*id);
  }
  EXPECT_FALSE(queries.Poll("a", ids[0])->has_value());
  EXPECT_EQ(queries.Submit("b", Answering("x")).status().code(), Code::kResourceExhausted);
  go.set_value();
  for (const std::string& id : ids) EXPECT_EQ(*AnswerOf(queries, "a", id), "done");
  EXPECT_TRUE(queries.Submit("b", Answering("x")).ok());
}

TEST(AsyncQueriesTest, TheOldestAnswersGiveWay) {
  FakeClock clock;
  AsyncQueries queries(clock, {});
  const std::string large(AsyncQueries::kKeptBytes / 2, 'x');
  std::vector<std::string> ids;
  for (int i = 0; i < 3; ++i) {
    ids.push_back(*queries.Submit("a", Answering(large)));
    EXPECT_TRUE(AnswerOf(queries, "a", ids.back()).ok());
    clock.Set(clock.NowNs() + 1);
  }
  EXPECT_EQ(AnswerOf(queries, "a", ids[0]).status().code(), Code::kNotFound);
  EXPECT_TRUE(AnswerOf(queries, "a", ids[1]).ok());
  EXPECT_TRUE(AnswerOf(queries, "a", ids[2]).ok());
  const std::string too_large =
      *queries.Submit("a", Answering(std::string(AsyncQueries::kKeptBytes + 1, 'x')));
  EXPECT_EQ(AnswerOf(queries, "a", too_large).status().code(), Code::kResourceExhausted);
}

TEST(AsyncQueriesTest, SoManyAreKept) {
  FakeClock clock;
  AsyncQueries queries(clock, {});
  std::vector<std::string> ids;
  for (size_t i = 0; i <= AsyncQueries::kMaxKept; ++i) {
    ids.push_back(*queries.Submit(
        "a", [](const auto&) -> Result<std::string> { return InvalidArgument("no such thing"); }));
    EXPECT_EQ(AnswerOf(queries, "a", ids.back()).status().message(), "no such thing");
    clock.Set(clock.NowNs() + 1);
  }
  EXPECT_EQ(AnswerOf(queries, "a", ids[0]).status().code(), Code::kNotFound);
  EXPECT_EQ(AnswerOf(queries, "a", ids[1]).status().message(), "no such thing");
}

TEST(AsyncQueriesTest, WhatThrowsFails) {
  FakeClock clock;
  AsyncQueries queries(clock, {});
  const std::string id =
      *queries.Submit("a", [](const auto&) -> Result<std::string> { throw std::bad_alloc(); });
  EXPECT_EQ(AnswerOf(queries, "a", id).status().code(), Code::kInternal);
  EXPECT_EQ(*AnswerOf(queries, "a", *queries.Submit("a", Answering("x"))), "x") << "others go on";
}

// A work that runs until it is cancelled, and counts its begins and ends.
AsyncQueries::Work Waiting(std::atomic<int>& begun, std::atomic<int>& ended) {
  return [&](const std::shared_ptr<QueryControl>& control) -> Result<std::string> {
    ++begun;
    while (control->Check().ok()) std::this_thread::yield();
    ++ended;
    return control->Check();
  };
}

TEST(AsyncQueriesTest, EndingCancels) {
  FakeClock clock;
  std::atomic<int> begun = 0;
  std::atomic<int> ended = 0;
  {
    AsyncQueries queries(clock, {});
    ASSERT_TRUE(queries.Submit("a", Waiting(begun, ended)).ok());
    ASSERT_TRUE(queries.Submit("a", Waiting(begun, ended)).ok());
    while (begun == 0) std::this_thread::yield();
  }
  EXPECT_EQ(begun, 1) << "the second never begins";
  EXPECT_EQ(ended, 1);
}

TEST(AsyncQueriesTest, NoneBeginsAfterStop) {
  FakeClock clock;
  std::atomic<int> begun = 0;
  std::atomic<int> ended = 0;
  AsyncQueries queries(clock, {});
  const std::string done = *queries.Submit("a", Answering("x"));
  EXPECT_EQ(*AnswerOf(queries, "a", done), "x");
  const std::string running = *queries.Submit("a", Waiting(begun, ended));
  const std::string queued = *queries.Submit("a", Waiting(begun, ended));
  while (begun == 0) std::this_thread::yield();
  queries.Stop();
  EXPECT_EQ(ended, 1) << "it waited";
  EXPECT_EQ(begun, 1);
  EXPECT_EQ(AnswerOf(queries, "a", running).status().code(), Code::kCanceled);
  EXPECT_EQ(AnswerOf(queries, "a", queued).status().code(), Code::kCanceled);
  EXPECT_EQ(*AnswerOf(queries, "a", done), "x");
  EXPECT_EQ(queries.Submit("a", Answering("x")).status().code(), Code::kUnavailable);
  queries.Stop();  // as often as one likes
}

class AsyncStacktracesTest : public ApiFixture {
 protected:
  void SetUp() override {
    ASSERT_TRUE(Push({{"__name__", "process_cpu"}, {"service_name", "shop"}},
                     {.sample_types = {{"cpu", "nanoseconds"}},
                      .time_ns = kNowNs,
                      .samples = {{{"main", "a"}, {5}}}})
                    .ok());
  }
  std::string Ask(std::string_view async, std::string_view selector = "{}") {
    return Query("SelectMergeStacktraces",
                 fmt::format(R"({{"profileTypeID":"process_cpu:cpu:nanoseconds:cpu:nanoseconds",)"
                             R"("labelSelector":"{}","start":{},"end":{},"async":{}}})",
                             selector, kNowNs / 1'000'000, kNowNs / 1'000'000, async));
  }
  // The id in what a begun query is answered with.
  static std::string IdIn(const std::string& answer) {
    const std::string kBegin = R"(200 {"async":{"requestId":")";
    EXPECT_THAT(answer, StartsWith(kBegin));
    EXPECT_THAT(answer, HasSubstr(R"(","status":"ASYNC_QUERY_STATUS_IN_PROGRESS"}})"));
    return answer.substr(kBegin.size(), 36);
  }
  std::string Wait(const std::string& id) {
    for (;;) {
      std::string answer =
          Query("SelectMergeStacktraces", fmt::format(R"({{"async":{{"requestId":"{}"}}}})", id));
      if (answer.find("IN_PROGRESS") == std::string::npos) return answer;
      std::this_thread::yield();
    }
  }
};

TEST_F(AsyncStacktracesTest, ForcedQueriesAreFetchedByTheirId) {
  std::string id = IdIn(Ask(R"({"type":"ASYNC_QUERY_TYPE_FORCE"})"));
  EXPECT_EQ(Wait(id),
            fmt::format(R"(200 {{"flamegraph":{{"names":["total","main","a"],"levels":[)"
                        R"({{"values":["0","5","0","0"]}},{{"values":["0","5","0","1"]}},)"
                        R"({{"values":["0","5","5","2"]}}],"total":"5","maxSelf":"5"}},)"
                        R"("async":{{"requestId":"{}","status":"ASYNC_QUERY_STATUS_SUCCESS"}}}})",
                        id));
  id = IdIn(Ask(R"({"type":1})", "{a=b}"));
  EXPECT_THAT(Wait(id), testing::AllOf(HasSubstr("ASYNC_QUERY_STATUS_FAILURE"),
                                       HasSubstr("must be quoted"), StartsWith("200 ")));
  EXPECT_THAT(Query("SelectMergeStacktraces", R"({"async":{"requestId":"nope"}})"),
              StartsWith(R"(404 {"code":"not_found")"));
}

TEST_F(AsyncStacktracesTest, OthersAreAnsweredAtOnce) {
  for (std::string_view async : {"{}", R"({"type":"ASYNC_QUERY_TYPE_DISABLED"})"}) {
    EXPECT_THAT(Ask(async), StartsWith(R"(200 {"flamegraph":)")) << async;
    EXPECT_THAT(Ask(async), testing::Not(HasSubstr("async"))) << async;
  }
  EXPECT_THAT(Ask(R"({"type":7})"), StartsWith("501 "));
  EXPECT_THAT(Query("Diff", R"({"left":{"async":{"type":1}}})"), StartsWith("501 "));
}

TEST_F(AsyncStacktracesTest, NoneBeginsOnceStopped) {
  api->StopAsync();
  EXPECT_THAT(Ask(R"({"type":"ASYNC_QUERY_TYPE_FORCE"})"),
              StartsWith(R"(503 {"code":"unavailable")"));
  EXPECT_THAT(Ask("{}"), StartsWith(R"(200 {"flamegraph":)"));
}

TEST_F(AsyncStacktracesTest, FetchingTakesMemory) {
  AsyncQueries queries(clock, {});
  const std::string id = *queries.Submit("a", Answering(std::string(1000, 'x')));
  ASSERT_TRUE(AnswerOf(queries, "a", id).ok());
  querier::v1::SelectMergeStacktracesRequest request;
  request.mutable_async()->set_request_id(id);
  const Limits limits;
  const auto fetch = [&](uint64_t memory_bytes) {
    QueryPool memory(memory_bytes);
    const QueryContext context{
        store,   limits, "a",
        kNowNs,  false,  std::make_shared<QueryControl>(clock, QueryBounds{0, &memory}),
        &queries};
    return AsyncStacktracesCall(context, request.SerializeAsString()).status().code();
  };
  EXPECT_EQ(fetch(3999), Code::kResourceExhausted);
  EXPECT_EQ(fetch(4000), Code::kOk);
}

}  // namespace
}  // namespace anneal
