#include "server/authenticator.h"

#include <absl/strings/escaping.h>
#include <gmock/gmock.h>

#include "server/secret_hash.h"
#include "server/token_for_test.h"

namespace anneal {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr int64_t kSecondNs = 1'000'000'000;

// One file.
class TokenFs : public Fs {
 public:
  Result<std::string> ReadFile(const std::string& path) const override {
    if (gone) return Error(Code::kNotFound, "opening {}: no such file", path);
    return text;
  }
  Status WriteFileAtomic(const std::string&, std::string_view) override { return {}; }
  bool Exists(const std::string&) const override { return !gone; }
  Result<std::vector<std::string>> ListDir(const std::string&) const override {
    return std::vector<std::string>();
  }
  Status MakeDirs(const std::string&) override { return {}; }
  Status Remove(const std::string&) override { return {}; }

  std::string text;
  bool gone = false;
};

HttpRequest WithHeader(std::string_view name, std::string value) {
  HttpRequest request;
  request.peer = "10.0.0.1:1234";
  request.headers.Set(name, std::move(value));
  return request;
}
HttpRequest Bearer(std::string_view token) {
  return WithHeader("Authorization", fmt::format("Bearer {}", token));
}
HttpRequest Basic(const std::string& pair) {
  return WithHeader("Authorization", "Basic " + absl::Base64Escape(pair));
}

class AuthenticatorTest : public testing::Test {
 protected:
  AuthenticatorTest() {
    fs_.text = fmt::format("ci:{0}:write\nann:{0}:read,admin\n", kTestHash);
    EXPECT_TRUE(auth_.Reload().ok());
  }
  Code CodeOf(const HttpRequest& request) { return auth_.Authenticate(request).status().code(); }

  TokenFs fs_;
  FakeClock clock_;
  Metrics metrics_;
  Authenticator auth_{
      {.file = "tokens", .tenancy = Tenancy::kSingle, .session_lifetime_ns = 3600 * kSecondNs},
      fs_,
      clock_,
      metrics_};
};

TEST_F(AuthenticatorTest, KnowsWhoIsThere) {
  struct Row {
    HttpRequest request;
    std::string_view name;  // empty: refused
  };
  for (const Row& row : {
           Row{Bearer("ci.correct horse"), "ci"},
           Row{Bearer("ann.correct horse"), "ann"},
           Row{WithHeader("Authorization", "bearer  ci.correct horse "), "ci"},
           Row{Basic("ci:correct horse"), "ci"},
           Row{Basic("ci:ci.correct horse"), "ci"},
           Row{Bearer("ci.correct hors"), ""},
           Row{Bearer("ci"), ""},
           Row{Bearer("ci."), ""},
           Row{Bearer("correct horse"), ""},
           Row{Bearer(".correct horse"), ""},
           Row{Bearer("nobody.correct horse"), ""},
           Row{Bearer(kTestHash), ""},
           Row{Bearer(fmt::format("ci.{}", kTestHash)), ""},
           Row{Basic("ann:"), ""},
           Row{Basic("ann"), ""},
           Row{Basic(""), ""},
           Row{WithHeader("Authorization", "Basic %%%"), ""},
           Row{WithHeader("Authorization", "Bearer"), ""},
           Row{WithHeader("Authorization", "Digest x"), ""},
           Row{WithHeader("Cookie", "anneal_session=abc"), ""},
           Row{WithHeader("Cookie", "anneal_session"), ""},
           Row{HttpRequest{}, ""},
       }) {
    const Result<Identity> identity = auth_.Authenticate(row.request);
    const std::string_view sent = row.request.headers.Get("Authorization");
    ASSERT_EQ(identity.ok(), !row.name.empty()) << sent;
    if (identity.ok()) {
      EXPECT_EQ(identity->entry.name, row.name);
    } else {
      EXPECT_EQ(identity.status().code(), Code::kUnauthenticated) << sent;
      EXPECT_THAT(identity.status().message(), Not(HasSubstr("horse")));
    }
  }
}

TEST_F(AuthenticatorTest, StopsGuessesButNotThoseWhoAreKnown) {
  ASSERT_EQ(CodeOf(Bearer("ci.correct horse")), Code::kOk);
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(CodeOf(Bearer(fmt::format("ci.wrong {}", i))), Code::kUnauthenticated) << i;
  }
  EXPECT_EQ(CodeOf(Bearer("ci.wrong again")), Code::kResourceExhausted);
  EXPECT_EQ(CodeOf(Bearer("ci.wrong 3")), Code::kUnauthenticated) << "remembered, costs nothing";
  EXPECT_EQ(CodeOf(Bearer("ci.correct horse")), Code::kOk) << "remembered";
  EXPECT_EQ(CodeOf(Bearer("ann.correct horse")), Code::kOk) << "another name at that address";
  HttpRequest elsewhere = Bearer("ci.wrong too");
  elsewhere.peer = "10.0.0.2:1";
  EXPECT_EQ(CodeOf(elsewhere), Code::kUnauthenticated) << "another address";
  clock_.SleepNs(5 * kSecondNs);
  EXPECT_EQ(CodeOf(Bearer("ci.wrong again")), Code::kUnauthenticated);
}

