// Functions of a profile by what they cost: the table behind `query merge` and `query functions`.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "profile/profile.h"

namespace anneal {

struct FunctionCost {
  std::string name;   // of a location without symbols: its address in hex
  int64_t self = 0;   // of samples whose leaf frame it is
  int64_t total = 0;  // of samples in whose stack it is, each counted once
};

struct FunctionCosts {
  int64_t total = 0;                    // of all samples
  std::vector<FunctionCost> functions;  // most self first, then most total, then by name
};

// Sums one column. Inlined frames are functions of their own.
FunctionCosts TopFunctions(const Profile& profile, size_t sample_type);

// "1.23s", "4.5 MiB", "12 objects": a sum in the unit that pprof names.
std::string ValueText(double value, std::string_view unit);

}  // namespace anneal
