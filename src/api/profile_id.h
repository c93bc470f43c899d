// Ids of stored profiles as text.
#pragma once

#include <string>
#include <string_view>

#include "base/status.h"
#include "store/store.h"

namespace anneal {

// "01234567-89ab-cdef-0123-456789abcdef", hyphens optional. kInvalidArgument otherwise.
Result<ProfileUuid> ParseProfileId(std::string_view text);
std::string ToString(const ProfileUuid& id);

}  // namespace anneal
