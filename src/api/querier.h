// querier.v1.QuerierService, call by call: request bytes to response bytes, protobuf both.
#pragma once

#include <string>
#include <string_view>

#include "api/query.h"
#include "base/status.h"

namespace anneal {

// What exists.
Result<std::string> ProfileTypesCall(const QueryContext& context, std::string_view request);
Result<std::string> LabelNamesCall(const QueryContext& context, std::string_view request);
Result<std::string> LabelValuesCall(const QueryContext& context, std::string_view request);
Result<std::string> SeriesCall(const QueryContext& context, std::string_view request);
Result<std::string> GetProfileStatsCall(const QueryContext& context, std::string_view request);
Result<std::string> AnalyzeQueryCall(const QueryContext& context, std::string_view request);

// What was collected.
Result<std::string> SelectMergeProfileCall(const QueryContext& context, std::string_view request);
Result<std::string> SelectMergeStacktracesCall(const QueryContext& context,
                                               std::string_view request);
// As SelectMergeStacktraces; with context.async also such that outlive their request.
Result<std::string> AsyncStacktracesCall(const QueryContext& context, std::string_view request);
Result<std::string> SelectSeriesCall(const QueryContext& context, std::string_view request);
Result<std::string> SelectMergeSpanProfileCall(const QueryContext& context,
                                               std::string_view request);
Result<std::string> SelectHeatmapCall(const QueryContext& context, std::string_view request);
Result<std::string> DiffCall(const QueryContext& context, std::string_view request);

}  // namespace anneal
