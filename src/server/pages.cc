#include "server/pages.h"

namespace anneal {
namespace {

// What a page may load: what this server serves, and pictures that the page itself draws.
constexpr char kContentPolicy[] =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "font-src 'self'; connect-src 'self'; manifest-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'";

}  // namespace

void HardenPage(HttpResponse& response) {
  const auto add = [&](std::string_view name, const char* value) {
    if (!response.headers.Has(name)) response.headers.Add(std::string(name), value);
  };
  const std::string_view type = response.headers.Get("Content-Type");
  if (type.empty()) return;  // no body
  add("X-Content-Type-Options", "nosniff");
  if (!type.starts_with("text/html")) return;
  add("Content-Security-Policy", kContentPolicy);
  add("Referrer-Policy", "no-referrer");
  add("X-Frame-Options", "DENY");
  add("Cross-Origin-Opener-Policy", "same-origin");
  add("Cross-Origin-Resource-Policy", "same-origin");
}

HttpResponse PlainPage(int status, std::string text) {
  HttpResponse response{.status = status};
  response.headers.Add("Content-Type", "text/plain; charset=utf-8");
  response.headers.Add("X-Content-Type-Options", "nosniff");
  response.body = std::move(text);
  return response;
}

HttpResponse FrontPage(std::string_view version, std::string_view url) {
  return PlainPage(200, fmt::format(R"(anneal {0}

Push profiles by any Pyroscope client with the server address {1}, for example
  anneal upload --url={1} --extra-labels=service_name=my-service cpu.pprof

Then make the profile that the compiler optimises with:
  anneal query merge --url={1} --query='{{service_name="my-service"}}' \
    --from=now-1h --to=now --output=pprof=./default.pgo
  go build -pgo=./default.pgo

Look at profiles, compare them, and see what PGO did: open {1}/ in a browser.

Endpoints:
  POST /ingest                             profiles, as Pyroscope's SDKs push them
  POST /push.v1.PusherService/Push         profiles, as agents push them
  POST /querier.v1.QuerierService/METHOD   queries
  GET  /anneal/v1/CALL                     what the web page is drawn from
  GET  /ready /healthz                     is it up
  GET  /metrics                            figures about the server itself, for Prometheus
)",
                                    version, url));
}

HttpResponse NotFoundPage(std::string_view path) {
  return PlainPage(404, fmt::format("there is nothing at {}; / lists what is here\n", path));
}

HttpResponse Redirect(std::string_view path) {
  HttpResponse response = PlainPage(302, fmt::format("the page is at {}\n", path));
  response.headers.Add("Location", std::string(path));
  return response;
}

HttpResponse MethodNotAllowed(std::string_view method, std::string_view path,
                              std::string_view allowed) {
  HttpResponse response =
      PlainPage(405, fmt::format("{} does not take {}, but {}\n", path, method, allowed));
  response.headers.Add("Allow", std::string(allowed));
  return response;
}

}  // namespace anneal
