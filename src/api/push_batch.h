// PushBatch: the profiles of one request on their way into one Store::Append.
#pragma once

#include <cstdint>
#include <deque>
#include <span>
#include <string_view>
#include <vector>

#include "api/limits.h"
#include "api/sample_groups.h"
#include "api/series_labels.h"
#include "base/status.h"
#include "net/http.h"
#include "profile/pprof.h"
#include "profile/profile.h"
#include "store/labels.h"
#include "store/store.h"

namespace anneal {

// The limits as decoders take them, where none is the largest number.
DecodeLimits DecodeLimitsOf(const Limits& limits);

// Times before it are none: clients without a clock, or that leave the field out, send 0 or so.
inline constexpr int64_t kYear1971 = int64_t{365} * 86'400 * 1'000'000'000;

class PushBatch {
 public:
  // `limits` must outlive the batch. `now_ns`: for profiles that carry no time.
  // `memory`: for what is decoded; null: unbounded; must outlive the batch.
  PushBatch(const Limits& limits, int64_t now_ns, RequestMemory* memory = nullptr)
      : limits_(limits), now_ns_(now_ns), memory_(memory) {}
  PushBatch(const PushBatch&) = delete;
  PushBatch& operator=(const PushBatch&) = delete;

  // Decodes a pushed pprof message, gzipped or not, within the limits on its size and on those of
  // all that this batch has decoded. Every failure, a limit's too, is kInvalidArgument: the client
  // must drop the profile, not send it again; but kUnavailable when there is no memory now.
  Result<Profile> Decode(std::string_view pprof);

  // Adds a decoded profile under the labels as sent: both checked, stacks and strings that are too
  // long cut, addresses dropped, samples
  // grouped, one write per group and sample type with a value. A profile without samples adds
  // nothing and is ok. Labels, once for each write, may take limits.body and are claimed; of
  // samples they are checked as those of a series. `source` is what the client sent: its
  // fingerprint becomes the id, so that a push that is repeated because its answer was lost counts
  // once. A time in 1970 is replaced by `fallback_time_ns`, or now when that is in 1970 too. On
  // failure nothing is added.
  Status Add(std::vector<LabelPair> labels, Profile profile, std::string_view source,
             int64_t fallback_time_ns);

  RequestMemory* memory() const { return memory_; }

  // Valid while the batch lives.
  std::span<const ProfileWrite> writes() const { return writes_; }
  // One of those with writes, which are stored together or not at all.
  struct Part {
    size_t end = 0;  // of its writes, which begin where those of the part before end
    uint64_t bytes = 0;
  };
  std::span<const Part> parts() const { return parts_; }
  // Bytes as the rate limit counts them: decoded columns and labels.
  uint64_t bytes() const { return bytes_; }

 private:
  // Labels, and the bytes of their names and values.
  struct LabelCost {
    size_t labels = 0, bytes = 0;
  };
  Result<LabelCost> CostOfColumns(const SeriesLabels& series, const Profile& profile) const;
  Status Admit(LabelCost columns, LabelCost group, size_t column_count);
  Result<std::vector<SampleGroup>> Group(const SeriesLabels& series, const Profile& profile);

  const Limits& limits_;
  int64_t now_ns_;
  RequestMemory* const memory_;
  std::deque<Profile> profiles_;
  std::vector<ProfileWrite> writes_;
  std::vector<Part> parts_;
  uint64_t bytes_ = 0;
  uint64_t label_bytes_ = 0;     // of all writes
  size_t decoded_ = 0;           // profiles
  uint64_t inflated_bytes_ = 0;  // of them
};

}  // namespace anneal
