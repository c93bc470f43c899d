#include "api/publish_calls.h"

#include <algorithm>

#include "api/http_edge.h"
#include "api/publish.h"

namespace anneal {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kPublish = "/anneal/v1/publish";
constexpr std::string_view kServices = "/anneal/v1/services";
constexpr std::string_view kBelowServices = "/anneal/v1/services/";

// What one GET is about.
struct ServiceRequest {
  const HttpRequest& http;
  HttpTarget target;
  std::string service, id;
};

HttpResponse JsonResponse(const HttpRequest& request, const Json& json) {
  return BodyResponse(request, "application/json",
                      json.dump(-1, ' ', false, Json::error_handler_t::replace));
}

Result<HttpResponse> Publish(const QueryContext& context, HttpRequest& request) {
  TRY(DecodeBody(request, context.limits.max_body_bytes));
  ASSIGN_OR_RETURN(PublishedRecord published, ParsePublished(request.body, request.memory.get()));
  TRY(StorePublished(context.store, context.tenant, published,
                     context.limits.max_published_records));
  return JsonResponse(request, {{"service", published.service}, {"id", published.id}});
}

Result<HttpResponse> Services(const QueryContext& context, const ServiceRequest& request) {
  ASSIGN_OR_RETURN(std::vector<Json> summaries,
                   PublishedSummaries(context.store, context.tenant, {}));
  Json services = Json::array();
  for (Json& summary : summaries) {
    if (services.empty() || services.back()["service"] != summary["service"]) {
      services.push_back({{"service", summary["service"]}, {"records", 0}, {"newest", nullptr}});
      services.back()["newest"] = std::move(summary);
    }
    services.back()["records"] = services.back()["records"].get<int64_t>() + 1;
  }
  return JsonResponse(request.http, {{"schema", 1}, {"services", std::move(services)}});
}

Result<HttpResponse> Records(const QueryContext& context, const ServiceRequest& request) {
  ASSIGN_OR_RETURN(std::vector<Json> summaries,
                   PublishedSummaries(context.store, context.tenant, request.service));
  return JsonResponse(
      request.http,
      {{"schema", 1}, {"service", request.service}, {"records", std::move(summaries)}});
}

Result<HttpResponse> Record(const QueryContext& context, const ServiceRequest& request) {
  ASSIGN_OR_RETURN(Json record,
                   LoadPublished(context.store, context.tenant, request.service, request.id));
  return JsonResponse(request.http, record);
}

Result<HttpResponse> Artefact(const QueryContext& context, const ServiceRequest& request) {
  ASSIGN_OR_RETURN(std::string bytes, LoadPublishedArtefact(context.store, context.tenant,
                                                            request.service, request.id));
  HttpResponse response;
  response.headers.Add("Content-Type", "application/octet-stream");
  response.headers.Add("Content-Disposition", "attachment; filename=\"default.pgo\"");
  response.body = std::move(bytes);
  return response;
}

// A record that is damaged, too, can be deleted; so it is not read.
Result<HttpResponse> Delete(const QueryContext& context, const ServiceRequest& request) {
  TRY(DeletePublishedRecord(context.store, context.tenant, request.service, request.id));
  return JsonResponse(request.http, {{"service", request.service}, {"id", request.id}});
}

// The record named by a field; without one the first of `summaries` (newest first) that has `part`
// and comes after `after`, when that is given.
Result<Json> PickRecord(const QueryContext& context, const ServiceRequest& request,
                        std::string_view field, std::string_view part, std::string_view after) {
  std::string id(request.target.Get(field));
  if (id.empty()) {
    ASSIGN_OR_RETURN(std::vector<Json> summaries,
                     PublishedSummaries(context.store, context.tenant, request.service));
    for (const Json& summary : summaries) {
      std::string candidate = summary.value("id", "");
      if (!summary.contains(part) || (!after.empty() && candidate >= after)) continue;
      id = std::move(candidate);
      break;
    }
  }
  if (id.empty()) {
    return Error(Code::kNotFound, "service {} has no {}record with {}", request.service,
                 after.empty() ? "" : "older ", part);
  }
  return LoadPublished(context.store, context.tenant, request.service, id);
}

Result<HttpResponse> CompareDecisions(const QueryContext& context, const ServiceRequest& request) {
  ASSIGN_OR_RETURN(Json to, PickRecord(context, request, "to", "decisions", {}));
  ASSIGN_OR_RETURN(Json from,
                   PickRecord(context, request, "from", "decisions", to.value("id", "")));
  Json answer = {{"schema", 1}, {"from", from["id"]}, {"to", to["id"]}};
  answer.update(DiffPublishedDecisions(from, to));
  return JsonResponse(request.http, answer);
}

Result<HttpResponse> Edges(const QueryContext& context, const ServiceRequest& request) {
  ASSIGN_OR_RETURN(Json record, PickRecord(context, request, "record", "edges", {}));
  Json edges = record.contains("edges") ? std::move(record["edges"]) : Json::array();
  return JsonResponse(request.http,
                      {{"schema", 1}, {"record", record["id"]}, {"edges", std::move(edges)}});
}

using Handler = Result<HttpResponse> (*)(const QueryContext&, const ServiceRequest&);

// The parts of a target's path, each decoded by itself, since a service's name may hold a slash.
std::vector<std::string> PathParts(std::string_view target) {
  // As in ParseTarget: the absolute form counts as its path.
  if (!target.starts_with('/')) {
    const size_t scheme = target.find("://");
    const size_t path = scheme == std::string_view::npos ? scheme : target.find('/', scheme + 3);
    if (path != std::string_view::npos) target.remove_prefix(path);
  }
  std::string_view rest = target.substr(0, target.find_first_of("?#"));
  rest.remove_prefix(std::min<size_t>(1, rest.size()));
  std::vector<std::string> parts;
  for (;;) {
    size_t slash = rest.find('/');
    parts.push_back(PercentDecode(rest.substr(0, slash), /*plus_is_space=*/false));
    if (slash == std::string_view::npos) return parts;
    rest.remove_prefix(slash + 1);
  }
}

// The call of a path below kServices, and the names in it. Null: there is none.
Handler Match(const HttpRequest& http, ServiceRequest& request) {
  if (request.target.path == kServices) return Services;
  std::vector<std::string> parts = PathParts(http.target);
  constexpr size_t kAbove = 3;  // "anneal", "v1", "services"
  if (parts.size() <= kAbove) return nullptr;
  parts.erase(parts.begin(), parts.begin() + kAbove);
  request.service = parts[0];
  if (request.service.empty()) return nullptr;
  if (parts.size() == 2) {
    if (parts[1] == "records") return Records;
    if (parts[1] == "decisions") return CompareDecisions;
    if (parts[1] == "edges") return Edges;
  }
  if (parts.size() < 3 || parts[1] != "records" || parts[2].empty()) return nullptr;
  request.id = parts[2];
  if (parts.size() == 3) return Record;
  return parts.size() == 4 && parts[3] == "default.pgo" ? Artefact : nullptr;
}

Result<HttpResponse> Answer(const QueryContext& context, HttpRequest& request) {
  ServiceRequest parsed{.http = request, .target = ParseTarget(request.target)};
  Handler handler = Match(request, parsed);
  if (handler == nullptr) {
    return Error(Code::kNotFound, "there is no call {}", parsed.target.path.substr(0, 200));
  }
  bool reads = request.method == "GET" || request.method == "HEAD";
  if (handler == Record && request.method == "DELETE") return Delete(context, parsed);
  if (!reads) return MethodNotAllowed(handler == Record ? "GET, HEAD, DELETE" : "GET, HEAD");
  return handler(context, parsed);
}

}  // namespace

std::string_view PublishRouteOf(std::string_view path) {
  for (std::string_view route : {kPublish, kServices}) {
    if (path == route) return route;
  }
  return path.starts_with(kBelowServices) ? kBelowServices : std::string_view();
}

HttpResponse PublishCall(const QueryContext& context, HttpRequest request) {
  bool publishes = ParseTarget(request.target).path == kPublish;
  if (publishes && request.method != "POST") return MethodNotAllowed("POST");
  Result<HttpResponse> response = publishes ? Publish(context, request) : Answer(context, request);
  if (!response.ok()) {
    // 429 would have it sent again.
    const bool too_large = publishes && response.status().code() == Code::kResourceExhausted;
    return ErrorResponse(response.status(),
                         too_large ? 413 : HttpStatusOf(response.status().code()));
  }
  response->headers.Add("X-Content-Type-Options", "nosniff");
  response->headers.Add("Cache-Control", "no-store");
  return *std::move(response);
}

}  // namespace anneal
