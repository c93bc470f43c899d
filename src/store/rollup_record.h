// Rollup records: what the profiles of one series in one stretch of time sum
// to. docs/format/store.md, "Rollups".
//
// A merge adds one of them instead of the profiles; a time line takes their
// points.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "profile/profile.h"
#include "store/profile_record.h"
#include "store/store.h"

namespace anneal {

inline constexpr uint8_t kRollupRecordVersion = 1;

// Sums being made. Reusable after Encode or Clear.
class RollupSums {
 public:
  explicit RollupSums(size_t stacks) : stacks_(stacks) {}

  // Adds a profile. kDataLoss, with the sums changed in part, when it does not
  // decode.
  Status AddProfile(int64_t time_ns, const ProfileUuid& id, const ProfileRecordReader& profile);
  Status AddRollup(std::string_view record);
  size_t count() const { return points_.size(); }
  // The record, without checksum. REQUIRES: count() > 0.
  std::string Encode();
  void Clear();

 private:
  struct Section {
    MappingId main{};  // as in ProfileHeader
    StackSums sums;
  };
  StackSums& For(MappingId main);

  const size_t stacks_;
  uint64_t duration_ns_ = 0;
  int64_t period_ = INT64_MIN;
  std::vector<SeriesPoint> points_;
  std::deque<Section> sections_;
};

// A record being read. The bytes must outlive the reader.
class RollupReader {
 public:
  // Reads the header. kDataLoss when it does not decode.
  static Result<RollupReader> Open(std::string_view record);

  // Times of the first and the last profile.
  int64_t first_ns() const { return first_ns_; }
  int64_t last_ns() const { return last_ns_; }
  uint64_t count() const { return count_; }             // of profiles
  int64_t duration_ns() const { return duration_ns_; }  // summed, modulo 2^64
  int64_t period() const { return period_; }            // the largest
  // Of the profiles' times the earliest that is not zero; zero when all are.
  Result<int64_t> MergedTime() const;
  // Appends a point for every profile, by time, value, then id; none when one does not decode.
  Status Points(std::vector<SeriesPoint>& points) const;
  // The next section: sums of the profiles with one main mapping. False at the
  // end.
  Result<bool> NextSection(std::string_view& record);

 private:
  int64_t first_ns_ = 0, last_ns_ = 0, duration_ns_ = 0, period_ = 0;
  uint64_t count_ = 0, sections_ = 0;
  std::string_view points_;
  ByteReader in_{{}};  // at the next section
};

}  // namespace anneal
