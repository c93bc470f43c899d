#include "api/profile_id.h"

#include <fmt/format.h>

#include <charconv>

namespace anneal {

Result<ProfileUuid> ParseProfileId(std::string_view text) {
  std::string digits;
  for (char c : text) {
    if (c != '-') digits.push_back(c);
  }
  ProfileUuid id{};
  bool ok = digits.size() == 2 * id.size() && text.size() <= 36;
  for (size_t i = 0; ok && i < id.size(); ++i) {
    const char* begin = digits.data() + 2 * i;
    auto [end, error] = std::from_chars(begin, begin + 2, id[i], 16);
    ok = error == std::errc() && end == begin + 2;
  }
  if (!ok) return InvalidArgument("profile id `{}` is no UUID", text.substr(0, 64));
  return id;
}

std::string ToString(const ProfileUuid& id) {
  std::string out;
  for (size_t i = 0; i < id.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) out.push_back('-');
    out += fmt::format("{:02x}", id[i]);
  }
  return out;
}

}  // namespace anneal
