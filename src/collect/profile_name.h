// The metric name (__name__) that a profile's sample types tell.
#pragma once

#include <string_view>

#include "profile/profile.h"

namespace anneal {

// As profilecli names uploads: "process_cpu" with a cpu column, "memory" with alloc_space or
// inuse_space, else "unknown". Go's goroutine profiles tell their kind too: "goroutine". (Mutex
// and block profiles have equal columns and cannot be told apart.)
std::string_view NameOfProfile(const Profile& profile);

}  // namespace anneal
