#include "api/render.h"

#include <querier/v1/querier.pb.h>

#include <charconv>
#include <nlohmann/json.hpp>

#include "api/attime.h"
#include "api/flamebearer.h"
#include "api/http_edge.h"
#include "api/querier.h"
#include "api/selector.h"

namespace anneal {
namespace {

using querier::v1::SelectMergeStacktracesRequest;

// Runs a call of querier.v1 in process.
template <typename Response, typename Request>
Result<Response> Ask(Result<std::string> (*call)(const QueryContext&, std::string_view),
                     const QueryContext& context, const Request& request) {
  ASSIGN_OR_RETURN(std::string bytes, call(context, request.SerializeAsString()));
  Response response;
  if (!response.ParseFromString(bytes)) return Error(Code::kInternal, "cannot read own answer");
  return response;
}

std::string Quoted(std::string_view text) {
  std::string out = "\"";
  for (char c : text) {
    if (c == '\n') {
      out += "\\n";
      continue;
    }
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

std::string ToSelector(const std::vector<LabelMatcher>& matchers) {
  std::string out = "{";
  for (const LabelMatcher& matcher : matchers) {
    using Op = LabelMatcher::Op;
    std::string_view op = matcher.op == Op::kEqual      ? "="
                          : matcher.op == Op::kNotEqual ? "!="
                          : matcher.op == Op::kMatch    ? "=~"
                                                        : "!~";
    out += fmt::format("{}{}{}{}", out.size() > 1 ? "," : "", Quoted(matcher.name), op,
                       Quoted(matcher.value));
  }
  return out + "}";
}

// What is no time means now, as in Pyroscope.
int64_t TimeMs(const QueryContext& context, const HttpTarget& target, std::string_view field,
               std::string_view fallback) {
  std::string_view text = target.Get(field);
  Result<int64_t> time_ns = ParseTime(text.empty() ? fallback : text, context.now_ns);
  return (time_ns.ok() ? *time_ns : context.now_ns) / 1'000'000;
}

struct FieldNames {
  std::string_view query, from, until;
};
constexpr FieldNames kSingle = {"query", "from", "until"};
constexpr FieldNames kLeft = {"leftQuery", "leftFrom", "leftUntil"};
constexpr FieldNames kRight = {"rightQuery", "rightFrom", "rightUntil"};

// query=<profile type>{<selector>}; the type may stand as {__name__="<profile type>"}, too.
Result<SelectMergeStacktracesRequest> ParseSelect(const QueryContext& context,
                                                  const HttpTarget& target,
                                                  const FieldNames& names) {
  std::string_view query = target.Get(names.query);
  if (query.empty()) {
    return InvalidArgument("{} is missing; write {}=PROFILE_TYPE{{label=\"value\"}}", names.query,
                           names.query);
  }
  Result<Selector> selector = ParseSelector(query);
  if (!selector.ok()) return selector.status().Annotate(names.query);
  for (auto it = selector->matchers.begin(); it != selector->matchers.end(); ++it) {
    if (!selector->metric.empty() || it->name != "__name__" || it->op != LabelMatcher::Op::kEqual) {
      continue;
    }
    selector->metric = it->value;
    selector->matchers.erase(it);
    break;
  }
  Result<ProfileType> type = ParseProfileType(selector->metric);
  if (!type.ok()) return type.status().Annotate(names.query);
  SelectMergeStacktracesRequest request;
  request.set_profile_typeid(ToString(*type));
  request.set_label_selector(ToSelector(selector->matchers));
  request.set_start(TimeMs(context, target, names.from, "now-1h"));
  request.set_end(TimeMs(context, target, names.until, "now"));
  for (std::string_view field : {"max-nodes", "maxNodes"}) {
    std::string_view text = target.Get(field);
    int64_t nodes = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), nodes);
    if (error == std::errc() && end == text.data() + text.size()) request.set_max_nodes(nodes);
  }
  return request;
}

std::vector<std::string> GroupBy(const HttpTarget& target) {
  std::vector<std::string> names;
  for (const auto& [name, value] : target.query) {
    if (name == "groupBy" && !value.empty()) names.push_back(value);
  }
  return names;
}

// A group's name: the values of its labels.
std::string GroupName(const types::v1::Series& series) {
  std::string name;
  for (const types::v1::LabelPair& label : series.labels()) {
    name += fmt::format("{}{}", name.empty() ? "" : ",", label.value());
  }
  return name.empty() ? "*" : name;
}

Result<Timelines> TimelinesOf(const QueryContext& context, const HttpTarget& target,
                              const SelectMergeStacktracesRequest& select) {
  int64_t step_s = TimelineStepSeconds(select.start(), select.end());
  std::vector<std::string> group_by = GroupBy(target);
  querier::v1::SelectSeriesRequest request;
  request.set_profile_typeid(select.profile_typeid());
  request.set_label_selector(select.label_selector());
  request.set_start(select.start());
  request.set_end(select.end());
  request.set_step(static_cast<double>(step_s));
  for (const std::string& name : group_by) request.add_group_by(name);
  if (target.Get("aggregation") == "avg") {
    request.set_aggregation(types::v1::TIME_SERIES_AGGREGATION_TYPE_AVERAGE);
  }
  ASSIGN_OR_RETURN(auto answer,
                   Ask<querier::v1::SelectSeriesResponse>(SelectSeriesCall, context, request));
  Timelines timelines;
  std::vector<const types::v1::Series*> all;
  if (!group_by.empty()) timelines.groups.emplace();
  for (const types::v1::Series& series : answer.series()) {
    all.push_back(&series);
    if (!timelines.groups) continue;
    (*timelines.groups)[GroupName(series)] =
        MakeTimeline({&series}, select.start(), select.end(), step_s);
  }
  timelines.all = MakeTimeline(all, select.start(), select.end(), step_s);
  return timelines;
}

Result<HttpResponse> Render(const QueryContext& context, const HttpRequest& http) {
  HttpTarget target = ParseTarget(http.target);
  ASSIGN_OR_RETURN(SelectMergeStacktracesRequest request, ParseSelect(context, target, kSingle));
  if (target.Get("rejoin") == "true") {
    request.mutable_stack_trace_selector()->set_rejoin_truncated(true);
  }
  bool is_dot = target.Get("format") == "dot";
  if (is_dot) request.set_format(querier::v1::PROFILE_FORMAT_DOT);
  using Response = querier::v1::SelectMergeStacktracesResponse;
  ASSIGN_OR_RETURN(Response answer, Ask<Response>(SelectMergeStacktracesCall, context, request));
  if (is_dot) return BodyResponse(http, "text/plain; charset=utf-8", answer.dot());
  ASSIGN_OR_RETURN(ProfileType type, ParseProfileType(request.profile_typeid()));
  ASSIGN_OR_RETURN(Timelines timelines, TimelinesOf(context, target, request));
  return BodyResponse(http, "application/json",
                      FlamebearerJson(answer.flamegraph(), type, timelines));
}

Result<HttpResponse> RenderDiff(const QueryContext& context, const HttpRequest& http) {
  HttpTarget target = ParseTarget(http.target);
  querier::v1::DiffRequest request;
  ASSIGN_OR_RETURN(*request.mutable_left(), ParseSelect(context, target, kLeft));
  ASSIGN_OR_RETURN(*request.mutable_right(), ParseSelect(context, target, kRight));
  if (request.left().profile_typeid() != request.right().profile_typeid()) {
    return InvalidArgument("leftQuery is of type {}, rightQuery of {}; they must be of one",
                           request.left().profile_typeid(), request.right().profile_typeid());
  }
  ASSIGN_OR_RETURN(auto answer, Ask<querier::v1::DiffResponse>(DiffCall, context, request));
  ASSIGN_OR_RETURN(ProfileType type, ParseProfileType(request.left().profile_typeid()));
  return BodyResponse(http, "application/json", FlamebearerDiffJson(answer.flamegraph(), type));
}

Result<HttpResponse> LabelValues(const QueryContext& context, const HttpRequest& http) {
  HttpTarget target = ParseTarget(http.target);
  std::string label(target.Get("label"));
  if (label.empty()) return InvalidArgument("label is missing; write ?label=NAME");
  // The page of old asks for types by the name that they have in its queries.
  if (label == "__name__") label = "__profile_type__";
  std::vector<std::string> values;
  // The client names no window: everything there is.
  if (std::optional<TimeRange> bounds = context.store.Bounds(context.tenant)) {
    const std::vector<std::string> names = {label};
    ASSIGN_OR_RETURN(std::vector<LabelSet> sets,
                     context.store.Series(context.tenant, {}, names, *bounds));
    for (const LabelSet& labels : sets) {
      if (std::string_view value = FindLabel(labels, label); !value.empty()) {
        values.emplace_back(value);
      }
    }
  }
  nlohmann::json json = values;
  return BodyResponse(http, "application/json",
                      json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

HttpResponse OrError(Result<HttpResponse> response) {
  return response.ok() ? *std::move(response) : ErrorResponse(response.status());
}

}  // namespace

HttpResponse RenderPage(const QueryContext& context, const HttpRequest& request) {
  return OrError(Render(context, request));
}

HttpResponse RenderDiffPage(const QueryContext& context, const HttpRequest& request) {
  return OrError(RenderDiff(context, request));
}

HttpResponse LabelValuesPage(const QueryContext& context, const HttpRequest& request) {
  return OrError(LabelValues(context, request));
}

}  // namespace anneal
