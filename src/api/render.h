// The plain HTTP pages of the old Pyroscope UI and of scripts: /pyroscope/render,
// /pyroscope/render-diff and /pyroscope/label-values. GET, answered in JSON (render: DOT, too).
#pragma once

#include "api/query.h"
#include "net/http.h"

namespace anneal {

HttpResponse RenderPage(const QueryContext& context, const HttpRequest& request);
HttpResponse RenderDiffPage(const QueryContext& context, const HttpRequest& request);
HttpResponse LabelValuesPage(const QueryContext& context, const HttpRequest& request);

}  // namespace anneal
