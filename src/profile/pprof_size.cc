#include <algorithm>

#include "profile/pprof.h"
#include "profile/wire_reader.h"

namespace anneal {
namespace {

// Packed integers in `field`, or the one that it is.
size_t CountNumbers(const WireField& field) {
  if (field.type != WireType::kBytes) return 1;
  return static_cast<size_t>(std::count_if(field.bytes.begin(), field.bytes.end(), [](char byte) {
    return static_cast<signed char>(byte) >= 0;
  }));
}

struct SampleCounts {
  size_t locations = 0, values = 0, labels = 0;
};

void CountSample(std::string_view message, SampleCounts& counts) {
  WireReader reader(message);
  WireField field;
  while (!reader.AtEnd() && reader.ReadField(field)) {
    if (field.number == 1) counts.locations += CountNumbers(field);
    if (field.number == 2) counts.values += CountNumbers(field);
    if (field.number == 3) ++counts.labels;
  }
}

size_t CountLines(std::string_view location) {
  WireReader reader(location);
  WireField field;
  size_t lines = 0;
  while (!reader.AtEnd() && reader.ReadField(field)) {
    if (field.number == 4) ++lines;
  }
  return lines;
}

}  // namespace

size_t DecodedSize(std::string_view message) {
  WireReader reader(message);
  WireField field;
  SampleCounts samples;
  size_t bytes = sizeof(Profile);
  while (!reader.AtEnd() && reader.ReadField(field)) {
    if (field.type != WireType::kBytes) continue;
    switch (field.number) {
      case 2:
        CountSample(field.bytes, samples);
        bytes += 2 * sizeof(uint32_t);  // ends of its stack and labels
        break;
      case 3:
        bytes += sizeof(Mapping);
        break;
      case 4:
        // Lists of lines grow, and are copied then.
        bytes += sizeof(Location) + 2 * sizeof(Line) * CountLines(field.bytes);
        break;
      case 5:
        bytes += sizeof(Function);
        break;
      case 6:
        bytes += field.bytes.size() + sizeof(uint32_t);
        break;
      default:
        break;
    }
  }
  return bytes + samples.locations * sizeof(LocationId) + samples.values * sizeof(int64_t) +
         2 * samples.labels * sizeof(Label);
}

}  // namespace anneal
