// Names of Go's functions as people read them. For display only: the compiler matches the linker's
// names to the byte, so what is stored and what PGO reads keeps them whole.
#pragma once

#include <string>
#include <string_view>

namespace anneal {

// "pkg.Map[go.shape.int,go.shape.string]" → "pkg.Map[...]", as Go's own tracebacks print it.
// Several lists in a name are each shortened; a name without shapes comes back as it is.
std::string ShortGoName(std::string_view name);

}  // namespace anneal
