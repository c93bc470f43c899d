// NamedStacks: grows a profile from stacks of which only names are known, as text formats have
// them: one function and one location per distinct frame.
#pragma once

#include <cstdint>
#include <string_view>

#include "profile/intern_table.h"
#include "profile/profile.h"

namespace anneal {

class NamedStacks {
 public:
  // One sample type, which is the period type too.
  NamedStacks(std::string_view type, std::string_view unit);

  // The location of a frame, made when it is new. `name` and `file` must be UTF-8.
  LocationId Frame(std::string_view name, std::string_view file = {}, int64_t line = 0);
  // Grows the stack under way by one frame towards the root.
  void Push(LocationId frame) { profile_.sample_locations.push_back(frame); }
  // Ends the stack under way, perhaps an empty one.
  void EndStack(int64_t value);

  // Canonical order, equal stacks summed. The builder is empty afterwards.
  Profile Finish();

 private:
  StringId FileId(std::string_view file);

  Profile profile_;
  InternTable frames_;
  InternTable files_;
  std::vector<StringId> file_ids_;
};

}  // namespace anneal
