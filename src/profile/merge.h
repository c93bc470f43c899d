// Merging: the union of profiles' entities by content, the sum of their samples' values.
//
// LAWS (tested as properties): Merge is associative and commutative to the byte, and
// Merge({p}) == Merge({Merge({p})}): EncodePprof(Merge(...)) depends only on the multiset of
// samples and headers that came in. (Where sums cancel to zero, which only differences do, parts
// merged first may forget a mapping's lowest start; docs/format/profile.md.) What makes it so:
// every entity is identified by its content, never by its position; unreferenced entities and
// samples whose values are all zero are dropped; columns are put in one canonical order.
//
// Headers: time is the earliest non-zero, duration the sum, period the largest, comments the
// sorted union; of drop_frames, keep_frames, default_sample_type and doc_url the smallest
// non-empty. Mappings are one when size (rounded up to 4 KiB), offset and build id (else file)
// agree; addresses are then rebased onto the lowest start. The first mapping is the smallest of
// those that came first. Compare google/pprof profile/merge.go, which lets the first input win.
#pragma once

#include <memory>
#include <span>

#include "base/status.h"
#include "profile/profile.h"

namespace anneal {

class Merger {
 public:
  Merger();
  ~Merger();
  Merger(Merger&&) noexcept;
  Merger& operator=(Merger&&) noexcept;

  // Adds a profile's samples. kInvalidArgument, naming both, when its sample types or period type
  // differ from those added before; the merger is then unchanged. The profile is not kept.
  Status Add(const Profile& profile);
  // Memory held, roughly. Bytes.
  size_t bytes() const;
  // The merge in canonical order; empty when nothing was added. The merger is empty afterwards.
  Profile Finish();

 private:
  struct Rep;
  std::unique_ptr<Rep> rep_;  // null while empty
};

Result<Profile> MergeProfiles(std::span<const Profile> profiles);

// Merge of one: the canonical form.
Profile Canonical(const Profile& profile);

// candidate − baseline, sample by sample (a merge with the baseline scaled by −1).
Result<Profile> DiffProfiles(const Profile& baseline, const Profile& candidate);

// Multiplies column i by ratios[i], rounding to nearest, halves away from zero; samples that
// become all zero are dropped. REQUIRES: one ratio per sample type.
Profile ScaleProfile(const Profile& profile, std::span<const double> ratios);

}  // namespace anneal
