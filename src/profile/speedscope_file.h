// A speedscope file as columns, read without building a document of it: a small text can hold
// very many values. Private to speedscope*.cc.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace anneal {

struct SpeedscopeFile {
  struct Frame {
    std::string name, file;
    int64_t line = 0;
  };
  struct Event {
    bool opens = false;
    double at = 0;
    uint32_t frame = 0;
  };
  struct Entry {
    std::string type, name, unit;
    double end_value = 0;
    // Sample i has the frames stacks[stack_ends[i-1] .. stack_ends[i]), root first.
    std::vector<uint32_t> stacks, stack_ends;
    std::vector<double> weights;
    std::vector<Event> events;
  };
  std::string schema;
  std::vector<Frame> frames;
  std::vector<Entry> entries;
};

// kInvalidArgument when the text is no JSON, or a value that the format names has another type.
// Unknown members are skipped. Indices are not checked against frames.
Result<SpeedscopeFile> ReadSpeedscopeFile(std::string_view json);

}  // namespace anneal
