// SampleBuilder: a profile with another's header and entities, and samples of one's own choosing.
#pragma once

#include <span>

#include "profile/profile.h"

namespace anneal {

class SampleBuilder {
 public:
  explicit SampleBuilder(const Profile& from);

  // For changing header and entities; samples come through Append only.
  Profile& profile() { return out_; }
  // REQUIRES: one value per sample type of profile() at this time.
  void Append(std::span<const LocationId> stack, std::span<const int64_t> values,
              std::span<const Label> labels);
  // The builder is empty afterwards.
  Profile Finish();

 private:
  Profile out_;
};

}  // namespace anneal
