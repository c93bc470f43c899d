#include "api/sample_groups.h"

#include <absl/container/flat_hash_map.h>

#include <algorithm>
#include <map>

#include "api/series_labels.h"

namespace anneal {
namespace {

// Each is a series of its own; real profiles have up to ten.
constexpr size_t kMaxSampleTypes = 64;

bool Exceeds(size_t amount, size_t limit) { return limit != 0 && amount > limit; }

// Whether a sample counts at all.
bool IsKept(std::span<const int64_t> values) {
  bool any = false;
  for (int64_t value : values) {
    if (value < 0) return false;
    any = any || value > 0;
  }
  return any;
}

bool IsPerRequest(std::string_view key) {
  return key == "span_id" || key == "profile_id" || key == "trace_id";
}

// The grouping labels of a sample as sorted pairs of string ids.
using GroupKey = std::vector<std::pair<StringId, StringId>>;

class Grouper {
 public:
  Grouper(const Profile& profile, size_t max_groups, const AdmitGroup& admit)
      : profile_(profile), max_groups_(max_groups), admit_(admit) {}

  Result<std::vector<SampleGroup>> Run() {
    for (size_t i = 0; i < profile_.SampleCount(); ++i) {
      if (!IsKept(profile_.Values(i))) {
        all_kept_ = false;
        continue;
      }
      ASSIGN_OR_RETURN(const size_t group, GroupOf(i));
      samples_[group].push_back(static_cast<uint32_t>(i));
      if (Exceeds(samples_.size(), max_groups_)) {
        return InvalidArgument(
            "the labels of the profile's samples make more than {} series; push fewer label "
            "values or raise limits.series_per_profile",
            max_groups_);
      }
    }
    return Finish();
  }

 private:
  // The group's number; dense, in order of appearance.
  Result<size_t> GroupOf(size_t sample) {
    key_.clear();
    for (const Label& label : profile_.Labels(sample)) {
      if (label.str != StringId::kEmpty && !IsPerRequest(profile_.Text(label.key))) {
        key_.emplace_back(label.key, label.str);
      }
    }
    std::sort(key_.begin(), key_.end());
    if (auto known = numbers_.find(key_); known != numbers_.end()) return known->second;
    TRY(Admit());
    samples_.emplace_back();
    return numbers_.try_emplace(key_, numbers_.size()).first->second;
  }

  Status Admit() const {
    if (!admit_) return {};
    size_t bytes = 0;
    for (const auto& [name, value] : key_) {
      bytes += profile_.Text(name).size() + profile_.Text(value).size();
    }
    return admit_(key_.size(), bytes);
  }

  // Groups whose labels read the same under different string ids become one here.
  std::vector<SampleGroup> Finish() {
    std::map<LabelSet, std::vector<uint32_t>> by_labels;
    for (auto& [key, number] : numbers_) {
      std::vector<uint32_t>& into = by_labels[LabelsOf(key)];
      into.insert(into.end(), samples_[number].begin(), samples_[number].end());
    }
    const bool all = all_kept_ && by_labels.size() == 1;
    std::vector<SampleGroup> groups;
    groups.reserve(by_labels.size());
    while (!by_labels.empty()) {
      auto node = by_labels.extract(by_labels.begin());
      SampleGroup& group = groups.emplace_back();
      group.labels = std::move(node.key());
      std::sort(node.mapped().begin(), node.mapped().end());
      if (!all) group.samples = std::move(node.mapped());
    }
    return groups;
  }

  LabelSet LabelsOf(const GroupKey& key) const {
    LabelSet labels;
    for (const auto& [name, value] : key) {
      labels.push_back({std::string(profile_.Text(name)), std::string(profile_.Text(value))});
    }
    std::sort(labels.begin(), labels.end());
    // A key that occurs twice keeps its smallest value; one without a name says nothing.
    labels.erase(
        std::unique(labels.begin(), labels.end(),
                    [](const LabelPair& a, const LabelPair& b) { return a.name == b.name; }),
        labels.end());
    if (!labels.empty() && labels.front().name.empty()) labels.erase(labels.begin());
    return labels;
  }

