#include "api/api.h"

#include <array>
#include <utility>

#include "api/async_queries.h"
#include "api/federated_store.h"
#include "api/header_value.h"
#include "api/http_edge.h"
#include "api/ingest.h"
#include "api/json_codec.h"
#include "api/otlp_http.h"
#include "api/page.h"
#include "api/plain.h"
#include "api/publish_calls.h"
#include "api/push_request.h"
#include "api/pusher.h"
#include "api/querier.h"
#include "api/rpc_edge.h"

namespace anneal {
namespace {

// Of a query's message, whose fields take some forty times as much once parsed.
constexpr size_t kMaxQueryBytes = 1 << 20;

using QueryCall = Result<std::string> (*)(const QueryContext&, std::string_view);

using PushCall = void (Pusher::*)(std::string_view tenant, const HttpRequest& request,
                                  Pusher::Answer done);

// One remote procedure: a query, or a push, which answers later.
struct Rpc {
  std::string_view path, request, response;
  QueryCall call;
  PushCall push = nullptr;
};

constexpr Rpc kRpcs[] = {
    {"/push.v1.PusherService/Push", "push.v1.PushRequest", "push.v1.PushResponse", nullptr,
     &Pusher::PushMessage},
    {"/opentelemetry.proto.collector.profiles.v1development.ProfilesService/Export",
     "opentelemetry.proto.collector.profiles.v1development.ExportProfilesServiceRequest",
     "opentelemetry.proto.collector.profiles.v1development.ExportProfilesServiceResponse", nullptr,
     &Pusher::PushOtlp},
    {"/querier.v1.QuerierService/ProfileTypes", "querier.v1.ProfileTypesRequest",
     "querier.v1.ProfileTypesResponse", ProfileTypesCall},
    {"/querier.v1.QuerierService/LabelNames", "types.v1.LabelNamesRequest",
     "types.v1.LabelNamesResponse", LabelNamesCall},
    {"/querier.v1.QuerierService/LabelValues", "types.v1.LabelValuesRequest",
     "types.v1.LabelValuesResponse", LabelValuesCall},
    {"/querier.v1.QuerierService/Series", "querier.v1.SeriesRequest", "querier.v1.SeriesResponse",
     SeriesCall},
    {"/querier.v1.QuerierService/SelectMergeStacktraces",
     "querier.v1.SelectMergeStacktracesRequest", "querier.v1.SelectMergeStacktracesResponse",
     AsyncStacktracesCall},
    {"/querier.v1.QuerierService/SelectMergeProfile", "querier.v1.SelectMergeProfileRequest",
     "google.v1.Profile", SelectMergeProfileCall},
    {"/querier.v1.QuerierService/SelectSeries", "querier.v1.SelectSeriesRequest",
     "querier.v1.SelectSeriesResponse", SelectSeriesCall},
    {"/querier.v1.QuerierService/SelectMergeSpanProfile",
     "querier.v1.SelectMergeSpanProfileRequest", "querier.v1.SelectMergeSpanProfileResponse",
     SelectMergeSpanProfileCall},
    {"/querier.v1.QuerierService/SelectHeatmap", "querier.v1.SelectHeatmapRequest",
     "querier.v1.SelectHeatmapResponse", SelectHeatmapCall},
    {"/querier.v1.QuerierService/Diff", "querier.v1.DiffRequest", "querier.v1.DiffResponse",
     DiffCall},
    {"/querier.v1.QuerierService/GetProfileStats", "types.v1.GetProfileStatsRequest",
     "types.v1.GetProfileStatsResponse", GetProfileStatsCall},
    {"/querier.v1.QuerierService/AnalyzeQuery", "querier.v1.AnalyzeQueryRequest",
     "querier.v1.AnalyzeQueryResponse", AnalyzeQueryCall},
};

// Services of Pyroscope whose (other) calls get a clean "unimplemented" instead of a 404.
constexpr std::string_view kKnownServices[] = {
    "/push.v1.PusherService/",
    "/opentelemetry.proto.collector.profiles.v1development.ProfilesService/",
    "/querier.v1.QuerierService/",
    "/debuginfo.v1alpha1.DebuginfoService/",
    "/settings.v1.SettingsService/",
    "/settings.v1.RecordingRulesService/",
    "/adhocprofiles.v1.AdHocProfileService/",
    "/vcs.v1.VCSService/",
    "/capabilities.v1.FeatureFlagsService/",
    "/version.v1.Version/",
};

constexpr std::string_view kIngestPaths[] = {"/ingest", "/pyroscope/ingest"};

const Rpc* FindRpc(std::string_view path) {
  for (const Rpc& rpc : kRpcs) {
    if (rpc.path == path) return &rpc;
  }
  return nullptr;
}

std::string_view FindService(std::string_view path) {
  for (std::string_view service : kKnownServices) {
    if (path.starts_with(service)) return service;
  }
  return {};
}

bool IsIngest(std::string_view path) { return path == kIngestPaths[0] || path == kIngestPaths[1]; }

// 422 for what is wrong with the profile, where the code alone would say 400; the client's retry
// rules look at the number.
HttpResponse IngestError(const Status& status) {
  switch (status.code()) {
    case Code::kInvalidArgument:
    case Code::kFailedPrecondition:
    case Code::kUnimplemented:
      return ErrorResponse(status, 422);
    default:
      return ErrorResponse(status);
  }
}

}  // namespace

struct Api::Rep {
  Rep(Store& s, Clock& c, ApiOptions o)
      : federated(s),
        store(federated),
        clock(c),
        options(std::move(o)),
        query_memory(options.limits.max_query_memory_bytes),
        pusher(federated, c, options),
        async(c, {options.limits.max_query_time_ns, &query_memory}) {}

