// A Store in memory, for tests: obvious rather than fast.
#pragma once

#include <re2/re2.h>

#include <algorithm>
#include <functional>
#include <set>
#include <tuple>

#include "profile/filter.h"
#include "profile/merge.h"
#include "store/profile_type.h"
#include "store/store.h"

namespace anneal {

class MemoryStore : public Store {
 public:
  // When set, Append fails with it.
  Status append_failure;
  // When set, Append of a write fails with what it says, unless that is ok.
  std::function<Status(const ProfileWrite&)> refuse;
  RetentionPolicy retention;  // kept, not obeyed
  // What Append was given, in order.
  std::vector<StoredProfile> stored;
  size_t appends = 0;

  void Append(std::string_view tenant, std::span<const ProfileWrite> writes,
              AppendDone done) override {
    ++appends;
    if (!append_failure.ok()) return done(append_failure);
    for (const ProfileWrite& write : writes) {
      const Status refused = refuse ? refuse(write) : Status();
      if (!refused.ok()) return done(refused);
    }
    for (const ProfileWrite& write : writes) Keep(tenant, write);
    done({});
  }

  Result<Profile> Merge(const Selection& selection) override {
    Merger merger;
    bool any = false;
    TRY(Scan(selection, [&](const StoredProfile& profile) {
      any = true;
      return merger.Add(DropLabels(profile.profile));
    }));
    if (any) return merger.Finish();
    ProfileTypeParts type = SplitProfileType(selection.profile_type);
    Profile empty;
    empty.sample_types = {
        {empty.strings.Append(type.sample_type), empty.strings.Append(type.sample_unit)}};
    empty.period_type = {empty.strings.Append(type.period_type),
                         empty.strings.Append(type.period_unit)};
    return empty;
  }

  Result<std::map<LabelSet, std::vector<SeriesPoint>>> Totals(const Selection& selection,
                                                              GroupBy group_by) override {
    std::map<LabelSet, std::vector<SeriesPoint>> totals;
    TRY(Scan(selection, [&](const StoredProfile& stored_profile) -> Status {
      uint64_t sum = 0;  // sums wrap
      for (int64_t value : stored_profile.profile.sample_values)
        sum += static_cast<uint64_t>(value);
      totals[Group(stored_profile.labels, group_by)].push_back(
          {stored_profile.time_ns, static_cast<int64_t>(sum), stored_profile.id});
      return {};
    }));
    SortPoints(totals);
    return totals;
  }

  Result<std::map<LabelSet, std::vector<SpanPoint>>> SpanTotals(const Selection& selection,
                                                                GroupBy group_by) override {
    std::map<LabelSet, std::vector<SpanPoint>> totals;
    TRY(Scan(selection, [&](const StoredProfile& found) -> Status {
      std::map<SampleLink, int64_t> sums;
      for (size_t i = 0; i < found.profile.SampleCount(); ++i) {
        SampleLink link = LinkOfSample(found.profile, i);
        if (link.span != 0) sums[link] += found.profile.sample_values[i];
      }
      for (const auto& [link, sum] : sums) {
        totals[Group(found.labels, group_by)].push_back({found.time_ns, sum, link, found.id});
      }
      return {};
    }));
    SortPoints(totals);
    return totals;
  }

  Result<std::vector<LabelSet>> Series(std::string_view tenant,
                                       std::span<const std::vector<LabelMatcher>> selectors,
                                       std::span<const std::string> names,
                                       TimeRange range) override {
    std::set<LabelSet> sets;
    for (const StoredProfile& profile : stored) {
      bool in_range = profile.time_ns >= range.start_ns && profile.time_ns <= range.end_ns;
      bool any = selectors.empty();
      for (const auto& matchers : selectors) any = any || Matches(profile.labels, matchers);
      if (profile.tenant != tenant || !in_range || !any) continue;
      sets.insert(names.empty() ? profile.labels : Project(profile.labels, names));
    }
    return std::vector<LabelSet>(sets.begin(), sets.end());
  }

