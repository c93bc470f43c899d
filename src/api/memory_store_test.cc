// The store in memory, which other tests trust, against the embedded one.
#include "api/memory_store.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "profile/pprof.h"
#include "store/embedded.h"
#include "store/profiles_for_test.h"

namespace anneal {
namespace {

std::string Describe(const std::map<LabelSet, std::vector<SeriesPoint>>& totals) {
  std::string text;
  for (const auto& [labels, points] : totals) {
    text += ToString(labels);
    for (const SeriesPoint& p : points) {
      text += fmt::format(" {}:{}:{}", p.time_ns, p.value, p.id[15]);
    }
  }
  return text;
}
std::string Describe(const std::map<LabelSet, std::vector<SpanPoint>>& totals) {
  std::string text;
  for (const auto& [labels, points] : totals) {
    text += ToString(labels);
    for (const SpanPoint& p : points) {
      text += fmt::format(" {}:{}:{}:{}:{}", p.time_ns, p.value, p.id[15], p.link.span,
                          FormatTraceId(p.link.trace));
    }
  }
  return text;
}
std::string Scanned(Store& store, const Selection& selection) {
  std::string text;
  EXPECT_TRUE(store
                  .Scan(selection,
                        [&](const StoredProfile& stored) {
                          text += ToString(stored.labels) + EncodePprof(stored.profile);
                          return Status();
                        })
                  .ok());
  return text;
}

TEST(MemoryStoreTest, AnswersAsTheEmbeddedStoreDoes) {
  const std::string directory = testing::TempDir() + "anneal_memory_store";
  std::filesystem::remove_all(directory);
  std::unique_ptr<Store> embedded = OpenEmbedded({.directory = directory}).value();
  MemoryStore memory;
  for (uint32_t i = 0; i < 40; ++i) {
    Profile profile = LinkedProfile(i);
    profile.mappings.resize(1);  // which of them is the first is a matter of all samples
    for (Location& l : profile.locations) l.mapping = MappingId::kNone;
    ProfileWrite write;
    // In the order of a scan, which the store in memory does not sort.
    write.labels = TestLabels(i < 20 ? "a" : "b", kTestCpuType);
    write.time_ns = kTestBaseNs + i * 3600 * kTestSecondNs;
    write.id = TestUuid(i);
    write.profile = &profile;
    write.sample_type = 1;
    for (Store* store : {static_cast<Store*>(&memory), embedded.get()}) {
      ASSERT_TRUE(AppendAndWait(*store, "anonymous", {&write, 1}).ok());
    }
  }
  const std::vector<std::string> service = {"service_name"};
  for (uint32_t i = 0; i < 24; ++i) {
    SCOPED_TRACE(i);
    Selection selection = SelectAll(kTestCpuType);
    if (i % 2 == 1) selection.profile_ids = {TestUuid(i), TestUuid(2 * i), TestUuid(39)};
    if (i / 2 % 3 == 1) selection.span_ids = {1};
    if (i / 2 % 3 == 2) selection.span_ids = {1, 2};
    if (i / 6 % 2 == 1) selection.trace_ids = {TestUuid(2)};
    GroupBy group_by;
    if (i / 12 == 1) group_by = service;
    EXPECT_EQ(Describe(memory.Totals(selection, group_by).value()),
              Describe(embedded->Totals(selection, group_by).value()));
    EXPECT_EQ(Describe(memory.SpanTotals(selection, group_by).value()),
              Describe(embedded->SpanTotals(selection, group_by).value()));
    EXPECT_TRUE(Scanned(memory, selection) == Scanned(*embedded, selection));
    EXPECT_TRUE(EncodePprof(Canonical(memory.Merge(selection).value())) ==
                EncodePprof(Canonical(embedded->Merge(selection).value())));
  }
  embedded.reset();
  std::filesystem::remove_all(directory);
}

}  // namespace
}  // namespace anneal
