#include "server/router.h"

#include <exception>

#include "api/api.h"
#include "base/log.h"
#include "server/page_assets.h"
#include "server/pages.h"

namespace anneal {
namespace {

constexpr std::string_view kOwnPages[] = {"/", "/ready", "/healthz", "/metrics"};

// Requests of newcomers that wait: some seconds' worth of hashes.
constexpr int kMaxNewcomers = 128;

// The web page was at /ui in other programs that speak this API.
constexpr std::string_view kUi = "/ui";

// The page of our own at `path`, as a string that lives for ever; or empty.
std::string_view OwnRouteOf(std::string_view path) {
  for (std::string_view page : kOwnPages) {
    if (page == path) return page;
  }
  if (path == kUi || path == "/ui/") return kUi;
  return PageFileRouteOf(path);
}

HttpResponse NotReady() {
  HttpResponse response{.status = 503};
  response.headers.Add("Content-Type", "application/json");
  response.headers.Add("Retry-After", "1");
  response.body = R"({"code":"unavailable","message":"the server is starting or ending; retry"})";
  return response;
}

}  // namespace

// What of a request is needed once it is answered.
struct Router::Seen {
  std::string_view route;  // bounded; empty: none
  std::string method, target, peer;
  size_t bytes = 0;
  int64_t begun_ns = 0;
};

Router::Router(RouterOptions options, Metrics& metrics, Clock& clock, std::function<void()> refresh)
    : options_(std::move(options)),
      session_calls_({.version = options_.version,
                      .tenancy = options_.access.tenancy,
                      .secure_cookie = options_.secure_cookie,
                      .max_nodes = options_.max_nodes},
                     options_.authenticator),
      admin_calls_(options_.admin, clock),
      metrics_(metrics),
      clock_(clock),
      refresh_(std::move(refresh)) {}

void Router::SetUrl(std::string url) {
  MutexLock lock(mutex_);
  url_ = std::move(url);
}

void Router::Handle(HttpRequest request, HttpRespond respond) {
  const std::string path = ParseTarget(request.target).path;
  auto seen = std::make_shared<Seen>();
  seen->route = OwnRouteOf(path);
  if (seen->route.empty()) seen->route = SessionCalls::RouteOf(path);
  if (seen->route.empty()) seen->route = AdminCalls::RouteOf(path);
  if (seen->route.empty()) seen->route = OwnProfiles::RouteOf(path);
  if (seen->route.empty()) seen->route = Api::RouteOf(path);
  seen->method = request.method;
  seen->target = request.target;
  seen->peer = request.peer;
  seen->bytes = request.body.size();
  seen->begun_ns = clock_.MonotonicNs();
  HttpRespond noted = [this, seen = std::move(seen),
                       respond = std::move(respond)](HttpResponse response) {
    HardenPage(response);
    Note(*seen, response);
    respond(std::move(response));
  };
  if (!IsNewcomer(path, request)) return Dispatch(path, std::move(request), std::move(noted));
  if (++newcomers_waiting_ > kMaxNewcomers) {
    --newcomers_waiting_;
    return noted(RefusalResponse(
        request, Error(Code::kResourceExhausted,
                       "too many tokens and passwords wait to be checked; try again later")));
  }
  newcomers_.Run([this, path, request = std::move(request), noted = std::move(noted)]() mutable {
    --newcomers_waiting_;
    try {
      Dispatch(path, std::move(request), std::move(noted));
    } catch (const std::exception& error) {
      // As in the server's own threads: memory may be short. It answers what is let go of.
      log::Error("http: a handler threw", {{"error", error.what()}});
    }
  });
}

// Whether a hash decides who this is.
bool Router::IsNewcomer(std::string_view path, const HttpRequest& request) const {
  if (!options_.authenticator) return false;
  const std::string_view session_route = SessionCalls::RouteOf(path);
  if (SessionCalls::IsLogin(session_route)) return true;
  return (!session_route.empty() || RightFor(request.method, path, options_.access)) &&
         options_.authenticator->MustHash(request);
}

void Router::Dispatch(std::string_view path, HttpRequest request, HttpRespond respond) {
  if (options_.authenticator) {
    const Status admitted = Admit(path, options_.access, *options_.authenticator, request);
    if (!admitted.ok()) return respond(RefusalResponse(request, admitted));
  }
  if (const std::string_view route = SessionCalls::RouteOf(path); !route.empty()) {
    return respond(session_calls_.Handle(route, request));
  }
  if (const std::string_view route = AdminCalls::RouteOf(path); !route.empty()) {
    Store* const store = store_;
    if (!store) return respond(NotReady());
    return admin_calls_.Handle(route, request, *store, std::move(respond));
  }
  if (const std::string_view route = OwnProfiles::RouteOf(path);
      !route.empty() && options_.own_profiles) {
    return options_.own_profiles->Handle(route, request, std::move(respond));
  }
  if (!OwnRouteOf(path).empty()) {
    if (request.method != "GET" && request.method != "HEAD") {
      return respond(MethodNotAllowed(request.method, path, "GET, HEAD"));
    }
    return respond(OwnPage(request, path));
  }
  if (Api::RouteOf(path).empty()) return respond(NotFoundPage(path));
  Api* const api = api_;
  if (!api) return respond(NotReady());
  api->Handle(std::move(request), std::move(respond));
}

HttpResponse Router::OwnPage(const HttpRequest& request, std::string_view path) {
  if (path == "/healthz") return PlainPage(200, "ok\n");
  if (path == "/ready") {
    return api_ ? PlainPage(200, "ready\n") : PlainPage(503, "starting or ending\n");
  }
  if (path == "/metrics") {
    refresh_();
    HttpResponse response = PlainPage(200, metrics_.Render());
    response.headers.Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
    return response;
  }
  if (OwnRouteOf(path) == kUi) return Redirect("/");
  // Who asks for "/" without saying that it reads HTML is a person with curl.
  if (path != "/" || WantsHtml(request)) {
    return PageResponse(request, path);
  }
  MutexLock lock(mutex_);
  return FrontPage(options_.version, url_);
}

void Router::Note(const Seen& seen, const HttpResponse& response) {
  const int64_t took_ns = clock_.MonotonicNs() - seen.begun_ns;
  DurationOf(seen.route.empty() ? "other" : seen.route).Observe(static_cast<double>(took_ns) / 1e9);
  // 503 is how the server asks for patience; that alone is no failure.
  const bool failed = response.status >= 500 && response.status != 503;
  // A profile takes the seconds that were asked for.
  const bool slow = options_.slow_ns != 0 && took_ns > options_.slow_ns &&
                    OwnProfiles::RouteOf(seen.route).empty();
  if (!failed && !slow && !options_.log_requests) return;
  const log::Level level = failed || slow ? log::Level::kWarn : log::Level::kDebug;
  log::Write(level,
             failed ? "request failed"
             : slow ? "slow request"
                    : "request",
             {{"method", seen.method},
              {"target", seen.target},
              {"peer", seen.peer},
              {"status", response.status},
              {"ms", fmt::format("{:.3f}", static_cast<double>(took_ns) / 1e6)},
              {"bytes_in", seen.bytes},
              {"bytes_out", response.body.size()},
              {"answer", failed ? response.body.substr(0, 500) : std::string()}});
}

Metrics::Histogram& Router::DurationOf(std::string_view route) {
  MutexLock lock(mutex_);
  Metrics::Histogram*& histogram = durations_[route];
  if (!histogram) {
    histogram = &metrics_.GetHistogram(
        "anneal_route_duration_seconds", "From a request at its route to its answer, in seconds.",
        {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30},
        {{"route", std::string(route)}});
  }
  return *histogram;
}

}  // namespace anneal
