// Profile records: one column of values over stacks. docs/format/store.md, "Profiles".
//
// The ids of the stacks are sorted and delta coded; the values are divided by their greatest
// common divisor, which makes nanoseconds of a 100 Hz profile small numbers. The sum is in the
// header, so that a time line needs no stacks.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "base/wrapping.h"
#include "profile/profile.h"
#include "store/bytes.h"
#include "store/sample_link.h"
#include "store/symbol_table.h"

namespace anneal {

inline constexpr uint8_t kProfileRecordVersion = 1;

struct ProfileHeader {
  int64_t duration_ns = 0;
  int64_t period = 0;
  int64_t total = 0;  // the values' sum, modulo 2^64
  // The first of the profile's mappings that a sample uses: its main binary, see profile/merge.h.
  MappingId main_mapping = MappingId::kNone;
  uint32_t count = 0;  // of stacks
};

struct StackValue {
  StackId stack{};
  int64_t value = 0;
};

// The part of a stack's value that was taken in a span.
struct LinkedValue {
  StackId stack{};
  SampleLink link;
  int64_t value = 0;
};

// Without checksum. Sorts `values` and sums those of one stack; zeros are left out. `header`'s
// total and count are computed. `links`, whose values are also in `values`, are treated alike;
// without any, the record has no trace of them.
std::string EncodeProfileRecord(ProfileHeader header, std::vector<StackValue>& values,
                                std::vector<LinkedValue> links = {});

// Sums by stack id: what a merge adds records into.
class StackSums {
 public:
  // Room for ids below `count`; keeps what is there.
  void Resize(size_t count) {
    if (count > sums_.size()) sums_.resize(count, 0);
  }
  size_t size() const { return sums_.size(); }
  // REQUIRES: Index(stack) < size().
  void Add(uint32_t stack, int64_t value) {
    int64_t& sum = sums_[stack];
    if (sum == 0) touched_.push_back(stack);
    sum = WrappingAdd(sum, value);
  }
  // The non-zero sums in order of stack; empty afterwards.
  std::vector<StackValue> Take();

 private:
  std::vector<int64_t> sums_;
  std::vector<uint32_t> touched_;  // a stack whose sum passed zero is in it again
};

// A record being read. The bytes must outlive the reader.
class ProfileRecordReader {
 public:
  // Reads the header. kDataLoss when it does not decode.
  static Result<ProfileRecordReader> Open(std::string_view record);

  const ProfileHeader& header() const { return header_; }
  // Adds the values to `sums`. kDataLoss, with `sums` as before, when the record does not decode
  // or names a stack that `sums` has no room for.
  Status AddTo(StackSums& sums) const;
  // The values less those of `without`, by stack. kDataLoss as AddTo; `stacks` is the room.
  Result<std::vector<StackValue>> Values(size_t stacks, std::span<const LinkedValue> without) const;
  // Subtracts the values. REQUIRES: AddTo has added them to `sums`.
  void TakeFrom(StackSums& sums) const { TakeBack(sums, header_.count); }
  // The values with a span or trace id, by stack, then link. kDataLoss as AddTo, whose values
  // need not be read before; `stacks` is the room.
  Result<std::vector<LinkedValue>> Links(size_t stacks) const;
  // How much of the record they are.
  size_t LinksBytes() const;

 private:
  explicit ProfileRecordReader(ByteReader in) : in_(in) {}
  void TakeBack(StackSums& sums, uint32_t count) const;

  ProfileHeader header_;
  uint64_t unit_ = 0;
  uint8_t flags_ = 0;
  ByteReader in_;  // at the first stack id
};

}  // namespace anneal
