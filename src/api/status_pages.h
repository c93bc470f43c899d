// What the server says about itself, under Pyroscope's paths: build, config, limits.
#pragma once

#include "api/api.h"
#include "net/http.h"

namespace anneal {

HttpResponse BuildInfoPage(const ApiOptions& options, const HttpRequest& request);
HttpResponse ConfigPage(const ApiOptions& options, const HttpRequest& request);
HttpResponse ConfigDiffPage(const ApiOptions& options, const HttpRequest& request);
HttpResponse ConfigDefaultPage(const ApiOptions& options, const HttpRequest& request);
// The limits that hold for a tenant, by their settings' names: the same for all.
HttpResponse TenantLimitsPage(const ApiOptions& options, const HttpRequest& request);
// Pyroscope's overrides per tenant: none here.
HttpResponse RuntimeConfigPage(const ApiOptions& options, const HttpRequest& request);

}  // namespace anneal
