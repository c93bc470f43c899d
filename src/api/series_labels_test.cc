#include "api/series_labels.h"

#include <gtest/gtest.h>

#include "api/made_profile.h"

namespace anneal {
namespace {

TEST(SeriesLabelsTest, Completes) {
  struct Row {
    std::vector<LabelPair> sent;
    std::string_view name, labels;
  };
  const Row kRows[] = {
      {{{"__name__", "process_cpu"}}, "process_cpu", "{service_name=\"unknown_service\"}"},
      {{{"service_name", "s"}, {"__name__", "memory"}, {"a", "1"}},
       "memory",
       "{a=\"1\", service_name=\"s\"}"},
      {{{"__name__", "x"}, {"service_name", ""}}, "x", "{service_name=\"unknown_service\"}"},
      {{{"__name__", "x"}, {"service_name", "s"}, {"__delta__", "false"}, {"e", ""}},
       "x",
       "{service_name=\"s\"}"},
      {{{"__name__", "x"}, {"service_name", "s"}, {"__type__", "forged"}, {"__session_id__", "1"}},
       "x",
       "{__session_id__=\"1\", service_name=\"s\"}"},
      {{{"__name__", "godeltaprof_memory"}, {"service_name", "s"}},
       "memory",
       "{__name_replaced__=\"godeltaprof_memory\", service_name=\"s\"}"},
      {{{"__name__", "x"}, {"service_name", "s"}, {"otel.scope.name", "ü"}},
       "x",
       "{otel.scope.name=\"ü\", service_name=\"s\"}"},
  };
  for (const Row& row : kRows) {
    Result<SeriesLabels> series = CompleteLabels(row.sent, {});
    ASSERT_TRUE(series.ok()) << series.status().message();
    EXPECT_EQ(series->name, row.name);
    EXPECT_EQ(ToString(series->labels), row.labels);
  }
}

TEST(SeriesLabelsTest, Refuses) {
  struct Row {
    std::vector<LabelPair> sent;
    std::string_view message;
  };
  const Row kRows[] = {
      {{}, "no labels"},
      {{{"service_name", "s"}}, "__name__ must be given"},
      {{{"__name__", ""}}, "__name__ must be given"},
      {{{"__name__", "a:b"}}, "without ':'"},
      {{{"__name__", "x"}, {"a", "1"}, {"a", "2"}}, "label a is given twice"},
      {{{"__name__", "x"}, {"", "1"}}, "has no name"},
      {{{"__name__", "x"}, {"\xff", "1"}}, "name is not UTF-8"},
      {{{"__name__", "x"}, {"a", "\xc3"}}, "value is not UTF-8"},
      {{{"__name__", "x"}, {std::string(2'000'000, 'n'), "1"}}, "limits.label_name allows"},
      {{{"__name__", "x"}, {std::string(2'000, '\xff'), "1"}}, "limits.label_name allows"},
      {{{"__name__", "x"}, {"a", std::string(2'000'000, 'v')}}, "limits.label_value allows"},
      {std::vector<LabelPair>(101, {"a", "b"}), "limits.labels allows 100"},
  };
  for (const Row& row : kRows) {
    Result<SeriesLabels> series = CompleteLabels(row.sent, {});
    ASSERT_FALSE(series.ok()) << row.message;
    EXPECT_EQ(series.status().code(), Code::kInvalidArgument);
    EXPECT_THAT(series.status().message(), testing::HasSubstr(std::string(row.message)));
    EXPECT_LT(series.status().message().size(), 1'000u);
  }
}

TEST(SeriesLabelsTest, NamesCanBeSanitized) {
  Limits limits;
  limits.label_names = LabelNames::kSanitized;
  Result<SeriesLabels> series = CompleteLabels({{"__name__", "x"},
                                                {"service.name", "s"},
                                                {"1a-b", "1"},
                                                {"a.b", "dot"},
                                                {"a_b", "underscore"},
                                                {"--type--", "forged"},
                                                {"\u00fc", "2"}},
                                               limits);
  ASSERT_TRUE(series.ok()) << series.status().message();
  EXPECT_EQ(ToString(series->labels), "{__=\"2\", _a_b=\"1\", a_b=\"dot\", service_name=\"s\"}");
  LabelSet labels = ColumnLabels(*series, {{"thread.name", "t"}, {"a-b", "late"}}, Make({}), 0);
  EXPECT_EQ(FindLabel(labels, "thread_name"), "t");
  EXPECT_EQ(FindLabel(labels, "a_b"), "dot");
}

TEST(SeriesLabelsTest, SessionsCanBeFolded) {
  Limits limits;
  limits.max_sessions = 16;
  const std::pair<std::string, std::string> kRows[] = {
      {"00000000000000ff", "000000000000000f"},
      {"ffffffffffffffff", "000000000000000f"},
      {"0000000000000010", "0000000000000000"},
      {"session-17", "session-17"},
  };
  for (const auto& [sent, want] : kRows) {
    Result<SeriesLabels> series =
        CompleteLabels({{"__name__", "x"}, {"__session_id__", sent}}, limits);
    ASSERT_TRUE(series.ok());
    EXPECT_EQ(FindLabel(series->labels, "__session_id__"), want);
    series = CompleteLabels({{"__name__", "x"}, {"__session_id__", sent}}, {});
    EXPECT_EQ(FindLabel(series->labels, "__session_id__"), sent);
  }
}

TEST(SeriesLabelsTest, ZeroMeansUnlimited) {
  Limits limits{.max_labels = 0, .max_label_name_bytes = 0, .max_label_value_bytes = 0};
  std::vector<LabelPair> sent = {{"__name__", "x"}, {std::string(20'000, 'n'), "1"}};
  for (int i = 0; i < 200; ++i) sent.push_back({fmt::format("l{}", i), std::string(20'000, 'v')});
  EXPECT_TRUE(CompleteLabels(sent, limits).ok());
}

TEST(SeriesLabelsTest, DerivesTheColumnsLabels) {
  Profile cpu = Make({});
  SeriesLabels series{"process_cpu", {{"service_name", "s"}, {"k", "series"}}};
  std::sort(series.labels.begin(), series.labels.end());
  LabelSet labels =
      ColumnLabels(series, {{"__type__", "forged"}, {"k", "sample"}, {"t", "1"}}, cpu, 1);
  EXPECT_EQ(ToString(labels),
            "{__name__=\"process_cpu\", __period_type__=\"cpu\", __period_unit__=\"nanoseconds\", "
            "__profile_type__=\"process_cpu:cpu:nanoseconds:cpu:nanoseconds\", "
            "__service_name__=\"s\", __type__=\"cpu\", __unit__=\"nanoseconds\", k=\"series\", "
            "service_name=\"s\", t=\"1\"}");
  EXPECT_TRUE(std::is_sorted(labels.begin(), labels.end()));

  Profile off_cpu = Make({.sample_types = {{"off_cpu", "nanoseconds"}}, .period_type = {"", ""}});
  labels = ColumnLabels({"off_cpu", {{"service_name", "s"}}}, {}, off_cpu, 0);
  EXPECT_EQ(FindLabel(labels, "__profile_type__"), "off_cpu:off_cpu:nanoseconds::");
  EXPECT_EQ(FindLabel(labels, "__period_type__"), "");

  labels = ColumnLabels({"wall", {{"service_name", "s"}}}, {}, cpu, 1);
  EXPECT_EQ(FindLabel(labels, "__name__"), "process_cpu") << "wall with type cpu is CPU time";
  labels = ColumnLabels({"wall", {{"service_name", "s"}}}, {}, cpu, 0);
  EXPECT_EQ(FindLabel(labels, "__name__"), "wall");
}

}  // namespace
}  // namespace anneal
