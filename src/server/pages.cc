#include "server/pages.h"

namespace anneal {

HttpResponse PlainPage(int status, std::string text) {
  HttpResponse response{.status = status};
  response.headers.Add("Content-Type", "text/plain; charset=utf-8");
  response.headers.Add("X-Content-Type-Options", "nosniff");
  response.body = std::move(text);
  return response;
}

HttpResponse FrontPage(std::string_view version, std::string_view address) {
  return PlainPage(200, fmt::format(R"(anneal {0}

Push profiles by any Pyroscope client with the server address http://{1}, for example
  anneal upload --url=http://{1} --extra-label=service_name=my-service cpu.pprof

Then make the profile that the compiler optimises with:
  anneal query merge --url=http://{1} --query='{{service_name="my-service"}}' \
    --from=now-1h --to=now --output=pprof=./default.pgo
  go build -pgo=./default.pgo

Endpoints:
  POST /ingest                             profiles, as Pyroscope's SDKs push them
  POST /push.v1.PusherService/Push         profiles, as agents push them
  POST /querier.v1.QuerierService/METHOD   queries
  GET  /ready /healthz                     is it up
  GET  /metrics                            figures about the server itself, for Prometheus
)",
                                    version, address));
}

HttpResponse NotFoundPage(std::string_view path) {
  return PlainPage(404, fmt::format("there is nothing at {}; / lists what is here\n", path));
}

HttpResponse MethodNotAllowed(std::string_view method, std::string_view path,
                              std::string_view allowed) {
  HttpResponse response =
      PlainPage(405, fmt::format("{} does not take {}, but {}\n", path, method, allowed));
  response.headers.Add("Allow", std::string(allowed));
  return response;
}

}  // namespace anneal
