#include "store/keys.h"

#include <algorithm>

namespace anneal {

std::optional<ProfileKey> DecodeProfileKey(std::string_view key) {
  if (key.size() != kProfileKeySize) return std::nullopt;
  ProfileKey profile;
  profile.partition.epoch = static_cast<Epoch>(GetBig32(key.data()));
  profile.partition.service = static_cast<ServiceId>(GetBig32(key.data() + 4));
  profile.series = static_cast<SeriesId>(GetBig32(key.data() + kProfileKeySeriesAt));
  profile.time_ns = static_cast<int64_t>(GetBig64(key.data() + kProfileKeyTimeAt));
  if (profile.time_ns < 0) return std::nullopt;
  std::copy_n(key.data() + 20, profile.id.size(), profile.id.begin());
  return profile;
}

std::string ToString(const ProfileKey& key) {
  std::string id;
  for (uint8_t byte : key.id) id += fmt::format("{:02x}", byte);
  return fmt::format("epoch {} service {} series {} time {} id {}",
                     static_cast<uint32_t>(key.partition.epoch),
                     static_cast<uint32_t>(key.partition.service),
                     static_cast<uint32_t>(key.series), key.time_ns, id);
}

std::optional<RollupKey> DecodeRollupKey(std::string_view key) {
  if (key.size() < 9) return std::nullopt;
  RollupKey decoded;
  decoded.partition = {static_cast<Epoch>(GetBig32(key.data())),
                       static_cast<ServiceId>(GetBig32(key.data() + 4))};
  decoded.kind = static_cast<RollupKind>(key[8]);
  const size_t size = decoded.kind == RollupKind::kProgress ? 9
                      : decoded.kind == RollupKind::kEpoch  ? 13
                      : decoded.kind == RollupKind::kHour   ? 17
                                                            : 0;
  if (key.size() != size) return std::nullopt;
  if (size > 9) decoded.series = static_cast<SeriesId>(GetBig32(key.data() + 9));
  if (size > 13) decoded.hour = GetBig32(key.data() + 13);
  return decoded;
}

std::string DescribeRollupKey(std::string_view key) {
  const std::optional<RollupKey> decoded = DecodeRollupKey(key);
  if (!decoded.has_value()) return "rollup of an unknown kind";
  std::string text =
      fmt::format("rollup of epoch {} service {}", static_cast<uint32_t>(decoded->partition.epoch),
                  static_cast<uint32_t>(decoded->partition.service));
  if (decoded->kind == RollupKind::kProgress) return text + ", progress";
  text += fmt::format(" series {}", static_cast<uint32_t>(decoded->series));
  if (decoded->kind == RollupKind::kHour) text += fmt::format(" hour {}", decoded->hour);
  return text;
}

std::string PrefixEnd(std::string prefix) {
  while (!prefix.empty() && static_cast<uint8_t>(prefix.back()) == 0xff) prefix.pop_back();
  if (!prefix.empty()) prefix.back() = static_cast<char>(static_cast<uint8_t>(prefix.back()) + 1);
  return prefix;
}

}  // namespace anneal
