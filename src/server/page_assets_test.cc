#include "server/page_assets.h"

#include "profile/compress.h"
#include "server/pages.h"

namespace anneal {
namespace {

using ::testing::HasSubstr;

HttpResponse Get(std::string_view path, HttpHeaders headers = {}) {
  return PageResponse({.target = std::string(path), .headers = std::move(headers)}, path);
}

HttpHeaders With(std::string name, std::string value) {
  HttpHeaders headers;
  headers.Add(std::move(name), std::move(value));
  return headers;
}

TEST(PageAssets, KnowThePagesPaths) {
  for (std::string_view path :
       {"/", "/explore", "/comparison", "/comparison-diff", "/pgo", "/pgo/shop", "/pgo/a/b"}) {
    EXPECT_TRUE(IsPagePath(path)) << path;
    EXPECT_NE(PageFileRouteOf(path), "") << path;
  }
  for (std::string_view path :
       {"", "/explorer", "/pgox", "/assets/page.js", "/ingest", "/metrics"}) {
    EXPECT_FALSE(IsPagePath(path)) << path;
  }
  EXPECT_EQ(PageFileRouteOf("/pgo/shop"), "/pgo");
  EXPECT_EQ(PageFileRouteOf("/assets/x"), "/assets");
  EXPECT_EQ(PageFileRouteOf("/assets"), "");
}

TEST(PageAssets, TheDocumentNamesAssetsThatAreThere) {
  HttpResponse page = Get("/pgo/shop");
  EXPECT_EQ(page.status, 200);
  EXPECT_EQ(page.headers.Get("Content-Type"), "text/html; charset=utf-8");
  EXPECT_EQ(page.headers.Get("Cache-Control"), "no-cache");
  EXPECT_EQ(page.body, Get("/").body);
  size_t found = 0;
  for (size_t at = 0; (at = page.body.find("\"/assets/", at)) != std::string::npos; ++found) {
    std::string path = page.body.substr(at + 1, page.body.find('"', at + 1) - at - 1);
    HttpResponse asset = Get(path);
    EXPECT_EQ(asset.status, 200) << path;
    EXPECT_EQ(asset.headers.Get("Cache-Control"), "public, max-age=31536000, immutable");
    at += path.size();
  }
  EXPECT_GE(found, 2u) << page.body;  // script and style
  EXPECT_EQ(page.body.find("\"./"), std::string::npos) << "a relative address would break /pgo/…";
}

TEST(PageAssets, GoOutGzippedOrPlain) {
  for (const PageFile& file : PageFiles()) {
    EXPECT_EQ(Gunzip(file.gzip, size_t{64} << 20).value(), file.plain) << file.name;
  }
  HttpResponse small = Get("/", With("Accept-Encoding", "br, gzip;q=0.5"));
  EXPECT_EQ(small.headers.Get("Content-Encoding"), "gzip");
  EXPECT_EQ(Gunzip(small.body, size_t{64} << 20).value(), Get("/").body);
  EXPECT_FALSE(Get("/", With("Accept-Encoding", "gzip;q=0")).headers.Has("Content-Encoding"));
}

TEST(PageAssets, AreNotSentTwice) {
  std::string etag(Get("/").headers.Get("ETag"));
  HttpResponse again = Get("/", With("If-None-Match", "W/\"x\", " + etag));
  EXPECT_EQ(again.status, 304);
  EXPECT_EQ(again.body, "");
  EXPECT_EQ(again.headers.Get("ETag"), etag);
  EXPECT_EQ(Get("/", With("If-None-Match", "\"x\"")).status, 200);
}

TEST(PageAssets, MayLoadFromHereAlone) {
  HttpResponse page = Get("/");
  HardenPage(page);
  std::string policy(page.headers.Get("Content-Security-Policy"));
  EXPECT_THAT(policy, HasSubstr("default-src 'none'"));
  EXPECT_THAT(policy, HasSubstr("script-src 'self'"));
  EXPECT_EQ(policy.find("unsafe"), std::string::npos);
  EXPECT_EQ(policy.find("http"), std::string::npos);
  EXPECT_EQ(page.headers.Get("X-Content-Type-Options"), "nosniff");
  // A script in the document itself would not run.
  EXPECT_EQ(Get("/").body.find("<script>"), std::string::npos);
}

TEST(PageAssets, OfAnotherVersionAreNotThere) {
  EXPECT_EQ(Get("/assets/page-0000000000000000.js").status, 404);
  EXPECT_EQ(Get("/assets/index.html").status, 404);
  EXPECT_EQ(Get("/assets/../index.html").status, 404);
  EXPECT_EQ(Get("/assets/").status, 404);
}

TEST(PageAssets, PeopleGetThePageAndScriptsGetText) {
  EXPECT_TRUE(WantsHtml({.headers = With("Accept", "text/html,application/xml;q=0.9,*/*;q=0.8")}));
  EXPECT_FALSE(WantsHtml({.headers = With("Accept", "*/*")}));
  EXPECT_FALSE(WantsHtml({.headers = With("Accept", "application/json, text/html;q=0")}));
  EXPECT_FALSE(WantsHtml({}));
}

}  // namespace
}  // namespace anneal