  Result<std::vector<std::string>> LabelNames(std::string_view tenant,
                                              std::span<const std::vector<LabelMatcher>> selectors,
                                              TimeRange range) override {
    ASSIGN_OR_RETURN(std::vector<LabelSet> sets, Series(tenant, selectors, {}, range));
    std::set<std::string> names;
    for (const LabelSet& labels : sets) {
      for (const LabelPair& label : labels) names.insert(label.name);
    }
    return std::vector<std::string>(names.begin(), names.end());
  }

  Status Scan(const Selection& selection,
              const std::function<Status(const StoredProfile&)>& visit) override {
    for (const StoredProfile& profile : stored) {
      if (selection.control != nullptr) TRY(selection.control->Check());
      bool selected = profile.tenant == selection.tenant &&
                      (selection.profile_type.empty() ||
                       FindLabel(profile.labels, "__profile_type__") == selection.profile_type) &&
                      profile.time_ns >= selection.range.start_ns &&
                      profile.time_ns <= selection.range.end_ns &&
                      Matches(profile.labels, selection.matchers) &&
                      (selection.profile_ids.empty() ||
                       std::ranges::count(selection.profile_ids, profile.id) > 0);
      if (!selected) continue;
      const LinkFilter filter(selection.span_ids, selection.trace_ids);
      StoredProfile found = profile;
      for (size_t i = 0; i < found.profile.SampleCount(); ++i) {
        if (!filter.Passes(LinkOfSample(found.profile, i))) found.profile.sample_values[i] = 0;
      }
      found.profile = Canonical(found.profile);
      if (filter.PassesAll() || found.profile.SampleCount() > 0) TRY(visit(found));
    }
    return {};
  }

  Status PutDocument(const DocumentName& name, std::string_view body) override {
    TRY(CheckDocumentName(name));
    documents_[name] = body;
    return {};
  }
  Result<std::string> GetDocument(const DocumentName& name) override {
    TRY(CheckDocumentName(name));
    auto found = documents_.find(name);
    if (found == documents_.end()) {
      return Error(Code::kNotFound, "there is no {} {} of service {}", name.kind, name.id,
                   name.service);
    }
    return found->second;
  }
  Status DeleteDocument(const DocumentName& name) override {
    TRY(CheckDocumentName(name));
    documents_.erase(name);
    return {};
  }
  Result<std::vector<DocumentInfo>> Documents(std::string_view tenant,
                                              std::string_view kind) override {
    std::vector<DocumentInfo> found;
    for (const auto& [name, body] : documents_) {
      bool selected =
          (tenant.empty() || name.tenant == tenant) && (kind.empty() || name.kind == kind);
      if (selected) found.push_back({name, body.size()});
    }
    return found;
  }

  std::vector<std::string> Tenants() override {
    std::set<std::string> tenants;
    for (const StoredProfile& profile : stored) tenants.insert(profile.tenant);
    return {tenants.begin(), tenants.end()};
  }

  std::optional<TimeRange> Bounds(std::string_view tenant) override {
    std::optional<TimeRange> bounds;
    for (const StoredProfile& profile : stored) {
      if (profile.tenant != tenant) continue;
      if (!bounds) bounds = {profile.time_ns, profile.time_ns};
      bounds->start_ns = std::min(bounds->start_ns, profile.time_ns);
      bounds->end_ns = std::max(bounds->end_ns, profile.time_ns);
    }
    return bounds;
  }

  Result<StoreStats> Stats() override { return StoreStats(); }

  Status Backup(const std::string& directory) override {
    return Error(Code::kUnimplemented, "a store in memory cannot be backed up to {}", directory);
  }

  void SetRetention(RetentionPolicy policy) override { retention = std::move(policy); }

  Result<uint64_t> Delete(const Selection& selection) override {
    std::vector<StoredProfile> gone;
    TRY(Scan(selection, [&](const StoredProfile& profile) {
      gone.push_back(profile);
      return Status();
    }));
    std::erase_if(stored, [&](const StoredProfile& p) {
      return std::ranges::any_of(gone, [&](const StoredProfile& g) {
        return std::tie(g.tenant, g.labels, g.time_ns, g.id) ==
               std::tie(p.tenant, p.labels, p.time_ns, p.id);
      });
    });
    return gone.size();
  }

