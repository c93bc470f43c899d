#include "store/series_index.h"

#include <algorithm>

#include "absl/container/flat_hash_set.h"
#include "store/damage_walk.h"
#include "store/series_record.h"

namespace anneal {
namespace {

constexpr std::string_view kServiceName = "service_name";
constexpr std::string_view kProfileType = "__profile_type__";

}  // namespace

std::vector<std::span<const SeriesTarget>> ByPartition(std::span<const SeriesTarget> targets) {
  std::vector<std::span<const SeriesTarget>> groups;
  for (size_t begin = 0, end = 0; begin < targets.size(); begin = end) {
    while (end < targets.size() && targets[end].partition == targets[begin].partition) ++end;
    groups.push_back(targets.subspan(begin, end - begin));
  }
  return groups;
}

// What loading goes by.
struct SeriesIndex::Loading {
  using Visit = absl::FunctionRef<void(std::string_view key, std::string_view value)>;

  Kv& kv;
  DamageLog& damage;
  bool gaps = false;  // records were lost of which nothing but profiles' keys tells

  Status Walk(Family family, std::string_view begin, std::string_view end, Visit visit);
  Status WalkKind(SeriesRecord kind, Visit visit);
};

void SeriesIndex::Clear() {
  texts_.clear();
  text_index_.Clear();
  pairs_.clear();
  series_.clear();
  series_index_.Clear();
  tenants_.clear();
  tenant_numbers_.clear();
  services_.clear();
  set_aside_.clear();
  next_series_ = next_service_ = 1;
}

SeriesIndex::TextId SeriesIndex::FindText(std::string_view text) const {
  uint32_t id = text_index_.Find(HashText(text), [&](uint32_t i) {
    mutex_.AssumeShared();
    return texts_[i] == text;
  });
  return static_cast<TextId>(id);
}

SeriesIndex::TextId SeriesIndex::InternText(std::string_view text) {
  TextId id = FindText(text);
  if (id == kNoText) {
    id = static_cast<TextId>(texts_.size());
    texts_.emplace_back(text);
    text_index_.Insert(HashText(text), static_cast<uint32_t>(id));
  }
  return id;
}

uint32_t SeriesIndex::TenantNumber(std::string_view tenant) {
  auto [it, added] =
      tenant_numbers_.try_emplace(std::string(tenant), static_cast<uint32_t>(tenants_.size()));
  if (added) tenants_.emplace_back().name = tenant;
  return it->second;
}

const SeriesIndex::Tenancy* SeriesIndex::FindTenant(std::string_view tenant) const {
  auto it = tenant_numbers_.find(tenant);
  return it == tenant_numbers_.end() ? nullptr : &tenants_[it->second];
}

uint64_t SeriesIndex::HashSeries(std::string_view tenant, const LabelSet& labels) {
  uint64_t hash = HashText(tenant);
  for (const LabelPair& pair : labels) {
    hash = HashIndex::Mix(HashIndex::Mix(hash, HashText(pair.name)), HashText(pair.value));
  }
  return hash;
}

bool SeriesIndex::HasLabels(const Entry& entry, std::string_view tenant,
                            const LabelSet& labels) const {
  if (entry.pairs_end - entry.pairs_begin != labels.size()) return false;
  if (tenants_[entry.tenant].name != tenant) return false;
  for (size_t k = 0; k < labels.size(); ++k) {
    const Pair& pair = pairs_[entry.pairs_begin + k];
    if (Text(pair.name) != labels[k].name || Text(pair.value) != labels[k].value) return false;
  }
  return true;
}

SeriesIndex::Ordinal SeriesIndex::FindSeries(uint64_t hash, std::string_view tenant,
                                             const LabelSet& labels) const {
  return series_index_.Find(hash, [&](uint32_t i) {
    mutex_.AssumeShared();
    return !set_aside_.contains(series_[i].service) && HasLabels(series_[i], tenant, labels);
  });
}

std::vector<SeriesRef> SeriesIndex::Replaced(std::string_view tenant, const LabelSet& labels,
                                             Epoch epoch, int64_t time_ns) const {
  ReaderLock lock(mutex_);
  std::vector<SeriesRef> replaced;
  if (set_aside_.empty()) return replaced;
  // Refuses each, so that it is given all.
  series_index_.Find(HashSeries(tenant, labels), [&](uint32_t i) {
    mutex_.AssumeShared();
    const Entry& entry = series_[i];
    const auto span = std::ranges::lower_bound(entry.spans, epoch, {}, &Span::epoch);
    if (span == entry.spans.end() || span->epoch != epoch || time_ns < span->min_ns ||
        time_ns > span->max_ns) {
      return false;
    }
    if (set_aside_.contains(entry.service) && HasLabels(entry, tenant, labels)) {
      replaced.push_back({entry.id, entry.service});
    }
    return false;
  });
  return replaced;
}

SeriesIndex::Ordinal SeriesIndex::AddSeries(SeriesId id, ServiceId service, std::string_view tenant,
                                            const LabelSet& labels) {
  const uint32_t number = TenantNumber(tenant);
  const auto ordinal = static_cast<Ordinal>(series_.size());
  Entry& entry = series_.emplace_back();
  entry.id = id;
  entry.service = service;
  entry.tenant = number;
  entry.pairs_begin = static_cast<uint32_t>(pairs_.size());
  Tenancy& tenancy = tenants_[number];
  tenancy.all.push_back(ordinal);
  for (const LabelPair& label : labels) {
    Pair pair{InternText(label.name), InternText(label.value)};
    pairs_.push_back(pair);
    tenancy.postings[pair.name][pair.value].push_back(ordinal);
  }
  entry.pairs_end = static_cast<uint32_t>(pairs_.size());
  series_index_.Insert(HashSeries(tenant, labels), ordinal);
  next_series_ = std::max(next_series_, static_cast<uint32_t>(id) + 1);
  ++services_[service].series;
  return ordinal;
}

void SeriesIndex::AddTime(Entry& entry, Epoch epoch, int64_t min_ns, int64_t max_ns) {
  auto it = std::ranges::lower_bound(entry.spans, epoch, {}, &Span::epoch);
  if (it == entry.spans.end() || it->epoch != epoch) {
    entry.spans.insert(it, {epoch, min_ns, max_ns});
  } else {
    it->min_ns = std::min(it->min_ns, min_ns);
    it->max_ns = std::max(it->max_ns, max_ns);
  }
  Tenancy& tenancy = tenants_[entry.tenant];
  tenancy.min_ns = std::min(tenancy.min_ns, min_ns);
  tenancy.max_ns = std::max(tenancy.max_ns, max_ns);
}

Status SeriesIndex::CheckRoom(std::string_view tenant, std::span<const ProfileWrite> writes,
                              uint64_t max_series) const {
  if (max_series == 0) return {};
  ReaderLock lock(mutex_);
  const Tenancy* tenancy = FindTenant(tenant);
  const uint64_t there = tenancy == nullptr ? 0 : tenancy->all.size();
  if (there + writes.size() <= max_series) return {};
  std::vector<const LabelSet*> added;
  for (const ProfileWrite& write : writes) {
    const uint64_t hash = HashSeries(tenant, write.labels);
    if (FindSeries(hash, tenant, write.labels) == HashIndex::kNone) added.push_back(&write.labels);
  }
  auto less = [](const LabelSet* a, const LabelSet* b) { return *a < *b; };
  auto equal = [](const LabelSet* a, const LabelSet* b) { return *a == *b; };
  std::ranges::sort(added, less);
  added.erase(std::ranges::unique(added, equal).begin(), added.end());
  if (added.empty() || there + added.size() <= max_series) return {};
  return Error(
      Code::kResourceExhausted,
      "tenant {} has {} series, and this would add {}: limits.series_per_tenant allows {}; "
      "push fewer different label values, or raise it",
      tenant, there, added.size(), max_series);
}

SeriesRef SeriesIndex::Touch(std::string_view tenant, const LabelSet& labels, Epoch epoch,
                             int64_t time_ns, Sink sink) {
  const uint64_t hash = HashSeries(tenant, labels);
  WriterLock lock(mutex_);
  Ordinal ordinal = FindSeries(hash, tenant, labels);
  if (ordinal == HashIndex::kNone) {
    const std::string name(FindLabel(labels, kServiceName));
    Tenancy& tenancy = tenants_[TenantNumber(tenant)];
    auto [service, added] =
        tenancy.services.try_emplace(name, static_cast<ServiceId>(next_service_));
    if (added) {
      ++next_service_;
      services_[service->second] = {service->second, std::string(tenant), name, 0};
      std::string key = ServiceKey(service->second);
      sink(key, EncodeRecord(key, ServiceRecordValue{std::string(tenant), name}));
    }
    auto id = static_cast<SeriesId>(next_series_);
    std::string key = SeriesKey(id);
    sink(key, EncodeRecord(key, SeriesRecordValue{std::string(tenant), service->second, labels}));
    ordinal = AddSeries(id, service->second, tenant, labels);
  }
  Entry& entry = series_[ordinal];
  auto span = std::ranges::lower_bound(entry.spans, epoch, {}, &Span::epoch);
  bool known = span != entry.spans.end() && span->epoch == epoch;
  if (!known || time_ns < span->min_ns || time_ns > span->max_ns) {
    AddTime(entry, epoch, time_ns, time_ns);
    span = std::ranges::lower_bound(entry.spans, epoch, {}, &Span::epoch);
    std::string key = SpanKey(epoch, entry.id);
    sink(key, EncodeRecord(key, SpanRecordValue{span->min_ns, span->max_ns}));
  }
  return {entry.id, entry.service};
}

void SeriesIndex::AddService(ServiceId id, const std::string& tenant, const std::string& name) {
  auto [it, added] = tenants_[TenantNumber(tenant)].services.try_emplace(name, id);
  if (!added && it->second != id) {
    set_aside_.insert(std::min(it->second, id));
    it->second = std::max(it->second, id);
  }
  services_[id] = {id, tenant, name, 0};
  next_service_ = std::max(next_service_, static_cast<uint32_t>(id) + 1);
}

void SeriesIndex::SetAside(ServiceId service, Sink sink) {
  WriterLock lock(mutex_);
  const auto old = services_.find(service);
  if (old == services_.end() || set_aside_.contains(service)) return;
  const std::string tenant = old->second.tenant, name = old->second.name;
  const auto id = static_cast<ServiceId>(next_service_);
  AddService(id, tenant, name);
  const std::string key = ServiceKey(id);
  sink(key, EncodeRecord(key, ServiceRecordValue{tenant, name}));
}

ServiceId SeriesIndex::NextService() const {
  ReaderLock lock(mutex_);
  return static_cast<ServiceId>(next_service_);
}

const SeriesIndex::Entry* SeriesIndex::FindEntry(SeriesId id) const {
  auto it = std::ranges::lower_bound(series_, id, {}, &Entry::id);
  return it != series_.end() && it->id == id ? &*it : nullptr;
}

LabelSet SeriesIndex::LabelsOf(const Entry& entry) const {
  LabelSet labels;
  labels.reserve(entry.pairs_end - entry.pairs_begin);
  for (uint32_t i = entry.pairs_begin; i < entry.pairs_end; ++i) {
    labels.push_back({Text(pairs_[i].name), Text(pairs_[i].value)});
  }
  return labels;
}

SeriesIndex::TextId SeriesIndex::ValueOf(const Entry& entry, TextId name) const {
  for (uint32_t i = entry.pairs_begin; i < entry.pairs_end; ++i) {
    if (pairs_[i].name == name) return pairs_[i].value;
  }
  return kNoText;
}

// Equal-matchers intersect posting lists, shortest first. The others are then asked once per
// distinct value that they meet, not once per series.
Result<std::vector<SeriesIndex::Ordinal>> SeriesIndex::Select(
    const Tenancy& tenant, std::string_view profile_type, std::span<const CompiledMatcher> matchers,
    const QueryControl* control) const {
  std::vector<const std::vector<Ordinal>*> lists;
  auto require = [&](std::string_view name, std::string_view value) {
    mutex_.AssumeShared();
    auto values = tenant.postings.find(FindText(name));
    if (values == tenant.postings.end()) return false;
    auto list = values->second.find(FindText(value));
    if (list == values->second.end()) return false;
    lists.push_back(&list->second);
    return true;
  };
  if (!profile_type.empty() && !require(kProfileType, profile_type)) return std::vector<Ordinal>();
  std::vector<const CompiledMatcher*> rest;
  for (const CompiledMatcher& matcher : matchers) {
    const LabelMatcher& m = matcher.matcher();
    if (m.op == LabelMatcher::Op::kEqual && !m.value.empty()) {
      if (!require(m.name, m.value)) return std::vector<Ordinal>();
    } else {
      rest.push_back(&matcher);
    }
  }
  std::ranges::sort(lists, {}, [](const auto* list) { return list->size(); });
  std::vector<Ordinal> selected = lists.empty() ? tenant.all : *lists[0];
  for (size_t i = 1; i < lists.size(); ++i) {
    std::erase_if(selected, [&, at = lists[i]->begin()](Ordinal ordinal) mutable {
      at = std::lower_bound(at, lists[i]->end(), ordinal);
      return at == lists[i]->end() || *at != ordinal;
    });
  }
  Status status;
  for (const CompiledMatcher* matcher : rest) {
    const TextId name = FindText(matcher->name());
    absl::flat_hash_map<TextId, bool> known{{kNoText, matcher->MatchesEmpty()}};
    std::erase_if(selected, [&](Ordinal ordinal) NO_LOCK_ANALYSIS {
      TextId value = ValueOf(series_[ordinal], name);
      auto [it, added] = known.try_emplace(value, false);
      if (!added) return !it->second;
      if (control != nullptr && status.ok()) status = control->Check();
      it->second = status.ok() && matcher->Matches(Text(value));
      return !it->second;
    });
    TRY(status);
  }
  return selected;
}

Result<std::vector<SeriesTarget>> SeriesIndex::Find(std::string_view tenant,
                                                    std::string_view profile_type,
                                                    std::span<const CompiledMatcher> matchers,
                                                    TimeRange range,
                                                    const QueryControl* control) const {
  ReaderLock lock(mutex_);
  std::vector<SeriesTarget> targets;
  const Tenancy* tenancy = FindTenant(tenant);
  if (tenancy == nullptr) return targets;
  ASSIGN_OR_RETURN(const std::vector<Ordinal> selected,
                   Select(*tenancy, profile_type, matchers, control));
  for (Ordinal ordinal : selected) {
    const Entry& entry = series_[ordinal];
    for (const Span& span : entry.spans) {
      if (span.min_ns > range.end_ns || span.max_ns < range.start_ns) continue;
      targets.push_back({{span.epoch, entry.service}, entry.id});
    }
  }
  std::ranges::sort(targets);
  return targets;
}

bool SeriesIndex::InRange(const Entry& entry, TimeRange range, Probe probe) const {
  auto inside = [&](int64_t t) { return t >= range.start_ns && t <= range.end_ns; };
  for (const Span& span : entry.spans) {
    if (inside(span.min_ns) || inside(span.max_ns)) return true;
    if (span.min_ns > range.end_ns || span.max_ns < range.start_ns) continue;
    if (probe({{span.epoch, entry.service}, entry.id}, range)) return true;
  }
  return false;
}

bool SeriesIndex::AnyInRange(std::span<const Ordinal> series, TimeRange range, Probe probe) const {
  return std::ranges::any_of(series, [&](Ordinal ordinal) {
    mutex_.AssumeShared();
    return InRange(series_[ordinal], range, probe);
  });
}

std::vector<SeriesIndex::Ordinal> SeriesIndex::SelectAny(
    const Tenancy& tenant, std::span<const std::vector<CompiledMatcher>> selectors) const {
  if (selectors.empty()) return tenant.all;
  std::vector<Ordinal> selected;
  for (const std::vector<CompiledMatcher>& selector : selectors) {
    const std::vector<Ordinal> more = *Select(tenant, {}, selector, nullptr);  // cannot fail
    selected.insert(selected.end(), more.begin(), more.end());
  }
  if (selectors.size() > 1) {
    std::ranges::sort(selected);
    selected.erase(std::ranges::unique(selected).begin(), selected.end());
  }
  return selected;
}

// By the name's values rather than by series: of most values the first series is in the range.
std::vector<LabelSet> SeriesIndex::ProjectAll(const Tenancy& tenant, const std::string& name,
                                              TimeRange range, Probe probe) const {
  std::vector<LabelSet> sets;
  const TextId id = FindText(name);
  size_t with_name = 0;
  if (auto values = tenant.postings.find(id); values != tenant.postings.end()) {
    for (const auto& [value, series] : values->second) {
      with_name += series.size();
      if (AnyInRange(series, range, probe)) sets.push_back({{name, Text(value)}});
    }
  }
  if (with_name < tenant.all.size()) {
    for (Ordinal ordinal : tenant.all) {
      const Entry& entry = series_[ordinal];
      if (ValueOf(entry, id) != kNoText || !InRange(entry, range, probe)) continue;
      sets.emplace_back();
      break;
    }
  }
  std::ranges::sort(sets);
  return sets;
}

std::vector<std::string> SeriesIndex::Names(std::string_view tenant,
                                            std::span<const std::vector<CompiledMatcher>> selectors,
                                            TimeRange range, Probe probe) const {
  ReaderLock lock(mutex_);
  const Tenancy* tenancy = FindTenant(tenant);
  if (tenancy == nullptr) return {};
  std::vector<std::string> names;
  if (selectors.empty()) {
    for (const auto& [name, values] : tenancy->postings) {
      const bool any = std::ranges::any_of(values, [&](const auto& value) {
        mutex_.AssumeShared();
        return AnyInRange(value.second, range, probe);
      });
      if (any) names.push_back(Text(name));
    }
  } else {
    absl::flat_hash_set<TextId> ids;
    for (Ordinal ordinal : SelectAny(*tenancy, selectors)) {
      const Entry& entry = series_[ordinal];
      auto is_new = [&](const Pair& pair) { return !ids.contains(pair.name); };
      auto pairs =
          std::span(pairs_).subspan(entry.pairs_begin, entry.pairs_end - entry.pairs_begin);
      if (!std::ranges::any_of(pairs, is_new) || !InRange(entry, range, probe)) continue;
      for (const Pair& pair : pairs) ids.insert(pair.name);
    }
    for (TextId id : ids) names.push_back(Text(id));
  }
  std::ranges::sort(names);
  return names;
}

std::vector<LabelSet> SeriesIndex::Project(std::string_view tenant,
                                           std::span<const std::vector<CompiledMatcher>> selectors,
                                           std::span<const std::string> names, TimeRange range,
                                           Probe probe) const {
  ReaderLock lock(mutex_);
  const Tenancy* tenancy = FindTenant(tenant);
  if (tenancy == nullptr) return {};
  if (selectors.empty() && names.size() == 1) return ProjectAll(*tenancy, names[0], range, probe);
  std::vector<Ordinal> selected = SelectAny(*tenancy, selectors);
  std::vector<TextId> name_ids;
  for (const std::string& name : names) name_ids.push_back(FindText(name));

  std::vector<LabelSet> sets;
  absl::flat_hash_set<std::vector<TextId>> seen;
  std::vector<TextId> values(names.size());
  for (Ordinal ordinal : selected) {
    const Entry& entry = series_[ordinal];
    for (size_t i = 0; i < names.size(); ++i) values[i] = ValueOf(entry, name_ids[i]);
    if (!names.empty() && seen.contains(values)) continue;
    if (!InRange(entry, range, probe)) continue;
    LabelSet set;
    if (names.empty()) {
      set = LabelsOf(entry);
    } else {
      seen.insert(values);
      for (size_t i = 0; i < names.size(); ++i) {
        if (values[i] != kNoText) set.push_back({names[i], Text(values[i])});
      }
      std::ranges::sort(set);
    }
    sets.push_back(std::move(set));
  }
  std::ranges::sort(sets);
  sets.erase(std::ranges::unique(sets).begin(), sets.end());
  return sets;
}

LabelSet SeriesIndex::Labels(SeriesId series) const {
  ReaderLock lock(mutex_);
  const Entry* entry = FindEntry(series);
  return entry == nullptr ? LabelSet{} : LabelsOf(*entry);
}

std::string SeriesIndex::Tenant(SeriesId series) const {
  ReaderLock lock(mutex_);
  const Entry* entry = FindEntry(series);
  return entry == nullptr ? std::string() : tenants_[entry->tenant].name;
}

std::optional<ServiceId> SeriesIndex::Service(SeriesId series) const {
  ReaderLock lock(mutex_);
  const Entry* entry = FindEntry(series);
  if (entry == nullptr) return std::nullopt;
  return entry->service;
}

bool SeriesIndex::Covers(SeriesId series, Epoch epoch, int64_t time_ns) const {
  ReaderLock lock(mutex_);
  const Entry* entry = FindEntry(series);
  if (entry == nullptr) return false;
  auto it = std::ranges::lower_bound(entry->spans, epoch, {}, &Span::epoch);
  return it != entry->spans.end() && it->epoch == epoch && it->min_ns <= time_ns &&
         time_ns <= it->max_ns;
}

std::vector<std::string> SeriesIndex::Tenants() const {
  ReaderLock lock(mutex_);
  std::vector<std::string> names;
  for (const Tenancy& tenant : tenants_) {
    if (tenant.min_ns <= tenant.max_ns) names.push_back(tenant.name);
  }
  std::ranges::sort(names);
  return names;
}

std::optional<TimeRange> SeriesIndex::Bounds(std::string_view tenant) const {
  ReaderLock lock(mutex_);
  const Tenancy* tenancy = FindTenant(tenant);
  if (tenancy == nullptr || tenancy->min_ns > tenancy->max_ns) return std::nullopt;
  return TimeRange{tenancy->min_ns, tenancy->max_ns};
}

std::vector<ServiceInfo> SeriesIndex::Services() const {
  ReaderLock lock(mutex_);
  std::vector<ServiceInfo> services;
  for (const auto& [id, service] : services_) services.push_back(service);
  return services;
}

std::vector<Epoch> SeriesIndex::Epochs() const {
  ReaderLock lock(mutex_);
  std::vector<Epoch> epochs;
  for (const Entry& entry : series_) {
    for (const Span& span : entry.spans) epochs.push_back(span.epoch);
  }
  std::ranges::sort(epochs);
  epochs.erase(std::ranges::unique(epochs).begin(), epochs.end());
  return epochs;
}

std::vector<SeriesTarget> SeriesIndex::InEpoch(Epoch epoch) const {
  std::vector<SeriesTarget> targets;
  {
    ReaderLock lock(mutex_);
    for (const Entry& entry : series_) {
      auto span = std::ranges::lower_bound(entry.spans, epoch, {}, &Span::epoch);
      if (span == entry.spans.end() || span->epoch != epoch) continue;
      targets.push_back({{epoch, entry.service}, entry.id});
    }
  }
  std::ranges::sort(targets);
  return targets;
}

Orphans SeriesIndex::Without(const absl::flat_hash_set<SeriesTarget>& gone) const {
  ReaderLock lock(mutex_);
  Orphans orphans;
  absl::flat_hash_set<ServiceId> alive;
  absl::flat_hash_set<PartitionKey> touched, kept;
  for (const SeriesTarget& target : gone) touched.insert(target.partition);
  for (const Entry& entry : series_) {
    bool any = false;
    for (const Span& span : entry.spans) {
      const PartitionKey partition{span.epoch, entry.service};
      if (gone.contains({partition, entry.id})) continue;
      any = true;
      if (touched.contains(partition)) kept.insert(partition);
    }
    if (any) {
      alive.insert(entry.service);
    } else {
      orphans.series.push_back(entry.id);
    }
  }
  for (const auto& [id, service] : services_) {
    if (!alive.contains(id)) orphans.services.push_back(id);
  }
  for (const PartitionKey& partition : touched) {
    if (!kept.contains(partition)) orphans.partitions.push_back(partition);
  }
  std::ranges::sort(orphans.partitions);
  return orphans;
}

std::vector<SeriesId> SeriesIndex::SeriesEndingBefore(Epoch first) const {
  ReaderLock lock(mutex_);
  std::vector<SeriesId> dead;
  for (const Entry& entry : series_) {
    if (entry.spans.empty() || entry.spans.back().epoch < first) dead.push_back(entry.id);
  }
  return dead;
}

std::vector<ServiceId> SeriesIndex::ServicesEndingBefore(Epoch first) const {
  ReaderLock lock(mutex_);
  absl::flat_hash_set<ServiceId> alive;
  for (const Entry& entry : series_) {
    if (!entry.spans.empty() && entry.spans.back().epoch >= first) alive.insert(entry.service);
  }
  std::vector<ServiceId> dead;
  for (const auto& [id, service] : services_) {
    if (!alive.contains(id)) dead.push_back(id);
  }
  return dead;
}

uint64_t SeriesIndex::SeriesCount() const {
  ReaderLock lock(mutex_);
  return series_.size();
}

uint64_t SeriesIndex::MemoryBytes() const {
  ReaderLock lock(mutex_);
  // Per series: the entry, a span, the hash slot; per pair: itself and a posting.
  uint64_t bytes = series_.capacity() * sizeof(Entry) + series_.size() * sizeof(Span);
  bytes += series_index_.bytes() + text_index_.bytes();
  bytes += pairs_.capacity() * (sizeof(Pair) + sizeof(Ordinal));
  for (const std::string& text : texts_) bytes += sizeof(text) + text.capacity();
  return bytes;
}

Status SeriesIndex::Load(Kv& kv, DamageLog& damage) {
  WriterLock lock(mutex_);
  Clear();
  Loading loading{kv, damage};
  TRY(LoadServices(loading));
  TRY(LoadSeries(loading));
  TRY(LoadSpans(loading));
  return loading.gaps ? LoadFromProfiles(loading) : Status();
}

Status SeriesIndex::Loading::Walk(Family family, std::string_view begin, std::string_view end,
                                  Visit visit) {
  return WalkPastDamage(kv, family, begin, end, visit,
                        [this](std::string_view, const Status& status) {
                          damage.Report(status.Annotate("index of series"));
                          gaps = true;
                        });
}

Status SeriesIndex::Loading::WalkKind(SeriesRecord kind, Visit visit) {
  const std::string prefix(1, static_cast<char>(kind));
  return Walk(Family::kSeries, prefix, PrefixEnd(prefix), visit);
}

Status SeriesIndex::LoadServices(Loading& loading) {
  return loading.WalkKind(
      SeriesRecord::kService, [&](std::string_view key, std::string_view value) NO_LOCK_ANALYSIS {
        ServiceRecordValue record;
        const Status status = DecodeRecord(key, value, record);
        if (status.ok()) {
          AddService(static_cast<ServiceId>(GetBig32(key.data() + 1)), record.tenant, record.name);
          return;
        }
        loading.damage.Report(status);
        if (key.size() != ServiceKey({}).size()) return;
        next_service_ = std::max(next_service_, GetBig32(key.data() + 1) + 1);
      });
}

Status SeriesIndex::LoadSeries(Loading& loading) {
  return loading.WalkKind(
      SeriesRecord::kSeries, [&](std::string_view key, std::string_view value) NO_LOCK_ANALYSIS {
        SeriesRecordValue record;
        const Status status = DecodeRecord(key, value, record);
        if (!status.ok()) loading.damage.Report(status);
        if (key.size() != SeriesKey({}).size()) return;
        const auto id = static_cast<SeriesId>(GetBig32(key.data() + 1));
        next_series_ = std::max(next_series_, static_cast<uint32_t>(id) + 1);
        if (!status.ok()) return;
        // A service whose record is lost is as its series have it.
        if (!services_.contains(record.service)) {
          loading.damage.Report(Error(Code::kDataLoss, "service {}: its record is not there",
                                      static_cast<uint32_t>(record.service)));
          AddService(record.service, record.tenant,
                     std::string(FindLabel(record.labels, kServiceName)));
        }
        AddSeries(id, record.service, record.tenant, record.labels);
      });
}

Status SeriesIndex::LoadSpans(Loading& loading) {
  return loading.WalkKind(
      SeriesRecord::kSpan, [&](std::string_view key, std::string_view value) NO_LOCK_ANALYSIS {
        SpanRecordValue record;
        const Status status = DecodeRecord(key, value, record);
        if (!status.ok()) {
          loading.damage.Report(status);
          loading.gaps = true;
        }
        if (key.size() != SpanKey({}, {}).size()) return;
        const auto epoch = static_cast<Epoch>(GetBig32(key.data() + 1));
        const auto id = static_cast<SeriesId>(GetBig32(key.data() + 5));
        next_series_ = std::max(next_series_, static_cast<uint32_t>(id) + 1);
        const Entry* entry = FindEntry(id);
        if (entry == nullptr) {
          loading.damage.Report(Error(Code::kDataLoss,
                                      "series {}: its record cannot be read, its profiles of epoch "
                                      "{} are out of reach",
                                      static_cast<uint32_t>(id), static_cast<uint32_t>(epoch)));
        } else if (status.ok()) {
          AddTime(series_[static_cast<size_t>(entry - series_.data())], epoch, record.min_ns,
                  record.max_ns);
        }
      });
}

// Their keys tell the times of series, and which ids were given out.
Status SeriesIndex::LoadFromProfiles(Loading& loading) {
  return loading.Walk(Family::kProfiles, {}, {},
                      [&](std::string_view key_bytes, std::string_view) NO_LOCK_ANALYSIS {
                        const std::optional<ProfileKey> key = DecodeProfileKey(key_bytes);
                        if (!key) return;
                        const ServiceId service = key->partition.service;
                        next_series_ =
                            std::max(next_series_, static_cast<uint32_t>(key->series) + 1);
                        next_service_ = std::max(next_service_, static_cast<uint32_t>(service) + 1);
                        const Entry* entry = FindEntry(key->series);
                        if (entry == nullptr || entry->service != service) return;
                        AddTime(series_[static_cast<size_t>(entry - series_.data())],
                                key->partition.epoch, key->time_ns, key->time_ns);
                      });
}

}  // namespace anneal
