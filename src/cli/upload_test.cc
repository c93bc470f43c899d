#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <protozero/pbf_reader.hpp>

#include "cli/exit_status.h"
#include "cli/testing/cli_harness.h"
#include "cli/testing/fake_server.h"
#include "collect/testing/small_profile.h"
#include "profile/pprof.h"

namespace anneal {
namespace {

using protozero::pbf_reader;
using testing::Contains;
using testing::HasSubstr;
using testing::Pair;

struct Pushed {
  std::map<std::string, std::string> labels;
  std::string pprof, id;
};

Pushed ReadPush(const std::string& body) {
  Pushed pushed;
  pbf_reader request(body);
  EXPECT_TRUE(request.next(1));
  for (pbf_reader series = request.get_message(); series.next();) {
    bool is_label = series.tag() == 1;  // reading the value forgets the tag
    pbf_reader fields = series.get_message();
    EXPECT_TRUE(fields.next(1));
    std::string first = fields.get_string();
    EXPECT_TRUE(fields.next(2));
    if (is_label) {
      pushed.labels[first] = fields.get_string();
    } else {
      pushed.pprof = first;
      pushed.id = fields.get_string();
    }
  }
  return pushed;
}

class UploadTest : public testing::Test {
 protected:
  UploadTest() {
    server_.answers["Push"] = "";
    cli_.http.SetAnswer(server_.Answer());
  }
  std::string File(const std::string& name, const std::string& bytes) {
    std::string path = cli_.Path(name);
    EXPECT_TRUE(Fs::System().WriteFileAtomic(path, bytes).ok());
    return path;
  }
  static std::string Bytes(const std::string& type) {
    return EncodePprof(SmallProfile{{{type, "count"}}, {{"f", {1}}}, 42}.Build());
  }
  Pushed Last() { return ReadPush(cli_.http.requests().back().body); }
  CliHarness cli_;
  FakeServer server_;
};

TEST_F(UploadTest, PushesTheBytesUnderTheNameOfTheirSampleTypes) {
  for (const auto& [type, name] :
       std::vector<std::pair<std::string, std::string>>{{"cpu", "process_cpu"},
                                                        {"inuse_space", "memory"},
                                                        {"alloc_space", "memory"},
                                                        {"goroutine", "goroutine"},
                                                        {"contentions", "unknown"}}) {
    std::string path = File("p", Bytes(type));
    ASSERT_EQ(cli_.Run({"upload", path}), kExitOk) << cli_.err;
    EXPECT_EQ(cli_.out, fmt::format("{}: pushed as {}, 1 samples\n", path, name));
    EXPECT_EQ(Last().pprof, Bytes(type));
    EXPECT_THAT(Last().labels, testing::UnorderedElementsAre(
                                   Pair("__name__", name), Pair("service_name", "anneal-upload")));
  }
}

TEST_F(UploadTest, ExtraLabelsWin) {
  std::string path = File("p", Bytes("contentions"));
  ASSERT_EQ(cli_.Run({"upload", path, "--extra-labels", "service_name=app", "--extra-labels",
                      "__name__=mutex", "--extra-labels=q=a=b"}),
            kExitOk)
      << cli_.err;
  EXPECT_THAT(Last().labels,
              testing::UnorderedElementsAre(Pair("__name__", "mutex"), Pair("service_name", "app"),
                                            Pair("q", "a=b")));
}

TEST_F(UploadTest, OverrideTimestampStoresItAsTakenNow) {
  std::string path = File("p", Bytes("cpu"));
  ASSERT_EQ(cli_.Run({"upload", path, "--override-timestamp"}), kExitOk);
  Result<Profile> profile = DecodePprof(Last().pprof);
  ASSERT_TRUE(profile.ok());
  EXPECT_EQ(profile->time_ns, cli_.clock.NowNs());
}

TEST_F(UploadTest, TheSameFileHasTheSameId) {
  std::string path = File("p", Bytes("cpu"));
  cli_.Run({"upload", path});
  std::string id = Last().id;
  cli_.Run({"upload", path});
  EXPECT_EQ(Last().id, id);
}

TEST_F(UploadTest, NamesThatAreNoTextAreReportedToo) {
  ASSERT_EQ(cli_.Run({"upload", File("\xff.pprof", Bytes("cpu")), "--json"}), kExitOk) << cli_.err;
  EXPECT_THAT(cli_.out, HasSubstr("\uFFFD.pprof"));
}

TEST_F(UploadTest, ReadsStandardInput) {
  cli_.in = Bytes("cpu");
  ASSERT_EQ(cli_.Run({"upload", "-"}), kExitOk) << cli_.err;
  EXPECT_EQ(Last().pprof, Bytes("cpu"));
}

TEST_F(UploadTest, EachFileIsReportedAndPartialFailureFails) {
  std::string good = File("good", Bytes("cpu"));
  std::string bad = File("bad", "no profile");
  EXPECT_EQ(cli_.Run({"upload", bad, good, cli_.Path("missing"), "--json"}), kExitFailed);
  EXPECT_THAT(cli_.out, HasSubstr("\"name\": \"process_cpu\""));
  EXPECT_THAT(cli_.err, HasSubstr("anneal upload: " + bad));
  EXPECT_THAT(cli_.err, HasSubstr("missing"));
  EXPECT_THAT(cli_.err, HasSubstr("2 of 3 files failed"));
}

TEST_F(UploadTest, AServerThatIsAwayIsItsOwnStatus) {
  cli_.http.SetAnswer({});
  EXPECT_EQ(cli_.Run({"upload", File("p", Bytes("cpu"))}), kExitUnavailable);
}

TEST_F(UploadTest, WrongFlagsAreWrongUsage) {
  EXPECT_EQ(cli_.Run({"upload"}), kExitUsage);
  EXPECT_THAT(cli_.err, HasSubstr("FILE is required"));
  EXPECT_EQ(cli_.Run({"upload", "x", "--extra-labels=novalue"}), kExitUsage);
  EXPECT_THAT(cli_.err, HasSubstr("write name=value"));
}

}  // namespace
}  // namespace anneal
