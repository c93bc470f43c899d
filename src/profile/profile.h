// Profile: one pprof message as columns.
//
// Source of the model: google/pprof proto/profile.proto. What pprof links by numeric id is linked
// here by position: decoding checks every id once, so that code behind the decoder indexes
// without checks. Ids are types, not integers. Everything is a value: a Profile owns all its
// bytes, copies deeply, and is safe to read from several threads.
//
// INVARIANTS (DecodePprof establishes them, ValidateProfile checks them):
//   strings.Get(StringId::kEmpty) is ""; every id is < the size of its column; every sample has
//   value_types.size() values; sample and label bounds are rising and end at their column's size.
#pragma once

#include <compare>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/status.h"

namespace anneal {

enum class StringId : uint32_t { kEmpty = 0 };
enum class MappingId : uint32_t { kNone = 0xffffffffu };
enum class FunctionId : uint32_t {};
enum class LocationId : uint32_t {};

// The position that an id names.
template <typename Id>
constexpr size_t Index(Id id) {
  return static_cast<size_t>(id);
}

// Strings stored back to back. Append does not deduplicate; ids are dense, in order of Append.
// Views point into the table and live until it changes.
class StringTable {
 public:
  StringTable() { ends_.push_back(0); }  // id 0 is the empty string
  // Takes strings that stand back to back, string i ending before ends[i].
  // REQUIRES: ends rise from 0 to bytes.size().
  StringTable(std::string bytes, std::vector<uint32_t> ends)
      : bytes_(std::move(bytes)), ends_(std::move(ends)) {}
  std::string_view Get(StringId id) const {
    size_t i = Index(id);
    uint32_t begin = i == 0 ? 0 : ends_[i - 1];
    return std::string_view(bytes_).substr(begin, ends_[i] - begin);
  }
  // REQUIRES: all strings together stay below 4 GiB.
  StringId Append(std::string_view text) {
    bytes_.append(text);
    ends_.push_back(static_cast<uint32_t>(bytes_.size()));
    return static_cast<StringId>(ends_.size() - 1);
  }
  size_t size() const { return ends_.size(); }
  size_t bytes() const { return bytes_.size(); }
  void Reserve(size_t strings, size_t bytes) {
    ends_.reserve(strings);
    bytes_.reserve(bytes);
  }
  // All strings, back to back.
  std::string_view AllBytes() const { return bytes_; }

  bool operator==(const StringTable&) const = default;

 private:
  std::string bytes_;
  std::vector<uint32_t> ends_;  // ends_[i]: offset just past string i
};

// What one column of values counts: ("cpu", "nanoseconds").
struct ValueType {
  StringId type = StringId::kEmpty;
  StringId unit = StringId::kEmpty;

  bool operator==(const ValueType&) const = default;
};

// A range of the address space backed by one file.
struct Mapping {
  uint64_t start = 0, limit = 0, offset = 0;  // bytes; [start, limit)
  StringId file = StringId::kEmpty;
  StringId build_id = StringId::kEmpty;
  bool has_functions = false, has_filenames = false, has_line_numbers = false,
       has_inline_frames = false;

  bool operator==(const Mapping&) const = default;
};

struct Function {
  StringId name = StringId::kEmpty;         // Go: the linker symbol, type arguments included
  StringId system_name = StringId::kEmpty;  // mangled
  StringId file = StringId::kEmpty;
  int64_t start_line = 0;  // 0: unknown

  bool operator==(const Function&) const = default;
};

// One frame of a location.
struct Line {
  FunctionId function{};
  int64_t line = 0;
  int64_t column = 0;

  bool operator==(const Line&) const = default;
};

// One program counter. Its lines are frames, innermost inlined frame first, the physical function
// last; none when not symbolised.
struct Location {
  MappingId mapping = MappingId::kNone;
  uint64_t address = 0;
  uint32_t lines_begin = 0, lines_end = 0;  // range in Profile::lines
  bool is_folded = false;

  bool operator==(const Location&) const = default;
};

// A label of a sample: a string value, or a number with a unit when `str` is empty.
struct Label {
  StringId key = StringId::kEmpty;
  StringId str = StringId::kEmpty;
  int64_t num = 0;
  StringId num_unit = StringId::kEmpty;

  auto operator<=>(const Label&) const = default;  // by id, not by text
};

struct Profile {
  StringTable strings;
  std::vector<ValueType> sample_types;
  std::vector<Mapping> mappings;  // the first is the main binary, by pprof's convention
  std::vector<Function> functions;
  std::vector<Line> lines;
  std::vector<Location> locations;

  // Samples, column by column. Sample i has the stack
  // sample_locations[stack_ends[i-1] .. stack_ends[i]), leaf first; the values
  // sample_values[i * sample_types.size() ...]; the labels labels[label_ends[i-1] ..
  // label_ends[i]). label_ends is empty when no sample has labels.
  std::vector<uint32_t> stack_ends;
  std::vector<LocationId> sample_locations;
  std::vector<int64_t> sample_values;
  std::vector<uint32_t> label_ends;
  std::vector<Label> labels;

  StringId drop_frames = StringId::kEmpty;  // regexes for frames to drop or keep
  StringId keep_frames = StringId::kEmpty;
  int64_t time_ns = 0;  // start of collection, since 1970 UTC
  int64_t duration_ns = 0;
  ValueType period_type;
  int64_t period = 0;  // events between samples, in period_type's unit
  std::vector<StringId> comments;
  StringId default_sample_type = StringId::kEmpty;
  StringId doc_url = StringId::kEmpty;

  size_t SampleCount() const { return stack_ends.size(); }
  std::span<const LocationId> Stack(size_t sample) const {
    uint32_t begin = sample == 0 ? 0 : stack_ends[sample - 1];
    return std::span(sample_locations).subspan(begin, stack_ends[sample] - begin);
  }
  std::span<const int64_t> Values(size_t sample) const {
    return std::span(sample_values).subspan(sample * sample_types.size(), sample_types.size());
  }
  std::span<const Label> Labels(size_t sample) const {
    if (label_ends.empty()) return {};
    uint32_t begin = sample == 0 ? 0 : label_ends[sample - 1];
    return std::span(labels).subspan(begin, label_ends[sample] - begin);
  }
  std::span<const Line> Lines(LocationId location) const {
    const Location& l = locations[Index(location)];
    return std::span(lines).subspan(l.lines_begin, l.lines_end - l.lines_begin);
  }
  std::string_view Text(StringId id) const { return strings.Get(id); }
  std::string_view FunctionName(const Line& line) const {
    return strings.Get(functions[Index(line.function)].name);
  }
  // The column whose type and unit are these, or -1.
  int FindSampleType(std::string_view type, std::string_view unit) const;

  bool operator==(const Profile&) const = default;
};

// Whether two locations have a frame in common (same line of the same function), so that only
// their addresses tell those frames apart. A location without lines has one nameless frame.
bool ShareFrame(const Profile& profile, LocationId a, LocationId b);

// Checks the invariants; the message names the first violation. For profiles built by hand.
Status ValidateProfile(const Profile& profile);

}  // namespace anneal
