// Selectors, times, profile types, service names and queries: texts that clients write.
#include "api/app_name.h"
#include "api/attime.h"
#include "api/profile_id.h"
#include "api/profile_type.h"
#include "api/selector.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace anneal;
  std::string_view text(reinterpret_cast<const char*>(data), size);
  Result<Selector> selector = ParseSelector(text);
  if (selector.ok()) {
    for (const LabelMatcher& matcher : selector->matchers) {
      if (matcher.name.empty()) __builtin_trap();
    }
  } else if (selector.status().message().size() > 1'000 + 2 * size) {
    __builtin_trap();
  }
  Result<ProfileType> type = ParseProfileType(text);
  if (type.ok() && !ParseProfileType(ToString(*type)).ok()) __builtin_trap();
  Result<ProfileUuid> id = ParseProfileId(text);
  if (id.ok() && *ParseProfileId(ToString(*id)) != *id) __builtin_trap();
  (void)ParseTime(text, 1'700'000'000'000'000'000).ok();
  (void)ParseAppName(text).ok();
  return 0;
}