TEST_F(AuthenticatorTest, GuessesAtOneNameDoNotLockOutAnother) {
  int refused = 0;
  for (int i = 0; i < 150; ++i) {
    HttpRequest request = Bearer(fmt::format("ann.wrong {}", i));
    request.peer = fmt::format("10.1.0.{}:1", i);
    refused += CodeOf(request) == Code::kResourceExhausted ? 1 : 0;
  }
  EXPECT_EQ(refused, 50);
  EXPECT_EQ(CodeOf(Bearer("ann.correct horse")), Code::kResourceExhausted) << "not seen before";
  EXPECT_EQ(CodeOf(Bearer("ci.correct horse")), Code::kOk) << "not seen before either";
}

TEST_F(AuthenticatorTest, SaysWhatItMustHash) {
  for (const HttpRequest& request : {Bearer("ci.correct horse"), Basic("ann:correct horse"),
                                     Bearer("ci.wrong"), Bearer("nobody.wrong")}) {
    EXPECT_TRUE(auth_.MustHash(request));
    (void)auth_.Authenticate(request);
    EXPECT_FALSE(auth_.MustHash(request)) << "remembered";
  }
  EXPECT_FALSE(auth_.MustHash(Basic("ci:ci.correct horse"))) << "the same as a bearer's";
  EXPECT_FALSE(auth_.MustHash(HttpRequest{}));
  EXPECT_FALSE(auth_.MustHash(Bearer("ci")));
  EXPECT_FALSE(auth_.MustHash(WithHeader("Authorization", "Basic %%%")));
  EXPECT_FALSE(auth_.MustHash(WithHeader("Cookie", "anneal_session=abc")));
  ASSERT_TRUE(auth_.Reload().ok());
  EXPECT_TRUE(auth_.MustHash(Bearer("ci.correct horse"))) << "forgotten";
}

TEST_F(AuthenticatorTest, TheSameMistakeAgainAndAgainIsNoGuess) {
  for (int i = 0; i < 50; ++i) {
    EXPECT_EQ(CodeOf(Bearer("ci.wrong")), Code::kUnauthenticated) << i;
  }
  EXPECT_EQ(CodeOf(Bearer("ci.correct horse")), Code::kOk);
}

TEST_F(AuthenticatorTest, ReadsTheFileAnew) {
  ASSERT_EQ(CodeOf(Bearer("ci.correct horse")), Code::kOk);
  fs_.text = fmt::format("ci:{0}:read\nbob:{0}:write\n", kTestHash);
  ASSERT_TRUE(auth_.Reload().ok());
  EXPECT_TRUE(auth_.Authenticate(Bearer("ci.correct horse"))->entry.rights.Has(Right::kRead));
  EXPECT_EQ(CodeOf(Bearer("ann.correct horse")), Code::kUnauthenticated) << "gone";
  EXPECT_EQ(CodeOf(Bearer("bob.correct horse")), Code::kOk) << "new";
}

