#include "server/page_assets.h"

#include <algorithm>
#include <array>

#include "server/pages.h"

namespace anneal {
namespace {

constexpr std::string_view kAssets = "/assets";
// Views with one address, and one with addresses below it.
constexpr std::string_view kViews[] = {"/", "/explore", "/comparison", "/comparison-diff", "/pgo"};
constexpr std::string_view kServiceViews = "/pgo/";

struct ContentType {
  std::string_view extension, type;
};
constexpr ContentType kContentTypes[] = {
    {".html", "text/html; charset=utf-8"},
    {".js", "text/javascript; charset=utf-8"},
    {".css", "text/css; charset=utf-8"},
    {".svg", "image/svg+xml"},
    {".png", "image/png"},
    {".woff2", "font/woff2"},
    {".json", "application/json"},
    {".webmanifest", "application/manifest+json"},
    {".txt", "text/plain; charset=utf-8"},
};

std::string_view ContentTypeOf(std::string_view name) {
  for (const ContentType& row : kContentTypes) {
    if (name.ends_with(row.extension)) return row.type;
  }
  return "application/octet-stream";
}

const PageFile* FindAsset(std::string_view hashed_name) {
  for (const PageFile& file : PageFiles()) {
    if (file.hashed_name == hashed_name && file.name != "index.html") return &file;
  }
  return nullptr;
}

std::string_view Trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// Whether a list of values with parameters ("gzip;q=0.8, br") has `wanted`, not with q=0.
bool Lists(std::string_view field, std::string_view wanted) {
  while (!field.empty()) {
    size_t comma = field.find(',');
    std::string_view item = Trim(field.substr(0, comma));
    field.remove_prefix(comma == std::string_view::npos ? field.size() : comma + 1);
    size_t semicolon = item.find(';');
    if (!EqualsIgnoreCase(Trim(item.substr(0, semicolon)), wanted)) continue;
    if (semicolon == std::string_view::npos) return true;
    std::string_view q = Trim(item.substr(semicolon + 1));
    return !(q.starts_with("q=0") && q.find_first_not_of("0.", 2) == std::string_view::npos);
  }
  return false;
}

// If-None-Match: "*", or a list of tags, weak ones included.
bool Matches(std::string_view if_none_match, std::string_view etag) {
  return if_none_match == "*" || if_none_match.find(etag) != std::string_view::npos;
}

enum class Caching { kForever, kAskAgain };

HttpResponse FileResponse(const HttpRequest& request, const PageFile& file, Caching caching) {
  HttpResponse response;
  HttpHeaders& headers = response.headers;
  const std::string etag = fmt::format("\"{}\"", file.hash);
  headers.Add("ETag", etag);
  headers.Add("Cache-Control",
              caching == Caching::kForever ? "public, max-age=31536000, immutable" : "no-cache");
  headers.Add("Vary", caching == Caching::kForever ? "Accept-Encoding" : "Accept, Accept-Encoding");
  if (Matches(request.headers.Get("If-None-Match"), etag)) {
    response.status = 304;
    return response;
  }
  headers.Add("Content-Type", std::string(ContentTypeOf(file.name)));
  if (Lists(request.headers.Get("Accept-Encoding"), "gzip") &&
      file.gzip.size() < file.plain.size()) {
    headers.Add("Content-Encoding", "gzip");
    response.body = file.gzip;
  } else {
    response.body = file.plain;
  }
  return response;
}

}  // namespace

bool IsPagePath(std::string_view path) {
  return path.starts_with(kServiceViews) ||
         std::find(std::begin(kViews), std::end(kViews), path) != std::end(kViews);
}

std::string_view PageFileRouteOf(std::string_view path) {
  if (path.starts_with("/assets/")) return kAssets;
  if (path.starts_with(kServiceViews)) return "/pgo";
  for (std::string_view view : kViews) {
    if (view == path) return view;
  }
  return {};
}

HttpResponse PageResponse(const HttpRequest& request, std::string_view path) {
  if (IsPagePath(path)) {
    return FileResponse(request, PageFiles().back(), Caching::kAskAgain);
  }
  const PageFile* asset = FindAsset(path.substr(std::min(path.size(), kAssets.size() + 1)));
  if (asset == nullptr) return NotFoundPage(path);
  return FileResponse(request, *asset, Caching::kForever);
}

bool WantsHtml(const HttpRequest& request) {
  return Lists(request.headers.Get("Accept"), "text/html");
}

}  // namespace anneal
