#include "api/push_request.h"

#include <protozero/pbf_reader.hpp>

namespace anneal {
namespace {

using protozero::pbf_reader;
constexpr auto kBytes = protozero::pbf_wire_type::length_delimited;

// Series, labels and profiles of one request. An empty one is two bytes there, and up to 150 here
// while lists grow.
constexpr size_t kMaxEntries = 250'000;

std::string_view View(pbf_reader& reader) {
  protozero::data_view view = reader.get_view();
  return {view.data(), view.size()};
}

LabelPair ReadLabel(pbf_reader label) {
  LabelPair out;
  while (label.next()) {
    if (label.tag() == 1 && label.has_wire_type(kBytes)) {
      out.name = View(label);
    } else if (label.tag() == 2 && label.has_wire_type(kBytes)) {
      out.value = View(label);
    } else {
      label.skip();
    }
  }
  return out;
}

void ReadSample(pbf_reader sample, PushSeries& series) {
  std::string_view profile, id;
  while (sample.next()) {
    if (sample.tag() == 1 && sample.has_wire_type(kBytes)) {
      profile = View(sample);
    } else if (sample.tag() == 2 && sample.has_wire_type(kBytes)) {
      id = View(sample);
    } else {
      sample.skip();
    }
  }
  series.profiles.push_back(profile);
  series.ids.push_back(id);
}

// `room`: how many entries of lists the request may still have.
PushSeries ReadSeries(pbf_reader series, size_t& room) {
  PushSeries out;
  while (series.next()) {
    if (room == 0) return out;
    --room;
    if (series.tag() == 1 && series.has_wire_type(kBytes)) {
      out.labels.push_back(ReadLabel(series.get_message()));
    } else if (series.tag() == 2 && series.has_wire_type(kBytes)) {
      ReadSample(series.get_message(), out);
    } else {
      series.skip();
    }
  }
  return out;
}

}  // namespace

Result<std::vector<PushSeries>> ParsePushRequest(std::string_view bytes) {
  std::vector<PushSeries> out;
  size_t room = kMaxEntries;
  try {
    pbf_reader request(bytes.data(), bytes.size());
    while (request.next()) {
      if (request.tag() == 1 && request.has_wire_type(kBytes)) {
        out.push_back(ReadSeries(request.get_message(), room));
        if (room == 0)
          return InvalidArgument("the request has more than {} labels, profiles and series",
                                 kMaxEntries);
        --room;
      } else {
        request.skip();
      }
    }
  } catch (const protozero::exception& e) {
    return InvalidArgument("the request is no push.v1.PushRequest: {}", e.what());
  }
  return out;
}

}  // namespace anneal