  const Profile& profile_;
  size_t max_groups_;
  const AdmitGroup& admit_;
  GroupKey key_;
  absl::flat_hash_map<GroupKey, size_t> numbers_;
  std::vector<std::vector<uint32_t>> samples_;  // by group number
  bool all_kept_ = true;
};

// The common case, a profile without labels: one group, and no list when all samples count.
std::vector<SampleGroup> OneGroup(const Profile& profile) {
  size_t count = profile.SampleCount();
  std::vector<uint32_t> kept;
  bool all = true;
  for (size_t i = 0; i < count; ++i) {
    bool keep = IsKept(profile.Values(i));
    if (all && !keep) {
      all = false;
      kept.resize(i);
      for (size_t j = 0; j < i; ++j) kept[j] = static_cast<uint32_t>(j);
    } else if (!all && keep) {
      kept.push_back(static_cast<uint32_t>(i));
    }
  }
  if (count == 0 || (!all && kept.empty())) return {};
  std::vector<SampleGroup> groups(1);
  if (!all) groups[0].samples = std::move(kept);
  return groups;
}

// Those that become labels of series. Each text is looked at once: many samples name the same.
Status CheckSampleLabels(const Profile& profile, const Limits& limits) {
  std::vector<bool> names(profile.strings.size()), values(profile.strings.size());
  for (const Label& label : profile.labels) {
    if (label.str == StringId::kEmpty || label.key == StringId::kEmpty) continue;
    if (names[Index(label.key)] && values[Index(label.str)]) continue;
    const std::string_view name = profile.Text(label.key);
    if (name.empty() || IsPerRequest(name)) continue;
    TRY(CheckLabel(name, profile.Text(label.str), limits));
    names[Index(label.key)] = values[Index(label.str)] = true;
  }
  return {};
}

// Whether frames say all that there is to know of a location.
bool IsNamed(const Profile& profile, const Location& location) {
  return location.mapping != MappingId::kNone &&
         profile.mappings[Index(location.mapping)].has_functions &&
         location.lines_begin != location.lines_end;
}

// Recursion within one line: leaf and caller are one frame at two addresses, and Go's compiler
// counts the edge between them. Without addresses they would be one frame and the edge lost, so
// the leaves of such stacks get locations of their own, which are returned.
std::vector<LocationId> SplitRecursiveLeaves(Profile& profile) {
  absl::flat_hash_map<LocationId, LocationId> copies;
  for (size_t i = 0; i < profile.SampleCount(); ++i) {
    std::span<const LocationId> stack = profile.Stack(i);
    if (stack.size() < 2) continue;
    const Location leaf = profile.locations[Index(stack[0])];
    const Location& caller = profile.locations[Index(stack[1])];
    if (leaf.address == caller.address || !IsNamed(profile, leaf) || !IsNamed(profile, caller) ||
        !ShareFrame(profile, stack[0], stack[1])) {
      continue;
    }
    auto next = static_cast<LocationId>(profile.locations.size());
    auto [copy, added] = copies.try_emplace(stack[0], next);
    if (added) profile.locations.push_back(leaf);
    profile.sample_locations[i == 0 ? 0 : profile.stack_ends[i - 1]] = copy->second;
  }
  std::vector<LocationId> leaves;
  for (const auto& [leaf, copy] : copies) leaves.push_back(copy);
  return leaves;
}

}  // namespace

Status CheckPushedProfile(const Profile& profile, const Limits& limits) {
  if (profile.sample_types.empty()) {
    return InvalidArgument("the profile has no sample types");
  }
  if (profile.sample_types.size() > kMaxSampleTypes) {
    return InvalidArgument("the profile has {} sample types; {} are the most",
                           profile.sample_types.size(), kMaxSampleTypes);
  }
  for (size_t i = 0; i < profile.sample_types.size(); ++i) {
    for (size_t j = 0; j < i; ++j) {
      const ValueType &a = profile.sample_types[i], &b = profile.sample_types[j];
      if (profile.Text(a.type) == profile.Text(b.type) &&
          profile.Text(a.unit) == profile.Text(b.unit)) {
        return InvalidArgument("sample type `{}/{}` occurs twice",
                               profile.Text(a.type).substr(0, 64),
                               profile.Text(a.unit).substr(0, 64));
      }
    }
  }
  for (const ValueType& column : profile.sample_types) {
    std::string_view type = profile.Text(column.type);
    std::string_view unit = profile.Text(column.unit);
    if (type.empty() || type.find_first_of("-:") != std::string_view::npos ||
        unit.find(':') != std::string_view::npos) {
      return InvalidArgument(
          "sample type `{}/{}`: a type must have a name, and neither may hold ':' (nor the type "
          "'-')",
          type.substr(0, 64), unit.substr(0, 64));
    }
  }
  if (profile.Text(profile.period_type.type).find(':') != std::string_view::npos ||
      profile.Text(profile.period_type.unit).find(':') != std::string_view::npos) {
    return InvalidArgument("the profile's period type holds ':'");
  }
  for (size_t i = 0; limits.max_sample_labels != 0 && i < profile.label_ends.size(); ++i) {
    size_t count = profile.Labels(i).size();
    if (count > limits.max_sample_labels) {
      return InvalidArgument("sample {} has {} labels; limits.sample_labels allows {}", i, count,
                             limits.max_sample_labels);
    }
  }
  TRY(CheckSampleLabels(profile, limits));
  for (const Location& location : profile.locations) {
    const size_t frames = location.lines_end - location.lines_begin;
    if (Exceeds(frames, limits.max_inlined_frames)) {
      return InvalidArgument("a location has {} frames; limits.inlined_frames allows {}", frames,
                             limits.max_inlined_frames);
    }
  }
  return {};
}

void CutStacks(Profile& profile, size_t max_depth) {
  size_t kept = 0;
  uint32_t begin = 0;
  for (uint32_t& end : profile.stack_ends) {
    const size_t depth = end - begin;
    const size_t first = depth > max_depth ? end - max_depth : begin;
    for (size_t i = first; i < end; ++i) {
      profile.sample_locations[kept++] = profile.sample_locations[i];
    }
    begin = end;
    end = static_cast<uint32_t>(kept);
  }
  profile.sample_locations.resize(kept);
}

void CutStrings(Profile& profile, size_t max_bytes) {
  bool any = false;
  for (size_t i = 0; i < profile.strings.size() && !any; ++i) {
    any = profile.Text(static_cast<StringId>(i)).size() > max_bytes;
  }
  if (!any) return;
  StringTable cut;
  for (size_t i = 1; i < profile.strings.size(); ++i) {
    std::string_view text = profile.Text(static_cast<StringId>(i));
    if (text.size() > max_bytes) {
      text.remove_prefix(text.size() - max_bytes);
      while (!text.empty() && (static_cast<unsigned char>(text.front()) & 0xc0) == 0x80) {
        text.remove_prefix(1);
      }
    }
    cut.Append(text);
  }
  profile.strings = std::move(cut);
}

void DropAddresses(Profile& profile) {
  // Made before addresses go, since they tell recursion from one frame; set afterwards.
  std::vector<LocationId> recursive_leaves = SplitRecursiveLeaves(profile);
  for (Location& location : profile.locations) {
    if (IsNamed(profile, location)) location.address = 0;
  }
  for (LocationId leaf : recursive_leaves) profile.locations[Index(leaf)].address = 1;
  for (Mapping& mapping : profile.mappings) {
    if (mapping.has_functions) mapping.start = mapping.limit = mapping.offset = 0;
  }
}

Result<std::vector<SampleGroup>> GroupSamples(const Profile& profile, size_t max_groups,
                                              const AdmitGroup& admit) {
  if (!profile.label_ends.empty()) return Grouper(profile, max_groups, admit).Run();
  return OneGroup(profile);
}

}  // namespace anneal
