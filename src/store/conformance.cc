#include "store/conformance.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <limits>
#include <sstream>

#include "store/conformance_profiles.h"
#include "store/export.h"
#include "store/profiles_for_test.h"

namespace anneal {
namespace {

using Op = LabelMatcher::Op;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr GroupBy kNoLabels{std::in_place};
constexpr TimeRange kAllTime{0, std::numeric_limits<int64_t>::max()};

TEST_P(StoreConformance, AnEmptyStoreAnswersWithNothing) {
  Result<Profile> merged = store().Merge(SelectAll(kTestCpuType));
  ASSERT_TRUE(merged.ok());
  EXPECT_EQ(merged->SampleCount(), 0u);
  EXPECT_EQ(merged->FindSampleType("cpu", "nanoseconds"), 0);
  EXPECT_THAT(store().Tenants(), IsEmpty());
  EXPECT_FALSE(store().Bounds("anonymous").has_value());
  EXPECT_THAT(store().Series("anonymous", {}, {}, kAllTime).value(), IsEmpty());
  EXPECT_THAT(store().Totals(SelectAll(kTestCpuType), {}).value(), IsEmpty());
  EXPECT_THAT(store().Stats()->services, IsEmpty());
}

TEST_P(StoreConformance, AMergeEqualsTheReferenceOverRandomProfiles) {
  Writes writes;
  std::mt19937 random(1);
  for (uint32_t i = 0; i < 120; ++i) {
    std::string service = i % 3 == 0 ? "a" : "b";
    int64_t time = kTestBaseNs + static_cast<int64_t>(random() % 4) * GetParam().epoch_ns +
                   static_cast<int64_t>(random() % 1000) * kTestSecondNs;
    ProfileWrite& write =
        writes.Add(TestLabels(service, kTestCpuType, {{"pod", std::to_string(i % 5)}}), time, i,
                   RandomProfile(i));
    if (i % 7 == 0 && write.profile->SampleCount() > 0) write.samples = {{0}};
  }
  for (size_t i = 0; i < writes.size(); i += 4) {
    ASSERT_TRUE(AppendAndWait(store(), "anonymous", writes.all().subspan(i, 4)).ok());
  }
  struct Row {
    std::vector<LabelMatcher> matchers;
    TimeRange range;
  };
  const int64_t epoch = GetParam().epoch_ns;
  const Row rows[] = {
      {{}, kAllTime},
      {{{"service_name", Op::kEqual, "a"}}, kAllTime},
      {{{"service_name", Op::kEqual, "b"}}, {kTestBaseNs, kTestBaseNs + epoch}},
      {{{"pod", Op::kMatch, "[12]"}}, {kTestBaseNs + epoch / 2, kTestBaseNs + 3 * epoch}},
  };
  for (bool reopened : {false, true}) {
    if (reopened) Reopen();
    for (const Row& row : rows) {
      std::vector<const ProfileWrite*> expected;
      for (const ProfileWrite& write : writes.all()) {
        bool selected = write.time_ns >= row.range.start_ns && write.time_ns <= row.range.end_ns;
        for (const LabelMatcher& matcher : row.matchers) {
          std::string_view value = FindLabel(write.labels, matcher.name);
          selected &=
              matcher.op == Op::kEqual ? value == matcher.value : value == "1" || value == "2";
        }
        if (selected) expected.push_back(&write);
      }
      ASSERT_FALSE(expected.empty());
      Selection selection = SelectAll(kTestCpuType, row.matchers);
      selection.range = row.range;
      EXPECT_EQ(Bytes(store().Merge(selection)), Reference(expected));
    }
  }
}

TEST_P(StoreConformance, AMergeOfManySeriesOfOneServiceEqualsTheReference) {
  Writes writes;
  std::vector<const ProfileWrite*> expected;
  for (uint32_t i = 0; i < 90; ++i) {
    writes.Add(TestLabels("a", kTestCpuType, {{"pod", std::to_string(i % 45)}}), kTestBaseNs + i, i,
               RandomProfile(i));
  }
  for (const ProfileWrite& write : writes.all()) expected.push_back(&write);
  ASSERT_TRUE(AppendAndWait(store(), "anonymous", writes.all()).ok());
  EXPECT_EQ(Bytes(store().Merge(SelectAll(kTestCpuType))), Reference(expected));
}

TEST_P(StoreConformance, ColumnsOfOneProfileAreSeparateSeries) {
  Profile profile = OneStack("f", 30);
  std::vector<ProfileWrite> writes(2);
  for (size_t column : {size_t{0}, size_t{1}}) {
    writes[column].labels = TestLabels("a", column == 0 ? kTestSamplesType : kTestCpuType);
    writes[column].time_ns = kTestBaseNs;
    writes[column].profile = &profile;
    writes[column].sample_type = column;
  }
  ASSERT_TRUE(AppendAndWait(store(), "anonymous", writes).ok());
  Profile samples = store().Merge(SelectAll(kTestSamplesType)).value();
  EXPECT_EQ(Total(samples), 1);
  EXPECT_EQ(samples.FindSampleType("samples", "count"), 0);
  EXPECT_EQ(samples.sample_types.size(), 1u);
  EXPECT_EQ(Total(store().Merge(SelectAll(kTestCpuType)).value()), 30);
}

TEST_P(StoreConformance, MatchersAreThoseOfPrometheus) {
  Writes writes;
  writes.Add(TestLabels("a", kTestCpuType, {{"pod", "x1"}}), kTestBaseNs, 1, OneStack("f", 1));
  writes.Add(TestLabels("a", kTestCpuType, {{"pod", "x2"}}), kTestBaseNs, 2, OneStack("f", 10));
  writes.Add(TestLabels("b", kTestCpuType), kTestBaseNs, 3, OneStack("f", 100));
  ASSERT_TRUE(AppendAndWait(store(), "anonymous", writes.all()).ok());
  struct Row {
    std::vector<LabelMatcher> matchers;
    int64_t total;
  };
  const Row rows[] = {
      {{}, 111},
      {{{"service_name", Op::kEqual, "a"}}, 11},
      {{{"service_name", Op::kEqual, "none"}}, 0},
      {{{"service_name", Op::kNotEqual, "a"}}, 100},
      {{{"pod", Op::kEqual, "x1"}}, 1},
      {{{"pod", Op::kEqual, ""}}, 100},
      {{{"pod", Op::kNotEqual, ""}}, 11},
      {{{"pod", Op::kNotEqual, "x1"}}, 110},
      {{{"pod", Op::kMatch, "x"}}, 0},
      {{{"pod", Op::kMatch, "x."}}, 11},
      {{{"pod", Op::kMatch, "x1|x2"}}, 11},
      {{{"pod", Op::kMatch, "(x1)?"}}, 101},
      {{{"pod", Op::kMatch, ".*"}}, 111},
      {{{"pod", Op::kMatch, ".+"}}, 11},
      {{{"pod", Op::kNotMatch, "x1"}}, 110},
      {{{"pod", Op::kNotMatch, ".+"}}, 100},
      {{{"unknown", Op::kEqual, "v"}}, 0},
      {{{"unknown", Op::kNotEqual, "v"}}, 111},
      {{{"service_name", Op::kEqual, "a"}, {"pod", Op::kEqual, "x2"}}, 10},
      {{{"service_name", Op::kEqual, "b"}, {"pod", Op::kEqual, "x2"}}, 0},
  };
  for (const Row& row : rows) {
    std::string text;
    for (const LabelMatcher& m : row.matchers) text += m.name + " " + m.value + " ";
    EXPECT_EQ(Total(store().Merge(SelectAll(kTestCpuType, row.matchers)).value()), row.total)
        << text;
  }
  Result<Profile> bad = store().Merge(SelectAll(kTestCpuType, {{"pod", Op::kMatch, "("}}));
  EXPECT_EQ(bad.status().code(), Code::kInvalidArgument);
}

TEST_P(StoreConformance, BothEndsOfAWindowAreInIt) {
  Writes writes;
  for (int64_t i = 0; i < 5; ++i) {
    writes.Add(TestLabels("a", kTestCpuType), kTestBaseNs + i, static_cast<uint64_t>(i),
               OneStack("f", int64_t{1} << i));
  }
  // Out of order: the later ones first.
  for (size_t i = writes.size(); i-- > 0;) {
    ASSERT_TRUE(AppendAndWait(store(), "anonymous", writes.all().subspan(i, 1)).ok());
  }
  struct Row {
    int64_t from, to, total;
  };
  for (Row row : {Row{0, 4, 31}, Row{1, 3, 14}, Row{2, 2, 4}, Row{-9, -1, 0}, Row{5, 9, 0},
                  Row{3, 1, 0}, Row{-9, 0, 1}, Row{4, 99, 16}}) {
    Selection selection = SelectAll(kTestCpuType);
    selection.range = {kTestBaseNs + row.from, kTestBaseNs + row.to};
    EXPECT_EQ(Total(store().Merge(selection).value()), row.total) << row.from << ".." << row.to;
    auto series = store().Series("anonymous", {}, {}, selection.range);
    EXPECT_EQ(series->size(), row.total > 0 ? 1u : 0u) << row.from << ".." << row.to;
    auto totals = store().Totals(selection, kNoLabels);
    int64_t sum = 0;
    for (const auto& [labels, points] : *totals) {
      for (const SeriesPoint& point : points) sum += point.value;
    }
    EXPECT_EQ(sum, row.total);
  }
  EXPECT_EQ(store().Bounds("anonymous")->start_ns, kTestBaseNs);
  EXPECT_EQ(store().Bounds("anonymous")->end_ns, kTestBaseNs + 4);
}

TEST_P(StoreConformance, ASeriesIsReportedOnlyWhereItHasData) {
  Writes writes;
  const int64_t far = GetParam().epoch_ns / 4;
  writes.Add(TestLabels("a", kTestCpuType), kTestBaseNs, 1, OneStack("f", 1));
  writes.Add(TestLabels("a", kTestCpuType), kTestBaseNs + far, 2, OneStack("f", 1));
  ASSERT_TRUE(AppendAndWait(store(), "anonymous", writes.all()).ok());
  for (bool reopened : {false, true}) {
    if (reopened) Reopen();
    auto count = [&](int64_t from, int64_t to) {
      return store().Series("anonymous", {}, {}, {kTestBaseNs + from, kTestBaseNs + to})->size();
    };
    EXPECT_EQ(count(0, far), 1u);
    EXPECT_EQ(count(1, far - 1), 0u) << "in the gap between two profiles";
    EXPECT_EQ(count(1, far), 1u);
  }
}

TEST_P(StoreConformance, EqualLabelsTimeAndIdAreOneProfileAndTheLaterWins) {
  Writes writes;
  LabelSet labels = TestLabels("a", kTestCpuType);
  writes.Add(labels, kTestBaseNs, 1, OneStack("old", 5));
  writes.Add(labels, kTestBaseNs, 2, OneStack("other", 70));
  writes.Add(labels, kTestBaseNs, 1, OneStack("new", 3));
  ASSERT_TRUE(AppendAndWait(store(), "anonymous", writes.all().first(2)).ok());
  ASSERT_TRUE(AppendAndWait(store(), "anonymous", writes.all().subspan(2)).ok());
  EXPECT_EQ(Total(store().Merge(SelectAll(kTestCpuType)).value()), 73);
  EXPECT_EQ(store().Stats()->services.at(0).profiles, 2u);
  auto totals = store().Totals(SelectAll(kTestCpuType), kNoLabels).value();
  ASSERT_THAT(totals, SizeIs(1));
  EXPECT_THAT(totals.begin()->second, SizeIs(2));
}

TEST_P(StoreConformance, TotalsAreGroupedByLabels) {
  Writes writes;
  writes.Add(TestLabels("a", kTestCpuType, {{"pod", "1"}}), kTestBaseNs + 5, 1, OneStack("f", 1));
  writes.Add(TestLabels("a", kTestCpuType, {{"pod", "2"}}), kTestBaseNs, 2, OneStack("f", 10));
  writes.Add(TestLabels("b", kTestCpuType), kTestBaseNs, 3, OneStack("f", -4));
  ASSERT_TRUE(AppendAndWait(store(), "anonymous", writes.all()).ok());
  auto totals =
      store().Totals(SelectAll(kTestCpuType), std::vector<std::string>{"service_name"}).value();
  ASSERT_THAT(totals, SizeIs(2));
  const auto& a = totals[{{"service_name", "a"}}];
  ASSERT_THAT(a, SizeIs(2));
  EXPECT_EQ(a[0].time_ns, kTestBaseNs);
  EXPECT_EQ(a[0].value, 10);
  EXPECT_EQ(a[1].value, 1);
  EXPECT_EQ((totals[{{"service_name", "b"}}].at(0).value), -4);
  // Names that a series has not are left out.
  totals = store().Totals(SelectAll(kTestCpuType), std::vector<std::string>{"pod"}).value();
  EXPECT_TRUE(totals.contains({}));
  EXPECT_TRUE(totals.contains({{"pod", "1"}}));
  // All labels: each series for itself.
  totals = store().Totals(SelectAll(kTestCpuType), std::nullopt).value();
  ASSERT_THAT(totals, SizeIs(3));
  EXPECT_EQ(totals[writes[1].labels].at(0).id, TestUuid(2));
}

TEST_P(StoreConformance, ProfilesAreSelectedById) {
  Writes writes;
  for (uint64_t i = 0; i < 4; ++i) {
    writes.Add(TestLabels(i % 2 == 0 ? "a" : "b", kTestCpuType), kTestBaseNs, i,
               OneStack("f", int64_t{1} << i));
  }
  ASSERT_TRUE(AppendAndWait(store(), "anonymous", writes.all()).ok());
  Selection selection = SelectAll(kTestCpuType);
  selection.profile_ids = {TestUuid(3), TestUuid(0), TestUuid(77)};
  EXPECT_EQ(Total(store().Merge(selection).value()), 9);
  auto totals = store().Totals(selection, kNoLabels).value();
  ASSERT_THAT(totals, SizeIs(1));
  ASSERT_THAT(totals.begin()->second, SizeIs(2));
  EXPECT_EQ(totals.begin()->second[1].id, TestUuid(3));
  size_t scanned = 0;
  ASSERT_TRUE(
      store().Scan(selection, [&](const StoredProfile&) { return ++scanned, Status(); }).ok());
  EXPECT_EQ(scanned, 2u);
  selection.profile_ids = {TestUuid(77)};
  EXPECT_EQ(Total(store().Merge(selection).value()), 0);
}

TEST_P(StoreConformance, SamplesAreSelectedBySpanAndTrace) {
  const TraceId t1 = TestUuid(0x1111), t2 = TestUuid(0x2222);
  Writes writes;
  Profile first = OneStack("f", 0);
  AddLinkedSamples(first, {{{0, {}}, 1}, {{7, t1}, 2}, {{7, t1}, 4}, {{8, t1}, 8}, {{9, t2}, 16}});
  writes.Add(TestLabels("a", kTestCpuType), kTestBaseNs, 1, std::move(first));
  Profile second = OneStack("g", 32);
  AddLinkedSamples(second, {{{7, t1}, 64}, {{0, t2}, 128}, {{10, {}}, 256}});
  writes.Add(TestLabels("b", kTestCpuType), kTestBaseNs + 1, 2, std::move(second));
  writes.Add(TestLabels("b", kTestCpuType), kTestBaseNs + 2, 3, OneStack("h", 512));
  ASSERT_TRUE(AppendAndWait(store(), "anonymous", writes.all()).ok());
  struct Row {
    std::vector<SpanId> spans;
    std::vector<TraceId> traces;
    int64_t total;
    size_t profiles;
    int64_t in_spans;
  };
  const Row rows[] = {
      {{}, {}, 1023, 3, 350},     {{7}, {}, 70, 2, 70},   {{8, 10}, {}, 264, 2, 264},
      {{}, {t1}, 78, 2, 78},      {{}, {t2}, 144, 2, 16}, {{7, 9}, {t2}, 16, 1, 16},
      {{}, {t1, t2}, 222, 2, 94}, {{99}, {}, 0, 0, 0},    {{0}, {}, 0, 0, 0},
      {{}, {TraceId{}}, 0, 0, 0},
  };
  for (bool reopened : {false, true}) {
    if (reopened) Reopen();
    for (const Row& row : rows) {
      SCOPED_TRACE(row.total);
      Selection selection = SelectAll(kTestCpuType);
      selection.span_ids = row.spans;
      selection.trace_ids = row.traces;
      Profile merged = store().Merge(selection).value();
      EXPECT_EQ(Total(merged), row.total);
      EXPECT_TRUE(merged.labels.empty());
      EXPECT_EQ(merged.duration_ns, static_cast<int64_t>(row.profiles) * 10 * kTestSecondNs);
      int64_t total = 0, scanned = 0, in_spans = 0;
      size_t profiles = 0;
      auto totals = store().Totals(selection, std::nullopt).value();
      for (const auto& [labels, points] : totals) {
        for (const SeriesPoint& point : points) total += point.value;
        profiles += points.size();
      }
      ASSERT_TRUE(store()
                      .Scan(selection,
                            [&](const StoredProfile& stored) {
                              scanned += Total(stored.profile);
                              return Status();
                            })
                      .ok());
      auto spans = store().SpanTotals(selection, kNoLabels).value();
      for (const auto& [labels, points] : spans) {
        for (const SpanPoint& point : points) in_spans += point.value;
      }
      EXPECT_EQ(total, row.total);
      EXPECT_EQ(profiles, row.profiles);
      EXPECT_EQ(scanned, row.total);
      EXPECT_EQ(in_spans, row.in_spans);
    }
  }
}

TEST_P(StoreConformance, SpanTotalsHaveAPointForEachSpanOfEachProfile) {
  const TraceId t1 = TestUuid(0x1111), t2 = TestUuid(0x2222);
  Writes writes;
  Profile first = OneStack("f", 5);
  AddLinkedSamples(first, {{{7, t1}, 20}, {{7, t1}, 40}, {{7, t2}, 7}, {{0, t1}, 9}});
  writes.Add(TestLabels("a", kTestCpuType), kTestBaseNs + 3, 1, std::move(first));
  Profile second = OneStack("f", 5);
  AddLinkedSamples(second, {{{7, t1}, -1}});
  writes.Add(TestLabels("a", kTestCpuType), kTestBaseNs, 2, std::move(second));
  writes.Add(TestLabels("b", kTestCpuType), kTestBaseNs, 3, OneStack("f", 1));
  ASSERT_TRUE(AppendAndWait(store(), "anonymous", writes.all()).ok());
  auto totals = store().SpanTotals(SelectAll(kTestCpuType), std::nullopt).value();
  ASSERT_THAT(totals, SizeIs(1)) << "b has no spans";
  EXPECT_EQ(totals.begin()->first, writes[0].labels);
  const std::vector<SpanPoint>& points = totals.begin()->second;
  ASSERT_THAT(points, SizeIs(3));
  auto expect = [](const SpanPoint& point, int64_t after, int64_t value, const TraceId& trace,
                   uint64_t id) {
    EXPECT_EQ(point.time_ns, kTestBaseNs + after);
    EXPECT_EQ(point.value, value);
    EXPECT_EQ(point.link, (SampleLink{7, trace}));
    EXPECT_EQ(point.id, TestUuid(id));
  };
  expect(points[0], 0, -1, t1, 2);
  expect(points[1], 3, 7, t2, 1);
  expect(points[2], 3, 60, t1, 1);
}

TEST_P(StoreConformance, LabelsThatAreNoIdsAreNotKept) {
  Writes writes;
  Profile profile = OneStack("f", 5);
  AddLinkedSamples(profile, {{{7, TestUuid(1)}, 1}});
  auto text = [&profile](std::string_view s) { return profile.strings.Append(s); };
  profile.labels[0].str = text("not sixteen digits");
  profile.labels[1].str = text("0123456789abcdef0123456789abcdeg");
  writes.Add(TestLabels("a", kTestCpuType), kTestBaseNs, 1, std::move(profile));
  ASSERT_TRUE(AppendAndWait(store(), "anonymous", writes.all()).ok());
  EXPECT_THAT(store().SpanTotals(SelectAll(kTestCpuType), kNoLabels).value(), IsEmpty());
  ASSERT_TRUE(store()
                  .Scan(SelectAll({}),
                        [&](const StoredProfile& stored) {
                          EXPECT_TRUE(stored.profile.labels.empty());
                          EXPECT_EQ(Total(stored.profile), 6);
                          return Status();
                        })
                  .ok());
}

TEST_P(StoreConformance, SeriesAreProjectedAndDistinct) {
  Writes writes;
  writes.Add(TestLabels("a", kTestCpuType, {{"pod", "1"}}), kTestBaseNs, 1, OneStack("f", 1));
  writes.Add(TestLabels("a", kTestCpuType, {{"pod", "2"}}), kTestBaseNs, 2, OneStack("f", 1));
  writes.Add(TestLabels("b", kTestSamplesType), kTestBaseNs, 3, OneStack("f", 1));
  ASSERT_TRUE(AppendAndWait(store(), "anonymous", writes.all()).ok());
  auto series = [&](std::vector<std::vector<LabelMatcher>> selectors,
                    std::vector<std::string> names) {
    return store().Series("anonymous", selectors, names, kAllTime).value();
  };
  EXPECT_THAT(series({}, {}), SizeIs(3));
  EXPECT_THAT(series({}, {"service_name"}),
              ElementsAre(LabelSet{{"service_name", "a"}}, LabelSet{{"service_name", "b"}}));
  EXPECT_THAT(series({}, {"pod"}),
              ElementsAre(LabelSet{}, LabelSet{{"pod", "1"}}, LabelSet{{"pod", "2"}}));
  EXPECT_THAT(
      series({{{"pod", Op::kEqual, "1"}}, {{"service_name", Op::kEqual, "b"}}},
             {"service_name", "pod"}),
      ElementsAre(LabelSet{{"pod", "1"}, {"service_name", "a"}}, LabelSet{{"service_name", "b"}}));
  EXPECT_THAT(series({{{"service_name", Op::kEqual, "none"}}}, {}), IsEmpty());
  auto names = [&](std::vector<std::vector<LabelMatcher>> selectors, TimeRange range) {
    return store().LabelNames("anonymous", selectors, range).value();
  };
  EXPECT_THAT(names({}, kAllTime), ElementsAre("__profile_type__", "pod", "service_name"));
  EXPECT_THAT(names({{{"service_name", Op::kEqual, "b"}}}, kAllTime),
              ElementsAre("__profile_type__", "service_name"));
  EXPECT_THAT(names({{{"service_name", Op::kEqual, "b"}}, {{"pod", Op::kEqual, "2"}}}, kAllTime),
              ElementsAre("__profile_type__", "pod", "service_name"));
  EXPECT_THAT(names({}, {0, kTestBaseNs - 1}), IsEmpty());
  EXPECT_THAT(names({{{"pod", Op::kEqual, "2"}}}, {0, kTestBaseNs - 1}), IsEmpty());
}

TEST_P(StoreConformance, TenantsDoNotSeeEachOther) {
  Writes writes;
  writes.Add(TestLabels("a", kTestCpuType), kTestBaseNs, 1, OneStack("f", 1));
  ASSERT_TRUE(AppendAndWait(store(), "one", writes.all()).ok());
  ASSERT_TRUE(AppendAndWait(store(), "two", writes.all()).ok());
  EXPECT_THAT(store().Tenants(), ElementsAre("one", "two"));
  Selection selection = SelectAll(kTestCpuType);
  selection.tenant = "one";
  EXPECT_EQ(Total(store().Merge(selection).value()), 1);
  selection.tenant = "three";
  EXPECT_EQ(Total(store().Merge(selection).value()), 0);
  EXPECT_THAT(store().Series("three", {}, {}, kAllTime).value(), IsEmpty());
  EXPECT_THAT(store().Stats()->services, SizeIs(2));
}

TEST_P(StoreConformance, ScanGivesEveryProfileBySeriesThenTime) {
  Writes writes;
  for (uint32_t i = 0; i < 30; ++i) {
    writes.Add(TestLabels(i % 2 == 0 ? "b" : "a", kTestCpuType),
               kTestBaseNs + (29 - i) * (GetParam().epoch_ns / 8), i, RandomProfile(i));
  }
  ASSERT_TRUE(AppendAndWait(store(), "anonymous", writes.all()).ok());
  std::vector<std::pair<LabelSet, int64_t>> order;
  Status scanned = store().Scan(SelectAll({}), [&](const StoredProfile& stored) {
    order.emplace_back(stored.labels, stored.time_ns);
    const ProfileWrite& write = writes[stored.id[15]];
    EXPECT_EQ(stored.tenant, "anonymous");
    EXPECT_EQ(stored.labels, write.labels);
    EXPECT_EQ(stored.time_ns, write.time_ns);
    EXPECT_EQ(stored.duration_ns, write.duration_ns);
    EXPECT_EQ(stored.period, write.period);
    EXPECT_EQ(EncodePprof(stored.profile), EncodePprof(StoredColumn(write)));
    return Status();
  });
  ASSERT_TRUE(scanned.ok()) << scanned.ToString();
  EXPECT_THAT(order, SizeIs(30));
  EXPECT_TRUE(std::ranges::is_sorted(order));
  int visits = 0;
  Status stopped = store().Scan(SelectAll({}), [&](const StoredProfile&) {
    ++visits;
    return Error(Code::kCanceled, "enough");
  });
  EXPECT_EQ(stopped.code(), Code::kCanceled);
  EXPECT_EQ(visits, 1);
}

TEST_P(StoreConformance, BadWritesAreRefusedWhole) {
  Profile profile = OneStack("f", 1);
  ProfileWrite good;
  good.labels = TestLabels("a", kTestCpuType);
  good.time_ns = kTestBaseNs;
  good.profile = &profile;
  using Spoil = std::function<void(ProfileWrite&)>;
  const std::pair<const char*, Spoil> rows[] = {
      {"no profile", [](ProfileWrite& w) { w.profile = nullptr; }},
      {"no service", [](ProfileWrite& w) { w.labels = {{"__profile_type__", "t"}}; }},
      {"no type", [](ProfileWrite& w) { w.labels = {{"service_name", "a"}}; }},
      {"column", [](ProfileWrite& w) { w.sample_type = 2; }},
      {"time", [](ProfileWrite& w) { w.time_ns = -1; }},
      {"sample", [](ProfileWrite& w) { w.samples = {{1}}; }},
      {"order", [](ProfileWrite& w) { w.samples = {{0, 0}}; }},
      {"labels", [](ProfileWrite& w) { std::swap(w.labels[0], w.labels[1]); }},
  };
  for (const auto& [name, spoil] : rows) {
    std::vector<ProfileWrite> writes = {good, good};
    spoil(writes[1]);
    EXPECT_EQ(AppendAndWait(store(), "anonymous", writes).code(), Code::kInvalidArgument) << name;
  }
  EXPECT_THAT(store().Series("anonymous", {}, {}, kAllTime).value(), IsEmpty());
  EXPECT_TRUE(AppendAndWait(store(), "anonymous", {}).ok());
}

TEST_P(StoreConformance, AMergeNeedsAProfileType) {
  EXPECT_EQ(store().Merge(SelectAll({})).status().code(), Code::kInvalidArgument);
  EXPECT_EQ(store().Totals(SelectAll({}), {}).status().code(), Code::kInvalidArgument);
}

TEST_P(StoreConformance, AQueryStopsWhenItsControlSaysSo) {
  Writes writes;
  for (uint32_t i = 0; i < 40; ++i) {
    writes.Add(TestLabels("s" + std::to_string(i % 4), kTestCpuType),
               kTestBaseNs + i * (GetParam().epoch_ns / 8), i, RandomProfile(i));
  }
  ASSERT_TRUE(AppendAndWait(store(), "anonymous", writes.all()).ok());
  FakeClock clock;
  QueryPool enough(64 << 20), little(10);
  bool left = false;
  Selection selection = SelectAll(kTestCpuType);
  auto expect = [&](Code code) {
    EXPECT_EQ(store().Merge(selection).status().code(), code);
    EXPECT_EQ(store().Totals(selection, {}).status().code(), code);
    EXPECT_EQ(store().Scan(selection, [](const StoredProfile&) { return Status(); }).code(), code);
  };
  selection.control = std::make_shared<QueryControl>(
      clock, QueryBounds{.time_ns = 1000, .memory = &enough}, [&] { return left; });
  expect(Code::kOk);
  left = true;
  expect(Code::kCanceled);
  left = false;
  clock.SleepNs(1001);
  expect(Code::kDeadlineExceeded);
  selection.control = std::make_shared<QueryControl>(clock, QueryBounds{.memory = &little});
  EXPECT_TRUE(enough.Take(enough.limit_bytes())) << "all is given back when the query ends";
  EXPECT_EQ(store().Merge(selection).status().code(), Code::kResourceExhausted);
  EXPECT_EQ(selection.control->taken(), 0u);
}

TEST_P(StoreConformance, TotalsAreWithinTheQuerysMemory) {
  constexpr uint64_t kPoints = 400;
  Profile profile = RandomProfile(2);
  AddLinkedSamples(profile, {{{.span = 1}, 7}});
  std::vector<ProfileWrite> writes;
  for (uint64_t i = 0; i < kPoints; ++i) {
    ProfileWrite& write = writes.emplace_back();
    write.labels = TestLabels("s" + std::to_string(i % 4), kTestCpuType);
    write.id = TestUuid(i);
    write.time_ns = kTestBaseNs + static_cast<int64_t>(i);
    write.profile = &profile;
    write.sample_type = 1;
  }
  ASSERT_TRUE(AppendAndWait(store(), "anonymous", writes).ok());
  FakeClock clock;
  QueryPool little(kPoints * sizeof(SeriesPoint) / 2), enough(uint64_t{1} << 22);
  Selection selection = SelectAll(kTestCpuType);
  for (bool by_span : {false, true}) {
    auto ask = [&] {
      if (by_span) return store().SpanTotals(selection, {}).status();
      return store().Totals(selection, {}).status();
    };
    selection.control = std::make_shared<QueryControl>(clock, QueryBounds{.memory = &little});
    EXPECT_EQ(ask().code(), Code::kResourceExhausted) << by_span;
    EXPECT_EQ(selection.control->taken(), 0u) << "a query that failed holds nothing";
    selection.control = std::make_shared<QueryControl>(clock, QueryBounds{.memory = &enough});
    const Status status = ask();
    EXPECT_TRUE(status.ok()) << status.ToString();
    EXPECT_GE(selection.control->taken(), kPoints * sizeof(SeriesPoint)) << "its answer lives";
  }
}

TEST_P(StoreConformance, OfEqualKeysInOneAppendTheLaterCounts) {
  const std::vector<Profile> profiles = {RandomProfile(1), RandomProfile(2)};
  // Which profile each write is of, and which time it is for.
  using Order = std::vector<std::pair<size_t, int64_t>>;
  const Order rows[] = {{{0, 0}, {1, 0}},
                        {{1, 0}, {0, 0}},
                        {{0, 0}, {1, 0}, {0, 0}},
                        {{0, 1}, {1, 0}, {0, 0}},
                        {{1, 1}, {0, 0}, {1, 0}}};
  for (size_t row = 0; row < std::size(rows); ++row) {
    std::vector<ProfileWrite> writes;
    std::map<int64_t, const ProfileWrite*> last;
    for (const auto& [profile, time] : rows[row]) {
      ProfileWrite& write = writes.emplace_back();
      write.labels = TestLabels("s" + std::to_string(row), kTestCpuType);
      write.id = TestUuid(7);
      write.time_ns = kTestBaseNs + time;
      write.profile = &profiles[profile];
      write.sample_type = 1;
    }
    for (const ProfileWrite& write : writes) last[write.time_ns] = &write;
    ASSERT_TRUE(AppendAndWait(store(), "anonymous", writes).ok());
    std::vector<const ProfileWrite*> kept;
    for (const auto& [time, write] : last) kept.push_back(write);
    EXPECT_EQ(Bytes(store().Merge(SelectAll(
                  kTestCpuType, {{"service_name", Op::kEqual, "s" + std::to_string(row)}}))),
              Reference(kept))
        << row;
  }
}

TEST_P(StoreConformance, SmallProfilesBesideALargeOneAreReadWhole) {
  Profile large;
  auto text = [&large](std::string_view s) { return large.strings.Append(s); };
  large.sample_types = {{text("samples"), text("count")}, {text("cpu"), text("nanoseconds")}};
  large.period_type = large.sample_types[1];
  for (uint32_t i = 0; i < 20'000; ++i) {
    large.functions.push_back({text(fmt::format("f{}", i)), StringId::kEmpty, StringId::kEmpty, 1});
    large.lines.push_back({FunctionId{i}, 1, 0});
    large.locations.push_back({MappingId::kNone, 0, i, i + 1, false});
    large.sample_locations.push_back(LocationId{i});
    large.stack_ends.push_back(i + 1);
    large.sample_values.insert(large.sample_values.end(), {1, 2});
  }
  Writes writes;
  writes.Add(TestLabels("shop", kTestCpuType), kTestBaseNs, 0, std::move(large));
  for (uint32_t i = 1; i < 20; ++i) {
    writes.Add(TestLabels("shop", kTestCpuType), kTestBaseNs + i, i, RandomProfile(i));
  }
  // A stack whose values with and without a span make nothing together.
  Profile nothing = OneStack("f7", 5);
  AddLinkedSamples(nothing, {{{.span = 9}, -nothing.sample_values[1]}});
  writes.Add(TestLabels("shop", kTestCpuType), kTestBaseNs + 20, 20, std::move(nothing));
  ASSERT_TRUE(AppendAndWait(store(), "anonymous", writes.all()).ok());
  size_t seen = 0;
  ASSERT_TRUE(store()
                  .Scan(SelectAll(kTestCpuType),
                        [&](const StoredProfile& stored) {
                          ++seen;
                          if (stored.id[15] == 20) {
                            EXPECT_EQ(stored.profile.SampleCount(), 2u);
                            EXPECT_EQ(Total(stored.profile), 0);
                            return Status();
                          }
                          EXPECT_TRUE(EncodePprof(stored.profile) ==
                                      EncodePprof(StoredColumn(writes[stored.id[15]])))
                              << int{stored.id[15]};
                          return Status();
                        })
                  .ok());
  EXPECT_EQ(seen, 21u);
}

TEST_P(StoreConformance, AnExportReadsBackIntoAnEqualStore) {
  Writes writes;
  for (uint32_t i = 0; i < 20; ++i) {
    writes.Add(TestLabels(i % 2 == 0 ? "b" : "a", i % 3 == 0 ? kTestCpuType : kTestSamplesType),
               kTestBaseNs + i * (GetParam().epoch_ns / 7), i, LinkedProfile(i));
  }
  ASSERT_TRUE(AppendAndWait(store(), "anonymous", writes.all()).ok());
  std::ostringstream first;
  const std::vector<Selection> everything = {SelectAll({})};
  Result<ExportCounts> exported = ExportProfiles(store(), everything, first);
  ASSERT_TRUE(exported.ok()) << exported.status().ToString();
  EXPECT_EQ(exported->profiles, 20u);
  EXPECT_EQ(exported->bytes, first.str().size());

  std::unique_ptr<StorePlace> other = GetParam().make();
  Store& copy = other->Open();
  for (bool again : {false, true}) {
    std::istringstream in(first.str());
    Result<ExportCounts> imported = ImportProfiles(copy, in);
    ASSERT_TRUE(imported.ok()) << imported.status().ToString();
    EXPECT_EQ(imported->profiles, 20u);
    std::ostringstream second;
    ASSERT_TRUE(ExportProfiles(copy, everything, second).ok());
    EXPECT_TRUE(second.str() == first.str()) << "imported again: " << again;
  }
}

TEST_P(StoreConformance, ADamagedExportIsRefused) {
  Writes writes;
  writes.Add(TestLabels("a", kTestCpuType), kTestBaseNs, 1, OneStack("f", 1));
  ASSERT_TRUE(AppendAndWait(store(), "anonymous", writes.all()).ok());
  std::ostringstream out;
  ASSERT_TRUE(ExportProfiles(store(), std::vector<Selection>{SelectAll({})}, out).ok());
  const std::string good = out.str();
  for (size_t size = 0; size < good.size(); ++size) {
    std::istringstream in(good.substr(0, size));
    EXPECT_FALSE(ImportProfiles(store(), in).ok()) << "cut off at " << size;
  }
  for (size_t at = 0; at < good.size(); at += 3) {
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] ^ 0x10);
    std::istringstream in(bad);
    EXPECT_FALSE(ImportProfiles(store(), in).ok()) << "damaged at " << at;
  }
}

}  // namespace
}  // namespace anneal
