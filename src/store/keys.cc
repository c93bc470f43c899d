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

std::string PrefixEnd(std::string prefix) {
  while (!prefix.empty() && static_cast<uint8_t>(prefix.back()) == 0xff) prefix.pop_back();
  if (!prefix.empty()) prefix.back() = static_cast<char>(static_cast<uint8_t>(prefix.back()) + 1);
  return prefix;
}

}  // namespace anneal
