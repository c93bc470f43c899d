// GoSymbols: the functions of a Go binary by name, those that were inlined everywhere included.
//
// Source: the function name table of the pclntab, which the runtime needs itself and which
// therefore outlives `-ldflags=-s -w` and strip. It is found by its header's magic number, not by
// way of ELF, Mach-O or PE sections, so that it is found in each of them, and position
// independent or not. Go 1.20 and later (cmd/link/internal/ld/pcln.go, magic 0xfffffff1).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace anneal {

struct GoSymbols {
  std::vector<std::string> names;  // sorted, each once
  bool Contains(std::string_view name) const;
};

// `binary` is the whole file. kNotFound when it holds no such table: not a Go binary, or built by
// a Go before 1.20.
Result<GoSymbols> ReadGoSymbols(std::string_view binary);

}  // namespace anneal
