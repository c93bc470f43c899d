// Any body under each content type of a remote call: a message within the limit, or an error that
// can be told.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "api/rpc_edge.h"

using namespace anneal;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  constexpr std::string_view kTypes[] = {"application/proto", "application/grpc",
                                         "application/grpc-web-text", "application/grpc+json"};
  constexpr size_t kLimit = 100'000;
  if (size == 0) return 0;
  HttpRequest request;
  request.headers.Add("Content-Type", std::string(kTypes[data[0] % std::size(kTypes)]));
  if ((data[0] & 4) != 0) request.headers.Add("grpc-encoding", "gzip");
  if ((data[0] & 8) != 0) request.headers.Add("Content-Encoding", "gzip");
  request.body.assign(reinterpret_cast<const char*>(data) + 1, size - 1);
  request.headers.Add("grpc-timeout", request.body.substr(0, 10));
  const std::optional<RpcEdge> edge = RpcEdge::For(request);
  if (!edge) __builtin_trap();
  (void)edge->TimeoutNs(request).ok();
  const bool is_json = data[0] % std::size(kTypes) == 3;
  const Status status = edge->Decode(request, "types.v1.LabelValuesRequest", kLimit);
  if (status.ok() && !is_json && request.body.size() > kLimit) __builtin_trap();
  if (!status.ok()) (void)edge->Fail(status);
  return 0;
}
