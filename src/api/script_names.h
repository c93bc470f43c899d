// Names of functions of scripting languages. Pure.
#pragma once

#include <string_view>

#include "profile/profile.h"

namespace anneal {

// Agents that wrap py-spy and rbspy, and the one that calls itself "scripting", name functions as
// the language does: "initialize" says little where every file may have one. As in Pyroscope, the
// name becomes "<file> <function>" for them; pyspy's files only when they are relative paths.
// Profiles of any other `spy` are left alone.
void AddScriptNames(std::string_view spy, Profile& profile);

}  // namespace anneal
