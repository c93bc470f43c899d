#include "server/access.h"

#include <gmock/gmock.h>

namespace anneal {
namespace {

using ::testing::HasSubstr;

// "read", "write", "admin", or "open".
std::string_view Needs(std::string_view path, const AccessOptions& options = {},
                       std::string_view method = "GET") {
  const std::optional<Right> right = RightFor(method, path, options);
  return right ? RightName(*right) : "open";
}

TEST(Access, HostsOfAuthorities) {
  for (const auto& [authority, host] :
       std::vector<std::pair<std::string_view, std::string_view>>{{"127.0.0.1:4040", "127.0.0.1"},
                                                                  {"localhost", "localhost"},
                                                                  {"[::1]:4040", "::1"},
                                                                  {"[::1]", "::1"},
                                                                  {"", ""}}) {
    EXPECT_EQ(HostOf(authority), host) << authority;
  }
}

TEST(Access, EveryPathAsksForItsRight) {
  struct Row {
    std::string_view path, right;
  };
  for (const Row& row : {
           Row{"/", "open"},
           Row{"/ready", "open"},
           Row{"/healthz", "open"},
           Row{"/nothing/here", "open"},
           Row{"/anneal/v1/session", "open"},
           Row{"/anneal/v1/login", "open"},
           Row{"/anneal/v1/logout", "open"},
           Row{"/anneal/v1/sessions", "read"},
           Row{"/metrics", "read"},
           Row{"/debug/pprof/profile", "read"},
           Row{"/api/v1/status/buildinfo", "read"},
           Row{"/querier.v1.QuerierService/Series", "read"},
           Row{"/querier.v1.QuerierService/NoSuchCall", "read"},
           Row{"/anneal/v1/tree", "read"},
           Row{"/ingest", "write"},
           Row{"/pyroscope/ingest", "write"},
           Row{"/push.v1.PusherService/Push", "write"},
           Row{"/v1development/profiles", "write"},
           Row{"/opentelemetry.proto.collector.profiles.v1development.ProfilesService/Export",
               "write"},
           Row{"/anneal/v1/publish", "write"},
           Row{"/anneal/v1/admin/delete", "admin"},
       }) {
    EXPECT_EQ(Needs(row.path), row.right) << row.path;
  }
  EXPECT_EQ(Needs("/anneal/v1/services/a/records/1"), "read");
  EXPECT_EQ(Needs("/anneal/v1/services/a/records/1", {}, "DELETE"), "admin");
  EXPECT_EQ(Needs("/metrics", {.open_metrics = true}), "open");
  EXPECT_EQ(Needs("/debug/pprof/profile", {.debug = Right::kAdmin}), "admin");
}

TEST(Access, TellsOtherSitesPages) {
  struct Row {
    std::string_view origin, site;
    bool cross;
  };
  for (const Row& row : {
           Row{"", "", false},
           Row{"http://anneal:4040", "", false},
           Row{"https://ANNEAL:4040", "same-origin", false},
           Row{"http://anneal:4041", "", true},
           Row{"http://anneal", "", true},
           Row{"https://evil.example", "", true},
           Row{"null", "", true},
           Row{"", "cross-site", true},
           Row{"", "same-site", true},
           Row{"", "none", false},
       }) {
    HttpRequest request;
    request.headers.Set("Host", "anneal:4040");
    if (!row.origin.empty()) request.headers.Set("Origin", std::string(row.origin));
    if (!row.site.empty()) request.headers.Set("Sec-Fetch-Site", std::string(row.site));
    EXPECT_EQ(IsCrossSite(request), row.cross) << row.origin << " " << row.site;
  }
}

TEST(Access, RefusalsSayHowToComeIn) {
  HttpRequest request;
  const HttpResponse refusal =
      RefusalResponse(request, Error(Code::kUnauthenticated, "no \"token\""));
  EXPECT_EQ(refusal.status, 401);
  EXPECT_EQ(refusal.body, R"({"code":"unauthenticated","message":"no \"token\""})");
  EXPECT_EQ(refusal.headers.Get("Content-Type"), "application/json");
  std::string challenges;
  for (const auto& [name, value] : refusal.headers.fields()) {
    if (name == "WWW-Authenticate") challenges += value + "; ";
  }
  EXPECT_THAT(challenges, HasSubstr("Bearer"));
  EXPECT_THAT(challenges, HasSubstr("Basic"));

  request.headers.Set("Sec-Fetch-Site", "same-origin");
  const HttpResponse for_page = RefusalResponse(request, Error(Code::kUnauthenticated, "x"));
  for (const auto& [name, value] : for_page.headers.fields()) {
    EXPECT_FALSE(value.starts_with("Basic")) << "the browser would ask in its own window";
  }
  EXPECT_EQ(RefusalResponse(request, Error(Code::kPermissionDenied, "x")).status, 403);
  const HttpResponse limited = RefusalResponse(request, Error(Code::kResourceExhausted, "x"));
  EXPECT_EQ(limited.status, 429);
  EXPECT_FALSE(limited.headers.Get("Retry-After").empty());
}

}  // namespace
}  // namespace anneal
