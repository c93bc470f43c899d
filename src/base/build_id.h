// The id that the linker gave a binary, by which profiles name it, too. Pure.
#pragma once

#include <string>
#include <string_view>

namespace anneal {

// The GNU build id of an ELF file of 64 bits, little endian, in hex; empty when the bytes are
// anything else or carry none. Go's linker writes one since Go 1.24. Source: elf(5), the note
// NT_GNU_BUILD_ID.
std::string GnuBuildId(std::string_view file);

}  // namespace anneal
