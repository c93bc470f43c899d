#include "api/push_batch.h"

#include <algorithm>
#include <limits>
#include <set>

#include "api/claimed_inflate.h"
#include "api/fingerprint.h"
#include "api/request_claim.h"
#include "api/sample_groups.h"
#include "api/series_labels.h"
#include "profile/compress.h"
#include "profile/pprof.h"

namespace anneal {
namespace {

// What decoding a message takes: counted where it matters, else a few times its bytes.
size_t DecodedClaim(std::string_view message) {
  constexpr size_t kFactor = 4, kCountedFrom = size_t{256} << 10;
  return message.size() < kCountedFrom ? kFactor * message.size() : DecodedSize(message);
}

size_t OrUnlimited(size_t limit) { return limit == 0 ? std::numeric_limits<size_t>::max() : limit; }

// The fingerprint in the form of a UUID of version 8 (RFC 9562: ours to define).
ProfileUuid IdOf(std::string_view source) {
  ProfileUuid id = Fingerprint(source);
  id[6] = static_cast<uint8_t>((id[6] & 0x0f) | 0x80);
  id[8] = static_cast<uint8_t>((id[8] & 0x3f) | 0x80);
  return id;
}

Status CheckAge(int64_t time_ns, int64_t now_ns, const Limits& limits) {
  auto refuse = [&](std::string_view side, std::string_view name, int64_t limit_ns) {
    return InvalidArgument("not_in_ingestion_window: the profile began {} s {} now; {} allows {} s",
                           (time_ns > now_ns ? time_ns - now_ns : now_ns - time_ns) / 1'000'000'000,
                           side, name, limit_ns / 1'000'000'000);
  };
  if (limits.max_age_ns != 0 && time_ns < now_ns - limits.max_age_ns) {
    return refuse("before", "limits.max_age (by default the retention)", limits.max_age_ns);
  }
  if (limits.max_future_ns != 0 && time_ns > now_ns && time_ns - now_ns > limits.max_future_ns) {
    return refuse("after", "limits.max_future", limits.max_future_ns);
  }
  return {};
}

bool HasValue(const Profile& profile, size_t column, const SampleGroup& group) {
  size_t width = profile.sample_types.size();
  auto value = [&](size_t sample) { return profile.sample_values[sample * width + column]; };
  if (group.samples) {
    for (uint32_t sample : *group.samples) {
      if (value(sample) != 0) return true;
    }
    return false;
  }
  for (size_t i = 0; i < profile.SampleCount(); ++i) {
    if (value(i) != 0) return true;
  }
  return false;
}

// Of several groups each has a list of its samples, and no sample is in two.
void AddSamples(const SampleGroup& group, ProfileWrite* write) {
  std::vector<uint32_t>& samples = *write->samples;
  samples.insert(samples.end(), group.samples->begin(), group.samples->end());
  std::sort(samples.begin(), samples.end());
}

uint64_t SizeOf(const Profile& profile) {
  return profile.strings.bytes() + profile.functions.size() * sizeof(Function) +
         profile.lines.size() * sizeof(Line) + profile.locations.size() * sizeof(Location) +
         profile.sample_locations.size() * sizeof(LocationId) +
         profile.sample_values.size() * sizeof(int64_t);
}

}  // namespace

DecodeLimits DecodeLimitsOf(const Limits& limits) {
  return {.max_bytes = OrUnlimited(limits.max_profile_bytes),
          .max_samples = OrUnlimited(limits.max_samples),
          .max_stack_depth = OrUnlimited(limits.max_stack_depth)};
}

Result<Profile> PushBatch::Decode(std::string_view pprof) {
  if (pprof.empty()) return InvalidArgument("the profile is empty");
  if (limits_.max_profiles != 0 && ++decoded_ > limits_.max_profiles) {
    return InvalidArgument("the request has more than {} profiles, which limits.profiles allows",
                           limits_.max_profiles);
  }
  DecodeLimits decode = DecodeLimitsOf(limits_);
  decode.max_stack_depth = std::numeric_limits<size_t>::max();  // Add cuts
  const uint64_t left = OrUnlimited(limits_.max_body_bytes) - inflated_bytes_;
  const bool is_last = left < decode.max_bytes;  // what the request may hold is the narrower limit
  if (is_last) decode.max_bytes = left;
  auto explained = [&](const Status& status) {
    if (status.code() == Code::kUnavailable) return status;
    if (status.code() != Code::kResourceExhausted) {
      return Status(Code::kInvalidArgument, status.message());
    }
    return InvalidArgument(
        "{} ({}, limits.samples)", status.message(),
        is_last ? "limits.body for all profiles of a request" : "limits.profile");
  };
  std::string inflated;
  const bool is_zipped = IsGzip(pprof);
  if (is_zipped) {
    Result<std::string> bytes = GunzipClaimed(pprof, decode.max_bytes, memory_);
    if (!bytes.ok()) return explained(bytes.status());
    inflated = *std::move(bytes);
    pprof = inflated;
  }
  const size_t claimed = DecodedClaim(pprof);
  TRY(ClaimMemory(memory_, claimed));
  Result<Profile> profile = DecodePprof(pprof, decode);
  if (!profile.ok()) return explained(profile.status());
  inflated_bytes_ += pprof.size();
  // Small messages of nearly empty parts take more. So few threads decode that it can wait till
  // here.
  const size_t held = SizeOf(*profile);
  if (held > claimed) TRY(ClaimMemory(memory_, held - claimed));
  if (memory_ != nullptr && is_zipped) memory_->Release(pprof.size());
  return profile;
}

// What the labels of all columns take together, those of samples left out.
Result<PushBatch::LabelCost> PushBatch::CostOfColumns(const SeriesLabels& series,
                                                      const Profile& profile) const {
  LabelCost cost;
  auto count = [&cost](const LabelPair& label, size_t times) {
    cost.labels += times;
    cost.bytes += times * (label.name.size() + label.value.size());
  };
  const size_t columns = profile.sample_types.size();
  for (const LabelPair& label : series.labels) count(label, columns);
  SeriesLabels bare{.name = series.name};
  for (size_t column = 0; column < columns; ++column) {
    for (const LabelPair& label : ColumnLabels(bare, {}, profile, column)) {
      TRY(CheckLabel(label.name, label.value, limits_));
      count(label, 1);
    }
  }
  return cost;
}

// A request may name long labels once, and many profiles and samples under them: each column of
// each group is a write with labels of its own.
Status PushBatch::Admit(LabelCost columns, LabelCost group, size_t column_count) {
  label_bytes_ += columns.bytes + group.bytes * column_count;
  if (label_bytes_ > OrUnlimited(limits_.max_body_bytes)) {
    return InvalidArgument(
        "the labels of the request's series, written out, exceed limits.body, {}",
        limits_.max_body_bytes);
  }
  constexpr size_t kGrowing = 3;  // a vector that grows is there twice, once with room
  const size_t labels = columns.labels + group.labels * (column_count + 1);
  return ClaimMemory(memory_, labels * sizeof(LabelPair) + columns.bytes +
                                  group.bytes * (column_count + 1) +
                                  kGrowing * column_count * sizeof(ProfileWrite));
}

Result<std::vector<SampleGroup>> PushBatch::Group(const SeriesLabels& series,
                                                  const Profile& profile) {
  ASSIGN_OR_RETURN(const LabelCost columns, CostOfColumns(series, profile));
  const size_t column_count = profile.sample_types.size();
  TRY(Admit(columns, {}, column_count));  // the first group
  bool is_first = true;
  auto admit = [&](size_t labels, size_t bytes) {
    const LabelCost shared = is_first ? LabelCost() : columns;
    is_first = false;
    return Admit(shared, {labels, bytes}, column_count);
  };
  ASSIGN_OR_RETURN(std::vector<SampleGroup> groups,
                   GroupSamples(profile, limits_.max_series_per_profile, admit));
  size_t samples = 0;
  for (const SampleGroup& group : groups) samples += group.samples ? group.samples->size() : 0;
  TRY(ClaimMemory(memory_, samples * sizeof(uint32_t) * (column_count + 1)));
  return groups;
}

Status PushBatch::Add(std::vector<LabelPair> labels, Profile profile, std::string_view source,
                      int64_t fallback_time_ns) {
  TRY(CheckPushedProfile(profile, limits_));
  ASSIGN_OR_RETURN(SeriesLabels series, CompleteLabels(std::move(labels), limits_));
  if (profile.time_ns < kYear1971) {
    profile.time_ns = fallback_time_ns < kYear1971 ? now_ns_ : fallback_time_ns;
  }
  TRY(CheckAge(profile.time_ns, now_ns_, limits_));
  if (limits_.max_stack_depth != 0) CutStacks(profile, limits_.max_stack_depth);
  if (limits_.max_symbol_bytes != 0) CutStrings(profile, limits_.max_symbol_bytes);
  ASSIGN_OR_RETURN(const std::vector<SampleGroup> groups, Group(series, profile));
  DropAddresses(profile);
  const size_t first_write = writes_.size();
  const uint64_t bytes_before = bytes_;
  bytes_ += SizeOf(profile);
  ProfileUuid id = IdOf(source);
  profiles_.push_back(std::move(profile));
  const Profile& kept = profiles_.back();
  // A label that the series has wins over a sample's of that name, so that groups may end up in one
  // series: they are then one profile.
  auto less = [this](size_t a, size_t b) {
    const ProfileWrite &x = writes_[a], &y = writes_[b];
    return std::tie(x.sample_type, x.labels) < std::tie(y.sample_type, y.labels);
  };
  std::set<size_t, decltype(less)> placed(less);  // of writes_, by column and labels
  for (const SampleGroup& group : groups) {
    for (size_t column = 0; column < kept.sample_types.size(); ++column) {
      if (!HasValue(kept, column, group)) continue;
      ProfileWrite& write = writes_.emplace_back();
      write.labels = ColumnLabels(series, group.labels, kept, column);
      write.sample_type = column;
      if (groups.size() > 1) {
        auto [place, is_new] = placed.insert(writes_.size() - 1);
        if (!is_new) {
          writes_.pop_back();
          AddSamples(group, &writes_[*place]);
          continue;
        }
      }
      for (const LabelPair& label : write.labels) {
        bytes_ += label.name.size() + label.value.size();
      }
      write.id = id;
      write.time_ns = kept.time_ns;
      write.duration_ns = kept.duration_ns;
      write.period = kept.period;
      write.profile = &kept;
      write.samples = group.samples;
    }
  }
  if (writes_.size() > first_write) parts_.push_back({writes_.size(), bytes_ - bytes_before});
  return {};
}

}  // namespace anneal
