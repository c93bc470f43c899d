// The calls that list what exists: types, label names, values, series.
#include <querier/v1/querier.pb.h>

#include "api/querier.h"
#include "api/request_message.h"
#include "api/selector.h"
#include "api/tenant.h"

namespace anneal {
namespace {

constexpr int64_t kHourNs = int64_t{3'600} * 1'000'000'000;

std::vector<std::string> ToVector(const google::protobuf::RepeatedPtrField<std::string>& field) {
  return {field.begin(), field.end()};
}

// One selector of all matchers, or none.
Result<std::vector<std::vector<LabelMatcher>>> SelectorsOf(
    const std::vector<std::string>& matchers) {
  ASSIGN_OR_RETURN(std::vector<LabelMatcher> all, ParseAll(matchers));
  std::vector<std::vector<LabelMatcher>> selectors;
  if (!all.empty()) selectors.push_back(std::move(all));
  return selectors;
}

// Label sets of the series that match every selector of `matchers`, projected.
Result<std::vector<LabelSet>> FindSeries(const QueryContext& context,
                                         const std::vector<std::string>& matchers,
                                         const std::vector<std::string>& names, int64_t start_ms,
                                         int64_t end_ms) {
  ASSIGN_OR_RETURN(TimeRange range, CheckRange(context, start_ms, end_ms));
  ASSIGN_OR_RETURN(auto selectors, SelectorsOf(matchers));
  return context.store.Series(context.tenant, selectors, names, range);
}

}  // namespace

Result<std::string> ProfileTypesCall(const QueryContext& context, std::string_view request) {
  ASSIGN_OR_RETURN(auto in, ParseRequest<querier::v1::ProfileTypesRequest>(request));
  TimeRange range{context.now_ns - kHourNs, context.now_ns};
  if (in.start() != 0 || in.end() != 0) {
    ASSIGN_OR_RETURN(range, CheckRange(context, in.start(), in.end()));
  }
  const std::vector<std::string> names = {"__profile_type__"};
  ASSIGN_OR_RETURN(std::vector<LabelSet> sets,
                   context.store.Series(context.tenant, {}, names, range));
  querier::v1::ProfileTypesResponse out;
  for (const LabelSet& labels : sets) {
    Result<ProfileType> type = ParseProfileType(FindLabel(labels, names[0]));
    if (!type.ok()) continue;  // not ours to list: pushed under a name that no query can ask for
    auto* added = out.add_profile_types();
    added->set_id(ToString(*type));
    added->set_name(type->name);
    added->set_sample_type(type->sample_type);
    added->set_sample_unit(type->sample_unit);
    added->set_period_type(type->period_type);
    added->set_period_unit(type->period_unit);
  }
  return out.SerializeAsString();
}

Result<std::string> LabelNamesCall(const QueryContext& context, std::string_view request) {
  ASSIGN_OR_RETURN(auto in, ParseRequest<types::v1::LabelNamesRequest>(request));
  ASSIGN_OR_RETURN(TimeRange range, CheckRange(context, in.start(), in.end()));
  ASSIGN_OR_RETURN(auto selectors, SelectorsOf(ToVector(in.matchers())));
  ASSIGN_OR_RETURN(std::vector<std::string> names,
                   context.store.LabelNames(context.tenant, selectors, range));
  types::v1::LabelNamesResponse out;
  for (std::string& name : names) {
    if (!context.utf8_label_names && !IsLegacyLabelName(name)) continue;
    out.add_names(std::move(name));
  }
  return out.SerializeAsString();
}

Result<std::string> LabelValuesCall(const QueryContext& context, std::string_view request) {
  ASSIGN_OR_RETURN(auto in, ParseRequest<types::v1::LabelValuesRequest>(request));
  if (in.name().empty()) return InvalidArgument("name is missing: of which label?");
  ASSIGN_OR_RETURN(std::vector<LabelSet> sets,
                   FindSeries(context, ToVector(in.matchers()), {in.name()}, in.start(), in.end()));
  types::v1::LabelValuesResponse out;
  for (const LabelSet& labels : sets) {
    std::string_view value = FindLabel(labels, in.name());
    if (!value.empty()) out.add_names(std::string(value));
  }
  return out.SerializeAsString();
}

Result<std::string> SeriesCall(const QueryContext& context, std::string_view request) {
  ASSIGN_OR_RETURN(auto in, ParseRequest<querier::v1::SeriesRequest>(request));
  ASSIGN_OR_RETURN(std::vector<LabelSet> sets,
                   FindSeries(context, ToVector(in.matchers()), ToVector(in.label_names()),
                              in.start(), in.end()));
  if (!context.utf8_label_names) {
    for (LabelSet& labels : sets) {
      std::erase_if(labels, [](const LabelPair& label) { return !IsLegacyLabelName(label.name); });
    }
    std::sort(sets.begin(), sets.end());
    sets.erase(std::unique(sets.begin(), sets.end()), sets.end());
  }
  querier::v1::SeriesResponse out;
  for (const LabelSet& labels : sets) {
    if (labels.empty()) continue;
    auto* set = out.add_labels_set();
    for (const LabelPair& label : labels) {
      auto* pair = set->add_labels();
      pair->set_name(label.name);
      pair->set_value(label.value);
    }
  }
  return out.SerializeAsString();
}

Result<std::string> GetProfileStatsCall(const QueryContext& context, std::string_view request) {
  TRY(ParseRequest<types::v1::GetProfileStatsRequest>(request).status());
  if (IsFederated(context.tenant)) {
    return InvalidArgument("tenant `{}`: statistics are of one tenant", context.tenant);
  }
  types::v1::GetProfileStatsResponse out;
  if (std::optional<TimeRange> bounds = context.store.Bounds(context.tenant)) {
    out.set_data_ingested(true);
    out.set_oldest_profile_time(bounds->start_ns / 1'000'000);
    out.set_newest_profile_time(bounds->end_ns / 1'000'000);
  }
  return out.SerializeAsString();
}

Result<std::string> AnalyzeQueryCall(const QueryContext&, std::string_view request) {
  TRY(ParseRequest<querier::v1::AnalyzeQueryRequest>(request).status());
  return std::string();
}

}  // namespace anneal
