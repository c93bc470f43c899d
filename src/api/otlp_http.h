// POST /v1development/profiles: OTLP over HTTP, in protobuf or JSON. Source: the OTLP
// specification, https://opentelemetry.io/docs/specs/otlp/#otlphttp.
#pragma once

#include <string_view>

#include "api/api.h"
#include "api/pusher.h"
#include "net/http.h"

namespace anneal {

inline constexpr std::string_view kOtlpPath = "/v1development/profiles";

// Answers 200 with an ExportProfilesServiceResponse in protobuf, also where the request was JSON,
// as Pyroscope does; it tells of profiles that were refused beside others that were kept. `pusher`
// must outlive the answer.
void HandleOtlp(Pusher& pusher, const ApiOptions& options, HttpRequest request,
                HttpRespond respond);

}  // namespace anneal
