// The records of family kSeries. docs/format/store.md, "Series".
#pragma once

#include <string>
#include <string_view>

#include "base/status.h"
#include "store/keys.h"
#include "store/labels.h"

namespace anneal {

struct ServiceRecordValue {
  std::string tenant, name;
};
struct SeriesRecordValue {
  std::string tenant;
  ServiceId service{};
  LabelSet labels;
};
struct SpanRecordValue {
  int64_t min_ns = 0, max_ns = 0;  // >= 0
};

// With checksum; the key is covered by it.
std::string EncodeRecord(std::string_view key, const ServiceRecordValue& record);
std::string EncodeRecord(std::string_view key, const SeriesRecordValue& record);
std::string EncodeRecord(std::string_view key, const SpanRecordValue& record);

// kDataLoss, naming the key in hex, when checksum or content is wrong.
Status DecodeRecord(std::string_view key, std::string_view value, ServiceRecordValue& record);
Status DecodeRecord(std::string_view key, std::string_view value, SeriesRecordValue& record);
Status DecodeRecord(std::string_view key, std::string_view value, SpanRecordValue& record);

}  // namespace anneal
