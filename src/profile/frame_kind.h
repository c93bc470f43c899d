// What a frame is: Go, machine code of another language, kernel, or an interpreter's.
#pragma once

#include <cstdint>
#include <string_view>

namespace anneal {

// The numbers are part of the page's API (docs/guide/page-api.md).
enum class FrameKind : uint8_t {
  kUnknown = 0,
  kGo = 1,
  kNative = 2,  // C, C++, Rust and their like
  kKernel = 3,
  kInterpreted = 4,  // or compiled just in time: Python, Ruby, JavaScript, Java, .NET, PHP
  kFolded = 5,       // no frame at all: what was too small to be shown
};

// What a profile says of a frame; each may be empty.
struct FrameFacts {
  std::string_view name;    // of the function
  std::string_view file;    // its source
  std::string_view module;  // the file that was mapped where its code lies
};

// Judges by what only one kind has: the kernel's mappings and suffixes, the source's extension,
// a language's way to write names. kUnknown when nothing tells; never a guess by likelihood.
FrameKind KindOf(const FrameFacts& facts);

}  // namespace anneal
