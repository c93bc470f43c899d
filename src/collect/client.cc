#include "collect/client.h"

#include <protozero/pbf_reader.hpp>
#include <protozero/pbf_writer.hpp>

namespace anneal {
namespace {

// Field numbers are those of Pyroscope's public proto files, by message.
constexpr int32_t kProfileFormatPprof = 4;

using Reader = protozero::pbf_reader;
using Writer = protozero::pbf_writer;

// Runs `read`, which walks a protobuf message, and turns what protozero throws into a Status.
template <typename Read>
Status Decode(std::string_view method, const Read& read) {
  try {
    read();
    return {};
  } catch (const protozero::exception& error) {
    return Error(Code::kInternal, "{}: the answer is not the message expected: {}", method,
                 error.what());
  }
}

void AddAll(Writer& writer, protozero::pbf_tag_type field, std::span<const std::string> texts) {
  for (const std::string& text : texts) writer.add_string(field, text);
}

void AddLabels(Writer& writer, protozero::pbf_tag_type field, const LabelList& labels) {
  for (const auto& [name, value] : labels) {
    Writer pair(writer, field);
    pair.add_string(1, name);
    pair.add_string(2, value);
  }
}

std::pair<std::string, std::string> ReadLabel(Reader message) {
  std::pair<std::string, std::string> label;
  while (message.next()) {
    if (message.tag() == 1) {
      label.first = message.get_string();
    } else if (message.tag() == 2) {
      label.second = message.get_string();
    } else {
      message.skip();
    }
  }
  return label;
}

// Messages of which only field `field`, repeated strings, matters.
Result<std::vector<std::string>> ReadStrings(std::string_view method, const std::string& body,
                                             uint32_t field) {
  std::vector<std::string> texts;
  TRY(Decode(method, [&] {
    for (Reader message(body); message.next(field);) texts.push_back(message.get_string());
  }));
  return texts;
}

// SelectMergeStacktracesResponse{5 pprof{1 Profile}}; nullopt when there is none.
Result<std::optional<std::string>> ReadPprof(std::string_view method, const std::string& body) {
  std::optional<std::string> profile;
  TRY(Decode(method, [&] {
    for (Reader message(body); message.next(5);) {
      for (Reader pprof = message.get_message(); pprof.next(1);) profile = pprof.get_string();
    }
  }));
  return profile;
}

void AddStackTraceSelector(Writer& writer, protozero::pbf_tag_type field, const MergeQuery& query) {
  if (query.call_site.empty() && !query.go_pgo && !query.rejoin_truncated) return;
  Writer selector(writer, field);
  for (const std::string& name : query.call_site) Writer(selector, 1).add_string(1, name);
  if (query.go_pgo) {
    Writer go_pgo(selector, 2);
    go_pgo.add_uint32(1, query.go_pgo->keep_locations);
    go_pgo.add_bool(2, query.go_pgo->aggregate_callees);
  }
  if (query.rejoin_truncated) selector.add_bool(1000, true);
}

PointsOfSeries ReadSeries(Reader message) {
  PointsOfSeries series;
  while (message.next()) {
    if (message.tag() == 1) {
      series.labels.push_back(ReadLabel(message.get_message()));
    } else if (message.tag() == 2) {
      PointsOfSeries::Point point;
      for (Reader fields = message.get_message(); fields.next();) {
        if (fields.tag() == 1) {
          point.value = fields.get_double();
        } else if (fields.tag() == 2) {
          point.time_ms = fields.get_int64();
        } else {
          fields.skip();
        }
      }
      series.points.push_back(point);
    } else {
      message.skip();
    }
  }
  return series;
}

ProfileTypeInfo ReadProfileType(Reader message) {
  ProfileTypeInfo type;
  while (message.next()) {
    switch (message.tag()) {
      case 1:
        type.id = message.get_string();
        break;
      case 2:
        type.name = message.get_string();
        break;
      case 4:
        type.sample_type = message.get_string();
        break;
      case 5:
        type.sample_unit = message.get_string();
        break;
      case 6:
        type.period_type = message.get_string();
        break;
      case 7:
        type.period_unit = message.get_string();
        break;
      default:
        message.skip();
    }
  }
  return type;
}

}  // namespace

ProfileClient::ProfileClient(Http& http, ServerAddress server)
    : http_(http), server_(std::move(server)) {}

Result<std::string> ProfileClient::Merge(const MergeQuery& query) {
  constexpr std::string_view kMethod = "querier.v1.QuerierService/SelectMergeStacktraces";
  constexpr std::string_view kOlder = "querier.v1.QuerierService/SelectMergeProfile";
  std::string body;
  Writer request(body);
  request.add_string(1, query.profile_type);
  request.add_string(2, query.selector);
  request.add_int64(3, query.window.start_ms);
  request.add_int64(4, query.window.end_ms);
  if (query.max_nodes) request.add_int64(5, *query.max_nodes);
  request.add_enum(6, kProfileFormatPprof);
  AddStackTraceSelector(request, 7, query);
  Result<std::string> answer = ConnectCall(http_, server_, kMethod, body);
  if (answer.ok()) {
    ASSIGN_OR_RETURN(std::optional<std::string> profile, ReadPprof(kMethod, *answer));
    if (profile) return std::move(*profile);
  } else if (answer.status().code() != Code::kUnimplemented) {
    return answer.status();
  }
  body.clear();
  Writer older(body);
  older.add_string(1, query.profile_type);
  older.add_string(2, query.selector);
  older.add_int64(3, query.window.start_ms);
  older.add_int64(4, query.window.end_ms);
  if (query.max_nodes) older.add_int64(5, *query.max_nodes);
  AddStackTraceSelector(older, 6, query);
  return ConnectCall(http_, server_, kOlder, std::move(body));
}

Result<std::vector<ProfileTypeInfo>> ProfileClient::ProfileTypes(const QueryWindow& window) {
  constexpr std::string_view kMethod = "querier.v1.QuerierService/ProfileTypes";
  std::string body;
  Writer request(body);
  request.add_int64(1, window.start_ms);
  request.add_int64(2, window.end_ms);
  ASSIGN_OR_RETURN(std::string answer, ConnectCall(http_, server_, kMethod, body));
  std::vector<ProfileTypeInfo> types;
  TRY(Decode(kMethod, [&] {
    for (Reader message(answer); message.next(1);) {
      types.push_back(ReadProfileType(message.get_message()));
    }
  }));
  return types;
}

Result<std::vector<std::string>> ProfileClient::LabelNames(const QueryWindow& window,
                                                           std::span<const std::string> matchers) {
  constexpr std::string_view kMethod = "querier.v1.QuerierService/LabelNames";
  std::string body;
  Writer request(body);
  AddAll(request, 1, matchers);
  request.add_int64(2, window.start_ms);
  request.add_int64(3, window.end_ms);
  ASSIGN_OR_RETURN(std::string answer, ConnectCall(http_, server_, kMethod, body));
  return ReadStrings(kMethod, answer, 1);
}

Result<std::vector<std::string>> ProfileClient::LabelValues(const std::string& name,
                                                            const QueryWindow& window,
                                                            std::span<const std::string> matchers) {
  constexpr std::string_view kMethod = "querier.v1.QuerierService/LabelValues";
  std::string body;
  Writer request(body);
  request.add_string(1, name);
  AddAll(request, 2, matchers);
  request.add_int64(3, window.start_ms);
  request.add_int64(4, window.end_ms);
  ASSIGN_OR_RETURN(std::string answer, ConnectCall(http_, server_, kMethod, body));
  return ReadStrings(kMethod, answer, 1);
}

Result<std::vector<LabelList>> ProfileClient::Series(const QueryWindow& window,
                                                     std::span<const std::string> matchers,
                                                     std::span<const std::string> names) {
  constexpr std::string_view kMethod = "querier.v1.QuerierService/Series";
  std::string body;
  Writer request(body);
  AddAll(request, 1, matchers);
  AddAll(request, 2, names);
  request.add_int64(3, window.start_ms);
  request.add_int64(4, window.end_ms);
  ASSIGN_OR_RETURN(std::string answer, ConnectCall(http_, server_, kMethod, body));
  std::vector<LabelList> sets;
  TRY(Decode(kMethod, [&] {
    for (Reader message(answer); message.next(2);) {
      LabelList& labels = sets.emplace_back();
      for (Reader set = message.get_message(); set.next(1);) {
        labels.push_back(ReadLabel(set.get_message()));
      }
    }
  }));
  return sets;
}

Result<std::vector<PointsOfSeries>> ProfileClient::SelectSeries(const SeriesQuery& query) {
  constexpr std::string_view kMethod = "querier.v1.QuerierService/SelectSeries";
  std::string body;
  Writer request(body);
  request.add_string(1, query.profile_type);
  request.add_string(2, query.selector);
  request.add_int64(3, query.window.start_ms);
  request.add_int64(4, query.window.end_ms);
  AddAll(request, 5, query.group_by);
  request.add_double(6, query.step_s);
  ASSIGN_OR_RETURN(std::string answer, ConnectCall(http_, server_, kMethod, body));
  std::vector<PointsOfSeries> all;
  TRY(Decode(kMethod, [&] {
    for (Reader message(answer); message.next(1);) all.push_back(ReadSeries(message.get_message()));
  }));
  return all;
}

Status ProfileClient::Push(std::span<const PushProfile> profiles) {
  std::string body;
  Writer request(body);
  for (const PushProfile& profile : profiles) {
    Writer series(request, 1);
    AddLabels(series, 1, profile.labels);
    Writer sample(series, 2);
    sample.add_bytes(1, profile.pprof.data(), profile.pprof.size());
    if (!profile.id.empty()) sample.add_string(2, profile.id);
  }
  return ConnectCall(http_, server_, "push.v1.PusherService/Push", std::move(body)).status();
}

}  // namespace anneal
