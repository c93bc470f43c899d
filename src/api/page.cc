#include "api/page.h"

#include "api/builds.h"
#include "api/http_edge.h"
#include "api/page_json.h"
#include "api/page_query.h"
#include "profile/compress.h"
#include "profile/folded.h"
#include "profile/merge.h"
#include "profile/pprof.h"

namespace anneal {
namespace {

// What of a request its call needs.
struct PageRequest {
  const HttpRequest& http;
  HttpTarget target;
};

Result<size_t> NodesOf(const HttpTarget& target, const Limits& limits) {
  ASSIGN_OR_RETURN(int64_t nodes, NumberField(target, "maxNodes", 0));
  if (nodes < 0) return InvalidArgument("maxNodes is {}; it must not be negative", nodes);
  if (nodes == 0) nodes = limits.max_flame_nodes;
  if (limits.max_flame_nodes != 0 && nodes > limits.max_flame_nodes) {
    return InvalidArgument("maxNodes is {}; limits.flame_nodes allows {}", nodes,
                           limits.max_flame_nodes);
  }
  return static_cast<size_t>(nodes);
}

// How many callees of the path's last function an answer has shown already.
Result<size_t> SkipOf(const HttpTarget& target) {
  ASSIGN_OR_RETURN(int64_t skip, NumberField(target, "skip", 0));
  if (skip < 0) return InvalidArgument("skip is {}; it must not be negative", skip);
  return static_cast<size_t>(skip);
}

Result<uint64_t> CountProfiles(const QueryContext& context, const Selection& selection) {
  ASSIGN_OR_RETURN(auto totals, context.store.Totals(selection, {}));
  uint64_t count = 0;
  for (const auto& [labels, points] : totals) count += points.size();
  return count;
}

const Profile* BaseOf(const PageProfiles& profiles) {
  return profiles.base ? &*profiles.base : nullptr;
}

Sides SidesOf(const PageProfiles& profiles) { return profiles.base ? Sides::kTwo : Sides::kOne; }

Result<std::string> TreeJson(const QueryContext& context, const HttpTarget& target,
                             const PageQuery& query, const PageProfiles& profiles) {
  ASSIGN_OR_RETURN(size_t max_nodes, NodesOf(target, context.limits));
  ASSIGN_OR_RETURN(size_t skip, SkipOf(target));
  CallTree tree = CallTree::Build(profiles.profile, 0, BaseOf(profiles));
  if (skip > 0) tree.KeepRest(query.path.size(), skip);
  tree.Fold(max_nodes);
  const Profile& p = profiles.profile;
  TreeHeader header{.sample_type = std::string(p.Text(p.sample_types[0].type)),
                    .unit = std::string(p.Text(p.sample_types[0].unit)),
                    .period = p.period};
  ASSIGN_OR_RETURN(header.profiles, CountProfiles(context, query.selection));
  if (query.base) {
    ASSIGN_OR_RETURN(header.base_profiles, CountProfiles(context, *query.base));
  }
  return EncodeTreeJson(tree, header, SidesOf(profiles));
}

Result<HttpResponse> Tree(const QueryContext& context, const PageRequest& request) {
  ASSIGN_OR_RETURN(PageQuery query, ParsePageQuery(context, request.target));
  TRY(NodesOf(request.target, context.limits).status());  // before the work
  TRY(SkipOf(request.target).status());
  ASSIGN_OR_RETURN(PageProfiles profiles, SelectPageProfiles(context, query));
  ASSIGN_OR_RETURN(std::string json, TreeJson(context, request.target, query, profiles));
  return BodyResponse(request.http, "application/json", std::move(json));
}

Result<HttpResponse> Lines(const QueryContext& context, const PageRequest& request) {
  ASSIGN_OR_RETURN(PageQuery query, ParsePageQuery(context, request.target));
  std::string_view function = request.target.Get("function");
  if (function.empty()) return InvalidArgument("function is missing: whose lines?");
  ASSIGN_OR_RETURN(PageProfiles profiles, SelectPageProfiles(context, query));
  LineTotals lines = LinesOf(function, profiles.profile, 0, BaseOf(profiles));
  return BodyResponse(request.http, "application/json", EncodeLinesJson(lines, SidesOf(profiles)));
}

// "checkout-cpu" of {service_name="checkout"}: nothing that a header or a file system minds.
std::string FileNameOf(const Selection& selection) {
  std::string name;
  for (const LabelMatcher& matcher : selection.matchers) {
    if (matcher.name == "service_name" && matcher.op == LabelMatcher::Op::kEqual) {
      name = matcher.value + "-";
    }
  }
  ProfileType type = ParseProfileType(selection.profile_type).value();
  name += type.sample_type;
  for (char& c : name) {
    bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (!plain && c != '-' && c != '_') c = '_';
  }
  return name.substr(0, 120);
}

HttpResponse Attachment(HttpResponse response, std::string_view file_name) {
  response.headers.Add("Content-Disposition",
                       fmt::format("attachment; filename=\"{}\"", file_name));
  return response;
}

Result<HttpResponse> Export(const QueryContext& context, const PageRequest& request) {
  ASSIGN_OR_RETURN(PageQuery query, ParsePageQuery(context, request.target));
  std::string_view format = request.target.Get("format");
  if (format != "pprof" && format != "folded" && format != "json") {
    return InvalidArgument("format is `{}`; it must be pprof, folded or json",
                           format.substr(0, 64));
  }
  ASSIGN_OR_RETURN(PageProfiles profiles, SelectPageProfiles(context, query));
  std::string name = FileNameOf(query.selection);
  if (format == "json") {
    ASSIGN_OR_RETURN(std::string json, TreeJson(context, request.target, query, profiles));
    return Attachment(BodyResponse(request.http, "application/json", std::move(json)),
                      name + ".json");
  }
  Profile profile = std::move(profiles.profile);
  if (profiles.base) {
    ASSIGN_OR_RETURN(profile, DiffProfiles(*profiles.base, profile));
    name += "-diff";
  }
  if (format == "folded") {
    return Attachment(
        BodyResponse(request.http, "text/plain; charset=utf-8", EncodeFolded(profile, 0)),
        name + ".folded");
  }
  HttpResponse response;
  response.headers.Add("Content-Type", "application/octet-stream");
  response.body = Gzip(EncodePprof(profile));
  return Attachment(std::move(response), name + ".pb.gz");
}

Result<HttpResponse> Builds(const QueryContext& context, const PageRequest& request) {
  ASSIGN_OR_RETURN(PageQuery query, ParsePageQuery(context, request.target));
  ASSIGN_OR_RETURN(std::vector<SeenBuild> builds, FindBuilds(context.store, query.selection));
  return BodyResponse(request.http, "application/json", EncodeBuildsJson(builds));
}

using PageHandler = Result<HttpResponse> (*)(const QueryContext&, const PageRequest&);
struct PageRoute {
  std::string_view path;
  PageHandler handler;
};
constexpr PageRoute kPageRoutes[] = {
    {"/anneal/v1/tree", Tree},
    {"/anneal/v1/lines", Lines},
    {"/anneal/v1/export", Export},
    {"/anneal/v1/builds", Builds},
};

const PageRoute* FindPageRoute(std::string_view path) {
  for (const PageRoute& route : kPageRoutes) {
    if (route.path == path) return &route;
  }
  return nullptr;
}

}  // namespace

HttpResponse PageCall(const QueryContext& context, const HttpRequest& request) {
  PageRequest page{request, ParseTarget(request.target)};
  const PageRoute* route = FindPageRoute(page.target.path);
  if (route == nullptr) {
    return ErrorResponse(Error(Code::kNotFound, "there is no call {}", page.target.path));
  }
  if (request.method != "GET" && request.method != "HEAD") return MethodNotAllowed("GET, HEAD");
  Result<HttpResponse> response = route->handler(context, page);
  if (!response.ok()) return ErrorResponse(response.status());
  response->headers.Add("X-Content-Type-Options", "nosniff");
  response->headers.Add("Cache-Control", "no-store");
  return *std::move(response);
}

std::string_view PageRouteOf(std::string_view path) {
  const PageRoute* route = FindPageRoute(path);
  return route == nullptr ? std::string_view() : route->path;
}

}  // namespace anneal
