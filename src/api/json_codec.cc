#include "api/json_codec.h"

#include <fmt/format.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/util/json_util.h>
#include <google/protobuf/util/type_resolver_util.h>
#include <opentelemetry/proto/collector/profiles/v1development/profiles_service.pb.h>
#include <push/v1/push.pb.h>
#include <querier/v1/querier.pb.h>

#include "api/header_value.h"
#include "api/json_reader.h"

namespace anneal {
namespace {

using opentelemetry::proto::collector::profiles::v1development::ExportProfilesServiceRequest;

constexpr const char* kUrlPrefix = "type.anneal";
// libprotobuf's streams count bytes in int.
constexpr size_t kMaxBytes = 0x7fffffff;

const google::protobuf::DescriptorPool& Pool() {
  // Generated descriptors register themselves when their file is linked; naming a message of each
  // file keeps the linker from leaving it out.
  static const google::protobuf::Descriptor* const kLinked[] = {
      push::v1::PushRequest::descriptor(), querier::v1::SeriesRequest::descriptor(),
      ExportProfilesServiceRequest::descriptor()};
  return *kLinked[0]->file()->pool();
}

google::protobuf::util::TypeResolver& Resolver() {
  static google::protobuf::util::TypeResolver* const resolver =
      google::protobuf::util::NewTypeResolverForDescriptorPool(kUrlPrefix, &Pool());
  return *resolver;
}

Result<std::string> Read(std::string_view message, std::string_view json, RequestMemory* memory) {
  const std::string_view trimmed = TrimSpace(json);
  if (trimmed.empty() || trimmed.front() != '{') {
    return InvalidArgument("the body is no JSON object; an empty request is written {{}}");
  }
  const auto* descriptor = Pool().FindMessageTypeByName(std::string(message));
  if (descriptor == nullptr) return Error(Code::kInternal, "{} is no known message", message);
  return ReadJson(*descriptor, json, memory);
}

}  // namespace

Result<std::string> JsonToProto(std::string_view message, std::string_view json) {
  return Read(message, json, nullptr);
}

Status JsonBodyToProto(std::string_view message, std::string& json, RequestMemory* memory) {
  ASSIGN_OR_RETURN(std::string bytes, Read(message, json, memory));
  const size_t json_bytes = json.size();
  json = std::move(bytes);
  if (memory != nullptr) memory->Release(json_bytes);
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