  Result<uint64_t> Count(const Selection& selection) override {
    uint64_t count = 0;
    TRY(Scan(selection, [&](const StoredProfile&) {
      ++count;
      return Status();
    }));
    return count;
  }

  Status Retain() override { return {}; }
  Status Maintain() override { return {}; }

 private:
  std::map<DocumentName, std::string> documents_;

  void Keep(std::string_view tenant, const ProfileWrite& write) {
    Profile profile = *write.profile;
    size_t width = profile.sample_types.size();
    if (write.samples) {
      std::set<uint32_t> chosen(write.samples->begin(), write.samples->end());
      for (size_t i = 0; i < profile.SampleCount(); ++i) {
        if (chosen.contains(static_cast<uint32_t>(i))) continue;
        for (size_t k = 0; k < width; ++k) profile.sample_values[i * width + k] = 0;
      }
    }
    profile.time_ns = write.time_ns;
    profile.duration_ns = write.duration_ns;
    profile.period = write.period;
    profile.comments.clear();
    profile = SelectSampleType(KeepLinks(std::move(profile)), write.sample_type);
    std::erase_if(stored, [&](const StoredProfile& p) {
      return p.tenant == tenant && p.labels == write.labels && p.id == write.id &&
             p.time_ns == write.time_ns;
    });
    stored.push_back({std::string(tenant), write.labels, write.id, write.time_ns, write.duration_ns,
                      write.period, std::move(profile)});
  }

  // Takes all labels away but those of SampleLink, which it writes anew.
  static Profile KeepLinks(Profile profile) {
    std::vector<Label> labels;
    std::vector<uint32_t> ends;
    for (size_t i = 0; i < profile.SampleCount(); ++i) {
      const SampleLink link = LinkOfSample(profile, i);
      auto add = [&](std::string_view key, const std::string& text) {
        labels.push_back({profile.strings.Append(key), profile.strings.Append(text), 0, {}});
      };
      if (link.span != 0) add(kSpanIdLabel, FormatSpanId(link.span));
      if (link.trace != TraceId()) add(kTraceIdLabel, FormatTraceId(link.trace));
      ends.push_back(static_cast<uint32_t>(labels.size()));
    }
    if (labels.empty()) ends.clear();
    profile.labels = std::move(labels);
    profile.label_ends = std::move(ends);
    return profile;
  }

  static auto Order(const SeriesPoint& p) { return std::tie(p.time_ns, p.value, p.id); }
  static auto Order(const SpanPoint& p) { return std::tie(p.time_ns, p.value, p.id, p.link); }
  template <typename Point>
  static void SortPoints(std::map<LabelSet, std::vector<Point>>& totals) {
    for (auto& [labels, points] : totals) {
      std::sort(points.begin(), points.end(),
                [](const Point& a, const Point& b) { return Order(a) < Order(b); });
    }
  }

  static LabelSet Group(const LabelSet& labels, GroupBy group_by) {
    return group_by.has_value() ? Project(labels, *group_by) : labels;
  }

  static LabelSet Project(const LabelSet& labels, std::span<const std::string> names) {
    LabelSet out;
    for (const LabelPair& label : labels) {
      if (std::find(names.begin(), names.end(), label.name) != names.end()) out.push_back(label);
    }
    return out;
  }

  static bool Matches(const LabelSet& labels, const std::vector<LabelMatcher>& matchers) {
    using Op = LabelMatcher::Op;
    for (const LabelMatcher& matcher : matchers) {
      std::string value(FindLabel(labels, matcher.name));
      bool is_pattern = matcher.op == Op::kMatch || matcher.op == Op::kNotMatch;
      bool equal = is_pattern ? RE2::FullMatch(value, matcher.value) : value == matcher.value;
      bool negated = matcher.op == Op::kNotEqual || matcher.op == Op::kNotMatch;
      if (equal == negated) return false;
    }
    return true;
  }
};

}  // namespace anneal
