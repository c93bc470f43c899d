#include "store/series_record.h"

#include "store/checksum.h"

namespace anneal {
namespace {

constexpr uint8_t kVersion = 1;

std::string Hex(std::string_view bytes) {
  std::string out;
  for (char c : bytes) out += fmt::format("{:02x}", static_cast<uint8_t>(c));
  return out;
}

// Checks what all kinds share and leaves the reader at the content.
Result<ByteReader> Open(std::string_view key, std::string_view value, size_t key_size) {
  if (key.size() != key_size || !CheckAndStripChecksum(key, value)) {
    return Error(Code::kDataLoss, "series record {}: its checksum does not match", Hex(key));
  }
  ByteReader in(value);
  uint8_t version = in.Byte();
  if (version != kVersion) {
    return Error(Code::kDataLoss, "series record {}: version {} (newer than this?)", Hex(key),
                 version);
  }
  return in;
}
Status Close(std::string_view key, const ByteReader& in) {
  if (in.ok() && in.AtEnd()) return {};
  return Error(Code::kDataLoss, "series record {}: it does not decode", Hex(key));
}

std::string Begin() { return std::string(1, static_cast<char>(kVersion)); }

}  // namespace

std::string EncodeRecord(std::string_view key, const ServiceRecordValue& record) {
  std::string out = Begin();
  PutBytes(out, record.tenant);
  PutBytes(out, record.name);
  AppendChecksum(key, out);
  return out;
}

std::string EncodeRecord(std::string_view key, const SeriesRecordValue& record) {
  std::string out = Begin();
  PutBytes(out, record.tenant);
  PutVarint(out, static_cast<uint32_t>(record.service));
  PutVarint(out, record.labels.size());
  for (const LabelPair& pair : record.labels) {
    PutBytes(out, pair.name);
    PutBytes(out, pair.value);
  }
  AppendChecksum(key, out);
  return out;
}

std::string EncodeRecord(std::string_view key, const SpanRecordValue& record) {
  std::string out = Begin();
  PutVarint(out, static_cast<uint64_t>(record.min_ns));
  PutVarint(out, static_cast<uint64_t>(record.max_ns - record.min_ns));
  AppendChecksum(key, out);
  return out;
}

Status DecodeRecord(std::string_view key, std::string_view value, ServiceRecordValue& record) {
  ASSIGN_OR_RETURN(ByteReader in, Open(key, value, ServiceKey({}).size()));
  record.tenant = in.Bytes();
  record.name = in.Bytes();
  return Close(key, in);
}

Status DecodeRecord(std::string_view key, std::string_view value, SeriesRecordValue& record) {
  ASSIGN_OR_RETURN(ByteReader in, Open(key, value, SeriesKey({}).size()));
  record.tenant = in.Bytes();
  record.service = static_cast<ServiceId>(in.Varint32());
  record.labels.clear();
  for (uint64_t count = in.Varint(); count > 0 && in.ok(); --count) {
    std::string_view name = in.Bytes();
    std::string_view text = in.Bytes();
    record.labels.push_back({std::string(name), std::string(text)});
  }
  return Close(key, in);
}

Status DecodeRecord(std::string_view key, std::string_view value, SpanRecordValue& record) {
  ASSIGN_OR_RETURN(ByteReader in, Open(key, value, SpanKey({}, {}).size()));
  uint64_t min = in.Varint(), length = in.Varint();
  constexpr uint64_t kMax = INT64_MAX;
  if (min > kMax || length > kMax - min) in.Fail();
  record.min_ns = static_cast<int64_t>(min);
  record.max_ns = static_cast<int64_t>(min + length);
  return Close(key, in);
}

}  // namespace anneal
