#include "profile/profile.h"

#include <algorithm>
#include <tuple>

namespace anneal {
namespace {

// Checks the columns of one profile; the first violation ends it.
class Validator {
 public:
  explicit Validator(const Profile& profile) : p_(profile) {}

  Status Run() const {
    if (!p_.strings.Get(StringId::kEmpty).empty()) return InvalidArgument("string 0 is not empty");
    TRY(CheckHeader());
    TRY(CheckEntities());
    TRY(CheckSamples());
    return CheckLabels();
  }

 private:
  Status CheckString(StringId id, std::string_view what, size_t position) const {
    if (Index(id) < p_.strings.size()) return {};
    return InvalidArgument("{} {}: string {} of {}", what, position, Index(id), p_.strings.size());
  }

  Status CheckHeader() const {
    for (size_t i = 0; i < p_.sample_types.size(); ++i) {
      TRY(CheckString(p_.sample_types[i].type, "sample_type", i));
      TRY(CheckString(p_.sample_types[i].unit, "sample_type", i));
    }
    for (size_t i = 0; i < p_.comments.size(); ++i) TRY(CheckString(p_.comments[i], "comment", i));
    TRY(CheckString(p_.period_type.type, "period_type", 0));
    TRY(CheckString(p_.period_type.unit, "period_type", 0));
    TRY(CheckString(p_.drop_frames, "drop_frames", 0));
    TRY(CheckString(p_.keep_frames, "keep_frames", 0));
    TRY(CheckString(p_.default_sample_type, "default_sample_type", 0));
    return CheckString(p_.doc_url, "doc_url", 0);
  }

  Status CheckEntities() const {
    for (size_t i = 0; i < p_.mappings.size(); ++i) {
      TRY(CheckString(p_.mappings[i].file, "mapping", i));
      TRY(CheckString(p_.mappings[i].build_id, "mapping", i));
    }
    for (size_t i = 0; i < p_.functions.size(); ++i) {
      TRY(CheckString(p_.functions[i].name, "function", i));
      TRY(CheckString(p_.functions[i].system_name, "function", i));
      TRY(CheckString(p_.functions[i].file, "function", i));
    }
    for (size_t i = 0; i < p_.lines.size(); ++i) {
      if (Index(p_.lines[i].function) >= p_.functions.size()) {
        return InvalidArgument("line {}: function {} of {}", i, Index(p_.lines[i].function),
                               p_.functions.size());
      }
    }
    for (size_t i = 0; i < p_.locations.size(); ++i) {
      const Location& l = p_.locations[i];
      if (l.mapping != MappingId::kNone && Index(l.mapping) >= p_.mappings.size()) {
        return InvalidArgument("location {}: mapping {} of {}", i, Index(l.mapping),
                               p_.mappings.size());
      }
      if (l.lines_begin > l.lines_end || l.lines_end > p_.lines.size()) {
        return InvalidArgument("location {}: lines [{}, {}) of {}", i, l.lines_begin, l.lines_end,
                               p_.lines.size());
      }
    }
    return {};
  }

  Status CheckSamples() const {
    size_t count = p_.SampleCount();
    if (count > 0 && p_.sample_types.empty()) return InvalidArgument("samples without sample type");
    if (p_.sample_values.size() != count * p_.sample_types.size()) {
      return InvalidArgument("{} sample values for {} samples of {} types", p_.sample_values.size(),
                             count, p_.sample_types.size());
    }
    TRY(CheckEnds(p_.stack_ends, p_.sample_locations.size(), "stack"));
    for (size_t i = 0; i < p_.sample_locations.size(); ++i) {
      if (Index(p_.sample_locations[i]) >= p_.locations.size()) {
        return InvalidArgument("sample_locations[{}]: location {} of {}", i,
                               Index(p_.sample_locations[i]), p_.locations.size());
      }
    }
    return {};
  }

  Status CheckLabels() const {
    if (p_.label_ends.empty()) {
      return p_.labels.empty() ? Status() : InvalidArgument("labels without bounds");
    }
    if (p_.label_ends.size() != p_.SampleCount()) {
      return InvalidArgument("{} label bounds for {} samples", p_.label_ends.size(),
                             p_.SampleCount());
    }
    TRY(CheckEnds(p_.label_ends, p_.labels.size(), "label"));
    for (size_t i = 0; i < p_.labels.size(); ++i) {
      TRY(CheckString(p_.labels[i].key, "label", i));
      TRY(CheckString(p_.labels[i].str, "label", i));
      TRY(CheckString(p_.labels[i].num_unit, "label", i));
    }
    return {};
  }

  Status CheckEnds(const std::vector<uint32_t>& ends, size_t size, std::string_view what) const {
    uint32_t previous = 0;
    for (size_t i = 0; i < ends.size(); ++i) {
      if (ends[i] < previous) return InvalidArgument("{} bounds fall at sample {}", what, i);
      previous = ends[i];
    }
    if (previous == size) return {};
    return InvalidArgument("{} bounds end at {}, the column at {}", what, previous, size);
  }

  const Profile& p_;
};

}  // namespace

int Profile::FindSampleType(std::string_view type, std::string_view unit) const {
  for (size_t i = 0; i < sample_types.size(); ++i) {
    if (Text(sample_types[i].type) == type && Text(sample_types[i].unit) == unit) {
      return static_cast<int>(i);
    }
  }
  return -1;
}

bool ShareFrame(const Profile& profile, LocationId a, LocationId b) {
  using Frame = std::tuple<int64_t, int64_t, std::string_view>;
  auto frames = [&](LocationId id) {
    std::vector<Frame> out;
    for (const Line& line : profile.Lines(id)) {
      const Function& function = profile.functions[Index(line.function)];
      out.emplace_back(line.line, function.start_line, profile.Text(function.name));
    }
    if (out.empty()) out.emplace_back();  // a location without lines is one frame without a name
    return out;
  };
  std::vector<Frame> left = frames(a);
  std::sort(left.begin(), left.end());
  const std::vector<Frame> right = frames(b);
  return std::any_of(right.begin(), right.end(), [&](const Frame& frame) {
    return std::binary_search(left.begin(), left.end(), frame);
  });
}

Status ValidateProfile(const Profile& profile) {
  return Validator(profile).Run().Annotate("profile");
}

}  // namespace anneal
