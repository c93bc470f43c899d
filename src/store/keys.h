// Keys: where each record lies. docs/format/store.md, "Keys".
//
// All begin with what data is dropped and read by: the epoch, then the service. So one service's
// window is one contiguous scan, and retention deletes a range.
#pragma once

#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

#include "store/bytes.h"
#include "store/store.h"

namespace anneal {

enum class SeriesId : uint32_t {};
enum class ServiceId : uint32_t {};  // a service_name of a tenant
enum class Epoch : uint32_t {};      // time / epoch length

// All symbols shared by the profiles of one service in one epoch.
struct PartitionKey {
  Epoch epoch{};
  ServiceId service{};
  auto operator<=>(const PartitionKey&) const = default;
  template <typename H>
  friend H AbslHashValue(H h, const PartitionKey& key) {
    return H::combine(std::move(h), key.epoch, key.service);
  }
};

inline std::string EpochPrefix(Epoch epoch) {
  std::string key;
  PutBig32(key, static_cast<uint32_t>(epoch));
  return key;
}
inline std::string PartitionPrefix(PartitionKey partition) {
  std::string key = EpochPrefix(partition.epoch);
  PutBig32(key, static_cast<uint32_t>(partition.service));
  return key;
}
inline std::string SymbolsKey(PartitionKey partition, uint32_t segment) {
  std::string key = PartitionPrefix(partition);
  PutBig32(key, segment);
  return key;
}

// A profile's key: the partition, the series, its time and its id.
struct ProfileKey {
  PartitionKey partition;
  SeriesId series{};
  int64_t time_ns = 0;  // >= 0
  ProfileUuid id{};
  auto operator<=>(const ProfileKey&) const = default;
};
inline constexpr size_t kProfileKeySize = 36;
inline constexpr size_t kProfileKeySeriesAt = 8;
inline constexpr size_t kProfileKeyTimeAt = 12;

inline std::string SeriesPrefix(PartitionKey partition, SeriesId series) {
  std::string key = PartitionPrefix(partition);
  PutBig32(key, static_cast<uint32_t>(series));
  return key;
}
inline std::string EncodeKey(const ProfileKey& profile) {
  std::string key = SeriesPrefix(profile.partition, profile.series);
  PutBig64(key, static_cast<uint64_t>(profile.time_ns));
  key.append(reinterpret_cast<const char*>(profile.id.data()), profile.id.size());
  return key;
}
// The time and the id in a profile's key. REQUIRES: kProfileKeySize bytes.
inline int64_t TimeOfKey(std::string_view key) {
  return static_cast<int64_t>(GetBig64(key.data() + kProfileKeyTimeAt));
}
inline ProfileUuid IdOfKey(std::string_view key) {
  ProfileUuid id;
  std::memcpy(id.data(), key.data() + kProfileKeyTimeAt + 8, id.size());
  return id;
}
// nullopt when `key` has another length or a time out of range.
std::optional<ProfileKey> DecodeProfileKey(std::string_view key);
// "epoch 3 service 1 series 7 time … id …", for messages.
std::string ToString(const ProfileKey& key);

// The smallest key greater than every key with this prefix; empty when there is none.
std::string PrefixEnd(std::string prefix);

// Rollups: of whole epochs, all series of a partition in a row; of hours, by series. The hour
// counts from the epoch's start. A partition's progress says up to when its rollups were made.
enum class RollupKind : uint8_t { kProgress = 0, kEpoch = 1, kHour = 2 };

inline std::string RollupProgressKey(PartitionKey partition) {
  std::string key = PartitionPrefix(partition);
  key.push_back(static_cast<char>(RollupKind::kProgress));
  return key;
}
inline std::string EpochRollupKey(PartitionKey partition, SeriesId series) {
  std::string key = PartitionPrefix(partition);
  key.push_back(static_cast<char>(RollupKind::kEpoch));
  PutBig32(key, static_cast<uint32_t>(series));
  return key;
}
inline std::string HourRollupPrefix(PartitionKey partition, SeriesId series) {
  std::string key = PartitionPrefix(partition);
  key.push_back(static_cast<char>(RollupKind::kHour));
  PutBig32(key, static_cast<uint32_t>(series));
  return key;
}
inline std::string HourRollupKey(PartitionKey partition, SeriesId series, uint32_t hour) {
  std::string key = HourRollupPrefix(partition, series);
  PutBig32(key, hour);
  return key;
}
struct RollupKey {
  PartitionKey partition;
  RollupKind kind{};
  SeriesId series{};  // but for kProgress
  uint32_t hour = 0;  // kHour
};
// nullopt when `key` is of another length or kind.
std::optional<RollupKey> DecodeRollupKey(std::string_view key);
// "rollup of epoch 3 service 1 series 7 hour 2", for messages.
std::string DescribeRollupKey(std::string_view key);

// Family kSeries holds three kinds of records, told apart by the first byte.
enum class SeriesRecord : uint8_t { kService = 1, kSeries = 2, kSpan = 3 };

inline std::string ServiceKey(ServiceId service) {
  std::string key(1, static_cast<char>(SeriesRecord::kService));
  PutBig32(key, static_cast<uint32_t>(service));
  return key;
}
inline std::string SeriesKey(SeriesId series) {
  std::string key(1, static_cast<char>(SeriesRecord::kSeries));
  PutBig32(key, static_cast<uint32_t>(series));
  return key;
}
// Where a series has data: one record per epoch.
inline std::string SpanKey(Epoch epoch, SeriesId series) {
  std::string key(1, static_cast<char>(SeriesRecord::kSpan));
  PutBig32(key, static_cast<uint32_t>(epoch));
  PutBig32(key, static_cast<uint32_t>(series));
  return key;
}

}  // namespace anneal
