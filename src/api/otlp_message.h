// OpenTelemetry's profiles on the wire, read in place: tables of views, decoded where used.
// Source: opentelemetry-proto 1.10, profiles/v1development.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace anneal {

// The dictionary's tables; messages as bytes, views into the request.
struct OtlpDictionary {
  std::vector<std::string_view> mappings, locations, functions, links, strings, attributes, stacks;
};

// Field numbers of Sample changed between versions of the protocol.
enum class OtlpLayout {
  kCurrent,  // 1.10: attribute_indices 2, link_index 3, values 4
  kOld,      // 1.9: values 2, attribute_indices 3, link_index 4
};

struct OtlpScope {
  std::string_view scope;  // InstrumentationScope
  std::vector<std::string_view> profiles;
};
struct OtlpResource {
  std::string_view resource;
  std::vector<OtlpScope> scopes;
};
struct OtlpRequest {
  OtlpDictionary dictionary;
  std::vector<OtlpResource> resources;
  OtlpLayout layout = OtlpLayout::kCurrent;
};

struct OtlpSample {
  uint64_t stack = 0, link = 0;
  std::vector<uint64_t> attributes;
  std::vector<int64_t> values;
  size_t timestamps = 0;
};
struct OtlpValueType {
  uint64_t type = 0, unit = 0;
};
struct OtlpProfileHead {
  OtlpValueType sample_type, period_type;
  int64_t time_ns = 0, duration_ns = 0, period = 0;
  std::vector<std::string_view> samples;
};
struct OtlpLine {
  uint64_t function = 0;
  int64_t line = 0, column = 0;
};
struct OtlpLocation {
  uint64_t mapping = 0, address = 0;
  std::vector<OtlpLine> lines;
};
struct OtlpMapping {
  uint64_t start = 0, limit = 0, offset = 0, file = 0;
  std::vector<uint64_t> attributes;
};
struct OtlpFunction {
  uint64_t name = 0, system_name = 0, file = 0;
  int64_t start_line = 0;
};
// `text` for strings, numbers and arrays of one of them; other values have none. `is_number` when
// it was written as one.
struct OtlpAttribute {
  std::string key;
  uint64_t key_index = 0;  // instead of `key`, in the dictionary's table
  std::optional<std::string> text;
  std::optional<int64_t> number;
};
// Ids as lower-case hex digits, empty when not given or zero.
struct OtlpLink {
  std::string trace_id, span_id;
};

// How many messages a request's tables and lists hold, each of which becomes a view of it, or more
// where the bytes are no request.
size_t CountOtlpViews(std::string_view request);

// kInvalidArgument when the bytes are no ExportProfilesServiceRequest, or it has no dictionary or
// no resource_profiles. `layout` of its samples, where that is known; nullopt: it is told from how
// they are encoded.
Result<OtlpRequest> ReadOtlpRequest(std::string_view bytes, std::optional<OtlpLayout> layout);

// Each of these is kInvalidArgument when the bytes are no such message. Unknown fields are skipped;
// indices are not checked.
Result<OtlpProfileHead> ReadOtlpProfile(std::string_view bytes);
Result<OtlpSample> ReadOtlpSample(std::string_view bytes, OtlpLayout layout);
Result<std::vector<uint64_t>> ReadOtlpStack(std::string_view bytes);  // locations, leaf first
Result<OtlpLocation> ReadOtlpLocation(std::string_view bytes);
Result<OtlpMapping> ReadOtlpMapping(std::string_view bytes);
Result<OtlpFunction> ReadOtlpFunction(std::string_view bytes);
// An entry of the attribute table, whose key is an index.
Result<OtlpAttribute> ReadOtlpAttribute(std::string_view bytes);
// In JSON the ids are hex digits where protobuf expects base64; they are recognised by their size.
Result<OtlpLink> ReadOtlpLink(std::string_view bytes);
// The attributes of a Resource or an InstrumentationScope, which have them in different fields.
Result<std::vector<OtlpAttribute>> ReadResourceAttributes(std::string_view resource);
Result<std::vector<OtlpAttribute>> ReadScopeAttributes(std::string_view scope);

}  // namespace anneal
