#include "api/status_pages.h"

#include <nlohmann/json.hpp>

#include "api/http_edge.h"

namespace anneal {
namespace {

constexpr std::string_view kYaml = "text/plain; charset=utf-8";

}  // namespace

HttpResponse BuildInfoPage(const ApiOptions& options, const HttpRequest& request) {
  // What Prometheus and Pyroscope answer; clients look at the version.
  nlohmann::ordered_json json = {{"status", "success"},
                                 {"data",
                                  {{"version", options.version},
                                   {"revision", options.revision},
                                   {"branch", ""},
                                   {"buildUser", ""},
                                   {"buildDate", ""},
                                   {"goVersion", ""}}}};
  return BodyResponse(request, "application/json", json.dump());
}

HttpResponse ConfigPage(const ApiOptions& options, const HttpRequest& request) {
  return BodyResponse(request, kYaml, options.config.effective);
}

HttpResponse ConfigDiffPage(const ApiOptions& options, const HttpRequest& request) {
  return BodyResponse(request, kYaml, options.config.diff);
}

HttpResponse ConfigDefaultPage(const ApiOptions& options, const HttpRequest& request) {
  return BodyResponse(request, kYaml, options.config.defaults);
}

HttpResponse TenantLimitsPage(const ApiOptions& options, const HttpRequest& request) {
  const Limits& limits = options.limits;
  nlohmann::ordered_json json = {
      {"body_bytes", limits.max_body_bytes},
      {"profile_bytes", limits.max_profile_bytes},
      {"samples", limits.max_samples},
      {"sample_labels", limits.max_sample_labels},
      {"stack_depth", limits.max_stack_depth},
      {"symbol_bytes", limits.max_symbol_bytes},
      {"labels", limits.max_labels},
      {"label_name_bytes", limits.max_label_name_bytes},
      {"label_value_bytes", limits.max_label_value_bytes},
      {"series_per_profile", limits.max_series_per_profile},
      {"ingest_rate_bytes", limits.ingest_rate_bytes},
      {"ingest_burst_bytes", limits.ingest_burst_bytes},
      {"max_age_ns", limits.max_age_ns},
      {"max_future_ns", limits.max_future_ns},
      {"query_length_ns", limits.max_query_length_ns},
      {"query_lookback_ns", limits.max_query_lookback_ns},
      {"flame_nodes_default", limits.default_flame_nodes},
      {"flame_nodes", limits.max_flame_nodes},
      {"series_points", limits.max_series_points},
  };
  return BodyResponse(request, "application/json", json.dump());
}

HttpResponse RuntimeConfigPage(const ApiOptions&, const HttpRequest& request) {
  return BodyResponse(request, kYaml, "overrides: {}\n");
}

}  // namespace anneal
