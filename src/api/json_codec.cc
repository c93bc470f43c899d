#include "api/json_codec.h"

#include <fmt/format.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/util/json_util.h>
#include <google/protobuf/util/type_resolver_util.h>
#include <opentelemetry/proto/collector/profiles/v1development/profiles_service.pb.h>
#include <push/v1/push.pb.h>
#include <querier/v1/querier.pb.h>

#include <algorithm>
#include <memory>

#include "api/header_value.h"
#include "api/push_json.h"

namespace anneal {
namespace {

using opentelemetry::proto::collector::profiles::v1development::ExportProfilesServiceRequest;

// What a message takes as often as its bytes in JSON, read by libprotobuf: as objects, and written.
constexpr size_t kJsonFactor = 16;
constexpr std::string_view kPushRequest = "push.v1.PushRequest";

constexpr const char* kUrlPrefix = "type.anneal";
// libprotobuf's streams count bytes in int.
constexpr size_t kMaxBytes = 0x7fffffff;

google::protobuf::util::TypeResolver& Resolver() {
  // Generated descriptors register themselves when their file is linked; naming a message of each
  // file keeps the linker from leaving it out.
  static const void* const kLinked[] = {push::v1::PushRequest::descriptor(),
                                        querier::v1::SeriesRequest::descriptor(),
                                        ExportProfilesServiceRequest::descriptor()};
  static google::protobuf::util::TypeResolver* const resolver =
      kLinked[0] == nullptr ? nullptr
                            : google::protobuf::util::NewTypeResolverForDescriptorPool(
                                  kUrlPrefix, google::protobuf::DescriptorPool::generated_pool());
  return *resolver;
}

}  // namespace

Result<std::string> JsonToProto(std::string_view message, std::string_view json) {
  std::string_view trimmed = TrimSpace(json);
  if (trimmed.empty() || trimmed.front() != '{') {
    return InvalidArgument("the body is no JSON object; an empty request is written {{}}");
  }
  if (json.size() > kMaxBytes) {
    return InvalidArgument("the body has {} bytes; JSON may have 2 GiB; push protobuf",
                           json.size());
  }
  if (message == kPushRequest) return PushJsonToProto(json);
  google::protobuf::util::JsonParseOptions options;
  options.ignore_unknown_fields = true;
  google::protobuf::io::ArrayInputStream input(json.data(), static_cast<int>(json.size()));
  std::string bytes;
  google::protobuf::io::StringOutputStream output(&bytes);
  auto status = google::protobuf::util::JsonToBinaryStream(
      &Resolver(), fmt::format("{}/{}", kUrlPrefix, message), &input, &output, options);
  if (!status.ok()) {
    return InvalidArgument("the body is no JSON {}: {}", message,
                           std::string(status.message().data(), status.message().size()));
  }
  return bytes;
}

Status JsonBodyToProto(std::string_view message, std::string& json, RequestMemory* memory) {
  const size_t json_bytes = json.size();
  const size_t claimed = json_bytes * (message == kPushRequest ? kPushJsonFactor : kJsonFactor);
  if (memory != nullptr) TRY(memory->Claim(claimed));
  Result<std::string> bytes = JsonToProto(message, json);
  if (!bytes.ok()) return bytes.status();
  json = *std::move(bytes);
  // What remains is held as the body was.
  const size_t all = json_bytes + claimed;
  if (memory != nullptr) memory->Release(all - std::min(all, json.size()));
  return {};
}

Result<std::string> ProtoToJson(std::string_view message, std::string_view bytes) {
  if (bytes.size() > kMaxBytes) {
    return Error(Code::kResourceExhausted,
                 "the answer has {} bytes; ask for application/proto, or for a shorter window",
                 bytes.size());
  }
  google::protobuf::io::ArrayInputStream input(bytes.data(), static_cast<int>(bytes.size()));
  std::string json;
  google::protobuf::io::StringOutputStream output(&json);
  auto status = google::protobuf::util::BinaryToJsonStream(
      &Resolver(), fmt::format("{}/{}", kUrlPrefix, message), &input, &output, {});
  if (!status.ok()) {
    return Error(Code::kInternal, "cannot write {} as JSON: {}", message,
                 std::string(status.message().data(), status.message().size()));
  }
  return json;
}

}  // namespace anneal