  void HandleRpc(const Rpc& rpc, HttpRequest request, HttpRespond respond);
  void HandleIngest(HttpRequest request, HttpRespond respond);
  HttpResponse Page(HttpRequest request);
  HttpResponse Plain(std::string_view route, const HttpRequest& request);
  HttpResponse Query(const Rpc& rpc, const RpcEdge& edge, const HttpRequest& request,
                     const std::string& tenant);
  // The bounds of one request's queries, and whether its client is still there.
  std::shared_ptr<QueryControl> ControlOf(const HttpRequest& request,
                                          int64_t timeout_ns = INT64_MAX);

  FederatedStore federated;
  Store& store;  // of queries
  Clock& clock;
  const ApiOptions options;
  QueryPool query_memory;
  Pusher pusher;
  AsyncQueries async;  // its queries use what stands above
};

Api::Api(Store& store, Clock& clock, ApiOptions options)
    : rep_(std::make_unique<Rep>(store, clock, std::move(options))) {}
Api::~Api() = default;

std::shared_ptr<QueryControl> Api::Rep::ControlOf(const HttpRequest& request, int64_t timeout_ns) {
  QueryBounds bounds{options.limits.max_query_time_ns, &query_memory};
  if (bounds.time_ns == 0 || timeout_ns < bounds.time_ns) bounds.time_ns = timeout_ns;
  std::function<bool()> canceled;
  if (request.client_left) {
    canceled = [left = request.client_left] { return left->load(std::memory_order_relaxed); };
  }
  return std::make_shared<QueryControl>(clock, bounds, std::move(canceled));
}

HttpResponse Api::Rep::Query(const Rpc& rpc, const RpcEdge& edge, const HttpRequest& request,
                             const std::string& tenant) {
  Result<bool> utf8 = AcceptsUtf8LabelNames(request.headers.Get("Accept"));
  if (!utf8.ok()) return edge.Fail(utf8.status());
  Result<int64_t> timeout = edge.TimeoutNs(request);
  if (!timeout.ok()) return edge.Fail(timeout.status());
  if (*timeout == 0) {
    return edge.Fail(Error(Code::kDeadlineExceeded, "the client's deadline had passed already"));
  }
  QueryContext context{
      store, options.limits, tenant, clock.NowNs(), *utf8, ControlOf(request, *timeout), &async};
  Result<std::string> answer = rpc.call(context, request.body);
  if (!answer.ok()) return edge.Fail(answer.status());
  return edge.Answer(rpc.response, *std::move(answer));
}

void Api::Rep::HandleRpc(const Rpc& rpc, HttpRequest request, HttpRespond respond) {
  if (request.method != "POST") return respond(MethodNotAllowed("POST"));
  std::optional<RpcEdge> edge = RpcEdge::For(request);
  if (!edge) {
    HttpResponse response = ErrorResponse(
        InvalidArgument("unsupported media type; send one of {}", RpcEdge::kContentTypes), 415);
    response.headers.Add("Accept-Post", std::string(RpcEdge::kContentTypes));
    return respond(std::move(response));
  }
  Result<std::string> tenant = rpc.call != nullptr ? TenantOf(request, options.tenancy)
                                                   : WriterTenantOf(request, options.tenancy);
  if (!tenant.ok()) return respond(edge->Fail(tenant.status()));
  const size_t limit = rpc.call != nullptr ? kMaxQueryBytes : options.limits.max_body_bytes;
  Status decoded = edge->Decode(request, rpc.request, limit);
  if (decoded.code() == Code::kResourceExhausted && rpc.call != nullptr) {
    decoded = Error(Code::kResourceExhausted, "a query may have {} bytes; ask in parts", limit);
  }
  if (!decoded.ok()) return respond(edge->Fail(decoded));
  if (rpc.call != nullptr) return respond(Query(rpc, *edge, request, *tenant));
  (pusher.*rpc.push)(
      *tenant, request,
      [respond = std::move(respond), edge = *std::move(edge), &rpc](Result<std::string> bytes) {
        respond(bytes.ok() ? edge.Answer(rpc.response, *std::move(bytes))
                           : edge.Fail(bytes.status()));
      });
}

HttpResponse Api::Rep::Page(HttpRequest request) {
  Result<std::string> tenant = TenantOf(request, options.tenancy);
  if (!tenant.ok()) return ErrorResponse(tenant.status());
  QueryContext context{store,         options.limits, *std::move(tenant),
                       clock.NowNs(), false,          ControlOf(request)};
  if (PublishRouteOf(ParseTarget(request.target).path).empty()) return PageCall(context, request);
  return PublishCall(context, std::move(request));
}

HttpResponse Api::Rep::Plain(std::string_view route, const HttpRequest& request) {
  QueryContext context{store, options.limits, {}, clock.NowNs(), true, ControlOf(request)};
  if (IsTenantPage(route)) {
    Result<std::string> tenant = TenantOf(request, options.tenancy);
    if (!tenant.ok()) return ErrorResponse(tenant.status());
    context.tenant = *std::move(tenant);
  }
  return PlainPage(route, context, options, request);
}

void Api::Rep::HandleIngest(HttpRequest request, HttpRespond respond) {
  if (request.method != "POST") return respond(MethodNotAllowed("POST"));
  Result<std::string> tenant = WriterTenantOf(request, options.tenancy);
  if (!tenant.ok()) return respond(ErrorResponse(tenant.status()));
  Status decoded = DecodeBody(request, options.limits.max_body_bytes);
  if (decoded.code() == Code::kResourceExhausted) return respond(ErrorResponse(decoded, 413));
  if (!decoded.ok()) return respond(ErrorResponse(decoded));
  Result<Ingest> ingest = ParseIngest(request, clock.NowNs());
  if (!ingest.ok()) return respond(ErrorResponse(ingest.status()));
  PushBatch batch = pusher.NewBatch(request.memory.get());
  Status added = ReadIngestBody(request, *ingest);
  if (added.ok()) added = AddIngest(*ingest, options.limits, batch);
  pusher.Commit(*tenant, batch, std::move(added),
                [respond = std::move(respond)](const Status& status) {
                  respond(status.ok() ? HttpResponse() : IngestError(status));
                });
}

void Api::Handle(HttpRequest request, HttpRespond respond) {
  const std::string path = ParseTarget(request.target).path;
  if (const Rpc* rpc = FindRpc(path)) {
    return rep_->HandleRpc(*rpc, std::move(request), std::move(respond));
  }
  if (path == kOtlpPath) {
    return HandleOtlp(rep_->pusher, rep_->options, std::move(request), std::move(respond));
  }
  if (IsIngest(path)) return rep_->HandleIngest(std::move(request), std::move(respond));
  if (!PageRouteOf(path).empty() || !PublishRouteOf(path).empty()) {
    return respond(rep_->Page(std::move(request)));
  }
  if (std::string_view route = PlainRouteOf(path); !route.empty()) {
    return respond(rep_->Plain(route, request));
  }
  if (!FindService(path).empty()) {
    const Status status =
        Error(Code::kUnimplemented, "{} is not implemented by anneal", path.substr(0, 200));
    const std::optional<RpcEdge> edge = RpcEdge::For(request);
    return respond(edge ? edge->Fail(status) : ErrorResponse(status));
  }
  respond(TextResponse(404, "no such page\n"));
}

void Api::Push(std::string_view tenant, const std::vector<LabelPair>& labels,
               std::string_view pprof, const PushMeta& meta, PushDone done) {
  PushBatch batch = rep_->pusher.NewBatch();
  Result<Profile> profile = batch.Decode(pprof);
  Status added = profile.ok() ? batch.Add(labels, *std::move(profile), pprof, meta.fallback_time_ns)
                              : profile.status();
  rep_->pusher.Commit(tenant, batch, std::move(added), std::move(done));
}

void Api::StopAsync() { rep_->async.Stop(); }

std::string_view Api::RouteOf(std::string_view path) {
  if (const Rpc* rpc = FindRpc(path)) return rpc->path;
  for (std::string_view ingest : kIngestPaths) {
    if (ingest == path) return ingest;
  }
  if (path == kOtlpPath) return kOtlpPath;
  if (std::string_view page = PageRouteOf(path); !page.empty()) return page;
  if (std::string_view route = PlainRouteOf(path); !route.empty()) return route;
  if (std::string_view route = PublishRouteOf(path); !route.empty()) return route;
  return FindService(path);
}

}  // namespace anneal