TEST_F(AuthenticatorTest, KeepsWhatItHadWhenTheFileIsBad) {
  for (std::string_view bad : {"ci", "ci:hunter2:write", "ci:$2y$04$abc:write"}) {
    fs_.text = bad;
    const Status status = auth_.Reload();
    EXPECT_EQ(status.code(), Code::kInvalidArgument) << bad;
    EXPECT_THAT(status.message(), HasSubstr("tokens: line 1"));
    EXPECT_EQ(CodeOf(Bearer("ci.correct horse")), Code::kOk);
  }
  fs_.gone = true;
  EXPECT_EQ(auth_.Reload().code(), Code::kNotFound);
  EXPECT_EQ(CodeOf(Bearer("ann.correct horse")), Code::kOk);
}

TEST_F(AuthenticatorTest, TenantsNeedTenancy) {
  fs_.text = fmt::format("ci:{}:write:shop\n", kTestHash);
  const Status status = auth_.Reload();
  EXPECT_EQ(status.code(), Code::kInvalidArgument);
  EXPECT_THAT(status.message(), HasSubstr("tenancy"));
  fs_.text = fmt::format("ci:{0}:write:*\nd:{0}:read:anonymous", kTestHash);
  EXPECT_TRUE(auth_.Reload().ok());
}

TEST_F(AuthenticatorTest, SessionsStandForTheirToken) {
  const TokenEntry ann = auth_.VerifyToken("ann.correct horse", "10.0.0.1:1").value();
  const std::string id = auth_.OpenSession(ann).value();
  const HttpRequest request = WithHeader("Cookie", "theme=dark; anneal_session=" + id + "; x=y");
  const Result<Identity> identity = auth_.Authenticate(request);
  ASSERT_TRUE(identity.ok());
  EXPECT_EQ(identity->entry.name, "ann");
  EXPECT_TRUE(identity->by_session);
  EXPECT_FALSE(auth_.Authenticate(Bearer("ann.correct horse"))->by_session);

  fs_.text = fmt::format("ann:{0}:read\n", kTestHash);
  ASSERT_TRUE(auth_.Reload().ok());
  EXPECT_FALSE(auth_.Authenticate(request)->entry.rights.Has(Right::kAdmin)) << "less since";
  fs_.text = fmt::format("ann:{0}:read\n", HashSecret("other").value());
  ASSERT_TRUE(auth_.Reload().ok());
  EXPECT_EQ(CodeOf(request), Code::kUnauthenticated) << "another secret since";
}

TEST_F(AuthenticatorTest, SessionsEnd) {
  const TokenEntry ann = auth_.VerifyToken("ann.correct horse", "10.0.0.1:1").value();
  const std::string one = auth_.OpenSession(ann).value(), two = auth_.OpenSession(ann).value();
  auth_.CloseSession(one);
  EXPECT_EQ(CodeOf(WithHeader("Cookie", "anneal_session=" + one)), Code::kUnauthenticated);
  EXPECT_EQ(CodeOf(WithHeader("Cookie", "anneal_session=" + two)), Code::kOk);
  clock_.SleepNs(3600 * kSecondNs);
  EXPECT_EQ(CodeOf(WithHeader("Cookie", "anneal_session=" + two)), Code::kUnauthenticated);
}

TEST_F(AuthenticatorTest, SessionsAreBounded) {
  const TokenEntry ann = auth_.VerifyToken("ann.correct horse", "10.0.0.1:1").value();
  const std::string first = auth_.OpenSession(ann).value();
  for (int i = 0; i < 1000; ++i) {
    clock_.SleepNs(1);
    ASSERT_TRUE(auth_.OpenSession(ann).ok());
  }
  EXPECT_EQ(CodeOf(WithHeader("Cookie", "anneal_session=" + first)), Code::kUnauthenticated);
}

}  // namespace
}  // namespace anneal
