#include "api/plain.h"

#include "api/http_edge.h"
#include "api/render.h"
#include "api/status_pages.h"

namespace anneal {
namespace {

// One of the two functions makes the page.
struct Route {
  std::string_view path;
  HttpResponse (*of_tenant)(const QueryContext&, const HttpRequest&);
  HttpResponse (*of_server)(const ApiOptions&, const HttpRequest&);
};

// Where the pages of Pyroscope's own UI were; bookmarks lead to ours.
HttpResponse ToFrontPage(const ApiOptions&, const HttpRequest&) {
  HttpResponse response = TextResponse(302, "the page is at /\n");
  response.headers.Add("Location", "/");
  return response;
}

constexpr Route kRoutes[] = {
    {"/pyroscope/render", RenderPage, nullptr},
    {"/pyroscope/render-diff", RenderDiffPage, nullptr},
    {"/pyroscope/label-values", LabelValuesPage, nullptr},
    {"/api/v1/status/buildinfo", nullptr, BuildInfoPage},
    {"/api/v1/status/config", nullptr, ConfigPage},
    {"/api/v1/status/config/diff", nullptr, ConfigDiffPage},
    {"/api/v1/status/config/default", nullptr, ConfigDefaultPage},
    {"/api/v1/tenant_limits", nullptr, TenantLimitsPage},
    {"/runtime_config", nullptr, RuntimeConfigPage},
    {"/ui", nullptr, ToFrontPage},
    {"/explore", nullptr, ToFrontPage},
    {"/comparison", nullptr, ToFrontPage},
    {"/comparison-diff", nullptr, ToFrontPage},
};

const Route* Find(std::string_view path) {
  for (const Route& route : kRoutes) {
    if (route.path == path) return &route;
  }
  return nullptr;
}

}  // namespace

std::string_view PlainRouteOf(std::string_view path) {
  const Route* route = Find(path);
  return route == nullptr ? std::string_view() : route->path;
}

bool IsTenantPage(std::string_view route) { return Find(route)->of_tenant != nullptr; }

HttpResponse PlainPage(std::string_view route, const QueryContext& context,
                       const ApiOptions& options, const HttpRequest& request) {
  if (request.method != "GET" && request.method != "HEAD") return MethodNotAllowed("GET, HEAD");
  const Route& found = *Find(route);
  if (found.of_tenant != nullptr) return found.of_tenant(context, request);
  return found.of_server(options, request);
}

}  // namespace anneal
