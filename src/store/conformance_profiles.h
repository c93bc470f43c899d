// What the tests of every Store write, and what a merge of it must give.
#pragma once

#include <gtest/gtest.h>

#include <deque>
#include <span>
#include <string>
#include <vector>

#include "profile/merge.h"
#include "profile/pprof.h"
#include "store/profiles_for_test.h"

namespace anneal {

// Writes, and the profiles that they borrow.
class Writes {
 public:
  ProfileWrite& Add(LabelSet labels, int64_t time_ns, uint64_t id, Profile profile) {
    profiles_.push_back(std::move(profile));
    ProfileWrite& write = writes_.emplace_back();
    write.labels = std::move(labels);
    write.time_ns = time_ns;
    write.id = TestUuid(id);
    write.duration_ns = 10 * kTestSecondNs;
    write.period = profiles_.back().period;
    write.profile = &profiles_.back();
    write.sample_type = 1;
    return write;
  }
  std::span<const ProfileWrite> all() const { return writes_; }
  const ProfileWrite& operator[](size_t i) const { return writes_[i]; }
  size_t size() const { return writes_.size(); }

 private:
  std::deque<Profile> profiles_;
  std::vector<ProfileWrite> writes_;
};

// One profile of a single stack, `value` its only value.
inline Profile OneStack(std::string_view function, int64_t value) {
  Profile p;
  auto text = [&p](std::string_view s) { return p.strings.Append(s); };
  p.sample_types = {{text("samples"), text("count")}, {text("cpu"), text("nanoseconds")}};
  p.period_type = {text("cpu"), text("nanoseconds")};
  p.functions.push_back({text(function), StringId::kEmpty, StringId::kEmpty, 7});
  p.lines.push_back({FunctionId{0}, 9, 0});
  p.locations.push_back({MappingId::kNone, 0, 0, 1, false});
  p.sample_locations = {LocationId{0}};
  p.stack_ends = {1};
  p.sample_values = {1, value};
  return p;
}

inline int64_t Total(const Profile& profile) {
  uint64_t total = 0;
  for (int64_t value : profile.sample_values) total += static_cast<uint64_t>(value);
  return static_cast<int64_t>(total);
}

inline std::string Bytes(const Result<Profile>& profile) {
  EXPECT_TRUE(profile.ok()) << profile.status().ToString();
  return profile.ok() ? EncodePprof(*profile) : std::string();
}

// What a merge of these writes must give, by profile/merge.h.
inline std::string Reference(std::span<const ProfileWrite* const> writes) {
  std::vector<Profile> columns;
  for (const ProfileWrite* write : writes) columns.push_back(StoredColumn(*write));
  return Bytes(MergeProfiles(columns));
}

}  // namespace anneal
