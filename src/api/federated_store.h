// A Store whose readers may name several tenants at once, joined by '|' (api/tenant.h): the answer
// is what one tenant with all their profiles would give.
#pragma once

#include "store/store.h"

namespace anneal {

class FederatedStore final : public Store {
 public:
  // `store` must outlive this.
  explicit FederatedStore(Store& store) : store_(store) {}

  // Writes are of one tenant; kInvalidArgument for several.
  void Append(std::string_view tenant, std::span<const ProfileWrite> writes,
              AppendDone done) override;
  Result<Profile> Merge(const Selection& selection) override;
  Result<std::map<LabelSet, std::vector<SeriesPoint>>> Totals(const Selection& selection,
                                                              GroupBy group_by) override;
  Result<std::map<LabelSet, std::vector<SpanPoint>>> SpanTotals(const Selection& selection,
                                                                GroupBy group_by) override;
  Result<std::vector<LabelSet>> Series(std::string_view tenant,
                                       std::span<const std::vector<LabelMatcher>> selectors,
                                       std::span<const std::string> names,
                                       TimeRange range) override;
  Result<std::vector<std::string>> LabelNames(std::string_view tenant,
                                              std::span<const std::vector<LabelMatcher>> selectors,
                                              TimeRange range) override;
  // By tenant, then as Store says.
  Status Scan(const Selection& selection,
              const std::function<Status(const StoredProfile&)>& visit) override;
  // Documents are of one tenant: a name with several finds none.
  Status PutDocument(const DocumentName& name, std::string_view body) override {
    return store_.PutDocument(name, body);
  }
  Result<std::string> GetDocument(const DocumentName& name) override {
    return store_.GetDocument(name);
  }
  Status DeleteDocument(const DocumentName& name) override { return store_.DeleteDocument(name); }
  Result<std::vector<DocumentInfo>> Documents(std::string_view tenant,
                                              std::string_view kind) override {
    return store_.Documents(tenant, kind);
  }
  std::vector<std::string> Tenants() override { return store_.Tenants(); }
  std::optional<TimeRange> Bounds(std::string_view tenant) override;
  Result<StoreStats> Stats() override { return store_.Stats(); }
  Status Backup(const std::string& directory) override { return store_.Backup(directory); }
  void SetRetention(RetentionPolicy policy) override { store_.SetRetention(std::move(policy)); }
  // Of one tenant; kInvalidArgument for several.
  Result<uint64_t> Delete(const Selection& selection) override;
  Result<uint64_t> Count(const Selection& selection) override;
  Status Retain() override { return store_.Retain(); }
  Status Maintain() override { return store_.Maintain(); }
  void StopMaintaining() override { store_.StopMaintaining(); }

 private:
  Store& store_;
};

}  // namespace anneal
